//! Shared subscriptions: `$share/{group}/{filter}` is one subscriber in the router, and here stands who is behind it.
//!
//! A group is found by its whole filter, so two groups of one name and different filters are two groups [4.8.2]. Its members stand in a
//! ring, those with a connection first; whoever got a message goes to the end.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::hash::BuildHasher;
use core::num::NonZeroU32;

use hashbrown::{HashMap, HashTable};
use mqtt::SubscriptionOptions;

use crate::ids::SessionNo;
use crate::state::Hasher;

/// Number of a group; not given again while anything may remember it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShareNo(NonZeroU32);

/// The bit that tells a group's number in the router from a session's.
const GROUP: u32 = 1 << 31;

impl ShareNo {
    /// As what the group subscribes in the router.
    pub(crate) fn as_subscriber(self) -> SessionNo {
        SessionNo(self.0.get() | GROUP)
    }

    /// The group that a subscriber in the router is, if it is no session.
    pub(crate) fn from_subscriber(no: SessionNo) -> Option<ShareNo> {
        if no.0 & GROUP == 0 { None } else { NonZeroU32::new(no.0 & !GROUP).map(ShareNo) }
    }
}

/// A member of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) options: SubscriptionOptions,
    /// Subscription Identifier; 0: none.
    pub(crate) identifier: u32,
    place: Place,
}

/// Where a member stands in the ring: those with a connection first, among equals whose turn is longest ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    away: bool,
    turn: u64,
}

#[derive(Clone, Debug)]
struct Group {
    /// With `$share/{group}/`.
    filter: Box<str>,
    members: HashMap<SessionNo, Member, Hasher>,
    ring: BTreeMap<Place, SessionNo>,
    next_turn: u64,
    /// Its number among the router's subscriptions.
    sub: u32,
}

/// What became of joining.
pub(crate) struct Joined {
    pub(crate) share: ShareNo,
    /// The session was no member.
    pub(crate) new_member: bool,
    /// The group began: the router must be told.
    pub(crate) new_group: bool,
}

/// All groups.
#[derive(Clone, Debug)]
pub(crate) struct Shares {
    groups: HashMap<ShareNo, Group, Hasher>,
    by_filter: HashTable<ShareNo>,
    hasher: Hasher,
    last: u32,
}

impl Default for Shares {
    fn default() -> Shares {
        let hasher = Hasher::with_seed(0x5a4e);
        Shares { groups: HashMap::with_hasher(hasher.clone()), by_filter: HashTable::new(), hasher, last: 0 }
    }
}

impl Shares {
    /// Makes or replaces a member's subscription.
    pub(crate) fn join(&mut self, filter: &str, session: SessionNo, options: SubscriptionOptions, identifier: u32, away: bool) -> Joined {
        let found = self.find(filter);
        let share = found.unwrap_or_else(|| self.begin(filter));
        let mut new_member = false;
        if let Some(group) = self.groups.get_mut(&share) {
            let place = match group.members.get(&session) {
                Some(member) => member.place,
                None => {
                    new_member = true;
                    let place = group.last_place(away);
                    group.ring.insert(place, session);
                    place
                }
            };
            group.members.insert(session, Member { options, identifier, place });
        }
        Joined { share, new_member, new_group: found.is_none() }
    }

    /// The router's number of a group's subscription.
    pub(crate) fn set_sub(&mut self, share: ShareNo, sub: u32) {
        if let Some(group) = self.groups.get_mut(&share) {
            group.sub = sub;
        }
    }

    /// A session is no member any more. The group ends with its last one; then the router's number of its subscription is given.
    pub(crate) fn leave(&mut self, share: ShareNo, session: SessionNo) -> Option<u32> {
        let group = self.groups.get_mut(&share)?;
        let member = group.members.remove(&session)?;
        group.ring.remove(&member.place);
        if !group.members.is_empty() {
            return None;
        }
        let group = self.groups.remove(&share)?;
        if let Ok(entry) = self.by_filter.find_entry(self.hasher.hash_one(&*group.filter), |&other| other == share) {
            entry.remove();
        }
        Some(group.sub)
    }

    /// A member has got, or lost, its connection.
    pub(crate) fn set_away(&mut self, share: ShareNo, session: SessionNo, away: bool) {
        let Some(group) = self.groups.get_mut(&share) else { return };
        let Some(member) = group.members.get_mut(&session) else { return };
        if member.place.away != away {
            group.ring.remove(&member.place);
            member.place.away = away;
            group.ring.insert(member.place, session);
        }
    }

    /// Chooses a member for one message, of those who `may` get it: the first that `takes` it among the first `most`, else the first.
    /// It goes to the end.
    pub(crate) fn choose(
        &mut self,
        share: ShareNo,
        most: usize,
        may: impl Fn(SessionNo) -> bool,
        takes: impl Fn(SessionNo) -> bool,
    ) -> Option<(SessionNo, Member)> {
        let group = self.groups.get_mut(&share)?;
        let candidates = || group.ring.values().filter(|&&session| may(session)).take(most);
        let session = candidates().find(|&&session| takes(session)).or_else(|| candidates().next()).copied()?;
        let chosen = *group.members.get(&session)?;
        let place = group.last_place(chosen.place.away);
        group.ring.remove(&chosen.place);
        group.ring.insert(place, session);
        group.members.get_mut(&session)?.place = place;
        Some((session, chosen))
    }

    /// The member whose turn it is, whether or not it may.
    pub(crate) fn first(&self, share: ShareNo) -> Option<SessionNo> {
        self.groups.get(&share)?.ring.values().next().copied()
    }

    /// The group is still there.
    pub(crate) fn has_members(&self, share: ShareNo) -> bool {
        self.groups.contains_key(&share)
    }

    /// Some member has a connection.
    pub(crate) fn has_present(&self, share: ShareNo) -> bool {
        self.groups.get(&share).and_then(|group| group.ring.first_key_value()).is_some_and(|(place, _)| !place.away)
    }

    pub(crate) fn find(&self, filter: &str) -> Option<ShareNo> {
        let is_it = |share: &ShareNo| self.groups.get(share).is_some_and(|group| *group.filter == *filter);
        self.by_filter.find(self.hasher.hash_one(filter), is_it).copied()
    }

    /// Whole filter and subscription of a member.
    pub(crate) fn get(&self, share: ShareNo, session: SessionNo) -> Option<(&str, Member)> {
        let group = self.groups.get(&share)?;
        Some((&group.filter, *group.members.get(&session)?))
    }

    /// Number of groups.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Memberships in all groups, or nothing when a ring and its members do not agree.
    pub(crate) fn memberships(&self, away: impl Fn(SessionNo) -> bool) -> Option<usize> {
        let agrees = |group: &Group| {
            let in_ring = |(no, member): (&SessionNo, &Member)| group.ring.get(&member.place) == Some(no) && member.place.away == away(*no);
            !group.members.is_empty() && group.ring.len() == group.members.len() && group.members.iter().all(in_ring)
        };
        self.groups.values().all(agrees).then(|| self.groups.values().map(|group| group.members.len()).fold(0, usize::saturating_add))
    }

    fn begin(&mut self, filter: &str) -> ShareNo {
        let share = loop {
            // 31 bits: two thousand million groups later the first number is long forgotten by all queues.
            self.last = self.last.wrapping_add(1) & !GROUP;
            match NonZeroU32::new(self.last).map(ShareNo) {
                Some(share) if !self.groups.contains_key(&share) => break share,
                _ => {}
            }
        };
        let members = HashMap::with_hasher(self.hasher.clone());
        self.groups.insert(share, Group { filter: Box::from(filter), members, ring: BTreeMap::new(), next_turn: 0, sub: u32::MAX });
        let (groups, hasher) = (&self.groups, &self.hasher);
        let hash_of = |share: &ShareNo| groups.get(share).map_or(0, |group| hasher.hash_one(&*group.filter));
        self.by_filter.insert_unique(hasher.hash_one(filter), share, hash_of);
        share
    }
}

impl Group {
    fn last_place(&mut self, away: bool) -> Place {
        let turn = self.next_turn;
        self.next_turn = turn.saturating_add(1);
        Place { away, turn }
    }
}
