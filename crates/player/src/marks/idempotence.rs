//! Which marks the facts of idempotent producers are about.

use highwater_sim::fact::IdempotenceFact;

use crate::scene::MarkId;

pub(super) fn marks(fact: &IdempotenceFact) -> Vec<MarkId> {
    match fact {
        IdempotenceFact::ProducerIdsRecord { broker, .. } => vec![format!("broker-{broker}")],
        IdempotenceFact::ProducerIdSet { producer, .. } | IdempotenceFact::EpochBumped { producer, .. } => {
            vec![format!("client-{producer}")]
        }
        IdempotenceFact::SequenceAssigned { producer, partition, batch, .. }
        | IdempotenceFact::SequenceRewritten { producer, partition, batch, .. } => {
            vec![format!("accumulator/{producer}/{partition}/batch-{batch}"), format!("client-{producer}")]
        }
        IdempotenceFact::DuplicateBatch { broker, partition, first_offset, .. } => {
            vec![format!("broker-{broker}/{partition}/record-{first_offset}")]
        }
        IdempotenceFact::OutOfOrderSequence { broker, partition, .. }
        | IdempotenceFact::InvalidProducerEpoch { broker, partition, .. }
        | IdempotenceFact::ProducersExpired { broker, partition, .. } => {
            vec![format!("broker-{broker}/{partition}/leo")]
        }
    }
}
