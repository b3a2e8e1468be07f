//! A partition as a share group reads it, on the broker that leads it: which records are handed out, to whom, how often, and
//! where the group is. Kafka 4.3: `SharePartition`.
//!
//! What it decides it has written to `__share_group_state` before it counts: a change begins, is written by who drives this,
//! and is completed or taken back by [`SharePartition::on_written`].
//! Differs from Kafka: no memory of where offsets lie in segments (`fetchOffsetMetadata`), no fetch lock, which one thread
//! does not need.

mod acknowledge;
mod acquire;

use std::rc::Rc;

use super::in_flight::{InFlightBatch, InFlightState, RecordState, count};
use super::persister::{ReadState, StateBatch};
use crate::time::SimTime;
pub use acknowledge::{Refusal, StateWrite};
pub use acquire::{AcquireMode, AcquiredRecords, Fetched, FetchedBatch};

/// What a broker's configuration, or the group's own, says of share partitions. Kafka: `ShareGroupConfig`, `GroupConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharePartitionConfig {
    /// `group.share.record.lock.duration.ms`, or the group's `share.record.lock.duration.ms`.
    pub record_lock_duration_ms: u64,
    /// `group.share.delivery.count.limit`, or the group's `share.delivery.count.limit`.
    pub delivery_count_limit: i32,
    /// `group.share.partition.max.record.locks`, or the group's `share.partition.max.record.locks`.
    pub partition_max_record_locks: i64,
    /// The group's `share.renew.acknowledge.enable` (KIP-1222).
    pub renew_acknowledge_enable: bool,
    /// A rule that a test breaks.
    #[cfg(test)]
    pub sabotage: Option<crate::metadata::Sabotage>,
}

impl Default for SharePartitionConfig {
    fn default() -> Self {
        SharePartitionConfig {
            record_lock_duration_ms: 30_000,
            delivery_count_limit: 5,
            partition_max_record_locks: 2_000,
            renew_acknowledge_enable: true,
            #[cfg(test)]
            sabotage: None,
        }
    }
}

/// Offsets between states that were read, of which nothing is known: they are fetched again. Kafka: `GapWindow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GapWindow {
    end: i64,
    start: i64,
}

/// A share partition.
#[derive(Clone, Debug)]
pub struct SharePartition {
    config: Rc<SharePartitionConfig>,
    leader_epoch: i32,
    state_epoch: i32,
    /// By first offset.
    batches: Vec<InFlightBatch>,
    start_offset: i64,
    end_offset: i64,
    find_next_fetch_offset: bool,
    gap: Option<GapWindow>,
    delivery_complete_count: i64,
    locked: u64,
    written: u64,
    /// Changes that are being written, by their numbers.
    writes: Vec<(u64, Vec<StateBatch>)>,
}

impl SharePartition {
    /// A partition as its state was read; `reset` is where a group begins that has none yet (`share.auto.offset.reset`).
    /// Kafka: `maybeInitialize`.
    ///
    /// # Errors
    /// What was read contradicts itself.
    pub fn new(
        config: Rc<SharePartitionConfig>,
        leader_epoch: i32,
        read: &ReadState,
        reset: i64,
    ) -> Result<SharePartition, Refusal> {
        let start_offset = if read.start_offset < 0 { reset } else { read.start_offset };
        let mut partition = SharePartition {
            config,
            leader_epoch,
            state_epoch: read.state_epoch,
            batches: Vec::new(),
            start_offset,
            end_offset: start_offset,
            find_next_fetch_offset: false,
            gap: None,
            delivery_complete_count: 0,
            locked: 0,
            written: 0,
            writes: Vec::new(),
        };
        let (mut gap_start, mut before) = (None, start_offset.saturating_sub(1));
        for batch in &read.batches {
            if batch.first < start_offset || batch.last < batch.first {
                return Err(Refusal::unknown("Failed to initialize the share partition"));
            }
            if batch.first > before.saturating_add(1) {
                gap_start = gap_start.or(Some(before.saturating_add(1)));
            }
            before = batch.last;
            let state = InFlightState::new(batch.state, batch.delivery_count, None, None);
            partition.batches.push(InFlightBatch::new(batch.first, batch.last, state));
            if batch.state.is_terminal() {
                partition.add_complete(count(batch.first, batch.last));
            }
        }
        if let Some(last) = partition.batches.last() {
            partition.end_offset = last.last;
            partition.find_next_fetch_offset = true;
            partition.gap = gap_start.map(|start| GapWindow { end: partition.end_offset, start });
            partition.advance_start();
        }
        Ok(partition)
    }

    /// The broker, or the group, is told otherwise.
    pub(super) fn set_config(&mut self, config: Rc<SharePartitionConfig>) {
        self.config = config;
    }

    /// The first offset that is not done with: the share-partition start offset (SPSO).
    pub fn start_offset(&self) -> i64 {
        self.start_offset
    }

    /// The last offset that was handed out; the next one if nothing is in flight.
    pub fn end_offset(&self) -> i64 {
        self.end_offset
    }

    /// What is in flight, by offset.
    pub fn batches(&self) -> &[InFlightBatch] {
        &self.batches
    }

    /// How many records from the start offset on are done with.
    pub fn delivery_complete_count(&self) -> i64 {
        self.delivery_complete_count
    }

    /// The leader epoch in which it was loaded.
    pub fn leader_epoch(&self) -> i32 {
        self.leader_epoch
    }

    /// What is known of an offset.
    pub fn state_of(&self, offset: i64) -> Option<&InFlightState> {
        self.batches.get(self.floor(offset)?)?.state_of(offset)
    }

    /// When [`SharePartition::on_time`] must be called next: the next lock ends.
    pub fn next_deadline(&self) -> Option<SimTime> {
        let states = self.batches.iter().flat_map(InFlightBatch::states);
        states.filter_map(|(.., state)| state.lock).filter(|lock| !lock.expired).map(|lock| lock.at).min()
    }

    /// The offset to read from the log next. Kafka: `nextFetchOffset`.
    pub fn next_fetch_offset(&mut self) -> i64 {
        let Some(last) = self.batches.last().filter(|last| self.start_offset <= last.last).map(|last| last.last) else {
            self.find_next_fetch_offset = false;
            return self.end_offset;
        };
        if self.find_next_fetch_offset {
            if let Some(offset) = self.first_available(last) {
                return offset;
            }
            self.find_next_fetch_offset = false;
        }
        self.end_offset.saturating_add(1)
    }

    fn first_available(&self, last: i64) -> Option<i64> {
        let mut gap = self.active_gap().map(|gap| gap.start);
        for batch in self.batches.iter().filter(|batch| batch.first <= last) {
            if let Some(start) = gap {
                if batch.first > start {
                    return Some(start);
                }
                gap = Some(start.max(batch.last.saturating_add(1)));
            }
            if let Some((offset, ..)) = batch.states().find(|(.., state)| state.is_available()) {
                return Some(offset);
            }
        }
        None
    }

    /// There is something that can be handed out, or room for more. Kafka: `canAcquireRecords`.
    pub fn can_acquire(&mut self) -> bool {
        self.next_fetch_offset() != self.end_offset.saturating_add(1)
            || self.in_flight() < self.config.partition_max_record_locks
    }

    /// How many records are between start and end. Kafka: `numInFlightRecords`.
    pub fn in_flight(&self) -> i64 {
        if self.batches.is_empty() { 0 } else { count(self.start_offset, self.end_offset) }
    }

    /// The log begins later now: what is before it is nobody's any more. Kafka: `updateCacheAndOffsets`.
    pub fn on_log_start(&mut self, log_start: i64) {
        if log_start <= self.start_offset {
            return;
        }
        if self.batches.is_empty() {
            (self.start_offset, self.end_offset, self.delivery_complete_count) = (log_start, log_start, 0);
            return;
        }
        let done = self.terminal_between(self.start_offset, log_start);
        if self.archive(0, self.start_offset, log_start, RecordState::Available, false) {
            self.find_next_fetch_offset = true;
        }
        self.start_offset = log_start;
        self.add_complete(done.saturating_neg());
        self.end_offset = self.end_offset.max(log_start);
    }

    /// Kafka: `countTerminalRecordsUpToNewLSO`.
    fn terminal_between(&self, from: i64, to: i64) -> i64 {
        let states = self.batches.iter().flat_map(InFlightBatch::states);
        let done = states.filter(|(.., state)| state.state.is_terminal());
        done.map(|(first, last, _)| count(first.max(from), last.min(to.saturating_sub(1)))).sum()
    }

    /// Archives what is in one state from `from` to before `to`, in batches from this place on; whether there was any.
    /// Kafka: `archiveRecords`.
    fn archive(&mut self, place: usize, from: i64, to: i64, initial: RecordState, counts: bool) -> bool {
        let mut archived = 0_i64;
        let batches = self.batches.iter_mut().skip(place);
        for batch in batches.take_while(|batch| batch.first < to) {
            let is_whole = batch.is_within(from, to.saturating_sub(1));
            let len = batch.len();
            if let Some(whole) = &mut batch.whole {
                if whole.state != initial {
                    continue;
                }
                if is_whole {
                    whole.archive();
                    archived = len.saturating_add(archived);
                    continue;
                }
                batch.split(&mut self.locked);
            }
            for (_, state) in batch.each().filter(|(offset, _)| (from..to).contains(offset)) {
                if state.state == initial {
                    state.archive();
                    archived = archived.saturating_add(1);
                }
            }
        }
        if counts {
            self.add_complete(archived);
        }
        archived > 0
    }

    /// The start goes to the first record that is not done with. Kafka: `maybeUpdateCachedStateAndOffsets`.
    fn advance_start(&mut self) -> bool {
        let at_start = self.floor(self.start_offset).and_then(|at| self.batches.get(at));
        let state = at_start.and_then(|batch| batch.whole.as_ref().or_else(|| batch.state_of(self.start_offset)));
        let is_done = state.is_some_and(InFlightState::is_done);
        let Some((done_to, done)) = self.done_to().filter(|_| is_done) else { return false };
        let last = self.batches.last().map_or(done_to, |last| last.last);
        if done_to == last {
            self.start_offset = last.saturating_add(1);
            self.end_offset = self.start_offset;
            self.batches.clear();
            self.delivery_complete_count = 0;
            return true;
        }
        let Some(at) = self.floor(done_to) else { return false };
        let is_whole = self.batches.get(at).is_some_and(|batch| batch.last == done_to);
        let removed = if is_whole {
            let next = self.batches.get(at.saturating_add(1)).map_or(self.start_offset, |batch| batch.first);
            self.start_offset = self.start_offset.max(next);
            if let Some(gap) = self.active_gap() {
                self.start_offset = self.start_offset.min(gap.start);
            }
            at.saturating_add(1)
        } else {
            self.start_offset = self.start_offset.max(done_to.saturating_add(1));
            at
        };
        self.add_complete(done.saturating_neg());
        self.batches.drain(..removed);
        true
    }

    /// Up to which offset everything is done with, and how many records that are. Kafka: `findLastOffsetAcknowledgedAndMetadata`.
    fn done_to(&self) -> Option<(i64, i64)> {
        let mut found = None;
        let mut done = 0_i64;
        for batch in &self.batches {
            if self.active_gap().is_some_and(|gap| batch.last >= gap.start) {
                break;
            }
            for (first, last, state) in batch.states() {
                if !state.is_done() {
                    return found;
                }
                done = done.saturating_add(self.in_flight_between(first, last));
                found = Some((last, done));
            }
        }
        found
    }

    /// How many of these offsets are not before the start. Kafka: `numInFlightRecordsInBatch`.
    fn in_flight_between(&self, first: i64, last: i64) -> i64 {
        count(first.max(self.start_offset), last)
    }

    fn add_complete(&mut self, more: i64) {
        self.delivery_complete_count = self.delivery_complete_count.saturating_add(more);
    }

    /// Kafka: `isPersisterReadGapWindowActive`.
    fn active_gap(&self) -> Option<GapWindow> {
        self.gap.filter(|gap| gap.end == self.end_offset)
    }

    /// The place of the last batch that begins at or before an offset.
    fn floor(&self, offset: i64) -> Option<usize> {
        self.batches.partition_point(|batch| batch.first <= offset).checked_sub(1)
    }

    /// The places of batches that begin from one offset to another.
    fn between(&self, from: i64, to: i64) -> std::ops::Range<usize> {
        let start = self.batches.partition_point(|batch| batch.first < from);
        start..self.batches.partition_point(|batch| batch.first <= to).max(start)
    }

    /// The start has moved into these offsets. Kafka: `checkForStartOffsetWithinBatch`.
    fn start_is_within(&self, first: i64, last: i64) -> bool {
        first < self.start_offset && last >= self.start_offset
    }
}
