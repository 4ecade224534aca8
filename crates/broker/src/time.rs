//! Time as a parameter. There is no `now()`: the driver says what time it is.

/// A length of time in microseconds.
pub type Micros = u64;

/// A moment in the world, in microseconds since the world began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The world's beginning.
    pub const ZERO: Instant = Instant(0);

    /// The moment this many microseconds after the world's beginning.
    pub const fn from_micros(micros: Micros) -> Instant {
        Instant(micros)
    }

    /// Microseconds since the world's beginning.
    pub const fn micros(self) -> Micros {
        self.0
    }

    /// The moment this much later; the end of time (584,000 years) when that is out of range.
    pub const fn after(self, micros: Micros) -> Instant {
        Instant(self.0.saturating_add(micros))
    }

    /// The moment this many seconds later.
    pub const fn after_secs(self, secs: u32) -> Instant {
        self.after((secs as u64).saturating_mul(1_000_000))
    }

    /// How long ago `earlier` was; 0 when it is not earlier.
    pub const fn since(self, earlier: Instant) -> Micros {
        self.0.saturating_sub(earlier.0)
    }
}
