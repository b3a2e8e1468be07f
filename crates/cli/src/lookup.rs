//! `highwater lookup`: how a broker finds an offset or a timestamp in a partition folder.

mod log;

use std::cmp::Ordering;
use std::path::PathBuf;

use clap::Args;
use highwater_log::index_search::{Probe, ProbeReason, search};
use highwater_log::offset_index::{self, OffsetIndexEntry};
use highwater_log::time_index::{self, TimestampOffset};
use serde_json::{Value, json};

use crate::dump::files::Folder;
use crate::failure::Failure;
use crate::output::Out;
use log::{Head, Log, Segment};

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
/// The log's start.
const EARLIEST: i64 = -2;
/// The record with the largest timestamp.
const MAX_TIMESTAMP: i64 = -3;

impl Lookup {
    /// Writes what was found and how.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let log = Log::open(&Folder::open(&self.folder)?, &self.folder)?;
        let found = match (self.offset, self.timestamp) {
            (Some(offset), _) => by_offset(&log, offset)?,
            (None, timestamp) => by_timestamp(&log, timestamp.unwrap_or(LATEST))?,
        };
        if out.json { out.json(&found) } else { told(&found, out) }
    }
}

/// What a search of an offset index came to.
fn offset_lookup(segment: &Segment, offset: i64) -> (OffsetIndexEntry, Vec<Probe>) {
    let keys: Vec<i64> = segment.index.iter().map(|entry| entry.offset).collect();
    let found = search(&keys, offset_index::ENTRY_SIZE, offset);
    let entry = found.slot.and_then(|slot| segment.index.get(slot)).copied();
    (entry.unwrap_or(OffsetIndexEntry { offset: segment.base_offset, position: 0 }), found.probes)
}

/// The batch from which a reader of `offset` gets its first record, and how many headers were looked at. Kafka:
/// `FileRecords.searchForOffsetFromPosition`.
fn scan(segment: &Segment, offset: i64, position: u64) -> Result<(Option<Head>, usize), Failure> {
    let mut read = 0_usize;
    let mut before: Option<Head> = None;
    for head in segment.heads_from(position)? {
        let head = head?;
        read = read.saturating_add(1);
        if head.base_offset == offset {
            return Ok((Some(head), read));
        }
        if head.base_offset > offset {
            let holds = before.filter(|before| before.last_offset >= offset);
            return Ok((Some(holds.unwrap_or(head)), read));
        }
        before = Some(head);
    }
    Ok((before.filter(|before| before.last_offset >= offset), read))
}

fn position(entry: OffsetIndexEntry) -> u64 {
    u64::try_from(entry.position).unwrap_or(0)
}

fn by_offset(log: &Log, offset: i64) -> Result<Value, Failure> {
    let read = read(log, offset)?;
    let Some(segment) = log.floor(offset) else {
        return Ok(json!({ "target": offset, "segment_base": null, "read": read, "probes": [] }));
    };
    let (entry, probes) = offset_lookup(segment, offset);
    let (found, headers_read) = scan(segment, offset, position(entry))?;
    let mut json = json!({
        "target": offset,
        "segment_base": segment.base_offset,
        "index_entry": [entry.offset, entry.position],
        "found_position": found.map(|found| found.position),
        "headers_read": headers_read,
        "read": read,
        "probes": probes_json("offset", &probes),
    });
    if let (Some(found), Some(object)) = (found, json.as_object_mut()) {
        object.insert("batch_base_offset".to_owned(), found.base_offset.into());
        object.insert("batch_size".to_owned(), found.size.into());
        object.insert("scanned_bytes".to_owned(), found.position.saturating_sub(position(entry)).into());
    }
    Ok(json)
}

/// What a fetch of one byte, or one batch, gets. Kafka: `UnifiedLog.read`, `LocalLog.read`.
fn read(log: &Log, offset: i64) -> Result<Value, Failure> {
    let empty = || json!({ "size": 0, "segment": null, "first_entry_incomplete": false });
    if offset < log.start_offset || offset > log.end_offset || log.floor(offset).is_none() {
        return Ok(json!({ "error": "OFFSET_OUT_OF_RANGE", "exception": "OffsetOutOfRangeException" }));
    }
    if offset == log.end_offset {
        return Ok(empty());
    }
    for segment in log.from(offset) {
        let (entry, _) = offset_lookup(segment, offset);
        if let (Some(found), _) = scan(segment, offset, position(entry))? {
            return Ok(json!({
                "size": found.size,
                "segment": segment.base_offset,
                "position": found.position,
                "batch_base_offset": found.base_offset,
                "first_entry_incomplete": false,
            }));
        }
    }
    Ok(empty())
}

fn by_timestamp(log: &Log, timestamp: i64) -> Result<Value, Failure> {
    let answer = |offset: i64, found: i64, epoch: Option<i32>| json!({ "timestamp": timestamp, "offset": offset, "found_timestamp": found, "leader_epoch": epoch, "probes": [] });
    match timestamp {
        LATEST => Ok(answer(log.end_offset, -1, log.epochs.latest())),
        EARLIEST => {
            let first = log.epochs.entries().first().filter(|entry| entry.start_offset <= log.start_offset);
            Ok(answer(log.start_offset, -1, first.map(|entry| entry.epoch)))
        }
        MAX_TIMESTAMP => {
            let found = log.max_timestamp()?;
            let none = json!({ "timestamp": timestamp, "offset": null, "probes": [] });
            Ok(found.map_or(none, |(offset, found, epoch)| answer(offset, found, epoch)))
        }
        _ => search_timestamp(log, timestamp),
    }
}

/// Kafka: `UnifiedLog.searchOffsetInLocalLog`, `LogSegment.findOffsetByTimestamp`.
fn search_timestamp(log: &Log, timestamp: i64) -> Result<Value, Failure> {
    let segment = log.segments.iter().find(|segment| log.largest_timestamp(segment) >= timestamp);
    let Some(segment) = segment else {
        return Ok(json!({ "timestamp": timestamp, "segment_base": null, "offset": null, "probes": [] }));
    };
    let keys: Vec<i64> = segment.time_index.iter().map(|entry| entry.timestamp).collect();
    let found = search(&keys, time_index::ENTRY_SIZE, timestamp);
    let entry = found.slot.and_then(|slot| segment.time_index.get(slot)).copied();
    let entry = entry.unwrap_or(TimestampOffset { timestamp: -1, offset: segment.base_offset });
    let (from, probes) = offset_lookup(segment, entry.offset.max(log.start_offset));
    let all: Vec<Value> = [probes_json("time", &found.probes), probes_json("offset", &probes)].concat();
    let mut json = json!({
        "timestamp": timestamp,
        "segment_base": segment.base_offset,
        "time_index_entry": [entry.timestamp, entry.offset],
        "scan_from_position": from.position,
        "offset": null,
        "probes": all,
    });
    let record = segment.find_timestamp(timestamp, position(from), log.start_offset)?;
    if let (Some((offset, found, epoch)), Some(object)) = (record, json.as_object_mut()) {
        object.insert("offset".to_owned(), offset.into());
        object.insert("found_timestamp".to_owned(), found.into());
        object.insert("leader_epoch".to_owned(), epoch.into());
    }
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
