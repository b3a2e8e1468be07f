//! The producer's I/O thread. Kafka 4.3: `Sender.runOnce`, `Sender.sendProducerData`, `Sender.handleProduceResponse`.
//!
//! Differs from Kafka: looking for batches takes no time.

use std::collections::BTreeMap;

use highwater_log::batch::{BatchSpec, RecordBatch};

use super::Producer;
use super::futures::Fate;
use super::provisional::Batch;
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{BrokerId, MessageId, NodeId, Offset};
use crate::message::{Acks, Body, Message, ProduceRequest, ProduceResponse};
use crate::outbox::Outbox;
use crate::time::SimTime;
use crate::timer::Timer;

/// Requests on the way.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    in_flight: BTreeMap<MessageId, InFlight>,
    next_run: Option<SimTime>,
}

#[derive(Clone, Debug)]
struct InFlight {
    broker: BrokerId,
    batches: Vec<Batch>,
}

impl Sender {
    /// The batches that are on their way, oldest request first.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.in_flight.values().flat_map(|request| &request.batches)
    }
}

impl Producer {
    /// Something came in: the sender looks at once.
    pub(super) fn wake_sender(&mut self, out: &mut Outbox) {
        self.run_sender_at(out.now, out);
    }

    fn run_sender_at(&mut self, at: SimTime, out: &mut Outbox) {
        if self.sender.next_run.is_none_or(|next| next > at) {
            self.sender.next_run = Some(at);
            out.timer(at, Timer::SenderRun);
        }
    }

    pub(super) fn on_sender_timer(&mut self, out: &mut Outbox) {
        if self.sender.next_run.is_none_or(|next| next > out.now) {
            return; // a later look was moved forward and is done already
        }
        self.sender.next_run = None;
        self.run_sender(out);
    }

    /// Sends what is ready: one request a leader.
    fn run_sender(&mut self, out: &mut Outbox) {
        let batch_size = i64::try_from(self.config.batch_size).unwrap_or(i64::MAX);
        let (ready, next) = self.accumulator.ready(out.now, self.config.linger_ms, batch_size);
        if !ready.is_empty() {
            out.timer_fired(Timer::SenderRun);
        }
        let looked = out.cause();
        let mut requests: BTreeMap<BrokerId, Vec<Batch>> = BTreeMap::new();
        for (partition, batch, because, waited_ms) in ready {
            let leader = self.metadata.partition(&partition).and_then(|known| known.leader);
            let Some(leader) = leader else {
                self.metadata.request_later(out);
                continue;
            };
            let busy = self
                .sender
                .in_flight
                .values()
                .filter(|request| request.broker == leader)
                .count();
            if u64::try_from(busy).unwrap_or(u64::MAX) >= self.config.max_in_flight_requests_per_connection {
                continue;
            }
            out.because(looked);
            out.then(FactKind::BatchReady {
                producer: self.id.clone(),
                partition: partition.clone(),
                batch,
                because,
                waited_ms,
            });
            if let Some(batch) = self.accumulator.take(&partition) {
                out.fact(FactKind::BatchDrained {
                    producer: self.id.clone(),
                    partition,
                    batch: batch.id,
                    broker: leader,
                    records: i64::try_from(batch.records.len()).unwrap_or(i64::MAX),
                });
                requests.entry(leader).or_default().push(batch);
            }
        }
        for (broker, batches) in requests {
            self.send_request(broker, batches, out);
        }
        out.because(looked);
        if let Some(at) = next {
            self.run_sender_at(at, out);
        }
    }

    fn send_request(&mut self, broker: BrokerId, batches: Vec<Batch>, out: &mut Outbox) {
        let encoded = batches.iter().filter_map(|batch| {
            let bytes = RecordBatch::encode(&BatchSpec::default(), &batch.records).ok()?;
            Some((batch.partition.clone(), bytes))
        });
        let request = ProduceRequest {
            acks: self.config.acks,
            timeout_ms: self.config.request_timeout_ms,
            batches: encoded.collect(),
        };
        let id = out.send(NodeId::Broker(broker), Body::ProduceRequest(request));
        if self.config.acks == Acks::None {
            for batch in batches {
                self.acknowledge(&batch, Offset(-1), out);
            }
            return;
        }
        for batch in &batches {
            self.futures.set(batch.numbers.iter().copied(), &Fate::InFlight(id));
        }
        out.timer(
            out.now.plus_ms(self.config.request_timeout_ms),
            Timer::RequestTimeout { request: id },
        );
        self.sender.in_flight.insert(id, InFlight { broker, batches });
    }

    pub(super) fn on_produce_response(&mut self, message: &Message, response: &ProduceResponse, out: &mut Outbox) {
        let Some(request) = self.sender.in_flight.remove(&message.correlation) else {
            return;
        };
        let received = out.cause();
        for batch in request.batches {
            let answer = response
                .partitions
                .iter()
                .find(|part| part.partition == batch.partition);
            out.because(received);
            match answer {
                Some(part) if part.error == Errors::None => self.acknowledge(&batch, part.base_offset, out),
                _ => {}
            }
        }
        out.because(received);
        self.wake_sender(out);
    }

    fn acknowledge(&mut self, batch: &Batch, base_offset: Offset, out: &mut Outbox) {
        self.futures.acknowledge(&batch.numbers, base_offset);
        out.fact(FactKind::BatchAcknowledged {
            producer: self.id.clone(),
            partition: batch.partition.clone(),
            batch: batch.id,
            base_offset,
            records: i64::try_from(batch.records.len()).unwrap_or(i64::MAX),
        });
    }
}
