//! Publishing by hand: one line below the ladder.

use contract::{Command, DeviceKind, Refusal};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::page::Page;
use crate::text::{self, refusals, words};
use crate::widget::live::{effect, flag, live, said, show};

const TOPIC_ID: &str = "publish-topic";

/// Puts the cursor into the topic.
pub(crate) fn focus() {
    let element = document().get_element_by_id(TOPIC_ID).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // An element that cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

pub(crate) fn publish(page: Page) -> impl IntoView {
    let store = page.store;
    let topic = RwSignal::new(String::from("car/Car001/lock"));
    let payload = RwSignal::new(String::from("lock"));
    let qos = RwSignal::new(2_u8);
    let retain = RwSignal::new(false);
    let wrong = RwSignal::new(None::<(String, String)>);
    let send = move || {
        let command = Command::Publish {
            device: store.publisher.get_untracked(),
            topic: topic.get_untracked(),
            payload: payload.get_untracked().into_bytes(),
            qos: qos.get_untracked(),
            retain: retain.get_untracked(),
        };
        page.bridge.act_then(command, move |result| match result {
            Ok(_) => {
                wrong.set(None);
                store.follow_newest();
            }
            Err(Refusal::BadField { field, why }) => wrong.set(Some((field, text::visible(&why)))),
            Err(refusal) => wrong.set(Some((String::new(), refusals::refusal(&refusal)))),
        });
    };
    let bad = move |name: &'static str| move || wrong.with(|wrong| wrong.as_ref().is_some_and(|(field, _)| field == name)).to_string();
    view! {
        <form class="publish-bar" aria-label=words::PUBLISH on:submit=move |event| { event.prevent_default(); send(); }>
            <fieldset class="bare" disabled=flag(move || store.is_past())>
            <button class="accent" data-test="publish-send">{words::PUBLISH}</button>
            <label>{words::AS_WHOM}" "{publishers(page)}</label>
            <input id=TOPIC_ID class="mono topic" aria-label=words::TOPIC placeholder=words::TOPIC_HINT data-test="publish-topic" autocomplete="off" spellcheck="false"
                aria-invalid=bad("topic") bind:value=topic />
            <input class="mono payload" aria-label=words::PAYLOAD placeholder=words::PAYLOAD_HINT data-test="publish-payload" autocomplete="off" spellcheck="false"
                aria-invalid=bad("payload") bind:value=payload />
            <label>
                {words::QOS}" "
                <select data-test="publish-qos" prop:value=said(move || qos.get().to_string())
                    on:change=move |event| qos.set(event_target_value(&event).parse().unwrap_or(0))>
                    <option value="0">"0"</option>
                    <option value="1">"1"</option>
                    <option value="2" selected=true>"2"</option>
                </select>
            </label>
            <label class="check"><input type="checkbox" data-test="publish-retain" bind:checked=retain />" "{words::RETAIN}</label>
            </fieldset>
            {show(move || wrong.with(Option::is_some), move || view! { <p class="wrong" role="alert" data-test="publish-wrong">{said(move || wrong.with(|wrong| wrong.as_ref().map(|(_, why)| why.clone()).unwrap_or_default()))}</p> }.into_any())}
        </form>
    }
    .into_any()
}

fn publishers(page: Page) -> AnyView {
    let store = page.store;
    let simulated = Memo::new(move |_| {
        store.devices.with(|devices| {
            let simulated = devices.iter().filter(|device| device.kind == DeviceKind::Simulated && device.name != words::YOU);
            simulated.map(|device| (device.id, text::device_name(device))).collect::<Vec<_>>()
        })
    });
    // One that is gone cannot be chosen any more.
    effect(move || {
        let gone = store.publisher.get().is_some_and(|id| simulated.with(|all| !all.iter().any(|(known, _)| *known == id)));
        if gone {
            store.publisher.set(None);
        }
    });
    let options = move || {
        let chosen = store.publisher.get();
        simulated
            .get()
            .into_iter()
            .map(|(id, name)| view! { <option value=id.to_string() selected=chosen == Some(id)>{name}</option> })
            .collect_view()
    };
    view! {
        <select data-test="publish-as" on:change=move |event| store.publisher.set(event_target_value(&event).parse().ok())>
            <option value="" selected=flag(move || store.publisher.get().is_none())>{words::YOU}</option>
            {live(move || options().into_any())}
        </select>
    }
    .into_any()
}
