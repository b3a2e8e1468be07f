//! One replica of one partition. Kafka 4.3: `kafka.cluster.Partition`.
//!
//! What only a leader does is in [`super::leader`], [`super::fetch`] and [`super::isr`], what only a follower does in
//! [`super::follower`].

use std::rc::Rc;

use highwater_log::log::Log;
use highwater_log::log::LogConfig;

use super::alter_partition::AlterPartitionManager;
use super::isr::PartitionState;
use super::replica::ReplicaState;
use crate::config::TopicConfig;
use crate::error::Errors;
use crate::ids::{BrokerId, LeaderEpoch, Offset, TopicId, TopicPartition};
use crate::metadata::{MetadataImage, PartitionRegistration};
use crate::outbox::Outbox;
use crate::sorted::SortedMap;

/// The partition epoch before the controller has said anything. Kafka: `INITIAL_PARTITION_EPOCH`.
const INITIAL_PARTITION_EPOCH: i32 = 0;
/// The leader epoch before the first leader. Kafka: `INITIAL_LEADER_EPOCH - 1`.
const NO_LEADER_EPOCH: LeaderEpoch = LeaderEpoch(-1);

/// A replica: its log and what it is at the moment.
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names, reason = "Kafka's names")]
pub struct Partition {
    /// Which partition.
    pub id: TopicPartition,
    /// The id of its topic, which stands in the file `partition.metadata`.
    pub topic_id: TopicId,
    /// The broker that has it. Kafka: `localBrokerId`.
    pub broker: BrokerId,
    /// The records, and the high watermark: on the leader itself, on a follower its copy.
    pub log: Log,
    /// What the controller last decided, as far as this replica has heard.
    pub registration: Rc<PartitionRegistration>,
    /// What the topic is told.
    pub config: Rc<TopicConfig>,
    /// Up to where the operating system has written the log to the disk by itself.
    written_back: Offset,
    pub(super) leader: Option<BrokerId>,
    pub(super) leader_epoch: LeaderEpoch,
    pub(super) partition_epoch: i32,
    pub(super) leader_epoch_start_offset: Option<Offset>,
    pub(super) state: PartitionState,
    pub(super) replicas: SortedMap<BrokerId, ReplicaState>,
}

/// What is around a partition when it does something: its broker, and what that knows of the cluster.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The clock, in ms since the epoch.
    pub now_ms: i64,
    /// The epoch of the broker itself.
    pub broker_epoch: i64,
    /// After how long without having caught up a follower is out of sync, in ms: `replica.lag.time.max.ms`.
    pub replica_lag_time_max_ms: i64,
    /// What the broker knows of the cluster. Kafka: `MetadataCache`.
    pub metadata: &'a MetadataImage,
    /// Where changes of the ISR wait for the controller.
    pub alter_partition: &'a mut AlterPartitionManager,
    /// Where it tells what happened.
    pub out: &'a mut Outbox,
}

impl Partition {
    /// An empty replica on `broker`, which nobody leads yet. Its log is made now.
    pub fn new(id: TopicPartition, broker: BrokerId, config: Rc<TopicConfig>, now_ms: i64) -> Partition {
        Partition {
            id,
            topic_id: TopicId::default(),
            broker,
            log: Log::with_config(config.log(), now_ms),
            registration: Rc::default(),
            config,
            written_back: Offset::ZERO,
            leader: None,
            leader_epoch: NO_LEADER_EPOCH,
            partition_epoch: INITIAL_PARTITION_EPOCH,
            leader_epoch_start_offset: None,
            state: PartitionState::default(),
            replicas: SortedMap::new(),
        }
    }

    /// What survives when the machine loses power: what Kafka has flushed, or the operating system has written.
    pub fn durable_offset(&self) -> Offset {
        self.written_back.max(Offset(self.log.recovery_point())).min(self.log_end_offset())
    }

    /// The operating system writes all that is in its page cache to the disk.
    pub fn write_back(&mut self) {
        self.written_back = self.log_end_offset();
    }

    /// What is on the disk of the replica that the process before had.
    pub(super) fn take_files_of(&mut self, before: &Partition) {
        self.topic_id = before.topic_id;
        self.written_back = before.written_back.min(self.log_end_offset());
    }

    /// Loses the end of the log. False if it is as it was.
    pub fn lose_from(&mut self, offset: Offset, now_ms: i64) -> bool {
        self.log.truncate_to(offset.0.max(self.log.log_start_offset()), now_ms).unwrap_or(false)
    }

    /// The log was cut at its end: what was there is on no disk any more.
    pub(super) fn was_cut(&mut self) {
        self.written_back = self.written_back.min(self.log_end_offset());
    }

    /// The topic is told otherwise. What was decided before stays decided: the high watermark is not looked at.
    pub(crate) fn set_config(&mut self, config: &Rc<TopicConfig>) {
        let producers = self.log.config().producers;
        self.log.set_config(LogConfig { producers, ..config.log() });
        self.config = Rc::clone(config);
    }

    /// The offset that the next record will get.
    pub fn log_end_offset(&self) -> Offset {
        Offset(self.log.log_end_offset())
    }

    /// The first offset of the log.
    pub fn log_start_offset(&self) -> Offset {
        Offset(self.log.log_start_offset())
    }

    /// What is before it is on every replica that counts, as far as this one knows.
    pub fn high_watermark(&self) -> Offset {
        Offset(self.log.high_watermark())
    }

    /// Who leads; none if nobody does, or the controller has said nothing yet.
    pub fn leader(&self) -> Option<BrokerId> {
        self.leader
    }

    /// This replica leads.
    pub fn is_leader(&self) -> bool {
        self.leader == Some(self.broker)
    }

    /// The epoch of the present leader; −1 before the first one.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// The epoch of the newest state of this partition that is known here.
    pub fn partition_epoch(&self) -> i32 {
        self.partition_epoch
    }

    /// Where the log ended when the leader's epoch began; none on a follower.
    pub fn leader_epoch_start_offset(&self) -> Option<Offset> {
        self.leader_epoch_start_offset
    }

    /// The epoch of the last record here; none if the log is empty.
    pub fn last_fetched_epoch(&self) -> Option<LeaderEpoch> {
        self.log.latest_epoch().map(LeaderEpoch)
    }

    /// What the leader knows of the others, by broker id; nothing on a follower. Kafka: `remoteReplicas`.
    pub fn replicas(&self) -> &SortedMap<BrokerId, ReplicaState> {
        &self.replicas
    }

    /// The ISR as the leader has it, with a change that the controller has not answered yet; empty on a follower.
    pub fn state(&self) -> &PartitionState {
        &self.state
    }

    /// The leader's committed ISR is smaller than `min(min.insync.replicas, replicas)`. Kafka: `isUnderMinIsr`.
    pub fn is_under_min_isr(&self) -> bool {
        self.is_leader() && self.state.isr().len() < self.effective_min_isr()
    }

    /// `min.insync.replicas`, but never more than there are replicas. Kafka: `effectiveMinIsr`.
    pub(super) fn effective_min_isr(&self) -> usize {
        let min_isr = usize::try_from(self.config.min_insync_replicas).unwrap_or(0);
        min_isr.min(self.replicas.len().saturating_add(1))
    }

    /// Whether a request knows the leader epoch that this replica knows. Kafka: `checkCurrentLeaderEpoch`.
    pub(super) fn check_leader_epoch(&self, requested: Option<LeaderEpoch>) -> Result<(), Errors> {
        match requested {
            Some(epoch) if epoch < self.leader_epoch => Err(Errors::FencedLeaderEpoch),
            Some(epoch) if epoch > self.leader_epoch => Err(Errors::UnknownLeaderEpoch),
            _ => Ok(()),
        }
    }

    /// As [`Partition::check_leader_epoch`], and this replica leads. Kafka: `localLogWithEpochOrThrow`.
    pub(super) fn check_leader(&self, requested: Option<LeaderEpoch>) -> Result<(), Errors> {
        self.check_leader_epoch(requested)?;
        if self.is_leader() { Ok(()) } else { Err(Errors::NotLeaderOrFollower) }
    }
}
