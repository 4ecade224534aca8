//! Captures made by hand: every link type, and TCP as it comes over a bad network.

use contract::{Kind, Note};

use crate::common::{connect, publish};
use crate::house::packets;
use crate::imported::import;

const CLIENT: [u8; 4] = [127, 0, 0, 1];

/// A segment over IPv4.
fn segment(from_client: bool, sequence: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let ports = if from_client { [50_000u16, 1_884] } else { [1_884, 50_000] };
    let tcp =
        [&ports[0].to_be_bytes()[..], &ports[1].to_be_bytes(), &sequence.to_be_bytes(), &[0; 4], &[0x50, flags], &[0; 6], data].concat();
    let total = (tcp.len() as u16 + 20).to_be_bytes();
    [&[0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, 6, 0, 0], &CLIENT[..], &CLIENT[..], &tcp].concat()
}

/// A pcap of frames, a millisecond apart.
fn pcap(link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut out = [&0xA1B2_C3D4u32.to_be_bytes()[..], &[0, 2, 0, 4], &[0; 12], &link.to_be_bytes()].concat();
    for (n, frame) in frames.iter().enumerate() {
        let length = (frame.len() as u32).to_be_bytes();
        out.extend([&1_700_000_000u32.to_be_bytes()[..], &(n as u32 * 1_000).to_be_bytes(), &length, &length].concat());
        out.extend(frame);
    }
    out
}

fn kinds(capture: &[u8]) -> Vec<(Kind, u64)> {
    let seen = import(capture).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    packets(&seen.rows).into_iter().map(|(row, packet)| (packet.kind, row.at)).collect()
}

/// CONNECT, CONNACK, PUBLISH; in between the rest of TCP.
fn talk() -> Vec<Vec<u8>> {
    let hello = connect("café", true, 60);
    let next = 101 + hello.len() as u32;
    vec![
        segment(true, 100, 0x02, b""),
        segment(false, 500, 0x12, b""),
        segment(true, 101, 0x18, &hello),
        segment(false, 501, 0x18, &[0x20, 2, 0, 0]),
        segment(true, next, 0x18, &publish("t", 0, 0, false, b"x")),
        segment(true, next + 6, 0x11, b""),
    ]
}

#[test]
fn every_link_type_is_unwrapped() {
    let plain = talk();
    let wanted = [(Kind::Connect, 2_000), (Kind::Connack, 3_000), (Kind::Publish, 4_000)];
    let ethernet = [&[0u8; 12][..], &[0x08, 0x00]].concat();
    let tagged = [&[0u8; 12][..], &[0x88, 0xA8, 0, 1, 0x81, 0x00, 0, 2, 0x08, 0x00]].concat();
    let cooked = [&[0u8; 14][..], &[0x08, 0x00]].concat();
    let cooked_again = [&[0x08, 0x00][..], &[0; 18]].concat();
    for (link, header) in [
        (1, ethernet),
        (1, tagged),
        (101, vec![]),
        (12, vec![]),
        (113, cooked),
        (276, cooked_again),
        (0, vec![2, 0, 0, 0]),
        (108, vec![0, 0, 0, 2]),
    ] {
        // Frames are padded; the IP packet says where it ends.
        let frames: Vec<Vec<u8>> = plain.iter().map(|packet| [&header[..], packet, &[0xEE; 5]].concat()).collect();
        assert_eq!(kinds(&pcap(link, &frames)), wanted, "link type {link}");
    }
    let six = |packet: &Vec<u8>| {
        let length = (packet.len() as u16 - 20 + 8).to_be_bytes();
        let [from, to] = if packet[20..22] == 50_000u16.to_be_bytes() { [[1; 16], [2; 16]] } else { [[2; 16], [1; 16]] };
        // A header of options stands between.
        [&[0x60, 0, 0, 0, length[0], length[1], 0, 64][..], &from, &to, &[6, 0, 0, 0, 0, 0, 0, 0], &packet[20..]].concat()
    };
    assert_eq!(kinds(&pcap(101, &plain.iter().map(six).collect::<Vec<_>>())), wanted, "IPv6");
    let seen = import(&pcap(101, &plain)).unwrap();
    assert_eq!(seen.devices[0].name, "café");
    assert_eq!(seen.devices[0].peer, "127.0.0.1:50000");
    assert!(seen.rows[0].notes.iter().any(|note| matches!(note, Note::Opened { .. })));
    assert!(seen.rows.last().unwrap().notes.iter().any(|note| matches!(note, Note::Closed(_))), "{:?}", seen.rows.last());
    assert!(seen.session.is_none() && !seen.devices[0].has_session, "nothing of the broker is made up");
}

#[test]
fn segments_that_come_again_overlap_or_come_late_are_one_stream() {
    let all = [connect("late", true, 60), publish("a", 0, 0, false, b"one"), publish("b", 0, 0, false, b"two")].concat();
    let piece = |from: usize, to: usize| segment(true, (u32::MAX - 10).wrapping_add(from as u32), 0x18, &all[from..to.min(all.len())]);
    let orders: [&[(usize, usize)]; 5] = [
        &[(0, 7), (7, 20), (20, 99)],
        &[(0, 7), (20, 99), (7, 20)],
        &[(0, 7), (0, 7), (3, 20), (5, 12), (20, 99), (20, 99)],
        &[(0, 7), (22, 30), (20, 25), (30, 99), (9, 22), (7, 9)],
        &[(20, 99), (7, 20), (0, 7)],
    ];
    for order in orders {
        // The numbers go round within the stream.
        let mut frames = vec![segment(true, u32::MAX - 11, 0x02, b"")];
        frames.extend(order.iter().map(|(from, to)| piece(*from, *to)));
        let kinds: Vec<Kind> = kinds(&pcap(101, &frames)).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [Kind::Connect, Kind::Publish, Kind::Publish], "{order:?}");
    }
}

#[test]
fn what_is_missing_is_counted() {
    let hello = connect("gap", true, 60);
    let next = 101 + hello.len() as u32;
    let ping = segment(true, next + 50, 0x18, &[0xC0, 0]);
    let seen = import(&pcap(101, &[segment(true, 100, 2, b""), segment(true, 101, 0x18, &hello), ping])).unwrap();
    assert_eq!((packets(&seen.rows).len(), seen.recording.unwrap().missing), (1, 2));
}

#[test]
fn zeros_stand_for_what_a_snap_length_cut_off() {
    let hello = connect("snap", true, 60);
    let next = 101 + hello.len() as u32;
    let long = publish("t", 0, 0, false, &[b'z'; 100]);
    let whole =
        [segment(true, 101, 0x18, &hello), segment(true, next, 0x18, &long), segment(true, next + long.len() as u32, 0x18, &[0xC0, 0])];
    let mut capture = pcap(101, &whole[..1]);
    for frame in &whole[1..] {
        let kept = &frame[..frame.len().min(60)];
        capture.extend([&[0; 8][..], &(kept.len() as u32).to_be_bytes(), &(frame.len() as u32).to_be_bytes(), kept].concat());
    }
    let seen = import(&capture).unwrap();
    let found: Vec<(Kind, u32)> = packets(&seen.rows).iter().map(|(_, packet)| (packet.kind, packet.len)).collect();
    assert_eq!(found[1..], [(Kind::Publish, long.len() as u32), (Kind::Pingreq, 2)]);
    assert_eq!(seen.recording.unwrap().missing, 40 + long.len() as u64 - 60);
}

#[test]
fn another_protocol_is_passed_over_and_no_mqtt_is_said() {
    let mut frames = talk();
    let port = |mut frame: Vec<u8>| {
        frame.iter_mut().for_each(|byte| *byte = if *byte == 0xC3 { 0xC4 } else { *byte });
        frame
    };
    frames.push(port(segment(true, 9, 0x18, b"GET / HTTP/1.1\r\n\r\n")));
    frames.push(port(segment(false, 9, 0x18, b"HTTP/1.1 200 OK\r\n\r\n")));
    let view = import(&pcap(101, &frames)).unwrap().recording.unwrap();
    assert_eq!((view.connections, view.others), (1, 1));
    let refusal = format!("{:?}", import(&pcap(101, &frames[6..])).unwrap_err());
    assert!(refusal.contains("There is no MQTT in the file"), "{refusal}");
}

#[test]
fn a_websocket_is_unwrapped() {
    let masked = |opcode: u8, data: &[u8]| {
        let mask = [1, 2, 3, 4];
        let data: Vec<u8> = data.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        [&[opcode, 0x80 | data.len() as u8][..], &mask, &data].concat()
    };
    let hello = connect("web", true, 60);
    let (first, second) = hello.split_at(5);
    // In two frames, the second of which goes on with the first, and a ping of the WebSocket in between.
    let client = [
        &b"GET /mqtt HTTP/1.1\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"[..],
        &masked(0x02, first),
        &masked(0x89, b"hm"),
        &masked(0x80, second),
        &masked(0x82, &publish("w", 0, 0, false, b"x")),
    ]
    .concat();
    let long = publish("long", 0, 0, false, &[b'y'; 300]);
    let length = (long.len() as u16).to_be_bytes();
    let server =
        [&b"HTTP/1.1 101 Switching Protocols\r\n\r\n"[..], &[0x82, 4, 0x20, 2, 0, 0], &[0x82, 126, length[0], length[1]], &long].concat();
    let cut = client.len() / 2;
    let frames = [
        segment(true, 101, 0x18, &client[..cut]),
        segment(true, 101 + cut as u32, 0x18, &client[cut..]),
        segment(false, 501, 0x18, &server),
    ];
    let kinds: Vec<Kind> = kinds(&pcap(101, &frames)).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Kind::Connect, Kind::Publish, Kind::Connack, Kind::Publish]);
}

#[test]
fn what_is_no_packet_is_a_row_with_its_reason() {
    let mut frames = talk();
    frames.truncate(4);
    let next = 101 + connect("café", true, 60).len() as u32;
    frames.push(segment(true, next, 0x18, &[0x00, 0x01, 0x02]));
    let seen = import(&pcap(101, &frames)).unwrap();
    let notes = &seen.rows.last().unwrap().notes;
    assert!(matches!(notes.as_slice(), [Note::BadBytes { .. }]), "{notes:?}");
}
