//! Produce requests. Kafka 4.3: `ReplicaManager.appendRecords`, `DelayedProduce`.

use highwater_log::producer_state::AppendOrigin;

use super::Broker;
use super::purgatory::{DelayedProduce, DelayedProducePart};
use crate::error::Errors;
use crate::fact::{Completion, FactKind};
use crate::ids::{MessageId, Offset, TopicPartition};
use crate::message::{Acks, Body, Message, ProducePartition, ProduceRequest};
use crate::outbox::Outbox;
use crate::timer::Timer;

impl Broker {
    pub(super) fn on_produce(&mut self, message: &Message, request: &ProduceRequest, out: &mut Outbox) {
        let received = out.cause();
        let mut appended = Vec::new();
        let mut parts = Vec::with_capacity(request.batches.len());
        for (id, batch) in &request.batches {
            out.because(received);
            let too_large = batch.size_in_bytes() > self.config.message_max_bytes;
            let result = if too_large {
                Err(Errors::MessageTooLarge)
            } else if let Some((replica, mut around)) = self.replica_mut(id, out) {
                replica.append_as_leader(batch, request.acks, AppendOrigin::Client, &mut around)
            } else {
                Err(self.error_without_replica(id))
            };
            let log_start_offset = self.partitions.get(id).map_or(Offset(-1), |replica| replica.log_start_offset());
            match result {
                Ok(done) => {
                    if !done.is_duplicate {
                        self.cache_appended(id, done.base_offset, out);
                    }
                    appended.push((id.clone(), out.cause(), done.high_watermark_advanced));
                    let required = done.last_offset.plus(1);
                    parts.push(DelayedProducePart::waiting(id.clone(), done.base_offset, log_start_offset, required));
                }
                Err(error) => {
                    let answer =
                        ProducePartition { partition: id.clone(), error, base_offset: Offset(-1), log_start_offset };
                    parts.push(DelayedProducePart { answer, required_offset: None });
                }
            }
        }
        // Kafka answers first (or parks the request) and wakes the fetches that wait for these records afterwards.
        out.because(appended.first().map_or(received, |(_, because, _)| *because));
        match request.acks {
            Acks::None => {}
            Acks::Leader => {
                let partitions = parts.into_iter().map(|part| settled(part.answer)).collect();
                out.reply(message.id, message.from.clone(), Body::ProduceResponse(self.produce_response(partitions)));
            }
            #[cfg(test)]
            Acks::All if self.metadata.features.breaks(crate::metadata::Sabotage::AcknowledgesEarly) => {
                let partitions = parts.into_iter().map(|part| settled(part.answer)).collect();
                out.reply(message.id, message.from.clone(), Body::ProduceResponse(self.produce_response(partitions)));
            }
            Acks::All => self.wait_for_isr(message, request.timeout_ms, parts, out),
        }
        for (id, because, advanced) in appended {
            out.because(because);
            if advanced {
                self.try_complete_produces(&id, out);
            }
            self.try_complete_fetches(&id, out);
        }
    }

    fn wait_for_isr(
        &mut self,
        message: &Message,
        timeout_ms: u64,
        mut parts: Vec<DelayedProducePart>,
        out: &mut Outbox,
    ) {
        self.satisfy(&mut parts);
        let waiting = parts.iter().find_map(|part| part.required_offset.map(|at| (part.answer.partition.clone(), at)));
        let Some((partition, required_offset)) = waiting else {
            let partitions = parts.into_iter().map(|part| part.answer).collect();
            out.reply(message.id, message.from.clone(), Body::ProduceResponse(self.produce_response(partitions)));
            return;
        };
        let deadline = out.now.plus_ms(timeout_ms);
        out.fact(FactKind::ProduceParked {
            broker: self.id,
            message: message.id,
            partition,
            required_offset,
            wait_ms: timeout_ms,
        });
        out.timer(deadline, Timer::DelayedOperation { request: message.id });
        let produce = DelayedProduce { from: message.from.clone(), since: out.now, deadline, parts };
        self.purgatory.produces.insert(message.id, produce);
    }

    /// Marks the parts whose high watermark has come far enough. Kafka: `Partition.checkEnoughReplicasReachOffset`.
    fn satisfy(&self, parts: &mut [DelayedProducePart]) {
        for part in parts {
            let Some(required) = part.required_offset else { continue };
            let error = match self.partitions.get(&part.answer.partition) {
                Some(replica) => match replica.check_enough_replicas_reach_offset(required) {
                    Ok(false) => continue,
                    Ok(true) => Errors::None,
                    Err(error) => error,
                },
                None => self.error_without_replica(&part.answer.partition),
            };
            part.answer.error = error;
            part.required_offset = None;
        }
    }

    /// After the high watermark rose: answers the produce requests that waited for it.
    pub(super) fn try_complete_produces(&mut self, id: &TopicPartition, out: &mut Outbox) {
        let because = out.cause();
        for request in self.purgatory.produces_of(id) {
            let Some(mut produce) = self.purgatory.produces.remove(&request) else {
                continue;
            };
            self.satisfy(&mut produce.parts);
            let done = produce.parts.iter().all(|part| part.required_offset.is_none());
            self.purgatory.produces.insert(request, produce);
            if done {
                out.because(because);
                self.complete_produce(request, Completion::Satisfied, out);
            }
        }
        out.because(because);
    }

    pub(super) fn complete_produce(&mut self, request: MessageId, completion: Completion, out: &mut Outbox) {
        let Some(produce) = self.purgatory.produces.remove(&request) else {
            return;
        };
        if let Some(first) = produce.parts.first() {
            let partition = first.answer.partition.clone();
            out.then(FactKind::ProduceCompleted { broker: self.id, message: request, partition, completion });
        }
        let partitions = produce.parts.into_iter().map(|part| part.answer).collect();
        out.reply(request, produce.from, Body::ProduceResponse(self.produce_response(partitions)));
    }
}

/// With `acks=1` an append is an answer: the part that would wait is fine.
fn settled(mut answer: ProducePartition) -> ProducePartition {
    if answer.error == Errors::RequestTimedOut {
        answer.error = Errors::None;
    }
    answer
}
