//! The vectors, one by one.

use std::collections::BTreeSet;

use mqtt::{Frame, KEYS, Packet, PropertyId, Version, dissect};

use crate::harness::rule::rule;
use crate::harness::{Shown, belongs, say};
use crate::{check, vectors};

#[test]
fn good_vectors_say_what_they_should_and_are_written_as_they_were_read() {
    let mut shown = Shown::default();
    for vector in vectors::good() {
        let canonical = check::any(&vector.bytes, vector.version)
            .unwrap_or_else(|fault| panic!("good.txt:{} in {}: {fault}", vector.line, vector.version));
        assert_eq!(canonical, vector.canonical, "good.txt:{} in {}", vector.line, vector.version);
        let fields = dissect(&vector.bytes, vector.version).fields;
        let mut rest = fields.iter();
        for (key, value) in &vector.says {
            let found = rest.any(|field| field.key == key && field.value.trim() == value);
            let said: Vec<_> = fields.iter().map(|field| (field.key, &field.value)).collect();
            assert!(found, "good.txt:{} in {} does not say {key}={value}: {said:?}", vector.line, vector.version);
        }
        shown.of_version(vector.version, &vector.rules);
    }
    shown.tell();
}

#[test]
fn bad_vectors_are_refused_for_their_reason_at_their_byte_by_their_rule() {
    let mut shown = Shown::default();
    for vector in vectors::bad() {
        let place = format!("bad.txt:{} in {}", vector.line, vector.version);
        let Err(fault) = check::any(&vector.bytes, vector.version) else { panic!("{place} was accepted") };
        assert_eq!(fault.reason() as u8, vector.reason, "{place}: {fault}");
        assert_eq!(fault.at(), vector.at, "{place}: {fault}");
        assert!(fault.to_string().contains(&vector.sentence), "{place}: {fault}");
        if let Some(rule) = &vector.rule {
            assert_eq!(fault.rule().unwrap_or("-"), rule, "{place}: {fault}");
        }
        shown.fault(&fault);
        shown.of_version(vector.version, &vector.rules);
    }
    shown.tell();
}

#[test]
fn every_rule_behind_a_vector_belongs_to_one_of_its_versions() {
    let good = vectors::good().into_iter().map(|vector| ("good.txt", vector.line, vector.version, vector.rules));
    let bad = vectors::bad().into_iter().map(|vector| ("bad.txt", vector.line, vector.version, vector.rules));
    let all: Vec<_> = good.chain(bad).collect();
    for (file, line, _, rules) in &all {
        for id in rules {
            let used = all.iter().any(|(other, at, version, _)| (other, at) == (file, line) && belongs(id, *version));
            assert!(used, "{file}:{line}: {id} is of no version of the line");
        }
    }
}

#[test]
fn there_are_two_thousand_vectors_and_no_two_are_the_same() {
    let (all, by_hand) = (vectors::all().len(), vectors::by_hand().len());
    say(&format!("{all} packet vectors (bytes and outcome in a version), {by_hand} of them by hand, the rest generated"));
    assert!(by_hand > 300 && all - by_hand > 2_000, "{all} vectors, {by_hand} by hand");
}

/// Where to cut so many bytes: everywhere, but in the middle of the few long ones, where one byte is like the next, only here and there.
pub(crate) fn cuts(len: usize) -> impl Iterator<Item = usize> {
    (0..len).filter(move |at| *at < 300 || len - *at < 20 || *at % 211 == 0)
}

#[test]
fn every_vector_cut_at_every_byte_is_refused_and_every_body_cut_shorter_is_judged_without_a_panic() {
    let mut judged = 0u64;
    for (version, bytes) in vectors::all() {
        let Ok(frame) = Frame::parse(&bytes) else { continue };
        for cut in cuts(bytes.len()) {
            assert!(check::any(&bytes[..cut], version).is_err(), "{:02X?}", &bytes[..cut]);
        }
        // The same with a Remaining Length that fits what is left, so that the cut goes through the fields.
        for cut in cuts(frame.body().len()) {
            let mut shorter = vec![frame.first()];
            shorter.extend(vectors::var_int(cut));
            shorter.extend(&frame.body()[..cut]);
            let _ = check::any(&shorter, version);
            judged += 2;
        }
    }
    say(&format!("{judged} truncations of the vectors"));
    assert!(judged > 50_000, "{judged} truncations");
}

#[test]
fn the_vectors_show_every_key_that_there_is() {
    let seen: BTreeSet<&str> =
        vectors::all().iter().flat_map(|(version, bytes)| dissect(bytes, *version).fields).map(|field| field.key).collect();
    let known: BTreeSet<&str> = KEYS.iter().copied().collect();
    assert_eq!(known.len(), KEYS.len(), "a key is there twice");
    assert_eq!(known.difference(&seen).collect::<Vec<_>>(), Vec::<&&str>::new(), "these keys never occur");
    assert!(PropertyId::ALL.iter().all(|id| known.contains(id.info().key)));
}

#[test]
fn lengths_at_the_borders_of_their_bytes() {
    rule!("D-shortest-length");
    rule!("MQTT-1.5.5-1");
    for len in [0, 126, 127, 128, 129, 16_382, 16_383, 16_384, 2_097_150, 2_097_151, 2_097_152] {
        // As Remaining Length, made up by the payload.
        let body = [&[0, 1, b'a', 0][..], &vec![b'x'; len]].concat();
        let bytes = [&[0x30][..], &vectors::var_int(body.len()), &body].concat();
        assert_eq!(check::any(&bytes, Version::V5).as_ref(), Ok(&bytes));
        let body = &body[..len.max(4)];
        let bytes = [&[0x30][..], &vectors::var_int(body.len()), body].concat();
        assert_eq!(check::any(&bytes, Version::V5).as_ref(), Ok(&bytes));
        // As Property Length, made up by User Properties of 5 to 65,539 bytes.
        let mut properties = Vec::new();
        while len - properties.len() >= 5 {
            let left = len - properties.len();
            let value = if left <= 65_540 { left - 5 } else { 60_000 };
            properties.extend([0x26, 0, 0]);
            properties.extend((value as u16).to_be_bytes());
            properties.resize(properties.len() + value, b'x');
        }
        let body = [&[0, 1, b'a'][..], &vectors::var_int(properties.len()), &properties].concat();
        let bytes = [&[0x30][..], &vectors::var_int(body.len()), &body].concat();
        assert_eq!(check::any(&bytes, Version::V5).as_ref(), Ok(&bytes));
        assert!(len < 5 || properties.len() == len);
    }
}

#[test]
fn what_the_encoder_cannot_say_it_leaves_out() {
    use mqtt::{Ack, Auth, Connack, PacketId, PacketType, Properties, Publish, QoS, ReasonCode, Suback, Text};
    let encoded = |packet: Packet<'_>, version| {
        let mut out = Vec::new();
        packet.encode(version, &mut out);
        assert_eq!(check::any(&out, version).is_ok(), !out.is_empty());
        out
    };
    let publish = Publish {
        dup: true,
        qos: QoS::ExactlyOnce,
        retain: false,
        topic: Text::new("t").unwrap(),
        packet_id: None,
        properties: Properties::EMPTY,
        payload: b"",
    };
    assert_eq!(encoded(Packet::Publish(publish), Version::V311), [0x30, 3, 0, 1, b't'], "no Packet Identifier, so QoS 0 and no DUP");
    let too_long = vec![0; 268_435_456];
    let mut out = vec![1];
    Packet::Publish(Publish { payload: &too_long, ..publish }).encode(Version::V5, &mut out);
    assert_eq!(out, [1], "longer than the protocol can say");
    let auth = Auth { reason: ReasonCode::Success, properties: Properties::EMPTY };
    assert_eq!(encoded(Packet::Auth(auth), Version::V311), []);
    let connack = Connack { session_present: true, reason: ReasonCode::PayloadFormatInvalid, properties: Properties::EMPTY };
    assert_eq!(encoded(Packet::Connack(connack), Version::V31), [0x20, 2, 0, 3]);
    let suback = Suback { packet_id: PacketId::FIRST, reasons: &[0x8F, 2], properties: Properties::EMPTY };
    assert_eq!(encoded(Packet::Suback(suback), Version::V311), [0x90, 4, 0, 1, 0x80, 2]);
    let mut out = Vec::new();
    Ack::success(PacketId::FIRST).encode(PacketType::Connect, Version::V5, &mut out);
    assert_eq!(out, [], "an acknowledgement is no CONNECT");
}
