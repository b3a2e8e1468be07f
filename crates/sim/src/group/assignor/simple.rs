//! To several members each partition, if there are more members than partitions. Kafka 4.3:
//! `org.apache.kafka.coordinator.group.assignor.SimpleAssignor` of share groups, with `SimpleHomogeneousAssignmentBuilder`
//! and `SimpleHeterogeneousAssignmentBuilder`. The second one does topic by topic what the first one does with all topics
//! together. Members are numbered as Kafka's map goes through them.

use std::cmp::Reverse;

use highwater_log::java::{capacity_for, hash_order, hash_order_from, table_with_capacity};

use super::AssignError;
use super::table::{Given, Partition, Table};
use crate::sorted::SortedSet;

/// Kafka: `SimpleAssignor.assign`.
pub(super) fn assign(table: &Table<'_>) -> Result<Given, AssignError> {
    let order = table.in_hash_order();
    let members = order.iter().filter_map(|member| table.members.get(*member));
    let had: Vec<Vec<Partition>> = members.map(|member| table.owned_in_hash_order(member)).collect();
    let has = if table.is_homogeneous() { together(table, &order, &had)? } else { by_topic(table, &order, &had)? };
    let mut given = table.nothing();
    for (member, has) in order.into_iter().zip(has) {
        if let Some(own) = given.get_mut(member) {
            own.extend(has.iter().copied());
        }
    }
    Ok(given)
}

/// What each member has by its number.
type Has = Vec<SortedSet<Partition>>;

/// All topics together. Kafka: `SimpleHomogeneousAssignmentBuilder.build`.
fn together(table: &Table<'_>, order: &[usize], had: &[Vec<Partition>]) -> Result<Has, AssignError> {
    let topics = order.first().map(|first| table.subscribed_in_hash_order(*first)).unwrap_or_default();
    let targets: Vec<Partition> = topics.iter().flat_map(|topic| table.partitions(*topic)).collect();
    let mut subscribed = topics;
    subscribed.sort_unstable();
    let keep = |had: &Vec<Partition>| -> Vec<Partition> {
        had.iter().copied().filter(|partition| subscribed.binary_search(&partition.topic).is_ok()).collect()
    };
    let had: Vec<Vec<Partition>> = had.iter().map(keep).collect();
    let mut has: Has = had.iter().map(|had| had.iter().copied().collect()).collect();
    if !subscribed.is_empty() {
        let everybody: Vec<usize> = (0..order.len()).collect();
        let hash = |partition: Partition| {
            let topic = table.topics.get(partition.topic).map_or(0, |topic| topic.id.hash_code());
            topic.wrapping_mul(31).wrapping_add(partition.number)
        };
        Share::new(&everybody, &targets, &had, &mut has, &hash).build()?;
    }
    Ok(has)
}

/// One topic after the other. What a member has of a topic to which nobody subscribes stays.
/// Kafka: `SimpleHeterogeneousAssignmentBuilder.build`.
fn by_topic(table: &Table<'_>, order: &[usize], had: &[Vec<Partition>]) -> Result<Has, AssignError> {
    let mut has: Has = had.iter().map(|had| had.iter().copied().collect()).collect();
    let mut numbers = vec![0_usize; order.len()];
    for (number, member) in order.iter().enumerate() {
        if let Some(place) = numbers.get_mut(*member) {
            *place = number;
        }
    }
    for (topic, members) in table.subscribers(order).into_iter().enumerate() {
        let members: Vec<usize> = members.iter().filter_map(|member| numbers.get(*member).copied()).collect();
        if members.is_empty() {
            continue;
        }
        let targets: Vec<Partition> = table.partitions(topic).collect();
        let of_topic = |had: &Vec<Partition>| -> Vec<Partition> {
            had.iter().copied().filter(|partition| partition.topic == topic).collect()
        };
        let had: Vec<Vec<Partition>> = had.iter().map(of_topic).collect();
        Share::new(&members, &targets, &had, &mut has, &|partition| partition.number).build()?;
    }
    Ok(has)
}

/// A partition and those who had it, as a `HashSet<Integer>` goes through their numbers.
struct Holders {
    partition: Partition,
    members: Vec<usize>,
}

/// Partitions that are shared among members.
struct Share<'a> {
    /// How many members a partition is to have.
    sharing: usize,
    /// How many partitions each member is to have.
    desired: Vec<usize>,
    members: &'a [usize],
    had: &'a [Vec<Partition>],
    has: &'a mut Has,
    /// How many of the partitions each member has.
    counts: Vec<usize>,
    /// In the order of a hash table by partition.
    holders: Vec<Holders>,
    hash: &'a dyn Fn(Partition) -> i32,
}

impl<'a> Share<'a> {
    fn new(
        members: &'a [usize],
        targets: &[Partition],
        had: &'a [Vec<Partition>],
        has: &'a mut Has,
        hash: &'a dyn Fn(Partition) -> i32,
    ) -> Self {
        let sharing = members.len().div_ceil(targets.len().max(1));
        let sharing = if targets.is_empty() { 0 } else { sharing };
        Share {
            sharing,
            desired: desired(sharing.saturating_mul(targets.len()), members, had.len()),
            members,
            had,
            has,
            counts: had.iter().map(Vec::len).collect(),
            holders: holders(targets, had, hash),
            hash,
        }
    }

    fn build(mut self) -> Result<(), AssignError> {
        self.revoke_from_overfilled();
        self.revoke_overshared();
        self.assign_rest()
    }

    fn take(&mut self, partition: Partition, member: usize) {
        let taken = self.has.get_mut(member).is_some_and(|has| has.remove(&partition));
        if let Some(count) = self.counts.get_mut(member).filter(|_| taken) {
            *count = count.saturating_sub(1);
        }
    }

    fn desired(&self, member: usize) -> usize {
        self.desired.get(member).copied().unwrap_or(0)
    }

    fn count(&self, member: usize) -> usize {
        self.counts.get(member).copied().unwrap_or(0)
    }

    /// Kafka: `revokeOverfilledMembers`.
    fn revoke_from_overfilled(&mut self) {
        let had = self.had;
        let mut revoked: Vec<(Partition, usize)> = Vec::new();
        for (member, had) in had.iter().enumerate() {
            let excess = had.len().saturating_sub(self.desired(member));
            if excess == 0 {
                continue;
            }
            let order = hash_order(had.iter().map(|partition| (self.hash)(*partition)), 0);
            for partition in order.into_iter().take(excess).filter_map(|at| had.get(at)) {
                self.take(*partition, member);
                revoked.push((*partition, member));
            }
        }
        revoked.sort_unstable();
        for Holders { partition, members } in &mut self.holders {
            members.retain(|member| revoked.binary_search(&(*partition, *member)).is_err());
        }
    }

    /// Kafka: `revokeOversharedPartitions`.
    fn revoke_overshared(&mut self) {
        let mut holders = std::mem::take(&mut self.holders);
        for Holders { partition, members } in &mut holders {
            let excess = members.len().saturating_sub(self.sharing);
            for member in members.drain(..excess) {
                self.take(*partition, member);
            }
        }
        self.holders = holders;
    }

    /// Goes round those who have too little while going once through the partitions. Kafka: `assignRemainingPartitions`.
    fn assign_rest(&mut self) -> Result<(), AssignError> {
        let mut unfilled: Vec<usize> = self.members.to_vec();
        unfilled.retain(|member| self.count(*member) < self.desired(*member));
        unfilled.sort_unstable();
        if unfilled.is_empty() {
            return Ok(());
        }
        let mut next = 0_usize;
        let mut assigned_this_round = false;
        for Holders { partition, members } in std::mem::take(&mut self.holders) {
            let mut wanted = self.sharing.saturating_sub(members.len());
            while wanted > 0 {
                if next >= unfilled.len() {
                    if !assigned_this_round {
                        break;
                    }
                    next = 0;
                    assigned_this_round = false;
                }
                let member = unfilled.get(next).copied().ok_or(AssignError::NobodyLeft)?;
                next = next.saturating_add(1);
                if members.contains(&member) {
                    continue;
                }
                wanted = wanted.saturating_sub(1);
                assigned_this_round = true;
                let is_new = self.has.get_mut(member).is_some_and(|has| has.insert(partition));
                if let Some(count) = self.counts.get_mut(member).filter(|_| is_new) {
                    *count = count.saturating_add(1);
                }
                if self.count(member) >= self.desired(member) {
                    next = next.saturating_sub(1);
                    unfilled.remove(next);
                }
            }
            if unfilled.is_empty() {
                break;
            }
        }
        Ok(())
    }
}

/// How many partitions each of `members` gets if they share `all`: the fractions are evened out. By member's number, with
/// nothing for others.
fn desired(all: usize, members: &[usize], count: usize) -> Vec<usize> {
    let mut desired = vec![0; count];
    let [all, sharers] = [all, members.len()].map(|number| f64::from(u32::try_from(number).unwrap_or(u32::MAX)));
    // As Kafka does it, in doubles, because they may round.
    let precise = all / sharers;
    let up_to = |sharer: u32| (precise * f64::from(sharer)).ceil();
    for (sharer, member) in (0_u32..).zip(members) {
        if let Some(desired) = desired.get_mut(*member) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a small whole number, not negative"
            )]
            let share = (up_to(sharer.saturating_add(1)) - up_to(sharer)) as usize;
            *desired = share;
        }
    }
    desired
}

/// Who had which partition, in the order of a hash table by partition: what somebody had was put in first, then the rest of
/// `targets`, for which it was made.
fn holders(targets: &[Partition], had: &[Vec<Partition>], hash: &dyn Fn(Partition) -> i32) -> Vec<Holders> {
    // Partition, the place among all that was said, member.
    let mut said: Vec<(Partition, usize, usize)> = Vec::new();
    for (member, had) in had.iter().enumerate() {
        for partition in had {
            said.push((*partition, said.len(), member));
        }
    }
    let places = said.len();
    said.extend(targets.iter().zip(places..).map(|(partition, place)| (*partition, place, usize::MAX)));
    said.sort_unstable();
    let mut put_in: Vec<(usize, Holders)> = Vec::new();
    for of_partition in said.chunk_by(|one, other| one.0 == other.0) {
        let members: Vec<usize> =
            of_partition.iter().map(|(_, _, member)| *member).filter(|member| *member != usize::MAX).collect();
        let order = hash_order(members.iter().map(|member| i32::try_from(*member).unwrap_or(i32::MAX)), 0);
        let members = order.into_iter().filter_map(|at| members.get(at).copied()).collect();
        if let Some((partition, place, _)) = of_partition.first() {
            put_in.push((*place, Holders { partition: *partition, members }));
        }
    }
    // `HashMap.computeIfAbsent` puts a key before those that are in its bucket already.
    put_in.sort_unstable_by_key(|(place, _)| Reverse(*place));
    let hashes = put_in.iter().map(|(_, holders)| hash(holders.partition)).collect();
    let order = hash_order_from(hashes, table_with_capacity(capacity_for(targets.len().saturating_add(1))));
    let mut holders: Vec<Option<Holders>> = put_in.into_iter().map(|(_, holders)| Some(holders)).collect();
    order.into_iter().filter_map(|at| holders.get_mut(at).and_then(Option::take)).collect()
}
