//! What a consumer has fetched, and what its application has of it. Kafka 4.3: `ShareFetch`, `ShareInFlightBatch`,
//! `ShareCompletedFetch`, `ShareFetchCollector`.

use super::super::message::{AcknowledgeType, ShareError};
use super::super::partition::{AcquiredRecords, FetchedBatch};
use super::{Acks, Delivered};
use crate::ids::{BrokerId, TopicPartition};
use crate::sorted::{SortedMap, SortedSet};

/// What one response brought of one partition.
#[derive(Clone, Debug)]
pub(super) struct CompletedFetch {
    node: BrokerId,
    partition: TopicPartition,
    /// Batches that are not read yet.
    batches: Vec<FetchedBatch>,
    /// Acquired offsets that are not looked at yet, each with its delivery count.
    acquired: Vec<(i64, i32)>,
}

impl CompletedFetch {
    pub fn new(
        node: BrokerId,
        partition: TopicPartition,
        batches: Vec<FetchedBatch>,
        acquired: &[AcquiredRecords],
    ) -> CompletedFetch {
        let offsets = |there: &AcquiredRecords| {
            let count = there.delivery_count;
            (there.first..=there.last).map(move |offset| (offset, count)).collect::<Vec<_>>()
        };
        CompletedFetch { node, partition, batches, acquired: acquired.iter().flat_map(offsets).collect() }
    }

    /// The next records: whole batches, until there are at least so many. Kafka: `fetchRecords`.
    fn read(&mut self, max: i64, into: &mut InFlight) {
        let mut read = 0_i64;
        while read < max && !self.batches.is_empty() {
            let batch = self.batches.remove(0);
            let ends = self.acquired.partition_point(|(offset, _)| *offset <= batch.last);
            for (offset, count) in self.acquired.drain(..ends).collect::<Vec<_>>() {
                if offset < batch.base || batch.is_control {
                    into.acks.insert(offset, AcknowledgeType::Gap);
                } else {
                    into.records.insert(offset, count);
                    read = read.saturating_add(1);
                }
            }
        }
        if self.batches.is_empty() {
            // Offsets without records.
            for (offset, _) in std::mem::take(&mut self.acquired) {
                into.acks.insert(offset, AcknowledgeType::Gap);
            }
        }
    }
}

/// Takes about `max_poll_records` records out of what was fetched; gives what is left too.
pub(super) fn collect(mut buffer: Vec<CompletedFetch>, max_poll_records: i64) -> (CurrentFetch, Vec<CompletedFetch>) {
    let mut current = CurrentFetch::default();
    let mut left = max_poll_records;
    while left > 0
        && let Some(fetch) = buffer.first_mut()
    {
        let new = || InFlight { node: fetch.node, ..InFlight::default() };
        let into = current.partitions.get_or_insert_with(fetch.partition.clone(), new);
        let before = into.records.len();
        fetch.read(left, into);
        let read = into.records.len().saturating_sub(before);
        left = left.saturating_sub(i64::try_from(read).unwrap_or(i64::MAX));
        if fetch.batches.is_empty() {
            buffer.remove(0);
        }
    }
    (current, buffer)
}

/// Records of a partition that the application has.
#[derive(Clone, Debug)]
struct InFlight {
    node: BrokerId,
    records: SortedMap<i64, i32>,
    acknowledged: SortedSet<i64>,
    acks: Acks,
    /// Their renewal is on its way.
    renewing: SortedMap<i64, i32>,
    /// It has come; the next `poll()` returns them again.
    renewed: SortedMap<i64, i32>,
}

impl Default for InFlight {
    fn default() -> Self {
        InFlight {
            node: BrokerId(0),
            records: SortedMap::new(),
            acknowledged: SortedSet::new(),
            acks: Acks::new(),
            renewing: SortedMap::new(),
            renewed: SortedMap::new(),
        }
    }
}

/// What the application has.
#[derive(Clone, Debug, Default)]
pub(super) struct CurrentFetch {
    partitions: SortedMap<TopicPartition, InFlight>,
}

impl CurrentFetch {
    pub fn records(&self) -> Vec<Delivered> {
        let of = |(partition, there): (&TopicPartition, &InFlight)| {
            let one = |(offset, count): (&i64, &i32)| Delivered {
                partition: partition.clone(),
                offset: *offset,
                delivery_count: *count,
            };
            there.records.iter().map(one).collect::<Vec<_>>()
        };
        self.partitions.iter().flat_map(of).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.partitions.values().all(|there| there.records.is_empty())
    }

    pub fn has_renewals(&self) -> bool {
        self.partitions.values().any(|there| !there.renewing.is_empty() || !there.renewed.is_empty())
    }

    pub fn acknowledge(&mut self, partition: &TopicPartition, offset: i64, how: AcknowledgeType) -> bool {
        let there = self.partitions.get_mut(partition).filter(|there| there.records.contains_key(&offset));
        let Some(there) = there else { return false };
        there.acks.insert(offset, how);
        there.acknowledged.insert(offset);
        true
    }

    pub fn acknowledge_all(&mut self, how: AcknowledgeType) {
        for there in self.partitions.values_mut() {
            for offset in there.records.keys() {
                if !there.acks.contains_key(offset) {
                    there.acks.insert(*offset, how);
                    there.acknowledged.insert(*offset);
                }
            }
        }
    }

    pub fn all_acknowledged(&self) -> bool {
        self.partitions.values().all(|there| there.records.len() == there.acknowledged.len())
    }

    /// What was acknowledged, which the application has no more.
    pub fn take_acknowledged(&mut self) -> SortedMap<TopicPartition, (BrokerId, Acks)> {
        let mut taken = SortedMap::new();
        for (partition, there) in &mut self.partitions {
            for offset in &std::mem::take(&mut there.acknowledged) {
                let count = there.records.remove(offset);
                if there.acks.get(offset) == Some(&AcknowledgeType::Renew) {
                    there.renewing.extend(count.map(|count| (*offset, count)));
                }
            }
            let acks = std::mem::take(&mut there.acks);
            if !acks.is_empty() {
                taken.insert(partition.clone(), (there.node, acks));
            }
        }
        self.partitions
            .retain(|_, there| !there.records.is_empty() || !there.renewing.is_empty() || !there.renewed.is_empty());
        taken
    }

    /// Locks were renewed, or were not.
    pub fn renew(&mut self, partition: &TopicPartition, acks: &Acks, error: ShareError) {
        let Some(there) = self.partitions.get_mut(partition) else { return };
        for (offset, how) in acks {
            if let Some(count) = there.renewing.remove(offset)
                && *how == AcknowledgeType::Renew
                && error == ShareError::None
            {
                there.renewed.insert(*offset, count);
            }
        }
    }

    /// The application has them again.
    pub fn take_renewed(&mut self) {
        for there in self.partitions.values_mut() {
            there.records.extend(std::mem::take(&mut there.renewed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(base: i64, last: i64, is_control: bool) -> FetchedBatch {
        FetchedBatch { base, last, is_control }
    }

    fn fetched(batches: &[FetchedBatch], first: i64, last: i64) -> CompletedFetch {
        let acquired = [AcquiredRecords { first, last, delivery_count: 1 }];
        CompletedFetch::new(BrokerId(1), TopicPartition::new("t", 0), batches.to_vec(), &acquired)
    }

    fn offsets(current: &CurrentFetch) -> Vec<i64> {
        current.records().iter().map(|there| there.offset).collect()
    }

    #[test]
    fn whole_batches_come_until_there_are_enough() {
        let buffer = vec![fetched(&[batch(0, 2, false), batch(3, 5, false), batch(6, 6, false)], 0, 6)];
        let (current, left) = collect(buffer, 4);
        assert_eq!(offsets(&current), [0, 1, 2, 3, 4, 5]);
        let (current, left) = collect(left, 4);
        assert_eq!((offsets(&current), left.len()), (vec![6], 0));
    }

    #[test]
    fn offsets_without_records_are_told_as_gaps() {
        let (mut current, _) = collect(vec![fetched(&[batch(1, 1, false), batch(2, 2, true)], 0, 3)], 10);
        assert_eq!(offsets(&current), [1]);
        current.acknowledge_all(AcknowledgeType::Accept);
        let taken = current.take_acknowledged();
        let (_, acks) = taken.get(&TopicPartition::new("t", 0)).unwrap();
        let gaps = acks.iter().filter(|(_, how)| **how == AcknowledgeType::Gap).map(|(offset, _)| *offset);
        assert_eq!(gaps.collect::<Vec<_>>(), [0, 2, 3]);
    }

    #[test]
    fn what_is_renewed_comes_back_unless_that_failed() {
        for (error, back) in [(ShareError::None, vec![0]), (ShareError::InvalidRecordState, vec![])] {
            let partition = TopicPartition::new("t", 0);
            let (mut current, _) = collect(vec![fetched(&[batch(0, 0, false)], 0, 0)], 10);
            assert!(current.acknowledge(&partition, 0, AcknowledgeType::Renew));
            let acks = current.take_acknowledged().get(&partition).unwrap().1.clone();
            assert!(current.is_empty() && current.has_renewals());
            current.renew(&partition, &acks, error);
            current.take_renewed();
            assert_eq!((offsets(&current), current.has_renewals()), (back, false));
        }
    }
}
