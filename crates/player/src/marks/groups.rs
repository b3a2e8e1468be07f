//! The marks of facts about groups, and what moves because of them.

use highwater_sim::fact::group::{ConsumerGroupRecord, GroupFact};
use highwater_sim::group::event::{GroupEvent, GroupEventKind};
use highwater_sim::group::records::Kind;

use crate::beat::Motion;
use crate::scene::MarkId;

/// The marks that a fact is about, the one that changes first.
#[inline(never)]
pub(super) fn marks(fact: &GroupFact) -> Vec<MarkId> {
    let tokens = |consumer: &dyn std::fmt::Display, partitions: &[highwater_sim::ids::TopicPartition]| {
        let token = |partition: &highwater_sim::ids::TopicPartition| format!("member-{consumer}/{partition}");
        partitions.iter().map(token).chain([format!("member-{consumer}"), format!("client-{consumer}")]).collect()
    };
    match fact {
        GroupFact::Told { event: GroupEvent { group, kind }, .. } => match kind {
            GroupEventKind::MemberAdded { member, .. }
            | GroupEventKind::StaticMemberReplaced { member, .. }
            | GroupEventKind::MemberRemoved { member, .. } => {
                vec![format!("member-{member}"), format!("group-{group}")]
            }
            GroupEventKind::RebalanceStarted { .. } => vec![format!("group-{group}/state")],
            GroupEventKind::GenerationStarted { .. } => {
                vec![format!("group-{group}/state"), format!("group-{group}/generation")]
            }
        },
        GroupFact::GroupMetadata { group, at, .. } => {
            vec![format!("group-{group}/record-{at}"), format!("group-{group}/state")]
        }
        GroupFact::ConsumerGroupRecord(record) => of_record(record),
        GroupFact::OffsetCommit { group, at, .. } => vec![format!("group-{group}/record-{at}")],
        GroupFact::CoordinatorLoaded { groups, .. } | GroupFact::CoordinatorUnloaded { groups, .. } => {
            groups.iter().map(|group| format!("group-{group}")).collect()
        }
        GroupFact::PartitionsAssigned { consumer, added, .. } => tokens(consumer, added),
        GroupFact::PartitionsRevoked { consumer, revoked, .. } => tokens(consumer, revoked),
        GroupFact::PartitionsLost { consumer, lost, .. } => tokens(consumer, lost),
        GroupFact::CoordinatorFound { consumer, group, .. } | GroupFact::CoordinatorLost { consumer, group, .. } => {
            vec![format!("member-{consumer}"), format!("client-{consumer}"), format!("group-{group}")]
        }
        GroupFact::PositionRestored { consumer, .. }
        | GroupFact::SubscribedFromPattern { consumer, .. }
        | GroupFact::Seeked { consumer, .. }
        | GroupFact::RecordProcessed { consumer, .. }
        | GroupFact::CommitStarted { consumer, .. }
        | GroupFact::CommitCompleted { consumer, .. }
        | GroupFact::PollTimeoutExpired { consumer, .. }
        | GroupFact::PollFailed { consumer, .. }
        | GroupFact::ConsumerCrashed { consumer }
        | GroupFact::ConsumerClosed { consumer } => vec![format!("member-{consumer}"), format!("client-{consumer}")],
    }
}

fn of_record(record: &ConsumerGroupRecord) -> Vec<MarkId> {
    let (group, at) = (&record.group, record.at);
    let mut marks = vec![format!("group-{group}/record-{at}")];
    match record.kind {
        Kind::ConsumerGroupMetadata | Kind::ShareGroupMetadata => marks.insert(0, format!("group-{group}/generation")),
        Kind::ConsumerGroupTargetAssignmentMetadata | Kind::ShareGroupTargetAssignmentMetadata => {
            marks.insert(0, format!("group-{group}/assignment-epoch"));
        }
        Kind::ConsumerGroupCurrentMemberAssignment | Kind::ShareGroupCurrentMemberAssignment => {
            if let Some(member) = &record.member {
                marks.insert(0, format!("member-{member}/epoch"));
            }
        }
        _ => return marks,
    }
    marks.push(format!("group-{group}/state"));
    marks
}

/// What moves.
#[inline(never)]
pub(super) fn motion(fact: &GroupFact, mark: MarkId) -> Motion {
    match fact {
        GroupFact::PartitionsAssigned { added, consumer, .. } if !added.is_empty() => {
            Motion::TokensMoved(added.iter().map(|partition| format!("member-{consumer}/{partition}")).collect())
        }
        GroupFact::PartitionsRevoked { .. }
        | GroupFact::PartitionsLost { .. }
        | GroupFact::Told { .. }
        | GroupFact::GroupMetadata { .. }
        | GroupFact::OffsetCommit { .. }
        | GroupFact::ConsumerGroupRecord(_) => Motion::ValueChanged(mark),
        _ => Motion::Still,
    }
}
