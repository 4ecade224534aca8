//! A recorded run is done again elsewhere, byte for byte, from its file and from its link; a damaged or foreign file is told from it.

mod common;

use common::{Bed, Chance, ack, connect, publish, subscribe};
use contract::{Answer, Command, DeviceSpec, Fault, Habit, LinkAction, PaceWanted, Protocol, Refusal};
use lab::{Bench, SCENES};

/// A run with all that can come from outside.
fn busy(seed: u64) -> Bed {
    let mut bed = Bed::live(seed);
    bed.command(Command::LoadText(SCENES[9].1.into())).expect("a lesson");
    bed.command(Command::Pace(PaceWanted::Live)).expect("live");
    let mut chance = Chance(seed);
    let spec = DeviceSpec {
        client_id: "odd \"name\"\n".into(),
        protocol: Protocol::V5,
        habits: vec![Habit::Publish { topic: "t/sim".into(), payload: "{n}".into(), qos: 1, retain: true, after_ms: 5, every_ms: 300 }],
        ..DeviceSpec::default()
    };
    let Ok(Answer::Device(sim)) = bed.command(Command::AddDevice(spec)) else { panic!("a device") };
    bed.command(Command::SetMode { strict: true, explain: true }).expect("a mode");
    bed.command(Command::AddRule(lab::scn::parse("rule drop PUBLISH chance 300").expect("a rule").rules[0].clone())).expect("a rule");
    let conn = bed.open();
    bed.send(conn, &[connect("real", true, 0), subscribe(1, "t/+", 1)].concat());
    for n in 1..150u16 {
        match chance.below(8) {
            0 => drop(bed.command(Command::Link {
                device: sim,
                action: [LinkAction::Cut, LinkAction::Silence, LinkAction::Heal][chance.below(3) as usize],
            })),
            1 => drop(bed.command(Command::Inject { device: sim, to_broker: true, bytes: vec![0xC0, 0] })),
            2 => drop(bed.command(Command::Publish {
                device: None,
                topic: "t/you".into(),
                payload: vec![0xFF, n as u8],
                qos: 2,
                retain: false,
            })),
            3 => {
                bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
                bed.send(conn, &publish("t/real", 1, n, false, b"hello"));
                let row = bed.bench.rows(0, usize::MAX).last().expect("rows").n;
                drop(bed.command(Command::Touch {
                    row,
                    fault: Some([Fault::Hold, Fault::Double, Fault::Delay { millis: 70 }][chance.below(3) as usize]),
                }));
                bed.command(Command::Pace(PaceWanted::Live)).expect("live");
            }
            4 => bed.send(conn, &ack(0x40, n)),
            _ => bed.after(chance.below(700)),
        }
    }
    bed
}

fn file(bed: &mut Bed) -> Vec<u8> {
    match bed.command(Command::Record) {
        Ok(Answer::File { name, bytes }) if name == "run.glassmq" => bytes,
        other => panic!("{other:?}"),
    }
}

fn refused(bytes: &[u8]) -> String {
    let mut bed = Bed::live(3);
    let before = bed.trace();
    match bed.command(Command::Replay { bytes: bytes.to_vec() }) {
        Err(Refusal::BadField { field, why }) if field == "bytes" => {
            assert_eq!(bed.trace(), before, "nothing has changed");
            why
        }
        other => panic!("{other:?}"),
    }
}

/// The same rows, the same broker before its real devices were closed.
fn same(one: &Bench, other: &Bench) {
    let (ours, theirs) = (one.rows(0, usize::MAX), other.rows(0, usize::MAX));
    assert!(theirs.len() >= ours.len() && ours.len() > 5, "{} and {} rows", ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        // Packets that were under way at the end, and real devices that were connected, have their end afterwards.
        let mut ours_then = ours.to_string();
        if let Some(begin) = ours_then.strip_suffix('…') {
            ours_then = begin.to_owned();
        }
        assert!(theirs.to_string().starts_with(&ours_then), "{ours_then}\n{theirs}");
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_run_is_done_again_elsewhere() {
    let mut sums = String::new();
    for seed in 1..=3 {
        let mut bed = busy(seed);
        let file = file(&mut bed);
        let steps = bed.bench.world().steps();
        // Elsewhere: a bench that has done something else, with a relay of its own.
        let mut other = busy(seed + 10);
        other.got.clear();
        other.command(Command::Replay { bytes: file.clone() }).expect("a run");
        same(&bed.bench, &other.bench);
        assert!(other.got.is_empty(), "nobody is sent what others were sent");
        // What was real there is closed here; what is simulated lives on.
        assert!(!other.bench.world().has_real_devices());
        let at = |bench: &Bench| format!("{:?}", bench.journal().world_at(steps, &mut lab::Nobody).expect("within the horizon").broker());
        assert_eq!(at(&bed.bench), at(&other.bench));
        // Native and wasm write the same file: its size and the digest in it are held by the golden line.
        sums.push_str(&format!("seed {seed}: {steps} steps, {} bytes, {:016x}\n", file.len(), fnv(&file)));
        other.command(Command::Pace(PaceWanted::Live)).expect("it goes on");
        other.after(2_000);
        assert!(other.bench.world().steps() > steps);
    }
    if std::env::var_os("GLASSMQ_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/record.sums"), &sums).expect("the file is written");
        return;
    }
    assert_eq!(sums, include_str!("golden/record.sums"), "if what happens was meant to change, run with GLASSMQ_BLESS=1");
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_short_run_is_a_link() {
    for (name, _) in SCENES {
        let mut bed = Bed::live(1);
        bed.command(Command::LoadScene((*name).into())).expect("a lesson");
        bed.command(Command::Pace(PaceWanted::Live)).expect("live");
        bed.after(9_000);
        let link = match bed.command(Command::Share) {
            Ok(Answer::Link(link)) => link,
            other => panic!("{name}: {other:?}"),
        };
        assert!(
            link.starts_with("run=") && link.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)) && link.len() < 3_000,
            "{link}"
        );
        let mut other = Bed::live(2);
        other.command(Command::Replay { bytes: format!("#{link}").into_bytes() }).expect("a run");
        same(&bed.bench, &other.bench);
        assert_eq!(bed.trace(), other.trace(), "{name}");
        let cut = link[..link.len() - 3].to_owned();
        let why = refused(cut.as_bytes());
        assert!(why.contains("damaged"), "{why}");
    }
}

#[test]
fn a_long_run_is_a_file_and_no_link() {
    let mut bed = Bed::live(1);
    let conn = bed.open();
    bed.send(conn, &connect("d", true, 0));
    let mut chance = Chance(5);
    for _ in 0..200 {
        bed.send(conn, &publish("x", 0, 0, false, &chance.bytes(200)));
    }
    assert!(file(&mut bed).len() > 8_192);
    assert_eq!(bed.command(Command::Share), Err(Refusal::Limit { name: "max_link_bytes".into(), value: 8_192 }));
}

#[test]
fn a_run_whose_beginning_is_forgotten_says_so() {
    let mut bed = Bed::with(lab::Config { max_journal_bytes: 300_000, mark_every: 64, ..lab::Config::default() }, 5);
    let conn = bed.open();
    bed.send(conn, &connect("d", true, 0));
    for n in 0..2_000u32 {
        bed.send(conn, &publish("x", 0, 0, false, &[n as u8; 400]));
    }
    let horizon = bed.bench.journal().horizon();
    assert!(horizon > 0);
    assert_eq!(bed.command(Command::Record), Err(Refusal::BeyondHorizon { horizon }));
}

#[test]
fn a_run_with_users_is_not_given_away() {
    let mut bed = Bed::live(1);
    let access = contract::AccessSpec { acl_file: Some("topic readwrite #".into()), ..Default::default() };
    bed.command(Command::SetAccess(access)).expect("rights");
    match bed.command(Command::Record) {
        Err(Refusal::BadField { field, why }) => assert!(field == "run" && why.contains("passwords"), "{why}"),
        other => panic!("{other:?}"),
    }
    // And the rights of today outlive the replay of a run that had none.
    let bytes = file(&mut busy(2));
    bed.command(Command::Replay { bytes }).expect("a run");
    assert!(bed.bench.world().broker().access().acl.is_some());
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn damaged_and_foreign_files_are_told() {
    let mut bed = Bed::live(1);
    bed.command(Command::LoadScene("will".into())).expect("a lesson");
    bed.command(Command::Pace(PaceWanted::Live)).expect("live");
    bed.after(9_000);
    let file = file(&mut bed);
    for cut in 0..file.len() {
        let why = refused(&file[..cut]);
        assert!(why.contains("no recorded run") || why.contains("cut"), "{cut}: {why}");
        let mut odd = file.clone();
        odd[cut] ^= 0x10;
        let why = refused(&odd);
        assert!(why.contains("no recorded run") || why.contains("damaged") || why.contains("version"), "{cut}: {why}");
    }
    assert!(refused(b"\x0a\x0d\x0d\x0a pcapng").contains("first bytes are not GLASSMQR"));
    assert!(refused(b"run=@@@").contains("link is damaged"));
    // Damage that knows the checksum: what stands in it is checked all the same.
    for at in 17..file.len() {
        let mut odd = file.clone();
        odd[at] ^= 0x01;
        let sum = fnv(&odd[17..]).to_le_bytes();
        odd[9..17].copy_from_slice(&sum);
        let mut bed = Bed::live(3);
        if bed.command(Command::Replay { bytes: odd }).is_ok() {
            bed.bench.world().check().expect("the invariants hold");
        }
    }
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |state, &byte| (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
