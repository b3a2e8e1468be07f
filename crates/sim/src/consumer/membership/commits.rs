//! What a consumer commits. Kafka 4.3: `ConsumerCoordinator.commitOffsetsSync`, `commitOffsetsAsync`.

use super::super::{Consumer, Position};
use super::Offsets;
use crate::fact::group::CommitBy;
use crate::group::member::{CommitError, Output};
use crate::ids::TopicPartition;
use crate::outbox::Outbox;

impl Consumer {
    /// A commit without offsets commits the position, if that is valid, with the leader epoch of the record before it. Kafka:
    /// `SubscriptionState.allConsumed`.
    pub(in crate::consumer) fn note_consumed(&mut self, partition: &TopicPartition) {
        let Some(membership) = &mut self.membership else { return };
        match self.positions.get(partition).and_then(Position::valid) {
            Some((offset, epoch)) => {
                membership.member.consumed(partition, offset.0, epoch.map_or(-1, |epoch| epoch.0));
            }
            None => membership.member.has_no_position(partition),
        }
    }

    pub(in crate::consumer) fn commit(&mut self, sync: bool, offsets: &[(TopicPartition, i64)], out: &mut Outbox) {
        if self.share.is_some() {
            return self.commit_share(sync, out);
        }
        let by = if sync { CommitBy::Sync } else { CommitBy::Async };
        let Some(membership) = &mut self.membership else { return };
        let given: Vec<_> = offsets.iter().map(|(partition, offset)| (partition.clone(), *offset, -1)).collect();
        let offsets = if given.is_empty() { membership.member.all_consumed() } else { given };
        self.commit_these(by, offsets, out);
        self.run_member(out);
    }

    pub(in crate::consumer) fn commit_these(&mut self, by: CommitBy, offsets: Offsets, out: &mut Outbox) {
        let Some(membership) = &mut self.membership else { return };
        let mut output = Output::default();
        let id = membership.member.commit(&offsets, &mut output);
        membership.commits.insert(id.0, by);
        if by == CommitBy::Sync {
            membership.blocked_on = Some((id, offsets));
        }
        self.take_output(output, out);
    }

    /// A `commitSync()` that found no coordinator is tried again. An asynchronous one never is: a later one may have
    /// committed more meanwhile.
    pub(in crate::consumer) fn retry_commit(&mut self, out: &mut Outbox) {
        let now = out.now;
        let Some(membership) = &mut self.membership else { return };
        if membership.commit_at.take_if(|at| *at <= now).is_some()
            && let Some((_, offsets)) = membership.blocked_on.take()
        {
            self.commit_these(CommitBy::Sync, offsets, out);
        }
    }
}

/// Kafka's exception.
pub(super) fn commit_error(error: CommitError, by: CommitBy) -> String {
    match error {
        CommitError::CommitFailed => "CommitFailedException".to_owned(),
        CommitError::RebalanceInProgress => "RebalanceInProgressException".to_owned(),
        CommitError::Error(error) if error.is_retriable() && by != CommitBy::Sync => {
            "RetriableCommitFailedException".to_owned()
        }
        CommitError::Error(error) => error.name().to_owned(),
    }
}
