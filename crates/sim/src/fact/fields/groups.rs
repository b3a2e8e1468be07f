//! The fields of what members and coordinators say, and of what applications of consumers do.

use super::Fields;
use crate::consumer::action::{ConsumerAction, SeekTo};
use crate::fact::group::{ConsumerGroupRecord, ConsumerGroupSays, GroupFact, Since, listed};
use crate::group::body::GroupSays;
use crate::group::event::{GroupEvent, GroupEventKind, MemberName};

impl GroupSays {
    /// Its fields; those that it does not say are left out.
    pub(in crate::fact) fn fields(&self, mut fields: Fields) -> Fields {
        if !self.group.is_empty() {
            fields = fields.text("group", &self.group);
        }
        if let Some(generation) = self.generation {
            fields = fields.number("generation", generation);
        }
        if let Some(epoch) = self.member_epoch {
            fields = fields.number("member_epoch", epoch);
        }
        if let Some(partitions) = self.partitions {
            fields = fields.number("partitions", partitions);
        }
        if let Some(regex) = &self.subscribed_topic_regex {
            fields = fields.text("subscribed_topic_regex", regex);
        }
        if !self.member_id.is_empty() {
            fields = fields.text("member_id", &self.member_id);
        }
        if let Some(broker) = self.coordinator {
            fields = fields.number("coordinator", broker.0);
        }
        if let Some(assigned) = &self.assigned {
            fields = fields.text("assigned", &listed(assigned));
        }
        if !self.offsets.is_empty() {
            let offsets = self.offsets.iter().map(|(partition, offset)| format!("{partition} @ {offset}"));
            fields = fields.text("offsets", &offsets.collect::<Vec<_>>().join(", "));
        }
        fields.text("error", &self.error.name())
    }
}

impl ConsumerAction {
    /// Its fields, behind its name and the consumer.
    pub(super) fn fields(&self, fields: Fields) -> Fields {
        match self {
            ConsumerAction::Subscribe { topics } => fields.text("topics", &topics.join(", ")),
            ConsumerAction::SubscribePattern { pattern } | ConsumerAction::SubscribeSubscriptionPattern { pattern } => {
                fields.text("pattern", pattern)
            }
            ConsumerAction::Seek { partition, to } => {
                let fields = fields.partition(partition);
                match to {
                    SeekTo::Offset(offset) => fields.number("offset", offset.0),
                    SeekTo::Beginning => fields.text("to", &"beginning"),
                    SeekTo::End => fields.text("to", &"end"),
                    SeekTo::Timestamp(timestamp) => fields.number("timestamp", *timestamp),
                }
            }
            ConsumerAction::Commit { offsets, .. } => {
                let offsets = offsets.iter().map(|(partition, offset)| format!("{partition} @ {offset}"));
                fields.text("offsets", &offsets.collect::<Vec<_>>().join(", "))
            }
            ConsumerAction::Acknowledge { partition, offset, how } => {
                fields.partition(partition).number("offset", offset.0).text("type", &how.name())
            }
            ConsumerAction::Unsubscribe
            | ConsumerAction::PausePolling
            | ConsumerAction::ResumePolling
            | ConsumerAction::PollOnce
            | ConsumerAction::Close
            | ConsumerAction::Crash => fields,
        }
    }
}

impl GroupFact {
    /// Its fields.
    pub(super) fn fields(&self, fields: Fields) -> Fields {
        match self {
            GroupFact::Told { broker, event } => told(event, fields.number("broker", broker.0)),
            GroupFact::GroupMetadata { broker, log, at, group, generation, protocol, leader, members } => {
                let fields = fields
                    .number("broker", broker.0)
                    .partition(log)
                    .number("at", at.0)
                    .text("group", group)
                    .maybe_number("generation", generation.map(i64::from))
                    .text("protocol", &protocol.as_deref().unwrap_or("null"));
                let fields = member(fields, "leader", leader.as_ref());
                let assignment = members.iter().map(|(name, owned)| format!("{name}: {}", listed(owned)));
                fields.text("assignment", &assignment.collect::<Vec<_>>().join("; "))
            }
            GroupFact::ConsumerGroupRecord(record) => record.fields(fields),
            GroupFact::OffsetCommit { broker, log, at, group, partition, offset } => fields
                .number("broker", broker.0)
                .text("log", log)
                .number("at", at.0)
                .text("group", group)
                .partition(partition)
                .maybe_number("offset", offset.map(|offset| offset.0)),
            GroupFact::CoordinatorLoaded { broker, log, groups, records } => fields
                .number("broker", broker.0)
                .partition(log)
                .text("groups", &groups.join(", "))
                .number("records", *records),
            GroupFact::CoordinatorUnloaded { broker, log, groups } => {
                fields.number("broker", broker.0).partition(log).text("groups", &groups.join(", "))
            }
            _ => self.client_fields(fields),
        }
    }

    fn client_fields(&self, fields: Fields) -> Fields {
        match self {
            GroupFact::CoordinatorFound { consumer, group, broker } => {
                fields.text("consumer", consumer).text("group", group).number("broker", broker.0)
            }
            GroupFact::CoordinatorLost { consumer, group, error } => {
                fields.text("consumer", consumer).text("group", group).text("error", &error.name())
            }
            GroupFact::SubscribedFromPattern { consumer, group, pattern, topics, added, removed } => fields
                .text("consumer", consumer)
                .text("group", group)
                .text("pattern", pattern)
                .text("topics", &topics.join(", "))
                .text("added", &added.join(", "))
                .text("removed", &removed.join(", ")),
            GroupFact::PartitionsAssigned { consumer, group, since, added, owned } => {
                let (name, number) = match since {
                    Since::Generation(generation) => ("generation", *generation),
                    Since::MemberEpoch(epoch) => ("member_epoch", *epoch),
                };
                fields
                    .text("consumer", consumer)
                    .text("group", group)
                    .number(name, number)
                    .text("added", &listed(added))
                    .text("owned", &listed(owned))
            }
            GroupFact::PartitionsRevoked { consumer, group, revoked } => {
                fields.text("consumer", consumer).text("group", group).text("revoked", &listed(revoked))
            }
            GroupFact::PartitionsLost { consumer, group, lost } => {
                fields.text("consumer", consumer).text("group", group).text("lost", &listed(lost))
            }
            GroupFact::PositionRestored { consumer, partition, position }
            | GroupFact::Seeked { consumer, partition, position } => {
                fields.text("consumer", consumer).partition(partition).number("position", position.0)
            }
            GroupFact::RecordProcessed { consumer, partition, offset } => {
                fields.text("consumer", consumer).partition(partition).number("offset", offset.0)
            }
            GroupFact::CommitStarted { consumer, group, by, offsets } => {
                let offsets = offsets.iter().map(|(partition, offset)| format!("{partition} @ {offset}"));
                fields
                    .text("consumer", consumer)
                    .text("group", group)
                    .text("by", &by.name())
                    .text("offsets", &offsets.collect::<Vec<_>>().join(", "))
            }
            GroupFact::CommitCompleted { consumer, group, error, retries } => fields
                .text("consumer", consumer)
                .text("group", group)
                .text("error", &error.as_deref().unwrap_or("none"))
                .flag("retries", *retries),
            GroupFact::PollTimeoutExpired { consumer, group, interval_ms } => {
                fields.text("consumer", consumer).text("group", group).number("interval_ms", *interval_ms)
            }
            GroupFact::PollFailed { consumer, error } => fields.text("consumer", consumer).text("error", error),
            GroupFact::ConsumerCrashed { consumer } | GroupFact::ConsumerClosed { consumer } => {
                fields.text("consumer", consumer)
            }
            _ => fields,
        }
    }
}

impl ConsumerGroupRecord {
    fn fields(&self, fields: Fields) -> Fields {
        let fields = fields.number("broker", self.broker.0).partition(&self.log).number("at", self.at.0);
        let mut fields = fields.text("group", &self.group);
        if self.member.is_some() {
            fields = member(fields, "member", self.member.as_ref());
        }
        if let Some(text) = &self.regular_expression {
            fields = fields.text("regular_expression", text);
        }
        match &self.says {
            None => fields.flag("tombstone", true),
            Some(ConsumerGroupSays::Epoch(epoch)) => fields.number("epoch", *epoch),
            Some(ConsumerGroupSays::AssignmentEpoch(epoch)) => fields.number("assignment_epoch", *epoch),
            Some(ConsumerGroupSays::Target(target)) => fields.text("target", &listed(target)),
            Some(ConsumerGroupSays::Current {
                member_epoch,
                previous_member_epoch,
                state,
                assigned,
                pending_revocation,
            }) => fields
                .number("member_epoch", *member_epoch)
                .number("previous_member_epoch", *previous_member_epoch)
                .text("state", &state.name())
                .text("assigned", &listed(assigned))
                .text("pending_revocation", &listed(pending_revocation)),
            Some(ConsumerGroupSays::Member { topics, regex, assignor }) => {
                let mut fields = fields.text("topics", &topics.join(", "));
                if let Some(regex) = regex {
                    fields = fields.text("subscribed_topic_regex", regex);
                }
                fields.text("assignor", &assignor.as_deref().unwrap_or("null"))
            }
            Some(ConsumerGroupSays::States { initializing, initialized }) => {
                fields.text("initializing", &listed(initializing)).text("initialized", &listed(initialized))
            }
            Some(ConsumerGroupSays::Topics(topics)) => fields.text("topics", &topics.join(", ")),
        }
    }
}

fn told(event: &GroupEvent, fields: Fields) -> Fields {
    let fields = fields.text("group", &event.group);
    match &event.kind {
        GroupEventKind::MemberAdded { member: who, instance_id } => {
            let fields = member(fields, "member", Some(who));
            fields.text("instance_id", &instance_id.as_deref().unwrap_or("null"))
        }
        GroupEventKind::StaticMemberReplaced { member: who, instance_id, before } => {
            member(fields, "member", Some(who)).text("instance_id", instance_id).text("before", before)
        }
        GroupEventKind::MemberRemoved { member: who, because } => {
            member(fields, "member", Some(who)).text("because", &because.name())
        }
        GroupEventKind::RebalanceStarted { generation, because, member: who } => {
            let fields = fields.number("generation", *generation).text("because", &because.name());
            member(fields, "member", who.as_ref())
        }
        GroupEventKind::GenerationStarted { generation, protocol, leader, members } => {
            let fields =
                fields.number("generation", *generation).text("protocol", &protocol.as_deref().unwrap_or("null"));
            let members = members.iter().map(|name| name.client.as_str()).collect::<Vec<_>>().join(", ");
            member(fields, "leader", leader.as_ref()).text("members", &members)
        }
    }
}

/// A member by its `client.id`.
fn member(fields: Fields, key: &'static str, member: Option<&MemberName>) -> Fields {
    fields.text(key, &member.map_or("none", |member| member.client.as_str()))
}
