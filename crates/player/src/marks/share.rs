//! The marks of facts about share groups, and what moves because of them.

use highwater_sim::fact::share::ShareFact;
use highwater_sim::group::share::event::ShareEventKind;

use crate::beat::Motion;
use crate::scene::MarkId;

/// At most so many records of a fact are marked.
const RECORDS_MAX: usize = 64;

/// The marks that a fact is about, the one that changes first.
#[inline(never)]
pub(super) fn marks(fact: &ShareFact) -> Vec<MarkId> {
    let of_client = |consumer: &dyn std::fmt::Display| [format!("member-{consumer}"), format!("client-{consumer}")];
    match fact {
        ShareFact::Told { group, partition, member, kind, .. } => {
            let panel = format!("share-{group}/{partition}");
            if matches!(kind, ShareEventKind::Loaded { .. } | ShareEventKind::StartMoved { .. }) {
                return vec![format!("{panel}/start"), panel];
            }
            let (first, last) = fact.changed().unwrap_or((0, -1));
            let cards = (first..=last).take(RECORDS_MAX).map(|offset| format!("{panel}/record-{offset}"));
            cards.chain(member.iter().flat_map(|member| of_client(member))).collect()
        }
        ShareFact::StateInitialized { group, partitions, .. } => {
            partitions.iter().map(|partition| format!("share-{group}/{partition}")).collect()
        }
        ShareFact::StateRead { group, partition, .. } => vec![format!("share-{group}/{partition}")],
        ShareFact::StateWritten { group, partition, batches, .. } => {
            let panel = format!("share-{group}/{partition}");
            let offsets = batches.iter().flat_map(|batch| batch.first..=batch.last).take(RECORDS_MAX);
            offsets.map(|offset| format!("{panel}/record-{offset}")).chain([panel.clone()]).collect()
        }
        ShareFact::Polled { consumer, .. }
        | ShareFact::Acknowledging { consumer, .. }
        | ShareFact::Completed { consumer, .. } => of_client(consumer).to_vec(),
    }
}

/// What moves.
#[inline(never)]
pub(super) fn motion(fact: &ShareFact, mark: MarkId) -> Motion {
    match fact {
        ShareFact::Told { .. } => Motion::ValueChanged(mark),
        ShareFact::Polled { .. } => Motion::LineChanged(mark),
        _ => Motion::Still,
    }
}
