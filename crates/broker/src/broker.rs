//! The broker: what it remembers, and the one door in.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::access::Access;
use crate::access::scram::Decoy;
use crate::config::Config;
use crate::event::EndWhy;
use crate::ids::{ConnId, MessageNo, SessionNo};
use crate::io::{Input, Outbox};
use crate::mode::Mode;
use crate::state::conn::Conns;
use crate::state::message::Manner;
use crate::state::retained::Retained;
use crate::state::router::Router;
use crate::state::routes::Routes;
use crate::state::session::Sessions;
use crate::state::share::{ShareNo, Shares};
use crate::state::stats::Stats;
use crate::state::timers::Timers;
use crate::time::Instant;

/// An MQTT broker without clock, socket or randomness. See the crate's words for how it is driven.
#[derive(Clone, Debug)]
pub struct Broker {
    pub(crate) config: Config,
    /// Who may connect, and who may do what.
    pub(crate) access: Arc<Access>,
    /// Its key is the key of all that looks like chance, too.
    pub(crate) decoy: Decoy,
    pub(crate) conns: Conns,
    pub(crate) sessions: Sessions,
    pub(crate) router: Router,
    pub(crate) shares: Shares,
    pub(crate) retained: Retained,
    /// Timer of the first retained message to expire, as it is armed.
    pub(crate) retained_at: Option<Instant>,
    pub(crate) timers: Timers,
    /// For `$SYS`; counted only when it is on.
    pub(crate) stats: Stats,
    pub(crate) sys_at: Option<Instant>,
    /// Connections that end with this turn. A list, so that an end which brings about another never recurses.
    pub(crate) doomed: VecDeque<(ConnId, EndWhy)>,
    pub(crate) last_message: MessageNo,
    /// Counts what was drawn of chance: assigned Client Identifiers, nonces.
    pub(crate) seed: u64,
    pub(crate) scratch: Scratch,
}

/// Memory that is used within one turn and kept for the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) routes: Routes,
    pub(crate) targets: Vec<Target>,
    /// Shared subscriptions that match.
    pub(crate) shares: Vec<ShareNo>,
    /// By session number: the message that last found it, and its place in `targets`.
    pub(crate) stamps: Vec<(MessageNo, u32)>,
    pub(crate) properties: mqtt::PropertiesBuf,
}

/// One session that a message goes to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) session: SessionNo,
    pub(crate) manner: Manner,
}

impl Broker {
    /// A broker that knows nobody and is open to everybody. `seed` makes assigned Client Identifiers and nonces unguessable as far as
    /// it is random itself.
    pub fn new(config: Config, seed: u64) -> Broker {
        Broker {
            config,
            access: Arc::default(),
            decoy: Decoy::new(seed),
            conns: Conns::default(),
            sessions: Sessions::default(),
            router: Router::new(),
            shares: Shares::default(),
            retained: Retained::default(),
            retained_at: None,
            timers: Timers::default(),
            stats: Stats::default(),
            sys_at: None,
            doomed: VecDeque::new(),
            last_message: 0,
            seed: 0,
            scratch: Scratch::default(),
        }
    }

    /// Takes one input and appends what comes of it to `out`, in causal order. Cannot fail; bad input ends in events and closes.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Outbox) {
        let (counts, first, dropped) = (self.config.sys_interval > 0, out.outputs.len(), out.dropped());
        if counts {
            self.count_in(now, &input);
        }
        match input {
            Input::Frame { conn, frame } => self.on_frame(now, conn, frame, out),
            Input::Drained { conn, bytes } => self.on_drained(now, conn, bytes, out),
            Input::Open { conn } => self.on_open(now, conn),
            Input::Malformed { conn, error } => self.on_bad_bytes(conn, None, error, out),
            Input::Gone { conn, why } => self.end(now, conn, EndWhy::Gone(why), out),
            Input::End { conn, reason } => self.doom(conn, EndWhy::Broker(reason), out),
            Input::Access(access) => self.on_access(access, out),
            Input::Timeout => self.on_timeout(now, out),
        }
        // Each end removes its connection, and a connection is on the list at most once: the loop is bounded by their number.
        while let Some((conn, why)) = self.doomed.pop_front() {
            self.end(now, conn, why, out);
        }
        if counts {
            self.count_out(first, out, out.dropped().saturating_sub(dropped));
        }
    }

    /// When [`Input::Timeout`] is due next. It may be due several times at one instant: each turn does one thing.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The limits and switches it runs with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How it chooses from now on where the standards leave a choice. What was taken before stays.
    pub fn set_mode(&mut self, mode: Mode, explain: bool) {
        (self.config.mode, self.config.explain) = (mode, explain);
    }

    /// Who may connect, and who may do what.
    pub fn access(&self) -> &Arc<Access> {
        &self.access
    }

    /// The next of a stream that nobody can go on with who has seen parts of it.
    pub(crate) fn draw(&mut self, purpose: &str) -> [u8; 32] {
        self.seed = self.seed.wrapping_add(1);
        self.decoy.draw(purpose, self.seed)
    }

    pub(crate) fn next_message(&mut self) -> MessageNo {
        self.last_message = self.last_message.saturating_add(1);
        self.last_message
    }
}
