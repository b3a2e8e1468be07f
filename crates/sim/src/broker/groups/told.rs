//! What a coordinator writes, as facts: with the names by which a reader knows members and topics.

use crate::fact::group::{ConsumerGroupRecord, ConsumerGroupSays, GroupFact};
use crate::group::body::assigned;
use crate::group::consumer_group::{Member, MemberState};
use crate::group::coordinator::GroupCoordinator;
use crate::group::event::{GroupEvent, GroupEventKind, MemberName};
use crate::group::records::{GroupMetadata, Kind, Part, Partitions, Record, ShareTopic, Value};
use crate::ids::{BrokerId, Offset, Topic, TopicId, TopicPartition};

/// The names of members and topics, which records of consumer groups only have as ids.
#[derive(Debug, Default)]
pub(super) struct Names {
    members: Vec<MemberName>,
    topics: Vec<(TopicId, Topic)>,
}

impl Names {
    /// Those that a coordinator knows, and those of members that are gone with what just happened.
    pub fn of(coordinator: Option<&GroupCoordinator>, events: &[GroupEvent]) -> Names {
        let mut names = Names::default();
        let has_some = |there: &&GroupCoordinator| {
            there.consumer_groups().next().is_some() || there.share_groups().next().is_some()
        };
        let Some(coordinator) = coordinator.filter(has_some) else { return names };
        for event in events {
            match &event.kind {
                GroupEventKind::MemberRemoved { member, .. } => names.members.push(member.clone()),
                GroupEventKind::StaticMemberReplaced { member, before, .. } => {
                    names.members.push(MemberName { id: before.clone(), client: member.client.clone() });
                }
                _ => {}
            }
        }
        names.members.extend(coordinator.consumer_groups().flat_map(|group| group.members.values()).map(Member::name));
        let of_share = coordinator.share_groups().flat_map(|group| group.members.iter().map(|(_, member)| member));
        names
            .members
            .extend(of_share.map(|there| MemberName { id: there.id.clone(), client: there.client_id.clone() }));
        names.topics = coordinator.topics().iter().map(|topic| (topic.id, topic.topic.clone())).collect();
        names
    }

    fn member(&self, id: &str) -> MemberName {
        let known = self.members.iter().find(|member| member.id == id).cloned();
        known.unwrap_or_else(|| MemberName { id: id.to_owned(), client: id.to_owned() })
    }

    fn partitions(&self, partitions: &[Partitions]) -> Vec<TopicPartition> {
        let mut all = Vec::new();
        for there in partitions {
            let Some((_, topic)) = self.topics.iter().find(|(id, _)| *id == there.topic_id) else { continue };
            all.extend(there.partitions.iter().map(|number| TopicPartition::new(topic.clone(), *number)));
        }
        all
    }

    fn says(&self, value: &Value) -> ConsumerGroupSays {
        match value {
            Value::Epoch(epoch) => ConsumerGroupSays::Epoch(epoch.epoch),
            Value::TargetEpoch(target) => ConsumerGroupSays::AssignmentEpoch(target.assignment_epoch),
            Value::TargetAssignment(target) => ConsumerGroupSays::Target(self.partitions(&target.topic_partitions)),
            Value::CurrentAssignment(current) => ConsumerGroupSays::Current {
                member_epoch: current.member_epoch,
                previous_member_epoch: current.previous_member_epoch,
                state: MemberState::with_value(current.state),
                assigned: self.partitions(&current.assigned_partitions),
                pending_revocation: self.partitions(&current.partitions_pending_revocation),
            },
            Value::Member(member) => ConsumerGroupSays::Member {
                topics: member.subscribed_topic_names.clone(),
                regex: member.subscribed_topic_regex.clone().filter(|regex| !regex.is_empty()),
                assignor: member.server_assignor.clone(),
            },
            Value::StatePartitions(states) => ConsumerGroupSays::States {
                initializing: listed(&states.initializing_topics),
                initialized: listed(&states.initialized_topics),
            },
            Value::RegularExpression(regex) => ConsumerGroupSays::Topics(regex.topics.clone()),
            _ => ConsumerGroupSays::Topics(Vec::new()),
        }
    }
}

/// A record as a fact.
pub(super) fn told(
    broker: BrokerId,
    log: &TopicPartition,
    at: Offset,
    record: &Record,
    names: &Names,
) -> Option<GroupFact> {
    let (log, group) = (log.clone(), record.key.group.clone());
    match (record.key.kind, &record.key.part, &record.value) {
        (Kind::GroupMetadata, _, Some(Value::GroupMetadata(metadata))) => {
            let leader = metadata.leader.as_ref().and_then(|leader| name_in(metadata, leader));
            Some(GroupFact::GroupMetadata {
                broker,
                log,
                at,
                group,
                generation: Some(metadata.generation),
                protocol: metadata.protocol.clone(),
                leader,
                members: metadata
                    .members
                    .iter()
                    .filter_map(|member| Some((name_in(metadata, &member.member_id)?, assigned(&member.assignment))))
                    .collect(),
            })
        }
        (Kind::GroupMetadata, ..) => Some(GroupFact::GroupMetadata {
            broker,
            log,
            at,
            group,
            generation: None,
            protocol: None,
            leader: None,
            members: Vec::new(),
        }),
        (Kind::OffsetCommit, Part::Partition(topic, number), value) => {
            let offset = match value {
                Some(Value::OffsetCommit(commit)) => Some(Offset(commit.offset)),
                _ => None,
            };
            let partition = TopicPartition::new(topic.clone(), *number);
            Some(GroupFact::OffsetCommit { broker, log, at, group, partition, offset })
        }
        (kind, part, value) if kind.is_of_consumer_group() || kind.is_of_share_group() => {
            let member = match part {
                Part::Member(id) => Some(names.member(id)),
                _ => None,
            };
            let regular_expression = match part {
                Part::RegularExpression(text) => Some(text.clone()),
                _ => None,
            };
            let says = value.as_ref().map(|value| names.says(value));
            Some(GroupFact::ConsumerGroupRecord(ConsumerGroupRecord {
                broker,
                log,
                at,
                group,
                kind,
                member,
                regular_expression,
                says,
            }))
        }
        _ => None,
    }
}

fn listed(topics: &[ShareTopic]) -> Vec<TopicPartition> {
    let of = |there: &ShareTopic| {
        let topic = there.topic.clone();
        there.partitions.iter().map(|number| TopicPartition::new(topic.clone(), *number)).collect::<Vec<_>>()
    };
    topics.iter().flat_map(of).collect()
}

fn name_in(metadata: &GroupMetadata, member_id: &str) -> Option<MemberName> {
    let member = metadata.members.iter().find(|member| member.member_id == member_id)?;
    Some(MemberName { id: member.member_id.clone(), client: member.client_id.clone() })
}
