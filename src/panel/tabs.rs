//! The middle column: the ladder, and what stands in its place when it is chosen.

use leptos::prelude::*;

use super::{access, compare, composer, explorer, files, ladder, publish, rules, scene};
use crate::page::Page;
use crate::store::Tab;
use crate::text::words;
use crate::widget::live::{flag, live, said};

const TABS: [(Tab, &str, &str); 7] = [
    (Tab::Ladder, words::LADDER, "tab-ladder"),
    (Tab::Rules, words::TAB_RULES, "tab-rules"),
    (Tab::Composer, words::TAB_COMPOSER, "tab-composer"),
    (Tab::Explorer, words::TAB_EXPLORER, "tab-explorer"),
    (Tab::Files, words::TAB_FILES, "tab-files"),
    (Tab::Access, words::TAB_ACCESS, "tab-access"),
    (Tab::Compare, words::TAB_COMPARE, "tab-compare"),
];

pub(crate) fn center(page: Page) -> impl IntoView {
    let store = page.store;
    let rules = rules::Form::new(page);
    let composer = composer::Form::new(page);
    let access = access::Form::new();
    let explorer = explorer::Form::new();
    let files = files::Form::new();
    let tab = Memo::new(move |_| store.tab.get());
    let instead = move || match tab.get() {
        Tab::Ladder => ().into_any(),
        Tab::Rules => rules::rules(page, rules),
        Tab::Composer => composer::composer(page, composer),
        Tab::Explorer => explorer::panel(page, explorer),
        Tab::Files => files::panel(page, files),
        Tab::Access => access::access(page, access),
        Tab::Compare => compare::compare(page),
    };
    view! {
        <section class="center" aria-label=words::LADDER>
            {bar(page)}
            // The ladder keeps its place while it is out of sight.
            <div class="middle-part" class:gone=flag(move || tab.get() != Tab::Ladder)>
                {scene::scene(page)}
                {ladder::ladder(page)}
                {publish::publish(page)}
            </div>
            {live(instead)}
        </section>
    }
    .into_any()
}

fn bar(page: Page) -> AnyView {
    let store = page.store;
    let tabs = TABS.iter().map(|&(tab, name, test)| {
        let on = move || store.tab.get() == tab;
        let there = move || tab != Tab::Compare || store.other.with(Option::is_some);
        let count = move || match store.rules.with(Vec::len) {
            armed if armed > 0 && tab == Tab::Rules => Some(view! { <span class="tag">{armed}</span> }),
            _ => None,
        };
        view! {
            <button class:on=flag(on) class:gone=flag(move || !there()) aria-pressed=said(move || on().to_string()) data-test=test on:click=move |_| store.tab.set(tab)>
                {name}" "{live(move || count().into_any())}
            </button>
        }
        .into_any()
    });
    view! { <nav class="tabs" aria-label=words::TABS>{tabs.collect::<Vec<_>>()}</nav> }.into_any()
}
