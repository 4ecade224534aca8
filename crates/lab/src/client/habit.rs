//! What a simulated client does by itself.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use broker::Instant;
use contract::{Habit, Wave};
use mqtt::{QoS, topic};

use super::serve::Serving;
use super::{Address, Publication};

/// A habit of saying something, and when it is due next.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    topic: String,
    payload: String,
    qos: QoS,
    retain: bool,
    after: u64,
    every: u64,
    count: u64,
    source: Source,
    pub(super) next_at: Option<Instant>,
}

/// Where the value comes from, or where the answer is to go.
#[derive(Clone, Debug)]
enum Source {
    Nothing,
    Wave(Wave, i64),
    Request(String),
}

/// Faults that a client commits by habit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vices {
    pub(super) never_acknowledges: bool,
    pub(super) acknowledges_twice: bool,
    pub(super) reuses_id: bool,
    /// Microseconds after which it sends again on the same connection.
    pub(super) resends_after: Option<u64>,
}

impl Vices {
    pub(super) fn of(habits: &[Habit]) -> Vices {
        let mut vices = Vices::default();
        for habit in habits {
            match habit {
                Habit::NeverAcknowledge => vices.never_acknowledges = true,
                Habit::AcknowledgeTwice => vices.acknowledges_twice = true,
                Habit::ReuseBusyId => vices.reuses_id = true,
                Habit::ResendAlive { after_ms } => vices.resends_after = Some(micros(*after_ms)),
                _ => {}
            }
        }
        vices
    }
}

pub(super) fn schedules(habits: &[Habit]) -> Vec<Schedule> {
    let schedule = |habit: &Habit| {
        let (topic, payload, qos, retain, (after_ms, every_ms), source) = match habit {
            Habit::Publish { topic, payload, qos, retain, after_ms, every_ms } => {
                (topic, payload, qos, *retain, (after_ms, every_ms), Source::Nothing)
            }
            Habit::Measure { topic, payload, wave, qos, retain, after_ms, every_ms } => {
                let (Wave::Sine { min, max, .. } | Wave::Walk { min, max, .. }) = *wave;
                let middle = i64::midpoint(min.into(), max.into());
                (topic, payload, qos, *retain, (after_ms, every_ms), Source::Wave(*wave, middle))
            }
            Habit::Request { topic, payload, response_topic, qos, after_ms, every_ms } => {
                (topic, payload, qos, false, (after_ms, every_ms), Source::Request(response_topic.clone()))
            }
            _ => return None,
        };
        let (topic, payload, qos) = (topic.clone(), payload.clone(), self::qos(*qos));
        Some(Schedule { topic, payload, qos, retain, after: micros(*after_ms), every: micros(*every_ms), count: 0, source, next_at: None })
    };
    habits.iter().filter_map(schedule).collect()
}

impl Schedule {
    /// The client is connected and subscribed.
    pub(super) fn begin(&mut self, now: Instant) {
        if self.every > 0 || self.count == 0 {
            self.next_at = Some(now.after(self.after));
        }
    }

    /// The message that is due, if one is. `id`: the Client Identifier; `dice` is the client's own chance.
    pub(super) fn due(&mut self, now: Instant, id: &str, dice: &mut u64) -> Option<Publication> {
        let at = self.next_at.filter(|&at| at <= now)?;
        self.count = self.count.saturating_add(1);
        // From the time it was due, not from now: a late wake does not shift the rhythm. But what was missed is not made up for.
        self.next_at = (self.every > 0).then(|| at.after(self.every).max(now));
        let millis = now.micros() / 1_000;
        let mut payload = self.payload.replace("{n}", &self.count.to_string());
        let mut address = None;
        match &mut self.source {
            Source::Nothing => {}
            Source::Wave(wave, value) => {
                *value = next(*wave, *value, millis, dice);
                payload = payload.replace("{v}", &in_tenths(*value));
            }
            Source::Request(topic) => {
                let correlation_data = Some(self.count.to_string().into_bytes());
                address = Some(Address { response_topic: Some(topic.clone()), correlation_data });
            }
        }
        let payload = payload.replace("{ms}", &millis.to_string()).replace("{id}", id).into_bytes();
        Some(Publication { topic: self.topic.clone(), payload, qos: self.qos, retain: self.retain, address })
    }
}

/// The next value of a wave, in thousandths.
fn next(wave: Wave, value: i64, millis: u64, dice: &mut u64) -> i64 {
    match wave {
        Wave::Sine { min, max, period_ms } => {
            let period = u64::from(period_ms.max(1));
            // Half a turn is 1,000, and its sine Bhaskara's: integers, so that all machines agree, and off by less than two thousandths.
            let phase = millis.checked_rem(period).unwrap_or(0).saturating_mul(2_000).checked_div(period).unwrap_or(0) as i64;
            let x = phase % 1_000;
            let square = x.saturating_mul(1_000i64.saturating_sub(x));
            let (min, max) = (i64::from(min), i64::from(max));
            let half = max.saturating_sub(min) / 2;
            let below = 5_000_000i64.saturating_sub(square.saturating_mul(4));
            let height = half.saturating_mul(16).saturating_mul(square).checked_div(below).unwrap_or(0);
            let middle = i64::midpoint(min, max);
            if phase < 1_000 { middle.saturating_add(height) } else { middle.saturating_sub(height) }
        }
        Wave::Walk { min, max, step } => {
            let step = i64::from(step.max(1));
            let wide = step.saturating_mul(2).saturating_add(1).unsigned_abs();
            let by = (roll(dice).checked_rem(wide).unwrap_or(0) as i64).saturating_sub(step);
            value.saturating_add(by).min(max.into()).max(min.into())
        }
    }
}

/// SplitMix64, as the faults' dice.
fn roll(dice: &mut u64) -> u64 {
    *dice = dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *dice;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Thousandths as a number with one decimal, rounded to the nearest.
fn in_tenths(value: i64) -> String {
    let tenths = value.unsigned_abs().saturating_add(50) / 100;
    let sign = if value < 0 && tenths > 0 { "-" } else { "" };
    alloc::format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

/// Filters to subscribe to, each with its maximum QoS, in the order of the habits, none twice.
pub(super) fn filters(habits: &[Habit]) -> Vec<(&str, QoS)> {
    let mut filters: Vec<(&str, QoS)> = Vec::new();
    for habit in habits {
        let (Habit::Subscribe { filter, qos }
        | Habit::Respond { filter, qos, .. }
        | Habit::Serve { filter, qos, .. }
        | Habit::Request { response_topic: filter, qos, .. }) = habit
        else {
            continue;
        };
        match filters.iter_mut().find(|(other, _)| other == filter) {
            Some((_, most)) => *most = (*most).max(self::qos(*qos)),
            None => filters.push((filter, self::qos(*qos))),
        }
    }
    filters
}

/// Answers to a message on this topic that came with this address.
pub(super) fn answers(habits: &[Habit], serving: &mut [Serving], asked: &Publication) -> Vec<Publication> {
    let mut answers = Vec::new();
    for (habit, serving) in habits.iter().zip(serving) {
        match habit {
            Habit::Respond { filter, topic, payload, answer_qos, retain, .. } if topic::matches(filter, &asked.topic) => {
                let payload = payload.clone().into_bytes();
                answers.push(Publication { topic: topic.clone(), payload, qos: qos(*answer_qos), retain: *retain, address: None });
            }
            Habit::Serve { filter, role, state, qos } if topic::matches(filter, &asked.topic) => {
                serving.answer(*role, state.as_deref(), self::qos(*qos), asked, &mut answers);
            }
            _ => {}
        }
    }
    answers
}

/// When a client that goes away by habit goes, for how long in microseconds, and whether it says so.
pub(super) fn departure(habits: &[Habit], now: Instant) -> Option<(Instant, u64, bool)> {
    habits.iter().find_map(|habit| match habit {
        Habit::GoOffline { after_ms, for_ms, politely } => Some((now.after(micros(*after_ms)), micros(*for_ms), *politely)),
        _ => None,
    })
}

/// 0, 1 or 2; whatever is above counts as 2. Commands are checked before they come here.
pub(super) fn qos(level: u8) -> QoS {
    QoS::from_bits(level).unwrap_or(QoS::ExactlyOnce)
}

fn micros(millis: u32) -> u64 {
    u64::from(millis).saturating_mul(1_000)
}
