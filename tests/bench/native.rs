//! What the native build does in a second, as JSON. `cargo xtask bench` runs it.

use std::ffi::{OsStr, OsString};
use std::hint::black_box;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, process};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use highwater_player::load;
use highwater_player::log_load::LogLoad;
use highwater_tests::bench::assignors::assignors;
use highwater_tests::bench::{median, milliseconds, per_second};
use kafka_protocol::records::RecordBatchDecoder;
use serde_json::{Value, json};

/// Where `cargo xtask bench` says the command line tool is; without it, that is not measured.
const HIGHWATER: &str = "HIGHWATER";
/// The size of the segment that is dumped, in bytes.
const SEGMENT_BYTES: usize = 100_000_000;
/// How often the command dumps it.
const DUMPS: usize = 5;

fn main() -> Result<()> {
    let measured =
        json!({ "log": log()?, "simulation": simulation()?, "history": history()?, "assignors": assignors()? });
    writeln!(io::stdout(), "{measured}")?;
    Ok(())
}

/// Record batches v2 of 100 records with a value of 100 bytes. The kafka-protocol crate decodes the same bytes.
fn log() -> Result<Value> {
    let mut load = LogLoad::new().map_err(anyhow::Error::msg)?;
    let theirs = Bytes::copy_from_slice(load.bytes());
    let decoded = || RecordBatchDecoder::decode(&mut black_box(&theirs).clone()).map_or(0, |set| set.records.len());
    let segment = load.segment(SEGMENT_BYTES);
    let (all_ours, all_theirs, all) = (load.decode(), decoded(), load.dump(&segment));
    ensure!(all_ours == all_theirs && all == segment.len(), "what is measured reads all records");
    let mut measured = json!({
        "batch_bytes": load.bytes().len(),
        "encoded_records": per_second(|| load.encode()),
        "appended_records": per_second(|| load.append()),
        "decoded_records": per_second(|| load.decode()),
        "decoded_records_by_kafka_protocol": per_second(decoded),
        "warm_index_lookups": per_second(|| load.look_up()),
        "dumped_bytes": per_second(|| load.dump(&segment)),
    });
    if let (Some(highwater), Some(measured)) = (env::var_os(HIGHWATER), measured.as_object_mut()) {
        measured.extend(dump_commands(&highwater, &segment)?);
    }
    Ok(measured)
}

/// `highwater dump` of the segment as a file, from the start of the process to its end; what it prints goes nowhere.
fn dump_commands(highwater: &OsStr, segment: &[u8]) -> Result<serde_json::Map<String, Value>> {
    let folder = env::temp_dir().join(format!("highwater-bench-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{:020}.log", 0));
    fs::write(&file, segment)?;
    let mut measured = serde_json::Map::new();
    for (name, option) in [("as_text", None), ("as_json", Some("--json")), ("verified", Some("--verify"))] {
        let mut arguments = vec![OsString::from("dump"), file.clone().into_os_string()];
        arguments.extend(option.map(OsString::from));
        let rates: Result<Vec<f64>> = (0..DUMPS).map(|_| dump_command(highwater, &arguments, segment.len())).collect();
        let rate = json!({ "per_second": median(&mut rates?).round(), "rounds": DUMPS });
        measured.insert(format!("dumped_bytes_{name}"), rate);
    }
    fs::remove_dir_all(folder)?;
    Ok(measured)
}

/// Bytes a second.
fn dump_command(highwater: &OsStr, arguments: &[OsString], size: usize) -> Result<f64> {
    let started = Instant::now();
    let status = Command::new(highwater).args(arguments).stdout(Stdio::null()).status();
    let passed = started.elapsed().as_secs_f64();
    ensure!(status.with_context(|| format!("{}", highwater.display()))?.success(), "highwater dump failed");
    Ok(f64::from(u32::try_from(size)?) / passed)
}

/// 3 brokers, replication 3, acks=all; and a large cluster once.
fn simulation() -> Result<Value> {
    const EVENTS: u64 = 200_000;
    load::run(1_000)?;
    let events = per_second(|| load::run(EVENTS).map_or(0, |_| usize::try_from(EVENTS).unwrap_or(0)));
    let started = Instant::now();
    let wide = load::wide()?;
    let seconds = (started.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
    let wide = json!({ "brokers": 50, "partitions": 1_000, "replication": 3, "virtual_seconds": 10, "events": wide, "seconds": seconds });
    Ok(json!({ "events": events, "wide": wide }))
}

/// A run of 100,000 events: how long it takes to be anywhere in it.
fn history() -> Result<Value> {
    const EVENTS: u64 = 100_000;
    let history = load::history(EVENTS)?;
    let mut times = Vec::new();
    for number in 0..200_u64 {
        // A walk that visits everything: steps of a number that shares no factor with the length.
        let event = number * 49_999 % EVENTS;
        let started = Instant::now();
        load::seek(&history, event);
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(json!({ "events": EVENTS, "seek": milliseconds(times) }))
}
