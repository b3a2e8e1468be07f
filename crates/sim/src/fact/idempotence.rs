//! What happened to the ids and the sequence numbers of idempotent producers.

use super::Fields;
use crate::ids::{BatchId, BrokerId, ClientId, Offset, TopicPartition};
use crate::producer::transaction_manager::{ProducerIdAndEpoch, ProducerState};

/// Something about the id or the sequence numbers of an idempotent producer.
#[derive(Clone, Debug)]
pub enum IdempotenceFact {
    /// The controller wrote a `ProducerIdsRecord`: a block of ids is a broker's.
    ProducerIdsRecord {
        /// Whose.
        broker: BrokerId,
        /// The first id of the block.
        first_producer_id: i64,
        /// The first id of the next block.
        next_producer_id: i64,
    },
    /// A producer has an id.
    ProducerIdSet {
        /// The producer.
        producer: ClientId,
        /// Its id and epoch.
        to: ProducerIdAndEpoch,
    },
    /// A producer gave itself another epoch, because it does not know what a broker has.
    EpochBumped {
        /// The producer.
        producer: ClientId,
        /// Before.
        from: ProducerIdAndEpoch,
        /// Now; none after the last epoch.
        to: ProducerIdAndEpoch,
    },
    /// A batch got its sequence numbers as it left its queue.
    SequenceAssigned {
        /// The producer.
        producer: ClientId,
        /// Where the batch goes.
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// What its header says.
        state: ProducerState,
    },
    /// A batch that is on its way got other sequence numbers, with another epoch.
    SequenceRewritten {
        /// The producer.
        producer: ClientId,
        /// Where the batch goes.
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// What its header says now.
        state: ProducerState,
    },
    /// A leader has this batch already, and appends nothing.
    DuplicateBatch {
        /// The leader.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// What the batch says of its producer.
        state: ProducerState,
        /// Where it lies.
        first_offset: Offset,
    },
    /// A leader refused a batch that does not follow on.
    OutOfOrderSequence {
        /// The leader.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// What the batch says of its producer.
        state: ProducerState,
        /// The sequence number that comes next.
        expected: i64,
    },
    /// A leader refused a batch of an older epoch.
    InvalidProducerEpoch {
        /// The leader.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// What the batch says of its producer.
        state: ProducerState,
        /// The epoch that is known.
        current: i16,
    },
    /// A broker forgot producers that wrote nothing for `producer.id.expiration.ms`.
    ProducersExpired {
        /// The broker.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Their ids.
        producer_ids: Vec<i64>,
    },
}

impl IdempotenceFact {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            IdempotenceFact::ProducerIdsRecord { .. } => "ProducerIdsRecord",
            IdempotenceFact::ProducerIdSet { .. } => "ProducerIdSet",
            IdempotenceFact::EpochBumped { .. } => "ProducerEpochBumped",
            IdempotenceFact::SequenceAssigned { .. } => "SequenceAssigned",
            IdempotenceFact::SequenceRewritten { .. } => "SequenceRewritten",
            IdempotenceFact::DuplicateBatch { .. } => "DuplicateBatch",
            IdempotenceFact::OutOfOrderSequence { .. } => "OutOfOrderSequence",
            IdempotenceFact::InvalidProducerEpoch { .. } => "InvalidProducerEpoch",
            IdempotenceFact::ProducersExpired { .. } => "ProducersExpired",
        }
    }

    /// The partition that it is about, if it is about one.
    pub fn partition(&self) -> Option<&TopicPartition> {
        match self {
            IdempotenceFact::ProducerIdsRecord { .. }
            | IdempotenceFact::ProducerIdSet { .. }
            | IdempotenceFact::EpochBumped { .. } => None,
            IdempotenceFact::SequenceAssigned { partition, .. }
            | IdempotenceFact::SequenceRewritten { partition, .. }
            | IdempotenceFact::DuplicateBatch { partition, .. }
            | IdempotenceFact::OutOfOrderSequence { partition, .. }
            | IdempotenceFact::InvalidProducerEpoch { partition, .. }
            | IdempotenceFact::ProducersExpired { partition, .. } => Some(partition),
        }
    }

    /// The broker that it is about, if it is about one.
    pub fn broker(&self) -> Option<BrokerId> {
        match self {
            IdempotenceFact::ProducerIdsRecord { broker, .. }
            | IdempotenceFact::DuplicateBatch { broker, .. }
            | IdempotenceFact::OutOfOrderSequence { broker, .. }
            | IdempotenceFact::InvalidProducerEpoch { broker, .. }
            | IdempotenceFact::ProducersExpired { broker, .. } => Some(*broker),
            IdempotenceFact::ProducerIdSet { .. }
            | IdempotenceFact::EpochBumped { .. }
            | IdempotenceFact::SequenceAssigned { .. }
            | IdempotenceFact::SequenceRewritten { .. } => None,
        }
    }

    /// A batch was refused, or a producer had to begin anew.
    pub fn is_bad(&self) -> bool {
        matches!(
            self,
            IdempotenceFact::EpochBumped { .. }
                | IdempotenceFact::OutOfOrderSequence { .. }
                | IdempotenceFact::InvalidProducerEpoch { .. }
        )
    }

    /// The keys of the values that it set.
    pub(super) fn sets(&self) -> Vec<String> {
        match self {
            IdempotenceFact::ProducerIdSet { producer, .. } | IdempotenceFact::EpochBumped { producer, .. } => {
                vec![format!("producer_id/{producer}")]
            }
            IdempotenceFact::SequenceAssigned { producer, partition, .. }
            | IdempotenceFact::SequenceRewritten { producer, partition, .. } => {
                vec![format!("sequence/{producer}/{partition}")]
            }
            IdempotenceFact::ProducerIdsRecord { .. }
            | IdempotenceFact::DuplicateBatch { .. }
            | IdempotenceFact::OutOfOrderSequence { .. }
            | IdempotenceFact::InvalidProducerEpoch { .. }
            | IdempotenceFact::ProducersExpired { .. } => Vec::new(),
        }
    }

    pub(super) fn fields(&self, fields: Fields) -> Fields {
        match self {
            IdempotenceFact::ProducerIdsRecord { broker, first_producer_id, next_producer_id } => fields
                .number("broker", broker.0)
                .number("first_producer_id", *first_producer_id)
                .number("next_producer_id", *next_producer_id),
            IdempotenceFact::ProducerIdSet { producer, to } => of_producer(fields.text("producer", producer), *to),
            IdempotenceFact::EpochBumped { producer, from, to } => {
                of_producer(fields.text("producer", producer).number("from", from.epoch), *to)
            }
            IdempotenceFact::SequenceAssigned { producer, partition, batch, state }
            | IdempotenceFact::SequenceRewritten { producer, partition, batch, state } => {
                let fields = fields.text("producer", producer).partition(partition).count("batch", batch.0);
                of_state(fields, *state)
            }
            IdempotenceFact::DuplicateBatch { broker, partition, state, first_offset } => {
                of_state(fields.number("broker", broker.0).partition(partition), *state)
                    .number("first_offset", first_offset.0)
            }
            IdempotenceFact::OutOfOrderSequence { broker, partition, state, expected } => {
                of_state(fields.number("broker", broker.0).partition(partition), *state).number("expected", *expected)
            }
            IdempotenceFact::InvalidProducerEpoch { broker, partition, state, current } => {
                of_state(fields.number("broker", broker.0).partition(partition), *state).number("current", *current)
            }
            IdempotenceFact::ProducersExpired { broker, partition, producer_ids } => fields
                .number("broker", broker.0)
                .partition(partition)
                .numbers("producer_ids", producer_ids.iter().copied()),
        }
    }
}

fn of_producer(fields: Fields, producer: ProducerIdAndEpoch) -> Fields {
    fields.number("producer_id", producer.producer_id).number("epoch", producer.epoch)
}

fn of_state(fields: Fields, state: ProducerState) -> Fields {
    of_producer(fields, state.producer).number("base_sequence", state.base_sequence)
}
