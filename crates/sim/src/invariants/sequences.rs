//! What an idempotent producer is promised: its sequence numbers in a log, and the order of its records.
//!
//! Kafka promises the order in each epoch of a producer. It breaks it with a new epoch: a leader takes any sequence of a
//! producer that it does not know, so that a second batch can come before a first one that was lost (KIP-890 closes that
//! for transactions only).

use std::rc::Rc;

use highwater_log::batch::RecordBatch;

use super::{Checked, Invariant, violation};
use crate::bytes::Bytes;
use crate::ids::{BrokerId, ClientId, Offset, TopicPartition};
use crate::sorted::SortedMap;
use crate::world::World;

/// In which order producers were given their values; a value stands for one record.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    values: SortedMap<Rc<[u8]>, (ClientId, u64)>,
    next: u64,
    /// Producers without idempotence are held to their order as well.
    of_all: bool,
}

impl Sent {
    pub(super) fn of_all() -> Sent {
        Sent { of_all: true, ..Sent::default() }
    }

    pub(super) fn note(&mut self, producer: &ClientId, value: &Bytes) {
        self.values.insert(Rc::clone(&value.0), (producer.clone(), self.next));
        self.next = self.next.saturating_add(1);
    }

    /// A leader has appended a batch: holds it against those before it in its log.
    pub(super) fn check(&self, world: &World, id: &TopicPartition, leader: BrokerId, offset: Offset) -> Checked {
        let Some(replica) = world.replica(leader, id) else { return Ok(()) };
        let Some(batch) = replica.log.batches_from(offset.0).next().filter(|batch| batch.base_offset() == offset.0)
        else {
            return Ok(());
        };
        let before = || replica.log.batches_from(0).take_while(|other| other.base_offset() < offset.0);
        if batch.producer_id() >= 0 {
            let last = before().filter(|other| other.producer_id() == batch.producer_id()).last();
            if let Some(last) = last.filter(|last| !follows(batch, last)) {
                let (has, was) = (told(batch), told(last));
                let why = format!("leader {leader} has {has} at offset {offset}, behind {was}");
                return Err(violation(Invariant::SequencesContiguous, id, why));
            }
        }
        if batch.producer_id() < 0 && !self.of_all {
            return Ok(());
        }
        let numbers = self.numbers(batch);
        let Some((producer, first)) = numbers.first() else { return Ok(()) };
        let same = |other: &&RecordBatch| {
            (other.producer_id(), other.producer_epoch()) == (batch.producer_id(), batch.producer_epoch())
        };
        let earlier = before().filter(same).flat_map(|other| self.numbers(other)).filter(|(by, _)| by == producer);
        let late = earlier.map(|(_, number)| number).find(|number| number > first);
        if late.is_some() || !numbers.is_sorted_by_key(|(_, number)| *number) {
            let why =
                format!("leader {leader} has a record of {producer} at offset {offset} that was sent before others");
            return Err(violation(Invariant::SendOrder, id, why));
        }
        Ok(())
    }

    /// Who sent the records of a batch, and as the how manyth.
    fn numbers(&self, batch: &RecordBatch) -> Vec<(ClientId, u64)> {
        let values = batch.iter().filter_map(|record| record.ok()?.value);
        values.filter_map(|value| self.values.get(value).cloned()).collect()
    }
}

fn follows(batch: &RecordBatch, last: &RecordBatch) -> bool {
    if batch.producer_epoch() != last.producer_epoch() {
        return batch.producer_epoch() > last.producer_epoch() && batch.base_sequence() == 0;
    }
    let last = last.header().last_sequence();
    batch.base_sequence() == last.checked_add(1).unwrap_or(0)
}

fn told(batch: &RecordBatch) -> String {
    let (first, last) = (batch.base_sequence(), batch.header().last_sequence());
    format!("sequences {first} to {last} of producer {} in epoch {}", batch.producer_id(), batch.producer_epoch())
}
