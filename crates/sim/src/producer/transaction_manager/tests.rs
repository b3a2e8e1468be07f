//! Sequence numbers, as a table of what may be sent, what is asked for again, and what begins anew.

use super::*;
use crate::producer::accumulator::ProducerBatch;
use crate::producer::buffer_pool::Buffer;
use crate::time::SimTime;
use highwater_log::record::NewRecord;

fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

fn id(producer_id: i64, epoch: i16) -> ProducerIdAndEpoch {
    ProducerIdAndEpoch { producer_id, epoch }
}

fn manager() -> TransactionManager {
    let mut manager = TransactionManager::default();
    manager.set_producer_id_and_epoch(id(7, 0));
    manager
}

/// A batch of so many records that was drained for the first time.
fn drained(manager: &mut TransactionManager, number: u64, records: i64) -> ProducerBatch {
    let mut batch = ProducerBatch::new(BatchId(number), orders(), SimTime::ZERO, Buffer { size: 1_000 });
    for record in 0..records {
        batch.try_append(&NewRecord::default(), record, SimTime::ZERO).unwrap();
    }
    let state = manager.assign(&orders(), batch.id, batch.record_count());
    batch.reset_producer_state(state);
    batch.drain(SimTime::ZERO);
    batch
}

fn sequence(batch: &ProducerBatch) -> (i16, i32) {
    let state = batch.producer_state().unwrap();
    (state.producer.epoch, state.base_sequence)
}

#[test]
fn sequences_count_records_and_go_on_behind_the_largest_number_at_0() {
    let mut manager = manager();
    let batches: Vec<_> =
        [3, 1, 2].into_iter().zip(0..).map(|(records, at)| drained(&mut manager, at, records)).collect();
    assert_eq!(batches.iter().map(sequence).collect::<Vec<_>>(), [(0, 0), (0, 3), (0, 4)]);
    manager.entry(&orders()).set_next_sequence(i32::MAX - 1);
    let around = drained(&mut manager, 3, 3);
    assert_eq!(sequence(&around), (0, i32::MAX - 1), "its records have 2147483646, 2147483647 and 0");
    assert_eq!(sequence(&drained(&mut manager, 4, 1)), (0, 1));
}

#[test]
fn without_an_id_nothing_is_sent() {
    let manager = TransactionManager::default();
    assert!(manager.holds_back(&orders(), None));
}

#[test]
fn what_is_sent_again_goes_in_the_order_of_its_sequence() {
    let mut manager = manager();
    let (first, second) = (drained(&mut manager, 0, 1), drained(&mut manager, 1, 1));
    assert!(!manager.holds_back(&orders(), None), "new batches go behind those on their way");
    assert!(!manager.holds_back(&orders(), first.producer_state()));
    assert!(manager.holds_back(&orders(), second.producer_state()), "the first one is not done");
    manager.handle_completed_batch(&first, Offset(0));
    assert!(!manager.holds_back(&orders(), second.producer_state()));
}

#[test]
fn a_batch_behind_one_that_failed_is_sent_again_and_one_with_a_gap_before_it_begins_another_epoch() {
    let mut manager = manager();
    let (first, second) = (drained(&mut manager, 0, 2), drained(&mut manager, 1, 1));
    assert!(manager.can_retry(&second, Errors::OutOfOrderSequenceNumber, Offset(-1)));
    assert_eq!(manager.bump_idempotent_epoch(), None, "the first one comes before it");
    manager.handle_completed_batch(&first, Offset(0));
    assert!(manager.can_retry(&second, Errors::OutOfOrderSequenceNumber, Offset(-1)));
    let bumped = manager.bump_idempotent_epoch().unwrap();
    assert_eq!((bumped.from, bumped.to), (id(7, 0), id(7, 1)));
    let state = ProducerState { producer: id(7, 1), base_sequence: 0 };
    assert_eq!(bumped.rewritten, [Rewritten { partition: orders(), batch: BatchId(1), state }]);
    assert_eq!(manager.bump_idempotent_epoch(), None, "once");
}

#[test]
fn a_batch_that_was_rewritten_is_sent_again_without_another_epoch() {
    let mut manager = manager();
    let mut batch = drained(&mut manager, 0, 1);
    batch.reset_producer_state(ProducerState { producer: id(7, 1), base_sequence: 0 });
    for error in [Errors::OutOfOrderSequenceNumber, Errors::UnknownProducerId] {
        assert!(manager.can_retry(&batch, error, Offset(0)));
        assert_eq!(manager.bump_idempotent_epoch(), None);
    }
}

#[test]
fn a_broker_that_forgot_the_producer_gets_another_epoch() {
    let mut manager = manager();
    let batch = drained(&mut manager, 0, 1);
    assert!(manager.can_retry(&batch, Errors::UnknownProducerId, Offset(-1)));
    assert_eq!(manager.bump_idempotent_epoch(), None, "the broker does not know its log");
    assert!(manager.can_retry(&batch, Errors::UnknownProducerId, Offset(0)));
    assert!(manager.bump_idempotent_epoch().is_some());
}

#[test]
fn other_errors_are_tried_again_as_without_idempotence() {
    let mut manager = manager();
    let batch = drained(&mut manager, 0, 1);
    for (error, again) in [
        (Errors::NotLeaderOrFollower, true),
        (Errors::NotEnoughReplicasAfterAppend, true),
        (Errors::InvalidProducerEpoch, false),
        (Errors::DuplicateSequenceNumber, false),
        (Errors::MessageTooLarge, false),
    ] {
        assert_eq!(manager.can_retry(&batch, error, Offset(-1)), again, "{error}");
    }
}

#[test]
fn a_failure_begins_another_epoch_unless_its_retries_were_used_up() {
    for (error, adjust, grows) in [
        (Some(Errors::InvalidProducerEpoch), true, true),
        (Some(Errors::NotLeaderOrFollower), false, false),
        (Some(Errors::OutOfOrderSequenceNumber), false, true),
        (Some(Errors::UnknownProducerId), false, true),
        (None, false, false),
    ] {
        let mut manager = manager();
        let batch = drained(&mut manager, 0, 1);
        manager.handle_failed_batch(&batch, error, adjust);
        assert!(!manager.has_in_flight_batches(&orders()));
        assert_eq!(manager.bump_idempotent_epoch().is_some(), grows, "{error:?}");
    }
}

#[test]
fn what_was_given_up_is_settled_by_a_later_batch_or_by_another_epoch() {
    for later_is_stored in [true, false] {
        let mut manager = manager();
        let (lost, later) = (drained(&mut manager, 0, 1), drained(&mut manager, 1, 1));
        manager.handle_failed_batch(&lost, None, false);
        manager.mark_sequence_unresolved(&lost);
        assert!(manager.holds_back(&orders(), None), "nobody knows what comes next");
        manager.maybe_resolve_sequences();
        assert!(manager.has_unresolved_sequence(&orders()), "one is on its way");
        if later_is_stored {
            manager.handle_completed_batch(&later, Offset(1));
        } else {
            manager.handle_failed_batch(&later, None, false);
            manager.mark_sequence_unresolved(&later);
        }
        manager.maybe_resolve_sequences();
        assert!(!manager.has_unresolved_sequence(&orders()));
        assert_eq!(manager.bump_idempotent_epoch().is_none(), later_is_stored);
        assert!(!manager.holds_back(&orders(), None));
        let expected = if later_is_stored { (0, 2) } else { (1, 0) };
        assert_eq!(sequence(&drained(&mut manager, 2, 1)), expected);
    }
}

#[test]
fn other_partitions_finish_their_epoch_before_they_begin_the_next() {
    let mut manager = manager();
    let payments = TopicPartition::new("payments", 0);
    manager.assign(&payments, BatchId(9), 4);
    let batch = drained(&mut manager, 0, 1);
    manager.request_idempotent_epoch_bump(&orders());
    let bumped = manager.bump_idempotent_epoch().unwrap();
    assert_eq!(bumped.rewritten.len(), 1, "only the partition that asked");
    assert!(manager.holds_back(&payments, None) && !manager.holds_back(&orders(), None));
    manager.entry(&payments).remove_in_flight(BatchId(9));
    assert!(!manager.holds_back(&payments, None));
    let state = manager.assign(&payments, BatchId(10), 1);
    assert_eq!((state.producer, state.base_sequence), (id(7, 1), 0));
    assert_eq!(batch.record_count(), 1);
}

#[test]
fn behind_the_last_epoch_there_is_no_id() {
    let mut manager = manager();
    manager.set_producer_id_and_epoch(id(7, i16::MAX));
    manager.request_idempotent_epoch_bump(&orders());
    let bumped = manager.bump_idempotent_epoch().unwrap();
    assert_eq!(bumped.to, ProducerIdAndEpoch::NONE);
    assert!(manager.holds_back(&orders(), None));
}
