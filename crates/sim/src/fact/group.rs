//! What happens in groups: in their coordinators, in their logs, and to their members.

use crate::group::consumer_group::MemberState;
use crate::group::error::GroupError;
use crate::group::event::{GroupEvent, GroupEventKind, MemberName};
use crate::group::records::Kind;
use crate::ids::{BrokerId, ClientId, Offset, Topic, TopicPartition};

/// Something that happened in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupFact {
    /// A coordinator says what happened in a group.
    Told {
        /// The coordinator's broker.
        broker: BrokerId,
        /// What.
        event: GroupEvent,
    },
    /// A coordinator wrote a `GroupMetadata` record; one without a value if the group is gone.
    GroupMetadata {
        /// The coordinator's broker.
        broker: BrokerId,
        /// The partition of `__consumer_offsets`.
        log: TopicPartition,
        /// Where the record lies.
        at: Offset,
        /// `group.id`.
        group: String,
        /// The generation; none of a tombstone.
        generation: Option<i32>,
        /// The protocol.
        protocol: Option<String>,
        /// The leader.
        leader: Option<MemberName>,
        /// The members with their assignments.
        members: Vec<(MemberName, Vec<TopicPartition>)>,
    },
    /// A coordinator wrote a record of a group by the consumer protocol.
    ConsumerGroupRecord(ConsumerGroupRecord),
    /// A coordinator wrote an `OffsetCommit` record; one without a value if what was committed is gone.
    OffsetCommit {
        /// The coordinator's broker.
        broker: BrokerId,
        /// The partition of `__consumer_offsets`.
        log: TopicPartition,
        /// Where the record lies.
        at: Offset,
        /// `group.id`.
        group: String,
        /// The partition whose offset is committed.
        partition: TopicPartition,
        /// The next offset to read; none of a tombstone.
        offset: Option<Offset>,
    },
    /// A broker that leads a partition of `__consumer_offsets` now has read its groups.
    CoordinatorLoaded {
        /// The broker.
        broker: BrokerId,
        /// The partition.
        log: TopicPartition,
        /// The groups that it found.
        groups: Vec<String>,
        /// How many records it read.
        records: i64,
    },
    /// A broker that leads a partition of `__consumer_offsets` no more has given its groups up.
    CoordinatorUnloaded {
        /// The broker.
        broker: BrokerId,
        /// The partition.
        log: TopicPartition,
        /// The groups that it had.
        groups: Vec<String>,
    },
    /// A member knows which broker coordinates its group.
    CoordinatorFound {
        /// The member.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// The broker.
        broker: BrokerId,
    },
    /// A member does not know any more which broker coordinates its group, and asks.
    CoordinatorLost {
        /// The member.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// What it was told; none if it got no answer.
        error: GroupError,
    },
    /// Other topics than before match the pattern that a consumer subscribes to. Kafka:
    /// `SubscriptionState.subscribeFromPattern`.
    SubscribedFromPattern {
        /// The consumer.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// The pattern.
        pattern: String,
        /// The topics that match now.
        topics: Vec<Topic>,
        /// Those that did not before.
        added: Vec<Topic>,
        /// Those that did before.
        removed: Vec<Topic>,
    },
    /// `onPartitionsAssigned`.
    PartitionsAssigned {
        /// The member.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// Its generation, or its member epoch.
        since: Since,
        /// What came on top.
        added: Vec<TopicPartition>,
        /// All that it owns now.
        owned: Vec<TopicPartition>,
    },
    /// `onPartitionsRevoked`.
    PartitionsRevoked {
        /// The member.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// What it gave up.
        revoked: Vec<TopicPartition>,
    },
    /// `onPartitionsLost`: the member found out too late, others may have them already.
    PartitionsLost {
        /// The member.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// What it lost.
        lost: Vec<TopicPartition>,
    },
    /// A consumer begins where its group has committed.
    PositionRestored {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The committed offset.
        position: Offset,
    },
    /// The application set a position.
    Seeked {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The offset that it will read next.
        position: Offset,
    },
    /// The application is done with a record.
    RecordProcessed {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The record's offset.
        offset: Offset,
    },
    /// A consumer commits.
    CommitStarted {
        /// The consumer.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// Who asked.
        by: CommitBy,
        /// Partitions with the offsets.
        offsets: Vec<(TopicPartition, i64)>,
    },
    /// A commit came to its end.
    CommitCompleted {
        /// The consumer.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// Kafka's exception or error; none if it succeeded.
        error: Option<String>,
        /// It is tried again.
        retries: bool,
    },
    /// The application has not polled for `max.poll.interval.ms`: the member leaves.
    PollTimeoutExpired {
        /// The member.
        consumer: ClientId,
        /// Its group.
        group: String,
        /// `max.poll.interval.ms`.
        interval_ms: i64,
    },
    /// `poll()` threw.
    PollFailed {
        /// The consumer.
        consumer: ClientId,
        /// Kafka's exception.
        error: String,
    },
    /// A consumer's process is gone.
    ConsumerCrashed {
        /// The consumer.
        consumer: ClientId,
    },
    /// `close()` returned.
    ConsumerClosed {
        /// The consumer.
        consumer: ClientId,
    },
}

/// A record of a group by the consumer protocol, as its fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupRecord {
    /// The coordinator's broker.
    pub broker: BrokerId,
    /// The partition of `__consumer_offsets`.
    pub log: TopicPartition,
    /// Where the record lies.
    pub at: Offset,
    /// `group.id`.
    pub group: String,
    /// Its kind, whose name the fact has.
    pub kind: Kind,
    /// The member that it is about, if it is about one.
    pub member: Option<MemberName>,
    /// The regular expression that it is about, if it is about one.
    pub regular_expression: Option<String>,
    /// What it says; none of a tombstone.
    pub says: Option<ConsumerGroupSays>,
}

/// What a record of a group by the consumer protocol says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerGroupSays {
    /// `ConsumerGroupMetadata`: the group epoch.
    Epoch(i32),
    /// `ConsumerGroupTargetAssignmentMetadata`: the group epoch for which the target is.
    AssignmentEpoch(i32),
    /// `ConsumerGroupTargetAssignmentMember`: what the member is to have.
    Target(Vec<TopicPartition>),
    /// `ConsumerGroupCurrentMemberAssignment`: what the member has.
    Current {
        /// The epoch that it has reached.
        member_epoch: i32,
        /// The one before.
        previous_member_epoch: i32,
        /// What it waits for.
        state: MemberState,
        /// What it has.
        assigned: Vec<TopicPartition>,
        /// What it must give up.
        pending_revocation: Vec<TopicPartition>,
    },
    /// `ConsumerGroupMemberMetadata`: what the member subscribes to, and the assignor that it wants.
    Member {
        /// The topics.
        topics: Vec<Topic>,
        /// The regular expression that it subscribes to; none without one.
        regex: Option<String>,
        /// `group.remote.assignor`.
        assignor: Option<String>,
    },
    /// `ConsumerGroupRegularExpression`: the topics that it stands for.
    Topics(Vec<Topic>),
    /// `ShareGroupStatePartitionMetadata`: which partitions get, and have, their states.
    States {
        /// Those that are being made.
        initializing: Vec<TopicPartition>,
        /// Those that are there.
        initialized: Vec<TopicPartition>,
    },
}

/// In what a member has its partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// In a generation of a classic group.
    Generation(i32),
    /// In an epoch of a member by the consumer protocol.
    MemberEpoch(i32),
}

/// Who commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitBy {
    /// The application, and it waits.
    Sync,
    /// The application, and it goes on.
    Async,
    /// `enable.auto.commit`.
    Auto,
}

impl CommitBy {
    /// As facts name it.
    pub fn name(self) -> &'static str {
        match self {
            CommitBy::Sync => "sync",
            CommitBy::Async => "async",
            CommitBy::Auto => "auto",
        }
    }
}

impl GroupFact {
    /// The fact's name.
    pub fn name(&self) -> &'static str {
        match self {
            GroupFact::Told { event, .. } => match &event.kind {
                GroupEventKind::MemberAdded { .. } => "MemberAdded",
                GroupEventKind::StaticMemberReplaced { .. } => "StaticMemberReplaced",
                GroupEventKind::MemberRemoved { .. } => "MemberRemoved",
                GroupEventKind::RebalanceStarted { .. } => "RebalanceStarted",
                GroupEventKind::GenerationStarted { .. } => "GenerationStarted",
            },
            GroupFact::GroupMetadata { .. } => "GroupMetadata",
            GroupFact::ConsumerGroupRecord(record) => record.kind.name(),
            GroupFact::OffsetCommit { .. } => "OffsetCommit",
            GroupFact::CoordinatorLoaded { .. } => "CoordinatorLoaded",
            GroupFact::CoordinatorUnloaded { .. } => "CoordinatorUnloaded",
            GroupFact::CoordinatorFound { .. } => "CoordinatorFound",
            GroupFact::CoordinatorLost { .. } => "CoordinatorLost",
            GroupFact::SubscribedFromPattern { .. } => "SubscribedFromPattern",
            GroupFact::PartitionsAssigned { .. } => "PartitionsAssigned",
            GroupFact::PartitionsRevoked { .. } => "PartitionsRevoked",
            GroupFact::PartitionsLost { .. } => "PartitionsLost",
            GroupFact::PositionRestored { .. } => "PositionRestored",
            GroupFact::Seeked { .. } => "Seeked",
            GroupFact::RecordProcessed { .. } => "RecordProcessed",
            GroupFact::CommitStarted { .. } => "CommitStarted",
            GroupFact::CommitCompleted { .. } => "CommitCompleted",
            GroupFact::PollTimeoutExpired { .. } => "PollTimeoutExpired",
            GroupFact::PollFailed { .. } => "PollFailed",
            GroupFact::ConsumerCrashed { .. } => "ConsumerCrashed",
            GroupFact::ConsumerClosed { .. } => "ConsumerClosed",
        }
    }

    /// The keys of the values that it set.
    pub fn sets(&self) -> Vec<String> {
        match self {
            GroupFact::Told { event: GroupEvent { group, kind }, .. } => match kind {
                GroupEventKind::RebalanceStarted { .. } => vec![format!("state/{group}")],
                GroupEventKind::GenerationStarted { .. } => {
                    vec![format!("generation/{group}"), format!("state/{group}")]
                }
                GroupEventKind::MemberAdded { .. }
                | GroupEventKind::StaticMemberReplaced { .. }
                | GroupEventKind::MemberRemoved { .. } => vec![format!("members/{group}")],
            },
            GroupFact::GroupMetadata { group, members, .. } => {
                let members = members.iter().map(|(member, _)| format!("assigned/{group}/{}", member.client));
                [format!("state/{group}")].into_iter().chain(members).collect()
            }
            GroupFact::ConsumerGroupRecord(record) => record.sets(),
            GroupFact::OffsetCommit { group, partition, .. } => vec![format!("committed/{group}/{partition}")],
            GroupFact::CoordinatorFound { group, .. } => vec![format!("coordinator/{group}")],
            GroupFact::SubscribedFromPattern { consumer, .. } => vec![format!("subscription/{consumer}")],
            GroupFact::PartitionsAssigned { consumer, .. }
            | GroupFact::PartitionsRevoked { consumer, .. }
            | GroupFact::PartitionsLost { consumer, .. } => vec![format!("assignment/{consumer}")],
            GroupFact::PositionRestored { consumer, partition, .. } | GroupFact::Seeked { consumer, partition, .. } => {
                vec![format!("position/{consumer}/{partition}")]
            }
            _ => Vec::new(),
        }
    }

    /// The partition that it is about, if it is about one.
    pub fn partition(&self) -> Option<&TopicPartition> {
        match self {
            GroupFact::GroupMetadata { log, .. }
            | GroupFact::ConsumerGroupRecord(ConsumerGroupRecord { log, .. })
            | GroupFact::CoordinatorLoaded { log, .. }
            | GroupFact::CoordinatorUnloaded { log, .. } => Some(log),
            GroupFact::OffsetCommit { partition, .. }
            | GroupFact::PositionRestored { partition, .. }
            | GroupFact::RecordProcessed { partition, .. }
            | GroupFact::Seeked { partition, .. } => Some(partition),
            _ => None,
        }
    }

    /// An error or a loss.
    pub fn is_bad(&self) -> bool {
        match self {
            GroupFact::PartitionsLost { .. }
            | GroupFact::PollTimeoutExpired { .. }
            | GroupFact::PollFailed { .. }
            | GroupFact::ConsumerCrashed { .. } => true,
            GroupFact::CommitCompleted { error, .. } => error.is_some(),
            GroupFact::Told { event, .. } => match &event.kind {
                GroupEventKind::MemberRemoved { because, .. } => *because != crate::group::event::Removal::Left,
                _ => false,
            },
            _ => false,
        }
    }

    /// The broker that it happens on, if it happens on one.
    pub fn broker(&self) -> Option<BrokerId> {
        match self {
            GroupFact::Told { broker, .. }
            | GroupFact::GroupMetadata { broker, .. }
            | GroupFact::ConsumerGroupRecord(ConsumerGroupRecord { broker, .. })
            | GroupFact::OffsetCommit { broker, .. }
            | GroupFact::CoordinatorLoaded { broker, .. }
            | GroupFact::CoordinatorUnloaded { broker, .. } => Some(*broker),
            _ => None,
        }
    }
}

impl ConsumerGroupRecord {
    /// The keys of the values that it set.
    fn sets(&self) -> Vec<String> {
        let (group, member) = (&self.group, self.member.as_ref().map_or("", |member| &member.client));
        match (self.kind, &self.says) {
            (Kind::ConsumerGroupMetadata | Kind::ShareGroupMetadata, _) => {
                vec![format!("generation/{group}"), format!("state/{group}")]
            }
            (Kind::ConsumerGroupTargetAssignmentMetadata | Kind::ShareGroupTargetAssignmentMetadata, _) => {
                vec![format!("assignment_epoch/{group}"), format!("state/{group}")]
            }
            (Kind::ConsumerGroupTargetAssignmentMember | Kind::ShareGroupTargetAssignmentMember, _) => {
                vec![format!("target/{group}/{member}")]
            }
            (_, Some(ConsumerGroupSays::Current { .. })) => {
                let epoch = [format!("member_epoch/{member}"), format!("state/{group}")];
                epoch.into_iter().chain([format!("assigned/{group}/{member}")]).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// `orders-0, orders-1`
pub fn listed(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
