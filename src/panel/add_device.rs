//! The form that puts a simulated device into the world.

use contract::{Answer, Command, DeviceSpec, Habit, Protocol, Refusal};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::Dialog;
use crate::text::{self, refusals, words};
use crate::widget::dialog::dialog;

const VERSIONS: [(Protocol, &str); 3] = [(Protocol::V5, "5"), (Protocol::V311, "311"), (Protocol::V31, "31")];
/// A simulated device says that it is there this often, in seconds.
const KEEP_ALIVE: u16 = 60;

/// What the form holds. It outlives the dialog, so that a second device is quickly made from the first.
#[derive(Clone, Copy)]
struct Form {
    subscribes: RwSignal<bool>,
    client_id: RwSignal<String>,
    protocol: RwSignal<Protocol>,
    clean: RwSignal<bool>,
    topic: RwSignal<String>,
    filter: RwSignal<String>,
    payload: RwSignal<String>,
    qos: RwSignal<u8>,
    every: RwSignal<String>,
    wrong: RwSignal<Option<(String, String)>>,
}

pub(crate) fn add_device(page: Page) -> impl IntoView {
    let store = page.store;
    let form = Form {
        subscribes: RwSignal::new(false),
        client_id: RwSignal::new(String::new()),
        protocol: RwSignal::new(Protocol::V5),
        clean: RwSignal::new(true),
        topic: RwSignal::new("home/kitchen/temperature".into()),
        filter: RwSignal::new("home/#".into()),
        payload: RwSignal::new("21.{n}".into()),
        qos: RwSignal::new(1),
        every: RwSignal::new("2000".into()),
        wrong: RwSignal::new(None),
    };
    let open = Memo::new(move |_| store.dialog.get() == Some(Dialog::AddDevice));
    Effect::new(move |_| {
        if open.get() {
            form.client_id.set(untrack(|| free_name(page, form.subscribes.get())));
            form.wrong.set(None);
        }
    });
    dialog("add-device", words::ADD_A_DEVICE, open, move || store.dialog.set(None), move || content(page, form))
}

/// A name nobody has yet.
fn free_name(page: Page, subscribes: bool) -> String {
    let stem = if subscribes { "display" } else { "sensor" };
    let taken = |name: &str| page.store.devices.with(|devices| devices.iter().any(|device| device.name == name));
    (1..=999).map(|n| format!("{stem}-{n}")).find(|name| !taken(name)).unwrap_or_default()
}

fn content(page: Page, form: Form) -> AnyView {
    let subscribes = form.subscribes;
    let role = move |value: bool, name: &'static str, test: &'static str| {
        let choose = move |_| {
            subscribes.set(value);
            form.client_id.set(untrack(|| free_name(page, value)));
        };
        view! {
            <button type="button" class:on=move || subscribes.get() == value aria-pressed=move || (subscribes.get() == value).to_string() data-test=test on:click=choose>
                {name}
            </button>
        }
        .into_any()
    };
    let versions = VERSIONS.iter().map(|&(protocol, key)| {
        view! { <option value=key selected=form.protocol.get_untracked() == protocol>{text::protocol(protocol)}</option> }
    });
    let set_version = move |key: String| {
        if let Some((protocol, _)) = VERSIONS.iter().find(|(_, known)| *known == key) {
            form.protocol.set(*protocol);
        }
    };
    let qos = (0..=2_u8).map(|qos| view! { <option value=qos.to_string() selected=form.qos.get_untracked() == qos>{qos}</option> });
    view! {
        <form class="form" on:submit=move |event| { event.prevent_default(); send(page, form); }>
            <div class="row"><span>{words::ROLE}</span>
                <div class="seg" role="group" aria-label=words::ROLE>
                    {role(false, words::ROLE_PUBLISHER, "role-publisher")}
                    {role(true, words::ROLE_SUBSCRIBER, "role-subscriber")}
                </div>
            </div>
            <label class="row"><span>{words::CLIENT_ID}</span><input class="mono" data-test="add-client-id" autocomplete="off" spellcheck="false" bind:value=form.client_id /></label>
            <label class="row"><span>{words::VERSION}</span>
                <select data-test="add-version" on:change=move |event| set_version(event_target_value(&event))>{versions.collect_view()}</select>
            </label>
            <label class="row"><span>{words::QOS}</span>
                <select data-test="add-qos" on:change=move |event| form.qos.set(event_target_value(&event).parse().unwrap_or(0))>{qos.collect_view()}</select>
            </label>
            <Show when=move || subscribes.get() fallback=move || publisher_fields(form)>
                <label class="row"><span>{words::FILTER}</span><input class="mono" data-test="add-filter" autocomplete="off" spellcheck="false" bind:value=form.filter /></label>
            </Show>
            <label class="row check"><span></span><span><input type="checkbox" data-test="add-clean" bind:checked=form.clean />" "{words::CLEAN_START}</span></label>
            <Show when=move || form.wrong.with(Option::is_some)>
                <p class="wrong" role="alert" data-test="add-wrong">
                    {move || form.wrong.with(|wrong| wrong.as_ref().map(|(field, why)| if field.is_empty() { why.clone() } else { format!("{field}: {why}") }))}
                </p>
            </Show>
            <div class="end">
                <button type="button" on:click=move |_| page.store.dialog.set(None)>{words::CANCEL}</button>
                <button class="primary" data-test="add-send">{words::ADD_IT}</button>
            </div>
        </form>
    }
    .into_any()
}

fn publisher_fields(form: Form) -> AnyView {
    view! {
        <label class="row"><span>{words::TOPIC}</span><input class="mono" data-test="add-topic" autocomplete="off" spellcheck="false" bind:value=form.topic /></label>
        <label class="row"><span>{words::PAYLOAD}</span>
            <span><input class="mono" data-test="add-payload" autocomplete="off" spellcheck="false" bind:value=form.payload /><small>{words::PAYLOAD_COUNTER}</small></span>
        </label>
        <label class="row"><span>{words::EVERY}</span>
            <span><input class="mono" inputmode="numeric" data-test="add-every" autocomplete="off" bind:value=form.every /><small>{words::EVERY_HINT}</small></span>
        </label>
    }
    .into_any()
}

fn send(page: Page, form: Form) {
    let store = page.store;
    let Ok(every_ms) = form.every.get_untracked().trim().parse::<u32>() else {
        form.wrong.set(Some((words::EVERY.into(), words::EVERY_WRONG.into())));
        return;
    };
    let qos = form.qos.get_untracked();
    let habit = if form.subscribes.get_untracked() {
        Habit::Subscribe { filter: form.filter.get_untracked(), qos }
    } else {
        Habit::Publish {
            topic: form.topic.get_untracked(),
            payload: form.payload.get_untracked(),
            qos,
            retain: false,
            after_ms: 500,
            every_ms,
        }
    };
    let clean_start = form.clean.get_untracked();
    let protocol = form.protocol.get_untracked();
    let spec = DeviceSpec {
        client_id: form.client_id.get_untracked(),
        protocol,
        clean_start,
        session_expiry: if clean_start || protocol != Protocol::V5 { 0 } else { 3600 },
        keep_alive: KEEP_ALIVE,
        habits: vec![habit],
        ..DeviceSpec::default()
    };
    page.bridge.act_then(Command::AddDevice(spec), move |result| match result {
        Ok(answer) => {
            store.dialog.set(None);
            store.follow_newest();
            if let Answer::Device(id) = answer {
                page.choose_device(id);
            }
        }
        Err(Refusal::BadField { field, why }) => form.wrong.set(Some((text::visible(&field), text::visible(&why)))),
        Err(refusal) => form.wrong.set(Some((String::new(), refusals::refusal(&refusal)))),
    });
}
