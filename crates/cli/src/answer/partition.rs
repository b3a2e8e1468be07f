//! `partition`: the murmur2 hash of a key and the partition that it means.

use highwater_sim::producer::partitioner::{murmur2, partition_for_key};
use serde::Deserialize;
use serde_json::Value;

use super::{Answer, Kind, Object, Trouble, fields, object};
use crate::hex::Hex;

pub(super) const KIND: Kind = Kind {
    name: "partition",
    answer_fields: &["murmur2", "partition"],
    op_answer_fields: &[],
    answer: Answer::Alone(answer),
};

#[derive(Deserialize)]
struct Question {
    key_hex: Hex,
    partitions: i32,
}

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let Question { key_hex: Hex(key), partitions } = fields(&question)?;
    let partition = partition_for_key(&key, partitions)
        .ok_or_else(|| Trouble::Malformed(format!("`partitions` must be at least 1, not {partitions}")))?;
    question.extend(object([("murmur2", Value::from(murmur2(&key))), ("partition", Value::from(partition))]));
    Ok(question)
}
