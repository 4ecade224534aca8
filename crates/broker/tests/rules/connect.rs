//! CONNECT and CONNACK: who is let in, and what is agreed on.

use broker::{Config, Mode};

use crate::harness::rule::rule;
use crate::harness::{check, check_each, check_with};

#[test]
fn a_valid_connect_is_answered_with_connack_0() {
    rule!("MQTT-3.1.4-1", "MQTT-3.1.4-5", "MQTT-3.2.2-2", "MQTT-3.1.2-6", "MQTT-3.2.2-1", "MQTT-3.2.2-8");
    rule!("MQTT311-3.1.4-4", "MQTT311-3.2.2-1", "MQTT311-3.2.2-3", "MQTT-3.1.3-5", "MQTT311-3.1.3-5");
    check_each(
        &["v5", "v311", "v31"],
        "a: connect VER
         0123456789abcdefghijkLM: connect VER keep
         Z: connect VER",
    );
}

#[test]
fn connect_comes_first_and_nothing_else_is_answered() {
    rule!("MQTT-3.1.0-1", "MQTT311-3.1.0-1", "B-29", "MQTT-3.14.0-1");
    for first in ["C000", "3003000161", "40020001", "8206000100000161", "E000", "F000", "D000", "20020000", "82060001000161 00"] {
        check(&format!(
            "a: open
             a: raw {first}
             a< closed"
        ));
    }
}

#[test]
fn a_second_connect_ends_the_connection_and_the_will_goes_out() {
    rule!("MQTT-3.1.0-2", "MQTT-3.2.0-2");
    check(
        "w: connect
         w: sub #1 will:0
         a: connect v5 will=will:gone
         a: raw 10 * 'MQTT' 05 02 0000 00 'a'
         a< disconnect 0x82
         a< closed
         w< pub will gone",
    );
}

#[test]
fn a_second_connect_in_3_closes_without_a_word() {
    rule!("MQTT311-3.1.0-2");
    check(
        "w: connect
         w: sub #1 will:0
         a: connect v311 will=will:gone
         a: raw 10 * 'MQTT' 04 02 0000 'a'
         a< closed
         w< pub will gone",
    );
}

#[test]
fn other_protocols_and_versions_are_refused_in_words_they_know() {
    rule!("D-unknown-level");
    rule!("MQTT-3.1.2-1", "MQTT-3.1.2-2", "MQTT311-3.1.2-1", "MQTT311-3.1.2-2");
    // An unknown name says nothing of the version, so nothing can be answered.
    check("a: open\n a: raw 10 * 'MQTX' 05 02 0000 00 'a'\n a< closed");
    // A later level: the layout of 5.0, which any later version has to know.
    for level in ["06", "85"] {
        check(&format!("a: open\n a: raw 10 * 'MQTT' {level} 02 0000 00 'a'\n a< connack 0x84\n a< closed"));
    }
}

#[test]
fn a_bridge_with_its_private_mark_is_told_to_try_without_in_its_own_layout() {
    rule!("D-bridge-level");
    rule!("MQTT311-3.1.2-2", "M31-level");
    for (name, level) in [("MQTT", "84"), ("MQIsdp", "83"), ("MQTT", "03"), ("MQTT", "02"), ("MQIsdp", "04")] {
        let script =
            format!("a: connect v311\n a: cut\n a: open\n a: v311\n a: raw 10 * '{name}' {level} 02 0000 'a'\n a< connack 1\n a< closed");
        check(&script);
    }
}

#[test]
fn a_connect_that_cannot_be_read_is_refused_by_its_version() {
    rule!("MQTT-3.1.4-1", "MQTT-3.2.2-7", "MQTT311-3.1.4-1", "MQTT311-3.2.2-6", "U5-4.13.1-a", "MQTT-4.13.1-1", "MQTT311-4.8.0-1");
    rule!("MQTT-3.1.2-3", "U5-3.1.2.3-a", "MQTT-3.1.2-9", "MQTT-3.1.2-11", "MQTT-3.1.2-12", "U5-3.1.2.6-a", "MQTT-3.1.2-13");
    rule!("MQTT-3.1.2-16", "MQTT-3.1.2-17", "MQTT-3.1.2-18", "MQTT-3.1.2-19", "MQTT-3.1.3-1", "MQTT-3.1.3-3", "MQTT-3.1.3-4");
    rule!("MQTT-3.1.3-11", "MQTT-3.1.3-12", "MQTT-2.2.2-1", "U5-2.1.4-a", "MQTT-1.5.4-1", "MQTT-1.5.4-2");
    let v5 = [
        "03 0000 00 'a'",
        "06 0000 00 'a'",
        "0A 0000 00 'a'",
        "1E 0000 00 'a' 00 't' 'p'",
        "22 0000 00 'a'",
        "02 0000 00 'a' 'user'",
        "82 0000 00 'a'",
        "82 0000 00 'a' 'user' 'pass'",
        "42 0000 00 'a'",
        "02 0000 00",
        "02 0000 00 0002FFFE",
        "06 0000 00 'a' 00 0001FF 'p'",
        "82 0000 00 'a' 0002C328",
        "02 0000 00 0003EDA080",
        "02 0000 00 000100",
        "02 0000",
        "C6 0000 00 'a' 00 't'",
        "C6 0000 00 'a' 00 't' 'p' 'user'",
    ];
    for connect in v5 {
        check(&format!("a: open\n a: raw 10 * 'MQTT' 05 {connect}\n a< connack 0x81\n a< closed\n a: connect v5 keep"));
    }
}

#[test]
fn a_connect_that_cannot_be_read_is_not_answered_in_3_1_1() {
    rule!("MQTT311-3.1.4-1", "MQTT311-3.2.2-6", "MQTT311-3.1.2-3", "MQTT311-3.1.2-9", "MQTT311-3.1.2-11", "MQTT311-3.1.2-13");
    rule!("MQTT311-3.1.2-14", "MQTT311-3.1.2-15", "MQTT311-3.1.2-18", "MQTT311-3.1.2-19", "MQTT311-3.1.2-20", "MQTT311-3.1.2-21");
    rule!("MQTT311-3.1.2-22", "MQTT311-3.1.3-1", "MQTT311-3.1.3-3", "MQTT311-3.1.3-4", "MQTT311-3.1.3-10", "MQTT311-3.1.3-11");
    rule!("MQTT311-1.5.3-1", "MQTT311-1.5.3-2");
    let v311 = [
        "03 0000 'a'",
        "06 0000 'a'",
        "0A 0000 'a'",
        "12 0000 'a'",
        "22 0000 'a'",
        "1E 0000 'a' 't' 'p'",
        "02 0000 'a' 'user'",
        "82 0000 'a'",
        "82 0000 'a' 'user' 'pass'",
        "C2 0000 'a' 'user'",
        "42 0000 'a' 'pass'",
        "02 0000",
        "02 0000 0002FFFE",
        "02 0000 000100",
        "06 0000 'a' 0001FF 'p'",
        "82 0000 'a' 0002C328",
    ];
    for connect in v311 {
        check(&format!("a: open\n a: raw 10 * 'MQTT' 04 {connect}\n a< closed\n a: connect v311 keep"));
    }
}

#[test]
fn properties_of_connect_that_are_no_sense_are_protocol_errors() {
    rule!("U5-3.1.2.11.2-a", "U5-3.1.2.11.3-a", "U5-3.1.2.11.4-a", "U5-3.1.2.11.5-a", "U5-3.1.2.11.6-a", "U5-3.1.2.11.7-a");
    rule!("U5-3.1.2.11.9-a", "U5-3.1.2.11.10-a", "U5-3.1.2.11.10-b", "U5-3.1.3.2.2-a", "U5-3.1.3.2.3-a", "U5-3.1.3.2.4-a");
    rule!("U5-3.1.3.2.5-a", "U5-3.1.3.2.6-a", "U5-3.1.3.2.7-a");
    let connect = [
        "11000000011100000001",
        "210001210001",
        "210000",
        "27000000012700000001",
        "2700000000",
        "220001220001",
        "19011901",
        "1902",
        "17011701",
        "1702",
        "150001411500 0141",
        "1600 0141",
        "15000141160001411600 0141",
    ];
    for properties in connect {
        let properties = properties.replace(' ', "");
        let script =
            format!("a: open\n a: raw 10 * 'MQTT' 05 02 0000 {:02X} {properties} 'a'\n a< connack 0x82\n a< closed", properties.len() / 2);
        check(&script);
    }
    for properties in
        ["18000000011800000001", "01000100", "02000000010200000001", "030001410300 0141", "0800014108000141", "090001410900 0141"]
    {
        let properties = properties.replace(' ', "");
        let will = format!("{:02X} {properties} 't' 'p'", properties.len() / 2);
        check(&format!("a: open\n a: raw 10 * 'MQTT' 05 06 0000 00 'a' {will}\n a< connack 0x82\n a< closed"));
    }
}

#[test]
fn nothing_of_a_refused_client_has_an_effect() {
    rule!("MQTT-3.1.4-6", "MQTT311-3.1.4-5", "MQTT-3.2.2-7", "MQTT-4.13.2-1");
    check(
        "a: open
         a: raw 10 * 'MQTT' 05 03 0000 00 'a'
         a< connack 0x81
         a< closed
         a: raw 3105000174 00 78
         b: connect
         b: sub #1 #:0",
    );
}

#[test]
fn packets_behind_connect_are_taken_after_connack() {
    rule!("U5-3.1.4-c", "MQTT-3.2.0-1", "MQTT311-3.2.0-1");
    check(
        "a: open
         a: raw 100E00044D515454050200000000 0161 8207000100000174 00 30050001740078
         a< connack 0
         a< suback #1 0
         a< pub t x",
    );
    check(
        "a: connect v311 keep
         a: sub #1 t:1
         a: cut
         b: connect
         b: pub! t x q1 #1
         a: open
         a: raw 100D00044D51545404000000000161 C000
         a< connack 0 sp
         a< pub t x q1 #1
         a< pingresp",
    );
}

#[test]
fn a_client_without_an_id_gets_one_of_its_own() {
    rule!("D-empty-id");
    rule!("MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.2.2-16", "MQTT311-3.1.3-6", "B-15");
    check(
        r#"a: connect? v5 cid=""
         a< connack 0 assigned
         b: connect? v5 keep cid=""
         b< connack 0 assigned
         c: connect v311 cid=""
         d: connect v311 cid=""
         a: ping
         a< pingresp
         c: ping
         c< pingresp"#,
    );
}

#[test]
fn an_empty_id_that_nobody_could_come_back_to_is_refused() {
    rule!("MQTT311-3.1.3-7", "MQTT311-3.1.3-8", "MQTT311-3.2.2-4", "MQTT311-3.2.2-5", "M31-client-id");
    check(
        r#"a: connect? v311 keep cid=""
         a< connack 2
         a< closed
         b: connect? v31 cid=""
         b< connack 2
         b< closed"#,
    );
}

#[test]
fn long_ids_of_3_1_are_taken_unless_it_is_strict() {
    rule!("M31-client-id", "MQTT311-3.1.3-9", "MQTT-3.1.3-8");
    let script = "a: connect? v31 cid=0123456789abcdefghijklmn\n a< connack ";
    check(&format!("{script}0"));
    let strict = Config { mode: Mode::Strict, ..Config::default() };
    check_with(strict.clone(), &format!("{script}2\n a< closed"));
    check_with(strict, "a: connect v31 cid=0123456789abcdefghijklm\n b: connect v311 cid=0123456789abcdefghijklmn");
}

#[test]
fn an_authentication_method_that_is_not_there_is_refused() {
    rule!("MQTT-4.12.0-1", "MQTT-4.12.0-6", "MQTT-3.2.2-6");
    check(
        "a: connect v5 expiry=60
         a: cut
         a: connect? v5 keep method=NOPE
         a< connack 0x8C
         a< closed",
    );
}

#[test]
fn auth_without_a_method_is_a_protocol_error() {
    rule!("MQTT-4.12.0-7", "U5-3.15-a", "MQTT-3.15.2-1", "U5-3.15.2.2.2-a", "U5-3.15.2.2.3-a", "U5-3.15.2.2.4-a");
    for auth in ["F000", "F0 * 19 04 15000141", "F0 * 00 04 15000141", "F0 * 19 00", "F0 * 01 04 15000141", "F0 * 19 08 1500014115000141"] {
        check(&format!("a: connect\n a: raw {auth}\n a< disconnect 0x82\n a< closed"));
    }
    for twice in ["160001411600 0141", "1F0001411F00 0141"] {
        check(&format!("a: connect\n a: raw F0 * 19 0C 15000141 {}\n a< disconnect 0x82\n a< closed", twice.replace(' ', "")));
    }
}

#[test]
fn the_answer_to_connect_fits_the_client_or_the_client_is_not_let_in() {
    rule!("MQTT-3.1.2-24");
    check(
        "a: connect? v5 mps=10
         a< connack 0x95
         a< closed
         b: connect? v5 mps=4
         b< closed
         c: connect? v5 mps=20 method=NOPE
         c< connack 0x8C
         c< closed
         no why",
    );
}

#[test]
fn a_silent_stranger_is_shown_the_door() {
    rule!("U5-3.1.4-a");
    check("a: open\n +9.9\n +0.2\n a< closed\n ! MaximumConnectTime");
    check("a: open\n a: raw 10\n +5\n a: raw 0D\n +5\n a< closed");
}

#[test]
fn limits_are_told_and_kept() {
    rule!("U5-3.2.2.3-a", "U5-3.2.2.3.2-a", "MQTT-3.2.2-22");
    check_with(
        Config { max_session_expiry: 60, max_keep_alive: 10, max_sessions: 1, ..Config::default() },
        "a: connect? v5 expiry=4294967295 ka=20
         a< connack 0 expiry=60 ka=10
         b: connect? v5
         b< connack 0x97
         b< closed
         c: connect? v311
         c< connack 3
         c< closed
         a: cut
         +59
         a: connect? v5 keep expiry=30 ka=5
         a< connack 0 sp
         a: cut
         +30.1
         ! SessionEnded",
    );
    check_with(Config { max_connections: 1, ..Config::default() }, "a: connect\n b: open\n b< closed\n a: ping\n a< pingresp");
}

#[test]
fn keep_alive_ends_a_silent_connection_after_one_and_a_half_times() {
    rule!("MQTT-3.1.2-22", "MQTT311-3.1.2-24", "U5-3.1.2.10-a", "B-14", "MQTT-3.2.2-22");
    check(
        "w: connect
         w: sub #1 will:0
         a: connect v5 ka=2 will=will:silent
         +2.9
         a: ping
         a< pingresp
         +2.9
         a: raw C0
         +0.2
         a< disconnect 0x8D
         a< closed
         w< pub will silent
         ! KeepAliveOver
         b: connect v311 ka=2 will=will:silent
         +2.99
         +0.02
         b< closed
         w< pub will silent
         c: connect v5 ka=0
         +2592000",
    );
}

#[test]
fn the_servers_keep_alive_counts_when_it_was_told() {
    rule!("MQTT-3.2.2-22", "B-14");
    check_with(
        Config { max_keep_alive: 4, ..Config::default() },
        "a: connect? v5 ka=0
         a< connack 0 ka=4
         b: connect v5 ka=2
         +3.1
         b< disconnect 0x8D
         b< closed
         +2.9
         a< disconnect 0x8D
         a< closed",
    );
}

#[test]
fn the_operator_ends_a_connection() {
    rule!("MQTT-3.14.4-2", "MQTT-3.14.2-1");
    check(
        "w: connect
         w: sub #1 will:0
         a: connect v5 will=will:x
         a: end
         a< disconnect 0x98
         a< closed
         w< pub will x
         b: connect v311
         b: end
         b< closed",
    );
}
