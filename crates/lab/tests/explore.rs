//! The explorer: what each QoS can suffer from how many faults, exhaustively; and its counter-examples happen when they are opened.

mod common;

use common::Bed;
use contract::{
    Ask, Asked, Command, DeviceSpec, ExploreWanted, ExplorerView, FindingKind, Habit, Lens, PaceWanted, Protocol, Refusal, Report,
    TriedView,
};
use lab::Incoming;

fn view(bed: &mut Bed) -> ExplorerView {
    let look = Ask::Look { lens: Lens::default(), since: 0 };
    match bed.handle(Incoming::Ask(Asked { id: 9, ask: look })).pop() {
        Some(Report::Seen { seen, .. }) => seen.explorer.expect("something was explored"),
        other => panic!("{other:?}"),
    }
}

fn house(protocol: Protocol, qos: &[u8], clean: bool) -> Bed {
    let mut bed = Bed::live(4);
    bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
    let spec = |client_id: &str, habits: Vec<Habit>| DeviceSpec {
        client_id: client_id.into(),
        protocol,
        clean_start: clean,
        session_expiry: if protocol == Protocol::V5 && !clean { 3_600 } else { 0 },
        habits,
        ..DeviceSpec::default()
    };
    let listen = qos.iter().map(|qos| Habit::Subscribe { filter: format!("t/{qos}"), qos: *qos }).collect();
    let say =
        |qos: &u8| Habit::Publish { topic: format!("t/{qos}"), payload: "x".into(), qos: *qos, retain: false, after_ms: 500, every_ms: 0 };
    bed.command(Command::AddDevice(spec("sub", listen))).expect("a device");
    bed.command(Command::AddDevice(spec("pub", qos.iter().map(say).collect()))).expect("a device");
    bed
}

fn explore(bed: &mut Bed, wanted: ExploreWanted) -> ExplorerView {
    bed.command(Command::Explore(wanted)).expect("it can be explored");
    while view(bed).running {
        bed.handle(Incoming::Wake);
    }
    view(bed)
}

const ALL: ExploreWanted = ExploreWanted { faults: 2, drop: true, cut: true, double: true };

#[test]
fn what_each_qos_suffers_from_two_faults() {
    for protocol in [Protocol::V31, Protocol::V311, Protocol::V5] {
        let mut bed = house(protocol, &[0, 1, 2], false);
        let begun = std::time::Instant::now();
        let seen = explore(&mut bed, ALL);
        println!("{protocol:?}: {} worlds, {:.0} a second", seen.worlds, seen.worlds as f64 / begun.elapsed().as_secs_f64());
        assert_eq!(seen.per_mille, 1_000);
        let of = |qos: u8, faults: u8| seen.tried.iter().find(|t| (t.qos, t.faults) == (qos, faults)).expect("tried").clone();
        for qos in 0..=2 {
            let calm = of(qos, 0);
            assert_eq!((calm.worlds, calm.lost, calm.twice, calm.out_of_order), (1, 0, 0, 0), "{protocol:?} {calm:?}");
        }
        assert!(of(0, 1).lost > 0, "QoS 0 loses with one fault");
        assert_eq!((of(1, 1).lost, of(1, 2).lost), (0, 0), "QoS 1 never loses");
        assert!(of(1, 1).twice > 0, "QoS 1 doubles with one fault");
        let two = of(2, 2);
        assert_eq!((two.lost, two.twice, two.out_of_order), (0, 0, 0), "QoS 2 does neither with two: {:?}", seen.findings);
        assert!(two.worlds > 1_000, "{}", two.worlds);
    }
}

#[test]
fn order_is_kept_by_what_is_acknowledged() {
    for qos in [1, 2] {
        let mut bed = Bed::live(4);
        bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
        let spec = |client_id: &str, habits: Vec<Habit>| DeviceSpec {
            client_id: client_id.into(),
            session_expiry: 3_600,
            habits,
            ..DeviceSpec::default()
        };
        bed.command(Command::AddDevice(spec("sub", vec![Habit::Subscribe { filter: "t".into(), qos }]))).expect("a device");
        let say = Habit::Publish { topic: "t".into(), payload: "{n}".into(), qos, retain: false, after_ms: 500, every_ms: 10 };
        bed.command(Command::AddDevice(spec("pub", vec![say]))).expect("a device");
        let sum = |seen: &ExplorerView, of: fn(&TriedView) -> u64| seen.tried.iter().map(of).sum::<u64>();
        // What TCP can do to a connection keeps the order, even twice.
        let cuts = explore(&mut bed, ExploreWanted { drop: false, ..ALL });
        assert_eq!(sum(&cuts, |tried| tried.lost), 0, "{:?}", cuts.findings);
        assert!(qos == 1 || sum(&cuts, |tried| tried.twice + tried.out_of_order) == 0, "{:?}", cuts.findings);
        // A packet that vanishes from a connection that goes on is another matter: no QoS helps its order.
        let drops = explore(&mut bed, ExploreWanted { faults: 1, cut: false, double: false, drop: true });
        assert_eq!(sum(&drops, |tried| tried.lost), 0, "{:?}", drops.findings);
        assert!(sum(&drops, |tried| tried.out_of_order) > 0);
    }
}

#[test]
fn a_scene_is_explored_as_it_lets_its_devices_act() {
    let text = "title t\ndevice pub 5.0\n  session-expiry 3600\ndevice sub 5.0\n  session-expiry 3600\n  subscribe t/# qos 2\n\
                rule drop PUBLISH to sub times 3\nthen connect sub\nthen connect pub\nat 1s publish pub t/0 \"maybe\"\n\
                then publish pub t/2 \"once\" qos 2\nat 5s cut sub\n";
    let mut bed = Bed::live(1);
    bed.command(Command::LoadText(text.into())).expect("a legal text");
    let seen = explore(&mut bed, ALL);
    let of = |qos: u8, faults: u8| seen.tried.iter().find(|t| (t.qos, t.faults) == (qos, faults)).expect("tried").clone();
    // The scene's own faults are not among those that are placed: without any, all arrives.
    assert_eq!((of(0, 0).lost, of(2, 0).lost), (0, 0));
    assert!(of(0, 1).lost > 0);
    assert_eq!((of(2, 2).lost, of(2, 2).twice), (0, 0), "{:?}", seen.findings);
    assert!(of(2, 2).worlds > 500);
    bed.command(Command::OpenFinding(0)).expect("it can be opened");
}

#[test]
fn a_finding_happens_when_it_is_opened() {
    let mut bed = house(Protocol::V5, &[0, 1], false);
    let seen = explore(&mut bed, ExploreWanted { faults: 1, ..ALL });
    let at = |kind, qos| seen.findings.iter().position(|finding| (finding.kind, finding.qos) == (kind, qos)).expect("found");
    let (lost, twice) = (at(FindingKind::Lost, 0), at(FindingKind::Twice, 1));
    let arrivals = |bed: &mut Bed, at: usize, topic: &str| {
        bed.command(Command::OpenFinding(at as u32)).expect("it can be opened");
        assert!(bed.trace().iter().all(|row| !row.contains("PUBLISH")), "it waits before its first message");
        bed.command(Command::Pace(PaceWanted::Live)).expect("live");
        (0..400).for_each(|_| bed.after(200));
        bed.trace().iter().filter(|row| row.contains("<- PUBLISH") && row.contains(topic) && row.contains(" @")).count()
    };
    assert_eq!(seen.findings[lost].faults.len(), 1);
    assert_eq!(arrivals(&mut bed, lost, "t/0"), 0);
    assert!(arrivals(&mut bed, twice, "t/1") >= 2);
    assert_eq!(bed.command(Command::OpenFinding(99)), Err(Refusal::NoSuchScene));
}

#[test]
fn it_stops_when_it_is_told_and_the_world_goes_on_beside_it() {
    let mut bed = house(Protocol::V5, &[0, 1, 2], false);
    bed.command(Command::Pace(PaceWanted::Live)).expect("live");
    bed.command(Command::Explore(ALL)).expect("it can be explored");
    let rows = bed.trace().len();
    bed.after(2_000);
    assert!(view(&mut bed).running);
    assert!(bed.trace().len() > rows, "the world goes on");
    bed.command(Command::StopExploring).expect("it stops");
    let seen = view(&mut bed);
    assert!(!seen.running && seen.worlds > 0);
}

#[test]
fn what_cannot_be_explored_is_refused_with_what_would_be_right() {
    let mut bed = Bed::live(1);
    let refused = |bed: &mut Bed, wanted| match bed.command(Command::Explore(wanted)) {
        Err(Refusal::BadField { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(&mut bed, ALL).contains("No device subscribes"));
    let mut bed = house(Protocol::V5, &[0], false);
    assert!(refused(&mut bed, ExploreWanted { drop: false, cut: false, double: false, faults: 1 }).contains("kind of fault"));
    assert!(refused(&mut bed, ExploreWanted { faults: 3, ..ALL }).contains("2 of them"));
    for n in 0..2 {
        bed.command(Command::AddDevice(DeviceSpec { client_id: format!("more{n}"), ..DeviceSpec::default() })).expect("a device");
    }
    assert!(refused(&mut bed, ALL).contains("1 to 3 simulated devices; there are 4"));
}
