//! All states of every small house.
//!
//! `GLASSMQ_MODEL=n` (`cargo xtask soak`) searches larger ones: n more cuts where they are bounded, n more messages where they are not.

use std::io::Write as _;
use std::time::Instant;

use model::{Setup, Shape};
use mqtt::{QoS, Version};
use stateright::{Checker, Expectation, Model};

const VERSIONS: [Version; 3] = [Version::V31, Version::V311, Version::V5];
const QOS: [QoS; 2] = [QoS::AtLeastOnce, QoS::ExactlyOnce];

/// Searches all states. Gives their number.
fn search(setup: Setup) -> usize {
    let begin = Instant::now();
    let checker = setup.checker().threads(1).spawn_bfs().join();
    let found = checker.discoveries();
    for property in setup.properties() {
        match (property.expectation, found.get(property.name)) {
            (Expectation::Sometimes, None) => panic!("{setup:?}: never: {}", property.name),
            (Expectation::Sometimes, Some(_)) | (_, None) => {}
            (_, Some(path)) => {
                panic!("{setup:?}: not {}: {:?}\n{:#?}", property.name, path.clone().into_actions(), path.last_state())
            }
        }
    }
    let Setup { shape, version, qos, messages, window, cuts, orphans, simulated, .. } = setup;
    let who = if simulated { "simulated " } else { "" };
    let cuts = cuts.map_or("any number of".to_owned(), |cuts| cuts.to_string());
    println!(
        "{who}{shape:?} {version:?} {qos:?}, {messages} messages, window {window}, {cuts} cuts, {orphans} left behind: {} states, {} steps, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        begin.elapsed().as_secs_f32()
    );
    checker.unique_state_count()
}

fn all(shape: Shape, versions: &[Version], ways: &[&dyn Fn(Setup) -> Setup]) {
    let mut sum = 0;
    for with in ways {
        for &version in versions {
            sum += QOS.iter().map(|&qos| search(with(Setup::new(shape, version, qos)))).sum::<usize>();
        }
    }
    // Past the capture of the test's output: the number is what a run of all tests shows.
    let _ = writeln!(std::io::stderr(), "measured: model check, {shape:?}: {sum} states");
}

/// How much larger the houses are than in a plain run.
fn more() -> u8 {
    std::env::var("GLASSMQ_MODEL").ok().and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn one_way(shape: Shape) {
    let messages = 2 + more();
    all(
        shape,
        &VERSIONS,
        &[
            &|setup| Setup { messages, ..setup },
            &|setup| Setup { messages, orphans: 2, ..setup },
            &|setup| Setup { messages, window: 1, ..setup },
            &|setup| Setup { messages: messages + 1, ..setup },
        ],
    );
}

#[test]
fn from_client_to_broker() {
    one_way(Shape::In);
}

#[test]
fn from_broker_to_client() {
    one_way(Shape::Out);
}

/// In MQTT 3.1 nothing but CONNECT differs from 3.1.1, so the larger houses are searched for the other two. Of QoS 1 each cut may add a copy
/// to what waits, so their number must be bounded where a publisher and a queue are in one house.
#[test]
fn both_ways_on_one_connection() {
    all(Shape::Echo, &VERSIONS[1..], &[&|setup| Setup { cuts: Some(2 + more()), ..setup }]);
}

#[test]
fn the_whole_way() {
    all(Shape::Chain, &VERSIONS[1..], &[&|setup| Setup { cuts: Some(1 + more()), ..setup }]);
}

/// Of QoS 2 no cut adds anything.
#[test]
fn both_ways_with_any_number_of_cuts() {
    search(Setup::new(Shape::Echo, Version::V5, QoS::ExactlyOnce));
}

/// A smaller Receive Maximum than before: what was in flight is more than may be.
#[test]
fn to_a_client_that_takes_less_than_before() {
    all(Shape::Out, &VERSIONS[2..], &[&|setup| Setup { shrinks: true, ..setup }]);
}

/// The lab's simulated clients, which count their losses: so those are bounded here. What has reached them shows in what they answer, so
/// publisher and receiver are two.
#[test]
fn with_simulated_clients() {
    let bounded = |setup| Setup { simulated: true, cuts: Some(2 + more()), ..setup };
    for shape in [Shape::In, Shape::Out] {
        all(shape, &VERSIONS[1..], &[&bounded, &|setup| Setup { window: 1, ..bounded(setup) }]);
    }
    all(Shape::Chain, &VERSIONS[2..], &[&|setup| Setup { cuts: Some(1), ..bounded(setup) }]);
}
