//! What an idempotent producer knows of its id and its sequence numbers. Kafka 4.3: `TransactionManager`, `TxnPartitionMap`,
//! `TxnPartitionEntry`.
//!
//! Differs from Kafka: no transactions. A batch on its way is known here by its number, and lies elsewhere: whoever has it
//! gives it the sequence numbers that [`TransactionManager::bump_idempotent_epoch`] tells.

mod entry;
#[cfg(test)]
mod tests;

use std::fmt;

use super::accumulator::ProducerBatch;
use crate::error::Errors;
use crate::ids::{BatchId, Offset, TopicPartition};
use crate::sorted::{SortedMap, SortedSet};
pub use entry::PartitionSequences;

/// No sequence number. Kafka: `RecordBatch.NO_SEQUENCE`, `TxnPartitionEntry.NO_LAST_ACKED_SEQUENCE_NUMBER`.
pub(super) const NO_SEQUENCE: i32 = -1;

/// A producer's id, and how often that began anew. Kafka: `ProducerIdAndEpoch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProducerIdAndEpoch {
    /// The id; −1 for none.
    pub producer_id: i64,
    /// The epoch; −1 for none.
    pub epoch: i16,
}

impl ProducerIdAndEpoch {
    /// No producer.
    pub const NONE: ProducerIdAndEpoch = ProducerIdAndEpoch { producer_id: -1, epoch: -1 };

    /// There is a producer. Kafka: `isValid`.
    pub fn is_valid(self) -> bool {
        self.producer_id >= 0
    }
}

impl fmt::Display for ProducerIdAndEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.producer_id, self.epoch)
    }
}

/// What the header of a batch says of its producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProducerState {
    /// Who.
    pub producer: ProducerIdAndEpoch,
    /// The sequence number of the first record.
    pub base_sequence: i32,
}

/// A batch that gets other sequence numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// Where it goes.
    pub partition: TopicPartition,
    /// Which.
    pub batch: BatchId,
    /// What its header says from now on.
    pub state: ProducerState,
}

/// The producer has another epoch, or no id any more after the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochBumped {
    /// Before.
    pub from: ProducerIdAndEpoch,
    /// From now on.
    pub to: ProducerIdAndEpoch,
    /// The batches on their way, waiting to be sent again or sent already, which begin at 0 with it.
    pub rewritten: Vec<Rewritten>,
}

/// The idempotent part of a producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionManager {
    producer: ProducerIdAndEpoch,
    partitions: SortedMap<TopicPartition, PartitionSequences>,
    /// Partitions of which a batch was given up that a broker may have: what would come next behind it.
    unresolved: SortedMap<TopicPartition, i32>,
    to_rewrite: SortedSet<TopicPartition>,
    epoch_bump_required: bool,
}

impl Default for TransactionManager {
    fn default() -> TransactionManager {
        TransactionManager {
            producer: ProducerIdAndEpoch::NONE,
            partitions: SortedMap::new(),
            unresolved: SortedMap::new(),
            to_rewrite: SortedSet::new(),
            epoch_bump_required: false,
        }
    }
}

impl TransactionManager {
    /// The producer's id and epoch; [`ProducerIdAndEpoch::NONE`] until a broker has given one.
    pub fn producer_id_and_epoch(&self) -> ProducerIdAndEpoch {
        self.producer
    }

    /// A broker has given an id. Kafka: `setProducerIdAndEpoch`.
    pub fn set_producer_id_and_epoch(&mut self, producer: ProducerIdAndEpoch) {
        self.producer = producer;
    }

    /// What is known of each partition that was written to.
    pub fn partitions(&self) -> impl Iterator<Item = (&TopicPartition, &PartitionSequences)> {
        self.partitions.iter()
    }

    /// What is known of a partition.
    pub fn partition(&self, partition: &TopicPartition) -> Option<&PartitionSequences> {
        self.partitions.get(partition)
    }

    /// It is not known whether a broker has a batch that was given up. Kafka: `hasUnresolvedSequence`.
    pub fn has_unresolved_sequence(&self, partition: &TopicPartition) -> bool {
        self.unresolved.contains_key(partition)
    }

    fn entry(&mut self, partition: &TopicPartition) -> &mut PartitionSequences {
        self.partitions.get_or_insert_with(partition.clone(), PartitionSequences::default)
    }

    /// Batches of the partition were drained and are not done. Kafka: `hasInflightBatches`.
    pub fn has_in_flight_batches(&self, partition: &TopicPartition) -> bool {
        self.partitions.get(partition).is_some_and(|entry| entry.first_in_flight().is_some())
    }

    /// The first batch of a partition's queue may not be sent now: there is no producer id; it would be the first with
    /// another epoch while others are on their way; nobody knows how far the broker is; or it is sent again, and one before
    /// it is not done. Kafka: `RecordAccumulator.shouldStopDrainBatchesForPartition`.
    pub fn holds_back(&self, partition: &TopicPartition, first: Option<ProducerState>) -> bool {
        if !self.producer.is_valid() {
            return true;
        }
        let entry = self.partitions.get(partition);
        let in_flight = entry.and_then(PartitionSequences::first_in_flight);
        match first {
            None => {
                let is_stale = entry.is_some_and(|entry| entry.producer() != self.producer);
                (in_flight.is_some() && is_stale) || self.has_unresolved_sequence(partition)
            }
            Some(state) => in_flight.is_some_and(|in_flight| in_flight.base_sequence != state.base_sequence),
        }
    }

    /// A batch of so many records leaves its queue for the first time: it gets the next sequence numbers. Those of a new
    /// epoch begin at 0. Kafka: `maybeUpdateProducerIdAndEpoch`, `sequenceNumber`, `incrementSequenceNumber`,
    /// `addInFlightBatch`.
    pub fn assign(&mut self, partition: &TopicPartition, batch: BatchId, records: i32) -> ProducerState {
        let producer = self.producer;
        let entry = self.entry(partition);
        if entry.producer() != producer && entry.first_in_flight().is_none() {
            entry.start_sequences_at_beginning(producer);
        }
        let state = ProducerState { producer, base_sequence: entry.take_sequences(records) };
        entry.add_in_flight(batch, state, records);
        state
    }

    /// A broker has the batch. Kafka: `handleCompletedBatch`.
    pub fn handle_completed_batch(&mut self, batch: &ProducerBatch, base_offset: Offset) {
        let Some(state) = batch.producer_state() else { return };
        let records = batch.record_count();
        if let Some(entry) = self.partitions.get_mut(&batch.partition) {
            entry.acknowledge(last_sequence(state, records));
        }
        if base_offset >= Offset::ZERO {
            self.entry(&batch.partition).acknowledge_offset(base_offset.plus(i64::from(records).saturating_sub(1)));
        }
        self.remove_in_flight_batch(batch);
    }

    /// The batch is on its way no longer. Kafka: `removeInFlightBatch`.
    pub fn remove_in_flight_batch(&mut self, batch: &ProducerBatch) {
        if let Some(entry) = self.partitions.get_mut(&batch.partition) {
            entry.remove_in_flight(batch.id);
        }
    }

    /// The batch failed for good; no error stands for its time being over. `adjust`: its retries were not used up, so that
    /// no broker has it. Kafka: `handleFailedBatch`.
    pub fn handle_failed_batch(&mut self, batch: &ProducerBatch, error: Option<Errors>, adjust: bool) {
        self.remove_in_flight_batch(batch);
        match error {
            // In Kafka the second is a kind of the first.
            Some(Errors::OutOfOrderSequenceNumber | Errors::UnknownProducerId) => {
                self.request_idempotent_epoch_bump(&batch.partition);
            }
            _ if adjust => self.request_idempotent_epoch_bump(&batch.partition),
            _ => {}
        }
    }

    /// A batch was given up that had been sent: nothing new is sent to its partition until all others on their way are done.
    /// Kafka: `markSequenceUnresolved`.
    pub fn mark_sequence_unresolved(&mut self, batch: &ProducerBatch) {
        let Some(state) = batch.producer_state() else { return };
        let next = last_sequence(state, batch.record_count()).wrapping_add(1);
        let marked = self.unresolved.get_or_insert_with(batch.partition.clone(), || next);
        *marked = next.max(*marked);
    }

    /// Looks at the partitions whose batches on their way are all done: either a later one was acknowledged, or the epoch
    /// must grow. Kafka: `maybeResolveSequences`.
    pub fn maybe_resolve_sequences(&mut self) {
        let done = self.unresolved.keys().filter(|partition| !self.has_in_flight_batches(partition));
        let done: Vec<TopicPartition> = done.cloned().collect();
        for partition in done {
            self.unresolved.remove(&partition);
            let entry = self.entry(&partition);
            if !entry.is_next(entry.next_sequence()) {
                self.request_idempotent_epoch_bump(&partition);
            }
        }
    }

    /// The next time the sender looks the epoch grows, and the sequences of a partition begin at 0. Kafka:
    /// `requestIdempotentEpochBumpForPartition`.
    pub fn request_idempotent_epoch_bump(&mut self, partition: &TopicPartition) {
        self.epoch_bump_required = true;
        self.to_rewrite.insert(partition.clone());
    }

    /// Makes the epoch grow if that was asked for. After the last epoch there is no producer id until a broker gives
    /// another. Kafka: `bumpIdempotentProducerEpoch`.
    pub fn bump_idempotent_epoch(&mut self) -> Option<EpochBumped> {
        if !self.epoch_bump_required {
            return None;
        }
        self.epoch_bump_required = false;
        let from = self.producer;
        let epoch = from.epoch.checked_add(1);
        let to = epoch.map_or(ProducerIdAndEpoch::NONE, |epoch| ProducerIdAndEpoch { epoch, ..from });
        self.producer = to;
        let mut rewritten = Vec::new();
        for partition in std::mem::take(&mut self.to_rewrite) {
            let Some(entry) = self.partitions.get_mut(&partition) else { continue };
            let states = entry.start_sequences_at_beginning(to);
            rewritten.extend(states.into_iter().map(|(batch, state)| Rewritten {
                partition: partition.clone(),
                batch,
                state,
            }));
            self.unresolved.remove(&partition);
        }
        Some(EpochBumped { from, to, rewritten })
    }

    /// Whether a batch that a broker refused is sent again. `log_start_offset` is what the response says; −1 for nothing.
    /// Kafka: `canRetry`.
    pub fn can_retry(&mut self, batch: &ProducerBatch, error: Errors, log_start_offset: Offset) -> bool {
        let partition = &batch.partition;
        match error {
            Errors::UnknownProducerId => {
                // With an older log start the broker forgot the producer together with its records.
                if log_start_offset >= Offset::ZERO && !batch.sequence_has_been_reset() {
                    self.request_idempotent_epoch_bump(partition);
                }
                true
            }
            Errors::OutOfOrderSequenceNumber => {
                let Some(state) = batch.producer_state() else { return false };
                let is_next = self.partitions.get(partition).is_some_and(|entry| entry.is_next(state.base_sequence));
                // One before it failed; it will be sent behind that.
                let waits = batch.sequence_has_been_reset() || !is_next;
                let has_gap = match self.unresolved.get(partition) {
                    None => !waits,
                    Some(next) => state.base_sequence == *next,
                };
                if has_gap {
                    self.request_idempotent_epoch_bump(partition);
                }
                true
            }
            error => error.is_retriable(),
        }
    }
}

/// The sequence number of the last record. Like Kafka's it does not wrap: behind 2³¹−1 it is negative.
fn last_sequence(state: ProducerState, records: i32) -> i32 {
    state.base_sequence.wrapping_add(records).wrapping_sub(1)
}
