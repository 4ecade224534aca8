//! A capture with TCP/IP around the packets, as if each connection had been a socket: link type 101, so that a stream can be followed.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use broker::ConnId;
use contract::DeviceId;

use super::moments::{self, End, Moment, Side, Thing};
use super::pcapng::{Captured, Pcapng, addresses, port};
use super::{BROKER_PORT, Source};

const RAW_IP: u16 = 101;
/// Bytes in one segment; an IP packet holds 65,535.
const SEGMENT: usize = 60_000;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// A connection at a side: next sequence numbers of the device and of the broker.
#[derive(Default)]
struct Stream {
    next: [u32; 2],
    closed: bool,
}

/// A segment's way.
#[derive(Clone, Copy)]
struct Way {
    at: u64,
    side: Side,
    device: DeviceId,
    conn: ConnId,
    to_broker: bool,
}

struct Writer {
    file: Pcapng,
    streams: BTreeMap<(Side, ConnId), Stream>,
}

pub(super) fn write(source: &Source<'_>) -> Vec<u8> {
    let mut writer = Writer { file: Pcapng::new(RAW_IP), streams: BTreeMap::new() };
    let mut pending = String::new();
    for moment in moments::of(source.trace) {
        match moment.thing {
            Thing::Leaves | Thing::Arrives(_) => writer.packet(source, &moment, &mut pending),
            Thing::Ends(conn, device, how) => writer.end(&moment, conn, device, how),
            // It has no segment of its own: the next one at this side tells it.
            Thing::Happens => {
                if !pending.is_empty() {
                    pending.push('\n');
                }
                pending.push_str("before: ");
                pending.push_str(&moment.comment(source.trace));
            }
            Thing::Fails => {}
        }
    }
    writer.file.out
}

impl Writer {
    fn packet(&mut self, source: &Source<'_>, moment: &Moment<'_>, pending: &mut String) {
        let Some(packet) = &moment.record.packet else { return };
        let way = Way { at: moment.at, side: moment.side, device: moment.record.device, conn: packet.conn, to_broker: packet.to_broker };
        self.open(way);
        let mut comment = if moment.side == Side::Broker { core::mem::take(pending) } else { String::new() };
        let own = moment.comment(source.trace);
        if !comment.is_empty() && !own.is_empty() {
            comment.push('\n');
        }
        comment.push_str(&own);
        let bytes = moment.as_it_looked(packet, source.bytes(packet, moment.kept));
        let whole = if let Thing::Arrives(Some(part)) = moment.thing { part as usize } else { packet.len as usize };
        let (mut at, mut rest) = (0usize, bytes.as_slice());
        while at < whole {
            let length = whole.saturating_sub(at).min(SEGMENT);
            let (now, later) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            self.segment(way, PSH | ACK, (now, length), &core::mem::take(&mut comment));
            (at, rest) = (at.saturating_add(length), later);
        }
    }

    /// The three segments with which a connection begins, before the first packet that is seen of it.
    fn open(&mut self, way: Way) {
        if self.streams.contains_key(&(way.side, way.conn)) {
            return;
        }
        self.streams.insert((way.side, way.conn), Stream::default());
        let (device, broker) = (Way { to_broker: true, ..way }, Way { to_broker: false, ..way });
        self.segment(device, SYN, (&[], 0), "");
        self.segment(broker, SYN | ACK, (&[], 0), "");
        self.segment(device, ACK, (&[], 0), "");
    }

    fn end(&mut self, moment: &Moment<'_>, conn: ConnId, device: DeviceId, how: End) {
        let Some(stream) = self.streams.get_mut(&(moment.side, conn)) else { return };
        if core::mem::replace(&mut stream.closed, true) {
            return;
        }
        let from = |device_sends| Way { at: moment.at, side: moment.side, device, conn, to_broker: device_sends };
        let first = how == End::ByDevice;
        match how {
            // What breaks a connection says so to both its ends, in the name of the other.
            End::Broken => self.segment(from(moment.side == Side::Broker), RST | ACK, (&[], 0), "the connection was cut"),
            End::ByDevice | End::ByBroker => {
                self.segment(from(first), FIN | ACK, (&[], 0), "");
                self.segment(from(!first), FIN | ACK, (&[], 0), "");
                self.segment(from(first), ACK, (&[], 0), "");
            }
        }
    }

    /// One segment: the bytes that are there, and how many there were.
    fn segment(&mut self, way: Way, flags: u8, (bytes, length): (&[u8], usize), comment: &str) {
        let Some(stream) = self.streams.get_mut(&(way.side, way.conn)) else { return };
        let [device, broker] = &mut stream.next;
        let (mine, theirs) = if way.to_broker { (device, broker) } else { (broker, device) };
        let (sequence, acknowledged) = (*mine, if flags & ACK != 0 { *theirs } else { 0 });
        let counted = length.saturating_add(usize::from(flags & (SYN | FIN) != 0));
        *mine = mine.wrapping_add(counted as u32);
        let mut ends = addresses(way.side, way.device);
        let mut ports = [port(way.conn), BROKER_PORT];
        if !way.to_broker {
            ends.reverse();
            ports.reverse();
        }
        let mut tcp = Vec::with_capacity(bytes.len().saturating_add(20));
        ports.into_iter().for_each(|port| tcp.extend(port.to_be_bytes()));
        tcp.extend(sequence.to_be_bytes());
        tcp.extend(acknowledged.to_be_bytes());
        // A header of five words, a window that never closes.
        tcp.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        tcp.extend_from_slice(bytes);
        let [high, low] = (length.saturating_add(40).min(usize::from(u16::MAX)) as u16).to_be_bytes();
        // Version and length of the header, no service, no fragments, 64 hops, TCP.
        let mut data = Vec::from([0x45, 0, high, low, 0, 0, 0x40, 0, 64, 6, 0, 0]);
        ends.into_iter().for_each(|end| data.extend(end));
        set_sum(&mut data, 10, 0);
        if bytes.len() == length {
            // The sum goes over both addresses, the protocol and the length too.
            let pseudo = sum(ends.as_flattened()).saturating_add(6).saturating_add(tcp.len() as u32);
            set_sum(&mut tcp, 16, pseudo);
        }
        data.append(&mut tcp);
        let inbound = Some(way.to_broker == (way.side == Side::Broker));
        self.file.packet(&Captured { at: way.at, side: way.side, data: &data, original: length.saturating_add(40), inbound, comment });
    }
}

fn sum(bytes: &[u8]) -> u32 {
    let of = |(n, byte): (usize, &u8)| if n % 2 == 0 { u32::from(*byte) << 8 } else { u32::from(*byte) };
    bytes.iter().enumerate().map(of).fold(0, u32::saturating_add)
}

/// Writes the Internet checksum over all bytes and `more` to this place, where zeros stand.
fn set_sum(bytes: &mut [u8], at: usize, more: u32) {
    let mut total = sum(bytes).saturating_add(more);
    while total > 0xFFFF {
        total = (total & 0xFFFF).saturating_add(total >> 16);
    }
    if let Some(place) = bytes.get_mut(at..at.saturating_add(2)) {
        place.iter_mut().zip((!(total as u16)).to_be_bytes()).for_each(|(place, byte)| *place = byte);
    }
}
