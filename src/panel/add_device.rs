//! The form that puts a simulated device into the world.

use contract::{Answer, Command, DeviceSpec, Habit, Protocol, Refusal};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::Dialog;
use crate::text::{self, refusals, words};
use crate::widget::dialog::dialog;
use crate::widget::form::{check, choices, line, row, select, text as text_field, wrong};
use crate::widget::live::{effect, flag, live, said};

const VERSIONS: [(Protocol, &str); 3] = [(Protocol::V5, "5"), (Protocol::V311, "311"), (Protocol::V31, "31")];
/// A simulated device says that it is there this often, in seconds.
const KEEP_ALIVE: u16 = 60;

/// What the form holds. It outlives the dialog, so that a second device is quickly made from the first.
#[derive(Clone, Copy)]
struct Form {
    subscribes: RwSignal<bool>,
    client_id: RwSignal<String>,
    protocol: RwSignal<String>,
    clean: RwSignal<bool>,
    topic: RwSignal<String>,
    filter: RwSignal<String>,
    payload: RwSignal<String>,
    qos: RwSignal<String>,
    every: RwSignal<String>,
    user: RwSignal<String>,
    password: RwSignal<String>,
    scram: RwSignal<bool>,
    wrong: RwSignal<Option<String>>,
}

pub(crate) fn add_device(page: Page) -> impl IntoView {
    let store = page.store;
    let form = Form {
        subscribes: RwSignal::new(false),
        client_id: RwSignal::new(String::new()),
        protocol: RwSignal::new("5".into()),
        clean: RwSignal::new(true),
        topic: RwSignal::new("home/kitchen/temperature".into()),
        filter: RwSignal::new("home/#".into()),
        payload: RwSignal::new("21.{n}".into()),
        qos: RwSignal::new("1".into()),
        every: RwSignal::new("2000".into()),
        user: RwSignal::new(String::new()),
        password: RwSignal::new(String::new()),
        scram: RwSignal::new(false),
        wrong: RwSignal::new(None),
    };
    let open = Memo::new(move |_| store.dialog.get() == Some(Dialog::AddDevice));
    effect(move || {
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
            <button type="button" class:on=flag(move || subscribes.get() == value) aria-pressed=said(move || (subscribes.get() == value).to_string()) data-test=test on:click=choose>
                {name}
            </button>
        }
        .into_any()
    };
    let versions = Signal::derive(|| {
        let name = |(protocol, key): &(Protocol, &str)| (String::from(*key), String::from(text::protocol(*protocol)));
        VERSIONS.iter().map(name).collect()
    });
    let qos = Signal::derive(|| choices(&[("0", "0"), ("1", "1"), ("2", "2")]));
    let fields = move || if subscribes.get() { text_field(words::FILTER, "add-filter", "", form.filter) } else { publisher_fields(form) };
    view! {
        <form class="form" on:submit=move |event| { event.prevent_default(); send(page, form); }>
            <div class="row"><span>{words::ROLE}</span>
                <div class="seg" role="group" aria-label=words::ROLE>
                    {role(false, words::ROLE_PUBLISHER, "role-publisher")}
                    {role(true, words::ROLE_SUBSCRIBER, "role-subscriber")}
                </div>
            </div>
            {text_field(words::CLIENT_ID, "add-client-id", "", form.client_id)}
            {row(words::VERSION, select(words::VERSION, "add-version", versions, form.protocol))}
            {row(words::QOS, select(words::QOS, "add-qos", qos, form.qos))}
            {live(fields)}
            {check(words::CLEAN_START, "add-clean", form.clean)}
            {text_field(words::USER_NAME, "add-user", words::NONE, form.user)}
            {text_field(words::PASSWORD, "add-password", words::NONE, form.password)}
            {check(words::SCRAM, "add-scram", form.scram)}
            {wrong("add-wrong", form.wrong)}
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
        {text_field(words::TOPIC, "add-topic", "", form.topic)}
        {row(words::PAYLOAD, view! { {line(words::PAYLOAD, "add-payload", "", form.payload)}<small>{words::PAYLOAD_COUNTER}</small> }.into_any())}
        {row(words::EVERY, view! { {line(words::EVERY, "add-every", "", form.every)}<small>{words::EVERY_HINT}</small> }.into_any())}
    }
    .into_any()
}

fn send(page: Page, form: Form) {
    let store = page.store;
    let Ok(every_ms) = form.every.get_untracked().trim().parse::<u32>() else {
        form.wrong.set(Some(format!("{}: {}", words::EVERY, words::EVERY_WRONG)));
        return;
    };
    let qos = form.qos.get_untracked().parse().unwrap_or(0);
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
    let key = form.protocol.get_untracked();
    let protocol = VERSIONS.iter().find(|(_, known)| *known == key).map_or(Protocol::V5, |(protocol, _)| *protocol);
    let some = |text: RwSignal<String>| Some(text.get_untracked()).filter(|text| !text.is_empty());
    let spec = DeviceSpec {
        client_id: form.client_id.get_untracked(),
        protocol,
        clean_start,
        session_expiry: if clean_start || protocol != Protocol::V5 { 0 } else { 3600 },
        keep_alive: KEEP_ALIVE,
        user_name: some(form.user),
        password: some(form.password),
        scram: form.scram.get_untracked(),
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
        Err(Refusal::BadField { field, why }) => form.wrong.set(Some(format!("{}: {}", text::visible(&field), text::visible(&why)))),
        Err(refusal) => form.wrong.set(Some(refusals::refusal(&refusal))),
    });
}
