//! Orders: of what is sent again, of acknowledgements, of the bytes of a stream.

use contract::Protocol;
use mqtt::{PacketType, QoS};

use crate::hand::{Hand, answering, device};
use crate::rule::rule;

const ALL: [Protocol; 3] = [Protocol::V31, Protocol::V311, Protocol::V5];

#[test]
fn messages_are_sent_again_in_their_order() {
    rule!("MQTT-4.6.0-1", "MQTT311-4.6.0-1");
    for protocol in ALL {
        let mut hand = Hand::running(device(protocol));
        (1..=6).for_each(|n| hand.publish(&format!("t/{n}"), if n % 2 == 0 { QoS::AtLeastOnce } else { QoS::ExactlyOnce }));
        // The third is acknowledged before the others: the rest keeps its order, and what is new comes after it.
        hand.ack(PacketType::Puback, 4);
        hand.put(lab::client::Input::Closed);
        hand.publish("t/7", QoS::AtLeastOnce);
        hand.said();
        hand.wait(60);
        hand.accept(protocol != Protocol::V31, &[]);
        let said = hand.said();
        let expected = ["CONNECT", "PUBLISH 1 q2 dup t/1", "PUBLISH 2 q1 dup t/2", "PUBLISH 3 q2 dup t/3", "PUBLISH 5 q2 dup t/5"];
        assert_eq!(said[..5], expected);
        assert_eq!(said[5..], ["PUBLISH 6 q1 dup t/6", "PUBLISH 7 q1 t/7"]);
    }
}

#[test]
fn every_message_is_acknowledged_in_its_order_wanted_or_not() {
    rule!("MQTT-4.5.0-2", "MQTT311-4.5.0-2", "MQTT-4.6.0-2", "MQTT-4.6.0-3", "MQTT311-4.6.0-2", "MQTT311-4.6.0-3");
    for protocol in ALL {
        // It has subscribed to nothing.
        let mut hand = Hand::running(device(protocol));
        let ids: Vec<u16> = (0..10).map(|n| 500 - 7 * n).collect();
        ids.iter().for_each(|&id| hand.message("nobody/wants/this", QoS::AtLeastOnce, id, 0));
        assert_eq!(hand.said(), ids.iter().map(|id| format!("PUBACK {id}")).collect::<Vec<_>>());
        ids.iter().for_each(|&id| hand.message("nobody/wants/this", QoS::ExactlyOnce, id, 0));
        assert_eq!(hand.said(), ids.iter().map(|id| format!("PUBREC {id}")).collect::<Vec<_>>());
        hand.message("nobody/wants/this", QoS::AtMostOnce, 0, 0);
        assert_eq!(hand.said(), [""; 0]);
        // What comes twice is acknowledged twice, and PUBREL is answered whether the identifier is known or not.
        hand.message("nobody/wants/this", QoS::ExactlyOnce, 500, 0);
        hand.ack(PacketType::Pubrel, 500);
        hand.ack(PacketType::Pubrel, 500);
        let unknown = if protocol == Protocol::V5 { "PUBCOMP 500 0x92" } else { "PUBCOMP 500" };
        assert_eq!(hand.said(), ["PUBREC 500", "PUBCOMP 500", unknown]);
    }
}

#[test]
fn pubrels_follow_the_pubrecs() {
    rule!("MQTT-4.6.0-4", "MQTT311-4.6.0-4");
    for protocol in ALL {
        let mut hand = Hand::running(device(protocol));
        (0..4).for_each(|_| hand.publish("t", QoS::ExactlyOnce));
        hand.said();
        [3, 1, 2].iter().for_each(|&id| hand.ack(PacketType::Pubrec, id));
        assert_eq!(hand.said(), ["PUBREL 3", "PUBREL 1", "PUBREL 2"]);
        hand.lose();
        hand.accept(protocol != Protocol::V31, &[]);
        let said = hand.said();
        assert_eq!(said, ["CONNECT", "PUBREL 3", "PUBREL 1", "PUBREL 2", "PUBLISH 4 q2 dup t"], "also when sent again");
    }
}

#[test]
fn a_qos_2_message_reaches_the_application_once() {
    rule!("MQTT-4.3.3-10");
    for protocol in ALL {
        let mut hand = Hand::running(answering(protocol));
        hand.message("t/1", QoS::ExactlyOnce, 5, 0);
        hand.message("t/1", QoS::ExactlyOnce, 5, 0);
        assert_eq!(hand.said(), ["PUBREC 5", "PUBLISH q0 answer/t/1", "PUBREC 5"]);
        hand.lose();
        hand.accept(protocol != Protocol::V31, &[]);
        hand.message("t/1", QoS::ExactlyOnce, 5, 0);
        hand.ack(PacketType::Pubrel, 5);
        let said = hand.said();
        assert_eq!(said.iter().filter(|line| *line == "PUBREC 5").count(), 1, "since the new connection: {said:?}");
        assert!(!said.contains(&"PUBLISH q0 answer/t/1".into()), "{said:?}");
        // After PUBREL the identifier means another message.
        hand.message("t/1", QoS::ExactlyOnce, 5, 0);
        assert_eq!(hand.said(), ["PUBREC 5", "PUBLISH q0 answer/t/1"]);
    }
}

/// The transport is a stream of bytes: where it is cut into pieces says nothing.
#[test]
fn a_stream_means_the_same_in_any_pieces() {
    rule!("MQTT311-7.1.2-1");
    for protocol in ALL {
        let run = |piece: usize| {
            let mut stream = Vec::new();
            let mut hand = Hand::asking(answering(protocol));
            let version = hand.version();
            let connack: &[u8] = if protocol == Protocol::V5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] };
            stream.extend_from_slice(connack);
            for (n, qos) in [(1u16, QoS::AtMostOnce), (2, QoS::AtLeastOnce), (3, QoS::ExactlyOnce)] {
                let topic = format!("t/{n}");
                let topic = mqtt::Text::new(&topic).expect("legal");
                let packet_id = (n > 1).then(|| crate::hand::packet_id(n));
                let payload = vec![b'p'; 200];
                let publish = mqtt::Publish {
                    dup: false,
                    qos,
                    retain: false,
                    topic,
                    packet_id,
                    properties: mqtt::Properties::EMPTY,
                    payload: &payload,
                };
                publish.encode(version, &mut stream);
            }
            mqtt::Ack::success(crate::hand::packet_id(3)).encode(PacketType::Pubrel, version, &mut stream);
            stream.chunks(piece).for_each(|bytes| hand.bytes(bytes));
            hand.said()
        };
        let whole = run(usize::MAX);
        let expected = ["PUBLISH q0 answer/t/1", "PUBACK 2", "PUBLISH q0 answer/t/2", "PUBREC 3", "PUBLISH q0 answer/t/3", "PUBCOMP 3"];
        assert_eq!(whole[whole.len() - 6..], expected);
        (1..=64).for_each(|piece| assert_eq!(run(piece), whole, "in pieces of {piece}"));
    }
}
