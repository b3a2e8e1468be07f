//! A broker that loses what it asked for, is gone, or comes back. Kafka 4.3: `LogManager.startup`, `loadLog`,
//! `Partition.createLog`, and what `AbstractFetcherThread` and `NodeToControllerChannelManager` do without an answer.
//!
//! Differs from Kafka: loading takes no time.

use std::rc::Rc;

use highwater_log::log::LogStop;

use super::Broker;
use super::alter_partition::AlterPartitionManager;
use super::partition::Partition;
use super::producer_ids::ProducerIdManager;
use super::purgatory::Purgatory;
use crate::fact::{CheckpointFile, FactKind};
use crate::ids::{MessageId, Offset, TopicPartition};
use crate::metadata::{MetadataImage, PartitionRegistration};
use crate::outbox::Outbox;
use crate::sorted::SortedMap;
use crate::timer::Timer;

impl Broker {
    /// The process is gone, and with it everything that was only in its memory. Its files stay, as the page cache has them.
    pub fn crash(&mut self) {
        self.purgatory = Purgatory::default();
        self.fetchers = SortedMap::new();
        self.fetch_sessions.clear();
        self.alter_partition = AlterPartitionManager::default();
        self.producer_ids = ProducerIdManager::default();
        self.groups.crash();
        self.share.crash();
        self.forget_reads();
    }

    /// The partition has moved to other brokers: what waits for it is answered, and its files are deleted. Kafka:
    /// `ReplicaManager.stopPartitions`.
    pub(super) fn drop_replica(
        &mut self,
        id: &TopicPartition,
        registration: &Rc<PartitionRegistration>,
        out: &mut Outbox,
    ) {
        let Some(replica) = self.partitions.get_mut(id) else { return };
        Rc::make_mut(replica).make_follower(registration);
        let because = out.cause();
        self.try_complete(id, out);
        out.because(because);
        self.delete_files(id);
    }

    /// Of topics that were deleted, or whose names others have now, no replica stays, and what waits for one is answered.
    /// Kafka: `ReplicaManager.applyDelta`, `LogManager.asyncDelete`.
    pub(super) fn drop_deleted_topics(&mut self, out: &mut Outbox) {
        let is_gone = |(id, replica): &(&TopicPartition, &Rc<Partition>)| {
            let now = self.metadata.topics.get(&id.topic);
            now.is_none_or(|topic| topic.id != replica.topic_id)
        };
        let gone: Vec<TopicPartition> = self.partitions.iter().filter(is_gone).map(|(id, _)| id.clone()).collect();
        let because = out.cause();
        for id in gone {
            self.delete_files(&id);
            self.try_complete(&id, out);
            out.because(because);
        }
    }

    fn delete_files(&mut self, id: &TopicPartition) {
        self.partitions.remove(id);
        let checkpoints = Rc::make_mut(&mut self.checkpoints);
        let files = [
            CheckpointFile::HighWatermark,
            CheckpointFile::RecoveryPoint,
            CheckpointFile::LogStartOffset,
            CheckpointFile::Cleaner,
        ];
        for file in files {
            checkpoints.file_mut(file).remove(id);
        }
    }

    /// Stops cleanly: everything is flushed, and the checkpoint files are written.
    pub fn close(&mut self, out: &mut Outbox) {
        let now_ms = out.clock_ms();
        for partition in self.partitions.values_mut() {
            let log = &mut Rc::make_mut(partition).log;
            log.flush(log.log_end_offset(), now_ms);
        }
        let files = [CheckpointFile::RecoveryPoint, CheckpointFile::LogStartOffset, CheckpointFile::HighWatermark];
        for file in files {
            self.write_checkpoint(file, false, out);
        }
        self.crash();
    }

    /// Starts again under a new epoch: loads its logs, each with the high watermark of the checkpoint file. A log that cannot
    /// be loaded stays as it was.
    pub fn restart(&mut self, epoch: i64, is_clean: bool, out: &mut Outbox) {
        self.crash();
        self.epoch = epoch;
        self.metadata = Rc::new(MetadataImage { features: self.metadata.features, ..MetadataImage::default() });
        let (me, now_ms, because) = (self.id, out.clock_ms(), out.cause());
        let expiration_ms = self.producer_id_expiration_ms();
        for (id, partition) in &mut self.partitions {
            let noted = |file: &SortedMap<_, Offset>| file.get(id).map_or(0, |offset| offset.0);
            let stop = LogStop {
                is_clean,
                recovery_point: noted(&self.checkpoints.recovery_points),
                log_start_offset: noted(&self.checkpoints.log_start_offsets),
            };
            let mut log = partition.log.clone();
            log.set_producer_id_expiration_ms(expiration_ms);
            if log.reopen(stop, now_ms).is_err() {
                continue;
            }
            log.update_high_watermark(noted(&self.checkpoints.high_watermarks));
            let mut loaded = Partition::new(id.clone(), me, Rc::clone(&partition.config), now_ms);
            loaded.log = log;
            loaded.take_files_of(partition);
            out.because(because);
            out.fact(FactKind::LogLoaded {
                broker: me,
                partition: id.clone(),
                is_clean,
                log_end_offset: loaded.log_end_offset(),
                high_watermark: loaded.high_watermark(),
            });
            *partition = Rc::new(loaded);
        }
        if !self.partitions.is_empty() {
            self.start_background_tasks(out);
        }
    }

    /// A request of this broker got no answer in time, or its connection broke.
    pub(super) fn on_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        let fetching = self.fetchers.iter().find(|(_, fetcher)| fetcher.is_in_flight(request)).map(|(id, _)| *id);
        if let Some(leader) = fetching {
            out.timer_fired(timer.clone());
            self.lose_leader(leader, out);
        } else if self.alter_partition.is_in_flight(request) {
            out.timer_fired(timer.clone());
            self.alter_partition.request_done();
            self.send_alter_partition(out);
        } else if self.producer_ids.is_asking(request) {
            out.timer_fired(timer.clone());
            self.request_producer_ids(out);
        }
    }
}
