//! The composer: any packet, legal or not, field by field or as bytes, sent by a device or by the broker.

use contract::{Command, DeviceKind, DeviceState, DeviceView, Protocol, Refusal};
use leptos::prelude::*;

use crate::make::packet::{self, Draft, Field, PACKETS};
use crate::page::Page;
use crate::text::{self, refusals, words};
use crate::widget::form::{Choices, area, button, check, choices, row, select, text as text_field, wrong};
use crate::widget::live::{effect, flag, live, show};

/// What the composer holds. It outlives the panel.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    device: RwSignal<String>,
    /// `device` or `broker`.
    by: RwSignal<String>,
    kind: RwSignal<String>,
    topic: RwSignal<String>,
    payload: RwSignal<String>,
    qos: RwSignal<String>,
    packet_id: RwSignal<String>,
    code: RwSignal<String>,
    client_id: RwSignal<String>,
    retain: RwSignal<bool>,
    dup: RwSignal<bool>,
    hex: RwSignal<String>,
    wrong: RwSignal<Option<String>>,
}

impl Form {
    pub(crate) fn new(page: Page) -> Form {
        let text = |text: &str| RwSignal::new(text.to_owned());
        let form = Form {
            device: text(""),
            by: text("device"),
            kind: text("publish"),
            topic: text("car/Car001/lock"),
            payload: text("lock"),
            qos: text("1"),
            packet_id: text("1"),
            code: text(""),
            client_id: text("somebody"),
            retain: RwSignal::new(false),
            dup: RwSignal::new(false),
            hex: text(""),
            wrong: RwSignal::new(None),
        };
        let store = page.store;
        effect(move || {
            if let Some(id) = store.compose_for.get() {
                form.device.set(id.to_string());
            }
        });
        // Whoever is gone is not spoken for any more; then it is the first that is there.
        let there = Memo::new(move |_| connected(page).into_iter().map(|device| device.id.to_string()).collect::<Vec<_>>());
        effect(move || {
            let there = there.get();
            if !there.contains(&form.device.get_untracked()) {
                form.device.set(there.into_iter().next().unwrap_or_default());
            }
        });
        let level = Memo::new(move |_| form.chosen(page).map_or(5, |device| level(&device)));
        // The fields make the bytes; whoever changes the bytes by hand keeps them until a field changes.
        effect(move || match packet::bytes(&form.draft(), level.get()) {
            Ok(bytes) => {
                form.hex.set(packet::hex(&bytes));
                form.wrong.set(None);
            }
            Err(why) => form.wrong.set(Some(why)),
        });
        form
    }

    fn chosen(self, page: Page) -> Option<DeviceView> {
        page.store.device(self.device.get().parse().ok()?)
    }

    fn draft(self) -> Draft {
        Draft {
            kind: self.kind.get(),
            topic: self.topic.get(),
            payload: self.payload.get(),
            qos: self.qos.get(),
            packet_id: self.packet_id.get(),
            code: self.code.get(),
            client_id: self.client_id.get(),
            retain: self.retain.get(),
            dup: self.dup.get(),
        }
    }
}

pub(crate) fn composer(page: Page, form: Form) -> AnyView {
    let devices = Signal::derive(move || -> Choices {
        connected(page).into_iter().map(|device| (device.id.to_string(), text::device_name(&device))).collect()
    });
    let real = move || form.chosen(page).is_some_and(|device| device.kind == DeviceKind::Real);
    let ways = Signal::derive(|| choices(&[("device", words::BY_DEVICE), ("broker", words::BY_BROKER)]));
    let kinds = Signal::derive(|| PACKETS.iter().map(|(key, name, ..)| (String::from(*key), String::from(*name))).collect());
    let fields = move || {
        let fields = packet::fields(&form.kind.get()).iter();
        fields.map(|field| one_field(form, *field)).collect::<Vec<_>>()
    };
    view! {
        <div class="panel" data-test="composer">
            <p class="about">{words::COMPOSER_ABOUT}</p>
            {show(move || devices.with(Vec::is_empty), move || view! { <p class="note">{words::COMPOSE_NOBODY}</p> }.into_any())}
            <fieldset class="form inset" disabled=flag(move || page.store.is_past())>
                <div class="two">
                    {row(words::COMPOSE_AS, select(words::COMPOSE_AS, "compose-device", devices, form.device))}
                    {row(words::COMPOSE_WAY, select(words::COMPOSE_WAY, "compose-by", ways, form.by))}
                </div>
                {show(move || real() && form.by.with(|by| by == "device"), move || view! { <p class="note">{words::ONLY_SIMULATED}</p> }.into_any())}
                <div class="two">
                    {row(words::COMPOSE_KIND, select(words::COMPOSE_KIND, "compose-kind", kinds, form.kind))}
                    {live(move || fields().into_any())}
                </div>
                {row(words::COMPOSE_HEX, area(words::COMPOSE_HEX, "compose-hex", "c0 00", form.hex))}
                {wrong("compose-wrong", form.wrong)}
                <div class="end">{button(words::COMPOSE_SEND, "compose-send", "primary", move || send(page, form))}</div>
            </fieldset>
        </div>
    }
    .into_any()
}

fn one_field(form: Form, field: Field) -> AnyView {
    match field {
        Field::Topic => text_field(words::TOPIC, "compose-topic", "", form.topic),
        Field::Payload => text_field(words::PAYLOAD, "compose-payload", "", form.payload),
        Field::Qos => text_field(words::QOS, "compose-qos", "0", form.qos),
        Field::Id => text_field(words::PACKET_ID, "compose-id", "1", form.packet_id),
        Field::Code => text_field(words::COMPOSE_CODES, "compose-code", "0x00", form.code),
        Field::ClientId => text_field(words::CLIENT_ID, "compose-client-id", "", form.client_id),
        Field::Retain => check(words::RETAIN, "compose-retain", form.retain),
        Field::Dup => check(words::DUP, "compose-dup", form.dup),
    }
}

fn connected(page: Page) -> Vec<DeviceView> {
    page.store.devices.with(|devices| devices.iter().filter(|device| device.state != DeviceState::Offline).cloned().collect())
}

fn level(device: &DeviceView) -> u8 {
    match device.protocol {
        Some(Protocol::V31) => 3,
        Some(Protocol::V311) => 4,
        _ => 5,
    }
}

fn send(page: Page, form: Form) {
    let Ok(device) = form.device.get_untracked().parse() else {
        return form.wrong.set(Some(words::COMPOSE_NOBODY.into()));
    };
    let bytes = match packet::parse_hex(&form.hex.get_untracked()) {
        Ok(bytes) => bytes,
        Err(why) => return form.wrong.set(Some(why)),
    };
    let to_broker = form.by.with_untracked(|by| by == "device");
    page.bridge.act_then(Command::Inject { device, to_broker, bytes }, move |result| {
        form.wrong.set(match result {
            Ok(_) => None,
            Err(Refusal::BadField { why, .. }) => Some(text::visible(&why)),
            Err(refusal) => Some(refusals::refusal(&refusal)),
        });
    });
}
