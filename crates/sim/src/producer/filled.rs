//! How much a producer has put into batches so far, partition by partition. Kafka keeps no such numbers: its metric
//! `byte-total` is a topic's. They make a partitioner's work comparable.

use crate::ids::TopicPartition;
use crate::sorted::SortedMap;

use super::accumulator::Appended;

/// What went into the batches of a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Records.
    pub records: u64,
    /// Batches that were begun.
    pub batches: u64,
    /// The batches' sizes, headers included, in bytes.
    pub bytes: u64,
}

/// All partitions that a producer has written to.
#[derive(Clone, Debug, Default)]
pub(super) struct AllFilled(SortedMap<TopicPartition, Filled>);

impl AllFilled {
    /// A record went into a batch of the partition.
    pub(super) fn note(&mut self, partition: &TopicPartition, appended: &Appended) {
        let filled = self.0.get_or_insert_with(partition.clone(), Filled::default);
        filled.records = filled.records.saturating_add(1);
        filled.batches = filled.batches.saturating_add(u64::from(appended.new_batch));
        filled.bytes = filled.bytes.saturating_add(appended.appended_bytes);
    }

    pub(super) fn of(&self, partition: &TopicPartition) -> Filled {
        self.0.get(partition).copied().unwrap_or_default()
    }
}
