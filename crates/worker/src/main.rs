//! The shell that runs the bench in a Web Worker: its two borders are the page (messages) and the relay (one WebSocket).
//!
//! It holds no rule of its own. What comes is handed to [`lab::Bench`], what the bench wants done is done.

#[cfg(target_arch = "wasm32")]
mod shell;

#[cfg(target_arch = "wasm32")]
fn main() {
    shell::start();
}

/// Nothing to run outside a browser.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
