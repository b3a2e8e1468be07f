//! What batches and a log cost: 100 records of 100 bytes. The kafka-protocol crate decodes the same bytes beside us.

#![allow(missing_docs, reason = "criterion's macros make functions without docs")]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::log::{Isolation, LeaderAppend, Log, LogConfig};
use highwater_log::offset_index::OffsetIndex;
use highwater_log::record::NewRecord;
use kafka_protocol::records::RecordBatchDecoder;

const RECORDS: usize = 100;
const VALUE_SIZE: usize = 100;
/// A log of this many batches, before the next is measured.
const LOG_BATCHES: usize = 1000;

/// The clock.
const NOW_MS: i64 = 1_700_000_000_000;

fn lead(log: &mut Log, batch: &RecordBatch) {
    log.append_as_leader(std::slice::from_ref(batch), LeaderAppend::of_client(NOW_MS, 0)).unwrap();
}

fn records() -> Vec<NewRecord> {
    let record = |number: usize| NewRecord {
        timestamp: NOW_MS + i64::try_from(number).unwrap(),
        value: Some(vec![b'v'; VALUE_SIZE].into()),
        ..NewRecord::default()
    };
    (0..RECORDS).map(record).collect()
}

fn batches(criterion: &mut Criterion) {
    let records = records();
    let batch = RecordBatch::encode(&BatchSpec::default(), &records).unwrap();
    let bytes = batch.to_bytes();
    let mut group = criterion.benchmark_group("batch of 100 records");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| RecordBatch::encode(&BatchSpec::default(), black_box(&records)));
    });
    group.bench_function("decode, checked", |bencher| {
        bencher.iter(|| {
            let batch = RecordBatch::decode(black_box(&bytes)).unwrap();
            batch.check_crc().unwrap();
            batch.records().unwrap()
        });
    });
    group.bench_function("decode, checked, in place", |bencher| {
        bencher.iter(|| {
            let batch = RecordBatch::decode(black_box(&bytes)).unwrap();
            batch.check_crc().unwrap();
            batch.iter().map(|record| record.unwrap().value.map_or(0, <[u8]>::len)).sum::<usize>()
        });
    });
    let theirs = Bytes::from(bytes.clone());
    group.bench_function("decode, by kafka-protocol", |bencher| {
        bencher.iter(|| RecordBatchDecoder::decode(&mut black_box(&theirs).clone()).unwrap());
    });
    group.bench_function("layout", |bencher| bencher.iter(|| black_box(&batch).layout()));
    group.finish();
}

fn log(criterion: &mut Criterion) {
    let batch = RecordBatch::encode(&BatchSpec::default(), &records()).unwrap();
    let mut full = Log::new();
    for _ in 0..LOG_BATCHES {
        lead(&mut full, &batch);
    }
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("append as leader", |bencher| {
        // The clone that is dropped is a checkpoint's: it costs what a step's first append costs.
        bencher.iter_batched_ref(|| full.clone(), |log| lead(log, &batch), BatchSize::SmallInput);
    });
    let next = batch.stamped(full.log_end_offset(), 0);
    group.bench_function("append as follower", |bencher| {
        let append = |log: &mut Log| log.append_as_follower(std::slice::from_ref(&next), NOW_MS, 0);
        bencher.iter_batched_ref(|| full.clone(), append, BatchSize::SmallInput);
    });
    group.finish();
    criterion.bench_function("log: read of one batch in the middle", |bencher| {
        let middle = full.log_end_offset() / 2;
        bencher.iter(|| full.read(black_box(middle), 1, Isolation::LogEnd, true));
    });
    // The active segment at its largest: an entry for every 4 KB of 1 GB.
    let mut index = OffsetIndex::new(0);
    for entry in 0..(LogConfig::default().segment_bytes / 4_096) {
        index.append(i64::try_from(entry * 40).unwrap(), i32::try_from(entry * 4_096).unwrap()).unwrap();
    }
    criterion.bench_function("offset index: warm lookup", |bencher| {
        let warm = index.last_offset() - 4_000;
        bencher.iter(|| index.lookup(black_box(warm)));
    });
    criterion.bench_function("log: clone", |bencher| bencher.iter(|| black_box(&full).clone()));
}

criterion_group!(benches, batches, log);
criterion_main!(benches);
