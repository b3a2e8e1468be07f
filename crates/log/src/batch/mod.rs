//! Record batch v2, byte for byte. Kafka 4.3: `org.apache.kafka.common.record.DefaultRecordBatch`,
//! `MemoryRecordsBuilder`.
//!
//! Big-endian. The CRC covers everything from the attributes on, so a broker stamps base offset and leader epoch
//! without computing it again.

mod decode;
mod encode;
mod error;
mod layout;

use std::rc::Rc;

pub use encode::BatchSpec;
pub use error::{BatchError, Field};
pub use layout::{FieldValue, LayoutField};

use crate::record::Record;

/// The header of a batch in bytes.
pub const HEADER_SIZE: usize = 61;
/// Base offset and length, which the length field does not count.
pub const LOG_OVERHEAD: usize = 12;
/// The version of this format.
pub const MAGIC: i8 = 2;

pub(crate) const TRANSACTIONAL: i16 = 1 << 4;
pub(crate) const CONTROL: i16 = 1 << 5;
pub(crate) const DELETE_HORIZON: i16 = 1 << 6;
pub(crate) const LOG_APPEND_TIME: i16 = 1 << 3;

/// The compression codec of a batch: attribute bits 0–2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// 0.
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

/// A batch: its bytes, and its header read. Cloning shares the records.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBatch {
    header: Header,
    /// Everything after the header.
    body: Rc<[u8]>,
}

/// The header's fields under Kafka's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub base_offset: i64,
    pub length: i32,
    pub partition_leader_epoch: i32,
    pub magic: i8,
    pub crc: u32,
    pub attributes: i16,
    pub last_offset_delta: i32,
    pub base_timestamp: i64,
    pub max_timestamp: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub count: i32,
}

impl RecordBatch {
    /// The offset of the first record.
    pub fn base_offset(&self) -> i64 {
        self.header.base_offset
    }

    /// The offset of the last record (also if compaction took it away).
    pub fn last_offset(&self) -> i64 {
        self.header.base_offset.saturating_add(self.header.last_offset_delta.into())
    }

    /// The epoch of the leader that appended the batch; −1 as a producer sends it.
    pub fn partition_leader_epoch(&self) -> i32 {
        self.header.partition_leader_epoch
    }

    /// The stored CRC-32C.
    pub fn crc(&self) -> u32 {
        self.header.crc
    }

    /// How many records the header counts.
    pub fn record_count(&self) -> i32 {
        self.header.count
    }

    /// The timestamp that the records' deltas count from, in ms.
    pub fn base_timestamp(&self) -> i64 {
        self.header.base_timestamp
    }

    /// The largest timestamp, in ms.
    pub fn max_timestamp(&self) -> i64 {
        self.header.max_timestamp
    }

    /// The producer id; −1 for none.
    pub fn producer_id(&self) -> i64 {
        self.header.producer_id
    }

    /// The producer's epoch; −1 for none.
    pub fn producer_epoch(&self) -> i16 {
        self.header.producer_epoch
    }

    /// The sequence number of the first record; −1 for none.
    pub fn base_sequence(&self) -> i32 {
        self.header.base_sequence
    }

    /// Part of a transaction.
    pub fn is_transactional(&self) -> bool {
        self.header.attributes & TRANSACTIONAL != 0
    }

    /// Holds a control record.
    pub fn is_control(&self) -> bool {
        self.header.attributes & CONTROL != 0
    }

    /// The timestamps are those of the append.
    pub fn is_log_append_time(&self) -> bool {
        self.header.attributes & LOG_APPEND_TIME != 0
    }

    /// The delete horizon in ms, if the cleaner has set one (it takes the place of the base timestamp).
    pub fn delete_horizon_ms(&self) -> Option<i64> {
        (self.header.attributes & DELETE_HORIZON != 0).then_some(self.header.base_timestamp)
    }

    /// The codec of the records.
    ///
    /// # Errors
    /// A number that is no codec.
    pub fn codec(&self) -> Result<Codec, BatchError> {
        match self.header.attributes & 0x07 {
            0 => Ok(Codec::None),
            1 => Ok(Codec::Gzip),
            2 => Ok(Codec::Snappy),
            3 => Ok(Codec::Lz4),
            4 => Ok(Codec::Zstd),
            codec => Err(BatchError::UnknownCodec { codec, position: Field::Attributes.position() }),
        }
    }

    /// The size in bytes, header included.
    pub fn size_in_bytes(&self) -> u64 {
        u64::try_from(HEADER_SIZE.saturating_add(self.body.len())).unwrap_or(u64::MAX)
    }

    /// The batch with the offsets and the epoch that a leader gives it. The CRC stays as it is.
    #[must_use]
    pub fn stamped(&self, base_offset: i64, partition_leader_epoch: i32) -> RecordBatch {
        let header = Header { base_offset, partition_leader_epoch, ..self.header };
        RecordBatch { header, body: Rc::clone(&self.body) }
    }

    /// Compares the stored CRC with the bytes.
    ///
    /// # Errors
    /// [`BatchError::Crc`].
    pub fn check_crc(&self) -> Result<(), BatchError> {
        let computed = self.header.compute_crc(&self.body);
        if computed == self.header.crc {
            return Ok(());
        }
        Err(BatchError::Crc { stored: self.header.crc, computed, position: Field::Crc.position() })
    }

    /// The records, decoded.
    ///
    /// # Errors
    /// The first field that cannot be read, and where.
    pub fn records(&self) -> Result<Vec<Record>, BatchError> {
        decode::records(self)
    }

    /// The bytes as they stand in a log.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_SIZE.saturating_add(self.body.len()));
        self.header.write(&mut bytes);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Every field of the header and of each record, with its bytes.
    ///
    /// # Errors
    /// The first field that cannot be read, and where.
    pub fn layout(&self) -> Result<Vec<LayoutField>, BatchError> {
        layout::layout(self)
    }
}

impl std::fmt::Debug for RecordBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.header.fmt(f)
    }
}
