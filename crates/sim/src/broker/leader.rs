//! Leader side of one partition. Kafka 4.3: `Partition.makeLeader`, `appendRecordsToLeader`, `maybeIncrementLeaderHW`,
//! `checkEnoughReplicasReachOffset`, `deleteRecordsOnLeader`.

use std::rc::Rc;

use highwater_log::batch::RecordBatch;
use highwater_log::log::{LeaderAppend, LogError};
use highwater_log::producer_state::{AppendOrigin, ProducerStateError};

use super::isr::PartitionState;
use super::partition::{Partition, Surroundings};
use super::replica::ReplicaState;
use crate::error::Errors;
use crate::fact::{FactKind, IdempotenceFact};
use crate::ids::{BrokerId, LeaderEpoch, Offset};
use crate::message::{Acks, IsolationLevel};
use crate::metadata::{LeaderRecoveryState, MetadataImage, PartitionRegistration};
use crate::outbox::Outbox;
use crate::producer::transaction_manager::{ProducerIdAndEpoch, ProducerState};

/// What came of becoming a leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BecameLeader {
    /// It did not lead before.
    pub is_new_leader: bool,
    /// The high watermark advanced: the ISR is smaller now, or the leader alone.
    pub high_watermark_advanced: bool,
}

/// What an append of the leader gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The offset of the first record.
    pub base_offset: Offset,
    /// The offset of the last record.
    pub last_offset: Offset,
    /// It was here already, and nothing was appended.
    pub is_duplicate: bool,
    /// The append itself already moved the high watermark (no follower holds it back).
    pub high_watermark_advanced: bool,
}

impl Partition {
    /// Becomes the leader, or goes on leading under a new registration. An older state than the one known here is passed
    /// over. A new leader epoch begins at the log end, and what is known of the followers begins anew.
    pub fn make_leader(
        &mut self,
        registration: &Rc<PartitionRegistration>,
        around: &mut Surroundings<'_>,
    ) -> BecameLeader {
        if registration.partition_epoch < self.partition_epoch {
            return BecameLeader::default();
        }
        let is_new_leader = !self.is_leader();
        self.registration = Rc::clone(registration);
        let followers = registration.replicas.iter().filter(|replica| **replica != self.broker);
        self.replicas = followers.map(|id| (*id, self.replicas.get(id).copied().unwrap_or_default())).collect();
        // A leader that was elected uncleanly has nothing to recover but its own log.
        self.state = PartitionState::committed(&registration.isr, LeaderRecoveryState::Recovered);
        if registration.leader_epoch > self.leader_epoch {
            let start = self.log_end_offset();
            // Followers may ask for epochs up to this one, also if none of its records is here yet.
            self.log.assign_epoch(registration.leader_epoch.0, start.0);
            for (id, replica) in &mut self.replicas {
                replica.reset(around.now_ms, start, is_new_leader, registration.isr.contains(id));
            }
            self.leader_epoch = registration.leader_epoch;
            self.leader_epoch_start_offset = Some(start);
        }
        self.partition_epoch = registration.partition_epoch;
        self.leader = Some(self.broker);
        BecameLeader { is_new_leader, high_watermark_advanced: self.maybe_advance_high_watermark(around) }
    }

    /// Appends a batch: gives it offsets and the leader epoch. One that was appended already gets its old offsets.
    ///
    /// # Errors
    /// `NOT_LEADER_OR_FOLLOWER`; `NOT_ENOUGH_REPLICAS` before anything is appended, when `acks=all` and the committed ISR is
    /// smaller than `min.insync.replicas`; what a client may not send, or a producer may not do; `KAFKA_STORAGE_ERROR` at a
    /// bound of the log.
    pub fn append_as_leader(
        &mut self,
        batch: &RecordBatch,
        acks: Acks,
        origin: AppendOrigin,
        around: &mut Surroundings<'_>,
    ) -> Result<Appended, Errors> {
        if !self.is_leader() {
            return Err(Errors::NotLeaderOrFollower);
        }
        if acks == Acks::All && self.is_under_min_isr() {
            return Err(Errors::NotEnoughReplicas);
        }
        #[cfg(test)]
        let checks_no_sequence = around.metadata.features.breaks(crate::metadata::Sabotage::ChecksNoSequence);
        #[cfg(test)]
        let origin = if checks_no_sequence { AppendOrigin::Coordinator } else { origin };
        let how = LeaderAppend { origin, ..LeaderAppend::of_client(around.now_ms, self.leader_epoch.0) };
        let appended = self.log.append_as_leader(std::slice::from_ref(batch), how).map_err(|error| {
            self.tell_refused(&error, batch, around.out);
            self.log_error(&error, around.out)
        })?;
        let (first_offset, last_offset) = (Offset(appended.first_offset), Offset(appended.last_offset));
        if let Some(reason) = appended.rolled {
            let base_offset = Offset(self.log.active_segment().base_offset());
            let partition = self.id.clone();
            around.out.fact(FactKind::SegmentRolled { broker: self.broker, partition, base_offset, reason });
        }
        if appended.is_duplicate {
            let (partition, state) = (self.id.clone(), producer_state(batch));
            let duplicate = IdempotenceFact::DuplicateBatch { broker: self.broker, partition, state, first_offset };
            around.out.then(FactKind::Idempotence(Box::new(duplicate)));
        } else {
            around.out.then(FactKind::RecordAppended {
                broker: self.broker,
                partition: self.id.clone(),
                first_offset,
                last_offset,
                leader_epoch: self.leader_epoch,
                as_leader: true,
            });
            self.tell_flush(around.out);
        }
        let high_watermark_advanced = self.maybe_advance_high_watermark(around);
        let is_duplicate = appended.is_duplicate;
        Ok(Appended { base_offset: first_offset, last_offset, is_duplicate, high_watermark_advanced })
    }

    /// Tells why a producer's batch does not go into the log, if it is because of its sequence or its epoch.
    fn tell_refused(&self, error: &LogError, batch: &RecordBatch, out: &mut Outbox) {
        let (broker, partition, state) = (self.broker, self.id.clone(), producer_state(batch));
        let refused = match error {
            LogError::Producer(ProducerStateError::OutOfOrderSequence { expected, .. }) => {
                IdempotenceFact::OutOfOrderSequence { broker, partition, state, expected: *expected }
            }
            LogError::Producer(ProducerStateError::InvalidProducerEpoch { current, .. }) => {
                IdempotenceFact::InvalidProducerEpoch { broker, partition, state, current: *current }
            }
            _ => return,
        };
        out.then(FactKind::Idempotence(Box::new(refused)));
    }

    /// Raises the high watermark to the least log end offset of the leader, the maximal ISR and the replicas that are about
    /// to join it; never lowers it; leaves it alone while the committed ISR is too small (KIP-966). If it advanced, that fact
    /// is the cause of what follows. Kafka looks at it after an append, when a follower's log end offset changed, when an
    /// ISR was committed and at the begin of a leader's epoch; not when time passes.
    pub(super) fn maybe_advance_high_watermark(&mut self, around: &mut Surroundings<'_>) -> bool {
        if around.metadata.features.freezes_high_watermark && self.is_under_min_isr() {
            return false;
        }
        #[cfg(test)]
        if around.metadata.features.breaks(crate::metadata::Sabotage::HighWatermarkFalls) {
            let ends = self.replicas.values().map(|replica| replica.log_end_offset.offset.max(0));
            let slowest = ends.min().unwrap_or(0).min(self.log.log_end_offset());
            self.log.update_high_watermark(slowest);
        }
        let end = self.log.end_metadata();
        let mut least = end;
        for (id, replica) in &self.replicas {
            if replica.log_end_offset.offset < least.offset
                && self.holds_high_watermark(*id, replica, end.offset, around)
            {
                least = replica.log_end_offset;
            }
        }
        // What is in memory here can be read.
        let Ok(Some(from)) = self.log.maybe_increment_high_watermark(least) else { return false };
        let (from, to) = (Offset(from), self.high_watermark());
        if from != to {
            let mut log_end_offsets = vec![(self.broker, Offset(end.offset))];
            let counted =
                self.replicas.iter().filter(|(id, at)| self.holds_high_watermark(**id, at, end.offset, around));
            log_end_offsets.extend(counted.map(|(id, replica)| (*id, Offset(replica.log_end_offset.offset))));
            let (broker, partition) = (self.broker, self.id.clone());
            around.out.then(FactKind::HighWatermarkAdvanced { broker, partition, from, to, log_end_offsets });
        }
        true
    }

    /// The high watermark waits for the maximal ISR, and for replicas that have caught up and may join it.
    fn holds_high_watermark(
        &self,
        id: BrokerId,
        replica: &ReplicaState,
        leader_end: i64,
        around: &Surroundings<'_>,
    ) -> bool {
        self.state.is_in_maximal_isr(id)
            || (replica.is_caught_up(leader_end, around.now_ms, around.replica_lag_time_max_ms)
                && self.is_isr_eligible(id, around))
    }

    /// What a produce request with `acks=all` sees that waits for the high watermark to reach an offset: whether it did.
    ///
    /// # Errors
    /// `NOT_LEADER_OR_FOLLOWER`; `NOT_ENOUGH_REPLICAS_AFTER_APPEND` if it did and the maximal ISR is smaller than
    /// `min.insync.replicas` now.
    pub fn check_enough_replicas_reach_offset(&self, required: Offset) -> Result<bool, Errors> {
        if !self.is_leader() {
            return Err(Errors::NotLeaderOrFollower);
        }
        if self.high_watermark() < required {
            return Ok(false);
        }
        if self.effective_min_isr() <= self.state.maximal_isr_len() {
            Ok(true)
        } else {
            Err(Errors::NotEnoughReplicasAfterAppend)
        }
    }

    /// The latest offset that a client may read up to, or the log end for a replica (no isolation), with the leader epoch.
    /// Kafka: `fetchOffsetForTimestamp` with `LATEST_TIMESTAMP`.
    ///
    /// # Errors
    /// By epoch and leadership; `OFFSET_NOT_AVAILABLE` for a client while the high watermark is behind the begin of the
    /// leader's epoch.
    pub fn latest_offset(
        &self,
        isolation: Option<IsolationLevel>,
        current_leader_epoch: Option<LeaderEpoch>,
    ) -> Result<(Offset, LeaderEpoch), Errors> {
        self.check_leader(current_leader_epoch)?;
        let offset = match isolation {
            None => self.log_end_offset(),
            _ if self.leader_epoch_start_offset.is_some_and(|start| start > self.high_watermark()) => {
                return Err(Errors::OffsetNotAvailable);
            }
            Some(IsolationLevel::ReadUncommitted) => self.high_watermark(),
            Some(IsolationLevel::ReadCommitted) => Offset(self.log.last_stable_offset()),
        };
        Ok((offset, self.leader_epoch))
    }

    /// The offset of the first record before `end` that is not older than a timestamp; −1 if there is none. Kafka:
    /// `fetchOffsetForTimestamp`.
    pub fn offset_for_time(&self, timestamp: i64, end: Offset) -> Offset {
        let found = self.log.offset_for_timestamp(timestamp).ok().flatten();
        found.map(|found| Offset(found.offset)).filter(|offset| *offset < end).unwrap_or(Offset(-1))
    }

    /// Deletes what is before an offset, or before the high watermark (`None`). Gives the low watermark: the least log start
    /// of the replicas whose brokers live.
    ///
    /// # Errors
    /// `NOT_LEADER_OR_FOLLOWER`; `POLICY_VIOLATION` where the log is only compacted; `OFFSET_OUT_OF_RANGE` for a negative
    /// offset or one past the high watermark.
    pub fn delete_records(&mut self, before: Option<Offset>, metadata: &MetadataImage) -> Result<Offset, Errors> {
        if !self.is_leader() {
            return Err(Errors::NotLeaderOrFollower);
        }
        if self.log.config().compact && !self.log.config().delete {
            return Err(Errors::PolicyViolation);
        }
        let before = before.unwrap_or(self.high_watermark());
        if before < Offset::ZERO {
            return Err(Errors::OffsetOutOfRange);
        }
        self.log.increment_log_start_offset(before.0).map_err(|error| Errors::of_log(&error))?;
        let alive = self.replicas.iter().filter(|(id, _)| metadata.has_alive_broker(**id));
        Ok(alive.map(|(_, replica)| replica.log_start_offset).fold(self.log_start_offset(), Offset::min))
    }

    pub(super) fn log_error(&self, error: &LogError, out: &mut Outbox) -> Errors {
        if let LogError::Full { what, limit } = error {
            let what = format!("{what} of the log of {}", self.id);
            out.fact(FactKind::LimitReached { node: Some(out.node().clone()), what: what.into(), limit: *limit });
        }
        Errors::of_log(error)
    }
}

/// What a batch says of its producer.
fn producer_state(batch: &RecordBatch) -> ProducerState {
    let producer = ProducerIdAndEpoch { producer_id: batch.producer_id(), epoch: batch.producer_epoch() };
    ProducerState { producer, base_sequence: batch.base_sequence() }
}
