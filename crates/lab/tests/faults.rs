//! Every fault, on every packet of every exchange, of every version: what each QoS promises holds all the same once the devices have
//! found back; and real devices see on the wire what the fault says.

mod common;

use common::{Bed, ack, connect, packet, publish, subscribe};
use contract::{
    Action, Answer, Ask, Asked, Command, Cut, DeviceId, DeviceSpec, Fate, Fault, FaultRule, Habit, Kind, Lens, LinkAction, Matcher, Note,
    PaceWanted, PacketRow, Protocol, Refusal, Report, RowsWanted, Seen, StepTo, What,
};
use lab::Incoming;
use mqtt::Version;

const FAULTS: [Fault; 10] = [
    Fault::Hold,
    Fault::Drop,
    Fault::Double,
    Fault::Delay { millis: 700 },
    Fault::Swap,
    Fault::Corrupt { at: 0, mask: 0xF0 },
    Fault::Cut(Cut::Before),
    Fault::Cut(Cut::Inside { bytes: 1 }),
    Fault::Cut(Cut::After),
    Fault::Silence,
];

fn add(bed: &mut Bed, spec: DeviceSpec) -> DeviceId {
    match bed.command(Command::AddDevice(spec)) {
        Ok(Answer::Device(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn rule(bed: &mut Bed, matcher: Matcher, action: Action) -> u32 {
    add_rule(bed, FaultRule::once(matcher, action))
}

fn add_rule(bed: &mut Bed, rule: FaultRule) -> u32 {
    match bed.command(Command::AddRule(rule)) {
        Ok(Answer::Rule(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn fault(fault: Fault) -> Action {
    Action::Fault(fault)
}

fn kinds(to_broker: bool, kinds: &[Kind]) -> Matcher {
    Matcher { to_broker: Some(to_broker), kinds: kinds.to_vec(), ..Matcher::default() }
}

fn see(bed: &mut Bed, lens: Lens) -> Seen {
    let mut reports = bed.handle(Incoming::Ask(Asked { id: 9, ask: Ask::Look { lens, since: 0 } }));
    match reports.pop() {
        Some(Report::Seen { seen, .. }) => seen,
        other => panic!("{other:?}"),
    }
}

fn packets(bed: &Bed) -> Vec<PacketRow> {
    let rows = bed.bench.rows(0, usize::MAX).into_iter();
    rows.filter_map(|row| if let What::Packet(packet) = row.what { Some(packet) } else { None }).collect()
}

/// Payloads of the messages that a device has got since the last call.
fn payloads(bed: &mut Bed, conn: u32) -> Vec<String> {
    let mut deframer = mqtt::Deframer::default();
    deframer.push(&bed.got.remove(&conn).unwrap_or_default());
    let mut payloads = Vec::new();
    while let Some(frame) = deframer.next().expect("the broker writes legal packets") {
        if let Ok(mqtt::Packet::Publish(publish)) = mqtt::Packet::decode(frame, Version::V311) {
            payloads.push(String::from_utf8_lossy(publish.payload).into_owned());
        }
    }
    payloads
}

fn notes(bed: &Bed) -> Vec<Note> {
    bed.bench.rows(0, usize::MAX).into_iter().flat_map(|row| row.notes).collect()
}

fn run(bed: &mut Bed, millis: u64) {
    (0..millis / 50).for_each(|_| bed.after(50));
    bed.bench.world().check().expect("the invariants hold");
}

/// A publisher and a subscriber that answers once for each message its application gets.
fn pair(protocol: Protocol, qos: u8) -> (Bed, DeviceId, DeviceId) {
    let mut bed = Bed::live(u64::from(qos) + 10);
    let spec = |client_id: &str, habits: Vec<Habit>| DeviceSpec {
        client_id: client_id.into(),
        protocol,
        session_expiry: if protocol == Protocol::V5 { 3_600 } else { 0 },
        habits,
        ..DeviceSpec::default()
    };
    let answer = Habit::Respond { filter: "t".into(), qos, topic: "answer".into(), payload: "got it".into(), answer_qos: 0, retain: false };
    let sub = add(&mut bed, spec("sub", vec![answer]));
    let publisher = add(&mut bed, spec("pub", vec![]));
    run(&mut bed, 200);
    (bed, publisher, sub)
}

/// The packets of an exchange: from the device to the broker, and of which kind.
fn exchange(qos: u8) -> Vec<(bool, Kind)> {
    let acks: &[Kind] = match qos {
        0 => &[],
        1 => &[Kind::Puback],
        _ => &[Kind::Pubrec, Kind::Pubrel, Kind::Pubcomp],
    };
    let kinds = [Kind::Publish].iter().chain(acks);
    kinds.flat_map(|&kind| [(true, kind), (false, kind)]).collect()
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn each_qos_keeps_its_promise_under_each_fault() {
    for protocol in [Protocol::V31, Protocol::V311, Protocol::V5] {
        for qos in 0..=2 {
            for (to_broker, kind) in exchange(qos) {
                for fault in FAULTS {
                    let case = format!("{protocol:?} QoS {qos} {kind:?} to_broker={to_broker} {fault:?}");
                    let (mut bed, publisher, sub) = pair(protocol, qos);
                    let id = rule(&mut bed, Matcher { topic: None, ..kinds(to_broker, &[kind]) }, Action::Fault(fault));
                    let (topic, payload) = ("t".to_string(), b"x".to_vec());
                    bed.command(Command::Publish { device: Some(publisher), topic, payload, qos, retain: false }).expect("published");
                    run(&mut bed, 3_000);
                    let seen = see(&mut bed, Lens::default());
                    assert_eq!(seen.rules.iter().map(|rule| (rule.id, rule.struck)).collect::<Vec<_>>(), [(id, 1)], "{case}");
                    // Whatever still hangs is set free by a new connection, as it is out there.
                    for device in [publisher, sub] {
                        let _ = bed.command(Command::Link { device, action: LinkAction::Cut });
                    }
                    run(&mut bed, 10_000);
                    let got = packets(&bed).iter().filter(|packet| packet.to_broker && packet.topic.as_deref() == Some("answer")).count();
                    let right = match (qos, fault) {
                        (0, Fault::Double) => got == 2,
                        (0, Fault::Delay { .. } | Fault::Cut(Cut::After)) => got == 1,
                        // With nothing behind it that could overtake, it is lost with its connection.
                        (0, _) => got == 0,
                        (1, _) => got >= 1,
                        _ => got == 1,
                    };
                    assert!(right, "{case}: got {got} times\n{}", bed.trace().join("\n"));
                }
            }
        }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_world_with_faults_is_made_anew_from_its_journal() {
    for fault in FAULTS {
        let (mut bed, publisher, _) = pair(Protocol::V5, 2);
        let chance = FaultRule { per_mille: 300, ..FaultRule::new(Matcher::default(), Action::Fault(fault)) };
        add_rule(&mut bed, chance);
        for n in 0..20 {
            let payload = vec![n];
            let _ = bed.command(Command::Publish { device: Some(publisher), topic: "t".into(), payload, qos: 2, retain: false });
            run(&mut bed, 500);
        }
        let end = bed.bench.world().steps();
        let mut watch = lab::Nobody;
        let again = bed.bench.journal().world_at(end, &mut watch).expect("within the horizon");
        assert_eq!(format!("{:?}", again.broker()), format!("{:?}", bed.bench.world().broker()), "{fault:?}");
    }
}

/// A real device behind the relay, connected with MQTT 3.1.1 and subscribed to `x`.
fn real(bed: &mut Bed) -> u32 {
    let conn = bed.open();
    bed.send(conn, &[connect("real", false, 0), subscribe(1, "x", 2)].concat());
    bed.got.clear();
    conn
}

fn id_of(bed: &Bed, name: &str) -> DeviceId {
    bed.bench.world().device(name).expect("it is there")
}

#[test]
fn a_real_device_sees_on_the_wire_what_the_fault_says() {
    let message = publish("x", 0, 0, false, b"hello");
    let cases: [(Fault, Vec<u8>, bool); 8] = [
        (Fault::Drop, vec![], false),
        (Fault::Double, [message.clone(), message.clone()].concat(), false),
        (
            Fault::Corrupt { at: 5, mask: 0x01 },
            {
                let mut m = message.clone();
                m[5] ^= 1;
                m
            },
            false,
        ),
        (Fault::Cut(Cut::Before), vec![], true),
        (Fault::Cut(Cut::Inside { bytes: 4 }), message[..4].to_vec(), true),
        (Fault::Cut(Cut::Inside { bytes: 4_000 }), message[..message.len() - 1].to_vec(), true),
        (Fault::Cut(Cut::After), message.clone(), true),
        (Fault::Silence, vec![], false),
    ];
    for (fault, bytes, closed) in cases {
        let mut bed = Bed::live(1);
        let conn = real(&mut bed);
        rule(&mut bed, kinds(false, &[Kind::Publish]), Action::Fault(fault));
        bed.send(conn, &message);
        run(&mut bed, 100);
        assert_eq!(bed.got.remove(&conn).unwrap_or_default(), bytes, "{fault:?}");
        assert_eq!(bed.closed.contains(&conn), closed, "{fault:?}");
        assert_eq!(notes(&bed).contains(&Note::Closed(contract::CloseWhy::Cut)), closed, "{fault:?}");
    }
}

#[test]
fn a_real_device_that_is_cut_in_mid_publish_is_not_heard() {
    for fault in [Fault::Cut(Cut::Before), Fault::Cut(Cut::Inside { bytes: 3 })] {
        let mut bed = Bed::live(1);
        let conn = real(&mut bed);
        rule(&mut bed, kinds(true, &[Kind::Publish]), Action::Fault(fault));
        bed.send(conn, &publish("x", 1, 7, false, b"hello"));
        run(&mut bed, 100);
        assert_eq!(bed.closed, [conn]);
        assert!(!notes(&bed).iter().any(|note| matches!(note, Note::PassedOn { .. })));
        let back = bed.open();
        bed.send(back, &[connect("real", false, 0), publish("x", 1, 7, true, b"hello")].concat());
        run(&mut bed, 100);
        let got = bed.packets(back, Version::V311);
        assert_eq!(got.iter().filter(|packet| packet.starts_with("Puback")).count(), 1, "{got:?}");
        assert_eq!(got.iter().filter(|packet| packet.starts_with("Publish")).count(), 1, "{got:?}");
    }
}

#[test]
fn changed_bytes_of_a_real_device_are_read_as_they_are() {
    let mut bed = Bed::live(1);
    let conn = real(&mut bed);
    // The Remaining Length grows by 64: the broker waits for bytes of the packets behind it, and takes them for payload.
    rule(&mut bed, kinds(true, &[Kind::Publish]), fault(Fault::Corrupt { at: 1, mask: 0x40 }));
    bed.send(conn, &publish("x", 0, 0, false, b"first"));
    run(&mut bed, 50);
    assert_eq!(bed.got.remove(&conn).unwrap_or_default(), b"");
    for _ in 0..8 {
        bed.send(conn, &publish("x", 0, 0, false, b"more"));
    }
    bed.send(conn, &packet(0xC0, &[]));
    run(&mut bed, 50);
    let got = bed.packets(conn, Version::V311);
    assert!(got[0].contains("Publish") && got.len() < 8, "{got:?}");
}

#[test]
fn what_is_held_holds_up_what_is_behind_it_and_goes_on_by_hand() {
    let mut bed = Bed::live(1);
    let conn = real(&mut bed);
    rule(&mut bed, Matcher { topic: Some("x".into()), ..kinds(true, &[Kind::Publish]) }, fault(Fault::Hold));
    for text in ["one", "two", "three"] {
        bed.send(conn, &publish("x", 0, 0, false, text.as_bytes()));
    }
    run(&mut bed, 1_000);
    assert!(bed.packets(conn, Version::V311).is_empty());
    let rows = bed.bench.rows(0, usize::MAX);
    let held = rows.iter().find(|row| matches!(&row.what, What::Packet(p) if matches!(p.fate, Fate::Held { .. }))).expect("one is held").n;
    bed.command(Command::Touch { row: held, fault: None }).expect("let go");
    run(&mut bed, 100);
    assert_eq!(payloads(&mut bed, conn), ["one", "two", "three"]);
    assert_eq!(bed.command(Command::Touch { row: held, fault: Some(Fault::Drop) }), Err(Refusal::NotUnderWay));
}

#[test]
fn a_packet_is_overtaken_by_the_next_one() {
    let mut bed = Bed::live(1);
    let conn = real(&mut bed);
    rule(&mut bed, kinds(true, &[Kind::Publish]), fault(Fault::Swap));
    for text in ["one", "two", "three"] {
        bed.send(conn, &publish("x", 0, 0, false, text.as_bytes()));
        run(&mut bed, 100);
    }
    assert_eq!(payloads(&mut bed, conn), ["two", "one", "three"]);
}

#[test]
fn a_delay_keeps_the_order() {
    let mut bed = Bed::live(1);
    let conn = real(&mut bed);
    rule(&mut bed, kinds(true, &[Kind::Publish]), fault(Fault::Delay { millis: 2_000 }));
    bed.send(conn, &publish("x", 0, 0, false, b"one"));
    bed.send(conn, &publish("x", 0, 0, false, b"two"));
    run(&mut bed, 1_900);
    assert!(bed.packets(conn, Version::V311).is_empty());
    run(&mut bed, 200);
    assert_eq!(payloads(&mut bed, conn), ["one", "two"]);
}

#[test]
fn a_silent_link_ends_by_keep_alive_and_heals() {
    let mut bed = Bed::live(1);
    let conn = bed.open();
    bed.send(conn, &connect("real", false, 10));
    let device = id_of(&bed, "real");
    bed.got.clear();
    bed.command(Command::Link { device, action: LinkAction::Silence }).expect("silent");
    assert!(see(&mut bed, Lens::default()).devices[0].silent);
    bed.send(conn, &packet(0xC0, &[]));
    run(&mut bed, 14_000);
    assert!(bed.got.is_empty() && bed.closed.is_empty(), "nothing arrives at either end");
    run(&mut bed, 2_000);
    assert!(notes(&bed).contains(&Note::KeepAliveOver { seconds: 10 }), "the broker has given up");
    assert!(bed.closed.is_empty(), "and the device does not know");
    bed.command(Command::Link { device, action: LinkAction::Heal }).expect("it can be healed");
    run(&mut bed, 100);
    assert_eq!(bed.closed, [conn], "now it does");
    assert_eq!(bed.command(Command::Link { device, action: LinkAction::Cut }), Err(Refusal::WrongState));
}

#[test]
fn rules_count_skip_end_and_obey_their_chance() {
    let mut bed = Bed::live(1);
    let conn = real(&mut bed);
    let matcher = kinds(true, &[Kind::Publish]);
    let id = add_rule(&mut bed, FaultRule { skip: 2, times: Some(3), ..FaultRule::new(matcher.clone(), fault(Fault::Drop)) });
    for n in 0..10u8 {
        bed.send(conn, &publish("x", 0, 0, false, &[b'0' + n]));
    }
    run(&mut bed, 100);
    let seen = see(&mut bed, Lens::default());
    assert_eq!((seen.rules[0].matched, seen.rules[0].struck, seen.rules[0].spent), (5, 3, true));
    assert_eq!(bed.packets(conn, Version::V311).len(), 7);
    bed.command(Command::RemoveRule(id)).expect("it is there");
    assert_eq!(bed.command(Command::RemoveRule(id)), Err(Refusal::NoSuchRule));

    add_rule(&mut bed, FaultRule { per_mille: 250, ..FaultRule::new(matcher.clone(), fault(Fault::Drop)) });
    for _ in 0..1_000 {
        bed.send(conn, &publish("x", 0, 0, false, b"x"));
    }
    run(&mut bed, 100);
    let struck = see(&mut bed, Lens::default()).rules[0].struck;
    assert!((200..300).contains(&struck), "{struck} of 1,000");

    let short = add_rule(&mut bed, FaultRule { for_millis: Some(1_000), ..FaultRule::new(matcher, fault(Fault::Drop)) });
    run(&mut bed, 1_500);
    assert!(see(&mut bed, Lens::default()).rules.iter().any(|rule| rule.id == short && rule.spent));
}

#[test]
fn wrong_rules_are_refused_with_the_field() {
    let mut bed = Bed::live(1);
    let of = |rule: FaultRule| match bed.command(Command::AddRule(rule)) {
        Err(Refusal::BadField { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let base = FaultRule::once(Matcher::default(), fault(Fault::Drop));
    let with = |matcher: Matcher| FaultRule { matcher, ..base.clone() };
    let bad = [
        FaultRule { per_mille: 0, ..base.clone() },
        FaultRule { times: Some(0), ..base.clone() },
        FaultRule { action: fault(Fault::Delay { millis: u32::MAX }), ..base.clone() },
        with(Matcher { topic: Some("a/#/b".into()), ..Matcher::default() }),
        with(Matcher { qos: Some(3), ..Matcher::default() }),
        with(Matcher { packet_id: Some(0), ..Matcher::default() }),
    ];
    assert_eq!(bad.map(of), ["per_mille", "times", "millis", "filter", "qos", "packet_id"]);
}

#[test]
fn a_break_point_pauses_the_world_before_the_packet_arrives() {
    let mut bed = Bed::live(1);
    let conn = real(&mut bed);
    let id = rule(&mut bed, Matcher { packet_id: Some(5), ..Matcher::default() }, Action::Pause);
    bed.send(conn, &publish("x", 2, 4, false, b"before"));
    run(&mut bed, 100);
    assert_eq!(see(&mut bed, Lens::default()).halted_by, None);
    bed.send(conn, &publish("x", 2, 5, false, b"this"));
    run(&mut bed, 1_000);
    let seen = see(&mut bed, Lens::default());
    assert_eq!((seen.halted_by, seen.pace.0), (Some(id), PaceWanted::Paused));
    assert!(packets(&bed).iter().any(|packet| packet.packet_id == Some(5) && packet.fate == Fate::UnderWay));
    bed.command(Command::Pace(PaceWanted::Live)).expect("on");
    run(&mut bed, 100);
    assert_eq!(see(&mut bed, Lens::default()).halted_by, None);
    bed.send(conn, &ack(0x62, 4));

    let at = rule(&mut bed, kinds(false, &[Kind::Pubcomp]), Action::Pause);
    bed.send(conn, &ack(0x62, 5));
    run(&mut bed, 100);
    assert_eq!(see(&mut bed, Lens::default()).halted_by, Some(at));
}

#[test]
fn a_press_goes_on_to_what_is_wanted() {
    let mut bed = Bed::live(1);
    bed.command(Command::LoadScene("car-lock".into())).expect("built in");
    bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
    bed.command(Command::Step).expect("begun");
    let car = id_of(&bed, "Car001");
    bed.command(Command::StepTo(StepTo::Device(car))).expect("the car connects");
    let rows = bed.bench.rows(0, usize::MAX);
    let moved = rows.iter().filter(|row| row.device == car).filter(|row| matches!(&row.what, What::Packet(p) if p.fate != Fate::UnderWay));
    assert_eq!(moved.count(), 1);
    let id = rule(&mut bed, kinds(true, &[Kind::Pubrec]), Action::Pause);
    bed.command(Command::StepTo(StepTo::Break)).expect("a PUBREC sets out");
    assert_eq!(see(&mut bed, Lens::default()).halted_by, Some(id));
    let flow = packets(&bed).into_iter().rev().find(|packet| packet.kind == Kind::Pubrec).and_then(|packet| packet.flow).expect("a flow");
    for _ in 0..3 {
        bed.command(Command::StepTo(StepTo::Flow(flow))).expect("the flow goes on");
    }
    let of_flow = packets(&bed).into_iter().filter(|packet| packet.flow == Some(flow));
    assert!(of_flow.clone().any(|packet| packet.kind == Kind::Pubcomp && packet.fate != Fate::UnderWay));
}

#[test]
fn pings_of_real_devices_are_answered_while_the_world_is_paused_and_counted_once() {
    let mut bed = Bed::live(1);
    let conn = bed.open();
    bed.send(conn, &connect("real", true, 10));
    bed.got.clear();
    bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
    for _ in 0..3 {
        bed.send(conn, &packet(0xC0, &[]));
        bed.after(9_000);
        assert_eq!(bed.got.remove(&conn).unwrap_or_default(), [0xD0, 0], "answered at once");
    }
    assert_eq!(notes(&bed).iter().filter(|note| **note == Note::PingAnswered).count(), 3);
    bed.command(Command::Pace(PaceWanted::Live)).expect("live");
    run(&mut bed, 1_000);
    assert_eq!(bed.got.remove(&conn), None, "and not a second time");
    assert!(bed.closed.is_empty());
    bed.send(conn, &packet(0xC0, &[]));
    run(&mut bed, 100);
    assert_eq!(bed.got.remove(&conn).unwrap_or_default(), [0xD0, 0]);

    bed.command(Command::AnswerPings(false)).expect("off");
    bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
    bed.send(conn, &packet(0xC0, &[]));
    bed.after(100);
    assert_eq!(bed.got.remove(&conn), None);
}

#[test]
fn bytes_by_hand_go_over_a_link_as_they_are() {
    let (mut bed, publisher, sub) = pair(Protocol::V311, 1);
    let conn = real(&mut bed);
    bed.command(Command::Inject { device: publisher, to_broker: true, bytes: publish("x", 0, 0, false, b"forged") }).expect("sent");
    run(&mut bed, 100);
    assert_eq!(payloads(&mut bed, conn), ["forged"]);
    // The other way, to a simulated device: it gives up on what is no MQTT, and comes back.
    bed.command(Command::Inject { device: sub, to_broker: false, bytes: vec![0, 1, 2, 3] }).expect("sent");
    run(&mut bed, 100);
    assert!(see(&mut bed, Lens::default()).devices.iter().any(|d| d.id == sub && d.state == contract::DeviceState::Offline));
    run(&mut bed, 2_000);
    assert!(see(&mut bed, Lens::default()).devices.iter().any(|d| d.id == sub && d.state == contract::DeviceState::Connected));
    let real = id_of(&bed, "real");
    bed.command(Command::Inject { device: real, to_broker: false, bytes: vec![0xFF, 0xFE] }).expect("sent");
    run(&mut bed, 100);
    assert_eq!(bed.got.remove(&conn).unwrap_or_default(), [0xFF, 0xFE]);
    assert_eq!(bed.command(Command::Inject { device: real, to_broker: true, bytes: vec![1] }), Err(Refusal::NotSimulated));
}

#[test]
fn every_step_of_a_thousand_is_seen_again_as_it_was() {
    let config = lab::Config { mark_every: 200, ..lab::Config::default() };
    let mut bed = Bed::with(config, 3);
    add_rule(&mut bed, FaultRule { per_mille: 60, ..FaultRule::new(Matcher::default(), fault(Fault::Cut(Cut::Before))) });
    for n in 0..3 {
        let spec = DeviceSpec {
            client_id: format!("d{n}"),
            session_expiry: 100,
            keep_alive: 5,
            habits: vec![
                Habit::Subscribe { filter: "#".into(), qos: 2 },
                Habit::Publish { topic: format!("t/{n}"), payload: "{n}".into(), qos: n, retain: n == 1, after_ms: 3, every_ms: 90 },
            ],
            ..DeviceSpec::default()
        };
        add(&mut bed, spec);
    }
    bed.command(Command::Pace(PaceWanted::Paused)).expect("paused");
    let lens = |past| Lens { rows: Some(RowsWanted::Last { count: 40 }), session: Some(1), topics: true, past, ..Lens::default() };
    let mut then: Vec<Seen> = Vec::new();
    while bed.bench.world().steps() < 1_100 {
        bed.command(Command::Step).expect("something moves");
        then.push(see(&mut bed, lens(None)));
    }
    then.pop();
    assert!(then.len() > 500, "{} moments", then.len());
    let alike = |now: &Seen, then: &Seen| {
        assert_eq!(now.past, Some(then.step));
        assert_eq!((now.step, now.now, now.end_row), (then.step, then.now, then.end_row));
        for (now, then_row) in now.rows.iter().zip(&then.rows) {
            assert_eq!(now, then_row, "step {}", then.step);
        }
        assert_eq!(now.rows.len(), then.rows.len());
        assert_eq!(now.devices, then.devices, "step {}", then.step);
        assert_eq!(now.session, then.session, "step {}", then.step);
        assert_eq!(now.topics, then.topics, "step {}", then.step);
        assert_eq!(now.rules, then.rules, "step {}", then.step);
    };
    for moment in then.iter().chain(then.iter().rev().step_by(7)) {
        alike(&see(&mut bed, lens(Some(moment.step))), moment);
    }
}

#[test]
fn a_fork_goes_another_way_and_leaves_the_old_future_as_it_was() {
    let mut bed = Bed::live(5);
    let conn = real(&mut bed);
    let (publisher, sub) = {
        let sub =
            DeviceSpec { client_id: "sub".into(), habits: vec![Habit::Subscribe { filter: "t".into(), qos: 2 }], ..DeviceSpec::default() };
        let publisher = DeviceSpec { client_id: "pub".into(), ..DeviceSpec::default() };
        (add(&mut bed, publisher), add(&mut bed, sub))
    };
    run(&mut bed, 100);
    let step = bed.bench.world().steps();
    let say = |bed: &mut Bed, payload: &[u8]| {
        let (topic, payload) = ("t".to_string(), payload.to_vec());
        bed.command(Command::Publish { device: Some(publisher), topic, payload, qos: 2, retain: false }).expect("published");
        run(bed, 100);
    };
    say(&mut bed, b"old");
    let (old_trace, old_world) = (bed.trace(), format!("{:?}", bed.bench.world().broker()));
    bed.command(Command::Fork { step }).expect("within the horizon");
    assert_eq!(bed.bench.world().steps(), step + 1, "the real device's end is what happens first");
    assert_eq!(bed.closed, [conn], "a device cannot be rewound");
    let at_fork = bed.trace();
    assert_eq!(at_fork[..], old_trace[..at_fork.len()], "what was before is the same");

    bed.command(Command::Pace(PaceWanted::Live)).expect("live");
    say(&mut bed, b"new");
    assert!(bed.trace().iter().any(|row| row.contains("\"new\"")) && !bed.trace().iter().any(|row| row.contains("\"old\"")));
    let seen = see(&mut bed, Lens { compare: true, ..Lens::default() });
    let other = seen.other.expect("the old future is kept");
    assert_eq!(other.forked_at, step);
    assert!(other.first_difference.is_some_and(|row| row as usize <= at_fork.len() + 1), "{:?}", other.first_difference);
    assert!(other.rows.iter().any(|row| row.to_string().contains("\"old\"")));
    let new_trace = bed.trace();

    bed.command(Command::Switch).expect("there are two");
    // Flows, copies and the end of the real device are as if the fork had never been.
    assert_eq!(bed.trace()[..old_trace.len()], old_trace[..]);
    assert!(old_world.contains("sub") && see(&mut bed, Lens::default()).devices.iter().any(|device| device.id == sub));
    bed.command(Command::Switch).expect("and back");
    assert_eq!(bed.trace()[..new_trace.len()], new_trace[..]);
    assert!(matches!(bed.command(Command::Fork { step: 1_000_000 }), Err(Refusal::BeyondHorizon { .. })));
}
