//! What a simulated client does by itself.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use broker::Instant;
use contract::Habit;
use mqtt::{QoS, topic};

use super::Publication;

/// A habit of publishing, and when it is due next.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    topic: String,
    payload: String,
    qos: QoS,
    retain: bool,
    after: u64,
    every: u64,
    count: u64,
    pub(super) next_at: Option<Instant>,
}

pub(super) fn schedules(habits: &[Habit]) -> Vec<Schedule> {
    let schedule = |habit: &Habit| match habit {
        Habit::Publish { topic, payload, qos, retain, after_ms, every_ms } => Some(Schedule {
            topic: topic.clone(),
            payload: payload.clone(),
            qos: self::qos(*qos),
            retain: *retain,
            after: u64::from(*after_ms).saturating_mul(1_000),
            every: u64::from(*every_ms).saturating_mul(1_000),
            count: 0,
            next_at: None,
        }),
        Habit::Subscribe { .. } | Habit::Respond { .. } => None,
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

    /// The message that is due, if one is.
    pub(super) fn due(&mut self, now: Instant) -> Option<Publication> {
        let at = self.next_at.filter(|&at| at <= now)?;
        self.count = self.count.saturating_add(1);
        // From the time it was due, not from now: a late wake does not shift the rhythm. But what was missed is not made up for.
        self.next_at = (self.every > 0).then(|| at.after(self.every).max(now));
        let payload = self.payload.replace("{n}", &self.count.to_string()).into_bytes();
        Some(Publication { topic: self.topic.clone(), payload, qos: self.qos, retain: self.retain })
    }
}

/// Filters to subscribe to, each with its maximum QoS, in the order of the habits, none twice.
pub(super) fn filters(habits: &[Habit]) -> Vec<(&str, QoS)> {
    let mut filters: Vec<(&str, QoS)> = Vec::new();
    for habit in habits {
        let (Habit::Subscribe { filter, qos } | Habit::Respond { filter, qos, .. }) = habit else { continue };
        match filters.iter_mut().find(|(other, _)| other == filter) {
            Some((_, most)) => *most = (*most).max(self::qos(*qos)),
            None => filters.push((filter, self::qos(*qos))),
        }
    }
    filters
}

/// Answers to a message on this topic.
pub(super) fn answers(habits: &[Habit], name: &str) -> Vec<Publication> {
    let answer = |habit: &Habit| match habit {
        Habit::Respond { filter, topic, payload, answer_qos, retain, .. } if topic::matches(filter, name) => {
            Some(Publication { topic: topic.clone(), payload: payload.clone().into_bytes(), qos: qos(*answer_qos), retain: *retain })
        }
        _ => None,
    };
    habits.iter().filter_map(answer).collect()
}

/// 0, 1 or 2; whatever is above counts as 2. Commands are checked before they come here.
pub(super) fn qos(level: u8) -> QoS {
    QoS::from_bits(level).unwrap_or(QoS::ExactlyOnce)
}
