use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::*;

/// The recorded stories that are played.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/groups")
}

fn stories() -> Vec<PathBuf> {
    let mut stories: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.sort();
    stories
}

#[test]
fn groups_do_as_they_did_on_a_real_cluster() {
    for story in stories() {
        let replayed = replay(&story).unwrap_or_else(|error| panic!("{}: {error}", story.display()));
        let told: Vec<String> = replayed.differences.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}:\n{}", story.display(), told.join("\n"));
    }
}

/// Fields that are not compared, or are compared only to say where something is.
const NOT_COMPARED: [&str; 11] = [
    "step",
    "version",
    "reason",
    "message",
    "member",
    "dir",
    "api",
    "event",
    "user_data_bytes",
    "groupId",
    "shareSessionEpoch",
];

/// Every way to change one leaf of a value.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(map) => {
            let mut all = Vec::new();
            // When an expression was resolved is no matter.
            let is_resolved = map.get("record").is_some_and(|kind| kind == "ConsumerGroupRegularExpression");
            let is_compared = |key: &&String| {
                let is_time = is_resolved && key.as_str() == "timestamp";
                !is_time && !NOT_COMPARED.contains(&key.as_str())
            };
            for key in map.keys().filter(is_compared) {
                for new in changed(&map[key]) {
                    let mut map = map.clone();
                    map.insert(key.clone(), new);
                    all.push(Value::Object(map));
                }
            }
            all
        }
        Value::Array(list) => {
            let mut all = Vec::new();
            for at in 0..list.len() {
                for new in changed(&list[at]) {
                    let mut list = list.clone();
                    list[at] = new;
                    all.push(Value::Array(list));
                }
            }
            all
        }
        Value::Number(number) => vec![Value::from(number.as_i64().unwrap_or(0) + 1)],
        // The end of an offset's value is its time and a random id.
        Value::String(text) if text.len() > 60 && text.starts_with("0004") => {
            vec![Value::from(text.replacen("0004", "0003", 1))]
        }
        Value::String(text) => vec![Value::from(format!("x{text}"))],
        Value::Bool(flag) => vec![Value::from(!flag)],
        Value::Null => vec![Value::from("not null")],
    }
}

#[test]
fn a_recording_in_which_anything_compared_is_changed_differs() {
    let mut tried = 0;
    for folder in stories() {
        let name = folder.display();
        let recorded = story::read(&folder).unwrap();
        let ours = play_story(&recorded).unwrap();
        let agree = recorded.story.recording.two_runs_agree_in.as_deref().unwrap();
        let leaders = agree == "everything" || agree == "shape";
        let mut copy = story::read(&folder).unwrap();
        for at in 0..recorded.events.len() {
            for new in changed(&recorded.events[at]) {
                let is_leader = new.get("leader") != recorded.events[at].get("leader");
                let is_on_the_way = agree == "net effect of each step" && is_state(&new);
                copy.events[at] = new;
                let differs = !compare::compare(&copy, &ours).is_empty();
                assert!(
                    differs || is_on_the_way || is_leader && !leaders,
                    "{name}: {} passes for {}",
                    copy.events[at],
                    recorded.events[at]
                );
                tried += 1;
            }
            copy.events[at] = recorded.events[at].clone();
        }
        let rpcs = leaders && recorded.story.recording.rpcs_agree;
        for at in (0..recorded.rpcs.len()).filter(|at| rpcs && is_compared(&recorded.rpcs[*at])) {
            for new in changed(&recorded.rpcs[at]["body"]) {
                copy.rpcs[at]["body"] = new;
                let differs = !compare::compare(&copy, &ours).is_empty();
                assert!(differs, "{name}: {} passes for {}", copy.rpcs[at], recorded.rpcs[at]);
                tried += 1;
            }
            copy.rpcs[at] = recorded.rpcs[at].clone();
        }
    }
    assert!(tried > 10_000, "{tried}");
}

/// What a member has at one moment, which depends on who was faster.
fn is_state(event: &Value) -> bool {
    event["record"].as_str().is_some_and(|record| record.ends_with("CurrentMemberAssignment"))
}

/// Heartbeats only say their error, and answers to those who are gone are not compared.
fn is_compared(rpc: &Value) -> bool {
    let api = rpc["api"].as_str().unwrap();
    matches!(api, "JOIN_GROUP" | "SYNC_GROUP" | "OFFSET_COMMIT" | "OFFSET_FETCH" | "CONSUMER_GROUP_HEARTBEAT")
        || api.starts_with("SHARE_")
        || api == "LEAVE_GROUP" && rpc["dir"] == "request"
}

#[test]
fn a_story_in_which_any_outcome_is_changed_differs() {
    for folder in stories() {
        let recorded = story::read(&folder).unwrap();
        let ours = play_story(&recorded).unwrap();
        for at in 0..recorded.story.actions.len() {
            let action = &recorded.story.actions[at];
            let outcomes = action.arguments.iter().filter(|(name, _)| compare::is_outcome(&action.what, name));
            for (name, value) in outcomes {
                for new in changed(value) {
                    let mut copy = story::read(&folder).unwrap();
                    copy.story.actions[at].arguments.insert(name.clone(), new.clone());
                    let differs = !compare::compare(&copy, &ours).is_empty();
                    assert!(differs, "{}: {name}: {new} passes for {value}", folder.display());
                }
            }
        }
    }
}

#[test]
fn results_and_files_are_held_against_what_was_recorded() {
    let copy = std::env::temp_dir().join(format!("highwater-replay-{}", std::process::id()));
    fs::create_dir_all(&copy).unwrap();
    let story = folder().join("crash-commit-before");
    for file in ["story.json", "events.jsonl", "rpcs.jsonl"] {
        fs::copy(story.join(file), copy.join(file)).unwrap();
    }
    let text = fs::read_to_string(story.join("story.json")).unwrap();
    fs::write(copy.join("story.json"), text.replacen("\"t0-0@5\"", "\"t0-0@4\"", 1)).unwrap();
    let replayed = replay(&copy).unwrap();
    assert_eq!(replayed.differences.len(), 1);
    assert_eq!((replayed.differences[0].step, replayed.differences[0].what.as_str()), (3, "result of poll"));
    fs::write(copy.join("story.json"), text.replacen("crash\"", "explode\"", 1)).unwrap();
    fs::remove_file(copy.join("rpcs.jsonl")).unwrap();
    let said = replay(&copy).map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("explode"), "{said}");
    fs::write(copy.join("events.jsonl"), "{").unwrap();
    assert!(replay(&copy).unwrap_err().to_string().contains("events.jsonl: line 1"));
    fs::remove_dir_all(&copy).unwrap();
    assert!(replay(&copy).is_err());
}
