//! What may be done to packets on their links: by hand to one packet, or by rule to all that match.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::{Kind, Micros};

/// Number of a rule, from 1, never used twice in one world; 0 stands for the user's hand.
pub type RuleId = u32;

/// What is done to a packet when it would arrive. A link keeps the order of its packets, as TCP does: what is behind a packet that is
/// held or delayed waits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// It stays on its link until it is released.
    Hold,
    /// It vanishes and the connection goes on. TCP does not lose packets: a broken middle-box or a crash between two layers does.
    Drop,
    /// It arrives, and then a copy of it.
    Double,
    /// It arrives later than it would.
    Delay {
        /// Milliseconds of world time.
        millis: u32,
    },
    /// The next packet of its way overtakes it; it waits until there is one.
    Swap,
    /// One of its bytes is changed.
    Corrupt {
        /// Which byte, from 0; counted from the end of a shorter packet.
        at: u32,
        /// The bits that are turned over; 0 counts as all eight.
        mask: u8,
    },
    /// Its connection is cut. This is what really happens to devices.
    Cut(Cut),
    /// From here on nothing arrives any more in either direction, and neither end is told (half-open), until the link is healed.
    Silence,
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// Before the packet arrives.
    Before,
    /// After its first bytes have arrived.
    Inside {
        /// How many.
        bytes: u32,
    },
    /// When it has arrived and was dealt with.
    After,
}

/// What a rule does with a packet that it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// A fault.
    Fault(Fault),
    /// The world is paused when the packet sets out: a break-point.
    Pause,
}

/// Which packets. What is not named matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Matcher {
    /// Client Identifier of the device.
    pub device: Option<String>,
    /// From the device to the broker, else from the broker to the device.
    pub to_broker: Option<bool>,
    /// Kinds of packets; none named: all.
    pub kinds: Vec<Kind>,
    /// Topic Filter; matches a PUBLISH by its Topic Name as the packet carries it (not by a Topic Alias), and a SUBSCRIBE or
    /// UNSUBSCRIBE that names this very filter.
    pub topic: Option<String>,
    /// Packet Identifier.
    pub packet_id: Option<u16>,
    /// QoS of a PUBLISH, 0 to 2.
    pub qos: Option<u8>,
    /// DUP flag of a PUBLISH.
    pub dup: Option<bool>,
}

/// A rule. Of the packets that match it leaves the first `skip` alone, and then strikes, with its chance, up to `times` of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Which packets.
    pub matcher: Matcher,
    /// What is done.
    pub action: Action,
    /// Matches that are left alone before.
    #[serde(default)]
    pub skip: u32,
    /// How often it strikes; `None`: always.
    #[serde(default)]
    pub times: Option<u32>,
    /// Of a thousand matches it strikes so many, by the world's own seeded dice; 1 to 1,000.
    #[serde(default = "always")]
    pub per_mille: u16,
    /// Milliseconds of world time after which it no longer strikes; `None`: never.
    #[serde(default)]
    pub for_millis: Option<u32>,
}

fn always() -> u16 {
    1_000
}

/// A rule, and what it has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// Its number.
    pub id: RuleId,
    /// The rule.
    pub rule: FaultRule,
    /// Packets that matched.
    pub matched: u64,
    /// Packets that it struck.
    pub struck: u64,
    /// Packets that it left alone because too many faults were pending.
    pub missed: u64,
    /// It will not strike again: it has struck as often as it may, or its time is over.
    pub spent: bool,
    /// World time at which its time is over.
    pub until: Option<Micros>,
}

/// The fault of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Struck {
    /// By which rule; 0: by hand.
    pub rule: RuleId,
    /// What is done to it.
    pub fault: Fault,
}

/// What is done to the link of a device as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkAction {
    /// The connection is cut: both ends see it lost.
    Cut,
    /// Nothing arrives any more in either direction, and neither end is told.
    Silence,
    /// A silent link carries packets again. What was sent meanwhile is lost.
    Heal,
}

impl FaultRule {
    /// A rule that strikes every packet that matches.
    pub fn new(matcher: Matcher, action: Action) -> FaultRule {
        FaultRule { matcher, action, skip: 0, times: None, per_mille: 1_000, for_millis: None }
    }

    /// A rule that strikes the first packet that matches.
    pub fn once(matcher: Matcher, action: Action) -> FaultRule {
        FaultRule { times: Some(1), ..FaultRule::new(matcher, action) }
    }
}
