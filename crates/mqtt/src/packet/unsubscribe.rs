//! UNSUBSCRIBE.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::packet::check_flags;
use crate::{Frame, PacketId, PacketType, Place, Properties, Text, Version, write};

/// A client asks for messages no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    /// Packet Identifier.
    pub packet_id: PacketId,
    /// Topic Filters, unjudged, never empty when decoded [MQTT-3.10.3-2].
    pub filters: Vec<Text<'a>>,
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Unsubscribe<'a> {
    /// From a frame whose type is UNSUBSCRIBE.
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Unsubscribe<'a>, Malformed> {
        // [MQTT-3.10.1-1]
        check_flags(frame, version)?;
        let mut reader = frame.reader(version);
        let packet_id = reader.packet_id()?;
        let properties = Properties::read(&mut reader, Place::Unsubscribe)?;
        // [MQTT-3.10.3-2]
        if reader.is_empty() {
            return Err(reader.fault(Fault::NoFilters(PacketType::Unsubscribe)));
        }
        let mut filters = Vec::new();
        while !reader.is_empty() {
            // [MQTT-3.10.3-1]
            filters.push(reader.text("Topic Filter")?);
        }
        Ok(Unsubscribe { packet_id, filters, properties })
    }

    /// Appends the packet, as [`crate::Packet::encode`] says.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        if !write::put_header(out, 0xA2, self.remaining(version)) {
            return;
        }
        write::put_u16(out, self.packet_id.get());
        write::put_properties(out, &self.properties, version);
        for filter in &self.filters {
            write::put_counted(out, filter.as_bytes());
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    pub(crate) fn remaining(&self, version: Version) -> usize {
        let head = write::properties_len(&self.properties, version).saturating_add(2);
        self.filters.iter().fold(head, |sum, filter| sum.saturating_add(write::counted_len(filter.as_bytes())))
    }
}
