//! What a message costs in the whole core: tunnel → deframe → route → encode → tunnel, by the tunnel's own batches.
//!
//! `cargo run --release -p lab --example speed` prints nanoseconds per message; compare within one run only.

use std::time::Instant;

use contract::tunnel::{Record, Transport, records};
use contract::{Ask, Asked, Command};
use lab::{Bench, Config, Incoming, Outgoing};

const BATCH: usize = 400;

fn main() {
    for qos in 0..=2 {
        one_to_many(1, qos, 500_000);
    }
    one_to_many(100, 0, 20_000);
}

struct Bed {
    bench: Bench,
    wall: u64,
}

impl Bed {
    fn handle(&mut self, incoming: Incoming) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        self.wall += 10;
        self.bench.handle(self.wall, incoming, &mut out);
        out.into_iter()
            .filter_map(|outgoing| match outgoing {
                Outgoing::Tunnel(batch) => Some(batch),
                _ => None,
            })
            .collect()
    }

    fn tunnel(&mut self, batch: Vec<u8>) -> Vec<Vec<u8>> {
        self.handle(Incoming::Tunnel(batch))
    }
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    [&[first, body.len() as u8], body].concat()
}

fn connect(client: &str) -> Vec<u8> {
    packet(0x10, &[b"\0\x04MQTT\x04\x02\0\0\0", &[client.len() as u8][..], client.as_bytes()].concat())
}

/// Answers what a subscriber got: the acknowledgements of each packet, and credit.
fn answer(conn: u32, bytes: &[u8], out: &mut Vec<u8>, delivered: &mut usize) {
    let mut acks = Vec::new();
    let mut rest = bytes;
    while rest.len() >= 2 {
        let (frame, later) = rest.split_at(2 + rest[1] as usize);
        rest = later;
        match frame[0] >> 4 {
            3 => {
                *delivered += 1;
                let at = 4 + u16::from_be_bytes([frame[2], frame[3]]) as usize;
                match frame[0] >> 1 & 3 {
                    1 => acks.extend_from_slice(&[0x40, 2, frame[at], frame[at + 1]]),
                    2 => acks.extend_from_slice(&[0x50, 2, frame[at], frame[at + 1]]),
                    _ => {}
                }
            }
            5 => acks.extend_from_slice(&[0x62, 2, frame[2], frame[3]]),
            6 => acks.extend_from_slice(&[0x70, 2, frame[2], frame[3]]),
            _ => {}
        }
    }
    if !acks.is_empty() {
        Record::Data { conn, bytes: &acks }.write(out);
    }
    Record::Credit { conn, bytes: bytes.len() as u32 }.write(out);
}

fn one_to_many(subscribers: u32, qos: u8, messages: usize) {
    let mut bed = Bed { bench: Bench::new(Config::default(), 0, 1), wall: 0 };
    bed.handle(Incoming::Ask(Asked { id: 1, ask: Ask::Do(Command::Attach { url: String::new() }) }));
    bed.handle(Incoming::TunnelOpen);
    let mut batch = Vec::new();
    Record::Welcome { build: "", listens: "" }.write(&mut batch);
    for conn in 0..=subscribers {
        Record::Open { conn, transport: Transport::Tcp, peer: "p" }.write(&mut batch);
        Record::Data { conn, bytes: &connect(&format!("c{conn}")) }.write(&mut batch);
        if conn > 0 {
            Record::Data { conn, bytes: &packet(0x82, &[b"\0\x01\0\x05a/b/c", &[qos][..]].concat()) }.write(&mut batch);
        }
    }
    bed.tunnel(batch);
    let mut sent = 0usize;
    let mut delivered = 0usize;
    let mut next_id = 0u16;
    let mut waiting: Vec<u8> = Vec::new();
    let begin = Instant::now();
    let mut spent = std::time::Duration::ZERO;
    while delivered < messages * subscribers as usize {
        let mut batch = std::mem::take(&mut waiting);
        if sent < messages {
            let mut frames = Vec::new();
            let count = (BATCH / subscribers as usize).max(4);
            for _ in 0..count {
                next_id = next_id % 60_000 + 1;
                let body = match qos {
                    0 => [&b"\0\x05a/b/c"[..], &[7; 55]].concat(),
                    _ => [&b"\0\x05a/b/c"[..], &next_id.to_be_bytes(), &[7; 53]].concat(),
                };
                frames.extend(packet(0x30 | qos << 1, &body));
            }
            sent += count;
            Record::Data { conn: 0, bytes: &frames }.write(&mut batch);
        }
        let turn = Instant::now();
        let out = bed.tunnel(batch);
        spent += turn.elapsed();
        for batch in out {
            let mut per_conn: std::collections::BTreeMap<u32, Vec<u8>> = std::collections::BTreeMap::new();
            for record in records(&batch) {
                if let Ok(Record::Data { conn, bytes }) = record {
                    per_conn.entry(conn).or_default().extend_from_slice(bytes);
                }
            }
            for (conn, bytes) in per_conn {
                answer(conn, &bytes, &mut waiting, &mut delivered);
            }
        }
        if sent >= messages && waiting.is_empty() {
            break;
        }
    }
    let each = spent.as_nanos() as f64 / delivered.max(1) as f64;
    println!("1 to {subscribers}, QoS {qos}: {each:.0} ns a delivery in the core ({delivered} delivered, {:?} in all)", begin.elapsed());
}
