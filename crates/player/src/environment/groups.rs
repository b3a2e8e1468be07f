//! What expressions ask of groups.

mod paused;

use highwater_log::java::{SMALLEST_TABLE, bucket, string_hash_code, table_for};
use highwater_sim::consumer::Consumer;
use highwater_sim::consumer::share::ShareMembership;
use highwater_sim::consumer::work::Application;
use highwater_sim::ids::TopicPartition;
use highwater_sim::world::World;

use super::{Situation, count, fail, number, partition, text};
use crate::expression::{EvaluationError, Value};

/// What the application of a consumer has done; one that takes no time is always done.
#[inline(never)]
pub(super) fn of_application(consumer: &Consumer, function: &str) -> Result<Value, EvaluationError> {
    let application = consumer.application.as_deref();
    match function {
        "processed" => number(application.map_or(consumer.returned(), Application::processed)),
        _ => number(application.map_or(0, Application::unfinished)),
    }
}

#[inline(never)]
pub(super) fn call(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let world = situation.world;
    let name = text(args.first().ok_or_else(|| fail("of whom?"))?)?;
    if function == "paused_ms" {
        let of = args.get(1).map(partition).transpose()?;
        return number(paused::paused_ms(situation, name, of.as_ref()));
    }
    if matches!(function, "member_epoch" | "pending" | "target") {
        return of_consumer_group_member(situation, function, name, args);
    }
    if matches!(function, "assignment" | "owned" | "is_member") {
        let consumer = world.consumer(name).ok_or_else(|| fail(format!("there is no consumer {name}")))?;
        if let Some(share) = &consumer.share {
            return of_share_member(world, name, share, function, args);
        }
        return match function {
            "owned" => count(consumer.positions().count()),
            "is_member" => {
                let group = consumer.membership.as_ref().and_then(|membership| world.group(&membership.name.group));
                if world.consumer_group_member(name).is_some() {
                    return Ok(Value::Bool(true));
                }
                let knows = group.is_some_and(|group| group.members.values().any(|member| member.client_id == name));
                Ok(Value::Bool(knows))
            }
            _ => {
                let topic = text(args.get(1).ok_or_else(|| fail("which topic?"))?)?;
                let owned = consumer.positions().filter(|(partition, _)| *partition.topic == *topic);
                Ok(Value::List(owned.map(|(partition, _)| Value::Number(partition.partition.into())).collect()))
            }
        };
    }
    if function == "hash_bucket" {
        let consumer = world.consumer(name).ok_or_else(|| fail(format!("there is no consumer {name}")))?;
        return Ok(hash_bucket(world, consumer).map_or(Value::None, Value::Number));
    }
    let of = |args: &[Value]| partition(args.get(1).ok_or_else(|| fail("which partition?"))?);
    if let Some(group) = world.consumer_group(name) {
        match function {
            "group_epoch" => return number(group.epoch.into()),
            "assignment_epoch" => return number(group.assignment_epoch.into()),
            "state" => return Ok(Value::Text(group.state().name().to_owned())),
            "members" => return count(group.members.len()),
            _ => {}
        }
    }
    if let Some(group) = world.share_group(name) {
        match function {
            "group_epoch" => return number(group.epoch.into()),
            "assignment_epoch" => return number(group.assignment_epoch.into()),
            "state" => return Ok(Value::Text(group.state_name().to_owned())),
            "members" => return count(group.members.len()),
            _ => {}
        }
    }
    let group = world.group(name);
    match function {
        "group_epoch" | "assignment_epoch" => number(0),
        "generation" => number(group.map_or(0, |group| group.generation.into())),
        "state" => Ok(Value::Text(group.map_or("Empty", |group| group.state.name()).to_owned())),
        "members" => count(group.map_or(0, |group| group.members.len())),
        "group_leader" => {
            let leader = group.and_then(|group| group.members.get(group.leader.as_ref()?));
            Ok(leader.map_or(Value::None, |member| Value::Text(member.client_id.clone())))
        }
        "coordinator" => {
            Ok(world.coordinator(name).map_or(Value::None, |(broker, _)| Value::Number(broker.id.0.into())))
        }
        "offsets_partition" => {
            let log = world.offsets_partition_of(name);
            Ok(log.map_or(Value::None, |log: TopicPartition| Value::Number(log.partition.into())))
        }
        "unfinished" | "repeated" => {
            let mut sum = 0_i64;
            for (topic, image) in &world.metadata().topics {
                for number in 0..i32::try_from(image.partitions.len()).unwrap_or(i32::MAX) {
                    let (unfinished, repeated) = world.worked(name, &TopicPartition::new(topic.clone(), number));
                    sum = sum.saturating_add(if function == "repeated" { repeated } else { unfinished });
                }
            }
            number(sum)
        }
        "committed" => Ok(world.committed(name, &of(args)?).map_or(Value::None, |offset| Value::Number(offset.0))),
        _ => {
            let id = of(args)?;
            let end = world.leader(&id).map(|leader| leader.high_watermark().0);
            let lag = end.zip(world.committed(name, &id)).map(|(end, committed)| end.saturating_sub(committed.0));
            Ok(lag.map_or(Value::None, Value::Number))
        }
    }
}

/// Where the leader of a classic group has a member: in the `HashMap` that `onLeaderElected` makes of all.
fn hash_bucket(world: &World, consumer: &Consumer) -> Option<i64> {
    let group = world.group(&consumer.membership.as_ref()?.name.group)?;
    let (id, _) = group.members.iter().find(|(_, member)| *member.client_id == *consumer.id.0)?;
    let table = table_for(group.members.len(), SMALLEST_TABLE);
    i64::try_from(bucket(string_hash_code(id), table.saturating_sub(1))).ok()
}

/// What a member of a share group has.
fn of_share_member(
    world: &World,
    name: &str,
    share: &ShareMembership,
    function: &str,
    args: &[Value],
) -> Result<Value, EvaluationError> {
    match function {
        "owned" => count(share.member.assigned().len()),
        "is_member" => {
            let group = world.share_group(&share.group);
            Ok(Value::Bool(group.is_some_and(|group| group.members.iter().any(|(_, member)| member.client_id == name))))
        }
        _ => {
            let topic = text(args.get(1).ok_or_else(|| fail("which topic?"))?)?;
            let mut numbers: Vec<i32> =
                share.member.assigned().iter().filter(|id| *id.topic == *topic).map(|id| id.partition).collect();
            numbers.sort_unstable();
            Ok(Value::List(numbers.into_iter().map(|number| Value::Number(number.into())).collect()))
        }
    }
}

/// What the coordinator has on a member by the consumer protocol.
fn of_consumer_group_member(
    situation: &Situation<'_>,
    function: &str,
    name: &str,
    args: &[Value],
) -> Result<Value, EvaluationError> {
    let world = situation.world;
    world.consumer(name).ok_or_else(|| fail(format!("there is no consumer {name}")))?;
    let known = world.consumer_group_member(name);
    if function == "member_epoch" {
        return Ok(known.map_or(Value::None, |(_, member)| Value::Number(member.epoch.into())));
    }
    let topic = text(args.get(1).ok_or_else(|| fail("which topic?"))?)?;
    let partitions = known.map(|(group, member)| match function {
        "pending" => member.pending(),
        _ => group.target.get(&member.id).cloned().unwrap_or_default(),
    });
    let numbers = world.numbers_of(&partitions.unwrap_or_default(), topic);
    Ok(Value::List(numbers.into_iter().map(|number| Value::Number(number.into())).collect()))
}
