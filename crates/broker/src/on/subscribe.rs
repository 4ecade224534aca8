//! SUBSCRIBE and UNSUBSCRIBE.

use alloc::sync::Arc;
use alloc::vec::Vec;

use mqtt::topic::TopicFilter;
use mqtt::{Properties, ReasonCode, RetainHandling, Suback, Subscribe, Subscription, SubscriptionOptions, Unsuback, Unsubscribe, Version};

use crate::broker::{Broker, Target};
use crate::event::{EndWhy, Event};
use crate::io::{ConnId, Outbox};
use crate::state::message::{Identifiers, Manner};
use crate::state::session::SessionNo;
use crate::time::Instant;

/// A filter whose retained messages follow the SUBACK.
struct Wanted<'a> {
    filter: &'a str,
    options: SubscriptionOptions,
}

impl Broker {
    pub(crate) fn on_subscribe(&mut self, now: Instant, conn: ConnId, session: SessionNo, subscribe: &Subscribe<'_>, out: &mut Outbox) {
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return };
        if subscribe.filters.len() > self.config.max_filters_per_packet {
            return self.doom(conn, EndWhy::Broker(ReasonCode::QuotaExceeded), out);
        }
        let identifier = subscribe.properties.subscription_identifiers().next().unwrap_or(0);
        let mut reasons = Vec::with_capacity(subscribe.filters.len());
        let mut wanted = Vec::new();
        for subscription in &subscribe.filters {
            match self.subscribe_one(conn, session, subscription, identifier, out) {
                Ok(send_retained) => {
                    reasons.push(subscription.options.qos as u8);
                    if send_retained {
                        wanted.push(Wanted { filter: subscription.filter.as_str(), options: subscription.options });
                    }
                }
                Err(reason) => match suback_code(version, reason) {
                    Some(code) => reasons.push(code),
                    None => return self.doom(conn, EndWhy::Broker(reason), out),
                },
            }
        }
        let suback = Suback { packet_id: subscribe.packet_id, reasons: &reasons, properties: Properties::EMPTY };
        self.send(conn, out, |_, bytes| suback.encode(version, bytes));
        for wanted in wanted {
            self.send_retained(now, session, &wanted, identifier, out);
        }
    }

    /// Makes one subscription; `true` when its retained messages are wanted.
    fn subscribe_one(
        &mut self,
        conn: ConnId,
        no: SessionNo,
        subscription: &Subscription<'_>,
        identifier: u32,
        out: &mut Outbox,
    ) -> Result<bool, ReasonCode> {
        let filter = subscription.filter.as_str();
        let parsed = TopicFilter::parse(filter).map_err(|_| ReasonCode::TopicFilterInvalid)?;
        if !self.levels_ok(filter) {
            return Err(ReasonCode::TopicFilterInvalid);
        }
        let options = subscription.options;
        let session = self.sessions.get_mut(no).ok_or(ReasonCode::UnspecifiedError)?;
        let held = session.subscriptions.len().saturating_add(session.shares.len());
        if let Some((_, pattern)) = parsed.share() {
            let joined = self.shares.join(filter, no, options, identifier, session.conn.is_none());
            if joined.new_group {
                let (sub, _) = self.router.subscribe(joined.share.as_subscriber(), pattern, SubscriptionOptions::default(), 0);
                self.shares.set_sub(joined.share, sub);
            }
            if joined.new_member && held >= self.config.max_subscriptions {
                self.leave_share(no, joined.share, out);
                return Err(ReasonCode::QuotaExceeded);
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
            return Err(ReasonCode::QuotaExceeded);
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
            if wanted.options.no_local && retained.publisher.as_ref() == Some(&client) {
                continue;
            }
            let mut identifiers = Identifiers::None;
            identifiers.add(identifier);
            let qos = retained.message.qos.min(wanted.options.qos);
            let target = Target { session: no, manner: Manner { qos, retain: true, identifiers, share: None } };
            self.deliver_kept(now, &target, &retained.message, out);
        }
    }

    pub(crate) fn on_unsubscribe(&mut self, conn: ConnId, no: SessionNo, unsubscribe: &Unsubscribe<'_>, out: &mut Outbox) {
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return };
        if unsubscribe.filters.len() > self.config.max_filters_per_packet {
            return self.doom(conn, EndWhy::Broker(ReasonCode::QuotaExceeded), out);
        }
        let mut reasons = Vec::with_capacity(unsubscribe.filters.len());
        for filter in &unsubscribe.filters {
            let filter = filter.as_str();
            if TopicFilter::parse(filter).is_err() {
                if version.is_v5() {
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
        let unsuback = Unsuback { packet_id: unsubscribe.packet_id, reasons: &reasons, properties: Properties::EMPTY };
        self.send(conn, out, |_, bytes| unsuback.encode(version, bytes));
    }

    /// Removes one subscription; `false` when there was none.
    fn unsubscribe_one(&mut self, no: SessionNo, filter: &str, out: &mut Outbox) -> bool {
        let Some(session) = self.sessions.get_mut(no) else { return false };
        if filter.starts_with("$share/") {
            let Some(share) = self.shares.find(filter).filter(|share| session.shares.contains(share)) else { return false };
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
