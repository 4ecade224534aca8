//! Files that the user picks or is given.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, HtmlAnchorElement, HtmlInputElement, Url};

/// A control that reads a file which the user picks: its name and its bytes.
pub(crate) fn pick(
    name: &'static str,
    test: &'static str,
    accept: &'static str,
    then: impl Fn(String, Vec<u8>) + Clone + 'static,
) -> AnyView {
    let then: std::rc::Rc<dyn Fn(String, Vec<u8>)> = std::rc::Rc::new(then);
    let changed = move |event: web_sys::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        let then = then.clone();
        spawn_local(async move {
            if let Some(bytes) = read(&file).await {
                then(file.name(), bytes);
            }
            // The same file may be picked again.
            input.set_value("");
        });
    };
    view! { <label class="file"><span>{name}</span><input type="file" accept=accept data-test=test on:change=changed /></label> }.into_any()
}

async fn read(file: &File) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Hands a file to the user, as a download.
pub(crate) fn save(name: &str, bytes: &[u8]) {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let Some(url) = Blob::new_with_u8_array_sequence(&parts).ok().and_then(|blob| Url::create_object_url_with_blob(&blob).ok()) else {
        return;
    };
    if let Some(anchor) = document().create_element("a").ok().and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok()) {
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
    }
    let _ = Url::revoke_object_url(&url);
}

/// The address of this page without its fragment.
pub(crate) fn here() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// What stands behind `#` in the address of this page.
pub(crate) fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}
