//! Habits of simulated devices, good and bad, as the broker sees them.

use contract::{Ask, Asked, Command, Habit, Lens, Note, PaceWanted, Protocol, Refusal, Report, RowsWanted, What};
use lab::{Bench, Config, Incoming, Outgoing};

const SECOND: u64 = 1_000_000;

fn done(bench: &mut Bench, command: Command) -> Result<contract::Answer, Refusal> {
    let mut out = Vec::new();
    bench.handle(0, Incoming::Ask(Asked { id: 1, ask: Ask::Do(command) }), &mut out);
    let done = out.into_iter().find_map(|outgoing| match outgoing {
        Outgoing::Report(Report::Done { result, .. }) => Some(result),
        _ => None,
    });
    done.expect("every command is answered")
}

/// Runs a scenario for so many seconds.
fn run(text: &str, seconds: u64) -> Bench {
    let mut bench = Bench::new(Config::default(), 0, 1);
    done(&mut bench, Command::LoadText(text.into())).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    done(&mut bench, Command::Pace(PaceWanted::Live)).expect("live");
    for tick in 1..=seconds * 4 {
        bench.handle(tick * SECOND / 4, Incoming::Wake, &mut Vec::new());
        bench.world().check().expect("the invariants hold");
    }
    bench
}

/// Payloads of what arrived at a device, by the beginning of the topic.
fn payloads(bench: &Bench, device: u32, begin: &str) -> Vec<String> {
    let rows = bench.rows(0, 100_000);
    let payload = |row: contract::Row| match row.what {
        What::Packet(packet)
            if row.device == device && !packet.to_broker && packet.topic.as_deref().is_some_and(|topic| topic.starts_with(begin)) =>
        {
            packet.payload
        }
        _ => None,
    };
    rows.into_iter().filter_map(payload).collect()
}

fn notes(bench: &Bench, device: u32) -> Vec<Note> {
    bench.rows(0, 100_000).into_iter().filter(|row| row.device == device).flat_map(|row| row.notes).collect()
}

fn lines(bench: &Bench, part: &str) -> usize {
    bench.rows(0, 100_000).iter().filter(|row| row.to_string().contains(part)).count()
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn instruments_measure_within_their_bounds_and_alike_in_every_run() {
    let text = |seed: u32| {
        format!(
            "seed {seed}\ndevice see 5.0\n clean-start yes\n subscribe m/#\ndevice do 3.1.1\n clean-start yes\n\
             measure m/sine \"{{n}} {{v}}\" sine -10 30.5 8s every 500ms\n measure m/walk \"{{v}} {{id}} {{ms}}\" walk 19 21 0.5 after 10ms every 250ms\n\
             publish m/count \"{{n}}\" every 1s"
        )
    };
    let (one, same, other) = (run(&text(1), 30), run(&text(1), 30), run(&text(2), 30));
    let number = |payload: &String, at: usize| payload.split(' ').nth(at).and_then(|word| word.parse::<f64>().ok()).expect("a number");
    let sine: Vec<f64> = payloads(&one, 1, "m/sine").iter().map(|payload| number(payload, 1)).collect();
    assert!(sine.len() > 50 && sine.iter().all(|v| (-10.0..=30.5).contains(v)), "{sine:?}");
    assert!(sine.iter().any(|v| *v < -9.0) && sine.iter().any(|v| *v > 29.5), "{sine:?}");
    let times: Vec<f64> = {
        let rows = one.rows(0, 100_000);
        let sent = rows.iter().filter(|row| row.device == 2 && row.to_string().contains("\"m/sine\""));
        sent.map(|row| row.at as f64 / 1e6).collect()
    };
    for (v, at) in sine.iter().zip(times) {
        let expected = 10.25 + 20.25 * (at / 8.0 * std::f64::consts::TAU).sin();
        assert!((v - expected).abs() < 0.15, "at {at}: {v}, {expected}");
    }
    let walk = payloads(&one, 1, "m/walk");
    let values: Vec<f64> = walk.iter().map(|payload| number(payload, 0)).collect();
    assert!(values.len() > 100 && values.iter().all(|v| (19.0..=21.0).contains(v)), "{values:?}");
    assert!(values.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.61) && values.windows(2).any(|pair| pair[0] != pair[1]));
    assert!(walk[0].contains(" do "), "{}", walk[0]);
    assert_eq!(walk, payloads(&same, 1, "m/walk"));
    assert_ne!(walk, payloads(&other, 1, "m/walk"), "another world, another walk");
    assert_eq!(payloads(&one, 1, "m/count")[..3], ["1", "2", "3"]);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn requests_are_answered_where_they_want_it_with_what_they_brought() {
    let text = "device house 5.0\n clean-start yes\n serve lock car-lock state lock/state qos 2\n serve lamp light-bulb qos 1\n serve heat thermostat\n\
                device app 5.0\n clean-start yes\n subscribe lock/state\n request lock lock reply to/app qos 2 after 1s\n\
                request lamp toggle reply to/app qos 1 after 2s every 1s\n request heat \"1{n}\" reply to/app after 5500ms every 100ms\n\
                request lock sing reply to/app after 7s\ndevice plain 3.1.1\n clean-start yes\n subscribe lock/state\n\
                at 8s publish plain lock unlock\nat 9s publish plain lock unlock";
    let bench = run(text, 10);
    let answers = payloads(&bench, 2, "to/app");
    assert_eq!(answers[..5], ["locked", "on", "off", "on", "off"], "{answers:?}");
    assert!(answers.contains(&"11".into()) && answers.contains(&"unknown: lock, unlock or status".into()), "{answers:?}");
    // A state is told when it changes, to whoever wants it, whoever asked.
    assert_eq!(payloads(&bench, 3, "lock/state"), ["locked", "unlocked"]);
    // The Correlation Data comes back: it counts each habit's requests.
    let rows = bench.rows(0, 100_000);
    let answer = rows.iter().filter(|row| row.device == 2 && row.to_string().contains("<- PUBLISH") && row.to_string().contains("to/app"));
    let third = answer.map(|row| row.n).nth(3).expect("answers came");
    let mut out = Vec::new();
    let lens = Lens { packet: Some(third), rows: Some(RowsWanted::Last { count: 1 }), ..Lens::default() };
    let mut bench = bench;
    bench.handle(10 * SECOND, Incoming::Ask(Asked { id: 2, ask: Ask::Look { lens, since: 0 } }), &mut out);
    let seen = out.into_iter().find_map(|outgoing| match outgoing {
        Outgoing::Report(Report::Seen { seen, .. }) => seen.packet,
        _ => None,
    });
    let fields = seen.expect("the packet is shown").fields;
    assert!(fields.iter().any(|field| field.key.contains("correlation_data") && field.value.contains('3')), "{fields:?}");
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn devices_go_and_come_back_politely_or_not() {
    let text = "device polite 3.1.1\n clean-start yes\n will w/polite gone\n go-offline after 2s for 3s politely\n\
                device rude 5.0\n clean-start yes\n will w/rude gone\n go-offline after 2s for 1s\n\
                device watch 5.0\n clean-start yes\n subscribe w/#";
    let bench = run(text, 21);
    assert_eq!(payloads(&bench, 3, "w/polite").len(), 0);
    assert!((6..=7).contains(&payloads(&bench, 3, "w/rude").len()), "{:?}", payloads(&bench, 3, "w/rude"));
    assert!((4..=5).contains(&lines(&bench, "d1 -> CONNECT")), "{}", lines(&bench, "d1 -> CONNECT"));
    assert!((7..=8).contains(&lines(&bench, "d2 -> CONNECT")));
    assert_eq!(lines(&bench, "d2 -> DISCONNECT"), 0);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn bad_habits_are_really_had() {
    let each = |protocol: &str, vice: &str| {
        let text = format!(
            "device bad {protocol}\n subscribe t/# qos 2\n {vice}\ndevice good {protocol}\n\
             then connect bad\nthen connect good\nat 1s publish good t/1 a qos 1\nat 2s publish good t/2 b qos 2\n\
             at 3s publish bad x/1 c qos 1\nat 4s publish bad x/2 d qos 2\nat 4s publish bad x/2 e qos 2"
        );
        run(&text, 6)
    };
    for protocol in ["3.1", "3.1.1", "5.0"] {
        let never = each(protocol, "never-acknowledge");
        assert_eq!(lines(&never, "d1 -> PUBACK") + lines(&never, "d1 -> PUBREC") + lines(&never, "d1 -> PUBCOMP"), 0);
        assert_eq!(lines(&never, "d1 <- PUBLISH"), 2);
        assert_eq!(lines(&never, "d1 -> PUBREL"), 2, "its own exchanges go on");
        let twice = each(protocol, "acknowledge-twice");
        assert_eq!((lines(&twice, "d1 -> PUBACK 1"), lines(&twice, "d1 -> PUBREC 2")), (2, 2), "{protocol}");
        assert_eq!(lines(&twice, "Delivered"), 2, "and the broker counts each message once");
        let reuse = each(protocol, "reuse-busy-id");
        assert!(notes(&reuse, 1).contains(&Note::NotPassedOnTwice(1)), "{protocol}: {:?}", notes(&reuse, 1));
        assert_eq!(lines(&reuse, "\"e\""), 1, "a message under a busy identifier is lost: {protocol}");
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn who_sends_again_on_a_living_connection_is_reported() {
    for (protocol, rule) in
        [("3.1", contract::ResendRule::Allowed), ("3.1.1", contract::ResendRule::NotAskedFor), ("5.0", contract::ResendRule::Forbidden)]
    {
        let text = format!(
            "device hasty {protocol}\n resend-alive after 300ms\nrule drop PUBACK to hasty once\nrule drop PUBREC to hasty once\nthen connect hasty\n\
             at 1s publish hasty a \"1\" qos 1\nat 2s publish hasty a \"2\" qos 2\nat 3s publish hasty a \"3\" qos 1"
        );
        let bench = run(&text, 5);
        let resent: Vec<Note> = notes(&bench, 1).into_iter().filter(|note| matches!(note, Note::ResentByDevice { .. })).collect();
        let note = |packet_id| Note::ResentByDevice { packet_id, rule };
        assert_eq!(resent, [note(1), note(2)], "{protocol}");
        assert!(notes(&bench, 1).contains(&Note::NotPassedOnTwice(2)), "{protocol}");
        assert_eq!(lines(&bench, "dup"), 2, "{protocol}: once each");
    }
}

#[test]
fn habits_that_cannot_be_are_refused() {
    let refused = |protocol: Protocol, habit: Habit| {
        let mut bench = Bench::new(Config::default(), 0, 1);
        let spec = contract::DeviceSpec { client_id: "d".into(), protocol, habits: vec![habit], ..Default::default() };
        match done(&mut bench, Command::AddDevice(spec)) {
            Err(Refusal::BadField { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    let request = |response_topic: &str| Habit::Request {
        topic: "q".into(),
        payload: String::new(),
        response_topic: response_topic.into(),
        qos: 1,
        after_ms: 0,
        every_ms: 0,
    };
    assert_eq!(refused(Protocol::V311, request("r")), "protocol");
    assert_eq!(refused(Protocol::V5, request("r/#")), "response_topic");
    let measure =
        |wave, every_ms| Habit::Measure { topic: "m".into(), payload: "{v}".into(), wave, qos: 0, retain: false, after_ms: 0, every_ms };
    let walk = |min, max, step| contract::Wave::Walk { min, max, step };
    assert_eq!(refused(Protocol::V5, measure(walk(2, 1, 1), 10)), "wave");
    assert_eq!(refused(Protocol::V5, measure(walk(1, 2, 0), 10)), "step");
    assert_eq!(refused(Protocol::V5, measure(walk(1, 2, 1), 9)), "every_ms");
    assert_eq!(refused(Protocol::V5, measure(contract::Wave::Sine { min: 0, max: 1, period_ms: 99 }, 10)), "period_ms");
    let serve = Habit::Serve { filter: "a/#".into(), role: contract::Role::CarLock, state: Some("a/state".into()), qos: 0 };
    assert_eq!(refused(Protocol::V5, serve), "state");
    assert_eq!(refused(Protocol::V5, Habit::GoOffline { after_ms: 9, for_ms: 10, politely: true }), "after_ms");
    assert_eq!(refused(Protocol::V5, Habit::ResendAlive { after_ms: 0 }), "after_ms");
}
