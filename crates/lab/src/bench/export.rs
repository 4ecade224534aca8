//! Files out of the trace, and captures of others to look at instead of the world.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use contract::{Answer, Counters, DeviceId, ExportFormat, Lens, Refusal, Seen};

use super::Bench;
use super::check::{Result, bad};
use super::look::window;
use crate::export::{self, Source};
use crate::import::{self, Recording};
use crate::show;
use crate::world::World;

const MOST_DEVICES: usize = 200;

impl Bench {
    pub(super) fn export(&self, format: ExportFormat, mask: bool) -> Answer {
        let named = |device: DeviceId| match &self.recording {
            Some(recording) => recording.devices.iter().find(|view| view.id == device).map(|view| view.name.clone()),
            None => self.world.devices.get(device).map(|device| device.name.to_string()),
        };
        // A simulated device that was taken out of the world has left its rows, but no name.
        let name = |device: DeviceId| named(device).unwrap_or_else(|| alloc::format!("device {device}"));
        let trace = self.recording.as_ref().map_or(&self.trace, |recording| &recording.trace);
        let (ending, bytes) = export::write(&Source { trace, name: &name, mask }, format);
        Answer::File { name: alloc::format!("glassmq.{ending}"), bytes }
    }

    pub(super) fn import(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let limit = self.config.max_import_bytes;
        if bytes.len() > limit {
            return Err(Refusal::Limit { name: String::from("max_import_bytes"), value: limit as u64 });
        }
        self.recording = Some(import::read(&self.config, name, bytes).map_err(|why| bad("bytes", &why))?);
        Ok(())
    }

    /// Rows and steps that the page can name are those of the recording while one is shown: the world's must not be meant by them.
    pub(super) fn must_show_the_world(&self) -> Result<()> {
        match self.recording {
            Some(_) => Err(bad("recording", "A recording is shown, which can be looked at but not changed. Close it first.")),
            None => Ok(()),
        }
    }

    /// The recording through a lens. Of the broker nothing is shown, for nothing of it is known.
    pub(super) fn seen_of(&self, recording: &Recording, lens: &Lens) -> Seen {
        let trace = &recording.trace;
        let (steps, end) = recording.end;
        let past = lens.past.filter(|&step| step < steps);
        let (first_row, present) = trace.range();
        let end_row = past.map_or(present, |step| trace.row_after(step));
        let row = |n| match past {
            None => show::row(trace, n),
            Some(step) => show::row_then(trace, n, step),
        };
        // The time of the row that was begun last.
        let now = past.map_or(end, |_| end_row.checked_sub(1).and_then(|n| trace.get(n)).map_or(0, |record| record.at.micros()));
        let packet = lens.packet.filter(|&n| n < end_row).and_then(|n| show::packet_view(trace, n)).map(|mut view| {
            view.flow.retain(|(n, _)| *n < end_row);
            view.row = row(view.row.n).unwrap_or(view.row);
            view
        });
        let topics = |_| show::topics(&World::new(self.config.clone(), 0), trace, past);
        Seen {
            revision: self.revision,
            step: past.unwrap_or(steps),
            now,
            first_row,
            end_row,
            rows: window(lens.rows, first_row, end_row).filter_map(row).collect(),
            devices: recording.devices.iter().take(MOST_DEVICES).cloned().collect(),
            more_devices: u32::try_from(recording.devices.len().saturating_sub(MOST_DEVICES)).unwrap_or(u32::MAX),
            packet,
            topics: lens.topics.then_some(()).map_or_else(Vec::new, topics),
            timeline: show::timeline(trace, lens.timeline),
            present: steps,
            past,
            recording: Some(recording.view.clone()),
            counters: Counters { rows_forgotten: first_row, ..recording.counters },
            // What belongs to the worker and not to the world.
            relay: self.relay.view.clone(),
            answers_pings: self.answers_pings,
            mode: show::mode(&self.world),
            access: show::access(&self.world),
            ..Seen::default()
        }
    }
}
