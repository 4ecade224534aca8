//! What changes on the page, each sort of it in one type. A closure in a view has a type of its own, and with it a copy of all the code that
//! builds, updates and drops such a part; these have one copy for all.

use leptos::prelude::*;

/// A yes or no that follows signals.
pub(crate) fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    Signal::derive(read)
}

/// Words that follow signals.
pub(crate) fn said(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(read)
}

/// A part that is there while `when` holds. It is built anew only when that changes.
pub(crate) fn show(when: impl Fn() -> bool + Send + Sync + 'static, then: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    shown(Box::new(when), Box::new(then))
}

/// A part that is built anew whenever a signal changes that it reads.
pub(crate) fn live(build: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    living(Box::new(build))
}

/// Does something now, and again whenever a signal changes that it reads.
pub(crate) fn effect(act: impl Fn() + 'static) {
    effective(Box::new(act));
}

/// Pixels for a style. Whole ones: the code that writes fractions is larger than all styles together.
pub(crate) fn px(length: f64) -> String {
    format!("{}px", length.round() as i32)
}

fn effective(act: Box<dyn Fn()>) {
    Effect::new(move |_| act());
}

fn shown(when: Box<dyn Fn() -> bool + Send + Sync>, then: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
    let when = Memo::new(move |_| when());
    living(Box::new(move || if when.get() { then() } else { ().into_any() }))
}

fn living(build: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
    (move || build()).into_any()
}
