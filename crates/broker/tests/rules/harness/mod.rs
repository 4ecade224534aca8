//! Tests are scripts, and [`check`] is what runs them: the one place that touches the broker.
//!
//! A script is lines. `a: connect v5 expiry=60` makes the client `a` send a packet (see `words`), `a< connack 0` is the next packet that
//! it must have received (see `render`), `+2.5` lets seconds pass, `! Expired` and `!! Expired` say that an event since the last command
//! does, or that none does, hold this word. Before the next command and at the end, everything received must have been named. `connect`,
//! `resume`, `sub`, `unsub` and `pub!` take their plain success themselves; with `?` they leave their answer to the script.
//! `open`, `cut`, `gone`, `stall`, `flow` and `end` are about the connection. After every input the invariants are checked.
//!
//! `broker: access NAME` puts one of the named files of users and rights in place. `connect? scram=alice:secret` begins an exchange of SCRAM,
//! `proof` answers the broker's challenge, `reauth scram=alice:secret` begins one anew; what the broker proves of itself is checked.

mod auth;
mod oracle;
mod render;
pub(crate) mod rule;
mod words;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use auth::Proving;
use broker::access::Access;
use broker::{Broker, Config, ConnId, GoneWhy, Input, Instant, Outbox, Output};
use mqtt::{Deframer, Frame, Packet, ReasonCode, Version};
use oracle::Oracle;
use words::Words;

/// Runs a script with the usual limits.
#[track_caller]
pub(crate) fn check(script: &str) {
    check_with(Config::default(), script);
}

/// Runs a script once for each version, with the version for `VER`.
#[track_caller]
pub(crate) fn check_each(versions: &[&str], script: &str) {
    for version in versions {
        check(&script.replace("VER", version));
    }
}

/// Runs a script with limits of its own.
#[track_caller]
pub(crate) fn check_with(config: Config, script: &str) {
    check_access(config, &[], script);
}

/// Runs a script with files of users and rights, the first of which is in place from the beginning.
#[track_caller]
pub(crate) fn check_access(config: Config, access: &[(&str, Access)], script: &str) {
    let mut stage = Stage::new(config);
    stage.access = access.iter().map(|(name, access)| ((*name).to_owned(), Arc::new(access.clone()))).collect();
    if let Some((name, _)) = access.first() {
        stage.line(&format!("broker: access {name}"));
    }
    for (number, line) in script.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        stage.log.push(format!("{:>4} {line}", number + 1));
        stage.line(line);
    }
    stage.settled();
    stage.log.clear();
}

/// The broker and its clients.
pub(crate) struct Stage {
    pub(crate) broker: Broker,
    pub(crate) now: Instant,
    peers: BTreeMap<String, Peer>,
    next_conn: u32,
    events: Vec<String>,
    access: BTreeMap<String, Arc<Access>>,
    /// Everything so far, for whoever must find out why it failed.
    log: Vec<String>,
    /// The Reason Strings of the last answers.
    strings: Vec<String>,
}

struct Peer {
    conn: Option<ConnId>,
    deframer: Deframer,
    inbox: VecDeque<String>,
    oracle: Oracle,
    /// Bytes sent to it count as under way until it takes them.
    stalled: bool,
    unsent: u32,
    proving: Proving,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.log.is_empty() {
            eprintln!("{}", self.log.join("\n"));
        }
    }
}

impl Stage {
    pub(crate) fn new(config: Config) -> Stage {
        Stage {
            broker: Broker::new(config, 7),
            now: Instant::ZERO,
            peers: BTreeMap::new(),
            next_conn: 0,
            events: Vec::new(),
            access: BTreeMap::new(),
            log: Vec::new(),
            strings: Vec::new(),
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        if let Some(seconds) = line.strip_prefix('+') {
            self.settled();
            self.pass(seconds.parse().expect("seconds"));
        } else if let Some(word) = line.strip_prefix("!! ") {
            assert!(!self.events.iter().any(|event| event.contains(word)), "an event says {word}: {:?}", self.events);
        } else if let Some(word) = line.strip_prefix("! ") {
            assert!(self.events.iter().any(|event| event.contains(word)), "no event says {word}: {:?}", self.events);
        } else if let Some(words) = line.strip_prefix("why ") {
            assert!(self.strings.iter().any(|it| it.contains(words)), "no Reason String says {words:?}: {:?}", self.strings);
        } else if line == "no why" {
            assert!(self.strings.is_empty(), "a Reason String: {:?}", self.strings);
        } else if let Some((name, expected)) = line.split_once("< ") {
            let found = self.peers.get_mut(name).and_then(|peer| peer.inbox.pop_front());
            assert_eq!(found.as_deref(), Some(expected), "{name}");
        } else {
            let (name, command) = line.split_once(": ").expect("a line is `name: command` or `name< packet`");
            self.settled();
            self.command(name, &Words(command.split_whitespace().collect()));
        }
    }

    /// Everything that came was named.
    pub(crate) fn settled(&self) {
        for (name, peer) in &self.peers {
            assert!(peer.inbox.is_empty(), "{name} received unnamed: {:?}", peer.inbox);
        }
    }

    /// Everything that a client has received and nobody named.
    pub(crate) fn take(&mut self, name: &str) -> Vec<String> {
        std::mem::take(&mut self.peer(name).inbox).into()
    }

    /// Lets seconds pass; what is due happens at its time.
    fn pass(&mut self, seconds: f64) {
        self.forget();
        let until = self.now.after((seconds * 1e6).round() as u64);
        while let Some(due) = self.broker.next_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.handle(Input::Timeout);
        }
        self.now = until;
    }

    fn forget(&mut self) {
        self.events.clear();
        self.strings.clear();
    }

    fn command(&mut self, name: &str, words: &Words<'_>) {
        self.forget();
        match words.0[0] {
            "open" => self.open(name),
            "cut" => self.gone(name, GoneWhy::Lost),
            "gone" => self.gone(name, GoneWhy::Closed),
            "end" => {
                let conn = self.peer(name).conn.unwrap_or_else(|| panic!("{name} is not connected"));
                self.handle(Input::End { conn, reason: ReasonCode::AdministrativeAction });
            }
            "access" => {
                let access = self.access.get(words.0[1]).unwrap_or_else(|| panic!("no files are called {}", words.0[1])).clone();
                self.handle(Input::Access(access));
            }
            // The client expects answers of this version, whatever its CONNECT will look like.
            "v311" => self.peer(name).oracle.expect_version(Version::V311),
            "stall" => self.peer(name).stalled = true,
            "flow" => {
                self.peer(name).stalled = false;
                self.drain();
            }
            command => {
                if command.starts_with("connect") || command == "resume" {
                    self.open(name);
                    let old = words::version(words) != mqtt::Version::V5;
                    self.peer(name).oracle.may_repeat = old && self.broker.config().v3_retry > 0;
                }
                let version = self.peer(name).oracle.version();
                let said = self.peer(name).proving.say(words, name);
                let bytes = said.or_else(|| words::bytes(words, name, version)).unwrap_or_else(|| panic!("{command} is no command"));
                self.send(name, &bytes);
                self.take_success(name, words);
            }
        }
    }

    /// The plain answer of a command that does not leave it to the script.
    fn take_success(&mut self, name: &str, words: &Words<'_>) {
        let v5 = self.peer(name).oracle.version().is_v5();
        let expected = match words.0[0] {
            "connect" => "connack 0".to_owned(),
            "resume" => "connack 0 sp".to_owned(),
            "sub" => {
                let granted: Vec<String> = words::filters(words).map(|(_, options)| (options.qos as u8).to_string()).collect();
                format!("suback #{} {}", words.packet_id(), granted.join(","))
            }
            "unsub" if v5 => format!("unsuback #{} {}", words.packet_id(), vec!["0"; words.0.len() - 2].join(",")),
            "unsub" => format!("unsuback #{}", words.packet_id()),
            "pub!" if words.0.contains(&"q1") => format!("puback #{}", words.packet_id()),
            "pub!" => format!("pubrec #{}", words.packet_id()),
            _ => return,
        };
        let found = self.peer(name).inbox.pop_front();
        assert_eq!(found.as_deref(), Some(&*expected), "{name}");
        if words.0[0] == "pub!" && words.0.contains(&"q2") {
            let id = words.packet_id();
            let pubrel = format!("#{id}");
            let pubrel = words::bytes(&Words(vec!["pubrel", &pubrel]), name, self.peer(name).oracle.version()).expect("a packet");
            let more = std::mem::take(&mut self.peer(name).inbox);
            self.send(name, &pubrel);
            assert_eq!(self.peer(name).inbox.pop_front(), Some(format!("pubcomp #{id}")), "{name}");
            self.peer(name).inbox.extend(more);
        }
    }

    fn open(&mut self, name: &str) {
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        let limit = self.broker.config().max_connect_size;
        let peer = self.peers.entry(name.to_owned()).or_insert_with(Peer::new);
        assert!(peer.conn.is_none(), "{name} is connected");
        peer.oracle.reconnect();
        (peer.conn, peer.deframer, peer.stalled, peer.unsent) = (Some(conn), Deframer::for_server(limit), false, 0);
        self.handle(Input::Open { conn });
    }

    fn gone(&mut self, name: &str, why: GoneWhy) {
        let conn = self.peer(name).conn.take().unwrap_or_else(|| panic!("{name} is not connected"));
        self.handle(Input::Gone { conn, why });
    }

    /// Bytes from a client, through a deframer as a driver does it.
    fn send(&mut self, name: &str, bytes: &[u8]) {
        self.peer(name).deframer.push(bytes);
        loop {
            let peer = self.peer(name);
            let Some(conn) = peer.conn else { return };
            let version = peer.oracle.version();
            let frame = match peer.deframer.next() {
                Ok(Some(frame)) => frame.bytes().to_vec(),
                Ok(None) => return,
                Err(error) => return self.handle(Input::Malformed { conn, error }),
            };
            let frame = Frame::parse(&frame).expect("the deframer gave it");
            if let Ok(packet) = Packet::decode(frame, version) {
                peer.oracle.sent(&packet);
            }
            let limit = self.broker.config().max_packet_size;
            self.peer(name).deframer.set_limit(limit);
            self.handle(Input::Frame { conn, frame });
        }
    }

    /// One turn of the broker, the invariants, and the dealing out.
    fn handle(&mut self, input: Input<'_>) {
        let mut outbox = Outbox::default();
        self.broker.handle(self.now, input, &mut outbox);
        self.broker.check().unwrap_or_else(|broken| panic!("invariant: {broken}"));
        for output in &outbox.outputs {
            match output {
                Output::Send { conn, frame, .. } => self.deal(*conn, outbox.frame(*frame)),
                Output::Close { conn } => {
                    let name = self.name(*conn);
                    self.log.push(format!("       {name}< closed"));
                    let peer = self.peer(&name);
                    peer.oracle.closed();
                    peer.conn = None;
                    peer.inbox.push_back("closed".to_owned());
                }
                Output::Event(event) => {
                    self.log.push(format!("       {event:?}"));
                    self.events.push(format!("{event:?}"));
                }
            }
        }
        let talks_on = |peer: &Peer| peer.conn.is_some() && peer.oracle.owes_close();
        assert!(!self.peers.values().any(talks_on), "a connection stays open after its last word");
        self.drain();
    }

    fn deal(&mut self, conn: ConnId, bytes: &[u8]) {
        let name = self.name(conn);
        let peer = self.peer(&name);
        let version = peer.oracle.version();
        let packet = Frame::parse(bytes).and_then(|frame| Packet::decode(frame, version));
        let packet = packet.unwrap_or_else(|error| panic!("{name} cannot read {bytes:02X?}: {error}"));
        let words = render::words(&packet, version);
        peer.proving.hear(&packet);
        peer.oracle.came(&packet, bytes.len());
        peer.unsent += bytes.len() as u32;
        peer.inbox.push_back(words.clone());
        self.strings.extend(render::reason_string(&packet));
        self.log.push(format!("       {name}< {words}"));
    }

    /// Those who read take what was sent to them.
    fn drain(&mut self) {
        let ready = |(_, peer): &(&String, &Peer)| !peer.stalled && peer.unsent > 0;
        while let Some((name, _)) = self.peers.iter().find(ready) {
            let name = name.clone();
            let peer = self.peer(&name);
            let bytes = std::mem::take(&mut peer.unsent);
            if let Some(conn) = peer.conn {
                self.handle(Input::Drained { conn, bytes });
            }
        }
    }

    fn peer(&mut self, name: &str) -> &mut Peer {
        self.peers.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    fn name(&self, conn: ConnId) -> String {
        let found = self.peers.iter().find(|(_, peer)| peer.conn == Some(conn));
        found.map(|(name, _)| name.clone()).unwrap_or_else(|| panic!("{conn:?} is nobody's"))
    }
}

impl Peer {
    fn new() -> Peer {
        Peer {
            conn: None,
            deframer: Deframer::default(),
            inbox: VecDeque::new(),
            oracle: Oracle::new(),
            stalled: false,
            unsent: 0,
            proving: Proving::default(),
        }
    }
}
