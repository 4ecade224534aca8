//! What is to happen next in the world, earliest first, and among equals in the order of entry.

use alloc::collections::{BinaryHeap, VecDeque};
use core::cmp::Reverse;

use broker::{ConnId, Instant};
use contract::DeviceId;

/// One thing that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The first packet on a link's way to the broker arrives.
    ToBroker(ConnId),
    /// The first packet on a link's way to the device arrives.
    ToDevice(ConnId),
    /// A simulated device is to connect.
    Connect(DeviceId),
    /// A simulated device wanted to be woken.
    Wake(DeviceId),
    /// All connections are cut.
    CutAll,
    /// An input that was posted for later.
    Act(u64),
}

/// The agenda. What is due at once (all traffic of real devices) is a plain queue; only what is due later is sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    at_once: VecDeque<(Instant, u64, Due)>,
    later: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    entries: u64,
}

impl Agenda {
    pub(crate) fn push(&mut self, at: Instant, due: Due) {
        self.entries = self.entries.wrapping_add(1);
        let entry = (at, self.entries, due);
        // The queue must stay sorted: an entry goes there if it is not earlier than the last one.
        match self.at_once.back() {
            Some(last) if last.0 > at => self.later.push(Reverse(entry)),
            None | Some(_) if self.later.peek().is_none_or(|next| next.0.0 > at) => self.at_once.push_back(entry),
            None | Some(_) => self.later.push(Reverse(entry)),
        }
    }

    pub(crate) fn next_at(&self) -> Option<Instant> {
        let queued = self.at_once.front().map(|entry| entry.0);
        let later = self.later.peek().map(|entry| entry.0.0);
        match (queued, later) {
            (Some(queued), Some(later)) => Some(queued.min(later)),
            (queued, later) => queued.or(later),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<(Instant, Due)> {
        let from_queue = match (self.at_once.front(), self.later.peek()) {
            (Some(queued), Some(Reverse(later))) => (queued.0, queued.1) < (later.0, later.1),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let (at, _, due) = if from_queue { self.at_once.pop_front()? } else { self.later.pop()?.0 };
        Some((at, due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earliest_first_and_in_order_of_entry_among_equals() {
        let mut seed = 7u64;
        let mut agenda = Agenda::default();
        let mut expected: alloc::vec::Vec<(u64, u32)> = alloc::vec::Vec::new();
        let mut now = 0;
        for n in 0..5_000u32 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = now + (seed >> 60) / 4;
            agenda.push(Instant::from_micros(at), Due::Wake(n));
            expected.push((at, n));
            if seed >> 63 == 1 {
                expected.sort();
                let first = expected.remove(0);
                now = first.0;
                assert_eq!(agenda.next_at(), Some(Instant::from_micros(first.0)));
                assert_eq!(agenda.pop(), Some((Instant::from_micros(first.0), Due::Wake(first.1))));
            }
        }
    }
}
