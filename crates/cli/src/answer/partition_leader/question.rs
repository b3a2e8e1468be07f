//! What is asked of a partition.

use highwater_sim::config::Acks;
use highwater_sim::config::Rack;
use highwater_sim::ids::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use highwater_sim::message::{FetchPartition, IsolationLevel};
use highwater_sim::metadata::{BrokerRegistration, PartitionRegistration};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Question {
    pub(super) local_id: i32,
    pub(super) local_broker_epoch: i64,
    pub(super) replica_lag_time_max_ms: i64,
    pub(super) min_insync_replicas: i32,
    pub(super) start_ms: i64,
    brokers: Vec<Broker>,
    pub(super) ops: Vec<Op>,
}

impl Question {
    /// The brokers that are registered.
    pub(super) fn registrations(&self) -> impl Iterator<Item = (BrokerId, BrokerRegistration)> {
        self.brokers.iter().map(Broker::registration).filter_map(|(id, registration)| Some((id, registration?)))
    }
}

#[derive(Deserialize)]
pub(super) struct Broker {
    id: i32,
    epoch: i64,
    state: BrokerState,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BrokerState {
    Unfenced,
    Fenced,
    ShuttingDown,
    Gone,
}

impl Broker {
    pub(super) fn registration(&self) -> (BrokerId, Option<BrokerRegistration>) {
        let registration = BrokerRegistration {
            epoch: self.epoch,
            fenced: self.state == BrokerState::Fenced,
            in_controlled_shutdown: self.state == BrokerState::ShuttingDown,
            rack: Rack::NULL,
        };
        (BrokerId(self.id), (self.state != BrokerState::Gone).then_some(registration))
    }
}

/// What the controller decided about the partition.
#[derive(Deserialize)]
pub(super) struct State {
    leader_epoch: i32,
    partition_epoch: i32,
    replicas: Vec<i32>,
    isr: Vec<i32>,
    #[serde(default)]
    adding: Vec<i32>,
    #[serde(default)]
    removing: Vec<i32>,
}

impl State {
    pub(super) fn registration(&self, leader: Option<BrokerId>) -> PartitionRegistration {
        let brokers = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect();
        PartitionRegistration {
            replicas: brokers(&self.replicas),
            isr: brokers(&self.isr),
            adding_replicas: brokers(&self.adding),
            removing_replicas: brokers(&self.removing),
            leader,
            leader_epoch: LeaderEpoch(self.leader_epoch),
            partition_epoch: self.partition_epoch,
            ..PartitionRegistration::default()
        }
    }
}

#[derive(Deserialize)]
pub(super) struct FollowerFetch {
    pub(super) replica: i32,
    offset: i64,
    log_start_offset: i64,
    current_leader_epoch: Option<i32>,
    last_fetched_epoch: Option<i32>,
    pub(super) broker_epoch: i64,
}

impl FollowerFetch {
    pub(super) fn to_fetch(&self, partition: &TopicPartition, max_bytes: u64) -> FetchPartition {
        FetchPartition {
            partition: partition.clone(),
            fetch_offset: Offset(self.offset),
            current_leader_epoch: self.current_leader_epoch.map(LeaderEpoch),
            log_start_offset: Offset(self.log_start_offset),
            last_fetched_epoch: self.last_fetched_epoch.map(LeaderEpoch),
            max_bytes,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Isolation {
    ReadUncommitted,
    ReadCommitted,
}

impl From<Isolation> for IsolationLevel {
    fn from(isolation: Isolation) -> IsolationLevel {
        match isolation {
            Isolation::ReadUncommitted => IsolationLevel::ReadUncommitted,
            Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
        }
    }
}

/// `acks` as a number.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i16")]
pub(super) struct RequiredAcks(Acks);

impl TryFrom<i16> for RequiredAcks {
    type Error = &'static str;

    fn try_from(acks: i16) -> Result<RequiredAcks, &'static str> {
        match acks {
            -1 => Ok(RequiredAcks(Acks::All)),
            0 => Ok(RequiredAcks(Acks::None)),
            1 => Ok(RequiredAcks(Acks::Leader)),
            _ => Err("`acks` is -1, 0 or 1"),
        }
    }
}

impl From<RequiredAcks> for Acks {
    fn from(acks: RequiredAcks) -> Acks {
        acks.0
    }
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    BecomeLeader(State),
    BecomeFollower {
        leader: i32,
        #[serde(flatten)]
        state: State,
    },
    Append {
        records: usize,
        acks: RequiredAcks,
    },
    AppendTxn {
        producer_id: i64,
        base_sequence: i32,
        records: usize,
    },
    EndTxn {
        producer_id: i64,
        commit: bool,
    },
    FollowerAppend {
        base_offset: i64,
        records: usize,
        epoch: i32,
        current_leader_epoch: i32,
        leader_hw: i64,
    },
    TruncateTo {
        offset: i64,
    },
    FollowerFetch(FollowerFetch),
    ConsumerFetch {
        offset: i64,
        isolation: Isolation,
        current_leader_epoch: Option<i32>,
    },
    LatestOffset {
        isolation: Option<Isolation>,
    },
    OffsetForLeaderEpoch {
        epoch: i32,
        current_leader_epoch: Option<i32>,
    },
    CheckAcks {
        required_offset: i64,
    },
    DeleteRecords {
        offset: i64,
    },
    AdvanceMs {
        ms: i64,
    },
    MaybeShrinkIsr,
    SetBroker(Broker),
    SetMinInsyncReplicas {
        value: i32,
    },
    AlterPartitionReply {
        error: Option<String>,
        leader_epoch: Option<i32>,
        partition_epoch: Option<i32>,
        isr: Option<Vec<i32>>,
    },
}
