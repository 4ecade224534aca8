//! Looking: the world through a lens, when there is something new to see.

use alloc::vec::Vec;
use core::ops::Range;

use contract::{Lens, PaceView, Report, RowNo, RowsWanted, SceneView, Seen};

use super::{Bench, Outgoing};
use crate::pace::Wall;
use crate::show;

/// A page that sees nothing new is told the time after so many microseconds.
const PATIENCE: u64 = 1_000_000;
const MOST_ROWS: u32 = 500;

/// A look that waits for something new.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    id: u32,
    lens: Lens,
    /// The revision that the page knows; none: it wants to see at once.
    since: Option<u64>,
    pub(super) until: Wall,
}

impl Bench {
    pub(super) fn look(&mut self, wall: Wall, id: u32, lens: Lens, since: u64, out: &mut Vec<Outgoing>) {
        let mut at_once = since == 0;
        if let Some(older) = self.pending.take() {
            // Only the newest look waits. That its lens is another one is reason enough to answer it, too.
            at_once |= older.lens != lens;
            let seen = self.seen(wall, &older.lens);
            out.push(Outgoing::Report(Report::Seen { id: older.id, seen }));
        }
        self.pending = Some(Pending { id, lens, since: (!at_once).then_some(since), until: wall.saturating_add(PATIENCE) });
    }

    /// Answers the look that waits, if there is something new or its patience is over.
    pub(super) fn answer(&mut self, wall: Wall, out: &mut Vec<Outgoing>) {
        let revision = self.revision;
        let Some(pending) = self.pending.take_if(|pending| pending.since != Some(revision) || pending.until <= wall) else { return };
        let seen = self.seen(wall, &pending.lens);
        out.push(Outgoing::Report(Report::Seen { id: pending.id, seen }));
    }

    fn seen(&mut self, wall: Wall, lens: &Lens) -> Seen {
        if let Some(recording) = &self.recording {
            return self.seen_of(recording, lens);
        }
        let past = lens.past.filter(|&step| self.go_back(step));
        let lineage = lens.packet.filter(|_| lens.lineage).and_then(|row| self.lineage(row));
        let world = self.past.as_ref().filter(|_| past.is_some()).unwrap_or(&self.world);
        let (first_row, present) = self.trace.range();
        let end_row = past.map_or(present, |step| self.trace.row_after(step));
        let now = past.map_or_else(|| self.pace.time(wall, self.world.now()), |_| world.now());
        let row = |n| match past {
            None => show::row(&self.trace, n),
            Some(step) => show::row_then(&self.trace, n, step),
        };
        let window = window(lens.rows, first_row, end_row);
        let (devices, more_devices) = show::devices(world);
        let waiting = self.scene.as_ref().is_some_and(|scene| scene.waiting);
        let due = self.world.next_at().is_some_and(|next| next <= self.limit(wall));
        Seen {
            revision: self.revision,
            step: world.steps(),
            now: now.micros(),
            pace: PaceView(self.pace.wanted()),
            can_step: waiting || due || self.world.has_orders(),
            first_row,
            end_row,
            rows: window.filter_map(row).collect(),
            devices,
            more_devices,
            packet: lens.packet.filter(|&n| n < end_row).and_then(|n| show::packet_view(&self.trace, n)).map(|mut view| {
                // In the past a packet knows nothing of what came after it.
                view.flow.retain(|(n, _)| *n < end_row);
                view.row = row(view.row.n).unwrap_or(view.row);
                view
            }),
            lineage,
            session: lens.session.and_then(|device| show::session(world, device)),
            topics: if lens.topics { show::topics(world, &self.trace, past) } else { Vec::new() },
            timeline: show::timeline(&self.trace, lens.timeline),
            relay: self.relay.view.clone(),
            mode: show::mode(&self.world),
            access: show::access(&self.world),
            scene: self.scene.as_ref().map(|scene| SceneView {
                name: scene.name.clone(),
                waiting: scene.waiting,
                title: scene.script.title.clone(),
                text: scene.script.text.clone(),
            }),
            horizon: self.journal.horizon(),
            present: self.world.steps(),
            past,
            rules: world.faults.views(now),
            halted_by: self.halted_by,
            answers_pings: self.answers_pings,
            explorer: self.explorer.as_ref().map(|explorer| explorer.view()),
            other: self.other_view(lens.compare),
            recording: None,
            counters: contract::Counters { rows_forgotten: first_row, ..*world.counters() },
        }
    }
}

/// Rows that a lens wants, of those that there are.
pub(super) fn window(wanted: Option<RowsWanted>, first_row: RowNo, end_row: RowNo) -> Range<RowNo> {
    match wanted {
        None => first_row..first_row,
        Some(RowsWanted::Last { count }) => end_row.saturating_sub(count.min(MOST_ROWS).into()).max(first_row)..end_row,
        Some(RowsWanted::From { from, count }) => {
            let from = from.clamp(first_row, end_row);
            from..from.saturating_add(count.min(MOST_ROWS).into()).min(end_row)
        }
    }
}
