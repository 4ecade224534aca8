//! SUBACK.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::packet::{check_flags, in_table};
use crate::{Frame, PacketId, PacketType, Place, Properties, ReasonCode, Version, write};

/// The answer to a SUBSCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suback<'a> {
    /// The Packet Identifier of the SUBSCRIBE [MQTT-3.8.4-2].
    pub packet_id: PacketId,
    /// One per filter, in their order [MQTT-3.9.3-1]: granted QoS 0, 1, 2, or an error (in 3.1.1 only 0x80, in 3.1 none). When encoded for
    /// 3.1.1 or 3.1, every error becomes 0x80.
    pub reasons: &'a [u8],
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Suback<'a> {
    /// From a frame whose type is SUBACK.
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Suback<'a>, Malformed> {
        check_flags(frame, version)?;
        let mut reader = frame.reader(version);
        let packet_id = reader.packet_id()?;
        let properties = Properties::read(&mut reader, Place::Suback)?;
        // [MQTT-3.8.4-6]
        if reader.is_empty() {
            return Err(reader.fault(Fault::NoReasons(PacketType::Suback)));
        }
        let at = reader.at();
        let reasons = reader.take_rest();
        // [MQTT-3.9.3-2]
        match reasons.iter().position(|&code| !known(code, version)) {
            Some(index) => {
                let code = reasons.get(index).copied().unwrap_or_default();
                Err(reader.fault_at(at.saturating_add(index as u32), Fault::Reason { packet: PacketType::Suback, code }))
            }
            None => Ok(Suback { packet_id, reasons, properties }),
        }
    }

    /// Appends the packet, as [`crate::Packet::encode`] says.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        if !write::put_header(out, 0x90, self.remaining(version)) {
            return;
        }
        write::put_u16(out, self.packet_id.get());
        write::put_properties(out, &self.properties, version);
        if version.is_v5() {
            out.extend_from_slice(self.reasons);
        } else {
            out.extend(self.reasons.iter().map(|&code| if code > 2 { 0x80 } else { code }));
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    pub(crate) fn remaining(&self, version: Version) -> usize {
        write::properties_len(&self.properties, version).saturating_add(2).saturating_add(self.reasons.len())
    }
}

fn known(code: u8, version: Version) -> bool {
    match version {
        Version::V5 => ReasonCode::from_u8(code).is_some_and(|reason| in_table(reason, PacketType::Suback)),
        Version::V311 => matches!(code, 0..=2 | 0x80),
        Version::V31 => code <= 2,
    }
}
