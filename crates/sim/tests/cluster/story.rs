//! A world with all that happened in it, held against the invariants after every event.

use std::rc::Rc;

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ConfigError, ConsumerConfig, ProducerConfig, TopicConfig};
use highwater_sim::fact::{Fact, FieldValue};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, ClientId, NodeId, Offset, TopicPartition};
use highwater_sim::invariants::{Invariant, Invariants};
use highwater_sim::producer::Fate;
use highwater_sim::world::{CommandError, World, WorldConfig};

/// Configurations by their names.
pub type Configs<'a> = &'a [(&'a str, &'a str)];

/// A producer that is not idempotent and batches nothing.
pub const PLAIN: [(&str, &str); 2] = [("enable.idempotence", "false"), ("linger.ms", "0")];

/// A consumer that reads from the beginning.
pub const EARLIEST: [(&str, &str); 1] = [("auto.offset.reset", "earliest")];

/// A world, and what happened in it so far.
#[derive(Clone)]
pub struct Story {
    pub world: World,
    pub facts: Vec<Fact>,
    /// Where the present part of the story begins.
    mark: usize,
    invariants: Invariants,
    /// The one that need not hold.
    broken: Option<Invariant>,
}

pub fn client(id: &str) -> ClientId {
    ClientId(Rc::from(id))
}

pub fn broker(id: i32) -> NodeId {
    NodeId::Broker(BrokerId(id))
}

/// The partition that most stories are about.
pub fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

/// The configurations of a broker, the others by default.
pub fn broker_config(pairs: Configs<'_>) -> BrokerConfig {
    let mut config = BrokerConfig::default();
    set_all(pairs, |name, value| config.set(name, value));
    config
}

/// The configurations of a topic, the others by default.
pub fn topic_config(pairs: Configs<'_>) -> TopicConfig {
    let mut config = TopicConfig::default();
    set_all(pairs, |name, value| config.set(name, value));
    config
}

/// The configurations of a consumer, the others by default.
pub fn consumer_config(pairs: Configs<'_>) -> ConsumerConfig {
    let mut config = ConsumerConfig::default();
    set_all(pairs, |name, value| config.set(name, value));
    config
}

fn set_all(pairs: Configs<'_>, mut set: impl FnMut(&str, &str) -> Result<(), ConfigError>) {
    for (name, value) in pairs {
        set(name, value).unwrap();
    }
}

/// Begins.
impl Story {
    pub fn new(brokers: i32, latency_us: u64, broker: BrokerConfig) -> Story {
        let world = World::new(WorldConfig { brokers, latency_us, seed: 1, broker }).unwrap();
        Story { world, facts: Vec::new(), mark: 0, invariants: Invariants::default(), broken: None }
    }

    /// The same by rules of before, which break an invariant of today: that is what the story is about.
    pub fn breaking(self, broken: Option<Invariant>) -> Story {
        Story { broken, ..self }
    }

    pub fn add_producer(&mut self, id: &str, pairs: Configs<'_>) {
        self.world.add_producer(client(id), ProducerConfig::from_pairs(pairs.iter().copied()).unwrap()).unwrap();
    }

    pub fn add_consumer(&mut self, id: &str, pairs: Configs<'_>) {
        self.world.add_consumer(client(id), consumer_config(pairs)).unwrap();
    }

    /// A topic with one partition on these brokers, the first of which leads.
    pub fn create_topic(&mut self, topic: &str, replicas: &[i32], config: TopicConfig) {
        self.create_partitions(topic, vec![replicas.iter().copied().map(BrokerId).collect()], config);
    }

    pub fn create_partitions(&mut self, topic: &str, assignment: Vec<Vec<BrokerId>>, config: TopicConfig) {
        self.command(Command::CreateTopic { topic: topic.into(), assignment, config: Rc::new(config) });
    }
}

/// What is done, and what happens then.
impl Story {
    pub fn command(&mut self, command: Command) {
        let from = self.facts.len();
        self.world.command(command, &mut self.facts).unwrap();
        self.check(from);
    }

    /// Why a command cannot be done; nothing happens.
    pub fn refused(&mut self, command: Command) -> CommandError {
        let (facts, events) = (self.facts.len(), self.world.next_event_at());
        let error = self.world.command(command, &mut self.facts).unwrap_err();
        assert_eq!((self.facts.len(), self.world.next_event_at()), (facts, events), "nothing happened");
        error
    }

    pub fn fault(&mut self, fault: Fault) {
        self.command(Command::Fault(fault));
    }

    /// A consumer reads orders-0 from an offset, or from where its policy begins.
    pub fn assign(&mut self, consumer: &str, from: Option<i64>) {
        let (consumer, from) = (client(consumer), from.map(Offset));
        self.command(Command::Assign { consumer, partitions: vec![orders()], from });
    }

    /// p1 sends a record to orders-0.
    pub fn produce(&mut self, value: &str) {
        self.send_by("p1", "orders", Some(0), Some(value));
    }

    /// A producer sends a record to a partition, or to where its partitioner wants.
    pub fn send_by(&mut self, producer: &str, topic: &str, partition: Option<i32>, value: Option<&str>) {
        let (producer, topic, value) = (client(producer), topic.into(), value.map(Bytes::from));
        self.command(Command::Send { producer, topic, partition, key: None, value, timestamp_ms: None });
    }

    /// The next event; whether there was one.
    pub fn step(&mut self) -> bool {
        let from = self.facts.len();
        let stepped = self.world.step(&mut self.facts);
        self.check(from);
        stepped
    }

    pub fn run_ms(&mut self, ms: u64) {
        let until = self.world.now().plus_ms(ms);
        while self.world.next_event_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.world.idle_until(until);
    }

    pub fn run_until(&mut self, holds: impl Fn(&World) -> bool) {
        for _ in 0..100_000 {
            if holds(&self.world) {
                return;
            }
            assert!(self.step(), "nothing more happens");
        }
        panic!("it does not come to hold");
    }

    fn check(&mut self, from: usize) {
        let new = &self.facts[from..];
        assert!(
            new.iter().map(|fact| fact.id.0).eq(from as u64..self.facts.len() as u64),
            "facts are numbered in order"
        );
        if let Err(violation) = self.invariants.check(&self.world, new)
            && self.broken != Some(violation.invariant)
        {
            panic!("{violation} at {:?}", self.world.now());
        }
    }
}

/// What was told.
impl Story {
    /// A new part of the story begins here.
    pub fn mark(&mut self) {
        self.mark = self.facts.len();
    }

    /// The facts of the present part.
    pub fn new_facts(&self) -> &[Fact] {
        &self.facts[self.mark..]
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.facts.iter().map(|fact| fact.kind.name()).collect()
    }

    pub fn count(&self, name: &str) -> usize {
        self.of_kind(name).count()
    }

    /// The values of a field of all facts of a kind.
    pub fn told(&self, name: &str, field: &str) -> Vec<String> {
        self.told_together(name, &[field])
    }

    /// The same of several fields, side by side.
    pub fn told_together(&self, name: &str, fields: &[&str]) -> Vec<String> {
        let value = |fact: &Fact, field: &str| match fact.kind.fields().get(field) {
            Some(FieldValue::Text(text)) => text.clone(),
            Some(FieldValue::Number(number)) => number.to_string(),
            Some(FieldValue::Numbers(numbers)) => format!("{numbers:?}"),
            other => format!("{other:?}"),
        };
        let line = |fact: &Fact| fields.iter().map(|field| value(fact, field)).collect::<Vec<_>>().join(" ");
        self.of_kind(name).map(line).collect()
    }

    fn of_kind<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts.iter().filter(move |fact| fact.kind.name() == name)
    }

    /// The names of the facts that made a fact happen, the nearest first, back to the command.
    pub fn causes(&self, of: &Fact) -> Vec<&'static str> {
        let cause = |fact: &Fact| fact.cause.map(|id| self.facts.iter().find(|it| it.id == id).unwrap());
        std::iter::successors(cause(of), |fact| cause(fact)).map(|fact| fact.kind.name()).collect()
    }
}

/// How orders-0 and its clients are.
impl Story {
    pub fn hw(&self, broker: i32) -> i64 {
        self.world.high_watermark(BrokerId(broker), &orders()).unwrap().0
    }

    pub fn leo(&self, broker: i32) -> i64 {
        self.world.replica(BrokerId(broker), &orders()).unwrap().log_end_offset().0
    }

    /// The log ends of brokers 1, 2 and 3; -1 where there is no replica.
    pub fn ends(&self) -> [i64; 3] {
        [1, 2, 3].map(|id| self.world.replica(BrokerId(id), &orders()).map_or(-1, |replica| replica.log_end_offset().0))
    }

    /// The ISR that the controller knows.
    pub fn isr(&self) -> Vec<i32> {
        self.world.metadata().partition(&orders()).unwrap().isr.iter().map(|id| id.0).collect()
    }

    /// The values in a broker's log.
    pub fn values(&self, broker: i32) -> Vec<String> {
        let replica = self.world.replica(BrokerId(broker), &orders()).unwrap();
        let records = replica.log.records_from(0).map(Result::unwrap);
        records.map(|record| String::from_utf8(record.value.unwrap().to_vec()).unwrap()).collect()
    }

    /// What became of the records of p1.
    pub fn fates(&self) -> Vec<Fate> {
        self.world.producer("p1").unwrap().sent().iter().map(|sent| sent.fate.clone()).collect()
    }

    /// The offsets that p1 heard; -1 where it heard of none.
    pub fn acknowledged(&self) -> Vec<i64> {
        let offset = |fate: &Fate| match fate {
            Fate::Acknowledged(offset) => offset.0,
            _ => -1,
        };
        self.fates().iter().map(offset).collect()
    }

    /// Where c1 is.
    pub fn position(&self) -> Option<i64> {
        let position = self.world.consumer("c1").unwrap().position(&orders());
        position.and_then(|position| position.offset).map(|offset| offset.0)
    }
}
