//! Fetches that wait for something that can be handed out. Kafka 4.3: `DelayedShareFetch`, `ShareFetchUtils.processFetchResponse`.

use super::super::event::ShareEventKind;
use super::super::message::{FetchedPartition, ShareError, ShareFetchRequest, ShareFetchResponse, ShareResponse};
use super::super::partition::{AcquireMode, AcquiredRecords, FetchedBatch};
use super::{Acknowledged, LeaderOutput, Logs, Pending, ShareKey, ShareLeader, Slot};
use crate::ids::{MessageId, TopicPartition};
use crate::message::CurrentLeaders;
use crate::time::SimTime;

/// The part of a fetch that is about records.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// The partitions in the order in which they are read.
    partitions: Vec<TopicPartition>,
    acquire_mode: AcquireMode,
    batch_size: i64,
    max_records: i64,
    until: SimTime,
    /// What was fetched, once it is over.
    done: Option<Vec<FetchedPartition>>,
    failed: Vec<(TopicPartition, ShareError)>,
}

impl Waiting {
    pub fn new(now: SimTime, request: &ShareFetchRequest, partitions: Vec<TopicPartition>) -> Waiting {
        let ShareFetchRequest { acquire_mode, batch_size, max_records, max_wait_ms, .. } = *request;
        let done = partitions.is_empty().then(Vec::new);
        let until = now.plus_ms(max_wait_ms);
        Waiting { partitions, acquire_mode, batch_size, max_records, until, done, failed: Vec::new() }
    }

    /// When it is over if nothing comes.
    pub fn deadline(&self) -> Option<SimTime> {
        self.done.is_none().then_some(self.until)
    }

    /// A partition cannot be fetched; if none can, that is the answer.
    pub fn fail(&mut self, partition: &TopicPartition, error: ShareError) {
        if self.done.is_none() && self.partitions.contains(partition) {
            self.failed.push((partition.clone(), error));
            self.partitions.retain(|there| there != partition);
            if self.partitions.is_empty() {
                self.done = Some(Vec::new());
            }
        }
    }
}

impl ShareLeader {
    /// Lets fetches look that wait for a share partition, or all; the first that came first. Kafka: `tryComplete`.
    pub(super) fn complete_fetches(&mut self, now: SimTime, key: Option<&ShareKey>, logs: &dyn Logs) {
        let waits = |pending: &Pending| {
            let waiting = pending.fetch.as_ref().filter(|waiting| waiting.done.is_none());
            let is_about = |(group, partition): &ShareKey| {
                pending.group == *group && waiting.is_some_and(|waiting| waiting.partitions.contains(partition))
            };
            waiting.is_some() && key.is_none_or(is_about)
        };
        let ids: Vec<MessageId> = self.pending.iter().filter(|pending| waits(pending)).map(|there| there.id).collect();
        for id in ids {
            let Some(pending) = self.pending.iter().find(|pending| pending.id == id) else { continue };
            let (group, partitions) =
                (pending.group.clone(), pending.fetch.as_ref().map(|there| there.partitions.clone()));
            let from = self.acquirable(&group, &partitions.unwrap_or_default());
            let has_data = |(partition, offset): &(TopicPartition, i64)| {
                logs.bounds(partition).is_some_and(|(start, end)| *offset < end || *offset < start)
            };
            if from.iter().any(has_data) {
                self.complete(now, id, &from, logs);
            }
        }
    }

    /// Fetches that have waited long enough get what there is. Kafka: `DelayedShareFetch.onExpiration`, `onComplete`.
    pub(super) fn expire_fetches(&mut self, now: SimTime, logs: &dyn Logs) {
        let is_due = |pending: &&Pending| {
            pending.fetch.as_ref().and_then(Waiting::deadline).is_some_and(|deadline| deadline <= now)
        };
        let ids: Vec<MessageId> = self.pending.iter().filter(is_due).map(|pending| pending.id).collect();
        for id in ids {
            let Some(pending) = self.pending.iter().find(|pending| pending.id == id) else { continue };
            let (group, partitions) =
                (pending.group.clone(), pending.fetch.as_ref().map(|there| there.partitions.clone()));
            let from = self.acquirable(&group, &partitions.unwrap_or_default());
            self.complete(now, id, &from, logs);
        }
    }

    /// From where each partition can be read that has something to hand out, or room. Kafka: `acquirablePartitions`.
    fn acquirable(&mut self, group: &str, partitions: &[TopicPartition]) -> Vec<(TopicPartition, i64)> {
        let mut from = Vec::new();
        for partition in partitions {
            if let Some(Slot::Active(there)) = self.partitions.get_mut(&(group.to_owned(), partition.clone()))
                && there.can_acquire()
            {
                from.push((partition.clone(), there.next_fetch_offset()));
            }
        }
        from
    }

    /// Reads, and hands out.
    fn complete(&mut self, now: SimTime, id: MessageId, from: &[(TopicPartition, i64)], logs: &dyn Logs) {
        let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == id) else { return };
        let Some(waiting) = &mut pending.fetch else { return };
        let (group, member) = (pending.group.clone(), std::rc::Rc::clone(&pending.member));
        let mut left = waiting.max_records;
        let mut done = Vec::new();
        let mut moved = Vec::new();
        for (partition, offset) in from {
            let Some(Slot::Active(there)) = self.partitions.get_mut(&(group.clone(), partition.clone())) else {
                continue;
            };
            let bounds = logs.bounds(partition);
            let Some(fetched) = logs.fetch(partition, *offset) else { continue };
            let before = there.start_offset();
            if let Some((start, _)) = bounds.filter(|(start, _)| offset < start) {
                // OFFSET_OUT_OF_RANGE: the log begins later now, and the client asks again.
                there.on_log_start(start);
                moved.push(((group.clone(), partition.clone()), before, there.start_offset()));
                continue;
            }
            let size = (waiting.batch_size, left);
            let acquired = there.acquire(now, &member, waiting.acquire_mode, size, *offset, &fetched);
            moved.push(((group.clone(), partition.clone()), before, there.start_offset()));
            let until = now.plus_ms(self.config.partition.record_lock_duration_ms);
            for records in &acquired {
                let kind = ShareEventKind::Acquired { member: std::rc::Rc::clone(&member), records: *records, until };
                self.events.push(((group.clone(), partition.clone()), kind));
            }
            if acquired.is_empty() {
                continue;
            }
            let count = |there: &AcquiredRecords| there.last.saturating_sub(there.first).saturating_add(1);
            left = left.saturating_sub(acquired.iter().map(count).sum());
            let batches = sliced(&fetched.batches, &acquired);
            let error = ShareError::None;
            done.push(FetchedPartition { partition: partition.clone(), error, acknowledged: None, batches, acquired });
        }
        for there in &done {
            self.sessions.read_from(&group, &member, &there.partition);
        }
        waiting.done = Some(done);
        for (key, before, to) in moved {
            self.tell_start(&key, before, to);
        }
    }

    /// Answers what can be answered: both parts of a request are over.
    pub(super) fn answer(&mut self, out: &mut LeaderOutput) {
        out.events.append(&mut self.events);
        let is_over = |pending: &Pending| {
            let is_done = |(_, state): &(TopicPartition, Acknowledged)| matches!(state, Acknowledged::Done(_));
            pending.acknowledged.iter().all(is_done)
                && pending.fetch.as_ref().is_none_or(|waiting| waiting.done.is_some())
        };
        let (over, waits): (Vec<Pending>, Vec<Pending>) =
            std::mem::take(&mut self.pending).into_iter().partition(is_over);
        self.pending = waits;
        for Pending { id, acknowledged, fetch, .. } in over {
            let ended = acknowledged.into_iter().filter_map(|(partition, state)| match state {
                Acknowledged::Done(result) => Some((partition, result)),
                Acknowledged::Writing(_) => None,
            });
            let response = match fetch {
                None => ShareResponse::Acknowledge(self.acknowledge_response(ShareError::None, ended.collect())),
                Some(waiting) => {
                    let mut partitions = waiting.done.unwrap_or_default();
                    let empty = |partition: TopicPartition, error| FetchedPartition {
                        partition,
                        error,
                        acknowledged: None,
                        batches: Vec::new(),
                        acquired: Vec::new(),
                    };
                    partitions.extend(waiting.failed.into_iter().map(|(partition, error)| empty(partition, error)));
                    for (partition, result) in ended {
                        if let Some(there) = partitions.iter_mut().find(|there| there.partition == partition) {
                            there.acknowledged = Some(result);
                        } else {
                            let empty = empty(partition, ShareError::None);
                            partitions.push(FetchedPartition { acknowledged: Some(result), ..empty });
                        }
                    }
                    ShareResponse::Fetch(self.fetch_response(ShareError::None, partitions))
                }
            };
            out.responses.push((id, response));
        }
    }

    pub(super) fn fetch_response(&self, error: ShareError, partitions: Vec<FetchedPartition>) -> ShareFetchResponse {
        let acquisition_lock_timeout_ms = self.config.partition.record_lock_duration_ms;
        ShareFetchResponse {
            error,
            acquisition_lock_timeout_ms,
            partitions,
            current_leaders: CurrentLeaders::default(),
        }
    }
}

/// Only batches with something acquired between them. Kafka: `maybeSliceFetchRecords`.
fn sliced(batches: &[FetchedBatch], acquired: &[AcquiredRecords]) -> Vec<FetchedBatch> {
    let (Some(first), Some(last)) = (acquired.first(), acquired.last()) else { return Vec::new() };
    batches.iter().filter(|batch| batch.last >= first.first && batch.base <= last.last).copied().collect()
}
