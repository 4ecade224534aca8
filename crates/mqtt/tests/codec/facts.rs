//! What a decoded packet says, in the words of its dissection: the two must agree.

use mqtt::{Ack, Connect, Field, Packet, PacketType, Properties, Property, ReasonCode, Version};

type Facts = Vec<(&'static str, String)>;

/// Fields that a packet does not keep: lengths, reserved bits, groups, what is told by another field, and in 3.1 the Connect Flags,
/// which the packet keeps only as far as they have a meaning.
fn is_layout(key: &str, version: Version) -> bool {
    const LAYOUT: [&str; 7] =
        ["fixed.first", "fixed.remaining_length", "connect.flags", "connack.flags", "subscribe.options", "properties", "will.properties"];
    let inner = ["property.id", "property.number", "property.data", "property.name", "property.value", "property.text"];
    LAYOUT.contains(&key)
        || inner.contains(&key)
        || [".length", ".text", ".data", ".reserved"].iter().any(|end| key.ends_with(end)) && key != "property.correlation_data"
        || (version == Version::V31 && key.starts_with("connect.flags.") && key != "connect.flags.clean_start")
        || (version == Version::V31 && key == "connack.flags.session_present")
}

/// What the fields say, without layout, and without a success that a packet may also leave out.
pub(crate) fn of_fields(fields: &[Field], version: Version) -> Facts {
    let kept = fields.iter().filter(|field| !is_layout(field.key, version));
    kept.map(|field| (field.key, field.value.clone())).filter(|fact| !is_left_out(fact)).collect()
}

/// What the packet says.
pub(crate) fn of_packet(packet: &Packet<'_>, version: Version) -> Facts {
    let mut facts = vec![("fixed.type", packet.kind().name().to_string())];
    match packet {
        Packet::Connect(connect) => of_connect(&mut facts, connect),
        Packet::Connack(connack) => {
            facts.push(("connack.flags.session_present", bit(connack.session_present)));
            if version.is_v5() {
                facts.push(("reason_code", reason(connack.reason, PacketType::Connack)));
            } else {
                let code = connack.reason.to_v3_connack().expect("came from a return code");
                facts.push(("connack.return_code", format!("{code} {}", ReasonCode::v3_connack_name(code).expect("has a name"))));
            }
            properties(&mut facts, &connack.properties);
        }
        Packet::Publish(publish) => {
            facts.push(("fixed.flags.dup", bit(publish.dup)));
            facts.push(("fixed.flags.qos", (publish.qos as u8).to_string()));
            facts.push(("fixed.flags.retain", bit(publish.retain)));
            facts.push(("publish.topic", publish.topic.to_string()));
            facts.extend(publish.packet_id.map(|id| ("packet_id", id.to_string())));
            properties(&mut facts, &publish.properties);
            if !publish.payload.is_empty() {
                facts.push(("payload", either(publish.payload)));
            }
        }
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => of_ack(&mut facts, ack, packet.kind()),
        Packet::Subscribe(subscribe) => {
            facts.push(("packet_id", subscribe.packet_id.to_string()));
            properties(&mut facts, &subscribe.properties);
            for subscription in &subscribe.filters {
                facts.push(("subscribe.filter", subscription.filter.to_string()));
                if version.is_v5() {
                    facts.push(("subscribe.options.retain_handling", (subscription.options.retain_handling as u8).to_string()));
                    facts.push(("subscribe.options.retain_as_published", bit(subscription.options.retain_as_published)));
                    facts.push(("subscribe.options.no_local", bit(subscription.options.no_local)));
                }
                facts.push(("subscribe.options.qos", (subscription.options.qos as u8).to_string()));
            }
        }
        Packet::Suback(suback) => {
            facts.push(("packet_id", suback.packet_id.to_string()));
            properties(&mut facts, &suback.properties);
            facts.extend(suback.reasons.iter().map(|&code| ("suback.reason", code_name(code, PacketType::Suback))));
        }
        Packet::Unsubscribe(unsubscribe) => {
            facts.push(("packet_id", unsubscribe.packet_id.to_string()));
            properties(&mut facts, &unsubscribe.properties);
            facts.extend(unsubscribe.filters.iter().map(|filter| ("unsubscribe.filter", filter.to_string())));
        }
        Packet::Unsuback(unsuback) => {
            facts.push(("packet_id", unsuback.packet_id.to_string()));
            properties(&mut facts, &unsuback.properties);
            facts.extend(unsuback.reasons.iter().map(|&code| ("unsuback.reason", code_name(code, PacketType::Unsuback))));
        }
        Packet::Pingreq | Packet::Pingresp => {}
        Packet::Disconnect(disconnect) => {
            facts.push(("reason_code", reason(disconnect.reason, PacketType::Disconnect)));
            properties(&mut facts, &disconnect.properties);
        }
        Packet::Auth(auth) => {
            facts.push(("reason_code", reason(auth.reason, PacketType::Auth)));
            properties(&mut facts, &auth.properties);
        }
    }
    facts.retain(|fact| !is_left_out(fact) && !is_layout(fact.0, version));
    facts
}

fn of_connect(facts: &mut Facts, connect: &Connect<'_>) {
    facts.push(("connect.protocol_name", connect.version.protocol_name().to_string()));
    facts.push(("connect.protocol_level", connect.version.level().to_string()));
    facts.push(("connect.flags.user_name", bit(connect.username.is_some())));
    facts.push(("connect.flags.password", bit(connect.password.is_some())));
    facts.push(("connect.flags.will_retain", bit(connect.will.is_some_and(|will| will.retain))));
    facts.push(("connect.flags.will_qos", connect.will.map_or(0, |will| will.qos as u8).to_string()));
    facts.push(("connect.flags.will", bit(connect.will.is_some())));
    facts.push(("connect.flags.clean_start", bit(connect.clean_start)));
    facts.push(("connect.keep_alive", connect.keep_alive.to_string()));
    properties(facts, &connect.properties);
    facts.push(("connect.client_id", connect.client_id.to_string()));
    if let Some(will) = &connect.will {
        properties(facts, &will.properties);
        facts.push(("will.topic", will.topic.to_string()));
        facts.push(("will.payload", either(&will.payload)));
    }
    facts.extend(connect.username.map(|name| ("connect.user_name", name.to_string())));
    facts.extend(connect.password.map(|password| ("connect.password", secret(password.len()))));
}

fn of_ack(facts: &mut Facts, ack: &Ack<'_>, kind: PacketType) {
    facts.push(("packet_id", ack.packet_id.to_string()));
    facts.push(("reason_code", reason(ack.reason, kind)));
    properties(facts, &ack.properties);
}

/// One fact per property, in their order.
fn properties(facts: &mut Facts, properties: &Properties<'_>) {
    for property in properties.iter() {
        let id = property.id();
        assert!(properties.has(id), "the set lacks {id}");
        let value = match property {
            Property::UserProperty(name, value) => format!("{name}: {value}"),
            Property::CorrelationData(data) | Property::AuthenticationData(data) => hex(&data),
            other => {
                let shown = format!("{other:?}");
                let inside = shown.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).expect("one value").to_string();
                match other {
                    Property::ContentType(text)
                    | Property::ResponseTopic(text)
                    | Property::AssignedClientIdentifier(text)
                    | Property::AuthenticationMethod(text)
                    | Property::ResponseInformation(text)
                    | Property::ServerReference(text)
                    | Property::ReasonString(text) => text.to_string(),
                    _ => inside,
                }
            }
        };
        facts.push((id.info().key, value));
    }
}

fn is_left_out(fact: &(&str, String)) -> bool {
    fact.0 == "reason_code" && fact.1.starts_with("0x00 ")
}

fn secret(len: usize) -> String {
    if len == 1 { "1 byte".to_string() } else { format!("{len} bytes") }
}

fn bit(set: bool) -> String {
    u8::from(set).to_string()
}

fn reason(code: ReasonCode, packet: PacketType) -> String {
    format!("0x{:02X} {}", code as u8, code.name_in(packet))
}

fn code_name(code: u8, packet: PacketType) -> String {
    reason(ReasonCode::try_from(code).expect("was checked"), packet)
}

fn either(bytes: &[u8]) -> String {
    core::str::from_utf8(bytes).map_or_else(|_| hex(bytes), str::to_string)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}
