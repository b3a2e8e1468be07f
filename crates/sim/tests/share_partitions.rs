//! Share partitions held against Kafka's own class: what 4.3.1's `SharePartition` did with random sequences of fetches,
//! acknowledgements, releases, locks that ended, log starts that moved and writes that failed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::fs;
use std::rc::Rc;

use highwater_sim::group::share::in_flight::RecordState;
use highwater_sim::group::share::message::{AcknowledgeType, AcknowledgementBatch};
use highwater_sim::group::share::partition::{
    AcquireMode, Fetched, FetchedBatch, SharePartition, SharePartitionConfig, StateWrite,
};
use highwater_sim::group::share::persister::{ReadState, StateBatch};
use highwater_sim::time::SimTime;
use serde_json::{Value, json};

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn state(id: i64) -> RecordState {
    match id {
        0 => RecordState::Available,
        1 => RecordState::Acquired,
        2 => RecordState::Acknowledged,
        _ => RecordState::Archived,
    }
}

fn how(id: i64) -> AcknowledgeType {
    match id {
        0 => AcknowledgeType::Gap,
        1 => AcknowledgeType::Accept,
        2 => AcknowledgeType::Release,
        3 => AcknowledgeType::Reject,
        _ => AcknowledgeType::Renew,
    }
}

struct Case {
    partition: SharePartition,
    /// First and last offset of each batch, and whether its transaction was aborted.
    log: Vec<(i64, i64, bool)>,
    log_start: i64,
    now: SimTime,
    /// The numbers of the writes so far, in order.
    writes: Vec<u64>,
}

impl Case {
    fn new(line: &Value) -> Case {
        let config = SharePartitionConfig {
            record_lock_duration_ms: u64::try_from(number(&line["lock_ms"])).unwrap(),
            delivery_count_limit: i32::try_from(number(&line["limit"])).unwrap(),
            partition_max_record_locks: number(&line["max_locks"]),
            renew_acknowledge_enable: true,
        };
        let batch = |read: &Value| StateBatch {
            first: number(&read[0]),
            last: number(&read[1]),
            state: state(number(&read[2])),
            delivery_count: i32::try_from(number(&read[3])).unwrap(),
        };
        let batches = list(&line["read"]).iter().map(batch).collect();
        let read = ReadState { state_epoch: 3, start_offset: number(&line["start"]), batches };
        let log = list(&line["log"]).iter();
        Case {
            partition: SharePartition::new(Rc::new(config), 5, &read, 0).unwrap(),
            log: log.map(|there| (number(&there[0]), number(&there[1]), number(&there[2]) == 1)).collect(),
            log_start: 0,
            now: SimTime::ZERO,
            writes: Vec::new(),
        }
    }

    fn play(&mut self, op: &Value) -> Value {
        let (mut result, mut writes) = (json!({}), Vec::new());
        let member = op["member"].as_str().unwrap_or_default();
        match op["op"].as_str().unwrap() {
            "acquire" => {
                let from = number(&op["from"]);
                let count = usize::try_from(number(&op["count"])).unwrap();
                // What was read is what lies at or after the offset from which it was read.
                let there = self.log.iter().filter(|(_, last, _)| *last >= from.max(self.log_start)).take(count);
                let fetched = Fetched {
                    batches: there
                        .clone()
                        .map(|(base, last, _)| FetchedBatch { base: *base, last: *last, is_control: false })
                        .collect(),
                    aborted: there.filter(|(.., aborted)| *aborted).map(|(base, last, _)| (*base, *last)).collect(),
                };
                let limited = op["limited"].as_bool().unwrap();
                let mode = if limited { AcquireMode::RecordLimit } else { AcquireMode::BatchOptimized };
                let size = (number(&op["batch"]), number(&op["max"]));
                let acquired = self.partition.acquire(self.now, &member.into(), mode, size, from, &fetched);
                let acquired = acquired.iter().map(|there| json!([there.first, there.last, there.delivery_count]));
                result["acquired"] = acquired.collect();
            }
            "acknowledge" => {
                let batch = |batch: &Value| AcknowledgementBatch {
                    first: number(&batch[0]),
                    last: number(&batch[1]),
                    types: list(&batch[2]).iter().map(|id| how(number(id))).collect(),
                };
                let batches: Vec<AcknowledgementBatch> = list(&op["batches"]).iter().map(batch).collect();
                result["error"] = match self.partition.acknowledge(self.now, member, &batches) {
                    Ok(write) => {
                        writes.extend(write);
                        Value::Null
                    }
                    Err(refusal) => json!({"code": refusal.error.code(), "message": refusal.message}),
                };
            }
            "release" => writes.extend(self.partition.release(member)),
            "written" => {
                let write = usize::try_from(number(&op["write"])).unwrap();
                self.partition.on_written(self.writes[write], op["ok"].as_bool().unwrap());
            }
            "wait" => {
                let end = self.now.plus_ms(u64::try_from(number(&op["ms"])).unwrap());
                while let Some(at) = self.partition.next_deadline().filter(|at| *at <= end) {
                    writes.extend(self.partition.on_time(at));
                }
                self.now = end;
            }
            "log_start" => {
                self.log_start = number(&op["offset"]);
                self.partition.on_log_start(self.log_start);
            }
            other => panic!("{other}"),
        }
        self.writes.extend(writes.iter().map(|write: &StateWrite| write.id));
        self.tell(result, &writes)
    }

    fn tell(&mut self, mut result: Value, writes: &[StateWrite]) -> Value {
        let partition = &mut self.partition;
        result["start"] = json!(partition.start_offset());
        result["end"] = json!(partition.end_offset());
        result["complete"] = json!(partition.delivery_complete_count());
        result["next"] = json!(partition.next_fetch_offset());
        result["can"] = json!(partition.can_acquire());
        let states = partition.batches().iter().flat_map(|batch| {
            let whole = batch.whole.iter().map(|state| (batch.first, batch.last, state));
            whole.chain((batch.first..).zip(&batch.offsets).map(|(offset, state)| (offset, offset, state)))
        });
        let state = |(first, last, state): (i64, i64, &highwater_sim::group::share::in_flight::InFlightState)| {
            let member = state.member.as_deref().unwrap_or_default();
            json!([first, last, state.state.id(), state.delivery_count, member, state.is_in_transition()])
        };
        result["states"] = states.map(state).collect();
        let batch = |batch: &StateBatch| json!([batch.first, batch.last, batch.state.id(), batch.delivery_count]);
        let write = |write: &StateWrite| {
            let batches: Vec<Value> = write.batches.iter().map(batch).collect();
            json!({"start": write.start_offset, "complete": write.delivery_complete_count, "batches": batches})
        };
        result["writes"] = writes.iter().map(write).collect();
        result
    }
}

#[test]
fn share_partitions_do_as_kafkas_do() {
    let path = std::env::var("SHARE_VECTORS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/share_partition.jsonl").to_owned()
    });
    let text = fs::read_to_string(path).unwrap();
    let (mut cases, mut ops, mut wrong) = (0, 0, Vec::new());
    'cases: for (at, line) in text.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        let mut case = Case::new(&line);
        let ours = case.tell(json!({}), &[]);
        if ours != line["init"] {
            wrong.push(format!("case {at}, at first\n{line}\nkafka {}\nours  {ours}", line["init"]));
            continue;
        }
        for (number, op) in list(&line["ops"]).iter().enumerate() {
            ops += 1;
            let ours = case.play(op);
            for (name, value) in ours.as_object().unwrap() {
                if op[name] != *value {
                    let before = number.checked_sub(1).map_or(&line["init"], |before| &line["ops"][before]);
                    wrong.push(format!("case {at}, op {number}: {name}\nbefore {before}\nkafka {op}\nours  {ours}"));
                    continue 'cases;
                }
            }
        }
        cases += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases + wrong.len(),
        wrong[..wrong.len().min(4)].join("\n\n")
    );
    assert!(cases >= 200 && ops > 5_000, "{cases} cases, {ops} operations");
}
