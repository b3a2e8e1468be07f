//! How a member goes: `unsubscribe()` and `close()`. Kafka 4.3: `ConsumerCoordinator.onLeavePrepare`,
//! `AbstractCoordinator.maybeLeaveGroup`.

use super::super::message::{LeaveGroup, Request};
use super::{Event, GroupMember, InFlight, MemberState, Output};
use crate::ids::TopicPartition;
use crate::sorted::SortedSet;

/// How a member closes. Kafka: `CloseOptions.GroupMembershipOperation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MembershipOperation {
    /// A dynamic member leaves, a static one does not.
    #[default]
    Default,
    /// It leaves.
    LeaveGroup,
    /// It does not.
    RemainInGroup,
}

impl GroupMember {
    /// `unsubscribe()`.
    pub fn unsubscribe(&mut self, out: &mut Output) {
        self.go(MembershipOperation::Default, out);
        self.wanted = None;
        self.subscription = SortedSet::new();
        self.assigned = SortedSet::new();
    }

    /// `close()`; [`Event::Closed`] tells when it returns.
    pub fn close(&mut self, operation: MembershipOperation, out: &mut Output) {
        self.closing = Some(operation);
        if !self.commit_on_close(out) {
            self.finish_close(out);
        }
    }

    pub(super) fn finish_close(&mut self, out: &mut Output) {
        let Some(operation) = self.closing.take() else { return };
        self.heartbeat_at = None;
        self.go(operation, out);
        out.events.push(Event::Closed);
    }

    fn go(&mut self, operation: MembershipOperation, out: &mut Output) {
        if self.consumer_protocol.is_some() {
            return self.leave_consumer_group(operation, out);
        }
        self.on_leave_prepare(out);
        self.maybe_leave(operation, out);
    }

    /// Kafka: `onLeavePrepare`.
    fn on_leave_prepare(&mut self, out: &mut Output) {
        if self.wanted.is_none() || self.assigned.is_empty() {
            return;
        }
        let dropped = self.take_assigned();
        let rebalances = matches!(self.state, MemberState::PreparingRebalance | MemberState::CompletingRebalance);
        let is_lost = self.generation.id == -1 || self.generation.member_id.is_empty() || rebalances;
        out.events.push(if is_lost { Event::Lost(dropped) } else { Event::Revoked(dropped) });
    }

    pub(super) fn take_assigned(&mut self) -> Vec<TopicPartition> {
        let taken = self.assigned.iter().cloned().collect();
        self.assigned.clear();
        self.forget_consumed();
        taken
    }

    /// Kafka: `maybeLeaveGroup`.
    pub(super) fn maybe_leave(&mut self, operation: MembershipOperation, out: &mut Output) {
        let leaves = match operation {
            MembershipOperation::Default => self.config.instance_id.is_none(),
            MembershipOperation::LeaveGroup => true,
            MembershipOperation::RemainInGroup => false,
        };
        if leaves && self.state != MemberState::Unjoined && !self.generation.member_id.is_empty() {
            // A static member that leaves names only its member id.
            let members = vec![(self.generation.member_id.clone(), None)];
            let request = Request::LeaveGroup(LeaveGroup { group: self.config.group.clone(), members });
            self.send(request, InFlight::Leave, out);
        }
        self.reset_and_rejoin("consumer pro-actively leaving the group", true);
    }
}
