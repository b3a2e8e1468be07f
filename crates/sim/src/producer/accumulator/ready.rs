//! Which nodes have something to be sent. Kafka 4.3: `RecordAccumulator.ready`, `partitionReady`, `batchReady`.

use crate::sorted::SortedSet;
use std::rc::Rc;

use super::super::cluster_view::ClusterView;
use super::super::sticky_partitioner::QueueSizes;
use super::{ProducerBatch, RecordAccumulator};
use crate::fact::ReadyBecause;
use crate::ids::{BatchId, BrokerId, Topic, TopicPartition};
use crate::rng::{Random, RandomError};
use crate::time::SimTime;

/// In which order the queues are walked: in Kafka that of a `HashMap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueOrder {
    /// By topic name and partition number.
    ByPartition,
    /// As somebody saw it.
    Given(Vec<TopicPartition>),
}

/// Kafka: `ReadyCheckResult`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadyCheck {
    /// The nodes to which something can be sent.
    pub nodes: SortedSet<BrokerId>,
    /// The batches that can be sent, in the order of the walk.
    pub batches: Vec<ReadyBatch>,
    /// When to look again; none if no batch waits for a moment to come.
    pub next_check: Option<SimTime>,
    /// The topics of batches whose partition has no known leader.
    pub unknown_leader_topics: SortedSet<Topic>,
}

/// A batch at the head of its queue that can be sent. When its node is drained, other partitions' batches may go with
/// it that could not be sent on their own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyBatch {
    /// The batch.
    pub batch: BatchId,
    /// Its partition.
    pub partition: TopicPartition,
    /// Where it would go.
    pub leader: BrokerId,
    /// Why.
    pub because: ReadyBecause,
    /// How long it has waited since it was made or came back, in ms.
    pub waited_ms: u64,
}

/// The head of a queue, as a walk finds it.
struct Head {
    batch: BatchId,
    since: SimTime,
    attempts: u32,
    full: bool,
    /// It came back not long ago.
    waits: bool,
    /// It goes to another leader than before.
    leader_changed: bool,
}

impl Head {
    /// Kafka: `shouldBackoff`.
    fn backing_off(&self) -> bool {
        self.waits && !self.leader_changed
    }
}

impl RecordAccumulator {
    /// Looks at the head of every queue. Also tells the sticky partitioners how long the queues are.
    ///
    /// # Errors
    /// The generator, which decides how long retries wait, ran dry.
    pub fn ready(
        &mut self,
        cluster: &dyn ClusterView,
        order: &QueueOrder,
        now: SimTime,
        random: &mut dyn Random,
    ) -> Result<ReadyCheck, RandomError> {
        let walk = self.walk(order);
        let topics: Vec<Topic> = self.topics.keys().cloned().collect();
        let mut check = ReadyCheck::default();
        for topic in topics {
            let partitions = walk.iter().filter(|partition| partition.topic == topic);
            let sizes = self.topic_ready(&topic, partitions, cluster, now, random, &mut check)?;
            self.topic_mut(&topic).partitioner.update_load_stats(sizes.as_ref());
        }
        Ok(check)
    }

    /// Looks at the queues of a topic; gives their lengths if they shall decide which partition comes next.
    fn topic_ready<'a>(
        &mut self,
        topic: &Topic,
        partitions: impl Iterator<Item = &'a TopicPartition>,
        cluster: &dyn ClusterView,
        now: SimTime,
        random: &mut dyn Random,
        check: &mut ReadyCheck,
    ) -> Result<Option<QueueSizes>, RandomError> {
        let queues = self.topics.get(topic).map_or(0, |queues| queues.queues.len());
        // Until every partition has a queue, one without could never be chosen from the table.
        let all = usize::try_from(cluster.partition_count(topic)).unwrap_or(0);
        let adaptive = self.config.adaptive_partitioning && queues >= all;
        let mut sizes = Vec::new();
        // Kafka leaves the length of a partition that may not be chosen in its table; the next partition takes over that
        // place, and the length too if its own queue is empty.
        let mut left_over = 0;
        for partition in partitions {
            let Some(length) = self.queue(partition).map(|queue| queue.len() as u64) else {
                continue;
            };
            let leader = cluster.leader(partition);
            let head = self.head(partition, cluster, now, random)?;
            match (leader, head) {
                (None, None) => {}
                (None, Some(_)) => {
                    check.unknown_leader_topics.insert(Rc::clone(topic));
                }
                (Some(_), None) => sizes.push((partition.partition, std::mem::take(&mut left_over))),
                (Some(leader), Some(head)) => {
                    if self.is_unavailable(leader) {
                        left_over = length;
                    } else {
                        left_over = 0;
                        sizes.push((partition.partition, length));
                    }
                    self.batch_ready(partition, leader, &head, now, random, check)?;
                }
            }
        }
        Ok(adaptive.then_some(QueueSizes { sizes, queues }))
    }

    fn head(
        &mut self,
        partition: &TopicPartition,
        cluster: &dyn ClusterView,
        now: SimTime,
        random: &mut dyn Random,
    ) -> Result<Option<Head>, RandomError> {
        let Some(queue) = self.queue_mut(partition) else {
            return Ok(None);
        };
        let more = queue.len() > 1;
        let Some(first) = queue.front_mut() else {
            return Ok(None);
        };
        ProducerBatch::maybe_update_leader_epoch(first, cluster.leader_epoch(partition));
        let batch = Rc::clone(first);
        let mut head = Head {
            batch: batch.id,
            since: batch.last_attempt(),
            attempts: batch.attempts(),
            full: more || batch.is_full(),
            waits: false,
            leader_changed: batch.has_leader_changed_for_the_ongoing_retry(),
        };
        head.waits = self.should_wait_more(head.attempts, head.since, now, random)?;
        Ok(Some(head))
    }

    fn batch_ready(
        &self,
        partition: &TopicPartition,
        leader: BrokerId,
        head: &Head,
        now: SimTime,
        random: &mut dyn Random,
        check: &mut ReadyCheck,
    ) -> Result<(), RandomError> {
        if self.is_muted(partition) {
            return Ok(());
        }
        let node_is_ready = check.nodes.contains(&leader);
        let expired = now >= head.since.plus_ms(self.config.linger_ms);
        let because = self.because(head, expired).filter(|_| !head.backing_off());
        if let Some(because) = because {
            check.nodes.insert(leader);
            check.batches.push(ReadyBatch {
                batch: head.batch,
                partition: partition.clone(),
                leader,
                because,
                waited_ms: now.ms_since(head.since),
            });
        } else if !node_is_ready {
            let wait_ms = if head.backing_off() {
                self.config.retry_backoff.backoff_ms(head.attempts.saturating_sub(1), random)?
            } else {
                self.config.linger_ms
            };
            let at = head.since.plus_ms(wait_ms).max(now);
            check.next_check = Some(check.next_check.map_or(at, |next| next.min(at)));
        }
        Ok(())
    }

    /// Why the batch at the head can be sent, if it can. A batch that came back is closed and so counts as full.
    fn because(&self, head: &Head, expired: bool) -> Option<ReadyBecause> {
        if head.full && head.waits {
            Some(ReadyBecause::LeaderChanged)
        } else if head.full {
            Some(if head.attempts > 0 { ReadyBecause::BackoffExpired } else { ReadyBecause::Full })
        } else if expired {
            Some(ReadyBecause::LingerExpired)
        } else if self.memory_waiters() > 0 {
            Some(ReadyBecause::MemoryWaiters)
        } else if self.closed {
            Some(ReadyBecause::Closed)
        } else if self.flushes_in_progress > 0 {
            Some(ReadyBecause::Flushing)
        } else {
            None
        }
    }

    /// A batch that came back waits, unless its leader has changed. Kafka: `shouldWaitMore` in `shouldBackoff`.
    pub(super) fn should_wait_more(
        &self,
        attempts: u32,
        since: SimTime,
        now: SimTime,
        random: &mut dyn Random,
    ) -> Result<bool, RandomError> {
        let Some(retry) = attempts.checked_sub(1) else {
            return Ok(false);
        };
        let wait_ms = self.config.retry_backoff.backoff_ms(retry, random)?;
        Ok(now < since.plus_ms(wait_ms))
    }

    /// The node has had something to send for longer than `partitioner.availability.timeout.ms` without being able to.
    fn is_unavailable(&self, node: BrokerId) -> bool {
        let timeout_ms = self.config.availability_timeout_ms;
        let latency = self.node_latency.get(&node);
        timeout_ms > 0 && latency.is_some_and(|latency| latency.drained.plus_ms(timeout_ms) < latency.ready)
    }
}
