//! Packets → sessions → packets: the broker, as a machine without clock, socket or randomness.
//!
//! Whoever drives it calls [`Broker::handle`] with the time and one [`Input`], then deals out what is in the [`Outbox`], in order:
//! frames to their connections, closes, and events. Order owed: [`Input::Open`] before anything else of a connection; nothing of a
//! connection after [`Input::Gone`] or after an [`Output::Close`] for it (such an input is ignored, so a driver that is late does no
//! harm); [`Input::Drained`] for all bytes of [`Output::Send`] once they have left; [`Input::Timeout`] when [`Broker::next_timeout`] is
//! due. Time never runs backwards.
//!
//! `state/` is what is remembered: parts that do not speak. `on/` is what happens: only there are events told and frames written.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented
    )
)]

extern crate alloc;

pub mod access;
mod broker;
mod check;
pub mod config;
mod digest;
mod event;
mod ids;
mod io;
mod mode;
mod on;
mod state;
mod time;
mod view;

pub use broker::Broker;
pub use config::Config;
pub use event::{AgainWhy, DropWhy, EndWhy, Event, GoneWhy, ResendRule};
pub use ids::{ByNumber, ConnId, MessageNo, SessionNo};
pub use io::{Input, Outbox, Output, Span};
pub use mode::{Letter, Mode};
pub use state::inflight::Phase;
pub use state::router::{Match, Router, Walk};
pub use time::{Instant, Micros};
pub use view::{SessionFacts, SlotFacts, SubscriptionFacts};
