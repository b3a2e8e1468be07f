//! What members do with what they have got, and what becomes of it without them. Kafka 4.3: `SharePartition.acknowledge`,
//! `releaseAcquiredRecords`, `releaseAcquisitionLockOnTimeout`, `rollbackOrProcessStateUpdates`.

use std::rc::Rc;

use super::super::in_flight::{InFlightState, Lock, RecordState, count};
use super::super::message::{AcknowledgeType, AcknowledgementBatch, ShareError};
use super::super::persister::StateBatch;
use super::SharePartition;
use crate::time::SimTime;

/// Why something was refused, in Kafka's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .error.name())]
pub struct Refusal {
    /// Kafka's error.
    pub error: ShareError,
    /// Kafka's text.
    pub message: &'static str,
}

impl Refusal {
    /// A refusal for this reason.
    pub fn new(error: ShareError, message: &'static str) -> Refusal {
        Refusal { error, message }
    }

    pub(super) fn unknown(message: &'static str) -> Refusal {
        Refusal::new(ShareError::UnknownServerError, message)
    }

    fn state(message: &'static str) -> Refusal {
        Refusal::new(ShareError::InvalidRecordState, message)
    }
}

const NOT_ACQUIRED: &str = "The batch cannot be acknowledged. The batch is not in the acquired state.";
const IN_TRANSITION: &str = "The record state is invalid. The acknowledgement of delivery could not be completed.";
const NO_RENEWAL: &str = "Renewing acquisition locks is not enabled for the group.";

/// What is to be written to `__share_group_state`. Kafka: `WriteShareGroupStateRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWrite {
    /// With this number [`SharePartition::on_written`] is told.
    pub id: u64,
    /// The version of the group's state.
    pub state_epoch: i32,
    /// The leader epoch of who writes.
    pub leader_epoch: i32,
    /// The share-partition start offset.
    pub start_offset: i64,
    /// How many records from there on are done with.
    pub delivery_complete_count: i64,
    /// What has become of which records.
    pub batches: Vec<StateBatch>,
}

impl SharePartition {
    /// A member is done with records, gives them back, rejects them or wants them longer.
    ///
    /// # Errors
    /// Kafka's errors; nothing has changed then but for locks that were renewed.
    pub fn acknowledge(
        &mut self,
        now: SimTime,
        member: &str,
        batches: &[AcknowledgementBatch],
    ) -> Result<Option<StateWrite>, Refusal> {
        let write = self.next_write();
        let mut started = Vec::new();
        let start = self.start_offset;
        for batch in batches.iter().filter(|batch| batch.last >= start) {
            if let Err(refusal) = self.acknowledge_batch(now, member, batch, write, &mut started) {
                self.complete(write, &started, false);
                return Err(refusal);
            }
        }
        Ok(self.write(write, started))
    }

    /// Kafka: `fetchSubMapForAcknowledgementBatch`, `acknowledgeBatchRecords`.
    fn acknowledge_batch(
        &mut self,
        now: SimTime,
        member: &str,
        batch: &AcknowledgementBatch,
        write: u64,
        started: &mut Vec<StateBatch>,
    ) -> Result<(), Refusal> {
        let from = match self.floor(batch.first) {
            Some(at) => at,
            None if self.start_is_within(batch.first, batch.last) => {
                let none =
                    Refusal::state("Batch record not found. The request batch offsets are not found in the cache.");
                self.floor(self.start_offset).ok_or(none)?
            }
            None => {
                let words = "Batch record not found. The request batch offsets are not found in the cache.";
                return Err(Refusal::state(words));
            }
        };
        let to = self.batches.partition_point(|there| there.first <= batch.last);
        let end = self.batches.get(from..to).and_then(<[_]>::last).map_or(-1, |there| there.last);
        if end < batch.first {
            let words = "Batch record not found. The first offset in request is past acquired records.";
            return Err(Refusal::new(ShareError::InvalidRequest, words));
        }
        if batch.last > end {
            let words = "Batch record not found. The last offset in request is past acquired records.";
            return Err(Refusal::new(ShareError::InvalidRequest, words));
        }
        for at in from..to {
            self.acknowledge_in(at, now, member, batch, write, started)?;
        }
        Ok(())
    }

    fn acknowledge_in(
        &mut self,
        at: usize,
        now: SimTime,
        member: &str,
        batch: &AcknowledgementBatch,
        write: u64,
        started: &mut Vec<StateBatch>,
    ) -> Result<(), Refusal> {
        let (start, limit) = (self.start_offset, self.config.delivery_count_limit);
        let renews = self.config.renew_acknowledge_enable;
        let ends = now.plus_ms(self.config.record_lock_duration_ms);
        let locked = &mut self.locked;
        let Some(there) = self.batches.get_mut(at).filter(|there| there.last >= start) else { return Ok(()) };
        let (first, last) = (there.first, there.last);
        let is_part = !there.is_within(batch.first, batch.last) || batch.types.len() > 1 || first < start;
        if let Some(whole) = &mut there.whole {
            match &whole.member {
                None => return Err(Refusal::state(NOT_ACQUIRED)),
                Some(owner) if **owner != *member => {
                    return Err(Refusal::state("Member is not the owner of batch record"));
                }
                Some(_) => {}
            }
            if whole.is_in_transition() {
                return Err(Refusal::state(IN_TRANSITION));
            }
            if whole.state != RecordState::Acquired {
                let part = "The batch cannot be acknowledged. The subset batch is not in the acquired state.";
                return Err(Refusal::state(if is_part { part } else { NOT_ACQUIRED }));
            }
            if !is_part {
                match batch.type_of(batch.first).becomes() {
                    None if renews => whole.lock = Some(Lock::new(ends, locked)),
                    None => return Err(Refusal::state(NO_RENEWAL)),
                    Some(new) if whole.start(new, limit, write) => started.push(state_batch(first, last, whole)),
                    Some(_) => return Err(Refusal::state("Unable to acknowledge records for the batch")),
                }
                let done = started.last().filter(|started| started.first == first && started.state.is_terminal());
                if done.is_some() {
                    self.add_complete(count(first, last));
                }
                return Ok(());
            }
            there.split(locked);
        }
        let mut done = 0_i64;
        let offsets = there.each().filter(|(offset, _)| *offset >= batch.first.max(start) && *offset <= batch.last);
        let mut result = Ok(());
        for (offset, state) in offsets {
            match acknowledge_offset(state, member, batch.type_of(offset), (renews, limit), write) {
                Err(refusal) => {
                    result = Err(refusal);
                    break;
                }
                Ok(false) => state.lock = Some(Lock::new(ends, locked)),
                Ok(true) => {
                    started.push(state_batch(offset, offset, state));
                    done = done.saturating_add(i64::from(state.state.is_terminal()));
                }
            }
        }
        self.add_complete(done);
        result
    }

    /// Everything that a member has is given back. Kafka: `releaseAcquiredRecords`.
    pub fn release(&mut self, member: &str) -> Option<StateWrite> {
        let write = self.next_write();
        let (start, limit) = (self.start_offset, self.config.delivery_count_limit);
        let (mut started, mut done) = (Vec::new(), 0_i64);
        for batch in &mut self.batches {
            let (first, last) = (batch.first, batch.last);
            let is_acquired = |state: &InFlightState| {
                state.state == RecordState::Acquired && state.member.as_deref().is_none_or(|owner| owner == member)
            };
            if first < start && last >= start && batch.whole.as_ref().is_some_and(is_acquired) {
                batch.split(&mut self.locked);
            }
            let new = |last: i64| if last < start { RecordState::Archived } else { RecordState::Available };
            if let Some(whole) = batch.whole.as_mut().filter(|whole| is_acquired(whole))
                && whole.start(new(last), limit, write)
            {
                started.push(state_batch(first, last, whole));
                if whole.state.is_terminal() {
                    done = done.saturating_add(count(first.max(start), last));
                }
            }
            for (offset, state) in batch.each().filter(|(_, state)| is_acquired(state)) {
                if state.start(new(offset), limit, write) {
                    started.push(state_batch(offset, offset, state));
                    done = done.saturating_add(i64::from(offset >= start && state.state.is_terminal()));
                }
            }
        }
        self.add_complete(done);
        self.write(write, started)
    }

    /// Locks that have ended: their records are available again, or archived if they were delivered too often. What that
    /// changes is to be written, and counts at once.
    pub fn on_time(&mut self, now: SimTime) -> Vec<StateWrite> {
        let states = self.batches.iter().flat_map(super::InFlightBatch::states);
        let due = states.filter_map(|(first, last, state)| {
            let lock = state.lock.filter(|lock| !lock.expired && lock.at <= now)?;
            Some((lock.at, lock.order, first, last))
        });
        let mut due: Vec<(SimTime, u64, i64, i64)> = due.collect();
        due.sort_unstable();
        let mut writes = Vec::new();
        for (_, _, first, last) in due {
            let write = self.next_write();
            let batches = self.end_lock(first, last);
            if !batches.is_empty() {
                writes.push(self.state_write(write, batches));
            }
        }
        writes
    }

    /// Kafka: `releaseAcquisitionLockOnTimeout`.
    fn end_lock(&mut self, first: i64, last: i64) -> Vec<StateBatch> {
        let (start, limit) = (self.start_offset, self.config.delivery_count_limit);
        let is_cut = self.start_is_within(first, last);
        let Some(batch) = self.floor(first).and_then(|at| self.batches.get_mut(at)) else { return Vec::new() };
        if is_cut && batch.whole.as_ref().is_some_and(|whole| whole.state == RecordState::Acquired) {
            batch.split(&mut self.locked);
        }
        let mut ended = Vec::new();
        let mut end = |from: i64, to: i64, state: &mut InFlightState| {
            if let Some(lock) = &mut state.lock {
                lock.expired = true;
            }
            let new = if to < start { RecordState::Archived } else { RecordState::Available };
            if state.state == RecordState::Acquired && state.leave(new, limit) {
                state.lock = None;
                ended.push(state_batch(from, to, state));
            }
        };
        let (from, to) = (batch.first, batch.last);
        if let Some(whole) = &mut batch.whole {
            end(from, to, whole);
        }
        for (offset, state) in batch.each().filter(|(offset, _)| (first..=last).contains(offset)) {
            end(offset, offset, state);
        }
        for StateBatch { first, last, state, .. } in &ended {
            if state.is_terminal() {
                self.add_complete(self.in_flight_between(*first, *last));
            }
            if *state != RecordState::Archived {
                self.find_next_fetch_offset = true;
            }
        }
        ended
    }

    /// A change with this number was written, or could not be. Whether the start has moved, or what waits for it should look.
    pub fn on_written(&mut self, id: u64, is_written: bool) -> bool {
        let Some(at) = self.writes.iter().position(|(there, _)| *there == id) else {
            // What locks that ended led to counts already.
            self.advance_start();
            return false;
        };
        let (_, started) = self.writes.remove(at);
        self.complete(id, &started, is_written);
        is_written && self.advance_start()
    }

    /// Kafka: `rollbackOrProcessStateUpdates`.
    fn complete(&mut self, write: u64, started: &[StateBatch], is_written: bool) {
        for StateBatch { first, last, state: told, .. } in started {
            let Some(batch) = self.floor(*first).and_then(|at| self.batches.get_mut(at)) else { continue };
            let at = first.saturating_sub(batch.first);
            let own = match &mut batch.whole {
                Some(whole) => Some(whole),
                None => usize::try_from(at).ok().and_then(|at| batch.offsets.get_mut(at)),
            };
            let Some(own) = own else { continue };
            own.complete(write, is_written);
            let state = own.state;
            if state == RecordState::Available {
                self.find_next_fetch_offset = true;
            }
            if told.is_terminal() && !state.is_terminal() {
                self.add_complete(self.in_flight_between(*first, *last).saturating_neg());
            }
        }
    }

    fn next_write(&mut self) -> u64 {
        self.written = self.written.saturating_add(1);
        self.written
    }

    fn write(&mut self, id: u64, started: Vec<StateBatch>) -> Option<StateWrite> {
        if started.is_empty() {
            return None;
        }
        self.writes.push((id, started.clone()));
        Some(self.state_write(id, started))
    }

    fn state_write(&self, id: u64, batches: Vec<StateBatch>) -> StateWrite {
        StateWrite {
            id,
            state_epoch: self.state_epoch,
            leader_epoch: self.leader_epoch,
            start_offset: self.start_offset,
            delivery_complete_count: self.delivery_complete_count,
            batches,
        }
    }
}

fn state_batch(first: i64, last: i64, state: &InFlightState) -> StateBatch {
    StateBatch { first, last, state: state.state, delivery_count: state.delivery_count }
}

/// Whether a change has begun; if not, the lock is to be renewed. Kafka: `acknowledgePerOffsetBatchRecords`.
fn acknowledge_offset(
    state: &mut InFlightState,
    member: &str,
    how: AcknowledgeType,
    (renews, limit): (bool, i32),
    write: u64,
) -> Result<bool, Refusal> {
    if state.state != RecordState::Acquired {
        return Err(Refusal::state("The offset cannot be acknowledged. The offset is not acquired."));
    }
    if state.is_in_transition() {
        return Err(Refusal::state(IN_TRANSITION));
    }
    if state.member.as_ref().is_none_or(|owner: &Rc<str>| **owner != *member) {
        return Err(Refusal::state("Member is not the owner of offset"));
    }
    match how.becomes() {
        None if renews => Ok(false),
        None => Err(Refusal::state(NO_RENEWAL)),
        Some(new) if state.start(new, limit, write) => Ok(true),
        Some(_) => Err(Refusal::state("Unable to acknowledge records for the batch")),
    }
}
