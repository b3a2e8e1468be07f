//! Ours held against what was recorded, as finely as the story says that two recordings agree.
//!
//! An action without `wait_for` is followed at once by the next, so what such actions lead to is taken together with the
//! next that waited. Callbacks are compared member by member, records of the log in their order, records that a member read
//! partition by partition, requests and responses member by member over the whole story. Where two recordings agree only in
//! the net effect of each step, that is what is compared (`net.rs`). Members of a share group say one after the other where they
//! got to; their sessions' epochs are compared as far as they do not depend on time (`sessions.rs`).

mod net;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value, json};

use super::Ours;
use super::story::Recorded;

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step up to which it happened; 0 for the story as a whole.
    pub step: usize,
    /// What it is about.
    pub what: String,
    /// As recorded.
    pub recorded: String,
    /// As in the simulator.
    pub ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { step, what, recorded, ours } = self;
        write!(f, "step {step}: {what}\n  recorded: {recorded}\n  ours:     {ours}")
    }
}

/// What an action may have given.
const OUTCOMES: [&str; 16] = [
    "result",
    "got",
    "error",
    "then",
    "first_record",
    "count",
    "position",
    "repeated",
    "never_processed",
    "received",
    "deliveries_per_record",
    "distinct_records",
    "committed_by_a_poll",
    "high_watermark",
    "last_stable_offset",
    "lag",
];

/// What is compared: by step and subject, in order.
type Compared = BTreeMap<(usize, String), Vec<Value>>;

/// All differences, first difference first.
pub fn compare(recorded: &Recorded, ours: &Ours) -> Vec<Difference> {
    let agree = recorded.story.recording.two_runs_agree_in.as_deref().unwrap_or("everything");
    let leaders = agree == "everything";
    let phases = phases(recorded);
    let mut differences = Vec::new();
    let is_net = agree.starts_with("net effect");
    let events = |events: &[Value]| {
        let compared = compared_events(events, &phases, leaders);
        if is_net { net::effect(compared) } else { compared }
    };
    find(&events(&recorded.events), &events(&ours.events), &mut differences);
    if recorded.story.recording.rpcs_agree && !is_net && !recorded.rpcs.is_empty() {
        let still: Vec<&str> = recorded
            .story
            .actions
            .iter()
            .filter(|action| is_by_hand(&action.what))
            .filter_map(|action| action.member.as_deref())
            .collect();
        let with_offsets = recorded.rpcs.iter().any(is_about_offsets);
        let rpcs = |rpcs: &[Value]| {
            let mut compared = compared_rpcs(rpcs, leaders, &still);
            if with_offsets {
                add_offsets(rpcs, &mut compared);
            }
            compared
        };
        find(&rpcs(&recorded.rpcs), &rpcs(&ours.rpcs), &mut differences);
        differences.extend(sessions::differences(&recorded.rpcs, &ours.rpcs));
    }
    for action in &recorded.story.actions {
        let mut results = Map::new();
        for (_, result) in ours.results.iter().filter(|(step, _)| *step == action.step) {
            results.extend(result.as_object().cloned().unwrap_or_default());
        }
        // What was recorded must be there, and what is there must be as recorded.
        let names = action.arguments.keys().map(String::as_str).filter(|name| is_outcome(&action.what, name));
        let names: BTreeSet<&str> = names.chain(results.keys().map(String::as_str)).collect();
        for name in names {
            let recorded = action.arguments.get(name).map_or(Value::Null, |there| without_words(there.clone()));
            let ours = results.get(name).map_or(Value::Null, |there| without_words(there.clone()));
            if recorded != ours {
                differences.push(Difference {
                    step: action.step,
                    what: format!("{name} of {}", action.what),
                    recorded: recorded.to_string(),
                    ours: ours.to_string(),
                });
            }
        }
    }
    differences.sort_by_key(|difference| difference.step);
    differences
}

/// It is what an action gave, not what was given to it.
pub fn is_outcome(action: &str, name: &str) -> bool {
    OUTCOMES.contains(&name) && !(action == "produce" && name == "count")
}

/// The action decides when an application polls.
fn is_by_hand(action: &str) -> bool {
    matches!(action, "poll_off" | "poll" | "poll_and_look")
}

/// The step with which what a step leads to is compared: itself or the next that waited.
fn phases(recorded: &Recorded) -> Vec<(usize, usize)> {
    let mut phases = Vec::new();
    let last = recorded.story.actions.last().map_or(0, |action| action.step);
    let mut until = last;
    for action in recorded.story.actions.iter().rev() {
        if action.wait_for.is_some() {
            until = action.step;
        }
        phases.push((action.step, until));
    }
    phases
}

fn compared_events(events: &[Value], phases: &[(usize, usize)], leaders: bool) -> Compared {
    let mut compared = Compared::new();
    for event in events {
        let step = number(event, "step");
        let phase = phases.iter().find(|(there, _)| *there == step).map_or(step, |(_, until)| *until);
        let mut put = |what: String, value: Value| compared.entry((phase, what)).or_default().push(value);
        let member = event.get("member").and_then(Value::as_str).unwrap_or_default();
        match event.get("event").and_then(Value::as_str) {
            Some("records") => {
                for record in event.get("records").and_then(Value::as_array).into_iter().flatten() {
                    let (partition, offset) = record.as_str().and_then(|text| text.split_once('@')).unwrap_or_default();
                    put(format!("records of {partition} read by {member}"), json!(offset));
                }
            }
            Some(name @ ("assigned" | "revoked" | "lost")) => {
                put(format!("callbacks of {member}"), json!([name, event.get("partitions")]));
            }
            Some("poll_error") => {
                let error = event.get("error").cloned().unwrap_or_default();
                put(format!("callbacks of {member}"), json!(["poll_error", without_words(error)]));
            }
            Some("ack_cb") => {
                // The order of the set is made up anew by every process.
                let mut offsets = event.get("offsets").and_then(Value::as_array).cloned().unwrap_or_default();
                offsets.sort_by_key(Value::to_string);
                let error = without_words(event.get("error").cloned().unwrap_or_default());
                put(format!("callbacks of {member}"), json!(["ack_cb", offsets, error]));
            }
            Some(_) => {
                let mut event = event.clone();
                remove(&mut event, &["step", "member"]);
                put(format!("callbacks of {member}"), event);
            }
            // Whose heartbeat comes first is chance.
            None if is_share_state(event) => put(format!("where {member} got to"), record(event, leaders)),
            None if event.get("record").is_some() => put("records of the log".to_owned(), record(event, leaders)),
            None => {
                let mut settled = event.clone();
                remove(&mut settled, &["step"]);
                compared.insert((step, "the group at the end".to_owned()), vec![settled]);
            }
        }
    }
    compared
}

/// What a member of a share group has at one moment.
fn is_share_state(event: &Value) -> bool {
    event.get("record").and_then(Value::as_str) == Some("ShareGroupCurrentMemberAssignment")
        && event.get("tombstone").is_none()
}

/// A record without what no two runs have in common.
fn record(event: &Value, leaders: bool) -> Value {
    let mut record = event.clone();
    remove(&mut record, &["step"]);
    if !leaders {
        remove(&mut record, &["leader"]);
    }
    if record.get("record").and_then(Value::as_str) == Some("ConsumerGroupRegularExpression") {
        remove(&mut record, &["version", "timestamp"]);
    }
    // The value's bytes hold the time of the commit and the topic's id, which is random; the rest is compared.
    if let Some(Value::String(value)) = record.get_mut("value_hex") {
        let metadata = usize::from_str_radix(value.get(28..30).unwrap_or("01"), 16).unwrap_or(1).saturating_sub(1);
        let time = metadata.saturating_mul(2).saturating_add(30);
        let masked: String = value
            .char_indices()
            .map(|(at, digit)| {
                let in_time = at >= time && at < time.saturating_add(16);
                let in_id = at >= time.saturating_add(22);
                if in_time || in_id { '.' } else { digit }
            })
            .collect();
        *value = masked;
    }
    record
}

fn compared_rpcs(rpcs: &[Value], leaders: bool, still: &[&str]) -> Compared {
    let mut compared = Compared::new();
    for rpc in rpcs {
        let member = rpc.get("member").and_then(Value::as_str).unwrap_or_default();
        let api = rpc.get("api").and_then(Value::as_str).unwrap_or_default();
        let is_response = rpc.get("dir").and_then(Value::as_str) == Some("response");
        let what = match api {
            // A client that is gone may not read the answer, or read it late.
            "LEAVE_GROUP" if is_response => continue,
            // How often one that does not poll is told to join again is a matter of time.
            "HEARTBEAT" if still.contains(&member) => continue,
            "JOIN_GROUP"
            | "SYNC_GROUP"
            | "LEAVE_GROUP"
            | "HEARTBEAT"
            | "CONSUMER_GROUP_HEARTBEAT"
            | "SHARE_GROUP_HEARTBEAT" => format!("requests and responses of {member}"),
            "SHARE_ACKNOWLEDGE" => format!("acknowledgements of {member}"),
            _ => continue,
        };
        let mut body = rpc.get("body").cloned().unwrap_or_default();
        remove(&mut body, &["reason", "user_data_bytes"]);
        if let Some(epoch) = body.get_mut("shareSessionEpoch") {
            // How far the session has come is compared by itself.
            *epoch = json!(epoch.as_i64().unwrap_or(0).signum());
        }
        if api == "HEARTBEAT" {
            remove(&mut body, &["generation"]);
        }
        if !leaders {
            remove(&mut body, &["leader", "members", "assignments"]);
        }
        for member in body.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
            remove(member, &["reason"]);
        }
        for protocol in body.get_mut("protocols").and_then(Value::as_array_mut).into_iter().flatten() {
            remove(protocol, &["user_data_bytes"]);
        }
        compared.entry((0, what)).or_default().push(json!([rpc.get("dir"), api, body, rpc.get("step")]));
    }
    compared
}

/// Only some recordings have these.
fn is_about_offsets(rpc: &Value) -> bool {
    matches!(rpc.get("api").and_then(Value::as_str), Some("OFFSET_COMMIT" | "OFFSET_FETCH"))
}

fn add_offsets(rpcs: &[Value], compared: &mut Compared) {
    for rpc in rpcs.iter().filter(|rpc| is_about_offsets(rpc)) {
        let member = rpc.get("member").and_then(Value::as_str).unwrap_or_default();
        let mut body = rpc.get("body").cloned().unwrap_or_default();
        // The answer names the group that was asked for.
        if rpc.get("dir").and_then(Value::as_str) == Some("response") {
            for group in body.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten() {
                remove(group, &["groupId"]);
            }
        }
        let what = format!("requests and responses about offsets of {member}");
        let line = json!([rpc.get("dir"), rpc.get("api"), body, rpc.get("step")]);
        compared.entry((0, what)).or_default().push(line);
    }
}

/// Puts the differences of two sides in order.
fn find(recorded: &Compared, ours: &Compared, differences: &mut Vec<Difference>) {
    let empty = Vec::new();
    let keys: BTreeSet<&(usize, String)> = recorded.keys().chain(ours.keys()).collect();
    for key in keys {
        let (one, other) = (recorded.get(key).unwrap_or(&empty), ours.get(key).unwrap_or(&empty));
        let length = one.len().max(other.len());
        // Of each subject the first difference; what follows is often only its consequence.
        let at = (0..length).find(|at| without_step(one.get(*at)) != without_step(other.get(*at)));
        if let Some(at) = at {
            let said = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            let step = |value: Option<&Value>| value.and_then(|value| value.get(3)).and_then(Value::as_u64);
            let of_rpc = step(one.get(at)).or(step(other.get(at))).and_then(|step| usize::try_from(step).ok());
            differences.push(Difference {
                step: if key.0 == 0 { of_rpc.unwrap_or(0) } else { key.0 },
                what: format!("{}, {}", key.1, at.saturating_add(1)),
                recorded: said(one.get(at)),
                ours: said(other.get(at)),
            });
        }
    }
}

/// The step of a request is said, not compared.
fn without_step(value: Option<&Value>) -> Option<Value> {
    match value {
        Some(Value::Array(parts)) if parts.len() == 4 => Some(json!(parts.iter().take(3).collect::<Vec<_>>())),
        other => other.cloned(),
    }
}

fn number(value: &Value, name: &str) -> usize {
    value.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// An error without Java's text.
fn without_words(mut value: Value) -> Value {
    remove(&mut value, &["message"]);
    if let Value::Object(map) = &mut value {
        for part in map.values_mut() {
            *part = without_words(part.take());
        }
    }
    value
}

fn remove(value: &mut Value, names: &[&str]) {
    if let Value::Object(map) = value {
        map.retain(|name, _| !names.contains(&name.as_str()));
    }
}
