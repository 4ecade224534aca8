//! What 3.1 and 3.1.1 say for themselves.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_with};

#[test]
fn an_empty_id_of_3_1_is_refused_whatever_clean_session_says() {
    rule!("M31-empty-id", "D-empty-id");
    for flags in ["", "keep"] {
        check(&format!("a: connect? v31 {flags} cid=\"\"\n a< connack 2\n a< closed"));
    }
}

#[test]
fn an_id_of_3_1_may_have_any_characters() {
    rule!("M31-id-characters");
    for id in ["-_.:/", "a b", "ä€😀", "#", "+/#", "$SYS", "%c"] {
        let hex: String = id.bytes().map(|byte| format!("{byte:02X}")).collect();
        let raw = format!("raw 10 * 'MQIsdp' 03 00 0000 {:04X} {hex}", id.len());
        // It is the same client the next time.
        check(&format!(
            "a: connect v31 cid=other\n a: cut\n a: open\n a: {raw}\n a< connack 0\n a: cut\n a: open\n a: {raw}\n a< connack 0\n ! Resumed"
        ));
    }
}

#[test]
fn what_an_old_client_sends_too_early_waits_for_connack() {
    rule!("M31-before-connack", "D-before-connack", "MQTT311-3.2.0-1");
    check(
        "a: connect v31
         a: cut
         a: open
         a: raw 100F00064D514973647003020000000161 8206000100017400 3004000174 78 C000
         a< connack 0
         a< suback #1 0
         a< pub t x
         a< pingresp",
    );
    // Behind a CONNECT that is refused nothing counts.
    check(
        "w: connect
         w: sub #1 #:0
         a: connect v31
         a: cut
         a: open
         a: raw 100E00064D5149736470030200000000 300400017478
         a< connack 2
         a< closed",
    );
}

#[test]
fn a_full_buffer_closes_the_connection_it_belongs_to() {
    rule!("MQTT311-4.8.0-2", "B-25");
    // Room for 15 answers of two bytes. The client asks on and does not read: what it is owed next cannot be kept.
    let asks = "a: ping\n a< pingresp\n".repeat(15);
    check_with(
        Config { unsent_limit: 34, ..Config::default() },
        &format!(
            "b: connect v311
             b: sub #1 t:0
             a: connect v311
             a: stall
             {asks} a: ping
             a< pingresp
             a: ping
             a< pingresp
             a: ping
             a< pingresp
             a< closed
             b: pub t x
             b< pub t x"
        ),
    );
}

#[test]
fn texts_of_3_1_may_hold_a_nul_and_are_text() {
    rule!("D-text-3-1", "M31-nul", "M31-utf8");
    check(
        "a: connect v31
         a: cut
         a: open
         a: raw 10 * 'MQIsdp' 03 82 0000 0002 6100 0003 750075
         a< connack 0
         a: cut
         a: open
         a: raw 10 * 'MQIsdp' 03 82 0000 'a' 0001 FF
         a< closed",
    );
    // A Topic Name with it is refused all the same: it could not go on to a client of another version.
    check("a: connect v31\n a: raw 30 * 0003 740074\n a< closed");
}
