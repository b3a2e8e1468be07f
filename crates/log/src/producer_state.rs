//! What a log knows of its producers. Kafka 4.3: `ProducerStateManager`, `ProducerStateEntry`, `ProducerAppendInfo`.
//!
//! Differs from Kafka: only what comes from a leader or from the disk (`AppendOrigin.REPLICATION`), which is taken as it is;
//! no snapshots, no expiry yet.

mod marker;
pub mod snapshot;

use std::collections::VecDeque;

use thiserror::Error;

pub use marker::{EndTransactionMarker, MarkerError};

use crate::batch::RecordBatch;

/// The batches that are remembered of a producer. Kafka: `ProducerStateEntry.NUM_BATCHES_TO_RETAIN`.
const BATCHES_RETAINED: usize = 5;
/// No epoch of a producer or coordinator.
const NO_EPOCH: i16 = -1;
/// No sequence number.
const NO_SEQUENCE: i32 = -1;

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
    batches: VecDeque<BatchMetadata>,
}

impl ProducerStateEntry {
    fn empty(producer_id: i64) -> ProducerStateEntry {
        ProducerStateEntry {
            producer_id,
            producer_epoch: NO_EPOCH,
            coordinator_epoch: NO_EPOCH.into(),
            last_timestamp: -1,
            current_txn_first_offset: None,
            batches: VecDeque::new(),
        }
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

    /// With another epoch the batches of the earlier one are forgotten. Kafka: `maybeUpdateProducerEpoch`.
    fn set_epoch(&mut self, epoch: i16) {
        if self.producer_epoch != epoch {
            self.batches.clear();
            self.producer_epoch = epoch;
        }
    }

    fn add_batch(&mut self, batch: BatchMetadata) {
        if self.batches.len() >= BATCHES_RETAINED {
            self.batches.pop_front();
        }
        self.batches.push_back(batch);
    }
}

/// A transaction that is over. Kafka: `CompletedTxn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedTxn {
    /// Whose it was.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: i64,
    /// The offset of its marker.
    pub last_offset: i64,
    /// It was aborted.
    pub is_aborted: bool,
}

/// What a batch of a producer cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProducerStateError {
    /// A batch outside of a transaction, while one is open. Kafka: `InvalidTxnStateException`.
    #[error("Expected transactional write from producer {producer_id} at offset {offset}")]
    NotTransactional {
        /// The producer.
        producer_id: i64,
        /// Where.
        offset: i64,
    },
    /// A control batch that is no marker.
    #[error(transparent)]
    Marker(#[from] MarkerError),
}

/// The producers of a log, by id, and their open transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerState {
    producers: Vec<ProducerStateEntry>,
    /// First offset and producer, in the order of the offsets.
    ongoing: Vec<(i64, i64)>,
}

impl ProducerState {
    /// Everyone, by id.
    pub fn producers(&self) -> &[ProducerStateEntry] {
        &self.producers
    }

    /// Takes a batch as it stands in the log. Gives the transaction that it ends, which stays open until
    /// [`ProducerState::complete`]. Kafka: `ProducerAppendInfo.append` and `ProducerStateManager.update`.
    ///
    /// # Errors
    /// A batch outside of the producer's open transaction, or a control batch that is no marker; nothing has changed then.
    pub fn append(&mut self, batch: &RecordBatch) -> Result<Option<CompletedTxn>, ProducerStateError> {
        let producer_id = batch.producer_id();
        let found = self.producers.binary_search_by_key(&producer_id, |entry| entry.producer_id);
        let current = found.ok().and_then(|at| self.producers.get(at));
        let mut entry = current.cloned().unwrap_or_else(|| ProducerStateEntry::empty(producer_id));
        let mut completed = None;
        if batch.is_control() {
            // Without a record the whole transaction has been compacted away.
            if let Some(record) = batch.iter().next() {
                let record = record.map_err(MarkerError::Record)?;
                let marker = EndTransactionMarker::read(record.key, record.value)?;
                completed = entry.current_txn_first_offset.take().map(|first_offset| CompletedTxn {
                    producer_id,
                    first_offset,
                    last_offset: batch.base_offset(),
                    is_aborted: !marker.commit,
                });
                entry.set_epoch(batch.producer_epoch());
                entry.coordinator_epoch = marker.coordinator_epoch;
                entry.last_timestamp = record.timestamp;
            }
        } else {
            self.append_data(batch, &mut entry)?;
        }
        match found {
            Ok(at) => {
                if let Some(place) = self.producers.get_mut(at) {
                    *place = entry;
                }
            }
            Err(at) => self.producers.insert(at, entry),
        }
        Ok(completed)
    }

    fn append_data(&mut self, batch: &RecordBatch, entry: &mut ProducerStateEntry) -> Result<(), ProducerStateError> {
        let first_offset = batch.base_offset();
        entry.set_epoch(batch.producer_epoch());
        entry.add_batch(BatchMetadata {
            last_sequence: batch.header().last_sequence(),
            last_offset: batch.last_offset(),
            offset_delta: batch.header().last_offset_delta,
            timestamp: batch.max_timestamp(),
        });
        entry.last_timestamp = batch.max_timestamp();
        match entry.current_txn_first_offset {
            Some(_) if !batch.is_transactional() => {
                return Err(ProducerStateError::NotTransactional {
                    producer_id: entry.producer_id,
                    offset: first_offset,
                });
            }
            None if batch.is_transactional() => {
                entry.current_txn_first_offset = Some(first_offset);
                let at = self.ongoing.partition_point(|(offset, _)| *offset < first_offset);
                self.ongoing.insert(at, (first_offset, entry.producer_id));
            }
            _ => {}
        }
        Ok(())
    }

    /// Where reading committed records ends once a transaction is over: at the first other one that is open. Kafka:
    /// `lastStableOffset(CompletedTxn)`.
    pub fn last_stable_offset(&self, completed: &CompletedTxn) -> i64 {
        let other = self.ongoing.iter().find(|(_, producer)| *producer != completed.producer_id);
        other.map_or(completed.last_offset.saturating_add(1), |(first_offset, _)| *first_offset)
    }

    /// A transaction is open no longer. Kafka: `completeTxn`.
    pub fn complete(&mut self, completed: &CompletedTxn) {
        self.ongoing.retain(|(first_offset, _)| *first_offset != completed.first_offset);
    }
}
