//! Where randomness comes from: nowhere but the generator handed in.
//!
//! Three makers: [`Pcg`] for the World, [`JavaRandom`] wherever Kafka's answer depends on `java.util.Random`, and
//! [`Scripted`] for recorded draws. Kafka itself draws from `java.util.concurrent.ThreadLocalRandom`, which nobody can seed.

use std::collections::VecDeque;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a random number could not be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RandomError {
    /// A [`Scripted`] generator has given out all that it had.
    #[error("the scripted random numbers ran dry after {drawn}")]
    RanDry {
        /// How many numbers it gave out before.
        drawn: usize,
    },
    /// The bound of a draw was 0 or less. Java: `IllegalArgumentException("bound must be positive")`.
    #[error("bound must be positive, not {0}")]
    BadBound(i32),
}

/// A source of random integers.
pub trait Random {
    /// The next integer, any of the 2³² possible ones. Java: `Random.nextInt()`.
    ///
    /// # Errors
    /// [`RandomError::RanDry`] if the source is scripted and used up.
    fn next_int(&mut self) -> Result<i32, RandomError>;

    /// The next integer of `0..bound`. Java: `Random.nextInt(bound)`.
    ///
    /// # Errors
    /// [`RandomError::BadBound`] if `bound` is not positive; [`RandomError::RanDry`] as for [`Random::next_int`].
    fn next_int_below(&mut self, bound: i32) -> Result<i32, RandomError>;

    /// The next integer with its sign bit cleared. Kafka: `Utils.toPositive(ThreadLocalRandom.current().nextInt())`.
    ///
    /// # Errors
    /// As for [`Random::next_int`].
    fn next_positive_int(&mut self) -> Result<i32, RandomError> {
        self.next_int().map(to_positive)
    }
}

/// `number` with its sign bit cleared, which is not its absolute value. Kafka: `Utils.toPositive`.
pub fn to_positive(number: i32) -> i32 {
    number & i32::MAX
}

/// The World's generator: PCG XSH RR 64/32. The same seed gives the same numbers on every machine, and its state can be
/// written down and taken up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pcg(Pcg32);

impl Pcg {
    /// A generator that starts from `seed`.
    pub fn new(seed: u64) -> Pcg {
        Pcg(Pcg32::seed_from_u64(seed))
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// The next number of `0..bound`; 0 if `bound` is 0. Draws once, so a number is more likely than another by at most
    /// `bound` in 2³².
    pub fn below(&mut self, bound: u32) -> u32 {
        let scaled = (u64::from(self.next_u32()) * u64::from(bound)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }
}

impl Random for Pcg {
    fn next_int(&mut self) -> Result<i32, RandomError> {
        Ok(self.next_u32().cast_signed())
    }

    fn next_int_below(&mut self, bound: i32) -> Result<i32, RandomError> {
        let bound = positive_bound(bound)?;
        Ok(self.below(bound).cast_signed())
    }
}

/// `java.util.Random`: a linear congruential generator of 48 bits, as Java's documentation defines it to the bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JavaRandom {
    state: u64,
}

impl JavaRandom {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const INCREMENT: u64 = 0xB;
    const MASK: u64 = (1 << 48) - 1;

    /// `new Random(seed)`.
    pub fn new(seed: i64) -> JavaRandom {
        JavaRandom { state: (seed.cast_unsigned() ^ Self::MULTIPLIER) & Self::MASK }
    }

    /// `Random.next(bits)`: the highest `bits` (1 to 32) of the 48, which Java then takes as a signed `int`.
    fn next(&mut self, bits: u32) -> i32 {
        self.state = self.state.wrapping_mul(Self::MULTIPLIER).wrapping_add(Self::INCREMENT) & Self::MASK;
        let high = self.state >> (48 - bits);
        u32::try_from(high).unwrap_or(u32::MAX).cast_signed()
    }
}

impl Random for JavaRandom {
    fn next_int(&mut self) -> Result<i32, RandomError> {
        Ok(self.next(32))
    }

    fn next_int_below(&mut self, bound: i32) -> Result<i32, RandomError> {
        let unsigned = positive_bound(bound)?;
        if unsigned.is_power_of_two() {
            // The low bits of such a generator are poor, so a power of two takes the high ones.
            let scaled = (i64::from(bound) * i64::from(self.next(31))) >> 31;
            return Ok(i32::try_from(scaled).unwrap_or(0));
        }
        // The last, incomplete run of `bound` numbers is refused, so that none is more likely than another. This ends:
        // at least every second number is accepted and the generator's period goes through all of them.
        loop {
            let drawn = self.next(31);
            let result = drawn % bound;
            if drawn.checked_sub(result).and_then(|start| start.checked_add(bound - 1)).is_some() {
                return Ok(result);
            }
        }
    }
}

/// Gives out prepared numbers in their order, then an error. For recordings of what Kafka drew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scripted {
    numbers: VecDeque<i32>,
    drawn: usize,
}

impl Scripted {
    /// A generator that will give out `numbers` and then run dry.
    pub fn new(numbers: impl IntoIterator<Item = i32>) -> Scripted {
        Scripted { numbers: numbers.into_iter().collect(), drawn: 0 }
    }

    /// How many numbers have not been drawn.
    pub fn left(&self) -> usize {
        self.numbers.len()
    }
}

impl Random for Scripted {
    fn next_int(&mut self) -> Result<i32, RandomError> {
        let number = self.numbers.pop_front().ok_or(RandomError::RanDry { drawn: self.drawn })?;
        self.drawn += 1;
        Ok(number)
    }

    /// A prepared number, taken modulo `bound` (never negative).
    fn next_int_below(&mut self, bound: i32) -> Result<i32, RandomError> {
        positive_bound(bound)?;
        Ok(self.next_int()?.rem_euclid(bound))
    }
}

fn positive_bound(bound: i32) -> Result<u32, RandomError> {
    match u32::try_from(bound) {
        Ok(positive) if positive > 0 => Ok(positive),
        _ => Err(RandomError::BadBound(bound)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java 17 prints for `new Random(seed)`: four times `nextInt()`, then on a fresh one `nextInt(bound)` for each bound.
    #[test]
    fn java_random_draws_what_java_draws() {
        let bounds = [10, 16, 3, 1_073_741_825, 1, 7, 1_500_000_000, 1_000];
        let table: [(i64, [i32; 4], [i32; 8]); 4] = [
            (
                0,
                [-1_155_484_576, -723_955_400, 1_033_096_058, -1_690_734_402],
                [0, 13, 1, 663_681_053, 0, 1, 1_283_218_719, 854],
            ),
            (
                42,
                [-1_170_105_035, 234_785_527, -1_360_544_799, 205_897_768],
                [0, 0, 0, 102_948_884, 0, 4, 595_021_505, 918],
            ),
            (
                -1,
                [1_155_099_827, 1_887_904_451, 52_699_159, -1_941_176_418],
                [3, 7, 0, 894_294_477, 0, 3, 121_412_731, 808],
            ),
            (
                123_456_789_012_345,
                [-1_421_006_947, -2_071_311_287, -583_755_257, -1_678_701_992],
                [4, 8, 2, 185_864_260, 0, 3, 849_765_284, 823],
            ),
        ];
        for (seed, ints, bounded) in table {
            let mut random = JavaRandom::new(seed);
            assert_eq!(ints.map(|_| random.next_int().unwrap()), ints, "seed {seed}");
            let mut random = JavaRandom::new(seed);
            assert_eq!(bounds.map(|bound| random.next_int_below(bound).unwrap()), bounded, "seed {seed}");
        }
    }

    #[test]
    fn pcg_repeats_itself_and_survives_being_written_down() {
        let mut first = Pcg::new(7);
        let mut second = Pcg::new(7);
        let drawn: Vec<u32> = (0..100).map(|_| first.next_u32()).collect();
        assert_eq!(drawn, (0..100).map(|_| second.next_u32()).collect::<Vec<_>>());
        assert_eq!(drawn[..3], [2_442_223_337, 414_063_806, 2_743_600_285], "the same on every machine");

        let written = serde_json::to_string(&first).unwrap();
        let mut third: Pcg = serde_json::from_str(&written).unwrap();
        assert_eq!(third.next_u64(), first.next_u64());
        assert_ne!(Pcg::new(8).next_u64(), Pcg::new(7).next_u64());
    }

    #[test]
    fn draws_stay_below_their_bound_and_reach_everything() {
        let mut random = Pcg::new(1);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[usize::try_from(random.next_int_below(6).unwrap()).unwrap()] += 1;
        }
        assert!(seen.iter().all(|times| (800..1_200).contains(times)), "{seen:?}");
        assert_eq!(random.below(0), 0);
        assert_eq!(random.next_int_below(0), Err(RandomError::BadBound(0)));
        assert_eq!(JavaRandom::new(1).next_int_below(-3), Err(RandomError::BadBound(-3)));
    }

    #[test]
    fn a_script_runs_dry_and_says_so() {
        let mut random = Scripted::new([5, -1, 17]);
        assert_eq!(random.next_int(), Ok(5));
        assert_eq!(random.next_positive_int(), Ok(i32::MAX));
        assert_eq!(random.next_int_below(10), Ok(7));
        assert_eq!(random.left(), 0);
        assert_eq!(random.next_int(), Err(RandomError::RanDry { drawn: 3 }));
    }
}
