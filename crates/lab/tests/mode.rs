//! Strict, friendly and explaining, as the page asks for it and sees it; and packets that come in pieces smaller than they announce.

mod common;
#[path = "../../broker/tests/rules/harness/rule.rs"]
mod rule;
/// Where the macro looks for it.
mod harness {
    pub(crate) use crate::rule;
}

use common::Bed;
use contract::tunnel::Record;
use contract::{Ask, Asked, Command, Lens, ModeView, Report};
use lab::Incoming;
use mqtt::Version;
use rule::rule;

const CONNECT: &[u8] = b"\x10\x0D\x00\x04MQTT\x04\x02\x00\x00\x00\x01a";
/// SUBSCRIBE to `a#`.
const BAD_FILTER: &[u8] = b"\x82\x07\x00\x01\x00\x02a#\x00";

fn mode(bed: &mut Bed) -> ModeView {
    let ask = Ask::Look { lens: Lens::default(), since: 0 };
    match bed.handle(Incoming::Ask(Asked { id: 7, ask })).pop() {
        Some(Report::Seen { seen, .. }) => seen.mode,
        other => panic!("{other:?} is no view"),
    }
}

#[test]
fn the_mode_is_asked_for_and_seen() {
    rule!("D-mode");
    let mut bed = Bed::live(1);
    assert_eq!(mode(&mut bed), ModeView { strict: false, explain: false });
    let conn = bed.open();
    bed.send(conn, CONNECT);
    bed.send(conn, BAD_FILTER);
    bed.command(Command::SetMode { strict: false, explain: true }).expect("a mode");
    assert_eq!(mode(&mut bed), ModeView { strict: false, explain: true });
    bed.send(conn, BAD_FILTER);
    let told: Vec<String> = bed.trace().into_iter().filter(|row| row.contains("AgainstTheLetter")).collect();
    assert_eq!(told.len(), 1, "only since it is asked for: {told:?}");
    assert!(told[0].contains("BadFilter") && told[0].contains("MQTT-4.8.0-1"), "{told:?}");
    assert!(!bed.closed.contains(&conn));
    bed.command(Command::SetMode { strict: true, explain: false }).expect("a mode");
    bed.send(conn, BAD_FILTER);
    assert!(bed.closed.contains(&conn));
    bed.command(Command::Clear).expect("it may be cleared");
    assert_eq!(mode(&mut bed), ModeView { strict: true, explain: false }, "a setting outlives the world");
}

#[test]
fn a_frame_that_is_shorter_than_its_packet_is_waited_for() {
    rule!("B-CVE-2026-25627");
    // CONNECT, then a PUBLISH of a hundred bytes of which a few come; the relay hands WebSocket frames on as they are.
    let mut bed = Bed::live(1);
    let (short, other) = (bed.open(), bed.open());
    for conn in [short, other] {
        bed.send(conn, CONNECT.get(..9).expect("a part"));
        assert!(bed.got.is_empty(), "nothing is answered to a part");
        let mut rest = CONNECT.get(9..).expect("the rest").to_vec();
        *rest.last_mut().expect("an id") = b'a' + conn as u8;
        bed.send(conn, &rest);
        assert_eq!(bed.packets(conn, Version::V311).len(), 1, "CONNACK");
    }
    bed.tunnel(&[
        Record::Data { conn: other, bytes: b"\x82\x06\x00\x01\x00\x01t\x00" },
        Record::Data { conn: short, bytes: b"\x30\x64\x00\x01t" },
        // What lies behind it in the same batch belongs to somebody else.
        Record::Data { conn: other, bytes: b"\xC0\x00" },
    ]);
    assert_eq!(bed.packets(other, Version::V311).len(), 2, "SUBACK and PINGRESP, and no PUBLISH");
    bed.send(short, &[b'x'; 97]);
    let packets = bed.packets(other, Version::V311);
    assert!(packets.len() == 1 && packets[0].contains("Publish"), "{packets:?}");
    bed.send(short, b"\xC0\x00");
    assert_eq!(bed.packets(short, Version::V311).len(), 1, "PINGRESP: the packet ended where it said");
}
