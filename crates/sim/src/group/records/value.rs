//! What the records of `__consumer_offsets` say. Kafka 4.3: the messages of `group-coordinator`.

use super::super::wire::{Wire, WireError};
use crate::ids::{Topic, TopicId};

/// What a group has committed for a partition. Kafka: `OffsetCommitValue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetCommit {
    /// The next offset to read.
    pub offset: i64,
    /// The leader epoch of the last record that was read; -1 if not known.
    pub leader_epoch: i32,
    /// What the client wants to be kept with it.
    pub metadata: String,
    /// When it was committed, in ms since the epoch.
    pub commit_timestamp: i64,
    /// When it expires, in ms since the epoch, as old clients may say; -1 for the broker's own retention.
    pub expire_timestamp: i64,
    /// The topic's id; 0 if not known.
    pub topic_id: TopicId,
}

impl Default for OffsetCommit {
    fn default() -> Self {
        OffsetCommit {
            offset: 0,
            leader_epoch: -1,
            metadata: String::new(),
            commit_timestamp: 0,
            expire_timestamp: -1,
            topic_id: TopicId::default(),
        }
    }
}

impl OffsetCommit {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>, version: i16) -> Result<(), WireError> {
        wire.i64(&mut self.offset)?;
        if version >= 3 {
            wire.i32(&mut self.leader_epoch)?;
        }
        wire.string(&mut self.metadata)?;
        wire.i64(&mut self.commit_timestamp)?;
        if version == 1 {
            wire.i64(&mut self.expire_timestamp)?;
        }
        wire.tags(self.topic_id != TopicId::default(), &mut |field| field.uuid(&mut self.topic_id))
    }
}

/// A generation of a classic group. Kafka: `GroupMetadataValue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    /// `consumer`, or nothing while the group is empty.
    pub protocol_type: String,
    /// Its generation.
    pub generation: i32,
    /// The chosen protocol: an assignor's name.
    pub protocol: Option<String>,
    /// The member id of the leader.
    pub leader: Option<String>,
    /// Since when it is in its state, in ms since the epoch; -1 if not known.
    pub current_state_timestamp: i64,
    /// Its members.
    pub members: Vec<GroupMember>,
}

impl Default for GroupMetadata {
    fn default() -> Self {
        GroupMetadata {
            protocol_type: String::new(),
            generation: 0,
            protocol: None,
            leader: None,
            current_state_timestamp: -1,
            members: Vec::new(),
        }
    }
}

/// A member of a classic group. Kafka: `GroupMetadataValue.MemberMetadata`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its member id.
    pub member_id: String,
    /// `group.instance.id`, if it is a static member.
    pub group_instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Its address.
    pub client_host: String,
    /// `max.poll.interval.ms`; -1 if not known.
    pub rebalance_timeout_ms: i32,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// Its subscription, as the protocol's bytes.
    pub subscription: Vec<u8>,
    /// Its assignment, as the protocol's bytes.
    pub assignment: Vec<u8>,
}

impl Default for GroupMember {
    fn default() -> Self {
        GroupMember {
            member_id: String::new(),
            group_instance_id: None,
            client_id: String::new(),
            client_host: String::new(),
            rebalance_timeout_ms: -1,
            session_timeout_ms: 0,
            subscription: Vec::new(),
            assignment: Vec::new(),
        }
    }
}

impl GroupMetadata {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>, version: i16) -> Result<(), WireError> {
        wire.string(&mut self.protocol_type)?;
        wire.i32(&mut self.generation)?;
        wire.nullable_string(&mut self.protocol)?;
        wire.nullable_string(&mut self.leader)?;
        if version >= 2 {
            wire.i64(&mut self.current_state_timestamp)?;
        }
        wire.list(&mut self.members, |member, wire| member.fields(wire, version))?;
        wire.no_tags()
    }
}

impl GroupMember {
    fn fields(&mut self, wire: &mut Wire<'_>, version: i16) -> Result<(), WireError> {
        wire.string(&mut self.member_id)?;
        if version >= 3 {
            wire.nullable_string(&mut self.group_instance_id)?;
        }
        wire.string(&mut self.client_id)?;
        wire.string(&mut self.client_host)?;
        if version >= 1 {
            wire.i32(&mut self.rebalance_timeout_ms)?;
        }
        wire.i32(&mut self.session_timeout_ms)?;
        wire.bytes(&mut self.subscription)?;
        wire.bytes(&mut self.assignment)?;
        wire.no_tags()
    }
}

/// The epoch of a group. Kafka: `ConsumerGroupMetadataValue`, `ShareGroupMetadataValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epoch {
    /// The group epoch.
    pub epoch: i32,
    /// A hash of what is known of its topics.
    pub metadata_hash: i64,
}

impl Epoch {
    /// A share group's hash is no tagged field.
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>, is_share: bool) -> Result<(), WireError> {
        wire.i32(&mut self.epoch)?;
        if is_share {
            wire.i64(&mut self.metadata_hash)?;
            return wire.no_tags();
        }
        wire.tags(self.metadata_hash != 0, &mut |field| field.i64(&mut self.metadata_hash))
    }
}

/// The topics of a group, before 4.1. Kafka: `ConsumerGroupPartitionMetadataValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// The topics.
    pub topics: Vec<TopicMetadata>,
}

/// A topic of a group. Kafka: `ConsumerGroupPartitionMetadataValue.TopicMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicMetadata {
    /// Its id.
    pub topic_id: TopicId,
    /// Its name.
    pub topic: Topic,
    /// How many partitions it has.
    pub partitions: i32,
    /// The racks of partitions, where they were known.
    pub racks: Vec<(i32, Vec<String>)>,
}

impl PartitionMetadata {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.list(&mut self.topics, |topic, wire| {
            wire.uuid(&mut topic.topic_id)?;
            wire.topic(&mut topic.topic)?;
            wire.i32(&mut topic.partitions)?;
            wire.list(&mut topic.racks, |(partition, racks), wire| {
                wire.i32(partition)?;
                wire.list(racks, |rack, wire| wire.string(rack))?;
                wire.no_tags()
            })?;
            wire.no_tags()
        })?;
        wire.no_tags()
    }
}

/// A member. Kafka: `ConsumerGroupMemberMetadataValue`, and `ShareGroupMemberMetadataValue`, which has fewer fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `group.instance.id`, if it is a static member. Not in share groups.
    pub instance_id: Option<String>,
    /// `client.rack`.
    pub rack_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Its address.
    pub client_host: String,
    /// The topics that it subscribes to.
    pub subscribed_topic_names: Vec<Topic>,
    /// The regular expression that it subscribes to. Not in share groups.
    pub subscribed_topic_regex: Option<String>,
    /// `max.poll.interval.ms`; -1 if not known. Not in share groups.
    pub rebalance_timeout_ms: i32,
    /// `group.remote.assignor`. Not in share groups.
    pub server_assignor: Option<String>,
    /// What it says as a member by the classic protocol; none if it is none. Not in share groups.
    pub classic: Option<ClassicMember>,
}

/// A member of a consumer group that speaks the classic protocol. Kafka: `ClassicMemberMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicMember {
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// Its protocols by name, with its subscription as their bytes.
    pub supported_protocols: Vec<(String, Vec<u8>)>,
}

impl Default for Member {
    fn default() -> Self {
        Member {
            instance_id: None,
            rack_id: None,
            client_id: String::new(),
            client_host: String::new(),
            subscribed_topic_names: Vec::new(),
            subscribed_topic_regex: None,
            rebalance_timeout_ms: -1,
            server_assignor: None,
            classic: None,
        }
    }
}

impl Member {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>, is_share: bool) -> Result<(), WireError> {
        if !is_share {
            wire.nullable_string(&mut self.instance_id)?;
        }
        wire.nullable_string(&mut self.rack_id)?;
        wire.string(&mut self.client_id)?;
        wire.string(&mut self.client_host)?;
        wire.list(&mut self.subscribed_topic_names, |topic, wire| wire.topic(topic))?;
        if is_share {
            return wire.no_tags();
        }
        wire.nullable_string(&mut self.subscribed_topic_regex)?;
        wire.i32(&mut self.rebalance_timeout_ms)?;
        wire.nullable_string(&mut self.server_assignor)?;
        // Kafka's default is an empty structure, so that null must be said.
        let present = self.classic != Some(ClassicMember::default());
        wire.tags(present, &mut |field| {
            self.classic = if field.presence(self.classic.is_some())? {
                let mut classic = self.classic.take().unwrap_or_default();
                classic.fields(field)?;
                Some(classic)
            } else {
                None
            };
            Ok(())
        })
    }

    /// What a record says that has no tagged field.
    pub(super) fn untold() -> Member {
        Member { classic: Some(ClassicMember::default()), ..Member::default() }
    }
}

impl ClassicMember {
    fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.i32(&mut self.session_timeout_ms)?;
        wire.list(&mut self.supported_protocols, |(name, metadata), wire| {
            wire.string(name)?;
            wire.bytes(metadata)?;
            wire.no_tags()
        })?;
        wire.no_tags()
    }
}

/// The epoch of a group's target assignment. Kafka: `ConsumerGroupTargetAssignmentMetadataValue` and
/// `ShareGroupTargetAssignmentMetadataValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetEpoch {
    /// The group epoch for which it was computed.
    pub assignment_epoch: i32,
    /// When it was computed, in ms since the epoch; 0 if not known.
    pub assignment_timestamp: i64,
}

impl TargetEpoch {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.i32(&mut self.assignment_epoch)?;
        wire.tags(self.assignment_timestamp != 0, &mut |field| field.i64(&mut self.assignment_timestamp))
    }
}

/// Partitions of a topic by its id. Kafka: `TopicPartitions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partitions {
    /// The topic.
    pub topic_id: TopicId,
    /// The partitions, in Kafka's order.
    pub partitions: Vec<i32>,
    /// The epochs in which they were assigned, one a partition; only what members of a consumer group have has them.
    pub assignment_epochs: Option<Vec<i32>>,
}

/// What a member is to have. Kafka: `ConsumerGroupTargetAssignmentMemberValue` and `ShareGroupTargetAssignmentMemberValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetAssignment {
    /// The partitions. Their epochs are not said here.
    pub topic_partitions: Vec<Partitions>,
}

impl TargetAssignment {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.list(&mut self.topic_partitions, Partitions::fields)?;
        wire.no_tags()
    }
}

impl Partitions {
    fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.uuid(&mut self.topic_id)?;
        wire.list(&mut self.partitions, |partition, wire| wire.i32(partition))?;
        wire.no_tags()
    }

    fn fields_with_epochs(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.uuid(&mut self.topic_id)?;
        wire.list(&mut self.partitions, |partition, wire| wire.i32(partition))?;
        // Kafka's default is an empty list, so that null must be said.
        let present = self.assignment_epochs.as_ref().is_none_or(|epochs| !epochs.is_empty());
        // Read: what is not said is empty.
        let mut epochs = if present { self.assignment_epochs.take() } else { Some(Vec::new()) };
        let mut told = false;
        wire.tags(present, &mut |field| {
            told = true;
            field.nullable_numbers(&mut epochs)
        })?;
        self.assignment_epochs = if told { epochs } else { Some(Vec::new()) };
        Ok(())
    }
}

/// What a member has. Kafka: `ConsumerGroupCurrentMemberAssignmentValue`, and `ShareGroupCurrentMemberAssignmentValue`,
/// which has fewer fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentAssignment {
    /// The member epoch.
    pub member_epoch: i32,
    /// The member epoch before.
    pub previous_member_epoch: i32,
    /// Kafka: `MemberState.value()`.
    pub state: i8,
    /// The partitions that it has.
    pub assigned_partitions: Vec<Partitions>,
    /// The partitions that it must give up. Not in share groups.
    pub partitions_pending_revocation: Vec<Partitions>,
}

impl CurrentAssignment {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>, is_share: bool) -> Result<(), WireError> {
        wire.i32(&mut self.member_epoch)?;
        wire.i32(&mut self.previous_member_epoch)?;
        wire.i8(&mut self.state)?;
        if is_share {
            wire.list(&mut self.assigned_partitions, Partitions::fields)?;
        } else {
            wire.list(&mut self.assigned_partitions, Partitions::fields_with_epochs)?;
            wire.list(&mut self.partitions_pending_revocation, Partitions::fields_with_epochs)?;
        }
        wire.no_tags()
    }
}

/// The topics that a regular expression stood for. Kafka: `ConsumerGroupRegularExpressionValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegularExpression {
    /// The topics.
    pub topics: Vec<Topic>,
    /// The version of the cluster's metadata.
    pub version: i64,
    /// When it was looked at, in ms since the epoch.
    pub timestamp: i64,
}

impl RegularExpression {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.list(&mut self.topics, |topic, wire| wire.topic(topic))?;
        wire.i64(&mut self.version)?;
        wire.i64(&mut self.timestamp)?;
        wire.no_tags()
    }
}

/// Which partitions of a share group have their state. Kafka: `ShareGroupStatePartitionMetadataValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatePartitions {
    /// Those that are to get it.
    pub initializing_topics: Vec<ShareTopic>,
    /// Those that have it.
    pub initialized_topics: Vec<ShareTopic>,
    /// Topics whose state is to go, by id and name.
    pub deleting_topics: Vec<(TopicId, Topic)>,
}

/// Partitions of a topic. Kafka: `TopicPartitionsInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareTopic {
    /// The topic's id.
    pub topic_id: TopicId,
    /// Its name.
    pub topic: Topic,
    /// The partitions.
    pub partitions: Vec<i32>,
}

impl StatePartitions {
    pub(super) fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.list(&mut self.initializing_topics, ShareTopic::fields)?;
        wire.list(&mut self.initialized_topics, ShareTopic::fields)?;
        wire.list(&mut self.deleting_topics, |(id, topic), wire| {
            wire.uuid(id)?;
            wire.topic(topic)?;
            wire.no_tags()
        })?;
        wire.no_tags()
    }
}

impl ShareTopic {
    fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.uuid(&mut self.topic_id)?;
        wire.topic(&mut self.topic)?;
        wire.list(&mut self.partitions, |partition, wire| wire.i32(partition))?;
        wire.no_tags()
    }
}
