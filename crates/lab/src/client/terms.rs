//! What a simulated client asks for with CONNECT, and what it is granted with CONNACK.

use alloc::string::String;
use alloc::vec::Vec;

use broker::Instant;
use contract::{DeviceSpec, Will};
use mqtt::{Binary, Connack, Connect, PropertiesBuf, Property, QoS, ReasonCode, Text, Version};

use super::{Client, Output, Stage, habit};

/// What the broker has granted; before CONNACK what holds when it says nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Keep Alive in seconds; 0: off.
    pub(super) keep_alive: u16,
    /// Receive Maximum of the broker.
    pub(super) window: u16,
    /// Maximum QoS.
    pub(super) maximum_qos: QoS,
    /// Retain Available.
    pub(super) retain: bool,
    /// Maximum Packet Size of the broker.
    pub(super) max_packet_size: u32,
    /// Topic Alias Maximum of the broker.
    pub(super) topic_aliases: u16,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms { keep_alive: 0, window: u16::MAX, maximum_qos: QoS::ExactlyOnce, retain: true, max_packet_size: u32::MAX, topic_aliases: 0 }
    }
}

impl Terms {
    fn of(connack: &Connack<'_>, spec: &DeviceSpec) -> Terms {
        let properties = connack.properties;
        Terms {
            // [MQTT-3.1.2-21, MQTT-3.2.2-21]
            keep_alive: properties.server_keep_alive().unwrap_or(spec.keep_alive),
            // [MQTT-3.3.4-7]
            window: properties.receive_maximum().unwrap_or(u16::MAX),
            // [MQTT-3.2.2-11]
            maximum_qos: properties.maximum_qos().and_then(QoS::from_bits).unwrap_or(QoS::ExactlyOnce),
            // [MQTT-3.2.2-14]
            retain: properties.retain_available() != Some(0),
            // [MQTT-3.2.2-15]
            max_packet_size: properties.maximum_packet_size().unwrap_or(u32::MAX),
            // [MQTT-3.2.2-17, MQTT-3.2.2-18]
            topic_aliases: properties.topic_alias_maximum().unwrap_or(0),
        }
    }
}

impl Client {
    pub(super) fn connect(&mut self, now: Instant, out: &mut Vec<Output>) {
        let mut properties = PropertiesBuf::new();
        let mut of_will = PropertiesBuf::new();
        if self.version.is_v5() {
            ask(&self.spec, &mut properties);
            if let Some(will) = &self.spec.will {
                describe(will, &mut of_will);
            }
        }
        if self.spec.scram {
            self.begin_proof(now, &mut properties);
        }
        let in_the_open = self.spec.password.as_ref().filter(|_| !self.spec.scram);
        let will = self.spec.will.as_ref().map(|will| mqtt::Will {
            topic: Text::clipped(&will.topic),
            payload: Binary::new(&will.payload).unwrap_or(Binary::EMPTY),
            qos: habit::qos(will.qos),
            retain: will.retain,
            properties: of_will.as_properties(),
        });
        let connect = Connect {
            version: self.version,
            client_id: Text::clipped(&self.client_id),
            clean_start: self.spec.clean_start || self.begins_anew,
            keep_alive: self.spec.keep_alive,
            username: self.spec.user_name.as_deref().map(Text::clipped),
            password: in_the_open.and_then(|password| Binary::new(password.as_bytes()).ok()),
            will,
            properties: properties.as_properties(),
        };
        let mut bytes = Vec::new();
        connect.encode(self.version, &mut bytes);
        self.send(now, bytes, out);
    }

    pub(super) fn on_connack(&mut self, now: Instant, connack: &Connack<'_>, out: &mut Vec<Output>) {
        if connack.reason.is_error() || !self.broker_is_proved(connack.properties) {
            return self.close(out);
        }
        let clean = self.spec.clean_start || self.begins_anew;
        // A session that this client knows nothing of is not its own [MQTT-3.2.2-4]; a session after Clean Start is nobody's. Before 5.0
        // a client may go on with it.
        if connack.session_present && (clean || (self.version.is_v5() && !self.has_session)) {
            self.begins_anew = true;
            return self.close_saying(now, ReasonCode::ProtocolError, out);
        }
        self.stage = Stage::Running;
        (self.losses, self.begins_anew) = (0, false);
        self.terms = Terms::of(connack, &self.spec);
        if let Some(assigned) = connack.properties.assigned_client_identifier() {
            self.client_id = String::from(assigned.as_str());
        }
        let granted = connack.properties.session_expiry_interval().unwrap_or(self.spec.session_expiry);
        self.has_session = if self.version.is_v5() { granted > 0 } else { !self.spec.clean_start };
        // MQTT 3.1 does not tell whether the session was present: a client that asked for it must assume so.
        if connack.session_present || (self.version == Version::V31 && !clean) {
            self.release_again(now, out);
        } else {
            self.forget(out);
        }
        if !connack.session_present && !habit::filters(&self.spec.habits).is_empty() {
            self.subscribe(now, out);
        } else {
            self.begin_habits(now);
        }
        self.pump(now, out);
    }
}

/// The properties of CONNECT. What is pushed here was checked with the device, so there is room for it.
fn ask(spec: &DeviceSpec, properties: &mut PropertiesBuf) {
    let mut say = |property: Property<'_>| {
        let _ = properties.push(property);
    };
    if spec.session_expiry > 0 {
        say(Property::SessionExpiryInterval(spec.session_expiry));
    }
    if spec.receive_maximum > 0 {
        say(Property::ReceiveMaximum(spec.receive_maximum));
    }
    if spec.maximum_packet_size > 0 {
        say(Property::MaximumPacketSize(spec.maximum_packet_size));
    }
    if spec.topic_alias_maximum > 0 {
        say(Property::TopicAliasMaximum(spec.topic_alias_maximum));
    }
    if let Some(wanted) = spec.request_response_information {
        say(Property::RequestResponseInformation(u8::from(wanted)));
    }
    if let Some(wanted) = spec.request_problem_information {
        say(Property::RequestProblemInformation(u8::from(wanted)));
    }
    for (name, value) in &spec.user_properties {
        say(Property::UserProperty(Text::clipped(name), Text::clipped(value)));
    }
}

/// The properties of a will.
fn describe(will: &Will, properties: &mut PropertiesBuf) {
    let of = &will.properties;
    let mut say = |property: Property<'_>| {
        let _ = properties.push(property);
    };
    if of.delay > 0 {
        say(Property::WillDelayInterval(of.delay));
    }
    if of.is_text {
        say(Property::PayloadFormatIndicator(1));
    }
    if let Some(seconds) = of.message_expiry {
        say(Property::MessageExpiryInterval(seconds));
    }
    if let Some(kind) = &of.content_type {
        say(Property::ContentType(Text::clipped(kind)));
    }
    if let Some(topic) = &of.response_topic {
        say(Property::ResponseTopic(Text::clipped(topic)));
    }
    if let Some(data) = &of.correlation_data {
        say(Property::CorrelationData(Binary::new(data).unwrap_or(Binary::EMPTY)));
    }
    for (name, value) in &of.user_properties {
        say(Property::UserProperty(Text::clipped(name), Text::clipped(value)));
    }
}
