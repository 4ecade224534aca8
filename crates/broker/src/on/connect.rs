//! CONNECT: who is it, which session, what do the two ends agree on.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;

use mqtt::{Connack, Connect, Frame, Properties, PropertiesBuf, Property, PropertyId, QoS, ReasonCode, Text, Version, topic};

use crate::access::LoginRefused;
use crate::broker::Broker;
use crate::event::{EndWhy, Event};
use crate::ids::{ConnId, SessionNo};
use crate::io::Outbox;
use crate::on::auth::{Login, push_auth};
use crate::on::publish::may_not_publish_to;
use crate::on::words;
use crate::state::alias::Aliases;
use crate::state::conn::{Caps, Conn, Stage};
use crate::state::message::Message;
use crate::state::session::{Session, Will};
use crate::state::timers::Timer;
use crate::time::Instant;

impl Broker {
    pub(crate) fn on_open(&mut self, now: Instant, conn: ConnId) {
        let deadline = now.after_secs(self.config.connect_deadline);
        self.conns.insert(conn, Conn::new(now, deadline));
        self.timers.arm(deadline, Timer::ConnectDeadline(conn));
        if self.conns.len() > self.config.max_connections {
            // Nothing is known of this client, not even its version: it is closed without a word.
            self.doomed.push_back((conn, EndWhy::Broker(ReasonCode::ServerBusy)));
        }
    }

    pub(crate) fn on_connect(&mut self, now: Instant, conn: ConnId, frame: Frame<'_>, connect: &Connect<'_>, out: &mut Outbox) {
        let caps = self.caps_of(connect);
        if let Some(state) = self.conns.get_mut(conn) {
            state.caps = caps;
        }
        if let Some(letter) = self.letter_against_connect(conn, connect, out) {
            return self.refuse_saying(conn, letter.reason(), letter.sentence(), out);
        }
        if connect.properties.has(PropertyId::AuthenticationMethod) {
            return self.begin_auth(conn, frame, connect, out);
        }
        match self.log_in(conn, connect, out) {
            Ok(login) => self.accept(now, conn, connect, login, out),
            Err(refused) => {
                let reason = match refused {
                    LoginRefused::Anonymous => ReasonCode::NotAuthorized,
                    LoginRefused::BadUserNameOrPassword => ReasonCode::BadUserNameOrPassword,
                };
                self.refuse_saying(conn, reason, &refused.to_string(), out);
            }
        }
    }

    /// A client that was let in: which session, on what terms.
    pub(crate) fn accept(&mut self, now: Instant, conn: ConnId, connect: &Connect<'_>, login: Login, out: &mut Outbox) {
        let Some(caps) = self.conns.get(conn).map(|state| state.caps) else { return };
        let will = match self.will_of(connect) {
            Ok(will) => will,
            Err(reason) => return self.refuse(conn, reason, out),
        };
        let assigned = match self.client_id(connect) {
            Ok(assigned) => assigned,
            Err(reason) => return self.refuse(conn, reason, out),
        };
        let client = assigned.as_deref().unwrap_or(connect.client_id.as_str());
        let old = self.sessions.find(client);
        if old.is_none() && self.sessions.len() >= self.config.max_sessions {
            return self.refuse(conn, ReasonCode::QuotaExceeded, out);
        }
        let mut properties = PropertiesBuf::new();
        self.terms(&caps, connect, assigned.as_deref(), &mut properties);
        if let Some(server_final) = &login.server_final {
            push_auth(server_final, &mut properties);
        }
        let connack = Connack { session_present: false, reason: ReasonCode::Success, properties: properties.as_properties() };
        if connack.encoded_len(connect.version) > caps.max_packet_size as usize {
            // A client that cannot be told the terms cannot keep them.
            return self.refuse(conn, ReasonCode::PacketTooLarge, out);
        }
        self.take_over(now, conn, old, out);
        // Ending the old connection may have ended its session too.
        let old = old.filter(|&old| self.sessions.get(old).is_some_and(|session| *session.client == *client));
        if connect.clean_start
            && let Some(old) = old
        {
            self.end_session(now, old, false, out);
        }
        let resumed = old.filter(|_| !connect.clean_start);
        let session = resumed.unwrap_or_else(|| self.sessions.insert(Session::new(Arc::from(client))));
        self.attach(conn, session, connect, (will, login));
        self.start(now, conn);
        self.start_retry(now, conn);
        self.rejoin_shares(session);
        // MQTT 3.1 has no Session Present: that byte is reserved.
        let connack = Connack { session_present: resumed.is_some() && connect.version != Version::V31, ..connack };
        self.send(conn, out, |caps, bytes| connack.encode(caps.version, bytes));
        self.tell_session(conn, resumed, out);
        self.announce_connected(now, session, connect, out);
        self.pump(now, session, out);
    }

    fn caps_of(&self, connect: &Connect<'_>) -> Caps {
        let properties = connect.properties;
        let longest = self.config.max_keep_alive;
        let keep_alive = match connect.keep_alive {
            asked if longest > 0 && (asked == 0 || asked > longest) => longest,
            asked => asked,
        };
        Caps {
            version: connect.version,
            // Before 5.0 it cannot be told, but an inactive client may be ended at any time [3.1.1: 3.1.2.10]: a cap that held for some
            // versions only would cap nobody.
            keep_alive,
            max_packet_size: properties.maximum_packet_size().unwrap_or(u32::MAX),
            receive_maximum: properties.receive_maximum().unwrap_or(u16::MAX),
            problem_information: properties.request_problem_information() != Some(0),
        }
    }

    /// An assigned Client Identifier, when the client sent none.
    fn client_id(&mut self, connect: &Connect<'_>) -> Result<Option<String>, ReasonCode> {
        if !connect.client_id.is_empty() {
            return Ok(None);
        }
        match connect.version {
            // Only a session that ends with its connection can be anonymous: nobody could come back to another [MQTT-3.1.3-8].
            Version::V311 if !connect.clean_start => return Err(ReasonCode::ClientIdentifierNotValid),
            Version::V31 => return Err(ReasonCode::ClientIdentifierNotValid),
            Version::V311 | Version::V5 => {}
        }
        loop {
            let [a, b, c, d, e, f, g, h, ..] = self.draw("client identifier");
            let id = format!("auto-{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]));
            if self.sessions.find(&id).is_none() {
                return Ok(Some(id));
            }
        }
    }

    fn will_of(&mut self, connect: &Connect<'_>) -> Result<Option<Will>, ReasonCode> {
        let Some(will) = &connect.will else { return Ok(None) };
        if topic::TopicName::parse(will.topic.as_str()).is_err() || !self.levels_ok(will.topic.as_str()) {
            return Err(ReasonCode::TopicNameInvalid);
        }
        if may_not_publish_to(will.topic.as_str()) {
            return Err(ReasonCode::NotAuthorized);
        }
        // [MQTT-3.2.2-12, MQTT-3.2.2-13]
        if will.qos > self.config.maximum_qos {
            return Err(ReasonCode::QosNotSupported);
        }
        if will.retain && !self.config.retain_available {
            return Err(ReasonCode::RetainNotSupported);
        }
        let forwarded = super::publish::forwarded(will.properties, &mut self.scratch.properties);
        let message = Message {
            no: 0,
            topic: will.topic,
            payload: will.payload.as_bytes(),
            properties: forwarded,
            qos: will.qos,
            retain: will.retain,
            from: None,
            expires_at: None,
        };
        Ok(Some(Will {
            message: message.keep(),
            delay: will.properties.will_delay_interval().unwrap_or(0),
            expiry: will.properties.message_expiry_interval(),
        }))
    }

    /// Ends the client's older connection, at once and whole, before the new one gets an answer [MQTT-3.1.4-3].
    fn take_over(&mut self, now: Instant, conn: ConnId, session: Option<SessionNo>, out: &mut Outbox) {
        let Some(old) = session.and_then(|no| self.sessions.get(no)?.conn) else { return };
        out.tell(|| Event::TookOver { conn, old });
        self.doom(old, EndWhy::Broker(ReasonCode::SessionTakenOver), out);
        self.doomed.retain(|(doomed, _)| *doomed != old);
        self.end(now, old, EndWhy::Broker(ReasonCode::SessionTakenOver), out);
    }

    /// Joins connection and session.
    fn attach(&mut self, conn: ConnId, no: SessionNo, connect: &Connect<'_>, (will, login): (Option<Will>, Login)) {
        let asked = if connect.version.is_v5() {
            connect.properties.session_expiry_interval().unwrap_or(0)
        } else if connect.clean_start {
            0
        } else {
            self.config.v3_session_expiry
        };
        if let Some(session) = self.sessions.get_mut(no) {
            for (at, timer) in [(session.expires_at.take(), Timer::SessionExpiry(no)), (session.will_at.take(), Timer::WillDelay(no))] {
                if let Some(at) = at {
                    self.timers.disarm(at, timer);
                }
            }
            session.conn = Some(conn);
            self.stats.clients = self.stats.clients.saturating_add(1);
            self.stats.most_clients = self.stats.most_clients.max(self.stats.clients);
            session.expiry = asked.min(self.config.max_session_expiry);
            session.will = will;
            session.user = login.user;
        }
        if let Some(state) = self.conns.get_mut(conn) {
            state.expiry_was_zero = asked == 0;
            let aliases = connect.properties.topic_alias_maximum().unwrap_or(0).min(self.config.max_topic_aliases_out);
            state.aliases_out = (aliases > 0).then(|| Box::new(Aliases::new(aliases)));
            state.by_scram = login.server_final.is_some();
            if let Stage::Fresh { deadline } | Stage::Authenticating { deadline } = state.stage {
                self.timers.disarm(deadline, Timer::ConnectDeadline(conn));
            }
            state.stage = Stage::Running { session: no };
        }
    }

    fn start(&mut self, now: Instant, conn: ConnId) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        state.heard = now;
        state.keep_alive_at = state.keep_alive_due();
        if let Some(at) = state.keep_alive_at {
            self.timers.arm(at, Timer::KeepAlive(conn));
        }
    }

    /// What a v5 client must know of this server and could not know.
    fn terms(&self, caps: &Caps, connect: &Connect<'_>, assigned: Option<&str>, properties: &mut PropertiesBuf) {
        if !connect.version.is_v5() {
            return;
        }
        let mut say = |property: Property<'_>| {
            // A dozen small properties are far from the builder's limit of a mebibyte.
            let _ = properties.push(property);
        };
        let config = &self.config;
        if connect.properties.session_expiry_interval().unwrap_or(0) > config.max_session_expiry {
            say(Property::SessionExpiryInterval(config.max_session_expiry));
        }
        if config.receive_maximum < u16::MAX {
            say(Property::ReceiveMaximum(config.receive_maximum));
        }
        // 2 is what stands for the property's absence; as a value it is not allowed [MQTT-3.2.2-9].
        if config.maximum_qos < QoS::ExactlyOnce {
            say(Property::MaximumQos(config.maximum_qos as u8));
        }
        if !config.retain_available {
            say(Property::RetainAvailable(0));
        }
        say(Property::MaximumPacketSize(config.max_packet_size));
        if let Some(id) = assigned.and_then(|id| Text::new(id).ok()) {
            say(Property::AssignedClientIdentifier(id));
        }
        if config.topic_alias_maximum > 0 {
            say(Property::TopicAliasMaximum(config.topic_alias_maximum));
        }
        if !config.wildcards_available {
            say(Property::WildcardSubscriptionAvailable(0));
        }
        if !config.subscription_identifiers_available {
            say(Property::SubscriptionIdentifierAvailable(0));
        }
        say(Property::SharedSubscriptionAvailable(u8::from(config.shared_subscriptions_available)));
        if caps.keep_alive != connect.keep_alive {
            say(Property::ServerKeepAlive(caps.keep_alive));
        }
        // [MQTT-3.1.2-28]
        if connect.properties.request_response_information() == Some(1)
            && let Some(information) = &config.response_information
        {
            let information = information.replace("%c", assigned.unwrap_or(connect.client_id.as_str()));
            say(Property::ResponseInformation(Text::clipped(&information)));
        }
    }

    fn tell_session(&mut self, conn: ConnId, resumed: Option<SessionNo>, out: &mut Outbox) {
        match resumed.and_then(|no| self.sessions.get(no)) {
            Some(session) => {
                let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let (queued, in_flight) = (count(session.queue.len()), count(session.outgoing.len()));
                out.tell_always(Event::SessionResumed { conn, queued, in_flight });
            }
            None => out.tell_always(Event::SessionBegan { conn }),
        }
    }

    /// Answers CONNECT with a reason against it, then closes [MQTT-3.2.2-7].
    pub(crate) fn refuse(&mut self, conn: ConnId, reason: ReasonCode, out: &mut Outbox) {
        self.refuse_saying(conn, reason, words::sentence(reason), out);
    }

    /// The same, with words of its own for a v5 client.
    pub(crate) fn refuse_saying(&mut self, conn: ConnId, reason: ReasonCode, words: &str, out: &mut Outbox) {
        let Some(caps) = self.conns.get(conn).map(|state| state.caps) else { return };
        if caps.version.is_v5() || reason.to_v3_connack().is_some() {
            let mut properties = PropertiesBuf::new();
            let connack = Connack { session_present: false, reason, properties: Properties::EMPTY };
            words::explain(&caps, true, words, &mut properties, |properties| Connack { properties, ..connack }.encoded_len(caps.version));
            let connack = Connack { properties: properties.as_properties(), ..connack };
            self.send(conn, out, |_, bytes| connack.encode(caps.version, bytes));
        }
        self.doom(conn, EndWhy::Broker(reason), out);
    }

    /// A topic or filter has no more levels than allowed.
    pub(crate) fn levels_ok(&self, topic: &str) -> bool {
        topic.bytes().filter(|&byte| byte == b'/').count() < self.config.max_topic_levels
    }
}
