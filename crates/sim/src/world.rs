//! The world: the one queue, all nodes, and the only place where effects become events.

mod administration;
mod configure;
mod controller;
mod faults;
mod groups;
mod observe;
mod request;
mod share;

use crate::sorted::SortedMap;
use std::rc::Rc;

use crate::broker::Broker;
use crate::command::Command;
use crate::config::{BrokerConfig, ConfigError, ConsumerConfig, ProducerConfig, Rack};
use crate::consumer::Consumer;
use crate::controller::producer_ids::ProducerIdControlManager;
use crate::controller::refusal::Refusal;
use crate::event_queue::{EVENTS_MAX, Event, EventKind, EventQueue};
use crate::fact::{Fact, FactKind, MessageFact};
use crate::group::share::persister::ShareCoordinator;
use crate::ids::{BrokerId, ClientId, FactId, NodeId};
use crate::message::Message;
use crate::metadata::{BrokerRegistration, Features, MetadataImage};
use crate::network::Network;
use crate::outbox::{Counters, Effect, Finished, Outbox, Room};
use crate::producer::{Producer, Unplaced};
use crate::rng::Pcg;
use crate::time::SimTime;

/// At most so many brokers.
pub const BROKERS_MAX: i32 = 200;
/// At most so many producers and consumers together.
pub const CLIENTS_MAX: usize = 1_000;
/// At most so many partitions in all topics.
pub const PARTITIONS_MAX: usize = 100_000;

/// How a world begins.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Brokers 1 to this number.
    pub brokers: i32,
    /// How long every message takes, in microseconds.
    pub latency_us: u64,
    /// The seed of all that is left to chance.
    pub seed: u64,
    /// The configuration of every broker.
    pub broker: BrokerConfig,
}

/// A command that cannot be done. The world is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A name that is taken.
    #[error("there is already {0}")]
    Exists(String),
    /// A name that nothing has.
    #[error("there is no {0}")]
    Unknown(String),
    /// A value that Kafka would not take.
    #[error("{0}")]
    Invalid(String),
    /// What Kafka's controller refuses, with its error name and words.
    #[error("{0}")]
    Refused(Refusal),
    /// A bound of the simulation.
    #[error("at most {limit} {what}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: usize,
    },
}

/// A cluster with its clients at one moment of virtual time.
///
/// Cloning is cheap: every node is shared until one of the two worlds changes it.
#[derive(Clone, Debug)]
pub struct World {
    now: SimTime,
    queue: EventQueue,
    counters: Counters,
    events: u64,
    rng: Pcg,
    network: Network,
    metadata: Rc<MetadataImage>,
    brokers: SortedMap<BrokerId, Rc<Broker>>,
    producers: SortedMap<ClientId, Rc<Producer>>,
    consumers: SortedMap<ClientId, Rc<Consumer>>,
    producer_ids: ProducerIdControlManager,
    effects: Room,
    faults: faults::Faults,
    share_coordinator: Rc<ShareCoordinator>,
    /// How many topics were deleted.
    deleted_topics: u64,
}

impl World {
    /// A cluster without topics and clients.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] unless there are 1 to [`BROKERS_MAX`] brokers.
    pub fn new(config: WorldConfig) -> Result<World, CommandError> {
        if !(1..=BROKERS_MAX).contains(&config.brokers) {
            return Err(CommandError::Invalid(format!(
                "a cluster has 1 to {BROKERS_MAX} brokers, not {}",
                config.brokers
            )));
        }
        let ids: Vec<BrokerId> = (1..=config.brokers).map(BrokerId).collect();
        let broker = Rc::new(config.broker);
        Ok(World {
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            counters: Counters::default(),
            events: 0,
            rng: Pcg::new(config.seed),
            network: Network::new(config.latency_us),
            metadata: Rc::new(MetadataImage {
                offset: 0,
                features: Features::of(&broker),
                brokers: ids.iter().map(|id| (*id, registration(*id, broker.broker_rack))).collect(),
                topics: SortedMap::new(),
                groups: SortedMap::new(),
            }),
            brokers: ids
                .into_iter()
                .map(|id| {
                    let chance = Pcg::new(config.seed.rotate_left(16) ^ u64::from(id.0.unsigned_abs()));
                    let epoch = registration(id, broker.broker_rack).epoch;
                    (id, Rc::new(Broker::new(id, epoch, Rc::clone(&broker), chance)))
                })
                .collect(),
            producers: SortedMap::new(),
            consumers: SortedMap::new(),
            producer_ids: ProducerIdControlManager::default(),
            effects: Room::default(),
            faults: faults::Faults::default(),
            share_coordinator: Rc::default(),
            deleted_topics: 0,
        })
    }

    /// Adds a producer, which does nothing until it is told to.
    ///
    /// # Errors
    /// A taken name, a bound, or configurations that do not go together.
    pub fn add_producer(&mut self, id: ClientId, config: ProducerConfig) -> Result<(), CommandError> {
        self.check_new_client(&id)?;
        config.check().map_err(|error| CommandError::Invalid(error.to_string()))?;
        let mut producer = Producer::new(id.clone(), Rc::new(config), BrokerId(1));
        producer.metadata.set_bootstrap_servers(self.brokers.keys().copied().collect());
        producer.metadata.set_chance(self.chance_of(&id));
        self.producers.insert(id, Rc::new(producer));
        Ok(())
    }

    /// Adds a consumer, which does nothing until it is assigned partitions.
    ///
    /// # Errors
    /// A taken name or a bound.
    pub fn add_consumer(&mut self, id: ClientId, config: ConsumerConfig) -> Result<(), CommandError> {
        self.check_new_client(&id)?;
        let mut consumer = Consumer::new(id.clone(), Rc::new(config), BrokerId(1));
        consumer.metadata.set_bootstrap_servers(self.brokers.keys().copied().collect());
        consumer.metadata.set_chance(self.chance_of(&id));
        self.consumers.insert(id, Rc::new(consumer));
        Ok(())
    }

    /// Puts a broker into a rack, before anything happens: its `broker.rack`.
    ///
    /// # Errors
    /// A broker that is not there, or a name that is too long.
    pub fn set_rack(&mut self, broker: BrokerId, name: &str) -> Result<(), CommandError> {
        let unknown = || CommandError::Unknown(format!("broker {broker}"));
        let config = &mut Rc::make_mut(self.brokers.get_mut(&broker).ok_or_else(unknown)?).config;
        let invalid = |error: ConfigError| CommandError::Invalid(error.to_string());
        Rc::make_mut(config).set("broker.rack", name).map_err(invalid)?;
        let rack = config.broker_rack;
        if let Some(registered) = Rc::make_mut(&mut self.metadata).brokers.get_mut(&broker) {
            registered.rack = rack;
        }
        Ok(())
    }

    /// Every machine has so much memory for files, before anything happens; otherwise it has as much as it needs.
    pub fn bound_page_caches(&mut self, bytes: u64) {
        for broker in self.brokers.values_mut() {
            Rc::make_mut(broker).bound_page_cache(bytes);
        }
    }

    /// Other rules, before anything happens.
    pub(crate) fn set_features(&mut self, features: Features) {
        Rc::make_mut(&mut self.metadata).features = features;
    }

    /// A generator of a client's own, so that its waits change nobody else's draws.
    fn chance_of(&self, client: &ClientId) -> Pcg {
        let seed = self.rng.clone().next_u64();
        Pcg::new(client.0.bytes().fold(seed, |seed, byte| seed.rotate_left(8) ^ u64::from(byte)))
    }

    fn check_new_client(&self, id: &ClientId) -> Result<(), CommandError> {
        if self.producers.contains_key(id) || self.consumers.contains_key(id) {
            return Err(CommandError::Exists(format!("a client {id}")));
        }
        if self.producers.len().saturating_add(self.consumers.len()) >= CLIENTS_MAX {
            return Err(CommandError::Limit { what: "clients", limit: CLIENTS_MAX });
        }
        Ok(())
    }

    /// Does what somebody outside asks; the facts that follow at once go to `facts`.
    ///
    /// # Errors
    /// A command that names what is not there, or that Kafka would refuse; the world is unchanged.
    pub fn command(&mut self, command: Command, facts: &mut Vec<Fact>) -> Result<FactId, CommandError> {
        self.check(&command)?;
        let given = FactId(self.counters.fact);
        self.counters.fact = self.counters.fact.saturating_add(1);
        let kind = FactKind::CommandGiven { command: command.clone() };
        facts.push(Fact { id: given, at: self.now, cause: None, kind });
        match command {
            Command::Send { producer, topic, partition, key, value, timestamp_ms } => {
                self.with_producer(&producer, given, facts, |producer, rng, out| {
                    let record = Unplaced { topic, partition, key, value, timestamp_ms };
                    producer.send(record, rng, out);
                });
            }
            Command::Assign { consumer, partitions, from } => {
                self.with_consumer(&consumer, given, facts, |consumer, out| {
                    consumer.assign(&partitions, from, out);
                });
            }
            Command::RefreshMetadata { client } => {
                self.with_producer(&client, given, facts, |producer, _, out| producer.refresh_metadata(out));
                self.with_consumer(&client, given, facts, Consumer::refresh_metadata);
            }
            Command::Consumer { consumer, action } => {
                self.with_consumer(&consumer, given, facts, |consumer, out| consumer.act(&action, out));
            }
            Command::Configure { owner, name, value } => self.configure(&owner, &name, &value)?,
            Command::Fault(fault) => self.fault(&fault, given, facts),
            administration => self.administrate(administration, given, facts),
        }
        Ok(given)
    }

    /// Lets time pass to `at` without an event; it stops at the next event and never goes back.
    pub fn idle_until(&mut self, at: SimTime) {
        let at = self.next_event_at().map_or(at, |next| next.min(at));
        self.now = self.now.max(at);
    }

    /// Takes the next event and does it. False if there is none.
    pub fn step(&mut self, facts: &mut Vec<Fact>) -> bool {
        let Some(event) = self.queue.pop() else {
            return false;
        };
        self.now = event.at;
        self.events = self.events.saturating_add(1);
        if !self.faults.is_empty() && self.hold_back(&event, facts) {
            return true;
        }
        let Event { cause, kind, .. } = event;
        match kind {
            EventKind::Deliver(message) => self.deliver(&message, cause, facts),
            EventKind::Metadata(id, image) => {
                self.with_broker(id, cause, facts, |broker, out| broker.on_metadata(&image, out));
            }
            EventKind::Timer(node, timer) => match &node {
                NodeId::Broker(id) => self.with_broker(*id, cause, facts, |broker, out| broker.on_timer(&timer, out)),
                NodeId::Client(id) => {
                    self.with_producer(id, cause, facts, |producer, rng, out| {
                        producer.on_timer(&timer, rng, out);
                    });
                    self.with_consumer(id, cause, facts, |consumer, out| consumer.on_timer(&timer, out));
                }
                NodeId::Controller => self.on_controller_timer(&timer, cause, facts),
            },
            EventKind::Disconnect(id, node) => {
                self.with_broker(id, cause, facts, |broker, out| broker.on_disconnect(&node, out));
            }
            EventKind::ShareStateAsked(id, epoch, request) => self.keep_state(id, epoch, &request, cause, facts),
            EventKind::ShareStateAnswered(id, epoch, answer) => {
                self.with_broker(id, cause, facts, |broker, out| broker.on_share_state(epoch, &answer, out));
            }
        }
        true
    }

    fn deliver(&mut self, message: &Message, cause: FactId, facts: &mut Vec<Fact>) {
        if self.is_gone(&message.to) {
            self.tell(FactKind::MessageLost(MessageFact::of(message)), cause, facts);
            return;
        }
        let received = self.tell(FactKind::Received(MessageFact::of(message)), cause, facts);
        match &message.to {
            NodeId::Broker(id) => self.with_broker(*id, received, facts, |broker, out| broker.on_message(message, out)),
            NodeId::Client(id) => {
                self.with_producer(id, received, facts, |producer, rng, out| {
                    producer.on_message(message, rng, out);
                });
                self.with_consumer(id, received, facts, |consumer, out| consumer.on_message(message, out));
            }
            NodeId::Controller => self.on_controller_message(message, received, facts),
        }
    }

    /// Whether a command could be given now.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(&self, command: &Command) -> Result<(), CommandError> {
        self.check(command)
    }

    fn check(&self, command: &Command) -> Result<(), CommandError> {
        match command {
            Command::Send { producer, .. } => self
                .producers
                .get(producer)
                .map(|_| ())
                .ok_or_else(|| CommandError::Unknown(format!("producer {producer}"))),
            Command::Assign { consumer, .. } => self
                .consumers
                .get(consumer)
                .map(|_| ())
                .ok_or_else(|| CommandError::Unknown(format!("consumer {consumer}"))),
            Command::RefreshMetadata { client } => {
                let known = self.producers.contains_key(client) || self.consumers.contains_key(client);
                if known { Ok(()) } else { Err(CommandError::Unknown(format!("client {client}"))) }
            }
            Command::Consumer { consumer, action } => self.check_action(consumer, action),
            Command::Configure { owner, name, value } => self.clone().configure(owner, name, value),
            Command::Fault(fault) => self.check_fault(fault),
            administration => self.check_administration(administration),
        }
    }

    fn with_broker(
        &mut self,
        id: BrokerId,
        cause: FactId,
        facts: &mut Vec<Fact>,
        act: impl FnOnce(&mut Broker, &mut Outbox),
    ) {
        let mut out = self.outbox(NodeId::Broker(id), cause, facts);
        if let Some(broker) = self.brokers.get_mut(&id) {
            act(Rc::make_mut(broker), &mut out);
        }
        self.apply(out, facts);
    }

    fn with_producer(
        &mut self,
        id: &ClientId,
        cause: FactId,
        facts: &mut Vec<Fact>,
        act: impl FnOnce(&mut Producer, &mut Pcg, &mut Outbox),
    ) {
        if !self.producers.contains_key(id) {
            return;
        }
        let mut out = self.outbox(NodeId::Client(id.clone()), cause, facts);
        if let Some(producer) = self.producers.get_mut(id) {
            act(Rc::make_mut(producer), &mut self.rng, &mut out);
        }
        self.apply(out, facts);
    }

    fn with_consumer(
        &mut self,
        id: &ClientId,
        cause: FactId,
        facts: &mut Vec<Fact>,
        act: impl FnOnce(&mut Consumer, &mut Outbox),
    ) {
        if !self.consumers.contains_key(id) {
            return;
        }
        let mut out = self.outbox(NodeId::Client(id.clone()), cause, facts);
        if let Some(consumer) = self.consumers.get_mut(id) {
            act(Rc::make_mut(consumer), &mut out);
        }
        self.apply(out, facts);
    }

    /// An outbox that has taken `facts`; [`World::apply`] gives them back.
    fn outbox(&mut self, node: NodeId, cause: FactId, facts: &mut Vec<Fact>) -> Outbox {
        let skew_ms = self.faults.skew_ms(&node);
        let effects = std::mem::take(&mut self.effects.0);
        let mut out = Outbox::new(self.now, node, cause, self.counters, effects).telling(std::mem::take(facts));
        out.set_skew_ms(skew_ms);
        out
    }

    fn apply(&mut self, out: Outbox, facts: &mut Vec<Fact>) {
        let node = out.node().clone();
        let Finished { mut effects, facts: told, counters } = out.finish();
        *facts = told;
        self.counters = counters;
        let mut refused = None;
        let mut lost = Vec::new();
        for effect in effects.drain(..) {
            let (cause, scheduled) = match effect {
                Effect::Send(message, cause) if self.faults.cuts(&message.from, &message.to) => {
                    lost.push((message, cause));
                    continue;
                }
                Effect::Metadata(broker, ..) if self.faults.cuts(&node, &NodeId::Broker(broker)) => continue,
                Effect::Send(message, cause) => {
                    let at = self.now.plus_micros(self.network.latency_us(&message.from, &message.to));
                    let at = self.faults.due(at, &message.from, &message.to);
                    (cause, self.queue.schedule(at, cause, EventKind::Deliver(message)))
                }
                Effect::Metadata(broker, image, cause) => {
                    let at = self.now.plus_micros(self.network.latency_us(&node, &NodeId::Broker(broker)));
                    (cause, self.queue.schedule(at, cause, EventKind::Metadata(broker, image)))
                }
                Effect::Timer(at, timer, cause) => {
                    (cause, self.queue.schedule(at, cause, EventKind::Timer(node.clone(), timer)))
                }
                Effect::Disconnect(broker, _) if self.faults.cuts(&node, &NodeId::Broker(broker)) => continue,
                Effect::Disconnect(broker, cause) => (cause, self.schedule_disconnect(&node, broker, cause)),
                Effect::ShareState(request, cause) => (cause, self.schedule_state_request(&node, request, cause)),
            };
            if scheduled.is_err() {
                refused = refused.or(Some(cause));
            }
        }
        self.effects.0 = effects;
        if let Some(cause) = refused {
            let kind =
                FactKind::LimitReached { node: Some(node), what: "event queue".into(), limit: EVENTS_MAX as u64 };
            self.tell(kind, cause, facts);
        }
        for (message, cause) in lost {
            self.lose(&message, cause, facts);
        }
    }

    /// Something happened, which no node told.
    fn tell(&mut self, kind: FactKind, cause: FactId, facts: &mut Vec<Fact>) -> FactId {
        let id = FactId(self.counters.fact);
        self.counters.fact = self.counters.fact.saturating_add(1);
        facts.push(Fact { id, at: self.now, cause: Some(cause), kind });
        id
    }
}

/// All brokers are there from the beginning. Kafka: the epoch is the offset of the broker's record in the metadata log.
fn registration(broker: BrokerId, rack: Rack) -> BrokerRegistration {
    BrokerRegistration { epoch: broker.0.into(), rack, ..BrokerRegistration::default() }
}
