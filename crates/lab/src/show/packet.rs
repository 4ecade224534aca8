//! A kept packet as a row of the ladder, and taken apart for the inspector.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use contract::{ByteField, Fact, Kind, PacketRow, PacketView, Row, RowNo, Step, What};
use mqtt::{Frame, Packet, PacketType, ReasonCode};

use super::{note, preview};
use crate::kind::kind_of;
use crate::trace::{PacketRecord, Record, Trace};

/// Rows of a flow that the inspector names.
const MOST_IN_FLOW: usize = 50;
/// Rows before and after it that are searched for them.
const NEAR: u64 = 5_000;

/// A row, or `None` when it is no longer kept.
pub(crate) fn row(trace: &Trace, n: RowNo) -> Option<Row> {
    of(trace, n, trace.get(n)?)
}

/// A row as it was after this step.
pub(crate) fn row_then(trace: &Trace, n: RowNo, step: Step) -> Option<Row> {
    let mut record = trace.get(n)?.clone();
    if record.done > step {
        record.reopen();
    }
    of(trace, n, &record)
}

fn of(trace: &Trace, n: RowNo, record: &Record) -> Option<Row> {
    let what = match &record.packet {
        Some(packet) => What::Packet(packet_row(packet, &trace.bytes(packet))),
        None => What::Event,
    };
    let notes = trace.facts(record).filter_map(|(device, fact)| note::note(*device, fact)).collect();
    Some(Row { n, step: record.step, at: record.at.micros(), device: record.device, what, notes })
}

/// The packet of a row taken apart.
pub(crate) fn packet_view(trace: &Trace, n: RowNo) -> Option<PacketView> {
    let record = trace.get(n)?;
    let packet = record.packet.as_ref()?;
    let bytes = trace.bytes(packet);
    let dissection = mqtt::dissect(&bytes, packet.version);
    let field = |field: mqtt::Field| ByteField {
        start: u32::try_from(field.start).unwrap_or(u32::MAX),
        end: u32::try_from(field.end).unwrap_or(u32::MAX),
        depth: field.depth,
        key: String::from(field.key),
        value: field.value,
    };
    // What was cut for keeping is no fault of the packet.
    let whole = bytes.len() == packet.len as usize;
    Some(PacketView {
        row: row(trace, n)?,
        fields: dissection.fields.into_iter().map(field).collect(),
        fault: dissection.fault.filter(|_| whole).map(|fault| fault.to_string()),
        flow: flow(trace, n, record),
        bytes,
    })
}

fn flow(trace: &Trace, n: RowNo, record: &Record) -> Vec<(RowNo, Kind)> {
    let Some(no) = record.packet.as_ref().and_then(|packet| packet.flow) else { return Vec::new() };
    let (first, end) = trace.range();
    (n.saturating_sub(NEAR).max(first)..n.saturating_add(NEAR).min(end))
        .filter_map(|n| {
            let packet = trace.get(n)?.packet.as_ref().filter(|packet| packet.flow == Some(no))?;
            Some((n, kind_of(trace.bytes(packet).first().copied()?)))
        })
        .take(MOST_IN_FLOW)
        .collect()
}

fn packet_row(record: &PacketRecord, bytes: &[u8]) -> PacketRow {
    let mut row = PacketRow {
        to_broker: record.to_broker,
        kind: Kind::NotMqtt,
        packet_id: None,
        qos: None,
        dup: false,
        retain: false,
        topic: None,
        facts: Vec::new(),
        payload: None,
        payload_len: 0,
        len: record.len,
        flow: record.flow,
        message: (record.message > 0).then_some(record.message),
        copy_of: record.copy_of,
        fault: record.fault,
        fate: record.fate,
    };
    if record.bad {
        return row;
    }
    row.kind = bytes.first().map_or(Kind::NotMqtt, |&first| kind_of(first));
    let whole = bytes.len() == record.len as usize;
    if let Some(packet) = Frame::parse(bytes).ok().and_then(|frame| Packet::decode(frame, record.version).ok()) {
        fill(&mut row, &packet, record.version);
    } else if !whole && row.kind == Kind::Publish {
        fill_cut(&mut row, bytes, record.version);
    }
    row
}

/// A PUBLISH whose payload was cut for keeping: its beginning is all there.
fn fill_cut(row: &mut PacketRow, bytes: &[u8], version: mqtt::Version) {
    // The first byte, the bytes of the Remaining Length that say "more follows", and its last one.
    let header = bytes.iter().skip(1).take(4).take_while(|byte| *byte & 0x80 != 0).count().saturating_add(2);
    let Some((&first, body)) = bytes.first().zip(bytes.get(header..)) else { return };
    // The same packet with the payload ending where the kept bytes end.
    let mut shorter = alloc::vec![first];
    let mut left = body.len();
    loop {
        let low = (left & 0x7F) as u8;
        left >>= 7;
        shorter.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            break;
        }
    }
    shorter.extend_from_slice(body);
    if let Some(packet) = Frame::parse(&shorter).ok().and_then(|frame| Packet::decode(frame, version).ok()) {
        fill(row, &packet, version);
        if let Packet::Publish(publish) = &packet {
            let missing = (row.len as usize).saturating_sub(bytes.len());
            row.payload = preview(publish.payload, false);
            row.payload_len = u32::try_from(publish.payload.len().saturating_add(missing)).unwrap_or(u32::MAX);
        }
    }
}

fn fill(row: &mut PacketRow, packet: &Packet<'_>, version: mqtt::Version) {
    match packet {
        Packet::Connect(connect) => {
            row.facts.push(Fact::Version(String::from(connect.version.name())));
            row.facts.push(Fact::CleanStart(connect.clean_start));
            if let Some(will) = &connect.will {
                row.facts.push(Fact::WillTopic(String::from(will.topic.as_str())));
            }
            if let Some(maximum) = connect.properties.receive_maximum() {
                row.facts.push(Fact::ReceiveMaximum(maximum));
            }
            row.facts.push(Fact::KeepAlive(connect.keep_alive));
        }
        Packet::Connack(connack) => {
            if connack.reason.is_error() {
                row.facts.push(reason(connack.reason, PacketType::Connack));
            } else if version != mqtt::Version::V31 {
                row.facts.push(Fact::SessionPresent(connack.session_present));
            }
        }
        Packet::Publish(publish) => {
            row.packet_id = publish.packet_id.map(|id| id.get());
            row.qos = Some(publish.qos as u8);
            (row.dup, row.retain) = (publish.dup, publish.retain);
            row.topic = Some(String::from(publish.topic.as_str()));
            row.payload = preview(publish.payload, true);
            row.payload_len = u32::try_from(publish.payload.len()).unwrap_or(u32::MAX);
        }
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
            row.packet_id = Some(ack.packet_id.get());
            if ack.reason != ReasonCode::Success {
                row.facts.push(reason(ack.reason, packet.kind()));
            }
        }
        Packet::Subscribe(subscribe) => {
            row.packet_id = Some(subscribe.packet_id.get());
            if let Some(first) = subscribe.filters.first() {
                row.topic = Some(String::from(first.filter.as_str()));
                row.facts.push(Fact::AskedQos(first.options.qos as u8));
            }
            more_filters(row, subscribe.filters.len());
        }
        Packet::Unsubscribe(unsubscribe) => {
            row.packet_id = Some(unsubscribe.packet_id.get());
            row.topic = unsubscribe.filters.first().map(|filter| String::from(filter.as_str()));
            more_filters(row, unsubscribe.filters.len());
        }
        Packet::Suback(suback) => {
            row.packet_id = Some(suback.packet_id.get());
            row.facts.push(Fact::Granted(suback.reasons.iter().copied().take(16).collect()));
        }
        Packet::Unsuback(unsuback) => {
            row.packet_id = Some(unsuback.packet_id.get());
            if let Some(bad) =
                unsuback.reasons.iter().filter_map(|&code| ReasonCode::from_u8(code)).find(|code| *code != ReasonCode::Success)
            {
                row.facts.push(reason(bad, PacketType::Unsuback));
            }
        }
        Packet::Disconnect(disconnect) => {
            if disconnect.reason != ReasonCode::Success {
                row.facts.push(reason(disconnect.reason, PacketType::Disconnect));
            }
        }
        Packet::Auth(auth) => row.facts.push(reason(auth.reason, PacketType::Auth)),
        Packet::Pingreq | Packet::Pingresp => {}
    }
}

fn more_filters(row: &mut PacketRow, count: usize) {
    if count > 1 {
        row.facts.push(Fact::MoreFilters(u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX)));
    }
}

fn reason(code: ReasonCode, packet: PacketType) -> Fact {
    Fact::Reason(code as u8, String::from(code.name_in(packet)))
}
