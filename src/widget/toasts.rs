//! Messages that go by themselves, read out by screen readers.

use leptos::prelude::*;
use std::time::Duration;

use crate::store::Toast;
use crate::text::words;

const STAYS: Duration = Duration::from_secs(9);

pub(crate) fn toasts(toasts: RwSignal<Vec<Toast>>) -> impl IntoView {
    let drop_one = move |id: u32| toasts.update(|all| all.retain(|toast| toast.id != id));
    view! {
        <div class="toasts" role="status" aria-live="polite" data-test="toasts">
            <For each=move || toasts.get() key=|toast| toast.id let:toast>
                {
                    let id = toast.id;
                    set_timeout(move || drop_one(id), STAYS);
                    view! {
                        <div class="toast">
                            <span>{toast.text}</span>
                            <button class="quiet" aria-label=words::DISMISS on:click=move |_| drop_one(id)>"✕"</button>
                        </div>
                    }
                }
            </For>
        </div>
    }
    .into_any()
}
