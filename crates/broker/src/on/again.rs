//! What is sent again, when and why: on a new connection in every version [MQTT-4.4.0-1], and by a timer on a live one where 3.1 and
//! 3.1.1 allow it and the operator wants it.

use mqtt::{Ack, PacketType};

use crate::access::{Access, Action};
use crate::broker::Broker;
use crate::event::{AgainWhy, DropWhy, Event};
use crate::ids::ConnId;
use crate::io::Outbox;
use crate::on::deliver::push_publish;
use crate::on::hop::write_again;
use crate::state::conn::Conn;
use crate::state::inflight::{Phase, Slot};
use crate::state::session::Session;
use crate::state::timers::Timer;
use crate::time::Instant;

impl Broker {
    /// Starts the retry timer of a connection, if its version has one.
    pub(crate) fn start_retry(&mut self, now: Instant, conn: ConnId) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        if self.config.v3_retry > 0 && !state.caps.version.is_v5() {
            let at = now.after_secs(self.config.v3_retry);
            state.retry_at = Some(at);
            self.timers.arm(at, Timer::Retry(conn));
        }
    }

    pub(crate) fn on_retry(&mut self, now: Instant, id: ConnId, out: &mut Outbox) {
        let Broker { access, config, conns, sessions, timers, .. } = self;
        let Some(conn) = conns.get_mut(id) else { return };
        let Some(session) = conn.session().and_then(|no| sessions.get_mut(no)) else { return };
        let interval = u64::from(config.v3_retry).saturating_mul(1_000_000);
        let before = Instant::from_micros(now.micros().saturating_sub(interval));
        // A client that does not read has its messages before it still. Each slot is sent again at most once, for `now` is not `before`.
        while conn.unsent <= config.unsent_high_water
            && let Some(slot) = session.outgoing.retry(before, now)
        {
            send_again(now, (id, conn), (session, access), slot, AgainWhy::NoAnswer, out);
        }
        let due = session.outgoing.oldest().map_or(now, |oldest| oldest.max(before)).after(interval);
        let at = if due > now { due } else { now.after(interval) };
        conn.retry_at = Some(at);
        timers.arm(at, Timer::Retry(id));
        self.check_unsent(id, out);
    }
}

/// Sends the oldest message that this connection has not seen.
pub(crate) fn resend(now: Instant, to: (ConnId, &mut Conn), (session, access): (&mut Session, &Access), out: &mut Outbox) {
    let Some(slot) = session.outgoing.resend(now) else { return };
    send_again(now, to, (session, access), slot, AgainWhy::NewConnection, out);
}

/// PUBLISH with DUP [MQTT-3.3.1-1], or PUBREL.
fn send_again(
    now: Instant,
    (id, conn): (ConnId, &mut Conn),
    (session, access): (&mut Session, &Access),
    slot: Slot,
    why: AgainWhy,
    out: &mut Outbox,
) {
    // The right to read it may be gone since it was sent first, and nobody knows whether it came. As with mosquitto that ends it.
    if let Some(kept) = &slot.message
        && !access.is_open()
        && !access.allows(&session.who(), Action::Read, kept.topic())
    {
        session.outgoing.end(slot.id);
        let (client, message) = (session.client.clone(), kept.no);
        return out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::MayNotRead });
    }
    let frame = match (&slot.message, slot.phase) {
        (Some(kept), Phase::Puback | Phase::Pubrec) => write_again(now, &conn.caps, &kept.message(), &slot.manner, slot.id, out),
        _ => out.write(|bytes| Ack::success(slot.id).encode(PacketType::Pubrel, conn.caps.version, bytes)),
    };
    let message = slot.message.as_ref().map_or(0, |kept| kept.no);
    if frame.len() > conn.caps.max_packet_size as usize {
        session.outgoing.end(slot.id);
        let client = session.client.clone();
        return out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::TooLarge });
    }
    push_publish((id, conn), frame, message, out);
    out.tell(|| Event::SentAgain { conn: id, id: slot.id, why });
}
