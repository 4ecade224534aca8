//! Two futures side by side, from the first row on in which they differ.

use contract::{Row, RowNo};
use leptos::prelude::*;

use crate::page::Page;
use crate::text::{packets, words};
use crate::widget::live::{live, said};

pub(crate) fn compare(page: Page) -> AnyView {
    let store = page.store;
    let about = move || {
        store.other.with(|other| match other.as_ref().map(|other| other.first_difference) {
            Some(Some(row)) => packets::first_difference(row),
            _ => words::SAME_SO_FAR.to_owned(),
        })
    };
    let lines = move || {
        let names = store.names();
        let Some(from) = store.parting() else { return Vec::new() };
        store.other.with(|other| {
            let theirs = other.as_ref().map(|other| other.rows.as_slice()).unwrap_or_default();
            store.ladder.with(|ladder| {
                let find = |rows: &[Row], n: RowNo| rows.iter().find(|row| row.n == n).map(|row| packets::sentence(row, &names));
                let end = [&ladder.rows, theirs].into_iter().filter_map(|rows| rows.last()).map(|row| row.n + 1).max().unwrap_or(from);
                (from..end).map(|n| line(n, find(&ladder.rows, n), find(theirs, n))).collect::<Vec<_>>()
            })
        })
    };
    view! {
        <div class="panel" data-test="compare-panel">
            <p class="about" data-test="first-difference">{said(about)}</p>
            <table class="compare">
                <thead><tr><th></th><th>{words::THIS_FUTURE}</th><th>{words::THE_OTHER}</th></tr></thead>
                <tbody>{live(move || lines().into_any())}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn line(n: RowNo, ours: Option<String>, theirs: Option<String>) -> AnyView {
    let differs = ours != theirs;
    let cell = |text: Option<String>| text.unwrap_or_else(|| words::NOTHING_YET.to_owned());
    view! {
        <tr class:differs=differs data-row=n.to_string()>
            <td class="mono">{n + 1}</td><td>{cell(ours)}</td><td>{cell(theirs)}</td>
        </tr>
    }
    .into_any()
}
