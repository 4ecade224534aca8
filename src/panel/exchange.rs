//! The QoS exchange a packet belongs to: how far it has come, and its packets.

use contract::{Fate, Kind, PacketRow, PacketView, RowNo, What};
use leptos::prelude::*;

use crate::layout::family;
use crate::page::Page;
use crate::text::words;

const BOX_WIDTH: u32 = 84;
const STRIDE: u32 = 120;

pub(crate) fn exchange(page: Page, view: &PacketView, packet: &PacketRow) -> Option<AnyView> {
    if view.flow.is_empty() {
        return None;
    }
    let title = match packet.packet_id {
        Some(id) => format!("{} {id}", words::HANDSHAKE),
        None => words::HANDSHAKE.to_owned(),
    };
    let rows = view.flow.iter().map(|&(row, kind)| {
        let class = format!("chip {}", family::of_kind(kind).token());
        let shown = view.row.n == row;
        let choose = move |_| {
            page.choose_row(row);
            page.store.go_to.set(Some(row));
        };
        view! { <li><button class=class aria-pressed=shown.to_string() on:click=choose>{kind.name()}</button></li> }
    });
    Some(
        view! {
            <h2>{title}</h2>
            {picture(page, &view.flow)}
            <ul class="plain flow">{rows.collect_view()}</ul>
        }
        .into_any(),
    )
}

/// Its states as boxes, the present one lit. A packet still under way has not brought about its state yet.
fn picture(page: Page, flow: &[(RowNo, Kind)]) -> AnyView {
    let done = |kind: Kind| flow.iter().any(|&(row, known)| known == kind && arrived(page, row));
    let sent = flow.iter().filter(|(_, kind)| *kind == Kind::Publish).count();
    let first = if sent > 1 { words::STATE_AGAIN } else { words::STATE_SENT };
    let twice = flow.iter().any(|(_, kind)| matches!(kind, Kind::Pubrec | Kind::Pubrel | Kind::Pubcomp)) || qos(page, flow) == Some(2);
    let (states, links, at): (Vec<&str>, Vec<&str>, usize) = if twice {
        let at = if done(Kind::Pubcomp) { 2 } else { usize::from(done(Kind::Pubrec)) };
        (vec![first, words::STATE_RECEIVED, words::STATE_COMPLETE], vec!["PUBREC", "PUBCOMP"], at)
    } else {
        (vec![first, words::STATE_COMPLETE], vec!["PUBACK"], usize::from(done(Kind::Puback)))
    };
    let boxes = states.iter().enumerate().map(|(index, state)| {
        let x = index as u32 * STRIDE + 1;
        let class = if index == at { "state on" } else { "state" };
        view! {
            <g class=class>
                <rect x=x y="22" width=BOX_WIDTH height="28" rx="6" />
                <text x=x + BOX_WIDTH / 2 y="40" text-anchor="middle">{*state}</text>
            </g>
        }
    });
    let arrows = links.iter().enumerate().map(|(index, link)| {
        let x = index as u32 * STRIDE + BOX_WIDTH + 2;
        let end = (index as u32 + 1) * STRIDE;
        view! {
            <path class="way" d=format!("M{x} 36H{}", end - 6) />
            <path class="tip" d=format!("M{end} 36l-8 -4v8z") />
            <text class="link" x=u32::midpoint(x, end) y="15" text-anchor="middle">{*link}</text>
        }
    });
    let label = states.get(at).copied().unwrap_or_default();
    view! {
        <svg class="exchange" viewBox="0 0 328 54" width="328" height="54" role="img" aria-label=label>
            {boxes.collect_view()}
            {arrows.collect_view()}
        </svg>
    }
    .into_any()
}

fn arrived(page: Page, row: RowNo) -> bool {
    packet_of(page, row, |packet| matches!(packet.fate, Fate::Arrived { .. })).unwrap_or(true)
}

fn qos(page: Page, flow: &[(RowNo, Kind)]) -> Option<u8> {
    flow.iter().find_map(|&(row, _)| packet_of(page, row, |packet| packet.qos).flatten())
}

fn packet_of<T>(page: Page, row: RowNo, read: impl FnOnce(&PacketRow) -> T) -> Option<T> {
    page.store.ladder.with(|ladder| {
        let row = ladder.rows.iter().find(|known| known.n == row)?;
        if let What::Packet(packet) = &row.what { Some(read(packet)) } else { None }
    })
}
