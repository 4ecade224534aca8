//! From a packet of the broker to the words of a script.

use mqtt::{Ack, Connack, Packet, Properties, Property, Publish, ReasonCode, Version};

/// The packet in words. What every answer carries is left out: of CONNACK the limits, of all packets the Reason String.
pub(crate) fn words(packet: &Packet<'_>, version: Version) -> String {
    match packet {
        Packet::Connack(connack) => words_of_connack(connack, version),
        Packet::Publish(publish) => words_of_publish(publish),
        Packet::Puback(it) => words_of_ack("puback", it),
        Packet::Pubrec(it) => words_of_ack("pubrec", it),
        Packet::Pubrel(it) => words_of_ack("pubrel", it),
        Packet::Pubcomp(it) => words_of_ack("pubcomp", it),
        Packet::Suback(suback) => format!("suback #{} {}", suback.packet_id, codes(suback.reasons)),
        Packet::Unsuback(unsuback) => format!("unsuback #{} {}", unsuback.packet_id, codes(unsuback.reasons)).trim_end().to_owned(),
        Packet::Pingresp => "pingresp".to_owned(),
        Packet::Disconnect(disconnect) => format!("disconnect {}", code(disconnect.reason as u8)),
        Packet::Auth(auth) => format!("auth {}", code(auth.reason as u8)),
        other => panic!("the broker sent a {}", other.kind()),
    }
}

/// The Reason String of an answer.
pub(crate) fn reason_string(packet: &Packet<'_>) -> Option<String> {
    let properties = match packet {
        Packet::Connack(it) => it.properties,
        Packet::Puback(it) | Packet::Pubrec(it) | Packet::Pubrel(it) | Packet::Pubcomp(it) => it.properties,
        Packet::Suback(it) => it.properties,
        Packet::Unsuback(it) => it.properties,
        Packet::Disconnect(it) => it.properties,
        Packet::Auth(it) => it.properties,
        _ => return None,
    };
    properties.reason_string().map(|text| text.as_str().to_owned())
}

fn words_of_connack(connack: &Connack<'_>, version: Version) -> String {
    let number = if version.is_v5() { connack.reason as u8 } else { connack.reason.to_v3_connack().expect("a return code") };
    let mut line = format!("connack {}", code(number));
    if connack.session_present {
        line += " sp";
    }
    for property in connack.properties.iter() {
        line += &match property {
            Property::SessionExpiryInterval(n) => format!(" expiry={n}"),
            Property::AssignedClientIdentifier(_) => " assigned".to_owned(),
            Property::ServerKeepAlive(n) => format!(" ka={n}"),
            Property::MaximumQos(n) => format!(" qos={n}"),
            Property::RetainAvailable(n) => format!(" retain={n}"),
            Property::WildcardSubscriptionAvailable(n) => format!(" wild={n}"),
            Property::SubscriptionIdentifierAvailable(n) => format!(" subid={n}"),
            Property::SharedSubscriptionAvailable(0) => " shared=0".to_owned(),
            Property::ResponseInformation(text) => format!(" info={text}"),
            _ => continue,
        };
    }
    line
}

fn words_of_publish(publish: &Publish<'_>) -> String {
    let topic = if publish.topic.is_empty() { "\"\"" } else { publish.topic.as_str() };
    let payload = match publish.payload {
        [] => "\"\"".to_owned(),
        long if long.len() > 80 => format!("<{}>", long.len()),
        text => String::from_utf8_lossy(text).into_owned(),
    };
    let mut line = format!("pub {topic} {payload}");
    if let Some(id) = publish.packet_id {
        line += &format!(" q{} #{id}", publish.qos as u8);
    }
    for (is, word) in [(publish.dup, " dup"), (publish.retain, " retain")] {
        if is {
            line += word;
        }
    }
    line + &properties(publish.properties)
}

fn properties(properties: Properties<'_>) -> String {
    let mut line = String::new();
    let ids: Vec<String> = properties.subscription_identifiers().map(|id| id.to_string()).collect();
    for property in properties.iter() {
        line += &match property {
            Property::TopicAlias(n) => format!(" alias={n}"),
            Property::PayloadFormatIndicator(n) => format!(" pfi={n}"),
            Property::MessageExpiryInterval(n) => format!(" mei={n}"),
            Property::ContentType(text) => format!(" ct={text}"),
            Property::ResponseTopic(text) => format!(" rt={text}"),
            Property::CorrelationData(data) => format!(" cd={}", String::from_utf8_lossy(&data)),
            Property::UserProperty(name, value) => format!(" up={name}:{value}"),
            Property::SubscriptionIdentifier(_) => continue,
            other => panic!("{:?} in a PUBLISH", other.id()),
        };
    }
    if !ids.is_empty() {
        line += &format!(" id={}", ids.join(","));
    }
    line
}

fn words_of_ack(name: &str, ack: &Ack<'_>) -> String {
    let reason = if ack.reason == ReasonCode::Success { String::new() } else { format!(" {}", code(ack.reason as u8)) };
    format!("{name} #{}{reason}", ack.packet_id)
}

fn codes(codes: &[u8]) -> String {
    codes.iter().map(|&it| code(it)).collect::<Vec<_>>().join(",")
}

fn code(code: u8) -> String {
    if code < 0x10 { code.to_string() } else { format!("0x{code:02X}") }
}
