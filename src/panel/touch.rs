//! What can be done to one packet: the menu on its arrow.

use contract::{Action, Fault, Row, RowNo, StepTo, What};
use leptos::prelude::*;

use crate::make::{self, rule as making};
use crate::page::Page;
use crate::store::{Dialog, Tab, is_under_way};
use crate::text::{packets, words};
use crate::widget::dialog::dialog;
use crate::widget::form::{button, line};
use crate::widget::live::{said, show};

/// What the fields hold from one packet to the next.
#[derive(Clone, Copy)]
struct Numbers {
    inside: RwSignal<String>,
    delay: RwSignal<String>,
    corrupt: RwSignal<String>,
    wrong: RwSignal<Option<String>>,
}

pub(crate) fn touch(page: Page) -> impl IntoView {
    let store = page.store;
    let numbers = Numbers {
        inside: RwSignal::new("5".into()),
        delay: RwSignal::new("500".into()),
        corrupt: RwSignal::new("0".into()),
        wrong: RwSignal::new(None),
    };
    let open = Memo::new(move |_| matches!(store.dialog.get(), Some(Dialog::Packet(_))));
    dialog("touch", words::TOUCH_TITLE, open, move || store.dialog.set(None), move || content(page, numbers))
}

fn content(page: Page, numbers: Numbers) -> AnyView {
    let store = page.store;
    numbers.wrong.set(None);
    let Some(Dialog::Packet(row)) = store.dialog.get_untracked() else { return ().into_any() };
    let here = Memo::new(move |_| store.row(row));
    let alive = Memo::new(move |_| here.with(|here| here.as_ref().is_some_and(is_under_way)) && !store.is_past());
    let names = store.names();
    let title = move || here.with(|here| here.as_ref().map(|row| packets::sentence(row, &names)).unwrap_or_default());
    let state = move || match (alive.get(), store.is_past()) {
        (_, true) => words::PAST_HINT,
        (true, _) => words::TOUCH_UNDER_WAY,
        (false, _) => words::TOUCH_OVER,
    };
    view! {
        <p class="mono">{said(title)}</p>
        <p>{said(move || state().to_owned())}</p>
        {show(move || alive.get(), move || view! { <div class="menu">{faults(page, row, numbers)}</div> }.into_any())}
        <div class="choices">{around(page, row, here)}</div>
    }
    .into_any()
}

fn faults(page: Page, row: RowNo, numbers: Numbers) -> AnyView {
    let by_key = move |name: &'static str, key: &'static str| {
        let act = move || {
            if let Some(Action::Fault(fault)) = making::action(key, 0) {
                page.touch(row, Some(fault));
            }
        };
        button(name, key, "", act)
    };
    let with_number = move |name: &'static str, key: &'static str, value: RwSignal<String>, unit: &'static str| {
        let act = move || match make::number(making::amount_of(key).unwrap_or(name), &value.get_untracked(), 0, 86_400_000) {
            Ok(amount) => {
                if let Some(Action::Fault(fault)) = making::action(key, amount.unwrap_or(0)) {
                    page.touch(row, Some(fault));
                }
            }
            Err(why) => numbers.wrong.set(Some(why)),
        };
        let field = line(making::amount_of(key).unwrap_or(name), key_of_number(key), "", value);
        view! { <span class="with">{button(name, key, "", act)}{field}{unit}</span> }.into_any()
    };
    let release = move || page.touch(row, None::<Fault>);
    view! {
        <div class="choices">{by_key(words::HOLD, "hold")}{button(words::RELEASE, "release", "", release)}</div>
        <h3>{words::CUT_TITLE}</h3>
        <div class="choices">
            {by_key(words::CUT_BEFORE, "cut-before")}
            {by_key(words::CUT_AFTER, "cut-after")}
            {with_number(words::CUT_INSIDE, "cut-inside", numbers.inside, words::BYTES)}
            {by_key(words::SILENCE_IT, "silence")}
        </div>
        <h3>{words::BEND_TITLE}</h3>
        <div class="choices">
            {by_key(words::DOUBLE, "double")}
            {by_key(words::SWAP, "swap")}
            {with_number(words::DELAY, "delay", numbers.delay, words::MILLIS)}
            {with_number(words::CORRUPT, "corrupt", numbers.corrupt, "")}
            {by_key(words::DROP, "drop")}
        </div>
        <small>{words::DROP_HINT}</small>
        {crate::widget::form::wrong("touch-wrong", numbers.wrong)}
    }
    .into_any()
}

fn key_of_number(key: &str) -> &'static str {
    match key {
        "cut-inside" => "cut-inside-bytes",
        "delay" => "delay-millis",
        _ => "corrupt-at",
    }
}

/// What can be done on its account, whether it is still on its way or not.
fn around(page: Page, row: RowNo, here: Memo<Option<Row>>) -> AnyView {
    let store = page.store;
    let make_rule = move || {
        here.with_untracked(|here| {
            if let Some(Row { device, what: What::Packet(packet), .. }) = here {
                let name = store.device(*device).map(|device| device.name).unwrap_or_default();
                store.rule_draft.set(Some(making::like(packet, name)));
            }
        });
        store.dialog.set(None);
        page.open(Tab::Rules);
    };
    let look_back = move || {
        store.dialog.set(None);
        if let Some(step) = here.with_untracked(|here| here.as_ref().map(|row| row.step)) {
            page.look_back(step);
        }
        page.choose_row(row);
    };
    let next = move || {
        store.dialog.set(None);
        if let Some(flow) = untrack(|| store.flow()) {
            page.step_to(StepTo::Flow(flow));
        }
    };
    view! {
        {button(words::MAKE_RULE, "make-rule", "", make_rule)}
        {button(words::LOOK_BACK, "look-back", "", look_back)}
        {show(move || store.flow().is_some(), move || button(words::TO_NEXT_OF_FLOW, "next-of-flow", "", next))}
    }
    .into_any()
}
