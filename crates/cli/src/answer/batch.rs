//! `batch`: records as the bytes of an uncompressed batch.

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::record::{Header, NewRecord};
use serde::Deserialize;
use serde_json::Value;

use super::{Answer, Kind, Object, Trouble, fields, object};
use crate::hex::{self, Hex};

pub(super) const KIND: Kind =
    Kind { name: "batch", answer_fields: &["bytes_hex"], op_answer_fields: &[], answer: Answer::Alone(answer) };

#[derive(Deserialize)]
struct Question {
    base_offset: i64,
    leader_epoch: i32,
    producer_id: i64,
    producer_epoch: i16,
    base_sequence: i32,
    transactional: bool,
    records: Vec<QuestionRecord>,
}

#[derive(Deserialize)]
struct QuestionRecord {
    timestamp: i64,
    key_hex: Option<Hex>,
    value_hex: Option<Hex>,
    #[serde(default)]
    headers: Vec<QuestionHeader>,
}

#[derive(Deserialize)]
struct QuestionHeader {
    key: String,
    value_hex: Option<Hex>,
}

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let asked: Question = fields(&question)?;
    let spec = BatchSpec {
        base_offset: asked.base_offset,
        partition_leader_epoch: asked.leader_epoch,
        producer_id: asked.producer_id,
        producer_epoch: asked.producer_epoch,
        base_sequence: asked.base_sequence,
        transactional: asked.transactional,
        ..BatchSpec::default()
    };
    let records: Vec<NewRecord> = asked.records.into_iter().map(record).collect();
    let batch = RecordBatch::encode(&spec, &records).map_err(|error| Trouble::Malformed(error.to_string()))?;
    question.extend(object([("bytes_hex", Value::from(hex::encode(&batch.to_bytes())))]));
    Ok(question)
}

fn record(asked: QuestionRecord) -> NewRecord {
    let header =
        |asked: QuestionHeader| Header { key: asked.key.into(), value: asked.value_hex.map(|Hex(value)| value.into()) };
    NewRecord {
        timestamp: asked.timestamp,
        key: asked.key_hex.map(|Hex(key)| key.into()),
        value: asked.value_hex.map(|Hex(value)| value.into()),
        headers: asked.headers.into_iter().map(header).collect(),
    }
}
