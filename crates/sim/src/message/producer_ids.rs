//! Ids of producers. Kafka 4.3: `InitProducerIdRequest.json`, `AllocateProducerIdsRequest.json` and their responses.

use crate::error::Errors;
use crate::ids::BrokerId;
use crate::producer::transaction_manager::ProducerIdAndEpoch;

/// `InitProducerIdResponse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitProducerIdResponse {
    /// What went wrong.
    pub error: Errors,
    /// The id, with epoch 0; none with an error.
    pub producer: ProducerIdAndEpoch,
}

/// `AllocateProducerIdsRequest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocateProducerIdsRequest {
    /// The broker that asks.
    pub broker: BrokerId,
    /// The epoch of its registration.
    pub broker_epoch: i64,
}

/// `AllocateProducerIdsResponse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocateProducerIdsResponse {
    /// What went wrong.
    pub error: Errors,
    /// The first id of the block; -1 with an error.
    pub producer_id_start: i64,
    /// How many ids it has; 0 with an error.
    pub producer_id_len: i32,
}
