//! Users and rights set by a command: told when a text cannot be read, kept over a new world, replayed like all else.

mod common;

use broker::access::scram::Credential;
use broker::access::{Kind, PasswordFile};
use common::Bed;
use contract::{
    AccessSpec, AccessView, Ask, Asked, CloseWhy, Command, DeviceSpec, DeviceState, DropWhy, Habit, Lens, Note, Protocol, Refusal, Report,
    ResendRule, Seen,
};
use lab::Incoming;

const ACL: &str = "user alice\ntopic readwrite house/#\nuser bob\ntopic read house/#\n";

fn files() -> AccessSpec {
    let mut passwords = PasswordFile::default();
    passwords.set("alice", b"wonder", Kind::Sha512, [1; 12]).expect("a user name");
    passwords.set("bob", b"builder", Kind::Sha512, [2; 12]).expect("a user name");
    let scram = format!("alice:{}\n", Credential::new(b"wonder", [3; 16], 4_096));
    AccessSpec { password_file: Some(passwords.to_string()), acl_file: Some(ACL.into()), scram_file: Some(scram), allow_anonymous: false }
}

fn see(bed: &mut Bed, lens: Lens) -> Seen {
    let reports = bed.handle(Incoming::Ask(Asked { id: 9, ask: Ask::Look { lens, since: 0 } }));
    let seen = reports.into_iter().find_map(|report| match report {
        Report::Seen { seen, .. } => Some(seen),
        _ => None,
    });
    seen.expect("a look that knows nothing is answered at once")
}

fn device(name: &str, user: &str, password: &str) -> DeviceSpec {
    DeviceSpec {
        client_id: name.into(),
        clean_start: true,
        user_name: Some(user.into()),
        password: Some(password.into()),
        ..DeviceSpec::default()
    }
}

fn state(bed: &mut Bed, name: &str) -> DeviceState {
    see(bed, Lens::default()).devices.iter().find(|device| device.name == name).expect("a device").state
}

fn notes(bed: &Bed) -> Vec<Note> {
    bed.bench.rows(0, usize::MAX).into_iter().flat_map(|row| row.notes).collect()
}

#[test]
fn texts_that_cannot_be_read_are_told_by_line_and_change_nothing() {
    let mut bed = Bed::live(1);
    let cases = [
        (AccessSpec { password_file: Some("alice:secret\n".into()), ..files() }, "password_file", "Line 1, column 7: "),
        (AccessSpec { acl_file: Some("user alice\ntopik read #\n".into()), ..files() }, "acl_file", "Line 2, column 1: "),
        (AccessSpec { scram_file: Some("\n\nalice\n".into()), ..files() }, "scram_file", "Line 3, column 6: "),
    ];
    for (spec, field, place) in cases {
        let Err(Refusal::BadField { field: told, why }) = bed.command(Command::SetAccess(spec)) else { panic!("{field} was taken") };
        assert_eq!(told, field);
        assert!(why.starts_with(place) && why.ends_with('.'), "{why}");
    }
    let long = AccessSpec { acl_file: Some("#".repeat(2 * 1024 * 1024)), ..files() };
    assert!(matches!(bed.command(Command::SetAccess(long)), Err(Refusal::Limit { .. })));
    assert_eq!(see(&mut bed, Lens::default()).access, AccessView::default());
    assert!(bed.bench.world().broker().access().is_open());
}

#[test]
fn what_is_set_is_seen_in_numbers_and_outlives_a_cleared_world() {
    let mut bed = Bed::live(1);
    bed.command(Command::SetAccess(files())).expect("legal texts");
    let set = AccessView { allow_anonymous: false, password_users: Some(2), scram_users: Some(1), acl_rules: Some(2) };
    assert_eq!(see(&mut bed, Lens::default()).access, set);
    bed.command(Command::Clear).expect("it begins again");
    assert_eq!(see(&mut bed, Lens::default()).access, set, "who begins again does not open the door by it");
    bed.command(Command::LoadScene("car-lock".into())).expect("a scene");
    assert_eq!(see(&mut bed, Lens::default()).access, set);
    bed.command(Command::SetAccess(AccessSpec::default())).expect("open again");
    assert_eq!(see(&mut bed, Lens::default()).access, AccessView::default());
}

#[test]
fn a_fork_into_a_time_without_rights_has_those_of_today() {
    let mut bed = Bed::live(1);
    bed.command(Command::AddDevice(device("a", "alice", "wonder"))).expect("a device");
    bed.after(1_000);
    let open = bed.bench.world().steps();
    bed.after(1_000);
    bed.command(Command::SetAccess(files())).expect("legal texts");
    bed.command(Command::Fork { step: open }).expect("it is not forgotten");
    assert_eq!(see(&mut bed, Lens::default()).access.password_users, Some(2));
}

#[test]
fn simulated_devices_log_in_by_password_and_by_scram() {
    let mut bed = Bed::live(1);
    bed.command(Command::SetAccess(files())).expect("legal texts");
    let v311 = DeviceSpec { protocol: Protocol::V311, ..device("b", "bob", "builder") };
    let scram = DeviceSpec { scram: true, ..device("c", "alice", "wonder") };
    let wrong = DeviceSpec { scram: true, ..device("d", "alice", "under") };
    let none = DeviceSpec { client_id: "e".into(), ..DeviceSpec::default() };
    let ids: Vec<u32> = [device("a", "alice", "wonder"), v311, scram, wrong, none]
        .map(|spec| match bed.command(Command::AddDevice(spec)) {
            Ok(contract::Answer::Device(id)) => id,
            other => panic!("{other:?}"),
        })
        .into();
    bed.after(500);
    for (name, expected) in [
        ("a", DeviceState::Connected),
        ("b", DeviceState::Connected),
        ("c", DeviceState::Connected),
        ("d", DeviceState::Offline),
        ("e", DeviceState::Offline),
    ] {
        assert_eq!(state(&mut bed, name), expected, "{name}");
    }
    let session = see(&mut bed, Lens { session: Some(ids[2]), ..Lens::default() }).session.expect("a session");
    assert_eq!(session.user.as_deref(), Some("alice"));
    let told = notes(&bed);
    for user in ["alice", "bob"] {
        assert!(told.contains(&Note::LoggedIn { user: user.into() }), "{user}");
    }
    assert!(told.contains(&Note::AccessSet));
    let trace = bed.trace().join("\n");
    assert!(trace.contains("AUTH"), "the exchange is seen");
    assert!(!trace.contains("wonder") && !trace.contains("builder"), "no row shows a password");
    // A device that takes its time can be wrong for ever: it comes back and is refused again.
    bed.after(40_000);
    assert_eq!(state(&mut bed, "d"), DeviceState::Offline);
}

#[test]
fn specs_that_could_not_log_in_are_refused() {
    let mut bed = Bed::live(1);
    let scram = |spec: DeviceSpec| DeviceSpec { scram: true, ..spec };
    let cases = [
        (DeviceSpec { protocol: Protocol::V311, ..scram(device("a", "alice", "x")) }, "scram"),
        (scram(device("a", "", "x")), "scram"),
        (DeviceSpec { password: None, ..scram(device("a", "alice", "x")) }, "scram"),
        (DeviceSpec { protocol: Protocol::V31, user_name: None, ..device("a", "alice", "x") }, "user_name"),
        (device("a", "al\0ice", "x"), "user_name"),
        (device("a", "alice", &"x".repeat(70_000)), "password"),
    ];
    for (spec, field) in cases {
        match bed.command(Command::AddDevice(spec)) {
            Err(Refusal::BadField { field: told, .. }) => assert_eq!(told, field),
            other => panic!("{other:?}, not a bad {field}"),
        }
    }
}

#[test]
fn what_is_refused_is_seen_and_a_replay_is_the_same() {
    let mut bed = Bed::live(5);
    bed.command(Command::SetAccess(files())).expect("legal texts");
    let habit =
        |topic: &str| Habit::Publish { topic: topic.into(), payload: "{n}".into(), qos: 1, retain: true, after_ms: 10, every_ms: 100 };
    let all = Habit::Subscribe { filter: "#".into(), qos: 1 };
    bed.command(Command::AddDevice(DeviceSpec { habits: vec![all.clone(), habit("house/door")], ..device("a", "alice", "wonder") }))
        .expect("a");
    bed.command(Command::AddDevice(DeviceSpec { habits: vec![all, habit("house/window")], ..device("b", "bob", "builder") })).expect("b");
    bed.after(1_000);
    let told = notes(&bed);
    assert!(told.iter().any(|note| matches!(note, Note::Dropped { why: DropWhy::NotAllowed, .. })), "bob may not publish");
    // Rights that are taken away count for what is on its way.
    bed.command(Command::SetAccess(AccessSpec { acl_file: Some("user alice\ntopic write house/#\n".into()), ..files() })).expect("legal");
    bed.after(1_000);
    assert!(notes(&bed).iter().any(|note| matches!(note, Note::Dropped { why: DropWhy::MayNotRead, .. })), "nobody may read");
    bed.command(Command::SetAccess(AccessSpec { password_file: Some(String::new()), ..files() })).expect("nobody has a password");
    bed.after(1_000);
    let ended = |note: &Note| matches!(note, Note::Closed(CloseWhy::ByBroker(0x87, _)));
    assert_eq!(notes(&bed).iter().filter(|note| ended(note)).count(), 2);
    assert_eq!(state(&mut bed, "a"), DeviceState::Offline);
    let end = bed.bench.world().steps();
    let mut nobody = lab::Nobody;
    let replayed = bed.bench.journal().world_at(end, &mut nobody).expect("it is not forgotten");
    assert_eq!(format!("{:?}", replayed.broker()), format!("{:?}", bed.bench.world().broker()));
    bed.bench.world().check().expect("the invariants hold");
}

#[test]
fn a_device_that_sends_again_too_early_is_seen() {
    let mut bed = Bed::live(1);
    let conn = bed.open();
    let message = |dup| common::publish("t", 1, 7, dup, b"x");
    bed.send(conn, &[common::connect("esp", true, 0), message(false)].concat());
    bed.after(1_000);
    bed.send(conn, &message(true));
    bed.after(10);
    assert!(notes(&bed).contains(&Note::ResentByDevice { packet_id: 7, rule: ResendRule::NotAskedFor }));
}
