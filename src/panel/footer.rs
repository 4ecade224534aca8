//! The footer: how time runs, and where in it we are.

use contract::{Command, PaceWanted};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::READING;
use crate::text::{self, words};

/// The paces that can be chosen, with the values of their options.
const SPEEDS: [(PaceWanted, &str, &str); 4] = [
    (READING, "beat", words::SPEED_BEAT),
    (PaceWanted::Slow { per_mille: 10 }, "hundredth", words::SPEED_HUNDREDTH),
    (PaceWanted::Slow { per_mille: 100 }, "tenth", words::SPEED_TENTH),
    (PaceWanted::Live, "live", words::SPEED_LIVE),
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
    view! {
        <footer>
            <div class="ctl">
                <button class="primary" data-test="step" on:click=move |_| page.step()>{words::STEP}</button>
                <button data-test="play" aria-pressed=move || running.get().to_string() on:click=move |_| page.play_or_pause()>
                    {move || if running.get() { words::PAUSE } else { words::PLAY }}
                </button>
                {speed(page)}
            </div>
            <div class="middle">
                {super::timeline::timeline(page)}
                <Show when=move || store.hint.with(Option::is_some)>
                    <p class="hint" role="status" data-test="hint">{move || store.hint.get()}</p>
                </Show>
            </div>
            <div class="where">
                <span class="mono" data-test="place">{place}</span>
                <div class="ctl">
                    <Show when=move || scene().is_some()>
                        <button class="small" data-test="restart" on:click=restart>{words::RESTART}</button>
                    </Show>
                    <button class="small" data-test="clear" on:click=move |_| page.restart(Command::Clear)>{words::CLEAR}</button>
                </div>
            </div>
        </footer>
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
    let options = SPEEDS.iter().map(|&(_, key, name)| view! { <option value=key selected=move || current() == key>{name}</option> });
    view! {
        <select class="speed" data-test="speed" aria-label=words::SPEED on:change=move |event| change(event_target_value(&event))>
            {options.collect_view()}
        </select>
    }
    .into_any()
}
