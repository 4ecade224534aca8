//! The last retained message of each topic.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;

use mqtt::topic;

use crate::access::Who;
use crate::config::Config;
use crate::state::message::Kept;
use crate::time::Instant;

/// A retained message and who published it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) message: Arc<Kept>,
    /// None: the broker itself.
    pub(crate) publisher: Option<Publisher>,
}

/// Who published a retained message: for No Local, and because its right to publish counts as it is when the message is sent on.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    /// Client Identifier.
    pub(crate) client: Arc<str>,
    /// User Name, at that time.
    pub(crate) user: Option<Arc<str>>,
}

impl Publisher {
    /// Whose rights count.
    pub(crate) fn who(&self) -> Who<'_> {
        Who { user: self.user.as_deref(), client: &self.client }
    }
}

/// Retained messages by topic name. Ordered, so that a filter with a literal beginning looks at the topics with that beginning only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retained {
    by_topic: BTreeMap<Box<str>, Entry>,
    /// Topics of those with a Message Expiry Interval, by its end.
    expiring: BTreeSet<(Instant, Box<str>)>,
}

impl Retained {
    /// Stores or replaces; `false` when the limit is reached and the topic is new.
    pub(crate) fn set(&mut self, config: &Config, message: Arc<Kept>, publisher: Option<Publisher>) -> bool {
        let topic: Box<str> = Box::from(message.topic());
        let known = self.by_topic.contains_key(&topic);
        if !known && self.by_topic.len() >= config.max_retained {
            return false;
        }
        if known {
            self.clear(&topic);
        }
        if let Some(at) = message.expires_at {
            self.expiring.insert((at, topic.clone()));
        }
        self.by_topic.insert(topic, Entry { message, publisher });
        true
    }

    /// Removes; `false` when there was none.
    pub(crate) fn clear(&mut self, topic: &str) -> bool {
        let Some(entry) = self.by_topic.remove(topic) else { return false };
        if let Some(at) = entry.message.expires_at {
            self.expiring.remove(&(at, Box::from(topic)));
        }
        true
    }

    /// When the first of them expires.
    pub(crate) fn first_expiry(&self) -> Option<Instant> {
        self.expiring.first().map(|(at, _)| *at)
    }

    /// Forgets one that has expired; `false` when there is none.
    pub(crate) fn expire_one(&mut self, now: Instant) -> bool {
        match self.expiring.first() {
            Some((at, _)) if *at <= now => {}
            _ => return false,
        }
        self.expiring.pop_first().is_some_and(|(_, topic)| self.by_topic.remove(&topic).is_some())
    }

    /// Those that expire are those that say so, for the invariants.
    pub(crate) fn agrees(&self) -> bool {
        let owed = self.by_topic.values().filter(|entry| entry.message.expires_at.is_some()).count();
        let held = |(at, topic): &(Instant, Box<str>)| self.by_topic.get(topic).is_some_and(|entry| entry.message.expires_at == Some(*at));
        owed == self.expiring.len() && self.expiring.iter().all(held)
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

    /// Those that match and have not expired, by topic name.
    pub(crate) fn matching(&self, filter: &str, now: Instant) -> Vec<Entry> {
        let expired = |entry: &Entry| entry.message.expires_at.is_some_and(|at| at <= now);
        if !filter.contains(['+', '#']) {
            // One topic at most: its name need not be looked for among those that begin alike.
            return self.by_topic.get(filter).filter(|entry| !expired(entry)).cloned().into_iter().collect();
        }
        // `a/b/#` matches `a/b` too, so the literal beginning is taken without its last slash.
        let literal = filter.find(['+', '#']).and_then(|at| filter.get(..at)).unwrap_or(filter);
        let literal = literal.strip_suffix('/').unwrap_or(literal);
        let range = (Bound::Included(literal), Bound::Unbounded);
        let alike = self.by_topic.range::<str, _>(range).take_while(|(name, _)| name.starts_with(literal));
        alike.filter(|(name, entry)| topic::matches(filter, name) && !expired(entry)).map(|(_, entry)| entry.clone()).collect()
    }

    /// All of them, by topic name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Kept>> {
        self.by_topic.values().map(|entry| &entry.message)
    }
}
