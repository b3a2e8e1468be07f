//! Sentences about groups, their members and what their applications do.

use highwater_sim::consumer::action::{ConsumerAction, SeekTo};
use highwater_sim::fact::MessageFact;
use highwater_sim::fact::group::{CommitBy, ConsumerGroupRecord, ConsumerGroupSays, GroupFact, Since};
use highwater_sim::group::body::{GroupApi, GroupSays};
use highwater_sim::group::error::GroupError;
use highwater_sim::group::event::{GroupEvent, GroupEventKind, MemberName};
use highwater_sim::ids::{ClientId, TopicPartition};

use super::{counted_len, list as listed};
use crate::phrase::{Arg, Phrase};

/// The sentence of a fact.
#[inline(never)]
pub(super) fn phrase(fact: &GroupFact) -> Phrase {
    match fact {
        GroupFact::Told { event, .. } => told(event),
        GroupFact::GroupMetadata { broker, log, at, group, generation, protocol, members, .. } => {
            let key = match (generation, members.is_empty()) {
                (None, _) => "facts.group_forgotten",
                (_, true) => "facts.group_metadata_empty",
                (_, false) => "facts.group_metadata",
            };
            let one =
                |(name, owned): &(MemberName, Vec<TopicPartition>)| format!("{name}: {}", by_number(owned).join(", "));
            let mut assignment: Vec<String> = members.iter().map(one).collect();
            assignment.sort_unstable();
            Phrase::new(key)
                .with("broker", broker.0)
                .with("log", log.to_string())
                .with("at", at.0)
                .with("group", group.as_str())
                .with("generation", generation.unwrap_or(0))
                .with("protocol", protocol.as_deref().unwrap_or("null"))
                .with("assignment", assignment.join("; "))
        }
        GroupFact::ConsumerGroupRecord(record) => of_record(record),
        GroupFact::OffsetCommit { log, at, group, partition, offset, .. } => {
            Phrase::new(if offset.is_some() { "facts.offset_commit" } else { "facts.offset_forgotten" })
                .with("log", log.to_string())
                .with("at", at.0)
                .with("group", group.as_str())
                .with("partition", partition.to_string())
                .with("offset", offset.map_or(-1, |offset| offset.0))
        }
        GroupFact::CoordinatorLoaded { broker, log, groups, records } => Phrase::new("facts.coordinator_loaded")
            .with("broker", broker.0)
            .with("log", log.to_string())
            .with("groups", listed(groups))
            .with("records", super::counted("record", *records)),
        GroupFact::CoordinatorUnloaded { broker, log, groups } => Phrase::new("facts.coordinator_unloaded")
            .with("broker", broker.0)
            .with("log", log.to_string())
            .with("groups", listed(groups)),
        _ => of_member(fact),
    }
}

/// A record of a group by the consumer protocol.
fn of_record(record: &ConsumerGroupRecord) -> Phrase {
    let key = match (&record.says, record.kind) {
        (None, _) if record.regular_expression.is_some() => "topics_forgotten",
        (None, _) => "tombstone",
        (Some(ConsumerGroupSays::Epoch(_)), _) => "epoch",
        (Some(ConsumerGroupSays::AssignmentEpoch(_)), _) => "assignment_epoch",
        (Some(ConsumerGroupSays::Target(_)), _) => "target",
        (Some(ConsumerGroupSays::Current { pending_revocation, .. }), _) if !pending_revocation.is_empty() => {
            "current_gives"
        }
        (Some(ConsumerGroupSays::Current { .. }), _) => "current",
        (Some(ConsumerGroupSays::Member { regex: Some(_), topics, .. }), _) if topics.is_empty() => "member_regex",
        (Some(ConsumerGroupSays::Member { regex: Some(_), .. }), _) => "member_both",
        (Some(ConsumerGroupSays::Member { .. }), _) => "member",
        (Some(ConsumerGroupSays::Topics(topics)), _) if topics.is_empty() => "topics_none",
        (Some(ConsumerGroupSays::Topics(_)), _) => "topics",
        (Some(ConsumerGroupSays::States { initializing, .. }), _) if !initializing.is_empty() => "states_initializing",
        (Some(ConsumerGroupSays::States { .. }), _) => "states",
    };
    let phrase = Phrase::new(&["facts.next_", key].concat())
        .with("log", record.log.to_string())
        .with("at", record.at.0)
        .with("kind", record.kind.name())
        .with("group", record.group.as_str())
        .with("member", record.member.as_ref().map_or("", |member| member.client.as_str()));
    match &record.says {
        Some(ConsumerGroupSays::Epoch(epoch) | ConsumerGroupSays::AssignmentEpoch(epoch)) => {
            phrase.with("epoch", *epoch)
        }
        Some(ConsumerGroupSays::Target(target)) => phrase.with("partitions", none_or(by_number(target))),
        Some(ConsumerGroupSays::Current { member_epoch, assigned, pending_revocation, .. }) => phrase
            .with("epoch", *member_epoch)
            .with("partitions", none_or(by_number(assigned)))
            .with("gives", by_number(pending_revocation)),
        Some(ConsumerGroupSays::Member { topics, regex, .. }) => {
            phrase.with("topics", listed(topics)).with("regex", regex.as_deref().unwrap_or_default())
        }
        Some(ConsumerGroupSays::Topics(topics)) => phrase
            .with("topics", listed(topics))
            .with("regex", record.regular_expression.as_deref().unwrap_or_default()),
        Some(ConsumerGroupSays::States { initializing, initialized }) => {
            phrase.with("initializing", none_or(listed(initializing))).with("partitions", none_or(listed(initialized)))
        }
        None => phrase.with("regex", record.regular_expression.as_deref().unwrap_or_default()),
    }
}

fn of_member(fact: &GroupFact) -> Phrase {
    match fact {
        GroupFact::CoordinatorFound { consumer, group, broker } => {
            of(consumer, "coordinator_found").with("group", group.as_str()).with("broker", broker.0)
        }
        GroupFact::CoordinatorLost { consumer, group, error } => {
            let key = if *error == GroupError::None { "coordinator_silent" } else { "coordinator_lost" };
            of(consumer, key).with("group", group.as_str()).with("error", error.name())
        }
        GroupFact::PartitionsAssigned { consumer, since, added, owned, .. } => {
            let key = match (owned.is_empty(), added.len() == owned.len()) {
                (true, _) => "partitions_assigned_none",
                (_, true) => "partitions_assigned",
                (_, false) if added.is_empty() => "partitions_kept",
                (_, false) => "partitions_added",
            };
            let since = match since {
                Since::Generation(generation) => Phrase::new("facts.since_generation").with("n", *generation),
                Since::MemberEpoch(epoch) => Phrase::new("facts.since_epoch").with("n", *epoch),
            };
            of(consumer, key).with("since", since).with("added", listed(added)).with("owned", listed(owned))
        }
        GroupFact::SubscribedFromPattern { consumer, pattern, topics, .. } => {
            let key = if topics.is_empty() { "subscribed_from_pattern_none" } else { "subscribed_from_pattern" };
            of(consumer, key).with("pattern", pattern.as_str()).with("topics", listed(topics))
        }
        GroupFact::PartitionsRevoked { consumer, revoked, .. } => {
            of(consumer, "partitions_revoked").with("revoked", listed(revoked))
        }
        GroupFact::PartitionsLost { consumer, lost, .. } => of(consumer, "partitions_lost").with("lost", listed(lost)),
        GroupFact::PositionRestored { consumer, partition, position } => {
            of(consumer, "position_restored").with("partition", partition.to_string()).with("position", position.0)
        }
        GroupFact::Seeked { consumer, partition, position } => {
            of(consumer, "seeked").with("partition", partition.to_string()).with("position", position.0)
        }
        GroupFact::RecordProcessed { consumer, partition, offset } => {
            of(consumer, "record_processed").with("partition", partition.to_string()).with("offset", offset.0)
        }
        GroupFact::CommitStarted { consumer, by, offsets, .. } => of(
            consumer,
            match by {
                CommitBy::Sync => "commit_sync",
                CommitBy::Async => "commit_async",
                CommitBy::Auto => "commit_auto",
            },
        )
        .with("offsets", at(offsets)),
        GroupFact::CommitCompleted { consumer, error, retries, .. } => of(
            consumer,
            match (error, retries) {
                (None, _) => "commit_completed",
                (Some(_), true) => "commit_retries",
                (Some(_), false) => "commit_failed",
            },
        )
        .with("error", error.as_deref().unwrap_or_default()),
        GroupFact::PollTimeoutExpired { consumer, interval_ms, .. } => {
            of(consumer, "poll_timeout_expired").with("interval", *interval_ms)
        }
        GroupFact::PollFailed { consumer, error } => of(consumer, "poll_failed").with("error", error.as_str()),
        GroupFact::ConsumerClosed { consumer } => of(consumer, "consumer_closed"),
        GroupFact::ConsumerCrashed { consumer } => of(consumer, "consumer_crashed"),
        // The others are said above.
        _ => Phrase::new(fact.name()),
    }
}

fn of(consumer: &ClientId, key: &str) -> Phrase {
    Phrase::new(&["facts.", key].concat()).with("consumer", consumer.to_string())
}

fn told(event: &GroupEvent) -> Phrase {
    let group = |phrase: Phrase| phrase.with("group", event.group.as_str());
    match &event.kind {
        GroupEventKind::MemberAdded { member, instance_id } => {
            let key = if instance_id.is_some() { "facts.static_member_added" } else { "facts.member_added" };
            group(Phrase::new(key))
                .with("member", member.client.as_str())
                .with("instance", instance_id.as_deref().unwrap_or_default())
        }
        GroupEventKind::StaticMemberReplaced { member, instance_id, .. } => {
            group(Phrase::new("facts.static_member_replaced"))
                .with("member", member.client.as_str())
                .with("instance", instance_id.as_str())
        }
        GroupEventKind::MemberRemoved { member, because } => {
            let key = ["facts.member_removed_", because.name()].concat();
            group(Phrase::new(&key)).with("member", member.client.as_str())
        }
        GroupEventKind::RebalanceStarted { generation, because, member } => {
            let why = Phrase::new(&["facts.rebalance_", because.name()].concat())
                .with("member", member.as_ref().map_or("", |member| member.client.as_str()));
            group(Phrase::new("facts.rebalance_started")).with("generation", *generation).with("why", why)
        }
        GroupEventKind::GenerationStarted { generation, protocol, leader, members } => {
            let key = if members.is_empty() { "facts.generation_empty" } else { "facts.generation_started" };
            let mut names: Vec<&str> = members.iter().map(|member| member.client.as_str()).collect();
            names.sort_unstable();
            group(Phrase::new(key))
                .with("generation", *generation)
                .with("members", names)
                .with("leader", leader.as_ref().map_or("", |leader| leader.client.as_str()))
                .with("protocol", protocol.as_deref().unwrap_or("null"))
        }
    }
}

/// The sentence of a command.
#[inline(never)]
pub(super) fn command(consumer: &ClientId, action: &ConsumerAction) -> Phrase {
    let phrase = of(consumer, &["command_", action.name()].concat());
    match action {
        ConsumerAction::Subscribe { topics } => phrase.with("topics", listed(topics)),
        ConsumerAction::SubscribePattern { pattern } | ConsumerAction::SubscribeSubscriptionPattern { pattern } => {
            phrase.with("pattern", &**pattern)
        }
        ConsumerAction::Commit { offsets, .. } if !offsets.is_empty() => {
            of(consumer, &["command_", action.name(), "_of"].concat()).with("offsets", at(offsets))
        }
        ConsumerAction::Seek { partition, to } => {
            let key = match to {
                SeekTo::Offset(_) => "command_seek",
                SeekTo::Beginning => "command_seek_beginning",
                SeekTo::End => "command_seek_end",
                SeekTo::Timestamp(_) => "command_seek_timestamp",
            };
            let value = match to {
                SeekTo::Offset(offset) => offset.0,
                SeekTo::Timestamp(timestamp) => *timestamp,
                SeekTo::Beginning | SeekTo::End => 0,
            };
            of(consumer, key).with("partition", partition.to_string()).with("to", value)
        }
        ConsumerAction::Acknowledge { partition, offset, how } => {
            phrase.with("partition", partition.to_string()).with("offset", offset.0).with("type", how.name())
        }
        _ => phrase,
    }
}

/// The sentence of a message, but for its ends.
#[inline(never)]
pub(super) fn message(message: &MessageFact, says: &GroupSays, way: &str) -> Phrase {
    let name = match (message.response, message.api_of_group()) {
        _ if says.error != GroupError::None => "error",
        (true, Some(GroupApi::FindCoordinator)) => "found_coordinator",
        (true, Some(GroupApi::JoinGroup)) => "joined",
        (true, Some(GroupApi::SyncGroup)) => "synced",
        (true, Some(GroupApi::OffsetFetch)) => "fetched_offsets",
        (true, Some(GroupApi::ConsumerGroupHeartbeat | GroupApi::ShareGroupHeartbeat))
            if says.member_epoch.is_some_and(|epoch| epoch >= 0) =>
        {
            if says.partitions.is_some() {
                "beat_assigned"
            } else {
                "beat_epoch"
            }
        }
        (true, _) => "done",
        (false, Some(GroupApi::FindCoordinator)) => "find_coordinator",
        (false, Some(GroupApi::JoinGroup)) if says.member_id.is_empty() => "join_new",
        (false, Some(GroupApi::OffsetCommit)) => "commit",
        (false, Some(GroupApi::ConsumerGroupHeartbeat | GroupApi::ShareGroupHeartbeat)) => match says.member_epoch {
            Some(0) if says.subscribed_topic_regex.is_some() => "beat_join_regex",
            Some(0) => "beat_join",
            Some(epoch) if epoch < 0 => "beat_leave",
            _ if says.partitions.is_some() => "beat_owns",
            _ => "beat",
        },
        (false, _) => "ask",
    };
    Phrase::new(&["facts.group_", name, "_", way].concat())
        .with("api", message.api.name())
        .with("group", says.group.as_str())
        .with("generation", says.generation.unwrap_or(-1))
        .with("epoch", says.member_epoch.unwrap_or(-1))
        .with("partitions", super::counted("partition", says.partitions.unwrap_or(0)))
        .with("regex", says.subscribed_topic_regex.as_deref().unwrap_or_default())
        .with("coordinator", says.coordinator.map_or(-1, |broker| broker.0))
        .with("assigned", says.assigned.as_deref().map_or(Arg::Text(String::new()), |owned| none_or(listed(owned))))
        .with("offsets", at(&says.offsets))
        .with("error", says.error.name())
}

fn none_or(partitions: Vec<String>) -> Arg {
    if partitions.is_empty() { Arg::Phrase(Phrase::new("facts.nothing")) } else { partitions.into() }
}

/// `orders-0 @ 5, orders-1 @ 3`; the number of them where they are many.
fn at(offsets: &[(TopicPartition, i64)]) -> Arg {
    if offsets.len() > 4 {
        return Arg::Phrase(counted_len("partition", offsets.len()));
    }
    let one = |(partition, offset): &(TopicPartition, i64)| format!("{partition} @ {offset}");
    offsets.iter().map(one).collect::<Vec<_>>().into()
}

/// The partitions by their numbers, where they are of one topic.
fn by_number(partitions: &[TopicPartition]) -> Vec<String> {
    let one_topic = partitions.windows(2).all(|pair| matches!(pair, [one, other] if one.topic == other.topic));
    if partitions.is_empty() || !one_topic {
        return listed(partitions);
    }
    let numbers: Vec<String> = partitions.iter().map(|partition| partition.partition.to_string()).collect();
    vec![numbers.join(" ")]
}
