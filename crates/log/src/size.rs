//! How large records and batches are, before they are written. Kafka 4.3: `DefaultRecord.sizeInBytes`,
//! `DefaultRecord.recordSizeUpperBound`, `AbstractRecords.estimateSizeInBytesUpperBound`.

use crate::batch::HEADER_SIZE;
use crate::record::Header;
use crate::varint::{VARINT_MAX_BYTES, varint_size, varlong_size};

/// `DefaultRecord.MAX_RECORD_OVERHEAD`: length, attributes, timestamp delta and offset delta at their largest.
pub const RECORD_OVERHEAD_MAX: usize = 21;

/// The exact size of a record within a batch in bytes, its length field included.
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

/// The size of a record without its length field.
pub(crate) fn record_body_size(
    offset_delta: i32,
    timestamp_delta: i64,
    key: Option<usize>,
    value: Option<usize>,
    headers: &[Header],
) -> usize {
    1_usize
        .saturating_add(varint_size(offset_delta))
        .saturating_add(varlong_size(timestamp_delta))
        .saturating_add(payload_size(key, value, headers))
}

/// The most bytes that a record can take within a batch.
pub fn record_size_upper_bound(key: Option<usize>, value: Option<usize>, headers: &[Header]) -> usize {
    RECORD_OVERHEAD_MAX.saturating_add(payload_size(key, value, headers))
}

/// The most bytes that a batch of this one record can take.
pub fn batch_size_upper_bound(key: Option<usize>, value: Option<usize>, headers: &[Header]) -> usize {
    HEADER_SIZE.saturating_add(record_size_upper_bound(key, value, headers))
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

fn to_i32(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

const _: () = assert!(RECORD_OVERHEAD_MAX == VARINT_MAX_BYTES * 2 + 10 + 1);
