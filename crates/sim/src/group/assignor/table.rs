//! Topics and members by number, so that assignors need no names.

use std::rc::Rc;

use highwater_log::java::{hash_order, string_hash_code};

use super::{AssignError, Assignment, Member, Partitions, TopicPartitions, compare_members, compare_strings};
use crate::ids::Topic;

/// The most members, topics, or partitions of all topics together.
const MOST: usize = 1 << 24;

/// A partition: its topic's place in the table and its number. They sort by topic, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition {
    /// The place of the topic in [`Table::topics`].
    pub topic: usize,
    /// The number of the partition.
    pub number: i32,
}

/// What each member gets, in the order of the members; in any order within.
pub(super) type Given = Vec<Vec<Partition>>;

/// The question.
pub(super) struct Table<'a> {
    /// The topics by name.
    pub topics: Vec<&'a TopicPartitions>,
    /// The members as they were given.
    pub members: &'a [Member],
    /// What each member subscribes to that is known, in its order, each topic once.
    pub subscribed: Vec<Vec<usize>>,
    /// How many partitions stand before each topic's, and at the end how many there are in all.
    bases: Vec<usize>,
}

impl<'a> Table<'a> {
    /// Numbers the topics and the partitions.
    pub fn new(topics: &'a [TopicPartitions], members: &'a [Member]) -> Result<Table<'a>, AssignError> {
        let mut topics: Vec<&TopicPartitions> = topics.iter().collect();
        topics.sort_unstable_by(|one, other| compare_strings(&one.topic, &other.topic));
        topics.dedup_by(|one, other| one.topic == other.topic);
        let mut bases = Vec::with_capacity(topics.len().saturating_add(1));
        let mut total = 0_usize;
        for topic in &topics {
            bases.push(total);
            total = total.saturating_add(usize::try_from(topic.partitions).unwrap_or(0));
        }
        bases.push(total);
        if total.max(topics.len()).max(members.len()) > MOST {
            return Err(AssignError::TooMany);
        }
        let mut table = Table { topics, members, subscribed: Vec::with_capacity(members.len()), bases };
        let mut last: &[Topic] = &[];
        for member in members {
            let known = match table.subscribed.last() {
                // Members mostly subscribe to the same.
                Some(known) if last == member.topics => known.clone(),
                _ => table.known(member.topics.iter()),
            };
            table.subscribed.push(known);
            last = &member.topics;
        }
        Ok(table)
    }

    /// The places of those topics that are known, each once.
    fn known<'b>(&self, topics: impl Iterator<Item = &'b Topic>) -> Vec<usize> {
        let mut seen = vec![false; self.topics.len()];
        let mut next = 0_usize;
        let mut place = |topic: &Topic| {
            // They mostly come by name.
            let place = match self.topics.get(next) {
                Some(known) if known.topic == *topic => Some(next),
                _ => self.place(topic),
            }?;
            next = place.saturating_add(1);
            Some(place)
        };
        let mut known: Vec<usize> = topics.filter_map(&mut place).collect();
        known.retain(|topic| seen.get_mut(*topic).is_some_and(|seen| !std::mem::replace(seen, true)));
        known
    }

    /// The place of a topic, if it is known.
    pub fn place(&self, topic: &str) -> Option<usize> {
        self.topics.binary_search_by(|known| compare_strings(&known.topic, topic)).ok()
    }

    /// How many partitions a topic has.
    pub fn count(&self, topic: usize) -> i32 {
        self.topics.get(topic).map_or(0, |topic| topic.partitions.max(0))
    }

    /// The same as a `usize`.
    pub fn size(&self, topic: usize) -> usize {
        usize::try_from(self.count(topic)).unwrap_or(0)
    }

    /// How many partitions there are in all.
    pub fn total(&self) -> usize {
        self.bases.last().copied().unwrap_or(0)
    }

    /// The place of a partition among all, in the order of topics and numbers; none if there is no such partition.
    pub fn index(&self, partition: Partition) -> Option<usize> {
        let number = usize::try_from(partition.number).ok()?;
        let base = self.bases.get(partition.topic).filter(|_| partition.number < self.count(partition.topic))?;
        Some(base.saturating_add(number))
    }

    /// The partitions of a topic.
    pub fn partitions(&self, topic: usize) -> impl Iterator<Item = Partition> + use<> {
        (0..self.count(topic)).map(move |number| Partition { topic, number })
    }

    /// All partitions, by topic and number.
    pub fn all(&self) -> impl Iterator<Item = Partition> {
        (0..self.topics.len()).flat_map(|topic| self.partitions(topic))
    }

    /// What a member has of topics that are known, in its order.
    pub fn owned(&self, member: &Member) -> Vec<Partition> {
        let mut owned = Vec::with_capacity(member.owned.iter().map(|(_, numbers)| numbers.len()).sum());
        for (topic, numbers) in &member.owned {
            if let Some(topic) = self.place(topic) {
                owned.extend(numbers.iter().map(|number| Partition { topic, number: *number }));
            }
        }
        owned
    }

    /// The members in the order of a `HashMap` by member id.
    pub fn in_hash_order(&self) -> Vec<usize> {
        hash_order(self.members.iter().map(|member| string_hash_code(&member.id)), 0)
    }

    /// The members in their order: static ones first, and those with one instance id as the `HashMap` has them.
    pub fn in_member_order(&self) -> Vec<usize> {
        let hashed = self.in_hash_order().into_iter().enumerate();
        let mut order: Vec<(usize, usize, &Member)> =
            hashed.filter_map(|(at, member)| Some((at, member, self.members.get(member)?))).collect();
        order.sort_unstable_by(|(at, _, one), (other_at, _, other)| compare_members(one, other).then(at.cmp(other_at)));
        order.into_iter().map(|(_, member, _)| member).collect()
    }

    /// Each member's place by its id, whatever order they came in.
    pub fn ranks(&self) -> Vec<usize> {
        let mut order: Vec<(usize, &Member)> = self.members.iter().enumerate().collect();
        order.sort_unstable_by(|(at, one), (other_at, other)| {
            compare_strings(&one.id, &other.id).then(at.cmp(other_at))
        });
        let mut ranks = vec![0; order.len()];
        for (rank, (member, _)) in order.into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(member) {
                *place = rank;
            }
        }
        ranks
    }

    /// Who subscribes to each topic, in the order of `members`.
    pub fn subscribers(&self, members: &[usize]) -> Vec<Vec<usize>> {
        let mut subscribers = vec![Vec::new(); self.topics.len()];
        for member in members {
            for topic in self.subscribed.get(*member).into_iter().flatten() {
                if let Some(of_topic) = subscribers.get_mut(*topic) {
                    of_topic.push(*member);
                }
            }
        }
        subscribers
    }

    /// Whether all members subscribe to the same topics. Kafka: `SubscriptionType.HOMOGENEOUS`.
    pub fn is_homogeneous(&self) -> bool {
        let Some(first) = self.members.first() else { return true };
        let topics = topics_of(first);
        self.members.iter().all(|member| member.topics == first.topics || topics_of(member) == topics)
    }

    /// A member's topics as a `HashSet<String>` made from the list of their names goes through them. Kafka: `TopicIds`.
    pub fn subscribed_in_hash_order(&self, member: usize) -> Vec<usize> {
        let names = self.members.get(member).map_or(&[][..], |member| &member.topics);
        let order = hash_order(names.iter().map(|name| string_hash_code(name)), names.len());
        self.known(order.into_iter().filter_map(|at| names.get(at)))
    }

    /// `topics` in the order of a `HashSet<Uuid>` into which they are put; the table was made for `copied` of them.
    pub fn ids_in_hash_order(&self, topics: &[usize], copied: usize) -> Vec<usize> {
        let ids = topics.iter().filter_map(|topic| self.topics.get(*topic));
        let order = hash_order(ids.map(|topic| topic.id.hash_code()), copied);
        order.into_iter().filter_map(|at| topics.get(at).copied()).collect()
    }

    /// What a member has, each partition once, as a `Map<Uuid, Set<Integer>>` goes through it that was filled by name and
    /// number.
    pub fn owned_in_hash_order(&self, member: &Member) -> Vec<Partition> {
        let mut owned = self.owned(member);
        owned.sort_unstable();
        owned.dedup();
        let by_topic: Vec<&[Partition]> = owned.chunk_by(|one, other| one.topic == other.topic).collect();
        let topics: Vec<usize> =
            by_topic.iter().filter_map(|of_topic| of_topic.first()).map(|first| first.topic).collect();
        let mut ordered = Vec::with_capacity(owned.len());
        for topic in self.ids_in_hash_order(&topics, 0) {
            let of_topic =
                topics.binary_search(&topic).ok().and_then(|at| by_topic.get(at)).copied().unwrap_or_default();
            let order = hash_order(of_topic.iter().map(|partition| partition.number), 0);
            ordered.extend(order.into_iter().filter_map(|at| of_topic.get(at).copied()));
        }
        ordered
    }

    /// Nothing for each member.
    pub fn nothing(&self) -> Given {
        vec![Vec::new(); self.members.len()]
    }

    /// The assignment in names.
    pub fn assignment(&self, given: Given) -> Assignment {
        given.into_iter().map(|partitions| self.named(partitions)).collect()
    }

    fn named(&self, mut partitions: Vec<Partition>) -> Partitions {
        partitions.sort_unstable();
        let mut named = Partitions::new();
        for of_topic in partitions.chunk_by(|one, other| one.topic == other.topic) {
            let topic = of_topic.first().and_then(|partition| self.topics.get(partition.topic));
            if let Some(topic) = topic {
                named.insert(Rc::clone(&topic.topic), of_topic.iter().map(|partition| partition.number).collect());
            }
        }
        named
    }
}

/// What a member subscribes to, by name.
pub(super) fn topics_of(member: &Member) -> Vec<&str> {
    let mut topics: Vec<&str> = member.topics.iter().map(|topic| &**topic).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}
