//! Where records wait in batches, a queue for each partition. Kafka 4.3: `RecordAccumulator`.
//!
//! Differs from Kafka: an append that finds no memory does not block; the caller waits for it (see
//! [`RecordAccumulator::wait_for_memory`]) and appends again. Batches are not compressed. Transactions are not here yet.

mod append;
mod batch;
mod drain;
mod ready;

use crate::sorted::{SortedMap, SortedSet};
use std::collections::VecDeque;
use std::rc::Rc;

use super::buffer_pool::{Buffer, BufferPool, WaiterId};
use super::cluster_view::ClusterView;
use super::sticky_partitioner::BuiltInPartitioner;
use super::transaction_manager::{EpochBumped, ProducerState, TransactionManager};
use crate::config::ProducerConfig;
use crate::ids::{BatchId, BrokerId, Topic, TopicPartition};
use crate::retry_backoff::CLIENT_JITTER_PERCENT;
use crate::time::SimTime;

pub use crate::retry_backoff::RetryBackoff;
pub use append::{AppendError, AppendOutcome, Appended};
pub use batch::ProducerBatch;
pub use ready::{QueueOrder, ReadyBatch, ReadyCheck};

/// What an accumulator is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccumulatorConfig {
    /// `batch.size`, at least 1: 0 stands for no batching, which is a batch for each record.
    pub batch_size: u64,
    /// `linger.ms`.
    pub linger_ms: u64,
    /// `buffer.memory`.
    pub buffer_memory: u64,
    /// `retry.backoff.ms` and `retry.backoff.max.ms`.
    pub retry_backoff: RetryBackoff,
    /// `delivery.timeout.ms`.
    pub delivery_timeout_ms: u64,
    /// `partitioner.adaptive.partitioning.enable`.
    pub adaptive_partitioning: bool,
    /// `partitioner.availability.timeout.ms`; 0 switches it off.
    pub availability_timeout_ms: u64,
    /// `enable.idempotence`: batches get sequence numbers when they leave their queues.
    pub enable_idempotence: bool,
}

impl From<&ProducerConfig> for AccumulatorConfig {
    fn from(config: &ProducerConfig) -> AccumulatorConfig {
        AccumulatorConfig {
            batch_size: config.batch_size.max(1),
            linger_ms: config.linger_ms,
            buffer_memory: config.buffer_memory,
            retry_backoff: RetryBackoff {
                initial_ms: config.retry_backoff_ms,
                max_ms: config.retry_backoff_max_ms,
                jitter_percent: CLIENT_JITTER_PERCENT,
            },
            delivery_timeout_ms: config.delivery_timeout_ms,
            adaptive_partitioning: config.partitioner_adaptive_partitioning_enable,
            availability_timeout_ms: config.partitioner_availability_timeout_ms,
            enable_idempotence: config.enable_idempotence,
        }
    }
}

/// The accumulator of a producer. Cloning it shares the batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordAccumulator {
    config: AccumulatorConfig,
    pool: BufferPool,
    topics: SortedMap<Topic, TopicQueues>,
    node_latency: SortedMap<BrokerId, NodeLatency>,
    drain_index: SortedMap<BrokerId, usize>,
    muted: SortedSet<TopicPartition>,
    incomplete: SortedSet<BatchId>,
    next_batch: u64,
    next_expiry: Option<SimTime>,
    flushes_in_progress: u32,
    closed: bool,
    /// Of an idempotent producer.
    transaction_manager: Option<TransactionManager>,
}

/// Kafka: `RecordAccumulator.TopicInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TopicQueues {
    partitioner: BuiltInPartitioner,
    /// Once there, a queue stays.
    queues: SortedMap<i32, VecDeque<Rc<ProducerBatch>>>,
}

/// When a node last had something to send, and when it last could. Kafka: `NodeLatencyStats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NodeLatency {
    ready: SimTime,
    drained: SimTime,
}

impl RecordAccumulator {
    /// An empty accumulator.
    pub fn new(config: AccumulatorConfig) -> RecordAccumulator {
        RecordAccumulator {
            transaction_manager: config.enable_idempotence.then(TransactionManager::default),
            pool: BufferPool::new(config.buffer_memory, config.batch_size),
            config,
            topics: SortedMap::new(),
            node_latency: SortedMap::new(),
            drain_index: SortedMap::new(),
            muted: SortedSet::new(),
            incomplete: SortedSet::new(),
            next_batch: 0,
            next_expiry: None,
            flushes_in_progress: 0,
            closed: false,
        }
    }

    /// Its configuration.
    pub fn config(&self) -> &AccumulatorConfig {
        &self.config
    }

    /// Works with other configs from now on; the memory stays what it was.
    pub(crate) fn configure(&mut self, config: AccumulatorConfig) {
        self.config = config;
    }

    /// What an idempotent producer knows of its sequences; none without idempotence.
    pub fn transaction_manager(&self) -> Option<&TransactionManager> {
        self.transaction_manager.as_ref()
    }

    /// The same, to change.
    pub fn transaction_manager_mut(&mut self) -> Option<&mut TransactionManager> {
        self.transaction_manager.as_mut()
    }

    /// Every queue that was ever used, by topic and partition, the batch to be sent first in front.
    pub fn queues(&self) -> impl Iterator<Item = (&Topic, i32, &VecDeque<Rc<ProducerBatch>>)> {
        self.topics
            .iter()
            .flat_map(|(topic, queues)| queues.queues.iter().map(move |(part, queue)| (topic, *part, queue)))
    }

    /// The queue of a partition; none before its first record.
    pub fn queue(&self, partition: &TopicPartition) -> Option<&VecDeque<Rc<ProducerBatch>>> {
        self.topics.get(&partition.topic)?.queues.get(&partition.partition)
    }

    /// The topic's sticky partitioner; none before the topic's first record.
    pub fn partitioner(&self, topic: &str) -> Option<&BuiltInPartitioner> {
        self.topics.get(topic).map(|queues| &queues.partitioner)
    }

    /// Memory that no batch has, in bytes.
    pub fn available_memory(&self) -> u64 {
        self.pool.available()
    }

    /// How many wait for memory; while somebody does, every batch can be sent.
    pub fn memory_waiters(&self) -> usize {
        self.pool.queued()
    }

    /// Some batch waits to be sent. Kafka: `hasUndrained`.
    pub fn has_undrained(&self) -> bool {
        self.queues().any(|(_, _, queue)| !queue.is_empty())
    }

    /// The batches that have neither succeeded nor failed for good, waiting or in flight.
    pub fn incomplete(&self) -> &SortedSet<BatchId> {
        &self.incomplete
    }

    /// Waits for memory after an append said [`AppendError::NoMemory`].
    pub fn wait_for_memory(&mut self, size: u64) -> WaiterId {
        self.pool.wait(size)
    }

    /// Waits for memory no longer (`max.block.ms` is over).
    pub fn cancel_wait(&mut self, waiter: WaiterId) {
        self.pool.cancel(waiter);
    }

    /// Those that got their memory since the last call: each appends its record again, with the memory. To be asked
    /// after everything that can free memory.
    pub fn take_served(&mut self) -> Vec<(WaiterId, Buffer)> {
        self.pool.take_served()
    }

    /// A batch that was drained or expired has succeeded or failed for good: its memory is free again.
    /// Kafka: `completeAndDeallocateBatch`.
    pub fn complete_and_deallocate(&mut self, batch: &ProducerBatch) {
        self.incomplete.remove(&batch.id);
        if let Some(buffer) = batch.buffer {
            self.pool.deallocate(buffer);
        }
    }

    /// A drained batch failed with a retriable error: it goes to the front of its queue, or behind those that an idempotent
    /// producer sends before it. Whoever calls knows that it has not reached its delivery timeout.
    /// Kafka: `reenqueue`, `insertInSequenceOrder`.
    pub fn reenqueue(&mut self, mut batch: Rc<ProducerBatch>, now: SimTime) {
        Rc::make_mut(&mut batch).reenqueued(now);
        let partition = batch.partition.clone();
        let queue = self.topic_mut(&partition.topic).queues.get_or_insert_with(partition.partition, VecDeque::new);
        let base_sequence = |batch: &ProducerBatch| batch.producer_state().map(|state| state.base_sequence);
        let is_before = |other: &Rc<ProducerBatch>| {
            base_sequence(other).zip(base_sequence(&batch)).is_some_and(|(other, own)| other < own)
        };
        let at = queue.iter().take_while(|other| is_before(other)).count();
        queue.insert(at, batch);
    }

    /// Makes the epoch of an idempotent producer grow if that is due, and rewrites the batches that wait to be sent again;
    /// those in requests are the caller's.
    pub(super) fn bump_idempotent_epoch(&mut self) -> Option<EpochBumped> {
        let bumped = self.transaction_manager.as_mut()?.bump_idempotent_epoch()?;
        for rewritten in &bumped.rewritten {
            let queued = self.queue_mut(&rewritten.partition).into_iter().flatten();
            for batch in queued.filter(|batch| batch.id == rewritten.batch) {
                Rc::make_mut(batch).reset_producer_state(rewritten.state);
            }
        }
        Some(bumped)
    }

    /// The sequences of an idempotent producer do not allow that this batch is sent now.
    fn is_held_back(&self, partition: &TopicPartition, first: Option<ProducerState>) -> bool {
        self.transaction_manager.as_ref().is_some_and(|manager| manager.holds_back(partition, first))
    }

    /// Where the drain of a node stopped, the sequences of an idempotent producer do not allow that it goes on.
    pub(super) fn is_node_held_back(&self, cluster: &dyn ClusterView, node: BrokerId) -> bool {
        let at = self.drain_index.get(&node).copied().unwrap_or(0);
        let partitions = cluster.partitions_for_node(node);
        let stopped = partitions.get(at).and_then(|partition| Some((partition, self.queue(partition)?.front()?)));
        stopped.is_some_and(|(partition, first)| self.is_held_back(partition, first.producer_state()))
    }

    /// Forgets when the next batch expires, before the batches are looked at again.
    pub fn reset_next_expiry(&mut self) {
        self.next_expiry = None;
    }

    /// Takes a batch into account that has not expired yet.
    pub fn maybe_update_next_expiry(&mut self, batch: &ProducerBatch) {
        let expiry = batch.created.plus_ms(self.config.delivery_timeout_ms);
        self.next_expiry = Some(self.next_expiry.map_or(expiry, |next| next.min(expiry)));
    }

    /// When the next batch expires, of those that were looked at since the last reset.
    pub fn next_expiry(&self) -> Option<SimTime> {
        self.next_expiry
    }

    /// Takes the batches out of their queues that have waited for `delivery.timeout.ms`; the caller fails them and gives
    /// them to [`RecordAccumulator::complete_and_deallocate`].
    pub fn expired_batches(&mut self, order: &QueueOrder, now: SimTime) -> Vec<Rc<ProducerBatch>> {
        let mut expired = Vec::new();
        for partition in self.walk(order) {
            let timeout_ms = self.config.delivery_timeout_ms;
            while let Some(queue) = self.queue_mut(&partition) {
                match queue.pop_front() {
                    Some(mut batch) if batch.has_reached_delivery_timeout(timeout_ms, now) => {
                        Rc::make_mut(&mut batch).close_for_record_appends();
                        expired.push(batch);
                    }
                    Some(batch) => {
                        queue.push_front(Rc::clone(&batch));
                        self.maybe_update_next_expiry(&batch);
                        break;
                    }
                    None => break,
                }
            }
        }
        expired
    }

    /// No batch of the partition is sent until it is unmuted: with one request in flight this keeps the order.
    pub fn mute(&mut self, partition: &TopicPartition) {
        self.muted.insert(partition.clone());
    }

    /// Undoes [`RecordAccumulator::mute`].
    pub fn unmute(&mut self, partition: &TopicPartition) {
        self.muted.remove(partition);
    }

    /// The partition's batches may not be sent.
    pub fn is_muted(&self, partition: &TopicPartition) -> bool {
        self.muted.contains(partition)
    }

    /// Makes every batch sendable until [`RecordAccumulator::end_flush`].
    pub fn begin_flush(&mut self) {
        self.flushes_in_progress = self.flushes_in_progress.saturating_add(1);
    }

    /// A flush is over: all batches that were incomplete when it began are complete.
    pub fn end_flush(&mut self) {
        self.flushes_in_progress = self.flushes_in_progress.saturating_sub(1);
    }

    /// Takes no more records and makes every batch sendable; those that wait for memory are sent away.
    pub fn close(&mut self) -> Vec<WaiterId> {
        self.closed = true;
        self.pool.close()
    }

    /// Notes that a node had something to send, and whether it could. Does nothing unless
    /// `partitioner.availability.timeout.ms` is set.
    pub fn update_node_latency(&mut self, node: BrokerId, now: SimTime, can_drain: bool) {
        if self.config.availability_timeout_ms == 0 {
            return;
        }
        let latency = self.node_latency.get_or_insert_with(node, || NodeLatency { ready: now, drained: now });
        latency.ready = now;
        if can_drain {
            latency.drained = now;
        }
    }

    /// The partitions with a queue, in the order in which the client walks them.
    fn walk(&self, order: &QueueOrder) -> Vec<TopicPartition> {
        match order {
            QueueOrder::ByPartition => {
                self.queues().map(|(topic, partition, _)| TopicPartition::new(Rc::clone(topic), partition)).collect()
            }
            QueueOrder::Given(partitions) => partitions.clone(),
        }
    }

    fn queue_mut(&mut self, partition: &TopicPartition) -> Option<&mut VecDeque<Rc<ProducerBatch>>> {
        self.topics.get_mut(&partition.topic)?.queues.get_mut(&partition.partition)
    }

    fn topic_mut(&mut self, topic: &Topic) -> &mut TopicQueues {
        self.topics.get_or_insert_with(Rc::clone(topic), || TopicQueues {
            partitioner: BuiltInPartitioner::new(Rc::clone(topic), self.config.batch_size),
            queues: SortedMap::new(),
        })
    }
}
