//! What packets are made of: texts, properties, reason codes, topics.

use mqtt::topic::{BadFilterWhy, BadTopicWhy, matches};
use mqtt::{
    Binary, Full, PacketId, Place, Properties, PropertiesBuf, Property, PropertyId, QoS, ReasonCode, Text, TextError, TopicFilter,
    TopicName,
};

use crate::harness::rule::rule;

fn text(text: &str) -> Text<'_> {
    Text::new(text).unwrap()
}

fn one_of_each() -> Vec<Property<'static>> {
    vec![
        Property::PayloadFormatIndicator(1),
        Property::MessageExpiryInterval(2),
        Property::ContentType(text("three")),
        Property::ResponseTopic(text("four")),
        Property::CorrelationData(Binary::new(b"five").unwrap()),
        Property::SubscriptionIdentifier(268_435_455),
        Property::SessionExpiryInterval(7),
        Property::AssignedClientIdentifier(text("eight")),
        Property::ServerKeepAlive(9),
        Property::AuthenticationMethod(text("ten")),
        Property::AuthenticationData(Binary::EMPTY),
        Property::RequestProblemInformation(0),
        Property::WillDelayInterval(13),
        Property::RequestResponseInformation(1),
        Property::ResponseInformation(text("fifteen")),
        Property::ServerReference(text("sixteen")),
        Property::ReasonString(text("seventeen")),
        Property::ReceiveMaximum(18),
        Property::TopicAliasMaximum(19),
        Property::TopicAlias(20),
        Property::MaximumQos(0),
        Property::RetainAvailable(0),
        Property::UserProperty(text("name"), text("")),
        Property::MaximumPacketSize(u32::MAX),
        Property::WildcardSubscriptionAvailable(0),
        Property::SubscriptionIdentifierAvailable(0),
        Property::SharedSubscriptionAvailable(0),
    ]
}

#[test]
fn every_property_is_found_by_its_getter_behind_all_others() {
    rule!("U5-2.2.2.2-c");
    let all = one_of_each();
    let mut buffer = PropertiesBuf::new();
    all.iter().rev().for_each(|property| buffer.push(*property).unwrap());
    let properties = buffer.as_properties();
    assert_eq!(properties.iter().collect::<Vec<_>>(), all.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(properties.len(), all.iter().map(Property::encoded_len).sum::<usize>());
    macro_rules! found {
        ($($getter:ident $variant:ident;)*) => {$(
            let expected = all.iter().find_map(|property| match property { Property::$variant(value) => Some(*value), _ => None });
            assert!(expected.is_some() && properties.has(PropertyId::$variant), stringify!($getter));
            assert_eq!(properties.$getter(), expected, stringify!($getter));
            assert_eq!(Properties::EMPTY.$getter(), None);
        )*};
    }
    found! {
        payload_format_indicator PayloadFormatIndicator; message_expiry_interval MessageExpiryInterval; content_type ContentType;
        response_topic ResponseTopic; correlation_data CorrelationData; subscription_identifier SubscriptionIdentifier;
        session_expiry_interval SessionExpiryInterval; assigned_client_identifier AssignedClientIdentifier;
        server_keep_alive ServerKeepAlive; authentication_method AuthenticationMethod; authentication_data AuthenticationData;
        request_problem_information RequestProblemInformation; will_delay_interval WillDelayInterval;
        request_response_information RequestResponseInformation; response_information ResponseInformation;
        server_reference ServerReference; reason_string ReasonString; receive_maximum ReceiveMaximum;
        topic_alias_maximum TopicAliasMaximum; topic_alias TopicAlias; maximum_qos MaximumQos; retain_available RetainAvailable;
        maximum_packet_size MaximumPacketSize; wildcard_subscription_available WildcardSubscriptionAvailable;
        subscription_identifier_available SubscriptionIdentifierAvailable; shared_subscription_available SharedSubscriptionAvailable;
    }
    assert_eq!(properties.user_property(), Some((text("name"), text(""))));
    assert_eq!(PropertyId::ALL.len(), all.len());
    assert!(PropertyId::ALL.iter().all(|id| properties.find(*id).is_some_and(|found| found.id() == *id)));
}

#[test]
fn repeated_properties_keep_their_order_and_others_can_be_left_out() {
    let mut buffer = PropertiesBuf::new();
    for (id, name) in [(5, "b"), (9, "a"), (5, "b")] {
        buffer.push(Property::SubscriptionIdentifier(id)).unwrap();
        buffer.push(Property::UserProperty(text(name), text("x"))).unwrap();
    }
    let properties = buffer.as_properties();
    assert_eq!(properties.subscription_identifiers().collect::<Vec<_>>(), [5, 9, 5]);
    assert_eq!(properties.user_properties().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "a", "b"]);
    assert_eq!(Properties::parse(properties.raw(), Place::Publish), Ok(properties));
    assert!(Properties::parse(properties.raw(), Place::Subscribe).is_err());
    let mut fewer = PropertiesBuf::new();
    fewer.push(Property::MessageExpiryInterval(3)).unwrap();
    fewer.extend_without(&properties, &[PropertyId::SubscriptionIdentifier, PropertyId::TopicAlias]).unwrap();
    assert!(!fewer.as_properties().has(PropertyId::SubscriptionIdentifier));
    assert_eq!(fewer.as_properties().message_expiry_interval(), Some(3));
    assert_eq!(fewer.as_properties().user_properties().count(), 3);
    let mut same = PropertiesBuf::new();
    same.extend_without(&properties, &[PropertyId::TopicAlias]).unwrap();
    assert_eq!(same, PropertiesBuf::from(properties));
    same.clear();
    assert!(same.is_empty() && same.as_properties() == Properties::EMPTY);
}

#[test]
fn properties_are_bounded_in_number_and_range() {
    let mut buffer = PropertiesBuf::new();
    let long = "x".repeat(65_535);
    let pushed = (0..100).take_while(|_| buffer.push(Property::UserProperty(text("k"), text(&long))).is_ok()).count();
    assert_eq!(pushed, 15, "65,541 bytes each, within 1 MiB");
    let full = buffer.clone();
    assert_eq!(buffer.extend_without(&full.as_properties(), &[]), Err(Full));
    assert_eq!(buffer, full);
    for bad in [
        Property::SubscriptionIdentifier(0),
        Property::SubscriptionIdentifier(268_435_456),
        Property::ReceiveMaximum(0),
        Property::MaximumQos(2),
        Property::TopicAlias(0),
        Property::MaximumPacketSize(0),
    ] {
        assert_eq!(PropertiesBuf::new().push(bad), Err(Full), "{bad:?}");
    }
}

#[test]
fn texts_and_data_are_bounded_and_hold_no_nul() {
    rule!("MQTT-4.7.3-3", "MQTT311-4.7.3-3");
    let long = "x".repeat(65_536);
    assert_eq!(Text::new(&long), Err(TextError::TooLong(65_536)));
    assert_eq!(Text::new(&long[1..]).unwrap().len(), 65_535);
    assert_eq!(Text::new("ab\0c"), Err(TextError::Nul(2)));
    assert_eq!(Text::clipped("ab\0c"), "ab");
    let wide = "é".repeat(40_000);
    assert_eq!(Text::clipped(&wide).len(), 65_534, "never through a character");
    assert!(Binary::new(long.as_bytes()).is_err());
    assert!(Binary::new(&long.as_bytes()[1..]).is_ok());
    assert_eq!((PacketId::new(0), PacketId::new(65_535).unwrap().next()), (None, PacketId::FIRST));
    assert_eq!((QoS::try_from(2), QoS::try_from(3), QoS::try_from(4)), (Ok(QoS::ExactlyOnce), Err(3), Err(4)));
}

#[test]
fn return_codes_of_3_stand_for_reasons_and_back() {
    rule!("U5-2.4-a");
    for code in 0..=255u8 {
        let reason = ReasonCode::from_v3_connack(code);
        assert_eq!(reason.is_some(), code < 6);
        assert_eq!(reason.and_then(ReasonCode::to_v3_connack), (code < 6).then_some(code));
        assert_eq!(ReasonCode::v3_connack_name(code).is_some(), code < 6);
    }
    assert_eq!(ReasonCode::Banned.to_v3_connack(), Some(5));
    assert_eq!(ReasonCode::ServerBusy.to_v3_connack(), Some(3));
    assert_eq!(ReasonCode::MalformedPacket.to_v3_connack(), None);
    assert!(ReasonCode::ALL.iter().all(|reason| reason.is_error() || reason.to_v3_connack().is_none_or(|code| code == 0)));
}

#[test]
fn topic_names() {
    rule!(
        "MQTT-4.7.0-1",
        "MQTT-3.3.2-2",
        "MQTT-4.7.3-1",
        "MQTT-4.7.3-2",
        "MQTT-4.7.3-3",
        "MQTT311-4.7.1-1",
        "MQTT311-3.3.2-2",
        "MQTT311-4.7.3-1",
        "MQTT311-4.7.3-2",
        "MQTT311-4.7.3-3"
    );
    let good = ["a", "/", "a/b", "/a", "a//b", "$SYS/x", " ", "Öl/温度", "a b"];
    assert!(good.iter().all(|name| TopicName::parse(name).is_ok()));
    let long = "x".repeat(65_536);
    for (name, at, why) in [
        ("", 0, BadTopicWhy::Empty),
        ("a/+", 2, BadTopicWhy::Wildcard),
        ("#", 0, BadTopicWhy::Wildcard),
        ("ab#\0", 2, BadTopicWhy::Wildcard),
        ("ö\0", 2, BadTopicWhy::Nul),
        (&long, 65_535, BadTopicWhy::TooLong),
    ] {
        let bad = TopicName::parse(name).unwrap_err();
        assert_eq!((bad.at, bad.why), (at, why));
        assert!(bad.to_string().ends_with('.'));
    }
    assert_eq!(TopicName::parse("a//b").unwrap().levels().collect::<Vec<_>>(), ["a", "", "b"]);
    assert!(TopicName::parse("$SYS").unwrap().is_reserved() && !TopicName::parse("a$").unwrap().is_reserved());
}

#[test]
fn topic_filters() {
    rule!(
        "MQTT-4.7.1-1",
        "MQTT-4.7.1-2",
        "MQTT-4.7.3-1",
        "MQTT-4.7.3-2",
        "MQTT-4.7.3-3",
        "MQTT-4.8.2-1",
        "MQTT-4.8.2-2",
        "MQTT311-4.7.1-2",
        "MQTT311-4.7.1-3",
        "MQTT311-4.7.3-1",
        "MQTT311-4.7.3-2",
        "MQTT311-4.7.3-3"
    );
    let good = ["#", "+", "/#", "+/+", "a/+/b", "/+", "a/#", "+/#", "$share", "$sharex/a", "$share/g/a", "$share/g//a", "$share/g/#"];
    for filter in good {
        assert_eq!(TopicFilter::parse(filter).map(TopicFilter::as_str), Ok(filter));
    }
    let long = "x".repeat(65_536);
    for (filter, at, why) in [
        ("", 0, BadFilterWhy::Empty),
        ("a\0", 1, BadFilterWhy::Nul),
        ("a#", 1, BadFilterWhy::HashNotAlone),
        ("a/#/b", 2, BadFilterWhy::HashNotLast),
        ("#/a", 0, BadFilterWhy::HashNotLast),
        ("##", 0, BadFilterWhy::HashNotLast),
        ("a+", 1, BadFilterWhy::PlusNotAlone),
        ("+a/b", 0, BadFilterWhy::PlusNotAlone),
        ("a/++", 2, BadFilterWhy::PlusNotAlone),
        ("$share//a", 7, BadFilterWhy::ShareNameEmpty),
        ("$share/g", 8, BadFilterWhy::ShareWithoutFilter),
        ("$share/", 7, BadFilterWhy::ShareWithoutFilter),
        ("$share/g/", 9, BadFilterWhy::ShareWithoutFilter),
        ("$share/g+/a", 8, BadFilterWhy::ShareNameWildcard),
        ("$share/#/a", 7, BadFilterWhy::ShareNameWildcard),
        ("$share/g/a#", 10, BadFilterWhy::HashNotAlone),
        (&long, 65_535, BadFilterWhy::TooLong),
    ] {
        let bad = TopicFilter::parse(filter).unwrap_err();
        assert_eq!((bad.at, bad.why), (at, why), "{bad}");
        assert!(bad.to_string().ends_with('.'));
    }
    let shared = TopicFilter::parse("$share/g//a/+").unwrap();
    assert_eq!((shared.share(), shared.pattern(), shared.has_wildcard()), (Some(("g", "/a/+")), "/a/+", true));
    assert_eq!(shared.levels().collect::<Vec<_>>(), ["", "a", "+"]);
    assert!(shared.matches(TopicName::parse("/a/b").unwrap()));
    let plain = TopicFilter::parse_unshared("$share/g/a").unwrap();
    assert_eq!((plain.share(), plain.pattern(), plain.has_wildcard()), (None, "$share/g/a", false));
    assert_eq!(TopicFilter::parse("$share").unwrap().share(), None);
}

#[test]
fn which_filter_matches_which_name() {
    rule!("MQTT-4.7.2-1", "MQTT-4.7.3-4", "MQTT311-4.7.2-1", "MQTT311-4.7.3-4");
    let table = [
        ("a/b", "a/b", true),
        ("a/b", "a/B", false),
        ("a", "/a", false),
        ("a/", "a", false),
        ("a//b", "a/b", false),
        ("#", "a/b/c", true),
        ("#", "/", true),
        ("a/#", "a", true),
        ("a/#", "a/", true),
        ("a/#", "a/b/c", true),
        ("a/#", "ab", false),
        ("+", "a", true),
        ("+", "/a", false),
        ("/+", "/a", true),
        ("+/+", "/a", true),
        ("+/+", "a", false),
        ("a/+", "a/", true),
        ("a/+", "a", false),
        ("a/+/c", "a/b/c", true),
        ("a/+/c", "a/b/d", false),
        ("+/b/#", "a/b", true),
        ("#", "$SYS/a", false),
        ("+/a", "$SYS/a", false),
        ("+/#", "$SYS/a", false),
        ("$SYS/#", "$SYS/a", true),
        ("$SYS/+", "$SYS/a", true),
        ("a/#", "a/$b", true),
        ("a/+", "a/$b", true),
        // The same letter, composed and decomposed: two names.
        ("\u{E9}", "e\u{301}", false),
        ("\u{FEFF}a", "a", false),
    ];
    for (filter, name, expected) in table {
        TopicFilter::parse(filter).unwrap();
        TopicName::parse(name).unwrap();
        assert_eq!(matches(filter, name), expected, "{filter} {name}");
    }
}
