//! A consumer as a member of a group: what it asks the coordinator, when, and what its application sees of it.
//! Kafka 4.3: `ConsumerCoordinator` on `AbstractCoordinator`, with `Heartbeat` and `SubscriptionState`; by the consumer
//! protocol `consumer_protocol.rs` and `reconcile.rs` take their places.
//!
//! Time, responses and the application's calls come in; requests and callbacks come out. What Kafka's heartbeat thread does
//! is in [`GroupMember::on_time`] and goes on while the application does not poll.
//! Differs from Kafka: the coordinator is known and always reachable; metadata that is asked for is there at once; the
//! heartbeat thread looks at its timers when they run out, not every `retry.backoff.ms`; callbacks never fail.

mod commit;
mod consumer_protocol;
mod join;
mod leader;
mod leave;
mod metadata;
mod reconcile;

use std::rc::Rc;

use super::assignor::{Assignor, TopicPartitions};
use super::error::GroupError;
use super::message::{Heartbeat, Opaque, Request, Response};
use super::regular_expression::Pattern;
use crate::ids::{MessageId, Topic, TopicPartition};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;
use commit::AutoCommit;
pub use commit::{CommitError, CommitId};
use consumer_protocol::ConsumerProtocol;
pub use consumer_protocol::{GroupProtocol, MembershipState};
use join::JoinFuture;
pub use leave::MembershipOperation;

/// A member's configuration. Kafka: `GroupRebalanceConfig`, `ConsumerConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberConfig {
    /// `group.id`.
    pub group: String,
    /// `client.id`.
    pub client_id: String,
    /// Where it runs.
    pub client_host: String,
    /// `group.instance.id`, which makes it a static member.
    pub instance_id: Option<String>,
    /// `group.protocol`.
    pub protocol: GroupProtocol,
    /// `partition.assignment.strategy`.
    pub assignors: Vec<Assignor>,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// `max.poll.interval.ms`.
    pub max_poll_interval_ms: i32,
    /// `heartbeat.interval.ms`.
    pub heartbeat_interval_ms: u64,
    /// `enable.auto.commit` with `auto.commit.interval.ms`.
    pub auto_commit_interval_ms: Option<u64>,
    /// `metadata.max.age.ms`.
    pub metadata_max_age_ms: u64,
    /// `retry.backoff.ms`.
    pub retry_backoff_ms: u64,
}

impl Default for MemberConfig {
    fn default() -> Self {
        MemberConfig {
            group: String::new(),
            client_id: String::new(),
            client_host: "/127.0.0.1".to_owned(),
            instance_id: None,
            protocol: GroupProtocol::Classic,
            assignors: vec![Assignor::Range, Assignor::CooperativeSticky],
            session_timeout_ms: 45_000,
            max_poll_interval_ms: 300_000,
            heartbeat_interval_ms: 3_000,
            auto_commit_interval_ms: Some(5_000),
            metadata_max_age_ms: 300_000,
            retry_backoff_ms: 100,
        }
    }
}

/// What members give up before they join again. Kafka: `RebalanceProtocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebalanceProtocol {
    /// Everything.
    Eager,
    /// Only what somebody else is to have.
    Cooperative,
}

/// Whether a member is in the group. Kafka: `AbstractCoordinator.MemberState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// It is not.
    Unjoined,
    /// It has asked to join.
    PreparingRebalance,
    /// It is in a generation and has no assignment yet.
    CompletingRebalance,
    /// It has its assignment.
    Stable,
}

/// Which generation a member is in. Kafka: `AbstractCoordinator.Generation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its number; -1 outside of any.
    pub id: i32,
    /// The member id; empty before the coordinator gave one.
    pub member_id: String,
    /// The protocol.
    pub protocol: Option<String>,
}

impl Generation {
    fn none(member_id: String) -> Generation {
        Generation { id: -1, member_id, protocol: None }
    }
}

/// What an application subscribes to.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Topics by name.
    Topics(SortedSet<Topic>),
    /// Topics whose names match a pattern, as far as the client knows of them. Kafka: `java.util.regex.Pattern`.
    Pattern(Rc<Pattern>),
    /// Topics that the coordinator finds by a regular expression, by the consumer protocol. Kafka: `SubscriptionPattern`.
    Expression(String),
}

/// Something that the application sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `onPartitionsAssigned`, with what came on top.
    Assigned(Vec<TopicPartition>),
    /// `onPartitionsRevoked`.
    Revoked(Vec<TopicPartition>),
    /// `onPartitionsLost`.
    Lost(Vec<TopicPartition>),
    /// A commit came to its end.
    Committed(CommitId, Result<(), CommitError>),
    /// The member has left or given up: `close()` returns.
    Closed,
}

/// What `poll()` throws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    /// Kafka: `IllegalStateException`.
    #[error("Consumer is not subscribed to any topics or assigned any partitions")]
    NotSubscribed,
    /// The coordinator refused for good.
    #[error("{}", .0.name())]
    Refused(GroupError),
    /// The leader's assignor failed.
    #[error("the assignor failed")]
    Assignor,
}

/// What a call leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Requests to the coordinator, in order.
    pub requests: Vec<(MessageId, Request)>,
    /// What the application sees, in order.
    pub events: Vec<Event>,
}

/// What a request in flight was for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum InFlight {
    Join(Generation),
    Sync(Generation),
    Heartbeat(Generation),
    ConsumerGroupHeartbeat,
    Leave,
    Commit(CommitId, Generation),
}

/// A member.
#[allow(clippy::struct_excessive_bools, reason = "the flags of AbstractCoordinator and ConsumerCoordinator")]
#[derive(Clone, Debug)]
pub struct GroupMember {
    /// Its configuration.
    pub config: MemberConfig,
    /// Whether it is in the group.
    pub state: MemberState,
    /// Its generation.
    pub generation: Generation,
    /// It leads the group.
    pub is_leader: bool,
    /// Its partitions, in order.
    pub assigned: SortedSet<TopicPartition>,
    /// Of a member by the consumer protocol: what commits by the clock is not `poll()` but [`GroupMember::commit_itself`].
    pub commits_itself: bool,
    protocol: RebalanceProtocol,
    wanted: Option<Wanted>,
    subscription: SortedSet<Topic>,
    joined_subscription: Option<SortedSet<Topic>>,
    group_subscription: SortedSet<Topic>,
    rejoin_needed: bool,
    rejoin_reason: &'static str,
    needs_join_prepare: bool,
    join: Option<JoinFuture>,
    join_retry_at: Option<SimTime>,
    topics: Vec<TopicPartitions>,
    metadata_at: SimTime,
    /// What it knew of its topics when metadata came last, and when it last assigned. Kafka: `MetadataSnapshot`.
    metadata_snapshot: Vec<(Topic, i32)>,
    assignment_snapshot: Option<Vec<(Topic, i32)>>,
    /// `assign()` was called.
    assigned_by_hand: bool,
    sticky: Option<(Vec<TopicPartition>, i32)>,
    cooperative_generation: i32,
    heartbeat_at: Option<SimTime>,
    poll_deadline: SimTime,
    failure: Option<GroupError>,
    in_flight: SortedMap<u64, InFlight>,
    next_id: u64,
    next_commit: u64,
    auto_commit: AutoCommit,
    closing: Option<MembershipOperation>,
    /// Its part of the consumer protocol, if it speaks that.
    consumer_protocol: Option<Box<ConsumerProtocol>>,
}

impl GroupMember {
    /// A member that is in no group yet. Its requests are numbered from `first_id`.
    pub fn new(config: MemberConfig, now: SimTime, first_id: u64) -> GroupMember {
        let cooperative = !config.assignors.is_empty()
            && config.assignors.iter().all(|assignor| *assignor == Assignor::CooperativeSticky);
        let auto_commit = AutoCommit::new(&config, now);
        let (member_id, consumer_protocol) = match &config.protocol {
            GroupProtocol::Classic => (String::new(), None),
            GroupProtocol::Consumer { member_id, .. } => {
                (member_id.clone(), Some(Box::new(ConsumerProtocol::new(now))))
            }
        };
        GroupMember {
            state: MemberState::Unjoined,
            generation: Generation::none(member_id),
            is_leader: false,
            assigned: SortedSet::new(),
            commits_itself: false,
            protocol: if cooperative { RebalanceProtocol::Cooperative } else { RebalanceProtocol::Eager },
            wanted: None,
            subscription: SortedSet::new(),
            joined_subscription: None,
            group_subscription: SortedSet::new(),
            rejoin_needed: true,
            rejoin_reason: "",
            needs_join_prepare: true,
            join: None,
            join_retry_at: None,
            topics: Vec::new(),
            metadata_at: now,
            metadata_snapshot: Vec::new(),
            assignment_snapshot: None,
            assigned_by_hand: false,
            sticky: None,
            cooperative_generation: -1,
            heartbeat_at: None,
            poll_deadline: now,
            failure: None,
            in_flight: SortedMap::new(),
            next_id: first_id,
            next_commit: 0,
            auto_commit,
            closing: None,
            consumer_protocol,
            config,
        }
    }

    /// What is given up before a member joins again. Kafka: the highest protocol that all assignors have.
    pub fn rebalance_protocol(&self) -> RebalanceProtocol {
        self.protocol
    }

    /// The topics that it subscribes to: those that it names, or those that it knows to match its pattern.
    pub fn subscription(&self) -> &SortedSet<Topic> {
        &self.subscription
    }

    /// What the application has called `subscribe()` with.
    pub fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }

    /// Why it joins, or joined last. Kafka: `rejoinReason`.
    pub fn rejoin_reason(&self) -> &'static str {
        self.rejoin_reason
    }

    /// `subscribe()`.
    pub fn subscribe(&mut self, wanted: Wanted, cluster: &[TopicPartitions]) {
        self.subscription = match &wanted {
            Wanted::Topics(topics) => topics.clone(),
            Wanted::Pattern(_) | Wanted::Expression(_) => SortedSet::new(),
        };
        self.wanted = Some(wanted);
        self.refresh(self.metadata_at, cluster);
    }

    /// `assign()`: partitions without group management.
    pub fn assign(&mut self, partitions: SortedSet<TopicPartition>, cluster: &[TopicPartitions]) {
        self.assigned = partitions;
        self.assigned_by_hand = true;
        self.refresh(self.metadata_at, cluster);
    }

    /// `enforceRebalance()`.
    pub fn enforce_rebalance(&mut self) {
        self.request_rejoin("rebalance enforced by user");
    }

    /// What `poll()` does about the group; it is called again after every response. `cluster` is what a broker knows of
    /// topics now.
    ///
    /// # Errors
    /// What `poll()` throws.
    pub fn poll(&mut self, now: SimTime, cluster: &[TopicPartitions], out: &mut Output) -> Result<(), PollError> {
        if self.wanted.is_none() {
            if !self.assigned_by_hand {
                return Err(PollError::NotSubscribed);
            }
            self.maybe_auto_commit(now, out);
            return Ok(());
        }
        if now >= self.metadata_at.plus_ms(self.config.metadata_max_age_ms) {
            self.refresh(now, cluster);
        }
        if self.consumer_protocol.is_some() {
            self.poll_consumer_protocol(now, out)?;
            if !self.commits_itself {
                self.maybe_auto_commit(now, out);
            }
            return Ok(());
        }
        if let Some(error) = self.failure.take() {
            return Err(PollError::Refused(error));
        }
        self.poll_deadline = now.plus_ms(u64::try_from(self.config.max_poll_interval_ms).unwrap_or(0));
        if self.rejoin_needed_or_pending() {
            if matches!(self.wanted, Some(Wanted::Pattern(_))) && self.join.is_none() {
                self.refresh(now, cluster);
            }
            if !self.join_if_needed(now, out)? {
                return Ok(());
            }
        }
        self.maybe_auto_commit(now, out);
        Ok(())
    }

    /// When [`GroupMember::on_time`] or, of a member that polls, [`GroupMember::poll`] must be called next.
    pub fn next_deadline(&self, polls: bool) -> Option<SimTime> {
        let beat_at = match &self.consumer_protocol {
            Some(own) => own.next_beat(),
            None => self.heartbeat_at,
        };
        let in_group = beat_at.map(|at| if polls { at } else { at.min(self.poll_deadline) });
        let polled = [
            self.join_retry_at,
            self.auto_commit.next_at().filter(|_| self.commits_by_the_clock()),
            self.wanted.as_ref().map(|_| self.metadata_at.plus_ms(self.config.metadata_max_age_ms)),
        ];
        in_group.into_iter().chain(polled.into_iter().flatten().filter(|_| polls)).min()
    }

    /// What the heartbeat thread does. Kafka: `HeartbeatThread.run`.
    pub fn on_time(&mut self, now: SimTime, out: &mut Output) {
        self.heartbeat(now, out);
        let Some(at) = self.heartbeat_at else { return };
        if matches!(self.state, MemberState::Unjoined | MemberState::PreparingRebalance) || self.failure.is_some() {
            self.heartbeat_at = None;
        } else if self.poll_deadline <= now {
            // The application has not polled for max.poll.interval.ms.
            self.maybe_leave(MembershipOperation::Default, out);
            self.heartbeat_at = None;
        } else if at <= now {
            self.heartbeat_at = Some(now.plus_ms(self.config.heartbeat_interval_ms));
            let request = Request::Heartbeat(Heartbeat {
                group: self.config.group.clone(),
                generation: self.generation.id,
                member_id: self.generation.member_id.clone(),
                instance_id: self.config.instance_id.clone(),
            });
            self.send(request, InFlight::Heartbeat(self.generation.clone()), out);
        }
    }

    /// Handles a response. `cluster` is what a broker knows of topics now: a leader looks before it assigns.
    pub fn on_response(
        &mut self,
        now: SimTime,
        id: MessageId,
        response: &Response,
        cluster: &[TopicPartitions],
        out: &mut Output,
    ) {
        match (self.in_flight.remove(&id.0), response) {
            (Some(InFlight::Join(sent)), Response::JoinGroup(joined)) => {
                self.on_joined(now, &sent, joined, cluster, out);
            }
            (Some(InFlight::Sync(sent)), Response::SyncGroup(synced)) => self.on_synced(&sent, synced),
            (Some(InFlight::Heartbeat(sent)), Response::Heartbeat(error)) => self.on_heartbeat(&sent, *error),
            (Some(InFlight::ConsumerGroupHeartbeat), Response::ConsumerGroupHeartbeat(answer)) => {
                self.on_consumer_heartbeat(now, answer, out);
            }
            (Some(InFlight::Commit(commit, sent)), Response::OffsetCommit(answer)) => {
                self.on_committed(now, commit, &sent, answer, out);
            }
            _ => {}
        }
    }

    /// Kafka: `HeartbeatResponseHandler`.
    fn on_heartbeat(&mut self, sent: &Generation, error: GroupError) {
        match error {
            GroupError::RebalanceInProgress if self.state == MemberState::Stable => {
                self.request_rejoin("group is already rebalancing");
            }
            GroupError::IllegalGeneration | GroupError::UnknownMemberId | GroupError::FencedInstanceId
                if self.generation == *sent =>
            {
                self.reset_and_rejoin(
                    "encountered an error from HEARTBEAT response",
                    error != GroupError::IllegalGeneration,
                );
                if error == GroupError::FencedInstanceId {
                    self.failure = Some(error);
                }
            }
            _ => {}
        }
    }

    fn send(&mut self, request: Request, purpose: InFlight, out: &mut Output) -> MessageId {
        let id = MessageId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        self.in_flight.insert(id.0, purpose);
        out.requests.push((id, request));
        id
    }

    fn request_rejoin(&mut self, reason: &'static str) {
        self.rejoin_needed = true;
        self.rejoin_reason = reason;
    }

    /// Kafka: `resetStateAndRejoin`.
    fn reset_and_rejoin(&mut self, reason: &'static str, forget_member_id: bool) {
        self.state = MemberState::Unjoined;
        let member_id = if forget_member_id { String::new() } else { std::mem::take(&mut self.generation.member_id) };
        self.generation = Generation::none(member_id);
        self.request_rejoin(reason);
        self.needs_join_prepare = true;
    }
}

/// No bytes.
fn nothing() -> Opaque {
    Opaque::default()
}
