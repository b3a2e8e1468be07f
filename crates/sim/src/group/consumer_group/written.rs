//! What a consumer group writes to `__consumer_offsets`. Kafka 4.3: `GroupCoordinatorRecordHelpers`.

use super::{ConsumerGroup, Epochs, Member, Target};
use crate::group::records::{self, Key, Kind, Part, Record, Value};
use crate::ids::TopicId;
use crate::sorted::{SortedMap, SortedSet};

impl ConsumerGroup {
    pub(super) fn key(&self, kind: Kind, part: Part) -> Key {
        Key { kind, group: self.id.clone(), part }
    }

    pub(super) fn record(&self, kind: Kind, part: Part, value: Value) -> Record {
        Record { key: self.key(kind, part), value: Some(value) }
    }

    pub(super) fn member_record(&self, member: &Member) -> Record {
        let value = records::Member {
            instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            subscribed_topic_names: member.subscribed_topic_names.iter().cloned().collect(),
            subscribed_topic_regex: Some(member.subscribed_topic_regex.clone()),
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            server_assignor: member.server_assignor.clone(),
            ..records::Member::default()
        };
        self.record(Kind::ConsumerGroupMemberMetadata, Part::Member(member.id.clone()), Value::Member(value))
    }

    pub(super) fn target_record(&self, member_id: &str, target: &Target) -> Record {
        let partitions = |(topic_id, numbers): (&TopicId, &SortedSet<i32>)| records::Partitions {
            topic_id: *topic_id,
            partitions: numbers.iter().copied().collect(),
            assignment_epochs: None,
        };
        let value = records::TargetAssignment { topic_partitions: target.iter().map(partitions).collect() };
        let part = Part::Member(member_id.to_owned());
        self.record(Kind::ConsumerGroupTargetAssignmentMember, part, Value::TargetAssignment(value))
    }

    pub(super) fn current_record(&self, member: &Member) -> Record {
        let value = records::CurrentAssignment {
            member_epoch: member.epoch,
            previous_member_epoch: member.previous_epoch,
            state: member.state.value(),
            assigned_partitions: with_epochs(&member.assigned),
            partitions_pending_revocation: with_epochs(&member.pending_revocation),
        };
        let part = Part::Member(member.id.clone());
        self.record(Kind::ConsumerGroupCurrentMemberAssignment, part, Value::CurrentAssignment(value))
    }
}

fn with_epochs(epochs: &Epochs) -> Vec<records::Partitions> {
    let partitions = |(topic_id, numbers): (&TopicId, &SortedMap<i32, i32>)| records::Partitions {
        topic_id: *topic_id,
        partitions: numbers.keys().copied().collect(),
        assignment_epochs: Some(numbers.values().copied().collect()),
    };
    epochs.iter().map(partitions).collect()
}
