//! Topic Aliases that the broker gives on one connection; they end with it [MQTT-3.3.2-7].

use alloc::boxed::Box;
use core::hash::BuildHasher;

use hashbrown::HashTable;

use crate::state::Hasher;

/// What an alias costs in a packet, in bytes: a topic that is no longer is sent as it is.
const COST: usize = 3;

/// How a topic is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alias {
    /// As it is.
    None,
    /// In full, with its alias from now on.
    First(u16),
    /// As an alias alone.
    Again(u16),
}

/// Aliases by topic. They are given to the first topics that come and not taken back: a topic that is published often comes early.
#[derive(Clone, Debug)]
pub(crate) struct Aliases {
    by_topic: HashTable<(Box<str>, u16)>,
    hasher: Hasher,
    most: u16,
}

impl Aliases {
    /// `most`: the client's Topic Alias Maximum, or the broker's own bound [MQTT-3.1.2-26].
    pub(crate) fn new(most: u16) -> Aliases {
        Aliases { by_topic: HashTable::new(), hasher: Hasher::with_seed(0xA1), most }
    }

    /// How the next message of a topic is written. [`Alias::First`] counts on its being sent.
    pub(crate) fn of(&mut self, topic: &str) -> Alias {
        if topic.len() <= COST {
            return Alias::None;
        }
        let hash = self.hasher.hash_one(topic);
        if let Some((_, alias)) = self.by_topic.find(hash, |(known, _)| **known == *topic) {
            return Alias::Again(*alias);
        }
        let next = match u16::try_from(self.by_topic.len()) {
            Ok(used) if used < self.most => used.saturating_add(1),
            _ => return Alias::None,
        };
        let hasher = &self.hasher;
        self.by_topic.insert_unique(hash, (Box::from(topic), next), |(known, _)| hasher.hash_one(&**known));
        Alias::First(next)
    }

    /// The topic that got the last alias was not sent after all.
    pub(crate) fn take_back(&mut self, topic: &str) {
        if let Ok(entry) = self.by_topic.find_entry(self.hasher.hash_one(topic), |(known, _)| **known == *topic) {
            entry.remove();
        }
    }
}
