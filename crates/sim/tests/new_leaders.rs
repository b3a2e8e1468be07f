//! Who refuses a request because of the leader names the one that it knows, and the client goes there (KIP-951).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::fact::{Fact, FactKind, ReadyBecause, Says};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, ClientId, FactId, NodeId, Offset, TopicPartition};
use highwater_sim::message::LeaderIdAndEpoch;
use highwater_sim::producer::Fate;
use highwater_sim::world::{World, WorldConfig};

struct Cluster {
    world: World,
    facts: Vec<Fact>,
    /// Where the present part of the story begins.
    from: usize,
}

fn client(id: &str) -> ClientId {
    ClientId(Rc::from(id))
}

fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

/// orders-0 on brokers 2 and 3 of three, led by broker 2; a producer p1 that batches nothing, a consumer c1.
fn cluster(brokers: &[(&str, &str)]) -> Cluster {
    let mut broker = BrokerConfig::default();
    broker.set("auto.leader.rebalance.enable", "false").unwrap();
    for (name, value) in brokers {
        broker.set(name, value).unwrap();
    }
    let mut world = World::new(WorldConfig { brokers: 3, latency_us: 1_000, seed: 1, broker }).unwrap();
    world.add_producer(client("p1"), ProducerConfig::from_pairs([("linger.ms", "0")]).unwrap()).unwrap();
    let mut config = ConsumerConfig::default();
    config.set("auto.offset.reset", "earliest").unwrap();
    world.add_consumer(client("c1"), config).unwrap();
    let mut cluster = Cluster { world, facts: Vec::new(), from: 0 };
    let (assignment, config) = (vec![vec![BrokerId(2), BrokerId(3)]], Rc::new(TopicConfig::default()));
    cluster.command(Command::CreateTopic { topic: "orders".into(), assignment, config });
    cluster.run_ms(100);
    cluster
}

impl Cluster {
    fn command(&mut self, command: Command) {
        self.world.command(command, &mut self.facts).unwrap();
    }

    fn run_ms(&mut self, ms: u64) {
        let until = self.world.now().plus_ms(ms);
        while self.world.next_event_at().is_some_and(|at| at <= until) {
            self.world.step(&mut self.facts);
        }
        self.world.idle_until(until);
    }

    fn send(&mut self) {
        self.send_by("p1");
    }

    fn send_by(&mut self, producer: &str) {
        let (producer, topic, value) = (client(producer), "orders".into(), Some(Bytes::from("new")));
        self.command(Command::Send { producer, topic, partition: Some(0), key: None, value, timestamp_ms: None });
    }

    /// c1 reads from the beginning, or from an offset of which nobody has told the epoch.
    fn consume(&mut self, from: Option<Offset>) {
        self.command(Command::Assign { consumer: client("c1"), partitions: vec![orders()], from });
        self.run_ms(1_000);
    }

    /// These are the replicas from now on, and the first of them leads.
    fn move_leader(&mut self, replicas: [i32; 2]) {
        let replicas = replicas.map(BrokerId).to_vec();
        let leader = replicas[0];
        self.command(Command::Reassign { partition: orders(), replicas });
        // A replica that is new has caught up by then; a consumer's fetch may still wait at the old leader.
        while self.world.metadata().partition(&orders()).unwrap().isr.iter().all(|id| *id != leader) {
            self.world.step(&mut self.facts);
        }
        if self.world.metadata().partition(&orders()).unwrap().leader != Some(leader) {
            self.from = self.facts.len();
            self.command(Command::ElectPreferred { partition: orders() });
        }
    }

    /// What a client sends and hears of orders from the begin of this part on: `Fetch → 2`, `2: NOT_LEADER… 3 (1)`.
    fn trail(&self, of: &str) -> Vec<String> {
        let own = NodeId::Client(client(of));
        let broker = |node: &NodeId| match node {
            NodeId::Broker(id) => id.0,
            NodeId::Client(_) | NodeId::Controller => 0,
        };
        let told = |fact: &Fact| match &fact.kind {
            FactKind::Sent(message) if message.from == own => {
                Some(format!("{} → {}", message.api.name(), broker(&message.to)))
            }
            FactKind::Received(message) if message.to == own => {
                let (Says::Produced { error, current_leader: named, .. }
                | Says::Fetched { error, current_leader: named, .. }) = &message.says
                else {
                    return None;
                };
                let named = named.map(|LeaderIdAndEpoch { leader_id, leader_epoch }| {
                    format!(" {} ({leader_epoch})", leader_id.map_or(-1, |id| id.0))
                });
                Some(format!("{}: {error}{}", broker(&message.from), named.unwrap_or_default()))
            }
            FactKind::PartitionLeadershipUpdated(told) if told.client == client(of) => {
                let how = if told.by_refusal { "was named" } else { "learned" };
                Some(format!("{how}: {} ({})", told.to.map_or(-1, |id| id.0), told.leader_epoch))
            }
            _ => None,
        };
        self.facts[self.from..].iter().filter_map(told).collect()
    }

    /// The names of the facts that made a fact happen, the nearest first.
    fn causes(&self, of: &Fact) -> Vec<&'static str> {
        let fact = |id: FactId| self.facts.iter().find(|fact| fact.id == id).unwrap();
        let next = |fact: &&Fact| fact.cause.map(|id| self.facts.iter().find(|it| it.id == id).unwrap());
        std::iter::successors(of.cause.map(fact), next).map(|fact| fact.kind.name()).collect()
    }
}

#[test]
fn a_producer_goes_to_the_leader_that_a_refusal_names_at_once() {
    let mut cluster = cluster(&[]);
    cluster.send();
    cluster.run_ms(1_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(1_000);
    cluster.from = cluster.facts.len();
    let sent_at = cluster.world.now();
    cluster.send();
    cluster.run_ms(50);
    let trail = cluster.trail("p1");
    let expected = [
        "Produce → 2",
        "2: NOT_LEADER_OR_FOLLOWER 3 (1)",
        "was named: 3 (1)",
        "Produce → 3",
        "Metadata → 1",
        "3: NONE",
    ];
    assert_eq!(trail, expected);
    assert!(matches!(cluster.world.producer("p1").unwrap().sent()[1].fate, Fate::Acknowledged(_)));
    let acknowledged = cluster.facts.iter().rfind(|fact| matches!(fact.kind, FactKind::BatchAcknowledged { .. }));
    let took_ms = acknowledged.unwrap().at.ms_since(sent_at);
    assert!(took_ms < 10, "{took_ms} ms: it waits for no retry.backoff.ms");
    let ready = cluster.facts.iter().rfind(|fact| matches!(fact.kind, FactKind::BatchReady { .. })).unwrap();
    assert!(matches!(ready.kind, FactKind::BatchReady { because: ReadyBecause::LeaderChanged, .. }));
    assert!(cluster.causes(ready).contains(&"PartitionLeadershipUpdated"), "{:?}", cluster.causes(ready));
    let is_metadata = |fact: &&Fact| matches!(&fact.kind, FactKind::Sent(it) if it.says == Says::Metadata);
    let metadata = cluster.facts.iter().rfind(is_metadata).unwrap();
    assert_eq!(cluster.causes(metadata)[0], "ProduceResponseReceived");
}

#[test]
fn a_batch_that_is_not_sent_again_teaches_the_producer_all_the_same() {
    let mut cluster = cluster(&[]);
    let config = [("linger.ms", "0"), ("enable.idempotence", "false"), ("retries", "0")];
    cluster.world.add_producer(client("p2"), ProducerConfig::from_pairs(config).unwrap()).unwrap();
    cluster.send_by("p2");
    cluster.run_ms(1_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(1_000);
    cluster.from = cluster.facts.len();
    cluster.send_by("p2");
    cluster.run_ms(50);
    cluster.send_by("p2");
    cluster.run_ms(50);
    let expected =
        ["Produce → 2", "2: NOT_LEADER_OR_FOLLOWER 3 (1)", "was named: 3 (1)", "Metadata → 1", "Produce → 3"];
    assert_eq!(cluster.trail("p2")[..5], expected);
    assert!(matches!(cluster.world.producer("p2").unwrap().sent()[1].fate, Fate::Failed(_)));
}

#[test]
fn a_consumer_asks_the_leader_that_a_refusal_names_whether_it_has_what_was_read_and_no_one_for_metadata() {
    let mut cluster = cluster(&[]);
    cluster.send();
    cluster.consume(None);
    cluster.move_leader([3, 2]);
    cluster.run_ms(20);
    let trail = cluster.trail("c1");
    let expected = ["2: FENCED_LEADER_EPOCH 3 (1)", "was named: 3 (1)", "OffsetForLeaderEpoch → 3", "Fetch → 3"];
    assert_eq!(trail, expected);
    let asked = cluster.facts.iter().rfind(|fact| fact.kind.name() == "OffsetForLeaderEpochSent").unwrap();
    assert_eq!(cluster.causes(asked)[0], "PartitionLeadershipUpdated");
}

#[test]
fn a_consumer_with_nothing_to_ask_the_leader_that_was_named_fetches_and_asks_for_metadata_behind_that() {
    let mut cluster = cluster(&[]);
    cluster.consume(Some(Offset(0)));
    cluster.move_leader([3, 2]);
    cluster.run_ms(20);
    let expected = ["2: FENCED_LEADER_EPOCH 3 (1)", "was named: 3 (1)", "Fetch → 3", "Metadata → 1"];
    assert_eq!(cluster.trail("c1"), expected);
}

#[test]
fn a_leader_of_a_newer_epoch_names_itself() {
    let mut cluster = cluster(&[]);
    let act = |action| Command::Consumer { consumer: client("c1"), action };
    cluster.command(act(ConsumerAction::PausePolling));
    cluster.consume(None);
    // c1 knows broker 2 in epoch 0, and does not see that broker 3 leads meanwhile.
    cluster.move_leader([3, 2]);
    cluster.run_ms(100);
    cluster.move_leader([2, 3]);
    cluster.run_ms(100);
    cluster.command(act(ConsumerAction::ResumePolling));
    cluster.run_ms(20);
    let trail = cluster.trail("c1");
    let expected = [
        "ListOffsets → 2",
        "Fetch → 2",
        "2: FENCED_LEADER_EPOCH 2 (2)",
        "was named: 2 (2)",
        "OffsetForLeaderEpoch → 2",
        "Fetch → 2",
    ];
    assert_eq!(trail, expected);
}

#[test]
fn a_broker_without_a_replica_names_the_leader_of_its_metadata() {
    let mut cluster = cluster(&[]);
    cluster.send();
    cluster.run_ms(1_000);
    cluster.move_leader([1, 3]);
    cluster.run_ms(1_000);
    assert!(cluster.world.replica(BrokerId(2), &orders()).is_none());
    cluster.from = cluster.facts.len();
    cluster.send();
    cluster.run_ms(50);
    let trail = cluster.trail("p1");
    let epoch = cluster.world.leader(&orders()).unwrap().leader_epoch();
    let expected = [format!("2: NOT_LEADER_OR_FOLLOWER 1 ({epoch})"), format!("was named: 1 ({epoch})")];
    assert_eq!(trail[1..3], expected, "{trail:?}");
    assert_eq!(trail[3], "Produce → 1");
}

#[test]
fn a_client_goes_to_a_broker_that_it_hears_of_for_the_first_time() {
    let mut cluster = cluster(&[]);
    cluster.command(Command::Fault(Fault::Kill(BrokerId(3))));
    cluster.run_ms(20_000);
    cluster.send();
    cluster.run_ms(100);
    assert!(!cluster.world.producer("p1").unwrap().metadata.is_online(BrokerId(3)));
    cluster.command(Command::Fault(Fault::Start(BrokerId(3))));
    cluster.run_ms(20_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(100);
    cluster.from = cluster.facts.len();
    cluster.send();
    cluster.run_ms(3);
    let trail = cluster.trail("p1");
    assert_eq!(trail[2..4], ["was named: 3 (1)", "Produce → 3"], "{trail:?}");
    assert!(cluster.world.producer("p1").unwrap().metadata.is_online(BrokerId(3)));
}

#[test]
fn until_3_6_a_refusal_names_nobody() {
    let mut cluster = cluster(&[("inter.broker.protocol.version", "3.6")]);
    cluster.consume(None);
    cluster.send();
    cluster.run_ms(1_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(1_000);
    let trail = cluster.trail("c1");
    // It asks the same broker again at once, until metadata has come.
    let expected = ["2: FENCED_LEADER_EPOCH", "Fetch → 2", "Metadata → 1", "2: FENCED_LEADER_EPOCH", "Fetch → 2"];
    assert_eq!(trail[..5], expected, "{trail:?}");
    let learned = trail.iter().position(|told| told == "learned: 3 (1)").unwrap_or_else(|| panic!("{trail:?}"));
    assert_eq!(trail[learned + 1], "OffsetForLeaderEpoch → 3", "{trail:?}");
    cluster.from = cluster.facts.len();
    cluster.send();
    cluster.run_ms(1_000);
    let trail = cluster.trail("p1");
    let refused = "2: NOT_LEADER_OR_FOLLOWER";
    assert_eq!(trail[..4], ["Produce → 2", refused, "Metadata → 1", "learned: 3 (1)"], "{trail:?}");
    assert_eq!(trail[4], "Produce → 3", "another leader needs no backoff, from whom ever it is known");
}
