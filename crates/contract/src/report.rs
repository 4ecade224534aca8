//! What the worker answers.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::{DeviceId, ExplorerView, Kind, LineageView, Micros, PaceWanted, Protocol, Row, RowNo, RuleId, RuleView, Step};

/// What a worker says first of all, once, by itself: an object with named properties whose shape never changes, for page and worker may
/// be of different builds, and only what one build writes can it read of all else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// The worker's [`crate::BUILD`].
    pub build: String,
}

/// An answer. Each one belongs to exactly one [`crate::Asked`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
// One report is made at a time and sent off: a box would only add an allocation.
#[allow(clippy::large_enum_variant)]
pub enum Report {
    /// Answer to `Look`.
    Seen {
        /// Of the ask.
        id: u32,
        /// What there is to see.
        seen: Seen,
    },
    /// Answer to `Do`.
    Done {
        /// Of the ask.
        id: u32,
        /// What came of it.
        result: Result<Answer, Refusal>,
    },
}

/// What a command gives back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing but that it is done.
    Ok,
    /// The device that was made or used.
    Device(DeviceId),
    /// The rule that was armed.
    Rule(RuleId),
    /// A file to be saved.
    File {
        /// Its name, with an ending that tells its kind.
        name: String,
        /// What stands in it.
        #[serde(with = "crate::blob")]
        bytes: Vec<u8>,
    },
    /// Text for the fragment of a link, `run=` and what follows.
    Link(String),
    /// What the scene expects, in the order of its text.
    Judged(Vec<Expectation>),
}

/// Something that a scene expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// As it stands in the scene's text, without its first word.
    pub text: String,
    /// It holds so far.
    pub holds: bool,
    /// Rows that are like it; of what is expected of a device: 0 or 1.
    pub found: u64,
}

/// Why a command was refused; nothing has changed then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    /// Nothing is under way.
    NothingToStep {
        /// World time until the next thing that is due by itself, if there is one.
        next_in: Option<Micros>,
    },
    /// There is no such device, or it is gone.
    NoSuchDevice,
    /// A real device: only simulated ones can be made to do this.
    NotSimulated,
    /// The client id is taken by another device of the world.
    ClientIdTaken,
    /// A field of the command is not legal.
    BadField {
        /// Which one, by its name in the command.
        field: String,
        /// A whole sentence: what was wrong and what would be right.
        why: String,
    },
    /// The device's connection is in the wrong state (publish or disconnect while offline, connect while connected).
    WrongState,
    /// A limit of the config is reached.
    Limit {
        /// Name of the limit.
        name: String,
        /// Its value.
        value: u64,
    },
    /// There is no such scene.
    NoSuchScene,
    /// There is no such rule.
    NoSuchRule,
    /// The packet is no longer on its way.
    NotUnderWay,
    /// The step is later than the present, or so long ago that it is forgotten.
    BeyondHorizon {
        /// The earliest step that can be seen.
        horizon: Step,
    },
    /// Nothing was forked.
    NoOtherFuture,
    /// The page and the worker are of different builds: reload.
    OtherBuild {
        /// The worker's build.
        worker: String,
    },
    /// There is no relay to do this with.
    NoRelay,
}

/// The world through a lens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Counts changes of anything that could be seen. For `Look`'s `since`.
    pub revision: u64,
    /// Steps done by the world that is shown.
    pub step: Step,
    /// The world's time.
    pub now: Micros,
    /// How time runs.
    pub pace: PaceView,
    /// Something is under way that `Step` would move.
    pub can_step: bool,
    /// Number of the oldest row that is kept (the horizon).
    pub first_row: RowNo,
    /// Number that the next row will get: `end_row - first_row` rows are kept.
    pub end_row: RowNo,
    /// The window of rows, in order.
    pub rows: Vec<Row>,
    /// All devices that are in the world or have a session, simulated first, each kind in order of appearance. At most 200.
    pub devices: Vec<DeviceView>,
    /// Devices that are in the world but not in the list.
    pub more_devices: u32,
    /// The packet of the inspector.
    pub packet: Option<PacketView>,
    /// Where the inspector's message came from and what became of it, when that was asked for and is known.
    #[serde(default)]
    pub lineage: Option<LineageView>,
    /// The session of the chosen device.
    pub session: Option<SessionView>,
    /// Topics seen of late, by name. At most 500.
    pub topics: Vec<TopicView>,
    /// Buckets of the timeline.
    pub timeline: Vec<TimelineBucket>,
    /// The relay.
    pub relay: RelayView,
    /// How the broker chooses where the standards leave a choice.
    #[serde(default)]
    pub mode: ModeView,
    /// Who may connect, and who may do what.
    #[serde(default)]
    pub access: AccessView,
    /// The scene that is loaded.
    pub scene: Option<SceneView>,
    /// The earliest step that can be seen again.
    #[serde(default)]
    pub horizon: Step,
    /// Steps done by the living world, whichever step is shown.
    #[serde(default)]
    pub present: Step,
    /// The step that is shown, when it is not the present.
    #[serde(default)]
    pub past: Option<Step>,
    /// Rules, oldest first.
    #[serde(default)]
    pub rules: Vec<RuleView>,
    /// The break-point that has paused the world, until time runs again.
    #[serde(default)]
    pub halted_by: Option<RuleId>,
    /// PINGREQ of real devices is answered while the world is paused.
    #[serde(default)]
    pub answers_pings: bool,
    /// What was tried last, or is being tried.
    #[serde(default)]
    pub explorer: Option<ExplorerView>,
    /// The other future of the last fork.
    #[serde(default)]
    pub other: Option<OtherView>,
    /// The capture that is shown instead of the world. It can be looked at and exported, not changed.
    #[serde(default)]
    pub recording: Option<crate::RecordingView>,
    /// Totals since the world began.
    pub counters: Counters,
}

/// How time runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaceView(pub PaceWanted);

impl Default for PaceView {
    fn default() -> Self {
        PaceView(PaceWanted::Paused)
    }
}

/// How the broker chooses where the standards leave a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeView {
    /// By the letter, else friendly.
    pub strict: bool,
    /// It tells what strict would have refused.
    pub explain: bool,
}

/// Who may connect and who may do what, in numbers. Of what is kept of passwords nothing is ever shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    /// Clients without a User Name may connect.
    pub allow_anonymous: bool,
    /// Users with a password; `None`: User Names are not checked.
    pub password_users: Option<u32>,
    /// Users of SCRAM-SHA-256; `None`: it is not offered.
    pub scram_users: Option<u32>,
    /// Rules of the file of rights; `None`: everybody may do everything.
    pub acl_rules: Option<u32>,
}

impl Default for AccessView {
    fn default() -> AccessView {
        AccessView { allow_anonymous: true, password_users: None, scram_users: None, acl_rules: None }
    }
}

/// A scene.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SceneView {
    /// Its name, as in `LoadScene`.
    pub name: String,
    /// It waits before its first event: `Step` or a running pace begins it.
    pub waiting: bool,
    /// Its title, when it has one.
    #[serde(default)]
    pub title: String,
    /// What it says of itself, a paragraph each.
    #[serde(default)]
    pub text: Vec<String>,
}

/// The other future of the last fork.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OtherView {
    /// The step at which the two part.
    pub forked_at: Step,
    /// Where the other one ended.
    pub end: Step,
    /// The first row that differs, when a comparison was asked for; `None`: none does so far.
    pub first_difference: Option<RowNo>,
    /// Rows of the other future from the first difference on, when a comparison was asked for. At most 500.
    pub rows: Vec<Row>,
}

/// Simulated or real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    /// Lives in the page.
    #[default]
    Simulated,
    /// Came through the relay.
    Real,
}

/// State of a device's connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceState {
    /// It has no connection.
    #[default]
    Offline,
    /// A connection, but no CONNACK yet.
    Connecting,
    /// MQTT runs.
    Connected,
}

/// A device as the list shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Its number, the `device` of its rows.
    pub id: DeviceId,
    /// Client Identifier; before CONNECT the address of the other end.
    pub name: String,
    /// Simulated or real.
    pub kind: DeviceKind,
    /// State of its connection.
    pub state: DeviceState,
    /// Since when.
    pub since: Micros,
    /// Protocol version, when it is known.
    pub protocol: Option<Protocol>,
    /// `tcp`, `ws` or `sim`.
    pub transport: String,
    /// Address of the other end, empty for a simulated device.
    pub peer: String,
    /// The broker holds a session for it.
    pub has_session: bool,
    /// That session outlives the connection.
    pub persistent: bool,
    /// Subscriptions of the session.
    pub subscriptions: u32,
    /// Outgoing messages that are not acknowledged (broker → device).
    pub in_flight_out: u32,
    /// Incoming QoS 2 messages that are not released (device → broker).
    pub in_flight_in: u32,
    /// Messages that wait in the session's queue.
    pub queued: u32,
    /// Nothing arrives on its link in either direction, and neither end is told.
    #[serde(default)]
    pub silent: bool,
    /// Packets the device has sent.
    pub packets_in: u64,
    /// Packets the broker has sent to it.
    pub packets_out: u64,
}

/// Direction of a message, seen from the broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Device → broker.
    #[default]
    In,
    /// Broker → device.
    Out,
}

/// Phase of a QoS exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlotPhase {
    /// Out, QoS 1: PUBLISH sent, PUBACK awaited.
    AwaitsPuback,
    /// Out, QoS 2: PUBLISH sent, PUBREC awaited.
    AwaitsPubrec,
    /// Out, QoS 2: PUBREL sent, PUBCOMP awaited.
    AwaitsPubcomp,
    /// In, QoS 2: PUBREC sent, PUBREL awaited.
    AwaitsPubrel,
}

/// One message in flight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotView {
    /// Direction.
    pub direction: Direction,
    /// Packet Identifier.
    pub packet_id: u16,
    /// Phase.
    pub phase: SlotPhase,
    /// Topic, where it is still known.
    pub topic: Option<String>,
    /// How often its PUBLISH or PUBREL was sent again.
    pub resent: u32,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionView {
    /// Topic Filter.
    pub filter: String,
    /// Granted QoS.
    pub qos: u8,
    /// No Local.
    pub no_local: bool,
    /// Retain As Published.
    pub retain_as_published: bool,
    /// Subscription Identifier.
    pub identifier: Option<u32>,
}

/// A session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionView {
    /// Whose.
    pub device: DeviceId,
    /// Client Identifier.
    pub client_id: String,
    /// User Name whose rights count for it.
    #[serde(default)]
    pub user: Option<String>,
    /// Messages in flight, both directions. At most 100.
    pub slots: Vec<SlotView>,
    /// Messages in flight to the client, all of them.
    pub in_flight_out: u32,
    /// The client's Receive Maximum.
    pub receive_maximum: u16,
    /// Messages in the queue.
    pub queued: u32,
    /// Seconds that the session outlives its connection; `None`: for ever.
    pub expiry: Option<u32>,
    /// World time at which it expires, when it is offline.
    pub expires_at: Option<Micros>,
    /// Keep Alive in seconds; 0: off.
    pub keep_alive: u16,
    /// World time at which the broker gives up on the client.
    pub keep_alive_until: Option<Micros>,
    /// Topic of the will and its payload as text.
    pub will: Option<(String, String)>,
    /// Subscriptions. At most 100.
    pub subscriptions: Vec<SubscriptionView>,
}

/// A packet taken apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PacketView {
    /// Its row.
    pub row: Row,
    /// Its bytes, at most the first 4,096 that were kept.
    pub bytes: Vec<u8>,
    /// Its named ranges, in order; a range of depth n+1 lies within the last one of depth n before it.
    pub fields: Vec<ByteField>,
    /// What is wrong with it, as a whole sentence.
    pub fault: Option<String>,
    /// Rows of the same flow, in order. At most 50.
    pub flow: Vec<(RowNo, Kind)>,
}

/// A named range of bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByteField {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// Nesting, from 0.
    pub depth: u8,
    /// Key of the field, lower case with dots, e.g. `fixed.type`, `publish.topic`, `property.receive_maximum`.
    pub key: String,
    /// Its value as text.
    pub value: String,
}

/// A topic that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicView {
    /// Topic name.
    pub topic: String,
    /// The beginning of its last payload as text (at most 64 characters), or `None` when it is no UTF-8.
    pub value: Option<String>,
    /// Length of that payload.
    pub len: u32,
    /// The broker keeps a retained message for it.
    pub retained: bool,
}

/// One bucket of the timeline: how many rows of which sort fall in an equal share of the kept time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineBucket {
    /// First row in it.
    pub row: RowNo,
    /// The step in which that row began.
    #[serde(default)]
    pub step: Step,
    /// PUBLISH packets.
    pub publish: u32,
    /// Other packets.
    pub other: u32,
    /// Faults: bad bytes, drops, connections that were lost.
    pub fault: u32,
}

/// The relay as the user sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum RelayView {
    /// There is none: the page works with simulated devices.
    #[default]
    None,
    /// On the way to it, for the `tries`th time.
    Connecting {
        /// From 1.
        tries: u32,
    },
    /// Devices can connect.
    Live {
        /// Addresses for MQTT over WebSocket.
        ws: Vec<String>,
        /// Addresses for MQTT over TCP.
        tcp: Vec<String>,
    },
    /// Another tab holds the broker.
    HeldElsewhere,
    /// Another tab took the broker's place.
    TakenOver,
    /// The relay is of another build: reload, or start the relay anew.
    OtherBuild {
        /// The relay's build.
        relay: String,
    },
}

/// Totals since the world began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Packets from devices.
    pub packets_in: u64,
    /// Packets to devices.
    pub packets_out: u64,
    /// Bytes from devices.
    pub bytes_in: u64,
    /// Bytes to devices.
    pub bytes_out: u64,
    /// PUBLISH packets from devices.
    pub published: u64,
    /// PUBLISH packets to devices.
    pub delivered: u64,
    /// Messages dropped, all reasons.
    pub dropped: u64,
    /// Rows that fell off the ring.
    pub rows_forgotten: u64,
}
