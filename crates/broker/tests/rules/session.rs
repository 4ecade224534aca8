//! What outlives a connection, for how long, and who takes it over.

use crate::harness::rule::rule;
use crate::harness::{check, check_each};

#[test]
fn a_session_is_resumed_with_subscriptions_and_backlog() {
    rule!("MQTT-3.1.2-5", "MQTT-3.1.2-23", "MQTT-3.2.2-3", "MQTT-4.5.0-1", "MQTT-3.1.3-2", "MQTT-4.1.0-1");
    check(
        "a: connect v5 expiry=60
         a: sub #1 t:2
         a: cut
         p: connect
         p: pub t lost
         p: pub! t 1 q1 #1
         p: pub! t 2 q2 #2
         a: resume expiry=60
         a< pub t 1 q1 #1
         a< pub t 2 q2 #2
         a: puback #1
         a: pubrec #2
         a< pubrel #2
         a: pubcomp #2
         p: pub t live
         a< pub t live",
    );
}

#[test]
fn clean_session_0_is_kept() {
    rule!("D-clean-session-0");
    rule!("MQTT311-3.1.2-4", "MQTT311-3.1.2-5", "MQTT311-3.1.3-2", "MQTT311-3.2.2-2", "MQTT311-4.1.0-1", "MQTT311-4.5.0-1");
    rule!("MQTT311-4.1.0-2", "M31-session-present");
    for (version, present) in [("v311", " sp"), ("v31", "")] {
        check(&format!(
            "a: connect {version} keep
             a: sub #1 t:1
             a: disconnect
             a< closed
             p: connect
             p: pub! t 1 q1 #1
             +1000000
             a: connect? {version} keep
             a< connack 0{present}
             a< pub t 1 q1 #1"
        ));
    }
}

#[test]
fn a_clean_start_begins_anew() {
    rule!("MQTT-3.1.2-4", "MQTT-3.1.4-4", "MQTT-3.2.2-2", "MQTT311-3.1.2-6", "MQTT311-3.1.4-3");
    check(
        "p: connect
         a: connect v5 expiry=60
         a: sub #1 t:1
         a: cut
         p: pub! t 1 q1 #1
         a: connect v5 expiry=60
         ! SessionEnded
         p: pub t 2
         a: cut
         a: connect v311
         a: cut
         a: connect v311 keep
         a: cut
         a: connect v311
         a: cut
         a: connect v311 keep",
    );
}

#[test]
fn without_an_interval_it_ends_with_the_connection() {
    rule!("U5-3.1.2.11.2-b", "MQTT-4.1.0-2");
    check("a: connect v5\n a: sub #1 t:1\n a: cut\n ! SessionEnded\n a: connect v5 keep");
}

#[test]
fn it_ends_when_its_interval_is_over() {
    rule!("MQTT-4.1.0-2", "U5-3.1.2.11.2-c", "MQTT-3.2.2-3", "B-23");
    check(
        "a: connect v5 expiry=5
         a: cut
         +4.9
         a: resume expiry=5
         a: cut
         +5.1
         ! SessionEnded
         a: connect v5 keep expiry=4294967295
         a: cut
         +3153600000
         a: resume",
    );
}

#[test]
fn disconnect_may_change_the_interval_but_not_begin_one() {
    rule!("U5-3.14.2.2.2-b", "U5-3.14.2.2.2-c", "U5-3.14.2.2.2-a");
    check(
        "a: connect v5 expiry=60
         a: disconnect expiry=5
         a< closed
         +5.1
         ! SessionEnded
         a: connect v5 expiry=60
         a: disconnect expiry=0
         a< closed
         ! SessionEnded
         a: connect v5 expiry=5
         a: disconnect
         a< closed
         +4
         a: resume
         w: connect
         w: sub #1 will:0
         b: connect v5 will=will:x
         b: disconnect expiry=9
         b< disconnect 0x82
         b< closed
         w< pub will x
         c: connect v5
         c: raw E0 * 00 0A 11000000001100000000
         c< disconnect 0x82
         c< closed",
    );
}

#[test]
fn the_newer_connection_of_a_client_wins() {
    rule!("MQTT-3.1.4-3", "MQTT311-3.1.4-2", "B-1");
    check(
        "p: connect
         a: connect v5 expiry=60
         a: sub #1 t:1
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1
         b: connect? v5 keep cid=a expiry=60
         a< disconnect 0x8E
         a< closed
         b< connack 0 sp
         b< pub t 1 q1 #1 dup
         ! TookOver",
    );
    check_each(
        &["v311", "v31"],
        "a: connect VER
         b: connect? VER cid=a
         a< closed
         b< connack 0",
    );
}

#[test]
fn clients_of_all_versions_share_topics_each_in_its_own_words() {
    rule!("B-28", "MQTT-3.3.2-17");
    check(
        "a: connect v5
         a: sub #1 t:1
         b: connect v311
         b: sub #1 t:1
         c: connect v31
         c: sub #1 t:1
         a: pub t x q1 #1 up=k:v ct=text
         a< pub t x q1 #1 ct=text up=k:v
         b< pub t x q1 #1
         c< pub t x q1 #1
         a< puback #1
         c: pub t y q1 #9
         a< pub t y q1 #2
         b< pub t y q1 #2
         c< pub t y q1 #2
         c< puback #9",
    );
}

#[test]
fn expiry_counts_for_subscribers_that_cannot_be_told() {
    rule!("B-28", "MQTT-3.3.2-5");
    check(
        "b: connect v311 keep
         b: sub #1 t:1
         b: cut
         a: connect v5
         a: pub! t x q1 #1 mei=5
         +6
         b: resume v311
         ! Expired",
    );
}

#[test]
fn retained_messages_are_no_part_of_a_session() {
    rule!("U5-4.1-a", "MQTT311-3.1.2-7");
    check_each(
        &["v5", "v311"],
        "a: connect VER
         a: pub t x retain
         a: disconnect
         a< closed
         b: connect VER
         b: sub #1 t:0
         b< pub t x retain",
    );
}
