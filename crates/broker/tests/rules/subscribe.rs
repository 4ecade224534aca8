//! SUBSCRIBE and UNSUBSCRIBE.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_each, check_with};

#[test]
fn every_request_is_answered_under_its_identifier() {
    rule!("MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-2.2.1-6", "MQTT-3.8.4-6", "MQTT-3.8.4-7", "MQTT-3.9.3-1", "MQTT-3.9.3-2");
    rule!("MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6", "MQTT-3.11.3-1", "MQTT-3.11.3-2", "MQTT-3.8.4-5");
    check(
        "a: connect
         a: sub? #65535 a:0 b:1 c:2 a:1
         a< suback #65535 0,1,2,1
         a: sub #1 d:0
         a: unsub? #32767 a x c
         a< unsuback #32767 0,0x11,0
         a: unsub? #1 a
         a< unsuback #1 0x11
         a: pub b x
         a< pub b x
         a: pub a x q1 #1
         a< puback #1 0x10",
    );
}

#[test]
fn every_request_is_answered_in_3() {
    rule!("MQTT311-3.8.4-1", "MQTT311-3.8.4-2", "MQTT311-2.3.1-7", "MQTT311-3.8.4-4", "MQTT311-3.8.4-5", "MQTT311-3.9.3-1");
    rule!("MQTT311-3.10.4-4", "MQTT311-3.10.4-5", "MQTT311-3.10.4-6", "MQTT311-3.9.3-2");
    check_each(
        &["v311", "v31"],
        "a: connect VER
         a: sub? #65535 a:0 b:1 c:2
         a< suback #65535 0,1,2
         a: unsub #32767 a x c
         a: unsub #1 a
         a: pub b x
         a< pub b x
         a: pub a x",
    );
}

#[test]
fn the_same_filter_again_replaces() {
    rule!("MQTT-3.8.4-3", "MQTT-3.8.4-4", "U5-3.8.2.1.2-c", "MQTT311-3.8.4-3", "B-7", "B-24");
    check(
        "p: connect
         a: connect
         a: sub #1 t:0 id=1
         a: sub #2 t:1 id=2
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1 id=2
         a: sub #3 t:1
         p: pub! t 2 q1 #1
         a< pub t 2 q1 #2
         b: connect v311
         b: sub #1 t:0
         b: sub #2 t:1
         p: pub! t 3 q1 #1
         a< pub t 3 q1 #3
         b< pub t 3 q1 #1",
    );
}

#[test]
fn overlapping_subscriptions_give_one_copy_with_all_identifiers() {
    rule!("D-overlap");
    rule!("MQTT-3.3.4-2", "MQTT-3.3.4-3", "MQTT-3.3.4-4", "MQTT311-3.3.5-1", "B-6", "B-7", "MQTT-4.5.0-1");
    check(
        "p: connect
         a: connect v5 expiry=60
         a: sub #1 a/#:0p id=5
         a: sub #2 a/b:2 id=9
         a: sub #3 a/+:1 id=5
         a: sub #4 +/b:1
         b: connect v311
         b: sub #1 a/#:0
         b: sub #2 a/b:2
         p: pub! a/b x q2 #1 retain
         a< pub a/b x q2 #1 retain id=5,9,5
         b< pub a/b x q2 #1
         a: pubrec #1
         a< pubrel #1
         a: pubcomp #1
         a: cut
         a: resume
         p: pub a/c y
         a< pub a/c y id=5,5
         b< pub a/c y",
    );
}

#[test]
fn identifiers_are_each_clients_own() {
    rule!("U5-3.3.4-d", "U5-3.3.4-e", "B-7", "U5-3.3.2.3.8-a");
    check(
        "p: connect
         p: pub t old retain
         a: connect
         a: sub #1 t:0 id=5
         a< pub t old retain id=5
         b: connect
         b: sub #1 t:0 id=268435455
         b< pub t old retain id=268435455
         p: pub t x
         a< pub t x id=5
         b< pub t x id=268435455",
    );
}

#[test]
fn a_client_does_not_send_identifiers() {
    rule!("MQTT-3.3.4-6", "U5-3.3.2.3.8-a");
    check("s: connect\n s: sub #1 t:0\n a: connect\n a: pub t x id=5\n a< disconnect 0x82\n a< closed");
}

#[test]
fn no_local_spares_the_publisher_only() {
    rule!("MQTT-3.8.3-3");
    check(
        "a: connect v5 expiry=60
         a: sub #1 t:0n
         b: connect
         b: sub #1 t:0n
         a: pub t x
         b< pub t x
         ! NoLocal
         b: pub t y
         a< pub t y
         a: cut
         a: resume
         a: pub t z
         b< pub t z
         a: sub #2 t:0
         a: pub t mine
         a< pub t mine
         b< pub t mine",
    );
}

#[test]
fn unsubscribe_compares_byte_for_byte() {
    rule!("MQTT-3.10.4-1", "MQTT-3.10.4-2", "MQTT311-3.10.4-1", "MQTT311-3.10.4-2");
    check(
        "p: connect
         a: connect
         a: sub #1 a/+:0
         a: unsub? #2 a/b
         a< unsuback #2 0x11
         p: pub a/b x
         a< pub a/b x
         a: unsub #3 a/+
         p: pub a/b y",
    );
}

#[test]
fn badly_formed_filters_are_refused_one_by_one() {
    rule!("MQTT-4.7.1-1", "MQTT-4.7.1-2", "MQTT-4.8.2-1", "MQTT-4.8.2-2", "MQTT311-4.7.1-2", "MQTT311-4.7.1-3", "MQTT-4.7.3-1");
    for filter in ["a#", "a/#/b", "#/a", "a+", "+a/b", "$share//a", "$share/g", "$share/g/", "$share/g+/a", "\"\""] {
        check(&format!(
            "a: connect
             a: sub? #1 ok/1:0 {filter}:0 ok/2:1
             a< suback #1 0,0x8F,1
             a: pub ok/2 x
             a< pub ok/2 x
             a: unsub? #2 {filter} ok/1
             a< unsuback #2 0x8F,0"
        ));
        if filter.starts_with("$share") {
            continue;
        }
        check(&format!(
            "a: connect v311
             a: sub? #1 ok/1:0 {filter}:0
             a< suback #1 0,0x80
             a: unsub? #2 {filter}
             a< closed
             b: connect v31
             b: sub? #1 ok/1:0 {filter}:0
             b< closed"
        ));
    }
    for filter in ["a/#", "#", "+", "+/+", "a/+/b", "/+", "/", "$share", "$sharex/a"] {
        check(&format!("a: connect\n a: sub #1 {filter}:0\n a: unsub #2 {filter}"));
    }
}

#[test]
fn malformed_requests_end_the_connection() {
    rule!("MQTT-3.8.1-1", "MQTT-3.8.3-1", "MQTT-3.8.3-2", "MQTT-3.8.3-5", "U5-3.8.3-a", "U5-3.8.3.1-a", "U5-3.8.3.1-b");
    rule!("U5-3.8.2.1.2-a", "U5-3.8.2.1.2-b", "MQTT-3.10.1-1", "MQTT-3.10.3-1", "MQTT-3.10.3-2", "U5-3.10.3-a", "MQTT-2.2.1-3");
    rule!("MQTT-3.8.3-4");
    let v5 = [
        ("80 * 0001 00 'a' 00", "0x81"),
        ("81 * 0001 00 'a' 00", "0x81"),
        ("8A * 0001 00 'a' 00", "0x81"),
        ("82 * 0001 00 0001FF 00", "0x81"),
        ("82 * 0001 00", "0x82"),
        ("82 * 0001 00 'a'", "0x81"),
        ("82 * 0001 00 'a' 40", "0x81"),
        ("82 * 0001 00 'a' 80", "0x81"),
        ("82 * 0001 00 'a' 03", "0x82"),
        ("82 * 0001 00 'a' 30", "0x82"),
        ("82 * 0001 00 '$share/g/a' 04", "0x82"),
        ("82 * 0001 02 0B00 'a' 00", "0x82"),
        ("82 * 0001 04 0B010B01 'a' 00", "0x82"),
        ("82 * 0000 00 'a' 00", "0x82"),
        ("A0 * 0001 00 'a'", "0x81"),
        ("A3 * 0001 00 'a'", "0x81"),
        ("A2 * 0001 00 0001FF", "0x81"),
        ("A2 * 0001 00", "0x82"),
        ("A2 * 0000 00 'a'", "0x82"),
    ];
    for (bytes, code) in v5 {
        check(&format!("a: connect\n a: raw {bytes}\n a< disconnect {code}\n a< closed"));
    }
}

#[test]
fn malformed_requests_close_in_3() {
    rule!("MQTT311-3.8.1-1", "MQTT311-3.8.3-1", "MQTT311-3.8.3-3", "MQTT311-3.8.3-4", "MQTT311-3.10.1-1", "MQTT311-3.10.3-1");
    rule!("MQTT311-3.10.3-2", "MQTT311-2.3.1-1");
    let v311 = [
        "80 * 0001 'a' 00",
        "8A * 0001 'a' 00",
        "82 * 0001 0001FF 00",
        "82 * 0001",
        "82 * 0001 'a'",
        "82 * 0001 'a' 03",
        "82 * 0001 'a' 04",
        "82 * 0001 'a' 80",
        "82 * 0000 'a' 00",
        "A0 * 0001 'a'",
        "A2 * 0001 0001FF",
        "A2 * 0001",
        "A2 * 0000 'a'",
        "32 * 'a' 0000",
        "34 * 'a' 0000",
    ];
    for bytes in v311 {
        check(&format!("a: connect v311\n a: raw {bytes}\n a< closed"));
    }
}

#[test]
fn flags_of_3_1_may_say_that_a_request_is_sent_again() {
    rule!("M31-dup-flags");
    check(
        "a: connect v31
         a: raw 8A * 0001 'a' 01
         a< suback #1 1
         a: raw AA * 0002 'a'
         a< unsuback #2
         a: pub t x q2 #1
         a< pubrec #1
         a: raw 6A020001
         a< pubcomp #1",
    );
}

#[test]
fn subscriptions_are_limited() {
    rule!("MQTT-3.8.4-7", "MQTT311-3.9.3-2");
    check_with(
        Config { max_subscriptions: 1, max_filters_per_packet: 3, ..Config::default() },
        "a: connect
         a: sub? #1 a:0 b:0 a:1
         a< suback #1 0,0x97,1
         a: pub b x
         a: sub? #2 a:0 b:0 c:0 d:0
         a< disconnect 0x97
         a< closed
         b: connect v311
         b: sub? #1 a:0 b:0
         b< suback #1 0,0x80",
    );
}

#[test]
fn a_stream_is_not_torn_by_subscribing_anew() {
    rule!("MQTT-3.8.4-4", "MQTT311-3.8.4-3", "B-24");
    let again: String = (1..20).map(|n| format!("a: sub #{n} t:1h2\n p: pub! t {n} q1 #1\n a< pub t {n} q1 #{n}\n")).collect();
    check(&format!("p: connect\n a: connect\n {again}"));
}
