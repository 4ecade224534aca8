//! What a user can do on the page, whichever panel offers it.

use contract::{Command, DeviceId, PaceWanted, Refusal, RelayView, RowNo, RowsWanted};
use leptos::prelude::*;

use crate::bridge::{Bridge, mark};
use crate::store::Store;
use crate::text::refusals;

/// Key under which the browser remembers the theme.
const THEME_KEY: &str = "glassmq-theme";

/// What every panel gets: the signals, the way to the worker, the theme.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    pub(crate) store: Store,
    pub(crate) bridge: Bridge,
    /// The dark theme is on.
    pub(crate) theme: RwSignal<bool>,
}

impl Page {
    /// The page with a worker of its own.
    pub(crate) fn start() -> Page {
        let store = Store::new();
        let page = Page { store, bridge: Bridge::start(store), theme: RwSignal::new(false) };
        page.wire();
        page
    }

    /// On to the next packet.
    pub(crate) fn step(self) {
        let store = self.store;
        store.follow_newest();
        self.bridge.act_then(Command::Step, move |result| match result {
            Ok(_) => store.hint.set(None),
            Err(refusal @ Refusal::NothingToStep { .. }) => store.hint.set(Some(refusals::refusal(&refusal))),
            Err(refusal) => store.toast(refusals::refusal(&refusal)),
        });
    }

    /// Sets how time runs.
    pub(crate) fn pace(self, pace: PaceWanted) {
        if pace != PaceWanted::Paused {
            self.store.follow_newest();
        }
        self.store.hint.set(None);
        self.bridge.act(Command::Pace(pace));
    }

    /// Pauses what runs, runs what is paused at the chosen speed.
    pub(crate) fn play_or_pause(self) {
        let running = self.store.pace.get_untracked() != PaceWanted::Paused;
        self.pace(if running { PaceWanted::Paused } else { self.store.speed.get_untracked() });
    }

    /// Begins again, with the scene or with nothing.
    pub(crate) fn restart(self, command: Command) {
        let store = self.store;
        self.bridge.act_then(command, move |result| match result {
            Ok(_) => {
                store.new_world();
                store.rows_wanted.set(RowsWanted::Last { count: 60 });
            }
            Err(refusal) => store.toast(refusals::refusal(&refusal)),
        });
    }

    /// Shows a row in the inspector.
    pub(crate) fn choose_row(self, row: RowNo) {
        self.store.chosen_row.set(Some(row));
    }

    /// Shows a device's session.
    pub(crate) fn choose_device(self, device: DeviceId) {
        self.store.chosen_device.set(Some(device));
    }

    /// Switches between light and dark and has the browser remember it.
    pub(crate) fn switch_theme(self) {
        let dark = !self.theme.get_untracked();
        self.theme.set(dark);
        if let Ok(Some(storage)) = window().local_storage() {
            // A browser that remembers nothing still shows the theme now.
            let _ = storage.set_item(THEME_KEY, if dark { "dark" } else { "light" });
        }
    }

    fn wire(self) {
        let store = self.store;
        let remembered = window().local_storage().ok().flatten().and_then(|storage| storage.get_item(THEME_KEY).ok().flatten());
        let system = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
        self.theme.set(match remembered.as_deref() {
            Some("dark") => true,
            Some("light") => false,
            _ => system.as_ref().is_some_and(web_sys::MediaQueryList::matches),
        });
        Effect::new(move |_| {
            if let Some(root) = document().document_element() {
                let _ = root.set_attribute("data-theme", if self.theme.get() { "dark" } else { "light" });
            }
        });
        Effect::new(move |_| {
            let relay = store.relay.with(refusals::relay_key);
            if let Some(body) = document().body() {
                let _ = body.set_attribute("data-relay", relay);
                if store.ready.get() {
                    let _ = body.set_attribute("data-state", "ready");
                }
            }
        });
        Effect::new(move |marked: Option<bool>| {
            let live = store.relay.with(|relay| matches!(relay, RelayView::Live { .. }));
            let marked = marked.unwrap_or(false);
            if live && !marked {
                mark("glassmq-live");
            }
            live || marked
        });
    }
}
