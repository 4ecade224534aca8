//! What must hold for every packet that the broker sends, whatever the test is about.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use mqtt::{Connect, Packet, PacketType, Place, Properties, QoS, ReasonCode, Sender, Version, topic};

/// A client's own account of one connection and of its session.
pub(crate) struct Oracle {
    version: Version,
    acknowledged: bool,
    last_word: bool,
    max_packet_size: usize,
    receive_maximum: usize,
    topic_alias_maximum: u16,
    problem_information: bool,
    response_information: bool,
    aliases: BTreeMap<u16, String>,
    /// Packet Identifiers that the broker may not use for a new message.
    open: BTreeSet<u16>,
    /// Those of them whose PUBREC was sent: only PUBREL may come.
    received: BTreeSet<u16>,
    /// Identifiers whose PUBLISH came on this connection.
    seen_here: HashSet<u16>,
    /// Messages that count against the Receive Maximum.
    under_way: BTreeSet<u16>,
    filters: BTreeSet<String>,
    /// Authentication Method of CONNECT.
    method: Option<String>,
    inherited: bool,
    /// A timer may send again on a live connection: 3.1 and 3.1.1 with the switch on.
    pub(crate) may_repeat: bool,
}

impl Oracle {
    pub(crate) fn new() -> Oracle {
        Oracle {
            version: Version::V5,
            acknowledged: false,
            last_word: false,
            max_packet_size: usize::MAX,
            receive_maximum: 65_535,
            topic_alias_maximum: 0,
            problem_information: true,
            response_information: false,
            aliases: BTreeMap::new(),
            open: BTreeSet::new(),
            received: BTreeSet::new(),
            seen_here: HashSet::new(),
            under_way: BTreeSet::new(),
            filters: BTreeSet::new(),
            method: None,
            inherited: false,
            may_repeat: false,
        }
    }

    /// A new connection of the same client: what belongs to the session stays.
    pub(crate) fn reconnect(&mut self) {
        let old = std::mem::replace(self, Oracle::new());
        *self = Oracle { open: old.open, received: old.received, filters: old.filters, may_repeat: old.may_repeat, ..Oracle::new() };
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn expect_version(&mut self, version: Version) {
        self.version = version;
    }

    /// The broker has closed without a word or after its last one.
    pub(crate) fn closed(&mut self) {
        self.last_word = true;
    }

    /// The client sends a packet.
    pub(crate) fn sent(&mut self, packet: &Packet<'_>) {
        match packet {
            Packet::Connect(connect) => self.sent_connect(connect),
            Packet::Subscribe(subscribe) => self.filters.extend(subscribe.filters.iter().map(|it| it.filter.as_str().to_owned())),
            Packet::Puback(ack) | Packet::Pubcomp(ack) => self.free(ack.packet_id.get()),
            Packet::Pubrec(ack) if ack.reason.is_error() => self.free(ack.packet_id.get()),
            Packet::Pubrec(ack) => drop(self.received.insert(ack.packet_id.get())),
            _ => {}
        }
    }

    fn sent_connect(&mut self, connect: &Connect<'_>) {
        self.version = connect.version;
        let asked = connect.properties;
        self.max_packet_size = asked.maximum_packet_size().map_or(usize::MAX, |n| n as usize);
        self.receive_maximum = asked.receive_maximum().map_or(65_535, usize::from);
        self.topic_alias_maximum = asked.topic_alias_maximum().unwrap_or(0);
        self.method = asked.authentication_method().map(|method| method.as_str().to_owned());
        self.problem_information = asked.request_problem_information() != Some(0);
        self.response_information = asked.request_response_information() == Some(1);
    }

    fn free(&mut self, id: u16) {
        self.open.remove(&id);
        self.received.remove(&id);
        self.under_way.remove(&id);
    }

    /// The broker sends a packet of `len` bytes.
    pub(crate) fn came(&mut self, packet: &Packet<'_>, len: usize) {
        assert!(!self.last_word, "a {} after the last word", packet.kind());
        assert!(len <= self.max_packet_size, "a {} of {len} bytes, the client takes {}", packet.kind(), self.max_packet_size);
        assert!(packet.kind().sent_by(Sender::Server, self.version), "a {} from a server", packet.kind());
        if let (Packet::Auth(auth), false) = (packet, self.acknowledged) {
            // [MQTT-4.12.0-2]
            assert_eq!(auth.reason, ReasonCode::ContinueAuthentication, "a challenge");
            return self.auth(auth);
        }
        assert_eq!(packet.kind() == PacketType::Connack, !self.acknowledged, "CONNACK comes first and once");
        self.acknowledged = true;
        match packet {
            Packet::Connack(connack) => {
                self.code(connack.reason, PacketType::Connack);
                assert!(!connack.reason.is_error() || !connack.session_present, "no session when refused");
                assert!(self.response_information || connack.properties.response_information().is_none(), "nobody asked for it");
                self.properties(connack.properties, Place::Connack);
                // [MQTT-4.12.0-5, MQTT-4.12.0-6]
                let method = connack.properties.authentication_method().map(|method| method.as_str());
                let expected = self.method.as_deref().filter(|_| !connack.reason.is_error());
                assert_eq!(method, expected, "the method in CONNACK");
                if !connack.session_present && self.version != Version::V31 {
                    (self.open, self.received, self.filters) = Default::default();
                }
                self.inherited = connack.session_present || self.version == Version::V31;
                self.last_word = connack.reason.is_error();
            }
            Packet::Publish(publish) => self.publish(publish),
            Packet::Auth(auth) => self.auth(auth),
            Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
                self.code(ack.reason, packet.kind());
                self.properties(ack.properties, Place::of(packet.kind()).expect("acknowledgements have properties"));
            }
            Packet::Suback(suback) => self.properties(suback.properties, Place::Suback),
            Packet::Unsuback(unsuback) => self.properties(unsuback.properties, Place::Unsuback),
            Packet::Disconnect(disconnect) => {
                self.code(disconnect.reason, PacketType::Disconnect);
                self.properties(disconnect.properties, Place::Disconnect);
                self.last_word = true;
            }
            _ => {}
        }
    }

    fn auth(&self, auth: &mqtt::Auth<'_>) {
        self.code(auth.reason, PacketType::Auth);
        self.properties(auth.properties, Place::Auth);
        let method = auth.properties.authentication_method().map(|method| method.as_str());
        assert!(method.is_some() && method == self.method.as_deref(), "an AUTH of {method:?}, CONNECT had {:?}", self.method);
    }

    /// The close that is owed after the last word has not come.
    pub(crate) fn owes_close(&self) -> bool {
        self.last_word
    }

    fn publish(&mut self, publish: &mqtt::Publish<'_>) {
        self.properties(publish.properties, Place::Publish);
        let topic = self.topic(publish);
        // Of a session that another connection of the script began nothing is known here.
        let inherited = self.inherited && self.filters.is_empty();
        let wanted = |filter: &String| topic::TopicFilter::parse(filter).is_ok_and(|it| topic::matches(it.pattern(), &topic));
        assert!(inherited || self.filters.iter().any(wanted), "{topic:?} matches none of {:?}", self.filters);
        assert!(!publish.properties.subscription_identifiers().any(|id| id == 0));
        let Some(id) = publish.packet_id.map(mqtt::PacketId::get) else {
            return assert!(publish.qos == QoS::AtMostOnce && !publish.dup, "QoS 0 is never sent again");
        };
        assert!(!self.received.contains(&id), "PUBLISH {id} after its PUBREC");
        assert!(publish.dup || self.open.insert(id), "{id} is in use");
        let first_here = self.seen_here.insert(id) || !publish.dup;
        assert!(first_here || self.may_repeat, "{id} is sent again on a live connection");
        self.under_way.insert(id);
        assert!(self.under_way.len() <= self.receive_maximum, "more than {} under way", self.receive_maximum);
    }

    /// Resolves a Topic Alias.
    fn topic(&mut self, publish: &mqtt::Publish<'_>) -> String {
        let topic = publish.topic.as_str().to_owned();
        let Some(alias) = publish.properties.topic_alias() else { return topic };
        assert!((1..=self.topic_alias_maximum).contains(&alias), "alias {alias} of {}", self.topic_alias_maximum);
        assert!(!publish.dup, "an alias in a message that is sent again");
        if topic.is_empty() {
            return self.aliases.get(&alias).cloned().unwrap_or_else(|| panic!("alias {alias} was never set"));
        }
        self.aliases.insert(alias, topic.clone());
        topic
    }

    fn code(&self, reason: ReasonCode, packet: PacketType) {
        assert!(!self.version.is_v5() || reason.allowed_in(packet, Sender::Server), "{reason} in {packet} from a server");
    }

    fn properties(&self, properties: Properties<'_>, place: Place) {
        for property in properties.iter() {
            let id = property.id();
            assert!(id.allowed_from(place, Sender::Server), "{id} in {place} from a server");
            let about_problems = matches!(id, mqtt::PropertyId::ReasonString | mqtt::PropertyId::UserProperty);
            let always = matches!(place, Place::Publish | Place::Connack | Place::Disconnect);
            assert!(self.problem_information || !about_problems || always, "{id} in {place} against the client's wish");
        }
    }
}
