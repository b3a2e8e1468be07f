//! `recovery`: a segment's file after an unclean stop, whole or damaged.

use highwater_log::leader_epochs::LeaderEpochs;
use highwater_log::log::LogConfig;
use highwater_log::offset_index::OffsetIndex;
use highwater_log::producer_state::ProducerStateManager;
use highwater_log::segment::{CorruptFile, Segment, SegmentFiles};
use highwater_log::time_index::TimeIndex;
use serde::Deserialize;
use serde_json::{Value, json};

use super::log::segment_state;
use super::{Answer, Kind, Object, Trouble, fields, object};
use crate::hex::Hex;

pub(super) const KIND: Kind =
    Kind { name: "recovery", answer_fields: &["recover"], op_answer_fields: &[], answer: Answer::Alone(answer) };

#[derive(Deserialize)]
struct Question {
    base_offset: i64,
    index_interval_bytes: u64,
    log_hex: Hex,
}

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let Question { base_offset, index_interval_bytes, log_hex } = fields(&question)?;
    let files = SegmentFiles {
        base_offset,
        log: log_hex.0.into(),
        offset_index: OffsetIndex::new(base_offset),
        time_index: TimeIndex::new(base_offset),
        aborted: Vec::new(),
        last_modified_ms: 0,
    };
    let mut segment = Segment::open(files, 0);
    let config = LogConfig { index_interval_bytes, ..LogConfig::default() };
    let (mut epochs, mut producers) = (LeaderEpochs::default(), ProducerStateManager::default());
    let recovered = match segment.recover(0, &config, &mut epochs, &mut producers) {
        Ok(truncated_bytes) => told(&segment, truncated_bytes, &epochs, &producers)?,
        Err(error) => json!({ "exception": error.exception(), "message": error.to_string() }),
    };
    question.extend(object([("recover", recovered)]));
    Ok(question)
}

fn told(
    segment: &Segment,
    truncated_bytes: u64,
    epochs: &LeaderEpochs,
    producers: &ProducerStateManager,
) -> Result<Value, Trouble> {
    let broken = |error: CorruptFile| Trouble::Malformed(error.to_string());
    let mut batches = Vec::new();
    for placed in segment.batches_at(0) {
        let placed = placed.map_err(broken)?;
        let batch = &placed.batch;
        batches.push(json!([batch.base_offset(), batch.last_offset(), placed.position, batch.size_in_bytes()]));
    }
    let producers: Value = producers
        .producers()
        .map(|entry| {
            json!({
                "producer_id": entry.producer_id,
                "epoch": entry.producer_epoch,
                "last_sequence": entry.last_sequence(),
                "last_offset": entry.last_data_offset(),
                "coordinator_epoch": entry.coordinator_epoch,
                "current_txn_first_offset": entry.current_txn_first_offset,
            })
        })
        .collect();
    let Value::Object(mut told) = segment_state(segment) else { return Ok(Value::Null) };
    told.retain(|field, _| matches!(field.as_str(), "index" | "time_index" | "txn_index"));
    told.extend(object([
        ("truncated_bytes", truncated_bytes.into()),
        ("valid_bytes", segment.size_in_bytes().into()),
        ("next_offset", segment.read_next_offset().map_err(broken)?.into()),
        ("leader_epochs", epochs.entries().iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect()),
        ("producers", producers),
        ("batches", batches.into()),
    ]));
    Ok(told.into())
}
