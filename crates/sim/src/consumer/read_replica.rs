//! From which broker a consumer reads: the leader, or the replica that the leader named (KIP-392). Kafka 4.3:
//! `AbstractFetch.selectReadReplica`, `SubscriptionState.updatePreferredReadReplica`, `FetchUtils.requestMetadataUpdate`.

use super::Consumer;
use crate::error::Errors;
use crate::fact::{FactKind, PreferredReadReplica};
use crate::ids::{BrokerId, TopicPartition};
use crate::outbox::Outbox;
use crate::time::SimTime;

/// The replica that the leader named, and how long that holds. Kafka: `preferredReadReplicaExpireTimeMs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferred {
    /// The broker.
    pub replica: BrokerId,
    /// The last moment: `metadata.max.age.ms` after it was named.
    pub until: SimTime,
}

/// Why a consumer reads from the leader again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearedBecause {
    /// `metadata.max.age.ms` are over: the leader shall be asked again.
    Expired,
    /// The replica does not know the offset, or is not the leader's follower any more.
    Error(Errors),
    /// The metadata says that the broker is not there.
    Offline,
    /// No answer came.
    Disconnected,
    /// Another leader.
    NewLeader,
}

impl ClearedBecause {
    /// As facts say it.
    pub fn name(self) -> &'static str {
        match self {
            ClearedBecause::Expired => "expired",
            ClearedBecause::Error(error) => error.name(),
            ClearedBecause::Offline => "offline",
            ClearedBecause::Disconnected => "disconnected",
            ClearedBecause::NewLeader => "new_leader",
        }
    }
}

impl Consumer {
    /// The broker that it reads a partition from now; none if it knows of no leader.
    pub fn reads_from(&self, partition: &TopicPartition) -> Option<BrokerId> {
        let preferred = self.positions.get(partition).and_then(|position| position.preferred);
        let leader = || self.metadata.partition(partition).and_then(|known| known.leader);
        preferred.map(|preferred| preferred.replica).or_else(leader)
    }

    /// Whom to ask for records: the named replica while that holds and the broker is there, or else the leader.
    pub(super) fn select_read_replica(
        &mut self,
        partition: &TopicPartition,
        leader: BrokerId,
        out: &mut Outbox,
    ) -> BrokerId {
        let Some(preferred) = self.positions.get(partition).and_then(|position| position.preferred) else {
            return leader;
        };
        if out.now > preferred.until {
            self.clear_preferred_read_replica(partition, ClearedBecause::Expired, out);
            return leader;
        }
        let is_replica =
            self.metadata.partition(partition).is_some_and(|known| known.replicas.contains(&preferred.replica));
        if !is_replica || !self.metadata.is_online(preferred.replica) {
            self.clear_preferred_read_replica(partition, ClearedBecause::Offline, out);
            self.metadata.request(out);
            return leader;
        }
        preferred.replica
    }

    /// The leader named a replica. Named again, it holds no longer than before.
    pub(super) fn update_preferred_read_replica(
        &mut self,
        partition: &TopicPartition,
        replica: BrokerId,
        out: &mut Outbox,
    ) {
        let until = out.now.plus_ms(self.config.metadata_max_age_ms);
        let Some(position) = self.positions.get_mut(partition) else { return };
        if position.preferred.is_some_and(|preferred| preferred.replica == replica) {
            return;
        }
        position.preferred = Some(Preferred { replica, until });
        let (consumer, partition) = (self.id.clone(), partition.clone());
        out.then(FactKind::PreferredReadReplica(PreferredReadReplica {
            consumer,
            partition,
            replica,
            cleared: None,
            max_age_ms: self.config.metadata_max_age_ms,
        }));
    }

    /// The next fetch goes to the leader. False if it would have anyway.
    pub(super) fn clear_preferred_read_replica(
        &mut self,
        partition: &TopicPartition,
        because: ClearedBecause,
        out: &mut Outbox,
    ) -> bool {
        let preferred = self.positions.get_mut(partition).and_then(|position| position.preferred.take());
        let Some(Preferred { replica, .. }) = preferred else { return false };
        let (consumer, partition) = (self.id.clone(), partition.clone());
        out.then(FactKind::PreferredReadReplica(PreferredReadReplica {
            consumer,
            partition,
            replica,
            cleared: Some(because),
            max_age_ms: self.config.metadata_max_age_ms,
        }));
        true
    }

    /// What an error in a fetch response says of the replica. Kafka: `FetchCollector.handleInitializeErrors`.
    pub(super) fn heed_fetch_error(&mut self, partition: &TopicPartition, error: Errors, out: &mut Outbox) -> bool {
        error != Errors::UnknownLeaderEpoch
            && self.clear_preferred_read_replica(partition, ClearedBecause::Error(error), out)
    }

    /// A broker did not answer: what was read from it is read from the leaders. Kafka: `handleFetchFailure`.
    pub(super) fn leave_replica(&mut self, broker: BrokerId, out: &mut Outbox) {
        let reads = |(id, position): (&TopicPartition, &super::Position)| {
            position.preferred.filter(|preferred| preferred.replica == broker).map(|_| id.clone())
        };
        let left: Vec<TopicPartition> = self.positions.iter().filter_map(reads).collect();
        for partition in left {
            self.clear_preferred_read_replica(&partition, ClearedBecause::Disconnected, out);
        }
    }
}
