//! The records of `__consumer_offsets`, byte for byte. Kafka 4.3: `CoordinatorRecordSerde`, `CoordinatorRecordType` and the
//! messages of `group-coordinator`.
//!
//! A key says in two bytes what kind of record it is, a value in two bytes which version. A record without a value is a
//! tombstone: what its key names is gone, and compaction may forget it.
//! Differs from Kafka: no `LegacyOffsetCommit` (key type 0) and no streams groups; both are said to be unknown types.

mod layout;
mod value;

pub use layout::{FieldAt, key_fields, value_fields};
pub use value::{
    ClassicMember, CurrentAssignment, Epoch, GroupMember, GroupMetadata, Member, OffsetCommit, PartitionMetadata,
    Partitions, RegularExpression, ShareTopic, StatePartitions, TargetAssignment, TargetEpoch, TopicMetadata,
};

use super::wire::{Wire, WireError};
use crate::ids::Topic;

/// The greatest version of `OffsetCommitValue` and `GroupMetadataValue`. All other messages have one version, 0.
const VERSION_MAX: i16 = 4;
/// From here on these two are flexible; all others always are.
const FLEXIBLE_FROM: i16 = 4;
/// Which version of `GroupMetadataValue` is written. Kafka: `GROUP_METADATA_VALUE_VERSION`.
const GROUP_METADATA_VERSION: i16 = 3;

/// What kind of record it is. Kafka: `CoordinatorRecordType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A committed offset.
    OffsetCommit,
    /// A generation of a classic group.
    GroupMetadata,
    /// A consumer group's epoch.
    ConsumerGroupMetadata,
    /// A consumer group's topics; only its tombstone is written today.
    ConsumerGroupPartitionMetadata,
    /// A member of a consumer group.
    ConsumerGroupMemberMetadata,
    /// The epoch of a consumer group's target assignment.
    ConsumerGroupTargetAssignmentMetadata,
    /// What a member of a consumer group is to have.
    ConsumerGroupTargetAssignmentMember,
    /// What a member of a consumer group has.
    ConsumerGroupCurrentMemberAssignment,
    /// A member of a share group.
    ShareGroupMemberMetadata,
    /// A share group's epoch.
    ShareGroupMetadata,
    /// The epoch of a share group's target assignment.
    ShareGroupTargetAssignmentMetadata,
    /// What a member of a share group is to have.
    ShareGroupTargetAssignmentMember,
    /// What a member of a share group has.
    ShareGroupCurrentMemberAssignment,
    /// Which partitions of a share group have their state.
    ShareGroupStatePartitionMetadata,
    /// The topics that a regular expression stands for.
    ConsumerGroupRegularExpression,
}

impl Kind {
    /// All kinds, with their key types and Kafka's names.
    const ALL: [(Kind, i16, &'static str); 15] = [
        (Kind::OffsetCommit, 1, "OffsetCommit"),
        (Kind::GroupMetadata, 2, "GroupMetadata"),
        (Kind::ConsumerGroupMetadata, 3, "ConsumerGroupMetadata"),
        (Kind::ConsumerGroupPartitionMetadata, 4, "ConsumerGroupPartitionMetadata"),
        (Kind::ConsumerGroupMemberMetadata, 5, "ConsumerGroupMemberMetadata"),
        (Kind::ConsumerGroupTargetAssignmentMetadata, 6, "ConsumerGroupTargetAssignmentMetadata"),
        (Kind::ConsumerGroupTargetAssignmentMember, 7, "ConsumerGroupTargetAssignmentMember"),
        (Kind::ConsumerGroupCurrentMemberAssignment, 8, "ConsumerGroupCurrentMemberAssignment"),
        (Kind::ShareGroupMemberMetadata, 10, "ShareGroupMemberMetadata"),
        (Kind::ShareGroupMetadata, 11, "ShareGroupMetadata"),
        (Kind::ShareGroupTargetAssignmentMetadata, 12, "ShareGroupTargetAssignmentMetadata"),
        (Kind::ShareGroupTargetAssignmentMember, 13, "ShareGroupTargetAssignmentMember"),
        (Kind::ShareGroupCurrentMemberAssignment, 14, "ShareGroupCurrentMemberAssignment"),
        (Kind::ShareGroupStatePartitionMetadata, 15, "ShareGroupStatePartitionMetadata"),
        (Kind::ConsumerGroupRegularExpression, 16, "ConsumerGroupRegularExpression"),
    ];

    /// Its number in a key. Kafka: `CoordinatorRecordType.id()`.
    pub fn id(self) -> i16 {
        Kind::ALL.iter().find(|(kind, ..)| *kind == self).map_or(-1, |(_, id, _)| *id)
    }

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(.., name)| name)
    }

    /// The kind with that number.
    pub fn with_id(id: i16) -> Option<Kind> {
        Kind::ALL.iter().find(|(_, there, _)| *there == id).map(|(kind, ..)| *kind)
    }

    /// It is written about a group by the consumer protocol.
    pub fn is_of_consumer_group(self) -> bool {
        (Kind::ConsumerGroupMetadata..=Kind::ConsumerGroupCurrentMemberAssignment).contains(&self)
            || self == Kind::ConsumerGroupRegularExpression
    }

    /// It is written about a share group.
    pub fn is_of_share_group(self) -> bool {
        (Kind::ShareGroupMemberMetadata..=Kind::ShareGroupStatePartitionMetadata).contains(&self)
    }

    /// What its key names besides the group.
    fn part(self) -> Part {
        match self {
            Kind::OffsetCommit => Part::Partition("".into(), 0),
            Kind::ConsumerGroupMemberMetadata
            | Kind::ConsumerGroupTargetAssignmentMember
            | Kind::ConsumerGroupCurrentMemberAssignment
            | Kind::ShareGroupMemberMetadata
            | Kind::ShareGroupTargetAssignmentMember
            | Kind::ShareGroupCurrentMemberAssignment => Part::Member(String::new()),
            Kind::ConsumerGroupRegularExpression => Part::RegularExpression(String::new()),
            _ => Part::Group,
        }
    }
}

/// What a record is about within its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The group as a whole.
    Group,
    /// A member, by its id.
    Member(String),
    /// A regular expression that members subscribe to.
    RegularExpression(String),
    /// A partition of a topic.
    Partition(Topic, i32),
}

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// `group.id`.
    pub group: String,
    /// What in the group. Always of the form that the kind has.
    pub part: Part,
}

impl Key {
    /// The key's bytes.
    ///
    /// # Errors
    /// [`WireError::TooLong`] if a name is.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut wire = Wire::writer(false);
        wire.i16(&mut self.kind.id())?;
        self.clone().fields(&mut wire)?;
        Ok(wire.into_bytes())
    }

    /// The key with these bytes.
    ///
    /// # Errors
    /// [`WireError::UnknownType`] if there is no such kind of record, or what is wrong with a field.
    pub fn decode(bytes: &[u8]) -> Result<Key, WireError> {
        let mut wire = Wire::reader(bytes, false);
        let mut id = 0;
        wire.i16(&mut id)?;
        let kind = Kind::with_id(id).ok_or(WireError::UnknownType(id))?;
        let mut key = Key { kind, group: String::new(), part: kind.part() };
        key.fields(&mut wire)?;
        Ok(key)
    }

    fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        wire.string(&mut self.group)?;
        match &mut self.part {
            Part::Group => Ok(()),
            Part::Member(text) | Part::RegularExpression(text) => wire.string(text),
            Part::Partition(topic, partition) => {
                wire.topic(topic)?;
                wire.i32(partition)
            }
        }
    }
}

/// What a record says of what its key names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of [`Kind::OffsetCommit`].
    OffsetCommit(OffsetCommit),
    /// Of [`Kind::GroupMetadata`].
    GroupMetadata(GroupMetadata),
    /// Of [`Kind::ConsumerGroupMetadata`] and [`Kind::ShareGroupMetadata`].
    Epoch(Epoch),
    /// Of [`Kind::ConsumerGroupPartitionMetadata`].
    PartitionMetadata(PartitionMetadata),
    /// Of [`Kind::ConsumerGroupMemberMetadata`] and [`Kind::ShareGroupMemberMetadata`].
    Member(Member),
    /// Of [`Kind::ConsumerGroupTargetAssignmentMetadata`] and [`Kind::ShareGroupTargetAssignmentMetadata`].
    TargetEpoch(TargetEpoch),
    /// Of [`Kind::ConsumerGroupTargetAssignmentMember`] and [`Kind::ShareGroupTargetAssignmentMember`].
    TargetAssignment(TargetAssignment),
    /// Of [`Kind::ConsumerGroupCurrentMemberAssignment`] and [`Kind::ShareGroupCurrentMemberAssignment`].
    CurrentAssignment(CurrentAssignment),
    /// Of [`Kind::ConsumerGroupRegularExpression`].
    RegularExpression(RegularExpression),
    /// Of [`Kind::ShareGroupStatePartitionMetadata`].
    StatePartitions(StatePartitions),
}

impl Value {
    /// A value of that kind with every field as it is when bytes do not say it.
    fn of(kind: Kind) -> Value {
        match kind {
            Kind::OffsetCommit => Value::OffsetCommit(OffsetCommit::default()),
            Kind::GroupMetadata => Value::GroupMetadata(GroupMetadata::default()),
            Kind::ConsumerGroupMetadata | Kind::ShareGroupMetadata => Value::Epoch(Epoch::default()),
            Kind::ConsumerGroupPartitionMetadata => Value::PartitionMetadata(PartitionMetadata::default()),
            Kind::ConsumerGroupMemberMetadata => Value::Member(Member::untold()),
            Kind::ShareGroupMemberMetadata => Value::Member(Member::default()),
            Kind::ConsumerGroupTargetAssignmentMetadata | Kind::ShareGroupTargetAssignmentMetadata => {
                Value::TargetEpoch(TargetEpoch::default())
            }
            Kind::ConsumerGroupTargetAssignmentMember | Kind::ShareGroupTargetAssignmentMember => {
                Value::TargetAssignment(TargetAssignment::default())
            }
            Kind::ConsumerGroupCurrentMemberAssignment | Kind::ShareGroupCurrentMemberAssignment => {
                Value::CurrentAssignment(CurrentAssignment::default())
            }
            Kind::ShareGroupStatePartitionMetadata => Value::StatePartitions(StatePartitions::default()),
            Kind::ConsumerGroupRegularExpression => Value::RegularExpression(RegularExpression::default()),
        }
    }

    /// The version in which Kafka 4.3 writes it. Kafka: `GroupCoordinatorRecordHelpers`.
    fn version(&self) -> i16 {
        match self {
            Value::OffsetCommit(OffsetCommit { expire_timestamp, .. }) if *expire_timestamp != -1 => 1,
            Value::OffsetCommit(_) => VERSION_MAX,
            Value::GroupMetadata(_) => GROUP_METADATA_VERSION,
            _ => 0,
        }
    }

    /// The bytes that a broker writes for a record with such a key.
    ///
    /// # Errors
    /// [`WireError::TooLong`] if a text is.
    pub fn encode(&self, kind: Kind) -> Result<Vec<u8>, WireError> {
        self.encode_as(kind, self.version())
    }

    fn encode_as(&self, kind: Kind, mut version: i16) -> Result<Vec<u8>, WireError> {
        let mut wire = Wire::writer(is_flexible(kind, version));
        wire.i16(&mut version)?;
        self.clone().fields(&mut wire, kind, version)?;
        Ok(wire.into_bytes())
    }

    /// The value with these bytes, of a record with such a key.
    ///
    /// # Errors
    /// [`WireError::UnknownVersion`] if there is no such version of it, or what is wrong with a field.
    pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Value, WireError> {
        let mut version = 0;
        let mut wire = Wire::reader(bytes, false);
        wire.i16(&mut version)?;
        let versioned = matches!(kind, Kind::OffsetCommit | Kind::GroupMetadata);
        if version < 0 || version > if versioned { VERSION_MAX } else { 0 } {
            return Err(WireError::UnknownVersion(version));
        }
        wire.flexible = is_flexible(kind, version);
        let mut value = Value::of(kind);
        value.fields(&mut wire, kind, version)?;
        Ok(value)
    }

    fn fields(&mut self, wire: &mut Wire<'_>, kind: Kind, version: i16) -> Result<(), WireError> {
        match self {
            Value::OffsetCommit(value) => value.fields(wire, version),
            Value::GroupMetadata(value) => value.fields(wire, version),
            Value::Epoch(value) => value.fields(wire, kind == Kind::ShareGroupMetadata),
            Value::PartitionMetadata(value) => value.fields(wire),
            Value::Member(value) => value.fields(wire, kind == Kind::ShareGroupMemberMetadata),
            Value::TargetEpoch(value) => value.fields(wire),
            Value::TargetAssignment(value) => value.fields(wire),
            Value::CurrentAssignment(value) => value.fields(wire, kind == Kind::ShareGroupCurrentMemberAssignment),
            Value::RegularExpression(value) => value.fields(wire),
            Value::StatePartitions(value) => value.fields(wire),
        }
    }
}

fn is_flexible(kind: Kind, version: i16) -> bool {
    !matches!(kind, Kind::OffsetCommit | Kind::GroupMetadata) || version >= FLEXIBLE_FROM
}

/// A record: what is about what, or that it is gone. Kafka: `CoordinatorRecord`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is about.
    pub key: Key,
    /// What it says; none is a tombstone.
    pub value: Option<Value>,
}

#[cfg(test)]
mod tests;
