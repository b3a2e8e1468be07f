//! `leader_epochs`: the life of a cache of leader epochs and of its file.

use highwater_log::leader_epochs::{EpochEntry, LeaderEpochs};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Kind, Object, Trouble, fields, object};

pub(super) const KIND: Kind = Kind {
    name: "leader_epochs",
    answer_fields: &["answers", "final"],
    op_answer_fields: &[],
    answer: Answer::Alone(answer),
};

#[derive(Deserialize)]
struct Question {
    ops: Vec<Op>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    Assign { epoch: i32, start_offset: i64 },
    TruncateFromEnd { end_offset: i64 },
    TruncateFromStart { start_offset: i64 },
    Reload,
    EndOffsetFor { epoch: i32, log_end_offset: i64 },
    EpochForOffset { offset: i64 },
    PreviousEpoch { epoch: i32 },
    NextEpoch { epoch: i32 },
    EntriesInRange { start_offset: i64, end_offset: i64 },
}

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let Question { ops } = fields(&question)?;
    let mut epochs = LeaderEpochs::default();
    let mut file: Option<String> = None;
    let mut answers = Vec::new();
    for op in ops {
        let mut write = |changed: bool, epochs: &LeaderEpochs| {
            if changed {
                file = Some(epochs.to_checkpoint());
            }
        };
        answers.push(match op {
            Op::Assign { epoch, start_offset } => {
                let changed = epochs.assign(epoch, start_offset);
                write(changed, &epochs);
                if epoch < 0 || start_offset < 0 {
                    json!({
                        "entries": entries(epochs.entries()),
                        "error": "UNKNOWN_SERVER_ERROR",
                        "exception": "IllegalArgumentException",
                    })
                } else {
                    json!({ "entries": entries(epochs.entries()) })
                }
            }
            Op::TruncateFromEnd { end_offset } => {
                let changed = epochs.truncate_from_end(end_offset);
                write(changed, &epochs);
                json!({ "entries": entries(epochs.entries()) })
            }
            Op::TruncateFromStart { start_offset } => {
                let changed = epochs.truncate_from_start(start_offset);
                write(changed, &epochs);
                json!({ "entries": entries(epochs.entries()) })
            }
            Op::Reload => {
                // Kafka makes the file when it opens it.
                let text = file.get_or_insert_default();
                epochs = LeaderEpochs::from_checkpoint(text).map_err(|error| Trouble::Malformed(error.to_string()))?;
                json!({ "entries": entries(epochs.entries()) })
            }
            Op::EndOffsetFor { epoch, log_end_offset } => {
                let end = epochs.end_offset_for(epoch, log_end_offset);
                let (epoch, end_offset) = end.map_or((-1, -1), |end| (end.epoch, end.end_offset));
                json!({ "epoch": epoch, "end_offset": end_offset })
            }
            Op::EpochForOffset { offset } => json!({ "epoch": epochs.epoch_for_offset(offset) }),
            Op::PreviousEpoch { epoch } => json!({ "epoch": epochs.previous_epoch(epoch) }),
            Op::NextEpoch { epoch } => json!({ "epoch": epochs.next_epoch(epoch) }),
            Op::EntriesInRange { start_offset, end_offset } => {
                json!({ "entries": entries(&epochs.entries_in_range(start_offset, end_offset)) })
            }
        });
    }
    let last = json!({
        "entries": entries(epochs.entries()),
        "latest_epoch": epochs.latest(),
        "checkpoint": file,
    });
    question.extend(object([("answers", answers.into()), ("final", last)]));
    Ok(question)
}

fn entries(entries: &[EpochEntry]) -> Value {
    entries.iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect()
}
