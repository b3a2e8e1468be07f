//! What a log knows of one producer. Kafka 4.3: `ProducerStateEntry`, `BatchMetadata`.

use std::collections::VecDeque;

use super::snapshot::SnapshotEntry;
use crate::batch::RecordBatch;

/// The batches that are remembered of a producer. Kafka: `ProducerStateEntry.NUM_BATCHES_TO_RETAIN`.
pub const BATCHES_RETAINED: usize = 5;
/// No epoch of a producer or coordinator.
const NO_EPOCH: i16 = -1;
/// No sequence number.
pub(super) const NO_SEQUENCE: i32 = -1;

/// A batch of a producer. Kafka: `BatchMetadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchMetadata {
    /// The sequence number of its last record.
    pub last_sequence: i32,
    /// The offset of its last record.
    pub last_offset: i64,
    /// The distance of its first record from the last.
    pub offset_delta: i32,
    /// Its largest timestamp in ms.
    pub timestamp: i64,
}

impl BatchMetadata {
    /// The sequence number of its first record: before 0 comes 2³¹−1. Kafka: `firstSeq`, `decrementSequence`.
    pub fn first_sequence(&self) -> i32 {
        if self.last_sequence < self.offset_delta {
            i32::MAX.wrapping_sub(self.offset_delta.wrapping_sub(self.last_sequence)).wrapping_add(1)
        } else {
            self.last_sequence.wrapping_sub(self.offset_delta)
        }
    }

    /// The offset of its first record.
    pub fn first_offset(&self) -> i64 {
        self.last_offset.wrapping_sub(self.offset_delta.into())
    }
}

/// What is known of a producer. Kafka: `ProducerStateEntry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerStateEntry {
    /// The producer.
    pub producer_id: i64,
    /// Its epoch; −1 while nothing of it is here.
    pub producer_epoch: i16,
    /// The epoch of the coordinator that wrote its last marker; −1 for none.
    pub coordinator_epoch: i32,
    /// The timestamp of its last batch or marker, in ms.
    pub last_timestamp: i64,
    /// Where its open transaction begins.
    pub current_txn_first_offset: Option<i64>,
    pub(super) batches: VecDeque<BatchMetadata>,
}

impl ProducerStateEntry {
    pub(super) fn empty(producer_id: i64) -> ProducerStateEntry {
        ProducerStateEntry {
            producer_id,
            producer_epoch: NO_EPOCH,
            coordinator_epoch: NO_EPOCH.into(),
            last_timestamp: -1,
            current_txn_first_offset: None,
            batches: VecDeque::new(),
        }
    }

    /// As it comes out of a snapshot, which has the last batch only.
    pub(super) fn from_snapshot(entry: &SnapshotEntry) -> ProducerStateEntry {
        let last = BatchMetadata {
            last_sequence: entry.last_sequence,
            last_offset: entry.last_offset,
            offset_delta: entry.offset_delta,
            timestamp: entry.last_timestamp,
        };
        ProducerStateEntry {
            producer_id: entry.producer_id,
            producer_epoch: entry.epoch,
            coordinator_epoch: entry.coordinator_epoch,
            last_timestamp: entry.last_timestamp,
            current_txn_first_offset: entry.current_txn_first_offset,
            batches: (entry.last_offset >= 0).then_some(last).into_iter().collect(),
        }
    }

    /// As a snapshot keeps it.
    pub fn to_snapshot(&self) -> SnapshotEntry {
        SnapshotEntry {
            producer_id: self.producer_id,
            epoch: self.producer_epoch,
            last_sequence: self.last_sequence(),
            last_offset: self.last_data_offset(),
            offset_delta: self.batches.back().map_or(0, |batch| batch.offset_delta),
            last_timestamp: self.last_timestamp,
            coordinator_epoch: self.coordinator_epoch,
            current_txn_first_offset: self.current_txn_first_offset,
        }
    }

    /// The same producer before anything of an append: without its batches. Kafka: `withProducerId`.
    pub(super) fn without_batches(&self) -> ProducerStateEntry {
        ProducerStateEntry { batches: VecDeque::new(), ..*self }
    }

    /// Its last batches, oldest first, at most five.
    pub fn batches(&self) -> impl Iterator<Item = &BatchMetadata> {
        self.batches.iter()
    }

    /// The sequence number of its last record; −1 if no batch is remembered. Kafka: `lastSeq`.
    pub fn last_sequence(&self) -> i32 {
        self.batches.back().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    /// The offset of its last record; −1 if no batch is remembered. Kafka: `lastDataOffset`.
    pub fn last_data_offset(&self) -> i64 {
        self.batches.back().map_or(-1, |batch| batch.last_offset)
    }

    /// The batch that came before with the same epoch and the same sequence numbers. Kafka: `findDuplicateBatch`.
    pub fn find_duplicate(&self, batch: &RecordBatch) -> Option<&BatchMetadata> {
        if batch.producer_epoch() != self.producer_epoch {
            return None;
        }
        let range = (batch.base_sequence(), batch.header().last_sequence());
        self.batches.iter().find(|known| (known.first_sequence(), known.last_sequence) == range)
    }

    /// With another epoch the batches of the earlier one are forgotten. Kafka: `maybeUpdateProducerEpoch`.
    pub(super) fn set_epoch(&mut self, epoch: i16) {
        if self.producer_epoch != epoch {
            self.batches.clear();
            self.producer_epoch = epoch;
        }
    }

    /// Kafka: `addBatch`.
    pub(super) fn add_batch(&mut self, epoch: i16, batch: BatchMetadata) {
        self.set_epoch(epoch);
        self.push(batch);
        self.last_timestamp = batch.timestamp;
    }

    fn push(&mut self, batch: BatchMetadata) {
        if self.batches.len() >= BATCHES_RETAINED {
            self.batches.pop_front();
        }
        self.batches.push_back(batch);
    }

    /// Takes over what an append made of it. Kafka: `update(ProducerStateEntry)`.
    pub(super) fn update(&mut self, next: ProducerStateEntry) {
        self.set_epoch(next.producer_epoch);
        for batch in next.batches {
            self.push(batch);
        }
        self.coordinator_epoch = next.coordinator_epoch;
        self.current_txn_first_offset = next.current_txn_first_offset;
        self.last_timestamp = next.last_timestamp;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_wraps_begins_before_zero() {
        let batch =
            |last_sequence, offset_delta| BatchMetadata { last_sequence, last_offset: 9, offset_delta, timestamp: 0 };
        assert_eq!(batch(4, 4).first_sequence(), 0);
        assert_eq!(batch(1, 3).first_sequence(), i32::MAX - 1);
        assert_eq!(batch(1, 3).first_offset(), 6);
    }
}
