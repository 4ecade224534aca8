//! The list of devices: who is there, in what state; what can be done with the chosen one.

use contract::{Command, DeviceId, DeviceKind, DeviceState, DeviceView, LinkAction, StepTo};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::{Dialog, Tab};
use crate::text::{self, words};
use crate::widget::form::button;

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
            <Show when=move || store.ready.get() && store.devices.with(Vec::is_empty)>
                <p class="note">{words::NO_DEVICES}</p>
            </Show>
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
    let dot = move || match device.with(|device| device.state) {
        DeviceState::Connected => "dot",
        DeviceState::Connecting => "dot wait",
        DeviceState::Offline => "dot off",
    };
    view! {
        <li class="dev" class:sel=move || chosen.get() data-device=move || device.with(text::device_name)
            data-state=move || text::state(device.with(|device| device.state))>
            <button class="choose" aria-pressed=move || chosen.get().to_string() on:click=move |_| page.choose_device(id)>
                <span class=dot></span>
                <span class="name" class:away=move || device.with(|device| device.state == DeviceState::Offline)>
                    <span class="cut">{move || device.with(text::device_name)}</span>
                    {move || device.with(|device| device.kind == DeviceKind::Real).then(|| view! { <span class="tag">{words::REAL}</span> })}
                </span>
                {move || device.with(|device| device.silent).then(|| view! { <span class="tag silent">{words::LINK_SILENT}</span> })}
                {move || device.with(|device| device.protocol).map(|version| view! { <span class="tag">{text::protocol(version)}</span> })}
                <small>
                    <span class="hidden">{move || text::state(device.with(|device| device.state))}", "</span>
                    {move || line.get()}
                </small>
            </button>
            <Show when=move || chosen.get()>{actions(page, id, device)}</Show>
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
        <fieldset class="actions" disabled=move || page.store.is_past()>
            <Show when=move || offline() && simulated()>
                {button(words::CONNECT, "device-connect", "", move || page.bridge.act(Command::Connect(id)))}
            </Show>
            <Show when=move || !offline()>
                {button(words::DISCONNECT, "device-disconnect", "", move || page.bridge.act(Command::Disconnect(id)))}
            </Show>
            <Show when=simulated>
                {button(words::PUBLISH_AS, "device-publish", "", publish)}
                {button(words::REMOVE, "device-remove", "", move || page.bridge.act(Command::RemoveDevice(id)))}
            </Show>
            <Show when=move || !offline()>
                {button(words::LINK_CUT, "link-cut", "", move || link(LinkAction::Cut))}
                <Show when=silent fallback=move || button(words::LINK_SILENCE, "link-silence", "", move || link(LinkAction::Silence))>
                    {button(words::LINK_HEAL, "link-heal", "", move || link(LinkAction::Heal))}
                </Show>
                {button(words::SEND_BYTES, "device-compose", "", compose)}
                {button(words::NEXT_PACKET, "device-step", "", move || page.step_to(StepTo::Device(id)))}
            </Show>
        </fieldset>
    }
    .into_any()
}
