//! What the broker tells of: drops, resends, limits; and `$SYS` for single clients.

use broker::Config;

use crate::harness::rule::rule;
use crate::harness::{check, check_each, check_with};

#[test]
fn a_client_that_sends_again_on_a_live_connection_is_told_of_by_its_version() {
    rule!("D-resend");
    rule!("B-18", "B-22");
    for (version, says) in [("v5", "Forbidden"), ("v311", "NotAskedFor"), ("v31", "Allowed")] {
        check(&format!(
            "a: connect {version}
             a: pub t 1 q1 #1
             a< puback #1{none}
             !! Resent
             a: pub t 1 q1 #1 dup
             a< puback #1{none}
             ! ResentByClient {{ conn: ConnId(1), id: PacketId(1), rule: {says} }}
             ! PassedOn
             a: pub t 2 q2 #300
             a< pubrec #300{none}
             a: pub t 2 q2 #300 dup
             ! rule: {says}
             ! NotPassedOnTwice
             a< pubrec #300
             // The identifier is used for another message: no resend.
             a: pub t 3 q1 #1
             a< puback #1{none}
             !! Resent
             a: cut
             a: connect {version}
             a: pub t 1 q1 #1 dup
             a< puback #1{none}
             // On a new connection that is what is asked for.
             !! Resent",
            none = if version == "v5" { " 0x10" } else { "" },
        ));
    }
}

#[test]
fn a_subscriber_that_refuses_a_message_is_told_of() {
    rule!("D-told");
    check(
        "a: connect v5
         a: sub #1 t:2
         p: connect v5
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1
         a: puback #1 0x87
         ! Dropped { client: \"a\", message: 1, why: Refused }
         !! Delivered
         p: pub! t 2 q2 #2
         a< pub t 2 q2 #2
         a: pubrec #2 0x97
         ! Dropped { client: \"a\", message: 2, why: Refused }
         p: pub! t 3 q1 #1
         a< pub t 3 q1 #3
         a: puback #3
         ! Delivered",
    );
}

#[test]
fn what_was_under_way_is_lost_with_the_session_and_told() {
    rule!("D-told");
    check(
        "p: connect v5
         a: connect v5 expiry=5
         a: sub #1 t:2
         p: pub! t 1 q1 #1
         a< pub t 1 q1 #1
         p: pub! t 2 q2 #2
         a< pub t 2 q2 #2
         p: pub! t 3 q2 #3
         a< pub t 3 q2 #3
         a: pubrec #3
         a< pubrel #3
         a: cut
         p: pub! t 4 q1 #1
         ! Queued
         +5.1
         ! Dropped { client: \"a\", message: 1, why: SessionEnded }
         ! Dropped { client: \"a\", message: 2, why: SessionEnded }
         // It was received, and only that is not known to all.
         !! message: 3
         ! Dropped { client: \"a\", message: 4, why: SessionEnded }
         ! SessionEnded",
    );
}

#[test]
fn a_message_that_is_not_retained_is_told_of() {
    rule!("D-told");
    check_with(
        Config { max_retained: 1, ..Config::default() },
        "a: connect
         a: pub t 1 retain
         ! RetainedSet
         a: pub u 1 retain
         ! NotRetained { message: 2, limit: 1 }
         !! RetainedSet
         a: pub t 2 retain
         ! RetainedSet
         a: pub t \"\" retain
         a: pub u 2 retain
         ! RetainedSet",
    );
}

#[test]
fn what_may_not_be_published_is_told_of() {
    rule!("D-told");
    check_each(
        &["v5", "v311", "v31"],
        "a: connect VER
         a: pub $SYS/x 1
         ! Dropped { client: \"a\", message: 1, why: NotAllowed }
         !! PassedOn",
    );
}

#[test]
fn several_copies_have_each_its_own_identifier() {
    rule!("D-overlap");
    rule!("MQTT-3.3.4-5", "B-6");
    let copies = Config { one_copy: false, ..Config::default() };
    let script = "a: connect v5
         a: sub #1 t/#:2 id=5
         a: sub #2 t/+:1 id=9
         a: sub #3 t/x:0
         p: connect v5
         p: pub t/x 1 q1 #1
         p< puback #1
         ";
    let came = received(copies.clone(), script);
    // Their order is the router's own.
    assert_eq!(sorted(&came), sorted(&["pub t/x 1", "pub t/x 1 q1 id=5", "pub t/x 1 q1 id=9"].map(String::from)));
    assert_eq!(received(Config::default(), script), ["pub t/x 1 q1 id=5,9"]);
    check_with(copies, "a: connect v5\n a: sub #1 t:0\n p: connect v5\n p: pub t 1\n a< pub t 1");
}

fn sorted(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines
}

/// What `a` has received, without Packet Identifiers.
fn received(config: Config, script: &str) -> Vec<String> {
    let mut stage = crate::harness::Stage::new(config);
    script.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| stage.line(line));
    let without_id = |line: String| line.split(' ').filter(|word| !word.starts_with('#')).collect::<Vec<_>>().join(" ");
    stage.take("a").into_iter().map(without_id).collect()
}

#[test]
fn single_clients_stand_under_sys_when_somebody_wants_it() {
    rule!("D-sys-clients");
    check_with(
        Config { sys_clients: true, ..Config::default() },
        "w: connect v311
         w: sub #1 $SYS/broker/clients/#:0
         w< pub $SYS/broker/clients/w/subscribed {\"filter\":\"$SYS/broker/clients/#\",\"qos\":0}
         a: connect v5 user=alice ka=7
         w< pub $SYS/broker/clients/a/connected {\"user\":\"alice\",\"protocol\":5,\"keep_alive\":7,\"clean_start\":true}
         a: sub #1 t:1 $share/g/u:2
         w< pub $SYS/broker/clients/a/subscribed {\"filter\":\"t\",\"qos\":1}
         w< pub $SYS/broker/clients/a/subscribed {\"filter\":\"$share/g/u\",\"qos\":2}
         a: unsub #2 t
         w< pub $SYS/broker/clients/a/unsubscribed {\"filter\":\"t\"}
         a: unsub? #3 t
         a< unsuback #3 0x11
         b: connect? v5 keep cid=a
         a< disconnect 0x8E
         a< closed
         w< pub $SYS/broker/clients/a/disconnected {\"by\":\"broker\",\"reason\":142}
         w< pub $SYS/broker/clients/a/connected {\"user\":null,\"protocol\":5,\"keep_alive\":0,\"clean_start\":false}
         b< connack 0
         b: disconnect
         w< pub $SYS/broker/clients/a/disconnected {\"by\":\"client\",\"reason\":0}
         b< closed
         c: connect v31 cid=x+y
         c: cut
         d: connect v31 keep
         w< pub $SYS/broker/clients/d/connected {\"user\":null,\"protocol\":3,\"keep_alive\":0,\"clean_start\":false}
         d: cut
         w< pub $SYS/broker/clients/d/disconnected {\"by\":\"network\",\"reason\":128}
         // They are news, and not retained.
         w: sub #2 $SYS/broker/clients/#:0
         w< pub $SYS/broker/clients/w/subscribed {\"filter\":\"$SYS/broker/clients/#\",\"qos\":0}",
    );
}

#[test]
fn connections_are_counted_by_the_minute() {
    rule!("D-sys-clients");
    check_with(
        Config { sys_interval: 60, ..Config::default() },
        "w: connect v311
         w: sub #1 $SYS/broker/load/connections/1min:0 $SYS/broker/load/sockets/1min:0
         o: open
         o: cut
         +60
         w< pub $SYS/broker/load/sockets/1min 1.26
         w< pub $SYS/broker/load/connections/1min 0.63",
    );
}
