//! The deframer: where a stream is cut does not matter, and who speaks something else is told so early.

use mqtt::{Deframer, Fault, Frame, Guess, MAX_PACKET_SIZE, Malformed, PacketType, ReasonCode};

use crate::harness::rule::rule;
use crate::harness::say;
use crate::{single, vectors};

fn frames(deframer: &mut Deframer) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut all = Vec::new();
    while let Some(frame) = deframer.next()? {
        all.push(frame.bytes().to_vec());
    }
    Ok(all)
}

#[test]
fn every_vector_cut_at_every_byte_comes_out_whole() {
    rule!("MQTT-6.0.0-2", "MQTT311-6.0.0-2");
    let mut splits = 0u64;
    for (_, bytes) in vectors::all() {
        if Frame::parse(&bytes).is_err() {
            continue;
        }
        let two = [bytes.clone(), vec![0xC0, 0]].concat();
        for cut in single::cuts(two.len() + 1) {
            splits += 1;
            let mut deframer = Deframer::new(MAX_PACKET_SIZE);
            let mut all = Vec::new();
            deframer.push(&two[..cut]);
            all.extend(frames(&mut deframer).unwrap());
            deframer.push(&[]);
            deframer.push(&two[cut..]);
            all.extend(frames(&mut deframer).unwrap());
            assert_eq!(all, [&bytes[..], &[0xC0, 0]]);
            assert_eq!(deframer.pending(), 0);
        }
    }
    say(&format!("{splits} splits of the vectors"));
    assert!(splits > 50_000, "{splits} splits");
}

#[test]
fn all_vectors_in_one_stream_come_out_in_order_whatever_the_pieces() {
    rule!("MQTT-6.0.0-2", "MQTT311-6.0.0-2");
    let whole: Vec<Vec<u8>> = vectors::good().into_iter().map(|vector| vector.bytes).collect();
    let stream = whole.concat();
    for size in [1, 2, 3, 7, 64, 1000, 4096, stream.len()] {
        let mut deframer = Deframer::new(MAX_PACKET_SIZE);
        let mut all = Vec::new();
        for piece in stream.chunks(size) {
            deframer.push(piece);
            // One at a time, so that packets pile up and are taken from the middle of the buffer.
            all.extend(deframer.next().unwrap().map(|frame| frame.bytes().to_vec()));
        }
        all.extend(frames(&mut deframer).unwrap());
        assert_eq!(all, whole);
    }
}

#[test]
fn a_packet_over_the_limit_is_refused_from_its_header() {
    rule!("MQTT-3.2.2-15", "U5-3.2.2.3.6-a", "B-CVE-2017-7651");
    let mut deframer = Deframer::new(100);
    deframer.push(&[0x30, 98]);
    deframer.push(&[0; 98]);
    assert_eq!(deframer.next().unwrap().unwrap().bytes().len(), 100);
    deframer.push(&[0x30, 99]);
    let fault = deframer.next().unwrap_err();
    assert_eq!((fault.fault(), fault.reason()), (Fault::TooLarge { size: 101, limit: 100 }, ReasonCode::PacketTooLarge));
    assert_eq!(fault.to_string(), "Byte 1: the packet has 101 bytes; the limit is 100.");
    deframer.push(&[0xC0, 0]);
    assert_eq!(deframer.next().unwrap_err(), fault, "it stays refused");
    assert_eq!(deframer.pending(), 0, "and keeps nothing");
    let mut deframer = Deframer::new(MAX_PACKET_SIZE);
    deframer.push(&[0x30, 0xFF, 0xFF, 0xFF, 0x7F]);
    assert_eq!(deframer.next(), Ok(None));
    deframer.set_limit(1 << 20);
    assert_eq!(deframer.next().unwrap_err().reason(), ReasonCode::PacketTooLarge);
}

#[test]
fn errors_of_the_header_need_no_body() {
    rule!("U5-2.1.2-a", "U5-1.5.5-a", "MQTT-1.5.5-1", "B-CVE-2026-21888");
    let cases: [(&[u8], Fault); 3] = [
        (&[0x05], Fault::TypeZero),
        (&[0x30, 0xFF, 0xFF, 0xFF, 0xFF], Fault::VarIntTooLong { what: "Remaining Length" }),
        (&[0x30, 0x80, 0x00], Fault::VarIntNotShortest { what: "Remaining Length" }),
    ];
    for (bytes, fault) in cases {
        let mut deframer = Deframer::default();
        for (index, byte) in bytes.iter().enumerate() {
            deframer.push(&[*byte]);
            let last = index + 1 == bytes.len();
            assert_eq!(deframer.next().map_err(|found| found.fault()), if last { Err(fault) } else { Ok(None) });
        }
    }
}

#[test]
fn a_server_tells_from_the_first_bytes_what_is_no_connect() {
    rule!("MQTT-3.1.0-1", "MQTT311-3.1.0-1");
    let cases: [(&[u8], Guess); 19] = [
        (b"GET /mqtt HTTP/1.1\r\n", Guess::Http),
        (b"G", Guess::Http),
        (b"POST / HTTP/1.1", Guess::Http),
        (b"PUT /", Guess::Http),
        (b"HEAD ", Guess::Http),
        (b"OPTIONS * HTTP/1.1", Guess::Http),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Guess::Http),
        (&[0x16, 0x03, 0x01, 0x02, 0x00], Guess::Tls),
        (&[0x16], Guess::Tls),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Guess::Ssh),
        (b"PROXY TCP4 1.2.3.4", Guess::Proxy),
        (b"\r\n\r\n\0\r\nQUIT\n\x21", Guess::Proxy),
        (&[0xC0, 0], Guess::Packet(PacketType::Pingreq, 0xC0)),
        (&[0x30], Guess::Packet(PacketType::Publish, 0x30)),
        (&[0x50], Guess::Packet(PacketType::Pubrec, 0x50)),
        (&[0x50, 2, 0, 1], Guess::Packet(PacketType::Pubrec, 0x50)),
        (&[0x82, 9], Guess::Packet(PacketType::Subscribe, 0x82)),
        (&[0x1F, 0x10], Guess::ConnectFlags(0x1F)),
        (&[0x00], Guess::Byte(0)),
    ];
    for (bytes, guess) in cases {
        let mut deframer = Deframer::for_server(1000);
        assert_eq!(deframer.next(), Ok(None));
        deframer.push(bytes);
        let fault = deframer.next().unwrap_err();
        assert_eq!(fault.fault(), Fault::NotConnect(guess), "{bytes:02X?}");
        assert_eq!(fault.at(), 0);
        let sentence = fault.to_string();
        assert!(sentence.contains("CONNECT") && sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn a_server_takes_anything_after_the_first_connect() {
    let mut deframer = Deframer::for_server(1000);
    deframer.push(&[0x10]);
    assert_eq!(deframer.next(), Ok(None), "one byte of a CONNECT is no reason to complain");
    deframer.push(&[0x00, 0xC0, 0x00]);
    assert_eq!(deframer.next().unwrap().unwrap().kind(), PacketType::Connect);
    assert_eq!(deframer.clone().next().unwrap().unwrap().kind(), PacketType::Pingreq);
    assert_eq!(deframer.pending(), 2);
    assert_eq!(deframer.next().unwrap().unwrap().kind(), PacketType::Pingreq);
    assert_eq!(deframer.next(), Ok(None));
}
