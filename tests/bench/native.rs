//! What the native build does in a second, as JSON. `cargo xtask bench` runs it.

use std::io::{self, Write};
use std::rc::Rc;

use anyhow::Result;
use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::log::Log;
use highwater_log::record::NewRecord;
use highwater_tests::bench::per_second;
use serde_json::{Value, json};

/// The records of a batch: what 16 kB of `batch.size` hold when a record is about 150 bytes.
const BATCH_RECORDS: usize = 100;
/// Appends to one log before it begins anew, so that memory stays bounded.
const BATCHES_MAX: usize = 1_000;

fn main() -> Result<()> {
    let measured = json!({ "log": log()? });
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
