//! The will: when it goes out, when it does not, and as what.

use crate::harness::rule::rule;
use crate::harness::{check, check_each};

const WATCH: &str = "w: connect v5\n w: sub #1 will:2\n";

#[test]
fn it_goes_out_at_every_end_but_a_goodbye() {
    rule!("MQTT-3.1.2-7", "MQTT-3.1.2-8", "MQTT-3.14.4-3", "U5-3.14.2.1-a", "U5-3.14.2.1-b", "MQTT311-3.1.2-8", "B-2");
    rule!("MQTT311-3.14.4-3", "MQTT311-3.1.2-12", "MQTT-4.13.2-1");
    let ends = [
        ("a: cut", true),
        ("a: gone", true),
        ("a: raw 0000\n a< disconnect 0x81\n a< closed", true),
        ("a: disconnect\n a< closed", false),
        ("a: raw E00100\n a< closed", false),
        ("a: disconnect 0x04\n a< closed", true),
        ("a: disconnect 0x80\n a< closed", true),
    ];
    for (end, goes_out) in ends {
        let seen = if goes_out { "w< pub will x" } else { "! WillDiscarded" };
        check(&format!("{WATCH} a: connect v5 will=will:x\n {end}\n {seen}"));
        check(&format!("{WATCH} a: connect v5\n {end}\n !! WillPublished"));
    }
    for version in ["v311", "v31"] {
        for (end, goes_out) in [("a: cut", true), ("a: raw 0000\n a< closed", true), ("a: disconnect\n a< closed", false)] {
            let seen = if goes_out { "w< pub will x" } else { "! WillDiscarded" };
            check(&format!("{WATCH} a: connect {version} will=will:x\n {end}\n {seen}"));
        }
    }
}

#[test]
fn it_goes_out_once() {
    rule!("MQTT-3.1.2-10", "MQTT311-3.1.2-10");
    check_each(
        &["v5", "v311"],
        "w: connect
         w: sub #1 will:0
         a: connect VER keep expiry=60 will=will:x
         a: cut
         w< pub will x
         a: resume VER expiry=60
         a: cut",
    );
}

#[test]
fn it_has_its_qos_and_retain() {
    rule!("MQTT-3.1.2-14", "MQTT-3.1.2-15", "MQTT311-3.1.2-16", "MQTT311-3.1.2-17");
    check_each(
        &["v5", "v311", "v31"],
        "w: connect
         w: sub #1 #:2
         a: connect VER will=keep:1 willretain willqos=1
         a: cut
         w< pub keep 1 q1 #1
         w: puback #1
         a: connect VER will=lose:1 willqos=2
         a: cut
         w< pub lose 1 q2 #2
         n: connect
         n: sub #1 #:0
         n< pub keep 1 retain",
    );
}

#[test]
fn it_waits_for_its_delay_or_the_end_of_the_session() {
    rule!("MQTT-3.1.2-8", "U5-3.1.3.2.2-b", "B-3");
    for (options, seconds) in [("delay=5 expiry=60", 5.0), ("delay=5 expiry=2", 2.0), ("delay=100 expiry=2", 2.0)] {
        check(&format!("{WATCH} a: connect v5 will=will:x {options}\n a: cut\n +{}\n +0.2\n w< pub will x\n +200", seconds - 0.1));
    }
    check(&format!("{WATCH} a: connect v5 will=will:x delay=100\n a: cut\n w< pub will x"));
    check(&format!("{WATCH} a: connect v5 will=will:x delay=100 expiry=60\n a: disconnect 0x04 expiry=0\n a< closed\n w< pub will x"));
}

#[test]
fn coming_back_in_time_cancels_it() {
    rule!("MQTT-3.1.3-9", "B-3");
    check(&format!("{WATCH} a: connect v5 will=will:x delay=5 expiry=60\n a: cut\n +3\n a: resume expiry=60\n +20"));
    check(&format!("{WATCH} a: connect v5 will=will:x delay=5 expiry=60\n a: cut\n +3\n a: connect v5 expiry=60\n w< pub will x\n +20"));
}

#[test]
fn a_takeover_is_an_end_like_others() {
    rule!("D-will-takeover");
    rule!("U5-3.1.4-b", "B-1");
    for (options, comes, goes_out) in [
        ("expiry=60", "keep", true),
        ("expiry=60 delay=5", "keep", false),
        ("expiry=60 delay=5", "", true),
        ("delay=5", "keep", true),
        ("", "", true),
    ] {
        let present = if options.contains("expiry") && comes == "keep" { " sp" } else { "" };
        let seen = if goes_out { "w< pub will x" } else { "" };
        check(&format!(
            "{WATCH} a: connect v5 will=will:x {options}
             b: connect? v5 cid=a {comes} expiry=60
             a< disconnect 0x8E
             a< closed
             {seen}
             b< connack 0{present}
             +20"
        ));
    }
}

#[test]
fn its_properties_come_through_but_the_delay() {
    rule!("MQTT-3.1.3-10", "U5-3.1.3.2.2-c", "U5-3.1.3.2.4-b", "MQTT-3.3.2-15", "B-9");
    check(
        "w: connect
         w: sub #1 will:0
         a: connect v5 expiry=60 delay=5 will=will:x willmei=10 willpfi=1 willct=text willrt=re willcd=12 willup=a:1 willup=b:2 willup=a:3
         a: cut
         +5
         w< pub will x pfi=1 ct=text rt=re cd=12 up=a:1 up=b:2 up=a:3 mei=10",
    );
}

#[test]
fn a_topic_that_nobody_can_publish_to_is_refused_at_once() {
    rule!("MQTT-3.3.2-2", "MQTT-4.7.0-1", "MQTT311-4.7.1-1");
    check("a: connect? v5 will=a/#:x\n a< connack 0x90\n a< closed\n b: connect? v311 will=+:x\n b< closed");
}

#[test]
fn the_last_words_of_two_clients_end_no_turn_in_a_knot() {
    rule!("B-2", "U5-4.13.1-b");
    // Each will goes to the other's session, which is away; both sessions end at once.
    check(
        "a: connect v5 expiry=5 delay=10 will=from/a:x
         a: sub #1 from/b:1
         b: connect v5 expiry=5 delay=10 will=from/b:y
         b: sub #1 from/a:1
         a: cut
         b: cut
         +5
         ! SessionEnded
         +10",
    );
}
