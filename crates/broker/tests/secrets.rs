//! What access tells of itself: how much there is of it, and no secret.

use broker::access::scram::client::ScramClient;
use broker::access::scram::{Credential, CredentialFile, Decoy, MIN_ITERATIONS, Refused, Scram};
use broker::access::{Access, Acl};

#[test]
fn rules_and_users_are_counted() {
    let none = Acl::parse("# nothing\n").expect("legal");
    assert!(none.is_empty());
    let some = Acl::parse("topic a\nuser anna\ntopic read b\ntopic deny c\npattern write d/%c\n").expect("legal");
    assert!(!some.is_empty());
    assert_eq!(some.len(), 4);
    let mut access = Access::default();
    assert_eq!(access.weight(), 0);
    access.acl = Some(some);
    let with_rules = access.weight();
    let mut scram = CredentialFile::default();
    scram.set("anna", Credential::new(b"pencil", [1; 16], MIN_ITERATIONS)).expect("a name");
    access.scram = Some(scram);
    assert!(0 < with_rules && with_rules < access.weight());
}

#[test]
fn what_is_printed_holds_no_secret() {
    let credential = Credential::new(b"pencil", [1; 16], MIN_ITERATIONS);
    let (client, first) = ScramClient::first("anna", b"pencil", "cNonce").expect("good");
    assert!(!format!("{client:?}").contains("pencil"));
    let decoy = Decoy::new(9);
    assert!(format!("{decoy:?}").contains("iterations"));
    let (server, server_first) = Scram::first(&first, "sNonce", &decoy, |_| Some(credential.clone())).expect("good");
    let said = format!("{server:?}");
    assert!(said.contains("anna") && !said.contains("Nonce"), "{said}");
    let (waiting, _) = client.last(&server_first).expect("good");
    assert_eq!(format!("{waiting:?}"), "Waiting { .. }");
}

#[test]
fn nobody_is_called_nothing() {
    assert!(matches!(ScramClient::first("", b"pencil", "cNonce"), Err(Refused::Malformed(words)) if words.contains("empty")));
    let refused = Scram::first(b"n,,n=,r=cNonce", "sNonce", &Decoy::new(9), |_| None).map(|_| ());
    assert!(matches!(refused, Err(Refused::Malformed(words)) if words.contains("empty")));
}
