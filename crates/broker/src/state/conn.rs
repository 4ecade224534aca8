//! One transport connection, from its opening to its end.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;
use mqtt::Version;

use crate::ids::{ByNumber, ConnId, SessionNo};
use crate::state::alias::Aliases;
use crate::state::auth::{Exchange, SeenIds};
use crate::time::Instant;

/// Where a connection stands.
///
/// ```text
/// Fresh ──────────CONNECT──────────▶ Running ──any end──▶ (forgotten)
///   │                                   ▲
///   └──with a method──▶ Authenticating ─┘ proof
///
/// Fresh, Authenticating ──deadline, anything else──▶ (forgotten)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// CONNECT has not come.
    Fresh {
        /// When it must have.
        deadline: Instant,
    },
    /// CONNECT named an Authentication Method, and the client has been challenged. No session is touched.
    Authenticating {
        /// When CONNACK must have been sent: the one deadline from the opening on.
        deadline: Instant,
    },
    /// CONNACK 0 was sent.
    Running {
        /// The session.
        session: SessionNo,
    },
    /// It is on the list of those that end with this turn: nothing more is taken or sent.
    Doomed {
        /// The session it had.
        session: Option<SessionNo>,
    },
}

/// A connection.
#[derive(Clone, Debug)]
pub(crate) struct Conn {
    pub(crate) stage: Stage,
    pub(crate) caps: Caps,
    /// When the last whole packet came.
    pub(crate) heard: Instant,
    /// Keep Alive timer as it is armed.
    pub(crate) keep_alive_at: Option<Instant>,
    /// Retry timer as it is armed; only for 3.1 and 3.1.1, and only when it is on.
    pub(crate) retry_at: Option<Instant>,
    /// Bytes sent that have not left.
    pub(crate) unsent: usize,
    /// Incoming Topic Aliases: topic of alias n at n − 1. Made when the first comes.
    pub(crate) aliases: Vec<Option<Box<str>>>,
    /// Outgoing Topic Aliases; none when the client takes none [MQTT-3.1.2-27].
    pub(crate) aliases_out: Option<Box<Aliases>>,
    /// CONNECT asked for Session Expiry Interval 0, so that DISCONNECT may not raise it [MQTT-3.1.2.11.2].
    pub(crate) expiry_was_zero: bool,
    /// The client proved itself with SCRAM: it may do so again [MQTT-4.12.1-1]. Who it is stands in its session.
    pub(crate) by_scram: bool,
    /// A challenge that waits for its answer.
    pub(crate) exchange: Option<Box<Exchange>>,
    /// Packet Identifiers that came on this connection.
    pub(crate) seen_ids: SeenIds,
}

/// What the two ends of a connection have agreed on: the only place, next to the codec, where versions differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    pub(crate) version: Version,
    /// Keep Alive in force, in seconds; 0: off.
    pub(crate) keep_alive: u16,
    /// Largest packet the client takes.
    pub(crate) max_packet_size: u32,
    /// QoS 1 and 2 messages the client takes at once.
    pub(crate) receive_maximum: u16,
    /// Request Problem Information: Reason Strings may stand in every packet that can carry one.
    pub(crate) problem_information: bool,
}

impl Conn {
    pub(crate) fn new(now: Instant, deadline: Instant) -> Conn {
        Conn {
            stage: Stage::Fresh { deadline },
            caps: Caps {
                version: Version::V5,
                keep_alive: 0,
                max_packet_size: u32::MAX,
                receive_maximum: u16::MAX,
                problem_information: true,
            },
            heard: now,
            keep_alive_at: None,
            retry_at: None,
            unsent: 0,
            aliases: Vec::new(),
            aliases_out: None,
            expiry_was_zero: false,
            by_scram: false,
            exchange: None,
            seen_ids: SeenIds::default(),
        }
    }

    /// When the client has been silent for one and a half times its Keep Alive [MQTT-3.1.2-22].
    pub(crate) fn keep_alive_due(&self) -> Option<Instant> {
        let keep_alive = u64::from(self.caps.keep_alive);
        (keep_alive > 0).then(|| self.heard.after(keep_alive.saturating_mul(1_500_000)))
    }

    pub(crate) fn session(&self) -> Option<SessionNo> {
        match self.stage {
            Stage::Running { session } => Some(session),
            Stage::Fresh { .. } | Stage::Authenticating { .. } | Stage::Doomed { .. } => None,
        }
    }
}

/// All connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conns {
    by_id: HashMap<ConnId, Conn, ByNumber>,
}

impl Conns {
    pub(crate) fn get(&self, id: ConnId) -> Option<&Conn> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ConnId) -> Option<&mut Conn> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn insert(&mut self, id: ConnId, conn: Conn) {
        self.by_id.insert(id, conn);
    }

    pub(crate) fn remove(&mut self, id: ConnId) -> Option<Conn> {
        self.by_id.remove(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// In no particular order: for sums and invariants only.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ConnId, &Conn)> {
        self.by_id.iter().map(|(id, conn)| (*id, conn))
    }
}
