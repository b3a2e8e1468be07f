//! What an append makes of a producer, before it counts. Kafka 4.3: `ProducerAppendInfo`.

use thiserror::Error;

use super::entry::{BatchMetadata, NO_SEQUENCE, ProducerStateEntry};
use super::verification::VerificationStateEntry;
use super::{CompletedTxn, EndTransactionMarker, MarkerError};
use crate::batch::RecordBatch;

/// Who appends. Kafka: `AppendOrigin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrigin {
    /// A producer: everything is checked.
    Client,
    /// A coordinator, on the leader: epochs are checked.
    Coordinator,
    /// The log of a leader, or of the disk: it is taken as it is.
    Replication,
}

/// Why a producer may not append this.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProducerStateError {
    /// A newer producer with the same id has been here. Kafka: `InvalidProducerEpochException`.
    #[error("the epoch of producer {producer_id} is {epoch}, which is {} the last seen epoch {current}",
        if *.or_equal { "not above" } else { "below" })]
    InvalidProducerEpoch {
        /// The producer.
        producer_id: i64,
        /// The epoch of the batch.
        epoch: i16,
        /// The epoch that was seen.
        current: i16,
        /// A marker of transaction version 2 has to be above it.
        or_equal: bool,
    },
    /// Not the next sequence number. Kafka: `OutOfOrderSequenceException`.
    #[error(
        "the batch of producer {producer_id} at offset {offset} begins with sequence {sequence}, {expected} comes next"
    )]
    OutOfOrderSequence {
        /// The producer.
        producer_id: i64,
        /// Where it would have been.
        offset: i64,
        /// The batch's first sequence number.
        sequence: i32,
        /// What would have been right.
        expected: i64,
    },
    /// A batch outside of a transaction, while one is open. Kafka: `InvalidTxnStateException`.
    #[error("Expected transactional write from producer {producer_id} at offset {offset}")]
    NotTransactional {
        /// The producer.
        producer_id: i64,
        /// Where.
        offset: i64,
    },
    /// A transactional batch that no coordinator has confirmed. Kafka: `InvalidTxnStateException`.
    #[error("Record was not part of an ongoing transaction")]
    NotVerified,
    /// A newer coordinator has been here. Kafka: `TransactionCoordinatorFencedException`.
    #[error(
        "the marker for producer {producer_id} comes from coordinator epoch {epoch} (a zombie), {current} is known"
    )]
    CoordinatorFenced {
        /// The producer.
        producer_id: i64,
        /// The epoch of the marker.
        epoch: i32,
        /// The epoch that was seen.
        current: i32,
    },
    /// A control batch that is no marker.
    #[error(transparent)]
    Marker(#[from] MarkerError),
}

impl ProducerStateError {
    /// The name under which Kafka's protocol knows it (`Errors`).
    pub fn error_name(&self) -> &'static str {
        match self {
            ProducerStateError::InvalidProducerEpoch { .. } => "INVALID_PRODUCER_EPOCH",
            ProducerStateError::OutOfOrderSequence { .. } => "OUT_OF_ORDER_SEQUENCE_NUMBER",
            ProducerStateError::NotTransactional { .. } | ProducerStateError::NotVerified => "INVALID_TXN_STATE",
            ProducerStateError::CoordinatorFenced { .. } => "TRANSACTION_COORDINATOR_FENCED",
            ProducerStateError::Marker(error) if error.is_damage() => "INVALID_RECORD",
            ProducerStateError::Marker(_) => "UNKNOWN_SERVER_ERROR",
        }
    }

    /// The simple name of Kafka's exception.
    pub fn exception(&self) -> &'static str {
        match self {
            ProducerStateError::InvalidProducerEpoch { .. } => "InvalidProducerEpochException",
            ProducerStateError::OutOfOrderSequence { .. } => "OutOfOrderSequenceException",
            ProducerStateError::NotTransactional { .. } | ProducerStateError::NotVerified => "InvalidTxnStateException",
            ProducerStateError::CoordinatorFenced { .. } => "TransactionCoordinatorFencedException",
            ProducerStateError::Marker(error) => error.exception(),
        }
    }
}

/// A transaction that began or is over. Kafka: `TxnMetadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TxnMetadata {
    pub(super) producer_id: i64,
    pub(super) first_offset: i64,
    /// The offset of its marker, once there is one.
    pub(super) last_offset: Option<i64>,
    /// It was seen as it was appended, so that its place in the files is known.
    pub(super) is_located: bool,
}

/// The batches of one producer in one append. Kafka: `ProducerAppendInfo`.
#[derive(Clone, Debug)]
pub struct ProducerAppendInfo {
    current: ProducerStateEntry,
    pub(super) updated: ProducerStateEntry,
    origin: AppendOrigin,
    is_located: bool,
    verification: Option<VerificationStateEntry>,
    pub(super) started: Vec<TxnMetadata>,
}

impl ProducerAppendInfo {
    pub(super) fn new(
        current: ProducerStateEntry,
        origin: AppendOrigin,
        is_located: bool,
        verification: Option<VerificationStateEntry>,
    ) -> ProducerAppendInfo {
        let updated = current.without_batches();
        ProducerAppendInfo { current, updated, origin, is_located, verification, started: Vec::new() }
    }

    pub(super) fn producer_id(&self) -> i64 {
        self.current.producer_id
    }

    /// Takes a batch; gives the transaction that it ends. `transaction_version` is that of a marker's request.
    ///
    /// # Errors
    /// What the producer, or the coordinator, may not do.
    pub(super) fn append(
        &mut self,
        batch: &RecordBatch,
        transaction_version: u8,
    ) -> Result<Option<CompletedTxn>, ProducerStateError> {
        if !batch.is_control() {
            return self.append_data(batch).map(|()| None);
        }
        let Some((marker, timestamp)) = EndTransactionMarker::of(batch)? else { return Ok(None) };
        self.check_epoch(batch.producer_epoch(), transaction_version)?;
        self.check_coordinator(marker.coordinator_epoch)?;
        let completed = self.updated.current_txn_first_offset.take().map(|first_offset| CompletedTxn {
            producer_id: self.updated.producer_id,
            first_offset,
            last_offset: batch.base_offset(),
            is_aborted: !marker.commit,
        });
        self.updated.set_epoch(batch.producer_epoch());
        self.updated.coordinator_epoch = marker.coordinator_epoch;
        self.updated.last_timestamp = timestamp;
        Ok(completed)
    }

    fn append_data(&mut self, batch: &RecordBatch) -> Result<(), ProducerStateError> {
        let (producer_id, offset) = (self.updated.producer_id, batch.base_offset());
        self.check_epoch(batch.producer_epoch(), 0)?;
        if self.origin == AppendOrigin::Client {
            self.check_sequence(batch)?;
        }
        let last_sequence = batch.header().last_sequence();
        let (last_offset, timestamp) = (batch.last_offset(), batch.max_timestamp());
        let offset_delta = batch.header().last_offset_delta;
        let metadata = BatchMetadata { last_sequence, last_offset, offset_delta, timestamp };
        self.updated.add_batch(batch.producer_epoch(), metadata);
        match self.updated.current_txn_first_offset {
            Some(_) if !batch.is_transactional() => {
                return Err(ProducerStateError::NotTransactional { producer_id, offset });
            }
            None if batch.is_transactional() => {
                self.updated.current_txn_first_offset = Some(offset);
                let is_located = self.is_located;
                self.started.push(TxnMetadata { producer_id, first_offset: offset, last_offset: None, is_located });
            }
            _ => {}
        }
        Ok(())
    }

    /// Kafka: `checkProducerEpoch`.
    fn check_epoch(&self, epoch: i16, transaction_version: u8) -> Result<(), ProducerStateError> {
        let current = self.updated.producer_epoch;
        let or_equal = transaction_version >= 2;
        let is_invalid = epoch < current || (or_equal && epoch == current);
        // The marker of a transaction that is over, sent again.
        let is_over = self.updated.current_txn_first_offset.is_none() || epoch == i16::MAX;
        let is_retry = or_equal && epoch == current && is_over;
        if !is_invalid || is_retry || self.origin == AppendOrigin::Replication {
            return Ok(());
        }
        let producer_id = self.updated.producer_id;
        Err(ProducerStateError::InvalidProducerEpoch { producer_id, epoch, current, or_equal })
    }

    /// Kafka: `checkCoordinatorEpoch`.
    fn check_coordinator(&self, epoch: i32) -> Result<(), ProducerStateError> {
        let current = self.updated.coordinator_epoch;
        if current <= epoch || self.origin == AppendOrigin::Replication {
            return Ok(());
        }
        Err(ProducerStateError::CoordinatorFenced { producer_id: self.updated.producer_id, epoch, current })
    }

    /// Kafka: `checkSequence`.
    fn check_sequence(&self, batch: &RecordBatch) -> Result<(), ProducerStateError> {
        let (epoch, sequence) = (batch.producer_epoch(), batch.base_sequence());
        let expected = |expected: i64| {
            let (producer_id, offset) = (self.updated.producer_id, batch.base_offset());
            Err(ProducerStateError::OutOfOrderSequence { producer_id, offset, sequence, expected })
        };
        if let Some(verification) = &self.verification {
            if verification.supports_epoch_bump && sequence != 0 && self.current.batches.is_empty() {
                return expected(0);
            }
            if sequence > verification.lowest_sequence {
                return expected(verification.lowest_sequence.into());
            }
        }
        if epoch != self.updated.producer_epoch {
            // Of a producer that is not known any sequence is taken.
            let is_known = self.updated.producer_epoch != -1;
            return if sequence != 0 && is_known { expected(0) } else { Ok(()) };
        }
        let last = if !self.updated.batches.is_empty() {
            self.updated.last_sequence()
        } else if epoch == self.current.producer_epoch {
            self.current.last_sequence()
        } else {
            NO_SEQUENCE
        };
        let next = i64::from(last).wrapping_add(1);
        let is_next = i64::from(sequence) == next || (sequence == 0 && last == i32::MAX);
        if self.current.producer_epoch == -1 || is_next { Ok(()) } else { expected(next) }
    }
}
