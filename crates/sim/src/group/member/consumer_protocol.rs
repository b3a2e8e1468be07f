//! A member by the consumer protocol (KIP-848): when it sends a heartbeat, what that says, and what the answer changes.
//! Kafka 4.3: `ConsumerMembershipManager` on `AbstractMembershipManager`, with `ConsumerHeartbeatRequestManager`.
//!
//! Differs from Kafka: whatever the background thread does about an assignment is done when the application polls; of
//! members that do not leave when they close only static ones are known to the coordinator.

use super::super::assignor::TopicPartitions;
use super::super::consumer_group::{HeartbeatRequest, HeartbeatResponse, Target};
use super::super::error::GroupError;
use super::super::message::Request;
use super::reconcile::{LocalAssignment, Reconciliation};
use super::{Event, GroupMember, InFlight, MemberState, MembershipOperation, Output, PollError, Wanted};
use crate::ids::{Topic, TopicId};
use crate::sorted::SortedSet;
use crate::time::SimTime;

/// The epoch with which a member joins. Kafka: `JOIN_GROUP_MEMBER_EPOCH`.
const JOIN_EPOCH: i32 = 0;
/// Kafka: `LEAVE_GROUP_MEMBER_EPOCH`.
const LEAVE_EPOCH: i32 = -1;
/// Kafka: `LEAVE_GROUP_STATIC_MEMBER_EPOCH`.
const LEAVE_STATIC_EPOCH: i32 = -2;

/// `group.protocol`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupProtocol {
    /// `classic`: members assign.
    #[default]
    Classic,
    /// `consumer`: the coordinator assigns.
    Consumer {
        /// The member id, which the client makes up.
        member_id: String,
        /// `group.remote.assignor`.
        remote_assignor: Option<String>,
    },
}

/// Where a member is. Kafka: `org.apache.kafka.clients.consumer.internals.MemberState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipState {
    /// In no group.
    Unsubscribed,
    /// It asks to be in the group.
    Joining,
    /// It has an assignment to bring about.
    Reconciling,
    /// It has brought it about and says so with its next heartbeat.
    Acknowledging,
    /// It has what it is to have.
    Stable,
    /// The coordinator does not know it, or not with its epoch: it gives up everything, and joins again.
    Fenced,
    /// It says that it goes.
    Leaving,
    /// It may not be in the group.
    Fatal,
    /// Its application has not polled in time: it has left until that polls again.
    Stale,
}

impl MembershipState {
    /// Kafka's name. Kafka: `MemberState`.
    pub fn name(self) -> &'static str {
        match self {
            MembershipState::Unsubscribed => "UNSUBSCRIBED",
            MembershipState::Joining => "JOINING",
            MembershipState::Reconciling => "RECONCILING",
            MembershipState::Acknowledging => "ACKNOWLEDGING",
            MembershipState::Stable => "STABLE",
            MembershipState::Fenced => "FENCED",
            MembershipState::Leaving => "LEAVING",
            MembershipState::Fatal => "FATAL",
            MembershipState::Stale => "STALE",
        }
    }
}

/// What the last heartbeats said. Kafka: `ConsumerHeartbeatRequestManager.SentFields`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SentFields {
    rebalance_timeout_ms: Option<i32>,
    subscribed_topic_names: Option<SortedSet<Topic>>,
    expression: Option<String>,
    server_assignor: Option<String>,
    local: Option<LocalAssignment>,
}

/// A member's part of the protocol.
#[derive(Clone, Debug)]
pub(super) struct ConsumerProtocol {
    pub state: MembershipState,
    epoch: i32,
    pub current: LocalAssignment,
    pub target: LocalAssignment,
    pub reconciliation: Option<Reconciliation>,
    sent: SentFields,
    interval_ms: u64,
    beat_at: SimTime,
    in_flight: bool,
    backoff_until: SimTime,
    /// Topics of the assignment are not known.
    pub wants_metadata: bool,
}

impl ConsumerProtocol {
    pub fn new(now: SimTime) -> ConsumerProtocol {
        ConsumerProtocol {
            state: MembershipState::Unsubscribed,
            epoch: JOIN_EPOCH,
            current: LocalAssignment::default(),
            target: LocalAssignment::default(),
            reconciliation: None,
            sent: SentFields::default(),
            interval_ms: 0,
            beat_at: now,
            in_flight: false,
            backoff_until: now,
            wants_metadata: false,
        }
    }

    /// Kafka: `shouldHeartbeatNow`.
    fn heartbeats_now(&self) -> bool {
        use MembershipState::{Acknowledging, Joining, Leaving};
        matches!(self.state, Acknowledging | Joining | Leaving) && !self.in_flight
    }

    /// Kafka: `shouldSkipHeartbeat`.
    fn is_out(&self) -> bool {
        use MembershipState::{Fatal, Fenced, Stale, Unsubscribed};
        matches!(self.state, Unsubscribed | Fatal | Stale | Fenced)
    }

    /// When it sends a heartbeat if nothing happens.
    pub fn next_beat(&self) -> Option<SimTime> {
        if self.is_out() || self.in_flight {
            return None;
        }
        Some(if self.heartbeats_now() { self.backoff_until } else { self.beat_at.max(self.backoff_until) })
    }
}

impl GroupMember {
    /// Where it is, of a member by the consumer protocol.
    pub fn membership_state(&self) -> Option<MembershipState> {
        self.consumer_protocol.as_ref().map(|own| own.state)
    }

    /// It has been assigned topics that it does not know: its metadata must be refreshed.
    pub fn wants_metadata(&self) -> bool {
        self.consumer_protocol.as_ref().is_some_and(|own| own.wants_metadata)
    }

    /// The ids of the topics that it is to have partitions of. Kafka: `SubscriptionState.assignedTopicIds`.
    pub fn assigned_topic_ids(&self) -> SortedSet<TopicId> {
        let target = self.consumer_protocol.iter().flat_map(|own| own.target.partitions.keys());
        target.copied().collect()
    }

    /// The next regular heartbeat is due at this moment.
    pub fn set_next_heartbeat(&mut self, at: SimTime) {
        if let Some(own) = &mut self.consumer_protocol {
            own.beat_at = at;
        }
    }

    /// How often it sends a heartbeat, in ms, as the coordinator told it.
    pub fn told_heartbeat_interval_ms(&self) -> Option<u64> {
        self.consumer_protocol.as_ref().map(|own| own.interval_ms)
    }

    pub(super) fn go_to(&mut self, state: MembershipState) {
        let Some(own) = &mut self.consumer_protocol else { return };
        own.state = state;
        self.state = match state {
            MembershipState::Stable => MemberState::Stable,
            MembershipState::Reconciling | MembershipState::Acknowledging => MemberState::CompletingRebalance,
            MembershipState::Joining => MemberState::PreparingRebalance,
            _ => MemberState::Unjoined,
        };
    }

    fn is_out(&self) -> bool {
        self.consumer_protocol.as_ref().is_none_or(|own| own.is_out())
    }

    fn set_epoch(&mut self, epoch: i32) {
        if let Some(own) = &mut self.consumer_protocol {
            own.epoch = epoch;
            self.generation.id = if epoch > 0 { epoch } else { -1 };
        }
    }

    /// Kafka: `clearAssignment`.
    fn clear_assignment(&mut self) {
        self.assigned.clear();
        self.forget_consumed();
        if let Some(own) = &mut self.consumer_protocol {
            own.current = LocalAssignment::default();
            own.target = LocalAssignment::default();
        }
    }

    /// Kafka: `transitionToJoining`.
    fn join_anew(&mut self) {
        self.set_epoch(JOIN_EPOCH);
        self.go_to(MembershipState::Joining);
        if let Some(own) = &mut self.consumer_protocol {
            own.reconciliation = None;
            own.target = LocalAssignment::default();
        }
    }

    /// The application is told that what it had is lost.
    fn lose_assignment(&mut self, out: &mut Output) {
        if !self.assigned.is_empty() {
            out.events.push(Event::Lost(self.assigned.iter().cloned().collect()));
        }
        self.clear_assignment();
    }

    /// What `poll()` does about the group.
    pub(super) fn poll_consumer_protocol(&mut self, now: SimTime, out: &mut Output) -> Result<(), PollError> {
        match self.membership_state() {
            Some(MembershipState::Fatal) => self.lose_assignment(out),
            Some(MembershipState::Fenced | MembershipState::Stale) => {
                self.lose_assignment(out);
                self.join_anew();
            }
            Some(MembershipState::Unsubscribed) => self.join_anew(),
            _ => {}
        }
        if let Some(error) = self.failure.take() {
            return Err(PollError::Refused(error));
        }
        self.poll_deadline = now.plus_ms(u64::try_from(self.config.max_poll_interval_ms).unwrap_or(0));
        // A step forward can allow another: what was acknowledged may already be old.
        for _ in 0..2 {
            self.reconcile(now, out);
            self.heartbeat(now, out);
        }
        Ok(())
    }

    /// Sends a heartbeat if one is due. Kafka: `AbstractHeartbeatRequestManager.poll`.
    pub(super) fn heartbeat(&mut self, now: SimTime, out: &mut Output) {
        let Some(own) = &self.consumer_protocol else { return };
        if own.is_out() {
            return;
        }
        if self.poll_deadline <= now && own.state != MembershipState::Leaving {
            // The application has not polled for max.poll.interval.ms.
            self.send_leave(MembershipOperation::Default, MembershipState::Stale, out);
        } else if own.next_beat().is_some_and(|at| at <= now) {
            self.send_heartbeat(now, out);
        }
    }

    fn send_heartbeat(&mut self, now: SimTime, out: &mut Output) {
        let Some(request) = self.heartbeat_request() else { return };
        self.send(Request::ConsumerGroupHeartbeat(request), InFlight::ConsumerGroupHeartbeat, out);
        let Some(own) = &mut self.consumer_protocol else { return };
        own.in_flight = true;
        own.beat_at = now.plus_ms(own.interval_ms);
        if own.state == MembershipState::Acknowledging {
            let is_reached = own.current == own.target;
            self.go_to(if is_reached { MembershipState::Stable } else { MembershipState::Reconciling });
        }
    }

    /// Kafka: `HeartbeatState.buildRequestData`.
    fn heartbeat_request(&mut self) -> Option<HeartbeatRequest> {
        let GroupProtocol::Consumer { member_id, remote_assignor } = &self.config.protocol else { return None };
        let own = self.consumer_protocol.as_mut()?;
        let all = own.state == MembershipState::Joining;
        let new = SentFields {
            rebalance_timeout_ms: Some(self.config.max_poll_interval_ms),
            subscribed_topic_names: Some(self.subscription.clone()),
            expression: match &self.wanted {
                Some(Wanted::Expression(text)) => Some(text.clone()),
                _ => None,
            },
            server_assignor: remote_assignor.clone(),
            local: Some(own.current.clone()),
        };
        let old = std::mem::replace(&mut own.sent, new.clone());
        let told = |differs: bool| all || differs;
        Some(HeartbeatRequest {
            group: self.config.group.clone(),
            member_id: member_id.clone(),
            member_epoch: own.epoch,
            instance_id: self.config.instance_id.clone(),
            rebalance_timeout_ms: new
                .rebalance_timeout_ms
                .filter(|_| told(new.rebalance_timeout_ms != old.rebalance_timeout_ms)),
            subscribed_topic_names: new
                .subscribed_topic_names
                .clone()
                .filter(|_| told(new.subscribed_topic_names != old.subscribed_topic_names)),
            subscribed_topic_regex: (new.expression != old.expression || all && new.expression.is_some())
                .then(|| new.expression.clone().unwrap_or_default()),
            server_assignor: new.server_assignor.clone().filter(|_| told(new.server_assignor != old.server_assignor)),
            topic_partitions: new.local.clone().filter(|_| told(new.local != old.local)).map(|local| local.partitions),
            client_id: self.config.client_id.clone(),
            client_host: self.config.client_host.clone(),
        })
    }

    /// Says that it goes, and is in `after` then. Nobody waits for the answer.
    fn send_leave(&mut self, operation: MembershipOperation, after: MembershipState, out: &mut Output) {
        let stays = self.config.instance_id.is_some() && operation != MembershipOperation::LeaveGroup;
        self.set_epoch(if stays { LEAVE_STATIC_EPOCH } else { LEAVE_EPOCH });
        if let Some(own) = &mut self.consumer_protocol {
            own.state = MembershipState::Leaving;
            own.current = LocalAssignment::default();
            own.reconciliation = None;
        }
        if let Some(request) = self.heartbeat_request() {
            self.send(Request::ConsumerGroupHeartbeat(request), InFlight::Leave, out);
        }
        if let Some(own) = &mut self.consumer_protocol {
            own.sent = SentFields::default();
            own.in_flight = false;
        }
        self.go_to(after);
    }

    /// `unsubscribe()` and `close()`. Kafka: `leaveGroup`.
    pub(super) fn leave_consumer_group(&mut self, operation: MembershipOperation, out: &mut Output) {
        let is_out = self.is_out();
        // A dynamic member that remains says nothing, and is missed once its session is over.
        let is_silent = operation == MembershipOperation::RemainInGroup && self.config.instance_id.is_none();
        if !self.assigned.is_empty() && !is_out {
            let dropped = self.assigned.iter().cloned().collect();
            out.events.push(if self.generation.id > 0 { Event::Revoked(dropped) } else { Event::Lost(dropped) });
        }
        self.subscription = SortedSet::new();
        self.clear_assignment();
        if is_out || is_silent {
            self.go_to(MembershipState::Unsubscribed);
        } else {
            self.send_leave(operation, MembershipState::Unsubscribed, out);
        }
    }

    /// Kafka: `AbstractHeartbeatRequestManager.onResponse`, `onErrorResponse`.
    pub(super) fn on_consumer_heartbeat(
        &mut self,
        now: SimTime,
        answer: &Result<HeartbeatResponse, GroupError>,
        out: &mut Output,
    ) {
        let backoff_ms = self.config.retry_backoff_ms;
        let Some(own) = &mut self.consumer_protocol else { return };
        own.in_flight = false;
        match answer {
            Ok(response) => {
                let interval_ms = u64::try_from(response.heartbeat_interval_ms).unwrap_or(0);
                if interval_ms != own.interval_ms {
                    own.interval_ms = interval_ms;
                    own.beat_at = now.plus_ms(interval_ms);
                }
                self.on_heartbeat_success(response);
            }
            Err(error) => {
                own.sent = SentFields::default();
                own.beat_at = now;
                match error {
                    GroupError::FencedMemberEpoch | GroupError::UnknownMemberId => self.fence(),
                    error if error.is_of_coordinator() => own.backoff_until = now.plus_ms(backoff_ms),
                    error => {
                        if !own.is_out() {
                            self.failure = Some(*error);
                            self.go_to(MembershipState::Fatal);
                            self.generation.id = -1;
                        }
                    }
                }
            }
        }
        self.heartbeat(now, out);
    }

    /// A heartbeat got no answer.
    pub(super) fn on_heartbeat_lost(&mut self, now: SimTime) {
        let backoff_ms = self.config.retry_backoff_ms;
        if let Some(own) = &mut self.consumer_protocol {
            own.in_flight = false;
            own.sent = SentFields::default();
            own.beat_at = now;
            own.backoff_until = now.plus_ms(backoff_ms);
        }
    }

    /// Kafka: `transitionToFenced`. Everything is given up when the application polls.
    fn fence(&mut self) {
        if self.is_out() {
            return;
        }
        self.set_epoch(JOIN_EPOCH);
        self.go_to(MembershipState::Fenced);
        if let Some(own) = &mut self.consumer_protocol {
            own.reconciliation = None;
        }
    }

    /// Kafka: `ConsumerMembershipManager.onHeartbeatSuccess`, `processAssignmentReceived`.
    fn on_heartbeat_success(&mut self, response: &HeartbeatResponse) {
        let is_out = self.is_out();
        if is_out || response.member_epoch < 0 {
            return;
        }
        self.set_epoch(response.member_epoch);
        let Some(own) = self.consumer_protocol.as_mut() else { return };
        let Some(assignment) = &response.assignment else { return };
        own.target.update_with(assignment);
        if own.current != own.target {
            self.go_to(MembershipState::Reconciling);
        } else if matches!(own.state, MembershipState::Reconciling | MembershipState::Joining) {
            self.go_to(MembershipState::Stable);
        }
    }

    /// The name of a topic with this id, if it is known.
    pub(super) fn topic_with_id(&self, id: crate::ids::TopicId) -> Option<&Topic> {
        let known = self.topics.iter().find(|topic: &&TopicPartitions| topic.id == id);
        known.map(|topic| &topic.topic)
    }
}

impl LocalAssignment {
    /// Kafka: `LocalAssignment.updateWith`.
    fn update_with(&mut self, partitions: &Target) {
        if self.is_none() || self.partitions != *partitions {
            self.local_epoch = self.local_epoch.saturating_add(1);
            self.partitions.clone_from(partitions);
        }
    }
}
