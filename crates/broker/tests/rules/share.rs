//! Shared subscriptions.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_each, check_with};

#[test]
fn each_message_goes_to_one_member_in_turn() {
    rule!("U5-4.8.2-a", "MQTT-4.8.2-3", "B-8", "MQTT-4.8.2-1", "MQTT-4.8.2-2");
    check_each(
        &["v5", "v311"],
        "p: connect
         a: connect VER
         a: sub #1 $share/g/t/#:1
         b: connect VER
         b: sub #1 $share/g/t/#:0
         p: pub! t/x 1 q1 #1
         a< pub t/x 1 q1 #1
         p: pub! t/x 2 q1 #1
         b< pub t/x 2
         p: pub! t/x 3 q2 #1
         a< pub t/x 3 q1 #2
         p: pub t/x 4
         b< pub t/x 4",
    );
}

#[test]
fn members_with_a_connection_come_first() {
    rule!("B-8", "U5-4.8.2-a");
    check(
        "p: connect
         a: connect v5 expiry=60
         a: sub #1 $share/g/t:1
         b: connect v5 expiry=60
         b: sub #1 $share/g/t:1
         b: cut
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         a< pub t 2 q1 #2
         a: puback #1
         a: puback #2
         a: cut
         p: pub! t 3 q1 #1
         p: pub! t 4 q1 #1
         b: resume expiry=60
         b< pub t 3 q1 #1
         a: resume expiry=60
         a< pub t 4 q1 #3",
    );
}

#[test]
fn groups_and_plain_subscriptions_are_independent() {
    rule!("U5-4.8.2-d", "U5-4.8.2-e", "U5-3.3.4-d");
    check(
        "p: connect
         a: connect
         a: sub #1 $share/g1/t:0 id=1
         a: sub #2 $share/g2/+:0 id=2
         a: sub #3 t:1 id=3
         b: connect
         b: sub #1 $share/g1/#:0
         p: pub! t x q1 #1
         a< pub t x q1 #1 id=3
         b< pub t x
         a< pub t x id=1
         a< pub t x id=2",
    );
}

#[test]
fn joining_twice_counts_once() {
    rule!("U5-4.8.2-b", "U5-3.10.4-a");
    check(
        "p: connect
         a: connect
         a: sub #1 $share/g/t:0 id=1
         a: sub #2 $share/g/t:1 id=2
         b: connect
         b: sub #1 $share/g/t:0
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1 id=2
         p: pub t 2
         b< pub t 2
         a: unsub #3 $share/g/t
         p: pub t 3
         b< pub t 3
         p: pub t 4
         b< pub t 4
         a: unsub? #4 $share/g/t
         a< unsuback #4 0x11
         b: unsub #2 $share/g/t
         p: pub t 5 q1 #9
         p< puback #9 0x10",
    );
}

#[test]
fn retained_messages_are_not_shared_out() {
    rule!("U5-3.8.4-a", "MQTT-4.7.2-1", "B-4");
    check("p: connect\n p: pub t x retain\n a: connect\n a: sub #1 $share/g/t:0 $share/g/#:0\n p: pub $foo x");
}

#[test]
fn qos_2_stays_with_the_member_that_began_it() {
    rule!("MQTT-4.8.2-4", "MQTT-4.8.2-5", "B-8");
    check(
        "p: connect
         a: connect v5 expiry=60
         a: sub #1 $share/g/t:2
         b: connect v5 expiry=60
         b: sub #1 $share/g/t:2
         p: pub! t 1 q2 #1
         a< pub t 1 q2 #1
         a: cut
         +5
         a: resume expiry=60
         a< pub t 1 q2 #1 dup
         a: cut
         +61
         ! SessionEnded",
    );
}

#[test]
fn qos_1_moves_on_when_its_members_session_ends() {
    rule!("D-shared-qos-1");
    rule!("U5-4.8.2-c", "B-8");
    check(
        "p: connect
         a: connect v5 expiry=60 rm=1
         a: sub #1 $share/g/t:1
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         b: connect v5
         b: sub #1 $share/g/t:1 id=7
         a: cut
         b< pub t 2 q1 #1 id=7
         +61
         b< pub t 1 q1 #2 id=7
         !! Dropped
         // The last of a group has nobody to leave it to.
         b: cut
         ! Dropped { client: \"b\", message: 2, why: SessionEnded }
         ! Dropped { client: \"b\", message: 1, why: SessionEnded }",
    );
}

#[test]
fn the_backlog_goes_with_the_group() {
    rule!("U5-3.10.4-a");
    check(
        "p: connect
         a: connect v5 expiry=60 rm=1
         a: sub #1 $share/g/t:1
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         a: unsub #2 $share/g/t
         ! Dropped
         a: puback #1
         a: sub #3 $share/g/t:1
         p: pub! t 3 q1 #1
         a< pub t 3 q1 #2",
    );
}

#[test]
fn a_refusal_is_the_groups() {
    rule!("MQTT-4.8.2-6", "B-8");
    check(
        "p: connect
         a: connect v5
         a: sub #1 $share/g/t:2
         b: connect v5
         b: sub #1 $share/g/t:2
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1
         a: puback #1 0x80
         p: pub! t 2 q2 #1
         b< pub t 2 q2 #1
         b: pubrec #1 0x80
         a: cut
         b: cut",
    );
}

#[test]
fn what_one_member_cannot_take_goes_to_another() {
    rule!("D-shared-too-large");
    rule!("U5-3.1.2.11.4-b", "B-11");
    check_with(
        Config { max_queued: 1, ..Config::default() },
        "p: connect
         small: connect v5 mps=50
         small: sub #1 $share/g/t:1
         large: connect v5 rm=1
         large: sub #1 $share/g/t:1
         p: pub t x*100
         large< pub t <100>
         p: pub t x
         small< pub t x
         p: pub! t 1 q1 #1
         large< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         small< pub t 2 q1 #1
         p: pub! t 3 q1 #1
         ! Queued
         p: pub! t 4 q1 #1
         small< pub t 4 q1 #2
         p: pub! t 5 q1 #1
         small< pub t 5 q1 #3",
    );
}

#[test]
fn a_session_resumes_its_memberships() {
    rule!("B-8", "MQTT-3.1.2-5");
    check(
        "p: connect
         a: connect v5 expiry=60
         a: sub #1 $share/g/t:1p id=3
         a: cut
         p: pub! t 1 q1 #1
         a: resume expiry=60
         a< pub t 1 q1 #1 id=3
         a: puback #1
         p: pub t 2 retain
         a< pub t 2 retain id=3
         a: cut
         a: connect v5
         p: pub t 3",
    );
}
