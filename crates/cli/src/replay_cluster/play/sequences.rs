//! Single produce requests in the name of an idempotent producer, and what stands in the logs of such producers.

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::record::NewRecord;
use highwater_sim::config::Acks;
use highwater_sim::ids::BrokerId;
use highwater_sim::message::{Body, ProduceRequest};
use serde_json::{Value, json};

use super::{Playing, partition, raw, wrong};
use crate::replay::ReplayError;
use crate::replay_cluster::story::Action;

/// The most records of one request.
const RECORDS_MAX: i32 = 10_000;

impl Playing<'_> {
    /// Sends one batch with the sequence numbers that the story says. `P1`, `P2` … are ids in the order in which they come.
    pub(super) fn produce_in_sequence(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let (id, to) = (partition(action)?, BrokerId(action.broker("to")?));
        let (producer, value) = (action.text("producer")?, action.text("value")?);
        let number = |name: &str| i32::try_from(action.number(name)?).map_err(|error| wrong(&error));
        let (base_sequence, count) = (number("base_sequence")?, number("count")?);
        let spec = BatchSpec {
            producer_id: self.producer_id(producer),
            producer_epoch: i16::try_from(action.number("producer_epoch")?).map_err(|error| wrong(&error))?,
            base_sequence,
            ..BatchSpec::default()
        };
        let timestamp = self.world.now().timestamp_ms();
        let records: Vec<NewRecord> = (0..count.min(RECORDS_MAX))
            .map(|number| if count == 1 { value.to_owned() } else { format!("{value}.{number}") })
            .map(|value| NewRecord { timestamp, value: Some(value.as_bytes().into()), ..NewRecord::default() })
            .collect();
        let batch = RecordBatch::encode(&spec, &records).map_err(|error| wrong(&error))?;
        let request = ProduceRequest { acks: Acks::All, timeout_ms: 30_000, batches: vec![(id, batch)] };
        let request = self.world.request(&raw(), to, Body::ProduceRequest(request), &mut self.facts);
        let (error, offset) = self.produced(action.at, request)?;
        self.ours.client.push(json!({
            "at": action.at, "client": "raw", "op": "produce", "producer": producer,
            "producer_epoch": spec.producer_epoch, "base_sequence": base_sequence, "count": count, "value": value,
            "error": error.name(), "offset": offset,
        }));
        Ok(json!({"error": error.name(), "offset": offset}))
    }

    fn producer_id(&mut self, name: &str) -> i64 {
        let known = self.producers.iter().position(|known| known == name);
        let at = known.unwrap_or_else(|| {
            self.producers.push(name.to_owned());
            self.producers.len().saturating_sub(1)
        });
        i64::try_from(at).unwrap_or(i64::MAX)
    }

    /// Every batch of the leaders' logs, as `batches.jsonl` has them.
    pub(super) fn batches(&self) -> Vec<Value> {
        let mut lines = Vec::new();
        for (id, _) in self.world.metadata().partitions() {
            let Some(leader) = self.world.leader(&id) else { continue };
            for batch in leader.log.batches_from(0) {
                let values: Vec<_> = batch
                    .iter()
                    .filter_map(|record| Some(String::from_utf8_lossy(record.ok()?.value?).into_owned()))
                    .collect();
                let producer = usize::try_from(batch.producer_id()).ok().and_then(|at| self.producers.get(at));
                lines.push(json!({
                    "topic": *id.topic, "partition": id.partition, "base_offset": batch.base_offset(),
                    "last_offset": batch.last_offset(), "leader_epoch": batch.partition_leader_epoch(),
                    "producer": producer, "producer_epoch": batch.producer_epoch(),
                    "base_sequence": batch.base_sequence(), "transactional": batch.is_transactional(), "values": values,
                }));
            }
        }
        lines
    }
}
