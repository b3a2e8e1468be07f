//! The kafka-protocol crate reads what we write, and writes what we read.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use highwater_log::batch::{BatchSpec, RecordBatch};
#[cfg(feature = "codecs")]
use highwater_log::batch::{Codec, HEADER_SIZE, LOG_OVERHEAD};
use highwater_log::record::{NewRecord, Record};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{self as theirs, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions};
use proptest::prelude::*;

mod common;

use common::{some_records, some_spec};

fn to_bytes(bytes: Option<&[u8]>) -> Option<Bytes> {
    bytes.map(Bytes::copy_from_slice)
}

/// One of our records as theirs. They count sequence numbers from −1 on where there are none.
fn to_theirs(spec: &BatchSpec, timestamp_type: theirs::TimestampType, record: &Record) -> theirs::Record {
    let delta = i32::try_from(record.offset - spec.base_offset).unwrap();
    let header = |header: &highwater_log::record::Header| {
        let key = StrBytes::from_string(header.key.to_string());
        (key, to_bytes(header.value.as_deref()))
    };
    theirs::Record {
        transactional: spec.transactional,
        control: spec.control,
        delete_horizon: false,
        partition_leader_epoch: spec.partition_leader_epoch,
        producer_id: spec.producer_id,
        producer_epoch: spec.producer_epoch,
        timestamp_type,
        offset: record.offset,
        sequence: spec.base_sequence.wrapping_add(delta),
        timestamp: record.timestamp,
        key: to_bytes(record.key.as_deref()),
        value: to_bytes(record.value.as_deref()),
        headers: record.headers.iter().map(header).collect(),
    }
}

/// They keep one value for a key of a header.
fn with_distinct_headers(mut records: Vec<NewRecord>) -> Vec<NewRecord> {
    for record in &mut records {
        let distinct: BTreeMap<_, _> = record.headers.drain(..).map(|header| (header.key.clone(), header)).collect();
        record.headers.extend(distinct.into_values());
    }
    records
}

/// They add deltas without care for overflow.
fn with_near_timestamps(mut records: Vec<NewRecord>) -> Vec<NewRecord> {
    for record in &mut records {
        record.timestamp = record.timestamp.min(1 << 60);
    }
    records
}

/// The batch as a client sends it that compresses.
#[cfg(feature = "codecs")]
fn compressed(batch: &RecordBatch, codec: Codec) -> Vec<u8> {
    let records = highwater_log::compression::compress(codec, &batch.to_bytes()[HEADER_SIZE..]).unwrap();
    let mut header = *batch.header();
    header.attributes |= if codec == Codec::Gzip { 1 } else { 2 };
    header.batch_length = i32::try_from(HEADER_SIZE - LOG_OVERHEAD + records.len()).unwrap();
    header.crc = header.compute_crc(&records);
    [header.to_bytes().as_slice(), &records].concat()
}

#[cfg(feature = "codecs")]
const CODECS: [(Codec, theirs::Compression); 2] =
    [(Codec::Gzip, theirs::Compression::Gzip), (Codec::Snappy, theirs::Compression::Snappy)];

#[cfg(feature = "codecs")]
proptest! {
    #[test]
    fn either_reads_what_the_other_compresses(spec in some_spec(), records in some_records()) {
        let records = with_near_timestamps(with_distinct_headers(records));
        let spec = BatchSpec { log_append_time: None, ..spec };
        let batch = RecordBatch::encode(&spec, &records).unwrap();
        let ours = batch.records().unwrap();
        let as_theirs: Vec<_> = ours.iter().map(|record| to_theirs(&spec, theirs::TimestampType::Creation, record)).collect();
        for (codec, compression) in CODECS {
            let set = RecordBatchDecoder::decode(&mut Bytes::from(compressed(&batch, codec))).unwrap();
            prop_assert_eq!((set.compression, &set.records), (compression, &as_theirs));
            let mut written = BytesMut::new();
            let options = RecordEncodeOptions { version: 2, compression };
            RecordBatchEncoder::encode(&mut written, &as_theirs, &options).unwrap();
            let read = RecordBatch::decode(&written).unwrap();
            prop_assert_eq!(read.check_crc(), Ok(()));
            prop_assert_eq!(read.header().codec(), Ok(codec));
            prop_assert_eq!(read.decompressed().unwrap().records(), Ok(ours.clone()));
        }
    }
}

proptest! {
    #[test]
    fn they_read_what_we_write(spec in some_spec(), records in some_records()) {
        let records = with_near_timestamps(with_distinct_headers(records));
        // They give each record its own timestamp, also under the append time.
        let spec = BatchSpec { log_append_time: None, ..spec };
        let batch = RecordBatch::encode(&spec, &records).unwrap();
        let mut bytes = Bytes::from(batch.to_bytes());
        let set = RecordBatchDecoder::decode(&mut bytes).unwrap();
        prop_assert!(bytes.is_empty());
        prop_assert_eq!((set.version, set.compression), (2, theirs::Compression::None));
        let ours = batch.records().unwrap();
        let ours = ours.iter().map(|record| to_theirs(&spec, theirs::TimestampType::Creation, record));
        prop_assert_eq!(set.records, ours.collect::<Vec<_>>());
    }

    #[test]
    fn we_read_what_they_write(spec in some_spec(), records in some_records()) {
        let mut records = with_near_timestamps(with_distinct_headers(records));
        // Their base timestamp is the smallest one, Kafka's the first one.
        records.sort_by_key(|record| record.timestamp);
        let spec = BatchSpec { log_append_time: None, ..spec };
        let batch = RecordBatch::encode(&spec, &records).unwrap();
        let ours = batch.records().unwrap();
        let ours: Vec<_> = ours.iter().map(|record| to_theirs(&spec, theirs::TimestampType::Creation, record)).collect();
        let mut written = BytesMut::new();
        let options = RecordEncodeOptions { version: 2, compression: theirs::Compression::None };
        RecordBatchEncoder::encode(&mut written, &ours, &options).unwrap();
        prop_assert_eq!(common::to_hex(&written), common::to_hex(&batch.to_bytes()));
        prop_assert_eq!(RecordBatch::decode(&written), Ok(batch));
    }

    /// In any order of timestamps: other bytes, the same records.
    #[test]
    fn we_read_what_they_write_otherwise(spec in some_spec(), records in some_records()) {
        let records = with_near_timestamps(with_distinct_headers(records));
        let spec = BatchSpec { log_append_time: None, ..spec };
        let ours = RecordBatch::encode(&spec, &records).unwrap().records().unwrap();
        let theirs: Vec<_> = ours.iter().map(|record| to_theirs(&spec, theirs::TimestampType::Creation, record)).collect();
        let mut written = BytesMut::new();
        let options = RecordEncodeOptions { version: 2, compression: theirs::Compression::None };
        RecordBatchEncoder::encode(&mut written, &theirs, &options).unwrap();
        let read = RecordBatch::decode(&written).unwrap();
        prop_assert_eq!(read.check_crc(), Ok(()));
        prop_assert_eq!(read.records(), Ok(ours));
    }
}
