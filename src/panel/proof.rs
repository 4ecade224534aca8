//! The rules of the standards that a packet stands under, each with what the tests said of it.

use leptos::prelude::*;

use crate::page::Page;
use crate::table::{self, Rule};
use crate::text::{self, proof, words};
use crate::widget::live::{live, said, show};

/// The part of the inspector. The table is loaded when somebody first wants to see it.
pub(crate) fn rules(page: Page) -> AnyView {
    let store = page.store;
    let open = move || store.proof_open.get();
    let toggle = move |_| {
        store.proof_open.update(|open| *open = !*open);
        if store.rule_table.with_untracked(Option::is_none) {
            table::load(move |result| match result {
                Ok(table) => store.rule_table.set(Some(table)),
                Err(()) => store.toast(words::NO_TABLE.to_owned()),
            });
        }
    };
    let lines = move || {
        let Some((kind, protocol)) = store.shown_kind() else { return ().into_any() };
        let rules = store.rule_table.with(|table| table.as_ref().map(|table| table.of(proof::version(protocol), kind.name())));
        let Some(rules) = rules else { return view! { <p class="note">{words::LOADING}</p> }.into_any() };
        let lines = rules.iter().map(line).collect::<Vec<_>>();
        view! {
            <p class="note" data-test="proof-count">{proof::summary(&rules)}</p>
            <ul class="plain rules-of">{lines}</ul>
        }
        .into_any()
    };
    view! {
        <h2>
            <span>{words::PROOF}</span>
            <button class="link" data-test="proof" aria-expanded=said(move || open().to_string()) on:click=toggle>
                {said(move || (if open() { words::HIDE } else { words::SHOW }).to_owned())}
            </button>
        </h2>
        {show(open, move || live(lines))}
    }
    .into_any()
}

fn line(rule: &Rule) -> AnyView {
    view! {
        <li>
            <span class="mono">{text::visible(&rule.id)}</span>" "<span class="tag">{proof::result(rule)}</span>
            <small>{text::visible(&rule.sentence)}</small>
        </li>
    }
    .into_any()
}
