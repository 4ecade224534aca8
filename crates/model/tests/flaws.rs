//! A search that could not fail would prove nothing: whoever does wrong is found, by the promise that is broken.

use model::{Flaw, Setup, Shape};
use mqtt::{QoS, Version};
use stateright::{Checker, Model};

/// The names of the promises that are broken.
fn broken(setup: Setup) -> Vec<&'static str> {
    let checker = setup.checker().threads(1).spawn_bfs().join();
    let found = checker.discoveries();
    let mut names = Vec::new();
    for property in setup.properties() {
        let is_bad = !matches!(property.expectation, stateright::Expectation::Sometimes);
        if let Some(path) = found.get(property.name).filter(|_| is_bad) {
            println!("{:?}: not {}: {:?}", setup.flaw, property.name, path.clone().into_actions());
            names.push(property.name);
        }
    }
    names
}

#[track_caller]
fn finds(flaw: Flaw, shape: Shape, qos: QoS, promise: &str) {
    for version in [Version::V311, Version::V5] {
        let setup = Setup { cuts: Some(2), ..Setup::new(shape, version, qos) };
        assert_eq!(broken(setup), [""; 0], "without a flaw");
        let names = broken(Setup { flaw, ..setup });
        assert!(names.contains(&promise), "{flaw:?}: {names:?}");
    }
}

#[test]
fn a_receiver_that_forgets_what_it_has_received() {
    finds(Flaw::ForgetsReceived, Shape::Out, QoS::ExactlyOnce, "not twice");
}

#[test]
fn a_publisher_that_forgets_what_was_received() {
    finds(Flaw::ForgetsReleased, Shape::In, QoS::ExactlyOnce, "not twice");
}

#[test]
fn a_publisher_that_sends_nothing_again() {
    finds(Flaw::NeverResends, Shape::In, QoS::AtLeastOnce, "at least once");
    finds(Flaw::NeverResends, Shape::In, QoS::ExactlyOnce, "exactly once");
}

#[test]
fn a_publisher_that_sends_again_in_the_wrong_order() {
    finds(Flaw::ResendsBackwards, Shape::In, QoS::AtLeastOnce, "in order");
}

#[test]
fn a_publisher_that_uses_an_identifier_in_flight() {
    finds(Flaw::ReusesIds, Shape::In, QoS::ExactlyOnce, "exactly once");
}

#[test]
fn a_publisher_that_never_ends() {
    finds(Flaw::RepeatsItself, Shape::In, QoS::ExactlyOnce, "every run ends");
}

#[test]
fn a_client_that_gives_its_session_up() {
    finds(Flaw::BeginsAnew, Shape::Out, QoS::AtLeastOnce, "no session lost");
}

#[test]
fn more_than_the_client_takes() {
    let setup = Setup { window: 1, cuts: Some(1), ..Setup::new(Shape::Out, Version::V5, QoS::AtLeastOnce) };
    assert_eq!(broken(setup), [""; 0], "without a flaw");
    assert!(broken(Setup { flaw: Flaw::TakesTooMuch, ..setup }).contains(&"no more than the Receive Maximum"));
}

#[test]
fn a_broker_that_sends_again_on_a_live_connection() {
    finds(Flaw::WireDoubles, Shape::Out, QoS::AtLeastOnce, "nothing again on a live connection");
}

#[test]
fn a_broker_that_does_not_mark_what_it_sends_again() {
    finds(Flaw::WireHidesDup, Shape::Out, QoS::ExactlyOnce, "no identifier anew while in flight");
}
