//! Why a log does not do what it is asked.

use thiserror::Error;

use crate::batch::{BatchError, Field};
use crate::producer_state::ProducerStateError;
use crate::segment::{CorruptFile, SegmentError};

/// Why a log does not do what it is asked. The log holds the records that it held before; an append that is refused may
/// already have begun a leader epoch and a segment, as in Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LogError {
    /// Nothing is at this offset and nothing will come next there. Kafka: `OffsetOutOfRangeException`.
    #[error("OFFSET_OUT_OF_RANGE: offset {offset}, the log goes from {start} to {end}")]
    OffsetOutOfRange {
        /// What was asked for.
        offset: i64,
        /// The log's start offset.
        start: i64,
        /// Its end offset, or the high watermark where that is the limit.
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
    /// The batches of an append do not follow each other. Kafka: `OffsetsOutOfOrderException`.
    #[error("UNKNOWN_SERVER_ERROR: a batch ends at offset {offset}, the one before it at {before}")]
    OffsetsOutOfOrder {
        /// The last offset of the batch.
        offset: i64,
        /// The last offset of the batch before it.
        before: i64,
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
    /// An append of several batches where one is right. Kafka: `InvalidRecordException`.
    #[error("INVALID_RECORD: {batches} batches, but a leader takes one of version 2 at a time")]
    SeveralBatches {
        /// How many there are.
        batches: usize,
    },
    /// A compacted topic has only records with keys. Kafka: `InvalidRecordException`.
    #[error("INVALID_RECORD: the record at offset {offset} has no key, which a compacted topic needs")]
    NoKey {
        /// The record, counted in its batch.
        offset: i64,
    },
    /// A client sent `LogAppendTime`, which only a broker gives. Kafka: `InvalidTimestampException`.
    #[error("INVALID_TIMESTAMP: {} at byte {}: the timestamp type is the broker's to set", Field::Attributes,
        Field::Attributes.position())]
    InvalidTimestampType,
    /// Too old or too far ahead. Kafka: `InvalidTimestampException`.
    #[error("INVALID_TIMESTAMP: the record at offset {offset} says {timestamp}, only {earliest} to {latest} is taken")]
    InvalidTimestamp {
        /// The record, counted in its batch.
        offset: i64,
        /// What it says, in ms.
        timestamp: i64,
        /// By `message.timestamp.before.max.ms`.
        earliest: i64,
        /// By `message.timestamp.after.max.ms`.
        latest: i64,
    },
    /// Past `max.message.bytes`. Kafka: `RecordTooLargeException`.
    #[error("MESSAGE_TOO_LARGE: the batch has {size} bytes, max.message.bytes is {limit}")]
    MessageTooLarge {
        /// The batch.
        size: u64,
        /// The config.
        limit: u64,
    },
    /// Past `segment.bytes`. Kafka: `RecordBatchTooLargeException`.
    #[error("RECORD_LIST_TOO_LARGE: the append has {size} bytes, segment.bytes is {limit}")]
    RecordListTooLarge {
        /// The append.
        size: u64,
        /// The config.
        limit: u64,
    },
    /// No leader has a negative epoch. Kafka: `IllegalArgumentException`.
    #[error("UNKNOWN_SERVER_ERROR: leader epoch {epoch} at offset {offset}")]
    InvalidEpoch {
        /// The epoch.
        epoch: i32,
        /// Where it would begin.
        offset: i64,
    },
    /// What the producer may not do.
    #[error("{name}: {error}", name = .0.error_name(), error = .0)]
    Producer(#[from] ProducerStateError),
    /// What a segment cannot take or give.
    #[error("UNKNOWN_SERVER_ERROR: {0}")]
    Segment(#[from] SegmentError),
    /// A roll comes to a segment that is there and has bytes. Kafka: `KafkaException`.
    #[error("UNKNOWN_SERVER_ERROR: no segment can begin at offset {base_offset}, the active one begins at {active}")]
    SegmentExists {
        /// Where the new one would begin.
        base_offset: i64,
        /// Where the active one begins.
        active: i64,
    },
    /// No log begins before offset 0. Kafka: `IllegalArgumentException`.
    #[error("UNKNOWN_SERVER_ERROR: cannot truncate to the negative offset {offset}")]
    NegativeOffset {
        /// The offset.
        offset: i64,
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

impl From<CorruptFile> for LogError {
    fn from(error: CorruptFile) -> LogError {
        LogError::Segment(error.into())
    }
}

impl LogError {
    /// The name under which Kafka's protocol knows it (`Errors`).
    pub fn error_name(&self) -> &'static str {
        match self {
            LogError::OffsetOutOfRange { .. } => "OFFSET_OUT_OF_RANGE",
            LogError::Batch(error) => error.error_name(),
            LogError::InvalidRecord { .. } | LogError::SeveralBatches { .. } | LogError::NoKey { .. } => {
                "INVALID_RECORD"
            }
            LogError::InvalidTimestampType | LogError::InvalidTimestamp { .. } => "INVALID_TIMESTAMP",
            LogError::MessageTooLarge { .. } => "MESSAGE_TOO_LARGE",
            LogError::RecordListTooLarge { .. } => "RECORD_LIST_TOO_LARGE",
            LogError::Producer(error) => error.error_name(),
            LogError::Segment(SegmentError::Corrupt(_)) => "CORRUPT_MESSAGE",
            LogError::UnexpectedAppendOffset { .. }
            | LogError::OffsetsOutOfOrder { .. }
            | LogError::InvalidEpoch { .. }
            | LogError::SegmentExists { .. }
            | LogError::Segment(_)
            | LogError::NegativeOffset { .. } => "UNKNOWN_SERVER_ERROR",
            LogError::Full { .. } => "KAFKA_STORAGE_ERROR",
        }
    }

    /// The simple name of Kafka's exception.
    pub fn exception(&self) -> &'static str {
        match self {
            LogError::OffsetOutOfRange { .. } => "OffsetOutOfRangeException",
            LogError::UnexpectedAppendOffset { .. } => "UnexpectedAppendOffsetException",
            LogError::OffsetsOutOfOrder { .. } => "OffsetsOutOfOrderException",
            LogError::Batch(BatchError::UnknownCodec { .. })
            | LogError::InvalidEpoch { .. }
            | LogError::NegativeOffset { .. } => "IllegalArgumentException",
            LogError::Batch(error) => match error.error_name() {
                "CORRUPT_MESSAGE" => "CorruptRecordException",
                "INVALID_RECORD" => "InvalidRecordException",
                _ => "KafkaException",
            },
            LogError::InvalidRecord { .. } | LogError::SeveralBatches { .. } | LogError::NoKey { .. } => {
                "InvalidRecordException"
            }
            LogError::InvalidTimestampType | LogError::InvalidTimestamp { .. } => "InvalidTimestampException",
            LogError::SegmentExists { .. } => "KafkaException",
            LogError::MessageTooLarge { .. } => "RecordTooLargeException",
            LogError::RecordListTooLarge { .. } => "RecordBatchTooLargeException",
            LogError::Producer(error) => error.exception(),
            LogError::Segment(error) => error.exception(),
            LogError::Full { .. } => "KafkaStorageException",
        }
    }
}
