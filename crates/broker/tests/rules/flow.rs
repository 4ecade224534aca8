//! How much may be under way, how large it may be, and what waits.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_each, check_with};

#[test]
fn the_clients_receive_maximum_is_kept() {
    rule!("MQTT-3.3.4-9", "MQTT-4.9.0-1", "MQTT-4.9.0-2", "U5-4.9-a", "U5-4.9-b", "B-13", "U5-3.1.2.11.3-b");
    check(
        "p: connect
         s: connect v5 expiry=60 rm=2
         s: sub #1 t:2
         p: pub! t 1 q1 #1
         s< pub t 1 q1 #1
         p: pub! t 2 q2 #1
         s< pub t 2 q2 #2
         p: pub! t 3 q1 #1
         p: pub! t 4 q1 #1
         p: pub! t 5 q1 #1
         ! Queued
         s: puback #1
         s< pub t 3 q1 #3
         s: pubrec #2
         s< pubrel #2
         s: pubcomp #2
         s< pub t 4 q1 #4
         s: pubcomp #2
         s: cut
         s: resume expiry=60 rm=1
         s< pub t 3 q1 #3 dup
         s: puback #3
         s< pub t 4 q1 #4 dup
         s: puback #4
         s< pub t 5 q1 #5
         s: cut
         s: resume
         s< pub t 5 q1 #5 dup",
    );
}

#[test]
fn other_packets_go_on_while_messages_wait() {
    rule!("MQTT-3.3.4-10", "MQTT-4.9.0-3", "MQTT-3.12.4-1", "MQTT-3.10.4-4", "B-25", "MQTT311-3.12.4-1");
    check(
        "p: connect
         s: connect v5 rm=1
         s: sub #1 t:1
         p: pub! t 1 q1 #1
         s< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         s: ping
         s< pingresp
         s: sub #2 u:0
         s: unsub #3 u
         s: pub v x q2 #9
         s< pubrec #9 0x10
         s: pubrel #9
         s< pubcomp #9
         s: puback #1
         s< pub t 2 q1 #2",
    );
}

#[test]
fn nothing_overtakes_what_waits() {
    rule!("B-19", "MQTT-4.6.0-5", "MQTT-4.6.0-6", "MQTT311-4.6.0-5", "MQTT311-4.6.0-6");
    check(
        "p: connect
         s: connect v5 rm=1
         s: sub #1 t:1
         p: pub! t 1 q1 #1
         s< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         p: pub t 3
         p: pub! t 4 q1 #1
         s: puback #1
         s< pub t 2 q1 #2
         s< pub t 3
         s: puback #2
         s< pub t 4 q1 #3",
    );
}

#[test]
fn the_servers_receive_maximum_is_kept_by_closing() {
    rule!("MQTT-3.3.4-7", "U5-3.3.4-f", "B-13");
    check_with(
        Config { receive_maximum: 2, ..Config::default() },
        "a: connect
         a: pub t 1 q2 #1
         a< pubrec #1 0x10
         a: pub t 2 q2 #2
         a< pubrec #2 0x10
         a: pub t 2 q1 #9
         a< puback #9 0x10
         a: pubrel #1
         a< pubcomp #1
         a: pub t 3 q2 #3
         a< pubrec #3 0x10
         a: pub t 4 q2 #4
         a< disconnect 0x93
         a< closed",
    );
}

#[test]
fn nothing_larger_than_the_client_takes_is_sent() {
    rule!("MQTT-3.1.2-24", "MQTT-3.1.2-25", "B-11");
    // Topic 3 bytes, Property Length 1, first byte and Remaining Length 2: 44 more make 50; at QoS 1 an identifier takes 2 of them.
    check(
        "p: connect
         s: connect v5 mps=50 rm=1
         s: sub #1 t:1
         p: pub t x*44
         s< pub t xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
         p: pub t x*45
         ! TooLarge
         p: pub! t x*42 q1 #1
         s< pub t xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx q1 #1
         p: pub! t x*43 q1 #1
         p: pub! t small q1 #1
         s: puback #1
         s< pub t small q1 #3
         ! TooLarge
         s: puback #3
         p: pub! t x*43 q1 #1
         ! TooLarge
         p: pub! t last q1 #1
         s< pub t last q1 #5",
    );
}

#[test]
fn an_answer_larger_than_the_client_takes_ends_the_connection() {
    rule!("MQTT-3.1.2-24");
    check(
        "s: connect v5 mps=24
         s: sub? #1 a:0 b:0 c:0 d:0 e:0 f:0 g:0 h:0 i:0 j:0 k:0 l:0 m:0 n:0 o:0 p:0 q:0 r:0 s:0 t:0
         s< disconnect 0x95
         s< closed",
    );
}

#[test]
fn a_packet_over_the_servers_limit_is_refused_from_its_header() {
    rule!("MQTT-3.2.2-15", "U5-3.2.2.3.6-a", "B-11");
    check_with(
        Config { max_packet_size: 100, ..Config::default() },
        "a: connect
         a: pub t x*94
         a: raw 3063
         a< disconnect 0x95
         a< closed
         b: connect v311
         b: raw 3063
         b< closed
         c: connect
         c: raw 30FFFFFF7F
         c< disconnect 0x95
         c< closed",
    );
}

#[test]
fn messages_expire_while_they_wait() {
    rule!("D-expiry-0");
    rule!("MQTT-3.3.2-5", "MQTT-3.3.2-6", "U5-3.3.2.3.3-b", "B-10");
    check(
        "p: connect
         s: connect v5 expiry=600
         s: sub #1 t:1
         p: pub! t live q1 #1 mei=10
         s< pub t live q1 #1 mei=10
         s: puback #1
         p: pub! t never q1 #1
         s< pub t never q1 #2
         s: puback #2
         s: cut
         p: pub! t short q1 #1 mei=2
         p: pub! t long q1 #1 mei=10
         p: pub! t never q1 #1
         +4.5
         s: resume expiry=60
         s< pub t long q1 #3 mei=6
         s< pub t never q1 #4
         ! Expired
         s: puback #3
         s: puback #4
         p: pub t now mei=0
         s< pub t now mei=0",
    );
}

#[test]
fn a_full_queue_drops_and_says_so() {
    rule!("B-25");
    check_with(
        Config { max_queued: 2, ..Config::default() },
        "p: connect
         s: connect v5 rm=1
         s: sub #1 t:1
         p: pub! t 1 q1 #1
         s< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         p: pub! t 3 q1 #1
         p: pub! t 4 q1 #1
         ! QueueFull
         s: unsub #2 t
         s: ping
         s< pingresp
         s: puback #1
         s< pub t 2 q1 #2
         s: puback #2
         s< pub t 3 q1 #3",
    );
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody_else() {
    rule!("U5-4.13.1-b", "B-25");
    let config = Config { unsent_high_water: 100, unsent_limit: 300, ..Config::default() };
    check_with(
        config,
        "p: connect
         slow: connect
         slow: sub #1 t:0
         fast: connect
         fast: sub #1 t:0
         slow: stall
         p: pub t x*90
         fast< pub t <90>
         slow< pub t <90>
         p: pub t y*90
         fast< pub t <90>
         slow< pub t <90>
         p: pub t z*90
         ! Queued
         fast< pub t <90>
         slow: flow
         slow< pub t <90>",
    );
}

#[test]
fn a_client_that_asks_without_reading_is_ended() {
    rule!("B-25");
    let pings = "s: ping\n s< pingresp\n".repeat(30);
    let config = Config { unsent_high_water: 20, unsent_limit: 60, ..Config::default() };
    check_with(config, &format!("s: connect v311\n s: stall\n {pings} s: ping\n s< pingresp\n s< closed\n ! QuotaExceeded"));
}

#[test]
fn unsubscribing_lets_begun_deliveries_end() {
    rule!("MQTT-3.10.4-3", "MQTT311-3.10.4-3");
    check_each(
        &["v5", "v311"],
        "p: connect
         s: connect VER keep expiry=60
         s: sub #1 t:2
         p: pub! t 1 q2 #1
         s< pub t 1 q2 #1
         s: unsub #2 t
         s: pubrec #1
         s< pubrel #1
         s: cut
         s: resume VER
         s< pubrel #1
         s: pubcomp #1",
    );
}
