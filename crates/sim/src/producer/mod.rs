//! A producer. Kafka 4.3: `KafkaProducer`.
//!
//! Differs from Kafka: a `send()` that must wait for metadata does not block the application; the record waits, up to
//! `max.block.ms`, and later ones queue behind it.

pub mod futures;
pub mod partitioner;

use std::collections::VecDeque;
use std::rc::Rc;

use crate::bytes::Bytes;
use crate::client_metadata::ClientMetadata;
use crate::config::ProducerConfig;
use crate::ids::{BrokerId, ClientId, Topic};
use crate::message::Message;
use crate::outbox::Outbox;
use crate::rng::Pcg;
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

    /// stub
    pub fn sticky_partition(&self, _topic: &str) -> Option<(i32, i64)> {
        None
    }

    /// stub
    pub fn batches(&self, _partition: &crate::ids::TopicPartition) -> Vec<BatchView> {
        Vec::new()
    }

    /// stub
    pub fn send(
        &mut self,
        _t: &Topic,
        _p: Option<i32>,
        _k: Option<Bytes>,
        _v: Option<Bytes>,
        _r: &mut Pcg,
        _o: &mut Outbox,
    ) {
    }
    /// stub
    pub fn refresh_metadata(&mut self, _o: &mut Outbox) {}
    /// stub
    pub fn on_timer(&mut self, _t: &Timer, _r: &mut Pcg, _o: &mut Outbox) {}
    /// stub
    pub fn on_message(&mut self, _m: &Message, _r: &mut Pcg, _o: &mut Outbox) {}
}

/// A batch as it is at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchView {
    /// Its number.
    pub id: crate::ids::BatchId,
    /// Its size now in bytes, header included.
    pub bytes: i64,
}
