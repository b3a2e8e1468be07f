//! What happens to a record where nothing goes wrong, and what is true of every world.

use std::rc::Rc;

use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ProducerConfig, TopicConfig};
use highwater_sim::fact::{Fact, FactKind, ReadyBecause};
use highwater_sim::ids::{BrokerId, Offset, TopicPartition};
use highwater_sim::producer::Fate;
use highwater_sim::time::SimTime;
use highwater_sim::world::CommandError;

use crate::story::{Configs, EARLIEST, PLAIN, Story, broker_config, client, orders, topic_config};

fn cluster(brokers: i32) -> Story {
    cluster_with(brokers, &[])
}

fn cluster_with(brokers: i32, producer: Configs<'_>) -> Story {
    cluster_on(Story::new(brokers, 2_000, BrokerConfig::default()), brokers, producer)
}

/// orders-0 on all brokers, producer p1 and consumer c1.
fn cluster_on(mut story: Story, brokers: i32, producer: Configs<'_>) -> Story {
    story.add_producer("p1", &[&PLAIN[..1], producer].concat());
    story.add_consumer("c1", &EARLIEST);
    story.create_topic("orders", &(1..=brokers).collect::<Vec<_>>(), TopicConfig::default());
    story
}

impl Story {
    /// p1 sends a record to orders; its partitioner says where.
    fn produce_anywhere(&mut self, value: &str) {
        self.send_by("p1", "orders", None, Some(value));
    }
}

#[test]
fn a_record_is_visible_two_rounds_after_it_was_appended() {
    let mut cluster = cluster(3);
    cluster.assign("c1", None);
    cluster.run_ms(20);
    cluster.produce_anywhere("a");
    cluster.run_until(|world| world.leader(&orders()).unwrap().log_end_offset() == Offset(1));
    let appended = cluster.world.now();
    assert_eq!((cluster.hw(1), cluster.position()), (0, Some(0)), "stored is not visible");
    cluster.run_until(|world| world.replica(BrokerId(3), &orders()).unwrap().log_end_offset() == Offset(1));
    assert_eq!((cluster.leo(2), cluster.hw(1)), (1, 0), "the first round copies");
    cluster.run_until(|world| world.high_watermark(BrokerId(1), &orders()) == Some(Offset(1)));
    assert_eq!(cluster.world.now(), appended.plus_ms(4), "the second round tells, one way there and one back");
    assert_eq!((cluster.hw(2), cluster.hw(3), cluster.position()), (0, 0, Some(0)));
    cluster.run_until(|world| world.consumer("c1").unwrap().position(&orders()).unwrap().records == 1);
    assert_eq!(cluster.fates(), [Fate::Acknowledged(Offset(0))], "acks=all was answered in the same moment");
    cluster.run_ms(510);
    assert_eq!((cluster.hw(2), cluster.hw(3)), (1, 1), "followers hear of it with their next response");
}

/// Followers that get a record later than `replica.lag.time.max.ms` leave the ISR, and come back with their next fetch.
#[test]
fn followers_that_lag_leave_the_isr_and_come_back() {
    let broker = broker_config(&[("replica.fetch.wait.max.ms", "10"), ("replica.lag.time.max.ms", "20")]);
    let mut cluster = cluster_on(Story::new(3, 15_000, broker), 3, &[("linger.ms", "0")]);
    cluster.run_ms(200);
    assert_eq!((cluster.isr(), cluster.count("IsrChangeProposed")), (vec![1, 2, 3], 0), "nobody lags without records");
    cluster.produce_anywhere("a");
    cluster.run_until(|world| world.metadata().partition(&orders()).unwrap().isr.len() == 1);
    let leader = cluster.world.leader(&orders()).unwrap();
    assert_eq!((leader.state().isr().len(), cluster.hw(1)), (3, 0), "until the leader hears of it, all three count");
    cluster.run_until(|world| world.leader(&orders()).unwrap().state().isr().len() == 1);
    assert_eq!(cluster.hw(1), 1, "now the leader alone counts");
    cluster.run_until(|world| world.metadata().partition(&orders()).unwrap().isr.len() == 3);
    cluster.run_ms(100);
    assert_eq!(cluster.world.leader(&orders()).unwrap().state().isr().len(), 3);
    let told: Vec<&str> =
        cluster.names().into_iter().filter(|name| name.starts_with("Isr") || name.contains("Change")).collect();
    assert_eq!(
        told,
        [
            "IsrChangeProposed",
            "PartitionChangeRecord",
            "IsrShrunk",
            "IsrChangeProposed",
            "PartitionChangeRecord",
            "IsrExpanded",
            "IsrChangeProposed",
            "PartitionChangeRecord",
            "IsrExpanded",
        ]
    );
    assert_eq!(cluster.count("AlterPartitionResponseReceived"), 3);
    assert_eq!(cluster.fates(), [Fate::Acknowledged(Offset(0))]);
}

#[test]
fn logs_are_flushed_by_records_and_by_time_only_where_the_topic_asks() {
    let broker = broker_config(&[("log.flush.scheduler.interval.ms", "1000")]);
    let mut cluster = cluster_on(Story::new(1, 2_000, broker), 1, &[("linger.ms", "0")]);
    for (name, config) in [("by-count", ("flush.messages", "3")), ("by-time", ("flush.ms", "2000"))] {
        cluster.create_topic(name, &[1], topic_config(&[config]));
    }
    for _ in 0..4 {
        for topic in ["orders", "by-count", "by-time"] {
            cluster.send_by("p1", topic, Some(0), Some("a"));
        }
        cluster.run_ms(50);
    }
    cluster.run_ms(40_000);
    let flushed = |fact: &Fact| match &fact.kind {
        FactKind::LogFlushed { partition, recovery_point, .. } => Some((partition.topic.to_string(), recovery_point.0)),
        _ => None,
    };
    let flushed: Vec<(String, i64)> = cluster.facts.iter().filter_map(flushed).collect();
    assert_eq!(flushed, [("by-count".to_owned(), 3), ("by-time".to_owned(), 4)]);
    let leader = |topic: &str| cluster.world.leader(&TopicPartition::new(topic, 0)).unwrap().log.recovery_point();
    assert_eq!(["orders", "by-count", "by-time"].map(leader), [0, 3, 4]);
}

#[test]
fn acks_decide_when_the_producer_hears() {
    // One way of 2 ms after linger 5 ms: the append is 7 ms after the metadata came.
    for (acks, rounds_ms) in [("1", 4), ("all", 8)] {
        let mut cluster = cluster_with(3, &[("acks", acks), ("linger.ms", "0")]);
        cluster.run_ms(20);
        cluster.produce_anywhere("first, which also fetches the metadata");
        cluster.run_ms(50);
        let sent = cluster.world.now();
        cluster.produce_anywhere("b");
        cluster.run_until(|world| world.producer("p1").unwrap().acknowledged_total() == 2);
        assert_eq!(cluster.world.now(), sent.plus_ms(rounds_ms), "acks={acks}");
    }
    let mut cluster = cluster_with(3, &[("acks", "0"), ("linger.ms", "0")]);
    cluster.run_ms(20);
    cluster.produce_anywhere("a");
    cluster.run_ms(50);
    assert_eq!(cluster.fates(), [Fate::Acknowledged(Offset(-1))], "nobody says where it lies");
    assert_eq!(cluster.count("ProduceResponseSent"), 0, "acks=0 has no response");
    assert_eq!(cluster.hw(1), 1);
}

#[test]
fn an_idle_follower_asks_every_500_ms() {
    let mut cluster = cluster(2);
    cluster.run_ms(5_000);
    let fetches: Vec<SimTime> = cluster
        .facts
        .iter()
        .filter(|fact| matches!(&fact.kind, FactKind::Received(message) if fact.kind.name() == "FetchReceived" && !message.response))
        .map(|fact| fact.at)
        .collect();
    assert!(fetches.windows(2).all(|pair| pair[1].ms_since(pair[0]) == 504), "500 ms of waiting and one way each");
    assert_eq!(fetches.len(), 10);
}

#[test]
fn a_single_replica_commits_at_once() {
    let mut cluster = cluster(1);
    cluster.assign("c1", None);
    cluster.produce_anywhere("a");
    cluster.run_ms(30);
    assert_eq!((cluster.hw(1), cluster.position()), (1, Some(1)));
}

#[test]
fn a_topic_with_too_few_replicas_in_sync_refuses_acks_all_before_the_append() {
    let mut cluster =
        cluster_with(3, &[("linger.ms", "0"), ("delivery.timeout.ms", "1000"), ("request.timeout.ms", "500")]);
    // min.insync.replicas above the replication factor counts as the replication factor.
    cluster.create_topic("lonely", &[1], topic_config(&[("min.insync.replicas", "2")]));
    cluster.send_by("p1", "lonely", None, Some("a"));
    cluster.run_ms(50);
    assert_eq!(cluster.fates(), [Fate::Acknowledged(Offset(0))]);
}

#[test]
fn a_batch_goes_when_it_is_full_or_has_lingered() {
    let mut cluster = cluster_with(1, &[("batch.size", "200"), ("linger.ms", "50")]);
    cluster.run_ms(10);
    cluster.produce_anywhere("first, which also fetches the metadata");
    cluster.run_ms(100);
    let because = |cluster: &Story| {
        let ready = cluster.facts.iter().filter_map(|fact| match &fact.kind {
            FactKind::BatchReady { because, waited_ms, .. } => Some((*because, *waited_ms)),
            _ => None,
        });
        ready.collect::<Vec<_>>()
    };
    assert_eq!(because(&cluster), [(ReadyBecause::LingerExpired, 50)]);
    cluster.produce_anywhere(&"x".repeat(100));
    cluster.produce_anywhere(&"y".repeat(100));
    cluster.run_ms(1);
    assert_eq!(
        because(&cluster)[1..],
        [(ReadyBecause::Full, 0)],
        "the second record did not fit, so the first batch goes"
    );
    cluster.run_ms(100);
    assert_eq!(because(&cluster)[2..], [(ReadyBecause::LingerExpired, 50)]);
    assert_eq!(cluster.leo(1), 3);
}

#[test]
fn a_full_buffer_makes_send_wait_and_max_block_ms_ends_the_wait() {
    let small = [("buffer.memory", "400"), ("batch.size", "200"), ("linger.ms", "20"), ("max.block.ms", "100")];
    let mut cluster = cluster_with(1, &small);
    cluster.run_ms(10);
    for _ in 0..3 {
        cluster.produce_anywhere(&"x".repeat(100));
    }
    cluster.run_ms(6);
    let waits = |cluster: &Story| cluster.fates().iter().filter(|fate| **fate == Fate::AwaitsMetadata).count();
    assert_eq!(waits(&cluster), 1, "two batches fill the memory");
    cluster.run_ms(60);
    assert_eq!(waits(&cluster), 0, "an acknowledged batch gives its memory back");
    assert_eq!(cluster.leo(1), 3);
    cluster.produce_anywhere(&"x".repeat(1_000));
    assert_eq!(cluster.fates().last(), Some(&Fate::Failed("RecordTooLargeException".into())), "it will never fit");
}

#[test]
fn a_topic_that_is_not_there_ends_in_a_timeout() {
    let mut cluster = cluster_with(1, &[("max.block.ms", "1000")]);
    cluster.send_by("p1", "missing", None, None);
    cluster.produce_anywhere("waits behind it, as the application would");
    cluster.run_ms(999);
    assert_eq!(cluster.fates(), [Fate::AwaitsMetadata, Fate::AwaitsMetadata]);
    assert!(cluster.count("MetadataSent") > 5, "it asks again and again");
    cluster.run_ms(100);
    assert_eq!(cluster.fates(), [Fate::Failed("TimeoutException".into()), Fate::Acknowledged(Offset(0))]);
}

#[test]
fn every_chain_of_causes_ends_at_a_command() {
    let mut cluster = cluster(3);
    cluster.assign("c1", None);
    for value in ["a", "b", "c"] {
        cluster.produce_anywhere(value);
        cluster.run_ms(300);
    }
    for (number, fact) in cluster.facts.iter().enumerate() {
        assert_eq!(fact.id.0, number as u64, "facts are numbered without gaps");
        match fact.cause {
            Some(cause) => assert!(cause < fact.id, "a cause comes before its effect"),
            None => assert_eq!(fact.kind.name(), "CommandGiven"),
        }
    }
}

#[test]
fn the_same_commands_give_the_same_facts() {
    let tell = || {
        let mut cluster = cluster(3);
        cluster.assign("c1", None);
        for value in ["a", "b", "c"] {
            cluster.produce_anywhere(value);
            cluster.run_ms(7);
        }
        cluster.run_ms(2_000);
        serde_json::to_string(&cluster.facts.iter().map(Fact::to_json).collect::<Vec<_>>()).unwrap()
    };
    assert_eq!(tell(), tell());
}

#[test]
fn a_clone_is_another_future() {
    let mut cluster = cluster(3);
    cluster.run_ms(20);
    let mut fork = cluster.clone();
    fork.produce_anywhere("only here");
    fork.run_ms(50);
    cluster.run_ms(50);
    assert_eq!((fork.leo(1), cluster.leo(1)), (1, 0));
}

#[test]
fn a_command_that_cannot_be_done_says_why_and_changes_nothing() {
    let mut cluster = cluster(1);
    let mut refuse = |command: Command| cluster.refused(command).to_string();
    let topic =
        |topic: &str, assignment| Command::CreateTopic { topic: topic.into(), assignment, config: Rc::default() };
    let wrong = "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes ";
    assert_eq!(
        refuse(topic("orders", vec![vec![BrokerId(1)]])),
        "TOPIC_ALREADY_EXISTS: Topic 'orders' already exists."
    );
    assert_eq!(
        refuse(topic("more", vec![vec![BrokerId(2)]])),
        format!("{wrong}broker 2, but no such broker is registered.")
    );
    let none = "INVALID_PARTITIONS: Number of partitions was set to an invalid non-positive value.";
    assert_eq!(refuse(topic("more", vec![])), none);
    assert_eq!(
        refuse(topic("more", vec![vec![BrokerId(1), BrokerId(1)]])),
        format!("{wrong}the broker 1 more than once.")
    );
    assert_eq!(refuse(topic("more", vec![vec![]])), format!("{wrong}an empty replica list."));
    assert_eq!(refuse(Command::RefreshMetadata { client: client("nobody") }), "there is no client nobody");
    let many = vec![vec![BrokerId(1)]; highwater_sim::world::PARTITIONS_MAX];
    assert_eq!(refuse(topic("more", many)), "at most 100000 partitions");
    let six = ProducerConfig { max_in_flight_requests_per_connection: 6, ..ProducerConfig::default() };
    let why = "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is 6.";
    assert_eq!(cluster.world.add_producer(client("p2"), six), Err(CommandError::Invalid(why.to_owned())));
}
