//! Bytes in hexadecimal, with named ranges that can be chosen.

use leptos::prelude::*;

use crate::text::session::more_bytes;
use crate::widget::live::{flag, said};

/// Bytes that are drawn; a longer packet says how many more there are.
const MOST: usize = 512;

/// A run of bytes that belong to the same range.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Index of the range; `None`: bytes without a name.
    pub(crate) range: Option<usize>,
    /// Style class of its hue, may be empty.
    pub(crate) class: &'static str,
    /// What it is, for screen readers and the tooltip.
    pub(crate) name: String,
}

/// The bytes, run by run. `chosen` is the index of the chosen range, `within` tells whether a range lies in another.
pub(crate) fn hex(
    bytes: &[u8],
    runs: Vec<Run>,
    chosen: RwSignal<Option<usize>>,
    within: impl Fn(usize, usize) -> bool + Copy + Send + Sync + 'static,
) -> AnyView {
    let more = bytes.len().saturating_sub(MOST);
    let runs: Vec<AnyView> = runs
        .into_iter()
        .filter(|run| run.start < MOST)
        .filter_map(|run| {
            let part = bytes.get(run.start..run.end.min(MOST).min(bytes.len()))?;
            Some(one(digits(part), run, chosen, within))
        })
        .collect();
    view! {
        <div class="hex">{runs}{(more > 0).then(|| view! { <span class="more">{more_bytes(more)}</span> })}</div>
    }
    .into_any()
}

fn one(
    text: String,
    run: Run,
    chosen: RwSignal<Option<usize>>,
    within: impl Fn(usize, usize) -> bool + Copy + Send + Sync + 'static,
) -> AnyView {
    let Some(range) = run.range else { return view! { <span class="run">{text}</span>" " }.into_any() };
    let on = move || chosen.get().is_some_and(|chosen| within(range, chosen));
    let choose = move || chosen.update(|chosen| *chosen = if *chosen == Some(range) { None } else { Some(range) });
    view! {
        <span
            class=format!("run {}", run.class)
            class:on=flag(on)
            role="button"
            tabindex="0"
            title=run.name.clone()
            aria-label=format!("{}: {text}", run.name)
            aria-pressed=said(move || on().to_string())
            on:click=move |_| choose()
            on:keydown=move |event| {
                if matches!(event.key().as_str(), "Enter" | " ") {
                    event.prevent_default();
                    choose();
                }
            }
        >
            {text.clone()}
        </span>
        " "
    }
    .into_any()
}

fn digits(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if !out.is_empty() {
            out.push(' ');
        }
        for nibble in [byte >> 4, byte & 15] {
            out.push(HEX.get(usize::from(nibble)).copied().map_or('?', char::from));
        }
    }
    out
}
