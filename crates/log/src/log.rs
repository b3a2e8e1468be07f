//! A partition's log. Kafka 4.3: `org.apache.kafka.storage.internals.log.UnifiedLog`, `LocalLog`.
//!
//! Differs from Kafka: one segment, in memory; no truncation, no retention, no producer state yet. Batches come one by
//! one, so a follower keeps those before the first bad one, where Kafka keeps none of a fetch.

use std::rc::Rc;

use crate::batch::{BatchError, Field, RecordBatch};
use crate::leader_epochs::{EpochEndOffset, EpochEntry, LeaderEpochs};
use crate::record::Record;
use crate::segment::{ReadLimit, Segment};
use crate::validator::validate;

/// The most bytes of a log.
pub const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most batches of a log.
pub const BATCHES_MAX: u64 = 1_000_000;

/// The configs of a topic that its logs look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// `max.message.bytes`: the largest batch that a leader takes, in bytes. Followers take what the leader took.
    pub max_message_bytes: u64,
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        LogConfig { max_message_bytes: 1_048_588 }
    }
}

/// Where an append put its records. Kafka: `LogAppendInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// The offset of the first record.
    pub base_offset: i64,
    /// The offset of the last record.
    pub last_offset: i64,
}

/// Why a log does not do what it is asked. The log is then as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Nothing is at this offset and nothing will come next there. Kafka: `OffsetOutOfRangeException`.
    #[error("OFFSET_OUT_OF_RANGE: offset {offset}, the log goes from {start} to {end}")]
    OffsetOutOfRange {
        /// What was asked for.
        offset: i64,
        /// The log's start offset.
        start: i64,
        /// Its end offset.
        end: i64,
    },
    /// A follower got what it has already. Kafka: `UnexpectedAppendOffsetException`.
    #[error("UNKNOWN_SERVER_ERROR: the batch begins at offset {base_offset}, the log ends at {end}")]
    UnexpectedAppendOffset {
        /// Where the batch begins.
        base_offset: i64,
        /// Where the log ends.
        end: i64,
    },
    /// The bytes of the batch are wrong. Kafka: `CorruptRecordException`, `InvalidRecordException`.
    #[error("{name}: {error}", name = .0.error_name(), error = .0)]
    Batch(#[from] BatchError),
    /// A field says what a batch in an append may not say. Kafka: `InvalidRecordException`.
    #[error("INVALID_RECORD: {field} at byte {}: {value}, but {why}", field.position())]
    InvalidRecord {
        /// The field.
        field: Field,
        /// What it says.
        value: i64,
        /// The rule.
        why: &'static str,
    },
    /// A client sent `LogAppendTime`, which only a broker gives. Kafka: `InvalidTimestampException`.
    #[error("INVALID_TIMESTAMP: {} at byte {}: the timestamp type is the broker's to set", Field::Attributes,
        Field::Attributes.position())]
    InvalidTimestampType,
    /// Past `max.message.bytes`. Kafka: `RecordTooLargeException`.
    #[error("MESSAGE_TOO_LARGE: the batch has {size} bytes, max.message.bytes is {limit}")]
    MessageTooLarge {
        /// The batch.
        size: u64,
        /// The config.
        limit: u64,
    },
    /// A bound of this program, not of Kafka.
    #[error("KAFKA_STORAGE_ERROR: a log holds at most {limit} {what}")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: u64,
    },
}

impl LogError {
    /// The name under which Kafka's protocol knows it (`Errors`).
    pub fn error_name(&self) -> &'static str {
        match self {
            LogError::OffsetOutOfRange { .. } => "OFFSET_OUT_OF_RANGE",
            LogError::UnexpectedAppendOffset { .. } => "UNKNOWN_SERVER_ERROR",
            LogError::Batch(error) => error.error_name(),
            LogError::InvalidRecord { .. } => "INVALID_RECORD",
            LogError::InvalidTimestampType => "INVALID_TIMESTAMP",
            LogError::MessageTooLarge { .. } => "MESSAGE_TOO_LARGE",
            LogError::Full { .. } => "KAFKA_STORAGE_ERROR",
        }
    }
}

/// The records of a partition on one broker. A clone costs a few counters, and shares what both have.
#[derive(Clone, Debug)]
pub struct Log {
    config: LogConfig,
    segment: Segment,
    start_offset: i64,
    end_offset: i64,
    epochs: Rc<LeaderEpochs>,
}

impl Default for Log {
    fn default() -> Log {
        Log::new()
    }
}

impl Log {
    /// An empty log that begins at offset 0, of a topic with default configs.
    pub fn new() -> Log {
        Log::with_config(LogConfig::default())
    }

    /// An empty log that begins at offset 0.
    pub fn with_config(config: LogConfig) -> Log {
        Log { config, segment: Segment::new(0), start_offset: 0, end_offset: 0, epochs: Rc::default() }
    }

    /// The first offset.
    pub fn log_start_offset(&self) -> i64 {
        self.start_offset
    }

    /// The offset that the next record gets.
    pub fn log_end_offset(&self) -> i64 {
        self.end_offset
    }

    /// The size in bytes.
    pub fn size_in_bytes(&self) -> u64 {
        self.segment.size_in_bytes()
    }

    /// How many batches there are.
    pub fn batch_count(&self) -> usize {
        self.segment.batch_count()
    }

    /// The leader epochs, oldest first.
    pub fn leader_epochs(&self) -> &[EpochEntry] {
        self.epochs.entries()
    }

    /// The newest epoch here; none in an empty log that never led.
    pub fn latest_epoch(&self) -> Option<i32> {
        self.epochs.latest()
    }

    /// Where an epoch ends here; none if that is not known. Kafka: `endOffsetForEpoch`.
    pub fn end_offset_for_epoch(&self, epoch: i32) -> Option<EpochEndOffset> {
        self.epochs.end_offset_for(epoch, self.end_offset)
    }

    /// Notes that a leader epoch begins at an offset (becoming leader). Kafka: `assignEpochStartOffset`; says whether
    /// that was news, as [`LeaderEpochs::assign`] does.
    pub fn assign_epoch(&mut self, epoch: i32, start_offset: i64) -> bool {
        // Most appends are in the epoch of the one before: nothing is unshared then.
        self.epochs.is_update_needed(epoch, start_offset) && Rc::make_mut(&mut self.epochs).assign(epoch, start_offset)
    }

    /// Appends a client's batch: gives it the next offsets and the leader's epoch. Kafka: `appendAsLeader`.
    ///
    /// # Errors
    /// What a client may not send ([`LogError::Batch`], [`LogError::InvalidRecord`], [`LogError::MessageTooLarge`],
    /// [`LogError::InvalidTimestampType`]), a negative epoch, or a bound.
    pub fn append_as_leader(&mut self, batch: &RecordBatch, leader_epoch: i32) -> Result<AppendInfo, LogError> {
        let batch = validate(batch, self.config.max_message_bytes)?;
        self.append(batch.stamped(self.end_offset, leader_epoch))
    }

    /// Appends what a leader sent, as it is; there may be a gap before it. Kafka: `appendAsFollower`.
    ///
    /// # Errors
    /// A CRC that does not fit, a batch that begins before the end of the log or ends before it begins, a negative
    /// epoch, or a bound.
    pub fn append_as_follower(&mut self, batch: &RecordBatch) -> Result<AppendInfo, LogError> {
        batch.check_crc()?;
        if batch.base_offset() < self.end_offset {
            return Err(LogError::UnexpectedAppendOffset { base_offset: batch.base_offset(), end: self.end_offset });
        }
        self.append(batch.clone())
    }

    fn append(&mut self, batch: RecordBatch) -> Result<AppendInfo, LogError> {
        let (base_offset, last_offset) = (batch.base_offset(), batch.last_offset());
        let next = last_offset.checked_add(1).filter(|_| last_offset >= base_offset);
        let end_offset = next.ok_or(LogError::InvalidRecord {
            field: Field::LastOffsetDelta,
            value: batch.header().last_offset_delta.into(),
            why: "a batch ends where it begins or later, below 2^63",
        })?;
        let epoch = batch.partition_leader_epoch();
        if epoch < 0 {
            return Err(LogError::InvalidRecord {
                field: Field::PartitionLeaderEpoch,
                value: epoch.into(),
                why: "a batch in a log has the epoch of a leader",
            });
        }
        self.check_bounds(&batch)?;
        self.assign_epoch(epoch, base_offset);
        self.segment.append(batch);
        self.end_offset = end_offset;
        Ok(AppendInfo { base_offset, last_offset })
    }

    fn check_bounds(&self, batch: &RecordBatch) -> Result<(), LogError> {
        let full = |what, limit| Err(LogError::Full { what, limit });
        if self.size_in_bytes().saturating_add(batch.size_in_bytes()) > BYTES_MAX {
            return full("bytes", BYTES_MAX);
        }
        if u64::try_from(self.batch_count()).is_ok_and(|batches| batches < BATCHES_MAX) {
            return Ok(());
        }
        full("batches", BATCHES_MAX)
    }

    /// Whole batches from the one on that holds `offset`, as a fetch gets them: together at most `max_bytes` (but the
    /// first one always if `min_one_batch`), and only batches that end before `up_to` (the high watermark, the last
    /// stable offset; without it, the log end). Who asks for an offset inside the first batch skips what is before it.
    /// Kafka: `LocalLog.read`.
    ///
    /// # Errors
    /// [`LogError::OffsetOutOfRange`] for an offset before the start or past the end. At the end, and between `up_to`
    /// and the end, there is just nothing yet.
    pub fn read(
        &self,
        offset: i64,
        max_bytes: u64,
        up_to: Option<i64>,
        min_one_batch: bool,
    ) -> Result<Vec<RecordBatch>, LogError> {
        let (start, end) = (self.start_offset, self.end_offset);
        if offset < start || offset > end {
            return Err(LogError::OffsetOutOfRange { offset, start, end });
        }
        let limit = ReadLimit { max_bytes, min_one_batch, up_to: up_to.unwrap_or(end) };
        Ok(self.segment.read(offset, limit))
    }

    /// All batches from the one on that holds `offset`; none past the end.
    pub fn batches_from(&self, offset: i64) -> impl Iterator<Item = &RecordBatch> {
        self.segment.batches_from(offset)
    }

    /// All records from `offset` on, to look at. After the first error of a batch comes the next batch.
    pub fn records_from(&self, offset: i64) -> impl Iterator<Item = Result<Record, BatchError>> {
        let is_before = move |record: &Result<Record, BatchError>| record.as_ref().is_ok_and(|r| r.offset < offset);
        self.batches_from(offset).flat_map(RecordBatch::records_until_error).filter(move |record| !is_before(record))
    }
}
