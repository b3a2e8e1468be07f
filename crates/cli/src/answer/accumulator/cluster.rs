//! The client's metadata of an accumulator question.

use std::collections::BTreeMap;
use std::rc::Rc;

use highwater_sim::ids::{BrokerId, LeaderEpoch, Topic, TopicPartition};
use highwater_sim::producer::cluster_view::ClusterView;

use super::super::Trouble;
use super::question::Metadata;

pub(super) struct Cluster {
    topic: Topic,
    partitions: i32,
    leaders: Vec<(Option<BrokerId>, LeaderEpoch)>,
    partitions_for_node: BTreeMap<BrokerId, Vec<i32>>,
    available: Vec<i32>,
}

impl Cluster {
    pub(super) fn new(topic: Topic, partitions: i32, metadata: Metadata) -> Result<Cluster, Trouble> {
        let mut cluster = Cluster {
            topic,
            partitions,
            leaders: Vec::new(),
            partitions_for_node: BTreeMap::new(),
            available: Vec::new(),
        };
        cluster.update(metadata)?;
        Ok(cluster)
    }

    pub(super) fn update(&mut self, metadata: Metadata) -> Result<(), Trouble> {
        let partitions = usize::try_from(self.partitions).unwrap_or(0);
        if metadata.leaders.len() != partitions || metadata.leader_epochs.len() != partitions {
            return Err(Trouble::Malformed(format!(
                "metadata must have a leader and an epoch for each of {partitions} partitions"
            )));
        }
        let leaders = metadata.leaders.into_iter().map(|leader| leader.map(BrokerId));
        self.leaders = leaders.zip(metadata.leader_epochs.into_iter().map(LeaderEpoch)).collect();
        self.available = metadata.available;
        self.partitions_for_node.clear();
        for (node, partitions) in metadata.partitions_for_node {
            let id = node.parse().map_err(|_| Trouble::Malformed(format!("`{node}` is not a node's number")))?;
            self.partitions_for_node.insert(BrokerId(id), partitions);
        }
        Ok(())
    }

    fn known(&self, partition: &TopicPartition) -> Option<&(Option<BrokerId>, LeaderEpoch)> {
        self.leaders.get(usize::try_from(partition.partition).ok()?)
    }
}

impl ClusterView for Cluster {
    fn partition_count(&self, _topic: &str) -> i32 {
        self.partitions
    }

    fn available_partitions(&self, _topic: &str) -> Vec<i32> {
        self.available.clone()
    }

    fn leader(&self, partition: &TopicPartition) -> Option<BrokerId> {
        self.known(partition).and_then(|(leader, _)| *leader)
    }

    fn leader_epoch(&self, partition: &TopicPartition) -> Option<LeaderEpoch> {
        self.known(partition).map(|(_, epoch)| *epoch)
    }

    fn partitions_for_node(&self, node: BrokerId) -> Vec<TopicPartition> {
        let partitions = self.partitions_for_node.get(&node).into_iter().flatten();
        partitions.map(|partition| TopicPartition::new(Rc::clone(&self.topic), *partition)).collect()
    }
}
