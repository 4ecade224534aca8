//! All of the lab behind one door: asks of the page and bytes of the tunnel go in, reports and bytes come out.
//!
//! Driven like everything here: [`Bench::handle`] with the time on the wall and one [`Incoming`]; what is to be done lies in a list
//! afterwards. The last [`Outgoing::WakeAt`] of the list replaces any earlier one. A shell adds the worker's or the embed's borders and
//! nothing else.

mod access;
mod check;
mod command;
mod disturb;
mod explore;
mod export;
mod look;
mod past;
mod record;
mod relay;
mod scene;
mod spec;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use broker::Instant;
use bytes::Bytes;
use contract::tunnel::{self, ConnNo, MAX_BATCH, Record};
use contract::{Ask, Asked, DeviceId, PaceWanted, Report, RuleId, Step, StepTo};

use crate::config::Config;
use crate::explore::Explorer;
use crate::import::Recording;
use crate::journal::Journal;
use crate::link::FlightNo;
use crate::pace::{Pace, Wall};
use crate::scn::Scenario;
use crate::trace::Trace;
use crate::world::{Departure, Fact, Input, Sink, Touch, World};
pub(crate) use check::check_topic;
pub(crate) use disturb::check_rule;
use look::Pending;
use past::Other;
use relay::Relay;
pub(crate) use spec::check_spec;

/// Steps that one call may take before others get their turn: some tens of milliseconds.
const STEPS_PER_TURN: u32 = 50_000;

/// What comes to the bench.
#[derive(Clone, Debug)]
// One at a time; see `Report`.
#[allow(clippy::large_enum_variant)]
pub enum Incoming {
    /// The page asks.
    Ask(Asked),
    /// The tunnel that was asked for is open.
    TunnelOpen,
    /// A batch came through the tunnel.
    Tunnel(Vec<u8>),
    /// The tunnel is closed, or could not be opened.
    TunnelClosed,
    /// The time that was asked for has come.
    Wake,
}

/// What the bench wants done.
#[derive(Clone, Debug, PartialEq)]
// A handful at a time; see `Report`.
#[allow(clippy::large_enum_variant)]
pub enum Outgoing {
    /// To the page.
    Report(Report),
    /// Open a tunnel to this address; an older one is closed.
    OpenTunnel {
        /// WebSocket address.
        url: String,
    },
    /// Send a batch through the tunnel.
    Tunnel(Vec<u8>),
    /// Close the tunnel.
    CloseTunnel,
    /// Call with [`Incoming::Wake`] at this wall time, in microseconds.
    WakeAt(u64),
}

/// The lab.
#[derive(Clone, Debug)]
pub struct Bench {
    config: Config,
    seed: u64,
    world: World,
    journal: Journal,
    trace: Trace,
    pace: Pace,
    /// The user has not said how time shall run: a relay makes it live.
    pace_untouched: bool,
    scene: Option<Scene>,
    relay: Relay,
    pending: Option<Pending>,
    /// The break-point that has paused the world.
    halted_by: Option<RuleId>,
    /// The world as it was, for a page that looks at the past.
    past: Option<World>,
    /// The world as the message whose lineage was asked for last has found it.
    found_by_message: Option<World>,
    /// The other future of the last fork.
    other: Option<Other>,
    explorer: Option<Explorer>,
    /// A capture that is shown instead of the world.
    recording: Option<Recording>,
    /// PINGREQ is answered while the world is paused.
    answers_pings: bool,
    revision: u64,
    batches: Vec<Vec<u8>>,
    /// Bytes of the first batch of the last turn that had one: about what the next one will need.
    last_batch: usize,
    /// The last record of the last batch, if it is `Data`: whose, and where its body begins.
    open_data: Option<(ConnNo, usize)>,
}

/// What a press waits for.
#[derive(Clone, Copy, Debug)]
enum Press {
    /// A packet has arrived, or something worth a row has happened.
    Any,
    /// This.
    To(StepTo),
}

/// A scene that was loaded.
#[derive(Clone, Debug)]
struct Scene {
    name: String,
    /// What begins when it no longer waits, and what it expects.
    script: Arc<Scenario>,
    waiting: bool,
    /// The step after which it was begun.
    begun_at: Step,
}

impl Bench {
    /// A bench with an empty world, paused. `wall`: the time now; `seed` feeds everything that looks like chance.
    pub fn new(config: Config, wall: u64, seed: u64) -> Bench {
        let world = World::new(config.clone(), seed);
        Bench {
            journal: Journal::new(&config, &world),
            trace: Trace::new(&config),
            pace: Pace::new(wall),
            pace_untouched: true,
            scene: None,
            relay: Relay::default(),
            pending: None,
            halted_by: None,
            past: None,
            found_by_message: None,
            other: None,
            explorer: None,
            recording: None,
            answers_pings: true,
            revision: 1,
            batches: Vec::new(),
            last_batch: 0,
            open_data: None,
            config,
            seed,
            world,
        }
    }

    /// Takes one incoming thing and appends what comes of it. `wall`: microseconds on a clock that never runs backwards.
    pub fn handle(&mut self, wall: u64, incoming: Incoming, out: &mut Vec<Outgoing>) {
        match incoming {
            Incoming::Ask(Asked { id, ask: Ask::Look { lens, since } }) => self.look(wall, id, lens, since, out),
            Incoming::Ask(Asked { id, ask: Ask::Do(command) }) => {
                let result = self.command(wall, command, out);
                self.revision = self.revision.saturating_add(1);
                out.push(Outgoing::Report(Report::Done { id, result }));
            }
            Incoming::TunnelOpen => self.tunnel_open(),
            Incoming::Tunnel(batch) => self.tunnel_batch(wall, &Bytes::from(batch), out),
            Incoming::TunnelClosed => self.tunnel_closed(wall),
            Incoming::Wake => self.relay_wake(wall, out),
        }
        let mut more = self.run(wall);
        if self.must_answer_pings() {
            self.post(wall, Input::AnswerPings);
            more |= self.run(wall);
        }
        more |= self.explore_on();
        self.open_data = None;
        self.last_batch = self.batches.first().map_or(self.last_batch, Vec::len);
        out.extend(self.batches.drain(..).map(Outgoing::Tunnel));
        self.answer(wall, out);
        if let Some(at) = if more { Some(wall) } else { self.wake_at(wall) } {
            out.push(Outgoing::WakeAt(at));
        }
    }

    /// The world as it is; for tests and embeds.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The journal; for tests and embeds.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Rows from `from` on that are kept, at most `most`.
    pub fn rows(&self, from: u64, most: usize) -> Vec<contract::Row> {
        let (first, end) = self.trace.range();
        (from.max(first)..end).take(most).filter_map(|n| crate::show::row(&self.trace, n)).collect()
    }

    /// Lets the world run as far as the pace allows. `true`: there is more to do at once.
    fn run(&mut self, wall: Wall) -> bool {
        for _ in 0..STEPS_PER_TURN {
            if !self.world.has_orders() {
                let Some(next) = self.world.next_at() else { break };
                if let Some(millis) = self.pace.beat() {
                    // A beat is spent only on something that moves.
                    if next > self.limit(wall) || !self.pace.take_beat(wall, millis) {
                        break;
                    }
                    self.press(wall, Press::Any);
                    continue;
                }
                if matches!(self.pace.wanted(), PaceWanted::Paused) || next > self.pace.time(wall, self.world.now()) {
                    break;
                }
            }
            self.step(wall);
        }
        self.journal.mark(&self.world);
        self.world.has_orders()
            || (self.pace.beat().is_none()
                && !matches!(self.pace.wanted(), PaceWanted::Paused)
                && self.world.next_at().is_some_and(|next| next <= self.pace.time(wall, self.world.now())))
    }

    /// One step of the world, written into the trace. A break-point pauses it.
    fn step(&mut self, wall: Wall) {
        let mut halted_by = None;
        let mut sink = Watch {
            trace: &mut self.trace,
            batches: &mut self.batches,
            open_data: &mut self.open_data,
            last_batch: self.last_batch,
            halted_by: &mut halted_by,
        };
        if self.world.step(&mut sink).is_some() {
            self.revision = self.revision.saturating_add(1);
        }
        if halted_by.is_some() {
            self.halted_by = halted_by;
            self.set_pace(wall, PaceWanted::Paused);
        }
    }

    /// Steps until what is wanted has moved, or a break-point has halted the world. `false`: nothing is due as far as time may go.
    fn press(&mut self, wall: Wall, wanted: Press) -> bool {
        let limit = self.limit(wall);
        self.halted_by = None;
        for _ in 0..self.config.max_steps_per_press {
            let was_order = self.world.has_orders();
            if !was_order && self.world.next_at().is_none_or(|next| next > limit) {
                return false;
            }
            self.step(wall);
            if self.halted_by.is_some() || (!was_order && self.has_moved(wanted)) {
                return true;
            }
        }
        false
    }

    fn has_moved(&self, wanted: Press) -> bool {
        if !self.config.trace {
            // Without rows there is nothing to tell one step from another.
            return true;
        }
        let Some(moved) = self.trace.moved() else { return false };
        match wanted {
            Press::Any => true,
            Press::To(StepTo::Device(device)) => moved.device == device && moved.packet.is_some(),
            Press::To(StepTo::Flow(flow)) => moved.packet.as_ref().is_some_and(|packet| packet.flow == Some(flow)),
            Press::To(StepTo::Break) => false,
        }
    }

    /// How far steps may take the world. A device on the other side of the relay has its own clock: a step must not carry the world
    /// past the time that has really gone by, or the broker would give up on devices that did nothing wrong.
    fn limit(&self, wall: Wall) -> Instant {
        if self.world.has_real_devices() { self.pace.wall_time(wall).max(self.world.now()) } else { Instant::from_micros(u64::MAX) }
    }

    /// Posts to the world, written down before.
    fn post(&mut self, wall: Wall, input: Input) {
        let at = self.pace.time(wall, self.world.now());
        self.journal.record(&self.world, at, &input);
        self.world.post(at, input);
    }

    fn wake_at(&self, wall: Wall) -> Option<Wall> {
        let next = self.world.next_at();
        let world = next.and_then(|at| self.pace.wall_of(at));
        let beat = next.filter(|_| self.pace.beat().is_some()).map(|at| {
            let ahead = at.since(self.limit(wall));
            self.pace.next_beat().max(wall.saturating_add(ahead))
        });
        let look = self.pending.as_ref().map(|pending| pending.until);
        [world, beat, look, self.relay.wake_at()].into_iter().flatten().min()
    }
}

/// Where what happens in the world goes: into the trace, and as bytes into the tunnel.
struct Watch<'a> {
    trace: &'a mut Trace,
    batches: &'a mut Vec<Vec<u8>>,
    open_data: &'a mut Option<(ConnNo, usize)>,
    last_batch: usize,
    halted_by: &'a mut Option<RuleId>,
}

impl Watch<'_> {
    fn record(&mut self, record: &Record<'_>) {
        *self.open_data = None;
        let room = match record {
            Record::Data { bytes, .. } => bytes.len().saturating_add(64),
            _ => 512,
        };
        match self.batches.last_mut() {
            Some(batch) if batch.len().saturating_add(room) <= MAX_BATCH => record.write(batch),
            _ => {
                let mut batch = Vec::with_capacity(self.last_batch.max(room));
                record.write(&mut batch);
                self.batches.push(batch);
            }
        }
    }
}

impl Sink for Watch<'_> {
    fn step(&mut self, step: Step, at: Instant) {
        self.trace.step(step, at);
    }

    fn departed(&mut self, departure: Departure<'_>) {
        self.trace.departed(departure);
    }

    fn landed(&mut self, flight: FlightNo) {
        self.trace.landed(flight);
    }

    fn lost(&mut self, flight: FlightNo) {
        self.trace.lost(flight);
    }

    fn touched(&mut self, flight: FlightNo, touch: Touch) {
        self.trace.touched(flight, touch);
    }

    fn halt(&mut self, rule: RuleId) {
        *self.halted_by = Some(rule);
    }

    fn fact(&mut self, device: DeviceId, fact: Fact) {
        self.trace.fact(device, fact);
    }

    fn transmit(&mut self, conn: ConnNo, bytes: &[u8]) {
        if let (Some((last, body)), Some(batch)) = (*self.open_data, self.batches.last_mut())
            && last == conn
            && batch.len().saturating_add(bytes.len()) <= MAX_BATCH
        {
            // The relay hands out one piece instead of many.
            return tunnel::more_data(body, batch, bytes);
        }
        self.record(&Record::Data { conn, bytes });
        *self.open_data = self.batches.last().map(|batch| (conn, batch.len().saturating_sub(bytes.len())));
    }

    fn credit(&mut self, conn: ConnNo, bytes: u32) {
        self.record(&Record::Credit { conn, bytes });
    }

    fn close(&mut self, conn: ConnNo) {
        self.record(&Record::Close { conn, why: "closed by the broker" });
    }
}
