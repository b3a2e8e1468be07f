//! What facts are called, what values they set, and what they are about.

use super::{Completion, FactKind, IsrStep, Says};
use crate::error::Errors;
use crate::fact::{
    AbortedForNewBatch, PartitionLeadershipUpdated, PollThrew, PreferredReadReplica, StickyPartitionSwitched,
    TruncationDetected, UnflushedLost,
};
use crate::group::body::GroupApi;
use crate::group::share::body::ShareApi;
use crate::group::share::message::ShareError;
use crate::ids::TopicPartition;
use crate::message::Api;

impl FactKind {
    /// The fact's name, such as `HighWatermarkAdvanced`; of messages `FetchSent`, `FetchReceived`,
    /// `FetchResponseSent`, `FetchResponseReceived` and so on.
    pub fn name(&self) -> &'static str {
        match self {
            FactKind::CommandGiven { .. } => "CommandGiven",
            FactKind::TimerFired { .. } => "TimerFired",
            FactKind::PartitionRecord { .. } => "PartitionRecord",
            FactKind::PartitionChangeRecord { .. } => "PartitionChangeRecord",
            FactKind::MetadataUpdated { .. } => "MetadataUpdated",
            FactKind::PartitionChosen { .. } => "PartitionChosen",
            FactKind::StickyPartitionSwitched(_) => "StickyPartitionSwitched",
            FactKind::AbortedForNewBatch(_) => "AbortedForNewBatch",
            FactKind::RecordAccumulated { .. } => "RecordAccumulated",
            FactKind::BatchReady { .. } => "BatchReady",
            FactKind::BatchDrained { .. } => "BatchDrained",
            FactKind::BatchAcknowledged { .. } => "BatchAcknowledged",
            FactKind::BatchRetried { .. } => "BatchRetried",
            FactKind::SendFailed { .. } => "SendFailed",
            FactKind::Sent(message) => match (message.api, message.response) {
                (Api::Produce, false) => "ProduceSent",
                (Api::Produce, true) => "ProduceResponseSent",
                (Api::Fetch, false) => "FetchSent",
                (Api::Fetch, true) => "FetchResponseSent",
                (Api::ListOffsets, false) => "ListOffsetsSent",
                (Api::ListOffsets, true) => "ListOffsetsResponseSent",
                (Api::Metadata, false) => "MetadataSent",
                (Api::Metadata, true) => "MetadataResponseSent",
                (Api::OffsetForLeaderEpoch, false) => "OffsetForLeaderEpochSent",
                (Api::OffsetForLeaderEpoch, true) => "OffsetForLeaderEpochResponseSent",
                (Api::AlterPartition, false) => "AlterPartitionSent",
                (Api::AlterPartition, true) => "AlterPartitionResponseSent",
                (Api::InitProducerId, false) => "InitProducerIdSent",
                (Api::InitProducerId, true) => "InitProducerIdResponseSent",
                (Api::AllocateProducerIds, false) => "AllocateProducerIdsSent",
                (Api::AllocateProducerIds, true) => "AllocateProducerIdsResponseSent",
                (Api::Group(api), response) => group_message(api, if response { 3 } else { 1 }),
                (Api::Share(api), response) => share_message(api, if response { 3 } else { 1 }),
            },
            FactKind::Received(message) => match (message.api, message.response) {
                (Api::Produce, false) => "ProduceReceived",
                (Api::Produce, true) => "ProduceResponseReceived",
                (Api::Fetch, false) => "FetchReceived",
                (Api::Fetch, true) => "FetchResponseReceived",
                (Api::ListOffsets, false) => "ListOffsetsReceived",
                (Api::ListOffsets, true) => "ListOffsetsResponseReceived",
                (Api::Metadata, false) => "MetadataReceived",
                (Api::Metadata, true) => "MetadataResponseReceived",
                (Api::OffsetForLeaderEpoch, false) => "OffsetForLeaderEpochReceived",
                (Api::OffsetForLeaderEpoch, true) => "OffsetForLeaderEpochResponseReceived",
                (Api::AlterPartition, false) => "AlterPartitionReceived",
                (Api::AlterPartition, true) => "AlterPartitionResponseReceived",
                (Api::InitProducerId, false) => "InitProducerIdReceived",
                (Api::InitProducerId, true) => "InitProducerIdResponseReceived",
                (Api::AllocateProducerIds, false) => "AllocateProducerIdsReceived",
                (Api::AllocateProducerIds, true) => "AllocateProducerIdsResponseReceived",
                (Api::Group(api), response) => group_message(api, if response { 4 } else { 2 }),
                (Api::Share(api), response) => share_message(api, if response { 4 } else { 2 }),
            },
            FactKind::MessageLost(_) => "MessageLost",
            FactKind::RegisterBrokerRecord { .. } => "RegisterBrokerRecord",
            FactKind::BrokerRegistrationChangeRecord { .. } => "BrokerRegistrationChangeRecord",
            FactKind::ConfigRecord(_) => "ConfigRecord",
            FactKind::ClearElrRecord(_) => "ClearElrRecord",
            FactKind::RemoveTopicRecord(_) => "RemoveTopicRecord",
            FactKind::UnflushedLost(_) => "UnflushedLost",
            FactKind::LogDirFailed(_) => "LogDirFailed",
            FactKind::LogLoaded { .. } => "LogLoaded",
            FactKind::RecordAppended { .. } => "RecordAppended",
            FactKind::FollowerCredited { .. } => "FollowerCredited",
            FactKind::HighWatermarkAdvanced { .. } => "HighWatermarkAdvanced",
            FactKind::HighWatermarkUpdated { .. } => "HighWatermarkUpdated",
            FactKind::IsrUpdate { step, .. } => match step {
                IsrStep::Proposed => "IsrChangeProposed",
                IsrStep::Expanded(_) => "IsrExpanded",
                IsrStep::Shrunk(_) => "IsrShrunk",
                IsrStep::Failed(_) => "IsrUpdateFailed",
            },
            FactKind::LogTruncated { .. } => "LogTruncated",
            FactKind::FetchParked { .. } => "FetchParked",
            FactKind::FetchCompleted { .. } => "FetchCompleted",
            FactKind::ProduceParked { .. } => "ProduceParked",
            FactKind::ProduceCompleted { .. } => "ProduceCompleted",
            FactKind::PositionReset { .. } => "PositionReset",
            FactKind::TruncationDetected(_) => "TruncationDetected",
            FactKind::PreferredReadReplica(replica) => match replica.cleared {
                None => "PreferredReadReplicaUpdated",
                Some(_) => "PreferredReadReplicaCleared",
            },
            FactKind::PartitionLeadershipUpdated(_) => "PartitionLeadershipUpdated",
            FactKind::PollThrew(_) => "PollThrew",
            FactKind::RecordsPolled { .. } => "RecordsPolled",
            FactKind::SegmentRolled { .. } => "SegmentRolled",
            FactKind::SegmentDeleted { .. } => "SegmentDeleted",
            FactKind::RetentionChecked { .. } => "RetentionChecked",
            FactKind::LogStartOffsetIncremented { .. } => "LogStartOffsetIncremented",
            FactKind::LogCleaned { .. } => "LogCleaned",
            FactKind::LogFlushed { .. } => "LogFlushed",
            FactKind::CheckpointWritten { .. } => "CheckpointWritten",
            FactKind::PageCache(fact) => fact.name(),
            FactKind::Idempotence(fact) => fact.name(),
            FactKind::Group(fact) => fact.name(),
            FactKind::Share(fact) => fact.name(),
            FactKind::LimitReached { .. } => "LimitReached",
        }
    }

    /// Every name that a fact can have: what a scenario may wait for.
    pub const NAMES: &'static [&'static str] = &[
        "CommandGiven",
        "TimerFired",
        "PartitionRecord",
        "PartitionChangeRecord",
        "MetadataUpdated",
        "PartitionChosen",
        "StickyPartitionSwitched",
        "AbortedForNewBatch",
        "RecordAccumulated",
        "BatchReady",
        "BatchDrained",
        "BatchAcknowledged",
        "BatchRetried",
        "SendFailed",
        "ProduceSent",
        "ProduceResponseSent",
        "FetchSent",
        "FetchResponseSent",
        "ListOffsetsSent",
        "ListOffsetsResponseSent",
        "MetadataSent",
        "MetadataResponseSent",
        "OffsetForLeaderEpochSent",
        "OffsetForLeaderEpochResponseSent",
        "AlterPartitionSent",
        "AlterPartitionResponseSent",
        "InitProducerIdSent",
        "InitProducerIdResponseSent",
        "AllocateProducerIdsSent",
        "AllocateProducerIdsResponseSent",
        "ProduceReceived",
        "ProduceResponseReceived",
        "FetchReceived",
        "FetchResponseReceived",
        "ListOffsetsReceived",
        "ListOffsetsResponseReceived",
        "MetadataReceived",
        "MetadataResponseReceived",
        "OffsetForLeaderEpochReceived",
        "OffsetForLeaderEpochResponseReceived",
        "AlterPartitionReceived",
        "AlterPartitionResponseReceived",
        "InitProducerIdReceived",
        "InitProducerIdResponseReceived",
        "AllocateProducerIdsReceived",
        "AllocateProducerIdsResponseReceived",
        "MessageLost",
        "RegisterBrokerRecord",
        "BrokerRegistrationChangeRecord",
        "ConfigRecord",
        "ClearElrRecord",
        "RemoveTopicRecord",
        "UnflushedLost",
        "LogDirFailed",
        "LogLoaded",
        "RecordAppended",
        "FollowerCredited",
        "HighWatermarkAdvanced",
        "HighWatermarkUpdated",
        "IsrChangeProposed",
        "IsrExpanded",
        "IsrShrunk",
        "IsrUpdateFailed",
        "LogTruncated",
        "FetchParked",
        "FetchCompleted",
        "ProduceParked",
        "ProduceCompleted",
        "PositionReset",
        "RecordsTransferred",
        "PageCacheWrittenBack",
        "ProducerIdsRecord",
        "ProducerIdSet",
        "ProducerEpochBumped",
        "SequenceAssigned",
        "SequenceRewritten",
        "DuplicateBatch",
        "OutOfOrderSequence",
        "InvalidProducerEpoch",
        "ProducersExpired",
        "TruncationDetected",
        "PreferredReadReplicaUpdated",
        "PreferredReadReplicaCleared",
        "PartitionLeadershipUpdated",
        "PollThrew",
        "RecordsPolled",
        "SegmentRolled",
        "SegmentDeleted",
        "RetentionChecked",
        "LogStartOffsetIncremented",
        "LogCleaned",
        "LogFlushed",
        "CheckpointWritten",
        "MemberAdded",
        "StaticMemberReplaced",
        "MemberRemoved",
        "RebalanceStarted",
        "GenerationStarted",
        "GroupMetadata",
        "ConsumerGroupMetadata",
        "ConsumerGroupPartitionMetadata",
        "ConsumerGroupMemberMetadata",
        "ConsumerGroupTargetAssignmentMetadata",
        "ConsumerGroupTargetAssignmentMember",
        "ConsumerGroupCurrentMemberAssignment",
        "ConsumerGroupRegularExpression",
        "OffsetCommit",
        "CoordinatorLoaded",
        "CoordinatorUnloaded",
        "CoordinatorFound",
        "CoordinatorLost",
        "SubscribedFromPattern",
        "PartitionsAssigned",
        "PartitionsRevoked",
        "PartitionsLost",
        "PositionRestored",
        "Seeked",
        "RecordProcessed",
        "CommitStarted",
        "CommitCompleted",
        "PollTimeoutExpired",
        "PollFailed",
        "ConsumerCrashed",
        "ConsumerClosed",
        "FindCoordinatorSent",
        "FindCoordinatorReceived",
        "FindCoordinatorResponseSent",
        "FindCoordinatorResponseReceived",
        "JoinGroupSent",
        "JoinGroupReceived",
        "JoinGroupResponseSent",
        "JoinGroupResponseReceived",
        "SyncGroupSent",
        "SyncGroupReceived",
        "SyncGroupResponseSent",
        "SyncGroupResponseReceived",
        "HeartbeatSent",
        "HeartbeatReceived",
        "HeartbeatResponseSent",
        "HeartbeatResponseReceived",
        "ConsumerGroupHeartbeatSent",
        "ConsumerGroupHeartbeatReceived",
        "ConsumerGroupHeartbeatResponseSent",
        "ConsumerGroupHeartbeatResponseReceived",
        "LeaveGroupSent",
        "LeaveGroupReceived",
        "LeaveGroupResponseSent",
        "LeaveGroupResponseReceived",
        "OffsetCommitSent",
        "OffsetCommitReceived",
        "OffsetCommitResponseSent",
        "OffsetCommitResponseReceived",
        "OffsetFetchSent",
        "OffsetFetchReceived",
        "OffsetFetchResponseSent",
        "OffsetFetchResponseReceived",
        "TxnOffsetCommitSent",
        "TxnOffsetCommitReceived",
        "TxnOffsetCommitResponseSent",
        "TxnOffsetCommitResponseReceived",
        "DeleteGroupsSent",
        "DeleteGroupsReceived",
        "DeleteGroupsResponseSent",
        "DeleteGroupsResponseReceived",
        "ShareFetchSent",
        "ShareFetchReceived",
        "ShareFetchResponseSent",
        "ShareFetchResponseReceived",
        "ShareAcknowledgeSent",
        "ShareAcknowledgeReceived",
        "ShareAcknowledgeResponseSent",
        "ShareAcknowledgeResponseReceived",
        "SharePartitionLoaded",
        "RecordsAcquired",
        "RecordsAcknowledged",
        "AcquisitionLockRenewed",
        "AcquisitionLockExpired",
        "RecordsReleased",
        "ShareStartOffsetMoved",
        "ShareGroupStateInitialized",
        "ShareGroupStateRead",
        "ShareGroupStateWritten",
        "ShareRecordsPolled",
        "RecordAcknowledging",
        "AcknowledgementsCompleted",
        "ShareGroupHeartbeatSent",
        "ShareGroupHeartbeatReceived",
        "ShareGroupHeartbeatResponseSent",
        "ShareGroupHeartbeatResponseReceived",
        "ShareGroupMetadata",
        "ShareGroupMemberMetadata",
        "ShareGroupTargetAssignmentMetadata",
        "ShareGroupTargetAssignmentMember",
        "ShareGroupCurrentMemberAssignment",
        "ShareGroupStatePartitionMetadata",
        "LimitReached",
    ];

    /// The keys of the values that this fact set, such as `hw/orders-0/broker-1`.
    pub fn sets(&self) -> Vec<String> {
        match self {
            FactKind::PartitionRecord { partition, .. } => {
                vec![format!("isr/{partition}"), format!("leader/{partition}"), format!("epoch/{partition}")]
            }
            FactKind::PartitionChangeRecord { partition, change, .. } => {
                let isr = change.isr.as_ref().map(|_| format!("isr/{partition}"));
                let leader = change.leader.map(|_| [format!("leader/{partition}"), format!("epoch/{partition}")]);
                isr.into_iter().chain(leader.into_iter().flatten()).collect()
            }
            FactKind::MetadataUpdated { client, topic, .. } => {
                vec![format!("known_partitions/{client}/{topic}"), format!("known_leaders/{client}/{topic}")]
            }
            FactKind::PartitionChosen { producer, partition, .. } => {
                vec![format!("chosen/{producer}/{}", partition.topic)]
            }
            FactKind::StickyPartitionSwitched(StickyPartitionSwitched { producer, topic, .. }) => {
                vec![format!("sticky/{producer}/{topic}")]
            }
            FactKind::RecordAccumulated { producer, partition, .. } => vec![format!("filled/{producer}/{partition}")],
            FactKind::RecordAppended { broker, partition, .. }
            | FactKind::UnflushedLost(UnflushedLost { broker, partition, .. }) => {
                vec![format!("leo/{partition}/broker-{broker}")]
            }
            FactKind::FollowerCredited { broker, partition, follower, .. } => {
                vec![format!("credited/{partition}/broker-{broker}/{follower}")]
            }
            FactKind::HighWatermarkAdvanced { broker, partition, .. }
            | FactKind::HighWatermarkUpdated { broker, partition, .. } => {
                vec![format!("hw/{partition}/broker-{broker}")]
            }
            FactKind::LogTruncated { broker, partition, .. } | FactKind::LogLoaded { broker, partition, .. } => {
                vec![format!("leo/{partition}/broker-{broker}"), format!("hw/{partition}/broker-{broker}")]
            }
            FactKind::IsrUpdate { partition, step: IsrStep::Expanded(_) | IsrStep::Shrunk(_), .. } => {
                vec![format!("isr/{partition}")]
            }
            FactKind::SegmentRolled { broker, partition, .. } => vec![format!("segments/{partition}/broker-{broker}")],
            FactKind::LogStartOffsetIncremented { broker, partition, .. } => {
                vec![format!("log_start/{partition}/broker-{broker}")]
            }
            FactKind::LogCleaned { broker, partition, .. } => {
                vec![format!("segments/{partition}/broker-{broker}"), format!("cleaned/{partition}/broker-{broker}")]
            }
            FactKind::LogFlushed { broker, partition, .. } => vec![format!("flushed/{partition}/broker-{broker}")],
            FactKind::CheckpointWritten { broker, file, partition, .. } => {
                vec![format!("checkpoint/{}/{partition}/broker-{broker}", file.name())]
            }
            FactKind::PositionReset { consumer, partition, .. }
            | FactKind::TruncationDetected(TruncationDetected { consumer, partition, .. })
            | FactKind::RecordsPolled { consumer, partition, .. } => {
                vec![format!("position/{consumer}/{partition}")]
            }
            FactKind::PreferredReadReplica(PreferredReadReplica { consumer, partition, .. }) => {
                vec![format!("reads_from/{consumer}/{partition}")]
            }
            FactKind::PartitionLeadershipUpdated(PartitionLeadershipUpdated { client, partition, .. }) => {
                vec![format!("known_leaders/{client}/{}", partition.topic)]
            }
            FactKind::BatchAcknowledged { producer, partition, .. } => vec![format!("acked/{producer}/{partition}")],
            FactKind::Group(fact) => fact.sets(),
            FactKind::Idempotence(fact) => fact.sets(),
            FactKind::Share(fact) => fact.sets(),
            _ => Vec::new(),
        }
    }

    /// The partition that the fact is about, if it is about one.
    pub fn partition(&self) -> Option<&TopicPartition> {
        match self {
            FactKind::PartitionRecord { partition, .. }
            | FactKind::PartitionChangeRecord { partition, .. }
            | FactKind::PartitionChosen { partition, .. }
            | FactKind::AbortedForNewBatch(AbortedForNewBatch { partition, .. })
            | FactKind::RecordAccumulated { partition, .. }
            | FactKind::BatchReady { partition, .. }
            | FactKind::BatchDrained { partition, .. }
            | FactKind::BatchAcknowledged { partition, .. }
            | FactKind::BatchRetried { partition, .. }
            | FactKind::RecordAppended { partition, .. }
            | FactKind::FollowerCredited { partition, .. }
            | FactKind::HighWatermarkAdvanced { partition, .. }
            | FactKind::HighWatermarkUpdated { partition, .. }
            | FactKind::IsrUpdate { partition, .. }
            | FactKind::LogTruncated { partition, .. }
            | FactKind::LogLoaded { partition, .. }
            | FactKind::UnflushedLost(UnflushedLost { partition, .. })
            | FactKind::FetchParked { partition, .. }
            | FactKind::FetchCompleted { partition, .. }
            | FactKind::ProduceParked { partition, .. }
            | FactKind::ProduceCompleted { partition, .. }
            | FactKind::PositionReset { partition, .. }
            | FactKind::TruncationDetected(TruncationDetected { partition, .. })
            | FactKind::PreferredReadReplica(PreferredReadReplica { partition, .. })
            | FactKind::PartitionLeadershipUpdated(PartitionLeadershipUpdated { partition, .. })
            | FactKind::PollThrew(PollThrew { partition, .. })
            | FactKind::RecordsPolled { partition, .. }
            | FactKind::SegmentRolled { partition, .. }
            | FactKind::SegmentDeleted { partition, .. }
            | FactKind::RetentionChecked { partition, .. }
            | FactKind::LogStartOffsetIncremented { partition, .. }
            | FactKind::LogCleaned { partition, .. }
            | FactKind::LogFlushed { partition, .. }
            | FactKind::CheckpointWritten { partition, .. } => Some(partition),
            FactKind::Sent(message) | FactKind::Received(message) | FactKind::MessageLost(message) => {
                message.partition.as_ref()
            }
            FactKind::PageCache(fact) => Some(fact.partition()),
            FactKind::Idempotence(fact) => fact.partition(),
            FactKind::Group(fact) => fact.partition(),
            FactKind::Share(fact) => fact.partition(),
            _ => None,
        }
    }

    /// An error or a loss.
    pub fn is_bad(&self) -> bool {
        match self {
            FactKind::SendFailed { .. }
            | FactKind::MessageLost(_)
            | FactKind::LimitReached { .. }
            | FactKind::BatchRetried { .. }
            | FactKind::TruncationDetected(_)
            | FactKind::PollThrew(_)
            | FactKind::UnflushedLost(_)
            | FactKind::LogDirFailed(_)
            | FactKind::LogTruncated { .. } => true,
            FactKind::IsrUpdate { step, .. } => matches!(step, IsrStep::Shrunk(_) | IsrStep::Failed(_)),
            FactKind::ProduceCompleted { completion, .. } => *completion == Completion::TimedOut,
            FactKind::Sent(message) | FactKind::Received(message) => {
                matches!(
                    message.says,
                    Says::Produced { error, .. }
                        | Says::Fetched { error, .. }
                        | Says::AlteredPartition { error, .. }
                        | Says::ProducerIds { error, .. }
                        if error != Errors::None
                ) || matches!(&message.says, Says::Group(says) if says.error.is_bad())
                    || matches!(&message.says, Says::Share(says) if says.error != ShareError::None)
            }
            FactKind::Group(fact) => fact.is_bad(),
            FactKind::Idempotence(fact) => fact.is_bad(),
            FactKind::Share(fact) => fact.is_bad(),
            _ => false,
        }
    }
}

#[inline(never)]
fn share_message(api: ShareApi, way: usize) -> &'static str {
    api.names().get(way).copied().unwrap_or_default()
}

/// The name of the fact that such a message was sent or received.
#[inline(never)]
fn group_message(api: GroupApi, way: usize) -> &'static str {
    api.names().get(way).copied().unwrap_or_default()
}
