//! Requests that wait in a broker. Kafka 4.3: `DelayedFetch`, `DelayedProduce`, `DelayedOperationPurgatory`.

use crate::sorted::SortedMap;
use std::rc::Rc;

use super::fetch_manager::FetchContext;
use crate::error::Errors;
use crate::ids::{MessageId, NodeId, Offset, TopicPartition};
use crate::message::{Body, ProducePartition};
use crate::time::SimTime;

/// A fetch that waits for `min_bytes` or its time.
#[derive(Clone, Debug)]
pub struct DelayedFetch {
    /// The request's body (a `FetchRequest`), with all that its session asks for.
    pub request: Rc<Body>,
    /// Its session.
    pub context: FetchContext,
    /// Who asked.
    pub from: NodeId,
    /// Since when it waits.
    pub since: SimTime,
    /// Until when at most.
    pub deadline: SimTime,
}

/// A produce request with `acks=all` that waits for the high watermark or its time.
#[derive(Clone, Debug)]
pub struct DelayedProduce {
    /// Who asked.
    pub from: NodeId,
    /// Since when it waits.
    pub since: SimTime,
    /// Until when at most.
    pub deadline: SimTime,
    /// What it waits for, a part for each partition.
    pub parts: Vec<DelayedProducePart>,
}

/// One partition of a waiting produce request.
#[derive(Clone, Debug)]
pub struct DelayedProducePart {
    /// The answer so far; its error is `REQUEST_TIMED_OUT` until it is satisfied.
    pub answer: ProducePartition,
    /// The high watermark that satisfies it; none if the answer stands already.
    pub required_offset: Option<Offset>,
}

impl DelayedProducePart {
    /// A part that waits for the high watermark of `partition` to reach `required_offset`.
    pub fn waiting(
        partition: TopicPartition,
        base_offset: Offset,
        log_start_offset: Offset,
        required_offset: Offset,
    ) -> DelayedProducePart {
        let answer = ProducePartition { partition, error: Errors::RequestTimedOut, base_offset, log_start_offset };
        DelayedProducePart { answer, required_offset: Some(required_offset) }
    }
}

/// Everything that waits in one broker.
#[derive(Clone, Debug, Default)]
pub struct Purgatory {
    /// Fetches by request.
    pub fetches: SortedMap<MessageId, DelayedFetch>,
    /// Produce requests by request.
    pub produces: SortedMap<MessageId, DelayedProduce>,
}

impl Purgatory {
    /// The fetches that read `partition`, oldest first.
    pub fn fetches_of(&self, partition: &TopicPartition) -> Vec<MessageId> {
        let reads = |fetch: &DelayedFetch| match &*fetch.request {
            Body::FetchRequest(request) => request.partitions.iter().any(|part| part.partition == *partition),
            _ => false,
        };
        self.fetches.iter().filter(|(_, fetch)| reads(fetch)).map(|(id, _)| *id).collect()
    }

    /// The produce requests that wait for `partition`, oldest first.
    pub fn produces_of(&self, partition: &TopicPartition) -> Vec<MessageId> {
        let waits = |produce: &DelayedProduce| {
            produce.parts.iter().any(|part| part.required_offset.is_some() && part.answer.partition == *partition)
        };
        self.produces.iter().filter(|(_, produce)| waits(produce)).map(|(id, _)| *id).collect()
    }
}
