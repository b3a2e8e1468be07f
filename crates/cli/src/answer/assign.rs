//! `assign`, `assign_server` and `assign_share`: who in a group reads which partition.

use std::collections::{BTreeMap, BTreeSet};

use highwater_sim::group::assignor::{Assignor, Member, TopicPartitions};
use highwater_sim::ids::{Topic, TopicId};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Kind, Object, Trouble, fields};

pub(super) const CLIENT: Kind = kind("assign", answer_client);
pub(super) const SERVER: Kind = kind("assign_server", answer_server);
pub(super) const SHARE: Kind = kind("assign_share", answer_share);

const fn kind(name: &'static str, answer: fn(Object) -> Result<Object, Trouble>) -> Kind {
    Kind { name, answer_fields: &["assignment"], op_answer_fields: &[], answer: Answer::Alone(answer) }
}

/// Each member's partitions by topic.
pub type Named = BTreeMap<String, BTreeMap<String, Vec<i32>>>;

/// The topics and members of a group.
#[derive(Deserialize)]
struct Group {
    topics: BTreeMap<String, i32>,
    #[serde(default)]
    topic_ids: BTreeMap<String, String>,
    members: Vec<GroupMember>,
}

#[derive(Deserialize)]
struct GroupMember {
    id: String,
    instance_id: Option<String>,
    topics: Vec<String>,
    #[serde(default, alias = "current")]
    owned: BTreeMap<String, Vec<i32>>,
    generation: Option<i32>,
}

/// The names of the assignors that [`assigned`] knows.
pub fn assignor_names() -> impl Iterator<Item = &'static str> {
    Assignor::ALL.into_iter().map(Assignor::name)
}

/// Assigns the partitions of a group, given as a JSON object in the form of the questions, as the assignor of that name
/// does. Topics that nobody subscribes to are left out, as a group's leader leaves them out.
///
/// # Errors
///
/// What is wrong with the group, or why it has no assignment, in words.
pub fn assigned(assignor: &str, group: &str) -> Result<Named, String> {
    let assignor = Assignor::named(assignor).ok_or_else(|| format!("there is no assignor `{assignor}`"))?;
    let mut group: Group = serde_json::from_str(group).map_err(|error| error.to_string())?;
    let subscribed: BTreeSet<&String> = group.members.iter().flat_map(|member| &member.topics).collect();
    group.topics.retain(|topic, _| subscribed.contains(topic));
    assign(assignor, &group).map_err(|error| error.to_string())
}

fn answer_client(question: Object) -> Result<Object, Trouble> {
    use Assignor::{CooperativeSticky, Range, RoundRobin, Sticky};
    answer(question, "strategy", &[Range, RoundRobin, Sticky, CooperativeSticky])
}

fn answer_server(question: Object) -> Result<Object, Trouble> {
    answer(question, "assignor", &[Assignor::Uniform, Assignor::Range])
}

fn answer_share(question: Object) -> Result<Object, Trouble> {
    answer(question, "assignor", &[Assignor::Simple])
}

fn answer(mut question: Object, field: &str, known: &[Assignor]) -> Result<Object, Trouble> {
    let name = question.get(field).and_then(serde_json::Value::as_str);
    let name = name.ok_or_else(|| Trouble::Malformed(format!("missing field `{field}`")))?;
    let assignor = Assignor::named(name).filter(|assignor| known.contains(assignor));
    let assignor =
        assignor.ok_or_else(|| Trouble::Unanswered(format!("the assignor `{name}` is not one of this kind")))?;
    let group: Group = fields(&question)?;
    question.insert("assignment".to_owned(), json!(assign(assignor, &group)?));
    Ok(question)
}

/// Assigns the group's partitions.
///
/// # Errors
///
/// Why there is no assignment, in words.
fn assign(assignor: Assignor, group: &Group) -> Result<Named, Trouble> {
    let by_id = matches!(assignor, Assignor::Uniform | Assignor::Simple);
    let mut topics = Vec::with_capacity(group.topics.len());
    for (name, partitions) in &group.topics {
        let id = match group.topic_ids.get(name) {
            Some(id) => u128::from_str_radix(id, 16)
                .map_err(|error| Trouble::Malformed(format!("`topic_ids`: `{name}`: {error}")))?,
            None if by_id => return Err(Trouble::Malformed(format!("`topic_ids` lacks `{name}`"))),
            None => 0,
        };
        topics.push(TopicPartitions { topic: name.as_str().into(), id: TopicId(id), partitions: *partitions });
    }
    let members: Vec<Member> = group.members.iter().map(GroupMember::member).collect();
    let assignment = assignor.assign(&topics, &members).map_err(|error| Trouble::Unanswered(error.to_string()))?;
    let mut named = Named::new();
    for (member, partitions) in members.into_iter().zip(assignment) {
        let partitions = partitions.into_iter().map(|(topic, numbers)| (topic.to_string(), numbers)).collect();
        if named.insert(member.id.clone(), partitions).is_some() {
            return Err(Trouble::Malformed(format!("two members are called `{}`", member.id)));
        }
    }
    Ok(named)
}

impl GroupMember {
    fn member(&self) -> Member {
        let topic = |name: &String| -> Topic { name.as_str().into() };
        Member {
            id: self.id.clone(),
            instance_id: self.instance_id.clone(),
            topics: self.topics.iter().map(topic).collect(),
            owned: self.owned.iter().map(|(name, numbers)| (topic(name), numbers.clone())).collect(),
            generation: self.generation,
        }
    }
}
