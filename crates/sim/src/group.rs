//! Which coordinator a group has, and who in it reads what. Kafka 4.3: `GroupCoordinatorService.partitionFor`.

pub mod assignor;
pub mod body;
pub mod cluster;
pub mod consumer_group;
pub mod coordinator;
pub mod error;
pub mod event;
pub mod java_map;
pub mod member;
pub mod message;
pub mod protocol;
pub mod records;
pub mod regular_expression;
pub mod share;
pub mod timeline_map;
pub mod wire;

use highwater_log::java::{abs, string_hash_code};

/// The topic in which coordinators keep their groups and what those committed.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The partition of `__consumer_offsets` that holds the group's offsets, whose leader is the group's coordinator;
/// none if the topic has no partitions.
pub fn partition_for(group: &str, partitions: i32) -> Option<i32> {
    if partitions > 0 { abs(string_hash_code(group)).checked_rem(partitions) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_without_absolute_value_goes_to_partition_0() {
        assert_eq!(partition_for("polygenelubricants", 50), Some(0));
        assert_eq!(partition_for("orders", 50), Some(31));
        assert_eq!(partition_for("orders", 0), None);
    }
}
