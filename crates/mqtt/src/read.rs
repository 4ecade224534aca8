//! Reading the fields of a frame, with the byte offset at hand for whoever finds fault.

use crate::fault::{Fault, Malformed};
use crate::text::{Binary, Text};
use crate::{PacketId, Version};

/// What is left of a frame, or of a part of it, to read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Offset in the frame of the first byte after `rest`: what has been read is told from it, so reading keeps one number less.
    end: u32,
    version: Version,
}

impl<'a> Reader<'a> {
    /// `rest` begins at byte `at` of the frame.
    #[inline]
    pub(crate) fn new(rest: &'a [u8], at: u32, version: Version) -> Reader<'a> {
        Reader { rest, end: at.saturating_add(rest.len() as u32), version }
    }

    /// Offset in the frame of the next byte.
    #[inline]
    pub(crate) fn at(&self) -> u32 {
        self.end.saturating_sub(self.rest.len() as u32)
    }

    #[inline]
    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// CONNECT learns its version while it is read.
    pub(crate) fn set_version(&mut self, version: Version) {
        self.version = version;
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, Malformed> {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                Ok(byte)
            }
            None => Err(self.cut(what, 1)),
        }
    }

    #[inline(always)]
    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, Malformed> {
        match self.rest.split_first_chunk() {
            Some((&bytes, rest)) => {
                self.rest = rest;
                Ok(u16::from_be_bytes(bytes))
            }
            None => Err(self.cut(what, 2)),
        }
    }

    #[inline]
    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Malformed> {
        match self.rest.split_first_chunk() {
            Some((&bytes, rest)) => {
                self.rest = rest;
                Ok(u32::from_be_bytes(bytes))
            }
            None => Err(self.cut(what, 4)),
        }
    }

    /// A Variable Byte Integer.
    #[inline]
    pub(crate) fn var_int(&mut self, what: &'static str) -> Result<u32, Malformed> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(u32::from(byte))
            }
            _ => self.long_var_int(what),
        }
    }

    fn long_var_int(&mut self, what: &'static str) -> Result<u32, Malformed> {
        match var_int(self.rest) {
            VarInt::Value { value, len } => {
                self.rest = self.rest.get(len..).unwrap_or_default();
                Ok(value)
            }
            VarInt::Unfinished => Err(self.cut(what, self.rest.len().saturating_add(1) as u32)),
            VarInt::TooLong => Err(self.fault(Fault::VarIntTooLong { what })),
            VarInt::NotShortest => Err(self.fault(Fault::VarIntNotShortest { what })),
        }
    }

    /// Two bytes of length and as many bytes.
    #[inline(always)]
    fn counted(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let Some((&length, rest)) = self.rest.split_first_chunk() else { return Err(self.cut(what, 2)) };
        let length = u16::from_be_bytes(length);
        let Some((bytes, rest)) = rest.split_at_checked(usize::from(length)) else {
            return Err(self.cut(what, u32::from(length).saturating_add(2)));
        };
        self.rest = rest;
        Ok(bytes)
    }

    #[inline]
    pub(crate) fn binary(&mut self, what: &'static str) -> Result<Binary<'a>, Malformed> {
        self.counted(what).map(Binary::checked)
    }

    /// A UTF-8 Encoded String.
    pub(crate) fn text(&mut self, what: &'static str) -> Result<Text<'a>, Malformed> {
        self.text_here(what)
    }

    /// The same, to be compiled into its caller: for PUBLISH, where the call would cost a quarter of the decoding.
    // [MQTT-1.5.4-1, MQTT-1.5.4-2; 3.1.1: MQTT-1.5.3-1, MQTT-1.5.3-2]; EF BB BF stays what it is [MQTT-1.5.4-3].
    #[inline(always)]
    pub(crate) fn text_here(&mut self, what: &'static str) -> Result<Text<'a>, Malformed> {
        let bytes = self.counted(what)?;
        match core::str::from_utf8(bytes) {
            Ok(text) if !has_nul(bytes) || self.version == Version::V31 => Ok(Text::checked(text)),
            _ => Err(self.bad_text(bytes, what)),
        }
    }

    #[cold]
    #[inline(never)]
    fn bad_text(&self, bytes: &[u8], what: &'static str) -> Malformed {
        let begin = self.at().saturating_sub(bytes.len() as u32);
        let (offset, fault) = match core::str::from_utf8(bytes) {
            Err(error) => (error.valid_up_to(), Fault::NotUtf8 { what }),
            Ok(text) => (text.bytes().position(|byte| byte == 0).unwrap_or_default(), Fault::Nul { what }),
        };
        self.fault_at(begin.saturating_add(offset as u32), fault)
    }

    // [MQTT-2.2.1-3; 3.1.1: MQTT-2.3.1-1]
    #[inline(always)]
    pub(crate) fn packet_id(&mut self) -> Result<PacketId, Malformed> {
        let at = self.at();
        match PacketId::new(self.u16("Packet Identifier")?) {
            Some(id) => Ok(id),
            None => Err(self.fault_at(at, Fault::PacketIdZero)),
        }
    }

    /// A part of `len` bytes as a reader of its own.
    #[inline]
    pub(crate) fn part(&mut self, len: u32, what: &'static str) -> Result<Reader<'a>, Malformed> {
        match self.rest.split_at_checked(len as usize) {
            Some((part, rest)) => {
                let part = Reader::new(part, self.at(), self.version);
                self.rest = rest;
                Ok(part)
            }
            None => Err(self.cut(what, len)),
        }
    }

    /// All that is left.
    #[inline]
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// The packet must end here [U5-2.1.4-a].
    #[inline]
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault(Fault::Trailing { left: self.rest.len() as u32 })) }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn fault(&self, fault: Fault) -> Malformed {
        self.fault_at(self.at(), fault)
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn fault_at(&self, at: u32, fault: Fault) -> Malformed {
        Malformed::new(at, self.version, fault)
    }

    #[cold]
    #[inline(never)]
    fn cut(&self, what: &'static str, needs: u32) -> Malformed {
        self.fault(Fault::Cut { what, needs, left: self.rest.len() as u32 })
    }
}

/// Whether one of the bytes is 0. Written over whole words: it runs over every topic.
#[inline]
fn has_nul(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, &byte| found | (byte == 0))
}

/// What the bytes say as a Variable Byte Integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum VarInt {
    /// A value and how many bytes it took.
    Value { value: u32, len: usize },
    /// The bytes end before it does.
    Unfinished,
    /// The fourth byte announces a fifth [U5-1.5.5-a].
    TooLong,
    /// Its last byte is 0 without need [MQTT-1.5.5-1].
    NotShortest,
}

/// Reads a Variable Byte Integer from the front of `bytes`.
#[inline]
pub(crate) fn var_int(bytes: &[u8]) -> VarInt {
    let mut value = 0u32;
    let mut shift = 0u32;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F).wrapping_shl(shift);
        shift = shift.saturating_add(7);
        if byte < 0x80 {
            if byte == 0 && index > 0 {
                return VarInt::NotShortest;
            }
            return VarInt::Value { value, len: index.saturating_add(1) };
        }
    }
    if bytes.len() >= 4 { VarInt::TooLong } else { VarInt::Unfinished }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn var_ints_at_their_borders() {
        let cases: [(&[u8], VarInt); 14] = [
            (&[], VarInt::Unfinished),
            (&[0x80], VarInt::Unfinished),
            (&[0xFF, 0xFF, 0xFF], VarInt::Unfinished),
            (&[0], VarInt::Value { value: 0, len: 1 }),
            (&[0x7F], VarInt::Value { value: 127, len: 1 }),
            (&[0x80, 1], VarInt::Value { value: 128, len: 2 }),
            (&[0xFF, 0x7F], VarInt::Value { value: 16_383, len: 2 }),
            (&[0x80, 0x80, 1], VarInt::Value { value: 16_384, len: 3 }),
            (&[0xFF, 0xFF, 0x7F], VarInt::Value { value: 2_097_151, len: 3 }),
            (&[0x80, 0x80, 0x80, 1], VarInt::Value { value: 2_097_152, len: 4 }),
            (&[0xFF, 0xFF, 0xFF, 0x7F], VarInt::Value { value: 268_435_455, len: 4 }),
            (&[0x80, 0], VarInt::NotShortest),
            (&[0x80, 0x80, 0x80, 0], VarInt::NotShortest),
            (&[0x80, 0x80, 0x80, 0x80], VarInt::TooLong),
        ];
        for (bytes, expected) in cases {
            assert_eq!(var_int(bytes), expected, "{bytes:02X?}");
        }
    }
}
