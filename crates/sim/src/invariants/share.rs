//! What must hold of share groups: who has which record, how often it was handed out, and that nothing is done twice.

use super::{Checked, Invariant, violation};
use crate::fact::share::ShareFact;
use crate::fact::{Fact, FactKind};
use crate::group::share::event::ShareEventKind;
use crate::group::share::message::ShareError;
use crate::ids::{BrokerId, TopicPartition};
use crate::sorted::{SortedMap, SortedSet};
use crate::world::World;

/// A share partition.
type Key = (String, TopicPartition);

/// What is known of a share partition beside the world.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// What was written as acknowledged or archived: nobody gets it again.
    done: SortedSet<i64>,
    /// The greatest start offset that was written.
    start: i64,
}

/// What is known of share groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares {
    kept: SortedMap<Key, Kept>,
    /// Offsets that somebody has, of each leader since it has loaded the state.
    held: SortedMap<(BrokerId, Key), SortedSet<i64>>,
}

impl Shares {
    /// Takes what a fact says. `is_whole` says whether a partition never lost anything that was committed.
    pub fn take(&mut self, world: &World, fact: &Fact, is_whole: &dyn Fn(&TopicPartition) -> bool) -> Checked {
        let FactKind::Share(fact) = &fact.kind else { return Ok(()) };
        match &**fact {
            ShareFact::StateInitialized { group, partitions, .. } => {
                for partition in partitions {
                    self.kept.insert((group.clone(), partition.clone()), Kept::default());
                }
            }
            ShareFact::StateWritten { group, partition, start_offset, batches, error: ShareError::None } => {
                let kept = self.kept.get_or_insert_with((group.clone(), partition.clone()), Kept::default);
                kept.start = kept.start.max(*start_offset);
                for batch in batches.iter().filter(|batch| batch.state.is_terminal()) {
                    kept.done.extend(batch.first..=batch.last);
                }
            }
            ShareFact::Told { broker, group, partition, kind, .. } => {
                let key = (group.clone(), partition.clone());
                let is_whole = is_whole(partition);
                self.take_event(world, *broker, &key, kind, is_whole)?;
                if let Some(left) = fact.left() {
                    let held = self.held.get_or_insert_with((*broker, key), SortedSet::new);
                    for offset in left.first..=left.last {
                        held.remove(&offset);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_event(
        &mut self,
        world: &World,
        broker: BrokerId,
        key: &Key,
        kind: &ShareEventKind,
        is_whole: bool,
    ) -> Checked {
        let (group, partition) = key;
        let registration = world.metadata().partition(partition);
        let epoch = world.broker(broker).and_then(|there| there.share.partition(group, partition));
        let epoch = epoch.map(crate::group::share::partition::SharePartition::leader_epoch);
        // Who does not know yet that another leads may hand out what that has done with.
        let leads = registration.is_some_and(|at| at.leader == Some(broker) && Some(at.leader_epoch.0) == epoch);
        let kept = self.kept.get_or_insert_with(key.clone(), Kept::default);
        match kind {
            ShareEventKind::Loaded { start_offset } => {
                self.held.insert((broker, key.clone()), SortedSet::new());
                if leads && is_whole && *start_offset < kept.start {
                    let why = format!("{group} begins at {start_offset} again, and was at {}", kept.start);
                    return Err(violation(Invariant::ShareStartOffset, partition, why));
                }
            }
            ShareEventKind::StartMoved { from, to } if to < from => {
                let why = format!("the start of {group} goes from {from} back to {to}");
                return Err(violation(Invariant::ShareStartOffset, partition, why));
            }
            ShareEventKind::Acquired { records, .. } => {
                let limit =
                    world.broker(broker).map_or(i32::MAX, |there| there.config.group_share_delivery_count_limit);
                let held = self.held.get_or_insert_with((broker, key.clone()), SortedSet::new);
                for offset in records.first..=records.last {
                    if !held.insert(offset) {
                        let why = format!("in {group} {offset} has a member, and is handed out");
                        return Err(violation(Invariant::OneHolder, partition, why));
                    }
                    if leads && is_whole && kept.done.contains(&offset) {
                        let why = format!("in {group} {offset} was done with, and is handed out");
                        return Err(violation(Invariant::DoneOnce, partition, why));
                    }
                }
                if records.delivery_count > limit {
                    let why = format!("in {group} {} is delivered {} times", records.first, records.delivery_count);
                    return Err(violation(Invariant::DeliveryCountLimit, partition, why));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
