//! `log_ops`, `producer_state` and `compaction`: a log's whole life, operation by operation.

mod compaction;
mod question;
mod state;

use highwater_log::log::{AppendInfo, Isolation, LeaderAppend, Log, LogError};
use highwater_log::memory_records;
use highwater_log::producer_state::{AppendOrigin, EndTransactionMarker, ProducerStateError, VerificationGuard};
use highwater_log::transaction_index::AbortedTxn;
use serde_json::{Value, json};

use super::{Answer, Kind, Object, Trouble, fields, object};
use question::{Op, Question};
pub use state::{log_state, told_read};
pub(crate) use state::{producers, segment_state};

const ANSWER_FIELDS: &[&str] = &["answers", "final"];

pub(super) const LOG_OPS: Kind = Kind {
    name: "log_ops",
    answer_fields: ANSWER_FIELDS,
    op_answer_fields: &[],
    answer: Answer::Alone(answer_log_ops),
};

pub(super) const PRODUCER_STATE: Kind = Kind {
    name: "producer_state",
    answer_fields: ANSWER_FIELDS,
    op_answer_fields: &[],
    answer: Answer::Alone(answer_producer_state),
};

pub(super) const COMPACTION: Kind = Kind {
    name: "compaction",
    answer_fields: ANSWER_FIELDS,
    op_answer_fields: &[],
    answer: Answer::InTurn(compaction::answer),
};

/// A log and its clock.
struct Runner {
    log: Log,
    now_ms: i64,
    form: Form,
}

/// How an answer is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `log_ops`: with timestamps, and the active segment.
    Full,
    /// `producer_state`: with the offsets up to which consumers read.
    Offsets,
    /// `compaction`: neither.
    Brief,
}

fn answer_log_ops(question: Object) -> Result<Object, Trouble> {
    run(question, Form::Full, |log| Value::Object(log_state(log)))
}

fn answer_producer_state(question: Object) -> Result<Object, Trouble> {
    run(question, Form::Offsets, |log| {
        let taken: Value =
            log.producers().snapshots().iter().map(highwater_log::producer_state::SnapshotFile::offset).collect();
        let mut log = log.clone();
        log.take_producer_snapshot();
        let snapshots = log.producers().snapshots();
        let newest = snapshots.last().map(|snapshot| crate::hex::encode(&snapshot.to_bytes()));
        json!({
            "log_start_offset": log.log_start_offset(),
            "log_end_offset": log.log_end_offset(),
            "high_watermark": log.high_watermark(),
            "first_unstable_offset": log.first_unstable_offset(),
            "last_stable_offset": log.last_stable_offset(),
            "producers": producers(&log),
            "aborted_transactions": log.segments().flat_map(highwater_log::segment::Segment::aborted).map(state::aborted).collect::<Value>(),
            "snapshots": taken,
            "snapshot_hex": newest,
        })
    })
}

fn run(mut question: Object, form: Form, last: fn(&Log) -> Value) -> Result<Object, Trouble> {
    let Question { config, ops } = fields(&question)?;
    let now_ms = config.start_ms;
    let mut runner = Runner { log: Log::with_config(config.to_log_config()?, now_ms), now_ms, form };
    let mut answers = Vec::with_capacity(ops.len());
    for op in ops {
        answers.push(runner.answer(op)?);
    }
    let last = last(&runner.log);
    question.extend(object([("answers", answers.into()), ("final", last)]));
    Ok(question)
}

impl Runner {
    fn answer(&mut self, op: Op) -> Result<Value, Trouble> {
        let mut answer = self.answer_op(op)?;
        if self.form == Form::Offsets {
            answer.extend(object([
                ("high_watermark", self.log.high_watermark().into()),
                ("first_unstable_offset", self.log.first_unstable_offset().into()),
                ("last_stable_offset", self.log.last_stable_offset().into()),
            ]));
        }
        Ok(answer.into())
    }

    fn answer_op(&mut self, op: Op) -> Result<Object, Trouble> {
        let active = |log: &Log| Value::from(log.active_segment().base_offset());
        let now_ms = self.now_ms;
        Ok(match op {
            Op::Append(append) => return self.append(append),
            Op::Marker {
                producer_id,
                producer_epoch,
                commit,
                coordinator_epoch,
                transaction_version,
                leader_epoch,
                timestamp,
            } => {
                let marker = EndTransactionMarker { commit, coordinator_epoch };
                let batch = marker.to_batch(producer_id, producer_epoch, timestamp).map_err(malformed)?;
                let append = LeaderAppend {
                    origin: AppendOrigin::Coordinator,
                    transaction_version,
                    ..LeaderAppend::of_client(now_ms, leader_epoch)
                };
                let appended = self.log.append_as_leader(&[batch], append);
                self.appended(appended)
            }
            Op::AppendFollower { leader_epoch, batch_hex } => match memory_records::batches(&batch_hex.0) {
                Err(_) => self.refused("CORRUPT_MESSAGE", "CorruptRecordException"),
                Ok(batches) => {
                    let appended = self.log.append_as_follower(&batches, now_ms, leader_epoch);
                    self.appended(appended)
                }
            },
            Op::Advance { ms } => {
                self.now_ms = self.now_ms.saturating_add(ms);
                object([("now", self.now_ms.into())])
            }
            Op::HighWatermark { to } => {
                let high_watermark = self.log.update_high_watermark(to);
                let last_stable_offset = self.log.last_stable_offset();
                object([("high_watermark", high_watermark.into()), ("last_stable_offset", last_stable_offset.into())])
            }
            Op::DeleteOldSegments => match self.log.delete_old_segments(now_ms) {
                Err(error) => error_of(&error),
                Ok(checks) => {
                    let deleted = checks.iter().filter(|check| check.is_deleted()).map(|check| check.base_offset);
                    let mut answer = object([
                        ("deleted", deleted.collect::<Value>()),
                        ("log_start_offset", self.log.log_start_offset().into()),
                    ]);
                    if self.form == Form::Full {
                        answer.extend(object([("active_segment", active(&self.log))]));
                    }
                    answer
                }
            },
            Op::Roll => match self.log.roll(now_ms) {
                Err(error) => error_of(&error),
                Ok(_) => object([("active_segment", active(&self.log))]),
            },
            Op::TruncateTo { offset } => match self.log.truncate_to(offset, now_ms) {
                Err(error) => error_of(&error),
                Ok(truncated) => {
                    let mut answer = self.ends();
                    answer.extend(object([("truncated", truncated.into())]));
                    if self.form == Form::Full {
                        answer.extend(object([("active_segment", active(&self.log))]));
                    }
                    answer
                }
            },
            Op::TruncateFullyAndStartAt { offset } => match self.log.truncate_fully_and_start_at(offset, now_ms) {
                Err(error) => error_of(&error),
                Ok(()) => self.ends(),
            },
            Op::IncrementLogStartOffset { to } => match self.log.increment_log_start_offset(to) {
                Err(error) => error_of(&error),
                Ok(changed) => {
                    object([("changed", changed.into()), ("log_start_offset", self.log.log_start_offset().into())])
                }
            },
            Op::AssignEpoch { epoch, start_offset } => {
                self.log.assign_epoch(epoch, start_offset);
                object([("leader_epochs", state::leader_epochs(&self.log))])
            }
            Op::EndOffsetForEpoch { epoch } => {
                let end = self.log.end_offset_for_epoch(epoch);
                object([
                    ("epoch", end.map(|end| end.epoch).into()),
                    ("end_offset", end.map(|end| end.end_offset).into()),
                ])
            }
            Op::Read { offset, max_bytes, isolation, min_one_message } => {
                let isolation = isolation.into();
                match self.log.fetch(offset, max_bytes, isolation, min_one_message) {
                    Err(error) => error_of(&error),
                    Ok(fetched) => {
                        let mut answer = told_read(&fetched);
                        if isolation == Isolation::TxnCommitted {
                            let pair = |aborted: &AbortedTxn| json!([aborted.producer_id, aborted.first_offset]);
                            let aborted = fetched.aborted.iter().map(pair).collect();
                            answer.extend(object([("aborted_transactions", aborted)]));
                        }
                        answer
                    }
                }
            }
            Op::OffsetForTimestamp { timestamp } => match self.log.offset_for_timestamp(timestamp) {
                Err(error) => error_of(&error),
                Ok(None) => object([("offset", Value::Null)]),
                Ok(Some(found)) => object([
                    ("offset", found.offset.into()),
                    ("found_timestamp", found.timestamp.into()),
                    ("leader_epoch", found.leader_epoch.into()),
                ]),
            },
            Op::ExpireProducers => {
                self.log.remove_expired_producers(now_ms);
                object([("producers", self.log.producers().producers().count().into())])
            }
            Op::Restart { clean } => {
                self.log.restart(clean, now_ms).map_err(malformed)?;
                object([
                    ("leo", self.log.log_end_offset().into()),
                    ("high_watermark", self.log.high_watermark().into()),
                    ("last_stable_offset", self.log.last_stable_offset().into()),
                    ("log_start_offset", self.log.log_start_offset().into()),
                    ("recovery_point", self.log.recovery_point().into()),
                    (
                        "segments",
                        self.log.segments().map(highwater_log::segment::Segment::base_offset).collect::<Value>(),
                    ),
                ])
            }
            Op::Clean => return Err(Trouble::Malformed("`clean` belongs to the kind compaction".to_owned())),
        })
    }

    fn append(&mut self, append: question::Append) -> Result<Object, Trouble> {
        let guard = match self.verify(&append) {
            Err(error) => return Ok(self.refused(error.error_name(), error.exception())),
            Ok(guard) => guard,
        };
        let how = LeaderAppend { guard, ..LeaderAppend::of_client(self.now_ms, append.leader_epoch) };
        let Ok(batches) = append.batches(self.now_ms)? else {
            return Ok(self.refused("CORRUPT_MESSAGE", "CorruptRecordException"));
        };
        let appended = self.log.append_as_leader(&batches, how);
        Ok(self.appended(appended))
    }

    /// Asks the coordinator about the transaction, as a produce request of that version does.
    fn verify(&mut self, append: &question::Append) -> Result<VerificationGuard, ProducerStateError> {
        let (Some(version), Some(producer)) = (append.verification.as_deref(), &append.producer) else {
            return Ok(VerificationGuard::SENTINEL);
        };
        if version == "none" {
            return Ok(VerificationGuard::SENTINEL);
        }
        let (id, sequence, epoch) = (producer.id, producer.sequence, producer.epoch);
        self.log.maybe_start_transaction_verification(self.now_ms, id, sequence, epoch, version == "tv2")
    }

    fn appended(&self, appended: Result<AppendInfo, LogError>) -> Object {
        let info = match appended {
            Err(error) => return self.refused(error.error_name(), error.exception()),
            Ok(info) => info,
        };
        let mut answer = object([("first_offset", info.first_offset.into()), ("last_offset", info.last_offset.into())]);
        if info.is_duplicate {
            answer.extend(object([("duplicate", true.into())]));
        }
        if let Some(time) = info.log_append_time {
            answer.extend(object([("log_append_time", time.into())]));
        }
        if self.form == Form::Full {
            answer.extend(object([("max_timestamp", info.max_timestamp.into())]));
        }
        answer.extend(self.after_append());
        answer
    }

    fn refused(&self, error: &str, exception: &str) -> Object {
        let mut answer = object([("error", error.into()), ("exception", exception.into())]);
        answer.extend(self.after_append());
        answer
    }

    fn after_append(&self) -> Object {
        let mut answer = object([("leo", self.log.log_end_offset().into())]);
        if self.form == Form::Full {
            answer.extend(object([("active_segment", self.log.active_segment().base_offset().into())]));
        }
        answer
    }

    fn ends(&self) -> Object {
        object([
            ("leo", self.log.log_end_offset().into()),
            ("high_watermark", self.log.high_watermark().into()),
            ("log_start_offset", self.log.log_start_offset().into()),
        ])
    }
}

fn error_of(error: &LogError) -> Object {
    object([("error", error.error_name().into()), ("exception", error.exception().into())])
}

fn malformed(error: impl std::fmt::Display) -> Trouble {
    Trouble::Malformed(error.to_string())
}
