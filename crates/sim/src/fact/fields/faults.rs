//! The fields of what goes wrong, and of what brokers do about it.

use super::Fields;
use crate::fact::FactKind;
use crate::fact::{ConfigRecord, PollThrew, TruncationDetected, UnflushedLost};
use crate::fault::{Fault, Link};

/// The fields of a fault, behind its name.
pub(super) fn of_fault(fault: &Fault, fields: Fields) -> Fields {
    match fault {
        Fault::Pause(broker)
        | Fault::Resume(broker)
        | Fault::Kill(broker)
        | Fault::Stop(broker)
        | Fault::Start(broker)
        | Fault::PowerLoss(broker)
        | Fault::WriteBack(broker)
        | Fault::FillDisk(broker)
        | Fault::FreeDisk(broker) => fields.number("broker", broker.0),
        Fault::SlowDisk(broker, ms) => fields.number("broker", broker.0).count("ms", *ms),
        Fault::SkewClock(node, ms) => fields.text("node", node).number("ms", *ms),
        Fault::Cut(Link { from, to, one_way }) | Fault::Heal(Link { from, to, one_way }) => {
            fields.text("from", from).text("to", to).flag("one_way", *one_way)
        }
        Fault::Drop(message) | Fault::Duplicate(message) => fields.count("message", message.0),
        Fault::Delay { message, ms } => fields.count("message", message.0).count("ms", *ms),
    }
}

/// The fields of a fact about brokers that come and go.
pub(super) fn of_fact(kind: &FactKind, fields: Fields) -> Fields {
    match kind {
        FactKind::RegisterBrokerRecord { broker, broker_epoch } => {
            fields.number("broker", broker.0).number("broker_epoch", *broker_epoch)
        }
        FactKind::BrokerRegistrationChangeRecord { broker, fenced, in_controlled_shutdown } => fields
            .number("broker", broker.0)
            .flag("fenced", *fenced)
            .flag("in_controlled_shutdown", *in_controlled_shutdown),
        FactKind::ConfigRecord(ConfigRecord { topic, name, value }) => {
            fields.text("topic", topic).text("name", name).maybe_text("value", value.as_deref())
        }
        FactKind::UnflushedLost(UnflushedLost { broker, partition, from, to }) => {
            fields.number("broker", broker.0).partition(partition).number("from", from.0).number("to", to.0)
        }
        FactKind::LogDirFailed(broker) => fields.number("broker", broker.0),
        FactKind::ClearElrRecord(topic) | FactKind::RemoveTopicRecord(topic) => fields.text("topic", topic),
        FactKind::TruncationDetected(TruncationDetected { consumer, partition, from, to, leader_epoch }) => fields
            .text("consumer", consumer)
            .partition(partition)
            .number("from", from.0)
            .number("to", to.0)
            .number("leader_epoch", leader_epoch.0),
        FactKind::PreferredReadReplica(told) => {
            let fields = fields.text("consumer", &told.consumer).partition(&told.partition);
            let fields = fields.number("replica", told.replica.0);
            match told.cleared {
                Some(because) => fields.text("because", &because.name()),
                None => fields.count("max_age_ms", told.max_age_ms),
            }
        }
        FactKind::PartitionLeadershipUpdated(told) => fields
            .text("client", &told.client)
            .partition(&told.partition)
            .number("from", told.from.map_or(-1, |leader| leader.0))
            .number("to", told.to.map_or(-1, |leader| leader.0))
            .number("leader_epoch", told.leader_epoch.0)
            .flag("by_refusal", told.by_refusal),
        FactKind::PollThrew(PollThrew { consumer, partition, error, position, diverged }) => fields
            .text("consumer", consumer)
            .partition(partition)
            .text("error", error)
            .maybe_number("position", position.map(|offset| offset.0))
            .maybe_number("diverged", diverged.map(|(offset, _)| offset.0)),
        FactKind::LogLoaded { broker, partition, is_clean, log_end_offset, high_watermark } => fields
            .number("broker", broker.0)
            .partition(partition)
            .flag("is_clean", *is_clean)
            .number("log_end_offset", log_end_offset.0)
            .number("high_watermark", high_watermark.0),
        _ => fields,
    }
}
