//! Strict and friendly where the standards leave a choice, and what the friendly broker tells of it. The words are in
//! `docs/decisions.md`.

use broker::{Config, Letter, Mode};
use mqtt::Version;

use crate::harness::rule::rule;
use crate::harness::{Stage, check, check_with};

fn strict() -> Config {
    Config { mode: Mode::Strict, ..Config::default() }
}

fn explaining() -> Config {
    Config { explain: true, ..Config::default() }
}

#[test]
fn a_long_client_id_of_3_1() {
    rule!("D-long-client-id", "M31-client-id");
    let long = "a: connect? v31 cid=0123456789abcdefghijklmn\n a< connack ";
    check(&format!("{long}0\n !! AgainstTheLetter"));
    check_with(explaining(), &format!("{long}0\n ! LongClientId\n ! M31-client-id"));
    check_with(strict(), &format!("{long}2\n a< closed"));
    // It is counted in characters, and it is a rule of 3.1 alone.
    check_with(strict(), "a: connect v31 cid=äääääääääääääääääääääää\n b: connect v311 cid=0123456789abcdefghijklmn");
    check_with(explaining(), "a: connect v311 cid=0123456789abcdefghijklmn\n !! AgainstTheLetter");
}

#[test]
fn a_filter_that_is_not_well_formed() {
    rule!("D-bad-filter", "MQTT-4.7.1-1", "MQTT311-4.8.0-1");
    let ask = "w: connect\n a: connect VER\n a: sub? #1 ok:0 a#:0\n";
    let of = |version: &str| ask.replace("VER", version);
    check(&format!("{} a< suback #1 0,0x8F\n !! AgainstTheLetter", of("v5")));
    check(&format!("{} a< suback #1 0,0x80\n !! AgainstTheLetter", of("v311")));
    check_with(explaining(), &format!("{} a< suback #1 0,0x8F\n ! BadFilter\n ! MQTT-4.13.1-1", of("v5")));
    check_with(explaining(), &format!("{} a< suback #1 0,0x80\n ! BadFilter\n ! MQTT-4.8.0-1", of("v311")));
    // Strict takes none of the request: nobody gets what is published to the filter that was well formed.
    let nothing = "a< closed\n !! Subscribed\n w: pub ok x";
    check_with(strict(), &format!("{} a< disconnect 0x82\n {nothing}", of("v5")));
    check_with(strict(), &format!("{} {nothing}", of("v311")));
    check("a: connect\n a: unsub? #1 a#\n a< unsuback #1 0x8F");
    check_with(explaining(), "a: connect\n a: unsub? #1 a#\n a< unsuback #1 0x8F\n ! BadFilter");
    check_with(strict(), "a: connect\n a: unsub? #1 a#\n a< disconnect 0x82\n a< closed\n why stands alone");
    check_with(strict(), "a: connect\n a: sub #1 a/#:0 $share/g/+:0\n a: unsub #2 a/# $share/g/+");
}

#[test]
fn a_topic_that_is_not_well_formed() {
    rule!("D-bad-topic", "MQTT-3.3.2-2");
    let publish = "a: connect VER\n a: pub a/+ x\n";
    let will = "a: connect? VER will=#:x\n";
    let v5 = |script: &str| script.replace("VER", "v5");
    check(&format!("{} a< disconnect 0x90\n a< closed", v5(publish)));
    check_with(explaining(), &format!("{} a< disconnect 0x90\n a< closed\n ! BadTopic\n ! MQTT-3.3.2-2", v5(publish)));
    check_with(strict(), &format!("{} a< disconnect 0x82\n a< closed\n why no wildcard", v5(publish)));
    check(&format!("{} a< connack 0x90\n a< closed", v5(will)));
    check_with(explaining(), &format!("{} a< connack 0x90\n a< closed\n ! BadTopic", v5(will)));
    check_with(strict(), &format!("{} a< connack 0x82\n a< closed", v5(will)));
    for config in [Config::default(), strict()] {
        check_with(config, &format!("{} a< closed", publish.replace("VER", "v311")));
    }
    // An empty Topic Name stands for its alias.
    check_with(
        strict(),
        r#"a: connect v5 tam=0
        a: pub t x alias=1
        a: pub "" x alias=1"#,
    );
}

#[test]
fn control_characters_and_non_characters() {
    rule!("D-odd-text", "U5-1.5.4-c", "B-17");
    for odd in ["\u{1}", "\u{7f}", "\u{9f}", "\u{fdd0}", "\u{ffff}", "\u{10fffe}"] {
        let publish = format!("a: connect VER\n a: sub #1 #:0\n a: pub t{odd} x\n a< ");
        check(&publish.replace("VER", "v5").replace("a< ", &format!("a< pub t{odd} x\n !! AgainstTheLetter")));
        let told = format!("a< pub t{odd} x\n ! OddText\n ! U5-1.5.4-c");
        check_with(explaining(), &publish.replace("VER", "v5").replace("a< ", &told));
        check_with(strict(), &publish.replace("VER", "v5").replace("a< ", "a< disconnect 0x81\n a< closed"));
        check_with(strict(), &publish.replace("VER", "v311").replace("a< ", "a< closed"));
        // 3.1 says nothing of the kind.
        check_with(strict(), &publish.replace("VER", "v31").replace("a< ", &format!("a< pub t{odd} x")));
    }
    for text in ["\u{80ff}", "\u{fdcf}", "\u{fdf0}", "\u{fffd}", "\u{feff}"] {
        check_with(strict(), &format!("a: connect v5 cid={text}\n a: sub #1 {text}:0\n a: pub {text} x\n a< pub {text} x"));
    }
    // The policy is the same in every field.
    let odd = "x\u{1}";
    for field in ["cid=ODD", "user=ODD", "will=ODD:x", "will=t:x willct=ODD", "will=t:x willup=a:ODD"] {
        let connect = format!("a: connect? v5 {}\n a< connack ", field.replace("ODD", odd));
        check(&format!("{connect}0"));
        check_with(strict(), &format!("{connect}0x81\n a< closed\n why control character"));
    }
    for line in ["sub? #1 ODD:0", "unsub? #1 ODD", "pub t x ct=ODD", "pub t x rt=ODD", "pub t x up=ODD:b", "pub t x up=b:ODD"] {
        check_with(strict(), &format!("a: connect\n a: {}\n a< disconnect 0x81\n a< closed", line.replace("ODD", odd)));
    }
    for packet in ["40 * 0001 80 05 1F 0002 7801", "E0 * 00 05 1F 0002 7801", "F0 * 18 05 15 0002 7801"] {
        check_with(strict(), &format!("a: connect\n a: raw {packet}\n a< disconnect 0x81\n a< closed"));
    }
}

#[test]
fn a_payload_that_is_not_what_it_says() {
    rule!("D-payload-format", "U5-3.3.2.3.2-b", "U5-3.1.3.2.3-b");
    let publish = "s: connect v311\n s: sub #1 t:0\n a: connect\n a: raw 30 * 't' 02 0101 FF\n";
    check(&format!("{publish} s< pub t \u{fffd}\n !! AgainstTheLetter"));
    check_with(explaining(), &format!("{publish} s< pub t \u{fffd}\n ! PayloadFormat\n ! U5-3.3.2.3.2-b"));
    check_with(strict(), &format!("{publish} a< disconnect 0x99\n a< closed\n why UTF-8"));
    let will = "a: open\n a: raw 10 * 'MQTT' 05 06 0000 00 'a' 02 0101 't' 0001FF\n a< connack ";
    check(&format!("{will}0"));
    check_with(explaining(), &format!("{will}0\n ! PayloadFormat"));
    check_with(strict(), &format!("{will}0x99\n a< closed"));
    // Bytes that nobody calls text are bytes, and text is text.
    check_with(strict(), "a: connect\n a: raw 30 * 't' 00 FF\n a: raw 30 * 't' 02 0100 FF\n a: pub t ä pfi=1");
}

#[test]
fn shared_subscriptions_before_5() {
    rule!("D-shared-before-5");
    for version in ["v311", "v31"] {
        let begin = format!("a: connect {version} keep\n a: sub #1 $share/g/t:1\n b: connect\n");
        check(&format!("{begin} b: pub! t x q1 #1\n a< pub t x q1 #1\n a: unsub #2 $share/g/t"));
        check_with(explaining(), &format!("a: connect {version}\n a: sub #1 $share/g/t:1\n ! SharedBeforeV5"));
        // By the letter it is a filter like any other: it matches the topic of that name and no other.
        check_with(
            strict(),
            &format!(
                "{begin} a: cut
                 b: pub t x q1 #1
                 b< puback #1 0x10
                 b: pub! $share/g/t x q1 #2
                 ! Queued"
            ),
        );
        check_with(strict(), &format!("a: connect {version}\n a: sub #1 $share/g:0\n a: unsub #2 $share/g\n ! Unsubscribed"));
    }
    check_with(strict(), "a: connect\n a: sub #1 $share/g/t:1\n b: connect\n b: pub! t x q1 #1\n a< pub t x q1 #1");
}

#[test]
fn an_expiry_of_0_is_for_who_is_there() {
    rule!("D-expiry-0", "B-10");
    check(
        "p: connect
         here: connect
         here: sub #1 t:1
         away: connect v5 expiry=60
         away: sub #1 t:1
         away: cut
         p: pub! t x q1 #1 mei=0 retain
         here< pub t x q1 #1 mei=0
         away: resume expiry=60
         ! Expired
         late: connect
         late: sub #1 t:1",
    );
}

#[test]
fn every_choice_has_words_a_code_and_a_rule_if_its_version_has_one() {
    rule!("B-26");
    for letter in Letter::ALL {
        let rules = [Version::V5, Version::V311, Version::V31].map(|version| letter.rule(version));
        assert!(rules.iter().any(Option::is_some), "{letter:?}");
        assert!(letter.sentence().ends_with('.') && letter.reason().is_error(), "{letter:?}");
    }
}

#[test]
fn the_mode_may_change_while_clients_are_connected() {
    rule!("D-mode");
    let mut stage = Stage::new(Config::default());
    stage.line("a: connect v5");
    stage.line("a: sub? #1 a#:0");
    stage.line("a< suback #1 0x8F");
    stage.broker.set_mode(Mode::Friendly, true);
    stage.line("a: sub? #2 a#:0");
    stage.line("a< suback #2 0x8F");
    stage.line("! BadFilter");
    stage.broker.set_mode(Mode::Strict, false);
    stage.line("a: ping");
    stage.line("a< pingresp");
    stage.line("a: sub? #3 a#:0");
    stage.line("a< disconnect 0x82");
    stage.line("a< closed");
    stage.settled();
}
