//! `assign` and `assign_server`: who in a group reads which partition.

use highwater_sim::group::assignor::sticky::{self, Owner, StickyError};
use highwater_sim::group::assignor::{Assignment, Member, Partitions, Topics, range, round_robin};
use serde::Deserialize;
use serde_json::json;

use super::{Kind, Object, Trouble, fields};

pub(super) const CLIENT: Kind =
    Kind { name: "assign", answer_fields: &["assignment"], op_answer_fields: &[], answer: answer_client };

pub(super) const SERVER: Kind =
    Kind { name: "assign_server", answer_fields: &["assignment"], op_answer_fields: &[], answer: answer_server };

#[derive(Deserialize)]
struct Question {
    #[serde(alias = "assignor")]
    strategy: String,
    topics: Topics,
    members: Vec<QuestionMember>,
}

#[derive(Deserialize)]
struct QuestionMember {
    id: String,
    instance_id: Option<String>,
    topics: Vec<String>,
    #[serde(default)]
    owned: Partitions,
    generation: Option<i32>,
}

/// The most partitions of all topics together.
const MOST_PARTITIONS: i64 = 1_000_000;

fn answer_client(question: Object) -> Result<Object, Trouble> {
    answer(question, |strategy| match strategy {
        "range" => Some(by_range),
        "roundrobin" => Some(|topics, owners| Ok(round_robin::assign(topics, &members(owners)))),
        "sticky" => Some(sticky::assign),
        "cooperative-sticky" => Some(sticky::assign_cooperatively),
        _ => None,
    })
}

fn answer_server(question: Object) -> Result<Object, Trouble> {
    answer(question, |assignor| (assignor == "range").then_some(by_range))
}

/// An assignor.
type Assign = fn(&Topics, &[Owner]) -> Result<Assignment, StickyError>;

#[allow(clippy::unnecessary_wraps, reason = "it is one of several assignors, of which some can fail")]
fn by_range(topics: &Topics, owners: &[Owner]) -> Result<Assignment, StickyError> {
    Ok(range::assign(topics, &members(owners)))
}

fn members(owners: &[Owner]) -> Vec<Member> {
    owners.iter().map(|owner| owner.member.clone()).collect()
}

fn answer(mut question: Object, named: fn(&str) -> Option<Assign>) -> Result<Object, Trouble> {
    let Question { strategy, topics, members } = fields(&question)?;
    let assign =
        named(&strategy).ok_or_else(|| Trouble::Unanswered(format!("the assignor `{strategy}` is not known here")))?;
    if topics.values().map(|partitions| i64::from(*partitions)).sum::<i64>() > MOST_PARTITIONS {
        return Err(Trouble::Unanswered(format!("more than {MOST_PARTITIONS} partitions")));
    }
    let owners: Vec<Owner> = members
        .into_iter()
        .map(|member| Owner {
            member: Member { id: member.id, instance_id: member.instance_id, topics: member.topics },
            owned: member.owned,
            generation: member.generation,
        })
        .collect();
    let assignment = assign(&topics, &owners).map_err(|error| Trouble::Unanswered(error.to_string()))?;
    question.insert("assignment".to_owned(), json!(assignment));
    Ok(question)
}
