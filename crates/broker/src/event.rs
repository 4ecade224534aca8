//! Typed facts of what happened, for whoever looks on. Nothing in the broker reads them.

use alloc::boxed::Box;
use alloc::sync::Arc;

use mqtt::{Malformed, PacketId, QoS, ReasonCode, Version};

use crate::ids::{ConnId, MessageNo};
use crate::mode::Letter;

/// A fact. `client` is a Client Identifier.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The names of the fields are those of the standard; what each variant means is said.
pub enum Event {
    /// The bytes of a connection were no legal MQTT. Its end follows.
    BadBytes { conn: ConnId, error: Box<Malformed> },
    /// A connection ended.
    Ended { conn: ConnId, why: EndWhy },
    /// A new session began.
    SessionBegan { conn: ConnId },
    /// A session goes on after a pause.
    SessionResumed { conn: ConnId, queued: u32, in_flight: u32 },
    /// The client had another connection, which was ended for the new one.
    TookOver { conn: ConnId, old: ConnId },
    /// A session is gone with all it held; by time, else by Clean Start or the end of its connection.
    SessionEnded { client: Arc<str>, expired: bool },
    /// A message came into the broker: from a client, or (`conn` none) a will of a client that is gone.
    Published { conn: Option<ConnId>, message: MessageNo },
    /// The Packet Identifier of an incoming QoS 2 message is kept until PUBREL.
    IdKept { conn: ConnId, id: PacketId },
    /// It is free again.
    IdFreed { conn: ConnId, id: PacketId },
    /// A QoS 2 PUBLISH with a kept Packet Identifier came again and was not passed on.
    NotPassedOnTwice { conn: ConnId, id: PacketId },
    /// A message was given to this many sessions.
    PassedOn { message: MessageNo, to: u32 },
    /// A message waits in a session's queue.
    Queued { client: Arc<str>, message: MessageNo, length: u32 },
    /// A message was not delivered to a session.
    Dropped { client: Arc<str>, message: MessageNo, why: DropWhy },
    /// An outgoing QoS 1 or 2 message is complete.
    Delivered { conn: ConnId, qos: QoS, id: PacketId },
    /// A PUBLISH or PUBREL was sent again.
    SentAgain { conn: ConnId, id: PacketId, why: AgainWhy },
    /// A retained message was stored.
    RetainedSet { message: MessageNo },
    /// The retained message of a topic was removed.
    RetainedCleared,
    /// A will was published.
    WillPublished { client: Arc<str>, message: MessageNo, topic: Arc<str> },
    /// A will was removed because the client said goodbye.
    WillDiscarded { conn: ConnId },
    /// The client was silent for too long. The end of its connection follows.
    KeepAliveOver { conn: ConnId, seconds: u16 },
    /// A subscription was made or replaced.
    Subscribed { conn: ConnId, filter: Arc<str>, qos: QoS },
    /// A subscription was removed.
    Unsubscribed { conn: ConnId, filter: Arc<str> },
    /// The client proved that it is this user.
    LoggedIn { conn: ConnId, user: Arc<str> },
    /// Files of users and rights took the place of others. The ends of connections that they do not let in follow.
    AccessSet,
    /// A subscription was refused by rights. A client of 3.1 is not told, and gets nothing by it.
    MayNotSubscribe { conn: ConnId, filter: Arc<str> },
    /// The client sent a QoS 1 or 2 message again on a connection on which it was sent before.
    ResentByClient { conn: ConnId, id: PacketId, rule: ResendRule },
    /// A message was passed on but not retained: there are as many as [`crate::Config::max_retained`] allows.
    NotRetained { message: MessageNo, limit: u32 },
    /// Strict mode would have refused this; told when [`crate::Config::explain`] wants it.
    AgainstTheLetter { conn: ConnId, letter: Letter, rule: Option<&'static str> },
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndWhy {
    /// The client sent DISCONNECT with this code.
    Goodbye(ReasonCode),
    /// The transport ended.
    Gone(GoneWhy),
    /// The broker ended it. A v5 client is told the code.
    Broker(ReasonCode),
}

/// What the versions say to a client that sends a message again on a live connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResendRule {
    /// 5.0: it must not [MQTT-4.4.0-1].
    Forbidden,
    /// 3.1.1: only a new connection is a reason that is asked for [3.1.1: MQTT-4.4.0-1].
    NotAskedFor,
    /// 3.1: after a time without an answer it should.
    Allowed,
}

impl ResendRule {
    pub(crate) const fn of(version: Version) -> ResendRule {
        match version {
            Version::V5 => ResendRule::Forbidden,
            Version::V311 => ResendRule::NotAskedFor,
            Version::V31 => ResendRule::Allowed,
        }
    }
}

/// Why a packet was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgainWhy {
    /// Its answer had not come when the connection ended, and this is a new one: all versions ask for it [MQTT-4.4.0-1].
    NewConnection,
    /// Its answer has not come for [`crate::Config::v3_retry`] seconds: 3.1 asks for it, 3.1.1 allows it, 5.0 forbids it.
    NoAnswer,
}

/// How a transport ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneWhy {
    /// The other end closed it.
    Closed,
    /// Between the two ends something broke.
    Lost,
    /// The relay's tunnel ended, and all its connections with it.
    TunnelLost,
}

/// Why a message was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropWhy {
    /// The session's queue is full.
    QueueFull,
    /// The client is offline and the message has QoS 0.
    Offline,
    /// It is larger than the client's Maximum Packet Size [MQTT-3.1.2-25].
    TooLarge,
    /// Its Message Expiry Interval has passed [MQTT-3.3.2-5].
    Expired,
    /// The subscription says No Local [MQTT-3.8.3-3].
    NoLocal,
    /// The session, or the shared subscription, ended while the message waited, or before it was acknowledged.
    SessionEnded,
    /// The subscriber refused it with a Reason Code of 0x80 or more.
    Refused,
    /// The client that published it may not publish to this topic.
    NotAllowed,
    /// The client that would get it may not read this topic.
    MayNotRead,
    /// The client that had it retained may not publish to this topic any more.
    PublisherMayNot,
}
