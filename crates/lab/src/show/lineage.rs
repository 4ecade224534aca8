//! One message from its publisher to all sessions: who gets it, who does not, and why.

use alloc::string::String;
use alloc::vec::Vec;

use broker::Event;
use contract::{DeviceId, Fate, LineageFate, LineageView, Outcome, RowNo, Step};
use mqtt::{PacketType, topic};

use super::note::drop_why;
use super::packet::row;
use crate::trace::{PacketRecord, Trace};
use crate::world::{Fact, World};

const MOST_DEVICES: usize = 200;
const MOST_FILTERS: usize = 20;
/// Subscriptions of one session that are looked at.
const MOST_SUBSCRIPTIONS: usize = 10_000;

/// A message in the trace: its number, and the row of its PUBLISH to the broker with the step of its arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traced {
    message: u64,
    origin: Option<(RowNo, Step)>,
}

/// The message of a row.
pub(crate) fn traced(trace: &Trace, n: RowNo) -> Option<Traced> {
    let message = trace.get(n)?.packet.as_ref()?.message;
    if message == 0 {
        return None;
    }
    let (first, end) = trace.range();
    let comes = |packet: &PacketRecord| packet.to_broker && packet.message == message && is_publish(trace, packet);
    let origin = (first..end).find_map(|row| {
        let record = trace.get(row)?;
        record.packet.as_ref().filter(|packet| comes(packet)).map(|_| (row, record.done))
    });
    Some(Traced { message, origin })
}

impl Traced {
    /// The step after which the broker was as the message found it.
    pub(crate) fn before(self) -> Option<Step> {
        self.origin.and_then(|(_, step)| step.checked_sub(1))
    }
}

/// What became of it. `before`: the world as the message found it.
pub(crate) fn lineage(trace: &Trace, traced: Traced, before: Option<&World>, now: &World) -> LineageView {
    let Traced { message, origin } = traced;
    let row = origin.map(|(row, _)| row);
    let publisher = row.and_then(|row| trace.get(row)).map(|record| record.device);
    let told = outcomes(trace, message, row);
    let topic = row.or_else(|| told.iter().find_map(|(_, outcome)| row_of(outcome))).and_then(|n| topic_of(trace, n)).unwrap_or_default();
    let world = before.unwrap_or(now);
    let fate = |id: DeviceId| {
        let subscriptions = subscriptions(world, id);
        let matched = subscriptions.iter().flatten().filter(|(filter, ..)| topic::matches(pattern(filter), &topic));
        let matched: Vec<(String, u8)> = matched.take(MOST_FILTERS).map(|(filter, qos, _)| (filter.clone(), *qos)).collect();
        let known = told.iter().rev().find(|(device, _)| *device == id).map(|(_, outcome)| outcome.clone());
        let outcome = known.unwrap_or_else(|| match &subscriptions {
            _ if before.is_none() => Outcome::NotKnown,
            None => Outcome::NoSession,
            Some(all) => why_not(all, &topic, publisher == Some(id)),
        });
        LineageFate { device: id, matched, outcome }
    };
    let fates = now.devices.iter().map(|(id, _)| id).take(MOST_DEVICES).map(fate).collect();
    LineageView { message, topic, row, publisher, fates }
}

/// What the trace tells of a message, in the order in which it came about; what is sent outweighs what waited before.
fn outcomes(trace: &Trace, message: u64, from: Option<RowNo>) -> Vec<(DeviceId, Outcome)> {
    let (first, end) = trace.range();
    let mut told: Vec<(DeviceId, Outcome)> = Vec::new();
    for n in from.unwrap_or(first)..end {
        let Some(record) = trace.get(n) else { continue };
        for (device, fact) in trace.facts(record) {
            let outcome = match fact {
                Fact::Broker(Event::Queued { message: m, .. }) if *m == message => Outcome::Waits,
                Fact::Broker(Event::Dropped { message: m, why, .. }) if *m == message => Outcome::Dropped(drop_why(*why)),
                _ => continue,
            };
            tell(&mut told, *device, outcome);
        }
        let Some(packet) = record.packet.as_ref().filter(|packet| !packet.to_broker && packet.message == message) else { continue };
        if is_publish(trace, packet) {
            let outcome = sent(trace, n, matches!(packet.fate, Fate::Arrived { .. }), &told, record.device);
            tell(&mut told, record.device, outcome);
        }
    }
    told
}

/// The PUBLISH of this row, after what was told of it before.
fn sent(trace: &Trace, n: RowNo, came: bool, told: &[(DeviceId, Outcome)], to: DeviceId) -> Outcome {
    let (again, arrived) = match told.iter().find(|(device, _)| *device == to) {
        Some((_, Outcome::Sent { again, arrived, .. })) => (again.saturating_add(1), came || *arrived),
        _ => (0, came),
    };
    let shown = match row(trace, n).map(|row| row.what) {
        Some(contract::What::Packet(packet)) => (packet.qos.unwrap_or(0), packet.packet_id),
        _ => (0, None),
    };
    Outcome::Sent { row: n, qos: shown.0, packet_id: shown.1, arrived, again }
}

fn tell(told: &mut Vec<(DeviceId, Outcome)>, device: DeviceId, outcome: Outcome) {
    match told.iter_mut().find(|(other, _)| *other == device) {
        Some((_, old)) => *old = outcome,
        None => told.push((device, outcome)),
    }
}

/// Filter, granted QoS, No Local.
type Subscription = (String, u8, bool);

/// A device's subscriptions. `None`: it has no session.
fn subscriptions(world: &World, id: DeviceId) -> Option<Vec<Subscription>> {
    let device = world.devices.get(id)?;
    let session = world.broker().session(&device.name)?;
    let all = world.broker().subscriptions(session.no, MOST_SUBSCRIPTIONS).into_iter();
    Some(all.map(|sub| (sub.filter, sub.options.qos as u8, sub.options.no_local)).collect())
}

/// Why a session that nothing was told of did not get the message.
fn why_not(subscriptions: &[Subscription], name: &str, is_publisher: bool) -> Outcome {
    let matching = subscriptions.iter().find(|(filter, ..)| topic::matches(pattern(filter), name));
    if let Some((filter, _, no_local)) = matching {
        return match (filter.starts_with(SHARE), *no_local && is_publisher) {
            (true, _) => Outcome::OtherMember(filter.clone()),
            (false, true) => Outcome::NoLocal(filter.clone()),
            (false, false) => Outcome::NotKnown,
        };
    }
    // With another first character the rule would not hold.
    let plain = name.strip_prefix('$').map(|rest| ["x", rest].concat());
    let hidden = plain.and_then(|plain| {
        let would = |filter: &str| filter.starts_with(['+', '#']) && topic::matches(filter, &plain);
        subscriptions.iter().map(|(filter, ..)| filter).find(|filter| would(pattern(filter)))
    });
    hidden.map_or(Outcome::NoMatch, |filter| Outcome::DollarRule(filter.clone()))
}

const SHARE: &str = "$share/";

/// What a filter matches by: of a shared one the part behind the group.
fn pattern(filter: &str) -> &str {
    filter.strip_prefix(SHARE).and_then(|rest| rest.split_once('/')).map_or(filter, |(_, pattern)| pattern)
}

fn row_of(outcome: &Outcome) -> Option<RowNo> {
    if let Outcome::Sent { row, .. } = outcome { Some(*row) } else { None }
}

fn topic_of(trace: &Trace, n: RowNo) -> Option<String> {
    match row(trace, n)?.what {
        contract::What::Packet(packet) => packet.topic,
        contract::What::Event => None,
    }
}

fn is_publish(trace: &Trace, packet: &PacketRecord) -> bool {
    !packet.bad && trace.first_byte(packet).is_some_and(|first| first >> 4 == PacketType::Publish as u8)
}
