//! Who wants which topic: a trie of levels in flat tables.
//!
//! A publish walks at most three edges per level and active node (`level`, `+`, `#`), so its cost follows the depth of the topic and
//! the matches, not the number of subscriptions. Nodes and subscriptions live in slabs and point at each other by number; the edges of
//! all nodes are one hash table keyed by parent and level.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher as _};

use hashbrown::HashTable;
use mqtt::SubscriptionOptions;

use crate::ids::SessionNo;
use crate::state::Hasher;

const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

/// The table of subscriptions.
#[derive(Clone, Debug)]
pub struct Router {
    nodes: Vec<Node>,
    free_nodes: Vec<u32>,
    edges: HashTable<u32>,
    subs: Vec<Sub>,
    free_subs: Vec<u32>,
    /// Finds the subscription of a session at a node: key (session, node), kept in `subs`.
    by_owner: HashTable<u32>,
    hasher: Hasher,
    live: usize,
}

#[derive(Clone, Debug)]
struct Node {
    name: Box<str>,
    parent: u32,
    plus: u32,
    hash: u32,
    first: u32,
    last: u32,
    /// Children of all three sorts.
    children: u32,
}

/// One subscription: whose, with which options.
#[derive(Clone, Debug)]
struct Sub {
    session: SessionNo,
    node: u32,
    prev_in_node: u32,
    next_in_node: u32,
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
        let root = Node { name: Box::from(""), parent: NONE, plus: NONE, hash: NONE, first: NONE, last: NONE, children: 0 };
        Router {
            nodes: alloc::vec![root],
            free_nodes: Vec::new(),
            edges: HashTable::new(),
            subs: Vec::new(),
            free_subs: Vec::new(),
            by_owner: HashTable::new(),
            hasher: Hasher::with_seed(0x9e37_79b9),
            live: 0,
        }
    }

    /// Number of subscriptions.
    pub fn len(&self) -> usize {
        self.live
    }

    /// No subscriptions.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Makes or replaces the subscription of a session to a legal Topic Filter. Gives its number and whether it is new.
    pub fn subscribe(&mut self, session: SessionNo, filter: &str, options: SubscriptionOptions, identifier: u32) -> (u32, bool) {
        let node = self.node_of(filter);
        let hash = self.owner_hash(session, node);
        if let Some(&no) =
            self.by_owner.find(hash, |&no| self.subs.get(no as usize).is_some_and(|s| s.session == session && s.node == node))
        {
            if let Some(sub) = self.subs.get_mut(no as usize) {
                sub.options = options;
                sub.identifier = identifier;
            }
            return (no, false);
        }
        let last = self.nodes.get(node as usize).map_or(NONE, |n| n.last);
        let sub = Sub { session, node, prev_in_node: last, next_in_node: NONE, identifier, options };
        let no = put(&mut self.subs, &mut self.free_subs, sub);
        if let Some(before) = self.subs.get_mut(last as usize) {
            before.next_in_node = no;
        }
        if let Some(n) = self.nodes.get_mut(node as usize) {
            n.last = no;
            if n.first == NONE {
                n.first = no;
            }
        }
        let (subs, hasher) = (&self.subs, &self.hasher);
        self.by_owner.insert_unique(hash, no, |&no| owner_hash(hasher, subs, no));
        self.live = self.live.saturating_add(1);
        (no, true)
    }

    /// Removes the subscription of a session to a filter. Gives its number, if there was one.
    pub fn unsubscribe(&mut self, session: SessionNo, filter: &str) -> Option<u32> {
        let node = self.find_node(filter)?;
        let hash = self.owner_hash(session, node);
        let no = *self.by_owner.find(hash, |&no| self.subs.get(no as usize).is_some_and(|s| s.session == session && s.node == node))?;
        self.remove(no);
        Some(no)
    }

    /// Removes a subscription by its number; nothing happens when it is gone.
    pub(crate) fn remove(&mut self, no: SubNo) {
        let Some(sub) = self.subs.get(no as usize).filter(|sub| sub.node != NONE).cloned() else { return };
        let hash = self.owner_hash(sub.session, sub.node);
        if let Ok(entry) = self.by_owner.find_entry(hash, |&other| other == no) {
            entry.remove();
        }
        if let Some(before) = self.subs.get_mut(sub.prev_in_node as usize) {
            before.next_in_node = sub.next_in_node;
        } else if let Some(node) = self.nodes.get_mut(sub.node as usize) {
            node.first = sub.next_in_node;
        }
        if let Some(after) = self.subs.get_mut(sub.next_in_node as usize) {
            after.prev_in_node = sub.prev_in_node;
        } else if let Some(node) = self.nodes.get_mut(sub.node as usize) {
            node.last = sub.prev_in_node;
        }
        if let Some(gone) = self.subs.get_mut(no as usize) {
            gone.node = NONE;
        }
        self.free_subs.push(no);
        self.live = self.live.saturating_sub(1);
        self.prune(sub.node);
    }

    /// Calls `found` for every subscription whose filter matches the topic name, in the order of the trie: shorter filters first, among
    /// equals the older subscription. A session with several matching filters is found several times.
    pub fn matches(&self, topic: &str, walk: &mut Walk, mut found: impl FnMut(Match)) {
        walk.now.clear();
        walk.now.push(ROOT);
        // A filter that begins with a wildcard does not match a topic that begins with `$` [MQTT-4.7.2-1].
        let mut wild = !topic.starts_with('$');
        for level in topic.split('/') {
            let level_hash = self.level_hash(level);
            walk.next.clear();
            for &at in &walk.now {
                let Some(node) = self.nodes.get(at as usize) else { continue };
                if wild {
                    self.each_at(node.hash, &mut found);
                }
                if node.children == 0 {
                    continue;
                }
                if let Some(child) = self.edge(at, level, level_hash) {
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
            self.each_at(at, &mut found);
            // `sport/#` matches `sport` as well [4.7.1.2].
            if let Some(node) = self.nodes.get(at as usize) {
                self.each_at(node.hash, &mut found);
            }
        }
    }

    /// A subscription by its number: filter, options, Subscription Identifier (0: none).
    pub(crate) fn get(&self, no: SubNo) -> Option<(alloc::string::String, SubscriptionOptions, u32)> {
        let sub = self.subs.get(no as usize).filter(|sub| sub.node != NONE)?;
        let mut levels = Vec::new();
        let mut at = sub.node;
        while at != ROOT {
            let node = self.nodes.get(at as usize)?;
            levels.push(&*node.name);
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

    fn each_at(&self, node: u32, found: &mut impl FnMut(Match)) {
        let Some(node) = self.nodes.get(node as usize) else { return };
        let mut at = node.first;
        while let Some(sub) = self.subs.get(at as usize) {
            found(Match { session: sub.session, options: sub.options, identifier: sub.identifier });
            at = sub.next_in_node;
        }
    }

    fn find_node(&self, filter: &str) -> Option<u32> {
        let mut at = ROOT;
        for level in filter.split('/') {
            let node = self.nodes.get(at as usize)?;
            at = match level {
                "+" => node.plus,
                "#" => node.hash,
                _ => self.edge(at, level, self.level_hash(level))?,
            };
        }
        (at != NONE).then_some(at)
    }

    fn node_of(&mut self, filter: &str) -> u32 {
        let mut at = ROOT;
        for level in filter.split('/') {
            let next = match (level, self.nodes.get(at as usize)) {
                ("+", Some(node)) => node.plus,
                ("#", Some(node)) => node.hash,
                _ => self.edge(at, level, self.level_hash(level)).unwrap_or(NONE),
            };
            at = if next == NONE { self.add_child(at, level) } else { next };
        }
        at
    }

    fn add_child(&mut self, parent: u32, level: &str) -> u32 {
        let node = Node { name: Box::from(level), parent, plus: NONE, hash: NONE, first: NONE, last: NONE, children: 0 };
        let child = put(&mut self.nodes, &mut self.free_nodes, node);
        if let Some(node) = self.nodes.get_mut(parent as usize) {
            node.children = node.children.saturating_add(1);
            match level {
                "+" => node.plus = child,
                "#" => node.hash = child,
                _ => {
                    let hash = edge_hash(parent, self.level_hash(level));
                    let (nodes, hasher) = (&self.nodes, &self.hasher);
                    self.edges.insert_unique(hash, child, |&child| child_hash(hasher, nodes, child));
                }
            }
        }
        child
    }

    /// Frees a node that nothing needs, and its parents likewise.
    fn prune(&mut self, mut at: u32) {
        while at != ROOT {
            let Some(node) = self.nodes.get(at as usize) else { return };
            if node.children > 0 || node.first != NONE {
                return;
            }
            let parent = node.parent;
            let hash = child_hash(&self.hasher, &self.nodes, at);
            if let Ok(entry) = self.edges.find_entry(hash, |&child| child == at) {
                entry.remove();
            }
            if let Some(up) = self.nodes.get_mut(parent as usize) {
                up.children = up.children.saturating_sub(1);
                if up.plus == at {
                    up.plus = NONE;
                }
                if up.hash == at {
                    up.hash = NONE;
                }
            }
            if let Some(node) = self.nodes.get_mut(at as usize) {
                node.name = Box::from("");
            }
            self.free_nodes.push(at);
            at = parent;
        }
    }

    fn edge(&self, parent: u32, level: &str, level_hash: u64) -> Option<u32> {
        let is_it = |&child: &u32| self.nodes.get(child as usize).is_some_and(|node| node.parent == parent && *node.name == *level);
        self.edges.find(edge_hash(parent, level_hash), is_it).copied()
    }

    fn level_hash(&self, level: &str) -> u64 {
        level_hash(&self.hasher, level)
    }

    fn owner_hash(&self, session: SessionNo, node: u32) -> u64 {
        edge_hash(node, u64::from(session.0))
    }
}

fn level_hash(hasher: &Hasher, level: &str) -> u64 {
    let mut hash = hasher.build_hasher();
    hash.write(level.as_bytes());
    hash.finish()
}

fn child_hash(hasher: &Hasher, nodes: &[Node], child: u32) -> u64 {
    nodes.get(child as usize).map_or(0, |node| edge_hash(node.parent, level_hash(hasher, &node.name)))
}

fn owner_hash(_hasher: &Hasher, subs: &[Sub], no: u32) -> u64 {
    subs.get(no as usize).map_or(0, |sub| edge_hash(sub.node, u64::from(sub.session.0)))
}

/// Mixes a node's number into a hash: a multiplication spreads the low bits, a fold brings the high ones back.
fn edge_hash(node: u32, rest: u64) -> u64 {
    let mixed = (rest ^ u64::from(node).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93);
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
        assert!(router.edges.is_empty() && router.by_owner.is_empty());
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
}
