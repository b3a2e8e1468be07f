//! The world as expressions see it: what `hw(orders-0)` and its like mean.

mod cluster;
mod files;
mod groups;
mod page_cache;
mod share;

use std::rc::Rc;

use highwater_sim::sorted::SortedSet;

use highwater_sim::ids::{BrokerId, TopicPartition};
use highwater_sim::metadata::PartitionRegistration;
use highwater_sim::producer::Fate;
use highwater_sim::producer::partitioner::{murmur2, to_positive};
use highwater_sim::world::World;

use crate::expression::{Environment, EvaluationError, Value};
use crate::facts::Facts;

/// A world and the facts that led to it.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The world.
    pub world: &'a World,
    /// All facts until now.
    pub facts: Facts<'a>,
    /// The same moment in the other future, where two are compared.
    pub other: Option<(&'a World, Facts<'a>)>,
}

fn fail(message: impl Into<String>) -> EvaluationError {
    EvaluationError::new(message.into())
}

#[allow(clippy::unnecessary_wraps, reason = "so that every answer reads the same")]
fn number(value: i64) -> Result<Value, EvaluationError> {
    Ok(Value::Number(value))
}

fn count(length: usize) -> Result<Value, EvaluationError> {
    number(i64::try_from(length).unwrap_or(i64::MAX))
}

fn partition(value: &Value) -> Result<TopicPartition, EvaluationError> {
    match value {
        Value::Partition(partition) => Ok(partition.clone()),
        other => Err(fail(format!("{} is not a partition such as orders-0", other.shown()))),
    }
}

fn text(value: &Value) -> Result<&str, EvaluationError> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(fail(format!("{} is not a name", other.shown()))),
    }
}

fn small(value: &Value) -> Result<i32, EvaluationError> {
    match value {
        Value::Number(number) => i32::try_from(*number).map_err(|_| fail(format!("{number} is too large"))),
        other => Err(fail(format!("{} is not a number", other.shown()))),
    }
}

/// `(murmur2(key) & 0x7fffffff) % count` with its quotient.
fn divide(key: &str, count: i32) -> Result<(i32, i32), EvaluationError> {
    let positive = to_positive(murmur2(key.as_bytes()));
    match (positive.checked_div(count), positive.checked_rem(count)) {
        (Some(quotient), Some(remainder)) if count > 0 => Ok((quotient, remainder)),
        _ => Err(fail("a topic has at least one partition")),
    }
}

/// At most so many keys in one measurement.
const KEYS_MAX: i64 = 100_000;

fn moved(keys: impl Iterator<Item = String>, from: i32, to: i32) -> Result<Value, EvaluationError> {
    let mut moved = 0;
    for key in keys {
        moved += i64::from(divide(&key, from)?.1 != divide(&key, to)?.1);
    }
    number(moved)
}

impl Situation<'_> {
    /// What the controller has on a partition.
    fn registration(&self, args: &[Value]) -> Result<&PartitionRegistration, EvaluationError> {
        let id = partition(args.first().ok_or_else(|| fail("which partition?"))?)?;
        let registration = self.world.metadata().partition(&id).map(Rc::as_ref);
        registration.ok_or_else(|| fail(format!("there is no {id}")))
    }

    fn replica(&self, args: &[Value]) -> Result<&highwater_sim::broker::partition::Partition, EvaluationError> {
        let id = partition(args.first().ok_or_else(|| fail("which partition?"))?)?;
        let registration = self.registration(args)?;
        let broker = match args.get(1) {
            Some(broker) => BrokerId(small(broker)?),
            None => registration.leader.ok_or_else(|| fail(format!("{id} has no leader")))?,
        };
        self.world.replica(broker, &id).ok_or_else(|| fail(format!("broker {broker} has no replica of {id}")))
    }

    fn of_partition(&self, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
        let replica = match args {
            // `value` names the broker last.
            [partition, _, broker] => self.replica(&[partition.clone(), broker.clone()]),
            _ => self.replica(args.get(..1).unwrap_or(args)),
        };
        match function {
            "isr" => {
                let isr: SortedSet<i32> = self.registration(args)?.isr.iter().map(|id| id.0).collect();
                Ok(Value::List(isr.into_iter().map(|id| Value::Number(id.into())).collect()))
            }
            "leader" => Ok(self.registration(args)?.leader.map_or(Value::None, |id| Value::Number(id.0.into()))),
            "epoch" => number(self.registration(args)?.leader_epoch.0.into()),
            "records" => {
                let replica = replica?;
                number(replica.log_end_offset().0.saturating_sub(replica.log_start_offset().0))
            }
            "credited" => {
                let follower = BrokerId(small(args.get(1).ok_or_else(|| fail("which broker?"))?)?);
                let known = replica?.replicas().get(&follower);
                let known = known.ok_or_else(|| fail(format!("the leader does not follow broker {follower}")))?;
                Ok(known.known_end().map_or(Value::None, |end| Value::Number(end.0)))
            }
            _ => {
                let replica = replica?;
                let Some(Value::Number(offset)) = args.get(1) else {
                    return Err(fail("which offset?"));
                };
                let batches = replica.log.batches_from(*offset);
                let record = batches
                    .into_iter()
                    .filter_map(|batch| batch.records().ok())
                    .flatten()
                    .find(|record| record.offset == *offset);
                let value = record.and_then(|record| record.value);
                Ok(value.map_or(Value::None, |value| Value::Text(highwater_sim::bytes::Bytes::from(&*value).text())))
            }
        }
    }

    fn of_client(&self, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
        let name = text(args.first().ok_or_else(|| fail("which client?"))?)?;
        if matches!(function, "position" | "consumed" | "processed" | "in_hand") {
            let consumer = self.world.consumer(name).ok_or_else(|| fail(format!("there is no consumer {name}")))?;
            if let "processed" | "in_hand" = function {
                return groups::of_application(consumer, function);
            }
            if function == "consumed" {
                return number(consumer.returned());
            }
            let id = partition(args.get(1).ok_or_else(|| fail("which partition?"))?)?;
            let offset = consumer.position(&id).and_then(|position| position.offset);
            return Ok(offset.map_or(Value::None, |offset| Value::Number(offset.0)));
        }
        if function == "known_partitions" {
            let topic = text(args.get(1).ok_or_else(|| fail("which topic?"))?)?;
            let producer = self.world.producer(name).and_then(|producer| producer.metadata.topic(topic));
            let known =
                producer.or_else(|| self.world.consumer(name).and_then(|consumer| consumer.metadata.topic(topic)));
            return count(known.map_or(0, |known| known.partitions.len()));
        }
        let producer = self.world.producer(name).ok_or_else(|| fail(format!("there is no producer {name}")))?;
        match function {
            "sent" => number(producer.sent_total()),
            "acked" => number(producer.acknowledged_total()),
            "chosen" => {
                let last = producer.sent().iter().rev().find_map(|sent| sent.partition);
                Ok(last.map_or(Value::None, |partition| Value::Number(partition.into())))
            }
            "failed" => count(producer.sent().iter().filter(|sent| matches!(sent.fate, Fate::Failed(_))).count()),
            "sticky" => {
                let topic = text(args.get(1).ok_or_else(|| fail("which topic?"))?)?;
                Ok(producer.stands_at(topic).map_or(Value::None, |partition| Value::Number(partition.into())))
            }
            _ => {
                let id = partition(args.get(1).ok_or_else(|| fail("which partition?"))?)?;
                let batches = producer.batches(&id);
                if function == "queued" {
                    return count(batches.len());
                }
                number(batches.last().map_or(0, |batch| batch.bytes))
            }
        }
    }

    fn of_key(function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
        if function == "moved" {
            return match args {
                [Value::Text(prefix), Value::Number(keys), from, to] if (0..=KEYS_MAX).contains(keys) => {
                    moved((0..*keys).map(|key| format!("{prefix}{key}")), small(from)?, small(to)?)
                }
                _ => Err(fail(format!("at most {KEYS_MAX} keys"))),
            };
        }
        if function == "moved_of" {
            let [Value::List(keys), from, to] = args else {
                return Err(fail("moved_of([keys], from, to)"));
            };
            let keys: Result<Vec<String>, _> = keys.iter().map(|key| text(key).map(str::to_owned)).collect();
            return moved(keys?.into_iter(), small(from)?, small(to)?);
        }
        let key = text(args.first().ok_or_else(|| fail("which key?"))?)?;
        let divisor = || small(args.get(1).ok_or_else(|| fail("how many partitions?"))?);
        match function {
            "murmur2" => number(murmur2(key.as_bytes()).into()),
            "positive" => number(to_positive(murmur2(key.as_bytes())).into()),
            "quotient" => number(divide(key, divisor()?)?.0.into()),
            _ => number(divide(key, divisor()?)?.1.into()),
        }
    }
}

impl Environment for Situation<'_> {
    fn other(&self) -> Option<Box<dyn Environment + '_>> {
        let (world, facts) = self.other?;
        Some(Box::new(Situation { world, facts, other: None }))
    }

    fn call(&self, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
        match function {
            "leo" => number(self.replica(args)?.log_end_offset().0),
            // Without transactions the last stable offset is the high watermark.
            "hw" | "lso" => number(self.replica(args)?.high_watermark().0),
            "isr" | "leader" | "epoch" | "records" | "credited" | "value" => self.of_partition(function, args),
            "position" | "consumed" | "processed" | "in_hand" | "known_partitions" | "sent" | "acked" | "failed"
            | "chosen" | "sticky" | "queued" | "batch_bytes" => self.of_client(function, args),
            "murmur2" | "positive" | "quotient" | "partition" | "moved" | "moved_of" => {
                Situation::of_key(function, args)
            }
            "partitions" => {
                let topic = text(args.first().ok_or_else(|| fail("which topic?"))?)?;
                let topic = self
                    .world
                    .metadata()
                    .topics
                    .get(topic)
                    .ok_or_else(|| fail(format!("there is no topic {topic}")))?;
                count(topic.partitions.len())
            }
            "count" => {
                let name = text(args.first().ok_or_else(|| fail("which fact?"))?)?;
                count(self.facts.iter().filter(|fact| fact.kind.name() == name).count())
            }
            "assignment" | "owned" | "generation" | "state" | "members" | "is_member" | "group_leader"
            | "coordinator" | "offsets_partition" | "committed" | "lag" | "unfinished" | "repeated" | "group_epoch"
            | "assignment_epoch" | "member_epoch" | "pending" | "target" | "paused_ms" | "hash_bucket" => {
                groups::call(self, function, args)
            }
            "time_ms" => number(i64::try_from(self.world.now().as_ms()).unwrap_or(i64::MAX)),
            _ => cluster::call(self, function, args)
                .or_else(|| share::call(self, function, args))
                .or_else(|| page_cache::call(self, function, args))
                .unwrap_or_else(|| files::call(self, function, args)),
        }
    }
}
