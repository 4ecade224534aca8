//! Live, stepped, slow and replayed are one: the same rows, byte for byte, for simulated and real devices alike.

mod common;

use bytes::Bytes;
use common::{Bed, Chance, ack, connect, publish, subscribe};
use contract::{Command, DeviceSpec, Habit, PaceWanted, Protocol};
use lab::{Departure, Fact, FlightNo, Input, Sink, Touch, World};

/// Everything that comes of steps, in one number.
#[derive(Default)]
struct Hash {
    state: u64,
    steps: u64,
}

impl Hash {
    fn mix(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.state = (self.state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

impl Sink for Hash {
    fn step(&mut self, step: u64, at: broker::Instant) {
        self.steps = step;
        self.mix(&at.micros().to_le_bytes());
    }
    fn departed(&mut self, departure: Departure<'_>) {
        self.mix(format!("{departure:?}").as_bytes());
    }
    fn landed(&mut self, flight: FlightNo) {
        self.mix(&flight.to_le_bytes());
    }
    fn lost(&mut self, flight: FlightNo) {
        self.mix(&(!flight).to_le_bytes());
    }
    fn touched(&mut self, flight: FlightNo, touch: Touch) {
        self.mix(format!("{flight} {touch:?}").as_bytes());
    }
    fn halt(&mut self, rule: u32) {
        self.mix(format!("halt {rule}").as_bytes());
    }
    fn fact(&mut self, device: u32, fact: Fact) {
        self.mix(format!("{device} {fact:?}").as_bytes());
    }
    fn transmit(&mut self, conn: u32, bytes: &[u8]) {
        self.mix(&conn.to_le_bytes());
        self.mix(bytes);
    }
    fn credit(&mut self, conn: u32, bytes: u32) {
        self.mix(format!("credit {conn} {bytes}").as_bytes());
    }
    fn close(&mut self, conn: u32) {
        self.mix(format!("close {conn}").as_bytes());
    }
}

/// Of the busy hours, a line each.
const HASHES: &str = include_str!("one_path.golden");

/// A busy hour: simulated devices with habits, real ones that come, publish, stop in mid-handshake and go.
fn busy(bed: &mut Bed, seed: u64) {
    let mut chance = Chance(seed);
    for (n, protocol) in [Protocol::V31, Protocol::V311, Protocol::V5].into_iter().enumerate() {
        let spec = DeviceSpec {
            client_id: format!("sim{n}"),
            protocol,
            clean_start: n == 0,
            session_expiry: if n == 2 { 60 } else { 0 },
            keep_alive: 10,
            habits: vec![
                Habit::Subscribe { filter: "t/#".into(), qos: 2 },
                Habit::Publish { topic: format!("t/{n}"), payload: "{n}".into(), qos: n as u8, retain: n == 1, after_ms: 5, every_ms: 700 },
            ],
            ..DeviceSpec::default()
        };
        bed.command(Command::AddDevice(spec)).expect("a device");
    }
    let mut conns: Vec<u32> = Vec::new();
    for n in 0..400u16 {
        match chance.below(6) {
            0 => {
                let conn = bed.open();
                let client = format!("real{}", chance.below(4));
                bed.send(conn, &[connect(&client, chance.below(2) == 0, 5), subscribe(1, "t/+", chance.below(3) as u8)].concat());
                conns.push(conn);
            }
            1 if !conns.is_empty() => {
                let conn = conns.swap_remove(chance.below(conns.len() as u64) as usize);
                bed.gone(conn);
            }
            2 | 3 if !conns.is_empty() => {
                let conn = conns[chance.below(conns.len() as u64) as usize];
                let bytes = [publish("t/real", chance.below(3) as u8, n + 1, false, b"hello"), ack(0x62, n + 1)].concat();
                let cut = chance.below(bytes.len() as u64) as usize;
                bed.send(conn, &bytes[..cut.max(1)]);
                bed.send(conn, &bytes[cut.max(1)..]);
            }
            4 if !conns.is_empty() => {
                let conn = conns[chance.below(conns.len() as u64) as usize];
                let id = 1 + chance.below(30) as u16;
                bed.send(conn, &[ack(0x50, id), ack(0x70, id)].concat());
            }
            _ => bed.after(chance.below(900)),
        }
        bed.bench.world().check().expect("the invariants hold");
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn the_journal_makes_every_moment_anew() {
    let mut hashes = String::new();
    for seed in 1..=5 {
        let mut bed = Bed::live(seed);
        busy(&mut bed, seed);
        let end = bed.bench.world().steps();
        assert!(end > 1_000, "{end} steps");
        let (mut once, mut twice) = (Hash::default(), Hash::default());
        let replayed = bed.bench.journal().world_at(end, &mut once).expect("the journal goes that far");
        bed.bench.journal().world_at(end, &mut twice).expect("the journal goes that far");
        assert_eq!(once.state, twice.state, "seed {seed}");
        hashes.push_str(&format!("seed {seed}: {end} steps, {:016x}\n", once.state));
        assert_eq!(format!("{:?}", replayed.broker()), format!("{:?}", bed.bench.world().broker()), "seed {seed}");
        // Any moment before, too: the world there goes on to the same end.
        for part in [1, 2, 3] {
            let at = end * part / 4;
            let then = bed.bench.journal().world_at(at, &mut Hash::default()).expect("within the horizon");
            assert_eq!(then.steps(), at);
            then.check().expect("the invariants held");
        }
    }
    // The file holds the native and the wasm run to the same bytes: the two are never in one process.
    if std::env::var_os("GLASSMQ_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/one_path.golden"), &hashes).expect("the file is written");
        return;
    }
    assert_eq!(hashes, HASHES, "if what happens was meant to change, run with GLASSMQ_BLESS=1");
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn pace_changes_nothing_but_the_time_it_takes() {
    let run = |pace: PaceWanted| {
        let mut bed = Bed::live(9);
        bed.command(Command::LoadScene("car-lock".into())).expect("the scene is built in");
        bed.command(Command::Pace(pace)).expect("a legal pace");
        for _ in 0..20_000 {
            match pace {
                PaceWanted::Paused => drop(bed.command(Command::Step)),
                _ => bed.after(25),
            }
            if bed.trace().len() >= 45 {
                break;
            }
        }
        let mut rows = bed.trace();
        assert!(rows.len() >= 45, "{pace:?}: {} rows", rows.len());
        // The last rows may still be under way.
        rows.truncate(40);
        rows
    };
    let live = run(PaceWanted::Live);
    assert_eq!(live, run(PaceWanted::Slow { per_mille: 900 }));
    // A scene that is begun by the first step begins at the world's time, which is 0 in all of them.
    assert_eq!(live, run(PaceWanted::Beat { millis: 25 }));
    assert_eq!(live, run(PaceWanted::Paused));
}

#[test]
fn a_paused_world_holds_real_packets_at_the_door_and_gives_no_credit() {
    let mut bed = Bed::live(3);
    let conn = bed.open();
    bed.send(conn, &[connect("d", true, 0), subscribe(1, "x", 0)].concat());
    bed.got.clear();
    bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
    bed.after(1_000);
    // Together less than the broker hands to a connection that has not read any of it.
    let payload = vec![7u8; 900];
    for _ in 0..100 {
        bed.send(conn, &publish("x", 0, 0, false, &payload));
    }
    bed.after(1_000);
    assert!(bed.got.is_empty(), "nothing moves");
    assert_eq!(bed.credit.get(&conn), None, "what waits is not given back");
    let waiting = bed.trace().iter().filter(|row| row.ends_with('…')).count();
    assert_eq!(waiting, 100, "and is seen waiting");
    bed.command(Command::Step).expect("a packet waits");
    bed.command(Command::Step).expect("another does");
    let arrived = bed.trace().iter().filter(|row| row.contains("-> PUBLISH") && !row.ends_with('…')).count();
    assert_eq!(arrived, 2);
    bed.command(Command::Pace(PaceWanted::Live)).expect("live");
    bed.after(10);
    assert_eq!(bed.packets(conn, mqtt::Version::V311).len(), 100);
    assert!(bed.credit.get(&conn).is_some_and(|&credit| credit > 64 * 1024), "{:?}", bed.credit);
}

#[test]
fn a_step_does_not_outrun_the_clock_of_a_real_device() {
    let mut bed = Bed::live(3);
    let conn = bed.open();
    bed.send(conn, &connect("d", true, 10));
    bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
    for _ in 0..50 {
        let refused = bed.command(Command::Step).expect_err("nothing is under way");
        assert!(matches!(refused, contract::Refusal::NothingToStep { next_in: Some(_) }), "{refused:?}");
    }
    bed.after(14_000);
    assert!(bed.command(Command::Step).is_err());
    bed.after(2_000);
    // Now the device has really been silent for one and a half times its Keep Alive.
    for _ in 0..3 {
        let _ = bed.command(Command::Step);
    }
    assert_eq!(bed.closed, [conn]);
}

#[test]
fn a_world_alone_replays_a_script() {
    let script = |world: &mut World, sink: &mut Hash| {
        world.post(broker::Instant::from_micros(5), Input::Open { conn: 1, transport: contract::tunnel::Transport::Ws, peer: "p".into() });
        world.post(broker::Instant::from_micros(6), Input::Data { conn: 1, bytes: Bytes::from(connect("w", false, 1)) });
        while world.step(sink).is_some() && world.steps() < 50 {}
    };
    let hash = || {
        let (mut world, mut sink) = (World::new(lab::Config::default(), 4), Hash::default());
        script(&mut world, &mut sink);
        (sink.state, sink.steps)
    };
    assert_eq!(hash(), hash());
}

#[test]
fn the_journal_stays_within_its_budget_and_says_how_far_back_it_goes() {
    let config = lab::Config { max_journal_bytes: 300_000, mark_every: 64, ..lab::Config::default() };
    let mut bed = Bed::with(config, 5);
    let conn = bed.open();
    bed.send(conn, &connect("d", true, 0));
    for n in 0..2_000u32 {
        bed.send(conn, &publish("x", 0, 0, false, &[n as u8; 400]));
    }
    let journal = bed.bench.journal();
    assert!(journal.horizon() > 1_000, "the horizon has moved: {}", journal.horizon());
    assert!(journal.bytes() <= 300_000, "{} bytes", journal.bytes());
    assert!(journal.world_at(journal.horizon() - 1, &mut Hash::default()).is_none());
    let end = bed.bench.world().steps();
    let now = journal.world_at(end, &mut Hash::default()).expect("the present is within the horizon");
    assert_eq!(format!("{:?}", now.broker()), format!("{:?}", bed.bench.world().broker()));
}
