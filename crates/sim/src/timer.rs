//! What can run out.

use crate::ids::{BrokerId, MessageId};

/// A timer of a node. One that has become pointless by the time it runs out does nothing and leaves no fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A producer looks for batches to send (`Sender.runOnce`): something came in, linger.ms or a backoff ran out.
    SenderRun,
    /// A request that waits in a broker's purgatory has waited as long as it may.
    DelayedOperation {
        /// The waiting request.
        request: MessageId,
    },
    /// A follower tries a leader again after an error (`replica.fetch.backoff.ms`).
    FetchBackoff {
        /// The leader.
        leader: BrokerId,
    },
    /// A request got no answer in time (`request.timeout.ms`, `replica.socket.timeout.ms`).
    RequestTimeout {
        /// The request.
        request: MessageId,
    },
    /// The connection to the node that got a request broke before the answer came.
    Disconnected {
        /// The request.
        request: MessageId,
    },
    /// A record has waited in `send()` as long as it may (`max.block.ms`).
    MaxBlock {
        /// Its number.
        record: i64,
    },
    /// A client's metadata is as old as it may get (`metadata.max.age.ms`), or a retry of a refresh is due.
    MetadataRefresh,
    /// A broker does one of the things that it does again and again.
    Background(Task),
    /// The controller does something in time.
    Controller(ControllerTask),
    /// A consumer tries again after an error (`retry.backoff.ms`).
    ConsumerRetry,
    /// Something is due in a group of a coordinator.
    GroupCoordinator {
        /// The partition of `__consumer_offsets`.
        partition: i32,
    },
    /// A lock of a share partition ends, or a share fetch has waited long enough (`AcquisitionLockTimerTask`,
    /// `DelayedShareFetch`).
    SharePartitions,
    /// Something is due for a member of a group.
    GroupMember(MemberTask),
    /// The application of a consumer is done with a record.
    Application,
}

impl Timer {
    /// A short name, as facts say it.
    pub fn name(&self) -> &'static str {
        match self {
            Timer::SenderRun => "sender_run",
            Timer::DelayedOperation { .. } => "delayed_operation",
            Timer::FetchBackoff { .. } => "fetch_backoff",
            Timer::RequestTimeout { .. } => "request_timeout",
            Timer::Disconnected { .. } => "disconnected",
            Timer::MaxBlock { .. } => "max_block",
            Timer::Background(task) => task.name(),
            Timer::MetadataRefresh => "metadata_refresh",
            Timer::Controller(task) => task.name(),
            Timer::ConsumerRetry => "consumer_retry",
            Timer::GroupCoordinator { .. } => "group_coordinator",
            Timer::SharePartitions => "share_partitions",
            Timer::GroupMember(task) => task.name(),
            Timer::Application => "application",
        }
    }
}

/// What a member of a group does in time. Kafka: `AbstractCoordinator.HeartbeatThread`, `ConsumerCoordinator.poll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberTask {
    /// Looks what is due.
    Look,
    /// Tells the coordinator that it lives (`heartbeat.interval.ms`).
    Heartbeat,
    /// Commits by itself (`auto.commit.interval.ms`).
    AutoCommit,
    /// Leaves, because the application has not polled for `max.poll.interval.ms`.
    PollTimeout,
    /// Tries to find its coordinator, or to join, again (`retry.backoff.ms`).
    Retry,
}

impl MemberTask {
    fn name(self) -> &'static str {
        match self {
            MemberTask::Look => "member_look",
            MemberTask::Heartbeat => "member_heartbeat",
            MemberTask::AutoCommit => "auto_commit",
            MemberTask::PollTimeout => "poll_timeout",
            MemberTask::Retry => "member_retry",
        }
    }
}

/// What the controller does in time. Kafka: `BrokerHeartbeatManager`, `QuorumController`'s periodic tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControllerTask {
    /// A broker was not heard of for `broker.session.timeout.ms`.
    SessionTimeout(BrokerId),
    /// A fenced broker says that it has caught up with what the controller decided.
    Heartbeat(BrokerId),
    /// A broker that wants to stop says that it leads nothing any more.
    ShutdownNow(BrokerId),
    /// The controller looks for partitions that the first replica does not lead
    /// (`leader.imbalance.check.interval.seconds`).
    LeaderBalance,
    /// The controller looks for partitions without a leader that any replica may lead
    /// (`unclean.leader.election.interval.ms`).
    UncleanElection,
}

impl ControllerTask {
    fn name(self) -> &'static str {
        match self {
            ControllerTask::SessionTimeout(_) => "session_timeout",
            ControllerTask::Heartbeat(_) => "heartbeat",
            ControllerTask::ShutdownNow(_) => "shutdown_now",
            ControllerTask::LeaderBalance => "leader_balance",
            ControllerTask::UncleanElection => "unclean_election",
        }
    }

    /// The broker that it is about, if it is about one.
    pub fn broker(self) -> Option<BrokerId> {
        match self {
            ControllerTask::SessionTimeout(id) | ControllerTask::Heartbeat(id) | ControllerTask::ShutdownNow(id) => {
                Some(id)
            }
            ControllerTask::LeaderBalance | ControllerTask::UncleanElection => None,
        }
    }
}

/// What a broker does again and again. Kafka: `KafkaScheduler`'s tasks of `LogManager` and `ReplicaManager`, and the thread
/// of `LogCleaner`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Looks for segments to delete (`log.retention.check.interval.ms`).
    Retention,
    /// Compacts the dirtiest log (`log.cleaner.backoff.ms`).
    Cleaner,
    /// Writes high watermarks to disk (`replica.high.watermark.checkpoint.interval.ms`).
    HighWatermarkCheckpoint,
    /// Writes recovery points to disk (`log.flush.offset.checkpoint.interval.ms`).
    RecoveryPointCheckpoint,
    /// Writes log start offsets to disk (`log.flush.start.offset.checkpoint.interval.ms`).
    LogStartOffsetCheckpoint,
    /// Writes logs to disk that have waited for it (`log.flush.scheduler.interval.ms`).
    Flush,
    /// Looks for followers that lag (half of `replica.lag.time.max.ms`).
    IsrExpiration,
    /// Looks for producers to forget (`producer.id.expiration.check.interval.ms`).
    ProducerExpiration,
}

impl Task {
    /// All of them.
    pub const ALL: [Task; 8] = [
        Task::Retention,
        Task::Cleaner,
        Task::HighWatermarkCheckpoint,
        Task::RecoveryPointCheckpoint,
        Task::LogStartOffsetCheckpoint,
        Task::Flush,
        Task::IsrExpiration,
        Task::ProducerExpiration,
    ];

    fn name(self) -> &'static str {
        match self {
            Task::Retention => "retention",
            Task::Cleaner => "cleaner",
            Task::HighWatermarkCheckpoint => "high_watermark_checkpoint",
            Task::RecoveryPointCheckpoint => "recovery_point_checkpoint",
            Task::LogStartOffsetCheckpoint => "log_start_offset_checkpoint",
            Task::Flush => "flush",
            Task::IsrExpiration => "isr_expiration",
            Task::ProducerExpiration => "producer_expiration",
        }
    }
}
