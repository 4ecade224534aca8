//! A PUBLISH of MQTT 3.1.1, QoS 1, 64 bytes of payload: cut from a stream and decoded, and encoded behind others.
//!
//! Decoding is measured as a device's packets come, one in each read, and as a busy stream brings them: a segment of TCP full of packets, put
//! into a stream buffer. Those that take one packet get one packet there, and are spared the search for its borders.

use std::hint::black_box;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use mqtt::{Deframer, Packet, PacketId, Properties, Publish, QoS, Text, Version};
use mqtt_protocol_core::mqtt as core_packets;

use crate::pairs::{Turn, compare, per_item};

const PACKETS: usize = 4_000;
/// Packets that come at once when decoding: what fits into one segment of TCP on an Ethernet.
const SEGMENT: usize = 13;
/// Room in a buffer that is read into.
const READ: usize = 4 * 1024;
const SEGMENTS: usize = 300;
const TOPIC: &str = "plant/7/line/3/motor/12/temperature";
const PAYLOAD: [u8; 64] = *b"{\"t\":21.75,\"v\":230.1,\"a\":4.21,\"rpm\":980,\"state\":\"running\",\"n\":1}";
const LIMIT: usize = 1024;

/// All cases of the codec.
pub fn run() {
    let frame = ours_encoded();
    assert_eq!(frame, theirs_encoded(), "all speak of the same bytes");
    compare("decode", fresh_readers(&frame));
    compare("decode-kept-buffer", kept_readers(&frame));
    compare("decode-segment", decoders(&frame));
    compare("encode", encoders());
}

fn publish() -> Publish<'static> {
    let topic = Text::new(TOPIC).expect("a legal text");
    let packet_id = PacketId::new(77);
    Publish { dup: false, qos: QoS::AtLeastOnce, retain: false, topic, packet_id, properties: Properties::EMPTY, payload: &PAYLOAD }
}

fn ours_encoded() -> Vec<u8> {
    let mut out = Vec::new();
    Packet::Publish(publish()).encode(Version::V311, &mut out);
    out
}

fn mqttbytes_publish() -> mqttbytes::v4::Publish {
    let mut packet = mqttbytes::v4::Publish::new(TOPIC, mqttbytes::QoS::AtLeastOnce, PAYLOAD.to_vec());
    packet.pkid = 77;
    packet
}

fn theirs_encoded() -> Vec<u8> {
    let mut out = BytesMut::new();
    mqttbytes_publish().write(&mut out).expect("it can be written");
    out.to_vec()
}

/// One packet in each read, and for each read a new buffer of its size, the same for both. A decoder that borrows leaves the buffer whole,
/// one that cuts packets out of it keeps parts of it alive; here nobody keeps anything.
fn fresh_readers(frame: &[u8]) -> Vec<Turn<'_>> {
    let ours = move || {
        let mut deframer = Deframer::new(LIMIT as u32);
        per_item(PACKETS, || (0..PACKETS).for_each(|_| read_ours(&mut deframer, &BytesMut::from(black_box(frame)))))
    };
    let mqttbytes = move || per_item(PACKETS, || (0..PACKETS).for_each(|_| read_mqttbytes(&mut BytesMut::from(black_box(frame)))));
    vec![("ours", Box::new(ours)), ("mqttbytes", Box::new(mqttbytes))]
}

/// One packet in each read, and one buffer for all reads, filled anew.
fn kept_readers(frame: &[u8]) -> Vec<Turn<'_>> {
    let ours = move || {
        let mut deframer = Deframer::new(LIMIT as u32);
        let mut buffer = BytesMut::with_capacity(READ);
        per_item(PACKETS, || {
            for _ in 0..PACKETS {
                buffer.clear();
                buffer.extend_from_slice(black_box(frame));
                read_ours(&mut deframer, &buffer);
            }
        })
    };
    let mqttbytes = move || {
        let mut buffer = BytesMut::with_capacity(READ);
        per_item(PACKETS, || {
            for _ in 0..PACKETS {
                buffer.extend_from_slice(black_box(frame));
                read_mqttbytes(&mut buffer);
            }
        })
    };
    vec![("ours", Box::new(ours)), ("mqttbytes", Box::new(mqttbytes))]
}

fn read_ours(deframer: &mut Deframer, buffer: &[u8]) {
    let mut read = black_box(buffer);
    while let Ok(Some(frame)) = deframer.next_of(&mut read) {
        assert!(matches!(black_box(&Packet::decode(frame, Version::V311)), Ok(Packet::Publish(_))));
    }
}

fn read_mqttbytes(buffer: &mut BytesMut) {
    while let Ok(packet) = mqttbytes::v4::read(black_box(buffer), LIMIT) {
        assert!(matches!(black_box(&packet), mqttbytes::v4::Packet::Publish(_)));
    }
}

fn decoders(frame: &[u8]) -> Vec<Turn<'_>> {
    let segment = &*frame.repeat(SEGMENT).leak();
    let count = SEGMENT * SEGMENTS;
    let ours = move || {
        let mut deframer = Deframer::new(LIMIT as u32);
        per_item(count, || {
            for _ in 0..SEGMENTS {
                deframer.push(black_box(segment));
                while let Ok(Some(frame)) = deframer.next() {
                    assert!(matches!(black_box(&Packet::decode(frame, Version::V311)), Ok(Packet::Publish(_))));
                }
            }
        })
    };
    let mqttbytes = move || {
        let mut buffer = BytesMut::with_capacity(8 * 1024);
        per_item(count, || {
            for _ in 0..SEGMENTS {
                buffer.extend_from_slice(black_box(segment));
                while let Ok(packet) = mqttbytes::v4::read(&mut buffer, LIMIT) {
                    assert!(matches!(black_box(&packet), mqttbytes::v4::Packet::Publish(_)));
                }
            }
        })
    };
    let rumqttc = move || {
        let mut buffer = BytesMut::with_capacity(8 * 1024);
        per_item(count, || {
            for _ in 0..SEGMENTS {
                buffer.extend_from_slice(black_box(segment));
                while let Ok(packet) = rumqttc::Packet::read(&mut buffer, LIMIT) {
                    assert!(matches!(black_box(&packet), rumqttc::Packet::Publish(_)));
                }
            }
        })
    };
    // It takes the body of one packet in an Arc; making that is part of taking a packet from a stream.
    let protocol_core = move || {
        per_item(count, || {
            for _ in 0..count {
                let body: Arc<[u8]> = Arc::from(black_box(&frame[2..]));
                let packet = core_packets::packet::v3_1_1::Publish::parse(frame[0] & 0x0F, body);
                assert!(black_box(&packet).is_ok());
            }
        })
    };
    let mqttrs = move || {
        per_item(count, || {
            for _ in 0..count {
                assert!(matches!(black_box(&mqttrs::decode_slice(black_box(frame))), Ok(Some(mqttrs::Packet::Publish(_)))));
            }
        })
    };
    vec![
        ("ours", Box::new(ours)),
        ("mqttbytes", Box::new(mqttbytes)),
        ("rumqttc", Box::new(rumqttc)),
        ("mqtt-protocol-core", Box::new(protocol_core)),
        ("mqttrs", Box::new(mqttrs)),
    ]
}

fn encoders() -> Vec<Turn<'static>> {
    let room = PACKETS * 128;
    let (mut out, mut bytes, mut rumqttc_bytes) = (Vec::with_capacity(room), BytesMut::with_capacity(room), BytesMut::with_capacity(room));
    let packet = Packet::Publish(publish());
    let ours = move || {
        out.clear();
        per_item(PACKETS, || (0..PACKETS).for_each(|_| black_box(&packet).encode(Version::V311, black_box(&mut out))))
    };
    let packet = mqttbytes_publish();
    let mqttbytes = move || {
        bytes.clear();
        per_item(PACKETS, || {
            (0..PACKETS).for_each(|_| assert!(black_box(&packet).write(black_box(&mut bytes)).is_ok()));
        })
    };
    let mut packet = rumqttc::Publish::from_bytes(TOPIC, rumqttc::QoS::AtLeastOnce, Bytes::from_static(&PAYLOAD));
    packet.pkid = 77;
    let rumqttc = move || {
        rumqttc_bytes.clear();
        per_item(PACKETS, || {
            (0..PACKETS).for_each(|_| assert!(black_box(&packet).write(black_box(&mut rumqttc_bytes)).is_ok()));
        })
    };
    let packet = core_packets::packet::v3_1_1::Publish::builder()
        .topic_name(TOPIC)
        .and_then(|packet| packet.qos(core_packets::packet::Qos::AtLeastOnce).packet_id(77u16).payload(&PAYLOAD[..]).build())
        .expect("a legal packet");
    let protocol_core = move || per_item(PACKETS, || (0..PACKETS).for_each(|_| drop(black_box(black_box(&packet).to_continuous_buffer()))));
    let packet = mqttrs::Packet::Publish(mqttrs::Publish {
        dup: false,
        qospid: mqttrs::QosPid::AtLeastOnce(mqttrs::Pid::try_from(77).expect("an identifier")),
        retain: false,
        topic_name: TOPIC,
        payload: &PAYLOAD,
    });
    let mut buffer = [0u8; 256];
    let mqttrs = move || {
        per_item(PACKETS, || {
            (0..PACKETS).for_each(|_| assert!(mqttrs::encode_slice(black_box(&packet), black_box(&mut buffer)).is_ok()));
        })
    };
    vec![
        ("ours", Box::new(ours)),
        ("mqttbytes", Box::new(mqttbytes)),
        ("rumqttc", Box::new(rumqttc)),
        ("mqtt-protocol-core", Box::new(protocol_core)),
        ("mqttrs", Box::new(mqttrs)),
    ]
}
