//! Clients that prove themselves, or do not, in any order, while the files change under them: the invariants hold after each turn, and
//! nobody is in who has not proved it.

use std::sync::Arc;

use broker::access::scram::client::ScramClient;
use broker::access::scram::{Credential, CredentialFile, METHOD, MIN_ITERATIONS};
use broker::access::{Access, Acl};
use broker::{Broker, Config, ConnId, Event, GoneWhy, Input, Instant, Outbox, Output};
use mqtt::{
    Auth, Binary, Connect, Frame, Packet, PropertiesBuf, Property, Publish, QoS, ReasonCode, Subscribe, Subscription, SubscriptionOptions,
    Text, Version,
};

use crate::auth::passwords;
use crate::harness::rule::rule;

/// splitmix64, so that every run is the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

#[derive(Default)]
struct Client {
    conn: Option<ConnId>,
    scram: Option<ScramClient>,
    challenge: Option<Vec<u8>>,
    /// It has the right password, or needs none.
    knows: bool,
    user: &'static str,
    by_scram: bool,
    /// CONNACK has come.
    may: bool,
}

struct World {
    broker: Broker,
    now: Instant,
    clients: [Client; 4],
    chance: Chance,
    last: u32,
    let_in: u32,
    refused: u32,
    ended: u32,
    proved_anew: u32,
}

/// Files of users and rights. Whoever knows a password knows that it is the user name.
fn files() -> Vec<Arc<Access>> {
    let file = |users: &[(&str, &str)]| {
        let mut file = CredentialFile::default();
        for (user, password) in users {
            file.set(user, Credential::new(password.as_bytes(), [9; 16], MIN_ITERATIONS)).expect("a user name");
        }
        file
    };
    let acl = Acl::parse("user alice\ntopic readwrite #\nuser bob\ntopic read #\npattern write own/%c\n").expect("a legal file");
    let all = Access {
        passwords: Some(passwords(&[("alice", "alice"), ("bob", "bob")])),
        scram: Some(file(&[("alice", "alice"), ("bob", "bob")])),
        acl: Some(acl),
        allow_anonymous: false,
    };
    let fewer = Access { passwords: Some(passwords(&[("alice", "alice")])), scram: Some(file(&[("alice", "alice")])), ..all.clone() };
    let anonymous = Access { allow_anonymous: true, acl: None, ..fewer.clone() };
    [all, fewer, anonymous].map(Arc::new).into()
}

fn properties(method: &str, data: &[u8]) -> PropertiesBuf {
    let mut properties = PropertiesBuf::new();
    properties.push(Property::AuthenticationMethod(Text::new(method).expect("a text"))).expect("it fits");
    properties.push(Property::AuthenticationData(Binary::new(data).expect("short"))).expect("it fits");
    properties
}

impl World {
    fn handle(&mut self, input: Input<'_>) {
        let mut out = Outbox::default();
        self.broker.handle(self.now, input, &mut out);
        self.broker.check().unwrap_or_else(|broken| panic!("invariant: {broken}"));
        for output in &out.outputs {
            match output {
                Output::Send { conn, frame, .. } => self.hear(*conn, out.frame(*frame)),
                Output::Close { conn } => {
                    self.ended += 1;
                    if let Some(client) = self.clients.iter_mut().find(|client| client.conn == Some(*conn)) {
                        *client = Client::default();
                    }
                }
                Output::Event(Event::LoggedIn { conn, user }) => {
                    let client = self.clients.iter().find(|client| client.conn == Some(*conn)).expect("it has a connection");
                    assert!(client.knows && *client.user == **user, "{user} was let in without a proof");
                }
                Output::Event(_) => {}
            }
        }
    }

    fn hear(&mut self, conn: ConnId, bytes: &[u8]) {
        let packet = Frame::parse(bytes).and_then(|frame| Packet::decode(frame, Version::V5)).expect("a legal packet");
        let Some(client) = self.clients.iter_mut().find(|client| client.conn == Some(conn)) else { return };
        match packet {
            Packet::Connack(connack) if connack.reason.is_error() => self.refused += 1,
            Packet::Connack(_) => {
                self.let_in += 1;
                assert!(client.knows || client.user.is_empty(), "{} is in without a proof", client.user);
                client.may = true;
            }
            Packet::Auth(auth) if auth.reason == ReasonCode::ContinueAuthentication => {
                client.challenge = auth.properties.authentication_data().map(|data| data.as_bytes().to_vec());
            }
            Packet::Auth(_) => self.proved_anew += 1,
            Packet::Publish(_) => assert!(client.may, "a message before CONNACK"),
            _ => {}
        }
    }

    fn send(&mut self, conn: ConnId, bytes: &[u8]) {
        self.handle(Input::Frame { conn, frame: Frame::parse(bytes).expect("a frame") });
    }

    fn connect(&mut self, n: usize) {
        if let Some(conn) = self.clients[n].conn.take() {
            self.handle(Input::Gone { conn, why: GoneWhy::Lost });
        }
        self.last += 1;
        let conn = ConnId(self.last);
        let user = self.chance.pick(&["alice", "bob", "mallory", ""]);
        let knows = self.chance.below(3) > 0 && user != "mallory";
        let by_scram = !user.is_empty() && self.chance.below(2) == 0;
        let password = if knows { user } else { "guess" };
        self.clients[n] = Client { conn: Some(conn), user, knows: knows || user.is_empty(), ..Client::default() };
        self.handle(Input::Open { conn });
        let mut scram = PropertiesBuf::new();
        if by_scram {
            let (client, first) = ScramClient::first(user, password.as_bytes(), "abcdefgh").expect("a user");
            (self.clients[n].scram, self.clients[n].by_scram) = (Some(client), true);
            scram = properties(METHOD, &first);
        }
        // Two of the clients fight for one session.
        let client_id = ["x", "x", "y", "z"][n];
        let named = !user.is_empty() && !by_scram;
        let connect = Connect {
            version: Version::V5,
            client_id: Text::new(client_id).expect("a text"),
            clean_start: self.chance.below(2) == 0,
            keep_alive: 5,
            username: named.then(|| Text::new(user).expect("a text")),
            password: named.then(|| Binary::new(password.as_bytes()).expect("short")),
            will: None,
            properties: scram.as_properties(),
        };
        let mut bytes = Vec::new();
        connect.encode(Version::V5, &mut bytes);
        self.send(conn, &bytes);
    }

    fn prove(&mut self, n: usize) {
        let client = &mut self.clients[n];
        let (Some(conn), Some(scram), Some(challenge)) = (client.conn, client.scram.take(), client.challenge.take()) else { return };
        let (_, last) = scram.last(&challenge).expect("a challenge");
        self.auth(conn, ReasonCode::ContinueAuthentication, METHOD, &last);
    }

    fn prove_anew(&mut self, n: usize) {
        let client = &mut self.clients[n];
        let Some(conn) = client.conn.filter(|_| !client.user.is_empty()) else { return };
        // Who may not begin anew, for want of a first time, seldom does.
        if !(client.may && client.by_scram) && self.chance.below(8) > 0 {
            return;
        }
        let password = if client.knows { client.user } else { "guess" };
        let (scram, first) = ScramClient::first(client.user, password.as_bytes(), "ijklmnop").expect("a user");
        (client.scram, client.challenge) = (Some(scram), None);
        self.auth(conn, ReasonCode::ReAuthenticate, METHOD, &first);
        // Else others come in between, and mostly too much.
        if self.chance.below(4) > 0 {
            self.prove(n);
        }
    }

    fn auth(&mut self, conn: ConnId, reason: ReasonCode, method: &str, data: &[u8]) {
        let mut bytes = Vec::new();
        Auth { reason, properties: properties(method, data).as_properties() }.encode(Version::V5, &mut bytes);
        self.send(conn, &bytes);
    }

    fn nonsense(&mut self, conn: ConnId) {
        let reason = self.chance.pick(&[ReasonCode::Success, ReasonCode::ContinueAuthentication, ReasonCode::ReAuthenticate]);
        let method = self.chance.pick(&[METHOD, "OTHER"]);
        let data = self.chance.pick(&[&b""[..], b"n,,n=alice,r=x", b"c=biws,r=x,p=x", b"\xFF"]);
        self.auth(conn, reason, method, data);
    }

    fn use_it(&mut self, conn: ConnId) {
        let mut bytes = Vec::new();
        let packet_id = mqtt::PacketId::new(1);
        let topic = Text::new(self.chance.pick(&["own/x", "own/y", "t"])).expect("a text");
        if self.chance.below(2) == 0 {
            let filters = vec![Subscription { filter: Text::new("#").expect("a text"), options: SubscriptionOptions::default() }];
            let subscribe = Subscribe { packet_id: packet_id.expect("1"), filters, properties: mqtt::Properties::EMPTY };
            subscribe.encode(Version::V5, &mut bytes);
        } else {
            let qos = self.chance.pick(&[QoS::AtMostOnce, QoS::AtLeastOnce]);
            let packet_id = packet_id.filter(|_| qos != QoS::AtMostOnce);
            let properties = mqtt::Properties::EMPTY;
            Publish { dup: false, qos, retain: false, topic, packet_id, properties, payload: b"x" }.encode(Version::V5, &mut bytes);
        }
        self.send(conn, &bytes);
    }
}

#[test]
fn nobody_is_in_without_a_proof_whatever_happens() {
    rule!("MQTT-3.1.4-2", "MQTT-4.12.0-4");
    let files = files();
    let (mut let_in, mut refused, mut ended, mut proved_anew) = (0, 0, 0, 0);
    for seed in 0..10 {
        let broker = Broker::new(Config::default(), seed);
        let clients = std::array::from_fn(|_| Client::default());
        let chance = Chance(seed);
        let mut world = World { broker, now: Instant::ZERO, clients, chance, last: 0, let_in: 0, refused: 0, ended: 0, proved_anew: 0 };
        world.handle(Input::Access(files[0].clone()));
        for _ in 0..250 {
            let n = world.chance.below(4) as usize;
            let conn = world.clients[n].conn;
            match (world.chance.below(16), conn) {
                (0, _) => {
                    let access = files[world.chance.below(3) as usize].clone();
                    world.handle(Input::Access(access));
                }
                (1, _) => {
                    world.now = world.now.after_secs(1 + world.chance.below(6) as u32);
                    world.handle(Input::Timeout);
                }
                (2, Some(conn)) => world.nonsense(conn),
                (3..=6, _) => world.prove_anew(n),
                (7..=9, Some(conn)) => world.use_it(conn),
                (10..=14, Some(_)) => world.prove(n),
                _ => world.connect(n),
            }
        }
        let_in += world.let_in;
        refused += world.refused;
        ended += world.ended;
        proved_anew += world.proved_anew;
    }
    assert!(let_in > 100 && refused > 100 && ended > 200 && proved_anew > 10, "{let_in} {refused} {ended} {proved_anew}");
}
