//! What can be asked about the broker's memory: it says what was done, and asking changes nothing.

use std::hash::Hasher;

use broker::{Broker, Config, ConnId, GoneWhy, Input, Instant, Mode, Outbox, Output, Phase, Router, SessionNo, Span};
use mqtt::{
    Connect, Frame, Packet, PacketId, Properties, PropertiesBuf, Property, Publish, QoS, Subscribe, Subscription, SubscriptionOptions,
    Text, Version,
};

struct Bed {
    broker: Broker,
    now: Instant,
}

impl Bed {
    fn new() -> Bed {
        Bed { broker: Broker::new(Config::default(), 1), now: Instant::ZERO }
    }

    fn turn(&mut self, input: Input<'_>) -> Vec<Output> {
        let mut out = Outbox::default();
        self.broker.handle(self.now, input, &mut out);
        self.broker.check().expect("the invariants hold");
        out.outputs
    }

    fn send(&mut self, conn: u32, packet: &Packet<'_>) -> Vec<Output> {
        let mut bytes = Vec::new();
        packet.encode(Version::V5, &mut bytes);
        self.turn(Input::Frame { conn: ConnId(conn), frame: Frame::parse(&bytes).expect("a whole packet") })
    }

    fn connect(&mut self, conn: u32, client: &str, will: Option<mqtt::Will<'_>>) {
        let mut properties = PropertiesBuf::new();
        properties.push(Property::SessionExpiryInterval(60)).expect("it fits");
        properties.push(Property::ReceiveMaximum(9)).expect("it fits");
        self.turn(Input::Open { conn: ConnId(conn) });
        self.send(
            conn,
            &Packet::Connect(Connect {
                version: Version::V5,
                client_id: text(client),
                clean_start: false,
                keep_alive: 30,
                username: None,
                password: None,
                will,
                properties: properties.as_properties(),
            }),
        );
    }

    fn subscribe(&mut self, conn: u32, filter: &str, identifier: u32) {
        let mut properties = PropertiesBuf::new();
        properties.push(Property::SubscriptionIdentifier(identifier)).expect("it fits");
        let options = SubscriptionOptions { qos: QoS::ExactlyOnce, ..SubscriptionOptions::default() };
        let filters = vec![Subscription { filter: text(filter), options }];
        let subscribe = Subscribe { packet_id: PacketId::FIRST, filters, properties: properties.as_properties() };
        self.send(conn, &Packet::Subscribe(subscribe));
    }

    fn publish(&mut self, conn: u32, topic: &str, id: u16, qos: QoS, retain: bool) {
        let packet_id = PacketId::new(id);
        let publish = Publish { dup: false, qos, retain, topic: text(topic), packet_id, properties: Properties::EMPTY, payload: b"hello" };
        self.send(conn, &Packet::Publish(publish));
    }
}

fn text(text: &str) -> Text<'_> {
    Text::new(text).expect("a text")
}

#[test]
fn a_session_is_told_in_numbers_and_names() {
    let mut bed = Bed::new();
    let will = mqtt::Will {
        topic: text("gone"),
        payload: mqtt::Binary::new(b"last words").expect("short"),
        qos: QoS::AtMostOnce,
        retain: false,
        properties: Properties::EMPTY,
    };
    bed.connect(1, "sub", Some(will));
    bed.connect(2, "pub", None);
    bed.subscribe(1, "t/#", 5);
    bed.subscribe(1, "$share/g/other", 6);
    bed.publish(2, "t/1", 1, QoS::AtLeastOnce, true);
    bed.publish(2, "t/2", 2, QoS::ExactlyOnce, false);
    let sub = bed.broker.session("sub").expect("it is there");
    assert_eq!((sub.conn, sub.expiry, sub.expires_at, sub.subscriptions), (Some(ConnId(1)), 60, None, 2));
    assert_eq!((sub.in_flight_out, sub.in_flight_in, sub.queued, sub.receive_maximum), (2, 0, 0, 9));
    assert_eq!((sub.keep_alive, sub.keep_alive_until), (30, Some(Instant::ZERO.after_secs(45))));
    assert!(sub.user.is_none());
    let slots = bed.broker.slots_out(sub.no, 10);
    let found: Vec<(u16, Phase, Option<&str>, u32)> = slots.iter().map(|it| (it.id, it.phase, it.topic.as_deref(), it.resent)).collect();
    assert_eq!(found, [(1, Phase::Puback, Some("t/1"), 0), (2, Phase::Pubrec, Some("t/2"), 0)]);
    assert_eq!(bed.broker.slots_out(sub.no, 1).len(), 1);
    let publisher = bed.broker.session("pub").expect("it is there");
    assert_eq!((publisher.in_flight_in, bed.broker.slots_in(publisher.no)), (1, vec![2]));
    let filters: Vec<(String, u32)> = bed.broker.subscriptions(sub.no, 10).into_iter().map(|it| (it.filter, it.identifier)).collect();
    assert_eq!(filters, [("t/#".to_owned(), 5), ("$share/g/other".to_owned(), 6)]);
    assert_eq!(bed.broker.subscriptions(sub.no, 1).len(), 1);
    assert_eq!(bed.broker.will(sub.no), Some(("gone".to_owned(), b"last words".to_vec())));
    assert_eq!(bed.broker.will(publisher.no), None);
    assert_eq!(bed.broker.clients().collect::<Vec<_>>(), ["sub", "pub"]);
    assert_eq!(bed.broker.client_of(ConnId(1)), Some(("sub", Version::V5)));
    assert!(bed.broker.client_of(ConnId(9)).is_none());
    assert!(bed.broker.is_retained("t/1") && !bed.broker.is_retained("t/2"));
    assert_eq!(bed.broker.retained(10), [("t/1".to_owned(), b"hello".to_vec())]);
    assert_eq!(bed.broker.sizes(), (2, 2, 2, 1));
    // Away, it has a time to end at.
    bed.turn(Input::Gone { conn: ConnId(1), why: GoneWhy::Lost });
    let sub = bed.broker.session("sub").expect("it is kept");
    assert_eq!((sub.conn, sub.expires_at, sub.keep_alive), (None, Some(Instant::ZERO.after_secs(60)), 0));
}

#[test]
fn of_what_is_not_there_nothing_is_told() {
    let broker = Bed::new().broker;
    let nobody = SessionNo(7);
    assert!(broker.session("x").is_none() && broker.will(nobody).is_none());
    assert!(broker.slots_out(nobody, 9).is_empty() && broker.slots_in(nobody).is_empty() && broker.subscriptions(nobody, 9).is_empty());
    assert!(broker.access().is_open());
    let router = Router::default();
    assert!(router.is_empty());
    assert!(Span { start: 3, end: 3 }.is_empty() && !Span { start: 3, end: 4 }.is_empty());
    assert_eq!(Outbox::default().frame(Span { start: 0, end: 4 }), b"", "a span of another outbox");
}

#[test]
fn a_driver_that_is_late_does_no_harm() {
    let mut bed = Bed::new();
    bed.connect(1, "a", None);
    bed.broker.set_mode(Mode::Strict, true);
    assert!(bed.turn(Input::Timeout).is_empty(), "nothing is due");
    bed.turn(Input::Gone { conn: ConnId(1), why: GoneWhy::Closed });
    for late in [
        Input::Gone { conn: ConnId(1), why: GoneWhy::Closed },
        Input::Drained { conn: ConnId(1), bytes: 9 },
        Input::End { conn: ConnId(1), reason: mqtt::ReasonCode::ServerShuttingDown },
    ] {
        assert!(bed.turn(late).is_empty());
    }
    assert!(bed.send(1, &Packet::Pingreq).is_empty());
}

/// FNV-1a: any hasher will do.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    }
}

fn digest(bed: &Bed) -> u64 {
    let mut hasher = Fnv(7);
    bed.broker.digest(&mut hasher);
    hasher.finish()
}

#[test]
fn brokers_whose_futures_differ_have_different_digests() {
    let steps: [&dyn Fn(&mut Bed); 9] = [
        &|bed| bed.connect(1, "sub", None),
        &|bed| bed.connect(2, "pub", None),
        &|bed| bed.subscribe(1, "t/#", 5),
        &|bed| bed.subscribe(1, "$share/g/other", 6),
        &|bed| bed.publish(2, "t/1", 1, QoS::AtLeastOnce, true),
        &|bed| bed.publish(2, "t/2", 2, QoS::ExactlyOnce, false),
        &|bed| drop(bed.turn(Input::Gone { conn: ConnId(1), why: GoneWhy::Lost })),
        &|bed| bed.publish(2, "t/1", 3, QoS::AtLeastOnce, false),
        &|bed| bed.publish(2, "t/1", 3, QoS::AtLeastOnce, false),
    ];
    let mut seen = vec![digest(&Bed::new())];
    let (mut one, mut other) = (Bed::new(), Bed::new());
    for step in steps {
        step(&mut one);
        step(&mut other);
        let now = digest(&one);
        assert_eq!(now, digest(&other), "the same inputs, the same digest");
        assert!(!seen.contains(&now), "a step that matters changes it");
        seen.push(now);
    }
}
