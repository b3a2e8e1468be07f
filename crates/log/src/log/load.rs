//! A log opened again: after a clean stop as its files are, after an unclean one read anew from the recovery point on.
//! Kafka 4.3: `LogLoader`, `UnifiedLog.rebuildProducerState`.

use std::rc::Rc;

use thiserror::Error;

use super::read::{OffsetMetadata, batches_between};
use super::segments::Segments;
use super::{Log, LogConfig, LogError};
use crate::leader_epochs::{CheckpointError, LeaderEpochs};
use crate::producer_state::{AppendOrigin, ProducerStateManager, SnapshotFile};
use crate::recovery::RecoveryError;
use crate::segment::{Segment, SegmentError};
use crate::transaction_index::CorruptTransactionIndex;

/// Why a log cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    /// The checkpoint of the leader epochs.
    #[error("Error while reading checkpoint file leader-epoch-checkpoint")]
    LeaderEpochs(#[from] CheckpointError),
    /// An entry of a transaction index that no version has.
    #[error(transparent)]
    TransactionIndex(#[from] CorruptTransactionIndex),
    /// A segment that Kafka does not recover.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The producers, or the end of the log, cannot be read.
    #[error(transparent)]
    Log(LogError),
}

impl From<LogError> for LoadError {
    fn from(error: LogError) -> LoadError {
        match error {
            LogError::Segment(error) => LoadError::Recovery(error.into()),
            LogError::Producer(error) => LoadError::Recovery(error.into()),
            error => LoadError::Log(error),
        }
    }
}

impl LoadError {
    /// The simple name of Kafka's exception.
    pub fn exception(&self) -> &'static str {
        match self {
            LoadError::LeaderEpochs(_) => "KafkaStorageException",
            LoadError::TransactionIndex(_) => "KafkaException",
            LoadError::Recovery(error) => error.exception(),
            LoadError::Log(error) => error.exception(),
        }
    }
}

/// Whether the indexes of a segment can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// They are taken as they are.
    Trusted,
    /// One is missing or cannot be: the segment is read anew, whatever the stop was.
    Recover,
    /// Nothing of the log can be opened.
    Fatal(CorruptTransactionIndex),
}

/// The files of a log's folder.
#[derive(Clone, Debug)]
pub struct LogFiles {
    /// The segments, in the order of their base offsets.
    pub segments: Vec<(Segment, SegmentState)>,
    /// `leader-epoch-checkpoint`.
    pub epochs: LeaderEpochs,
    /// The `.snapshot` files.
    pub snapshots: Vec<SnapshotFile>,
}

/// How the broker stopped, and what it had noted of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogStop {
    /// Everything was flushed and closed.
    pub is_clean: bool,
    /// What is before it was flushed: `recovery-point-offset-checkpoint`.
    pub recovery_point: i64,
    /// `log-start-offset-checkpoint`.
    pub log_start_offset: i64,
}

/// What a load did, besides the log that it gives.
#[derive(Clone, Debug)]
pub struct Load {
    /// The log.
    pub log: Log,
    /// The base offsets of the segments that were read anew, in order, and how many bytes were cut off each.
    pub recovered: Vec<(i64, u64)>,
}

/// What stands on the disk while a log is loaded.
struct Loader<'a> {
    config: &'a LogConfig,
    now_ms: i64,
    stop: LogStop,
    epochs: LeaderEpochs,
    snapshots: Vec<SnapshotFile>,
    /// The state of the log itself. It knows the snapshots that were there in the beginning.
    producers: ProducerStateManager,
    recovered: Vec<(i64, u64)>,
}

impl Log {
    /// Loads a log from its files.
    ///
    /// # Errors
    /// What Kafka does not load.
    pub fn load(files: LogFiles, config: LogConfig, stop: LogStop, now_ms: i64) -> Result<Load, LoadError> {
        let mut loader = Loader {
            config: &config,
            now_ms,
            stop,
            epochs: files.epochs,
            producers: ProducerStateManager::new(config.producers, files.snapshots.clone()),
            snapshots: files.snapshots,
            recovered: Vec::new(),
        };
        let mut disk = files.segments;
        let mut segments = loop {
            match loader.load_segments(&disk) {
                Ok(segments) => break segments,
                Err((base_offset, error)) => loader.split(&mut disk, base_offset, error)?,
            }
        };
        if !stop.is_clean {
            loop {
                match loader.recover_unflushed(&mut segments) {
                    Ok(()) => break,
                    Err((base_offset, error)) => {
                        let mut disk = segments.into_iter().map(|segment| (segment, SegmentState::Trusted)).collect();
                        loader.split(&mut disk, base_offset, error)?;
                        segments = disk.into_iter().map(|(segment, _)| segment).collect();
                    }
                }
            }
        }
        let end = match segments.last() {
            Some(last) => Some(last.read_next_offset().map_err(LogError::from)?),
            None => None,
        };
        let end = end.filter(|end| *end >= stop.log_start_offset);
        if end.is_none() {
            // Files were taken away: there is nothing at the log start.
            let gone: Vec<i64> = segments.drain(..).map(|segment| segment.base_offset()).collect();
            loader.delete_snapshots(&gone);
            if !gone.is_empty() {
                loader.epochs = LeaderEpochs::default();
                let known: Vec<i64> = loader
                    .producers
                    .snapshots()
                    .iter()
                    .map(super::super::producer_state::SnapshotFile::offset)
                    .collect();
                loader.snapshots.retain(|snapshot| !known.contains(&snapshot.offset()));
                loader.producers.truncate_fully_and_start_at(stop.log_start_offset);
            }
            segments.push(Segment::new(stop.log_start_offset, now_ms));
        }
        let end_offset = end.unwrap_or(stop.log_start_offset);
        let recovery_point = if stop.is_clean { end_offset } else { stop.recovery_point.min(end_offset) };
        let recovered = std::mem::take(&mut loader.recovered);
        let log = loader.finish(segments, end_offset, recovery_point)?;
        Ok(Load { log, recovered })
    }

    /// Stops and loads again. A clean stop closes the segments and writes a snapshot; the high watermark is what it was, as
    /// far as the log still goes.
    ///
    /// # Errors
    /// As [`Log::load`]; the log is then as it was.
    pub fn restart(&mut self, is_clean: bool, now_ms: i64) -> Result<(), LoadError> {
        let stop = LogStop { is_clean, recovery_point: self.recovery_point, log_start_offset: self.start_offset };
        let high_watermark = self.high_watermark.offset;
        self.reopen(stop, now_ms)?;
        self.update_high_watermark(high_watermark);
        Ok(())
    }

    /// Loads again what is in its files, which a process left that stopped like this. A clean stop closes the segments and
    /// writes a snapshot. The high watermark is the start of the log then.
    ///
    /// # Errors
    /// As [`Log::load`]; the log is then as it was.
    pub fn reopen(&mut self, stop: LogStop, now_ms: i64) -> Result<(), LoadError> {
        let is_clean = stop.is_clean;
        let mut producers = (*self.producers).clone();
        if is_clean {
            producers.take_snapshot();
        }
        let reopened = |segment: &Segment| {
            let mut segment = segment.clone();
            if is_clean {
                segment.close();
            }
            (segment.reopened(now_ms), SegmentState::Trusted)
        };
        let files = LogFiles {
            segments: self.segments.iter().map(reopened).collect(),
            epochs: (*self.epochs).clone(),
            snapshots: producers.snapshots().to_vec(),
        };
        *self = Log::load(files, *self.config, stop, now_ms)?.log;
        Ok(())
    }
}

/// A segment and why it cannot be recovered.
type Failure = (i64, LoadError);

impl Loader<'_> {
    /// Kafka: `loadSegmentFiles`.
    fn load_segments(&mut self, disk: &[(Segment, SegmentState)]) -> Result<Vec<Segment>, Failure> {
        let mut segments: Vec<Segment> = Vec::with_capacity(disk.len());
        for (segment, state) in disk {
            let mut segment = segment.clone();
            match state {
                SegmentState::Trusted => {}
                SegmentState::Recover => {
                    let base_offset = segment.base_offset();
                    self.recover(&mut segment, &segments).map_err(|error| (base_offset, error))?;
                }
                SegmentState::Fatal(error) => return Err((segment.base_offset(), error.clone().into())),
            }
            segments.push(segment);
        }
        Ok(segments)
    }

    /// Reads a segment anew, with the producers as they were before it. Kafka: `recoverSegment`.
    fn recover(&mut self, segment: &mut Segment, segments: &[Segment]) -> Result<u64, LoadError> {
        let mut producers = ProducerStateManager::new(self.config.producers, self.snapshots.clone());
        let known: Vec<&Segment> = segments.iter().collect();
        let (start, base_offset) = (self.stop.log_start_offset, segment.base_offset());
        let rebuilt = rebuild_producer_state(&mut producers, &known, start, base_offset, self.now_ms, false);
        let recovered = match rebuilt {
            Ok(()) => {
                segment.recover(self.now_ms, self.config, &mut self.epochs, &mut producers).map_err(LoadError::from)
            }
            Err(error) => Err(error.into()),
        };
        if recovered.is_ok() {
            producers.take_snapshot();
        }
        // Whatever came of it, its snapshots are files.
        self.snapshots = producers.snapshots().to_vec();
        let truncated = recovered?;
        self.recovered.push((base_offset, truncated));
        Ok(truncated)
    }

    /// Kafka: `recoverLog`, after an unclean stop.
    fn recover_unflushed(&mut self, segments: &mut Vec<Segment>) -> Result<(), Failure> {
        let flushed = segments.partition_point(|segment| segment.base_offset() <= self.stop.recovery_point);
        for at in flushed.saturating_sub(1)..segments.len() {
            let Some(mut segment) = segments.get(at).cloned() else { break };
            let base_offset = segment.base_offset();
            let failed = |error: LoadError| (base_offset, error);
            let truncated = match self.recover(&mut segment, segments) {
                // Offsets that do not grow: nothing of the segment is kept.
                Err(LoadError::Recovery(error)) if error.exception() == "InvalidOffsetException" => segment
                    .truncate_to(base_offset, self.now_ms)
                    .map_err(|error| failed(LogError::from(error).into()))?,
                truncated => truncated.map_err(failed)?,
            };
            if let Some(place) = segments.get_mut(at) {
                *place = segment;
            }
            if truncated > 0 {
                let behind = at.saturating_add(1).min(segments.len());
                let gone: Vec<i64> = segments.drain(behind..).map(|segment| segment.base_offset()).collect();
                self.delete_snapshots(&gone);
                break;
            }
        }
        Ok(())
    }

    /// The snapshots of segments that go. One that came only while the log was loaded stays for now.
    fn delete_snapshots(&mut self, base_offsets: &[i64]) {
        for base_offset in base_offsets {
            if self.producers.snapshots().iter().any(|snapshot| snapshot.offset() == *base_offset) {
                self.producers.remove_snapshot(*base_offset);
                self.snapshots.retain(|snapshot| snapshot.offset() != *base_offset);
            }
        }
    }

    /// Makes several segments of one whose offsets lie too far apart; any other error stays one. Kafka:
    /// `retryOnOffsetOverflow`, `splitOverflowedSegment`.
    fn split(
        &mut self,
        disk: &mut Vec<(Segment, SegmentState)>,
        base_offset: i64,
        error: LoadError,
    ) -> Result<(), LoadError> {
        let overflows =
            matches!(error, LoadError::Recovery(RecoveryError::Segment(SegmentError::OffsetOverflow { .. })));
        let at = disk.iter().position(|(segment, _)| segment.base_offset() == base_offset).filter(|_| overflows);
        let Some((at, old)) = at.and_then(|at| Some((at, disk.get(at)?.0.clone()))) else { return Err(error) };
        let mut split: Vec<Segment> = Vec::new();
        for placed in old.batches_at(0) {
            let batch = placed.map_err(LogError::from)?.into_owned().batch;
            let (first, last) = (batch.base_offset(), batch.last_offset());
            let fits = split
                .last()
                .is_some_and(|segment| crate::offset_index::relative(segment.base_offset(), last).is_some());
            if !fits {
                split.push(Segment::new(first, self.now_ms));
            }
            if let Some(segment) = split.last_mut() {
                segment.append(self.now_ms, &[batch], last, self.config).map_err(LogError::from)?;
            }
        }
        let size: u64 = split.iter().map(Segment::size_in_bytes).sum();
        let grew = split.len() > 1 || split.first().is_some_and(|segment| segment.base_offset() != base_offset);
        if size != old.size_in_bytes() || !grew {
            return Err(error);
        }
        for segment in &mut split {
            segment.close();
            segment.set_last_modified_ms(old.last_modified_ms());
        }
        if split.iter().all(|segment| segment.base_offset() != base_offset) {
            self.delete_snapshots(&[base_offset]);
        }
        let now_ms = self.now_ms;
        disk.splice(at..=at, split.iter().map(|segment| (segment.reopened(now_ms), SegmentState::Trusted)));
        disk.sort_by_key(|(segment, _)| segment.base_offset());
        Ok(())
    }

    /// Epochs and producers, up to the end that was found.
    fn finish(mut self, segments: Vec<Segment>, end_offset: i64, recovery_point: i64) -> Result<Log, LoadError> {
        let first = segments.first().map_or(self.stop.log_start_offset, Segment::base_offset);
        let start_offset = self.stop.log_start_offset.max(first);
        self.epochs.truncate_from_end(end_offset);
        self.epochs.truncate_from_start(self.stop.log_start_offset);
        let base_offsets: Vec<i64> = segments.iter().map(Segment::base_offset).collect();
        self.producers.remove_stray_snapshots(self.snapshots, &base_offsets);
        let known: Vec<&Segment> = segments.iter().collect();
        let (now_ms, is_clean) = (self.now_ms, self.stop.is_clean);
        rebuild_producer_state(&mut self.producers, &known, start_offset, end_offset, now_ms, is_clean)?;
        let segments =
            Segments::from_list(segments).unwrap_or_else(|| Segments::new(Segment::new(start_offset, now_ms)));
        let mut log = Log {
            config: Rc::new(*self.config),
            end_place: segments.active().end_place(),
            segments,
            start_offset,
            end_offset,
            high_watermark: OffsetMetadata::only(start_offset),
            recovery_point: recovery_point.max(start_offset),
            last_flushed_ms: now_ms,
            first_unstable_offset: None,
            epochs: Rc::new(self.epochs),
            producers: Rc::new(self.producers),
        };
        log.update_first_unstable_offset();
        Ok(log)
    }
}

/// Brings the producers to what they were at an offset: from the newest snapshot, and the batches behind it. Snapshots are
/// written at the last two segments and at the offset. Kafka: `UnifiedLog.rebuildProducerState`.
pub(crate) fn rebuild_producer_state(
    producers: &mut ProducerStateManager,
    segments: &[&Segment],
    log_start_offset: i64,
    last_offset: i64,
    now_ms: i64,
    after_clean_stop: bool,
) -> Result<(), LogError> {
    let from = segments.len().saturating_sub(2);
    let mut snapshots: Vec<i64> = segments.iter().skip(from).map(|segment| segment.base_offset()).collect();
    snapshots.push(last_offset);
    if producers.latest_snapshot_offset().is_none() && after_clean_stop {
        // A log from before there were snapshots: it has no producers.
        for offset in snapshots {
            producers.set_map_end_offset(offset);
            producers.take_snapshot();
        }
        return Ok(());
    }
    let was_empty = producers.is_empty() && producers.map_end_offset() >= last_offset;
    producers.truncate_and_reload(log_start_offset, last_offset, now_ms);
    let from = producers.map_end_offset();
    if last_offset > from && !was_empty {
        let floor = |offset: i64| segments.partition_point(|segment| segment.base_offset() <= offset).checked_sub(1);
        let last_segment = floor(last_offset);
        let values = segments.iter().enumerate().skip(floor(from).unwrap_or(0));
        for (at, segment) in values.take_while(|(_, segment)| segment.base_offset() < last_offset) {
            let start = segment.base_offset().max(producers.map_end_offset()).max(log_start_offset);
            producers.set_map_end_offset(start);
            if snapshots.contains(&segment.base_offset()) {
                producers.take_snapshot();
            }
            let mut max_position = segment.size_in_bytes();
            if last_segment == Some(at)
                && let Some(placed) = segment.translate_offset(last_offset)?
            {
                max_position = placed.position;
            }
            let all = i32::MAX.unsigned_abs().into();
            if let Some(read) = segment.read(start, all, Some(max_position), false)? {
                load_producers(producers, segment, read.position, read.position.saturating_add(read.size))?;
            }
        }
    }
    producers.set_map_end_offset(last_offset);
    producers.take_snapshot();
    Ok(())
}

/// Kafka: `loadProducersFromRecords`.
fn load_producers(
    producers: &mut ProducerStateManager,
    segment: &Segment,
    position: u64,
    limit: u64,
) -> Result<(), LogError> {
    let (mut appends, mut completed) = (Vec::new(), Vec::new());
    for batch in batches_between(segment, position, limit) {
        let batch = batch?;
        if batch.producer_id() >= 0 {
            completed.extend(producers.append(&mut appends, &batch, AppendOrigin::Replication, false, 0)?);
        }
    }
    producers.update_all(appends);
    for transaction in &completed {
        producers.complete(transaction);
    }
    Ok(())
}
