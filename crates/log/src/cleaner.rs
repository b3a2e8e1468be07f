//! Compaction: of each key the last record stays. Kafka 4.3: `LogCleanerManager`, `Cleaner`.
//!
//! Offsets never change, and the active segment is never touched.
//!
//! Differs from Kafka: keys are kept whole in the offset map, where Kafka keeps their MD5 (and takes two keys with one MD5
//! for one).

mod offset_map;
mod transactions;

use std::collections::VecDeque;

pub use offset_map::OffsetMap;

use transactions::CleanedTransactions;

use crate::batch::RecordBatch;
use crate::log::{Log, LogConfig, LogError};
use crate::record::RecordRef;
use crate::segment::Segment;

/// What of a log could be cleaned. Kafka: `LogToClean`, `OffsetsToClean`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogToClean {
    /// Where the part begins that was never cleaned.
    pub first_dirty_offset: i64,
    /// Behind it nothing is cleaned: the last stable offset, the active segment, or a segment younger than
    /// `min.compaction.lag.ms`.
    pub first_uncleanable_dirty_offset: i64,
    /// The base offset of the first segment that is not cleaned.
    pub first_uncleanable_offset: i64,
    /// The size of what was cleaned before, in bytes.
    pub clean_bytes: u64,
    /// The size of what would be cleaned, in bytes.
    pub cleanable_bytes: u64,
    /// By how much the oldest dirty record is older than `max.compaction.lag.ms`, in ms; 0 if it is not.
    pub compaction_delay_ms: i64,
    /// The checkpoint that was given does not lie within the log: it is noted anew, also if nothing is cleaned.
    pub is_checkpoint_invalid: bool,
}

impl LogToClean {
    /// The size of both parts, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.clean_bytes.saturating_add(self.cleanable_bytes)
    }

    /// How much of the log is dirty, from 0 to 1; none if there is nothing.
    #[expect(clippy::cast_precision_loss, reason = "a log has far less than 2^53 bytes")]
    pub fn dirty_ratio(&self) -> Option<f64> {
        let total = self.total_bytes();
        (total > 0).then(|| self.cleanable_bytes as f64 / total as f64)
    }

    /// It is due, however little is dirty.
    pub fn needs_compaction_now(&self) -> bool {
        self.compaction_delay_ms > 0
    }

    /// The cleaner may pick the log; of several it picks the dirtiest. Kafka: `grabFilthiestCompactedLog`.
    pub fn is_due(&self, config: &LogConfig) -> bool {
        let is_late = self.needs_compaction_now() && self.cleanable_bytes > 0;
        is_late || self.dirty_ratio().is_some_and(|ratio| ratio > config.min_cleanable_dirty_ratio)
    }
}

/// What a round came to. Kafka: `CleanerStats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanerStats {
    /// The records that were looked at for their keys.
    pub map_messages_read: u64,
    /// The records that were looked at for their fate; whole batches that go are not counted.
    pub messages_read: u64,
    /// The records that stayed.
    pub messages_written: u64,
    /// Records without a key, which go.
    pub invalid_messages_read: u64,
    /// The size of what was read, in bytes.
    pub bytes_read: u64,
    /// The size of what stayed, in bytes.
    pub bytes_written: u64,
}

/// A round of the cleaner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// Where the dirty part begins now: the checkpoint.
    pub next_dirty_offset: i64,
    /// What it came to.
    pub stats: CleanerStats,
}

/// A round while it runs.
struct Round<'a> {
    map: &'a OffsetMap,
    now_ms: i64,
    delete_retention_ms: i64,
    upper_bound: i64,
    transactions: CleanedTransactions,
    /// Of every producer its last offset and its epoch.
    producers: Vec<(i64, i64, i16)>,
    stats: CleanerStats,
}

/// What becomes of a batch when all its records go. Kafka: `BatchRetention`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retention {
    Delete,
    RetainEmpty,
    DeleteEmpty,
}

impl Log {
    /// What of the log could be cleaned, if it was cleaned up to a checkpoint. Kafka: `cleanableOffsets`, `LogToClean`.
    pub fn log_to_clean(&self, checkpoint: Option<i64>, now_ms: i64) -> LogToClean {
        let start = self.log_start_offset();
        let valid = checkpoint.filter(|offset| (start..=self.log_end_offset()).contains(offset));
        let first_dirty_offset = valid.unwrap_or(start);
        let active = self.active_segment().base_offset();
        let lag_ms = self.config().min_compaction_lag_ms.max(0);
        let is_young = |segment: &&Segment| segment.largest_timestamp() > now_ms.saturating_sub(lag_ms);
        let young = self.non_active_segments_from(first_dirty_offset).filter(|_| lag_ms > 0).find(is_young);
        let bound = self.last_stable_offset().min(active).min(young.map_or(i64::MAX, Segment::base_offset));
        let first_uncleanable_dirty_offset = bound.max(first_dirty_offset);
        let uncleanable = self.non_active_segments_from(first_uncleanable_dirty_offset).next();
        let first_uncleanable_offset = uncleanable.map_or(active, Segment::base_offset);
        let size = |from: i64, to: i64| self.segments_between(from, to).map(Segment::size_in_bytes).sum();
        LogToClean {
            first_dirty_offset,
            first_uncleanable_dirty_offset,
            first_uncleanable_offset,
            clean_bytes: size(-1, first_dirty_offset),
            cleanable_bytes: size(first_dirty_offset.min(first_uncleanable_offset), first_uncleanable_offset),
            compaction_delay_ms: self.compaction_delay_ms(first_dirty_offset, now_ms),
            is_checkpoint_invalid: checkpoint.is_some() && valid.is_none(),
        }
    }

    /// Kafka: `maxCompactionDelay`.
    fn compaction_delay_ms(&self, first_dirty_offset: i64, now_ms: i64) -> i64 {
        let dirty = self.non_active_segments_from(first_dirty_offset);
        let earliest = dirty.filter_map(Segment::first_batch_timestamp).filter(|timestamp| *timestamp > 0).min();
        let until = now_ms.wrapping_sub(self.config().max_compaction_lag_ms.max(0));
        earliest.map_or(0, |earliest| until.saturating_sub(earliest).max(0))
    }

    /// Cleans: notes the last offset of each key of the dirty part (as many as the map takes), then writes the segments up
    /// to there anew without what is superseded. Kafka: `Cleaner.doClean`.
    ///
    /// # Errors
    /// Records that cannot be read, or a segment that cannot take what stays; what was written up to then counts.
    pub fn clean(&mut self, to_clean: &LogToClean, map: &mut OffsetMap, now_ms: i64) -> Result<Cleaned, LogError> {
        let mut stats = CleanerStats::default();
        let upper_bound = to_clean.first_uncleanable_offset;
        self.build_offset_map(to_clean.first_dirty_offset, upper_bound, map, &mut stats)?;
        let next_dirty_offset = map.latest_offset().saturating_add(1);
        let mut round = Round {
            map,
            now_ms,
            delete_retention_ms: self.config().delete_retention_ms,
            upper_bound,
            transactions: CleanedTransactions::default(),
            producers: self
                .producers()
                .producers()
                .map(|entry| (entry.producer_id, entry.last_data_offset(), entry.producer_epoch))
                .collect(),
            stats,
        };
        for group in self.group_segments(next_dirty_offset, upper_bound) {
            self.clean_group(&group, &mut round)?;
        }
        Ok(Cleaned { next_dirty_offset, stats: round.stats })
    }

    /// Kafka: `buildOffsetMap`.
    fn build_offset_map(
        &self,
        start: i64,
        end: i64,
        map: &mut OffsetMap,
        stats: &mut CleanerStats,
    ) -> Result<(), LogError> {
        map.clear();
        let mut transactions = CleanedTransactions::default();
        transactions.add(self.aborted_transactions(start, end));
        let mut dirty = self.segments_between(start, end).peekable();
        while let Some(segment) = dirty.next() {
            let next = dirty.peek().map_or(end, |next| next.base_offset());
            for placed in segment.batches_at(segment.position_of(start)) {
                let placed = placed?;
                if !map_batch(&placed.batch, start, &mut transactions, map, stats)? {
                    return Ok(());
                }
            }
            map.update_latest_offset(next.saturating_sub(1));
        }
        Ok(())
    }

    /// Segments that become one, as long as that fits. Kafka: `groupSegmentsBySize`.
    fn group_segments(&self, end: i64, first_uncleanable_offset: i64) -> Vec<Vec<Segment>> {
        let config = self.config();
        let mut groups = Vec::new();
        let mut left: VecDeque<Segment> = self.segments_between(0, end).cloned().collect();
        while let Some(first) = left.pop_front() {
            let sizes = |segment: &Segment| {
                let index = segment.offset_index().size_in_bytes();
                (segment.size_in_bytes(), index, segment.time_index().size_in_bytes())
            };
            let base_offset = first.base_offset();
            let (mut size, mut index, mut time_index) = sizes(&first);
            let mut group = vec![first];
            while let Some(next) = left.front() {
                let (next_size, next_index, next_time_index) = sizes(next);
                let last_offset = left.get(1).map_or(first_uncleanable_offset, Segment::base_offset).saturating_sub(1);
                let is_near = next_size == 0 || last_offset.saturating_sub(base_offset) <= i64::from(i32::MAX);
                let sum = size.saturating_add(next_size);
                let (sum_index, sum_time_index) =
                    (index.saturating_add(next_index), time_index.saturating_add(next_time_index));
                let most = config.segment_index_bytes;
                if sum > config.segment_bytes || sum_index > most || sum_time_index > most || !is_near {
                    break;
                }
                (size, index, time_index) = (sum, sum_index, sum_time_index);
                group.extend(left.pop_front());
            }
            groups.push(group);
        }
        groups
    }

    /// Kafka: `cleanSegments`.
    fn clean_group(&mut self, group: &[Segment], round: &mut Round<'_>) -> Result<(), LogError> {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(()) };
        let mut cleaned = Segment::new(first.base_offset(), round.now_ms);
        for (at, segment) in group.iter().enumerate() {
            let upper_bound = match group.get(at.saturating_add(1)) {
                Some(next) => next.base_offset(),
                None => segment.read_next_offset()?,
            };
            round.transactions.add(self.aborted_transactions(segment.base_offset(), upper_bound));
            let (mut kept, mut largest_offset) = (Vec::new(), -1);
            for placed in segment.batches_at(0) {
                if let Some((batch, offset)) = round.filter(&placed?.batch)? {
                    largest_offset = offset.max(largest_offset);
                    kept.push(batch);
                }
            }
            if !kept.is_empty() {
                cleaned.append(round.now_ms, &kept, largest_offset, self.config())?;
            }
        }
        for aborted in round.transactions.take_kept() {
            cleaned.push_aborted(aborted);
        }
        cleaned.close();
        cleaned.set_last_modified_ms(last.last_modified_ms());
        let old: Vec<i64> = group.iter().map(Segment::base_offset).collect();
        self.replace_segments(cleaned, &old);
        Ok(())
    }
}

/// Notes the keys of a batch; false once the map is full. Kafka: `buildOffsetMapForSegment`.
fn map_batch(
    batch: &RecordBatch,
    start: i64,
    transactions: &mut CleanedTransactions,
    map: &mut OffsetMap,
    stats: &mut CleanerStats,
) -> Result<bool, LogError> {
    let mut read = |messages: u64| stats.map_messages_read = stats.map_messages_read.saturating_add(messages);
    if batch.is_control() {
        transactions.on_control_batch(batch)?;
        read(1);
    } else if transactions.on_batch(batch) {
        read(u64::try_from(batch.record_count()).unwrap_or(0));
    } else {
        for record in &*batch.readable()? {
            let record = record?;
            if let Some(key) = record.key.filter(|_| record.offset >= start) {
                if map.is_full() {
                    return Ok(false);
                }
                map.put(key, record.offset);
            }
            read(1);
        }
    }
    if batch.last_offset() >= start {
        map.update_latest_offset(batch.last_offset());
    }
    Ok(true)
}

impl Round<'_> {
    /// What stays of a batch, and the last offset that counts for it. Kafka: `cleanInto`, `MemoryRecords.filterTo`.
    fn filter(&mut self, batch: &RecordBatch) -> Result<Option<(RecordBatch, i64)>, LogError> {
        let stats = &mut self.stats;
        stats.bytes_read = stats.bytes_read.saturating_add(batch.size_in_bytes());
        let can_discard = if batch.is_control() {
            self.transactions.on_control_batch(batch)?
        } else {
            self.transactions.on_batch(batch)
        };
        let horizon = batch.header().delete_horizon_ms();
        let is_past = horizon.is_some_and(|horizon| horizon <= self.now_ms);
        let discards = can_discard && (!batch.is_control() || is_past);
        let retention = self.retention(batch, discards);
        if retention == Retention::Delete {
            return Ok(None);
        }
        let readable = batch.readable()?;
        let (mut kept, mut has_tombstone, mut is_whole) = (Vec::new(), false, true);
        for record in &*readable {
            let record = record?;
            self.stats.messages_read = self.stats.messages_read.saturating_add(1);
            if !discards && (batch.is_control() || self.retains(&record, horizon)) {
                has_tombstone |= record.value.is_none();
                kept.push(record);
            } else {
                is_whole = false;
            }
        }
        let last_kept = kept.iter().map(|record| record.offset).max();
        let needs_horizon = (has_tombstone || (can_discard && batch.is_control())) && horizon.is_none();
        let (written, offset) = match last_kept {
            Some(_) if is_whole && !needs_horizon => (batch.clone(), batch.last_offset()),
            Some(last_kept) => {
                let new = self.now_ms.saturating_add(self.delete_retention_ms);
                (batch.rebuilt(&kept, if needs_horizon { Some(new) } else { horizon })?, last_kept)
            }
            None if retention == Retention::RetainEmpty => (batch.emptied()?, batch.last_offset()),
            None => return Ok(None),
        };
        let stats = &mut self.stats;
        stats.messages_written = stats.messages_written.saturating_add(kept.len() as u64);
        stats.bytes_written = stats.bytes_written.saturating_add(written.size_in_bytes());
        Ok(Some((written, offset)))
    }

    /// Kafka: `checkBatchRetention`.
    fn retention(&self, batch: &RecordBatch, discards: bool) -> Retention {
        let is_last_of_producer = batch.producer_id() >= 0 && {
            let known = self.producers.binary_search_by_key(&batch.producer_id(), |(id, _, _)| *id).ok();
            known.and_then(|at| self.producers.get(at)).is_some_and(|(_, last_offset, epoch)| {
                if *last_offset >= 0 {
                    batch.last_offset() == *last_offset
                } else {
                    batch.is_control() && batch.producer_epoch() == *epoch
                }
            })
        };
        if is_last_of_producer || batch.last_offset().saturating_add(1) == self.upper_bound {
            Retention::RetainEmpty
        } else if discards {
            Retention::Delete
        } else {
            Retention::DeleteEmpty
        }
    }

    /// Kafka: `shouldRetainRecord`.
    fn retains(&mut self, record: &RecordRef<'_>, horizon: Option<i64>) -> bool {
        if record.offset > self.map.latest_offset() {
            return true;
        }
        let Some(key) = record.key else {
            self.stats.invalid_messages_read = self.stats.invalid_messages_read.saturating_add(1);
            return false;
        };
        let is_latest = self.map.get(key).is_none_or(|latest| record.offset >= latest);
        let has_time = horizon.is_none_or(|horizon| self.now_ms < horizon);
        is_latest && (record.value.is_some() || has_time)
    }
}
