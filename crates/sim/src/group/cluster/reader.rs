//! What a consumer reads, from where, and in which order. Kafka 4.3: `SubscriptionState`, `OffsetFetcher`, `FetchCollector`.
//!
//! Differs from Kafka: positions and records come at once; of records only their offsets and timestamps are known.

use highwater_log::java::hash_order;

use super::super::java_map::partition_hash_code;
use super::super::member::Event;
use super::super::message::FetchedOffset;
use super::Failure;
use crate::ids::{Topic, TopicPartition};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;

/// `auto.offset.reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetPolicy {
    /// The first record that there is.
    Earliest,
    /// The next record that comes.
    Latest,
    /// The application is told.
    None,
    /// The first record that is not older than so many ms.
    ByDuration(i64),
}

/// A partition as its readers see it: the timestamps of its records, in ms since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Where it begins.
    pub start: i64,
    timestamps: Vec<i64>,
}

impl Log {
    /// Appends a record; gives its offset.
    pub fn append(&mut self, timestamp_ms: i64) -> i64 {
        self.timestamps.push(timestamp_ms);
        self.end().saturating_sub(1)
    }

    /// The next offset.
    pub fn end(&self) -> i64 {
        i64::try_from(self.timestamps.len()).unwrap_or(i64::MAX)
    }

    /// The first offset from the start on whose record is not older, with its timestamp. Kafka: `offsetsForTimes`.
    pub fn offset_for_time(&self, timestamp_ms: i64) -> Option<(i64, i64)> {
        let is_new = |(offset, there): &(i64, &i64)| *offset >= self.start && **there >= timestamp_ms;
        (0..).zip(&self.timestamps).find(is_new).map(|(offset, there)| (offset, *there))
    }
}

/// Where a consumer is in a partition. Kafka: `FetchStates`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// It asks what was committed.
    Initializing,
    /// It was told, or was out of range, and asks where to begin.
    AwaitReset,
    /// There.
    At(i64),
}

/// What one `poll()` leads to.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub records: Vec<(TopicPartition, i64)>,
    /// Positions that are new, with the leader epoch of what was read.
    pub positions: Vec<(TopicPartition, i64, i32)>,
    /// Partitions whose committed offsets are to be asked for.
    pub committed_of: Vec<TopicPartition>,
}

/// What a consumer reads.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    reset: ResetPolicy,
    max_poll_records: usize,
    positions: SortedMap<TopicPartition, Position>,
    /// The order in which partitions are read.
    order: Vec<TopicPartition>,
    asked: bool,
    requests: u64,
}

impl Reader {
    pub fn new(reset: ResetPolicy, max_poll_records: usize) -> Reader {
        let (positions, order) = (SortedMap::new(), Vec::new());
        Reader { reset, max_poll_records, positions, order, asked: false, requests: 0 }
    }

    pub fn position(&self, partition: &TopicPartition) -> Option<i64> {
        match self.positions.get(partition)? {
            Position::At(offset) => Some(*offset),
            Position::Initializing | Position::AwaitReset => None,
        }
    }

    /// A position is not known although it was asked for: it asks again.
    pub fn waits(&self) -> bool {
        self.positions.values().any(|position| *position == Position::AwaitReset)
    }

    /// Numbers a request for these partitions.
    pub fn number(&mut self, partitions: &[TopicPartition]) -> u64 {
        self.requests = self.requests.saturating_add(u64::from(!partitions.is_empty()));
        self.requests
    }

    /// Partitions come and go. Kafka: `assignFromSubscribed`.
    pub fn on_event(&mut self, event: &Event, assigned: &SortedSet<TopicPartition>) {
        match event {
            Event::Assigned(added) => {
                self.positions.retain(|partition, _| assigned.contains(partition));
                for partition in added {
                    self.positions.insert(partition.clone(), Position::Initializing);
                }
                self.order = in_javas_order(assigned);
                self.asked = false;
            }
            Event::Revoked(gone) | Event::Lost(gone) => {
                for partition in gone {
                    self.positions.remove(partition);
                }
                self.order.retain(|partition| !gone.contains(partition));
            }
            Event::Committed(..) | Event::Closed => {}
        }
    }

    /// The coordinator told what was committed.
    pub fn on_committed(&mut self, offsets: &[FetchedOffset]) {
        self.asked = false;
        for offset in offsets {
            let partition = TopicPartition::new(offset.topic.clone(), offset.partition);
            if let Some(position @ Position::Initializing) = self.positions.get_mut(&partition) {
                *position = if offset.offset >= 0 { Position::At(offset.offset) } else { Position::AwaitReset };
            }
        }
    }

    /// What `poll()` does after the group's part.
    pub fn poll(
        &mut self,
        assigned: &SortedSet<TopicPartition>,
        logs: &SortedMap<TopicPartition, Log>,
        now: SimTime,
    ) -> Result<Read, Failure> {
        let mut read = Read::default();
        let is_initializing = |(_, position): &(&TopicPartition, &Position)| **position == Position::Initializing;
        if !self.asked {
            let initializing = self.positions.iter().filter(is_initializing).map(|(there, _)| there.clone());
            read.committed_of = in_javas_order(&initializing.collect());
            self.asked = !read.committed_of.is_empty();
        }
        self.reset_positions(logs, now, &mut read)?;
        let mut room = self.max_poll_records;
        for partition in self.order.clone() {
            let Some(log) = logs.get(&partition) else { continue };
            if self.position(&partition).is_some_and(|offset| offset > log.end() || offset < log.start) {
                if self.reset == ResetPolicy::None {
                    return Err(Failure::OutOfRange(partition));
                }
                self.positions.insert(partition.clone(), Position::AwaitReset);
                self.reset_positions(logs, now, &mut read)?;
            }
            let Some(offset) = self.position(&partition) else { continue };
            let end = log.end().min(offset.saturating_add(i64::try_from(room).unwrap_or(i64::MAX)));
            if end <= offset || !assigned.contains(&partition) {
                continue;
            }
            room = room.saturating_sub(usize::try_from(end.saturating_sub(offset)).unwrap_or(0));
            read.records.extend((offset..end).map(|offset| (partition.clone(), offset)));
            read.positions.push((partition.clone(), end, 0));
            self.positions.insert(partition.clone(), Position::At(end));
            if end == log.end() {
                // What was read to its end is asked for after the others.
                self.order.retain(|there| *there != partition);
                self.order.push(partition);
            }
            if room == 0 {
                break;
            }
        }
        Ok(read)
    }

    /// Kafka: `resetPositionsIfNeeded`.
    fn reset_positions(
        &mut self,
        logs: &SortedMap<TopicPartition, Log>,
        now: SimTime,
        read: &mut Read,
    ) -> Result<(), Failure> {
        let waits = |(_, position): &(&TopicPartition, &Position)| **position == Position::AwaitReset;
        let partitions: Vec<TopicPartition> =
            self.positions.iter().filter(waits).map(|(there, _)| there.clone()).collect();
        if self.reset == ResetPolicy::None && !partitions.is_empty() {
            return Err(Failure::NoOffset(partitions));
        }
        for partition in partitions {
            let Some(log) = logs.get(&partition) else { continue };
            let offset = match self.reset {
                ResetPolicy::Earliest => Some(log.start),
                ResetPolicy::Latest => Some(log.end()),
                ResetPolicy::None => None,
                ResetPolicy::ByDuration(ms) => {
                    log.offset_for_time(now.timestamp_ms().saturating_sub(ms)).map(|(offset, _)| offset)
                }
            };
            if let Some(offset) = offset {
                read.positions.push((partition.clone(), offset, -1));
                self.positions.insert(partition, Position::At(offset));
            }
        }
        Ok(())
    }
}

/// The order of a `HashMap` of partitions, those of one topic together. Kafka: `PartitionStates.update`.
fn in_javas_order(partitions: &SortedSet<TopicPartition>) -> Vec<TopicPartition> {
    let partitions: Vec<&TopicPartition> = partitions.iter().collect();
    let order = hash_order(partitions.iter().map(|partition| partition_hash_code(partition)), partitions.len());
    let order: Vec<&TopicPartition> = order.into_iter().filter_map(|at| partitions.get(at).copied()).collect();
    let mut topics: Vec<&Topic> = Vec::new();
    for partition in &order {
        if !topics.contains(&&partition.topic) {
            topics.push(&partition.topic);
        }
    }
    let of = |topic: &Topic| {
        order.iter().filter(|there| there.topic == *topic).map(|there| (*there).clone()).collect::<Vec<_>>()
    };
    topics.into_iter().flat_map(of).collect()
}
