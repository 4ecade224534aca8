//! Where topics lead, remembered: devices publish to the same topics again and again.
//!
//! Each topic has one place, by its hash; a topic that comes to a place takes it over, with the memory that is there. What was remembered
//! before any subscription changed counts for nothing, so nothing must be taken out.

use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher as _};

use crate::state::Hasher;
use crate::state::router::{Match, Router, Walk};

/// Matches that are remembered of one topic; beyond it the walk is a small part of the delivery.
const MOST_MATCHES: usize = 256;

/// The topics of the last messages and what matched them.
#[derive(Debug)]
pub(crate) struct Routes {
    places: Vec<Place>,
    /// The place that was asked for last.
    latest: usize,
    walk: Walk,
    hasher: Hasher,
}

#[derive(Debug, Default)]
struct Place {
    /// State of the router that it is of; 0: of none.
    version: u64,
    topic: String,
    matches: Vec<Match>,
}

impl Default for Routes {
    fn default() -> Routes {
        Routes { places: Vec::new(), latest: 0, walk: Walk::default(), hasher: Hasher::with_seed(0x70_71c5) }
    }
}

/// A copy remembers nothing: it finds the same.
impl Clone for Routes {
    fn clone(&self) -> Routes {
        Routes::default()
    }
}

impl Routes {
    /// Whether a message with this topic has come by lately, and so the topic is a legal name.
    pub(crate) fn knows(&mut self, topic: &str) -> bool {
        let place = self.place(topic);
        self.latest = place;
        self.places.get(place).is_some_and(|place| place.version > 0 && same(&place.topic, topic))
    }

    /// Calls `found` for every subscription that matches, as [`Router::matches`] does. `most`: topics that are remembered.
    pub(crate) fn matches(&mut self, most: usize, router: &Router, topic: &str, mut found: impl FnMut(Match)) {
        if self.places.is_empty() {
            if most == 0 {
                return router.matches(topic, &mut self.walk, found);
            }
            self.places.resize_with(most, Place::default);
        }
        let is_it = |place: &Place| place.version == router.version() && same(&place.topic, topic);
        let mut known = self.places.get(self.latest).is_some_and(is_it);
        if !known {
            self.latest = self.place(topic);
            known = self.places.get(self.latest).is_some_and(is_it);
        }
        let Some(place) = self.places.get_mut(self.latest) else { return };
        if !known {
            place.version = router.version();
            place.topic.clear();
            place.topic.push_str(topic);
            place.matches.clear();
            place.matches.shrink_to(MOST_MATCHES);
            router.matches(topic, &mut self.walk, |one| place.matches.push(one));
        }
        place.matches.iter().copied().for_each(&mut found);
        if place.matches.len() > MOST_MATCHES {
            *place = Place::default();
        }
    }

    fn place(&self, topic: &str) -> usize {
        let mut hash = self.hasher.build_hasher();
        hash.write(topic.as_bytes());
        // The upper half of the hash times the number of places, without the division of a remainder.
        ((hash.finish() >> 32).wrapping_mul(self.places.len() as u64) >> 32) as usize
    }
}

/// Compares by words: where there is no machine code for it, as on wasm, comparing byte by byte takes a tenth of a message's time.
#[inline]
fn same(a: &str, b: &str) -> bool {
    let ((a_words, a_rest), (b_words, b_rest)) = (a.as_bytes().as_chunks::<8>(), b.as_bytes().as_chunks::<8>());
    a.len() == b.len()
        && a_words.iter().zip(b_words).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
        && a_rest.iter().zip(b_rest).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SessionNo;
    use mqtt::SubscriptionOptions;

    fn found(routes: &mut Routes, router: &Router, topic: &str) -> Vec<u32> {
        let mut all = Vec::new();
        routes.matches(4, router, topic, |one| all.push(one.session.0));
        all
    }

    #[test]
    fn what_is_remembered_is_what_a_walk_would_find() {
        let (mut router, mut routes) = (Router::new(), Routes::default());
        let mut seed = 1u64;
        let mut drawn = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % most
        };
        for _ in 0..20_000 {
            let session = SessionNo(drawn(5) as u32);
            let filter = ["a/b", "a/+", "#", "a/c", "+/b"][drawn(5) as usize];
            match drawn(10) {
                0 => {
                    router.subscribe(session, filter, SubscriptionOptions::default(), drawn(3) as u32);
                }
                1 => {
                    router.unsubscribe(session, filter);
                }
                _ => {
                    let topic = ["a/b", "a/c", "a", "x/b", "a/d", "b", "c", "a/b/c"][drawn(8) as usize];
                    let mut expected = Vec::new();
                    router.matches(topic, &mut Walk::default(), |one| expected.push(one.session.0));
                    assert_eq!(found(&mut routes, &router, topic), expected, "{topic}");
                    assert!(routes.knows(topic));
                }
            }
        }
        assert!(!routes.knows("never/seen") && !Routes::default().knows("a/b"));
    }

    #[test]
    fn many_matches_are_found_and_not_kept() {
        let (mut router, mut routes) = (Router::new(), Routes::default());
        (0..1_000).for_each(|n| {
            router.subscribe(SessionNo(n), "t", SubscriptionOptions::default(), 0);
        });
        assert_eq!(found(&mut routes, &router, "t").len(), 1_000);
        assert!(!routes.knows("t"));
        assert_eq!(found(&mut routes, &router, "t").len(), 1_000);
    }
}
