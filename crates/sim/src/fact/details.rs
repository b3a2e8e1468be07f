//! The whys and the files that facts name.

use crate::error::Errors;

/// How a partition was chosen. Kafka 4.3: `KafkaProducer.partition`, `BuiltInPartitioner`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// The application named it.
    Application,
    /// `(murmur2(key) & 0x7fffffff) % partitions`.
    KeyHash {
        /// murmur2 of the key.
        murmur2: i32,
        /// With the sign bit cleared.
        positive: i32,
    },
    /// No key: the partition where the sticky partitioner stands.
    Sticky,
    /// `counter % of`, one partition after the other.
    RoundRobin {
        /// The counter, its sign bit cleared.
        counter: i32,
        /// How many there were to choose from.
        of: i32,
    },
}

/// Why a batch can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyBecause {
    /// It is full, or another batch stands behind it.
    Full,
    /// It has waited `linger.ms`.
    LingerExpired,
    /// Somebody waits for buffer memory.
    MemoryWaiters,
    /// The producer is being closed.
    Closed,
    /// The application flushes.
    Flushing,
    /// A retry: its backoff has run out.
    BackoffExpired,
    /// It came back, and another leader is known than the one that it was sent to: it does not wait (KIP-951).
    LeaderChanged,
}

/// Why a request that waited was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// What it waited for is there.
    Satisfied,
    /// It has waited as long as it may.
    TimedOut,
}

/// How far a change of an ISR is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsrStep {
    /// The leader asks the controller for it. A replica that shall join counts at once, one that shall leave still counts.
    Proposed,
    /// The controller let replicas join; the partition epoch now.
    Expanded(i32),
    /// The controller took replicas out; the partition epoch now.
    Shrunk(i32),
    /// It did not come to be: why; none if the answer is of an older state.
    Failed(Option<Errors>),
}

/// A file in which a broker keeps an offset for each of its partitions. Kafka: `OffsetCheckpointFile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointFile {
    /// `replication-offset-checkpoint`: high watermarks.
    HighWatermark,
    /// `recovery-point-offset-checkpoint`: up to where everything is flushed.
    RecoveryPoint,
    /// `log-start-offset-checkpoint`.
    LogStartOffset,
    /// `cleaner-offset-checkpoint`: up to where a log is compacted.
    Cleaner,
}

impl CheckpointFile {
    /// The file's name.
    pub fn name(self) -> &'static str {
        match self {
            CheckpointFile::HighWatermark => "replication-offset-checkpoint",
            CheckpointFile::RecoveryPoint => "recovery-point-offset-checkpoint",
            CheckpointFile::LogStartOffset => "log-start-offset-checkpoint",
            CheckpointFile::Cleaner => "cleaner-offset-checkpoint",
        }
    }
}

impl ReadyBecause {
    /// As facts say it.
    pub fn name(self) -> &'static str {
        match self {
            ReadyBecause::Full => "full",
            ReadyBecause::LingerExpired => "linger_expired",
            ReadyBecause::MemoryWaiters => "memory_waiters",
            ReadyBecause::Closed => "closed",
            ReadyBecause::Flushing => "flushing",
            ReadyBecause::BackoffExpired => "backoff_expired",
            ReadyBecause::LeaderChanged => "leader_changed",
        }
    }
}

impl Completion {
    /// As facts say it.
    pub fn name(self) -> &'static str {
        match self {
            Completion::Satisfied => "satisfied",
            Completion::TimedOut => "timed_out",
        }
    }
}
