//! The properties of one packet: borrowed as they came, or built anew.

use alloc::vec::Vec;
use core::fmt;

use crate::Version;
use crate::fault::{Fault, Malformed};
use crate::property::{Place, Property, PropertyId, PropertyKind};
use crate::read::Reader;
use crate::text::Text;

/// The properties of one packet, as bytes that were checked, without their Property Length. Asking for one that is not there costs one
/// look at a set of bits. Empty before 5.0.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Properties<'a> {
    raw: &'a [u8],
    present: u64,
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const EMPTY: Properties<'static> = Properties { raw: &[], present: 0 };

    /// Checks bytes without Property Length as the properties of `place`, e.g. such as were stored. The fault's offset counts from the
    /// first of `bytes`.
    pub fn parse(bytes: &'a [u8], place: Place) -> Result<Properties<'a>, Malformed> {
        Properties::check(Reader::new(bytes, 0, Version::V5), place)
    }

    /// Reads Property Length and properties; nothing before 5.0.
    #[inline(always)]
    pub(crate) fn read(reader: &mut Reader<'a>, place: Place) -> Result<Properties<'a>, Malformed> {
        if !reader.version().is_v5() {
            return Ok(Properties::EMPTY);
        }
        match reader.var_int("Property Length")? {
            0 => Ok(Properties::EMPTY),
            len => Properties::check(reader.part(len, "properties")?, place),
        }
    }

    fn check(mut reader: Reader<'a>, place: Place) -> Result<Properties<'a>, Malformed> {
        let raw = reader.rest();
        let mut present = 0u64;
        while !reader.is_empty() {
            let at = reader.at();
            let number = reader.var_int("Property Identifier")?;
            let Some(id) = PropertyId::from_u32(number) else { return Err(reader.fault_at(at, Fault::PropertyUnknown(number))) };
            // [U5-2.2.2.2-a]
            if !id.allowed_in(place) {
                return Err(reader.fault_at(at, Fault::PropertyMisplaced { id, place }));
            }
            // Only User Property, and Subscription Identifier in PUBLISH, may be there again [U5-3.1.2.11.2-a and its like].
            if present & id.bit() != 0 && !id.may_repeat(place) {
                return Err(reader.fault_at(at, Fault::PropertyRepeated(id)));
            }
            present |= id.bit();
            // [MQTT-3.3.2-14, MQTT-4.7.3-1]
            if let Property::ResponseTopic(topic) = Property::read(id, at, &mut reader)?
                && (topic.is_empty() || topic.bytes().any(|byte| matches!(byte, b'+' | b'#')))
            {
                return Err(reader.fault_at(at, Fault::ResponseTopic));
            }
        }
        // [U5-3.1.2.11.10-a]
        if present & PropertyId::AuthenticationData.bit() != 0 && present & PropertyId::AuthenticationMethod.bit() == 0 {
            return Err(Malformed::new(reader.at().saturating_sub(raw.len() as u32), Version::V5, Fault::DataWithoutMethod));
        }
        Ok(Properties { raw, present })
    }

    /// The bytes, without Property Length.
    #[inline]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Bytes, without Property Length.
    #[inline]
    pub const fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether there are none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether the property is there.
    #[inline]
    pub const fn has(&self, id: PropertyId) -> bool {
        self.present & id.bit() != 0
    }

    /// All, in their order.
    pub fn iter(&self) -> PropertyIter<'a> {
        PropertyIter { reader: Reader::new(self.raw, 0, Version::V5) }
    }

    /// All User Properties, in their order [MQTT-3.3.2-18].
    pub fn user_properties(&self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + use<'a> {
        let found = if self.has(PropertyId::UserProperty) { *self } else { Properties::EMPTY };
        found.iter().filter_map(|property| match property {
            Property::UserProperty(name, value) => Some((name, value)),
            _ => None,
        })
    }

    /// All Subscription Identifiers, in their order.
    pub fn subscription_identifiers(&self) -> impl Iterator<Item = u32> + use<'a> {
        let found = if self.has(PropertyId::SubscriptionIdentifier) { *self } else { Properties::EMPTY };
        found.iter().filter_map(|property| match property {
            Property::SubscriptionIdentifier(id) => Some(id),
            _ => None,
        })
    }

    /// The first of its kind.
    pub fn find(&self, id: PropertyId) -> Option<Property<'a>> {
        if !self.has(id) {
            return None;
        }
        let mut reader = Reader::new(self.raw, 0, Version::V5);
        loop {
            let at = reader.at();
            let next = PropertyId::from_u32(reader.var_int("").ok()?)?;
            if next == id {
                return Property::read(id, at, &mut reader).ok();
            }
            skip(next.info().kind, &mut reader).ok()?;
        }
    }
}

/// Passes over a value without looking into it.
fn skip(kind: PropertyKind, reader: &mut Reader<'_>) -> Result<(), Malformed> {
    match kind {
        PropertyKind::Byte => reader.u8("").map(drop),
        PropertyKind::Two => reader.u16("").map(drop),
        PropertyKind::Four => reader.u32("").map(drop),
        PropertyKind::VarInt => reader.var_int("").map(drop),
        PropertyKind::Text | PropertyKind::Binary => reader.binary("").map(drop),
        PropertyKind::Pair => reader.binary("").and_then(|_| reader.binary("")).map(drop),
    }
}

impl fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Properties<'a> {
    type Item = Property<'a>;
    type IntoIter = PropertyIter<'a>;
    fn into_iter(self) -> PropertyIter<'a> {
        self.iter()
    }
}

/// Properties in their order.
#[derive(Clone)]
pub struct PropertyIter<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for PropertyIter<'a> {
    type Item = Property<'a>;
    fn next(&mut self) -> Option<Property<'a>> {
        let at = self.reader.at();
        let id = PropertyId::from_u32(self.reader.var_int("").ok()?)?;
        Property::read(id, at, &mut self.reader).ok()
    }
}

/// Properties under construction, and properties that must outlive the packet that brought them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertiesBuf {
    raw: Vec<u8>,
    present: u64,
}

/// The property was not added: there would be more than 1 MiB of properties, or its number is outside the range of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The property does not fit: 1 MiB of properties is the most, and its number must be within its range.")
    }
}

impl core::error::Error for Full {}

impl PropertiesBuf {
    /// The most bytes of properties that are built.
    pub const LIMIT: usize = 1024 * 1024;

    /// None yet.
    pub const fn new() -> PropertiesBuf {
        PropertiesBuf { raw: Vec::new(), present: 0 }
    }

    /// Adds a property at the end. Whether it may stand in the packet at hand, and how often, is for the caller to know.
    pub fn push(&mut self, property: Property<'_>) -> Result<(), Full> {
        if !property.in_range() || self.raw.len().saturating_add(property.encoded_len()) > PropertiesBuf::LIMIT {
            return Err(Full);
        }
        property.write(&mut self.raw);
        self.present |= property.id().bit();
        Ok(())
    }

    /// Adds all of `from` but those of `leave_out`, in their order. After an error those that fitted are there.
    pub fn extend_without(&mut self, from: &Properties<'_>, leave_out: &[PropertyId]) -> Result<(), Full> {
        let dropped = leave_out.iter().fold(0, |set, id| set | id.bit());
        if from.present & dropped == 0 {
            if self.raw.len().saturating_add(from.len()) > PropertiesBuf::LIMIT {
                return Err(Full);
            }
            self.raw.extend_from_slice(from.raw);
            self.present |= from.present;
            return Ok(());
        }
        from.iter().filter(|property| property.id().bit() & dropped == 0).try_for_each(|property| self.push(property))
    }

    /// Drops all; the memory stays for the next ones.
    pub fn clear(&mut self) {
        self.raw.clear();
        self.present = 0;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// To be put into a packet.
    #[inline]
    pub fn as_properties(&self) -> Properties<'_> {
        Properties { raw: &self.raw, present: self.present }
    }
}

impl From<Properties<'_>> for PropertiesBuf {
    fn from(properties: Properties<'_>) -> PropertiesBuf {
        PropertiesBuf { raw: properties.raw.to_vec(), present: properties.present }
    }
}
