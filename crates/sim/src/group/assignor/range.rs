//! Each topic in ranges. Kafka 4.3: `org.apache.kafka.clients.consumer.RangeAssignor` and, with the same answers,
//! `org.apache.kafka.coordinator.group.assignor.RangeAssignor`.

use std::collections::BTreeMap;

use super::{Assignment, Member, Topics, nothing_yet, sorted};

/// Gives each subscriber of a topic a range of it; the first ones get one more if it does not come out even.
/// Kafka: `RangeAssignor.assignPartitions`.
pub fn assign(topics: &Topics, members: &[Member]) -> Assignment {
    let mut assignment = nothing_yet(members);
    let mut subscribers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for member in sorted(members) {
        for topic in &member.topics {
            let of_topic = subscribers.entry(topic).or_default();
            // A topic that is listed twice is subscribed to once.
            if of_topic.last() != Some(&member.id.as_str()) {
                of_topic.push(&member.id);
            }
        }
    }
    for (topic, members) in subscribers {
        let partitions = topics.get(topic).copied().unwrap_or(0);
        let count = i32::try_from(members.len()).unwrap_or(i32::MAX);
        let quota = partitions.checked_div(count).unwrap_or(0);
        let extra = partitions.checked_rem(count).unwrap_or(0);
        let mut start = 0_i32;
        for (member, rank) in members.into_iter().zip(0_i32..) {
            let end = start.saturating_add(quota).saturating_add(i32::from(rank < extra));
            if let Some(own) = assignment.get_mut(member).filter(|_| start < end) {
                own.insert(topic.to_owned(), (start..end).collect());
            }
            start = end;
        }
    }
    assignment
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kafka: `RangeAssignorTest.testTwoConsumersTwoTopicsSixPartitions`.
    #[test]
    fn two_consumers_share_two_topics() {
        let member = |id: &str| Member {
            id: id.to_owned(),
            instance_id: None,
            topics: vec!["topic1".to_owned(), "topic2".to_owned()],
        };
        let topics = Topics::from([("topic1".to_owned(), 3), ("topic2".to_owned(), 3)]);
        let assignment = assign(&topics, &[member("consumer2"), member("consumer1")]);
        assert_eq!(assignment["consumer1"]["topic2"], [0, 1]);
        assert_eq!(assignment["consumer2"]["topic1"], [2]);
    }
}
