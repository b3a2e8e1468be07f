//! `OffsetForLeaderEpoch`: a consumer asks whether what it has read is still in the leader's log (KIP-320).

use highwater_log::leader_epochs::EpochEndOffset;

use crate::error::Errors;
use crate::ids::{LeaderEpoch, TopicPartition};

/// `OffsetForLeaderEpochRequest`.
#[derive(Clone, Debug)]
pub struct OffsetForLeaderEpochRequest {
    /// What is asked of which partition.
    pub partitions: Vec<WantedEpoch>,
}

/// `OffsetForLeaderPartition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedEpoch {
    /// Which partition.
    pub partition: TopicPartition,
    /// The leader epoch that the client knows.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch whose end is wanted.
    pub leader_epoch: LeaderEpoch,
}

/// `OffsetForLeaderEpochResponse`.
#[derive(Clone, Debug)]
pub struct OffsetForLeaderEpochResponse {
    /// An answer for each partition of the request.
    pub partitions: Vec<EpochAnswer>,
}

/// `EpochEndOffset` of the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochAnswer {
    /// Which partition.
    pub partition: TopicPartition,
    /// What went wrong.
    pub error: Errors,
    /// The newest epoch that is not newer than the wanted one, and where it ends; none if the leader knows of none.
    pub end: Option<EpochEndOffset>,
}
