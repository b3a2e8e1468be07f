//! Batches byte for byte as Kafka's `MemoryRecordsBuilder` wrote them, and hostile bytes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_log::batch::{BatchError, BatchSpec, HEADER_SIZE, RecordBatch};
use highwater_log::record::{Header, NewRecord, Record};
use highwater_log::size::{batch_size_upper_bound, record_size_in_bytes};
use proptest::prelude::*;
use serde_json::Value;

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn bytes(value: &Value) -> Option<Rc<[u8]>> {
    value.as_str().map(|hex| from_hex(hex).into())
}

fn question(line: &Value) -> (BatchSpec, Vec<NewRecord>) {
    let number = |name: &str| line[name].as_i64().unwrap();
    let spec = BatchSpec {
        base_offset: number("base_offset"),
        partition_leader_epoch: number("leader_epoch").try_into().unwrap(),
        producer_id: number("producer_id"),
        producer_epoch: number("producer_epoch").try_into().unwrap(),
        base_sequence: number("base_sequence").try_into().unwrap(),
        transactional: line["transactional"].as_bool().unwrap(),
        ..BatchSpec::default()
    };
    let header =
        |header: &Value| Header { key: header["key"].as_str().unwrap().into(), value: bytes(&header["value_hex"]) };
    let records = line["records"].as_array().unwrap().iter().map(|record| NewRecord {
        timestamp: record["timestamp"].as_i64().unwrap(),
        key: bytes(&record["key_hex"]),
        value: bytes(&record["value_hex"]),
        headers: record["headers"].as_array().unwrap().iter().map(header).collect(),
    });
    (spec, records.collect())
}

#[test]
fn every_line_comes_out_as_kafkas_bytes_and_decodes_to_the_same_records() {
    let lines = include_str!("../../../tests/vectors/batch.jsonl");
    for (number, line) in lines.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (spec, records) = question(&line);
        let batch = RecordBatch::encode(&spec, &records).unwrap();
        assert_eq!(to_hex(&batch.to_bytes()), line["bytes_hex"].as_str().unwrap(), "line {}", number + 1);
        let decoded = RecordBatch::decode(&batch.to_bytes()).unwrap();
        decoded.check_crc().unwrap();
        assert_eq!(decoded, batch);
        let offsets = spec.base_offset..;
        let expected: Vec<Record> = offsets
            .zip(records)
            .map(|(offset, NewRecord { timestamp, key, value, headers })| Record {
                offset,
                timestamp,
                key,
                value,
                headers,
            })
            .collect();
        assert_eq!(decoded.records().unwrap(), expected, "line {}", number + 1);
    }
    assert_eq!(lines.lines().count(), 80);
}

/// `EndTransactionMarker` at offset 9, as Kafka wrote it: timestamp 1234, leader epoch 2, pid 1000/1, coordinator epoch 4.
#[test]
fn a_commit_marker_is_kafkas() {
    let kafka = "000000000000000900000042000000020267d35e4c00300000000000000000000004d200000000000004d2\
                 00000000000003e80001ffffffff000000012000000008000000010c00000000000400";
    let spec = BatchSpec {
        base_offset: 9,
        partition_leader_epoch: 2,
        producer_id: 1000,
        producer_epoch: 1,
        transactional: true,
        control: true,
        ..BatchSpec::default()
    };
    let marker = NewRecord {
        timestamp: 1234,
        key: Some(from_hex("00000001").as_slice().into()),
        value: Some(from_hex("000000000004").as_slice().into()),
        headers: Vec::new(),
    };
    let batch = RecordBatch::encode(&spec, &[marker]).unwrap();
    assert_eq!(to_hex(&batch.to_bytes()), kafka);
    assert!(batch.is_control() && batch.is_transactional());
}

#[test]
fn a_leader_stamps_without_a_new_crc() {
    let batch = RecordBatch::encode(&BatchSpec::default(), &[NewRecord::default()]).unwrap();
    let stamped = batch.stamped(1_000_000, 7);
    assert_eq!(stamped.crc(), batch.crc());
    stamped.check_crc().unwrap();
    assert_eq!(
        (stamped.base_offset(), stamped.last_offset(), stamped.partition_leader_epoch()),
        (1_000_000, 1_000_000, 7)
    );
}

#[test]
fn every_cut_is_located() {
    let record = NewRecord {
        key: Some(b"k".as_slice().into()),
        value: Some(b"value".as_slice().into()),
        ..NewRecord::default()
    };
    let whole = RecordBatch::encode(&BatchSpec::default(), &[record]).unwrap().to_bytes();
    for cut in 0..whole.len() {
        match RecordBatch::decode(&whole[..cut]) {
            Err(BatchError::Truncated { position, needed, available, .. }) => {
                assert!(needed > available && position <= cut.max(57))
            }
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

/// A header that claims 2 GB, or 2³¹−1 records, allocates neither.
#[test]
fn a_header_that_claims_much_is_refused_by_what_is_there() {
    let mut bytes = RecordBatch::encode(&BatchSpec::default(), &[NewRecord::default()]).unwrap().to_bytes();
    let claims_records = {
        let mut bytes = bytes.clone();
        bytes[57..61].copy_from_slice(&i32::MAX.to_be_bytes());
        bytes
    };
    let error = RecordBatch::decode(&claims_records).unwrap().records().unwrap_err();
    assert_eq!(error.to_string(), "length at byte 68: the bytes end inside a variable-length integer");
    bytes[8..12].copy_from_slice(&i32::MAX.to_be_bytes());
    assert!(matches!(RecordBatch::decode(&bytes), Err(BatchError::Truncated { .. })));
    assert!(matches!(RecordBatch::decode(&bytes[..HEADER_SIZE]), Err(BatchError::Truncated { .. })));
    bytes[8..12].copy_from_slice(&48_i32.to_be_bytes());
    assert_eq!(RecordBatch::decode(&bytes), Err(BatchError::Length { length: 48 }));
    bytes[16] = 1;
    assert_eq!(RecordBatch::decode(&bytes), Err(BatchError::Magic { magic: 1 }));
}

fn some_bytes() -> impl Strategy<Value = Option<Rc<[u8]>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|bytes| bytes.map(Rc::from))
}

fn some_record() -> impl Strategy<Value = NewRecord> {
    let header = ("[a-zé键]{0,8}", some_bytes()).prop_map(|(key, value)| Header { key: key.into(), value });
    (0..1_i64 << 41, some_bytes(), some_bytes(), proptest::collection::vec(header, 0..4))
        .prop_map(|(timestamp, key, value, headers)| NewRecord { timestamp, key, value, headers })
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_and_has_the_size_that_was_foretold(records in proptest::collection::vec(some_record(), 1..20), base_offset in 0..1_i64 << 40) {
        let spec = BatchSpec { base_offset, ..BatchSpec::default() };
        let batch = RecordBatch::encode(&spec, &records).unwrap();
        let size = |(delta, record): (i32, &NewRecord)| {
            let timestamp_delta = record.timestamp - records[0].timestamp;
            record_size_in_bytes(delta, timestamp_delta, record.key.as_ref().map(|k| k.len()), record.value.as_ref().map(|v| v.len()), &record.headers)
        };
        let foretold = HEADER_SIZE + (0..).zip(&records).map(size).sum::<usize>();
        prop_assert_eq!(batch.size_in_bytes(), foretold as u64);
        let first = &records[0];
        let bound = batch_size_upper_bound(first.key.as_ref().map(|k| k.len()), first.value.as_ref().map(|v| v.len()), &first.headers);
        let alone = RecordBatch::encode(&spec, std::slice::from_ref(first)).unwrap();
        prop_assert!(alone.size_in_bytes() <= bound as u64);
        let decoded = RecordBatch::decode(&batch.to_bytes()).unwrap();
        let back: Vec<NewRecord> = decoded.records().unwrap().into_iter().map(|Record { timestamp, key, value, headers, .. }| NewRecord { timestamp, key, value, headers }).collect();
        prop_assert_eq!(back, records);
    }

    #[test]
    fn the_layout_covers_every_byte_once(records in proptest::collection::vec(some_record(), 1..6)) {
        let batch = RecordBatch::encode(&BatchSpec::default(), &records).unwrap();
        let mut at = 0;
        for field in batch.layout().unwrap() {
            prop_assert_eq!(field.bytes.start, at);
            at = field.bytes.end;
        }
        prop_assert_eq!(at, batch.to_bytes().len());
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(batch) = RecordBatch::decode(&bytes) {
            let _ = (batch.check_crc(), batch.records(), batch.layout());
        }
    }

    #[test]
    fn a_flipped_bit_is_caught_by_the_crc_or_lies_outside_it(records in proptest::collection::vec(some_record(), 1..4), at: prop::sample::Index, bit in 0..8_u32) {
        let mut bytes = RecordBatch::encode(&BatchSpec::default(), &records).unwrap().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(batch) = RecordBatch::decode(&bytes) {
            // Neither base offset, length, epoch nor magic are covered.
            prop_assert!(batch.check_crc().is_err() || at < 17);
            let _ = (batch.records(), batch.layout());
        }
    }
}
