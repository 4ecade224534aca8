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
    FOLLOW = "Follow the present";

    // Scene card.
    HIDE = "Hide";
    SCENE_UNKNOWN = "A scene is ready";
    SCENE_UNKNOWN_TEXT = "It waits before its first packet.";
    CAR_LOCK = "QoS 2: a phone locks a car";
    CAR_LOCK_TEXT = "A phone asks Car001 to lock, the broker passes the message on, and the car confirms. \
        Each message goes over exactly once, in four packets per link.";
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
    TIMELINE = "Timeline: click to go there on the ladder";
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

    // Life and death.
    STARTING = "Starting the broker…";
    DISMISS = "Dismiss";
    BUSY = "The broker is busy: this was not sent. Try again in a moment.";
    BRIDGE_BROKEN = "The page and its broker do not understand each other. Reload the page.";
}
