//! A batch of a producer, from its first record to its last fate. Kafka 4.3: `ProducerBatch`, and of
//! `MemoryRecordsBuilder` what decides whether another record fits.

use std::rc::Rc;

use highwater_log::batch::{BatchError, BatchSpec, HEADER_SIZE, RecordBatch};
use highwater_log::record::NewRecord;
use highwater_log::size::{batch_size_upper_bound, record_size_in_bytes};

use super::super::buffer_pool::Buffer;
use super::super::transaction_manager::ProducerState;
use crate::ids::{BatchId, LeaderEpoch, TopicPartition};
use crate::time::SimTime;

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerBatch {
    /// Its number, in the order of creation.
    pub id: BatchId,
    /// Where its records go.
    pub partition: TopicPartition,
    /// When it was made; `delivery.timeout.ms` counts from here.
    pub created: SimTime,
    /// Its memory; none for one that was split off a larger one.
    pub buffer: Option<Buffer>,
    records: Vec<NewRecord>,
    numbers: Vec<i64>,
    sizes: Vec<u64>,
    size_max: u64,
    /// `MemoryRecordsBuilder.closeForRecordAppends`.
    closed_for_appends: bool,
    attempts: u32,
    last_attempt: SimTime,
    last_append: SimTime,
    drained: Option<SimTime>,
    current_leader_epoch: Option<LeaderEpoch>,
    attempts_when_leader_last_changed: u32,
    producer_state: Option<ProducerState>,
    /// `reopened`: its sequence was rewritten since it was last sent.
    sequence_has_been_reset: bool,
}

impl ProducerBatch {
    /// An empty batch that takes records up to the size of its memory. Its first record always fits.
    pub(in crate::producer) fn new(
        id: BatchId,
        partition: TopicPartition,
        created: SimTime,
        buffer: Buffer,
    ) -> ProducerBatch {
        ProducerBatch {
            id,
            partition,
            created,
            buffer: Some(buffer),
            records: Vec::new(),
            numbers: Vec::new(),
            sizes: Vec::new(),
            size_max: buffer.size,
            closed_for_appends: false,
            attempts: 0,
            last_attempt: created,
            last_append: created,
            drained: None,
            current_leader_epoch: None,
            attempts_when_leader_last_changed: 0,
            producer_state: None,
            sequence_has_been_reset: false,
        }
    }

    /// Its records, oldest first.
    pub fn records(&self) -> &[NewRecord] {
        &self.records
    }

    /// For each record the number by which the application knows it. Kafka: the `Thunk` with its future and callback.
    pub fn numbers(&self) -> &[i64] {
        &self.numbers
    }

    /// The batch's size after each record, in bytes, header included.
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// Its size now in bytes, header included.
    pub fn size_in_bytes(&self) -> u64 {
        self.sizes.last().copied().unwrap_or_else(header_size)
    }

    /// How many records it has.
    pub fn record_count(&self) -> i32 {
        i32::try_from(self.records.len()).unwrap_or(i32::MAX)
    }

    /// What an idempotent producer says of itself in the header; none before the batch is first sent, and none without
    /// idempotence.
    pub fn producer_state(&self) -> Option<ProducerState> {
        self.producer_state
    }

    pub(super) fn set_producer_state(&mut self, state: ProducerState) {
        self.producer_state = Some(state);
    }

    /// Gets other sequence numbers, because the epoch has grown. Kafka: `resetProducerState`.
    pub(in crate::producer) fn reset_producer_state(&mut self, state: ProducerState) {
        self.producer_state = Some(state);
        self.sequence_has_been_reset = true;
    }

    /// Its sequence numbers are other ones than those that were sent. Kafka: `sequenceHasBeenReset`.
    pub fn sequence_has_been_reset(&self) -> bool {
        self.sequence_has_been_reset
    }

    /// The batch as it goes into a request: base offset 0, no leader epoch. Kafka: `records()`.
    ///
    /// # Errors
    /// It has no records, or more than a batch can have.
    pub fn to_record_batch(&self) -> Result<RecordBatch, BatchError> {
        let spec = self.producer_state.map_or_else(BatchSpec::default, |state| BatchSpec {
            producer_id: state.producer.producer_id,
            producer_epoch: state.producer.epoch,
            base_sequence: state.base_sequence,
            ..BatchSpec::default()
        });
        RecordBatch::encode(&spec, &self.records)
    }

    /// It takes no more records: it has no room, or was closed because one did not fit or because it was drained.
    pub fn is_full(&self) -> bool {
        self.closed_for_appends || (!self.records.is_empty() && self.size_max <= self.size_in_bytes())
    }

    /// How often it came back to be sent again.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When it was drained last, if it was.
    pub fn drained(&self) -> Option<SimTime> {
        self.drained
    }

    /// When it was made or, if it has been sent, when it came back: linger and backoff count from here.
    pub fn last_attempt(&self) -> SimTime {
        self.last_attempt
    }

    /// How long it has waited since it was made or came back, in ms.
    pub fn waited_ms(&self, now: SimTime) -> u64 {
        now.ms_since(self.last_attempt)
    }

    /// `delivery.timeout.ms` is over, whether it waits or is in flight.
    pub fn has_reached_delivery_timeout(&self, delivery_timeout_ms: u64, now: SimTime) -> bool {
        self.created.plus_ms(delivery_timeout_ms) <= now
    }

    /// The batch comes back because of a retriable error. Kafka: `reenqueued`.
    pub(super) fn reenqueued(&mut self, now: SimTime) {
        self.attempts = self.attempts.saturating_add(1);
        self.last_append = self.last_append.max(now);
        self.last_attempt = self.last_append;
    }

    /// Notes a newer leader, and at which attempt it was seen first; copies nothing if there is none newer.
    /// Kafka: `maybeUpdateLeaderEpoch`.
    pub(super) fn maybe_update_leader_epoch(batch: &mut Rc<ProducerBatch>, latest: Option<LeaderEpoch>) {
        if latest > batch.current_leader_epoch {
            let batch = Rc::make_mut(batch);
            batch.attempts_when_leader_last_changed = batch.attempts;
            batch.current_leader_epoch = latest;
        }
    }

    /// This very retry goes to another leader than the attempt before, so it need not back off.
    pub(super) fn has_leader_changed_for_the_ongoing_retry(&self) -> bool {
        self.attempts >= 1 && self.attempts == self.attempts_when_leader_last_changed
    }

    pub(super) fn close_for_record_appends(&mut self) {
        self.closed_for_appends = true;
    }

    pub(in crate::producer) fn drain(&mut self, now: SimTime) {
        self.closed_for_appends = true;
        self.sequence_has_been_reset = false;
        self.drained = self.drained.max(Some(now));
    }

    /// Takes the record if it fits; says by how many bytes the batch grew.
    pub(in crate::producer) fn try_append(&mut self, record: &NewRecord, number: i64, now: SimTime) -> Option<u64> {
        let size = self.size_of_next(record);
        let size_after = self.size_in_bytes().saturating_add(size);
        if self.is_full() || (!self.records.is_empty() && size_after > self.size_max) {
            return None;
        }
        self.records.push(record.clone());
        self.numbers.push(number);
        self.sizes.push(size_after);
        self.last_append = now;
        Some(size)
    }

    /// What the record takes as this batch's next one, which depends on its distance to the first.
    fn size_of_next(&self, record: &NewRecord) -> u64 {
        let base_timestamp = self.records.first().map_or(record.timestamp, |first| first.timestamp);
        let offset_delta = i32::try_from(self.records.len()).unwrap_or(i32::MAX);
        let timestamp_delta = record.timestamp.wrapping_sub(base_timestamp);
        let (key, value) = lengths(record);
        to_u64(record_size_in_bytes(offset_delta, timestamp_delta, key, value, &record.headers))
    }
}

/// The most bytes that a batch with only this record can take.
pub(super) fn size_upper_bound(record: &NewRecord) -> u64 {
    let (key, value) = lengths(record);
    to_u64(batch_size_upper_bound(key, value, &record.headers))
}

fn lengths(record: &NewRecord) -> (Option<usize>, Option<usize>) {
    (record.key.as_ref().map(|key| key.len()), record.value.as_ref().map(|value| value.len()))
}

fn header_size() -> u64 {
    to_u64(HEADER_SIZE)
}

fn to_u64(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
