//! What a coordinator answers when it will not. Kafka 4.3: `org.apache.kafka.common.protocol.Errors`, those about groups.

/// An error of a group, by Kafka's names; `None` is success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupError {
    /// Success.
    #[default]
    None,
    /// What is to be committed is for a topic or a partition that there is not.
    UnknownTopicOrPartition,
    /// Metadata of a commit is longer than `offset.metadata.max.bytes`.
    OffsetMetadataTooLarge,
    /// The group is being removed, or nobody leads its partition of `__consumer_offsets`.
    CoordinatorNotAvailable,
    /// The broker does not lead the group's partition of `__consumer_offsets`.
    NotCoordinator,
    /// The generation is not the group's.
    IllegalGeneration,
    /// The member has no protocol that all members have.
    InconsistentGroupProtocol,
    /// The group's id is empty.
    InvalidGroupId,
    /// The group has no such member.
    UnknownMemberId,
    /// `session.timeout.ms` is outside of what the broker allows.
    InvalidSessionTimeout,
    /// The member must join again.
    RebalanceInProgress,
    /// The group has members.
    NonEmptyGroup,
    /// There is no such group.
    GroupIdNotFound,
    /// The member must join again with the id that it gets.
    MemberIdRequired,
    /// The group has `group.max.size` members.
    GroupMaxSizeReached,
    /// Another member has the same `group.instance.id`.
    FencedInstanceId,
    /// A transaction's commit of the offset is not decided yet.
    UnstableOffsetCommit,
    /// The coordinator does not say what went wrong.
    UnknownServerError,
    /// The member epoch is not the member's: it must give up everything and join again.
    FencedMemberEpoch,
    /// The `group.instance.id` is another member's, which has not left.
    UnreleasedInstanceId,
    /// The member epoch of a commit is not the member's.
    StaleMemberEpoch,
    /// What a member subscribes to is no regular expression.
    InvalidRegularExpression,
}

/// The errors with their codes and names.
const ALL: [(GroupError, i16, &str); 22] = [
    (GroupError::UnknownServerError, -1, "UNKNOWN_SERVER_ERROR"),
    (GroupError::None, 0, "NONE"),
    (GroupError::UnknownTopicOrPartition, 3, "UNKNOWN_TOPIC_OR_PARTITION"),
    (GroupError::OffsetMetadataTooLarge, 12, "OFFSET_METADATA_TOO_LARGE"),
    (GroupError::CoordinatorNotAvailable, 15, "COORDINATOR_NOT_AVAILABLE"),
    (GroupError::NotCoordinator, 16, "NOT_COORDINATOR"),
    (GroupError::IllegalGeneration, 22, "ILLEGAL_GENERATION"),
    (GroupError::InconsistentGroupProtocol, 23, "INCONSISTENT_GROUP_PROTOCOL"),
    (GroupError::InvalidGroupId, 24, "INVALID_GROUP_ID"),
    (GroupError::UnknownMemberId, 25, "UNKNOWN_MEMBER_ID"),
    (GroupError::InvalidSessionTimeout, 26, "INVALID_SESSION_TIMEOUT"),
    (GroupError::RebalanceInProgress, 27, "REBALANCE_IN_PROGRESS"),
    (GroupError::NonEmptyGroup, 68, "NON_EMPTY_GROUP"),
    (GroupError::GroupIdNotFound, 69, "GROUP_ID_NOT_FOUND"),
    (GroupError::MemberIdRequired, 79, "MEMBER_ID_REQUIRED"),
    (GroupError::GroupMaxSizeReached, 81, "GROUP_MAX_SIZE_REACHED"),
    (GroupError::FencedInstanceId, 82, "FENCED_INSTANCE_ID"),
    (GroupError::UnstableOffsetCommit, 88, "UNSTABLE_OFFSET_COMMIT"),
    (GroupError::FencedMemberEpoch, 110, "FENCED_MEMBER_EPOCH"),
    (GroupError::UnreleasedInstanceId, 111, "UNRELEASED_INSTANCE_ID"),
    (GroupError::StaleMemberEpoch, 113, "STALE_MEMBER_EPOCH"),
    (GroupError::InvalidRegularExpression, 128, "INVALID_REGULAR_EXPRESSION"),
];

impl GroupError {
    /// Kafka's number of it.
    pub fn code(self) -> i16 {
        ALL.iter().find(|(error, ..)| *error == self).map_or(-1, |(_, code, _)| *code)
    }

    /// The coordinator is another broker, or none at the moment: it must be found again.
    pub fn is_of_coordinator(self) -> bool {
        matches!(self, GroupError::CoordinatorNotAvailable | GroupError::NotCoordinator)
    }

    /// The same may go well later. Kafka: `RetriableException`.
    pub fn is_retriable(self) -> bool {
        self.is_of_coordinator() || self == GroupError::UnknownTopicOrPartition
    }

    /// It tells of something that went wrong, not of a step that everyone takes.
    pub fn is_bad(self) -> bool {
        !matches!(self, GroupError::None | GroupError::MemberIdRequired | GroupError::RebalanceInProgress)
    }

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(error, ..)| *error == self).map_or("", |(.., name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_kafkas_codes() {
        assert_eq!((GroupError::default().code(), GroupError::default().name()), (0, "NONE"));
        assert_eq!((GroupError::RebalanceInProgress.code(), GroupError::FencedInstanceId.code()), (27, 82));
        assert!(ALL.is_sorted_by_key(|(_, code, _)| *code));
    }
}
