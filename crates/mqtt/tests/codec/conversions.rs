//! The small conversions that come with the types, and packets that no wire can carry.

use mqtt::{
    Ack, Binary, Connect, Deframer, MAX_REMAINING_LENGTH, Malformed, Packet, PacketId, PacketType, Properties, PropertiesBuf, Property,
    Publish, QoS, ReasonCode, Suback, Subscribe, Subscription, SubscriptionOptions, Text, TextError, Unsuback, Unsubscribe, Version,
};

#[test]
fn numbers_become_what_they_stand_for_and_back() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        assert_eq!(QoS::try_from(u8::from(qos)), Ok(qos));
    }
    assert_eq!(QoS::try_from(3), Err(3));
    assert_eq!(ReasonCode::default(), ReasonCode::Success);
    for code in 0..=255 {
        match ReasonCode::try_from(code) {
            Ok(reason) => assert_eq!(u8::from(reason), code),
            Err(value) => assert!(value == code && ReasonCode::from_u8(code).is_none()),
        }
    }
    let last = PacketId::new(u16::MAX).expect("not 0");
    assert_eq!((PacketId::FIRST.next().get(), last.next()), (2, PacketId::FIRST));
}

#[test]
fn texts_and_data_are_what_they_hold() {
    let text = Text::try_from("höre").expect("a text");
    assert!(text == "höre" && text == *"höre" && text.as_ref() == "höre" && &*text == "höre");
    assert_eq!((format!("{text}"), format!("{text:?}")), ("höre".to_owned(), "\"höre\"".to_owned()));
    assert_eq!(Text::try_from("a\0"), Err(TextError::Nul(1)));
    let long = "x".repeat(65_536);
    let said = Text::new(&long).expect_err("too long").to_string();
    assert!(said.contains("65536") && said.ends_with('.'), "{said}");
    assert!(TextError::Nul(7).to_string().contains("Byte 7"));
    let data = Binary::new(&[1, 2]).expect("data");
    assert_eq!((format!("{data:?}"), &*data), ("[1, 2]".to_owned(), &[1u8, 2][..]));
    let said = Binary::new(long.as_bytes()).expect_err("too long").to_string();
    assert!(said.contains("65536"), "{said}");
}

#[test]
fn properties_are_a_list_and_say_when_they_are_full() {
    let mut list = PropertiesBuf::new();
    list.push(Property::ReceiveMaximum(7)).expect("it fits");
    list.push(Property::UserProperty(Text::new("a").unwrap(), Text::new("b").unwrap())).expect("it fits");
    let all: Vec<Property<'_>> = list.as_properties().into_iter().collect();
    assert_eq!(all.len(), 2);
    assert_eq!(format!("{:?}", list.as_properties()), format!("{all:?}"));
    let name = "n".repeat(60_000);
    let pair = || Property::UserProperty(Text::new(&name).unwrap(), Text::EMPTY);
    let full = (0..20).find_map(|_| list.push(pair()).err()).expect("a mebibyte is the most");
    assert!(full.to_string().contains("1 MiB"));
}

#[test]
fn a_packet_that_no_length_can_tell_is_not_written() {
    let encoded = |packet: Packet<'_>| {
        let mut out = Vec::new();
        packet.encode(Version::V5, &mut out);
        out
    };
    // Zeroes that nobody reads cost no memory.
    let payload = vec![0; MAX_REMAINING_LENGTH as usize + 1];
    let publish = |payload| Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: Text::new("t").unwrap(),
        packet_id: None,
        properties: Properties::EMPTY,
        payload,
    };
    assert!(encoded(Packet::Publish(publish(&payload))).is_empty());
    assert!(publish(&payload).encoded_len(Version::V5) > payload.len(), "its size is told all the same");
    let packet_id = PacketId::FIRST;
    assert!(encoded(Packet::Suback(Suback { packet_id, reasons: &payload, properties: Properties::EMPTY })).is_empty());
    assert!(encoded(Packet::Unsuback(Unsuback { packet_id, reasons: &payload, properties: Properties::EMPTY })).is_empty());
    let long = "x".repeat(65_535);
    let long = Text::new(&long).unwrap();
    let filters = vec![Subscription { filter: long, options: SubscriptionOptions::default() }; 4_100];
    assert!(encoded(Packet::Subscribe(Subscribe { packet_id, filters, properties: Properties::EMPTY })).is_empty());
    let filters = vec![long; 4_100];
    let unsubscribe = Unsubscribe { packet_id, filters, properties: Properties::EMPTY };
    assert!(unsubscribe.encoded_len(Version::V5) > 4_100 * 65_535);
    assert!(encoded(Packet::Unsubscribe(unsubscribe)).is_empty());
    // An acknowledgement has four types.
    let mut out = Vec::new();
    Ack::success(packet_id).encode(PacketType::Connect, Version::V5, &mut out);
    assert!(out.is_empty());
}

#[test]
fn sizes_are_told_before_a_packet_is_written() {
    let connect = Connect {
        version: Version::V311,
        client_id: Text::new("c").unwrap(),
        clean_start: true,
        keep_alive: 0,
        username: Some(Text::new("u").unwrap()),
        password: None,
        will: None,
        properties: Properties::EMPTY,
    };
    let mut out = Vec::new();
    connect.encode(Version::V311, &mut out);
    assert_eq!(connect.encoded_len(), out.len());
    let subscribe = Subscribe {
        packet_id: PacketId::FIRST,
        filters: vec![Subscription { filter: Text::new("f").unwrap(), options: SubscriptionOptions::default() }],
        properties: Properties::EMPTY,
    };
    out.clear();
    subscribe.encode(Version::V5, &mut out);
    assert_eq!(subscribe.encoded_len(Version::V5), out.len());
}

#[test]
fn a_fault_is_an_error_with_a_sentence() {
    let fault = |bytes: &[u8]| -> Malformed {
        let mut deframer = Deframer::default();
        deframer.push(bytes);
        deframer.next().expect_err("it is malformed")
    };
    let error: Box<dyn std::error::Error> = Box::new(fault(&[0x00, 0x00]));
    assert!(error.to_string().ends_with('.'), "{error}");
}
