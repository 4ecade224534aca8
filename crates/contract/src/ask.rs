//! What the page says to the worker.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::{Fault, FaultRule, LinkAction, RowNo, RuleId, Step};

/// Number of a device, from 1, never used twice in one world.
pub type DeviceId = u32;

/// One question or command of the page. The worker answers each with one [`crate::Report`] of the same `id`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Chosen by the page, returned in the report.
    pub id: u32,
    /// What is asked.
    pub ask: Ask,
}

/// What the page may ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
// One ask is made at a time and taken apart at once: a box would only add an allocation.
#[allow(clippy::large_enum_variant)]
pub enum Ask {
    /// Show the world through this lens. Answered by `Seen` as soon as anything differs from revision `since`, at the latest after a
    /// second. Only the newest `Look` is kept waiting: an older one is answered at once when a newer one arrives. A page that has
    /// nothing yet sends `since: 0`, which is always answered at once.
    Look {
        /// What the page is looking at.
        lens: Lens,
        /// The revision of the last `Seen` the page has applied.
        since: u64,
    },
    /// Do something. Answered by `Done`.
    Do(Command),
}

/// What the page is looking at. Cost follows the lens: what it does not name is not computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// The window of the ladder; `None`: no rows.
    pub rows: Option<RowsWanted>,
    /// The row whose packet the inspector shows.
    pub packet: Option<RowNo>,
    /// The device whose session is shown.
    pub session: Option<DeviceId>,
    /// The topic list is open.
    pub topics: bool,
    /// See the world as it was after this step, not as it is now. Rows are numbered alike; what came later is not among them.
    #[serde(default)]
    pub past: Option<Step>,
    /// Besides the packet of the inspector: where its message came from and what became of it for each session, and why.
    #[serde(default)]
    pub lineage: bool,
    /// Compare the living future with the other one of the last fork.
    #[serde(default)]
    pub compare: bool,
    /// Number of equal buckets of the timeline over all rows that are kept; 0: none. At most 1,000.
    pub timeline: u32,
}

/// A window of rows. At most 500 rows are returned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum RowsWanted {
    /// The newest `count` rows.
    Last {
        /// How many.
        count: u32,
    },
    /// `count` rows beginning with row `from`, or with the oldest that is kept.
    From {
        /// First row.
        from: RowNo,
        /// How many.
        count: u32,
    },
}

/// What the page may have done. Every command is answered by `Done`, with the reason when it is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// How time runs from now on.
    Pace(PaceWanted),
    /// Pause if need be, start a scene that waits, and let the world go on until one packet has arrived or one noted thing has
    /// happened. Refused with `NothingToStep` when nothing is due.
    Step,
    /// Begin again with an empty world; simulated devices and recording are gone, real devices are closed and may come back.
    Clear,
    /// Begin again with a built-in scene, waiting before its first event. Known: those in `www/lessons`, by the names of their files without the ending.
    LoadScene(String),
    /// Begin again with the scenario of this text (docs/scenario.md), waiting before its first event. Refused with `BadField` that tells
    /// line and column and what is expected there; then nothing has changed.
    LoadText(String),
    /// Hold what the scene expects against what has happened so far. Answered with `Answer::Judged`.
    Judge,
    /// The whole run from its beginning as a file, to be replayed elsewhere byte for byte. Answered with `Answer::File`; refused with
    /// `BeyondHorizon` when its beginning is forgotten. It holds what devices sent, passwords too.
    Record,
    /// The same as text for the fragment of a link. Answered with `Answer::Link`; refused with `Limit` when it is too long for one.
    Share,
    /// Begin again with a recorded run, paused at its end: the bytes of its file, or the text of its link.
    Replay {
        /// As `Record` or `Share` gave them.
        #[serde(with = "crate::blob")]
        bytes: Vec<u8>,
    },
    /// The rows that are kept, of the world or of the recording that is shown, as a file for other tools. Answered with `Answer::File`.
    Export {
        /// Which kind.
        format: crate::ExportFormat,
        /// Put as many `*` in the place of passwords and of Authentication Data.
        mask_passwords: bool,
    },
    /// Show a capture of MQTT traffic (pcap or pcapng) instead of the world, until `CloseRecording`, `Clear` or the next scene; the world
    /// goes on meanwhile. Refused with `BadField` that tells the place in the file.
    Import {
        /// Name of the file, to be shown.
        name: String,
        /// The file.
        #[serde(with = "crate::blob")]
        bytes: Vec<u8>,
    },
    /// Show the world again.
    CloseRecording,
    /// Put a simulated device into the world and let it connect. Answered with `Answer::Device`.
    AddDevice(DeviceSpec),
    /// Take a simulated device out of the world. Its rows stay.
    RemoveDevice(DeviceId),
    /// Let a simulated device connect (again).
    Connect(DeviceId),
    /// End a device's connection: a simulated one says DISCONNECT, a real one is closed by the broker.
    Disconnect(DeviceId),
    /// Publish as a simulated device, or, without one, as the device `you`, which is made and connected when it is first needed.
    Publish {
        /// Who publishes; `None`: `you`.
        device: Option<DeviceId>,
        /// Topic name.
        topic: String,
        /// Payload.
        payload: Vec<u8>,
        /// 0, 1 or 2.
        qos: u8,
        /// Keep it as the topic's retained message.
        retain: bool,
    },
    /// Arm a rule. Answered with `Answer::Rule`.
    AddRule(FaultRule),
    /// Forget a rule. What it has struck stays struck.
    RemoveRule(RuleId),
    /// Do something to one packet that is under way or held; `None`: let it go on as if nothing had been planned for it. Refused with
    /// `NotUnderWay` when it has arrived or is lost.
    Touch {
        /// Its row.
        row: RowNo,
        /// What is done to it.
        fault: Option<Fault>,
    },
    /// Do something to a device's connection.
    Link {
        /// Which device.
        device: DeviceId,
        /// What is done.
        action: LinkAction,
    },
    /// Send these bytes as they are, legal or not, over a device's connection.
    Inject {
        /// Which device.
        device: DeviceId,
        /// As if the device had sent them, else as if the broker had. Only a simulated device can be made to send.
        to_broker: bool,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Pause if need be, and let the world go on until this has moved. Refused like `Step`.
    StepTo(StepTo),
    /// Answer PINGREQ of real devices while the world is paused, so that they stay; on at the beginning.
    AnswerPings(bool),
    /// Make the world as it was after this step the living one. The future it had is kept beside the new one, and real devices are
    /// closed, for a device cannot be rewound. Refused with `BeyondHorizon`.
    Fork {
        /// Steps done.
        step: Step,
    },
    /// Try every placement of a few faults on the packets of the simulated devices that are in the world: can their messages get lost,
    /// arrive twice, come out of order? Goes on beside everything else; `Seen::explorer` tells how far it is.
    Explore(ExploreWanted),
    /// Stop trying; what was found stays.
    StopExploring,
    /// Begin again with the house of a finding and its faults in place, waiting before its first event. Refused with `NoSuchScene`.
    OpenFinding(u32),
    /// Live in the other future of the last fork. Refused with `NoOtherFuture`.
    Switch,
    /// How the broker chooses where the standards leave a choice, from now on.
    SetMode {
        /// By the letter, else friendly.
        strict: bool,
        /// Friendly, and tell what strict would have refused.
        explain: bool,
    },
    /// Who may connect to the broker, and who may do what, from now on. Refused with `BadField` that tells the line and what is expected
    /// there; then nothing has changed.
    SetAccess(AccessSpec),
    /// Attach to the relay at this WebSocket address (`ws://…/tunnel`). Done by the shell.
    Attach {
        /// Address of the relay's tunnel.
        url: String,
    },
    /// Take the broker's place from the tab that holds it.
    TakeOver,
    /// Sent by the page first of all; refused with `OtherBuild` when the builds differ.
    Hello {
        /// The page's [`crate::BUILD`].
        build: String,
    },
}

/// Who may connect to the broker, and who may do what: texts of files. The default is open: everybody may everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessSpec {
    /// A password_file as mosquitto_passwd writes it; `None`: User Names are not checked.
    pub password_file: Option<String>,
    /// An acl_file as mosquitto reads it; `None`: everybody who is connected may do everything.
    pub acl_file: Option<String>,
    /// Users of SCRAM-SHA-256, a line each: `user:SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`; `None`: it is not offered.
    pub scram_file: Option<String>,
    /// Clients without a User Name may connect.
    pub allow_anonymous: bool,
}

impl Default for AccessSpec {
    fn default() -> AccessSpec {
        AccessSpec { password_file: None, acl_file: None, scram_file: None, allow_anonymous: true }
    }
}

/// How far one press takes the world.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum StepTo {
    /// The next packet of this device, in either direction.
    Device(DeviceId),
    /// The next packet of this flow.
    Flow(u64),
    /// The next packet that a break-point strikes.
    Break,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExploreWanted {
    /// Faults at once, 0 to 2.
    pub faults: u8,
    /// A packet vanishes.
    pub drop: bool,
    /// The connection is cut before or after a packet.
    pub cut: bool,
    /// A packet arrives twice.
    pub double: bool,
}

/// How time runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PaceWanted {
    /// With the clock on the wall.
    Live,
    /// It stands.
    Paused,
    /// World time runs at `per_mille` thousandths of wall time, 1 to 10,000.
    Slow {
        /// Thousandths of wall time.
        per_mille: u32,
    },
    /// One packet every `millis` of wall time, however far apart they are in the world. 20 to 10,000.
    Beat {
        /// Milliseconds from one packet to the next.
        millis: u32,
    },
}

/// Protocol version of a simulated device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// MQTT 3.1, level 3.
    V31,
    /// MQTT 3.1.1, level 4.
    V311,
    /// MQTT 5.0, level 5.
    #[default]
    V5,
}

/// A simulated device: how it connects and what it does by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceSpec {
    /// Client Identifier, 1 to 65,535 bytes, none other in the world may have it.
    pub client_id: String,
    /// Protocol version.
    pub protocol: Protocol,
    /// Clean Start (v5) or Clean Session (v3).
    pub clean_start: bool,
    /// Session Expiry Interval in seconds, v5 only.
    pub session_expiry: u32,
    /// Keep Alive in seconds; 0: off.
    pub keep_alive: u16,
    /// Receive Maximum, v5 only; 0: not sent.
    pub receive_maximum: u16,
    /// User Name.
    #[serde(default)]
    pub user_name: Option<String>,
    /// Password. Before 5.0 only with a User Name.
    #[serde(default)]
    pub password: Option<String>,
    /// Prove the password with SCRAM-SHA-256 instead of sending it; v5 only, with User Name and Password.
    #[serde(default)]
    pub scram: bool,
    /// Will.
    pub will: Option<Will>,
    /// What it does.
    pub habits: Vec<Habit>,
    /// Leave the Client Identifier empty in CONNECT; the device gets the one that the broker assigns. `client_id` is its name until then.
    /// Not in 3.1, in 3.1.1 only with `clean_start`.
    #[serde(default)]
    pub asks_for_client_id: bool,
    /// Maximum Packet Size, v5 only; 0: not sent.
    #[serde(default)]
    pub maximum_packet_size: u32,
    /// Topic Alias Maximum, v5 only; 0: not sent.
    #[serde(default)]
    pub topic_alias_maximum: u16,
    /// Publish under Topic Aliases as far as the broker takes them; v5 only.
    #[serde(default)]
    pub uses_topic_aliases: bool,
    /// Request Response Information, v5 only; `None`: not sent.
    #[serde(default)]
    pub request_response_information: Option<bool>,
    /// Request Problem Information, v5 only; `None`: not sent.
    #[serde(default)]
    pub request_problem_information: Option<bool>,
    /// User Properties of CONNECT in their order, v5 only.
    #[serde(default)]
    pub user_properties: Vec<(String, String)>,
}

/// A will of a simulated device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Will {
    /// Topic name.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Retained.
    pub retain: bool,
    /// What only 5.0 has.
    #[serde(default)]
    pub properties: WillProperties,
}

/// Properties of a will; v5 only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WillProperties {
    /// Will Delay Interval in seconds; 0: not sent.
    pub delay: u32,
    /// The payload is UTF-8 text (Payload Format Indicator 1).
    pub is_text: bool,
    /// Message Expiry Interval in seconds.
    pub message_expiry: Option<u32>,
    /// Content Type.
    pub content_type: Option<String>,
    /// Response Topic, a Topic Name.
    pub response_topic: Option<String>,
    /// Correlation Data, at most 65,535 bytes.
    pub correlation_data: Option<Vec<u8>>,
    /// User Properties in their order.
    pub user_properties: Vec<(String, String)>,
}

/// What a simulated device does by itself once it is connected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Habit {
    /// Subscribe when connected.
    Subscribe {
        /// Topic Filter.
        filter: String,
        /// Maximum QoS, 0 to 2.
        qos: u8,
    },
    /// Publish. In the payload `{n}` stands for a counter from 1.
    Publish {
        /// Topic name.
        topic: String,
        /// Payload template.
        payload: String,
        /// 0, 1 or 2.
        qos: u8,
        /// Retained.
        retain: bool,
        /// Milliseconds from being connected and subscribed to the first one.
        after_ms: u32,
        /// Milliseconds from one to the next; 0: publish once.
        every_ms: u32,
    },
    /// Answer each message that matches the filter with a message of its own.
    Respond {
        /// Topic Filter of the request; the device subscribes to it when connected.
        filter: String,
        /// Maximum QoS of that subscription, 0 to 2.
        qos: u8,
        /// Topic name of the answer.
        topic: String,
        /// Payload of the answer.
        payload: String,
        /// QoS of the answer, 0 to 2.
        answer_qos: u8,
        /// The answer is retained.
        retain: bool,
    },
    /// Publish what an instrument measures.
    Measure {
        /// Topic name.
        topic: String,
        /// Payload template: `{v}` stands for the value, `{n}` for a counter from 1, `{id}` for the Client Identifier, `{ms}` for the
        /// milliseconds of world time.
        payload: String,
        /// How the value goes.
        wave: Wave,
        /// 0, 1 or 2.
        qos: u8,
        /// Retained.
        retain: bool,
        /// Milliseconds from being connected and subscribed to the first one.
        after_ms: u32,
        /// Milliseconds from one to the next, 10 or more.
        every_ms: u32,
    },
    /// Ask somebody with Response Topic and Correlation Data, a number counted from 1; v5 only.
    Request {
        /// Topic name of the request.
        topic: String,
        /// Payload template.
        payload: String,
        /// Response Topic; the device subscribes to it when connected.
        response_topic: String,
        /// QoS of the request and of that subscription, 0 to 2.
        qos: u8,
        /// Milliseconds from being connected and subscribed to the first one.
        after_ms: u32,
        /// Milliseconds from one to the next; 0: ask once.
        every_ms: u32,
    },
    /// Do what requests say and answer each that has a Response Topic there, with its Correlation Data.
    Serve {
        /// Topic Filter of the requests; the device subscribes to it when connected.
        filter: String,
        /// What it is.
        role: Role,
        /// Topic name under which it publishes its state, retained, when that changes.
        state: Option<String>,
        /// QoS of the subscription and of what it publishes, 0 to 2.
        qos: u8,
    },
    /// Go offline for a time, again and again.
    GoOffline {
        /// Milliseconds from being connected to going, 10 or more.
        after_ms: u32,
        /// Milliseconds to coming back, 10 or more.
        for_ms: u32,
        /// Say DISCONNECT before; else the connection just ends.
        politely: bool,
    },
    /// Acknowledge no message. A fault, to see what a broker does.
    NeverAcknowledge,
    /// Send each PUBACK, PUBREC and PUBCOMP twice. A fault.
    AcknowledgeTwice,
    /// Send a message that is not acknowledged again, with DUP, on the same connection, once. A fault in 5.0, not asked for in 3.1.1.
    ResendAlive {
        /// Milliseconds without an answer, 10 or more.
        after_ms: u32,
    },
    /// Give each message of QoS 1 or 2 the Packet Identifier 1, whether it is free or not. A fault.
    ReuseBusyId,
}

/// How a measured value goes, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wave {
    /// Up and down between two values.
    Sine {
        /// Lowest.
        min: i32,
        /// Highest.
        max: i32,
        /// Milliseconds from one top to the next, 100 or more.
        period_ms: u32,
    },
    /// From one value to the next by chance, a step at most; the same in every run of the same world.
    Walk {
        /// Lowest.
        min: i32,
        /// Highest.
        max: i32,
        /// The most that it changes at once, 1 or more.
        step: i32,
    },
}

/// What a device that answers requests is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Knows `lock` and `unlock`.
    CarLock,
    /// Knows `on`, `off` and `toggle`.
    LightBulb,
    /// Knows a number, the degrees wanted, 5 to 35.
    Thermostat,
}
