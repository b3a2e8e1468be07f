//! The leaders that a broker names when it refuses a request because of the leader (KIP-951, since 3.7). Kafka 4.3:
//! `CurrentLeader` and `NodeEndpoints` of `ProduceResponse`, `FetchResponse`, `ShareFetchResponse` and
//! `ShareAcknowledgeResponse`.

use crate::ids::{BrokerId, LeaderEpoch, TopicPartition};

/// A leader and its epoch. Kafka: `LeaderIdAndEpoch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderIdAndEpoch {
    /// The leader; none if the partition has none (Kafka: −1).
    pub leader_id: Option<BrokerId>,
    /// Its epoch.
    pub leader_epoch: LeaderEpoch,
}

/// What a response says of leaders. In Kafka each leader stands in its partition's part of the response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentLeaders {
    /// Of each partition that was refused because of its leader: who leads it, as far as the broker knows.
    pub leaders: Vec<(TopicPartition, LeaderIdAndEpoch)>,
    /// Those of the leaders that the broker knows to be there. Kafka: `NodeEndpoints`, with host, port and rack.
    pub node_endpoints: Vec<BrokerId>,
}

impl CurrentLeaders {
    /// The leader that was named for a partition.
    pub fn of(&self, partition: &TopicPartition) -> Option<LeaderIdAndEpoch> {
        self.leaders.iter().find(|(there, _)| there == partition).map(|(_, leader)| *leader)
    }
}
