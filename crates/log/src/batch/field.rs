//! The fields of a batch and of its records, under Kafka's names.

use std::fmt;
use std::ops::Range;

use super::HEADER_SIZE;
use crate::location::Location;

/// A field of a batch's header or of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// i64 at byte 0.
    BaseOffset,
    /// i32 at byte 8: how many bytes come after it.
    BatchLength,
    /// i32 at byte 12.
    PartitionLeaderEpoch,
    /// i8 at byte 16.
    Magic,
    /// u32 at byte 17: CRC-32C of everything after it.
    Crc,
    /// i16 at byte 21: the flags of the batch.
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
    /// From byte 61 on, where the records are compressed and so have no fields.
    Records,
    /// Varint: how many bytes the record has after it.
    RecordLength,
    /// i8, not used.
    RecordAttributes,
    /// Varlong, counted from the base timestamp.
    TimestampDelta,
    /// Varint, counted from the base offset.
    OffsetDelta,
    /// Varint; negative for null.
    KeyLength,
    /// The key's bytes.
    Key,
    /// Varint; negative for null.
    ValueLength,
    /// The value's bytes.
    Value,
    /// Varint.
    HeadersCount,
    /// Varint.
    HeaderKeyLength,
    /// UTF-8.
    HeaderKey,
    /// Varint; negative for null.
    HeaderValueLength,
    /// The bytes of a header's value.
    HeaderValue,
}

impl Field {
    /// The fields of the header in their order.
    pub const HEADER: [Field; 13] = [
        Field::BaseOffset,
        Field::BatchLength,
        Field::PartitionLeaderEpoch,
        Field::Magic,
        Field::Crc,
        Field::Attributes,
        Field::LastOffsetDelta,
        Field::BaseTimestamp,
        Field::MaxTimestamp,
        Field::ProducerId,
        Field::ProducerEpoch,
        Field::BaseSequence,
        Field::RecordsCount,
    ];

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
            Field::Records => "records",
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

    /// Where a field begins, in bytes from the start of the batch: its place in the header, or for what belongs to the
    /// records the place where these begin.
    pub const fn position(self) -> usize {
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
            _ => HEADER_SIZE,
        }
    }

    /// A field of the header, and where it begins in the batch.
    pub(crate) fn location(self) -> Location {
        Location::new(self.name(), self.position())
    }

    /// The bytes of each field of the header, from the start of the batch.
    pub fn header_ranges() -> impl Iterator<Item = (Field, Range<usize>)> {
        let ends = Field::HEADER.into_iter().skip(1).map(Field::position).chain([HEADER_SIZE]);
        Field::HEADER.into_iter().zip(ends).map(|(field, end)| (field, field.position()..end))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
