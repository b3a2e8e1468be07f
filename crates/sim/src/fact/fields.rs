//! The fields of facts by name: what `until` looks into, what `run --facts` prints as JSON.

mod faults;
mod groups;
mod share;

use std::fmt::Display;

use highwater_log::{log::Verdict, segment::RollReason};

use super::{ChosenBy, FactKind, IsrStep};
use crate::bytes::Bytes;
use crate::command::Command;
use crate::controller::partition_change::PartitionChange;
use crate::ids::{BrokerId, TopicPartition};
use crate::metadata::LeaderRecoveryState;
use crate::timer::Timer;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Several numbers.
    Numbers(Vec<i64>),
    /// There is none.
    None,
}

/// The fields of a fact, in order.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(&'static str, FieldValue)>);

impl Fields {
    /// The value of a field; none if the fact has no such field.
    pub fn get(&self, name: &str) -> Option<&FieldValue> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, FieldValue)> {
        self.0.iter()
    }

    fn put(mut self, name: &'static str, value: FieldValue) -> Fields {
        self.0.push((name, value));
        self
    }

    pub(super) fn number(self, name: &'static str, value: impl Into<i64>) -> Fields {
        self.put(name, FieldValue::Number(value.into()))
    }

    pub(super) fn count(self, name: &'static str, value: u64) -> Fields {
        self.number(name, i64::try_from(value).unwrap_or(i64::MAX))
    }

    pub(super) fn text(self, name: &'static str, value: &dyn Display) -> Fields {
        self.put(name, FieldValue::Text(value.to_string()))
    }

    pub(super) fn flag(self, name: &'static str, value: bool) -> Fields {
        self.put(name, FieldValue::Flag(value))
    }

    pub(super) fn numbers(self, name: &'static str, values: impl Iterator<Item = i64>) -> Fields {
        self.put(name, FieldValue::Numbers(values.collect()))
    }

    pub(super) fn maybe_number(self, name: &'static str, value: Option<i64>) -> Fields {
        self.put(name, value.map_or(FieldValue::None, FieldValue::Number))
    }

    fn bytes(self, name: &'static str, value: Option<&Bytes>) -> Fields {
        self.put(name, value.map_or(FieldValue::None, |bytes| FieldValue::Text(bytes.text())))
    }

    fn maybe_text(self, name: &'static str, value: Option<&str>) -> Fields {
        self.put(name, value.map_or(FieldValue::None, |value| FieldValue::Text(value.to_owned())))
    }

    pub(super) fn partition(self, partition: &TopicPartition) -> Fields {
        self.text("topic", &partition.topic).number("partition", partition.partition)
    }
}

impl FactKind {
    /// The fields, in order.
    pub fn fields(&self) -> Fields {
        let fields = Fields::default();
        match self {
            FactKind::CommandGiven { command } => of_command(command, fields.text("command", &command.name())),
            FactKind::TimerFired { node, timer } => {
                let fields = fields.text("node", node).text("timer", &timer.name());
                match timer {
                    Timer::DelayedOperation { request }
                    | Timer::RequestTimeout { request }
                    | Timer::Disconnected { request } => fields.count("request", request.0),
                    Timer::FetchBackoff { leader } => fields.number("leader", leader.0),
                    Timer::MaxBlock { record } => fields.number("record", *record),
                    Timer::Controller(task) => fields.maybe_number("broker", task.broker().map(|id| id.0.into())),
                    Timer::SenderRun
                    | Timer::MetadataRefresh
                    | Timer::Background(_)
                    | Timer::ConsumerRetry
                    | Timer::GroupCoordinator { .. }
                    | Timer::GroupMember(_)
                    | Timer::SharePartitions
                    | Timer::Application => fields,
                }
            }
            FactKind::PartitionRecord { partition, replicas, isr, leader, leader_epoch, partition_epoch } => fields
                .partition(partition)
                .numbers("replicas", replicas.iter().map(|id| id.0.into()))
                .numbers("isr", isr.iter().map(|id| id.0.into()))
                .number("leader", leader.0)
                .number("leader_epoch", leader_epoch.0)
                .number("partition_epoch", *partition_epoch),
            FactKind::PartitionChangeRecord { partition, change, registration } => {
                of_change(change, fields.partition(partition))
                    .number("leader_epoch", registration.leader_epoch.0)
                    .number("partition_epoch", registration.partition_epoch)
            }
            FactKind::MetadataUpdated { client, topic, partitions, before } => fields
                .text("client", client)
                .text("topic", topic)
                .number("partitions", *partitions)
                .number("before", *before),
            FactKind::PartitionChosen { producer, partition, key, partitions, by } => {
                let fields = fields
                    .text("producer", producer)
                    .partition(partition)
                    .bytes("key", key.as_ref())
                    .number("partitions", *partitions);
                match by {
                    ChosenBy::Application => fields.text("by", &"application"),
                    ChosenBy::KeyHash { murmur2, positive } => {
                        fields.text("by", &"key_hash").number("murmur2", *murmur2).number("positive", *positive)
                    }
                    ChosenBy::Sticky => fields.text("by", &"sticky"),
                    ChosenBy::RoundRobin { counter, of } => {
                        fields.text("by", &"round_robin").number("counter", *counter).number("of", *of)
                    }
                }
            }
            FactKind::StickyPartitionSwitched(switched) => switched.fields(fields),
            FactKind::AbortedForNewBatch(aborted) => {
                fields.text("producer", &aborted.producer).partition(&aborted.partition)
            }
            FactKind::Sent(message) | FactKind::Received(message) | FactKind::MessageLost(message) => {
                message.fields(fields)
            }
            FactKind::RecordAppended { broker, partition, first_offset, last_offset, leader_epoch, as_leader } => {
                fields
                    .number("broker", broker.0)
                    .partition(partition)
                    .number("first_offset", first_offset.0)
                    .number("last_offset", last_offset.0)
                    .number("leader_epoch", leader_epoch.0)
                    .flag("as_leader", *as_leader)
            }
            FactKind::FollowerCredited { broker, partition, follower, from, to } => fields
                .number("broker", broker.0)
                .partition(partition)
                .number("follower", follower.0)
                .maybe_number("from", from.map(|from| from.0))
                .number("to", to.0),
            FactKind::HighWatermarkAdvanced { broker, partition, from, to, log_end_offsets } => fields
                .number("broker", broker.0)
                .partition(partition)
                .number("from", from.0)
                .number("to", to.0)
                .numbers("replicas", log_end_offsets.iter().map(|(id, _)| id.0.into()))
                .numbers("log_end_offsets", log_end_offsets.iter().map(|(_, end)| end.0)),
            FactKind::HighWatermarkUpdated { broker, partition, from, to, leader_high_watermark, log_end_offset } => {
                fields
                    .number("broker", broker.0)
                    .partition(partition)
                    .number("from", from.0)
                    .number("to", to.0)
                    .number("leader_high_watermark", leader_high_watermark.0)
                    .number("log_end_offset", log_end_offset.0)
            }
            FactKind::IsrUpdate { broker, partition, from, to, step } => {
                let fields = fields
                    .number("broker", broker.0)
                    .partition(partition)
                    .numbers("from", from.iter().map(|id| id.0.into()))
                    .numbers("to", to.iter().map(|id| id.0.into()));
                match step {
                    IsrStep::Proposed | IsrStep::Failed(None) => fields,
                    IsrStep::Expanded(epoch) | IsrStep::Shrunk(epoch) => fields.number("partition_epoch", *epoch),
                    IsrStep::Failed(Some(error)) => fields.text("error", error),
                }
            }
            FactKind::LimitReached { node, what, limit } => {
                let fields = match node {
                    Some(node) => fields.text("node", node),
                    None => fields.put("node", FieldValue::None),
                };
                fields.text("what", what).count("limit", *limit)
            }
            _ => self.client_fields(fields),
        }
    }

    /// The fields of what clients do and what waits in brokers.
    fn client_fields(&self, fields: Fields) -> Fields {
        match self {
            FactKind::RecordAccumulated { producer, partition, batch, new_batch, records, bytes, batch_size } => fields
                .text("producer", producer)
                .partition(partition)
                .count("batch", batch.0)
                .flag("new_batch", *new_batch)
                .number("records", *records)
                .number("bytes", *bytes)
                .number("batch_size", *batch_size),
            FactKind::BatchReady { producer, partition, batch, because, waited_ms } => fields
                .text("producer", producer)
                .partition(partition)
                .count("batch", batch.0)
                .text("because", &because.name())
                .number("waited_ms", *waited_ms),
            FactKind::BatchDrained { producer, partition, batch, broker, records } => fields
                .text("producer", producer)
                .partition(partition)
                .count("batch", batch.0)
                .number("broker", broker.0)
                .number("records", *records),
            FactKind::BatchAcknowledged { producer, partition, batch, base_offset, records } => fields
                .text("producer", producer)
                .partition(partition)
                .count("batch", batch.0)
                .number("base_offset", base_offset.0)
                .number("records", *records),
            FactKind::BatchRetried { producer, partition, batch, error, attempts } => fields
                .text("producer", producer)
                .partition(partition)
                .count("batch", batch.0)
                .text("error", error)
                .number("attempts", *attempts),
            FactKind::SendFailed { producer, topic, batch, error, records } => fields
                .text("producer", producer)
                .text("topic", topic)
                .maybe_number("batch", batch.map(|batch| i64::try_from(batch.0).unwrap_or(i64::MAX)))
                .text("error", error)
                .number("records", *records),
            FactKind::FetchParked { broker, message, partition, node, wait_ms } => fields
                .number("broker", broker.0)
                .count("message", message.0)
                .partition(partition)
                .text("node", node)
                .count("wait_ms", *wait_ms),
            FactKind::ProduceParked { broker, message, partition, required_offset, wait_ms } => fields
                .number("broker", broker.0)
                .count("message", message.0)
                .partition(partition)
                .number("required_offset", required_offset.0)
                .count("wait_ms", *wait_ms),
            FactKind::FetchCompleted { broker, message, partition, completion }
            | FactKind::ProduceCompleted { broker, message, partition, completion } => fields
                .number("broker", broker.0)
                .count("message", message.0)
                .partition(partition)
                .text("completion", &completion.name()),
            FactKind::PositionReset { consumer, partition, position } => {
                fields.text("consumer", consumer).partition(partition).number("position", position.0)
            }
            FactKind::RecordsPolled { consumer, partition, first_offset, last_offset, position, records } => fields
                .text("consumer", consumer)
                .partition(partition)
                .number("first_offset", first_offset.0)
                .number("last_offset", last_offset.0)
                .number("position", position.0)
                .number("records", *records),
            FactKind::RegisterBrokerRecord { .. }
            | FactKind::BrokerRegistrationChangeRecord { .. }
            | FactKind::ConfigRecord(_)
            | FactKind::ClearElrRecord(_)
            | FactKind::RemoveTopicRecord(_)
            | FactKind::UnflushedLost(_)
            | FactKind::LogDirFailed(_)
            | FactKind::TruncationDetected(_)
            | FactKind::PreferredReadReplica(_)
            | FactKind::PartitionLeadershipUpdated(_)
            | FactKind::PollThrew(_)
            | FactKind::LogLoaded { .. } => faults::of_fact(self, fields),
            FactKind::PageCache(fact) => fact.fields(fields),
            FactKind::Idempotence(fact) => fact.fields(fields),
            FactKind::Group(fact) => fact.fields(fields),
            FactKind::Share(fact) => fact.fields(fields),
            // The others are told above.
            _ => self.of_files(fields),
        }
    }

    /// What happens to the files of a log.
    fn of_files(&self, fields: Fields) -> Fields {
        let of = |fields: Fields, broker: &BrokerId, partition: &TopicPartition| {
            fields.number("broker", broker.0).partition(partition)
        };
        match self {
            FactKind::SegmentRolled { broker, partition, base_offset, reason } => {
                of(fields, broker, partition).number("base_offset", base_offset.0).text("reason", &roll_name(*reason))
            }
            FactKind::SegmentDeleted { broker, partition, base_offset, verdict } => of(fields, broker, partition)
                .number("base_offset", base_offset.0)
                .text("reason", &verdict_name(*verdict)),
            FactKind::RetentionChecked { broker, partition, deleted, kept, verdict } => of(fields, broker, partition)
                .number("deleted", *deleted)
                .number("kept", kept.0)
                .text("reason", &verdict_name(*verdict)),
            FactKind::LogStartOffsetIncremented { broker, partition, from, to } => {
                of(fields, broker, partition).number("from", from.0).number("to", to.0)
            }
            FactKind::LogTruncated { broker, partition, from, to, leader_end } => of(fields, broker, partition)
                .number("from", from.0)
                .number("to", to.0)
                .maybe_number("leader_epoch", leader_end.map(|(epoch, _)| epoch.0.into()))
                .maybe_number("leader_end_offset", leader_end.map(|(_, end)| end.0)),
            FactKind::LogCleaned {
                broker,
                partition,
                first_dirty_offset,
                next_dirty_offset,
                dirty_thousandths,
                keys,
                records_read,
                records_kept,
            } => of(fields, broker, partition)
                .number("first_dirty_offset", first_dirty_offset.0)
                .number("next_dirty_offset", next_dirty_offset.0)
                .number("dirty_thousandths", *dirty_thousandths)
                .number("keys", *keys)
                .number("records_read", *records_read)
                .number("records_kept", *records_kept),
            FactKind::LogFlushed { broker, partition, recovery_point } => {
                of(fields, broker, partition).number("recovery_point", recovery_point.0)
            }
            FactKind::CheckpointWritten { broker, file, partition, offset } => {
                of(fields, broker, partition).text("file", &file.name()).number("offset", offset.0)
            }
            _ => fields,
        }
    }
}

/// Why a segment takes no more, as facts say it.
fn roll_name(reason: RollReason) -> &'static str {
    match reason {
        RollReason::Size { .. } => "size",
        RollReason::Time { .. } => "time",
        RollReason::OffsetIndexFull => "offset_index_full",
        RollReason::TimeIndexFull => "time_index_full",
        RollReason::OffsetOverflow { .. } => "offset_overflow",
        RollReason::Forced => "forced",
    }
}

/// Why a segment goes or stays, as facts say it.
fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::BelowLogStart { .. } => "below_log_start",
        Verdict::OverSize { .. } => "over_size",
        Verdict::TooOld { .. } => "too_old",
        Verdict::AboveHighWatermark { .. } => "above_high_watermark",
        Verdict::EmptyActive => "empty_active",
        Verdict::Kept => "kept",
    }
}

fn of_command(command: &Command, fields: Fields) -> Fields {
    match command {
        Command::CreateTopic { topic, assignment, config } => fields
            .text("topic", topic)
            .number("partitions", i64::try_from(assignment.len()).unwrap_or(i64::MAX))
            .number("min_insync_replicas", config.min_insync_replicas),
        Command::DeleteTopic { topic } => fields.text("topic", topic),
        Command::CreatePartitions { topic, assignment } => {
            fields.text("topic", topic).number("partitions", i64::try_from(assignment.len()).unwrap_or(i64::MAX))
        }
        Command::Send { producer, topic, partition, key, value, .. } => fields
            .text("producer", producer)
            .text("topic", topic)
            .maybe_number("partition", partition.map(i64::from))
            .bytes("key", key.as_ref())
            .bytes("value", value.as_ref()),
        Command::Assign { consumer, partitions, from } => {
            let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
            fields
                .text("consumer", consumer)
                .text("partitions", &names.join(","))
                .maybe_number("from", from.map(|from| from.0))
        }
        Command::RefreshMetadata { client } => fields.text("client", client),
        Command::ElectPreferred { partition }
        | Command::ElectUnclean { partition }
        | Command::CancelReassignment { partition } => fields.partition(partition),
        Command::AlterConfig { topic, name, value } => {
            fields.text("topic", topic).text("name", name).maybe_text("value", value.as_deref())
        }
        Command::Reassign { partition, replicas } => {
            fields.partition(partition).numbers("replicas", replicas.iter().map(|id| id.0.into()))
        }
        Command::Configure { owner, name, value } => {
            fields.text("owner", owner).text("name", name).text("value", value)
        }
        Command::Fault(fault) => faults::of_fault(fault, fields),
        Command::Consumer { consumer, action } => action.fields(fields.text("consumer", consumer)),
    }
}

/// What a `PartitionChangeRecord` sets, under Kafka's names; -1 for no leader.
fn of_change(change: &PartitionChange, mut fields: Fields) -> Fields {
    if let Some(leader) = change.leader {
        fields = fields.number("leader", leader.map_or(-1, |leader| leader.0));
    }
    let lists = [
        ("isr", &change.isr),
        ("eligible_leader_replicas", &change.elr),
        ("last_known_elr", &change.last_known_elr),
        ("replicas", &change.replicas),
        ("adding_replicas", &change.adding_replicas),
        ("removing_replicas", &change.removing_replicas),
    ];
    for (name, list) in lists {
        if let Some(list) = list {
            fields = fields.numbers(name, list.iter().map(|id| id.0.into()));
        }
    }
    if let Some(state) = change.leader_recovery_state {
        fields = fields.flag("recovering", state == LeaderRecoveryState::Recovering);
    }
    fields
}
