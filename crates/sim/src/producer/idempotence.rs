//! How an idempotent producer gets its id, and what it does before it looks for batches. Kafka 4.3: `Sender.runOnce`,
//! `maybeSendAndPollTransactionalRequest`, `TransactionManager.InitProducerIdHandler`.
//!
//! Differs from Kafka: it asks for an id with its first record, not when it is made, and asks the broker that it asks for
//! metadata.

use std::rc::Rc;

use super::Producer;
use super::accumulator::ProducerBatch;
use super::transaction_manager::ProducerIdAndEpoch;
use crate::error::Errors;
use crate::fact::{FactKind, IdempotenceFact};
use crate::ids::{BrokerId, MessageId, NodeId, Offset};
use crate::message::{Body, InitProducerIdResponse};
use crate::outbox::Outbox;
use crate::time::SimTime;
use crate::timer::Timer;

/// How far an idempotent producer is in asking for an id. Kafka: the states `UNINITIALIZED` and `INITIALIZING`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Initializing {
    /// It does not ask.
    #[default]
    Not,
    /// A broker has been asked.
    InFlight(BrokerId, MessageId),
    /// It asks again at this moment (`retry.backoff.ms`).
    BacksOff(SimTime),
}

impl Producer {
    /// Sees to the id and the epoch of an idempotent producer. Without an id it sends nothing and gives nothing up. Says
    /// whether batches may be sent.
    pub(super) fn prepare_idempotence(&mut self, out: &mut Outbox) -> bool {
        let Some(manager) = self.accumulator.transaction_manager_mut() else { return true };
        manager.maybe_resolve_sequences();
        self.bump_epoch(out);
        let manager = self.accumulator.transaction_manager();
        if manager.is_some_and(|manager| manager.producer_id_and_epoch().is_valid()) {
            return true;
        }
        match self.initializing {
            Initializing::InFlight(..) => {}
            Initializing::BacksOff(at) if at > out.now => self.run_sender_at(at, out),
            Initializing::Not | Initializing::BacksOff(_) => {
                let Some(broker) = self.metadata.node_to_ask(out.now) else {
                    self.initialize_again(out);
                    return false;
                };
                let id = out.send(NodeId::Broker(broker), Body::InitProducerIdRequest);
                out.timer(out.now.plus_ms(self.config.request_timeout_ms), Timer::RequestTimeout { request: id });
                self.initializing = Initializing::InFlight(broker, id);
            }
        }
        false
    }

    /// Lets the epoch grow if something has failed, and rewrites what is on its way.
    fn bump_epoch(&mut self, out: &mut Outbox) {
        let Some(bumped) = self.accumulator.bump_idempotent_epoch() else { return };
        for rewritten in &bumped.rewritten {
            self.sender.rewrite(rewritten);
        }
        out.then(FactKind::Idempotence(Box::new(IdempotenceFact::EpochBumped {
            producer: self.id.clone(),
            from: bumped.from,
            to: bumped.to,
        })));
        for rewritten in bumped.rewritten {
            out.fact(FactKind::Idempotence(Box::new(IdempotenceFact::SequenceRewritten {
                producer: self.id.clone(),
                partition: rewritten.partition,
                batch: rewritten.batch,
                state: rewritten.state,
            })));
        }
    }

    /// A broker answers with an id, or that it has none yet.
    pub(super) fn on_init_producer_id_response(
        &mut self,
        request: MessageId,
        response: &InitProducerIdResponse,
        out: &mut Outbox,
    ) {
        if !matches!(self.initializing, Initializing::InFlight(_, id) if id == request) {
            return;
        }
        if response.error == Errors::None {
            self.initializing = Initializing::Not;
            let producer = response.producer;
            if let Some(manager) = self.accumulator.transaction_manager_mut() {
                manager.set_producer_id_and_epoch(producer);
            }
            let set = IdempotenceFact::ProducerIdSet { producer: self.id.clone(), to: producer };
            out.then(FactKind::Idempotence(Box::new(set)));
            self.wake_sender(out);
        } else {
            self.initialize_again(out);
        }
    }

    /// No answer came in time, or the connection broke. True if it was this request.
    pub(super) fn on_init_producer_id_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) -> bool {
        let Initializing::InFlight(broker, id) = self.initializing else { return false };
        if id != request {
            return false;
        }
        out.timer_fired(timer.clone());
        self.metadata.on_disconnected(broker, out);
        self.initialize_again(out);
        true
    }

    fn initialize_again(&mut self, out: &mut Outbox) {
        let at = out.now.plus_ms(self.config.retry_backoff_ms);
        self.initializing = Initializing::BacksOff(at);
        self.run_sender_at(at, out);
    }

    /// The id and the epoch of an idempotent producer; none without idempotence, and none before a broker gave it one.
    pub fn producer_id_and_epoch(&self) -> Option<ProducerIdAndEpoch> {
        let producer = self.accumulator.transaction_manager()?.producer_id_and_epoch();
        producer.is_valid().then_some(producer)
    }

    /// Tells which sequence numbers a batch has that was just drained for the first time.
    pub(super) fn tell_sequence(&self, batch: &ProducerBatch, out: &mut Outbox) {
        let Some(state) = batch.producer_state().filter(|_| batch.attempts() == 0) else { return };
        out.fact(FactKind::Idempotence(Box::new(IdempotenceFact::SequenceAssigned {
            producer: self.id.clone(),
            partition: batch.partition.clone(),
            batch: batch.id,
            state,
        })));
    }

    /// A broker has a batch, or had it already.
    pub(super) fn complete_sequence(&mut self, batch: &ProducerBatch, base_offset: Offset) {
        if let Some(manager) = self.accumulator.transaction_manager_mut() {
            manager.handle_completed_batch(batch, base_offset);
        }
    }

    /// A batch failed for good: with an error, or because its time is over.
    pub(super) fn fail_sequence(&mut self, batch: &ProducerBatch, error: Option<Errors>) {
        let retries = self.config.retries;
        let Some(manager) = self.accumulator.transaction_manager_mut() else { return };
        let adjust = error.is_some() && u64::from(batch.attempts()) < retries;
        manager.handle_failed_batch(batch, error, adjust);
        if error.is_none() && batch.attempts() > 0 {
            manager.mark_sequence_unresolved(batch);
        }
    }

    /// Whether a batch with this error is sent again, as far as the error goes.
    pub(super) fn can_retry(&mut self, batch: &Rc<ProducerBatch>, error: Errors, log_start_offset: Offset) -> bool {
        match self.accumulator.transaction_manager_mut() {
            Some(manager) => manager.can_retry(batch, error, log_start_offset),
            None => error.is_retriable(),
        }
    }
}
