//! AUTH, which came with 5.0.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::packet::check_flags;
use crate::property::PropertyId;
use crate::{Frame, PacketType, Place, Properties, ReasonCode, Version, write};

/// A step of an extended authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    /// Success, Continue authentication or Re-authenticate.
    pub reason: ReasonCode,
    /// With Authentication Method, unless the packet came in its empty form, which the standard allows for Success although it also
    /// requires the method: whoever needs the method must ask for it.
    pub properties: Properties<'a>,
}

impl<'a> Auth<'a> {
    /// From a frame whose type is AUTH.
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Auth<'a>, Malformed> {
        let mut reader = frame.reader(version);
        if !version.is_v5() {
            return Err(reader.fault_at(0, Fault::TypeNotInVersion(PacketType::Auth)));
        }
        // [MQTT-3.15.1-1]
        check_flags(frame, version)?;
        if reader.is_empty() {
            return Ok(Auth { reason: ReasonCode::Success, properties: Properties::EMPTY });
        }
        // [MQTT-3.15.2-1]
        let reason = super::reason(&mut reader, PacketType::Auth)?;
        let at = reader.at();
        let properties = Properties::read(&mut reader, Place::Auth)?;
        reader.end()?;
        // [U5-3.15.2.2.2-a]
        if !properties.has(PropertyId::AuthenticationMethod) {
            return Err(reader.fault_at(at, Fault::MethodMissing));
        }
        Ok(Auth { reason, properties })
    }

    /// Appends the packet, as [`crate::Packet::encode`] says; nothing before 5.0.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        let remaining = self.remaining(version);
        if !version.is_v5() || !write::put_header(out, 0xF0, remaining) {
            return;
        }
        if remaining > 0 {
            out.push(self.reason as u8);
            write::put_properties(out, &self.properties, version);
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    pub(crate) fn remaining(&self, version: Version) -> usize {
        match (self.properties.is_empty(), self.reason) {
            (true, ReasonCode::Success) => 0,
            _ => write::properties_len(&self.properties, version).saturating_add(1),
        }
    }
}
