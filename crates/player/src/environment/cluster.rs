//! What expressions ask of the cluster as the controller has it, and of what became of records.

use highwater_sim::ids::BrokerId;
use highwater_sim::producer::Fate;

use super::{Situation, count, fail, number, partition, small, text};
use crate::expression::{EvaluationError, Value};
use crate::scene::build::is_lost;

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
        "reads_from" | "empty_fetches" | "delay_ms" => of_consumer(situation, function, args),
        "lost" | "error" | "filled" | "begun" => of_producer(situation, function, args),
        _ => return None,
    })
}

fn broker(args: &[Value]) -> Result<BrokerId, EvaluationError> {
    small(args.first().ok_or_else(|| fail("which broker?"))?).map(BrokerId)
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
