//! `group_partition`: the partition of `__consumer_offsets` that belongs to a group.

use highwater_sim::group::partition_for;
use serde::Deserialize;
use serde_json::Value;

use super::{Answer, Kind, Object, Trouble, fields, object};

pub(super) const KIND: Kind = Kind {
    name: "group_partition",
    answer_fields: &["partition"],
    op_answer_fields: &[],
    answer: Answer::Alone(answer),
};

#[derive(Deserialize)]
struct Question {
    group: String,
    partitions: i32,
}

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let Question { group, partitions } = fields(&question)?;
    let partition = partition_for(&group, partitions)
        .ok_or_else(|| Trouble::Malformed(format!("`partitions` must be at least 1, not {partitions}")))?;
    question.extend(object([("partition", Value::from(partition))]));
    Ok(question)
}
