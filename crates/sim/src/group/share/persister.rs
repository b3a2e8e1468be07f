//! What is kept of share partitions in `__share_group_state`. Kafka 4.3: `ShareCoordinatorShard`, `PersisterStateBatchCombiner`,
//! behind `DefaultStatePersister`.
//!
//! Differs from Kafka: the state is kept, not the `ShareSnapshot` and `ShareUpdate` records that it is read from after a restart;
//! one coordinator has all share partitions.

use super::in_flight::RecordState;
use super::message::ShareError;
use super::partition::StateWrite;
use crate::ids::TopicId;
use crate::sorted::SortedMap;

/// Which share partition: a group, a topic, a partition. Kafka: `SharePartitionKey`.
pub type StateKey = (String, TopicId, i32);

/// What has become of records. Kafka: `PersisterStateBatch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateBatch {
    /// The first offset.
    pub first: i64,
    /// The last offset.
    pub last: i64,
    /// What has become of them.
    pub state: RecordState,
    /// How often they were delivered.
    pub delivery_count: i32,
}

/// What is known of a share partition. Kafka: `ReadShareGroupStateResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadState {
    /// The version of the group's state.
    pub state_epoch: i32,
    /// The share-partition start offset; -1 if nothing was written yet.
    pub start_offset: i64,
    /// What has become of records from there on, by offset.
    pub batches: Vec<StateBatch>,
}

/// What administrators are told. Kafka: `ReadShareGroupStateSummaryResponse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The start offset as it was written last; -1 if nothing was.
    pub start_offset: i64,
    /// How many records from there on are done with.
    pub delivery_complete_count: i64,
}

/// The state of a share partition. Kafka: `ShareGroupOffset`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    read: ReadState,
    leader_epoch: i32,
    delivery_complete_count: i64,
}

/// The share coordinator.
#[derive(Clone, Debug, Default)]
pub struct ShareCoordinator {
    kept: SortedMap<StateKey, Kept>,
}

impl ShareCoordinator {
    /// A group is to have a partition. Kafka: `initializeState`.
    pub fn initialize(&mut self, key: StateKey, state_epoch: i32, start_offset: i64) {
        let read = ReadState { state_epoch, start_offset, batches: Vec::new() };
        self.kept.insert(key, Kept { read, leader_epoch: 0, delivery_complete_count: 0 });
    }

    /// A leader asks what it is to go on from. Kafka: `readStateAndMaybeUpdateLeaderEpoch`.
    ///
    /// # Errors
    /// There is no such state, or a later leader has asked.
    pub fn read(&mut self, key: &StateKey, leader_epoch: i32) -> Result<ReadState, ShareError> {
        let kept = self.kept.get_mut(key).ok_or(ShareError::UnknownTopicOrPartition)?;
        if leader_epoch < kept.leader_epoch {
            return Err(ShareError::FencedLeaderEpoch);
        }
        kept.leader_epoch = leader_epoch;
        Ok(kept.read.clone())
    }

    /// A leader writes. Kafka: `writeState`.
    ///
    /// # Errors
    /// There is no such state, or it is another's now.
    pub fn write(&mut self, key: &StateKey, write: &StateWrite) -> Result<(), ShareError> {
        let kept = self.kept.get_mut(key).ok_or(ShareError::UnknownTopicOrPartition)?;
        if write.leader_epoch < kept.leader_epoch {
            return Err(ShareError::FencedLeaderEpoch);
        }
        if write.state_epoch < kept.read.state_epoch {
            return Err(ShareError::FencedStateEpoch);
        }
        if write.start_offset >= 0 {
            kept.read.start_offset = write.start_offset;
        }
        let all = kept.read.batches.iter().chain(&write.batches);
        kept.read.batches = combine(all.copied().collect(), kept.read.start_offset);
        kept.delivery_complete_count = write.delivery_complete_count;
        Ok(())
    }

    /// What administrators are told. Kafka: `readStateSummary`.
    pub fn summary(&self, key: &StateKey) -> Option<Summary> {
        let kept = self.kept.get(key)?;
        let Kept { read, delivery_complete_count, .. } = kept;
        Some(Summary { start_offset: read.start_offset, delivery_complete_count: *delivery_complete_count })
    }
}

/// Of each offset from the start on what was delivered more often, or went further; neighbours that are alike together.
/// Kafka: `PersisterStateBatchCombiner.combineStateBatches`.
fn combine(mut batches: Vec<StateBatch>, start: i64) -> Vec<StateBatch> {
    batches.retain(|batch| batch.last >= start);
    for batch in &mut batches {
        batch.first = batch.first.max(start);
    }
    let ends = batches.iter().flat_map(|batch| [batch.first, batch.last.saturating_add(1)]);
    let mut ends: Vec<i64> = ends.collect();
    ends.sort_unstable();
    ends.dedup();
    let mut combined: Vec<StateBatch> = Vec::new();
    for (first, next) in ends.iter().zip(ends.iter().skip(1)) {
        let there = batches.iter().filter(|batch| batch.first <= *first && batch.last >= *first);
        let Some(best) = there.max_by_key(|batch| (batch.delivery_count, batch.state)) else { continue };
        let batch = StateBatch { first: *first, last: next.saturating_sub(1), ..*best };
        let is_alike = |end: &&mut StateBatch| {
            end.last.saturating_add(1) == batch.first
                && (end.state, end.delivery_count) == (batch.state, batch.delivery_count)
        };
        match combined.last_mut().filter(is_alike) {
            Some(end) => end.last = batch.last,
            None => combined.push(batch),
        }
    }
    combined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(first: i64, last: i64, state: RecordState, delivery_count: i32) -> StateBatch {
        StateBatch { first, last, state, delivery_count }
    }

    #[test]
    fn what_was_delivered_more_often_counts_and_what_is_alike_is_one() {
        use RecordState::{Acknowledged, Archived, Available};
        let all = vec![batch(0, 9, Available, 1), batch(3, 5, Acknowledged, 1), batch(4, 4, Available, 2)];
        let combined = combine(all, 2);
        let expected = [
            batch(2, 2, Available, 1),
            batch(3, 3, Acknowledged, 1),
            batch(4, 4, Available, 2),
            batch(5, 5, Acknowledged, 1),
            batch(6, 9, Available, 1),
        ];
        assert_eq!(combined, expected);
        assert_eq!(combine(vec![batch(0, 1, Archived, 1), batch(2, 3, Archived, 1)], 0), [batch(0, 3, Archived, 1)]);
        assert_eq!(combine(vec![batch(0, 1, Archived, 1), batch(3, 3, Archived, 1)], 4), []);
    }

    #[test]
    fn an_old_leader_and_an_old_state_are_fenced() {
        let mut coordinator = ShareCoordinator::default();
        let key: StateKey = ("g".to_owned(), TopicId(1), 0);
        assert_eq!(coordinator.read(&key, 0), Err(ShareError::UnknownTopicOrPartition));
        coordinator.initialize(key.clone(), 2, -1);
        assert_eq!(coordinator.read(&key, 3).unwrap().start_offset, -1);
        assert_eq!(coordinator.read(&key, 2), Err(ShareError::FencedLeaderEpoch));
        let write = |leader_epoch, state_epoch| StateWrite {
            id: 1,
            state_epoch,
            leader_epoch,
            start_offset: 5,
            delivery_complete_count: 1,
            batches: vec![batch(3, 6, RecordState::Available, 1)],
        };
        assert_eq!(coordinator.write(&key, &write(2, 2)), Err(ShareError::FencedLeaderEpoch));
        assert_eq!(coordinator.write(&key, &write(3, 1)), Err(ShareError::FencedStateEpoch));
        assert_eq!(coordinator.write(&key, &write(3, 2)), Ok(()));
        let read = coordinator.read(&key, 3).unwrap();
        assert_eq!((read.start_offset, read.batches), (5, vec![batch(5, 6, RecordState::Available, 1)]));
        assert_eq!(coordinator.summary(&key).unwrap().delivery_complete_count, 1);
    }
}
