//! The errors that go over the wire, by Kafka's names. Kafka 4.3: `org.apache.kafka.common.protocol.Errors`.

use std::fmt;

/// An error code of a response; `None` is success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Errors {
    /// Success.
    #[default]
    None,
    /// The fetch offset is outside `[log start, log end]` (or, for a consumer, beyond what it may ask for).
    OffsetOutOfRange,
    /// A batch's CRC does not fit its bytes.
    CorruptMessage,
    /// The broker knows no such topic or partition.
    UnknownTopicOrPartition,
    /// The broker does not lead this partition (or holds no replica of it).
    NotLeaderOrFollower,
    /// A batch is larger than `message.max.bytes`.
    MessageTooLarge,
    /// The request waited longer than it may.
    RequestTimedOut,
    /// The ISR is smaller than `min.insync.replicas`: nothing was appended.
    NotEnoughReplicas,
    /// The ISR shrank below `min.insync.replicas` after the append: the record is in the log all the same.
    NotEnoughReplicasAfterAppend,
    /// `acks` is none of 0, 1, -1.
    InvalidRequiredAcks,
    /// The request's leader epoch is older than the broker's.
    FencedLeaderEpoch,
    /// The request's leader epoch is newer than the broker's.
    UnknownLeaderEpoch,
    /// The partition has no leader.
    LeaderNotAvailable,
    /// The log cannot take more (a bound of the simulation).
    KafkaStorageError,
}

impl Errors {
    /// Kafka's name, such as `NOT_LEADER_OR_FOLLOWER`.
    pub fn name(self) -> &'static str {
        match self {
            Errors::None => "NONE",
            Errors::OffsetOutOfRange => "OFFSET_OUT_OF_RANGE",
            Errors::CorruptMessage => "CORRUPT_MESSAGE",
            Errors::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Errors::NotLeaderOrFollower => "NOT_LEADER_OR_FOLLOWER",
            Errors::MessageTooLarge => "MESSAGE_TOO_LARGE",
            Errors::RequestTimedOut => "REQUEST_TIMED_OUT",
            Errors::NotEnoughReplicas => "NOT_ENOUGH_REPLICAS",
            Errors::NotEnoughReplicasAfterAppend => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
            Errors::InvalidRequiredAcks => "INVALID_REQUIRED_ACKS",
            Errors::FencedLeaderEpoch => "FENCED_LEADER_EPOCH",
            Errors::UnknownLeaderEpoch => "UNKNOWN_LEADER_EPOCH",
            Errors::LeaderNotAvailable => "LEADER_NOT_AVAILABLE",
            Errors::KafkaStorageError => "KAFKA_STORAGE_ERROR",
        }
    }

    /// Whether a client tries again (`RetriableException`).
    pub fn is_retriable(self) -> bool {
        !matches!(self, Errors::None | Errors::OffsetOutOfRange | Errors::MessageTooLarge | Errors::InvalidRequiredAcks)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
