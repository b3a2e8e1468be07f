//! `sticky_partitioner`: where records without a partition go, with given random numbers.

use highwater_sim::producer::cluster_view::OneTopic;
use highwater_sim::producer::sticky_partitioner::{BuiltInPartitioner, QueueSizes};
use highwater_sim::rng::{RandomError, Scripted};
use serde::Deserialize;
use serde_json::Value;

use super::{Answer, Kind, Object, Trouble, fields, object, with_op_answers};

pub(super) const KIND: Kind = Kind {
    name: "sticky_partitioner",
    answer_fields: &[],
    op_answer_fields: &["partition", "switched"],
    answer: Answer::Alone(answer),
};

#[derive(Deserialize)]
struct Question {
    partitions: Vec<i32>,
    batch_size: u64,
    available: Vec<i32>,
    ops: Vec<Op>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    Record {
        bytes: u64,
        enable_switch: bool,
        #[serde(default)]
        drawn: Vec<i32>,
    },
    LoadStats {
        queue_sizes: Option<Vec<u64>>,
        partition_ids: Option<Vec<i32>>,
        length: usize,
    },
    Metadata {
        available: Vec<i32>,
    },
}

fn answer(question: Object) -> Result<Object, Trouble> {
    let asked: Question = fields(&question)?;
    let partitions = i32::try_from(asked.partitions.len())
        .ok()
        .filter(|partitions| *partitions > 0)
        .ok_or_else(|| Trouble::Malformed("`partitions` must have at least one".to_owned()))?;
    let mut topic = OneTopic { all: partitions, available: asked.available };
    let mut partitioner = BuiltInPartitioner::new("t".into(), asked.batch_size);
    let mut answers = Vec::new();
    for (number, op) in (0..).zip(asked.ops) {
        answers.push(apply(&mut partitioner, &mut topic, op).map_err(|trouble| at(number, trouble))?);
    }
    Ok(with_op_answers(question, answers))
}

fn apply(partitioner: &mut BuiltInPartitioner, topic: &mut OneTopic, op: Op) -> Result<Object, Trouble> {
    match op {
        Op::Record { bytes, enable_switch, drawn } => {
            let mut random = Scripted::new(drawn);
            let (partition, _) = partitioner.peek_current(topic, &mut random).map_err(cannot_draw)?;
            let switch = partitioner.update(bytes, enable_switch, topic, &mut random).map_err(cannot_draw)?;
            all_drawn(&random)?;
            Ok(object([("partition", Value::from(partition)), ("switched", Value::from(switch.is_some()))]))
        }
        Op::LoadStats { queue_sizes, partition_ids, length } => {
            let queues = queue_sizes.zip(partition_ids).map(|(sizes, partitions)| queues(&sizes, &partitions, length));
            partitioner.update_load_stats(queues.transpose()?.as_ref());
            Ok(Object::new())
        }
        Op::Metadata { available } => {
            topic.available = available;
            Ok(Object::new())
        }
    }
}

/// Kafka's arrays, of which only the first `length` entries count.
fn queues(sizes: &[u64], partitions: &[i32], length: usize) -> Result<QueueSizes, Trouble> {
    if sizes.len() != partitions.len() || length > sizes.len() {
        let why = "`queue_sizes` and `partition_ids` must be equally long and at least `length`";
        return Err(Trouble::Malformed(why.to_owned()));
    }
    let sizes_of = partitions.iter().copied().zip(sizes.iter().copied()).take(length);
    Ok(QueueSizes { sizes: sizes_of.collect(), queues: sizes.len() })
}

/// Says in which op the trouble is.
pub(super) fn at(number: u64, trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Malformed(why) => Trouble::Malformed(format!("ops[{number}]: {why}")),
        Trouble::Unanswered(why) => Trouble::Unanswered(format!("ops[{number}]: {why}")),
    }
}

/// The question does not have the random numbers that the simulation wants.
pub(super) fn cannot_draw(error: RandomError) -> Trouble {
    Trouble::Unanswered(error.to_string())
}

/// Kafka drew all the numbers; if some are left, the simulation went another way.
pub(super) fn all_drawn(random: &Scripted) -> Result<(), Trouble> {
    match random.left() {
        0 => Ok(()),
        left => Err(Trouble::Unanswered(format!("{left} of `drawn` were not drawn"))),
    }
}
