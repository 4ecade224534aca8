//! The worker as one function out and reports in.
//!
//! The worker says `Ready` first; then the page says hello, asks for the relay when the page came from one, and looks. Exactly one
//! `Look` is in flight. The next one goes out with the animation frame after its answer was applied, so that cost follows the screen;
//! when the lens changes a new one goes out at once, and the answer to the old one is dropped.

use contract::{Answer, Ask, Asked, Command, Greeting, Lens, PaceWanted, Refusal, Report};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::store::{Health, Store};
use crate::text::{refusals, words};
use crate::widget::live::effect;

/// Where Trunk puts the loader of the worker.
const WORKER: &str = "./worker_loader.js";
/// The worker has this long to say that it is there.
const START_LIMIT: Duration = Duration::from_secs(20);
/// Commands without an answer; a page that has more has lost its worker.
const MAX_WAITING: usize = 64;

type Then = Box<dyn FnOnce(Result<Answer, Refusal>)>;

/// Handle to the worker.
#[derive(Clone, Copy)]
pub(crate) struct Bridge {
    inner: StoredValue<Inner, LocalStorage>,
    store: Store,
}

struct Inner {
    worker: Option<Worker>,
    ready: bool,
    next: u32,
    waiting: Vec<(u32, Then)>,
    /// The `Look` in flight.
    look: Option<InFlight>,
    /// Lens and revision of what was applied last.
    applied: Option<(Lens, u64)>,
}

/// A `Look` that is not answered yet.
struct InFlight {
    id: u32,
    lens: Lens,
    /// It is answered at once; else when there is something new.
    at_once: bool,
}

impl Bridge {
    /// Starts the worker.
    pub(crate) fn start(store: Store) -> Bridge {
        let inner = Inner { worker: None, ready: false, next: 1, waiting: Vec::new(), look: None, applied: None };
        let bridge = Bridge { inner: StoredValue::new_local(inner), store };
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        match Worker::new_with_options(WORKER, &options) {
            Ok(worker) => bridge.listen(worker),
            Err(_) => store.dead(refusals::worker_dead("")),
        }
        let lens = Memo::new(move |_| store.lens());
        effect(move || {
            // Read, not just tracked: a memo that nobody reads follows nothing.
            lens.with(|_| ());
            bridge.look();
        });
        set_timeout(
            move || {
                if bridge.inner.with_value(|inner| !inner.ready) {
                    store.dead(refusals::worker_dead(""));
                }
            },
            START_LIMIT,
        );
        bridge
    }

    /// Does something; a refusal is shown to the user.
    pub(crate) fn act(&self, command: Command) {
        let store = self.store;
        self.act_then(command, move |result| {
            if let Err(refusal) = result {
                store.toast(refusals::refusal(&refusal));
            }
        });
    }

    /// Does something and hands over what came of it.
    pub(crate) fn act_then(&self, command: Command, then: impl FnOnce(Result<Answer, Refusal>) + 'static) {
        self.ask(command, Box::new(then));
    }

    fn ask(&self, command: Command, then: Then) {
        if self.store.past.get_untracked().is_some() && !reaches_the_past(&command) {
            return self.store.toast(words::PAST_HINT.to_owned());
        }
        let id = self.inner.try_update_value(|inner| {
            if !inner.ready || inner.waiting.len() >= MAX_WAITING {
                return None;
            }
            let id = inner.id();
            inner.waiting.push((id, then));
            Some(id)
        });
        match id.flatten() {
            Some(id) => self.send(&Asked { id, ask: Ask::Do(command) }),
            None => self.store.toast(words::BUSY.to_owned()),
        }
    }

    /// Looks, unless a look through the same lens is under way. A lens that is new is answered at once: it asks since 0.
    fn look(&self) {
        let lens = untrack(|| self.store.lens());
        let asked = self.inner.try_update_value(|inner| {
            if !inner.ready || inner.look.as_ref().is_some_and(|look| look.lens == lens || look.holds_back(&lens)) {
                return None;
            }
            let since = match &inner.applied {
                Some((seen, revision)) if *seen == lens => *revision,
                _ => 0,
            };
            let id = inner.id();
            inner.look = Some(InFlight { id, lens: lens.clone(), at_once: since == 0 });
            Some(Asked { id, ask: Ask::Look { lens, since } })
        });
        if let Some(asked) = asked.flatten() {
            self.send(&asked);
        }
    }

    fn send(&self, asked: &Asked) {
        let sent = self.inner.with_value(|inner| match (&inner.worker, postcard::to_allocvec(asked)) {
            (Some(worker), Ok(bytes)) => worker.post_message(&js_sys::Uint8Array::from(bytes.as_slice())).is_ok(),
            _ => false,
        });
        if !sent {
            self.store.dead(words::BRIDGE_BROKEN.to_owned());
        }
    }

    fn listen(&self, worker: Worker) {
        let bridge = *self;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| bridge.take(event.data()));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        // A worker that failed to load sends a plain event without a message.
        let on_error = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            let how = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
            bridge.store.dead(refusals::worker_dead(&how));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        // The listeners live as long as the page.
        on_message.forget();
        on_error.forget();
        self.inner.update_value(|inner| inner.worker = Some(worker));
    }

    fn take(&self, data: JsValue) {
        let Some(bytes) = data.dyn_ref::<js_sys::Uint8Array>() else {
            return match serde_wasm_bindgen::from_value::<Greeting>(data) {
                Ok(Greeting { build }) if build == contract::BUILD => self.greet(),
                Ok(Greeting { build }) => self.store.dead(refusals::refusal(&Refusal::OtherBuild { worker: build })),
                Err(_) => self.store.dead(words::BRIDGE_BROKEN.to_owned()),
            };
        };
        match postcard::from_bytes::<Report>(&bytes.to_vec()) {
            Ok(Report::Seen { id, seen }) => {
                let current = self.inner.try_update_value(|inner| {
                    let lens = inner.look.take_if(|look| look.id == id)?.lens;
                    let past = lens.past;
                    inner.applied = Some((lens, seen.revision));
                    Some(past)
                });
                if let Some(past) = current.flatten() {
                    let first = !self.store.ready.get_untracked();
                    self.store.apply(seen, past);
                    if first {
                        mark("glassmq-ready");
                    }
                    let bridge = *self;
                    request_animation_frame(move || bridge.look());
                }
            }
            Ok(Report::Done { id, result }) => {
                let then = self.inner.try_update_value(|inner| {
                    let at = inner.waiting.iter().position(|(waiting, _)| *waiting == id)?;
                    Some(inner.waiting.swap_remove(at).1)
                });
                if let Some(then) = then.flatten() {
                    then(result);
                }
            }
            Err(_) => self.store.dead(words::BRIDGE_BROKEN.to_owned()),
        }
    }

    fn greet(&self) {
        let store = self.store;
        self.inner.update_value(|inner| inner.ready = true);
        store.health.set(Health::Running);
        self.act_then(Command::Hello { build: contract::BUILD.to_owned() }, move |result| {
            if let Err(refusal) = result {
                store.dead(refusals::refusal(&refusal));
            }
        });
        // A run that came with the address is shown at once.
        let run = crate::widget::file::fragment();
        if run.starts_with("#run=") {
            self.act(Command::Replay { bytes: run.into_bytes() });
        }
        if let Some(url) = relay_url() {
            self.act(Command::Attach { url });
        }
        self.look();
    }
}

impl InFlight {
    /// Whoever scrubs through the past asks faster than worlds can be made: the next one is asked for when this one has come.
    fn holds_back(&self, next: &Lens) -> bool {
        self.at_once && self.lens.past.is_some() && next.past.is_some()
    }
}

impl Inner {
    fn id(&mut self) -> u32 {
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        id
    }
}

/// May be done while the past is shown: it does not act on a present that nobody sees.
fn reaches_the_past(command: &Command) -> bool {
    use Command::{AnswerPings, Attach, Fork, Hello, Pace, Switch, TakeOver};
    matches!(command, Fork { .. } | Switch | Pace(PaceWanted::Paused) | AnswerPings(_) | Attach { .. } | TakeOver | Hello { .. })
}

/// Leaves a mark for whoever measures.
pub(crate) fn mark(name: &str) {
    if let Some(performance) = window().performance() {
        // A mark that cannot be set is a measurement less, nothing else.
        let _ = performance.mark(name);
    }
}

/// Address of the tunnel, when a relay serves the page and has written its path into it.
fn relay_url() -> Option<String> {
    let meta = document().query_selector("meta[name=glassmq-relay]").ok().flatten()?;
    let path = meta.get_attribute("content").filter(|path| !path.is_empty())?;
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}{path}", location.host().ok()?))
}
