//! Topic Names, Topic Filters and Topic Aliases.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_each, check_with};

#[test]
fn names_have_no_wildcards() {
    rule!("MQTT-3.3.2-2", "MQTT-4.7.0-1", "MQTT311-3.3.2-2", "MQTT311-4.7.1-1");
    for topic in ["a/#", "a/+", "#", "+", "a+b"] {
        check(&format!(
            "s: connect
             s: sub #1 #:0
             a: connect
             a: pub {topic} x
             a< disconnect 0x90
             a< closed
             b: connect v311
             b: pub {topic} x
             b< closed"
        ));
    }
}

#[test]
fn filters_match_level_by_level_and_byte_by_byte() {
    rule!("MQTT-3.3.2-3", "MQTT311-3.3.2-3", "MQTT-4.7.3-4", "MQTT311-4.7.3-4", "MQTT-1.5.4-3", "MQTT311-1.5.3-3");
    for (filter, topic, matches) in [
        ("a", "a", true),
        ("a", "A", false),
        ("a", "/a", false),
        ("/a", "/a", true),
        ("a//b", "a/b", false),
        ("a//b", "a//b", true),
        ("+", "a/b", false),
        ("+/+", "/a", true),
        ("a/#", "a", true),
        ("a/#", "a/b/c", true),
        ("a/#", "ab", false),
        ("#", "a/b", true),
        ("a/+/c", "a//c", true),
        ("\u{e9}", "e\u{301}", false),
        ("\u{feff}a", "\u{feff}a", true),
        ("\u{feff}a", "a", false),
    ] {
        let seen = |flag: &str| if matches { format!("s< pub {topic} x{flag}") } else { String::new() };
        check(&format!("s: connect\n s: sub #1 {filter}:0\n p: connect\n p: pub {topic} x\n {}", seen("")));
        check(&format!("p: connect v311\n p: pub {topic} x retain\n s: connect v311\n s: sub #1 {filter}:0\n {}", seen(" retain")));
    }
}

#[test]
fn wildcards_at_the_front_spare_the_dollar_topics() {
    rule!("MQTT-4.7.2-1", "MQTT311-4.7.2-1", "B-16", "U5-4.7.2-a");
    check(
        "s: connect
         s: sub #1 #:0 +/x:0 +/#:0
         d: connect
         d: sub #1 $foo/#:0
         p: connect
         p: pub $foo/x 1 retain
         d< pub $foo/x 1
         t: connect
         t: sub #1 #:0 +/x:0
         t: sub #2 $foo/+:0
         t< pub $foo/x 1 retain",
    );
}

#[test]
fn topics_are_long_and_deep_up_to_the_limits() {
    rule!("MQTT-4.7.3-3", "MQTT311-4.7.3-3");
    let long = "x".repeat(65_535);
    check(&format!("a: connect\n a: sub #1 {long}:0\n a: pub {long} y\n a< pub {long} y"));
    check_with(
        Config { max_topic_levels: 3, ..Config::default() },
        "a: connect
         a: sub? #1 a/b/c:0 a/b/c/d:0
         a< suback #1 0,0x8F
         a: pub a/b/c x
         a< pub a/b/c x
         a: pub a/b/c/d x
         a< disconnect 0x90
         a< closed
         b: connect? v5 will=a/b/c/d:x
         b< connack 0x90
         b< closed",
    );
}

#[test]
fn an_empty_topic_without_alias_is_refused() {
    rule!("U5-3.3.2.1-a", "MQTT-4.7.3-1", "MQTT311-4.7.3-1");
    check("a: connect\n a: raw 30 * 0000 00 61\n a< disconnect 0x82\n a< closed\n b: connect v311\n b: raw 30 * 0000 61\n b< closed");
}

#[test]
fn aliases_of_a_client_are_resolved() {
    rule!("MQTT-3.3.2-12", "MQTT-3.3.2-7", "U5-3.3.4-c", "U5-3.3.4-b", "B-12");
    check(
        r#"s: connect
         s: sub #1 #:0
         a: connect v5 expiry=60
         a: pub a 1 alias=1
         s< pub a 1
         a: pub b 2 alias=64
         s< pub b 2
         a: pub "" 3 alias=1
         s< pub a 3
         a: pub "" 4 alias=64
         s< pub b 4
         a: pub c 5 alias=1
         s< pub c 5
         a: pub "" 6 alias=1
         s< pub c 6
         a: cut
         a: resume
         a: pub "" 7 alias=1
         a< disconnect 0x82
         a< closed"#,
    );
}

#[test]
fn aliases_stay_within_the_maximum() {
    rule!("MQTT-3.3.2-8", "MQTT-3.3.2-9", "MQTT-3.2.2-17", "MQTT-3.2.2-18", "U5-3.3.4-a", "B-12");
    check("a: connect\n a: raw 30 * 't' 03 230000 61\n a< disconnect 0x94\n a< closed");
    check("a: connect\n a: pub t x alias=65\n a< disconnect 0x94\n a< closed");
    let off = Config { topic_alias_maximum: 0, ..Config::default() };
    check_with(off, "a: connect\n a: pub t x alias=1\n a< disconnect 0x94\n a< closed");
}

#[test]
fn properties_are_passed_on_unaltered() {
    rule!("MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-18", "MQTT-3.3.2-20", "B-9", "U5-2.2.2.2-c");
    check(
        "s: connect v5 expiry=60
         s: sub #1 t:1
         p: connect
         p: pub t x pfi=1 mei=9 ct=text rt=rpc/1 cd=12 up=a:1 up=b:2 up=a:3 alias=1
         s< pub t x pfi=1 ct=text rt=rpc/1 cd=12 up=a:1 up=b:2 up=a:3 mei=9
         p: pub t x pfi=0
         s< pub t x pfi=0
         s: cut
         p: pub! t x q1 #1 up=b:2 up=a:1 rt=r ct=c cd=d
         s: resume
         s< pub t x q1 #1 ct=c rt=r cd=d up=b:2 up=a:1",
    );
}

#[test]
fn what_comes_in_twice_over_goes_to_everyone_once() {
    rule!("MQTT-4.5.0-1", "MQTT311-4.5.0-1");
    check_each(
        &["v5", "v311"],
        "off: connect VER keep expiry=60
         off: sub #1 t:1
         off: cut
         on: connect VER
         on: sub #1 t:1
         p: connect VER
         p: sub #1 t:0
         p: pub t x q1 #1
         on< pub t x q1 #1
         p< pub t x
         p< puback #1
         off: resume VER
         off< pub t x q1 #1",
    );
}

#[test]
fn the_server_shortens_topics_for_whom_takes_aliases() {
    rule!("D-alias-resend");
    rule!("MQTT-3.1.2-26", "MQTT-3.1.2-27", "MQTT-3.3.2-11", "MQTT-3.3.2-7", "B-12");
    check(
        r#"p: connect
         s: connect v5 expiry=60 tam=2
         s: sub #1 #:1
         none: connect v5
         none: sub #1 #:0
         p: pub long/a 1 up=k:v
         s< pub long/a 1 up=k:v alias=1
         none< pub long/a 1 up=k:v
         p: pub long/a 2
         s< pub "" 2 alias=1
         none< pub long/a 2
         p: pub! long/b 3 q1 #1
         s< pub long/b 3 q1 #1 alias=2
         none< pub long/b 3
         p: pub! long/b 4 q1 #1
         s< pub "" 4 q1 #2 alias=2
         none< pub long/b 4
         p: pub long/c 5
         s< pub long/c 5
         none< pub long/c 5
         p: pub t 6
         s< pub t 6
         none< pub t 6
         none: cut
         s: cut
         s: resume expiry=60 tam=9
         s< pub long/b 3 q1 #1 dup
         s< pub long/b 4 q1 #2 dup
         p: pub long/b 7
         s< pub long/b 7 alias=1"#,
    );
}

#[test]
fn an_alias_is_not_counted_on_when_its_message_was_too_large() {
    rule!("MQTT-3.1.2-25", "B-11", "B-12");
    // 60 bytes: 2 of header, 6 of topic, 1 of Property Length, 51 of payload; an alias would be 3 more.
    check(
        r#"p: connect
         s: connect? v5 tam=2 mps=60
         s< connack 0
         s: sub #1 #:0
         p: pub long x*51
         s< pub long xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
         p: pub long x*60
         ! TooLarge
         p: pub long x
         s< pub long x alias=1
         p: pub long x*52
         s< pub "" xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx alias=1"#,
    );
}
