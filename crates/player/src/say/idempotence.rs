//! The ids and sequence numbers of idempotent producers, as sentences.

use highwater_sim::error::Errors;
use highwater_sim::fact::{IdempotenceFact, MessageFact};
use highwater_sim::message::Api;
use highwater_sim::producer::transaction_manager::ProducerState;

use super::list;
use crate::phrase::Phrase;

#[inline(never)]
pub(super) fn phrase(fact: &IdempotenceFact) -> Phrase {
    let phrase = match fact {
        IdempotenceFact::ProducerIdsRecord { first_producer_id, next_producer_id, .. } => {
            Phrase::new("facts.producer_ids_record")
                .with("first", *first_producer_id)
                .with("last", next_producer_id.saturating_sub(1))
        }
        IdempotenceFact::ProducerIdSet { producer, to } => Phrase::new("facts.producer_id_set")
            .with("producer", producer.to_string())
            .with("id", to.producer_id)
            .with("epoch", i64::from(to.epoch)),
        IdempotenceFact::EpochBumped { producer, from, to } => {
            let key = if to.is_valid() { "facts.producer_epoch_bumped" } else { "facts.producer_epoch_used_up" };
            Phrase::new(key)
                .with("producer", producer.to_string())
                .with("from", i64::from(from.epoch))
                .with("epoch", i64::from(to.epoch))
        }
        IdempotenceFact::SequenceAssigned { producer, state, .. } => {
            of(Phrase::new("facts.sequence_assigned").with("producer", producer.to_string()), *state)
        }
        IdempotenceFact::SequenceRewritten { producer, state, .. } => {
            of(Phrase::new("facts.sequence_rewritten").with("producer", producer.to_string()), *state)
        }
        IdempotenceFact::DuplicateBatch { state, first_offset, .. } => {
            of(Phrase::new("facts.duplicate_batch"), *state).with("offset", first_offset.0)
        }
        IdempotenceFact::OutOfOrderSequence { state, expected, .. } => {
            of(Phrase::new("facts.out_of_order_sequence"), *state).with("expected", *expected)
        }
        IdempotenceFact::InvalidProducerEpoch { state, current, .. } => {
            of(Phrase::new("facts.invalid_producer_epoch"), *state).with("current", i64::from(*current))
        }
        IdempotenceFact::ProducersExpired { producer_ids, .. } => {
            Phrase::new("facts.producers_expired").with("ids", list(producer_ids))
        }
    };
    phrase
        .with("broker", fact.broker().map_or(-1, |broker| broker.0))
        .with("partition", fact.partition().map(ToString::to_string).unwrap_or_default())
}

fn of(phrase: Phrase, state: ProducerState) -> Phrase {
    phrase
        .with("id", state.producer.producer_id)
        .with("epoch", i64::from(state.producer.epoch))
        .with("sequence", state.base_sequence)
}

/// What an answer gives, in a few words.
pub(crate) fn summary(first: i64, ids: i64) -> Phrase {
    Phrase::new(if ids == 1 { "scene.msg_producer_id" } else { "scene.msg_producer_ids" })
        .with("first", first)
        .with("last", first.saturating_add(ids).saturating_sub(1))
}

/// A request for ids on its way; a broker wants a block of them.
pub(super) fn asked(message: &MessageFact, way: &str) -> Phrase {
    let what = if message.api == Api::AllocateProducerIds { "block" } else { "ids" };
    Phrase::new(&format!("facts.wants_producer_{what}_{way}"))
}

/// Its answer.
pub(super) fn given(message: &MessageFact, error: Errors, first: i64, ids: i64, way: &str) -> Phrase {
    if error != Errors::None {
        return Phrase::new(&format!("facts.no_producer_ids_{way}")).with("error", error.name());
    }
    let what = if message.api == Api::AllocateProducerIds { "block" } else { "ids" };
    Phrase::new(&format!("facts.producer_{what}_{way}"))
        .with("first", first)
        .with("last", first.saturating_add(ids).saturating_sub(1))
}
