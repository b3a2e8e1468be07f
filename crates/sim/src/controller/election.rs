//! What becomes of partitions when a broker goes or comes, and elections that somebody asks for. Kafka 4.3:
//! `ReplicationControlManager.generateLeaderAndIsrUpdates`, `handleBrokerFenced`, `handleBrokerUnfenced`,
//! `handleBrokerShutdown`, `electLeader`, `maybeBalancePartitionLeaders`.
//!
//! Differs from Kafka: `unclean.leader.election.enable` is off.

use super::partition_change::{Election, PartitionChange, PartitionChangeBuilder};
use super::reassignment::Reassignment;
use crate::ids::{BrokerId, TopicPartition};
use crate::metadata::{MetadataImage, PartitionRegistration};

/// At most so many leaders are moved back in one round. Kafka: `MAX_ELECTIONS_PER_IMBALANCE`.
const ELECTIONS_MAX: usize = 1_000;

/// The changes of partitions, in the order of their names.
pub type Changes = Vec<(TopicPartition, PartitionChange)>;

/// What happens to a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It leaves: fenced, or about to stop.
    Leaves(BrokerId),
    /// It was away, and what it had not flushed may be gone: it leaves ISRs and ELRs.
    WasUnclean(BrokerId),
    /// It is back.
    Returns(BrokerId),
}

/// What becomes of the partitions that an event concerns.
pub fn changes(image: &MetadataImage, event: Event) -> Changes {
    let (gone, back) = match event {
        Event::Leaves(id) | Event::WasUnclean(id) => (Some(id), None),
        Event::Returns(id) => (None, Some(id)),
    };
    let is_acceptable = |id: BrokerId| Some(id) != gone && (Some(id) == back || is_active(image, id));
    let mut changes = Vec::new();
    for (id, partition) in image.partitions() {
        let concerned = match event {
            Event::Leaves(broker) => partition.isr.contains(&broker),
            Event::WasUnclean(broker) => partition.isr.contains(&broker) || partition.elr.contains(&broker),
            Event::Returns(_) => partition.leader.is_none(),
        };
        if !concerned {
            continue;
        }
        let mut builder = PartitionChangeBuilder::new(partition, &is_acceptable, min_isr(image, &id, partition));
        builder.isr.retain(|replica| Some(*replica) != gone);
        if let Event::WasUnclean(broker) = event {
            builder.unclean_shutdown_replicas = vec![broker];
        }
        changes.extend(builder.build().map(|change| (id, change)));
    }
    changes
}

/// A broker leads something. Kafka: `BrokersToIsrs.hasLeaderships`.
pub fn has_leaderships(image: &MetadataImage, broker: BrokerId) -> bool {
    image.partitions().any(|(_, partition)| partition.leader == Some(broker))
}

/// Lets the first replica of a partition lead. Kafka: `electLeader` with `ElectionType.PREFERRED`.
///
/// # Errors
/// `UNKNOWN_TOPIC_OR_PARTITION`, `ELECTION_NOT_NEEDED` if it leads, `PREFERRED_LEADER_NOT_AVAILABLE` if it may not.
pub fn elect_preferred(image: &MetadataImage, id: &TopicPartition) -> Result<PartitionChange, &'static str> {
    let partition = image.partition(id).ok_or("UNKNOWN_TOPIC_OR_PARTITION")?;
    if has_preferred_leader(partition) {
        return Err("ELECTION_NOT_NEEDED");
    }
    preferred(image, id, partition).ok_or("PREFERRED_LEADER_NOT_AVAILABLE")
}

/// Moves a partition to other brokers: begins with it, and is done with it if nothing has to be copied. Nothing if it is as
/// wanted, or there is no such partition. Kafka: `changePartitionReassignment`.
pub fn reassign(image: &MetadataImage, id: &TopicPartition, target: &[BrokerId]) -> Option<PartitionChange> {
    let partition = image.partition(id)?;
    let going_on = Reassignment {
        removing: partition.removing_replicas.clone(),
        adding: partition.adding_replicas.clone(),
        replicas: partition.replicas.clone(),
    };
    let current = if going_on.is_in_progress() { going_on.original_replicas() } else { partition.replicas.clone() };
    let reassignment = Reassignment::between(&current, target);
    let is_acceptable = |id: BrokerId| is_active(image, id);
    let mut builder = PartitionChangeBuilder::new(partition, &is_acceptable, min_isr(image, id, partition));
    builder.replicas = reassignment.replicas;
    builder.removing = reassignment.removing;
    builder.adding = reassignment.adding;
    builder.build()
}

/// Lets first replicas lead where others do. Kafka: `maybeBalancePartitionLeaders`.
pub fn balance(image: &MetadataImage) -> Changes {
    let imbalanced = image.partitions().filter(|(_, partition)| !has_preferred_leader(partition));
    let changes = imbalanced.filter_map(|(id, partition)| {
        let change = preferred(image, &id, partition)?;
        Some((id, change))
    });
    changes.take(ELECTIONS_MAX).collect()
}

/// Somebody leads who is not the first replica.
pub fn is_imbalanced(image: &MetadataImage) -> bool {
    image.partitions().any(|(_, partition)| !has_preferred_leader(partition))
}

fn has_preferred_leader(partition: &PartitionRegistration) -> bool {
    partition.leader.is_some() && partition.leader == partition.replicas.first().copied()
}

fn preferred(image: &MetadataImage, id: &TopicPartition, partition: &PartitionRegistration) -> Option<PartitionChange> {
    let is_acceptable = |id: BrokerId| is_active(image, id);
    let mut builder = PartitionChangeBuilder::new(partition, &is_acceptable, min_isr(image, id, partition));
    builder.election = Election::Preferred;
    builder.build()
}

/// A broker may lead. Kafka: `ClusterControlManager.isActive`.
fn is_active(image: &MetadataImage, id: BrokerId) -> bool {
    image.has_alive_broker(id) && !image.is_broker_shutting_down(id)
}

fn min_isr(image: &MetadataImage, id: &TopicPartition, partition: &PartitionRegistration) -> usize {
    let topic = image.topics.get(&id.topic).map_or(1, |topic| topic.config.min_insync_replicas);
    usize::try_from(topic).unwrap_or(0).min(partition.replicas.len())
}
