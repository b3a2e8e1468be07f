//! What the simulator does, in the form of a recording.

pub mod consumer;

use std::collections::BTreeMap;

use highwater_sim::group::cluster::{Failure, GroupCluster, Happening};
use highwater_sim::group::coordinator::{ClassicGroup, State};
use highwater_sim::group::error::GroupError;
use highwater_sim::group::member::{CommitError, Event, PollError};
use highwater_sim::group::message::{FetchedOffset, Joined, OffsetToCommit, Request, Response};
use highwater_sim::group::partition_for;
use highwater_sim::group::protocol::{Assigned, Owned, StickyUserData, Subscription, cooperative_generation};
use highwater_sim::group::records::{self, Part, Record};
use highwater_sim::ids::{Topic, TopicId, TopicPartition};
use highwater_sim::time::SimTime;
use serde_json::{Map, Value, json};

use super::share::told as share;
use crate::hex;

/// `__consumer_offsets` has so many partitions.
const OFFSETS_PARTITIONS: i32 = 50;

/// Names for ids.
#[derive(Debug, Default)]
pub struct Names {
    /// Of members.
    pub members: BTreeMap<String, String>,
    /// Of topics.
    pub topics: Vec<(TopicId, String)>,
    /// The member epoch of the last answer to a member's heartbeat.
    pub epochs: BTreeMap<String, i32>,
    /// When a member of a share group fetched last.
    pub fetched_at: BTreeMap<String, SimTime>,
    /// How often a fetch of such a member has waited.
    pub waits: BTreeMap<String, u64>,
}

impl Names {
    /// A member's name.
    pub fn of(&self, member_id: &str) -> String {
        self.members.get(member_id).cloned().unwrap_or_else(|| member_id.to_owned())
    }

    /// A topic's name.
    pub fn topic(&self, id: TopicId) -> String {
        let there = self.topics.iter().find(|(there, _)| *there == id);
        there.map_or_else(|| format!("{:032x}", id.0), |(_, name)| name.clone())
    }
}

/// Adds a field to an object.
pub fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(name.to_owned(), value);
    }
}

/// A line of `events.jsonl`, if there is one for this.
pub fn event(step: usize, happening: &Happening, names: &Names) -> Option<Value> {
    let seen = |member: &str, event: &str, partitions: &[TopicPartition]| json!({"step": step, "member": member, "event": event, "partitions": by_topic(partitions)});
    match happening {
        Happening::Seen(member, Event::Assigned(partitions)) => Some(seen(member, "assigned", partitions)),
        Happening::Seen(member, Event::Revoked(partitions)) => Some(seen(member, "revoked", partitions)),
        Happening::Seen(member, Event::Lost(partitions)) => Some(seen(member, "lost", partitions)),
        Happening::PollFailed(member, failure) => {
            Some(json!({"step": step, "member": member, "event": "poll_error", "error": poll_error(failure)}))
        }
        Happening::Records(member, records) => {
            let records: Vec<String> = records.iter().map(|(there, offset)| format!("{there}@{offset}")).collect();
            Some(json!({"step": step, "member": member, "event": "records", "records": records}))
        }
        Happening::Written(record) => written(step, record, names),
        Happening::Seen(_, Event::Committed(..) | Event::Closed) | Happening::Asked(..) | Happening::Answered(..) => {
            None
        }
    }
}

fn by_topic(partitions: &[TopicPartition]) -> Value {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(&partition.topic).or_default().push(partition.partition);
    }
    for partitions in topics.values_mut() {
        partitions.sort_unstable();
    }
    json!(topics)
}

fn owned(partitions: &Owned) -> Value {
    let flat: Vec<TopicPartition> = partitions
        .iter()
        .flat_map(|(topic, numbers)| numbers.iter().map(|number| TopicPartition::new(topic.clone(), *number)))
        .collect();
    by_topic(&flat)
}

/// A line about a record, if it is one of a group.
pub fn written(step: usize, record: &Record, names: &Names) -> Option<Value> {
    let partition = partition_for(&record.key.group, OFFSETS_PARTITIONS);
    let mut told = json!({"step": step, "record": record.key.kind.name(), "partition": partition});
    let fields = match (&record.value, &record.key.part) {
        (Some(records::Value::GroupMetadata(group)), _) => {
            let assigned = |member: &records::GroupMember| (names.of(&member.member_id), assigned(&member.assignment));
            let assignment: Map<String, Value> = group.members.iter().map(assigned).collect();
            json!({
                "generation": group.generation,
                "protocol": group.protocol,
                "leader": group.leader.as_deref().map(|leader| names.of(leader)),
                "assignment": assignment,
            })
        }
        (Some(value @ records::Value::OffsetCommit(commit)), Part::Partition(topic, partition)) => json!({
            "tp": format!("{topic}-{partition}"),
            "offset": commit.offset,
            "leader_epoch": commit.leader_epoch,
            "metadata": commit.metadata,
            "key_type": record.key.kind.id(),
            "value_version": 4,
            "key_hex": record.key.encode().ok().map(|bytes| hex::encode(&bytes)),
            "value_hex": value.encode(record.key.kind).ok().map(|bytes| hex::encode(&bytes)),
        }),
        (None, Part::Partition(topic, partition)) => json!({"tombstone": true, "tp": format!("{topic}-{partition}")}),
        (None, Part::Member(member)) => json!({"tombstone": true, "member": names.of(member)}),
        (None, _) => json!({"tombstone": true}),
        (Some(_), _) if record.key.kind.name().starts_with("ShareGroup") => share::written(record, names)?,
        (Some(_), _) => consumer::written(record, names)?,
    };
    if let (Value::Object(told), Value::Object(fields)) = (&mut told, fields) {
        told.extend(fields);
    }
    Some(told)
}

fn assigned(bytes: &[u8]) -> Value {
    owned(&Assigned::decode(bytes).unwrap_or_default().partitions)
}

/// How a failed `poll()` is told: class and, of the coordinator's errors, code.
pub fn poll_error(failure: &Failure) -> Value {
    match failure {
        Failure::Group(PollError::NotSubscribed | PollError::Assignor) => json!({"class": "IllegalStateException"}),
        Failure::Group(PollError::Refused(error)) => json!({"class": exception(*error), "code": error.name()}),
        Failure::NoOffset(_) => json!({"class": "NoOffsetForPartitionException"}),
        Failure::OutOfRange(_) => json!({"class": "OffsetOutOfRangeException"}),
    }
}

/// How a failed commit is told.
pub fn commit_error(error: CommitError) -> Value {
    match error {
        CommitError::CommitFailed => json!({"class": "CommitFailedException"}),
        CommitError::RebalanceInProgress => json!({"class": "RebalanceInProgressException"}),
        CommitError::Error(error) => json!({"class": exception(error), "code": error.name()}),
    }
}

/// The Java exception of an error. Kafka: `Errors.exception()`.
pub fn exception(error: GroupError) -> String {
    exception_named(error.name())
}

/// The Java exception of an error of this name.
pub fn exception_named(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{first}{}", rest.to_lowercase())
    });
    format!("{}Exception", words.collect::<String>())
}

/// A group at the end of a step, as `describeConsumerGroups` has it.
pub fn settled(step: usize, group: &str, cluster: &GroupCluster, names: &Names) -> Value {
    if let Some(group) = cluster.coordinator().consumer_group(group) {
        return consumer::settled(step, group, names);
    }
    let Some(group) = cluster.coordinator().group(group) else {
        return json!({"step": step, "settled": "NONE", "members": {}});
    };
    let state = match group.state {
        State::Empty => "EMPTY",
        State::PreparingRebalance => "PREPARING_REBALANCE",
        State::CompletingRebalance => "COMPLETING_REBALANCE",
        State::Stable => "STABLE",
    };
    let assignor = group.protocol.as_deref().filter(|_| group.state == State::Stable).unwrap_or_default();
    json!({"step": step, "settled": state, "type": "CLASSIC", "assignor": assignor, "members": members(group, names)})
}

fn members(group: &ClassicGroup, names: &Names) -> Map<String, Value> {
    let mut members = Map::new();
    for member in group.members.values() {
        let name = names.of(&member.id);
        let mut told = json!({"assignment": assigned(&member.assignment)});
        if let Some(instance) = &member.instance_id {
            put(&mut told, "instance_id", json!(instance));
        }
        if member.client_id != name {
            put(&mut told, "client_id", json!(member.client_id));
        }
        members.insert(name, told);
    }
    members
}

/// A line of `rpcs.jsonl`, if there is one for this.
pub fn rpc(step: usize, happening: &Happening, names: &mut Names) -> Option<Value> {
    let (member, dir, (api, body)) = match happening {
        Happening::Asked(member, request) => (member, "request", asked(request, names)?),
        Happening::Answered(member, Response::ConsumerGroupHeartbeat(answer)) => {
            (member, "response", ("CONSUMER_GROUP_HEARTBEAT", consumer::answered(member, answer, names)?))
        }
        Happening::Answered(member, response) => (member, "response", answered(response, names)?),
        _ => return None,
    };
    Some(json!({"step": step, "member": member, "dir": dir, "api": api, "body": body}))
}

fn asked(request: &Request, names: &Names) -> Option<(&'static str, Value)> {
    match request {
        Request::JoinGroup(join) => {
            let protocol = |(name, metadata): &(String, std::rc::Rc<[u8]>)| {
                let mut told = subscription(name, metadata);
                told.insert("name".to_owned(), json!(name));
                Value::Object(told)
            };
            let mut body = json!({
                "member_id": names.of(&join.member_id),
                "session_ms": join.session_timeout_ms,
                "rebalance_ms": join.rebalance_timeout_ms,
                "protocols": join.protocols.iter().map(protocol).collect::<Vec<_>>(),
            });
            if let Some(instance) = &join.instance_id {
                put(&mut body, "instance_id", json!(instance));
            }
            Some(("JOIN_GROUP", body))
        }
        Request::SyncGroup(sync) => {
            let mut body = json!({
                "member_id": names.of(&sync.member_id),
                "generation": sync.generation,
                "protocol": sync.protocol,
            });
            if let Some(instance) = &sync.instance_id {
                put(&mut body, "instance_id", json!(instance));
            }
            if !sync.assignments.is_empty() {
                let one = |(member, bytes): &(String, std::rc::Rc<[u8]>)| (names.of(member), assigned(bytes));
                put(&mut body, "assignments", Value::Object(sync.assignments.iter().map(one).collect()));
            }
            Some(("SYNC_GROUP", body))
        }
        Request::ConsumerGroupHeartbeat(beat) => Some(("CONSUMER_GROUP_HEARTBEAT", consumer::asked(beat, names)?)),
        Request::LeaveGroup(leave) => {
            let member = |(id, instance): &(String, Option<String>)| json!({"memberId": names.of(id), "groupInstanceId": instance});
            Some(("LEAVE_GROUP", json!({"members": leave.members.iter().map(member).collect::<Vec<_>>()})))
        }
        Request::OffsetCommit(commit) => {
            let one = |offset: &OffsetToCommit| {
                let told = json!({
                    "partitionIndex": offset.partition,
                    "committedOffset": offset.offset,
                    "committedLeaderEpoch": offset.leader_epoch,
                    "committedMetadata": offset.metadata,
                });
                (offset.topic.to_string(), told)
            };
            let body = json!({
                "generationIdOrMemberEpoch": commit.generation,
                "memberId": names.of(&commit.member_id),
                "groupInstanceId": commit.instance_id,
                "topics": topics("partitions", commit.offsets.iter().map(one)),
            });
            Some(("OFFSET_COMMIT", body))
        }
        Request::OffsetFetch(fetch) => {
            let partitions = fetch.partitions.iter().flatten();
            let one = |(topic, partition): &(Topic, i32)| (topic.to_string(), json!(partition));
            let group = json!({
                "groupId": fetch.group,
                "memberId": null,
                "memberEpoch": -1,
                "topics": topics("partitionIndexes", partitions.map(one)),
            });
            Some(("OFFSET_FETCH", json!({"groups": [group], "requireStable": fetch.require_stable})))
        }
        _ => None,
    }
}

fn answered(response: &Response, names: &Names) -> Option<(&'static str, Value)> {
    match response {
        Response::JoinGroup(joined) => Some(("JOIN_GROUP", join_response(joined, names))),
        Response::SyncGroup(synced) => Some((
            "SYNC_GROUP",
            json!({"error": synced.error.name(), "protocol": synced.protocol, "assignment": assigned(&synced.assignment)}),
        )),
        Response::Heartbeat(error) if *error != GroupError::None => Some(("HEARTBEAT", json!({"error": error.name()}))),
        Response::LeaveGroup(left) => {
            let member = |(id, instance, error): &(String, Option<String>, GroupError)| json!({"memberId": names.of(id), "groupInstanceId": instance, "errorCode": error.code()});
            let members: Vec<Value> = left.members.iter().map(member).collect();
            Some(("LEAVE_GROUP", json!({"errorCode": left.error.code(), "members": members})))
        }
        Response::OffsetCommit(answer) => {
            let one = |(topic, partition, error): &(Topic, i32, GroupError)| {
                (topic.to_string(), json!({"partitionIndex": partition, "errorCode": error.code()}))
            };
            Some(("OFFSET_COMMIT", json!({"topics": topics("partitions", answer.iter().map(one))})))
        }
        Response::OffsetFetch(offsets) => {
            let one = |offset: &FetchedOffset| {
                let told = json!({
                    "partitionIndex": offset.partition,
                    "committedOffset": offset.offset,
                    "committedLeaderEpoch": offset.leader_epoch,
                    "metadata": offset.metadata,
                    "errorCode": offset.error.code(),
                });
                (offset.topic.to_string(), told)
            };
            let group = json!({"topics": topics("partitions", offsets.iter().map(one)), "errorCode": 0});
            Some(("OFFSET_FETCH", json!({"groups": [group]})))
        }
        _ => None,
    }
}

/// Partitions under their topics, which follow each other.
fn topics(name: &str, partitions: impl Iterator<Item = (String, Value)>) -> Value {
    let mut topics: Vec<(String, Vec<Value>)> = Vec::new();
    for (topic, partition) in partitions {
        match topics.last_mut().filter(|(there, _)| *there == topic) {
            Some((_, partitions)) => partitions.push(partition),
            None => topics.push((topic, vec![partition])),
        }
    }
    let told = topics.into_iter().map(|(topic, partitions)| {
        Value::Object(Map::from_iter([("name".to_owned(), json!(topic)), (name.to_owned(), json!(partitions))]))
    });
    told.collect()
}

fn join_response(joined: &Joined, names: &Names) -> Value {
    let mut body = json!({
        "error": joined.error.name(),
        "generation": joined.generation,
        "protocol": joined.protocol,
        "leader": names.of(&joined.leader),
        "member_id": names.of(&joined.member_id),
    });
    if !joined.members.is_empty() {
        let protocol = joined.protocol.as_deref().unwrap_or_default();
        let mut members = Map::new();
        for member in &joined.members {
            let mut told = subscription(protocol, &member.metadata);
            if let Some(instance) = &member.instance_id {
                told.insert("instance_id".to_owned(), json!(instance));
            }
            members.insert(names.of(&member.member_id), Value::Object(told));
        }
        put(&mut body, "members", Value::Object(members));
    }
    if joined.skip_assignment {
        put(&mut body, "skip_assignment", json!(true));
    }
    body
}

fn subscription(protocol: &str, metadata: &[u8]) -> Map<String, Value> {
    let read = Subscription::decode(metadata).unwrap_or_default();
    let mut told = Map::new();
    let topics: Vec<&str> = read.topics.iter().map(|topic| &**topic).collect();
    told.insert("topics".to_owned(), json!(topics));
    if !read.owned.is_empty() {
        told.insert("owned".to_owned(), owned(&read.owned));
    }
    if read.generation >= 0 {
        told.insert("generation".to_owned(), json!(read.generation));
    }
    if let Some(data) = &read.user_data {
        if protocol == "sticky" {
            if let Ok(data) = StickyUserData::decode(data) {
                told.insert("previous".to_owned(), owned(&data.previous));
                told.insert("previous_generation".to_owned(), json!(data.generation));
            }
        } else if protocol == "cooperative-sticky"
            && let Ok(generation) = cooperative_generation(data)
        {
            told.insert("previous_generation".to_owned(), json!(generation));
        }
    }
    told
}
