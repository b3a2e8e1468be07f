//! What expressions can ask of the files of a log.

use highwater_log::log::Log;
use highwater_log::segment::PlacedBatch;

use super::{Situation, count, fail, number, partition};
use crate::expression::{EvaluationError, Value};

// Apart in the built page too: the first scenario asks nothing of files.
#[inline(never)]
pub(super) fn call(situation: &Situation<'_>, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
    let replica = situation.replica(args.get(..1).unwrap_or(args));
    match function {
        "log_start" => number(replica?.log_start_offset().0),
        "segments" => count(replica?.log.segments().count()),
        "log_bytes" => signed(replica?.log.size_in_bytes()),
        "kept" => count(replica?.log.records_from(0).count()),
        "holds" => {
            let Some(Value::Number(offset)) = args.get(1) else { return Err(fail("which offset?")) };
            Ok(Value::Bool(
                replica?
                    .log
                    .records_from(*offset)
                    .next()
                    .is_some_and(|found| found.is_ok_and(|record| record.offset == *offset)),
            ))
        }
        "timestamp" => {
            let Some(Value::Number(offset)) = args.get(1) else { return Err(fail("which offset?")) };
            let found = replica?.log.records_from(*offset).next().and_then(Result::ok);
            let found = found.filter(|record| record.offset == *offset);
            Ok(found.map_or(Value::None, |record| Value::Number(record.timestamp)))
        }
        // Kafka: `UnifiedLog.fetchOffsetByTimestamp` with `MAX_TIMESTAMP`.
        "newest" => {
            let records = replica?.log.records_from(i64::MIN).filter_map(Result::ok);
            let newest = records.fold(None, |newest: Option<(i64, i64)>, record| match newest {
                Some((largest, _)) if largest >= record.timestamp => newest,
                _ => Some((record.timestamp, record.offset)),
            });
            Ok(newest.map_or(Value::None, |(_, offset)| Value::Number(offset)))
        }
        "deletable" => {
            let checks = replica?.log.clone().delete_old_segments(situation.world.now().timestamp_ms());
            count(checks.map_or(0, |checks| checks.iter().filter(|check| check.is_deleted()).count()))
        }
        "dirty_from" => {
            let replica = replica?;
            let id = partition(args.first().ok_or_else(|| fail("which partition?"))?)?;
            let broker = replica.registration.leader.and_then(|leader| situation.world.broker(leader));
            let checkpoint = broker.and_then(|broker| broker.checkpoints.cleaner.get(&id).copied());
            let now_ms = situation.world.now().timestamp_ms();
            number(replica.log.log_to_clean(checkpoint.map(|offset| offset.0), now_ms).first_dirty_offset)
        }
        "segment" | "segment_bytes" | "entries" | "entry" | "entry_position" | "probes" | "scanned" | "batch"
        | "batch_end" | "batch_size" | "batch_position" | "batch_epoch" | "offset_at" => {
            let Some(Value::Number(offset)) = args.get(1) else { return Err(fail("which offset?")) };
            of_offset(&replica?.log, function, *offset)
        }
        _ => Err(fail(format!("there is no function {function}"))),
    }
}

fn signed(value: u64) -> Result<Value, EvaluationError> {
    number(i64::try_from(value).unwrap_or(i64::MAX))
}

fn of_offset(log: &Log, function: &str, offset: i64) -> Result<Value, EvaluationError> {
    if function == "offset_at" {
        let found = log.offset_for_timestamp(offset).ok().flatten();
        return Ok(found.map_or(Value::None, |found| Value::Number(found.offset)));
    }
    let Some(segment) = log.floor_segment(offset) else { return Ok(Value::None) };
    let lookup = segment.lookup_offset(offset).map_err(|error| fail(error.to_string()))?;
    let of_batch = |ask: &dyn Fn(&PlacedBatch) -> i64| {
        lookup.found.as_ref().map_or(Value::None, |batch| Value::Number(ask(batch)))
    };
    match function {
        "segment" => number(segment.base_offset()),
        "segment_bytes" => signed(segment.size_in_bytes()),
        "entries" => count(segment.offset_index().entries().len()),
        "entry" => number(lookup.index_entry.offset),
        "entry_position" => number(lookup.index_entry.position.into()),
        "probes" => count(lookup.probes.len()),
        "scanned" => count(lookup.headers_read),
        "batch" => Ok(of_batch(&|placed| placed.batch.base_offset())),
        "batch_end" => Ok(of_batch(&|placed| placed.batch.last_offset())),
        "batch_size" => Ok(of_batch(&|placed| i64::try_from(placed.batch.size_in_bytes()).unwrap_or(i64::MAX))),
        "batch_position" => Ok(of_batch(&|placed| i64::try_from(placed.position).unwrap_or(i64::MAX))),
        _ => Ok(of_batch(&|placed| placed.batch.partition_leader_epoch().into())),
    }
}
