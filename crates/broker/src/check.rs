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
