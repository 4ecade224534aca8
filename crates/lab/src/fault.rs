//! Rules that strike packets as they set out, and what is planned for those that are under way.
//!
//! Nothing here costs anything while no rule is armed and nothing is planned: the world asks [`Faults::is_armed`] and
//! [`Faults::is_quiet`] first.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use broker::Instant;
use contract::{Action, Fault, FaultRule, Matcher, RuleId, RuleView, Struck};
use hashbrown::HashMap;
use mqtt::{Frame, Packet, Version, topic};

use crate::kind::kind_of;
use crate::link::FlightNo;

type Hasher = foldhash::fast::FixedState;

/// What is planned for a packet that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) struck: Struck,
    /// When it may arrive; of a delay.
    pub(crate) ready: Instant,
}

/// A packet that sets out, as rules look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) device: &'a str,
    pub(crate) to_broker: bool,
    pub(crate) version: Version,
    pub(crate) bytes: &'a [u8],
}

/// What a packet's rules say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) struck: Option<Struck>,
    /// The break-point that it has come to.
    pub(crate) halt: Option<RuleId>,
}

#[derive(Clone, Debug)]
struct Armed {
    view: RuleView,
    until: Option<Instant>,
}

/// Rules and plans.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    rules: Vec<Armed>,
    last: RuleId,
    planned: HashMap<FlightNo, Plan, Hasher>,
    most_planned: usize,
    dice: u64,
}

impl Faults {
    pub(crate) fn new(seed: u64, most_planned: usize) -> Faults {
        Faults { rules: Vec::new(), last: 0, planned: HashMap::with_hasher(Hasher::with_seed(4)), most_planned, dice: seed }
    }

    /// A rule may strike.
    pub(crate) fn is_armed(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Nothing is planned for any packet.
    pub(crate) fn is_quiet(&self) -> bool {
        self.planned.is_empty()
    }

    /// The number that the next rule will get.
    pub(crate) fn next_id(&self) -> RuleId {
        self.last.saturating_add(1)
    }

    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(crate) fn has(&self, id: RuleId) -> bool {
        self.rules.iter().any(|armed| armed.view.id == id)
    }

    pub(crate) fn add(&mut self, now: Instant, rule: FaultRule) {
        self.last = self.next_id();
        let until = rule.for_millis.map(|millis| now.after(u64::from(millis).saturating_mul(1_000)));
        let view =
            RuleView { id: self.last, rule, matched: 0, struck: 0, missed: 0, spent: false, until: until.map(|until| until.micros()) };
        self.rules.push(Armed { view, until });
    }

    pub(crate) fn remove(&mut self, id: RuleId) {
        self.rules.retain(|armed| armed.view.id != id);
    }

    pub(crate) fn views(&self, now: Instant) -> Vec<RuleView> {
        self.rules.iter().map(|armed| RuleView { spent: is_spent(armed, now), ..armed.view.clone() }).collect()
    }

    /// Judges a packet that sets out. The first rule that strikes with a fault decides; break-points count besides.
    pub(crate) fn judge(&mut self, now: Instant, candidate: Candidate<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        for armed in &mut self.rules {
            if is_spent(armed, now) || !matches(&armed.view.rule.matcher, candidate) {
                continue;
            }
            armed.view.matched = armed.view.matched.saturating_add(1);
            let decided = verdict.struck.is_some() && matches!(armed.view.rule.action, Action::Fault(_));
            if armed.view.matched <= armed.view.rule.skip.into() || decided || !roll(&mut self.dice, armed.view.rule.per_mille) {
                continue;
            }
            match armed.view.rule.action {
                Action::Fault(_) if self.planned.len() >= self.most_planned => {
                    armed.view.missed = armed.view.missed.saturating_add(1);
                    continue;
                }
                Action::Fault(fault) => verdict.struck = Some(Struck { rule: armed.view.id, fault }),
                Action::Pause => verdict.halt = Some(armed.view.id),
            }
            armed.view.struck = armed.view.struck.saturating_add(1);
        }
        verdict
    }

    /// Plans a fault for a packet. `due`: when it would arrive.
    pub(crate) fn plan(&mut self, flight: FlightNo, struck: Struck, due: Instant) {
        let ready = match struck.fault {
            Fault::Delay { millis } => due.after(u64::from(millis).saturating_mul(1_000)),
            _ => due,
        };
        self.planned.insert(flight, Plan { struck, ready });
    }

    pub(crate) fn planned(&self, flight: FlightNo) -> Option<Plan> {
        self.planned.get(&flight).copied()
    }

    pub(crate) fn forget(&mut self, flight: FlightNo) {
        self.planned.remove(&flight);
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.planned.len() > self.most_planned { Err("more faults are planned than may be".to_string()) } else { Ok(()) }
    }
}

fn is_spent(armed: &Armed, now: Instant) -> bool {
    armed.view.rule.times.is_some_and(|times| armed.view.struck >= times.into()) || armed.until.is_some_and(|until| until <= now)
}

/// The world's own dice (SplitMix64): the same rolls in every run of the same world.
fn roll(dice: &mut u64, per_mille: u16) -> bool {
    if per_mille >= 1_000 {
        return true;
    }
    *dice = dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *dice;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % 1_000 < per_mille.into()
}

fn matches(matcher: &Matcher, candidate: Candidate<'_>) -> bool {
    let Matcher { device, to_broker, kinds, topic, packet_id, qos, dup } = matcher;
    if to_broker.is_some_and(|to_broker| to_broker != candidate.to_broker)
        || device.as_deref().is_some_and(|device| device != candidate.device)
    {
        return false;
    }
    if !kinds.is_empty() && !candidate.bytes.first().is_some_and(|&first| kinds.contains(&kind_of(first))) {
        return false;
    }
    if topic.is_none() && packet_id.is_none() && qos.is_none() && dup.is_none() {
        return true;
    }
    // Only now is it worth to decode.
    let Some(packet) = Frame::parse(candidate.bytes).ok().and_then(|frame| Packet::decode(frame, candidate.version).ok()) else {
        return false;
    };
    let publish = if let Packet::Publish(publish) = &packet { Some(publish) } else { None };
    if qos.is_some_and(|qos| publish.is_none_or(|publish| publish.qos as u8 != qos))
        || dup.is_some_and(|dup| publish.is_none_or(|publish| publish.dup != dup))
        || packet_id.is_some_and(|id| id_of(&packet) != Some(id))
    {
        return false;
    }
    topic.as_deref().is_none_or(|filter| match &packet {
        Packet::Publish(publish) => topic::matches(filter, publish.topic.as_str()),
        Packet::Subscribe(subscribe) => subscribe.filters.iter().any(|entry| entry.filter.as_str() == filter),
        Packet::Unsubscribe(unsubscribe) => unsubscribe.filters.iter().any(|other| other.as_str() == filter),
        _ => false,
    })
}

fn id_of(packet: &Packet<'_>) -> Option<u16> {
    Some(match packet {
        Packet::Publish(publish) => publish.packet_id?.get(),
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => ack.packet_id.get(),
        Packet::Subscribe(subscribe) => subscribe.packet_id.get(),
        Packet::Suback(suback) => suback.packet_id.get(),
        Packet::Unsubscribe(unsubscribe) => unsubscribe.packet_id.get(),
        Packet::Unsuback(unsuback) => unsuback.packet_id.get(),
        _ => return None,
    })
}
