//! Vectors made by chance and by the tables of the standard: legal packets, the same with one error of known outcome, and every
//! property in every place.

use mqtt::{PacketType, Place, PropertyId, Version};

use crate::check;
use crate::exhaustive::{number, rows, with_properties};
use crate::harness::Shown;
use crate::make::{Made, Part, framed, packet, properties, value};
use crate::random::Dice;

const MALFORMED: u8 = 0x81;
const PROTOCOL_ERROR: u8 = 0x82;
const ALIAS_INVALID: u8 = 0x94;

/// Legal packets of each type and version.
const EACH: usize = 16;

/// Bytes and what becomes of them.
pub(crate) struct Vector {
    pub(crate) version: Version,
    pub(crate) bytes: Vec<u8>,
    outcome: Outcome,
    /// Rules beside the one that the codec names, of all versions.
    rules: Vec<&'static str>,
    /// What was done to a legal packet.
    what: &'static str,
}

enum Outcome {
    /// Taken, and written as it was read.
    Same,
    /// Taken; the encoder has a shorter way to say it.
    Taken,
    /// Refused for this reason.
    Refused(u8),
}

/// All of them; the same in every run.
pub(crate) fn vectors() -> Vec<Vector> {
    let mut dice = Dice(5);
    let mut all = Vec::new();
    for version in Version::ALL {
        for kind in PacketType::ALL.into_iter().filter(|kind| *kind != PacketType::Auth || version.is_v5()) {
            for _ in 0..EACH {
                let made = packet(&mut dice, kind, version);
                errors(&mut dice, &made, &mut all);
                all.push(Vector { version, bytes: made.bytes(), outcome: Outcome::Same, rules: legal_rules(&made), what: "legal" });
            }
        }
    }
    for place in Place::ALL {
        copies(&mut dice, place, &mut all);
        texts(&mut dice, place, &mut all);
    }
    all
}

#[test]
fn generated_vectors_end_as_the_tables_say() {
    let mut shown = Shown::default();
    let (mut taken, mut refused) = (0, 0);
    for vector in vectors() {
        let Vector { version, bytes, outcome, rules, what } = vector;
        let found = check::any(&bytes, version);
        let place = format!("{what}, {version}, {bytes:02X?}");
        match (outcome, found) {
            (Outcome::Same, Ok(canonical)) => assert_eq!(canonical, bytes, "{place}"),
            (Outcome::Taken, Ok(_)) => {}
            (Outcome::Refused(reason), Err(fault)) => {
                assert_eq!(fault.reason() as u8, reason, "{place}: {fault}");
                shown.fault(&fault);
                refused += 1;
            }
            (Outcome::Refused(_), Ok(_)) => panic!("{place} was taken"),
            (_, Err(fault)) => panic!("{place} was refused: {fault}"),
        }
        taken += 1;
        shown.of_version(version, &rules);
    }
    taken -= refused;
    assert!(taken > 700 && refused > 2_000, "{taken} taken, {refused} refused");
    shown.tell();
}

/// What a legal packet shows by being taken and written again.
fn legal_rules(made: &Made) -> Vec<&'static str> {
    match made.kind {
        PacketType::Publish if made.first & 6 == 0 => vec!["MQTT-2.2.1-2", "MQTT311-2.3.1-5", "MQTT-2.2.2-1"],
        PacketType::Connect => vec!["MQTT-3.1.3-1", "MQTT311-3.1.3-1", "M31-name", "M31-level"],
        _ => vec!["U5-2.2.2.2-c"],
    }
}

/// The packet with one error each.
fn errors(dice: &mut Dice, made: &Made, all: &mut Vec<Vector>) {
    let version = made.version;
    let mut add = |bytes: Vec<u8>, outcome, rules: Vec<&'static str>, what| all.push(Vector { version, bytes, outcome, rules, what });
    for at in 0..made.parts.len() {
        let with = |part: Part| {
            let mut changed = made.clone();
            changed.parts[at] = part;
            changed.bytes()
        };
        match &made.parts[at] {
            Part::Text(text, rules) => {
                let rules = [rules, &["U5-1.5.4-a", "M31-utf8"][..]].concat();
                add(with(Part::Text(ill_formed(dice, text), &[])), Outcome::Refused(MALFORMED), rules, "no UTF-8");
                let nul = if version == Version::V31 { Outcome::Same } else { Outcome::Refused(MALFORMED) };
                add(with(Part::Text([text, &b"\0x"[..]].concat(), &[])), nul, vec!["U5-1.5.4-b", "M31-nul"], "U+0000");
            }
            Part::Id(_) => add(with(Part::Id(0)), Outcome::Refused(PROTOCOL_ERROR), vec![], "Packet Identifier 0"),
            Part::Properties(good) => {
                add(with(Part::Properties([&[0x7F, 0], &good[..]].concat())), Outcome::Refused(MALFORMED), vec![], "unknown property");
                let long = [vec![0xFF, 0xFF, 0x7F], good.clone()].concat();
                add(with(Part::Raw(long)), Outcome::Refused(MALFORMED), vec![], "Property Length beyond the packet");
                let fifth = [vec![0x80, 0x80, 0x80, 0x80, 1], good.clone()].concat();
                add(with(Part::Raw(fifth)), Outcome::Refused(MALFORMED), vec!["B-CVE-2026-21888"], "Property Length of five bytes");
            }
            Part::Code(_) => {
                let code = not_in_table(dice, made.kind.name());
                add(with(Part::Code(code)), Outcome::Refused(PROTOCOL_ERROR), vec![], "Reason Code of no table");
            }
            Part::Binary(_) | Part::Raw(_) => {}
        }
    }
    let mut body = made.body();
    let ends_in_a_list = matches!(made.kind, PacketType::Suback | PacketType::Unsuback) && version.is_v5();
    let short = version.is_v5() && matches!(Place::of(made.kind), Some(Place::Puback | Place::Pubrec | Place::Pubrel | Place::Pubcomp))
        || made.kind == PacketType::Disconnect && version.is_v5();
    let open =
        matches!(made.kind, PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe | PacketType::Suback) || ends_in_a_list;
    if !open && !short {
        add(framed(made.first, &[&body[..], &[0]].concat()), Outcome::Refused(MALFORMED), vec![], "a byte behind the last field");
    }
    let cut_is_known = !short && !ends_in_a_list && !matches!(made.kind, PacketType::Publish | PacketType::Suback);
    if cut_is_known && body.pop().is_some() {
        add(framed(made.first, &body), Outcome::Refused(MALFORMED), vec![], "the last byte missing");
    }
    let body = made.body();
    if body.len() < 128 {
        let longer = [&[made.first, body.len() as u8 | 0x80, 0][..], &body].concat();
        add(longer, Outcome::Refused(MALFORMED), vec![], "Remaining Length not in its shortest form");
        let fifth = [&[made.first, body.len() as u8 | 0x80, 0x80, 0x80, 0x80, 0][..], &body].concat();
        add(fifth, Outcome::Refused(MALFORMED), vec![], "Remaining Length of five bytes");
    }
}

/// Every property twice, the right ones and the wrong ones of each place, with values of chance.
fn copies(dice: &mut Dice, place: Place, all: &mut Vec<Vector>) {
    let allowed: Vec<(u8, bool)> =
        rows().filter(|row| row[0] == "property" && row[1] == place.to_string()).map(|row| (number(row[2]), row[5] == "often")).collect();
    for id in PropertyId::ALL.map(|id| id as u8) {
        let kind = rows().find(|row| row[0] == "property" && number(row[2]) == id).expect("every property stands somewhere")[3];
        let mut others = properties(dice, place);
        let method: &[u8] = &[0x15, 0, 1, b'm'];
        if id == 0x15 || place == Place::Auth || id == 0x16 {
            others = if id == 0x15 { Vec::new() } else { method.to_vec() };
        }
        // What stands there by chance must not be the one in question.
        if id != 0x16 && place != Place::Auth {
            others.clear();
        }
        for times in 1..=2 {
            let mut bytes = others.clone();
            (0..times).for_each(|_| bytes.extend([vec![id], value(dice, id, kind)].concat()));
            let outcome = match allowed.iter().find(|(allowed, _)| *allowed == id) {
                None => Outcome::Refused(MALFORMED),
                Some((_, false)) if times == 2 => Outcome::Refused(PROTOCOL_ERROR),
                Some(_) => Outcome::Taken,
            };
            let rules = if times == 2 { repeated(place, id) } else { vec![] };
            all.push(Vector { version: Version::V5, bytes: with_properties(place, &bytes), outcome, rules, what: "property" });
        }
        let zero = match id {
            0x23 => ALIAS_INVALID,
            0x21 | 0x27 | 0x0B => PROTOCOL_ERROR,
            _ => continue,
        };
        if allowed.iter().any(|(allowed, _)| *allowed == id) {
            let width = if id == 0x0B {
                1
            } else if id == 0x27 {
                4
            } else {
                2
            };
            let bytes = with_properties(place, &[&[id][..], &[0; 4][..width]].concat());
            all.push(Vector { version: Version::V5, bytes, outcome: Outcome::Refused(zero), rules: vec![], what: "property of 0" });
        }
    }
}

/// Rules about a property that stands twice in one place, where the codec names the one of another place.
fn repeated(place: Place, id: u8) -> Vec<&'static str> {
    match (place, id) {
        (Place::Will, 0x01) => vec!["U5-3.1.3.2.3-a"],
        (Place::Will, 0x02) => vec!["U5-3.1.3.2.4-a"],
        (Place::Will, 0x03) => vec!["U5-3.1.3.2.5-a"],
        (Place::Will, 0x08) => vec!["U5-3.1.3.2.6-a"],
        (Place::Will, 0x09) => vec!["U5-3.1.3.2.7-a"],
        (Place::Disconnect, 0x11) => vec!["U5-3.14.2.2.2-a"],
        (Place::Disconnect, 0x1F) => vec!["U5-3.14.2.2.3-a"],
        (Place::Auth, 0x15) => vec!["U5-3.15.2.2.2-a"],
        (Place::Auth, 0x16) => vec!["U5-3.15.2.2.3-a"],
        (Place::Auth, 0x1F) => vec!["U5-3.15.2.2.4-a"],
        (Place::Subscribe, 0x0B) => vec!["U5-3.8.2.1.2-b"],
        _ => vec![],
    }
}

/// Texts in properties that are none.
fn texts(dice: &mut Dice, place: Place, all: &mut Vec<Vector>) {
    let in_place = rows().filter(|row| row[0] == "property" && row[1] == place.to_string());
    for row in in_place.filter(|row| row[3].starts_with("UTF-8")) {
        let id = number(row[2]);
        for bad in [ill_formed(dice, b"t"), b"t\0".to_vec()] {
            let counted = [&(bad.len() as u16).to_be_bytes()[..], &bad].concat();
            let good = vec![0, 1, b'k'];
            let values = if id == 0x26 { vec![[&counted[..], &good].concat(), [&good[..], &counted].concat()] } else { vec![counted] };
            for value in values {
                let mut bytes = if place == Place::Auth && id != 0x15 { vec![0x15, 0, 1, b'm'] } else { Vec::new() };
                bytes.push(id);
                bytes.extend(value);
                let mut rules = match id {
                    0x08 => vec!["MQTT-3.3.2-13"],
                    0x03 => vec!["MQTT-3.3.2-19"],
                    0x26 => vec!["MQTT-1.5.7-1", "U5-1.5.7-a"],
                    _ => vec![],
                };
                rules.push(if bad.ends_with(&[0]) { "U5-1.5.4-b" } else { "U5-1.5.4-a" });
                let outcome = Outcome::Refused(MALFORMED);
                all.push(Vector {
                    version: Version::V5,
                    bytes: with_properties(place, &bytes),
                    outcome,
                    rules,
                    what: "text of a property",
                });
            }
        }
    }
}

/// A text with something in it that is no UTF-8: overlong, a surrogate, beyond the last character, cut, a lone continuation.
fn ill_formed(dice: &mut Dice, text: &[u8]) -> Vec<u8> {
    let forms: [&[u8]; 10] = [
        &[0xC0, 0xAF],
        &[0xE0, 0x80, 0xAF],
        &[0xED, 0xA0, 0x80],
        &[0xED, 0xBF, 0xBF],
        &[0xF4, 0x90, 0x80, 0x80],
        &[0xF8, 0x88, 0x80, 0x80, 0x80],
        &[0x80],
        &[0xFF],
        &[0xC3],
        &[0xE6, 0xBC],
    ];
    [text, forms[dice.below(forms.len())]].concat()
}

/// A code that the packet's table does not have, and that nobody tolerates.
fn not_in_table(dice: &mut Dice, packet: &str) -> u8 {
    loop {
        let code = dice.roll() as u8;
        let known = rows().any(|row| row[0] == "reason" && row[1] == packet && number(row[2]) == code);
        if !known && (packet, code) != ("DISCONNECT", 0x8C) {
            return code;
        }
    }
}
