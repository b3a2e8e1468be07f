//! What expressions ask of the cluster as the controller has it, and of what became of records.
//!
//! Differs from Kafka: the indexes of a segment that was there at a broker's start count as mapped at once. There the active
//! segment's are (`LogLoader.load`), older ones with their first use (`LazyIndex`).

use highwater_log::log::Log;
use highwater_sim::ids::{BrokerId, TopicPartition};
use highwater_sim::producer::Fate;

use super::{Situation, count, fail, number, partition, small, text};
use crate::expression::{EvaluationError, Value};
use crate::scene::build::is_lost;

/// The files of a segment that a broker keeps open or mapped: `.log`, `.index`, `.timeindex`.
const FILES_OF_SEGMENT: usize = 3;

/// The value of a function that [`super`] does not know; none if this file does not either.
#[inline(never)]
pub(super) fn call(
    situation: &Situation<'_>,
    function: &str,
    args: &[Value],
) -> Option<Result<Value, EvaluationError>> {
    Some(match function {
        "leads" => leads(situation, args),
        "is_fenced" => broker(args).map(|id| {
            Value::Bool(situation.world.metadata().brokers.get(&id).is_some_and(|registered| registered.fenced))
        }),
        "elr" | "assigned" => situation.registration(args).map(|registration| {
            let ids = if function == "elr" { &registration.elr } else { &registration.replicas };
            Value::List(ids.iter().map(|id| Value::Number(id.0.into())).collect())
        }),
        "replicas" | "files" => broker(args).and_then(|id| held(situation, function, id)),
        "session_size" | "session_named" => of_session(situation, function, args),
        "topic_bytes" | "topic_batches" => of_topic(situation, function, args),
        "buffer_used" => buffer_used(situation, args),
        "reads_from" | "empty_fetches" | "delay_ms" => of_consumer(situation, function, args),
        "lost" | "error" | "filled" | "begun" => of_producer(situation, function, args),
        _ => return None,
    })
}

fn broker(args: &[Value]) -> Result<BrokerId, EvaluationError> {
    small(args.first().ok_or_else(|| fail("which broker?"))?).map(BrokerId)
}

/// What a broker holds of replicas, and in how many files.
#[inline(never)]
fn held(situation: &Situation<'_>, function: &str, id: BrokerId) -> Result<Value, EvaluationError> {
    let broker = situation.world.broker(id).ok_or_else(|| fail(format!("there is no broker {id}")))?;
    let segments = |log: &Log| log.segments().count();
    if function == "replicas" {
        return count(broker.partitions.len());
    }
    let sum = broker.partitions.values().fold(0_usize, |sum, one| sum.saturating_add(segments(&one.log)));
    count(sum.saturating_mul(FILES_OF_SEGMENT))
}

/// The fetch session of a broker with a leader.
#[inline(never)]
fn of_session(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let (id, leader) = (broker(args)?, broker(args.get(1..).unwrap_or_default())?);
    let known = situation.world.broker(id).ok_or_else(|| fail(format!("there is no broker {id}")))?;
    let session = known.own_sessions().find(|(of, _)| **of == leader).map(|(_, session)| session);
    count(session.map_or(0, |session| match function {
        "session_size" => session.partitions().len(),
        _ => session.named(),
    }))
}

/// What the leaders' logs of a topic hold.
#[inline(never)]
fn of_topic(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let topic = text(args.first().ok_or_else(|| fail("which topic?"))?)?;
    let image = situation.world.metadata().topics.get(topic);
    let partitions = image.ok_or_else(|| fail(format!("there is no topic {topic}")))?.partitions.len();
    let mut sum = 0_i64;
    for number in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
        let Some(leader) = situation.world.leader(&TopicPartition::new(topic, number)) else { continue };
        let more = match function {
            "topic_bytes" => i64::try_from(leader.log.size_in_bytes()),
            _ => i64::try_from(leader.log.batches_from(i64::MIN).count()),
        };
        sum = sum.saturating_add(more.unwrap_or(i64::MAX));
    }
    number(sum)
}

/// How much of its `buffer.memory` a producer uses.
#[inline(never)]
fn buffer_used(situation: &Situation<'_>, args: &[Value]) -> Result<Value, EvaluationError> {
    let name = text(args.first().ok_or_else(|| fail("which producer?"))?)?;
    let producer = situation.world.producer(name).ok_or_else(|| fail(format!("there is no producer {name}")))?;
    let used = producer.config.buffer_memory.saturating_sub(producer.accumulator().available_memory());
    number(i64::try_from(used).unwrap_or(i64::MAX))
}

fn leads(situation: &Situation<'_>, args: &[Value]) -> Result<Value, EvaluationError> {
    let id = broker(args)?;
    let topics = situation.world.metadata().topics.values();
    count(topics.flat_map(|topic| &topic.partitions).filter(|partition| partition.leader == Some(id)).count())
}

fn of_consumer(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let name = text(args.first().ok_or_else(|| fail("which consumer?"))?)?;
    let consumer = situation.world.consumer(name).ok_or_else(|| fail(format!("there is no consumer {name}")))?;
    let value = match function {
        "empty_fetches" => Some(consumer.empty_fetches()),
        "delay_ms" => consumer.last_delay_ms(),
        _ => {
            let id = partition(args.get(1).ok_or_else(|| fail("which partition?"))?)?;
            consumer.reads_from(&id).map(|broker| broker.0.into())
        }
    };
    Ok(value.map_or(Value::None, Value::Number))
}

fn of_producer(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let name = text(args.first().ok_or_else(|| fail("which producer?"))?)?;
    let producer = situation.world.producer(name).ok_or_else(|| fail(format!("there is no producer {name}")))?;
    if function == "lost" {
        let lost = producer.sent().iter().filter(|sent| match &sent.fate {
            Fate::Acknowledged(offset) => is_lost(situation.world, sent, *offset),
            _ => false,
        });
        return count(lost.count());
    }
    if matches!(function, "filled" | "begun") {
        let filled = producer.filled(&partition(args.get(1).ok_or_else(|| fail("which partition?"))?)?);
        let value = if function == "filled" { filled.bytes } else { filled.batches };
        return number(i64::try_from(value).unwrap_or(i64::MAX));
    }
    let error = producer.sent().iter().rev().find_map(|sent| match &sent.fate {
        Fate::Failed(error) => Some(Value::Text(error.to_string())),
        _ => None,
    });
    Ok(error.unwrap_or(Value::None))
}
