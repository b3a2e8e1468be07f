//! `placement`: where the controller puts the replicas of new topics.

use highwater_sim::controller::placement::{UsableBroker, place};
use highwater_sim::ids::BrokerId;
use highwater_sim::rng::JavaRandom;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Kind, Object, Trouble, fields};

pub(super) const KIND: Kind =
    Kind { name: "placement", answer_fields: &[], op_answer_fields: &[], answer: Answer::Alone(answer) };

#[derive(Deserialize)]
struct Question {
    seed: i64,
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    brokers: Vec<Broker>,
    partitions: usize,
    replication_factor: i32,
}

#[derive(Deserialize)]
struct Broker {
    id: i32,
    rack: Option<String>,
    fenced: bool,
}

/// The most partitions of one call.
const MOST_PARTITIONS: usize = 100_000;

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let Question { seed, calls } = fields(&question)?;
    let mut random = JavaRandom::new(seed);
    let mut answers = Vec::new();
    for call in calls {
        if call.partitions > MOST_PARTITIONS {
            return Err(Trouble::Unanswered(format!("more than {MOST_PARTITIONS} partitions in one call")));
        }
        let brokers: Vec<UsableBroker> = call
            .brokers
            .into_iter()
            .map(|broker| UsableBroker { id: BrokerId(broker.id), rack: broker.rack, fenced: broker.fenced })
            .collect();
        answers.push(match place(&mut random, &brokers, call.partitions, call.replication_factor) {
            Ok(placed) => ("assignment", placed.iter().map(|replicas| json!(ids(replicas))).collect::<Value>()),
            Err(error) => ("error", Value::from(error.to_string())),
        });
    }
    if let Some(Value::Array(calls)) = question.get_mut("calls") {
        for (call, (field, answer)) in calls.iter_mut().filter_map(Value::as_object_mut).zip(answers) {
            call.remove("assignment");
            call.remove("error");
            call.insert(field.to_owned(), answer);
        }
    }
    Ok(question)
}

fn ids(replicas: &[BrokerId]) -> Vec<i32> {
    replicas.iter().map(|replica| replica.0).collect()
}
