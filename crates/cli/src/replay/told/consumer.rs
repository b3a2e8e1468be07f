//! What groups by the consumer protocol do, in the form of a recording.

use highwater_sim::group::assignor::Assignor;
use highwater_sim::group::consumer_group::{ConsumerGroup, Epochs, HeartbeatRequest, HeartbeatResponse, Target};
use highwater_sim::group::error::GroupError;
use highwater_sim::group::records::{Part, Partitions, Record, Value as RecordValue};
use highwater_sim::ids::TopicId;
use serde_json::{Value, json};

use super::{Names, put};

/// The states of a member as records name them.
const STATES: [&str; 3] = ["STABLE", "UNREVOKED_PARTITIONS", "UNRELEASED_PARTITIONS"];

/// The fields of a record, if it is one of these groups'.
pub fn written(record: &Record, names: &Names) -> Option<Value> {
    let partitions = |there: &[Partitions]| partitions(there, names);
    let mut told = match record.value.as_ref()? {
        RecordValue::Member(member) => {
            let mut told = json!({
                "subscribed_topic_names": member.subscribed_topic_names.iter().map(|topic| &**topic).collect::<Vec<_>>(),
                "rebalance_timeout_ms": member.rebalance_timeout_ms,
            });
            let assignor = member.server_assignor.as_deref();
            let expression = member.subscribed_topic_regex.as_deref().filter(|text| !text.is_empty());
            for (name, value) in [
                ("server_assignor", assignor),
                ("instance_id", member.instance_id.as_deref()),
                ("subscribed_topic_regex", expression),
            ] {
                if let Some(value) = value {
                    put(&mut told, name, json!(value));
                }
            }
            told
        }
        RecordValue::RegularExpression(told) => {
            json!({"topics": told.topics.iter().map(|topic| &**topic).collect::<Vec<_>>()})
        }
        RecordValue::Epoch(epoch) => json!({"epoch": epoch.epoch}),
        RecordValue::TargetEpoch(epoch) => json!({"assignment_epoch": epoch.assignment_epoch}),
        RecordValue::TargetAssignment(target) => json!({"topic_partitions": partitions(&target.topic_partitions)}),
        RecordValue::CurrentAssignment(current) => json!({
            "member_epoch": current.member_epoch,
            "previous_member_epoch": current.previous_member_epoch,
            "state": usize::try_from(current.state).ok().and_then(|state| STATES.get(state)),
            "assigned_partitions": partitions(&current.assigned_partitions),
            "partitions_pending_revocation": partitions(&current.partitions_pending_revocation),
        }),
        _ => return None,
    };
    if let Part::Member(member) = &record.key.part {
        put(&mut told, "member", json!(names.of(member)));
    }
    Some(told)
}

/// A group at the end of a step, as `describeConsumerGroups` has it.
pub fn settled(step: usize, group: &ConsumerGroup, names: &Names) -> Value {
    let assigned = |epochs: &Epochs| {
        let of = epochs.iter().map(|(topic, numbers)| (names.topic(*topic), json!(numbers.keys().collect::<Vec<_>>())));
        Value::Object(of.collect())
    };
    let mut members = serde_json::Map::new();
    for member in group.members.values() {
        let name = names.of(&member.id);
        let mut told = json!({"assignment": assigned(&member.assigned), "epoch": member.epoch});
        if let Some(instance) = &member.instance_id {
            put(&mut told, "instance_id", json!(instance));
        }
        if member.client_id != name {
            put(&mut told, "client_id", json!(member.client_id));
        }
        members.insert(name, told);
    }
    let assignor = if group.preferred_assignor() == Assignor::Range { "range" } else { "uniform" };
    json!({
        "step": step,
        "settled": group.state().name().to_uppercase(),
        "type": "CONSUMER",
        "assignor": assignor,
        "group_epoch": group.epoch,
        "target_epoch": group.assignment_epoch,
        "members": members,
    })
}

/// A heartbeat, if it says more than that its member lives.
pub fn asked(beat: &HeartbeatRequest, names: &Names) -> Option<Value> {
    let mut body = json!({"memberId": names.of(&beat.member_id), "memberEpoch": beat.member_epoch});
    if let Some(instance) = &beat.instance_id {
        put(&mut body, "instanceId", json!(instance));
    }
    let topics = beat.subscribed_topic_names.as_ref();
    let told = [
        ("rebalanceTimeoutMs", beat.rebalance_timeout_ms.map(|ms| json!(ms))),
        ("subscribedTopicNames", topics.map(|topics| json!(topics.iter().map(|topic| &**topic).collect::<Vec<_>>()))),
        ("subscribedTopicRegex", beat.subscribed_topic_regex.as_ref().map(|text| json!(text))),
        ("serverAssignor", beat.server_assignor.as_ref().map(|name| json!(name))),
        ("topicPartitions", beat.topic_partitions.as_ref().map(|there| topic_partitions(there, names))),
    ];
    let mut is_empty = true;
    for (name, value) in told {
        if let Some(value) = value {
            put(&mut body, name, value);
            is_empty = false;
        }
    }
    (!is_empty).then_some(body)
}

/// The answer, if it says more than the last one to the same member.
pub fn answered(member: &str, answer: &Result<HeartbeatResponse, GroupError>, names: &mut Names) -> Option<Value> {
    match answer {
        Ok(beat) => {
            let before = names.epochs.insert(member.to_owned(), beat.member_epoch);
            if beat.assignment.is_none() && before == Some(beat.member_epoch) {
                return None;
            }
            let mut body = json!({
                "errorCode": 0,
                "memberId": names.of(&beat.member_id),
                "memberEpoch": beat.member_epoch,
                "heartbeatIntervalMs": beat.heartbeat_interval_ms,
            });
            if let Some(assignment) = &beat.assignment {
                put(&mut body, "assignment", json!({"topicPartitions": topic_partitions(assignment, names)}));
            }
            Some(body)
        }
        Err(error) => Some(json!({"errorCode": error.code(), "memberEpoch": 0, "heartbeatIntervalMs": 0})),
    }
}

/// Partitions of a record, as a map by topic.
pub fn partitions(partitions: &[Partitions], names: &Names) -> Value {
    let of = partitions.iter().map(|there| (names.topic(there.topic_id), json!(there.partitions)));
    Value::Object(of.collect())
}

/// A list without elements, or a map by topic.
fn topic_partitions(target: &Target, names: &Names) -> Value {
    if target.is_empty() {
        return json!([]);
    }
    let of = |(topic, numbers): (&TopicId, &highwater_sim::sorted::SortedSet<i32>)| {
        (names.topic(*topic), json!(numbers.iter().collect::<Vec<_>>()))
    };
    Value::Object(target.iter().map(of).collect())
}
