//! Whether a member may commit. Kafka 4.3: `ConsumerGroup.validateOffsetCommit`, `createAssignmentEpochValidator` (KIP-1251).

use super::ConsumerGroup;
use crate::group::assignor::TopicPartitions;
use crate::group::error::GroupError;
use crate::group::message::OffsetCommit;
use crate::ids::TopicId;

/// What a client without a member epoch sends. Kafka: `OffsetCommitRequest.DEFAULT_GENERATION_ID`.
const NO_GENERATION: i32 = -1;

impl ConsumerGroup {
    /// Whether offsets may be committed: with the member's epoch, or with an older one in which it had the partitions already.
    ///
    /// # Errors
    /// Kafka's errors: the member is not there, or its epoch is another.
    pub fn validate_commit(
        &self,
        request: &OffsetCommit,
        transactional: bool,
        cluster: &[TopicPartitions],
    ) -> Result<(), GroupError> {
        let epoch = request.generation;
        if epoch < 0 && self.members.is_empty() {
            return Ok(());
        }
        if transactional && epoch == NO_GENERATION && request.member_id.is_empty() && request.instance_id.is_none() {
            return Ok(());
        }
        let member = self.members.get(&request.member_id).ok_or(GroupError::UnknownMemberId)?;
        let has_had = |topic: TopicId, number: i32| {
            let since = |epochs: &super::Epochs| epochs.get(&topic).and_then(|there| there.get(&number)).copied();
            let since = since(&member.assigned).or_else(|| since(&member.pending_revocation));
            since.is_some_and(|since| since <= epoch)
        };
        let id_of = |name: &str| cluster.iter().find(|topic| *topic.topic == *name).map(|topic| topic.id);
        let is_old = epoch < member.epoch;
        let may = epoch == member.epoch
            || is_old
                && request
                    .offsets
                    .iter()
                    .all(|there| id_of(&there.topic).is_some_and(|topic| has_had(topic, there.partition)));
        if may {
            return Ok(());
        }
        // A producer's client knows no member epochs.
        Err(if transactional { GroupError::IllegalGeneration } else { GroupError::StaleMemberEpoch })
    }
}
