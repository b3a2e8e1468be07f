//! The partitioner panel: key bytes → murmur2 → & 0x7fffffff → % partitions → partition.

use super::{MarkId, Shown};

/// How one key becomes a partition, and where the keys of the topic lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionerPanel {
    /// The topic's name.
    pub topic: String,
    /// How many partitions the topic has (as the producer knows it).
    pub partitions: i32,
    /// The key that the stages are about; none before the first step about one.
    pub key: Option<Box<KeyStages>>,
    /// A lane for each partition.
    pub lanes: Vec<PartitionLane>,
    /// How many of many keys move when the partition count changes; only where the step shows it.
    pub moves: Option<MovedShare>,
}

/// The stages of one key; a stage that the step does not show yet is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStages {
    /// The key as text.
    pub text: String,
    /// 1 to 6.
    pub color: u8,
    /// The serialized key: each byte with the character that it belongs to (empty for the later bytes of one character).
    pub bytes: Vec<(u8, String)>,
    /// murmur2.
    pub hash: Option<HashStage>,
    /// `murmur2 & 0x7fffffff`.
    pub positive: Option<Shown<i32>>,
    /// `positive = partitions × quotient + remainder`.
    pub remainder: Option<Division>,
    /// The partition that this key gets now.
    pub partition: Option<Shown<i32>>,
    /// The partition that it got with the earlier count, if the count has changed: `(count, partition)`.
    pub before: Option<(i32, i32)>,
}

/// The hash with the turns that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashStage {
    /// h before the first word: `seed ^ length`.
    pub initial: i32,
    /// A turn for each four bytes: the bytes as text, and h after them.
    pub turns: Vec<(String, i32)>,
    /// The up to three bytes that remain, as text, and h after them; none if the length is a multiple of four.
    pub tail: Option<(String, i32)>,
    /// The result, after the last mixing.
    pub murmur2: Shown<i32>,
}

/// A division with remainder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// `murmur2 & 0x7fffffff`.
    pub dividend: i32,
    /// The number of partitions.
    pub divisor: i32,
    /// Whole times.
    pub quotient: i32,
    /// What remains: the partition.
    pub remainder: Shown<i32>,
}

/// One partition of the topic as a lane with the keys in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionLane {
    /// `topic/orders/partition-3`.
    pub id: MarkId,
    /// Its number.
    pub partition: i32,
    /// Records in the partition's log.
    pub records: i64,
    /// The keys that map here now or that have records here.
    pub keys: Vec<KeyChip>,
    /// The key of the stages goes here, and the step shows it.
    pub is_now: bool,
}

/// A key in a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChip {
    /// `topic/orders/partition-3/key-user-8`.
    pub id: MarkId,
    /// The key.
    pub key: String,
    /// 1 to 6.
    pub color: u8,
    /// Its next record goes here.
    pub next: bool,
    /// Records of this key in this partition's log.
    pub records: i64,
}

/// A measurement: keys hashed before and after the partition count changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedShare {
    /// `moves/orders`.
    pub id: MarkId,
    /// Keys hashed.
    pub keys: i64,
    /// The count before.
    pub from: i32,
    /// The count after.
    pub to: i32,
    /// Keys whose partition is another.
    pub moved: i64,
    /// Keys in each partition before.
    pub counts_before: Vec<i64>,
    /// Keys in each partition after.
    pub counts_after: Vec<i64>,
}
