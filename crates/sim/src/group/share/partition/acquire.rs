//! Handing out records that were read. Kafka 4.3: `SharePartition.acquire`.

use std::rc::Rc;

use super::super::in_flight::{InFlightBatch, InFlightState, Lock, RecordState, count};
use super::SharePartition;
use crate::time::SimTime;

/// From how many deliveries on records are handed out in smaller parts, at least. Kafka: `MINIMUM_THROTTLE_RECORDS_DELIVERY_LIMIT`.
const THROTTLE_MIN: i32 = 2;

/// `share.acquire.mode` (KIP-1206).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcquireMode {
    /// `batch_optimized`: whole batches, also beyond `max.poll.records`.
    #[default]
    BatchOptimized,
    /// `record_limit`: never more than `max.poll.records`.
    RecordLimit,
}

impl AcquireMode {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            AcquireMode::BatchOptimized => "batch_optimized",
            AcquireMode::RecordLimit => "record_limit",
        }
    }
}

/// A batch that was read from the log. Kafka: `RecordBatch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchedBatch {
    /// The first offset.
    pub base: i64,
    /// The last offset.
    pub last: i64,
    /// It holds a marker that ends a transaction: no records for applications.
    pub is_control: bool,
}

/// What was read from the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// The batches, by offset.
    pub batches: Vec<FetchedBatch>,
    /// The first and last offsets of batches of transactions that were aborted, if the group reads what is committed only
    /// (`share.isolation.level`).
    pub aborted: Vec<(i64, i64)>,
}

/// Offsets that a member has got, all delivered equally often. Kafka: `ShareFetchResponse.AcquiredRecords`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcquiredRecords {
    /// The first offset.
    pub first: i64,
    /// The last offset.
    pub last: i64,
    /// How often they have been delivered, this time included.
    pub delivery_count: i32,
}

/// How much a member may get.
#[derive(Clone, Copy)]
struct Limit {
    mode: AcquireMode,
    batch_size: i64,
}

impl SharePartition {
    /// A member gets what was read from `fetch_offset` on, as far as it can be handed out; at most about `max_records`.
    pub fn acquire(
        &mut self,
        now: SimTime,
        member: &Rc<str>,
        mode: AcquireMode,
        (batch_size, max_records): (i64, i64),
        fetch_offset: i64,
        fetched: &Fetched,
    ) -> Vec<AcquiredRecords> {
        let (Some(first_batch), Some(last_batch)) = (fetched.batches.first(), fetched.batches.last()) else {
            return Vec::new();
        };
        if max_records <= 0 || last_batch.last < self.start_offset {
            return Vec::new();
        }
        let (last, max) = self.bounds(fetch_offset, max_records, last_batch.last);
        if max <= 0 {
            return Vec::new();
        }
        self.archive_compacted(fetch_offset, first_batch.base);
        let mut base = first_batch.base;
        match self.floor(base).and_then(|at| self.batches.get(at)) {
            None => base = base.max(self.start_offset),
            Some(batch) if batch.last >= base => base = batch.first,
            Some(_) => {}
        }
        let limit = Limit { mode, batch_size };
        let there = self.between(first_batch.base.min(base), last);
        let acquired = if there.is_empty() {
            self.acquire_new(now, member, limit, &fetched.batches, (base, last), max)
        } else {
            let keys: Vec<i64> = self.batches.get(there).unwrap_or_default().iter().map(|batch| batch.first).collect();
            let acquired = self.acquire_again(now, member, limit, fetched, (base, last), max, &keys);
            if let Some(end) = acquired.last() {
                self.move_gap(end.last.saturating_add(1));
            }
            acquired
        };
        #[cfg(test)]
        if self.config.sabotage == Some(crate::metadata::Sabotage::HandsOutTwice) {
            for batch in &mut self.batches {
                batch.whole.iter_mut().chain(&mut batch.offsets).for_each(|state| state.state = RecordState::Available);
            }
            self.find_next_fetch_offset = true;
        }
        self.without_aborted(acquired, &fetched.aborted)
    }

    /// Up to where records are handed out, and how many. Kafka: `lastOffsetAndMaxRecordsToAcquire`.
    fn bounds(&self, fetch_offset: i64, max_records: i64, last: i64) -> (i64, i64) {
        let max = max_records.min(self.config.partition_max_record_locks.saturating_sub(self.in_flight()));
        if max <= 0 && fetch_offset <= self.end_offset {
            // All locks are taken, and yet something in between was released.
            return (last.min(self.end_offset), max_records.min(count(fetch_offset, self.end_offset)));
        }
        (last, max)
    }

    /// Batches that were released and are not in the log any more. Kafka: `maybeArchiveStaleBatches`.
    fn archive_compacted(&mut self, fetch_offset: i64, base: i64) {
        let at =
            self.floor(fetch_offset).filter(|at| self.batches.get(*at).is_some_and(|there| there.last >= fetch_offset));
        let place = at.unwrap_or_else(|| self.batches.partition_point(|there| there.first < fetch_offset));
        if fetch_offset < base && self.archive(place, fetch_offset, base, RecordState::Available, true) {
            self.find_next_fetch_offset = true;
        }
    }

    /// Kafka: the part of `acquire` about records that were handed out before.
    #[allow(clippy::too_many_arguments, reason = "what a fetch is made of")]
    fn acquire_again(
        &mut self,
        now: SimTime,
        member: &Rc<str>,
        limit: Limit,
        fetched: &Fetched,
        (base, last): (i64, i64),
        mut max: i64,
        keys: &[i64],
    ) -> Vec<AcquiredRecords> {
        let mut result: Vec<AcquiredRecords> = Vec::new();
        let mut acquired = 0_i64;
        let mut gap_start = base;
        let first = fetched.batches.first().map_or(base, |batch| batch.base);
        for key in keys {
            if acquired >= max {
                break;
            }
            if self.active_gap().is_some() {
                if gap_start < *key {
                    let gap = (gap_start, key.saturating_sub(1));
                    let left = max.saturating_sub(acquired);
                    let new = self.acquire_new(now, member, limit, &fetched.batches, gap, left);
                    acquired = acquired.saturating_add(total(&new));
                    result.extend(new);
                }
                gap_start = self.floor(*key).and_then(|at| self.batches.get(at)).map_or(*key, |batch| batch.last);
                gap_start = gap_start.saturating_add(1);
                if acquired >= max {
                    break;
                }
            }
            let throttles = self.throttles(*key, first, last);
            if throttles && acquired > 0 {
                max = 0;
                break;
            }
            let left = max.saturating_sub(acquired);
            let lock = self.new_lock(now);
            let limits = self.limits();
            let Some(batch) = self.floor(*key).and_then(|at| self.batches.get_mut(at)) else { continue };
            let is_too_large = limit.mode == AcquireMode::RecordLimit && batch.len() > left;
            let is_part = !batch.is_within(first, last) || is_too_large || throttles;
            match &mut batch.whole {
                Some(whole) if !whole.is_available() => {}
                Some(whole) if !is_part => {
                    whole.acquire(member, lock);
                    let delivery_count = whole.delivery_count;
                    result.push(AcquiredRecords { first: batch.first, last: batch.last, delivery_count });
                    acquired = acquired.saturating_add(batch.len());
                }
                _ => {
                    batch.split(&mut self.locked);
                    let part = acquire_part(batch, member, lock, limit.mode, left, (first, last), limits);
                    acquired = acquired.saturating_add(total(&part));
                    let got_some = !part.is_empty();
                    result.extend(part);
                    if throttles && got_some {
                        max = 0;
                        break;
                    }
                }
            }
        }
        let end = self.floor(last).and_then(|at| self.batches.get(at)).map_or(last, |batch| batch.last);
        if acquired < max && end < last {
            let left = max.saturating_sub(acquired);
            let rest = (end.saturating_add(1), last);
            result.extend(self.acquire_new(now, member, limit, &fetched.batches, rest, left));
        }
        result
    }

    /// Kafka: `acquireNewBatchRecords`.
    fn acquire_new(
        &mut self,
        now: SimTime,
        member: &Rc<str>,
        limit: Limit,
        batches: &[FetchedBatch],
        (first, last): (i64, i64),
        max: i64,
    ) -> Vec<AcquiredRecords> {
        let first = if self.batches.is_empty() { first.max(self.end_offset) } else { first };
        let mut last_acquired = last;
        if max < count(first, last) {
            last_acquired = last_of_batch(batches, first.saturating_add(max).saturating_sub(1));
            if self.active_gap().is_some() {
                last_acquired = last_acquired.min(last);
            }
        }
        let is_limited = limit.mode == AcquireMode::RecordLimit;
        let mut ends: Vec<(i64, i64)> = Vec::new();
        let mut begin = first;
        if !is_limited && count(first, last_acquired) > limit.batch_size {
            for batch in batches.iter().take_while(|batch| batch.base <= last_acquired) {
                if batch.base.saturating_sub(begin) >= limit.batch_size {
                    ends.push((begin, batch.base.saturating_sub(1)));
                    begin = batch.base;
                }
            }
        }
        ends.push((begin, last_acquired));
        let mut result = Vec::with_capacity(ends.len());
        for (first, last) in ends {
            let lock = self.new_lock(now);
            let state = InFlightState::new(RecordState::Acquired, 1, Some(Rc::clone(member)), Some(lock));
            let mut batch = InFlightBatch::new(first, last, state);
            let mut acquired_to = last;
            if is_limited && count(first, last) > max {
                acquired_to = first.saturating_add(max).saturating_sub(1);
                batch.split_after(acquired_to, &mut self.locked);
                self.find_next_fetch_offset = true;
            }
            let at = self.batches.partition_point(|there| there.first < first);
            self.batches.insert(at, batch);
            result.push(AcquiredRecords { first, last: acquired_to, delivery_count: 1 });
        }
        if self.batches.first().is_some_and(|batch| batch.first == first) {
            self.start_offset = first;
        }
        self.end_offset = self.end_offset.max(last_acquired);
        let end = result.last().map_or(last_acquired, |acquired| acquired.last);
        self.move_gap(end.saturating_add(1));
        result
    }

    /// Kafka: `maybeUpdatePersisterGapWindowStartOffset`.
    fn move_gap(&mut self, offset: i64) {
        self.gap = self.active_gap().filter(|gap| offset <= gap.end);
        if let Some(gap) = &mut self.gap {
            gap.start = offset;
        }
    }

    /// Records that failed several times are handed out in smaller parts, so that a single bad one does not take the others
    /// with it. Kafka: `shouldThrottleRecordsDelivery`.
    fn throttles(&self, key: i64, first: i64, last: i64) -> bool {
        let (_, throttle) = self.limits();
        let Some(batch) = self.floor(key).and_then(|at| self.batches.get(at)) else { return false };
        let is_asked = |(from, to): (i64, i64)| batch.whole.is_some() || from >= first && to <= last;
        batch
            .states()
            .filter(|(from, to, state)| is_asked((*from, *to)) && state.is_available())
            .any(|(.., state)| state.delivery_count >= throttle)
    }

    /// The most deliveries, and from how many on there are smaller parts. Kafka: `throttleRecordsDeliveryLimit`.
    fn limits(&self) -> (i32, i32) {
        let max = self.config.delivery_count_limit;
        (max, max.saturating_add(1).checked_div(2).unwrap_or(0).max(THROTTLE_MIN))
    }

    fn new_lock(&mut self, now: SimTime) -> Lock {
        Lock::new(now.plus_ms(self.config.record_lock_duration_ms), &mut self.locked)
    }

    /// What belongs to aborted transactions is archived instead. Kafka: `maybeFilterAbortedTransactionalAcquiredRecords`.
    fn without_aborted(&mut self, mut acquired: Vec<AcquiredRecords>, aborted: &[(i64, i64)]) -> Vec<AcquiredRecords> {
        for (first, last) in aborted {
            let place = self.floor(*first).unwrap_or(0);
            self.archive(place, *first, last.saturating_add(1), RecordState::Acquired, true);
            let cut = |there: AcquiredRecords| {
                let before = AcquiredRecords { last: there.last.min(first.saturating_sub(1)), ..there };
                let after = AcquiredRecords { first: there.first.max(last.saturating_add(1)), ..there };
                [before, after].into_iter().filter(|there| there.first <= there.last)
            };
            acquired = acquired.into_iter().flat_map(cut).collect();
        }
        acquired
    }
}

fn total(acquired: &[AcquiredRecords]) -> i64 {
    acquired.iter().map(|there| count(there.first, there.last)).sum()
}

/// Kafka: `lastOffsetFromBatchWithRequestOffset`.
fn last_of_batch(batches: &[FetchedBatch], offset: i64) -> i64 {
    let before = batches.partition_point(|batch| batch.base <= offset);
    let batch = before.checked_sub(1).and_then(|at| batches.get(at));
    batch.map_or(offset, |batch| batch.last.max(offset))
}

/// Offset by offset. One that would be delivered for the last time is delivered alone; the more often one was delivered, the
/// fewer come with it. Kafka: `acquireSubsetBatchRecords`.
fn acquire_part(
    batch: &mut InFlightBatch,
    member: &Rc<str>,
    lock: Lock,
    mode: AcquireMode,
    max: i64,
    (first, last): (i64, i64),
    (limit, throttle): (i32, i32),
) -> Vec<AcquiredRecords> {
    let size = batch.len();
    let mut result: Vec<AcquiredRecords> = Vec::new();
    let (mut acquired, mut part) = (0_i64, None);
    for (offset, state) in batch.each().filter(|(offset, _)| (first..=last).contains(offset)) {
        if !state.is_available() {
            continue;
        }
        let before = state.delivery_count;
        if limit > 2 && before == limit.saturating_sub(1) && acquired > 0 {
            break;
        }
        if before >= throttle && part.is_none() {
            let halvings = u32::try_from(before.saturating_sub(throttle).saturating_add(1)).unwrap_or(0);
            part = Some(size.checked_shr(halvings).unwrap_or(0).max(1));
        }
        state.acquire(member, lock);
        acquired = acquired.saturating_add(1);
        let delivery_count = state.delivery_count;
        match result.last_mut() {
            Some(end) if end.last.saturating_add(1) == offset && end.delivery_count == delivery_count => {
                end.last = offset;
            }
            _ => result.push(AcquiredRecords { first: offset, last: offset, delivery_count }),
        }
        let is_last_attempt = limit > 2 && delivery_count == limit;
        let is_full = mode == AcquireMode::RecordLimit && acquired == max;
        if is_last_attempt || is_full || part == Some(acquired) {
            break;
        }
    }
    result
}
