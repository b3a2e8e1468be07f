//! What happens in share groups: on the leaders of their partitions, in what is kept of them, and to their members.

use crate::group::share::event::{Left, ShareEventKind};
use crate::group::share::message::{AcknowledgeType, ShareError};
use crate::group::share::partition::AcquiredRecords;
use crate::group::share::persister::StateBatch;
use crate::ids::{BrokerId, ClientId, TopicPartition};

/// Something that happened in a share group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareFact {
    /// A leader says what happened to a share partition.
    Told {
        /// The leader.
        broker: BrokerId,
        /// `group.id`.
        group: String,
        /// The partition.
        partition: TopicPartition,
        /// The member that it is about, if it is about one.
        member: Option<ClientId>,
        /// What.
        kind: ShareEventKind,
    },
    /// The share coordinator keeps states of partitions from now on.
    StateInitialized {
        /// `group.id`.
        group: String,
        /// The version of the states: the group's epoch.
        state_epoch: i32,
        /// The partitions.
        partitions: Vec<TopicPartition>,
    },
    /// The share coordinator told a leader where to go on.
    StateRead {
        /// `group.id`.
        group: String,
        /// The partition.
        partition: TopicPartition,
        /// The leader's epoch.
        leader_epoch: i32,
        /// The share-partition start offset; −1 if nothing was written yet, or with an error.
        start_offset: i64,
        /// What went wrong.
        error: ShareError,
    },
    /// The share coordinator has written what became of records.
    StateWritten {
        /// `group.id`.
        group: String,
        /// The partition.
        partition: TopicPartition,
        /// The share-partition start offset.
        start_offset: i64,
        /// What became of which records.
        batches: Vec<StateBatch>,
        /// What went wrong.
        error: ShareError,
    },
    /// `poll()` returned records of a partition, delivered equally often.
    Polled {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// Which, and how often they were delivered.
        records: AcquiredRecords,
    },
    /// `acknowledge()`: the application said what is to become of a record; the leader does not know yet.
    Acknowledging {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The record's offset.
        offset: i64,
        /// What it said.
        how: AcknowledgeType,
    },
    /// `AcknowledgementCommitCallback.onComplete`: acknowledgements came to their end.
    Completed {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// Of which offsets.
        offsets: Vec<i64>,
        /// What went wrong.
        error: ShareError,
    },
}

impl ShareFact {
    /// The names of all of them.
    pub const NAMES: [&'static str; 13] = [
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
    ];

    /// The fact's name.
    pub fn name(&self) -> &'static str {
        let place = match self {
            ShareFact::Told { kind, .. } => match kind {
                ShareEventKind::Loaded { .. } => 0,
                ShareEventKind::Acquired { .. } => 1,
                ShareEventKind::Acknowledged { .. } => 2,
                ShareEventKind::Renewed { .. } => 3,
                ShareEventKind::LockExpired { .. } => 4,
                ShareEventKind::Released { .. } => 5,
                ShareEventKind::StartMoved { .. } => 6,
            },
            ShareFact::StateInitialized { .. } => 7,
            ShareFact::StateRead { .. } => 8,
            ShareFact::StateWritten { .. } => 9,
            ShareFact::Polled { .. } => 10,
            ShareFact::Acknowledging { .. } => 11,
            ShareFact::Completed { .. } => 12,
        };
        ShareFact::NAMES.get(place).copied().unwrap_or_default()
    }

    /// The first and the last offset whose state a leader changed.
    pub fn changed(&self) -> Option<(i64, i64)> {
        let ShareFact::Told { kind, .. } = self else { return None };
        match kind {
            ShareEventKind::Acquired { records, .. } => Some((records.first, records.last)),
            ShareEventKind::Acknowledged { records, .. }
            | ShareEventKind::LockExpired { records, .. }
            | ShareEventKind::Released { records, .. } => Some((records.first, records.last)),
            ShareEventKind::Renewed { first, last, .. } => Some((*first, *last)),
            ShareEventKind::Loaded { .. } | ShareEventKind::StartMoved { .. } => None,
        }
    }

    /// What a member has no more, and what has become of it.
    pub fn left(&self) -> Option<&Left> {
        let ShareFact::Told { kind, .. } = self else { return None };
        match kind {
            ShareEventKind::Acknowledged { records, .. }
            | ShareEventKind::LockExpired { records, .. }
            | ShareEventKind::Released { records, .. } => Some(records),
            _ => None,
        }
    }

    /// The keys of the values that it set.
    pub fn sets(&self) -> Vec<String> {
        let ShareFact::Told { group, partition, kind, .. } = self else { return Vec::new() };
        if matches!(kind, ShareEventKind::Loaded { .. } | ShareEventKind::StartMoved { .. }) {
            return vec![format!("share_start/{group}/{partition}")];
        }
        let (first, last) = self.changed().unwrap_or((0, -1));
        (first..=last).map(|offset| format!("share_record/{group}/{partition}/{offset}")).collect()
    }

    /// The partition that it is about, if it is about one.
    pub fn partition(&self) -> Option<&TopicPartition> {
        match self {
            ShareFact::Told { partition, .. }
            | ShareFact::StateRead { partition, .. }
            | ShareFact::StateWritten { partition, .. }
            | ShareFact::Polled { partition, .. }
            | ShareFact::Acknowledging { partition, .. }
            | ShareFact::Completed { partition, .. } => Some(partition),
            ShareFact::StateInitialized { partitions, .. } => partitions.first(),
        }
    }

    /// The broker that it happens on, if it happens on one.
    pub fn broker(&self) -> Option<BrokerId> {
        if let ShareFact::Told { broker, .. } = self { Some(*broker) } else { None }
    }

    /// An error or a loss.
    pub fn is_bad(&self) -> bool {
        match self {
            ShareFact::Told { kind: ShareEventKind::LockExpired { .. }, .. } => true,
            ShareFact::StateRead { error, .. }
            | ShareFact::StateWritten { error, .. }
            | ShareFact::Completed { error, .. } => *error != ShareError::None,
            _ => false,
        }
    }
}
