//! The world: the broker, the devices, the links between them, and what is to happen next.
//!
//! Outside things only [`World::post`]; [`World::step`] does the next thing, one at a time, and is the only place where anything
//! happens. What comes of it goes to a [`Sink`] in causal order. There are two sorts of things to do: orders (what was posted; done at
//! the next step, in order) and what is on the agenda (packets that arrive, timers; done when time has come so far). So a paused world
//! still takes up what real devices send, as packets that wait at the broker's door.

mod deal;
mod deliver;
mod devices;
mod fate;
mod intake;
mod wire;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use broker::access::Access;
use broker::{Broker, ByNumber, ConnId, Instant, Outbox};
use bytes::Bytes;
use contract::tunnel::{ConnNo, Transport};
use contract::{Counters, DeviceId, DeviceSpec, Fault, FaultRule, LinkAction, RuleId, Step, Struck};
use hashbrown::HashMap;
use mqtt::{QoS, Version};

use crate::agenda::Agenda;
use crate::client::Publication;
use crate::config::Config;
use crate::fault::Faults;
use crate::link::{FlightNo, Link};
pub(crate) use devices::Devices;

type Hasher = foldhash::fast::FixedState;

/// Something from outside. All of it is data: the journal keeps it, and a replay posts it again.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A real device has connected.
    Open {
        /// Its number in the tunnel.
        conn: ConnNo,
        /// How it reached the relay.
        transport: Transport,
        /// Address of its end.
        peer: Arc<str>,
    },
    /// A real device has sent bytes.
    Data {
        /// Its number in the tunnel.
        conn: ConnNo,
        /// The bytes.
        bytes: Bytes,
    },
    /// The relay has passed bytes on to a real device.
    Credit {
        /// Its number in the tunnel.
        conn: ConnNo,
        /// How many.
        bytes: u32,
    },
    /// A real device is gone.
    Gone {
        /// Its number in the tunnel.
        conn: ConnNo,
        /// How, in the relay's words.
        how: Arc<str>,
    },
    /// The tunnel is gone and all its devices with it.
    TunnelLost,
    /// Put a simulated device into the world; `connect`: and let it connect.
    Add {
        /// What it is. Boxed, as it is far larger than the rest: inputs lie in rows, and a row must not be larger for it.
        spec: Box<DeviceSpec>,
        /// Let it connect at once.
        connect: bool,
    },
    /// Take a simulated device out of the world.
    Remove(DeviceId),
    /// Let a simulated device connect.
    Connect {
        /// Which.
        device: DeviceId,
        /// Microseconds from now.
        after: u64,
    },
    /// Let a simulated device say goodbye, or have the broker end a real device's connection.
    Disconnect(DeviceId),
    /// How the broker chooses where the standards leave a choice.
    Mode {
        /// Friendly or strict.
        mode: broker::Mode,
        /// Tell what strict would have refused.
        explain: bool,
    },
    /// Who may connect, and who may do what.
    Access(Arc<Access>),
    /// Let a simulated device publish.
    Publish {
        /// Which.
        device: DeviceId,
        /// Topic Name.
        topic: String,
        /// Payload.
        payload: Bytes,
        /// QoS.
        qos: QoS,
        /// RETAIN.
        retain: bool,
    },
    /// Arm a rule.
    AddRule(Box<FaultRule>),
    /// Forget a rule.
    RemoveRule(RuleId),
    /// Plan a fault for a packet under way, or let it go on.
    Touch {
        /// The packet.
        flight: FlightNo,
        /// What is done to it; none: nothing any more.
        fault: Option<Fault>,
    },
    /// Do something to a device's link.
    Link {
        /// Which device.
        device: DeviceId,
        /// What is done.
        action: LinkAction,
    },
    /// Put bytes on a device's link as if an end had sent them.
    Inject {
        /// Which device.
        device: DeviceId,
        /// The device's end, else the broker's.
        to_broker: bool,
        /// The bytes.
        bytes: Bytes,
    },
    /// Answer PINGREQ that wait at the door, as the world is paused.
    AnswerPings,
    /// Do this to the packet that will be the so manieth to set out: a fault that an explorer has placed.
    Place {
        /// Its number on the links.
        flight: FlightNo,
        /// What is done to it.
        fault: Fault,
    },
    /// Let all simulated devices tell what their applications say and get; each habit says at most so many messages from now on.
    Observe(u32),
    /// Do this so many microseconds later: what a scenario plans.
    Later {
        /// From now.
        after: u64,
        /// What.
        input: Box<Input>,
    },
    /// Pause the world, as a break-point does.
    Halt,
    /// Cut all connections at this time.
    CutAll {
        /// When.
        at: Instant,
    },
}

/// A packet that sets out on a link.
#[derive(Clone, Copy, Debug)]
pub struct Departure<'a> {
    /// Its number.
    pub flight: FlightNo,
    /// The device's lane.
    pub device: DeviceId,
    /// The connection.
    pub conn: ConnId,
    /// From the device to the broker.
    pub to_broker: bool,
    /// Protocol version of the connection, as far as it is known.
    pub version: Version,
    /// The whole packet, or the first bytes of what is none.
    pub bytes: &'a [u8],
    /// The bytes are no MQTT.
    pub bad: bool,
    /// Number of the message of an outgoing PUBLISH; 0: not known (yet).
    pub message: broker::MessageNo,
}

/// What was done to a packet on its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A fault is planned for it, or none any more.
    Planned(Option<Struck>),
    /// It is held now.
    Held,
    /// It has vanished.
    Dropped,
}

/// What happened, for whoever looks on.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A connection was opened.
    Opened {
        /// `tcp`, `ws` or `sim`.
        transport: &'static str,
        /// Address of the other end.
        peer: Arc<str>,
    },
    /// The user ended a real device's connection.
    EndedByUser,
    /// A connection ended without DISCONNECT; how, in the relay's words.
    Gone {
        /// Empty when it is not known.
        how: Arc<str>,
    },
    /// A fault has cut the connection.
    Cut,
    /// Bytes were put on the link by hand.
    Injected {
        /// As if the device had sent them.
        to_broker: bool,
        /// How many.
        len: usize,
    },
    /// PINGREQ was answered while the world was paused.
    PingAnswered,
    /// The broker tells.
    Broker(broker::Event),
}

/// Takes what comes of a step, in causal order.
pub trait Sink {
    /// A step begins.
    fn step(&mut self, step: Step, at: Instant);
    /// A packet sets out.
    fn departed(&mut self, departure: Departure<'_>);
    /// A packet has arrived.
    fn landed(&mut self, flight: FlightNo);
    /// A packet will never arrive.
    fn lost(&mut self, flight: FlightNo);
    /// Something is done to a packet on its link.
    fn touched(&mut self, flight: FlightNo, touch: Touch);
    /// A packet has set out that this break-point waits for.
    fn halt(&mut self, rule: RuleId);
    /// Something happened; `device`: to whom, 0: to nobody in the list.
    fn fact(&mut self, device: DeviceId, fact: Fact);
    /// The application of an observed simulated device has said a message.
    fn said(&mut self, _device: DeviceId, _message: &Publication) {}
    /// The application of an observed simulated device has got a message.
    fn got(&mut self, _device: DeviceId, _message: &Publication) {}
    /// Bytes go to a real device.
    fn transmit(&mut self, conn: ConnNo, bytes: &[u8]);
    /// A real device may send so many bytes more.
    fn credit(&mut self, conn: ConnNo, bytes: u32);
    /// A real device's connection is to be closed once what was transmitted is flushed.
    fn close(&mut self, conn: ConnNo);
}

/// Nobody looks on: for a world that is made anew.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Sink for Nobody {
    fn step(&mut self, _: Step, _: Instant) {}
    fn departed(&mut self, _: Departure<'_>) {}
    fn landed(&mut self, _: FlightNo) {}
    fn lost(&mut self, _: FlightNo) {}
    fn touched(&mut self, _: FlightNo, _: Touch) {}
    fn halt(&mut self, _: RuleId) {}
    fn fact(&mut self, _: DeviceId, _: Fact) {}
    fn transmit(&mut self, _: ConnNo, _: &[u8]) {}
    fn credit(&mut self, _: ConnNo, _: u32) {}
    fn close(&mut self, _: ConnNo) {}
}

/// The world.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) config: Config,
    pub(crate) broker: Broker,
    pub(crate) devices: Devices,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
    now: Instant,
    step: Step,
    orders: VecDeque<(Instant, Input)>,
    agenda: Agenda,
    links: HashMap<ConnId, Link, ByNumber>,
    by_tunnel: HashMap<ConnNo, ConnId, ByNumber>,
    last_conn: u32,
    last_flight: FlightNo,
    outbox: Outbox,
    /// Feeds the chance of simulated devices.
    pub(crate) seed: u64,
    /// Inputs that wait for their time, by number.
    later: BTreeMap<u64, Input>,
    last_later: u64,
    /// A packet that a simulated device looks at.
    handed_over: Vec<u8>,
    /// Links on which nothing arrives.
    silent_links: u32,
}

impl World {
    /// An empty world. `seed` feeds everything in it that looks like chance.
    pub fn new(config: Config, seed: u64) -> World {
        World {
            broker: Broker::new(config.broker.clone(), seed),
            faults: Faults::new(seed, config.max_planned_faults),
            config,
            devices: Devices::default(),
            counters: Counters::default(),
            now: Instant::ZERO,
            step: 0,
            orders: VecDeque::new(),
            agenda: Agenda::default(),
            links: HashMap::default(),
            by_tunnel: HashMap::default(),
            last_conn: 0,
            last_flight: 0,
            outbox: Outbox::default(),
            seed,
            later: BTreeMap::new(),
            last_later: 0,
            handed_over: Vec::new(),
            silent_links: 0,
        }
    }

    /// Something from outside, at this time (or now, if that is past). Nothing happens yet.
    pub fn post(&mut self, at: Instant, input: Input) {
        self.orders.push_back((at, input));
    }

    /// Something was posted that no step has done.
    pub fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// When the next thing on the agenda is due.
    pub fn next_at(&self) -> Option<Instant> {
        match (self.agenda.next_at(), self.broker.next_timeout()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Does the next order, or else the next thing on the agenda, however far away it is. `None`: there is nothing to do.
    pub fn step(&mut self, sink: &mut dyn Sink) -> Option<Step> {
        if let Some((at, input)) = self.orders.pop_front() {
            self.begin(at, sink);
            self.take(input, sink);
            return Some(self.step);
        }
        let agenda = self.agenda.next_at();
        let timeout = self.broker.next_timeout();
        match (agenda, timeout) {
            (None, None) => return None,
            (None, Some(at)) => self.time_out(at, sink),
            (Some(due), Some(at)) if at < due => self.time_out(at, sink),
            (Some(_), _) => {
                let (at, due) = self.agenda.pop()?;
                self.begin(at, sink);
                self.arrive(due, sink);
            }
        }
        Some(self.step)
    }

    /// The world's time: that of its last step.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Steps done.
    pub fn steps(&self) -> Step {
        self.step
    }

    /// The broker in it.
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// Totals.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Real devices are connected.
    pub fn has_real_devices(&self) -> bool {
        !self.by_tunnel.is_empty()
    }

    /// The number of the device of this name.
    pub fn device(&self, name: &str) -> Option<DeviceId> {
        self.devices.find(name)
    }

    /// Plans a fault for a packet that is under way.
    pub(crate) fn place(&mut self, flight: FlightNo, fault: Fault) {
        self.faults.plan(flight, Struck { rule: 0, fault }, self.now);
    }

    /// About how many bytes a copy of it takes. Messages are shared between copies and count little.
    pub(crate) fn weight(&self) -> usize {
        let (conns, sessions, subscriptions, retained) = self.broker.sizes();
        let parts = [(conns, 768), (sessions, 512), (subscriptions, 160), (retained, 64), (self.devices.len(), 512), (1, 16 * 1024)];
        parts.into_iter().map(|(count, bytes): (usize, usize)| count.saturating_mul(bytes)).fold(0, usize::saturating_add)
    }

    /// Packets of a connection: from the device, to the device.
    pub(crate) fn packets_of(&self, conn: ConnId) -> (u64, u64) {
        self.links.get(&conn).map_or((0, 0), |link| (link.packets_in, link.packets_out))
    }

    /// Numbers in the tunnel of all real devices that are connected, ascending.
    pub(crate) fn tunnelled(&self) -> Vec<ConnNo> {
        let mut all: Vec<ConnNo> = self.by_tunnel.keys().copied().collect();
        all.sort_unstable();
        all
    }

    /// The invariants, as code; for tests.
    pub fn check(&self) -> Result<(), String> {
        self.broker.check()?;
        for (id, link) in &self.links {
            if let Some(tunnelled) = &link.tunnel
                && self.by_tunnel.get(&tunnelled.no) != Some(id)
            {
                return Err(alloc::format!("{id:?} is not found by its number in the tunnel"));
            }
        }
        self.faults.check()?;
        self.devices.check()
    }

    fn begin(&mut self, at: Instant, sink: &mut dyn Sink) {
        self.now = self.now.max(at);
        self.step = self.step.saturating_add(1);
        sink.step(self.step, self.now);
    }

    fn time_out(&mut self, at: Instant, sink: &mut dyn Sink) {
        self.begin(at, sink);
        self.turn(broker::Input::Timeout, sink);
    }

    /// One turn of the broker.
    fn turn(&mut self, input: broker::Input<'_>, sink: &mut dyn Sink) {
        let mut outbox = core::mem::take(&mut self.outbox);
        outbox.quiet = !self.config.trace;
        self.broker.handle(self.now, input, &mut outbox);
        self.deal(outbox, sink);
    }
}
