//! A batch after the cleaner took records away. Kafka 4.3: `MemoryRecords.buildRetainedRecordsInto`,
//! `DefaultRecordBatch.writeEmptyHeader`.

use super::encode::write_record;
use super::header::DELETE_HORIZON;
use super::{BatchError, BatchHeader, Codec, EncodeError, HEADER_SIZE, LOG_OVERHEAD, RecordBatch, TimestampType};
use crate::record::{NO_TIMESTAMP, NewRecord, RecordRef};
use crate::size::to_i32;

impl RecordBatch {
    /// The batch with only these of its records, which keep their offsets; first and last offset stay. A delete horizon in
    /// ms goes to the place of the base timestamp.
    pub(crate) fn rebuilt(
        &self,
        records: &[RecordRef<'_>],
        delete_horizon_ms: Option<i64>,
    ) -> Result<RecordBatch, BatchError> {
        let base_timestamp = delete_horizon_ms.or(records.first().map(|first| first.timestamp)).unwrap_or(NO_TIMESTAMP);
        let mut bytes = Vec::new();
        let mut newest = NO_TIMESTAMP;
        for record in records {
            let delta = record.offset.wrapping_sub(self.header.base_offset);
            let delta = i32::try_from(delta).map_err(|_| EncodeError::TooManyRecords)?;
            let new = NewRecord {
                timestamp: record.timestamp,
                key: record.key.map(Into::into),
                value: record.value.map(Into::into),
                headers: record.headers.clone().map(crate::record::HeaderRef::to_header).collect(),
            };
            write_record(delta, record.timestamp.wrapping_sub(base_timestamp), &new, &mut bytes);
            newest = newest.max(record.timestamp);
        }
        let codec = self.header.codec()?;
        let bytes = compressed(codec, bytes)?;
        let is_append_time = self.header.timestamp_type() == TimestampType::LogAppendTime;
        let mut header = BatchHeader {
            base_timestamp,
            max_timestamp: if is_append_time { self.header.max_timestamp } else { newest },
            records_count: i32::try_from(records.len()).map_err(|_| EncodeError::TooManyRecords)?,
            ..self.header
        };
        header.set_delete_horizon(delete_horizon_ms.is_some_and(|horizon| horizon >= 0));
        RecordBatch::of_header(header, bytes)
    }

    /// The batch without a record: it keeps the place of its offsets and of its producer's sequence.
    pub(crate) fn emptied(&self) -> Result<RecordBatch, BatchError> {
        let mut header = BatchHeader { base_timestamp: NO_TIMESTAMP, records_count: 0, ..self.header };
        header.attributes =
            BatchHeader::attributes(header.timestamp_type(), header.is_transactional(), header.is_control());
        RecordBatch::of_header(header, Vec::new())
    }

    /// With length and CRC as they follow.
    fn of_header(mut header: BatchHeader, records: Vec<u8>) -> Result<RecordBatch, BatchError> {
        let size = HEADER_SIZE.saturating_add(records.len());
        let size = i32::try_from(size).map_err(|_| EncodeError::TooLarge { size })?;
        header.batch_length = size.saturating_sub(to_i32(LOG_OVERHEAD));
        header.magic = super::MAGIC;
        header.crc = header.compute_crc(&records);
        Ok(RecordBatch { header, records: records.into() })
    }
}

impl BatchHeader {
    /// Only the flags that a batch is built with stay.
    fn set_delete_horizon(&mut self, has_one: bool) {
        let kept = self.attributes_with(self.timestamp_type()) & !DELETE_HORIZON;
        self.attributes = if has_one { kept | DELETE_HORIZON } else { kept };
    }
}

#[cfg(feature = "codecs")]
fn compressed(codec: Codec, bytes: Vec<u8>) -> Result<Vec<u8>, BatchError> {
    match codec {
        Codec::None => Ok(bytes),
        codec => crate::compression::compress(codec, &bytes).map_err(|error| BatchError::of_codec(&error)),
    }
}

#[cfg(not(feature = "codecs"))]
fn compressed(codec: Codec, bytes: Vec<u8>) -> Result<Vec<u8>, BatchError> {
    match codec {
        Codec::None => Ok(bytes),
        codec => Err(BatchError::Compressed { codec }),
    }
}
