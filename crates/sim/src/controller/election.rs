//! What becomes of partitions when a broker goes or comes, and elections that somebody asks for. Kafka 4.3:
//! `ReplicationControlManager.generateLeaderAndIsrUpdates`, `handleBrokerFenced`, `handleBrokerUnfenced`,
//! `handleBrokerShutdown`, `electLeader`, `maybeBalancePartitionLeaders`, `maybeElectUncleanLeaders`,
//! `alterPartitionReassignments`.

use super::partition_change::{Election, PartitionChange, PartitionChangeBuilder};
use super::reassignment::Reassignment;
use super::refusal::Refusal;
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
    let is_acceptable = |id: BrokerId| Some(id) != gone && (Some(id) == back || image.is_active(id));
    let mut changes = Vec::new();
    // Of a broker that was away, Kafka looks through the ISRs first and through the ELRs then.
    let mut of_elr = Vec::new();
    for (id, partition) in image.partitions() {
        let concerned = match event {
            Event::Leaves(broker) => partition.isr.contains(&broker),
            Event::WasUnclean(broker) => partition.isr.contains(&broker) || partition.elr.contains(&broker),
            Event::Returns(_) => partition.leader.is_none(),
        };
        if !concerned {
            continue;
        }
        let mut builder = builder(image, &id, partition, &is_acceptable);
        if is_unclean_enabled(image, &id) {
            builder.election = Election::Unclean;
        }
        builder.isr.retain(|replica| Some(*replica) != gone);
        if let Event::WasUnclean(broker) = event {
            builder.unclean_shutdown_replicas = vec![broker];
        }
        let is_of_elr = matches!(event, Event::WasUnclean(broker) if !partition.isr.contains(&broker));
        let list = if is_of_elr { &mut of_elr } else { &mut changes };
        list.extend(builder.build().map(|change| (id, change)));
    }
    changes.append(&mut of_elr);
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
pub fn elect_preferred(image: &MetadataImage, id: &TopicPartition) -> Result<PartitionChange, Refusal> {
    let partition = find(image, id)?;
    if has_preferred_leader(partition) {
        return Err(Refusal::new("ELECTION_NOT_NEEDED", "Leader election not needed for topic partition."));
    }
    elect(image, id, partition, Election::Preferred)
        .ok_or_else(|| Refusal::new("PREFERRED_LEADER_NOT_AVAILABLE", "The preferred leader was not available."))
}

/// Lets any replica that is alive lead a partition that nobody leads. Kafka: `electLeader` with `ElectionType.UNCLEAN`.
///
/// # Errors
/// `UNKNOWN_TOPIC_OR_PARTITION`, `ELECTION_NOT_NEEDED` if somebody leads, `ELIGIBLE_LEADERS_NOT_AVAILABLE` if no replica is
/// alive.
pub fn elect_unclean(image: &MetadataImage, id: &TopicPartition) -> Result<PartitionChange, Refusal> {
    let partition = find(image, id)?;
    if partition.leader.is_some() {
        return Err(Refusal::new("ELECTION_NOT_NEEDED", "Leader election not needed for topic partition."));
    }
    elect(image, id, partition, Election::Unclean).ok_or_else(|| {
        Refusal::new("ELIGIBLE_LEADERS_NOT_AVAILABLE", "Eligible topic partition leaders are not available.")
    })
}

/// Moves a partition to other brokers: begins with it, and is done with it if nothing has to be copied. Nothing if it is as
/// wanted. Without a target it takes back what goes on. Kafka: `changePartitionReassignment`,
/// `cancelPartitionReassignment`.
///
/// # Errors
/// `UNKNOWN_TOPIC_OR_PARTITION`; `NO_REASSIGNMENT_IN_PROGRESS` if there is nothing to take back;
/// `INVALID_REPLICA_ASSIGNMENT` if taking back would leave nobody in the ISR and unclean elections are off.
pub fn reassign(
    image: &MetadataImage,
    id: &TopicPartition,
    target: Option<&[BrokerId]>,
) -> Result<Option<PartitionChange>, Refusal> {
    let partition = find(image, id)?;
    let is_acceptable = |id: BrokerId| image.is_active(id);
    let mut builder = builder(image, id, partition, &is_acceptable);
    let Some(target) = target else {
        let going_on = Reassignment {
            removing: partition.removing_replicas.clone(),
            adding: partition.adding_replicas.clone(),
            replicas: partition.replicas.clone(),
        };
        if !going_on.is_in_progress() {
            return Err(Refusal::new("NO_REASSIGNMENT_IN_PROGRESS", "No partition reassignment is in progress."));
        }
        let revert = going_on
            .revert(&partition.isr)
            .map_err(|error| Refusal::told("INVALID_REPLICA_ASSIGNMENT", error.to_string()))?;
        let unclean = is_unclean_enabled(image, id);
        if revert.unclean && !unclean {
            return Err(Refusal::told(
                "INVALID_REPLICA_ASSIGNMENT",
                format!(
                    "Unable to revert partition assignment for {}:{} because it would require an unclean leader election.",
                    id.topic, id.partition
                ),
            ));
        }
        if unclean {
            builder.election = Election::Unclean;
        }
        builder.isr = revert.isr;
        builder.replicas = revert.replicas;
        builder.removing = Vec::new();
        builder.adding = Vec::new();
        return Ok(builder.build());
    };
    let reassignment = Reassignment::between(&partition.replicas, target);
    builder.replicas = reassignment.replicas;
    // What is empty says nothing here, so what an older reassignment adds or removes stays.
    if !reassignment.removing.is_empty() {
        builder.removing = reassignment.removing;
    }
    if !reassignment.adding.is_empty() {
        builder.adding = reassignment.adding;
    }
    Ok(builder.build())
}

/// Lets any replica that is alive lead where nobody does and the topic allows it. Kafka: `maybeElectUncleanLeaders`.
pub fn elect_unclean_leaders(image: &MetadataImage) -> Changes {
    let leaderless = image.partitions().filter(|(id, partition)| waits_for_unclean(image, id, partition));
    let changes = leaderless.filter_map(|(id, partition)| {
        let change = elect(image, &id, partition, Election::Unclean)?;
        Some((id, change))
    });
    changes.take(ELECTIONS_MAX).collect()
}

/// A partition has no leader although any replica may lead it.
pub fn wants_unclean_leader(image: &MetadataImage) -> bool {
    image.partitions().any(|(id, partition)| waits_for_unclean(image, &id, partition))
}

fn waits_for_unclean(image: &MetadataImage, id: &TopicPartition, partition: &PartitionRegistration) -> bool {
    partition.leader.is_none() && is_unclean_enabled(image, id)
}

/// `unclean.leader.election.enable` of the topic. Kafka: `uncleanLeaderElectionEnabledForTopic`.
pub fn is_unclean_enabled(image: &MetadataImage, id: &TopicPartition) -> bool {
    image.topics.get(&id.topic).is_some_and(|topic| topic.config.unclean_leader_election_enable)
}

/// Lets first replicas lead where others do. Kafka: `maybeBalancePartitionLeaders`.
pub fn balance(image: &MetadataImage) -> Changes {
    let imbalanced = image.partitions().filter(|(_, partition)| !has_preferred_leader(partition));
    let changes = imbalanced.filter_map(|(id, partition)| {
        let change = elect(image, &id, partition, Election::Preferred)?;
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

fn find<'a>(image: &'a MetadataImage, id: &TopicPartition) -> Result<&'a PartitionRegistration, Refusal> {
    let unknown = |why: String| Refusal::told("UNKNOWN_TOPIC_OR_PARTITION", why);
    if !image.topics.contains_key(&id.topic) {
        return Err(unknown(format!("No such topic as {}", id.topic)));
    }
    image.partition(id).map(|partition| &**partition).ok_or_else(|| unknown(format!("No such partition as {id}")))
}

fn elect(
    image: &MetadataImage,
    id: &TopicPartition,
    partition: &PartitionRegistration,
    election: Election,
) -> Option<PartitionChange> {
    let is_acceptable = |id: BrokerId| image.is_active(id);
    let mut builder = builder(image, id, partition, &is_acceptable);
    builder.election = election;
    builder.build()
}

/// A change of a partition that changes nothing yet.
fn builder<'a>(
    image: &MetadataImage,
    id: &TopicPartition,
    partition: &'a PartitionRegistration,
    is_acceptable: &'a dyn Fn(BrokerId) -> bool,
) -> PartitionChangeBuilder<'a> {
    let mut builder = PartitionChangeBuilder::new(partition, is_acceptable, min_isr(image, id, partition));
    builder.elr_enabled = image.features.elr;
    builder.bumps_epoch_on_shrink = image.features.bumps_epoch_on_shrink;
    builder
}

fn min_isr(image: &MetadataImage, id: &TopicPartition, partition: &PartitionRegistration) -> usize {
    let topic = image.topics.get(&id.topic).map_or(1, |topic| topic.config.min_insync_replicas);
    usize::try_from(topic).unwrap_or(0).min(partition.replicas.len())
}
