//! The list of devices: who is there, in what state; what can be done with the chosen one.

use contract::{Command, DeviceId, DeviceKind, DeviceState, DeviceView, LinkAction, StepTo};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::{Dialog, Tab};
use crate::text::{self, words};
use crate::widget::form::button;
use crate::widget::live::{flag, live, said, show};

pub(crate) fn devices(page: Page) -> impl IntoView {
    let store = page.store;
    view! {
        <section class="devices" aria-label=words::DEVICES>
            <h2>
                <span>{words::DEVICES}</span>
                <button class="link" data-test="add" aria-label=words::ADD_A_DEVICE on:click=move |_| store.dialog.set(Some(Dialog::AddDevice))>
                    {words::ADD}
                </button>
            </h2>
            <ul class="plain" id="devices">
                <For each=move || store.devices.with(|all| all.iter().map(|device| device.id).collect::<Vec<_>>()) key=|id| *id let:id>
                    {one(page, id)}
                </For>
            </ul>
            {move || match store.more_devices.get() {
                0 => None,
                more => Some(view! { <p class="note">{text::session::and_more(more)}</p> }),
            }}
            {show(move || store.ready.get() && store.devices.with(Vec::is_empty), move || view! { <p class="note">{words::NO_DEVICES}</p> }.into_any())}
        </section>
    }
    .into_any()
}

fn one(page: Page, id: DeviceId) -> AnyView {
    let store = page.store;
    let device = Memo::new(move |_| store.device(id).unwrap_or_default());
    let chosen = Memo::new(move |_| store.shown_device() == Some(id));
    let line = Memo::new(move |_| {
        let now = store.tenths.get() * 100_000;
        device.with(|device| text::device_line(device, now))
    });
    let state = move || text::state(device.with(|device| device.state)).to_owned();
    let dot = move || match device.with(|device| device.state) {
        DeviceState::Connected => "dot",
        DeviceState::Connecting => "dot wait",
        DeviceState::Offline => "dot off",
    };
    view! {
        <li class="dev" class:sel=flag(move || chosen.get()) data-device=said(move || device.with(text::device_name))
            data-state=said(state)>
            <button class="choose" aria-pressed=said(move || chosen.get().to_string()) on:click=move |_| page.choose_device(id)>
                <span class=said(move || dot().to_owned())></span>
                <span class="name" class:away=flag(move || device.with(|device| device.state == DeviceState::Offline))>
                    <span class="cut">{said(move || device.with(text::device_name))}</span>
                    {show(move || device.with(|device| device.kind == DeviceKind::Real), || view! { <span class="tag">{words::REAL}</span> }.into_any())}
                </span>
                {show(move || device.with(|device| device.silent), || view! { <span class="tag silent">{words::LINK_SILENT}</span> }.into_any())}
                {live(move || device.with(|device| device.protocol).map(|version| view! { <span class="tag">{text::protocol(version)}</span> }).into_any())}
                <small>
                    <span class="hidden">{said(state)}", "</span>
                    {said(move || line.get())}
                </small>
            </button>
            {show(move || chosen.get(), move || actions(page, id, device))}
        </li>
    }
    .into_any()
}

fn actions(page: Page, id: DeviceId, device: Memo<DeviceView>) -> AnyView {
    let simulated = move || device.with(|device| device.kind == DeviceKind::Simulated);
    let offline = move || device.with(|device| device.state == DeviceState::Offline);
    let publish = move || {
        page.store.publisher.set(Some(id));
        page.store.section.set(crate::store::Section::Ladder);
        crate::panel::publish::focus();
    };
    let silent = move || device.with(|device| device.silent);
    let link = move |action: LinkAction| page.bridge.act(Command::Link { device: id, action });
    let compose = move || {
        page.store.compose_for.set(Some(id));
        page.open(Tab::Composer);
    };
    view! {
        <fieldset class="actions" disabled=flag(move || page.store.is_past())>
            {show(move || offline() && simulated(), move || button(words::CONNECT, "device-connect", "", move || page.bridge.act(Command::Connect(id))))}
            {show(move || !offline(), move || button(words::DISCONNECT, "device-disconnect", "", move || page.bridge.act(Command::Disconnect(id))))}
            {show(simulated, move || view! { {button(words::PUBLISH_AS, "device-publish", "", publish)}
                {button(words::REMOVE, "device-remove", "", move || page.bridge.act(Command::RemoveDevice(id)))} }.into_any())}
            {show(move || !offline(), move || view! { {button(words::LINK_CUT, "link-cut", "", move || link(LinkAction::Cut))}
                {show(move || !silent(), move || button(words::LINK_SILENCE, "link-silence", "", move || link(LinkAction::Silence)))}
                {show(silent, move || button(words::LINK_HEAL, "link-heal", "", move || link(LinkAction::Heal)))}
                {button(words::SEND_BYTES, "device-compose", "", compose)}
                {button(words::NEXT_PACKET, "device-step", "", move || page.step_to(StepTo::Device(id)))} }.into_any())}
        </fieldset>
    }
    .into_any()
}
