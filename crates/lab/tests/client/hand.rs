//! A broker made of nothing: each packet is written by the test.

use broker::Instant;
use contract::{DeviceSpec, Habit, Protocol};
use lab::client::{Client, Input, Output, Publication};
use mqtt::{
    Ack, Connack, Deframer, Frame, Packet, PacketId, PacketType, Properties, PropertiesBuf, Property, Publish, QoS, ReasonCode, Text,
    Version,
};

pub(crate) const SECOND: u64 = 1_000_000;

/// A client and the wire to it.
pub(crate) struct Hand {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    deframer: Deframer,
    /// What the client has sent, a line a packet; `CLOSE` when it closed, `GAVE UP` when it gave a message up.
    said: Vec<String>,
    /// The same, as bytes with their time.
    pub(crate) sent: Vec<(Instant, Vec<u8>)>,
    /// It wants a transport when it asks for one.
    pub(crate) reachable: bool,
}

impl Hand {
    /// A client that has sent CONNECT.
    pub(crate) fn asking(spec: DeviceSpec) -> Hand {
        let client = Client::new(spec, 100_000);
        let (said, sent) = (Vec::new(), Vec::new());
        let mut hand = Hand { client, now: Instant::ZERO, deframer: Deframer::default(), said, sent, reachable: true };
        hand.put(Input::Connect);
        hand
    }

    /// A client that is connected, with nothing said since.
    pub(crate) fn running(spec: DeviceSpec) -> Hand {
        let mut hand = Hand::asking(spec);
        hand.accept(false, &[]);
        hand.said();
        hand
    }

    pub(crate) fn version(&self) -> Version {
        self.client.version()
    }

    /// One input, and all that follows of itself.
    pub(crate) fn put(&mut self, input: Input<'_>) {
        let mut out = Vec::new();
        self.client.handle(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Open if self.reachable => {
                    self.deframer = Deframer::default();
                    self.put(Input::Opened);
                }
                // It is not observed: what its application says and gets shows in the packets.
                Output::Open | Output::Said(_) | Output::Got(_) => {}
                Output::Send(bytes) => {
                    self.said.push(line(&bytes, self.version()));
                    self.sent.push((self.now, bytes));
                }
                Output::Close => {
                    self.said.push("CLOSE".into());
                    self.put(Input::Closed);
                }
                Output::GaveUp => self.said.push("GAVE UP".into()),
            }
        }
    }

    /// Bytes from the broker, in any pieces.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.deframer.push(bytes);
        let mut frames = Vec::new();
        let mut garbage = false;
        loop {
            match self.deframer.next() {
                Ok(Some(frame)) => frames.push(frame.bytes().to_vec()),
                Ok(None) => break,
                Err(_) => {
                    garbage = true;
                    break;
                }
            }
        }
        frames.iter().for_each(|frame| self.put(Input::Frame(Frame::parse(frame).expect("it was a frame"))));
        if garbage {
            self.put(Input::Garbage);
        }
    }

    pub(crate) fn give(&mut self, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(self.version(), &mut bytes);
        self.bytes(&bytes);
    }

    /// CONNACK without an error.
    pub(crate) fn accept(&mut self, session_present: bool, with: &[Property<'_>]) {
        let mut properties = PropertiesBuf::new();
        with.iter().for_each(|&property| properties.push(property).expect("there is room"));
        let connack = Connack { session_present, reason: ReasonCode::Success, properties: properties.as_properties() };
        self.give(&Packet::Connack(connack));
    }

    /// PUBACK, PUBREC, PUBREL or PUBCOMP.
    pub(crate) fn ack(&mut self, kind: PacketType, id: u16) {
        self.ack_saying(kind, id, ReasonCode::Success);
    }

    pub(crate) fn ack_saying(&mut self, kind: PacketType, id: u16, reason: ReasonCode) {
        let mut bytes = Vec::new();
        Ack { packet_id: packet_id(id), reason, properties: Properties::EMPTY }.encode(kind, self.version(), &mut bytes);
        self.bytes(&bytes);
    }

    /// PUBLISH from the broker. `id` counts from QoS 1 on, `alias` 0 is none.
    pub(crate) fn message(&mut self, topic: &str, qos: QoS, id: u16, alias: u16) {
        let mut properties = PropertiesBuf::new();
        if alias > 0 {
            properties.push(Property::TopicAlias(alias)).expect("there is room");
        }
        let packet_id = if qos == QoS::AtMostOnce { None } else { Some(packet_id(id)) };
        let topic = Text::new(topic).expect("a legal text");
        let properties = properties.as_properties();
        self.give(&Packet::Publish(Publish { dup: false, qos, retain: false, topic, packet_id, properties, payload: b"x" }));
    }

    /// The application publishes.
    pub(crate) fn publish(&mut self, topic: &str, qos: QoS) {
        self.put(Input::Publish(Publication { topic: topic.into(), payload: b"m".to_vec(), qos, retain: false, address: None }));
    }

    /// The connection is lost, and the client comes back when its patience is over, as far as CONNECT.
    pub(crate) fn lose(&mut self) {
        self.put(Input::Closed);
        self.said.clear();
        self.wait(60);
    }

    /// Lets time pass until the client has no more to do in it, or has sent CONNECT.
    pub(crate) fn wait(&mut self, seconds: u64) {
        let end = self.now.after(seconds * SECOND);
        while let Some(at) = self.client.next_timeout().filter(|&at| at <= end) {
            self.now = at.max(self.now);
            let before = self.sent.len();
            self.put(Input::Wake);
            if self.sent.get(before).is_some_and(|(_, bytes)| bytes[0] >> 4 == PacketType::Connect as u8) {
                return;
            }
            assert!(self.client.next_timeout().is_none_or(|next| next > at), "woken at {at:?}, it wants to be woken at once again");
        }
        self.now = end;
    }

    /// What was said since this was last asked.
    pub(crate) fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }
}

/// A device of a version that keeps its session.
pub(crate) fn device(protocol: Protocol) -> DeviceSpec {
    let session_expiry = if protocol == Protocol::V5 { 3_600 } else { 0 };
    DeviceSpec { client_id: "c".into(), protocol, session_expiry, ..DeviceSpec::default() }
}

/// It answers each message on `t/…` with one on `answer/…` of QoS 0: so one can see which messages have reached it.
pub(crate) fn answering(protocol: Protocol) -> DeviceSpec {
    let respond = |topic: &str| Habit::Respond {
        filter: topic.into(),
        qos: 2,
        topic: format!("answer/{topic}"),
        payload: String::new(),
        answer_qos: 0,
        retain: false,
    };
    DeviceSpec { habits: ["t/1", "t/2", "t/3", "t/4", "t/5"].map(respond).to_vec(), ..device(protocol) }
}

pub(crate) fn packet_id(id: u16) -> PacketId {
    PacketId::new(id).expect("not 0")
}

/// A packet of the client as a line.
fn line(bytes: &[u8], version: Version) -> String {
    let frame = Frame::parse(bytes).expect("the client sends whole packets");
    let name = frame.kind().name();
    match Packet::decode(frame, version).expect("the client sends legal packets") {
        Packet::Publish(publish) => {
            let id = publish.packet_id.map_or(String::new(), |id| format!(" {id}"));
            let dup = if publish.dup { " dup" } else { "" };
            let retain = if publish.retain { " retain" } else { "" };
            let alias = publish.properties.topic_alias().map_or(String::new(), |alias| format!(" alias {alias}"));
            format!("{name}{id} q{}{dup}{retain} {}{alias}", publish.qos as u8, publish.topic.as_str())
        }
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => match ack.reason {
            ReasonCode::Success => format!("{name} {}", ack.packet_id),
            reason => format!("{name} {} {:#04x}", ack.packet_id, reason as u8),
        },
        Packet::Connect(connect) => format!("{name}{}", if connect.clean_start { " clean" } else { "" }),
        Packet::Disconnect(disconnect) => format!("{name} {:#04x}", disconnect.reason as u8),
        _ => name.to_owned(),
    }
}
