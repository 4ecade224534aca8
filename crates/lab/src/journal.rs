//! What came from outside, and copies of the world now and then: enough to make any moment anew.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use broker::Instant;
use contract::Step;

use crate::config::Config;
use crate::world::{Input, Sink, World};

/// Inputs and marks. The oldest mark is the horizon: what was before it is forgotten.
#[derive(Clone, Debug)]
pub struct Journal {
    max_bytes: usize,
    max_marks: usize,
    mark_every: u64,
    marks: VecDeque<World>,
    entries: VecDeque<Entry>,
    /// What entries and marks hold, as far as it can be told cheaply.
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    /// Steps done when it was posted.
    after: Step,
    at: Instant,
    input: Input,
}

impl Journal {
    /// A journal that begins with this world.
    pub fn new(config: &Config, world: &World) -> Journal {
        Journal {
            max_bytes: config.max_journal_bytes,
            max_marks: config.max_marks.max(2),
            mark_every: config.mark_every.max(1),
            marks: VecDeque::from(alloc::vec![world.clone()]),
            entries: VecDeque::new(),
            bytes: world.weight(),
        }
    }

    /// Writes down what is about to be posted to this world.
    pub fn record(&mut self, world: &World, at: Instant, input: &Input) {
        self.bytes = self.bytes.saturating_add(size(input));
        self.entries.push_back(Entry { after: world.steps(), at, input: input.clone() });
        if self.bytes > self.max_bytes {
            self.move_horizon(world);
        }
    }

    /// Keeps a copy of the world when enough has happened since the last one. Only between posts: an order that waits is not in a mark.
    pub fn mark(&mut self, world: &World) {
        let last = self.marks.back().map_or(0, World::steps);
        // A copy of a large world takes the time of many steps: it must stay a small part of what happens between two.
        let every = self.mark_every.max(self.entries.len() as u64 / 8).max((world.weight() / 64) as u64);
        if world.has_orders() || world.steps().saturating_sub(last) < every {
            return;
        }
        self.bytes = self.bytes.saturating_add(world.weight());
        self.marks.push_back(world.clone());
        if self.marks.len() > self.max_marks {
            self.thin();
        }
        if self.bytes > self.max_bytes {
            self.move_horizon(world);
        }
    }

    /// The horizon: the earliest step that can be made anew.
    pub fn horizon(&self) -> Step {
        self.marks.front().map_or(0, World::steps)
    }

    /// The world that it begins with, and all that was posted since, with the steps done before; `None`: the beginning is forgotten.
    pub(crate) fn beginning(&self) -> Option<(&World, impl Iterator<Item = (Step, Instant, &Input)>)> {
        let first = self.marks.front().filter(|mark| mark.steps() == 0)?;
        Some((first, self.entries.iter().map(|entry| (entry.after, entry.at, &entry.input))))
    }

    /// Bytes it holds, as far as it can be told cheaply; at most the budget of the config, but for a single mark.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The world as it was after this many steps, or `None` beyond the horizon. What happens on the way goes to `sink`, from the mark on.
    pub fn world_at(&self, step: Step, sink: &mut dyn Sink) -> Option<World> {
        let mut world = self.marks.iter().rev().find(|mark| mark.steps() <= step)?.clone();
        self.go_on(&mut world, step, sink).then_some(world)
    }

    /// Takes a world of this journal on to a later step. `false`: it was never gone.
    pub fn go_on(&self, world: &mut World, step: Step, sink: &mut dyn Sink) -> bool {
        let begin = world.steps();
        let first = self.entries.partition_point(|entry| entry.after < begin);
        let mut entries = self.entries.range(first..).peekable();
        while world.steps() < step {
            while let Some(entry) = entries.next_if(|entry| entry.after <= world.steps()) {
                world.post(entry.at, entry.input.clone());
            }
            if world.step(sink).is_none() {
                return false;
            }
        }
        true
    }

    /// The latest step before or at this one from which a world can be made without replaying.
    pub fn mark_before(&self, step: Step) -> Option<Step> {
        self.marks.iter().rev().map(World::steps).find(|mark| *mark <= step)
    }

    /// The journal of a world that goes another way after this step.
    pub fn until(&self, step: Step) -> Journal {
        let mut then = self.clone();
        then.entries.truncate(self.entries.partition_point(|entry| entry.after < step));
        then.marks.truncate(self.marks.partition_point(|mark| mark.steps() <= step));
        let entries = then.entries.iter().map(|entry| size(&entry.input)).fold(0, usize::saturating_add);
        then.bytes = then.marks.iter().map(World::weight).fold(entries, usize::saturating_add);
        then
    }

    /// Forgets the oldest inputs, up to the second mark.
    fn move_horizon(&mut self, world: &World) {
        if self.marks.len() < 2 && !world.has_orders() {
            self.bytes = self.bytes.saturating_add(world.weight());
            self.marks.push_back(world.clone());
        }
        if self.marks.len() < 2 {
            return;
        }
        if let Some(mark) = self.marks.pop_front() {
            self.bytes = self.bytes.saturating_sub(mark.weight());
        }
        let horizon = self.horizon();
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.after < horizon) {
            self.bytes = self.bytes.saturating_sub(size(&entry.input));
        }
    }

    /// Drops every second mark of the older half: what is long ago may take longer to make anew.
    fn thin(&mut self) {
        let half = self.marks.len() / 2;
        let older: Vec<World> = self.marks.drain(..half).collect();
        for (n, mark) in older.into_iter().enumerate().rev() {
            if n % 2 == 0 {
                self.marks.push_front(mark);
            } else {
                self.bytes = self.bytes.saturating_sub(mark.weight());
            }
        }
    }
}

fn size(input: &Input) -> usize {
    let own = match input {
        Input::Data { bytes, .. } | Input::Publish { payload: bytes, .. } => bytes.len(),
        Input::Access(access) => access.weight(),
        _ => 0,
    };
    own.saturating_add(core::mem::size_of::<Entry>())
}
