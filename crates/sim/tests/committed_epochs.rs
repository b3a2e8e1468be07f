//! The leader epoch of a position: what was read last, what a group commits with it, and what a member asks a leader that
//! begins at a committed offset (KIP-320).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
use highwater_sim::consumer::action::{ConsumerAction, SeekTo};
use highwater_sim::consumer::membership::GroupName;
use highwater_sim::fact::{Fact, FactKind, TruncationDetected};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, ClientId, NodeId, Offset, TopicPartition};
use highwater_sim::world::{World, WorldConfig};

/// Both protocols of a group.
const PROTOCOLS: [&str; 2] = ["classic", "consumer"];

/// orders-0 on brokers 1 and 2 of three, a producer `p1`, and consumers of group `g` by a protocol.
struct Story {
    world: World,
    facts: Vec<Fact>,
    protocol: &'static str,
}

fn client(id: &str) -> ClientId {
    ClientId(Rc::from(id))
}

fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

fn story(protocol: &'static str, reset: &str) -> Story {
    let mut broker = BrokerConfig { offsets_topic_num_partitions: 3, ..BrokerConfig::default() };
    for (name, value) in [
        ("broker.session.timeout.ms", "12000"),
        ("replica.lag.time.max.ms", "60000"),
        ("auto.leader.rebalance.enable", "false"),
    ] {
        broker.set(name, value).unwrap();
    }
    let mut world = World::new(WorldConfig { brokers: 3, latency_us: 1_000, seed: 1, broker }).unwrap();
    let producer = ProducerConfig { enable_idempotence: false, linger_ms: 0, ..ProducerConfig::default() };
    world.add_producer(client("p1"), producer).unwrap();
    let mut story = Story { world, facts: Vec::new(), protocol };
    let offsets = story.world.create_offsets_topic();
    story.command(offsets);
    let mut config = TopicConfig::default();
    config.set("unclean.leader.election.enable", "true").unwrap();
    config.set("min.insync.replicas", "1").unwrap();
    let assignment = vec![vec![BrokerId(1), BrokerId(2)]];
    story.command(Command::CreateTopic { topic: "orders".into(), assignment, config: Rc::new(config) });
    story.join("c1", reset);
    story.run(10_000);
    story
}

impl Story {
    fn command(&mut self, command: Command) {
        self.world.command(command, &mut self.facts).unwrap();
    }

    fn run(&mut self, ms: u64) {
        let end = self.world.now().plus_ms(ms);
        while self.world.next_event_at().is_some_and(|at| at <= end) {
            self.world.step(&mut self.facts);
        }
        self.world.idle_until(end);
    }

    fn join(&mut self, id: &str, reset: &str) {
        let mut config = ConsumerConfig::default();
        for (name, value) in
            [("group.protocol", self.protocol), ("enable.auto.commit", "false"), ("auto.offset.reset", reset)]
        {
            config.set(name, value).unwrap();
        }
        let name = GroupName { group: "g".to_owned(), instance_id: None };
        self.world.add_member(&client(id), config, name).unwrap();
        self.act(id, ConsumerAction::Subscribe { topics: vec!["orders".into()] });
    }

    fn act(&mut self, id: &str, action: ConsumerAction) {
        self.command(Command::Consumer { consumer: client(id), action });
    }

    fn send(&mut self, records: usize) {
        for _ in 0..records {
            let (producer, topic, value) = (client("p1"), "orders".into(), Some(Bytes::from("v")));
            self.command(Command::Send { producer, topic, partition: Some(0), key: None, value, timestamp_ms: None });
        }
        self.run(1_000);
    }

    /// What `c1` commits without saying what: offset and leader epoch.
    fn commit(&mut self) -> (i64, i32) {
        self.act("c1", ConsumerAction::Commit { sync: true, offsets: Vec::new() });
        self.run(1_000);
        let (offset, epoch) = self.world.committed_with_epoch("g", &orders()).unwrap();
        (offset.0, epoch.map_or(-1, |epoch| epoch.0))
    }

    fn seek(&mut self, to: SeekTo) {
        self.act("c1", ConsumerAction::Seek { partition: orders(), to });
        self.run(1_000);
    }

    fn fault(&mut self, fault: Fault) {
        self.command(Command::Fault(fault));
        self.run(15_000);
    }

    /// Broker 2 leads, in epoch 1.
    fn move_leader(&mut self) {
        self.command(Command::Reassign { partition: orders(), replicas: vec![BrokerId(2), BrokerId(1)] });
        self.run(1_000);
        self.command(Command::ElectPreferred { partition: orders() });
        self.run(1_000);
        assert_eq!(self.world.metadata().partition(&orders()).unwrap().leader, Some(BrokerId(2)));
    }

    /// What a consumer asks about orders, first to last.
    fn asks(&self, id: &str) -> Vec<&'static str> {
        let own = NodeId::Client(client(id));
        let about = ["ListOffsets", "OffsetForLeaderEpoch", "Fetch"];
        let asked = self.facts.iter().filter_map(|fact| match &fact.kind {
            FactKind::Sent(message) if message.from == own => Some(message.api.name()),
            _ => None,
        });
        asked.filter(|api| about.contains(api)).collect()
    }
}

#[test]
fn a_position_is_committed_with_the_leader_epoch_of_the_record_before_it() {
    for protocol in PROTOCOLS {
        let mut story = story(protocol, "earliest");
        story.send(3);
        assert_eq!(story.commit(), (3, 0), "{protocol}");
        story.move_leader();
        assert_eq!(story.commit(), (3, 0), "{protocol}: nothing was read in the new epoch");
        story.send(1);
        assert_eq!(story.commit(), (4, 1), "{protocol}");
    }
}

#[test]
fn who_went_somewhere_has_no_leader_epoch_before_it_reads() {
    for protocol in PROTOCOLS {
        let mut story = story(protocol, "latest");
        assert_eq!(story.commit(), (0, -1), "{protocol}: as auto.offset.reset says");
        story.send(3);
        assert_eq!(story.commit(), (3, 0), "{protocol}");
        story.seek(SeekTo::Offset(Offset(2)));
        assert_eq!(story.commit(), (3, 0), "{protocol}: it has read again");
        story.seek(SeekTo::Offset(Offset(3)));
        assert_eq!(story.commit(), (3, -1), "{protocol}: seek()");
        story.send(1);
        story.seek(SeekTo::End);
        assert_eq!(story.commit(), (4, -1), "{protocol}: seekToEnd()");
    }
}

#[test]
fn who_begins_at_a_committed_offset_asks_first_whether_its_record_is_still_there() {
    for protocol in PROTOCOLS {
        let mut story = story(protocol, "earliest");
        story.send(3);
        story.commit();
        story.act("c1", ConsumerAction::Close);
        story.run(1_000);
        story.join("c2", "earliest");
        story.run(10_000);
        assert_eq!(story.asks("c2")[..2], ["OffsetForLeaderEpoch", "Fetch"], "{protocol}");
        story.send(1);
        assert_eq!(story.world.consumer("c2").unwrap().returned(), 1, "{protocol}");
    }
}

#[test]
fn an_offset_without_a_leader_epoch_is_not_asked_for() {
    for protocol in PROTOCOLS {
        let mut story = story(protocol, "latest");
        story.commit();
        story.act("c1", ConsumerAction::Close);
        story.run(1_000);
        story.join("c2", "earliest");
        story.run(10_000);
        assert_eq!(story.asks("c2")[..2], ["Fetch", "Fetch"], "{protocol}");
    }
}

/// Broker 1, alone in sync, dies; broker 2 leads without the last record, which `c1` has read and committed.
#[test]
fn a_committed_offset_that_a_new_leader_does_not_have_is_noticed() {
    for protocol in PROTOCOLS {
        let mut story = story(protocol, "latest");
        story.send(1);
        story.fault(Fault::Kill(BrokerId(2)));
        story.send(1);
        assert_eq!(story.commit(), (2, 0), "{protocol}");
        story.act("c1", ConsumerAction::Crash);
        story.fault(Fault::Kill(BrokerId(1)));
        story.fault(Fault::Start(BrokerId(2)));
        story.run(60_000);
        story.join("c2", "latest");
        story.run(60_000);
        let detected = story.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::TruncationDetected(TruncationDetected { from, to, leader_epoch, .. }) => {
                Some((from.0, to.0, leader_epoch.0))
            }
            _ => None,
        });
        assert_eq!(detected, Some((2, 1, 0)), "{protocol}");
        story.send(2);
        assert_eq!(story.world.consumer("c2").unwrap().returned(), 2, "{protocol}: it misses nothing");
    }
}
