//! The producer's I/O thread. Kafka 4.3: `Sender.runOnce`, `sendProducerData`, `handleProduceResponse`,
//! `completeBatch`, `canRetry`.
//!
//! Differs from Kafka: looking for batches takes no time; a batch that is too large is not split, it fails; a request
//! without an answer fails alone (Kafka closes the connection).

use crate::sorted::{SortedMap, SortedSet};
use std::rc::Rc;

use super::Producer;
use super::accumulator::{ProducerBatch, QueueOrder};
use super::futures::Fate;
use super::transaction_manager::Rewritten;
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{BrokerId, MessageId, NodeId, Offset};
use crate::message::{Acks, Body, Message, ProduceRequest, ProduceResponse};
use crate::outbox::Outbox;
use crate::rng::Pcg;
use crate::time::SimTime;
use crate::timer::Timer;

/// Requests on the way, and when the sender looks next.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    in_flight: SortedMap<MessageId, InFlight>,
    next_run: Option<SimTime>,
}

#[derive(Clone, Debug)]
struct InFlight {
    broker: BrokerId,
    batches: Vec<Rc<ProducerBatch>>,
    /// Given up while they were on their way: the answer still tells an idempotent producer what the broker has.
    expired: Vec<Rc<ProducerBatch>>,
}

impl Sender {
    /// The batches that are on their way, oldest request first.
    pub(super) fn batches(&self) -> impl Iterator<Item = &ProducerBatch> {
        self.in_flight.values().flat_map(|request| &request.batches).map(Rc::as_ref)
    }

    /// A batch in a request gets other sequence numbers, which count when it is sent again.
    pub(super) fn rewrite(&mut self, rewritten: &Rewritten) {
        let batches = self.in_flight.values_mut().flat_map(|request| &mut request.batches);
        for batch in batches.filter(|batch| batch.id == rewritten.batch && batch.partition == rewritten.partition) {
            Rc::make_mut(batch).reset_producer_state(rewritten.state);
        }
    }

    fn requests_to(&self, broker: BrokerId) -> usize {
        self.in_flight.values().filter(|request| request.broker == broker).count()
    }
}

impl Producer {
    /// Something came in: the sender looks at once.
    pub(super) fn wake_sender(&mut self, out: &mut Outbox) {
        self.run_sender_at(out.now, out);
    }

    pub(super) fn run_sender_at(&mut self, at: SimTime, out: &mut Outbox) {
        if self.sender.next_run.is_none_or(|next| next > at) {
            self.sender.next_run = Some(at);
            out.timer(at, Timer::SenderRun);
        }
    }

    pub(super) fn on_sender_run(&mut self, rng: &mut Pcg, out: &mut Outbox) {
        if self.sender.next_run.is_none_or(|next| next > out.now) {
            return; // a later look was moved forward, and is done
        }
        self.sender.next_run = None;
        self.run_sender(rng, out);
        self.metadata.poll(out);
    }

    /// Sends what is ready, one request a leader, and fails what has waited too long.
    fn run_sender(&mut self, rng: &mut Pcg, out: &mut Outbox) {
        if !self.prepare_idempotence(out) {
            return;
        }
        // The world's generator never runs dry.
        let Ok(check) = self.accumulator.ready(&self.metadata, &QueueOrder::ByPartition, out.now, rng) else {
            return;
        };
        let room = usize::try_from(self.config.max_in_flight_requests_per_connection).unwrap_or(usize::MAX);
        let mut nodes = SortedSet::new();
        let mut reconnects = None;
        for node in check.nodes {
            let unavailable = self.metadata.connections().unavailable_until(node, out.now);
            reconnects = unavailable.into_iter().chain(reconnects).min();
            let can_drain = unavailable.is_none() && self.sender.requests_to(node) < room;
            if self.config.partitioner_availability_timeout_ms > 0 {
                self.accumulator.update_node_latency(node, out.now, can_drain);
            }
            if can_drain {
                nodes.insert(node);
            }
        }
        let size = self.config.max_request_size;
        let Ok(drained) = self.accumulator.drain(&self.metadata, &nodes, size, out.now, rng) else {
            return;
        };
        // What the sequences of an idempotent producer hold back is not looked at again before an answer came; Kafka looks
        // all the time.
        let mut ready = check.batches;
        ready.retain(|ready| {
            let is_drained = drained.values().flatten().any(|batch| batch.id == ready.batch);
            is_drained || !self.accumulator.is_node_held_back(&self.metadata, ready.leader)
        });
        if !ready.is_empty() {
            out.timer_fired(Timer::SenderRun);
        }
        let looked = out.cause();
        if !check.unknown_leader_topics.is_empty() {
            self.metadata.request(out);
        }
        let mut ready_facts = SortedMap::new();
        for ready in ready.into_iter().filter(|ready| nodes.contains(&ready.leader)) {
            let fact = out.fact(FactKind::BatchReady {
                producer: self.id.clone(),
                partition: ready.partition,
                batch: ready.batch,
                because: ready.because,
                waited_ms: i64::try_from(ready.waited_ms).unwrap_or(i64::MAX),
            });
            ready_facts.insert(ready.batch, fact);
        }
        let mut ready_left: SortedSet<_> = ready_facts.keys().copied().collect();
        for (broker, batches) in drained {
            for batch in &batches {
                ready_left.remove(&batch.id);
                if self.config.max_in_flight_requests_per_connection == 1 {
                    self.accumulator.mute(&batch.partition);
                }
                out.because(ready_facts.get(&batch.id).copied().unwrap_or(looked));
                out.then(FactKind::BatchDrained {
                    producer: self.id.clone(),
                    partition: batch.partition.clone(),
                    batch: batch.id,
                    broker,
                    records: count(batch),
                });
                self.tell_sequence(batch, out);
            }
            if !batches.is_empty() {
                self.send_request(broker, batches, out);
            }
        }
        out.because(looked);
        self.expire(out);
        // What is ready and was not taken (its backoff is drawn anew when it is) does not wait; Kafka polls for 0 ms then.
        let again = (!ready_left.is_empty()).then(|| out.now.plus_ms(1));
        let next = [check.next_check, self.accumulator.next_expiry(), again, reconnects].into_iter().flatten().min();
        if let Some(at) = next {
            self.run_sender_at(at.max(out.now.plus_micros(1)), out);
        }
    }

    /// Fails the batches that have reached `delivery.timeout.ms`, queued or on their way.
    fn expire(&mut self, out: &mut Outbox) {
        let (now, timeout_ms) = (out.now, self.config.delivery_timeout_ms);
        self.accumulator.reset_next_expiry();
        let mut expired = Vec::new();
        for InFlight { batches, expired: over, .. } in self.sender.in_flight.values_mut() {
            let (late, left): (Vec<_>, Vec<_>) =
                batches.drain(..).partition(|batch| batch.has_reached_delivery_timeout(timeout_ms, now));
            *batches = left;
            expired.extend(late.iter().cloned());
            over.extend(late);
        }
        for batch in self.sender.in_flight.values().flat_map(|request| &request.batches) {
            self.accumulator.maybe_update_next_expiry(batch);
        }
        expired.extend(self.accumulator.expired_batches(&QueueOrder::ByPartition, now));
        let is_any = !expired.is_empty();
        for batch in expired {
            self.fail_batch(&batch, None, out);
        }
        // A sequence that nobody can vouch for any more may need another epoch at once.
        if self.config.enable_idempotence && is_any {
            self.wake_sender(out);
        }
    }

    fn send_request(&mut self, broker: BrokerId, batches: Vec<Rc<ProducerBatch>>, out: &mut Outbox) {
        let encoded = batches.iter().filter_map(|batch| Some((batch.partition.clone(), batch.to_record_batch().ok()?)));
        let request = ProduceRequest {
            acks: self.config.acks,
            timeout_ms: self.config.request_timeout_ms,
            batches: encoded.collect(),
        };
        let id = out.send(NodeId::Broker(broker), Body::ProduceRequest(request));
        if self.config.acks == Acks::None {
            // Without a response a batch is done once it is on its way.
            for batch in &batches {
                self.acknowledge(batch, Offset(-1), out);
            }
            return;
        }
        for batch in &batches {
            self.futures.set(batch.numbers().iter().copied(), &Fate::InFlight(id));
        }
        out.timer(out.now.plus_ms(self.config.request_timeout_ms), Timer::RequestTimeout { request: id });
        self.sender.in_flight.insert(id, InFlight { broker, batches, expired: Vec::new() });
    }

    pub(super) fn on_produce_response(&mut self, message: &Message, response: &ProduceResponse, out: &mut Outbox) {
        let Some(request) = self.sender.in_flight.remove(&message.correlation) else {
            return;
        };
        let received = out.cause();
        for batch in request.batches {
            out.because(received);
            let answer = response.partitions.iter().find(|part| part.partition == batch.partition);
            match answer {
                Some(part) if part.error == Errors::None => self.acknowledge(&batch, part.base_offset, out),
                // Kafka: a partition that is missing in the response is an `IllegalStateException`; it is never missing here.
                Some(part) => self.retry_or_fail(&batch, part.error, part.log_start_offset, out),
                None => self.retry_or_fail(&batch, Errors::UnknownTopicOrPartition, Offset(-1), out),
            }
        }
        for batch in request.expired {
            let answer = response.partitions.iter().find(|part| part.partition == batch.partition);
            let stored =
                answer.filter(|part| part.error == Errors::None || part.error == Errors::DuplicateSequenceNumber);
            if let Some(part) = stored {
                self.complete_sequence(&batch, part.base_offset);
            }
        }
        out.because(received);
        if response.partitions.iter().any(|part| part.error.is_invalid_metadata()) {
            self.metadata.request_after_sending(out);
        }
        // What was refused goes to the leader that was named, without another word and without a backoff.
        self.metadata.update_partition_leadership(&response.current_leaders, out);
        self.wake_sender(out);
    }

    /// A request got no answer in time, or its connection broke.
    pub(super) fn on_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        self.metadata.on_request_failed(request, timer, out);
        let Some(lost) = self.sender.in_flight.remove(&request) else {
            return;
        };
        out.timer_fired(timer.clone());
        let timed_out = matches!(timer, Timer::RequestTimeout { .. });
        let error = if timed_out { Errors::RequestTimedOut } else { Errors::NetworkException };
        for batch in lost.batches {
            self.retry_or_fail(&batch, error, Offset(-1), out);
        }
        self.metadata.on_disconnected(lost.broker, out);
        self.wake_sender(out);
    }

    fn acknowledge(&mut self, batch: &ProducerBatch, base_offset: Offset, out: &mut Outbox) {
        self.complete_sequence(batch, base_offset);
        self.futures.acknowledge(batch.numbers(), base_offset);
        self.accumulator.complete_and_deallocate(batch);
        self.accumulator.unmute(&batch.partition);
        out.fact(FactKind::BatchAcknowledged {
            producer: self.id.clone(),
            partition: batch.partition.clone(),
            batch: batch.id,
            base_offset,
            records: count(batch),
        });
    }

    /// A retriable error sends the batch again, while attempts and time are left.
    fn retry_or_fail(&mut self, batch: &Rc<ProducerBatch>, error: Errors, log_start_offset: Offset, out: &mut Outbox) {
        let late = batch.has_reached_delivery_timeout(self.config.delivery_timeout_ms, out.now);
        self.accumulator.unmute(&batch.partition);
        let is_given_up = late || u64::from(batch.attempts()) >= self.config.retries;
        if is_given_up || !self.can_retry(batch, error, log_start_offset) {
            if error == Errors::DuplicateSequenceNumber {
                // The broker has it, and no longer knows where.
                self.acknowledge(batch, Offset(-1), out);
            } else {
                self.fail_batch(batch, Some(error), out);
            }
            return;
        }
        self.accumulator.reenqueue(Rc::clone(batch), out.now);
        self.futures.set(batch.numbers().iter().copied(), &Fate::Accumulated);
        out.fact(FactKind::BatchRetried {
            producer: self.id.clone(),
            partition: batch.partition.clone(),
            batch: batch.id,
            error,
            attempts: i64::from(batch.attempts()).saturating_add(1),
        });
    }

    /// Fails a batch for good, by an error or because its time is over.
    fn fail_batch(&mut self, batch: &ProducerBatch, error: Option<Errors>, out: &mut Outbox) {
        self.fail_sequence(batch, error);
        let error = error.map_or("TimeoutException", Errors::name);
        self.futures.set(batch.numbers().iter().copied(), &Fate::Failed(error.into()));
        self.accumulator.complete_and_deallocate(batch);
        self.accumulator.unmute(&batch.partition);
        out.fact(FactKind::SendFailed {
            producer: self.id.clone(),
            topic: Rc::clone(&batch.partition.topic),
            batch: Some(batch.id),
            error: error.to_owned(),
            records: count(batch),
        });
    }
}

fn count(batch: &ProducerBatch) -> i64 {
    i64::try_from(batch.records().len()).unwrap_or(i64::MAX)
}
