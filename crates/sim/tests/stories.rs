//! Cluster stories: what a whole world does, in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
use highwater_sim::fact::{Fact, FactKind, ReadyBecause};
use highwater_sim::ids::{BrokerId, ClientId, Offset, TopicPartition};
use highwater_sim::producer::Fate;
use highwater_sim::time::SimTime;
use highwater_sim::world::{CommandError, World, WorldConfig};

/// A cluster with orders-0 on all brokers, producer p1 and consumer c1.
struct Cluster {
    world: World,
    facts: Vec<Fact>,
}

fn cluster(brokers: i32) -> Cluster {
    cluster_with(brokers, &[])
}

fn cluster_with(brokers: i32, producer: &[(&str, &str)]) -> Cluster {
    cluster_on(WorldConfig { brokers, latency_us: 2_000, seed: 1, broker: BrokerConfig::default() }, producer)
}

fn cluster_on(config: WorldConfig, producer: &[(&str, &str)]) -> Cluster {
    let brokers = config.brokers;
    let mut world = World::new(config).unwrap();
    let mut config = ProducerConfig::default();
    config.set("enable.idempotence", "false").unwrap();
    for (name, value) in producer {
        config.set(name, value).unwrap();
    }
    world.add_producer(client("p1"), config).unwrap();
    let mut config = ConsumerConfig::default();
    config.set("auto.offset.reset", "earliest").unwrap();
    world.add_consumer(client("c1"), config).unwrap();
    let mut cluster = Cluster { world, facts: Vec::new() };
    let replicas = (1..=brokers).map(BrokerId).collect();
    cluster.command(Command::CreateTopic {
        topic: "orders".into(),
        assignment: vec![replicas],
        config: std::rc::Rc::default(),
    });
    cluster
}

fn client(id: &str) -> ClientId {
    ClientId(Rc::from(id))
}

fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

impl Cluster {
    fn command(&mut self, command: Command) {
        self.world.command(command, &mut self.facts).unwrap();
    }

    fn produce(&mut self, value: &str) {
        let value = Some(Bytes::from(value));
        self.command(Command::Send {
            producer: client("p1"),
            topic: "orders".into(),
            partition: None,
            key: None,
            value,
            timestamp_ms: None,
        });
    }

    fn consume(&mut self) {
        self.command(Command::Assign { consumer: client("c1"), partitions: vec![orders()], from: None });
    }

    fn run_ms(&mut self, ms: u64) {
        let until = self.world.now().plus_ms(ms);
        while self.world.next_event_at().is_some_and(|at| at <= until) {
            self.world.step(&mut self.facts);
        }
        self.world.idle_until(until);
    }

    fn run_until(&mut self, holds: impl Fn(&World) -> bool) {
        for _ in 0..100_000 {
            if holds(&self.world) {
                return;
            }
            assert!(self.world.step(&mut self.facts), "nothing more happens");
        }
        panic!("it does not come to hold");
    }

    fn hw(&self, broker: i32) -> i64 {
        self.world.high_watermark(BrokerId(broker), &orders()).unwrap().0
    }

    fn leo(&self, broker: i32) -> i64 {
        self.world.replica(BrokerId(broker), &orders()).unwrap().log_end_offset().0
    }

    fn position(&self) -> Option<i64> {
        self.world
            .consumer("c1")
            .unwrap()
            .position(&orders())
            .and_then(|position| position.offset)
            .map(|offset| offset.0)
    }

    fn fates(&self) -> Vec<Fate> {
        self.world.producer("p1").unwrap().sent().iter().map(|sent| sent.fate.clone()).collect()
    }

    fn names(&self) -> Vec<&'static str> {
        self.facts.iter().map(|fact| fact.kind.name()).collect()
    }

    fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|known| **known == name).count()
    }
}

#[test]
fn a_record_is_visible_two_rounds_after_it_was_appended() {
    let mut cluster = cluster(3);
    cluster.consume();
    cluster.run_ms(20);
    cluster.produce("a");
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
    let mut broker = BrokerConfig::default();
    broker.set("replica.fetch.wait.max.ms", "10").unwrap();
    broker.set("replica.lag.time.max.ms", "20").unwrap();
    let config = WorldConfig { brokers: 3, latency_us: 15_000, seed: 1, broker };
    let mut cluster = cluster_on(config, &[("linger.ms", "0")]);
    let isr = |cluster: &Cluster| -> Vec<i32> {
        cluster.world.metadata().partition(&orders()).unwrap().isr.iter().map(|id| id.0).collect()
    };
    cluster.run_ms(200);
    assert_eq!((isr(&cluster), cluster.count("IsrChangeProposed")), (vec![1, 2, 3], 0), "nobody lags without records");
    cluster.produce("a");
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
    let mut broker = BrokerConfig::default();
    broker.set("log.flush.scheduler.interval.ms", "1000").unwrap();
    let mut cluster = cluster_on(WorldConfig { brokers: 1, latency_us: 2_000, seed: 1, broker }, &[("linger.ms", "0")]);
    let topic = |name: &str, value: &str| {
        let mut config = TopicConfig::default();
        config.set(name, value).unwrap();
        Rc::new(config)
    };
    for (name, config) in [("by-count", topic("flush.messages", "3")), ("by-time", topic("flush.ms", "2000"))] {
        cluster.command(Command::CreateTopic { topic: name.into(), assignment: vec![vec![BrokerId(1)]], config });
    }
    for _ in 0..4 {
        for topic in ["orders", "by-count", "by-time"] {
            cluster.command(Command::Send {
                producer: client("p1"),
                topic: topic.into(),
                partition: Some(0),
                key: None,
                value: Some(Bytes::from("a")),
                timestamp_ms: None,
            });
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
        cluster.produce("first, which also fetches the metadata");
        cluster.run_ms(50);
        let sent = cluster.world.now();
        cluster.produce("b");
        cluster.run_until(|world| world.producer("p1").unwrap().acknowledged_total() == 2);
        assert_eq!(cluster.world.now(), sent.plus_ms(rounds_ms), "acks={acks}");
    }
    let mut cluster = cluster_with(3, &[("acks", "0"), ("linger.ms", "0")]);
    cluster.run_ms(20);
    cluster.produce("a");
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
    cluster.consume();
    cluster.produce("a");
    cluster.run_ms(30);
    assert_eq!((cluster.hw(1), cluster.position()), (1, Some(1)));
}

#[test]
fn a_topic_with_too_few_replicas_in_sync_refuses_acks_all_before_the_append() {
    let mut cluster =
        cluster_with(3, &[("linger.ms", "0"), ("delivery.timeout.ms", "1000"), ("request.timeout.ms", "500")]);
    // min.insync.replicas above the replication factor counts as the replication factor.
    let one = vec![vec![BrokerId(1)]];
    cluster.command(Command::CreateTopic {
        topic: "lonely".into(),
        assignment: one,
        config: std::rc::Rc::new(highwater_sim::config::TopicConfig {
            min_insync_replicas: 2,
            ..highwater_sim::config::TopicConfig::default()
        }),
    });
    cluster.command(Command::Send {
        producer: client("p1"),
        topic: "lonely".into(),
        partition: None,
        key: None,
        value: Some(Bytes::from("a")),
        timestamp_ms: None,
    });
    cluster.run_ms(50);
    assert_eq!(cluster.fates(), [Fate::Acknowledged(Offset(0))]);
}

#[test]
fn a_batch_goes_when_it_is_full_or_has_lingered() {
    let mut cluster = cluster_with(1, &[("batch.size", "200"), ("linger.ms", "50")]);
    cluster.run_ms(10);
    cluster.produce("first, which also fetches the metadata");
    cluster.run_ms(100);
    let because = |cluster: &Cluster| {
        let ready = cluster.facts.iter().filter_map(|fact| match &fact.kind {
            FactKind::BatchReady { because, waited_ms, .. } => Some((*because, *waited_ms)),
            _ => None,
        });
        ready.collect::<Vec<_>>()
    };
    assert_eq!(because(&cluster), [(ReadyBecause::LingerExpired, 50)]);
    cluster.produce(&"x".repeat(100));
    cluster.produce(&"y".repeat(100));
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
        cluster.produce(&"x".repeat(100));
    }
    cluster.run_ms(6);
    let waits = |cluster: &Cluster| cluster.fates().iter().filter(|fate| **fate == Fate::AwaitsMetadata).count();
    assert_eq!(waits(&cluster), 1, "two batches fill the memory");
    cluster.run_ms(60);
    assert_eq!(waits(&cluster), 0, "an acknowledged batch gives its memory back");
    assert_eq!(cluster.leo(1), 3);
    cluster.produce(&"x".repeat(1_000));
    assert_eq!(cluster.fates().last(), Some(&Fate::Failed("RecordTooLargeException".into())), "it will never fit");
}

#[test]
fn a_topic_that_is_not_there_ends_in_a_timeout() {
    let mut cluster = cluster_with(1, &[("max.block.ms", "1000")]);
    cluster.command(Command::Send {
        producer: client("p1"),
        topic: "missing".into(),
        partition: None,
        key: None,
        value: None,
        timestamp_ms: None,
    });
    cluster.produce("waits behind it, as the application would");
    cluster.run_ms(999);
    assert_eq!(cluster.fates(), [Fate::AwaitsMetadata, Fate::AwaitsMetadata]);
    assert!(cluster.count("MetadataSent") > 5, "it asks again and again");
    cluster.run_ms(100);
    assert_eq!(cluster.fates(), [Fate::Failed("TimeoutException".into()), Fate::Acknowledged(Offset(0))]);
}

#[test]
fn every_chain_of_causes_ends_at_a_command() {
    let mut cluster = cluster(3);
    cluster.consume();
    for value in ["a", "b", "c"] {
        cluster.produce(value);
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
        cluster.consume();
        for value in ["a", "b", "c"] {
            cluster.produce(value);
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
    let mut fork = Cluster { world: cluster.world.clone(), facts: Vec::new() };
    fork.produce("only here");
    fork.run_ms(50);
    cluster.run_ms(50);
    assert_eq!((fork.leo(1), cluster.leo(1)), (1, 0));
}

#[test]
fn a_command_that_cannot_be_done_says_why_and_changes_nothing() {
    let mut cluster = cluster(1);
    let facts = cluster.facts.len();
    let mut refuse = |command: Command| {
        let error = cluster.world.command(command, &mut cluster.facts).unwrap_err();
        assert_eq!(cluster.facts.len(), facts);
        error.to_string()
    };
    let topic = |topic: &str, assignment| Command::CreateTopic {
        topic: topic.into(),
        assignment,
        config: std::rc::Rc::default(),
    };
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
