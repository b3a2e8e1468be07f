//! What expressions ask of share groups.

use highwater_sim::fact::FactKind;
use highwater_sim::group::share::in_flight::RecordState;
use highwater_sim::ids::TopicPartition;

use super::{Situation, count, fail, number, partition, text};
use crate::expression::{EvaluationError, Value};

/// The value of a function about share groups; none if it is about something else.
#[inline(never)]
pub(super) fn call(
    situation: &Situation<'_>,
    function: &str,
    args: &[Value],
) -> Option<Result<Value, EvaluationError>> {
    Some(match function {
        "share_start" | "share_end" | "record_state" | "delivery_count" | "holder" => {
            of_partition(situation, function, args)
        }
        "held" => held(situation, args),
        "accepted" | "archived" | "deliveries" => told(situation, function, args),
        _ => return None,
    })
}

fn of_partition(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let world = situation.world;
    let group = text(args.first().ok_or_else(|| fail("which group?"))?)?;
    let id: TopicPartition = partition(args.get(1).ok_or_else(|| fail("which partition?"))?)?;
    let there = world.share_partition(group, &id);
    if function == "share_start" {
        return Ok(there.map_or(Value::None, |there| Value::Number(there.start_offset())));
    }
    if function == "share_end" {
        let next = |end: i64, in_flight: i64| if in_flight > 0 { end.saturating_add(1) } else { end };
        return Ok(there.map_or(Value::None, |there| Value::Number(next(there.end_offset(), there.in_flight()))));
    }
    let Some(Value::Number(offset)) = args.get(2) else { return Err(fail("which offset?")) };
    let record = world.share_record(group, &id, *offset);
    match function {
        "record_state" => Ok(record.map_or(Value::None, |record| Value::Text(record.state.name().to_owned()))),
        "delivery_count" => number(record.map_or(0, |record| record.delivery_count.into())),
        _ => {
            let member = record.and_then(|record| record.member.as_deref());
            let client = member.and_then(|member| world.share_member_named(member));
            Ok(client.map_or(Value::None, |client| Value::Text(client.to_string())))
        }
    }
}

/// How many records a member has, as the leaders know.
fn held(situation: &Situation<'_>, args: &[Value]) -> Result<Value, EvaluationError> {
    let world = situation.world;
    let name = text(args.first().ok_or_else(|| fail("which consumer?"))?)?;
    let consumer = world.consumer(name).ok_or_else(|| fail(format!("there is no consumer {name}")))?;
    let Some(share) = &consumer.share else { return Err(fail(format!("{name} is no share consumer"))) };
    let mut sum = 0_usize;
    for broker in world.brokers() {
        for ((group, id), there) in broker.share.partitions().filter(|((group, _), _)| *group == share.group) {
            let leads = world.metadata().partition(id).is_some_and(|at| at.leader == Some(broker.id));
            let has = |offset: &i64| {
                let record = world.share_record(group, id, *offset);
                record.is_some_and(|record| {
                    record.state == RecordState::Acquired
                        && record.member.as_deref().is_some_and(|member| share.has_been(member))
                })
            };
            if leads {
                sum = sum.saturating_add((there.start_offset()..=there.end_offset()).filter(has).count());
            }
        }
    }
    count(sum)
}

/// What leaders have told of a group so far.
fn told(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let wanted = text(args.first().ok_or_else(|| fail("which group?"))?)?;
    let mut sum = 0_i64;
    for fact in situation.facts {
        let FactKind::Share(share) = &fact.kind else { continue };
        let highwater_sim::fact::share::ShareFact::Told { group, .. } = &**share else { continue };
        let counts = match (function, share.left()) {
            ("deliveries", None) => share.name() == "RecordsAcquired",
            ("accepted", Some(left)) => left.state == RecordState::Acknowledged,
            ("archived", Some(left)) => left.state == RecordState::Archived,
            _ => false,
        };
        if group == wanted && counts {
            let (first, last) = share.changed().unwrap_or((0, -1));
            sum = sum.saturating_add(last.saturating_sub(first).saturating_add(1));
        }
    }
    number(sum)
}
