//! DISCONNECT.

use alloc::vec::Vec;

use crate::fault::Malformed;
use crate::packet::check_flags;
use crate::{Frame, PacketType, Place, Properties, ReasonCode, Version, write};

/// The last packet of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// Success (here: Normal disconnection) before 5.0.
    pub reason: ReasonCode,
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Disconnect<'a> {
    /// A reason without properties.
    pub const fn with(reason: ReasonCode) -> Disconnect<'static> {
        Disconnect { reason, properties: Properties::EMPTY }
    }

    /// From a frame whose type is DISCONNECT.
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Disconnect<'a>, Malformed> {
        // [MQTT-3.14.1-1]
        check_flags(frame, version)?;
        let mut reader = frame.reader(version);
        // Nothing is all there is before 5.0, and means 0x00 there and in 5.0 [U5-3.14.2.1-a].
        if !version.is_v5() || reader.is_empty() {
            reader.end()?;
            return Ok(Disconnect::with(ReasonCode::Success));
        }
        // [MQTT-3.14.2-1]
        let reason = super::reason(&mut reader, PacketType::Disconnect)?;
        let properties = if reader.is_empty() { Properties::EMPTY } else { Properties::read(&mut reader, Place::Disconnect)? };
        reader.end()?;
        Ok(Disconnect { reason, properties })
    }

    /// Appends the packet in the shortest form, as [`crate::Packet::encode`] says.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        let remaining = self.remaining(version);
        if !write::put_header(out, 0xE0, remaining) {
            return;
        }
        if remaining > 0 {
            out.push(self.reason as u8);
        }
        if remaining > 1 {
            write::put_properties(out, &self.properties, version);
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    pub(crate) fn remaining(&self, version: Version) -> usize {
        match (version.is_v5(), self.properties.is_empty(), self.reason) {
            (false, ..) | (true, true, ReasonCode::Success) => 0,
            (true, true, _) => 1,
            (true, false, _) => write::properties_len(&self.properties, version).saturating_add(1),
        }
    }
}
