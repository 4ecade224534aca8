//! PUBACK, PUBREC, PUBREL and PUBCOMP: one layout for four packets.

use alloc::vec::Vec;

use crate::fault::Malformed;
use crate::packet::check_flags;
use crate::{Frame, PacketId, PacketType, Place, Properties, ReasonCode, Version, write};

/// A step of a QoS 1 or QoS 2 exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack<'a> {
    /// The Packet Identifier of the PUBLISH [MQTT-2.2.1-5].
    pub packet_id: PacketId,
    /// Success before 5.0.
    pub reason: ReasonCode,
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Ack<'a> {
    /// Success without properties.
    pub const fn success(packet_id: PacketId) -> Ack<'static> {
        Ack { packet_id, reason: ReasonCode::Success, properties: Properties::EMPTY }
    }

    /// From a frame whose type is PUBACK, PUBREC, PUBREL or PUBCOMP.
    #[inline(always)]
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Ack<'a>, Malformed> {
        // PUBREL: [MQTT-3.6.1-1]
        check_flags(frame, version)?;
        let mut reader = frame.reader(version);
        let packet_id = reader.packet_id()?;
        // Two bytes are all there is before 5.0, and mean Success there and in 5.0 [U5-3.4.2-a].
        if !version.is_v5() || reader.is_empty() {
            reader.end()?;
            return Ok(Ack::success(packet_id));
        }
        // [MQTT-3.4.2-1, MQTT-3.5.2-1, MQTT-3.6.2-1, MQTT-3.7.2-1]
        let reason = super::reason(&mut reader, frame.kind())?;
        // A fourth byte is needed only for properties [U5-3.4.2-a].
        let properties = match Place::of(frame.kind()) {
            Some(place) if !reader.is_empty() => Properties::read(&mut reader, place)?,
            _ => Properties::EMPTY,
        };
        reader.end()?;
        Ok(Ack { packet_id, reason, properties })
    }

    /// Appends the packet as one of type `kind`, in the shortest form. Of another type than the four it appends nothing.
    #[inline]
    pub fn encode(&self, kind: PacketType, version: Version, out: &mut Vec<u8>) {
        let first = match kind {
            PacketType::Puback => 0x40,
            PacketType::Pubrec => 0x50,
            PacketType::Pubrel => 0x62,
            PacketType::Pubcomp => 0x70,
            _ => return,
        };
        let remaining = self.remaining(version);
        if !write::put_header(out, first, remaining) {
            return;
        }
        write::put_u16(out, self.packet_id.get());
        if remaining > 2 {
            out.push(self.reason as u8);
        }
        if remaining > 3 {
            write::put_properties(out, &self.properties, version);
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    #[inline]
    pub(crate) fn remaining(&self, version: Version) -> usize {
        match (version.is_v5(), self.properties.is_empty(), self.reason) {
            (false, ..) | (true, true, ReasonCode::Success) => 2,
            (true, true, _) => 3,
            (true, false, _) => write::properties_len(&self.properties, version).saturating_add(3),
        }
    }
}
