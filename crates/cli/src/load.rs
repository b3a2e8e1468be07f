//! `highwater load`: a partition folder opened as a broker does at its start.

mod config;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use highwater_cli::answer::log_state;
use highwater_log::log::{FolderFile, Load as Loaded, LoadError, Log, LogConfig, LogFiles, LogStop, newest_timestamp};
use serde_json::{Value, json};

use crate::dump::failed;
use crate::dump::files::Folder;
use crate::failure::Failure;
use crate::output::Out;

/// Open a partition folder as a broker does at its start, and say what it keeps and why. Nothing on the disk changes.
#[derive(Args)]
#[command(after_help = "\
Without --recovery-point the broker stopped cleanly. With it, the segments from that offset on are read anew, as after a \
crash. The clock stands at the newest record.

Examples:
  highwater load /var/lib/kafka/orders-0
  highwater load orders-0 --recovery-point 0 --json
  highwater load orders-0 --recovery-point 50 --config index.interval.bytes=250")]
pub struct Load {
    /// The stop was not clean, and what is before this offset had been flushed.
    #[arg(long, value_name = "N")]
    recovery_point: Option<i64>,

    /// A config of the topic by Kafka's name; may be given several times.
    #[arg(long = "config", value_name = "NAME=VALUE", num_args = 1..)]
    configs: Vec<String>,

    /// A partition folder.
    #[arg(value_name = "PARTITION_DIR")]
    folder: Option<PathBuf>,
}

impl Load {
    /// Writes what the broker makes of the folder.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let (mut log_config, mut folder) = (LogConfig::default(), self.folder.clone());
        for given in &self.configs {
            // What follows the last NAME=VALUE may be the folder.
            if folder.is_none() && !given.contains('=') {
                folder = Some(given.into());
            } else {
                config::set(&mut log_config, given)
                    .map_err(|error| Failure::input(format!("--config {given}: {error}")))?;
            }
        }
        let folder = folder.ok_or_else(|| Failure::input("which PARTITION_DIR? See `highwater load --help`"))?;
        let loaded = open(&folder, log_config, self.recovery_point)?;
        if out.json {
            return out.json(&told(&loaded));
        }
        match &loaded {
            Err(error) => out.line(format!("the broker does not open this log: {}: {error}", error.exception())),
            Ok(load) => text(load, self.recovery_point, out),
        }
    }
}

/// The folder as a log; a log that Kafka does not open is an error inside.
pub fn open(path: &Path, config: LogConfig, recovery_point: Option<i64>) -> Result<Result<Loaded, LoadError>, Failure> {
    Folder::open(path)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| failed(path, format!("cannot be read: {error}")))? {
        let entry = entry.map_err(|error| failed(path, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_file() {
            continue;
        }
        let bytes =
            fs::read(entry.path()).map_err(|error| failed(&entry.path(), format!("cannot be read: {error}")))?;
        files.push(FolderFile { name, bytes: bytes.into() });
    }
    // No clock is in the files.
    let now_ms = newest_timestamp(&files).unwrap_or(0);
    let log_start_offset = checkpointed(path, "log-start-offset-checkpoint").unwrap_or(0);
    let is_clean = recovery_point.is_none();
    let stop = LogStop { is_clean, recovery_point: recovery_point.unwrap_or(0), log_start_offset };
    Ok(LogFiles::of_folder(files, now_ms, now_ms).and_then(|files| Log::load(files, config, stop, now_ms)))
}

/// The offset of a partition in a checkpoint file beside its folder: `topic partition offset` lines. Kafka:
/// `OffsetCheckpointFile`.
pub fn checkpointed(folder: &Path, name: &str) -> Option<i64> {
    let folder = fs::canonicalize(folder).ok()?;
    let (topic, partition) = folder.file_name()?.to_str()?.rsplit_once('-')?;
    let text = fs::read_to_string(folder.parent()?.join(name)).ok()?;
    text.lines().skip(2).find_map(|line| {
        let mut words = line.split(' ');
        let is_ours = words.next() == Some(topic) && words.next() == Some(partition);
        words.next().filter(|_| is_ours)?.parse().ok()
    })
}

/// The state as it is on the disk, or the error.
fn told(loaded: &Result<Loaded, LoadError>) -> Value {
    match loaded {
        Err(error) => json!({ "error": { "exception": class(error.exception()), "message": error.to_string() } }),
        Ok(load) => {
            let mut state = log_state(&load.log);
            state.retain(|field, _| !matches!(field.as_str(), "high_watermark" | "last_stable_offset"));
            state.into()
        }
    }
}

/// Where Kafka has an exception.
fn class(exception: &str) -> String {
    let package = match exception {
        "IllegalArgumentException" | "IllegalStateException" => "java.lang",
        "KafkaException" => "org.apache.kafka.common",
        "LogSegmentOffsetOverflowException"
        | "IndexOffsetOverflowException"
        | "CorruptIndexException"
        | "OffsetsOutOfOrderException" => "org.apache.kafka.storage.internals.log",
        _ => "org.apache.kafka.common.errors",
    };
    format!("{package}.{exception}")
}

fn text(load: &Loaded, recovery_point: Option<i64>, out: &mut Out) -> Result<(), Failure> {
    let log = &load.log;
    out.line(match recovery_point {
        None => "the broker stopped cleanly".to_owned(),
        Some(point) => format!("the broker did not stop cleanly; offsets before {point} had been flushed"),
    })?;
    for (base_offset, truncated) in &load.recovered {
        out.line(match truncated {
            0 => format!("segment {base_offset} was read anew: every batch is good"),
            cut => format!("segment {base_offset} was read anew: {cut} bytes at its end are no good and are cut off"),
        })?;
    }
    for segment in log.segments() {
        out.line(format!(
            "segment {}: {} bytes, {} offset index entries, {} time index entries, {} aborted transactions",
            segment.base_offset(),
            segment.size_in_bytes(),
            segment.offset_index().entries().len(),
            segment.time_index().entries().len(),
            segment.aborted().len(),
        ))?;
    }
    out.line(format!(
        "offsets {} to {}, recovery point {}, first unstable offset {}",
        log.log_start_offset(),
        log.log_end_offset(),
        log.recovery_point(),
        log.first_unstable_offset().map_or("none".to_owned(), |offset| offset.to_string()),
    ))?;
    let epochs: Vec<String> =
        log.leader_epochs().iter().map(|entry| format!("{} from {}", entry.epoch, entry.start_offset)).collect();
    out.line(format!("leader epochs: {}", if epochs.is_empty() { "none".to_owned() } else { epochs.join(", ") }))?;
    let snapshots: Vec<String> = log.producers().snapshots().iter().map(|file| file.offset().to_string()).collect();
    out.line(format!("{} producers, snapshots at {}", log.producers().producers().count(), snapshots.join(", ")))
}
