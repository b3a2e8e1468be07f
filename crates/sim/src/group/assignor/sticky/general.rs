//! Sticky assignment to members with different subscriptions. Kafka 4.3: `AbstractStickyAssignor.GeneralAssignmentBuilder`.
//!
//! Kafka asks before each partition whether all is balanced, which looks at every partition. Here that question is asked
//! only where its answer can matter: while no former owner of an older generation is involved, a partition that would move
//! is itself the proof that it is not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::AssignError;
use super::super::table::{Given, Partition, Table};
use super::movements::Movements;
use super::{Claims, NO_GENERATION};

/// So often at most all partitions are gone through. Kafka has no bound.
const MOST_ROUNDS: usize = 10_000;

/// Members by how much they have, then by id; a member is there once for each count that it had.
type Heap = BinaryHeap<Reverse<(usize, usize, usize)>>;

/// A member whose generation is older than others', and that generation.
type Former = Option<(usize, i32)>;

struct Builder<'a> {
    table: &'a Table<'a>,
    /// Who may get each topic.
    subscribers: Vec<Vec<usize>>,
    ranks: Vec<usize>,
    /// Who has each partition. Kafka: `currentPartitionConsumer`.
    owners: Vec<Option<usize>>,
    /// What a member has besides: partitions that do not exist, or that were given to another one because of them.
    besides: Vec<(Partition, usize)>,
    /// How much each member has.
    counts: Vec<usize>,
    /// How much each member could have.
    most: Vec<usize>,
    /// Whether a member takes part in the balancing.
    takes_part: Vec<bool>,
    /// The former owners of partitions. Kafka: `prevAssignment`.
    former: Vec<Former>,
    movements: Movements,
    /// Whether a member has something that it does not subscribe to or that does not exist, or two have the same.
    strange: bool,
    /// Each member's place in Kafka's map.
    places: Vec<usize>,
    /// The last topic that was found to be out of balance.
    witness: usize,
}

/// Kafka: `GeneralAssignmentBuilder.build`.
pub(super) fn build(table: &Table<'_>, claims: &Claims) -> Result<Given, AssignError> {
    let mut builder = Builder::new(table, claims);
    let topics = builder.topics();
    let sorted: Vec<Partition> = topics.iter().flat_map(|topic| table.partitions(*topic)).collect();
    let revocation_required = builder.keep(claims, &topics);
    let unassigned = builder.unassigned(&topics, &sorted);
    builder.balance(sorted, unassigned, revocation_required)?;
    let mut given = table.nothing();
    let owned = table.all().zip(&builder.owners).filter_map(|(partition, owner)| Some((partition, (*owner)?)));
    for (partition, owner) in owned.chain(builder.besides.iter().copied()) {
        if let Some(own) = given.get_mut(owner) {
            own.push(partition);
        }
    }
    Ok(given)
}

impl<'a> Builder<'a> {
    fn new(table: &'a Table<'a>, claims: &Claims) -> Self {
        let members = table.members.len();
        Builder {
            table,
            subscribers: table.subscribers(&claims.order),
            ranks: table.ranks(),
            owners: vec![None; table.total()],
            besides: Vec::new(),
            counts: vec![0; members],
            most: table.subscribed.iter().map(|topics| topics.iter().map(|topic| table.size(*topic)).sum()).collect(),
            takes_part: vec![true; members],
            former: former(table, claims),
            movements: Movements::new(table),
            strange: false,
            places: places(&claims.order),
            witness: 0,
        }
    }

    fn subscribers(&self, topic: usize) -> &[usize] {
        self.subscribers.get(topic).map_or(&[], Vec::as_slice)
    }

    fn subscribes(&self, member: usize, topic: usize) -> bool {
        self.table.subscribed.get(member).is_some_and(|topics| topics.contains(&topic))
    }

    fn count(&self, member: usize) -> usize {
        self.counts.get(member).copied().unwrap_or(0)
    }

    fn owner(&self, partition: Partition) -> Option<usize> {
        self.owners.get(self.table.index(partition)?).copied().flatten()
    }

    /// The topics, those with the fewest subscribers first.
    fn topics(&self) -> Vec<usize> {
        let mut topics: Vec<usize> = (0..self.table.topics.len()).collect();
        topics.sort_unstable_by_key(|topic| (self.subscribers(*topic).len(), *topic));
        topics
    }

    /// Everybody keeps what they own and subscribe to; whether somebody does not. Kafka: `assignOwnedPartitions`.
    fn keep(&mut self, claims: &Claims, topics: &[usize]) -> bool {
        let mut subscribes = vec![usize::MAX; topics.len()];
        let mut revocation_required = false;
        for member in claims.order.iter().copied() {
            for topic in self.table.subscribed.get(member).into_iter().flatten() {
                if let Some(subscriber) = subscribes.get_mut(*topic) {
                    *subscriber = member;
                }
            }
            for partition in claims.owned.get(member).into_iter().flatten().copied() {
                if subscribes.get(partition.topic) != Some(&member) {
                    revocation_required = true;
                    continue;
                }
                match self.table.index(partition).and_then(|index| self.owners.get_mut(index)) {
                    Some(owner) => *owner = Some(member),
                    None => self.besides.push((partition, member)),
                }
                if let Some(count) = self.counts.get_mut(member) {
                    *count = count.saturating_add(1);
                }
            }
        }
        revocation_required
    }

    /// What nobody has. After a partition that somebody has and that does not exist, everything counts as unassigned.
    /// Kafka: `getUnassignedPartitions`.
    fn unassigned(&self, topics: &[usize], sorted: &[Partition]) -> Vec<Partition> {
        let places = places(topics);
        let order = |partition: Partition| (places.get(partition.topic).copied(), partition.number);
        let end = self.besides.iter().map(|(partition, _)| order(*partition)).min();
        let met = |partition: Partition| end.is_none_or(|end| order(partition) < end);
        let mut unassigned = sorted.to_vec();
        unassigned.retain(|partition| self.owner(*partition).is_none() || !met(*partition));
        unassigned
    }

    /// Kafka: `balance`.
    fn balance(
        &mut self,
        mut sorted: Vec<Partition>,
        mut unassigned: Vec<Partition>,
        revocation_required: bool,
    ) -> Result<(), AssignError> {
        let initializing = self.counts.iter().all(|count| *count == 0);
        self.assign(&unassigned);
        let contested = |partition: &Partition| self.subscribers(partition.topic).len() >= 2;
        sorted.retain(contested);
        unassigned.retain(contested);
        self.takes_part = self.taking_part();
        self.strange = !self.besides.is_empty();
        let before = (self.owners.clone(), self.counts.clone());
        if !revocation_required {
            self.reassign(&unassigned)?;
        }
        let reassigned = self.reassign(&sorted)?;
        if !initializing && reassigned && self.score(&self.counts) >= self.score(&before.1) {
            (self.owners, self.counts) = before;
        }
        Ok(())
    }

    /// Each partition goes to the subscriber who has the least. Kafka: `maybeAssign`.
    fn assign(&mut self, unassigned: &[Partition]) {
        for of_topic in unassigned.chunk_by(|one, other| one.topic == other.topic) {
            let Some(topic) = of_topic.first().map(|partition| partition.topic) else { continue };
            let mut heap = self.heap(topic);
            for partition in of_topic.iter().copied() {
                let Some(Reverse((count, rank, member))) = heap.pop() else { break };
                let owner = self.table.index(partition).and_then(|index| self.owners.get_mut(index));
                if let Some(before) = owner.and_then(|owner| owner.replace(member)) {
                    self.besides.push((partition, before));
                }
                let count = count.saturating_add(1);
                if let Some(known) = self.counts.get_mut(member) {
                    *known = count;
                }
                heap.push(Reverse((count, rank, member)));
            }
        }
    }

    fn entry(&self, member: usize) -> Reverse<(usize, usize, usize)> {
        Reverse((self.count(member), self.ranks.get(member).copied().unwrap_or(0), member))
    }

    fn heap(&self, topic: usize) -> Heap {
        let takes_part = |member: &&usize| self.takes_part.get(**member) == Some(&true);
        self.subscribers(topic).iter().filter(takes_part).map(|member| self.entry(*member)).collect()
    }

    /// Who can still get something or has something that another one could have.
    /// Kafka: `canConsumerParticipateInReassignment`.
    fn taking_part(&self) -> Vec<bool> {
        let mut takes_part: Vec<bool> = self.counts.iter().zip(&self.most).map(|(count, most)| count < most).collect();
        let owned = self.table.all().zip(&self.owners).filter_map(|(partition, owner)| Some((partition, (*owner)?)));
        for (partition, owner) in owned.chain(self.besides.iter().copied()) {
            if let Some(takes_part) = takes_part.get_mut(owner) {
                *takes_part |= self.subscribers(partition.topic).len() >= 2;
            }
        }
        takes_part
    }

    /// Moves partitions as long as that makes it more even; whether any moved. Kafka: `performReassignments`.
    fn reassign(&mut self, partitions: &[Partition]) -> Result<bool, AssignError> {
        for round in 0..MOST_ROUNDS {
            let mut modified = false;
            for of_topic in partitions.chunk_by(|one, other| one.topic == other.topic) {
                modified |= self.reassign_topic(of_topic)?;
            }
            if !modified {
                return Ok(round > 0);
            }
        }
        Err(AssignError::Endless)
    }

    fn reassign_topic(&mut self, of_topic: &[Partition]) -> Result<bool, AssignError> {
        let Some(topic) = of_topic.first().map(|partition| partition.topic) else { return Ok(false) };
        let mut heap = self.heap(topic);
        let mut modified = false;
        for partition in of_topic.iter().copied() {
            let Some(owner) = self.owner(partition) else { continue };
            let former = self.table.index(partition).and_then(|index| self.former.get(index).copied().flatten());
            let former = former.map(|(former, _)| former);
            let least = loop {
                match heap.peek() {
                    Some(Reverse((count, _, member))) if *count != self.count(*member) => drop(heap.pop()),
                    Some(Reverse((_, _, member))) => break *member,
                    None => return Ok(modified),
                }
            };
            let worth_it = |to: usize| self.count(owner) > self.count(to).saturating_add(1);
            let goes_back_to = former.filter(|former| worth_it(*former));
            let set_aside = former.is_some_and(|former| self.takes_part.get(former) != Some(&true));
            let to = goes_back_to.unwrap_or(least);
            if !set_aside && !worth_it(to) {
                continue;
            }
            let is_proof = worth_it(least) && !self.strange;
            if !is_proof && self.is_balanced() {
                return Ok(modified);
            }
            if set_aside {
                return Err(AssignError::FormerOwnerSetAside);
            }
            self.strange |= !self.subscribes(to, topic);
            let moved = self.movements.instead_of(self.table, partition, owner, to);
            let Some(from) = self.shift(moved, to) else { continue };
            modified = true;
            let members = [from, to].into_iter().filter(|member| !self.strange || self.subscribes(*member, topic));
            heap.extend(members.map(|member| self.entry(member)));
        }
        Ok(modified)
    }

    /// A partition goes to another member; from whom. Kafka: `processPartitionMovement`.
    fn shift(&mut self, partition: Partition, to: usize) -> Option<usize> {
        let index = self.table.index(partition)?;
        let from = self.owners.get_mut(index)?.replace(to)?;
        self.movements.add(partition, index, from, to);
        let less = self.counts.get_mut(from)?;
        *less = less.saturating_sub(1);
        let more = self.counts.get_mut(to)?;
        *more = more.saturating_add(1);
        Some(from)
    }

    /// Whether no member could get a partition from one that has two more. Kafka: `isBalanced`.
    fn is_balanced(&mut self) -> bool {
        let topics = self.table.topics.len();
        let out = |topic: &usize| self.is_out_of_balance(*topic);
        // Mostly the topic that was out of balance before still is.
        match (self.witness..topics).chain(0..self.witness).find(out) {
            Some(topic) => {
                self.witness = topic;
                false
            }
            None => true,
        }
    }

    fn is_out_of_balance(&self, topic: usize) -> bool {
        if self.besides.iter().any(|(partition, _)| partition.topic == topic && self.table.index(*partition).is_some())
        {
            return self.is_out_of_balance_besides(topic);
        }
        let open = |member: &usize| self.count(*member) != self.most.get(*member).copied().unwrap_or(0);
        let least =
            self.subscribers(topic).iter().filter(|member| open(member)).map(|member| self.count(*member)).min();
        let owners = self.table.partitions(topic).filter_map(|partition| self.owner(partition));
        let most = owners.map(|owner| self.count(owner)).max().unwrap_or(0);
        least.is_some_and(|least| most > least.saturating_add(1))
    }

    /// The same where two members have a partition: the one who comes later counts as its owner.
    fn is_out_of_balance_besides(&self, topic: usize) -> bool {
        let holders = |partition: Partition| -> Vec<usize> {
            let besides = self.besides.iter().filter(move |(held, _)| *held == partition).map(|(_, member)| *member);
            besides.chain(self.owner(partition)).collect()
        };
        self.table.partitions(topic).map(holders).any(|holders| {
            let owner = holders.iter().max_by_key(|holder| self.places.get(**holder));
            let most = owner.map_or(0, |owner| self.count(*owner));
            self.subscribers(topic).iter().any(|member| {
                let count = self.count(*member);
                Some(&count) != self.most.get(*member) && !holders.contains(member) && most > count.saturating_add(1)
            })
        })
    }

    /// The sum of the differences between each two members' counts, as an `int` has it. Kafka: `getBalanceScore`.
    fn score(&self, counts: &[usize]) -> i32 {
        let mut counts: Vec<usize> = counts
            .iter()
            .zip(&self.takes_part)
            .filter(|(_, takes_part)| **takes_part)
            .map(|(count, _)| *count)
            .collect();
        counts.sort_unstable();
        let (mut score, mut before) = (0_i32, 0_i32);
        for (place, count) in (0_i32..).zip(counts) {
            let count = i32::try_from(count).unwrap_or(i32::MAX);
            score = score.wrapping_add(count.wrapping_mul(place)).wrapping_sub(before);
            before = before.wrapping_add(count);
        }
        score
    }
}

/// Where in `order` each number stands.
fn places(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0_usize; order.len()];
    for (place, number) in order.iter().enumerate() {
        if let Some(of_number) = places.get_mut(*number) {
            *of_number = place;
        }
    }
    places
}

/// Who had each partition, by those whose generation is not the latest. Kafka: `prepopulateCurrentAssignments`.
fn former(table: &Table<'_>, claims: &Claims) -> Vec<Former> {
    let generations = table.members.iter().filter_map(|member| member.generation);
    let latest = generations.fold(NO_GENERATION, i32::max);
    let mut former: Vec<Former> = vec![None; table.total()];
    for member in claims.order.iter().copied() {
        let generation = table.members.get(member).map_or(NO_GENERATION, super::generation_of);
        if generation >= latest {
            continue;
        }
        for partition in claims.said.get(member).into_iter().flatten() {
            let Some(known) = table.index(*partition).and_then(|index| former.get_mut(index)) else { continue };
            if known.is_none_or(|(_, other)| generation > other) {
                *known = Some((member, generation));
            }
        }
    }
    former
}
