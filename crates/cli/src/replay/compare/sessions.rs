//! The epochs of share sessions. Every request of a member counts, also the fetches that waited for records and came back
//! with nothing; how many of those there were is a matter of time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Difference, number};

/// An acknowledgement: its step, the epoch of its session, how often a fetch of its member had waited before.
type Acknowledgement = (usize, i64, i64);

/// Differences between epochs, acknowledgement by acknowledgement, each counted from the one before.
pub fn differences(recorded: &[Value], ours: &[Value]) -> Vec<Difference> {
    let (recorded, ours) = (by_member(recorded), by_member(ours));
    let mut differences = Vec::new();
    for (member, recorded) in &recorded {
        let own = ours.get(member).map(Vec::as_slice).unwrap_or_default();
        let (mut there, mut here, mut waits) = (0, 0, 0);
        for ((step, epoch, _), (_, own_epoch, own_waits)) in recorded.iter().zip(own) {
            let (grown, own_grown) = (epoch.saturating_sub(there), own_epoch.saturating_sub(here));
            let waited = own_waits.saturating_sub(waits);
            (there, here, waits) = (*epoch, *own_epoch, *own_waits);
            if grown.saturating_sub(own_grown).abs() > leeway(waited) {
                differences.push(Difference {
                    step: *step,
                    what: format!("share session epoch of {member}"),
                    recorded: epoch.to_string(),
                    ours: format!("{own_epoch}, of which {own_waits} fetches waited"),
                });
            }
        }
    }
    differences
}

/// So many more or less are a matter of time.
fn leeway(waited: i64) -> i64 {
    if waited <= 0 { 0 } else { waited.checked_div(4).unwrap_or(0).saturating_add(3) }
}

fn by_member(rpcs: &[Value]) -> BTreeMap<&str, Vec<Acknowledgement>> {
    let mut found: BTreeMap<&str, Vec<Acknowledgement>> = BTreeMap::new();
    for rpc in rpcs.iter().filter(|rpc| rpc.get("api").and_then(Value::as_str) == Some("SHARE_ACKNOWLEDGE")) {
        let epoch = rpc.get("body").and_then(|body| body.get("shareSessionEpoch")).and_then(Value::as_i64);
        let Some(epoch) = epoch.filter(|epoch| *epoch > 0) else { continue };
        let member = rpc.get("member").and_then(Value::as_str).unwrap_or_default();
        let waits = rpc.get("waits").and_then(Value::as_i64).unwrap_or(0);
        found.entry(member).or_default().push((number(rpc, "step"), epoch, waits));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rpcs(epochs: &[(i64, i64)]) -> Vec<Value> {
        let one = |(epoch, waits): &(i64, i64)| {
            let body = json!({"shareSessionEpoch": epoch});
            json!({"step": 1, "member": "S0", "api": "SHARE_ACKNOWLEDGE", "body": body, "waits": waits})
        };
        epochs.iter().map(one).collect()
    }

    #[test]
    fn only_fetches_that_waited_give_leeway() {
        let ours = rpcs(&[(1, 0), (10, 7), (12, 7)]);
        assert!(differences(&rpcs(&[(1, 0), (13, 0), (15, 0)]), &ours).is_empty());
        assert_eq!(differences(&rpcs(&[(2, 0), (11, 0), (13, 0)]), &ours).len(), 1);
        assert_eq!(differences(&rpcs(&[(1, 0), (20, 0), (22, 0)]), &ours).len(), 1);
        assert_eq!(differences(&rpcs(&[(1, 0), (10, 0), (13, 0)]), &ours).len(), 1);
    }
}
