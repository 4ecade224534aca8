//! What subscriptions and sessions weigh: bytes that are allocated and not freed.
//!
//! Lines as those of `timing`.

mod filters;

use std::alloc::System;

use broker::{Broker, Config, ConnId, Input, Instant, Outbox, Router, SessionNo};
use mqtt::{Connect, Frame, Packet, Properties, SubscriptionOptions, Text, Version};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SESSIONS: usize = 10_000;

fn main() {
    for (count, id) in [(1_000, "memory-subscription-1k"), (100_000, "memory-subscription-100k"), (1_000_000, "memory-subscription-1m")] {
        let before = held();
        let mut router = Router::new();
        for (nth, filter) in (0u32..).zip(filters::filters(count)) {
            router.subscribe(SessionNo(nth), &filter, SubscriptionOptions::default(), 0);
        }
        report(id, held() - before, count);
        drop(router);
    }
    let (connected, away) = sessions();
    report("memory-session-connected", connected, SESSIONS);
    report("memory-session-away", away, SESSIONS);
}

/// Bytes of idle sessions with a connection each, and of the same when all their clients are away.
fn sessions() -> (usize, usize) {
    let config = Config { max_connections: SESSIONS, max_sessions: SESSIONS, ..Config::default() };
    let mut out = Outbox::default();
    let before = held();
    let mut broker = Broker::new(config, 1);
    let now = Instant::ZERO;
    for n in 0..SESSIONS {
        let conn = ConnId(u32::try_from(n).expect("few"));
        let bytes = connect(n);
        let frame = Frame::parse(&bytes).expect("a frame");
        broker.handle(now, Input::Open { conn }, &mut out);
        broker.handle(now, Input::Frame { conn, frame }, &mut out);
        out = Outbox::default();
    }
    let connected = held() - before;
    for n in 0..SESSIONS {
        let conn = ConnId(u32::try_from(n).expect("few"));
        broker.handle(now, Input::Gone { conn, why: broker::GoneWhy::Lost }, &mut out);
        out = Outbox::default();
    }
    let away = held() - before;
    drop(broker);
    (connected, away)
}

fn connect(n: usize) -> Vec<u8> {
    let name = format!("device-{n:06}");
    let mut bytes = Vec::new();
    let connect = Connect {
        version: Version::V311,
        client_id: Text::new(&name).expect("a legal text"),
        clean_start: false,
        keep_alive: 60,
        username: None,
        password: None,
        will: None,
        properties: Properties::EMPTY,
    };
    Packet::Connect(connect).encode(Version::V311, &mut bytes);
    bytes
}

fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn report(case: &str, bytes: usize, count: usize) {
    let each = bytes as f64 / count as f64;
    println!("{case}\t{each:.1}\t-\t{each:.4}\tB");
}
