//! How long a retry waits. Kafka 4.3: `ExponentialBackoff` as `RecordAccumulator`, `Metadata` and `ClusterConnectionStates`
//! use it.
//!
//! Differs from Kafka: the chance is drawn in millionths, not as a `double`.

use crate::rng::{Random, RandomError};

const MILLION: u64 = 1_000_000;

/// Kafka: `CommonClientConfigs.RETRY_BACKOFF_JITTER`, `ClusterConnectionStates.RECONNECT_BACKOFF_JITTER`: 0.2.
pub const CLIENT_JITTER_PERCENT: u8 = 20;

/// `retry.backoff.ms`, doubled with each attempt up to `retry.backoff.max.ms`, more or less by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBackoff {
    /// The first wait, in ms.
    pub initial_ms: u64,
    /// The longest wait, in ms.
    pub max_ms: u64,
    /// How far chance may lengthen or shorten a wait, in percent; Kafka's `RETRY_BACKOFF_JITTER` is 20.
    pub jitter_percent: u8,
}

impl RetryBackoff {
    /// How long to wait before retry number `retry`, from 0, in ms. Like Kafka it draws a random number each time it is
    /// asked, unless there is nothing to double.
    ///
    /// # Errors
    /// The generator ran dry.
    pub fn backoff_ms(self, retry: u32, random: &mut dyn Random) -> Result<u64, RandomError> {
        if self.max_ms <= self.initial_ms {
            return Ok(self.max_ms);
        }
        let doubled = 1_u64.checked_shl(retry).map_or(u64::MAX, |factor| self.initial_ms.saturating_mul(factor));
        let term = doubled.min(self.max_ms);
        let jitter = u64::from(self.jitter_percent.min(100)).saturating_mul(MILLION / 100);
        if jitter == 0 {
            return Ok(term);
        }
        let drawn = random.next_int_below(i32::try_from(jitter.saturating_mul(2)).unwrap_or(i32::MAX))?;
        let factor = (MILLION - jitter).saturating_add(u64::try_from(drawn).unwrap_or(0));
        Ok((term.saturating_mul(factor) / MILLION).min(self.max_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Pcg, Scripted};

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = RetryBackoff { initial_ms: 100, max_ms: 1_000, jitter_percent: 0 };
        let waits: Vec<u64> = [0, 1, 2, 3, 4, 63, 64, 5_000]
            .map(|retry| backoff.backoff_ms(retry, &mut Scripted::default()).unwrap())
            .to_vec();
        assert_eq!(waits, [100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000]);
        let constant = RetryBackoff { initial_ms: 500, max_ms: 300, jitter_percent: 20 };
        assert_eq!(constant.backoff_ms(3, &mut Scripted::default()), Ok(300), "Kafka draws nothing here");
    }

    #[test]
    fn chance_stays_within_its_bounds() {
        let backoff = RetryBackoff { initial_ms: 100, max_ms: 1_000, jitter_percent: 20 };
        let mut random = Pcg::new(3);
        let waits: Vec<u64> = (0..1_000).map(|_| backoff.backoff_ms(0, &mut random).unwrap()).collect();
        assert!(waits.iter().all(|wait| (80..120).contains(wait)));
        assert!(waits.contains(&80) && waits.contains(&119));
        let mut random = Pcg::new(3);
        assert!((0..1_000).all(|_| backoff.backoff_ms(9, &mut random).unwrap() <= 1_000));
    }
}
