//! Levels of topics and filters as numbers that compare at once.

use alloc::string::String;
use core::hash::{BuildHasher, Hasher as _};

use crate::state::Hasher;

/// A level of up to 15 bytes itself; of a longer one its hash, which only says that two levels may be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    /// Bytes 0 to 7, or the hash.
    pub(crate) low: u64,
    /// Bytes 8 to 14, and on top their number, or [`LONG`].
    pub(crate) high: u64,
}

/// In place of the number of bytes: there are more than fit.
const LONG: u64 = 0xFF << 56;

/// Bytes that fit.
const ROOM: usize = 15;

impl Key {
    pub(crate) fn is_long(self) -> bool {
        self.high >= LONG
    }

    /// The level; of a long one nothing that could be read.
    pub(crate) fn text(self) -> String {
        let len = (self.high >> 56) as usize;
        let [low, high] = [self.low, self.high].map(u64::to_le_bytes);
        let bytes: alloc::vec::Vec<u8> = low.into_iter().chain(high).take(len.min(ROOM)).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A level of a topic or filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level<'a> {
    pub(crate) key: Key,
    pub(crate) text: &'a [u8],
}

/// The levels of a topic or filter, in order.
pub(crate) struct Levels<'a> {
    rest: Option<&'a [u8]>,
    hasher: &'a Hasher,
}

impl<'a> Levels<'a> {
    pub(crate) fn new(text: &'a str, hasher: &'a Hasher) -> Levels<'a> {
        Levels { rest: Some(text.as_bytes()), hasher }
    }
}

impl<'a> Iterator for Levels<'a> {
    type Item = Level<'a>;

    // The end of the level is searched and its key made in one pass: this runs over every topic.
    #[inline]
    fn next(&mut self) -> Option<Level<'a>> {
        let rest = self.rest?;
        let (mut low, mut high, mut len) = (0u64, 0u64, 0usize);
        for &byte in rest {
            if byte == b'/' {
                break;
            }
            let shifted = u64::from(byte).wrapping_shl((len as u32).wrapping_mul(8));
            match len {
                0..8 => low |= shifted,
                8..ROOM => high |= shifted,
                _ => {}
            }
            len = len.wrapping_add(1);
        }
        let text = rest.get(..len).unwrap_or(rest);
        self.rest = rest.get(len.wrapping_add(1)..);
        let key = if len <= ROOM { Key { low, high: high | (len as u64) << 56 } } else { long(text, self.hasher) };
        Some(Level { key, text })
    }
}

#[cold]
fn long(text: &[u8], hasher: &Hasher) -> Key {
    let mut hash = hasher.build_hasher();
    hash.write(text);
    Key { low: hash.finish(), high: LONG | (text.len() as u64 & 0xFFFF) }
}
