//! What can be seen of a world; nothing here changes it.

use std::rc::Rc;

use super::World;
use crate::broker::Broker;
use crate::broker::partition::Partition;
use crate::consumer::Consumer;
use crate::event_queue::EventKind;
use crate::ids::{BrokerId, ClientId, MessageId, NodeId, Offset, TopicPartition};
use crate::message::Message;
use crate::metadata::MetadataImage;
use crate::producer::Producer;
use crate::sorted::sort_short_by_key;
use crate::time::SimTime;

impl World {
    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// When the next event happens.
    pub fn next_event_at(&self) -> Option<SimTime> {
        self.queue.next_at()
    }

    /// Events done so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The number of the next fact: how many there are.
    pub fn facts(&self) -> u64 {
        self.counters.fact
    }

    /// What the controller has decided.
    pub fn metadata(&self) -> &MetadataImage {
        &self.metadata
    }

    /// The brokers by id.
    pub fn brokers(&self) -> impl Iterator<Item = &Broker> {
        self.brokers.values().map(Rc::as_ref)
    }

    /// A broker.
    pub fn broker(&self, id: BrokerId) -> Option<&Broker> {
        self.brokers.get(&id).map(Rc::as_ref)
    }

    /// The producers by id.
    pub fn producers(&self) -> impl Iterator<Item = &Producer> {
        self.producers.values().map(Rc::as_ref)
    }

    /// A producer.
    pub fn producer(&self, id: &str) -> Option<&Producer> {
        self.producers.iter().find(|(known, _)| *known.0 == *id).map(|(_, producer)| &**producer)
    }

    /// The consumers by id.
    pub fn consumers(&self) -> impl Iterator<Item = &Consumer> {
        self.consumers.values().map(Rc::as_ref)
    }

    /// A consumer.
    pub fn consumer(&self, id: &str) -> Option<&Consumer> {
        self.consumers.iter().find(|(known, _)| *known.0 == *id).map(|(_, consumer)| &**consumer)
    }

    /// A replica of a partition on a broker.
    pub fn replica(&self, broker: BrokerId, partition: &TopicPartition) -> Option<&Partition> {
        self.broker(broker)?.partitions.get(partition).map(Rc::as_ref)
    }

    /// The leader's replica of a partition.
    pub fn leader(&self, partition: &TopicPartition) -> Option<&Partition> {
        self.replica(self.metadata.partition(partition)?.leader?, partition)
    }

    /// The high watermark on a broker.
    pub fn high_watermark(&self, broker: BrokerId, partition: &TopicPartition) -> Option<Offset> {
        self.replica(broker, partition).map(super::super::broker::partition::Partition::high_watermark)
    }

    /// The names of the producers, then of the consumers.
    pub fn clients(&self) -> impl Iterator<Item = &ClientId> {
        self.producers.keys().chain(self.consumers.keys())
    }

    /// The messages on the wire, by number.
    pub fn on_the_wire(&self) -> Vec<&Message> {
        let mut messages: Vec<&Message> = self
            .queue
            .iter()
            .chain(self.faults.held())
            .filter_map(|event| match &event.kind {
                EventKind::Deliver(message) => Some(message),
                _ => None,
            })
            .collect();
        sort_short_by_key(&mut messages, |message| message.id);
        messages
    }

    /// A broker runs, and is not paused.
    pub fn is_running(&self, broker: BrokerId) -> bool {
        self.brokers.contains_key(&broker) && self.faults.is_running(broker)
    }

    /// A broker is paused.
    pub fn is_paused(&self, broker: BrokerId) -> bool {
        self.faults.is_paused(broker)
    }

    /// A broker's process is gone.
    pub fn is_down(&self, broker: BrokerId) -> bool {
        !self.faults.is_running(broker) && !self.faults.is_paused(broker)
    }

    /// The links that are cut, a direction each: what the first sends to the second is lost.
    pub fn cut_links(&self) -> &[(NodeId, NodeId)] {
        self.faults.cut_links()
    }

    /// How long the controller has not heard of a silent broker and how long its session lasts, in ms; none for a broker
    /// that is heard or fenced.
    pub fn silence_of(&self, broker: BrokerId) -> Option<(u64, u64)> {
        let timeout_ms = self.broker(broker)?.config.broker_session_timeout_ms;
        let left_ms = self.faults.session_end(broker)?.ms_since(self.now);
        let fenced = self.metadata.brokers.get(&broker).is_some_and(|registered| registered.fenced);
        (!fenced).then(|| (timeout_ms.saturating_sub(left_ms), timeout_ms))
    }

    /// The number of the next message.
    pub fn next_message(&self) -> MessageId {
        MessageId(self.counters.message)
    }
}
