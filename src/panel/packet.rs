//! The inspector: what the packet says, its bytes, what each of them is for.

use contract::{ByteField, PacketRow, PacketView, Row, What};
use leptos::prelude::*;

use super::{exchange, lineage, proof, session::field};
use crate::layout::family;
use crate::page::Page;
use crate::text::{self, fields, notes, packets, visible, words};
use crate::widget::hex::{Run, hex};
use crate::widget::live::{flag, live, said};

/// Values longer than this are cut in the list of fields; the bytes show them whole.
const LONGEST_VALUE: usize = 120;

pub(crate) fn packet(page: Page) -> impl IntoView {
    let store = page.store;
    // The row in the window is newer than the one in the packet; where it is not in sight the packet's own does.
    let body = move || {
        store.packet.with(|packet| match packet {
            Some(packet) => inspector(page, packet),
            None => event(page),
        })
    };
    view! { <section class="packet" aria-label=words::PACKET id="packet" data-row=move || store.shown_row().map(|row| row.to_string())>{live(body)}</section> }.into_any()
}

/// A row without a packet: its notes.
fn event(page: Page) -> AnyView {
    let store = page.store;
    let row = store.shown_row().and_then(|n| store.ladder.with(|ladder| ladder.rows.iter().find(|row| row.n == n).cloned()));
    match row {
        Some(row) if row.what == What::Event => {
            let names = store.names();
            view! {
                <h2>{words::EVENT}</h2>
                {field(words::FROM_TO, "", names(row.device))}
                {field(words::FATE, "mono", text::instant(row.at))}
                {happened(page, &row)}
            }
            .into_any()
        }
        Some(_) => view! { <h2>{words::PACKET}</h2><p class="note">{words::PACKET_GONE}</p> }.into_any(),
        None => view! { <h2>{words::PACKET}</h2><p class="note">{words::NO_PACKET}</p> }.into_any(),
    }
}

fn inspector(page: Page, view: &PacketView) -> AnyView {
    let What::Packet(packet) = &view.row.what else { return event(page) };
    let chosen = RwSignal::new(None::<usize>);
    view! {
        <h2>
            <span>{words::PACKET}</span>
            <button class="link" data-test="touch" on:click=move |_| page.offer()>{words::TOUCH}</button>
        </h2>
        {summary(page, view, packet)}
        {happened(page, &view.row)}
        {bytes(view, chosen)}
        {field_list(view, chosen)}
        {exchange::exchange(page, view, packet)}
        {packet.message.is_some().then(|| lineage::lineage(page))}
        {proof::rules(page)}
    }
    .into_any()
}

fn summary(page: Page, view: &PacketView, packet: &PacketRow) -> AnyView {
    let names = page.store.names();
    let device = names(view.row.device);
    let way = if packet.to_broker { format!("{device} → {}", words::BROKER) } else { format!("{} → {device}", words::BROKER) };
    let class = format!("type {}", family::of_kind(packet.kind).token());
    let payload = packet.qos.map(|_| {
        let text = text::payload(packet.payload.as_deref(), packet.payload_len);
        let size = text::bytes(packet.payload_len.into());
        view! { <div class="field"><span>{words::PAYLOAD}</span><span class="mono">{text}" "<span class="tag">{size}</span></span></div> }
    });
    let facts: Vec<String> = packet.facts.iter().map(packets::fact).collect();
    let fault = view.fault.as_ref().map(|fault| view! { <p class="fault-text" role="note">{visible(fault)}</p> });
    view! {
        <div class="field"><span>{words::TYPE}</span><span><strong class=class title=packets::purpose(packet.kind)>{packet.kind.name()}</strong></span></div>
        {field(words::FROM_TO, "", way)}
        {packets::flags(packet).map(|flags| field(words::FLAGS, "mono", flags))}
        {packet.topic.as_deref().map(|topic| field(words::TOPIC, "mono", visible(topic)))}
        {packet.packet_id.map(|id| field(words::PACKET_ID, "mono", id.to_string()))}
        {payload}
        {(!facts.is_empty()).then(|| field(words::FACTS, "", facts.join(", ")))}
        {field(words::SIZE, "mono", text::bytes(packet.len.into()))}
        {field(words::FATE, "", packets::fate(&view.row, packet))}
        {fault}
    }
    .into_any()
}

fn happened(page: Page, row: &Row) -> Option<AnyView> {
    let names = page.store.names();
    let lines = row.notes.iter().map(|note| {
        let class = format!("chip {}", family::of_note(note).token());
        view! { <li class=class>{notes::sentence(note, &names)}</li> }
    });
    (!row.notes.is_empty()).then(|| view! { <ul class="plain happened" aria-label=words::HAPPENED>{lines.collect_view()}</ul> }.into_any())
}

fn bytes(view: &PacketView, chosen: RwSignal<Option<usize>>) -> AnyView {
    let ranges: Vec<(u32, u32)> = view.fields.iter().map(|field| (field.start, field.end)).collect();
    let ranges = StoredValue::new(ranges);
    let within = move |inner: usize, outer: usize| {
        ranges.with_value(|ranges| match (ranges.get(inner), ranges.get(outer)) {
            (Some(inner), Some(outer)) => outer.0 <= inner.0 && inner.1 <= outer.1,
            _ => false,
        })
    };
    hex(&view.bytes, runs(&view.bytes, &view.fields), chosen, within)
}

/// Cuts the bytes where the innermost range changes. Ranges that share a byte (the flags of one byte) show as the outer one.
fn runs(bytes: &[u8], named: &[ByteField]) -> Vec<Run> {
    let mut owner: Vec<Option<usize>> = vec![None; bytes.len()];
    for (index, field) in named.iter().enumerate() {
        let parts_of_one_byte = field.end.saturating_sub(field.start) <= 1
            && owner
                .get(field.start as usize)
                .copied()
                .flatten()
                .and_then(|at| named.get(at))
                .is_some_and(|other| other.start == field.start && other.end == field.end);
        if parts_of_one_byte {
            continue;
        }
        if let Some(range) = owner.get_mut(field.start as usize..(field.end as usize).min(bytes.len())) {
            range.fill(Some(index));
        }
    }
    let mut out: Vec<Run> = Vec::new();
    for (at, range) in owner.into_iter().enumerate() {
        match out.last_mut() {
            Some(last) if last.range == range => last.end = at + 1,
            _ => {
                let field = range.and_then(|range| named.get(range));
                let class = field.and_then(|field| family::of_field(&field.key)).map_or("", family::Family::token);
                let name = field.map(|field| fields::name(&field.key)).unwrap_or_default();
                out.push(Run { start: at, end: at + 1, range, class, name });
            }
        }
    }
    out
}

fn field_list(view: &PacketView, chosen: RwSignal<Option<usize>>) -> AnyView {
    let lines = view.fields.iter().enumerate().map(|(index, field)| {
        let class = format!("line {}", family::of_field(&field.key).map_or("", family::Family::token));
        let mut value: String = field.value.chars().take(LONGEST_VALUE).collect();
        if value.len() < field.value.len() {
            value.push('…');
        }
        let choose = move |_| chosen.update(|chosen| *chosen = if *chosen == Some(index) { None } else { Some(index) });
        let about = fields::sentence(&field.key);
        view! {
            <li style=format!("--depth:{}", field.depth.min(6)) data-key=field.key.clone()>
                <button class=class class:on=flag(move || chosen.get() == Some(index)) aria-pressed=said(move || (chosen.get() == Some(index)).to_string()) on:click=choose>
                    <span class="key">{fields::name(&field.key)}</span>
                    <span class="mono value">{visible(&value)}</span>
                    {about.map(|about| view! { <small>{about}</small> })}
                </button>
            </li>
        }
    });
    view! { <ul class="plain fields" aria-label=words::FIELDS>{lines.collect_view()}</ul> }.into_any()
}
