//! Virtual time. Nothing here knows the wall clock.

use std::fmt;

/// A moment of the simulation, in microseconds since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub u64);

/// What a record's timestamp says at the beginning of the simulation: 2026-01-01T00:00:00Z, in ms since the epoch.
pub const START_TIMESTAMP_MS: i64 = 1_767_225_600_000;

impl SimTime {
    /// The beginning.
    pub const ZERO: SimTime = SimTime(0);

    /// `ms` milliseconds after the beginning.
    pub fn from_ms(ms: u64) -> SimTime {
        SimTime(ms.saturating_mul(1_000))
    }

    /// Whole milliseconds since the beginning.
    pub fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// This moment as a record's timestamp, in ms since the epoch.
    pub fn timestamp_ms(self) -> i64 {
        START_TIMESTAMP_MS.saturating_add(i64::try_from(self.as_ms()).unwrap_or(i64::MAX))
    }

    /// `micros` later; the last moment instead of an overflow.
    #[must_use]
    pub fn plus_micros(self, micros: u64) -> SimTime {
        SimTime(self.0.saturating_add(micros))
    }

    /// `ms` later; the last moment instead of an overflow.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> SimTime {
        self.plus_micros(ms.saturating_mul(1_000))
    }

    /// Milliseconds from `earlier` to this moment, 0 if it is not earlier.
    pub fn ms_since(self, earlier: SimTime) -> u64 {
        self.0.saturating_sub(earlier.0) / 1_000
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.as_ms())
    }
}
