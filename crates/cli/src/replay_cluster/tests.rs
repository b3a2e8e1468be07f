use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::*;

/// The recorded stories that are played.
fn stories() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/cluster");
    let mut stories: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.sort();
    stories
}

#[test]
fn the_cluster_does_as_a_real_one_did() {
    let stories = stories();
    assert!(stories.len() >= 22);
    for story in stories {
        assert!(is_story(&story));
        let replayed = replay(&story).unwrap_or_else(|error| panic!("{}: {error}", story.display()));
        let told: Vec<String> = replayed.differences.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}:\n{}", story.display(), told.join("\n"));
    }
}

/// Every way to change one leaf of a value.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(map) => {
            let mut all = Vec::new();
            // What the recording itself says is not compared is told as it is.
            for (key, value) in map.iter().filter(|(key, _)| *key != "varies") {
                for new in changed(value) {
                    let mut map = map.clone();
                    map.insert(key.clone(), new);
                    all.push(Value::Object(map));
                }
            }
            all
        }
        Value::Array(list) => {
            let mut all = Vec::new();
            for (at, value) in list.iter().enumerate() {
                for new in changed(value) {
                    let mut list = list.clone();
                    list[at] = new;
                    all.push(Value::Array(list));
                }
            }
            all
        }
        Value::Number(number) => vec![Value::from(number.as_i64().unwrap_or(0) + 1)],
        Value::String(text) => vec![Value::from(format!("x{text}"))],
        Value::Bool(flag) => vec![Value::from(!flag)],
        Value::Null => vec![Value::from("not null")],
    }
}

/// A state without what is not compared: the high watermarks of a partition that nobody leads.
fn compared(mut state: Value) -> Value {
    for partition in state["partitions"].as_object_mut().unwrap().values_mut() {
        if partition["leader"] == -1 {
            for replica in partition["on_broker"].as_object_mut().unwrap().values_mut() {
                replica.as_object_mut().unwrap().remove("hw");
            }
        }
    }
    state
}

/// A recording and ours of which only some parts are compared.
fn part(recorded: &story::Recorded, ours: &Ours, of: &str, line: usize) -> (story::Recorded, Ours) {
    let only = |lines: &[Value], name: &str| if of == name { lines.to_vec() } else { Vec::new() };
    let one = |lines: &[Value]| if of == "states" { lines[line..=line].to_vec() } else { Vec::new() };
    let mut story: story::Story = serde_json::from_value(recorded.as_it_is.clone()).unwrap();
    if of != "results" {
        story.actions.clear();
    }
    let part = story::Recorded {
        story,
        as_it_is: Value::Null,
        changes: only(&recorded.changes, "changes"),
        states: one(&recorded.states),
        client: only(&recorded.client, "client"),
        batches: recorded.batches.as_ref().filter(|_| of == "batches").cloned(),
    };
    let ours = Ours {
        changes: only(&ours.changes, "changes"),
        states: one(&ours.states),
        client: only(&ours.client, "client"),
        batches: only(&ours.batches, "batches"),
        results: ours.results.clone(),
    };
    (part, ours)
}

#[test]
fn a_recording_in_which_anything_compared_is_changed_differs() {
    for story in stories() {
        let recorded = story::read(&story).unwrap();
        let ours = play::play(&recorded).unwrap();
        let mut tried = 0;
        let mut differs = |(recorded, ours): (&story::Recorded, &Ours), what: &Value| {
            assert!(!told::compare(recorded, ours).is_empty(), "{}: {what} passes", story.display());
            tried += 1;
        };
        let (mut theirs, mine) = part(&recorded, &ours, "changes", 0);
        for at in 0..theirs.changes.len() {
            let old = theirs.changes[at].clone();
            for new in changed(&old) {
                theirs.changes[at] = new.clone();
                differs((&theirs, &mine), &new);
            }
            theirs.changes[at] = old;
        }
        let last = theirs.changes.pop().unwrap();
        differs((&theirs, &mine), &last);
        for at in 0..recorded.states.len() {
            let (mut theirs, mine) = part(&recorded, &ours, "states", at);
            for new in changed(&compared(recorded.states[at].clone())) {
                theirs.states[0] = new.clone();
                differs((&theirs, &mine), &new);
            }
        }
        let (mut theirs, mine) = part(&recorded, &ours, "client", 0);
        for at in 0..theirs.client.len() {
            let old = theirs.client[at].clone();
            for new in changed(&old) {
                theirs.client[at] = new.clone();
                differs((&theirs, &mine), &new);
            }
            theirs.client[at] = old;
        }
        let (mut theirs, mine) = part(&recorded, &ours, "batches", 0);
        for at in 0..theirs.batches.as_ref().map_or(0, Vec::len) {
            let old = theirs.batches.as_ref().unwrap()[at].clone();
            for new in changed(&old) {
                theirs.batches.as_mut().unwrap()[at] = new.clone();
                differs((&theirs, &mine), &new);
            }
            theirs.batches.as_mut().unwrap()[at] = old;
        }
        let (mut theirs, mine) = part(&recorded, &ours, "results", 0);
        for at in 0..theirs.story.actions.len() {
            let old = theirs.story.actions[at].result.clone();
            for new in changed(&old) {
                theirs.story.actions[at].result = new.clone();
                differs((&theirs, &mine), &new);
            }
            theirs.story.actions[at].result = old;
        }
        assert!(tried > 200, "{}: {tried}", story.display());
    }
}

#[test]
fn what_cannot_be_played_is_told() {
    let copy = std::env::temp_dir().join(format!("highwater-cluster-{}", std::process::id()));
    fs::create_dir_all(&copy).unwrap();
    let story = stories().into_iter().find(|story| story.ends_with("leader-kill")).unwrap();
    for file in ["story.json", "partition_changes.jsonl", "states.jsonl", "client.jsonl"] {
        fs::copy(story.join(file), copy.join(file)).unwrap();
    }
    let text = fs::read_to_string(story.join("story.json")).unwrap();
    let said = |text: String| {
        fs::write(copy.join("story.json"), text).unwrap();
        replay(&copy).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(said(text.replacen("\"do\": \"kill\"", "\"do\": \"explode\"", 1)), "step 4: explode is not simulated");
    assert_eq!(
        said(text.replacen("\"broker\": 1,", "\"broker\": 9,", 1)),
        "story.json: BROKER_ID_NOT_REGISTERED: Broker ID 9 is not currently registered"
    );
    assert_eq!(said(text.replacen("\"broker\": 1,", "", 1)), "story.json: step 4: no broker");
    assert_eq!(said(text.replacen("\"leader\": 2,", "\"leader\": 7,", 1)), "step 5: waited in vain: wait_for");
    assert!(said("{".to_owned()).starts_with("story.json: "));
    fs::write(copy.join("story.json"), &text).unwrap();
    fs::write(copy.join("states.jsonl"), "{").unwrap();
    assert!(replay(&copy).map(|_| ()).unwrap_err().to_string().starts_with("states.jsonl: line 1: "));
    fs::remove_dir_all(&copy).unwrap();
    assert!(replay(&copy).is_err());
}
