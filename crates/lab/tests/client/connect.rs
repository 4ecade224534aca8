//! CONNECT with every option, in every version; and the client in the world, against the real broker.

use contract::{Answer, Command, DeviceSpec, Protocol, Refusal, Will, WillProperties};
use lab::{Bench, Config};
use mqtt::{Frame, Packet, Property, Text, Version};

use crate::hand::{Hand, device};

fn full(protocol: Protocol) -> DeviceSpec {
    let five = protocol == Protocol::V5;
    let pairs = |name: &str| if five { vec![(name.to_owned(), "1".to_owned()), (name.to_owned(), "2".to_owned())] } else { Vec::new() };
    let properties = WillProperties {
        delay: 30,
        is_text: true,
        message_expiry: Some(60),
        content_type: Some("text/plain".into()),
        response_topic: Some("answers".into()),
        correlation_data: Some(vec![1, 2, 3]),
        user_properties: pairs("w"),
    };
    DeviceSpec {
        client_id: "device".into(),
        protocol,
        clean_start: true,
        session_expiry: if five { 120 } else { 0 },
        keep_alive: 77,
        receive_maximum: if five { 9 } else { 0 },
        will: Some(Will {
            topic: "gone".into(),
            payload: b"bye".to_vec(),
            qos: 2,
            retain: true,
            properties: if five { properties } else { WillProperties::default() },
        }),
        user_name: Some("user".into()),
        password: Some("secret".into()),
        maximum_packet_size: if five { 5_000 } else { 0 },
        topic_alias_maximum: if five { 8 } else { 0 },
        request_response_information: five.then_some(true),
        request_problem_information: five.then_some(false),
        user_properties: pairs("c"),
        ..DeviceSpec::default()
    }
}

/// Everything that a full CONNECT says, as text.
fn said(spec: DeviceSpec) -> (Version, Vec<String>) {
    let hand = Hand::asking(spec);
    let (_, bytes) = hand.sent.first().expect("a CONNECT");
    let Ok(Packet::Connect(connect)) = Packet::decode(Frame::parse(bytes).expect("a frame"), hand.version()) else { panic!("no CONNECT") };
    let will = connect.will.expect("a will");
    let mut lines = vec![
        format!("{} clean={} {}", connect.client_id.as_str(), connect.clean_start, connect.keep_alive),
        format!("{:?} {:?}", connect.username.map(Text::as_str), connect.password.map(|password| password.as_bytes().to_vec())),
        format!("{} {:?} {:?} {}", will.topic.as_str(), will.payload.as_bytes(), will.qos, will.retain),
    ];
    lines.extend(connect.properties.iter().chain(will.properties.iter()).map(|property| format!("{property:?}")));
    (connect.version, lines)
}

#[test]
fn every_option_of_connect_is_said() {
    let basic = ["device clean=true 77", "Some(\"user\") Some([115, 101, 99, 114, 101, 116])", "gone [98, 121, 101] ExactlyOnce true"];
    for (protocol, version) in [(Protocol::V31, Version::V31), (Protocol::V311, Version::V311)] {
        assert_eq!(said(full(protocol)), (version, basic.map(str::to_owned).to_vec()));
    }
    let (version, lines) = said(full(Protocol::V5));
    assert_eq!(version, Version::V5);
    assert_eq!(lines[..3], basic);
    let text = |text: &'static str| Text::new(text).expect("legal");
    let of_connect = [
        Property::SessionExpiryInterval(120),
        Property::ReceiveMaximum(9),
        Property::MaximumPacketSize(5_000),
        Property::TopicAliasMaximum(8),
        Property::RequestResponseInformation(1),
        Property::RequestProblemInformation(0),
        Property::UserProperty(text("c"), text("1")),
        Property::UserProperty(text("c"), text("2")),
    ];
    let of_will = [
        Property::WillDelayInterval(30),
        Property::PayloadFormatIndicator(1),
        Property::MessageExpiryInterval(60),
        Property::ContentType(text("text/plain")),
        Property::ResponseTopic(text("answers")),
        Property::CorrelationData(mqtt::Binary::new(&[1, 2, 3]).expect("short")),
        Property::UserProperty(text("w"), text("1")),
        Property::UserProperty(text("w"), text("2")),
    ];
    let expected: Vec<String> = of_connect.iter().chain(&of_will).map(|property| format!("{property:?}")).collect();
    assert_eq!(lines[3..], expected);
}

#[test]
fn an_assigned_client_identifier_is_kept() {
    let mut hand = Hand::asking(DeviceSpec { asks_for_client_id: true, ..device(Protocol::V5) });
    hand.accept(false, &[Property::AssignedClientIdentifier(Text::new("auto-7").expect("legal"))]);
    hand.lose();
    let ids: Vec<String> = hand
        .sent
        .iter()
        .filter_map(|(_, bytes)| match Packet::decode(Frame::parse(bytes).ok()?, Version::V5) {
            Ok(Packet::Connect(connect)) => Some(connect.client_id.as_str().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["", "auto-7"]);
}

/// A bench on which time runs, and what a command came to.
fn world(commands: Vec<Command>) -> (Bench, Vec<Result<Answer, Refusal>>) {
    let mut bench = Bench::new(Config::default(), 0, 1);
    let mut out = Vec::new();
    for (id, command) in (1..).zip(commands) {
        let asked = contract::Asked { id, ask: contract::Ask::Do(command) };
        bench.handle(0, lab::Incoming::Ask(asked), &mut out);
    }
    for wall in 1..=50 {
        bench.handle(wall * 100_000, lab::Incoming::Wake, &mut out);
    }
    let results = out.into_iter().filter_map(|outgoing| match outgoing {
        lab::Outgoing::Report(contract::Report::Done { result, .. }) => Some(result),
        _ => None,
    });
    let results = results.collect();
    (bench, results)
}

#[test]
fn devices_of_every_version_connect_with_every_option() {
    for protocol in [Protocol::V31, Protocol::V311, Protocol::V5] {
        let (bench, results) = world(vec![Command::Pace(contract::PaceWanted::Live), Command::AddDevice(full(protocol))]);
        assert_eq!(results, [Ok(Answer::Ok), Ok(Answer::Device(1))]);
        let rows: Vec<String> = bench.rows(0, usize::MAX).iter().map(|row| row.to_string()).collect();
        assert!(rows.iter().any(|row| row.contains("<- CONNACK") && row.contains('@')), "{rows:#?}");
        assert!(!rows.iter().any(|row| row.contains("ByBroker")), "{rows:#?}");
    }
}

#[test]
fn a_device_gets_the_name_that_the_broker_assigns() {
    let nameless = DeviceSpec { asks_for_client_id: true, ..device(Protocol::V5) };
    let (mut bench, results) = world(vec![Command::Pace(contract::PaceWanted::Live), Command::AddDevice(nameless)]);
    assert_eq!(results, [Ok(Answer::Ok), Ok(Answer::Device(1))]);
    let lens = contract::Lens::default();
    let mut out = Vec::new();
    let asked = contract::Asked { id: 9, ask: contract::Ask::Look { lens, since: 0 } };
    bench.handle(6_000_000, lab::Incoming::Ask(asked), &mut out);
    let name = out.into_iter().find_map(|outgoing| match outgoing {
        lab::Outgoing::Report(contract::Report::Seen { seen, .. }) => seen.devices.first().map(|device| device.name.clone()),
        _ => None,
    });
    assert!(name.as_ref().is_some_and(|name| name.starts_with("auto-")), "{name:?}");
}

#[test]
fn a_device_that_cannot_be_is_refused_by_its_field() {
    let five = device(Protocol::V5);
    let will = |properties| Some(Will { topic: "t".into(), payload: vec![0xFF], qos: 0, retain: false, properties });
    let three = device(Protocol::V311);
    let wrong = [
        ("protocol", DeviceSpec { maximum_packet_size: 1, ..three.clone() }),
        ("protocol", DeviceSpec { topic_alias_maximum: 1, ..three.clone() }),
        ("protocol", DeviceSpec { uses_topic_aliases: true, ..three.clone() }),
        ("protocol", DeviceSpec { request_problem_information: Some(true), ..three.clone() }),
        ("protocol", DeviceSpec { user_properties: vec![("a".into(), "b".into())], ..three.clone() }),
        ("will.properties", DeviceSpec { will: will(WillProperties { delay: 1, ..WillProperties::default() }), ..three.clone() }),
        ("asks_for_client_id", DeviceSpec { asks_for_client_id: true, ..three }),
        ("asks_for_client_id", DeviceSpec { asks_for_client_id: true, ..device(Protocol::V31) }),
        (
            "will.properties.is_text",
            DeviceSpec { will: will(WillProperties { is_text: true, ..WillProperties::default() }), ..five.clone() },
        ),
        (
            "will.properties.response_topic",
            DeviceSpec { will: will(WillProperties { response_topic: Some("a/#".into()), ..WillProperties::default() }), ..five.clone() },
        ),
        (
            "will.properties.correlation_data",
            DeviceSpec {
                will: will(WillProperties { correlation_data: Some(vec![0; 65_536]), ..WillProperties::default() }),
                ..five.clone()
            },
        ),
        ("user_properties", DeviceSpec { user_properties: vec![("a".into(), "\0".into())], ..five.clone() }),
        ("user_properties", DeviceSpec { user_properties: vec![("a".repeat(33_000), "b".into())], ..five }),
    ];
    for (field, spec) in wrong {
        let (_, results) = world(vec![Command::AddDevice(spec)]);
        assert!(matches!(&results[..], [Err(Refusal::BadField { field: named, .. })] if named == field), "{field}: {results:?}");
    }
}
