//! `reassignment`: a partition that moves to other brokers, is done with it, or is taken back.

use highwater_sim::controller::reassignment::Reassignment;
use highwater_sim::ids::BrokerId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Kind, Object, Trouble, fields, object};

pub(super) const KIND: Kind = Kind {
    name: "reassignment",
    answer_fields: &["adding", "removing", "replicas", "original_replicas", "in_progress", "revert"],
    op_answer_fields: &[],
    answer: Answer::Alone(answer),
};

#[derive(Deserialize)]
struct Question {
    current: Vec<i32>,
    target: Vec<i32>,
    isr: Vec<i32>,
    maybe_complete: Vec<MaybeComplete>,
}

#[derive(Deserialize)]
struct MaybeComplete {
    target_isr: Vec<i32>,
}

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let Question { current, target, isr, maybe_complete } = fields(&question)?;
    let reassignment = Reassignment::between(&brokers(&current), &brokers(&target));
    let completed: Value = maybe_complete
        .iter()
        .map(|asked| {
            let completed = reassignment.maybe_complete(&brokers(&asked.target_isr));
            let completed = completed.map(|done| json!({ "replicas": ids(&done.replicas), "isr": ids(&done.isr) }));
            json!({ "target_isr": asked.target_isr, "completed": completed })
        })
        .collect();
    question.extend(object([
        ("adding", json!(ids(&reassignment.adding))),
        ("removing", json!(ids(&reassignment.removing))),
        ("replicas", json!(ids(&reassignment.replicas))),
        ("original_replicas", json!(ids(&reassignment.original_replicas()))),
        ("in_progress", reassignment.is_in_progress().into()),
        ("maybe_complete", completed),
    ]));
    if reassignment.is_in_progress() {
        let revert = match reassignment.revert(&brokers(&isr)) {
            Ok(back) => json!({ "replicas": ids(&back.replicas), "isr": ids(&back.isr), "unclean": back.unclean }),
            Err(_) => json!({ "error": "INVALID_REPLICA_ASSIGNMENT" }),
        };
        question.insert("revert".to_owned(), revert);
    }
    Ok(question)
}

fn brokers(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}

fn ids(brokers: &[BrokerId]) -> Vec<i32> {
    brokers.iter().map(|broker| broker.0).collect()
}
