//! What is in memory, what has to come from the disk, and what a response costs.

use highwater_sim::broker::page_cache::{DISK_SEEK_MS, PAGE_BYTES};
use highwater_sim::command::{Command, Owner};
use highwater_sim::config::{BrokerConfig, TopicConfig};
use highwater_sim::consumer::action::{ConsumerAction, SeekTo};
use highwater_sim::fact::{FactKind, PageCacheFact};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, NodeId, Offset};

use crate::story::{PLAIN, Story, client, orders};

/// One broker with so many pages of memory; orders-0 with records of a page each; c1, which begins at 0.
fn cluster(pages: Option<u64>) -> Story {
    let mut story = Story::new(1, 1_000, BrokerConfig::default());
    if let Some(pages) = pages {
        story.world.bound_page_caches(pages * PAGE_BYTES);
    }
    story.add_producer("p1", &PLAIN);
    story.add_consumer("c1", &[("max.partition.fetch.bytes", "4096")]);
    story.create_topic("orders", &[1], TopicConfig::default());
    story.run_ms(100);
    story
}

impl Story {
    /// Records whose batches take a page each: 70 bytes of batch and record beside the value.
    fn send_pages(&mut self, records: usize) {
        for _ in 0..records {
            self.produce(&"x".repeat(4_096 - 70));
            self.run_ms(20);
        }
        let log = &self.world.leader(&orders()).unwrap().log;
        assert_eq!(log.size_in_bytes() % PAGE_BYTES, 0, "a page each");
    }

    fn seek(&mut self, offset: i64) {
        let action = ConsumerAction::Seek { partition: orders(), to: SeekTo::Offset(Offset(offset)) };
        self.command(Command::Consumer { consumer: client("c1"), action });
    }

    /// What was sent in the present part: first offset, bytes from the disk, copies by processors and devices, ms.
    fn transfers(&self) -> Vec<(i64, i64, i64, i64, u64)> {
        let told = self.new_facts().iter().filter_map(|fact| match &fact.kind {
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
    cluster.send_pages(3);
    cluster.assign("c1", Some(0));
    cluster.run_ms(100);
    assert_eq!(cluster.world.consumer("c1").unwrap().returned(), 3);
    assert!(!cluster.facts.iter().any(|fact| matches!(fact.kind, FactKind::PageCache(_))));
}

#[test]
fn what_was_just_written_is_sent_from_memory_without_a_copy_by_a_processor() {
    let mut cluster = cluster(Some(8));
    cluster.send_pages(2);
    cluster.mark();
    cluster.assign("c1", Some(0));
    cluster.run_ms(20);
    assert_eq!(cluster.transfers(), [(0, 0, 0, 1, 0), (1, 0, 0, 1, 0)]);
    assert_eq!(cluster.seeks(), 0);
    let sent = cluster.world.broker(BrokerId(1)).unwrap().page_cache.as_ref().unwrap();
    let sent = sent.sent_to(&NodeId::Client(client("c1")));
    assert_eq!((sent.bytes, sent.from_disk, sent.copied), (8_192, 0, 0));
}

#[test]
fn what_has_left_the_memory_is_read_from_the_disk_and_the_answer_waits_for_that() {
    let mut cluster = cluster(Some(4));
    cluster.send_pages(6);
    cluster.mark();
    let begun = cluster.world.now();
    cluster.assign("c1", Some(0));
    cluster.run_ms(60);
    let first = cluster.transfers()[0];
    assert_eq!(first, (0, 4_096, 0, 2, DISK_SEEK_MS));
    let polled = cluster.new_facts().iter().find(|fact| matches!(fact.kind, FactKind::RecordsPolled { .. })).unwrap();
    // Metadata and the fetch take two messages of 1 ms each.
    assert_eq!(polled.at.ms_since(begun), 4 + DISK_SEEK_MS);
}

#[test]
fn what_lies_side_by_side_takes_one_movement_of_the_disk_and_jumps_one_each() {
    let mut cluster = cluster(Some(4));
    cluster.send_pages(8);
    let (owner, value) = (Owner::Consumer(client("c1")), "16384".into());
    cluster.command(Command::Configure { owner, name: "max.partition.fetch.bytes".into(), value });
    cluster.assign("c1", Some(0));
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
    cluster.send_pages(6);
    // Offsets 2 to 5 are in memory, and are used again.
    cluster.assign("c1", Some(2));
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
    cluster.send_pages(1);
    cluster.mark();
    cluster.assign("c1", Some(0));
    cluster.run_ms(20);
    assert_eq!(cluster.transfers(), [(0, 0, 3, 1, 0)]);
}

#[test]
fn memory_that_is_needed_is_written_to_the_disk_first() {
    let mut cluster = cluster(Some(4));
    cluster.send_pages(4);
    assert_eq!(cluster.durable(), 0);
    cluster.send_pages(1);
    assert_eq!(cluster.durable(), 5);
    let written = cluster.facts.iter().filter_map(|fact| match &fact.kind {
        FactKind::PageCache(told) => match &**told {
            PageCacheFact::WrittenBack { offset, .. } => Some(offset.0),
            PageCacheFact::Transferred { .. } => None,
        },
        _ => None,
    });
    assert_eq!(written.collect::<Vec<_>>(), [5]);
    cluster.send_pages(1);
    assert_eq!(cluster.durable(), 5, "offset 1 goes, which is on the disk");
}

#[test]
fn a_process_that_dies_leaves_the_memory_and_a_power_loss_does_not() {
    let mut cluster = cluster(Some(8));
    cluster.send_pages(2);
    let held = |cluster: &Story| cluster.world.broker(BrokerId(1)).unwrap().page_cache.as_ref().unwrap().len();
    cluster.fault(Fault::Kill(BrokerId(1)));
    assert_eq!(held(&cluster), 2);
    cluster.fault(Fault::PowerLoss(BrokerId(1)));
    assert_eq!(held(&cluster), 0);
}
