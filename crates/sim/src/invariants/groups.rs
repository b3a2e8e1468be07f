//! What must hold of groups: who owns what, as coordinators and as members have it.

use super::{Checked, Invariant, violation};
use crate::consumer::Life;
use crate::group::OFFSETS_TOPIC;
use crate::group::assignor::Assignor;
use crate::group::consumer_group::{ConsumerGroup, Epochs};
use crate::group::member::{MemberState, MembershipState};
use crate::ids::{TopicId, TopicPartition};
use crate::sorted::{SortedMap, SortedSet};
use crate::world::World;

/// Looks at all groups. `is_whole` says whether a partition of `__consumer_offsets` never lost anything that was committed:
/// only then members and coordinators know the same.
pub(super) fn look(world: &World, is_whole: impl Fn(&TopicPartition) -> bool) -> Checked {
    one_owner_in_a_generation(world)?;
    for broker in world.brokers().filter(|broker| world.is_running(broker.id)) {
        for (number, coordinator) in &broker.groups.coordinators {
            let log = TopicPartition::new(OFFSETS_TOPIC, *number);
            let leads = world.metadata().partition(&log).is_some_and(|at| at.leader == Some(broker.id));
            for group in coordinator.groups.consumer_groups() {
                one_owner(group, &log)?;
                even_shares(group, &log)?;
                if leads && is_whole(&log) {
                    nothing_of_others(world, group)?;
                }
            }
        }
    }
    Ok(())
}

/// No two members of a classic group own a partition in the same generation.
fn one_owner_in_a_generation(world: &World) -> Checked {
    let mut owners: SortedMap<(String, i32, TopicPartition), String> = SortedMap::new();
    for consumer in world.consumers().filter(|consumer| consumer.life == Life::Running) {
        let Some(membership) = &consumer.membership else { continue };
        let generation = membership.member.generation.id;
        if membership.is_by_consumer_protocol() || membership.member.state != MemberState::Stable || generation < 0 {
            continue;
        }
        for (partition, _) in consumer.positions() {
            let key = (membership.name.group.clone(), generation, partition.clone());
            if let Some(other) = owners.insert(key, consumer.id.to_string()) {
                let why = format!("{other} and {} own it in generation {generation}", consumer.id);
                return Err(violation(Invariant::OneOwner, partition, why));
            }
        }
    }
    Ok(())
}

/// To the coordinator a partition is one member's until that has given it up.
fn one_owner(group: &ConsumerGroup, log: &TopicPartition) -> Checked {
    let mut owners: SortedMap<(TopicId, i32), &str> = SortedMap::new();
    for member in group.members.values() {
        for epochs in [&member.assigned, &member.pending_revocation] {
            for (topic, number) in all(epochs) {
                if let Some(other) = owners.insert((topic, number), &member.client_id) {
                    let (id, name) = (&group.id, &member.client_id);
                    let why = format!("in {id} {other} and {name} have partition {number} of a topic");
                    return Err(violation(Invariant::OneOwner, log, why));
                }
            }
        }
    }
    Ok(())
}

/// A member that the coordinator knows owns nothing but what it has, or must give up, as the coordinator sees it.
fn nothing_of_others(world: &World, group: &ConsumerGroup) -> Checked {
    for consumer in world.members(&group.id).filter(|consumer| consumer.life == Life::Running) {
        let Some(membership) = &consumer.membership else { continue };
        let is_out = matches!(
            membership.member.membership_state(),
            None | Some(MembershipState::Fenced | MembershipState::Stale | MembershipState::Fatal)
        );
        let known = group.members.get(&membership.member.generation.member_id).filter(|_| !is_out);
        let Some(known) = known else { continue };
        for partition in &membership.member.assigned {
            // What it has of a topic that is deleted has nobody else.
            let Some(topic) = world.metadata().topics.get(&partition.topic).map(|image| image.id) else { continue };
            let has =
                |epochs: &Epochs| epochs.get(&topic).is_some_and(|there| there.contains_key(&partition.partition));
            if !has(&known.assigned) && !has(&known.pending_revocation) {
                let why = format!("{} owns it, and {} does not know", consumer.id, group.id);
                return Err(violation(Invariant::OneOwner, partition, why));
            }
        }
    }
    Ok(())
}

/// By the uniform assignor, or of one topic, nobody is to have two partitions more than another.
fn even_shares(group: &ConsumerGroup, log: &TopicPartition) -> Checked {
    let mut subscriptions = group.members.values().map(|member| &member.subscribed_topic_names);
    let first = subscriptions.next();
    let are_equal = subscriptions.all(|other| Some(other) == first);
    let is_one = first.is_some_and(|topics| topics.len() == 1);
    let is_settled = group.assignment_epoch == group.epoch;
    if !is_settled || !are_equal || !(is_one || group.preferred_assignor() == Assignor::Uniform) {
        return Ok(());
    }
    let share =
        |id: &String| group.target.get(id).map_or(0, |target| target.values().map(SortedSet::len).sum::<usize>());
    let shares: Vec<usize> = group.members.keys().map(share).collect();
    let (least, most) = (shares.iter().min().copied().unwrap_or(0), shares.iter().max().copied().unwrap_or(0));
    if most.saturating_sub(least) > 1 {
        let why = format!("in {} members are to have {least} to {most} partitions", group.id);
        return Err(violation(Invariant::EvenShares, log, why));
    }
    Ok(())
}

fn all(epochs: &Epochs) -> impl Iterator<Item = (TopicId, i32)> {
    epochs.iter().flat_map(|(topic, numbers)| numbers.keys().map(|number| (*topic, *number)))
}
