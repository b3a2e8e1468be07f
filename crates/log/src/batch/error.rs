//! What can be wrong with the bytes of a batch, and where.

use std::fmt;

use crate::varint::VarintError;

/// A field of a batch or of a record, under Kafka's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// i64 at byte 0.
    BaseOffset,
    /// i32 at byte 8: the bytes after it.
    BatchLength,
    /// i32 at byte 12.
    PartitionLeaderEpoch,
    /// i8 at byte 16.
    Magic,
    /// u32 at byte 17.
    Crc,
    /// i16 at byte 21.
    Attributes,
    /// i32 at byte 23.
    LastOffsetDelta,
    /// i64 at byte 27.
    BaseTimestamp,
    /// i64 at byte 35.
    MaxTimestamp,
    /// i64 at byte 43.
    ProducerId,
    /// i16 at byte 51.
    ProducerEpoch,
    /// i32 at byte 53.
    BaseSequence,
    /// i32 at byte 57.
    RecordsCount,
    /// Varint: the bytes of the record after it.
    RecordLength,
    /// i8, always 0.
    RecordAttributes,
    /// Varlong.
    TimestampDelta,
    /// Varint.
    OffsetDelta,
    /// Varint, −1 for null.
    KeyLength,
    /// The key's bytes.
    Key,
    /// Varint, −1 for null.
    ValueLength,
    /// The value's bytes.
    Value,
    /// Varint.
    HeadersCount,
    /// Varint.
    HeaderKeyLength,
    /// UTF-8.
    HeaderKey,
    /// Varint, −1 for null.
    HeaderValueLength,
    /// The header's bytes.
    HeaderValue,
}

impl Field {
    /// Kafka's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Field::BaseOffset => "baseOffset",
            Field::BatchLength => "batchLength",
            Field::PartitionLeaderEpoch => "partitionLeaderEpoch",
            Field::Magic => "magic",
            Field::Crc => "crc",
            Field::Attributes | Field::RecordAttributes => "attributes",
            Field::LastOffsetDelta => "lastOffsetDelta",
            Field::BaseTimestamp => "baseTimestamp",
            Field::MaxTimestamp => "maxTimestamp",
            Field::ProducerId => "producerId",
            Field::ProducerEpoch => "producerEpoch",
            Field::BaseSequence => "baseSequence",
            Field::RecordsCount => "recordsCount",
            Field::RecordLength => "length",
            Field::TimestampDelta => "timestampDelta",
            Field::OffsetDelta => "offsetDelta",
            Field::KeyLength => "keyLength",
            Field::Key => "key",
            Field::ValueLength => "valueLength",
            Field::Value => "value",
            Field::HeadersCount => "headersCount",
            Field::HeaderKeyLength => "headerKeyLength",
            Field::HeaderKey => "headerKey",
            Field::HeaderValueLength => "headerValueLength",
            Field::HeaderValue => "headerValue",
        }
    }

    /// Where a field of the header stands, in bytes from the start of the batch; 61 for a field of a record.
    pub fn position(self) -> usize {
        match self {
            Field::BaseOffset => 0,
            Field::BatchLength => 8,
            Field::PartitionLeaderEpoch => 12,
            Field::Magic => 16,
            Field::Crc => 17,
            Field::Attributes => 21,
            Field::LastOffsetDelta => 23,
            Field::BaseTimestamp => 27,
            Field::MaxTimestamp => 35,
            Field::ProducerId => 43,
            Field::ProducerEpoch => 51,
            Field::BaseSequence => 53,
            Field::RecordsCount => 57,
            _ => super::HEADER_SIZE,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is wrong with the bytes of a batch. Positions are bytes from the start of the batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes end too early.
    #[error("{field} at byte {position}: {needed} bytes are needed, {available} are there")]
    Truncated {
        /// The field that is cut.
        field: Field,
        /// Where it begins.
        position: usize,
        /// The bytes that it needs.
        needed: usize,
        /// The bytes that are there.
        available: usize,
    },
    /// The length field is smaller than a header, or negative.
    #[error("batchLength at byte 8: {length} is less than the {} bytes of a header after it", super::HEADER_SIZE - super::LOG_OVERHEAD)]
    Length {
        /// What it says.
        length: i32,
    },
    /// An older (or no) format.
    #[error("magic at byte 16: {magic}, this reads 2")]
    Magic {
        /// What it says.
        magic: i8,
    },
    /// The bytes are not those that were written.
    #[error("crc at byte {position}: stored {stored:#010x}, computed {computed:#010x}")]
    Crc {
        /// In the header.
        stored: u32,
        /// From the bytes.
        computed: u32,
        /// Where it stands.
        position: usize,
    },
    /// Attribute bits 0–2 name no codec.
    #[error("attributes at byte {position}: there is no codec {codec}")]
    UnknownCodec {
        /// The number.
        codec: i16,
        /// Where it stands.
        position: usize,
    },
    /// The records are compressed.
    #[error("records at byte 61: compressed with {codec:?}, which is not read yet")]
    Compressed {
        /// The codec.
        codec: super::Codec,
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
    /// A length or count that cannot be.
    #[error("{field} at byte {position}: {value} cannot be")]
    Impossible {
        /// The field.
        field: Field,
        /// Where it begins.
        position: usize,
        /// What it says.
        value: i64,
    },
    /// A record is shorter or longer than its length field says.
    #[error("length at byte {position}: the record takes {read} bytes, its length says {length}")]
    RecordLength {
        /// Where the record's length stands.
        position: usize,
        /// What it says.
        length: i64,
        /// What its fields take.
        read: usize,
    },
    /// Bytes after the last record.
    #[error("records end at byte {position}, and {left} bytes are left")]
    Surplus {
        /// Where the last record ends.
        position: usize,
        /// Bytes after it.
        left: usize,
    },
    /// A batch needs at least one record, at most 2³¹−1, and at most 2³¹−1 bytes.
    #[error("{what}")]
    CannotEncode {
        /// What is wrong.
        what: &'static str,
    },
}
