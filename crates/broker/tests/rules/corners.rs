//! Corners where two rules meet.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_with};

#[test]
fn a_message_that_was_under_way_and_is_too_large_for_the_new_connection_counts_as_delivered() {
    rule!("MQTT-3.1.2-24", "MQTT-3.1.2-25", "B-11", "B-22");
    check(
        "p: connect
         s: connect v5 expiry=60
         s: sub #1 t:2
         p: pub! t x*40 q1 #1
         s< pub t xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx q1 #1
         p: pub! t y q1 #2
         s< pub t y q1 #2
         s: cut
         s: connect? v5 keep expiry=60 mps=40
         s< connack 0 sp
         s< pub t y q1 #2 dup
         ! TooLarge
         s: puback #2
         s: cut
         s: resume expiry=60",
    );
}

#[test]
fn a_message_that_expires_before_another_member_takes_it_goes_nowhere() {
    rule!("U5-4.8.2-c", "MQTT-3.3.2-5", "B-10");
    check(
        "p: connect
         a: connect v5 expiry=60
         a: sub #1 $share/g/t:1
         p: pub! t x q1 #1 mei=5
         a< pub t x q1 #1 mei=5
         b: connect v5 expiry=600
         b: sub #1 $share/g/t:1
         a: cut
         +61
         ! Expired
         !! Queued",
    );
}

#[test]
fn memberships_count_as_subscriptions_and_unsubscribe_has_a_limit_too() {
    rule!("MQTT-3.8.4-7", "MQTT311-3.9.3-2", "B-26");
    check_with(
        Config { max_subscriptions: 1, max_filters_per_packet: 2, ..Config::default() },
        "a: connect
         a: sub? #1 a:0 $share/g/t:0
         a< suback #1 0,0x97
         p: connect
         p: pub t x
         a: unsub? #2 a b c
         a< disconnect 0x97
         a< closed
         why limit",
    );
    check_with(
        Config { max_subscriptions: 1, ..Config::default() },
        "a: connect
         a: sub? #1 $share/g/t:0 $share/h/t:0 $share/g/t:1
         a< suback #1 0,0x97,1
         p: connect
         p: pub t x
         a< pub t x",
    );
}

#[test]
fn a_client_that_takes_hardly_a_byte_is_closed_without_a_word() {
    rule!("MQTT-3.1.2-24", "B-29");
    // CONNACK of this broker has more bytes than this client takes, and so has the shortest refusal.
    check("a: connect? v5 mps=4\n a< closed");
    check("a: connect? v5 mps=1\n a< closed");
}
