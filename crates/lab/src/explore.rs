//! Can a message get lost, arrive twice, or out of order? Every placement of a few faults on the packets of a small house is tried, each
//! in a world of its own, and what its applications have got is compared with what they get without faults.
//!
//! Faults begin with the first message that is said. A world branches right after a packet has set out: one copy goes on without a fault, one for each fault that may be placed on that
//! packet. At the end of each, when nothing moves any more, all connections are cut once more, so that whoever can finds back; only what
//! is missing then is lost.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use broker::Instant;
use broker::access::Access;
use contract::{Cut, DeviceId, DeviceSpec, ExploreWanted, ExplorerView, Fault, FindingKind, FindingView, Habit, Step, TriedView};
use mqtt::{PacketType, topic};

use crate::client::Publication;
use crate::config::Config;
use crate::link::FlightNo;
use crate::world::{Departure, Fact, Input, Sink, Touch, World};

/// The most that are tried; more would take hours.
pub(crate) const MOST_DEVICES: usize = 3;
pub(crate) const MOST_MESSAGES: u32 = 3;
pub(crate) const MOST_FAULTS: u8 = 2;
/// World time from one device's connecting to the next one's, as at the beginning of a scene.
const BETWEEN_CONNECTS: u64 = 100_000;
/// A world in which nothing is due for longer than the longest wait before a new connection has come to rest, in microseconds.
const REST: u64 = 40_000_000;
/// Steps after which a world that never rests is left as it is.
const MOST_STEPS: u64 = 5_000;

/// Devices, in the order in which they connect, and what a scene lets them do; without a scene they connect one after the other.
#[derive(Clone, Debug)]
pub(crate) struct House {
    pub(crate) specs: Vec<DeviceSpec>,
    pub(crate) actions: Vec<Input>,
}

/// What is explored.
#[derive(Clone, Debug)]
pub(crate) struct Explorer {
    house: House,
    seed: u64,
    /// Messages that each habit says.
    each: u32,
    faults: Vec<Fault>,
    most: u8,
    stack: Vec<Run>,
    /// What the applications get when nothing is disturbed: device, payload, in which order.
    expected: Vec<Got>,
    /// Packets of the undisturbed world, and how many of them have had their turn.
    trunk: (usize, usize),
    worlds: u64,
    turns: u64,
    /// By QoS of the message and number of faults.
    tried: BTreeMap<(u8, u8), TriedView>,
    found: Vec<Found>,
}

/// A world that is being run to its end.
#[derive(Clone, Debug)]
struct Run {
    world: World,
    watch: Watch,
    placed: Vec<(FlightNo, Fault)>,
    /// When all was cut at the end.
    cut_at: Option<Instant>,
    /// Of the undisturbed world's packets, the one at which this branch begins.
    twig: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Got {
    device: DeviceId,
    topic: String,
    payload: Vec<u8>,
    qos: u8,
}

/// The shortest counter-example of its kind.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    view: FindingView,
    steps: Step,
    placed: Vec<(FlightNo, Fault)>,
    cut_at: Instant,
}

/// What an explorer looks at.
#[derive(Clone, Debug, Default)]
struct Watch {
    got: Vec<Got>,
    /// The first message was said: before, there is nothing to lose, but subscriptions to miss it by.
    begun: bool,
    set_out: Vec<FlightNo>,
}

impl Explorer {
    /// An explorer of this house. Refused with a sentence that says what would be right.
    pub(crate) fn new(
        config: &Config,
        (seed, access): (u64, Arc<Access>),
        house: House,
        wanted: ExploreWanted,
    ) -> Result<Explorer, String> {
        let House { specs, actions } = &house;
        if specs.is_empty() || specs.len() > MOST_DEVICES {
            return Err(alloc::format!("It takes 1 to {MOST_DEVICES} simulated devices; there are {}.", specs.len()));
        }
        let habits = specs.iter().flat_map(|spec| &spec.habits).filter(|habit| matches!(habit, Habit::Publish { .. })).count();
        let publishers = actions.iter().filter(|action| said(action).is_some()).count().saturating_add(habits);
        if publishers == 0 || publishers > MOST_MESSAGES as usize {
            return Err(alloc::format!("It takes 1 to {MOST_MESSAGES} messages; there are {publishers}."));
        }
        let mut faults = Vec::new();
        faults.extend(wanted.drop.then_some(Fault::Drop));
        faults.extend(wanted.cut.then_some(Fault::Cut(Cut::Before)));
        faults.extend(wanted.cut.then_some(Fault::Cut(Cut::After)));
        faults.extend(wanted.double.then_some(Fault::Double));
        if faults.is_empty() || wanted.faults > MOST_FAULTS {
            return Err(alloc::format!("It takes at least one kind of fault, and {MOST_FAULTS} of them at most."));
        }
        let each = MOST_MESSAGES.checked_div(publishers as u32).unwrap_or(1);
        let mut world = World::new(config.clone(), seed);
        let marked = House { specs: specs.iter().map(mark).collect(), actions: actions.clone() };
        world.post(Instant::ZERO, Input::Access(access));
        inputs(&marked, each).into_iter().for_each(|input| world.post(Instant::ZERO, input));
        let run = Run { world, watch: Watch::default(), placed: Vec::new(), cut_at: None, twig: 0 };
        let mut explorer = Explorer {
            house,
            seed,
            each,
            faults,
            most: wanted.faults,
            stack: Vec::new(),
            expected: Vec::new(),
            trunk: (0, 0),
            worlds: 0,
            turns: 0,
            tried: BTreeMap::new(),
            found: Vec::new(),
        };
        explorer.finish(run);
        Ok(explorer)
    }

    /// Tries up to so many worlds more. `false`: all are tried.
    pub(crate) fn work(&mut self, worlds: u64) -> bool {
        self.turns = self.turns.saturating_add(1);
        for _ in 0..worlds {
            let Some(run) = self.stack.pop() else { return false };
            self.trunk.1 = self.trunk.1.max(run.twig);
            self.finish(run);
        }
        !self.stack.is_empty()
    }

    /// Runs a world to its end, puts its branches on the stack, and judges it.
    fn finish(&mut self, mut run: Run) {
        let room = usize::from(self.most) > run.placed.len();
        let mut branches = Vec::new();
        let trunk = run.placed.is_empty();
        let mut packets = 0usize;
        let begin = run.world.steps();
        while run.world.steps().saturating_sub(begin) < MOST_STEPS {
            let resting = !run.world.has_orders() && run.world.next_at().is_none_or(|next| next.since(run.world.now()) > REST);
            if resting && run.cut_at.is_some() {
                break;
            }
            if resting {
                let at = run.world.now();
                run.cut_at = Some(at);
                run.world.post(at, Input::CutAll { at });
            }
            run.watch.set_out.clear();
            if run.world.step(&mut run.watch).is_none() {
                break;
            }
            // After the last cut there is nothing more to disturb.
            if !room || run.cut_at.is_some() {
                continue;
            }
            for at in 0..run.watch.set_out.len() {
                let Some(&flight) = run.watch.set_out.get(at) else { break };
                packets = packets.saturating_add(1);
                for &fault in &self.faults {
                    let mut branch = run.clone();
                    branch.world.place(flight, fault);
                    branch.placed.push((flight, fault));
                    branch.twig = if trunk { packets } else { run.twig };
                    branches.push(branch);
                }
            }
        }
        if trunk {
            self.trunk = (packets, 0);
            self.expected = run.watch.got.clone();
        }
        // The first branch is to be the next.
        self.stack.extend(branches.into_iter().rev());
        self.worlds = self.worlds.saturating_add(1);
        self.judge(&run);
    }

    fn judge(&mut self, run: &Run) {
        let faults = run.placed.len() as u8;
        let mut qos_seen: Vec<u8> = self.expected.iter().map(|got| got.qos).collect();
        qos_seen.sort_unstable();
        qos_seen.dedup();
        for qos in qos_seen {
            let verdicts = judge(&self.expected, &run.watch.got, qos);
            let empty = TriedView { qos, faults, worlds: 0, lost: 0, twice: 0, out_of_order: 0 };
            let tried = self.tried.entry((qos, faults)).or_insert(empty);
            tried.worlds = tried.worlds.saturating_add(1);
            for (kind, _) in &verdicts {
                let count = match kind {
                    FindingKind::Lost => &mut tried.lost,
                    FindingKind::Twice => &mut tried.twice,
                    FindingKind::OutOfOrder => &mut tried.out_of_order,
                };
                *count = count.saturating_add(1);
            }
            verdicts.iter().for_each(|(kind, got)| self.keep(*kind, qos, got, run));
        }
    }

    /// Keeps the counter-example if it is the shortest of its kind: fewest faults, then fewest steps.
    fn keep(&mut self, kind: FindingKind, qos: u8, got: &Got, run: &Run) {
        let steps = run.world.steps();
        let old = self.found.iter().position(|found| (found.view.kind, found.view.qos) == (kind, qos));
        let shorter = |found: &Found| (run.placed.len(), steps) < (found.placed.len(), found.steps);
        if old.and_then(|at| self.found.get(at)).is_some_and(|found| !shorter(found)) {
            return;
        }
        let faults = run.placed.iter().map(|(_, fault)| *fault).collect();
        let payload = String::from_utf8_lossy(&got.payload).into_owned();
        let view = FindingView { kind, qos, topic: got.topic.clone(), payload, subscriber: self.name(got.device), faults };
        let found = Found { view, steps, placed: run.placed.clone(), cut_at: run.cut_at.unwrap_or(run.world.now()) };
        match old.and_then(|at| self.found.get_mut(at)) {
            Some(place) => *place = found,
            None => self.found.push(found),
        }
    }

    fn name(&self, device: DeviceId) -> String {
        let at = (device as usize).saturating_sub(1);
        self.house.specs.get(at).map_or_else(String::new, |spec| spec.client_id.clone())
    }

    /// What is known so far.
    pub(crate) fn view(&self) -> ExplorerView {
        let (packets, done) = self.trunk;
        let per_mille =
            if self.stack.is_empty() { 1_000 } else { done.saturating_sub(1).saturating_mul(1_000).checked_div(packets).unwrap_or(0) };
        ExplorerView {
            running: !self.stack.is_empty(),
            worlds: self.worlds,
            per_mille: u16::try_from(per_mille).unwrap_or(1_000),
            tried: self.tried.values().cloned().collect(),
            findings: self.found.iter().map(|found| found.view.clone()).collect(),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.stack.is_empty()
    }

    /// How often it was set to work.
    pub(crate) fn turns(&self) -> u64 {
        self.turns
    }

    pub(crate) fn stop(&mut self) {
        self.stack.clear();
    }

    /// A finding's house, before its first event: what is to be posted to an empty world of this seed.
    pub(crate) fn replay(&self, at: usize) -> Option<(u64, Vec<Input>)> {
        let found = self.found.get(at)?;
        let mut inputs = inputs(&self.house, self.each);
        inputs.extend(found.placed.iter().map(|&(flight, fault)| Input::Place { flight, fault }));
        inputs.push(Input::CutAll { at: found.cut_at });
        Some((self.seed, inputs))
    }
}

/// What brings a house into an empty world and lets it live.
fn inputs(house: &House, each: u32) -> Vec<Input> {
    let House { specs, actions } = house;
    let adds = specs.iter().map(|spec| Input::Add { spec: Box::new(spec.clone()), connect: false });
    let connect = |(device, nth): (DeviceId, u64)| Input::Connect { device, after: nth.saturating_mul(BETWEEN_CONNECTS) };
    let connects = (1..).zip(0u64..).take(if actions.is_empty() { specs.len() } else { 0 }).map(connect);
    adds.chain([Input::Observe(each)]).chain(connects).chain(actions.iter().cloned()).collect()
}

/// The topic on which an action publishes.
fn said(action: &Input) -> Option<&str> {
    match action {
        Input::Publish { topic, .. } => Some(topic),
        Input::Later { input, .. } => said(input),
        _ => None,
    }
}

/// An action of a house: a device connects, leaves or publishes. What else a scene does, faults above all, is the explorer's to do.
pub(crate) fn is_of_house(action: &Input) -> bool {
    match action {
        Input::Connect { .. } | Input::Disconnect(_) | Input::Publish { .. } => true,
        Input::Later { input, .. } => is_of_house(input),
        _ => false,
    }
}

/// The same device with payloads that tell its messages apart.
fn mark(spec: &DeviceSpec) -> DeviceSpec {
    let mut spec = spec.clone();
    for (nth, habit) in spec.habits.iter_mut().enumerate() {
        if let Habit::Publish { payload, .. } = habit {
            *payload = [payload.as_str(), " #", &nth.to_string(), ".{n}"].concat();
        }
    }
    spec
}

/// What is wrong with the messages of this QoS, at most one of each kind.
fn judge(expected: &[Got], got: &[Got], qos: u8) -> Vec<(FindingKind, Got)> {
    let same = |a: &Got, b: &Got| a.device == b.device && a.topic == b.topic && a.payload == b.payload;
    let mut verdicts = Vec::new();
    let wanted: Vec<&Got> = expected.iter().filter(|message| message.qos == qos).collect();
    let times = |message: &Got| got.iter().filter(|other| same(message, other)).count();
    let usual = |message: &Got| expected.iter().filter(|other| same(message, other)).count();
    if let Some(lost) = wanted.iter().find(|message| times(message) == 0) {
        verdicts.push((FindingKind::Lost, (*lost).clone()));
    }
    if let Some(twice) = wanted.iter().find(|message| times(message) > usual(message)) {
        verdicts.push((FindingKind::Twice, (*twice).clone()));
    }
    let first = |message: &Got| got.iter().position(|other| same(message, other));
    let swapped = wanted.iter().zip(wanted.iter().skip(1)).find(|(a, b)| {
        let later = wanted.iter().position(|other| same(other, a)) < wanted.iter().position(|other| same(other, b));
        a.device == b.device && a.topic == b.topic && later && first(a).zip(first(b)).is_some_and(|(a, b)| a > b)
    });
    if let Some((_, overtook)) = swapped {
        verdicts.push((FindingKind::OutOfOrder, (*overtook).clone()));
    }
    verdicts
}

impl House {
    /// Somebody subscribes to a topic on which somebody publishes: else there is nothing to find.
    pub(crate) fn has_listeners(&self) -> bool {
        let habits = || self.specs.iter().flat_map(|spec| &spec.habits);
        let heard = |name: &str| {
            habits().any(
                |heard| matches!(heard, Habit::Subscribe { filter, .. } | Habit::Respond { filter, .. } if topic::matches(filter, name)),
            )
        };
        let by_habit = |habit: &Habit| if let Habit::Publish { topic, .. } = habit { heard(topic) } else { false };
        habits().any(by_habit) || self.actions.iter().filter_map(said).any(heard)
    }

    /// Somebody publishes because the scene says so, not by habit.
    pub(crate) fn acts(&self) -> bool {
        self.actions.iter().any(|action| said(action).is_some())
    }
}

impl Sink for Watch {
    fn step(&mut self, _: Step, _: Instant) {}
    fn departed(&mut self, departure: Departure<'_>) {
        let kind = departure.bytes.first().and_then(|&first| PacketType::from_first_byte(first));
        // PINGREQ and PINGRESP carry no message, and there is no end of them.
        if self.begun && !matches!(kind, Some(PacketType::Pingreq | PacketType::Pingresp)) {
            self.set_out.push(departure.flight);
        }
    }
    fn landed(&mut self, _: FlightNo) {}
    fn lost(&mut self, _: FlightNo) {}
    fn touched(&mut self, _: FlightNo, _: Touch) {}
    fn halt(&mut self, _: contract::RuleId) {}
    fn fact(&mut self, _: DeviceId, _: Fact) {}
    fn said(&mut self, _: DeviceId, _: &Publication) {
        self.begun = true;
    }
    fn got(&mut self, device: DeviceId, message: &Publication) {
        let Publication { topic, payload, qos, .. } = message;
        self.got.push(Got { device, topic: topic.clone(), payload: payload.clone(), qos: *qos as u8 });
    }
    fn transmit(&mut self, _: contract::tunnel::ConnNo, _: &[u8]) {}
    fn credit(&mut self, _: contract::tunnel::ConnNo, _: u32) {}
    fn close(&mut self, _: contract::tunnel::ConnNo) {}
}
