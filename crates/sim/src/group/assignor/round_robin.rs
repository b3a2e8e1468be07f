//! One partition to each member in turn. Kafka 4.3: `org.apache.kafka.clients.consumer.RoundRobinAssignor`.

use super::table::{Given, Table};

/// Deals the partitions, by topic and number, to the members in turn; a member that does not subscribe is passed over.
/// Kafka: `RoundRobinAssignor.assign`.
pub(super) fn assign(table: &Table<'_>) -> Given {
    let mut given = table.nothing();
    let circle = table.in_member_order();
    let mut turn = 0_usize;
    for (topic, subscribers) in table.subscribers(&circle).into_iter().enumerate() {
        let mut takes_part = vec![false; circle.len()];
        for member in subscribers {
            if let Some(takes_part) = takes_part.get_mut(member) {
                *takes_part = true;
            }
        }
        let takers: Vec<(usize, usize)> = circle
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, member)| takes_part.get(*member).is_some_and(|takes_part| *takes_part))
            .collect();
        // The first at or after the turn.
        let mut next = takers.partition_point(|(place, _)| *place < turn);
        for partition in table.partitions(topic) {
            let Some((place, member)) = takers.get(next).or(takers.first()).copied() else { break };
            next = if next < takers.len() { next.saturating_add(1) } else { 1 };
            turn = place.saturating_add(1);
            if let Some(own) = given.get_mut(member) {
                own.push(partition);
            }
        }
    }
    given
}
