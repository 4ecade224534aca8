//! What the page may have done. A command is checked before anything of it happens.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use contract::tunnel::Record;
use contract::{Answer, Command, DeviceId, DeviceKind, DeviceSpec, PaceWanted, Refusal};

use super::check::{Result, bad, check_qos, check_topic};
use super::spec::check_spec;
use super::{Bench, Outgoing, Press};
use crate::journal::Journal;
use crate::pace::Wall;
use crate::trace::Trace;
use crate::world::{Input, World};

/// The device that publishes by hand when no other is named.
const YOU: &str = "you";

impl Bench {
    pub(super) fn command(&mut self, wall: Wall, command: Command, out: &mut Vec<Outgoing>) -> Result<Answer> {
        if matches!(command, Command::Step | Command::StepTo(_) | Command::Touch { .. } | Command::Fork { .. } | Command::Switch) {
            self.must_show_the_world()?;
        }
        match command {
            Command::Hello { build } if build == contract::BUILD => {}
            Command::Hello { .. } => return Err(Refusal::OtherBuild { worker: String::from(contract::BUILD) }),
            Command::Pace(wanted) => {
                self.pace_untouched = false;
                self.set_pace(wall, check_pace(wanted)?);
                if wanted != PaceWanted::Paused {
                    self.halted_by = None;
                    self.begin_scene(wall);
                }
            }
            Command::Export { format, mask_passwords } => return Ok(self.export(format, mask_passwords)),
            Command::Import { name, bytes } => self.import(&name, &bytes)?,
            Command::CloseRecording => self.recording = None,
            Command::Step => self.press_step(wall, Press::Any)?,
            Command::StepTo(to) => self.press_step(wall, Press::To(to))?,
            Command::AddRule(rule) => return self.add_rule(wall, rule).map(Answer::Rule),
            Command::RemoveRule(id) => self.remove_rule(wall, id)?,
            Command::Touch { row, fault } => self.touch(wall, row, fault)?,
            Command::Link { device, action } => self.act_on_link(wall, device, action)?,
            Command::Inject { device, to_broker, bytes } => self.inject(wall, device, to_broker, bytes)?,
            Command::AnswerPings(on) => self.answers_pings = on,
            Command::Fork { step } => self.fork(wall, step)?,
            Command::Switch => self.switch(wall)?,
            Command::Explore(wanted) => self.explore(wanted)?,
            Command::StopExploring => self.stop_exploring(),
            Command::OpenFinding(at) => self.open_finding(wall, at)?,
            Command::Clear => self.clear(wall),
            Command::LoadScene(name) => self.load_scene(wall, &name)?,
            Command::LoadText(text) => self.load_text(wall, "", &text)?,
            Command::Judge => return Ok(Answer::Judged(self.judge_scene())),
            Command::Record => return self.record().map(|bytes| Answer::File { name: String::from("run.glassmq"), bytes }),
            Command::Share => return self.share().map(Answer::Link),
            Command::Replay { bytes } => self.replay(wall, &bytes)?,
            Command::AddDevice(spec) => return self.add_device(wall, spec).map(Answer::Device),
            Command::RemoveDevice(id) => {
                self.simulated(id)?;
                self.post(wall, Input::Remove(id));
            }
            Command::Connect(id) => {
                let away = self.simulated(id)?;
                if !away {
                    return Err(Refusal::WrongState);
                }
                self.post(wall, Input::Connect { device: id, after: 0 });
            }
            Command::Disconnect(id) => {
                let device = self.world.devices.get(id).ok_or(Refusal::NoSuchDevice)?;
                if device.conn.is_none() && device.own.is_none() {
                    return Err(Refusal::WrongState);
                }
                self.post(wall, Input::Disconnect(id));
            }
            Command::Publish { device, topic, payload, qos, retain } => {
                return self.publish(wall, device, topic, payload, (qos, retain)).map(Answer::Device);
            }
            Command::SetMode { strict, explain } => self.set_mode(wall, strict, explain),
            Command::SetAccess(spec) => self.set_access(wall, &spec)?,
            Command::Attach { url } => self.attach(url, out),
            Command::TakeOver => {
                if !self.claim(true) {
                    return Err(Refusal::NoRelay);
                }
            }
        }
        Ok(Answer::Ok)
    }

    pub(super) fn set_pace(&mut self, wall: Wall, wanted: PaceWanted) {
        self.pace.set(wanted, wall, self.world.now());
    }

    fn press_step(&mut self, wall: Wall, wanted: Press) -> Result<()> {
        self.pace_untouched = false;
        if self.pace.wanted() != PaceWanted::Paused {
            self.set_pace(wall, PaceWanted::Paused);
        }
        let begun = self.scene.as_ref().is_some_and(|scene| scene.waiting);
        self.begin_scene(wall);
        if self.press(wall, wanted) || begun {
            return Ok(());
        }
        let next_in = self.world.next_at().map(|next| next.since(self.limit(wall)));
        Err(Refusal::NothingToStep { next_in })
    }

    /// A setting outlives a world that is cleared; within one it is an input like all others, so that a replay does the same.
    fn set_mode(&mut self, wall: Wall, strict: bool, explain: bool) {
        let mode = if strict { broker::Mode::Strict } else { broker::Mode::Friendly };
        (self.config.broker.mode, self.config.broker.explain) = (mode, explain);
        self.post(wall, Input::Mode { mode, explain });
    }

    /// Begins again with an empty world. Real devices are closed; they may come back.
    pub(super) fn clear(&mut self, wall: Wall) {
        self.clear_for(wall, self.seed.wrapping_add(1));
    }

    /// The same, with this seed.
    pub(super) fn clear_for(&mut self, wall: Wall, seed: u64) {
        for conn in self.world.tunnelled() {
            self.tell_relay(&Record::Close { conn, why: "the world begins again" });
        }
        self.explorer = None;
        self.recording = None;
        self.begin_anew(wall, seed);
    }

    /// An empty world of this seed, with the users and rights of the old one.
    pub(super) fn begin_anew(&mut self, wall: Wall, seed: u64) {
        let access = self.world.broker().access().clone();
        self.begin_with(wall, seed, World::new(self.config.clone(), seed));
        // Who begins again does not open the door by it.
        self.keep_access(wall, access);
    }

    /// This world, of this seed, and nothing of the old one.
    pub(super) fn begin_with(&mut self, wall: Wall, seed: u64, world: World) {
        (self.seed, self.world) = (seed, world);
        self.journal = Journal::new(&self.config, &self.world);
        self.trace = Trace::new(&self.config);
        self.scene = None;
        self.halted_by = None;
        self.past = None;
        self.found_by_message = None;
        self.other = None;
        let wanted = self.pace.wanted();
        self.pace = crate::pace::Pace::new(wall);
        self.set_pace(wall, wanted);
    }

    fn add_device(&mut self, wall: Wall, spec: DeviceSpec) -> Result<DeviceId> {
        check_spec(&spec)?;
        if self.world.devices.find(&spec.client_id).is_some() {
            return Err(Refusal::ClientIdTaken);
        }
        let limit = self.config.max_simulated;
        if self.world.devices.count(DeviceKind::Simulated) >= limit {
            return Err(Refusal::Limit { name: String::from("max_simulated"), value: limit as u64 });
        }
        let id = self.world.devices.next_id();
        self.post(wall, Input::Add { spec: Box::new(spec), connect: true });
        self.catch_up(wall);
        Ok(id)
    }

    fn publish(
        &mut self,
        wall: Wall,
        device: Option<DeviceId>,
        topic: String,
        payload: Vec<u8>,
        (qos, retain): (u8, bool),
    ) -> Result<DeviceId> {
        check_topic("topic", &topic)?;
        let qos = check_qos("qos", qos)?;
        if payload.len() > self.config.broker.max_packet_size as usize / 2 {
            let value = u64::from(self.config.broker.max_packet_size / 2);
            return Err(Refusal::Limit { name: String::from("max_packet_size / 2"), value });
        }
        let device = match device {
            Some(id) => {
                if self.simulated(id)? {
                    return Err(Refusal::WrongState);
                }
                id
            }
            None => self.you(wall)?,
        };
        self.post(wall, Input::Publish { device, topic, payload: Bytes::from(payload), qos, retain });
        Ok(device)
    }

    /// The device `you`, made and connected when need be.
    fn you(&mut self, wall: Wall) -> Result<DeviceId> {
        let Some(id) = self.world.devices.find(YOU) else {
            return self.add_device(wall, DeviceSpec { client_id: String::from(YOU), clean_start: true, ..DeviceSpec::default() });
        };
        if self.simulated(id)? {
            self.post(wall, Input::Connect { device: id, after: 0 });
            self.catch_up(wall);
        }
        Ok(id)
    }

    /// Does what was posted, so that the next command finds it done. Orders are done at any pace.
    pub(super) fn catch_up(&mut self, wall: Wall) {
        while self.world.has_orders() {
            self.step(wall);
        }
    }

    /// Whether a simulated device is away; an error for others.
    pub(super) fn simulated(&self, id: DeviceId) -> Result<bool> {
        let device = self.world.devices.get(id).ok_or(Refusal::NoSuchDevice)?;
        device.client.as_ref().map(|client| client.is_away()).ok_or(Refusal::NotSimulated)
    }
}

fn check_pace(wanted: PaceWanted) -> Result<PaceWanted> {
    let (field, ok, why) = match wanted {
        PaceWanted::Slow { per_mille } => ("per_mille", (1..=10_000).contains(&per_mille), "The speed must be 1 to 10,000 thousandths."),
        PaceWanted::Beat { millis } => ("millis", (20..=10_000).contains(&millis), "A beat must be 20 to 10,000 milliseconds."),
        PaceWanted::Live | PaceWanted::Paused => return Ok(wanted),
    };
    if ok { Ok(wanted) } else { Err(bad(field, why)) }
}
