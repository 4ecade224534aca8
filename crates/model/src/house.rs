//! The states, and the ways from one to the next.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use broker::{Broker, ConnId, GoneWhy, Input, Instant, Outbox, Output};
use mqtt::{Frame, Packet, PacketId, PacketType, Publish, QoS};
use stateright::{Model, Property};

use crate::measure::measure;
use crate::peer::{Frames, Link, Peer, Stage};
use crate::setup::{Flaw, Setup};
use crate::simulated::Simulated;

/// The bit of DUP in the first byte of a PUBLISH.
const DUP: u8 = 0x08;

/// A state: the broker and its clients.
#[derive(Clone)]
pub struct House {
    /// The real one.
    pub broker: Broker,
    /// The publisher first, the receiver last.
    pub peers: Vec<Peer>,
    /// The promise that the last step has broken.
    pub broken: Option<Broken>,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A client publishes its next message under this Packet Identifier.
    Publish(usize, PacketId),
    /// A client opens a connection.
    Connect(usize),
    /// The next packet of a client arrives at the broker.
    ToBroker(usize),
    /// The next packet of the broker, or the end of the connection, arrives at a client.
    ToClient(usize),
    /// The connection breaks, and both sides know. What was under way is lost.
    Cut(usize),
    /// The client leaves its connection; the broker still believes in it.
    Leave(usize),
    /// The next packet on an old connection arrives at the broker.
    Straggle(usize, usize),
    /// The broker learns that an old connection is gone. What was under way is lost.
    Bury(usize, usize),
}

/// What was promised and is not kept.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Broken {
    /// A QoS 2 message reached the application twice.
    Twice,
    /// Messages arrived in another order than they were published in.
    Order,
    /// A Packet Identifier in flight was used for another message, or what came again was not marked so.
    Reused,
    /// Something was sent again on a live connection.
    Again,
    /// More was under way than the Receive Maximum allows.
    TooMany,
    /// The broker has forgotten a session.
    SessionLost,
    /// A client that did nothing wrong was turned down.
    Refused,
    /// [`Broker::check`] has found something.
    Invariant,
    /// A step that is no cut has not brought the end nearer.
    NoEnd,
}

impl House {
    /// Client Identifier.
    pub fn name(client: usize) -> String {
        format!("c{client}")
    }

    fn new(setup: &Setup) -> House {
        let peers = (0..setup.clients()).map(|client| Peer::new(setup, client, &House::name(client))).collect();
        let mut house = House { broker: Broker::new(setup.config(), 1), peers, broken: None };
        for client in 0..setup.clients() {
            house.connect(setup, client);
            house.settle(setup, client);
        }
        house.peers[setup.receiver()].subscribe(setup);
        house.settle(setup, setup.receiver());
        house
    }

    /// Lets a client's packets arrive, both ways, until there are none.
    fn settle(&mut self, setup: &Setup, client: usize) {
        while let Some(link) = &self.peers[client].link
            && self.broken.is_none()
        {
            match (link.to_broker.is_empty(), link.to_client.is_empty()) {
                (false, _) => self.arrive_at_broker(setup, client),
                (true, false) => self.arrive_at_client(setup, client),
                (true, true) => return,
            }
        }
    }

    /// Nothing is left to happen but cuts.
    pub fn is_quiet(&self, setup: &Setup) -> bool {
        let mut actions = Vec::new();
        self.steps(setup, &mut actions);
        actions.is_empty()
    }

    /// All is delivered, and nobody remembers anything of it.
    pub fn is_complete(&self, setup: &Setup) -> bool {
        let all: Vec<u8> = (1..=setup.messages).collect();
        let idle = |peer: &Peer| peer.sending.is_empty() && peer.receiving.is_empty() && peer.owed.is_empty() && peer.unpublished == 0;
        let done = |peer: &Peer| idle(peer) && peer.simulated.as_ref().is_none_or(Simulated::is_done);
        let forgotten = |client: usize| {
            let session = self.broker.session(&House::name(client));
            session.is_some_and(|s| s.in_flight_out == 0 && s.in_flight_in == 0 && s.queued == 0)
        };
        self.peers[setup.receiver()].received == all && self.peers.iter().all(done) && (0..setup.clients()).all(forgotten)
    }

    /// Steps that are no cuts.
    fn steps(&self, setup: &Setup, actions: &mut Vec<Action>) {
        for (client, peer) in self.peers.iter().enumerate() {
            // A client that is never cut has no choices: its packets arrive at once, and one identifier does.
            let steady = setup.is_steady(client);
            let ids = peer.free_ids(setup).into_iter().take(if steady { 1 } else { usize::MAX });
            actions.extend(ids.map(|id| Action::Publish(client, id)));
            match &peer.link {
                None => actions.push(Action::Connect(client)),
                Some(link) => {
                    if !link.to_broker.is_empty() {
                        actions.push(Action::ToBroker(client));
                    }
                    if !link.to_client.is_empty() || link.closed {
                        actions.push(Action::ToClient(client));
                    }
                }
            }
            for (at, (_, frames)) in peer.orphans.iter().enumerate() {
                if !frames.is_empty() {
                    actions.push(Action::Straggle(client, at));
                }
                actions.push(Action::Bury(client, at));
            }
        }
    }

    fn cuts(&self, setup: &Setup, actions: &mut Vec<Action>) {
        for (client, peer) in self.peers.iter().enumerate() {
            let may = !setup.is_steady(client) && peer.link.is_some() && setup.cuts.is_none_or(|most| peer.cuts < most);
            if may {
                actions.push(Action::Cut(client));
                if peer.orphans.len() < setup.orphans {
                    actions.push(Action::Leave(client));
                }
            }
        }
    }

    fn act(&mut self, setup: &Setup, action: Action) {
        match action {
            Action::Publish(client, id) => self.broken = self.peers[client].publish(setup, id).err(),
            Action::Connect(client) => self.connect(setup, client),
            Action::ToBroker(client) => self.arrive_at_broker(setup, client),
            Action::ToClient(client) => self.arrive_at_client(setup, client),
            Action::Cut(client) => {
                self.count_cut(setup, client);
                if let Some(link) = self.peers[client].lose(setup) {
                    self.gone(setup, link.conn);
                }
            }
            Action::Leave(client) => {
                self.count_cut(setup, client);
                if let Some(Link { conn, to_broker, closed: false, .. }) = self.peers[client].lose(setup) {
                    self.peers[client].orphans.push((conn, to_broker));
                }
            }
            Action::Straggle(client, at) => {
                let (conn, frame) = match self.peers[client].orphans.get_mut(at) {
                    Some((conn, frames)) => (*conn, frames.pop_front()),
                    None => return,
                };
                self.hand(setup, client, conn, &frame.unwrap_or_default());
            }
            Action::Bury(client, at) => {
                let (conn, _) = self.peers[client].orphans.remove(at);
                self.gone(setup, conn);
            }
        }
        (0..setup.clients()).filter(|&client| setup.is_steady(client)).for_each(|client| self.settle(setup, client));
    }

    fn count_cut(&mut self, setup: &Setup, client: usize) {
        self.peers[client].cuts += u8::from(setup.cuts.is_some());
    }

    fn connect(&mut self, setup: &Setup, client: usize) {
        let peer = &mut self.peers[client];
        // The smallest number that nobody uses: so a house that has been through many cuts is the same as one that has not.
        let taken = |conn: u32| peer.orphans.iter().any(|(other, _)| other.0 == conn);
        let first = client as u32 * 16;
        let conn = ConnId((first..).find(|&conn| !taken(conn)).unwrap_or(first));
        self.broken = peer.connect(setup, &House::name(client), conn).err();
        self.turn(setup, Input::Open { conn });
    }

    fn arrive_at_broker(&mut self, setup: &Setup, client: usize) {
        let Some(link) = &mut self.peers[client].link else { return };
        let (conn, Some(frame)) = (link.conn, link.to_broker.pop_front()) else { return };
        self.hand(setup, client, conn, &frame);
    }

    fn arrive_at_client(&mut self, setup: &Setup, client: usize) {
        let peer = &mut self.peers[client];
        let Some(link) = &mut peer.link else { return };
        let Some(frame) = link.to_client.pop_front() else {
            // Nothing is left of a connection that the broker has closed.
            peer.lose(setup);
            return;
        };
        self.broken = match Frame::parse(&frame) {
            Ok(frame) => peer.take(setup, frame).err(),
            Err(_) => Some(Broken::Refused),
        };
    }

    /// A packet of a client arrives at the broker.
    fn hand(&mut self, setup: &Setup, client: usize, conn: ConnId, bytes: &[u8]) {
        let Ok(frame) = Frame::parse(bytes) else { return };
        if let Ok(Packet::Puback(ack) | Packet::Pubcomp(ack)) = Packet::decode(frame, setup.version) {
            self.peers[client].owed.remove(&ack.packet_id.get());
        }
        self.turn(setup, Input::Frame { conn, frame });
    }

    fn gone(&mut self, setup: &Setup, conn: ConnId) {
        self.turn(setup, Input::Gone { conn, why: GoneWhy::Lost });
    }

    /// Lets the broker do one thing, and deals out what comes of it.
    fn turn(&mut self, setup: &Setup, input: Input<'_>) {
        let mut outbox = Outbox::default();
        outbox.quiet = true;
        self.broker.handle(Instant::ZERO, input, &mut outbox);
        for output in &outbox.outputs {
            match *output {
                Output::Send { conn, frame, .. } => {
                    let mut bytes = outbox.frame(frame).to_vec();
                    let is_publish = bytes.first().is_some_and(|first| first >> 4 == PacketType::Publish as u8);
                    match setup.flaw {
                        Flaw::WireDoubles if is_publish => self.send(setup, conn, &bytes),
                        Flaw::WireHidesDup if is_publish => bytes[0] &= !DUP,
                        _ => {}
                    }
                    self.send(setup, conn, &bytes);
                    // Links hold any number of packets, so all that is written has left.
                    let drained = Input::Drained { conn, bytes: frame.len() as u32 };
                    self.broker.handle(Instant::ZERO, drained, &mut Outbox::default());
                }
                Output::Close { conn } => self.close(conn),
                Output::Event(_) => {}
            }
        }
        if self.broker.check().is_err() {
            self.broken = Some(Broken::Invariant);
        }
    }

    fn send(&mut self, setup: &Setup, conn: ConnId, bytes: &[u8]) {
        let Some(peer) = self.peers.get_mut(conn.0 as usize / 16) else { return };
        let mut link = peer.link.as_mut().filter(|link| link.conn == conn);
        match Frame::parse(bytes).and_then(|frame| Packet::decode(frame, setup.version)) {
            Ok(Packet::Publish(Publish { packet_id: Some(id), payload: &[message], dup, .. })) => {
                let id = id.get();
                let before = peer.owed.insert(id, message);
                if before.is_some() != dup || before.is_some_and(|before| before != message) {
                    self.broken = Some(Broken::Reused);
                }
                if let Some(link) = &mut link {
                    link.touched.insert(id);
                    if !link.published.insert(id) {
                        self.broken = Some(Broken::Again);
                    }
                    if link.published.iter().filter(|id| peer.owed.contains_key(id)).count() > usize::from(link.window) {
                        self.broken = Some(Broken::TooMany);
                    }
                }
            }
            Ok(Packet::Pubrel(ack)) => {
                if let Some(link) = &mut link {
                    link.touched.insert(ack.packet_id.get());
                }
            }
            _ => {}
        }
        if let Some(link) = link {
            link.to_client.push_back(bytes.to_vec());
        }
    }

    fn close(&mut self, conn: ConnId) {
        let Some(peer) = self.peers.get_mut(conn.0 as usize / 16) else { return };
        peer.orphans.retain(|(orphan, _)| *orphan != conn);
        if let Some(link) = peer.link.as_mut().filter(|link| link.conn == conn) {
            link.closed = true;
            link.to_broker = Frames::new();
        }
    }
}

impl Hash for House {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.peers.hash(state);
        self.broken.hash(state);
        self.broker.digest(state);
    }
}

/// Equal is what does alike from then on.
impl PartialEq for House {
    fn eq(&self, other: &House) -> bool {
        let digest = |house: &House| {
            let mut hasher = DefaultHasher::new();
            house.hash(&mut hasher);
            hasher.finish()
        };
        digest(self) == digest(other)
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(broken) = self.broken {
            write!(f, "{broken:?} {:?} ", self.broker.check())?;
        }
        self.peers.fmt(f)
    }
}

impl Model for Setup {
    type State = House;
    type Action = Action;

    fn init_states(&self) -> Vec<House> {
        vec![House::new(self)]
    }

    fn actions(&self, house: &House, actions: &mut Vec<Action>) {
        if house.broken.is_none() {
            house.steps(self, actions);
            house.cuts(self, actions);
        }
    }

    fn next_state(&self, house: &House, action: Action) -> Option<House> {
        let mut next = house.clone();
        next.act(self, action);
        let is_cut = matches!(action, Action::Cut(_) | Action::Leave(_));
        if next.broken.is_none() && !is_cut && measure(&next, self) >= measure(house, self) {
            next.broken = Some(Broken::NoEnd);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Setup>> {
        let exactly = if self.qos == QoS::ExactlyOnce { "exactly once" } else { "at least once" };
        vec![
            Property::always("not twice", |_, house: &House| house.broken != Some(Broken::Twice)),
            Property::always("in order", |_, house: &House| house.broken != Some(Broken::Order)),
            Property::always("no identifier anew while in flight", |_, house: &House| house.broken != Some(Broken::Reused)),
            Property::always("nothing again on a live connection", |_, house: &House| house.broken != Some(Broken::Again)),
            Property::always("no more than the Receive Maximum", |_, house: &House| house.broken != Some(Broken::TooMany)),
            Property::always("no session lost", |_, house: &House| house.broken != Some(Broken::SessionLost)),
            Property::always("nobody turned down", |_, house: &House| house.broken != Some(Broken::Refused)),
            Property::always("the broker's invariants", |_, house: &House| house.broken != Some(Broken::Invariant)),
            Property::always("every run ends", |_, house: &House| house.broken != Some(Broken::NoEnd)),
            Property::always(exactly, |setup: &Setup, house: &House| {
                house.broken.is_some() || !house.is_quiet(setup) || house.is_complete(setup)
            }),
            // A search that never saw this would prove nothing.
            Property::sometimes("it comes to an end", |setup: &Setup, house: &House| house.is_quiet(setup)),
            Property::sometimes("a connection is taken over", |_, house: &House| {
                house.peers.iter().any(|peer| !peer.orphans.is_empty() && peer.stage != Stage::Away)
            }),
            Property::sometimes("a resend is under way", sees_dup),
        ]
    }
}

/// Some PUBLISH with DUP is on its way.
fn sees_dup(_: &Setup, house: &House) -> bool {
    let dup = |bytes: &Vec<u8>| bytes.first().is_some_and(|first| first >> 4 == PacketType::Publish as u8 && first & DUP != 0);
    house.peers.iter().filter_map(|peer| peer.link.as_ref()).any(|link| link.to_broker.iter().chain(&link.to_client).any(dup))
}
