//! Which packets belong together: all of one QoS exchange on one link are a flow.

use core::hash::{Hash, Hasher};

use broker::ByNumber;
use contract::{DeviceId, RowNo};
use hashbrown::HashMap;
use mqtt::PacketType;

use crate::world::Departure;

/// Flows that are remembered at once; beyond it the map begins anew, and packets of the forgotten ones stay alone.
const MOST: usize = 65_536;

/// An exchange is found by its device, the direction of its first packet, and the Packet Identifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    device: DeviceId,
    begun_by_device: bool,
    /// SUBSCRIBE and UNSUBSCRIBE share identifiers with PUBLISH, but no flow.
    publish: bool,
    id: u16,
}

/// All of it as one number.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let flags = u64::from(self.begun_by_device) << 17 | u64::from(self.publish) << 16;
        state.write_u64(u64::from(self.device) << 18 | flags | u64::from(self.id));
    }
}

#[derive(Clone, Copy, Debug)]
struct Flow {
    no: u64,
    message: u64,
    first_row: RowNo,
    /// Its last acknowledgement is under way.
    ending: bool,
}

/// Exchanges that are not over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flows {
    open: HashMap<Key, Flow, ByNumber>,
    last: u64,
}

/// Where a packet stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) flow: Option<u64>,
    /// Where its flow is found, if it has one.
    pub(crate) key: Key,
    pub(crate) message: u64,
    pub(crate) copy_of: Option<RowNo>,
}

impl Flows {
    /// A packet sets out as this row.
    pub(crate) fn depart(&mut self, departure: &Departure<'_>, row: RowNo) -> Place {
        let alone = Place { flow: None, key: Key::default(), message: departure.message, copy_of: None };
        if departure.bad {
            return alone;
        }
        let Some((kind, id)) = peek(departure.bytes) else { return alone };
        let first = is_first(kind);
        // PUBREL goes the way of its PUBLISH, all other answers go the other way.
        let begun_by_device = departure.to_broker == (first || kind == PacketType::Pubrel);
        let key = Key { device: departure.device, begun_by_device, publish: is_publish(kind), id };
        let dup = kind == PacketType::Publish && departure.bytes.first().is_some_and(|first| first & 0x08 != 0);
        // A first packet begins anew whatever was there; all others look for what they belong to.
        let known = if !first || dup { self.open.get_mut(&key) } else { None };
        match known {
            Some(flow) => {
                flow.ending |= is_last(kind);
                Place { flow: Some(flow.no), key, message: flow.message, copy_of: dup.then_some(flow.first_row) }
            }
            None if first => {
                let no = self.begin(key, departure.message, row);
                Place { flow: Some(no), key, ..alone }
            }
            None => alone,
        }
    }

    /// A packet of the flow has arrived; if it was the last one, the flow is over.
    pub(crate) fn arrive(&mut self, key: Key, no: u64) {
        if self.open.get(&key).is_some_and(|flow| flow.no == no && flow.ending) {
            self.open.remove(&key);
        }
    }

    /// The broker has numbered the flow's message.
    pub(crate) fn name(&mut self, key: Key, no: u64, message: u64) {
        if let Some(flow) = self.open.get_mut(&key).filter(|flow| flow.no == no) {
            flow.message = message;
        }
    }

    /// Takes up again what was written down of a packet: its flow and message, and whether it has arrived. Packets come in the order
    /// in which they set out.
    pub(crate) fn relive(&mut self, end: (DeviceId, bool), bytes: &[u8], (flow, message): (Option<u64>, u64), row: RowNo, arrived: bool) {
        let Some(no) = flow else { return };
        let Some((kind, id)) = peek(bytes) else { return };
        let (device, to_broker) = end;
        let first = is_first(kind);
        let key = Key { device, begun_by_device: to_broker == (first || kind == PacketType::Pubrel), publish: is_publish(kind), id };
        self.last = self.last.max(no);
        let ending = is_last(kind);
        if ending && arrived {
            if self.open.get(&key).is_some_and(|flow| flow.no == no) {
                self.open.remove(&key);
            }
            return;
        }
        let known = self.open.get(&key).copied().filter(|flow| flow.no == no);
        let flow = known.unwrap_or(Flow { no, message, first_row: row, ending: false });
        let flow = Flow { message: if message > 0 { message } else { flow.message }, ending: flow.ending || ending, ..flow };
        self.open.insert(key, flow);
    }

    fn begin(&mut self, key: Key, message: u64, row: RowNo) -> u64 {
        if self.open.len() >= MOST {
            self.open.clear();
        }
        self.last = self.last.saturating_add(1);
        self.open.insert(key, Flow { no: self.last, message, first_row: row, ending: false });
        self.last
    }
}

fn is_first(kind: PacketType) -> bool {
    matches!(kind, PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe)
}

fn is_last(kind: PacketType) -> bool {
    matches!(kind, PacketType::Puback | PacketType::Pubcomp | PacketType::Suback | PacketType::Unsuback)
}

fn is_publish(kind: PacketType) -> bool {
    !matches!(kind, PacketType::Subscribe | PacketType::Suback | PacketType::Unsubscribe | PacketType::Unsuback)
}

/// Type and Packet Identifier of a packet that has one, without decoding it.
fn peek(bytes: &[u8]) -> Option<(PacketType, u16)> {
    let first = *bytes.first()?;
    let kind = PacketType::from_first_byte(first)?;
    let header = bytes.iter().skip(1).position(|byte| byte & 0x80 == 0)?.checked_add(2)?;
    let body = bytes.get(header..)?;
    let two = |at: usize| Some(u16::from_be_bytes([*body.get(at)?, *body.get(at.checked_add(1)?)?]));
    match kind {
        PacketType::Publish if first & 0x06 != 0 => Some((kind, two(usize::from(two(0)?).checked_add(2)?)?)),
        PacketType::Puback
        | PacketType::Pubrec
        | PacketType::Pubrel
        | PacketType::Pubcomp
        | PacketType::Subscribe
        | PacketType::Suback
        | PacketType::Unsubscribe
        | PacketType::Unsuback => Some((kind, two(0)?)),
        _ => None,
    }
}
