//! The packets a simulated client gets, and what it answers.

use alloc::string::String;
use alloc::vec::Vec;

use broker::Instant;
use mqtt::{
    Ack, Disconnect, Frame, Packet, PacketId, PacketType, Properties, Publish, QoS, ReasonCode, Sender, Subscribe, Subscription,
    SubscriptionOptions, Text,
};

use super::{Address, Client, Output, Publication, Stage, habit};

impl Client {
    pub(super) fn on_frame(&mut self, now: Instant, frame: Frame<'_>, out: &mut Vec<Output>) {
        if matches!(self.stage, Stage::Away | Stage::Opening | Stage::Leaving) {
            return;
        }
        let most = self.spec.maximum_packet_size as usize;
        if self.version.is_v5() && most > 0 && frame.bytes().len() > most {
            return self.close_saying(now, ReasonCode::PacketTooLarge, out);
        }
        let packet = match Packet::decode(frame, self.version) {
            Ok(packet) => packet,
            Err(error) => return self.close_saying(now, error.reason(), out),
        };
        match packet {
            Packet::Connack(connack) if self.stage == Stage::Asking => self.on_connack(now, &connack, out),
            Packet::Auth(auth) => self.on_auth(now, &auth, out),
            // Nothing comes before CONNACK, and nothing comes that only clients send.
            _ if self.stage == Stage::Asking || !frame.kind().sent_by(Sender::Server, self.version) => {
                self.close_saying(now, ReasonCode::ProtocolError, out);
            }
            Packet::Connack(_) => self.close_saying(now, ReasonCode::ProtocolError, out),
            Packet::Publish(publish) => self.on_publish(now, &publish, out),
            Packet::Puback(ack) => self.complete(now, ack.packet_id, QoS::AtLeastOnce, out),
            Packet::Pubcomp(ack) => self.complete(now, ack.packet_id, QoS::ExactlyOnce, out),
            Packet::Pubrec(ack) => self.on_pubrec(now, ack.packet_id, ack.reason, out),
            Packet::Pubrel(ack) => {
                let known = self.receiving.remove(&ack.packet_id.get());
                let reason = if known || !self.version.is_v5() { ReasonCode::Success } else { ReasonCode::PacketIdentifierNotFound };
                self.acknowledge(now, PacketType::Pubcomp, (ack.packet_id, reason), out);
            }
            Packet::Suback(suback) if self.subscribing == Some(suback.packet_id) => {
                self.subscribing = None;
                self.begin_habits(now);
            }
            Packet::Pingresp => self.pinged_at = None,
            // After the broker's DISCONNECT nothing is sent any more.
            Packet::Disconnect(_) => self.close(out),
            _ => {}
        }
    }

    pub(super) fn subscribe(&mut self, now: Instant, out: &mut Vec<Output>) {
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

    pub(super) fn begin_habits(&mut self, now: Instant) {
        self.schedules.iter_mut().for_each(|schedule| schedule.begin(now));
        self.departure = habit::departure(&self.spec.habits, now);
    }

    /// A message, wanted or not: it is acknowledged at once, so acknowledgements stand in the order of the messages [MQTT-4.5.0-2,
    /// MQTT-4.6.0-2, MQTT-4.6.0-3].
    fn on_publish(&mut self, now: Instant, publish: &Publish<'_>, out: &mut Vec<Output>) {
        if let Err(reason) = self.learn_alias(publish) {
            return self.close_saying(now, reason, out);
        }
        let is_new = match (publish.qos, publish.packet_id) {
            (QoS::AtLeastOnce, Some(id)) => {
                self.acknowledge(now, PacketType::Puback, (id, ReasonCode::Success), out);
                true
            }
            (QoS::ExactlyOnce, Some(id)) => {
                let most = match self.spec.receive_maximum {
                    told if told > 0 && self.version.is_v5() => told,
                    _ => u16::MAX,
                };
                if !self.receiving.contains(&id.get()) && self.receiving.len() >= usize::from(most) {
                    return self.close_saying(now, ReasonCode::ReceiveMaximumExceeded, out);
                }
                let is_new = self.receiving.insert(id.get());
                self.acknowledge(now, PacketType::Pubrec, (id, ReasonCode::Success), out);
                is_new
            }
            _ => true,
        };
        if is_new {
            let alias = publish.properties.topic_alias().filter(|_| publish.topic.is_empty());
            let topic = alias.and_then(|alias| self.aliases_in.get(&alias)).map_or(publish.topic.as_str(), String::as_str);
            let (topic, payload) = (String::from(topic), publish.payload.to_vec());
            let address = Address {
                response_topic: publish.properties.response_topic().map(|topic| String::from(topic.as_str())),
                correlation_data: publish.properties.correlation_data().map(|data| data.to_vec()),
            };
            let got = Publication { topic, payload, qos: publish.qos, retain: publish.retain, address: Some(address) };
            let answers = habit::answers(&self.spec.habits, &mut self.serving, &got);
            if self.observed.is_some() {
                out.push(Output::Got(got));
            }
            for answer in answers {
                self.publish(now, answer, out);
            }
        }
    }

    /// Every alias up to its own Topic Alias Maximum is taken, no other [MQTT-3.3.2-10].
    fn learn_alias(&mut self, publish: &Publish<'_>) -> Result<(), ReasonCode> {
        let name = publish.topic.as_str();
        let Some(alias) = publish.properties.topic_alias() else {
            return if name.is_empty() { Err(ReasonCode::ProtocolError) } else { Ok(()) };
        };
        if alias == 0 || alias > self.spec.topic_alias_maximum {
            return Err(ReasonCode::TopicAliasInvalid);
        }
        if !name.is_empty() {
            self.aliases_in.insert(alias, String::from(name));
        }
        if self.aliases_in.contains_key(&alias) { Ok(()) } else { Err(ReasonCode::ProtocolError) }
    }

    pub(super) fn acknowledge(
        &mut self,
        now: Instant,
        kind: PacketType,
        (packet_id, reason): (PacketId, ReasonCode),
        out: &mut Vec<Output>,
    ) {
        let own = kind == PacketType::Pubrel;
        if self.vices.never_acknowledges && !own {
            return;
        }
        let mut bytes = Vec::new();
        Ack { packet_id, reason, properties: Properties::EMPTY }.encode(kind, self.version, &mut bytes);
        if self.vices.acknowledges_twice && !own {
            self.send(now, bytes.clone(), out);
        }
        self.send(now, bytes, out);
    }

    pub(super) fn ping(&mut self, now: Instant, out: &mut Vec<Output>) {
        let mut bytes = Vec::new();
        Packet::Pingreq.encode(self.version, &mut bytes);
        self.pinged_at.get_or_insert(now);
        self.send(now, bytes, out);
    }

    pub(super) fn say_goodbye(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.wanted = false;
        self.reconnect_at = None;
        if self.stage == Stage::Running {
            self.send_disconnect(now, ReasonCode::Success, out);
        }
        self.close(out);
    }

    /// Goes offline by habit, to come back later.
    pub(super) fn go_away(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some((_, pause, politely)) = self.departure.take() else { return };
        self.away_for = Some(pause);
        if politely {
            self.send_disconnect(now, ReasonCode::Success, out);
        }
        self.close(out);
    }

    /// Ends a connection on which the broker did what it may not; one of 5.0 is told why.
    pub(super) fn close_saying(&mut self, now: Instant, reason: ReasonCode, out: &mut Vec<Output>) {
        if self.stage == Stage::Running && self.version.is_v5() {
            let allowed = reason.allowed_in(PacketType::Disconnect, Sender::Client);
            self.send_disconnect(now, if allowed { reason } else { ReasonCode::ProtocolError }, out);
        }
        self.close(out);
    }

    /// Closes; nothing is sent after it [3.1.1: MQTT-3.14.4-1, MQTT-3.14.4-2].
    pub(super) fn close(&mut self, out: &mut Vec<Output>) {
        if !matches!(self.stage, Stage::Away | Stage::Leaving) {
            self.stage = Stage::Leaving;
            out.push(Output::Close);
        }
    }

    fn send_disconnect(&mut self, now: Instant, reason: ReasonCode, out: &mut Vec<Output>) {
        let mut bytes = Vec::new();
        Disconnect::with(reason).encode(self.version, &mut bytes);
        self.send(now, bytes, out);
    }

    pub(super) fn send(&mut self, now: Instant, bytes: Vec<u8>, out: &mut Vec<Output>) {
        self.last_sent = now;
        out.push(Output::Send(bytes));
    }
}
