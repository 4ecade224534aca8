//! Fields of forms. They hold texts, whatever is meant by them, so that one field of each sort serves all forms.

use crate::widget::live::{live, said, show};
use leptos::prelude::*;

/// Value and name of one choice of a [`select`].
pub(crate) type Choices = Vec<(String, String)>;

/// Choices that are known beforehand.
pub(crate) fn choices(fixed: &[(&str, &str)]) -> Choices {
    fixed.iter().map(|&(value, name)| (value.to_owned(), name.to_owned())).collect()
}

/// A control with its name before it.
pub(crate) fn row(name: &'static str, control: AnyView) -> AnyView {
    view! { <label class="row"><span>{name}</span><span>{control}</span></label> }.into_any()
}

/// One line of text; `test` names it for tests, `hint` stands in it while it is empty.
pub(crate) fn text(name: &'static str, test: &'static str, hint: &'static str, value: RwSignal<String>) -> AnyView {
    row(name, line(name, test, hint, value))
}

/// One line of text without its name.
pub(crate) fn line(name: &'static str, test: &'static str, hint: &'static str, value: RwSignal<String>) -> AnyView {
    view! { <input class="mono" aria-label=name data-test=test placeholder=hint autocomplete="off" spellcheck="false" bind:value=value /> }
        .into_any()
}

/// Several lines of text.
pub(crate) fn area(name: &'static str, test: &'static str, hint: &'static str, value: RwSignal<String>) -> AnyView {
    let input = move |event| value.set(event_target_value(&event));
    view! {
        <textarea class="mono" aria-label=name data-test=test placeholder=hint rows="4" autocomplete="off" spellcheck="false"
            prop:value=said(move || value.get()) on:input=input></textarea>
    }
    .into_any()
}

/// One of several.
pub(crate) fn select(name: &'static str, test: &'static str, of: Signal<Choices>, value: RwSignal<String>) -> AnyView {
    let options = move || {
        let chosen = value.get();
        let options = of.get().into_iter().map(|(key, name)| {
            let on = key == chosen;
            view! { <option value=key selected=on>{name}</option> }.into_any()
        });
        options.collect::<Vec<_>>()
    };
    view! {
        <select aria-label=name data-test=test prop:value=said(move || value.get()) on:change=move |event| value.set(event_target_value(&event))>
            {live(move || options().into_any())}
        </select>
    }
    .into_any()
}

/// Yes or no.
pub(crate) fn check(name: &'static str, test: &'static str, value: RwSignal<bool>) -> AnyView {
    view! { <label class="row check"><span></span><span><input type="checkbox" data-test=test bind:checked=value />" "{name}</span></label> }
        .into_any()
}

/// A button that does something.
pub(crate) fn button(name: &'static str, test: &'static str, class: &'static str, act: impl Fn() + 'static) -> AnyView {
    let act: Box<dyn Fn()> = Box::new(act);
    view! { <button type="button" class=class data-test=test on:click=move |_| act()>{name}</button> }.into_any()
}

/// What is wrong with the form, when something is.
pub(crate) fn wrong(test: &'static str, wrong: RwSignal<Option<String>>) -> AnyView {
    show(
        move || wrong.with(Option::is_some),
        move || view! { <p class="wrong" role="alert" data-test=test>{said(move || wrong.get().unwrap_or_default())}</p> }.into_any(),
    )
}
