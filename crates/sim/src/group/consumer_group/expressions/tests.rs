use super::*;
use crate::group::consumer_group::{ConsumerGroupConfig, Target};
use crate::ids::TopicId;

/// A group whose members subscribe by expressions to `a-1` and `b-1`.
struct Story {
    group: ConsumerGroup,
}

impl Story {
    fn new() -> Story {
        let mut group = ConsumerGroup::new("g".to_owned(), ConsumerGroupConfig::default());
        group.version = TopicsVersion { now: 1, with_new_topics: 1 };
        Story { group }
    }

    /// A heartbeat, which says what the member subscribes to if that is another: the records about expressions that it
    /// writes, and those that follow at once.
    fn beat(&mut self, at: u64, member: &str, expression: Option<&str>) -> (Vec<String>, Vec<String>) {
        let cluster: Vec<TopicPartitions> = [(7, "a-1"), (8, "b-1")]
            .into_iter()
            .map(|(id, name)| TopicPartitions { topic: name.into(), id: TopicId(id), partitions: 3 })
            .collect();
        let there = self.group.members.get(member).cloned();
        let request = HeartbeatRequest {
            group: "g".to_owned(),
            member_id: member.to_owned(),
            member_epoch: there.as_ref().map_or(0, |there| there.epoch),
            rebalance_timeout_ms: there.is_none().then_some(300_000),
            subscribed_topic_regex: expression.map(str::to_owned),
            topic_partitions: there.is_none().then(Target::new),
            ..HeartbeatRequest::default()
        };
        let now = SimTime::from_ms(at);
        let (mut out, mut behind) = (Outcome::default(), Outcome::default());
        self.group.heartbeat(now, &request, &cluster, &mut out).unwrap();
        self.group.on_time(now, &cluster, &mut behind);
        (told(&out), told(&behind))
    }
}

fn told(out: &Outcome) -> Vec<String> {
    let tell = |record: &Record| match (&record.key.part, &record.value) {
        (Part::RegularExpression(text), Some(_)) => Some(format!("+{text}")),
        (Part::RegularExpression(text), None) => Some(format!("-{text}")),
        _ => None,
    };
    out.records.iter().filter_map(tell).collect()
}

fn records(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_sole_subscriber_that_changes_its_mind_waits_for_the_next_heartbeat() {
    let mut story = Story::new();
    assert_eq!(story.beat(0, "m", Some("a-.*")), (vec![], records(&["+a-.*"])));
    // The old expression was resolved within ten seconds, and still counts.
    assert_eq!(story.beat(5_000, "m", Some("b-.*")), (records(&["-a-.*"]), vec![]));
    // Now nothing is resolved, so nothing is early.
    assert_eq!(story.beat(5_500, "m", None), (vec![], records(&["+b-.*"])));
}

#[test]
fn later_than_ten_seconds_it_does_not_wait() {
    let mut story = Story::new();
    story.beat(0, "m", Some("a-.*"));
    assert_eq!(story.beat(10_001, "m", Some("b-.*")), (records(&["-a-.*"]), records(&["+b-.*"])));
}

#[test]
fn an_expression_that_goes_has_the_others_resolved_again() {
    let mut story = Story::new();
    story.beat(0, "m", Some("a-.*"));
    assert_eq!(story.beat(10_001, "n", Some("b-.*")), (vec![], records(&["+a-.*", "+b-.*"])));
    // Both are resolved, one is subscribed to.
    assert_eq!(story.beat(20_003, "n", Some("a-.*")), (records(&["-b-.*"]), records(&["+a-.*"])));
}

#[test]
fn who_has_no_expression_any_more_has_none_resolved() {
    let mut story = Story::new();
    story.beat(0, "m", Some("a-.*"));
    assert_eq!(story.beat(10_001, "m", Some("")), (records(&["-a-.*"]), vec![]));
    assert!(story.group.resolves_at.is_none() && story.group.expressions.is_empty());
}
