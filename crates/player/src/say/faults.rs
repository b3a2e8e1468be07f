//! Sentences about what goes wrong, and about brokers that come and go.

use highwater_sim::fact::FactKind;
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
        | Fault::Start(broker) => phrase(fault.name()).with("broker", broker.0),
        Fault::Cut(link) | Fault::Heal(link) => {
            let name = if link.one_way { format!("{}_one_way", fault.name()) } else { fault.name().to_owned() };
            phrase(&name).with("from", node_phrase(&link.from)).with("to", node_phrase(&link.to))
        }
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
