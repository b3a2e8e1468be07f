//! The fields of what goes wrong, and of what brokers do about it.

use super::Fields;
use crate::fact::FactKind;
use crate::fault::{Fault, Link};

/// The fields of a fault, behind its name.
pub(super) fn of_fault(fault: &Fault, fields: Fields) -> Fields {
    match fault {
        Fault::Pause(broker)
        | Fault::Resume(broker)
        | Fault::Kill(broker)
        | Fault::Stop(broker)
        | Fault::Start(broker) => fields.number("broker", broker.0),
        Fault::Cut(Link { from, to, one_way }) | Fault::Heal(Link { from, to, one_way }) => {
            fields.text("from", from).text("to", to).flag("one_way", *one_way)
        }
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
        FactKind::LogLoaded { broker, partition, is_clean, log_end_offset, high_watermark } => fields
            .number("broker", broker.0)
            .partition(partition)
            .flag("is_clean", *is_clean)
            .number("log_end_offset", log_end_offset.0)
            .number("high_watermark", high_watermark.0),
        _ => fields,
    }
}
