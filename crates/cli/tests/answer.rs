//! Answers as Kafka 4.3 gave them: each line of `tests/vectors` is a question and its answer.

#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::path::Path;

use highwater_cli::answer::{kind_names, run};
use serde_json::Value;

/// What `highwater answer` did: exit code, answers, complaints.
fn answer(kind: &str, lines: impl AsRef<[u8]>) -> (u8, String, String) {
    let (mut answers, mut errors) = (Vec::new(), Vec::new());
    let code = run(kind, lines.as_ref(), &mut answers, &mut errors);
    (code, String::from_utf8(answers).unwrap(), String::from_utf8(errors).unwrap())
}

fn vectors(kind: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/vectors/{kind}.jsonl"));
    json_lines(&std::fs::read_to_string(file).unwrap())
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// Holds our answers against Kafka's, for whole lines and for bare questions. `bare` takes the answer out of a line.
fn as_kafka(kind: &str, lines: &[Value], bare: impl Fn(&mut Value)) {
    let mut questions = lines.to_vec();
    questions.iter_mut().for_each(bare);
    assert_ne!(questions, lines, "the questions are bare");
    for asked in [lines, &questions] {
        let (code, answers, errors) = answer(kind, text(asked));
        assert_eq!((code, errors.as_str()), (0, ""), "{kind}");
        let answers = json_lines(&answers);
        assert_eq!(answers.len(), lines.len(), "{kind}");
        for (number, (ours, kafkas)) in (1..).zip(answers.iter().zip(lines)) {
            assert_eq!(ours, kafkas, "{kind} line {number}");
        }
    }
}

fn without(line: &mut Value, fields: &[&str]) {
    line.as_object_mut().unwrap().retain(|field, _| !fields.contains(&field.as_str()));
}

fn ops_without(line: &mut Value, fields: &[&str]) {
    for op in line["ops"].as_array_mut().unwrap() {
        without(op, fields);
    }
}

#[test]
fn keys_go_to_kafkas_partitions() {
    as_kafka("partition", &vectors("partition"), |line| {
        without(line, &["murmur2", "partition"]);
    });
}

#[test]
fn groups_go_to_kafkas_partitions() {
    for lines in ["group_partition", "group_partition_rare"] {
        as_kafka("group_partition", &vectors(lines), |line| without(line, &["partition"]));
    }
}

#[test]
fn batches_have_kafkas_bytes() {
    as_kafka("batch", &vectors("batch"), |line| without(line, &["bytes_hex"]));
}

#[test]
fn the_sticky_partitioner_chooses_as_kafkas() {
    as_kafka("sticky_partitioner", &vectors("sticky_partitioner"), |line| {
        ops_without(line, &["partition", "switched"]);
    });
}

#[test]
fn leader_epochs_live_as_kafkas() {
    as_kafka("leader_epochs", &vectors("leader_epochs"), |line| without(line, &["answers", "final"]));
}

#[test]
fn a_segment_is_recovered_as_kafkas() {
    for lines in ["recovery", "recovery_rare"] {
        as_kafka("recovery", &vectors(lines), |line| without(line, &["recover"]));
    }
}

#[test]
fn a_log_lives_as_kafkas() {
    for lines in ["log_ops", "log_ops_rare"] {
        as_kafka("log_ops", &vectors(lines), |line| without(line, &["answers", "final"]));
    }
}

#[test]
fn producers_are_known_as_kafka_knows_them() {
    as_kafka("producer_state", &vectors("producer_state"), |line| without(line, &["answers", "final"]));
}

#[test]
fn a_log_is_cleaned_as_kafkas() {
    as_kafka("compaction", &vectors("compaction"), |line| without(line, &["answers", "final"]));
}

#[test]
fn a_leader_keeps_its_partition_as_kafkas() {
    for lines in ["partition_leader", "partition_leader_rare"] {
        as_kafka("partition_leader", &vectors(lines), |line| ops_without(line, &["result", "after"]));
    }
}

#[test]
fn the_controller_changes_partitions_as_kafkas() {
    for lines in ["partition_change", "partition_change_rare"] {
        as_kafka("partition_change", &vectors(lines), |line| without(line, &["record", "after"]));
    }
}

#[test]
fn the_controller_places_replicas_as_kafkas() {
    for lines in ["placement", "placement_rare"] {
        as_kafka("placement", &vectors(lines), |line| {
            for call in line["calls"].as_array_mut().unwrap() {
                without(call, &["assignment", "error"]);
            }
        });
    }
}

#[test]
fn members_are_assigned_partitions_as_kafkas() {
    for kind in ["assign", "assign_server", "assign_share"] {
        as_kafka(kind, &vectors(kind), |line| without(line, &["assignment"]));
    }
}

/// Generations that differ, partitions that two own or that are gone, chains of subscriptions, many members, names that
/// Java's UTF-16 orders otherwise, ids in one bucket of a hash table, topics without partitions.
#[test]
fn rare_groups_are_assigned_partitions_as_kafkas() {
    for kind in ["assign", "assign_server", "assign_share"] {
        as_kafka(kind, &vectors(&format!("{kind}_rare")), |line| without(line, &["assignment"]));
    }
}

#[test]
fn a_group_that_cannot_be_is_told() {
    let lines = r#"{"strategy": "best", "topics": {}, "members": []}
        {"strategy": "range", "topics": {}, "members": [{"id": "A", "topics": []}, {"id": "A", "topics": []}]}
        {"topics": {}, "members": []}
        {"strategy": "sticky", "topics": {"t": 99999999}, "members": [{"id": "A", "topics": ["t"]}]}"#;
    let (code, answers, errors) = answer("assign", lines);
    let answers = json_lines(&answers);
    assert_eq!((code, answers.len()), (1, 4));
    assert_eq!(answers[0]["unanswered"], "the assignor `best` is not one of this kind");
    assert_eq!(answers[3]["unanswered"], "there are too many members, topics or partitions");
    assert_eq!(
        errors,
        "highwater answer: line 2: two members are called `A`\n\
         highwater answer: line 3: missing field `strategy`\n\
         highwater answer: 4 of 4 lines have no answer\n"
    );
    let lines = r#"{"assignor": "uniform", "topics": {"t": 1}, "topic_ids": {"t": "0g"}, "members": []}
        {"assignor": "uniform", "topics": {"t": 1}, "members": []}"#;
    let (code, _, errors) = answer("assign_server", lines);
    assert_eq!(code, 1);
    assert!(errors.contains("line 1: `topic_ids`: `t`: invalid digit"), "{errors}");
    assert!(errors.contains("line 2: `topic_ids` lacks `t`"), "{errors}");
}

#[test]
fn the_controller_reassigns_partitions_as_kafkas() {
    as_kafka("reassignment", &vectors("reassignment"), |line| {
        without(line, &["adding", "removing", "replicas", "original_replicas", "in_progress", "revert"]);
        for asked in line["maybe_complete"].as_array_mut().unwrap() {
            without(asked, &["completed"]);
        }
    });
}

#[test]
fn the_accumulator_fills_and_drains_batches_as_kafkas() {
    for lines in ["accumulator", "accumulator_rare"] {
        as_kafka("accumulator", &vectors(lines), |line| ops_without(line, &["result"]));
    }
}

#[test]
fn bad_lines_are_told_with_their_number_and_the_others_are_answered() {
    let lines = "{\"group\": \"orders\", \"partitions\": 50}\n\n\
        [1]\n\
        {\"group\": \n\
        {\"group\": \"orders\"}\n\
        {\"group\": \"orders\", \"partitions\": 0}\n\
        {\"group\": \"orders\", \"partitions\": 50, \"partition\": 7}";
    let (code, answers, errors) = answer("group_partition", lines);
    assert_eq!(code, 1);
    assert_eq!(
        errors,
        "highwater answer: line 3: not a JSON object\n\
         highwater answer: line 4: not JSON: EOF while parsing a value at line 2 column 0\n\
         highwater answer: line 5: missing field `partitions`\n\
         highwater answer: line 6: `partitions` must be at least 1, not 0\n\
         highwater answer: 4 of 6 lines have no answer\n"
    );
    let mut answers = json_lines(&answers);
    let right = serde_json::json!({"group": "orders", "partitions": 50, "partition": 31});
    assert_eq!(answers.len(), 4);
    assert_eq!((&answers[0], &answers[3]), (&right, &right));
    assert_eq!(answers[2]["unanswered"].take(), "`partitions` must be at least 1, not 0");
}

#[test]
fn other_bytes_than_text_are_told_too() {
    let (code, answers, errors) = answer("partition", b"\xff\n");
    assert_eq!((code, answers.as_str()), (1, ""));
    assert!(errors.starts_with("highwater answer: line 1: not UTF-8\n"), "{errors}");
}

#[test]
fn an_unknown_kind_is_wrong_usage_and_the_kinds_are_told() {
    let (code, answers, errors) = answer("partitions", "");
    assert_eq!((code, answers.as_str()), (2, ""));
    for kind in kind_names() {
        assert!(errors.contains(kind), "{errors}");
    }
}
