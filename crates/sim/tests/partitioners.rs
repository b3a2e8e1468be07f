//! Producers of several generations in one world: where their records without a key go, and in how many batches.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ProducerConfig};
use highwater_sim::fact::{ChosenBy, Fact, FactKind};
use highwater_sim::ids::{BrokerId, ClientId, TopicPartition};
use highwater_sim::world::{World, WorldConfig};

const BATCH: usize = 10;

/// A world with the topic t and a producer p of this class, whose batches take ten of the records.
struct Client {
    world: World,
    facts: Vec<Fact>,
    partitions: i32,
}

fn client(class: &str, partitions: i32, configs: &[(&str, &str)]) -> Client {
    let config = WorldConfig { brokers: 2, latency_us: 2_000, seed: 7, broker: BrokerConfig::default() };
    let mut world = World::new(config).unwrap();
    let given = [("enable.idempotence", "false"), ("batch.size", "1000"), ("partitioner.class", class)];
    let config = ProducerConfig::from_pairs(given.into_iter().chain(configs.iter().copied())).unwrap();
    world.add_producer(ClientId(Rc::from("p")), config).unwrap();
    let assignment = (0..partitions).map(|number| vec![BrokerId(1 + number % 2)]).collect();
    let mut facts = Vec::new();
    let create = Command::CreateTopic { topic: "t".into(), assignment, config: Rc::default() };
    world.command(create, &mut facts).unwrap();
    Client { world, facts, partitions }
}

impl Client {
    fn send(&mut self, key: Option<&str>, partition: Option<i32>, value: usize) {
        let send = Command::Send {
            producer: ClientId(Rc::from("p")),
            topic: "t".into(),
            partition,
            key: key.map(Bytes::from),
            value: Some(Bytes::from("x".repeat(value).as_str())),
            timestamp_ms: None,
        };
        self.world.command(send, &mut self.facts).unwrap();
    }

    /// Sends so many at once and waits until all are acknowledged.
    fn burst(&mut self, records: usize) {
        let before = self.world.producer("p").unwrap().acknowledged_total();
        let wanted = before + i64::try_from(records).unwrap();
        for _ in 0..records {
            self.send(None, None, 80);
        }
        self.settle(wanted);
    }

    fn settle(&mut self, wanted: i64) {
        for _ in 0..100_000 {
            if self.world.producer("p").unwrap().acknowledged_total() == wanted {
                return;
            }
            assert!(self.world.step(&mut self.facts), "nothing more happens");
        }
    }

    /// Records and batches of each partition.
    fn filled(&self) -> Vec<(u64, u64)> {
        let producer = self.world.producer("p").unwrap();
        let of = |number| producer.filled(&TopicPartition::new("t", number));
        (0..self.partitions).map(of).map(|filled| (filled.records, filled.batches)).collect()
    }

    fn batches(&self) -> u64 {
        self.filled().iter().map(|(_, batches)| batches).sum()
    }

    fn chosen(&self) -> Vec<i32> {
        let partition = |fact: &Fact| match &fact.kind {
            FactKind::PartitionChosen { partition, .. } => Some(partition.partition),
            _ => None,
        };
        self.facts.iter().filter_map(partition).collect()
    }

    fn count(&self, name: &str) -> usize {
        self.facts.iter().filter(|fact| fact.kind.name() == name).count()
    }
}

#[test]
fn in_2_3_each_record_goes_one_partition_further() {
    let mut client = client("DefaultPartitioner-2.3", 4, &[]);
    client.burst(16);
    let chosen = client.chosen();
    assert!(chosen.windows(2).all(|pair| pair[1] == (pair[0] + 1) % 4), "{chosen:?}");
    assert_eq!(client.filled(), [(4, 1); 4]);
    assert_eq!((client.count("AbortedForNewBatch"), client.count("StickyPartitionSwitched")), (0, 0));
}

#[test]
fn in_2_4_a_batch_is_filled_before_another_partition_is_drawn() {
    let mut client = client("DefaultPartitioner-2.4", 4, &[]);
    client.burst(16);
    let chosen = client.chosen();
    assert!(chosen[..BATCH].iter().all(|partition| *partition == chosen[0]), "{chosen:?}");
    assert!(chosen[BATCH..].iter().all(|partition| *partition == chosen[BATCH]), "{chosen:?}");
    assert_ne!(chosen[0], chosen[BATCH]);
    assert_eq!(client.batches(), 2);
    assert_eq!(client.count("AbortedForNewBatch"), 2);
    // The very first record draws, finds no batch, and draws again.
    assert_eq!(client.count("StickyPartitionSwitched"), 3);
    assert_eq!(client.world.producer("p").unwrap().stands_at("t"), Some(chosen[BATCH]));
}

/// KIP-480: `nextPartition` looks whether the batch was begun where it stands, whoever began it.
#[test]
fn in_2_4_a_named_partition_moves_the_sticky_one_only_if_it_stands_there() {
    let mut client = client("DefaultPartitioner-2.4", 2, &[]);
    client.burst(1);
    let stands = client.chosen()[0];
    client.send(None, Some(1 - stands), 80);
    client.settle(2);
    assert_eq!(client.world.producer("p").unwrap().stands_at("t"), Some(stands), "a batch elsewhere");
    client.send(None, Some(stands), 80);
    client.settle(3);
    assert_eq!(client.chosen()[1..], [1 - stands, stands], "a named partition is what it is");
    assert_eq!(client.world.producer("p").unwrap().stands_at("t"), Some(1 - stands), "a batch here");
}

#[test]
fn asked_twice_round_robin_leaves_half_of_an_even_number_empty() {
    let mut client = client("RoundRobinPartitioner-2.4", 4, &[]);
    client.burst(1);
    client.burst(1);
    client.burst(30);
    assert_eq!(client.chosen()[..4], [1, 3, 1, 3]);
    let filled = client.filled();
    assert_eq!([filled[0].0, filled[1].0, filled[2].0, filled[3].0], [0, 16, 0, 16]);
    assert_eq!(client.count("AbortedForNewBatch"), 32, "each record meets a partition without a batch first");
}

#[test]
fn asked_twice_round_robin_reaches_all_of_an_odd_number() {
    let mut client = client("RoundRobinPartitioner-2.4", 3, &[]);
    for _ in 0..12 {
        client.burst(1);
    }
    // Alone, every record begins a batch: 0 then 1, 2 then 0, 1 then 2.
    assert_eq!(client.chosen()[..6], [1, 0, 2, 1, 0, 2]);
    assert_eq!(client.filled(), [(4, 4); 3]);
}

#[test]
fn in_4_3_round_robin_is_asked_once() {
    let mut client = client("RoundRobinPartitioner", 4, &[]);
    client.burst(8);
    assert_eq!(client.chosen(), [0, 1, 2, 3, 0, 1, 2, 3]);
    assert_eq!(client.count("AbortedForNewBatch"), 0);
    let by = client.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::PartitionChosen { by, .. } => Some(by.clone()),
        _ => None,
    });
    assert_eq!(by, Some(ChosenBy::RoundRobin { counter: 0, of: 4 }));
}

/// A record that waits for memory has its partition: the counter goes on by one only.
#[test]
fn waiting_for_memory_does_not_ask_again() {
    let mut client = client("RoundRobinPartitioner", 4, &[("buffer.memory", "1000")]);
    for _ in 0..6 {
        client.send(None, None, 80);
    }
    client.settle(6);
    assert_eq!(client.chosen(), [0, 1, 2, 3, 0, 1]);
}
