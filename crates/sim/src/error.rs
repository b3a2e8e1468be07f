//! The errors that go over the wire, by Kafka's names. Kafka 4.3: `org.apache.kafka.common.protocol.Errors`.

use std::fmt;

use highwater_log::log::LogError;

/// An error code of a response; `None` is success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Errors {
    /// Success.
    #[default]
    None,
    /// The server does not say what went wrong.
    UnknownServerError,
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
    /// The connection broke.
    NetworkException,
    /// A request batch is larger than a segment.
    RecordListTooLarge,
    /// The ISR is smaller than `min.insync.replicas`: nothing was appended.
    NotEnoughReplicas,
    /// The ISR shrank below `min.insync.replicas` after the append: the record is in the log all the same.
    NotEnoughReplicasAfterAppend,
    /// `acks` is none of 0, 1, -1.
    InvalidRequiredAcks,
    /// A record's timestamp is out of the range that the topic takes.
    InvalidTimestamp,
    /// The node that was asked is not the controller.
    NotController,
    /// The request contradicts itself.
    InvalidRequest,
    /// The topic's configuration forbids it.
    PolicyViolation,
    /// A sequence number that does not follow on.
    OutOfOrderSequenceNumber,
    /// A sequence number that has been here, and of which nobody remembers more.
    DuplicateSequenceNumber,
    /// A producer of an older epoch.
    InvalidProducerEpoch,
    /// The broker knows nothing of the producer (any more).
    UnknownProducerId,
    /// The broker has no producer id to give yet.
    CoordinatorLoadInProgress,
    /// The request is of an older registration of the broker.
    StaleBrokerEpoch,
    /// The transaction is in another state than the request expects.
    InvalidTxnState,
    /// The request's leader epoch is older than the broker's.
    FencedLeaderEpoch,
    /// The request's leader epoch is newer than the broker's.
    UnknownLeaderEpoch,
    /// The broker knows no such fetch session.
    FetchSessionIdNotFound,
    /// The request is not the next one of its fetch session.
    InvalidFetchSessionEpoch,
    /// The partition has no leader.
    LeaderNotAvailable,
    /// The leader does not know its high watermark yet.
    OffsetNotAvailable,
    /// The log cannot take more (a bound of the simulation).
    KafkaStorageError,
    /// A record that may not be there, such as one without a key in a compacted topic.
    InvalidRecord,
    /// The request's partition epoch is not the controller's.
    InvalidUpdateVersion,
    /// Nobody knows the topic's id.
    UnknownTopicId,
    /// The broker has another request under way.
    OperationNotAttempted,
    /// A replica that may not join the ISR: fenced, stopping, or of an older registration.
    IneligibleReplica,
    /// The change was made, and another broker leads now.
    NewLeaderElected,
}

impl Errors {
    /// Every error.
    const ALL: [Errors; 37] = [
        Errors::None,
        Errors::UnknownServerError,
        Errors::OffsetOutOfRange,
        Errors::CorruptMessage,
        Errors::UnknownTopicOrPartition,
        Errors::NotLeaderOrFollower,
        Errors::MessageTooLarge,
        Errors::RequestTimedOut,
        Errors::NetworkException,
        Errors::RecordListTooLarge,
        Errors::NotEnoughReplicas,
        Errors::NotEnoughReplicasAfterAppend,
        Errors::InvalidRequiredAcks,
        Errors::InvalidTimestamp,
        Errors::NotController,
        Errors::InvalidRequest,
        Errors::PolicyViolation,
        Errors::OutOfOrderSequenceNumber,
        Errors::DuplicateSequenceNumber,
        Errors::InvalidProducerEpoch,
        Errors::UnknownProducerId,
        Errors::CoordinatorLoadInProgress,
        Errors::StaleBrokerEpoch,
        Errors::InvalidTxnState,
        Errors::FencedLeaderEpoch,
        Errors::FetchSessionIdNotFound,
        Errors::InvalidFetchSessionEpoch,
        Errors::UnknownLeaderEpoch,
        Errors::LeaderNotAvailable,
        Errors::OffsetNotAvailable,
        Errors::KafkaStorageError,
        Errors::InvalidRecord,
        Errors::InvalidUpdateVersion,
        Errors::UnknownTopicId,
        Errors::OperationNotAttempted,
        Errors::IneligibleReplica,
        Errors::NewLeaderElected,
    ];

    /// Kafka's name, such as `NOT_LEADER_OR_FOLLOWER`.
    pub fn name(self) -> &'static str {
        match self {
            Errors::None => "NONE",
            Errors::UnknownServerError => "UNKNOWN_SERVER_ERROR",
            Errors::OffsetOutOfRange => "OFFSET_OUT_OF_RANGE",
            Errors::CorruptMessage => "CORRUPT_MESSAGE",
            Errors::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Errors::NotLeaderOrFollower => "NOT_LEADER_OR_FOLLOWER",
            Errors::MessageTooLarge => "MESSAGE_TOO_LARGE",
            Errors::RequestTimedOut => "REQUEST_TIMED_OUT",
            Errors::NetworkException => "NETWORK_EXCEPTION",
            Errors::RecordListTooLarge => "RECORD_LIST_TOO_LARGE",
            Errors::NotEnoughReplicas => "NOT_ENOUGH_REPLICAS",
            Errors::NotEnoughReplicasAfterAppend => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
            Errors::InvalidRequiredAcks => "INVALID_REQUIRED_ACKS",
            Errors::InvalidTimestamp => "INVALID_TIMESTAMP",
            Errors::NotController => "NOT_CONTROLLER",
            Errors::InvalidRequest => "INVALID_REQUEST",
            Errors::PolicyViolation => "POLICY_VIOLATION",
            Errors::OutOfOrderSequenceNumber => "OUT_OF_ORDER_SEQUENCE_NUMBER",
            Errors::DuplicateSequenceNumber => "DUPLICATE_SEQUENCE_NUMBER",
            Errors::InvalidProducerEpoch => "INVALID_PRODUCER_EPOCH",
            Errors::UnknownProducerId => "UNKNOWN_PRODUCER_ID",
            Errors::CoordinatorLoadInProgress => "COORDINATOR_LOAD_IN_PROGRESS",
            Errors::StaleBrokerEpoch => "STALE_BROKER_EPOCH",
            Errors::InvalidTxnState => "INVALID_TXN_STATE",
            Errors::FencedLeaderEpoch => "FENCED_LEADER_EPOCH",
            Errors::FetchSessionIdNotFound => "FETCH_SESSION_ID_NOT_FOUND",
            Errors::InvalidFetchSessionEpoch => "INVALID_FETCH_SESSION_EPOCH",
            Errors::UnknownLeaderEpoch => "UNKNOWN_LEADER_EPOCH",
            Errors::LeaderNotAvailable => "LEADER_NOT_AVAILABLE",
            Errors::OffsetNotAvailable => "OFFSET_NOT_AVAILABLE",
            Errors::KafkaStorageError => "KAFKA_STORAGE_ERROR",
            Errors::InvalidRecord => "INVALID_RECORD",
            Errors::InvalidUpdateVersion => "INVALID_UPDATE_VERSION",
            Errors::UnknownTopicId => "UNKNOWN_TOPIC_ID",
            Errors::OperationNotAttempted => "OPERATION_NOT_ATTEMPTED",
            Errors::IneligibleReplica => "INELIGIBLE_REPLICA",
            Errors::NewLeaderElected => "NEW_LEADER_ELECTED",
        }
    }

    /// The error of a name; none if no response of this simulation has it.
    pub fn of_name(name: &str) -> Option<Errors> {
        Errors::ALL.into_iter().find(|error| error.name() == name)
    }

    /// What a broker answers when its log does not do what it is asked.
    pub fn of_log(error: &LogError) -> Errors {
        Errors::of_name(error.error_name()).unwrap_or(Errors::UnknownServerError)
    }

    /// Whether a client tries again (`RetriableException`).
    pub fn is_retriable(self) -> bool {
        matches!(
            self,
            Errors::CorruptMessage
                | Errors::UnknownTopicOrPartition
                | Errors::NotLeaderOrFollower
                | Errors::RequestTimedOut
                | Errors::NetworkException
                | Errors::NotEnoughReplicas
                | Errors::NotEnoughReplicasAfterAppend
                | Errors::NotController
                | Errors::CoordinatorLoadInProgress
                | Errors::FencedLeaderEpoch
                | Errors::FetchSessionIdNotFound
                | Errors::InvalidFetchSessionEpoch
                | Errors::UnknownLeaderEpoch
                | Errors::LeaderNotAvailable
                | Errors::OffsetNotAvailable
                | Errors::KafkaStorageError
                | Errors::UnknownTopicId
        )
    }

    /// Whether it says that a client's metadata is stale (`InvalidMetadataException`).
    pub fn is_invalid_metadata(self) -> bool {
        matches!(
            self,
            Errors::UnknownTopicOrPartition
                | Errors::NotLeaderOrFollower
                | Errors::NetworkException
                | Errors::FencedLeaderEpoch
                | Errors::LeaderNotAvailable
                | Errors::KafkaStorageError
                | Errors::UnknownTopicId
        )
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;

    #[test]
    fn every_error_is_found_by_its_name() {
        for error in Errors::ALL {
            assert_eq!(Errors::of_name(error.name()), Some(error));
        }
        assert_eq!(Errors::of_name("none"), None);
    }
}
