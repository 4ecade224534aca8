//! The invariants, as code: what must hold after each turn, whatever came in.

use alloc::format;
use alloc::string::String;

use crate::broker::Broker;
use crate::ids::{ConnId, SessionNo};
use crate::state::conn::{Conn, Stage};

impl Broker {
    /// Walks all of the state. `Err` says which invariant is broken, where. For tests: its cost is that of the state.
    pub fn check(&self) -> Result<(), String> {
        if !self.doomed.is_empty() {
            return Err(format!("{} connections are doomed after the turn", self.doomed.len()));
        }
        let mut subscriptions = 0usize;
        let mut memberships = 0usize;
        let mut timers = 0usize;
        for (no, session) in self.sessions.iter() {
            let client = &session.client;
            if self.sessions.find(client) != Some(no) {
                return Err(format!("session {no:?} of {client:?} is not found by its client"));
            }
            if let Some(conn) = session.conn
                && self.conns.get(conn).and_then(|conn| conn.session()) != Some(no)
            {
                return Err(format!("session {no:?} of {client:?} says {conn:?}, which does not say so"));
            }
            if session.conn.is_some() && (session.expires_at.is_some() || session.will_at.is_some()) {
                return Err(format!("session {no:?} of {client:?} is connected and has a timer of the absent"));
            }
            if session.conn.is_none() && (session.outgoing.under_way() > 0 || session.expiry == 0) {
                return Err(format!("session {no:?} of {client:?} is away with messages under way, or should be gone"));
            }
            let (counted, anew) = session.queue.bytes();
            if counted != anew || session.queue.len() > self.config.max_queued || counted > self.config.max_queued_bytes {
                return Err(format!("queue of {client:?}: {} messages, {counted} bytes counted, {anew} held", session.queue.len()));
            }
            if usize::from(session.outgoing.under_way()) != session.outgoing.iter().filter(|slot| slot.sent).count() {
                return Err(format!("in flight of {client:?}: the count is off"));
            }
            if session.subscriptions.iter().any(|&sub| self.router.get(sub).is_none()) {
                return Err(format!("session {no:?} of {client:?} holds a subscription that the router has not"));
            }
            if session.shares.iter().any(|&share| self.shares.get(share, no).is_none()) {
                return Err(format!("session {no:?} of {client:?} holds a shared subscription that has it not"));
            }
            memberships = memberships.saturating_add(session.shares.len());
            subscriptions = subscriptions.saturating_add(session.subscriptions.len());
            timers =
                timers.saturating_add(usize::from(session.expires_at.is_some())).saturating_add(usize::from(session.will_at.is_some()));
        }
        for (id, conn) in self.conns.iter() {
            match conn.stage {
                Stage::Running { session } if self.sessions.get(session).and_then(|s| s.conn) != Some(id) => {
                    return Err(format!("{id:?} says {session:?}, which does not say so"));
                }
                Stage::Doomed { .. } => return Err(format!("{id:?} is doomed after the turn")),
                Stage::Running { session } => {
                    self.check_login(id, session, conn)?;
                    let armed = usize::from(conn.keep_alive_at.is_some()).saturating_add(usize::from(conn.retry_at.is_some()));
                    timers = timers.saturating_add(armed);
                }
                Stage::Fresh { .. } | Stage::Authenticating { .. } => {
                    let challenged = conn.exchange.as_ref().is_some_and(|exchange| exchange.connect.is_some());
                    if challenged != matches!(conn.stage, Stage::Authenticating { .. }) || conn.by_scram {
                        return Err(format!("{id:?} is {:?} and has an exchange that does not fit", conn.stage));
                    }
                    timers = timers.saturating_add(1);
                }
            }
        }
        let connected = self.sessions.iter().filter(|(_, session)| session.conn.is_some()).count() as u64;
        if connected != self.stats.clients {
            return Err(format!("{connected} clients are connected, {} are counted", self.stats.clients));
        }
        let away = |no| self.sessions.get(no).is_none_or(|session| session.conn.is_none());
        if self.shares.memberships(away) != Some(memberships) {
            return Err(format!("sessions hold {memberships} memberships, the groups {:?}", self.shares.memberships(away)));
        }
        if subscriptions.saturating_add(self.shares.len()) != self.router.len() {
            return Err(format!("sessions hold {subscriptions} subscriptions, the router {}", self.router.len()));
        }
        timers = timers.saturating_add(usize::from(self.sys_at.is_some())).saturating_add(usize::from(self.retained_at.is_some()));
        if timers != self.timers.len() {
            return Err(format!("{timers} timers are owed, {} armed", self.timers.len()));
        }
        if !self.retained.agrees() || self.retained.first_expiry().is_some_and(|first| self.retained_at.is_none_or(|at| at > first)) {
            return Err(format!("a retained message expires without a timer: {:?}", self.retained.first_expiry()));
        }
        if self.retained.len() > self.config.max_retained {
            return Err(format!("{} retained messages", self.retained.len()));
        }
        Ok(())
    }

    /// Nobody is in who could not log in now.
    fn check_login(&self, id: ConnId, session: SessionNo, conn: &Conn) -> Result<(), String> {
        let user = self.sessions.get(session).and_then(|session| session.user.as_deref());
        if conn.exchange.as_ref().is_some_and(|exchange| !conn.by_scram || exchange.connect.is_some()) {
            return Err(format!("{id:?} proves itself anew and did not at first"));
        }
        // Against itself: whoever is in has a line in the files as they are.
        if !self.access.holds(&self.access, user, conn.by_scram) || (conn.by_scram && user.is_none()) {
            return Err(format!("{id:?} is in as {user:?} and could not log in"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::sync::Arc;
    use alloc::vec::Vec;

    use mqtt::{Connect, Frame, Packet, PacketId, Properties, Publish, QoS, Subscribe, Subscription, SubscriptionOptions, Text, Version};

    use super::*;
    use crate::config::Config;
    use crate::event::EndWhy;
    use crate::io::{Input, Outbox};
    use crate::state::timers::Timer;
    use crate::time::Instant;

    /// A broker with a client that is connected, one that is away with a message under way, subscriptions, a share, a retained message.
    fn lively() -> Broker {
        let mut broker = Broker::new(Config::default(), 1);
        let text = |text| Text::new(text).expect("a text");
        for (conn, client) in [(ConnId(1), "here"), (ConnId(2), "away")] {
            let connect = Connect {
                version: Version::V311,
                client_id: text(client),
                clean_start: false,
                keep_alive: 9,
                username: None,
                password: None,
                will: None,
                properties: Properties::EMPTY,
            };
            let options = SubscriptionOptions { qos: QoS::AtLeastOnce, ..SubscriptionOptions::default() };
            let filters = ["t", "$share/g/s"].map(|filter| Subscription { filter: text(filter), options }).to_vec();
            let subscribe = Subscribe { packet_id: PacketId::FIRST, filters, properties: Properties::EMPTY };
            handle(&mut broker, Input::Open { conn });
            send(&mut broker, conn, Packet::Connect(connect));
            send(&mut broker, conn, Packet::Subscribe(subscribe));
        }
        let packet_id = Some(PacketId::FIRST);
        let (topic, qos) = (text("t"), QoS::AtLeastOnce);
        let publish = Publish { dup: false, qos, retain: true, topic, packet_id, properties: Properties::EMPTY, payload: b"x" };
        send(&mut broker, ConnId(1), Packet::Publish(publish));
        handle(&mut broker, Input::Gone { conn: ConnId(2), why: crate::GoneWhy::Lost });
        send(&mut broker, ConnId(1), Packet::Publish(publish));
        broker
    }

    fn handle(broker: &mut Broker, input: Input<'_>) {
        broker.handle(Instant::ZERO, input, &mut Outbox::default());
        broker.check().expect("it is sound");
    }

    fn send(broker: &mut Broker, conn: ConnId, packet: Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(Version::V311, &mut bytes);
        handle(broker, Input::Frame { conn, frame: Frame::parse(&bytes).expect("a whole packet") });
    }

    /// An invariant that no test could break would hold nothing.
    #[test]
    fn each_breach_is_named() {
        let (here, away) = (SessionNo(0), SessionNo(1));
        type Break<'a> = &'a dyn Fn(&mut Broker);
        let session = |broker: &mut Broker, no, change: &dyn Fn(&mut crate::state::session::Session)| {
            change(broker.sessions.get_mut(no).expect("it is there"));
        };
        let conn = |broker: &mut Broker, change: &dyn Fn(&mut Conn)| change(broker.conns.get_mut(ConnId(1)).expect("it is there"));
        let breaches: &[(&str, Break<'_>)] = &[
            ("doomed after the turn", &|it| it.doomed.push_back((ConnId(1), EndWhy::Goodbye(mqtt::ReasonCode::Success)))),
            ("is not found by its client", &|it| session(it, here, &|s| s.client = Arc::from("other"))),
            ("which does not say so", &|it| session(it, here, &|s| s.conn = Some(ConnId(9)))),
            ("has a timer of the absent", &|it| session(it, here, &|s| s.will_at = Some(Instant::ZERO))),
            ("or should be gone", &|it| session(it, away, &|s| s.expiry = 0)),
            ("queue of \"away\"", &|it| it.config.max_queued = 0),
            ("holds a subscription that the router has not", &|it| session(it, here, &|s| s.subscriptions.push(99))),
            ("holds a shared subscription that has it not", &|it| {
                let share = it.shares.find("$share/g/s").expect("it is there");
                it.shares.leave(share, here);
            }),
            ("which does not say so", &|it| conn(it, &|c| c.stage = Stage::Running { session: away })),
            ("is doomed after the turn", &|it| {
                session(it, here, &|s| s.conn = None);
                session(it, here, &|s| s.outgoing.disconnected());
                conn(it, &|c| c.stage = Stage::Doomed { session: None });
            }),
            ("which does not say so", &|it| conn(it, &|c| c.stage = Stage::Fresh { deadline: Instant::ZERO })),
            ("clients are connected", &|it| it.stats.clients = 7),
            ("memberships", &|it| {
                let share = it.shares.find("$share/g/s").expect("it is there");
                it.shares.set_away(share, here, true);
            }),
            ("subscriptions, the router", &|it| session(it, here, &|s| s.subscriptions.clear())),
            ("timers are owed", &|it| it.timers.arm(Instant::ZERO, Timer::Sys)),
            ("timers are owed", &|it| conn(it, &|c| c.keep_alive_at = None)),
            ("retained messages", &|it| it.config.max_retained = 0),
        ];
        for (words, breach) in breaches {
            let mut broker = lively();
            breach(&mut broker);
            let said = broker.check().expect_err(words).to_string();
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
