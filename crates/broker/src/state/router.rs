//! Who wants which topic: a trie of levels in flat tables.
//!
//! A publish walks at most two edges per level and active node (the level and `+`), so its cost follows the depth of the topic and the
//! matches, not the number of subscriptions. Nodes and subscriptions live in slabs and point at each other by number. What a walk reads
//! lies together: a level is part of its node as a number of 16 bytes, few children are a chain of siblings, and `#` is a second list of
//! subscriptions at its parent. Only the children of a node that has many are found by a hash table, one for all such nodes.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashTable;
use mqtt::SubscriptionOptions;

use crate::ids::SessionNo;
use crate::state::Hasher;
use crate::state::level::{Key, Level, Levels};

const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

/// In place of a first child: there are many, in the hash table.
const WIDE: u32 = u32::MAX - 1;

/// Children that a chain may have.
const CHAIN: u32 = 4;

/// The table of subscriptions.
#[derive(Clone, Debug)]
pub struct Router {
    nodes: Vec<Node>,
    free_nodes: Vec<u32>,
    /// The children of all nodes that are [`WIDE`], by parent and level.
    wide: HashTable<u32>,
    /// Levels that do not fit into a key, by node.
    names: BTreeMap<u32, Box<[u8]>>,
    subs: Vec<Sub>,
    free_subs: Vec<u32>,
    /// Finds the subscription of a session at a place, which are kept in `subs`.
    by_owner: HashTable<u32>,
    hasher: Hasher,
    live: usize,
    /// Counts the changes, from 1.
    version: u64,
}

#[derive(Clone, Debug)]
struct Node {
    level: Key,
    parent: u32,
    plus: u32,
    /// First of the children with a level of their own (not `+`), or [`WIDE`].
    first_child: u32,
    next_sibling: u32,
    /// How many such children.
    children: u32,
    /// Newest subscription that ends here. The list is a ring, so the oldest is the next one.
    last: u32,
    /// The same of those that go on with `#`.
    last_hash: u32,
}

/// Where a subscription is: number of the node, doubled, and one more for the list of `#`.
type Place = u32;

/// One subscription: whose, with which options.
#[derive(Clone, Debug)]
struct Sub {
    session: SessionNo,
    place: Place,
    prev: u32,
    next: u32,
    /// Subscription Identifier; 0: none.
    identifier: u32,
    options: SubscriptionOptions,
}

/// A subscription that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Whose.
    pub session: SessionNo,
    /// Its options.
    pub options: SubscriptionOptions,
    /// Its Subscription Identifier; 0: none.
    pub identifier: u32,
}

/// Memory of a walk, kept between walks so that none allocates.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    now: Vec<u32>,
    next: Vec<u32>,
}

/// Number of a subscription in the table; for a session to remember what it holds.
pub(crate) type SubNo = u32;

impl Default for Router {
    fn default() -> Router {
        Router::new()
    }
}

impl Router {
    /// An empty table.
    pub fn new() -> Router {
        Router {
            nodes: alloc::vec![Node::new(Key::default(), NONE)],
            free_nodes: Vec::new(),
            wide: HashTable::new(),
            names: BTreeMap::new(),
            subs: Vec::new(),
            free_subs: Vec::new(),
            by_owner: HashTable::new(),
            hasher: Hasher::with_seed(0x9e37_79b9),
            live: 0,
            version: 1,
        }
    }

    /// Number of subscriptions.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Another number after each change: what was found under the same number would be found again.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// No subscriptions.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Makes or replaces the subscription of a session to a legal Topic Filter. Gives its number and whether it is new.
    pub fn subscribe(&mut self, session: SessionNo, filter: &str, options: SubscriptionOptions, identifier: u32) -> (u32, bool) {
        self.version = self.version.wrapping_add(1);
        let place = self.place_of(filter);
        if let Some(no) = self.owned(session, place) {
            if let Some(sub) = self.subs.get_mut(no as usize) {
                sub.options = options;
                sub.identifier = identifier;
            }
            return (no, false);
        }
        let no = put(&mut self.subs, &mut self.free_subs, Sub { session, place, prev: NONE, next: NONE, identifier, options });
        self.link(no, place);
        let subs = &self.subs;
        let hash_of = |&no: &u32| subs.get(no as usize).map_or(0, |sub| owner_hash(sub.session, sub.place));
        self.by_owner.insert_unique(owner_hash(session, place), no, hash_of);
        self.live = self.live.saturating_add(1);
        (no, true)
    }

    /// Removes the subscription of a session to a filter. Gives its number, if there was one.
    pub fn unsubscribe(&mut self, session: SessionNo, filter: &str) -> Option<u32> {
        let place = self.find_place(filter)?;
        let no = self.owned(session, place)?;
        self.remove(no);
        Some(no)
    }

    /// Removes a subscription by its number; nothing happens when it is gone.
    pub(crate) fn remove(&mut self, no: SubNo) {
        self.version = self.version.wrapping_add(1);
        let Some(sub) = self.subs.get(no as usize).filter(|sub| sub.place != NONE).cloned() else { return };
        if let Ok(entry) = self.by_owner.find_entry(owner_hash(sub.session, sub.place), |&other| other == no) {
            entry.remove();
        }
        if let Some(before) = self.subs.get_mut(sub.prev as usize) {
            before.next = sub.next;
        }
        if let Some(after) = self.subs.get_mut(sub.next as usize) {
            after.prev = sub.prev;
        }
        if let Some(last) = self.last_of(sub.place)
            && *last == no
        {
            *last = if sub.prev == no { NONE } else { sub.prev };
        }
        if let Some(gone) = self.subs.get_mut(no as usize) {
            gone.place = NONE;
        }
        self.free_subs.push(no);
        self.live = self.live.saturating_sub(1);
        self.prune(sub.place >> 1);
    }

    /// Calls `found` for every subscription whose filter matches the topic name, in the order of the trie: shorter filters first, among
    /// equals the older subscription. A session with several matching filters is found several times.
    pub fn matches(&self, topic: &str, walk: &mut Walk, mut found: impl FnMut(Match)) {
        walk.now.clear();
        walk.now.push(ROOT);
        // A filter that begins with a wildcard does not match a topic that begins with `$` [MQTT-4.7.2-1].
        let mut wild = !topic.starts_with('$');
        for level in Levels::new(topic, &self.hasher) {
            walk.next.clear();
            for &at in &walk.now {
                let Some(node) = self.nodes.get(at as usize) else { continue };
                if wild {
                    self.each(node.last_hash, &mut found);
                }
                if let Some(child) = self.child(at, node, level) {
                    walk.next.push(child);
                }
                if wild && node.plus != NONE {
                    walk.next.push(node.plus);
                }
            }
            wild = true;
            core::mem::swap(&mut walk.now, &mut walk.next);
            if walk.now.is_empty() {
                return;
            }
        }
        for &at in &walk.now {
            let Some(node) = self.nodes.get(at as usize) else { continue };
            self.each(node.last, &mut found);
            // `sport/#` matches `sport` as well [4.7.1.2].
            self.each(node.last_hash, &mut found);
        }
    }

    /// A subscription by its number: filter, options, Subscription Identifier (0: none).
    pub(crate) fn get(&self, no: SubNo) -> Option<(String, SubscriptionOptions, u32)> {
        let sub = self.subs.get(no as usize).filter(|sub| sub.place != NONE)?;
        let mut levels: Vec<String> = Vec::new();
        if sub.place & 1 == 1 {
            levels.push(String::from("#"));
        }
        let mut at = sub.place >> 1;
        while at != ROOT {
            let node = self.nodes.get(at as usize)?;
            levels.push(match self.names.get(&at) {
                Some(name) => String::from_utf8_lossy(name).into_owned(),
                None => node.level.text(),
            });
            at = node.parent;
        }
        levels.reverse();
        Some((levels.join("/"), sub.options, sub.identifier))
    }

    /// Numbers of nodes and subscriptions in use.
    #[cfg(test)]
    fn sizes(&self) -> (usize, usize) {
        (self.nodes.len().saturating_sub(self.free_nodes.len()), self.subs.len().saturating_sub(self.free_subs.len()))
    }

    /// Calls `found` for each subscription of a ring, the oldest first.
    #[inline]
    fn each(&self, last: u32, found: &mut impl FnMut(Match)) {
        let Some(newest) = self.subs.get(last as usize) else { return };
        let mut at = newest.next;
        while let Some(sub) = self.subs.get(at as usize) {
            found(Match { session: sub.session, options: sub.options, identifier: sub.identifier });
            if at == last {
                return;
            }
            at = sub.next;
        }
    }

    fn owned(&self, session: SessionNo, place: Place) -> Option<u32> {
        let is_it = |&no: &u32| self.subs.get(no as usize).is_some_and(|sub| sub.session == session && sub.place == place);
        self.by_owner.find(owner_hash(session, place), is_it).copied()
    }

    /// Puts a subscription at the end of the ring of its place.
    fn link(&mut self, no: u32, place: Place) {
        let Some(last) = self.last_of(place) else { return };
        let before = core::mem::replace(last, no);
        let (prev, next) = match self.subs.get_mut(before as usize) {
            Some(newest) => (before, core::mem::replace(&mut newest.next, no)),
            None => (no, no),
        };
        if let Some(oldest) = self.subs.get_mut(next as usize) {
            oldest.prev = no;
        }
        if let Some(sub) = self.subs.get_mut(no as usize) {
            (sub.prev, sub.next) = (prev, next);
        }
    }

    fn last_of(&mut self, place: Place) -> Option<&mut u32> {
        let node = self.nodes.get_mut((place >> 1) as usize)?;
        Some(if place & 1 == 1 { &mut node.last_hash } else { &mut node.last })
    }

    fn find_place(&self, filter: &str) -> Option<Place> {
        let mut at = ROOT;
        for level in Levels::new(filter, &self.hasher) {
            let node = self.nodes.get(at as usize)?;
            match level.text {
                b"#" => return Some(at.wrapping_shl(1) | 1),
                b"+" if node.plus == NONE => return None,
                b"+" => at = node.plus,
                _ => at = self.child(at, node, level)?,
            }
        }
        Some(at.wrapping_shl(1))
    }

    fn place_of(&mut self, filter: &str) -> Place {
        let mut at = ROOT;
        let hasher = self.hasher.clone();
        for level in Levels::new(filter, &hasher) {
            if level.text == b"#" {
                return at.wrapping_shl(1) | 1;
            }
            let next = self.nodes.get(at as usize).and_then(|node| match level.text {
                b"+" => Some(node.plus).filter(|&plus| plus != NONE),
                _ => self.child(at, node, level),
            });
            at = next.unwrap_or_else(|| self.add_child(at, level));
        }
        at.wrapping_shl(1)
    }

    /// The child of a node for a level.
    #[inline]
    fn child(&self, parent: u32, node: &Node, level: Level<'_>) -> Option<u32> {
        if node.first_child == WIDE {
            let is_it =
                |&child: &u32| self.nodes.get(child as usize).is_some_and(|node| node.parent == parent && self.is(child, node, level));
            return self.wide.find(edge_hash(parent, level.key), is_it).copied();
        }
        let mut at = node.first_child;
        while let Some(child) = self.nodes.get(at as usize) {
            if self.is(at, child, level) {
                return Some(at);
            }
            at = child.next_sibling;
        }
        None
    }

    #[inline]
    fn is(&self, no: u32, node: &Node, level: Level<'_>) -> bool {
        node.level == level.key && (!level.key.is_long() || self.names.get(&no).is_some_and(|name| **name == *level.text))
    }

    fn add_child(&mut self, parent: u32, level: Level<'_>) -> u32 {
        let child = put(&mut self.nodes, &mut self.free_nodes, Node::new(level.key, parent));
        if level.key.is_long() {
            self.names.insert(child, Box::from(level.text));
        }
        let Some(node) = self.nodes.get_mut(parent as usize) else { return child };
        if level.text == b"+" {
            node.plus = child;
            return child;
        }
        node.children = node.children.saturating_add(1);
        match node.first_child {
            WIDE => self.widen(child),
            mut at if node.children > CHAIN => {
                node.first_child = WIDE;
                while let Some(node) = self.nodes.get_mut(at as usize) {
                    let next = core::mem::replace(&mut node.next_sibling, NONE);
                    self.widen(at);
                    at = next;
                }
                self.widen(child);
            }
            first => {
                node.first_child = child;
                if let Some(node) = self.nodes.get_mut(child as usize) {
                    node.next_sibling = first;
                }
            }
        }
        child
    }

    /// Puts a child into the hash table.
    fn widen(&mut self, child: u32) {
        let nodes = &self.nodes;
        let hash_of = |&no: &u32| nodes.get(no as usize).map_or(0, |node| edge_hash(node.parent, node.level));
        self.wide.insert_unique(hash_of(&child), child, hash_of);
    }

    /// Frees a node that nothing needs, and its parents likewise.
    fn prune(&mut self, mut at: u32) {
        while at != ROOT {
            let Some(node) = self.nodes.get(at as usize) else { return };
            if node.children > 0 || node.plus != NONE || node.last != NONE || node.last_hash != NONE {
                return;
            }
            let (parent, level) = (node.parent, node.level);
            self.unchain(parent, at, level);
            self.names.remove(&at);
            self.free_nodes.push(at);
            at = parent;
        }
    }

    /// Takes a child away from its parent.
    fn unchain(&mut self, parent: u32, child: u32, level: Key) {
        let after = self.nodes.get(child as usize).map_or(NONE, |node| node.next_sibling);
        let Some(node) = self.nodes.get_mut(parent as usize) else { return };
        if node.plus == child {
            node.plus = NONE;
            return;
        }
        node.children = node.children.saturating_sub(1);
        if node.first_child == WIDE {
            if node.children == 0 {
                node.first_child = NONE;
            }
            if let Ok(entry) = self.wide.find_entry(edge_hash(parent, level), |&other| other == child) {
                entry.remove();
            }
            return;
        }
        if node.first_child == child {
            node.first_child = after;
            return;
        }
        let mut at = node.first_child;
        while let Some(sibling) = self.nodes.get_mut(at as usize) {
            if sibling.next_sibling == child {
                sibling.next_sibling = after;
                return;
            }
            at = sibling.next_sibling;
        }
    }
}

impl Node {
    fn new(level: Key, parent: u32) -> Node {
        Node { level, parent, plus: NONE, first_child: NONE, next_sibling: NONE, children: 0, last: NONE, last_hash: NONE }
    }
}

fn edge_hash(parent: u32, level: Key) -> u64 {
    mix(mix(level.low ^ u64::from(parent).wrapping_mul(0x9e37_79b9_7f4a_7c15)) ^ level.high)
}

fn owner_hash(session: SessionNo, place: Place) -> u64 {
    mix(u64::from(place) << 32 | u64::from(session.0))
}

/// A multiplication spreads the low bits, a fold brings the high ones back.
fn mix(number: u64) -> u64 {
    let mixed = (number ^ (number >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

fn put<T>(slab: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    if let Some(no) = free.pop()
        && let Some(place) = slab.get_mut(no as usize)
    {
        *place = value;
        return no;
    }
    slab.push(value);
    u32::try_from(slab.len().saturating_sub(1)).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec;
    use mqtt::QoS;

    fn options(qos: QoS) -> SubscriptionOptions {
        SubscriptionOptions { qos, ..SubscriptionOptions::default() }
    }

    fn found(router: &Router, topic: &str) -> Vec<u32> {
        let mut out = Vec::new();
        router.matches(topic, &mut Walk::default(), |m| out.push(m.session.0));
        out.sort_unstable();
        out
    }

    #[test]
    fn the_trie_agrees_with_the_reference_matcher() {
        let levels = ["", "a", "b", "$x"];
        let filter_levels = ["", "a", "b", "+", "#", "$x"];
        let mut filters: Vec<String> = Vec::new();
        let mut topics: Vec<String> = Vec::new();
        for a in filter_levels {
            filters.push(a.into());
            for b in filter_levels {
                filters.push([a, b].join("/"));
                for c in filter_levels {
                    filters.push([a, b, c].join("/"));
                }
            }
        }
        for a in levels {
            topics.push(a.into());
            for b in levels {
                topics.push([a, b].join("/"));
                for c in levels {
                    topics.push([a, b, c].join("/"));
                }
            }
        }
        filters.retain(|f| mqtt::topic::TopicFilter::parse(f).is_ok());
        topics.retain(|t| !t.is_empty());
        let mut router = Router::new();
        for (n, filter) in filters.iter().enumerate() {
            router.subscribe(SessionNo(n as u32), filter, options(QoS::AtMostOnce), 0);
        }
        for topic in &topics {
            let expected: Vec<u32> =
                filters.iter().enumerate().filter(|(_, f)| mqtt::topic::matches(f, topic)).map(|(n, _)| n as u32).collect();
            assert_eq!(found(&router, topic), expected, "topic {topic:?}");
        }
        for (n, filter) in filters.iter().enumerate() {
            assert!(router.unsubscribe(SessionNo(n as u32), filter).is_some(), "{filter}");
        }
        assert_eq!(router.sizes(), (1, 0));
        assert!(router.wide.is_empty() && router.by_owner.is_empty() && router.names.is_empty());
    }

    #[test]
    fn a_second_subscription_replaces_the_first() {
        let mut router = Router::new();
        let (first, new) = router.subscribe(SessionNo(1), "a/+", options(QoS::AtMostOnce), 5);
        assert!(new);
        let (second, new) = router.subscribe(SessionNo(1), "a/+", options(QoS::ExactlyOnce), 0);
        assert_eq!((first, false), (second, new));
        let mut hits = vec![];
        router.matches("a/b", &mut Walk::default(), |m| hits.push((m.options.qos, m.identifier)));
        assert_eq!(hits, [(QoS::ExactlyOnce, 0)]);
        assert_eq!(router.get(first).map(|(filter, ..)| filter).as_deref(), Some("a/+"));
    }

    #[test]
    fn removal_keeps_the_others_in_order() {
        let mut router = Router::new();
        for n in 0..5 {
            router.subscribe(SessionNo(n), "t", options(QoS::AtMostOnce), 0);
        }
        for gone in [0, 4, 2] {
            router.unsubscribe(SessionNo(gone), "t");
        }
        router.subscribe(SessionNo(9), "t", options(QoS::AtMostOnce), 0);
        let mut order = vec![];
        router.matches("t", &mut Walk::default(), |m| order.push(m.session.0));
        assert_eq!(order, [1, 3, 9]);
    }

    #[test]
    fn nodes_with_many_children_and_long_levels_are_found_and_forgotten() {
        let mut router = Router::new();
        let level = |n: usize| match n % 3 {
            0 => alloc::format!("{n}"),
            1 => alloc::format!("fifteen-byte-{:02}", n % 100),
            _ => alloc::format!("a-level-that-is-too-long-for-a-key-{n}"),
        };
        let filters: Vec<String> = (0..300).map(|n| alloc::format!("a/{}/{}", level(n), level(n + 1))).collect();
        for (n, filter) in filters.iter().enumerate() {
            router.subscribe(SessionNo(n as u32), filter, options(QoS::AtMostOnce), 0);
        }
        for (n, filter) in filters.iter().enumerate() {
            let expected: Vec<u32> =
                filters.iter().enumerate().filter(|(_, other)| *other == filter).map(|(other, _)| other as u32).collect();
            assert_eq!(found(&router, filter), expected, "{filter}");
            assert_eq!(found(&router, &alloc::format!("{filter}x")), Vec::<u32>::new(), "{filter} and one more letter");
            assert_eq!(router.get(n as u32).map(|(filter, ..)| filter).as_ref(), Some(filter));
        }
        // Half of them go; the others are still found, through nodes that were wide and are not any more.
        for (n, filter) in filters.iter().enumerate().filter(|(n, _)| n % 2 == 0) {
            assert!(router.unsubscribe(SessionNo(n as u32), filter).is_some(), "{filter}");
        }
        for (n, filter) in filters.iter().enumerate().filter(|(n, _)| n % 2 == 1) {
            assert!(found(&router, filter).contains(&(n as u32)), "{filter}");
            assert!(router.unsubscribe(SessionNo(n as u32), filter).is_some(), "{filter}");
        }
        assert_eq!(router.sizes(), (1, 0));
        assert!(router.wide.is_empty() && router.by_owner.is_empty() && router.names.is_empty());
    }
}
