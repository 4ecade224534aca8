//! An authentication that is under way, and which Packet Identifiers came on a connection.

use alloc::boxed::Box;
use alloc::vec::Vec;

use mqtt::PacketId;

use crate::access::scram::Scram;

/// A client that has been challenged.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) scram: Scram,
    /// The CONNECT that waits for the proof, whole; none when a client that is connected proves itself again. Kept as bytes, so that
    /// nothing of the broker is touched before the proof has come; [`crate::Config::max_connect_size`] bounds it.
    pub(crate) connect: Option<Box<[u8]>>,
}

/// Packet Identifiers of the QoS 1 and 2 messages that came on a connection: one bit each, 8 KiB at most, and a client that counts from
/// 1 up needs few of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenIds {
    bits: Vec<u64>,
}

impl SeenIds {
    /// Notes one; `true` when it was there already.
    pub(crate) fn insert(&mut self, id: PacketId) -> bool {
        let (word, bit) = (usize::from(id.get() >> 6), 1u64 << (id.get() & 63));
        if self.bits.len() <= word {
            self.bits.resize(word.saturating_add(1), 0);
        }
        let Some(bits) = self.bits.get_mut(word) else { return false };
        let was = *bits & bit != 0;
        *bits |= bit;
        was
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_identifier_has_a_bit_of_its_own() {
        let mut seen = SeenIds::default();
        for id in (1..=u16::MAX).filter_map(PacketId::new) {
            assert!(!seen.insert(id), "{id}");
        }
        assert!((1..=u16::MAX).filter_map(PacketId::new).all(|id| seen.insert(id)));
        assert_eq!(seen.bits.len(), 1024);
    }
}
