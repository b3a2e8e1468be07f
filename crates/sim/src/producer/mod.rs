//! A producer. Kafka 4.3: `KafkaProducer`.
//!
//! Differs from Kafka: a `send()` that must wait for metadata or memory does not block the application; the record waits,
//! up to `max.block.ms`, and later ones queue behind it.

pub mod accumulator;
pub mod buffer_pool;
pub mod cluster_view;
pub mod filled;
pub mod futures;
mod idempotence;
pub mod partitioner;
pub mod plugged_partitioner;
mod send;
mod sender;
pub mod sticky_partitioner;
pub mod transaction_manager;

use std::collections::VecDeque;
use std::rc::Rc;

use crate::client_metadata::{ClientMetadata, ClientMetadataConfig};
use crate::config::ProducerConfig;
use crate::ids::{BatchId, BrokerId, ClientId, Topic, TopicPartition};
use crate::message::{Body, Message};
use crate::outbox::Outbox;
use crate::rng::Pcg;
use crate::time::SimTime;
use crate::timer::Timer;
use accumulator::{AccumulatorConfig, ProducerBatch, RecordAccumulator};
use filled::{AllFilled, Filled};
use futures::Futures;
pub use futures::{Fate, SentRecord};
use idempotence::Initializing;
use plugged_partitioner::PluggedPartitioner;
use send::Blocked;
pub use send::Unplaced;
use sender::Sender;

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
    blocked: VecDeque<Blocked>,
    accumulator: RecordAccumulator,
    sender: Sender,
    initializing: Initializing,
    past: VecDeque<(Topic, i32)>,
    /// That of `partitioner.class`.
    plugged: Option<PluggedPartitioner>,
    filled: AllFilled,
}

/// A batch as it is at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchView {
    /// Its number.
    pub id: BatchId,
    /// Its size now in bytes, header included.
    pub bytes: i64,
    /// Its size after each record, in bytes.
    pub ticks: Vec<i64>,
    /// Since when it waits: since it was made, or since it came back to be sent again.
    pub since: SimTime,
    /// It takes no more records.
    pub closed: bool,
    /// It is in a request.
    pub in_flight: bool,
}

impl BatchView {
    fn of(batch: &ProducerBatch, in_flight: bool) -> BatchView {
        let number = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        BatchView {
            id: batch.id,
            bytes: number(batch.size_in_bytes()),
            ticks: batch.sizes().iter().copied().map(number).collect(),
            since: batch.last_attempt(),
            closed: batch.is_full(),
            in_flight,
        }
    }
}

impl Producer {
    /// A producer that has sent nothing.
    pub fn new(id: ClientId, config: Rc<ProducerConfig>, bootstrap: BrokerId) -> Producer {
        let metadata = ClientMetadata::new(id.clone(), bootstrap, ClientMetadataConfig::from(&*config));
        Producer {
            id,
            metadata,
            futures: Futures::default(),
            blocked: VecDeque::new(),
            accumulator: RecordAccumulator::new(AccumulatorConfig::from(&*config)),
            sender: Sender::default(),
            initializing: Initializing::Not,
            past: VecDeque::new(),
            plugged: PluggedPartitioner::of(config.partitioner_class),
            filled: AllFilled::default(),
            config,
        }
    }

    /// Works with other configs from now on.
    pub(crate) fn configure(&mut self, config: ProducerConfig) {
        self.accumulator.configure(AccumulatorConfig::from(&config));
        if config.partitioner_class != self.config.partitioner_class {
            self.plugged = PluggedPartitioner::of(config.partitioner_class);
        }
        self.config = Rc::new(config);
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

    /// The partition where a sticky partitioner of a topic stands, the built-in one or that of `partitioner.class`; none
    /// before the first record that it chose for.
    pub fn stands_at(&self, topic: &str) -> Option<i32> {
        match &self.plugged {
            Some(plugged) => plugged.stands_at(topic),
            None => self.sticky_partition(topic).map(|(partition, _)| partition),
        }
    }

    /// What it has put into batches for a partition so far.
    pub fn filled(&self, partition: &TopicPartition) -> Filled {
        self.filled.of(partition)
    }

    /// The partition where the built-in sticky partitioner of a topic stands, and the bytes that it got since; none before the
    /// first record without a key.
    pub fn sticky_partition(&self, topic: &str) -> Option<(i32, i64)> {
        let current = self.accumulator.partitioner(topic)?.current()?;
        Some((current.partition, i64::try_from(current.produced_bytes).unwrap_or(i64::MAX)))
    }

    /// The batches of a partition: those on their way, then those in the accumulator, each oldest first.
    pub fn batches(&self, partition: &TopicPartition) -> Vec<BatchView> {
        let flying = self.sender.batches().filter(|batch| batch.partition == *partition);
        let queued = self.accumulator.queue(partition).into_iter().flatten();
        flying.map(|batch| BatchView::of(batch, true)).chain(queued.map(|batch| BatchView::of(batch, false))).collect()
    }

    /// Its accumulator.
    pub fn accumulator(&self) -> &RecordAccumulator {
        &self.accumulator
    }

    /// The batches that are in a request, the oldest request first.
    pub fn batches_in_flight(&self) -> impl Iterator<Item = &ProducerBatch> {
        self.sender.batches()
    }

    /// Which record of its batch on the way a record is, from 0; none if it is in no request.
    pub fn place_in_request(&self, number: i64) -> Option<i64> {
        let index =
            self.sender.batches().find_map(|batch| batch.numbers().iter().position(|known| *known == number))?;
        i64::try_from(index).ok()
    }

    /// The partitions of the latest batches of records without a key, oldest first.
    pub fn past_batches(&self, topic: &str) -> Vec<i32> {
        self.past.iter().filter(|(of, _)| **of == *topic).map(|(_, partition)| *partition).collect()
    }

    /// `send()`: the application gives a record.
    pub fn send(&mut self, record: Unplaced, rng: &mut Pcg, out: &mut Outbox) {
        let number = self.futures.sent_record(Rc::clone(&record.topic), record.key.clone(), record.value.clone());
        self.metadata.want([&record.topic], out);
        self.blocked.push_back(Blocked::new(number, record, out));
        self.place_blocked(rng, out);
        self.watch_blocked(number, out);
        // Kafka's sender thread asks for an id as soon as it runs, whether or not there is something to send.
        if self.config.enable_idempotence && self.producer_id_and_epoch().is_none() {
            self.wake_sender(out);
        }
    }

    /// Refreshes the metadata now.
    pub fn refresh_metadata(&mut self, out: &mut Outbox) {
        self.metadata.request_now(out);
    }

    /// Handles a response.
    pub fn on_message(&mut self, message: &Message, rng: &mut Pcg, out: &mut Outbox) {
        self.metadata.heard_from(&message.from);
        match &*message.body {
            Body::MetadataResponse(response) => {
                self.metadata.on_response(message.correlation, response, out);
                self.place_blocked(rng, out);
                self.wake_sender(out);
            }
            Body::ProduceResponse(response) => {
                self.on_produce_response(message, response, out);
                self.place_blocked(rng, out);
            }
            Body::InitProducerIdResponse(response) => {
                self.on_init_producer_id_response(message.correlation, response, out);
            }
            _ => {}
        }
    }

    /// Handles a timer.
    pub fn on_timer(&mut self, timer: &Timer, rng: &mut Pcg, out: &mut Outbox) {
        match timer {
            Timer::SenderRun => {
                self.on_sender_run(rng, out);
                self.place_blocked(rng, out);
            }
            Timer::RequestTimeout { request } | Timer::Disconnected { request } => {
                if !self.on_init_producer_id_failed(*request, timer, out) {
                    self.on_request_failed(*request, timer, out);
                }
                self.place_blocked(rng, out);
            }
            Timer::MaxBlock { record } => {
                self.give_up_blocked(*record, out);
                self.place_blocked(rng, out);
            }
            Timer::MetadataRefresh => self.metadata.on_timer(out),
            Timer::DelayedOperation { .. }
            | Timer::FetchBackoff { .. }
            | Timer::Background(_)
            | Timer::Controller(_)
            | Timer::ConsumerRetry
            | Timer::GroupCoordinator { .. }
            | Timer::GroupMember(_)
            | Timer::SharePartitions
            | Timer::Application => {}
        }
    }
}
