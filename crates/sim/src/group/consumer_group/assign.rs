//! The target assignment of a group: when it is made, and by which assignor. Kafka 4.3: `TargetAssignmentBuilder`,
//! `GroupMetadataManager.maybeUpdateTargetAssignment`.

use super::{ConsumerGroup, Member, Target};
use crate::group::assignor::{Assignor, Member as AssignorMember, TopicPartitions};
use crate::group::coordinator::Outcome;
use crate::group::error::GroupError;
use crate::group::java_map::JavaMap;
use crate::group::records::{self, Kind, Part, Value};
use crate::ids::{Topic, TopicId};
#[cfg(test)]
use crate::sorted::SortedMap;
use crate::time::SimTime;

impl ConsumerGroup {
    /// What is known of the topics that somebody subscribes to, as a number; 0 if there are none. Kafka:
    /// `ModernGroup.computeMetadataHash`.
    pub(super) fn compute_metadata_hash(&self, cluster: &[TopicPartitions]) -> i64 {
        let mut hash = 0_u64;
        let mut add = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        };
        for topic in cluster.iter().filter(|topic| self.is_subscribed_to(&topic.topic)) {
            add(b"\x01");
            add(topic.topic.as_bytes());
            add(&topic.id.0.to_be_bytes());
            add(&topic.partitions.to_be_bytes());
        }
        i64::from_ne_bytes(hash.to_ne_bytes())
    }

    /// Kafka: `maybeUpdateTargetAssignment`, `TargetAssignmentBuilder.build`.
    pub(super) fn maybe_assign(
        &mut self,
        now: SimTime,
        cluster: &[TopicPartitions],
        out: &mut Outcome,
    ) -> Result<(), GroupError> {
        let interval_ms = self.config.assignment_interval_ms;
        let is_early = self.assigned_at.is_some_and(|at| now < at.plus_ms(interval_ms));
        if self.assignment_epoch >= self.epoch || is_early {
            return Ok(());
        }
        let member = |member: &Member| AssignorMember {
            id: member.id.clone(),
            instance_id: member.instance_id.clone(),
            topics: self.topics_of(member).iter().cloned().collect(),
            owned: self.target.get(&member.id).map(|target| by_name(target, cluster)).unwrap_or_default(),
            generation: None,
        };
        let members: Vec<AssignorMember> = self.members.values().map(member).collect();
        let assignment =
            self.preferred_assignor().assign(cluster, &members).map_err(|_| GroupError::UnknownServerError)?;
        #[cfg(test)]
        let assignment = if self.config.sabotage == Some(crate::metadata::Sabotage::AssignsAllToOne) {
            let all = cluster.iter().map(|topic| (topic.topic.clone(), (0..topic.partitions).collect())).collect();
            [all].into_iter().chain(assignment.into_iter().skip(1).map(|_| SortedMap::new())).collect()
        } else {
            assignment
        };
        for (member, partitions) in members.into_iter().zip(assignment) {
            let id_of = |name: &Topic| cluster.iter().find(|topic| topic.topic == *name).map(|topic| topic.id);
            let target: Target = partitions
                .iter()
                .filter_map(|(name, numbers)| Some((id_of(name)?, numbers.iter().copied().collect())))
                .collect();
            if self.target.get(&member.id) != Some(&target) {
                out.records.push(self.target_record(&member.id, &target));
                self.target.insert(member.id, target);
            }
        }
        self.assignment_epoch = self.epoch;
        self.assigned_at = Some(now);
        let value = records::TargetEpoch { assignment_epoch: self.epoch, assignment_timestamp: now.timestamp_ms() };
        out.records.push(self.record(
            Kind::ConsumerGroupTargetAssignmentMetadata,
            Part::Group,
            Value::TargetEpoch(value),
        ));
        Ok(())
    }

    /// The assignor that most members want; of equal ones the first in the order of Java's table. Kafka:
    /// `computePreferredServerAssignor`; the first of `group.consumer.assignors` if nobody says.
    pub fn preferred_assignor(&self) -> Assignor {
        let mut votes: JavaMap<usize> = JavaMap::default();
        for name in self.members.values().filter_map(|member| member.server_assignor.as_ref()) {
            match votes.get_mut(name) {
                Some(count) => *count = count.saturating_add(1),
                None => {
                    votes.insert(name.clone(), 1);
                }
            }
        }
        let most = votes.values().copied().max();
        let preferred = votes.iter().find(|(_, count)| Some(**count) == most).map(|(name, _)| name.as_str());
        match preferred {
            Some("range") => Assignor::Range,
            _ => Assignor::Uniform,
        }
    }
}

fn by_name(target: &Target, cluster: &[TopicPartitions]) -> Vec<(Topic, Vec<i32>)> {
    let name = |id: &TopicId| cluster.iter().find(|topic| topic.id == *id).map(|topic| topic.topic.clone());
    target.iter().filter_map(|(id, numbers)| Some((name(id)?, numbers.iter().copied().collect()))).collect()
}
