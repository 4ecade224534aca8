//! Small spaces, looked through from end to end, against the tables of the standard.

use std::collections::BTreeMap;

use mqtt::{Fault, PacketType, Place, PropertyId, PropertyKind, ReasonCode, Sender, Version};

use crate::harness::rule::rule;
use crate::harness::{Shown, say};
use crate::{check, vectors};

pub(crate) fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    include_str!("tables.tsv").lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn place(name: &str) -> Place {
    Place::ALL.into_iter().find(|place| place.to_string() == name).unwrap_or_else(|| panic!("no place {name}"))
}

fn packet(name: &str) -> PacketType {
    PacketType::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or_else(|| panic!("no packet {name}"))
}

pub(crate) fn number(text: &str) -> u8 {
    u8::from_str_radix(text.trim_start_matches("0x"), 16).expect("a number")
}

fn sends(who: &str, sender: Sender) -> bool {
    who == "both" || who == if sender == Sender::Client { "client" } else { "server" }
}

/// A legal packet with these properties at this place.
pub(crate) fn with_properties(place: Place, properties: &[u8]) -> Vec<u8> {
    let properties = [vectors::var_int(properties.len()), properties.to_vec()].concat();
    let (first, before, after): (u8, &[u8], &[u8]) = match place {
        Place::Connect => (0x10, &[0, 4, 77, 81, 84, 84, 5, 2, 0, 0], &[0, 0]),
        Place::Will => (0x10, &[0, 4, 77, 81, 84, 84, 5, 6, 0, 0, 0, 0, 0], &[0, 1, 119, 0, 0]),
        Place::Connack => (0x20, &[0, 0], &[]),
        Place::Publish => (0x30, &[0, 1, 97], &[]),
        Place::Puback => (0x40, &[0, 1, 0], &[]),
        Place::Pubrec => (0x50, &[0, 1, 0], &[]),
        Place::Pubrel => (0x62, &[0, 1, 0], &[]),
        Place::Pubcomp => (0x70, &[0, 1, 0], &[]),
        Place::Subscribe => (0x82, &[0, 1], &[0, 1, 97, 0]),
        Place::Suback => (0x90, &[0, 1], &[0]),
        Place::Unsubscribe => (0xA2, &[0, 1], &[0, 1, 97]),
        Place::Unsuback => (0xB0, &[0, 1], &[0]),
        Place::Disconnect => (0xE0, &[0], &[]),
        Place::Auth => (0xF0, &[0x18], &[]),
    };
    let body = [before, &properties, after].concat();
    [&[first], &vectors::var_int(body.len())[..], &body].concat()
}

fn example(kind: PropertyKind) -> &'static [u8] {
    match kind {
        PropertyKind::Byte => &[1],
        PropertyKind::Two => &[0, 1],
        PropertyKind::Four => &[0, 0, 0, 1],
        PropertyKind::VarInt => &[1],
        PropertyKind::Text | PropertyKind::Binary => &[0, 1, 97],
        PropertyKind::Pair => &[0, 1, 97, 0, 1, 98],
    }
}

#[test]
fn every_property_in_every_place_once_and_twice() {
    rule!("D-repeats");
    rule!("U5-2.2.2.2-a");
    let (mut shown, mut cases) = (Shown::default(), 0);
    let table: BTreeMap<(String, u8), Vec<&str>> =
        rows().filter(|row| row[0] == "property").map(|row| ((row[1].to_string(), number(row[2])), row)).collect();
    assert_eq!(table.len(), 64);
    for place in Place::ALL {
        for id in 0..=255u8 {
            let row = table.get(&(place.to_string(), id));
            let known = PropertyId::from_u32(u32::from(id));
            let value = known.map_or(&[0u8; 8][..], |known| example(known.info().kind));
            // Authentication Data needs the method, and AUTH needs it anyway.
            let needs_method = place == Place::Auth || known == Some(PropertyId::AuthenticationData);
            let method: &[u8] =
                if needs_method && known != Some(PropertyId::AuthenticationMethod) && id < 128 { &[0x15, 0, 1, 109] } else { &[] };
            let head = if id < 128 { vec![id] } else { vec![id, 1] };
            let one = [&head[..], value].concat();
            let once = check::any(&with_properties(place, &[method, &one].concat()), Version::V5);
            let twice = check::any(&with_properties(place, &[method, &one, &one].concat()), Version::V5);
            assert_eq!(once.is_ok(), row.is_some(), "{place} 0x{id:02X}: {once:?}");
            assert_eq!(twice.is_ok(), row.is_some_and(|row| row[5] == "often"), "{place} 0x{id:02X} twice: {twice:?}");
            cases += 2;
            [&once, &twice].into_iter().filter_map(|found| found.as_ref().err()).for_each(|fault| shown.fault(fault));
            match (row, known) {
                (Some(_), Some(known)) => {
                    let repeated = twice.err().is_none_or(|fault| fault.fault() == Fault::PropertyRepeated(known));
                    assert!(repeated, "{place} 0x{id:02X}");
                }
                _ => assert_eq!(once.map_err(|fault| fault.reason()), Err(ReasonCode::MalformedPacket)),
            }
        }
        let none = check::any(&with_properties(place, &[]), Version::V5);
        assert_eq!(none.is_ok(), place != Place::Auth, "{place} without properties: {none:?}");
        cases += 1;
    }
    say(&format!("{cases} cases of place x property identifier x 0, 1, 2 copies (14 x 256 x 2 and 14 without any)"));
    assert_eq!(cases, 14 * 256 * 2 + 14);
    shown.tell();
}

#[test]
fn the_property_table_is_that_of_the_standard() {
    rule!("U5-2.2.2.2-b");
    for row in rows().filter(|row| row[0] == "property") {
        let id = PropertyId::from_u32(u32::from(number(row[2]))).unwrap_or_else(|| panic!("no property {}", row[2]));
        for sender in [Sender::Client, Sender::Server] {
            assert_eq!(id.allowed_from(place(row[1]), sender), sends(row[4], sender), "{id} in {} from {sender:?}", row[1]);
        }
        let kind = match row[3] {
            "Byte" => PropertyKind::Byte,
            "Two Byte Integer" => PropertyKind::Two,
            "Four Byte Integer" => PropertyKind::Four,
            "Variable Byte Integer" => PropertyKind::VarInt,
            "UTF-8 Encoded String" => PropertyKind::Text,
            "Binary Data" => PropertyKind::Binary,
            "UTF-8 String Pair" => PropertyKind::Pair,
            other => panic!("no type {other}"),
        };
        assert_eq!(id.info().kind, kind, "{id}");
    }
    assert_eq!(PropertyId::ALL.len(), 27);
}

#[test]
fn every_number_of_every_property_at_its_borders() {
    let mut shown = Shown::default();
    for id in PropertyId::ALL {
        let Some(place) = Place::ALL.into_iter().find(|place| id.allowed_in(*place)) else { panic!("{id} stands nowhere") };
        let info = id.info();
        let values: Vec<(u32, Vec<u8>)> = match info.kind {
            PropertyKind::Byte => (0..=255u8).map(|value| (u32::from(value), vec![value])).collect(),
            PropertyKind::Two => (0..=65_535u16).step_by(257).map(|v| (u32::from(v), v.to_be_bytes().to_vec())).collect(),
            PropertyKind::Four => [0, 1, 65_536, u32::MAX].map(|v| (v, v.to_be_bytes().to_vec())).to_vec(),
            PropertyKind::VarInt => [0, 1, 127, 128, 16_384, 268_435_455].map(|v| (v, vectors::var_int(v as usize))).to_vec(),
            _ => continue,
        };
        for (value, bytes) in values {
            let found = check::any(&with_properties(place, &[&[id as u8], &bytes[..]].concat()), Version::V5);
            let zero_is_bad = matches!(
                id,
                PropertyId::ReceiveMaximum | PropertyId::TopicAlias | PropertyId::MaximumPacketSize | PropertyId::SubscriptionIdentifier
            );
            let legal = if info.kind == PropertyKind::Byte { value < 2 } else { value > 0 || !zero_is_bad };
            assert_eq!(found.is_ok(), legal, "{id} = {value}: {found:?}");
            if let Err(fault) = found {
                assert_eq!(fault.fault(), Fault::PropertyValue { id, value });
                shown.fault(&fault);
            }
        }
    }
    shown.tell();
}

#[test]
fn every_reason_code_in_every_packet() {
    rule!("D-code-0x8c");
    let (mut shown, mut cases) = (Shown::default(), 0);
    let table: BTreeMap<(&str, u8), &str> = rows().filter(|row| row[0] == "reason").map(|row| ((row[1], number(row[2])), row[3])).collect();
    assert_eq!(table.len(), 95);
    assert_eq!(ReasonCode::ALL.len(), 43);
    let packets = ["CONNACK", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBACK", "UNSUBACK", "DISCONNECT", "AUTH"];
    for name in packets {
        for code in 0..=255u8 {
            let row = table.get(&(name, code));
            let bytes = match name {
                "CONNACK" => vec![0x20, 3, 0, code, 0],
                "PUBACK" => vec![0x40, 3, 0, 1, code],
                "PUBREC" => vec![0x50, 3, 0, 1, code],
                "PUBREL" => vec![0x62, 3, 0, 1, code],
                "PUBCOMP" => vec![0x70, 3, 0, 1, code],
                "SUBACK" => vec![0x90, 4, 0, 1, 0, code],
                "UNSUBACK" => vec![0xB0, 4, 0, 1, 0, code],
                "DISCONNECT" => vec![0xE0, 1, code],
                _ => vec![0xF0, 6, code, 4, 0x15, 0, 1, 109],
            };
            let found = check::any(&bytes, Version::V5);
            // The overview of the standard has it for DISCONNECT, the table of DISCONNECT has not: it is read, but nobody may send it.
            let tolerated = name == "DISCONNECT" && code == 0x8C;
            assert_eq!(found.is_ok(), row.is_some() || tolerated, "{name} 0x{code:02X}: {found:?}");
            cases += 1;
            if let Err(fault) = &found {
                shown.fault(fault);
            }
            let Some(reason) = ReasonCode::from_u8(code) else { continue };
            for sender in [Sender::Client, Sender::Server] {
                let allowed = reason.allowed_in(packet(name), sender);
                assert_eq!(allowed, row.is_some_and(|who| sends(who, sender)), "{name} {reason} {sender:?}");
            }
        }
    }
    say(&format!("{cases} cases of packet x Reason Code (9 x 256)"));
    assert_eq!(cases, 9 * 256);
    shown.tell();
}

#[test]
fn every_type_with_every_flag() {
    rule!("U5-2.1.3-a", "MQTT311-2.2.2-1", "MQTT311-2.2.2-2", "M31-dup-flags");
    let (mut shown, mut cases) = (Shown::default(), 0);
    for version in Version::ALL {
        for kind in PacketType::ALL {
            for flags in 0..16u8 {
                let first = (kind as u8) << 4 | flags;
                let found = check::any(&[&[first][..], body(kind, version, flags)].concat(), version);
                let legal = match kind {
                    PacketType::Publish => flags & 6 != 6 && (flags & 0xE != 8 || version == Version::V31),
                    PacketType::Pubrel | PacketType::Subscribe | PacketType::Unsubscribe => {
                        flags == 2 || (flags == 10 && version == Version::V31)
                    }
                    PacketType::Auth => flags == 0 && version == Version::V5,
                    _ => flags == 0,
                };
                assert_eq!(found.is_ok(), legal, "{kind} {flags:04b} in {version}: {found:?}");
                cases += 1;
                if let Err(fault) = &found {
                    shown.fault(fault);
                }
            }
        }
        for flags in 0..16u8 {
            let none = check::any(&[flags, 0], version).expect_err("packet type 0 is forbidden");
            assert_eq!(none.fault(), Fault::TypeZero);
            shown.fault(&none);
            cases += 1;
        }
    }
    say(&format!("{cases} cases of version x packet type x flags (3 x 16 x 16)"));
    assert_eq!(cases, 3 * 16 * 16);
    shown.tell();
}

/// Remaining Length and a legal body.
fn body(kind: PacketType, version: Version, flags: u8) -> &'static [u8] {
    match (kind, version) {
        (PacketType::Connect, Version::V31) => &[15, 0, 6, 77, 81, 73, 115, 100, 112, 3, 2, 0, 0, 0, 1, 97],
        (PacketType::Connect, Version::V311) => &[12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 0],
        (PacketType::Connect, Version::V5) => &[13, 0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 0, 0, 0],
        (PacketType::Connack, Version::V5) => &[3, 0, 0, 0],
        (PacketType::Publish, Version::V5) if flags & 6 == 0 => &[4, 0, 1, 97, 0],
        (PacketType::Publish, Version::V5) => &[6, 0, 1, 97, 0, 1, 0],
        (PacketType::Publish, _) if flags & 6 == 0 => &[3, 0, 1, 97],
        (PacketType::Publish, _) => &[5, 0, 1, 97, 0, 1],
        (PacketType::Connack, _) => &[2, 0, 0],
        (PacketType::Subscribe, Version::V5) => &[7, 0, 1, 0, 0, 1, 97, 0],
        (PacketType::Subscribe, _) => &[6, 0, 1, 0, 1, 97, 0],
        (PacketType::Unsubscribe, Version::V5) => &[6, 0, 1, 0, 0, 1, 97],
        (PacketType::Unsubscribe, _) => &[5, 0, 1, 0, 1, 97],
        (PacketType::Suback | PacketType::Unsuback, Version::V5) => &[4, 0, 1, 0, 0],
        (PacketType::Suback, _) => &[3, 0, 1, 0],
        (PacketType::Pingreq | PacketType::Pingresp | PacketType::Disconnect | PacketType::Auth, _) => &[0],
        _ => &[2, 0, 1],
    }
}

#[test]
fn every_byte_of_connect_flags() {
    rule!("U5-3.1.2.3-a", "U5-3.1.2.6-a", "MQTT-3.1.2-19", "MQTT311-3.1.2-11", "M31-connect-flags");
    let mut shown = Shown::default();
    for version in Version::ALL {
        for flags in 0..=255u8 {
            let mut packet = [&[0, version.protocol_name().len() as u8][..], version.protocol_name().as_bytes()].concat();
            packet.extend([version.level(), flags, 0, 0]);
            let no_properties: &[u8] = if version.is_v5() { &[0] } else { &[] };
            packet.extend(no_properties);
            packet.extend([0, 1, b'c']);
            if flags & 4 != 0 {
                packet.extend(no_properties);
                packet.extend([0, 1, b'w', 0, 0]);
            }
            packet.extend([0, 1, b'u'].iter().filter(|_| flags & 0x80 != 0));
            packet.extend([0, 1, b'p'].iter().filter(|_| flags & 0x40 != 0));
            let found = check::any(&[&[0x10, packet.len() as u8], &packet[..]].concat(), version);
            let lone_password = flags & 0xC0 == 0x40 && !version.is_v5();
            let loose = version == Version::V31;
            let reserved = flags & 1 != 0 && !loose;
            let will = if flags & 4 != 0 { flags & 0x18 != 0x18 } else { flags & 0x38 == 0 || loose };
            assert_eq!(found.is_ok(), !lone_password && !reserved && will, "{flags:02X} in {version}: {found:?}");
            if let Err(fault) = &found {
                shown.fault(fault);
            }
        }
    }
    shown.tell();
}

#[test]
fn every_byte_of_subscription_options_return_codes_acknowledge_flags_and_levels() {
    rule!("U5-3.8.3.1-a", "U5-3.8.3.1-b", "MQTT-3.8.3-5", "MQTT-3.2.2-1", "MQTT-3.1.2-2", "MQTT311-3.8.3-4", "MQTT311-3.9.3-2");
    rule!("M31-session-present", "M31-level", "M31-suback-failure");
    for byte in 0..=255u8 {
        let ok = |bytes: &[u8], version| check::any(bytes, version).is_ok();
        assert_eq!(ok(&[0x82, 6, 0, 1, 0, 1, 97, byte], Version::V31), byte & 3 != 3, "{byte:02X}");
        assert_eq!(ok(&[0x82, 6, 0, 1, 0, 1, 97, byte], Version::V311), byte < 3, "{byte:02X}");
        let v5 = byte & 3 != 3 && byte & 0x30 != 0x30 && byte & 0xC0 == 0;
        assert_eq!(ok(&[0x82, 7, 0, 1, 0, 0, 1, 97, byte], Version::V5), v5, "{byte:02X}");
        assert_eq!(ok(&[0x20, 2, 0, byte], Version::V31), byte < 6, "{byte:02X}");
        assert_eq!(ok(&[0x20, 2, 0, byte], Version::V311), byte < 6, "{byte:02X}");
        assert_eq!(ok(&[0x20, 2, byte, 0], Version::V311), byte < 2, "{byte:02X}");
        assert!(ok(&[0x20, 2, byte, 0], Version::V31), "{byte:02X}");
        assert_eq!(ok(&[0x20, 3, byte, 0, 0], Version::V5), byte < 2, "{byte:02X}");
        assert_eq!(ok(&[0x90, 3, 0, 1, byte], Version::V31), byte < 3, "{byte:02X}");
        assert_eq!(ok(&[0x90, 3, 0, 1, byte], Version::V311), byte < 3 || byte == 0x80, "{byte:02X}");
        // The body fits level 4; at level 5 the two bytes behind Keep Alive are no properties and client id.
        assert_eq!(ok(&[0x10, 12, 0, 4, 77, 81, 84, 84, byte, 2, 0, 0, 0, 0], Version::V5), byte == 4, "{byte:02X}");
    }
}
