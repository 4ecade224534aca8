//! Who published a message, who got it, and why did the others not.

use contract::{LineageFate, LineageView, Outcome};
use leptos::prelude::*;

use crate::page::Page;
use crate::text::{lineage, words};
use crate::widget::live::{live, said, show};

/// The part of the inspector. It asks only while it is open, for the answer takes the world as the message found it.
pub(crate) fn lineage(page: Page) -> AnyView {
    let store = page.store;
    let open = move || store.lineage_open.get();
    let lines = move || {
        store.lineage.with(|view| match view {
            Some(view) => list(page, view),
            None => view! { <p class="note">{words::NO_MESSAGE}</p> }.into_any(),
        })
    };
    view! {
        <h2>
            <span>{words::LINEAGE}</span>
            <button class="link" data-test="lineage" aria-expanded=said(move || open().to_string()) on:click=move |_| store.lineage_open.update(|open| *open = !*open)>
                {said(move || (if open() { words::HIDE } else { words::SHOW }).to_owned())}
            </button>
        </h2>
        {show(open, move || live(lines))}
    }
    .into_any()
}

fn list(page: Page, view: &LineageView) -> AnyView {
    let names = page.store.names();
    let fates = view.fates.iter().map(|fate| line(page, fate, &names)).collect::<Vec<_>>();
    view! {
        <p class="note" data-test="lineage-origin">{lineage::origin(view, &names)}</p>
        <ul class="plain happened" data-test="lineage-fates">{fates}</ul>
    }
    .into_any()
}

fn line(page: Page, fate: &LineageFate, names: &dyn Fn(u32) -> String) -> AnyView {
    let class = match fate.outcome {
        Outcome::Sent { arrived: true, .. } => "chip connect",
        Outcome::Sent { .. } | Outcome::Waits => "chip dup",
        Outcome::Dropped(_) => "chip fault",
        _ => "chip ping",
    };
    let text = lineage::fate(fate, names);
    match fate.outcome {
        Outcome::Sent { row, .. } => {
            let go = move |_| {
                page.choose_row(row);
                page.store.go_to.set(Some(row));
            };
            view! { <li class=class><button class="link" on:click=go>{text}</button></li> }.into_any()
        }
        _ => view! { <li class=class>{text}</li> }.into_any(),
    }
}
