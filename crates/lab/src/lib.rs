//! The world around the broker: devices, links, time, and what can be seen of them.
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

mod agenda;
mod bench;
pub mod client;
mod config;
mod explore;
mod export;
mod fault;
mod flow;
mod import;
mod journal;
mod kind;
mod link;
mod pace;
mod scene;
pub mod scn;
mod show;
mod trace;
mod world;

pub use bench::{Bench, Incoming, Outgoing};
pub use config::Config;
pub use journal::Journal;
pub use link::FlightNo;
pub use scene::SCENES;
pub use world::{Departure, Fact, Input, Nobody, Sink, Touch, World};
