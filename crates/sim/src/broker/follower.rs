//! Follower side of one partition. Kafka 4.3: `Partition.makeFollower`, `ReplicaFetcherThread.processPartitionData`,
//! `UnifiedLog.maybeUpdateHighWatermark`.
//!
//! Differs from Kafka: truncation by epoch is not simulated yet (leaders do not change yet).

use std::rc::Rc;

use super::partition::{Partition, Role};
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{BrokerId, LeaderEpoch, Offset};
use crate::message::FetchedPartition;
use crate::metadata::PartitionRegistration;
use crate::outbox::Outbox;

impl Partition {
    /// Becomes a follower of the registration's leader, or a replica without a leader.
    pub fn make_follower(&mut self, registration: Rc<PartitionRegistration>) {
        self.role = match registration.leader {
            Some(leader) => Role::Follower { leader },
            None => Role::Leaderless,
        };
        self.registration = registration;
    }

    /// Takes over what the leader sent: first the records, then the high watermark, clamped to what is here.
    ///
    /// # Errors
    /// `CORRUPT_MESSAGE` for records that do not follow on, `KAFKA_STORAGE_ERROR` at a bound of the log.
    pub fn take_over(&mut self, me: BrokerId, fetched: &FetchedPartition, out: &mut Outbox) -> Result<(), Errors> {
        let (now_ms, epoch) = (out.now.timestamp_ms(), self.leader_epoch().0);
        let before = self.log_end_offset();
        let info = self
            .log
            .append_as_follower(&fetched.records, now_ms, epoch)
            .map_err(|error| self.storage_error(&error, out))?;
        if let Some(reason) = info.rolled {
            let base_offset = Offset(self.log.active_segment().base_offset());
            out.fact(FactKind::SegmentRolled { broker: me, partition: self.id.clone(), base_offset, reason });
        }
        let end = self.log_end_offset();
        let appended =
            fetched.records.iter().filter(|batch| batch.base_offset() >= before.0 && batch.last_offset() < end.0);
        for batch in appended {
            out.fact(FactKind::RecordAppended {
                broker: me,
                partition: self.id.clone(),
                first_offset: Offset(batch.base_offset()),
                last_offset: Offset(batch.last_offset()),
                leader_epoch: LeaderEpoch(batch.partition_leader_epoch()),
                as_leader: false,
            });
        }
        let log_end_offset = self.log_end_offset();
        let from = self.high_watermark();
        let to = Offset(self.log.update_high_watermark(fetched.high_watermark.0));
        if from != to {
            out.fact(FactKind::HighWatermarkUpdated {
                broker: me,
                partition: self.id.clone(),
                from,
                to,
                leader_high_watermark: fetched.high_watermark,
                log_end_offset,
            });
        }
        Ok(())
    }
}
