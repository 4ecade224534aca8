//! Messages that wait until a session can take them, first in, first out.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::Config;
use crate::state::message::{Kept, Manner};

/// A message that waits, and how it will be delivered.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) message: Arc<Kept>,
    pub(crate) manner: Manner,
}

/// The queue of one session, bounded in messages and bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

impl Queue {
    /// Takes a message, or gives it back when a limit is reached.
    pub(crate) fn push(&mut self, config: &Config, waiting: Waiting) -> Result<(), Waiting> {
        let bytes = self.bytes.saturating_add(waiting.message.size());
        if self.waiting.len() >= config.max_queued || bytes > config.max_queued_bytes {
            return Err(waiting);
        }
        self.bytes = bytes;
        self.waiting.push_back(waiting);
        Ok(())
    }

    pub(crate) fn front(&self) -> Option<&Waiting> {
        self.waiting.front()
    }

    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        let waiting = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(waiting.message.size());
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
        Some(waiting)
    }

    /// Takes out the messages that `which` wants, in their order.
    pub(crate) fn take(&mut self, which: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        if !self.waiting.iter().any(&which) {
            return Vec::new();
        }
        let (mut taken, mut stay) = (Vec::new(), VecDeque::new());
        for waiting in core::mem::take(&mut self.waiting) {
            if which(&waiting) { taken.push(waiting) } else { stay.push_back(waiting) }
        }
        self.bytes = taken.iter().fold(self.bytes, |bytes, waiting| bytes.saturating_sub(waiting.message.size()));
        self.waiting = stay;
        taken
    }

    /// First in, first out.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes as counted, and as they would be counted anew, for the invariants.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        (self.bytes, self.waiting.iter().map(|w| w.message.size()).fold(0, usize::saturating_add))
    }
}
