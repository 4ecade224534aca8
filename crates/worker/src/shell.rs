//! Messages in, messages out, one timer, one socket.

use std::cell::RefCell;

use contract::{Asked, BUILD, Greeting, Report};
use js_sys::{ArrayBuffer, Uint8Array};
use lab::{Bench, Config, Incoming, Outgoing};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, DedicatedWorkerGlobalScope, MessageEvent, WebSocket};

thread_local! {
    static SHELL: RefCell<Option<Shell>> = const { RefCell::new(None) };
}

struct Shell {
    scope: DedicatedWorkerGlobalScope,
    bench: Bench,
    socket: Option<Socket>,
    timer: Option<i32>,
    on_wake: Closure<dyn FnMut()>,
}

/// The tunnel's socket with its handlers, which live as long as it does.
struct Socket {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut()>,
}

/// Starts the worker: the bench with the first scene, ready for the page's asks.
pub(crate) fn start() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let mut bench = Bench::new(Config::default(), wall(&scope), seed(&scope));
    // A known scene; a page that wants none clears it.
    let _ = bench.load_scene(wall(&scope), "car-lock");
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        // Only the page of the same build posts here; anything else is nobody's ask and has no id to answer.
        if let Ok(asked) = postcard::from_bytes::<Asked>(&Uint8Array::new(&event.data()).to_vec()) {
            turn(Incoming::Ask(asked));
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_wake = Closure::<dyn FnMut()>::new(|| turn(Incoming::Wake));
    let shell = Shell { scope, bench, socket: None, timer: None, on_wake };
    if let Ok(greeting) = serde_wasm_bindgen::to_value(&Greeting { build: String::from(BUILD) }) {
        let _ = shell.scope.post_message(&greeting);
    }
    SHELL.with_borrow_mut(|place| *place = Some(shell));
}

/// One turn of the bench.
fn turn(incoming: Incoming) {
    SHELL.with_borrow_mut(|shell| {
        if let Some(shell) = shell {
            shell.turn(incoming);
        }
    });
}

impl Shell {
    fn turn(&mut self, incoming: Incoming) {
        let mut out = Vec::new();
        self.bench.handle(wall(&self.scope), incoming, &mut out);
        let mut wake = None;
        for outgoing in out {
            match outgoing {
                Outgoing::Report(report) => self.post(&report),
                Outgoing::Tunnel(batch) => self.send(&batch),
                Outgoing::OpenTunnel { url } => self.open(&url),
                Outgoing::CloseTunnel => self.close(),
                Outgoing::WakeAt(at) => wake = Some(at),
            }
        }
        if let Some(at) = wake {
            self.set_timer(at);
        }
    }

    fn post(&self, report: &Report) {
        if let Ok(bytes) = postcard::to_allocvec(report) {
            let _ = self.scope.post_message(&Uint8Array::from(bytes.as_slice()));
        }
    }

    fn send(&self, batch: &[u8]) {
        // A socket that is closing says so by its event; what is sent meanwhile is lost with it.
        if let Some(socket) = &self.socket {
            let _ = socket.socket.send_with_u8_array(batch);
        }
    }

    fn open(&mut self, url: &str) {
        self.close();
        self.socket = open(url);
        if self.socket.is_none() {
            // An address that no socket can be made for ends like one that nobody answers: with another try later.
            self.turn(Incoming::TunnelClosed);
        }
    }

    fn close(&mut self) {
        if let Some(socket) = self.socket.take() {
            // Its handlers go with it, so a late event of an old socket finds nobody.
            socket.socket.set_onopen(None);
            socket.socket.set_onmessage(None);
            socket.socket.set_onclose(None);
            let _ = socket.socket.close();
        }
    }

    fn set_timer(&mut self, at: u64) {
        if let Some(timer) = self.timer.take() {
            self.scope.clear_timeout_with_handle(timer);
        }
        let wait = at.saturating_sub(wall(&self.scope)).div_ceil(1_000).min(i32::MAX as u64) as i32;
        let callback = self.on_wake.as_ref().unchecked_ref();
        self.timer = self.scope.set_timeout_with_callback_and_timeout_and_arguments_0(callback, wait).ok();
    }
}

fn open(url: &str) -> Option<Socket> {
    let socket = WebSocket::new(url).ok()?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    let on_open = Closure::<dyn FnMut()>::new(|| turn(Incoming::TunnelOpen));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        // The relay speaks binary only; a text frame is not from a relay and is not a batch.
        if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
            turn(Incoming::Tunnel(Uint8Array::new(&buffer).to_vec()));
        }
    });
    let on_close = Closure::<dyn FnMut()>::new(|| {
        // Dropping the socket here would drop the closure that is running: the bench asks for the next one, and that replaces it.
        turn(Incoming::TunnelClosed);
    });
    socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    Some(Socket { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close })
}

/// Microseconds on a clock that never runs backwards.
fn wall(scope: &DedicatedWorkerGlobalScope) -> u64 {
    let millis = scope.performance().map_or_else(js_sys::Date::now, |performance| performance.now());
    (millis * 1_000.0) as u64
}

/// Chance from the browser, for what must not be guessed.
fn seed(scope: &DedicatedWorkerGlobalScope) -> u64 {
    let mut bytes = [0u8; 8];
    let filled = scope.crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if filled.is_ok() { u64::from_le_bytes(bytes) } else { js_sys::Date::now().to_bits() }
}
