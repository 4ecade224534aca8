//! The last retained message of each topic.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;

use mqtt::topic;

use crate::config::Config;
use crate::state::message::Kept;
use crate::time::Instant;

/// A retained message and who published it, for No Local.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) message: Arc<Kept>,
    /// Client Identifier; none for a will.
    pub(crate) publisher: Option<Arc<str>>,
}

/// Retained messages by topic name. Ordered, so that a filter with a literal beginning looks at the topics with that beginning only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retained {
    by_topic: BTreeMap<Box<str>, Entry>,
}

impl Retained {
    /// Stores or replaces; `false` when the limit is reached and the topic is new.
    pub(crate) fn set(&mut self, config: &Config, message: Arc<Kept>, publisher: Option<Arc<str>>) -> bool {
        let topic = Box::from(message.topic());
        let entry = Entry { message, publisher };
        if let Some(place) = self.by_topic.get_mut(&topic) {
            *place = entry;
            return true;
        }
        if self.by_topic.len() >= config.max_retained {
            return false;
        }
        self.by_topic.insert(topic, entry);
        true
    }

    /// Removes; `false` when there was none.
    pub(crate) fn clear(&mut self, topic: &str) -> bool {
        self.by_topic.remove(topic).is_some()
    }

    pub(crate) fn holds(&self, topic: &str) -> bool {
        self.by_topic.contains_key(topic)
    }

    /// The payload of a topic's message.
    pub(crate) fn payload(&self, topic: &str) -> Option<&[u8]> {
        self.by_topic.get(topic).map(|entry| entry.message.message().payload)
    }

    /// Bytes that all of them take; its cost is that of their number.
    pub(crate) fn bytes(&self) -> usize {
        self.by_topic.values().map(|entry| entry.message.size()).fold(0, usize::saturating_add)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_topic.len()
    }

    /// Those that match, by topic name; expired ones are forgotten on the way.
    pub(crate) fn matching(&mut self, filter: &str, now: Instant) -> Vec<Entry> {
        if !filter.contains(['+', '#']) {
            // One topic at most: its name need not be looked for among those that begin alike.
            if self.by_topic.get(filter).is_some_and(|entry| entry.message.expires_at.is_some_and(|at| at <= now)) {
                self.by_topic.remove(filter);
            }
            return self.by_topic.get(filter).cloned().into_iter().collect();
        }
        // `a/b/#` matches `a/b` too, so the literal beginning is taken without its last slash.
        let literal = filter.find(['+', '#']).and_then(|at| filter.get(..at)).unwrap_or(filter);
        let literal = literal.strip_suffix('/').unwrap_or(literal);
        let range = (Bound::Included(literal), Bound::Unbounded);
        let mut found = Vec::new();
        let mut expired = Vec::new();
        for (name, entry) in self.by_topic.range::<str, _>(range).take_while(|(name, _)| name.starts_with(literal)) {
            if !topic::matches(filter, name) {
                continue;
            }
            if entry.message.expires_at.is_some_and(|at| at <= now) {
                expired.push(name.clone());
            } else {
                found.push(entry.clone());
            }
        }
        for name in expired {
            self.by_topic.remove(&name);
        }
        found
    }

    /// All of them, by topic name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Kept>> {
        self.by_topic.values().map(|entry| &entry.message)
    }
}
