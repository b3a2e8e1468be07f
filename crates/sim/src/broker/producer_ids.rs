//! The ids that a broker gives to producers, from blocks that the controller gives to it. Kafka 4.3: `RPCProducerIdManager`,
//! `TransactionCoordinator.handleInitProducerId`.

use super::Broker;
use crate::error::Errors;
use crate::ids::{MessageId, NodeId};
use crate::message::{AllocateProducerIdsRequest, AllocateProducerIdsResponse, Body, InitProducerIdResponse, Message};
use crate::outbox::Outbox;
use crate::producer::transaction_manager::ProducerIdAndEpoch;
use crate::time::SimTime;

/// How long a broker waits after an error of the controller, in ms. Kafka: `RPCProducerIdManager.RETRY_BACKOFF_MS`.
const RETRY_BACKOFF_MS: u64 = 50;

/// Ids that follow each other. Kafka: `ProducerIdsBlock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ProducerIdsBlock {
    first: i64,
    size: i64,
    next: i64,
}

impl ProducerIdsBlock {
    /// The id after the last one.
    fn end(&self) -> i64 {
        self.first.saturating_add(self.size)
    }

    /// With this id nine tenths are given away, and the next block is asked for.
    fn prefetch_at(&self) -> i64 {
        self.first.saturating_add(self.size.saturating_mul(9) / 10)
    }
}

/// The present block, and the next one.
#[derive(Clone, Debug)]
pub struct ProducerIdManager {
    current: ProducerIdsBlock,
    next: Option<ProducerIdsBlock>,
    /// The next block was asked for, and has not been begun.
    is_requested: bool,
    request: Option<MessageId>,
    backoff_until: Option<SimTime>,
}

impl Default for ProducerIdManager {
    fn default() -> ProducerIdManager {
        ProducerIdManager {
            current: ProducerIdsBlock { first: 0, size: 0, next: 0 },
            next: None,
            is_requested: false,
            request: None,
            backoff_until: None,
        }
    }
}

impl ProducerIdManager {
    /// The next id, and whether another block is to be asked for. Without a block there is none: the producer asks again.
    fn generate(&mut self) -> (Option<i64>, bool) {
        if self.current.next >= self.current.end() {
            let Some(block) = self.next.take() else { return (None, true) };
            self.current = block;
            self.is_requested = false;
        }
        let id = self.current.next;
        self.current.next = id.saturating_add(1);
        (Some(id), id == self.current.prefetch_at())
    }

    /// This request is under way.
    pub(super) fn is_asking(&self, request: MessageId) -> bool {
        self.request == Some(request)
    }

    fn may_request(&self, now: SimTime) -> bool {
        self.next.is_none() && !self.is_requested && self.backoff_until.is_none_or(|until| now >= until)
    }

    /// Kafka: `handleAllocateProducerIdsResponse`, `sanityCheckResponse`.
    fn take(&mut self, response: &AllocateProducerIdsResponse, now: SimTime) {
        self.request = None;
        let (first, size) = (response.producer_id_start, i64::from(response.producer_id_len));
        if response.error == Errors::None && first >= self.current.end() && size > 0 {
            self.next = Some(ProducerIdsBlock { first, size, next: first });
            self.backoff_until = None;
        } else {
            self.is_requested = false;
            self.backoff_until = Some(now.plus_ms(RETRY_BACKOFF_MS));
        }
    }
}

impl Broker {
    /// A producer wants an id.
    pub(super) fn on_init_producer_id(&mut self, message: &Message, out: &mut Outbox) {
        let (id, wants_block) = self.producer_ids.generate();
        if wants_block && self.producer_ids.may_request(out.now) {
            self.producer_ids.is_requested = true;
            self.request_producer_ids(out);
        }
        let response = match id {
            Some(producer_id) => {
                let producer = ProducerIdAndEpoch { producer_id, epoch: 0 };
                InitProducerIdResponse { error: Errors::None, producer }
            }
            // Older clients would not try again after REQUEST_TIMED_OUT.
            None => {
                InitProducerIdResponse { error: Errors::CoordinatorLoadInProgress, producer: ProducerIdAndEpoch::NONE }
            }
        };
        out.reply(message.id, message.from.clone(), Body::InitProducerIdResponse(response));
    }

    /// The request goes to the controller, the first time or again after no answer came.
    pub(super) fn request_producer_ids(&mut self, out: &mut Outbox) {
        let request = AllocateProducerIdsRequest { broker: self.id, broker_epoch: self.epoch };
        let id = out.send(NodeId::Controller, Body::AllocateProducerIdsRequest(request));
        self.producer_ids.request = Some(id);
    }

    pub(super) fn on_allocate_producer_ids_response(
        &mut self,
        request: MessageId,
        response: &AllocateProducerIdsResponse,
        out: &Outbox,
    ) {
        if self.producer_ids.is_asking(request) {
            self.producer_ids.take(response, out.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(first: i64) -> AllocateProducerIdsResponse {
        AllocateProducerIdsResponse { error: Errors::None, producer_id_start: first, producer_id_len: 1_000 }
    }

    #[test]
    fn ids_come_from_blocks_and_the_next_block_is_asked_for_in_time() {
        let mut ids = ProducerIdManager::default();
        assert_eq!(ids.generate(), (None, true), "a broker that has just started has none");
        ids.is_requested = true;
        ids.take(&block(3_000), SimTime::ZERO);
        let given: Vec<_> = (0..1_000).map(|_| ids.generate()).collect();
        assert_eq!(given[0], (Some(3_000), false));
        assert_eq!(given[900], (Some(3_900), true), "nine tenths are gone");
        assert_eq!(given.iter().filter(|(_, wants)| *wants).count(), 1);
        assert_eq!(ids.generate(), (None, true), "nobody brought the next block");
        assert!(ids.may_request(SimTime::ZERO));
    }

    #[test]
    fn a_block_behind_the_present_one_is_no_block() {
        let mut ids = ProducerIdManager::default();
        ids.take(&block(3_000), SimTime::ZERO);
        ids.generate();
        ids.is_requested = true;
        ids.take(&block(2_000), SimTime::ZERO);
        assert_eq!(ids.next, None);
        assert!(!ids.may_request(SimTime::from_ms(49)) && ids.may_request(SimTime::from_ms(50)));
    }
}
