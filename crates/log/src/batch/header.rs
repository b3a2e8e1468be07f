//! The 61 bytes before the records. Kafka 4.3: `DefaultRecordBatch`.

use std::fmt;

use super::{BatchError, Field};
use crate::crc::crc32c;

/// The header of a batch in bytes. Kafka: `RECORD_BATCH_OVERHEAD`.
pub const HEADER_SIZE: usize = 61;
/// Base offset and length, which the length field does not count. Kafka: `Records.LOG_OVERHEAD`.
pub const LOG_OVERHEAD: usize = 12;
/// The version of this format.
pub const MAGIC: i8 = 2;

const CODEC: i16 = 0x07;
const LOG_APPEND_TIME: i16 = 1 << 3;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;
pub(super) const DELETE_HORIZON: i16 = 1 << 6;

/// The header's fields, in their order and under Kafka's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// The offset of the first record; as a producer sends it, 0.
    pub base_offset: i64,
    /// How many bytes come after this field.
    pub batch_length: i32,
    /// The epoch of the leader that appended the batch; as a producer sends it, −1.
    pub partition_leader_epoch: i32,
    /// The version of the format. Any from 2 on is read as 2, as Kafka reads files.
    pub magic: i8,
    /// CRC-32C of everything after it.
    pub crc: u32,
    /// Flags: bits 0–2 codec, 3 append time, 4 transactional, 5 control, 6 delete horizon.
    pub attributes: i16,
    /// The last offset, counted from the base offset. It stays when compaction takes records away.
    pub last_offset_delta: i32,
    /// What the records' timestamps count from, in ms; under a delete horizon, that horizon.
    pub base_timestamp: i64,
    /// The largest timestamp of the records, or their append time, in ms.
    pub max_timestamp: i64,
    /// −1 for none.
    pub producer_id: i64,
    /// −1 for none.
    pub producer_epoch: i16,
    /// The sequence number of the first record; −1 for none.
    pub base_sequence: i32,
    /// How many records there are (compaction can leave none).
    pub records_count: i32,
}

/// Whose clock the timestamps are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's, at the append.
    LogAppendTime,
}

/// How the records of a batch are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// 0: not at all.
    None,
    /// 1.
    Gzip,
    /// 2.
    Snappy,
    /// 3.
    Lz4,
    /// 4.
    Zstd,
}

impl Codec {
    /// The number in the attributes of a batch. Kafka: `CompressionType.id`.
    pub fn id(self) -> u8 {
        match self {
            Codec::None => 0,
            Codec::Gzip => 1,
            Codec::Snappy => 2,
            Codec::Lz4 => 3,
            Codec::Zstd => 4,
        }
    }

    /// The codec of a number, if it is one's.
    pub fn from_id(id: u8) -> Option<Codec> {
        [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd].get(usize::from(id)).copied()
    }
}

impl fmt::Display for Codec {
    /// As in `compression.type`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Codec::None => "none",
            Codec::Gzip => "gzip",
            Codec::Snappy => "snappy",
            Codec::Lz4 => "lz4",
            Codec::Zstd => "zstd",
        })
    }
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`. Nothing is compared with what follows it.
    ///
    /// # Errors
    /// [`BatchError::Truncated`], [`BatchError::Magic`] below 2, [`BatchError::BatchLength`].
    pub fn decode(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
        let base_offset = i64::from_be_bytes(take(bytes, Field::BaseOffset)?);
        let batch_length = i32::from_be_bytes(take(bytes, Field::BatchLength)?);
        let partition_leader_epoch = i32::from_be_bytes(take(bytes, Field::PartitionLeaderEpoch)?);
        // Older formats differ from here on, and have shorter lengths too.
        let magic = i8::from_be_bytes(take(bytes, Field::Magic)?);
        if magic < MAGIC {
            return Err(BatchError::Magic { magic });
        }
        let header = BatchHeader {
            base_offset,
            batch_length,
            partition_leader_epoch,
            magic,
            crc: u32::from_be_bytes(take(bytes, Field::Crc)?),
            attributes: i16::from_be_bytes(take(bytes, Field::Attributes)?),
            last_offset_delta: i32::from_be_bytes(take(bytes, Field::LastOffsetDelta)?),
            base_timestamp: i64::from_be_bytes(take(bytes, Field::BaseTimestamp)?),
            max_timestamp: i64::from_be_bytes(take(bytes, Field::MaxTimestamp)?),
            producer_id: i64::from_be_bytes(take(bytes, Field::ProducerId)?),
            producer_epoch: i16::from_be_bytes(take(bytes, Field::ProducerEpoch)?),
            base_sequence: i32::from_be_bytes(take(bytes, Field::BaseSequence)?),
            records_count: i32::from_be_bytes(take(bytes, Field::RecordsCount)?),
        };
        header.size_in_bytes().map(|_| header)
    }

    /// The size of the whole batch by its length field, in bytes.
    ///
    /// # Errors
    /// [`BatchError::BatchLength`] if that is less than a header.
    pub fn size_in_bytes(&self) -> Result<usize, BatchError> {
        usize::try_from(self.batch_length)
            .ok()
            .and_then(|length| length.checked_add(LOG_OVERHEAD))
            .filter(|size| *size >= HEADER_SIZE)
            .ok_or(BatchError::BatchLength { length: self.batch_length })
    }

    /// The header's bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_SIZE] {
        let mut bytes = [0; HEADER_SIZE];
        let rest = put(&mut bytes, self.base_offset.to_be_bytes());
        let rest = put(rest, self.batch_length.to_be_bytes());
        let rest = put(rest, self.partition_leader_epoch.to_be_bytes());
        let rest = put(rest, self.magic.to_be_bytes());
        let rest = put(rest, self.crc.to_be_bytes());
        let rest = put(rest, self.attributes.to_be_bytes());
        let rest = put(rest, self.last_offset_delta.to_be_bytes());
        let rest = put(rest, self.base_timestamp.to_be_bytes());
        let rest = put(rest, self.max_timestamp.to_be_bytes());
        let rest = put(rest, self.producer_id.to_be_bytes());
        let rest = put(rest, self.producer_epoch.to_be_bytes());
        let rest = put(rest, self.base_sequence.to_be_bytes());
        put(rest, self.records_count.to_be_bytes());
        bytes
    }

    /// CRC-32C of everything after the CRC: the header from the attributes on, and the records.
    pub fn compute_crc(&self, records: &[u8]) -> u32 {
        let header = self.to_bytes();
        let covered = header.get(Field::Attributes.position()..).unwrap_or_default();
        crc32c(&[covered, records])
    }

    /// The offset of the last record, also if compaction took it away.
    pub fn last_offset(&self) -> i64 {
        self.base_offset.wrapping_add(self.last_offset_delta.into())
    }

    /// The sequence number of the last record; −1 for none.
    pub fn last_sequence(&self) -> i32 {
        match self.base_sequence {
            -1 => -1,
            base_sequence => increment_sequence(base_sequence, self.last_offset_delta),
        }
    }

    /// The sequence number of the record at an offset delta; −1 for none.
    pub(crate) fn sequence_at(&self, offset_delta: i32) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        increment_sequence(self.base_sequence, offset_delta)
    }

    /// Whose clock the timestamps are.
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes & LOG_APPEND_TIME == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime }
    }

    /// Part of a transaction.
    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// Holds control records, which no application sees.
    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// When tombstones and markers may go, in ms, if the cleaner has set that (in the place of the base timestamp).
    pub fn delete_horizon_ms(&self) -> Option<i64> {
        (self.attributes & DELETE_HORIZON != 0).then_some(self.base_timestamp)
    }

    /// How the records are compressed.
    ///
    /// # Errors
    /// [`BatchError::UnknownCodec`].
    pub fn codec(&self) -> Result<Codec, BatchError> {
        let codec = self.attributes & CODEC;
        u8::try_from(codec).ok().and_then(Codec::from_id).ok_or(BatchError::UnknownCodec { codec })
    }

    /// The attributes of an uncompressed batch.
    pub(super) fn attributes(timestamp_type: TimestampType, transactional: bool, control: bool) -> i16 {
        let flag = |bit: i16, set: bool| if set { bit } else { 0 };
        flag(LOG_APPEND_TIME, timestamp_type == TimestampType::LogAppendTime)
            | flag(TRANSACTIONAL, transactional)
            | flag(CONTROL, control)
    }

    /// The attributes without a codec.
    pub(super) fn attributes_uncompressed(&self) -> i16 {
        self.attributes & !CODEC
    }

    /// The attributes with another timestamp type. The unused second byte goes, as in Kafka's `setMaxTimestamp`.
    pub(super) fn attributes_with(&self, timestamp_type: TimestampType) -> i16 {
        let kept = self.attributes & (CODEC | TRANSACTIONAL | CONTROL | DELETE_HORIZON);
        kept | BatchHeader::attributes(timestamp_type, false, false)
    }
}

/// The sequence number `increment` after `sequence`: after 2³¹−1 comes 0.
/// Kafka: `DefaultRecordBatch.incrementSequence`.
pub fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    if sequence > i32::MAX.wrapping_sub(increment) {
        increment.wrapping_sub(i32::MAX.wrapping_sub(sequence)).wrapping_sub(1)
    } else {
        sequence.wrapping_add(increment)
    }
}

/// Writes `field` to the front of `bytes` and gives what comes after it.
fn put<const N: usize>(bytes: &mut [u8], field: [u8; N]) -> &mut [u8] {
    match bytes.split_first_chunk_mut() {
        Some((front, rest)) => {
            *front = field;
            rest
        }
        None => &mut [],
    }
}

fn take<const N: usize>(bytes: &[u8], field: Field) -> Result<[u8; N], BatchError> {
    let position = field.position();
    let there = bytes.get(position..).unwrap_or_default();
    there.first_chunk().copied().ok_or(BatchError::Truncated { field, position, needed: N, available: there.len() })
}
