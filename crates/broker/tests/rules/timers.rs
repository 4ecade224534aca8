//! What the broker does by the clock: `$SYS`, and sending again where an old version allows it.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_with};

#[test]
fn sys_tells_of_the_broker_when_it_is_on() {
    rule!("B-16", "MQTT-4.7.2-1", "MQTT311-4.7.2-1");
    check("a: connect\n a: sub #1 $SYS/#:0\n +1000");
    check_with(
        Config { sys_interval: 10, ..Config::default() },
        "a: connect
         a: sub #1 $SYS/broker/clients/#:1 #:0
         b: connect v5 expiry=60
         b: sub #1 $share/g/t:0
         b: cut
         +10
         a< pub $SYS/broker/clients/connected 1 q1 #1
         a< pub $SYS/broker/clients/disconnected 1 q1 #2
         a< pub $SYS/broker/clients/expired 0 q1 #3
         a< pub $SYS/broker/clients/maximum 2 q1 #4
         a< pub $SYS/broker/clients/total 2 q1 #5
         +49
         +11
         a< pub $SYS/broker/clients/disconnected 0 q1 #6
         a< pub $SYS/broker/clients/expired 1 q1 #7
         a< pub $SYS/broker/clients/total 1 q1 #8
         c: connect v311
         c: sub #1 $SYS/broker/uptime:0
         c< pub $SYS/broker/uptime 70 seconds retain
         c: sub #2 $SYS/broker/messages/received:0
         c< pub $SYS/broker/messages/received 4 retain",
    );
}

#[test]
fn sys_counts_messages() {
    rule!("B-16");
    check_with(
        Config { sys_interval: 60, ..Config::default() },
        "p: connect
         s: connect v5 mps=30
         s: sub #1 t:0
         p: pub t 1
         s< pub t 1
         p: pub t x*100
         ! TooLarge
         p: pub keep x retain
         +60
         w: connect
         w: sub #1 $SYS/broker/publish/messages/+:0 $SYS/broker/subscriptions/+:0 $SYS/broker/load/publish/received/1min:0
         w< pub $SYS/broker/publish/messages/dropped 1 retain
         w< pub $SYS/broker/publish/messages/received 3 retain
         w< pub $SYS/broker/publish/messages/sent 1 retain
         w< pub $SYS/broker/subscriptions/count 1 retain
         w< pub $SYS/broker/load/publish/received/1min 1.89 retain",
    );
}

#[test]
fn an_old_client_that_does_not_answer_is_asked_again() {
    rule!("D-resend");
    rule!("M31-retry", "MQTT311-4.4.0-1", "MQTT-4.4.0-1", "B-22");
    let on = Config { v3_retry: 20, ..Config::default() };
    check_with(
        on,
        "p: connect
         s: connect v31 keep
         s: sub #1 t:2
         five: connect v5
         five: sub #1 t:2
         +5
         p: pub! t 1 q1 #1
         five< pub t 1 q1 #1
         s< pub t 1 q1 #1
         p: pub! t 2 q2 #1
         five< pub t 2 q2 #2
         s< pub t 2 q2 #2
         +19.9
         +0.2
         s< pub t 1 q1 #1 dup
         s< pub t 2 q2 #2 dup
         ! NoAnswer
         s: puback #1
         s: pubrec #2
         s< pubrel #2
         +19.9
         +0.2
         s< pubrel #2
         s: pubcomp #2
         +100
         s: cut
         s: connect? v31 keep
         s< connack 0",
    );
    check("p: connect\n s: connect v311\n s: sub #1 t:1\n p: pub! t 1 q1 #1\n s< pub t 1 q1 #1\n +600");
}
