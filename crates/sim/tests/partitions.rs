//! Two replicas of one partition, without the world around them: how logs that differ become one again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::rc::Rc;

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::producer_state::AppendOrigin;
use highwater_log::record::NewRecord;
use highwater_sim::broker::alter_partition::AlterPartitionManager;
use highwater_sim::broker::fetch::{FetchedBy, Read};
use highwater_sim::broker::partition::{Partition, Surroundings};
use highwater_sim::error::Errors;
use highwater_sim::ids::{BrokerId, FactId, LeaderEpoch, NodeId, Offset, TopicPartition};
use highwater_sim::message::{Acks, FetchPartition, FetchedPartition};
use highwater_sim::metadata::{MetadataImage, PartitionRegistration};
use highwater_sim::outbox::{Counters, Outbox};
use highwater_sim::time::SimTime;

const A: BrokerId = BrokerId(1);
const B: BrokerId = BrokerId(2);

fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

fn replica(broker: BrokerId) -> Partition {
    Partition::new(orders(), broker, Rc::default(), 0)
}

fn registration(leader: BrokerId, epoch: i32) -> Rc<PartitionRegistration> {
    Rc::new(PartitionRegistration {
        replicas: vec![A, B],
        isr: vec![leader],
        leader: Some(leader),
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch: epoch,
        ..PartitionRegistration::default()
    })
}

/// Lets a replica act; gives what came of it and the names of the facts.
fn act<T>(
    replica: &mut Partition,
    act: impl FnOnce(&mut Partition, &mut Surroundings<'_>) -> T,
) -> (T, Vec<&'static str>) {
    let (metadata, mut alter_partition) = (MetadataImage::default(), AlterPartitionManager::default());
    let node = NodeId::Broker(replica.broker);
    let mut out = Outbox::new(SimTime::ZERO, node, FactId(0), Counters::default(), Vec::new());
    let mut around = Surroundings {
        now_ms: 0,
        broker_epoch: 1,
        replica_lag_time_max_ms: 30_000,
        metadata: &metadata,
        alter_partition: &mut alter_partition,
        out: &mut out,
    };
    let done = act(replica, &mut around);
    (done, out.finish().facts.iter().map(|fact| fact.kind.name()).collect())
}

fn lead(replica: &mut Partition, epoch: i32) {
    let registration = registration(replica.broker, epoch);
    act(replica, |replica, around| replica.make_leader(&registration, around));
}

fn append(replica: &mut Partition, value: &str) {
    let record = NewRecord { value: Some(value.as_bytes().into()), ..NewRecord::default() };
    let batch = RecordBatch::encode(&BatchSpec::default(), &[record]).unwrap();
    act(replica, |replica, around| replica.append_as_leader(&batch, Acks::Leader, AppendOrigin::Client, around))
        .0
        .unwrap();
}

/// One round: what the follower asks, the leader's answer, and what the follower makes of it.
fn fetch(leader: &mut Partition, follower: &mut Partition) -> Vec<&'static str> {
    let fetch = FetchPartition {
        partition: orders(),
        fetch_offset: follower.log_end_offset(),
        current_leader_epoch: Some(leader.leader_epoch()),
        log_start_offset: follower.log_start_offset(),
        last_fetched_epoch: follower.last_fetched_epoch(),
        max_bytes: 1 << 20,
    };
    let info = leader.read(FetchedBy::Follower(follower.broker), &fetch).unwrap();
    act(leader, |leader, around| leader.record_follower_fetch(follower.broker, -1, &fetch, &info, around)).0.unwrap();
    let (diverging_epoch, records) = match &info.read {
        Read::Diverging(epoch) => (Some(*epoch), Vec::new()),
        Read::Elsewhere(_) => (None, Vec::new()),
        Read::Fetched(read) => (None, leader.log.batches_of(read).unwrap()),
    };
    let answer = FetchedPartition {
        preferred_read_replica: None,
        partition: orders(),
        error: Errors::None,
        high_watermark: info.high_watermark,
        log_start_offset: info.log_start_offset,
        diverging_epoch,
        records,
    };
    act(follower, |follower, around| follower.take_over(&answer, around.out)).1
}

fn values(replica: &Partition) -> Vec<(i64, i32, String)> {
    let of_batch = |batch: &RecordBatch| {
        let epoch = batch.partition_leader_epoch();
        let told = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
        let records = batch.records().unwrap().into_iter();
        records.map(move |record| (record.offset, epoch, told(&record.value.unwrap()))).collect::<Vec<_>>()
    };
    replica.log.batches_from(0).flat_map(of_batch).collect()
}

/// Kafka's KIP-101, second scenario: both lost power, and each led once with its own record at offset 1.
#[test]
fn a_follower_cuts_what_its_leader_never_had() {
    let (mut a, mut b) = (replica(A), replica(B));
    lead(&mut a, 0);
    b.make_follower(&registration(A, 0));
    append(&mut a, "m1");
    fetch(&mut a, &mut b);
    append(&mut a, "m2");
    lead(&mut b, 1);
    append(&mut b, "m3");
    a.make_follower(&registration(B, 1));
    assert_eq!(fetch(&mut b, &mut a), ["LogTruncated"]);
    assert_eq!(fetch(&mut b, &mut a), ["RecordAppended", "HighWatermarkUpdated"]);
    assert_eq!(values(&a), values(&b));
    assert_eq!(values(&a), [(0, 0, "m1".to_owned()), (1, 1, "m3".to_owned())]);
    assert_eq!(b.replicas().get(&A).unwrap().log_end_offset.offset, 1, "a diverging fetch proves nothing");
}

/// Kafka's KIP-279: in epochs that the other knows nothing of, one after the other, both wrote.
#[test]
fn a_follower_goes_back_epoch_by_epoch() {
    let (mut a, mut b) = (replica(A), replica(B));
    lead(&mut a, 0);
    b.make_follower(&registration(A, 0));
    append(&mut a, "m1");
    fetch(&mut a, &mut b);
    for (epoch, value) in [(1, "b1"), (3, "b3"), (5, "b5")] {
        lead(&mut b, epoch);
        append(&mut b, value);
    }
    for (epoch, value) in [(2, "a2"), (4, "a4"), (6, "a6")] {
        lead(&mut a, epoch);
        append(&mut a, value);
    }
    b.make_follower(&registration(A, 6));
    let rounds: Vec<Vec<&str>> = (0..4).map(|_| fetch(&mut a, &mut b)).collect();
    assert_eq!(
        rounds,
        [
            vec!["LogTruncated"],
            vec!["LogTruncated"],
            vec!["LogTruncated"],
            vec!["RecordAppended", "RecordAppended", "RecordAppended", "HighWatermarkUpdated"],
        ]
    );
    assert_eq!(values(&b), values(&a));
}

/// What a leader deleted, its followers delete when they hear of it.
#[test]
fn a_follower_takes_over_the_begin_of_the_log() {
    let (mut a, mut b) = (replica(A), replica(B));
    lead(&mut a, 0);
    b.make_follower(&registration(A, 0));
    append(&mut a, "m1");
    append(&mut a, "m2");
    fetch(&mut a, &mut b);
    a.delete_records(Some(Offset(1)), &MetadataImage::default()).unwrap();
    assert_eq!(fetch(&mut a, &mut b), ["LogStartOffsetIncremented"]);
    assert_eq!(b.log_start_offset(), Offset(1));
}
