//! What is kept of share partitions in `__share_group_state`. Kafka 4.3: `ShareCoordinatorShard`, `PersisterStateBatchCombiner`,
//! behind `DefaultStatePersister`.
//!
//! Differs from Kafka: the state is kept, not the `ShareSnapshot` and `ShareUpdate` records that it is read from after a restart;
//! one coordinator has all share partitions.

use super::in_flight::RecordState;
use super::leader::ShareKey;
use super::message::ShareError;
use super::partition::StateWrite;
use super::share_group::InitializeState;
use crate::ids::TopicId;
use crate::sorted::{SortedMap, SortedSet};

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

/// What the share coordinator is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateRequest {
    /// A group is to have partitions. Kafka: `InitializeShareGroupStateRequest`.
    Initialize(InitializeState),
    /// A leader wants to know where to go on, in its leader epoch. Kafka: `ReadShareGroupStateRequest`.
    Read(ShareKey, i32),
    /// A leader has something to keep. Kafka: `WriteShareGroupStateRequest`.
    Write(ShareKey, StateWrite),
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateResponse {
    /// To [`StateRequest::Initialize`].
    Initialized(InitializeState),
    /// To [`StateRequest::Read`].
    Read(ShareKey, Result<ReadState, ShareError>),
    /// To [`StateRequest::Write`], with its number.
    Written(ShareKey, u64, Result<(), ShareError>),
}

fn key_of((group, partition): &ShareKey) -> StateKey {
    (group.clone(), TopicId::of_name(&partition.topic), partition.partition)
}

/// The share coordinator.
#[derive(Clone, Debug, Default)]
pub struct ShareCoordinator {
    kept: SortedMap<StateKey, Kept>,
}

impl ShareCoordinator {
    /// Does what it is asked, of topics whose ids are those of their names.
    pub fn on_request(&mut self, request: &StateRequest) -> StateResponse {
        match request {
            StateRequest::Initialize(states) => {
                for (topic, numbers) in &states.partitions {
                    for number in numbers {
                        self.initialize((states.group.clone(), *topic, *number), states.state_epoch, -1);
                    }
                }
                StateResponse::Initialized(states.clone())
            }
            StateRequest::Read(key, leader_epoch) => {
                StateResponse::Read(key.clone(), self.read(&key_of(key), *leader_epoch))
            }
            StateRequest::Write(key, write) => {
                StateResponse::Written(key.clone(), write.id, self.write(&key_of(key), write))
            }
        }
    }

    /// What is kept of a share partition.
    pub fn kept(&self, key: &ShareKey) -> Option<&ReadState> {
        self.kept.get(&key_of(key)).map(|kept| &kept.read)
    }

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

/// Of each offset from the start on what was delivered more often, or went further; neighbours that are alike mostly together.
/// Kafka: `PersisterStateBatchCombiner.combineStateBatches`.
fn combine(mut batches: Vec<StateBatch>, start: i64) -> Vec<StateBatch> {
    batches.retain(|batch| batch.last >= start);
    for batch in &mut batches {
        batch.first = batch.first.max(start);
    }
    if batches.len() < 2 {
        return batches;
    }
    let mut sorted = SortedSet::new();
    for batch in batches {
        sorted.insert(Sorted::of(batch));
    }
    let mut combined = Vec::new();
    // Each round makes one of two, or cuts an overlap away; what lies before it is done.
    while let Some((one, other)) = next_pair(&mut sorted, &mut combined) {
        for batch in merged(one, other) {
            sorted.insert(Sorted::of(batch));
        }
    }
    combined.extend(sorted.iter().map(|there| there.0));
    combined
}

/// What goes further: delivered more often, then by state. Kafka: `compareBatchDeliveryInfo`.
fn reached(batch: &StateBatch) -> (i32, RecordState) {
    (batch.delivery_count, batch.state)
}

/// A batch in Kafka's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sorted(StateBatch);

impl Sorted {
    fn of(batch: StateBatch) -> Sorted {
        Sorted(batch)
    }

    fn key(&self) -> (i64, i64, (i32, RecordState)) {
        (self.0.first, self.0.last, reached(&self.0))
    }
}

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Takes out the first two that overlap, or are alike and follow each other, and what is before them. Kafka:
/// `getMergeCandidatePair`.
fn next_pair(sorted: &mut SortedSet<Sorted>, done: &mut Vec<StateBatch>) -> Option<(StateBatch, StateBatch)> {
    let belong = |one: &Sorted, other: &Sorted| {
        let (one, other) = (&one.0, &other.0);
        other.first <= one.last || one.last.saturating_add(1) == other.first && reached(one) == reached(other)
    };
    let all: Vec<Sorted> = sorted.iter().copied().collect();
    let mut pairs = all.iter().zip(all.iter().skip(1));
    let at = pairs.position(|(one, other)| belong(one, other))?;
    for there in all.iter().take(at.saturating_add(2)) {
        sorted.remove(there);
    }
    done.extend(all.iter().take(at).map(|there| there.0));
    Some((all.get(at)?.0, all.get(at.saturating_add(1))?.0))
}

/// What becomes of two batches of which the second does not begin before the first. Kafka: `handleSameStateMerge`,
/// `handleDiffStateOverlap`.
fn merged(one: StateBatch, other: StateBatch) -> Vec<StateBatch> {
    if reached(&one) == reached(&other) {
        return vec![StateBatch { last: one.last.max(other.last), ..one }];
    }
    let wins = reached(&other) > reached(&one);
    let before = StateBatch { last: other.first.saturating_sub(1), ..one };
    let rest_of_other = StateBatch { first: one.last.saturating_add(1), ..other };
    let rest_of_one = StateBatch { first: other.last.saturating_add(1), ..one };
    let parts = if wins { [before, other, rest_of_one] } else { [one, rest_of_other, rest_of_other] };
    let mut parts: Vec<StateBatch> = parts.into_iter().filter(|batch| batch.first <= batch.last).collect();
    parts.dedup();
    parts
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

    /// What Kafka 4.3.1 kept after each of the writes of 400 random sequences.
    #[test]
    fn states_are_combined_as_by_kafka() {
        use serde_json::{Value, json};
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/share_states.jsonl");
        let state = |id: i64| match id {
            0 => RecordState::Available,
            2 => RecordState::Acknowledged,
            _ => RecordState::Archived,
        };
        let read = |told: &Value| {
            let [first, last, id, count] = [0, 1, 2, 3].map(|at| told[at].as_i64().unwrap());
            batch(first, last, state(id), i32::try_from(count).unwrap())
        };
        let mut count = 0;
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let mut kept: Vec<StateBatch> = Vec::new();
            for write in line.as_array().unwrap() {
                kept.extend(write["batches"].as_array().unwrap().iter().map(read));
                kept = combine(kept, write["start"].as_i64().unwrap());
                let told =
                    kept.iter().map(|there| json!([there.first, there.last, there.state.id(), there.delivery_count]));
                assert_eq!(told.collect::<Value>(), write["kept"], "{line}");
            }
            count += 1;
        }
        assert_eq!(count, 400);
    }
}
