//! Something is due.

use mqtt::ReasonCode;

use crate::broker::Broker;
use crate::event::{EndWhy, Event};
use crate::io::Outbox;
use crate::state::timers::Timer;
use crate::time::Instant;

impl Broker {
    /// Does the earliest thing that is due, if any is.
    pub(crate) fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        match self.timers.pop(now) {
            None => {}
            Some(Timer::ConnectDeadline(conn)) => self.doom(conn, EndWhy::Broker(ReasonCode::MaximumConnectTime), out),
            Some(Timer::KeepAlive(conn)) => self.on_keep_alive(now, conn, out),
            Some(Timer::Retry(conn)) => self.on_retry(now, conn, out),
            Some(Timer::RetainedExpiry) => self.on_retained_expiry(now, out),
            Some(Timer::Sys) => self.on_sys(now, out),
            Some(Timer::WillDelay(session)) => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.will_at = None;
                }
                self.publish_will(now, session, out);
            }
            Some(Timer::SessionExpiry(session)) => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.expires_at = None;
                }
                self.end_session(now, session, true, out);
            }
        }
    }

    fn on_keep_alive(&mut self, now: Instant, conn: crate::ConnId, out: &mut Outbox) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        // Armed once and moved only here: a packet costs the timer table nothing.
        state.keep_alive_at = state.keep_alive_due();
        match state.keep_alive_at {
            Some(due) if due > now => self.timers.arm(due, Timer::KeepAlive(conn)),
            Some(_) => {
                state.keep_alive_at = None;
                let seconds = state.caps.keep_alive;
                out.tell(|| Event::KeepAliveOver { conn, seconds });
                self.doom(conn, EndWhy::Broker(ReasonCode::KeepAliveTimeout), out);
            }
            None => {}
        }
    }
}
