//! `recovery`: a segment's file after an unclean stop, whole or damaged.

use highwater_log::leader_epochs::LeaderEpochs;
use highwater_log::producer_state::ProducerState;
use highwater_log::recovery::{RecoveredSegment, recover};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Kind, Object, Trouble, fields, object};
use crate::hex::Hex;

pub(super) const KIND: Kind = Kind { name: "recovery", answer_fields: &["recover"], op_answer_fields: &[], answer };

#[derive(Deserialize)]
struct Question {
    base_offset: i64,
    index_interval_bytes: u64,
    log_hex: Hex,
}

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let Question { base_offset, index_interval_bytes, log_hex } = fields(&question)?;
    let bytes = log_hex.0;
    let (mut epochs, mut producers) = (LeaderEpochs::default(), ProducerState::default());
    let recovered = match recover(&bytes, base_offset, index_interval_bytes, &mut epochs, &mut producers) {
        Ok(segment) => told(&segment, &epochs, &producers),
        Err(error) => json!({ "exception": error.exception(), "message": error.to_string() }),
    };
    question.extend(object([("recover", recovered)]));
    Ok(question)
}

fn told(segment: &RecoveredSegment, epochs: &LeaderEpochs, producers: &ProducerState) -> Value {
    let index: Value =
        segment.offset_index.entries().iter().map(|entry| json!([entry.offset, entry.position])).collect();
    let time_index: Value =
        segment.time_index.entries().iter().map(|entry| json!([entry.timestamp, entry.offset])).collect();
    let aborted: Value = segment
        .aborted
        .iter()
        .map(|aborted| {
            json!({
                "producer_id": aborted.producer_id,
                "first_offset": aborted.first_offset,
                "last_offset": aborted.last_offset,
                "last_stable_offset": aborted.last_stable_offset,
            })
        })
        .collect();
    let producers: Value = producers
        .producers()
        .iter()
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
    let batches: Value = segment
        .batches
        .iter()
        .map(|placed| {
            let batch = &placed.batch;
            json!([batch.base_offset(), batch.last_offset(), placed.position, batch.size_in_bytes()])
        })
        .collect();
    json!({
        "truncated_bytes": segment.truncated_bytes,
        "valid_bytes": segment.valid_bytes,
        "next_offset": segment.next_offset,
        "index": index,
        "time_index": time_index,
        "txn_index": aborted,
        "leader_epochs": epochs.entries().iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect::<Value>(),
        "producers": producers,
        "batches": batches,
    })
}
