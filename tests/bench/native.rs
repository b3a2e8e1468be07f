//! What the native build does in a second, as JSON. `cargo xtask bench` runs it.

use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

use anyhow::Result;
use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::log::{LeaderAppend, Log, LogConfig};
use highwater_log::offset_index::OffsetIndex;
use highwater_log::record::NewRecord;
use highwater_log::segment::{Segment, SegmentFiles};
use highwater_log::time_index::TimeIndex;
use highwater_player::load;
use highwater_tests::bench::{milliseconds, per_second};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};

/// Counts what is allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The records of a batch: what 16 kB of `batch.size` hold when a record is about 150 bytes.
const BATCH_RECORDS: usize = 100;
/// Appends to one log before it begins anew, so that memory stays bounded.
const BATCHES_MAX: usize = 1_000;

fn main() -> Result<()> {
    let measured = json!({ "log": log()?, "simulation": simulation()?, "history": history()? });
    writeln!(io::stdout(), "{measured}")?;
    Ok(())
}

/// Record batches v2 of 100 records with a value of 100 bytes.
fn log() -> Result<Value> {
    const NOW_MS: i64 = 1_767_225_600_000;
    const SEGMENT_BYTES: usize = 100_000_000;
    let records: Vec<_> = (0..BATCH_RECORDS)
        .map(|_| NewRecord {
            timestamp: NOW_MS,
            key: None,
            value: Some(Rc::from([b'x'; 100].as_slice())),
            headers: Vec::new(),
        })
        .collect();
    let batch = RecordBatch::encode(&BatchSpec::default(), &records)?;
    let bytes = batch.to_bytes();
    RecordBatch::decode(&bytes)?.records()?;
    let lead = |log: &mut Log| log.append_as_leader(std::slice::from_ref(&batch), LeaderAppend::of_client(NOW_MS, 0));
    lead(&mut Log::new())?;
    let mut log = Log::new();
    let mut appended = 0;
    let mut index = OffsetIndex::new(0);
    for entry in 0..LogConfig::default().segment_bytes / 4_096 {
        index.append(i64::try_from(entry * 40)?, i32::try_from(entry * 4_096)?)?;
    }
    let warm = index.last_offset() - 4_000;
    let whole: Rc<[u8]> = bytes.repeat(SEGMENT_BYTES / bytes.len()).into();
    Ok(json!({
        "batch_bytes": bytes.len(),
        "encoded_records": per_second(|| {
            RecordBatch::encode(&BatchSpec::default(), &records).map_or(0, |_| BATCH_RECORDS)
        }),
        "decoded_records": per_second(|| {
            let records = RecordBatch::decode(&bytes).and_then(|batch| batch.records());
            records.map_or(0, |records| records.len())
        }),
        "appended_records": per_second(|| {
            if appended == BATCHES_MAX {
                (log, appended) = (Log::new(), 0);
            }
            appended += 1;
            lead(&mut log).map_or(0, |_| BATCH_RECORDS)
        }),
        "warm_index_lookups": per_second(|| usize::from(index.lookup(std::hint::black_box(warm)).is_some())),
        "dumped_bytes": per_second(|| dumped(&whole)),
    }))
}

/// Reads a segment: every CRC is compared and every record read. Gives its size in bytes.
fn dumped(log: &Rc<[u8]>) -> usize {
    let (offset_index, time_index) = (OffsetIndex::new(0), TimeIndex::new(0));
    let (aborted, last_modified_ms, log) = (Vec::new(), 0, Rc::clone(log));
    let segment =
        Segment::open(SegmentFiles { base_offset: 0, log, offset_index, time_index, aborted, last_modified_ms }, 0);
    let mut read = 0;
    for placed in segment.batches_at(0).flatten() {
        let records = placed.batch.iter().flatten().count();
        if placed.batch.check_crc().is_ok() && records == BATCH_RECORDS {
            read += usize::try_from(placed.batch.size_in_bytes()).unwrap_or(0);
        }
    }
    read
}

/// 3 brokers, replication 3, acks=all.
fn simulation() -> Result<Value> {
    const EVENTS: u64 = 200_000;
    load::run(1_000)?;
    Ok(json!({ "events": per_second(|| load::run(EVENTS).map_or(0, |_| usize::try_from(EVENTS).unwrap_or(0))) }))
}

/// A run of 100,000 events: what an event takes in memory, and how long it takes to be anywhere in it.
fn history() -> Result<Value> {
    const EVENTS: u64 = 100_000;
    let before = MEMORY.current_usage();
    let history = load::history(EVENTS)?;
    let bytes = MEMORY.current_usage().saturating_sub(before);
    let mut times = Vec::new();
    for number in 0..200_u64 {
        // A walk that visits everything: steps of a number that shares no factor with the length.
        let event = number * 49_999 % EVENTS;
        let started = Instant::now();
        load::seek(&history, event);
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    let bytes_an_event = bytes.checked_div(usize::try_from(EVENTS)?).unwrap_or(0);
    Ok(json!({
        "events": EVENTS,
        "facts": history.facts().len(),
        "checkpoints": history.checkpoints(),
        "bytes_an_event": bytes_an_event,
        "seek": milliseconds(times),
    }))
}
