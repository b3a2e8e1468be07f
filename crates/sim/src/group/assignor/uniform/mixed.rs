//! Evenly, to members with different subscriptions. Kafka 4.3: `UniformHeterogeneousAssignmentBuilder`. Members are numbered
//! as Kafka's map goes through them.

use std::cmp::Ordering;

use super::super::AssignError;
use super::super::table::{Given, Partition, Table};
use super::balancer::Balancer;

/// Kafka: `MAX_ITERATION_COUNT`.
const MOST_ROUNDS: usize = 16;

struct Builder<'a> {
    table: &'a Table<'a>,
    /// The members of each topic by their numbers.
    subscribers: Vec<Vec<usize>>,
    /// Who has each partition.
    owners: Vec<Option<usize>>,
    /// What a member has although another one has it too.
    besides: Vec<(Partition, usize)>,
    /// How much each member has.
    sizes: Vec<usize>,
}

/// Kafka: `UniformHeterogeneousAssignmentBuilder.build`.
pub(super) fn assign(table: &Table<'_>) -> Result<Given, AssignError> {
    let order = table.in_hash_order();
    let mut numbers = vec![0_usize; order.len()];
    for (number, member) in order.iter().enumerate() {
        if let Some(place) = numbers.get_mut(*member) {
            *place = number;
        }
    }
    let mut subscribers = table.subscribers(&order);
    for member in subscribers.iter_mut().flatten() {
        *member = numbers.get(*member).copied().unwrap_or(0);
    }
    let mut builder = Builder {
        table,
        subscribers,
        owners: vec![None; table.total()],
        besides: Vec::new(),
        sizes: vec![0; order.len()],
    };
    builder.keep(&order)?;
    let topics = builder.topics();
    for topic in &topics {
        builder.assign_rest(*topic);
    }
    builder.balance(&topics);
    let mut given = table.nothing();
    let owned = table.all().zip(&builder.owners).filter_map(|(partition, owner)| Some((partition, (*owner)?)));
    for (partition, owner) in owned.chain(builder.besides.iter().copied()) {
        if let Some(own) = order.get(owner).and_then(|member| given.get_mut(*member)) {
            own.push(partition);
        }
    }
    Ok(given)
}

impl Builder<'_> {
    fn subscribers(&self, topic: usize) -> &[usize] {
        self.subscribers.get(topic).map_or(&[], Vec::as_slice)
    }

    /// Everybody keeps what they have and subscribe to. Kafka: `maybeRevokePartitions`.
    fn keep(&mut self, order: &[usize]) -> Result<(), AssignError> {
        let mut subscribes = vec![usize::MAX; self.table.topics.len()];
        for (number, member) in order.iter().copied().enumerate() {
            for topic in self.table.subscribed.get(member).into_iter().flatten() {
                if let Some(subscriber) = subscribes.get_mut(*topic) {
                    *subscriber = number;
                }
            }
            let Some(asked) = self.table.members.get(member) else { continue };
            for partition in self.table.owned_in_hash_order(asked) {
                if subscribes.get(partition.topic) != Some(&number) {
                    continue;
                }
                let owner = self.table.index(partition).and_then(|index| self.owners.get_mut(index));
                if let Some(other) = owner.ok_or(AssignError::NoSuchPartition)?.replace(number) {
                    self.besides.push((partition, other));
                }
                if let Some(size) = self.sizes.get_mut(number) {
                    *size = size.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    /// The topics that somebody subscribes to, those first that have most partitions a subscriber.
    /// Kafka: `topicComparator`.
    fn topics(&self) -> Vec<usize> {
        let mut topics: Vec<usize> = (0..self.table.topics.len()).collect();
        topics.retain(|topic| !self.subscribers(*topic).is_empty());
        topics.sort_unstable_by(|one, other| self.compare_topics(*one, *other));
        topics
    }

    fn compare_topics(&self, one: usize, other: usize) -> Ordering {
        let subscribers = [one, other].map(|topic| self.subscribers(topic).len());
        // One has p partitions and s subscribers, the other q and t: p / s is compared with q / t as p t with q s. Kafka
        // divides, and numbers this small divide to the same only if they are the same.
        let [one_load, other_load] = [(one, subscribers[1]), (other, subscribers[0])].map(|(topic, factor)| {
            i64::from(self.table.count(topic)).saturating_mul(i64::try_from(factor).unwrap_or(i64::MAX))
        });
        let id = |topic: usize| self.table.topics.get(topic).map(|topic| topic.id);
        other_load
            .cmp(&one_load)
            .then_with(|| subscribers[0].cmp(&subscribers[1]))
            .then_with(|| id(one).cmp(&id(other)))
            .then(one.cmp(&other))
    }

    /// What nobody has goes to those subscribers who have the least. Kafka: `assignRemainingPartitions`.
    fn assign_rest(&mut self, topic: usize) {
        let is_free = |partition: &Partition| {
            self.table.index(*partition).is_some_and(|index| self.owners.get(index) == Some(&None))
        };
        let free: Vec<Partition> = self.table.partitions(topic).filter(is_free).collect();
        if free.is_empty() {
            return;
        }
        let mut balancer = Balancer::new(self.subscribers(topic), &self.sizes);
        for partition in free {
            if let Some(member) = balancer.next_least_loaded(&self.sizes) {
                self.give(partition, member);
            }
        }
    }

    fn give(&mut self, partition: Partition, member: usize) {
        // What a member has is a set: it has the partition once, and loses it whole.
        self.besides.retain(|besides| *besides != (partition, member));
        let owner = self.table.index(partition).and_then(|index| self.owners.get_mut(index));
        let before = owner.and_then(|owner| owner.replace(member));
        if let Some(size) = before.and_then(|before| self.sizes.get_mut(before)) {
            *size = size.saturating_sub(1);
        }
        if let Some(size) = self.sizes.get_mut(member) {
            *size = size.saturating_add(1);
        }
    }

    /// Goes round the topics until all have come by since the last one from which something was moved.
    /// Kafka: `balanceTopics`.
    fn balance(&mut self, topics: &[usize]) {
        let contested = topics.iter().copied().filter(|topic| self.subscribers(*topic).len() >= 2);
        let contested: Vec<usize> = contested.collect();
        let mut last_moved = None;
        for _ in 0..MOST_ROUNDS {
            for topic in &contested {
                if last_moved == Some(*topic) {
                    return;
                }
                if self.balance_topic(*topic) || last_moved.is_none() {
                    last_moved = Some(*topic);
                }
            }
        }
    }

    /// Moves partitions from those subscribers who have the most to those who have the least; whether any moved.
    /// Kafka: `balanceTopic`.
    fn balance_topic(&mut self, topic: usize) -> bool {
        let mut balancer = Balancer::new(self.subscribers(topic), &self.sizes);
        if balancer.imbalance() <= 1 {
            return false;
        }
        // Each member's partitions. They are given away from the end.
        let mut by_owner: Vec<Vec<Partition>> = vec![Vec::new(); self.sizes.len()];
        for partition in self.table.partitions(topic) {
            let owner = self.table.index(partition).and_then(|index| self.owners.get(index).copied().flatten());
            if let Some(of_owner) = owner.and_then(|owner| by_owner.get_mut(owner)) {
                of_owner.push(partition);
            }
        }
        let mut moved = false;
        while !balancer.is_balanced() {
            let partition = loop {
                let Some(giver) = balancer.next_most_loaded(&self.sizes) else { return moved };
                match by_owner.get_mut(giver).and_then(Vec::pop) {
                    Some(partition) => break partition,
                    None => balancer.exclude_most_loaded(),
                }
            };
            let taker = balancer.next_least_loaded(&self.sizes);
            let Some(taker) = taker.filter(|_| !balancer.is_balanced()) else { return moved };
            self.give(partition, taker);
            moved = true;
        }
        moved
    }
}
