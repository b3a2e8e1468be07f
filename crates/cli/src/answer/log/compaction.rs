//! `compaction`: the rounds of the cleaner in a log's life.

use highwater_log::cleaner::{Cleaned, LogToClean, OffsetMap};
use highwater_log::log::Log;
use highwater_log::segment::Segment;
use serde_json::{Value, json};

use super::super::{Left, Object, Trouble, fields, object};
use super::question::{Op, Question};
use super::{Form, Runner, malformed, producers, segment_state};

/// The map of Kafka's defaults: 128 MB in slots of 24 bytes.
const SLOTS: usize = 134_217_728 / 24;
const LOAD_FACTOR: f64 = 0.9;
/// No more slots than this: a key is a record of the log anyway.
const SLOTS_MAX: usize = 10_000_000;

pub(super) fn answer(mut question: Object, left: &mut Left) -> Result<Object, Trouble> {
    let Question { config, ops } = fields(&question)?;
    let slots = config.offset_map_slots.unwrap_or(SLOTS).min(SLOTS_MAX);
    let mut map = OffsetMap::new(slots, config.offset_map_load_factor.unwrap_or(LOAD_FACTOR));
    let now_ms = config.start_ms;
    let mut runner = Runner { log: Log::with_config(config.to_log_config()?, now_ms), now_ms, form: Form::Brief };
    let mut answers = Vec::with_capacity(ops.len());
    for op in ops {
        answers.push(match op {
            Op::Clean => clean(&mut runner, &mut map, &mut left.cleaner_checkpoint)?,
            op => runner.answer(op)?,
        });
    }
    let log = &runner.log;
    let last = json!({
        "log_start_offset": log.log_start_offset(),
        "log_end_offset": log.log_end_offset(),
        "last_stable_offset": log.last_stable_offset(),
        "producers": producers(log),
        "segments": log.segments().map(segment_state).collect::<Value>(),
    });
    question.extend(object([("answers", answers.into()), ("final", last)]));
    Ok(question)
}

/// A round of the cleaner thread, as if this log were its only one.
fn clean(runner: &mut Runner, map: &mut OffsetMap, checkpoint: &mut Option<i64>) -> Result<Value, Trouble> {
    let to_clean = runner.log.log_to_clean(*checkpoint, runner.now_ms);
    if to_clean.is_checkpoint_invalid {
        *checkpoint = Some(to_clean.first_dirty_offset);
    }
    let mut answer = offsets(&to_clean);
    let picked = to_clean.total_bytes() > 0 && to_clean.is_due(runner.log.config());
    answer.extend(object([("cleaned", picked.into())]));
    if picked {
        let cleaned = runner.log.clean(&to_clean, map, runner.now_ms).map_err(malformed)?;
        *checkpoint = Some(cleaned.next_dirty_offset);
        answer.extend(round(&to_clean, &cleaned, &runner.log)?);
    }
    Ok(answer.into())
}

fn offsets(to_clean: &LogToClean) -> Object {
    object([
        ("first_dirty_offset", to_clean.first_dirty_offset.into()),
        ("first_uncleanable_dirty_offset", to_clean.first_uncleanable_dirty_offset.into()),
        ("first_uncleanable_offset", to_clean.first_uncleanable_offset.into()),
        ("clean_bytes", to_clean.clean_bytes.into()),
        ("cleanable_bytes", to_clean.cleanable_bytes.into()),
        ("total_bytes", to_clean.total_bytes().into()),
        ("dirty_ratio", to_clean.dirty_ratio().into()),
    ])
}

fn round(to_clean: &LogToClean, cleaned: &Cleaned, log: &Log) -> Result<Object, Trouble> {
    let stats = cleaned.stats;
    let segments: Vec<Value> = log.segments().map(segment).collect::<Result<_, _>>()?;
    Ok(object([
        ("need_compaction_now", to_clean.needs_compaction_now().into()),
        ("next_dirty_offset", cleaned.next_dirty_offset.into()),
        ("map_messages_read", stats.map_messages_read.into()),
        ("messages_read", stats.messages_read.into()),
        ("messages_written", stats.messages_written.into()),
        ("invalid_messages_read", stats.invalid_messages_read.into()),
        ("bytes_read", stats.bytes_read.into()),
        ("bytes_written", stats.bytes_written.into()),
        ("segments", segments.into()),
    ]))
}

fn segment(segment: &Segment) -> Result<Value, Trouble> {
    let mut batches = Vec::new();
    for placed in segment.batches_at(0) {
        let placed = placed.map_err(malformed)?;
        let batch = &placed.batch;
        let offsets: Result<Vec<i64>, _> = batch.iter().map(|record| record.map(|record| record.offset)).collect();
        let mut told = object([
            ("base_offset", batch.base_offset().into()),
            ("last_offset", batch.last_offset().into()),
            ("position", placed.position.into()),
            ("size", batch.size_in_bytes().into()),
            ("offsets", offsets.map_err(malformed)?.into()),
        ]);
        if let Some(horizon) = batch.header().delete_horizon_ms() {
            told.extend(object([("delete_horizon_ms", horizon.into())]));
        }
        if batch.is_control() {
            told.extend(object([("control", true.into())]));
        }
        batches.push(Value::from(told));
    }
    let Value::Object(mut told) = segment_state(segment) else { return Ok(Value::Null) };
    if segment.aborted().is_empty() {
        told.remove("txn_index");
    }
    told.extend(object([("batches", batches.into())]));
    Ok(told.into())
}
