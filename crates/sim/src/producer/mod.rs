//! A producer. Kafka 4.3: `KafkaProducer`.
//!
//! Differs from Kafka: a `send()` that must wait for metadata does not block the application; the record waits, up to
//! `max.block.ms`, and later ones queue behind it.

pub mod accumulator;
pub mod buffer_pool;
pub mod cluster_view;
pub mod futures;
pub mod partitioner;
mod provisional;
mod sender;
pub mod sticky_partitioner;

use std::collections::VecDeque;
use std::rc::Rc;

use crate::bytes::Bytes;
use crate::client_metadata::ClientMetadata;
use crate::config::ProducerConfig;
use highwater_log::record::NewRecord;

use crate::fact::{ChosenBy, FactKind};
use crate::ids::{BrokerId, ClientId, FactId, Topic, TopicPartition};
use crate::message::{Body, Message};
use crate::outbox::Outbox;
use crate::rng::Pcg;
use crate::time::SimTime;
use crate::timer::Timer;
use futures::Futures;
pub use futures::{Fate, SentRecord};

/// A producer.
#[derive(Clone, Debug)]
pub struct Producer {
    /// Its `client.id`.
    pub id: ClientId,
    /// Its configuration.
    pub config: Rc<ProducerConfig>,
    /// What it knows of the cluster.
    pub metadata: ClientMetadata,
    futures: Futures,
    waiting: VecDeque<Waiting>,
    accumulator: provisional::Accumulator,
    sender: sender::Sender,
    sticky: Option<(i32, i64)>,
    past: VecDeque<(Topic, i32)>,
}

impl Producer {
    /// A producer that has sent nothing.
    pub fn new(id: ClientId, config: Rc<ProducerConfig>, bootstrap: BrokerId) -> Producer {
        let metadata = ClientMetadata::new(
            id.clone(),
            bootstrap,
            config.metadata_max_age_ms,
            config.retry_backoff_ms,
        );
        Producer {
            id,
            config,
            metadata,
            futures: Futures::default(),
            waiting: VecDeque::new(),
            accumulator: provisional::Accumulator::default(),
            sender: sender::Sender::default(),
            sticky: None,
            past: VecDeque::new(),
        }
    }

    /// The latest records given to `send()`, oldest first, with what became of them.
    pub fn sent(&self) -> &VecDeque<SentRecord> {
        self.futures.latest()
    }

    /// Records given to `send()` so far.
    pub fn sent_total(&self) -> i64 {
        self.futures.sent()
    }

    /// Records acknowledged so far.
    pub fn acknowledged_total(&self) -> i64 {
        self.futures.acknowledged()
    }

    /// The partition where the sticky partitioner of a topic stands, and the bytes sent to it since.
    pub fn sticky_partition(&self, _topic: &str) -> Option<(i32, i64)> {
        self.sticky
    }

    /// The batches of a partition in the accumulator and on their way, oldest first.
    pub fn batches(&self, partition: &TopicPartition) -> Vec<BatchView> {
        let view = |batch: &provisional::Batch, in_flight| BatchView {
            id: batch.id,
            bytes: batch.bytes,
            ticks: batch.ticks.clone(),
            created: batch.created,
            closed: batch.closed,
            in_flight,
        };
        let flying = self
            .sender
            .batches()
            .filter(|batch| batch.partition == *partition)
            .map(|batch| view(batch, true));
        let queued = self
            .accumulator
            .queues
            .get(partition)
            .into_iter()
            .flatten()
            .map(|batch| view(batch, false));
        flying.chain(queued).collect()
    }

    /// The partitions of the latest batches of records without a key, oldest first.
    pub fn past_batches(&self, topic: &str) -> Vec<i32> {
        self.past
            .iter()
            .filter(|(of, _)| **of == *topic)
            .map(|(_, partition)| *partition)
            .collect()
    }

    /// The application sends a record.
    pub fn send(
        &mut self,
        topic: &Topic,
        partition: Option<i32>,
        key: Option<Bytes>,
        value: Option<Bytes>,
        rng: &mut Pcg,
        out: &mut Outbox,
    ) {
        let number = self.futures.sent_record(topic.clone(), key.clone(), value.clone());
        let record = Waiting {
            number,
            topic: topic.clone(),
            partition,
            key,
            value,
            since: out.now,
            because: out.cause(),
        };
        self.metadata.want(topic, out);
        self.waiting.push_back(record);
        self.place_waiting(rng, out);
    }

    /// Refreshes the metadata now.
    pub fn refresh_metadata(&mut self, out: &mut Outbox) {
        self.metadata.request(out);
    }

    /// Handles a timer.
    pub fn on_timer(&mut self, timer: &Timer, _rng: &mut Pcg, out: &mut Outbox) {
        match timer {
            Timer::SenderRun => self.on_sender_timer(out),
            Timer::MetadataRefresh => {
                self.metadata.on_timer(out);
            }
            _ => {}
        }
    }

    /// Handles a response.
    pub fn on_message(&mut self, message: &Message, rng: &mut Pcg, out: &mut Outbox) {
        match &*message.body {
            Body::MetadataResponse(response) => {
                self.metadata.on_response(message.correlation, response, out);
                self.place_waiting(rng, out);
            }
            Body::ProduceResponse(response) => self.on_produce_response(message, response, out),
            _ => {}
        }
    }

    /// Gives partitions to the records whose topic is known, in their order.
    fn place_waiting(&mut self, rng: &mut Pcg, out: &mut Outbox) {
        let because = out.cause();
        while let Some(image) = self
            .waiting
            .front()
            .and_then(|record| self.metadata.topic(&record.topic))
        {
            let partitions = i32::try_from(image.partitions.len()).unwrap_or(i32::MAX);
            let Some(record) = self.waiting.pop_front() else { break };
            out.because(because);
            self.place(record, partitions, rng, out);
        }
        out.because(because);
    }

    fn place(&mut self, record: Waiting, partitions: i32, rng: &mut Pcg, out: &mut Outbox) {
        let (partition, by) = if let Some(partition) = record.partition {
            (partition, ChosenBy::Application)
        } else if let Some(key) = &record.key {
            let murmur2 = partitioner::murmur2(&key.0);
            let positive = partitioner::to_positive(murmur2);
            (
                positive.checked_rem(partitions).unwrap_or(0),
                ChosenBy::KeyHash { murmur2, positive },
            )
        } else {
            let size = record.value.as_ref().map_or(0, Bytes::len) as i64;
            let draw = |rng: &mut Pcg| {
                partitioner::to_positive(crate::rng::Random::next_int(rng).unwrap_or(0))
                    .checked_rem(partitions)
                    .unwrap_or(0)
            };
            let (at, bytes) = match self.sticky {
                None => {
                    let to = draw(rng);
                    out.fact(FactKind::StickyPartitionSwitched {
                        producer: self.id.clone(),
                        topic: record.topic.clone(),
                        from: None,
                        to,
                        bytes: 0,
                    });
                    (to, 0)
                }
                Some((at, bytes)) if bytes + size > 16384 => {
                    let to = draw(rng);
                    out.fact(FactKind::StickyPartitionSwitched {
                        producer: self.id.clone(),
                        topic: record.topic.clone(),
                        from: Some(at),
                        to,
                        bytes,
                    });
                    (to, 0)
                }
                Some(at) => at,
            };
            self.sticky = Some((at, bytes + size));
            (at, ChosenBy::Sticky)
        };
        let to = TopicPartition::new(record.topic.clone(), partition);
        self.futures.placed(record.number, partition);
        out.then(FactKind::PartitionChosen {
            producer: self.id.clone(),
            partition: to.clone(),
            key: record.key.clone(),
            partitions,
            by: by.clone(),
        });
        let keyless = by == ChosenBy::Sticky;
        let new = NewRecord {
            timestamp: out.now.timestamp_ms(),
            key: record.key.map(|key| key.0),
            value: record.value.map(|value| value.0),
            headers: Vec::new(),
        };
        let batch_size = i64::try_from(self.config.batch_size).unwrap_or(i64::MAX);
        let (batch, new_batch, records, bytes, _) =
            self.accumulator.append(&to, new, record.number, batch_size, out.now);
        if new_batch && keyless {
            if self.past.len() >= PAST_MAX {
                self.past.pop_front();
            }
            self.past.push_back((record.topic.clone(), partition));
        }
        out.then(FactKind::RecordAccumulated {
            producer: self.id.clone(),
            partition: to,
            batch,
            new_batch,
            records,
            bytes,
            batch_size,
        });
        self.wake_sender(out);
    }
}

/// At most so many batches of records without a key are remembered.
const PAST_MAX: usize = 12;

/// A record that has no partition yet.
#[derive(Clone, Debug)]
struct Waiting {
    number: i64,
    topic: Topic,
    partition: Option<i32>,
    key: Option<Bytes>,
    value: Option<Bytes>,
    since: SimTime,
    because: FactId,
}

/// A batch as it is at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchView {
    /// Its number.
    pub id: crate::ids::BatchId,
    /// Its size now in bytes, header included.
    pub bytes: i64,
    /// The size after each record.
    pub ticks: Vec<i64>,
    /// When it was made.
    pub created: SimTime,
    /// It takes no more records.
    pub closed: bool,
    /// It is in a request.
    pub in_flight: bool,
}
