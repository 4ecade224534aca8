//! Faults that other brokers had and that got a number: each class as a script that would show it here.

use broker::{Broker, Config, ConnId, Event, Input, Outbox, Output};
use mqtt::Frame;

use crate::harness::rule::rule;
use crate::harness::{Stage, check, check_each, check_with};

/// How much a broker remembers: all it holds, written out. What is left behind in one round is left behind a hundred times in a hundred.
fn remembered(broker: &Broker) -> usize {
    format!("{broker:?}").len()
}

/// Runs a script over and over, and demands that the rounds from the tenth on leave nothing behind. The slack is for numbers that grow.
#[track_caller]
fn leaves_nothing(config: Config, before: &str, round: &str) {
    let mut stage = Stage::new(config);
    before.lines().map(str::trim).for_each(|line| stage.line(line));
    let mut early = 0;
    for count in 0..110 {
        round.lines().map(str::trim).for_each(|line| stage.line(line));
        stage.settled();
        if count == 10 {
            early = remembered(&stage.broker);
        }
    }
    let late = remembered(&stage.broker);
    assert!(late < early + 60, "a hundred rounds left {} characters behind", late - early);
}

#[test]
fn nothing_is_kept_for_a_stranger_but_a_connect_within_its_limit() {
    rule!("B-CVE-2023-0809");
    // It is closed at the header, before a byte of the body could be kept.
    for header in ["30FFFFFF7F", "82FFFFFF7F", "F0FFFFFF7F", "10FFFFFF7F"] {
        check(&format!("a: open\n a: raw {header}\n a< closed"));
    }
    let limit = Config { max_connect_size: 100, ..Config::default() };
    check_with(limit.clone(), "a: open\n a: raw 1063\n a< closed");
    // The limit is for the whole packet, header and all; one byte less is waited for, as long as the deadline is.
    check_with(limit, "a: open\n a: raw 1062\n +9\n +2\n a< closed");
}

#[test]
fn packets_that_announce_more_than_they_hold_exhaust_nothing() {
    rule!("B-CVE-2024-36856");
    // A million bytes are announced by each of a hundred clients, and one comes; an honest client does not notice.
    let mut stage = Stage::new(Config::default());
    stage.line("honest: connect");
    stage.line("honest: sub #1 t:0");
    let mut after = Vec::new();
    for _ in 0..2 {
        for n in 0..100 {
            stage.line(&format!("c{n}: connect"));
            stage.line(&format!("c{n}: raw 30 F0FF3F 00"));
        }
        stage.line("honest: pub t x");
        stage.line("honest< pub t x");
        for n in 0..100 {
            stage.line(&format!("c{n}: cut"));
        }
        stage.settled();
        after.push(remembered(&stage.broker));
    }
    assert!(after[1] < after[0] + 60, "{after:?}");
    // Lengths within a packet that reach beyond its end are refused where they stand.
    for packet in ["30 * FFFF 74", "82 * 0001 00 FFFF 74 00", "A2 * 0001 00 FFFF 74", "30 * 0001 74 FFFF7F", "30 * 0001 74 05 260003"] {
        check(&format!("a: connect\n a: raw {packet}\n a< disconnect 0x81\n a< closed"));
    }
}

#[test]
fn what_only_a_server_sends_is_refused_and_nothing_worse() {
    rule!("B-CVE-2021-28166");
    for packet in ["2003000000", "900400010000", "B00400010000", "D000"] {
        let script = "w: connect
             w: sub #1 will:0
             a: connect VER will=will:x
             a: raw PACKET
             LASTa< closed
             w< pub will x
             a: open
             a: raw PACKET
             a< closed
             w: ping
             w< pingresp";
        let script = script.replace("PACKET", packet);
        check(&script.replace("VER", "v5").replace("LAST", "a< disconnect 0x82\n"));
        check(&script.replace("VER", "v311").replace("LAST", ""));
    }
}

#[test]
fn dollar_topics_are_topics() {
    rule!("B-CVE-2018-12543");
    for topic in ["$", "$$", "$/", "$/x", "$x", "$SYSx", "$sys/x", "$share", "$queue/x"] {
        check_each(
            &["v5", "v311"],
            &format!(
                "a: connect VER
                 a: sub #1 {topic}:0 #:0 +/+:0
                 b: connect VER will={topic}:gone
                 b: pub {topic} x retain
                 a< pub {topic} x
                 b: cut
                 a< pub {topic} gone
                 c: connect VER
                 c: sub #1 #:0
                 c: sub #2 {topic}:0
                 c< pub {topic} x retain
                 a: unsub #2 {topic}
                 a: ping
                 a< pingresp"
            ),
        );
    }
    for topic in ["$share/", "$share/g", "$share/g/t"] {
        check(&format!("a: connect\n a: sub #1 $share/g/t:0 #:0\n a: pub {topic} x\n a: ping\n a< pingresp"));
    }
}

#[test]
fn one_id_of_qos_2_takes_one_place_however_often_it_comes() {
    rule!("B-CVE-2023-28366");
    for version in ["v5 expiry=60", "v311"] {
        leaves_nothing(
            Config::default(),
            &format!("a: connect {version} keep\n a: pub t x*40 q2 #7\n a< pubrec #7{}", if version == "v311" { "" } else { " 0x10" }),
            "a: pub t x*40 q2 #7\n a< pubrec #7\n a: pub t x*40 q2 #7 dup\n a< pubrec #7",
        );
    }
    let mut stage = Stage::new(Config::default());
    stage.line("a: connect v311");
    for _ in 0..5 {
        stage.line("a: pub t x q2 #7");
        stage.line("a< pubrec #7");
    }
    let session = stage.broker.session("a").expect("it is connected");
    assert_eq!(stage.broker.slots_in(session.no), [7]);
}

#[test]
fn a_will_with_properties_leaves_nothing_behind() {
    rule!("B-CVE-2023-3592");
    let will = "will=t:gone willct=text willrt=answer willcd=data willup=a:b willup=c:d willmei=9 willpfi=1";
    // Replaced, by goodbye, by a cut and by a takeover; refused for its topic; put off and cancelled.
    leaves_nothing(Config::default(), "a: connect", &format!("b: connect v5 {will}\n b: disconnect\n b< closed"));
    leaves_nothing(Config::default(), "a: connect", &format!("b: connect v5 {will}\n b: cut"));
    leaves_nothing(
        Config::default(),
        "a: connect",
        &format!("b: connect v5 cid=x {will}\n c: connect v5 cid=x {will}\n b< disconnect 0x8E\n b< closed\n c: disconnect\n c< closed"),
    );
    leaves_nothing(
        Config::default(),
        "a: connect",
        &format!("b: connect? v5 {}\n b< connack 0x90\n b< closed", will.replace("=t:", "=#:")),
    );
    leaves_nothing(
        Config::default(),
        "b: connect v5 expiry=60",
        &format!("b: cut\n b: resume expiry=60 delay=30 {will}\n +1\n b: cut\n +1\n b: resume expiry=60"),
    );
}

#[test]
fn a_connect_that_is_refused_leaves_nothing_behind() {
    rule!("B-CVE-2017-7654");
    for refused in [
        "b: connect? v5 cid=x method=NOPE\n b< connack 0x8C",
        "b: connect? v311 keep cid=\"\"\n b< connack 2",
        "b: connect? v5 will=#:x\n b< connack 0x90",
        "b: connect? v5 cid=x mps=8\n b< connack 0x95",
        "b: open\n b: raw 10 * 'MQTT' 06 02 0000 00 'a'\n b< connack 0x84",
        "b: open\n b: raw 10 * 'MQTT' 05 02 0000 00 'a' 00",
        "b: open\n b: raw 10FFFFFF7F",
    ] {
        let answered = if refused.ends_with("'a' 00") { "\n b< connack 0x81" } else { "" };
        leaves_nothing(Config::default(), "a: connect", &format!("{}{answered}\n b< closed", refused.trim_end()));
    }
    let full = Config { max_sessions: 1, ..Config::default() };
    leaves_nothing(full, "a: connect", "b: connect? v5\n b< connack 0x97\n b< closed");
}

#[test]
fn nobody_holds_a_place_by_a_keep_alive_of_his_own_choice() {
    rule!("B-CVE-2020-13849", "D-keep-alive-cap", "B-14");
    let cap = Config { max_keep_alive: 60, ..Config::default() };
    for asked in [0, 61, 65_535] {
        check_with(cap.clone(), &format!("a: connect? v5 ka={asked}\n a< connack 0 ka=60\n +89\n +2\n a< disconnect 0x8D\n a< closed"));
        // Before 5.0 the cap cannot be told, and holds.
        check_with(cap.clone(), &format!("a: connect v311 ka={asked}\n +89\n +2\n a< closed\n ! KeepAliveOver"));
    }
    // Who asks for less gets what was asked for.
    check_with(cap.clone(), "a: connect v311 ka=30\n +44\n +2\n a< closed");
    check_with(cap, "a: connect v311 ka=3600\n +80\n a: ping\n a< pingresp\n +80\n a: ping\n a< pingresp");
}

#[test]
fn a_session_that_ends_while_it_is_taken_over_ends_once() {
    rule!("B-CVE-2025-59946");
    // The old connection's session ends with it, at the very moment the new one asks for it; with a will, a subscription, a share.
    for (expiry, session) in [("", "connack 0"), (" expiry=60", "connack 0 sp")] {
        check(&format!(
            "w: connect
             w: sub #1 will:0
             b: connect v5
             b: sub #1 $share/g/t:1
             a: connect v5 cid=x{expiry} will=will:gone
             a: sub #1 $share/g/t:1
             c: connect? v5 keep cid=x expiry=60
             a< disconnect 0x8E
             a< closed
             w< pub will gone
             c< {session}"
        ));
    }
    // Due at the same instant: the end of the session by time, and the client that comes back for it.
    let mut stage = Stage::new(Config::default());
    stage.line("a: connect v5 expiry=10 will=will:gone delay=10");
    stage.line("a: cut");
    stage.now = stage.now.after_secs(10);
    stage.line("a: connect? v5 keep expiry=10");
    stage.line("a< connack 0 sp");
    stage.line("!! SessionEnded");
    stage.line("!! WillPublished");
    stage.line("+20");
    stage.line("a: cut");
    stage.line("+10");
    stage.line("! SessionEnded");
    stage.settled();
    assert_eq!(stage.broker.sizes(), (0, 0, 0, 0));
}

#[test]
fn coming_again_and_again_leaves_one_session_and_one_owner() {
    rule!("B-CVE-2026-22040");
    let config = Config::default();
    let mut stage = Stage::new(config);
    stage.line("p: connect");
    stage.line("c0: connect v5 cid=x expiry=60");
    stage.line("c0: sub #1 t:1");
    for n in 1..300 {
        let (old, new) = (n - 1, n);
        stage.line(&format!("c{new}: connect? v5 keep cid=x expiry=60"));
        stage.line(&format!("c{old}< disconnect 0x8E"));
        stage.line(&format!("c{old}< closed"));
        stage.line(&format!("c{new}< connack 0 sp"));
    }
    assert_eq!(stage.broker.sizes(), (2, 2, 1, 0));
    stage.line("p: pub! t x q1 #1");
    stage.line("c299< pub t x q1 #1");
    stage.settled();
}

#[test]
fn a_qos_2_message_is_stored_before_it_goes_anywhere() {
    rule!("B-CVE-2026-8741", "D-qos-2-handed-on");
    let mut stage = Stage::new(Config::default());
    ["s: connect v5", "s: sub #1 t:2", "a: connect v5 expiry=60"].into_iter().for_each(|line| stage.line(line));
    let (subscriber, publisher) = (ConnId(1), ConnId(2));
    let frame = Frame::parse(b"\x34\x07\x00\x01t\x00\x07\x00x").expect("a whole packet");
    let mut out = Outbox::default();
    stage.broker.handle(stage.now, Input::Frame { conn: publisher, frame }, &mut out);
    let place = |is: &dyn Fn(&Output) -> bool| out.outputs.iter().position(is).expect("it happens");
    let kept = place(&|it| matches!(it, Output::Event(Event::IdKept { .. })));
    let passed_on = place(&|it| matches!(it, Output::Send { conn, .. } if *conn == subscriber));
    let answered = place(&|it| matches!(it, Output::Send { conn, .. } if *conn == publisher));
    assert!(kept < passed_on && passed_on < answered, "{:?}", out.outputs);
    // The publisher is gone before it hears the answer, and sends again.
    check(
        "s: connect
         s: sub #1 t:0
         a: connect v5 expiry=60
         a: pub! t x q2 #7
         s< pub t x
         a: pub t y q2 #8
         s< pub t y
         a< pubrec #8
         a: cut
         a: resume expiry=60
         a: pub t y q2 #8 dup
         a< pubrec #8
         ! NotPassedOnTwice
         a: pubrel #8
         a< pubcomp #8",
    );
}
