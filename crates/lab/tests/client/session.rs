//! The client's side of a session: what it keeps, what it drops, which Packet Identifiers it uses.

use contract::{DeviceSpec, Protocol};
use lab::client::Input;
use mqtt::{PacketType, QoS};

use crate::hand::{Hand, answering, device};
use crate::rule::rule;

const KEEPING: [Protocol; 3] = [Protocol::V31, Protocol::V311, Protocol::V5];

#[test]
fn a_session_that_the_client_does_not_know_is_refused() {
    rule!("MQTT-3.2.2-4");
    let mut hand = Hand::asking(device(Protocol::V5));
    hand.accept(true, &[]);
    assert_eq!(hand.said(), ["CONNECT", "CLOSE"]);
    hand.wait(60);
    assert_eq!(hand.said(), ["CONNECT clean"], "it asks for a new one");
    hand.accept(false, &[]);
    // From now on it has one.
    hand.lose();
    hand.accept(true, &[]);
    assert_eq!(hand.said(), ["CONNECT"]);
    assert!(!hand.client.is_away());
    // A session after Clean Start is nobody's.
    let mut hand = Hand::asking(DeviceSpec { clean_start: true, ..device(Protocol::V5) });
    hand.accept(true, &[]);
    assert_eq!(hand.said(), ["CONNECT clean", "CLOSE"]);
}

#[test]
fn a_session_that_the_broker_does_not_know_is_dropped() {
    rule!("MQTT-3.2.2-5");
    for protocol in [Protocol::V311, Protocol::V5] {
        for kept in [true, false] {
            let mut hand = Hand::running(answering(protocol));
            hand.publish("a", QoS::AtLeastOnce);
            hand.publish("b", QoS::ExactlyOnce);
            hand.publish("c", QoS::ExactlyOnce);
            assert_eq!(hand.said(), ["PUBLISH 2 q1 a", "PUBLISH 3 q2 b", "PUBLISH 4 q2 c"]);
            hand.ack(PacketType::Pubrec, 4);
            hand.message("t/1", QoS::ExactlyOnce, 9, 0);
            hand.lose();
            hand.accept(kept, &[]);
            let said = hand.said();
            if kept {
                assert_eq!(said, ["CONNECT", "PUBREL 4", "PUBLISH 2 q1 dup a", "PUBLISH 3 q2 dup b"]);
            } else {
                assert_eq!(said, ["CONNECT", "GAVE UP", "GAVE UP", "GAVE UP", "SUBSCRIBE"]);
            }
            // The same for what was being received: identifier 9 is known, or means a new message.
            hand.message("t/1", QoS::ExactlyOnce, 9, 0);
            let said = hand.said();
            assert_eq!(said.contains(&"PUBLISH q0 answer/t/1".into()), !kept, "{said:?}");
            assert_eq!(said[0], "PUBREC 9");
        }
    }
}

#[test]
fn identifiers_in_use_are_not_given_again() {
    rule!("MQTT311-2.3.1-2");
    for protocol in KEEPING {
        let mut hand = Hand::running(device(protocol));
        hand.publish("stuck", QoS::AtLeastOnce);
        hand.publish("stuck", QoS::ExactlyOnce);
        hand.ack(PacketType::Pubrec, 2);
        assert_eq!(hand.said(), ["PUBLISH 1 q1 stuck", "PUBLISH 2 q2 stuck", "PUBREL 2"]);
        // Once round all identifiers: 3 to 65,535.
        for id in 3..=u16::MAX {
            hand.publish("t", QoS::AtLeastOnce);
            hand.ack(PacketType::Puback, id);
        }
        assert_eq!(hand.said().len(), 65_533);
        hand.publish("t", QoS::AtLeastOnce);
        assert_eq!(hand.said(), ["PUBLISH 3 q1 t"], "1 and 2 are in use");
    }
}

#[test]
fn what_is_sent_again_keeps_its_identifier_until_the_last_answer() {
    rule!("MQTT311-2.3.1-3", "MQTT-4.4.0-1");
    for protocol in KEEPING {
        let mut hand = Hand::running(device(protocol));
        hand.publish("a", QoS::AtLeastOnce);
        hand.publish("b", QoS::ExactlyOnce);
        for _ in 0..3 {
            hand.lose();
            hand.accept(protocol != Protocol::V31, &[]);
            assert_eq!(hand.said(), ["CONNECT", "PUBLISH 1 q1 dup a", "PUBLISH 2 q2 dup b"]);
            // On a live connection nothing is sent again, however long it takes.
            hand.wait(3_600);
            assert_eq!(hand.said(), [""; 0]);
        }
        hand.ack(PacketType::Pubrec, 2);
        hand.lose();
        hand.accept(protocol != Protocol::V31, &[]);
        assert_eq!(hand.said(), ["CONNECT", "PUBREL 2", "PUBLISH 1 q1 dup a"], "no PUBLISH after PUBREC");
        hand.ack(PacketType::Pubcomp, 2);
        hand.ack(PacketType::Puback, 1);
        hand.lose();
        hand.accept(protocol != Protocol::V31, &[]);
        assert_eq!(hand.said(), ["CONNECT"], "nothing is owed");
    }
}

#[test]
fn after_disconnect_comes_nothing_but_the_close() {
    rule!("MQTT311-3.14.4-1");
    for protocol in KEEPING {
        let mut hand = Hand::running(DeviceSpec { keep_alive: 10, ..answering(protocol) });
        hand.put(Input::Disconnect);
        assert_eq!(hand.said(), ["DISCONNECT 0x00", "CLOSE"]);
        assert!(hand.client.is_away());
        hand.message("t/1", QoS::AtLeastOnce, 1, 0);
        hand.publish("t", QoS::AtLeastOnce);
        hand.wait(3_600);
        assert_eq!(hand.said(), ["GAVE UP"], "it does not come back by itself");
    }
}

/// The same while the transport is still closing.
#[test]
fn nothing_is_sent_while_it_closes() {
    rule!("MQTT311-3.14.4-1");
    let mut client = lab::client::Client::new(DeviceSpec { keep_alive: 10, ..answering(Protocol::V311) }, 10);
    let mut out = Vec::new();
    for input in [Input::Connect, Input::Opened] {
        client.handle(broker::Instant::ZERO, input, &mut out);
    }
    let connack = mqtt::Frame::parse(&[0x20, 2, 0, 0]).expect("a CONNACK");
    client.handle(broker::Instant::ZERO, Input::Frame(connack), &mut out);
    client.handle(broker::Instant::ZERO, Input::Disconnect, &mut out);
    out.clear();
    let publish = [0x32, 8, 0, 3, b't', b'/', b'1', 0, 1, b'x'];
    client.handle(broker::Instant::ZERO, Input::Frame(mqtt::Frame::parse(&publish).expect("a PUBLISH")), &mut out);
    client.handle(broker::Instant::from_micros(3_600_000_000), Input::Wake, &mut out);
    client.handle(broker::Instant::ZERO, Input::Disconnect, &mut out);
    assert_eq!(out, []);
}
