//! Who is it: the login of a CONNECT, SCRAM by AUTH, and what becomes of those who are in when the files change.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};
use mqtt::{Auth, Binary, Connect, Disconnect, Frame, Packet, Properties, PropertiesBuf, Property, ReasonCode, Text, Version};

use crate::access::scram::{METHOD, Refused, Scram};
use crate::access::{Access, Action, LoginRefused};
use crate::broker::Broker;
use crate::event::{EndWhy, Event};
use crate::ids::{ConnId, SessionNo};
use crate::io::Outbox;
use crate::on::words;
use crate::state::auth::Exchange;
use crate::state::conn::Stage;
use crate::time::Instant;

/// Bytes of a nonce before Base64: 32 characters of it.
const NONCE_LEN: usize = 24;

/// Who was let in.
pub(crate) struct Login {
    /// User Name.
    pub(crate) user: Option<Arc<str>>,
    /// What proves the broker to a client that proved itself with SCRAM.
    pub(crate) server_final: Option<Vec<u8>>,
}

impl Broker {
    /// Judges User Name and Password of a CONNECT without an Authentication Method, before any session is looked for.
    pub(crate) fn log_in(&mut self, conn: ConnId, connect: &Connect<'_>, out: &mut Outbox) -> Result<Login, LoginRefused> {
        let user = connect.username.map(|user| user.as_str());
        self.access.login(user, connect.password.map(|password| password.as_bytes()))?;
        let user: Option<Arc<str>> = user.map(Arc::from);
        if self.access.passwords.is_some()
            && let Some(user) = &user
        {
            out.tell(|| Event::LoggedIn { conn, user: user.clone() });
        }
        Ok(Login { user, server_final: None })
    }

    /// A CONNECT with an Authentication Method: the client is challenged [MQTT-4.12.0-2], and nothing else happens before it has answered.
    pub(crate) fn begin_auth(&mut self, conn: ConnId, frame: Frame<'_>, connect: &Connect<'_>, out: &mut Outbox) {
        // [MQTT-4.12.0-1]
        if self.access.scram.is_none() || !is_scram(connect.properties) {
            return self.refuse(conn, ReasonCode::BadAuthenticationMethod, out);
        }
        let (scram, server_first) = match self.challenge(connect.properties) {
            Ok(challenge) => challenge,
            Err(refused) => return self.refuse_saying(conn, ReasonCode::NotAuthorized, &refused.to_string(), out),
        };
        if connect.username.is_some_and(|user| user.as_str() != scram.user()) {
            const WORDS: &str = "The User Name of CONNECT is not the one in the Authentication Data; send the same, or none in CONNECT.";
            return self.refuse_saying(conn, ReasonCode::NotAuthorized, WORDS, out);
        }
        let Some(state) = self.conns.get_mut(conn) else { return };
        let Stage::Fresh { deadline } = state.stage else { return };
        let largest = state.caps.max_packet_size as usize;
        if auth_of(ReasonCode::ContinueAuthentication, &server_first, |auth| auth.encoded_len(Version::V5)) > largest {
            return self.refuse(conn, ReasonCode::PacketTooLarge, out);
        }
        state.stage = Stage::Authenticating { deadline };
        state.exchange = Some(Box::new(Exchange { scram, connect: Some(Box::from(frame.bytes())) }));
        self.send_auth(conn, ReasonCode::ContinueAuthentication, &server_first, out);
    }

    /// AUTH of a client that has been challenged and has no CONNACK yet.
    pub(crate) fn on_proof(&mut self, now: Instant, conn: ConnId, auth: &Auth<'_>, out: &mut Outbox) {
        // [MQTT-4.12.0-3]
        if auth.reason != ReasonCode::ContinueAuthentication {
            return self.refuse(conn, ReasonCode::ProtocolError, out);
        }
        // [MQTT-4.12.0-5]
        if !is_scram(auth.properties) {
            return self.refuse(conn, ReasonCode::BadAuthenticationMethod, out);
        }
        let exchange = self.conns.get_mut(conn).and_then(|state| state.exchange.take());
        let Some(Exchange { scram, connect: Some(connect) }) = exchange.map(|exchange| *exchange) else { return };
        let user: Arc<str> = Arc::from(scram.user());
        match scram.last(data_of(auth.properties)) {
            // [MQTT-4.12.0-4]
            Err(refused) => self.refuse_saying(conn, ReasonCode::NotAuthorized, &refused.to_string(), out),
            Ok(server_final) => {
                // It was read once before, and is the same.
                let read = Frame::parse(&connect).and_then(|frame| Packet::decode(frame, Version::V5));
                let Ok(Packet::Connect(connect)) = read else { return self.refuse(conn, ReasonCode::UnspecifiedError, out) };
                out.tell(|| Event::LoggedIn { conn, user: user.clone() });
                let login = Login { user: Some(user), server_final: Some(server_final) };
                self.accept(now, conn, &connect, login, out);
            }
        }
    }

    /// What a client sends that has been challenged and has no CONNACK yet: AUTH or DISCONNECT, nothing else [MQTT-3.1.2-30].
    pub(crate) fn on_challenged(&mut self, now: Instant, conn: ConnId, packet: &Packet<'_>, out: &mut Outbox) {
        match packet {
            Packet::Auth(auth) => self.on_proof(now, conn, auth, out),
            Packet::Disconnect(Disconnect { reason, .. }) => self.doom(conn, EndWhy::Goodbye(*reason), out),
            _ => self.refuse(conn, ReasonCode::ProtocolError, out),
        }
    }

    /// AUTH of a client that is connected: it proves anew who it is, while everything else goes on [U5-4.12.1-a].
    pub(crate) fn on_auth(&mut self, conn: ConnId, session: SessionNo, auth: &Auth<'_>, out: &mut Outbox) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        // Without a method in CONNECT there is no AUTH [MQTT-4.12.0-7], and with one it stays the same [MQTT-4.12.1-1].
        if !state.by_scram || !is_scram(auth.properties) {
            return self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out);
        }
        match (auth.reason, state.exchange.take()) {
            (ReasonCode::ReAuthenticate, None) => match self.challenge(auth.properties) {
                Err(refused) => self.end_auth(conn, &refused.to_string(), out),
                Ok((scram, _)) if self.sessions.get(session).and_then(|it| it.user.as_deref()) != Some(scram.user()) => {
                    self.end_auth(conn, "A connection stays with the user who began it; connect anew as another one.", out);
                }
                Ok((scram, server_first)) => {
                    if let Some(state) = self.conns.get_mut(conn) {
                        state.exchange = Some(Box::new(Exchange { scram, connect: None }));
                    }
                    self.send_auth(conn, ReasonCode::ContinueAuthentication, &server_first, out);
                }
            },
            (ReasonCode::ContinueAuthentication, Some(exchange)) => match exchange.scram.last(data_of(auth.properties)) {
                Err(refused) => self.end_auth(conn, &refused.to_string(), out),
                Ok(server_final) => {
                    self.send_auth(conn, ReasonCode::Success, &server_final, out);
                    if let Some(user) = self.sessions.get(session).and_then(|it| it.user.clone()) {
                        out.tell(|| Event::LoggedIn { conn, user });
                    }
                }
            },
            _ => self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out),
        }
    }

    /// Files that take the place of others: whoever could not log in now as it did is ended. What somebody may do is asked each time
    /// anyway, so subscriptions stay, and deliver what may be read from now on.
    pub(crate) fn on_access(&mut self, access: Arc<Access>, out: &mut Outbox) {
        let before = core::mem::replace(&mut self.access, access);
        out.tell(|| Event::AccessSet);
        let mut conns: Vec<ConnId> = self.conns.iter().map(|(conn, _)| conn).collect();
        conns.sort_unstable();
        const WORDS: &str = "The operator of this server has changed who may connect; connect anew.";
        for conn in conns {
            let Some(state) = self.conns.get(conn) else { continue };
            match (state.stage, &state.exchange) {
                (Stage::Authenticating { .. }, Some(exchange)) if !self.access.holds_scram(&before, exchange.scram.user()) => {
                    self.refuse_saying(conn, ReasonCode::NotAuthorized, WORDS, out);
                }
                (Stage::Running { session }, _) => {
                    let user = self.sessions.get(session).and_then(|session| session.user.as_deref());
                    if !self.access.holds(&before, user, state.by_scram) {
                        self.doom_saying(conn, EndWhy::Broker(ReasonCode::NotAuthorized), WORDS, out);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether the client of a session may do this, as its rights are now.
    #[inline]
    pub(crate) fn may(&self, session: SessionNo, action: Action, topic: &str) -> bool {
        self.access.is_open() || self.sessions.get(session).is_some_and(|session| self.access.allows(&session.who(), action, topic))
    }

    fn challenge(&mut self, properties: Properties<'_>) -> Result<(Scram, Vec<u8>), Refused> {
        let nonce = self.nonce();
        let access = Arc::clone(&self.access);
        let lookup = |user: &str| access.scram.as_ref()?.find(user).cloned();
        Scram::first(data_of(properties), &nonce, &self.decoy, lookup)
    }

    fn nonce(&mut self) -> String {
        let drawn = self.draw("nonce");
        Base64::encode_string(drawn.get(..NONCE_LEN).unwrap_or(&drawn))
    }

    fn send_auth(&mut self, conn: ConnId, reason: ReasonCode, data: &[u8], out: &mut Outbox) {
        let words = words::sentence(reason);
        self.send(conn, out, |caps, bytes| {
            auth_of(reason, data, |auth| {
                let mut properties = PropertiesBuf::from(auth.properties);
                // [MQTT-3.15.2-2]
                words::explain(caps, false, words, &mut properties, |properties| Auth { reason, properties }.encoded_len(caps.version));
                Auth { reason, properties: properties.as_properties() }.encode(caps.version, bytes);
            });
        });
    }

    /// An authentication that fails on a connection that runs ends it [MQTT-4.12.1-2].
    fn end_auth(&mut self, conn: ConnId, words: &str, out: &mut Outbox) {
        self.doom_saying(conn, EndWhy::Broker(ReasonCode::NotAuthorized), words, out);
    }
}

/// Method and data as the properties of an AUTH or a CONNACK.
pub(crate) fn push_auth(data: &[u8], properties: &mut PropertiesBuf) {
    // A method and a hundred bytes are far from the builder's limit of a mebibyte, and a challenge is never longer than a CONNECT.
    let _ = properties.push(Property::AuthenticationMethod(Text::clipped(METHOD)));
    let _ = properties.push(Property::AuthenticationData(Binary::new(data).unwrap_or(Binary::EMPTY)));
}

fn auth_of<T>(reason: ReasonCode, data: &[u8], then: impl FnOnce(Auth<'_>) -> T) -> T {
    let mut properties = PropertiesBuf::new();
    push_auth(data, &mut properties);
    then(Auth { reason, properties: properties.as_properties() })
}

fn is_scram(properties: Properties<'_>) -> bool {
    properties.authentication_method().is_some_and(|method| method.as_str() == METHOD)
}

fn data_of(properties: Properties<'_>) -> &[u8] {
    match properties.authentication_data() {
        Some(data) => data.as_bytes(),
        None => &[],
    }
}
