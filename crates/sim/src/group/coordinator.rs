//! The coordinator of groups on one broker: requests and time in, responses and records of `__consumer_offsets` out.
//! Kafka 4.3: `GroupCoordinatorService`, `GroupCoordinatorShard`, `GroupMetadataManager`.
//!
//! Who drives it appends its records, and holds its answers back until they are committed.
//! Differs from Kafka: what it has written it knows at once, also where that is not committed yet; groups are looked at for
//! expiry by name, not in the order of a hash table.

mod classic;
mod consumer;
mod join;
mod load;
mod offsets;
mod share;
mod sync;

use std::rc::Rc;

use super::assignor::TopicPartitions;
use super::consumer_group::{ConsumerGroup, ConsumerGroupConfig, TopicsVersion};
use super::error::GroupError;
use super::event::{GroupEvent, GroupEventKind};
use super::message::{Heartbeat, JoinGroup, Joined, Left, OffsetCommit, Request, Response, Synced, TxnOffsetCommit};
use super::records::{Key, Kind, Part, Record};
use super::share::share_group::{InitializeState, ShareGroup, ShareGroupConfig};
use crate::ids::{MessageId, Topic};
use crate::sorted::SortedMap;
use crate::time::SimTime;
pub use classic::{ClassicGroup, ClassicMember, State};
use offsets::Offsets;
pub use offsets::{Committed, Pending};

/// What a broker's configuration says of groups. Kafka: `GroupCoordinatorConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// `group.initial.rebalance.delay.ms`.
    pub initial_rebalance_delay_ms: i32,
    /// `group.min.session.timeout.ms`.
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`.
    pub max_session_timeout_ms: i32,
    /// `group.max.size`.
    pub max_size: usize,
    /// How long a new member may wait for the group. Kafka: `CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS`.
    pub new_member_join_timeout_ms: i32,
    /// `offsets.retention.minutes`, in ms.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval_ms: u64,
    /// `offset.metadata.max.bytes`.
    pub offset_metadata_max_bytes: usize,
    /// Of groups by the consumer protocol.
    pub consumer: ConsumerGroupConfig,
    /// Of share groups.
    pub share: ShareGroupConfig,
}

impl Default for GroupConfig {
    fn default() -> Self {
        GroupConfig {
            initial_rebalance_delay_ms: 3_000,
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            max_size: i32::MAX.unsigned_abs() as usize,
            new_member_join_timeout_ms: 300_000,
            offsets_retention_ms: 604_800_000,
            offsets_retention_check_interval_ms: 600_000,
            offset_metadata_max_bytes: 4_096,
            consumer: ConsumerGroupConfig::default(),
            share: ShareGroupConfig::default(),
        }
    }
}

/// What a call leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Records for the log, in order.
    pub records: Vec<Record>,
    /// Answers to requests, in order.
    pub responses: Vec<(MessageId, Response)>,
    /// What happened, in order.
    pub events: Vec<GroupEvent>,
    /// States of share groups that the persister is to make; [`GroupCoordinator::on_share_states`] is told then.
    pub share_states: Vec<InitializeState>,
}

/// Makes up a member id that begins with a `client.id` or `group.instance.id`. Kafka: the name, a hyphen and a random UUID.
pub type NewMemberId<'a> = &'a mut dyn FnMut(&str) -> String;

/// When something is due; what is due at one moment comes in the order in which it was set.
pub type Deadline = (SimTime, u64);

/// What is around a group while it handles something.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub now: SimTime,
    pub config: &'a GroupConfig,
    scheduled: &'a mut u64,
    pub out: &'a mut Outcome,
}

impl Context<'_> {
    /// A deadline so many ms from now; one in the past is now.
    pub fn after_ms(&mut self, ms: i32) -> Deadline {
        *self.scheduled = self.scheduled.saturating_add(1);
        (self.now.plus_ms(u64::try_from(ms).unwrap_or(0)), *self.scheduled)
    }

    pub fn respond(&mut self, id: MessageId, response: Response) {
        self.out.responses.push((id, response));
    }

    pub fn tell(&mut self, group: &str, kind: GroupEventKind) {
        self.out.events.push(GroupEvent { group: group.to_owned(), kind });
    }
}

/// The groups of one partition of `__consumer_offsets`, or of all.
#[derive(Clone, Debug)]
pub struct GroupCoordinator {
    config: Rc<GroupConfig>,
    groups: SortedMap<String, ClassicGroup>,
    /// Groups by the consumer protocol. An id is here, among the classic groups or among the share groups.
    consumer_groups: SortedMap<String, ConsumerGroup>,
    share_groups: SortedMap<String, ShareGroup>,
    /// What the broker knows of topics.
    topics: Rc<[TopicPartitions]>,
    /// The version of the metadata, and of the last that had new topics. Kafka: `lastMetadataImageWithNewTopics`.
    version: TopicsVersion,
    offsets: Offsets,
    scheduled: u64,
    cleanup_at: SimTime,
}

impl GroupCoordinator {
    /// No groups yet.
    pub fn new(config: Rc<GroupConfig>, now: SimTime) -> GroupCoordinator {
        let cleanup_at = now.plus_ms(config.offsets_retention_check_interval_ms);
        GroupCoordinator {
            config,
            groups: SortedMap::new(),
            consumer_groups: SortedMap::new(),
            share_groups: SortedMap::new(),
            topics: Rc::default(),
            version: TopicsVersion::default(),
            offsets: Offsets::default(),
            scheduled: 0,
            cleanup_at,
        }
    }

    /// A group.
    pub fn group(&self, id: &str) -> Option<&ClassicGroup> {
        self.groups.get(id)
    }

    /// The groups, by id.
    pub fn groups(&self) -> impl Iterator<Item = &ClassicGroup> {
        self.groups.values()
    }

    /// The ids of all groups, by name.
    pub fn ids(&self) -> Vec<String> {
        let all = self.groups.keys().chain(self.consumer_groups.keys()).chain(self.share_groups.keys());
        let mut ids: Vec<String> = all.cloned().collect();
        ids.sort_unstable();
        ids
    }

    /// What the broker knows of topics, as far as it has told.
    pub fn topics(&self) -> &[TopicPartitions] {
        &self.topics
    }

    /// What a group has committed, by topic and partition.
    pub fn committed(&self, group: &str) -> Vec<&Committed> {
        self.offsets.of(group)
    }

    /// Handles a request; `new_member_id` is called at most once.
    pub fn on_request(
        &mut self,
        now: SimTime,
        id: MessageId,
        request: &Request,
        new_member_id: NewMemberId<'_>,
        out: &mut Outcome,
    ) {
        let config = Rc::clone(&self.config);
        let mut scheduled = self.scheduled;
        let mut context = Context { now, config: &config, scheduled: &mut scheduled, out };
        match request {
            Request::JoinGroup(request) => self.join(id, request, new_member_id, &mut context),
            Request::SyncGroup(request) => match self.groups.get_mut(&request.group) {
                Some(group) if group.state != State::Empty => group.sync(id, request, &mut context),
                _ => context.respond(id, Response::SyncGroup(Synced::refused(GroupError::UnknownMemberId))),
            },
            Request::Heartbeat(request) => {
                let error = self.heartbeat(request, &mut context).err().unwrap_or_default();
                context.respond(id, Response::Heartbeat(error));
            }
            Request::ConsumerGroupHeartbeat(request) => {
                let answer = self.consumer_group_heartbeat(request, &mut context);
                context.respond(id, Response::ConsumerGroupHeartbeat(answer));
            }
            Request::ShareGroupHeartbeat(request) => {
                let answer = self.share_group_heartbeat(request, &mut context);
                context.respond(id, Response::ShareGroupHeartbeat(answer));
            }
            Request::LeaveGroup(request) => {
                let left = match self.groups.get_mut(&request.group) {
                    Some(group) => group.leave(request, &mut context),
                    None => Left { error: GroupError::UnknownMemberId, members: Vec::new() },
                };
                context.respond(id, Response::LeaveGroup(left));
            }
            Request::OffsetCommit(request) => {
                let answer = self.commit(request, &mut context);
                context.respond(id, Response::OffsetCommit(answer));
            }
            Request::TxnOffsetCommit(request) => {
                let answer = self.commit_in_transaction(request, &mut context);
                context.respond(id, Response::TxnOffsetCommit(answer));
            }
            Request::OffsetFetch(request) => {
                context.respond(id, Response::OffsetFetch(self.offsets.fetch(request)));
            }
            Request::DeleteGroup(group) => {
                let error = self.delete(group, &mut context).err().unwrap_or_default();
                context.respond(id, Response::DeleteGroup(error));
            }
        }
        self.scheduled = scheduled;
    }

    /// When [`GroupCoordinator::on_time`] must be called next.
    pub fn next_deadline(&self) -> SimTime {
        self.groups
            .values()
            .filter_map(ClassicGroup::next_deadline)
            .map(|(at, _)| at)
            .chain(self.consumer_groups.values().filter_map(ConsumerGroup::next_deadline))
            .chain(self.share_groups.values().filter_map(ShareGroup::next_deadline))
            .fold(self.cleanup_at, SimTime::min)
    }

    /// Does what is due.
    pub fn on_time(&mut self, now: SimTime, out: &mut Outcome) {
        let config = Rc::clone(&self.config);
        let mut scheduled = self.scheduled;
        let mut context = Context { now, config: &config, scheduled: &mut scheduled, out };
        // What is due may set what is due at once, but never without end: each only sets what is later, or once.
        while let Some((at, _, group)) = self
            .groups
            .values_mut()
            .filter_map(|group| group.next_deadline().map(|(at, number)| (at, number, group)))
            .min_by_key(|(at, number, _)| (*at, *number))
        {
            if at > now {
                break;
            }
            group.on_time(&mut context);
        }
        let topics = Rc::clone(&self.topics);
        for group in self.consumer_groups.values_mut() {
            group.version = self.version;
            group.on_time(now, &topics, context.out);
        }
        for group in self.share_groups.values_mut() {
            group.on_time(now, &mut context.out.records);
        }
        if self.cleanup_at <= now {
            self.cleanup_at = now.plus_ms(config.offsets_retention_check_interval_ms);
            self.clean_up(&mut context);
        }
        self.scheduled = scheduled;
    }

    /// A transaction of a producer ends. Kafka: `OffsetMetadataManager.replayEndTransactionMarker`.
    pub fn end_transaction(&mut self, producer_id: i64, commit: bool) {
        self.offsets.end_transaction(producer_id, commit);
    }

    /// Topics are gone, and with them what was committed for them. Kafka: `OffsetMetadataManager.onTopicsDeleted`.
    pub fn on_topics_deleted(&mut self, topics: &[Topic], out: &mut Outcome) {
        self.offsets.forget_topics(topics, out);
    }

    /// Kafka: `GroupCoordinatorService.joinGroup`, `GroupMetadataManager.classicGroupJoinToClassicGroup`.
    fn join(&mut self, id: MessageId, request: &JoinGroup, new_member_id: NewMemberId<'_>, context: &mut Context<'_>) {
        let refuse = |context: &mut Context<'_>, error| {
            context.respond(id, Response::JoinGroup(Joined::refused(request.member_id.clone(), error)));
        };
        if request.group.is_empty() {
            return refuse(context, GroupError::InvalidGroupId);
        }
        let (min, max) = (context.config.min_session_timeout_ms, context.config.max_session_timeout_ms);
        if request.session_timeout_ms < min || request.session_timeout_ms > max {
            return refuse(context, GroupError::InvalidSessionTimeout);
        }
        if let Err(error) = self.make_room_for_classic(&request.group, context) {
            return refuse(context, error);
        }
        let is_new = !self.groups.contains_key(&request.group);
        if is_new && !request.member_id.is_empty() {
            return refuse(context, GroupError::UnknownMemberId);
        }
        let before = context.out.records.len();
        let now = context.now;
        let group =
            self.groups.get_or_insert_with(request.group.clone(), || ClassicGroup::new(request.group.clone(), now));
        group.join(id, request, new_member_id, context);
        if is_new && context.out.records.len() == before {
            let record = group.empty_record();
            context.out.records.push(record);
        }
    }

    fn heartbeat(&mut self, request: &Heartbeat, context: &mut Context<'_>) -> Result<(), GroupError> {
        self.groups.get_mut(&request.group).ok_or(GroupError::UnknownMemberId)?.heartbeat(request, context)
    }

    /// Kafka: `OffsetMetadataManager.commitOffset`.
    fn commit(&mut self, request: &OffsetCommit, context: &mut Context<'_>) -> Vec<(Topic, i32, GroupError)> {
        match self.validate_commit(request, false, context) {
            Ok(()) => self.offsets.commit(request, None, context),
            Err(error) => offsets::all(request, error),
        }
    }

    /// Kafka: `OffsetMetadataManager.commitTransactionalOffset`.
    fn commit_in_transaction(
        &mut self,
        request: &TxnOffsetCommit,
        context: &mut Context<'_>,
    ) -> Vec<(Topic, i32, GroupError)> {
        match self.validate_commit(&request.commit, true, context) {
            Ok(()) => self.offsets.commit(&request.commit, Some(request.producer_id), context),
            Err(error) => offsets::all(&request.commit, error),
        }
    }

    /// Kafka: `OffsetMetadataManager.validateOffsetCommit`, `validateTransactionalOffsetCommit`.
    fn validate_commit(
        &mut self,
        request: &OffsetCommit,
        transactional: bool,
        context: &mut Context<'_>,
    ) -> Result<(), GroupError> {
        if let Some(group) = self.consumer_groups.get(&request.group) {
            return group.validate_commit(request, transactional, &self.topics);
        }
        if !self.groups.contains_key(&request.group) {
            // Without group management a group comes to be with its first commit.
            if request.generation >= 0 {
                let error = if transactional { GroupError::IllegalGeneration } else { GroupError::GroupIdNotFound };
                return Err(error);
            }
            self.groups.insert(request.group.clone(), ClassicGroup::new(request.group.clone(), context.now));
        }
        let Some(group) = self.groups.get_mut(&request.group) else { return Err(GroupError::GroupIdNotFound) };
        group.validate_commit(request, transactional, context)
    }

    /// Kafka: `GroupCoordinatorShard.deleteGroups`.
    fn delete(&mut self, id: &str, context: &mut Context<'_>) -> Result<(), GroupError> {
        if let Some(group) = self.consumer_groups.get(id) {
            if !group.members.is_empty() {
                return Err(GroupError::NonEmptyGroup);
            }
            self.offsets.forget_group(id, context.out);
            self.remove_consumer_group(id, context);
            return Ok(());
        }
        if self.share_groups.contains_key(id) {
            return self.delete_share_group(id, context);
        }
        let group = self.groups.get(id).ok_or(GroupError::GroupIdNotFound)?;
        if group.state != State::Empty {
            return Err(GroupError::NonEmptyGroup);
        }
        self.offsets.forget_group(id, context.out);
        self.remove(id, context);
        Ok(())
    }

    /// Kafka: `GroupCoordinatorShard.cleanupGroupMetadata`.
    fn clean_up(&mut self, context: &mut Context<'_>) {
        let mut gone = Vec::new();
        for (id, group) in &self.groups {
            if self.offsets.expire(group, context) && group.state == State::Empty {
                gone.push(id.clone());
            }
        }
        for id in gone {
            self.remove(&id, context);
        }
        self.clean_up_consumer_groups(context);
    }

    fn remove(&mut self, id: &str, context: &mut Context<'_>) {
        self.groups.remove(id);
        let key = Key { kind: Kind::GroupMetadata, group: id.to_owned(), part: Part::Group };
        context.out.records.push(Record { key, value: None });
    }
}

#[cfg(test)]
mod tests;
