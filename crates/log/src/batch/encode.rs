//! From records to bytes. Kafka 4.3: `MemoryRecordsBuilder`, `DefaultRecord.writeTo`.

use super::{
    BatchError, CONTROL, HEADER_SIZE, Header, LOG_APPEND_TIME, LOG_OVERHEAD, MAGIC, RecordBatch, TRANSACTIONAL,
};
use crate::record::NewRecord;
use crate::size::record_body_size;
use crate::varint::{write_varint, write_varlong};

/// What the header says besides what follows from the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSpec {
    /// The offset of the first record.
    pub base_offset: i64,
    /// −1 as a producer sends it.
    pub partition_leader_epoch: i32,
    /// −1 for none.
    pub producer_id: i64,
    /// −1 for none.
    pub producer_epoch: i16,
    /// −1 for none.
    pub base_sequence: i32,
    /// Part of a transaction.
    pub transactional: bool,
    /// A control batch.
    pub control: bool,
    /// The append time that replaces the records' timestamps in the header, in ms.
    pub log_append_time: Option<i64>,
}

impl Default for BatchSpec {
    fn default() -> BatchSpec {
        BatchSpec {
            base_offset: 0,
            partition_leader_epoch: -1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            transactional: false,
            control: false,
            log_append_time: None,
        }
    }
}

impl RecordBatch {
    /// Writes records as one uncompressed batch; offsets are consecutive.
    ///
    /// # Errors
    /// [`BatchError::CannotEncode`] without records, or past 2³¹−1 records or bytes.
    pub fn encode(spec: &BatchSpec, records: &[NewRecord]) -> Result<RecordBatch, BatchError> {
        let Some(first) = records.first() else {
            return Err(BatchError::CannotEncode { what: "a batch has at least one record" });
        };
        let count = i32::try_from(records.len())
            .map_err(|_| BatchError::CannotEncode { what: "a batch has at most 2147483647 records" })?;
        let base_timestamp = first.timestamp;
        let mut body = Vec::new();
        for (offset_delta, record) in (0..count).zip(records) {
            write_record(offset_delta, record.timestamp.wrapping_sub(base_timestamp), record, &mut body);
        }
        let length = i32::try_from(HEADER_SIZE.saturating_sub(LOG_OVERHEAD).saturating_add(body.len()))
            .map_err(|_| BatchError::CannotEncode { what: "a batch has at most 2147483647 bytes" })?;
        let newest = records.iter().map(|record| record.timestamp).max().unwrap_or(base_timestamp);
        let mut attributes = 0;
        for (bit, set) in [
            (TRANSACTIONAL, spec.transactional),
            (CONTROL, spec.control),
            (LOG_APPEND_TIME, spec.log_append_time.is_some()),
        ] {
            attributes |= if set { bit } else { 0 };
        }
        let mut header = Header {
            base_offset: spec.base_offset,
            length,
            partition_leader_epoch: spec.partition_leader_epoch,
            magic: MAGIC,
            crc: 0,
            attributes,
            last_offset_delta: count.saturating_sub(1),
            base_timestamp,
            max_timestamp: spec.log_append_time.unwrap_or(newest),
            producer_id: spec.producer_id,
            producer_epoch: spec.producer_epoch,
            base_sequence: spec.base_sequence,
            count,
        };
        header.crc = header.compute_crc(&body);
        Ok(RecordBatch { header, body: body.into() })
    }
}

impl Header {
    /// Appends the 61 bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.base_offset.to_be_bytes());
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&self.partition_leader_epoch.to_be_bytes());
        out.extend_from_slice(&self.magic.to_be_bytes());
        out.extend_from_slice(&self.crc.to_be_bytes());
        self.write_covered(out);
    }

    /// What the CRC covers of the header.
    fn write_covered(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.attributes.to_be_bytes());
        out.extend_from_slice(&self.last_offset_delta.to_be_bytes());
        out.extend_from_slice(&self.base_timestamp.to_be_bytes());
        out.extend_from_slice(&self.max_timestamp.to_be_bytes());
        out.extend_from_slice(&self.producer_id.to_be_bytes());
        out.extend_from_slice(&self.producer_epoch.to_be_bytes());
        out.extend_from_slice(&self.base_sequence.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
    }

    /// CRC-32C of everything from the attributes on.
    pub(crate) fn compute_crc(&self, body: &[u8]) -> u32 {
        let mut covered = Vec::with_capacity(HEADER_SIZE);
        self.write_covered(&mut covered);
        crc32c::crc32c_append(crc32c::crc32c(&covered), body)
    }
}

fn write_record(offset_delta: i32, timestamp_delta: i64, record: &NewRecord, out: &mut Vec<u8>) {
    let key = record.key.as_deref();
    let value = record.value.as_deref();
    let size =
        record_body_size(offset_delta, timestamp_delta, key.map(<[u8]>::len), value.map(<[u8]>::len), &record.headers);
    write_varint(to_i32(size), out);
    out.push(0); // the record's attributes: unused
    write_varlong(timestamp_delta, out);
    write_varint(offset_delta, out);
    write_sized(key, out);
    write_sized(value, out);
    write_varint(to_i32(record.headers.len()), out);
    for header in &record.headers {
        write_sized(Some(header.key.as_bytes()), out);
        write_sized(header.value.as_deref(), out);
    }
}

fn write_sized(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    match bytes {
        None => write_varint(-1, out),
        Some(bytes) => {
            write_varint(to_i32(bytes.len()), out);
            out.extend_from_slice(bytes);
        }
    }
}

fn to_i32(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
