//! One message, from its publisher to all sessions.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::{DeviceId, DropWhy, RowNo};

/// A message from its publisher to all sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineageView {
    /// Its number.
    pub message: u64,
    /// Its topic.
    pub topic: String,
    /// The row of the PUBLISH that brought it, while that is kept. A will has none, nor has a message of the broker's own.
    pub row: Option<RowNo>,
    /// Who published it.
    pub publisher: Option<DeviceId>,
    /// What became of it, for each device that is known. At most 200.
    pub fates: Vec<LineageFate>,
}

/// What became of a message for one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineageFate {
    /// The device.
    pub device: DeviceId,
    /// Its filters that match, with the granted QoS, as they were when the message came. At most 20.
    pub matched: Vec<(String, u8)>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a message for a device, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was sent.
    Sent {
        /// The row of the (last) PUBLISH.
        row: RowNo,
        /// With this QoS.
        qos: u8,
        /// Under this Packet Identifier.
        packet_id: Option<u16>,
        /// It has arrived at least once.
        arrived: bool,
        /// How often it was sent again.
        again: u32,
    },
    /// It waits in the session's queue.
    Waits,
    /// It was not delivered.
    Dropped(DropWhy),
    /// No filter of the session matches.
    NoMatch,
    /// This filter would match, but a wildcard at the front does not stand for a level that begins with `$`.
    DollarRule(String),
    /// This filter matches, but the subscription says No Local and the device is the publisher.
    NoLocal(String),
    /// This shared subscription matches, but another member of the group was chosen.
    OtherMember(String),
    /// The broker held no session for the device: it was away, and its session had ended with its connection.
    NoSession,
    /// It can no longer be told.
    NotKnown,
}
