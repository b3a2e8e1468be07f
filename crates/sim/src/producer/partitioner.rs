//! Which partition a record goes to. Kafka 4.3: `KafkaProducer.partition`, `BuiltInPartitioner.partitionForKey`,
//! `Utils.murmur2`. What `partitioner.class` names is in [`super::plugged_partitioner`].

use thiserror::Error;

pub use crate::rng::to_positive;

const SEED: u32 = 0x9747_b28c;
const M: u32 = 0x5bd1_e995;
const R: u32 = 24;

/// The murmur2 hash of a key, as Kafka computes it (signed, as Java shows it).
pub fn murmur2(key: &[u8]) -> i32 {
    let (words, tail) = key.as_chunks::<4>();
    let h = words.iter().fold(initial(key), |h, word| turn(h, u32::from_le_bytes(*word)));
    let [_, _, result] = finish(tail_turn(h, tail));
    result.cast_signed()
}

/// The murmur2 hash of a key with every value on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Murmur2Trace {
    /// h before the first word: `0x9747b28c ^ length`.
    pub initial: i32,
    /// The key's words of four bytes, the least significant byte first.
    pub words: Vec<i32>,
    /// h after each word.
    pub turns: Vec<i32>,
    /// h after the up to three bytes that are left over; none if no byte is.
    pub tail: Option<i32>,
    /// h after each of the three steps of the last mixing: `^ h >>> 13`, `* 0x5bd1e995`, `^ h >>> 15`.
    pub finish: [i32; 3],
    /// The hash: the last of them.
    pub result: i32,
}

/// Computes the murmur2 hash of a key and keeps every value on the way.
pub fn murmur2_trace(key: &[u8]) -> Murmur2Trace {
    let (words, tail) = key.as_chunks::<4>();
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let mut h = initial(key);
    let mut turns = Vec::with_capacity(words.len());
    for word in &words {
        h = turn(h, *word);
        turns.push(h.cast_signed());
    }
    let after_tail = tail_turn(h, tail);
    let finish = finish(after_tail).map(u32::cast_signed);
    let [_, _, result] = finish;
    Murmur2Trace {
        initial: initial(key).cast_signed(),
        words: words.into_iter().map(u32::cast_signed).collect(),
        turns,
        tail: (!tail.is_empty()).then_some(after_tail.cast_signed()),
        finish,
        result,
    }
}

/// The partition of a record with this key among `partitions`, all of them, those without a leader too; none if there
/// are none. Kafka: `BuiltInPartitioner.partitionForKey`.
pub fn partition_for_key(key: &[u8], partitions: i32) -> Option<i32> {
    if partitions > 0 { to_positive(murmur2(key)).checked_rem(partitions) } else { None }
}

/// How the partition of a record is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionChoice {
    /// The application named the partition.
    Explicit {
        /// It.
        partition: i32,
    },
    /// `(murmur2(key) & 0x7fffffff) % partitions`.
    KeyHash {
        /// The hash.
        murmur2: i32,
        /// The hash with its sign bit cleared.
        positive: i32,
        /// The remainder.
        partition: i32,
    },
    /// The sticky partitioner decides when the record goes into the accumulator.
    Sticky,
    /// A partitioner that takes one after the other: `counter % of`.
    RoundRobin {
        /// The remainder; among those with a leader, the partition at that place.
        partition: i32,
        /// The counter with its sign bit cleared.
        counter: i32,
        /// How many it chose from: those with a leader, or all if none has one.
        of: i32,
    },
    /// The sticky partitioner of Kafka 2.4 (KIP-480) stands there until a batch has to begin.
    StickyBatch {
        /// Where.
        partition: i32,
    },
}

impl PartitionChoice {
    /// The partition, unless that is still open.
    pub fn partition(self) -> Option<i32> {
        match self {
            PartitionChoice::Explicit { partition }
            | PartitionChoice::KeyHash { partition, .. }
            | PartitionChoice::RoundRobin { partition, .. }
            | PartitionChoice::StickyBatch { partition } => Some(partition),
            PartitionChoice::Sticky => None,
        }
    }
}

/// Why no partition can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PartitionError {
    /// The application named a partition below 0. Kafka: `IllegalArgumentException` of `ProducerRecord`.
    #[error("Invalid partition: {0}. Partition number should always be non-negative or null.")]
    Negative(i32),
    /// The application named a partition that the topic does not have. Kafka waits `max.block.ms` for it to appear.
    #[error("Partition {partition} of topic with partition count {partitions} is not present in metadata")]
    Missing {
        /// The partition.
        partition: i32,
        /// How many the topic has.
        partitions: i32,
    },
    /// The topic has no partitions.
    #[error("the topic has no partitions")]
    NoPartitions,
}

/// Chooses as the producer does before it appends a record: what the application named, else by key (unless
/// `ignore_keys`), else by the sticky partitioner. `partitions` is their number as the producer knows it.
///
/// # Errors
/// A named partition that cannot be, or a topic without partitions.
pub fn choose_partition(
    named: Option<i32>,
    key: Option<&[u8]>,
    ignore_keys: bool,
    partitions: i32,
) -> Result<PartitionChoice, PartitionError> {
    match (named, key) {
        (Some(partition), _) if partition < 0 => Err(PartitionError::Negative(partition)),
        (Some(partition), _) if partition >= partitions => Err(PartitionError::Missing { partition, partitions }),
        (Some(partition), _) => Ok(PartitionChoice::Explicit { partition }),
        (None, Some(key)) if !ignore_keys => {
            let partition = partition_for_key(key, partitions).ok_or(PartitionError::NoPartitions)?;
            let murmur2 = murmur2(key);
            Ok(PartitionChoice::KeyHash { murmur2, positive: to_positive(murmur2), partition })
        }
        (None, _) if partitions <= 0 => Err(PartitionError::NoPartitions),
        (None, _) => Ok(PartitionChoice::Sticky),
    }
}

fn initial(key: &[u8]) -> u32 {
    // A Java array is no longer than this, so nothing is lost.
    SEED ^ u32::try_from(key.len()).unwrap_or(u32::MAX)
}

fn turn(h: u32, word: u32) -> u32 {
    let mut k = word.wrapping_mul(M);
    k ^= k >> R;
    h.wrapping_mul(M) ^ k.wrapping_mul(M)
}

fn tail_turn(h: u32, tail: &[u8]) -> u32 {
    let word = tail.iter().rev().fold(0, |word, byte| (word << 8) | u32::from(*byte));
    if tail.is_empty() { h } else { (h ^ word).wrapping_mul(M) }
}

fn finish(h: u32) -> [u32; 3] {
    let first = h ^ (h >> 13);
    let second = first.wrapping_mul(M);
    [first, second, second ^ (second >> 15)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kafka: `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_is_kafkas() {
        let table = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (key, hash) in table {
            assert_eq!(murmur2(key.as_bytes()), hash, "{key}");
            let trace = murmur2_trace(key.as_bytes());
            assert_eq!(trace.result, hash, "{key}");
            assert_eq!((trace.words.len(), trace.turns.len()), (key.len() / 4, key.len() / 4));
            assert_eq!(trace.tail.is_some(), key.len() % 4 != 0);
        }
        assert_eq!(murmur2(b""), murmur2_trace(b"").result);
    }

    #[test]
    fn the_trace_shows_each_value_on_the_way() {
        let trace = murmur2_trace(b"user-7");
        assert_eq!(trace.initial, (0x9747_b28c_u32 ^ 6).cast_signed());
        assert_eq!(trace.words, [i32::from_le_bytes(*b"user")]);
        assert_eq!(trace.finish[2], trace.result);
        assert_eq!(trace.result, murmur2(b"user-7"));
    }

    #[test]
    fn the_application_goes_before_the_key_and_the_key_before_sticky() {
        let key = Some(b"21".as_slice());
        assert_eq!(choose_partition(Some(2), key, false, 3), Ok(PartitionChoice::Explicit { partition: 2 }));
        let by_key = choose_partition(None, key, false, 6).unwrap();
        let positive = to_positive(-973_932_308);
        assert_eq!(by_key, PartitionChoice::KeyHash { murmur2: -973_932_308, positive, partition: positive % 6 });
        assert_eq!(choose_partition(None, key, true, 3), Ok(PartitionChoice::Sticky));
        assert_eq!(choose_partition(None, None, false, 3), Ok(PartitionChoice::Sticky));

        assert_eq!(choose_partition(Some(-1), None, false, 3), Err(PartitionError::Negative(-1)));
        let missing = PartitionError::Missing { partition: 3, partitions: 3 };
        assert_eq!(choose_partition(Some(3), None, false, 3), Err(missing));
        assert_eq!(choose_partition(None, key, false, 0), Err(PartitionError::NoPartitions));
        assert_eq!(choose_partition(None, None, false, 0), Err(PartitionError::NoPartitions));
    }
}
