//! Who in a group reads which partition. Kafka 4.3: `AbstractPartitionAssignor` and the assignors on it.
//! Differs from Kafka: racks are not known, so nobody is matched by rack.

pub mod range;
pub mod round_robin;
pub mod sticky;

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The topics and how many partitions each has.
pub type Topics = BTreeMap<String, i32>;

/// A member's partitions by topic, ascending.
pub type Partitions = BTreeMap<String, Vec<i32>>;

/// Each member's partitions, by member id.
pub type Assignment = BTreeMap<String, Partitions>;

/// A member as it is known to an assignor. Kafka: `ConsumerPartitionAssignor.Subscription`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member id, which nobody else in the group has.
    pub id: String,
    /// `group.instance.id`, if it is a static member.
    pub instance_id: Option<String>,
    /// The topics that it subscribes to.
    pub topics: Vec<String>,
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

/// `String.compareTo`: by UTF-16 code units, which is not the order of UTF-8.
fn compare_strings(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

/// The members in their order, whatever order they came in.
fn sorted(members: &[Member]) -> Vec<&Member> {
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by(|one, other| compare_members(one, other));
    sorted
}

/// Everybody is in an assignment, with nothing at first.
fn nothing_yet(members: &[Member]) -> Assignment {
    members.iter().map(|member| (member.id.clone(), Partitions::new())).collect()
}
