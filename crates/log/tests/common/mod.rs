//! What the tests of batches share: hex, and records of every shape.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::rc::Rc;

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::record::{Header, NewRecord};
use proptest::prelude::*;

pub fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

pub fn record(timestamp: i64, key: &str, value: &str) -> NewRecord {
    NewRecord { timestamp, key: Some(key.as_bytes().into()), value: Some(value.as_bytes().into()), headers: Vec::new() }
}

/// Two records: one with a header that has a value and one that has none, and a tombstone.
pub fn small_batch() -> RecordBatch {
    let header = |key: &str, value: Option<&[u8]>| Header { key: key.into(), value: value.map(Into::into) };
    let first = NewRecord { headers: vec![header("h", Some(b"ab")), header("n", None)], ..record(1000, "k", "value") };
    let tombstone = NewRecord { value: None, ..record(1300, "k", "") };
    RecordBatch::encode(&BatchSpec::default(), &[first, tombstone]).unwrap()
}

fn some_bytes() -> impl Strategy<Value = Option<Rc<[u8]>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|bytes| bytes.map(Rc::from))
}

/// Mostly close together, sometimes as far apart as can be, sometimes none.
fn some_timestamp() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => 1_700_000_000_000..1_700_000_100_000_i64,
        1 => Just(-1_i64),
        1 => 0..=i64::MAX,
    ]
}

pub fn some_record() -> impl Strategy<Value = NewRecord> {
    let header = ("[a-zé键]{0,8}", some_bytes()).prop_map(|(key, value)| Header { key: key.into(), value });
    let headers = proptest::collection::vec(header, 0..4);
    (some_timestamp(), some_bytes(), some_bytes(), headers).prop_map(|(timestamp, key, value, headers)| NewRecord {
        timestamp,
        key,
        value,
        headers,
    })
}

pub fn some_records() -> impl Strategy<Value = Vec<NewRecord>> {
    proptest::collection::vec(some_record(), 1..20)
}

pub fn some_spec() -> impl Strategy<Value = BatchSpec> {
    let producer = proptest::option::of((0..i64::MAX, 0..i16::MAX, 0..=i32::MAX));
    let flags = (any::<bool>(), any::<bool>());
    (0..1_i64 << 60, -1..i32::MAX, producer, flags, proptest::option::of(0..i64::MAX)).prop_map(
        |(base_offset, partition_leader_epoch, producer, (transactional, control), log_append_time)| {
            let (producer_id, producer_epoch, base_sequence) = producer.unwrap_or((-1, -1, -1));
            BatchSpec {
                base_offset,
                partition_leader_epoch,
                producer_id,
                producer_epoch,
                base_sequence,
                transactional: transactional && producer_id >= 0,
                control,
                log_append_time,
            }
        },
    )
}
