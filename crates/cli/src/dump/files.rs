//! The files of a partition folder, by their names.

use std::fs;
use std::path::{Path, PathBuf};

use highwater_log::leader_epochs::LeaderEpochs;
use highwater_log::producer_state::snapshot;
use highwater_log::{offset_index, time_index, transaction_index};
use serde_json::{Value, json};

use super::failed;
use crate::failure::Failure;

/// The file with the leader epochs.
const EPOCHS: &str = "leader-epoch-checkpoint";
/// Small files are read as a whole; a larger one is none of them.
const SMALL_FILE_MAX: u64 = 1 << 30;

/// A file of a broker's disk.
#[derive(Clone, Debug)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// `log`, `index`, `timeindex`, `txnindex`, `snapshot` or the name of the checkpoint.
    pub kind: String,
    /// The offset in its name; 0 if there is none.
    pub base_offset: i64,
    /// Its size in bytes.
    pub size: u64,
}

impl File {
    /// What a path names.
    pub fn of(path: &Path) -> Result<File, Failure> {
        let size = fs::metadata(path).map_err(|error| failed(path, format!("cannot be read: {error}")))?.len();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = if name == EPOCHS { EPOCHS } else { name.rsplit_once('.').map_or("", |(_, kind)| kind) };
        if ![EPOCHS, "log", "index", "timeindex", "txnindex", "snapshot"].contains(&kind) {
            return Err(failed(
                path,
                "no file of a log; a .log, .index, .timeindex, .txnindex, .snapshot or leader-epoch-checkpoint is read",
            ));
        }
        let base_offset = name.split('.').next().and_then(|offset| offset.parse().ok()).unwrap_or(0);
        Ok(File { path: path.to_owned(), kind: kind.to_owned(), name, base_offset, size })
    }

    /// Whether it is of a kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// All its bytes.
    pub fn bytes(&self) -> Result<Vec<u8>, Failure> {
        if self.size > SMALL_FILE_MAX {
            return Err(failed(&self.path, format!("{} bytes are more than such a file can have", self.size)));
        }
        fs::read(&self.path).map_err(|error| failed(&self.path, format!("cannot be read: {error}")))
    }

    /// `[offset, position]` pairs.
    pub fn index(&self) -> Result<Value, Failure> {
        let entries = offset_index::read(self.base_offset, &self.bytes()?);
        Ok(entries.iter().map(|entry| json!([entry.offset, entry.position])).collect())
    }

    /// `[timestamp, offset]` pairs.
    pub fn time_index(&self) -> Result<Value, Failure> {
        let entries = time_index::read(self.base_offset, &self.bytes()?);
        Ok(entries.iter().map(|entry| json!([entry.timestamp, entry.offset])).collect())
    }

    /// The aborted transactions.
    pub fn transaction_index(&self) -> Result<Value, Failure> {
        let entry = |entry: &transaction_index::Entry| {
            json!({
                "version": entry.version,
                "producer_id": entry.aborted.producer_id,
                "first_offset": entry.aborted.first_offset,
                "last_offset": entry.aborted.last_offset,
                "last_stable_offset": entry.aborted.last_stable_offset,
            })
        };
        Ok(transaction_index::read(&self.bytes()?).iter().map(entry).collect())
    }

    /// The producers of a snapshot, or why it cannot be read.
    pub fn snapshot(&self) -> Result<Value, Failure> {
        let entries = match snapshot::read(&self.bytes()?) {
            Ok(entries) => entries,
            Err(error) => {
                let exception = "org.apache.kafka.storage.internals.log.CorruptSnapshotException";
                let told = json!({ "exception": exception, "message": error.to_string() });
                return Ok(json!({ "offset": self.base_offset, "error": told }));
            }
        };
        let entry = |entry: &snapshot::SnapshotEntry| {
            json!({
                "producer_id": entry.producer_id,
                "epoch": entry.epoch,
                "coordinator_epoch": entry.coordinator_epoch,
                "last_timestamp": entry.last_timestamp,
                "last_sequence": entry.last_sequence,
                "last_offset": entry.last_offset,
                "offset_delta": entry.offset_delta,
                "current_txn_first_offset": entry.current_txn_first_offset,
            })
        };
        Ok(json!({ "offset": self.base_offset, "entries": entries.iter().map(entry).collect::<Value>() }))
    }

    /// `[epoch, start offset]` pairs, or why there are none.
    pub fn leader_epochs(&self) -> Result<Value, Failure> {
        let bytes = self.bytes()?;
        let epochs = match LeaderEpochs::from_checkpoint(&String::from_utf8_lossy(&bytes)) {
            Ok(epochs) => epochs,
            Err(error) => return Ok(json!({ "error": error.to_string() })),
        };
        Ok(epochs.entries().iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect())
    }
}

/// A segment by its `.log` file.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its base offset.
    pub base_offset: i64,
    /// Its file.
    pub log: File,
}

/// A partition folder.
#[derive(Debug)]
pub struct Folder {
    files: Vec<File>,
}

impl Folder {
    /// The files of a log in a folder; others are not looked at.
    pub fn open(path: &Path) -> Result<Folder, Failure> {
        let entries = fs::read_dir(path).map_err(|error| failed(path, format!("cannot be read: {error}")))?;
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed(path, error))?;
            if let Ok(file) = File::of(&entry.path()) {
                files.push(file);
            }
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        if files.is_empty() {
            return Err(failed(path, "there are no files of a log here"));
        }
        Ok(Folder { files })
    }

    /// All files, by name.
    pub fn files(&self) -> Vec<File> {
        self.files.clone()
    }

    /// The segments, by base offset.
    pub fn segments(&self) -> Vec<Segment> {
        let logs = self.files.iter().filter(|file| file.is("log"));
        logs.map(|log| Segment { base_offset: log.base_offset, log: log.clone() }).collect()
    }

    /// The file of a segment with another ending.
    pub fn beside(&self, segment: &Segment, ending: &str) -> Option<&File> {
        let name = segment.log.name.strip_suffix(".log")?.to_owned() + ending;
        self.files.iter().find(|file| file.name == name)
    }

    /// The snapshots, by offset.
    pub fn snapshots(&self) -> Vec<File> {
        self.files.iter().filter(|file| file.is("snapshot")).cloned().collect()
    }

    /// The file with the leader epochs.
    pub fn leader_epochs(&self) -> Option<&File> {
        self.files.iter().find(|file| file.name == EPOCHS)
    }
}
