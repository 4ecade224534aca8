//! What a user can do on the page, whichever panel offers it.

use contract::{Command, DeviceId, Fault, PaceWanted, Refusal, RelayView, RowNo, RowsWanted, Step, StepTo};
use leptos::prelude::*;

use crate::bridge::{Bridge, mark};
use crate::store::{Dialog, Store, Tab, put};
use crate::text::refusals;
use crate::widget::live::{effect, px};

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

    /// On to the next packet, or to whatever steps are to reach.
    pub(crate) fn step(self) {
        self.press(untrack(|| self.store.step_to()).map_or(Command::Step, Command::StepTo));
    }

    /// On to this.
    pub(crate) fn step_to(self, to: StepTo) {
        self.press(Command::StepTo(to));
    }

    fn press(self, command: Command) {
        let store = self.store;
        store.follow_newest();
        self.bridge.act_then(command, move |result| match result {
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

    /// Shows the world as it was after this step; a step that is not past yet is the present.
    pub(crate) fn look_back(self, step: Step) {
        let store = self.store;
        let (horizon, present) = (store.horizon.get_untracked(), store.present.get_untracked());
        store.follow_newest();
        put(store.past, (step < present).then_some(step.max(horizon)));
    }

    /// Shows the world as it is.
    pub(crate) fn back_to_now(self) {
        put(self.store.past, None);
        self.store.follow_newest();
    }

    /// Makes the past that is shown the present.
    pub(crate) fn fork(self) {
        let store = self.store;
        let Some(step) = store.past.get_untracked() else { return };
        self.change_future(Command::Fork { step });
    }

    /// Does a command after which another future is the living one.
    pub(crate) fn change_future(self, command: Command) {
        let store = self.store;
        self.bridge.act_then(command, move |result| match result {
            Ok(_) => {
                put(store.past, None);
                store.follow_newest();
            }
            Err(refusal) => store.toast(refusals::refusal(&refusal)),
        });
    }

    /// Does something to the packet of a row, or lets it go on.
    pub(crate) fn touch(self, row: RowNo, fault: Option<Fault>) {
        self.store.dialog.set(None);
        self.bridge.act(Command::Touch { row, fault });
    }

    /// Offers what can be done to the packet in the inspector, in the middle of the page.
    pub(crate) fn offer(self) {
        let middle = |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64()).unwrap_or(800.0) / 2.0;
        self.offer_at(middle(window().inner_width()) - 190.0, middle(window().inner_height()) - 240.0);
    }

    /// The same, with the menu's corner at this place.
    pub(crate) fn offer_at(self, x: f64, y: f64) {
        let store = self.store;
        // Without a choice it is the next one to arrive, for to that something can be done.
        let Some(row) = untrack(|| store.chosen_row.get().or_else(|| store.under_way()).or_else(|| store.shown_row())) else { return };
        if let Some(body) = document().body() {
            // A menu that cannot be placed stands at its usual place.
            let _ = body.style().set_property("--menu-x", &px(x));
            let _ = body.style().set_property("--menu-y", &px(y));
        }
        self.choose_row(row);
        store.dialog.set(Some(Dialog::Packet(row)));
    }

    /// Shows a part of the middle column, on small screens, too.
    pub(crate) fn open(self, tab: Tab) {
        self.store.tab.set(tab);
        self.store.section.set(crate::store::Section::Ladder);
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
        effect(move || {
            if let Some(root) = document().document_element() {
                let _ = root.set_attribute("data-theme", if self.theme.get() { "dark" } else { "light" });
            }
        });
        effect(move || {
            let relay = store.relay.with(refusals::relay_key);
            if let Some(body) = document().body() {
                let _ = body.set_attribute("data-relay", relay);
                if store.ready.get() {
                    let _ = body.set_attribute("data-state", "ready");
                }
                let _ = body.set_attribute("data-time", if store.is_past() { "past" } else { "now" });
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
