//! Leader side of one partition. Kafka 4.3: `Partition.makeLeader`, `appendRecordsToLeader`, `fetchRecords`,
//! `updateFollowerFetchState`, `maybeIncrementLeaderHW`, `checkEnoughReplicasReachOffset`.
//!
//! Differs from Kafka: the ISR is what the controller decided; shrinking and expanding it is not simulated yet.

use std::rc::Rc;

use highwater_log::batch::RecordBatch;
use highwater_log::log::{Isolation, LeaderAppend, LogError};

use super::partition::{FollowerState, LeaderState, Partition, Role};
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{BrokerId, Offset};
use crate::message::{Acks, FetchPartition, FetchedPartition};
use crate::metadata::PartitionRegistration;
use crate::outbox::Outbox;
use crate::time::SimTime;

/// How long a follower outside the ISR still counts as caught up, in ms: `replica.lag.time.max.ms`.
pub type ReplicaLagTimeMaxMs = u64;

/// What an append of the leader gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The offset of the first record.
    pub base_offset: Offset,
    /// The offset of the last record.
    pub last_offset: Offset,
    /// The append itself already moved the high watermark (no follower holds it back).
    pub high_watermark_advanced: bool,
}

impl Partition {
    /// Becomes the leader, or goes on leading under a new registration.
    pub fn make_leader(&mut self, now: SimTime, me: BrokerId, registration: Rc<PartitionRegistration>) {
        let known = match std::mem::replace(&mut self.role, Role::Leaderless) {
            Role::Leader(state) if self.registration.leader_epoch == registration.leader_epoch => state,
            _ => {
                self.log.assign_epoch(registration.leader_epoch.0, self.log.log_end_offset());
                LeaderState::default()
            }
        };
        let followers = registration
            .replicas
            .iter()
            .filter(|replica| **replica != me)
            .map(|replica| {
                let in_isr = registration.isr.contains(replica);
                let fresh = FollowerState {
                    log_end_offset: None,
                    last_caught_up: if in_isr { now } else { SimTime::ZERO },
                    last_fetch: SimTime::ZERO,
                    last_fetch_leader_log_end_offset: Offset::ZERO,
                };
                (*replica, known.followers.get(replica).copied().unwrap_or(fresh))
            })
            .collect();
        self.registration = registration;
        self.role = Role::Leader(LeaderState { followers });
    }

    /// Appends a producer's batch: gives it offsets and the leader epoch.
    ///
    /// # Errors
    /// `NOT_LEADER_OR_FOLLOWER`; `NOT_ENOUGH_REPLICAS` before anything is appended, when `acks=all` and the ISR is
    /// smaller than `min.insync.replicas`; `MESSAGE_TOO_LARGE`; `CORRUPT_MESSAGE`; `KAFKA_STORAGE_ERROR` at a bound of the
    /// log.
    pub fn append_as_leader(
        &mut self,
        me: BrokerId,
        batch: &RecordBatch,
        acks: Acks,
        lag_ms: ReplicaLagTimeMaxMs,
        out: &mut Outbox,
    ) -> Result<Appended, Errors> {
        if !matches!(self.role, Role::Leader(_)) {
            return Err(Errors::NotLeaderOrFollower);
        }
        if acks == Acks::All && self.is_under_min_isr() {
            return Err(Errors::NotEnoughReplicas);
        }
        let epoch = self.leader_epoch();
        let appended = self
            .log
            .append_as_leader(std::slice::from_ref(batch), LeaderAppend::of_client(out.now.timestamp_ms(), epoch.0))
            .map_err(|error| self.storage_error(&error, out))?;
        let (first_offset, last_offset) = (Offset(appended.first_offset), Offset(appended.last_offset));
        if let Some(reason) = appended.rolled {
            let base_offset = Offset(self.log.active_segment().base_offset());
            out.fact(FactKind::SegmentRolled { broker: me, partition: self.id.clone(), base_offset, reason });
        }
        out.then(FactKind::RecordAppended {
            broker: me,
            partition: self.id.clone(),
            first_offset,
            last_offset,
            leader_epoch: epoch,
            as_leader: true,
        });
        let high_watermark_advanced = self.maybe_advance_high_watermark(me, lag_ms, out);
        Ok(Appended { base_offset: first_offset, last_offset, high_watermark_advanced })
    }

    /// Reads for a fetch, as far as the fetcher may see: a follower to the log end, a consumer to the high watermark.
    ///
    /// # Errors
    /// In the order in which Kafka checks: epochs, leadership, whether the follower is a replica, the range.
    pub fn read(&self, replica: Option<BrokerId>, fetch: &FetchPartition) -> Result<FetchedPartition, Errors> {
        if let Some(epoch) = fetch.current_leader_epoch {
            if epoch < self.leader_epoch() {
                return Err(Errors::FencedLeaderEpoch);
            }
            if epoch > self.leader_epoch() {
                return Err(Errors::UnknownLeaderEpoch);
            }
        }
        let Role::Leader(state) = &self.role else {
            return Err(Errors::NotLeaderOrFollower);
        };
        if replica.is_some_and(|replica| !state.followers.contains_key(&replica)) {
            return Err(Errors::UnknownLeaderEpoch);
        }
        let isolation = if replica.is_some() { Isolation::LogEnd } else { Isolation::HighWatermark };
        let records = self
            .log
            .read(fetch.fetch_offset.0, fetch.max_bytes, isolation, true)
            .map_err(|_| Errors::OffsetOutOfRange)?;
        Ok(FetchedPartition {
            partition: self.id.clone(),
            error: Errors::None,
            high_watermark: self.high_watermark(),
            log_start_offset: self.log_start_offset(),
            records,
        })
    }

    /// The offset up to which a fetcher may read.
    pub fn end_for(&self, replica: Option<BrokerId>) -> Offset {
        if replica.is_some() { self.log_end_offset() } else { self.high_watermark() }
    }

    /// A follower that asks for `offset` proves that it holds everything before it.
    /// Returns whether the high watermark advanced.
    pub fn record_follower_fetch(
        &mut self,
        me: BrokerId,
        follower: BrokerId,
        offset: Offset,
        lag_ms: ReplicaLagTimeMaxMs,
        out: &mut Outbox,
    ) -> bool {
        let leader_end = self.log_end_offset();
        let now = out.now;
        let Role::Leader(state) = &mut self.role else {
            return false;
        };
        let Some(known) = state.followers.get_mut(&follower) else {
            return false;
        };
        if offset >= leader_end {
            known.last_caught_up = known.last_caught_up.max(now);
        } else if offset >= known.last_fetch_leader_log_end_offset {
            known.last_caught_up = known.last_caught_up.max(known.last_fetch);
        }
        known.last_fetch = now;
        known.last_fetch_leader_log_end_offset = leader_end;
        let from = known.log_end_offset.replace(offset);
        if from == Some(offset) {
            return false; // Kafka looks at the high watermark only when the follower's log end offset changed.
        }
        let because = out.cause();
        out.then(FactKind::FollowerCredited { broker: me, partition: self.id.clone(), follower, from, to: offset });
        let advanced = self.maybe_advance_high_watermark(me, lag_ms, out);
        if !advanced {
            out.because(because);
        }
        advanced
    }

    /// Raises the high watermark to the least log end offset of the leader, the ISR and the replicas that are about to
    /// join it; never lowers it; leaves it alone while the ISR is too small. If it advanced, that fact is the cause of
    /// what follows.
    pub fn maybe_advance_high_watermark(
        &mut self,
        me: BrokerId,
        lag_ms: ReplicaLagTimeMaxMs,
        out: &mut Outbox,
    ) -> bool {
        if self.is_under_min_isr() {
            return false;
        }
        let leader_end = self.log_end_offset();
        let Role::Leader(state) = &self.role else { return false };
        let mut ends = vec![(me, leader_end)];
        for (replica, known) in &state.followers {
            let caught_up =
                known.log_end_offset == Some(leader_end) || out.now.ms_since(known.last_caught_up) <= lag_ms;
            if self.registration.isr.contains(replica) || (caught_up && known.log_end_offset.is_some()) {
                let Some(end) = known.log_end_offset else { return false };
                ends.push((*replica, end));
            }
        }
        let to = ends.iter().map(|(_, end)| *end).min().unwrap_or(leader_end);
        let from = self.high_watermark();
        if to <= from {
            return false;
        }
        self.log.update_high_watermark(to.0);
        out.then(FactKind::HighWatermarkAdvanced {
            broker: me,
            partition: self.id.clone(),
            from,
            to,
            log_end_offsets: ends,
        });
        true
    }

    /// The committed ISR is smaller than `min(min.insync.replicas, replicas)`.
    pub fn is_under_min_isr(&self) -> bool {
        let replicas = i32::try_from(self.registration.replicas.len()).unwrap_or(i32::MAX);
        let isr = i32::try_from(self.registration.isr.len()).unwrap_or(i32::MAX);
        isr < self.config.min_insync_replicas.min(replicas)
    }

    pub(super) fn storage_error(&self, error: &LogError, out: &mut Outbox) -> Errors {
        match error {
            LogError::Full { what, limit } => {
                let what = format!("{what} of the log of {}", self.id);
                out.fact(FactKind::LimitReached { node: Some(out.node().clone()), what: what.into(), limit: *limit });
                Errors::KafkaStorageError
            }
            LogError::MessageTooLarge { .. } => Errors::MessageTooLarge,
            _ => Errors::CorruptMessage,
        }
    }
}
