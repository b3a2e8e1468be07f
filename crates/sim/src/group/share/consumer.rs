//! A share consumer: a member of a share group that fetches records from the leaders of its partitions and tells them what
//! became of each. Kafka 4.3: `ShareConsumerImpl`, with what its background thread does.
//!
//! Time, responses and the application's calls come in; requests and what the application sees come out. What Kafka's two
//! threads tell each other is known at once here.
//! Differs from Kafka: an acknowledgement that failed is not sent again; the coordinator is known; records have no contents, so
//! none is corrupt or fails to deserialize; what was fetched is not bounded by bytes.

mod acknowledgements;
mod current;
mod membership;
mod requests;

use super::super::error::GroupError;
use super::super::message::Request;
use super::message::{AcknowledgeType, ShareError, ShareRequest};
use super::partition::AcquireMode;
use crate::ids::{BrokerId, MessageId, Topic, TopicPartition};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;
use acknowledgements::Acks;
use current::{CompletedFetch, CurrentFetch};
use membership::Membership;
use requests::Node;

/// `share.acknowledgement.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcknowledgementMode {
    /// The next `poll()` accepts what the last one returned.
    #[default]
    Implicit,
    /// The application says what becomes of each record before it polls again.
    Explicit,
}

impl AcknowledgementMode {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            AcknowledgementMode::Implicit => "implicit",
            AcknowledgementMode::Explicit => "explicit",
        }
    }
}

/// A share consumer's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareConsumerConfig {
    /// `group.id`.
    pub group: String,
    /// `client.id`.
    pub client_id: String,
    /// Where it runs.
    pub client_host: String,
    /// The member id, which the client makes up.
    pub member_id: String,
    /// `share.acknowledgement.mode`.
    pub mode: AcknowledgementMode,
    /// `share.acquire.mode`.
    pub acquire_mode: AcquireMode,
    /// `max.poll.records`.
    pub max_poll_records: i64,
    /// `fetch.max.wait.ms`.
    pub fetch_max_wait_ms: u64,
    /// `max.poll.interval.ms`.
    pub max_poll_interval_ms: u64,
    /// `retry.backoff.ms`.
    pub retry_backoff_ms: u64,
}

impl Default for ShareConsumerConfig {
    fn default() -> Self {
        ShareConsumerConfig {
            group: String::new(),
            client_id: String::new(),
            client_host: "/127.0.0.1".to_owned(),
            member_id: String::new(),
            mode: AcknowledgementMode::Implicit,
            acquire_mode: AcquireMode::BatchOptimized,
            max_poll_records: 500,
            fetch_max_wait_ms: 500,
            max_poll_interval_ms: 300_000,
            retry_backoff_ms: 100,
        }
    }
}

/// Which `commitSync()` it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShareCommitId(pub u64);

/// A record as an application gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Its partition.
    pub partition: TopicPartition,
    /// Its offset.
    pub offset: i64,
    /// How often it was delivered to the group, this time included.
    pub delivery_count: i32,
}

/// How acknowledgements of partitions ended.
pub type Results = Vec<(TopicPartition, ShareError)>;

/// Something that the application sees, or its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareEvent {
    /// It has these partitions from now on.
    Assigned(Vec<TopicPartition>),
    /// `AcknowledgementCommitCallback.onComplete`: the offsets of a partition, and how it ended.
    Acknowledged(TopicPartition, Vec<i64>, ShareError),
    /// `commitSync()` returns.
    Committed(ShareCommitId, Results),
    /// `close()` returns.
    Closed,
}

/// What a call throws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SharePollError {
    /// Kafka: `IllegalStateException`.
    #[error("Consumer is not subscribed to any topics.")]
    NotSubscribed,
    /// Kafka: `IllegalStateException`.
    #[error("All records must be acknowledged in explicit acknowledgement mode.")]
    NotAcknowledged,
    /// Kafka: `IllegalStateException`.
    #[error("Implicit acknowledgement of delivery is being used.")]
    Implicit,
    /// Kafka: `IllegalStateException`.
    #[error("The record cannot be acknowledged.")]
    NotInFlight,
    /// The coordinator refused for good.
    #[error("{}", .0.name())]
    Refused(GroupError),
}

/// What a call leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareOutput {
    /// Requests to the coordinator, in order.
    pub heartbeats: Vec<(MessageId, Request)>,
    /// Requests to leaders, in order.
    pub requests: Vec<(MessageId, BrokerId, ShareRequest)>,
    /// What the application sees, in order.
    pub events: Vec<ShareEvent>,
}

/// What a client knows of topics and leaders.
pub trait Metadata {
    /// The name of a topic.
    fn topic(&self, id: crate::ids::TopicId) -> Option<Topic>;

    /// Who leads a partition.
    fn leader(&self, partition: &TopicPartition) -> Option<BrokerId>;
}

/// A `commitSync()` or a `close()` that goes on.
#[derive(Clone, Debug)]
struct Commit {
    id: ShareCommitId,
    left: usize,
    ended: Vec<(TopicPartition, Acks, ShareError)>,
    renews: bool,
}

/// A share consumer.
#[derive(Clone, Debug)]
pub struct ShareConsumer {
    /// Its configuration.
    pub config: ShareConsumerConfig,
    membership: Membership,
    /// Its partitions in the order in which they are fetched.
    assigned: Vec<TopicPartition>,
    fetch_more: bool,
    nodes: SortedMap<BrokerId, Node>,
    /// With `record_limit` only one leader is asked for records at a time.
    fetches_from: Option<BrokerId>,
    buffer: Vec<CompletedFetch>,
    current: CurrentFetch,
    should_fetch: bool,
    /// Acknowledgements that ended, of which the application is to be told.
    completed: Vec<(TopicPartition, Acks, ShareError, bool)>,
    commits: Vec<Commit>,
    closing: bool,
    next_id: u64,
    next_commit: u64,
}

impl ShareConsumer {
    /// A consumer that is in no group yet. Its requests are numbered from `first_id`.
    pub fn new(config: ShareConsumerConfig, now: SimTime, first_id: u64) -> ShareConsumer {
        ShareConsumer {
            membership: Membership::new(now),
            config,
            assigned: Vec::new(),
            fetch_more: false,
            nodes: SortedMap::new(),
            fetches_from: None,
            buffer: Vec::new(),
            current: CurrentFetch::default(),
            should_fetch: false,
            completed: Vec::new(),
            commits: Vec::new(),
            closing: false,
            next_id: first_id,
            next_commit: 0,
        }
    }

    /// Whether it knows who coordinates its group; at first it does. Without that it sends no heartbeats.
    pub fn set_knows_coordinator(&mut self, knows: bool) {
        self.membership.knows_coordinator = knows;
    }

    /// The brokers that it has a session with, or asks.
    pub fn nodes(&self) -> impl Iterator<Item = BrokerId> {
        self.nodes.keys().copied()
    }

    /// Its partitions.
    pub fn assigned(&self) -> &[TopicPartition] {
        &self.assigned
    }

    /// Records that the application has and has not told anything about.
    pub fn in_flight(&self) -> Vec<Delivered> {
        self.current.records()
    }

    /// `subscribe()`.
    pub fn subscribe(&mut self, topics: SortedSet<Topic>) {
        self.membership.subscribe(topics);
    }

    /// `poll()` begins: what ended is told, what was returned last is accepted if that is implicit.
    ///
    /// # Errors
    /// What `poll()` throws.
    pub fn begin_poll(
        &mut self,
        now: SimTime,
        metadata: &dyn Metadata,
        out: &mut ShareOutput,
    ) -> Result<(), SharePollError> {
        if let Some(error) = self.membership.failure.take() {
            return Err(SharePollError::Refused(error));
        }
        self.tell_completed(out);
        match self.config.mode {
            AcknowledgementMode::Implicit => self.current.acknowledge_all(AcknowledgeType::Accept),
            AcknowledgementMode::Explicit if !self.current.all_acknowledged() => {
                return Err(SharePollError::NotAcknowledged);
            }
            AcknowledgementMode::Explicit => {}
        }
        if self.membership.subscription.is_empty() {
            return Err(SharePollError::NotSubscribed);
        }
        self.should_fetch = true;
        self.membership.on_poll(now, self.config.max_poll_interval_ms);
        self.run(now, metadata, out);
        Ok(())
    }

    /// Records for the `poll()` that goes on, if there are any; it is over then. Kafka: `pollForFetches`, `collect`.
    pub fn take(&mut self, now: SimTime, metadata: &dyn Metadata, out: &mut ShareOutput) -> Vec<Delivered> {
        let acks = self.current.take_acknowledged();
        let mut to_send = acks;
        if self.current.is_empty() && !self.current.has_renewals() {
            let (mut fetch, left) = current::collect(std::mem::take(&mut self.buffer), self.config.max_poll_records);
            self.buffer = left;
            if fetch.is_empty() {
                // Offsets without records are told all the same.
                let gaps = fetch.take_acknowledged();
                self.commit_async_of(gaps);
                self.fetch_once(&mut to_send);
            } else {
                self.current = fetch;
            }
        } else if self.current.has_renewals() {
            self.current.take_renewed();
            if self.current.has_renewals() {
                self.fetch_once(&mut to_send);
            }
        }
        self.commit_async_of(to_send);
        self.run(now, metadata, out);
        let records = self.current.records();
        if !records.is_empty() {
            self.tell_completed(out);
        }
        records
    }

    /// `poll()` is over without records.
    pub fn end_poll(&mut self, out: &mut ShareOutput) {
        self.tell_completed(out);
    }

    /// One fetch a `poll()`.
    fn fetch_once(&mut self, to_send: &mut SortedMap<TopicPartition, (BrokerId, Acks)>) {
        if std::mem::take(&mut self.should_fetch) {
            self.fetch_more = true;
            for (partition, (node, acks)) in std::mem::take(to_send) {
                self.node(node).add_fetch_acks(partition, acks);
            }
        }
    }

    /// `acknowledge()`.
    ///
    /// # Errors
    /// What it throws.
    pub fn acknowledge(
        &mut self,
        partition: &TopicPartition,
        offset: i64,
        how: AcknowledgeType,
    ) -> Result<(), SharePollError> {
        if self.config.mode == AcknowledgementMode::Implicit {
            return Err(SharePollError::Implicit);
        }
        if self.current.acknowledge(partition, offset, how) { Ok(()) } else { Err(SharePollError::NotInFlight) }
    }

    /// `commitSync()`; [`ShareEvent::Committed`] tells when it returns.
    pub fn commit_sync(&mut self, now: SimTime, metadata: &dyn Metadata, out: &mut ShareOutput) -> ShareCommitId {
        let acks = self.acknowledged(out);
        self.next_commit = self.next_commit.saturating_add(1);
        let id = ShareCommitId(self.next_commit);
        self.commits.push(Commit { id, left: acks.len(), ended: Vec::new(), renews: false });
        if acks.is_empty() {
            self.finish_commit(id, out);
        }
        self.commit_sync_of(id, acks, out);
        self.run(now, metadata, out);
        id
    }

    /// `commitAsync()`.
    pub fn commit_async(&mut self, now: SimTime, metadata: &dyn Metadata, out: &mut ShareOutput) {
        let acks = self.acknowledged(out);
        self.commit_async_of(acks);
        self.run(now, metadata, out);
    }

    /// What a commit sends.
    fn acknowledged(&mut self, out: &mut ShareOutput) -> SortedMap<TopicPartition, (BrokerId, Acks)> {
        self.tell_completed(out);
        if self.config.mode == AcknowledgementMode::Implicit {
            self.current.acknowledge_all(AcknowledgeType::Accept);
        }
        self.current.take_acknowledged()
    }

    /// `close()`: what was acknowledged is sent, what was not is given back; [`ShareEvent::Closed`] tells when it returns.
    pub fn close(&mut self, now: SimTime, metadata: &dyn Metadata, out: &mut ShareOutput) {
        let acks = self.current.take_acknowledged();
        self.closing = true;
        for (partition, (node, acks)) in acks {
            self.node(node).add_fetch_acks(partition, acks);
        }
        for node in self.nodes.values_mut() {
            node.close();
        }
        self.run(now, metadata, out);
    }

    /// What its background thread does now: heartbeats, acknowledgements, fetches.
    pub fn run(&mut self, now: SimTime, metadata: &dyn Metadata, out: &mut ShareOutput) {
        self.reconcile(metadata, out);
        self.heartbeat(now, out);
        self.send_requests(metadata, out);
        if self.closing && self.nodes.values().all(Node::is_closed) {
            self.leave(out);
        }
    }

    /// When [`ShareConsumer::run`] must be called next.
    pub fn next_deadline(&self) -> Option<SimTime> {
        self.membership.next_beat().filter(|_| self.membership.knows_coordinator)
    }

    fn node(&mut self, id: BrokerId) -> &mut Node {
        self.nodes.get_or_insert_with(id, Node::default)
    }

    fn next_message(&mut self) -> MessageId {
        self.next_id = self.next_id.saturating_add(1);
        MessageId(self.next_id)
    }

    /// Kafka: `handleCompletedAcknowledgements`.
    fn tell_completed(&mut self, out: &mut ShareOutput) {
        for (partition, acks, error, renews) in std::mem::take(&mut self.completed) {
            if renews {
                self.current.renew(&partition, &acks, error);
            }
            out.events.push(ShareEvent::Acknowledged(partition, acks.keys().copied().collect(), error));
        }
    }
}
