//! What was written comes back as the rows that it was made of, also after tshark has written it anew.

use contract::{Ask, Asked, Command, ExportFormat, Fate, Lens, PacketRow, Refusal, Report, Row, RowsWanted, Seen};
use lab::Incoming;

use crate::common::{Bed, Chance};
use crate::house::{export, lived, packets};
use crate::tshark::rewritten;

pub(crate) fn look(bed: &mut Bed, lens: Lens) -> Seen {
    let reports = bed.handle(Incoming::Ask(Asked { id: 9, ask: Ask::Look { lens, since: 0 } }));
    let seen = reports.into_iter().find_map(|report| match report {
        Report::Seen { id: 9, seen } => Some(seen),
        _ => None,
    });
    seen.expect("a look without a past is answered at once")
}

pub(crate) fn import(bytes: &[u8]) -> Result<Seen, Refusal> {
    let mut bed = Bed::live(5);
    bed.command(Command::Import { name: "a.pcapng".into(), bytes: bytes.to_vec() })?;
    Ok(look(&mut bed, Lens { rows: Some(RowsWanted::Last { count: 500 }), topics: true, ..Lens::default() }))
}

/// All of a packet that a capture can tell.
fn told(rows: &[Row], names: &dyn Fn(u32) -> String, origin: u64) -> Vec<String> {
    let of = |(row, packet): (&Row, &PacketRow)| {
        let PacketRow { to_broker, kind, packet_id, qos, dup, retain, topic, facts, payload, payload_len, len, fate, .. } = packet;
        let fate = match fate {
            Fate::Arrived { at } => format!("@{}", at - origin),
            // Why it did not come is not seen from outside.
            _ => "never".into(),
        };
        let (name, at) = (names(row.device), row.at - origin);
        format!(
            "{at} {name} {to_broker} {kind:?} {packet_id:?} {qos:?} {dup} {retain} {topic:?} {facts:?} {payload:?} {payload_len} {len} {fate}"
        )
    };
    packets(rows).into_iter().map(of).collect()
}

#[test]
fn own_captures_give_the_same_rows() {
    let mut bed = lived();
    let rows = bed.bench.rows(0, usize::MAX);
    let devices = look(&mut bed, Lens::default()).devices;
    let name = |id: u32| devices.iter().find(|device| device.id == id).map(|device| device.name.clone()).unwrap_or_default();
    let origin = packets(&rows)[0].0.at;
    let mut wanted = told(&rows, &name, origin);
    // Which of two that are alike was the copy is not seen from outside, nor are the bytes that a row did not keep.
    wanted.retain(|row| !row.contains("Pingreq"));
    wanted.sort();
    for format in [ExportFormat::PcapngPdu, ExportFormat::PcapngTcp] {
        let capture = export(&mut bed, format, false);
        let again = rewritten(&capture, "pcapng");
        for (how, capture) in [("as it is", Some(capture)), ("written anew", again)] {
            let Some(capture) = capture else { continue };
            let seen = import(&capture).unwrap_or_else(|refusal| panic!("{format:?} {how}: {refusal:?}"));
            let view = seen.recording.as_ref().expect("a recording is shown");
            assert_eq!((view.connections, view.others), (6, 0), "{format:?} {how}");
            let name = |id: u32| seen.devices.iter().find(|device| device.id == id).map(|device| device.name.clone()).unwrap_or_default();
            let mut found = told(&seen.rows, &name, packets(&seen.rows)[0].0.at);
            found.retain(|row| !row.contains("Pingreq"));
            found.sort();
            for (found, wanted) in found.iter().zip(&wanted) {
                assert_eq!(found, wanted, "{format:?} {how}");
            }
            assert_eq!(found.len(), wanted.len(), "{format:?} {how}");
        }
    }
}

/// A file that does not say that it is ours: each side is a connection of its own, as in a capture on both machines.
#[test]
fn a_capture_of_others_has_each_side_by_itself() {
    let mut bed = lived();
    let capture = export(&mut bed, ExportFormat::PcapngTcp, true);
    let Some(capture) = rewritten(&capture, "pcap") else { return };
    let seen = import(&capture).unwrap();
    assert_eq!(seen.recording.map(|view| view.connections), Some(12));
    let rows = bed.bench.rows(0, usize::MAX);
    let arrived = packets(&rows).iter().filter(|(_, packet)| matches!(packet.fate, Fate::Arrived { .. })).count();
    // A copy that a fault makes is sent by nobody.
    assert_eq!(packets(&seen.rows).len(), packets(&rows).len() - 1 + arrived);
}

#[test]
fn a_recording_is_looked_at_and_not_changed() {
    let mut bed = lived();
    let capture = export(&mut bed, ExportFormat::PcapngPdu, true);
    let before = look(&mut bed, Lens::default());
    bed.command(Command::Import { name: "house.pcapng".into(), bytes: capture }).unwrap();
    let lens = Lens { rows: Some(RowsWanted::From { from: 0, count: 500 }), packet: Some(3), timeline: 10, ..Lens::default() };
    let seen = look(&mut bed, lens.clone());
    assert_eq!(seen.recording.as_ref().map(|view| view.name.as_str()), Some("house.pcapng"));
    assert!(seen.packet.is_some() && seen.timeline.len() == 10 && seen.present > 50 && seen.rules.is_empty() && !seen.can_step);
    let half = look(&mut bed, Lens { past: Some(seen.present / 2), ..lens });
    assert!(half.rows.len() < seen.rows.len() && half.now < seen.now && half.step == seen.present / 2);
    assert_eq!(half.rows.last().map(|row| row.step <= half.step), Some(true));
    for command in [Command::Step, Command::Switch, Command::Fork { step: 3 }, Command::Touch { row: 3, fault: None }] {
        let refused = bed.command(command.clone());
        assert!(matches!(&refused, Err(Refusal::BadField { field, .. }) if field == "recording"), "{command:?}: {refused:?}");
    }
    // A recording can be written as something else, and the world is still there behind it.
    let lines = export(&mut bed, ExportFormat::JsonLines, true);
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count() as u64, seen.end_row);
    bed.command(Command::CloseRecording).unwrap();
    let after = look(&mut bed, Lens::default());
    assert_eq!((after.recording, after.end_row, after.step), (None, before.end_row, before.step));
}

#[test]
fn a_file_that_is_cut_anywhere_says_where_or_is_read() {
    let mut bed = lived();
    for format in [ExportFormat::PcapngPdu, ExportFormat::PcapngTcp] {
        let capture = export(&mut bed, format, true);
        let capture = capture.get(..6_000).unwrap_or(&capture);
        let mut read = 0;
        for end in 0..capture.len() {
            match import(&capture[..end]) {
                Ok(_) => read += 1,
                Err(Refusal::BadField { field, why }) => {
                    assert_eq!(field, "bytes");
                    let place = why.strip_prefix("At byte ").map(|rest| rest.split(':').next().unwrap_or_default().parse::<usize>());
                    let whole = why.starts_with("There is no ");
                    assert!(whole || place.is_some_and(|place| place.is_ok_and(|place| place <= end)), "{end}: {why}");
                }
                Err(other) => panic!("{end}: {other:?}"),
            }
        }
        assert!((5..capture.len() / 8).contains(&read), "only between two blocks there is nothing to miss: {read}");
    }
}

#[test]
fn a_damaged_file_is_read_or_refused() {
    let mut bed = lived();
    let mut chance = Chance(11);
    for format in [ExportFormat::PcapngPdu, ExportFormat::PcapngTcp] {
        let capture = export(&mut bed, format, true);
        for _ in 0..1_500 {
            let mut damaged = capture.clone();
            for _ in 0..=chance.below(3) {
                let at = chance.below(damaged.len() as u64) as usize;
                damaged[at] = chance.next() as u8;
            }
            if let Err(refusal) = import(&damaged) {
                assert!(matches!(refusal, Refusal::BadField { .. }), "{refusal:?}");
            }
        }
    }
}

#[test]
fn what_is_no_capture_is_told_what_would_be_one() {
    let why = |bytes: &[u8]| match import(bytes) {
        Err(Refusal::BadField { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(b""), "At byte 0: the beginning of a capture needs 4 bytes, and there are 0: the file is cut or damaged.");
    assert_eq!(why(b"GET /"), "At byte 0: 47 45 54 20 is not how a pcap (a1 b2 c3 d4, or d4 c3 b2 a1) or a pcapng (0a 0d 0d 0a) begins.");
    assert!(why(&[0x1F, 0x8B, 8, 0]).contains("gzip"));
    let empty = [&[0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0][..], &[0; 12], &[1, 0, 0, 0]].concat();
    assert_eq!(why(&empty), "There is no packet in the file.");
}
