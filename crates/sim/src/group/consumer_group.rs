//! A group by the consumer protocol (KIP-848): the coordinator computes a target assignment and brings its members to it one
//! by one, each giving up first what another is to have. Kafka 4.3: `ConsumerGroup`, `ConsumerGroupMember`,
//! `GroupMetadataManager.consumerGroupHeartbeat`, `TargetAssignmentBuilder`.
//!
//! Differs from Kafka: no regular expressions, no members by the classic protocol, no racks; a topic's metadata is compared
//! as it is, where Kafka compares a hash, and the hash in the record is 0; the assignor answers at once.

mod commit;
mod reconcile;
mod timers;
mod written;

use super::assignor::{Assignor, Member as AssignorMember, TopicPartitions};
use super::error::GroupError;
use super::java_map::JavaMap;
use super::records::{self, Kind, Part, Record, Value};
use crate::ids::{Topic, TopicId};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;
pub use reconcile::MemberState;
use timers::Timers;

/// Partitions by topic, each with the epoch in which it was assigned.
pub type Epochs = SortedMap<TopicId, SortedMap<i32, i32>>;

/// Partitions by topic.
pub type Target = SortedMap<TopicId, SortedSet<i32>>;

/// What a broker's configuration says of consumer groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupConfig {
    /// `group.consumer.heartbeat.interval.ms`.
    pub heartbeat_interval_ms: i32,
    /// `group.consumer.session.timeout.ms`.
    pub session_timeout_ms: u64,
    /// `group.consumer.assignment.interval.ms`.
    pub assignment_interval_ms: u64,
}

impl Default for ConsumerGroupConfig {
    fn default() -> Self {
        ConsumerGroupConfig { heartbeat_interval_ms: 5_000, session_timeout_ms: 45_000, assignment_interval_ms: 1_000 }
    }
}

/// `ConsumerGroupHeartbeatRequest`. What is none has not changed since the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeartbeatRequest {
    /// `group.id`.
    pub group: String,
    /// The member id, which the client made up.
    pub member_id: String,
    /// 0 joins, -1 leaves, -2 leaves for a while as a static member.
    pub member_epoch: i32,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout_ms: Option<i32>,
    /// The topics that it subscribes to.
    pub subscribed_topic_names: Option<SortedSet<Topic>>,
    /// `group.remote.assignor`.
    pub server_assignor: Option<String>,
    /// The partitions that it owns.
    pub topic_partitions: Option<Target>,
    /// `client.id`.
    pub client_id: String,
    /// Where the request comes from.
    pub client_host: String,
}

/// `ConsumerGroupHeartbeatResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatResponse {
    /// The member id.
    pub member_id: String,
    /// The member epoch.
    pub member_epoch: i32,
    /// When to ask again, in ms.
    pub heartbeat_interval_ms: i32,
    /// What the member is to have; none if it is what it was.
    pub assignment: Option<Target>,
}

/// A member. Kafka: `ConsumerGroupMember`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its member id.
    pub id: String,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Its address.
    pub client_host: String,
    /// The epoch that it has reached.
    pub epoch: i32,
    /// The epoch before.
    pub previous_epoch: i32,
    /// What it waits for.
    pub state: MemberState,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout_ms: i32,
    /// The topics that it subscribes to.
    pub subscribed_topic_names: SortedSet<Topic>,
    /// `group.remote.assignor`.
    pub server_assignor: Option<String>,
    /// What it has.
    pub assigned: Epochs,
    /// What it must give up.
    pub pending_revocation: Epochs,
}

/// Where a group is. Kafka: `ConsumerGroup.ConsumerGroupState`; what is dead is not kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// It has no members.
    Empty,
    /// Its target assignment is older than its epoch.
    Assigning,
    /// Somebody does not have yet what the target says.
    Reconciling,
    /// All have what the target says.
    Stable,
}

impl GroupState {
    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            GroupState::Empty => "Empty",
            GroupState::Assigning => "Assigning",
            GroupState::Reconciling => "Reconciling",
            GroupState::Stable => "Stable",
        }
    }
}

/// A group.
#[derive(Clone, Debug)]
pub struct ConsumerGroup {
    /// `group.id`.
    pub id: String,
    /// Its epoch, which grows with every change of members, subscriptions or topics.
    pub epoch: i32,
    /// The epoch of its target assignment.
    pub assignment_epoch: i32,
    /// Its members.
    pub members: JavaMap<Member>,
    /// What each member is to have.
    pub target: SortedMap<String, Target>,
    config: ConsumerGroupConfig,
    static_members: SortedMap<String, String>,
    assigned_at: Option<SimTime>,
    topics: Vec<(Topic, i32)>,
    timers: SortedMap<String, Timers>,
}

impl ConsumerGroup {
    /// A group without members; its first change makes its epoch 2.
    pub fn new(id: String, config: ConsumerGroupConfig) -> ConsumerGroup {
        ConsumerGroup {
            id,
            epoch: 1,
            assignment_epoch: 1,
            members: JavaMap::default(),
            target: SortedMap::new(),
            config,
            static_members: SortedMap::new(),
            assigned_at: None,
            topics: Vec::new(),
            timers: SortedMap::new(),
        }
    }

    /// Handles a heartbeat. `cluster` is what the broker knows of topics.
    ///
    /// # Errors
    /// Kafka's errors; nothing has changed then.
    pub fn heartbeat(
        &mut self,
        now: SimTime,
        request: &HeartbeatRequest,
        cluster: &[TopicPartitions],
        records: &mut Vec<Record>,
    ) -> Result<HeartbeatResponse, GroupError> {
        if request.member_epoch < 0 {
            return self.leave(request, records);
        }
        let known = self.known_member(request, records)?;
        let mut member = known.clone();
        member.client_id.clone_from(&request.client_id);
        member.client_host.clone_from(&request.client_host);
        member.instance_id = request.instance_id.clone().or(member.instance_id);
        member.rebalance_timeout_ms = request.rebalance_timeout_ms.unwrap_or(member.rebalance_timeout_ms);
        member.server_assignor = request.server_assignor.clone().or(member.server_assignor);
        if let Some(topics) = &request.subscribed_topic_names {
            member.subscribed_topic_names.clone_from(topics);
        }
        let is_new = !self.members.contains_key(&member.id);
        if is_new || told(&member) != told(&known) {
            records.push(self.member_record(&member));
        }
        let changed = member.subscribed_topic_names != known.subscribed_topic_names;
        if let Some(instance) = &member.instance_id {
            self.static_members.insert(instance.clone(), member.id.clone());
        }
        self.members.insert(member.id.clone(), member.clone());
        let topics = self.subscribed_topics(cluster);
        if changed || topics != self.topics {
            self.topics = topics;
            self.bump(records);
        }
        self.maybe_assign(now, cluster, records)?;
        let owned = request.topic_partitions.as_ref();
        let reconciled = self.reconcile(&member, changed, owned, cluster);
        if reconciled != member {
            records.push(self.current_record(&reconciled));
            self.members.insert(reconciled.id.clone(), reconciled.clone());
        }
        self.set_timers(now, &reconciled, reconciled != member);
        let is_full =
            request.rebalance_timeout_ms.is_some() && request.subscribed_topic_names.is_some() && owned.is_some();
        let tells = request.member_epoch == 0 || is_full || reconciled.assigned != known.assigned;
        Ok(HeartbeatResponse {
            member_id: reconciled.id.clone(),
            member_epoch: reconciled.epoch,
            heartbeat_interval_ms: self.config.heartbeat_interval_ms,
            assignment: tells.then(|| without_epochs(&reconciled.assigned)),
        })
    }

    /// Kafka: `getOrMaybeSubscribeDynamicConsumerGroupMember`, `getOrMaybeSubscribeStaticConsumerGroupMember`.
    fn known_member(&mut self, request: &HeartbeatRequest, records: &mut Vec<Record>) -> Result<Member, GroupError> {
        let joins = request.member_epoch == 0;
        if let Some(instance) = &request.instance_id {
            let there = self.static_members.get(instance).and_then(|id| self.members.get(id)).cloned();
            match there {
                None if joins => {}
                None => return Err(GroupError::UnknownMemberId),
                Some(old) if joins && old.epoch != LEFT_FOR_A_WHILE => {
                    return Err(GroupError::UnreleasedInstanceId);
                }
                Some(old) if joins => return Ok(self.replace(&old, request, records)),
                Some(old) if old.id != request.member_id => return Err(GroupError::FencedInstanceId),
                Some(_) => {}
            }
        }
        match self.members.get(&request.member_id) {
            Some(member) => {
                check_epoch(member, request)?;
                Ok(member.clone())
            }
            None if joins => Ok(Member {
                id: request.member_id.clone(),
                instance_id: request.instance_id.clone(),
                client_id: String::new(),
                client_host: String::new(),
                epoch: 0,
                previous_epoch: -1,
                state: MemberState::Stable,
                rebalance_timeout_ms: -1,
                subscribed_topic_names: SortedSet::new(),
                server_assignor: None,
                assigned: Epochs::new(),
                pending_revocation: Epochs::new(),
            }),
            None => Err(GroupError::UnknownMemberId),
        }
    }

    /// A static member comes back under a new id and has what the old one had. Kafka: `replaceMember`.
    fn replace(&mut self, old: &Member, request: &HeartbeatRequest, records: &mut Vec<Record>) -> Member {
        let member = Member { id: request.member_id.clone(), epoch: 0, previous_epoch: 0, ..old.clone() };
        self.forget(&old.id, records);
        self.timers.remove(&old.id);
        let target = self.target.remove(&old.id).unwrap_or_default();
        records.push(self.member_record(&member));
        records.push(self.target_record(&member.id, &target));
        records.push(self.current_record(&member));
        self.target.insert(member.id.clone(), target);
        self.members.insert(member.id.clone(), member.clone());
        member
    }

    /// Kafka: `consumerGroupLeave`.
    fn leave(
        &mut self,
        request: &HeartbeatRequest,
        records: &mut Vec<Record>,
    ) -> Result<HeartbeatResponse, GroupError> {
        if let Some(instance) = &request.instance_id {
            let there = self.static_members.get(instance).ok_or(GroupError::UnknownMemberId)?;
            if *there != request.member_id {
                return Err(GroupError::FencedInstanceId);
            }
        }
        let member = self.members.get(&request.member_id).cloned().ok_or(GroupError::UnknownMemberId)?;
        if request.instance_id.is_some() && request.member_epoch == LEFT_FOR_A_WHILE {
            let away = Member { epoch: LEFT_FOR_A_WHILE, pending_revocation: Epochs::new(), ..member };
            records.push(self.current_record(&away));
            self.members.insert(away.id.clone(), away);
        } else {
            self.remove(&member.id, records);
        }
        Ok(HeartbeatResponse {
            member_id: request.member_id.clone(),
            member_epoch: request.member_epoch,
            heartbeat_interval_ms: 0,
            assignment: None,
        })
    }

    /// A member is gone. Kafka: `consumerGroupFenceMember`.
    fn remove(&mut self, member_id: &str, records: &mut Vec<Record>) {
        self.forget(member_id, records);
        self.target.remove(member_id);
        self.timers.remove(member_id);
        self.bump(records);
    }

    /// Kafka: `removeMember`.
    fn forget(&mut self, member_id: &str, records: &mut Vec<Record>) {
        self.members.remove(member_id);
        self.static_members.retain(|_, there| there != member_id);
        for kind in [
            Kind::ConsumerGroupCurrentMemberAssignment,
            Kind::ConsumerGroupTargetAssignmentMember,
            Kind::ConsumerGroupMemberMetadata,
        ] {
            records.push(Record { key: self.key(kind, Part::Member(member_id.to_owned())), value: None });
        }
    }

    fn bump(&mut self, records: &mut Vec<Record>) {
        self.epoch = self.epoch.saturating_add(1);
        let value = records::Epoch { epoch: self.epoch, metadata_hash: 0 };
        records.push(self.record(Kind::ConsumerGroupMetadata, Part::Group, Value::Epoch(value)));
    }

    /// Somebody subscribes to the topic.
    pub fn is_subscribed_to(&self, topic: &Topic) -> bool {
        self.members.values().any(|member| member.subscribed_topic_names.contains(topic))
    }

    fn subscribed_topics(&self, cluster: &[TopicPartitions]) -> Vec<(Topic, i32)> {
        cluster
            .iter()
            .filter(|topic| self.is_subscribed_to(&topic.topic))
            .map(|topic| (topic.topic.clone(), topic.partitions))
            .collect()
    }

    /// Kafka: `maybeUpdateTargetAssignment`, `TargetAssignmentBuilder.build`.
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
        let member = |member: &Member| AssignorMember {
            id: member.id.clone(),
            instance_id: member.instance_id.clone(),
            topics: member.subscribed_topic_names.iter().cloned().collect(),
            owned: self.target.get(&member.id).map(|target| by_name(target, cluster)).unwrap_or_default(),
            generation: None,
        };
        let members: Vec<AssignorMember> = self.members.values().map(member).collect();
        let assignment =
            self.preferred_assignor().assign(cluster, &members).map_err(|_| GroupError::UnknownServerError)?;
        for (member, partitions) in members.into_iter().zip(assignment) {
            let id_of = |name: &Topic| cluster.iter().find(|topic| topic.topic == *name).map(|topic| topic.id);
            let target: Target = partitions
                .iter()
                .filter_map(|(name, numbers)| Some((id_of(name)?, numbers.iter().copied().collect())))
                .collect();
            if self.target.get(&member.id) != Some(&target) {
                records.push(self.target_record(&member.id, &target));
                self.target.insert(member.id, target);
            }
        }
        self.assignment_epoch = self.epoch;
        self.assigned_at = Some(now);
        let value = records::TargetEpoch { assignment_epoch: self.epoch, assignment_timestamp: now.timestamp_ms() };
        records.push(self.record(Kind::ConsumerGroupTargetAssignmentMetadata, Part::Group, Value::TargetEpoch(value)));
        Ok(())
    }

    /// The assignor that most members want; of equal ones the first in the order of Java's table. Kafka:
    /// `computePreferredServerAssignor`; the first of `group.consumer.assignors` if nobody says.
    pub fn preferred_assignor(&self) -> Assignor {
        let mut votes: JavaMap<usize> = JavaMap::default();
        for name in self.members.values().filter_map(|member| member.server_assignor.as_ref()) {
            match votes.get_mut(name) {
                Some(count) => *count = count.saturating_add(1),
                None => {
                    votes.insert(name.clone(), 1);
                }
            }
        }
        let most = votes.values().copied().max();
        let preferred = votes.iter().find(|(_, count)| Some(**count) == most).map(|(name, _)| name.as_str());
        match preferred {
            Some("range") => Assignor::Range,
            _ => Assignor::Uniform,
        }
    }

    /// Where it is as a whole.
    pub fn state(&self) -> GroupState {
        let is_there = |member: &Member| member.state == MemberState::Stable && member.epoch == self.assignment_epoch;
        if self.members.is_empty() {
            GroupState::Empty
        } else if self.epoch > self.assignment_epoch {
            GroupState::Assigning
        } else if self.members.values().all(is_there) {
            GroupState::Stable
        } else {
            GroupState::Reconciling
        }
    }
}

/// The epoch of a static member that left for a while. Kafka: `LEAVE_GROUP_STATIC_MEMBER_EPOCH`.
const LEFT_FOR_A_WHILE: i32 = -2;

/// Kafka: `throwIfConsumerGroupMemberEpochIsInvalid`.
fn check_epoch(member: &Member, request: &HeartbeatRequest) -> Result<(), GroupError> {
    let epoch = request.member_epoch;
    if epoch == 0 || epoch == member.epoch {
        return Ok(());
    }
    // A response may have been lost: the member comes with the epoch before and nothing that is not its own.
    let is_own = |owned: &Target| {
        let has =
            |topic: &TopicId, number: &i32| member.assigned.get(topic).is_some_and(|there| there.contains_key(number));
        owned.iter().all(|(topic, numbers)| numbers.iter().all(|number| has(topic, number)))
    };
    let is_late = epoch == member.previous_epoch && request.topic_partitions.as_ref().is_some_and(is_own);
    if epoch < member.epoch && is_late { Ok(()) } else { Err(GroupError::FencedMemberEpoch) }
}

/// What the record of a member says of it.
fn told(member: &Member) -> (&Option<String>, &SortedSet<Topic>, i32, &Option<String>, &str) {
    let Member { instance_id, subscribed_topic_names, rebalance_timeout_ms, server_assignor, client_id, .. } = member;
    (instance_id, subscribed_topic_names, *rebalance_timeout_ms, server_assignor, client_id)
}

fn without_epochs(epochs: &Epochs) -> Target {
    epochs.iter().map(|(topic, numbers)| (*topic, numbers.keys().copied().collect())).collect()
}

fn by_name(target: &Target, cluster: &[TopicPartitions]) -> Vec<(Topic, Vec<i32>)> {
    let name = |id: &TopicId| cluster.iter().find(|topic| topic.id == *id).map(|topic| topic.topic.clone());
    target.iter().filter_map(|(id, numbers)| Some((name(id)?, numbers.iter().copied().collect()))).collect()
}

#[cfg(test)]
mod tests;
