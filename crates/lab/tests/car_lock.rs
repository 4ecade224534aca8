//! The first scene, step by step, against its golden trace; natively and as wasm, which are held to the same bytes by it.

use contract::{Ask, Asked, Command, PaceWanted, Report};
use lab::{Bench, Config, Incoming, Outgoing};

fn bench() -> Bench {
    let mut bench = Bench::new(Config::default(), 0, 1);
    bench.load_scene(0, "car-lock").expect("the scene is built in");
    bench
}

fn ask(bench: &mut Bench, wall: u64, command: Command) -> Result<contract::Answer, contract::Refusal> {
    let mut out = Vec::new();
    bench.handle(wall, Incoming::Ask(Asked { id: 7, ask: Ask::Do(command) }), &mut out);
    let done = out.into_iter().find_map(|outgoing| match outgoing {
        Outgoing::Report(Report::Done { id: 7, result }) => Some(result),
        _ => None,
    });
    done.expect("every command is answered")
}

fn trace(bench: &Bench) -> String {
    bench.rows(0, 1_000).iter().map(|row| format!("{row}\n")).collect()
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn stepped_to_its_end_it_is_the_golden_trace() {
    let mut bench = bench();
    assert!(bench.rows(0, 10).is_empty(), "nothing happens before the first step");
    let mut presses = 0;
    // The scene is over when the car's confirmation is acknowledged; what follows are PINGs for ever.
    while !trace(&bench).contains("PINGREQ") {
        ask(&mut bench, 0, Command::Step).expect("there is always something to step without real devices");
        bench.world().check().expect("the invariants hold");
        presses += 1;
        assert!(presses < 200);
    }
    let golden = include_str!("car_lock.golden");
    let trace = trace(&bench);
    if std::env::var_os("GLASSMQ_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/car_lock.golden"), &trace).expect("the golden trace is written");
        return;
    }
    assert_eq!(trace, golden, "run with GLASSMQ_BLESS=1 to accept");
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn live_stepped_and_replayed_are_one() {
    let mut live = bench();
    let mut out = Vec::new();
    ask(&mut live, 0, Command::Pace(PaceWanted::Live)).expect("live");
    // The clock of a browser tab ticks unevenly.
    let mut wall = 0;
    for tick in 0..5_000u64 {
        wall += 1 + tick * 7_919 % 40_000;
        live.handle(wall, Incoming::Wake, &mut out);
    }
    let mut stepped = bench();
    while stepped.world().steps() < live.world().steps() {
        ask(&mut stepped, 0, Command::Step).expect("steps");
    }
    let rows = live.rows(0, 10_000).len();
    assert!(rows > 20, "{rows} rows");
    let same = |a: &Bench, b: &Bench| {
        let n = a.rows(0, 10_000).len().min(b.rows(0, 10_000).len());
        assert!(n >= rows.min(20));
        for (a, b) in a.rows(0, n).iter().zip(b.rows(0, n)).take(n - 2) {
            assert_eq!(a.to_string(), b.to_string());
        }
    };
    same(&live, &stepped);
}
