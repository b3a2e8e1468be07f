//! A share group (KIP-932) in the coordinator: several of its members may have one partition. Kafka 4.3: `ShareGroup`,
//! `GroupMetadataManager.shareGroupHeartbeat`, `ShareGroupAssignmentBuilder`, `TargetAssignmentBuilder`.
//!
//! Differs from Kafka: no racks; a topic's metadata is compared as it is, where Kafka compares a hash, and the hash in the record
//! is 0; the assignor answers at once; the first heartbeat is answered before the persister is; topics are not forgotten
//! when they are deleted.

mod load;
mod written;

use highwater_log::java::{hash_order, string_hash_code};

use super::super::assignor::{Assignor, Member as AssignorMember, TopicPartitions};
use super::super::consumer_group::{HeartbeatResponse, Target};
use super::super::error::GroupError;
use super::super::records::{Kind, Part, Record};
use super::super::timeline_map::TimelineMap;
use crate::ids::{Topic, TopicId};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;

/// What a broker's configuration, or the group's own, says of share groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareGroupConfig {
    /// `group.share.heartbeat.interval.ms`, or the group's `share.heartbeat.interval.ms`.
    pub heartbeat_interval_ms: i32,
    /// `group.share.session.timeout.ms`, or the group's `share.session.timeout.ms`.
    pub session_timeout_ms: u64,
    /// `group.share.assignment.interval.ms`, or the group's `share.assignment.interval.ms`.
    pub assignment_interval_ms: u64,
    /// `group.share.max.size`.
    pub max_size: usize,
    /// `group.share.initialize.retry.interval.ms`.
    pub initialize_retry_interval_ms: u64,
}

impl Default for ShareGroupConfig {
    fn default() -> Self {
        ShareGroupConfig {
            heartbeat_interval_ms: 5_000,
            session_timeout_ms: 45_000,
            assignment_interval_ms: 1_000,
            max_size: 200,
            initialize_retry_interval_ms: 30_000,
        }
    }
}

/// `ShareGroupHeartbeatRequest`. What is none has not changed since the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareHeartbeatRequest {
    /// `group.id`.
    pub group: String,
    /// The member id, which the client made up.
    pub member_id: String,
    /// 0 joins, -1 leaves.
    pub member_epoch: i32,
    /// The topics that it subscribes to.
    pub subscribed_topic_names: Option<SortedSet<Topic>>,
    /// `client.id`.
    pub client_id: String,
    /// Where the request comes from.
    pub client_host: String,
}

/// `ShareGroupHeartbeatResponse`, which has the fields of `ConsumerGroupHeartbeatResponse`.
pub type ShareHeartbeatResponse = HeartbeatResponse;

/// A member. Kafka: `ShareGroupMember`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareMember {
    /// Its member id.
    pub id: String,
    /// `client.id`.
    pub client_id: String,
    /// Its address.
    pub client_host: String,
    /// The epoch that it has reached.
    pub epoch: i32,
    /// The epoch before.
    pub previous_epoch: i32,
    /// The topics that it subscribes to.
    pub subscribed_topic_names: SortedSet<Topic>,
    /// What it has.
    pub assigned: Target,
}

/// Partitions of a topic that are to get their state, since when.
type Initializing = SortedMap<TopicId, (SortedSet<i32>, SimTime)>;

impl ShareMember {
    /// One of which nothing is known.
    fn new(id: &str) -> ShareMember {
        ShareMember {
            id: id.to_owned(),
            client_id: String::new(),
            client_host: String::new(),
            epoch: 0,
            previous_epoch: -1,
            subscribed_topic_names: SortedSet::new(),
            assigned: Target::new(),
        }
    }
}

/// Partitions whose state the persister is to make. Kafka: `InitializeShareGroupStateParameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitializeState {
    /// `group.id`.
    pub group: String,
    /// The version of the state: the group's epoch.
    pub state_epoch: i32,
    /// The partitions.
    pub partitions: Target,
}

/// A share group.
#[derive(Clone, Debug)]
pub struct ShareGroup {
    /// `group.id`.
    pub id: String,
    /// Its epoch, which grows with every change of members, subscriptions or topics.
    pub epoch: i32,
    /// The epoch of its target assignment.
    pub assignment_epoch: i32,
    /// Its members.
    pub members: TimelineMap<String, ShareMember>,
    /// What each member is to have.
    pub target: SortedMap<String, Target>,
    /// Partitions that have their state, and can be assigned.
    pub initialized: Target,
    initializing: Initializing,
    config: ShareGroupConfig,
    assigned_at: Option<SimTime>,
    topics: Vec<(Topic, i32)>,
    sessions: SortedMap<String, SimTime>,
}

impl ShareGroup {
    /// A group without members; its first change makes its epoch 2.
    pub fn new(id: String, config: ShareGroupConfig) -> ShareGroup {
        ShareGroup {
            id,
            epoch: 1,
            assignment_epoch: 1,
            members: TimelineMap::default(),
            target: SortedMap::new(),
            initialized: Target::new(),
            initializing: SortedMap::new(),
            config,
            assigned_at: None,
            topics: Vec::new(),
            sessions: SortedMap::new(),
        }
    }

    /// Handles a heartbeat. `cluster` is what the broker knows of topics. What the persister is to make comes back too.
    ///
    /// # Errors
    /// Kafka's errors; nothing has changed then.
    pub fn heartbeat(
        &mut self,
        now: SimTime,
        request: &ShareHeartbeatRequest,
        cluster: &[TopicPartitions],
        records: &mut Vec<Record>,
    ) -> Result<(ShareHeartbeatResponse, Option<InitializeState>), GroupError> {
        if request.member_epoch < 0 {
            return Ok((self.leave(request, records)?, None));
        }
        let known = self.known_member(request)?;
        let mut member = known.clone();
        member.client_id.clone_from(&request.client_id);
        member.client_host.clone_from(&request.client_host);
        if let Some(topics) = &request.subscribed_topic_names {
            member.subscribed_topic_names.clone_from(topics);
        }
        let is_new = self.members.get(&member.id).is_none();
        if is_new {
            // A member is there as soon as it is named.
            self.put(&known);
        }
        // What is pending is looked at before the member's subscription counts.
        let pending = self.assignment_epoch >= self.epoch && self.is_assignment_pending(cluster);
        let changed = member.subscribed_topic_names != known.subscribed_topic_names || pending;
        if is_new || member != known {
            records.push(self.member_record(&member));
            self.put(&member);
        }
        let topics = self.subscribed_topics(cluster);
        let bumps = changed || topics != self.topics;
        if bumps {
            self.topics = topics;
            self.bump(records);
        }
        self.maybe_assign(now, cluster, records)?;
        let reconciled = self.reconcile(&member, bumps, cluster);
        if reconciled != member {
            records.push(self.current_record(&reconciled));
            self.put(&reconciled);
        }
        self.sessions.insert(member.id.clone(), now.plus_ms(self.config.session_timeout_ms));
        let is_full = request.member_epoch == 0 || request.subscribed_topic_names.is_some();
        let tells = is_full || reconciled.assigned != known.assigned;
        let response = ShareHeartbeatResponse {
            member_id: reconciled.id.clone(),
            member_epoch: reconciled.epoch,
            heartbeat_interval_ms: self.config.heartbeat_interval_ms,
            assignment: tells.then_some(reconciled.assigned),
        };
        Ok((response, self.maybe_initialize(now, cluster, records)))
    }

    /// Kafka: `getOrMaybeSubscribeShareGroupMember`, `throwIfShareGroupMemberEpochIsInvalid`.
    fn known_member(&self, request: &ShareHeartbeatRequest) -> Result<ShareMember, GroupError> {
        let epoch = request.member_epoch;
        match self.members.get(&request.member_id) {
            Some(member) if epoch == 0 || epoch == member.epoch => Ok(member.clone()),
            // A response may have been lost.
            Some(member) if epoch < member.epoch && epoch == member.previous_epoch => Ok(member.clone()),
            Some(_) => Err(GroupError::FencedMemberEpoch),
            None if epoch == 0 && self.members.len() >= self.config.max_size => Err(GroupError::GroupMaxSizeReached),
            None if epoch == 0 => Ok(ShareMember::new(&request.member_id)),
            None => Err(GroupError::UnknownMemberId),
        }
    }

    /// Kafka: `shareGroupLeave`.
    fn leave(
        &mut self,
        request: &ShareHeartbeatRequest,
        records: &mut Vec<Record>,
    ) -> Result<ShareHeartbeatResponse, GroupError> {
        if self.members.get(&request.member_id).is_none() {
            return Err(GroupError::UnknownMemberId);
        }
        self.remove(&request.member_id, records);
        Ok(ShareHeartbeatResponse {
            member_id: request.member_id.clone(),
            member_epoch: request.member_epoch,
            heartbeat_interval_ms: 0,
            assignment: None,
        })
    }

    /// A member is gone. Kafka: `shareGroupFenceMember`.
    fn remove(&mut self, member_id: &str, records: &mut Vec<Record>) {
        // Kafka takes away what the member has first, and then the member: its table may grow by that.
        if let Some(member) = self.members.get(member_id).cloned() {
            self.put(&member);
        }
        self.members.retain(|there, _| there != member_id);
        self.target.remove(member_id);
        self.sessions.remove(member_id);
        for kind in [
            Kind::ShareGroupCurrentMemberAssignment,
            Kind::ShareGroupTargetAssignmentMember,
            Kind::ShareGroupMemberMetadata,
        ] {
            records.push(Record { key: self.key(kind, Part::Member(member_id.to_owned())), value: None });
        }
        self.bump(records);
    }

    fn put(&mut self, member: &ShareMember) {
        self.members.insert(string_hash_code(&member.id), member.id.clone(), member.clone());
    }

    fn bump(&mut self, records: &mut Vec<Record>) {
        self.epoch = self.epoch.saturating_add(1);
        records.push(self.epoch_record());
    }

    fn is_subscribed_to(&self, topic: &Topic) -> bool {
        self.members.iter().any(|(_, member)| member.subscribed_topic_names.contains(topic))
    }

    fn subscribed_topics(&self, cluster: &[TopicPartitions]) -> Vec<(Topic, i32)> {
        let subscribed = cluster.iter().filter(|topic| self.is_subscribed_to(&topic.topic));
        subscribed.map(|topic| (topic.topic.clone(), topic.partitions)).collect()
    }

    /// Partitions have their state and nobody has them yet. Kafka: `initializedAssignmentPending`.
    fn is_assignment_pending(&self, cluster: &[TopicPartitions]) -> bool {
        let is_assigned = |topic: &TopicId, partitions: &SortedSet<i32>| {
            let all = self.target.values().filter_map(|target| target.get(topic)).flatten().copied();
            all.collect::<SortedSet<i32>>() == *partitions
        };
        let name = |id: &TopicId| cluster.iter().find(|topic| topic.id == *id).map(|topic| &topic.topic);
        !self.members.is_empty()
            && self.initialized.iter().any(|(topic, partitions)| {
                name(topic).is_some_and(|name| self.is_subscribed_to(name)) && !is_assigned(topic, partitions)
            })
    }

    /// Kafka: `maybeUpdateTargetAssignment`, `TargetAssignmentBuilder.build`. Only partitions with a state are assigned.
    fn maybe_assign(
        &mut self,
        now: SimTime,
        cluster: &[TopicPartitions],
        records: &mut Vec<Record>,
    ) -> Result<(), GroupError> {
        let interval_ms = self.config.assignment_interval_ms;
        let is_early = self.assigned_at.is_some_and(|at| now < at.plus_ms(interval_ms));
        if self.assignment_epoch >= self.epoch || is_early {
            return Ok(());
        }
        let count = |topic: &TopicPartitions| {
            let initialized = self.initialized.get(&topic.id).map_or(0, SortedSet::len);
            i32::try_from(initialized).unwrap_or(i32::MAX).min(topic.partitions)
        };
        let assignable: Vec<TopicPartitions> = cluster
            .iter()
            .map(|topic| TopicPartitions { topic: topic.topic.clone(), id: topic.id, partitions: count(topic) })
            .collect();
        let name = |id: &TopicId| cluster.iter().find(|topic| topic.id == *id).map(|topic| topic.topic.clone());
        let owned = |target: &Target| {
            let of = |(id, numbers): (&TopicId, &SortedSet<i32>)| Some((name(id)?, numbers.iter().copied().collect()));
            target.iter().filter_map(of).collect()
        };
        let member = |member: &ShareMember| AssignorMember {
            id: member.id.clone(),
            instance_id: None,
            topics: member.subscribed_topic_names.iter().cloned().collect(),
            owned: self.target.get(&member.id).map(owned).unwrap_or_default(),
            generation: None,
        };
        // The assignor makes a `HashMap` of what is in the order of the coordinator's own table.
        let members: Vec<AssignorMember> = self.members.iter().map(|(_, there)| member(there)).collect();
        let order = hash_order(members.iter().map(|member| string_hash_code(&member.id)), 0);
        let assignment = Assignor::Simple.assign(&assignable, &members).map_err(|_| GroupError::UnknownServerError)?;
        for (member, partitions) in order.into_iter().filter_map(|at| Some((members.get(at)?, assignment.get(at)?))) {
            let id_of = |name: &Topic| cluster.iter().find(|topic| topic.topic == *name).map(|topic| topic.id);
            let target: Target = partitions
                .iter()
                .filter_map(|(name, numbers)| Some((id_of(name)?, numbers.iter().copied().collect())))
                .collect();
            if self.target.get(&member.id) != Some(&target) {
                records.push(self.target_record(&member.id, &target));
                self.target.insert(member.id.clone(), target);
            }
        }
        self.assignment_epoch = self.epoch;
        self.assigned_at = Some(now);
        records.push(self.target_epoch_record(now));
        Ok(())
    }

    /// A member has at once what it is to have. Kafka: `maybeReconcile`, `ShareGroupAssignmentBuilder.build`.
    fn reconcile(&self, member: &ShareMember, bumps: bool, cluster: &[TopicPartitions]) -> ShareMember {
        if member.epoch == self.assignment_epoch && !bumps {
            return member.clone();
        }
        let is_subscribed = |id: &TopicId| {
            let name = cluster.iter().find(|topic| topic.id == *id).map(|topic| &topic.topic);
            name.is_some_and(|name| member.subscribed_topic_names.contains(name))
        };
        let target = self.target.get(&member.id).into_iter().flatten().filter(|(id, _)| is_subscribed(id));
        let assigned = target.map(|(id, numbers)| (*id, numbers.clone())).collect();
        let mut next = ShareMember { assigned, ..member.clone() };
        if member.epoch != self.assignment_epoch {
            next.previous_epoch = member.epoch;
            next.epoch = self.assignment_epoch;
        }
        next
    }

    /// Partitions that have no state yet are to get it. Kafka: `maybeCreateInitializeShareGroupStateRequest`.
    fn maybe_initialize(
        &mut self,
        now: SimTime,
        cluster: &[TopicPartitions],
        records: &mut Vec<Record>,
    ) -> Option<InitializeState> {
        let retry_ms = self.config.initialize_retry_interval_ms;
        let mut new = Target::new();
        for topic in cluster.iter().filter(|topic| self.is_subscribed_to(&topic.topic)) {
            let is_known = |number: &i32| {
                let has = |set: Option<&SortedSet<i32>>| set.is_some_and(|set| set.contains(number));
                let recent = self.initializing.get(&topic.id).filter(|(_, since)| now < since.plus_ms(retry_ms));
                has(self.initialized.get(&topic.id)) || has(recent.map(|(set, _)| set))
            };
            let missing: SortedSet<i32> = (0..topic.partitions).filter(|number| !is_known(number)).collect();
            if !missing.is_empty() {
                new.insert(topic.id, missing);
            }
        }
        if new.is_empty() {
            return None;
        }
        for (topic, numbers) in &new {
            let (set, since) = self.initializing.get_or_insert_with(*topic, || (SortedSet::new(), now));
            set.extend(numbers.iter().copied());
            *since = now;
        }
        records.push(self.states_record(cluster));
        Some(InitializeState { group: self.id.clone(), state_epoch: self.epoch, partitions: new })
    }

    /// The persister has made states: the partitions can be assigned from the next heartbeat on. Kafka:
    /// `initializeShareGroupState`.
    pub fn on_initialized(&mut self, partitions: &Target, cluster: &[TopicPartitions], records: &mut Vec<Record>) {
        for (topic, numbers) in partitions {
            self.initialized.get_or_insert_with(*topic, SortedSet::new).extend(numbers.iter().copied());
            if let Some((set, _)) = self.initializing.get_mut(topic) {
                for number in numbers {
                    set.remove(number);
                }
            }
        }
        self.initializing.retain(|_, (set, _)| !set.is_empty());
        records.push(self.states_record(cluster));
    }

    /// When [`ShareGroup::on_time`] must be called next.
    pub fn next_deadline(&self) -> Option<SimTime> {
        self.sessions.values().copied().min()
    }

    /// Puts out members that were not heard of.
    pub fn on_time(&mut self, now: SimTime, records: &mut Vec<Record>) {
        let is_over = |(_, at): &(&String, &SimTime)| **at <= now;
        let gone: Vec<String> = self.sessions.iter().filter(is_over).map(|(id, _)| id.clone()).collect();
        for member_id in gone {
            self.remove(&member_id, records);
        }
    }

    /// Kafka's name of its state. Kafka: `ShareGroupState`.
    pub fn state_name(&self) -> &'static str {
        if self.members.is_empty() { "Empty" } else { "Stable" }
    }

    /// All members have what they are to have.
    pub fn is_settled(&self) -> bool {
        self.assignment_epoch == self.epoch && self.members.iter().all(|(_, member)| member.epoch == self.epoch)
    }
}

#[cfg(test)]
mod tests;
