//! What a broker knows of the cluster. Kafka 4.3: `MetadataImage`, `TopicImage`, `PartitionRegistration`.

use crate::sorted::SortedMap;
use std::rc::Rc;

use crate::ids::{BrokerId, LeaderEpoch, Topic, TopicPartition};

/// The state of one partition, as the controller decided it. Kafka: `PartitionRegistration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionRegistration {
    /// The assigned replicas (AR), the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// The in-sync replicas.
    pub isr: Vec<BrokerId>,
    /// The leader; none if there is none.
    pub leader: Option<BrokerId>,
    /// Grows with each leader.
    pub leader_epoch: LeaderEpoch,
    /// Grows with each change.
    pub partition_epoch: i32,
}

/// A topic's partitions, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicImage {
    /// The partitions in order.
    pub partitions: Vec<Rc<PartitionRegistration>>,
    /// `min.insync.replicas` of the topic.
    pub min_insync_replicas: i32,
}

/// Everything that the controller has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataImage {
    /// The registered brokers.
    pub brokers: Vec<BrokerId>,
    /// The topics by name.
    pub topics: SortedMap<Topic, Rc<TopicImage>>,
}

impl MetadataImage {
    /// The registration of a partition, if there is one.
    pub fn partition(&self, partition: &TopicPartition) -> Option<&Rc<PartitionRegistration>> {
        let index = usize::try_from(partition.partition).ok()?;
        self.topics.get(&partition.topic)?.partitions.get(index)
    }

    /// Every partition with its registration, by topic name and number.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicPartition, &Rc<PartitionRegistration>)> {
        self.topics.iter().flat_map(|(topic, image)| {
            (0_i32..)
                .zip(&image.partitions)
                .map(|(number, registration)| (TopicPartition::new(topic.clone(), number), registration))
        })
    }
}
