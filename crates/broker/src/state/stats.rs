//! What is counted for `$SYS`.

use crate::time::Instant;

/// Counts since the beginning, and how fast they grow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stats {
    pub(crate) since: Instant,
    pub(crate) packets_in: u64,
    pub(crate) packets_out: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) publishes_in: u64,
    pub(crate) publishes_out: u64,
    pub(crate) publish_bytes_in: u64,
    pub(crate) publish_bytes_out: u64,
    pub(crate) dropped: u64,
    pub(crate) expired: u64,
    /// Clients that are connected.
    pub(crate) clients: u64,
    pub(crate) most_clients: u64,
    /// Connections that were opened.
    pub(crate) sockets: u64,
    /// CONNECT packets.
    pub(crate) connects: u64,
    loads: [Load; 9],
}

/// The names of the averages under `load/`, in the order of [`Stats::loads`].
const NAMES: [&str; 9] = [
    "messages/received",
    "messages/sent",
    "publish/received",
    "publish/sent",
    "publish/dropped",
    "bytes/received",
    "bytes/sent",
    "sockets",
    "connections",
];

/// Minutes over which the averages go.
const MINUTES: [u32; 3] = [1, 5, 15];

/// Moving averages of one count, in 1/65,536 a minute. Whole numbers: the same in every run and on every machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Load {
    last: u64,
    averages: [u64; 3],
}

impl Stats {
    /// An interval of so many seconds is over.
    pub(crate) fn turn(&mut self, seconds: u32) {
        let counts = [
            self.packets_in,
            self.packets_out,
            self.publishes_in,
            self.publishes_out,
            self.dropped,
            self.bytes_in,
            self.bytes_out,
            self.sockets,
            self.connects,
        ];
        self.loads.iter_mut().zip(counts).for_each(|(load, count)| load.turn(count, seconds));
    }

    pub(crate) fn averages(&self) -> [(&'static str, &Load); 9] {
        core::array::from_fn(|n| (NAMES.get(n).copied().unwrap_or_default(), self.loads.get(n).unwrap_or(&EMPTY)))
    }
}

static EMPTY: Load = Load { last: 0, averages: [0; 3] };

impl Load {
    fn turn(&mut self, count: u64, seconds: u32) {
        let seconds = seconds.max(1);
        let grown = count.saturating_sub(self.last);
        self.last = count;
        let per_minute = u128::from(grown).saturating_mul(60 << 16).checked_div(u128::from(seconds)).unwrap_or_default();
        for (average, minutes) in self.averages.iter_mut().zip(MINUTES) {
            // The part of the old average that stays: e to the power of minus interval over span.
            let stays = u128::from(exp_minus(seconds, minutes.saturating_mul(60)));
            let goes = (1u128 << 32).saturating_sub(stays);
            let sum = u128::from(*average).saturating_mul(stays).saturating_add(per_minute.saturating_mul(goes));
            *average = u64::try_from(sum >> 32).unwrap_or(u64::MAX);
        }
    }

    /// Minutes and hundredths a minute.
    pub(crate) fn hundredths(&self) -> [(u32, u64); 3] {
        core::array::from_fn(|n| {
            let average = self.averages.get(n).copied().unwrap_or_default();
            (MINUTES.get(n).copied().unwrap_or_default(), average.saturating_mul(100) >> 16)
        })
    }
}

/// e^(−over/span) in 1/2^32: the limit of (1 − x/1024)^1024, which is near enough for an average that is shown with two digits.
fn exp_minus(over: u32, span: u32) -> u64 {
    const ONE: u128 = 1 << 32;
    let x = u128::from(over).saturating_mul(ONE).checked_div(u128::from(span).saturating_mul(1024)).unwrap_or(ONE);
    let mut power = ONE.saturating_sub(x);
    for _ in 0..10 {
        power = power.saturating_mul(power) >> 32;
    }
    u64::try_from(power).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_is_near_the_true_one() {
        for (over, span) in [(10, 60), (10, 300), (10, 900), (60, 60), (1, 900)] {
            let is = exp_minus(over, span) as f64 / 4_294_967_296.0;
            let should = (-f64::from(over) / f64::from(span)).exp();
            assert!((is - should).abs() < 0.001, "{over}/{span}: {is}, not {should}");
        }
        assert_eq!(exp_minus(u32::MAX, 60), 0);
    }

    #[test]
    fn a_steady_load_is_reached_and_left() {
        let mut load = Load::default();
        for n in 1..=600 {
            load.turn(n * 100, 10);
        }
        for (_, hundredths) in load.hundredths() {
            assert!((59_800..=60_000).contains(&hundredths), "{hundredths}");
        }
        for _ in 0..6_000 {
            load.turn(60_000, 10);
        }
        assert_eq!(load.hundredths().map(|(_, it)| it), [0; 3]);
    }
}
