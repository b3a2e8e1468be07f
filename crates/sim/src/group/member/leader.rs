//! What a member says of itself when it joins, and what it does as the leader. Kafka 4.3: `ConsumerCoordinator.metadata`,
//! `onLeaderElected`, and what the assignors add: `subscriptionUserData`, `memberData`.

use super::super::assignor::{Assignor, Member, TopicPartitions};
use super::super::message::{Joined, JoinedMember, Opaque};
use super::super::protocol::{Assigned, Owned, StickyUserData, Subscription, cooperative_generation};
use super::join::JoinFailure;
use super::{GroupMember, nothing};
use crate::ids::{Topic, TopicPartition};
use crate::sorted::SortedSet;
use crate::time::SimTime;

impl GroupMember {
    /// The member's protocols, each with its subscription.
    pub(super) fn protocols(&mut self) -> Vec<(String, Opaque)> {
        self.joined_subscription = Some(self.subscription.clone());
        let topics: Vec<Topic> = self.subscription.iter().cloned().collect();
        let owned = by_topic(self.assigned.iter());
        let one = |assignor: &Assignor| {
            let subscription = Subscription {
                topics: topics.clone(),
                user_data: self.user_data(*assignor),
                owned: owned.clone(),
                generation: self.generation.id,
                rack: None,
            };
            // Names that were taken before are never too long.
            (assignor.name().to_owned(), subscription.encode().map_or_else(|_| nothing(), Opaque::from))
        };
        self.config.assignors.iter().map(one).collect()
    }

    fn user_data(&self, assignor: Assignor) -> Option<Vec<u8>> {
        match assignor {
            Assignor::Sticky => {
                let (previous, generation) = self.sticky.as_ref()?;
                let data = StickyUserData { previous: by_topic(previous.iter()), generation: Some(*generation) };
                data.encode().ok()
            }
            Assignor::CooperativeSticky => Some(self.cooperative_generation.to_be_bytes().to_vec()),
            Assignor::Range | Assignor::RoundRobin | Assignor::Uniform | Assignor::Simple => None,
        }
    }

    /// Assigns to all members; nobody is named if the present assignment stays.
    pub(super) fn on_leader_elected(
        &mut self,
        now: SimTime,
        joined: &Joined,
        cluster: &[TopicPartitions],
    ) -> Result<Vec<(String, Opaque)>, JoinFailure> {
        let protocol = joined.protocol.as_deref().unwrap_or_default();
        let own = self.config.assignors.iter().find(|assignor| assignor.name() == protocol);
        let assignor = *own.ok_or(JoinFailure::Assignor)?;
        let members: Vec<Member> = joined
            .members
            .iter()
            .map(|member| described(assignor, member))
            .collect::<Option<_>>()
            .ok_or(JoinFailure::Assignor)?;
        let subscribed: SortedSet<Topic> = members.iter().flat_map(|member| member.topics.iter().cloned()).collect();
        let knows_all = subscribed.iter().all(|topic| self.subscription.contains(topic));
        self.group_subscription = subscribed;
        if !knows_all {
            self.refresh(now, cluster);
        }
        self.is_leader = true;
        // Without new topics this is what it knew before it joined, when it may still have counted others' topics.
        self.assignment_snapshot = Some(self.metadata_snapshot.clone());
        if joined.skip_assignment {
            return Ok(Vec::new());
        }
        let is_subscribed = |topic: &&TopicPartitions| self.group_subscription.contains(&topic.topic);
        let topics: Vec<TopicPartitions> = self.topics.iter().filter(is_subscribed).cloned().collect();
        let assignment = assignor.assign(&topics, &members).map_err(|_| JoinFailure::Assignor)?;
        let encoded = |(member, partitions): (Member, super::super::assignor::Partitions)| {
            let partitions = partitions.iter().map(|(topic, numbers)| (topic.clone(), numbers.clone())).collect();
            let assigned = Assigned { partitions, user_data: None };
            Some((member.id, Opaque::from(assigned.encode().ok()?)))
        };
        members.into_iter().zip(assignment).map(encoded).collect::<Option<_>>().ok_or(JoinFailure::Assignor)
    }
}

/// A member as its assignor sees it.
fn described(assignor: Assignor, member: &JoinedMember) -> Option<Member> {
    let subscription = Subscription::decode(&member.metadata).ok()?;
    let known = (subscription.generation >= 0).then_some(subscription.generation);
    let (owned, generation) = match assignor {
        // An eager member has given up what it owned; what it had is in the user data.
        Assignor::Sticky => match subscription.user_data.as_deref().filter(|data| !data.is_empty()) {
            Some(data) => {
                StickyUserData::decode(data).map_or((Owned::new(), None), |data| (data.previous, data.generation))
            }
            None => (Owned::new(), None),
        },
        Assignor::CooperativeSticky => {
            let told = || subscription.user_data.as_deref().map(|data| cooperative_generation(data).unwrap_or(-1));
            (subscription.owned.clone(), known.or_else(told))
        }
        Assignor::Range | Assignor::RoundRobin | Assignor::Uniform | Assignor::Simple => {
            (subscription.owned.clone(), known)
        }
    };
    Some(Member {
        id: member.member_id.clone(),
        instance_id: member.instance_id.clone(),
        topics: subscription.topics,
        owned,
        generation,
    })
}

/// Partitions by topic; what is in order stays so.
fn by_topic<'a>(partitions: impl Iterator<Item = &'a TopicPartition>) -> Owned {
    let mut owned = Owned::new();
    for partition in partitions {
        match owned.last_mut().filter(|(topic, _)| *topic == partition.topic) {
            Some((_, numbers)) => numbers.push(partition.partition),
            None => owned.push((partition.topic.clone(), vec![partition.partition])),
        }
    }
    owned
}
