//! A simulated client's own messages: Packet Identifiers, the window, what is sent again, Topic Aliases.

use alloc::string::String;
use alloc::vec::Vec;

use broker::Instant;
use mqtt::{Binary, PacketId, PacketType, Properties, PropertiesBuf, Property, Publish, QoS, ReasonCode, Text};

use super::{Address, Client, Output, Publication, Stage};

/// A message of its own that is not acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) id: PacketId,
    publication: Publication,
    /// QoS 2: PUBREC came, as the so manieth of this client, and PUBREL was sent.
    released: Option<u64>,
    /// Its PUBLISH or PUBREL was sent on the present connection.
    sent: bool,
    /// When it is sent again on the same connection, by a client that does so.
    again_at: Option<Instant>,
}

impl Client {
    pub(super) fn publish(&mut self, now: Instant, publication: Publication, out: &mut Vec<Output>) {
        let runs = self.stage == Stage::Running;
        if !runs && !self.wanted {
            return out.push(Output::GaveUp);
        }
        if !runs || !self.has_room() || !self.backlog.is_empty() {
            if self.backlog.len() >= self.max_backlog {
                return out.push(Output::GaveUp);
            }
            return self.backlog.push_back(publication);
        }
        self.begin(now, publication, out);
    }

    /// Sends what waits, as far as the window allows: first again, in the original order and with the same Packet Identifiers, what the
    /// present connection has not seen [MQTT-4.4.0-1, MQTT-4.6.0-1], then what is new.
    pub(super) fn pump(&mut self, now: Instant, out: &mut Vec<Output>) {
        while self.under_way() < usize::from(self.terms.window)
            && let Some(place) = self.sending.iter().position(|sending| !sending.sent)
        {
            let Some(sending) = self.sending.get_mut(place) else { return };
            sending.sent = true;
            let (id, publication) = (sending.id, sending.publication.clone());
            let too_much = publication.qos > self.terms.maximum_qos;
            if too_much || !self.send_publish(now, &publication, Some(id), true, out) {
                // What the broker has stopped taking can only be given up.
                self.sending.remove(place);
                out.push(Output::GaveUp);
            }
        }
        while self.has_room() {
            let Some(publication) = self.backlog.pop_front() else { return };
            self.begin(now, publication, out);
        }
    }

    /// Sends PUBREL again for all that is between PUBREC and PUBCOMP, in the order of the PUBRECs: the window does not hold it back
    /// [MQTT-3.3.4-8].
    pub(super) fn release_again(&mut self, now: Instant, out: &mut Vec<Output>) {
        let released = |sending: &Sending| sending.released.map(|order| (order, sending.id));
        let mut ids: Vec<(u64, PacketId)> = self.sending.iter().filter_map(released).collect();
        ids.sort_unstable();
        self.sending.iter_mut().filter(|sending| sending.released.is_some()).for_each(|sending| sending.sent = true);
        ids.into_iter().for_each(|(_, id)| self.acknowledge(now, PacketType::Pubrel, (id, ReasonCode::Success), out));
    }

    /// The session is new: what belonged to the old one is discarded [MQTT-3.2.2-5].
    pub(super) fn forget(&mut self, out: &mut Vec<Output>) {
        self.receiving.clear();
        self.sending.drain(..).for_each(|_| out.push(Output::GaveUp));
    }

    /// The connection is gone: nothing is under way on it.
    pub(super) fn nothing_is_under_way(&mut self) {
        self.sending.iter_mut().for_each(|sending| (sending.sent, sending.again_at) = (false, None));
        self.aliases_out.clear();
        self.aliases_in.clear();
    }

    /// PUBACK or PUBCOMP.
    pub(super) fn complete(&mut self, now: Instant, id: PacketId, qos: QoS, out: &mut Vec<Output>) {
        let Some(sending) = self.sending.iter().find(|sending| sending.id == id) else { return };
        if sending.publication.qos != qos || (qos == QoS::ExactlyOnce && sending.released.is_none()) {
            return self.close_saying(now, ReasonCode::ProtocolError, out);
        }
        self.sending.retain(|sending| sending.id != id);
        self.pump(now, out);
    }

    pub(super) fn on_pubrec(&mut self, now: Instant, id: PacketId, reason: ReasonCode, out: &mut Vec<Output>) {
        let Some(sending) = self.sending.iter_mut().find(|sending| sending.id == id) else {
            if reason.is_error() {
                return;
            }
            let reason = if self.version.is_v5() { ReasonCode::PacketIdentifierNotFound } else { ReasonCode::Success };
            return self.acknowledge(now, PacketType::Pubrel, (id, reason), out);
        };
        if sending.publication.qos != QoS::ExactlyOnce {
            return self.close_saying(now, ReasonCode::ProtocolError, out);
        }
        if reason.is_error() {
            // The broker refuses: the exchange is over.
            self.sending.retain(|sending| sending.id != id);
            return self.pump(now, out);
        }
        if sending.released.is_none() {
            self.releases = self.releases.saturating_add(1);
            sending.released = Some(self.releases);
        }
        sending.sent = true;
        self.acknowledge(now, PacketType::Pubrel, (id, ReasonCode::Success), out);
    }

    /// When something is to be sent again by a client that does so on a living connection.
    pub(super) fn again_due(&self) -> Option<Instant> {
        self.sending.iter().filter_map(|sending| sending.again_at).min()
    }

    /// Sends again what is due: a habit that 5.0 forbids [MQTT-4.4.0-1].
    pub(super) fn send_again(&mut self, now: Instant, out: &mut Vec<Output>) {
        let due = |sending: &&mut Sending| sending.again_at.is_some_and(|at| at <= now);
        let again = |sending: &mut Sending| {
            sending.again_at = None;
            sending.released.is_none().then(|| (sending.id, sending.publication.clone()))
        };
        for (id, publication) in self.sending.iter_mut().filter(due).filter_map(again).collect::<Vec<_>>() {
            self.send_publish(now, &publication, Some(id), true, out);
        }
    }

    /// A Packet Identifier that is not in use [MQTT-2.2.1-3].
    pub(super) fn free_id(&mut self) -> Option<PacketId> {
        for _ in 0..=u16::MAX {
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            let id = PacketId::new(self.next_id)?;
            if !self.sending.iter().any(|sending| sending.id == id) && self.subscribing != Some(id) {
                return Some(id);
            }
        }
        None
    }

    /// Messages that count against the broker's Receive Maximum.
    fn under_way(&self) -> usize {
        self.sending.iter().filter(|sending| sending.sent).count()
    }

    /// A new message may be sent: the window is open, and none waits that must go before it.
    fn has_room(&self) -> bool {
        self.sending.len() < usize::from(self.terms.window) && self.sending.iter().all(|sending| sending.sent)
    }

    /// Sends a message for the first time, as far as the broker takes such [MQTT-3.2.2-11, MQTT-3.2.2-14, MQTT-3.2.2-15].
    fn begin(&mut self, now: Instant, mut publication: Publication, out: &mut Vec<Output>) {
        publication.qos = publication.qos.min(self.terms.maximum_qos);
        publication.retain &= self.terms.retain;
        let id = match publication.qos {
            QoS::AtMostOnce => None,
            _ if self.vices.reuses_id => PacketId::new(1),
            _ => self.free_id(),
        };
        if publication.qos > QoS::AtMostOnce && id.is_none() {
            return out.push(Output::GaveUp);
        }
        if !self.send_publish(now, &publication, id, false, out) {
            return out.push(Output::GaveUp);
        }
        if let Some(id) = id {
            let again_at = self.vices.resends_after.map(|after| now.after(after));
            self.sending.push_back(Sending { id, publication, released: None, sent: true, again_at });
        }
    }

    /// `false`: it is too large for the broker and was not sent.
    fn send_publish(&mut self, now: Instant, of: &Publication, packet_id: Option<PacketId>, dup: bool, out: &mut Vec<Output>) -> bool {
        let mut properties = PropertiesBuf::new();
        let (topic, alias) = self.alias_of(&of.topic, dup);
        if let Some(alias) = alias {
            let _ = properties.push(Property::TopicAlias(alias));
        }
        if let Some(Address { response_topic, correlation_data }) = &of.address {
            if let Some(topic) = response_topic {
                let _ = properties.push(Property::ResponseTopic(Text::clipped(topic)));
            }
            if let Some(data) = correlation_data {
                let _ = properties.push(Property::CorrelationData(Binary::new(data).unwrap_or(Binary::EMPTY)));
            }
        }
        let properties = if self.version.is_v5() { properties.as_properties() } else { Properties::EMPTY };
        let topic = Text::clipped(topic);
        let publish = Publish { dup, qos: of.qos, retain: of.retain, topic, packet_id, properties, payload: &of.payload };
        let mut bytes = Vec::new();
        publish.encode(self.version, &mut bytes);
        if bytes.len() > self.terms.max_packet_size as usize {
            return false;
        }
        if let Some(alias) = alias.filter(|_| !topic.is_empty()) {
            self.aliases_out.insert(String::from(topic.as_str()), alias);
        }
        self.send(now, bytes, out);
        true
    }

    /// How a topic is written: as an alias that the broker knows, with one from now on, or as it is.
    fn alias_of<'a>(&self, topic: &'a str, dup: bool) -> (&'a str, Option<u16>) {
        if !self.spec.uses_topic_aliases || dup {
            return (topic, None);
        }
        if let Some(&alias) = self.aliases_out.get(topic) {
            return ("", Some(alias));
        }
        let next = u16::try_from(self.aliases_out.len()).unwrap_or(u16::MAX).saturating_add(1);
        (topic, (next <= self.terms.topic_aliases).then_some(next))
    }
}
