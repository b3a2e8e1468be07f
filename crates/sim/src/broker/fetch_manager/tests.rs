use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::record::NewRecord;

use super::*;
use crate::config::Rack;
use crate::ids::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use crate::message::AsksFor;

const SLOTS: u64 = 2;

fn wanted(partitions: i32, offset: i64) -> Vec<FetchPartition> {
    let part = |partition: i32| FetchPartition {
        partition: TopicPartition::new("orders", partition),
        fetch_offset: Offset(offset),
        current_leader_epoch: Some(LeaderEpoch(0)),
        log_start_offset: Offset(-1),
        last_fetched_epoch: None,
        max_bytes: 1_048_576,
    };
    (0..partitions).map(part).collect()
}

fn request(replica: Option<i32>, session_id: i32, epoch: i32, partitions: Vec<FetchPartition>) -> FetchRequest {
    FetchRequest {
        replica: replica.map(BrokerId),
        replica_epoch: -1,
        max_wait_ms: 500,
        min_bytes: 1,
        max_bytes: 1_048_576,
        rack: Rack::NONE,
        zero_copy: true,
        session: FetchMetadata { session_id, epoch },
        partitions,
        forgotten: Vec::new(),
        asks_for: AsksFor::default(),
    }
}

/// What was read: the high watermark of each partition.
fn read(asked: &[FetchPartition], high_watermark: i64) -> Vec<FetchedPartition> {
    let part = |asked: &FetchPartition| FetchedPartition {
        partition: asked.partition.clone(),
        error: Errors::None,
        high_watermark: Offset(high_watermark),
        log_start_offset: Offset(0),
        diverging_epoch: None,
        preferred_read_replica: None,
        records: Vec::new(),
    };
    asked.iter().map(part).collect()
}

/// A full fetch of so many partitions; the session that it got.
fn begin(manager: &mut FetchManager, replica: Option<i32>, partitions: i32, now_ms: i64) -> i32 {
    let request = request(replica, 0, 0, wanted(partitions, 0));
    let (context, whole) = manager.new_context(&request, now_ms);
    assert_eq!((context, whole), (FetchContext::Full { is_followers: replica.is_some() }, None));
    let read = read(&request.partitions, 0);
    manager.respond(context, &request.partitions, read, SLOTS, now_ms).session_id
}

fn manager() -> FetchManager {
    FetchManager::new(Pcg::new(1))
}

/// The partitions of an incremental answer, after one of these has read so far.
fn go_on(manager: &mut FetchManager, request: &FetchRequest, read_to: &[(i32, i64)]) -> (Errors, Vec<i32>) {
    let (context, whole) = manager.new_context(request, 0);
    let asked = whole.unwrap();
    let mut fetched = read(&asked, 0);
    for part in &mut fetched {
        for (partition, high_watermark) in read_to {
            if part.partition.partition == *partition {
                part.high_watermark = Offset(*high_watermark);
            }
        }
    }
    let response = manager.respond(context, &asked, fetched, SLOTS, 0);
    (response.error, response.partitions.iter().map(|part| part.partition.partition).collect())
}

#[test]
fn an_incremental_answer_names_what_has_changed() {
    let mut manager = manager();
    let id = begin(&mut manager, Some(2), 3, 0);
    assert!(id > 0);
    let incremental = |epoch| request(Some(2), id, epoch, Vec::new());
    assert_eq!(go_on(&mut manager, &incremental(1), &[]), (Errors::None, vec![]));
    assert_eq!(go_on(&mut manager, &incremental(2), &[(1, 5)]), (Errors::None, vec![1]), "its high watermark rose");
    assert_eq!(go_on(&mut manager, &incremental(3), &[(1, 5)]), (Errors::None, vec![]));
}

#[test]
fn what_is_named_and_forgotten_changes_the_session() {
    let mut manager = manager();
    let id = begin(&mut manager, None, 2, 0);
    let mut named = request(None, id, 1, wanted(1, 9));
    named.forgotten = vec![TopicPartition::new("orders", 1)];
    let (context, whole) = manager.new_context(&named, 0);
    assert_eq!(whole, Some(wanted(1, 9)), "partition 0 from its new offset, partition 1 no more");
    assert_eq!(context, FetchContext::Incremental(named.session));
    let mut last = request(None, id, 2, Vec::new());
    last.forgotten = vec![TopicPartition::new("orders", 0)];
    assert_eq!(manager.new_context(&last, 0), (FetchContext::Sessionless, None));
    assert_eq!(manager.sessions().count(), 0, "nothing is left of it");
}

#[test]
fn a_session_that_is_gone_and_an_epoch_out_of_turn_are_refused() {
    let mut manager = manager();
    let id = begin(&mut manager, None, 1, 0);
    let refused = |error| (error, vec![]);
    let strange = request(None, id ^ 1, 1, Vec::new());
    assert_eq!(go_on(&mut manager, &strange, &[]), refused(Errors::FetchSessionIdNotFound));
    let late = request(None, id, 2, Vec::new());
    assert_eq!(go_on(&mut manager, &late, &[]), refused(Errors::InvalidFetchSessionEpoch));
    // A full request ends the session that it names.
    let closing = request(None, id, -1, Vec::new());
    assert_eq!(manager.new_context(&closing, 0).0, FetchContext::Sessionless);
    assert_eq!(manager.sessions().count(), 0);
}

#[test]
fn what_brings_records_is_read_last_the_next_time() {
    let mut session = FetchSession::new(1, true, &wanted(3, 0), &read(&wanted(3, 0), 0), 0);
    let batch = RecordBatch::encode(&BatchSpec::default(), &[NewRecord::default()]).unwrap();
    let mut fetched = read(&wanted(3, 0), 0);
    fetched[0].records.push(batch);
    assert_eq!(session.select(fetched).len(), 1);
    let order: Vec<i32> = session.requests().iter().map(|part| part.partition.partition).collect();
    assert_eq!(order, [1, 2, 0]);
}

/// Two slots, both taken: a row a case. Who is there (a follower's, partitions), how old, who comes, who goes.
#[test]
fn who_must_go_for_whom() {
    let (young, old) = (1_000, EVICTION_MS + 1);
    let (consumer, follower) = (None, Some(2));
    let table = [
        ("nobody young goes for a consumer", consumer, 1, young, consumer, 9, None),
        ("a consumer's goes for a follower's", consumer, 9, young, follower, 1, Some(0)),
        ("a young follower's stays", follower, 1, young, follower, 9, None),
        ("who was not used for two minutes goes", follower, 9, old, consumer, 1, Some(0)),
    ];
    for (why, there, size, age, comes, new_size, goes) in table {
        let mut manager = manager();
        let ids = [begin(&mut manager, there, size, 0), begin(&mut manager, follower, size, 1)];
        let new = begin(&mut manager, comes, new_size, age);
        assert_eq!(new != 0, goes.is_some(), "{why}");
        let left: Vec<i32> = manager.sessions().map(|session| session.id).collect();
        let gone: Vec<usize> = (0..2).filter(|at| !left.contains(&ids[*at])).collect();
        assert_eq!(gone, goes.into_iter().collect::<Vec<_>>(), "{why}");
        assert_eq!(manager.evicted(), i64::from(goes.is_some()), "{why}");
    }
}
