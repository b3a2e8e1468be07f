//! Each topic in ranges. Kafka 4.3: `org.apache.kafka.clients.consumer.RangeAssignor` and, with the same answers,
//! `org.apache.kafka.coordinator.group.assignor.RangeAssignor`.

use super::Partition;
use super::table::{Given, Table};

/// Gives each subscriber of a topic a range of it; the first ones get one more if it does not come out even.
/// Kafka: `RangeAssignor.assignPartitions`.
pub(super) fn assign(table: &Table<'_>) -> Given {
    let mut given = table.nothing();
    for (topic, members) in table.subscribers(&table.in_member_order()).into_iter().enumerate() {
        let partitions = table.count(topic);
        let count = i32::try_from(members.len()).unwrap_or(i32::MAX);
        let quota = partitions.checked_div(count).unwrap_or(0);
        let extra = partitions.checked_rem(count).unwrap_or(0);
        let mut start = 0_i32;
        for (member, rank) in members.into_iter().zip(0_i32..) {
            let end = start.saturating_add(quota).saturating_add(i32::from(rank < extra));
            if let Some(own) = given.get_mut(member) {
                own.extend((start..end).map(|number| Partition { topic, number }));
            }
            start = end;
        }
    }
    given
}
