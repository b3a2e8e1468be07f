//! A broker. Kafka 4.3: `kafka.server.ReplicaManager`, `KafkaApis`, `AbstractFetcherThread`.
//!
//! Differs from Kafka: handling a request takes no time; one fetcher for each leader (`num.replica.fetchers` 1); a
//! follower that got an error waits for the whole leader, not for one partition.

pub mod alter_partition;
pub mod background;
mod current_leaders;
pub mod fetch;
pub mod fetch_manager;
mod fetch_requests;
pub mod fetch_session;
pub mod fetcher;
pub mod follower;
pub mod groups;
pub mod isr;
pub mod leader;
mod offset_requests;
pub mod page_cache;
pub mod partition;
mod preferred_read_replica;
mod produce_requests;
pub mod producer_ids;
pub mod purgatory;
pub mod replica;
pub mod restart;
pub mod share;

use crate::sorted::{SortedMap, SortedSet};
use std::rc::Rc;

use crate::config::BrokerConfig;
use crate::error::Errors;
use crate::fact::Completion;
use crate::group::OFFSETS_TOPIC;
use crate::ids::{BrokerId, MessageId, NodeId, TopicPartition};
use crate::message::{AlterPartitionRequest, AlterPartitionResponse, Body, Message, MetadataRequest, MetadataResponse};
use crate::metadata::MetadataImage;
use crate::outbox::Outbox;
use crate::rng::Pcg;
use crate::timer::Timer;
use alter_partition::AlterPartitionManager;
use background::Checkpoints;
use fetch_manager::FetchManager;
use fetcher::Fetcher;
use groups::Groups;
use partition::{Partition, Surroundings};
use producer_ids::ProducerIdManager;
use purgatory::Purgatory;

/// A broker with its replicas, what waits in it and how it copies from others.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Its `node.id`.
    pub id: BrokerId,
    /// The epoch of its registration.
    pub epoch: i64,
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
    /// The fetch sessions of followers and consumers.
    pub fetch_sessions: FetchManager,
    fetchers: SortedMap<BrokerId, Fetcher>,
    alter_partition: AlterPartitionManager,
    producer_ids: ProducerIdManager,
    /// The coordinators of groups that it has.
    pub groups: Groups,
    /// The share partitions that it hands out records of.
    pub share: share::ShareGroups,
    /// The memory that its machine has for files; none if that has no bound.
    pub page_cache: Option<page_cache::PageCache>,
}

impl Broker {
    /// A broker without replicas. `chance` draws the numbers of its fetch sessions.
    pub fn new(id: BrokerId, epoch: i64, config: Rc<BrokerConfig>, chance: Pcg) -> Broker {
        Broker {
            id,
            epoch,
            config,
            partitions: SortedMap::new(),
            purgatory: Purgatory::default(),
            metadata: Rc::default(),
            checkpoints: Rc::default(),
            fetch_sessions: FetchManager::new(chance),
            fetchers: SortedMap::new(),
            alter_partition: AlterPartitionManager::default(),
            producer_ids: ProducerIdManager::default(),
            groups: Groups::default(),
            share: share::ShareGroups::default(),
            page_cache: None,
        }
    }

    fn replica_lag_time_max_ms(&self) -> i64 {
        i64::try_from(self.config.replica_lag_time_max_ms).unwrap_or(i64::MAX)
    }

    /// A replica to change, with what is around it.
    fn replica_mut<'a>(
        &'a mut self,
        id: &TopicPartition,
        out: &'a mut Outbox,
    ) -> Option<(&'a mut Partition, Surroundings<'a>)> {
        let lag_ms = self.replica_lag_time_max_ms();
        let replica = Rc::make_mut(self.partitions.get_mut(id)?);
        let around = Surroundings {
            now_ms: out.clock_ms(),
            broker_epoch: self.epoch,
            replica_lag_time_max_ms: lag_ms,
            metadata: &self.metadata,
            alter_partition: &mut self.alter_partition,
            out,
        };
        Some((replica, around))
    }

    /// Learns what the controller decided: becomes leader or follower where that changed.
    pub fn on_metadata(&mut self, image: &Rc<MetadataImage>, out: &mut Outbox) {
        if image.offset < self.metadata.offset {
            return; // It comes late.
        }
        // A process that has started heeds nothing before it is registered. Kafka: `initialCatchUpFuture` of `BrokerServer`.
        if image.brokers.get(&self.id).is_none_or(|registered| registered.epoch != self.epoch) {
            return;
        }
        let before = std::mem::replace(&mut self.metadata, Rc::clone(image));
        self.drop_deleted_topics(out);
        let had_none = self.partitions.is_empty();
        for (id, registration) in image.partitions() {
            if !registration.replicas.contains(&self.id) {
                if self.partitions.contains_key(&id) {
                    self.drop_replica(&id, registration, out);
                }
                continue;
            }
            let topic = image.topics.get(&id.topic).cloned().unwrap_or_default();
            let config = Rc::clone(&topic.config);
            let (me, expiration_ms) = (self.id, self.producer_id_expiration_ms());
            let replica = self.partitions.get_or_insert_with(id.clone(), || {
                let mut made = Partition::new(id.clone(), me, Rc::clone(&config), out.clock_ms());
                made.topic_id = topic.id;
                made.log.set_producer_id_expiration_ms(expiration_ms);
                Rc::new(made)
            });
            if !Rc::ptr_eq(&replica.config, &config) {
                Rc::make_mut(replica).set_config(&config);
            }
            if Rc::ptr_eq(&replica.registration, registration) {
                continue;
            }
            let because = out.cause();
            let mut advanced = false;
            if let Some((replica, mut around)) = self.replica_mut(&id, out) {
                if registration.leader == Some(me) {
                    advanced = replica.make_leader(registration, &mut around).high_watermark_advanced;
                } else {
                    // What waits for a leader is answered that it is none any more.
                    // So is what waits for a follower whose leader has changed.
                    advanced = replica.is_leader();
                    let is_new_epoch = replica.make_follower(registration);
                    advanced |= is_new_epoch;
                    if is_new_epoch && !around.metadata.features.truncates_by_epoch {
                        replica.truncate_to_high_watermark(around.out);
                    }
                }
            }
            if advanced {
                self.try_complete(&id, out);
            }
            out.because(because);
        }
        if had_none && !self.partitions.is_empty() {
            self.start_background_tasks(out);
        }
        if image.topics.contains_key(OFFSETS_TOPIC) {
            self.elect_coordinators(out);
        }
        self.forget_offsets_of_deleted(&before, out);
        self.give_up_share_partitions(out);
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
            Body::OffsetForLeaderEpochRequest(request) => self.on_offset_for_leader_epoch(message, request, out),
            Body::MetadataRequest(request) => self.on_metadata_request(message, request, out),
            Body::AlterPartitionResponse(response) => {
                self.on_alter_partition_response(message.correlation, response, out);
            }
            Body::InitProducerIdRequest => self.on_init_producer_id(message, out),
            Body::AllocateProducerIdsResponse(response) => {
                self.on_allocate_producer_ids_response(message.correlation, response, out);
            }
            Body::Group(body) => self.on_group(message, body, out),
            Body::Share(body) => self.on_share(message, body, out),
            Body::ListOffsetsResponse(response) => self.on_leader_offsets(message, response, out),
            Body::ProduceResponse(_)
            | Body::MetadataResponse(_)
            | Body::OffsetForLeaderEpochResponse(_)
            | Body::InitProducerIdResponse(_)
            | Body::AllocateProducerIdsRequest(_)
            | Body::AlterPartitionRequest(_) => {}
        }
    }

    /// Sends the ISRs that are wanted to the controller, unless it has not answered yet.
    fn send_alter_partition(&mut self, out: &mut Outbox) {
        let partitions = self.alter_partition.next_request();
        if !partitions.is_empty() {
            let before = self.alter_partition.because().map(|because| out.because(because));
            let request = AlterPartitionRequest { broker: self.id, partitions };
            let id = out.send(NodeId::Controller, Body::AlterPartitionRequest(request));
            self.alter_partition.sent(id);
            before.map(|before| out.because(before));
        }
    }

    #[inline(never)]
    fn on_alter_partition_response(&mut self, request: MessageId, response: &AlterPartitionResponse, out: &mut Outbox) {
        if !self.alter_partition.is_in_flight(request) {
            return; // the answer to a request that was given up
        }
        let received = out.cause();
        for (id, answer) in &response.partitions {
            out.because(received);
            let Some(asked) = self.alter_partition.take_answered(id) else { continue };
            let Some((replica, mut around)) = self.replica_mut(id, out) else { continue };
            let answer = answer.as_ref().map_err(|error| *error);
            if replica.on_alter_partition_response(&asked, answer, &mut around) {
                self.try_complete(id, out);
            }
        }
        self.alter_partition.request_done();
        self.send_alter_partition(out);
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
                } else {
                    self.send_read(*request, out);
                }
            }
            Timer::FetchBackoff { leader } => {
                if self.fetchers.get(leader).is_some_and(|fetcher| fetcher.backs_off_until(out.now)) {
                    out.timer_fired(timer.clone());
                    self.fetch_from(*leader, out);
                }
            }
            Timer::Background(task) => self.on_background(*task, out),
            Timer::GroupCoordinator { partition } => self.on_coordinator_timer(*partition, out),
            Timer::SharePartitions => self.on_share_timer(out),
            Timer::RequestTimeout { request } | Timer::Disconnected { request } => {
                self.on_request_failed(*request, timer, out);
            }
            Timer::SenderRun
            | Timer::MaxBlock { .. }
            | Timer::MetadataRefresh
            | Timer::Controller(_)
            | Timer::ConsumerRetry
            | Timer::GroupMember(_)
            | Timer::Application => {}
        }
    }

    /// After the high watermark rose: answers what waited for that. The cause stays what it is.
    fn try_complete(&mut self, id: &TopicPartition, out: &mut Outbox) {
        self.try_complete_produces(id, out);
        self.try_complete_fetches(id, out);
        self.on_share_append(id, out);
        if &*id.topic == OFFSETS_TOPIC {
            self.answer_what_waited(id.partition, out);
        }
    }

    fn on_metadata_request(&mut self, message: &Message, request: &MetadataRequest, out: &mut Outbox) {
        let known = |topic| Some((Rc::clone(topic), Rc::clone(self.metadata.topics.get(topic)?)));
        let topics = match request {
            MetadataRequest::Names(names) => names.iter().filter_map(known).collect(),
            MetadataRequest::Ids(ids) => ids.iter().filter_map(|id| known(self.metadata.topic_with_id(*id)?)).collect(),
            MetadataRequest::All => self.metadata.topics.keys().filter_map(known).collect(),
        };
        let alive = self.metadata.brokers.iter().filter(|(_, broker)| !broker.fenced);
        let response = MetadataResponse { brokers: alive.map(|(id, _)| *id).collect(), topics };
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

/// The leader that a replica copies from.
fn leader_of(replica: &Partition) -> Option<BrokerId> {
    replica.leader().filter(|_| !replica.is_leader())
}

/// The node that a message of a follower goes to.
pub(crate) fn node(broker: BrokerId) -> NodeId {
    NodeId::Broker(broker)
}
