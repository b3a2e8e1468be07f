//! The sequence numbers of one partition. Kafka 4.3: `TxnPartitionEntry`.

use super::{NO_SEQUENCE, ProducerIdAndEpoch, ProducerState};
use crate::ids::{BatchId, Offset};

/// A batch on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct InFlight {
    state: ProducerState,
    batch: BatchId,
    records: i32,
}

/// What an idempotent producer knows of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionSequences {
    producer: ProducerIdAndEpoch,
    next_sequence: i32,
    last_acked_sequence: i32,
    last_acked_offset: Offset,
    /// By producer, epoch and sequence.
    in_flight: Vec<InFlight>,
}

impl Default for PartitionSequences {
    fn default() -> PartitionSequences {
        PartitionSequences {
            producer: ProducerIdAndEpoch::NONE,
            next_sequence: 0,
            last_acked_sequence: NO_SEQUENCE,
            last_acked_offset: Offset(-1),
            in_flight: Vec::new(),
        }
    }
}

impl PartitionSequences {
    /// Whose sequence numbers they are.
    pub fn producer(&self) -> ProducerIdAndEpoch {
        self.producer
    }

    /// What the next record gets.
    pub fn next_sequence(&self) -> i32 {
        self.next_sequence
    }

    /// The sequence number of the last record that was acknowledged; −1 for none.
    pub fn last_acked_sequence(&self) -> i32 {
        self.last_acked_sequence
    }

    /// Where that lies; −1 if nobody said.
    pub fn last_acked_offset(&self) -> Offset {
        self.last_acked_offset
    }

    /// Batches that were drained and are not done.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// What the first batch on its way says. Kafka: `nextBatchBySequence`.
    pub(super) fn first_in_flight(&self) -> Option<ProducerState> {
        self.in_flight.first().map(|first| first.state)
    }

    /// The sequence number follows on what was acknowledged. Kafka: `TransactionManager.isNextSequence`.
    pub(super) fn is_next(&self, sequence: i32) -> bool {
        sequence.wrapping_sub(self.last_acked_sequence) == 1
    }

    /// The next sequence numbers for so many records: the first of them. Behind 2³¹−1 comes 0. Kafka:
    /// `DefaultRecordBatch.incrementSequence`.
    pub(super) fn take_sequences(&mut self, records: i32) -> i32 {
        let first = self.next_sequence;
        let next = i64::from(first).saturating_add(records.into());
        let length = i64::from(i32::MAX).saturating_add(1);
        self.next_sequence = i32::try_from(if next < length { next } else { next - length }).unwrap_or(0);
        first
    }

    pub(super) fn add_in_flight(&mut self, batch: BatchId, state: ProducerState, records: i32) {
        let at = self.in_flight.partition_point(|other| other.state <= state);
        self.in_flight.insert(at, InFlight { state, batch, records });
    }

    pub(super) fn remove_in_flight(&mut self, batch: BatchId) {
        self.in_flight.retain(|other| other.batch != batch);
    }

    pub(super) fn acknowledge(&mut self, sequence: i32) {
        self.last_acked_sequence = self.last_acked_sequence.max(sequence);
    }

    pub(super) fn acknowledge_offset(&mut self, last_offset: Offset) {
        self.last_acked_offset = self.last_acked_offset.max(last_offset);
    }

    /// Begins at 0 with a new epoch, with the batches on their way in their order. Gives what these say now. Kafka:
    /// `startSequencesAtBeginning`.
    pub(super) fn start_sequences_at_beginning(
        &mut self,
        producer: ProducerIdAndEpoch,
    ) -> Vec<(BatchId, ProducerState)> {
        self.producer = producer;
        self.last_acked_sequence = NO_SEQUENCE;
        let mut next = 0_i32;
        for in_flight in &mut self.in_flight {
            in_flight.state = ProducerState { producer, base_sequence: next };
            next = next.saturating_add(in_flight.records);
        }
        self.next_sequence = next;
        self.in_flight.iter().map(|in_flight| (in_flight.batch, in_flight.state)).collect()
    }

    #[cfg(test)]
    pub(super) fn set_next_sequence(&mut self, next: i32) {
        self.next_sequence = next;
    }
}
