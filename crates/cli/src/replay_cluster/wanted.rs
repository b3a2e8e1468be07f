//! What an action waits for.

use highwater_sim::world::World;
use serde_json::{Map, Value, json};

use super::story::Story;
use super::told;

/// Everything that is wanted is so.
pub fn holds(story: &Story, world: &World, wanted: &Map<String, Value>) -> bool {
    if let Some(all) = wanted.get("all").and_then(Value::as_array) {
        return all.iter().filter_map(Value::as_object).all(|wanted| holds(story, world, wanted));
    }
    let first = story.topics.first().map_or("", |topic| topic.name.as_str());
    let topic = wanted.get("topic").and_then(Value::as_str).unwrap_or(first);
    let number = wanted.get("partition").and_then(Value::as_i64).unwrap_or(0);
    let state = told::state(world);
    let at = |path: String| state.pointer(&path).cloned().unwrap_or(Value::Null);
    let of_partition = |key: &str| at(format!("/partitions/{topic}-{number}/{key}"));
    let of_each = |wanted: &Value, field: &dyn Fn(&str) -> Value| {
        wanted.as_object().is_some_and(|wanted| wanted.iter().all(|(broker, value)| field(broker) == *value))
    };
    wanted.iter().all(|(key, value)| match key.as_str() {
        "topic" | "partition" => true,
        "fenced" => of_each(value, &|broker| at(format!("/brokers/{broker}/fenced"))),
        "leo" | "hw" => of_each(value, &|broker| of_partition(&format!("on_broker/{broker}/{key}"))),
        "answers" => value
            .as_array()
            .is_some_and(|brokers| brokers.iter().all(|id| at(format!("/brokers/{id}/process")) == json!("up"))),
        "replicas" => of_partition(key) == *value,
        _ => sorted(&of_partition(key)) == sorted(value),
    })
}

fn sorted(value: &Value) -> Vec<Value> {
    let mut list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    list.sort_by_key(Value::to_string);
    list
}
