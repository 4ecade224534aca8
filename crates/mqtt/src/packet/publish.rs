//! PUBLISH.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::property::PropertyId;
use crate::{Frame, PacketId, Place, Properties, QoS, Text, Version, write};

/// An application message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publish<'a> {
    /// Sent again. Never set at QoS 0, but in 3.1 a sender may.
    pub dup: bool,
    /// QoS.
    pub qos: QoS,
    /// RETAIN.
    pub retain: bool,
    /// Topic Name, still unjudged: [`crate::TopicName::parse`] tells whether it may be published to. Empty only in 5.0, and only
    /// together with a Topic Alias.
    pub topic: Text<'a>,
    /// There exactly if QoS is 1 or 2 [MQTT-2.2.1-2]. A packet that has none at QoS 1 or 2 is encoded as QoS 0, because there is nothing
    /// to acknowledge it by.
    pub packet_id: Option<PacketId>,
    /// Properties.
    pub properties: Properties<'a>,
    /// Payload.
    pub payload: &'a [u8],
}

impl<'a> Publish<'a> {
    /// From a frame whose type is PUBLISH.
    #[inline(always)]
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Publish<'a>, Malformed> {
        let flags = frame.flags();
        let mut reader = frame.reader(version);
        // [MQTT-3.3.1-4]
        let Some(qos) = QoS::from_bits(flags >> 1) else { return Err(reader.fault_at(0, Fault::Qos3)) };
        let dup = flags & 0b1000 != 0;
        // [MQTT-3.3.1-2]; 3.1 does not tie DUP to QoS.
        if dup && qos == QoS::AtMostOnce && version != Version::V31 {
            return Err(reader.fault_at(0, Fault::DupAtQos0));
        }
        // [MQTT-3.3.2-1]
        let topic_at = reader.at();
        let topic = reader.text_here("Topic Name")?;
        // [MQTT-2.2.1-2, MQTT-2.2.1-3; 3.1.1: MQTT-2.3.1-1, MQTT-2.3.1-5]
        let packet_id = if qos == QoS::AtMostOnce { None } else { Some(reader.packet_id()?) };
        let properties = Properties::read(&mut reader, Place::Publish)?;
        // [U5-3.3.2.1-a; 3.1.1: MQTT-4.7.3-1]
        if topic.is_empty() && !properties.has(PropertyId::TopicAlias) {
            return Err(reader.fault_at(topic_at, Fault::TopicEmpty));
        }
        Ok(Publish { dup, qos, retain: flags & 1 != 0, topic, packet_id, properties, payload: reader.take_rest() })
    }

    /// Appends the packet, as [`crate::Packet::encode`] says.
    #[inline]
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        let qos = if self.packet_id.is_some() { self.qos } else { QoS::AtMostOnce };
        // [MQTT-3.3.1-2]
        let dup = self.dup && (qos != QoS::AtMostOnce || version == Version::V31);
        let first = 0x30 | u8::from(dup) << 3 | (qos as u8) << 1 | u8::from(self.retain);
        if !write::put_header(out, first, self.remaining(version)) {
            return;
        }
        write::put_counted(out, self.topic.as_bytes());
        if let Some(id) = self.packet_id
            && qos != QoS::AtMostOnce
        {
            write::put_u16(out, id.get());
        }
        write::put_properties(out, &self.properties, version);
        out.extend_from_slice(self.payload);
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    #[inline]
    pub(crate) fn remaining(&self, version: Version) -> usize {
        let id = if self.packet_id.is_some() && self.qos != QoS::AtMostOnce { 2 } else { 0usize };
        write::counted_len(self.topic.as_bytes())
            .saturating_add(id)
            .saturating_add(write::properties_len(&self.properties, version))
            .saturating_add(self.payload.len())
    }
}
