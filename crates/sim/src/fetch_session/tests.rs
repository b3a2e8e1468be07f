use super::*;
use crate::ids::{LeaderEpoch, Offset};
use crate::message::{CurrentLeaders, FetchedPartition};

fn id(partition: i32) -> TopicPartition {
    TopicPartition::new("orders", partition)
}

/// Partitions with the offsets to fetch from.
fn wanted(of: &[(i32, i64)]) -> Vec<FetchPartition> {
    let part = |(partition, offset): &(i32, i64)| FetchPartition {
        partition: id(*partition),
        fetch_offset: Offset(*offset),
        current_leader_epoch: Some(LeaderEpoch(0)),
        log_start_offset: Offset(-1),
        last_fetched_epoch: None,
        max_bytes: 1_048_576,
    };
    of.iter().map(part).collect()
}

fn response(error: Errors, session_id: i32, partitions: &[i32]) -> FetchResponse {
    let part = |partition: &i32| FetchedPartition {
        partition: id(*partition),
        error: Errors::None,
        high_watermark: Offset(0),
        log_start_offset: Offset(0),
        diverging_epoch: None,
        preferred_read_replica: None,
        records: Vec::new(),
    };
    FetchResponse {
        error,
        session_id,
        partitions: partitions.iter().map(part).collect(),
        current_leaders: CurrentLeaders::default(),
        about: None,
    }
}

fn numbers(partitions: &[FetchPartition]) -> Vec<i32> {
    partitions.iter().map(|part| part.partition.partition).collect()
}

fn at(session_id: i32, epoch: i32) -> FetchMetadata {
    FetchMetadata { session_id, epoch }
}

#[test]
fn after_the_first_fetch_only_changes_are_named() {
    let mut handler = FetchSessionHandler::default();
    let first = handler.build(wanted(&[(0, 0), (1, 0), (2, 0)]));
    assert_eq!((first.session, numbers(&first.to_send)), (FetchMetadata::INITIAL, vec![0, 1, 2]));
    assert!(handler.on_response(&response(Errors::None, 7, &[0, 1, 2])));
    // Nothing has changed.
    let idle = handler.build(wanted(&[(0, 0), (1, 0), (2, 0)]));
    assert_eq!((idle.session, idle.to_send.len(), idle.to_forget.len()), (at(7, 1), 0, 0));
    assert!(handler.on_response(&response(Errors::None, 7, &[1])));
    // One has moved, one is new, one is gone: the new one comes before the one that was there.
    let next = handler.build(wanted(&[(1, 5), (2, 0), (3, 0)]));
    assert_eq!((next.session, numbers(&next.to_send), next.to_forget), (at(7, 2), vec![3, 1], vec![id(0)]));
    assert_eq!(numbers(handler.partitions()), [1, 2, 3]);
}

#[test]
fn a_broker_without_room_gives_no_session() {
    let mut handler = FetchSessionHandler::default();
    for _ in 0..2 {
        assert_eq!(handler.build(wanted(&[(0, 0)])).session, FetchMetadata::INITIAL);
        assert!(handler.on_response(&response(Errors::None, 0, &[0])));
    }
}

/// What an answer makes of the session (7, 3): a row a case.
#[test]
fn what_is_wrong_with_a_session_begins_another() {
    let table = [
        (response(Errors::None, 7, &[]), true, at(7, 4)),
        (response(Errors::FetchSessionIdNotFound, 0, &[]), false, FetchMetadata::INITIAL),
        (response(Errors::InvalidFetchSessionEpoch, 0, &[]), false, at(7, 0)),
        (response(Errors::None, 7, &[9]), false, at(7, 0)),
        (response(Errors::None, 0, &[0]), true, FetchMetadata::INITIAL),
    ];
    for (response, usable, next) in table {
        let mut handler = FetchSessionHandler { next: at(7, 3), named: 0, partitions: wanted(&[(0, 0)]) };
        assert_eq!((handler.on_response(&response), handler.next()), (usable, next), "{response:?}");
    }
    // A full answer names every partition of its request.
    for partitions in [&[][..], &[0], &[0, 9]] {
        let mut handler = FetchSessionHandler::default();
        handler.build(wanted(&[(0, 0), (1, 0)]));
        assert!(!handler.on_response(&response(Errors::None, 7, partitions)));
        assert_eq!(handler.next(), FetchMetadata::INITIAL);
    }
}

#[test]
fn without_an_answer_the_session_is_closed_and_begun_anew() {
    let mut handler = FetchSessionHandler { next: at(7, 3), named: 0, partitions: wanted(&[(0, 0), (1, 0)]) };
    handler.on_failed();
    let next = handler.build(wanted(&[(0, 0), (1, 0)]));
    assert_eq!((next.session, numbers(&next.to_send)), (at(7, 0), vec![0, 1]));
    let last = handler.close();
    assert_eq!((last.session, last.to_send.len()), (at(7, -1), 0));
}

#[test]
fn epochs_go_round_without_zero() {
    assert_eq!([-1, 0, 1, i32::MAX].map(FetchMetadata::next_epoch), [-1, 1, 2, 1]);
}
