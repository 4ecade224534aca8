//! A message on its way from a publisher to its subscribers.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mqtt::{Properties, QoS, Text};

use crate::ids::{MessageNo, SessionNo};
use crate::state::share::ShareNo;
use crate::time::Instant;

/// A message as it is being published: borrowed from the publisher's frame, so that one which nobody must keep is never copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) no: MessageNo,
    pub(crate) topic: Text<'a>,
    pub(crate) payload: &'a [u8],
    /// The publisher's properties that are forwarded unaltered (no Topic Alias, no Message Expiry Interval, no Subscription Identifier).
    pub(crate) properties: Properties<'a>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// Publisher, for No Local.
    pub(crate) from: Option<SessionNo>,
    pub(crate) expires_at: Option<Instant>,
}

/// A message that is kept: in flight, queued or retained. Shared by all who keep it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) no: MessageNo,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) from: Option<SessionNo>,
    pub(crate) expires_at: Option<Instant>,
    properties: mqtt::PropertiesBuf,
    /// Topic and payload, one behind the other: one allocation instead of two for what each message of QoS 1 and 2 needs.
    bytes: Box<[u8]>,
    /// Length of the topic, in bytes.
    topic: usize,
}

impl Message<'_> {
    pub(crate) fn keep(&self) -> Arc<Kept> {
        let topic = self.topic.as_bytes();
        let mut bytes = Vec::with_capacity(topic.len().saturating_add(self.payload.len()));
        bytes.extend_from_slice(topic);
        bytes.extend_from_slice(self.payload);
        Arc::new(Kept {
            no: self.no,
            qos: self.qos,
            retain: self.retain,
            from: self.from,
            expires_at: self.expires_at,
            properties: mqtt::PropertiesBuf::from(self.properties),
            topic: topic.len(),
            bytes: bytes.into_boxed_slice(),
        })
    }
}

impl Kept {
    pub(crate) fn message(&self) -> Message<'_> {
        Message {
            no: self.no,
            topic: Text::new(self.topic()).unwrap_or_default(),
            payload: self.bytes.get(self.topic..).unwrap_or_default(),
            properties: self.properties.as_properties(),
            qos: self.qos,
            retain: self.retain,
            from: self.from,
            expires_at: self.expires_at,
        }
    }

    pub(crate) fn topic(&self) -> &str {
        core::str::from_utf8(self.bytes.get(..self.topic).unwrap_or_default()).unwrap_or_default()
    }

    /// Bytes it takes in a queue.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len().saturating_add(self.properties.as_properties().len()).saturating_add(64)
    }
}

/// How one subscriber gets a message: what its subscriptions made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    /// QoS of the delivery.
    pub(crate) qos: QoS,
    /// RETAIN flag of the delivery.
    pub(crate) retain: bool,
    /// Subscription Identifiers of the subscriptions that matched.
    pub(crate) identifiers: Identifiers,
    /// The shared subscription it came by: should the session end, another member gets it.
    pub(crate) share: Option<ShareNo>,
}

/// Subscription Identifiers of one delivery. One or none is the rule; more are boxed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Identifiers {
    #[default]
    None,
    One(u32),
    Many(Box<[u32]>),
}

impl Identifiers {
    pub(crate) fn add(&mut self, identifier: u32) {
        if identifier == 0 {
            return;
        }
        *self = match core::mem::take(self) {
            Identifiers::None => Identifiers::One(identifier),
            Identifiers::One(first) => Identifiers::Many(Box::new([first, identifier])),
            Identifiers::Many(list) => {
                let mut list = list.into_vec();
                list.push(identifier);
                Identifiers::Many(list.into_boxed_slice())
            }
        };
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        match self {
            Identifiers::None => &[],
            Identifiers::One(one) => core::slice::from_ref(one),
            Identifiers::Many(list) => list,
        }
    }
}
