//! What a leader looks at before it appends a batch. Kafka 4.3: `LogValidator`.
//!
//! Differs from Kafka: `compression.type` is `producer`, and a compressed batch keeps its records as they are, even where
//! their offsets are not consecutive (Kafka compresses it anew). Without codecs a compressed batch is refused.

use crate::batch::{Field, RecordBatch, TimestampType};
use crate::config::LogConfig;
use crate::log::LogError;
use crate::producer_state::AppendOrigin;
use crate::record::NO_TIMESTAMP;

/// A batch as a leader keeps it.
pub(crate) struct Validated {
    /// With its offsets, its epoch and its timestamps.
    pub(crate) batch: RecordBatch,
    /// The largest timestamp.
    pub(crate) max_timestamp: i64,
    /// The offset of the last record.
    pub(crate) last_offset: i64,
}

/// Looks at a batch and gives it its offsets, from `offset` on.
///
/// # Errors
/// In the order in which Kafka looks: offsets and count, flags, sequence, records, keys and timestamps.
pub(crate) fn validate(
    batch: &RecordBatch,
    config: &LogConfig,
    now_ms: i64,
    origin: AppendOrigin,
    leader_epoch: i32,
    offset: i64,
) -> Result<Validated, LogError> {
    if origin == AppendOrigin::Client {
        validate_header(batch)?;
    }
    let (mut newest, mut count) = (NO_TIMESTAMP, 0_i64);
    let (mut bad_timestamp, mut bad_key) = (None, None);
    for record in &*batch.readable()? {
        let record = record?;
        let (timestamp, offset) = (record.timestamp, record.offset);
        if config.compact && record.key.is_none() {
            bad_key.get_or_insert(LogError::NoKey { offset });
        } else if let Some(error) = timestamp_error(batch, timestamp, offset, config, now_ms) {
            bad_timestamp.get_or_insert(error);
        }
        newest = newest.max(timestamp);
        count = count.saturating_add(1);
    }
    if let Some(error) = bad_timestamp.or(bad_key) {
        return Err(error);
    }
    let timestamp_type = config.message_timestamp_type;
    let max_timestamp = if timestamp_type == TimestampType::LogAppendTime { now_ms } else { newest };
    let last_offset = offset.saturating_add(count).saturating_sub(1);
    let base_offset = last_offset.saturating_sub(batch.header().last_offset_delta.into());
    // Kafka believes the records, not the header.
    let batch = batch.stamped(base_offset, leader_epoch).with_max_timestamp(timestamp_type, max_timestamp);
    Ok(Validated { batch, max_timestamp, last_offset })
}

/// Kafka: `validateBatch`.
fn validate_header(batch: &RecordBatch) -> Result<(), LogError> {
    let header = batch.header();
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
    Ok(())
}

/// Kafka: `validateTimestamp`.
fn timestamp_error(
    batch: &RecordBatch,
    timestamp: i64,
    offset: i64,
    config: &LogConfig,
    now_ms: i64,
) -> Option<LogError> {
    if config.message_timestamp_type == TimestampType::CreateTime && timestamp != NO_TIMESTAMP {
        let age = now_ms.wrapping_sub(timestamp);
        let (before, after) = (config.message_timestamp_before_max_ms, config.message_timestamp_after_max_ms);
        let is_bad = age > before || age.wrapping_neg() > after;
        let (earliest, latest) = (now_ms.saturating_sub(before), now_ms.saturating_add(after));
        return is_bad.then_some(LogError::InvalidTimestamp { offset, timestamp, earliest, latest });
    }
    (batch.header().timestamp_type() == TimestampType::LogAppendTime).then_some(LogError::InvalidTimestampType)
}

pub(crate) fn invalid(field: Field, value: i64, why: &'static str) -> LogError {
    LogError::InvalidRecord { field, value, why }
}
