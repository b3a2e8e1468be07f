//! The ISR as the leader has it. Kafka 4.3: `Partition.maybeExpandIsr`, `maybeShrinkIsr`, `submitAlterPartition`,
//! `CommittedPartitionState`, `PendingExpandIsr`, `PendingShrinkIsr`.
//!
//! Only the controller changes an ISR. Until it has answered, the high watermark waits for the old ISR and the new one:
//! whichever it chooses, nothing that was exposed is lost.

use std::rc::Rc;

use super::partition::{Partition, Surroundings};
use crate::error::Errors;
use crate::fact::{FactKind, IsrStep};
use crate::ids::{BrokerId, FactId, LeaderEpoch, Offset};
use crate::metadata::LeaderRecoveryState;
use crate::sorted::SortedSet;

/// The committed ISR, and the change of it that the controller has not answered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionState {
    isr: SortedSet<BrokerId>,
    leader_recovery_state: LeaderRecoveryState,
    pending: Option<Rc<PendingIsrChange>>,
}

/// How an ISR shall change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsrChange {
    /// A replica joins.
    Expand(BrokerId),
    /// Replicas that lag leave.
    Shrink(SortedSet<BrokerId>),
}

/// A change, as the controller is asked for it. Kafka: `PendingPartitionChange`, `LeaderAndIsr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingIsrChange {
    /// What changes.
    pub change: IsrChange,
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// The epoch of the state that it changes.
    pub partition_epoch: i32,
    /// The new ISR, each member with the broker epoch of its last fetch (−1 if there was none), by id.
    pub isr: Vec<(BrokerId, i64)>,
    /// Whether the leader has recovered.
    pub leader_recovery_state: LeaderRecoveryState,
}

/// What the controller made of a change. Kafka: `AlterPartitionResponseData.PartitionData`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlteredPartition {
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// The epoch of the state now.
    pub partition_epoch: i32,
    /// The ISR now.
    pub isr: Vec<BrokerId>,
    /// Whether the leader has recovered.
    pub leader_recovery_state: LeaderRecoveryState,
}

impl PartitionState {
    /// What the controller has decided.
    pub fn committed(isr: &[BrokerId], leader_recovery_state: LeaderRecoveryState) -> PartitionState {
        PartitionState { isr: isr.iter().copied().collect(), leader_recovery_state, pending: None }
    }

    /// The ISR that the controller has committed.
    pub fn isr(&self) -> &SortedSet<BrokerId> {
        &self.isr
    }

    /// The change that waits for an answer, or for another leader epoch.
    pub fn pending(&self) -> Option<&PendingIsrChange> {
        self.pending.as_deref()
    }

    /// Who counts for the high watermark: the committed ISR, and who is about to join. Kafka: `maximalIsr`.
    pub fn is_in_maximal_isr(&self, replica: BrokerId) -> bool {
        self.isr.contains(&replica) || self.joining() == Some(replica)
    }

    /// How many they are.
    pub fn maximal_isr_len(&self) -> usize {
        self.isr.len().saturating_add(usize::from(self.joining().is_some()))
    }

    fn joining(&self) -> Option<BrokerId> {
        match self.pending.as_deref()?.change {
            IsrChange::Expand(replica) => Some(replica),
            IsrChange::Shrink(_) => None,
        }
    }
}

impl Partition {
    /// Asks for a follower to join the ISR, if it may. Kafka: `maybeExpandIsr`.
    pub(super) fn maybe_expand_isr(&mut self, follower: BrokerId, around: &mut Surroundings<'_>) {
        if self.state.pending.is_some() || self.state.isr.contains(&follower) {
            return;
        }
        #[cfg(test)]
        let joins_anywhere = around.metadata.features.breaks(crate::metadata::Sabotage::JoinsAnywhere);
        #[cfg(not(test))]
        let joins_anywhere = false;
        if self.is_isr_eligible(follower, around) && (joins_anywhere || self.is_follower_in_sync(follower)) {
            let mut isr = self.state.isr.clone();
            isr.insert(follower);
            self.propose(IsrChange::Expand(follower), &isr, around);
        }
    }

    /// Asks for the followers to leave the ISR that have not caught up for `replica.lag.time.max.ms`. A broker looks at
    /// each partition that it leads twice in that time. Kafka: `maybeShrinkIsr`.
    pub fn maybe_shrink_isr(&mut self, around: &mut Surroundings<'_>) {
        let lagging = self.out_of_sync_replicas(around.now_ms, around.replica_lag_time_max_ms);
        if !lagging.is_empty() {
            let isr = self.state.isr.iter().filter(|id| !lagging.contains(id)).copied().collect();
            self.propose(IsrChange::Shrink(lagging), &isr, around);
        }
    }

    /// The members of a leader's ISR that have not caught up for so long; nobody while a change is pending. Kafka:
    /// `getOutOfSyncReplicas`.
    pub fn out_of_sync_replicas(&self, now_ms: i64, lag_time_max_ms: i64) -> SortedSet<BrokerId> {
        if self.state.pending.is_some() || !self.is_leader() {
            return SortedSet::new();
        }
        let end = self.log.log_end_offset();
        let lags = |id: &BrokerId| {
            let replica = self.replicas.get(id);
            *id != self.broker && replica.is_none_or(|replica| !replica.is_caught_up(end, now_ms, lag_time_max_ms))
        };
        self.state.isr.iter().filter(|id| lags(id)).copied().collect()
    }

    /// A replica may be in the ISR: it is registered, not fenced, not about to stop, and its fetches are of its present
    /// registration. Kafka: `isReplicaIsrEligible`.
    pub(super) fn is_isr_eligible(&self, replica: BrokerId, around: &Surroundings<'_>) -> bool {
        let stored = self.replicas.get(&replica).and_then(|replica| replica.broker_epoch);
        let cached = around.metadata.alive_broker_epoch(replica);
        !around.metadata.is_broker_shutting_down(replica)
            && matches!((stored, cached), (Some(stored), Some(cached)) if stored == -1 || stored == cached)
    }

    /// It has everything below the high watermark, and everything from before this leader's epoch. Kafka:
    /// `isFollowerInSync`.
    fn is_follower_in_sync(&self, follower: BrokerId) -> bool {
        let Some(end) = self.replicas.get(&follower).map(|replica| Offset(replica.log_end_offset.offset)) else {
            return false;
        };
        self.is_leader()
            && end >= self.high_watermark()
            && self.leader_epoch_start_offset.is_some_and(|start| end >= start)
    }

    /// Kafka: `prepareIsrExpand`, `prepareIsrShrink`.
    fn propose(&mut self, change: IsrChange, isr: &SortedSet<BrokerId>, around: &mut Surroundings<'_>) {
        let epoch_of = |id: &BrokerId| {
            let fetched = self.replicas.get(id).and_then(|replica| replica.broker_epoch);
            if *id == self.broker { around.broker_epoch } else { fetched.unwrap_or(-1) }
        };
        let pending = Rc::new(PendingIsrChange {
            change,
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            isr: isr.iter().map(|id| (*id, epoch_of(id))).collect(),
            leader_recovery_state: self.state.leader_recovery_state,
        });
        let told = self.tell(isr.iter().copied().collect(), IsrStep::Proposed, around);
        self.state.pending = Some(Rc::clone(&pending));
        #[cfg(test)]
        if around.metadata.features.breaks(crate::metadata::Sabotage::ShrinksBeforeTheAnswer) {
            self.state.isr.clone_from(isr);
        }
        self.submit(&pending, told, around);
    }

    /// Kafka: `submitAlterPartition`.
    fn submit(&mut self, change: &Rc<PendingIsrChange>, because: FactId, around: &mut Surroundings<'_>) {
        if let Err(error) = around.alter_partition.submit(&self.id, change, because) {
            self.on_alter_partition_error(change, error, around);
        }
    }

    /// Takes the controller's answer to a change; says whether the high watermark advanced. Kafka:
    /// `handleAlterPartitionUpdate`, `handleAlterPartitionError`.
    pub fn on_alter_partition_response(
        &mut self,
        asked: &Rc<PendingIsrChange>,
        answer: Result<&AlteredPartition, Errors>,
        around: &mut Surroundings<'_>,
    ) -> bool {
        // Who leads under another state by now has no use for an answer to the old one.
        if self.state.pending() != Some(&**asked) {
            return false;
        }
        let altered = match answer {
            Ok(altered) => altered,
            Err(error) => {
                if let Some(failed) = self.on_alter_partition_error(asked, error, around) {
                    self.submit(asked, failed, around);
                }
                return false;
            }
        };
        if altered.leader_epoch != self.leader_epoch || altered.partition_epoch < self.partition_epoch {
            self.update_failed(asked, None, around);
            return false;
        }
        let step = match asked.change {
            IsrChange::Expand(_) => IsrStep::Expanded(altered.partition_epoch),
            IsrChange::Shrink(_) => IsrStep::Shrunk(altered.partition_epoch),
        };
        let told = self.tell(altered.isr.clone(), step, around);
        around.out.because(told);
        self.state = PartitionState::committed(&altered.isr, altered.leader_recovery_state);
        self.partition_epoch = altered.partition_epoch;
        self.is_leader() && self.maybe_advance_high_watermark(around)
    }

    /// Gives the fact of the failure if the leader asks again at once.
    fn on_alter_partition_error(
        &mut self,
        asked: &PendingIsrChange,
        error: Errors,
        around: &mut Surroundings<'_>,
    ) -> Option<FactId> {
        let failed = self.update_failed(asked, Some(error), around);
        match error {
            // The controller says that nothing was changed, and that what is committed here is the newest state.
            Errors::OperationNotAttempted | Errors::IneligibleReplica => {
                self.state.pending = None;
                None
            }
            // What the state is now, the controller will tell in its own time.
            Errors::UnknownTopicOrPartition
            | Errors::UnknownTopicId
            | Errors::FencedLeaderEpoch
            | Errors::InvalidUpdateVersion
            | Errors::InvalidRequest
            | Errors::NewLeaderElected => None,
            _ => Some(failed),
        }
    }

    fn update_failed(&self, asked: &PendingIsrChange, error: Option<Errors>, around: &mut Surroundings<'_>) -> FactId {
        self.tell(asked.isr.iter().map(|(id, _)| *id).collect(), IsrStep::Failed(error), around)
    }

    fn tell(&self, to: Vec<BrokerId>, step: IsrStep, around: &mut Surroundings<'_>) -> FactId {
        let from = self.state.isr.iter().copied().collect();
        around.out.fact(FactKind::IsrUpdate { broker: self.broker, partition: self.id.clone(), from, to, step })
    }
}
