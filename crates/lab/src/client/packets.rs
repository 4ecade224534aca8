//! The packets a simulated client sends and gets.

use alloc::vec::Vec;

use broker::Instant;
use mqtt::{
    Ack, Binary, Connack, Connect, Disconnect, Frame, Packet, PacketId, PacketType, Properties, PropertiesBuf, Property, Publish, QoS,
    ReasonCode, Subscribe, Subscription, SubscriptionOptions, Text,
};

use super::{Client, Output, Publication, Sending, Stage, habit};

impl Client {
    pub(super) fn connect(&mut self, now: Instant, out: &mut Vec<Output>) {
        let mut properties = PropertiesBuf::new();
        if self.version.is_v5() {
            if self.spec.session_expiry > 0 {
                let _ = properties.push(Property::SessionExpiryInterval(self.spec.session_expiry));
            }
            if self.spec.receive_maximum > 0 {
                let _ = properties.push(Property::ReceiveMaximum(self.spec.receive_maximum));
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
            properties: Properties::EMPTY,
        });
        let connect = Connect {
            version: self.version,
            client_id: Text::clipped(&self.spec.client_id),
            clean_start: self.spec.clean_start,
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

    pub(super) fn on_frame(&mut self, now: Instant, frame: Frame<'_>, out: &mut Vec<Output>) {
        let Ok(packet) = Packet::decode(frame, self.version) else {
            // The broker does not send such; a client that gets one closes.
            return out.push(Output::Close);
        };
        match packet {
            Packet::Connack(connack) => self.on_connack(now, &connack, out),
            Packet::Auth(auth) => self.on_auth(now, &auth, out),
            Packet::Publish(publish) => self.on_publish(now, &publish, out),
            Packet::Puback(ack) | Packet::Pubcomp(ack) => {
                self.sending.retain(|sending| sending.id != ack.packet_id);
                self.pump(now, out);
            }
            Packet::Pubrec(ack) => self.on_pubrec(now, &ack, out),
            Packet::Pubrel(ack) => {
                self.receiving.remove(&ack.packet_id.get());
                self.acknowledge(now, PacketType::Pubcomp, ack.packet_id, out);
            }
            Packet::Suback(suback) if self.subscribing == Some(suback.packet_id) => {
                self.subscribing = None;
                self.begin_habits(now);
            }
            // A server's DISCONNECT announces the close that follows; PINGRESP needs nothing.
            _ => {}
        }
    }

    fn on_connack(&mut self, now: Instant, connack: &Connack<'_>, out: &mut Vec<Output>) {
        if connack.reason.is_error() || self.stage != Stage::Asking || !self.broker_is_proved(connack.properties) {
            return out.push(Output::Close);
        }
        self.stage = Stage::Running;
        self.losses = 0;
        self.keep_alive = connack.properties.server_keep_alive().unwrap_or(self.spec.keep_alive);
        self.window = connack.properties.receive_maximum().unwrap_or(u16::MAX);
        // MQTT 3.1 does not tell whether the session was present: a client that asked for it must assume so.
        let session_present = connack.session_present || (self.version == mqtt::Version::V31 && !self.spec.clean_start);
        if session_present {
            self.resend(now, out);
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

    /// The session is new: what was under way is the application's again, to be published anew.
    fn forget(&mut self, out: &mut Vec<Output>) {
        self.receiving.clear();
        let unfinished = core::mem::take(&mut self.sending);
        for sending in unfinished.into_iter().rev().filter(|sending| !sending.released) {
            if self.backlog.len() >= self.max_backlog {
                out.push(Output::GaveUp);
            } else {
                self.backlog.push_front(sending.publication);
            }
        }
    }

    /// Sends again what is not acknowledged, in the original order, with the same Packet Identifiers [MQTT-4.4.0-1].
    fn resend(&mut self, now: Instant, out: &mut Vec<Output>) {
        for Sending { id, publication, released } in self.sending.clone() {
            if released {
                self.acknowledge(now, PacketType::Pubrel, id, out);
            } else {
                self.send_publish(now, &publication, Some(id), true, out);
            }
        }
    }

    fn subscribe(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(packet_id) = self.free_id() else { return };
        self.subscribing = Some(packet_id);
        let filters: Vec<Subscription<'_>> = habit::filters(&self.spec.habits)
            .into_iter()
            .map(|(filter, qos)| Subscription { filter: Text::clipped(filter), options: SubscriptionOptions::with_qos(qos) })
            .collect();
        let mut bytes = Vec::new();
        Subscribe { packet_id, filters, properties: Properties::EMPTY }.encode(self.version, &mut bytes);
        self.send(now, bytes, out);
    }

    fn begin_habits(&mut self, now: Instant) {
        self.schedules.iter_mut().for_each(|schedule| schedule.begin(now));
    }

    fn on_publish(&mut self, now: Instant, publish: &Publish<'_>, out: &mut Vec<Output>) {
        let is_new = match (publish.qos, publish.packet_id) {
            (QoS::AtLeastOnce, Some(id)) => {
                self.acknowledge(now, PacketType::Puback, id, out);
                true
            }
            (QoS::ExactlyOnce, Some(id)) => {
                let is_new = self.receiving.insert(id.get());
                self.acknowledge(now, PacketType::Pubrec, id, out);
                is_new
            }
            _ => true,
        };
        if is_new {
            for answer in habit::answers(&self.spec.habits, publish.topic.as_str()) {
                self.publish(now, answer, out);
            }
        }
    }

    fn on_pubrec(&mut self, now: Instant, ack: &Ack<'_>, out: &mut Vec<Output>) {
        if ack.reason.is_error() {
            self.sending.retain(|sending| sending.id != ack.packet_id);
            return self.pump(now, out);
        }
        if let Some(sending) = self.sending.iter_mut().find(|sending| sending.id == ack.packet_id) {
            sending.released = true;
        }
        self.acknowledge(now, PacketType::Pubrel, ack.packet_id, out);
    }

    pub(super) fn send_publish(
        &mut self,
        now: Instant,
        publication: &Publication,
        packet_id: Option<PacketId>,
        dup: bool,
        out: &mut Vec<Output>,
    ) {
        let publish = Publish {
            dup,
            qos: publication.qos,
            retain: publication.retain,
            topic: Text::clipped(&publication.topic),
            packet_id,
            properties: Properties::EMPTY,
            payload: &publication.payload,
        };
        let mut bytes = Vec::new();
        publish.encode(self.version, &mut bytes);
        self.send(now, bytes, out);
    }

    fn acknowledge(&mut self, now: Instant, kind: PacketType, id: PacketId, out: &mut Vec<Output>) {
        let mut bytes = Vec::new();
        Ack::success(id).encode(kind, self.version, &mut bytes);
        self.send(now, bytes, out);
    }

    pub(super) fn ping(&mut self, now: Instant, out: &mut Vec<Output>) {
        let mut bytes = Vec::new();
        Packet::Pingreq.encode(self.version, &mut bytes);
        self.send(now, bytes, out);
    }

    pub(super) fn say_goodbye(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.wanted = false;
        self.reconnect_at = None;
        if self.stage == Stage::Running {
            let mut bytes = Vec::new();
            Disconnect::with(ReasonCode::Success).encode(self.version, &mut bytes);
            self.send(now, bytes, out);
        }
        if self.stage != Stage::Away {
            out.push(Output::Close);
        }
    }

    pub(super) fn send(&mut self, now: Instant, bytes: Vec<u8>, out: &mut Vec<Output>) {
        self.last_sent = now;
        out.push(Output::Send(bytes));
    }
}
