//! SUBSCRIBE and UNSUBSCRIBE.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use mqtt::topic::{BadFilter, TopicFilter};
use mqtt::{
    Properties, PropertiesBuf, PropertyId, ReasonCode, RetainHandling, Suback, Subscribe, SubscriptionOptions, Unsuback, Unsubscribe,
    Version,
};

use crate::access::Action;
use crate::broker::{Broker, Target};
use crate::event::{DropWhy, EndWhy, Event};
use crate::ids::{ConnId, SessionNo};
use crate::io::Outbox;
use crate::on::words;
use crate::state::message::{Identifiers, Manner};
use crate::state::retained::Entry;
use crate::time::Instant;

/// A filter whose retained messages follow the SUBACK.
struct Wanted<'a> {
    filter: &'a str,
    options: SubscriptionOptions,
}

/// Why one filter was refused.
enum Refusal {
    Filter(BadFilter),
    Code(ReasonCode),
}

impl Refusal {
    fn reason(&self) -> ReasonCode {
        match self {
            Refusal::Filter(_) => ReasonCode::TopicFilterInvalid,
            Refusal::Code(reason) => *reason,
        }
    }

    fn words(self) -> String {
        match self {
            Refusal::Filter(bad) => bad.to_string(),
            Refusal::Code(reason) => String::from(words::sentence(reason)),
        }
    }
}

impl Broker {
    pub(crate) fn on_subscribe(&mut self, now: Instant, conn: ConnId, session: SessionNo, subscribe: &Subscribe<'_>, out: &mut Outbox) {
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return };
        if let Some(reason) = self.not_available(version, subscribe) {
            return self.doom(conn, EndWhy::Broker(reason), out);
        }
        let identifier = subscribe.properties.subscription_identifiers().next().unwrap_or(0);
        let mut reasons = Vec::with_capacity(subscribe.filters.len());
        let mut wanted = Vec::new();
        let mut refused: Option<Refusal> = None;
        for subscription in &subscribe.filters {
            // [MQTT-3.2.2-10]
            let granted = SubscriptionOptions { qos: subscription.options.qos.min(self.config.maximum_qos), ..subscription.options };
            match self.subscribe_one(conn, session, (subscription.filter.as_str(), granted), identifier, out) {
                Ok(send_retained) => {
                    reasons.push(granted.qos as u8);
                    if send_retained {
                        wanted.push(Wanted { filter: subscription.filter.as_str(), options: granted });
                    }
                }
                // 3.1 has no word for it: granted, as mosquitto does, and nothing comes.
                Err(Refusal::Code(ReasonCode::NotAuthorized)) if version == Version::V31 => reasons.push(granted.qos as u8),
                Err(refusal) => match suback_code(version, refusal.reason()) {
                    Some(code) => {
                        reasons.push(code);
                        refused.get_or_insert(refusal);
                    }
                    None => return self.doom(conn, EndWhy::Broker(refusal.reason()), out),
                },
            }
        }
        let words = refused.map(Refusal::words).unwrap_or_default();
        let mut properties = PropertiesBuf::new();
        let suback = Suback { packet_id: subscribe.packet_id, reasons: &reasons, properties: Properties::EMPTY };
        self.send(conn, out, |caps, bytes| {
            words::explain(caps, false, &words, &mut properties, |properties| Suback { properties, ..suback }.encoded_len(version));
            Suback { properties: properties.as_properties(), ..suback }.encode(version, bytes);
        });
        for (subscription, _) in subscribe.filters.iter().zip(&reasons).filter(|(_, reason)| **reason < 0x80) {
            let filter = subscription.filter.as_str();
            self.announce_filter(now, session, filter, Some(subscription.options.qos.min(self.config.maximum_qos)), out);
        }
        for wanted in wanted {
            self.send_retained(now, session, &wanted, identifier, out);
        }
    }

    /// Why a SUBSCRIBE ends the connection: it asks for what CONNACK said is not there [U5-3.2.2.3.11-a, -12-a, -13-a], or for too much.
    fn not_available(&self, version: Version, subscribe: &Subscribe<'_>) -> Option<ReasonCode> {
        let config = &self.config;
        if subscribe.filters.len() > config.max_filters_per_packet {
            return Some(ReasonCode::QuotaExceeded);
        }
        if !version.is_v5() {
            return None;
        }
        if !config.subscription_identifiers_available && subscribe.properties.has(PropertyId::SubscriptionIdentifier) {
            return Some(ReasonCode::SubscriptionIdentifiersNotSupported);
        }
        let parsed = || subscribe.filters.iter().filter_map(|subscription| TopicFilter::parse(subscription.filter.as_str()).ok());
        if !config.shared_subscriptions_available && parsed().any(|filter| filter.share().is_some()) {
            return Some(ReasonCode::SharedSubscriptionsNotSupported);
        }
        let wildcard = !config.wildcards_available && parsed().any(TopicFilter::has_wildcard);
        wildcard.then_some(ReasonCode::WildcardSubscriptionsNotSupported)
    }

    /// Makes one subscription; `true` when its retained messages are wanted.
    fn subscribe_one(
        &mut self,
        conn: ConnId,
        no: SessionNo,
        (filter, options): (&str, SubscriptionOptions),
        identifier: u32,
        out: &mut Outbox,
    ) -> Result<bool, Refusal> {
        let version = self.conns.get(conn).map_or(Version::V5, |state| state.caps.version);
        let parsed = self.parse_wanted(conn, version, filter, out).map_err(Refusal::Filter)?;
        if !self.levels_ok(filter) {
            return Err(Refusal::Code(ReasonCode::TopicFilterInvalid));
        }
        // A v5 client that asks for these has lost its connection already; a v3 client could not know.
        if !self.config.shared_subscriptions_available && parsed.share().is_some() {
            return Err(Refusal::Code(ReasonCode::SharedSubscriptionsNotSupported));
        }
        if !self.config.wildcards_available && parsed.has_wildcard() {
            return Err(Refusal::Code(ReasonCode::WildcardSubscriptionsNotSupported));
        }
        // Of a shared subscription what stands behind the share name [the fault of many brokers].
        if !self.may(no, Action::Subscribe, parsed.pattern()) {
            out.tell(|| Event::MayNotSubscribe { conn, filter: Arc::from(filter) });
            return Err(Refusal::Code(ReasonCode::NotAuthorized));
        }
        let session = self.sessions.get_mut(no).ok_or(Refusal::Code(ReasonCode::UnspecifiedError))?;
        let held = session.subscriptions.len().saturating_add(session.shares.len());
        if let Some((_, pattern)) = parsed.share() {
            let joined = self.shares.join(filter, no, options, identifier, session.conn.is_none());
            if joined.new_group {
                let (sub, _) = self.router.subscribe(joined.share.as_subscriber(), pattern, SubscriptionOptions::default(), 0);
                self.shares.set_sub(joined.share, sub);
            }
            if joined.new_member && held >= self.config.max_subscriptions {
                self.leave_share(no, joined.share, out);
                return Err(Refusal::Code(ReasonCode::QuotaExceeded));
            }
            if joined.new_member {
                session.shares.push(joined.share);
            }
            out.tell(|| Event::Subscribed { conn, filter: Arc::from(filter), qos: options.qos });
            // Retained messages are for whoever subscribes alone [U5-3.8.4-a].
            return Ok(false);
        }
        let (sub, new) = self.router.subscribe(no, filter, options, identifier);
        if new && held >= self.config.max_subscriptions {
            self.router.unsubscribe(no, filter);
            return Err(Refusal::Code(ReasonCode::QuotaExceeded));
        }
        if new {
            session.subscriptions.push(sub);
        }
        out.tell(|| Event::Subscribed { conn, filter: Arc::from(filter), qos: options.qos });
        Ok(match options.retain_handling {
            RetainHandling::Send => true,
            RetainHandling::SendIfNew => new,
            RetainHandling::DoNotSend => false,
        })
    }

    /// Retained messages for a new subscription, with RETAIN set [MQTT-3.3.1-8], by topic name.
    fn send_retained(&mut self, now: Instant, no: SessionNo, wanted: &Wanted<'_>, identifier: u32, out: &mut Outbox) {
        let Some(client) = self.sessions.get(no).map(|session| session.client.clone()) else { return };
        for retained in self.retained.matching(wanted.filter, now) {
            // No Local holds for retained messages of the same client too: the least surprise.
            if wanted.options.no_local && retained.publisher.as_ref().is_some_and(|publisher| publisher.client == client) {
                continue;
            }
            if let Some(why) = self.retained_denied(no, &retained) {
                let message = retained.message.no;
                out.tell(|| Event::Dropped { client: client.clone(), message, why });
                continue;
            }
            let mut identifiers = Identifiers::None;
            identifiers.add(identifier);
            let qos = retained.message.qos.min(wanted.options.qos);
            let target = Target { session: no, manner: Manner { qos, retain: true, identifiers, share: None } };
            self.deliver_kept(now, &target, &retained.message, out);
        }
    }

    /// Why a retained message is not sent: the receiver may not read it, or its publisher may not publish it any more.
    fn retained_denied(&self, no: SessionNo, retained: &Entry) -> Option<DropWhy> {
        let topic = retained.message.topic();
        if !self.may(no, Action::Read, topic) {
            return Some(DropWhy::MayNotRead);
        }
        let publisher = retained.publisher.as_ref().filter(|_| !self.access.is_open())?;
        (!self.access.allows(&publisher.who(), Action::Write, topic)).then_some(DropWhy::PublisherMayNot)
    }

    pub(crate) fn on_unsubscribe(&mut self, now: Instant, conn: ConnId, no: SessionNo, unsubscribe: &Unsubscribe<'_>, out: &mut Outbox) {
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return };
        if unsubscribe.filters.len() > self.config.max_filters_per_packet {
            return self.doom(conn, EndWhy::Broker(ReasonCode::QuotaExceeded), out);
        }
        let mut reasons = Vec::with_capacity(unsubscribe.filters.len());
        let mut words = String::new();
        for filter in &unsubscribe.filters {
            let filter = filter.as_str();
            if let Err(bad) = self.parse_filter(version, filter) {
                if version.is_v5() {
                    words = bad.to_string();
                    reasons.push(ReasonCode::TopicFilterInvalid as u8);
                    continue;
                }
                return self.doom(conn, EndWhy::Broker(ReasonCode::TopicFilterInvalid), out);
            }
            let existed = self.unsubscribe_one(no, filter, out);
            if existed {
                out.tell(|| Event::Unsubscribed { conn, filter: Arc::from(filter) });
            }
            reasons.push(if existed { ReasonCode::Success } else { ReasonCode::NoSubscriptionExisted } as u8);
        }
        let mut properties = PropertiesBuf::new();
        let unsuback = Unsuback { packet_id: unsubscribe.packet_id, reasons: &reasons, properties: Properties::EMPTY };
        self.send(conn, out, |caps, bytes| {
            words::explain(caps, false, &words, &mut properties, |properties| Unsuback { properties, ..unsuback }.encoded_len(version));
            Unsuback { properties: properties.as_properties(), ..unsuback }.encode(version, bytes);
        });
        for (filter, _) in unsubscribe.filters.iter().zip(&reasons).filter(|(_, reason)| **reason == ReasonCode::Success as u8) {
            self.announce_filter(now, no, filter.as_str(), None, out);
        }
    }

    /// Removes one subscription; `false` when there was none.
    fn unsubscribe_one(&mut self, no: SessionNo, filter: &str, out: &mut Outbox) -> bool {
        let Some(session) = self.sessions.get_mut(no) else { return false };
        if let Some(share) = self.shares.find(filter).filter(|share| session.shares.contains(share)) {
            session.shares.retain(|&other| other != share);
            self.leave_share(no, share, out);
            return true;
        }
        let Some(sub) = self.router.unsubscribe(no, filter) else { return false };
        session.subscriptions.retain(|&other| other != sub);
        true
    }
}

/// The code of one failed filter in SUBACK; none: the version can only close.
fn suback_code(version: Version, reason: ReasonCode) -> Option<u8> {
    match version {
        Version::V5 => Some(reason as u8),
        Version::V311 => Some(0x80),
        Version::V31 => None,
    }
}
