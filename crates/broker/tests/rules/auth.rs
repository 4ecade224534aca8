//! Who is let in: User Name and Password, SCRAM by AUTH, proving oneself anew, and files that change meanwhile.

use broker::Config;
use broker::access::scram::{Credential, CredentialFile, MIN_ITERATIONS};
use broker::access::{Access, Kind, PasswordFile};

use crate::harness::rule::rule;
use crate::harness::{check, check_access};

pub(crate) fn passwords(users: &[(&str, &str)]) -> PasswordFile {
    let mut file = PasswordFile::default();
    for (user, password) in users {
        file.set(user, password.as_bytes(), Kind::Sha512, [7; 12]).expect("a user name");
    }
    file
}

fn credentials(users: &[(&str, &str)]) -> CredentialFile {
    let mut file = CredentialFile::default();
    for (user, password) in users {
        file.set(user, Credential::new(password.as_bytes(), [9; 16], MIN_ITERATIONS)).expect("a user name");
    }
    file
}

/// alice and bob, by password or by SCRAM, and nobody without a name.
fn closed() -> Access {
    let users = [("alice", "wonder"), ("bob", "builder")];
    Access { passwords: Some(passwords(&users)), scram: Some(credentials(&users)), allow_anonymous: false, ..Access::default() }
}

#[track_caller]
fn closed_to(script: &str) {
    check_access(Config::default(), &[("closed", closed())], script);
}

#[test]
fn name_and_password_are_judged_before_anything_else_happens() {
    rule!("MQTT-3.1.4-2");
    closed_to(
        "a: connect v5 expiry=60 user=alice pass=wonder
         ! LoggedIn { conn: ConnId(1), user: \"alice\" }
         // Nobody takes a session over, or learns of it, who cannot log in.
         b: connect? v5 cid=a user=alice pass=wrong
         b< connack 0x86
         b< closed
         !! TookOver
         why password is not the right one
         c: connect? v5 keep cid=a
         c< connack 0x87
         c< closed
         why only clients with a user name
         d: connect? v5 cid=a user=mallory pass=wonder
         d< connack 0x86
         d< closed
         e: connect? v5 user=alice
         e< connack 0x86
         e< closed
         f: connect? v5 pass=wonder
         f< connack 0x87
         f< closed
         a: ping
         a< pingresp",
    );
}

#[test]
fn before_5_the_refusals_are_codes_4_and_5() {
    rule!("MQTT311-3.2.2-4", "MQTT311-3.2.2-5");
    for version in ["v311", "v31"] {
        closed_to(&format!(
            "a: connect? {version} user=alice pass=wrong
             a< connack 4
             a< closed
             b: connect? {version}
             b< connack 5
             b< closed
             c: connect {version} user=bob pass=builder
             c: ping
             c< pingresp"
        ));
    }
}

/// CVE-2018-12551: a password file that lets nobody in must not let everybody in.
#[test]
fn an_empty_password_file_lets_nobody_connect() {
    rule!("B-CVE-2018-12551");
    let access = Access { passwords: Some(PasswordFile::default()), allow_anonymous: false, ..Access::default() };
    let script = "a: connect? v5 user=alice pass=
                  a< connack 0x86
                  a< closed
                  b: connect? v311
                  b< connack 5
                  b< closed";
    check_access(Config::default(), &[("empty", access)], script);
    // A file that cannot be read is an error, and nothing of it comes into force.
    assert!(PasswordFile::parse("alice:$6$broken").is_err() && PasswordFile::parse("alice").is_err());
}

/// CVE-2018-20145: what is set holds for every connection, also those that were there before, and those that come later.
#[test]
fn files_hold_for_every_connection_whenever_it_came() {
    rule!("D-access-changed");
    rule!("B-CVE-2018-20145");
    let open = Access::default();
    let script = "a: connect v5 expiry=60 will=w:x user=somebody
                  b: connect v311
                  c: connect v5 user=alice pass=wonder
                  w: connect v5
                  o: open
                  broker: access closed
                  ! AccessSet
                  a< disconnect 0x87
                  a< closed
                  b< closed
                  c< disconnect 0x87
                  c< closed
                  w< disconnect 0x87
                  w< closed
                  why connect anew
                  c: connect v5 user=alice pass=wonder
                  broker: access closed
                  c: ping
                  c< pingresp
                  // The line of alice has changed: her old password counts no more.
                  broker: access other
                  c< disconnect 0x87
                  c< closed
                  c: connect? v5 user=alice pass=wonder
                  c< connack 0x86
                  c< closed
                  c: connect v5 user=alice pass=glass
                  broker: access open
                  c: ping
                  c< pingresp";
    let other = Access { passwords: Some(passwords(&[("alice", "glass")])), allow_anonymous: false, ..Access::default() };
    check_access(Config::default(), &[("open", open), ("closed", closed()), ("other", other)], script);
}

#[test]
fn anonymous_clients_go_when_names_are_asked_for() {
    rule!("D-access-changed");
    let script = "a: connect v5
                  b: connect v5 user=alice pass=wonder
                  broker: access closed
                  a< disconnect 0x87
                  a< closed
                  b: ping
                  b< pingresp";
    check_access(Config::default(), &[("both", Access { allow_anonymous: true, ..closed() }), ("closed", closed())], script);
}

#[test]
fn scram_lets_in_who_proves_it_and_the_broker_proves_itself() {
    rule!("MQTT-4.12.0-2", "MQTT-4.12.0-5");
    closed_to(
        "a: connect? v5 scram=alice:wonder
         a< auth 0x18
         why AUTH 0x18
         !! Session
         a: proof
         a< connack 0
         ! LoggedIn { conn: ConnId(1), user: \"alice\" }
         a: sub #1 t:1
         a: pub t x q1 #2
         a< pub t x q1 #1
         a< puback #2
         a: puback #1
         b: connect? v5 scram=bob:builder user=bob
         b< auth 0x18
         b: proof
         b< connack 0",
    );
}

#[test]
fn a_wrong_proof_is_refused_and_touches_no_session() {
    rule!("D-auth-method");
    rule!("MQTT-4.12.0-4", "MQTT-3.1.4-2", "MQTT-3.2.2-7");
    closed_to(
        "a: connect? v5 expiry=60 scram=alice:wonder
         a< auth 0x18
         a: proof
         a< connack 0
         b: connect? v5 cid=a scram=alice:wrong
         b< auth 0x18
         b: proof
         b< connack 0x87
         b< closed
         !! TookOver
         // Who is not known is challenged like everybody.
         c: connect? v5 cid=a scram=mallory:wonder
         c< auth 0x18
         c: proof
         c< connack 0x87
         c< closed
         d: connect? v5 cid=a scram=alice:wonder
         d< auth 0x18
         a: ping
         a< pingresp
         d: cut
         a: ping
         a< pingresp
         // Two names, of which one is proved, are one too many.
         e: connect? v5 scram=alice:wonder user=bob
         e< connack 0x87
         e< closed
         f: connect? v5 method=SCRAM-SHA-256 data=nonsense
         f< connack 0x87
         f< closed
         g: connect? v5 method=SCRAM-SHA-256
         g< connack 0x87
         g< closed",
    );
}

#[test]
fn other_methods_are_not_there() {
    rule!("MQTT-4.12.0-1", "MQTT-4.12.0-6");
    closed_to(
        "a: connect? v5 method=NOPE
         a< connack 0x8C
         a< closed
         b: connect? v5 method=scram-sha-256 data=n,,n=alice,r=x
         b< connack 0x8C
         b< closed
         c: connect v5 user=alice pass=wonder",
    );
    check("a: connect? v5 method=SCRAM-SHA-256 data=n,,n=alice,r=x\n a< connack 0x8C\n a< closed");
}

#[test]
fn between_challenge_and_proof_only_auth_and_disconnect_may_come() {
    rule!("MQTT-3.1.2-30", "MQTT-4.12.0-3");
    for packet in
        ["pub t x", "ping", "sub #1 t:0", "connect v5", "auth 0x19 method=SCRAM-SHA-256", "auth method=SCRAM-SHA-256", "puback #1"]
    {
        let packet = packet.replace("connect v5", "raw 10 * 'MQTT' 05 02 0000 00 'a'").replace("sub #1 t:0", "raw 82 * 0001 00 't' 00");
        closed_to(&format!(
            "w: connect v5 user=bob pass=builder
             w: sub #1 t:0
             a: connect? v5 scram=alice:wonder
             a< auth 0x18
             a: {packet}
             a< connack 0x82
             a< closed
             !! Published"
        ));
    }
    closed_to(
        "a: connect? v5 scram=alice:wonder
         a< auth 0x18
         a: auth 0x18 method=PLAIN data=x
         a< connack 0x8C
         a< closed
         b: connect? v5 will=t:x scram=alice:wonder
         b< auth 0x18
         b: disconnect
         b< closed
         !! Will
         c: connect? v5 scram=alice:wonder
         c< auth 0x18
         c: raw FF00
         c< connack 0x81
         c< closed
         d: connect? v5 scram=alice:wonder
         d< auth 0x18
         +9.9
         !! Ended
         +0.2
         d< closed
         ! MaximumConnectTime",
    );
}

#[test]
fn a_challenge_is_no_larger_than_the_client_takes() {
    rule!("MQTT-3.15.2-2", "MQTT-3.15.2-3");
    // The oracle of the scripts looks at the size of every packet. With the Reason String it is about 190 bytes, without about 130.
    closed_to(
        "a: connect? v5 mps=200 scram=alice:wonder
         a< auth 0x18
         why AUTH 0x18
         b: connect? v5 mps=150 scram=alice:wonder
         b< auth 0x18
         no why
         b: proof
         b< connack 0
         no why
         c: connect? v5 mps=100 scram=alice:wonder
         c< connack 0x95
         c< closed
         d: connect? v5 rpi=0 scram=alice:wonder
         d< auth 0x18
         no why",
    );
}

#[test]
fn proving_oneself_anew_while_all_else_goes_on() {
    rule!("MQTT-4.12.1-1", "U5-4.12.1-a");
    closed_to(
        "a: connect? v5 scram=alice:wonder
         a< auth 0x18
         a: proof
         a< connack 0
         a: sub #1 t:1
         a: reauth scram=alice:wonder
         a< auth 0x18
         a: pub t x q1 #2
         a< pub t x q1 #1
         a< puback #2
         a: puback #1
         a: proof
         a< auth 0
         ! LoggedIn
         a: ping
         a< pingresp
         a: reauth scram=alice:wonder
         a< auth 0x18
         a: proof
         a< auth 0
         a: auth 0x19 method=PLAIN data=x
         a< disconnect 0x82
         a< closed",
    );
    for packet in [
        "auth 0x18 method=SCRAM-SHA-256 data=x",
        "auth method=SCRAM-SHA-256",
        "auth 0x18 method=OTHER data=x",
        // The empty form, which names no method.
        "raw F0 * ",
    ] {
        closed_to(&format!(
            "a: connect? v5 scram=alice:wonder
             a< auth 0x18
             a: proof
             a< connack 0
             a: {packet}
             a< disconnect 0x82
             a< closed"
        ));
    }
}

#[test]
fn who_fails_to_prove_himself_anew_is_ended() {
    rule!("MQTT-4.12.1-2", "B-2");
    for attempt in
        ["reauth scram=alice:wrong", "reauth scram=bob:builder", "auth 0x19 method=SCRAM-SHA-256 data=x", "auth 0x19 method=SCRAM-SHA-256"]
    {
        let challenged = attempt.ends_with("wrong");
        let proof = if challenged { "a< auth 0x18\n a: proof" } else { "" };
        closed_to(&format!(
            "w: connect v5 user=bob pass=builder
             w: sub #1 gone:0
             a: connect? v5 will=gone:x scram=alice:wonder
             a< auth 0x18
             a: proof
             a< connack 0
             a: {attempt}
             {proof}
             a< disconnect 0x87
             a< closed
             w< pub gone x"
        ));
    }
}

#[test]
fn two_exchanges_at_once_are_none() {
    rule!("MQTT-4.12.0-3");
    closed_to(
        "a: connect? v5 scram=alice:wonder
         a< auth 0x18
         a: proof
         a< connack 0
         a: reauth scram=alice:wonder
         a< auth 0x18
         a: reauth scram=alice:wonder
         a< disconnect 0x82
         a< closed",
    );
}

#[test]
fn without_a_method_there_is_no_auth() {
    rule!("MQTT-4.12.0-6", "MQTT-4.12.0-7", "U5-3.15-a");
    closed_to(
        "a: connect v5 user=alice pass=wonder
         a: reauth scram=alice:wonder
         a< disconnect 0x82
         a< closed",
    );
}

#[test]
fn credentials_that_change_end_whoever_used_them() {
    rule!("D-access-changed");
    let changed = Access { scram: Some(credentials(&[("alice", "glass"), ("bob", "builder")])), ..closed() };
    let without = Access { scram: None, ..closed() };
    let script = "a: connect? v5 scram=alice:wonder
                  a< auth 0x18
                  a: proof
                  a< connack 0
                  b: connect? v5 scram=bob:builder
                  b< auth 0x18
                  b: proof
                  b< connack 0
                  c: connect? v5 scram=alice:wonder
                  c< auth 0x18
                  d: connect? v5 scram=bob:builder
                  d< auth 0x18
                  broker: access changed
                  a< disconnect 0x87
                  a< closed
                  c< connack 0x87
                  c< closed
                  d: proof
                  d< connack 0
                  b: ping
                  b< pingresp
                  a: connect? v5 scram=alice:glass
                  a< auth 0x18
                  a: proof
                  a< connack 0
                  e: connect? v5 scram=bob:builder
                  e< auth 0x18
                  broker: access without
                  a< disconnect 0x87
                  a< closed
                  b< disconnect 0x87
                  b< closed
                  d< disconnect 0x87
                  d< closed
                  e< connack 0x87
                  e< closed";
    check_access(Config::default(), &[("closed", closed()), ("changed", changed), ("without", without)], script);
}

/// With SCRAM alone a name is proved by SCRAM or not at all.
#[test]
fn a_name_that_could_be_proved_is_not_believed() {
    rule!("MQTT-3.1.4-2");
    let access = Access { passwords: None, allow_anonymous: true, ..closed() };
    let script = "a: connect? v5 user=alice pass=wonder
                  a< connack 0x86
                  a< closed
                  b: connect v5
                  c: connect? v5 scram=alice:wonder
                  c< auth 0x18
                  c: proof
                  c< connack 0";
    check_access(Config::default(), &[("scram", access)], script);
}

#[test]
fn no_two_challenges_are_alike() {
    rule!("D-auth-method");
    use broker::{Broker, ConnId, Input, Instant, Outbox, Output};
    let mut broker = Broker::new(Config::default(), 7);
    let mut out = Outbox::default();
    broker.handle(Instant::ZERO, Input::Access(closed().into()), &mut out);
    let mut seen = std::collections::BTreeSet::new();
    for conn in (1..=100).map(ConnId) {
        out.clear();
        broker.handle(Instant::ZERO, Input::Open { conn }, &mut out);
        let mut properties = mqtt::PropertiesBuf::new();
        for property in [
            mqtt::Property::AuthenticationMethod(mqtt::Text::new("SCRAM-SHA-256").expect("a text")),
            mqtt::Property::AuthenticationData(mqtt::Binary::new(b"n,,n=alice,r=abc").expect("short")),
        ] {
            properties.push(property).expect("it fits");
        }
        let connect = mqtt::Connect {
            version: mqtt::Version::V5,
            client_id: mqtt::Text::EMPTY,
            clean_start: true,
            keep_alive: 0,
            username: None,
            password: None,
            will: None,
            properties: properties.as_properties(),
        };
        let mut bytes = Vec::new();
        connect.encode(mqtt::Version::V5, &mut bytes);
        broker.handle(Instant::ZERO, Input::Frame { conn, frame: mqtt::Frame::parse(&bytes).expect("a frame") }, &mut out);
        let sent = out.outputs.iter().find_map(|output| match output {
            Output::Send { frame, .. } => Some(out.frame(*frame).to_vec()),
            _ => None,
        });
        assert!(seen.insert(sent.expect("a challenge")), "a challenge that was made before");
    }
    assert_eq!(seen.len(), 100);
}
