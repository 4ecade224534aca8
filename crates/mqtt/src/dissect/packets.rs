//! The layout of every packet, as steps of the walk.

use alloc::format;
use alloc::string::{String, ToString};

use super::walk::{Counted, Walk, data, either, secret, text};
use crate::property::{PropertyId, PropertyKind};
use crate::{PacketType, ReasonCode, Version};

macro_rules! counted {
    ($key:literal, $content:literal, $show:expr) => {
        Counted { whole: $key, length: concat!($key, ".length"), content: concat!($key, $content), show: $show }
    };
}

/// Walks over a whole frame.
pub(super) fn frame(walk: &mut Walk<'_>) -> Option<()> {
    let first = walk.peek()?;
    let kind = PacketType::from_first_byte(first);
    let name = |byte: u8| kind.map_or_else(|| format!("type {}", byte >> 4), |kind| kind.name().to_string());
    if kind == Some(PacketType::Publish) {
        walk.bits(
            "fixed.first",
            |byte| format!("0x{byte:02X}"),
            |byte| {
                [
                    ("fixed.type", name(byte)),
                    ("fixed.flags.dup", bit(byte, 3)),
                    ("fixed.flags.qos", (byte >> 1 & 3).to_string()),
                    ("fixed.flags.retain", bit(byte, 0)),
                ]
            },
        )?;
    } else {
        walk.bits(
            "fixed.first",
            |byte| format!("0x{byte:02X}"),
            |byte| [("fixed.type", name(byte)), ("fixed.flags.reserved", format!("{:04b}", byte & 0x0F))],
        )?;
    }
    let remaining = walk.var_int("fixed.remaining_length")?;
    let end = walk.enter(remaining as usize);
    let done = kind.and_then(|kind| body(walk, kind, first));
    walk.leave(end);
    done
}

fn body(walk: &mut Walk<'_>, kind: PacketType, first: u8) -> Option<()> {
    match kind {
        PacketType::Connect => connect(walk),
        PacketType::Connack => connack(walk),
        PacketType::Publish => publish(walk, first),
        PacketType::Puback | PacketType::Pubrec | PacketType::Pubrel | PacketType::Pubcomp => ack(walk, kind),
        PacketType::Subscribe => subscribe(walk),
        PacketType::Unsubscribe => unsubscribe(walk),
        PacketType::Suback => codes(walk, kind, "suback.reason"),
        PacketType::Unsuback => codes(walk, kind, "unsuback.reason"),
        PacketType::Pingreq | PacketType::Pingresp => Some(()),
        PacketType::Disconnect => reason_and_properties(walk, kind),
        PacketType::Auth => reason_and_properties(walk, kind),
    }
}

fn connect(walk: &mut Walk<'_>) -> Option<()> {
    let name = walk.counted(counted!("connect.protocol_name", ".text", text))?;
    let level = walk.number("connect.protocol_level", 1)?;
    // What follows is laid out by the version, so without one it stays unread.
    walk.version =
        Version::ALL.into_iter().find(|version| u32::from(version.level()) == level && version.protocol_name().as_bytes() == name)?;
    let flags = walk.bits(
        "connect.flags",
        |byte| format!("0x{byte:02X}"),
        |byte| {
            [
                ("connect.flags.user_name", bit(byte, 7)),
                ("connect.flags.password", bit(byte, 6)),
                ("connect.flags.will_retain", bit(byte, 5)),
                ("connect.flags.will_qos", (byte >> 3 & 3).to_string()),
                ("connect.flags.will", bit(byte, 2)),
                ("connect.flags.clean_start", bit(byte, 1)),
                ("connect.flags.reserved", bit(byte, 0)),
            ]
        },
    )?;
    walk.number("connect.keep_alive", 2)?;
    properties(walk, "properties", "properties.length")?;
    walk.counted(counted!("connect.client_id", ".text", text))?;
    if flags & 0x04 != 0 {
        properties(walk, "will.properties", "will.properties.length")?;
        walk.counted(counted!("will.topic", ".text", text))?;
        walk.counted(counted!("will.payload", ".data", either))?;
    }
    // In 3.1 the fields may be missing although the flags are set.
    let left_out = |walk: &Walk<'_>| walk.version == Version::V31 && walk.left() == 0;
    if flags & 0x80 != 0 && !left_out(walk) {
        walk.counted(counted!("connect.user_name", ".text", text))?;
    }
    if flags & 0x40 != 0 && !left_out(walk) {
        walk.counted(counted!("connect.password", ".data", secret))?;
    }
    Some(())
}

fn connack(walk: &mut Walk<'_>) -> Option<()> {
    walk.bits(
        "connack.flags",
        |byte| format!("0x{byte:02X}"),
        |byte| [("connack.flags.reserved", format!("{:07b}", byte >> 1)), ("connack.flags.session_present", bit(byte, 0))],
    )?;
    if walk.version.is_v5() {
        walk.byte("reason_code", |code| reason(code, PacketType::Connack))?;
        return properties(walk, "properties", "properties.length");
    }
    walk.byte("connack.return_code", |code| match ReasonCode::v3_connack_name(code) {
        Some(name) => format!("{code} {name}"),
        None => code.to_string(),
    })?;
    Some(())
}

fn publish(walk: &mut Walk<'_>, first: u8) -> Option<()> {
    walk.counted(counted!("publish.topic", ".text", text))?;
    if first & 0b0110 != 0 {
        walk.number("packet_id", 2)?;
    }
    properties(walk, "properties", "properties.length")?;
    walk.rest("payload", either);
    Some(())
}

fn ack(walk: &mut Walk<'_>, kind: PacketType) -> Option<()> {
    walk.number("packet_id", 2)?;
    reason_and_properties(walk, kind)
}

fn reason_and_properties(walk: &mut Walk<'_>, kind: PacketType) -> Option<()> {
    if !walk.version.is_v5() || walk.left() == 0 {
        return Some(());
    }
    walk.byte("reason_code", |code| reason(code, kind))?;
    if walk.left() == 0 {
        return Some(());
    }
    properties(walk, "properties", "properties.length")
}

fn subscribe(walk: &mut Walk<'_>) -> Option<()> {
    walk.number("packet_id", 2)?;
    properties(walk, "properties", "properties.length")?;
    let v5 = walk.version.is_v5();
    while walk.left() > 0 {
        walk.counted(counted!("subscribe.filter", ".text", text))?;
        let shown = |byte: u8| format!("0x{byte:02X}");
        if v5 {
            walk.bits("subscribe.options", shown, |byte| {
                [
                    ("subscribe.options.reserved", format!("{:02b}", byte >> 6)),
                    ("subscribe.options.retain_handling", (byte >> 4 & 3).to_string()),
                    ("subscribe.options.retain_as_published", bit(byte, 3)),
                    ("subscribe.options.no_local", bit(byte, 2)),
                    ("subscribe.options.qos", (byte & 3).to_string()),
                ]
            })?;
        } else {
            walk.bits("subscribe.options", shown, |byte| {
                [("subscribe.options.reserved", format!("{:06b}", byte >> 2)), ("subscribe.options.qos", (byte & 3).to_string())]
            })?;
        }
    }
    Some(())
}

fn unsubscribe(walk: &mut Walk<'_>) -> Option<()> {
    walk.number("packet_id", 2)?;
    properties(walk, "properties", "properties.length")?;
    while walk.left() > 0 {
        walk.counted(counted!("unsubscribe.filter", ".text", text))?;
    }
    Some(())
}

fn codes(walk: &mut Walk<'_>, kind: PacketType, key: &'static str) -> Option<()> {
    walk.number("packet_id", 2)?;
    properties(walk, "properties", "properties.length")?;
    if kind == PacketType::Unsuback && !walk.version.is_v5() {
        return Some(());
    }
    while walk.byte(key, |code| reason(code, kind)).is_some() {}
    Some(())
}

/// Property Length and properties. A property that breaks off leaves only the rest of the properties unread.
fn properties(walk: &mut Walk<'_>, key: &'static str, length: &'static str) -> Option<()> {
    if !walk.version.is_v5() {
        return Some(());
    }
    let group = walk.open(key);
    let block = walk.var_int(length).map(|len| len as usize);
    let Some(len) = block.filter(|&len| len <= walk.left()) else {
        walk.close(group, String::new());
        return None;
    };
    let end = walk.enter(len);
    let mut count = 0usize;
    while walk.left() > 0 && property(walk).is_some() {
        count = count.saturating_add(1);
    }
    walk.leave(end);
    walk.close(group, count.to_string());
    Some(())
}

fn property(walk: &mut Walk<'_>) -> Option<()> {
    let id = PropertyId::from_u32(u32::from(walk.peek()?))?;
    let info = id.info();
    let group = walk.open(info.key);
    walk.byte("property.id", |byte| format!("0x{byte:02X} {}", info.name));
    let value = match info.kind {
        PropertyKind::Byte => walk.number("property.number", 1).map(|number| number.to_string()),
        PropertyKind::Two => walk.number("property.number", 2).map(|number| number.to_string()),
        PropertyKind::Four => walk.number("property.number", 4).map(|number| number.to_string()),
        PropertyKind::VarInt => walk.var_int("property.number").map(|number| number.to_string()),
        PropertyKind::Text => walk.counted_bare("property.length", "property.text", text).map(text),
        PropertyKind::Binary => walk.counted_bare("property.length", "property.data", data).map(data),
        PropertyKind::Pair => walk.counted_bare("property.name.length", "property.name", text).and_then(|name| {
            let value = walk.counted_bare("property.value.length", "property.value", text)?;
            Some(format!("{}: {}", text(name), text(value)))
        }),
    };
    let done = value.is_some();
    walk.close(group, value.unwrap_or_default());
    done.then_some(())
}

fn bit(byte: u8, at: u32) -> String {
    (byte.wrapping_shr(at) & 1).to_string()
}

fn reason(code: u8, packet: PacketType) -> String {
    match ReasonCode::from_u8(code) {
        Some(reason) => format!("0x{code:02X} {}", reason.name_in(packet)),
        None => format!("0x{code:02X}"),
    }
}
