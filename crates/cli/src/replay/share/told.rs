//! What share groups do, in the form of a recording.

use highwater_sim::group::consumer_group::Target;
use highwater_sim::group::records::{Part, Partitions, Record, ShareTopic, Value as RecordValue};
use highwater_sim::group::share::cluster::{ShareCluster, ShareHappening};
use highwater_sim::group::share::consumer::{Delivered, ShareEvent, SharePollError};
use highwater_sim::group::share::message::{
    AcknowledgementBatch, ShareAcknowledgeRequest, ShareAcknowledgeResponse, ShareError, ShareRequest, ShareResponse,
};
use highwater_sim::group::share::partition::Refusal;
use highwater_sim::group::share::share_group::ShareHeartbeatRequest;
use highwater_sim::ids::TopicPartition;
use serde_json::{Map, Value, json};

use super::super::told::consumer::{answered, partitions};
use super::super::told::{Names, exception_named, put, written as record_written};

/// A fetch that took so long, in ms, has waited for records.
const WAITED_MS: u64 = 10;

/// A line of `events.jsonl`, if there is one for this.
pub fn event(step: usize, happening: &ShareHappening, names: &Names) -> Option<Value> {
    match happening {
        ShareHappening::Seen(member, ShareEvent::Acknowledged(partition, offsets, error)) => {
            let mut offsets: Vec<i64> = offsets.clone();
            offsets.sort_unstable();
            let offsets: Vec<String> = offsets.iter().rev().map(|offset| format!("{partition}@{offset}")).collect();
            let mut told = json!({"step": step, "member": member, "event": "ack_cb", "offsets": offsets});
            if *error != ShareError::None {
                put(&mut told, "error", self::error(*error));
            }
            Some(told)
        }
        ShareHappening::Written(record) => record_written(step, record, names),
        _ => None,
    }
}

/// How a failed acknowledgement is told.
pub fn error(error: ShareError) -> Value {
    json!({"class": exception_named(error.name()), "code": error.name()})
}

/// How a call that threw is told.
pub fn poll_error(error: SharePollError) -> Value {
    let class = super::thrown(error);
    match error {
        SharePollError::Refused(error) => json!({"class": class, "code": error.name()}),
        _ => json!({"class": class}),
    }
}

/// A record as an application gets it.
pub fn delivered(record: &Delivered, is_one: bool) -> String {
    let Delivered { partition, offset, delivery_count } = record;
    if is_one { format!("{offset} x{delivery_count}") } else { format!("{partition}@{offset} x{delivery_count}") }
}

/// The fields of a record of a share group.
pub fn written(record: &Record, names: &Names) -> Option<Value> {
    let partitions = |there: &[Partitions]| partitions(there, names);
    let topics = |topics: &[ShareTopic]| {
        if topics.is_empty() {
            return json!([]);
        }
        Value::Object(topics.iter().map(|there| (there.topic.to_string(), json!(there.partitions))).collect())
    };
    let mut told = match record.value.as_ref()? {
        RecordValue::Member(member) => json!({
            "subscribed_topic_names": member.subscribed_topic_names.iter().map(|topic| &**topic).collect::<Vec<_>>(),
        }),
        RecordValue::Epoch(epoch) => json!({"epoch": epoch.epoch}),
        RecordValue::TargetEpoch(epoch) => json!({"assignment_epoch": epoch.assignment_epoch}),
        RecordValue::TargetAssignment(target) => json!({"topic_partitions": partitions(&target.topic_partitions)}),
        RecordValue::CurrentAssignment(current) => json!({
            "member_epoch": current.member_epoch,
            "previous_member_epoch": current.previous_member_epoch,
            "state": if current.state == 0 { json!("STABLE") } else { json!(current.state) },
            "assigned_partitions": partitions(&current.assigned_partitions),
        }),
        RecordValue::StatePartitions(states) => json!({
            "initializing_topics": topics(&states.initializing_topics),
            "initialized_topics": topics(&states.initialized_topics),
            "deleting_topics": states.deleting_topics.iter().map(|(_, topic)| &**topic).collect::<Vec<_>>(),
        }),
        _ => return None,
    };
    if let Part::Member(member) = &record.key.part {
        put(&mut told, "member", json!(names.of(member)));
    }
    Some(told)
}

/// A group at the end of a step, as `describeShareGroups` has it.
pub fn settled(step: usize, group: &str, cluster: &ShareCluster, names: &Names) -> Value {
    let Some(group) = cluster.coordinator().share_group(group) else {
        return json!({"step": step, "settled": "NONE", "members": {}});
    };
    let assigned = |target: &Target| {
        let of = target.iter().map(|(topic, numbers)| (names.topic(*topic), json!(numbers.iter().collect::<Vec<_>>())));
        Value::Object(of.collect())
    };
    let mut members = Map::new();
    for (_, member) in group.members.iter() {
        let told = json!({"assignment": assigned(&member.assigned), "epoch": member.epoch});
        members.insert(names.of(&member.id), told);
    }
    json!({
        "step": step,
        "settled": if group.members.is_empty() { "EMPTY" } else { "STABLE" },
        "group_epoch": group.epoch,
        "target_epoch": group.assignment_epoch,
        "members": members,
    })
}

/// A line of `rpcs.jsonl`, if there is one for this. With an acknowledgement comes how often a fetch of its
/// member had waited.
pub fn rpc(step: usize, happening: &ShareHappening, names: &mut Names) -> Option<Value> {
    let (member, dir, api, body) = match happening {
        ShareHappening::Beat(member, beat) => (member, "request", "SHARE_GROUP_HEARTBEAT", beat_asked(beat, names)?),
        ShareHappening::BeatAnswered(member, answer) => {
            (member, "response", "SHARE_GROUP_HEARTBEAT", answered(member, answer, names)?)
        }
        ShareHappening::Asked(member, _, ShareRequest::Acknowledge(request)) => {
            (member, "request", "SHARE_ACKNOWLEDGE", acknowledge(request, names))
        }
        ShareHappening::Answered(member, _, ShareResponse::Acknowledge(answer)) => {
            (member, "response", "SHARE_ACKNOWLEDGE", acknowledged(answer))
        }
        ShareHappening::Asked(member, at, ShareRequest::Fetch(_)) => {
            names.fetched_at.insert(member.clone(), *at);
            return None;
        }
        ShareHappening::Answered(member, at, ShareResponse::Fetch(_)) => {
            let asked = names.fetched_at.get(member).copied().unwrap_or_default();
            if at.ms_since(asked) >= WAITED_MS {
                let count = names.waits.entry(member.clone()).or_default();
                *count = count.saturating_add(1);
            }
            return None;
        }
        _ => return None,
    };
    let mut told = json!({"step": step, "member": member, "dir": dir, "api": api, "body": body});
    if (dir, api) == ("request", "SHARE_ACKNOWLEDGE") {
        put(&mut told, "waits", json!(names.waits.get(member).copied().unwrap_or(0)));
    }
    Some(told)
}

/// A heartbeat, if it says more than that its member lives.
fn beat_asked(beat: &ShareHeartbeatRequest, names: &Names) -> Option<Value> {
    let topics = beat.subscribed_topic_names.as_ref()?;
    Some(json!({
        "memberId": names.of(&beat.member_id),
        "memberEpoch": beat.member_epoch,
        "subscribedTopicNames": topics.iter().map(|topic| &**topic).collect::<Vec<_>>(),
    }))
}

fn acknowledge(request: &ShareAcknowledgeRequest, names: &Names) -> Value {
    let batch = |batch: &AcknowledgementBatch| {
        json!({
            "firstOffset": batch.first,
            "lastOffset": batch.last,
            "acknowledgeTypes": batch.types.iter().map(|how| how.id()).collect::<Vec<_>>(),
        })
    };
    let partition = |(partition, batches): &(TopicPartition, Vec<AcknowledgementBatch>)| {
        let told = json!({
            "partitionIndex": partition.partition,
            "acknowledgementBatches": batches.iter().map(batch).collect::<Vec<_>>(),
        });
        (partition.topic.to_string(), told)
    };
    json!({
        "memberId": names.of(&request.member_id),
        "shareSessionEpoch": request.session_epoch,
        "isRenewAck": request.is_renew_ack,
        "topics": by_topic(request.acknowledgements.iter().map(partition)),
    })
}

fn acknowledged(answer: &ShareAcknowledgeResponse) -> Value {
    let partition = |(partition, result): &(TopicPartition, Result<(), Refusal>)| {
        let told = json!({
            "partitionIndex": partition.partition,
            "errorCode": result.err().map_or(ShareError::None, |refusal| refusal.error).code(),
            "errorMessage": result.err().map(|refusal| refusal.message),
            // Only who asks the wrong broker is told the leader.
            "currentLeader": {"leaderId": 0, "leaderEpoch": 0},
        });
        (partition.topic.to_string(), told)
    };
    json!({
        "errorCode": answer.error.code(),
        "errorMessage": null,
        "acquisitionLockTimeoutMs": answer.acquisition_lock_timeout_ms,
        "responses": by_topic(answer.partitions.iter().map(partition)),
        "nodeEndpoints": [],
    })
}

/// Partitions under their topics, which follow each other.
fn by_topic(partitions: impl Iterator<Item = (String, Value)>) -> Vec<Value> {
    let mut topics: Vec<(String, Vec<Value>)> = Vec::new();
    for (topic, partition) in partitions {
        match topics.last_mut().filter(|(there, _)| *there == topic) {
            Some((_, partitions)) => partitions.push(partition),
            None => topics.push((topic, vec![partition])),
        }
    }
    topics.into_iter().map(|(topic, partitions)| json!({"topicId": topic, "partitions": partitions})).collect()
}
