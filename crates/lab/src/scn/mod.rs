//! Scenarios as text (`.scn`): for lessons, tests and reports of faults. docs/scenario.md describes the format.
//!
//! [`parse`] reads a text, [`to_text`] writes it; what is written is read as the same scenario and written the same again.

mod device;
mod judge;
mod line;
mod read;
mod write;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use contract::{DeviceId, DeviceSpec, FaultRule, Kind, LinkAction, Matcher};
use mqtt::QoS;

use crate::world::Input;
pub(crate) use judge::judge;
pub use read::parse;
pub use write::to_text;
pub(crate) use write::{device as write_device, rule as write_rule};

/// Microseconds from one thing to one that comes `then`: longer than any exchange takes on undisturbed simulated links.
pub const THEN: u64 = 100_000;
/// Bytes of a text.
pub const MAX_TEXT: usize = 256 * 1024;
/// Things that are done, and things that are expected.
pub const MAX_LINES: usize = 1_000;

/// A scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// Title.
    pub title: String,
    /// What it says of itself, a paragraph each.
    pub text: Vec<String>,
    /// Feeds all chance.
    pub seed: u64,
    /// Simulated devices; the first one is device 1.
    pub devices: Vec<DeviceSpec>,
    /// Rules that are armed before the first event.
    pub rules: Vec<FaultRule>,
    /// What is done. If no device is connected by it, all are, one after the other.
    pub acts: Vec<(When, Act)>,
    /// What is expected.
    pub expects: Vec<Expect>,
}

/// When something is done, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// From the scene's beginning.
    At(u64),
    /// [`THEN`] after what stands before it; at the beginning, at once.
    Then,
    /// From what stands before it.
    After(u64),
}

/// Something that is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Nothing: time goes by.
    Wait,
    /// The world is paused.
    Pause,
    /// A device connects.
    Connect(DeviceId),
    /// A device says goodbye.
    Disconnect(DeviceId),
    /// A device publishes.
    Publish {
        /// Which.
        device: DeviceId,
        /// Topic Name.
        topic: String,
        /// Payload.
        payload: Vec<u8>,
        /// QoS.
        qos: QoS,
        /// RETAIN.
        retain: bool,
    },
    /// Something is done to a device's link.
    Link(DeviceId, LinkAction),
    /// Bytes are put on a device's link.
    Inject {
        /// Whose.
        device: DeviceId,
        /// As if the device had sent them.
        to_broker: bool,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A rule is armed.
    Rule(FaultRule),
}

/// Something that is expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// Rows like this one.
    Rows(Count, Pattern),
    /// A device is like this.
    Device(DeviceId, Is),
}

/// How many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// At least one.
    Some,
    /// None at all.
    No,
    /// So many.
    Exactly(u32),
}

/// What rows are like. What is not named fits all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// No packet, but something that happened by itself.
    pub event: bool,
    /// Of its packet.
    pub matcher: Matcher,
    /// RETAIN.
    pub retain: Option<bool>,
    /// The beginning of its payload.
    pub payload: Option<String>,
    /// What became of it.
    pub fate: Option<FateName>,
    /// A part of one of its notes, as golden traces print them.
    pub note: Option<String>,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FateName {
    /// It arrived.
    Arrived,
    /// Its connection ended before.
    Lost,
    /// It vanished from its link.
    Dropped,
    /// It is held on its link.
    Held,
    /// It is on its way.
    UnderWay,
}

/// What a device is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// MQTT runs.
    Connected,
    /// It has no connection.
    Offline,
    /// Nothing arrives on its link.
    Silent,
    /// The broker holds a session for it.
    HasSession,
    /// It holds none.
    NoSession,
    /// So many messages wait in its queue.
    Queued(u32),
    /// So many messages to it are not acknowledged.
    InFlight(u32),
    /// It has so many subscriptions.
    Subscriptions(u32),
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Line, from 1.
    pub line: u32,
    /// Character of the line, from 1.
    pub column: u32,
    /// What was expected there and what stands there instead.
    pub what: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl core::error::Error for SyntaxError {}

impl Scenario {
    /// What is to be posted when the scene begins, in order.
    pub(crate) fn begin(&self) -> Vec<Input> {
        let connects = self.acts.iter().any(|(_, act)| matches!(act, Act::Connect(_)));
        let all = || (1..).zip(0u64..).take(self.devices.len());
        let mut inputs: Vec<Input> = Vec::new();
        if !connects {
            inputs.extend(all().map(|(device, nth)| Input::Connect { device, after: nth.saturating_mul(THEN) }));
        }
        let mut clock: Option<u64> = None;
        for (when, act) in &self.acts {
            let at = match *when {
                When::At(at) => at,
                When::Then => clock.map_or(0, |clock| clock.saturating_add(THEN)),
                When::After(wait) => clock.unwrap_or(0).saturating_add(wait),
            };
            clock = Some(at);
            match (act.input(), at) {
                (Some(input), 0) => inputs.push(input),
                (Some(input), after) => inputs.push(Input::Later { after, input: Box::new(input) }),
                (None, _) => {}
            }
        }
        inputs
    }
}

impl Act {
    fn input(&self) -> Option<Input> {
        Some(match self.clone() {
            Act::Wait => return None,
            Act::Pause => Input::Halt,
            Act::Connect(device) => Input::Connect { device, after: 0 },
            Act::Disconnect(device) => Input::Disconnect(device),
            Act::Publish { device, topic, payload, qos, retain } => {
                Input::Publish { device, topic, payload: Bytes::from(payload), qos, retain }
            }
            Act::Link(device, action) => Input::Link { device, action },
            Act::Inject { device, to_broker, bytes } => Input::Inject { device, to_broker, bytes: Bytes::from(bytes) },
            Act::Rule(rule) => Input::AddRule(Box::new(rule)),
        })
    }
}

/// Kinds of packets, in the order of their numbers.
pub(crate) const KINDS: [Kind; 16] = [
    Kind::Connect,
    Kind::Connack,
    Kind::Publish,
    Kind::Puback,
    Kind::Pubrec,
    Kind::Pubrel,
    Kind::Pubcomp,
    Kind::Subscribe,
    Kind::Suback,
    Kind::Unsubscribe,
    Kind::Unsuback,
    Kind::Pingreq,
    Kind::Pingresp,
    Kind::Disconnect,
    Kind::Auth,
    Kind::NotMqtt,
];

/// A kind as it is written: `NOT MQTT` as one word.
fn kind_name(kind: Kind) -> &'static str {
    if kind == Kind::NotMqtt { "NOT-MQTT" } else { kind.name() }
}
