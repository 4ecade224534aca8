//! Who published this, who got it, and why did that one not get it.

mod common;

use common::Bed;
use contract::{Answer, Ask, Asked, Command, DeviceId, DeviceSpec, DropWhy, Habit, Kind, Lens, LineageView, Outcome, Report, RowNo, What};
use lab::Incoming;

fn add(bed: &mut Bed, client_id: &str, keeps: bool, filters: &[(&str, u8)]) -> DeviceId {
    let habits = filters.iter().map(|(filter, qos)| Habit::Subscribe { filter: (*filter).into(), qos: *qos }).collect();
    let session_expiry = if keeps { 3_600 } else { 0 };
    match bed.command(Command::AddDevice(DeviceSpec { client_id: client_id.into(), session_expiry, habits, ..DeviceSpec::default() })) {
        Ok(Answer::Device(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn run(bed: &mut Bed, millis: u64) {
    (0..millis / 50).for_each(|_| bed.after(50));
}

fn row_of(bed: &Bed, kind: Kind, to_broker: bool) -> RowNo {
    let is = |what: &What| matches!(what, What::Packet(packet) if packet.kind == kind && packet.to_broker == to_broker);
    bed.bench.rows(0, usize::MAX).iter().rev().find(|row| is(&row.what)).expect("it is there").n
}

fn lineage(bed: &mut Bed, row: RowNo) -> LineageView {
    let lens = Lens { packet: Some(row), lineage: true, ..Lens::default() };
    match bed.handle(Incoming::Ask(Asked { id: 9, ask: Ask::Look { lens, since: 0 } })).pop() {
        Some(Report::Seen { seen, .. }) => seen.lineage.expect("it has a message"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_device_is_told_what_became_of_a_message_and_why() {
    let mut bed = Bed::live(1);
    let got = add(&mut bed, "got", false, &[("t/+", 1), ("other", 0)]);
    let no_match = add(&mut bed, "no match", false, &[("u/#", 2)]);
    let queued = add(&mut bed, "queued", true, &[("t/1", 2)]);
    let offline = add(&mut bed, "offline", true, &[("t/1", 0)]);
    let gone = add(&mut bed, "gone", false, &[("#", 2)]);
    let group = [add(&mut bed, "one", false, &[("$share/g/t/#", 1)]), add(&mut bed, "two", false, &[("$share/g/t/#", 1)])];
    let says = add(&mut bed, "says", false, &[]);
    run(&mut bed, 200);
    for device in [queued, offline, gone] {
        bed.command(Command::Disconnect(device)).expect("connected");
    }
    run(&mut bed, 200);
    let publish = Command::Publish { device: Some(says), topic: "t/1".into(), payload: b"x".to_vec(), qos: 2, retain: false };
    bed.command(publish).expect("published");
    run(&mut bed, 200);
    // The question may be asked at any packet of the message.
    let from = [row_of(&bed, Kind::Publish, true), row_of(&bed, Kind::Publish, false), row_of(&bed, Kind::Pubcomp, false)];
    let first = lineage(&mut bed, from[0]);
    assert_eq!((first.topic.as_str(), first.publisher, first.row), ("t/1", Some(says), Some(from[0])));
    for row in from {
        assert_eq!(lineage(&mut bed, row), first);
    }
    let of = |view: &LineageView, id: DeviceId| view.fates.iter().find(|fate| fate.device == id).expect("every device").clone();
    let arrived = of(&first, got);
    assert_eq!(arrived.matched, [("t/+".to_string(), 1)]);
    assert!(matches!(arrived.outcome, Outcome::Sent { qos: 1, packet_id: Some(_), arrived: true, again: 0, .. }), "{arrived:?}");
    assert_eq!(of(&first, no_match).outcome, Outcome::NoMatch);
    assert_eq!(of(&first, queued).outcome, Outcome::Waits);
    assert_eq!(of(&first, offline).outcome, Outcome::Dropped(DropWhy::Offline));
    assert_eq!(of(&first, gone).outcome, Outcome::NoSession);
    assert_eq!(of(&first, says).outcome, Outcome::NoMatch);
    let members = group.map(|id| of(&first, id).outcome);
    assert_eq!(members.iter().filter(|outcome| matches!(outcome, Outcome::Sent { .. })).count(), 1);
    assert!(members.contains(&Outcome::OtherMember("$share/g/t/#".into())));

    // What waits is sent when the device is back; what was so at the time stays so.
    bed.command(Command::Connect(queued)).expect("away");
    bed.command(Command::Connect(gone)).expect("away");
    run(&mut bed, 500);
    let later = lineage(&mut bed, from[0]);
    assert!(matches!(of(&later, queued).outcome, Outcome::Sent { qos: 2, arrived: true, .. }));
    assert_eq!(of(&later, gone).outcome, Outcome::NoSession);
}

#[test]
fn the_dollar_rule_is_named() {
    let mut bed = Bed::live(1);
    let all = add(&mut bed, "all", false, &[("#", 0)]);
    let says = add(&mut bed, "says", false, &[]);
    run(&mut bed, 200);
    let publish = Command::Publish { device: Some(says), topic: "$mine/x".into(), payload: vec![], qos: 0, retain: false };
    bed.command(publish).expect("published");
    run(&mut bed, 100);
    let row = row_of(&bed, Kind::Publish, true);
    let view = lineage(&mut bed, row);
    assert_eq!(view.fates.iter().find(|fate| fate.device == all).map(|fate| &fate.outcome), Some(&Outcome::DollarRule("#".into())));
}

#[test]
fn what_is_sent_again_is_counted() {
    let mut bed = Bed::live(1);
    let sub = add(&mut bed, "sub", true, &[("t", 1)]);
    let says = add(&mut bed, "says", false, &[]);
    run(&mut bed, 200);
    let drop = contract::FaultRule::once(
        contract::Matcher { kinds: vec![Kind::Puback], to_broker: Some(true), ..Default::default() },
        contract::Action::Fault(contract::Fault::Cut(contract::Cut::Before)),
    );
    bed.command(Command::AddRule(drop)).expect("armed");
    let publish = Command::Publish { device: Some(says), topic: "t".into(), payload: vec![1], qos: 1, retain: false };
    bed.command(publish).expect("published");
    run(&mut bed, 3_000);
    let row = row_of(&bed, Kind::Publish, true);
    let view = lineage(&mut bed, row);
    let fate = view.fates.iter().find(|fate| fate.device == sub).expect("every device");
    assert!(matches!(fate.outcome, Outcome::Sent { again: 1, arrived: true, .. }), "{fate:?}");
}
