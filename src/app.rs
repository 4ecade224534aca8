//! The frame: which panels stand where.

use leptos::prelude::*;

use crate::keys;
use crate::page::Page;
use crate::panel;
use crate::store::{Health, Section};
use crate::text::words;
use crate::widget::live::{said, show};
use crate::widget::toasts;

/// The whole page.
pub(crate) fn app() -> impl IntoView {
    let page = Page::start();
    let store = page.store;
    keys::listen(page);
    view! {
        {panel::header::header(page)}
        {panel::strips::strips(page)}
        {show(move || matches!(store.health.get(), Health::Dead(_)), move || view! { <div class="dead" role="alert" data-test="worker-dead">
                {said(move || if let Health::Dead(why) = store.health.get() { why } else { String::new() })}
            </div> }.into_any())}
        <main data-section=said(move || section_key(store.section.get()).to_owned())>
            <aside class="left" aria-label=words::DEVICES>
                {panel::devices::devices(page)}
                {panel::topics::topics(page)}
                {panel::rules::brief(page)}
            </aside>
            {panel::tabs::center(page)}
            <aside class="right" aria-label=words::PACKET>
                {panel::packet::packet(page)}
                {panel::session::session(page)}
            </aside>
        </main>
        {panel::footer::footer(page)}
        {sections(page)}
        {panel::connect::connect(page)}
        {panel::add_device::add_device(page)}
        {panel::shortcuts::shortcuts(page)}
        {panel::touch::touch(page)}
        {toasts::toasts(store.toasts)}
    }
    .into_any()
}

/// The switch between the columns on a small screen.
fn sections(page: Page) -> impl IntoView {
    let button = move |section: Section, name: &'static str| {
        view! {
            <button
                data-test=format!("section-{}", section_key(section))
                aria-pressed=said(move || (page.store.section.get() == section).to_string())
                on:click=move |_| page.store.section.set(section)
            >
                {name}
            </button>
        }
        .into_any()
    };
    view! {
        <nav class="sections" aria-label=words::SECTIONS>
            {button(Section::Devices, words::SECTION_DEVICES)}
            {button(Section::Ladder, words::SECTION_LADDER)}
            {button(Section::Packet, words::SECTION_PACKET)}
        </nav>
    }
    .into_any()
}

fn section_key(section: Section) -> &'static str {
    match section {
        Section::Devices => "devices",
        Section::Ladder => "ladder",
        Section::Packet => "packet",
    }
}
