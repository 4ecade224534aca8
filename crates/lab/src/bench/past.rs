//! Looking back, and going another way from there.

use contract::tunnel::Record;
use contract::{LineageView, OtherView, PaceWanted, Refusal, RowNo, Step};

use super::check::Result;
use super::{Bench, Scene};
use crate::journal::Journal;
use crate::pace::{Pace, Wall};
use crate::show;
use crate::trace::Trace;
use crate::world::{Input, Nobody, World};

/// Rows of the other future that a comparison shows.
const MOST_ROWS: u64 = 500;
/// What a real device's end is called when the world goes another way.
const FORKED: &str = "the world went back in time; a device cannot";

/// The future that was left at the last fork, whole: it can be lived in again.
#[derive(Clone, Debug)]
pub(super) struct Other {
    forked_at: Step,
    /// The first row that began after the fork.
    row: RowNo,
    world: World,
    journal: Journal,
    trace: Trace,
    scene: Option<Scene>,
}

impl Bench {
    /// Makes the world as it was after this step, to look at. `false`: that is the present, or beyond the horizon.
    pub(super) fn go_back(&mut self, step: Step) -> bool {
        if step >= self.world.steps() || step < self.journal.horizon() {
            return false;
        }
        // From where the last look was, if that is nearer than the nearest mark.
        let near = self.past.take().filter(|past| past.steps() <= step && Some(past.steps()) >= self.journal.mark_before(step));
        self.past = match near {
            Some(mut past) => self.journal.go_on(&mut past, step, &mut Nobody).then_some(past),
            None => self.journal.world_at(step, &mut Nobody),
        };
        self.past.is_some()
    }

    /// The message of a row. What it found when it came is made anew and kept, for a page asks again and again.
    pub(super) fn lineage(&mut self, row: RowNo) -> Option<LineageView> {
        let traced = show::traced(&self.trace, row)?;
        if let Some(step) = traced.before()
            && self.found_by_message.as_ref().is_none_or(|world| world.steps() != step)
        {
            self.found_by_message = self.journal.world_at(step, &mut Nobody);
        }
        let before = traced.before().and(self.found_by_message.as_ref());
        Some(show::lineage(&self.trace, traced, before, &self.world))
    }

    pub(super) fn fork(&mut self, wall: Wall, step: Step) -> Result<()> {
        let horizon = self.journal.horizon();
        let world =
            if step == self.world.steps() { Some(self.world.clone()) } else { self.go_back(step).then(|| self.past.take()).flatten() };
        let world = world.ok_or(Refusal::BeyondHorizon { horizon })?;
        let journal = self.journal.until(step);
        let trace = self.trace.rewound(step);
        let mut scene = self.scene.clone();
        if let Some(scene) = scene.as_mut().filter(|scene| !scene.waiting && scene.begun_at >= step) {
            scene.waiting = true;
        }
        let row = trace.range().1;
        self.leave(wall, Other { forked_at: step, row, world, journal, trace, scene });
        Ok(())
    }

    pub(super) fn switch(&mut self, wall: Wall) -> Result<()> {
        let other = self.other.take().ok_or(Refusal::NoOtherFuture)?;
        self.leave(wall, other);
        Ok(())
    }

    /// Leaves the living future for another one, paused. Real devices are closed: what they know belongs to the one that is left.
    fn leave(&mut self, wall: Wall, next: Other) {
        for conn in self.world.tunnelled() {
            self.tell_relay(&Record::Close { conn, why: FORKED });
        }
        let access = self.world.broker().access().clone();
        let Other { forked_at, row, world, journal, trace, scene } = next;
        self.other = Some(Other {
            forked_at,
            row,
            world: core::mem::replace(&mut self.world, world),
            journal: core::mem::replace(&mut self.journal, journal),
            trace: core::mem::replace(&mut self.trace, trace),
            scene: core::mem::replace(&mut self.scene, scene),
        });
        (self.past, self.found_by_message, self.halted_by) = (None, None, None);
        self.pace = Pace::new(wall);
        self.pace_untouched = false;
        self.set_pace(wall, PaceWanted::Paused);
        for conn in self.world.tunnelled() {
            self.post(wall, Input::Gone { conn, how: FORKED.into() });
        }
        // Who may connect is the operator's will of today, in whatever past.
        self.keep_access(wall, access);
    }

    pub(super) fn other_view(&self, compare: bool) -> Option<OtherView> {
        let other = self.other.as_ref()?;
        let mut view =
            OtherView { forked_at: other.forked_at, end: other.world.steps(), first_difference: None, rows: alloc::vec::Vec::new() };
        if compare {
            let (ours, theirs) = (self.trace.range(), other.trace.range());
            let first = other.row.max(ours.0).max(theirs.0);
            view.first_difference = (first..ours.1.min(theirs.1)).find(|&row| !self.trace.agrees(&other.trace, row));
            let from = view.first_difference.unwrap_or(ours.1.min(theirs.1)).max(theirs.0);
            view.rows = (from..theirs.1.min(from.saturating_add(MOST_ROWS))).filter_map(|row| show::row(&other.trace, row)).collect();
        }
        Some(view)
    }
}
