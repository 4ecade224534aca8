//! A modal dialog: the browser keeps the focus in it and closes it with Escape.

use leptos::{ev, html, prelude::*};

use crate::text::words;
use crate::widget::live::{effect, show};

/// A dialog that is open while `open` says so; `close` is called when the user closes it. Its content is built when it opens.
pub(crate) fn dialog(
    id: &'static str,
    title: &'static str,
    open: Memo<bool>,
    close: impl Fn() + Copy + Send + Sync + 'static,
    content: impl Fn() -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    effect(move || {
        let open = open.get();
        let Some(dialog) = node.get() else { return };
        if open && !dialog.open() {
            // It can only fail when the dialog is not in the page.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    // A click beside the dialog lands on the element itself, one on its content does not.
    let beside = move |event: ev::MouseEvent| {
        let on_itself = event.target().zip(event.current_target()).is_some_and(|(target, current)| target == current);
        if on_itself {
            close();
        }
    };
    view! {
        <dialog id=id node_ref=node aria-labelledby=format!("{id}-title") on:close=move |_| close() on:click=beside>
            <div class="dialog">
                <header>
                    <h1 id=format!("{id}-title")>{title}</h1>
                    <button class="quiet" aria-label=words::CLOSE on:click=move |_| close()>"✕"</button>
                </header>
                {show(move || open.get(), content)}
            </div>
        </dialog>
    }
    .into_any()
}
