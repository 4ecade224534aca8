//! How far time may run: the only thing that differs between live, slow, stepped and replayed.

use broker::Instant;
use contract::PaceWanted;

/// Time on the wall, in microseconds from some fixed moment.
pub(crate) type Wall = u64;

/// How world time follows wall time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    wanted: PaceWanted,
    /// A pair of times that belong together.
    anchor: (Wall, Instant),
    /// When the next packet may move, for a beat.
    next_beat: Wall,
}

impl Pace {
    pub(crate) fn new(wall: Wall) -> Pace {
        Pace { wanted: PaceWanted::Paused, anchor: (wall, Instant::ZERO), next_beat: 0 }
    }

    pub(crate) fn wanted(&self) -> PaceWanted {
        self.wanted
    }

    /// Another pace from now on. World time goes on from where it is.
    pub(crate) fn set(&mut self, wanted: PaceWanted, wall: Wall, now: Instant) {
        let at = self.time(wall, now);
        self.anchor = (wall, at);
        self.wanted = wanted;
        self.next_beat = wall;
    }

    /// World time at this wall time; `now` is that of the last step.
    pub(crate) fn time(&self, wall: Wall, now: Instant) -> Instant {
        let passed = wall.saturating_sub(self.anchor.0);
        let at = match self.wanted {
            PaceWanted::Live => self.anchor.1.after(passed),
            PaceWanted::Slow { per_mille } => self.anchor.1.after(passed.saturating_mul(per_mille.into()) / 1_000),
            PaceWanted::Paused | PaceWanted::Beat { .. } => now,
        };
        at.max(now)
    }

    /// World time that has passed on the wall but not in the world: as far as a step may go while real devices are connected, whose
    /// clocks run on.
    pub(crate) fn wall_time(&self, wall: Wall) -> Instant {
        self.anchor.1.after(wall.saturating_sub(self.anchor.0))
    }

    /// The wall time at which world time will be `at`; none while it stands or jumps.
    pub(crate) fn wall_of(&self, at: Instant) -> Option<Wall> {
        let ahead = at.since(self.anchor.1);
        let wall = match self.wanted {
            PaceWanted::Live => ahead,
            PaceWanted::Slow { per_mille } => ahead.saturating_mul(1_000).div_ceil(u64::from(per_mille.max(1))),
            PaceWanted::Paused | PaceWanted::Beat { .. } => return None,
        };
        Some(self.anchor.0.saturating_add(wall))
    }

    /// A beat: `Some(millis)` when packets move one at a time.
    pub(crate) fn beat(&self) -> Option<u32> {
        match self.wanted {
            PaceWanted::Beat { millis } => Some(millis),
            _ => None,
        }
    }

    /// A packet may move now; the next one a beat later.
    pub(crate) fn take_beat(&mut self, wall: Wall, millis: u32) -> bool {
        if wall < self.next_beat {
            return false;
        }
        self.next_beat = wall.saturating_add(u64::from(millis).saturating_mul(1_000));
        true
    }

    pub(crate) fn next_beat(&self) -> Wall {
        self.next_beat
    }
}
