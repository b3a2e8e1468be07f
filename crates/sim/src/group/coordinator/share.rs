//! Share groups among the coordinator's groups. Kafka 4.3: `GroupMetadataManager.shareGroupHeartbeat`,
//! `getOrMaybeCreateShareGroup`.

use std::rc::Rc;

use super::super::consumer_group::Target;
use super::super::error::GroupError;
use super::super::share::share_group::{ShareGroup, ShareHeartbeatRequest, ShareHeartbeatResponse};
use super::{Context, GroupCoordinator, Outcome};

impl GroupCoordinator {
    /// A share group.
    pub fn share_group(&self, id: &str) -> Option<&ShareGroup> {
        self.share_groups.get(id)
    }

    /// The share groups, by id.
    pub fn share_groups(&self) -> impl Iterator<Item = &ShareGroup> {
        self.share_groups.values()
    }

    pub(super) fn share_group_heartbeat(
        &mut self,
        request: &ShareHeartbeatRequest,
        context: &mut Context<'_>,
    ) -> Result<ShareHeartbeatResponse, GroupError> {
        let id = &request.group;
        if id.is_empty() {
            return Err(GroupError::InvalidGroupId);
        }
        let is_another = self.groups.contains_key(id) || self.consumer_groups.contains_key(id);
        if is_another || request.member_epoch != 0 && !self.share_groups.contains_key(id) {
            return Err(GroupError::GroupIdNotFound);
        }
        let topics = Rc::clone(&self.topics);
        let new = || ShareGroup::new(id.clone(), context.config.share.clone());
        let group = self.share_groups.get_or_insert_with(id.clone(), new);
        let (response, states) = group.heartbeat(context.now, request, &topics, &mut context.out.records)?;
        context.out.share_states.extend(states);
        Ok(response)
    }

    /// The persister has made the states of [`Outcome::share_states`].
    pub fn on_share_states(&mut self, group: &str, partitions: &Target, out: &mut Outcome) {
        let topics = Rc::clone(&self.topics);
        if let Some(group) = self.share_groups.get_mut(group) {
            group.on_initialized(partitions, &topics, &mut out.records);
        }
    }

    /// Kafka: `GroupMetadataManager.shareGroupBuildPartitionDeleteRequest`, `ShareGroup.validateDeleteGroup`.
    pub(super) fn delete_share_group(&mut self, id: &str, context: &mut Context<'_>) -> Result<(), GroupError> {
        let group = self.share_groups.get(id).ok_or(GroupError::GroupIdNotFound)?;
        if !group.members.is_empty() {
            return Err(GroupError::NonEmptyGroup);
        }
        context.out.records.extend(group.tombstones());
        self.share_groups.remove(id);
        Ok(())
    }
}
