//! One replica of one partition. Kafka 4.3: `kafka.cluster.Partition`.
//!
//! What only a leader does is in [`super::leader`], what only a follower does in [`super::follower`].

use crate::sorted::SortedMap;
use std::rc::Rc;

use highwater_log::log::Log;

use crate::config::TopicConfig;
use crate::ids::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use crate::metadata::PartitionRegistration;
use crate::time::SimTime;

/// A replica: its log and what it is at the moment.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Which partition.
    pub id: TopicPartition,
    /// The records, and the high watermark: on the leader itself, on a follower its copy.
    pub log: Log,
    /// What the controller last decided.
    pub registration: Rc<PartitionRegistration>,
    /// What the topic is told.
    pub config: Rc<TopicConfig>,
    /// Leader or follower.
    pub role: Role,
}

/// What a replica is at the moment.
#[derive(Clone, Debug)]
pub enum Role {
    /// Leads; knows how far the others are.
    Leader(LeaderState),
    /// Copies from a leader.
    Follower {
        /// The leader.
        leader: BrokerId,
    },
    /// There is no leader.
    Leaderless,
}

/// What a leader keeps of the others.
#[derive(Clone, Debug, Default)]
pub struct LeaderState {
    /// By broker id, the leader itself left out.
    pub followers: SortedMap<BrokerId, FollowerState>,
}

/// What the leader knows of a follower. Kafka: `ReplicaState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerState {
    /// The offset that its last fetch asked for; none before its first fetch (Kafka: -1).
    pub log_end_offset: Option<Offset>,
    /// The last moment at which it had everything that the leader had.
    pub last_caught_up: SimTime,
    /// When it last fetched.
    pub last_fetch: SimTime,
    /// The leader's log end offset at that fetch.
    pub last_fetch_leader_log_end_offset: Offset,
}

impl Partition {
    /// An empty replica.
    pub fn new(
        id: TopicPartition,
        registration: Rc<PartitionRegistration>,
        config: Rc<TopicConfig>,
        now: SimTime,
    ) -> Partition {
        let log = Log::with_config(config.log(), now.timestamp_ms());
        Partition { id, log, registration, config, role: Role::Leaderless }
    }

    /// The offset that the next record will get.
    pub fn log_end_offset(&self) -> Offset {
        Offset(self.log.log_end_offset())
    }

    /// The first offset of the log.
    pub fn log_start_offset(&self) -> Offset {
        Offset(self.log.log_start_offset())
    }

    /// What is before it is on every replica that counts, as far as this one knows.
    pub fn high_watermark(&self) -> Offset {
        Offset(self.log.high_watermark())
    }

    /// The epoch of the present leader.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.registration.leader_epoch
    }

    /// The epoch of the last record here; none if the log is empty.
    pub fn last_fetched_epoch(&self) -> Option<LeaderEpoch> {
        self.log.latest_epoch().map(LeaderEpoch)
    }

    /// The leader's knowledge, if this replica leads.
    pub fn leader_state(&self) -> Option<&LeaderState> {
        match &self.role {
            Role::Leader(state) => Some(state),
            Role::Follower { .. } | Role::Leaderless => None,
        }
    }
}
