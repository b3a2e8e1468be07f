//! The next step of a member towards what it is to have. Kafka 4.3: `CurrentAssignmentBuilder`, `MemberState`.

use super::{ConsumerGroup, Epochs, Member, Target};
use crate::group::assignor::TopicPartitions;
use crate::ids::TopicId;
use crate::sorted::{SortedMap, SortedSet};

/// What a member waits for. Kafka: `MemberState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// Nothing.
    Stable,
    /// It must give up partitions, and say so.
    UnrevokedPartitions,
    /// Others must give up what it is to have.
    UnreleasedPartitions,
}

impl MemberState {
    /// Its number in records. Kafka: `MemberState.value()`.
    pub fn value(self) -> i8 {
        match self {
            MemberState::Stable => 0,
            MemberState::UnrevokedPartitions => 1,
            MemberState::UnreleasedPartitions => 2,
        }
    }

    /// The state with such a number. Kafka: `MemberState.fromValue`; a number that means nothing is `Stable` here.
    pub fn with_value(value: i8) -> MemberState {
        match value {
            1 => MemberState::UnrevokedPartitions,
            2 => MemberState::UnreleasedPartitions,
            _ => MemberState::Stable,
        }
    }

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            MemberState::Stable => "STABLE",
            MemberState::UnrevokedPartitions => "UNREVOKED_PARTITIONS",
            MemberState::UnreleasedPartitions => "UNRELEASED_PARTITIONS",
        }
    }
}

impl ConsumerGroup {
    /// The member after its next step; the same if there is none to take. `owned` is what it says that it has.
    pub(super) fn reconcile(
        &self,
        member: &Member,
        subscription_changed: bool,
        owned: Option<&Target>,
        cluster: &[TopicPartitions],
    ) -> Member {
        let next = |epoch: i32| self.next_assignment(member, epoch, owned, cluster);
        match member.state {
            MemberState::Stable if member.epoch != self.assignment_epoch => next(member.epoch),
            MemberState::Stable if subscription_changed => self.without_unsubscribed(member, owned, cluster),
            MemberState::Stable => member.clone(),
            MemberState::UnrevokedPartitions if owns_any(owned, &member.pending_revocation) => {
                if subscription_changed {
                    self.without_unsubscribed(member, owned, cluster)
                } else {
                    member.clone()
                }
            }
            MemberState::UnrevokedPartitions | MemberState::UnreleasedPartitions => next(member.epoch),
        }
    }

    /// Kafka: `computeNextAssignment`.
    fn next_assignment(
        &self,
        member: &Member,
        epoch: i32,
        owned: Option<&Target>,
        cluster: &[TopicPartitions],
    ) -> Member {
        let subscribed = self.subscribed_ids(member, cluster);
        let empty = Target::new();
        let target = self.target.get(&member.id).unwrap_or(&empty);
        let (mut kept, mut revoked) = (Epochs::new(), Epochs::new());
        let mut added: Vec<(TopicId, i32)> = Vec::new();
        let mut waits = false;
        for (topic, numbers) in &member.assigned {
            let wanted = target.get(topic).filter(|_| subscribed.contains(topic));
            for (number, since) in numbers {
                let stays = wanted.is_some_and(|wanted| wanted.contains(number));
                let to = if stays { &mut kept } else { &mut revoked };
                to.get_or_insert_with(*topic, SortedMap::new).insert(*number, *since);
            }
        }
        for (topic, numbers) in target.iter().filter(|(topic, _)| subscribed.contains(*topic)) {
            let has = |epochs: &Epochs, number: &i32| epochs.get(topic).is_some_and(|there| there.contains_key(number));
            for number in numbers.iter().filter(|number| !has(&kept, number)) {
                let is_own = has(&member.pending_revocation, number);
                if self.is_held(*topic, *number) && !is_own {
                    waits = true;
                } else {
                    added.push((*topic, *number));
                }
            }
        }
        let mut next = member.clone();
        next.previous_epoch = member.epoch;
        if !revoked.is_empty() && owns_any(owned, &revoked) {
            next.state = MemberState::UnrevokedPartitions;
            next.epoch = epoch;
            next.assigned = kept;
            next.pending_revocation = revoked;
            return next;
        }
        for (topic, number) in added {
            kept.get_or_insert_with(topic, SortedMap::new).insert(number, self.assignment_epoch);
        }
        next.state = if waits { MemberState::UnreleasedPartitions } else { MemberState::Stable };
        next.epoch = self.assignment_epoch;
        next.assigned = kept;
        next.pending_revocation = Epochs::new();
        next
    }

    /// Somebody has the partition, or has not given it up yet. Kafka: `currentPartitionEpoch`.
    fn is_held(&self, topic: TopicId, number: i32) -> bool {
        #[cfg(test)]
        if self.config.sabotage == Some(crate::metadata::Sabotage::AssignsWhatIsHeld) {
            return false;
        }
        let holds = |epochs: &Epochs| epochs.get(&topic).is_some_and(|there| there.contains_key(&number));
        self.members.values().any(|member| holds(&member.assigned) || holds(&member.pending_revocation))
    }

    /// Kafka: `updateCurrentAssignment`.
    fn without_unsubscribed(&self, member: &Member, owned: Option<&Target>, cluster: &[TopicPartitions]) -> Member {
        let subscribed = self.subscribed_ids(member, cluster);
        let mut next = member.clone();
        for (topic, numbers) in &member.assigned {
            if !subscribed.contains(topic) {
                next.assigned.remove(topic);
                let pending = next.pending_revocation.get_or_insert_with(*topic, SortedMap::new);
                for (number, epoch) in numbers {
                    pending.insert(*number, *epoch);
                }
            }
        }
        if next.assigned == member.assigned {
            return next;
        }
        next.previous_epoch = member.epoch;
        if owns_any(owned, &next.pending_revocation) {
            next.state = MemberState::UnrevokedPartitions;
        } else {
            next.pending_revocation.clone_from(&member.pending_revocation);
        }
        next
    }

    fn subscribed_ids(&self, member: &Member, cluster: &[TopicPartitions]) -> SortedSet<TopicId> {
        let is_subscribed = |topic: &&TopicPartitions| self.subscribes(member, &topic.topic);
        cluster.iter().filter(is_subscribed).map(|topic| topic.id).collect()
    }
}

/// Kafka: `ownsRevokedPartitions`. A member that says nothing may still have everything.
fn owns_any(owned: Option<&Target>, epochs: &Epochs) -> bool {
    let Some(owned) = owned else { return true };
    let is_in = |topic: &TopicId, number: &i32| epochs.get(topic).is_some_and(|there| there.contains_key(number));
    owned.iter().any(|(topic, numbers)| numbers.iter().any(|number| is_in(topic, number)))
}
