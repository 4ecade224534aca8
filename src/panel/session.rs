//! The session of the chosen device: what outlives its connection.

use contract::SessionView;
use leptos::prelude::*;

use crate::page::Page;
use crate::text::{self, session as words_of, words};
use crate::widget::live::{live, said, show};

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
        <section class="session" aria-label=said(title)>
            {show(move || store.shown_device().is_some(), move || view! { <h2>{said(title)}</h2>{live(body)} }.into_any())}
            {show(move || store.shown_device().is_none(), move || view! { <p class="note">{words::NO_DEVICE}</p> }.into_any())}
        </section>
    }
    .into_any()
}

fn fields(session: &SessionView, now: u64) -> AnyView {
    let list = |name: &'static str, lines: Vec<String>| {
        (!lines.is_empty()).then(|| {
            let lines = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
            view! { {field(name, "", String::new())}<ul class="plain mono slots">{lines}</ul> }
        })
    };
    view! {
        {field(words::IN_FLIGHT, "", words_of::in_flight(session))}
        {words_of::queue(session).map(|queue| field(words::QUEUED, "", queue))}
        {field(words::EXPIRES, "", words_of::expiry(session, now))}
        {field(words::KEEP_ALIVE, "", words_of::keep_alive(session, now))}
        {field(words::WILL, "mono", words_of::will(session))}
        {list(words::EXCHANGES, session.slots.iter().map(words_of::slot).collect())}
        {list(words::SUBSCRIPTIONS, session.subscriptions.iter().map(words_of::subscription).collect())}
    }
    .into_any()
}

/// A name and its value, as the right column has them.
pub(crate) fn field(name: &'static str, class: &'static str, value: String) -> AnyView {
    view! { <div class="field"><span>{name}</span><span class=class>{value}</span></div> }.into_any()
}
