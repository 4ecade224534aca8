//! The page of GlassMQ: what the worker sees through the lens, drawn; what the user wants, asked.
//!
//! It knows `contract` and nothing below it. [`bridge`] speaks with the worker, [`store`] holds what was seen, `panel` draws it, [`text`]
//! has the words. Everything that needs no browser ([`layout`], [`make`], [`text`]) compiles natively and is tested there.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

mod layout;
mod make;
mod text;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod bridge;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod panel;
#[cfg(target_arch = "wasm32")]
mod store;
mod table;
#[cfg(target_arch = "wasm32")]
mod widget;

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::app);
}

/// The page lives in a browser only; natively there are just its tests.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
