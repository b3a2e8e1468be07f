//! What a client knows of the cluster, and when it asks. Kafka 4.3: `org.apache.kafka.clients.Metadata`,
//! `NetworkClient.DefaultMetadataUpdater`, `NetworkClient.leastLoadedNode`.
//!
//! Differs from Kafka: a client asks the first broker of `bootstrap.servers`, not the least loaded one, and the next one
//! that it knows when no answer comes. How long it waits between two updates is drawn once; Kafka draws anew each time that
//! it looks.

use crate::sorted::{SortedMap, SortedSet};
use std::rc::Rc;

use crate::config::{ConsumerConfig, ProducerConfig};
use crate::connections::Connections;
use crate::fact::FactKind;
use crate::group::OFFSETS_TOPIC;
use crate::group::regular_expression::Pattern;
use crate::ids::{BrokerId, ClientId, FactId, MessageId, NodeId, Topic, TopicId, TopicPartition};
use crate::message::{Body, MetadataRequest, MetadataResponse};
use crate::metadata::{PartitionRegistration, TopicImage};
use crate::outbox::Outbox;
use crate::retry_backoff::{CLIENT_JITTER_PERCENT, RetryBackoff};
use crate::rng::Pcg;
use crate::time::SimTime;
use crate::timer::Timer;

mod leadership;

/// What a client is told about asking for metadata and connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientMetadataConfig {
    /// `metadata.max.age.ms`.
    pub max_age_ms: u64,
    /// `retry.backoff.ms` and `retry.backoff.max.ms`.
    pub retry: RetryBackoff,
    /// `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
    pub reconnect: RetryBackoff,
}

impl From<&ProducerConfig> for ClientMetadataConfig {
    fn from(config: &ProducerConfig) -> ClientMetadataConfig {
        ClientMetadataConfig {
            max_age_ms: config.metadata_max_age_ms,
            retry: backoff(config.retry_backoff_ms, config.retry_backoff_max_ms),
            reconnect: backoff(config.reconnect_backoff_ms, config.reconnect_backoff_max_ms),
        }
    }
}

impl From<&ConsumerConfig> for ClientMetadataConfig {
    fn from(config: &ConsumerConfig) -> ClientMetadataConfig {
        ClientMetadataConfig {
            max_age_ms: config.metadata_max_age_ms,
            retry: backoff(config.retry_backoff_ms, config.retry_backoff_max_ms),
            reconnect: backoff(config.reconnect_backoff_ms, config.reconnect_backoff_max_ms),
        }
    }
}

fn backoff(initial_ms: u64, max_ms: u64) -> RetryBackoff {
    RetryBackoff { initial_ms, max_ms, jitter_percent: CLIENT_JITTER_PERCENT }
}

/// Which topics a client asks about. Kafka: `ConsumerMetadata.newMetadataRequestBuilder`.
#[derive(Clone, Debug, Default)]
pub enum Interest {
    /// Those that it wants by name.
    #[default]
    Names,
    /// All that there are: those are kept whose names the pattern matches.
    Pattern {
        /// What names are held against.
        pattern: Rc<Pattern>,
        /// `exclude.internal.topics`.
        excludes_internal: bool,
    },
    /// Those with the ids that a coordinator has assigned.
    Assigned(SortedSet<TopicId>),
}

/// A client's metadata.
#[derive(Clone, Debug)]
pub struct ClientMetadata {
    client: ClientId,
    bootstrap: BrokerId,
    brokers: Vec<BrokerId>,
    config: ClientMetadataConfig,
    chance: Pcg,
    /// Its connections to brokers.
    connections: Connections,
    wanted: SortedSet<Topic>,
    interest: Interest,
    topics: SortedMap<Topic, Rc<TopicImage>>,
    in_flight: Option<(MessageId, BrokerId)>,
    /// It does not wait for `metadata.max.age.ms`. Kafka: `updateRequested`.
    is_requested: bool,
    /// What said so, while nothing has been done about it.
    requested_because: Option<FactId>,
    /// What is asked for has changed since it was last asked. Kafka: `requestVersion`.
    asks_anew: bool,
    /// How many answers it has taken over. Kafka: `updateVersion`.
    version: u64,
    /// The last answer or failure; none if the next update may begin at once.
    last_refresh: Option<SimTime>,
    last_success: Option<SimTime>,
    /// How long after that the next update may begin, in ms.
    wait_ms: u64,
    failures: u32,
    /// Answers in a row that told nothing new. Kafka: `equivalentResponseCount`.
    equivalent_responses: u32,
    refresh_at: Option<SimTime>,
}

impl ClientMetadata {
    /// Knows nothing yet.
    pub fn new(client: ClientId, bootstrap: BrokerId, config: ClientMetadataConfig) -> ClientMetadata {
        ClientMetadata {
            client,
            bootstrap,
            brokers: Vec::new(),
            config,
            chance: Pcg::new(0),
            connections: Connections::new(config.reconnect),
            wanted: SortedSet::new(),
            interest: Interest::Names,
            topics: SortedMap::new(),
            in_flight: None,
            is_requested: false,
            requested_because: None,
            asks_anew: false,
            version: 0,
            last_refresh: None,
            last_success: None,
            wait_ms: 0,
            failures: 0,
            equivalent_responses: 0,
            refresh_at: None,
        }
    }

    /// Its process begins anew, with what its configuration says now.
    pub fn begin_anew(&mut self, config: ClientMetadataConfig) {
        let fresh = ClientMetadata::new(self.client.clone(), self.bootstrap, config);
        let brokers = std::mem::take(&mut self.brokers);
        *self = ClientMetadata { brokers, chance: self.chance.clone(), ..fresh };
    }

    /// Where it draws its waits from.
    pub fn set_chance(&mut self, chance: Pcg) {
        self.chance = chance;
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

    /// From now on the client wants to know about these topics; asks at once if it knows nothing of one. Kafka:
    /// `requestUpdateForNewTopics`.
    pub fn want<'a>(&mut self, topics: impl IntoIterator<Item = &'a Topic>, out: &mut Outbox) {
        let mut is_new = false;
        for topic in topics {
            self.wanted.insert(Rc::clone(topic));
            is_new |= !self.topics.contains_key(topic);
        }
        if is_new {
            self.request_now(out);
        }
    }

    /// From now on it asks about these topics, and no more about those that it wanted by name.
    pub fn follow(&mut self, interest: Interest, out: &mut Outbox) {
        self.interest = interest;
        self.wanted = SortedSet::new();
        self.asks_anew = true;
        self.request_now(out);
    }

    /// From now on it wants to know about topics by name.
    pub fn follow_names(&mut self) {
        if !matches!(self.interest, Interest::Names) {
            self.interest = Interest::Names;
            self.wanted = SortedSet::new();
        }
    }

    /// A coordinator has assigned topics with these ids; asks as soon as the backoff allows if one is not known. Kafka:
    /// `SubscriptionState.setAssignedTopicIds`, `Metadata.requestUpdate(true)`.
    pub fn follow_ids(&mut self, ids: SortedSet<TopicId>, out: &mut Outbox) {
        let Interest::Assigned(there) = &mut self.interest else { return };
        let is_unknown = |id: &TopicId| !self.topics.values().any(|topic| topic.id == *id);
        let asks = ids.iter().any(is_unknown);
        if *there != ids {
            *there = ids;
            self.asks_anew = true;
            self.equivalent_responses = 0;
        }
        if asks && (self.asks_anew || !self.is_requested) {
            self.request(out);
        }
    }

    /// How many answers it has taken over.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// An update is asked for, or could be: the backoff is over. Kafka: `updateRequested`, `timeToAllowUpdate`.
    pub fn may_be_stale(&self, now: SimTime) -> bool {
        self.is_requested || self.last_refresh.is_none_or(|at| at.plus_ms(self.wait_ms) <= now)
    }

    /// Asks at once, unless a request is under way.
    pub fn request_now(&mut self, out: &mut Outbox) {
        self.last_refresh = None;
        self.equivalent_responses = 0;
        self.request(out);
    }

    /// Something says that the metadata is stale: asks as soon as the backoff allows. Kafka: `requestUpdate(false)`,
    /// `timeToAllowUpdate`.
    pub fn request(&mut self, out: &mut Outbox) {
        self.is_requested = true;
        self.maybe_update(out);
    }

    /// The same, once the client has sent what it has to send: [`ClientMetadata::poll`] asks.
    pub fn request_after_sending(&mut self, out: &Outbox) {
        self.is_requested = true;
        self.requested_because = Some(out.cause());
    }

    /// The client has sent what it had to send. Kafka: `NetworkClient.poll`, which begins with the metadata.
    pub fn poll(&mut self, out: &mut Outbox) {
        if let Some(because) = self.requested_because.take() {
            let before = out.because(because);
            self.maybe_update(out);
            out.because(before);
        }
    }

    /// Kafka: `DefaultMetadataUpdater.maybeUpdate`.
    fn maybe_update(&mut self, out: &mut Outbox) {
        let has_no_topic = matches!(self.interest, Interest::Names) && self.wanted.is_empty();
        if self.in_flight.is_some() || has_no_topic {
            return;
        }
        let expires = self.last_success.map_or(out.now, |at| at.plus_ms(self.config.max_age_ms));
        let due = if self.is_requested { out.now } else { expires };
        let due = due.max(self.last_refresh.map_or(out.now, |at| at.plus_ms(self.wait_ms)));
        if due > out.now {
            self.wake_at(due, out);
            return;
        }
        let Some(node) = self.node_to_ask(out.now) else {
            if let Some(at) = self.connections.next_attempt() {
                self.wake_at(at, out);
            }
            return;
        };
        self.asks_anew = false;
        let request = match &self.interest {
            Interest::Names => MetadataRequest::Names(self.wanted.iter().cloned().collect()),
            Interest::Pattern { .. } => MetadataRequest::All,
            Interest::Assigned(ids) => MetadataRequest::Ids(ids.iter().copied().collect()),
        };
        self.in_flight = Some((out.send(NodeId::Broker(node), Body::MetadataRequest(request)), node));
    }

    /// The timer of the next refresh.
    pub fn on_timer(&mut self, out: &mut Outbox) {
        if self.refresh_at.is_none_or(|at| at > out.now) {
            return;
        }
        self.refresh_at = None;
        out.timer_fired(Timer::MetadataRefresh);
        self.maybe_update(out);
    }

    /// Takes over what a broker answered. A wanted topic that the broker does not know, or a partition without a leader, is
    /// asked for again after the backoff, which grows while nothing new is told. Kafka: `Metadata.update`.
    pub fn on_response(&mut self, correlation: MessageId, response: &MetadataResponse, out: &mut Outbox) {
        if self.in_flight.is_none_or(|(asked, _)| asked != correlation) {
            return;
        }
        self.in_flight = None;
        let received = out.cause();
        self.brokers.clone_from(&response.brokers);
        let mut tells_new = false;
        let retained: Vec<_> = response.topics.iter().filter(|(topic, image)| self.retains(topic, image)).collect();
        for (topic, image) in &retained {
            let known = self.topics.get(topic).filter(|known| known.id == image.id);
            tells_new |= known.is_none_or(|known| is_newer(known, image));
            let newest = known.and_then(|known| newest(known, image)).unwrap_or_else(|| Rc::clone(image));
            let known = self.topics.insert(Rc::clone(topic), Rc::clone(&newest));
            let both = known.iter().flat_map(|known| known.partitions.iter().zip(&newest.partitions));
            for (number, (known, now)) in (0..).zip(both).filter(|(_, (known, now))| !Rc::ptr_eq(known, now)) {
                out.because(received);
                self.tell_leader(TopicPartition::new(Rc::clone(topic), number), known, now, false, out);
            }
            let partitions = count(image);
            let before = known.as_deref().map_or(0, count);
            if before != partitions {
                out.because(received);
                out.then(FactKind::MetadataUpdated {
                    client: self.client.clone(),
                    topic: Rc::clone(topic),
                    partitions,
                    before,
                });
            }
        }
        let is_told = |topic: &Topic| retained.iter().any(|(told, _)| told == topic);
        // A broker without any broker in its metadata knows nothing yet.
        if !response.brokers.is_empty() {
            let gone: Vec<Topic> = self.topics.keys().filter(|topic| !is_told(topic)).cloned().collect();
            for topic in gone {
                let before = self.topics.remove(&topic).as_deref().map_or(0, count);
                let client = self.client.clone();
                out.then(FactKind::MetadataUpdated { client, topic, partitions: 0, before });
            }
        }
        self.version = self.version.saturating_add(1);
        self.failures = 0;
        self.equivalent_responses = if tells_new { 0 } else { self.equivalent_responses.saturating_add(1) };
        self.last_success = Some(out.now);
        let leads = |topic: &Rc<TopicImage>| topic.partitions.iter().all(|partition| partition.leader.is_some());
        let is_whole = match &self.interest {
            Interest::Names => self.wanted.iter().all(is_told),
            Interest::Pattern { .. } => true,
            Interest::Assigned(ids) => ids.iter().all(|id| retained.iter().any(|(_, image)| image.id == *id)),
        };
        self.is_requested = self.asks_anew || !is_whole || !retained.iter().all(|(_, image)| leads(image));
        let updated = out.because(received);
        self.refreshed(out);
        out.because(updated);
    }

    /// What it is told about a topic is kept. Kafka: `ConsumerMetadata.retainTopic`.
    fn retains(&self, topic: &Topic, image: &TopicImage) -> bool {
        self.wanted.contains(topic)
            || match &self.interest {
                Interest::Names => false,
                Interest::Pattern { pattern, excludes_internal } => {
                    let is_internal = **topic == *OFFSETS_TOPIC;
                    !(is_internal && *excludes_internal) && pattern.matches(topic)
                }
                Interest::Assigned(ids) => ids.contains(&image.id),
            }
    }

    /// No answer came in time, or the connection broke: asks another broker after the backoff. Kafka: `failedUpdate`.
    pub fn on_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        let Some((_, broker)) = self.in_flight.filter(|(asked, _)| *asked == request) else {
            return;
        };
        self.in_flight = None;
        self.failures = self.failures.saturating_add(1);
        self.equivalent_responses = 0;
        self.is_requested = true;
        out.timer_fired(timer.clone());
        self.connections.disconnected(broker, out.now, &mut self.chance);
        self.refreshed(out);
    }

    /// An update ended, well or not: from now on the next one waits.
    fn refreshed(&mut self, out: &mut Outbox) {
        let retry = self.failures.max(self.equivalent_responses).saturating_sub(1);
        self.last_refresh = Some(out.now);
        // The generator of a client never runs dry.
        self.wait_ms = self.config.retry.backoff_ms(retry, &mut self.chance).unwrap_or(self.config.retry.max_ms);
        self.maybe_update(out);
    }

    /// The connection to a broker broke, which may be because the metadata is stale. Kafka: `handleServerDisconnect`.
    pub fn on_disconnected(&mut self, broker: BrokerId, out: &mut Outbox) {
        self.connections.disconnected(broker, out.now, &mut self.chance);
        self.request(out);
    }

    /// A broker answered.
    pub fn heard_from(&mut self, node: &NodeId) {
        if let NodeId::Broker(broker) = node {
            self.connections.ready(*broker);
        }
    }

    /// Its connections to brokers.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The broker that it asks.
    pub fn bootstrap(&self) -> BrokerId {
        self.bootstrap
    }

    /// Whom to ask what any broker can answer: the one asked before while its connection is well, or else the next; if all
    /// connections are broken, the one that broke first, once it may be tried again. Kafka: `leastLoadedNode`.
    pub fn node_to_ask(&mut self, now: SimTime) -> Option<BrokerId> {
        let behind = self.brokers.iter().filter(|id| **id > self.bootstrap);
        let in_turn = std::iter::once(&self.bootstrap).chain(behind).chain(&self.brokers);
        let may_connect = |id: &&BrokerId| self.connections.unavailable_until(**id, now).is_none();
        let node = in_turn
            .clone()
            .find(|id| self.connections.is_ready(**id))
            .or_else(|| in_turn.filter(may_connect).min_by_key(|id| self.connections.broken_since(**id)))
            .copied()?;
        self.bootstrap = node;
        Some(node)
    }

    fn wake_at(&mut self, at: SimTime, out: &mut Outbox) {
        if self.refresh_at != Some(at) {
            self.refresh_at = Some(at);
            out.timer(at, Timer::MetadataRefresh);
        }
    }
}

/// A partition is told of for the first time, or has a newer leader epoch.
fn is_newer(known: &TopicImage, came: &TopicImage) -> bool {
    let is_newer = |(index, came): (usize, &Rc<PartitionRegistration>)| {
        known.partitions.get(index).is_none_or(|known| came.leader_epoch > known.leader_epoch)
    };
    came.partitions.iter().enumerate().any(is_newer)
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

#[cfg(test)]
mod tests;
