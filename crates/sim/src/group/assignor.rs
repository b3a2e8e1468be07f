//! Who in a group reads which partition. Kafka 4.3: `AbstractPartitionAssignor` with the assignors of clients on it, and the
//! coordinator's assignors in `org.apache.kafka.coordinator.group.assignor`.
//!
//! All of them are pure: topics and members in, each member's partitions out. Where Kafka's answer depends on the order of
//! a Java hash table, members are taken to have come into it in the order in which they are given here.
//! Differs from Kafka: racks are not known, so the clients' assignors match nobody by rack (the coordinator's never do).

mod range;
mod round_robin;
mod simple;
mod sticky;
mod table;
mod uniform;

use std::cmp::Ordering;

use thiserror::Error;

use crate::ids::{Topic, TopicId};
use crate::sorted::SortedMap;
use table::{Partition, Table};

/// A topic as assignors know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartitions {
    /// The topic's name.
    pub topic: Topic,
    /// The topic's id; only the coordinator's assignors look at it.
    pub id: TopicId,
    /// How many partitions it has; none if negative.
    pub partitions: i32,
}

/// A member as assignors know it. Kafka: `ConsumerPartitionAssignor.Subscription` on a client, `MemberSubscription` and
/// `MemberAssignment` in the coordinator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The member id, which nobody else in the group has.
    pub id: String,
    /// `group.instance.id`, if it is a static member.
    pub instance_id: Option<String>,
    /// The topics that it subscribes to, in its order, each once. A topic that is not known has no partitions.
    pub topics: Vec<Topic>,
    /// What it has: on a client the partitions it owned before, in the coordinator those it was to have.
    pub owned: Vec<(Topic, Vec<i32>)>,
    /// The generation in which it owned them, if it knows one; only the sticky assignors look at it.
    pub generation: Option<i32>,
}

/// A member's partitions by topic, ascending.
pub type Partitions = SortedMap<Topic, Vec<i32>>;

/// Each member's partitions, in the order of the members.
pub type Assignment = Vec<Partitions>;

/// How partitions are assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// `RangeAssignor`, both the clients' and the coordinator's.
    Range,
    /// `RoundRobinAssignor`.
    RoundRobin,
    /// `StickyAssignor`.
    Sticky,
    /// `CooperativeStickyAssignor`.
    CooperativeSticky,
    /// `UniformAssignor` of the coordinator.
    Uniform,
    /// `SimpleAssignor` of share groups.
    Simple,
}

impl Assignor {
    /// All assignors.
    pub const ALL: [Assignor; 6] = [
        Assignor::Range,
        Assignor::RoundRobin,
        Assignor::Sticky,
        Assignor::CooperativeSticky,
        Assignor::Uniform,
        Assignor::Simple,
    ];

    /// The assignor's name in protocols and configurations.
    pub fn name(self) -> &'static str {
        match self {
            Assignor::Range => "range",
            Assignor::RoundRobin => "roundrobin",
            Assignor::Sticky => "sticky",
            Assignor::CooperativeSticky => "cooperative-sticky",
            Assignor::Uniform => "uniform",
            Assignor::Simple => "simple",
        }
    }

    /// The assignor of that name.
    pub fn named(name: &str) -> Option<Assignor> {
        Assignor::ALL.into_iter().find(|assignor| assignor.name() == name)
    }

    /// Assigns the partitions of `topics` (each topic once, in any order) to `members`.
    ///
    /// A client's leader gives the topics that somebody subscribes to. Sticky assignors assign what is given, also a topic
    /// that nobody subscribes to.
    ///
    /// # Errors
    ///
    /// What Kafka throws, see [`AssignError`].
    pub fn assign(self, topics: &[TopicPartitions], members: &[Member]) -> Result<Assignment, AssignError> {
        let table = Table::new(topics, members)?;
        let partitions = match self {
            Assignor::Range => range::assign(&table),
            Assignor::RoundRobin => round_robin::assign(&table),
            Assignor::Sticky => sticky::assign(&table, false)?,
            Assignor::CooperativeSticky => sticky::assign(&table, true)?,
            Assignor::Uniform => uniform::assign(&table)?,
            Assignor::Simple => simple::assign(&table)?,
        };
        Ok(table.assignment(partitions))
    }
}

/// Why there is no assignment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AssignError {
    /// There are too many partitions or members to be numbered.
    #[error("there are too many members, topics or partitions")]
    TooMany,
    /// Kafka: `IllegalStateException` of sticky assignors, after members owned partitions that do not exist.
    #[error("No more unfilled consumers to be assigned.")]
    NoUnfilledMember,
    /// Kafka: `IllegalStateException` of sticky assignors, after members owned partitions that do not exist.
    #[error("no more partitions to be assigned, and not every member has its share")]
    NoMorePartitions,
    /// Kafka: `NullPointerException` of sticky assignors, after an owner of an older generation was set aside.
    #[error("a partition's former owner takes no part in the rebalance")]
    FormerOwnerSetAside,
    /// Kafka would go on moving partitions.
    #[error("partitions are moved without end")]
    Endless,
    /// Kafka: `PartitionAssignorException` of the uniform assignor, after members had more than there is.
    #[error("Partitions were left unassigned")]
    LeftUnassigned,
    /// Kafka: `ArrayIndexOutOfBoundsException` of the uniform assignor.
    #[error("a member has a partition that its topic has not")]
    NoSuchPartition,
    /// Kafka: `NoSuchElementException` of the simple assignor.
    #[error("no member is left to take a partition")]
    NobodyLeft,
}

/// Static members first, by instance id; then the others, by member id. Kafka: `MemberInfo.compareTo`.
pub fn compare_members(one: &Member, other: &Member) -> Ordering {
    match (&one.instance_id, &other.instance_id) {
        (Some(one), Some(other)) => compare_strings(one, other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => compare_strings(&one.id, &other.id),
    }
}

/// `String.compareTo`: by UTF-16 code units, which is the order of the bytes but for this: letters outside of the Basic
/// Multilingual Plane (in UTF-8 from `F0` on) come before U+E000 to U+FFFF (`EE` and `EF`).
fn compare_strings(one: &str, other: &str) -> Ordering {
    let weight = |byte: u8| if matches!(byte, 0xEE | 0xEF) { byte.saturating_add(0x10) } else { byte };
    match one.bytes().zip(other.bytes()).find(|(one, other)| one != other) {
        Some((one, other)) => weight(one).cmp(&weight(other)),
        None => one.len().cmp(&other.len()),
    }
}

#[cfg(test)]
mod tests;
