//! Seeded worlds of clients whose connections are cut anywhere: what was promised arrives, as often and in the order that its QoS says.
//!
//! Publishers and subscribers keep their sessions. A cut loses whatever was under way in both directions, in the middle of a packet
//! too; in every fourth world packets also come late or twice. At the end everything heals, and the histories are compared.
//!
//! A failure is shrunk to the fewest actions that still fail and prints its seed: `GLASSMQ_SEED=n GLASSMQ_ACTIONS=m` runs that one alone.
//! `GLASSMQ_WORLDS=n` runs so many worlds (`cargo xtask soak`).

mod common;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use common::{Bed, Chance};
use contract::{Action, Command, Fault, FaultRule, Kind, Matcher};
use mqtt::{
    Ack, Connect, Deframer, Packet, PacketId, PacketType, Properties, PropertiesBuf, Property, Publish, QoS, Subscribe, Subscription,
    SubscriptionOptions, Text, Version,
};

const QOS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

/// A client that keeps its side of the session over cuts.
struct Client {
    name: String,
    version: Version,
    conn: Option<u32>,
    deframer: Deframer,
    running: bool,
    subscribed: bool,
    next_id: u16,
    /// Its messages that are not complete, in order: identifier, payload, QoS, PUBREC has come.
    sending: VecDeque<(PacketId, String, QoS, bool)>,
    /// Numbers of the next message per QoS.
    published: [u32; 3],
    receiving: BTreeSet<u16>,
    /// Payloads that reached the application, in order.
    received: Vec<String>,
    /// PUBLISH packets that came with a kept identifier, or with DUP.
    repeats: u32,
    /// Bytes on their way to the broker.
    wire: Vec<u8>,
    /// Its link may double a packet.
    doubled: bool,
}

impl Client {
    fn new(n: usize) -> Client {
        let version = [Version::V311, Version::V5, Version::V31][n % 3];
        Client {
            name: format!("c{n}"),
            version,
            conn: None,
            deframer: Deframer::default(),
            running: false,
            subscribed: false,
            next_id: 0,
            sending: VecDeque::new(),
            published: [0; 3],
            receiving: BTreeSet::new(),
            received: Vec::new(),
            repeats: 0,
            wire: Vec::new(),
            doubled: false,
        }
    }

    fn write(&mut self, packet: &Packet<'_>) {
        packet.encode(self.version, &mut self.wire);
    }

    fn connect(&mut self, bed: &mut Bed) {
        self.conn = Some(bed.open());
        self.deframer = Deframer::default();
        self.running = false;
        self.wire.clear();
        let mut properties = PropertiesBuf::new();
        if self.version == Version::V5 {
            properties.push(Property::SessionExpiryInterval(u32::MAX)).expect("there is room");
            properties.push(Property::ReceiveMaximum(3)).expect("there is room");
        }
        let name = self.name.clone();
        let connect = Connect {
            version: self.version,
            client_id: Text::new(&name).expect("a legal name"),
            clean_start: false,
            keep_alive: 0,
            username: None,
            password: None,
            will: None,
            properties: properties.as_properties(),
        };
        self.write(&Packet::Connect(connect));
    }

    fn subscribe(&mut self) {
        let filter = Text::new("t/#").expect("legal");
        let filters = vec![Subscription { filter, options: SubscriptionOptions::with_qos(QoS::ExactlyOnce) }];
        let packet_id = PacketId::new(60_000).expect("not 0");
        self.write(&Packet::Subscribe(Subscribe { packet_id, filters, properties: Properties::EMPTY }));
    }

    fn publish(&mut self, qos: QoS) {
        let number = &mut self.published[qos as usize];
        *number += 1;
        let payload = format!("{} {} {number}", self.name, qos as u8);
        if qos == QoS::AtMostOnce {
            if self.running {
                self.send_publish(&payload, qos, None, false);
            }
            return;
        }
        self.next_id = self.next_id % 50_000 + 1;
        let id = PacketId::new(self.next_id).expect("not 0");
        self.sending.push_back((id, payload.clone(), qos, false));
        if self.running {
            self.send_publish(&payload, qos, Some(id), false);
        }
    }

    fn send_publish(&mut self, payload: &str, qos: QoS, packet_id: Option<PacketId>, dup: bool) {
        let topic = format!("t/{}", self.name);
        let topic = Text::new(&topic).expect("legal");
        let publish = Publish { dup, qos, retain: false, topic, packet_id, properties: Properties::EMPTY, payload: payload.as_bytes() };
        self.write(&Packet::Publish(publish));
    }

    fn ack(&mut self, kind: PacketType, id: PacketId) {
        Ack::success(id).encode(kind, self.version, &mut self.wire);
    }

    /// What has come from the broker.
    fn take(&mut self, bytes: &[u8]) {
        self.deframer.push(bytes);
        let mut deframer = std::mem::take(&mut self.deframer);
        while let Some(frame) = deframer.next().expect("the broker writes legal packets") {
            match Packet::decode(frame, self.version).expect("the broker writes legal packets") {
                Packet::Connack(connack) => {
                    assert!(!connack.reason.is_error());
                    self.running = true;
                    if !self.subscribed {
                        self.subscribe();
                    }
                    for (id, payload, qos, released) in self.sending.clone() {
                        if released {
                            self.ack(PacketType::Pubrel, id);
                        } else {
                            self.send_publish(&payload, qos, Some(id), true);
                        }
                    }
                }
                Packet::Suback(_) => self.subscribed = true,
                Packet::Publish(publish) => self.on_publish(&publish),
                Packet::Puback(ack) | Packet::Pubcomp(ack) => self.sending.retain(|(id, ..)| *id != ack.packet_id),
                Packet::Pubrec(ack) => {
                    if let Some(sending) = self.sending.iter_mut().find(|(id, ..)| *id == ack.packet_id) {
                        sending.3 = true;
                    }
                    self.ack(PacketType::Pubrel, ack.packet_id);
                }
                Packet::Pubrel(ack) => {
                    self.receiving.remove(&ack.packet_id.get());
                    self.ack(PacketType::Pubcomp, ack.packet_id);
                }
                other => panic!("{} got {other:?}", self.name),
            }
        }
        self.deframer = deframer;
    }

    fn on_publish(&mut self, publish: &Publish<'_>) {
        let payload = String::from_utf8(publish.payload.to_vec()).expect("text");
        self.repeats += u32::from(publish.dup);
        match publish.packet_id {
            Some(id) if publish.qos == QoS::ExactlyOnce => {
                if self.receiving.insert(id.get()) {
                    self.received.push(payload);
                } else {
                    assert!(publish.dup || self.doubled, "a kept identifier comes again only with DUP");
                }
                self.ack(PacketType::Pubrec, id);
            }
            Some(id) => {
                self.received.push(payload);
                self.ack(PacketType::Puback, id);
            }
            None => self.received.push(payload),
        }
    }

    /// Moves bytes in both directions: at most `most` of its own, all of the broker's.
    fn turn(&mut self, bed: &mut Bed, most: usize) {
        let Some(conn) = self.conn else { return };
        if bed.closed.contains(&conn) && !self.running {
            // Its CONNECT was too slow: to the client that is a cut like any other.
            self.conn = None;
            return self.connect(bed);
        }
        if bed.closed.contains(&conn) {
            let trace = bed.trace();
            panic!("{} was closed by the broker:\n{}", self.name, trace[trace.len().saturating_sub(25)..].join("\n"));
        }
        let now: Vec<u8> = self.wire.drain(..most.min(self.wire.len())).collect();
        if !now.is_empty() {
            bed.send(conn, &now);
        }
        let got = bed.got.remove(&conn).unwrap_or_default();
        if !got.is_empty() {
            bed.tunnel(&[contract::tunnel::Record::Credit { conn, bytes: got.len() as u32 }]);
            self.take(&got);
        }
    }

    /// The connection breaks: a part of what was under way still arrives on either side, the rest never.
    fn cut(&mut self, bed: &mut Bed, chance: &mut Chance) {
        let Some(conn) = self.conn.take() else { return };
        let sent = chance.below(self.wire.len() as u64 + 1) as usize;
        if sent > 0 {
            bed.send(conn, &self.wire[..sent]);
        }
        let got = bed.got.remove(&conn).unwrap_or_default();
        let arrived = chance.below(got.len() as u64 + 1) as usize;
        if self.running || arrived > 0 {
            self.take(&got[..arrived]);
        }
        bed.gone(conn);
        bed.got.remove(&conn);
        (self.running, self.wire) = (false, Vec::new());
    }
}

/// What a run of worlds has seen.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    sessions: usize,
    cuts: u32,
    repeats: u32,
}

/// One world of at most so many actions.
fn world(seed: u64, most: u64) -> Sum {
    let mut chance = Chance(seed);
    let mut bed = Bed::live(seed);
    let mut clients: Vec<Client> = (0..2 + chance.below(3) as usize).map(Client::new).collect();
    // All subscriptions stand before the first message: from then on everything is owed to everyone.
    for client in &mut clients {
        client.connect(&mut bed);
        while !client.subscribed {
            client.turn(&mut bed, usize::MAX);
        }
    }
    let disturbed = seed % 4 == 3;
    if disturbed {
        disturb(&mut bed);
        clients.iter_mut().for_each(|client| client.doubled = true);
    }
    let mut cuts = 0;
    for _ in 0..(40 + chance.below(80)).min(most) {
        let n = chance.below(clients.len() as u64) as usize;
        let client = &mut clients[n];
        match chance.below(10) {
            0 | 1 if client.conn.is_some() => {
                client.cut(&mut bed, &mut chance);
                cuts += 1;
            }
            // Takeover: a new connection while the broker still believes in the old one.
            2 if client.conn.is_some() => {
                client.connect(&mut bed);
                cuts += 1;
            }
            3 | 4 if client.conn.is_none() => client.connect(&mut bed),
            5 | 6 => client.publish(QOS[chance.below(3) as usize]),
            7 => bed.after(chance.below(2_000)),
            _ => client.turn(&mut bed, 1 + chance.below(60) as usize),
        }
        bed.bench.world().check().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
    if disturbed {
        for rule in 1..=2 {
            bed.command(Command::RemoveRule(rule)).expect("it is armed");
        }
        // What is late arrives.
        (0..5).for_each(|_| bed.after(1_000));
        assert!(seed != 3 || bed.trace().iter().any(|row| row.contains("Double by=")), "nothing was doubled");
    }
    heal(&mut bed, &mut clients, seed);
    clients.iter().for_each(|client| compare(client, &clients, seed));
    Sum { sessions: clients.len(), cuts, repeats: clients.iter().map(|client| client.repeats).sum() }
}

/// From now on one packet of a message in twenty comes twice, and one in twenty late.
fn disturb(bed: &mut Bed) {
    let kinds = vec![Kind::Publish, Kind::Puback, Kind::Pubrec, Kind::Pubrel, Kind::Pubcomp];
    let matcher = Matcher { kinds, ..Matcher::default() };
    for fault in [Fault::Double, Fault::Delay { millis: 700 }] {
        let rule = FaultRule { per_mille: 50, ..FaultRule::new(matcher.clone(), Action::Fault(fault)) };
        bed.command(Command::AddRule(rule)).expect("a legal rule");
    }
}

/// One world; a failing one is run again with ever fewer actions, and the shortest that fails is the one that is told.
fn world_or_shortest(seed: u64) -> Sum {
    let run = |most: u64| std::panic::catch_unwind(|| world(seed, most));
    if let Ok(sum) = run(u64::MAX) {
        return sum;
    }
    let shortest = (0..120).find(|&most| run(most).is_err()).unwrap_or(u64::MAX);
    eprintln!("the shortest that fails: GLASSMQ_SEED={seed} GLASSMQ_ACTIONS={shortest}");
    world(seed, shortest)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

fn heal(bed: &mut Bed, clients: &mut [Client], seed: u64) {
    for client in clients.iter_mut().filter(|client| client.conn.is_none()) {
        client.connect(bed);
    }
    for _ in 0..500 {
        clients.iter_mut().for_each(|client| client.turn(bed, usize::MAX));
        let calm = clients
            .iter()
            .all(|client| client.sending.is_empty() && client.wire.is_empty() && !bed.got.contains_key(&client.conn.unwrap_or(0)));
        if calm {
            return;
        }
    }
    panic!("seed {seed}: it does not come to rest");
}

/// What one client received against what all have published.
fn compare(client: &Client, clients: &[Client], seed: u64) {
    let mut seen: BTreeMap<(&str, u8), Vec<u32>> = BTreeMap::new();
    for payload in &client.received {
        let parts: Vec<&str> = payload.split(' ').collect();
        seen.entry((parts[0], parts[1].parse().expect("a QoS"))).or_default().push(parts[2].parse().expect("a number"));
    }
    for publisher in clients {
        for qos in QOS {
            let got = seen.remove(&(publisher.name.as_str(), qos as u8)).unwrap_or_default();
            let mut firsts: Vec<u32> = Vec::new();
            got.iter().for_each(|n| {
                if !firsts.contains(n) {
                    firsts.push(*n);
                }
            });
            let who = format!("seed {seed}: {} from {} at QoS {}: {got:?}", client.name, publisher.name, qos as u8);
            assert!(firsts.is_sorted(), "out of order, {who}");
            let all: Vec<u32> = (1..=publisher.published[qos as usize]).collect();
            match qos {
                QoS::AtMostOnce => assert!(client.doubled || got.len() == firsts.len(), "more than once, {who}"),
                QoS::AtLeastOnce => assert_eq!(firsts, all, "lost, {who}"),
                QoS::ExactlyOnce => assert_eq!(got, all, "lost or more than once, {who}"),
            }
        }
    }
}

#[test]
fn every_promise_is_kept_over_cuts() {
    if let Some(seed) = number("GLASSMQ_SEED") {
        world(seed, number("GLASSMQ_ACTIONS").unwrap_or(u64::MAX));
        return;
    }
    let worlds = number("GLASSMQ_WORLDS").unwrap_or(7_000);
    let mut sum = Sum::default();
    for seed in 0..worlds {
        let one = world_or_shortest(seed);
        sum.sessions += one.sessions;
        sum.cuts += one.cuts;
        sum.repeats += one.repeats;
    }
    println!("{worlds} worlds, {sum:?}");
    // A test that never saw a cut in mid-handshake would prove nothing.
    let share = |of: u32| u64::from(of) / worlds.max(1);
    assert!(share(sum.cuts) >= 5 && share(sum.repeats) >= 1 && sum.sessions as u64 >= 2 * worlds, "{sum:?}");
}
