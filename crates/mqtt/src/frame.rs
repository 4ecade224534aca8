//! One whole control packet as bytes.

use crate::fault::{Fault, Malformed};
use crate::read::{Reader, VarInt, var_int};
use crate::{PacketType, Version};

/// The longest Remaining Length that the protocol can say, in bytes.
pub const MAX_REMAINING_LENGTH: u32 = 268_435_455;

/// The longest packet that the protocol can say, in bytes: Remaining Length, its four bytes, and the first byte.
pub const MAX_PACKET_SIZE: u32 = 268_435_460;

/// One whole control packet as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    body: &'a [u8],
    first: u8,
    kind: PacketType,
}

impl<'a> Frame<'a> {
    /// The frame that is exactly `bytes`. Bytes that end too early are [`Fault::Cut`], bytes beyond its end [`Fault::Trailing`].
    #[inline(always)]
    pub fn parse(bytes: &'a [u8]) -> Result<Frame<'a>, Malformed> {
        let header = Header::read(bytes, MAX_PACKET_SIZE)?;
        let reader = Reader::new(bytes, 0, Version::V5);
        let Some(header) = header else {
            return Err(match bytes.len() {
                0 => reader.fault(Fault::Cut { what: "control packet", needs: 1, left: 0 }),
                len => {
                    let left = len.saturating_sub(1) as u32;
                    reader.fault_at(1, Fault::Cut { what: "Remaining Length", needs: left.saturating_add(1), left })
                }
            });
        };
        match header.frame(bytes) {
            Some((frame, [])) => Ok(frame),
            Some((frame, more)) => {
                let at = frame.bytes.len() as u32;
                Err(reader.fault_at(at, Fault::Trailing { left: more.len() as u32 }))
            }
            None => Err(reader.fault(Fault::Cut { what: "control packet", needs: header.size() as u32, left: bytes.len() as u32 })),
        }
    }

    /// First byte: type and flags.
    #[inline]
    pub const fn first(self) -> u8 {
        self.first
    }

    /// Type of the packet.
    #[inline]
    pub const fn kind(self) -> PacketType {
        self.kind
    }

    /// Low four bits of the first byte.
    #[inline]
    pub const fn flags(self) -> u8 {
        self.first & 0x0F
    }

    /// All after the Remaining Length.
    #[inline]
    pub const fn body(self) -> &'a [u8] {
        self.body
    }

    /// The whole packet.
    #[inline]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// A reader of the body that knows where the body begins.
    #[inline(always)]
    pub(crate) fn reader(self, version: Version) -> Reader<'a> {
        Reader::new(self.body, self.bytes.len().saturating_sub(self.body.len()) as u32, version)
    }
}

/// First byte and Remaining Length.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    kind: PacketType,
    first: u8,
    /// Bytes of first byte and Remaining Length.
    head: usize,
    remaining: usize,
}

impl Header {
    /// `None` while more bytes are needed. What can be judged from the header alone is judged here, before any of the body is there
    /// [U5-2.1.2-a, U5-1.5.5-a, MQTT-1.5.5-1, U5-3.2.2.3.6-a].
    #[inline(always)]
    pub(crate) fn read(bytes: &[u8], limit: u32) -> Result<Option<Header>, Malformed> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        let Some(kind) = PacketType::from_first_byte(first) else { return Err(Malformed::new(0, Version::V5, Fault::TypeZero)) };
        let (remaining, len) = match var_int(rest) {
            VarInt::Value { value, len } => (value, len),
            VarInt::Unfinished => return Ok(None),
            VarInt::TooLong => return Err(Malformed::new(1, Version::V5, Fault::VarIntTooLong { what: "Remaining Length" })),
            VarInt::NotShortest => return Err(Malformed::new(1, Version::V5, Fault::VarIntNotShortest { what: "Remaining Length" })),
        };
        let header = Header { kind, first, head: len.saturating_add(1), remaining: remaining as usize };
        if header.size() > limit as usize {
            let size = header.size() as u32;
            return Err(Malformed::new(1, Version::V5, Fault::TooLarge { size, limit }));
        }
        Ok(Some(header))
    }

    /// Bytes of the whole packet.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.head.saturating_add(self.remaining)
    }

    /// The frame at the front of `bytes` and what follows it; `None` while it is not whole.
    #[inline(always)]
    pub(crate) fn frame<'a>(&self, bytes: &'a [u8]) -> Option<(Frame<'a>, &'a [u8])> {
        let (bytes, more) = bytes.split_at_checked(self.size())?;
        let body = bytes.get(self.head..)?;
        Some((Frame { bytes, body, first: self.first, kind: self.kind }, more))
    }
}
