//! The topics as a tree, each with its last value.

use leptos::prelude::*;

use crate::layout::tree;
use crate::page::Page;
use crate::text::{self, visible, words};
use crate::widget::live::{live, show};

pub(crate) fn topics(page: Page) -> impl IntoView {
    let store = page.store;
    let lines = move || {
        store.topics.with(|topics| {
            tree::lines(topics)
                .into_iter()
                .map(|line| {
                    let value = line.topic.map(|topic| text::value(topic.value.as_deref(), topic.len));
                    let retained = line.topic.is_some_and(|topic| topic.retained);
                    view! {
                        <li style=format!("padding-left:{}ch", line.depth * 2) title=line.topic.map(|topic| visible(&topic.topic))>
                            <span>{visible(&line.name)}</span>
                            {retained.then(|| view! { " "<span class="r">{words::RETAINED}</span> })}
                            {value.map(|value| view! { " "<span class="v">{value}</span> })}
                        </li>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <section class="topics" aria-label=words::TOPICS>
            <h2>{words::TOPICS}</h2>
            <ul class="plain tree" id="topics">{live(move || lines().into_any())}</ul>
            {show(move || store.ready.get() && store.topics.with(Vec::is_empty), move || view! { <p class="note">{words::NO_TOPICS}</p> }.into_any())}
        </section>
    }
    .into_any()
}
