//! Single requests, as a tool sends them.

use highwater_sim::config::Rack;
use highwater_sim::fetch_session::FetchMetadata;
use highwater_sim::ids::{BrokerId, LeaderEpoch, MessageId, Offset};
use highwater_sim::message::{
    AsksFor, Body, FetchPartition, FetchRequest, FetchedPartition, OffsetForLeaderEpochRequest, WantedEpoch,
};
use serde_json::{Map, Value, json};

use super::{Playing, partition, raw};
use crate::replay::ReplayError;
use crate::replay_cluster::story::Action;
use crate::replay_cluster::told;

/// At most so many bytes are fetched.
const FETCH_MAX_BYTES: u64 = 1_048_576;

/// A fetch in a follower's name that waits in a broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parked {
    step: usize,
    request: MessageId,
    until: highwater_sim::time::SimTime,
}

impl Playing<'_> {
    pub(super) fn fetch(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let (id, from) = (partition(action)?, BrokerId(action.broker("from")?));
        let part = FetchPartition {
            partition: id,
            fetch_offset: Offset(action.number("offset")?),
            current_leader_epoch: epoch(action, "current_leader_epoch"),
            log_start_offset: Offset(-1),
            last_fetched_epoch: epoch(action, "last_fetched_epoch"),
            max_bytes: FETCH_MAX_BYTES,
        };
        let request = FetchRequest {
            rack: Rack::NONE,
            zero_copy: true,
            replica: None,
            replica_epoch: -1,
            max_wait_ms: 0,
            min_bytes: 1,
            max_bytes: FETCH_MAX_BYTES,
            session: FetchMetadata::NONE,
            partitions: vec![part],
            forgotten: Vec::new(),
            asks_for: AsksFor::default(),
        };
        let request = self.world.request(&raw(), from, Body::FetchRequest(request), &mut self.facts);
        let answer = self.answer(action.at, request)?;
        let Body::FetchResponse(response) = &*answer else { return Ok(Value::Null) };
        let result = response.partitions.first().map_or(Value::Null, fetched);
        let mut line: Map<String, Value> = action.arguments.clone();
        line.insert("at".to_owned(), json!(action.at));
        line.insert("client".to_owned(), json!("raw"));
        line.insert("op".to_owned(), json!("fetch"));
        line.extend(result.as_object().cloned().unwrap_or_default());
        self.ours.client.push(Value::Object(line));
        Ok(result)
    }

    /// Asks as a follower does, which is paused meanwhile: with the first leader epoch, if the story names none.
    pub(super) fn fetch_as_replica(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let request = self.ask_as_replica(action)?;
        let result = self.replica_answer(action.at, request)?;
        let mut line = Map::new();
        for name in ["replica", "offset", "max_wait_ms"] {
            line.insert(name.to_owned(), json!(action.number(name)?));
        }
        self.tell_replica_answer(action.at, &action.what, line, &result);
        Ok(result)
    }

    pub(super) fn park_fetch(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let request = self.ask_as_replica(action)?;
        let wait_ms = u64::try_from(action.number("max_wait_ms")?).unwrap_or(0);
        self.parked = Some(Parked { step: action.at, request, until: self.world.now().plus_ms(wait_ms) });
        Ok(json!("pending"))
    }

    pub(super) fn answer_of_parked(&mut self, action: &Action, parked: Parked) -> Result<Value, ReplayError> {
        let mut result = self.replica_answer(action.at, parked.request)?;
        let before = self.world.now() < parked.until;
        result.as_object_mut().map(|result| result.insert("answered_before_max_wait".to_owned(), json!(before)));
        let what = format!("answer to the fetch of step {}", parked.step);
        self.tell_replica_answer(action.at, &what, Map::new(), &result);
        Ok(result)
    }

    fn tell_replica_answer(&mut self, at: usize, what: &str, mut line: Map<String, Value>, result: &Value) {
        line.insert("at".to_owned(), json!(at));
        line.insert("client".to_owned(), json!("raw"));
        line.insert("op".to_owned(), json!(what));
        line.extend(result.as_object().cloned().unwrap_or_default());
        self.ours.client.push(Value::Object(line));
    }

    fn ask_as_replica(&mut self, action: &Action) -> Result<MessageId, ReplayError> {
        let to = BrokerId(action.broker("to")?);
        let part = FetchPartition {
            partition: partition(action)?,
            fetch_offset: Offset(action.number("offset")?),
            current_leader_epoch: epoch(action, "current_leader_epoch").or(Some(LeaderEpoch(0))),
            log_start_offset: Offset(0),
            last_fetched_epoch: epoch(action, "last_fetched_epoch"),
            max_bytes: FETCH_MAX_BYTES,
        };
        let number = |name: &str| u64::try_from(action.optional_number(name).unwrap_or(0)).unwrap_or(0);
        let request = FetchRequest {
            rack: Rack::NONE,
            zero_copy: true,
            replica: Some(BrokerId(action.broker("replica")?)),
            replica_epoch: -1,
            max_wait_ms: number("max_wait_ms"),
            min_bytes: number("min_bytes"),
            max_bytes: FETCH_MAX_BYTES,
            session: FetchMetadata::NONE,
            partitions: vec![part],
            forgotten: Vec::new(),
            asks_for: AsksFor::default(),
        };
        Ok(self.world.request(&raw(), to, Body::FetchRequest(request), &mut self.facts))
    }

    fn replica_answer(&mut self, step: usize, request: MessageId) -> Result<Value, ReplayError> {
        let answer = self.answer(step, request)?;
        let Body::FetchResponse(response) = &*answer else { return Ok(Value::Null) };
        let Some(part) = response.partitions.first() else { return Ok(Value::Null) };
        let mut told = json!({
            "error": part.error.name(), "high_watermark": part.high_watermark.0, "records": told::records(&part.records),
        });
        tell_diverging(part, &mut told);
        Ok(told)
    }

    pub(super) fn offset_for_leader_epoch(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let (id, from) = (partition(action)?, BrokerId(action.broker("from")?));
        let asked = epoch(action, "leader_epoch").unwrap_or_default();
        let current_leader_epoch = epoch(action, "current_leader_epoch");
        let partitions = vec![WantedEpoch { partition: id, current_leader_epoch, leader_epoch: asked }];
        let body = Body::OffsetForLeaderEpochRequest(OffsetForLeaderEpochRequest { partitions });
        let request = self.world.request(&raw(), from, body, &mut self.facts);
        let answer = self.answer(action.at, request)?;
        let Body::OffsetForLeaderEpochResponse(response) = &*answer else { return Ok(Value::Null) };
        let Some(answer) = response.partitions.first() else { return Ok(Value::Null) };
        let (found, end) = answer.end.map_or((-1, -1), |end| (end.epoch, end.end_offset));
        self.ours.client.push(json!({
            "at": action.at, "client": "raw", "op": action.what, "from": from.0, "asked_epoch": asked.0,
            "current_leader_epoch": current_leader_epoch.map(|epoch| epoch.0), "error": answer.error.name(),
            "leader_epoch": found, "end_offset": end,
        }));
        Ok(json!({"error": answer.error.name(), "leader_epoch": found, "end_offset": end}))
    }
}

fn epoch(action: &Action, name: &str) -> Option<LeaderEpoch> {
    action.optional_number(name).and_then(|epoch| i32::try_from(epoch).ok()).map(LeaderEpoch)
}

fn tell_diverging(part: &FetchedPartition, told: &mut Value) {
    if let (Some(diverging), Some(told)) = (part.diverging_epoch, told.as_object_mut()) {
        let epoch = json!({"epoch": diverging.epoch, "end_offset": diverging.end_offset});
        told.insert("diverging_epoch".to_owned(), epoch);
    }
}

/// A fetch's answer. Without transactions the last stable offset is the high watermark.
fn fetched(part: &FetchedPartition) -> Value {
    let mut told = json!({
        "error": part.error.name(), "high_watermark": part.high_watermark.0,
        "last_stable_offset": part.high_watermark.0, "log_start_offset": part.log_start_offset.0,
        "records": told::records(&part.records),
    });
    tell_diverging(part, &mut told);
    told
}
