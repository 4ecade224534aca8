//! The session of the chosen device: what outlives its connection.

use contract::{Direction, SessionView, SlotPhase, SlotView};
use leptos::prelude::*;

use crate::app::Page;
use crate::text::{self, span, visible, words};

pub(crate) fn session(page: Page) -> impl IntoView {
    let store = page.store;
    let title = move || {
        let name = store.shown_device().and_then(|id| store.device(id)).map(|device| text::device_name(&device));
        format!("{} {}", words::SESSION_OF, name.unwrap_or_default())
    };
    let body = move || {
        let now = store.tenths.get() * 100_000;
        store.session.with(|session| match session {
            Some(session) => fields(session, now),
            None => view! { <p class="note">{words::NO_SESSION}</p> }.into_any(),
        })
    };
    view! {
        <section class="session" aria-label=title>
            <Show when=move || store.shown_device().is_some() fallback=|| view! { <p class="note">{words::NO_DEVICE}</p> }>
                <h2>{title}</h2>
                {body}
            </Show>
        </section>
    }
    .into_any()
}

fn fields(session: &SessionView, now: u64) -> AnyView {
    let in_flight = match session.receive_maximum {
        0 => session.in_flight_out.to_string(),
        most => format!("{} of {most} (receive maximum)", session.in_flight_out),
    };
    let expires = match (session.expires_at, session.expiry) {
        (Some(at), _) => format!("in {}", span(at.saturating_sub(now))),
        (None, Some(0)) => "with its connection".to_owned(),
        (None, Some(seconds)) => format!("{seconds} s after disconnect"),
        (None, None) => "never".to_owned(),
    };
    let keep_alive = match (session.keep_alive, session.keep_alive_until) {
        (0, _) => words::OFF.to_owned(),
        (seconds, Some(until)) => format!("{} left of {seconds} × 1.5", span(until.saturating_sub(now))),
        (seconds, None) => format!("{seconds} s"),
    };
    let will =
        session.will.as_ref().map_or(words::NONE.to_owned(), |(topic, payload)| format!("{} \"{}\"", visible(topic), visible(payload)));
    let slots = (!session.slots.is_empty()).then(|| {
        view! { {field(words::EXCHANGES, "", String::new())}<ul class="plain mono slots">{session.slots.iter().map(slot).collect_view()}</ul> }
    });
    let subscriptions = (!session.subscriptions.is_empty()).then(|| {
        let lines = session.subscriptions.iter().map(|subscription| {
            let mut line = format!("{}  QoS {}", visible(&subscription.filter), subscription.qos);
            if subscription.no_local {
                line.push_str("  no local");
            }
            if let Some(id) = subscription.identifier {
                line.push_str(&format!("  id {id}"));
            }
            view! { <li>{line}</li> }
        });
        view! { {field(words::SUBSCRIPTIONS, "", String::new())}<ul class="plain mono slots">{lines.collect_view()}</ul> }
    });
    view! {
        {field(words::IN_FLIGHT, "", in_flight)}
        {(session.queued > 0).then(|| field(words::QUEUED, "", text::count(session.queued.into(), "message", "messages")))}
        {field(words::EXPIRES, "", expires)}
        {field(words::KEEP_ALIVE, "", keep_alive)}
        {field(words::WILL, "mono", will)}
        {slots}
        {subscriptions}
    }
    .into_any()
}

fn slot(slot: &SlotView) -> AnyView {
    let way = if slot.direction == Direction::Out { "→" } else { "←" };
    let phase = match slot.phase {
        SlotPhase::AwaitsPuback => "awaits PUBACK",
        SlotPhase::AwaitsPubrec => "awaits PUBREC",
        SlotPhase::AwaitsPubcomp => "awaits PUBCOMP",
        SlotPhase::AwaitsPubrel => "awaits PUBREL",
    };
    let topic = slot.topic.as_deref().map(visible).unwrap_or_default();
    let again = if slot.resent > 0 { format!(", sent again {}×", slot.resent) } else { String::new() };
    view! { <li>{format!("{way} {} {phase}{again} {topic}", slot.packet_id)}</li> }.into_any()
}

/// A name and its value, as the right column has them.
pub(crate) fn field(name: &'static str, class: &'static str, value: String) -> AnyView {
    view! { <div class="field"><span>{name}</span><span class=class>{value}</span></div> }.into_any()
}
