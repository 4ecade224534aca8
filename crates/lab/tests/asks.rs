//! Every ask is answered exactly once, and nothing is reported that was not asked.

mod common;

use common::Bed;
use contract::{Ask, Asked, Lens, Report, RowsWanted};
use lab::Incoming;

fn look(bed: &mut Bed, id: u32, since: u64, rows: u32) -> Vec<Report> {
    let lens = Lens { rows: Some(RowsWanted::Last { count: rows }), ..Lens::default() };
    bed.handle(Incoming::Ask(Asked { id, ask: Ask::Look { lens, since } }))
}

fn ids(reports: &[Report]) -> Vec<u32> {
    let id = |report: &Report| match report {
        Report::Seen { id, .. } | Report::Done { id, .. } => *id,
    };
    reports.iter().map(id).collect()
}

fn revision(reports: &[Report]) -> u64 {
    match reports.last() {
        Some(Report::Seen { seen, .. }) => seen.revision,
        other => panic!("{other:?} is no view"),
    }
}

#[test]
fn a_look_waits_for_something_new_and_is_answered_once() {
    let mut bed = Bed::live(1);
    let first = look(&mut bed, 1, 0, 10);
    assert_eq!(ids(&first), [1], "who has seen nothing is answered at once");
    let known = revision(&first);
    assert!(look(&mut bed, 2, known, 10).is_empty(), "nothing is new: it waits");
    assert!(bed.handle(Incoming::Wake).is_empty());
    let mut batch = Vec::new();
    contract::tunnel::Record::Open { conn: 9, transport: contract::tunnel::Transport::Tcp, peer: "p" }.write(&mut batch);
    let seen = bed.handle(Incoming::Tunnel(batch));
    assert_eq!(ids(&seen), [2], "something has happened");
    assert!(bed.handle(Incoming::Wake).is_empty(), "and it is answered only once");
}

#[test]
fn a_newer_look_lets_the_older_one_go_and_another_lens_is_answered_at_once() {
    let mut bed = Bed::live(1);
    let known = revision(&look(&mut bed, 1, 0, 10));
    assert!(look(&mut bed, 2, known, 10).is_empty());
    assert_eq!(ids(&look(&mut bed, 3, known, 10)), [2], "the same lens: the new one waits in its place");
    assert_eq!(ids(&look(&mut bed, 4, known, 20)), [3, 4], "another lens");
}

#[test]
fn a_look_that_sees_nothing_new_is_told_the_time_after_a_second() {
    let mut bed = Bed::live(1);
    let known = revision(&look(&mut bed, 1, 0, 10));
    assert!(look(&mut bed, 2, known, 10).is_empty());
    bed.wall += 999_999;
    assert!(bed.handle(Incoming::Wake).is_empty());
    bed.wall += 1;
    assert_eq!(ids(&bed.handle(Incoming::Wake)), [2]);
}
