//! Fixed words: buttons, headings, hints.

macro_rules! words {
    ($($name:ident = $text:expr;)*) => { $(pub(crate) const $name: &str = $text;)* };
}

words! {
    // Header.
    CONNECT_A_DEVICE = "Connect a device";
    TAKE_OVER = "Take over";
    LIVE = "Live";
    STEP_MODE = "Step";
    PACE_LABEL = "How time runs";
    THEME = "Switch between light and dark";
    HELP = "Keyboard shortcuts";
    RELAY = "Relay";

    // Devices.
    DEVICES = "Devices";
    DEVICE = "device";
    ADD = "+ Add";
    ADD_A_DEVICE = "Add a simulated device";
    REAL = "real";
    NO_DEVICES = "No devices yet. Add a simulated one, or connect a real one.";
    CONNECT = "Connect";
    DISCONNECT = "Disconnect";
    REMOVE = "Remove";
    PUBLISH_AS = "Publish…";
    BROKER = "broker";
    YOU = "you";

    // Topics.
    TOPICS = "Topics";
    RETAINED = "retained";
    NO_TOPICS = "Topics show here once something is published.";
    EMPTY = "empty";
    BINARY = "binary";

    // Ladder.
    LADDER = "Ladder";
    LADDER_HELP = "Packets between the devices and the broker, in order. Arrow keys choose a packet.";
    LADDER_ROWS = "Packets in sight, as a list";
    LADDER_EMPTY = "Nothing has happened yet.";
    LADDER_EMPTY_HINT = "Add a device, connect a real one, or publish something below.";
    LOAD_CAR_LOCK = "Load the car lock";
    NOW = "now";
    THEN = "then";
    FOLLOW = "Follow the present";

    // Scene card.
    HIDE = "Hide";
    SCENE_UNKNOWN = "A scene is ready";
    SCENE_HOW = "Press Step, or the space bar, for one packet at a time; Play runs it slowly.";
    SCENE_START = "Step ▶";

    // Inspector.
    PACKET = "Packet";
    EVENT = "Event";
    NO_PACKET = "Choose a packet on the ladder to see its fields and bytes.";
    PACKET_GONE = "This packet is no longer kept.";
    TYPE = "Type";
    FROM_TO = "From, to";
    FLAGS = "Flags";
    TOPIC = "Topic";
    PACKET_ID = "Packet id";
    PAYLOAD = "Payload";
    SIZE = "Size";
    FATE = "Status";
    FACTS = "Says";
    HAPPENED = "What it did";
    LINEAGE = "Who got it, and why";
    NO_MESSAGE = "The message has not come to the broker yet.";
    PROOF = "Rules of the standard";
    NO_TABLE = "The table of rules could not be loaded.";
    LOADING = "Loading …";
    SHOW = "Show";
    // Scenes and files.
    TAB_FILES = "Scenes, files";
    SCENES = "Scenes";
    OWN_SCENE = "A scene of your own";
    OWN_SCENE_ABOUT = "Devices, actions, faults and expectations as text; docs/scenario.md has the words.";
    OWN_SCENE_HINT = "title My scene";
    LOAD_TEXT = "Load this text";
    JUDGE = "Does it hold what it expects?";
    THE_RUN = "This run";
    THE_RUN_ABOUT = "The whole run from its beginning, to be replayed elsewhere byte for byte. It holds what devices have sent, passwords too.";
    RECORD = "Save as a file";
    SHARE = "Make a link";
    LINK_ABOUT = "The run is in the part behind #, which no server sees.";
    REPLAY = "Open a recorded run …";
    CAPTURE = "A capture of others";
    CAPTURE_ABOUT = "A pcap or pcapng with MQTT in it becomes a ladder. There is no broker in it: sessions and queues are not known.";
    IMPORT = "Open a capture …";
    EXPORT = "Save the ladder for other tools";
    FORMAT = "Format";
    SAVE = "Save";
    MASK = "put * in the place of passwords";
    RECORDING = "A capture is shown.";
    RECORDING_HINT = "The world goes on behind it.";
    CLOSE_RECORDING = "Back to the world";
    // Explorer.
    TAB_EXPLORER = "Explorer";
    EXPLORER_ABOUT = "Can a message get lost, arrive twice, or out of order? Every placement of faults on the packets of the simulated devices is tried, each in a world of its own, from the first message on. Up to three devices, up to three messages.";
    AT_ONCE = "Faults at once";
    ONE_FAULT = "one";
    TWO_FAULTS = "up to two";
    TRY_CUT = "cut a connection before or after a packet";
    TRY_DOUBLE = "double a packet";
    TRY_DROP = "drop a packet alone (no TCP does this)";
    EXPLORE = "Try them all";
    STOP = "Stop";
    RESULT = "What came of it";
    PROGRESS = "How much of it is tried";
    FAULTS_AT_ONCE = "Faults";
    WORLDS = "Worlds";
    LOST = "Lost";
    TWICE = "Twice";
    OUT_OF_ORDER = "Out of order";
    FINDINGS = "Shortest counter-examples";
    NO_FINDINGS = "None: each message arrived once and in order in all of these worlds.";
    OPEN = "Open as a ladder";
    FIELDS = "Fields";
    HANDSHAKE = "Exchange";
    STATE_SENT = "sent";
    STATE_RECEIVED = "received";
    STATE_COMPLETE = "complete";
    STATE_AGAIN = "sent again";

    // Session.
    SESSION_OF = "Session of";
    NO_SESSION = "The broker holds no session for this device.";
    NO_DEVICE = "Choose a device to see its session.";
    IN_FLIGHT = "In flight";
    QUEUED = "Queue";
    EXPIRES = "Expires";
    KEEP_ALIVE = "Keep alive";
    WILL = "Will";
    NONE = "none";
    OFF = "off";
    SUBSCRIPTIONS = "Subscriptions";
    EXCHANGES = "Open exchanges";

    // Footer.
    STEP = "Step ▶";
    PLAY = "Play";
    PAUSE = "Pause";
    SPEED = "Speed";
    SPEED_LIVE = "1× (live)";
    SPEED_TENTH = "1/10";
    SPEED_HUNDREDTH = "1/100";
    SPEED_BEAT = "a packet every 0.7 s";
    TIMELINE = "Packets and faults in the order in which they came";
    RESTART = "Restart scene";
    CLEAR = "Clear";

    // Publish.
    PUBLISH = "Publish";
    AS_WHOM = "as";
    QOS = "QoS";
    RETAIN = "retain";
    TOPIC_HINT = "topic, e.g. car/Car001/lock";
    PAYLOAD_HINT = "payload";

    // Add a device.
    ROLE = "What it does";
    ROLE_PUBLISHER = "publishes";
    ROLE_SUBSCRIBER = "subscribes";
    CLIENT_ID = "Client id";
    VERSION = "Version";
    FILTER = "Topic filter";
    EVERY = "Every, in milliseconds";
    EVERY_WRONG = "a whole number of milliseconds is wanted, 0 for once";
    EVERY_HINT = "0: once";
    PAYLOAD_COUNTER = "{n} counts from 1";
    CLEAN_START = "Begin with a clean session";
    CANCEL = "Cancel";
    ADD_IT = "Add";

    // Connect.
    CONNECT_TITLE = "Connect a real device";
    CONNECT_LIVE = "Any MQTT client of version 3.1, 3.1.1 or 5.0 can connect to the broker in this tab. Keep the tab open.";
    CONNECT_NONE = "A browser tab cannot listen for devices by itself. Start the relay on this machine, then open the address it prints:";
    CONNECT_WAIT = "No device can connect now:";
    RELAY_COMMAND = "cargo xtask serve";
    WEBSOCKET = "MQTT over WebSocket";
    TCP = "MQTT over TCP";
    SHELL = "In a terminal, with the mosquitto clients";
    MQTTJS = "In JavaScript, with MQTT.js";
    COPY = "Copy";
    COPIED = "Copied";
    CLOSE = "Close";

    // Small screens.
    SECTIONS = "Sections";
    SECTION_DEVICES = "Devices";
    SECTION_LADDER = "Ladder";
    SECTION_PACKET = "Packet";

    // Shortcuts.
    KEY_STEP = "Step: on to the next packet";
    KEY_PLAY = "Play or pause";
    KEY_LIVE = "Live: time runs with the clock";
    KEY_ROWS = "Previous or next packet";
    KEY_END = "Back to the present";
    KEY_HELP = "This sheet";
    KEY_ESC = "Close a dialog; give up the choice on the ladder";
    SPACE = "Space";

    KEY_FAULT = "What can be done to the packet: hold, drop, cut…";

    // What the middle column shows.
    TABS = "What the middle shows";
    TAB_RULES = "Rules";
    TAB_COMPOSER = "Composer";
    TAB_ACCESS = "Access";
    TAB_COMPARE = "Compare";

    // How far a step goes.
    STEP_TO = "A step goes to the next";
    TO_PACKET = "packet";
    TO_DEVICE = "of this device";
    TO_FLOW = "of this exchange";
    TO_BREAK = "break-point";

    // The past.
    PAST_TITLE = "You look at the past.";
    PAST_HINT = "This is the past: nothing can be done to it. Go back to now, or fork here and go another way.";
    BACK_TO_NOW = "Back to now";
    FORK = "Fork here";
    FORK_HINT = "Make this moment the present. The future it had is kept beside the new one; real devices are closed, for a device cannot be rewound.";
    EARLIER = "One step back";
    LATER = "One step on";
    SCRUB = "Where in time: arrow keys go by a step, End goes back to now";
    OTHER_FUTURE = "There is another future.";
    SWITCH = "Switch to it";
    COMPARE = "Compare";
    THIS_FUTURE = "This future";
    THE_OTHER = "The other";
    SAME_SO_FAR = "So far nothing differs but how far the two have come.";
    NOTHING_YET = "nothing yet";
    GO_ON = "Go on";
    ANSWER_PINGS_SHORT = "answer pings";
    ANSWER_PINGS = "While paused, answer PINGREQ of real devices so that they stay";

    // What can be done to a packet.
    TOUCH = "Do something to it…";
    TOUCH_TITLE = "What shall happen to this packet?";
    TOUCH_OVER = "It is no longer on its way: nothing can be done to it. A rule can strike the next one like it.";
    TOUCH_UNDER_WAY = "It is on its way. A link keeps the order of its packets: what is behind this one waits with it.";
    HOLD = "Hold it";
    RELEASE = "Release: let it go on";
    CUT_TITLE = "Cut the connection: what really happens to devices";
    CUT_BEFORE = "before it arrives";
    CUT_INSIDE = "inside it, after";
    CUT_AFTER = "after it";
    SILENCE_IT = "or let the link fall silent, and tell nobody";
    BEND_TITLE = "Bend what a network keeps straight";
    DOUBLE = "Double it";
    SWAP = "Let the next one overtake it";
    DELAY = "Delay it by";
    CORRUPT = "Change byte";
    DROP = "Drop it, and let the connection go on";
    DROP_HINT = "TCP does not lose packets. A broken middle-box does, or a crash between two layers.";
    MILLIS = "ms";
    BYTES = "bytes";
    MAKE_RULE = "Make a rule of it…";
    LOOK_BACK = "Look at this moment";
    TO_NEXT_OF_FLOW = "Step to the next of its exchange";

    // A device's link.
    LINK_CUT = "Cut link";
    LINK_SILENCE = "Silence";
    LINK_HEAL = "Heal link";
    LINK_SILENT = "silent";
    SEND_BYTES = "Compose…";
    NEXT_PACKET = "Next packet ▶";

    // Rules.
    FAULTS = "Rules";
    NO_RULES = "No rule is armed: every packet goes its way.";
    RULES_ABOUT = "A rule watches packets as they set out, and does something to those that match. Real devices pass the same links as simulated ones.";
    PRESETS = "Arm at once";
    ARMED = "Armed";
    NEW_RULE = "A rule of your own";
    ARM = "Arm";
    SPENT = "spent";
    ANY_DEVICE = "any device";
    ANY = "any";
    RULE_DEVICE = "Device";
    RULE_WAY = "Direction";
    WAY_BOTH = "both";
    WAY_IN = "to the broker";
    WAY_OUT = "from the broker";
    RULE_KINDS = "Packets";
    RULE_KINDS_HINT = "none chosen: all";
    RULE_ID_HINT = "any";
    YES = "yes";
    NO = "no";
    DUP = "DUP";
    RULE_SKIP = "Leave alone first";
    RULE_TIMES = "Strike how often";
    RULE_TIMES_HINT = "always";
    RULE_CHANCE = "Chance, in percent";
    RULE_SECONDS = "For how many seconds";
    RULE_SECONDS_HINT = "for ever";
    RULE_ACTION = "What happens";
    AMOUNT_MILLIS = "Milliseconds";
    AMOUNT_AT = "Which byte, from 0";
    AMOUNT_BYTES = "Bytes that still arrive";

    // Composer.
    COMPOSER_ABOUT = "Sends any bytes over a device's connection, legal or not, as if the device or the broker had sent them. The other end finds out.";
    COMPOSE_AS = "Over the link of";
    COMPOSE_NOBODY = "Nobody is connected. Add a device, or connect one.";
    COMPOSE_WAY = "As if sent by";
    BY_DEVICE = "the device";
    BY_BROKER = "the broker";
    COMPOSE_KIND = "Packet";
    COMPOSE_CODES = "Codes";
    COMPOSE_HEX = "Bytes, in hexadecimal";
    COMPOSE_SEND = "Send";
    ONLY_SIMULATED = "A real device cannot be made to send: what it sends, it sends itself.";

    // Access.
    ACCESS_ABOUT = "Who may connect, and who may do what: the texts of mosquitto's own files. A change holds at once, for those who are connected, too.";
    PASSWORD_FILE = "password_file";
    PASSWORD_HINT = "phone:$7$101$…  (made by mosquitto_passwd); empty: user names are not checked";
    ACL_FILE = "acl_file";
    ACL_HINT = "user phone  /  topic readwrite car/#  /  pattern read state/%c; empty: everybody may do everything";
    SCRAM_FILE = "SCRAM users";
    SCRAM_HINT = "phone:SCRAM-SHA-256$4096:salt$StoredKey:ServerKey; empty: SCRAM is not offered";
    ALLOW_ANONYMOUS = "Clients without a user name may connect";
    APPLY = "Apply";
    APPLIED = "This holds now.";
    MODE = "Where the standards leave a choice";
    FRIENDLY = "Friendly";
    STRICT = "Strict";
    EXPLAIN = "Explain: be friendly, and tell where strict would have refused";
    USER_NAME = "User name";
    PASSWORD = "Password";
    SCRAM = "Prove the password by SCRAM-SHA-256 instead of sending it (v5)";

    // Life and death.
    STARTING = "Starting the broker…";
    DISMISS = "Dismiss";
    BUSY = "The broker is busy: this was not sent. Try again in a moment.";
    BRIDGE_BROKEN = "The page and its broker do not understand each other. Reload the page.";
}
