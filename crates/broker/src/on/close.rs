//! Ends: of a connection, of a session.

use alloc::string::ToString;

use mqtt::{Disconnect, Frame, Malformed, PacketType, Place, Properties, PropertiesBuf, ReasonCode, Sender, Version};

use crate::access::Action;
use crate::broker::Broker;
use crate::event::{DropWhy, EndWhy, Event};
use crate::ids::{ConnId, SessionNo};
use crate::io::{Outbox, Output};
use crate::on::words;
use crate::state::conn::Stage;
use crate::state::inflight::Phase;
use crate::state::message::Message;
use crate::state::session::Session;
use crate::state::timers::Timer;
use crate::time::Instant;

impl Broker {
    pub(crate) fn on_disconnect(&mut self, conn: ConnId, session: SessionNo, disconnect: &Disconnect<'_>, out: &mut Outbox) {
        let Some(state) = self.conns.get(conn) else { return };
        // Codes and properties that only a server sends make it no goodbye [MQTT-3.14.2-1].
        let of_client = disconnect.properties.iter().all(|property| property.id().allowed_from(Place::Disconnect, Sender::Client));
        if !of_client || !disconnect.reason.allowed_in(PacketType::Disconnect, Sender::Client) {
            return self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out);
        }
        if let Some(expiry) = disconnect.properties.session_expiry_interval() {
            // What began without a lease cannot get one at the end [3.14.2.2.2].
            if expiry > 0 && state.expiry_was_zero {
                return self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out);
            }
            if let Some(session) = self.sessions.get_mut(session) {
                session.expiry = expiry.min(self.config.max_session_expiry);
            }
        }
        self.doom(conn, EndWhy::Goodbye(disconnect.reason), out);
    }

    /// Bytes that are no legal MQTT. `frame`, where there is a whole one.
    pub(crate) fn on_bad_bytes(&mut self, conn: ConnId, frame: Option<Frame<'_>>, error: Malformed, out: &mut Outbox) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        let reason = error.reason();
        // What the header tells is found before the version is known; the rule's number depends on it.
        let error = if let Stage::Running { .. } | Stage::Authenticating { .. } = state.stage {
            error.in_version(state.caps.version)
        } else {
            error
        };
        out.tell(|| Event::BadBytes { conn, error: alloc::boxed::Box::new(error) });
        let words = error.to_string();
        // A CONNECT that cannot be read is answered only as far as its version is known or is itself the matter.
        if let Stage::Fresh { .. } = state.stage
            && let Some(frame) = frame.filter(|frame| frame.kind() == PacketType::Connect)
            && let Some(version) = answerable(frame, reason)
        {
            state.caps.version = version;
            return self.refuse_saying(conn, reason, &words, out);
        }
        if let Stage::Authenticating { .. } = state.stage {
            return self.refuse_saying(conn, reason, &words, out);
        }
        self.doom_saying(conn, EndWhy::Broker(reason), &words, out);
    }

    /// Puts a connection on the list of those that end with this turn, and tells a v5 client why.
    pub(crate) fn doom(&mut self, conn: ConnId, why: EndWhy, out: &mut Outbox) {
        let words = if let EndWhy::Broker(reason) = why { words::sentence(reason) } else { "" };
        self.doom_saying(conn, why, words, out);
    }

    /// The same, with words of its own for a v5 client.
    pub(crate) fn doom_saying(&mut self, conn: ConnId, why: EndWhy, words: &str, out: &mut Outbox) {
        let Some(state) = self.conns.get(conn) else { return };
        if let (Stage::Running { .. }, Version::V5, EndWhy::Broker(reason)) = (state.stage, state.caps.version, why) {
            // A reason that another packet would carry, such as a second CONNECT of an unknown version, is a Protocol Error here
            // [MQTT-3.14.2-1].
            let allowed = reason.allowed_in(PacketType::Disconnect, Sender::Server);
            let reason = if allowed { reason } else { ReasonCode::ProtocolError };
            let mut properties = PropertiesBuf::new();
            let size = |properties: Properties<'_>| Disconnect { reason, properties }.encoded_len(Version::V5);
            words::explain(&state.caps, true, words, &mut properties, size);
            let disconnect = Disconnect { reason, properties: properties.as_properties() };
            // A client that takes not even this is closed without a word [MQTT-3.1.2-24].
            if disconnect.encoded_len(Version::V5) <= state.caps.max_packet_size as usize {
                let frame = out.write(|bytes| disconnect.encode(Version::V5, bytes));
                out.outputs.push(Output::Send { conn, frame, message: 0 });
            }
        }
        let Some(state) = self.conns.get_mut(conn) else { return };
        let session = match state.stage {
            Stage::Doomed { .. } => return,
            Stage::Running { session } => Some(session),
            Stage::Fresh { deadline } | Stage::Authenticating { deadline } => {
                self.timers.disarm(deadline, Timer::ConnectDeadline(conn));
                None
            }
        };
        state.stage = Stage::Doomed { session };
        self.doomed.push_back((conn, why));
    }

    /// A client that does not read what it is sent, its acknowledgements included, is ended before it fills the memory.
    pub(crate) fn check_unsent(&mut self, conn: ConnId, out: &mut Outbox) {
        if self.conns.get(conn).is_some_and(|state| state.unsent > self.config.unsent_limit) {
            self.doom(conn, EndWhy::Broker(ReasonCode::QuotaExceeded), out);
        }
    }

    /// Ends a connection: it is forgotten, its session goes on without it or ends too.
    pub(crate) fn end(&mut self, now: Instant, conn: ConnId, why: EndWhy, out: &mut Outbox) {
        let Some(state) = self.conns.remove(conn) else { return };
        if let Some(at) = state.keep_alive_at {
            self.timers.disarm(at, Timer::KeepAlive(conn));
        }
        if let Some(at) = state.retry_at {
            self.timers.disarm(at, Timer::Retry(conn));
        }
        let session = match state.stage {
            Stage::Fresh { deadline } | Stage::Authenticating { deadline } => {
                self.timers.disarm(deadline, Timer::ConnectDeadline(conn));
                None
            }
            Stage::Running { session } => Some(session),
            Stage::Doomed { session } => session,
        };
        if !matches!(why, EndWhy::Gone(_)) {
            out.outputs.push(Output::Close { conn });
        }
        out.tell_always(Event::Ended { conn, why });
        if let Some(session) = session {
            self.detach(now, conn, session, why, out);
        }
    }

    fn detach(&mut self, now: Instant, conn: ConnId, no: SessionNo, why: EndWhy, out: &mut Outbox) {
        let Some(session) = self.sessions.get_mut(no) else { return };
        session.conn = None;
        session.shares.iter().for_each(|&share| self.shares.set_away(share, no, true));
        self.stats.clients = self.stats.clients.saturating_sub(1);
        session.outgoing.disconnected();
        if let EndWhy::Goodbye(ReasonCode::Success) = why
            && session.will.take().is_some()
        {
            out.tell(|| Event::WillDiscarded { conn });
        }
        self.announce_disconnected(now, no, why, out);
        let Some(session) = self.sessions.get_mut(no) else { return };
        let (expiry, delay) = (session.expiry, session.will.as_ref().map(|will| will.delay));
        if expiry == 0 {
            return self.end_session(now, no, false, out);
        }
        if expiry != u32::MAX {
            let at = now.after_secs(expiry);
            session.expires_at = Some(at);
            self.timers.arm(at, Timer::SessionExpiry(no));
        }
        match delay {
            None => {}
            Some(0) => self.publish_will(now, no, out),
            Some(delay) => {
                let at = now.after_secs(delay);
                session.will_at = Some(at);
                self.timers.arm(at, Timer::WillDelay(no));
            }
        }
        self.rest_shares(now, no, out);
    }

    /// Forgets a session with all it held. A will that still waits goes out first [MQTT-3.1.3-9].
    pub(crate) fn end_session(&mut self, now: Instant, no: SessionNo, expired: bool, out: &mut Outbox) {
        self.publish_will(now, no, out);
        let Some(mut session) = self.sessions.remove(no) else { return };
        let orphans = self.leave_shares(no, &mut session);
        let Session { client, outgoing, mut queue, subscriptions, expires_at, will_at, .. } = session;
        for (at, timer) in [(expires_at, Timer::SessionExpiry(no)), (will_at, Timer::WillDelay(no))] {
            if let Some(at) = at {
                self.timers.disarm(at, timer);
            }
        }
        subscriptions.into_iter().for_each(|sub| self.router.remove(sub));
        for slot in outgoing.iter() {
            // What another member of a group gets is not lost, and neither is what was received.
            let moves = slot.phase == Phase::Puback && slot.manner.share.is_some_and(|share| self.shares.has_members(share));
            if let Some(message) = slot.message.as_ref().filter(|_| !moves).map(|kept| kept.no) {
                out.tell_dropped(|| Event::Dropped { client: client.clone(), message, why: DropWhy::SessionEnded });
            }
        }
        while let Some(waiting) = queue.pop() {
            let (client, message) = (client.clone(), waiting.message.no);
            out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::SessionEnded });
        }
        self.stats.expired = self.stats.expired.saturating_add(u64::from(expired));
        out.tell(|| Event::SessionEnded { client, expired });
        for (share, message) in orphans {
            self.pass_to_group(now, Some(share), &message, out);
        }
    }

    pub(crate) fn publish_will(&mut self, now: Instant, no: SessionNo, out: &mut Outbox) {
        let Some(session) = self.sessions.get_mut(no) else { return };
        let Some(will) = session.will.take() else { return };
        if let Some(at) = session.will_at.take() {
            self.timers.disarm(at, Timer::WillDelay(no));
        }
        let client = session.client.clone();
        let may = self.access.is_open() || self.access.allows(&session.who(), Action::Write, will.message.topic());
        let message_no = self.next_message();
        let expires_at = will.expiry.map(|secs| now.after_secs(secs));
        let message = Message { no: message_no, from: Some(no), expires_at, ..will.message.message() };
        out.tell(|| Event::Published { conn: None, message: message_no });
        if !may {
            return out.tell_dropped(|| Event::Dropped { client, message: message_no, why: DropWhy::NotAllowed });
        }
        out.tell(|| Event::WillPublished { client, message: message_no, topic: alloc::sync::Arc::from(message.topic.as_str()) });
        self.publish_message(now, &message, out);
    }
}

/// In which version a CONNECT that cannot be read is answered: v5 takes every reason; a v3 client of another level knows code 1.
fn answerable(frame: Frame<'_>, reason: ReasonCode) -> Option<Version> {
    // Protocol Name is two bytes of length and a text, the level follows.
    let body = frame.body();
    let length = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    let name = body.get(2..length.checked_add(2)?)?;
    let level = *body.get(length.checked_add(2)?)?;
    match (name, level, reason) {
        (b"MQTT", 5, _) => Some(Version::V5),
        // The private mark of a mosquitto bridge, which tries again without it when it gets code 1.
        (_, 0x83 | 0x84, _) => Some(Version::V311),
        (b"MQTT", 6.., ReasonCode::UnsupportedProtocolVersion) => Some(Version::V5),
        (b"MQTT" | b"MQIsdp", _, ReasonCode::UnsupportedProtocolVersion) => Some(Version::V311),
        _ => None,
    }
}
