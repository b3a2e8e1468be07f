//! Evenly, with few moves. Kafka 4.3: `org.apache.kafka.coordinator.group.assignor.UniformAssignor`, with
//! `UniformHomogeneousAssignmentBuilder` here and `UniformHeterogeneousAssignmentBuilder` in `uniform/mixed.rs`.

mod balancer;
mod mixed;

use super::AssignError;
use super::table::{Given, Partition, Table};

/// Kafka: `UniformAssignor.assign`.
pub(super) fn assign(table: &Table<'_>) -> Result<Given, AssignError> {
    if table.is_homogeneous() { same_subscriptions(table) } else { mixed::assign(table) }
}

/// Everybody keeps what they have up to their share; the rest is dealt in one go.
/// Kafka: `UniformHomogeneousAssignmentBuilder.build`.
fn same_subscriptions(table: &Table<'_>) -> Result<Given, AssignError> {
    let order = table.in_hash_order();
    let mut given = table.nothing();
    let topics = order.first().map(|first| table.subscribed_in_hash_order(*first)).unwrap_or_default();
    let topics = table.ids_in_hash_order(&topics, topics.len());
    let mut subscribed = vec![false; table.topics.len()];
    for topic in &topics {
        if let Some(subscribed) = subscribed.get_mut(*topic) {
            *subscribed = true;
        }
    }
    let mut unassigned = unassigned(table, &topics);
    let total: usize = topics.iter().map(|topic| table.size(*topic)).sum();
    let least = total.checked_div(order.len()).unwrap_or(0);
    let mut with_more = total.checked_rem(order.len()).unwrap_or(0);

    // Kafka: `maybeRevokePartitions`.
    let mut unfilled: Vec<(usize, usize)> = Vec::new();
    for (place, member) in order.iter().copied().enumerate() {
        let (Some(own), Some(asked)) = (given.get_mut(member), table.members.get(member)) else { continue };
        let mut gets_more = with_more > 0;
        let mut quota = least.saturating_add(usize::from(gets_more));
        let owned = table.owned_in_hash_order(asked);
        for of_topic in owned.chunk_by(|one, other| one.topic == other.topic) {
            if of_topic.first().is_none_or(|first| subscribed.get(first.topic) != Some(&true)) {
                continue;
            }
            let (kept, revoked) = of_topic.split_at(quota.min(of_topic.len()));
            own.extend_from_slice(kept);
            unassigned.extend_from_slice(revoked);
            quota = quota.saturating_sub(kept.len());
        }
        if quota > 0 && gets_more && order.len().saturating_sub(place) > with_more {
            // Enough members come later who can have the additional partition.
            quota = quota.saturating_sub(1);
            gets_more = false;
        }
        if quota > 0 {
            unfilled.push((member, quota));
        }
        with_more = with_more.saturating_sub(usize::from(gets_more));
    }

    // Kafka: `assignRemainingPartitions`.
    let mut rest = unassigned.into_iter();
    for (member, quota) in unfilled {
        if let Some(own) = given.get_mut(member) {
            own.extend(rest.by_ref().take(quota));
        }
    }
    if rest.next().is_some() { Err(AssignError::LeftUnassigned) } else { Ok(given) }
}

/// What nobody has.
fn unassigned(table: &Table<'_>, topics: &[usize]) -> Vec<Partition> {
    let mut assigned = vec![false; table.total()];
    for partition in table.members.iter().flat_map(|member| table.owned(member)) {
        if let Some(assigned) = table.index(partition).and_then(|index| assigned.get_mut(index)) {
            *assigned = true;
        }
    }
    let is_free = |partition: &Partition| table.index(*partition).and_then(|index| assigned.get(index)) == Some(&false);
    topics.iter().flat_map(|topic| table.partitions(*topic)).filter(is_free).collect()
}
