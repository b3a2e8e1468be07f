//! What expressions ask of memory, disk and copies.

use highwater_sim::broker::page_cache::Transferred;
use highwater_sim::ids::Offset;

use super::{Situation, fail, number, text};
use crate::expression::{EvaluationError, Value};
use crate::scene::build::sent_to;

/// The value of a function that [`super`] does not know; none if this file does not either.
#[inline(never)]
pub(super) fn call(
    situation: &Situation<'_>,
    function: &str,
    args: &[Value],
) -> Option<Result<Value, EvaluationError>> {
    Some(match function {
        "unflushed" => situation
            .replica(args)
            .and_then(|replica| number(replica.log_end_offset().0.saturating_sub(replica.durable_offset().0))),
        "in_memory" => in_memory(situation, args),
        "sent_bytes" => sent(situation, args).and_then(|sent| number(sent.bytes)),
        "disk_bytes" => sent(situation, args).and_then(|sent| number(sent.from_disk)),
        "disk_ms" => sent(situation, args).and_then(|sent| number(sent.waited_ms)),
        "copied_bytes" => sent(situation, args).and_then(|sent| number(sent.copied)),
        _ => return None,
    })
}

fn in_memory(situation: &Situation<'_>, args: &[Value]) -> Result<Value, EvaluationError> {
    let (Some(partition), Some(Value::Number(offset))) = (args.first(), args.get(1)) else {
        return Err(fail("which offset?"));
    };
    let replica = match args.get(2) {
        Some(broker) => situation.replica(&[partition.clone(), broker.clone()])?,
        None => situation.replica(std::slice::from_ref(partition))?,
    };
    let cache = situation.world.broker(replica.broker).and_then(|broker| broker.page_cache.as_ref());
    let is_cached = cache.map_or(Some(true), |cache| replica.is_cached(cache, Offset(*offset)));
    Ok(is_cached.map_or(Value::None, Value::Bool))
}

/// What all brokers have sent a consumer.
fn sent(situation: &Situation<'_>, args: &[Value]) -> Result<Transferred, EvaluationError> {
    let name = text(args.first().ok_or_else(|| fail("which consumer?"))?)?;
    let consumer = situation.world.consumer(name).ok_or_else(|| fail(format!("there is no consumer {name}")))?;
    Ok(sent_to(situation.world, consumer).unwrap_or_default())
}
