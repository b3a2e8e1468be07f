//! One partition to each member in turn. Kafka 4.3: `org.apache.kafka.clients.consumer.RoundRobinAssignor`.

use std::collections::BTreeSet;

use super::{Assignment, Member, Topics, compare_strings, nothing_yet, sorted};

/// Deals the partitions, by topic and number, to the members in turn; a member that does not subscribe is passed over.
/// Kafka: `RoundRobinAssignor.assign`.
pub fn assign(topics: &Topics, members: &[Member]) -> Assignment {
    let mut assignment = nothing_yet(members);
    let circle: Vec<(&str, BTreeSet<&str>)> = sorted(members)
        .into_iter()
        .map(|member| (member.id.as_str(), member.topics.iter().map(String::as_str).collect()))
        .collect();
    let subscribed: BTreeSet<&str> = circle.iter().flat_map(|(_, topics)| topics.iter().copied()).collect();
    let mut subscribed: Vec<&str> = subscribed.into_iter().collect();
    subscribed.sort_by(|one, other| compare_strings(one, other));
    let mut turn = circle.iter().cycle();
    for topic in subscribed {
        for partition in 0..topics.get(topic).copied().unwrap_or(0) {
            // Somebody subscribes to the topic, so a round finds a taker.
            let taker = turn.by_ref().take(circle.len()).find(|(_, topics)| topics.contains(topic));
            if let Some(own) = taker.and_then(|(id, _)| assignment.get_mut(*id)) {
                own.entry(topic.to_owned()).or_default().push(partition);
            }
        }
    }
    assignment
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kafka: `RoundRobinAssignorTest.testMultipleConsumersMixedTopicSubscriptions`.
    #[test]
    fn who_does_not_subscribe_is_passed_over() {
        let member = |id: &str, topics: &[&str]| Member {
            id: id.to_owned(),
            instance_id: None,
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
        };
        let topics = Topics::from([("topic1".to_owned(), 3), ("topic2".to_owned(), 2)]);
        let members = [
            member("consumer1", &["topic1"]),
            member("consumer2", &["topic1", "topic2"]),
            member("consumer3", &["topic1"]),
        ];
        let assignment = assign(&topics, &members);
        assert_eq!(assignment["consumer1"]["topic1"], [0]);
        assert_eq!(assignment["consumer2"]["topic1"], [1]);
        assert_eq!(assignment["consumer2"]["topic2"], [0, 1]);
        assert_eq!(assignment["consumer3"]["topic1"], [2]);
    }
}
