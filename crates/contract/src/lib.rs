//! What crosses the worker's two borders, as plain data.
//!
//! To the page: an [`Asked`] goes in, exactly one [`Report`] comes back for it ([`ask`], [`report`]). What the page draws is a
//! [`Row`] of the ladder or a [`Seen`] through a [`Lens`], in the words of the interface, never a packet of the codec.
//!
//! To the relay: one binary message is a batch of tunnel records ([`tunnel`]).
//!
//! Nothing here does anything: no clock, no socket, no MQTT. Times are microseconds of the world ([`Micros`]) unless a name says
//! otherwise. Enumerations are facts, not sentences: the page's `text` module turns them into words, so that a language can be added
//! in one place; [`core::fmt::Display`] of a [`Row`] is the language-free form that golden traces print.
#![no_std]

extern crate alloc;

pub mod ask;
mod blob;
pub mod capture;
pub mod explore;
pub mod fault;
pub mod lineage;
pub mod report;
pub mod row;
pub mod tunnel;

pub use ask::{
    AccessSpec, Ask, Asked, Command, DeviceId, DeviceSpec, ExploreWanted, Habit, Lens, PaceWanted, Protocol, Role, RowsWanted, StepTo,
    Wave, Will, WillProperties,
};
pub use capture::{ExportFormat, RecordingView};
pub use explore::{ExplorerView, FindingKind, FindingView, TriedView};
pub use fault::{Action, Cut, Fault, FaultRule, LinkAction, Matcher, RuleId, RuleView, Struck};
pub use lineage::{LineageFate, LineageView, Outcome};
pub use report::{
    AccessView, Answer, ByteField, Counters, DeviceKind, DeviceState, DeviceView, Direction, Expectation, Greeting, ModeView, OtherView,
    PaceView, PacketView, Refusal, RelayView, Report, SceneView, Seen, SessionView, SlotPhase, SlotView, SubscriptionView, TimelineBucket,
    TopicView,
};
pub use row::{AgainWhy, CloseWhy, DropWhy, Fact, Fate, Kind, Letter, Note, PacketRow, ResendRule, Row, What};

/// Microseconds of world time, from the world's beginning.
pub type Micros = u64;

/// A step: one thing done by the world, counted from 1. 0 is the world before its first step.
pub type Step = u64;

/// Number of a row of the ladder, from 0, never used twice in one world.
pub type RowNo = u64;

/// The build that both sides of a border must share; set by the build command, else the package's version.
pub const BUILD: &str = match option_env!("GLASSMQ_BUILD") {
    Some(id) => id,
    None => env!("CARGO_PKG_VERSION"),
};
