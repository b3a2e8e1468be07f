//! `partition_leader`: a partition's life on one broker, operation by operation.

mod question;
mod state;

use std::rc::Rc;

use highwater_log::batch::{BatchError, BatchSpec, RecordBatch};
use highwater_log::leader_epochs::EpochEndOffset;
use highwater_log::log::Log;
use highwater_log::producer_state::{AppendOrigin, EndTransactionMarker};
use highwater_log::record::NewRecord;
use highwater_sim::broker::alter_partition::AlterPartitionManager;
use highwater_sim::broker::fetch::{FetchedBy, LogReadInfo, Read};
use highwater_sim::broker::isr::{AlteredPartition, PendingIsrChange};
use highwater_sim::broker::leader::Appended;
use highwater_sim::broker::partition::{Partition, Surroundings};
use highwater_sim::config::{Acks, TopicConfig};
use highwater_sim::error::Errors;
use highwater_sim::fact::{FactKind, IsrStep};
use highwater_sim::ids::{BrokerId, FactId, LeaderEpoch, NodeId, Offset, TopicPartition};
use highwater_sim::message::FetchPartition;
use highwater_sim::metadata::{LeaderRecoveryState, MetadataImage};
use highwater_sim::outbox::{Counters, Outbox};
use highwater_sim::time::SimTime;
use serde_json::{Value, json};

use super::{Answer, Kind, Object, Trouble, fields, object, with_op_answers};
use question::{Op, Question};
use state::Shown;

pub(super) const KIND: Kind = Kind {
    name: "partition_leader",
    answer_fields: &[],
    op_answer_fields: &["result", "after"],
    answer: Answer::Alone(answer),
};

/// The most records of one append that is asked.
const RECORDS_MAX: usize = 100_000;
/// The most bytes of a fetch.
const FETCH_MAX_BYTES: u64 = 1024 * 1024;

/// A partition, and the broker around it.
struct Runner {
    partition: Partition,
    metadata: MetadataImage,
    alter_partition: AlterPartitionManager,
    broker_epoch: i64,
    replica_lag_time_max_ms: i64,
    now_ms: i64,
    shown: Shown,
    /// What is told beside the result of the present operation.
    extra: Object,
}

fn answer(question: Object) -> Result<Object, Trouble> {
    let asked: Question = fields(&question)?;
    let mut runner = Runner::new(&asked);
    let mut answers = Vec::with_capacity(asked.ops.len());
    for op in asked.ops {
        let mut result = match runner.answer(op)? {
            Ok(result) => result,
            Err(error) => object([("error", error.name().into())]),
        };
        result.append(&mut runner.extra);
        let after = runner.shown.changed(&runner.partition, &runner.alter_partition);
        let mut answer = object([("after", after.into())]);
        if !result.is_empty() {
            answer.insert("result".to_owned(), result.into());
        }
        answers.push(answer);
    }
    Ok(with_op_answers(question, answers))
}

impl Runner {
    fn new(asked: &Question) -> Runner {
        let config = topic_config(asked.min_insync_replicas);
        let id = TopicPartition::new("t", 0);
        // Nobody asks a coordinator here before a transaction's records come.
        let mut log = config.log();
        log.producers.transaction_verification = false;
        let mut partition = Partition::new(id, BrokerId(asked.local_id), config, asked.start_ms);
        partition.log = Log::with_config(log, asked.start_ms);
        Runner {
            partition,
            metadata: MetadataImage { brokers: asked.registrations().collect(), ..MetadataImage::default() },
            alter_partition: AlterPartitionManager::default(),
            broker_epoch: asked.local_broker_epoch,
            replica_lag_time_max_ms: asked.replica_lag_time_max_ms,
            now_ms: asked.start_ms,
            shown: Shown::default(),
            extra: Object::new(),
        }
    }

    fn answer(&mut self, op: Op) -> Result<Result<Object, Errors>, Trouble> {
        let now_ms = self.now_ms;
        Ok(match op {
            Op::BecomeLeader(state) => {
                let registration = Rc::new(state.registration(Some(self.partition.broker)));
                let became = self.act(|partition, around| partition.make_leader(&registration, around));
                self.woke(became.high_watermark_advanced);
                Ok(object([("new_leader", became.is_new_leader.into())]))
            }
            Op::BecomeFollower { leader, state } => {
                let leader = Some(BrokerId(leader)).filter(|leader| leader.0 >= 0);
                let is_new = self.partition.make_follower(&Rc::new(state.registration(leader)));
                Ok(object([("new_leader_epoch", is_new.into())]))
            }
            Op::Append { records, acks } => {
                let batch = batch(&BatchSpec::default(), records, now_ms)?;
                self.append(&batch, acks.into(), AppendOrigin::Client)
            }
            Op::AppendTxn { producer_id, base_sequence, records } => {
                let spec = BatchSpec {
                    producer_id,
                    producer_epoch: 0,
                    base_sequence,
                    transactional: true,
                    ..BatchSpec::default()
                };
                self.append(&batch(&spec, records, now_ms)?, Acks::All, AppendOrigin::Client)
            }
            Op::EndTxn { producer_id, commit } => {
                let marker = EndTransactionMarker { commit, coordinator_epoch: 0 };
                let batch = marker.to_batch(producer_id, 0, now_ms).map_err(|error| malformed(&error))?;
                self.append(&batch, Acks::All, AppendOrigin::Coordinator)
            }
            Op::FollowerAppend { base_offset, records, epoch, current_leader_epoch, leader_hw } => {
                let batch = batch(&BatchSpec::default(), records, now_ms)?.stamped(base_offset, epoch);
                let epoch = LeaderEpoch(current_leader_epoch);
                let appended = self.partition.append_as_follower(&[batch], epoch, now_ms);
                if appended.is_ok() {
                    self.partition.log.update_high_watermark(leader_hw);
                }
                appended.map(|_| Object::new()).map_err(|error| Errors::of_log(&error))
            }
            Op::TruncateTo { offset } => {
                let truncated = self.partition.log.truncate_to(offset, now_ms);
                truncated
                    .map(|truncated| object([("truncated", truncated.into())]))
                    .map_err(|error| Errors::of_log(&error))
            }
            Op::FollowerFetch(fetch) => {
                let (follower, broker_epoch) = (BrokerId(fetch.replica), fetch.broker_epoch);
                self.follower_fetch(follower, broker_epoch, &fetch.to_fetch(&self.partition.id, FETCH_MAX_BYTES))
            }
            Op::ConsumerFetch { offset, isolation, current_leader_epoch } => {
                let fetch = FetchPartition {
                    partition: self.partition.id.clone(),
                    fetch_offset: Offset(offset),
                    current_leader_epoch: current_leader_epoch.map(LeaderEpoch),
                    log_start_offset: Offset(-1),
                    last_fetched_epoch: None,
                    max_bytes: FETCH_MAX_BYTES,
                };
                self.consumer_fetch(FetchedBy::Consumer { isolation: isolation.into(), only_leader: true }, &fetch)
            }
            Op::LatestOffset { isolation } => {
                let latest = self.partition.latest_offset(isolation.map(Into::into), None);
                latest.map(|(offset, epoch)| object([("offset", offset.0.into()), ("leader_epoch", epoch.0.into())]))
            }
            Op::OffsetForLeaderEpoch { epoch, current_leader_epoch } => {
                let current = current_leader_epoch.map(LeaderEpoch);
                let end = self.partition.last_offset_for_leader_epoch(current, LeaderEpoch(epoch));
                end.map(|end| told_end(end.unwrap_or(EpochEndOffset { epoch: -1, end_offset: -1 })))
            }
            Op::CheckAcks { required_offset } => {
                let checked = self.partition.check_enough_replicas_reach_offset(Offset(required_offset));
                Ok(told_acks(checked))
            }
            Op::DeleteRecords { offset } => {
                let before = (offset != -1).then_some(Offset(offset));
                let deleted = self.partition.delete_records(before, &self.metadata);
                deleted.map(|low| object([("low_watermark", low.0.into())]))
            }
            Op::AdvanceMs { ms } => {
                self.now_ms = self.now_ms.saturating_add(ms);
                Ok(Object::new())
            }
            Op::MaybeShrinkIsr => {
                self.act(Partition::maybe_shrink_isr);
                Ok(Object::new())
            }
            Op::SetBroker(broker) => {
                let (id, registration) = broker.registration();
                match registration {
                    Some(registration) => self.metadata.brokers.insert(id, registration),
                    None => self.metadata.brokers.remove(&id),
                };
                Ok(Object::new())
            }
            Op::SetMinInsyncReplicas { value } => {
                self.partition.config = topic_config(value);
                Ok(Object::new())
            }
            Op::AlterPartitionReply { error, leader_epoch, partition_epoch, isr } => {
                let answer = match (error, leader_epoch, partition_epoch, isr) {
                    // What no response of the simulation says is like any error that does not say much.
                    (Some(error), ..) => Err(Errors::of_name(&error).unwrap_or(Errors::UnknownServerError)),
                    (None, Some(leader_epoch), Some(partition_epoch), Some(isr)) => Ok(AlteredPartition {
                        leader_epoch: LeaderEpoch(leader_epoch),
                        partition_epoch,
                        isr: isr.into_iter().map(BrokerId).collect(),
                        leader_recovery_state: LeaderRecoveryState::Recovered,
                    }),
                    _ => return Err(Trouble::Malformed("a reply has an `error`, or epochs and an `isr`".to_owned())),
                };
                self.alter_partition_reply(answer.as_ref().map_err(|error| *error));
                Ok(Object::new())
            }
        })
    }

    /// Lets the partition act, and takes down what it told.
    fn act<T>(&mut self, act: impl FnOnce(&mut Partition, &mut Surroundings<'_>) -> T) -> T {
        let node = NodeId::Broker(self.partition.broker);
        let mut out = Outbox::new(SimTime::ZERO, node, FactId(0), Counters::default(), Vec::new());
        let mut around = Surroundings {
            now_ms: self.now_ms,
            broker_epoch: self.broker_epoch,
            replica_lag_time_max_ms: self.replica_lag_time_max_ms,
            metadata: &self.metadata,
            alter_partition: &mut self.alter_partition,
            out: &mut out,
        };
        let done = act(&mut self.partition, &mut around);
        for fact in out.finish().facts {
            let FactKind::IsrUpdate { step, .. } = fact.kind else { continue };
            let name = match step {
                IsrStep::Proposed => continue,
                IsrStep::Expanded(_) => "isr_expanded",
                IsrStep::Shrunk(_) => "isr_shrunk",
                IsrStep::Failed(_) => "isr_update_failed",
            };
            self.extra.insert(name.to_owned(), true.into());
        }
        self.send_alter_partition();
        done
    }

    fn send_alter_partition(&mut self) {
        let sent: Vec<Value> =
            self.alter_partition.next_request().iter().map(|(_, change)| told_change(change)).collect();
        if !sent.is_empty() {
            self.extra.insert("alter_partition_sent".to_owned(), sent.into());
        }
    }

    fn alter_partition_reply(&mut self, answer: Result<&AlteredPartition, Errors>) {
        let Some(asked) = self.alter_partition.take_answered(&self.partition.id) else { return };
        let advanced = self.act(|partition, around| partition.on_alter_partition_response(&asked, answer, around));
        self.woke(advanced);
        self.alter_partition.request_done();
        self.send_alter_partition();
    }

    /// Delayed requests were looked at.
    fn woke(&mut self, high_watermark_advanced: bool) {
        if high_watermark_advanced {
            self.extra.insert("woke_delayed".to_owned(), true.into());
        }
    }

    fn append(&mut self, batch: &RecordBatch, acks: Acks, origin: AppendOrigin) -> Result<Object, Errors> {
        let appended = self.act(|partition, around| partition.append_as_leader(batch, acks, origin, around));
        appended.map(|Appended { base_offset, last_offset, high_watermark_advanced, .. }| {
            object([
                ("first_offset", base_offset.0.into()),
                ("last_offset", last_offset.0.into()),
                ("hw_increased", high_watermark_advanced.into()),
            ])
        })
    }

    fn follower_fetch(
        &mut self,
        follower: BrokerId,
        broker_epoch: i64,
        fetch: &FetchPartition,
    ) -> Result<Object, Errors> {
        let info = self.partition.read(FetchedBy::Follower(follower), fetch)?;
        let recorded = self
            .act(|partition, around| partition.record_follower_fetch(follower, broker_epoch, fetch, &info, around))?;
        self.woke(recorded);
        self.told_read(&info, fetch.fetch_offset)
    }

    fn consumer_fetch(&mut self, by: FetchedBy, fetch: &FetchPartition) -> Result<Object, Errors> {
        let read = self.partition.read(by, fetch);
        if self.partition.locates_high_watermark(by, fetch) {
            self.partition.log.locate_high_watermark().map_err(|error| Errors::of_log(&error))?;
        }
        self.told_read(&read?, fetch.fetch_offset)
    }

    fn told_read(&self, info: &LogReadInfo, from: Offset) -> Result<Object, Errors> {
        let mut told = object([("hw", info.high_watermark.0.into()), ("leo", info.log_end_offset.0.into())]);
        if info.last_stable_offset != info.high_watermark {
            told.insert("lso".to_owned(), info.last_stable_offset.0.into());
        }
        if info.log_start_offset != Offset::ZERO {
            told.insert("log_start".to_owned(), info.log_start_offset.0.into());
        }
        match &info.read {
            Read::Elsewhere(replica) => {
                told.insert("preferred_read_replica".to_owned(), replica.0.into());
            }
            Read::Diverging(end) => {
                told.insert("diverging".to_owned(), told_end(*end).into());
            }
            Read::Fetched(read) => {
                let batches = self.partition.log.batches_of(read).map_err(|error| Errors::of_log(&error))?;
                let offsets = batches.iter().flat_map(RecordBatch::iter).filter_map(Result::ok);
                let records = offsets.filter(|record| record.offset >= from.0).count();
                told.insert("records".to_owned(), records.into());
            }
        }
        Ok(told)
    }
}

fn topic_config(min_insync_replicas: i32) -> Rc<TopicConfig> {
    Rc::new(TopicConfig { min_insync_replicas, ..TopicConfig::default() })
}

fn batch(spec: &BatchSpec, records: usize, now_ms: i64) -> Result<RecordBatch, Trouble> {
    if !(1..=RECORDS_MAX).contains(&records) {
        return Err(Trouble::Malformed(format!("an append has 1 to {RECORDS_MAX} records, not {records}")));
    }
    let record = NewRecord { timestamp: now_ms, value: Some(b"v".as_slice().into()), ..NewRecord::default() };
    RecordBatch::encode(spec, &vec![record; records]).map_err(|error| malformed(&error))
}

fn malformed(error: &BatchError) -> Trouble {
    Trouble::Malformed(error.to_string())
}

fn told_end(end: EpochEndOffset) -> Object {
    object([("epoch", end.epoch.into()), ("end_offset", end.end_offset.into())])
}

fn told_acks(checked: Result<bool, Errors>) -> Object {
    let (satisfied, error) = match checked {
        Ok(satisfied) => (satisfied, Errors::None),
        // Who does not lead waits no longer, and has nothing to be satisfied by.
        Err(Errors::NotLeaderOrFollower) => (false, Errors::NotLeaderOrFollower),
        Err(error) => (true, error),
    };
    object([("satisfied", satisfied.into()), ("error", error.name().into())])
}

fn told_change(change: &PendingIsrChange) -> Value {
    json!({
        "leader_epoch": change.leader_epoch.0,
        "partition_epoch": change.partition_epoch,
        "isr": change.isr.iter().map(|(id, epoch)| json!([id.0, epoch])).collect::<Value>(),
    })
}
