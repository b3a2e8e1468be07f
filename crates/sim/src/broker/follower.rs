//! Follower side of one partition. Kafka 4.3: `Partition.makeFollower`, `appendRecordsToFollowerOrFutureReplica`,
//! `ReplicaFetcherThread.processPartitionData`, `truncateOnFetchResponse`.
//!
//! What Kafka did before leader epochs (until 0.11) is here too: [`Partition::truncate_to_high_watermark`].

use std::rc::Rc;

use highwater_log::batch::RecordBatch;
use highwater_log::leader_epochs::EpochEndOffset;
use highwater_log::log::{AppendInfo, LogError};

use super::isr::PartitionState;
use super::partition::Partition;
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{FactId, LeaderEpoch, Offset};
use crate::message::FetchedPartition;
use crate::metadata::PartitionRegistration;
use crate::outbox::Outbox;

impl Partition {
    /// Becomes a follower of the registration's leader, or a replica without a leader. An older state than the one known
    /// here is passed over. Says whether the leader epoch is a new one, so that fetching begins anew.
    pub fn make_follower(&mut self, registration: &Rc<PartitionRegistration>) -> bool {
        if registration.partition_epoch < self.partition_epoch {
            return false;
        }
        let is_new_epoch = registration.leader_epoch > self.leader_epoch;
        self.registration = Rc::clone(registration);
        self.leader = registration.leader;
        self.leader_epoch = registration.leader_epoch;
        self.leader_epoch_start_offset = None;
        self.partition_epoch = registration.partition_epoch;
        self.replicas.clear();
        self.state = PartitionState::committed(&[], registration.leader_recovery_state);
        is_new_epoch
    }

    /// Takes over what the leader sent: first the records, then the high watermark, clamped to what is here, then the start
    /// of the log. If the leader says that the logs diverge, the tail is cut instead. Gives the fact that the high watermark
    /// is another one now.
    ///
    /// # Errors
    /// What the log says to records that do not follow on; `KAFKA_STORAGE_ERROR` at a bound of the log.
    pub fn take_over(&mut self, fetched: &FetchedPartition, out: &mut Outbox) -> Result<Option<FactId>, Errors> {
        if let Some(diverging) = fetched.diverging_epoch {
            return self.truncate_to_leader(diverging, out).map(|()| None);
        }
        let before = self.log_end_offset();
        let info = self
            .append_as_follower(&fetched.records, self.leader_epoch, out.clock_ms())
            .map_err(|error| self.log_error(&error, out))?;
        let (broker, partition) = (self.broker, &self.id);
        if let Some(reason) = info.rolled {
            let base_offset = Offset(self.log.active_segment().base_offset());
            out.fact(FactKind::SegmentRolled { broker, partition: partition.clone(), base_offset, reason });
        }
        let end = self.log_end_offset();
        let appended =
            fetched.records.iter().filter(|batch| batch.base_offset() >= before.0 && batch.last_offset() < end.0);
        for batch in appended {
            out.fact(FactKind::RecordAppended {
                broker,
                partition: partition.clone(),
                first_offset: Offset(batch.base_offset()),
                last_offset: Offset(batch.last_offset()),
                leader_epoch: LeaderEpoch(batch.partition_leader_epoch()),
                as_leader: false,
            });
        }
        if end > before {
            self.tell_flush(out);
        }
        let from = self.high_watermark();
        let to = Offset(self.log.update_high_watermark(fetched.high_watermark.0));
        let mut updated = None;
        if from != to {
            updated = Some(out.fact(FactKind::HighWatermarkUpdated {
                broker,
                partition: self.id.clone(),
                from,
                to,
                leader_high_watermark: fetched.high_watermark,
                log_end_offset: end,
            }));
        }
        let from = self.log_start_offset();
        if self.log.increment_log_start_offset(fetched.log_start_offset.0) == Ok(true) {
            let to = self.log_start_offset();
            out.fact(FactKind::LogStartOffsetIncremented { broker, partition: self.id.clone(), from, to });
        }
        Ok(updated)
    }

    /// Cuts what this log has and the leader's has not: behind where the leader's epoch ends, there or here. Where this log
    /// does not know that epoch, it cuts what is newer, and the next fetch tells the leader its epoch before that. Kafka:
    /// `AbstractFetcherThread.truncateOnFetchResponse`, `getOffsetTruncationState`.
    ///
    /// # Errors
    /// What the log says.
    fn truncate_to_leader(&mut self, leader: EpochEndOffset, out: &mut Outbox) -> Result<(), Errors> {
        let from = self.log_end_offset();
        let shared = match self.log.end_offset_for_epoch(leader.epoch) {
            Some(own) if own.epoch != leader.epoch => own.end_offset,
            Some(own) => own.end_offset.min(leader.end_offset),
            None => leader.end_offset,
        };
        let truncated = self.log.truncate_to(shared.min(from.0), out.clock_ms());
        if truncated.map_err(|error| self.log_error(&error, out))? {
            self.was_cut();
            out.then(FactKind::LogTruncated {
                broker: self.broker,
                partition: self.id.clone(),
                from,
                to: self.log_end_offset(),
                leader_end: Some((LeaderEpoch(leader.epoch), Offset(leader.end_offset))),
            });
        }
        Ok(())
    }

    /// Before KIP-101 a new follower could not know what its leader has, and cut what was not committed as far as it knew.
    pub(super) fn truncate_to_high_watermark(&mut self, out: &mut Outbox) {
        self.cut(self.high_watermark(), None, out);
    }

    /// The leader's log ends before this one, or begins behind it: cuts, or begins anew. Kafka:
    /// `AbstractFetcherThread.fetchOffsetAndTruncate`.
    pub(super) fn move_into_range(&mut self, leader_start: Offset, leader_end: Offset, out: &mut Outbox) {
        let end = self.log_end_offset();
        if leader_end < end {
            self.cut(leader_end, Some((self.leader_epoch, leader_end)), out);
        } else if leader_start > end && self.log.truncate_fully_and_start_at(leader_start.0, out.clock_ms()).is_ok() {
            let (broker, partition) = (self.broker, self.id.clone());
            out.fact(FactKind::LogStartOffsetIncremented { broker, partition, from: end, to: leader_start });
        }
    }

    fn cut(&mut self, to: Offset, leader_end: Option<(LeaderEpoch, Offset)>, out: &mut Outbox) {
        let from = self.log_end_offset();
        if self.log.truncate_to(to.0, out.clock_ms()) == Ok(true) {
            self.was_cut();
            let (broker, partition, to) = (self.broker, self.id.clone(), self.log_end_offset());
            out.fact(FactKind::LogTruncated { broker, partition, from, to, leader_end });
        }
    }

    /// Appends what a leader of this epoch sent. A log that is empty because records were deleted begins earlier than its
    /// start offset, if the leader's first batch does.
    ///
    /// # Errors
    /// As [`highwater_log::log::Log::append_as_follower`].
    pub fn append_as_follower(
        &mut self,
        batches: &[RecordBatch],
        current_leader_epoch: LeaderEpoch,
        now_ms: i64,
    ) -> Result<AppendInfo, LogError> {
        let end = self.log.log_end_offset();
        match self.log.append_as_follower(batches, now_ms, current_leader_epoch.0) {
            Err(LogError::UnexpectedAppendOffset { base_offset, .. })
                if end == self.log.log_start_offset()
                    && batches.last().is_some_and(|last| last.last_offset() >= end) =>
            {
                self.log.truncate_fully_and_start_at(base_offset, now_ms)?;
                self.log.append_as_follower(batches, now_ms, current_leader_epoch.0)
            }
            appended => appended,
        }
    }
}
