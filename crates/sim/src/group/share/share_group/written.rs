//! What a share group writes to `__consumer_offsets`. Kafka 4.3: `GroupCoordinatorRecordHelpers`.

use super::super::super::assignor::TopicPartitions;
use super::super::super::consumer_group::{MemberState, Target};
use super::super::super::records::{self, Key, Kind, Part, Record, ShareTopic, Value};
use super::{ShareGroup, ShareMember};
use crate::ids::{Topic, TopicId};
use crate::sorted::SortedSet;
use crate::time::SimTime;

impl ShareGroup {
    pub(super) fn key(&self, kind: Kind, part: Part) -> Key {
        Key { kind, group: self.id.clone(), part }
    }

    fn record(&self, kind: Kind, part: Part, value: Value) -> Record {
        Record { key: self.key(kind, part), value: Some(value) }
    }

    pub(super) fn member_record(&self, member: &ShareMember) -> Record {
        let value = records::Member {
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            subscribed_topic_names: member.subscribed_topic_names.iter().cloned().collect(),
            ..records::Member::default()
        };
        self.record(Kind::ShareGroupMemberMetadata, Part::Member(member.id.clone()), Value::Member(value))
    }

    pub(super) fn epoch_record(&self) -> Record {
        let value = records::Epoch { epoch: self.epoch, metadata_hash: 0 };
        self.record(Kind::ShareGroupMetadata, Part::Group, Value::Epoch(value))
    }

    pub(super) fn target_epoch_record(&self, now: SimTime) -> Record {
        let value = records::TargetEpoch { assignment_epoch: self.epoch, assignment_timestamp: now.timestamp_ms() };
        self.record(Kind::ShareGroupTargetAssignmentMetadata, Part::Group, Value::TargetEpoch(value))
    }

    pub(super) fn target_record(&self, member_id: &str, target: &Target) -> Record {
        let value = records::TargetAssignment { topic_partitions: partitions(target) };
        let part = Part::Member(member_id.to_owned());
        self.record(Kind::ShareGroupTargetAssignmentMember, part, Value::TargetAssignment(value))
    }

    pub(super) fn current_record(&self, member: &ShareMember) -> Record {
        let value = records::CurrentAssignment {
            member_epoch: member.epoch,
            previous_member_epoch: member.previous_epoch,
            state: MemberState::Stable.value(),
            assigned_partitions: partitions(&member.assigned),
            partitions_pending_revocation: Vec::new(),
        };
        let part = Part::Member(member.id.clone());
        self.record(Kind::ShareGroupCurrentMemberAssignment, part, Value::CurrentAssignment(value))
    }

    pub(super) fn states_record(&self, cluster: &[TopicPartitions]) -> Record {
        let topic = |id: &TopicId, numbers: &SortedSet<i32>| {
            let name = cluster.iter().find(|topic| topic.id == *id).map(|topic| topic.topic.clone());
            // Kafka's word for a topic that is gone.
            let topic = name.unwrap_or_else(|| Topic::from("<UNKNOWN>"));
            ShareTopic { topic_id: *id, topic, partitions: numbers.iter().copied().collect() }
        };
        let value = records::StatePartitions {
            initializing_topics: self.initializing.iter().map(|(id, (numbers, _))| topic(id, numbers)).collect(),
            initialized_topics: self.initialized.iter().map(|(id, numbers)| topic(id, numbers)).collect(),
            deleting_topics: Vec::new(),
        };
        self.record(Kind::ShareGroupStatePartitionMetadata, Part::Group, Value::StatePartitions(value))
    }

    /// The records that say that the group is gone. It has no members. Kafka: `createGroupTombstoneRecords`.
    pub fn tombstones(&self) -> [Record; 3] {
        [Kind::ShareGroupTargetAssignmentMetadata, Kind::ShareGroupStatePartitionMetadata, Kind::ShareGroupMetadata]
            .map(|kind| Record { key: self.key(kind, Part::Group), value: None })
    }
}

fn partitions(target: &Target) -> Vec<records::Partitions> {
    let of = |(topic_id, numbers): (&TopicId, &SortedSet<i32>)| records::Partitions {
        topic_id: *topic_id,
        partitions: numbers.iter().copied().collect(),
        assignment_epochs: None,
    };
    target.iter().map(of).collect()
}
