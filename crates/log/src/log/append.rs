//! What a leader appends, and what a follower does. Kafka 4.3: `UnifiedLog.append`, `analyzeAndValidateRecords`,
//! `analyzeAndValidateProducerState`.

use std::rc::Rc;

use super::{BATCHES_MAX, BYTES_MAX, Log, LogError};
use crate::batch::{Field, RecordBatch, TimestampType};
use crate::producer_state::{AppendOrigin, BatchMetadata, CompletedTxn, ProducerAppendInfo, VerificationGuard};
use crate::record::NO_TIMESTAMP;
use crate::segment::RollReason;
use crate::transaction_index::AbortedTxn;
use crate::validator::{invalid, validate};

/// How a leader appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderAppend {
    /// The clock, in ms.
    pub now_ms: i64,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// Who asks.
    pub origin: AppendOrigin,
    /// From [`Log::maybe_start_transaction_verification`].
    pub guard: VerificationGuard,
    /// Of the request that brings a marker: 0, 1 or 2.
    pub transaction_version: u8,
}

impl LeaderAppend {
    /// A client's append.
    pub fn of_client(now_ms: i64, leader_epoch: i32) -> LeaderAppend {
        let (origin, guard) = (AppendOrigin::Client, VerificationGuard::SENTINEL);
        LeaderAppend { now_ms, leader_epoch, origin, guard, transaction_version: 0 }
    }
}

/// Where an append put its records. Kafka: `LogAppendInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// The offset of the first record; −1 if there was nothing to append.
    pub first_offset: i64,
    /// The offset of the last record; −1 if there was nothing to append.
    pub last_offset: i64,
    /// The largest timestamp, in ms; −1 for none.
    pub max_timestamp: i64,
    /// The clock at the append, where that stands for the records' timestamps; of a duplicate, the timestamp of the
    /// original.
    pub log_append_time: Option<i64>,
    /// It was here already: the offsets are those of the original, and nothing was appended.
    pub is_duplicate: bool,
    /// A new segment begins with it, or would have.
    pub rolled: Option<RollReason>,
}

/// What an append does to the producers.
enum Producers {
    Duplicate(BatchMetadata),
    New(Vec<ProducerAppendInfo>, Vec<CompletedTxn>),
}

impl Log {
    /// Appends a batch as a leader: gives it the next offsets and the leader's epoch. Kafka: `appendAsLeader`.
    ///
    /// # Errors
    /// What a client may not send, what a producer may not do, or a bound.
    pub fn append_as_leader(&mut self, batches: &[RecordBatch], append: LeaderAppend) -> Result<AppendInfo, LogError> {
        let config = Rc::clone(&self.config);
        for batch in batches {
            if append.origin == AppendOrigin::Client && batch.base_offset() != 0 {
                return Err(invalid(Field::BaseOffset, batch.base_offset(), "a client's batch begins at offset 0"));
            }
            let (size, limit) = (batch.size_in_bytes(), config.max_message_bytes);
            if size > limit {
                return Err(LogError::MessageTooLarge { size, limit });
            }
            batch.check_crc()?;
        }
        let batch = match batches {
            [] => return Ok(nothing()),
            [batch] => batch,
            _ => return Err(LogError::SeveralBatches { batches: batches.len() }),
        };
        let LeaderAppend { now_ms, leader_epoch, origin, .. } = append;
        let validated = validate(batch, &config, now_ms, origin, leader_epoch, self.end_offset)?;
        let is_append_time = config.message_timestamp_type == TimestampType::LogAppendTime;
        let info = AppendInfo {
            first_offset: self.end_offset,
            last_offset: validated.last_offset,
            max_timestamp: validated.max_timestamp,
            log_append_time: is_append_time.then_some(now_ms),
            is_duplicate: false,
            rolled: None,
        };
        self.append(&[validated.batch], info, append)
    }

    /// Appends what a leader sent, as it is; there may be a gap before it. Batches of an epoch that is newer than that of
    /// the present leader are left out, and what comes after them. Kafka: `appendAsFollower`.
    ///
    /// # Errors
    /// A CRC that does not fit, batches that do not follow each other or the end of the log, a negative epoch, or a bound;
    /// none of the batches counts then.
    pub fn append_as_follower(
        &mut self,
        batches: &[RecordBatch],
        now_ms: i64,
        leader_epoch: i32,
    ) -> Result<AppendInfo, LogError> {
        let (mut last_offset, mut max_timestamp, mut count) = (-1, NO_TIMESTAMP, 0_usize);
        for batch in batches {
            if batch.partition_leader_epoch() > leader_epoch {
                break;
            }
            let is_ordered = last_offset < batch.last_offset();
            let before = std::mem::replace(&mut last_offset, batch.last_offset());
            batch.check_crc()?;
            batch.header().codec()?;
            if !is_ordered {
                // Kafka's words have the offset of every record, so that what cannot be read is told instead.
                for batch in batches.iter().filter(|batch| batch.header().records_count != 0) {
                    batch.readable()?.iter().try_for_each(|record| record.map(|_| ()))?;
                }
                return Err(LogError::OffsetsOutOfOrder { offset: last_offset, before });
            }
            max_timestamp = batch.max_timestamp().max(max_timestamp);
            count = count.saturating_add(1);
        }
        let batches = batches.get(..count).unwrap_or_default();
        let Some(first) = batches.first() else { return Ok(nothing()) };
        if first.base_offset() < self.end_offset {
            return Err(LogError::UnexpectedAppendOffset { base_offset: first.base_offset(), end: self.end_offset });
        }
        let info = AppendInfo { first_offset: first.base_offset(), last_offset, max_timestamp, ..nothing() };
        let append =
            LeaderAppend { origin: AppendOrigin::Replication, ..LeaderAppend::of_client(now_ms, leader_epoch) };
        self.append(batches, info, append)
    }

    /// What leader and follower do alike, in Kafka's order.
    fn append(
        &mut self,
        batches: &[RecordBatch],
        mut info: AppendInfo,
        append: LeaderAppend,
    ) -> Result<AppendInfo, LogError> {
        let end_offset = info.last_offset.checked_add(1).filter(|_| info.last_offset >= info.first_offset);
        let end_offset = end_offset.ok_or_else(|| {
            let why = "a batch ends where it begins or later, below 2^63";
            invalid(Field::LastOffsetDelta, info.last_offset.saturating_sub(info.first_offset), why)
        })?;
        for batch in batches {
            let (epoch, offset) = (batch.partition_leader_epoch(), batch.base_offset());
            if epoch < 0 || offset < 0 {
                return Err(LogError::InvalidEpoch { epoch, offset });
            }
            self.assign_epoch(epoch, offset);
        }
        let size = batches.iter().map(RecordBatch::size_in_bytes).fold(0, u64::saturating_add);
        let limit = self.config.segment_bytes;
        if size > limit {
            return Err(LogError::RecordListTooLarge { size, limit });
        }
        self.check_bounds(size, batches.len())?;
        let active = self.segments.active();
        info.rolled = active.should_roll(&self.config, append.now_ms, size, info.max_timestamp, info.last_offset);
        if info.rolled.is_some() {
            self.roll_at(append.now_ms, info.first_offset)?;
        }
        // Producers are looked at behind the roll, so that even a duplicate can begin a segment.
        let (appends, completed) = match self.check_producers(batches, append)? {
            Producers::Duplicate(original) => {
                info.first_offset = original.first_offset();
                info.last_offset = original.last_offset;
                info.log_append_time = Some(original.timestamp);
                info.is_duplicate = true;
                return Ok(info);
            }
            Producers::New(appends, completed) => (appends, completed),
        };
        self.segments.active_mut().append(append.now_ms, batches, info.last_offset, &self.config)?;
        self.set_end_offset(end_offset);
        self.lower_high_watermark();
        self.update_producers(appends, &completed, end_offset);
        if end_offset.saturating_sub(self.recovery_point) >= self.config.flush_messages {
            self.flush(end_offset, append.now_ms);
        }
        Ok(info)
    }

    fn check_producers(&mut self, batches: &[RecordBatch], append: LeaderAppend) -> Result<Producers, LogError> {
        let (mut appends, mut completed) = (Vec::new(), Vec::new());
        for batch in batches.iter().filter(|batch| batch.producer_id() >= 0) {
            if append.origin == AppendOrigin::Client {
                let known = self.producers.producer(batch.producer_id());
                if let Some(original) = known.and_then(|known| known.find_duplicate(batch)) {
                    return Ok(Producers::Duplicate(*original));
                }
            }
            if append.origin != AppendOrigin::Replication {
                self.producers.check_transaction(batch, append.guard)?;
            }
            let producers = Rc::make_mut(&mut self.producers);
            completed.extend(producers.append(&mut appends, batch, append.origin, true, append.transaction_version)?);
        }
        Ok(Producers::New(appends, completed))
    }

    fn update_producers(&mut self, appends: Vec<ProducerAppendInfo>, completed: &[CompletedTxn], end_offset: i64) {
        let producers = Rc::make_mut(&mut self.producers);
        producers.set_map_end_offset(end_offset);
        producers.update_all(appends);
        for transaction in completed {
            if transaction.is_aborted {
                self.segments.active_mut().push_aborted(AbortedTxn {
                    producer_id: transaction.producer_id,
                    first_offset: transaction.first_offset,
                    last_offset: transaction.last_offset,
                    last_stable_offset: producers.last_stable_offset(transaction),
                });
            }
            producers.complete(transaction);
        }
        self.update_first_unstable_offset();
    }

    fn check_bounds(&self, size: u64, batches: usize) -> Result<(), LogError> {
        let full = |what, limit| Err(LogError::Full { what, limit });
        if self.size_in_bytes().saturating_add(size) > BYTES_MAX {
            return full("bytes", BYTES_MAX);
        }
        let batches = u64::try_from(self.batch_count().saturating_add(batches)).unwrap_or(u64::MAX);
        if batches > BATCHES_MAX { full("batches", BATCHES_MAX) } else { Ok(()) }
    }
}

/// An append of nothing.
fn nothing() -> AppendInfo {
    AppendInfo {
        first_offset: -1,
        last_offset: -1,
        max_timestamp: NO_TIMESTAMP,
        log_append_time: None,
        is_duplicate: false,
        rolled: None,
    }
}
