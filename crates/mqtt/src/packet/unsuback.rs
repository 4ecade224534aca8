//! UNSUBACK.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::packet::{check_flags, in_table};
use crate::{Frame, PacketId, PacketType, Place, Properties, ReasonCode, Version, write};

/// The answer to an UNSUBSCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsuback<'a> {
    /// The Packet Identifier of the UNSUBSCRIBE [MQTT-3.10.4-5].
    pub packet_id: PacketId,
    /// One per filter, in their order [MQTT-3.11.3-1]; none before 5.0.
    pub reasons: &'a [u8],
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Unsuback<'a> {
    /// From a frame whose type is UNSUBACK.
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Unsuback<'a>, Malformed> {
        check_flags(frame, version)?;
        let mut reader = frame.reader(version);
        let packet_id = reader.packet_id()?;
        if !version.is_v5() {
            reader.end()?;
            return Ok(Unsuback { packet_id, reasons: &[], properties: Properties::EMPTY });
        }
        let properties = Properties::read(&mut reader, Place::Unsuback)?;
        if reader.is_empty() {
            return Err(reader.fault(Fault::NoReasons(PacketType::Unsuback)));
        }
        let at = reader.at();
        let reasons = reader.take_rest();
        // [MQTT-3.11.3-2]
        let unknown = |&code: &u8| !ReasonCode::from_u8(code).is_some_and(|reason| in_table(reason, PacketType::Unsuback));
        match reasons.iter().position(unknown) {
            Some(index) => {
                let code = reasons.get(index).copied().unwrap_or_default();
                Err(reader.fault_at(at.saturating_add(index as u32), Fault::Reason { packet: PacketType::Unsuback, code }))
            }
            None => Ok(Unsuback { packet_id, reasons, properties }),
        }
    }

    /// Appends the packet, as [`crate::Packet::encode`] says.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        if !write::put_header(out, 0xB0, self.remaining(version)) {
            return;
        }
        write::put_u16(out, self.packet_id.get());
        write::put_properties(out, &self.properties, version);
        if version.is_v5() {
            out.extend_from_slice(self.reasons);
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    pub(crate) fn remaining(&self, version: Version) -> usize {
        let reasons = if version.is_v5() { self.reasons.len() } else { 0 };
        write::properties_len(&self.properties, version).saturating_add(2).saturating_add(reasons)
    }
}
