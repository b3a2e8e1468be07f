//! What the native build does in a second, as JSON. `cargo xtask bench` runs it.

use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

use anyhow::Result;
use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::log::Log;
use highwater_log::record::NewRecord;
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

/// Record batches v2 of 100 records with a 9-byte key and a 128-byte value.
fn log() -> Result<Value> {
    let records: Vec<_> = (0..BATCH_RECORDS)
        .map(|number| NewRecord {
            timestamp: 1_767_225_600_000,
            key: Some(Rc::from(format!("user-{number:04}").as_bytes())),
            value: Some(Rc::from([b'x'; 128].as_slice())),
            headers: Vec::new(),
        })
        .collect();
    let batch = RecordBatch::encode(&BatchSpec::default(), &records)?;
    let bytes = batch.to_bytes();
    RecordBatch::decode(&bytes)?.records()?;
    Log::new().append_as_leader(&batch, 0)?;
    let mut log = Log::new();
    let mut appended = 0;
    Ok(json!({
        "batch_bytes": bytes.len(),
        "encoded_records": per_second(|| {
            RecordBatch::encode(&BatchSpec::default(), &records).map_or(0, |_| BATCH_RECORDS)
        }),
        "decoded_records": per_second(|| {
            let records = RecordBatch::decode(&bytes).and_then(|batch| batch.records());
            records.map_or(0, |records| records.len())
        }),
        "appended_batches": per_second(|| {
            if appended == BATCHES_MAX {
                (log, appended) = (Log::new(), 0);
            }
            appended += 1;
            log.append_as_leader(&batch, 0).map_or(0, |_| 1)
        }),
    }))
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
