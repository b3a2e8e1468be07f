//! A partition's log. Kafka 4.3: `org.apache.kafka.storage.internals.log.UnifiedLog`, `LocalLog`.
//!
//! Everything is in memory and nothing is scheduled: who has a log says when it flushes, deletes and cleans.
//!
//! Differs from Kafka: the old segment of a roll is flushed at once, files that are deleted are gone at once, and a log has
//! bounds ([`BYTES_MAX`], [`BATCHES_MAX`]).

mod append;
mod error;
mod folder;
mod load;
mod read;
mod retention;
mod segments;
mod timestamps;
mod truncate;

use std::rc::Rc;

pub use crate::config::LogConfig;
pub use append::{AppendInfo, LeaderAppend};
pub use error::LogError;
pub use folder::{FolderFile, LEADER_EPOCHS, newest_timestamp};
pub use load::{Load, LoadError, LogFiles, LogStop, SegmentState};
pub use read::{FetchInfo, Isolation, OffsetMetadata};
pub use retention::{DeletionCheck, Verdict};
pub use timestamps::FoundOffset;

pub(crate) use load::rebuild_producer_state;
use segments::Segments;

use crate::batch::{BatchError, RecordBatch};
use crate::leader_epochs::{EpochEndOffset, EpochEntry, LeaderEpochs};
use crate::producer_state::{ProducerStateError, ProducerStateManager, VerificationGuard};
use crate::record::Record;
use crate::segment::Segment;

/// The most bytes of a log.
pub const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most batches of a log.
pub const BATCHES_MAX: u64 = 1_000_000;

/// The records of a partition on one broker. A clone costs a few counters, and shares what both have.
#[derive(Clone, Debug)]
pub struct Log {
    config: Rc<LogConfig>,
    segments: Segments,
    start_offset: i64,
    end_offset: i64,
    /// The segment of the log end and how large it was then: an append that failed has left bytes behind it.
    end_place: (i64, u64),
    high_watermark: OffsetMetadata,
    recovery_point: i64,
    /// When the recovery point last moved by a flush, in ms. Kafka: `LocalLog.lastFlushedTime`.
    last_flushed_ms: i64,
    first_unstable_offset: Option<i64>,
    epochs: Rc<LeaderEpochs>,
    producers: Rc<ProducerStateManager>,
}

impl Default for Log {
    fn default() -> Log {
        Log::new()
    }
}

impl Log {
    /// An empty log that begins at offset 0, of a topic with default configs.
    pub fn new() -> Log {
        Log::with_config(LogConfig::default(), 0)
    }

    /// An empty log that begins at offset 0; its first segment is made now.
    pub fn with_config(config: LogConfig, now_ms: i64) -> Log {
        Log {
            segments: Segments::new(Segment::new(0, now_ms)),
            start_offset: 0,
            end_offset: 0,
            end_place: (0, 0),
            high_watermark: OffsetMetadata::only(0),
            recovery_point: 0,
            last_flushed_ms: now_ms,
            first_unstable_offset: None,
            epochs: Rc::default(),
            producers: Rc::new(ProducerStateManager::new(config.producers, Vec::new())),
            config: Rc::new(config),
        }
    }

    /// The configs.
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Other configs, from now on. Kafka: `updateConfig`.
    pub fn set_config(&mut self, config: LogConfig) {
        self.config = Rc::new(config);
    }

    /// The first offset.
    pub fn log_start_offset(&self) -> i64 {
        self.start_offset
    }

    /// The offset that the next record gets.
    pub fn log_end_offset(&self) -> i64 {
        self.end_offset
    }

    /// What is before it is on every replica that counts, as far as this one knows.
    pub fn high_watermark(&self) -> i64 {
        self.high_watermark.offset
    }

    /// What is before it is flushed to the disk.
    pub fn recovery_point(&self) -> i64 {
        self.recovery_point
    }

    /// The first offset of a transaction that is open, or over but not below the high watermark yet.
    pub fn first_unstable_offset(&self) -> Option<i64> {
        self.first_unstable_offset
    }

    /// Up to it a `read_committed` consumer reads: the high watermark, or the first unstable offset before it.
    pub fn last_stable_offset(&self) -> i64 {
        let high_watermark = self.high_watermark.offset;
        self.first_unstable_offset.map_or(high_watermark, |first| first.min(high_watermark))
    }

    /// The size in bytes.
    pub fn size_in_bytes(&self) -> u64 {
        self.segments.size_in_bytes()
    }

    /// How many batches there are.
    pub fn batch_count(&self) -> usize {
        self.segments.batch_count()
    }

    /// The segments, oldest first.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter()
    }

    /// The segment that would hold an offset. Kafka: `floorSegment`.
    pub fn floor_segment(&self, offset: i64) -> Option<&Segment> {
        self.segments.floor(offset)
    }

    /// The first segment whose largest timestamp is not before the target: where a search for it goes on.
    pub fn segment_for_timestamp(&self, timestamp: i64) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.largest_timestamp() >= timestamp)
    }

    /// The segment that takes appends.
    pub fn active_segment(&self) -> &Segment {
        self.segments.active()
    }

    /// The segments from the one on that holds an offset, without the active one.
    pub(crate) fn non_active_segments_from(&self, offset: i64) -> impl Iterator<Item = &Segment> {
        self.segments.non_active_from(offset)
    }

    /// The segments from the one on that holds `from`, which begin before `to`.
    pub(crate) fn segments_between(&self, from: i64, to: i64) -> impl Iterator<Item = &Segment> {
        self.segments.values(from, to)
    }

    /// A cleaned segment takes the place of some. Kafka: `replaceSegments`.
    pub(crate) fn replace_segments(&mut self, cleaned: Segment, old: &[i64]) {
        let producers = Rc::make_mut(&mut self.producers);
        for base_offset in old.iter().filter(|base_offset| **base_offset != cleaned.base_offset()) {
            producers.remove_snapshot(*base_offset);
        }
        self.segments.replace(cleaned, old);
    }

    /// What is known of the producers.
    pub fn producers(&self) -> &ProducerStateManager {
        &self.producers
    }

    /// The leader epochs, oldest first.
    pub fn leader_epochs(&self) -> &[EpochEntry] {
        self.epochs.entries()
    }

    /// The newest epoch here; none in an empty log that never led.
    pub fn latest_epoch(&self) -> Option<i32> {
        self.epochs.latest()
    }

    /// Where an epoch ends here; none if that is not known. Kafka: `endOffsetForEpoch`.
    pub fn end_offset_for_epoch(&self, epoch: i32) -> Option<EpochEndOffset> {
        self.epochs.end_offset_for(epoch, self.end_offset)
    }

    /// Notes that a leader epoch begins at an offset (becoming leader). Kafka: `assignEpochStartOffset`; says whether
    /// that was news, as [`LeaderEpochs::assign`] does.
    pub fn assign_epoch(&mut self, epoch: i32, start_offset: i64) -> bool {
        // Most appends are in the epoch of the one before: nothing is unshared then.
        self.epochs.is_update_needed(epoch, start_offset) && Rc::make_mut(&mut self.epochs).assign(epoch, start_offset)
    }

    /// Sets the high watermark, within the log; it may go down. Gives what it is now. Kafka: `updateHighWatermark`.
    pub fn update_high_watermark(&mut self, to: i64) -> i64 {
        let metadata =
            if to >= self.end_offset { self.end_metadata() } else { OffsetMetadata::only(to.max(self.start_offset)) };
        self.set_high_watermark(metadata);
        self.high_watermark.offset
    }

    /// Raises the high watermark, and never lowers it but to the begin of the batch that holds it (see
    /// [`Log::locate_high_watermark`]). Gives what it was, if it rose; also if it went to a newer segment alone. What is
    /// past the end counts as the end. Kafka: `maybeIncrementHighWatermark`.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn maybe_increment_high_watermark(&mut self, to: OffsetMetadata) -> Result<Option<i64>, LogError> {
        let to = if to.offset >= self.end_offset { self.end_metadata() } else { to };
        self.locate_high_watermark()?;
        let from = self.high_watermark;
        if from.offset < to.offset || (from.offset == to.offset && from.is_on_older_segment(to)) {
            self.set_high_watermark(to);
            return Ok(Some(from.offset));
        }
        Ok(None)
    }

    /// Kafka: `updateHighWatermarkMetadata`.
    fn set_high_watermark(&mut self, metadata: OffsetMetadata) {
        self.high_watermark = metadata;
        if self.producers.has_unreplicated() {
            Rc::make_mut(&mut self.producers).on_high_watermark_updated(metadata.offset);
        }
        self.update_first_unstable_offset();
    }

    /// Nobody has looked yet where in the files the high watermark is.
    pub fn is_high_watermark_located(&self) -> bool {
        self.high_watermark.place.is_some()
    }

    /// Looks where in the files the high watermark is, if nobody has yet. A high watermark inside a batch is at the begin of
    /// the batch then, and one in a gap at the batch behind it. Kafka: `fetchHighWatermarkMetadata`.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn locate_high_watermark(&mut self) -> Result<(), LogError> {
        if !self.is_high_watermark_located() {
            let located = self.metadata(self.high_watermark.offset)?;
            self.set_high_watermark(located);
        }
        Ok(())
    }

    /// Kafka: `maybeIncrementFirstUnstableOffset`.
    fn update_first_unstable_offset(&mut self) {
        self.first_unstable_offset = self.producers.first_unstable().map(|first| {
            if first.is_located && first.offset >= self.start_offset {
                return first.offset;
            }
            let offset = first.offset.max(self.start_offset);
            // A file that cannot be read on has no better place for it.
            self.metadata(offset).map_or(offset, |metadata| metadata.offset)
        });
    }

    /// The high watermark does not stay behind a log end that moved below it.
    fn lower_high_watermark(&mut self) {
        if self.high_watermark.offset >= self.end_offset {
            self.set_high_watermark(self.end_metadata());
        }
    }

    /// Kafka: `LocalLog.updateLogEndOffset`.
    fn set_end_offset(&mut self, offset: i64) {
        self.end_offset = offset;
        self.end_place = self.segments.active().end_place();
        self.recovery_point = self.recovery_point.min(offset);
    }

    /// Moves the log start, as `DeleteRecords` does; says whether it moved. Segments go with the next
    /// [`Log::delete_old_segments`]. Kafka: `maybeIncrementLogStartOffset`.
    ///
    /// # Errors
    /// An offset above the high watermark.
    pub fn increment_log_start_offset(&mut self, to: i64) -> Result<bool, LogError> {
        if to > self.high_watermark.offset {
            let (start, end) = (self.start_offset, self.high_watermark.offset);
            return Err(LogError::OffsetOutOfRange { offset: to, start, end });
        }
        if to <= self.start_offset {
            return Ok(false);
        }
        self.start_offset = to;
        self.recovery_point = self.recovery_point.max(to);
        Rc::make_mut(&mut self.epochs).truncate_from_start(to);
        Rc::make_mut(&mut self.producers).on_log_start_offset_incremented(to);
        self.update_first_unstable_offset();
        Ok(true)
    }

    /// Begins a new segment and flushes the old one. Gives its base offset. Kafka: `roll`.
    ///
    /// # Errors
    /// The active segment begins at the log end or behind it and has bytes: an append has failed there.
    pub fn roll(&mut self, now_ms: i64) -> Result<i64, LogError> {
        self.roll_at(now_ms, 0)
    }

    /// `expected` is the offset of what comes next, if that is known and behind the end.
    fn roll_at(&mut self, now_ms: i64, expected: i64) -> Result<i64, LogError> {
        let base_offset = expected.max(self.end_offset);
        let segment = Segment::new(base_offset, now_ms);
        let active = self.segments.active_mut();
        if active.base_offset() == base_offset && active.size_in_bytes() == 0 {
            *active = segment;
        } else if active.base_offset() >= base_offset {
            return Err(LogError::SegmentExists { base_offset, active: active.base_offset() });
        } else {
            active.close();
            self.segments.roll(segment);
        }
        self.end_place = self.segments.active().end_place();
        let producers = Rc::make_mut(&mut self.producers);
        producers.set_map_end_offset(base_offset);
        producers.take_snapshot();
        self.lower_high_watermark();
        self.flush(base_offset, now_ms);
        Ok(base_offset)
    }

    /// Everything before an offset is on the disk now. Kafka: `flush`, `LocalLog.markFlushed`.
    pub fn flush(&mut self, offset: i64, now_ms: i64) {
        if offset > self.recovery_point {
            self.recovery_point = offset;
            self.last_flushed_ms = now_ms;
        }
    }

    /// Flushes the log if it was not for `flush.ms`; says whether that wrote anything. Kafka:
    /// `LogManager.flushDirtyLogs`.
    pub fn flush_if_due(&mut self, now_ms: i64) -> bool {
        let is_due = now_ms.saturating_sub(self.last_flushed_ms) >= self.config.flush_ms;
        let is_dirty = self.end_offset > self.recovery_point;
        if is_due {
            self.flush(self.end_offset, now_ms);
        }
        is_due && is_dirty
    }

    /// `producer.id.expiration.ms`, which a broker can change while it runs.
    pub fn set_producer_id_expiration_ms(&mut self, ms: i64) {
        if self.config.producers.producer_id_expiration_ms != ms {
            Rc::make_mut(&mut self.config).producers.producer_id_expiration_ms = ms;
            Rc::make_mut(&mut self.producers).set_config(self.config.producers);
        }
    }

    /// Forgets producers that wrote nothing for `producer.id.expiration.ms`; gives their ids. Kafka:
    /// `removeExpiredProducers`.
    pub fn remove_expired_producers(&mut self, now_ms: i64) -> Vec<i64> {
        Rc::make_mut(&mut self.producers).remove_expired(now_ms)
    }

    /// Writes a snapshot of the producers, if anything came since the last one. Kafka: `takeProducerSnapshot`.
    pub fn take_producer_snapshot(&mut self) {
        Rc::make_mut(&mut self.producers).take_snapshot();
    }

    /// Begins to verify a transaction; the append that follows carries the guard. Kafka:
    /// `maybeStartTransactionVerification`.
    ///
    /// # Errors
    /// An epoch that is fenced.
    pub fn maybe_start_transaction_verification(
        &mut self,
        now_ms: i64,
        producer_id: i64,
        sequence: i32,
        epoch: i16,
        supports_epoch_bump: bool,
    ) -> Result<VerificationGuard, ProducerStateError> {
        let producers = Rc::make_mut(&mut self.producers);
        producers.maybe_start_verification(now_ms, producer_id, sequence, epoch, supports_epoch_bump)
    }

    /// All batches from the one on that holds `offset`, to look at; none past the end.
    pub fn batches_from(&self, offset: i64) -> impl Iterator<Item = &RecordBatch> {
        let first = self.segments.floor(offset).map_or(i64::MIN, Segment::base_offset);
        let later = self.segments.iter().filter(move |segment| segment.base_offset() >= first);
        later.flat_map(move |segment| segment.batches_from(offset))
    }

    /// All records from `offset` on, to look at. After the first error of a batch comes the next batch.
    pub fn records_from(&self, offset: i64) -> impl Iterator<Item = Result<Record, BatchError>> {
        let is_before = move |record: &Result<Record, BatchError>| record.as_ref().is_ok_and(|r| r.offset < offset);
        self.batches_from(offset).flat_map(RecordBatch::records_until_error).filter(move |record| !is_before(record))
    }
}
