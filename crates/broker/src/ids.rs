//! Numbers by which things are called.

/// Number of a connection, chosen by the driver, never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u32);

/// Hashes numbers that count up and that nobody outside chooses: an odd factor keeps them apart, and no more is needed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NumberHasher(u64);

/// The maps of such numbers.
pub type ByNumber = core::hash::BuildHasherDefault<NumberHasher>;

impl core::hash::Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(byte.into()));
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    // A table takes its place from the low bits and a tag from the high ones.
    #[inline]
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// Number of a session; given again once the session is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNo(pub u32);

/// Number of a message, from 1 in order of publication; it stays the same from the publisher to all subscribers.
pub type MessageNo = u64;
