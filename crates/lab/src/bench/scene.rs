//! Scenes: loaded before their first event, begun by the first step or a running pace, judged by what they expect.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use contract::{Expectation, PaceWanted, Refusal};

use super::check::{Result, bad};
use super::{Bench, Scene};
use crate::pace::Wall;
use crate::world::Input;
use crate::{scene, scn, show};

impl Bench {
    /// Loads a built-in scene before its first event.
    pub fn load_scene(&mut self, wall: u64, name: &str) -> Result<()> {
        let text = scene::text(name).ok_or(Refusal::NoSuchScene)?;
        self.load_text(wall, name, text)
    }

    /// Loads a scenario before its first event. All of it is read before anything happens.
    pub(super) fn load_text(&mut self, wall: Wall, name: &str, text: &str) -> Result<()> {
        let script = scn::parse(text).map_err(|error| bad("text", &error.to_string()))?;
        let limits =
            [("max_simulated", script.devices.len(), self.config.max_simulated), ("max_rules", script.rules.len(), self.config.max_rules)];
        if let Some((name, _, value)) = limits.into_iter().find(|(_, count, limit)| count > limit) {
            return Err(Refusal::Limit { name: String::from(name), value: value as u64 });
        }
        let live_by_itself = self.pace_untouched && self.pace.wanted() == PaceWanted::Live;
        self.clear_for(wall, script.seed);
        if !live_by_itself {
            self.set_pace(wall, PaceWanted::Paused);
        }
        for spec in &script.devices {
            self.post(wall, Input::Add { spec: Box::new(spec.clone()), connect: false });
        }
        for rule in &script.rules {
            self.post(wall, Input::AddRule(Box::new(rule.clone())));
        }
        self.scene = Some(Scene { name: String::from(name), script: Arc::new(script), waiting: true, begun_at: 0 });
        Ok(())
    }

    pub(super) fn begin_scene(&mut self, wall: Wall) {
        let Some(scene) = self.scene.as_mut().filter(|scene| scene.waiting) else { return };
        scene.waiting = false;
        scene.begun_at = self.world.steps();
        let inputs = scene.script.begin();
        inputs.into_iter().for_each(|input| self.post(wall, input));
    }

    /// What the scene expects, held against all rows that are kept and the devices as they are.
    pub(super) fn judge_scene(&self) -> Vec<Expectation> {
        let Some(scene) = &self.scene else { return Vec::new() };
        let (first, end) = self.trace.range();
        let (devices, _) = show::devices(&self.world);
        scn::judge(&scene.script, (first..end).filter_map(|n| show::row(&self.trace, n)), &devices)
    }
}
