//! Everybody keeps what they own as far as the balance allows. Kafka 4.3: `AbstractStickyAssignor`, with `StickyAssignor`
//! and `CooperativeStickyAssignor` on it.
//! Differs from Kafka: only members who all subscribe to the same topics are served (`ConstrainedAssignmentBuilder`); for
//! others there is an error (`GeneralAssignmentBuilder` is missing).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use highwater_log::java::{hash_order, string_hash_code};
use thiserror::Error;

use super::{Assignment, Member, Partitions, Topics, compare_strings, nothing_yet};

/// A member with what it owned before. Kafka: `AbstractStickyAssignor.MemberData`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The member.
    pub member: Member,
    /// The partitions that it owned.
    pub owned: Partitions,
    /// The generation in which it owned them, if it knows one.
    pub generation: Option<i32>,
}

/// Why there is no assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StickyError {
    /// The members subscribe to different topics.
    #[error("members with different subscriptions are not yet assigned stickily")]
    DifferentSubscriptions,
    /// Kafka: `IllegalStateException`.
    #[error("No more unfilled consumers to be assigned.")]
    NoUnfilledMember,
}

/// An assignment and what in it has another owner still.
struct Build<'a> {
    assignment: Assignment,
    transferring: Vec<(Partition<'a>, &'a str)>,
}

/// Topic and number.
type Partition<'a> = (&'a str, i32);

/// Assigns at once, since all members give up what they have first. Kafka: `StickyAssignor`.
///
/// # Errors
///
/// See [`StickyError`].
pub fn assign(topics: &Topics, owners: &[Owner]) -> Result<Assignment, StickyError> {
    Ok(build(topics, owners)?.assignment)
}

/// Withholds what somebody else has to give up first. Kafka: `CooperativeStickyAssignor.assignPartitions`.
///
/// # Errors
///
/// See [`StickyError`].
pub fn assign_cooperatively(topics: &Topics, owners: &[Owner]) -> Result<Assignment, StickyError> {
    let Build { mut assignment, transferring } = build(topics, owners)?;
    for ((topic, partition), member) in transferring {
        if let Some(own) = assignment.get_mut(member) {
            if let Some(partitions) = own.get_mut(topic) {
                partitions.retain(|kept| *kept != partition);
            }
            own.retain(|_, partitions| !partitions.is_empty());
        }
    }
    Ok(assignment)
}

/// Kafka: `AbstractStickyAssignor.ConstrainedAssignmentBuilder.build`.
fn build<'a>(topics: &'a Topics, owners: &'a [Owner]) -> Result<Build<'a>, StickyError> {
    let order = hash_order(owners.iter().map(|owner| string_hash_code(&owner.member.id)), 0);
    let owners: Vec<&Owner> = order.into_iter().filter_map(|index| owners.get(index)).collect();
    let mut subscriptions =
        owners.iter().map(|owner| owner.member.topics.iter().collect::<BTreeSet<_>>()).filter(|set| !set.is_empty());
    let first = subscriptions.next().unwrap_or_default();
    if subscriptions.any(|other| other != first)
        || (!first.is_empty() && owners.iter().any(|owner| owner.member.topics.is_empty()))
    {
        return Err(StickyError::DifferentSubscriptions);
    }
    let members: Vec<Member> = owners.iter().map(|owner| owner.member.clone()).collect();
    let mut assignment = nothing_yet(&members);
    let total: usize = topics.values().map(|count| usize::try_from(*count).unwrap_or(0)).sum();
    let min_quota = total.checked_div(owners.len()).unwrap_or(0);
    let with_more = total.checked_rem(owners.len()).unwrap_or(0);
    let max_quota = min_quota.saturating_add(usize::from(with_more > 0));

    let (owned, claimed_twice) = owned(topics, &owners);
    let mut maybe_revoked: BTreeMap<Partition<'_>, &str> = BTreeMap::new();
    let mut assigned: BTreeSet<Partition<'_>> = BTreeSet::new();
    let mut under: Vec<&str> = Vec::new();
    let mut exact: Vec<&str> = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut over = 0_usize;
    for (owner, owned) in owners.iter().zip(owned) {
        let id = owner.member.id.as_str();
        // By number first, so that what is kept is spread over the topics.
        let own: Vec<Partition<'_>> = owned
            .into_iter()
            .map(|(partition, topic)| (topic, partition))
            .filter(|own| !claimed_twice.contains(own))
            .collect();
        let kept = if own.len() < min_quota {
            under.push(id);
            own.len()
        } else if own.len() >= max_quota && over < with_more {
            over = over.saturating_add(1);
            if over == with_more {
                exact.clear();
            }
            max_quota
        } else {
            if over < with_more {
                exact.push(id);
            }
            min_quota
        };
        counts.insert(id, kept.min(own.len()));
        for (rank, partition) in own.into_iter().enumerate() {
            if rank < kept {
                assigned.insert(partition);
                give(&mut assignment, id, partition);
            } else {
                maybe_revoked.insert(partition, id);
            }
        }
    }

    under.sort_by(|one, other| compare_strings(one, other));
    exact.sort_by(|one, other| compare_strings(one, other));
    let (mut under, mut exact) = (VecDeque::from(under), VecDeque::from(exact));
    let mut transferring = Vec::new();
    for (topic, count) in topics {
        for partition in (0..*count).map(|number| (topic.as_str(), number)) {
            if assigned.contains(&partition) {
                continue;
            }
            let (id, was_under) = match under.pop_front() {
                Some(id) => (id, true),
                None => (exact.pop_front().ok_or(StickyError::NoUnfilledMember)?, false),
            };
            give(&mut assignment, id, partition);
            let count = counts.entry(id).or_default();
            *count = count.saturating_add(1);
            if was_under && *count == min_quota {
                exact.push_back(id);
            } else if was_under {
                under.push_back(id);
            }
            if maybe_revoked.get(&partition).is_some_and(|before| *before != id) || claimed_twice.contains(&partition) {
                transferring.push((partition, id));
            }
        }
    }
    for partitions in assignment.values_mut().flat_map(BTreeMap::values_mut) {
        partitions.sort_unstable();
    }
    Ok(Build { assignment, transferring })
}

fn give(assignment: &mut Assignment, id: &str, (topic, partition): Partition<'_>) {
    if let Some(own) = assignment.get_mut(id) {
        own.entry(topic.to_owned()).or_default().push(partition);
    }
}

/// A member's partitions, by number and then by topic.
type Owned<'a> = BTreeSet<(i32, &'a str)>;

/// What each owns, and what two owned in one generation, which neither keeps.
/// Kafka: `AbstractStickyAssignor.allSubscriptionsEqual`.
fn owned<'a>(topics: &Topics, owners: &[&'a Owner]) -> (Vec<Owned<'a>>, BTreeSet<Partition<'a>>) {
    let mut owned: Vec<Owned<'a>> = vec![Owned::new(); owners.len()];
    let mut twice = BTreeSet::new();
    let mut before: BTreeMap<Partition<'a>, (usize, i32)> = BTreeMap::new();
    for (index, owner) in owners.iter().enumerate() {
        let generation = owner.generation.unwrap_or(-1);
        for (topic, partitions) in owner.owned.iter().filter(|(topic, _)| topics.contains_key(*topic)) {
            for partition in partitions.iter().map(|number| (topic.as_str(), *number)) {
                let rival = before.get(&partition).copied();
                if rival.is_some_and(|(_, other)| other > generation) {
                    continue;
                }
                if let Some(own) = rival.and_then(|(rival, _)| owned.get_mut(rival)) {
                    own.remove(&(partition.1, partition.0));
                }
                if rival.is_some_and(|(_, other)| other == generation) {
                    twice.insert(partition);
                } else if let Some(own) = owned.get_mut(index) {
                    own.insert((partition.1, partition.0));
                }
                before.insert(partition, (index, generation));
            }
        }
    }
    (owned, twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(id: &str, owned: &[i32], generation: i32) -> Owner {
        let topics = vec!["t".to_owned()];
        Owner {
            member: Member { id: id.to_owned(), instance_id: None, topics },
            owned: Partitions::from([("t".to_owned(), owned.to_vec())]),
            generation: Some(generation),
        }
    }

    #[test]
    fn a_partition_that_moves_is_withheld_for_a_round() {
        let topics = Topics::from([("t".to_owned(), 4)]);
        let owners = [owner("A", &[0, 1, 2, 3], 1), owner("B", &[], 1)];
        let eager = assign(&topics, &owners).unwrap();
        assert_eq!((&eager["A"]["t"][..], &eager["B"]["t"][..]), (&[0, 1][..], &[2, 3][..]));
        let first = assign_cooperatively(&topics, &owners).unwrap();
        assert_eq!((&first["A"]["t"][..], first["B"].len()), (&[0, 1][..], 0));
        let second = assign_cooperatively(&topics, &[owner("A", &[0, 1], 2), owner("B", &[], 2)]).unwrap();
        assert_eq!(second, eager);
    }

    /// Every partition has one owner, counts differ by at most one, and what is balanced stays.
    #[test]
    fn assignments_are_whole_balanced_and_sticky() {
        for (count, partitions) in (1..12).flat_map(|count| [0, 1, 7, 24, 31].map(|partitions| (count, partitions))) {
            let topics = Topics::from([("t".to_owned(), partitions)]);
            let none: Vec<Owner> = (0..count).map(|number| owner(&format!("consumer-{number}"), &[], 1)).collect();
            let assignment = assign(&topics, &none).unwrap();
            let counts: Vec<usize> = assignment.values().map(|own| own.get("t").map_or(0, Vec::len)).collect();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            let mut all: Vec<i32> = assignment.values().flat_map(|own| own.values().flatten().copied()).collect();
            all.sort_unstable();
            assert_eq!(all, (0..partitions).collect::<Vec<_>>());
            let again: Vec<Owner> =
                none.into_iter().map(|owner| Owner { owned: assignment[&owner.member.id].clone(), ..owner }).collect();
            assert_eq!(assign_cooperatively(&topics, &again).unwrap(), assignment);
        }
    }
}
