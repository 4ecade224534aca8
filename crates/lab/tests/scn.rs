//! Scenarios: what is written is read, what is wrong is told with its place, and each lesson runs as its golden trace says and comes to
//! what it expects; natively and as wasm, which are held to the same bytes by it.

use contract::{Answer, Ask, Asked, Command, Expectation, PaceWanted, Refusal, Report};
use lab::scn::{parse, to_text};
use lab::{Bench, Config, Incoming, Outgoing, SCENES};

const GOLDEN: &[(&str, &str)] = &[
    ("car-lock", include_str!("golden/car-lock.trace")),
    ("qos-side-by-side", include_str!("golden/qos-side-by-side.trace")),
    ("lost-pubrec", include_str!("golden/lost-pubrec.trace")),
    ("cut-in-publish", include_str!("golden/cut-in-publish.trace")),
    ("takeover", include_str!("golden/takeover.trace")),
    ("will", include_str!("golden/will.trace")),
    ("retained", include_str!("golden/retained.trace")),
    ("offline-queue", include_str!("golden/offline-queue.trace")),
    ("request-response", include_str!("golden/request-response.trace")),
    ("bad-manners", include_str!("golden/bad-manners.trace")),
];

/// World time for which a lesson runs, in microseconds.
const LONG: u64 = 20_000_000;

fn ask(bench: &mut Bench, wall: u64, command: Command) -> Result<Answer, Refusal> {
    let mut out = Vec::new();
    bench.handle(wall, Incoming::Ask(Asked { id: 7, ask: Ask::Do(command) }), &mut out);
    let done = out.into_iter().find_map(|outgoing| match outgoing {
        Outgoing::Report(Report::Done { id: 7, result }) => Some(result),
        _ => None,
    });
    done.expect("every command is answered")
}

fn loaded(text: &str) -> Bench {
    let mut bench = Bench::new(Config::default(), 0, 99);
    ask(&mut bench, 0, Command::LoadText(text.into())).expect("a legal scenario");
    bench
}

/// Live, at a clock that ticks unevenly.
fn run(bench: &mut Bench, ticks: u64) {
    ask(bench, 0, Command::Pace(PaceWanted::Live)).expect("live");
    for tick in 1..=ticks {
        bench.handle(LONG * tick / ticks, Incoming::Wake, &mut Vec::new());
    }
}

fn trace(bench: &Bench) -> String {
    bench.rows(0, 10_000).iter().map(|row| format!("{row}\n")).collect()
}

fn judged(bench: &mut Bench) -> Vec<Expectation> {
    match ask(bench, LONG, Command::Judge) {
        Ok(Answer::Judged(all)) => all,
        other => panic!("{other:?}"),
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn each_lesson_is_its_golden_trace_and_comes_to_what_it_expects() {
    assert_eq!(GOLDEN.len(), SCENES.len(), "every lesson has its golden trace");
    for ((name, text), (other, golden)) in SCENES.iter().zip(GOLDEN) {
        assert_eq!(name, other);
        let mut bench = loaded(text);
        assert!(bench.rows(0, 10).is_empty(), "{name}: nothing happens before the first event");
        run(&mut bench, 300);
        bench.world().check().expect("the invariants hold");
        let trace = trace(&bench);
        if std::env::var_os("GLASSMQ_BLESS").is_some() {
            let path = format!("{}/tests/golden/{name}.trace", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, &trace).expect("the golden trace is written");
        } else {
            assert_eq!(trace, *golden, "{name}: run with GLASSMQ_BLESS=1 to accept");
        }
        let judged = judged(&mut bench);
        let broken: Vec<_> = judged.iter().filter(|expectation| !expectation.holds).collect();
        assert!(!judged.is_empty() && broken.is_empty(), "{name}: {broken:#?}\n{trace}");
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn lessons_are_the_same_live_and_stepped() {
    for (name, text) in SCENES {
        let (mut live, mut coarse, mut stepped) = (loaded(text), loaded(text), loaded(text));
        run(&mut live, 977);
        run(&mut coarse, 11);
        assert_eq!(trace(&live), trace(&coarse), "{name}");
        while stepped.world().steps() < live.world().steps() {
            // The last steps may be such that nothing moves.
            if let Err(refusal) = ask(&mut stepped, 0, Command::Step) {
                assert_eq!(refusal, Refusal::NothingToStep { next_in: None }, "{name}");
                assert!(stepped.world().steps() >= live.world().steps(), "{name}");
            }
        }
        let (live, stepped) = (trace(&live), trace(&stepped));
        // A press goes on until something has moved: the last rows may be further than they were live.
        let settled = live.lines().take_while(|row| !row.ends_with('…')).count();
        let first = |trace: &str| trace.lines().take(settled).map(String::from).collect::<Vec<_>>();
        assert!(settled > 5, "{name}: {settled}");
        assert_eq!(first(&live), first(&stepped), "{name}");
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn what_is_written_is_read_as_the_same() {
    for text in SCENES.iter().map(|(_, text)| *text).chain([ALL]) {
        let scenario = parse(text).expect("a legal scenario");
        let written = to_text(&scenario);
        let again = parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
        assert_eq!(again, scenario, "{written}");
        assert_eq!(to_text(&again), written);
    }
}

/// Every line and every option that there is.
const ALL: &str = r#"
# a remark
title Everything
text One.
text Two, with "quotes" and a # in it.
seed 18446744073709551615

device "a b\u{e9}\n\"x\"" 5.0
  clean-start yes
  session-expiry 10
  keep-alive 20
  receive-maximum 3
  maximum-packet-size 4000
  topic-alias-maximum 5
  topic-aliases yes
  assigned-client-id yes
  request-response-information yes
  request-problem-information no
  user-name "me and you"
  password ""
  scram no
  user-property k "v w"
  user-property "" ""
  will t/w hex:00ff80 qos 2 retain
  will-delay 3
  will-message-expiry 9
  will-content-type text/plain
  will-response-topic r/w
  will-correlation-data hex:00
  will-user-property a b
  subscribe # qos 1
  publish a/b "{n}" qos 2 retain after 250ms every 1500ms
  respond q/+ qos 1 with s "hex:no" qos 2 retain
  measure m "{v}" sine -1.5 20 90s qos 1 retain after 1s every 2s
  measure m "{v}" walk -0.001 1000 0.25 every 10ms
  request q/1 "?" reply answers/1 qos 1 after 1s every 1h
  serve z/+ thermostat state zz qos 1
  serve z/+ car-lock
  serve z/+ light-bulb
  go-offline after 5s for 2s politely
  go-offline after 5s for 2s
  never-acknowledge
  acknowledge-twice
  resend-alive after 20ms
  reuse-busy-id
device b 3.1
device c 3.1.1
  clean-start yes
  assigned-client-id yes
  will t hex:00

rule hold any
rule drop PUBLISH,PUBREC from b topic a/# id 7 qos 1 dup yes skip 2 chance 500 for 5s times 3
rule double PUBACK to b once
rule delay 20ms any in
rule swap any out
rule corrupt 3 PUBLISH of c
rule corrupt 3 mask 16 PUBLISH
rule cut before CONNECT
rule cut after CONNACK
rule cut inside 4 SUBSCRIBE
rule silence NOT-MQTT
rule pause PINGREQ

at 0 connect b
then connect c
after 1500us disconnect b
wait 2s
at 1h publish c a/b hex:ff qos 1 retain
then publish c a/b "text"
then cut c
then silence c
then heal c
then inject from c hex:c000
then inject to c hex:d000
then rule drop PUBLISH once
then pause

expect some any
expect no PUBLISH from b topic a/# id 7 qos 1 dup no retain yes payload "x" fate arrived note "IdKept(1)"
expect 3 event of b note "KeepAliveOver"
expect some any fate lost
expect some any fate dropped
expect some any fate held
expect some any fate under-way
expect device b connected
expect device b offline
expect device b silent
expect device b has-session
expect device b no-session
expect device b queued 1
expect device b in-flight 2
expect device b subscriptions 3
"#;

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn what_is_wrong_is_told_with_its_place() {
    let cases: &[(&str, &str)] = &[
        ("colour red", "Line 1, column 1: expected title, text, seed, device, rule, at, then, after, wait, expect, or an option"),
        ("seed x", "Line 1, column 6: expected a number from 0 to 18446744073709551615, found `x`"),
        ("device a", "Line 1, column 9: expected one of 3.1, 3.1.1, 5.0, found the end of the line"),
        ("device a 4.0", "Line 1, column 10: expected one of 3.1, 3.1.1, 5.0, found `4.0`"),
        ("device a 5.0 x", "Line 1, column 14: expected the end of the line, found `x`"),
        ("device a 5.0\ndevice a 5.0", "Line 2, column 8: expected a client identifier that no other device has, found `a`"),
        ("\n# a\n  then fly", "Line 3, column 8: expected one of connect, disconnect, publish"),
        ("then connect b", "Line 1, column 14: expected the client identifier of a device that stands above, found `b`"),
        ("at 5 connect b", "Line 1, column 4: expected a time like 250us, 20ms, 5s, 2m, 1h or 0, found `5`"),
        ("device a 5.0\n  publish t \"x", "Line 2, column 13: expected a closing quote before the end of the line"),
        ("device a 5.0\n  publish t \"\\q\"", "Line 2, column 14: expected one of \\\" \\\\"),
        ("device a 5.0\n  publish t x every 5us", "Line 2, column 21: expected a time of whole milliseconds"),
        ("device a 5.0\n  publish t/# x", "Line 1, column 1: topic: "),
        ("device a 3.1\n  session-expiry 5", "Line 1, column 1: protocol: "),
        ("device a 5.0\n  will-delay 5", "Line 2, column 1: expected a line `will` before"),
        ("device a 5.0\n  will t hex:0", "Line 2, column 10: expected pairs of hexadecimal digits after hex:, found `hex:0`"),
        ("rule drop PUBLISH chance 0", "Line 1, column 1: per_mille: "),
        ("rule drop PUB", "Line 1, column 11: expected any, or packets like PUBLISH or PUBREC,PUBREL, found `PUB`"),
        ("expect perhaps PUBLISH", "Line 1, column 8: expected some, no, device, or a number from 0 to 4294967295, found `perhaps`"),
        ("text ä\nwait ä ", "Line 2, column 6: expected a time"),
    ];
    for (text, expected) in cases {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text:?}\n{error}\n{expected}");
    }
    let mut bench = loaded(SCENES[0].1);
    run(&mut bench, 10);
    let before = trace(&bench);
    match ask(&mut bench, LONG, Command::LoadText("seed 1\nseed -1".into())) {
        Err(Refusal::BadField { field, why }) => assert!(field == "text" && why.starts_with("Line 2, column 6: "), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(trace(&bench), before, "nothing has changed");
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn no_text_makes_it_panic() {
    let chars: Vec<char> = ALL.chars().collect();
    for cut in 0..chars.len() {
        let begin: String = chars[..cut].iter().collect();
        let _ = parse(&begin);
        let mut odd = chars.clone();
        odd[cut] = ['"', '\\', '\n', '\u{2028}', 'é', '0'][cut % 6];
        let _ = parse(&odd.into_iter().collect::<String>());
    }
}

#[test]
fn a_scene_can_pause_itself_and_arm_rules_at_a_time() {
    let text = "device a 5.0\ndevice b 5.0\n subscribe t\nthen connect b\nthen connect a\nat 1s rule drop PUBLISH from a once\n\
                at 2s publish a t \"1\"\nat 3s publish a t \"2\"\nat 4s pause\nat 5s publish a t \"3\"\nexpect 1 PUBLISH to b";
    let mut bench = loaded(text);
    run(&mut bench, 50);
    let before = trace(&bench);
    assert!(before.contains("Drop") && before.contains("\"2\"") && !before.contains("\"3\""), "{before}");
    assert!(judged(&mut bench).iter().all(|expectation| expectation.holds && expectation.found == 1));
    ask(&mut bench, LONG, Command::Pace(PaceWanted::Live)).expect("live");
    bench.handle(LONG + 2_000_000, Incoming::Wake, &mut Vec::new());
    assert!(trace(&bench).contains("\"3\""));
    let judged = judged(&mut bench);
    assert!(!judged[0].holds && judged[0].found == 2, "{judged:?}");
}
