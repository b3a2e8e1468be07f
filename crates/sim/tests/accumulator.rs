//! What the vectors of the accumulator do not reach: why a batch is ready, waiting for memory, closing, sharing.

#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::rc::Rc;

use highwater_log::record::NewRecord;
use highwater_sim::fact::ReadyBecause;
use highwater_sim::ids::{BatchId, BrokerId, LeaderEpoch, Topic, TopicPartition};
use highwater_sim::producer::accumulator::{
    AccumulatorConfig, AppendError, AppendOutcome, QueueOrder, ReadyCheck, RecordAccumulator, RetryBackoff,
};
use highwater_sim::producer::buffer_pool::{AllocateError, Buffer};
use highwater_sim::producer::cluster_view::ClusterView;
use highwater_sim::rng::Scripted;
use highwater_sim::time::SimTime;

/// Broker 1 leads every partition.
struct OneBroker {
    partitions: i32,
}

impl ClusterView for OneBroker {
    fn partition_count(&self, _: &str) -> i32 {
        self.partitions
    }
    fn available_partitions(&self, _: &str) -> Vec<i32> {
        (0..self.partitions).collect()
    }
    fn leader(&self, _: &TopicPartition) -> Option<BrokerId> {
        Some(BrokerId(1))
    }
    fn leader_epoch(&self, _: &TopicPartition) -> Option<LeaderEpoch> {
        Some(LeaderEpoch(0))
    }
    fn partitions_for_node(&self, _: BrokerId) -> Vec<TopicPartition> {
        (0..self.partitions).map(|partition| TopicPartition::new("orders", partition)).collect()
    }
}

const CLUSTER: OneBroker = OneBroker { partitions: 2 };

fn accumulator() -> RecordAccumulator {
    RecordAccumulator::new(AccumulatorConfig {
        batch_size: 200,
        linger_ms: 5,
        buffer_memory: 400,
        retry_backoff: RetryBackoff { initial_ms: 100, max_ms: 1_000, jitter_percent: 0 },
        delivery_timeout_ms: 120_000,
        adaptive_partitioning: true,
        availability_timeout_ms: 0,
        enable_idempotence: false,
    })
}

fn at(ms: u64) -> SimTime {
    SimTime::from_ms(ms)
}

fn append(accumulator: &mut RecordAccumulator, partition: i32, number: i64, buffer: Option<Buffer>) -> AppendOutcome {
    let record = NewRecord { timestamp: 0, key: None, value: Some(vec![0; 20].into()), headers: Vec::new() };
    let (topic, random) = (Topic::from("orders"), &mut Scripted::default());
    accumulator.append(&topic, Some(partition), &record, number, buffer, at(0), &CLUSTER, random)
}

fn ready(accumulator: &mut RecordAccumulator, ms: u64) -> ReadyCheck {
    accumulator.ready(&CLUSTER, &QueueOrder::ByPartition, at(ms), &mut Scripted::default()).unwrap()
}

fn because(check: &ReadyCheck) -> Vec<ReadyBecause> {
    check.batches.iter().map(|ready| ready.because).collect()
}

#[test]
fn a_batch_says_why_it_can_be_sent() {
    let mut accumulator = accumulator();
    append(&mut accumulator, 0, 0, None);
    let early = ready(&mut accumulator, 2);
    assert_eq!((because(&early), early.next_check), (vec![], Some(at(5))));
    assert_eq!(because(&ready(&mut accumulator, 5)), [ReadyBecause::LingerExpired]);

    accumulator.begin_flush();
    assert_eq!(because(&ready(&mut accumulator, 2)), [ReadyBecause::Flushing]);
    accumulator.end_flush();
    assert_eq!(because(&ready(&mut accumulator, 2)), []);

    while accumulator.queue(&TopicPartition::new("orders", 0)).unwrap().len() < 2 {
        append(&mut accumulator, 0, 0, None);
    }
    let check = ready(&mut accumulator, 2);
    assert_eq!(because(&check), [ReadyBecause::Full]);
    assert_eq!(check.batches.first().map(|ready| ready.batch), Some(BatchId(0)));

    let mut closing = self::accumulator();
    append(&mut closing, 1, 0, None);
    closing.close();
    assert_eq!(because(&ready(&mut closing, 0)), [ReadyBecause::Closed]);
    assert_eq!(append(&mut closing, 1, 1, None).result, Err(AppendError::Closed));
}

#[test]
fn a_retry_backs_off_and_then_goes_first() {
    let mut accumulator = accumulator();
    append(&mut accumulator, 0, 7, None);
    let nodes = [BrokerId(1)].into();
    let drained = accumulator.drain(&CLUSTER, &nodes, 1_000, at(5), &mut Scripted::default()).unwrap();
    let batch = Rc::clone(drained.get(&BrokerId(1)).unwrap().first().unwrap());
    assert_eq!((batch.numbers(), batch.attempts()), ([7].as_slice(), 0));
    assert!(!accumulator.has_undrained() && accumulator.incomplete().contains(&batch.id));

    accumulator.reenqueue(batch, at(10));
    let check = ready(&mut accumulator, 109);
    assert_eq!((because(&check), check.next_check), (vec![], Some(at(110))));
    assert_eq!(because(&ready(&mut accumulator, 110)), [ReadyBecause::BackoffExpired]);
}

#[test]
fn who_waits_for_memory_makes_all_batches_ready_and_gets_what_comes_back() {
    let mut accumulator = accumulator();
    append(&mut accumulator, 0, 0, None);
    append(&mut accumulator, 1, 1, None);
    assert_eq!(accumulator.available_memory(), 0);
    let blocked = loop {
        let outcome = append(&mut accumulator, 0, 2, None);
        if outcome.result.is_err() {
            break outcome;
        }
    };
    let exhausted = AllocateError::Exhausted { size: 200, total: 400, available: 0 };
    assert_eq!(blocked.result, Err(AppendError::NoMemory(exhausted)));
    assert_eq!(blocked.closed, Some(BatchId(0)), "it is closed before memory is asked for");

    let waiter = accumulator.wait_for_memory(200);
    assert_eq!(because(&ready(&mut accumulator, 0)), [ReadyBecause::Full, ReadyBecause::MemoryWaiters]);
    let drained = accumulator.drain(&CLUSTER, &[BrokerId(1)].into(), 1_000, at(0), &mut Scripted::default()).unwrap();
    assert_eq!(accumulator.take_served(), []);
    for batch in drained.values().flatten() {
        accumulator.complete_and_deallocate(batch);
    }
    let served = accumulator.take_served();
    assert_eq!(served, [(waiter, Buffer { size: 200 })]);
    assert_eq!((accumulator.memory_waiters(), accumulator.available_memory()), (0, 200));

    // If another append has made a batch with room meanwhile, the memory is not needed.
    append(&mut accumulator, 0, 3, None);
    let appended = append(&mut accumulator, 0, 2, served.first().map(|(_, buffer)| *buffer)).result.unwrap();
    assert_eq!((appended.new_batch, appended.batch_records), (false, 2));
    assert_eq!(accumulator.available_memory(), 200, "it came back unused");
}

#[test]
fn a_clone_shares_the_batches_until_one_side_changes_one() {
    let mut accumulator = accumulator();
    append(&mut accumulator, 0, 0, None);
    append(&mut accumulator, 1, 1, None);
    let checkpoint = accumulator.clone();
    ready(&mut accumulator, 0);
    let shared = accumulator.clone();
    append(&mut accumulator, 0, 2, None);
    let front = |of: &RecordAccumulator, partition| {
        Rc::clone(of.queue(&TopicPartition::new("orders", partition)).unwrap().front().unwrap())
    };
    assert!(Rc::ptr_eq(&front(&accumulator, 1), &front(&shared, 1)));
    assert_eq!(front(&accumulator, 0).numbers(), [0, 2]);
    assert_eq!(front(&checkpoint, 0).numbers(), [0]);
}
