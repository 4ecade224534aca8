//! CONNACK.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::packet::check_flags;
use crate::{Frame, PacketType, Place, Properties, ReasonCode, Version, write};

/// The answer to a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connack<'a> {
    /// The server has kept a session [MQTT-3.2.2-3]. Always false in 3.1, which has no such flag.
    pub session_present: bool,
    /// Before 5.0 it stands for the return code: see [`ReasonCode::to_v3_connack`]. A reason that no return code fits is encoded as
    /// 3, Server unavailable; it is better not to answer then [3.1.1: MQTT-3.2.2-6].
    pub reason: ReasonCode,
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Connack<'a> {
    /// From a frame whose type is CONNACK.
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Connack<'a>, Malformed> {
        check_flags(frame, version)?;
        let mut reader = frame.reader(version);
        let at = reader.at();
        let flags = reader.u8("Connect Acknowledge Flags")?;
        // [MQTT-3.2.2-1]; in 3.1 the byte is reserved and its value says nothing.
        if flags & 0xFE != 0 && version != Version::V31 {
            return Err(reader.fault_at(at, Fault::ConnackFlags(flags)));
        }
        let session_present = flags & 1 != 0 && version != Version::V31;
        let reason = if version.is_v5() {
            // [MQTT-3.2.2-8]
            super::reason(&mut reader, PacketType::Connack)?
        } else {
            let at = reader.at();
            let code = reader.u8("return code")?;
            ReasonCode::from_v3_connack(code).ok_or_else(|| reader.fault_at(at, Fault::ReturnCode(code)))?
        };
        let properties = Properties::read(&mut reader, Place::Connack)?;
        reader.end()?;
        Ok(Connack { session_present, reason, properties })
    }

    /// Appends the packet, as [`crate::Packet::encode`] says.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        if !write::put_header(out, 0x20, self.remaining(version)) {
            return;
        }
        out.push(u8::from(self.session_present && version != Version::V31));
        out.push(if version.is_v5() { self.reason as u8 } else { self.reason.to_v3_connack().unwrap_or(3) });
        write::put_properties(out, &self.properties, version);
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    pub(crate) fn remaining(&self, version: Version) -> usize {
        write::properties_len(&self.properties, version).saturating_add(2)
    }
}
