//! What a scenario expects, held against what has happened.

use alloc::string::String;
use alloc::vec::Vec;

use contract::{DeviceId, DeviceState, DeviceView, Expectation, Fate, Row, What};
use mqtt::topic;

use super::{Count, Expect, FateName, Is, Pattern, Scenario, write};

/// Judges each expectation by all rows and by the devices as they are now.
pub(crate) fn judge(scenario: &Scenario, rows: impl Iterator<Item = Row>, devices: &[DeviceView]) -> Vec<Expectation> {
    let mut found: Vec<u64> = alloc::vec![0; scenario.expects.len()];
    let find = |name: &str| devices.iter().find(|device| device.name == name).map(|device| device.id);
    for row in rows {
        for (expect, found) in scenario.expects.iter().zip(&mut found) {
            if let Expect::Rows(_, pattern) = expect
                && is_like(pattern, &row, find)
            {
                *found = found.saturating_add(1);
            }
        }
    }
    let name = |id: DeviceId| {
        let spec = (id as usize).checked_sub(1).and_then(|at| scenario.devices.get(at));
        spec.map_or_else(String::new, |spec| write::quote(&spec.client_id))
    };
    let verdict = |(expect, found): (&Expect, u64)| {
        let (holds, found) = match expect {
            Expect::Rows(Count::Some, _) => (found > 0, found),
            Expect::Rows(Count::No, _) => (found == 0, found),
            Expect::Rows(Count::Exactly(count), _) => (found == u64::from(*count), found),
            Expect::Device(id, is) => {
                let holds = devices.iter().find(|device| device.id == *id).is_some_and(|device| device_is(device, *is));
                (holds, u64::from(holds))
            }
        };
        Expectation { text: write::expect_text(expect, &name), holds, found }
    };
    scenario.expects.iter().zip(found).map(verdict).collect()
}

fn is_like(pattern: &Pattern, row: &Row, find: impl Fn(&str) -> Option<DeviceId>) -> bool {
    let Pattern { event, matcher, retain, payload, fate, note } = pattern;
    if matcher.device.as_deref().is_some_and(|name| find(name) != Some(row.device)) {
        return false;
    }
    if note.as_deref().is_some_and(|note| !row.notes.iter().any(|said| alloc::format!("{said:?}").contains(note))) {
        return false;
    }
    let packet = match &row.what {
        What::Event => return *event,
        What::Packet(_) if *event => return false,
        What::Packet(packet) => packet,
    };
    let fits = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
    let named = |filter: &str| packet.topic.as_deref().is_some_and(|topic| topic == filter || topic::matches(filter, topic));
    (matcher.kinds.is_empty() || matcher.kinds.contains(&packet.kind))
        && fits(matcher.to_broker, packet.to_broker)
        && fits(matcher.dup, packet.dup)
        && fits(*retain, packet.retain)
        && matcher.packet_id.is_none_or(|id| packet.packet_id == Some(id))
        && matcher.qos.is_none_or(|qos| packet.qos == Some(qos))
        && matcher.topic.as_deref().is_none_or(named)
        && payload.as_deref().is_none_or(|begin| packet.payload.as_deref().is_some_and(|payload| payload.starts_with(begin)))
        && fate.is_none_or(|fate| fate == name_of(packet.fate))
}

fn name_of(fate: Fate) -> FateName {
    match fate {
        Fate::UnderWay => FateName::UnderWay,
        Fate::Arrived { .. } => FateName::Arrived,
        Fate::Lost { .. } => FateName::Lost,
        Fate::Held { .. } => FateName::Held,
        Fate::Dropped { .. } => FateName::Dropped,
    }
}

fn device_is(device: &DeviceView, is: Is) -> bool {
    match is {
        Is::Connected => device.state == DeviceState::Connected,
        Is::Offline => device.state == DeviceState::Offline,
        Is::Silent => device.silent,
        Is::HasSession => device.has_session,
        Is::NoSession => !device.has_session,
        Is::Queued(count) => device.queued == count,
        Is::InFlight(count) => device.in_flight_out == count,
        Is::Subscriptions(count) => device.subscriptions == count,
    }
}
