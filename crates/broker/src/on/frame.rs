//! A packet came in: which handler is it for?

use mqtt::{Frame, Packet, PacketType, ReasonCode, Sender, Version};

use crate::broker::Broker;
use crate::event::{EndWhy, Event, ResendRule};
use crate::ids::ConnId;
use crate::io::Outbox;
use crate::state::conn::Stage;
use crate::time::Instant;

impl Broker {
    pub(crate) fn on_frame(&mut self, now: Instant, conn: ConnId, frame: Frame<'_>, out: &mut Outbox) {
        let Some(state) = self.conns.get_mut(conn) else { return };
        state.heard = now;
        let version = state.caps.version;
        let stage = state.stage;
        let packet = match Packet::decode(frame, version) {
            Ok(packet) => packet,
            Err(_) if matches!(stage, Stage::Doomed { .. }) => return,
            Err(error) => return self.on_bad_bytes(conn, Some(frame), error, out),
        };
        if let (Packet::Publish(publish), Stage::Running { .. }) = (&packet, stage)
            && let Some(id) = publish.packet_id
            && state.seen_ids.insert(id)
            && publish.dup
        {
            out.tell(|| Event::ResentByClient { conn, id, rule: ResendRule::of(version) });
        }
        match (stage, packet) {
            (Stage::Doomed { .. }, _) => {}
            (Stage::Fresh { .. }, Packet::Connect(connect)) => self.on_connect(now, conn, frame, &connect, out),
            // The first packet must be CONNECT [MQTT-3.1.0-1]; nothing is answered to anything else.
            (Stage::Fresh { .. }, _) => self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out),
            (Stage::Authenticating { .. }, packet) => self.on_challenged(now, conn, &packet, out),
            (Stage::Running { session }, packet) => self.on_packet(now, (conn, session, version), packet, out),
        }
    }

    fn on_packet(
        &mut self,
        now: Instant,
        (conn, session, version): (ConnId, crate::SessionNo, Version),
        packet: Packet<'_>,
        out: &mut Outbox,
    ) {
        if let Packet::Puback(ack) | Packet::Pubrec(ack) = &packet
            && ack.reason == ReasonCode::NoMatchingSubscribers
        {
            // Only a server can know that [MQTT-3.4.2-1, MQTT-3.5.2-1].
            return self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out);
        }
        if let Some(letter) = self.letter_against(conn, version, &packet, out) {
            return self.doom_saying(conn, EndWhy::Broker(letter.reason()), letter.sentence(), out);
        }
        match packet {
            Packet::Publish(publish) => self.on_publish(now, conn, session, &publish, out),
            Packet::Puback(ack) => self.on_puback(now, conn, session, &ack, out),
            Packet::Pubrec(ack) => self.on_pubrec(now, conn, session, &ack, out),
            Packet::Pubrel(ack) => self.on_pubrel(conn, session, &ack, out),
            Packet::Pubcomp(ack) => self.on_pubcomp(now, conn, session, &ack, out),
            Packet::Subscribe(subscribe) => self.on_subscribe(now, conn, session, &subscribe, out),
            Packet::Unsubscribe(unsubscribe) => self.on_unsubscribe(now, conn, session, &unsubscribe, out),
            Packet::Pingreq => self.send(conn, out, |_, bytes| Packet::Pingresp.encode(version, bytes)),
            Packet::Disconnect(disconnect) => self.on_disconnect(conn, session, &disconnect, out),
            Packet::Auth(auth) => self.on_auth(conn, session, &auth, out),
            // A second CONNECT [MQTT-3.1.0-2], and packets that only a server sends.
            other => {
                debug_assert!(other.kind() == PacketType::Connect || !other.kind().sent_by(Sender::Client, version));
                self.doom(conn, EndWhy::Broker(ReasonCode::ProtocolError), out);
            }
        }
    }
}
