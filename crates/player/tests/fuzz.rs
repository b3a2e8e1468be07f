//! No text makes the parsers panic, and what they accept can be evaluated without a panic.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use highwater_player::expression::{Environment, EvaluationError, Expression, Value};
use highwater_player::script::Scenario;
use highwater_player::template::Template;
use proptest::prelude::*;

/// Answers with extremes.
struct Extreme;

impl Environment for Extreme {
    fn call(&self, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
        Ok(match function.len() % 4 {
            0 => Value::Number(i64::MIN),
            1 => Value::Number(i64::MAX),
            2 => args.first().cloned().unwrap_or(Value::None),
            _ => return Err(EvaluationError::new("no")),
        })
    }
}

/// Texts that look like the language.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("hw(".to_owned()),
        Just("orders-0".to_owned()),
        Just("user-".to_owned()),
        Just("not ".to_owned()),
        Just(" in ".to_owned()),
        Just(" and ".to_owned()),
        "[0-9]{1,20}",
        "[-+*/%()\\[\\],<>=!'\"\\\\.{}|: ]{1,3}",
        Just("**".to_owned()),
        Just("[[hw".to_owned()),
        Just("水位".to_owned()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn packed() -> serde_json::Value {
    serde_json::json!({
        "id": "small", "title": {"en": "Small?", "zh": "小？"}, "hook": {"en": "It is.", "zh": "是的。"},
        "family": {"id": "replication", "title": {"en": "Replication", "zh": "复制"}},
        "minutes": 3, "kafka": "4.3", "essential": true, "tags": [], "picture": 0, "seed": 7, "let": [["next", "leo(orders-0)"]],
        "cluster": {"brokers": 3, "latency_ms": 2, "config": {}},
        "topic": [{"name": "orders", "partitions": 1, "replication": 3, "assignment": null, "config": {}, "scaled": false}],
        "producer": [], "consumer": [], "chapter": [{"id": "all", "title": {"en": "All", "zh": "全部"}}],
        "step": [{
            "id": "append", "chapter": 0, "title": {"en": "T", "zh": "题"}, "say": {"en": "{next}", "zh": "{next}"},
            "do": [], "until": null, "look": ["isr/orders-0"],
            "show": {"panels": ["cluster"], "partition": "orders-0", "topic": "orders", "producer": null, "key": null,
                     "through": "partition", "before": null, "moves": null},
            "expect": ["next == 0"], "ask": null, "history": null, "terms": []
        }]
    })
}

/// The pointers of all values in a JSON.
fn pointers(json: &serde_json::Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match json {
        serde_json::Value::Object(object) => {
            object.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), all));
        }
        serde_json::Value::Array(array) => {
            array.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{at}/{index}"), all));
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in prop_oneof![any::<String>(), nearly()]) {
        if let Ok(expression) = Expression::parse(&text) {
            let _ = expression.evaluate(&Extreme);
            let _ = expression.why_not(&Extreme);
        }
        if let Ok(template) = Template::parse(&text) {
            let _ = template.render(&Extreme, str::to_owned);
            prop_assert_eq!(template.source(), text.as_str());
        }
        prop_assert!(Scenario::checked(&text).is_err());
    }

    #[test]
    fn a_packed_scenario_with_one_thing_changed_is_opened_or_refused(
        which in any::<prop::sample::Index>(),
        number in any::<i64>(),
        text in prop_oneof![any::<String>(), nearly()],
        kind in 0..4,
    ) {
        let mut json = packed();
        prop_assert!(Scenario::checked(&json.to_string()).is_ok());
        let mut all = Vec::new();
        pointers(&json, "", &mut all);
        let pointer = which.get(&all);
        *json.pointer_mut(pointer).unwrap() = match kind {
            0 => number.into(),
            1 => text.into(),
            2 => serde_json::Value::Null,
            _ => serde_json::json!([]),
        };
        if let Ok(scenario) = Scenario::checked(&json.to_string()) {
            prop_assert!(!scenario.steps.is_empty());
        }
    }
}
