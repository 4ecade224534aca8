//! How many nanoseconds a packet costs: `cargo run --release -p mqtt --example speed`. Says which part costs what; judges nothing.

use std::hint::black_box;
use std::time::Instant;

use mqtt::{Ack, Deframer, Frame, MAX_PACKET_SIZE, Packet, PacketId, Properties, Publish, QoS, Text, Version};

const ROUNDS: u32 = 2_000_000;

fn main() {
    println!("size of a Packet: {} bytes", size_of::<Packet<'_>>());
    for version in [Version::V311, Version::V5] {
        let publish = publish();
        let mut bytes = Vec::new();
        publish.encode(version, &mut bytes);
        println!("MQTT {version}, PUBLISH of {} bytes at QoS 1", bytes.len());
        time("  frame and decode", || {
            let frame = Frame::parse(black_box(&bytes)).unwrap();
            black_box(Packet::decode(frame, version).is_ok());
        });
        time("  frame", || {
            black_box(Frame::parse(black_box(&bytes)).unwrap());
        });
        let frame = Frame::parse(&bytes).unwrap();
        time("  decode", || {
            black_box(Packet::decode(black_box(frame), version).is_ok());
        });
        time("  decode as Publish", || {
            black_box(Publish::decode(black_box(frame), version).is_ok());
        });
        time("  decode, read topic and payload", || {
            let Ok(Packet::Publish(p)) = Packet::decode(Frame::parse(black_box(&bytes)).unwrap(), version) else { panic!() };
            black_box((p.topic.len(), p.payload.len(), p.packet_id));
        });
        let mut out = Vec::with_capacity(1024);
        time("  encode", || {
            out.clear();
            black_box(&publish).encode(version, &mut out);
            black_box(&out);
        });
        let mut deframer = Deframer::new(MAX_PACKET_SIZE);
        time("  push, next, decode", || {
            deframer.push(black_box(&bytes));
            let frame = deframer.next().unwrap().unwrap();
            black_box(Packet::decode(frame, version).is_ok());
        });
        let ack = Ack::success(PacketId::FIRST);
        let mut bytes = Vec::new();
        Packet::Puback(ack).encode(version, &mut bytes);
        println!("MQTT {version}, PUBACK");
        let frame = Frame::parse(&bytes).unwrap();
        time("  decode", || {
            black_box(Packet::decode(black_box(frame), version).is_ok());
        });
        time("  frame and decode", || {
            black_box(Packet::decode(Frame::parse(black_box(&bytes)).unwrap(), version).is_ok());
        });
        time("  encode", || {
            out.clear();
            black_box(&Packet::Puback(ack)).encode(version, &mut out);
            black_box(&out);
        });
    }
}

fn publish() -> Packet<'static> {
    Packet::Publish(Publish {
        dup: false,
        qos: QoS::AtLeastOnce,
        retain: false,
        topic: Text::new("house/kitchen/temperature").unwrap(),
        packet_id: PacketId::new(7),
        properties: Properties::EMPTY,
        payload: b"{\"celsius\":21.5,\"humid\":40.2}.",
    })
}

fn time(what: &str, mut act: impl FnMut()) {
    let best = (0..5)
        .map(|_| {
            let begin = Instant::now();
            (0..ROUNDS).for_each(|_| act());
            begin.elapsed().as_nanos() / u128::from(ROUNDS / 100)
        })
        .min()
        .unwrap_or_default();
    println!("{what:<34} {:>4}.{:02} ns", best / 100, best % 100);
}
