//! `highwater lookup`: how a broker finds an offset or a timestamp in a partition folder.

use std::cmp::Ordering;
use std::path::PathBuf;

use clap::Args;
use highwater_cli::answer::told_read;
use highwater_log::index_search::{Probe, ProbeReason};
use highwater_log::log::{Isolation, Log, LogConfig, LogError};
use highwater_log::segment::{OffsetLookup, TimestampLookup};
use serde_json::{Value, json};

use crate::dump::failed;
use crate::failure::Failure;
use crate::load::open;
use crate::output::Out;

/// Find an offset or a timestamp as a broker does: the segment, each probe of the index, the bytes scanned.
#[derive(Args)]
#[command(after_help = "\
Timestamps are in ms; -1 asks for the end of the log, -2 for its start, -3 for the largest timestamp.

Examples:
  highwater lookup orders-0 --offset 600
  highwater lookup orders-0 --timestamp 1750119394762 --json")]
pub struct Lookup {
    /// A partition folder.
    #[arg(value_name = "PARTITION_DIR")]
    folder: PathBuf,

    /// The offset to find.
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        required_unless_present = "timestamp",
        conflicts_with = "timestamp"
    )]
    offset: Option<i64>,

    /// The timestamp to find: the first record that is not older.
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    timestamp: Option<i64>,
}

/// The log's end.
const LATEST: i64 = -1;

impl Lookup {
    /// Writes what was found and how.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let loaded = open(&self.folder, LogConfig::default(), None)?;
        let log = loaded.map_err(|error| failed(&self.folder, format!("{}: {error}", error.exception())))?.log;
        let found = match (self.offset, self.timestamp) {
            (Some(offset), _) => by_offset(&log, offset),
            (None, timestamp) => by_timestamp(&log, timestamp.unwrap_or(LATEST)),
        };
        let found = found.map_err(|error| failed(&self.folder, error))?;
        if out.json { out.json(&found) } else { told(&found, out) }
    }
}

fn by_offset(log: &Log, offset: i64) -> Result<Value, LogError> {
    let read = match log.fetch_located(offset, 1, Isolation::LogEnd, true) {
        Ok(fetched) => Value::from(told_read(&fetched)),
        Err(error) => json!({ "error": error.error_name(), "exception": error.exception() }),
    };
    let Some(segment) = log.floor_segment(offset) else {
        return Ok(json!({ "target": offset, "segment_base": null, "read": read, "probes": [] }));
    };
    let OffsetLookup { index_entry, probes, headers_read, found } = segment.lookup_offset(offset)?;
    let mut json = json!({
        "target": offset,
        "segment_base": segment.base_offset(),
        "index_entry": [index_entry.offset, index_entry.position],
        "found_position": found.as_ref().map(|found| found.position),
        "headers_read": headers_read,
        "read": read,
        "probes": probes_json("offset", &probes),
    });
    if let (Some(found), Some(object)) = (found, json.as_object_mut()) {
        let from = u64::from(index_entry.position.unsigned_abs());
        object.insert("batch_base_offset".to_owned(), found.batch.base_offset().into());
        object.insert("batch_size".to_owned(), found.batch.size_in_bytes().into());
        object.insert("scanned_bytes".to_owned(), found.position.saturating_sub(from).into());
    }
    Ok(json)
}

fn by_timestamp(log: &Log, timestamp: i64) -> Result<Value, LogError> {
    let found = log.offset_for_timestamp(timestamp)?;
    let mut json = json!({ "timestamp": timestamp, "offset": found.map(|found| found.offset), "probes": [] });
    let Some(object) = json.as_object_mut() else { return Ok(json) };
    if let Some(found) = found {
        object.insert("found_timestamp".to_owned(), found.timestamp.into());
        object.insert("leader_epoch".to_owned(), found.leader_epoch.into());
    }
    if timestamp < 0 {
        // The ends of the log are known, and the largest timestamp too.
        return Ok(json);
    }
    let Some(segment) = log.segment_for_timestamp(timestamp) else {
        object.insert("segment_base".to_owned(), Value::Null);
        return Ok(json);
    };
    let how = segment.lookup_timestamp(timestamp, log.log_start_offset())?;
    let TimestampLookup { time_index_entry, time_probes, index_entry, probes, .. } = how;
    object.insert("segment_base".to_owned(), segment.base_offset().into());
    object.insert("time_index_entry".to_owned(), json!([time_index_entry.timestamp, time_index_entry.offset]));
    object.insert("scan_from_position".to_owned(), index_entry.position.into());
    let all: Vec<Value> = [probes_json("time", &time_probes), probes_json("offset", &probes)].concat();
    object.insert("probes".to_owned(), all.into());
    Ok(json)
}

fn probes_json(index: &str, probes: &[Probe]) -> Vec<Value> {
    let probe = |probe: &Probe| {
        json!({
            "index": index,
            "slot": probe.slot,
            "key": probe.key,
            "compared": match probe.compared {
                Ordering::Less => "less",
                Ordering::Equal => "equal",
                Ordering::Greater => "greater",
            },
            "why": match probe.reason {
                ProbeReason::WarmSection => "first of the warm section",
                ProbeReason::Least => "first of all",
                ProbeReason::Middle => "middle",
            },
        })
    };
    probes.iter().map(probe).collect()
}

fn told(found: &Value, out: &mut Out) -> Result<(), Failure> {
    for probe in found.get("probes").and_then(Value::as_array).into_iter().flatten() {
        let field = |name: &str| probe.get(name).map(|field| field.as_str().map_or(field.to_string(), str::to_owned));
        let [index, slot, key, compared, why] =
            ["index", "slot", "key", "compared", "why"].map(|name| field(name).unwrap_or_default());
        out.line(format!("{index} index, entry {slot}: {key} is {compared} ({why})"))?;
    }
    for (name, value) in found.as_object().into_iter().flatten().filter(|(name, _)| *name != "probes") {
        out.line(format!("{name}: {value}"))?;
    }
    Ok(())
}
