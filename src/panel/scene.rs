//! The card of a scene that waits: what it shows and how to begin.

use contract::SceneView;
use leptos::prelude::*;

use crate::page::Page;
use crate::store::READING;
use crate::text::{visible, words};
use crate::widget::live::effect;

pub(crate) fn scene(page: Page) -> impl IntoView {
    let store = page.store;
    let hidden = RwSignal::new(false);
    let waiting = Memo::new(move |_| store.scene.with(|scene| scene.as_ref().filter(|scene| scene.waiting).cloned()));
    // A scene that was begun and then restarted is shown again.
    effect(move || {
        if waiting.with(Option::is_none) {
            hidden.set(false);
        }
    });
    let card = move |scene: SceneView| {
        let title = if scene.title.is_empty() { words::SCENE_UNKNOWN.to_owned() } else { visible(&scene.title) };
        let about = scene.text.iter().map(|line| view! { <p>{visible(line)}</p> }.into_any()).collect::<Vec<_>>();
        view! {
            <div class="scene" data-test="scene">
                <div>
                    <strong>{title}</strong>
                    {about}
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
