//! Writing the fields of a packet.

use alloc::vec::Vec;

use crate::frame::MAX_REMAINING_LENGTH;
use crate::{Properties, Version};

/// How many bytes a Variable Byte Integer takes.
#[inline]
pub(crate) const fn var_int_len(value: usize) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}

/// Appends a Variable Byte Integer. Only its callers can see to it that the value is at most 268,435,455.
#[inline]
pub(crate) fn put_var_int(out: &mut Vec<u8>, value: usize) {
    let mut rest = value;
    loop {
        let low = (rest & 0x7F) as u8;
        rest >>= 7;
        if rest == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

#[inline]
pub(crate) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[inline]
pub(crate) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends two bytes of length and the bytes. [`crate::Text`] and [`crate::Binary`] cannot be longer than the length can say.
#[inline]
pub(crate) fn put_counted(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u16(out, bytes.len() as u16);
    out.extend_from_slice(bytes);
}

/// Appends first byte and Remaining Length. `false`, and nothing appended, if the packet is longer than the protocol can say: the
/// packet is then left out, as [`crate::Packet::encode`] promises.
#[inline]
pub(crate) fn put_header(out: &mut Vec<u8>, first: u8, remaining: usize) -> bool {
    if remaining > MAX_REMAINING_LENGTH as usize {
        return false;
    }
    out.reserve(remaining.saturating_add(5));
    out.push(first);
    put_var_int(out, remaining);
    true
}

/// Length of a whole packet.
#[inline]
pub(crate) const fn whole(remaining: usize) -> usize {
    remaining.saturating_add(1).saturating_add(var_int_len(remaining))
}

/// Length of a counted field.
#[inline]
pub(crate) const fn counted_len(bytes: &[u8]) -> usize {
    bytes.len().saturating_add(2)
}

/// Length of the properties with their Property Length; nothing before 5.0 [MQTT-2.2.2-1].
#[inline]
pub(crate) const fn properties_len(properties: &Properties<'_>, version: Version) -> usize {
    if version.is_v5() { properties.len().saturating_add(var_int_len(properties.len())) } else { 0 }
}

/// Appends Property Length and properties; nothing before 5.0.
#[inline]
pub(crate) fn put_properties(out: &mut Vec<u8>, properties: &Properties<'_>, version: Version) {
    if version.is_v5() {
        put_var_int(out, properties.len());
        out.extend_from_slice(properties.raw());
    }
}
