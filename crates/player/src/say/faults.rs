//! Sentences about what goes wrong, and about brokers that come and go.

use highwater_sim::command::Command;
use highwater_sim::consumer::read_replica::ClearedBecause;
use highwater_sim::fact::FactKind;
use highwater_sim::fact::{ConfigRecord, PollThrew, TruncationDetected, UnflushedLost};
use highwater_sim::fault::Fault;

use super::{node_phrase, number};
use crate::phrase::Phrase;

/// The sentence of a fault.
pub(super) fn command(fault: &Fault) -> Phrase {
    let phrase = |name: &str| Phrase::new(&format!("facts.command_{name}"));
    match fault {
        Fault::Pause(broker)
        | Fault::Resume(broker)
        | Fault::Kill(broker)
        | Fault::Stop(broker)
        | Fault::Start(broker)
        | Fault::PowerLoss(broker)
        | Fault::WriteBack(broker)
        | Fault::FillDisk(broker)
        | Fault::FreeDisk(broker) => phrase(fault.name()).with("broker", broker.0),
        Fault::SlowDisk(broker, ms) => phrase(if *ms == 0 { "slow_disk_over" } else { "slow_disk" })
            .with("broker", broker.0)
            .with("ms", number(*ms)),
        Fault::SkewClock(node, ms) => {
            let name = match ms {
                0 => "skew_clock_over",
                1.. => "skew_clock_ahead",
                _ => "skew_clock_behind",
            };
            phrase(name).with("node", node_phrase(node)).with("ms", ms.saturating_abs())
        }
        Fault::Duplicate(message) => phrase(fault.name()).with("message", number(message.0)),
        Fault::Cut(link) | Fault::Heal(link) => {
            let name = if link.one_way { format!("{}_one_way", fault.name()) } else { fault.name().to_owned() };
            phrase(&name).with("from", node_phrase(&link.from)).with("to", node_phrase(&link.to))
        }
        Fault::Drop(message) => phrase("drop").with("message", number(message.0)),
        Fault::Delay { message, ms } => phrase("delay").with("message", number(message.0)).with("ms", number(*ms)),
    }
}

/// The sentence of what an administrator asks for.
pub(super) fn administration(command: &Command) -> Phrase {
    let phrase = Phrase::new(&format!("facts.command_{}", command.name()));
    match command {
        Command::ElectUnclean { partition } | Command::CancelReassignment { partition } => {
            phrase.with("partition", partition.to_string())
        }
        Command::AlterConfig { topic, name, value: Some(value) } => {
            phrase.with("topic", topic.to_string()).with("name", name.to_string()).with("value", value.to_string())
        }
        Command::AlterConfig { topic, name, value: None } => {
            Phrase::new("facts.command_delete_config").with("topic", topic.to_string()).with("name", name.to_string())
        }
        _ => phrase,
    }
}

/// The sentence of a fact.
pub(super) fn phrase(kind: &FactKind) -> Phrase {
    match kind {
        FactKind::MessageLost(message) => {
            Phrase::new(if message.response { "facts.response_lost" } else { "facts.request_lost" })
                .with("from", node_phrase(&message.from))
                .with("to", node_phrase(&message.to))
                .with("api", message.api.name())
                .with("message", number(message.message.0))
        }
        FactKind::RegisterBrokerRecord { broker, broker_epoch } => {
            Phrase::new("facts.register_broker_record").with("broker", broker.0).with("epoch", *broker_epoch)
        }
        FactKind::BrokerRegistrationChangeRecord { broker, fenced, in_controlled_shutdown } => {
            Phrase::new(match (fenced, in_controlled_shutdown) {
                (true, _) => "facts.broker_fenced",
                (false, true) => "facts.broker_stopping",
                (false, false) => "facts.broker_unfenced",
            })
            .with("broker", broker.0)
        }
        FactKind::ConfigRecord(ConfigRecord { topic, name, value }) => match value {
            Some(value) => Phrase::new("facts.config_record").with("value", value.to_string()),
            None => Phrase::new("facts.config_record_deleted"),
        }
        .with("topic", topic.to_string())
        .with("name", name.to_string()),
        FactKind::UnflushedLost(UnflushedLost { broker, partition, from, to }) => Phrase::new("facts.unflushed_lost")
            .with("broker", broker.0)
            .with("partition", partition.to_string())
            .with("from", from.0)
            .with("to", to.0),
        FactKind::LogDirFailed(broker) => Phrase::new("facts.log_dir_failed").with("broker", broker.0),
        FactKind::RemoveTopicRecord(topic) => Phrase::new("facts.remove_topic_record").with("topic", topic.to_string()),
        FactKind::ClearElrRecord(topic) => Phrase::new("facts.clear_elr_record").with("topic", topic.to_string()),
        FactKind::TruncationDetected(TruncationDetected { consumer, partition, from, to, leader_epoch }) => {
            Phrase::new("facts.truncation_detected")
                .with("consumer", consumer.to_string())
                .with("partition", partition.to_string())
                .with("from", from.0)
                .with("to", to.0)
                .with("epoch", leader_epoch.0)
        }
        FactKind::PreferredReadReplica(told) => {
            let phrase = match told.cleared {
                None => Phrase::new("facts.preferred_read_replica"),
                Some(because) => Phrase::new(match because {
                    ClearedBecause::Expired => "facts.read_replica_expired",
                    ClearedBecause::Error(_) => "facts.read_replica_error",
                    ClearedBecause::Offline => "facts.read_replica_offline",
                    ClearedBecause::Disconnected => "facts.read_replica_disconnected",
                    ClearedBecause::NewLeader => "facts.read_replica_new_leader",
                })
                .with("error", because.name()),
            };
            phrase
                .with("consumer", told.consumer.to_string())
                .with("partition", told.partition.to_string())
                .with("broker", told.replica.0)
                .with("ms", i64::try_from(told.max_age_ms).unwrap_or(i64::MAX))
        }
        FactKind::PartitionLeadershipUpdated(told) => Phrase::new(match (told.to, told.by_refusal) {
            (None, _) => "facts.leader_unknown",
            (Some(_), true) => "facts.leader_named",
            (Some(_), false) => "facts.leader_learned",
        })
        .with("client", told.client.to_string())
        .with("partition", told.partition.to_string())
        .with("leader", told.to.map_or(-1, |leader| leader.0))
        .with("epoch", told.leader_epoch.0),
        FactKind::PollThrew(PollThrew { consumer, partition, error, .. }) => Phrase::new("facts.poll_threw")
            .with("consumer", consumer.to_string())
            .with("partition", partition.to_string())
            .with("error", *error),
        FactKind::LogLoaded { broker, partition, is_clean, log_end_offset, high_watermark } => {
            Phrase::new(if *is_clean { "facts.log_loaded_clean" } else { "facts.log_loaded_unclean" })
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("end", log_end_offset.0)
                .with("hw", high_watermark.0)
        }
        _ => Phrase::new(kind.name()),
    }
}
