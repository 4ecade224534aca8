//! What the page knows, as signals per part of the view. [`Store::apply`] is the one place that writes what the worker reported;
//! a signal is touched only when its part has changed, so that the cost of a report is the cost of what differs.

use contract::{
    AccessView, Counters, DeviceId, DeviceView, ExplorerView, Fate, Kind, Lens, LineageView, Micros, ModeView, OtherView, PaceWanted,
    PacketView, Protocol, RecordingView, RelayView, Row, RowNo, RowsWanted, RuleId, RuleView, SceneView, Seen, SessionView, Step, StepTo,
    TimelineBucket, TopicView, What,
};
use leptos::prelude::*;

use crate::make::rule::Draft;
use crate::table::Table;
use crate::text;

/// Slow enough to read along: the pace that Play starts in a new world.
pub(crate) const READING: PaceWanted = PaceWanted::Beat { millis: 700 };
/// Most messages to the user that stand at once; an older one makes room.
const MAX_TOASTS: usize = 4;
/// Rows of two futures that are compared side by side.
const COMPARED: u32 = 200;

/// The rows in the window, and where the window stands in what is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ladder {
    pub(crate) first: RowNo,
    pub(crate) end: RowNo,
    pub(crate) rows: Vec<Row>,
}

/// State of the worker.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Health {
    Starting,
    Running,
    /// It will not answer any more; the sentence says why and what to do.
    Dead(String),
}

/// A dialog; one at a time is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Dialog {
    Connect,
    AddDevice,
    Shortcuts,
    /// What can be done to the packet of this row.
    Packet(RowNo),
}

/// What the middle column shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tab {
    Ladder,
    Rules,
    Composer,
    Explorer,
    Files,
    Access,
    Compare,
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepUnit {
    /// To the next packet, whosever it is.
    Packet,
    /// To the next one of the chosen device.
    Device,
    /// To the next one of the shown packet's exchange.
    Flow,
    /// To the next break-point.
    Break,
}

/// Which part a small screen shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Section {
    Devices,
    Ladder,
    Packet,
}

/// A message to the user that goes by itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Toast {
    pub(crate) id: u32,
    pub(crate) text: String,
}

/// All signals. A copy is a handle to the same ones.
#[derive(Clone, Copy)]
pub(crate) struct Store {
    pub(crate) ladder: RwSignal<Ladder>,
    pub(crate) devices: RwSignal<Vec<DeviceView>>,
    pub(crate) more_devices: RwSignal<u32>,
    pub(crate) packet: RwSignal<Option<PacketView>>,
    pub(crate) session: RwSignal<Option<SessionView>>,
    pub(crate) topics: RwSignal<Vec<TopicView>>,
    pub(crate) timeline: RwSignal<Vec<TimelineBucket>>,
    pub(crate) relay: RwSignal<RelayView>,
    pub(crate) scene: RwSignal<Option<SceneView>>,
    pub(crate) pace: RwSignal<PaceWanted>,
    pub(crate) now: RwSignal<Micros>,
    /// The world's time in tenths of a second, for what need not follow every packet.
    pub(crate) tenths: RwSignal<u64>,
    pub(crate) counters: RwSignal<Counters>,
    pub(crate) health: RwSignal<Health>,
    /// A first view has been applied.
    pub(crate) ready: RwSignal<bool>,

    /// The row the user has chosen; without one, the row of [`Store::newest`] is shown.
    pub(crate) chosen_row: RwSignal<Option<RowNo>>,
    pub(crate) newest: RwSignal<Option<RowNo>>,
    pub(crate) chosen_device: RwSignal<Option<DeviceId>>,
    pub(crate) rows_wanted: RwSignal<RowsWanted>,
    pub(crate) follow: RwSignal<bool>,
    pub(crate) buckets: RwSignal<u32>,
    /// The pace that Play starts.
    pub(crate) speed: RwSignal<PaceWanted>,
    pub(crate) dialog: RwSignal<Option<Dialog>>,
    pub(crate) section: RwSignal<Section>,
    pub(crate) toasts: RwSignal<Vec<Toast>>,
    /// Why the last step did nothing; goes with the next thing that happens.
    pub(crate) hint: RwSignal<Option<String>>,
    /// Whom the publish bar speaks for; `None`: `you`.
    pub(crate) publisher: RwSignal<Option<DeviceId>>,
    /// The ladder shall go to this row.
    pub(crate) go_to: RwSignal<Option<RowNo>>,

    /// The step the user looks at instead of the present.
    pub(crate) past: RwSignal<Option<Step>>,
    pub(crate) present: RwSignal<Step>,
    pub(crate) horizon: RwSignal<Step>,
    pub(crate) other: RwSignal<Option<OtherView>>,
    pub(crate) rules: RwSignal<Vec<RuleView>>,
    pub(crate) halted_by: RwSignal<Option<RuleId>>,
    pub(crate) answers_pings: RwSignal<bool>,
    pub(crate) mode: RwSignal<ModeView>,
    pub(crate) access: RwSignal<AccessView>,
    pub(crate) tab: RwSignal<Tab>,
    pub(crate) explorer: RwSignal<Option<ExplorerView>>,
    pub(crate) lineage: RwSignal<Option<LineageView>>,
    /// The capture that is shown instead of the world.
    pub(crate) recording: RwSignal<Option<RecordingView>>,
    /// The lineage of the shown message is wanted.
    pub(crate) lineage_open: RwSignal<bool>,
    /// The rules of the shown packet are wanted.
    pub(crate) proof_open: RwSignal<bool>,
    /// The table of rules, once somebody has wanted it.
    pub(crate) rule_table: RwSignal<Option<Table>, LocalStorage>,
    pub(crate) step_unit: RwSignal<StepUnit>,
    /// A rule for the form to begin with.
    pub(crate) rule_draft: RwSignal<Option<Draft>>,
    /// The device of the composer; `None`: the first that is connected.
    pub(crate) compose_for: RwSignal<Option<DeviceId>>,
}

impl Store {
    pub(crate) fn new() -> Store {
        Store {
            ladder: RwSignal::default(),
            devices: RwSignal::default(),
            more_devices: RwSignal::default(),
            packet: RwSignal::default(),
            session: RwSignal::default(),
            topics: RwSignal::default(),
            timeline: RwSignal::default(),
            relay: RwSignal::default(),
            scene: RwSignal::default(),
            pace: RwSignal::new(PaceWanted::Paused),
            now: RwSignal::default(),
            tenths: RwSignal::default(),
            counters: RwSignal::default(),
            health: RwSignal::new(Health::Starting),
            ready: RwSignal::default(),
            chosen_row: RwSignal::default(),
            newest: RwSignal::default(),
            chosen_device: RwSignal::default(),
            rows_wanted: RwSignal::new(RowsWanted::Last { count: 60 }),
            follow: RwSignal::new(true),
            buckets: RwSignal::new(120),
            speed: RwSignal::new(READING),
            dialog: RwSignal::default(),
            section: RwSignal::new(Section::Ladder),
            toasts: RwSignal::default(),
            hint: RwSignal::default(),
            publisher: RwSignal::default(),
            go_to: RwSignal::default(),
            past: RwSignal::default(),
            present: RwSignal::default(),
            horizon: RwSignal::default(),
            other: RwSignal::default(),
            rules: RwSignal::default(),
            halted_by: RwSignal::default(),
            answers_pings: RwSignal::new(true),
            mode: RwSignal::default(),
            access: RwSignal::default(),
            tab: RwSignal::new(Tab::Ladder),
            explorer: RwSignal::default(),
            lineage: RwSignal::default(),
            recording: RwSignal::default(),
            lineage_open: RwSignal::default(),
            proof_open: RwSignal::default(),
            rule_table: RwSignal::new_local(None),
            step_unit: RwSignal::new(StepUnit::Packet),
            rule_draft: RwSignal::default(),
            compose_for: RwSignal::default(),
        }
    }

    /// Takes up what the worker saw. `asked`: the past it was asked for.
    pub(crate) fn apply(&self, seen: Seen, asked: Option<Step>) {
        let newest = newest(&seen, self.follow.get_untracked(), self.newest.get_untracked());
        if seen.end_row != self.ladder.with_untracked(|ladder| ladder.end) {
            put(self.hint, None);
        }
        put(self.devices, seen.devices);
        put(self.more_devices, seen.more_devices);
        put(self.ladder, Ladder { first: seen.first_row, end: seen.end_row, rows: seen.rows });
        put(self.newest, newest);
        put(self.packet, seen.packet);
        put(self.session, seen.session);
        put(self.topics, seen.topics);
        put(self.timeline, seen.timeline);
        put(self.relay, seen.relay);
        put(self.scene, seen.scene);
        put(self.pace, seen.pace.0);
        if seen.pace.0 != PaceWanted::Paused {
            put(self.speed, seen.pace.0);
        }
        put(self.now, seen.now);
        put(self.tenths, seen.now / 100_000);
        put(self.counters, seen.counters);
        put(self.present, seen.present);
        put(self.horizon, seen.horizon);
        put(self.rules, seen.rules);
        put(self.halted_by, seen.halted_by);
        put(self.answers_pings, seen.answers_pings);
        put(self.mode, seen.mode);
        put(self.access, seen.access);
        put(self.explorer, seen.explorer);
        put(self.lineage, seen.lineage);
        put(self.recording, seen.recording);
        if seen.other.is_none() && self.tab.get_untracked() == Tab::Compare {
            self.tab.set(Tab::Ladder);
        }
        put(self.other, seen.other);
        // What was asked for is not shown when it is the present, or is forgotten by now.
        if self.past.get_untracked() == asked {
            put(self.past, seen.past);
        }
        put(self.ready, true);
    }

    /// What the page is looking at. Reads signals: within a memo it follows them.
    pub(crate) fn lens(&self) -> Lens {
        let compare = self.tab.get() == Tab::Compare;
        let rows = match self.parting().filter(|_| compare) {
            Some(from) => RowsWanted::From { from, count: COMPARED },
            None => self.rows_wanted.get(),
        };
        Lens {
            rows: Some(rows),
            packet: self.shown_row(),
            session: self.shown_device(),
            topics: true,
            timeline: self.buckets.get(),
            past: self.past.get(),
            lineage: self.lineage_open.get(),
            compare,
        }
    }

    /// The row from which on two futures are compared.
    pub(crate) fn parting(&self) -> Option<RowNo> {
        self.other.with(|other| {
            let other = other.as_ref()?;
            other.first_difference.or_else(|| other.rows.first().map(|row| row.n))
        })
    }

    /// What `Step` is to reach; `None`: the next packet, whosever it is.
    pub(crate) fn step_to(&self) -> Option<StepTo> {
        match self.step_unit.get() {
            StepUnit::Packet => None,
            StepUnit::Device => self.shown_device().map(StepTo::Device),
            StepUnit::Flow => self.flow().map(StepTo::Flow),
            StepUnit::Break => Some(StepTo::Break),
        }
    }

    /// The exchange of the packet in the inspector.
    pub(crate) fn flow(&self) -> Option<u64> {
        self.packet.with(|packet| match &packet.as_ref()?.row.what {
            What::Packet(packet) => packet.flow,
            What::Event => None,
        })
    }

    /// The past is shown: nothing can be done to it.
    pub(crate) fn is_past(&self) -> bool {
        self.past.get().is_some()
    }

    /// The row in the inspector: the chosen one, else the newest.
    pub(crate) fn shown_row(&self) -> Option<RowNo> {
        self.chosen_row.get().or(self.newest.get())
    }

    /// The device whose session is shown: the chosen one while it is there, else the first.
    pub(crate) fn shown_device(&self) -> Option<DeviceId> {
        let chosen = self.chosen_device.get();
        self.devices.with(|devices| {
            let there = |id: &DeviceId| devices.iter().any(|device| device.id == *id);
            chosen.filter(there).or(devices.first().map(|device| device.id))
        })
    }

    /// The oldest packet of the window that is on its way.
    pub(crate) fn under_way(&self) -> Option<RowNo> {
        self.ladder.with(|ladder| ladder.rows.iter().find(|row| is_under_way(row)).map(|row| row.n))
    }

    /// One row of the window, or the one in the inspector.
    pub(crate) fn row(&self, n: RowNo) -> Option<Row> {
        let in_window = self.ladder.with(|ladder| ladder.rows.iter().find(|row| row.n == n).cloned());
        in_window.or_else(|| self.packet.with(|packet| packet.as_ref().map(|packet| packet.row.clone()).filter(|row| row.n == n)))
    }

    /// Kind and protocol version of the packet in the inspector.
    pub(crate) fn shown_kind(&self) -> Option<(Kind, Protocol)> {
        self.packet.with(|view| {
            let row = &view.as_ref()?.row;
            let What::Packet(packet) = &row.what else { return None };
            Some((packet.kind, self.device(row.device)?.protocol?))
        })
    }

    /// One device of the list.
    pub(crate) fn device(&self, id: DeviceId) -> Option<DeviceView> {
        self.devices.with(|devices| devices.iter().find(|device| device.id == id).cloned())
    }

    /// Names of devices for sentences, as they are now.
    pub(crate) fn names(&self) -> impl Fn(DeviceId) -> String + use<> {
        let devices = self.devices;
        move |id| {
            devices.with(|devices| match devices.iter().find(|device| device.id == id) {
                Some(device) => text::device_name(device),
                None if id == 0 => text::words::BROKER.to_owned(),
                None => format!("{} {id}", text::words::DEVICE),
            })
        }
    }

    /// Shows the newest again, as after a step.
    pub(crate) fn follow_newest(&self) {
        self.chosen_row.set(None);
        self.follow.set(true);
    }

    /// Forgets what belongs to a world that is gone.
    pub(crate) fn new_world(&self) {
        self.follow_newest();
        self.newest.set(None);
        self.chosen_device.set(None);
        self.publisher.set(None);
        self.hint.set(None);
        put(self.past, None);
        put(self.tab, Tab::Ladder);
        put(self.speed, READING);
    }

    /// Tells the user something that went wrong and what to do.
    pub(crate) fn toast(&self, text: String) {
        self.toasts.update(|toasts| {
            if toasts.last().is_some_and(|last| last.text == text) {
                return;
            }
            if toasts.len() >= MAX_TOASTS {
                toasts.remove(0);
            }
            let id = toasts.last().map_or(1, |last| last.id.wrapping_add(1));
            toasts.push(Toast { id, text });
        });
    }

    /// The worker is gone for good. The first reason stands: what follows from it is noise.
    pub(crate) fn dead(&self, why: String) {
        if !matches!(self.health.get_untracked(), Health::Dead(_)) {
            self.health.set(Health::Dead(why));
        }
    }
}

/// Whether a packet is on its way or held on it, so that something can be done to it.
pub(crate) fn is_under_way(row: &Row) -> bool {
    matches!(&row.what, What::Packet(packet) if matches!(packet.fate, Fate::UnderWay | Fate::Held { .. }))
}

/// Writes only what differs.
pub(crate) fn put<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

/// The row that shows best what has just happened: the packet that arrived last. While time runs live nobody could read it.
fn newest(seen: &Seen, follow: bool, old: Option<RowNo>) -> Option<RowNo> {
    if seen.pace.0 == PaceWanted::Live && seen.past.is_none() {
        return None;
    }
    if !follow {
        return old;
    }
    let packets = || seen.rows.iter().filter_map(|row| if let What::Packet(packet) = &row.what { Some((row, packet)) } else { None });
    let arrived = packets().filter_map(|(row, packet)| match packet.fate {
        Fate::Arrived { at } | Fate::Lost { at } | Fate::Dropped { at } | Fate::Held { since: at } => Some((at, row.n)),
        Fate::UnderWay => None,
    });
    arrived.max().map(|(_, n)| n).or_else(|| packets().next_back().map(|(row, _)| row.n))
}
