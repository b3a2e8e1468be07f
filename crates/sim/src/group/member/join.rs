//! How a member comes into the next generation. Kafka 4.3: `AbstractCoordinator.joinGroupIfNeeded` with its response
//! handlers, `ConsumerCoordinator.onJoinPrepare`, `onJoinComplete`.

use super::super::assignor::TopicPartitions;
use super::super::error::GroupError;
use super::super::message::{CONSUMER, JoinGroup, Joined, Opaque, Request, SyncGroup, Synced};
use super::super::protocol::Assigned;
use super::{Event, Generation, GroupMember, InFlight, MemberState, Output, PollError, RebalanceProtocol};
use crate::ids::{MessageId, TopicPartition};
use crate::sorted::SortedSet;
use crate::time::SimTime;

/// A rebalance that was begun. Kafka: `joinFuture`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JoinFuture {
    /// Not answered yet.
    Pending,
    /// The member's assignment, or why there is none.
    Done(Result<Opaque, JoinFailure>),
}

/// Why a rebalance failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinFailure {
    /// The coordinator said so.
    Error(GroupError),
    /// Meanwhile the member was put out or left. Kafka: `UnjoinedGroupException`, `IllegalGenerationException`.
    Overtaken,
    /// The leader's assignor failed.
    Assignor,
}

impl GroupMember {
    /// Goes on as far as it can without an answer; whether the member is in its generation.
    pub(super) fn join_if_needed(&mut self, now: SimTime, out: &mut Output) -> Result<bool, PollError> {
        if self.join_retry_at.is_some_and(|at| at > now) {
            return Ok(false);
        }
        self.join_retry_at = None;
        while self.rejoin_needed_or_pending() {
            if self.needs_join_prepare {
                if !self.on_join_prepare(now, out) {
                    return Ok(false);
                }
                self.needs_join_prepare = false;
            }
            if self.join.is_none() {
                self.state = MemberState::PreparingRebalance;
                self.send_join(out);
                self.join = Some(JoinFuture::Pending);
            }
            let Some(JoinFuture::Done(result)) = self.join.take_if(|join| *join != JoinFuture::Pending) else {
                return Ok(false);
            };
            match result {
                Ok(assignment) if self.generation.id != -1 && self.state == MemberState::Stable => {
                    self.on_join_complete(now, &assignment, out);
                    self.needs_join_prepare = true;
                }
                Ok(_) => self.reset_and_rejoin("rebalance failed since the generation was modified", true),
                Err(failure) => {
                    if failure != JoinFailure::Error(GroupError::MemberIdRequired) {
                        self.request_rejoin("rebalance failed");
                    }
                    if !self.goes_on_after(now, failure)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Whether it tries again at once; later if not.
    fn goes_on_after(&mut self, now: SimTime, failure: JoinFailure) -> Result<bool, PollError> {
        match failure {
            JoinFailure::Error(
                GroupError::UnknownMemberId
                | GroupError::IllegalGeneration
                | GroupError::RebalanceInProgress
                | GroupError::MemberIdRequired,
            )
            | JoinFailure::Overtaken => Ok(true),
            JoinFailure::Error(error) if error.is_of_coordinator() => {
                self.join_retry_at = Some(now.plus_ms(self.config.retry_backoff_ms));
                Ok(false)
            }
            JoinFailure::Error(error) => Err(PollError::Refused(error)),
            JoinFailure::Assignor => Err(PollError::Assignor),
        }
    }

    fn send_join(&mut self, out: &mut Output) {
        let protocols = self.protocols();
        let request = Request::JoinGroup(JoinGroup {
            group: self.config.group.clone(),
            session_timeout_ms: self.config.session_timeout_ms,
            rebalance_timeout_ms: self.config.max_poll_interval_ms,
            member_id: self.generation.member_id.clone(),
            instance_id: self.config.instance_id.clone(),
            protocol_type: CONSUMER.to_owned(),
            protocols,
            client_id: self.config.client_id.clone(),
            client_host: self.config.client_host.clone(),
        });
        self.send(request, InFlight::Join(self.generation.clone()), out);
    }

    /// Kafka: `JoinGroupResponseHandler`.
    pub(super) fn on_joined(
        &mut self,
        now: SimTime,
        sent: &Generation,
        joined: &Joined,
        cluster: &[TopicPartitions],
        out: &mut Output,
    ) {
        match joined.error {
            GroupError::None if self.state != MemberState::PreparingRebalance => {
                self.fail_join(JoinFailure::Overtaken);
            }
            GroupError::None => {
                self.state = MemberState::CompletingRebalance;
                self.poll_deadline = now.plus_ms(u64::try_from(self.config.max_poll_interval_ms).unwrap_or(0));
                self.heartbeat_at = Some(now.plus_ms(self.config.heartbeat_interval_ms));
                self.generation = Generation {
                    id: joined.generation,
                    member_id: joined.member_id.clone(),
                    protocol: joined.protocol.clone(),
                };
                let assignments = if joined.leader == joined.member_id {
                    match self.on_leader_elected(now, joined, cluster) {
                        Ok(assignments) => assignments,
                        Err(failure) => return self.fail_join(failure),
                    }
                } else {
                    Vec::new()
                };
                let request = Request::SyncGroup(SyncGroup {
                    group: self.config.group.clone(),
                    generation: self.generation.id,
                    member_id: self.generation.member_id.clone(),
                    instance_id: self.config.instance_id.clone(),
                    protocol_type: Some(CONSUMER.to_owned()),
                    protocol: self.generation.protocol.clone(),
                    assignments,
                });
                self.send(request, InFlight::Sync(self.generation.clone()), out);
            }
            GroupError::UnknownMemberId => {
                if self.generation == *sent {
                    self.reset_and_rejoin("encountered UNKNOWN_MEMBER_ID from JOIN_GROUP response", true);
                }
                self.fail_join(JoinFailure::Error(joined.error));
            }
            GroupError::MemberIdRequired => {
                self.generation = Generation::none(joined.member_id.clone());
                self.request_rejoin("need to re-join with the given member-id");
                self.fail_join(JoinFailure::Error(joined.error));
            }
            error => self.fail_join(JoinFailure::Error(error)),
        }
    }

    /// Kafka: `SyncGroupResponseHandler`.
    pub(super) fn on_synced(&mut self, sent: &Generation, synced: &Synced) {
        match synced.error {
            GroupError::None if self.generation.id != -1 && self.state == MemberState::CompletingRebalance => {
                self.state = MemberState::Stable;
                self.rejoin_reason = "";
                self.rejoin_needed = false;
                self.join = Some(JoinFuture::Done(Ok(synced.assignment.clone())));
            }
            GroupError::None => self.fail_join(JoinFailure::Overtaken),
            GroupError::UnknownMemberId | GroupError::IllegalGeneration => {
                if self.generation == *sent {
                    let forget = synced.error != GroupError::IllegalGeneration;
                    self.reset_and_rejoin("encountered an error from SYNC_GROUP response", forget);
                }
                self.fail_join(JoinFailure::Error(synced.error));
            }
            error => self.fail_join(JoinFailure::Error(error)),
        }
    }

    /// A request got no answer, or one that says that the coordinator is elsewhere.
    pub fn on_failed(&mut self, now: SimTime, id: MessageId, error: GroupError, out: &mut Output) {
        match self.in_flight.remove(&id.0) {
            Some(InFlight::Join(_) | InFlight::Sync(_)) => self.fail_join(JoinFailure::Error(error)),
            Some(InFlight::Commit(commit, sent)) => {
                self.on_committed(now, commit, &sent, &[("".into(), 0, error)], out);
            }
            Some(InFlight::ConsumerGroupHeartbeat) => self.on_heartbeat_lost(now),
            Some(InFlight::Heartbeat(_) | InFlight::Leave) | None => {}
        }
    }

    fn fail_join(&mut self, failure: JoinFailure) {
        self.join = Some(JoinFuture::Done(Err(failure)));
    }

    /// What the member gives up before it joins; false while a commit is not answered. Kafka: `onJoinPrepare`.
    fn on_join_prepare(&mut self, now: SimTime, out: &mut Output) -> bool {
        if !self.commit_before_join(now, out) {
            return false;
        }
        if self.generation.id == -1 || self.generation.member_id.is_empty() {
            if !self.assigned.is_empty() {
                let lost = self.take_assigned();
                out.events.push(Event::Lost(lost));
            }
        } else {
            match self.protocol {
                RebalanceProtocol::Eager => {
                    let revoked = self.take_assigned();
                    out.events.push(Event::Revoked(revoked));
                }
                RebalanceProtocol::Cooperative => {
                    let is_foreign = |there: &&TopicPartition| !self.subscription.contains(&there.topic);
                    let revoked: Vec<TopicPartition> = self.assigned.iter().filter(is_foreign).cloned().collect();
                    if !revoked.is_empty() {
                        for partition in &revoked {
                            self.assigned.remove(partition);
                        }
                        out.events.push(Event::Revoked(revoked));
                    }
                }
            }
        }
        self.is_leader = false;
        self.group_subscription.clear();
        true
    }

    /// The member takes its assignment. Kafka: `onJoinComplete`.
    fn on_join_complete(&mut self, now: SimTime, assignment: &Opaque, out: &mut Output) {
        if !self.is_leader {
            self.assignment_snapshot = None;
        }
        // Kafka throws where bytes are no assignment; here they assign nothing.
        let decoded = Assigned::decode(assignment).unwrap_or_default();
        let assigned: SortedSet<TopicPartition> = decoded
            .partitions
            .iter()
            .flat_map(|(topic, partitions)| partitions.iter().map(|number| TopicPartition::new(topic.clone(), *number)))
            .collect();
        if assigned.iter().any(|there| !self.matches_subscription(&there.topic)) {
            return self.request_rejoin("received assignment does not match the current subscription");
        }
        let added: Vec<TopicPartition> =
            assigned.iter().filter(|there| !self.assigned.contains(*there)).cloned().collect();
        if self.protocol == RebalanceProtocol::Cooperative {
            let is_gone = |there: &&TopicPartition| !assigned.contains(*there);
            let revoked: Vec<TopicPartition> = self.assigned.iter().filter(is_gone).cloned().collect();
            if !revoked.is_empty() {
                out.events.push(Event::Revoked(revoked));
                self.request_rejoin("need to revoke partitions and re-join");
            }
        }
        // Only the assignor that was chosen is told.
        match self.generation.protocol.as_deref() {
            Some("sticky") => self.sticky = Some((assigned.iter().cloned().collect(), self.generation.id)),
            Some("cooperative-sticky") => self.cooperative_generation = self.generation.id,
            _ => {}
        }
        self.auto_commit.reset(now);
        self.assigned = assigned;
        self.update_joined_subscription();
        self.forget_consumed();
        out.events.push(Event::Assigned(added));
    }
}
