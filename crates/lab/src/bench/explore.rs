//! The explorer at work beside the world, a slice at a time.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use contract::{ExploreWanted, PaceWanted, Refusal};

use super::Bench;
use super::check::{Result, bad};
use crate::explore::{Explorer, House, is_of_house};
use crate::pace::Wall;

/// Worlds that one call runs before others get their turn: some milliseconds.
const WORLDS_PER_TURN: u64 = 200;
/// Turns between two reports of how far it is.
const TURNS_PER_REPORT: u64 = 10;

impl Bench {
    pub(super) fn explore(&mut self, wanted: ExploreWanted) -> Result<()> {
        let house = self.house();
        if !house.has_listeners() {
            return Err(bad("devices", "No device subscribes to what another one publishes: there is no message to follow."));
        }
        let from = (self.seed, self.world.broker().access().clone());
        self.explorer = Some(Explorer::new(&self.config, from, house, wanted).map_err(|why| bad("devices", &why))?);
        Ok(())
    }

    /// The house of the scene, when that lets devices publish, else the simulated devices that are there.
    fn house(&self) -> House {
        let of_scene = self.scene.as_ref().map(|scene| House {
            specs: scene.script.devices.clone(),
            actions: scene.script.begin().into_iter().filter(is_of_house).collect(),
        });
        of_scene.filter(House::acts).unwrap_or_else(|| {
            let clients = self.world.devices.iter().filter_map(|(_, device)| device.client.as_deref());
            House { specs: clients.map(|client| client.spec().clone()).collect(), actions: Vec::new() }
        })
    }

    pub(super) fn stop_exploring(&mut self) {
        if let Some(explorer) = &mut self.explorer {
            explorer.stop();
        }
    }

    /// Goes on trying. `true`: there is more to try.
    pub(super) fn explore_on(&mut self) -> bool {
        let Some(explorer) = self.explorer.as_mut().filter(|explorer| explorer.is_running()) else { return false };
        let more = explorer.work(WORLDS_PER_TURN);
        if !more || explorer.turns() % TURNS_PER_REPORT == 0 {
            self.revision = self.revision.saturating_add(1);
        }
        more
    }

    /// Begins again with the house of a finding.
    pub(super) fn open_finding(&mut self, wall: Wall, at: u32) -> Result<()> {
        let replay = self.explorer.as_ref().and_then(|explorer| explorer.replay(at as usize));
        let (seed, inputs) = replay.ok_or(Refusal::NoSuchScene)?;
        let explorer = self.explorer.take();
        self.clear(wall);
        self.explorer = explorer;
        self.begin_anew(wall, seed);
        self.set_pace(wall, PaceWanted::Paused);
        self.pace_untouched = false;
        inputs.into_iter().for_each(|input| self.post(wall, input));
        self.scene = Some(super::Scene { name: String::from("finding"), script: Arc::default(), waiting: false, begun_at: 0 });
        Ok(())
    }
}
