//! The footer: how time runs, and where in it we are.

use contract::{Command, DeviceKind, PaceWanted};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::{READING, StepUnit};
use crate::text::{self, words};
use crate::widget::live::{flag, said, show};

/// The paces that can be chosen, with the values of their options.
const SPEEDS: [(PaceWanted, &str, &str); 4] = [
    (READING, "beat", words::SPEED_BEAT),
    (PaceWanted::Slow { per_mille: 10 }, "hundredth", words::SPEED_HUNDREDTH),
    (PaceWanted::Slow { per_mille: 100 }, "tenth", words::SPEED_TENTH),
    (PaceWanted::Live, "live", words::SPEED_LIVE),
];

/// How far a step can go, with the values of their options.
const UNITS: [(StepUnit, &str, &str); 4] = [
    (StepUnit::Packet, "packet", words::TO_PACKET),
    (StepUnit::Device, "device", words::TO_DEVICE),
    (StepUnit::Flow, "flow", words::TO_FLOW),
    (StepUnit::Break, "break", words::TO_BREAK),
];

pub(crate) fn footer(page: Page) -> impl IntoView {
    let store = page.store;
    let running = Memo::new(move |_| store.pace.get() != PaceWanted::Paused);
    let place = move || {
        let (first, end) = store.ladder.with(|ladder| (ladder.first, ladder.end));
        text::session::place(store.now.get(), first, end, store.shown_row())
    };
    let scene = move || store.scene.with(|scene| scene.as_ref().map(|scene| scene.name.clone()));
    let restart = move |_| {
        if let Some(name) = store.scene.with_untracked(|scene| scene.as_ref().map(|scene| scene.name.clone())) {
            page.restart(Command::LoadScene(name));
        }
    };
    let waiting = move || {
        !running.get()
            && store.devices.with(|devices| devices.iter().any(|device| device.kind == DeviceKind::Real && device.packets_in > 0))
    };
    view! {
        <footer>
            <fieldset class="ctl" disabled=flag(move || store.is_past())>
                <button class="primary" data-test="step" on:click=move |_| page.step()>{words::STEP}</button>
                {unit(page)}
                <button data-test="play" aria-pressed=said(move || running.get().to_string()) on:click=move |_| page.play_or_pause()>
                    {said(move || if running.get() { words::PAUSE } else { words::PLAY }.to_owned())}
                </button>
                {speed(page)}
            </fieldset>
            <div class="middle">
                {super::timeline::timeline(page)}
                {show(move || store.hint.with(Option::is_some), move || view! { <p class="hint" role="status" data-test="hint">{said(move || store.hint.get().unwrap_or_default())}</p> }.into_any())}
            </div>
            <div class="where">
                <span class="mono" data-test="place">{said(place)}</span>
                <fieldset class="ctl" disabled=flag(move || store.is_past())>
                    {show(waiting, move || answer_pings(page))}
                    {show(move || scene().is_some(), move || view! { <button class="small" data-test="restart" on:click=restart>{words::RESTART}</button> }.into_any())}
                    <button class="small" data-test="clear" on:click=move |_| page.restart(Command::Clear)>{words::CLEAR}</button>
                </fieldset>
            </div>
        </footer>
    }
    .into_any()
}

fn unit(page: Page) -> AnyView {
    let store = page.store;
    let change = move |key: String| {
        if let Some((unit, ..)) = UNITS.iter().find(|(_, known, _)| *known == key) {
            store.step_unit.set(*unit);
        }
    };
    let options = UNITS.iter().map(|&(unit, key, name)| {
        view! { <option value=key selected=flag(move || store.step_unit.get() == unit)>{name}</option> }.into_any()
    });
    view! {
        <select class="unit" data-test="step-to" aria-label=words::STEP_TO title=words::STEP_TO on:change=move |event| change(event_target_value(&event))>
            {options.collect::<Vec<_>>()}
        </select>
    }
    .into_any()
}

/// While the world is paused, devices that are real wait with it.
fn answer_pings(page: Page) -> AnyView {
    let store = page.store;
    let change = move |event| page.bridge.act(Command::AnswerPings(event_target_checked(&event)));
    view! {
        <label class="pings" title=words::ANSWER_PINGS>
            <input type="checkbox" data-test="answer-pings" aria-label=words::ANSWER_PINGS prop:checked=flag(move || store.answers_pings.get()) on:change=change />
            " "{words::ANSWER_PINGS_SHORT}
        </label>
    }
    .into_any()
}

fn speed(page: Page) -> AnyView {
    let store = page.store;
    let current = move || {
        let speed = store.speed.get();
        SPEEDS.iter().find(|(pace, ..)| *pace == speed).map_or("live", |(_, key, _)| *key)
    };
    let change = move |key: String| {
        let Some((pace, ..)) = SPEEDS.iter().find(|(_, known, _)| *known == key) else { return };
        store.speed.set(*pace);
        if store.pace.get_untracked() != PaceWanted::Paused {
            page.pace(*pace);
        }
    };
    let options = SPEEDS.iter().map(|&(_, key, name)| view! { <option value=key selected=flag(move || current() == key)>{name}</option> });
    view! {
        <select class="speed" data-test="speed" aria-label=words::SPEED on:change=move |event| change(event_target_value(&event))>
            {options.collect_view()}
        </select>
    }
    .into_any()
}
