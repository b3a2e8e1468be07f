//! A broker. Kafka 4.3: `kafka.server.ReplicaManager`, `KafkaApis`, `AbstractFetcherThread`.
//!
//! Differs from Kafka: handling a request takes no time; one fetcher for each leader (`num.replica.fetchers` 1), which
//! asks for all its partitions in each fetch; a follower that got an error waits for the whole leader, not for one
//! partition.

pub mod background;
pub mod fetcher;
pub mod follower;
pub mod leader;
pub mod partition;
pub mod purgatory;

use crate::sorted::{SortedMap, SortedSet};
use std::rc::Rc;

use crate::config::BrokerConfig;
use crate::error::Errors;
use crate::fact::{Completion, FactKind};
use crate::ids::{BrokerId, MessageId, NodeId, Offset, TopicPartition};
use crate::message::{
    Acks, Body, FetchRequest, FetchResponse, FetchedPartition, ListOffsetsRequest, ListOffsetsResponse,
    ListOffsetsSpec, Message, MetadataRequest, MetadataResponse, ProducePartition, ProduceRequest, ProduceResponse,
};
use crate::metadata::MetadataImage;
use crate::outbox::Outbox;
use crate::timer::Timer;
use background::Checkpoints;
use fetcher::Fetcher;
use partition::{Partition, Role};
use purgatory::{DelayedFetch, DelayedProduce, DelayedProducePart, Purgatory};

/// A broker with its replicas, what waits in it and how it copies from others.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Its `node.id`.
    pub id: BrokerId,
    /// Its configuration.
    pub config: Rc<BrokerConfig>,
    /// Its replicas.
    pub partitions: SortedMap<TopicPartition, Rc<Partition>>,
    /// The requests that wait in it.
    pub purgatory: Purgatory,
    /// What it knows of the cluster.
    pub metadata: Rc<MetadataImage>,
    /// What stands in its checkpoint files.
    pub checkpoints: Rc<Checkpoints>,
    fetchers: SortedMap<BrokerId, Fetcher>,
}

impl Broker {
    /// A broker without replicas.
    pub fn new(id: BrokerId, config: Rc<BrokerConfig>) -> Broker {
        Broker {
            id,
            config,
            partitions: SortedMap::new(),
            purgatory: Purgatory::default(),
            metadata: Rc::default(),
            checkpoints: Rc::default(),
            fetchers: SortedMap::new(),
        }
    }

    /// Learns what the controller decided: becomes leader or follower where that changed.
    pub fn on_metadata(&mut self, image: &Rc<MetadataImage>, out: &mut Outbox) {
        self.metadata = Rc::clone(image);
        let had_none = self.partitions.is_empty();
        for (id, registration) in image.partitions() {
            if !registration.replicas.contains(&self.id) {
                continue;
            }
            let config = image.topics.get(&id.topic).map(|topic| Rc::clone(&topic.config)).unwrap_or_default();
            let replica = self.partitions.get_or_insert_with(id.clone(), || {
                Rc::new(Partition::new(id, Rc::clone(registration), config, out.now))
            });
            let is_new = matches!(replica.role, Role::Leaderless);
            if !is_new && replica.registration.partition_epoch == registration.partition_epoch {
                continue;
            }
            let replica = Rc::make_mut(replica);
            if registration.leader == Some(self.id) {
                replica.make_leader(out.now, self.id, Rc::clone(registration));
            } else {
                replica.make_follower(Rc::clone(registration));
            }
        }
        if had_none && !self.partitions.is_empty() {
            self.start_background_tasks(out);
        }
        let leaders: SortedSet<BrokerId> = self.partitions.values().filter_map(|replica| leader_of(replica)).collect();
        for leader in leaders {
            self.fetch_from(leader, out);
        }
    }

    /// Handles a request or a response.
    pub fn on_message(&mut self, message: &Message, out: &mut Outbox) {
        match &*message.body {
            Body::ProduceRequest(request) => self.on_produce(message, request, out),
            Body::FetchRequest(request) => self.on_fetch(message, request, out),
            Body::FetchResponse(response) => self.on_fetch_response(message, response, out),
            Body::ListOffsetsRequest(request) => self.on_list_offsets(message, request, out),
            Body::MetadataRequest(request) => self.on_metadata_request(message, request, out),
            Body::ProduceResponse(_) | Body::ListOffsetsResponse(_) | Body::MetadataResponse(_) => {}
        }
    }

    /// Handles a timer.
    pub fn on_timer(&mut self, timer: &Timer, out: &mut Outbox) {
        match timer {
            Timer::DelayedOperation { request } => {
                if self.purgatory.fetches.contains_key(request) {
                    out.timer_fired(timer.clone());
                    self.complete_fetch(*request, Completion::TimedOut, out);
                } else if self.purgatory.produces.contains_key(request) {
                    out.timer_fired(timer.clone());
                    self.complete_produce(*request, Completion::TimedOut, out);
                }
            }
            Timer::FetchBackoff { leader } => {
                if self.fetchers.get(leader).is_some_and(|fetcher| fetcher.backs_off_until(out.now)) {
                    out.timer_fired(timer.clone());
                    self.fetch_from(*leader, out);
                }
            }
            Timer::Background(task) => self.on_background(*task, out),
            Timer::SenderRun
            | Timer::RequestTimeout { .. }
            | Timer::MaxBlock { .. }
            | Timer::MetadataRefresh
            | Timer::ConsumerRetry => {}
        }
    }

    fn on_produce(&mut self, message: &Message, request: &ProduceRequest, out: &mut Outbox) {
        let received = out.cause();
        let lag_ms = self.config.replica_lag_time_max_ms;
        let mut appended = Vec::new();
        let mut parts = Vec::with_capacity(request.batches.len());
        for (id, batch) in &request.batches {
            out.because(received);
            let too_large = batch.size_in_bytes() > self.config.message_max_bytes;
            let result = match self.partitions.get_mut(id) {
                _ if too_large => Err(Errors::MessageTooLarge),
                None => Err(self.error_without_replica(id)),
                Some(replica) => Rc::make_mut(replica).append_as_leader(self.id, batch, request.acks, lag_ms, out),
            };
            match result {
                Ok(done) => {
                    appended.push((id.clone(), out.cause(), done.high_watermark_advanced));
                    let required = done.last_offset.plus(1);
                    parts.push(DelayedProducePart::waiting(id.clone(), done.base_offset, required));
                }
                Err(error) => {
                    let answer = ProducePartition { partition: id.clone(), error, base_offset: Offset(-1) };
                    parts.push(DelayedProducePart { answer, required_offset: None });
                }
            }
        }
        // Kafka answers first (or parks the request) and wakes the fetches that wait for these records afterwards.
        out.because(appended.first().map_or(received, |(_, because, _)| *because));
        match request.acks {
            Acks::None => {}
            Acks::Leader => {
                let partitions = parts.into_iter().map(|part| settled(part.answer)).collect();
                out.reply(message.id, message.from.clone(), Body::ProduceResponse(ProduceResponse { partitions }));
            }
            Acks::All => self.wait_for_isr(message, request.timeout_ms, parts, out),
        }
        for (id, because, advanced) in appended {
            out.because(because);
            if advanced {
                self.try_complete_produces(&id, out);
            }
            self.try_complete_fetches(&id, out);
        }
    }

    fn wait_for_isr(
        &mut self,
        message: &Message,
        timeout_ms: u64,
        mut parts: Vec<DelayedProducePart>,
        out: &mut Outbox,
    ) {
        self.satisfy(&mut parts);
        let waiting = parts.iter().find_map(|part| part.required_offset.map(|at| (part.answer.partition.clone(), at)));
        let Some((partition, required_offset)) = waiting else {
            let partitions = parts.into_iter().map(|part| part.answer).collect();
            out.reply(message.id, message.from.clone(), Body::ProduceResponse(ProduceResponse { partitions }));
            return;
        };
        let deadline = out.now.plus_ms(timeout_ms);
        out.fact(FactKind::ProduceParked {
            broker: self.id,
            message: message.id,
            partition,
            required_offset,
            wait_ms: timeout_ms,
        });
        out.timer(deadline, Timer::DelayedOperation { request: message.id });
        let produce = DelayedProduce { from: message.from.clone(), since: out.now, deadline, parts };
        self.purgatory.produces.insert(message.id, produce);
    }

    /// Marks the parts whose high watermark has come far enough. Kafka: `Partition.checkEnoughReplicasReachOffset`.
    fn satisfy(&self, parts: &mut [DelayedProducePart]) {
        for part in parts {
            let Some(required) = part.required_offset else { continue };
            let Some(replica) = self.partitions.get(&part.answer.partition) else {
                continue;
            };
            if replica.leader_state().is_none() {
                part.answer.error = Errors::NotLeaderOrFollower;
                part.required_offset = None;
            } else if replica.high_watermark() >= required {
                let too_few = replica.is_under_min_isr();
                part.answer.error = if too_few { Errors::NotEnoughReplicasAfterAppend } else { Errors::None };
                part.required_offset = None;
            }
        }
    }

    fn on_fetch(&mut self, message: &Message, request: &FetchRequest, out: &mut Outbox) {
        let received = out.cause();
        let lag_ms = self.config.replica_lag_time_max_ms;
        let mut fetched = Vec::with_capacity(request.partitions.len());
        let mut bytes_left = request.max_bytes;
        for part in &request.partitions {
            out.because(received);
            let mut part = part.clone();
            part.max_bytes = part.max_bytes.min(bytes_left);
            // Kafka reads before it credits the follower, so the response carries the old high watermark.
            self.locate_high_watermark(request.replica, &part.partition);
            let read = self.read(request.replica, &part);
            bytes_left = bytes_left.saturating_sub(bytes_of(&read));
            let ok = read.error == Errors::None;
            fetched.push(read);
            let Some(follower) = request.replica.filter(|_| ok) else {
                continue;
            };
            let Some(replica) = self.partitions.get_mut(&part.partition) else {
                continue;
            };
            if Rc::make_mut(replica).record_follower_fetch(self.id, follower, part.fetch_offset, lag_ms, out) {
                let advanced = out.cause();
                self.try_complete_produces(&part.partition, out);
                out.because(advanced);
                self.try_complete_fetches(&part.partition, out);
            }
        }
        out.because(received);
        let bytes: u64 = fetched.iter().map(bytes_of).sum();
        let failed = fetched.iter().any(|part| part.error != Errors::None);
        if request.max_wait_ms == 0 || request.partitions.is_empty() || bytes >= request.min_bytes || failed {
            out.reply(message.id, message.from.clone(), Body::FetchResponse(FetchResponse { partitions: fetched }));
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
            DelayedFetch { request: Rc::clone(&message.body), from: message.from.clone(), since: out.now, deadline };
        self.purgatory.fetches.insert(message.id, fetch);
    }

    /// A consumer's read looks where in the files the high watermark is.
    fn locate_high_watermark(&mut self, replica: Option<BrokerId>, partition: &TopicPartition) {
        let unknown = |replica: &Rc<Partition>| !replica.log.is_high_watermark_located();
        if replica.is_none()
            && self.partitions.get(partition).is_some_and(unknown)
            && let Some(replica) = self.partitions.get_mut(partition)
        {
            // What is in memory here can be read.
            let _ = Rc::make_mut(replica).log.locate_high_watermark();
        }
    }

    fn read(&self, replica: Option<BrokerId>, part: &crate::message::FetchPartition) -> FetchedPartition {
        let read = match self.partitions.get(&part.partition) {
            Some(partition) => partition.read(replica, part),
            None => Err(self.error_without_replica(&part.partition)),
        };
        read.unwrap_or_else(|error| FetchedPartition {
            partition: part.partition.clone(),
            error,
            high_watermark: Offset(-1),
            log_start_offset: Offset(-1),
            records: Vec::new(),
        })
    }

    /// After the high watermark rose: answers the produce requests that waited for it.
    fn try_complete_produces(&mut self, id: &TopicPartition, out: &mut Outbox) {
        let because = out.cause();
        for request in self.purgatory.produces_of(id) {
            let Some(mut produce) = self.purgatory.produces.remove(&request) else {
                continue;
            };
            self.satisfy(&mut produce.parts);
            let done = produce.parts.iter().all(|part| part.required_offset.is_none());
            self.purgatory.produces.insert(request, produce);
            if done {
                out.because(because);
                self.complete_produce(request, Completion::Satisfied, out);
            }
        }
        out.because(because);
    }

    fn complete_produce(&mut self, request: MessageId, completion: Completion, out: &mut Outbox) {
        let Some(produce) = self.purgatory.produces.remove(&request) else {
            return;
        };
        if let Some(first) = produce.parts.first() {
            let partition = first.answer.partition.clone();
            out.then(FactKind::ProduceCompleted { broker: self.id, message: request, partition, completion });
        }
        let partitions = produce.parts.into_iter().map(|part| part.answer).collect();
        out.reply(request, produce.from, Body::ProduceResponse(ProduceResponse { partitions }));
    }

    /// After an append or a rise of the high watermark: answers the fetches that have enough to read now.
    fn try_complete_fetches(&mut self, id: &TopicPartition, out: &mut Outbox) {
        let because = out.cause();
        for request in self.purgatory.fetches_of(id) {
            if self.purgatory.fetches.get(&request).is_some_and(|fetch| self.has_enough(fetch)) {
                out.because(because);
                self.complete_fetch(request, Completion::Satisfied, out);
            }
        }
        out.because(because);
    }

    /// Kafka: `DelayedFetch.tryComplete`.
    fn has_enough(&self, fetch: &DelayedFetch) -> bool {
        let Body::FetchRequest(request) = &*fetch.request else {
            return false;
        };
        let mut bytes = 0_u64;
        for part in &request.partitions {
            let read = self.read(request.replica, part);
            if read.error != Errors::None {
                return true;
            }
            bytes = bytes.saturating_add(bytes_of(&read));
        }
        bytes >= request.min_bytes
    }

    /// Reads again (the high watermark too) and answers.
    fn complete_fetch(&mut self, request: MessageId, completion: Completion, out: &mut Outbox) {
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
        let mut bytes_left = body.max_bytes;
        let mut partitions = Vec::with_capacity(body.partitions.len());
        for part in &body.partitions {
            let mut part = part.clone();
            part.max_bytes = part.max_bytes.min(bytes_left);
            self.locate_high_watermark(body.replica, &part.partition);
            let read = self.read(body.replica, &part);
            bytes_left = bytes_left.saturating_sub(bytes_of(&read));
            partitions.push(read);
        }
        out.reply(request, fetch.from.clone(), Body::FetchResponse(FetchResponse { partitions }));
    }

    fn on_list_offsets(&mut self, message: &Message, request: &ListOffsetsRequest, out: &mut Outbox) {
        let answer = |(id, spec): &(TopicPartition, ListOffsetsSpec)| match self.partitions.get(id) {
            Some(replica) if replica.leader_state().is_some() => {
                let offset = match spec {
                    ListOffsetsSpec::Earliest => replica.log_start_offset(),
                    ListOffsetsSpec::Latest => replica.high_watermark(),
                };
                (id.clone(), Errors::None, offset)
            }
            Some(_) => (id.clone(), Errors::NotLeaderOrFollower, Offset(-1)),
            None => (id.clone(), self.error_without_replica(id), Offset(-1)),
        };
        let partitions = request.partitions.iter().map(answer).collect();
        out.reply(message.id, message.from.clone(), Body::ListOffsetsResponse(ListOffsetsResponse { partitions }));
    }

    fn on_metadata_request(&mut self, message: &Message, request: &MetadataRequest, out: &mut Outbox) {
        let known = |topic| Some((Rc::clone(topic), Rc::clone(self.metadata.topics.get(topic)?)));
        let topics = request.topics.iter().filter_map(known).collect();
        let response = MetadataResponse { brokers: self.metadata.brokers.clone(), topics };
        out.reply(message.id, message.from.clone(), Body::MetadataResponse(response));
    }

    fn error_without_replica(&self, id: &TopicPartition) -> Errors {
        if self.metadata.partition(id).is_some() {
            Errors::NotLeaderOrFollower
        } else {
            Errors::UnknownTopicOrPartition
        }
    }
}

fn leader_of(replica: &Partition) -> Option<BrokerId> {
    match replica.role {
        Role::Follower { leader } => Some(leader),
        Role::Leader(_) | Role::Leaderless => None,
    }
}

fn bytes_of(part: &FetchedPartition) -> u64 {
    part.records.iter().map(highwater_log::batch::RecordBatch::size_in_bytes).sum()
}

/// With `acks=1` an append is an answer: the part that would wait is fine.
fn settled(mut answer: ProducePartition) -> ProducePartition {
    if answer.error == Errors::RequestTimedOut {
        answer.error = Errors::None;
    }
    answer
}

/// The node that a message of a follower goes to.
pub(crate) fn node(broker: BrokerId) -> NodeId {
    NodeId::Broker(broker)
}
