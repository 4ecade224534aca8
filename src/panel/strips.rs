//! Strips below the header: what is out of the ordinary about the time that is shown.

use contract::Command;
use leptos::prelude::*;

use crate::page::Page;
use crate::store::Tab;
use crate::text::{faults, files, words};
use crate::widget::form::button;
use crate::widget::live::{said, show};

pub(crate) fn strips(page: Page) -> impl IntoView {
    let store = page.store;
    view! {
        <div class="strips">
            {show(move || store.recording.with(Option::is_some), move || recording(page))}
            {show(move || store.is_past(), move || past(page))}
            {show(move || store.halted_by.get().is_some() && !store.is_past(), move || halted(page))}
            {show(move || store.other.with(Option::is_some), move || other(page))}
        </div>
    }
    .into_any()
}

fn past(page: Page) -> AnyView {
    let store = page.store;
    let place = move || faults::past_place(store.past.get().unwrap_or(0), store.present.get(), store.horizon.get());
    let by = move |on: bool| {
        let at = store.past.get_untracked().unwrap_or(0);
        page.look_back(if on { at.saturating_add(1) } else { at.saturating_sub(1) });
    };
    view! {
        <div class="strip past" role="status" data-test="past">
            <strong>{words::PAST_TITLE}</strong>
            <span class="mono" data-test="past-place">{said(place)}</span>
            <button aria-label=words::EARLIER title=words::EARLIER data-test="earlier" on:click=move |_| by(false)>"◀"</button>
            <button aria-label=words::LATER title=words::LATER data-test="later" on:click=move |_| by(true)>"▶"</button>
            {button(words::BACK_TO_NOW, "back-to-now", "primary", move || page.back_to_now())}
            <button data-test="fork" title=words::FORK_HINT on:click=move |_| page.fork()>{words::FORK}</button>
            <small>{words::FORK_HINT}</small>
        </div>
    }
    .into_any()
}

fn recording(page: Page) -> AnyView {
    let store = page.store;
    let text = move || store.recording.with(|view| view.as_ref().map(files::recording)).unwrap_or_default();
    view! {
        <div class="strip other" role="status" data-test="recording">
            <strong>{words::RECORDING}</strong>
            <span>{said(text)}</span>
            <small>{words::RECORDING_HINT}</small>
            {button(words::CLOSE_RECORDING, "close-recording", "primary", move || page.restart(Command::CloseRecording))}
        </div>
    }
    .into_any()
}

fn halted(page: Page) -> AnyView {
    let store = page.store;
    let text = move || store.halted_by.get().map(|id| store.rules.with(|rules| faults::halted(id, rules))).unwrap_or_default();
    view! {
        <div class="strip" role="alert" data-test="halted">
            <strong>{said(text)}</strong>
            {button(words::STEP, "halted-step", "primary", move || page.step())}
            {button(words::GO_ON, "go-on", "", move || page.play_or_pause())}
        </div>
    }
    .into_any()
}

fn other(page: Page) -> AnyView {
    let store = page.store;
    let text = move || store.other.with(|other| other.as_ref().map(faults::other)).unwrap_or_default();
    view! {
        <div class="strip other" role="status" data-test="other">
            <strong>{words::OTHER_FUTURE}</strong>
            <span>{said(text)}</span>
            {button(words::SWITCH, "switch", "", move || page.change_future(Command::Switch))}
            {button(words::COMPARE, "compare", "", move || page.open(Tab::Compare))}
        </div>
    }
    .into_any()
}
