//! Facts as sentences. One `say` serves the page, the command line and the screen reader.

mod faults;
pub mod files;
mod groups;
pub(crate) mod idempotence;
mod page_cache;
pub(crate) mod share;

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::fact::{
    AbortedForNewBatch, ChosenBy, Completion, Fact, FactKind, IsrStep, MessageFact, ReadyBecause, Says,
    StickyPartitionSwitched, SwitchedBecause,
};
use highwater_sim::ids::{BrokerId, NodeId, Offset};
use highwater_sim::message::{LeaderIdAndEpoch, ListOffsetsSpec};
use highwater_sim::timer::Timer;

use crate::lang::Lang;
use crate::phrase::{Arg, Phrase};

/// The sentence of a fact in `lang`.
pub fn say(fact: &Fact, lang: Lang) -> String {
    phrase(&fact.kind).say(lang)
}

/// The sentence of a fact, before it has a language.
pub fn phrase(kind: &FactKind) -> Phrase {
    match kind {
        FactKind::CommandGiven { command } => command_phrase(command),
        FactKind::TimerFired { node, timer } => Phrase::new(&format!("facts.timer_{}", timer.name()))
            .with("node", node_phrase(node))
            .with("message", timer_message(timer)),
        FactKind::PartitionRecord { partition, replicas, isr, leader, leader_epoch, .. } => {
            Phrase::new("facts.partition_record")
                .with("partition", partition.to_string())
                .with("replicas", list(replicas))
                .with("isr", list(isr))
                .with("leader", leader.0)
                .with("epoch", leader_epoch.0)
        }
        FactKind::PartitionChangeRecord { partition, registration, .. } => {
            Phrase::new(if registration.elr.is_empty() {
                "facts.partition_change_record"
            } else {
                "facts.partition_change_record_elr"
            })
            .with("partition", partition.to_string())
            .with("isr", if registration.isr.is_empty() { Arg::from("{}") } else { list(&registration.isr).into() })
            .with("elr", list(&registration.elr))
            .with("leader", registration.leader.map_or(-1, |leader| leader.0))
            .with("epoch", registration.leader_epoch.0)
            .with("partition_epoch", registration.partition_epoch)
        }
        FactKind::MetadataUpdated { client, topic, partitions, before } => {
            let key = match (before, partitions) {
                (_, 0) => "facts.metadata_gone",
                (0, _) => "facts.metadata_first",
                _ => "facts.metadata_updated",
            };
            Phrase::new(key)
                .with("client", client.to_string())
                .with("topic", topic.to_string())
                .with("partitions", counted("partition", (*partitions).into()))
                .with("before", *before)
        }
        FactKind::PartitionChosen { producer, partition, key, partitions, by } => {
            let phrase = match by {
                ChosenBy::Application => Phrase::new("facts.partition_chosen_application"),
                ChosenBy::KeyHash { murmur2, positive } => Phrase::new("facts.partition_chosen_key")
                    .with("key", key.as_ref().map(Bytes::text).unwrap_or_default())
                    .with("murmur2", *murmur2)
                    .with("positive", *positive),
                ChosenBy::Sticky => match key {
                    Some(key) => Phrase::new("facts.partition_chosen_ignored").with("key", key.text()),
                    None => Phrase::new("facts.partition_chosen_sticky"),
                },
                ChosenBy::RoundRobin { counter, of } => {
                    Phrase::new("facts.partition_chosen_in_turn").with("counter", *counter).with("of", *of)
                }
            };
            phrase
                .with("producer", producer.to_string())
                .with("topic", partition.topic.to_string())
                .with("partition", partition.partition)
                .with("partitions", counted("partition", (*partitions).into()))
        }
        FactKind::AbortedForNewBatch(AbortedForNewBatch { producer, partition }) => {
            Phrase::new("facts.aborted_for_new_batch")
                .with("producer", producer.to_string())
                .with("partition", partition.to_string())
        }
        FactKind::StickyPartitionSwitched(StickyPartitionSwitched { producer, topic, from, to, because }) => {
            let phrase = match (from, because) {
                (None, _) => Phrase::new("facts.sticky_first"),
                (Some(from), SwitchedBecause::NewBatch) => Phrase::new("facts.sticky_new_batch").with("from", *from),
                (Some(from), SwitchedBecause::Bytes(bytes)) if from == to => {
                    Phrase::new("facts.sticky_same").with("bytes", *bytes)
                }
                (Some(from), SwitchedBecause::Bytes(bytes)) => {
                    Phrase::new("facts.sticky_switched").with("from", *from).with("bytes", *bytes)
                }
            };
            phrase.with("producer", producer.to_string()).with("topic", topic.to_string()).with("to", *to)
        }
        FactKind::HighWatermarkAdvanced { broker, partition, from, to, log_end_offsets } => {
            Phrase::new("facts.high_watermark_advanced")
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("from", from.0)
                .with("to", to.0)
                .with("ends", list_of(log_end_offsets.iter().map(|(_, end)| end.0)).join(", "))
        }
        FactKind::HighWatermarkUpdated { broker, partition, from, to, leader_high_watermark, log_end_offset } => {
            Phrase::new("facts.high_watermark_updated")
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("from", from.0)
                .with("to", to.0)
                .with("leader", leader_high_watermark.0)
                .with("end", log_end_offset.0)
        }
        FactKind::IsrUpdate { broker, partition, from, to, step } => {
            let (key, detail) = match step {
                IsrStep::Proposed => ("facts.isr_change_proposed", String::new()),
                IsrStep::Expanded(epoch) => ("facts.isr_expanded", epoch.to_string()),
                IsrStep::Shrunk(epoch) => ("facts.isr_shrunk", epoch.to_string()),
                IsrStep::Failed(Some(error)) => ("facts.isr_update_failed", error.to_string()),
                IsrStep::Failed(None) => ("facts.isr_update_late", String::new()),
            };
            Phrase::new(key)
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("from", list(from))
                .with("to", list(to))
                .with("detail", detail)
        }
        FactKind::RecordAppended { broker, partition, first_offset, last_offset, leader_epoch, as_leader } => {
            let key = match (as_leader, first_offset == last_offset) {
                (true, true) => "facts.record_appended_leader",
                (true, false) => "facts.records_appended_leader",
                (false, true) => "facts.record_appended_follower",
                (false, false) => "facts.records_appended_follower",
            };
            Phrase::new(key)
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("first", first_offset.0)
                .with("last", last_offset.0)
                .with("epoch", leader_epoch.0)
        }
        FactKind::FollowerCredited { broker, partition, follower, from, to } => {
            let key = if from.is_some() { "facts.follower_credited" } else { "facts.follower_credited_first" };
            Phrase::new(key)
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("follower", follower.0)
                .with("from", from.map_or(-1, |from| from.0))
                .with("to", to.0)
        }
        FactKind::Sent(message) => message_phrase(message, "sent"),
        FactKind::Received(message) => message_phrase(message, "received"),
        FactKind::LimitReached { node, what, limit } => Phrase::new("facts.limit_reached")
            .with("node", node.as_ref().map_or(Phrase::new("facts.the_world"), node_phrase))
            .with("what", what.to_string())
            .with("limit", i64::try_from(*limit).unwrap_or(i64::MAX)),
        FactKind::MessageLost(_)
        | FactKind::RegisterBrokerRecord { .. }
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
        | FactKind::LogLoaded { .. } => faults::phrase(kind),
        FactKind::Group(fact) => groups::phrase(fact),
        FactKind::Share(fact) => share::phrase(fact),
        FactKind::PageCache(fact) => page_cache::phrase(fact),
        FactKind::Idempotence(fact) => idempotence::phrase(fact),
        _ => files::phrase(kind).unwrap_or_else(|| client_phrase(kind)),
    }
}

/// The sentences about what waits in brokers and what clients do.
fn client_phrase(kind: &FactKind) -> Phrase {
    match kind {
        FactKind::FetchParked { broker, message, partition, node, wait_ms } => Phrase::new("facts.fetch_parked")
            .with("broker", broker.0)
            .with("message", number(message.0))
            .with("partition", partition.to_string())
            .with("node", node_phrase(node))
            .with("wait", number(*wait_ms)),
        FactKind::FetchCompleted { broker, message, partition, completion } => completed("fetch", *completion, *broker)
            .with("message", number(message.0))
            .with("partition", partition.to_string()),
        FactKind::ProduceParked { broker, message, partition, required_offset, wait_ms } => {
            Phrase::new("facts.produce_parked")
                .with("broker", broker.0)
                .with("message", number(message.0))
                .with("partition", partition.to_string())
                .with("required", required_offset.0)
                .with("wait", number(*wait_ms))
        }
        FactKind::ProduceCompleted { broker, message, partition, completion } => {
            completed("produce", *completion, *broker)
                .with("message", number(message.0))
                .with("partition", partition.to_string())
        }
        FactKind::RecordAccumulated { producer, partition, new_batch, records, bytes, batch_size, .. } => {
            Phrase::new(if *new_batch { "facts.record_accumulated_new" } else { "facts.record_accumulated" })
                .with("producer", producer.to_string())
                .with("partition", partition.to_string())
                .with("records", counted("record", *records))
                .with("bytes", *bytes)
                .with("size", *batch_size)
        }
        FactKind::BatchReady { producer, partition, because, waited_ms, .. } => {
            let key = match because {
                ReadyBecause::Full => "facts.batch_ready_full",
                ReadyBecause::LingerExpired => "facts.batch_ready_linger",
                ReadyBecause::MemoryWaiters => "facts.batch_ready_memory",
                ReadyBecause::Closed => "facts.batch_ready_closed",
                ReadyBecause::Flushing => "facts.batch_ready_flushing",
                ReadyBecause::BackoffExpired => "facts.batch_ready_backoff",
                ReadyBecause::LeaderChanged => "facts.batch_ready_leader",
            };
            Phrase::new(key)
                .with("producer", producer.to_string())
                .with("partition", partition.to_string())
                .with("waited", *waited_ms)
        }
        FactKind::BatchDrained { producer, partition, broker, records, .. } => Phrase::new("facts.batch_drained")
            .with("producer", producer.to_string())
            .with("partition", partition.to_string())
            .with("broker", broker.0)
            .with("records", counted("record", *records)),
        FactKind::BatchAcknowledged { producer, partition, base_offset, records, .. } => {
            let key = if base_offset.0 < 0 { "facts.batch_unanswered" } else { "facts.batch_acknowledged" };
            Phrase::new(key)
                .with("producer", producer.to_string())
                .with("partition", partition.to_string())
                .with("offset", base_offset.0)
                .with("records", counted("record", *records))
        }
        FactKind::BatchRetried { producer, partition, error, attempts, .. } => Phrase::new("facts.batch_retried")
            .with("producer", producer.to_string())
            .with("partition", partition.to_string())
            .with("error", error.name())
            .with("attempts", *attempts),
        FactKind::SendFailed { producer, topic, error, records, .. } => Phrase::new("facts.send_failed")
            .with("producer", producer.to_string())
            .with("topic", topic.to_string())
            .with("error", error.as_str())
            .with("records", counted("record", *records)),
        FactKind::PositionReset { consumer, partition, position } => Phrase::new("facts.position_reset")
            .with("consumer", consumer.to_string())
            .with("partition", partition.to_string())
            .with("position", position.0),
        FactKind::RecordsPolled { consumer, partition, first_offset, last_offset, position, .. } => {
            let key = if first_offset == last_offset { "facts.record_polled" } else { "facts.records_polled" };
            Phrase::new(key)
                .with("consumer", consumer.to_string())
                .with("partition", partition.to_string())
                .with("first", first_offset.0)
                .with("last", last_offset.0)
                .with("position", position.0)
        }
        // The others are said above.
        _ => Phrase::new(kind.name()),
    }
}

fn completed(what: &str, completion: Completion, broker: BrokerId) -> Phrase {
    let how = match completion {
        Completion::Satisfied => "satisfied",
        Completion::TimedOut => "timed_out",
    };
    Phrase::new(&format!("facts.{what}_{how}")).with("broker", broker.0)
}

fn command_phrase(command: &Command) -> Phrase {
    match command {
        Command::CreateTopic { topic, assignment, .. } => Phrase::new("facts.command_create_topic")
            .with("topic", topic.to_string())
            .with("partitions", counted_len("partition", assignment.len()))
            .with("replication", count(assignment.first().map_or(0, Vec::len))),
        Command::DeleteTopic { topic } => Phrase::new("facts.command_delete_topic").with("topic", topic.to_string()),
        Command::CreatePartitions { topic, assignment } => Phrase::new("facts.command_create_partitions")
            .with("topic", topic.to_string())
            .with("partitions", counted_len("partition", assignment.len())),
        Command::Send { producer, topic, partition, key, value, .. } => {
            let value = value.as_ref().map_or_else(|| "null".to_owned(), clipped);
            let record = match key {
                Some(key) => format!("{} {value}", clipped(key)),
                None => value,
            };
            let to = match partition {
                Some(partition) => format!("{topic}-{partition}"),
                None => topic.to_string(),
            };
            Phrase::new("facts.command_send")
                .with("producer", producer.to_string())
                .with("record", record)
                .with("to", to)
        }
        Command::Assign { consumer, partitions, from } => {
            let list = list_of(partitions);
            match from {
                Some(from) => Phrase::new("facts.command_assign_from").with("from", from.0),
                None => Phrase::new("facts.command_assign"),
            }
            .with("consumer", consumer.to_string())
            .with("partitions", list)
        }
        Command::RefreshMetadata { client } => {
            Phrase::new("facts.command_refresh_metadata").with("client", client.to_string())
        }
        Command::ElectPreferred { partition } => {
            Phrase::new("facts.command_elect_preferred").with("partition", partition.to_string())
        }
        Command::ElectUnclean { .. } | Command::CancelReassignment { .. } | Command::AlterConfig { .. } => {
            faults::administration(command)
        }
        Command::Reassign { partition, replicas } => Phrase::new("facts.command_reassign")
            .with("partition", partition.to_string())
            .with("replicas", list(replicas)),
        Command::Configure { owner, name, value } => Phrase::new("facts.command_configure")
            .with("owner", owner.to_string())
            .with("name", &**name)
            .with("value", &**value),
        Command::Fault(fault) => faults::command(fault),
        Command::Consumer { consumer, action } => groups::command(consumer, action),
    }
}

fn message_phrase(message: &MessageFact, way: &str) -> Phrase {
    let phrase = match &message.says {
        Says::Produce { acks, records } => Phrase::new(&format!("facts.produce_{way}"))
            .with("acks", acks.name())
            .with("records", counted("record", *records)),
        Says::Produced { error, base_offset, .. } if *error == highwater_sim::error::Errors::None => {
            Phrase::new(&format!("facts.produced_{way}")).with("offset", base_offset.0)
        }
        Says::Fetch { session, .. } if session.closes() => Phrase::new(&format!("facts.fetch_{way}_close")),
        Says::Fetch { offset, session, .. } if session.named == 0 => {
            Phrase::new(&format!("facts.fetch_{way}_implied")).with("offset", offset.0)
        }
        Says::Fetch { offset, last_fetched_epoch, .. } => match last_fetched_epoch {
            Some(epoch) => {
                Phrase::new(&format!("facts.fetch_{way}_epoch")).with("offset", offset.0).with("epoch", epoch.0)
            }
            None => Phrase::new(&format!("facts.fetch_{way}")).with("offset", offset.0),
        },
        Says::Fetched { error, preferred_read_replica: Some(replica), .. }
            if *error == highwater_sim::error::Errors::None =>
        {
            Phrase::new(&format!("facts.read_from_{way}")).with("broker", replica.0)
        }
        Says::Fetched { error, named: 0, .. } if *error == highwater_sim::error::Errors::None => {
            Phrase::new(&format!("facts.fetched_unchanged_{way}"))
        }
        Says::Fetched { error, high_watermark, records, first_offset, .. }
            if *error == highwater_sim::error::Errors::None =>
        {
            match first_offset {
                Some(Offset(first)) => Phrase::new(&format!("facts.fetched_{way}")).with("first", *first),
                None => Phrase::new(&format!("facts.fetched_empty_{way}")),
            }
            .with("hw", high_watermark.0)
            .with("records", counted("record", *records))
        }
        Says::AlterPartition { isr } => Phrase::new(&format!("facts.alter_partition_{way}")).with("isr", list(isr)),
        Says::AlteredPartition { error, isr } if *error == highwater_sim::error::Errors::None => {
            Phrase::new(&format!("facts.altered_partition_{way}")).with("isr", list(isr))
        }
        Says::OffsetForLeaderEpoch { leader_epoch } => {
            Phrase::new(&format!("facts.epoch_asked_{way}")).with("epoch", leader_epoch.0)
        }
        Says::EpochEnds { error, leader_epoch, end_offset } if *error == highwater_sim::error::Errors::None => {
            Phrase::new(&format!("facts.epoch_ends_{way}")).with("epoch", leader_epoch.0).with("offset", end_offset.0)
        }
        Says::Produced { error, current_leader: Some(named), .. }
        | Says::Fetched { error, current_leader: Some(named), .. } => {
            leader_named(*named, &format!("facts.error_leader_{way}"), &format!("facts.error_no_leader_{way}"))
                .with("error", error.name())
        }
        Says::Produced { error, .. }
        | Says::Fetched { error, .. }
        | Says::AlteredPartition { error, .. }
        | Says::EpochEnds { error, .. } => Phrase::new(&format!("facts.error_{way}")).with("error", error.name()),
        Says::ListOffsets { asks: ListOffsetsSpec::Earliest } => Phrase::new(&format!("facts.list_earliest_{way}")),
        Says::ListOffsets { asks: ListOffsetsSpec::Latest } => Phrase::new(&format!("facts.list_latest_{way}")),
        Says::ListOffsets { asks: ListOffsetsSpec::Timestamp(timestamp) } => {
            Phrase::new(&format!("facts.list_by_time_{way}")).with("timestamp", *timestamp)
        }
        Says::ListedOffsets { offset } => Phrase::new(&format!("facts.listed_offsets_{way}")).with("offset", offset.0),
        Says::Metadata => Phrase::new(&format!("facts.metadata_{way}")),
        Says::MetadataIs { partitions } => Phrase::new(&format!("facts.metadata_is_{way}"))
            .with("partitions", counted("partition", (*partitions).into())),
        Says::WantsProducerIds => idempotence::asked(message, way),
        Says::ProducerIds { error, first, ids } => idempotence::given(message, *error, *first, *ids, way),
        Says::Group(says) => groups::message(message, says, way),
        Says::Share(says) => share::message(message, says, way),
    };
    phrase
        .with("from", node_phrase(&message.from))
        .with("to", node_phrase(&message.to))
        .with("partition", message.partition.as_ref().map(ToString::to_string).unwrap_or_default())
}

/// A sentence with the leader that a refusal names, or the one of a partition without a leader.
fn leader_named(named: LeaderIdAndEpoch, some: &str, none: &str) -> Phrase {
    Phrase::new(if named.leader_id.is_some() { some } else { none })
        .with("leader", named.leader_id.map_or(-1, |leader| leader.0))
        .with("epoch", named.leader_epoch.0)
}

/// "broker 2", or the client's name.
pub fn node_phrase(node: &NodeId) -> Phrase {
    match node {
        NodeId::Broker(id) => Phrase::new("facts.broker").with("broker", id.0),
        NodeId::Client(id) => Phrase::new("facts.client").with("client", id.to_string()),
        NodeId::Controller => Phrase::new("facts.controller"),
    }
}

fn timer_message(timer: &Timer) -> i64 {
    match timer {
        Timer::DelayedOperation { request } | Timer::RequestTimeout { request } | Timer::Disconnected { request } => {
            number(request.0)
        }
        Timer::FetchBackoff { leader } => leader.0.into(),
        Timer::Controller(task) => task.broker().map_or(0, |broker| broker.0.into()),
        Timer::SenderRun
        | Timer::MaxBlock { .. }
        | Timer::MetadataRefresh
        | Timer::Background(_)
        | Timer::ConsumerRetry
        | Timer::GroupMember(_)
        | Timer::SharePartitions
        | Timer::Application => 0,
        Timer::GroupCoordinator { partition } => (*partition).into(),
    }
}

/// The bytes as text, the beginning of a long one.
fn clipped(bytes: &Bytes) -> String {
    const CHARACTERS: usize = 24;
    let text = bytes.text();
    if text.chars().count() <= CHARACTERS {
        return text;
    }
    let beginning: String = text.chars().take(CHARACTERS).collect();
    format!("{beginning}… ({} B)", bytes.len())
}

/// "1 record", "3 records".
fn counted(what: &str, count: i64) -> Phrase {
    Phrase::new(&format!("facts.{what}{}", if count == 1 { "" } else { "s" })).with("n", count)
}

fn counted_len(what: &str, count: usize) -> Phrase {
    counted(what, i64::try_from(count).unwrap_or(i64::MAX))
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(value: usize) -> Arg {
    Arg::Number(i64::try_from(value).unwrap_or(i64::MAX))
}

fn list<T: ToString>(items: &[T]) -> Vec<String> {
    list_of(items.iter().map(ToString::to_string))
}

fn list_of<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}
