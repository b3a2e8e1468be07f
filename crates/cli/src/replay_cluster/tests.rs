use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::*;

/// The recorded stories that are played; `hw-two-rounds` is played elsewhere (`crates/sim/tests`).
fn stories() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/cluster");
    let mut stories: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.retain(|story| !story.ends_with("hw-two-rounds"));
    stories.sort();
    stories
}

#[test]
fn the_cluster_does_as_a_real_one_did() {
    let stories = stories();
    assert!(stories.len() >= 14);
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
            for (key, value) in map {
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

#[test]
fn a_recording_in_which_anything_compared_is_changed_differs() {
    for story in stories() {
        let mut recorded = story::read(&story).unwrap();
        let ours = play::play(&recorded).unwrap();
        let mut tried = 0;
        let mut differs = |recorded: &story::Recorded, what: &Value| {
            assert!(!told::compare(recorded, &ours).is_empty(), "{}: {what} passes", story.display());
            tried += 1;
        };
        for at in 0..recorded.changes.len() {
            let old = recorded.changes[at].clone();
            for new in changed(&old) {
                recorded.changes[at] = new.clone();
                differs(&recorded, &new);
            }
            recorded.changes[at] = old;
        }
        for at in 0..recorded.states.len() {
            let old = recorded.states[at].clone();
            for new in changed(&compared(old.clone())) {
                recorded.states[at] = new.clone();
                differs(&recorded, &new);
            }
            recorded.states[at] = old;
        }
        for at in 0..recorded.client.len() {
            let old = recorded.client[at].clone();
            for new in changed(&old) {
                recorded.client[at] = new.clone();
                differs(&recorded, &new);
            }
            recorded.client[at] = old;
        }
        for at in 0..recorded.story.actions.len() {
            let old = recorded.story.actions[at].result.clone();
            for new in changed(&old) {
                recorded.story.actions[at].result = new.clone();
                differs(&recorded, &new);
            }
            recorded.story.actions[at].result = old;
        }
        let last = recorded.changes.pop().unwrap();
        differs(&recorded, &last);
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
    assert_eq!(said(text.replacen("\"broker\": 1,", "\"broker\": 9,", 1)), "story.json: there is no broker 9");
    assert_eq!(said(text.replacen("\"broker\": 1,", "", 1)), "story.json: step 4: no broker");
    assert_eq!(said(text.replacen("\"leader\": 2,", "\"leader\": 7,", 1)), "step 5: waited in vain: wait_for");
    assert!(said("{".to_owned()).starts_with("story.json: "));
    fs::write(copy.join("story.json"), &text).unwrap();
    fs::write(copy.join("states.jsonl"), "{").unwrap();
    assert!(replay(&copy).map(|_| ()).unwrap_err().to_string().starts_with("states.jsonl: line 1: "));
    fs::remove_dir_all(&copy).unwrap();
    assert!(replay(&copy).is_err());
}
