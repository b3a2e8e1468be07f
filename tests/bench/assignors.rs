//! How long the sticky assignors take as a group's partitions become more.

use std::time::Instant;

use anyhow::Result;
use highwater_sim::group::assignor::{Assignment, Assignor, Member, TopicPartitions};
use highwater_sim::ids::{Topic, TopicId};
use serde_json::{Map, Value, json};

use super::milliseconds;

/// Members of the group. Half of them have all partitions, the others have just come.
const MEMBERS: usize = 1_000;
const TOPICS: i32 = 100;
/// Partitions in all.
const PARTITIONS: [i32; 3] = [1_000, 10_000, 100_000];
/// How often each is measured.
const ROUNDS: usize = 7;

/// The milliseconds of a rebalance by assignor, by subscriptions, by partitions.
///
/// # Errors
///
/// An assignor fails.
pub fn assignors() -> Result<Value> {
    let mut measured = Map::new();
    for assignor in [Assignor::Sticky, Assignor::CooperativeSticky] {
        for (subscriptions, topics_of) in [("same", all as TopicsOf), ("different", most)] {
            let mut by_partitions = Map::new();
            for partitions in PARTITIONS {
                by_partitions.insert(partitions.to_string(), json!(rebalance(assignor, partitions, topics_of)?));
            }
            measured.insert(format!("{}, {subscriptions} subscriptions", assignor.name()), by_partitions.into());
        }
    }
    Ok(json!({ "members": MEMBERS, "topics": TOPICS, "ms_by_partitions": measured }))
}

/// What a member subscribes to of all topics.
type TopicsOf = fn(usize, &[TopicPartitions]) -> Vec<Topic>;

fn all(_: usize, topics: &[TopicPartitions]) -> Vec<Topic> {
    topics.iter().map(|topic| Topic::clone(&topic.topic)).collect()
}

/// Three of four topics, other ones for each member.
fn most(member: usize, topics: &[TopicPartitions]) -> Vec<Topic> {
    let subscribed = topics.iter().enumerate().filter(|(number, _)| !(number + member).is_multiple_of(4));
    subscribed.map(|(_, topic)| Topic::clone(&topic.topic)).collect()
}

fn rebalance(assignor: Assignor, partitions: i32, topics_of: TopicsOf) -> Result<Option<Value>> {
    let topic = |number: i32| TopicPartitions {
        topic: format!("topic-{number}").into(),
        id: TopicId::default(),
        partitions: partitions / TOPICS,
    };
    let topics: Vec<TopicPartitions> = (0..TOPICS).map(topic).collect();
    let member = |number: usize| Member {
        id: format!("consumer-{number}"),
        topics: topics_of(number, &topics),
        generation: Some(1),
        ..Member::default()
    };
    let mut members: Vec<Member> = (0..MEMBERS / 2).map(member).collect();
    let before: Assignment = assignor.assign(&topics, &members)?;
    for (member, owned) in members.iter_mut().zip(before) {
        member.owned = owned.into_iter().collect();
    }
    members.extend((MEMBERS / 2..MEMBERS).map(member));
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        assignor.assign(&topics, &members)?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(milliseconds(times))
}
