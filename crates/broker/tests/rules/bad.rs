//! Bytes and packets that may not be: the right code, the close, and nobody else is touched.

use crate::harness::rule::rule;
use crate::harness::{check, check_each};

/// Bytes from a connected 5.0 client, the code of the answer, and what is wrong.
const V5: &[(&str, &str)] = &[
    // Reserved flags of every type.
    ("11 * 'MQTT' 05 02 0000 00 'a'", "0x81"),
    ("41020001", "0x81"),
    ("51020001", "0x81"),
    ("60020001", "0x81"),
    ("61020001", "0x81"),
    ("63020001", "0x81"),
    ("71020001", "0x81"),
    ("C100", "0x81"),
    ("E100", "0x81"),
    ("F100", "0x81"),
    // Type 0, and types that a server sends.
    ("0000", "0x81"),
    ("2003000000", "0x82"),
    ("9004000100 00", "0x82"),
    ("B004000100 00", "0x82"),
    ("D000", "0x82"),
    // Lengths.
    ("C08000", "0x81"),
    ("30FFFFFFFF01", "0x81"),
    ("30 * 'a' 8000 61", "0x81"),
    ("30 * 'a' FFFFFFFF01 61", "0x81"),
    ("3000", "0x81"),
    ("300100", "0x81"),
    ("30 * 00FF61", "0x81"),
    ("C00100", "0x81"),
    ("4005000100 0000", "0x81"),
    ("E0 * 00 00 00", "0x81"),
    // PUBLISH.
    ("36 * 'a' 0001 00", "0x81"),
    ("36 * 'a' 00", "0x81"),
    ("38 * 'a' 00", "0x81"),
    ("32 * 'a' 0000 00", "0x82"),
    ("34 * 'a' 0000 00", "0x82"),
    ("30 * 0001FF 00", "0x81"),
    ("30 * 0002C0AF 00", "0x81"),
    ("30 * 0003610062 00", "0x81"),
    ("30 * 'a' 02 0102", "0x82"),
    ("30 * 'a' 04 01000100", "0x82"),
    ("30 * 'a' 0A 02000000010200000001", "0x82"),
    ("30 * 'a' 06 230001230001", "0x82"),
    ("30 * 'a' 08 0800014108000141", "0x82"),
    ("30 * 'a' 08 0900014109000141", "0x82"),
    ("30 * 'a' 08 0300014103000141", "0x82"),
    ("30 * 'a' 04 080001FF", "0x81"),
    ("30 * 'a' 04 030001FF", "0x81"),
    ("30 * 'a' 06 08 'r/#'", "0x82"),
    ("30 * 'a' 07 26 'k' 0001FF", "0x81"),
    ("30 * 'a' 07 26 0001FF 'k'", "0x81"),
    ("30 * 'a' 07 26 'k' 000100", "0x81"),
    ("30 * 'a' 04 26 'k'", "0x81"),
    // Properties in the wrong place, or none at all.
    ("30 * 'a' 05 1100000001", "0x81"),
    ("30 * 'a' 01 7F", "0x81"),
    ("30 * 'a' 02 0200", "0x81"),
    ("40 * 0001 00 02 0101", "0x81"),
    // Reason codes that the packet's table does not have, or not for a client.
    ("4003000101", "0x82"),
    ("5003000192", "0x82"),
    ("6203000180", "0x82"),
    ("7003000110", "0x82"),
    ("E00101", "0x82"),
    ("E0018E", "0x82"),
    ("E0 * 00 04 1C000141", "0x82"),
    ("E0 * 00 08 1F0001411F000141", "0x82"),
];

#[test]
fn each_fault_has_its_code_and_ends_the_connection() {
    rule!("MQTT-4.13.1-1", "U5-4.13.1-a", "U5-4.13.1-b", "MQTT-3.14.4-1", "MQTT-3.14.4-2", "MQTT-3.14.2-2");
    rule!("MQTT-2.1.3-1", "U5-2.1.3-a", "MQTT-3.6.1-1", "MQTT-3.14.1-1", "MQTT-3.15.1-1", "U5-2.1.2-a", "U5-2.1.2-b");
    rule!("MQTT-1.5.5-1", "U5-1.5.5-a", "U5-2.1.4-a", "MQTT-3.3.1-2", "MQTT-3.3.1-4", "U5-3.3.1.2-a", "MQTT-3.3.2-1");
    rule!("MQTT-1.5.4-1", "MQTT-1.5.4-2", "U5-1.5.4-a", "U5-1.5.4-b", "MQTT-1.5.7-1", "U5-1.5.7-a", "MQTT-4.7.3-2");
    rule!("U5-2.2.2.2-a", "U5-2.2.2.2-b", "U5-3.3.2.3.2-a", "U5-3.3.2.3.3-a", "U5-3.3.2.3.4-a", "U5-3.3.2.3.5-a", "U5-3.3.2.3.6-a");
    rule!("U5-3.3.2.3.9-a", "MQTT-3.3.2-13", "MQTT-3.3.2-14", "MQTT-3.3.2-19", "MQTT-3.4.2-1", "MQTT-3.5.2-1", "MQTT-3.6.2-1");
    rule!("MQTT-3.7.2-1", "MQTT-3.14.2-1", "U5-3.14.2.2.3-a", "MQTT-2.2.1-3", "B-17");
    for (bytes, code) in V5 {
        check(&format!(
            "w: connect
             w: sub #1 will:0
             s: connect v5 expiry=9
             s: sub #1 a:0
             a: connect v5 will=will:x
             a: raw {bytes}
             a< disconnect {code}
             a< closed
             w< pub will x
             a: raw 30 * 'a' 00 61
             s: ping
             s< pingresp"
        ));
    }
}

#[test]
fn in_3_it_is_closed_without_a_word() {
    rule!("MQTT311-4.8.0-1", "MQTT311-2.2.2-2", "MQTT311-3.6.1-1", "MQTT311-3.14.1-1", "MQTT311-3.3.1-4", "MQTT311-3.3.1-2");
    rule!("MQTT311-3.3.2-1", "MQTT311-1.5.3-1", "MQTT311-1.5.3-2", "MQTT311-4.7.3-2", "MQTT311-2.3.1-1");
    let v311 = [
        "41020001",
        "51020001",
        "60020001",
        "63020001",
        "71020001",
        "C100",
        "E100",
        "F000",
        "0000",
        "20020000",
        "9003000100",
        "B0020001",
        "D000",
        "3000",
        "300100",
        "30FFFFFFFF01",
        "36 * 'a' 0001",
        "38 * 'a'",
        "32 * 'a' 0000",
        "30 * 0001FF",
        "30 * 0002C0AF",
        "30 * 0003610062",
        "400100",
        "C00100",
        "E00100",
    ];
    for bytes in v311 {
        check(&format!(
            "w: connect
             w: sub #1 will:0
             a: connect v311 will=will:x
             a: raw {bytes}
             a< closed
             w< pub will x"
        ));
    }
}

#[test]
fn what_3_1_calls_unused_is_not_judged() {
    rule!("M31-dup-qos0", "M31-connect-flags");
    check(
        "a: open
         a: raw 10 * 'MQIsdp' 03 03 0000 'a'
         a< connack 0
         a: sub #1 t:0
         a: raw 38 * 't' 61
         a< pub t a",
    );
}

#[test]
fn a_packet_in_pieces_is_a_packet() {
    rule!("MQTT-4.2.0-1", "MQTT311-7.1.1-1");
    check_each(
        &["v5", "v311"],
        "s: connect
         s: sub #1 t:0
         a: connect VER
         a: raw C0
         a: raw 00
         a< pingresp
         a: raw C000C000C0
         a< pingresp
         a< pingresp
         a: raw 00E0
         a< pingresp
         a: raw 00
         a< closed",
    );
}

#[test]
fn nothing_after_goodbye_is_heard() {
    rule!("MQTT-3.14.4-1", "MQTT311-3.14.4-2");
    check("s: connect\n s: sub #1 #:0\n a: connect v311\n a: raw E000 30 * 't' 61\n a< closed");
    check("s: connect\n s: sub #1 #:0\n a: connect v5\n a: raw E000 3004000174 00\n a< closed");
}

#[test]
fn odd_but_legal_text_is_text() {
    rule!("U5-1.5.4-c", "B-17");
    for topic in ["\u{1}", "\u{7f}", "\u{ffff}", "\u{fdd0}", "\u{10ffff}"] {
        check(&format!("a: connect\n a: sub #1 {topic}:0\n a: pub {topic} x\n a< pub {topic} x"));
    }
}

#[test]
fn a_payload_is_bytes_whatever_its_format_says() {
    rule!("U5-3.3.2.3.2-b", "U5-3.1.3.2.3-b");
    check(
        "s: connect v311
         s: sub #1 t:0
         a: connect
         a: raw 30 * 't' 02 0101 FF
         s< pub t \u{fffd}",
    );
}

#[test]
fn thousands_of_user_properties_cost_no_more_than_their_bytes() {
    rule!("B-CVE-2021-41039");
    let many = "260001410001 42".replace(' ', "").repeat(5_000);
    check(&format!(
        r#"s: connect v311
         s: sub #1 t:0
         small: connect v5 mps=1000
         small: sub #1 t:0
         a: connect
         a: raw 32 * 't' 0001 B89102 {many}
         s< pub t ""
         ! TooLarge
         a< puback #1"#
    ));
}
