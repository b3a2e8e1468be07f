//! Requests for offsets. Kafka 4.3: `ReplicaManager.fetchOffset`, `lastOffsetForLeaderEpoch`.

use super::Broker;
use super::partition::Partition;
use crate::error::Errors;
use crate::ids::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use crate::message::{
    Body, EpochAnswer, IsolationLevel, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsSpec, ListedOffset, Message,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, WantedEpoch,
};
use crate::outbox::Outbox;

impl Broker {
    #[inline(never)]
    pub(super) fn on_list_offsets(&mut self, message: &Message, request: &ListOffsetsRequest, out: &mut Outbox) {
        let answer = |(id, spec): &(TopicPartition, ListOffsetsSpec)| {
            let listed = match self.partitions.get(id) {
                Some(replica) => replica.listed(*spec, request.replica),
                None => Err(self.error_without_replica(id)),
            };
            let (error, offset, leader_epoch) = match listed {
                Ok((offset, epoch)) => (Errors::None, offset, epoch),
                Err(error) => (error, Offset(-1), None),
            };
            ListedOffset { partition: id.clone(), error, offset, leader_epoch }
        };
        let partitions = request.partitions.iter().map(answer).collect();
        out.reply(message.id, message.from.clone(), Body::ListOffsetsResponse(ListOffsetsResponse { partitions }));
    }

    #[inline(never)]
    pub(super) fn on_offset_for_leader_epoch(
        &mut self,
        message: &Message,
        request: &OffsetForLeaderEpochRequest,
        out: &mut Outbox,
    ) {
        let answer = |wanted: &WantedEpoch| {
            let end = match self.partitions.get(&wanted.partition) {
                Some(replica) => replica.last_offset_for_leader_epoch(wanted.current_leader_epoch, wanted.leader_epoch),
                None => Err(self.error_without_replica(&wanted.partition)),
            };
            EpochAnswer {
                partition: wanted.partition.clone(),
                error: end.err().unwrap_or_default(),
                end: end.ok().flatten(),
            }
        };
        let partitions = request.partitions.iter().map(answer).collect();
        let response = Body::OffsetForLeaderEpochResponse(OffsetForLeaderEpochResponse { partitions });
        out.reply(message.id, message.from.clone(), response);
    }
}

impl Partition {
    /// An offset that a client or a follower asks for, with the leader epoch there.
    fn listed(&self, spec: ListOffsetsSpec, by: Option<BrokerId>) -> Result<(Offset, Option<LeaderEpoch>), Errors> {
        let isolation = by.is_none().then_some(IsolationLevel::ReadUncommitted);
        let latest = self.latest_offset(isolation, None);
        match spec {
            ListOffsetsSpec::Earliest if self.is_leader() => {
                let start = self.log_start_offset();
                let first = self.log.leader_epochs().iter().next().filter(|entry| entry.start_offset <= start.0);
                Ok((start, first.map(|entry| LeaderEpoch(entry.epoch))))
            }
            ListOffsetsSpec::Earliest => Err(latest.err().unwrap_or(Errors::NotLeaderOrFollower)),
            ListOffsetsSpec::Timestamp(timestamp) => {
                latest.map(|(end, epoch)| (self.offset_for_time(timestamp, end), Some(epoch)))
            }
            ListOffsetsSpec::Latest => latest.map(|(offset, epoch)| (offset, Some(epoch))),
        }
    }
}
