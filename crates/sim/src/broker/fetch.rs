//! What a leader reads for a fetch, and what it learns from a follower's. Kafka 4.3: `Partition.fetchRecords`,
//! `readRecords`, `updateFollowerFetchState`, `lastOffsetForLeaderEpoch`.

use highwater_log::leader_epochs::EpochEndOffset;
use highwater_log::log::{FetchInfo, Isolation};

use super::partition::{Partition, Surroundings};
use super::replica::FollowerFetch;
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{BrokerId, LeaderEpoch, Offset};
use crate::message::{FetchPartition, IsolationLevel};

/// Who fetches. Kafka: `FetchParams`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchedBy {
    /// A follower reads to the log end.
    Follower(BrokerId),
    /// A consumer reads to the high watermark or the last stable offset. Only the leader answers one of before Kafka 2.4;
    /// others are answered by any replica (KIP-392).
    Consumer {
        /// How far it sees.
        isolation: IsolationLevel,
        /// Only the leader may answer. Kafka: `fetchOnlyLeader`.
        only_leader: bool,
    },
}

impl FetchedBy {
    fn isolation(self) -> Isolation {
        match self {
            FetchedBy::Follower(_) => Isolation::LogEnd,
            FetchedBy::Consumer { isolation: IsolationLevel::ReadUncommitted, .. } => Isolation::HighWatermark,
            FetchedBy::Consumer { isolation: IsolationLevel::ReadCommitted, .. } => Isolation::TxnCommitted,
        }
    }

    /// Only the leader may answer.
    fn only_leader(self) -> bool {
        match self {
            FetchedBy::Follower(_) => true,
            FetchedBy::Consumer { only_leader, .. } => only_leader,
        }
    }
}

/// What was read, with the offsets from before the read. Kafka: `LogReadInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogReadInfo {
    /// What was read.
    pub read: Read,
    /// The high watermark.
    pub high_watermark: Offset,
    /// The log's first offset.
    pub log_start_offset: Offset,
    /// The log end.
    pub log_end_offset: Offset,
    /// Up to where a `read_committed` consumer reads.
    pub last_stable_offset: Offset,
}

/// What a fetch reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// A part of the log.
    Fetched(FetchInfo),
    /// Nothing: the follower's log is another one from here on, or from before (KIP-595).
    Diverging(EpochEndOffset),
    /// Nothing: the consumer should read from another replica (KIP-392).
    Elsewhere(BrokerId),
}

impl Partition {
    /// Reads for a fetch; nothing is changed by that. Who fetches for a consumer calls [`Partition::locates_high_watermark`]
    /// afterwards.
    ///
    /// # Errors
    /// In the order in which Kafka checks: leader epoch, leadership, whether the follower is a replica, whether the epoch of
    /// its last record is known, the range.
    pub fn read(&self, by: FetchedBy, fetch: &FetchPartition) -> Result<LogReadInfo, Errors> {
        self.check_reader(by, fetch.current_leader_epoch)?;
        if let FetchedBy::Follower(follower) = by
            && !self.replicas.contains_key(&follower)
        {
            // Who names the epoch may have heard of a reassignment before this leader has.
            let named = fetch.current_leader_epoch.is_some();
            return Err(if named { Errors::UnknownLeaderEpoch } else { Errors::NotLeaderOrFollower });
        }
        let diverging = match fetch.last_fetched_epoch {
            Some(epoch) => self.diverging_epoch(epoch, fetch.fetch_offset)?,
            None => None,
        };
        let read = if let Some(diverging) = diverging {
            Read::Diverging(diverging)
        } else {
            let read = self.log.fetch_located(fetch.fetch_offset.0, fetch.max_bytes, by.isolation(), true);
            Read::Fetched(read.map_err(|error| Errors::of_log(&error))?)
        };
        Ok(self.read_info(read))
    }

    /// What is read, with the offsets of now.
    pub(super) fn read_info(&self, read: Read) -> LogReadInfo {
        LogReadInfo {
            read,
            high_watermark: self.high_watermark(),
            log_start_offset: self.log_start_offset(),
            log_end_offset: self.log_end_offset(),
            last_stable_offset: Offset(self.log.last_stable_offset()),
        }
    }

    /// Whether a fetch that waits would go on waiting in vain: it asks for what is past the end that its reader sees, or
    /// the log has begun a new segment since. Kafka: `DelayedFetch.tryComplete`, case F.
    pub fn reads_other_segment(&self, by: FetchedBy, offset: Offset, read: &FetchInfo) -> bool {
        let Ok(end) = self.log.end_of(by.isolation()) else { return true };
        offset.0 > end.offset || (offset.0 < end.offset && read.offset_metadata().is_on_older_segment(end))
    }

    /// Kafka: `localLogWithEpochOrThrow`.
    fn check_reader(&self, by: FetchedBy, known: Option<LeaderEpoch>) -> Result<(), Errors> {
        if by.only_leader() { self.check_leader(known) } else { self.check_leader_epoch(known) }
    }

    /// Where a follower's log parts from this one, if it does.
    fn diverging_epoch(&self, last_fetched: LeaderEpoch, offset: Offset) -> Result<Option<EpochEndOffset>, Errors> {
        let ours = self.log.end_offset_for_epoch(last_fetched.0).ok_or(Errors::OffsetOutOfRange)?;
        if offset < self.log_start_offset() {
            return Err(Errors::OffsetOutOfRange);
        }
        let is_diverging = ours.epoch < last_fetched.0 || ours.end_offset < offset.0;
        Ok(is_diverging.then_some(ours))
    }

    /// A consumer's fetch makes the leader look where in its files the high watermark is, and nobody has yet.
    pub fn locates_high_watermark(&self, by: FetchedBy, fetch: &FetchPartition) -> bool {
        matches!(by, FetchedBy::Consumer { .. })
            && !self.log.is_high_watermark_located()
            && fetch.fetch_offset >= self.log_start_offset()
            && self.check_reader(by, fetch.current_leader_epoch).is_ok()
    }

    /// A follower that asks for an offset proves that it holds everything before it: it may join the ISR, and the high
    /// watermark may advance, which is said. A diverging fetch proves nothing. Kafka: `updateFollowerFetchState`.
    ///
    /// # Errors
    /// `NOT_LEADER_OR_FOLLOWER` for a fetch of an older registration of the follower.
    pub fn record_follower_fetch(
        &mut self,
        follower: BrokerId,
        broker_epoch: i64,
        fetch: &FetchPartition,
        info: &LogReadInfo,
        around: &mut Surroundings<'_>,
    ) -> Result<bool, Errors> {
        let Read::Fetched(read) = &info.read else { return Ok(false) };
        let Some(replica) = self.replicas.get_mut(&follower) else { return Ok(false) };
        let fetched = FollowerFetch {
            // Of an offset inside a batch, the follower is known to have the batches before that one.
            fetch_offset: read.offset_metadata(),
            log_start_offset: fetch.log_start_offset,
            leader_log_end_offset: info.log_end_offset,
            broker_epoch,
        };
        let from = replica.known_end();
        replica.record_fetch(around.now_ms, &fetched, around.metadata.alive_broker_epoch(follower))?;
        let to = Offset(fetched.fetch_offset.offset);
        let because = around.out.cause();
        if from != Some(to) {
            let (broker, partition) = (self.broker, self.id.clone());
            around.out.then(FactKind::FollowerCredited { broker, partition, follower, from, to });
        }
        self.maybe_expand_isr(follower, around);
        // Kafka looks at the high watermark only when the follower's log end offset changed.
        let advanced = from != Some(to) && self.maybe_advance_high_watermark(around);
        if !advanced {
            around.out.because(because);
        }
        Ok(advanced)
    }

    /// Where a leader epoch ends in this log; none if that is not known.
    ///
    /// # Errors
    /// By leader epoch, and `NOT_LEADER_OR_FOLLOWER`.
    pub fn last_offset_for_leader_epoch(
        &self,
        current_leader_epoch: Option<LeaderEpoch>,
        epoch: LeaderEpoch,
    ) -> Result<Option<EpochEndOffset>, Errors> {
        self.check_leader(current_leader_epoch)?;
        Ok(self.log.end_offset_for_epoch(epoch.0))
    }
}
