//! Shortcuts for the whole page. While something is typed, and while a dialog is open, keys mean what they always mean.

use contract::PaceWanted;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement};

use crate::page::Page;
use crate::store::Dialog;

/// Listens as long as the page lives.
pub(crate) fn listen(page: Page) {
    let store = page.store;
    // A control that was clicked lets go of the keyboard, so that the space bar steps again. Whoever came to it by Tab stays there.
    let _clicks = window_event_listener(ev::click, move |event| {
        if event.detail() > 0
            && store.dialog.get_untracked().is_none()
            && let Some(button) = document().active_element().and_then(|element| element.dyn_into::<HtmlButtonElement>().ok())
        {
            let _ = button.blur();
        }
    });
    let _listening = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() || store.dialog.get_untracked().is_some() {
            return;
        }
        let key = event.key();
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let name = target.as_ref().map(Element::tag_name).unwrap_or_default();
        if matches!(name.as_str(), "INPUT" | "TEXTAREA" | "SELECT") {
            return;
        }
        // Space and Enter on a control press that control.
        let control = name == "BUTTON" || target.is_some_and(|target| target.get_attribute("role").as_deref() == Some("button"));
        match key.as_str() {
            " " if !control => page.step(),
            "p" => page.play_or_pause(),
            "l" => page.pace(PaceWanted::Live),
            "f" => page.offer(),
            "?" => store.dialog.set(Some(Dialog::Shortcuts)),
            "Escape" => page.back_to_now(),
            _ => return,
        }
        event.prevent_default();
    });
}
