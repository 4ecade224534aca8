//! PUBLISH from a client.

use alloc::boxed::Box;

use mqtt::{PacketId, PacketType, Properties, PropertiesBuf, Property, PropertyId, Publish, QoS, ReasonCode, Text, topic};

use crate::access::Action;
use crate::broker::Broker;
use crate::event::{DropWhy, EndWhy, Event};
use crate::ids::{ConnId, SessionNo};
use crate::io::Outbox;
use crate::state::message::Message;
use crate::state::retained::Publisher;
use crate::state::timers::Timer;
use crate::time::Instant;

impl Broker {
    pub(crate) fn on_publish(&mut self, now: Instant, conn: ConnId, session: SessionNo, publish: &Publish<'_>, out: &mut Outbox) {
        // A client must not send Subscription Identifiers [MQTT-3.3.4-6].
        if publish.properties.has(PropertyId::SubscriptionIdentifier) {
            return self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out);
        }
        let aliased = match self.alias_in(conn, publish) {
            Ok(aliased) => aliased,
            Err(reason) => return self.doom(conn, EndWhy::Broker(reason), out),
        };
        // A topic under an alias is lent by the connection for the length of this turn.
        let topic = match &aliased {
            Some((_, lent)) => Text::new(lent).unwrap_or_default(),
            None => publish.topic,
        };
        self.publish_to(now, conn, session, publish, topic, out);
        if let Some((place, lent)) = aliased
            && let Some(slot) = self.conns.get_mut(conn).and_then(|state| state.aliases.get_mut(place))
        {
            *slot = Some(lent);
        }
    }

    fn publish_to(&mut self, now: Instant, conn: ConnId, session: SessionNo, publish: &Publish<'_>, topic: Text<'_>, out: &mut Outbox) {
        // What was passed on before was judged before.
        let known = self.scratch.routes.knows(topic.as_str());
        if !known && (topic::TopicName::parse(topic.as_str()).is_err() || !self.levels_ok(topic.as_str())) {
            return self.doom(conn, EndWhy::Broker(ReasonCode::TopicNameInvalid), out);
        }
        // [U5-3.2.2.3.4-a, U5-3.2.2.3.5-a]
        if publish.qos > self.config.maximum_qos {
            return self.doom(conn, EndWhy::Broker(ReasonCode::QosNotSupported), out);
        }
        if publish.retain && !self.config.retain_available {
            return self.doom(conn, EndWhy::Broker(ReasonCode::RetainNotSupported), out);
        }
        let refused = may_not_publish_to(topic.as_str()) || !self.may(session, Action::Write, topic.as_str());
        if refused && !self.is_held(session, publish) {
            return self.turn_down(conn, session, publish, out);
        }
        if publish.qos == QoS::ExactlyOnce
            && let Some(id) = publish.packet_id
            && !self.keep_id(conn, session, id, out)
        {
            return;
        }
        let no = self.next_message();
        out.tell(|| Event::Published { conn: Some(conn), message: no });
        if publish.qos == QoS::ExactlyOnce
            && let Some(id) = publish.packet_id
        {
            out.tell(|| Event::IdKept { conn, id });
        }
        let mut properties = core::mem::take(&mut self.scratch.properties);
        let message = Message {
            no,
            topic,
            payload: publish.payload,
            properties: forwarded(publish.properties, &mut properties),
            qos: publish.qos,
            retain: publish.retain,
            from: Some(session),
            expires_at: publish.properties.message_expiry_interval().map(|secs| now.after_secs(secs)),
        };
        let to = self.publish_message(now, &message, out);
        self.scratch.properties = properties;
        self.acknowledge(conn, publish, to, out);
    }

    /// A message that is not passed on: a v5 client is told, a v3 client gets the usual answer [3.1.1: MQTT-3.3.5-2].
    fn turn_down(&mut self, conn: ConnId, session: SessionNo, publish: &Publish<'_>, out: &mut Outbox) {
        let no = self.next_message();
        out.tell(|| Event::Published { conn: Some(conn), message: no });
        if let Some(client) = self.sessions.get(session).map(|session| session.client.clone()) {
            out.tell_dropped(|| Event::Dropped { client, message: no, why: DropWhy::NotAllowed });
        }
        let Some(id) = publish.packet_id else { return };
        let v5 = self.conns.get(conn).is_some_and(|state| state.caps.version.is_v5());
        let reason = if v5 { ReasonCode::NotAuthorized } else { ReasonCode::Success };
        let kind = if publish.qos == QoS::ExactlyOnce { PacketType::Pubrec } else { PacketType::Puback };
        self.send_ack(conn, kind, id, reason, out);
    }

    /// A QoS 2 message that was taken before: what became of the right since does not undo it.
    fn is_held(&self, session: SessionNo, publish: &Publish<'_>) -> bool {
        let held = |id| self.sessions.get(session).is_some_and(|session| session.incoming.holds(id));
        publish.qos == QoS::ExactlyOnce && publish.packet_id.is_some_and(held)
    }

    /// A QoS 2 PUBLISH: keeps its Packet Identifier, or deals with one that may not or need not go on. `true`: go on.
    fn keep_id(&mut self, conn: ConnId, session: SessionNo, id: PacketId, out: &mut Outbox) -> bool {
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return false };
        let receive_maximum = usize::from(if version.is_v5() { self.config.receive_maximum } else { u16::MAX });
        let Some(incoming) = self.sessions.get_mut(session).map(|session| &mut session.incoming) else { return false };
        if incoming.holds(id) {
            // The same message again: answered, not passed on [MQTT-4.3.3-10].
            self.send_ack(conn, PacketType::Pubrec, id, ReasonCode::Success, out);
            out.tell(|| Event::NotPassedOnTwice { conn, id });
            return false;
        }
        if incoming.len() >= receive_maximum {
            self.doom(conn, EndWhy::Broker(ReasonCode::ReceiveMaximumExceeded), out);
            return false;
        }
        incoming.keep(id)
    }

    /// Retains and passes on. Gives the number of sessions that got it.
    pub(crate) fn publish_message(&mut self, now: Instant, message: &Message<'_>, out: &mut Outbox) -> u32 {
        if message.retain {
            self.retain(message, out);
        }
        let to = self.deliver(now, message, out);
        out.tell(|| Event::PassedOn { message: message.no, to });
        to
    }

    fn retain(&mut self, message: &Message<'_>, out: &mut Outbox) {
        // An empty payload removes [MQTT-3.3.1-6, MQTT-3.3.1-7].
        if message.payload.is_empty() {
            if self.retained.clear(message.topic.as_str()) {
                out.tell(|| Event::RetainedCleared);
            }
            return;
        }
        let from = message.from.and_then(|no| self.sessions.get(no));
        let publisher = from.map(|session| Publisher { client: session.client.clone(), user: session.user.clone() });
        if self.retained.set(&self.config, message.keep(), publisher) {
            self.arm_retained();
            out.tell(|| Event::RetainedSet { message: message.no });
        } else {
            let limit = u32::try_from(self.config.max_retained).unwrap_or(u32::MAX);
            out.tell(|| Event::NotRetained { message: message.no, limit });
        }
    }

    /// Sees to it that the first retained message to expire is not forgotten.
    fn arm_retained(&mut self) {
        let Some(first) = self.retained.first_expiry() else { return };
        // A timer that is too early does no harm: it finds nothing and is armed anew.
        if self.retained_at.is_some_and(|at| at <= first) {
            return;
        }
        if let Some(at) = self.retained_at.replace(first) {
            self.timers.disarm(at, Timer::RetainedExpiry);
        }
        self.timers.arm(first, Timer::RetainedExpiry);
    }

    /// A retained message may have expired: nothing takes its place [U5-3.3.1.3-c].
    pub(crate) fn on_retained_expiry(&mut self, now: Instant, out: &mut Outbox) {
        self.retained_at = None;
        while self.retained.expire_one(now) {
            out.tell(|| Event::RetainedCleared);
        }
        self.arm_retained();
    }

    fn acknowledge(&mut self, conn: ConnId, publish: &Publish<'_>, to: u32, out: &mut Outbox) {
        let Some(id) = publish.packet_id else { return };
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return };
        let reason = if to == 0 && version.is_v5() { ReasonCode::NoMatchingSubscribers } else { ReasonCode::Success };
        let kind = if publish.qos == QoS::ExactlyOnce { PacketType::Pubrec } else { PacketType::Puback };
        self.send_ack(conn, kind, id, reason, out);
    }

    /// Resolves a Topic Alias [MQTT-3.3.2-7 to -12]: takes its topic out of the connection, to be put back after the turn.
    fn alias_in(&mut self, conn: ConnId, publish: &Publish<'_>) -> Result<Option<(usize, Box<str>)>, ReasonCode> {
        let topic = publish.topic.as_str();
        let Some(alias) = publish.properties.topic_alias() else {
            // Without an alias there must be a topic; only v5 lets an empty one through the codec.
            return if topic.is_empty() { Err(ReasonCode::ProtocolError) } else { Ok(None) };
        };
        if alias == 0 || alias > self.config.topic_alias_maximum {
            return Err(ReasonCode::TopicAliasInvalid);
        }
        let place = usize::from(alias).saturating_sub(1);
        let Some(state) = self.conns.get_mut(conn) else { return Ok(None) };
        if state.aliases.len() <= place {
            state.aliases.resize(usize::from(self.config.topic_alias_maximum), None);
        }
        let slot = state.aliases.get_mut(place).ok_or(ReasonCode::TopicAliasInvalid)?;
        if !topic.is_empty() {
            *slot = Some(Box::from(topic));
        }
        slot.take().map(|lent| Some((place, lent))).ok_or(ReasonCode::ProtocolError)
    }
}

/// `$SYS` is the server's own [4.7.2].
pub(crate) fn may_not_publish_to(topic: &str) -> bool {
    topic.strip_prefix("$SYS").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The properties that go on to subscribers unaltered [MQTT-3.3.2-4, -15, -16, -17, -20]: all but those of one hop.
pub(crate) fn forwarded<'a>(properties: Properties<'a>, scratch: &'a mut PropertiesBuf) -> Properties<'a> {
    let of_one_hop =
        [PropertyId::TopicAlias, PropertyId::MessageExpiryInterval, PropertyId::SubscriptionIdentifier, PropertyId::WillDelayInterval];
    if !of_one_hop.iter().any(|&id| properties.has(id)) {
        return properties;
    }
    scratch.clear();
    for property in properties.iter() {
        let stays = !matches!(
            property,
            Property::TopicAlias(_)
                | Property::MessageExpiryInterval(_)
                | Property::SubscriptionIdentifier(_)
                | Property::WillDelayInterval(_)
        );
        // What is copied was within the limits of a packet, and so is a part of it.
        if stays && scratch.push(property).is_err() {
            break;
        }
    }
    scratch.as_properties()
}
