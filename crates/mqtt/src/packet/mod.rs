//! The packets: one file each, with its struct, its decoding, its encoding and its tests.

pub(crate) mod ack;
pub(crate) mod auth;
pub(crate) mod connack;
pub(crate) mod connect;
pub(crate) mod disconnect;
pub(crate) mod publish;
pub(crate) mod suback;
pub(crate) mod subscribe;
pub(crate) mod unsuback;
pub(crate) mod unsubscribe;

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::{
    Ack, Auth, Connack, Connect, Disconnect, Frame, PacketType, Publish, ReasonCode, Sender, Suback, Subscribe, Unsuback, Unsubscribe,
    Version, write,
};

/// The meaning of a control packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Packet<'a> {
    Connect(Connect<'a>),
    Connack(Connack<'a>),
    Publish(Publish<'a>),
    Puback(Ack<'a>),
    Pubrec(Ack<'a>),
    Pubrel(Ack<'a>),
    Pubcomp(Ack<'a>),
    Subscribe(Subscribe<'a>),
    Suback(Suback<'a>),
    Unsubscribe(Unsubscribe<'a>),
    Unsuback(Unsuback<'a>),
    Pingreq,
    Pingresp,
    Disconnect(Disconnect<'a>),
    Auth(Auth<'a>),
}

impl<'a> Packet<'a> {
    /// Gives a frame its meaning by the rules of `version`; a CONNECT tells its version itself.
    #[inline]
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Packet<'a>, Malformed> {
        Ok(match frame.kind() {
            PacketType::Publish => Packet::Publish(Publish::decode(frame, version)?),
            PacketType::Puback => Packet::Puback(Ack::decode(frame, version)?),
            PacketType::Pubrec => Packet::Pubrec(Ack::decode(frame, version)?),
            PacketType::Pubrel => Packet::Pubrel(Ack::decode(frame, version)?),
            PacketType::Pubcomp => Packet::Pubcomp(Ack::decode(frame, version)?),
            PacketType::Pingreq => ping(frame, version, Packet::Pingreq)?,
            PacketType::Pingresp => ping(frame, version, Packet::Pingresp)?,
            PacketType::Connect => Packet::Connect(Connect::decode(frame)?),
            PacketType::Connack => Packet::Connack(Connack::decode(frame, version)?),
            PacketType::Subscribe => Packet::Subscribe(Subscribe::decode(frame, version)?),
            PacketType::Suback => Packet::Suback(Suback::decode(frame, version)?),
            PacketType::Unsubscribe => Packet::Unsubscribe(Unsubscribe::decode(frame, version)?),
            PacketType::Unsuback => Packet::Unsuback(Unsuback::decode(frame, version)?),
            PacketType::Disconnect => Packet::Disconnect(Disconnect::decode(frame, version)?),
            PacketType::Auth => Packet::Auth(Auth::decode(frame, version)?),
        })
    }

    /// Appends the packet's bytes. What `version` does not have (properties, reason codes) is left out; a CONNECT is written in its own
    /// version. Cannot fail: a packet over [`crate::MAX_PACKET_SIZE`] bytes, which no peer could read, appends nothing, as does an AUTH
    /// before 5.0. Compare [`Packet::encoded_len`] with the peer's Maximum Packet Size before.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        match self {
            Packet::Connect(packet) => packet.encode(version, out),
            Packet::Connack(packet) => packet.encode(version, out),
            Packet::Publish(packet) => packet.encode(version, out),
            Packet::Puback(packet) => packet.encode(PacketType::Puback, version, out),
            Packet::Pubrec(packet) => packet.encode(PacketType::Pubrec, version, out),
            Packet::Pubrel(packet) => packet.encode(PacketType::Pubrel, version, out),
            Packet::Pubcomp(packet) => packet.encode(PacketType::Pubcomp, version, out),
            Packet::Subscribe(packet) => packet.encode(version, out),
            Packet::Suback(packet) => packet.encode(version, out),
            Packet::Unsubscribe(packet) => packet.encode(version, out),
            Packet::Unsuback(packet) => packet.encode(version, out),
            Packet::Pingreq => out.extend_from_slice(&[0xC0, 0]),
            Packet::Pingresp => out.extend_from_slice(&[0xD0, 0]),
            Packet::Disconnect(packet) => packet.encode(version, out),
            Packet::Auth(packet) => packet.encode(version, out),
        }
    }

    /// Bytes of the whole packet as [`encode`](Packet::encode) would write it, fixed header included [MQTT-3.1.2-24].
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(match self {
            Packet::Connect(packet) => packet.remaining(version),
            Packet::Connack(packet) => packet.remaining(version),
            Packet::Publish(packet) => packet.remaining(version),
            Packet::Puback(packet) | Packet::Pubrec(packet) | Packet::Pubrel(packet) | Packet::Pubcomp(packet) => packet.remaining(version),
            Packet::Subscribe(packet) => packet.remaining(version),
            Packet::Suback(packet) => packet.remaining(version),
            Packet::Unsubscribe(packet) => packet.remaining(version),
            Packet::Unsuback(packet) => packet.remaining(version),
            Packet::Pingreq | Packet::Pingresp => 0,
            Packet::Disconnect(packet) => packet.remaining(version),
            Packet::Auth(packet) => packet.remaining(version),
        })
    }

    /// Type of the packet.
    pub const fn kind(&self) -> PacketType {
        match self {
            Packet::Connect(_) => PacketType::Connect,
            Packet::Connack(_) => PacketType::Connack,
            Packet::Publish(_) => PacketType::Publish,
            Packet::Puback(_) => PacketType::Puback,
            Packet::Pubrec(_) => PacketType::Pubrec,
            Packet::Pubrel(_) => PacketType::Pubrel,
            Packet::Pubcomp(_) => PacketType::Pubcomp,
            Packet::Subscribe(_) => PacketType::Subscribe,
            Packet::Suback(_) => PacketType::Suback,
            Packet::Unsubscribe(_) => PacketType::Unsubscribe,
            Packet::Unsuback(_) => PacketType::Unsuback,
            Packet::Pingreq => PacketType::Pingreq,
            Packet::Pingresp => PacketType::Pingresp,
            Packet::Disconnect(_) => PacketType::Disconnect,
            Packet::Auth(_) => PacketType::Auth,
        }
    }
}

/// The flag bits must be those of the type [MQTT-2.1.3-1; 3.1.1: MQTT-2.2.2-1, MQTT-2.2.2-2]. In 3.1 those of PUBREL, SUBSCRIBE and
/// UNSUBSCRIBE are DUP and QoS 1, so they may also say that the packet is sent again.
#[inline]
pub(crate) fn check_flags(frame: Frame<'_>, version: Version) -> Result<(), Malformed> {
    let expected = frame.kind().flags();
    let found = frame.flags();
    if found == expected || (version == Version::V31 && expected != 0 && found == expected | 0b1000) {
        return Ok(());
    }
    Err(Malformed::new(0, version, Fault::Flags { packet: frame.kind(), found }))
}

fn ping<'a>(frame: Frame<'a>, version: Version, packet: Packet<'a>) -> Result<Packet<'a>, Malformed> {
    check_flags(frame, version)?;
    frame.reader(version).end()?;
    Ok(packet)
}

/// Reads a Reason Code that the table of `packet` has, from either sender: who may send it is for the broker to judge.
#[inline]
pub(crate) fn reason(reader: &mut crate::read::Reader<'_>, packet: PacketType) -> Result<ReasonCode, Malformed> {
    let at = reader.at();
    let code = reader.u8("Reason Code")?;
    match ReasonCode::from_u8(code) {
        Some(reason) if in_table(reason, packet) => Ok(reason),
        _ => Err(reader.fault_at(at, Fault::Reason { packet, code })),
    }
}

/// Whether the packet may carry the code. The overview of the standard grants DISCONNECT 0x8C, its own table does not: it is read.
pub(crate) fn in_table(reason: ReasonCode, packet: PacketType) -> bool {
    reason.allowed_in(packet, Sender::Server)
        || reason.allowed_in(packet, Sender::Client)
        || (reason == ReasonCode::BadAuthenticationMethod && packet == PacketType::Disconnect)
}
