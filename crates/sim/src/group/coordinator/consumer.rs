//! Groups by the consumer protocol among the coordinator's groups. Kafka 4.3: `GroupMetadataManager.consumerGroupHeartbeat`,
//! `getOrMaybeCreateConsumerGroup`, `createGroupTombstoneRecords`.
//!
//! Differs from Kafka: no group changes its protocol while it has members (`group.consumer.migration.policy`).

use std::rc::Rc;

use super::super::assignor::TopicPartitions;
use super::super::consumer_group::{ConsumerGroup, HeartbeatRequest, HeartbeatResponse};
use super::super::error::GroupError;
use super::super::records::{Key, Kind, Part, Record};
use super::classic::State;
use super::{Context, GroupCoordinator};

impl GroupCoordinator {
    /// A group by the consumer protocol.
    pub fn consumer_group(&self, id: &str) -> Option<&ConsumerGroup> {
        self.consumer_groups.get(id)
    }

    /// The groups by the consumer protocol, by id.
    pub fn consumer_groups(&self) -> impl Iterator<Item = &ConsumerGroup> {
        self.consumer_groups.values()
    }

    /// What the broker knows of topics now, and in which version of its metadata. Kafka: `onNewMetadataImage`.
    pub fn set_topics(&mut self, topics: &[TopicPartitions], version: u64) {
        self.version.now = version;
        if topics.iter().any(|topic| !self.topics.iter().any(|known| known.id == topic.id)) {
            self.version.with_new_topics = version;
        }
        if *self.topics != *topics {
            self.topics = topics.into();
        }
    }

    pub(super) fn consumer_group_heartbeat(
        &mut self,
        request: &HeartbeatRequest,
        context: &mut Context<'_>,
    ) -> Result<HeartbeatResponse, GroupError> {
        if request.group.is_empty() {
            return Err(GroupError::InvalidGroupId);
        }
        if self.share_groups.contains_key(&request.group) {
            return Err(GroupError::GroupIdNotFound);
        }
        if let Some(group) = self.groups.get(&request.group) {
            if group.state != State::Empty || request.member_epoch != 0 {
                return Err(GroupError::GroupIdNotFound);
            }
            self.remove(&request.group, context);
        }
        if request.member_epoch != 0 && !self.consumer_groups.contains_key(&request.group) {
            return Err(GroupError::GroupIdNotFound);
        }
        let config = &self.config.consumer;
        let new = || ConsumerGroup::new(request.group.clone(), config.clone());
        let topics = Rc::clone(&self.topics);
        let group = self.consumer_groups.get_or_insert_with(request.group.clone(), new);
        let joins = request.member_epoch == 0 && !group.members.contains_key(&request.member_id);
        if joins && group.members.len() >= context.config.max_size {
            return Err(GroupError::GroupMaxSizeReached);
        }
        group.version = self.version;
        group.heartbeat(context.now, request, &topics, context.out)
    }

    /// A classic member comes: a group by the consumer protocol makes room if it has no members.
    pub(super) fn make_room_for_classic(&mut self, id: &str, context: &mut Context<'_>) -> Result<(), GroupError> {
        match self.consumer_groups.get(id) {
            None if self.share_groups.contains_key(id) => Err(GroupError::InconsistentGroupProtocol),
            None => Ok(()),
            Some(group) if group.members.is_empty() => {
                self.remove_consumer_group(id, context);
                Ok(())
            }
            Some(_) => Err(GroupError::InconsistentGroupProtocol),
        }
    }

    pub(super) fn remove_consumer_group(&mut self, id: &str, context: &mut Context<'_>) {
        self.consumer_groups.remove(id);
        for kind in [
            Kind::ConsumerGroupTargetAssignmentMetadata,
            Kind::ConsumerGroupPartitionMetadata,
            Kind::ConsumerGroupMetadata,
        ] {
            let key = Key { kind, group: id.to_owned(), part: Part::Group };
            context.out.records.push(Record { key, value: None });
        }
    }

    /// Offsets that are too old are forgotten, and groups that have neither members nor offsets.
    pub(super) fn clean_up_consumer_groups(&mut self, context: &mut Context<'_>) {
        let mut gone = Vec::new();
        for (id, group) in &self.consumer_groups {
            if self.offsets.expire_of_consumer_group(group, context) && group.members.is_empty() {
                gone.push(id.clone());
            }
        }
        for id in gone {
            self.remove_consumer_group(&id, context);
        }
    }
}
