//! PUBACK, PUBREC, PUBREL, PUBCOMP from a client.

use mqtt::{Ack, PacketId, PacketType, Properties, PropertiesBuf, QoS, ReasonCode};

use crate::broker::Broker;
use crate::event::{DropWhy, EndWhy, Event};
use crate::ids::{ConnId, SessionNo};
use crate::io::Outbox;
use crate::on::words;
use crate::state::inflight::{Phase, Slot};
use crate::time::Instant;

impl Broker {
    pub(crate) fn on_puback(&mut self, now: Instant, conn: ConnId, session: SessionNo, ack: &Ack<'_>, out: &mut Outbox) {
        let Some(outgoing) = self.sessions.get_mut(session).map(|session| &mut session.outgoing) else { return };
        match outgoing.get_mut(ack.packet_id).map(|slot| slot.phase) {
            Some(Phase::Puback) => {
                let ended = outgoing.end(ack.packet_id);
                if ack.reason.is_error() {
                    self.tell_refused(session, ended, out);
                } else {
                    out.tell(|| Event::Delivered { conn, qos: QoS::AtLeastOnce, id: ack.packet_id });
                }
                self.pump(now, session, out);
            }
            // A PUBACK for a QoS 2 message: the client has lost its state, its session cannot be trusted.
            Some(_) => self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out),
            // Acknowledged before: a client may repeat itself after a resume.
            None => {}
        }
    }

    pub(crate) fn on_pubrec(&mut self, now: Instant, conn: ConnId, session: SessionNo, ack: &Ack<'_>, out: &mut Outbox) {
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return };
        let Some(outgoing) = self.sessions.get_mut(session).map(|session| &mut session.outgoing) else { return };
        let id = ack.packet_id;
        let reason = match outgoing.get_mut(id) {
            Some(slot) if slot.phase == Phase::Puback => return self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out),
            // The receiver refuses: the exchange is over and the Packet Identifier free [MQTT-4.3.3-4 note].
            Some(_) if ack.reason.is_error() => {
                let ended = outgoing.end(id);
                self.tell_refused(session, ended, out);
                return self.pump(now, session, out);
            }
            Some(slot) => {
                // From here on only PUBREL may be sent, also after a resume [MQTT-4.3.3-6].
                slot.phase = Phase::Pubcomp;
                slot.message = None;
                outgoing.touched(id, now);
                ReasonCode::Success
            }
            None if ack.reason.is_error() => return,
            None if version.is_v5() => ReasonCode::PacketIdentifierNotFound,
            None => ReasonCode::Success,
        };
        self.send_ack(conn, PacketType::Pubrel, id, reason, out);
    }

    pub(crate) fn on_pubrel(&mut self, conn: ConnId, session: SessionNo, ack: &Ack<'_>, out: &mut Outbox) {
        let Some(version) = self.conns.get(conn).map(|state| state.caps.version) else { return };
        let Some(incoming) = self.sessions.get_mut(session).map(|session| &mut session.incoming) else { return };
        let id = ack.packet_id;
        let freed = incoming.free(id);
        if freed {
            out.tell(|| Event::IdFreed { conn, id });
        }
        let reason = if freed || !version.is_v5() { ReasonCode::Success } else { ReasonCode::PacketIdentifierNotFound };
        self.send_ack(conn, PacketType::Pubcomp, id, reason, out);
    }

    pub(crate) fn on_pubcomp(&mut self, now: Instant, conn: ConnId, session: SessionNo, ack: &Ack<'_>, out: &mut Outbox) {
        let Some(outgoing) = self.sessions.get_mut(session).map(|session| &mut session.outgoing) else { return };
        match outgoing.get_mut(ack.packet_id).map(|slot| slot.phase) {
            Some(Phase::Pubcomp) => {
                outgoing.end(ack.packet_id);
                out.tell(|| Event::Delivered { conn, qos: QoS::ExactlyOnce, id: ack.packet_id });
                self.pump(now, session, out);
            }
            Some(Phase::Puback | Phase::Pubrec) => self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out),
            None => {}
        }
    }

    fn tell_refused(&self, session: SessionNo, ended: Option<Slot>, out: &mut Outbox) {
        let Some(client) = self.sessions.get(session).map(|session| session.client.clone()) else { return };
        let message = ended.and_then(|slot| slot.message).map_or(0, |kept| kept.no);
        out.tell_dropped(|| Event::Dropped { client, message, why: DropWhy::Refused });
    }

    /// Writes one of the four acknowledgements.
    pub(crate) fn send_ack(&mut self, conn: ConnId, kind: PacketType, packet_id: PacketId, reason: ReasonCode, out: &mut Outbox) {
        if !reason.is_error() {
            let ack = Ack { packet_id, reason, properties: Properties::EMPTY };
            return self.send(conn, out, |caps, bytes| ack.encode(kind, caps.version, bytes));
        }
        let mut properties = PropertiesBuf::new();
        self.send(conn, out, |caps, bytes| {
            let size = |properties: Properties<'_>| Ack { packet_id, reason, properties }.encoded_len(caps.version);
            words::explain(caps, false, words::sentence(reason), &mut properties, size);
            Ack { packet_id, reason, properties: properties.as_properties() }.encode(kind, caps.version, bytes);
        });
    }
}
