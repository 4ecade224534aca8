//! What CONNACK grants is kept to.

use contract::{DeviceSpec, Protocol};
use mqtt::{Packet, PacketType, Property, QoS};

use crate::hand::{Hand, SECOND, device};
use crate::rule::rule;

/// Longest silence of a client that is idle for a minute and whose PINGREQs are answered, in seconds, and how often it spoke.
fn silence(spec: DeviceSpec, with: &[Property<'_>]) -> (u64, usize) {
    let mut hand = Hand::asking(spec);
    hand.accept(false, with);
    hand.sent.clear();
    let begin = hand.now;
    for _ in 0..60 {
        hand.wait(1);
        if hand.said().iter().any(|line| line == "PINGREQ") {
            hand.give(&Packet::Pingresp);
        }
    }
    let mut last = begin;
    let mut longest = 0;
    for (at, _) in &hand.sent {
        longest = longest.max(at.since(last));
        last = *at;
    }
    (longest.max(hand.now.since(last)) / SECOND, hand.sent.len())
}

#[test]
fn an_idle_client_says_that_it_lives() {
    rule!("MQTT-3.1.2-20", "MQTT311-3.1.2-23");
    for protocol in [Protocol::V31, Protocol::V311, Protocol::V5] {
        let spec = |keep_alive| DeviceSpec { keep_alive, ..device(protocol) };
        assert_eq!(silence(spec(2), &[]), (2, 30));
        assert_eq!(silence(spec(25), &[]), (25, 2));
        assert_eq!(silence(spec(0), &[]), (60, 0), "0 is off");
    }
}

#[test]
fn a_client_that_is_busy_needs_no_pingreq() {
    let mut hand = Hand::running(DeviceSpec { keep_alive: 10, ..device(Protocol::V5) });
    for _ in 0..10 {
        hand.wait(8);
        hand.publish("t", QoS::AtMostOnce);
    }
    assert!(hand.said().iter().all(|line| line == "PUBLISH q0 t"));
}

#[test]
fn a_broker_that_does_not_answer_pingreq_is_left() {
    let mut hand = Hand::running(DeviceSpec { keep_alive: 10, ..device(Protocol::V311) });
    hand.wait(20);
    assert_eq!(hand.said(), ["PINGREQ", "CLOSE"]);
    hand.wait(60);
    assert_eq!(hand.said(), ["CONNECT"], "and tried again");
}

#[test]
fn the_servers_keep_alive_is_the_one_that_counts() {
    rule!("MQTT-3.1.2-21", "MQTT-3.2.2-21");
    let spec = |keep_alive| DeviceSpec { keep_alive, ..device(Protocol::V5) };
    assert_eq!(silence(spec(60), &[Property::ServerKeepAlive(5)]), (5, 12), "shorter");
    assert_eq!(silence(spec(5), &[Property::ServerKeepAlive(20)]), (20, 3), "longer");
    assert_eq!(silence(spec(0), &[Property::ServerKeepAlive(5)]), (5, 12), "also when it wanted none");
    assert_eq!(silence(spec(5), &[Property::ServerKeepAlive(0)]), (60, 0), "or is to have none");
}

#[test]
fn no_more_is_under_way_than_the_broker_takes() {
    rule!("MQTT-3.3.4-7");
    let mut hand = Hand::asking(device(Protocol::V5));
    hand.accept(false, &[Property::ReceiveMaximum(2)]);
    hand.said();
    (1..=5).for_each(|n| hand.publish(&format!("t/{n}"), if n == 1 { QoS::ExactlyOnce } else { QoS::AtLeastOnce }));
    assert_eq!(hand.said(), ["PUBLISH 1 q2 t/1", "PUBLISH 2 q1 t/2"]);
    hand.ack(PacketType::Pubrec, 1);
    assert_eq!(hand.said(), ["PUBREL 1"], "PUBREC opens no place");
    hand.ack(PacketType::Pubcomp, 1);
    assert_eq!(hand.said(), ["PUBLISH 3 q1 t/3"]);
    // A broker that takes less than before gets less, oldest first.
    hand.lose();
    hand.accept(true, &[Property::ReceiveMaximum(1)]);
    assert_eq!(hand.said(), ["CONNECT", "PUBLISH 2 q1 dup t/2"]);
    hand.ack(PacketType::Puback, 2);
    assert_eq!(hand.said(), ["PUBLISH 3 q1 dup t/3"]);
    hand.ack(PacketType::Puback, 3);
    assert_eq!(hand.said(), ["PUBLISH 4 q1 t/4"]);
}

#[test]
fn a_full_window_holds_back_nothing_but_messages() {
    rule!("MQTT-3.3.4-8");
    let mut hand = Hand::asking(DeviceSpec { keep_alive: 10, ..device(Protocol::V5) });
    hand.accept(false, &[Property::ReceiveMaximum(1)]);
    hand.publish("t", QoS::ExactlyOnce);
    hand.publish("u", QoS::AtLeastOnce);
    hand.said();
    hand.message("any", QoS::AtLeastOnce, 7, 0);
    hand.message("any", QoS::ExactlyOnce, 8, 0);
    hand.ack(PacketType::Pubrel, 8);
    assert_eq!(hand.said(), ["PUBACK 7", "PUBREC 8", "PUBCOMP 8"]);
    hand.wait(10);
    assert_eq!(hand.said(), ["PINGREQ"]);
    hand.ack(PacketType::Pubrec, 1);
    assert_eq!(hand.said(), ["PUBREL 1"]);
    // On a new connection too, where the window is full of the first message.
    hand.lose();
    hand.accept(true, &[Property::ReceiveMaximum(1)]);
    assert_eq!(hand.said(), ["CONNECT", "PUBREL 1"]);
    hand.put(lab::client::Input::Disconnect);
    assert_eq!(hand.said(), ["DISCONNECT 0x00", "CLOSE"]);
}

#[test]
fn quality_retention_and_size_are_what_the_broker_takes() {
    rule!("MQTT-3.2.2-11", "MQTT-3.2.2-14", "MQTT-3.2.2-15");
    let mut hand = Hand::asking(device(Protocol::V5));
    hand.accept(false, &[Property::MaximumQos(1), Property::RetainAvailable(0), Property::MaximumPacketSize(20)]);
    hand.said();
    hand.publish("t", QoS::ExactlyOnce);
    let publication = |payload| lab::client::Publication { topic: "t".into(), payload, qos: QoS::AtMostOnce, retain: true, address: None };
    // Two bytes of header, three of topic, one of properties.
    hand.put(lab::client::Input::Publish(publication(vec![0; 14])));
    hand.put(lab::client::Input::Publish(publication(vec![0; 15])));
    assert_eq!(hand.said(), ["PUBLISH 1 q1 t", "PUBLISH q0 t", "GAVE UP"]);
    assert_eq!(hand.sent.last().map(|(_, bytes)| bytes.len()), Some(20));
    // Without such words all is taken.
    let mut hand = Hand::running(device(Protocol::V5));
    hand.put(lab::client::Input::Publish(publication(vec![0; 15])));
    hand.publish("t", QoS::ExactlyOnce);
    assert_eq!(hand.said(), ["PUBLISH q0 retain t", "PUBLISH 1 q2 t"]);
}

#[test]
fn aliases_are_used_as_far_as_the_broker_takes_them() {
    rule!("MQTT-3.2.2-17", "MQTT-3.2.2-18", "MQTT-3.3.2-9");
    let spec = DeviceSpec { uses_topic_aliases: true, ..device(Protocol::V5) };
    let mut hand = Hand::asking(spec.clone());
    hand.accept(false, &[Property::TopicAliasMaximum(2)]);
    hand.said();
    ["a", "b", "c", "a", "b", "c"].iter().for_each(|topic| hand.publish(topic, QoS::AtMostOnce));
    let said = hand.said();
    assert_eq!(said[..3], ["PUBLISH q0 a alias 1", "PUBLISH q0 b alias 2", "PUBLISH q0 c"]);
    assert_eq!(said[3..], ["PUBLISH q0  alias 1", "PUBLISH q0  alias 2", "PUBLISH q0 c"]);
    // Aliases end with their connection; what is sent again has its whole topic.
    hand.publish("a", QoS::AtLeastOnce);
    hand.lose();
    hand.accept(true, &[Property::TopicAliasMaximum(1)]);
    hand.publish("b", QoS::AtMostOnce);
    hand.publish("b", QoS::AtMostOnce);
    assert_eq!(hand.said(), ["CONNECT", "PUBLISH 1 q1 dup a", "PUBLISH q0 b alias 1", "PUBLISH q0  alias 1"]);
    for with in [&[][..], &[Property::TopicAliasMaximum(0)]] {
        let mut hand = Hand::asking(spec.clone());
        hand.accept(false, with);
        hand.said();
        hand.publish("a", QoS::AtMostOnce);
        assert_eq!(hand.said(), ["PUBLISH q0 a"]);
    }
}
