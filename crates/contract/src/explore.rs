//! What came of trying every placement of a few faults.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::Fault;

/// What came of trying.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExplorerView {
    /// It goes on.
    pub running: bool,
    /// Worlds that were run to their end.
    pub worlds: u64,
    /// How far it is, 0 to 1,000.
    pub per_mille: u16,
    /// Counts by QoS and number of faults.
    pub tried: Vec<TriedView>,
    /// The shortest counter-example of each kind and QoS.
    pub findings: Vec<FindingView>,
}

/// What happened to messages of one QoS in all worlds with so many faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedView {
    /// QoS with which the messages arrive, 0 to 2.
    pub qos: u8,
    /// Faults at once.
    pub faults: u8,
    /// Worlds.
    pub worlds: u64,
    /// Worlds in which one never arrived.
    pub lost: u64,
    /// Worlds in which one arrived more often than without faults.
    pub twice: u64,
    /// Worlds in which one overtook another of its topic.
    pub out_of_order: u64,
}

/// What can go wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FindingKind {
    /// It never arrives.
    Lost,
    /// It arrives more than once.
    Twice,
    /// It overtakes an older one of its topic.
    OutOfOrder,
}

/// A counter-example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// What goes wrong.
    pub kind: FindingKind,
    /// QoS of the message.
    pub qos: u8,
    /// Its topic.
    pub topic: String,
    /// Its payload, marked with the number of its habit and its own.
    pub payload: String,
    /// Client Identifier of the device that should have got it, once and in order.
    pub subscriber: String,
    /// The faults that bring it about.
    pub faults: Vec<Fault>,
}
