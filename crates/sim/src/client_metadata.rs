//! What a client knows of the cluster, and when it asks. Kafka 4.3: `org.apache.kafka.clients.Metadata`,
//! `NetworkClient.DefaultMetadataUpdater`.
//!
//! Differs from Kafka: a client asks the first broker of `bootstrap.servers`, not the least loaded one, and the next one
//! that it knows when no answer comes.

use crate::sorted::{SortedMap, SortedSet};
use std::rc::Rc;

use crate::fact::FactKind;
use crate::ids::{BrokerId, ClientId, MessageId, NodeId, Topic, TopicPartition};
use crate::message::{Body, MetadataRequest, MetadataResponse};
use crate::metadata::{PartitionRegistration, TopicImage};
use crate::outbox::Outbox;
use crate::time::SimTime;
use crate::timer::Timer;

/// A client's metadata.
#[derive(Clone, Debug)]
pub struct ClientMetadata {
    client: ClientId,
    bootstrap: BrokerId,
    brokers: Vec<BrokerId>,
    max_age_ms: u64,
    backoff_ms: u64,
    wanted: SortedSet<Topic>,
    topics: SortedMap<Topic, Rc<TopicImage>>,
    in_flight: Option<MessageId>,
    refresh_at: Option<SimTime>,
}

impl ClientMetadata {
    /// Knows nothing yet.
    pub fn new(client: ClientId, bootstrap: BrokerId, max_age_ms: u64, backoff_ms: u64) -> ClientMetadata {
        ClientMetadata {
            client,
            bootstrap,
            brokers: Vec::new(),
            max_age_ms,
            backoff_ms,
            wanted: SortedSet::new(),
            topics: SortedMap::new(),
            in_flight: None,
            refresh_at: None,
        }
    }

    /// The brokers of `bootstrap.servers`: until the first answer came the client asks them in turn.
    pub fn set_bootstrap_servers(&mut self, brokers: Vec<BrokerId>) {
        self.brokers = brokers;
    }

    /// A broker is there, as far as this client knows. Kafka: `Cluster.nodeIfOnline`.
    pub fn is_online(&self, broker: BrokerId) -> bool {
        self.brokers.contains(&broker)
    }

    /// The topic as far as this client knows it.
    pub fn topic(&self, topic: &str) -> Option<&Rc<TopicImage>> {
        self.topics.get(topic)
    }

    /// The partition as far as this client knows it.
    pub fn partition(&self, partition: &TopicPartition) -> Option<&Rc<PartitionRegistration>> {
        let index = usize::try_from(partition.partition).ok()?;
        self.topics.get(&partition.topic)?.partitions.get(index)
    }

    /// All known topics by name.
    pub fn topics(&self) -> impl Iterator<Item = (&Topic, &Rc<TopicImage>)> {
        self.topics.iter()
    }

    /// From now on the client wants to know about `topic`; asks at once if it knows nothing of it.
    pub fn want(&mut self, topic: &Topic, out: &mut Outbox) {
        self.wanted.insert(Rc::clone(topic));
        if !self.topics.contains_key(topic) {
            self.request(out);
        }
    }

    /// Asks, unless a request is under way.
    pub fn request(&mut self, out: &mut Outbox) {
        if self.in_flight.is_none() && !self.wanted.is_empty() {
            let request = MetadataRequest { topics: self.wanted.iter().cloned().collect() };
            self.in_flight = Some(out.send(NodeId::Broker(self.bootstrap), Body::MetadataRequest(request)));
        }
    }

    /// Asks again after the backoff (a leader is unknown, or an answer said that the metadata is stale).
    pub fn request_later(&mut self, out: &mut Outbox) {
        if self.in_flight.is_none() {
            self.refresh_after(self.backoff_ms, out);
        }
    }

    /// The timer of the next refresh; true if it asked.
    pub fn on_timer(&mut self, out: &mut Outbox) -> bool {
        if self.refresh_at.is_none_or(|at| at > out.now) {
            return false;
        }
        self.refresh_at = None;
        out.timer_fired(Timer::MetadataRefresh);
        self.request(out);
        true
    }

    /// Takes over what a broker answered; a wanted topic that it does not know is asked for again after the backoff.
    pub fn on_response(&mut self, correlation: MessageId, response: &MetadataResponse, out: &mut Outbox) {
        if self.in_flight != Some(correlation) {
            return;
        }
        self.in_flight = None;
        let received = out.cause();
        self.brokers.clone_from(&response.brokers);
        for (topic, image) in &response.topics {
            let newest =
                self.topics.get(topic).and_then(|known| newest(known, image)).unwrap_or_else(|| Rc::clone(image));
            let before = self.topics.insert(Rc::clone(topic), newest);
            let partitions = count(image);
            let before = before.as_deref().map_or(0, count);
            if before != partitions {
                out.then(FactKind::MetadataUpdated {
                    client: self.client.clone(),
                    topic: Rc::clone(topic),
                    partitions,
                    before,
                });
            }
        }
        let all_known = self.wanted.iter().all(|topic| self.topics.contains_key(topic));
        let updated = out.because(received);
        self.refresh_after(if all_known { self.max_age_ms } else { self.backoff_ms }, out);
        out.because(updated);
    }

    /// No answer came in time, or the connection broke: asks another broker after the backoff.
    pub fn on_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        if self.in_flight != Some(request) {
            return;
        }
        self.in_flight = None;
        self.go_to_next_broker();
        out.timer_fired(timer.clone());
        self.request_later(out);
    }

    /// The broker that it asks.
    pub fn bootstrap(&self) -> BrokerId {
        self.bootstrap
    }

    /// From now on it asks the next broker that it knows.
    pub fn go_to_next_broker(&mut self) {
        let next = self.brokers.iter().find(|id| **id > self.bootstrap).or(self.brokers.first());
        self.bootstrap = next.copied().unwrap_or(self.bootstrap);
    }

    fn refresh_after(&mut self, ms: u64, out: &mut Outbox) {
        let at = out.now.plus_ms(ms);
        self.refresh_at = Some(at);
        out.timer(at, Timer::MetadataRefresh);
    }
}

/// What is known together with what came, where a broker that is behind told something older; none if nothing is older.
/// Kafka: `Metadata.updateLatestMetadata`.
fn newest(known: &TopicImage, came: &TopicImage) -> Option<Rc<TopicImage>> {
    let is_older = |(known, came): &(&Rc<PartitionRegistration>, &Rc<PartitionRegistration>)| {
        came.leader_epoch < known.leader_epoch
    };
    if !known.partitions.iter().zip(&came.partitions).any(|pair| is_older(&pair)) {
        return None;
    }
    let mut merged = came.clone();
    for (known, came) in known.partitions.iter().zip(&mut merged.partitions) {
        if came.leader_epoch < known.leader_epoch {
            *came = Rc::clone(known);
        }
    }
    Some(Rc::new(merged))
}

fn count(image: &TopicImage) -> i32 {
    i32::try_from(image.partitions.len()).unwrap_or(i32::MAX)
}
