use super::*;

fn scenario() -> serde_json::Value {
    serde_json::json!({
        "id": "small", "title": {"en": "Small?", "zh": "小？"}, "hook": {"en": "It is.", "zh": "是的。"},
        "family": {"id": "replication", "title": {"en": "Replication", "zh": "复制"}},
        "minutes": 3, "kafka": "4.3", "essential": true, "tags": ["hw"], "picture": 0, "seed": 7,
        "let": [["next", "leo(orders-0)"], ["lead", "hw(orders-0, 2)"]],
        "cluster": {"brokers": 3, "latency_ms": 2, "config": {}},
        "topic": [{"name": "orders", "partitions": 1, "replication": 3, "assignment": null, "config": {}}],
        "producer": [{"id": "p1", "config": {"linger.ms": 0}}],
        "consumer": [{"id": "c1", "assign": ["orders-0"], "from": "earliest", "config": {}, "start": false}],
        "chapter": [{"id": "all", "title": {"en": "All", "zh": "全部"}}],
        "step": [{
            "id": "append", "chapter": 0,
            "title": {"en": "The leader appends", "zh": "追加"},
            "say": {"en": "[[leo]] is {next}, and **not** {lead:bad}.", "zh": "[[leo]] 是 {next}，**不是** {lead}。"},
            "do": [{"produce": {"producer": "p1", "topic": "orders", "value": "a"}}, {"start_consumer": {"consumer": "c1"}}],
            "until": {"fact": {"name": "RecordAppended", "fields": {"broker": 1}, "count": 1}, "ms": null, "when": null, "within_ms": 1000},
            "look": ["broker-1/orders-0/leo"],
            "show": {"panels": ["cluster"], "partition": "orders-0", "topic": "orders", "producer": "p1", "key": null,
                     "through": "partition", "before": null, "moves": null},
            "expect": ["hw(orders-0) == 0"],
            "ask": {"question": {"en": "Which?", "zh": "哪个？"}, "after": 0, "choices": {"near": "hw(orders-0)"},
                    "why": {"en": "Because.", "zh": "因为。"}},
            "history": null, "terms": ["leo"]
        }]
    })
}

#[test]
fn a_packed_scenario_comes_back_as_it_was() {
    let scenario = Scenario::from_json(&scenario().to_string()).unwrap();
    assert_eq!(scenario.step_index("append"), Some(0));
    let again = Scenario::from_json(&scenario.to_json().unwrap()).unwrap();
    assert_eq!(again, scenario);
}

#[test]
fn what_is_wrong_in_a_packed_scenario_is_told_with_its_place() {
    let rows: [(&str, serde_json::Value, &str); 14] = [
        (
            "/id",
            "Small".into(),
            r#"id: "Small" is not an id; an id has small letters, digits and single hyphens between them, at most 64"#,
        ),
        (
            "/picture",
            1.into(),
            "picture: there is no such step; name the step with the decisive moment",
        ),
        (
            "/cluster/brokers",
            0.into(),
            "cluster.brokers: 0 brokers; 1 to 16 are possible",
        ),
        (
            "/topic/0/replication",
            4.into(),
            "topic[0].replication: 4 replicas on 3 brokers",
        ),
        (
            "/let/0/1",
            "leo(orders-1)".into(),
            "let.next: orders has no partition 1; its partitions are 0 to 0",
        ),
        (
            "/let/0/1",
            "next + 1".into(),
            "let.next: this definition uses itself: next → next",
        ),
        (
            "/step/0/do/1",
            serde_json::json!({"produce_many": {"producer": "p1", "topic": "orders", "count": 10_000, "value_size": 1_000_000}}),
            "step: all steps together send 10001 records with 10000000001 bytes; at most 100000 records and 67108864 bytes are simulated",
        ),
        (
            "/topic",
            ["orders", "b", "c", "d"]
                .map(|name| {
                    serde_json::json!({"name": name, "partitions": 1000, "replication": 3, "assignment": null, "config": {}})
                })
                .to_vec()
                .into(),
            "topic: 12000 replicas in all topics together; at most 10000 are simulated",
        ),
        (
            "/step/0/chapter",
            1.into(),
            "chapter[0]: no step belongs to chapter all",
        ),
        (
            "/step/0/expect/0",
            "hww(orders-0) == 0".into(),
            r#"step[0].expect[0]: unknown function "hww"; did you mean hw?"#,
        ),
        (
            "/step/0/expect/0",
            "hw(orders-0)".into(),
            "step[0].expect[0]: this is a number, not true or false",
        ),
        (
            "/step/0/look/0",
            "broker-4/orders-0".into(),
            "step[0].look[0]: \"broker-4/orders-0\" is not a mark of this scenario",
        ),
        (
            "/step/0/say/zh",
            "{hw(order-0)}".into(),
            "step.append.say: no topic is called order; did you mean orders?",
        ),
        (
            "/step/0/ask/after",
            1.into(),
            "step[0].ask.after: no step follows that could answer; write after = \"now\"",
        ),
    ];
    for (pointer, value, expected) in rows {
        let mut json = scenario();
        *json.pointer_mut(pointer).unwrap() = value;
        match Scenario::from_json(&json.to_string()) {
            Err(OpenError::Invalid(problem)) => {
                assert!(problem.to_string().starts_with(expected), "{pointer}: {problem}");
            }
            other => panic!("{pointer}: {other:?}"),
        }
    }
}

#[test]
fn text_that_is_no_scenario_is_an_error() {
    for json in ["", "null", "{}", "[", "{\"id\": 3}", "\u{feff}{}"] {
        assert!(matches!(Scenario::from_json(json), Err(OpenError::Malformed { .. })), "{json}");
    }
    let huge = " ".repeat(MAX_PACKED_BYTES + 1);
    let error = Scenario::from_json(&huge).unwrap_err();
    assert_eq!(error.to_string(), "This scenario has 4194305 bytes; at most 4194304 are read.");
    let mut unknown = scenario();
    unknown["colour"] = "blue".into();
    let error = Scenario::from_json(&unknown.to_string()).unwrap_err();
    assert!(error.to_string().contains("unknown field `colour`"), "{error}");
}
