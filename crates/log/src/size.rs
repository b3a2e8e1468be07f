//! How large records and batches are, before they are written. Kafka 4.3: `DefaultRecord.sizeInBytes` and
//! `recordSizeUpperBound`, `DefaultRecordBatch.sizeInBytes` and `estimateBatchSizeUpperBound`,
//! `AbstractRecords.estimateSizeInBytesUpperBound`.
//!
//! All sizes are in bytes; a key or a value is given by its length, `None` for null. A sum past `usize::MAX` stays
//! there: [`crate::batch::RecordBatch::encode`] refuses anything past 2³¹−1.

use crate::batch::HEADER_SIZE;
use crate::record::{Header, NewRecord};
use crate::varint::{VARINT_MAX_BYTES, VARLONG_MAX_BYTES, varint_size, varlong_size};

/// The bytes of a record's attributes.
const ATTRIBUTES_SIZE: usize = 1;

/// A record without key, value and headers at its largest: length, attributes, timestamp delta and offset delta.
/// Kafka: `DefaultRecord.MAX_RECORD_OVERHEAD`.
pub const RECORD_OVERHEAD_MAX: usize = VARINT_MAX_BYTES + ATTRIBUTES_SIZE + VARLONG_MAX_BYTES + VARINT_MAX_BYTES;

/// The exact size of a record within a batch, its length field included. Kafka: `DefaultRecord.sizeInBytes`.
pub fn record_size_in_bytes(
    offset_delta: i32,
    timestamp_delta: i64,
    key: Option<usize>,
    value: Option<usize>,
    headers: &[Header],
) -> usize {
    let body = record_body_size(offset_delta, timestamp_delta, key, value, headers);
    varint_size(to_i32(body)).saturating_add(body)
}

/// The size of a record without its length field: what that field says. Kafka: `DefaultRecord.sizeOfBodyInBytes`.
pub fn record_body_size(
    offset_delta: i32,
    timestamp_delta: i64,
    key: Option<usize>,
    value: Option<usize>,
    headers: &[Header],
) -> usize {
    ATTRIBUTES_SIZE
        .saturating_add(varint_size(offset_delta))
        .saturating_add(varlong_size(timestamp_delta))
        .saturating_add(payload_size(key, value, headers))
}

/// The most that a record can take within a batch, wherever in it. Kafka: `DefaultRecord.recordSizeUpperBound`.
pub fn record_size_upper_bound(key: Option<usize>, value: Option<usize>, headers: &[Header]) -> usize {
    RECORD_OVERHEAD_MAX.saturating_add(payload_size(key, value, headers))
}

/// The most that a batch of this one record can take. Kafka: `AbstractRecords.estimateSizeInBytesUpperBound`.
pub fn batch_size_upper_bound(key: Option<usize>, value: Option<usize>, headers: &[Header]) -> usize {
    HEADER_SIZE.saturating_add(record_size_upper_bound(key, value, headers))
}

/// The exact size of an uncompressed batch of these records; 0 without any, since there is no such batch.
/// Kafka: `DefaultRecordBatch.sizeInBytes(Iterable<SimpleRecord>)`.
pub fn batch_size_in_bytes(records: &[NewRecord]) -> usize {
    let Some(first) = records.first() else { return 0 };
    let size = |(offset_delta, record): (i32, &NewRecord)| {
        record_size_in_bytes(
            offset_delta,
            record.timestamp.wrapping_sub(first.timestamp),
            record.key.as_ref().map(|key| key.len()),
            record.value.as_ref().map(|value| value.len()),
            &record.headers,
        )
    };
    (0..=i32::MAX).zip(records).map(size).fold(HEADER_SIZE, usize::saturating_add)
}

fn payload_size(key: Option<usize>, value: Option<usize>, headers: &[Header]) -> usize {
    let header = |header: &Header| {
        sized(Some(header.key.len())).saturating_add(sized(header.value.as_ref().map(|value| value.len())))
    };
    sized(key)
        .saturating_add(sized(value))
        .saturating_add(varint_size(to_i32(headers.len())))
        .saturating_add(headers.iter().map(header).fold(0, usize::saturating_add))
}

/// A length field with what it counts; null is the length −1.
fn sized(length: Option<usize>) -> usize {
    match length {
        None => varint_size(-1),
        Some(length) => varint_size(to_i32(length)).saturating_add(length),
    }
}

/// Lengths past 2³¹−1 take as many bytes as this one; no batch has them.
pub(crate) fn to_i32(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The accumulator's arithmetic by hand: 61 + 21 + key (1 + 3) + value (2 + 100) + no headers (1).
    #[test]
    fn the_upper_bound_of_a_batch_is_kafkas_sum() {
        assert_eq!(RECORD_OVERHEAD_MAX, 21);
        assert_eq!(batch_size_upper_bound(Some(3), Some(100), &[]), 61 + 21 + 4 + 102 + 1);
        assert_eq!(batch_size_upper_bound(None, None, &[]), 61 + 21 + 1 + 1 + 1);
    }

    #[test]
    fn a_header_counts_its_key_in_utf_8() {
        let header = |key: &str, value: Option<&[u8]>| Header { key: key.into(), value: value.map(Into::into) };
        let without = record_size_upper_bound(None, None, &[]);
        let size = |headers: &[Header]| record_size_upper_bound(None, None, headers) - without;
        assert_eq!(size(&[header("键", Some(b"ab"))]), 1 + 3 + 1 + 2);
        assert_eq!(size(&[header("", None), header("k", None)]), 1 + 1 + 1 + 1 + 1);
    }

    #[test]
    fn a_record_grows_with_its_distance_to_the_first() {
        let size = |offset_delta, timestamp_delta| record_size_in_bytes(offset_delta, timestamp_delta, None, None, &[]);
        assert_eq!(size(0, 0), 7);
        assert_eq!(size(63, -64), 7);
        assert_eq!(size(64, 64), 9);
        assert_eq!(size(i32::MAX, i64::MAX), 7 + 4 + 9);
    }

    #[test]
    fn absurd_lengths_do_not_overflow() {
        let huge = Some(usize::MAX);
        assert_eq!(batch_size_upper_bound(huge, huge, &[]), usize::MAX);
        assert_eq!(record_size_in_bytes(0, 0, huge, huge, &[]), usize::MAX);
    }

    #[test]
    fn there_is_no_batch_without_records() {
        assert_eq!(batch_size_in_bytes(&[]), 0);
        assert_eq!(batch_size_in_bytes(&[NewRecord::default()]), 61 + 7);
    }
}
