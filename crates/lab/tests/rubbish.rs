//! Bytes that are no MQTT end in a closed connection and a row that says why; everyone else goes on.

mod common;

use common::{Bed, Chance, connect, packet, publish, subscribe};
use mqtt::Version;

/// One stream of a hostile or broken client.
fn stream(chance: &mut Chance) -> Vec<u8> {
    let mut legal =
        [connect(&format!("c{}", chance.below(50)), true, 60), subscribe(1, "a/#", 2), publish("a/b", 2, 1, false, b"x")].concat();
    match chance.below(8) {
        0 => b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        1 => [vec![0x16, 3, 1, 2, 0, 1, 0], chance.bytes(200)].concat(),
        2 => chance.bytes(400),
        // 256 MB are announced.
        3 => [vec![0x10, 0xFF, 0xFF, 0xFF, 0x7F], chance.bytes(100)].concat(),
        4 => {
            // Legal bytes with a few of them changed.
            for _ in 0..=chance.below(4) {
                let at = chance.below(legal.len() as u64) as usize;
                legal[at] = chance.next() as u8;
            }
            legal
        }
        5 => {
            let cut = chance.below(legal.len() as u64) as usize;
            legal.truncate(cut);
            legal
        }
        6 => [connect("long", true, 0), packet(chance.next() as u8, &chance.bytes(300))].concat(),
        _ => [legal, chance.bytes(300)].concat(),
    }
}

#[test]
fn five_thousand_random_streams_disturb_nobody() {
    let mut bed = Bed::live(1);
    let mut chance = Chance(42);
    let bystander = bed.open();
    bed.send(bystander, &[connect("bystander", true, 0), subscribe(1, "calm", 1)].concat());
    assert_eq!(bed.packets(bystander, Version::V311).len(), 2);
    for n in 0..5_000 {
        let conn = bed.open();
        let bytes = stream(&mut chance);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + chance.below(rest.len() as u64)) as usize);
            bed.send(conn, now);
            rest = later;
        }
        bed.got.remove(&conn);
        if chance.below(3) > 0 {
            bed.gone(conn);
        }
        bed.after(chance.below(40));
        if n % 100 == 0 {
            bed.bench.world().check().expect("the invariants hold");
            bed.send(bystander, &publish("calm", 1, 9, false, b"still here"));
            let packets = bed.packets(bystander, Version::V311);
            assert_eq!(packets.len(), 2, "after {n} streams: {packets:?}");
            let id = 1 + n / 100;
            bed.send(bystander, &common::ack(0x40, id));
        }
    }
    assert!(!bed.closed.contains(&bystander));
    bed.after(60_000);
    let (conns, ..) = bed.bench.world().broker().sizes();
    assert!(conns < 2_500, "{conns} connections: those that said nothing legal are closed by their deadline");
}

#[test]
fn every_sort_of_rubbish_is_closed_with_its_reason() {
    let cases: [(&[u8], &str); 7] = [
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
        (&[0x16, 3, 1, 0, 200], "TLS"),
        (&[0x10, 0xFF, 0xFF, 0xFF, 0x7F], "limit"),
        (&[0xC0, 0], "PINGREQ"),
        (&[0, 0], "CONNECT"),
        (b"SSH-2.0-x\r\n", "SSH"),
        (&[0x10, 0x80, 0x80, 0x80, 0x80, 1], "Remaining Length"),
    ];
    for (bytes, says) in cases {
        let mut bed = Bed::live(1);
        let conn = bed.open();
        bed.send(conn, bytes);
        assert_eq!(bed.closed, [conn], "{bytes:?}");
        assert!(bed.got.is_empty(), "nothing is answered to {bytes:?}");
        let trace = bed.trace().join("\n");
        assert!(trace.contains("BadBytes") && trace.contains(says), "{says}: {trace}");
    }
}

#[test]
fn a_packet_cut_by_the_end_is_a_lost_connection() {
    let mut bed = Bed::live(1);
    let conn = bed.open();
    bed.send(conn, &[connect("c", true, 0), vec![0x30, 20, 0, 3, b'a']].concat());
    bed.gone(conn);
    let trace = bed.trace().join("\n");
    assert!(trace.contains("Closed(Gone"), "{trace}");
    bed.bench.world().check().expect("the invariants hold");
}
