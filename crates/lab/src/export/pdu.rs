//! A capture of the packets alone: link type 252, where tags in front of each say which dissector reads it and between whom it went.

use alloc::vec::Vec;

use super::moments::{self, Moment, Thing};
use super::pcapng::{Captured, Pcapng, addresses, port};
use super::{BROKER_PORT, Source};

const EXPORTED_PDU: u16 = 252;

pub(super) fn write(source: &Source<'_>) -> Vec<u8> {
    let mut file = Pcapng::new(EXPORTED_PDU);
    for moment in moments::of(source.trace) {
        match moment.thing {
            Thing::Leaves | Thing::Arrives(None) => packet(&mut file, source, &moment),
            Thing::Happens => event(&mut file, source, &moment),
            // A part of a packet is no PDU.
            Thing::Arrives(Some(_)) | Thing::Fails | Thing::Ends(..) => {}
        }
    }
    file.out
}

fn packet(file: &mut Pcapng, source: &Source<'_>, moment: &Moment<'_>) {
    let Some(packet) = &moment.record.packet else { return };
    let mut data = Vec::new();
    tag(&mut data, 12, if packet.bad { b"data" } else { b"mqtt" });
    let (mut addresses, mut ports) = (addresses(moment.side, moment.record.device), [port(packet.conn), BROKER_PORT]);
    if !packet.to_broker {
        addresses.reverse();
        ports.reverse();
    }
    let [[from, to], [from_port, to_port]] = [addresses.map(u32::from_be_bytes), ports.map(u32::from)];
    // Source, destination, that the ports are TCP's, source port, destination port.
    for (code, value) in [(20, from), (21, to), (24, 2), (25, from_port), (26, to_port)] {
        tag(&mut data, code, &value.to_be_bytes());
    }
    tag(&mut data, 0, &[]);
    let original = data.len().saturating_add(packet.len as usize);
    data.extend(moment.as_it_looked(packet, source.bytes(packet, moment.kept)));
    let inbound = Some(moment.thing != Thing::Leaves);
    let comment = moment.comment(source.trace);
    file.packet(&Captured { at: moment.at, side: moment.side, data: &data, original, inbound, comment: &comment });
}

/// What no packet brought about is a text between them.
fn event(file: &mut Pcapng, source: &Source<'_>, moment: &Moment<'_>) {
    let comment = moment.comment(source.trace);
    let mut data = Vec::new();
    tag(&mut data, 12, b"data-text-lines");
    tag(&mut data, 0, &[]);
    data.extend_from_slice(comment.as_bytes());
    file.packet(&Captured { at: moment.at, side: moment.side, data: &data, original: data.len(), inbound: None, comment: "" });
}

/// Tags are big endian, and padded within their length.
fn tag(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let padded = value.len().next_multiple_of(4);
    out.extend(code.to_be_bytes());
    out.extend((padded as u16).to_be_bytes());
    out.extend_from_slice(value);
    out.extend(core::iter::repeat_n(0, padded.saturating_sub(value.len())));
}
