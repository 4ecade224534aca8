//! Every limit and every switch of the broker, in one place.

use alloc::string::String;

use mqtt::QoS;

use crate::mode::Mode;

/// Limits and switches. [`Config::default`] is what the page runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Largest packet the broker takes, whole, in bytes: 1 to 268,435,460. Sent as Maximum Packet Size.
    pub max_packet_size: u32,
    /// Largest CONNECT, whole, in bytes: what a stranger may make the broker hold.
    pub max_connect_size: u32,
    /// Seconds from a connection's opening to its CONNECT.
    pub connect_deadline: u32,
    /// Connections at once; one more is closed before a byte of it is read.
    pub max_connections: usize,
    /// Sessions at once, with and without a connection; one more is refused with 0x97 (v3: 3).
    pub max_sessions: usize,
    /// Unacknowledged QoS 1 and 2 messages that the broker has under way to one client, at most; a smaller Receive Maximum of the client wins.
    pub max_in_flight: u16,
    /// Receive Maximum that the broker tells its clients: QoS 2 messages of one client that wait for PUBREL.
    pub receive_maximum: u16,
    /// Topic Alias Maximum that the broker tells its clients.
    pub topic_alias_maximum: u16,
    /// Topic Aliases that the broker uses to one client, at most; a smaller Topic Alias Maximum of the client wins. 0: none.
    pub max_topic_aliases_out: u16,
    /// Messages that wait in one session's queue; one more is dropped.
    pub max_queued: usize,
    /// Bytes of those messages (topics, properties, payloads).
    pub max_queued_bytes: usize,
    /// Bytes handed to a connection that have not left yet, above which messages wait in the session's queue.
    pub unsent_high_water: usize,
    /// Bytes handed to a connection that have not left yet, above which it is closed: the client does not read its acknowledgements.
    pub unsent_limit: usize,
    /// Subscriptions of one session; one more is answered with 0x97 (v3: 0x80).
    pub max_subscriptions: usize,
    /// Levels of a Topic Name or Topic Filter.
    pub max_topic_levels: usize,
    /// Topics of which it is remembered who wants them, until a subscription changes; 0: none.
    pub max_cached_routes: usize,
    /// Retained messages; a further topic's message is passed on but not retained.
    pub max_retained: usize,
    /// Longest Session Expiry Interval granted, in seconds; `u32::MAX`: any.
    pub max_session_expiry: u32,
    /// Seconds a v3 session with Clean Session 0 outlives its connection; `u32::MAX`: for ever.
    pub v3_session_expiry: u32,
    /// What is done where the standards leave a choice.
    pub mode: Mode,
    /// Tell in friendly mode what strict mode would have refused, and by which rule.
    pub explain: bool,
    /// Longest Keep Alive accepted, in seconds, also in place of 0 (off); `0`: any. Sent as Server Keep Alive; a client before 5.0 that
    /// asked for more is not told and is ended all the same when it is silent for longer.
    pub max_keep_alive: u16,
    /// Highest QoS that may be published. Below 2 it is sent as Maximum QoS; subscriptions are granted no more.
    pub maximum_qos: QoS,
    /// Whether messages are retained. Sent as Retain Available when not.
    pub retain_available: bool,
    /// Whether filters may hold `+` and `#`. Sent as Wildcard Subscription Available when not.
    pub wildcards_available: bool,
    /// Whether SUBSCRIBE may carry a Subscription Identifier. Sent as Subscription Identifiers Available when not.
    pub subscription_identifiers_available: bool,
    /// Whether `$share/{group}/{filter}` shares a subscription. Sent as Shared Subscription Available.
    pub shared_subscriptions_available: bool,
    /// Response Information for clients that ask for it: where they may have answers sent to. `%c` stands for the Client Identifier.
    pub response_information: Option<String>,
    /// Seconds between two publications of the `$SYS` topics; 0: there are none.
    pub sys_interval: u32,
    /// Seconds after which a message without an answer is sent again to a connected client of 3.1 or 3.1.1; 0: only after a reconnect,
    /// as in 5.0, which forbids the other.
    pub v3_retry: u32,
    /// A session whose subscriptions overlap gets one copy of a message, with all Subscription Identifiers [MQTT-3.3.4-3]; else one for
    /// each subscription, with its own [MQTT-3.3.4-5].
    pub one_copy: bool,
    /// Publish under `$SYS/broker/clients/{Client Identifier}/` when a client connects, disconnects, subscribes and unsubscribes.
    pub sys_clients: bool,
    /// Filters of one SUBSCRIBE or UNSUBSCRIBE.
    pub max_filters_per_packet: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_packet_size: 1024 * 1024,
            max_connect_size: 64 * 1024,
            connect_deadline: 10,
            max_connections: 10_000,
            max_sessions: 20_000,
            max_in_flight: 1_024,
            receive_maximum: 1_024,
            topic_alias_maximum: 64,
            max_topic_aliases_out: 64,
            max_queued: 10_000,
            max_queued_bytes: 16 * 1024 * 1024,
            unsent_high_water: 96 * 1024,
            unsent_limit: 4 * 1024 * 1024,
            max_subscriptions: 10_000,
            max_topic_levels: 128,
            max_cached_routes: 1_024,
            max_retained: 100_000,
            max_session_expiry: u32::MAX,
            v3_session_expiry: u32::MAX,
            mode: Mode::Friendly,
            explain: false,
            max_keep_alive: 0,
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            wildcards_available: true,
            subscription_identifiers_available: true,
            shared_subscriptions_available: true,
            response_information: None,
            sys_interval: 0,
            v3_retry: 0,
            one_copy: true,
            sys_clients: false,
            max_filters_per_packet: 1_000,
        }
    }
}
