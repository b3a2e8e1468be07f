//! Measuring without a harness: a few long rounds, and the median of them.

pub mod assignors;
pub mod crowd;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The rounds of one measure.
const ROUNDS: usize = 7;
/// How long a round lasts at least: long against the clock's grain and a thread's turn.
const ROUND: Duration = Duration::from_millis(200);

/// How many things a second `work` does; it says how many it did each time. The first round warms up and does not count.
pub fn per_second(mut work: impl FnMut() -> usize) -> Value {
    let mut rates: Vec<f64> = (0..=ROUNDS).map(|_| round(&mut work)).skip(1).collect();
    let median = median(&mut rates);
    json!({ "per_second": median.round(), "rounds": ROUNDS })
}

/// Things are counted below 2^52, where a float is exact.
#[allow(clippy::cast_precision_loss, reason = "a rate is not exact anyway")]
fn round(work: &mut impl FnMut() -> usize) -> f64 {
    let started = Instant::now();
    let mut done = 0;
    while started.elapsed() < ROUND {
        done += work();
    }
    done as f64 / started.elapsed().as_secs_f64()
}

/// The median and the greatest of some milliseconds; none of none.
pub fn milliseconds(mut times: Vec<f64>) -> Option<Value> {
    let count = times.len();
    let greatest = times.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if times.is_empty() {
        return None;
    }
    let median = median(&mut times);
    let to_micros = |ms: f64| (ms * 1_000.0).round() / 1_000.0;
    Some(json!({ "median_ms": to_micros(median), "max_ms": to_micros(greatest), "count": count }))
}

/// The middle one, 0 of none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_one() {
        let times = milliseconds(vec![3.0, 1.0, 20.000_4]).unwrap();
        assert_eq!(times, json!({ "median_ms": 3.0, "max_ms": 20.0, "count": 3 }));
        assert_eq!(milliseconds(Vec::new()), None);
    }
}
