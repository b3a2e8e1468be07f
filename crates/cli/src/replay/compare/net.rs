//! The net effect of each step: what each member gained and lost, epochs and targets, where the group is in the end. Which
//! states members passed through on the way depends on when heartbeats and metadata came.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Compared, remove};

/// What is left of what is compared.
pub fn effect(compared: Compared) -> Compared {
    let mut net = Compared::new();
    for ((step, what), values) in compared {
        if let Some(member) = what.strip_prefix("callbacks of ") {
            let (moves, others): (Vec<Value>, Vec<Value>) = values.into_iter().partition(is_move);
            let change = change(&moves);
            if !change.is_empty() {
                net.insert((step, format!("what {member} gained and lost")), vec![json!(change)]);
            }
            if !others.is_empty() {
                net.insert((step, what), others);
            }
        } else if what == "records of the log" {
            let (states, others): (Vec<Value>, Vec<Value>) = values.into_iter().partition(is_state);
            for mut state in states {
                let member = state.get("member").and_then(Value::as_str).unwrap_or_default().to_owned();
                remove(&mut state, &["previous_member_epoch"]);
                net.insert((step, format!("where {member} got to")), vec![state]);
            }
            if !others.is_empty() {
                net.insert((step, what), others);
            }
        } else {
            net.insert((step, what), values);
        }
    }
    net
}

/// A callback about partitions.
fn is_move(callback: &Value) -> bool {
    matches!(callback.get(0).and_then(Value::as_str), Some("assigned" | "revoked" | "lost"))
}

/// How many times more often each partition was assigned than given up; those that came and went are left out.
fn change(moves: &[Value]) -> BTreeMap<String, i32> {
    let mut change: BTreeMap<String, i32> = BTreeMap::new();
    for callback in moves {
        let by = if callback.get(0).and_then(Value::as_str) == Some("assigned") { 1 } else { -1 };
        for (topic, numbers) in callback.get(1).and_then(Value::as_object).into_iter().flatten() {
            for number in numbers.as_array().into_iter().flatten() {
                let count = change.entry(format!("{topic}-{number}")).or_default();
                *count = count.saturating_add(by);
            }
        }
    }
    change.retain(|_, count| *count != 0);
    change
}

/// What a member has at one moment.
fn is_state(record: &Value) -> bool {
    record.get("record").and_then(Value::as_str) == Some("ConsumerGroupCurrentMemberAssignment")
        && record.get("tombstone").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callbacks(values: &[Value]) -> Compared {
        effect(Compared::from([((1, "callbacks of C0".to_owned()), values.to_vec())]))
    }

    #[test]
    fn what_comes_at_once_is_the_same_as_what_comes_bit_by_bit() {
        let whole = callbacks(&[json!(["assigned", {"t": [0, 1]}])]);
        let parts = [json!(["assigned", {}]), json!(["assigned", {"t": [1]}]), json!(["assigned", {"t": [0]}])];
        assert_eq!(callbacks(&parts), whole);
        assert_ne!(callbacks(&[json!(["assigned", {"t": [0]}])]), whole);
        assert_ne!(callbacks(&[json!(["revoked", {"t": [0, 1]}])]), whole);
        assert!(callbacks(&[json!(["assigned", {}])]).is_empty());
    }
}
