//! What a producer's parts ask about the cluster. Kafka 4.3: `Cluster`, `MetadataSnapshot`.

use std::rc::Rc;

use crate::client_metadata::ClientMetadata;
use crate::ids::{BrokerId, LeaderEpoch, TopicPartition};

/// A client's knowledge of the cluster at one moment.
pub trait ClusterView {
    /// How many partitions the topic has, 0 if it is unknown. Kafka: `Cluster.partitionsForTopic`.
    fn partition_count(&self, topic: &str) -> i32;

    /// The topic's partitions that have a leader, in the client's order. Kafka: `Cluster.availablePartitionsForTopic`.
    fn available_partitions(&self, topic: &str) -> Vec<i32>;

    /// The partition's leader, if there is one. Kafka: `Cluster.leaderFor`.
    fn leader(&self, partition: &TopicPartition) -> Option<BrokerId>;

    /// The epoch of the partition's leader, if it is known. Kafka: `MetadataSnapshot.leaderEpochFor`.
    fn leader_epoch(&self, partition: &TopicPartition) -> Option<LeaderEpoch>;

    /// The partitions that `node` leads, in the client's order. Kafka: `Cluster.partitionsForNode`.
    fn partitions_for_node(&self, node: BrokerId) -> Vec<TopicPartition>;
}

/// The orders that Kafka leaves to a metadata response and to its hash maps are by topic name and partition number here.
impl ClusterView for ClientMetadata {
    fn partition_count(&self, topic: &str) -> i32 {
        self.topic(topic).map_or(0, |image| i32::try_from(image.partitions.len()).unwrap_or(i32::MAX))
    }

    fn available_partitions(&self, topic: &str) -> Vec<i32> {
        let partitions = self.topic(topic).map(|image| (0..).zip(&image.partitions));
        partitions.into_iter().flatten().filter(|(_, known)| known.leader.is_some()).map(|(number, _)| number).collect()
    }

    fn leader(&self, partition: &TopicPartition) -> Option<BrokerId> {
        self.partition(partition).and_then(|known| known.leader)
    }

    fn leader_epoch(&self, partition: &TopicPartition) -> Option<LeaderEpoch> {
        self.partition(partition).map(|known| known.leader_epoch)
    }

    fn partitions_for_node(&self, node: BrokerId) -> Vec<TopicPartition> {
        let all = self.topics().flat_map(|(topic, image)| (0..).zip(&image.partitions).map(move |part| (topic, part)));
        all.filter(|(_, (_, known))| known.leader == Some(node))
            .map(|(topic, (number, _))| TopicPartition::new(Rc::clone(topic), number))
            .collect()
    }
}

/// The partitions of one topic, whose leaders are not known: a partitioner asks for nothing else.
#[derive(Clone, Debug)]
pub struct OneTopic {
    /// How many it has.
    pub all: i32,
    /// Those with a leader.
    pub available: Vec<i32>,
}

impl ClusterView for OneTopic {
    fn partition_count(&self, _: &str) -> i32 {
        self.all
    }

    fn available_partitions(&self, _: &str) -> Vec<i32> {
        self.available.clone()
    }

    fn leader(&self, _: &TopicPartition) -> Option<BrokerId> {
        None
    }

    fn leader_epoch(&self, _: &TopicPartition) -> Option<LeaderEpoch> {
        None
    }

    fn partitions_for_node(&self, _: BrokerId) -> Vec<TopicPartition> {
        Vec::new()
    }
}
