//! From records to bytes. Kafka 4.3: `MemoryRecordsBuilder`, `DefaultRecord.writeTo`.

use super::{BatchError, BatchHeader, EncodeError, HEADER_SIZE, LOG_OVERHEAD, MAGIC, RecordBatch, TimestampType};
use crate::record::{NO_TIMESTAMP, NewRecord};
use crate::size::{batch_size_in_bytes, record_body_size, to_i32};
use crate::varint::{write_varint, write_varlong};

/// What the header says besides what follows from the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSpec {
    /// The offset of the first record; 0 as a producer sends it.
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
    /// Holds control records.
    pub control: bool,
    /// The append time in ms, if it stands for the records' own timestamps ([`TimestampType::LogAppendTime`]).
    pub log_append_time: Option<i64>,
}

impl Default for BatchSpec {
    /// As a producer without idempotence sends it.
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

impl BatchSpec {
    /// As `MemoryRecordsBuilder.validateProducerState`.
    fn check_producer_state(&self) -> Result<(), EncodeError> {
        let BatchSpec { producer_id, producer_epoch, base_sequence, .. } = *self;
        if producer_id == -1 {
            return if self.transactional { Err(EncodeError::TransactionalWithoutProducerId) } else { Ok(()) };
        }
        if producer_epoch == -1 {
            return Err(EncodeError::ProducerIdWithoutEpoch);
        }
        if base_sequence < 0 && !self.control {
            return Err(EncodeError::NegativeSequence { base_sequence });
        }
        Ok(())
    }
}

impl RecordBatch {
    /// Writes records as one uncompressed batch; offsets are consecutive.
    ///
    /// # Errors
    /// [`BatchError::Encode`].
    pub fn encode(spec: &BatchSpec, records: &[NewRecord]) -> Result<RecordBatch, BatchError> {
        spec.check_producer_state()?;
        let first = records.first().ok_or(EncodeError::NoRecords)?;
        let count = i32::try_from(records.len()).map_err(|_| EncodeError::TooManyRecords)?;
        let last_offset_delta = count.saturating_sub(1);
        let base_offset = spec.base_offset;
        if base_offset.checked_add(last_offset_delta.into()).is_none() {
            return Err(EncodeError::OffsetOverflow { base_offset, count }.into());
        }
        let newest = newest_timestamp(records)?;
        let size = batch_size_in_bytes(records);
        let size_i32 = i32::try_from(size).map_err(|_| EncodeError::TooLarge { size })?;
        let mut bytes = Vec::with_capacity(size.saturating_sub(HEADER_SIZE));
        for (offset_delta, record) in (0..count).zip(records) {
            let timestamp_delta = record.timestamp.wrapping_sub(first.timestamp);
            write_record(offset_delta, timestamp_delta, record, &mut bytes);
        }
        let timestamp_type = match spec.log_append_time {
            None => TimestampType::CreateTime,
            Some(_) => TimestampType::LogAppendTime,
        };
        let mut header = BatchHeader {
            base_offset,
            batch_length: size_i32.saturating_sub(to_i32(LOG_OVERHEAD)),
            partition_leader_epoch: spec.partition_leader_epoch,
            magic: MAGIC,
            crc: 0,
            attributes: BatchHeader::attributes(timestamp_type, spec.transactional, spec.control),
            last_offset_delta,
            base_timestamp: first.timestamp,
            max_timestamp: spec.log_append_time.unwrap_or(newest),
            producer_id: spec.producer_id,
            producer_epoch: spec.producer_epoch,
            base_sequence: spec.base_sequence,
            records_count: count,
        };
        header.crc = header.compute_crc(&bytes);
        Ok(RecordBatch { header, records: bytes.into() })
    }
}

/// The largest timestamp, if all can be.
fn newest_timestamp(records: &[NewRecord]) -> Result<i64, EncodeError> {
    let mut newest = NO_TIMESTAMP;
    for (record, NewRecord { timestamp, .. }) in records.iter().enumerate() {
        let timestamp = *timestamp;
        if timestamp < NO_TIMESTAMP {
            return Err(EncodeError::NegativeTimestamp { record, timestamp });
        }
        newest = newest.max(timestamp);
    }
    Ok(newest)
}

pub(super) fn write_record(offset_delta: i32, timestamp_delta: i64, record: &NewRecord, out: &mut Vec<u8>) {
    let (key, value) = (record.key.as_deref(), record.value.as_deref());
    let (key_size, value_size) = (key.map(<[u8]>::len), value.map(<[u8]>::len));
    let body = record_body_size(offset_delta, timestamp_delta, key_size, value_size, &record.headers);
    write_varint(to_i32(body), out);
    out.push(0); // The record's attributes are not used.
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
