//! The logs of a cluster of share groups, and what its clients know.

use super::super::super::assignor::TopicPartitions;
use super::super::consumer::Metadata;
use super::super::leader::Logs;
use super::super::partition::{Fetched, FetchedBatch};
use crate::ids::{BrokerId, Topic, TopicId, TopicPartition};
use crate::sorted::SortedMap;

/// Where a group begins that has no state yet: the group's `share.auto.offset.reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShareReset {
    /// The first record that there is.
    Earliest,
    /// The next record that comes.
    #[default]
    Latest,
    /// The first record that is not older than so many ms, or the next one.
    ByDuration(i64),
}

/// A partition as share groups read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareLog {
    /// Where it begins.
    pub start: i64,
    /// The last offset of each batch, and its timestamp in ms since the epoch.
    batches: Vec<(i64, i64)>,
}

impl ShareLog {
    /// Appends a batch of so many records; gives its first offset.
    pub fn append(&mut self, records: i64, timestamp_ms: i64) -> i64 {
        let base = self.end();
        if records > 0 {
            self.batches.push((base.saturating_add(records).saturating_sub(1), timestamp_ms));
        }
        base
    }

    /// The next offset.
    pub fn end(&self) -> i64 {
        self.batches.last().map_or(0, |(last, _)| last.saturating_add(1))
    }

    fn from(&self, offset: i64) -> impl Iterator<Item = (i64, i64, i64)> {
        let at = self.batches.partition_point(|(last, _)| *last < offset);
        let before = at.checked_sub(1).and_then(|at| self.batches.get(at));
        let mut base = before.map_or(0, |(last, _)| last.saturating_add(1));
        self.batches.iter().skip(at).map(move |(last, time)| {
            let batch = (base, *last, *time);
            base = last.saturating_add(1);
            batch
        })
    }
}

/// What the leader sees of the logs.
pub(super) struct View<'a> {
    pub logs: &'a SortedMap<TopicPartition, ShareLog>,
    pub reset: ShareReset,
    pub now_ms: i64,
}

impl Logs for View<'_> {
    fn fetch(&self, partition: &TopicPartition, offset: i64) -> Option<Fetched> {
        let log = self.logs.get(partition)?;
        let batch = |(base, last, _)| FetchedBatch { base, last, is_control: false };
        Some(Fetched { batches: log.from(offset.max(log.start)).map(batch).collect(), aborted: Vec::new() })
    }

    fn bounds(&self, partition: &TopicPartition) -> Option<(i64, i64)> {
        self.logs.get(partition).map(|log| (log.start, log.end()))
    }

    fn reset(&self, _: &str, partition: &TopicPartition) -> Option<i64> {
        let log = self.logs.get(partition)?;
        Some(match self.reset {
            ShareReset::Earliest => log.start,
            ShareReset::Latest => log.end(),
            ShareReset::ByDuration(ms) => {
                let since = self.now_ms.saturating_sub(ms);
                let is_new = |(_, _, time): &(i64, i64, i64)| *time >= since;
                log.from(log.start).find(is_new).map_or(log.end(), |(base, ..)| base.max(log.start))
            }
        })
    }

    fn leader_epoch(&self, partition: &TopicPartition) -> Option<i32> {
        self.logs.contains_key(partition).then_some(0)
    }
}

/// What clients know.
pub(super) struct Known<'a> {
    pub topics: &'a [TopicPartitions],
    pub broker: BrokerId,
}

impl Metadata for Known<'_> {
    fn topic(&self, id: TopicId) -> Option<Topic> {
        self.topics.iter().find(|topic| topic.id == id).map(|topic| topic.topic.clone())
    }

    fn leader(&self, _: &TopicPartition) -> Option<BrokerId> {
        Some(self.broker)
    }
}
