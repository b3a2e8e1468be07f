//! From whom a consumer should read: a replica in its own rack (KIP-392). Kafka 4.3:
//! `ReplicaManager.findPreferredReadReplica`, `RackAwareReplicaSelector`, `ReplicaView.comparator`.

use std::cmp::Reverse;

use super::Broker;
use super::fetch::{LogReadInfo, Read};
use super::partition::Partition;
use crate::config::{Rack, ReplicaSelectorClass};
use crate::error::Errors;
use crate::ids::{BrokerId, Offset};
use crate::message::FetchPartition;
use crate::metadata::MetadataImage;

impl Broker {
    /// What the leader answers a consumer that should read from another replica, without reading itself; none if it should
    /// read from the leader, or this is none.
    ///
    /// # Errors
    /// By leader epoch.
    pub(super) fn read_elsewhere(
        &self,
        partition: &Partition,
        rack: Rack,
        fetch: &FetchPartition,
        now_ms: i64,
    ) -> Option<Result<LogReadInfo, Errors>> {
        if self.config.replica_selector_class != ReplicaSelectorClass::RackAware || !partition.is_leader() {
            return None;
        }
        let replica = partition.preferred_read_replica(rack.name()?, fetch.fetch_offset, now_ms, &self.metadata)?;
        let told = partition.check_leader_epoch(fetch.current_leader_epoch);
        Some(told.map(|()| partition.read_info(Read::Elsewhere(replica))))
    }
}

impl Partition {
    /// A replica in `rack` that a consumer at `offset` should read from: in the committed ISR, alive, known to hold what
    /// is before the offset and to begin at it or before; of several the one whose log is known to go farthest, then the
    /// one that was level with the leader last, then the one of the greatest id. None if the leader itself is in that rack,
    /// or nobody is.
    ///
    /// Replicas outside of the ISR are left out so that no consumer falls behind with one that lags.
    pub fn preferred_read_replica(
        &self,
        rack: &str,
        offset: Offset,
        now_ms: i64,
        metadata: &MetadataImage,
    ) -> Option<BrokerId> {
        if metadata.rack_of(self.broker) == Some(rack) {
            return None;
        }
        let is_there = |id: BrokerId| metadata.rack_of(id) == Some(rack) && self.state.isr().contains(&id);
        let holds = self.replicas.iter().filter(|(id, known)| {
            is_there(**id) && known.log_end_offset.offset >= offset.0 && known.log_start_offset <= offset
        });
        let most_caught_up = holds.max_by_key(|(id, known)| {
            (known.log_end_offset.offset, Reverse(now_ms.saturating_sub(known.last_caught_up_ms)), **id)
        });
        most_caught_up.map(|(id, _)| *id)
    }
}
