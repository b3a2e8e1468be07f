//! Fetch requests. Kafka 4.3: `ReplicaManager.fetchMessages`, `readFromLog`, `DelayedFetch`.

use std::rc::Rc;

use highwater_log::batch::RecordBatch;

use super::Broker;
use super::fetch::{FetchedBy, LogReadInfo, Read};
use super::fetch_manager::FetchContext;
use super::purgatory::DelayedFetch;
use crate::config::Rack;
use crate::error::Errors;
use crate::fact::{Completion, FactKind};
use crate::ids::{MessageId, NodeId, Offset, TopicPartition};
use crate::message::{Body, FetchPartition, FetchRequest, FetchedPartition, IsolationLevel, Message};
use crate::outbox::Outbox;
use crate::timer::Timer;

impl Broker {
    pub(super) fn on_fetch(&mut self, message: &Message, request: &FetchRequest, out: &mut Outbox) {
        let received = out.cause();
        let (context, whole) = self.fetch_sessions.new_context(request, out.clock_ms());
        let body = match whole {
            Some(partitions) => Rc::new(Body::FetchRequest(FetchRequest { partitions, ..request.clone() })),
            None => Rc::clone(&message.body),
        };
        let Body::FetchRequest(request) = &*body else { return };
        let mut fetched = Vec::with_capacity(request.partitions.len());
        let mut bytes_left = request.max_bytes;
        for part in &request.partitions {
            out.because(received);
            let mut part = part.clone();
            part.max_bytes = part.max_bytes.min(bytes_left);
            // Kafka reads before it credits the follower, so the response carries the old high watermark.
            let by = fetched_by(request);
            let read = self.read(by, request.rack, &part, out.clock_ms());
            self.locate_high_watermark(by, &part);
            let recorded = match (&read, request.replica) {
                (Ok((info, _)), Some(follower)) => self.replica_mut(&part.partition, out).map_or(Ok(false), |at| {
                    let (replica, mut around) = at;
                    replica.record_follower_fetch(follower, request.replica_epoch, &part, info, &mut around)
                }),
                _ => Ok(false),
            };
            let read = answer(&part, recorded.and(read));
            bytes_left = bytes_left.saturating_sub(bytes_of(&read));
            fetched.push(read);
            if recorded == Ok(true) {
                self.try_complete(&part.partition, out);
            }
        }
        self.send_alter_partition(out);
        out.because(received);
        let bytes: u64 = fetched.iter().map(bytes_of).sum();
        let failed = fetched.iter().any(|part| {
            part.error != Errors::None || part.diverging_epoch.is_some() || part.preferred_read_replica.is_some()
        });
        if request.max_wait_ms == 0 || request.partitions.is_empty() || bytes >= request.min_bytes || failed {
            self.answer_fetch(message.id, &message.from, request, context, fetched, out);
            return;
        }
        if self.has_enough(request) {
            let fetched = self.read_all(request, out);
            self.answer_fetch(message.id, &message.from, request, context, fetched, out);
            return;
        }
        let deadline = out.now.plus_ms(request.max_wait_ms);
        if let Some(first) = request.partitions.first() {
            out.fact(FactKind::FetchParked {
                broker: self.id,
                message: message.id,
                partition: first.partition.clone(),
                node: message.from.clone(),
                wait_ms: request.max_wait_ms,
            });
        }
        out.timer(deadline, Timer::DelayedOperation { request: message.id });
        let fetch =
            DelayedFetch { request: Rc::clone(&body), context, from: message.from.clone(), since: out.now, deadline };
        self.purgatory.fetches.insert(message.id, fetch);
    }

    /// Answers with what was read, as the session has it.
    fn answer_fetch(
        &mut self,
        id: MessageId,
        to: &NodeId,
        request: &FetchRequest,
        context: FetchContext,
        fetched: Vec<FetchedPartition>,
        out: &mut Outbox,
    ) {
        let slots = self.config.max_incremental_fetch_session_cache_slots;
        let mut response = self.fetch_sessions.respond(context, &request.partitions, fetched, slots, out.clock_ms());
        self.name_leaders(&mut response);
        self.send_fetched(id, to, request.zero_copy, response, out);
    }

    /// A consumer's read looks where in the files the high watermark is.
    fn locate_high_watermark(&mut self, by: FetchedBy, part: &FetchPartition) {
        if matches!(by, FetchedBy::Consumer { .. })
            && let Some(replica) = self.partitions.get_mut(&part.partition)
            && replica.locates_high_watermark(by, part)
        {
            // What is in memory here can be read.
            let _ = Rc::make_mut(replica).log.locate_high_watermark();
        }
    }

    /// What a fetch reads of a partition.
    fn read(
        &self,
        by: FetchedBy,
        rack: Rack,
        part: &FetchPartition,
        now_ms: i64,
    ) -> Result<(LogReadInfo, Vec<RecordBatch>), Errors> {
        let Some(partition) = self.partitions.get(&part.partition) else {
            return Err(self.error_without_replica(&part.partition));
        };
        if matches!(by, FetchedBy::Consumer { .. })
            && let Some(elsewhere) = self.read_elsewhere(partition, rack, part, now_ms)
        {
            return Ok((elsewhere?, Vec::new()));
        }
        #[cfg(test)]
        let by = match by {
            FetchedBy::Consumer { .. } if self.metadata.features.breaks(crate::metadata::Sabotage::ExposesLogEnd) => {
                FetchedBy::Follower(self.a_follower_of(partition))
            }
            by => by,
        };
        let info = partition.read(by, part)?;
        let records = match &info.read {
            Read::Diverging(_) | Read::Elsewhere(_) => Vec::new(),
            Read::Fetched(read) => partition.log.batches_of(read).map_err(|error| Errors::of_log(&error))?,
        };
        Ok((info, records))
    }

    /// After an append or a rise of the high watermark: answers the fetches that have enough to read now.
    pub(super) fn try_complete_fetches(&mut self, id: &TopicPartition, out: &mut Outbox) {
        let because = out.cause();
        for request in self.purgatory.fetches_of(id) {
            let fetch = self.purgatory.fetches.get(&request).map(|fetch| Rc::clone(&fetch.request));
            if fetch.is_some_and(|body| matches!(&*body, Body::FetchRequest(fetch) if self.has_enough(fetch))) {
                out.because(because);
                self.complete_fetch(request, Completion::Satisfied, out);
            }
        }
        out.because(because);
    }

    /// Kafka: `DelayedFetch.tryComplete`.
    fn has_enough(&self, request: &FetchRequest) -> bool {
        let by = fetched_by(request);
        let mut bytes = 0_u64;
        for part in &request.partitions {
            let Some(replica) = self.partitions.get(&part.partition) else { return true };
            match replica.read(by, part) {
                Ok(LogReadInfo { read: Read::Fetched(read), .. })
                    if !replica.reads_other_segment(by, part.fetch_offset, &read) =>
                {
                    bytes = bytes.saturating_add(read.read.size);
                }
                _ => return true,
            }
        }
        bytes >= request.min_bytes
    }

    /// Reads again (the high watermark too) and answers.
    pub(super) fn complete_fetch(&mut self, request: MessageId, completion: Completion, out: &mut Outbox) {
        let Some(fetch) = self.purgatory.fetches.remove(&request) else {
            return;
        };
        let Body::FetchRequest(body) = &*fetch.request else {
            return;
        };
        if let Some(first) = body.partitions.first() {
            let partition = first.partition.clone();
            out.then(FactKind::FetchCompleted { broker: self.id, message: request, partition, completion });
        }
        let fetched = self.read_all(body, out);
        self.answer_fetch(request, &fetch.from, body, fetch.context, fetched, out);
    }

    /// Reads all that a fetch asks for, without crediting anybody.
    fn read_all(&mut self, request: &FetchRequest, out: &Outbox) -> Vec<FetchedPartition> {
        let by = fetched_by(request);
        let mut bytes_left = request.max_bytes;
        let mut partitions = Vec::with_capacity(request.partitions.len());
        for part in &request.partitions {
            let mut part = part.clone();
            part.max_bytes = part.max_bytes.min(bytes_left);
            let read = self.read(by, request.rack, &part, out.clock_ms());
            self.locate_high_watermark(by, &part);
            let read = answer(&part, read);
            bytes_left = bytes_left.saturating_sub(bytes_of(&read));
            partitions.push(read);
        }
        partitions
    }
}

#[cfg(test)]
impl Broker {
    fn a_follower_of(&self, partition: &super::Partition) -> crate::ids::BrokerId {
        partition.replicas().keys().next().copied().unwrap_or(self.id)
    }
}

fn fetched_by(request: &FetchRequest) -> FetchedBy {
    let consumer = FetchedBy::Consumer { isolation: IsolationLevel::ReadUncommitted, only_leader: false };
    request.replica.map_or(consumer, FetchedBy::Follower)
}

fn bytes_of(part: &FetchedPartition) -> u64 {
    part.records.iter().map(RecordBatch::size_in_bytes).sum()
}

/// What was read, as the response has it.
fn answer(part: &FetchPartition, read: Result<(LogReadInfo, Vec<RecordBatch>), Errors>) -> FetchedPartition {
    let unknown = Offset(-1);
    let mut answer = FetchedPartition {
        partition: part.partition.clone(),
        error: Errors::None,
        high_watermark: unknown,
        log_start_offset: unknown,
        diverging_epoch: None,
        preferred_read_replica: None,
        records: Vec::new(),
    };
    match read {
        Err(error) => answer.error = error,
        Ok((info, records)) => {
            match info.read {
                Read::Diverging(epoch) => answer.diverging_epoch = Some(epoch),
                Read::Elsewhere(replica) => answer.preferred_read_replica = Some(replica),
                Read::Fetched(_) => {}
            }
            (answer.high_watermark, answer.log_start_offset) = (info.high_watermark, info.log_start_offset);
            answer.records = records;
        }
    }
    answer
}
