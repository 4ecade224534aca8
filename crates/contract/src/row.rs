//! A row of the ladder: one packet on its way, or one thing that happened by itself.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

use crate::{DeviceId, Micros, RowNo, Step, Struck};

/// One row of the ladder. A row is made when its packet sets out and changes only in its fate and its notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its number.
    pub n: RowNo,
    /// The step in which it began.
    pub step: Step,
    /// The world's time then.
    pub at: Micros,
    /// Whose lane; 0: the broker's own.
    pub device: DeviceId,
    /// What it is.
    pub what: What,
    /// Facts that came about when it arrived (or happened), in causal order; drawn as chips beside it.
    pub notes: Vec<Note>,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A packet between a device and the broker.
    Packet(PacketRow),
    /// Something that no packet brought about: the row's notes say what.
    Event,
}

/// Kind of packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Kind {
    Connect,
    Connack,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Suback,
    Unsubscribe,
    Unsuback,
    Pingreq,
    Pingresp,
    Disconnect,
    Auth,
    /// Bytes that are no control packet.
    NotMqtt,
}

/// A packet as the ladder draws it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PacketRow {
    /// From the device to the broker; else from the broker to the device.
    pub to_broker: bool,
    /// Kind.
    pub kind: Kind,
    /// Packet Identifier.
    pub packet_id: Option<u16>,
    /// QoS of a PUBLISH.
    pub qos: Option<u8>,
    /// DUP flag of a PUBLISH.
    pub dup: bool,
    /// RETAIN flag of a PUBLISH.
    pub retain: bool,
    /// Topic Name of a PUBLISH, first Topic Filter of a SUBSCRIBE or UNSUBSCRIBE.
    pub topic: Option<String>,
    /// Further facts worth a word on the arrow, in order of importance.
    pub facts: Vec<Fact>,
    /// The beginning of a PUBLISH's payload as text (at most 64 characters), or `None` when it is no UTF-8.
    pub payload: Option<String>,
    /// Length of the payload of a PUBLISH in bytes.
    pub payload_len: u32,
    /// Length of the whole packet in bytes.
    pub len: u32,
    /// The QoS exchange it belongs to: all packets from a PUBLISH to its last acknowledgement on one link, resends included.
    pub flow: Option<u64>,
    /// The message it carries or acknowledges: a message keeps its number from its publisher to all its subscribers.
    pub message: Option<u64>,
    /// The row of the packet that this one repeats (DUP).
    pub copy_of: Option<RowNo>,
    /// What is or was done to it on its way.
    pub fault: Option<Struck>,
    /// What became of it.
    pub fate: Fate,
}

/// A word on an arrow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// Protocol version of a CONNECT as people write it: `3.1`, `3.1.1`, `5.0`.
    Version(String),
    /// Clean Start / Clean Session flag.
    CleanStart(bool),
    /// Session Present flag.
    SessionPresent(bool),
    /// Receive Maximum.
    ReceiveMaximum(u16),
    /// Keep Alive in seconds.
    KeepAlive(u16),
    /// The CONNECT carries a will for this topic.
    WillTopic(String),
    /// A reason code other than success, by value and name.
    Reason(u8, String),
    /// Granted QoS or failure per filter.
    Granted(Vec<u8>),
    /// How many filters beyond the first.
    MoreFilters(u32),
    /// Maximum QoS asked for the first filter.
    AskedQos(u8),
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It is on its way (a packet of a real device: it waits at the broker's door).
    UnderWay,
    /// It arrived.
    Arrived {
        /// When.
        at: Micros,
    },
    /// Its connection ended before it arrived.
    Lost {
        /// When.
        at: Micros,
    },
    /// It is held on its link until it is released.
    Held {
        /// Since when.
        since: Micros,
    },
    /// It vanished from its link, and the connection goes on.
    Dropped {
        /// When.
        at: Micros,
    },
}

/// A fact of what happened, for chips and event rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// A connection was opened.
    Opened {
        /// `tcp`, `ws` or `sim`.
        transport: String,
        /// Address of the other end, empty for a simulated device.
        peer: String,
    },
    /// A connection ended.
    Closed(CloseWhy),
    /// The bytes were no legal MQTT.
    BadBytes {
        /// A whole sentence from the codec: what was wrong, where, what would be right.
        what: String,
        /// Normative statement, when there is one.
        rule: Option<String>,
    },
    /// A new session began.
    SessionBegan,
    /// An old session goes on.
    SessionResumed {
        /// Messages that wait in its queue.
        queued: u32,
        /// Messages that are not acknowledged yet.
        in_flight: u32,
    },
    /// An older connection of the same client was ended by this one.
    TookOver,
    /// The session and all it held is gone.
    SessionEnded {
        /// By time, else by Clean Start or the end of its connection.
        expired: bool,
    },
    /// A QoS 2 message came in: its Packet Identifier is kept until PUBREL.
    IdKept(u16),
    /// The Packet Identifier of an incoming QoS 2 message is free again.
    IdFreed(u16),
    /// A QoS 2 PUBLISH came again; it is acknowledged but not passed on a second time.
    NotPassedOnTwice(u16),
    /// An outgoing QoS 1 or 2 message is complete; QoS 2 means delivered once.
    Delivered {
        /// 1 or 2.
        qos: u8,
        /// Its Packet Identifier.
        packet_id: u16,
    },
    /// A message was passed on to this many sessions (0: nobody had a matching subscription).
    PassedOn {
        /// How many.
        to: u32,
    },
    /// A message waits in the queue of a session that cannot take it now.
    Queued {
        /// The session's device.
        device: DeviceId,
        /// Length of that queue now.
        length: u32,
    },
    /// A message was not delivered to a session.
    Dropped {
        /// The session's device.
        device: DeviceId,
        /// Why.
        why: DropWhy,
    },
    /// A retained message was stored for its topic.
    RetainedSet,
    /// The retained message of its topic was removed.
    RetainedCleared,
    /// A message was sent again.
    SentAgain {
        /// Its Packet Identifier.
        packet_id: u16,
        /// Why.
        why: AgainWhy,
    },
    /// The device sent a QoS 1 or 2 message again on the connection on which it had sent it before.
    ResentByDevice {
        /// Its Packet Identifier.
        packet_id: u16,
        /// What the device's version says to it.
        rule: ResendRule,
    },
    /// A message was passed on but not retained, for as many are retained as the broker keeps.
    NotRetained {
        /// How many that are.
        limit: u32,
    },
    /// The client proved that it is this user.
    LoggedIn {
        /// User Name.
        user: String,
    },
    /// The operator changed who may connect, or who may do what.
    AccessSet,
    /// Rights refused a subscription.
    MayNotSubscribe {
        /// Topic Filter.
        filter: String,
    },
    /// The client's will was published.
    WillPublished {
        /// Its topic.
        topic: String,
    },
    /// The client's will was dropped because it said goodbye.
    WillDiscarded,
    /// The client was silent for longer than one and a half times its Keep Alive.
    KeepAliveOver {
        /// Keep Alive in seconds.
        seconds: u16,
    },
    /// A subscription was made or replaced.
    Subscribed {
        /// Topic Filter.
        filter: String,
        /// Granted QoS.
        qos: u8,
    },
    /// A subscription was removed.
    Unsubscribed {
        /// Topic Filter.
        filter: String,
    },
    /// Bytes were put on the link by hand.
    Injected {
        /// As if the device had sent them, else as if the broker had.
        to_broker: bool,
        /// How many.
        len: u32,
    },
    /// PINGREQ was answered while the world was paused, so that the device stays.
    PingAnswered,
    /// A strict broker would have refused this (explain mode).
    AgainstTheLetter {
        /// What it is.
        letter: Letter,
        /// Id of the rule, where there is one.
        rule: Option<String>,
    },
}

/// What the letter of the standards refuses and a friendly broker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// A Client Identifier of more than 23 characters in 3.1.
    LongClientId,
    /// A Topic Filter that is not well formed, refused alone instead of with the connection.
    BadFilter,
    /// A Topic Name that is not well formed, refused with another code.
    BadTopic,
    /// Control characters or non-characters in a text.
    OddText,
    /// A payload that is no UTF-8 although its Payload Format Indicator says so.
    PayloadFormat,
    /// `$share/…` before 5.0.
    SharedBeforeV5,
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CloseWhy {
    /// The client sent DISCONNECT.
    Goodbye,
    /// The transport ended without DISCONNECT; the text says how, when it is known.
    Gone(String),
    /// The broker closed it, with a reason code of v5 (also for v3 clients, which are not told) and its name.
    ByBroker(u8, String),
    /// The user closed it.
    ByUser,
    /// A fault cut it.
    Cut,
    /// The tunnel to the relay ended.
    TunnelLost,
}

/// Why the broker sent a message again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgainWhy {
    /// Its answer had not come when the connection ended, and this is a new one: all versions ask for it.
    NewConnection,
    /// Its answer has not come for a while: 3.1 asks for it, 3.1.1 allows it, 5.0 forbids it.
    NoAnswer,
}

/// What a version says to a client that sends a message again on a live connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResendRule {
    /// 5.0: it must not.
    Forbidden,
    /// 3.1.1: it is asked for on a new connection only.
    NotAskedFor,
    /// 3.1: after a time without an answer it should.
    Allowed,
}

/// Why a message was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DropWhy {
    /// The session's queue is full.
    QueueFull,
    /// The client is offline and the message has QoS 0.
    Offline,
    /// It is larger than the client's Maximum Packet Size.
    TooLarge,
    /// Its Message Expiry Interval has passed.
    Expired,
    /// The subscription says No Local.
    NoLocal,
    /// The session ended while it waited, or before it was acknowledged.
    SessionEnded,
    /// The subscriber refused it with a Reason Code of 0x80 or more.
    Refused,
    /// Its publisher may not publish to this topic; `device` is the publisher.
    NotAllowed,
    /// The subscriber may not read this topic.
    MayNotRead,
    /// Whoever had it retained may not publish to this topic any more.
    PublisherMayNot,
}

impl Kind {
    /// The name as the standard writes it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Connect => "CONNECT",
            Kind::Connack => "CONNACK",
            Kind::Publish => "PUBLISH",
            Kind::Puback => "PUBACK",
            Kind::Pubrec => "PUBREC",
            Kind::Pubrel => "PUBREL",
            Kind::Pubcomp => "PUBCOMP",
            Kind::Subscribe => "SUBSCRIBE",
            Kind::Suback => "SUBACK",
            Kind::Unsubscribe => "UNSUBSCRIBE",
            Kind::Unsuback => "UNSUBACK",
            Kind::Pingreq => "PINGREQ",
            Kind::Pingresp => "PINGRESP",
            Kind::Disconnect => "DISCONNECT",
            Kind::Auth => "AUTH",
            Kind::NotMqtt => "NOT MQTT",
        }
    }
}

/// One line without words of a language: number, time, lane, packet, notes. Golden traces hold these lines.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4} {:>10} d{}", self.n, self.at, self.device)?;
        if let What::Packet(p) = &self.what {
            write!(f, " {} {}", if p.to_broker { "->" } else { "<-" }, p.kind.name())?;
            if let Some(id) = p.packet_id {
                write!(f, " {id}")?;
            }
            if let Some(qos) = p.qos {
                write!(f, " q{qos}")?;
            }
            if p.dup {
                write!(f, " dup")?;
            }
            if p.retain {
                write!(f, " retain")?;
            }
            if let Some(topic) = &p.topic {
                write!(f, " {topic:?}")?;
            }
            if let Some(payload) = &p.payload {
                write!(f, " {payload:?}")?;
            }
            for fact in &p.facts {
                write!(f, " {fact:?}")?;
            }
            if let Some(copy_of) = p.copy_of {
                write!(f, " copy-of={copy_of}")?;
            }
            if let Some(struck) = p.fault {
                write!(f, " {:?} by={}", struck.fault, struck.rule)?;
            }
            match p.fate {
                Fate::Held { since } => write!(f, " held@{since}")?,
                Fate::Dropped { at } => write!(f, " dropped@{at}")?,
                Fate::UnderWay => write!(f, " …")?,
                Fate::Arrived { at } => write!(f, " @{at}")?,
                Fate::Lost { at } => write!(f, " lost@{at}")?,
            }
        }
        for note in &self.notes {
            write!(f, " [{note:?}]")?;
        }
        Ok(())
    }
}
