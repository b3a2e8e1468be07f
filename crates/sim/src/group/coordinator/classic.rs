//! A classic group: its members, their protocols, its leader, its state. Kafka 4.3: `ClassicGroup`, `ClassicGroupMember`,
//! `ClassicGroupState`.

use super::super::error::GroupError;
use super::super::java_map::JavaMap;
use super::super::message::{CONSUMER, JoinedMember, OffsetCommit, Opaque};
use super::super::protocol::Subscription;
use super::super::records::{GroupMember, GroupMetadata, Key, Kind, Part, Record, Value};
use super::{Context, Deadline};
use crate::ids::{MessageId, Topic};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;

/// Where a group is. Kafka: `ClassicGroupState`; what is dead is not kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has no members.
    Empty,
    /// It waits for its members to join.
    PreparingRebalance,
    /// It waits for the leader's assignment.
    CompletingRebalance,
    /// All have their assignments.
    Stable,
}

impl State {
    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::PreparingRebalance => "PreparingRebalance",
            State::CompletingRebalance => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicMember {
    /// Its member id.
    pub id: String,
    /// `group.instance.id`, if it is a static member.
    pub instance_id: Option<String>,
    /// `client.id` of the request with which it came.
    pub client_id: String,
    /// Where that came from.
    pub client_host: String,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout_ms: i32,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// Its protocols in the order of its preference.
    pub protocols: Vec<(String, Opaque)>,
    /// Its assignment.
    pub assignment: Opaque,
    /// The `JoinGroup` that waits for the others.
    pub awaiting_join: Option<MessageId>,
    /// The `SyncGroup` that waits for the leader's.
    pub awaiting_sync: Option<MessageId>,
    /// It has not been in a generation yet.
    pub is_new: bool,
    /// When it is gone unless it is heard of.
    pub heartbeat: Option<Deadline>,
}

impl ClassicMember {
    /// What it says in a protocol.
    pub fn metadata(&self, protocol: &str) -> Option<&Opaque> {
        self.protocols.iter().find(|(name, _)| name == protocol).map(|(_, metadata)| metadata)
    }

    /// Kafka: `hasSatisfiedHeartbeat`.
    pub(super) fn has_satisfied_heartbeat(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }
}

/// What happens when a group has waited for its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinTimer {
    /// The first members came; a window of the initial delay ends. In ms: how long it was, and how much is left of the
    /// longest delay.
    Initial { delay_ms: i32, remaining_ms: i32 },
    /// The rebalance timeout ran out.
    Rebalance,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicGroup {
    /// `group.id`.
    pub id: String,
    /// Where it is.
    pub state: State,
    /// Where it was before.
    pub previous_state: Option<State>,
    /// Since when it is there.
    pub state_since: SimTime,
    /// The type of its protocols; none if it never had a member.
    pub protocol_type: Option<String>,
    /// The chosen protocol.
    pub protocol: Option<String>,
    /// Its generation; 0 before the first.
    pub generation: i32,
    /// Its leader's member id.
    pub leader: Option<String>,
    /// Its members, by id.
    pub members: JavaMap<ClassicMember>,
    /// The member ids of its static members, by `group.instance.id`.
    pub static_members: SortedMap<String, String>,
    /// The topics that somebody subscribes to; none if that is not known.
    pub subscribed_topics: Option<SortedSet<Topic>>,
    pub(super) pending_join: SortedMap<String, Deadline>,
    pub(super) pending_sync: SortedSet<String>,
    /// How many members have each protocol.
    protocols: Vec<(String, usize)>,
    pub(super) new_member_added: bool,
    pub(super) join_timer: Option<(Deadline, JoinTimer)>,
    pub(super) sync_timer: Option<(Deadline, i32)>,
}

impl ClassicGroup {
    /// A group without members.
    pub(super) fn new(id: String, now: SimTime) -> ClassicGroup {
        ClassicGroup {
            id,
            state: State::Empty,
            previous_state: None,
            state_since: now,
            protocol_type: None,
            protocol: None,
            generation: 0,
            leader: None,
            members: JavaMap::default(),
            static_members: SortedMap::new(),
            subscribed_topics: None,
            pending_join: SortedMap::new(),
            pending_sync: SortedSet::new(),
            protocols: Vec::new(),
            new_member_added: false,
            join_timer: None,
            sync_timer: None,
        }
    }

    /// The member leads the group.
    pub fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    /// Its protocols are those of consumers.
    pub fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER)
    }

    /// Somebody subscribes to the topic, as far as the coordinator knows. Kafka: `isSubscribedToTopic`.
    pub fn is_subscribed_to(&self, topic: &Topic) -> bool {
        match &self.subscribed_topics {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    pub(super) fn add(&mut self, member: ClassicMember, protocol_type: &str) {
        if let Some(instance) = &member.instance_id {
            self.static_members.insert(instance.clone(), member.id.clone());
        }
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type.to_owned());
        }
        if self.leader.is_none() {
            self.leader = Some(member.id.clone());
        }
        self.count(&member.protocols, true);
        self.pending_join.remove(&member.id);
        self.members.insert(member.id.clone(), member);
    }

    /// Takes a member out; the next in the order of the table leads if it led. Kafka: `remove`.
    pub(super) fn remove(&mut self, member_id: &str) -> Option<ClassicMember> {
        let removed = self.members.remove(member_id);
        if let Some(member) = &removed {
            self.count(&member.protocols, false);
            if let Some(instance) = &member.instance_id {
                self.static_members.remove(instance);
            }
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.pending_join.remove(member_id);
        self.pending_sync.remove(member_id);
        removed
    }

    /// Gives a static member's place to a new member id. Kafka: `replaceStaticMember`.
    pub(super) fn replace_static(&mut self, old: &str, new: &str) -> Option<ClassicMember> {
        let old_member = self.members.remove(old)?;
        let mut member = old_member.clone();
        new.clone_into(&mut member.id);
        member.awaiting_join = None;
        member.awaiting_sync = None;
        member.is_new = false;
        member.heartbeat = None;
        if let Some(instance) = &member.instance_id {
            self.static_members.insert(instance.clone(), new.to_owned());
        }
        self.members.insert(new.to_owned(), member);
        if self.is_leader(old) {
            self.leader = Some(new.to_owned());
        }
        Some(old_member)
    }

    /// Changes what a member says of itself. Kafka: `updateMember`.
    pub(super) fn update(
        &mut self,
        member_id: &str,
        protocols: &[(String, Opaque)],
        timeouts_ms: (i32, i32),
        join: Option<MessageId>,
    ) {
        let Some(member) = self.members.get_mut(member_id) else { return };
        let before = std::mem::replace(&mut member.protocols, protocols.to_vec());
        (member.rebalance_timeout_ms, member.session_timeout_ms) = timeouts_ms;
        member.awaiting_join = join;
        self.count(&before, false);
        self.count(protocols, true);
    }

    fn count(&mut self, protocols: &[(String, Opaque)], more: bool) {
        for (name, _) in protocols {
            match self.protocols.iter_mut().find(|(there, _)| there == name) {
                Some((_, count)) if more => *count = count.saturating_add(1),
                Some((_, count)) => *count = count.saturating_sub(1),
                None => self.protocols.push((name.clone(), usize::from(more))),
            }
        }
    }

    fn is_candidate(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|(name, count)| name == protocol && *count == self.members.len())
    }

    /// Somebody with these protocols could be a member. Kafka: `supportsProtocols`.
    pub(super) fn supports(&self, protocol_type: &str, protocols: &[(String, Opaque)]) -> bool {
        if self.state == State::Empty {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(protocol_type)
            && protocols.iter().any(|(name, _)| self.is_candidate(name))
    }

    /// The protocol with the most votes; each member votes for the first of its own that all have. Of equal ones the
    /// first in the order of Java's table. Kafka: `selectProtocol`.
    pub(super) fn select_protocol(&self) -> Option<String> {
        let mut votes: JavaMap<usize> = JavaMap::default();
        for member in self.members.values() {
            if let Some((vote, _)) = member.protocols.iter().find(|(name, _)| self.is_candidate(name)) {
                match votes.get_mut(vote) {
                    Some(count) => *count = count.saturating_add(1),
                    None => {
                        votes.insert(vote.clone(), 1);
                    }
                }
            }
        }
        let most = votes.values().copied().max()?;
        votes.iter().find(|(_, count)| **count == most).map(|(name, _)| name.clone())
    }

    /// The longest that a member may take to join again, in ms.
    pub fn rebalance_timeout_ms(&self) -> i32 {
        self.members.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0)
    }

    /// How many members wait for the others.
    pub(super) fn awaiting_join(&self) -> usize {
        self.members.values().filter(|member| member.awaiting_join.is_some()).count()
    }

    pub(super) fn has_all_members_joined(&self) -> bool {
        self.pending_join.is_empty() && self.awaiting_join() == self.members.len()
    }

    /// Kafka: `validateMember`.
    pub(super) fn validate_member(&self, member_id: &str, instance_id: Option<&str>) -> Result<(), GroupError> {
        if let Some(instance) = instance_id {
            match self.static_members.get(instance) {
                None => return Err(GroupError::UnknownMemberId),
                Some(there) if there != member_id => return Err(GroupError::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(member_id) { Ok(()) } else { Err(GroupError::UnknownMemberId) }
    }

    /// Kafka: `validateOffsetCommit`, and that a commit shows that the member lives.
    pub(super) fn validate_commit(
        &mut self,
        request: &OffsetCommit,
        transactional: bool,
        context: &mut Context<'_>,
    ) -> Result<(), GroupError> {
        if request.generation < 0 && self.state == State::Empty {
            return Ok(());
        }
        if request.generation >= 0 || !request.member_id.is_empty() || request.instance_id.is_some() {
            self.validate_member(&request.member_id, request.instance_id.as_deref())?;
            if request.generation != self.generation {
                return Err(GroupError::IllegalGeneration);
            }
        } else if !transactional && self.state != State::Empty {
            return Err(GroupError::UnknownMemberId);
        }
        if !transactional && self.state == State::CompletingRebalance {
            return Err(GroupError::RebalanceInProgress);
        }
        if !transactional && matches!(self.state, State::Stable | State::PreparingRebalance) {
            self.heard_of(&request.member_id, context);
        }
        Ok(())
    }

    /// A member's session begins anew. Kafka: `rescheduleClassicGroupMemberHeartbeat`.
    pub(super) fn heard_of(&mut self, member_id: &str, context: &mut Context<'_>) {
        if let Some(member) = self.members.get_mut(member_id) {
            member.heartbeat = Some(context.after_ms(member.session_timeout_ms));
        }
    }

    pub(super) fn go_to(&mut self, state: State, now: SimTime) {
        self.previous_state = Some(self.state);
        self.state = state;
        self.state_since = now;
    }

    /// Kafka: `initNextGeneration`.
    pub(super) fn init_next_generation(&mut self, now: SimTime) {
        self.generation = self.generation.saturating_add(1);
        self.protocol = self.select_protocol();
        self.subscribed_topics = self.compute_subscribed_topics();
        let state = if self.members.is_empty() { State::Empty } else { State::CompletingRebalance };
        self.go_to(state, now);
        self.pending_sync.clear();
    }

    pub(super) fn compute_subscribed_topics(&self) -> Option<SortedSet<Topic>> {
        if !self.uses_consumer_protocol() {
            return None;
        }
        if self.members.is_empty() {
            return Some(SortedSet::new());
        }
        let protocol = self.protocol.as_ref()?;
        let mut topics = SortedSet::new();
        for member in self.members.values() {
            for topic in Subscription::decode(member.metadata(protocol)?).ok()?.topics {
                topics.insert(topic);
            }
        }
        Some(topics)
    }

    /// Every member with what it says in the chosen protocol. Kafka: `currentClassicGroupMembers`.
    pub(super) fn joined_members(&self) -> Vec<JoinedMember> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let member = |member: &ClassicMember| JoinedMember {
            member_id: member.id.clone(),
            instance_id: member.instance_id.clone(),
            metadata: member.metadata(protocol).cloned().unwrap_or_default(),
        };
        self.members.values().map(member).collect()
    }

    /// The group as a record. Kafka: `newGroupMetadataRecord`.
    pub(super) fn record(&self) -> Record {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let member = |member: &ClassicMember| GroupMember {
            member_id: member.id.clone(),
            group_instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            session_timeout_ms: member.session_timeout_ms,
            subscription: member.metadata(protocol).map(|metadata| metadata.to_vec()).unwrap_or_default(),
            assignment: member.assignment.to_vec(),
        };
        self.record_of(GroupMetadata {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_since.timestamp_ms(),
            members: self.members.values().map(member).collect(),
        })
    }

    /// The group as a record before its first generation. Kafka: `newEmptyGroupMetadataRecord`.
    pub(super) fn empty_record(&self) -> Record {
        let current_state_timestamp = self.state_since.timestamp_ms();
        self.record_of(GroupMetadata { current_state_timestamp, ..GroupMetadata::default() })
    }

    fn record_of(&self, metadata: GroupMetadata) -> Record {
        let key = Key { kind: Kind::GroupMetadata, group: self.id.clone(), part: Part::Group };
        Record { key, value: Some(Value::GroupMetadata(metadata)) }
    }

    /// What is due first.
    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        let members = self.members.values().filter_map(|member| member.heartbeat);
        let timers = [self.join_timer.map(|(at, _)| at), self.sync_timer.map(|(at, _)| at)];
        members.chain(self.pending_join.values().copied()).chain(timers.into_iter().flatten()).min()
    }
}
