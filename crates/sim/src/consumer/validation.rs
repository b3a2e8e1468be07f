//! A consumer's position held against the log of a new leader (KIP-320). Kafka 4.3: `SubscriptionState.maybeValidatePosition`,
//! `OffsetsRequestManager.validatePositionsIfNeeded`, `SubscriptionState.maybeCompleteValidation`.

use super::asks::answers;
use super::read_replica::ClearedBecause;
use super::{Consumer, Position};
use crate::config::AutoOffsetReset;
use crate::error::Errors;
use crate::fact::FactKind;
use crate::fact::TruncationDetected;
use crate::ids::{LeaderEpoch, Offset, TopicPartition};
use crate::message::{
    Body, EpochAnswer, Message, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, WantedEpoch,
};
use crate::outbox::Outbox;

impl Consumer {
    /// A leader of a newer epoch may have another log than the one that was read. Who knows of no record that it has read has
    /// nothing to ask. Kafka: `validatePositionsOnMetadataChange`.
    pub(super) fn hold_against_leaders(&mut self, out: &mut Outbox) {
        let (mut led_anew, mut held) = (Vec::new(), Vec::new());
        for (partition, position) in &mut self.positions {
            let Some(known) = self.metadata.partition(partition).filter(|known| known.leader.is_some()) else {
                continue;
            };
            if position.offset.is_some() && position.leader_epoch != Some(known.leader_epoch) {
                position.leader_epoch = Some(known.leader_epoch);
                position.awaits_validation = position.offset_epoch.is_some();
                held.push(partition.clone());
                if position.preferred.is_some() {
                    led_anew.push(partition.clone());
                }
            }
        }
        for partition in held {
            self.note_consumed(&partition);
        }
        for partition in led_anew {
            self.clear_preferred_read_replica(&partition, ClearedBecause::NewLeader, out);
        }
    }

    /// The request that asks where epochs end; none if no position waits for that.
    pub(super) fn ask_for_epochs(&self, partitions: &[TopicPartition]) -> Option<Body> {
        let wanted = |partition: &TopicPartition| {
            let position = self.positions.get(partition).filter(|position| position.awaits_validation)?;
            Some(WantedEpoch {
                partition: partition.clone(),
                current_leader_epoch: position.leader_epoch,
                leader_epoch: position.offset_epoch?,
            })
        };
        let partitions: Vec<WantedEpoch> = partitions.iter().filter_map(wanted).collect();
        let request = OffsetForLeaderEpochRequest { partitions };
        (!request.partitions.is_empty()).then_some(Body::OffsetForLeaderEpochRequest(request))
    }

    pub(super) fn on_epoch_ends(
        &mut self,
        message: &Message,
        response: &OffsetForLeaderEpochResponse,
        out: &mut Outbox,
    ) {
        if !answers(&mut self.asks_epochs, message) {
            return;
        }
        let mut failed = false;
        for answer in &response.partitions {
            if answer.error == Errors::None {
                self.complete_validation(answer, out);
                self.note_consumed(&answer.partition);
            } else {
                failed = true;
            }
        }
        self.go_on(failed, out);
    }

    /// Kafka: `maybeCompleteValidation`.
    fn complete_validation(&mut self, answer: &EpochAnswer, out: &mut Outbox) {
        let Some(position) = self.positions.get_mut(&answer.partition) else { return };
        let (Some(from), Some(epoch)) = (position.offset, position.offset_epoch) else { return };
        if !position.awaits_validation {
            return;
        }
        let has_policy = self.config.auto_offset_reset != AutoOffsetReset::None;
        let diverged = match answer.end {
            Some(end) if end.end_offset >= from.0 => {
                position.awaits_validation = false;
                return;
            }
            Some(end) => Some((Offset(end.end_offset), LeaderEpoch(end.epoch))),
            None => None,
        };
        match diverged {
            _ if !has_policy => {
                self.throw(&answer.partition, "LogTruncationException", diverged, out);
            }
            Some((to, end_epoch)) => {
                position.offset = Some(to);
                position.offset_epoch = Some(end_epoch);
                position.awaits_validation = false;
                let (consumer, partition) = (self.id.clone(), answer.partition.clone());
                out.then(FactKind::TruncationDetected(TruncationDetected {
                    consumer,
                    partition,
                    from,
                    to,
                    leader_epoch: epoch,
                }));
            }
            // The leader knows of no such epoch: begins where auto.offset.reset says.
            None => *position = Position { offset: None, awaits_validation: false, ..*position },
        }
    }
}
