//! The header: the relay and its addresses, live or step, the theme.

use contract::{Command, PaceWanted, RelayView};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::{Dialog, Health};
use crate::text::{refusals, visible, words};
use crate::widget::live::{flag, live, said, show};

pub(crate) fn header(page: Page) -> impl IntoView {
    let store = page.store;
    let live = move || store.pace.get() == PaceWanted::Live;
    view! {
        <header class="top">
            <div class="logo" aria-label="GlassMQ">"Glass"<i>"MQ"</i></div>
            {relay(page)}
            <button class="primary" data-test="connect" on:click=move |_| store.dialog.set(Some(Dialog::Connect))>
                {words::CONNECT_A_DEVICE}
            </button>
            <div class="grow"></div>
            <div class="seg" role="group" aria-label=words::PACE_LABEL>
                <button data-test="live" class:on=live aria-pressed=said(move || live().to_string()) on:click=move |_| page.pace(PaceWanted::Live)>
                    {words::LIVE}
                </button>
                <button data-test="pause" class:on=flag(move || !live()) aria-pressed=said(move || (!live()).to_string()) on:click=move |_| page.pace(PaceWanted::Paused)>
                    {words::STEP_MODE}
                </button>
            </div>
            <button class="icon help" aria-label=words::HELP title=words::HELP data-test="shortcuts" on:click=move |_| store.dialog.set(Some(Dialog::Shortcuts))>
                "?"
            </button>
            <button class="icon" aria-label=words::THEME title=words::THEME data-test="theme" on:click=move |_| page.switch_theme()>"◐"</button>
        </header>
    }
    .into_any()
}

fn relay(page: Page) -> AnyView {
    let store = page.store;
    let dot = move || {
        store.relay.with(|relay| match relay {
            RelayView::Live { .. } => "dot",
            RelayView::None => "dot off",
            RelayView::Connecting { .. } => "dot wait",
            _ => "dot err",
        })
    };
    let what = move || {
        if store.health.get() == Health::Starting {
            return view! { <span>{words::STARTING}</span> }.into_any();
        }
        store.relay.with(|relay| match relay {
            RelayView::Live { ws, tcp } => {
                let tcp = tcp.iter().map(|address| format!("tcp {}", visible(address)));
                let all = ws.iter().map(|address| visible(address)).chain(tcp);
                all.map(|address| view! { <span class="mono">{address}</span> }).collect_view().into_any()
            }
            other => view! { <span>{refusals::relay(other)}</span> }.into_any(),
        })
    };
    let held = move || store.relay.with(|relay| matches!(relay, RelayView::HeldElsewhere | RelayView::TakenOver));
    view! {
        <div class="listen" role="status" aria-label=words::RELAY data-test="relay">
            <span class=said(move || dot().to_owned())></span>
            <span class="addresses">{live(what)}</span>
        </div>
        {show(held, move || view! { <button data-test="take-over" on:click=move |_| page.bridge.act(Command::TakeOver)>{words::TAKE_OVER}</button> }.into_any())}
    }
    .into_any()
}
