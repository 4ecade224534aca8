//! A client as small as the standard allows, and its connections.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use broker::ConnId;
use lab::client::{Input, Output};
use mqtt::{
    Ack, Connect, Frame, Packet, PacketId, PacketType, Properties, PropertiesBuf, Property, Publish, QoS, ReasonCode, Subscribe,
    Subscription, SubscriptionOptions, Text,
};

use crate::house::Broken;
use crate::setup::{Flaw, Setup};
use crate::simulated::{Simulated, seen};

/// Packets on their way, as bytes: first in, first out.
pub type Frames = VecDeque<Vec<u8>>;

/// Where a client stands.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Stage {
    /// No connection.
    Away,
    /// CONNECT is sent.
    Asking,
    /// CONNACK has come.
    Running,
}

/// A connection.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub conn: ConnId,
    /// On their way to the broker.
    pub to_broker: Frames,
    /// On their way to the client.
    pub to_client: Frames,
    /// The broker has closed it.
    pub closed: bool,
    /// Packet Identifiers that the broker has sent a PUBLISH with on it.
    pub published: BTreeSet<u16>,
    /// The same, or a PUBREL.
    pub touched: BTreeSet<u16>,
    /// Messages that the client takes at a time.
    pub window: u16,
}

/// A client.
#[derive(Clone, Debug, Hash)]
pub struct Peer {
    /// Its mind, if it is not the smallest one, which is here.
    pub simulated: Option<Simulated>,
    /// Where it stands.
    pub stage: Stage,
    /// Its connection.
    pub link: Option<Link>,
    /// Connections that it has left, oldest first, with what is still on its way to the broker.
    pub orphans: Vec<(ConnId, Frames)>,
    /// How often its connection has been lost; counted only where that is bounded.
    pub cuts: u8,
    /// Messages it has still to publish.
    pub unpublished: u8,
    /// Its messages that are not complete, in order.
    pub sending: Vec<Sending>,
    /// Packet Identifiers of QoS 2 messages between PUBLISH and PUBREL.
    pub receiving: BTreeSet<u16>,
    /// Messages that the application has got: of QoS 2 all of them, of the others their first copies.
    pub received: Vec<u8>,
    /// What the broker has under way to it, by Packet Identifier.
    pub owed: BTreeMap<u16, u8>,
    /// The session is known to be there.
    pub settled: bool,
}

/// A message that is not complete.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Sending {
    /// Its Packet Identifier.
    pub id: PacketId,
    /// Its number.
    pub message: u8,
    /// QoS 2: PUBREC has come.
    pub released: bool,
}

impl Peer {
    /// A client that is away; the first has all messages to publish.
    pub fn new(setup: &Setup, client: usize, name: &str) -> Peer {
        Peer {
            simulated: setup.simulated.then(|| Simulated::new(setup, client, name)),
            stage: Stage::Away,
            link: None,
            orphans: Vec::new(),
            cuts: 0,
            unpublished: if client == 0 { setup.messages } else { 0 },
            sending: Vec::new(),
            receiving: BTreeSet::new(),
            received: Vec::new(),
            owed: BTreeMap::new(),
            settled: false,
        }
    }

    /// Opens a connection and sends CONNECT.
    pub fn connect(&mut self, setup: &Setup, name: &str, conn: ConnId) -> Result<(), Broken> {
        self.stage = Stage::Asking;
        let (published, touched, window) = (BTreeSet::new(), BTreeSet::new(), setup.taken(self.settled));
        self.link = Some(Link { conn, to_broker: Frames::new(), to_client: Frames::new(), closed: false, published, touched, window });
        if self.simulated.is_some() {
            self.put(setup, Input::Connect)?;
            return self.put(setup, Input::Opened);
        }
        let mut properties = PropertiesBuf::new();
        if setup.version.is_v5() {
            for property in [Property::SessionExpiryInterval(u32::MAX), Property::ReceiveMaximum(setup.told(self.settled))] {
                properties.push(property).expect("there is room for two");
            }
        }
        let connect = Connect {
            version: setup.version,
            client_id: Text::new(name).expect("a legal name"),
            clean_start: self.settled && setup.flaw == Flaw::BeginsAnew,
            keep_alive: 0,
            username: None,
            password: None,
            will: None,
            properties: properties.as_properties(),
        };
        self.write(setup, &Packet::Connect(connect));
        Ok(())
    }

    /// Subscribes to what is published.
    pub fn subscribe(&mut self, setup: &Setup) {
        if self.simulated.is_some() {
            // It has done so by itself.
            return;
        }
        let options = SubscriptionOptions::with_qos(setup.granted());
        let filters = vec![Subscription { filter: Text::new("t").expect("legal"), options }];
        let packet_id = PacketId::new(9).expect("not 0");
        self.write(setup, &Packet::Subscribe(Subscribe { packet_id, filters, properties: Properties::EMPTY }));
    }

    /// Packet Identifiers that the next message may get; none when it must wait.
    pub fn free_ids(&self, setup: &Setup) -> Vec<PacketId> {
        if self.simulated.is_some() {
            // It chooses by itself, and keeps what it cannot send.
            return PacketId::new(1).into_iter().take(usize::from(self.unpublished)).collect();
        }
        if self.stage != Stage::Running || self.unpublished == 0 || self.sending.len() >= usize::from(setup.window) {
            return Vec::new();
        }
        let free = |id: &PacketId| setup.flaw == Flaw::ReusesIds || self.sending.iter().all(|sending| sending.id != *id);
        (1..=setup.ids).filter_map(PacketId::new).filter(free).collect()
    }

    /// Publishes its next message.
    pub fn publish(&mut self, setup: &Setup, id: PacketId) -> Result<(), Broken> {
        let message = setup.messages - self.unpublished + 1;
        self.unpublished -= 1;
        if let Some(client) = &mut self.simulated {
            let wishes = client.publish(setup, message);
            return self.grant(setup, wishes);
        }
        self.send_publish(setup, id, message, false);
        self.sending.push(Sending { id, message, released: false });
        Ok(())
    }

    /// Its connection is gone.
    pub fn lose(&mut self, setup: &Setup) -> Option<Link> {
        self.stage = Stage::Away;
        match setup.flaw {
            Flaw::ForgetsReceived => self.receiving.clear(),
            Flaw::ForgetsReleased => self.sending.iter_mut().for_each(|sending| sending.released = false),
            Flaw::ResendsBackwards => self.sending.reverse(),
            _ => {}
        }
        let link = self.link.take();
        if let Some(client) = &mut self.simulated {
            client.put(Input::Closed);
        }
        link
    }

    /// A packet from the broker arrives.
    pub fn take(&mut self, setup: &Setup, frame: Frame<'_>) -> Result<(), Broken> {
        if self.simulated.is_some() {
            if frame.kind() == PacketType::Connack {
                (self.stage, self.settled) = (Stage::Running, true);
            }
            return self.put(setup, Input::Frame(frame));
        }
        let Ok(packet) = Packet::decode(frame, setup.version) else { return Err(Broken::Refused) };
        self.answer(setup, &packet)
    }

    /// Lets a simulated client do one thing.
    fn put(&mut self, setup: &Setup, input: Input<'_>) -> Result<(), Broken> {
        let wishes = self.simulated.as_mut().map(|client| client.put(input)).unwrap_or_default();
        self.grant(setup, wishes)
    }

    /// Does what a simulated client wants.
    fn grant(&mut self, setup: &Setup, wishes: Vec<Output>) -> Result<(), Broken> {
        for wish in wishes {
            match wish {
                Output::Send(bytes) => {
                    let packet = Frame::parse(&bytes).and_then(|frame| Packet::decode(frame, setup.version));
                    match packet {
                        Ok(Packet::Publish(publish)) if let Some(message) = seen(publish.topic.as_str()) => {
                            self.received(setup, message)?
                        }
                        _ => self.send(bytes),
                    }
                }
                // It goes when it is told that it was taken over. Else the broker did nothing wrong and should not be left, and no message
                // may be given up.
                Output::Close if self.link.as_ref().is_some_and(|link| link.closed) => {
                    self.lose(setup);
                }
                Output::Close => return Err(Broken::Refused),
                Output::GaveUp => return Err(Broken::SessionLost),
                _ => {}
            }
        }
        Ok(())
    }

    fn answer(&mut self, setup: &Setup, packet: &Packet<'_>) -> Result<(), Broken> {
        match packet {
            Packet::Connack(connack) => {
                let lost = self.settled && !connack.session_present && setup.version != mqtt::Version::V31;
                if lost || connack.reason.is_error() {
                    return Err(Broken::SessionLost);
                }
                (self.stage, self.settled) = (Stage::Running, true);
                self.resend(setup);
            }
            Packet::Publish(publish) => return self.on_publish(setup, publish),
            Packet::Puback(ack) | Packet::Pubrec(ack) if ack.reason.is_error() => return Err(Broken::Refused),
            Packet::Puback(ack) | Packet::Pubcomp(ack) => self.sending.retain(|sending| sending.id != ack.packet_id),
            Packet::Pubrec(ack) => {
                let known = self.sending.iter_mut().find(|sending| sending.id == ack.packet_id);
                let reason = match known {
                    Some(sending) => {
                        sending.released = true;
                        ReasonCode::Success
                    }
                    None if setup.version.is_v5() => ReasonCode::PacketIdentifierNotFound,
                    None => ReasonCode::Success,
                };
                self.ack(setup, PacketType::Pubrel, ack.packet_id, reason);
                if setup.flaw == Flaw::RepeatsItself {
                    // As if it came in once more.
                    let again = Ack::success(ack.packet_id);
                    self.own(setup, &again);
                }
            }
            Packet::Pubrel(ack) => {
                self.receiving.remove(&ack.packet_id.get());
                self.ack(setup, PacketType::Pubcomp, ack.packet_id, ReasonCode::Success);
            }
            Packet::Suback(_) | Packet::Disconnect(_) => {}
            _ => return Err(Broken::Refused),
        }
        Ok(())
    }

    fn on_publish(&mut self, setup: &Setup, publish: &Publish<'_>) -> Result<(), Broken> {
        let &[message] = publish.payload else { return Err(Broken::Refused) };
        let is_new = match (publish.qos, publish.packet_id) {
            (QoS::ExactlyOnce, Some(id)) => {
                self.ack(setup, PacketType::Pubrec, id, ReasonCode::Success);
                self.receiving.insert(id.get())
            }
            (QoS::AtLeastOnce, Some(id)) => {
                self.ack(setup, PacketType::Puback, id, ReasonCode::Success);
                true
            }
            _ => true,
        };
        if is_new { self.received(setup, message) } else { Ok(()) }
    }

    /// A message has reached the application.
    fn received(&mut self, setup: &Setup, message: u8) -> Result<(), Broken> {
        match self.received.contains(&message) {
            true if setup.qos == QoS::AtLeastOnce => return Ok(()),
            true => return Err(Broken::Twice),
            false => {}
        }
        let in_order = self.received.last().is_none_or(|&last| last < message);
        self.received.push(message);
        if in_order { Ok(()) } else { Err(Broken::Order) }
    }

    /// What is not complete, in its order, with its Packet Identifiers [MQTT-4.4.0-1].
    fn resend(&mut self, setup: &Setup) {
        if setup.flaw == Flaw::NeverResends {
            return;
        }
        for Sending { id, message, released } in self.sending.clone() {
            match released {
                true => self.ack(setup, PacketType::Pubrel, id, ReasonCode::Success),
                false => self.send_publish(setup, id, message, true),
            }
        }
    }

    fn send_publish(&mut self, setup: &Setup, id: PacketId, message: u8, dup: bool) {
        let publish = Publish {
            dup,
            qos: setup.qos,
            retain: false,
            topic: Text::new("t").expect("legal"),
            packet_id: Some(id),
            properties: Properties::EMPTY,
            payload: &[message],
        };
        self.write(setup, &Packet::Publish(publish));
    }

    fn ack(&mut self, setup: &Setup, kind: PacketType, packet_id: PacketId, reason: ReasonCode) {
        let mut bytes = Vec::new();
        Ack { packet_id, reason, properties: Properties::EMPTY }.encode(kind, setup.version, &mut bytes);
        self.send(bytes);
    }

    /// Puts a PUBREC before itself.
    fn own(&mut self, setup: &Setup, ack: &Ack<'_>) {
        let mut bytes = Vec::new();
        ack.encode(PacketType::Pubrec, setup.version, &mut bytes);
        if let Some(link) = &mut self.link {
            link.to_client.push_front(bytes);
        }
    }

    fn write(&mut self, setup: &Setup, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(setup.version, &mut bytes);
        self.send(bytes);
    }

    fn send(&mut self, bytes: Vec<u8>) {
        // What is written to a connection that the other end has closed goes nowhere.
        if let Some(link) = self.link.as_mut().filter(|link| !link.closed) {
            link.to_broker.push_back(bytes);
        }
    }
}
