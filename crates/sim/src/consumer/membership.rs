//! A consumer and its group: where the coordinator is, what the member asks it, and what the application sees. Kafka 4.3:
//! `ClassicKafkaConsumer` with its `ConsumerCoordinator`, `AsyncKafkaConsumer` with its request managers. What the member
//! itself does is in [`crate::group::member`].
//!
//! Differs from Kafka: a consumer joins once it knows its topics; a leader that learns of a topic of others waits for its
//! metadata before it assigns.

mod application;
mod commits;
mod coordinator;
pub(in crate::consumer) mod member_id;
mod pattern;

use commits::commit_error;

use super::{Consumer, Life, Polls, Position};
use crate::config::{self, AssignmentStrategy, ConsumerConfig};
use crate::fact::FactKind;
use crate::fact::group::{CommitBy, GroupFact, Since};
use crate::group::assignor::{Assignor, TopicPartitions};
use crate::group::body::GroupBody;
use crate::group::error::GroupError;
use crate::group::member::{
    CommitError, CommitId, Event, GroupMember, GroupProtocol, MemberConfig, Output, PollError, Wanted,
};
use crate::group::message::{Request, Response};
use crate::ids::{BrokerId, MessageId, NodeId, Topic, TopicPartition};
use crate::message::Body;
use crate::outbox::Outbox;
use crate::sorted::SortedMap;
use crate::time::SimTime;
use crate::timer::{MemberTask, Timer};

/// The group of a consumer: `group.id` and `group.instance.id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName {
    /// `group.id`.
    pub group: String,
    /// `group.instance.id`, which makes it a static member.
    pub instance_id: Option<String>,
}

/// A consumer's part in its group.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Its group.
    pub name: GroupName,
    /// The member.
    pub member: GroupMember,
    /// The coordinator, as far as it knows.
    pub coordinator: Option<BrokerId>,
    /// The topics that it waits to know before it subscribes.
    wanted: Option<Vec<Topic>>,
    /// It waits for an answer to a request for metadata before it joins: how many had come when it began to.
    awaits_metadata: Option<u64>,
    lookup: Option<(MessageId, BrokerId)>,
    retry_at: Option<SimTime>,
    in_flight: SortedMap<MessageId, Asked>,
    /// Commits that wait for the coordinator to be found.
    queue: Vec<(MessageId, Request)>,
    /// A leader's `JoinGroup` response that waits for metadata.
    held: Option<(MessageId, Response)>,
    /// Committed offsets are asked for.
    asks_committed: bool,
    commits: SortedMap<u64, CommitBy>,
    /// The commit that the application waits for, to be tried again if need be.
    blocked_on: Option<(CommitId, Offsets)>,
    /// When that is tried again.
    commit_at: Option<SimTime>,
    is_closing: bool,
    timer_at: Option<SimTime>,
    /// What it owned before the partitions that it owns now.
    pub before: Vec<TopicPartition>,
    /// Until when.
    pub before_until: SimTime,
    /// It has given something up since it was last assigned.
    gave_up: bool,
    /// How often its process has begun before.
    incarnation: u32,
    /// What it did lately, oldest first.
    pub moments: Vec<(SimTime, MemberMoment)>,
}

/// At most so many moments of a member are kept.
const MOMENTS_MAX: usize = 128;

/// What a member did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberMoment {
    /// Its process began.
    Started,
    /// It told the coordinator that it lives.
    Heartbeat,
    /// It owns so many partitions from now on.
    Owns(usize),
    /// It was closed.
    Closed,
    /// Its process is gone.
    Crashed,
}

/// Partitions with offsets and leader epochs.
type Offsets = Vec<(TopicPartition, i64, i32)>;

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The member's, under its own number.
    Member(MessageId),
    /// What is committed.
    Committed,
}

impl Membership {
    /// A member that is in no group yet.
    pub fn new(
        name: GroupName,
        client_id: &str,
        config: &ConsumerConfig,
        now: SimTime,
        incarnation: u32,
    ) -> Membership {
        let ms = |ms: u64| i32::try_from(ms).unwrap_or(i32::MAX);
        let protocol = match config.group_protocol {
            config::GroupProtocol::Classic => GroupProtocol::Classic,
            config::GroupProtocol::Consumer => GroupProtocol::Consumer {
                member_id: member_id::made_up(client_id, incarnation),
                remote_assignor: config.group_remote_assignor.asked_for(),
            },
        };
        let member = GroupMember::new(
            MemberConfig {
                group: name.group.clone(),
                client_id: client_id.to_owned(),
                instance_id: name.instance_id.clone(),
                protocol,
                assignors: assignors(config.partition_assignment_strategy),
                session_timeout_ms: ms(config.session_timeout_ms),
                max_poll_interval_ms: ms(config.max_poll_interval_ms),
                heartbeat_interval_ms: config.heartbeat_interval_ms,
                auto_commit_interval_ms: config.enable_auto_commit.then_some(config.auto_commit_interval_ms),
                metadata_max_age_ms: config.metadata_max_age_ms,
                retry_backoff_ms: config.retry_backoff_ms,
                ..MemberConfig::default()
            },
            now,
            0,
        );
        Membership {
            name,
            member,
            coordinator: None,
            wanted: None,
            awaits_metadata: None,
            lookup: None,
            retry_at: None,
            in_flight: SortedMap::new(),
            queue: Vec::new(),
            held: None,
            asks_committed: false,
            commits: SortedMap::new(),
            blocked_on: None,
            commit_at: None,
            is_closing: false,
            timer_at: None,
            before: Vec::new(),
            before_until: now,
            gave_up: false,
            incarnation,
            moments: Vec::new(),
        }
    }

    /// It is a member by the consumer protocol (KIP-848), or will be.
    pub fn is_by_consumer_protocol(&self) -> bool {
        self.member.membership_state().is_some()
    }

    /// Its process runs, and has begun.
    pub(crate) fn is_started(&self) -> bool {
        self.moments.last().is_some_and(|(_, moment)| !matches!(moment, MemberMoment::Closed | MemberMoment::Crashed))
    }

    fn note(&mut self, at: SimTime, moment: MemberMoment) {
        if self.moments.len() >= MOMENTS_MAX {
            self.moments.remove(0);
        }
        self.moments.push((at, moment));
    }
}

fn assignors(strategy: AssignmentStrategy) -> Vec<Assignor> {
    match strategy {
        AssignmentStrategy::RangeThenCooperative => vec![Assignor::Range, Assignor::CooperativeSticky],
        AssignmentStrategy::Range => vec![Assignor::Range],
        AssignmentStrategy::RoundRobin => vec![Assignor::RoundRobin],
        AssignmentStrategy::Sticky => vec![Assignor::Sticky],
        AssignmentStrategy::CooperativeSticky => vec![Assignor::CooperativeSticky],
        AssignmentStrategy::CooperativeThenRange => vec![Assignor::CooperativeSticky, Assignor::Range],
    }
}

impl Consumer {
    /// The topics that it knows.
    pub(in crate::consumer) fn cluster(&self) -> Vec<TopicPartitions> {
        let known = self.metadata.topics().map(|(topic, image)| TopicPartitions {
            topic: topic.clone(),
            id: image.id,
            partitions: i32::try_from(image.partitions.len()).unwrap_or(i32::MAX),
        });
        known.collect()
    }

    /// It may know more topics now.
    pub(super) fn on_group_metadata(&mut self, out: &mut Outbox) {
        if self.life != Life::Running {
            return;
        }
        let cluster = self.cluster();
        let knows = |topic: &Topic| cluster.iter().any(|known| known.topic == *topic);
        let Some(membership) = &mut self.membership else { return };
        let before = membership.member.subscription().clone();
        match membership.wanted.take() {
            Some(wanted) if wanted.iter().all(knows) => {
                membership.member.subscribe(Wanted::Topics(wanted.into_iter().collect()), &cluster);
            }
            waits => membership.wanted = waits,
        }
        membership.member.on_metadata(out.now, &cluster);
        self.tell_subscription(&before, out);
        let Some(membership) = &mut self.membership else { return };
        let held = membership.held.take();
        if let Some((id, response)) = held {
            self.on_member_response(id, response, out);
        }
        self.run_member(out);
    }

    /// A timer of the member runs out.
    pub(super) fn on_member_timer(&mut self, out: &mut Outbox) {
        let Some(membership) = &mut self.membership else { return };
        if membership.timer_at != Some(out.now) {
            return;
        }
        membership.timer_at = None;
        self.run(true, out);
    }

    /// Lets the member do what it does unasked, and what `poll()` does.
    pub(in crate::consumer) fn run_member(&mut self, out: &mut Outbox) {
        self.run(false, out);
    }

    pub(in crate::consumer) fn run(&mut self, by_timer: bool, out: &mut Outbox) {
        if self.life != Life::Running {
            return;
        }
        let cluster = self.cluster();
        let polls = self.polls != Polls::Never && !self.is_blocked();
        let waits = polls && self.awaits_metadata_to_join(out);
        let Some(membership) = &mut self.membership else { return };
        let (now, mut output) = (out.now, Output::default());
        let before = out.cause();
        let retries = membership.retry_at.is_some_and(|at| at <= now);
        membership.retry_at = membership.retry_at.filter(|at| *at > now);
        // Without a coordinator the consumer protocol's thread does nothing.
        if membership.coordinator.is_some() || !membership.is_by_consumer_protocol() {
            membership.member.on_time(now, &mut output);
        }
        let left = output.requests.iter().any(|(_, request)| leaves(request));
        let mut failure = None;
        if polls && !waits && membership.coordinator.is_some() && membership.wanted.is_none() {
            failure = membership.member.poll(now, &cluster, &mut output).err();
        }
        if by_timer && (retries || !output.requests.is_empty()) {
            let task = match output.requests.first() {
                Some((_, request)) if leaves(request) => MemberTask::PollTimeout,
                Some((_, Request::Heartbeat(_) | Request::ConsumerGroupHeartbeat(_))) => MemberTask::Heartbeat,
                Some((_, Request::OffsetCommit(_))) => MemberTask::AutoCommit,
                _ => MemberTask::Retry,
            };
            out.timer_fired(Timer::GroupMember(task));
        }
        if left && !membership.is_closing {
            let interval_ms = membership.member.config.max_poll_interval_ms.into();
            let (consumer, group) = (self.id.clone(), membership.name.group.clone());
            out.then(FactKind::Group(Box::new(GroupFact::PollTimeoutExpired { consumer, group, interval_ms })));
        }
        self.take_output(output, out);
        self.ask_for_assigned_topics(out);
        if let Some(failure) = failure {
            self.fail(poll_error(failure), out);
        }
        self.retry_commit(out);
        self.ask_coordinator(out);
        self.ask_committed(out);
        self.set_timer(out);
        self.work(out);
        if polls {
            self.hand_out(out);
        }
        self.poll(out);
        out.because(before);
    }

    pub(in crate::consumer) fn with_member(
        &mut self,
        out: &mut Outbox,
        act: impl FnOnce(&mut Membership, &mut Output),
    ) {
        let mut output = Output::default();
        if let Some(membership) = &mut self.membership {
            act(membership, &mut output);
        }
        self.take_output(output, out);
        self.run_member(out);
    }

    /// What the application sees, and what goes to the coordinator.
    pub(in crate::consumer) fn take_output(&mut self, output: Output, out: &mut Outbox) {
        for event in output.events {
            self.on_event(event, out);
        }
        let Some(membership) = &mut self.membership else { return };
        for (id, request) in output.requests {
            if let Request::OffsetCommit(commit) = &request
                && let Some(number) = membership.member.commit_of(id)
            {
                let by = *membership.commits.get_or_insert_with(number.0, || CommitBy::Auto);
                let at = |there: &crate::group::message::OffsetToCommit| {
                    (TopicPartition::new(there.topic.clone(), there.partition), there.offset)
                };
                let offsets = commit.offsets.iter().map(at).collect();
                let (consumer, group) = (self.id.clone(), commit.group.clone());
                tell(GroupFact::CommitStarted { consumer, group, by, offsets }, out);
            }
            let beats = matches!(request, Request::Heartbeat(_) | Request::ConsumerGroupHeartbeat(_));
            if beats && !leaves(&request) && membership.coordinator.is_some() {
                membership.note(out.now, MemberMoment::Heartbeat);
            }
            match membership.coordinator {
                Some(coordinator) => {
                    let body = Body::Group(GroupBody::Request(request));
                    let message = out.send(NodeId::Broker(coordinator), body);
                    membership.in_flight.insert(message, Asked::Member(id));
                }
                None if matches!(request, Request::OffsetCommit(_)) => membership.queue.push((id, request)),
                None => {
                    let (error, mut nothing) = (GroupError::CoordinatorNotAvailable, Output::default());
                    membership.member.on_failed(out.now, id, error, &mut nothing);
                }
            }
        }
    }

    pub(in crate::consumer) fn on_event(&mut self, event: Event, out: &mut Outbox) {
        let Some(membership) = &mut self.membership else { return };
        let (consumer, group) = (self.id.clone(), membership.name.group.clone());
        match event {
            Event::Assigned(added) => {
                let owned: Vec<TopicPartition> = membership.member.assigned.iter().cloned().collect();
                let number = membership.member.generation.id;
                let by_epoch = membership.is_by_consumer_protocol();
                let since = if by_epoch { Since::MemberEpoch(number) } else { Since::Generation(number) };
                membership.asks_committed = false;
                if !membership.gave_up {
                    membership.before = self.positions.keys().cloned().collect();
                    membership.before_until = out.now;
                }
                membership.gave_up = false;
                membership.note(out.now, MemberMoment::Owns(owned.len()));
                self.positions.retain(|partition, _| owned.contains(partition));
                self.positions.values_mut().for_each(|position| position.turn = 0);
                for partition in &added {
                    let position = Position { is_initializing: true, ..Position::default() };
                    self.positions.insert(partition.clone(), position);
                }
                self.metadata.want(added.iter().map(|partition| &partition.topic), out);
                tell(GroupFact::PartitionsAssigned { consumer, group, since, added, owned }, out);
            }
            Event::Revoked(revoked) => {
                self.give_up(&revoked, out.now);
                if !revoked.is_empty() {
                    tell(GroupFact::PartitionsRevoked { consumer, group, revoked }, out);
                }
            }
            Event::Lost(lost) => {
                self.give_up(&lost, out.now);
                tell(GroupFact::PartitionsLost { consumer, group, lost }, out);
            }
            Event::Committed(id, result) => {
                let Some(by) = membership.commits.remove(&id.0) else { return };
                let waits = membership.blocked_on.as_ref().is_some_and(|(there, _)| *there == id);
                let retries = waits && matches!(result, Err(CommitError::Error(error)) if error.is_of_coordinator());
                if retries {
                    membership.commit_at = Some(out.now.plus_ms(self.config.retry_backoff_ms));
                } else if waits {
                    membership.blocked_on = None;
                }
                let error = result.err().map(|error| commit_error(error, by));
                tell(GroupFact::CommitCompleted { consumer, group, error, retries }, out);
            }
            Event::Closed => self.end(Life::Closed, out),
        }
    }

    pub(in crate::consumer) fn give_up(&mut self, partitions: &[TopicPartition], now: SimTime) {
        let owned: Vec<TopicPartition> = self.positions.keys().cloned().collect();
        for partition in partitions {
            self.positions.remove(partition);
        }
        if let Some(membership) = &mut self.membership {
            if !membership.gave_up {
                membership.before = owned;
                membership.before_until = now;
            }
            membership.gave_up = true;
            membership.note(now, MemberMoment::Owns(self.positions.len()));
        }
        self.drop_fetched(partitions);
    }

    pub(in crate::consumer) fn set_timer(&mut self, out: &mut Outbox) {
        let polls = self.polls != Polls::Never && !self.is_blocked();
        let Some(membership) = self.membership.as_mut().filter(|_| self.life == Life::Running) else { return };
        let waits = membership.wanted.is_some() || membership.awaits_metadata.is_some();
        let is_ready = polls && membership.coordinator.is_some() && !waits;
        let deadline = membership.member.next_deadline(is_ready);
        let acts = membership.coordinator.is_some() || !membership.is_by_consumer_protocol();
        let due = [deadline.filter(|_| acts), membership.retry_at, membership.commit_at];
        let Some(due) = due.into_iter().flatten().min() else { return };
        // What cannot be done yet (the member waits for an answer first) is looked at again a little later.
        let due = due.max(out.now.plus_ms(1));
        if membership.timer_at.is_none_or(|at| due < at) {
            membership.timer_at = Some(due);
            out.timer(due, Timer::GroupMember(MemberTask::Look));
        }
    }
}

/// The member goes: a heartbeat with a negative epoch does that, too.
fn leaves(request: &Request) -> bool {
    match request {
        Request::LeaveGroup(_) => true,
        Request::ConsumerGroupHeartbeat(beat) => beat.member_epoch < 0,
        _ => false,
    }
}

fn tell(fact: GroupFact, out: &mut Outbox) {
    out.then(FactKind::Group(Box::new(fact)));
}

fn poll_error(error: PollError) -> String {
    match error {
        PollError::NotSubscribed => "IllegalStateException".to_owned(),
        PollError::Refused(GroupError::FencedInstanceId) => "FencedInstanceIdException".to_owned(),
        PollError::Refused(GroupError::InconsistentGroupProtocol) => "InconsistentGroupProtocolException".to_owned(),
        PollError::Refused(GroupError::UnreleasedInstanceId) => "UnreleasedInstanceIdException".to_owned(),
        PollError::Refused(GroupError::GroupIdNotFound) => "GroupIdNotFoundException".to_owned(),
        PollError::Refused(GroupError::GroupMaxSizeReached) => "GroupMaxSizeReachedException".to_owned(),
        PollError::Refused(GroupError::InvalidRegularExpression) => "InvalidRegularExpression".to_owned(),
        PollError::Refused(error) => error.name().to_owned(),
        PollError::Assignor => "KafkaException".to_owned(),
    }
}
