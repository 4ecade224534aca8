//! A relay made of nothing: devices as bytes, the bench behind them.
#![allow(dead_code, unreachable_pub)]

use contract::tunnel::{Record, Transport, records};
use contract::{Answer, Ask, Asked, Command, Refusal, Report};
use lab::{Bench, Config, Incoming, Outgoing};
use mqtt::{Deframer, Packet, Version};
use std::collections::BTreeMap;

/// A bench with a tunnel, and what its devices have got.
pub struct Bed {
    pub bench: Bench,
    pub wall: u64,
    pub got: BTreeMap<u32, Vec<u8>>,
    pub closed: Vec<u32>,
    pub credit: BTreeMap<u32, u64>,
    next_conn: u32,
}

impl Bed {
    /// Live, with a relay.
    pub fn live(seed: u64) -> Bed {
        Bed::with(Config::default(), seed)
    }

    pub fn with(config: Config, seed: u64) -> Bed {
        let mut bed = Bed {
            bench: Bench::new(config, 0, seed),
            wall: 0,
            got: BTreeMap::new(),
            closed: Vec::new(),
            credit: BTreeMap::new(),
            next_conn: 0,
        };
        bed.command(Command::Attach { url: "ws://relay/tunnel".into() }).expect("a relay");
        bed.handle(Incoming::TunnelOpen);
        bed.tunnel(&[Record::Welcome { build: "test", listens: "tcp 127.0.0.1:1883" }]);
        bed
    }

    pub fn handle(&mut self, incoming: Incoming) -> Vec<Report> {
        let mut out = Vec::new();
        self.bench.handle(self.wall, incoming, &mut out);
        let mut reports = Vec::new();
        for outgoing in out {
            match outgoing {
                Outgoing::Report(report) => reports.push(report),
                Outgoing::Tunnel(batch) => self.take(&batch),
                Outgoing::OpenTunnel { .. } | Outgoing::CloseTunnel | Outgoing::WakeAt(_) => {}
            }
        }
        reports
    }

    fn take(&mut self, batch: &[u8]) {
        for record in records(batch) {
            match record.expect("the bench writes legal batches") {
                Record::Data { conn, bytes } => self.got.entry(conn).or_default().extend_from_slice(bytes),
                Record::Close { conn, .. } => self.closed.push(conn),
                Record::Credit { conn, bytes } => *self.credit.entry(conn).or_default() += u64::from(bytes),
                Record::Claim { .. } => {}
                other => panic!("{other:?} is not a tab's to say"),
            }
        }
    }

    pub fn tunnel(&mut self, batch: &[Record<'_>]) {
        let mut bytes = Vec::new();
        batch.iter().for_each(|record| record.write(&mut bytes));
        self.handle(Incoming::Tunnel(bytes));
    }

    pub fn command(&mut self, command: Command) -> Result<Answer, Refusal> {
        let reports = self.handle(Incoming::Ask(Asked { id: 1, ask: Ask::Do(command) }));
        let done = reports.into_iter().find_map(|report| match report {
            Report::Done { result, .. } => Some(result),
            _ => None,
        });
        done.expect("every command is answered")
    }

    pub fn after(&mut self, millis: u64) {
        self.wall += millis * 1_000;
        self.handle(Incoming::Wake);
    }

    pub fn open(&mut self) -> u32 {
        self.next_conn += 1;
        let peer = format!("127.0.0.1:{}", 40_000 + self.next_conn);
        self.tunnel(&[Record::Open { conn: self.next_conn, transport: Transport::Tcp, peer: &peer }]);
        self.next_conn
    }

    pub fn send(&mut self, conn: u32, bytes: &[u8]) {
        self.tunnel(&[Record::Data { conn, bytes }]);
    }

    pub fn gone(&mut self, conn: u32) {
        self.tunnel(&[Record::Close { conn, why: "gone" }]);
    }

    /// What a device has got since the last call, as packets in the words of `Debug`.
    pub fn packets(&mut self, conn: u32, version: Version) -> Vec<String> {
        let mut deframer = Deframer::default();
        deframer.push(&self.got.remove(&conn).unwrap_or_default());
        let mut packets = Vec::new();
        while let Some(frame) = deframer.next().expect("the broker writes legal packets") {
            packets.push(format!("{:?}", Packet::decode(frame, version).expect("the broker writes legal packets")));
        }
        packets
    }

    pub fn trace(&self) -> Vec<String> {
        self.bench.rows(0, usize::MAX).iter().map(|row| row.to_string()).collect()
    }
}

/// splitmix64, so that every run is the same.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.next() as u8).collect()
    }
}

/// A packet by hand: first byte and body.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let mut left = body.len();
    loop {
        let low = (left & 0x7F) as u8;
        left >>= 7;
        out.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(body);
    out
}

fn text(text: &str) -> Vec<u8> {
    let mut out = (text.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(text.as_bytes());
    out
}

/// CONNECT of MQTT 3.1.1.
pub fn connect(client: &str, clean: bool, keep_alive: u16) -> Vec<u8> {
    let body = [text("MQTT"), vec![4, if clean { 2 } else { 0 }], keep_alive.to_be_bytes().to_vec(), text(client)].concat();
    packet(0x10, &body)
}

/// SUBSCRIBE of MQTT 3.1.1 to one filter.
pub fn subscribe(id: u16, filter: &str, qos: u8) -> Vec<u8> {
    packet(0x82, &[id.to_be_bytes().to_vec(), text(filter), vec![qos]].concat())
}

/// PUBLISH of MQTT 3.1.1.
pub fn publish(topic: &str, qos: u8, id: u16, dup: bool, payload: &[u8]) -> Vec<u8> {
    let id = if qos > 0 { id.to_be_bytes().to_vec() } else { Vec::new() };
    packet(0x30 | qos << 1 | u8::from(dup) << 3, &[text(topic), id, payload.to_vec()].concat())
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP of MQTT 3.1.1, by its first byte.
pub fn ack(first: u8, id: u16) -> Vec<u8> {
    packet(first, &id.to_be_bytes())
}
