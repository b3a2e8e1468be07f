//! A coordinator that reads its groups from the log, and one that gives them up. Kafka 4.3: `GroupMetadataManager.replay`,
//! `onLoaded`, `OffsetMetadataManager.replay`.
//!
//! Differs from Kafka: offsets of a transaction that has not ended are not read.

use super::super::consumer_group::ConsumerGroup;
use super::super::records::{GroupMetadata, Key, Kind, Part, Record, Value};
use super::super::share::share_group::ShareGroup;
use super::classic::{ClassicGroup, ClassicMember, State};
use super::offsets::Committed;
use super::{Context, GroupCoordinator, Outcome};
use crate::time::SimTime;
use std::rc::Rc;

impl GroupCoordinator {
    /// Takes over what a record says.
    pub fn replay(&mut self, now: SimTime, record: &Record) {
        let Record { key: Key { kind, group, part }, value } = record;
        if kind.is_of_consumer_group() {
            return self.replay_consumer_group(record);
        }
        if kind.is_of_share_group() {
            return self.replay_share_group(now, record);
        }
        match (kind, part, value) {
            (Kind::GroupMetadata, _, None) => {
                self.groups.remove(group);
            }
            (Kind::GroupMetadata, _, Some(Value::GroupMetadata(metadata))) => {
                self.groups.insert(group.clone(), loaded(group, metadata, now));
            }
            (Kind::OffsetCommit, Part::Partition(topic, partition), None) => {
                self.offsets.remove(group, topic, *partition);
            }
            (Kind::OffsetCommit, Part::Partition(topic, partition), Some(Value::OffsetCommit(commit))) => {
                if !self.consumer_groups.contains_key(group) {
                    self.groups.get_or_insert_with(group.clone(), || ClassicGroup::new(group.clone(), now));
                }
                let offset = Committed {
                    topic: topic.clone(),
                    partition: *partition,
                    offset: commit.offset,
                    leader_epoch: commit.leader_epoch,
                    metadata: commit.metadata.clone(),
                    timestamp_ms: commit.commit_timestamp,
                    topic_id: commit.topic_id,
                };
                self.offsets.put(group, offset);
            }
            _ => {}
        }
    }

    /// Kafka: `getOrMaybeCreatePersistedConsumerGroup`, and what each kind of record means.
    fn replay_consumer_group(&mut self, record: &Record) {
        let Record { key: Key { kind, group: id, .. }, value } = record;
        if value.is_none() && *kind == Kind::ConsumerGroupMetadata {
            self.consumer_groups.remove(id);
            return;
        }
        if value.is_some() && !self.consumer_groups.contains_key(id) {
            // A group that had only offsets so far.
            self.groups.remove(id);
            self.consumer_groups.insert(id.clone(), ConsumerGroup::new(id.clone(), self.config.consumer.clone()));
        }
        if let Some(group) = self.consumer_groups.get_mut(id) {
            group.replay(record);
        }
    }

    /// Kafka: `getOrMaybeCreatePersistedShareGroup`, and what each kind of record means.
    fn replay_share_group(&mut self, now: SimTime, record: &Record) {
        let Record { key: Key { kind, group: id, .. }, value } = record;
        if value.is_none() && *kind == Kind::ShareGroupMetadata {
            self.share_groups.remove(id);
            return;
        }
        if value.is_some() && !self.share_groups.contains_key(id) {
            self.share_groups.insert(id.clone(), ShareGroup::new(id.clone(), self.config.share.clone()));
        }
        if let Some(group) = self.share_groups.get_mut(id) {
            group.replay(now, record);
        }
    }

    /// All is read: the sessions of all members begin anew.
    pub fn on_loaded(&mut self, now: SimTime) {
        let config = Rc::clone(&self.config);
        let (mut scheduled, mut out) = (self.scheduled, Outcome::default());
        let mut context = Context { now, config: &config, scheduled: &mut scheduled, out: &mut out };
        for group in self.groups.values_mut() {
            let members: Vec<String> = group.members.keys().cloned().collect();
            for member_id in members {
                group.heard_of(&member_id, &mut context);
            }
        }
        for group in self.consumer_groups.values_mut() {
            group.on_loaded(now);
        }
        let topics = Rc::clone(&self.topics);
        for group in self.share_groups.values_mut() {
            group.on_loaded(now, &topics);
        }
        self.scheduled = scheduled;
    }
}

/// A group as its record has it.
fn loaded(id: &str, metadata: &GroupMetadata, now: SimTime) -> ClassicGroup {
    let mut group = ClassicGroup::new(id.to_owned(), now);
    for member in &metadata.members {
        let protocol = metadata.protocol.clone().unwrap_or_default();
        let member = ClassicMember {
            id: member.member_id.clone(),
            instance_id: member.group_instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            session_timeout_ms: member.session_timeout_ms,
            protocols: vec![(protocol, member.subscription.clone().into())],
            assignment: member.assignment.clone().into(),
            awaiting_join: None,
            awaiting_sync: None,
            is_new: false,
            heartbeat: None,
        };
        group.add(member, &metadata.protocol_type);
    }
    group.protocol_type = Some(metadata.protocol_type.clone()).filter(|protocol| !protocol.is_empty());
    group.generation = metadata.generation;
    group.protocol.clone_from(&metadata.protocol);
    group.leader.clone_from(&metadata.leader);
    group.subscribed_topics = group.compute_subscribed_topics();
    group.state = if group.members.is_empty() { State::Empty } else { State::Stable };
    if let Ok(since) = u64::try_from(metadata.current_state_timestamp.saturating_sub(SimTime::ZERO.timestamp_ms())) {
        group.state_since = SimTime::from_ms(since);
    }
    group
}
