//! Words for packets: the label on an arrow, the sentence for a row.

use contract::{Fact, Fate, Kind, PacketRow, Row, RowNo, What};

use super::{Names, faults, instant, notes, payload, visible};
use crate::layout::fit::{Piece, whole};

/// What stands on the arrow, in pieces that can be given up when room is short.
pub(crate) fn label(packet: &PacketRow) -> Vec<Piece> {
    let mut out = Vec::with_capacity(6);
    let name = packet.kind.name();
    out.push(Piece::Head(match packet.packet_id {
        Some(id) => format!("{name} {id}"),
        None => name.to_owned(),
    }));
    if matches!(packet.fate, Fate::Lost { .. }) {
        out.push(Piece::Mark("lost".into()));
    }
    if let Some(struck) = packet.fault {
        out.push(Piece::Mark(faults::mark(struck.fault).into()));
    }
    if packet.dup {
        out.push(Piece::Mark("DUP".into()));
    } else if packet.copy_of.is_some() {
        out.push(Piece::Mark("again".into()));
    }
    if let Some(qos) = packet.qos {
        out.push(Piece::Mark(format!("QoS {qos}")));
    }
    if let Some(topic) = &packet.topic {
        out.push(Piece::Topic(visible(topic)));
    }
    if packet.retain {
        out.push(Piece::Extra("retain".into()));
    }
    out.extend(packet.facts.iter().map(|f| Piece::Extra(fact(f))));
    out
}

/// A further fact on an arrow.
pub(crate) fn fact(fact: &Fact) -> String {
    let bit = |flag: &bool| u8::from(*flag);
    match fact {
        Fact::Version(version) => format!("v{}", visible(version)),
        Fact::CleanStart(flag) => format!("clean start {}", bit(flag)),
        Fact::SessionPresent(flag) => format!("session present {}", bit(flag)),
        Fact::ReceiveMaximum(most) => format!("receive max {most}"),
        Fact::KeepAlive(0) => "keep alive off".into(),
        Fact::KeepAlive(seconds) => format!("keep alive {seconds} s"),
        Fact::WillTopic(topic) => format!("will {}", visible(topic)),
        Fact::Reason(code, name) => format!("{} (0x{code:02x})", visible(name)),
        Fact::Granted(codes) => {
            let codes: Vec<String> = codes.iter().map(|code| granted(*code)).collect();
            format!("granted {}", codes.join(", "))
        }
        Fact::MoreFilters(more) => format!("+{more} more"),
        Fact::AskedQos(qos) => format!("QoS {qos}"),
    }
}

/// A packet in one line, without its way.
pub(crate) fn line(packet: &PacketRow) -> String {
    whole(&label(packet)).replace("  ", " ")
}

/// A row as a sentence: the text alternative of what the canvas draws.
pub(crate) fn sentence(row: &Row, names: Names<'_>) -> String {
    let mut out = match &row.what {
        What::Packet(packet) => {
            let device = names(row.device);
            let way = if packet.to_broker { format!("{device} to broker") } else { format!("broker to {device}") };
            let mut text = format!("{}, {way}: {}", instant(row.at), line(packet));
            if packet.kind == Kind::Publish {
                text.push_str(&format!(", payload {}", payload(packet.payload.as_deref(), packet.payload_len)));
            }
            text.push_str(match packet.fate {
                Fate::UnderWay => ", under way",
                Fate::Arrived { .. } => ", arrived",
                Fate::Lost { .. } => ", never arrived",
                Fate::Held { .. } => ", held on its link",
                Fate::Dropped { .. } => ", dropped on its link",
            });
            if let Some(struck) = packet.fault {
                text.push_str(&format!(", {}", faults::doing(struck.fault)));
            }
            text
        }
        What::Event if row.device == 0 => format!("{}, broker", instant(row.at)),
        What::Event => format!("{}, {}", instant(row.at), names(row.device)),
    };
    for note in &row.notes {
        out.push_str("; ");
        out.push_str(&notes::chip(note, names));
    }
    out
}

/// Where two futures begin to differ.
pub(crate) fn first_difference(row: RowNo) -> String {
    format!("The first row that differs is {}. Times and notes count, too.", row.saturating_add(1))
}

/// What a kind of packet is for, in a sentence.
pub(crate) fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Connect => "A client asks for a session.",
        Kind::Connack => "The broker answers the CONNECT.",
        Kind::Publish => "It carries an application message.",
        Kind::Puback => "It acknowledges a QoS 1 message; the exchange is complete.",
        Kind::Pubrec => "The receiver has taken over a QoS 2 message: first half of the exchange.",
        Kind::Pubrel => "The sender gives the packet identifier free: second half of the exchange.",
        Kind::Pubcomp => "The QoS 2 exchange is complete.",
        Kind::Subscribe => "The client asks for messages that match its filters.",
        Kind::Suback => "The broker grants or refuses each filter.",
        Kind::Unsubscribe => "The client gives up filters.",
        Kind::Unsuback => "The broker confirms it.",
        Kind::Pingreq => "The client shows that it is there.",
        Kind::Pingresp => "The broker shows that it is there.",
        Kind::Disconnect => "The connection ends in good order.",
        Kind::Auth => "A step of an extended authentication.",
        Kind::NotMqtt => "These bytes are no MQTT control packet.",
    }
}

/// The flags of a PUBLISH as the inspector writes them.
pub(crate) fn flags(packet: &PacketRow) -> Option<String> {
    let qos = packet.qos?;
    Some(format!("DUP {} · QoS {qos} · RETAIN {}", u8::from(packet.dup), u8::from(packet.retain)))
}

/// What became of a packet.
pub(crate) fn fate(row: &Row, packet: &PacketRow) -> String {
    match packet.fate {
        Fate::UnderWay => "under way".into(),
        Fate::Arrived { at } => format!("arrived at {} (+{})", instant(at), micros(at.saturating_sub(row.at))),
        Fate::Lost { at } => format!("lost at {}: its connection ended", instant(at)),
        Fate::Held { since } => format!("held since {}", instant(since)),
        Fate::Dropped { at } => format!("dropped at {}: the connection goes on", instant(at)),
    }
}

fn micros(length: u64) -> String {
    match length {
        0..=999 => format!("{length} µs"),
        1_000..=999_999 => format!("{}.{} ms", length / 1000, length % 1000 / 100),
        _ => super::span(length),
    }
}

fn granted(code: u8) -> String {
    if code <= 2 { format!("QoS {code}") } else { format!("refused 0x{code:02x}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Note;

    fn publish() -> PacketRow {
        PacketRow {
            to_broker: true,
            kind: Kind::Publish,
            packet_id: Some(7),
            qos: Some(2),
            dup: false,
            retain: false,
            topic: Some("car/Car001/lock".into()),
            facts: Vec::new(),
            payload: Some("lock".into()),
            payload_len: 4,
            len: 26,
            flow: None,
            message: None,
            copy_of: None,
            fault: None,
            fate: Fate::UnderWay,
        }
    }

    #[test]
    fn a_label_reads_as_on_the_ladder() {
        assert_eq!(whole(&label(&publish())), "PUBLISH 7  QoS 2  car/Car001/lock");
        let again = PacketRow { dup: true, retain: true, ..publish() };
        assert_eq!(whole(&label(&again)), "PUBLISH 7  DUP  QoS 2  car/Car001/lock  retain");
    }

    #[test]
    fn a_sentence_tells_what_is_drawn() {
        let row = Row { n: 3, step: 1, at: 1_204_000, device: 1, what: What::Packet(publish()), notes: vec![Note::IdKept(7)] };
        assert_eq!(
            sentence(&row, &|_| "phone".into()),
            "1.204 s, phone to broker: PUBLISH 7 QoS 2 car/Car001/lock, payload \"lock\", under way; keeps 7 until PUBREL"
        );
    }

    #[test]
    fn granted_and_refused_filters_differ() {
        assert_eq!(fact(&Fact::Granted(vec![1, 0x87])), "granted QoS 1, refused 0x87");
    }
}
