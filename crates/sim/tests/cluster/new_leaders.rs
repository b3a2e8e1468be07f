//! Who refuses a request because of the leader names the one that it knows, and the client goes there (KIP-951).

use highwater_sim::command::Command;
use highwater_sim::config::TopicConfig;
use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::fact::{Fact, FactKind, ReadyBecause, Says};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, NodeId};
use highwater_sim::message::LeaderIdAndEpoch;
use highwater_sim::producer::Fate;

use crate::story::{Configs, EARLIEST, Story, broker_config, client, orders};

/// orders-0 on brokers 2 and 3 of three, led by broker 2; a producer p1 that batches nothing, a consumer c1.
fn cluster(brokers: Configs<'_>) -> Story {
    let broker = broker_config(&[&[("auto.leader.rebalance.enable", "false")], brokers].concat());
    let mut story = Story::new(3, 1_000, broker);
    story.add_producer("p1", &[("linger.ms", "0")]);
    story.add_consumer("c1", &EARLIEST);
    story.create_topic("orders", &[2, 3], TopicConfig::default());
    story.run_ms(100);
    story
}

impl Story {
    /// c1 reads from the beginning, or from an offset of which nobody has told the epoch.
    fn consume(&mut self, from: Option<i64>) {
        self.assign("c1", from);
        self.run_ms(1_000);
    }

    /// These are the replicas from now on, and the first of them leads.
    fn move_leader(&mut self, replicas: [i32; 2]) {
        let replicas = replicas.map(BrokerId).to_vec();
        let leader = replicas[0];
        self.command(Command::Reassign { partition: orders(), replicas });
        // A replica that is new has caught up by then; a consumer's fetch may still wait at the old leader.
        while self.world.metadata().partition(&orders()).unwrap().isr.iter().all(|id| *id != leader) {
            self.step();
        }
        if self.world.metadata().partition(&orders()).unwrap().leader != Some(leader) {
            self.mark();
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
        self.new_facts().iter().filter_map(told).collect()
    }
}

#[test]
fn a_producer_goes_to_the_leader_that_a_refusal_names_at_once() {
    let mut cluster = cluster(&[]);
    cluster.produce("new");
    cluster.run_ms(1_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(1_000);
    cluster.mark();
    let sent_at = cluster.world.now();
    cluster.produce("new");
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
    cluster.add_producer("p2", &config);
    cluster.send_by("p2", "orders", Some(0), Some("new"));
    cluster.run_ms(1_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(1_000);
    cluster.mark();
    cluster.send_by("p2", "orders", Some(0), Some("new"));
    cluster.run_ms(50);
    cluster.send_by("p2", "orders", Some(0), Some("new"));
    cluster.run_ms(50);
    let expected =
        ["Produce → 2", "2: NOT_LEADER_OR_FOLLOWER 3 (1)", "was named: 3 (1)", "Metadata → 1", "Produce → 3"];
    assert_eq!(cluster.trail("p2")[..5], expected);
    assert!(matches!(cluster.world.producer("p2").unwrap().sent()[1].fate, Fate::Failed(_)));
}

#[test]
fn a_consumer_asks_the_leader_that_a_refusal_names_whether_it_has_what_was_read_and_no_one_for_metadata() {
    let mut cluster = cluster(&[]);
    cluster.produce("new");
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
    cluster.consume(Some(0));
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
        // It has read nothing, so there is nothing that the new leader might not have.
        "Fetch → 2",
        "Metadata → 1",
    ];
    assert_eq!(trail, expected);
}

#[test]
fn a_broker_without_a_replica_names_the_leader_of_its_metadata() {
    let mut cluster = cluster(&[]);
    cluster.produce("new");
    cluster.run_ms(1_000);
    cluster.move_leader([1, 3]);
    cluster.run_ms(1_000);
    assert!(cluster.world.replica(BrokerId(2), &orders()).is_none());
    cluster.mark();
    cluster.produce("new");
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
    cluster.fault(Fault::Kill(BrokerId(3)));
    cluster.run_ms(20_000);
    cluster.produce("new");
    cluster.run_ms(100);
    assert!(!cluster.world.producer("p1").unwrap().metadata.is_online(BrokerId(3)));
    cluster.fault(Fault::Start(BrokerId(3)));
    cluster.run_ms(20_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(100);
    cluster.mark();
    cluster.produce("new");
    cluster.run_ms(3);
    let trail = cluster.trail("p1");
    assert_eq!(trail[2..4], ["was named: 3 (1)", "Produce → 3"], "{trail:?}");
    assert!(cluster.world.producer("p1").unwrap().metadata.is_online(BrokerId(3)));
}

#[test]
fn until_3_6_a_refusal_names_nobody() {
    let mut cluster = cluster(&[("inter.broker.protocol.version", "3.6")]);
    cluster.consume(None);
    cluster.produce("new");
    cluster.run_ms(1_000);
    cluster.move_leader([3, 2]);
    cluster.run_ms(1_000);
    let trail = cluster.trail("c1");
    // It asks the same broker again at once, until metadata has come.
    let expected = ["2: FENCED_LEADER_EPOCH", "Fetch → 2", "Metadata → 1", "2: FENCED_LEADER_EPOCH", "Fetch → 2"];
    assert_eq!(trail[..5], expected, "{trail:?}");
    let learned = trail.iter().position(|told| told == "learned: 3 (1)").unwrap_or_else(|| panic!("{trail:?}"));
    assert_eq!(trail[learned + 1], "OffsetForLeaderEpoch → 3", "{trail:?}");
    cluster.mark();
    cluster.produce("new");
    cluster.run_ms(1_000);
    let trail = cluster.trail("p1");
    let refused = "2: NOT_LEADER_OR_FOLLOWER";
    assert_eq!(trail[..4], ["Produce → 2", refused, "Metadata → 1", "learned: 3 (1)"], "{trail:?}");
    assert_eq!(trail[4], "Produce → 3", "another leader needs no backoff, from whom ever it is known");
}
