//! From a message to the sessions that want it.

use alloc::sync::Arc;
use alloc::vec::Vec;

use mqtt::{QoS, ReasonCode};

use crate::access::Action;
use crate::broker::{Broker, Scratch, Target};
use crate::config::Config;
use crate::event::{DropWhy, EndWhy, Event};
use crate::ids::{ConnId, MessageNo, SessionNo};
use crate::io::{Outbox, Output, Span};
use crate::on::again::resend;
use crate::on::hop::write_first;
use crate::state::conn::{Caps, Conn, Stage};
use crate::state::inflight::Phase;
use crate::state::message::{Identifiers, Kept, Manner, Message};
use crate::state::queue::Waiting;
use crate::state::router::Match;
use crate::state::session::Session;
use crate::state::share::ShareNo;
use crate::time::Instant;

/// What a delivery to one session came to.
enum Path {
    Send(ConnId),
    Queue,
    Drop(DropWhy),
}

/// The frame of the last QoS 0 delivery in a fan-out: equal deliveries share it.
#[derive(Clone, Copy)]
struct Shared {
    v5: bool,
    retain: bool,
    span: Span,
}

impl Broker {
    /// Passes a message on to every session with a matching subscription: one copy each, at the highest QoS, with all Subscription
    /// Identifiers [MQTT-3.3.4-2, -3]. Gives their number.
    pub(crate) fn deliver(&mut self, now: Instant, message: &Message<'_>, out: &mut Outbox) -> u32 {
        let mut scratch = core::mem::take(&mut self.scratch);
        let no_local = self.collect(message, &mut scratch);
        if !self.access.is_open() {
            self.keep_readers(message, &mut scratch.targets, out);
        }
        for share in scratch.shares.drain(..) {
            scratch.targets.extend(self.choose(message, share, out));
        }
        let mut kept: Option<Arc<Kept>> = None;
        let mut shared: Option<Shared> = None;
        for target in &scratch.targets {
            self.deliver_to(now, target, message, (&mut kept, &mut shared), out);
        }
        let to = u32::try_from(scratch.targets.len()).unwrap_or(u32::MAX);
        self.scratch = scratch;
        if let Some(client) = no_local {
            out.tell(|| Event::Dropped { client, message: message.no, why: DropWhy::NoLocal });
        }
        to
    }

    /// Collects the sessions into `scratch.targets`, each once. Gives the client that No Local spared.
    fn collect(&self, message: &Message<'_>, scratch: &mut Scratch) -> Option<Arc<str>> {
        let Scratch { routes, targets, stamps, shares, .. } = scratch;
        targets.clear();
        shares.clear();
        if stamps.len() < self.sessions.capacity() {
            stamps.resize(self.sessions.capacity(), (0, 0));
        }
        let (mut spared, one_copy) = (false, self.config.one_copy);
        routes.matches(self.config.max_cached_routes, &self.router, message.topic.as_str(), |found| {
            if found.options.no_local && message.from == Some(found.session) {
                spared = true;
                return;
            }
            let Some(stamp) = stamps.get_mut(found.session.0 as usize) else {
                return shares.extend(ShareNo::from_subscriber(found.session));
            };
            if one_copy
                && stamp.0 == message.no
                && let Some(target) = targets.get_mut(stamp.1 as usize)
            {
                return merge(target, message, &found);
            }
            *stamp = (message.no, u32::try_from(targets.len()).unwrap_or(u32::MAX));
            let mut identifiers = Identifiers::None;
            identifiers.add(found.identifier);
            let retain = message.retain && found.options.retain_as_published;
            let manner = Manner { qos: message.qos.min(found.options.qos), retain, identifiers, share: None };
            targets.push(Target { session: found.session, manner });
        });
        let client = || message.from.and_then(|no| self.sessions.get(no)).map(|session| session.client.clone());
        if spared { client() } else { None }
    }

    /// Keeps those who may read the message, as their rights are now.
    fn keep_readers(&self, message: &Message<'_>, targets: &mut Vec<Target>, out: &mut Outbox) {
        targets.retain(|target| {
            let may = self.may(target.session, Action::Read, message.topic.as_str());
            if !may {
                self.tell_unread(target.session, message, out);
            }
            may
        });
    }

    /// Tells that a session does not get a message because its client may not read it.
    pub(crate) fn tell_unread(&self, session: SessionNo, message: &Message<'_>, out: &mut Outbox) {
        let Some(client) = self.sessions.get(session).map(|session| session.client.clone()) else { return };
        out.tell(|| Event::Dropped { client, message: message.no, why: DropWhy::MayNotRead });
    }

    fn deliver_to(
        &mut self,
        now: Instant,
        target: &Target,
        message: &Message<'_>,
        (kept, shared): (&mut Option<Arc<Kept>>, &mut Option<Shared>),
        out: &mut Outbox,
    ) {
        let Some(session) = self.sessions.get_mut(target.session) else { return };
        let conn = session.conn.and_then(|conn| self.conns.get_mut(conn));
        match path(&self.config, session, conn.as_deref(), target.manner.qos) {
            Path::Drop(why) => {
                let client = session.client.clone();
                out.tell_dropped(|| Event::Dropped { client, message: message.no, why });
            }
            Path::Queue => {
                let message = kept.get_or_insert_with(|| message.keep());
                enqueue(&self.config, session, Waiting { message: Arc::clone(message), manner: target.manner.clone() }, out);
            }
            Path::Send(id) => {
                let Some(conn) = conn else { return };
                if target.manner.qos == QoS::AtMostOnce {
                    send_shared(now, (id, conn), session, message, &target.manner, shared, out);
                } else {
                    let kept = kept.get_or_insert_with(|| message.keep());
                    send_kept(now, (id, conn), session, (kept, message), target.manner.clone(), out);
                }
                self.check_unsent(id, out);
            }
        }
    }

    /// Passes a message that is kept already (a retained one) on to one session.
    pub(crate) fn deliver_kept(&mut self, now: Instant, target: &Target, message: &Arc<Kept>, out: &mut Outbox) {
        self.deliver_to(now, target, &message.message(), (&mut Some(Arc::clone(message)), &mut None), out);
    }

    /// Sends what a session has waiting, as far as its connection takes it: first what was in flight before, in the original order
    /// [MQTT-4.4.0-1, MQTT-4.6.0-1], then the queue.
    pub(crate) fn pump(&mut self, now: Instant, no: SessionNo, out: &mut Outbox) {
        loop {
            let Some(session) = self.sessions.get_mut(no) else { return };
            let Some(id) = session.conn else { return };
            let Some(conn) = self.conns.get_mut(id) else { return };
            if !matches!(conn.stage, Stage::Running { .. }) || conn.unsent > self.config.unsent_high_water {
                return;
            }
            if session.outgoing.has_unsent() {
                if session.outgoing.under_way() >= window(&self.config, &conn.caps) {
                    return;
                }
                resend(now, (id, conn), (session, &self.access), out);
            } else {
                let Some(front) = session.queue.front() else { return };
                if front.message.expires_at.is_some_and(|at| at <= now) {
                    let (client, message) = (session.client.clone(), front.message.no);
                    out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::Expired });
                    session.queue.pop();
                    continue;
                }
                if !self.access.is_open() && !self.access.allows(&session.who(), Action::Read, front.message.topic()) {
                    let (client, message) = (session.client.clone(), front.message.no);
                    out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::MayNotRead });
                    session.queue.pop();
                    continue;
                }
                let needs_slot = front.manner.qos != QoS::AtMostOnce;
                if needs_slot && session.outgoing.under_way() >= window(&self.config, &conn.caps) {
                    return;
                }
                let Some(Waiting { message, manner }) = session.queue.pop() else { return };
                if needs_slot {
                    send_kept(now, (id, conn), session, (&message, &message.message()), manner, out);
                } else {
                    send_shared(now, (id, conn), session, &message.message(), &manner, &mut None, out);
                }
            }
            self.check_unsent(id, out);
        }
    }

    /// Writes one packet to a connection.
    pub(crate) fn send(&mut self, conn: ConnId, out: &mut Outbox, write: impl FnOnce(&Caps, &mut alloc::vec::Vec<u8>)) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        if matches!(state.stage, Stage::Doomed { .. }) {
            return;
        }
        let frame = out.write(|bytes| write(&state.caps, bytes));
        if frame.len() > state.caps.max_packet_size as usize {
            // An answer that the client is owed and does not take: nothing can follow [MQTT-3.1.2-24].
            return self.doom(conn, EndWhy::Broker(ReasonCode::PacketTooLarge), out);
        }
        state.unsent = state.unsent.saturating_add(frame.len());
        out.outputs.push(Output::Send { conn, frame, message: 0 });
        self.check_unsent(conn, out);
    }

    pub(crate) fn on_drained(&mut self, now: Instant, conn: ConnId, bytes: u32, out: &mut Outbox) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        let was_full = state.unsent > self.config.unsent_high_water;
        state.unsent = state.unsent.saturating_sub(bytes as usize);
        if was_full && let Some(session) = state.session() {
            self.pump(now, session, out);
        }
    }
}

fn merge(target: &mut Target, message: &Message<'_>, found: &Match) {
    let manner = &mut target.manner;
    manner.qos = manner.qos.max(message.qos.min(found.options.qos));
    manner.retain |= message.retain && found.options.retain_as_published;
    manner.identifiers.add(found.identifier);
}

/// Messages that may be unacknowledged: the client's Receive Maximum [MQTT-3.3.4-9], or the broker's own bound.
fn window(config: &Config, caps: &Caps) -> u16 {
    caps.receive_maximum.min(config.max_in_flight)
}

fn path(config: &Config, session: &Session, conn: Option<&Conn>, qos: QoS) -> Path {
    let Some(id) = session.conn else {
        return if qos == QoS::AtMostOnce { Path::Drop(DropWhy::Offline) } else { Path::Queue };
    };
    let Some(conn) = conn.filter(|conn| matches!(conn.stage, Stage::Running { .. })) else { return Path::Queue };
    // Nothing overtakes what waits already, not even QoS 0: order is kept per subscription [MQTT-4.6.0-6].
    let waits = !session.queue.is_empty() || session.outgoing.has_unsent() || conn.unsent > config.unsent_high_water;
    let no_slot = qos != QoS::AtMostOnce && session.outgoing.under_way() >= window(config, &conn.caps);
    if waits || no_slot { Path::Queue } else { Path::Send(id) }
}

fn enqueue(config: &Config, session: &mut Session, waiting: Waiting, out: &mut Outbox) {
    let (client, message) = (session.client.clone(), waiting.message.no);
    match session.queue.push(config, waiting) {
        Ok(()) => {
            let length = u32::try_from(session.queue.len()).unwrap_or(u32::MAX);
            out.tell(|| Event::Queued { client, message, length });
        }
        Err(_) => out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::QueueFull }),
    }
}

/// QoS 0: written once for all subscribers that get the same bytes.
fn send_shared(
    now: Instant,
    (id, conn): (ConnId, &mut Conn),
    session: &Session,
    message: &Message<'_>,
    manner: &Manner,
    shared: &mut Option<Shared>,
    out: &mut Outbox,
) {
    let v5 = conn.caps.version.is_v5();
    let plain = manner.identifiers == Identifiers::None && conn.aliases_out.is_none();
    let again = shared.filter(|shared| plain && shared.v5 == v5 && shared.retain == manner.retain);
    let frame = match again {
        Some(shared) => shared.span,
        None => write_first(now, conn, message, manner, None, out),
    };
    if plain && again.is_none() {
        *shared = Some(Shared { v5, retain: manner.retain, span: frame });
    }
    if frame.len() > conn.caps.max_packet_size as usize {
        let client = session.client.clone();
        return out.tell_dropped(|| Event::Dropped { client, message: message.no, why: DropWhy::TooLarge });
    }
    push_publish((id, conn), frame, message.no, out);
}

/// QoS 1 and 2: begins an exchange. `kept` and `message` are the same message.
fn send_kept(
    now: Instant,
    (id, conn): (ConnId, &mut Conn),
    session: &mut Session,
    (kept, message): (&Arc<Kept>, &Message<'_>),
    manner: Manner,
    out: &mut Outbox,
) {
    let phase = if manner.qos == QoS::ExactlyOnce { Phase::Pubrec } else { Phase::Puback };
    // The window is smaller than the number of identifiers, so there is one.
    let Some(packet_id) = session.outgoing.begin(phase, Arc::clone(kept), manner.clone(), now) else { return };
    let frame = write_first(now, conn, message, &manner, Some(packet_id), out);
    if frame.len() > conn.caps.max_packet_size as usize {
        // As if it had been delivered [MQTT-3.1.2-25].
        session.outgoing.end(packet_id);
        let client = session.client.clone();
        return out.tell_dropped(|| Event::Dropped { client, message: kept.no, why: DropWhy::TooLarge });
    }
    push_publish((id, conn), frame, kept.no, out);
}

pub(crate) fn push_publish((id, conn): (ConnId, &mut Conn), frame: Span, message: MessageNo, out: &mut Outbox) {
    conn.unsent = conn.unsent.saturating_add(frame.len());
    out.outputs.push(Output::Send { conn: id, frame, message });
}
