use super::*;

fn scenario() -> serde_json::Value {
    serde_json::json!({
        "id": "small", "title": {"en": "Small?", "zh": "小？"}, "hook": {"en": "It is.", "zh": "是的。"},
        "family": {"id": "replication", "title": {"en": "Replication", "zh": "复制"}},
        "minutes": 3, "kafka": "4.3", "essential": true, "tags": ["hw"], "picture": 0, "seed": 7,
        "let": [["next", "leo(orders-0)"], ["lead", "hw(orders-0, 2)"]],
        "cluster": {"brokers": 3, "latency_ms": 2, "config": {}},
        "topic": [{"name": "orders", "partitions": 1, "replication": 3, "assignment": null, "config": {}, "scaled": false}],
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
    let scenario = Scenario::checked(&scenario().to_string()).unwrap();
    assert_eq!(scenario.step_index("append"), Some(0));
    let again = Scenario::checked(&scenario.to_json().unwrap()).unwrap();
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
                    serde_json::json!({"name": name, "partitions": 1000, "replication": 3, "assignment": null, "config": {}, "scaled": false})
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
        match Scenario::checked(&json.to_string()) {
            Err(OpenError::Invalid(problem)) => {
                assert!(problem.to_string().starts_with(expected), "{pointer}: {problem}");
            }
            other => panic!("{pointer}: {other:?}"),
        }
    }
}

#[test]
fn text_that_is_no_scenario_is_an_error() {
    let told = |json: &str| Scenario::checked(json).unwrap_err().to_string();
    for json in ["", "[", "\u{feff}{}", "{\"id\": 1.5}"] {
        assert!(matches!(Scenario::checked(json), Err(OpenError::Malformed { .. })), "{json}");
    }
    assert_eq!(told("null"), "This scenario has a mistake: a table is wanted, not null.");
    assert_eq!(told("{}"), "This scenario has a mistake: the key id is missing.");
    let huge = " ".repeat(MAX_PACKED_BYTES + 1);
    assert_eq!(told(&huge), "This scenario has 4194305 bytes; at most 4194304 are read.");
}

#[test]
fn every_key_must_be_known_and_every_value_of_its_kind() {
    let rows: [(&str, &str, serde_json::Value, &str); 10] = [
        ("", "colour", "blue".into(), "colour: \"colour\" is unknown here; possible here: id, title"),
        ("/cluster", "broker", 1.into(), "cluster.broker: \"broker\" is unknown here; did you mean brokers?"),
        ("/cluster", "brokers", "3".into(), "cluster.brokers: a number is wanted, not a text"),
        ("/cluster", "latency_ms", (-1).into(), "cluster.latency_ms: the number -1 is not possible here"),
        (
            "/step/0",
            "do",
            serde_json::json!([{"prodduce": {}}]),
            "step[0].do[0].prodduce: \"prodduce\" is unknown here; did you mean produce?",
        ),
        (
            "/step/0/show",
            "panels",
            serde_json::json!(["clutser"]),
            "step[0].show.panels[0]: \"clutser\" is unknown here; did you mean cluster?",
        ),
        ("/step/0/show", "partition", "orders".into(), "step[0].show.partition: \"orders\" is not a partition"),
        ("/step/0/say", "zh", "{1 +}".into(), "step[0].say.zh: the expression ends too early"),
        ("/step/0/ask", "choices", serde_json::json!({}), "step[0].ask.choices: one key is wanted here"),
        (
            "/producer/0/config",
            "linger.ms",
            serde_json::json!([1]),
            "producer[0].config.\"linger.ms\": a text is wanted, not a list",
        ),
    ];
    for (pointer, key, value, expected) in rows {
        let mut json = scenario();
        json.pointer_mut(pointer).unwrap()[key] = value;
        match Scenario::checked(&json.to_string()) {
            Err(OpenError::Invalid(problem)) => {
                assert!(problem.to_string().starts_with(expected), "{pointer}/{key}: {problem}");
            }
            other => panic!("{pointer}/{key}: {other:?}"),
        }
    }
}

#[test]
fn what_somebody_brought_stays_within_bounds() {
    use crate::playback::Player;
    let rows: [(&str, serde_json::Value, &str); 13] = [
        ("/cluster/brokers", 2_000_000_000.into(), "cluster.brokers: 2000000000; 1 to 16 are possible"),
        ("/cluster/latency_ms", 60_001.into(), "cluster.latency_ms: 60001; 0 to 60000 are possible"),
        ("/topic/0/partitions", 1_001.into(), "topic[0].partitions: 1001; 1 to 1000 are possible"),
        ("/topic/0/replication", 4.into(), "topic[0].replication: 4; 1 to 3 are possible"),
        ("/topic/0/assignment", serde_json::json!([[1, 1, 2]]), "topic[0].assignment[0][1]: a broker twice"),
        ("/picture", 1.into(), "picture: 1; 0 to 0 are possible"),
        ("/step/0/chapter", 7.into(), "step[0].chapter: 7; 0 to 0 are possible"),
        ("/step/0/until/within_ms", 86_400_001.into(), "step[0].until.within_ms: 86400001; 1 to 86400000 are possible"),
        ("/step/0/ask/after", 1.into(), "step[0].ask.after: 1; 0 to 0 are possible"),
        (
            "/step/0/do/1",
            serde_json::json!({"produce_many": {"producer": "p1", "topic": "orders", "count": 10_001, "value_size": 1}}),
            "step[0].do[1].count: 10001; 1 to 10000 are possible",
        ),
        (
            "/step/0/do/1",
            serde_json::json!({"produce_many": {"producer": "p1", "topic": "orders", "count": 1000, "value_size": 1_000_000}}),
            "step.do: 1000000001; 0 to 67108864 are possible",
        ),
        (
            "/step/0/show/moves",
            serde_json::json!({"prefix": "k", "count": 100_001, "from": 1, "to": 2}),
            "step[0].show.moves.count: 100001; 1 to 100000 are possible",
        ),
        ("/step/0/say/en", "{hw(orders-0}".into(), "step[0].say"),
    ];
    for (pointer, value, expected) in rows {
        let mut json = scenario();
        *json.pointer_mut(pointer).unwrap() = value;
        let told = Player::open_brought(&json.to_string()).map(|_| ()).unwrap_err().to_string();
        assert!(told.contains(expected), "{pointer}: {told}");
    }
    let mut steps = scenario();
    let step = steps["step"][0].clone();
    steps["step"] = vec![step; MAX_STEPS + 1].into();
    let told = Player::open_brought(&steps.to_string()).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("step: 201; 1 to 200 are possible"), "{told}");
    let large = " ".repeat(MAX_PACKED_BYTES + 1);
    let told = Player::open_brought(&large).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("at most 4194304 are read"), "{told}");
    // A day of followers that ask every millisecond does not end by itself.
    let mut long = scenario();
    long["cluster"]["config"] = serde_json::json!({"replica.fetch.wait.max.ms": 1});
    long["producer"][0]["config"] = serde_json::json!({"enable.idempotence": false});
    long["step"][0]["until"] =
        serde_json::json!({"fact": null, "ms": 86_400_000, "when": null, "within_ms": 86_400_000});
    let told = Player::open_brought(&long.to_string()).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("append") && told.contains("at most 500000 events"), "{told}");
}
