//! tshark reads both captures as what happened.

use std::collections::BTreeMap;

use contract::{ExportFormat, Fate, Fault, Struck};
use lab::Config;

use crate::house::{export, lived, lived_with, packets};
use crate::tshark::tshark;

/// Packets by type, as each end of the links saw them: sent or received.
fn seen(bed: &crate::common::Bed) -> [BTreeMap<u8, usize>; 2] {
    let rows = bed.bench.rows(0, usize::MAX);
    let mut sides = [BTreeMap::new(), BTreeMap::new()];
    let mut copies = 0;
    for (_, packet) in packets(&rows) {
        let (from, to) = if packet.to_broker { (0, 1) } else { (1, 0) };
        let doubled = matches!(packet.fault, Some(Struck { fault: Fault::Double, .. }));
        copies += usize::from(doubled);
        // Of two that a fault made of one, one was sent.
        if !doubled || copies % 2 == 1 {
            *sides[from].entry(packet.kind as u8 + 1).or_default() += 1;
        }
        if matches!(packet.fate, Fate::Arrived { .. }) {
            *sides[to].entry(packet.kind as u8 + 1).or_default() += 1;
        }
    }
    sides
}

fn told(capture: &[u8], side: usize) -> Option<BTreeMap<u8, usize>> {
    let filter = format!("mqtt && frame.interface_id == {side}");
    let text = tshark(capture, &["-Y", &filter, "-T", "fields", "-e", "mqtt.msgtype"])?;
    let mut counts = BTreeMap::new();
    for kind in text.lines().flat_map(|line| line.split(',')) {
        *counts.entry(kind.parse().expect("a number of a type")).or_default() += 1;
    }
    Some(counts)
}

#[test]
fn both_captures_hold_each_packet_where_it_was_seen() {
    let mut bed = lived();
    let seen = seen(&bed);
    assert!(seen[0].len() > 8, "{seen:?}");
    assert_ne!(seen[0][&5], seen[1][&5], "the PUBREC that was dropped shows only at its sender");
    for format in [ExportFormat::PcapngPdu, ExportFormat::PcapngTcp] {
        let capture = export(&mut bed, format, true);
        for (side, seen) in seen.iter().enumerate() {
            let Some(told) = told(&capture, side) else { return };
            assert_eq!(&told, seen, "{format:?}, side {side}");
        }
        let wrong = tshark(&capture, &["-Y", "_ws.malformed || _ws.expert.severity >= 0x800000"]).unwrap_or_default();
        assert_eq!(wrong, "", "{format:?}");
        assert!(!tshark(&capture, &["-V"]).unwrap_or_default().contains("Malformed"), "{format:?}");
    }
}

#[test]
fn versions_are_told_apart_by_their_connections() {
    let mut bed = lived();
    let capture = export(&mut bed, ExportFormat::PcapngPdu, true);
    let Some(text) =
        tshark(&capture, &["-Y", "mqtt.msgtype == 1 && frame.interface_id == 0", "-T", "fields", "-e", "mqtt.clientid", "-e", "mqtt.ver"])
    else {
        return;
    };
    for line in ["old\t3", "middle\t4", "new\t5", "real\t4", "you\t5"] {
        assert!(text.lines().any(|told| told == line), "{line:?} in {text}");
    }
    let names = tshark(&capture, &["-T", "fields", "-e", "frame.interface_name"]).unwrap_or_default();
    assert!(names.lines().any(|name| name == "device side") && names.lines().any(|name| name == "broker side"), "{names}");
}

#[test]
fn faults_and_what_came_of_a_packet_are_comments() {
    let mut bed = lived();
    for format in [ExportFormat::PcapngPdu, ExportFormat::PcapngTcp] {
        let capture = export(&mut bed, format, true);
        let Some(text) = tshark(&capture, &["-Y", "frame.comment", "-T", "fields", "-e", "mqtt.msgtype", "-e", "frame.comment"]) else {
            return;
        };
        let dropped = text.lines().find(|line| line.starts_with("5\t") && line.contains("fault: Drop by rule 1"));
        assert!(dropped.is_some_and(|line| line.contains("dropped on its link")), "{text}");
        assert!(text.contains("PassedOn { to: "), "{text}");
        assert!(text.contains("Inside { bytes: 4 }"), "{text}");
    }
}

#[test]
fn a_stream_can_be_followed_and_tcp_finds_nothing_odd() {
    let mut bed = lived();
    let capture = export(&mut bed, ExportFormat::PcapngTcp, true);
    let Some(odd) = tshark(
        &capture,
        &[
            "-o",
            "tcp.check_checksum:TRUE",
            "-o",
            "ip.check_checksum:TRUE",
            "-Y",
            "tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0",
        ],
    ) else {
        return;
    };
    // The checksum of a segment that was not kept whole cannot be right.
    assert!(odd.lines().all(|line| line.contains("a/d") || line.contains("[Packet size limited")), "{odd}");
    let ends = |filter: &str| tshark(&capture, &["-Y", filter]).unwrap_or_default().lines().count();
    assert_eq!(ends("tcp.flags.syn == 1 && tcp.flags.ack == 0"), 12, "five connections and one more, seen from two sides");
    assert!(ends("tcp.flags.reset == 1") == 2 && ends("tcp.flags.fin == 1") >= 4);
    let followed = tshark(&capture, &["-q", "-z", "follow,tcp,ascii,0"]).unwrap_or_default();
    assert!(followed.contains("MQIsdp") && followed.contains("21.5") && followed.contains("Node 0: 10.0.0.1:"), "{followed}");
}

#[test]
fn the_connect_is_there_although_its_row_is_forgotten() {
    let config = Config { max_rows: 30, ..Config::default() };
    let mut bed = lived_with(config);
    for _ in 0..10 {
        bed.command(contract::Command::Publish { device: None, topic: "late".into(), payload: b"x".to_vec(), qos: 2, retain: false })
            .unwrap();
        bed.after(10);
    }
    let rows = bed.bench.rows(0, usize::MAX);
    assert!(rows[0].n > 0 && !packets(&rows).iter().any(|(_, packet)| packet.kind == contract::Kind::Connect));
    for format in [ExportFormat::PcapngPdu, ExportFormat::PcapngTcp] {
        let capture = export(&mut bed, format, true);
        let Some(text) = tshark(&capture, &["-T", "fields", "-e", "mqtt.clientid"]) else { return };
        assert!(text.lines().any(|id| id == "new"), "{text}");
        assert_eq!(tshark(&capture, &["-Y", "_ws.malformed"]).as_deref(), Some(""));
    }
}
