//! Consumers that subscribe by a regular expression, and topics that come and go.

use highwater_sim::command::Command;
use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::fact::{Fact, FieldValue};
use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::{BrokerId, NodeId, TopicPartition};
use highwater_sim::time::SimTime;
use highwater_sim::world::CommandError;

use crate::group_story::group_cluster;
use crate::story::{Configs, Story, broker, client};

impl Story {
    fn delete(self, topic: &str) -> Story {
        self.then(Command::DeleteTopic { topic: topic.into() })
    }

    /// `subscribe(Pattern)` by the classic protocol.
    fn classic(self, id: &str, pattern: &str, configs: Configs<'_>) -> Story {
        self.member(id, configs).act(id, by_pattern(pattern))
    }

    /// `subscribe(SubscriptionPattern)` by the consumer protocol.
    fn by_consumer_protocol(self, id: &str, pattern: &str) -> Story {
        self.member(id, &[("group.protocol", "consumer")]).act(id, by_subscription_pattern(pattern))
    }

    /// How long after the beginning a fact of this kind with this field was first seen, in ms.
    fn first(&self, name: &str, field: &str, value: &str) -> Option<u64> {
        let is_it = |fact: &&Fact| {
            fact.kind.name() == name && fact.kind.fields().get(field) == Some(&FieldValue::Text(value.to_owned()))
        };
        self.facts.iter().find(is_it).map(|fact| fact.at.ms_since(SimTime::ZERO))
    }

    /// The names of the facts in the chain of causes of the last fact of a kind, from it back to the command.
    fn chain(&self, name: &str) -> Vec<&'static str> {
        let last = self.facts.iter().rfind(|fact| fact.kind.name() == name).unwrap();
        [vec![last.kind.name()], self.causes(last)].concat()
    }

    fn committed(&self, topic: &str) -> Option<i64> {
        self.world.committed("g", &TopicPartition::new(topic, 0)).map(|offset| offset.0)
    }
}

fn by_pattern(pattern: &str) -> ConsumerAction {
    ConsumerAction::SubscribePattern { pattern: pattern.into() }
}

fn by_subscription_pattern(pattern: &str) -> ConsumerAction {
    ConsumerAction::SubscribeSubscriptionPattern { pattern: pattern.into() }
}

fn by_name(topic: &str) -> ConsumerAction {
    ConsumerAction::Subscribe { topics: vec![topic.into()] }
}

#[test]
fn a_classic_member_finds_a_new_topic_once_its_metadata_is_old_and_joins_again() {
    let story = group_cluster().create("orders-eu", 2).create("payments", 1);
    let story = story.classic("c1", "orders-.*", &[("metadata.max.age.ms", "20000")]).run(5_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-eu-1");
    assert_eq!(story.told("MetadataUpdated", "topic"), ["orders-eu"], "no more is kept");
    let story = story.create("orders-us", 1).create("returns", 1).run(14_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-eu-1", "nobody has told it");
    let story = story.run(6_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-eu-1 orders-us-0");
    assert_eq!(story.told("SubscribedFromPattern", "added"), ["orders-eu", "orders-us"]);
    // The timer asks for metadata, what came makes the member join, and it commits before that.
    let chain = story.chain("JoinGroupSent");
    let at = |name: &str| chain.iter().position(|fact| *fact == name).unwrap();
    assert!(at("CommitStarted") < at("SubscribedFromPattern"), "{chain:?}");
    assert_eq!(chain[at("SubscribedFromPattern") + 1], "MetadataUpdated");
    assert!(at("MetadataSent") + 1 == at("TimerFired"), "{chain:?}");
}

#[test]
fn before_it_joins_again_a_member_with_a_pattern_looks_which_topics_there_are() {
    let story =
        group_cluster().create("orders-eu", 2).classic("c1", "orders-.*", &[]).run(5_000).create("orders-us", 2);
    // That somebody else joins is what makes both find the new topic, long before metadata.max.age.ms.
    let story = story.classic("c2", "orders-.*", &[]).run(10_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-us-0; c2: orders-eu-1 orders-us-1");
    assert_eq!(story.world.group("g").unwrap().generation, 2, "one rebalance for both");
}

#[test]
fn a_classic_member_gives_up_a_topic_that_is_deleted_and_its_offset_is_forgotten() {
    let configs = [("enable.auto.commit", "false")];
    let story = group_cluster().create("orders-eu", 1).create("orders-us", 1).classic("c1", "orders-.*", &configs);
    let story = story.run(5_000).send("orders-us", 0, 3).send("orders-eu", 0, 2).run(1_000);
    let story = story.act("c1", ConsumerAction::Commit { sync: true, offsets: Vec::new() }).run(1_000);
    assert_eq!((story.committed("orders-eu"), story.committed("orders-us")), (Some(2), Some(3)));
    let story = story.delete("orders-us").run(5_000);
    assert_eq!(story.owned(), "c1: orders-eu-0");
    assert_eq!(story.told("SubscribedFromPattern", "removed").last().unwrap(), "orders-us");
    assert_eq!((story.committed("orders-eu"), story.committed("orders-us")), (Some(2), None));
    // The leader's answer made the client look, not its own timer.
    assert!(story.chain("SubscribedFromPattern").contains(&"RemoveTopicRecord"));
    let story = story.send("orders-eu", 0, 1).run(1_000);
    assert_eq!(story.world.consumer("c1").unwrap().returned(), 6);
}

#[test]
fn a_classic_member_that_commits_by_itself_cannot_for_a_deleted_topic_and_stands_still_until_it_must_join() {
    let configs = [("max.poll.interval.ms", "20000")];
    let story = group_cluster().create("orders-eu", 1).create("orders-us", 1).classic("c1", "orders-.*", &configs);
    let story = story.run(5_000).send("orders-us", 0, 3).run(6_000).delete("orders-us").run(10_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-us-0");
    let failed = story.told("CommitCompleted", "error");
    assert!(failed.iter().filter(|error| *error == "RetriableCommitFailedException").count() > 50, "{failed:?}");
    // It reads nothing meanwhile.
    let story = story.send("orders-eu", 0, 1).run(5_000);
    assert_eq!(story.world.consumer("c1").unwrap().returned(), 3);
    let story = story.run(15_000);
    assert_eq!(story.owned(), "c1: orders-eu-0");
    assert_eq!(story.world.consumer("c1").unwrap().returned(), 4);
    assert_eq!((story.committed("orders-eu"), story.committed("orders-us")), (Some(1), None));
}

#[test]
fn topics_of_kafkas_own_match_no_pattern_unless_they_are_not_excluded() {
    let story = group_cluster().create("orders", 1).classic("c1", ".*", &[]).run(5_000);
    assert_eq!(story.owned(), "c1: orders-0");
    let story =
        group_cluster().create("orders", 1).classic("c1", ".*", &[("exclude.internal.topics", "false")]).run(5_000);
    assert_eq!(story.owned(), "c1: __consumer_offsets-0 __consumer_offsets-1 __consumer_offsets-2 orders-0");
}

#[test]
fn a_coordinator_finds_a_new_topic_at_a_heartbeat_but_looks_at_most_every_ten_seconds() {
    let story =
        group_cluster().create("orders-eu", 2).create("payments", 1).by_consumer_protocol("c1", "orders-.*").run(5_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-eu-1");
    let regex = story.told("ConsumerGroupMemberMetadata", "subscribed_topic_regex");
    assert_eq!(
        (regex, story.told("ConsumerGroupMemberMetadata", "topics")),
        (vec!["orders-.*".into()], vec![String::new()])
    );
    assert_eq!(story.told("ConsumerGroupRegularExpression", "topics"), ["orders-eu"]);
    let story = story.create("orders-us", 1).create("returns", 1).run(20_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-eu-1 orders-us-0");
    assert_eq!(story.told("ConsumerGroupRegularExpression", "topics"), ["orders-eu", "orders-eu, orders-us"]);
    assert_eq!(story.told("ConsumerGroupRegularExpression", "regular_expression"), ["orders-.*", "orders-.*"]);
    let (first, second) = (
        story.first("ConsumerGroupRegularExpression", "topics", "orders-eu").unwrap(),
        story.first("ConsumerGroupRegularExpression", "topics", "orders-eu, orders-us").unwrap(),
    );
    // The first heartbeat after ten seconds; they come every five.
    assert!((10_001..15_100).contains(&(second - first)), "{first} {second}");
    assert_eq!(story.told("MetadataUpdated", "topic"), ["orders-eu", "orders-us"], "by id, and no others");
}

#[test]
fn a_coordinator_takes_a_deleted_topic_away_at_the_next_heartbeat() {
    let story = group_cluster()
        .create("orders-eu", 1)
        .create("orders-us", 1)
        .by_consumer_protocol("c1", "orders-.*")
        .run(15_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-us-0");
    let story = story.delete("orders-us").run(6_000);
    assert_eq!(story.owned(), "c1: orders-eu-0");
    assert_eq!(story.told("MetadataUpdated", "partitions").last().unwrap(), "0");
    // What the expression stands for is found out again when there is a new topic.
    let story = story.create("orders-ap", 1).run(15_000);
    assert_eq!(story.owned(), "c1: orders-ap-0 orders-eu-0");
    assert_eq!(story.told("ConsumerGroupRegularExpression", "topics").last().unwrap(), "orders-ap, orders-eu");
}

#[test]
fn an_expression_that_is_none_is_refused_by_the_coordinator() {
    let story = group_cluster().create("orders", 1).by_consumer_protocol("c1", "orders-(").run(5_000);
    assert_eq!(story.told("PollFailed", "error"), ["InvalidRegularExpression"]);
    assert_eq!(story.told("ConsumerGroupHeartbeatResponseSent", "error"), ["INVALID_REGULAR_EXPRESSION"]);
    assert_eq!(story.owned(), "c1: ");
    assert!(story.chain("PollFailed").contains(&"ConsumerGroupHeartbeatResponseReceived"));
}

#[test]
fn a_pattern_under_the_consumer_protocol_goes_to_the_coordinator_as_names() {
    let configs = [("group.protocol", "consumer"), ("metadata.max.age.ms", "20000")];
    let story = group_cluster().create("orders-eu", 1).classic("c1", "orders-.*", &configs).run(5_000);
    assert_eq!(story.owned(), "c1: orders-eu-0");
    let story = story.create("orders-us", 1).run(30_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-us-0");
    assert_eq!(story.told("ConsumerGroupMemberMetadata", "topics").last().unwrap(), "orders-eu, orders-us");
    assert_eq!(story.told("ConsumerGroupRegularExpression", "topics"), Vec::<String>::new());
}

#[test]
fn who_subscribes_in_two_ways_or_in_one_that_there_is_not_gets_an_exception() {
    let story = group_cluster().create("orders", 1).classic("c1", "orders", &[]).act("c1", by_name("orders"));
    assert_eq!(story.told("PollFailed", "error"), ["IllegalStateException"]);
    let story = story.act("c1", ConsumerAction::Unsubscribe).act("c1", by_name("orders")).run(5_000);
    assert_eq!((story.told("PollFailed", "error").len(), story.owned()), (1, "c1: orders-0".to_owned()));
    let story = group_cluster().create("orders", 1).member("c1", &[]).act("c1", by_subscription_pattern("orders"));
    assert_eq!(story.told("PollFailed", "error"), ["UnsupportedOperationException"]);
}

#[test]
fn a_pattern_that_java_would_not_compile_never_reaches_a_consumer() {
    let mut story = group_cluster().create("orders", 1).member("c1", &[]);
    for pattern in ["", "orders-(", "(a)\\1"] {
        let command = Command::Consumer { consumer: client("c1"), action: by_pattern(pattern) };
        assert!(matches!(story.refused(command), CommandError::Invalid(_)), "{pattern}");
    }
}

#[test]
fn a_leader_that_knows_a_topic_that_another_does_not_yet_makes_that_take_it() {
    // Only c1 is made to look; c2 hears of the new topic when it joins again.
    let story = group_cluster().create("orders-eu", 2).classic("c1", "orders-.*", &[]).classic("c2", "orders-.*", &[]);
    let story = story.run(10_000).create("orders-us", 2);
    let story = story.then(Command::RefreshMetadata { client: client("c1") }).run(10_000);
    assert_eq!(story.owned(), "c1: orders-eu-0 orders-us-0; c2: orders-eu-1 orders-us-1");
    assert_eq!(story.world.group("g").unwrap().generation, 2, "no rebalance too many");
}

#[test]
fn a_topic_that_comes_again_under_its_name_is_another() {
    let link = |one_way| Link { from: NodeId::Controller, to: broker(3), one_way };
    let story = group_cluster().create("orders", 1).send("orders", 0, 4).run(1_000);
    let end = |story: &Story, broker: i32| {
        let id = TopicPartition::new("orders", 0);
        story.world.replica(BrokerId(broker), &id).map(|replica| replica.log_end_offset().0)
    };
    assert_eq!(end(&story, 3), Some(4));
    // Broker 3 does not hear of the deletion, only of the new topic.
    let story = story.then_fault(Fault::Cut(link(true))).delete("orders").run(100);
    assert_eq!((end(&story, 1), end(&story, 3)), (None, Some(4)));
    let story = story.then_fault(Fault::Heal(link(true))).create("orders", 1).run(1_000);
    assert_eq!((end(&story, 1), end(&story, 3)), (Some(0), Some(0)));
    let story = story.send("orders", 0, 1).run(2_000);
    assert_eq!((end(&story, 1), end(&story, 3)), (Some(1), Some(1)));
}

#[test]
fn what_waits_for_a_deleted_topic_is_answered_and_who_asks_for_it_is_told_that_there_is_none() {
    let mut story = group_cluster().create("orders", 1).classic("c1", "orders", &[]).run(5_000);
    // A fetch of c1 waits on the leader.
    story = story.delete("orders").run(3);
    assert!(story.told("FetchResponseSent", "error").contains(&"UNKNOWN_TOPIC_OR_PARTITION".to_owned()));
    let again = story.refused(Command::DeleteTopic { topic: "orders".into() });
    assert!(again.to_string().starts_with("UNKNOWN_TOPIC_OR_PARTITION"));
    let story = story.send("orders", 0, 1).run(70_000);
    assert_eq!(story.told("SendFailed", "error"), ["TimeoutException"], "max.block.ms");
}
