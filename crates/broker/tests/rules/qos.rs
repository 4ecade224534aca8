//! The three QoS levels, in and out: identifiers, acknowledgements, what is sent again.

use crate::harness::rule::rule;
use crate::harness::{Stage, check, check_each};
use broker::Config;

#[test]
fn each_qos_has_its_answer() {
    rule!("MQTT-3.3.4-1", "MQTT-2.2.1-5", "MQTT-2.2.1-2", "MQTT-4.3.2-4", "MQTT-4.3.3-8", "MQTT-4.3.3-11", "MQTT-4.3.1-1");
    rule!("MQTT311-2.2.2-1", "MQTT311-3.3.4-1", "MQTT311-2.3.1-5", "MQTT311-2.3.1-6", "MQTT311-4.3.1-1");
    check_each(
        &["v5", "v311", "v31"],
        "s: connect VER
         s: sub #1 t:2
         a: connect VER
         a: pub t 0
         s< pub t 0
         a: pub t 1 q1 #4660
         s< pub t 1 q1 #1
         a< puback #4660
         a: pub t 2 q2 #4660
         s< pub t 2 q2 #2
         a< pubrec #4660
         a: pubrel #4660
         a< pubcomp #4660",
    );
}

#[test]
fn a_subscriber_gets_the_lower_of_two_qos() {
    rule!("MQTT-3.8.4-8", "MQTT311-3.8.4-6");
    for published in 0..3 {
        for granted in 0..3 {
            let id = |qos: i32, id: &str| if qos > 0 { format!(" q{qos} {id}") } else { String::new() };
            let ack = ["", "a< puback #9", "a< pubrec #9"][published as usize];
            check(&format!(
                "s: connect
                 s: sub #1 t:{granted}
                 a: connect
                 a: pub t x{}
                 s< pub t x{}
                 {ack}",
                id(published, "#9"),
                id(published.min(granted), "#1"),
            ));
        }
    }
}

#[test]
fn nobody_listens_is_said_in_5() {
    rule!("D-nobody-listens");
    rule!("B-26", "MQTT-3.4.2-1", "MQTT-3.5.2-1", "U5-2.4-a");
    check(
        "a: connect v5
         a: pub t x q1 #1
         a< puback #1 0x10
         a: pub t x q2 #2
         a< pubrec #2 0x10
         a: pubrel #2
         a< pubcomp #2
         b: connect v311
         b: pub t x q1 #1
         b< puback #1",
    );
}

#[test]
fn dup_of_the_publisher_is_not_passed_on() {
    rule!("MQTT-3.3.1-3", "MQTT311-3.3.1-3", "MQTT-4.3.2-2", "MQTT-4.3.3-2", "B-18");
    check_each(
        &["v5", "v311"],
        "s: connect
         s: sub #1 t:2
         a: connect VER
         a: pub t 1 q1 #1 dup
         s< pub t 1 q1 #1
         a< puback #1
         a: pub t 2 q2 #1 dup
         s< pub t 2 q2 #2
         a< pubrec #1",
    );
}

#[test]
fn an_acknowledged_identifier_is_a_new_message() {
    rule!("MQTT-4.3.2-5", "MQTT311-4.3.2-2", "U5-2.2.1-a");
    check_each(
        &["v5", "v311", "v31"],
        "s: connect
         s: sub #1 t:0
         a: connect VER
         a: pub t x q1 #7
         s< pub t x
         a< puback #7
         a: pub t x q1 #7 dup
         s< pub t x
         a< puback #7",
    );
}

#[test]
fn a_qos_2_message_is_passed_on_once() {
    rule!("D-qos-2-handed-on");
    rule!("MQTT-4.3.3-10", "MQTT-4.3.3-12", "MQTT311-4.3.3-2", "B-20");
    check_each(
        &["v5", "v311"],
        "s: connect
         s: sub #1 t:0
         a: connect VER keep expiry=60
         a: pub t x q2 #5
         s< pub t x
         a< pubrec #5
         a: pub t x q2 #5
         a< pubrec #5
         a: pub t x q2 #5 dup
         a< pubrec #5
         a: cut
         +5
         a: connect? VER keep expiry=60
         a< connack 0 sp
         a: pub t x q2 #5 dup
         a< pubrec #5
         ! NotPassedOnTwice
         a: pubrel #5
         a< pubcomp #5
         a: pub t y q2 #5
         s< pub t y
         a< pubrec #5",
    );
}

#[test]
fn the_handshake_of_an_expired_message_goes_on() {
    rule!("MQTT-4.3.3-13");
    check("a: connect\n a: pub t x q2 #5 mei=1\n a< pubrec #5 0x10\n +5\n a: pubrel #5\n a< pubcomp #5");
}

#[test]
fn pubrel_is_always_answered() {
    rule!("MQTT-4.3.3-11", "MQTT-3.7.2-1", "MQTT-3.6.2-1");
    check(
        "a: connect v5
         a: pubrel #9
         a< pubcomp #9 0x92
         b: connect v311
         b: pubrel #9
         b< pubcomp #9",
    );
}

#[test]
fn pubrec_for_nothing_is_answered_too() {
    rule!("MQTT-3.6.2-1", "MQTT-4.3.3-4");
    check(
        "a: connect v5
         a: pubrec #9
         a< pubrel #9 0x92
         a: pubcomp #9
         a: puback #9
         a: pubrec #9 0x80
         b: connect v311
         b: pubrec #9
         b< pubrel #9",
    );
}

#[test]
fn qos_1_is_sent_again_after_a_cut_until_puback() {
    rule!("MQTT-4.3.2-3", "MQTT-3.3.1-1", "MQTT-4.4.0-1", "MQTT311-3.3.1-1", "MQTT311-4.3.2-1", "MQTT311-4.4.0-1", "MQTT311-2.3.1-4");
    rule!("MQTT311-4.6.0-1", "MQTT-4.6.0-5", "B-19", "B-22");
    check_each(
        &["v5", "v311"],
        "p: connect
         s: connect VER keep expiry=60
         s: sub #1 t:1
         p: pub! t 1 q1 #1
         s< pub t 1 q1 #1
         p: pub! t 2 q1 #1
         s< pub t 2 q1 #2
         p: pub! t 3 q1 #1
         s< pub t 3 q1 #3
         s: puback #2
         s: puback #999
         +600
         s: cut
         p: pub! t 4 q1 #1
         s: resume VER expiry=60
         s< pub t 1 q1 #1 dup
         s< pub t 3 q1 #3 dup
         s< pub t 4 q1 #4
         ! SentAgain
         s: puback #1
         s: puback #3
         s: puback #4
         s: cut
         s: resume VER",
    );
}

#[test]
fn qos_2_goes_on_after_a_cut_where_it_stood() {
    rule!("MQTT-4.3.3-3", "MQTT-4.3.3-4", "MQTT-4.3.3-5", "MQTT-4.3.3-6", "MQTT-4.3.3-1", "MQTT311-4.3.3-1", "B-21", "B-22");
    check_each(
        &["v5", "v311"],
        "p: connect
         s: connect VER keep expiry=60
         s: sub #1 t:2
         p: pub! t 1 q2 #1
         s< pub t 1 q2 #1
         p: pub! t 2 q2 #1
         s< pub t 2 q2 #2
         s: pubrec #1
         s< pubrel #1
         s: pubrec #1
         s< pubrel #1
         s: cut
         s: resume VER expiry=60
         s< pubrel #1
         s< pub t 2 q2 #2 dup
         s: pubcomp #1
         s: pubrec #2
         s< pubrel #2
         s: pubcomp #2
         s: pubcomp #2
         s: cut
         s: resume VER",
    );
}

#[test]
fn a_message_on_its_way_outlives_its_expiry() {
    rule!("MQTT-4.3.3-7", "B-10");
    check(
        "p: connect
         s: connect v5 expiry=60
         s: sub #1 t:2
         p: pub! t 1 q2 #1 mei=1
         s< pub t 1 q2 #1 mei=1
         s: cut
         +5
         s: resume
         s< pub t 1 q2 #1 dup mei=0",
    );
}

#[test]
fn a_refusal_ends_the_exchange() {
    rule!("D-qos-2-refused");
    rule!("MQTT-4.4.0-2", "MQTT-4.3.3-4", "U5-4.13.2-a", "U5-4.9-a");
    check(
        "p: connect
         s: connect v5 expiry=60 rm=1
         s: sub #1 t:2
         p: pub! t 1 q2 #1
         s< pub t 1 q2 #1
         p: pub! t 2 q1 #1
         s: pubrec #1 0x80
         s< pub t 2 q1 #2
         s: puback #2 0x87
         s: ping
         s< pingresp
         s: cut
         s: resume",
    );
}

#[test]
fn an_acknowledgement_of_the_wrong_kind_frees_nothing() {
    rule!("U5-3.4.4-a");
    for wrong in ["puback", "pubcomp"] {
        check(&format!(
            "p: connect
             s: connect v5 expiry=60
             s: sub #1 t:2
             p: pub! t 1 q2 #1
             s< pub t 1 q2 #1
             s: {wrong} #1
             s< disconnect 0x82
             s< closed
             t: resume cid=s
             t< pub t 1 q2 #1 dup"
        ));
    }
    for wrong in ["pubrec", "pubcomp"] {
        check(&format!(
            "p: connect
             s: connect v5 expiry=60
             s: sub #1 t:1
             p: pub! t 1 q1 #1
             s< pub t 1 q1 #1
             s: {wrong} #1
             s< disconnect 0x82
             s< closed
             t: resume cid=s
             t< pub t 1 q1 #1 dup"
        ));
    }
}

#[test]
fn both_directions_have_identifiers_of_their_own() {
    rule!("U5-2.2.1-b", "U5-2.2.1-c");
    check(
        "a: connect
         a: sub #1 t:2
         a: pub t x q2 #1
         a< pub t x q2 #1
         a< pubrec #1
         a: sub #1 u:0
         a: pubrel #1
         a< pubcomp #1
         a: pubrec #1
         a< pubrel #1
         a: pubcomp #1",
    );
}

#[test]
fn acknowledgements_keep_the_order_of_the_messages() {
    rule!("MQTT311-4.6.0-2", "MQTT311-4.6.0-3", "MQTT311-4.6.0-4", "MQTT311-4.6.0-6");
    check(
        "a: connect v311
         a: raw 3206000174000161 3206000174000262 3406000174000363 3406000174000464
         a< puback #1
         a< puback #2
         a< pubrec #3
         a< pubrec #4
         s: connect v311
         s: sub #1 u:2
         a: raw 3406000175000561 3406000175000661 3406000175000761
         s< pub u a q2 #1
         s< pub u a q2 #2
         s< pub u a q2 #3
         a< pubrec #5
         a< pubrec #6
         a< pubrec #7
         s: raw 50020003 50020001 50020002
         s< pubrel #3
         s< pubrel #1
         s< pubrel #2",
    );
}

#[test]
fn short_and_long_forms_of_an_acknowledgement_are_taken() {
    rule!("U5-3.4.2-a", "U5-3.4.2-b", "U5-3.4.2-c");
    for form in ["40020001", "4003000100", "400400010000"] {
        check(&format!(
            "s: connect v5 rm=1\n s: sub #1 t:1\n p: connect\n p: pub! t 1 q1 #1\n s< pub t 1 q1 #1\n p: pub! t 2 q1 #1
             s: raw {form}\n s< pub t 2 q1 #2"
        ));
    }
    for first in ["40", "50", "62", "70"] {
        check(&format!("a: connect\n a: raw {first} * 0001 00 08 1F0001411F000141\n a< disconnect 0x82\n a< closed"));
    }
    // Codes that only a server may send.
    check(
        "a: connect\n a: puback #1 0x10\n a< disconnect 0x82\n a< closed\n b: connect\n b: pubrec #1 0x10\n b< disconnect 0x82\n b< closed",
    );
}

#[test]
fn a_stuck_identifier_is_never_given_again() {
    rule!("MQTT-2.2.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1", "MQTT311-2.3.1-4");
    let mut stage = Stage::new(Config::default());
    for line in ["p: connect", "s: connect", "s: sub #1 t:1", "p: pub! t stuck q1 #1", "s< pub t stuck q1 #1"] {
        stage.line(line);
    }
    for n in 0..70_000u32 {
        stage.line("p: pub! t x q1 #1");
        let id = 2 + n % 65_534;
        stage.line(&format!("s< pub t x q1 #{id}"));
        stage.line(&format!("s: puback #{id}"));
    }
}
