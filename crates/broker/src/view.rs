//! What can be asked about the broker's memory. Copies of facts; looking changes nothing.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mqtt::{SubscriptionOptions, Version};

use crate::broker::Broker;
use crate::ids::{ConnId, SessionNo};
use crate::state::inflight::Phase;
use crate::time::Instant;

/// A session, as far as it can be told in numbers.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    /// Its number.
    pub no: SessionNo,
    /// User Name whose rights count.
    pub user: Option<Arc<str>>,
    /// Its connection.
    pub conn: Option<ConnId>,
    /// Seconds it outlives its connection; `u32::MAX`: for ever.
    pub expiry: u32,
    /// When it ends, while the client is away.
    pub expires_at: Option<Instant>,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Outgoing messages that are not complete.
    pub in_flight_out: usize,
    /// Incoming QoS 2 messages that wait for PUBREL.
    pub in_flight_in: usize,
    /// Messages in the queue.
    pub queued: usize,
    /// The client's Receive Maximum.
    pub receive_maximum: u16,
    /// Keep Alive in seconds; 0: off.
    pub keep_alive: u16,
    /// When the broker gives up on the client.
    pub keep_alive_until: Option<Instant>,
}

/// An outgoing message that is not complete.
#[derive(Clone, Debug)]
pub struct SlotFacts {
    /// Packet Identifier.
    pub id: u16,
    /// What it waits for.
    pub phase: Phase,
    /// Its topic, until PUBREC.
    pub topic: Option<String>,
    /// How often it was sent again.
    pub resent: u32,
}

/// A subscription.
#[derive(Clone, Debug)]
pub struct SubscriptionFacts {
    /// Topic Filter.
    pub filter: String,
    /// Options.
    pub options: SubscriptionOptions,
    /// Subscription Identifier; 0: none.
    pub identifier: u32,
}

impl Broker {
    /// The session of a client.
    pub fn session(&self, client: &str) -> Option<SessionFacts> {
        let no = self.sessions.find(client)?;
        let session = self.sessions.get(no)?;
        let conn = session.conn.and_then(|conn| self.conns.get(conn));
        Some(SessionFacts {
            no,
            user: session.user.clone(),
            conn: session.conn,
            expiry: session.expiry,
            expires_at: session.expires_at,
            subscriptions: session.subscriptions.len().saturating_add(session.shares.len()),
            in_flight_out: session.outgoing.len(),
            in_flight_in: session.incoming.len(),
            queued: session.queue.len(),
            receive_maximum: conn.map_or(u16::MAX, |conn| conn.caps.receive_maximum),
            keep_alive: conn.map_or(0, |conn| conn.caps.keep_alive),
            keep_alive_until: conn.and_then(|conn| conn.keep_alive_due()),
        })
    }

    /// Outgoing messages of a session that are not complete, in the order of their sending, at most `most`.
    pub fn slots_out(&self, no: SessionNo, most: usize) -> Vec<SlotFacts> {
        let Some(session) = self.sessions.get(no) else { return Vec::new() };
        let slot = |slot: &crate::state::inflight::Slot| SlotFacts {
            id: slot.id.get(),
            phase: slot.phase,
            topic: slot.message.as_ref().map(|kept| String::from(kept.topic())),
            resent: slot.resent,
        };
        session.outgoing.iter().take(most).map(slot).collect()
    }

    /// Packet Identifiers of incoming QoS 2 messages that wait for PUBREL, ascending.
    pub fn slots_in(&self, no: SessionNo) -> Vec<u16> {
        self.sessions.get(no).map(|session| session.incoming.sorted()).unwrap_or_default()
    }

    /// Subscriptions of a session in the order of their making, shared ones last, at most `most`.
    pub fn subscriptions(&self, no: SessionNo, most: usize) -> Vec<SubscriptionFacts> {
        let Some(session) = self.sessions.get(no) else { return Vec::new() };
        let facts =
            |&sub: &u32| self.router.get(sub).map(|(filter, options, identifier)| SubscriptionFacts { filter, options, identifier });
        let shared = |&share: &crate::state::share::ShareNo| {
            let (filter, member) = self.shares.get(share, no)?;
            Some(SubscriptionFacts { filter: String::from(filter), options: member.options, identifier: member.identifier })
        };
        let plain = session.subscriptions.iter().filter_map(facts);
        plain.chain(session.shares.iter().filter_map(shared)).take(most).collect()
    }

    /// Topic and payload of the will of a session.
    pub fn will(&self, no: SessionNo) -> Option<(String, Vec<u8>)> {
        let kept = &self.sessions.get(no)?.will.as_ref()?.message;
        Some((String::from(kept.topic()), kept.message().payload.to_vec()))
    }

    /// Client Identifiers of all sessions, by session number.
    pub fn clients(&self) -> impl Iterator<Item = &str> {
        self.sessions.iter().map(|(_, session)| &*session.client)
    }

    /// The client and version of a connection that runs.
    pub fn client_of(&self, conn: ConnId) -> Option<(&str, Version)> {
        let state = self.conns.get(conn)?;
        let session = self.sessions.get(state.session()?)?;
        Some((&session.client, state.caps.version))
    }

    /// A retained message is kept for this topic.
    pub fn is_retained(&self, topic: &str) -> bool {
        self.retained.holds(topic)
    }

    /// Topic and payload of the retained messages, by topic, at most `most`.
    pub fn retained(&self, most: usize) -> Vec<(String, Vec<u8>)> {
        let one = |kept: &alloc::sync::Arc<crate::state::message::Kept>| (String::from(kept.topic()), kept.message().payload.to_vec());
        self.retained.iter().take(most).map(one).collect()
    }

    /// Numbers of connections, sessions, subscriptions and retained messages.
    pub fn sizes(&self) -> (usize, usize, usize, usize) {
        (self.conns.len(), self.sessions.len(), self.router.len(), self.retained.len())
    }
}
