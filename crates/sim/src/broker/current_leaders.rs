//! Whom a broker names as the leader when it refuses a request because of that (KIP-951). Kafka 4.3:
//! `KafkaApis.getCurrentLeader`, and the callbacks of its produce, fetch and share requests.

use super::Broker;
use crate::error::Errors;
use crate::group::share::message::ShareResponse;
use crate::ids::TopicPartition;
use crate::message::{CurrentLeaders, FetchResponse, LeaderIdAndEpoch, ProducePartition, ProduceResponse};

impl Broker {
    /// A response that names the leaders of what it refuses for them. A produce request says no epoch, so that none is fenced.
    pub(super) fn produce_response(&self, partitions: Vec<ProducePartition>) -> ProduceResponse {
        let refused = partitions.iter().filter(|part| part.error == Errors::NotLeaderOrFollower);
        let current_leaders = self.current_leaders(refused.map(|part| &part.partition));
        ProduceResponse { partitions, current_leaders }
    }

    /// Names the leaders of what a response to a fetch refuses for them.
    pub(super) fn name_leaders(&self, response: &mut FetchResponse) {
        let is_about_leader = |error| matches!(error, Errors::NotLeaderOrFollower | Errors::FencedLeaderEpoch);
        let refused = response.partitions.iter().filter(|part| is_about_leader(part.error));
        response.current_leaders = self.current_leaders(refused.map(|part| &part.partition));
    }

    /// The same in a response to a share consumer.
    pub(super) fn name_leaders_to_member(&self, response: &mut ShareResponse) {
        let leaders = self.current_leaders(&response.refused_for_leader());
        response.set_current_leaders(leaders);
    }

    fn current_leaders<'a>(&self, refused: impl IntoIterator<Item = &'a TopicPartition>) -> CurrentLeaders {
        if !self.metadata.features.names_leaders {
            return CurrentLeaders::default();
        }
        let named = |id: &TopicPartition| Some((id.clone(), self.current_leader(id)?));
        let leaders: Vec<_> = refused.into_iter().filter_map(named).collect();
        let mut node_endpoints = Vec::new();
        for leader in leaders.iter().filter_map(|(_, named)| named.leader_id) {
            if self.metadata.has_alive_broker(leader) && !node_endpoints.contains(&leader) {
                node_endpoints.push(leader);
            }
        }
        CurrentLeaders { leaders, node_endpoints }
    }

    /// Who leads a partition: as its replica here has it, or, without one, as the metadata says. None if that knows of no such
    /// partition.
    fn current_leader(&self, id: &TopicPartition) -> Option<LeaderIdAndEpoch> {
        let (leader_id, leader_epoch) = match self.partitions.get(id) {
            Some(replica) => (replica.leader(), replica.leader_epoch()),
            None => self.metadata.partition(id).map(|known| (known.leader, known.leader_epoch))?,
        };
        Some(LeaderIdAndEpoch { leader_id, leader_epoch })
    }
}
