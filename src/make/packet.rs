//! Bytes of a packet from the composer's fields. Nothing here asks whether they are legal: whoever composes wants to see what comes of it.

use super::number;
use crate::text::words;

/// A packet that the composer knows field by field: key, name, first byte without flags that are fields, and its fields.
pub(crate) const PACKETS: [(&str, &str, u8, &[Field]); 14] = {
    use Field::{ClientId, Code, Dup, Id, Payload, Qos, Retain, Topic};
    [
        ("publish", "PUBLISH", 0x30, &[Topic, Payload, Qos, Id, Retain, Dup]),
        ("puback", "PUBACK", 0x40, &[Id, Code]),
        ("pubrec", "PUBREC", 0x50, &[Id, Code]),
        ("pubrel", "PUBREL", 0x62, &[Id, Code]),
        ("pubcomp", "PUBCOMP", 0x70, &[Id, Code]),
        ("subscribe", "SUBSCRIBE", 0x82, &[Id, Topic, Qos]),
        ("suback", "SUBACK", 0x90, &[Id, Code]),
        ("unsubscribe", "UNSUBSCRIBE", 0xA2, &[Id, Topic]),
        ("unsuback", "UNSUBACK", 0xB0, &[Id, Code]),
        ("connect", "CONNECT", 0x10, &[ClientId]),
        ("connack", "CONNACK", 0x20, &[Code]),
        ("pingreq", "PINGREQ", 0xC0, &[]),
        ("pingresp", "PINGRESP", 0xD0, &[]),
        ("disconnect", "DISCONNECT", 0xE0, &[Code]),
    ]
};

/// A field of the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Topic,
    Payload,
    Qos,
    Id,
    Retain,
    Dup,
    Code,
    ClientId,
}

/// What the composer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Draft {
    pub(crate) kind: String,
    pub(crate) topic: String,
    pub(crate) payload: String,
    pub(crate) qos: String,
    pub(crate) packet_id: String,
    /// A code or return code, decimal or `0x…`; empty: left out where the version allows it.
    pub(crate) code: String,
    pub(crate) client_id: String,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
}

/// The packet's fields.
pub(crate) fn fields(kind: &str) -> &'static [Field] {
    PACKETS.iter().find(|(key, ..)| *key == kind).map_or(&[], |(.., fields)| fields)
}

/// The bytes of the packet; `level` is the version's number: 3, 4 or 5.
pub(crate) fn bytes(draft: &Draft, level: u8) -> Result<Vec<u8>, String> {
    let (key, _, first, fields) = PACKETS.iter().find(|(key, ..)| *key == draft.kind).ok_or_else(|| format!("{}?", words::COMPOSE_KIND))?;
    let v5 = level >= 5;
    let has = |field: Field| fields.contains(&field);
    let qos = number(words::QOS, &draft.qos, 0, 3)?.unwrap_or(0) as u8;
    let id = number(words::PACKET_ID, &draft.packet_id, 0, 65_535)?.unwrap_or(1) as u16;
    let code = code(&draft.code)?;
    let mut first = *first;
    let mut body = Vec::new();
    match *key {
        "publish" => {
            first |= u8::from(draft.dup) << 3 | qos << 1 | u8::from(draft.retain);
            string(&mut body, &draft.topic);
            if qos > 0 {
                body.extend(id.to_be_bytes());
            }
            body.extend(v5.then_some(0));
            body.extend(draft.payload.as_bytes());
        }
        "connect" => {
            string(&mut body, if level == 3 { "MQIsdp" } else { "MQTT" });
            // Clean start, keep alive of a minute.
            body.extend([level, 2, 0, 60]);
            body.extend(v5.then_some(0));
            string(&mut body, &draft.client_id);
        }
        "connack" => {
            body.extend([0, code.unwrap_or(0)]);
            body.extend(v5.then_some(0));
        }
        "disconnect" => body.extend(code.filter(|_| v5)),
        "pingreq" | "pingresp" => {}
        _ => {
            body.extend(id.to_be_bytes());
            let lists = matches!(*key, "subscribe" | "suback" | "unsubscribe" | "unsuback");
            body.extend((v5 && lists).then_some(0));
            if has(Field::Topic) {
                string(&mut body, &draft.topic);
                body.extend(has(Field::Qos).then_some(qos));
            } else if *key == "suback" || (*key == "unsuback" && v5) {
                body.push(code.unwrap_or(0));
            } else if !lists && v5 {
                body.extend(code);
            }
        }
    }
    let mut out = vec![first];
    let mut left = body.len();
    loop {
        let low = (left & 0x7F) as u8;
        left >>= 7;
        out.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            break;
        }
    }
    out.append(&mut body);
    Ok(out)
}

/// Bytes as people write them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Bytes from hexadecimal digits; spaces, commas, colons and `0x` between them are for the eye.
pub(crate) fn parse_hex(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut half: Option<u8> = None;
    let text = text.replace("0x", " ");
    for (at, c) in text.chars().enumerate() {
        match (c.to_digit(16), half) {
            (Some(digit), None) => half = Some(digit as u8),
            (Some(digit), Some(high)) => {
                out.push(high << 4 | digit as u8);
                half = None;
            }
            (None, None) if c.is_whitespace() || matches!(c, ',' | ':' | '-') => {}
            (None, _) => {
                return Err(format!(
                    "Character {} is \"{}\": two hexadecimal digits make a byte.",
                    at + 1,
                    crate::text::visible(&c.to_string())
                ));
            }
        }
    }
    match half {
        Some(_) => Err("The last byte has one digit: two hexadecimal digits make a byte.".into()),
        None if out.is_empty() => Err("At least one byte is wanted.".into()),
        None => Ok(out),
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    // What is longer than the format can say is sent with the length it can say: the packet is wrong then, as was asked for.
    out.extend((text.len() as u16).to_be_bytes());
    out.extend(text.as_bytes());
}

fn code(text: &str) -> Result<Option<u8>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = match text.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    number.map(Some).ok_or_else(|| format!("{}: a number from 0 to 255, or 0x00 to 0xff, is wanted.", words::COMPOSE_CODES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(kind: &str) -> Draft {
        Draft { kind: kind.into(), topic: "a/b".into(), payload: "hi".into(), qos: "1".into(), packet_id: "7".into(), ..Draft::default() }
    }

    #[test]
    fn packets_have_the_bytes_of_the_standard() {
        let of = |kind: &str, level: u8| hex(&bytes(&draft(kind), level).unwrap());
        assert_eq!(of("publish", 4), "32 09 00 03 61 2f 62 00 07 68 69");
        assert_eq!(of("publish", 5), "32 0a 00 03 61 2f 62 00 07 00 68 69");
        assert_eq!(of("subscribe", 4), "82 08 00 07 00 03 61 2f 62 01");
        assert_eq!(of("subscribe", 5), "82 09 00 07 00 00 03 61 2f 62 01");
        assert_eq!(of("unsubscribe", 4), "a2 07 00 07 00 03 61 2f 62");
        assert_eq!(of("pubrel", 5), "62 02 00 07");
        assert_eq!(of("suback", 4), "90 03 00 07 00");
        assert_eq!(of("unsuback", 4), "b0 02 00 07");
        assert_eq!(of("unsuback", 5), "b0 04 00 07 00 00");
        assert_eq!(of("pingreq", 4), "c0 00");
        assert_eq!(of("disconnect", 5), "e0 00");
        assert_eq!(of("connect", 3), "10 0e 00 06 4d 51 49 73 64 70 03 02 00 3c 00 00");
    }

    #[test]
    fn a_code_is_decimal_or_hexadecimal_and_only_where_it_can_be() {
        let with = |kind: &str, level: u8, code: &str| bytes(&Draft { code: code.into(), ..draft(kind) }, level).map(|bytes| hex(&bytes));
        assert_eq!(with("puback", 5, "0x87").unwrap(), "40 03 00 07 87");
        assert_eq!(with("puback", 4, "135").unwrap(), "40 02 00 07");
        assert_eq!(with("connack", 5, "135").unwrap(), "20 03 00 87 00");
        assert!(with("puback", 5, "0x100").unwrap_err().starts_with(words::COMPOSE_CODES));
    }

    #[test]
    fn long_packets_have_long_lengths() {
        let made = bytes(&Draft { payload: "x".repeat(300), ..draft("publish") }, 4).unwrap();
        assert_eq!(made.get(1..3), Some(&[0xb3, 0x02][..]));
        assert_eq!(made.len(), 3 + 0x133);
    }

    #[test]
    fn hexadecimal_is_read_as_people_write_it() {
        assert_eq!(parse_hex("c0 00"), Ok(vec![0xc0, 0]));
        assert_eq!(parse_hex(" 0xC0,0x00\n30:00 "), Ok(vec![0xc0, 0, 0x30, 0]));
        assert!(parse_hex("c").unwrap_err().contains("last byte"));
        assert!(parse_hex("c0 zz").unwrap_err().contains("Character 4"));
        assert!(parse_hex("c 0").is_err());
        assert!(parse_hex("  ").is_err());
    }
}
