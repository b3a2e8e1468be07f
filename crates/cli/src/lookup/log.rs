//! A partition folder as a log that is read: segments with their indexes, and the heads of their batches.

use std::fs;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use highwater_log::batch::{HEADER_SIZE, RecordBatch};
use highwater_log::file::{Step, step};
use highwater_log::leader_epochs::LeaderEpochs;
use highwater_log::offset_index::{self, OffsetIndexEntry};
use highwater_log::time_index::{self, TimestampOffset};

use crate::dump::batches::records;
use crate::dump::failed;
use crate::dump::files::Folder;
use crate::failure::Failure;

/// The header of a batch, and where it is.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Where the batch begins, in bytes.
    pub position: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Its first offset.
    pub base_offset: i64,
    /// Its last offset.
    pub last_offset: i64,
    /// Its largest timestamp in ms.
    pub max_timestamp: i64,
}

/// A segment.
#[derive(Debug)]
pub struct Segment {
    /// Its base offset.
    pub base_offset: i64,
    /// The entries of its offset index.
    pub index: Vec<OffsetIndexEntry>,
    /// The entries of its time index.
    pub time_index: Vec<TimestampOffset>,
    path: PathBuf,
    size: u64,
}

/// A found record: its offset, its timestamp, and the leader epoch of its batch.
type Found = (i64, i64, Option<i32>);

/// A log.
#[derive(Debug)]
pub struct Log {
    /// Its segments, by base offset.
    pub segments: Vec<Segment>,
    /// Its first offset: that of `log-start-offset-checkpoint` beside the folder, or of the first segment.
    pub start_offset: i64,
    /// The offset after its last record.
    pub end_offset: i64,
    /// Its leader epochs.
    pub epochs: LeaderEpochs,
}

impl Log {
    /// Opens a folder. Nothing is repaired: indexes are taken as they are.
    pub fn open(folder: &Folder, path: &Path) -> Result<Log, Failure> {
        let mut segments = Vec::new();
        for segment in folder.segments() {
            let bytes = |ending: &str| match folder.beside(&segment, ending) {
                Some(file) => file.bytes(),
                None => Ok(Vec::new()),
            };
            segments.push(Segment {
                base_offset: segment.base_offset,
                index: offset_index::read(segment.base_offset, &bytes(".index")?),
                time_index: time_index::read(segment.base_offset, &bytes(".timeindex")?),
                path: segment.log.path.clone(),
                size: segment.log.size,
            });
        }
        segments.sort_by_key(|segment| segment.base_offset);
        let first = segments.first().ok_or_else(|| failed(path, "there is no .log file here"))?.base_offset;
        let mut end_offset = first;
        for segment in &segments {
            end_offset = end_offset.max(segment.base_offset);
            let from = segment.index.last().map_or(0, |entry| u64::try_from(entry.position).unwrap_or(0));
            for head in segment.heads_from(from)? {
                end_offset = end_offset.max(head?.last_offset.saturating_add(1));
            }
        }
        let epochs = match folder.leader_epochs() {
            Some(file) => LeaderEpochs::from_checkpoint(&String::from_utf8_lossy(&file.bytes()?))
                .map_err(|error| failed(&file.path, error))?,
            None => LeaderEpochs::default(),
        };
        let start_offset = checkpointed(path, "log-start-offset-checkpoint").map_or(first, |start| start.max(first));
        Ok(Log { segments, start_offset, end_offset, epochs })
    }

    /// The segment that would hold an offset. Kafka: `LogSegments.floorSegment`.
    pub fn floor(&self, offset: i64) -> Option<&Segment> {
        self.segments.iter().rev().find(|segment| segment.base_offset <= offset)
    }

    /// That segment and those after it.
    pub fn from(&self, offset: i64) -> impl Iterator<Item = &Segment> {
        let first = self.floor(offset).map_or(i64::MAX, |segment| segment.base_offset);
        self.segments.iter().filter(move |segment| segment.base_offset >= first)
    }

    /// The largest timestamp of a segment by its time index. A segment without timestamps has that of its file, for which
    /// the newest record of the log stands. Kafka: `LogSegment.largestTimestamp`.
    pub fn largest_timestamp(&self, segment: &Segment) -> i64 {
        let own = segment.time_index.last().map_or(-1, |entry| entry.timestamp);
        if own >= 0 {
            return own;
        }
        self.segments
            .iter()
            .filter_map(|segment| segment.time_index.last())
            .map(|entry| entry.timestamp)
            .max()
            .unwrap_or(-1)
    }

    /// The record with the largest timestamp.
    pub fn max_timestamp(&self) -> Result<Option<Found>, Failure> {
        let last = |segment: &Segment| {
            let unknown = TimestampOffset { timestamp: -1, offset: segment.base_offset };
            segment.time_index.last().copied().unwrap_or(unknown)
        };
        let mut latest: Option<&Segment> = None;
        for segment in &self.segments {
            if latest.is_none_or(|latest| last(segment).timestamp > last(latest).timestamp) {
                latest = Some(segment);
            }
        }
        let Some(segment) = latest else { return Ok(None) };
        let wanted = last(segment);
        let floor = segment.index.partition_point(|entry| entry.offset <= wanted.offset);
        let entry = floor.checked_sub(1).and_then(|floor| segment.index.get(floor));
        let from = entry.map_or(0, |entry| u64::try_from(entry.position).unwrap_or(0));
        for head in segment.heads_from(from)? {
            let head = head?;
            if head.max_timestamp == wanted.timestamp {
                let batch = segment.batch(&head)?;
                let (records, _) = records(&batch);
                let record = records.iter().find(|record| record.timestamp == wanted.timestamp);
                return Ok(record.map(|record| (record.offset, wanted.timestamp, epoch(&batch))));
            }
        }
        Ok(None)
    }
}

fn epoch(batch: &RecordBatch) -> Option<i32> {
    Some(batch.partition_leader_epoch()).filter(|epoch| *epoch >= 0)
}

impl Segment {
    /// The heads of the batches from a position on.
    pub fn heads_from(&self, position: u64) -> Result<Heads, Failure> {
        let cannot = |error: std::io::Error| failed(&self.path, format!("cannot be read: {error}"));
        let file = fs::File::open(&self.path).map_err(cannot)?;
        Ok(Heads { path: self.path.clone(), reader: BufReader::new(file), position, size: self.size })
    }

    /// A whole batch.
    fn batch(&self, head: &Head) -> Result<RecordBatch, Failure> {
        let cannot = |error: std::io::Error| failed(&self.path, format!("cannot be read: {error}"));
        let mut file = fs::File::open(&self.path).map_err(cannot)?;
        file.seek(SeekFrom::Start(head.position)).map_err(cannot)?;
        let mut bytes = Vec::new();
        file.take(head.size).read_to_end(&mut bytes).map_err(cannot)?;
        RecordBatch::decode(&bytes).map_err(|error| failed(&self.path, format!("byte {}: {error}", head.position)))
    }

    /// The first record from a position on that is not older than a timestamp. Kafka: `FileRecords.searchForTimestamp`.
    pub fn find_timestamp(&self, timestamp: i64, position: u64, first_offset: i64) -> Result<Option<Found>, Failure> {
        for head in self.heads_from(position)? {
            let head = head?;
            if head.max_timestamp < timestamp {
                continue;
            }
            let batch = self.batch(&head)?;
            let (records, _) = records(&batch);
            let found = records.iter().find(|record| record.timestamp >= timestamp && record.offset >= first_offset);
            if let Some(record) = found {
                return Ok(Some((record.offset, record.timestamp, epoch(&batch))));
            }
        }
        Ok(None)
    }
}

/// Reads the headers of a file's batches and passes over their records.
pub struct Heads {
    path: PathBuf,
    reader: BufReader<fs::File>,
    position: u64,
    size: u64,
}

impl Heads {
    fn advance(&mut self) -> Result<Option<Head>, Failure> {
        let cannot = |error: std::io::Error| failed(&self.path, format!("cannot be read: {error}"));
        let left = self.size.saturating_sub(self.position);
        self.reader.seek(SeekFrom::Start(self.position)).map_err(cannot)?;
        let mut bytes = Vec::new();
        self.reader.by_ref().take(HEADER_SIZE as u64).read_to_end(&mut bytes).map_err(cannot)?;
        let Step::Batch { size, .. } = step(&bytes, left) else { return Ok(None) };
        // The records are not read, so the header stands for the whole batch.
        let Ok(header) = highwater_log::batch::BatchHeader::decode(&bytes) else { return Ok(None) };
        let head = Head {
            position: self.position,
            size,
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            max_timestamp: header.max_timestamp,
        };
        self.position = self.position.saturating_add(size);
        Ok(Some(head))
    }
}

impl Iterator for Heads {
    type Item = Result<Head, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

/// The offset of a partition in a checkpoint file beside its folder: `topic partition offset` lines. Kafka:
/// `OffsetCheckpointFile`.
fn checkpointed(folder: &Path, name: &str) -> Option<i64> {
    let folder = fs::canonicalize(folder).ok()?;
    let (topic, partition) = folder.file_name()?.to_str()?.rsplit_once('-')?;
    let text = fs::read_to_string(folder.parent()?.join(name)).ok()?;
    text.lines().skip(2).find_map(|line| {
        let mut words = line.split(' ');
        let is_ours = words.next() == Some(topic) && words.next() == Some(partition);
        words.next().filter(|_| is_ours)?.parse().ok()
    })
}
