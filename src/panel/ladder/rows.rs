//! The ladder in words, for those who cannot see the canvas: the rows of the window as a list.

use contract::{Fate, Row, What};
use leptos::prelude::*;

use crate::page::Page;
use crate::text::{packets, words};

pub(super) fn list(page: Page) -> impl IntoView {
    let store = page.store;
    // A row changes in its fate and its notes only; with both in the key the list touches nothing else.
    let key = |row: &Row| {
        let fate = match &row.what {
            What::Packet(packet) => fate(&packet.fate),
            What::Event => "",
        };
        (row.n, fate, row.notes.len(), row.at)
    };
    view! {
        <ol class="hidden" role="list" id="ladder-rows" aria-label=words::LADDER_ROWS>
            <For each=move || store.ladder.with(|ladder| ladder.rows.clone()) key=key let:row>
                {item(page, &row)}
            </For>
        </ol>
    }
    .into_any()
}

fn item(page: Page, row: &Row) -> AnyView {
    let names = page.store.names();
    let text = untrack(|| packets::sentence(row, &names));
    let device = untrack(|| names(row.device));
    let (kind, way, fate) = match &row.what {
        What::Packet(packet) => (packet.kind.name(), if packet.to_broker { "to-broker" } else { "from-broker" }, fate(&packet.fate)),
        What::Event => ("EVENT", "", ""),
    };
    view! {
        <li data-row=row.n.to_string() data-kind=kind data-device=device data-dir=way data-fate=fate>
            {text}
        </li>
    }
    .into_any()
}

fn fate(fate: &Fate) -> &'static str {
    match fate {
        Fate::UnderWay => "underway",
        Fate::Arrived { .. } => "arrived",
        Fate::Lost { .. } => "lost",
        Fate::Held { .. } => "held",
        Fate::Dropped { .. } => "dropped",
    }
}
