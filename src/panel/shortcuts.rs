//! The sheet of keyboard shortcuts.

use leptos::prelude::*;

use crate::page::Page;
use crate::store::Dialog;
use crate::text::words;
use crate::widget::dialog::dialog;

const KEYS: [(&str, &str); 8] = [
    (words::SPACE, words::KEY_STEP),
    ("P", words::KEY_PLAY),
    ("L", words::KEY_LIVE),
    ("↑ ↓", words::KEY_ROWS),
    ("F", words::KEY_FAULT),
    ("End", words::KEY_END),
    ("?", words::KEY_HELP),
    ("Esc", words::KEY_ESC),
];

pub(crate) fn shortcuts(page: Page) -> impl IntoView {
    let store = page.store;
    let open = Memo::new(move |_| store.dialog.get() == Some(Dialog::Shortcuts));
    dialog(
        "shortcuts",
        words::HELP,
        open,
        move || store.dialog.set(None),
        || {
            let lines = KEYS.iter().map(|(key, what)| view! { <dt><kbd>{*key}</kbd></dt><dd>{*what}</dd> });
            view! { <dl class="keys">{lines.collect_view()}</dl> }.into_any()
        },
    )
}
