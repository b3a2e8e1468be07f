//! How members come together for a generation. Kafka 4.3: the `classicGroupJoin…` of `GroupMetadataManager`,
//! `prepareRebalance`, `completeClassicGroupJoin`.

use super::super::error::GroupError;
use super::super::event::{GroupEventKind, MemberName, RebalanceReason, Removal};
use super::super::message::{JoinGroup, Joined, Opaque, Response, Synced};
use super::classic::{ClassicGroup, ClassicMember, JoinTimer, State};
use super::{Context, NewMemberId};
use crate::ids::MessageId;

/// Why a group rebalances, and because of whom.
pub(super) type Why = (RebalanceReason, Option<MemberName>);

impl ClassicGroup {
    /// A `JoinGroup`, its group there and its session timeout allowed. Kafka: `classicGroupJoinToClassicGroup`.
    pub(super) fn join(
        &mut self,
        id: MessageId,
        request: &JoinGroup,
        new_member_id: NewMemberId<'_>,
        context: &mut Context<'_>,
    ) {
        let member_id = &request.member_id;
        if !self.accepts(member_id, context.config.max_size) {
            self.remove(member_id);
            return refuse(context, id, "", GroupError::GroupMaxSizeReached);
        }
        if !self.supports(&request.protocol_type, &request.protocols) {
            return refuse(context, id, member_id, GroupError::InconsistentGroupProtocol);
        }
        if !member_id.is_empty() {
            return self.join_existing(id, request, context);
        }
        let Some(instance) = &request.instance_id else {
            let new = new_member_id(&request.client_id);
            let deadline = context.after_ms(request.session_timeout_ms);
            self.pending_join.insert(new.clone(), deadline);
            return refuse(context, id, &new, GroupError::MemberIdRequired);
        };
        let new = new_member_id(instance);
        match self.static_members.get(instance).cloned() {
            Some(old) => self.replace_and_join(id, request, &old, &new, context),
            None => self.add_and_join(id, request, &new, context),
        }
    }

    /// Kafka: `acceptJoiningMember`.
    fn accepts(&self, member_id: &str, max_size: usize) -> bool {
        match self.state {
            State::Empty => true,
            State::PreparingRebalance => {
                self.members.get(member_id).is_some_and(|member| member.awaiting_join.is_some())
                    || self.awaiting_join() < max_size
            }
            State::CompletingRebalance | State::Stable => {
                self.members.contains_key(member_id) || self.members.len() < max_size
            }
        }
    }

    /// Kafka: `classicGroupJoinExistingMember`.
    fn join_existing(&mut self, id: MessageId, request: &JoinGroup, context: &mut Context<'_>) {
        let member_id = &request.member_id;
        if self.pending_join.contains_key(member_id) {
            return self.add_and_join(id, request, member_id, context);
        }
        if let Err(error) = self.validate_member(member_id, request.instance_id.as_deref()) {
            return refuse(context, id, member_id, error);
        }
        let same = self.members.get(member_id).is_some_and(|member| member.protocols == request.protocols);
        let rebalances = match self.state {
            State::PreparingRebalance => true,
            State::CompletingRebalance => !same,
            // The leader may know of something that its metadata does not say: a topic has more partitions.
            State::Stable => self.is_leader(member_id) || !same,
            State::Empty => return refuse(context, id, member_id, GroupError::UnknownMemberId),
        };
        if rebalances {
            let timeouts_ms = (request.rebalance_timeout_ms, request.session_timeout_ms);
            self.update(member_id, &request.protocols, timeouts_ms, Some(id));
            let reason = if same { RebalanceReason::LeaderRejoined } else { RebalanceReason::MemberChanged };
            return self.prepare_or_complete((reason, self.name_of(member_id)), context);
        }
        let response = self.joined(member_id, false);
        context.respond(id, Response::JoinGroup(response));
    }

    /// The present generation, as a member is told of it.
    fn joined(&self, member_id: &str, skip_assignment: bool) -> Joined {
        Joined {
            error: GroupError::None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            skip_assignment,
            member_id: member_id.to_owned(),
            members: if self.is_leader(member_id) { self.joined_members() } else { Vec::new() },
        }
    }

    /// Kafka: `addMemberThenRebalanceOrCompleteJoin`.
    fn add_and_join(&mut self, id: MessageId, request: &JoinGroup, member_id: &str, context: &mut Context<'_>) {
        if self.state == State::PreparingRebalance && self.previous_state == Some(State::Empty) {
            self.new_member_added = true;
        }
        let member = ClassicMember {
            id: member_id.to_owned(),
            instance_id: request.instance_id.clone(),
            client_id: request.client_id.clone(),
            client_host: request.client_host.clone(),
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            session_timeout_ms: request.session_timeout_ms,
            protocols: request.protocols.clone(),
            assignment: Opaque::default(),
            awaiting_join: Some(id),
            awaiting_sync: None,
            is_new: true,
            heartbeat: Some(context.after_ms(context.config.new_member_join_timeout_ms)),
        };
        self.add(member, &request.protocol_type);
        if let Some(member) = self.name_of(member_id) {
            context.tell(&self.id, GroupEventKind::MemberAdded { member, instance_id: request.instance_id.clone() });
        }
        self.prepare_or_complete((RebalanceReason::MemberAdded, self.name_of(member_id)), context);
    }

    /// A static member that comes back under a new member id. Kafka: `updateStaticMemberThenRebalanceOrCompleteJoin`.
    fn replace_and_join(
        &mut self,
        id: MessageId,
        request: &JoinGroup,
        old: &str,
        new: &str,
        context: &mut Context<'_>,
    ) {
        if let Some(fenced) = self.replace_static(old, new) {
            if let Some(waiting) = fenced.awaiting_join {
                refuse(context, waiting, old, GroupError::FencedInstanceId);
            }
            if let Some(waiting) = fenced.awaiting_sync {
                context.respond(waiting, Response::SyncGroup(Synced::refused(GroupError::FencedInstanceId)));
            }
        }
        if let (Some(member), Some(instance_id)) = (self.name_of(new), request.instance_id.clone()) {
            let kind = GroupEventKind::StaticMemberReplaced { member, instance_id, before: old.to_owned() };
            context.tell(&self.id, kind);
        }
        self.heard_of(new, context);
        let timeouts_ms = (request.rebalance_timeout_ms, request.session_timeout_ms);
        self.update(new, &request.protocols, timeouts_ms, Some(id));
        match self.state {
            // Nothing changes for the others, unless another protocol would be chosen now.
            State::Stable if self.select_protocol() == self.protocol => {
                let record = self.record();
                context.out.records.push(record);
                if let Some(member) = self.members.get_mut(new) {
                    member.awaiting_join = None;
                }
                let response = self.joined(new, self.is_leader(new));
                context.respond(id, Response::JoinGroup(response));
            }
            // In the other case the leader may be assigning to the old member id.
            State::Stable | State::CompletingRebalance => {
                self.prepare_rebalance((RebalanceReason::StaticMemberReplaced, self.name_of(new)), context);
            }
            State::Empty | State::PreparingRebalance => self.maybe_complete_join(context),
        }
    }

    /// Kafka: `maybePrepareRebalanceOrCompleteJoin`.
    pub(super) fn prepare_or_complete(&mut self, why: Why, context: &mut Context<'_>) {
        if self.state == State::PreparingRebalance {
            self.maybe_complete_join(context);
        } else {
            self.prepare_rebalance(why, context);
        }
    }

    /// Kafka: `maybeCompleteJoinPhase`.
    pub(super) fn maybe_complete_join(&mut self, context: &mut Context<'_>) {
        let in_first_delay = self.previous_state == Some(State::Empty);
        if self.state == State::PreparingRebalance && !in_first_delay && self.has_all_members_joined() {
            self.complete_join(context);
        }
    }

    /// Kafka: `prepareRebalance`.
    pub(super) fn prepare_rebalance(&mut self, (because, member): Why, context: &mut Context<'_>) {
        let kind = GroupEventKind::RebalanceStarted { generation: self.generation, because, member };
        context.tell(&self.id, kind);
        if self.state == State::CompletingRebalance {
            for member in self.members.values_mut() {
                member.assignment = Opaque::default();
            }
            self.propagate(GroupError::RebalanceInProgress, context);
        }
        self.pending_sync.clear();
        self.sync_timer = None;
        if self.state == State::Empty {
            // The group is new: others may be about to come.
            let delay_ms = context.config.initial_rebalance_delay_ms;
            let remaining_ms = self.rebalance_timeout_ms().saturating_sub(delay_ms).max(0);
            self.join_timer = Some((context.after_ms(delay_ms), JoinTimer::Initial { delay_ms, remaining_ms }));
            self.go_to(State::PreparingRebalance, context.now);
            return;
        }
        self.go_to(State::PreparingRebalance, context.now);
        if self.has_all_members_joined() {
            self.complete_join(context);
        } else {
            let timeout_ms = self.rebalance_timeout_ms();
            self.join_timer = Some((context.after_ms(timeout_ms), JoinTimer::Rebalance));
        }
    }

    /// All are there who come: the next generation. Kafka: `completeClassicGroupJoin`.
    pub(super) fn complete_join(&mut self, context: &mut Context<'_>) {
        self.join_timer = None;
        let is_missing = |member: &&ClassicMember| member.awaiting_join.is_none() && member.instance_id.is_none();
        let missing: Vec<String> = self.members.values().filter(is_missing).map(|member| member.id.clone()).collect();
        for member_id in missing {
            self.remove_told(&member_id, Removal::DidNotRejoin, context);
        }
        if !self.elect_joined_leader() && !self.members.is_empty() {
            // Nobody came, and those who are left are static: wait until their sessions end.
            let timeout_ms = self.rebalance_timeout_ms();
            self.join_timer = Some((context.after_ms(timeout_ms), JoinTimer::Rebalance));
            return;
        }
        self.init_next_generation(context.now);
        self.tell_generation(context);
        if self.state == State::Empty {
            let record = self.record();
            context.out.records.push(record);
            return;
        }
        let members: Vec<String> = self.members.keys().cloned().collect();
        for member_id in members {
            let response = self.joined(&member_id, false);
            if let Some(member) = self.members.get_mut(&member_id) {
                member.is_new = false;
                if let Some(waiting) = member.awaiting_join.take() {
                    context.respond(waiting, Response::JoinGroup(response));
                }
            }
            self.heard_of(&member_id, context);
            self.pending_sync.insert(member_id);
        }
        let timeout_ms = self.rebalance_timeout_ms();
        self.sync_timer = Some((context.after_ms(timeout_ms), self.generation));
    }

    /// A member as a reader knows it.
    pub(super) fn name_of(&self, member_id: &str) -> Option<MemberName> {
        let member = self.members.get(member_id)?;
        Some(MemberName { id: member.id.clone(), client: member.client_id.clone() })
    }

    /// Takes a member out, and says why.
    pub(super) fn remove_told(
        &mut self,
        member_id: &str,
        because: Removal,
        context: &mut Context<'_>,
    ) -> Option<ClassicMember> {
        if let Some(member) = self.name_of(member_id) {
            context.tell(&self.id, GroupEventKind::MemberRemoved { member, because });
        }
        self.remove(member_id)
    }

    fn tell_generation(&self, context: &mut Context<'_>) {
        let kind = GroupEventKind::GenerationStarted {
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.as_ref().and_then(|leader| self.name_of(leader)),
            members: self.members.keys().filter_map(|member_id| self.name_of(member_id)).collect(),
        };
        context.tell(&self.id, kind);
    }

    /// Kafka: `maybeElectNewJoinedLeader`.
    fn elect_joined_leader(&mut self) -> bool {
        let Some(leader) = &self.leader else { return false };
        let has_joined = |member: &ClassicMember| member.awaiting_join.is_some();
        if self.members.get(leader).is_some_and(has_joined) {
            return true;
        }
        match self.members.values().find(|member| has_joined(member)) {
            Some(member) => {
                self.leader = Some(member.id.clone());
                true
            }
            None => false,
        }
    }

    /// Does what is due first.
    pub(super) fn on_time(&mut self, context: &mut Context<'_>) {
        let Some(due) = self.next_deadline() else { return };
        if let Some((at, timer)) = self.join_timer
            && at == due
        {
            self.join_timer = None;
            return self.on_join_timer(timer, context);
        }
        if let Some((at, generation)) = self.sync_timer
            && at == due
        {
            self.sync_timer = None;
            return self.on_sync_timer(generation, context);
        }
        let pending = self.pending_join.iter().find(|(_, at)| **at == due).map(|(id, _)| id.clone());
        if let Some(member_id) = pending {
            self.remove(&member_id);
            if self.state == State::PreparingRebalance && self.has_all_members_joined() {
                self.complete_join(context);
            }
            return;
        }
        let Some(member) = self.members.values_mut().find(|member| member.heartbeat == Some(due)) else { return };
        member.heartbeat = None;
        if !member.has_satisfied_heartbeat() {
            let member_id = member.id.clone();
            self.expire(&member_id, context);
        }
    }

    /// A member has not been heard of. Kafka: `removeMemberAndUpdateClassicGroup`.
    fn expire(&mut self, member_id: &str, context: &mut Context<'_>) {
        let removal = Removal::SessionExpired;
        let name = self.name_of(member_id);
        if let Some(waiting) = self.remove_told(member_id, removal, context).and_then(|member| member.awaiting_join) {
            refuse(context, waiting, "", GroupError::UnknownMemberId);
        }
        match self.state {
            State::Stable | State::CompletingRebalance => {
                self.prepare_or_complete((RebalanceReason::MemberRemoved(removal), name), context);
            }
            State::PreparingRebalance if self.has_all_members_joined() => self.complete_join(context),
            State::PreparingRebalance | State::Empty => {}
        }
    }

    /// Kafka: `tryCompleteInitialRebalanceElseSchedule`, `completeClassicGroupJoin`.
    fn on_join_timer(&mut self, timer: JoinTimer, context: &mut Context<'_>) {
        match timer {
            JoinTimer::Initial { delay_ms, remaining_ms } if self.new_member_added && remaining_ms != 0 => {
                self.new_member_added = false;
                let next_ms = context.config.initial_rebalance_delay_ms.min(remaining_ms);
                let remaining_ms = remaining_ms.saturating_sub(delay_ms).max(0);
                let timer = JoinTimer::Initial { delay_ms: next_ms, remaining_ms };
                self.join_timer = Some((context.after_ms(next_ms), timer));
            }
            JoinTimer::Initial { .. } | JoinTimer::Rebalance => self.complete_join(context),
        }
    }

    /// Members that joined and then said nothing are put out. Kafka: `expirePendingSync`.
    fn on_sync_timer(&mut self, generation: i32, context: &mut Context<'_>) {
        let is_after_join = matches!(self.state, State::CompletingRebalance | State::Stable);
        if generation != self.generation || !is_after_join || self.pending_sync.is_empty() {
            return;
        }
        let pending: Vec<String> = self.pending_sync.iter().cloned().collect();
        let first = pending.first().and_then(|member_id| self.name_of(member_id));
        for member_id in pending {
            self.remove_told(&member_id, Removal::DidNotSync, context);
        }
        self.prepare_rebalance((RebalanceReason::MemberRemoved(Removal::DidNotSync), first), context);
    }
}

/// Answers a `JoinGroup` with an error.
pub(super) fn refuse(context: &mut Context<'_>, id: MessageId, member_id: &str, error: GroupError) {
    context.respond(id, Response::JoinGroup(Joined::refused(member_id, error)));
}
