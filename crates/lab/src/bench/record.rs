//! The whole run as bytes, to be done again elsewhere: what it began with, and all that was posted since.
//!
//! ```text
//! "GLASSMQR" · version (1) · checksum of what follows (8, little endian) · deflated body
//! body: build · seed · limits · steps · digest of what happened · inputs, each with the step and the time at which it was posted
//! ```
//!
//! Only a run whose beginning is still known can be recorded: a mark is a world in memory, and worlds are not written. Devices and rules
//! stand in it as the text of a scenario. It holds what devices sent, passwords too; a run in which users or rights were set cannot be
//! recorded, for what is kept of their passwords is not given away.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};
use broker::Instant;
use contract::tunnel::ConnNo;
use contract::{DeviceId, PaceWanted, Refusal, RuleId, Step};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::check::{Result, bad};
use super::{Bench, Scene};
use crate::link::FlightNo;
use crate::pace::Wall;
use crate::world::{Departure, Fact, Input, Sink, Touch, World};

mod wire;

use wire::Tape;

const MAGIC: &[u8; 8] = b"GLASSMQR";
const VERSION: u8 = 1;
/// Magic, version, checksum.
const HEADER: usize = 17;
/// Bytes of a file that still makes a link.
const MAX_LINK: usize = 8 * 1024;
/// Bytes of a body.
const MAX_BODY: usize = 256 * 1024 * 1024;
/// Steps of a run: some tens of seconds to do it again.
const MAX_STEPS: Step = 20_000_000;
/// What a link's fragment begins with.
const LINK: &str = "run=";
/// What a real device's end is called where its run is done again without it.
const RECORDED: &str = "the run was recorded; the device is not here";

/// A run.
struct Run {
    build: String,
    seed: u64,
    config: crate::Config,
    steps: Step,
    digest: u64,
    inputs: Vec<(Step, Instant, Input)>,
}

impl Bench {
    /// The run so far as a file.
    pub(super) fn record(&self) -> Result<Vec<u8>> {
        let forgotten = Refusal::BeyondHorizon { horizon: self.journal.horizon() };
        let (first, inputs) = self.journal.beginning().ok_or(forgotten)?;
        let steps = self.world.steps();
        if steps > MAX_STEPS {
            return Err(Refusal::Limit { name: String::from("max_run_steps"), value: MAX_STEPS });
        }
        // What was posted and has not been done yet is no part of it.
        let inputs: Vec<_> = inputs.filter(|(after, ..)| *after < steps).map(|(after, at, input)| (after, at, input.clone())).collect();
        let mut run =
            Run { build: String::from(contract::BUILD), seed: first.seed, config: first.config.clone(), steps, digest: 0, inputs };
        run.digest = run.replay().ok_or_else(|| bad("run", "It cannot be done again from its inputs."))?;
        let mut tape = Tape::default();
        run.write(&mut tape).map_err(|why| bad("run", why))?;
        let body = tape.into_bytes();
        // What cannot be read back is not handed out.
        if Run::read(&self.config, &body).is_none_or(|read| read.inputs != run.inputs) {
            return Err(bad("run", "A device or a rule of it cannot be written as the text of a scenario."));
        }
        let packed = compress_to_vec(&body, 8);
        Ok([MAGIC.as_slice(), &[VERSION], &checksum(&packed).to_le_bytes(), &packed].concat())
    }

    /// The run so far as text for the fragment of a link.
    pub(super) fn share(&self) -> Result<String> {
        let file = self.record()?;
        if file.len() > MAX_LINK {
            return Err(Refusal::Limit { name: String::from("max_link_bytes"), value: MAX_LINK as u64 });
        }
        Ok([LINK, &Base64UrlUnpadded::encode_string(&file)].concat())
    }

    /// Begins again with a recorded run, paused at its end. It is done once before anything changes, and must come to what it says.
    pub(super) fn replay(&mut self, wall: Wall, bytes: &[u8]) -> Result<()> {
        let run = self.open_run(bytes).map_err(|why| bad("bytes", &why))?;
        if run.replay() != Some(run.digest) {
            let why =
                alloc::format!("The run does something else here: it was recorded by build {}, this is {}.", run.build, contract::BUILD);
            return Err(bad("bytes", &why));
        }
        let access = self.world.broker().access().clone();
        for conn in self.world.tunnelled() {
            self.tell_relay(&contract::tunnel::Record::Close { conn, why: "the world begins again" });
        }
        let own = core::mem::take(&mut self.batches);
        (self.explorer, self.recording) = (None, None);
        self.begin_with(wall, run.seed, World::new(run.config, run.seed));
        self.set_pace(wall, PaceWanted::Paused);
        self.pace_untouched = false;
        for (after, at, input) in run.inputs {
            while self.world.steps() < after {
                self.step(wall);
                self.journal.mark(&self.world);
            }
            self.journal.record(&self.world, at, &input);
            self.world.post(at, input);
        }
        while self.world.steps() < run.steps {
            self.step(wall);
            self.journal.mark(&self.world);
        }
        // What the run's devices were sent is for none of those that are connected now.
        self.batches = own;
        self.halted_by = None;
        for conn in self.world.tunnelled() {
            self.post(wall, Input::Gone { conn, how: RECORDED.into() });
        }
        self.keep_access(wall, access);
        self.scene = Some(Scene { name: String::from("recording"), script: Arc::default(), waiting: false, begun_at: 0 });
        Ok(())
    }

    fn open_run(&self, bytes: &[u8]) -> core::result::Result<Run, String> {
        let text = core::str::from_utf8(bytes).ok().map(|text| text.trim().trim_start_matches('#'));
        let linked = match text.and_then(|text| text.strip_prefix(LINK)) {
            None => None,
            Some(text) => Some(Base64UrlUnpadded::decode_vec(text).map_err(|_| {
                String::from("The link is damaged: after run= it has letters, digits, - and _ only. Perhaps its end was cut off.")
            })?),
        };
        let bytes = linked.as_deref().unwrap_or(bytes);
        let version = bytes.strip_prefix(MAGIC).ok_or("This is no recorded run: its first bytes are not GLASSMQR.")?;
        match version.first() {
            Some(&VERSION) => {}
            Some(other) => {
                return Err(alloc::format!("It was recorded in version {other} of the format; this build reads version {VERSION}."));
            }
            None => return Err(String::from("The file is cut after its first 8 bytes.")),
        }
        let (header, packed) = bytes.split_at_checked(HEADER).ok_or("The file is cut within its first 17 bytes.")?;
        if header.get(9..).is_none_or(|sum| sum != checksum(packed).to_le_bytes()) {
            return Err(String::from("The file is damaged or cut: its checksum is another one."));
        }
        let body = decompress_to_vec_with_limit(packed, MAX_BODY).map_err(|_| "What is packed in the file cannot be unpacked.")?;
        Run::read(&self.config, &body).ok_or_else(|| String::from("The file is whole, but what stands in it cannot be read by this build."))
    }
}

impl Run {
    /// Does it in a world of its own. Gives the digest of what happened; `None`: it has no end.
    fn replay(&self) -> Option<u64> {
        let mut world = World::new(self.config.clone(), self.seed);
        let mut digest = Digest(checksum(&[]));
        let mut inputs = self.inputs.iter().peekable();
        while world.steps() < self.steps {
            while let Some((_, at, input)) = inputs.next_if(|(after, ..)| *after <= world.steps()) {
                world.post(*at, input.clone());
            }
            world.step(&mut digest)?;
        }
        // What was never posted would be posted by a replay all the same.
        inputs.peek().is_none().then_some(digest.0)
    }

    fn write(&self, tape: &mut Tape) -> core::result::Result<(), &'static str> {
        let Run { build, seed, config, steps, digest, inputs } = self;
        tape.put_text(build);
        [*seed, *steps, *digest].into_iter().for_each(|number| tape.put(number));
        wire::put_config(tape, config);
        tape.put(inputs.len() as u64);
        let (mut step, mut time) = (0u64, 0u64);
        for (after, at, input) in inputs {
            tape.put(after.wrapping_sub(step));
            tape.put_signed(at.micros().wrapping_sub(time) as i64);
            (step, time) = (*after, at.micros());
            wire::put_input(tape, input)?;
        }
        Ok(())
    }

    /// `own`: of it is what a file does not tell.
    fn read(own: &crate::Config, body: &[u8]) -> Option<Run> {
        let mut tape = Tape::new(body);
        let build = tape.text()?;
        let (seed, steps, digest) = (tape.number()?, tape.number()?, tape.number()?);
        let config = wire::config(&mut tape, own)?;
        let count = tape.number()?;
        let mut inputs = Vec::new();
        let (mut step, mut time) = (0u64, 0u64);
        for _ in 0..count {
            step = step.checked_add(tape.number()?).filter(|step| *step < steps)?;
            time = time.wrapping_add(tape.signed()? as u64);
            inputs.push((step, Instant::from_micros(time), wire::input(&mut tape, 0)?));
        }
        (tape.is_empty() && steps <= MAX_STEPS).then_some(Run { build, seed, config, steps, digest, inputs })
    }
}

/// FNV-1a: against damage, not against forgery.
fn checksum(bytes: &[u8]) -> u64 {
    mix(0xcbf2_9ce4_8422_2325, bytes)
}

fn mix(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |state, &byte| (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// What happens, in one number.
struct Digest(u64);

impl Digest {
    fn mix(&mut self, what: u8, a: u64, b: u64, bytes: &[u8]) {
        self.0 = mix(self.0, &[what]);
        self.0 = mix(self.0, &a.to_le_bytes());
        self.0 = mix(self.0, &b.to_le_bytes());
        self.0 = mix(self.0, bytes);
    }
}

impl Sink for Digest {
    fn step(&mut self, step: Step, at: Instant) {
        self.mix(0, step, at.micros(), &[]);
    }
    fn departed(&mut self, departure: Departure<'_>) {
        self.mix(1, departure.flight, departure.device.into(), departure.bytes);
    }
    fn landed(&mut self, flight: FlightNo) {
        self.mix(2, flight, 0, &[]);
    }
    fn lost(&mut self, flight: FlightNo) {
        self.mix(3, flight, 0, &[]);
    }
    fn touched(&mut self, flight: FlightNo, touch: Touch) {
        let kind = match touch {
            Touch::Planned(None) => 0,
            Touch::Planned(Some(struck)) => u64::from(struck.rule).saturating_add(3),
            Touch::Held => 1,
            Touch::Dropped => 2,
        };
        self.mix(4, flight, kind, &[]);
    }
    fn halt(&mut self, rule: RuleId) {
        self.mix(5, rule.into(), 0, &[]);
    }
    fn fact(&mut self, device: DeviceId, _: Fact) {
        self.mix(6, device.into(), 0, &[]);
    }
    fn transmit(&mut self, conn: ConnNo, bytes: &[u8]) {
        self.mix(7, conn.into(), 0, bytes);
    }
    fn credit(&mut self, conn: ConnNo, bytes: u32) {
        self.mix(8, conn.into(), bytes.into(), &[]);
    }
    fn close(&mut self, conn: ConnNo) {
        self.mix(9, conn.into(), 0, &[]);
    }
}
