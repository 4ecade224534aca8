//! One publish against many subscriptions: from the topic as text to the sessions that want it.

use std::hint::black_box;
use std::str::FromStr;

use broker::{Router, SessionNo, Walk};
use mqtt::SubscriptionOptions;
use rmqtt::topic::Topic;
use rmqtt::trie::TopicTree;

use crate::filters::{PER_LINE, filters};
use crate::pairs::{Turn, compare, line, per_item};

/// Topics that are published in turn: as many as 1,000 subscriptions have, so that the traffic is the same whatever the subscriptions.
const TOPICS: usize = 250;

/// Topics of which each is published once in a long while, so that nothing of its way is in the processor's caches.
const RARE_TOPICS: usize = 40_000;

/// All cases of routing.
pub fn run() {
    let times: Vec<f64> = [(1_000, "route-1k"), (100_000, "route-100k"), (1_000_000, "route-1m")]
        .into_iter()
        .map(|(count, id)| beside_rmqtt(count, TOPICS, id))
        .collect();
    let (few, many) = (times[0], times[2]);
    line("route-growth", many, Some(few), many / few, "ns");
    beside_rmqtt(1_000_000, RARE_TOPICS, "route-rare-1m");
}

fn beside_rmqtt(count: usize, topics: usize, id: &str) -> f64 {
    // Not so few that a turn is over before the clock has moved on.
    let turn = topics.max(2_000);
    let topics: Vec<String> = machines(count, topics).into_iter().map(topic).collect();
    let mut router = Router::new();
    let mut tree = TopicTree::<u32>::default();
    for (nth, filter) in (0u32..).zip(filters(count)) {
        router.subscribe(SessionNo(nth), &filter, SubscriptionOptions::default(), 0);
        tree.insert(&Topic::from_str(&filter).expect("a legal filter"), nth);
    }
    let (mut walk, mut found) = (Walk::default(), Vec::new());
    let ours = || {
        let mut all = 0;
        let time = per_item(turn, || {
            for topic in topics.iter().cycle().take(turn) {
                found.clear();
                router.matches(black_box(topic), &mut walk, |one| found.push(one.session.0));
                all += black_box(&found).len();
            }
        });
        assert_eq!(all, turn * 4);
        time
    };
    let mut collected = Vec::new();
    let rmqtt = || {
        let mut all = 0;
        let time = per_item(turn, || {
            for topic in topics.iter().cycle().take(turn) {
                collected.clear();
                let topic = Topic::from_str(black_box(topic)).expect("a legal topic");
                tree.matches(&topic).iter().for_each(|(_, values)| collected.extend(values.into_iter().copied()));
                all += black_box(&collected).len();
            }
        });
        assert_eq!(all, turn * 4);
        time
    };
    let turns: Vec<Turn<'_>> = vec![("ours", Box::new(ours)), ("rmqtt", Box::new(rmqtt))];
    compare(id, turns)[0]
}

/// The topic of a machine.
fn topic(machine: usize) -> String {
    format!("plant/{}/machine/{}/temperature", machine / PER_LINE, machine % PER_LINE)
}

/// Machines in an order that jumps about.
fn machines(subscriptions: usize, most: usize) -> Vec<usize> {
    let count = subscriptions / 4;
    (0..most).map(|n| n.wrapping_mul(0x9E37_79B1) % count).collect()
}
