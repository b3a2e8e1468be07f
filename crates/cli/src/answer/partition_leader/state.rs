//! A partition as answers tell it: what changed since the operation before.

use highwater_sim::broker::alter_partition::AlterPartitionManager;
use highwater_sim::broker::isr::IsrChange;
use highwater_sim::broker::partition::Partition;
use highwater_sim::broker::replica::ReplicaState;
use highwater_sim::ids::BrokerId;
use serde_json::{Value, json};

use super::super::{Object, object};

/// What was told last.
#[derive(Default)]
pub(super) struct Shown {
    values: Object,
    replicas: Object,
}

impl Shown {
    /// Tells what changed.
    pub(super) fn changed(&mut self, partition: &Partition, alter_partition: &AlterPartitionManager) -> Object {
        let values = values(partition, alter_partition);
        let replicas: Object =
            partition.replicas().iter().map(|(id, known)| (id.to_string(), replica(known))).collect();
        let mut changed = changes(&self.values, &values);
        let mut replicas_changed = changes(&self.replicas, &replicas);
        let gone = self.replicas.keys().filter(|id| !replicas.contains_key(*id));
        replicas_changed.extend(gone.map(|id| (id.clone(), Value::Null)));
        if !replicas_changed.is_empty() || self.values.is_empty() {
            changed.insert("replicas".to_owned(), replicas_changed.into());
        }
        *self = Shown { values, replicas };
        changed
    }
}

fn changes(before: &Object, now: &Object) -> Object {
    let changed = now.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    changed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn values(partition: &Partition, alter_partition: &AlterPartitionManager) -> Object {
    let (log, state) = (&partition.log, partition.state());
    let isr: Vec<i32> = state.isr().iter().map(|id| id.0).collect();
    let all = state.isr().iter().chain(partition.replicas().keys());
    let mut maximal_isr: Vec<i32> = all.filter(|id| state.is_in_maximal_isr(**id)).map(|id| id.0).collect();
    maximal_isr.sort_unstable();
    maximal_isr.dedup();
    let proposed = |change: &highwater_sim::broker::isr::PendingIsrChange| -> Value {
        change.isr.iter().map(|(id, _): &(BrokerId, i64)| id.0).collect()
    };
    let pending = match state.pending().map(|pending| &pending.change) {
        None => "none",
        Some(IsrChange::Expand(_)) => "expand",
        Some(IsrChange::Shrink(_)) => "shrink",
    };
    object([
        ("is_leader", partition.is_leader().into()),
        ("leader_epoch", partition.leader_epoch().0.into()),
        ("partition_epoch", partition.partition_epoch().into()),
        ("leader_epoch_start", partition.leader_epoch_start_offset().map(|start| start.0).into()),
        ("epochs", log.leader_epochs().iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect()),
        ("log_start", log.log_start_offset().into()),
        ("hw", log.high_watermark().into()),
        ("lso", log.last_stable_offset().into()),
        ("leo", log.log_end_offset().into()),
        ("isr", isr.into()),
        ("maximal_isr", maximal_isr.into()),
        ("pending", pending.into()),
        ("proposed_isr", state.pending().map_or(Value::Null, proposed)),
        ("under_min_isr", partition.is_under_min_isr().into()),
        ("requests_in_flight", u8::from(alter_partition.is_waiting(&partition.id)).into()),
    ])
}

fn replica(known: &ReplicaState) -> Value {
    json!({
        "leo": known.log_end_offset.offset,
        "last_caught_up_ms": known.last_caught_up_ms,
        "last_fetch_ms": known.last_fetch_ms,
        "last_fetch_leader_leo": known.last_fetch_leader_log_end_offset.0,
        "log_start": known.log_start_offset.0,
        "broker_epoch": known.broker_epoch,
    })
}
