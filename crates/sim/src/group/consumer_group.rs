//! A group by the consumer protocol (KIP-848): the coordinator computes a target assignment and brings its members to it one
//! by one, each giving up first what another is to have. Kafka 4.3: `ConsumerGroup`, `ConsumerGroupMember`,
//! `GroupMetadataManager.consumerGroupHeartbeat`, `TargetAssignmentBuilder`.
//!
//! Differs from Kafka: no members by the classic protocol, no racks; the hash of what is known of the topics is another than
//! Kafka's; the assignor answers at once, and expressions are resolved at once, behind the heartbeat that asks for it.

mod assign;
mod commit;
mod expressions;
mod load;
mod reconcile;
mod timers;
mod written;

use super::assignor::TopicPartitions;
use super::coordinator::Outcome;
use super::error::GroupError;
use super::event::{GroupEvent, GroupEventKind, MemberName, Removal};
use super::java_map::JavaMap;
use super::records::{self, Kind, Part, Record, Value};
use crate::ids::{Topic, TopicId};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;
use expressions::ExpressionUpdate;
pub use expressions::{Resolved, TopicsVersion};
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
    /// The rule that a test breaks.
    #[cfg(test)]
    pub sabotage: Option<crate::metadata::Sabotage>,
}

impl Default for ConsumerGroupConfig {
    fn default() -> Self {
        ConsumerGroupConfig {
            heartbeat_interval_ms: 5_000,
            session_timeout_ms: 45_000,
            assignment_interval_ms: 1_000,
            #[cfg(test)]
            sabotage: None,
        }
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
    /// The expression for the topics that it subscribes to; empty if it has none any more.
    pub subscribed_topic_regex: Option<String>,
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
    /// The expression for topics that it subscribes to; empty without one.
    pub subscribed_topic_regex: String,
    /// `group.remote.assignor`.
    pub server_assignor: Option<String>,
    /// What it has.
    pub assigned: Epochs,
    /// What it must give up.
    pub pending_revocation: Epochs,
}

impl Member {
    /// What it must give up, without the epochs.
    pub fn pending(&self) -> Target {
        without_epochs(&self.pending_revocation)
    }

    /// What it has, without the epochs.
    pub fn has(&self) -> Target {
        without_epochs(&self.assigned)
    }

    /// Nothing is known of it but its id.
    fn new(id: &str) -> Member {
        Member {
            id: id.to_owned(),
            instance_id: None,
            client_id: String::new(),
            client_host: String::new(),
            epoch: 0,
            previous_epoch: -1,
            state: MemberState::Stable,
            rebalance_timeout_ms: -1,
            subscribed_topic_names: SortedSet::new(),
            subscribed_topic_regex: String::new(),
            server_assignor: None,
            assigned: Epochs::new(),
            pending_revocation: Epochs::new(),
        }
    }

    /// As a reader knows it.
    pub fn name(&self) -> MemberName {
        MemberName { id: self.id.clone(), client: self.client_id.clone() }
    }
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
    /// What the expressions stand for that its members subscribe to.
    pub expressions: SortedMap<String, Resolved>,
    /// The metadata that the coordinator has.
    pub version: TopicsVersion,
    /// When expressions are resolved anew.
    resolves_at: Option<SimTime>,
    config: ConsumerGroupConfig,
    static_members: SortedMap<String, String>,
    assigned_at: Option<SimTime>,
    /// What was known of its topics when its epoch last changed.
    metadata_hash: i64,
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
            expressions: SortedMap::new(),
            version: TopicsVersion::default(),
            resolves_at: None,
            config,
            static_members: SortedMap::new(),
            assigned_at: None,
            metadata_hash: 0,
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
        out: &mut Outcome,
    ) -> Result<HeartbeatResponse, GroupError> {
        if request.member_epoch < 0 {
            return self.leave(request, cluster, out);
        }
        self.check_expression(request)?;
        let known = self.known_member(request, out)?;
        let mut member = known.clone();
        member.client_id.clone_from(&request.client_id);
        member.client_host.clone_from(&request.client_host);
        member.instance_id = request.instance_id.clone().or(member.instance_id);
        member.rebalance_timeout_ms = request.rebalance_timeout_ms.unwrap_or(member.rebalance_timeout_ms);
        member.server_assignor = request.server_assignor.clone().or(member.server_assignor);
        if let Some(topics) = &request.subscribed_topic_names {
            member.subscribed_topic_names.clone_from(topics);
        }
        if let Some(expression) = &request.subscribed_topic_regex {
            member.subscribed_topic_regex.clone_from(expression);
        }
        let is_new = !self.members.contains_key(&member.id);
        if is_new {
            let instance_id = member.instance_id.clone();
            self.tell(GroupEventKind::MemberAdded { member: member.name(), instance_id }, out);
        }
        if is_new || told(&member) != told(&known) {
            out.records.push(self.member_record(&member));
        }
        let names_changed = member.subscribed_topic_names != known.subscribed_topic_names;
        let expression = self.update_expressions(now, &known, &member, out);
        let changed = names_changed || expression != ExpressionUpdate::None;
        let bumps = names_changed || expression == ExpressionUpdate::Resolved;
        if let Some(instance) = &member.instance_id {
            self.static_members.insert(instance.clone(), member.id.clone());
        }
        self.members.insert(member.id.clone(), member.clone());
        if bumps || self.compute_metadata_hash(cluster) != self.metadata_hash {
            self.bump(cluster, out);
        }
        self.maybe_assign(now, cluster, out)?;
        let owned = request.topic_partitions.as_ref();
        let reconciled = self.reconcile(&member, changed, owned, cluster);
        if reconciled != member {
            out.records.push(self.current_record(&reconciled));
            self.members.insert(reconciled.id.clone(), reconciled.clone());
        }
        self.set_timers(now, &reconciled, reconciled != member);
        let is_full = request.rebalance_timeout_ms.is_some() && request.says_subscription() && owned.is_some();
        let tells = request.member_epoch == 0 || is_full || reconciled.assigned != known.assigned;
        Ok(HeartbeatResponse {
            member_id: reconciled.id.clone(),
            member_epoch: reconciled.epoch,
            heartbeat_interval_ms: self.config.heartbeat_interval_ms,
            assignment: tells.then(|| without_epochs(&reconciled.assigned)),
        })
    }

    /// Kafka: `getOrMaybeSubscribeDynamicConsumerGroupMember`, `getOrMaybeSubscribeStaticConsumerGroupMember`.
    fn known_member(&mut self, request: &HeartbeatRequest, out: &mut Outcome) -> Result<Member, GroupError> {
        let joins = request.member_epoch == 0;
        if let Some(instance) = &request.instance_id {
            let there = self.static_members.get(instance).and_then(|id| self.members.get(id)).cloned();
            match there {
                None if joins => {}
                None => return Err(GroupError::UnknownMemberId),
                Some(old) if joins && old.epoch != LEFT_FOR_A_WHILE => {
                    return Err(GroupError::UnreleasedInstanceId);
                }
                Some(old) if joins => return Ok(self.replace(&old, request, out)),
                Some(old) if old.id != request.member_id => return Err(GroupError::FencedInstanceId),
                Some(_) => {}
            }
        }
        match self.members.get(&request.member_id) {
            Some(member) => {
                check_epoch(member, request)?;
                Ok(member.clone())
            }
            None if joins => Ok(Member { instance_id: request.instance_id.clone(), ..Member::new(&request.member_id) }),
            None => Err(GroupError::UnknownMemberId),
        }
    }

    /// A static member comes back under a new id and has what the old one had. Kafka: `replaceMember`.
    fn replace(&mut self, old: &Member, request: &HeartbeatRequest, out: &mut Outcome) -> Member {
        let member = Member { id: request.member_id.clone(), epoch: 0, previous_epoch: 0, ..old.clone() };
        let instance_id = member.instance_id.clone().unwrap_or_default();
        let before = old.id.clone();
        self.tell(GroupEventKind::StaticMemberReplaced { member: member.name(), instance_id, before }, out);
        self.forget(&old.id, out);
        self.timers.remove(&old.id);
        let target = self.target.remove(&old.id).unwrap_or_default();
        out.records.push(self.member_record(&member));
        out.records.push(self.target_record(&member.id, &target));
        out.records.push(self.current_record(&member));
        self.target.insert(member.id.clone(), target);
        self.members.insert(member.id.clone(), member.clone());
        member
    }

    /// Kafka: `consumerGroupLeave`.
    fn leave(
        &mut self,
        request: &HeartbeatRequest,
        cluster: &[TopicPartitions],
        out: &mut Outcome,
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
            out.records.push(self.current_record(&away));
            self.members.insert(away.id.clone(), away);
        } else {
            self.remove(&member.id, Removal::Left, cluster, out);
        }
        Ok(HeartbeatResponse {
            member_id: request.member_id.clone(),
            member_epoch: request.member_epoch,
            heartbeat_interval_ms: 0,
            assignment: None,
        })
    }

    /// A member is gone. Kafka: `consumerGroupFenceMember`.
    fn remove(&mut self, member_id: &str, because: Removal, cluster: &[TopicPartitions], out: &mut Outcome) {
        if let Some(member) = self.members.get(member_id).map(Member::name) {
            self.tell(GroupEventKind::MemberRemoved { member, because }, out);
        }
        let expression = self.members.get(member_id).map(|member| member.subscribed_topic_regex.clone());
        self.forget(member_id, out);
        if let Some(expression) = expression {
            self.forget_expression(&expression, out);
        }
        self.target.remove(member_id);
        self.timers.remove(member_id);
        self.bump(cluster, out);
    }

    /// Kafka: `removeMember`.
    fn forget(&mut self, member_id: &str, out: &mut Outcome) {
        self.members.remove(member_id);
        self.static_members.retain(|_, there| there != member_id);
        for kind in [
            Kind::ConsumerGroupCurrentMemberAssignment,
            Kind::ConsumerGroupTargetAssignmentMember,
            Kind::ConsumerGroupMemberMetadata,
        ] {
            out.records.push(Record { key: self.key(kind, Part::Member(member_id.to_owned())), value: None });
        }
    }

    fn tell(&self, kind: GroupEventKind, out: &mut Outcome) {
        out.events.push(GroupEvent { group: self.id.clone(), kind });
    }

    fn bump(&mut self, cluster: &[TopicPartitions], out: &mut Outcome) {
        self.epoch = self.epoch.saturating_add(1);
        self.metadata_hash = self.compute_metadata_hash(cluster);
        let value = records::Epoch { epoch: self.epoch, metadata_hash: self.metadata_hash };
        out.records.push(self.record(Kind::ConsumerGroupMetadata, Part::Group, Value::Epoch(value)));
    }

    /// Somebody subscribes to the topic.
    pub fn is_subscribed_to(&self, topic: &Topic) -> bool {
        self.members.values().any(|member| self.subscribes(member, topic))
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

/// The epoch of a member that is gone. Kafka: `LEAVE_GROUP_MEMBER_EPOCH`.
const LEAVE_EPOCH: i32 = -1;
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
fn told(member: &Member) -> (&Option<String>, &SortedSet<Topic>, &str, i32, &Option<String>, &str) {
    let Member { instance_id, subscribed_topic_names, rebalance_timeout_ms, server_assignor, client_id, .. } = member;
    let expression = &member.subscribed_topic_regex;
    (instance_id, subscribed_topic_names, expression, *rebalance_timeout_ms, server_assignor, client_id)
}

fn without_epochs(epochs: &Epochs) -> Target {
    epochs.iter().map(|(topic, numbers)| (*topic, numbers.keys().copied().collect())).collect()
}

#[cfg(test)]
mod tests;
