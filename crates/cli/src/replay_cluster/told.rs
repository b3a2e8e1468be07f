//! The simulator's doings in the words of a recording, and the two held against each other.

use highwater_sim::controller::partition_change::PartitionChange;
use highwater_sim::fact::ConfigRecord;
use highwater_sim::fact::{Fact, FactKind};
use highwater_sim::ids::{BrokerId, TopicPartition};
use highwater_sim::metadata::{LeaderRecoveryState, PartitionRegistration};
use highwater_sim::world::World;
use serde_json::{Map, Value, json};

use super::Ours;
use super::story::{Recorded, Story};
use crate::replay::Difference;

/// The records of the controller, in order.
pub fn changes(story: &Story, facts: &[Fact]) -> Vec<Value> {
    let mut told = Vec::new();
    let mut before: Vec<(TopicPartition, Value)> = Vec::new();
    let mut brokers: Vec<(BrokerId, bool, bool)> = Vec::new();
    for fact in facts {
        match &fact.kind {
            FactKind::PartitionRecord { partition, replicas, isr, leader, .. } => {
                if partition.partition == 0 {
                    told.extend(configs(story, &partition.topic));
                }
                let state = of_partition(&PartitionRegistration {
                    replicas: replicas.clone(),
                    isr: isr.clone(),
                    leader: Some(*leader),
                    ..PartitionRegistration::default()
                });
                told.push(partition_line("partition", partition, None, &state, &state));
                before.push((partition.clone(), state));
            }
            FactKind::PartitionChangeRecord { partition, change, registration } => {
                let state = of_partition(registration);
                let Some((_, old)) = before.iter_mut().find(|(id, _)| id == partition) else { continue };
                told.push(partition_line("partition_change", partition, Some(record(change)), old, &state));
                *old = state;
            }
            FactKind::ConfigRecord(ConfigRecord { topic, name, value }) => {
                told.push(json!({"kind": "config", "topic": **topic, "name": **name, "value": value.as_deref()}));
            }
            FactKind::ClearElrRecord(topic) => told.push(json!({"kind": "clear_elr", "topic": **topic})),
            FactKind::RegisterBrokerRecord { broker, .. } => {
                brokers.retain(|(id, ..)| id != broker);
                brokers.push((*broker, true, false));
                told.push(json!({
                    "kind": "register_broker", "broker": broker.0, "fenced": true, "in_controlled_shutdown": false,
                }));
            }
            FactKind::BrokerRegistrationChangeRecord { broker, fenced, in_controlled_shutdown } => {
                let old = brokers.iter().find(|(id, ..)| id == broker).copied().unwrap_or((*broker, false, false));
                let mut changed = Map::new();
                if old.1 != *fenced {
                    changed.insert("fenced".to_owned(), json!(fenced));
                }
                if old.2 != *in_controlled_shutdown {
                    changed.insert("in_controlled_shutdown".to_owned(), json!(in_controlled_shutdown));
                }
                brokers.retain(|(id, ..)| id != broker);
                brokers.push((*broker, *fenced, *in_controlled_shutdown));
                told.push(json!({
                    "kind": "broker_change", "broker": broker.0, "changed": changed,
                    "fenced": fenced, "in_controlled_shutdown": in_controlled_shutdown,
                }));
            }
            _ => {}
        }
    }
    for (number, line) in (1_u64..).zip(&mut told) {
        line.as_object_mut().map(|line| line.insert("seq".to_owned(), json!(number)));
    }
    told
}

/// What is written of the configurations of a new topic, before its partitions.
fn configs(story: &Story, name: &str) -> Vec<Value> {
    let Some(topic) = story.topics.iter().find(|topic| topic.name == name) else { return Vec::new() };
    let line = |(name, value): (&String, &String)| json!({"kind": "config", "topic": topic.name, "name": name, "value": value});
    let mut told: Vec<Value> = topic.config.iter().map(line).collect();
    if topic.config.contains_key("min.insync.replicas") {
        told.push(json!({"kind": "clear_elr", "topic": topic.name}));
    }
    told
}

fn partition_line(kind: &str, id: &TopicPartition, record: Option<Value>, old: &Value, new: &Value) -> Value {
    let mut line = Map::new();
    line.insert("kind".to_owned(), json!(kind));
    line.insert("topic".to_owned(), json!(*id.topic));
    line.insert("partition".to_owned(), json!(id.partition));
    if let Some(record) = record {
        line.insert("record".to_owned(), record);
    }
    let fields = new.as_object().cloned().unwrap_or_default();
    let changed: Map<String, Value> =
        fields.iter().filter(|(name, value)| old.get(name.as_str()) != Some(value)).map(owned).collect();
    line.insert("changed".to_owned(), Value::Object(changed));
    line.extend(fields);
    Value::Object(line)
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn sorted(ids: &[BrokerId]) -> Value {
    let mut ids: Vec<i32> = ids.iter().map(|id| id.0).collect();
    ids.sort_unstable();
    json!(ids)
}

fn in_order(ids: &[BrokerId]) -> Value {
    json!(ids.iter().map(|id| id.0).collect::<Vec<_>>())
}

fn recovery(state: LeaderRecoveryState) -> Value {
    json!(match state {
        LeaderRecoveryState::Recovered => "RECOVERED",
        LeaderRecoveryState::Recovering => "RECOVERING",
    })
}

fn leader(leader: Option<BrokerId>) -> Value {
    json!(leader.map_or(-1, |leader| leader.0))
}

/// The fields that the record itself has.
fn record(change: &PartitionChange) -> Value {
    let mut record = Map::new();
    let fields = [
        ("leader", change.leader.map(leader)),
        ("isr", change.isr.as_deref().map(sorted)),
        ("elr", change.elr.as_deref().map(sorted)),
        ("last_known_elr", change.last_known_elr.as_deref().map(sorted)),
        ("replicas", change.replicas.as_deref().map(in_order)),
        ("adding", change.adding_replicas.as_deref().map(sorted)),
        ("removing", change.removing_replicas.as_deref().map(sorted)),
        ("recovery_state", change.leader_recovery_state.map(recovery)),
    ];
    for (name, value) in fields {
        record.extend(value.map(|value| (name.to_owned(), value)));
    }
    Value::Object(record)
}

fn of_partition(at: &PartitionRegistration) -> Value {
    json!({
        "leader": leader(at.leader), "leader_epoch": at.leader_epoch.0, "partition_epoch": at.partition_epoch,
        "replicas": in_order(&at.replicas), "isr": sorted(&at.isr), "elr": sorted(&at.elr),
        "last_known_elr": sorted(&at.last_known_elr), "adding": sorted(&at.adding_replicas),
        "removing": sorted(&at.removing_replicas), "recovery_state": recovery(at.leader_recovery_state),
    })
}

/// The records of a batch: offset, epoch, value.
pub fn records(batches: &[highwater_log::batch::RecordBatch]) -> Vec<Value> {
    let mut told = Vec::new();
    for batch in batches {
        for record in batch.records().unwrap_or_default() {
            let value = record.value.map(|value| String::from_utf8_lossy(&value).into_owned());
            told.push(json!([record.offset, batch.partition_leader_epoch(), value]));
        }
    }
    told
}

/// Everything that can be seen of the cluster.
pub fn state(world: &World) -> Value {
    let mut brokers = Map::new();
    for (id, registration) in &world.metadata().brokers {
        let process = if world.is_running(*id) {
            "up"
        } else if world.is_paused(*id) {
            "paused"
        } else {
            "down"
        };
        brokers.insert(id.0.to_string(), json!({"process": process, "fenced": registration.fenced}));
    }
    let mut partitions = Map::new();
    for (id, registration) in world.metadata().partitions() {
        let mut on_broker = Map::new();
        for broker in world.brokers() {
            let Some(replica) = broker.partitions.get(&id) else { continue };
            let log = &replica.log;
            let batches: Vec<_> = log.batches_from(log.log_start_offset()).cloned().collect();
            let epochs: Vec<Value> =
                log.leader_epochs().iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect();
            let hw = world.is_running(broker.id).then(|| replica.high_watermark().0);
            let told = json!({"leo": log.log_end_offset(), "hw": hw, "epochs": epochs, "log": records(&batches)});
            on_broker.insert(broker.id.0.to_string(), told);
        }
        let mut told = of_partition(registration).as_object().cloned().unwrap_or_default();
        told.insert("on_broker".to_owned(), Value::Object(on_broker));
        partitions.insert(id.to_string(), Value::Object(told));
    }
    json!({"brokers": brokers, "partitions": partitions})
}

/// All differences, first difference first.
pub fn compare(recorded: &Recorded, ours: &Ours) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut differ = |step: usize, what: String, recorded: &Value, ours: &Value| {
        if recorded != ours {
            differences.push(Difference { step, what, recorded: recorded.to_string(), ours: ours.to_string() });
        }
    };
    let lines =
        |recorded: &[Value], ours: &[Value], differ: &mut dyn FnMut(usize, String, &Value, &Value), what: &str| {
            for at in 0..recorded.len().max(ours.len()) {
                let (theirs, ours) = (recorded.get(at).unwrap_or(&Value::Null), ours.get(at).unwrap_or(&Value::Null));
                let step = step_of(theirs).or(step_of(ours)).unwrap_or(0);
                differ(step, format!("line {} of {what}", at.saturating_add(1)), theirs, ours);
            }
        };
    for action in &recorded.story.actions {
        let result =
            ours.results.iter().find(|(step, _)| *step == action.at).map_or(&Value::Null, |(_, result)| result);
        differ(action.at, format!("result of {}", action.what), &action.result, result);
    }
    let (mut theirs, mut states) = (recorded.states.clone(), ours.states.clone());
    for (theirs, ours) in theirs.iter_mut().zip(&mut states) {
        forget_what_varies(theirs, ours);
        forget_checkpoints(ours, theirs);
    }
    lines(&theirs, &states, &mut differ, "states.jsonl");
    lines(&recorded.client, &ours.client, &mut differ, "client.jsonl");
    if let Some(batches) = &recorded.batches {
        lines(batches, &ours.batches, &mut differ, "batches.jsonl");
    }
    if recorded.story.interleaving_varies {
        for subject in subjects(recorded.changes.iter().chain(&ours.changes)) {
            let of = |changes: &[Value]| -> Vec<Value> {
                let of_it = changes.iter().filter(|line| self::subject(line) == subject);
                of_it.cloned().map(without_seq).collect()
            };
            lines(
                &of(&recorded.changes),
                &of(&ours.changes),
                &mut differ,
                &format!("{subject} in partition_changes.jsonl"),
            );
        }
    } else {
        lines(&recorded.changes, &ours.changes, &mut differ, "partition_changes.jsonl");
    }
    differences.sort_by_key(|difference| difference.step);
    differences
}

fn step_of(line: &Value) -> Option<usize> {
    line.get("at").or(line.get("after")).and_then(Value::as_u64).and_then(|step| usize::try_from(step).ok())
}

fn without_seq(mut line: Value) -> Value {
    line.as_object_mut().map(|line| line.remove("seq"));
    line
}

/// The partition or broker that a record is about.
fn subject(line: &Value) -> String {
    match (line.get("topic"), line.get("partition"), line.get("broker")) {
        (Some(topic), Some(partition), _) => format!("{topic}-{partition}"),
        (Some(topic), None, _) => format!("{topic}"),
        (_, _, Some(broker)) => format!("broker {broker}"),
        _ => String::new(),
    }
}

fn subjects<'a>(lines: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut subjects: Vec<String> = lines.map(subject).collect();
    subjects.sort();
    subjects.dedup();
    subjects
}

/// Where nobody leads in the simulator, a high watermark is that of a checkpoint file, which is written every five seconds: it
/// depends on how long the actions before took.
fn forget_checkpoints(ours: &mut Value, recorded: &mut Value) {
    let Some(partitions) = ours.get_mut("partitions").and_then(Value::as_object_mut) else { return };
    for (id, partition) in partitions {
        if partition.get("leader") != Some(&json!(-1)) {
            continue;
        }
        for state in [Some(partition), recorded.get_mut("partitions").and_then(|partitions| partitions.get_mut(id))] {
            let replicas = state.and_then(|state| state.get_mut("on_broker")).and_then(Value::as_object_mut);
            for replica in replicas.into_iter().flat_map(|replicas| replicas.values_mut()) {
                replica.as_object_mut().map(|replica| replica.remove("hw"));
            }
        }
    }
}

/// Takes out of ours what two recordings did not agree in: the paths that the line lists.
fn forget_what_varies(recorded: &Value, ours: &mut Value) {
    let Some(varies) = recorded.get("varies").cloned() else { return };
    for path in varies.as_array().into_iter().flatten().filter_map(Value::as_str) {
        let keys: Vec<&str> = path.split('.').collect();
        let Some((last, parents)) = keys.split_last() else { continue };
        let mut at = Some(&mut *ours);
        for key in parents {
            at = at.and_then(|value| value.get_mut(*key));
        }
        at.and_then(Value::as_object_mut).map(|at| at.remove(*last));
    }
    ours.as_object_mut().map(|ours| ours.insert("varies".to_owned(), varies));
}
