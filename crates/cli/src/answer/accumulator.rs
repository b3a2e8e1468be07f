//! `accumulator`: the life of a producer's batches, with given random numbers and orders.

mod cluster;
mod question;

use std::collections::BTreeMap;
use std::rc::Rc;

use highwater_log::record::NewRecord;
use highwater_sim::ids::{BatchId, BrokerId, Offset, Topic, TopicPartition};
use highwater_sim::producer::accumulator::{
    AccumulatorConfig, AppendError, ProducerBatch, QueueOrder, RecordAccumulator, RetryBackoff,
};
use highwater_sim::producer::buffer_pool::AllocateError;
use highwater_sim::producer::transaction_manager::ProducerIdAndEpoch;
use highwater_sim::rng::Scripted;
use highwater_sim::time::SimTime;
use serde_json::Value;

use self::cluster::Cluster;
use self::question::{Config, Op, Question};
use super::sticky_partitioner::{all_drawn, at, cannot_draw};
use super::{Answer, Kind, Object, Trouble, fields, object, with_op_answers};

pub(super) const KIND: Kind =
    Kind { name: "accumulator", answer_fields: &[], op_answer_fields: &["result"], answer: Answer::Alone(answer) };

/// The one topic of these questions.
const TOPIC: &str = "t";
/// An idempotent producer has been given an id, whichever.
const PRODUCER: ProducerIdAndEpoch = ProducerIdAndEpoch { producer_id: 0, epoch: 0 };
/// All keys and values of a question together have at most so many bytes.
const RECORDS_MAX_BYTES: usize = 256 * 1024 * 1024;

fn answer(question: Object) -> Result<Object, Trouble> {
    let asked: Question = fields(&question)?;
    let mut driver = Driver {
        accumulator: RecordAccumulator::new(config(&asked.config)),
        cluster: Cluster::new(TOPIC.into(), asked.partitions, asked.metadata)?,
        now: SimTime::from_ms(asked.start_ms),
        in_flight: BTreeMap::new(),
        record_bytes_left: RECORDS_MAX_BYTES,
    };
    if let Some(manager) = driver.accumulator.transaction_manager_mut() {
        manager.set_producer_id_and_epoch(PRODUCER);
    }
    let mut answers = Vec::new();
    for (number, op) in (0..).zip(asked.ops) {
        let result = driver.apply(op).map_err(|trouble| at(number, trouble))?;
        answers.push(result.map(|result| object([("result", Value::from(result))])).unwrap_or_default());
    }
    Ok(with_op_answers(question, answers))
}

fn config(asked: &Config) -> AccumulatorConfig {
    AccumulatorConfig {
        batch_size: asked.batch_size.max(1),
        linger_ms: asked.linger_ms,
        buffer_memory: asked.buffer_memory,
        retry_backoff: RetryBackoff {
            initial_ms: asked.retry_backoff_ms,
            max_ms: asked.retry_backoff_max_ms,
            jitter_percent: 0,
        },
        delivery_timeout_ms: asked.delivery_timeout_ms,
        adaptive_partitioning: asked.adaptive,
        availability_timeout_ms: asked.availability_timeout_ms,
        enable_idempotence: asked.idempotent,
    }
}

/// The accumulator with what stands around it: the clock, the metadata, and the sender's requests.
struct Driver {
    accumulator: RecordAccumulator,
    cluster: Cluster,
    now: SimTime,
    in_flight: BTreeMap<BatchId, Rc<ProducerBatch>>,
    record_bytes_left: usize,
}

impl Driver {
    fn apply(&mut self, op: Op) -> Result<Option<Object>, Trouble> {
        match op {
            Op::Append { partition, key_size, value_size, drawn } => {
                return self.append(partition, key_size, value_size, drawn).map(Some);
            }
            Op::Ready { order } => return self.ready(&order).map(Some),
            Op::Drain { nodes, max_size } => return self.drain(&nodes, max_size).map(Some),
            Op::Complete { batch } => return self.complete(&batch).map(Some),
            Op::Reenqueue { batch } => return self.reenqueue(&batch).map(Some),
            Op::Expire { order } => return Ok(Some(self.expire(&order))),
            Op::NodeLatency { node, can_drain } => {
                self.accumulator.update_node_latency(BrokerId(node), self.now, can_drain);
            }
            Op::Mute { partition } => self.accumulator.mute(&topic_partition(partition)),
            Op::Unmute { partition } => self.accumulator.unmute(&topic_partition(partition)),
            Op::Metadata(metadata) => self.cluster.update(metadata)?,
            Op::BeginFlush => self.accumulator.begin_flush(),
            Op::AdvanceMs { ms } => self.now = self.now.plus_ms(ms),
        }
        Ok(None)
    }

    fn append(
        &mut self,
        partition: Option<i32>,
        key_size: Option<usize>,
        value_size: Option<usize>,
        drawn: Vec<i32>,
    ) -> Result<Object, Trouble> {
        let record = NewRecord {
            timestamp: i64::try_from(self.now.as_ms()).unwrap_or(i64::MAX),
            key: self.zeros(key_size)?,
            value: self.zeros(value_size)?,
            headers: Vec::new(),
        };
        let mut random = Scripted::new(drawn);
        let topic = Topic::from(TOPIC);
        let (now, cluster) = (self.now, &self.cluster);
        let outcome = self.accumulator.append(&topic, partition, &record, 0, None, now, cluster, &mut random);
        let mut result = match outcome.result {
            Ok(appended) => object([
                ("batch", name(appended.batch)),
                ("new_batch", Value::from(appended.new_batch)),
                ("batch_is_full", Value::from(appended.batch_is_full)),
                ("appended_bytes", Value::from(appended.appended_bytes)),
                ("batch_records", Value::from(appended.batch_records)),
                ("batch_bytes", Value::from(appended.batch_bytes)),
            ]),
            Err(AppendError::NoMemory(AllocateError::Exhausted { .. })) => {
                object([("error", Value::from("BUFFER_EXHAUSTED"))])
            }
            Err(AppendError::NoPartition(error)) => return Err(cannot_draw(error)),
            Err(error) => return Err(Trouble::Unanswered(error.to_string())),
        };
        all_drawn(&random)?;
        result.insert("partition".to_owned(), Value::from(outcome.partition));
        result.insert("available_memory".to_owned(), self.available_memory());
        Ok(result)
    }

    fn zeros(&mut self, size: Option<usize>) -> Result<Option<Rc<[u8]>>, Trouble> {
        let Some(size) = size else { return Ok(None) };
        self.record_bytes_left = self.record_bytes_left.checked_sub(size).ok_or_else(|| {
            Trouble::Malformed(format!("all keys and values together may have {RECORDS_MAX_BYTES} bytes"))
        })?;
        Ok(Some(vec![0; size].into()))
    }

    fn ready(&mut self, order: &[i32]) -> Result<Object, Trouble> {
        let order = Self::order(order);
        let check =
            self.accumulator.ready(&self.cluster, &order, self.now, &mut Scripted::default()).map_err(cannot_draw)?;
        let nodes: Vec<i32> = check.nodes.iter().map(|node| node.0).collect();
        let queues = self.accumulator.queues().filter(|(_, _, queue)| !queue.is_empty());
        let queues = queues.map(|(_, partition, queue)| (partition.to_string(), names(queue)));
        let table = self.accumulator.partitioner(TOPIC).and_then(|partitioner| partitioner.load_stats());
        let load_stats = table.map(|table| {
            let (partitions, cumulative): (Vec<i32>, Vec<u64>) = table.cumulative.iter().copied().unzip();
            Value::from(object([("partitions", Value::from(partitions)), ("cumulative", Value::from(cumulative))]))
        });
        Ok(object([
            ("nodes", Value::from(nodes)),
            ("next_check_delay_ms", Value::from(check.next_check.map(|at| at.ms_since(self.now)))),
            ("unknown_leader", Value::from(!check.unknown_leader_topics.is_empty())),
            ("queues", Value::Object(queues.collect())),
            ("load_stats", Value::from(load_stats)),
        ]))
    }

    fn drain(&mut self, nodes: &[i32], max_size: u64) -> Result<Object, Trouble> {
        let nodes = nodes.iter().map(|node| BrokerId(*node)).collect();
        let drained = self
            .accumulator
            .drain(&self.cluster, &nodes, max_size, self.now, &mut Scripted::default())
            .map_err(cannot_draw)?;
        let mut result = Object::new();
        for (node, batches) in drained {
            let batches = batches.into_iter().map(|batch| {
                let mut shown = object([
                    ("batch", name(batch.id)),
                    ("partition", Value::from(batch.partition.partition)),
                    ("records", Value::from(batch.records().len())),
                    ("bytes", Value::from(batch.size_in_bytes())),
                    ("attempts", Value::from(batch.attempts())),
                ]);
                if let Some(state) = batch.producer_state() {
                    shown.insert("base_sequence".to_owned(), Value::from(state.base_sequence));
                }
                self.in_flight.insert(batch.id, batch);
                Value::from(shown)
            });
            result.insert(node.to_string(), batches.collect());
        }
        Ok(result)
    }

    fn complete(&mut self, batch: &str) -> Result<Object, Trouble> {
        let batch = self.take_in_flight(batch)?;
        if let Some(manager) = self.accumulator.transaction_manager_mut() {
            manager.handle_completed_batch(&batch, Offset(0));
        }
        self.accumulator.complete_and_deallocate(&batch);
        Ok(object([("available_memory", self.available_memory())]))
    }

    fn reenqueue(&mut self, batch: &str) -> Result<Object, Trouble> {
        let batch = self.take_in_flight(batch)?;
        let (id, partition) = (batch.id, batch.partition.clone());
        self.accumulator.reenqueue(batch, self.now);
        let queue = self.accumulator.queue(&partition);
        // With idempotence it goes behind those with lower sequence numbers.
        let queued = queue.and_then(|queue| queue.iter().find(|queued| queued.id == id));
        let attempts = queued.map(|batch| batch.attempts());
        let queue = queue.map(names).unwrap_or_default();
        Ok(object([("queue", queue), ("attempts", Value::from(attempts))]))
    }

    fn expire(&mut self, order: &[i32]) -> Object {
        let order = Self::order(order);
        self.accumulator.reset_next_expiry();
        let expired = self.accumulator.expired_batches(&order, self.now);
        for batch in &expired {
            if let Some(manager) = self.accumulator.transaction_manager_mut() {
                manager.handle_failed_batch(batch, None, false);
            }
            self.accumulator.complete_and_deallocate(batch);
        }
        object([
            ("expired", names(&expired)),
            ("next_expiry_ms", Value::from(self.accumulator.next_expiry().map(SimTime::as_ms))),
            ("available_memory", self.available_memory()),
        ])
    }

    fn take_in_flight(&mut self, batch: &str) -> Result<Rc<ProducerBatch>, Trouble> {
        let id = batch.strip_prefix('b').and_then(|number| number.parse().ok()).map(BatchId);
        id.and_then(|id| self.in_flight.remove(&id))
            .ok_or_else(|| Trouble::Malformed(format!("`{batch}` is not in flight")))
    }

    fn order(order: &[i32]) -> QueueOrder {
        QueueOrder::Given(order.iter().map(|partition| topic_partition(*partition)).collect())
    }

    fn available_memory(&self) -> Value {
        Value::from(self.accumulator.available_memory())
    }
}

fn topic_partition(partition: i32) -> TopicPartition {
    TopicPartition::new(TOPIC, partition)
}

fn name(batch: BatchId) -> Value {
    Value::from(format!("b{batch}"))
}

fn names<'a>(batches: impl IntoIterator<Item = &'a Rc<ProducerBatch>>) -> Value {
    batches.into_iter().map(|batch| name(batch.id)).collect()
}
