//! Who may do what: asked at each message, as the rights are then.

use broker::Config;
use broker::access::{Access, Acl};

use crate::harness::check_access;
use crate::harness::rule::rule;

fn acl(text: &str) -> Access {
    Access { acl: Some(Acl::parse(text).expect("a legal file of rights")), ..Access::default() }
}

/// alice writes what bob reads; nobody else does anything but below his own name.
const HOUSE: &str = "user alice
topic readwrite house/#
topic deny house/safe/#
user bob
topic read house/#
pattern readwrite own/%c/#
topic read $SYS/#
";

#[track_caller]
fn house(script: &str) {
    check_access(Config::default(), &[("house", acl(HOUSE)), ("open", Access::default()), ("nothing", acl(""))], script);
}

#[test]
fn publishing_is_refused_in_the_words_of_the_version() {
    rule!("MQTT311-3.3.5-2", "B-26");
    house(
        "b: connect v5 user=bob
         b: sub #1 house/#:2
         a: connect v5 user=alice
         a: pub! house/door open q1 #1
         b< pub house/door open q1 #1
         b: puback #1
         // QoS 1 and 2 are told, with a reason for people.
         b: pub house/door open q1 #7
         ! Dropped { client: \"b\", message: 2, why: NotAllowed }
         b< puback #7 0x87
         why rights of this client
         b: pub house/door open q2 #8
         b< pubrec #8 0x87
         // The identifier is free: nothing is kept for a message that was refused.
         b: pub own/b/x 1 q2 #8
         b< pubrec #8 0x10
         b: pubrel #8
         b< pubcomp #8
         b: pub house/door open
         ! NotAllowed
         a: pub house/safe/1 x q1 #2
         a< puback #2 0x87
         // Under an alias counts the topic behind it.
         a: pub house/safe/1 x q1 #3 alias=1
         a< puback #3 0x87
         a: pub \"\" x q1 #4 alias=1
         a< puback #4 0x87",
    );
    // 3.1 and 3.1.1 have no word for it: the usual answer, and nothing happens.
    for version in ["v311", "v31"] {
        house(&format!(
            "b: connect v5 user=bob
             b: sub #1 house/#:2
             m: connect {version} user=mallory
             m: pub house/door open retain
             ! NotAllowed
             m: pub house/door open q1 #1
             m< puback #1
             m: pub house/door open q2 #2
             m< pubrec #2
             m: pubrel #2
             m< pubcomp #2
             !! PassedOn
             b: sub #2 house/#:0"
        ));
    }
}

#[test]
fn a_qos_2_message_that_was_taken_stays_taken() {
    rule!("D-rights-asked");
    rule!("MQTT-4.3.3-10");
    house(
        "a: connect v5 user=alice
         a: pub house/door open q2 #1
         a< pubrec #1 0x10
         broker: access nothing
         a: pub house/door open q2 #1 dup
         a< pubrec #1
         ! NotPassedOnTwice
         a: pubrel #1
         a< pubcomp #1
         a: pub house/door open q2 #2
         a< pubrec #2 0x87",
    );
}

#[test]
fn subscribing_is_refused_where_nothing_could_come() {
    rule!("D-rights-3-1");
    rule!("B-8");
    let rights = "user alice
topic read house/#
topic deny safe/#
";
    let check = |script: &str| check_access(Config::default(), &[("it", acl(rights))], script);
    check(
        "a: connect v5 user=alice
         a: sub? #1 house/door:1 safe/#:1 safe/1:0
         ! MayNotSubscribe { conn: ConnId(1), filter: \"safe/#\" }
         a< suback #1 1,0x87,0x87
         why rights of this client
         // A share name does not hide what is behind it.
         a: sub? #2 $share/house/safe/1:1
         ! MayNotSubscribe
         a< suback #2 0x87
         a: sub #3 $share/safe/house/1:1
         b: connect v311 user=alice
         b: sub? #1 safe/1:1
         b< suback #1 0x80
         // 3.1 has no word for it: granted, and nothing comes.
         c: connect v31 user=alice
         c: sub #1 safe/1:1
         ! MayNotSubscribe
         c: unsub #2 safe/1
         !! Unsubscribed",
    );
}

#[test]
fn delivering_is_asked_for_every_subscriber() {
    rule!("D-rights-asked");
    house(
        "b: connect v5 user=bob
         b: sub #1 #:0
         m: connect v5 user=mallory
         m: sub #1 #:0
         n: connect v5
         n: sub #1 #:0
         a: connect v5 user=alice
         a: pub house/door open q1 #1
         b< pub house/door open
         a< puback #1
         ! Dropped { client: \"m\", message: 1, why: MayNotRead }
         ! Dropped { client: \"n\", message: 1, why: MayNotRead }
         ! PassedOn { message: 1, to: 1 }
         m: pub own/m/x 1 q1 #1
         m< pub own/m/x 1
         m< puback #1
         ! PassedOn { message: 2, to: 1 }
         // That nobody may read it looks like nobody being there.
         n: pub own/n/y 1 q1 #1
         n< pub own/n/y 1
         n< puback #1
         n: unsub #2 #
         n: pub own/n/y 1 q1 #3
         n< puback #3 0x10",
    );
}

/// CVE-2017-7650: a pattern is not widened by a name that holds wildcards.
#[test]
fn wildcards_in_a_name_reach_nobody_elses_topics() {
    rule!("B-CVE-2017-7650");
    let rights = acl("pattern readwrite own/%c/#\npattern readwrite of/%u/#\n");
    let script = "v: connect v5 user=victim cid=victim
                  v: sub #1 own/victim/#:0 of/victim/#:0
                  m: connect v5 user=+ cid=#
                  m: sub? #1 #:0
                  m< suback #1 0x87
                  n: connect v5 user=# cid=+
                  n: sub? #1 own/+/#:0 of/victim/1:0
                  n< suback #1 0x87,0x87
                  m: pub own/victim/1 x q1 #1
                  m< puback #1 0x87
                  n: pub of/victim/1 x q1 #1
                  n< puback #1 0x87
                  o: connect v5 cid=victim/1
                  o: pub own/victim/1 x q1 #1
                  o< puback #1 0x87
                  v: pub own/victim/1 x
                  v< pub own/victim/1 x
                  v: pub of/victim/1 x
                  v< pub of/victim/1 x";
    check_access(Config::default(), &[("patterns", rights)], script);
}

/// CVE-2018-12546: whoever has lost the right to publish has no voice by what was retained of him either.
#[test]
fn a_retained_message_goes_with_its_publishers_right() {
    rule!("B-CVE-2018-12546", "B-4");
    house(
        "a: connect v5 user=alice
         a: pub house/door open retain
         b: connect v5 user=bob
         b: sub #1 house/#:0
         b< pub house/door open retain
         a: disconnect
         a< closed
         broker: access open
         b: sub #2 house/#:0
         b< pub house/door open retain
         broker: access nothing
         b: sub #3 house/#:0
         ! Dropped { client: \"b\", message: 1, why: MayNotRead }",
    );
    let revoked = "user bob
topic read house/#
";
    let accesses = [("before", acl(HOUSE)), ("after", acl(revoked))];
    let script = "a: connect v5 user=alice
                  a: pub house/door open retain
                  b: connect v5 user=bob
                  broker: access after
                  b: sub #1 house/#:0
                  ! Dropped { client: \"b\", message: 1, why: PublisherMayNot }
                  b: sub #2 house/door:0
                  broker: access before
                  b: sub #3 house/#:0
                  b< pub house/door open retain";
    check_access(Config::default(), &accesses, script);
}

/// CVE-2021-34434: a subscription that was allowed delivers nothing once it is not, live or from the queue or again.
#[test]
fn a_subscription_goes_with_the_right_to_read() {
    rule!("D-rights-asked");
    rule!("B-CVE-2021-34434");
    house(
        "b: connect v5 expiry=60 user=bob rm=1
         b: sub #1 house/#:1
         a: connect v5 user=alice
         a: pub! house/1 x q1 #1
         b< pub house/1 x q1 #1
         a: pub! house/2 x q1 #1
         ! Queued
         broker: access nothing
         // What waits is asked for when it is its turn.
         b: puback #1
         ! Dropped { client: \"b\", message: 2, why: MayNotRead }
         broker: access house
         a: pub! house/3 x q1 #1
         b< pub house/3 x q1 #2
         b: cut
         broker: access nothing
         // It was sent before, and may not have come: it is not sent again.
         b: resume expiry=60 user=bob rm=1
         ! Dropped { client: \"b\", message: 3, why: MayNotRead }
         broker: access house
         a: pub! house/4 x q1 #1
         b< pub house/4 x q1 #3
         b: puback #3",
    );
}

#[test]
fn whoever_takes_a_session_on_gets_what_he_may_read_himself() {
    rule!("D-session-user");
    house(
        "b: connect v5 expiry=60 user=bob
         b: sub #1 #:1
         b: cut
         a: connect v5 user=alice
         a: pub! house/1 x q1 #1
         m: connect? v5 keep cid=b user=mallory
         m< connack 0 sp
         ! Dropped { client: \"b\", message: 1, why: MayNotRead }",
    );
}

/// CVE-2018-12550: an empty file of rights gives none.
#[test]
fn an_empty_file_gives_nobody_anything() {
    rule!("B-CVE-2018-12550");
    let script = "a: connect v5 user=alice
                  a: sub #1 #:1
                  a: pub t x q1 #1
                  a< puback #1 0x87
                  b: connect v311
                  b: pub t x retain
                  ! NotAllowed
                  a: sub #2 t:1";
    for text in ["", "\n# nothing\n"] {
        check_access(Config::default(), &[("empty", acl(text))], script);
    }
    // And one that cannot be read is no file at all.
    assert!(Acl::parse("topic readwrit #\n").is_err());
}

#[test]
fn a_will_is_asked_for_when_it_goes_out() {
    rule!("B-2");
    house(
        "b: connect v5 user=bob
         b: sub #1 house/#:0
         a: connect v5 user=alice will=house/gone:x
         a: cut
         b< pub house/gone x
         m: connect v5 user=mallory will=house/gone:x willretain
         m: cut
         ! Dropped { client: \"m\", message: 2, why: NotAllowed }
         !! WillPublished
         !! RetainedSet
         a: connect v5 user=alice will=house/gone:x delay=5 expiry=60
         a: cut
         broker: access nothing
         +6
         ! Dropped { client: \"a\", message: 3, why: NotAllowed }",
    );
}

#[test]
fn of_a_group_a_member_gets_it_who_may() {
    rule!("B-8");
    house(
        "m: connect v5 user=mallory
         m: sub #1 $share/g/#:1
         b: connect v5 user=bob
         b: sub #1 $share/g/#:1
         n: connect v5 expiry=60 user=mallory
         n: sub #1 $share/g/#:1
         a: connect v5 user=alice
         a: pub! house/1 x q1 #1
         b< pub house/1 x q1 #1
         a: pub! house/2 x q1 #1
         b< pub house/2 x q1 #2
         b: cut
         // What b has not acknowledged goes on to nobody who may not read it.
         !! Queued
         a: pub house/3 x q1 #1
         a< puback #1 0x10
         ! why: MayNotRead",
    );
}

#[test]
fn members_beyond_the_first_who_may_not_are_found() {
    rule!("B-8");
    let mut script = String::new();
    for n in 0..20 {
        script += &format!("m{n}: connect v5 user=mallory\n m{n}: sub #1 $share/g/#:1\n");
    }
    script += "b: connect v5 user=bob
               b: sub #1 $share/g/#:1
               a: connect v5 user=alice
               a: pub! house/1 x q1 #1
               b< pub house/1 x q1 #1";
    house(&script);
}

#[test]
fn the_brokers_own_topics_are_read_by_whom_they_are_granted() {
    rule!("D-rights-asked");
    let config = Config { sys_interval: 10, ..Config::default() };
    let rights = acl("user admin\ntopic read $SYS/#\ntopic read #\n");
    let script = "a: connect v311 user=admin
                  a: sub #1 $SYS/broker/version:0
                  b: connect v311 user=bob
                  b: sub #1 $SYS/broker/version:0
                  +10
                  a< pub $SYS/broker/version GlassMQ 0.1.0
                  b: sub #2 $SYS/broker/version:0
                  a: sub #2 $SYS/broker/version:0
                  a< pub $SYS/broker/version GlassMQ 0.1.0 retain";
    check_access(config, &[("admin", rights)], &script.replace("0.1.0", env!("CARGO_PKG_VERSION")));
}
