//! A simulated MQTT client: real packets through the same codec, and habits of its own.
//!
//! Driven like the broker: [`Client::handle`] with the time and one [`Input`], what it wants done in a list, [`Client::next_timeout`]
//! for the next wake. It speaks as a well-behaved client of its version does: it keeps its side of a persistent session, resends with
//! DUP on resume only, keeps to what CONNACK grants, observes Keep Alive, ends a connection on which the broker does what it may not, and
//! comes back after a lost one.

mod habit;
mod packets;
mod publish;
mod scram;
mod serve;
mod terms;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use broker::Instant;
use contract::{DeviceSpec, Protocol};
use mqtt::{Frame, PacketId, QoS, Version};

use habit::{Schedule, Vices};
use publish::Sending;
use terms::Terms;

/// One thing that happens to the client.
#[derive(Clone, Debug)]
pub enum Input<'a> {
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
pub struct Publication {
    /// Topic Name.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
    /// QoS; sent at the broker's Maximum QoS if that is lower.
    pub qos: QoS,
    /// To be retained; not sent so to a broker that retains nothing.
    pub retain: bool,
    /// Where its answer is to go, and what tells it from others; v5 only, not sent by others.
    pub address: Option<Address>,
}

/// What ties a request and its answer together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Response Topic; of a request.
    pub response_topic: Option<String>,
    /// Correlation Data.
    pub correlation_data: Option<Vec<u8>>,
}

/// One thing it wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a transport.
    Open,
    /// Send these bytes, one packet.
    Send(Vec<u8>),
    /// Close the transport, then say [`Input::Closed`].
    Close,
    /// A publication was given up: the backlog is full, it is too large for the broker, or the session it belonged to is gone.
    GaveUp,
    /// The application of an observed client has said this message.
    Said(Publication),
    /// The application of an observed client has got this message.
    Got(Publication),
}

/// Where the client stands.
///
/// ```text
/// Away ──Connect──▶ Opening ──Opened──▶ Asking ──CONNACK──▶ Running ──Close──▶ Leaving
///  ▲ └─── backoff ───┘                     └─────────────── Closed ──────────────┘ │
///  └──────────────────────────────────── Disconnect ───────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Away,
    Opening,
    Asking,
    Running,
    Leaving,
}

/// Messages that a client has not finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// Its own, not sent yet.
    pub waiting: usize,
    /// Its own, not acknowledged.
    pub sending: usize,
    /// Incoming of QoS 2, not released.
    pub receiving: usize,
}

/// A simulated client.
#[derive(Clone, Debug)]
pub struct Client {
    spec: DeviceSpec,
    version: Version,
    /// As it stands in CONNECT: the spec's, or the one that the broker has assigned.
    client_id: String,
    stage: Stage,
    /// It shall be connected: a lost connection is opened again.
    wanted: bool,
    /// Lost connections in a row.
    losses: u32,
    reconnect_at: Option<Instant>,
    last_sent: Instant,
    /// When the PINGREQ was sent that is not answered.
    pinged_at: Option<Instant>,
    terms: Terms,
    /// It knows of a session that the broker may hold.
    has_session: bool,
    /// It asks for a new session next time, for the broker holds one that it does not know.
    begins_anew: bool,
    next_id: u16,
    sending: VecDeque<Sending>,
    /// PUBRECs that came.
    releases: u64,
    backlog: VecDeque<Publication>,
    max_backlog: usize,
    /// Packet Identifiers of incoming QoS 2 messages between PUBLISH and PUBREL.
    receiving: BTreeSet<u16>,
    aliases_in: BTreeMap<u16, String>,
    aliases_out: BTreeMap<String, u16>,
    /// The SUBSCRIBE whose SUBACK is awaited before the habits begin.
    subscribing: Option<PacketId>,
    schedules: Vec<Schedule>,
    /// Of each habit, what it knows.
    serving: Vec<serve::Serving>,
    vices: Vices,
    /// When it goes offline by habit, for how many microseconds, and whether it says so.
    departure: Option<(Instant, u64, bool)>,
    /// It has gone by habit and comes back after so many microseconds.
    away_for: Option<u64>,
    dice: u64,
    /// It is observed: it tells what its application says and gets, and this many messages it may still say by itself.
    observed: Option<u32>,
    /// Where it stands in proving itself.
    proving: scram::Proving,
}

impl Client {
    /// A client that is away. `max_backlog`: messages that may wait because the window is full or there is no connection.
    pub fn new(spec: DeviceSpec, max_backlog: usize) -> Client {
        let version = match spec.protocol {
            Protocol::V31 => Version::V31,
            Protocol::V311 => Version::V311,
            Protocol::V5 => Version::V5,
        };
        let schedules = habit::schedules(&spec.habits);
        let serving = alloc::vec![serve::Serving::default(); spec.habits.len()];
        let vices = Vices::of(&spec.habits);
        let name =
            spec.client_id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        let client_id = if spec.asks_for_client_id { String::new() } else { spec.client_id.clone() };
        Client {
            spec,
            version,
            client_id,
            stage: Stage::Away,
            wanted: false,
            losses: 0,
            reconnect_at: None,
            last_sent: Instant::ZERO,
            pinged_at: None,
            terms: Terms::default(),
            has_session: false,
            begins_anew: false,
            next_id: 0,
            sending: VecDeque::new(),
            releases: 0,
            backlog: VecDeque::new(),
            max_backlog,
            receiving: BTreeSet::new(),
            aliases_in: BTreeMap::new(),
            aliases_out: BTreeMap::new(),
            subscribing: None,
            schedules,
            serving,
            vices,
            departure: None,
            away_for: None,
            dice: name,
            observed: None,
            proving: scram::Proving::default(),
        }
    }

    /// The same client with other chance: that of the world it lives in.
    pub(crate) fn with_seed(mut self, seed: u64) -> Client {
        self.dice = self.dice.wrapping_add(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self
    }

    /// The version it speaks.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What it was made of.
    pub(crate) fn spec(&self) -> &DeviceSpec {
        &self.spec
    }

    /// From now on it tells what its application says and gets; each of its habits says at most `most` messages.
    pub(crate) fn observe(&mut self, most: u32) {
        self.observed = Some(most.saturating_mul(u32::try_from(self.schedules.len()).unwrap_or(u32::MAX)));
    }

    /// It has no connection.
    pub fn is_away(&self) -> bool {
        self.stage == Stage::Away
    }

    /// What it has not finished.
    pub fn unfinished(&self) -> Unfinished {
        Unfinished { waiting: self.backlog.len(), sending: self.sending.len(), receiving: self.receiving.len() }
    }

    /// Takes one input and appends what it wants done to `out`, in order.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        match input {
            Input::Connect => self.open(out),
            Input::Disconnect => self.say_goodbye(now, out),
            Input::Opened if self.stage == Stage::Opening => {
                self.stage = Stage::Asking;
                self.connect(now, out);
            }
            Input::Opened => {}
            Input::Frame(frame) => self.on_frame(now, frame, out),
            Input::Garbage => self.close_saying(now, mqtt::ReasonCode::MalformedPacket, out),
            Input::Closed => self.on_closed(now),
            Input::Wake => self.on_wake(now, out),
            Input::Publish(publication) => {
                if self.observed.is_some() {
                    out.push(Output::Said(publication.clone()));
                }
                self.publish(now, publication, out);
            }
        }
    }

    /// When it wants to be woken.
    pub fn next_timeout(&self) -> Option<Instant> {
        let runs = self.stage == Stage::Running;
        let habits = if runs { self.schedules.iter().filter_map(|s| s.next_at).min() } else { None };
        let again = if runs { self.again_due() } else { None };
        let departure = self.departure.filter(|_| runs).map(|(at, ..)| at);
        [self.reconnect_at, self.ping_due(), self.answer_due(), habits, again, departure].into_iter().flatten().min()
    }

    /// When it must say that it lives [MQTT-3.1.2-20; 3.1.1: MQTT-3.1.2-23].
    fn ping_due(&self) -> Option<Instant> {
        let seconds = self.terms.keep_alive;
        (self.stage == Stage::Running && seconds > 0).then(|| self.last_sent.after_secs(seconds.into()))
    }

    /// When it gives up on a broker that does not answer PINGREQ.
    fn answer_due(&self) -> Option<Instant> {
        self.ping_due().and_then(|_| Some(self.pinged_at?.after_secs(self.terms.keep_alive.into())))
    }

    fn open(&mut self, out: &mut Vec<Output>) {
        self.wanted = true;
        self.reconnect_at = None;
        if self.stage == Stage::Away {
            self.stage = Stage::Opening;
            out.push(Output::Open);
        }
    }

    fn on_closed(&mut self, now: Instant) {
        if self.stage == Stage::Away {
            return;
        }
        self.stage = Stage::Away;
        self.subscribing = None;
        self.pinged_at = None;
        self.nothing_is_under_way();
        self.schedules.iter_mut().for_each(|schedule| schedule.next_at = None);
        self.departure = None;
        if let Some(pause) = self.away_for.take().filter(|_| self.wanted) {
            self.reconnect_at = Some(now.after(pause));
        } else if self.wanted {
            // 1, 2, 4 … 32 seconds: what client libraries do.
            let wait = 1u32 << self.losses.min(5);
            self.losses = self.losses.saturating_add(1);
            self.reconnect_at = Some(now.after_secs(wait));
        }
    }

    fn on_wake(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.reconnect_at.is_some_and(|at| at <= now) {
            return self.open(out);
        }
        if self.stage != Stage::Running {
            return;
        }
        if self.answer_due().is_some_and(|at| at <= now) {
            return self.close(out);
        }
        if self.departure.is_some_and(|(at, ..)| at <= now) {
            return self.go_away(now, out);
        }
        let (id, dice) = (&self.client_id, &mut self.dice);
        for publication in self.schedules.iter_mut().filter_map(|schedule| schedule.due(now, id, dice)).collect::<Vec<_>>() {
            if let Some(left) = &mut self.observed {
                let Some(fewer) = left.checked_sub(1) else {
                    // Nothing more to say: no alarm, so that its world can come to rest.
                    self.schedules.iter_mut().for_each(|schedule| schedule.next_at = None);
                    break;
                };
                *left = fewer;
                out.push(Output::Said(publication.clone()));
            }
            self.publish(now, publication, out);
        }
        self.send_again(now, out);
        if self.ping_due().is_some_and(|at| at <= now) {
            self.ping(now, out);
        }
    }
}
