//! Where records without a partition go (KIP-794). Kafka 4.3: `BuiltInPartitioner`.
//!
//! Differs from Kafka: twice a `batch.size` above 1 GiB does not overflow (there, an append then never ends).

use std::rc::Rc;

use super::cluster_view::ClusterView;
use crate::ids::Topic;
use crate::rng::{Random, RandomError};

/// The sticky partitioner of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltInPartitioner {
    topic: Topic,
    sticky_batch_size: u64,
    current: Option<StickyPartition>,
    load_stats: Option<Rc<PartitionLoadStats>>,
}

/// Where the partitioner stands. Kafka: `StickyPartitionInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickyPartition {
    /// The partition.
    pub partition: i32,
    /// Bytes that it got since the partitioner came to it.
    pub produced_bytes: u64,
}

/// The partitioner went to a partition, which may be the one where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionSwitch {
    /// Where it was and how much that got; none when it chose for the first time.
    pub from: Option<StickyPartition>,
    /// Where it is now.
    pub to: i32,
    /// The random number that decided.
    pub drawn: i32,
}

/// How likely each partition is to be chosen. Kafka: `PartitionLoadStats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionLoadStats {
    /// Each partition with the sum of the weights up to and including its own: a number below the last sum belongs to
    /// the first partition whose sum is greater.
    pub cumulative: Vec<(i32, u64)>,
}

/// The lengths of a topic's queues, as the accumulator saw them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSizes {
    /// Partition and length of its queue, of those that may be chosen.
    pub sizes: Vec<(i32, u64)>,
    /// How many queues there are, those included that may not be chosen now.
    pub queues: usize,
}

impl BuiltInPartitioner {
    /// A partitioner that has chosen nothing yet. `sticky_batch_size` is how much goes to a partition before it switches,
    /// in bytes, at least 1.
    pub fn new(topic: Topic, sticky_batch_size: u64) -> BuiltInPartitioner {
        BuiltInPartitioner { topic, sticky_batch_size: sticky_batch_size.max(1), current: None, load_stats: None }
    }

    /// Where it stands; none before the first record.
    pub fn current(&self) -> Option<StickyPartition> {
        self.current
    }

    /// The adaptive table; none while all partitions are equally likely.
    pub fn load_stats(&self) -> Option<&PartitionLoadStats> {
        self.load_stats.as_deref()
    }

    /// The partition for the next record, chosen now if none was chosen before. Kafka: `peekCurrentPartitionInfo`.
    ///
    /// # Errors
    /// The generator ran dry, or the topic has no partitions ([`RandomError::BadBound`]).
    pub fn peek_current(
        &mut self,
        cluster: &dyn ClusterView,
        random: &mut dyn Random,
    ) -> Result<(i32, Option<PartitionSwitch>), RandomError> {
        match self.current {
            Some(current) => Ok((current.partition, None)),
            None => self.switch(cluster, random).map(|switch| (switch.to, Some(switch))),
        }
    }

    /// Counts bytes that went to the current partition and goes on to another once it has enough: `batch.size` if
    /// `enable_switch`, twice that otherwise. The caller enables the switch when no batch of the partition is left half
    /// full. Kafka: `updatePartitionInfo`.
    ///
    /// # Errors
    /// As for [`BuiltInPartitioner::peek_current`].
    pub fn update(
        &mut self,
        appended_bytes: u64,
        enable_switch: bool,
        cluster: &dyn ClusterView,
        random: &mut dyn Random,
    ) -> Result<Option<PartitionSwitch>, RandomError> {
        let Some(current) = &mut self.current else {
            return Ok(None);
        };
        current.produced_bytes = current.produced_bytes.saturating_add(appended_bytes);
        let produced = current.produced_bytes;
        let enough = produced >= self.sticky_batch_size && enable_switch;
        if enough || produced >= self.sticky_batch_size.saturating_mul(2) {
            return self.switch(cluster, random).map(Some);
        }
        Ok(None)
    }

    /// Takes the queues' lengths into account: the shorter a queue, the likelier its partition. Without lengths, with
    /// fewer than two queues, or when all are equally long and none is left out, all partitions are equally likely.
    /// Kafka: `updatePartitionLoadStats`.
    pub fn update_load_stats(&mut self, queues: Option<&QueueSizes>) {
        self.load_stats =
            queues.and_then(cumulative_table).map(|cumulative| Rc::new(PartitionLoadStats { cumulative }));
    }

    fn switch(&mut self, cluster: &dyn ClusterView, random: &mut dyn Random) -> Result<PartitionSwitch, RandomError> {
        let drawn = random.next_positive_int()?;
        let to = self.next_partition(drawn, cluster)?;
        let from = self.current.replace(StickyPartition { partition: to, produced_bytes: 0 });
        Ok(PartitionSwitch { from, to, drawn })
    }

    fn next_partition(&self, drawn: i32, cluster: &dyn ClusterView) -> Result<i32, RandomError> {
        if let Some(stats) = &self.load_stats {
            return Ok(stats.partition_at(drawn));
        }
        let available = cluster.available_partitions(&self.topic);
        let at = usize::try_from(drawn).ok().and_then(|drawn| drawn.checked_rem(available.len()));
        if let Some(partition) = at.and_then(|at| available.get(at)) {
            return Ok(*partition);
        }
        // With no leader anywhere Kafka takes the remainder itself as the partition.
        let partitions = cluster.partition_count(&self.topic);
        drawn.checked_rem(partitions).ok_or(RandomError::BadBound(partitions))
    }
}

impl PartitionLoadStats {
    fn partition_at(&self, drawn: i32) -> i32 {
        let total = self.cumulative.last().map_or(1, |(_, sum)| *sum);
        let weighted = u64::try_from(drawn).ok().and_then(|drawn| drawn.checked_rem(total)).unwrap_or(0);
        let at = self.cumulative.partition_point(|(_, sum)| *sum <= weighted);
        self.cumulative.get(at).map_or(0, |(partition, _)| *partition)
    }
}

/// Each partition with the running sum of weights, where a weight is the longest queue + 1 less the partition's own.
fn cumulative_table(queues: &QueueSizes) -> Option<Vec<(i32, u64)>> {
    let sizes = || queues.sizes.iter().map(|(_, size)| *size);
    let (longest, shortest) = (sizes().max()?, sizes().min()?);
    if queues.queues < 2 || (longest == shortest && queues.sizes.len() == queues.queues) {
        return None;
    }
    let mut sum: u64 = 0;
    let entry = |(partition, size): &(i32, u64)| {
        let weight = longest.saturating_sub(*size).saturating_add(1);
        sum = sum.saturating_add(weight);
        (*partition, sum)
    };
    Some(queues.sizes.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::producer::cluster_view::OneTopic;
    use crate::rng::Scripted;

    fn sizes(sizes: &[(i32, u64)], queues: usize) -> QueueSizes {
        QueueSizes { sizes: sizes.to_vec(), queues }
    }

    #[test]
    fn the_table_favours_short_queues() {
        // The example in Kafka's own comment: queues of 0, 3 and 1 give weights 4, 1 and 3.
        let table = cumulative_table(&sizes(&[(0, 0), (1, 3), (2, 1)], 3)).unwrap();
        assert_eq!(table, [(0, 4), (1, 5), (2, 8)]);
        let stats = PartitionLoadStats { cumulative: table };
        let chosen: Vec<i32> = (0..9).map(|drawn| stats.partition_at(drawn)).collect();
        assert_eq!(chosen, [0, 0, 0, 0, 1, 2, 2, 2, 0]);

        assert_eq!(cumulative_table(&sizes(&[(0, 2), (1, 2)], 2)), None, "all equal");
        assert_eq!(cumulative_table(&sizes(&[(0, 2)], 2)), Some(vec![(0, 1)]), "one left out");
        assert_eq!(cumulative_table(&sizes(&[(0, 2)], 1)), None, "a single queue");
        assert_eq!(cumulative_table(&sizes(&[], 3)), None, "all left out");
        assert_eq!(
            cumulative_table(&sizes(&[(0, u64::MAX), (1, 0)], 2)),
            Some(vec![(0, 1), (1, u64::MAX)]),
            "no overflow"
        );
    }

    #[test]
    fn half_full_batches_put_a_switch_off_until_twice_the_size() {
        let cluster = OneTopic { all: 3, available: vec![2, 0, 1] };
        let mut random = Scripted::new([4, 7, 3]);
        let mut partitioner = BuiltInPartitioner::new("t".into(), 100);
        let first = PartitionSwitch { from: None, to: 0, drawn: 4 };
        assert_eq!(partitioner.peek_current(&cluster, &mut random), Ok((0, Some(first))));
        assert_eq!(partitioner.update(150, false, &cluster, &mut random), Ok(None));
        assert_eq!(partitioner.peek_current(&cluster, &mut random), Ok((0, None)));
        let from = StickyPartition { partition: 0, produced_bytes: 200 };
        let switch = PartitionSwitch { from: Some(from), to: 0, drawn: 7 };
        assert_eq!(partitioner.update(50, false, &cluster, &mut random), Ok(Some(switch)), "the same may come again");
        let from = StickyPartition { partition: 0, produced_bytes: 100 };
        let switch = PartitionSwitch { from: Some(from), to: 2, drawn: 3 };
        assert_eq!(partitioner.update(100, true, &cluster, &mut random), Ok(Some(switch)));
    }

    #[test]
    fn without_leaders_the_remainder_is_the_partition_and_without_partitions_there_is_an_error() {
        let mut partitioner = BuiltInPartitioner::new("t".into(), 0);
        let cluster = OneTopic { all: 3, available: Vec::new() };
        assert_eq!(partitioner.peek_current(&cluster, &mut Scripted::new([5])).map(|(to, _)| to), Ok(2));
        let mut partitioner = BuiltInPartitioner::new("t".into(), 0);
        let cluster = OneTopic { all: 0, available: Vec::new() };
        assert_eq!(partitioner.peek_current(&cluster, &mut Scripted::new([5])), Err(RandomError::BadBound(0)));
        let dry = partitioner.peek_current(&cluster, &mut Scripted::default());
        assert_eq!(dry, Err(RandomError::RanDry { drawn: 0 }));
    }
}
