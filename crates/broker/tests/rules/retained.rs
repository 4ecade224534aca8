//! Retained messages.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_each, check_with};

#[test]
fn the_last_one_of_each_topic_is_kept() {
    rule!("D-suback-first");
    // SUBACK comes before the messages: the order that is easiest to read.
    rule!("U5-3.8.4-b", "B-24");
    rule!("MQTT-3.3.1-5", "U5-3.3.1.3-a", "U5-3.3.1.3-b", "MQTT311-3.3.1-5", "MQTT311-3.3.1-6", "MQTT311-3.3.1-7", "MQTT311-3.3.1-8");
    check_each(
        &["v5", "v311", "v31"],
        "p: connect VER
         p: pub a/1 old retain
         l: connect
         l: sub #1 a/1:0h2
         p: pub! a/1 new q1 #1 retain
         l< pub a/1 new
         l: cut
         p: pub b zero retain
         p: pub c/d x retain
         s: connect VER
         s: sub #1 #:2
         s< pub a/1 new q1 #1 retain
         s< pub b zero retain
         s< pub c/d x retain
         s: sub #2 a/+:0
         s< pub a/1 new retain
         s: sub #3 c/d/#:0
         s< pub c/d x retain",
    );
}

#[test]
fn an_empty_one_removes_and_is_delivered() {
    rule!("MQTT-3.3.1-6", "MQTT-3.3.1-7", "MQTT311-3.3.1-10", "MQTT311-3.3.1-11", "B-4");
    check_each(
        &["v5", "v311"],
        r#"p: connect
         live: connect VER
         live: sub #1 t:0
         p: pub t x retain
         live< pub t x
         p: pub t "" retain
         live< pub t ""
         ! RetainedCleared
         p: pub t "" retain
         live< pub t ""
         !! Retained
         s: connect VER
         s: sub #1 t:0"#,
    );
}

#[test]
fn retain_0_touches_nothing() {
    rule!("MQTT-3.3.1-8", "MQTT311-3.3.1-12", "MQTT311-3.3.1-9", "MQTT-3.3.1-12");
    check(
        r#"p: connect
         p: pub t 1 retain
         p: pub t 2
         p: pub t ""
         s: connect
         s: sub #1 t:0
         s< pub t 1 retain
         p: pub t 3 retain
         s< pub t 3"#,
    );
}

#[test]
fn retain_handling_says_when_they_are_sent() {
    rule!("MQTT-3.3.1-9", "MQTT-3.3.1-10", "MQTT-3.3.1-11", "B-4");
    check(
        "p: connect
         p: pub t x retain
         s: connect v5 expiry=60
         s: sub #1 t:0
         s< pub t x retain
         s: sub #2 t:0
         s< pub t x retain
         s: sub #3 t:0h1
         s: unsub #4 t
         s: sub #5 t:0h1
         s< pub t x retain
         s: cut
         s: resume
         s: sub #6 t:0h1
         s: sub #7 t:0h2
         s: unsub #8 t
         s: sub #9 t:0h2
         p: pub t live
         s< pub t live",
    );
}

#[test]
fn retain_as_published_keeps_the_flag() {
    rule!("MQTT-3.3.1-12", "MQTT-3.3.1-13", "U5-3.3.1.3-a");
    check(
        "p: connect
         a: connect
         a: sub #1 t:0
         b: connect
         b: sub #1 t:0p
         p: pub t 1 retain
         a< pub t 1
         b< pub t 1 retain
         p: pub t 2
         a< pub t 2
         b< pub t 2
         b: sub #2 t:0
         b< pub t 1 retain",
    );
}

#[test]
fn they_expire() {
    rule!("MQTT-3.3.2-5", "MQTT-3.3.2-6", "U5-3.3.1.3-c", "B-10", "B-4");
    check(
        "p: connect
         p: pub t 1 retain
         p: pub t 2 retain mei=10
         +4
         s: connect
         s: sub #1 t:0
         s< pub t 2 retain mei=6
         +6
         s: sub #2 t:0",
    );
}

#[test]
fn expired_ones_take_no_room_although_nobody_asks_for_them() {
    rule!("B-4", "B-10", "MQTT-3.3.2-5");
    check_with(
        Config { max_retained: 2, ..Config::default() },
        r#"p: connect
         p: pub a 1 retain mei=20
         p: pub b 1 retain mei=5
         p: pub a 2 retain mei=10
         +5
         ! RetainedCleared
         p: pub c 1 retain
         ! RetainedSet
         p: pub a "" retain
         p: pub d 1 retain mei=60
         ! RetainedSet
         +30
         !! RetainedCleared
         +30
         ! RetainedCleared"#,
    );
}

#[test]
fn they_keep_their_properties() {
    rule!("MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-18", "MQTT-3.3.2-20", "B-4", "B-9");
    check(
        "p: connect
         p: pub t x retain pfi=1 ct=text rt=re/1 cd=12 up=a:1 up=b:2 up=a:3
         s: connect
         s: sub #1 t:0 id=7
         s< pub t x retain pfi=1 ct=text rt=re/1 cd=12 up=a:1 up=b:2 up=a:3 id=7",
    );
}

#[test]
fn no_local_spares_the_one_who_retained() {
    rule!("D-retained-no-local");
    rule!("B-5", "MQTT-3.8.3-3");
    check(
        "a: connect v5 expiry=60
         a: pub t x retain
         a: sub #1 t:0n
         a: cut
         a: resume expiry=60
         a: sub #1 t:0n
         a: sub #2 t:0
         a< pub t x retain
         b: connect
         b: sub #1 t:0n
         b< pub t x retain",
    );
}

#[test]
fn their_number_is_limited() {
    rule!("B-4");
    check_with(
        Config { max_retained: 1, ..Config::default() },
        "p: connect
         p: pub a 1 retain
         p: pub b 1 retain
         !! RetainedSet
         p: pub a 2 retain
         ! RetainedSet
         s: connect
         s: sub #1 #:0
         s< pub a 2 retain",
    );
}
