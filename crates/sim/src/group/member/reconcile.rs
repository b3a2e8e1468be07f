//! How a member by the consumer protocol brings about what it was assigned: it commits, gives up, takes, and says so.
//! Kafka 4.3: `AbstractMembershipManager.maybeReconcile`, `revokeAndAssign`, `LocalAssignment`,
//! `CommitRequestManager.maybeAutoCommitSyncBeforeRebalance`.

use super::super::consumer_group::Target;
use super::super::error::GroupError;
use super::consumer_protocol::MembershipState;
use super::{CommitError, CommitId, Event, GroupMember, Output, RebalanceProtocol};
use crate::ids::TopicPartition;
use crate::sorted::SortedSet;
use crate::time::SimTime;

/// An assignment as the member counts them; -1 is none yet. Kafka: `LocalAssignment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LocalAssignment {
    pub local_epoch: i64,
    pub partitions: Target,
}

impl Default for LocalAssignment {
    fn default() -> Self {
        LocalAssignment { local_epoch: -1, partitions: Target::new() }
    }
}

impl LocalAssignment {
    pub fn is_none(&self) -> bool {
        self.local_epoch == -1
    }
}

/// A reconciliation that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reconciliation {
    /// The part of the target whose topics are known.
    resolved: LocalAssignment,
    assigned: SortedSet<TopicPartition>,
    /// The commit that it waits for.
    commit: Option<CommitId>,
}

impl GroupMember {
    /// Its partitions without those that it is about to give up, which are not fetched any more.
    pub fn fetchable(&self) -> SortedSet<TopicPartition> {
        let begun = self.consumer_protocol.as_ref().and_then(|own| own.reconciliation.as_ref());
        let stays = |partition: &&TopicPartition| begun.is_none_or(|begun| begun.assigned.contains(*partition));
        self.assigned.iter().filter(stays).cloned().collect()
    }

    /// The partition is about to be given up: nothing more of it is fetched or returned. Kafka: `markPendingRevocation`.
    pub fn gives_up(&self, partition: &TopicPartition) -> bool {
        if self.retries_before_join() {
            return self.rebalance_protocol() == RebalanceProtocol::Eager;
        }
        let begun = self.consumer_protocol.as_ref().and_then(|own| own.reconciliation.as_ref());
        begun.is_some_and(|begun| !begun.assigned.contains(partition))
    }

    /// Begins to bring about what was assigned, if that is something new.
    pub(super) fn reconcile(&mut self, now: SimTime, out: &mut Output) {
        let Some(own) = &self.consumer_protocol else { return };
        if own.state != MembershipState::Reconciling || own.current == own.target || own.reconciliation.is_some() {
            return;
        }
        let mut assigned = SortedSet::new();
        let mut resolved = LocalAssignment { local_epoch: own.target.local_epoch, partitions: Target::new() };
        for (topic, numbers) in &own.target.partitions {
            if let Some(name) = self.topic_with_id(*topic) {
                resolved.partitions.insert(*topic, numbers.clone());
                for number in numbers {
                    assigned.insert(TopicPartition::new(name.clone(), *number));
                }
            }
        }
        let is_whole = resolved.partitions == own.target.partitions;
        let is_same = !own.current.is_none() && resolved.partitions == own.current.partitions;
        let Some(own) = &mut self.consumer_protocol else { return };
        own.wants_metadata = !is_whole;
        if is_same {
            own.current = resolved;
            self.go_to(MembershipState::Acknowledging);
            return;
        }
        own.reconciliation = Some(Reconciliation { resolved, assigned, commit: None });
        if !self.commit_before_reconciliation(out) {
            self.finish_reconciliation(now, out);
        }
    }

    /// Commits what was consumed, if that is automatic; whether there is an answer to wait for.
    fn commit_before_reconciliation(&mut self, out: &mut Output) -> bool {
        if self.config.auto_commit_interval_ms.is_none() {
            return false;
        }
        let consumed = self.all_consumed();
        let asked = out.requests.len();
        let id = self.commit(&consumed, out);
        let waits = out.requests.len() > asked;
        if let Some(begun) = self.begun().filter(|_| waits) {
            begun.commit = Some(id);
        }
        waits
    }

    fn begun(&mut self) -> Option<&mut Reconciliation> {
        self.consumer_protocol.as_mut()?.reconciliation.as_mut()
    }

    /// A commit has ended: if a reconciliation waited for it, that goes on, whatever came of it.
    pub(super) fn on_commit_before_reconciliation(
        &mut self,
        now: SimTime,
        id: CommitId,
        sent_epoch: i32,
        error: Option<GroupError>,
        out: &mut Output,
    ) {
        let Some(begun) = self.begun().filter(|begun| begun.commit == Some(id)) else { return };
        begun.commit = None;
        // The epoch may have changed on the way: once more with the new one.
        let is_old = error == Some(GroupError::StaleMemberEpoch) && sent_epoch != self.generation.id;
        if !(is_old && self.commit_before_reconciliation(out)) {
            self.finish_reconciliation(now, out);
        }
    }

    /// Kafka: `revokeAndAssign`.
    fn finish_reconciliation(&mut self, now: SimTime, out: &mut Output) {
        let Some(own) = &mut self.consumer_protocol else { return };
        let Some(begun) = own.reconciliation.take() else { return };
        if own.state != MembershipState::Reconciling {
            return;
        }
        own.current = begun.resolved;
        let owned = std::mem::replace(&mut self.assigned, begun.assigned);
        let revoked: Vec<TopicPartition> =
            owned.iter().filter(|partition| !self.assigned.contains(*partition)).cloned().collect();
        let added = self.assigned.iter().filter(|partition| !owned.contains(*partition)).cloned().collect();
        self.forget_consumed();
        if !revoked.is_empty() {
            out.events.push(Event::Revoked(revoked));
        }
        out.events.push(Event::Assigned(added));
        self.auto_commit.reset(now);
        self.go_to(MembershipState::Acknowledging);
    }
}

/// What a commit's answer means to the application. Kafka: `CommitRequestManager`, `commitSyncExceptionForError`.
pub(super) fn commit_result(error: Option<GroupError>) -> Result<(), CommitError> {
    match error {
        None => Ok(()),
        Some(GroupError::UnknownMemberId | GroupError::StaleMemberEpoch) => Err(CommitError::CommitFailed),
        Some(error) => Err(CommitError::Error(error)),
    }
}
