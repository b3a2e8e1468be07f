//! Loads to measure with: 3 brokers, replication 3, `acks=all`, and a large cluster. The caller has the clock.

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ProducerConfig, TopicConfig};
use highwater_sim::fact::Fact;
use highwater_sim::ids::{BrokerId, ClientId};
use highwater_sim::time::SimTime;
use highwater_sim::world::{CommandError, World, WorldConfig};

use crate::history::{History, HistoryFull, Moment};

/// A record is sent for so many events.
const EVENTS_A_RECORD: u64 = 25;

/// Why a load cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A command was refused.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A configuration was refused.
    #[error("{0}")]
    Config(String),
    /// The history is full.
    #[error(transparent)]
    Full(#[from] HistoryFull),
}

/// The cluster of the load, before anything is sent.
///
/// # Errors
/// As [`LoadError`] says.
pub fn cluster() -> Result<World, LoadError> {
    cluster_of(3)
}

fn cluster_of(brokers: i32) -> Result<World, LoadError> {
    let config = WorldConfig { brokers, latency_us: 500, seed: 1, broker: BrokerConfig::default() };
    let mut world = World::new(config)?;
    let mut producer = ProducerConfig::default();
    for (name, value) in [("enable.idempotence", "false"), ("linger.ms", "0")] {
        producer.set(name, value).map_err(|error| LoadError::Config(error.to_string()))?;
    }
    world.add_producer(ClientId("p1".into()), producer)?;
    Ok(world)
}

fn create_topic(brokers: i32, partitions: i32) -> Command {
    let broker = |place: i32| BrokerId(place.checked_rem(brokers).unwrap_or(0).saturating_add(1));
    let replicas = |first: i32| (0..3).map(|replica| broker(first.saturating_add(replica))).collect();
    let config = TopicConfig { min_insync_replicas: 2, ..TopicConfig::default() }.into();
    Command::CreateTopic { topic: "load".into(), assignment: (0..partitions).map(replicas).collect(), config }
}

fn send(number: u64) -> Command {
    Command::Send {
        producer: ClientId("p1".into()),
        topic: "load".into(),
        partition: None,
        key: Some(Bytes::from(format!("key-{}", number % 1_000).as_str())),
        value: Some(Bytes::from("x".repeat(100).as_str())),
        timestamp_ms: None,
    }
}

/// Runs the load in a world for `events` events; returns how many facts it left.
///
/// # Errors
/// As [`LoadError`] says.
pub fn run(events: u64) -> Result<u64, LoadError> {
    let mut world = cluster()?;
    let mut facts: Vec<Fact> = Vec::new();
    world.command(create_topic(3, 3), &mut facts)?;
    while world.events() < events {
        if world.events().is_multiple_of(EVENTS_A_RECORD) {
            world.command(send(world.events()), &mut facts)?;
        }
        facts.clear();
        if !world.step(&mut facts) {
            break;
        }
    }
    Ok(world.facts())
}

/// 10 seconds of virtual time in a large cluster: 50 brokers, 1,000 partitions with three replicas each, a record every ms.
/// Returns how many events they are.
///
/// # Errors
/// As [`LoadError`] says.
pub fn wide() -> Result<u64, LoadError> {
    const BROKERS: i32 = 50;
    const PARTITIONS: i32 = 1_000;
    const MS: u64 = 10_000;
    let mut world = cluster_of(BROKERS)?;
    let mut facts: Vec<Fact> = Vec::new();
    world.command(create_topic(BROKERS, PARTITIONS), &mut facts)?;
    for ms in 1..=MS {
        world.command(send(ms), &mut facts)?;
        while world.next_event_at().is_some_and(|at| at <= SimTime::from_ms(ms)) {
            facts.clear();
            world.step(&mut facts);
        }
        world.idle_until(SimTime::from_ms(ms));
    }
    Ok(world.events())
}

/// Runs the load in a history of `events` events, to seek in.
///
/// # Errors
/// As [`LoadError`] says.
pub fn history(events: u64) -> Result<History, LoadError> {
    let mut history = History::new(cluster()?);
    history.command(create_topic(3, 3))?;
    while history.end().events < events {
        if history.end().events.is_multiple_of(EVENTS_A_RECORD) {
            history.command(send(history.end().events))?;
        }
        if !history.step()? {
            break;
        }
    }
    Ok(history)
}

/// Goes to a moment somewhere in a history; returns the events that had to be done again.
pub fn seek(history: &History, event: u64) -> u64 {
    let end = history.end();
    let inputs = usize::try_from(event / EVENTS_A_RECORD).unwrap_or(0).min(end.inputs);
    let (world, replayed) = history.world_at(Moment { events: event.min(end.events), inputs, facts: 0 });
    replayed.min(world.events())
}
