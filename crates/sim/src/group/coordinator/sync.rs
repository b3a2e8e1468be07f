//! How a generation gets its assignment, how its members stay in it, and how they go. Kafka 4.3:
//! `classicGroupSyncToClassicGroup`, `classicGroupHeartbeatToClassicGroup`, `classicGroupLeaveToClassicGroup`.

use super::super::error::GroupError;
use super::super::event::{RebalanceReason, Removal};
use super::super::message::{Heartbeat, LeaveGroup, Left, Opaque, Response, SyncGroup, Synced};
use super::Context;
use super::classic::{ClassicGroup, State};
use super::join::refuse;
use crate::ids::MessageId;

impl ClassicGroup {
    /// A `SyncGroup` to a group that is not empty.
    pub(super) fn sync(&mut self, id: MessageId, request: &SyncGroup, context: &mut Context<'_>) {
        let member_id = &request.member_id;
        if let Err(error) = self.validate_sync(request) {
            return context.respond(id, Response::SyncGroup(Synced::refused(error)));
        }
        match self.state {
            State::Empty | State::PreparingRebalance => {
                context.respond(id, Response::SyncGroup(Synced::refused(GroupError::RebalanceInProgress)));
            }
            State::CompletingRebalance => {
                if let Some(member) = self.members.get_mut(member_id) {
                    member.awaiting_sync = Some(id);
                }
                self.has_synced(member_id);
                if self.is_leader(member_id) {
                    self.complete_sync(&request.assignments, context);
                }
            }
            State::Stable => {
                self.has_synced(member_id);
                let response = self.synced(member_id);
                context.respond(id, Response::SyncGroup(response));
            }
        }
    }

    /// Kafka: `validateSyncGroup`.
    fn validate_sync(&self, request: &SyncGroup) -> Result<(), GroupError> {
        self.validate_member(&request.member_id, request.instance_id.as_deref())?;
        if request.generation != self.generation {
            return Err(GroupError::IllegalGeneration);
        }
        let differs = |told: &Option<String>, own: &Option<String>| told.is_some() && told != own;
        if differs(&request.protocol_type, &self.protocol_type) || differs(&request.protocol, &self.protocol) {
            return Err(GroupError::InconsistentGroupProtocol);
        }
        Ok(())
    }

    /// Kafka: `removePendingSyncMember`.
    fn has_synced(&mut self, member_id: &str) {
        self.pending_sync.remove(member_id);
        if self.pending_sync.is_empty() {
            self.sync_timer = None;
        }
    }

    /// The leader's assignments are kept, and everyone who waits gets its own. Kafka: `setAndPropagateAssignment`.
    fn complete_sync(&mut self, assignments: &[(String, Opaque)], context: &mut Context<'_>) {
        for member in self.members.values_mut() {
            // Of a member that is named twice the last assignment holds; of one that is not named, none.
            let assigned = assignments.iter().rev().find(|(member_id, _)| *member_id == member.id);
            member.assignment = assigned.map(|(_, assignment)| assignment.clone()).unwrap_or_default();
        }
        let record = self.record();
        context.out.records.push(record);
        self.propagate(GroupError::None, context);
        self.go_to(State::Stable, context.now);
    }

    /// Answers every `SyncGroup` that waits. Kafka: `propagateAssignment`.
    pub(super) fn propagate(&mut self, error: GroupError, context: &mut Context<'_>) {
        let members: Vec<String> = self.members.keys().cloned().collect();
        for member_id in members {
            let waiting = self.members.get_mut(&member_id).and_then(|member| member.awaiting_sync.take());
            if let Some(waiting) = waiting {
                let response = if error == GroupError::None { self.synced(&member_id) } else { Synced::refused(error) };
                context.respond(waiting, Response::SyncGroup(response));
                self.heard_of(&member_id, context);
            }
        }
    }

    fn synced(&self, member_id: &str) -> Synced {
        Synced {
            error: GroupError::None,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment: self.members.get(member_id).map(|member| member.assignment.clone()).unwrap_or_default(),
        }
    }

    /// A member lives; the error tells it to join again.
    pub(super) fn heartbeat(&mut self, request: &Heartbeat, context: &mut Context<'_>) -> Result<(), GroupError> {
        self.validate_member(&request.member_id, request.instance_id.as_deref())?;
        if request.generation != self.generation {
            return Err(GroupError::IllegalGeneration);
        }
        if self.state == State::Empty {
            return Err(GroupError::UnknownMemberId);
        }
        self.heard_of(&request.member_id, context);
        if self.state == State::PreparingRebalance { Err(GroupError::RebalanceInProgress) } else { Ok(()) }
    }

    /// Members go.
    pub(super) fn leave(&mut self, request: &LeaveGroup, context: &mut Context<'_>) -> Left {
        let mut left = Left::default();
        let first = request.members.first();
        let name = first.and_then(|(member_id, instance_id)| match instance_id {
            Some(instance) if member_id.is_empty() => self.name_of(self.static_members.get(instance)?),
            _ => self.name_of(member_id),
        });
        for (member_id, instance_id) in &request.members {
            let error = self.leave_one(member_id, instance_id.as_deref(), context).err().unwrap_or_default();
            left.members.push((member_id.clone(), instance_id.clone(), error));
        }
        if left.members.iter().any(|(.., error)| *error == GroupError::None) {
            match self.state {
                State::Stable | State::CompletingRebalance => {
                    self.prepare_or_complete((RebalanceReason::MemberRemoved(Removal::Left), name), context);
                }
                State::PreparingRebalance => self.maybe_complete_join(context),
                State::Empty => {}
            }
        }
        left
    }

    fn leave_one(
        &mut self,
        member_id: &str,
        instance_id: Option<&str>,
        context: &mut Context<'_>,
    ) -> Result<(), GroupError> {
        if member_id.is_empty() {
            // An administrator knows static members by their instance ids.
            let member_id = instance_id.and_then(|instance| self.static_members.get(instance)).cloned();
            self.remove_waiting(&member_id.ok_or(GroupError::UnknownMemberId)?, context);
        } else if self.pending_join.contains_key(member_id) {
            self.remove(member_id);
        } else {
            self.validate_member(member_id, instance_id)?;
            self.remove_waiting(member_id, context);
        }
        Ok(())
    }

    /// Kafka: `removeCurrentMemberFromClassicGroup`.
    fn remove_waiting(&mut self, member_id: &str, context: &mut Context<'_>) {
        let removed = self.remove_told(member_id, Removal::Left, context);
        if let Some(waiting) = removed.and_then(|member| member.awaiting_join) {
            refuse(context, waiting, "", GroupError::UnknownMemberId);
        }
    }
}
