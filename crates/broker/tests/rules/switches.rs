//! Optional capabilities that are switched off, and what is said of refusals.

use broker::Config;
use mqtt::QoS;

use crate::harness::rule::rule;
use crate::harness::{check, check_with};

#[test]
fn maximum_qos() {
    rule!("MQTT-3.2.2-9", "MQTT-3.2.2-10", "MQTT-3.2.2-11", "MQTT-3.2.2-12", "U5-3.2.2.3.4-a");
    for (maximum, qos) in [(0, QoS::AtMostOnce), (1, QoS::AtLeastOnce)] {
        let more = maximum + 1;
        check_with(
            Config { maximum_qos: qos, ..Config::default() },
            &format!(
                "a: connect?
                 a< connack 0 qos={maximum}
                 a: sub? #1 a:0 b:1 c:2
                 a< suback #1 0,{},{maximum}
                 w: connect v311
                 w: sub #1 a:0
                 b: connect? v5 will=t:x willqos={more}
                 b< connack 0x9B
                 b< closed
                 why Maximum QoS
                 c: connect? v311 will=t:x willqos={more}
                 c< closed
                 a: pub a x q{more} #1
                 a< disconnect 0x9B
                 a< closed
                 w: pub a x q{more} #1
                 w< closed",
                1.min(maximum)
            ),
        );
    }
}

#[test]
fn retain_available() {
    rule!("MQTT-3.2.2-13", "MQTT-3.2.2-14", "U5-3.2.2.3.5-a");
    check_with(
        Config { retain_available: false, ..Config::default() },
        "a: connect?
         a< connack 0 retain=0
         b: connect? v5 will=t:x willretain
         b< connack 0x9A
         b< closed
         a: pub t x retain
         a< disconnect 0x9A
         a< closed
         why RETAIN 0
         c: connect v311
         c: pub t x retain
         c< closed",
    );
}

#[test]
fn wildcards_available() {
    rule!("U5-3.2.2.3.11-a", "MQTT311-3.8.3-2");
    check_with(
        Config { wildcards_available: false, ..Config::default() },
        "a: connect?
         a< connack 0 wild=0
         a: sub #1 t:0
         a: sub? #2 t:1 a/+:0
         a< disconnect 0xA2
         a< closed
         b: connect v311
         b: sub? #1 t:1 a/#:1
         b< suback #1 1,0x80
         c: connect v31
         c: sub? #1 #:1
         c< closed",
    );
}

#[test]
fn subscription_identifiers_available() {
    rule!("U5-3.2.2.3.12-a");
    check_with(
        Config { subscription_identifiers_available: false, ..Config::default() },
        "a: connect?
         a< connack 0 subid=0
         a: sub #1 t:0
         a: sub? #2 t:1 id=1
         a< disconnect 0xA1
         a< closed",
    );
}

#[test]
fn shared_subscriptions_available() {
    rule!("U5-3.2.2.3.13-a");
    check_with(
        Config { shared_subscriptions_available: false, ..Config::default() },
        "a: connect?
         a< connack 0 shared=0
         a: sub? #2 $share/g/t:1
         a< disconnect 0x9E
         a< closed
         b: connect v311
         b: sub? #1 t:1 $share/g/t:1
         b< suback #1 1,0x80",
    );
}

#[test]
fn response_information_for_whom_asks() {
    rule!("MQTT-3.1.2-28", "U5-3.2.2.3.15-a");
    check_with(
        Config { response_information: Some("answers/%c/".into()), ..Config::default() },
        "a: connect? v5 rri=1
         a< connack 0 info=answers/a/
         b: connect v5 rri=0
         c: connect v5
         d: connect v311",
    );
    check("a: connect v5 rri=1");
}

#[test]
fn refusals_say_why_in_words() {
    rule!("B-26", "U5-3.1.2.11.7-b");
    check(
        "a: connect
         a: sub? #1 a#:0
         a< suback #1 0x8F
         why # that shares its level
         a: unsub? #1 +a
         a< unsuback #1 0x8F
         why + that shares its level
         a: pubrel #9
         a< pubcomp #9 0x92
         why No exchange
         a: pubrec #9
         a< pubrel #9 0x92
         why No exchange
         a: pub $SYS/x y q1 #1
         a< puback #1 0x87
         why $SYS
         a: raw 36 * 'a' 0001 00
         a< disconnect 0x81
         a< closed
         why QoS must be 0, 1 or 2
         b: connect? v5 method=NOPE
         b< connack 0x8C
         b< closed
         why Authentication Method
         c: open
         c: raw 10 * 'MQTT' 05 03 0000 00 'a'
         c< connack 0x81
         c< closed
         why Connect Flags",
    );
}

#[test]
fn who_does_not_want_words_gets_them_only_at_the_ends() {
    rule!("MQTT-3.1.2-29");
    check(
        "a: connect v5 rpi=0
         a: sub? #1 a#:0
         a< suback #1 0x8F
         no why
         a: unsub? #1 +a
         a< unsuback #1 0x8F
         no why
         a: pubrel #9
         a< pubcomp #9 0x92
         no why
         a: pub $SYS/x y q2 #1
         a< pubrec #1 0x87
         no why
         a: raw 0000
         a< disconnect 0x81
         a< closed
         why type 0",
    );
}

#[test]
fn words_never_make_a_packet_too_large() {
    rule!("MQTT-3.2.2-19", "MQTT-3.4.2-2", "MQTT-3.5.2-2", "MQTT-3.6.2-2", "MQTT-3.7.2-2", "MQTT-3.9.2-1", "MQTT-3.11.2-1");
    rule!("MQTT-3.14.2-3");
    // The server adds no User Property to any of them.
    rule!(
        "MQTT-3.2.2-20",
        "MQTT-3.4.2-3",
        "MQTT-3.5.2-3",
        "MQTT-3.6.2-3",
        "MQTT-3.7.2-3",
        "MQTT-3.9.2-2",
        "MQTT-3.11.2-2",
        "MQTT-3.14.2-4"
    );
    check(
        "a: connect v5 mps=30
         a: sub? #1 a#:0
         a< suback #1 0x8F
         no why
         a: unsub? #1 +a
         a< unsuback #1 0x8F
         no why
         a: pubrel #9
         a< pubcomp #9 0x92
         no why
         a: pubrec #9
         a< pubrel #9 0x92
         no why
         a: pub $SYS/x y q1 #1
         a< puback #1 0x87
         no why
         a: pub $SYS/x y q2 #1
         a< pubrec #1 0x87
         no why
         a: raw 0000
         a< disconnect 0x81
         a< closed
         no why
         b: connect? v5 mps=20 method=NOPE
         b< connack 0x8C
         b< closed
         no why",
    );
}

#[test]
fn the_servers_topics_are_its_own() {
    rule!("D-sys-publish", "D-qos-2-refused");
    rule!("B-16", "U5-4.7.2-a", "MQTT311-3.3.5-2", "MQTT-4.3.3-9");
    check(
        "s: connect
         s: sub #1 $SYS/#:0 $SYSTEM:0
         a: connect
         a: pub $SYS x
         a: pub $SYS/broker x retain
         a: pub $SYS/x y q2 #1
         a< pubrec #1 0x87
         a: pub $SYSTEM y q2 #1
         s< pub $SYSTEM y
         a< pubrec #1
         b: connect v311
         b: pub $SYS/x y q1 #1
         b< puback #1
         b: pub $SYS/x y q2 #1
         b< pubrec #1
         b: pubrel #1
         b< pubcomp #1
         t: connect
         t: sub #1 $SYS/#:0
         c: connect? v5 will=$SYS/x:y
         c< connack 0x87
         c< closed
         d: connect? v311 will=$SYS/x:y
         d< connack 5
         d< closed",
    );
}
