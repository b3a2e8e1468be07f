//! What a broker does with its logs again and again. Kafka 4.3: `LogManager.startup` and `cleanupLogs`,
//! `ReplicaManager.checkpointHighWatermarks`, `LogCleaner.CleanerThread`, `UnifiedLog.removeExpiredProducers`.
//!
//! Differs from Kafka: it takes no time, and one cleaner thread does all logs. What Kafka flushes when a log rolls is
//! flushed at once.

use std::rc::Rc;

use highwater_log::cleaner::{LogToClean, OffsetMap};
use highwater_log::log::DeletionCheck;

use super::Broker;
use crate::fact::{CheckpointFile, FactKind, IdempotenceFact};
use crate::ids::{BrokerId, Offset, TopicPartition};
use crate::outbox::Outbox;
use crate::sorted::SortedMap;
use crate::timer::{Task, Timer};

/// How long after its start a broker first looks for segments to delete, and first writes most checkpoints, in ms.
/// Kafka: `LogManager.initialTaskDelayMs`.
const INITIAL_TASK_DELAY_MS: u64 = 30_000;

/// A period that is never over.
const NEVER_MS: u64 = i64::MAX.unsigned_abs();

/// The keys that the offset map of a cleaner thread holds: `log.cleaner.dedupe.buffer.size` (128 MB) in slots of 24 bytes,
/// filled to `log.cleaner.io.buffer.load.factor` (0.9).
const CLEANER_KEYS_MAX: usize = 134_217_728 / 24 * 9 / 10;

/// The checkpoint files of a broker: an offset for each partition.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    /// `replication-offset-checkpoint`: high watermarks.
    pub high_watermarks: SortedMap<TopicPartition, Offset>,
    /// `recovery-point-offset-checkpoint`: up to where everything is flushed.
    pub recovery_points: SortedMap<TopicPartition, Offset>,
    /// `log-start-offset-checkpoint`.
    pub log_start_offsets: SortedMap<TopicPartition, Offset>,
    /// `cleaner-offset-checkpoint`: up to where a log is compacted.
    pub cleaner: SortedMap<TopicPartition, Offset>,
}

impl Checkpoints {
    /// What stands in a file.
    pub fn file(&self, file: CheckpointFile) -> &SortedMap<TopicPartition, Offset> {
        match file {
            CheckpointFile::HighWatermark => &self.high_watermarks,
            CheckpointFile::RecoveryPoint => &self.recovery_points,
            CheckpointFile::LogStartOffset => &self.log_start_offsets,
            CheckpointFile::Cleaner => &self.cleaner,
        }
    }

    pub(super) fn file_mut(&mut self, file: CheckpointFile) -> &mut SortedMap<TopicPartition, Offset> {
        match file {
            CheckpointFile::HighWatermark => &mut self.high_watermarks,
            CheckpointFile::RecoveryPoint => &mut self.recovery_points,
            CheckpointFile::LogStartOffset => &mut self.log_start_offsets,
            CheckpointFile::Cleaner => &mut self.cleaner,
        }
    }
}

impl Broker {
    /// Sets the timers of everything that is done again and again.
    pub(super) fn start_background_tasks(&self, out: &mut Outbox) {
        for task in Task::ALL {
            // Kafka's default is never.
            if task == Task::Flush && self.config.log_flush_scheduler_interval_ms >= NEVER_MS {
                continue;
            }
            let delay_ms = match task {
                Task::HighWatermarkCheckpoint | Task::Cleaner | Task::IsrExpiration | Task::ProducerExpiration => {
                    self.period_ms(task)
                }
                _ => INITIAL_TASK_DELAY_MS,
            };
            out.timer(out.now.plus_ms(delay_ms), Timer::Background(task));
        }
    }

    fn period_ms(&self, task: Task) -> u64 {
        let period_ms = match task {
            Task::Retention => self.config.log_retention_check_interval_ms,
            Task::Cleaner => self.config.log_cleaner_backoff_ms,
            Task::HighWatermarkCheckpoint => self.config.replica_high_watermark_checkpoint_interval_ms,
            Task::RecoveryPointCheckpoint => self.config.log_flush_offset_checkpoint_interval_ms,
            Task::LogStartOffsetCheckpoint => self.config.log_flush_start_offset_checkpoint_interval_ms,
            Task::Flush => self.config.log_flush_scheduler_interval_ms,
            Task::IsrExpiration => self.config.replica_lag_time_max_ms / 2,
            Task::ProducerExpiration => self.config.producer_id_expiration_check_interval_ms,
        };
        period_ms.max(1)
    }

    /// Does one of these things, and sets its timer anew.
    pub(super) fn on_background(&mut self, task: Task, out: &mut Outbox) {
        out.timer(out.now.plus_ms(self.period_ms(task)), Timer::Background(task));
        let because = out.cause();
        match task {
            Task::Retention => self.delete_old_segments(out),
            Task::Cleaner => while self.clean_dirtiest_log(out) {},
            Task::HighWatermarkCheckpoint => self.write_checkpoint(CheckpointFile::HighWatermark, true, out),
            Task::RecoveryPointCheckpoint => self.write_checkpoint(CheckpointFile::RecoveryPoint, true, out),
            Task::LogStartOffsetCheckpoint => self.write_checkpoint(CheckpointFile::LogStartOffset, true, out),
            Task::Flush => self.flush_dirty_logs(out),
            Task::IsrExpiration => self.shrink_isrs(out),
            Task::ProducerExpiration => self.forget_producers(out),
        }
        out.because(because);
    }

    /// Writes the logs to disk that were not for `flush.ms`. Kafka: `LogManager.flushDirtyLogs`.
    fn flush_dirty_logs(&mut self, out: &mut Outbox) {
        let (me, now_ms, because) = (self.id, out.clock_ms(), out.cause());
        for (id, partition) in &mut self.partitions {
            let mut partition_now = Rc::clone(partition);
            if !Rc::make_mut(&mut partition_now).log.flush_if_due(now_ms) {
                continue;
            }
            *partition = partition_now;
            out.because(because);
            out.timer_fired(Timer::Background(Task::Flush));
            let recovery_point = Offset(partition.log.recovery_point());
            out.fact(FactKind::LogFlushed { broker: me, partition: id.clone(), recovery_point });
        }
    }

    pub(super) fn producer_id_expiration_ms(&self) -> i64 {
        i64::try_from(self.config.producer_id_expiration_ms).unwrap_or(i64::MAX)
    }

    /// Forgets the producers that wrote nothing for `producer.id.expiration.ms`, in each log by itself.
    fn forget_producers(&mut self, out: &mut Outbox) {
        let (me, now_ms, because) = (self.id, out.clock_ms(), out.cause());
        let expiration_ms = self.producer_id_expiration_ms();
        let known = |(_, partition): &(&TopicPartition, &mut Rc<super::Partition>)| {
            partition.log.producers().producers().next().is_some()
        };
        for (id, partition) in self.partitions.iter_mut().filter(known) {
            let log = &mut Rc::make_mut(partition).log;
            log.set_producer_id_expiration_ms(expiration_ms);
            let producer_ids = log.remove_expired_producers(now_ms);
            if !producer_ids.is_empty() {
                out.because(because);
                out.timer_fired(Timer::Background(Task::ProducerExpiration));
                let partition = id.clone();
                let expired = IdempotenceFact::ProducersExpired { broker: me, partition, producer_ids };
                out.fact(FactKind::Idempotence(Box::new(expired)));
            }
        }
    }

    /// Asks for followers that lag to leave the ISRs. Kafka: `ReplicaManager.maybeShrinkIsr`.
    fn shrink_isrs(&mut self, out: &mut Outbox) {
        let (now_ms, lag_ms) = (out.clock_ms(), self.replica_lag_time_max_ms());
        let lags = |partition: &super::Partition| !partition.out_of_sync_replicas(now_ms, lag_ms).is_empty();
        let lagging = self.partitions.iter().filter(|(_, partition)| lags(partition));
        let lagging: Vec<TopicPartition> = lagging.map(|(id, _)| id.clone()).collect();
        if !lagging.is_empty() {
            out.timer_fired(Timer::Background(Task::IsrExpiration));
        }
        for id in lagging {
            if let Some((partition, mut around)) = self.replica_mut(&id, out) {
                partition.maybe_shrink_isr(&mut around);
            }
        }
        self.send_alter_partition(out);
    }

    /// Writes the offsets that changed since the file was last written.
    pub(super) fn write_checkpoint(&mut self, file: CheckpointFile, by_timer: bool, out: &mut Outbox) {
        let now = |partition: &super::Partition| match file {
            CheckpointFile::HighWatermark => Some(partition.high_watermark()),
            CheckpointFile::RecoveryPoint => Some(Offset(partition.log.recovery_point())),
            // Kafka: only where the log start offset is behind the base offset of the first segment.
            CheckpointFile::LogStartOffset => {
                let first = partition.log.segments().next().map(highwater_log::segment::Segment::base_offset);
                let start = partition.log_start_offset();
                first.is_some_and(|first| start.0 > first).then_some(start)
            }
            CheckpointFile::Cleaner => None,
        };
        let written = self.checkpoints.file(file);
        let changed: Vec<(TopicPartition, Offset)> = self
            .partitions
            .iter()
            .filter_map(|(id, partition)| Some((id.clone(), now(partition)?)))
            .filter(|(id, offset)| written.get(id).copied().unwrap_or(Offset::ZERO) != *offset)
            .collect();
        let task = match file {
            CheckpointFile::HighWatermark => Task::HighWatermarkCheckpoint,
            CheckpointFile::RecoveryPoint => Task::RecoveryPointCheckpoint,
            CheckpointFile::LogStartOffset => Task::LogStartOffsetCheckpoint,
            CheckpointFile::Cleaner => Task::Cleaner,
        };
        if by_timer && !changed.is_empty() {
            out.timer_fired(Timer::Background(task));
        }
        for (partition, offset) in changed {
            self.note(file, partition, offset, out);
        }
    }

    fn note(&mut self, file: CheckpointFile, partition: TopicPartition, offset: Offset, out: &mut Outbox) {
        let written = Rc::make_mut(&mut self.checkpoints).file_mut(file);
        written.insert(partition.clone(), offset);
        out.fact(FactKind::CheckpointWritten { broker: self.id, file, partition, offset });
    }

    /// Deletes what retention lets go, of all logs that are not only compacted.
    fn delete_old_segments(&mut self, out: &mut Outbox) {
        let (me, now_ms, because) = (self.id, out.clock_ms(), out.cause());
        for (id, partition) in &mut self.partitions {
            // Kafka leaves logs that are compacted to the cleaner, which deletes too where the policy says both.
            let is_alone = partition.log.segments().nth(1).is_none() && partition.log.size_in_bytes() == 0;
            if partition.log.config().compact || is_alone {
                continue;
            }
            out.because(because);
            delete_segments(me, id, Rc::make_mut(partition), now_ms, out);
        }
    }

    /// Compacts the log that is dirtiest, if one is due. False if none was.
    #[inline(never)]
    fn clean_dirtiest_log(&mut self, out: &mut Outbox) -> bool {
        let now_ms = out.clock_ms();
        let mut dirtiest: Option<(TopicPartition, LogToClean, f64)> = None;
        for (id, partition) in &self.partitions {
            if !partition.log.config().compact {
                continue;
            }
            let checkpoint = self.checkpoints.cleaner.get(id).map(|offset| offset.0);
            let to_clean = partition.log.log_to_clean(checkpoint, now_ms);
            let ratio = to_clean.dirty_ratio().unwrap_or(0.0);
            if to_clean.is_due(partition.log.config()) && dirtiest.as_ref().is_none_or(|(.., most)| ratio > *most) {
                dirtiest = Some((id.clone(), to_clean, ratio));
            }
        }
        let Some((id, to_clean, _)) = dirtiest else { return false };
        let Some(partition) = self.partitions.get_mut(&id) else { return false };
        let mut map = OffsetMap::with_keys_max(CLEANER_KEYS_MAX);
        let Ok(cleaned) = Rc::make_mut(partition).log.clean(&to_clean, &mut map, now_ms) else { return false };
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let next_dirty_offset = Offset(cleaned.next_dirty_offset);
        let because = out.cause();
        out.timer_fired(Timer::Background(Task::Cleaner));
        out.then(FactKind::LogCleaned {
            broker: self.id,
            partition: id.clone(),
            first_dirty_offset: Offset(to_clean.first_dirty_offset),
            next_dirty_offset,
            dirty_thousandths: number(to_clean.cleanable_bytes.saturating_mul(1_000) / to_clean.total_bytes().max(1)),
            keys: i64::try_from(map.len()).unwrap_or(i64::MAX),
            records_read: number(cleaned.stats.messages_read),
            records_kept: number(cleaned.stats.messages_written),
        });
        self.note(CheckpointFile::Cleaner, id, next_dirty_offset, out);
        out.because(because);
        // What was cleaned is behind the checkpoint now, so the log is not due again.
        next_dirty_offset.0 > to_clean.first_dirty_offset
    }
}

impl super::Partition {
    /// Tells that an append wrote everything to disk, as `flush.messages` asks.
    pub(super) fn tell_flush(&self, out: &mut Outbox) {
        let recovery_point = Offset(self.log.recovery_point());
        if recovery_point.0 >= self.log.log_end_offset() {
            out.fact(FactKind::LogFlushed { broker: self.broker, partition: self.id.clone(), recovery_point });
        }
    }
}

/// Deletes old segments of a partition and tells of each, and of the first one that stays.
fn delete_segments(me: BrokerId, id: &TopicPartition, partition: &mut super::Partition, now_ms: i64, out: &mut Outbox) {
    let from = partition.log_start_offset();
    let Ok(checks) = partition.log.delete_old_segments(now_ms) else { return };
    let deleted: Vec<&DeletionCheck> = checks.iter().filter(|check| check.is_deleted()).collect();
    // A log of one segment that stays is not worth a word.
    if deleted.is_empty() && partition.log.segments().nth(1).is_none() {
        return;
    }
    out.timer_fired(Timer::Background(Task::Retention));
    for check in &deleted {
        out.fact(FactKind::SegmentDeleted {
            broker: me,
            partition: id.clone(),
            base_offset: Offset(check.base_offset),
            verdict: check.verdict,
        });
    }
    let to = partition.log_start_offset();
    if from != to {
        out.fact(FactKind::LogStartOffsetIncremented { broker: me, partition: id.clone(), from, to });
    }
    if let Some(kept) = checks.iter().rev().find(|check| !check.is_deleted()) {
        out.fact(FactKind::RetentionChecked {
            broker: me,
            partition: id.clone(),
            deleted: i64::try_from(deleted.len()).unwrap_or(i64::MAX),
            kept: Offset(kept.base_offset),
            verdict: kept.verdict,
        });
    }
}
