//! What can be wrong with a batch, and where. Kafka 4.3: `CorruptRecordException`, `InvalidRecordException`, and what
//! `MemoryRecordsBuilder` throws.

use super::{Codec, Field, HEADER_SIZE, LOG_OVERHEAD, MAGIC};
use crate::location::Location;
use crate::varint::VarintError;

/// What is wrong with the bytes of a batch. Positions are bytes from the start of the batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes end too early.
    #[error("{field} at byte {position}: {needed} bytes are needed, {available} are there")]
    Truncated {
        /// The field that is cut, or the length that claims more than there is.
        field: Field,
        /// Where it begins.
        position: usize,
        /// The bytes that it needs.
        needed: usize,
        /// The bytes that are there.
        available: usize,
    },
    /// The length field is smaller than the rest of a header, or negative.
    #[error("{} at byte {}: {length}, a header alone has {} bytes after it",
        Field::BatchLength, Field::BatchLength.position(), HEADER_SIZE - LOG_OVERHEAD)]
    BatchLength {
        /// What it says.
        length: i32,
    },
    /// An older (or no) format.
    #[error("{} at byte {}: {magic}, this reads {MAGIC}", Field::Magic, Field::Magic.position())]
    Magic {
        /// What it says.
        magic: i8,
    },
    /// The bytes are not those that were written.
    #[error("{} at byte {}: stored {stored:#010x}, computed {computed:#010x}", Field::Crc, Field::Crc.position())]
    Crc {
        /// In the header.
        stored: u32,
        /// From the bytes.
        computed: u32,
    },
    /// Attribute bits 0–2 name no codec.
    #[error("{} at byte {}: there is no codec {codec}", Field::Attributes, Field::Attributes.position())]
    UnknownCodec {
        /// The number.
        codec: i16,
    },
    /// The records are compressed.
    #[error("{} at byte {}: compressed with {codec}, which is not read here", Field::Records, Field::Records.position())]
    Compressed {
        /// With what.
        codec: Codec,
    },
    /// The records cannot be decompressed. Kafka: `KafkaException`.
    #[error("{} at byte {position}: {said}", Field::Records)]
    Decompression {
        /// How far they could be read.
        position: usize,
        /// What is wrong.
        said: String,
    },
    /// A variable-length integer that cannot be read.
    #[error("{field} at byte {position}: {error}")]
    Varint {
        /// The field.
        field: Field,
        /// Where it begins.
        position: usize,
        /// What is wrong.
        error: VarintError,
    },
    /// A length or a count that cannot be.
    #[error("{field} at byte {position}: {value} cannot be, {available} bytes follow")]
    Impossible {
        /// The field.
        field: Field,
        /// Where it begins.
        position: usize,
        /// What it says.
        value: i64,
        /// How many bytes follow it, in the record or in the batch.
        available: usize,
    },
    /// A record is shorter than its length field says.
    #[error("{} at byte {position}: {length}, but the fields end after {read} bytes", Field::RecordLength)]
    RecordLength {
        /// Where the length stands.
        position: usize,
        /// What it says.
        length: usize,
        /// The bytes of the record's fields.
        read: usize,
    },
    /// There are bytes after the last record.
    #[error("{} at byte {}: {count}, but {left} bytes follow the last record at byte {position}",
        Field::RecordsCount, Field::RecordsCount.position())]
    Surplus {
        /// How many records the header counts.
        count: i32,
        /// Where the last record ends.
        position: usize,
        /// The bytes after it.
        left: usize,
    },
    /// What was to be written cannot be.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl BatchError {
    /// Where it is, from the start of the batch; none of what could not be written.
    pub fn location(&self) -> Option<Location> {
        let (field, position) = match self {
            BatchError::Truncated { field, position, .. }
            | BatchError::Varint { field, position, .. }
            | BatchError::Impossible { field, position, .. } => (*field, *position),
            BatchError::RecordLength { position, .. } => (Field::RecordLength, *position),
            BatchError::Decompression { position, .. } => (Field::Records, *position),
            BatchError::BatchLength { .. } => return Some(Field::BatchLength.location()),
            BatchError::Magic { .. } => return Some(Field::Magic.location()),
            BatchError::Crc { .. } => return Some(Field::Crc.location()),
            BatchError::UnknownCodec { .. } => return Some(Field::Attributes.location()),
            BatchError::Compressed { .. } => return Some(Field::Records.location()),
            BatchError::Surplus { .. } => return Some(Field::RecordsCount.location()),
            BatchError::Encode(_) => return None,
        };
        Some(Location::new(field.name(), position))
    }

    /// The name under which Kafka's protocol knows it (`Errors`).
    pub fn error_name(&self) -> &'static str {
        match self {
            BatchError::Truncated { .. }
            | BatchError::BatchLength { .. }
            | BatchError::Magic { .. }
            | BatchError::Crc { .. } => "CORRUPT_MESSAGE",
            BatchError::Varint { .. }
            | BatchError::Impossible { .. }
            | BatchError::RecordLength { .. }
            | BatchError::Surplus { .. } => "INVALID_RECORD",
            BatchError::Decompression { .. }
            | BatchError::UnknownCodec { .. }
            | BatchError::Compressed { .. }
            | BatchError::Encode(_) => "UNKNOWN_SERVER_ERROR",
        }
    }
}

#[cfg(feature = "codecs")]
impl BatchError {
    /// What the records' codec says, at its place in the batch.
    pub(crate) fn of_codec(error: &crate::compression::CompressionError) -> BatchError {
        let position = HEADER_SIZE.saturating_add(error.position());
        BatchError::Decompression { position, said: error.to_string() }
    }
}

/// Why records cannot become a batch. Kafka: the `IllegalArgumentException`s of `MemoryRecordsBuilder`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A batch has at least one record.
    #[error("a batch has at least one record")]
    NoRecords,
    /// More records than the header can count.
    #[error("a batch has at most {} records", i32::MAX)]
    TooManyRecords,
    /// More bytes than the length field can count.
    #[error("a batch has at most {} bytes, this one would have {size}", i32::MAX)]
    TooLarge {
        /// With the header.
        size: usize,
    },
    /// The last offset would be past 2⁶³−1.
    #[error("from base offset {base_offset} on there is no room for {count} records")]
    OffsetOverflow {
        /// Where the batch begins.
        base_offset: i64,
        /// How many records.
        count: i32,
    },
    /// Timestamps are from 0 on, or −1 for none.
    #[error("timestamp {timestamp} of record {record}: negative")]
    NegativeTimestamp {
        /// The record, from 0 on.
        record: usize,
        /// Its timestamp.
        timestamp: i64,
    },
    /// Transactions need a producer id.
    #[error("a transactional batch has a producer id")]
    TransactionalWithoutProducerId,
    /// A producer id comes with an epoch.
    #[error("a batch with a producer id has a producer epoch")]
    ProducerIdWithoutEpoch,
    /// A producer id comes with a sequence, unless in a control batch.
    #[error("a batch with a producer id has a base sequence: {base_sequence} is negative")]
    NegativeSequence {
        /// What it would be.
        base_sequence: i32,
    },
}
