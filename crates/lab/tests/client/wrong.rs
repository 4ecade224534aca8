//! A broker that does what it may not is left, and one of 5.0 is told why.

use contract::{DeviceSpec, Protocol};
use mqtt::{Packet, PacketType, Properties, QoS, ReasonCode, Subscribe, Subscription, SubscriptionOptions, Text};

use crate::hand::{Hand, answering, device, packet_id};
use crate::rule::rule;

#[test]
fn every_alias_up_to_the_maximum_is_taken_and_no_other() {
    rule!("MQTT-3.3.2-10");
    let spec = DeviceSpec { topic_alias_maximum: 5, ..answering(Protocol::V5) };
    let mut hand = Hand::running(spec.clone());
    for round in 0..2 {
        for alias in 1..=5 {
            // Each stands for its topic from the second time on.
            hand.message(&if round == 0 { format!("t/{alias}") } else { String::new() }, QoS::AtMostOnce, 0, alias);
            assert_eq!(hand.said(), [format!("PUBLISH q0 answer/t/{alias}")]);
        }
    }
    // An alias may get another topic.
    hand.message("t/1", QoS::AtMostOnce, 0, 5);
    hand.message("", QoS::AtMostOnce, 0, 5);
    assert_eq!(hand.said(), ["PUBLISH q0 answer/t/1", "PUBLISH q0 answer/t/1"]);
    hand.message("t/1", QoS::AtMostOnce, 0, 6);
    assert_eq!(hand.said(), ["DISCONNECT 0x94", "CLOSE"]);
    // Aliases end with their connection.
    hand.wait(60);
    hand.accept(true, &[]);
    hand.said();
    hand.message("", QoS::AtMostOnce, 0, 1);
    assert_eq!(hand.said(), ["DISCONNECT 0x82", "CLOSE"]);
    // A client that told no maximum takes none.
    let mut hand = Hand::running(answering(Protocol::V5));
    hand.message("t/1", QoS::AtMostOnce, 0, 1);
    assert_eq!(hand.said(), ["DISCONNECT 0x94", "CLOSE"]);
}

/// What the client says to bytes after CONNACK.
fn answer(spec: &DeviceSpec, bytes: &[u8]) -> Vec<String> {
    let mut hand = Hand::running(spec.clone());
    hand.publish("a", QoS::AtLeastOnce);
    hand.publish("b", QoS::ExactlyOnce);
    hand.said();
    hand.bytes(bytes);
    hand.said()
}

#[test]
fn each_wrong_has_its_code() {
    let five = DeviceSpec { receive_maximum: 1, maximum_packet_size: 64, ..device(Protocol::V5) };
    let three = device(Protocol::V311);
    let mut subscribe = Vec::new();
    let filters = vec![Subscription { filter: Text::new("t").expect("legal"), options: SubscriptionOptions::with_qos(QoS::AtMostOnce) }];
    let packet = Subscribe { packet_id: packet_id(1), filters, properties: Properties::EMPTY };
    Packet::Subscribe(packet).encode(mqtt::Version::V311, &mut subscribe);
    let large = [&[0x30, 63, 0, 1, b't', 0][..], &[0; 59]].concat();
    let two_of_qos_2 = [0x34, 6, 0, 1, b't', 0, 1, 0, 0x34, 6, 0, 1, b't', 0, 2, 0];
    let cases: &[(&str, &[u8], &str, bool)] = &[
        ("a second CONNACK", &[0x20, 3, 0, 0, 0], "0x82", false),
        ("PINGREQ", &[0xC0, 0], "0x82", true),
        ("a reserved packet type", &[0x00, 0], "0x81", true),
        ("SUBSCRIBE", &subscribe, "0x8", true),
        ("PUBACK for QoS 2", &[0x40, 2, 0, 2], "0x82", true),
        ("PUBREC for QoS 1", &[0x50, 2, 0, 1], "0x82", true),
        ("PUBCOMP before PUBREC", &[0x70, 2, 0, 2], "0x82", true),
        ("PUBCOMP for QoS 1", &[0x70, 2, 0, 1], "0x82", true),
        ("more than the Maximum Packet Size", &large, "0x95", false),
        ("more than the Receive Maximum", &two_of_qos_2, "0x93", false),
        ("AUTH without a method", &[0xF0, 0], "CLOSE", false),
        ("a length without end", &[0x30, 0xFF, 0xFF, 0xFF, 0xFF], "0x81", true),
    ];
    for (what, bytes, code, also_before) in cases {
        let said = answer(&five, bytes);
        assert_eq!(said.last().map(String::as_str), Some("CLOSE"), "{what}: {said:?}");
        assert!(said[said.len().saturating_sub(2)].contains(code), "{what}: {said:?}");
        if *also_before {
            // Before 5.0 there is no word for it: the client says nothing and goes.
            assert_eq!(answer(&three, bytes), ["CLOSE"], "{what}");
        }
    }
}

#[test]
fn what_may_come_late_is_no_wrong() {
    for (protocol, unknown) in [(Protocol::V311, "PUBREL 9"), (Protocol::V5, "PUBREL 9 0x92")] {
        let mut hand = Hand::running(device(protocol));
        for kind in [PacketType::Puback, PacketType::Pubcomp, PacketType::Pubrec] {
            hand.ack(kind, 9);
        }
        assert_eq!(hand.said(), [unknown], "nothing is known of it");
        hand.give(&Packet::Pingresp);
        assert_eq!(hand.said(), [""; 0]);
    }
    // A refusal ends an exchange and frees its place; it is not sent again.
    let mut hand = Hand::running(device(Protocol::V5));
    hand.publish("a", QoS::AtLeastOnce);
    hand.publish("b", QoS::ExactlyOnce);
    hand.ack_saying(PacketType::Puback, 1, ReasonCode::NotAuthorized);
    hand.ack_saying(PacketType::Pubrec, 2, ReasonCode::QuotaExceeded);
    hand.lose();
    hand.accept(true, &[]);
    assert_eq!(hand.said(), ["CONNECT"]);
}

#[test]
fn nothing_comes_before_connack() {
    for protocol in [Protocol::V311, Protocol::V5] {
        for bytes in [&[0xD0, 0][..], &[0x40, 2, 0, 1]] {
            let mut hand = Hand::asking(device(protocol));
            hand.bytes(bytes);
            assert_eq!(hand.said(), ["CONNECT", "CLOSE"]);
        }
    }
}

#[test]
fn a_client_that_is_refused_or_told_to_go_goes_and_tries_again() {
    let mut hand = Hand::asking(device(Protocol::V311));
    hand.bytes(&[0x20, 2, 0, 3]);
    assert_eq!(hand.said(), ["CONNECT", "CLOSE"]);
    // The pauses grow: 1, 2, 4 … 32 seconds.
    for pause in [1, 2, 4, 8, 16, 32, 32] {
        let before = hand.now;
        hand.wait(60);
        assert_eq!(hand.now.since(before), pause * crate::hand::SECOND);
        hand.bytes(&[0x20, 2, 0, 3]);
        assert_eq!(hand.said(), ["CONNECT", "CLOSE"]);
    }
    let mut hand = Hand::running(device(Protocol::V5));
    hand.bytes(&[0xE0, 1, 0x8B]);
    assert_eq!(hand.said(), ["CLOSE"], "nothing is sent after the broker's DISCONNECT");
}
