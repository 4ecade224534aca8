//! How to connect a real device: the addresses, and lines to copy.

use contract::RelayView;
use leptos::prelude::*;
use std::time::Duration;

use crate::page::Page;
use crate::store::Dialog;
use crate::text::{refusals, visible, words};
use crate::widget::dialog::dialog;
use crate::widget::live::said;

/// How long a copy button says that it has copied.
const SAID: Duration = Duration::from_millis(1500);

pub(crate) fn connect(page: Page) -> impl IntoView {
    let store = page.store;
    let open = Memo::new(move |_| store.dialog.get() == Some(Dialog::Connect));
    dialog("connect", words::CONNECT_TITLE, open, move || store.dialog.set(None), move || (move || store.relay.with(content)).into_any())
}

fn content(relay: &RelayView) -> AnyView {
    match relay {
        RelayView::Live { ws, tcp } => live(ws, tcp),
        RelayView::None => view! { <p>{words::CONNECT_NONE}</p>{snippet(words::RELAY_COMMAND.to_owned())} }.into_any(),
        other => view! { <p>{words::CONNECT_WAIT}" "{refusals::relay(other)}"."</p> }.into_any(),
    }
}

fn live(ws: &[String], tcp: &[String]) -> AnyView {
    let list = |title: &'static str, addresses: &[String]| {
        let lines = addresses.iter().map(|address| snippet(visible(address))).collect_view();
        (!addresses.is_empty()).then(|| view! { <h3>{title}</h3>{lines} })
    };
    let shell = tcp.first().map(|address| {
        let (host, port) = split(address);
        view! {
            <h3>{words::SHELL}</h3>
            {snippet(format!("mosquitto_sub -h {host} -p {port} -q 2 -t 'car/#' -v"))}
            {snippet(format!("mosquitto_pub -h {host} -p {port} -q 2 -t car/Car001/lock -m lock"))}
        }
    });
    let script = ws.first().map(|address| {
        let address = visible(address);
        let text = format!(
            "import mqtt from \"mqtt\";\nconst client = mqtt.connect(\"{address}\");\nclient.subscribe(\"car/#\", {{ qos: 2 }});\n\
             client.on(\"message\", (topic, payload) => console.log(topic, payload.toString()));\nclient.publish(\"car/Car001/lock\", \"lock\", {{ qos: 2 }});"
        );
        view! { <h3>{words::MQTTJS}</h3>{snippet(text)} }
    });
    view! { <p>{words::CONNECT_LIVE}</p>{list(words::WEBSOCKET, ws)}{list(words::TCP, tcp)}{shell}{script} }.into_any()
}

/// Host and port of an address; an IPv6 host loses its brackets, as command lines want it.
fn split(address: &str) -> (String, String) {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "1883"));
    (visible(host.trim_matches(['[', ']'])), visible(port))
}

/// A text with a button that copies it.
fn snippet(text: String) -> AnyView {
    let copied = RwSignal::new(false);
    let kept = text.clone();
    let copy = move |_| {
        // A browser that forbids copying leaves the text to be marked by hand.
        let _ = window().navigator().clipboard().write_text(&kept);
        copied.set(true);
        set_timeout(move || copied.set(false), SAID);
    };
    view! {
        <div class="snippet">
            <pre tabindex="0">{text}</pre>
            <button class="small" on:click=copy>{said(move || if copied.get() { words::COPIED } else { words::COPY }.to_owned())}</button>
        </div>
    }
    .into_any()
}
