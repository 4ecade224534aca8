//! The lab's simulated client in the place of the smallest one.

use std::hash::{Hash, Hasher};

use broker::Instant;
use contract::{DeviceSpec, Habit, Protocol};
use lab::client::{Client, Input, Output, Publication};
use mqtt::Version;

use crate::setup::Setup;

/// A simulated client; equal ones have the same text, which tells all that they remember.
#[derive(Clone, Debug)]
pub struct Simulated(Client);

impl Simulated {
    /// A client that keeps its session. The receiver subscribes to every message, and answers each with one that says so.
    pub fn new(setup: &Setup, client: usize, name: &str) -> Simulated {
        let respond = |message: u8| Habit::Respond {
            filter: topic(message),
            qos: setup.granted() as u8,
            topic: format!("{SEEN}{message}"),
            payload: String::new(),
            answer_qos: 0,
            retain: false,
        };
        let habits = if client == setup.receiver() { (1..=setup.messages).map(respond).collect() } else { Vec::new() };
        let (protocol, session_expiry, receive_maximum) = match setup.version {
            Version::V31 => (Protocol::V31, 0, 0),
            Version::V311 => (Protocol::V311, 0, 0),
            Version::V5 => (Protocol::V5, u32::MAX, setup.window),
        };
        let client_id = name.to_owned();
        let spec = DeviceSpec { client_id, protocol, session_expiry, receive_maximum, habits, ..DeviceSpec::default() };
        Simulated(Client::new(spec, usize::from(setup.messages)))
    }

    /// Takes an input; gives what it wants done.
    pub fn put(&mut self, input: Input<'_>) -> Vec<Output> {
        let mut out = Vec::new();
        self.0.handle(Instant::ZERO, input, &mut out);
        out
    }

    /// Publishes a message.
    pub fn publish(&mut self, setup: &Setup, message: u8) -> Vec<Output> {
        self.put(Input::Publish(Publication {
            topic: topic(message),
            payload: vec![message],
            qos: setup.qos,
            retain: false,
            address: None,
        }))
    }

    /// Messages that it has not begun to send.
    pub fn waiting(&self) -> usize {
        self.0.unfinished().waiting
    }

    /// Nothing is left of any message.
    pub fn is_done(&self) -> bool {
        self.0.unfinished() == Default::default()
    }
}

/// Topic of a message.
fn topic(message: u8) -> String {
    format!("t/{message}")
}

/// What an answer's topic begins with; the message's number follows.
const SEEN: &str = "seen/";

/// The message that an answer says has reached the application.
pub fn seen(topic: &str) -> Option<u8> {
    topic.strip_prefix(SEEN)?.parse().ok()
}

impl Hash for Simulated {
    fn hash<H: Hasher>(&self, state: &mut H) {
        format!("{:?}", self.0).hash(state);
    }
}
