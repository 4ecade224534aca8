//! Password files, rights and SCRAM against what others made: mosquitto_passwd, mosquitto itself and RFC 7677.

#[path = "rules/harness/rule.rs"]
mod rule;
/// Where the macro looks for it.
mod harness {
    pub(crate) use crate::rule;
}

use broker::access::scram::client::ScramClient;
use broker::access::scram::{Credential, CredentialFile, Decoy, MIN_ITERATIONS, Refused, Scram};
use broker::access::{Access, Acl, Action, BadUser, Kind, LoginRefused, MAX_ITERATIONS, PasswordFile, Who};
use rule::rule;

/// Written by mosquitto_passwd 2.0.11, with -H sha512 and with -H sha512-pbkdf2 (its default).
const PASSWORDS: &str = "\
alice:$6$ZyeMhOOenTDUCP84$v8WAoXm53QsO+iWpsggJFab3feXXj1JXXmTrKGEmVy9fwMgDT1x7NqXES37967VuI75NhngqdO1Db9IJ83B/gg==
bob b:$6$q3Gt6quVdXT44lMJ$tjZIJyFBOsrBpKril6UoEWLBMXRZLJzHneCLkt7xfQR/TyGnHJ+8233vGEury9m/F+3bVP7YdyLxwTr20Q60HA==
émile:$6$pcN5uqAC77FBAOvb$I1ohY3Ik01gFEiGRoO1TY29iLwMpraekRDTNUErY49rWgnQYzipANBspPoAUTk5ixPV/u6ZZDb2AEzCWCqPKzw==
";
const PASSWORDS_7: &str = "\
alice:$7$101$4BxNE9xBLigrBITh$4PGp/pm71LORqh24U95eAGeHJdrlJafHgTRtv3L2niIPULZv91yKPuul5W6YHgdnYq1AycddSKZgwNshPrxFrg==
bob b:$7$101$x5kyS4WmhSQmY2OU$8jEurU1ZSl2LXzGXC/7owN2BJJpUpuscsW6bziz1m3oWAn0xtyXBHEL/jBtMLLgJUyKyH+5wKHTm5LeyAJpIew==
émile:$7$101$9ioEPv8cXFy921Av$vpI4PwRZW1ba5kg3wMlwYhbubHq2s6ioVakpK4bWzJp26snzmqPzViAQ8Q5vdYltGuUaIUsvF3uNXsF65HWJWQ==
";
const KNOWN: [(&str, &str); 3] = [("alice", "correct horse"), ("bob b", "pässword $7$"), ("émile", "::")];

#[test]
fn what_mosquitto_passwd_wrote_is_read() {
    for text in [PASSWORDS, PASSWORDS_7] {
        let file = PasswordFile::parse(text).expect("mosquitto_passwd writes legal files");
        for (user, password) in KNOWN {
            assert!(file.verify(user, password.as_bytes()), "{user} has the password {password:?}");
            assert!(!file.verify(user, &password.as_bytes()[1..]), "{user} has no shorter password");
            assert!(!file.verify(user, b""), "{user} needs a password");
            assert!(!file.verify(&user.to_uppercase(), password.as_bytes()), "names are compared as bytes");
        }
        assert!(!file.verify("alice", b"::"), "a password of somebody else");
        assert!(!file.verify("mallory", b"::"), "the password on which an unknown name is tried is somebody's");
        assert_eq!(file.to_string(), text, "what is written is what was read");
    }
}

#[test]
fn comments_empty_lines_and_foreign_line_ends_say_nothing() {
    let text = format!("\u{feff}# users: all of them\n\n \t \n#x:$9$\n{}", PASSWORDS.replace('\n', "  \r\n"));
    assert_eq!(PasswordFile::parse(&text), PasswordFile::parse(PASSWORDS));
}

#[test]
fn files_are_counted() {
    let acl = Acl::parse("topic read a\nuser alice\ntopic b\ntopic deny c\npattern own/%c\n").expect("a legal file");
    assert_eq!((acl.len(), acl.is_empty()), (4, false));
    assert!(Acl::default().is_empty());
    assert_eq!(Access::default().weight(), 0);
    let passwords = PasswordFile::parse(PASSWORDS).expect("a legal file");
    let mut scram = CredentialFile::default();
    scram.set("alice", Credential::new(b"x", [1; 16], MIN_ITERATIONS)).expect("a user name");
    let access = Access { passwords: Some(passwords), scram: Some(scram), acl: Some(acl), allow_anonymous: false };
    assert_eq!(access.weight() % (3 + 1 + 4), 0);
    assert!(access.weight() > 0);
}

/// CVE-2018-12550, CVE-2018-12551: an empty or broken file must never be an open door.
#[test]
fn an_empty_password_file_lets_nobody_in() {
    rule!("B-CVE-2018-12551");
    for text in ["", "\n", "# nobody\n", "\u{feff}"] {
        let passwords = PasswordFile::parse(text).expect("a file without lines is legal");
        assert!(!passwords.verify("alice", b"") && !passwords.verify("", b""));
        let access = Access { passwords: Some(passwords), allow_anonymous: false, ..Access::default() };
        for (user, password) in
            [(None, None), (Some("alice"), None), (Some("alice"), Some(&b""[..])), (Some(""), Some(b"")), (None, Some(b"x"))]
        {
            assert!(access.login(user, password).is_err(), "{user:?} {password:?} came in through {text:?}");
        }
    }
}

#[test]
fn a_bad_password_line_is_told_by_place() {
    let good = PASSWORDS.lines().next().expect("a line");
    let hash = good.rsplit('$').next().expect("a hash");
    let cases = [
        ("alice", 6, "no colon"),
        (":$6$", 1, "empty"),
        ("bob:", 5, "No password"),
        ("bob:secret", 5, "not hashed"),
        ("bob: secret", 6, "not hashed"),
        ("bøb:$argon2id$v=19", 5, "$argon2id$ is not read"),
        ("bob:$5$a$b", 5, "$5$ is not read"),
        ("bob:$", 5, "is not read"),
        ("bob:$6$ZyeMhOOenTDUCP84", 8, "breaks off"),
        ("bob:$7$101", 8, "breaks off"),
        ("bob:$7$101$ZyeMhOOenTDUCP84", 12, "breaks off"),
        ("bob:$7$0$a$b", 8, "1 to 500000"),
        ("bob:$7$+1$a$b", 8, "1 to 500000"),
        ("bob:$7$99999999999$a$b", 8, "1 to 500000"),
        ("bob:$7$500001$a$b", 8, "1 to 500000"),
        ("bob:$6$$aaaa", 8, "no salt"),
        ("bob:$6$Zye%$aaaa", 8, "no salt"),
        ("bob:$6$ZyeMhOOenTDUCP84$", 25, "no hash"),
        ("bob:$6$ZyeMhOOenTDUCP84$v8WA", 25, "no hash"),
        (&format!("bob:$6$ZyeMhOOenTDUCP84${hash}$x"), 25, "no hash"),
        (&format!("bob:$6$ZyeMhOOenTDUCP84${}", hash.trim_end_matches('=')), 25, "no hash"),
        (good, 1, "already"),
    ];
    for (text, column, words) in cases {
        let bad = PasswordFile::parse(&format!("# first\r\n{good}\r\n{text}\r\n")).expect_err(text);
        assert_eq!((bad.line, bad.column), (3, column), "{text}: {bad}");
        assert!(bad.what.contains(words), "{text}: {bad}");
        assert!(!bad.to_string().contains("secret"), "a password must not show up in a message: {bad}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut file = PasswordFile::default();
    for (no, kind) in [Kind::Sha512, Kind::Pbkdf2 { iterations: 101 }, Kind::Pbkdf2 { iterations: 0 }].into_iter().enumerate() {
        let user = format!("user {no}");
        file.set(&user, b"old", Kind::Sha512, [0; 12]).expect("a good name");
        file.set(&user, b"\0\xff secret", kind, [no as u8; 12]).expect("a good name");
        assert!(!format!("{file:?}").contains('$'), "no hash in a log");
        let again = PasswordFile::parse(&file.to_string()).expect("own files are legal");
        assert_eq!(again, file);
        assert!(again.verify(&user, b"\0\xff secret") && !again.verify(&user, b"old") && !again.verify(&user, b""));
    }
    assert!(file.to_string().contains("user 2:$7$1$"), "0 iterations are moved to 1");
    file.set("user 2", b"", Kind::Pbkdf2 { iterations: u32::MAX }, [0; 12]).expect("a good name");
    assert!(file.to_string().contains(&format!("user 2:$7${MAX_ITERATIONS}$")));
    assert!(file.remove("user 2") && !file.remove("user 2"));
    assert_eq!(file.users().collect::<Vec<_>>(), ["user 0", "user 1"]);
    for (user, bad) in [
        ("", BadUser::Empty),
        ("#x", BadUser::Comment),
        ("a:b", BadUser::Colon),
        ("a\nb", BadUser::Control),
        (" a", BadUser::Blank),
        (&"x".repeat(65_536), BadUser::TooLong),
    ] {
        assert_eq!(file.set(user, b"x", Kind::Sha512, [0; 12]), Err(bad));
    }
}

#[test]
fn logging_in() {
    let passwords = PasswordFile::parse(PASSWORDS).ok();
    let open = Access::default();
    let closed = Access { allow_anonymous: false, ..Access::default() };
    let mixed = Access { passwords, ..Access::default() };
    let strict = Access { allow_anonymous: false, ..mixed.clone() };
    let (right, wrong) = (Some(&b"correct horse"[..]), Some(&b"battery"[..]));
    let bad = Err(LoginRefused::BadUserNameOrPassword);
    for (user, password, expected) in [
        (None, None, [Ok(()), Err(LoginRefused::Anonymous), Ok(()), Err(LoginRefused::Anonymous)]),
        (None, right, [Ok(()), Err(LoginRefused::Anonymous), Ok(()), Err(LoginRefused::Anonymous)]),
        (Some("alice"), right, [Ok(()), bad, Ok(()), Ok(())]),
        (Some("alice"), wrong, [Ok(()), bad, bad, bad]),
        (Some("alice"), None, [Ok(()), bad, bad, bad]),
        (Some("mallory"), right, [Ok(()), bad, bad, bad]),
        (Some(""), Some(b""), [Ok(()), bad, bad, bad]),
    ] {
        let answers = [&open, &closed, &mixed, &strict].map(|access| access.login(user, password));
        assert_eq!(answers, expected, "{user:?} {password:?}");
    }
    let proved = Access { scram: Some(CredentialFile::default()), ..Access::default() };
    assert_eq!(proved.login(Some("alice"), right), bad, "where names are proved by SCRAM, nobody takes one without");
    assert_eq!(proved.login(None, None), Ok(()));
}

/// The file that mosquitto was asked with.
const ACL: &str = "\
# for clients without a user name
topic read public/#
topic write public/drop
topic deny public/secret/#

user alice
topic readwrite home/alice/#
topic deny home/alice/safe
topic home/+/lamp
topic read a b/c
topic read $SYS/broker/uptime
  topic   write   spaced/topic  \n\
topic deny home/bob/lamp

user bob
topic #
topic deny home/alice/+

user alice
topic read added/later

user carol

pattern readwrite dev/%c/#
pattern read users/%u
pattern write mix/%u-%c/in
pattern deny dev/+/locked
pattern read home/alice/safe
pattern read plain/all
pattern %c/x
";
const ACL_TOPICS: &str = "public/x public public/drop public/secret public/secret/x home/alice home/alice/x home/alice/safe home/alice/lamp \
    home/carol/lamp home/bob/lamp a~b/c a~b spaced/topic added/later dev/c1/t dev/c1 dev/c2/t dev/c1/locked dev/c2/locked users/alice \
    users/dave mix/alice-c1/in mix/dave-c9/in plain/all c1/x c2/x other $test/x";
/// What mosquitto 2.0.11 let through, per client and topic: r for a message delivered, w for a PUBACK without 0x87.
const MOSQUITTO: &str = "\
- c1: r- r- rw -- -- -- -- r- -- -- -- -- -- -- -- rw rw -- -- -- -- -- -- -- r- rw -- -- --
alice c1: -- -- -- -- -- rw rw -- rw rw -- r- -- -w r- rw rw -- -- -- r- -- -w -- r- rw -- -- --
alice a/b: -- -- -- -- -- rw rw -- rw rw -- r- -- -w r- -- -- -- -- -- r- -- -- -- r- -- -- -- --
bob c2: rw rw rw rw rw rw -- -- -- rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw --
carol c1: -- -- -- -- -- -- -- r- -- -- -- -- -- -- -- rw rw -- -- -- -- -- -- -- r- rw -- -- --
dave c9: -- -- -- -- -- -- -- r- -- -- -- -- -- -- -- -- -- -- -- -- -- r- -- -w r- -- -- -- --
- c+: r- r- rw -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- --
dave #: -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- --
alice +: -- -- -- -- -- rw rw -- rw rw -- r- -- -w r- -- -- -- -- -- -- -- -- -- -- -- -- -- --
c+d c1: -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- --
bob c#: rw rw rw rw rw rw -- -- -- rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw rw --
";

#[test]
fn rights_are_those_that_mosquitto_gives() {
    let acl = Acl::parse(ACL).expect("mosquitto reads it");
    let mut asked = 0;
    for line in MOSQUITTO.lines() {
        let (who, rights) = line.split_once(": ").expect("who: rights");
        let (user, client) = who.split_once(' ').expect("user and client");
        let who = Who { user: Some(user).filter(|user| *user != "-"), client };
        for (topic, rights) in ACL_TOPICS.split(' ').filter(|topic| !topic.is_empty()).zip(rights.split(' ')) {
            let topic = topic.replace('~', " ");
            let read = if acl.allows(&who, Action::Read, &topic) { 'r' } else { '-' };
            let write = if acl.allows(&who, Action::Write, &topic) { 'w' } else { '-' };
            assert_eq!(format!("{read}{write}"), rights, "{who:?} {topic}");
            assert!(acl.allows(&who, Action::Subscribe, &topic) || read == '-', "{who:?} may read {topic} but not subscribe to it");
            asked += 1;
        }
    }
    assert_eq!(asked, 11 * 29);
}

/// CVE-2017-7650: a client that calls itself `#` must not get everybody's topics.
#[test]
fn a_name_cannot_widen_a_pattern() {
    rule!("B-CVE-2017-7650");
    let acl = Acl::parse("pattern readwrite dev/%c/in\npattern read users/%u/#\npattern read %c/#\npattern read free/#\n").expect("legal");
    let may = |user, client, topic| acl.allows(&Who { user, client }, Action::Read, topic);
    assert!(may(Some("ann"), "c1", "dev/c1/in") && may(Some("ann"), "c1", "users/ann/x") && may(None, "c1", "c1/x"));
    for topic in ["dev/c1/in", "dev/#/in", "dev/+/in", "users/ann", "users/ann/x", "x/y", "free/x"] {
        for evil in ["#", "+", "c#", "+/c1", "c1/#"] {
            assert!(!may(Some("ann"), evil, topic), "client {evil} got {topic}");
            assert!(!may(Some(evil), "zz", topic), "user {evil} got {topic}");
        }
    }
    // A slash reaches another depth, an empty name another meaning; what does not use the name stays.
    for (user, client, topic) in
        [(Some("a/b"), "c", "users/a/b/x"), (None, "a/in", "dev/a/in/in"), (Some(""), "c", "users//x"), (None, "", "dev//in")]
    {
        assert!(!may(user, client, topic), "{user:?} {client:?} got {topic}");
        assert!(may(user, client, "free/x"));
    }
    assert!(may(Some("a/b"), "c", "c/x") && may(Some("ann"), "a/b", "users/ann/x"), "the other name is a good one");
    // Nor does a name that begins with $ reach what the pattern does not name.
    assert!(!may(None, "$SYS", "$SYS/broker/uptime"));
    // The letters of a placeholder in a name are just letters.
    assert!(may(Some("%c"), "x", "users/%c/a") && !may(Some("%c"), "x", "users/x/a"));
    // What is denied with a name stays denied, be the name as it may.
    let acl = Acl::parse("pattern deny box/%u/#\npattern readwrite box/#\n").expect("legal");
    assert!(!acl.allows(&Who { user: Some("a/b"), client: "c" }, Action::Write, "box/a/b/x"));
    assert!(acl.allows(&Who { user: Some("a/b"), client: "c" }, Action::Write, "box/a/x"));
}

#[test]
fn an_empty_acl_gives_nothing_and_none_gives_all() {
    rule!("B-CVE-2018-12550");
    let who = Who { user: Some("alice"), client: "c" };
    let closed = Access { acl: Some(Acl::parse("# nothing\n").expect("legal")), ..Access::default() };
    assert!(!closed.is_open() && !closed.allows(&who, Action::Read, "a") && !closed.allows(&who, Action::Write, "a"));
    let open = Access::default();
    assert!(open.is_open() && [Action::Read, Action::Write, Action::Subscribe].iter().all(|action| open.allows(&who, *action, "$SYS/a")));
}

#[test]
fn a_subscription_is_refused_only_where_nothing_could_come() {
    let text = "user ann\ntopic deny a/#\ntopic read b/#\ntopic deny q/+/x\nuser eve\ntopic read p/own\ntopic deny $SYS/#\n\
        pattern deny p/#\npattern deny %c/private\npattern deny only/%u\npattern read z\n";
    let acl = Acl::parse(text).expect("legal");
    let may = |user, filter| acl.allows(&Who { user, client: "c" }, Action::Subscribe, filter);
    for refused in ["a", "a/#", "a/b", "a/+", "a/+/c", "a/b/#", "p", "p/#", "c/private", "q/1/x", "q/+/x", "only/ann"] {
        assert!(!may(Some("ann"), refused), "{refused}");
    }
    for allowed in ["#", "+", "+/#", "b/#", "z", "unknown", "+/private", "q/#", "q/+/+", "q/+/x/y", "ab", "$SYS/#", "only/+", "only/bob"] {
        assert!(may(Some("ann"), allowed), "{allowed}");
    }
    assert!(may(Some("eve"), "p/own") && may(Some("eve"), "p/#") && may(Some("eve"), "p/+"), "an own right comes before a pattern");
    assert!(!may(Some("eve"), "p/other") && !may(Some("eve"), "$SYS/broker/uptime"));
    assert!(may(Some("eve"), "#"));
    assert!(may(None, "only/ann"), "what is denied by user name says nothing of those without one");
}

#[test]
fn a_bad_acl_line_is_told_by_place() {
    for (text, column, words) in [
        ("user", 5, "No user name"),
        ("user   ", 5, "No user name"),
        ("topic", 6, "No topic"),
        ("pattern  ", 8, "No topic"),
        ("topic reed a/b", 7, "\"reed\" is no access"),
        ("topic  a b", 8, "\"a\" is no access"),
        ("topic read a/#/b", 14, "#"),
        ("  topic ü/b+", 12, "+"),
        ("pattern write %c#", 17, "#"),
        ("topic read a\0b", 13, "U+0000"),
        ("users alice", 1, "\"users\" begins no line"),
        ("  # comment", 3, "first column"),
        ("topic\tread a", 1, "begins no line"),
        ("Topic a", 1, "begins no line"),
    ] {
        let bad = Acl::parse(&format!("# first\n\n{text}\ntopic a\n")).expect_err(text);
        assert_eq!((bad.line, bad.column), (3, column), "{text}: {bad}");
        assert!(bad.what.contains(words), "{text}: {bad}");
    }
    assert!(Acl::parse("topic read\n").expect("a topic called read").allows(&Who { user: None, client: "c" }, Action::Write, "read"));
}

const DECOY: Decoy = Decoy { key: [7; 32], iterations: MIN_ITERATIONS };

/// RFC 7677, 3.
#[test]
fn the_exchange_of_rfc_7677() {
    let salt = [0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81];
    let credential = Credential::new(b"pencil", salt, 4096);
    assert_eq!(Credential::parse(&credential.to_string()).as_ref(), Some(&credential));
    let (client, first) = ScramClient::first("user", b"pencil", "rOprNGfwEbeRWgbNEkqO").expect("good");
    assert_eq!(first, b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    let lookup = |user: &str| (user == "user").then_some(credential);
    let (server, challenge) = Scram::first(&first, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", &DECOY, lookup).expect("good");
    let expected = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    assert_eq!(String::from_utf8(challenge.clone()).as_deref(), Ok(expected));
    assert_eq!(server.user(), "user");
    let (client, last) = client.last(&challenge).expect("good");
    let expected = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    assert_eq!(String::from_utf8(last.clone()).as_deref(), Ok(expected));
    let proof = server.last(&last).expect("the proof is right");
    assert_eq!(proof, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert_eq!(client.clone().verify(&proof), Ok(()));
    assert_eq!(
        client.clone().verify(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="),
        Err(Refused::Malformed("The server's last message is v= and 32 bytes in Base64."))
    );
    assert_eq!(client.clone().verify(b"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Err(Refused::Proof));
    assert_eq!(client.verify(b"e=other-error"), Err(Refused::Server("other-error".to_owned())));
}

/// Runs a whole exchange; `change` may tamper with each message.
fn exchange(user: &str, password: &str, mut change: impl FnMut(usize, &mut String)) -> Result<String, Refused> {
    let mut tamper = |no, message: Vec<u8>| {
        let mut text = String::from_utf8(message).expect("SCRAM is text");
        change(no, &mut text);
        text.into_bytes()
    };
    let lookup = |user: &str| (user == "a,b=c").then(|| Credential::new("schlüssel".as_bytes(), [1; 16], MIN_ITERATIONS));
    let (client, first) = ScramClient::first(user, password.as_bytes(), "client")?;
    let (server, challenge) = Scram::first(&tamper(1, first), "server", &DECOY, lookup)?;
    let name = server.user().to_owned();
    let (client, last) = client.last(&tamper(2, challenge))?;
    let last = tamper(3, last);
    let proof = server.last(&last)?;
    // Told apart from a refusal by the server: whoever reaches this line is let in.
    client.verify(&tamper(4, proof)).map_err(|refused| Refused::Server(format!("by the client: {refused}")))?;
    Ok(name)
}

#[test]
fn both_prove_themselves_or_neither_is_let_in() {
    assert_eq!(exchange("a,b=c", "schlüssel", |_, _| {}).as_deref(), Ok("a,b=c"), "commas and equals signs are escaped");
    assert_eq!(exchange("a,b=c", "schlussel", |_, _| {}), Err(Refused::Proof));
    assert_eq!(exchange("a,b=c", "", |_, _| {}), Err(Refused::Proof));
    assert_eq!(exchange("mallory", "schlüssel", |_, _| {}), Err(Refused::Proof), "the same as for a wrong password");
    assert!(exchange("", "x", |_, _| {}).is_err());
    let with = |no: usize, from: &'static str, to: &'static str| {
        exchange("a,b=c", "schlüssel", move |at, text| {
            if at == no {
                assert!(text.contains(from), "{text}");
                *text = text.replacen(from, to, 1);
            }
        })
    };
    assert_eq!(with(1, "n,,", "p=tls-unique,,"), Err(Refused::ChannelBinding));
    assert_eq!(with(1, "n,,", "n,a=root,"), Err(Refused::ActsAsOther));
    assert_eq!(with(1, "n,,", "n,,m=x,"), Err(Refused::Extension));
    assert_eq!(with(1, "n,,", "y,,"), Err(Refused::ChannelBinding), "the header is signed by c=");
    assert!(matches!(with(1, "=2C", "=2c"), Err(Refused::Malformed(_))));
    assert!(matches!(with(1, "n,,", "x,,"), Err(Refused::Malformed(_))));
    assert!(matches!(with(1, ",r=client", ""), Err(Refused::Malformed(_))));
    assert_eq!(with(1, "r=client", "r=cli nt"), Err(Refused::Nonce));
    assert_eq!(with(1, "r=client", "r="), Err(Refused::Nonce));
    assert_eq!(with(1, "a=2Cb", "A=2Cb"), Err(Refused::Proof), "another name, which is not known");
    assert_eq!(with(1, "r=client", "r=client,x=optional"), Err(Refused::Proof), "all that the client says is signed");
    assert_eq!(with(2, "clientserver", "client"), Err(Refused::Nonce));
    assert_eq!(with(2, "clientserver", "otherserver"), Err(Refused::Nonce));
    assert_eq!(with(2, "i=4096", "i=1"), Err(Refused::Iterations));
    assert_eq!(with(2, "i=4096", "i=4000000000"), Err(Refused::Iterations));
    assert_eq!(with(2, "i=4096", "i=4097"), Err(Refused::Proof));
    assert_eq!(with(2, "r=", "e=no,r="), Err(Refused::Server("no,r=clientserver,s=AQEBAQEBAQEBAQEBAQEBAQ==,i=4096".to_owned())));
    assert_eq!(with(3, "clientserver", "clientserver2"), Err(Refused::Nonce));
    assert_eq!(with(3, "c=biws", "c=eSws"), Err(Refused::ChannelBinding));
    assert_eq!(with(3, ",p=", ",x=1,p="), Err(Refused::Proof));
    assert!(matches!(with(3, ",p=", ",p=A"), Err(Refused::Malformed(_))));
    assert!(matches!(with(3, ",p=", ",q="), Err(Refused::Malformed(_))));
    assert!(matches!(with(4, "v=", "w="), Err(Refused::Server(what)) if what.starts_with("by the client")));
    let (client, _) = ScramClient::first("user", b"x", "client").expect("good");
    assert_eq!(client.last(b"r=client,s=AAAA,i=4096").err(), Some(Refused::Nonce), "a server that adds nothing could be an echo");
    // A header that names oneself is legal, if it is repeated.
    let header = exchange("a,b=c", "schlüssel", |at, text| match at {
        1 => *text = text.replacen("n,,", "n,a=a=2Cb=3Dc,", 1),
        3 => *text = text.replacen("c=biws", "c=bixhPWE9MkNiPTNEYyw=", 1),
        _ => {}
    });
    assert_eq!(header, Err(Refused::Proof), "legal, but the client has signed another");
}

#[test]
fn names_cannot_be_probed() {
    let challenge = |user: &str, key: u8| {
        let (_, first) = ScramClient::first(user, b"x", "client").expect("good");
        let known = |user: &str| (user == "known").then(|| Credential::new(b"x", [1; 16], MIN_ITERATIONS));
        let decoy = Decoy { key: [key; 32], iterations: MIN_ITERATIONS };
        String::from_utf8(Scram::first(&first, "server", &decoy, known).expect("a challenge for all").1).expect("text")
    };
    assert_eq!(challenge("eve", 7), challenge("eve", 7), "asked twice, the same salt");
    assert_ne!(challenge("eve", 7), challenge("eva", 7), "another name, another salt");
    assert_ne!(challenge("eve", 7), challenge("eve", 8), "not to be computed without the key");
    assert_eq!(challenge("eve", 7).len(), challenge("known", 7).len());
    assert!(!format!("{:?}{:?}", DECOY, Credential::new(b"x", [1; 16], 4096)).contains("[7"), "no key in a log");
}

#[test]
fn a_credential_that_is_not_whole_is_none() {
    let good = Credential::new(b"pencil", [9; 16], 5000).to_string();
    assert!(Credential::parse(&good).is_some());
    for (from, to) in [
        ("SHA-256", "SHA-1"),
        ("5000", "05000"),
        ("5000", "1"),
        ("5000", "9999999"),
        ("5000", "+5000"),
        (":", ""),
        ("$", ":"),
        ("CQ", "%Q"),
    ] {
        assert_eq!(Credential::parse(&good.replacen(from, to, 1)), None, "{from} as {to}");
    }
    assert!((0..good.len()).all(|end| Credential::parse(&good[..end]).is_none()), "cut off");
    assert!(Credential::new(b"pencil", [9; 16], 1).to_string().contains("$4096:"));
}

#[test]
fn the_users_of_scram_as_a_text() {
    let (ann, bob) = (Credential::new(b"a", [1; 16], 4096), Credential::new(b"b", [2; 16], 4096));
    let mut file = CredentialFile::default();
    assert!(file.set("ann", bob.clone()).is_ok() && file.set("bob b", bob.clone()).is_ok() && file.set("ann", ann.clone()).is_ok());
    assert_eq!(file.set("a:b", ann.clone()), Err(BadUser::Colon));
    let text = file.to_string();
    assert_eq!(CredentialFile::parse(&format!("# users\r\n\n{}", text.replace('\n', " \r\n"))).as_ref(), Ok(&file));
    assert_eq!((file.find("ann"), file.find("bob b"), file.find("eve")), (Some(&ann), Some(&bob), None));
    assert!(!format!("{file:?}").contains('$') && file.users().eq(["ann", "bob b"]));
    assert!(file.remove("ann") && !file.remove("ann") && file.find("ann").is_none());
    let (twice, cut) = (text.lines().next().expect("a line"), &text.lines().next().expect("a line")[..40]);
    for (line, column, words) in
        [("eve", 4, "no colon"), (":x", 1, "empty"), ("eve: $7$", 6, "no credential"), (cut, 5, "no credential"), (twice, 1, "already")]
    {
        let bad = CredentialFile::parse(&format!("{text}{line}")).expect_err(line);
        assert_eq!((bad.line, bad.column), (3, column), "{bad}");
        assert!(bad.what.contains(words), "{bad}");
    }
}

/// Whoever is refused reads why: each reason is a sentence of its own.
#[test]
fn every_refusal_says_something_else() {
    let words = Refused::Server("other-error".to_owned());
    let refused =
        [Refused::ChannelBinding, Refused::ActsAsOther, Refused::Extension, Refused::Nonce, Refused::Proof, Refused::Iterations, words];
    let users = [BadUser::Empty, BadUser::Comment, BadUser::Colon, BadUser::Control, BadUser::Blank, BadUser::TooLong];
    let mut said: Vec<String> = refused.iter().map(Refused::to_string).collect();
    said.extend(users.iter().map(BadUser::to_string));
    said.push(LoginRefused::Anonymous.to_string());
    said.push(Refused::Malformed("The message is not UTF-8.").to_string());
    assert_eq!(LoginRefused::BadUserNameOrPassword.to_string(), Refused::Proof.to_string(), "the way of logging in tells nothing more");
    let number = said.len();
    assert!(said.iter().all(|sentence| sentence.ends_with('.')), "{said:?}");
    said.sort();
    said.dedup();
    assert_eq!(said.len(), number, "{said:?}");
}

/// Numbers from a fixed seed: a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn text(&mut self, parts: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| parts[self.below(parts.len())]).collect()
    }
}

/// Without names a rule is a Topic Filter, and the codec has the reference of what that matches.
#[test]
fn a_rule_matches_what_its_filter_matches() {
    let mut numbers = Numbers(1);
    let (mut matched, mut missed, mut covered) = (0, 0, 0);
    for _ in 0..250_000 {
        let filter = numbers.text(&["a", "b", "/", "/", "/+", "/#", "+", "#", "$", "%c", "é"], 6);
        let other = numbers.text(&["a", "b", "/", "/", "/+", "/#", "+", "#", "$", "%c", "é"], 6);
        let topic = numbers.text(&["a", "b", "/", "/", "$", "%c", "é"], 6);
        let (Ok(legal), Ok(name)) = (mqtt::TopicFilter::parse_unshared(&filter), mqtt::TopicName::parse(&topic)) else { continue };
        let who = Who { user: None, client: "a" };
        let read = Acl::parse(&format!("topic read {filter}")).expect("a legal filter");
        assert_eq!(read.allows(&who, Action::Read, &topic), legal.matches(name), "{filter} {topic}");
        let deny = Acl::parse(&format!("topic deny {filter}\npattern readwrite #\npattern readwrite $/#")).expect("a legal filter");
        assert!(!legal.matches(name) || !deny.allows(&who, Action::Write, &topic), "{filter} {topic}");
        // Who is refused a subscription must not miss a message by it.
        if let Ok(wanted) = mqtt::TopicFilter::parse_unshared(&other)
            && wanted.matches(name)
            && !deny.allows(&who, Action::Subscribe, &other)
        {
            assert!(legal.matches(name), "{filter} does not cover {other}: {topic}");
            covered += 1;
        }
        if legal.matches(name) { matched += 1 } else { missed += 1 }
    }
    assert!(matched > 500 && missed > 500 && covered > 100, "{matched} {missed} {covered}");
}

#[test]
fn nothing_panics_on_odd_input() {
    let mut numbers = Numbers(2);
    let names = ["a", "+", "#", "/", "%c", "%u", "%", "é", "$", "\0", " "];
    let acl = [
        "user ",
        "topic ",
        "topic read ",
        "pattern ",
        "pattern deny ",
        "\n",
        "\n",
        "\r\n",
        "a",
        "/",
        "/+",
        "/#",
        "#",
        "%c",
        "%u",
        "é",
        "\t",
    ];
    let whole = PASSWORDS.lines().next().expect("a line");
    let secret = [whole, "\n", "\nb:$7$9$AAAA$", &whole[25..], "$6$", "$7$", "a", ":", "$", "=", "\r", "#", "é", " ", "\0", "99999999999"];
    let scram = [
        "n,,", "n=a", ",r=", "client", ",", "=", "n", "y", "p=", "=2C", "=3D", "é", "m=", "a=", "c=biws", ",s=AAAA", ",i=4096", "e=", "v=",
    ];
    let (mut rules, mut users, mut challenges) = (0, 0, 0);
    for _ in 0..30_000 {
        if let Ok(acl) = Acl::parse(&numbers.text(&acl, 8)) {
            let (client, user, topic) = (numbers.text(&names, 3), numbers.text(&names, 3), numbers.text(&names, 5));
            for action in [Action::Read, Action::Write, Action::Subscribe] {
                acl.allows(&Who { user: Some(&user), client: &client }, action, &topic);
            }
            rules += usize::from(acl != Acl::default());
        }
        if let Ok(file) = PasswordFile::parse(&numbers.text(&secret, 5)) {
            assert_eq!(PasswordFile::parse(&file.to_string()).as_ref(), Ok(&file));
            users += file.users().count();
        }
        let start = ["", "n,,n=a,r=client"][numbers.below(2)];
        let mut message = format!("{start}{}", numbers.text(&scram, 7)).into_bytes();
        if numbers.below(8) == 0 {
            message.push(0xff);
        }
        if let Ok((server, _)) = Scram::first(&message, "server", &DECOY, |_| None) {
            let last = numbers.text(&scram, 7);
            assert!(server.clone().last(last.as_bytes()).is_err());
            assert!(server.last(format!("c=biws,r=clientserver,{last}").as_bytes()).is_err());
            challenges += 1;
        }
        let (client, _) = ScramClient::first("user", b"x", "client").expect("good");
        assert!(client.last(&message).is_err(), "a challenge without the whole nonce");
    }
    assert!(rules > 1_000 && users > 500 && challenges > 1_000, "{rules} {users} {challenges}");
}
