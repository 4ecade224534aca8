//! Shared subscriptions: which member gets a message, and what becomes of it when that member goes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::access::Action;
use crate::broker::{Broker, Target};
use crate::event::{DropWhy, Event};
use crate::ids::SessionNo;
use crate::io::Outbox;
use crate::state::inflight::Phase;
use crate::state::message::{Identifiers, Kept, Manner, Message};
use crate::state::queue::Waiting;
use crate::state::session::Session;
use crate::state::share::ShareNo;
use crate::time::Instant;

/// Members that are asked in turn whether they can take a message, before it goes to the first whatever may come of it.
const ASKED: usize = 8;

impl Broker {
    /// The member that gets a message: one with a connection before one without, in turn, one with room before one without.
    pub(crate) fn choose(&mut self, message: &Message<'_>, share: ShareNo, out: &mut Outbox) -> Option<Target> {
        let Broker { access, config, conns, sessions, shares, .. } = self;
        let may = |no: SessionNo| {
            let who = || sessions.get(no).map(Session::who);
            access.is_open() || who().is_some_and(|who| access.allows(&who, Action::Read, message.topic.as_str()))
        };
        // At most: Remaining Length 5, lengths 4, identifier 2, expiry 5, a Subscription Identifier 5.
        let size = message.topic.len().saturating_add(message.payload.len()).saturating_add(message.properties.len()).saturating_add(21);
        let takes = |no: SessionNo| {
            let Some(session) = sessions.get(no) else { return false };
            let largest = session.conn.and_then(|conn| conns.get(conn)).map_or(u32::MAX, |conn| conn.caps.max_packet_size);
            session.queue.len() < config.max_queued && size <= largest as usize
        };
        let Some((session, member)) = shares.choose(share, ASKED, may, takes) else {
            let first = self.shares.first(share)?;
            self.tell_unread(first, message, out);
            return None;
        };
        let mut identifiers = Identifiers::None;
        identifiers.add(member.identifier);
        let retain = message.retain && member.options.retain_as_published;
        Some(Target { session, manner: Manner { qos: message.qos.min(member.options.qos), retain, identifiers, share: Some(share) } })
    }

    /// The client is back: its groups prefer it again.
    pub(crate) fn rejoin_shares(&mut self, no: SessionNo) {
        let Some(session) = self.sessions.get(no) else { return };
        session.shares.iter().for_each(|&share| self.shares.set_away(share, no, false));
    }

    /// The client is away: what it has not begun goes to members that are there. What was begun stays with it [MQTT-4.8.2-4].
    pub(crate) fn rest_shares(&mut self, now: Instant, no: SessionNo, out: &mut Outbox) {
        let Broker { sessions, shares, .. } = self;
        let Some(session) = sessions.get_mut(no) else { return };
        let waiting = session.queue.take(|waiting| waiting.manner.share.is_some_and(|share| shares.has_present(share)));
        for Waiting { message, manner } in waiting {
            self.pass_to_group(now, manner.share, &message, out);
        }
    }

    /// Leaves one group; what waited for it goes when the group does.
    pub(crate) fn leave_share(&mut self, no: SessionNo, share: ShareNo, out: &mut Outbox) {
        let Some(sub) = self.shares.leave(share, no) else { return };
        self.router.remove(sub);
        let Some(session) = self.sessions.get_mut(no) else { return };
        for Waiting { message, .. } in session.queue.take(|waiting| waiting.manner.share == Some(share)) {
            let (client, message) = (session.client.clone(), message.no);
            out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::SessionEnded });
        }
    }

    /// A session that is gone leaves its groups. Gives what other members should get: all but QoS 2 messages whose exchange has begun
    /// [MQTT-4.8.2-5] and those that were received.
    pub(crate) fn leave_shares(&mut self, no: SessionNo, session: &mut Session) -> Vec<(ShareNo, Arc<Kept>)> {
        let shares = core::mem::take(&mut session.shares);
        let begun = session.outgoing.iter().filter(|slot| slot.phase == Phase::Puback);
        let mut orphans: Vec<_> = begun.filter_map(|slot| Some((slot.manner.share?, slot.message.clone()?))).collect();
        for share in shares {
            if let Some(sub) = self.shares.leave(share, no) {
                self.router.remove(sub);
            }
        }
        let waiting = session.queue.take(|waiting| waiting.manner.share.is_some_and(|share| self.shares.has_members(share)));
        orphans.extend(waiting.into_iter().filter_map(|waiting| Some((waiting.manner.share?, waiting.message))));
        orphans
    }

    /// A message of a group looks for another member.
    pub(crate) fn pass_to_group(&mut self, now: Instant, share: Option<ShareNo>, message: &Arc<Kept>, out: &mut Outbox) {
        let target = share.and_then(|share| self.choose(&message.message(), share, out));
        let Some(target) = target else { return };
        if message.expires_at.is_some_and(|at| at <= now) {
            let Some(client) = self.sessions.get(target.session).map(|session| session.client.clone()) else { return };
            return out.tell_dropped(|| Event::Dropped { client, message: message.no, why: DropWhy::Expired });
        }
        self.deliver_kept(now, &target, message, out);
    }
}
