//! What is remembered. These parts do not speak: events and frames are made in `on/` only.

pub(crate) mod alias;
pub(crate) mod auth;
pub(crate) mod conn;
pub(crate) mod inflight;
pub(crate) mod level;
pub(crate) mod message;
pub(crate) mod queue;
pub(crate) mod retained;
pub(crate) mod router;
pub(crate) mod routes;
pub(crate) mod session;
pub(crate) mod share;
pub(crate) mod stats;
pub(crate) mod timers;

/// The hasher of every map: fast, and the same in every run. No map is ever iterated where the order could be seen.
pub(crate) type Hasher = foldhash::fast::FixedState;
