//! What a leader looks at before it appends a client's batch. Kafka 4.3: `UnifiedLog.analyzeAndValidateRecords`,
//! `LogValidator`.
//!
//! Differs from Kafka: only what needs neither a clock nor a topic's configs other than `max.message.bytes`
//! (`message.timestamp.type` is `CreateTime`, timestamps have no bounds, the topic is not compacted), only clients
//! append, and compressed records are refused, since they cannot be looked at.

use crate::batch::{Field, RecordBatch, TimestampType};
use crate::log::LogError;
use crate::record::NO_TIMESTAMP;

/// The batch as a leader keeps it, but for offsets and epoch.
///
/// # Errors
/// In the order in which Kafka looks: base offset, size, CRC, offsets and count, flags, sequence, records, timestamps.
pub(crate) fn validate(batch: &RecordBatch, max_message_bytes: u64) -> Result<RecordBatch, LogError> {
    let header = batch.header();
    if header.base_offset != 0 {
        return Err(invalid(Field::BaseOffset, header.base_offset, "a client's batch begins at offset 0"));
    }
    let size = batch.size_in_bytes();
    if size > max_message_bytes {
        return Err(LogError::MessageTooLarge { size, limit: max_message_bytes });
    }
    batch.check_crc()?;
    if header.last_offset_delta < 0 {
        let value = header.last_offset_delta.into();
        return Err(invalid(Field::LastOffsetDelta, value, "the last offset is before the first"));
    }
    if header.records_count <= 0 {
        let value = header.records_count.into();
        return Err(invalid(Field::RecordsCount, value, "a batch has records"));
    }
    if header.records_count.checked_sub(1) != Some(header.last_offset_delta) {
        let value = header.records_count.into();
        return Err(invalid(Field::RecordsCount, value, "a client's batch has a record at each of its offsets"));
    }
    if header.is_control() {
        let value = header.attributes.into();
        return Err(invalid(Field::Attributes, value, "a client does not write control records"));
    }
    if header.producer_id >= 0 && header.base_sequence < 0 {
        let value = header.base_sequence.into();
        return Err(invalid(Field::BaseSequence, value, "a batch with a producer id has a sequence"));
    }
    let (mut newest, mut has_none) = (NO_TIMESTAMP, false);
    for record in batch {
        let timestamp = record?.timestamp;
        newest = newest.max(timestamp);
        has_none |= timestamp == NO_TIMESTAMP;
    }
    if has_none && header.timestamp_type() == TimestampType::LogAppendTime {
        return Err(LogError::InvalidTimestampType);
    }
    // Kafka believes the records, not the header.
    Ok(batch.with_max_timestamp(TimestampType::CreateTime, newest))
}

fn invalid(field: Field, value: i64, why: &'static str) -> LogError {
    LogError::InvalidRecord { field, value, why }
}
