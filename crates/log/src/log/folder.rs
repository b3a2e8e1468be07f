//! The folder of a partition as a broker finds it at its start. Kafka 4.3: `LogLoader.load` up to the segments,
//! `LogFileUtils`.

use std::rc::Rc;

use super::read::OffsetMetadata;
use super::segments::Segments;
use super::{LoadError, Log, LogConfig, LogFiles, SegmentState};
use crate::leader_epochs::LeaderEpochs;
use crate::offset_index::OffsetIndex;
use crate::producer_state::SnapshotFile;
use crate::segment::{Segment, SegmentFiles, largest_timestamp_of};
use crate::time_index::TimeIndex;
use crate::transaction_index::{self, CorruptTransactionIndex};

/// The name of the file with the leader epochs.
pub const LEADER_EPOCHS: &str = "leader-epoch-checkpoint";
/// Of a file that is being written by the cleaner.
const CLEANED: &str = ".cleaned";
/// Of a file that is about to take the place of others.
const SWAP: &str = ".swap";
/// Of a file that is about to go.
const DELETED: &str = ".deleted";

/// A file of the folder.
#[derive(Clone, Debug)]
pub struct FolderFile {
    /// Its name, without the folder.
    pub name: String,
    /// Its bytes.
    pub bytes: Rc<[u8]>,
}

/// The newest timestamp of any batch of the `.log` files, in ms: the nearest thing to a clock that a folder has.
pub fn newest_timestamp(files: &[FolderFile]) -> Option<i64> {
    let logs = files.iter().filter(|file| file.name.strip_suffix(".log").is_some());
    logs.filter_map(|file| largest_timestamp_of(&file.bytes)).max()
}

/// The offset that a name begins with.
fn offset_of(name: &str) -> Option<i64> {
    name.split('.').next()?.parse().ok()
}

impl Log {
    /// A log of segments as their files stand, nothing recovered and nothing cut: to look at. Its producers are not known.
    /// Without segments there is one at offset 0. Kafka has no such thing: its broker loads.
    pub fn as_it_stands(mut segments: Vec<Segment>, epochs: LeaderEpochs, config: LogConfig, now_ms: i64) -> Log {
        segments.sort_by_key(Segment::base_offset);
        let Some(last) = segments.last() else { return Log::with_config(config, now_ms) };
        // A file that cannot be read on ends where it cannot.
        let readable = last.batches_at(0).map_while(Result::ok).last();
        let end_offset = readable.map_or(last.base_offset(), |placed| placed.batch.last_offset().saturating_add(1));
        let start_offset = segments.first().map_or(0, Segment::base_offset);
        let mut log = Log::with_config(config, now_ms);
        if let Some(segments) = Segments::from_list(segments) {
            log.segments = segments;
        }
        log.start_offset = start_offset;
        log.end_offset = end_offset;
        log.end_place = log.segments.active().end_place();
        log.high_watermark = OffsetMetadata::only(end_offset);
        log.recovery_point = end_offset;
        log.epochs = Rc::new(epochs);
        log
    }
}

impl LogFiles {
    /// Reads the files of a folder, in any order. What a cleaner or a deletion left half done is finished or undone first;
    /// files of other kinds are not looked at. A segment that has no timestamp counts as changed at `modified_ms`.
    ///
    /// # Errors
    /// A checkpoint of leader epochs that cannot be read.
    pub fn of_folder(files: Vec<FolderFile>, modified_ms: i64, now_ms: i64) -> Result<LogFiles, LoadError> {
        let mut files = finish_swaps(files);
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let find = |name: &str| files.iter().find(|file| file.name == name);
        let epochs = match find(LEADER_EPOCHS) {
            Some(file) => LeaderEpochs::from_checkpoint(&String::from_utf8_lossy(&file.bytes))?,
            None => LeaderEpochs::default(),
        };
        let named = |kind: &'static str| {
            files
                .iter()
                .filter_map(move |file| Some((file, offset_of(&file.name).filter(|_| file.name.ends_with(kind))?)))
        };
        let mut segments: Vec<(Segment, SegmentState)> = named(".log")
            .map(|(file, base_offset)| {
                let beside = |kind: &str| {
                    let name = file.name.strip_suffix(".log").unwrap_or_default().to_owned() + kind;
                    find(&name).map(|file| &*file.bytes)
                };
                let (offsets, times, aborted) = (beside(".index"), beside(".timeindex"), beside(".txnindex"));
                let files = SegmentFiles {
                    base_offset,
                    log: Rc::clone(&file.bytes),
                    offset_index: OffsetIndex::from_bytes(base_offset, offsets.unwrap_or_default()),
                    time_index: TimeIndex::from_bytes(base_offset, times.unwrap_or_default()),
                    aborted: transaction_index::read(aborted.unwrap_or_default())
                        .iter()
                        .map(|entry| entry.aborted)
                        .collect(),
                    last_modified_ms: modified_ms,
                };
                let state = match transaction_index::sanity_check(base_offset, aborted.unwrap_or_default()) {
                    _ if offsets.is_none() => SegmentState::Recover,
                    Ok(()) => SegmentState::Trusted,
                    Err(CorruptTransactionIndex::BelowBase { .. }) => SegmentState::Recover,
                    Err(error @ CorruptTransactionIndex::Version { .. }) => SegmentState::Fatal(error),
                };
                (Segment::open(files, now_ms), state)
            })
            .collect();
        segments.sort_by_key(|(segment, _)| segment.base_offset());
        let snapshots = named(".snapshot").map(|(file, offset)| SnapshotFile::of_bytes(offset, &file.bytes)).collect();
        Ok(LogFiles { segments, epochs, snapshots })
    }
}

/// What was being swapped in is in its place, what it replaces is gone, and so is what was being cleaned or deleted.
fn finish_swaps(files: Vec<FolderFile>) -> Vec<FolderFile> {
    let first_cleaned =
        files.iter().filter(|file| file.name.ends_with(CLEANED)).filter_map(|file| offset_of(&file.name)).min();
    let mut kept: Vec<FolderFile> = files
        .into_iter()
        .filter(|file| {
            // A swap that is not older than what is being cleaned was never complete.
            let is_incomplete = file.name.ends_with(SWAP)
                && first_cleaned.is_some_and(|first| offset_of(&file.name).is_some_and(|offset| offset >= first));
            !file.name.ends_with(DELETED) && !file.name.ends_with(CLEANED) && !is_incomplete
        })
        .collect();
    let mut replaced: Option<(i64, i64)> = None;
    for file in kept.iter().filter(|file| file.name.ends_with(".log.swap")) {
        let Some(base_offset) = offset_of(&file.name) else { continue };
        let name = file.name.replace(".log.swap", ".index.swap");
        let index = kept.iter().find(|file| file.name == name).map(|file| &*file.bytes);
        let segment = Segment::open(
            SegmentFiles {
                base_offset,
                log: Rc::clone(&file.bytes),
                offset_index: OffsetIndex::from_bytes(base_offset, index.unwrap_or_default()),
                time_index: TimeIndex::new(base_offset),
                aborted: Vec::new(),
                last_modified_ms: 0,
            },
            0,
        );
        // A file that cannot be read on replaces nothing more; the load tells of it.
        let end = segment.read_next_offset().unwrap_or(base_offset);
        let (first, last) = replaced.unwrap_or((base_offset, end));
        replaced = Some((first.min(base_offset), last.max(end)));
    }
    if let Some((first, end)) = replaced {
        let is_replaced =
            |file: &FolderFile| offset_of(&file.name).is_some_and(|offset| (first..end).contains(&offset));
        kept.retain(|file| file.name.ends_with(SWAP) || !is_replaced(file));
    }
    for file in &mut kept {
        if let Some(name) = file.name.strip_suffix(SWAP) {
            file.name = name.to_owned();
        }
    }
    kept
}
