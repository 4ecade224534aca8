//! Kinds of packets in the words of the contract.

use contract::Kind;
use mqtt::PacketType;

/// The kind of packet that a first byte announces.
pub(crate) fn kind_of(first: u8) -> Kind {
    match PacketType::from_first_byte(first) {
        Some(PacketType::Connect) => Kind::Connect,
        Some(PacketType::Connack) => Kind::Connack,
        Some(PacketType::Publish) => Kind::Publish,
        Some(PacketType::Puback) => Kind::Puback,
        Some(PacketType::Pubrec) => Kind::Pubrec,
        Some(PacketType::Pubrel) => Kind::Pubrel,
        Some(PacketType::Pubcomp) => Kind::Pubcomp,
        Some(PacketType::Subscribe) => Kind::Subscribe,
        Some(PacketType::Suback) => Kind::Suback,
        Some(PacketType::Unsubscribe) => Kind::Unsubscribe,
        Some(PacketType::Unsuback) => Kind::Unsuback,
        Some(PacketType::Pingreq) => Kind::Pingreq,
        Some(PacketType::Pingresp) => Kind::Pingresp,
        Some(PacketType::Disconnect) => Kind::Disconnect,
        Some(PacketType::Auth) => Kind::Auth,
        None => Kind::NotMqtt,
    }
}
