//! Record batch v2, byte for byte. Kafka 4.3: `org.apache.kafka.common.record.DefaultRecordBatch`.
//!
//! Big-endian: a header of 61 bytes, then the records. The CRC covers everything from the attributes on, so a broker
//! gives base offset and leader epoch without computing it again.
//!
//! Differs from Kafka: only magic 2, and compressed records are carried but not read.

mod encode;
mod error;
mod field;
mod header;
mod layout;
mod rebuild;
mod records;

use crate::decompression::decompress;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

pub use encode::BatchSpec;
pub use error::{BatchError, EncodeError};
pub use field::Field;
pub use header::{BatchHeader, Codec, HEADER_SIZE, LOG_OVERHEAD, MAGIC, TimestampType, increment_sequence};
pub use layout::{FieldValue, Layout, LayoutField};
pub use records::{HeaderRefs, RecordRefs};

use crate::record::{NO_TIMESTAMP, Record, RecordRef};

/// No more records than this are made room for before they are read: a count is only a claim.
const RECORDS_EXPECTED_MAX: usize = 1024;

/// A batch: its header read, its records as bytes. Clones share the bytes, also under another offset and epoch.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBatch {
    header: BatchHeader,
    /// Everything after the header.
    records: Rc<[u8]>,
}

impl RecordBatch {
    /// Reads the batch at the start of `bytes`; what follows it is left alone. The CRC is not compared here
    /// (see [`RecordBatch::check_crc`]), and the records are not looked at.
    ///
    /// # Errors
    /// The first field of the header that cannot be, and where; [`BatchError::Truncated`] if the length field claims
    /// more than there is.
    pub fn decode(bytes: &[u8]) -> Result<RecordBatch, BatchError> {
        let header = BatchHeader::decode(bytes)?;
        let records = RecordBatch::records_bytes(&header, bytes)?.into();
        Ok(RecordBatch { header, records })
    }

    /// A batch of a format before version 2, as far as a file needs to know it: its place, its size and its timestamp.
    /// Its records are not read, and its CRC is never right. None if there is less than a header.
    pub(crate) fn legacy(bytes: &[u8]) -> Option<RecordBatch> {
        let number = |at: usize| bytes.get(at..)?.first_chunk().copied();
        let magic = bytes.get(Field::Magic.position())?.cast_signed();
        let timestamp = bytes.get(18..).and_then(|rest| rest.first_chunk().copied()).map(i64::from_be_bytes);
        let header = BatchHeader {
            base_offset: i64::from_be_bytes(number(0)?),
            batch_length: i32::from_be_bytes(bytes.get(8..)?.first_chunk().copied()?),
            partition_leader_epoch: -1,
            magic,
            crc: 0,
            attributes: 0,
            last_offset_delta: 0,
            base_timestamp: NO_TIMESTAMP,
            max_timestamp: timestamp.filter(|_| magic == 1).unwrap_or(NO_TIMESTAMP),
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            records_count: 0,
        };
        Some(RecordBatch { header, records: Rc::from([]) })
    }

    /// Of a format before version 2.
    pub(crate) fn is_legacy(&self) -> bool {
        self.header.magic < MAGIC
    }

    /// What stands after the header of the batch that begins `bytes`.
    fn records_bytes<'a>(header: &BatchHeader, bytes: &'a [u8]) -> Result<&'a [u8], BatchError> {
        let size = header.size_in_bytes()?;
        bytes.get(HEADER_SIZE..size).ok_or(BatchError::Truncated {
            field: Field::BatchLength,
            position: Field::BatchLength.position(),
            needed: size,
            available: bytes.len(),
        })
    }

    /// The header's fields.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The offset of the first record.
    pub fn base_offset(&self) -> i64 {
        self.header.base_offset
    }

    /// The offset of the last record, also if compaction took it away.
    pub fn last_offset(&self) -> i64 {
        self.header.last_offset()
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
        self.header.records_count
    }

    /// What the records' timestamps count from, in ms.
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
        self.header.is_transactional()
    }

    /// Holds control records, which no application sees.
    pub fn is_control(&self) -> bool {
        self.header.is_control()
    }

    /// The size in bytes, header included.
    pub fn size_in_bytes(&self) -> u64 {
        u64::from(self.header.batch_length.unsigned_abs()).saturating_add(LOG_OVERHEAD as u64)
    }

    /// The batch with the offsets and the epoch that a leader gives it. The CRC stays as it is.
    /// Kafka: `setLastOffset`, `setPartitionLeaderEpoch`.
    #[must_use]
    pub fn stamped(&self, base_offset: i64, partition_leader_epoch: i32) -> RecordBatch {
        let header = BatchHeader { base_offset, partition_leader_epoch, ..self.header };
        RecordBatch { header, records: Rc::clone(&self.records) }
    }

    /// The batch with another type and maximum of timestamps, and the CRC of that; itself if both are so already.
    /// Kafka: `setMaxTimestamp`.
    #[must_use]
    pub fn with_max_timestamp(&self, timestamp_type: TimestampType, max_timestamp: i64) -> RecordBatch {
        if self.header.timestamp_type() == timestamp_type && self.header.max_timestamp == max_timestamp {
            return self.clone();
        }
        let mut header =
            BatchHeader { attributes: self.header.attributes_with(timestamp_type), max_timestamp, ..self.header };
        header.crc = header.compute_crc(&self.records);
        RecordBatch { header, records: Rc::clone(&self.records) }
    }

    /// Compares the stored CRC with the bytes. Kafka: `ensureValid`.
    ///
    /// # Errors
    /// [`BatchError::Crc`].
    pub fn check_crc(&self) -> Result<(), BatchError> {
        if self.is_legacy() {
            return Err(BatchError::Magic { magic: self.header.magic });
        }
        let computed = self.header.compute_crc(&self.records);
        if computed == self.header.crc {
            return Ok(());
        }
        Err(BatchError::Crc { stored: self.header.crc, computed })
    }

    /// The same batch with its records as they were before they were compressed: to read them. It is not what stands in a
    /// log: its sizes and its CRC are those of the compressed one.
    ///
    /// # Errors
    /// An unknown codec, or what [`decompress`](crate::decompression::decompress) says.
    pub fn decompressed(&self) -> Result<RecordBatch, BatchError> {
        let records = decompress(self.header.codec()?, &self.records)?.into();
        Ok(RecordBatch {
            header: BatchHeader { attributes: self.header.attributes_uncompressed(), ..self.header },
            records,
        })
    }

    /// The batch with its records as they can be read: itself, or decompressed.
    pub(crate) fn readable(&self) -> Result<Cow<'_, RecordBatch>, BatchError> {
        if self.header.codec()? == Codec::None {
            return Ok(Cow::Borrowed(self));
        }
        self.decompressed().map(Cow::Owned)
    }

    /// The records where they stand. The first error, which says the field and where, is the last thing that comes.
    pub fn iter(&self) -> RecordRefs<'_> {
        RecordRefs::new(&self.header, &self.records)
    }

    /// The records, which share the batch's bytes.
    ///
    /// # Errors
    /// The first field that cannot be read, and where.
    pub fn records(&self) -> Result<Vec<Record>, BatchError> {
        let expected = usize::try_from(self.header.records_count).unwrap_or(0);
        let mut records = Vec::with_capacity(expected.min(RECORDS_EXPECTED_MAX));
        for record in self {
            records.push(record?.to_record(&self.records));
        }
        Ok(records)
    }

    /// The records up to the first error, which comes last: what a damaged batch still shows.
    pub fn records_until_error(&self) -> impl Iterator<Item = Result<Record, BatchError>> {
        self.iter().map(|record| record.map(|record| record.to_record(&self.records)))
    }

    /// The bytes as they stand in a log.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_SIZE.saturating_add(self.records.len()));
        self.write_to(&mut bytes);
        bytes
    }

    /// Adds the bytes to others.
    pub(crate) fn write_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.header.to_bytes());
        bytes.extend_from_slice(&self.records);
    }

    /// Every field of the header and of each record, with its bytes.
    pub fn layout(&self) -> Layout<'_> {
        Layout::of_batch(&self.header, &self.records)
    }
}

impl<'a> IntoIterator for &'a RecordBatch {
    type Item = Result<RecordRef<'a>, BatchError>;
    type IntoIter = RecordRefs<'a>;

    fn into_iter(self) -> RecordRefs<'a> {
        self.iter()
    }
}

impl fmt::Debug for RecordBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.header.fmt(f)
    }
}
