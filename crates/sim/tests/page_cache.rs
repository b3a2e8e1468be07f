//! What is in memory, what has to come from the disk, and what a response costs.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_sim::broker::page_cache::{DISK_SEEK_MS, PAGE_BYTES};
use highwater_sim::bytes::Bytes;
use highwater_sim::command::{Command, Owner};
use highwater_sim::config::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
use highwater_sim::consumer::action::{ConsumerAction, SeekTo};
use highwater_sim::fact::{Fact, FactKind, PageCacheFact};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, ClientId, NodeId, Offset, TopicPartition};
use highwater_sim::world::{World, WorldConfig};

struct Cluster {
    world: World,
    facts: Vec<Fact>,
}

/// One broker with so many pages of memory; orders-0 with records of a page each; c1, which begins at 0.
fn cluster(pages: Option<u64>) -> Cluster {
    let broker = BrokerConfig::default();
    let mut world = World::new(WorldConfig { brokers: 1, latency_us: 1_000, seed: 1, broker }).unwrap();
    if let Some(pages) = pages {
        world.bound_page_caches(pages * PAGE_BYTES);
    }
    let mut config = ProducerConfig::default();
    config.set("enable.idempotence", "false").unwrap();
    config.set("linger.ms", "0").unwrap();
    world.add_producer(client("p1"), config).unwrap();
    let mut config = ConsumerConfig::default();
    config.set("max.partition.fetch.bytes", "4096").unwrap();
    world.add_consumer(client("c1"), config).unwrap();
    let mut cluster = Cluster { world, facts: Vec::new() };
    let (assignment, config) = (vec![vec![BrokerId(1)]], Rc::new(TopicConfig::default()));
    cluster.command(Command::CreateTopic { topic: "orders".into(), assignment, config });
    cluster.run_ms(100);
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

    /// Records whose batches take a page each: 70 bytes of batch and record beside the value.
    fn send(&mut self, records: usize) {
        for _ in 0..records {
            let value = Some(Bytes::from("x".repeat(4_096 - 70).as_str()));
            let (producer, topic) = (client("p1"), "orders".into());
            self.command(Command::Send { producer, topic, partition: Some(0), key: None, value, timestamp_ms: None });
            self.run_ms(20);
        }
        let log = &self.world.leader(&orders()).unwrap().log;
        assert_eq!(log.size_in_bytes() % PAGE_BYTES, 0, "a page each");
    }

    fn read_from(&mut self, offset: i64) {
        self.command(Command::Assign {
            consumer: client("c1"),
            partitions: vec![orders()],
            from: Some(Offset(offset)),
        });
    }

    fn seek(&mut self, offset: i64) {
        let action = ConsumerAction::Seek { partition: orders(), to: SeekTo::Offset(Offset(offset)) };
        self.command(Command::Consumer { consumer: client("c1"), action });
    }

    fn run_ms(&mut self, ms: u64) {
        let until = self.world.now().plus_ms(ms);
        while self.world.next_event_at().is_some_and(|at| at <= until) {
            self.world.step(&mut self.facts);
        }
        self.world.idle_until(until);
    }

    /// What was sent since fact number `from`: first offset, bytes from the disk, copies by processors and devices, ms.
    fn transfers(&self, from: usize) -> Vec<(i64, i64, i64, i64, u64)> {
        let told = self.facts[from..].iter().filter_map(|fact| match &fact.kind {
            FactKind::PageCache(told) => match &**told {
                PageCacheFact::Transferred { first_offset, from_disk, by_processor, by_device, wait_ms, .. } => {
                    Some((first_offset.0, *from_disk, *by_processor, *by_device, *wait_ms))
                }
                PageCacheFact::WrittenBack { .. } => None,
            },
            _ => None,
        });
        told.collect()
    }

    fn durable(&self) -> i64 {
        self.world.leader(&orders()).unwrap().durable_offset().0
    }

    fn seeks(&self) -> i64 {
        self.world.broker(BrokerId(1)).unwrap().page_cache.as_ref().unwrap().seeks()
    }
}

#[test]
fn without_a_bound_everything_is_in_memory_and_nothing_is_told() {
    let mut cluster = cluster(None);
    cluster.send(3);
    cluster.read_from(0);
    cluster.run_ms(100);
    assert_eq!(cluster.world.consumer("c1").unwrap().returned(), 3);
    assert!(!cluster.facts.iter().any(|fact| matches!(fact.kind, FactKind::PageCache(_))));
}

#[test]
fn what_was_just_written_is_sent_from_memory_without_a_copy_by_a_processor() {
    let mut cluster = cluster(Some(8));
    cluster.send(2);
    let from = cluster.facts.len();
    cluster.read_from(0);
    cluster.run_ms(20);
    assert_eq!(cluster.transfers(from), [(0, 0, 0, 1, 0), (1, 0, 0, 1, 0)]);
    assert_eq!(cluster.seeks(), 0);
    let sent = cluster.world.broker(BrokerId(1)).unwrap().page_cache.as_ref().unwrap();
    let sent = sent.sent_to(&NodeId::Client(client("c1")));
    assert_eq!((sent.bytes, sent.from_disk, sent.copied), (8_192, 0, 0));
}

#[test]
fn what_has_left_the_memory_is_read_from_the_disk_and_the_answer_waits_for_that() {
    let mut cluster = cluster(Some(4));
    cluster.send(6);
    let (from, begun) = (cluster.facts.len(), cluster.world.now());
    cluster.read_from(0);
    cluster.run_ms(60);
    let first = cluster.transfers(from)[0];
    assert_eq!(first, (0, 4_096, 0, 2, DISK_SEEK_MS));
    let polled = cluster.facts[from..].iter().find(|fact| matches!(fact.kind, FactKind::RecordsPolled { .. })).unwrap();
    // Metadata and the fetch take two messages of 1 ms each.
    assert_eq!(polled.at.ms_since(begun), 4 + DISK_SEEK_MS);
}

#[test]
fn what_lies_side_by_side_takes_one_movement_of_the_disk_and_jumps_one_each() {
    let mut cluster = cluster(Some(4));
    cluster.send(8);
    let (owner, value) = (Owner::Consumer(client("c1")), "16384".into());
    cluster.command(Command::Configure { owner, name: "max.partition.fetch.bytes".into(), value });
    cluster.read_from(0);
    cluster.run_ms(60);
    assert_eq!(cluster.seeks(), 2, "offsets 0 to 3, and 4 to 7, which they had pushed out");
    let before = cluster.seeks();
    let (owner, value) = (Owner::Consumer(client("c1")), "4096".into());
    cluster.command(Command::Configure { owner, name: "max.partition.fetch.bytes".into(), value });
    cluster.command(Command::Consumer { consumer: client("c1"), action: ConsumerAction::PausePolling });
    cluster.run_ms(600);
    for offset in [0, 2, 1, 3] {
        cluster.seek(offset);
        cluster.command(Command::Consumer { consumer: client("c1"), action: ConsumerAction::PollOnce });
        cluster.run_ms(600);
    }
    assert!(cluster.seeks() - before >= 4, "{}", cluster.seeks() - before);
}

#[test]
fn who_reads_old_records_does_not_push_out_the_new_ones() {
    let mut cluster = cluster(Some(4));
    cluster.send(6);
    // Offsets 2 to 5 are in memory, and are used again.
    cluster.read_from(2);
    cluster.run_ms(60);
    assert_eq!(cluster.seeks(), 0);
    cluster.seek(0);
    cluster.run_ms(700);
    let sent = cluster.world.broker(BrokerId(1)).unwrap().page_cache.as_ref().unwrap();
    let sent = sent.sent_to(&NodeId::Client(client("c1")));
    assert_eq!((sent.bytes, sent.from_disk), (10 * 4_096, 2 * 4_096));
}

#[test]
fn an_encrypted_connection_needs_the_processor() {
    let mut cluster = cluster(Some(8));
    let (owner, value) = (Owner::Consumer(client("c1")), "SSL".into());
    cluster.command(Command::Configure { owner, name: "security.protocol".into(), value });
    cluster.send(1);
    let from = cluster.facts.len();
    cluster.read_from(0);
    cluster.run_ms(20);
    assert_eq!(cluster.transfers(from), [(0, 0, 3, 1, 0)]);
}

#[test]
fn memory_that_is_needed_is_written_to_the_disk_first() {
    let mut cluster = cluster(Some(4));
    cluster.send(4);
    assert_eq!(cluster.durable(), 0);
    cluster.send(1);
    assert_eq!(cluster.durable(), 5);
    let written = cluster.facts.iter().filter_map(|fact| match &fact.kind {
        FactKind::PageCache(told) => match &**told {
            PageCacheFact::WrittenBack { offset, .. } => Some(offset.0),
            PageCacheFact::Transferred { .. } => None,
        },
        _ => None,
    });
    assert_eq!(written.collect::<Vec<_>>(), [5]);
    cluster.send(1);
    assert_eq!(cluster.durable(), 5, "offset 1 goes, which is on the disk");
}

#[test]
fn a_process_that_dies_leaves_the_memory_and_a_power_loss_does_not() {
    let mut cluster = cluster(Some(8));
    cluster.send(2);
    let held = |cluster: &Cluster| cluster.world.broker(BrokerId(1)).unwrap().page_cache.as_ref().unwrap().len();
    cluster.command(Command::Fault(Fault::Kill(BrokerId(1))));
    assert_eq!(held(&cluster), 2);
    cluster.command(Command::Fault(Fault::PowerLoss(BrokerId(1))));
    assert_eq!(held(&cluster), 0);
}
