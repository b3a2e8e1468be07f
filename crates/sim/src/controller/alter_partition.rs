//! What the controller makes of a leader's wish for another ISR. Kafka 4.3: `ReplicationControlManager.alterPartition`,
//! `validateAlterPartitionData`.

use super::election::is_unclean_enabled;
use super::partition_change::{Election, PartitionChange, PartitionChangeBuilder};
use crate::broker::isr::{AlteredPartition, PendingIsrChange};
use crate::error::Errors;
use crate::ids::{BrokerId, TopicPartition};
use crate::metadata::{LeaderRecoveryState, MetadataImage, PartitionRegistration};
use crate::sorted::SortedSet;

/// What the controller writes, and what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alteration {
    /// The record; none if nothing changes.
    pub change: Option<PartitionChange>,
    /// The partition as it is then. The controller can both change it and answer `NEW_LEADER_ELECTED`.
    pub answer: Result<AlteredPartition, Errors>,
}

/// Decides about the wish of a broker.
pub fn alter_partition(
    image: &MetadataImage,
    broker: BrokerId,
    id: &TopicPartition,
    asked: &PendingIsrChange,
) -> Alteration {
    let (partition, min_isr) = match find(image, id) {
        Ok(found) => found,
        Err(error) => return Alteration { change: None, answer: Err(error) },
    };
    if let Err(error) = validate(image, broker, partition, asked) {
        return Alteration { change: None, answer: Err(error) };
    }
    let is_active = |id: BrokerId| image.has_alive_broker(id) && !image.is_broker_shutting_down(id);
    let mut builder = PartitionChangeBuilder::new(partition, &is_active, min_isr.min(partition.replicas.len()));
    builder.elr_enabled = image.features.elr;
    builder.bumps_epoch_on_shrink = image.features.bumps_epoch_on_shrink;
    if is_unclean_enabled(image, id) {
        builder.election = Election::Unclean;
    }
    builder.isr = asked.isr.iter().map(|(id, _)| *id).collect();
    builder.leader_recovery_state = asked.leader_recovery_state;
    let change = builder.build();
    let after = change.as_ref().map_or_else(|| partition.clone(), |change| partition.merge(change));
    // A change that completes a reassignment may take the leader away.
    let other_leader = change.as_ref().and_then(|change| change.leader).is_some_and(|leader| leader != Some(broker));
    let answer = if other_leader {
        Err(Errors::NewLeaderElected)
    } else {
        Ok(AlteredPartition {
            leader_epoch: after.leader_epoch,
            partition_epoch: after.partition_epoch,
            isr: after.isr,
            leader_recovery_state: after.leader_recovery_state,
        })
    };
    Alteration { change, answer }
}

/// The partition, and `min.insync.replicas` of its topic.
fn find<'a>(image: &'a MetadataImage, id: &TopicPartition) -> Result<(&'a PartitionRegistration, usize), Errors> {
    let topic = image.topics.get(&id.topic).ok_or(Errors::UnknownTopicId)?;
    let partition = image.partition(id).ok_or(Errors::UnknownTopicOrPartition)?;
    Ok((partition, usize::try_from(topic.config.min_insync_replicas).unwrap_or(0)))
}

/// In Kafka's order.
fn validate(
    image: &MetadataImage,
    broker: BrokerId,
    partition: &PartitionRegistration,
    asked: &PendingIsrChange,
) -> Result<(), Errors> {
    if asked.leader_epoch > partition.leader_epoch || asked.partition_epoch > partition.partition_epoch {
        // Whoever knows more than this controller has heard of a newer one.
        return Err(Errors::NotController);
    }
    if asked.leader_epoch < partition.leader_epoch {
        return Err(Errors::FencedLeaderEpoch);
    }
    if partition.leader != Some(broker) {
        return Err(Errors::InvalidRequest);
    }
    if asked.partition_epoch < partition.partition_epoch {
        return Err(Errors::InvalidUpdateVersion);
    }
    let isr: SortedSet<BrokerId> = asked.isr.iter().map(|(id, _)| *id).collect();
    let is_valid = isr.len() == asked.isr.len() && isr.iter().all(|id| partition.replicas.contains(id));
    let recovering = asked.leader_recovery_state == LeaderRecoveryState::Recovering;
    let recovered = partition.leader_recovery_state == LeaderRecoveryState::Recovered;
    if !is_valid || !isr.contains(&broker) || (recovering && (isr.len() > 1 || recovered)) {
        return Err(Errors::InvalidRequest);
    }
    let is_eligible = |(id, epoch): &(BrokerId, i64)| {
        let alive = image.alive_broker_epoch(*id).filter(|_| !image.is_broker_shutting_down(*id));
        alive.is_some_and(|alive| *epoch == -1 || alive == *epoch)
    };
    if asked.isr.iter().all(is_eligible) { Ok(()) } else { Err(Errors::IneligibleReplica) }
}
