//! The card of a scene that waits: what it shows and how to begin.

use leptos::prelude::*;

use crate::page::Page;
use crate::store::READING;
use crate::text::words;
use crate::widget::live::effect;

pub(crate) fn scene(page: Page) -> impl IntoView {
    let store = page.store;
    let hidden = RwSignal::new(false);
    let waiting =
        Memo::new(move |_| store.scene.with(|scene| scene.as_ref().filter(|scene| scene.waiting).map(|scene| scene.name.clone())));
    // A scene that was begun and then restarted is shown again.
    effect(move || {
        if waiting.with(Option::is_none) {
            hidden.set(false);
        }
    });
    let card = move |name: String| {
        let (title, about) = match name.as_str() {
            "car-lock" => (words::CAR_LOCK, words::CAR_LOCK_TEXT),
            _ => (words::SCENE_UNKNOWN, words::SCENE_UNKNOWN_TEXT),
        };
        view! {
            <div class="scene" data-test="scene">
                <div>
                    <strong>{title}</strong>
                    <p>{about}</p>
                    <p>{words::SCENE_HOW}</p>
                    <div class="choices">
                        <button class="primary" data-test="scene-step" on:click=move |_| page.step()>{words::SCENE_START}</button>
                        <button data-test="scene-play" on:click=move |_| page.pace(READING)>{words::PLAY}</button>
                    </div>
                </div>
                <button data-test="scene-hide" on:click=move |_| hidden.set(true)>{words::HIDE}</button>
            </div>
        }
        .into_any()
    };
    move || waiting.get().filter(|_| !hidden.get()).map(card)
}
