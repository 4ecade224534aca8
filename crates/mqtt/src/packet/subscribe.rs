//! SUBSCRIBE.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::packet::check_flags;
use crate::read::Reader;
use crate::{Frame, PacketId, PacketType, Place, Properties, QoS, Text, Version, write};

/// A client asks for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// Packet Identifier.
    pub packet_id: PacketId,
    /// Never empty when decoded [MQTT-3.8.3-2].
    pub filters: Vec<Subscription<'a>>,
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

/// One of the subscriptions that a SUBSCRIBE asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// Topic Filter, still unjudged: [`crate::TopicFilter::parse`] tells whether its wildcards stand where they may.
    pub filter: Text<'a>,
    /// Subscription Options; before 5.0 only `qos` says something.
    pub options: SubscriptionOptions,
}

/// How messages are to be delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionOptions {
    /// Maximum QoS.
    pub qos: QoS,
    /// No message comes back to who published it.
    pub no_local: bool,
    /// RETAIN stays as it was published.
    pub retain_as_published: bool,
    /// When retained messages are sent.
    pub retain_handling: RetainHandling,
}

/// When retained messages are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum RetainHandling {
    /// 0: at every SUBSCRIBE [MQTT-3.3.1-9].
    #[default]
    Send = 0,
    /// 1: if the subscription did not exist [MQTT-3.3.1-10].
    SendIfNew = 1,
    /// 2: not at all [MQTT-3.3.1-11].
    DoNotSend = 2,
}

impl<'a> Subscribe<'a> {
    /// From a frame whose type is SUBSCRIBE.
    pub fn decode(frame: Frame<'a>, version: Version) -> Result<Subscribe<'a>, Malformed> {
        // [MQTT-3.8.1-1]
        check_flags(frame, version)?;
        let mut reader = frame.reader(version);
        let packet_id = reader.packet_id()?;
        let properties = Properties::read(&mut reader, Place::Subscribe)?;
        // [MQTT-3.8.3-2; 3.1.1: MQTT-3.8.3-3]
        if reader.is_empty() {
            return Err(reader.fault(Fault::NoFilters(PacketType::Subscribe)));
        }
        let mut filters = Vec::new();
        while !reader.is_empty() {
            // [MQTT-3.8.3-1]
            let filter = reader.text("Topic Filter")?;
            let at = reader.at();
            let options = SubscriptionOptions::read(&mut reader)?;
            // [MQTT-3.8.3-4]
            if options.no_local && filter.starts_with("$share/") {
                return Err(reader.fault_at(at, Fault::NoLocalOnShared));
            }
            filters.push(Subscription { filter, options });
        }
        Ok(Subscribe { packet_id, filters, properties })
    }

    /// Appends the packet, as [`crate::Packet::encode`] says.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        if !write::put_header(out, 0x82, self.remaining(version)) {
            return;
        }
        write::put_u16(out, self.packet_id.get());
        write::put_properties(out, &self.properties, version);
        for subscription in &self.filters {
            write::put_counted(out, subscription.filter.as_bytes());
            out.push(subscription.options.bits(version));
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self, version: Version) -> usize {
        write::whole(self.remaining(version))
    }

    pub(crate) fn remaining(&self, version: Version) -> usize {
        let head = write::properties_len(&self.properties, version).saturating_add(2);
        self.filters
            .iter()
            .fold(head, |sum, subscription| sum.saturating_add(write::counted_len(subscription.filter.as_bytes())).saturating_add(1))
    }
}

impl SubscriptionOptions {
    /// Maximum QoS and nothing else, which is all that 3.1 and 3.1.1 can say.
    pub const fn with_qos(qos: QoS) -> SubscriptionOptions {
        SubscriptionOptions { qos, no_local: false, retain_as_published: false, retain_handling: RetainHandling::Send }
    }

    /// The byte on the wire.
    pub const fn bits(self, version: Version) -> u8 {
        let qos = self.qos as u8;
        if !version.is_v5() {
            return qos;
        }
        qos | (self.no_local as u8) << 2 | (self.retain_as_published as u8) << 3 | (self.retain_handling as u8) << 4
    }

    fn read(reader: &mut Reader<'_>) -> Result<SubscriptionOptions, Malformed> {
        let at = reader.at();
        let version = reader.version();
        let byte = reader.u8(if version.is_v5() { "Subscription Options" } else { "Requested QoS" })?;
        // [MQTT-3.8.3-5; 3.1.1: MQTT-3.8.3-4]; 3.1 calls bits 7 to 2 unused.
        let reserved = match version {
            Version::V5 => 0xC0,
            Version::V311 => 0xFC,
            Version::V31 => 0,
        };
        if byte & reserved != 0 {
            return Err(reader.fault_at(at, Fault::OptionsReserved(byte)));
        }
        // [U5-3.8.3.1-a; 3.1.1: MQTT-3.8.3-4]
        let Some(qos) = QoS::from_bits(byte) else {
            let fault = if version.is_v5() { Fault::OptionsQos3(byte) } else { Fault::OptionsReserved(byte) };
            return Err(reader.fault_at(at, fault));
        };
        if !version.is_v5() {
            return Ok(SubscriptionOptions::with_qos(qos));
        }
        let retain_handling = match byte >> 4 & 3 {
            0 => RetainHandling::Send,
            1 => RetainHandling::SendIfNew,
            2 => RetainHandling::DoNotSend,
            // [U5-3.8.3.1-b]
            _ => return Err(reader.fault_at(at, Fault::RetainHandling3(byte))),
        };
        Ok(SubscriptionOptions { qos, no_local: byte & 4 != 0, retain_as_published: byte & 8 != 0, retain_handling })
    }
}
