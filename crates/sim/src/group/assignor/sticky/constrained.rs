//! Sticky assignment to members who all subscribe to the same. Kafka 4.3:
//! `AbstractStickyAssignor.ConstrainedAssignmentBuilder`.

use std::collections::VecDeque;

use super::super::AssignError;
use super::super::table::{Given, Partition, Table};
use super::Claims;

/// An assignment and what in it has another owner still.
pub(super) struct Built {
    /// What each member gets.
    pub given: Given,
    /// Partitions that another member has to give up first, with the member that gets them.
    /// Kafka: `partitionsTransferringOwnership`.
    pub transferring: Vec<(Partition, usize)>,
}

/// How much each member gets.
struct Quotas {
    min: usize,
    max: usize,
    /// How many members get more than the least. Kafka: `expectedNumMembersWithOverMinQuotaPartitions`.
    with_more: usize,
}

/// What stays where it was. Kafka: `assignOwnedPartitions`.
struct Kept {
    given: Given,
    assigned: Vec<Partition>,
    /// What its owner loses, in the order of partitions. Kafka: `maybeRevokedPartitions`.
    revoked: Vec<(Partition, usize)>,
    /// Members with less than the least, and with exactly the least who may still get one more.
    under: Vec<usize>,
    exact: Vec<usize>,
    /// How many have more than the least.
    over: usize,
}

/// Kafka: `ConstrainedAssignmentBuilder.build`.
pub(super) fn build(table: &Table<'_>, claims: &Claims) -> Result<Built, AssignError> {
    let (total, members) = (table.total(), table.members.len());
    let min = total.checked_div(members).unwrap_or(0);
    let with_more = total.checked_rem(members).unwrap_or(0);
    let quotas = Quotas { min, max: min.saturating_add(usize::from(with_more > 0)), with_more };
    let Kept { mut given, assigned, revoked, mut under, mut exact, mut over } = keep(table, claims, &quotas);

    let ranks = table.ranks();
    for unfilled in [&mut under, &mut exact] {
        unfilled.sort_unstable_by_key(|member| ranks.get(*member));
    }
    let (mut under, mut exact) = (VecDeque::from(under), VecDeque::from(exact));
    let mut transferring = Vec::new();
    for partition in unassigned(table, assigned) {
        let (member, was_under) = match under.pop_front() {
            Some(member) => (member, true),
            None => (exact.pop_front().ok_or(AssignError::NoUnfilledMember)?, false),
        };
        let Some(own) = given.get_mut(member) else { continue };
        own.push(partition);
        if own.len() == quotas.min {
            exact.push_back(member);
        } else {
            over = over.saturating_add(usize::from(own.len() == quotas.max));
            if was_under {
                under.push_back(member);
            }
        }
        let before = revoked.binary_search_by_key(&partition, |(revoked, _)| *revoked).ok();
        let before = before.and_then(|at| revoked.get(at));
        if before.is_some_and(|(_, owner)| *owner != member) || claims.twice.binary_search(&partition).is_ok() {
            transferring.push((partition, member));
        }
    }
    let unfilled = |member: &usize| given.get(*member).is_none_or(|own| own.len() != quotas.min);
    if !under.is_empty() && (over != quotas.with_more || under.iter().any(unfilled)) {
        return Err(AssignError::NoMorePartitions);
    }
    Ok(Built { given, transferring })
}

fn keep(table: &Table<'_>, claims: &Claims, quotas: &Quotas) -> Kept {
    let (mut given, mut assigned, mut revoked) = (table.nothing(), Vec::new(), Vec::new());
    let (mut under, mut exact, mut over) = (Vec::new(), Vec::new(), 0_usize);
    for member in claims.order.iter().copied() {
        let mut own = claims.owned.get(member).cloned().unwrap_or_default();
        own.retain(|partition| claims.twice.binary_search(partition).is_err());
        // By number first, so that what is kept is spread over the topics.
        own.sort_unstable_by_key(|partition| (partition.number, partition.topic));
        let kept = if own.len() < quotas.min {
            under.push(member);
            own.len()
        } else if own.len() >= quotas.max && over < quotas.with_more {
            over = over.saturating_add(1);
            if over == quotas.with_more {
                exact.clear();
            }
            quotas.max
        } else {
            if over < quotas.with_more {
                exact.push(member);
            }
            quotas.min
        };
        revoked.extend(own.drain(kept.min(own.len())..).map(|partition| (partition, member)));
        assigned.extend_from_slice(&own);
        if let Some(given) = given.get_mut(member) {
            *given = own;
        }
    }
    revoked.sort_unstable();
    Kept { given, assigned, revoked, under, exact, over }
}

/// All partitions but the assigned ones, by topic and number. A partition that does not exist is never met, and all after
/// it count as unassigned. Kafka: `getUnassignedPartitions`.
fn unassigned(table: &Table<'_>, mut assigned: Vec<Partition>) -> Vec<Partition> {
    assigned.sort_unstable();
    let mut assigned = assigned.into_iter().peekable();
    table.all().filter(|partition| assigned.next_if_eq(partition).is_none()).collect()
}
