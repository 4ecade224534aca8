//! The world in numbers and names, as far as a lens asks.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use broker::Phase;
use contract::{
    AccessView, DeviceId, DeviceKind, DeviceView, Direction, Fate, Kind, ModeView, Protocol, SessionView, SlotPhase, SlotView, Step,
    SubscriptionView, TimelineBucket, TopicView,
};
use mqtt::Version;

use super::packet::row;
use super::preview;
use crate::kind::kind_of;
use crate::trace::Trace;
use crate::world::{Fact, World};

const MOST_DEVICES: usize = 200;
const MOST_SLOTS: usize = 100;
const MOST_TOPICS: usize = 500;
const MOST_BUCKETS: u32 = 1_000;
/// Rows that are searched for the last values of topics.
const TOPIC_ROWS: u64 = 2_000;

/// The first devices, simulated ones before real ones, and the number of those left out.
pub(crate) fn devices(world: &World) -> (Vec<DeviceView>, u32) {
    let of = |kind: DeviceKind| world.devices.iter().filter(move |(_, device)| device.kind == kind).map(|(id, _)| id);
    let views: Vec<DeviceView> =
        of(DeviceKind::Simulated).chain(of(DeviceKind::Real)).take(MOST_DEVICES).filter_map(|id| device(world, id)).collect();
    let more = world.devices.len().saturating_sub(views.len());
    (views, count(more))
}

fn device(world: &World, id: DeviceId) -> Option<DeviceView> {
    let device = world.devices.get(id)?;
    let session = world.broker.session(&device.name);
    let session = session.as_ref();
    let (packets_in, packets_out) = device.conn.map_or((0, 0), |conn| world.packets_of(conn));
    Some(DeviceView {
        id,
        name: device.name.to_string(),
        kind: device.kind,
        state: device.state,
        since: device.since.micros(),
        protocol: device.version.map(protocol),
        transport: String::from(device.transport),
        peer: device.peer.to_string(),
        has_session: session.is_some(),
        persistent: session.is_some_and(|session| session.expiry > 0),
        subscriptions: session.map_or(0, |session| count(session.subscriptions)),
        in_flight_out: session.map_or(0, |session| count(session.in_flight_out)),
        in_flight_in: session.map_or(0, |session| count(session.in_flight_in)),
        queued: session.map_or(0, |session| count(session.queued)),
        silent: world.is_silent(id),
        packets_in: device.packets_in.saturating_add(packets_in),
        packets_out: device.packets_out.saturating_add(packets_out),
    })
}

/// How the broker chooses where the standards leave a choice.
pub(crate) fn mode(world: &World) -> ModeView {
    let config = world.broker.config();
    ModeView { strict: config.mode == broker::Mode::Strict, explain: config.explain }
}

fn protocol(version: Version) -> Protocol {
    match version {
        Version::V31 => Protocol::V31,
        Version::V311 => Protocol::V311,
        Version::V5 => Protocol::V5,
    }
}

/// The session of a device, if the broker holds one.
pub(crate) fn session(world: &World, id: DeviceId) -> Option<SessionView> {
    let client = &world.devices.get(id)?.name;
    let broker = &world.broker;
    let facts = broker.session(client)?;
    let out = broker.slots_out(facts.no, MOST_SLOTS).into_iter().map(|slot| SlotView {
        direction: Direction::Out,
        packet_id: slot.id,
        phase: match slot.phase {
            Phase::Puback => SlotPhase::AwaitsPuback,
            Phase::Pubrec => SlotPhase::AwaitsPubrec,
            Phase::Pubcomp => SlotPhase::AwaitsPubcomp,
        },
        topic: slot.topic,
        resent: slot.resent,
    });
    let incoming = broker.slots_in(facts.no).into_iter().map(|packet_id| SlotView {
        direction: Direction::In,
        packet_id,
        phase: SlotPhase::AwaitsPubrel,
        topic: None,
        resent: 0,
    });
    let subscription = |facts: broker::SubscriptionFacts| SubscriptionView {
        filter: facts.filter,
        qos: facts.options.qos as u8,
        no_local: facts.options.no_local,
        retain_as_published: facts.options.retain_as_published,
        identifier: (facts.identifier > 0).then_some(facts.identifier),
    };
    Some(SessionView {
        device: id,
        client_id: client.to_string(),
        user: facts.user.as_ref().map(ToString::to_string),
        slots: incoming.chain(out).take(MOST_SLOTS).collect(),
        in_flight_out: count(facts.in_flight_out),
        receive_maximum: facts.receive_maximum,
        queued: count(facts.queued),
        expiry: (facts.expiry < u32::MAX).then_some(facts.expiry),
        expires_at: facts.expires_at.map(|at| at.micros()),
        keep_alive: facts.keep_alive,
        keep_alive_until: facts.keep_alive_until.map(|at| at.micros()),
        will: broker.will(facts.no).map(|(topic, payload)| (topic, preview(&payload, true).unwrap_or_default())),
        subscriptions: broker.subscriptions(facts.no, MOST_SLOTS).into_iter().map(subscription).collect(),
    })
}

/// Who may connect and who may do what, in numbers.
pub(crate) fn access(world: &World) -> AccessView {
    let access = world.broker.access();
    AccessView {
        allow_anonymous: access.allow_anonymous,
        password_users: access.passwords.as_ref().map(|passwords| count(passwords.users().count())),
        scram_users: access.scram.as_ref().map(|scram| count(scram.users().count())),
        acl_rules: access.acl.as_ref().map(|acl| count(acl.len())),
    }
}

/// Retained topics and those of the last PUBLISH packets to the broker, with their last values.
pub(crate) fn topics(world: &World, trace: &Trace, past: Option<Step>) -> Vec<TopicView> {
    let mut topics: BTreeMap<String, TopicView> = BTreeMap::new();
    for (topic, payload) in world.broker.retained(MOST_TOPICS) {
        let view = TopicView { topic: topic.clone(), value: preview(&payload, true), len: count(payload.len()), retained: true };
        topics.insert(topic, view);
    }
    let (first, present) = trace.range();
    let end = past.map_or(present, |step| trace.row_after(step));
    for n in (end.saturating_sub(TOPIC_ROWS).max(first)..end).rev() {
        if topics.len() >= MOST_TOPICS {
            break;
        }
        let is_publish = trace
            .get(n)
            .filter(|record| past.is_none_or(|step| record.done <= step))
            .and_then(|record| record.packet.as_ref())
            .is_some_and(|packet| {
                packet.to_broker
                    && matches!(packet.fate, Fate::Arrived { .. })
                    && trace.first_byte(packet).map(kind_of) == Some(Kind::Publish)
            });
        let Some(contract::What::Packet(packet)) = is_publish.then(|| row(trace, n)).flatten().map(|row| row.what) else { continue };
        let Some(topic) = packet.topic.filter(|topic| !topic.is_empty()) else { continue };
        let retained = world.broker.is_retained(&topic);
        // From the newest row to the oldest: what stands is newer.
        topics.entry(topic.clone()).or_insert(TopicView { topic, value: packet.payload, len: packet.payload_len, retained });
    }
    topics.into_values().collect()
}

/// All kept rows in equal shares.
pub(crate) fn timeline(trace: &Trace, buckets: u32) -> Vec<TimelineBucket> {
    let (first, end) = trace.range();
    let rows = end.saturating_sub(first);
    let buckets = u64::from(buckets.min(MOST_BUCKETS)).min(rows);
    let border = |bucket: u64| first.saturating_add(rows.saturating_mul(bucket).checked_div(buckets).unwrap_or(0));
    (0..buckets)
        .map(|bucket| {
            let (from, to) = (border(bucket), border(bucket.saturating_add(1)));
            let step = trace.get(from).map_or(0, |record| record.step);
            let mut sum = TimelineBucket { row: from, step, ..TimelineBucket::default() };
            // A long bucket is sampled: the picture is the same, and its cost does not grow with the number of rows.
            let every = usize::try_from(to.saturating_sub(from) / 64).unwrap_or(0).max(1);
            for record in (from..to).step_by(every).filter_map(|n| trace.get(n)) {
                let weight = u32::try_from(every).unwrap_or(u32::MAX);
                let share = match &record.packet {
                    Some(packet) if packet.bad || matches!(packet.fate, Fate::Lost { .. }) => &mut sum.fault,
                    Some(packet) if trace.first_byte(packet).map(kind_of) == Some(Kind::Publish) => &mut sum.publish,
                    Some(_) => &mut sum.other,
                    None if trace.facts(record).any(|(_, fact)| is_fault(fact)) => &mut sum.fault,
                    None => continue,
                };
                *share = share.saturating_add(weight);
            }
            sum
        })
        .collect()
}

fn is_fault(fact: &Fact) -> bool {
    use broker::{EndWhy, Event};
    matches!(
        fact,
        Fact::Gone { .. }
            | Fact::Broker(
                Event::BadBytes { .. }
                    | Event::Dropped { .. }
                    | Event::KeepAliveOver { .. }
                    | Event::Ended { why: EndWhy::Gone(_) | EndWhy::Broker(_), .. }
            )
    )
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
