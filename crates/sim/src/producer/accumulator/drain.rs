//! Batches leave their queues for a request. Kafka 4.3: `RecordAccumulator.drain`, `drainBatchesForOneNode`.

use crate::sorted::{SortedMap, SortedSet};
use std::collections::VecDeque;
use std::rc::Rc;

use super::super::cluster_view::ClusterView;
use super::{ProducerBatch, RecordAccumulator};
use crate::ids::{BrokerId, TopicPartition};
use crate::rng::{Random, RandomError};
use crate::time::SimTime;

/// What became of the first batch of a queue.
enum Taken {
    /// It goes.
    Batch(Rc<ProducerBatch>),
    /// It does not, but the next partition may have one.
    NotThis,
    /// No more fits, or the sequences of an idempotent producer do not allow it: the whole pass ends.
    Stop,
}

impl RecordAccumulator {
    /// Takes at most one batch of each partition that a node leads, for each node, up to `max_size` bytes a node
    /// (`max.request.size`; the first batch goes even if it is larger). The next time it begins at the partition where it
    /// stopped, so that no partition starves.
    ///
    /// # Errors
    /// The generator, which decides how long retries wait, ran dry.
    pub fn drain(
        &mut self,
        cluster: &dyn ClusterView,
        nodes: &SortedSet<BrokerId>,
        max_size: u64,
        now: SimTime,
        random: &mut dyn Random,
    ) -> Result<SortedMap<BrokerId, Vec<Rc<ProducerBatch>>>, RandomError> {
        let mut drained = SortedMap::new();
        for node in nodes {
            drained.insert(*node, self.drain_node(*node, cluster, max_size, now, random)?);
        }
        Ok(drained)
    }

    fn drain_node(
        &mut self,
        node: BrokerId,
        cluster: &dyn ClusterView,
        max_size: u64,
        now: SimTime,
        random: &mut dyn Random,
    ) -> Result<Vec<Rc<ProducerBatch>>, RandomError> {
        let partitions = cluster.partitions_for_node(node);
        let mut drained: Vec<Rc<ProducerBatch>> = Vec::new();
        let mut size: u64 = 0;
        let last = self.drain_index.get(&node).copied().unwrap_or(0);
        let start = last.checked_rem(partitions.len()).unwrap_or(0);
        for (index, partition) in partitions.iter().enumerate().cycle().skip(start).take(partitions.len()) {
            self.drain_index.insert(node, index);
            let room = if drained.is_empty() { u64::MAX } else { max_size.saturating_sub(size) };
            match self.take_first(partition, room, cluster, now, random)? {
                Taken::Batch(batch) => {
                    size = size.saturating_add(batch.size_in_bytes());
                    drained.push(batch);
                }
                Taken::NotThis => {}
                Taken::Stop => break,
            }
        }
        Ok(drained)
    }

    fn take_first(
        &mut self,
        partition: &TopicPartition,
        room: u64,
        cluster: &dyn ClusterView,
        now: SimTime,
        random: &mut dyn Random,
    ) -> Result<Taken, RandomError> {
        if self.is_muted(partition) {
            return Ok(Taken::NotThis);
        }
        let Some(first) = self.queue_mut(partition).and_then(VecDeque::front_mut) else {
            return Ok(Taken::NotThis);
        };
        ProducerBatch::maybe_update_leader_epoch(first, cluster.leader_epoch(partition));
        let (attempts, since, size) = (first.attempts(), first.last_attempt(), first.size_in_bytes());
        let state = first.producer_state();
        let leader_changed = first.has_leader_changed_for_the_ongoing_retry();
        if self.should_wait_more(attempts, since, now, random)? && !leader_changed {
            return Ok(Taken::NotThis);
        }
        if size > room || self.is_held_back(partition, state) {
            return Ok(Taken::Stop);
        }
        let Some(mut batch) = self.queue_mut(partition).and_then(VecDeque::pop_front) else {
            return Ok(Taken::NotThis);
        };
        let drained = Rc::make_mut(&mut batch);
        // One that is sent again keeps its sequence, by which the broker knows it if it has it already.
        if let (Some(manager), None) = (&mut self.transaction_manager, state) {
            drained.set_producer_state(manager.assign(partition, drained.id, drained.record_count()));
        }
        drained.drain(now);
        Ok(Taken::Batch(batch))
    }
}
