//! Batches byte for byte as Kafka wrote them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_log::batch::{BatchHeader, BatchSpec, RecordBatch, TimestampType};
use highwater_log::record::{Header, NewRecord, Record};
use highwater_log::size::batch_size_in_bytes;
use serde_json::Value;

mod common;

use common::{from_hex, to_hex};

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

/// What the records are once they have their offsets and sequence numbers.
fn in_log(spec: &BatchSpec, records: &[NewRecord]) -> Vec<Record> {
    let in_log = |(delta, record): (i32, &NewRecord)| Record {
        offset: spec.base_offset + i64::from(delta),
        timestamp: record.timestamp,
        sequence: if spec.base_sequence < 0 { -1 } else { spec.base_sequence + delta },
        key: record.key.as_deref().map(Into::into),
        value: record.value.as_deref().map(Into::into),
        headers: record.headers.clone(),
    };
    (0..).zip(records).map(in_log).collect()
}

#[test]
fn every_line_is_written_as_kafka_did_and_read_back() {
    let lines = include_str!("../../../tests/vectors/batch.jsonl");
    assert_eq!(lines.lines().count(), 80);
    for (number, line) in (1..).zip(lines.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        let (spec, records) = question(&line);
        let kafka = from_hex(line["bytes_hex"].as_str().unwrap());

        let batch = RecordBatch::encode(&spec, &records).unwrap();
        assert_eq!(to_hex(&batch.to_bytes()), to_hex(&kafka), "line {number}");
        assert_eq!(batch_size_in_bytes(&records), kafka.len(), "line {number}");

        let read = RecordBatch::decode(&kafka).unwrap();
        assert_eq!(read, batch, "line {number}");
        assert_eq!(read.check_crc(), Ok(()), "line {number}");
        assert_eq!(read.records(), Ok(in_log(&spec, &records)), "line {number}");
        let timestamps = || records.iter().map(|record| record.timestamp);
        let count = i32::try_from(records.len()).unwrap();
        let expected = BatchHeader {
            base_offset: spec.base_offset,
            batch_length: i32::try_from(kafka.len()).unwrap() - 12,
            partition_leader_epoch: spec.partition_leader_epoch,
            magic: 2,
            crc: u32::from_be_bytes(kafka[17..21].try_into().unwrap()),
            attributes: if spec.transactional { 0x10 } else { 0 },
            last_offset_delta: count - 1,
            base_timestamp: records[0].timestamp,
            max_timestamp: timestamps().max().unwrap(),
            producer_id: spec.producer_id,
            producer_epoch: spec.producer_epoch,
            base_sequence: spec.base_sequence,
            records_count: count,
        };
        assert_eq!(*read.header(), expected, "line {number}");
        assert_eq!(read.header().timestamp_type(), TimestampType::CreateTime);
    }
}

/// `EndTransactionMarker` at offset 9, as Kafka wrote it: timestamp 1234, leader epoch 2, producer 1000 in epoch 1,
/// coordinator epoch 4, commit.
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
        key: Some(from_hex("00000001").into()),
        value: Some(from_hex("000000000004").into()),
        headers: Vec::new(),
    };
    let batch = RecordBatch::encode(&spec, std::slice::from_ref(&marker)).unwrap();
    assert_eq!(to_hex(&batch.to_bytes()), kafka);
    let read = RecordBatch::decode(&from_hex(kafka)).unwrap();
    assert!(read.is_control() && read.is_transactional());
    assert_eq!(read.header().last_sequence(), -1);
    assert_eq!(read.records(), Ok(in_log(&spec, &[marker])));
}

#[test]
fn append_time_stands_for_the_timestamps_of_the_records() {
    let spec = BatchSpec { log_append_time: Some(5000), ..BatchSpec::default() };
    let records = [common::record(1000, "a", "1"), common::record(3000, "b", "2")];
    let batch = RecordBatch::encode(&spec, &records).unwrap();
    assert_eq!(batch.header().timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!((batch.base_timestamp(), batch.max_timestamp()), (1000, 5000));
    let timestamps = batch.records().unwrap();
    assert!(timestamps.iter().all(|record| record.timestamp == 5000));
    // A broker that sets the append time comes to the same bytes.
    let created = RecordBatch::encode(&BatchSpec::default(), &records).unwrap();
    assert_eq!(created.with_max_timestamp(TimestampType::LogAppendTime, 5000), batch);
    assert_eq!(batch.with_max_timestamp(TimestampType::CreateTime, 3000), created);
}

#[test]
fn a_leader_gives_offset_and_epoch_without_a_new_crc() {
    let batch = common::small_batch();
    let stamped = batch.stamped(1_000_000, 7);
    assert_eq!((stamped.crc(), stamped.check_crc()), (batch.crc(), Ok(())));
    assert_eq!((stamped.base_offset(), stamped.last_offset()), (1_000_000, 1_000_001));
    assert_eq!(stamped.partition_leader_epoch(), 7);
    let (before, after) = (batch.to_bytes(), stamped.to_bytes());
    let changed: Vec<_> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
    assert!(changed.iter().all(|at| matches!(at, 0..8 | 12..16)), "{changed:?}");
}

#[test]
fn sequence_numbers_go_on_at_zero() {
    let spec = BatchSpec { producer_id: 1, producer_epoch: 0, base_sequence: i32::MAX - 1, ..BatchSpec::default() };
    let batch = RecordBatch::encode(&spec, &vec![common::record(0, "k", "v"); 4]).unwrap();
    let sequences: Vec<_> = batch.iter().map(|record| record.unwrap().sequence).collect();
    assert_eq!(sequences, [i32::MAX - 1, i32::MAX, 0, 1]);
    assert_eq!(batch.header().last_sequence(), 1);
}
