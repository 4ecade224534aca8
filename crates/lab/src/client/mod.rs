//! A simulated MQTT client: real packets through the same codec, and habits of its own.
//!
//! Driven like the broker: [`Client::handle`] with the time and one [`Input`], what it wants done in a list, [`Client::next_timeout`]
//! for the next wake. It speaks as a well-behaved client of its version does: it keeps its side of a persistent session, resends with
//! DUP on resume only, observes Receive Maximum and Keep Alive, and comes back after a lost connection.

mod habit;
mod packets;
mod scram;

use alloc::collections::{BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use broker::Instant;
use contract::{DeviceSpec, Protocol};
use mqtt::{Frame, PacketId, QoS, Version};

use habit::Schedule;

/// One thing that happens to the client.
#[derive(Clone, Debug)]
pub(crate) enum Input<'a> {
    /// It shall be connected from now on.
    Connect,
    /// It shall say goodbye and stay away.
    Disconnect,
    /// Its transport is open.
    Opened,
    /// A packet came.
    Frame(Frame<'a>),
    /// What came is no MQTT.
    Garbage,
    /// Its transport is closed.
    Closed,
    /// The time it asked for has come.
    Wake,
    /// It shall publish.
    Publish(Publication),
}

/// A message of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
}

/// One thing it wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Open a transport.
    Open,
    /// Send these bytes, one packet.
    Send(Vec<u8>),
    /// Close the transport.
    Close,
    /// A publication was given up: the backlog is full.
    GaveUp,
}

/// Where the client stands.
///
/// ```text
/// Away ──Connect──▶ Opening ──Opened──▶ Asking ──CONNACK──▶ Running
///  ▲ └─── backoff ───┘                     └──── Closed ──────┘ │
///  └──────────────────── Disconnect ────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Away,
    Opening,
    Asking,
    Running,
}

/// A simulated client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    spec: DeviceSpec,
    version: Version,
    stage: Stage,
    /// It shall be connected: a lost connection is opened again.
    wanted: bool,
    /// Lost connections in a row.
    losses: u32,
    reconnect_at: Option<Instant>,
    last_sent: Instant,
    keep_alive: u16,
    next_id: u16,
    sending: VecDeque<Sending>,
    backlog: VecDeque<Publication>,
    max_backlog: usize,
    /// The broker's Receive Maximum.
    window: u16,
    /// Packet Identifiers of incoming QoS 2 messages between PUBLISH and PUBREL.
    receiving: BTreeSet<u16>,
    /// The SUBSCRIBE whose SUBACK is awaited before the habits begin.
    subscribing: Option<PacketId>,
    schedules: Vec<Schedule>,
    /// Where it stands in proving itself.
    proving: scram::Proving,
}

/// A message of its own that is not acknowledged.
#[derive(Clone, Debug)]
struct Sending {
    id: PacketId,
    publication: Publication,
    /// QoS 2: PUBREC came, PUBREL was sent.
    released: bool,
}

impl Client {
    pub(crate) fn new(spec: DeviceSpec, max_backlog: usize) -> Client {
        let version = match spec.protocol {
            Protocol::V31 => Version::V31,
            Protocol::V311 => Version::V311,
            Protocol::V5 => Version::V5,
        };
        let schedules = habit::schedules(&spec.habits);
        Client {
            spec,
            version,
            stage: Stage::Away,
            wanted: false,
            losses: 0,
            reconnect_at: None,
            last_sent: Instant::ZERO,
            keep_alive: 0,
            next_id: 0,
            sending: VecDeque::new(),
            backlog: VecDeque::new(),
            max_backlog,
            window: u16::MAX,
            receiving: BTreeSet::new(),
            subscribing: None,
            schedules,
            proving: scram::Proving::default(),
        }
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn is_away(&self) -> bool {
        self.stage == Stage::Away
    }

    pub(crate) fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        match input {
            Input::Connect => self.open(now, out),
            Input::Disconnect => self.say_goodbye(now, out),
            Input::Opened => {
                self.stage = Stage::Asking;
                self.connect(now, out);
            }
            Input::Frame(frame) => self.on_frame(now, frame, out),
            Input::Garbage => out.push(Output::Close),
            Input::Closed => self.on_closed(now),
            Input::Wake => self.on_wake(now, out),
            Input::Publish(publication) => self.publish(now, publication, out),
        }
    }

    /// When it wants to be woken.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let keep_alive = (self.stage == Stage::Running && self.keep_alive > 0).then(|| self.last_sent.after_secs(self.keep_alive.into()));
        let habits = if self.stage == Stage::Running { self.schedules.iter().filter_map(|s| s.next_at).min() } else { None };
        [self.reconnect_at, keep_alive, habits].into_iter().flatten().min()
    }

    fn open(&mut self, _now: Instant, out: &mut Vec<Output>) {
        self.wanted = true;
        self.reconnect_at = None;
        if self.stage == Stage::Away {
            self.stage = Stage::Opening;
            out.push(Output::Open);
        }
    }

    fn on_closed(&mut self, now: Instant) {
        self.stage = Stage::Away;
        self.subscribing = None;
        self.schedules.iter_mut().for_each(|schedule| schedule.next_at = None);
        if self.wanted {
            // 1, 2, 4 … 32 seconds: what client libraries do.
            let wait = 1u32 << self.losses.min(5);
            self.losses = self.losses.saturating_add(1);
            self.reconnect_at = Some(now.after_secs(wait));
        }
    }

    fn on_wake(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.reconnect_at.is_some_and(|at| at <= now) {
            return self.open(now, out);
        }
        if self.stage != Stage::Running {
            return;
        }
        for publication in self.schedules.iter_mut().filter_map(|schedule| schedule.due(now)).collect::<Vec<_>>() {
            self.publish(now, publication, out);
        }
        if self.keep_alive > 0 && self.last_sent.after_secs(self.keep_alive.into()) <= now {
            self.ping(now, out);
        }
    }

    fn publish(&mut self, now: Instant, publication: Publication, out: &mut Vec<Output>) {
        let runs = self.stage == Stage::Running;
        if !runs && !self.wanted {
            return out.push(Output::GaveUp);
        }
        if !runs || self.sending.len() >= usize::from(self.window) || !self.backlog.is_empty() {
            if self.backlog.len() >= self.max_backlog {
                return out.push(Output::GaveUp);
            }
            return self.backlog.push_back(publication);
        }
        self.begin(now, publication, out);
    }

    /// Sends what waited, as far as the window allows.
    fn pump(&mut self, now: Instant, out: &mut Vec<Output>) {
        while self.sending.len() < usize::from(self.window) {
            let Some(publication) = self.backlog.pop_front() else { return };
            self.begin(now, publication, out);
        }
    }

    fn begin(&mut self, now: Instant, publication: Publication, out: &mut Vec<Output>) {
        if publication.qos == QoS::AtMostOnce {
            return self.send_publish(now, &publication, None, false, out);
        }
        let Some(id) = self.free_id() else { return out.push(Output::GaveUp) };
        self.send_publish(now, &publication, Some(id), false, out);
        self.sending.push_back(Sending { id, publication, released: false });
    }

    fn free_id(&mut self) -> Option<PacketId> {
        for _ in 0..=u16::MAX {
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            let id = PacketId::new(self.next_id)?;
            if !self.sending.iter().any(|sending| sending.id == id) && self.subscribing != Some(id) {
                return Some(id);
            }
        }
        None
    }
}
