//! What is due when, and why: a table of named rows.

use alloc::collections::BTreeSet;

use crate::ids::{ConnId, SessionNo};
use crate::time::Instant;

/// A reason to look at the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A connection has not sent CONNECT.
    ConnectDeadline(ConnId),
    /// A client has been silent. Re-armed lazily: when it is due, the last packet's time decides.
    KeepAlive(ConnId),
    /// A will was delayed.
    WillDelay(SessionNo),
    /// A session without a connection ends.
    SessionExpiry(SessionNo),
    /// A client of 3.1 or 3.1.1 may owe an answer. Re-armed lazily, like Keep Alive.
    Retry(ConnId),
    /// A retained message expires.
    RetainedExpiry,
    /// The `$SYS` topics are published.
    Sys,
}

/// All timers, earliest first; equal times in the order of [`Timer`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    pub(crate) fn arm(&mut self, at: Instant, timer: Timer) {
        self.due.insert((at, timer));
    }

    pub(crate) fn disarm(&mut self, at: Instant, timer: Timer) {
        self.due.remove(&(at, timer));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let (at, _) = self.due.first()?;
        if *at > now {
            return None;
        }
        self.due.pop_first().map(|(_, timer)| timer)
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}
