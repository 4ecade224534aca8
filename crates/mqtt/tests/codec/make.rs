//! Legal packets put together from their parts by the tables of the standard, without a line of the codec, so that an error can be put
//! into one part and its outcome is known.

use mqtt::{PacketType, Place, Version};

use crate::exhaustive::{number, rows};
use crate::random::Dice;
use crate::vectors::var_int;

/// A packet in parts. The encoder would write it as it is.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) kind: PacketType,
    pub(crate) version: Version,
    pub(crate) first: u8,
    pub(crate) parts: Vec<Part>,
}

/// A part, where an error can be put.
#[derive(Clone)]
pub(crate) enum Part {
    /// A text, and the rules about this very text: ids of 5.0 and 3.1.1.
    Text(Vec<u8>, &'static [&'static str]),
    Binary(Vec<u8>),
    Id(u16),
    /// Properties without their length.
    Properties(Vec<u8>),
    /// A Reason Code; the name of its table.
    Code(u8),
    Raw(Vec<u8>),
}

impl Part {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Part::Text(bytes, _) | Part::Binary(bytes) => {
                out.extend((bytes.len() as u16).to_be_bytes());
                out.extend(bytes);
            }
            Part::Id(id) => out.extend(id.to_be_bytes()),
            Part::Properties(bytes) => {
                out.extend(var_int(bytes.len()));
                out.extend(bytes);
            }
            Part::Code(code) => out.push(*code),
            Part::Raw(bytes) => out.extend(bytes),
        }
    }
}

impl Made {
    /// All after the Remaining Length.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        self.parts.iter().for_each(|part| part.write(&mut body));
        body
    }

    /// The whole packet.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        framed(self.first, &self.body())
    }
}

/// A flawless header around a body.
pub(crate) fn framed(first: u8, body: &[u8]) -> Vec<u8> {
    [&[first], &var_int(body.len())[..], body].concat()
}

/// A packet of chance, legal in its version, as the encoder writes it.
pub(crate) fn packet(dice: &mut Dice, kind: PacketType, version: Version) -> Made {
    let mut made = Made { kind, version, first: (kind as u8) << 4, parts: Vec::new() };
    match kind {
        PacketType::Connect => connect(dice, &mut made),
        PacketType::Connack => {
            let refused = dice.below(2) == 1;
            made.parts.push(Part::Raw(vec![if refused || version == Version::V31 { 0 } else { dice.below(2) as u8 }]));
            match version {
                Version::V5 if refused => made.parts.push(Part::Code(code(dice, "CONNACK", 0x80))),
                Version::V5 => made.parts.push(Part::Code(0)),
                _ => made.parts.push(Part::Raw(vec![if refused { 1 + dice.below(5) as u8 } else { 0 }])),
            }
            made.properties(dice, Place::Connack);
        }
        PacketType::Publish => publish(dice, &mut made),
        PacketType::Puback | PacketType::Pubrec | PacketType::Pubrel | PacketType::Pubcomp => ack(dice, &mut made),
        PacketType::Subscribe | PacketType::Unsubscribe => filters(dice, &mut made),
        PacketType::Suback | PacketType::Unsuback => {
            made.parts.push(Part::Id(id(dice)));
            made.properties(dice, if kind == PacketType::Suback { Place::Suback } else { Place::Unsuback });
            if kind == PacketType::Suback || version.is_v5() {
                for _ in 0..=dice.below(4) {
                    made.parts.push(match version {
                        Version::V5 => Part::Code(code(dice, kind.name(), 0)),
                        Version::V311 => Part::Raw(vec![[0, 1, 2, 0x80][dice.below(4)]]),
                        Version::V31 => Part::Raw(vec![dice.below(3) as u8]),
                    });
                }
            }
        }
        PacketType::Pingreq | PacketType::Pingresp => {}
        PacketType::Disconnect if version.is_v5() => {
            let properties = properties(dice, Place::Disconnect);
            let code = code(dice, "DISCONNECT", 0);
            if code != 0 || !properties.is_empty() {
                made.parts.push(Part::Code(code));
            }
            if !properties.is_empty() {
                made.parts.push(Part::Properties(properties));
            }
        }
        PacketType::Disconnect => {}
        PacketType::Auth => {
            made.parts.push(Part::Code(code(dice, "AUTH", 0)));
            made.properties(dice, Place::Auth);
        }
    }
    made
}

impl Made {
    fn properties(&mut self, dice: &mut Dice, place: Place) {
        if self.version.is_v5() {
            let properties = properties(dice, place);
            self.parts.push(Part::Properties(properties));
        }
    }
}

fn connect(dice: &mut Dice, made: &mut Made) {
    let version = made.version;
    let (will, user) = (dice.below(2) == 1, dice.below(2) == 1);
    let password = dice.below(2) == 1 && (user || version.is_v5());
    let mut flags = u8::from(user) << 7 | u8::from(password) << 6 | (dice.below(2) as u8) << 1;
    if will {
        flags |= 4 | (dice.below(3) as u8) << 3 | (dice.below(2) as u8) << 5;
    }
    let name: &[u8] = if version == Version::V31 { b"MQIsdp" } else { b"MQTT" };
    let level = match version {
        Version::V31 => 3,
        Version::V311 => 4,
        Version::V5 => 5,
    };
    made.parts.push(Part::Raw([&(name.len() as u16).to_be_bytes()[..], name, &[level, flags]].concat()));
    made.parts.push(Part::Raw((dice.roll() as u16).to_be_bytes().to_vec()));
    made.properties(dice, Place::Connect);
    made.parts.push(Part::Text(text(dice, 0), &["MQTT-3.1.3-4", "MQTT311-3.1.3-4"]));
    if will {
        made.properties(dice, Place::Will);
        made.parts.push(Part::Text(text(dice, 1), &["MQTT-3.1.3-11", "MQTT311-3.1.3-10"]));
        made.parts.push(binary(dice));
    }
    if user {
        made.parts.push(Part::Text(text(dice, 0), &["MQTT-3.1.3-12", "MQTT311-3.1.3-11"]));
    }
    if password {
        made.parts.push(binary(dice));
    }
}

fn publish(dice: &mut Dice, made: &mut Made) {
    let qos = dice.below(3) as u8;
    let dup = if qos > 0 || made.version == Version::V31 { dice.below(2) as u8 } else { 0 };
    made.first |= dup << 3 | qos << 1 | dice.below(2) as u8;
    made.parts.push(Part::Text(text(dice, 1), &["MQTT-3.3.2-1", "MQTT311-3.3.2-1"]));
    if qos > 0 {
        made.parts.push(Part::Id(id(dice)));
    }
    made.properties(dice, Place::Publish);
    let len = dice.below(20);
    made.parts.push(Part::Raw(dice.bytes(len)));
}

fn ack(dice: &mut Dice, made: &mut Made) {
    made.first |= if made.kind == PacketType::Pubrel { 2 } else { 0 };
    made.parts.push(Part::Id(id(dice)));
    if !made.version.is_v5() {
        return;
    }
    let code = code(dice, made.kind.name(), 0);
    let properties = properties(dice, Place::of(made.kind).expect("acknowledgements have properties"));
    if code != 0 || !properties.is_empty() {
        made.parts.push(Part::Code(code));
    }
    if !properties.is_empty() {
        made.parts.push(Part::Properties(properties));
    }
}

fn filters(dice: &mut Dice, made: &mut Made) {
    made.first |= 2;
    made.parts.push(Part::Id(id(dice)));
    let subscribe = made.kind == PacketType::Subscribe;
    made.properties(dice, if subscribe { Place::Subscribe } else { Place::Unsubscribe });
    for _ in 0..=dice.below(3) {
        let rules: &[&str] = if subscribe { &["MQTT-3.8.3-1", "MQTT311-3.8.3-1"] } else { &["MQTT-3.10.3-1", "MQTT311-3.10.3-1"] };
        made.parts.push(Part::Text(text(dice, 1), rules));
        if subscribe {
            let options = if made.version.is_v5() { dice.below(16) as u8 & 12 | (dice.below(3) as u8) << 4 } else { 0 };
            made.parts.push(Part::Raw(vec![options | dice.below(3) as u8]));
        }
    }
}

/// Properties of chance that may stand together at this place, in any order.
pub(crate) fn properties(dice: &mut Dice, place: Place) -> Vec<u8> {
    let mut chosen: Vec<(u8, Vec<u8>)> = Vec::new();
    for row in rows().filter(|row| row[0] == "property" && row[1] == place.to_string()) {
        let id = number(row[2]);
        let wanted = dice.below(3) == 0 || (place == Place::Auth && id == 0x15);
        let times = if !wanted {
            0
        } else if row[5] == "often" {
            1 + dice.below(3)
        } else {
            1
        };
        for _ in 0..times {
            chosen.push((id, [vec![id], value(dice, id, row[3])].concat()));
        }
    }
    let has_method = chosen.iter().any(|(id, _)| *id == 0x15);
    chosen.retain(|(id, _)| *id != 0x16 || has_method);
    let mut out = Vec::new();
    while !chosen.is_empty() {
        out.extend(chosen.swap_remove(dice.below(chosen.len())).1);
    }
    out
}

/// A legal value of a property, by its identifier and type.
pub(crate) fn value(dice: &mut Dice, id: u8, kind: &str) -> Vec<u8> {
    let counted = |bytes: Vec<u8>| [&(bytes.len() as u16).to_be_bytes()[..], &bytes].concat();
    // Receive Maximum, Topic Alias, Maximum Packet Size and Subscription Identifier are never 0.
    let least = u32::from([0x21, 0x23, 0x27, 0x0B].contains(&id));
    let number = (dice.roll() as u32 >> dice.below(32)).max(least);
    match kind {
        "Byte" => vec![dice.below(2) as u8],
        "Two Byte Integer" => ((number % 65_535) as u16).max(least as u16).to_be_bytes().to_vec(),
        "Four Byte Integer" => number.to_be_bytes().to_vec(),
        "Variable Byte Integer" => var_int((number % 268_435_455).max(least) as usize),
        "UTF-8 Encoded String" => counted(text(dice, usize::from(id == 0x08))),
        "Binary Data" => {
            let len = dice.below(8);
            counted(dice.bytes(len))
        }
        "UTF-8 String Pair" => [counted(text(dice, 0)), counted(text(dice, 0))].concat(),
        other => panic!("no type {other}"),
    }
}

/// A text of chance, of all widths, without wildcards; U+FEFF and control characters may be in it.
pub(crate) fn text(dice: &mut Dice, least: usize) -> Vec<u8> {
    const LETTERS: [&str; 16] =
        ["a", "b", "/", "0", "$", " ", "Z", "é", "ß", "漢", "\u{FEFF}", "\u{FFFF}", "🚗", "\u{1}", "\u{7F}", "\u{10FFFF}"];
    let len = least + dice.below(8);
    (0..len).map(|_| LETTERS[dice.below(LETTERS.len())]).collect::<String>().into_bytes()
}

fn binary(dice: &mut Dice) -> Part {
    let len = dice.below(10);
    Part::Binary(dice.bytes(len))
}

fn id(dice: &mut Dice) -> u16 {
    1 + dice.below(65_535) as u16
}

/// A Reason Code of the packet's table, not below `least`.
fn code(dice: &mut Dice, packet: &str, least: u8) -> u8 {
    let table: Vec<u8> = rows().filter(|row| row[0] == "reason" && row[1] == packet).map(|row| number(row[2])).collect();
    let fitting: Vec<u8> = table.into_iter().filter(|code| *code >= least).collect();
    fitting[dice.below(fitting.len())]
}
