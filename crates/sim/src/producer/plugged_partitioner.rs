//! What `partitioner.class` puts in the place of the producer's own choice. Kafka 4.3: `RoundRobinPartitioner.partition`.
//! As history, under words with the version that began them: Kafka 2.3 `DefaultPartitioner.partition`, `nextValue`; Kafka
//! 2.4 `DefaultPartitioner`, `UniformStickyPartitioner`, `internals.StickyPartitionCache.nextPartition` (KIP-480) and
//! `RoundRobinPartitioner`, which `KafkaProducer.doSend` asked twice for a record that began a batch (KAFKA-9965).
//!
//! In Kafka 2.4 to 3.2 `DefaultPartitioner` was the default. `RoundRobinPartitioner` had its fault until 3.9.1; 3.9.2 mended
//! it, and 4.0 took `Partitioner.onNewBatch` away.
//!
//! Differs from Kafka: of an older client only the partitioner is old; its accumulator and its sender are those of 4.3. The
//! classes have no packages in their names.

use crate::config::PartitionerClass;
use crate::ids::Topic;
use crate::rng::{Random, RandomError, to_positive};
use crate::sorted::SortedMap;

use super::cluster_view::ClusterView;
use super::partitioner::{PartitionChoice, murmur2};

/// The most draws for another partition. Kafka draws until it has one; with two to choose from, so many in vain will not
/// be seen (2⁻²⁵⁶). After them it is the first other one.
const DRAWS_MAX: usize = 256;

/// A partitioner of `partitioner.class`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluggedPartitioner {
    class: PartitionerClass,
    /// Where a sticky one stands in a topic, and the next value of the counter of another.
    topics: SortedMap<Topic, i32>,
}

/// A sticky partitioner of KIP-480 stands at a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickyMove {
    /// Where it stood before; none if it stood nowhere.
    pub from: Option<i32>,
    /// Where it stands.
    pub to: i32,
}

impl PluggedPartitioner {
    /// The partitioner that a producer is configured with; none if it chooses by itself.
    pub fn of(class: PartitionerClass) -> Option<PluggedPartitioner> {
        (class != PartitionerClass::BuiltIn).then(|| PluggedPartitioner { class, topics: SortedMap::new() })
    }

    /// `doSend` tells it of a batch that has to begin, and then asks it again. Kafka 2.4 to 3.9: `abortOnNewBatch`.
    pub fn hears_of_new_batches(&self) -> bool {
        matches!(
            self.class,
            PartitionerClass::DefaultV2_4 | PartitionerClass::UniformStickyV2_4 | PartitionerClass::RoundRobinV2_4
        )
    }

    /// Where it stands in a topic, if it is sticky; none before the first record that it chose for.
    pub fn stands_at(&self, topic: &str) -> Option<i32> {
        self.is_sticky().then(|| self.topics.get(topic).copied()).flatten()
    }

    /// The partition of a record, and where the partitioner went to choose it. The topic has a partition.
    ///
    /// # Errors
    /// The generator ran dry, or the topic has no partitions.
    pub fn partition(
        &mut self,
        topic: &Topic,
        key: Option<&[u8]>,
        cluster: &dyn ClusterView,
        random: &mut dyn Random,
    ) -> Result<(PartitionChoice, Option<StickyMove>), RandomError> {
        let all = cluster.partition_count(topic);
        if let Some(key) = key.filter(|_| self.heeds_keys()) {
            let murmur2 = murmur2(key);
            let positive = to_positive(murmur2);
            let partition = positive.checked_rem(all).ok_or(RandomError::BadBound(all))?;
            return Ok((PartitionChoice::KeyHash { murmur2, positive, partition }, None));
        }
        if self.is_sticky() {
            if let Some(partition) = self.topics.get(topic) {
                return Ok((PartitionChoice::StickyBatch { partition: *partition }, None));
            }
            let moved = self.next_sticky(topic, cluster, random)?;
            return Ok((PartitionChoice::StickyBatch { partition: moved.to }, Some(moved)));
        }
        let counter = to_positive(self.next_value(topic, random)?);
        let available = cluster.available_partitions(topic);
        let (partition, of) = match at(&available, counter) {
            Some(partition) => (partition, i32::try_from(available.len()).unwrap_or(i32::MAX)),
            // Nobody leads any of them: one without a leader.
            None => (counter.checked_rem(all).ok_or(RandomError::BadBound(all))?, all),
        };
        Ok((PartitionChoice::RoundRobin { partition, counter, of }, None))
    }

    /// A batch has to begin because a record found none in `previous`: a sticky partitioner that stands there goes on. The
    /// round robin of 2.4 does nothing, and so has counted a record that it will be asked about again.
    ///
    /// # Errors
    /// As for [`PluggedPartitioner::partition`].
    pub fn on_new_batch(
        &mut self,
        topic: &Topic,
        previous: i32,
        cluster: &dyn ClusterView,
        random: &mut dyn Random,
    ) -> Result<Option<StickyMove>, RandomError> {
        // A record with a key, or with a partition of its own, begins batches elsewhere too.
        let stands_elsewhere = self.topics.get(topic).is_some_and(|stands| *stands != previous);
        if !self.is_sticky() || stands_elsewhere {
            return Ok(None);
        }
        self.next_sticky(topic, cluster, random).map(Some)
    }

    fn heeds_keys(&self) -> bool {
        matches!(self.class, PartitionerClass::DefaultV2_3 | PartitionerClass::DefaultV2_4)
    }

    fn is_sticky(&self) -> bool {
        matches!(self.class, PartitionerClass::DefaultV2_4 | PartitionerClass::UniformStickyV2_4)
    }

    /// Kafka: `nextValue`. The counter of 2.3 begins anywhere, that of `RoundRobinPartitioner` at 0.
    fn next_value(&mut self, topic: &Topic, random: &mut dyn Random) -> Result<i32, RandomError> {
        let value = match self.topics.get(topic) {
            Some(value) => *value,
            None if self.class == PartitionerClass::DefaultV2_3 => random.next_int()?,
            None => 0,
        };
        self.topics.insert(topic.clone(), value.wrapping_add(1));
        Ok(value)
    }

    /// Kafka: `StickyPartitionCache.nextPartition`: any available partition but the one where it stands.
    fn next_sticky(
        &mut self,
        topic: &Topic,
        cluster: &dyn ClusterView,
        random: &mut dyn Random,
    ) -> Result<StickyMove, RandomError> {
        let from = self.topics.get(topic).copied();
        let available = cluster.available_partitions(topic);
        let to = match available.as_slice() {
            [] => {
                let all = cluster.partition_count(topic);
                random.next_positive_int()?.checked_rem(all).ok_or(RandomError::BadBound(all))?
            }
            [only] => *only,
            several => another(several, from, random)?,
        };
        self.topics.insert(topic.clone(), to);
        Ok(StickyMove { from, to })
    }
}

/// One of several partitions that is not `from`.
fn another(available: &[i32], from: Option<i32>, random: &mut dyn Random) -> Result<i32, RandomError> {
    for _ in 0..DRAWS_MAX {
        let drawn = at(available, random.next_positive_int()?);
        if let Some(partition) = drawn.filter(|partition| Some(*partition) != from) {
            return Ok(partition);
        }
    }
    let other = available.iter().find(|partition| Some(**partition) != from);
    other.copied().ok_or(RandomError::BadBound(0))
}

/// `partitions[number % length]`; none of none.
fn at(partitions: &[i32], number: i32) -> Option<i32> {
    let index = usize::try_from(number).ok()?.checked_rem(partitions.len())?;
    partitions.get(index).copied()
}

#[cfg(test)]
mod tests;
