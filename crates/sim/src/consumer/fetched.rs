//! What a consumer has fetched, and how its application gets it. Kafka 4.3: `FetchCollector`, `CompletedFetch`.

use highwater_log::batch::RecordBatch;

use super::asks::answers;
use super::{Consumer, Polls};
use crate::config::AutoOffsetReset;
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{LeaderEpoch, NodeId, Offset, TopicPartition};
use crate::message::{FetchResponse, FetchedPartition, Message};
use crate::outbox::Outbox;

/// Records that `poll()` has not returned yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetched {
    pub partition: TopicPartition,
    /// The first that is left.
    first: Offset,
    last: Offset,
    /// The leader epochs of its batches, and from which offset on each counts.
    epochs: Vec<(Offset, LeaderEpoch)>,
    /// The newest timestamp of its batch.
    timestamp: i64,
}

impl Fetched {
    /// The leader epoch of the batch that a record is in. Kafka: `CompletedFetch.lastEpoch`.
    fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        let batch = self.epochs.iter().rev().find(|(first, _)| *first <= offset);
        batch.map(|(_, epoch)| *epoch).filter(|epoch| epoch.0 >= 0)
    }
}

impl Consumer {
    pub(super) fn on_fetched(&mut self, message: &Message, response: &FetchResponse, out: &mut Outbox) {
        if !answers(&mut self.in_flight, message) {
            return;
        }
        let NodeId::Broker(node) = message.from else { return };
        if !self.sessions.get_mut(&node).is_some_and(|session| session.on_response(response)) {
            return self.poll(out);
        }
        let received = out.cause();
        if self.metadata.update_partition_leadership(&response.current_leaders, out) {
            self.hold_against_leaders(out);
        }
        let updated = out.because(received);
        let mut is_stale = false;
        let is_empty = |part: &FetchedPartition| {
            part.records.is_empty() && part.error == Errors::None && part.preferred_read_replica.is_none()
        };
        self.empty_fetches = self.empty_fetches.saturating_add(i64::from(response.partitions.iter().all(is_empty)));
        for part in &response.partitions {
            let asked_from = self.asked_from.get(&part.partition).copied();
            // What was asked for before a rebalance or a seek counts no more.
            if self.offset_of(&part.partition) != asked_from || asked_from.is_none() {
                continue;
            }
            if part.error != Errors::None {
                self.move_to_end(&part.partition);
            }
            // Whoever is about to ask a new leader whether it has what was read heeds no error. Kafka: `hasValidPosition`.
            let awaits = self.positions.get(&part.partition).is_some_and(|position| position.awaits_validation);
            if part.error != Errors::None && awaits {
                continue;
            }
            is_stale |= says_that_metadata_is_stale(part.error);
            // A replica that cannot give the offset says nothing about where the leader's log begins and ends.
            if part.error != Errors::None && self.heed_fetch_error(&part.partition, part.error, out) {
                continue;
            }
            let Some(position) = self.positions.get_mut(&part.partition) else { continue };
            match part.error {
                Errors::None => {}
                Errors::OffsetOutOfRange if self.config.auto_offset_reset == AutoOffsetReset::None => {
                    self.throw(&part.partition, "OffsetOutOfRangeException", None, out);
                    return;
                }
                Errors::OffsetOutOfRange => {
                    position.offset = None; // asks again where to begin, as auto.offset.reset says
                    self.note_consumed(&part.partition);
                    continue;
                }
                _ => continue,
            }
            position.high_watermark = Some(part.high_watermark);
            if let Some(replica) = part.preferred_read_replica {
                self.update_preferred_read_replica(&part.partition, replica, out);
                continue;
            }
            let Some(from) = position.offset else { continue };
            let Some(last) = part.records.last().map(|batch| Offset(batch.last_offset())) else {
                continue;
            };
            let first = part.records.first().map_or(from, |batch| Offset(batch.base_offset()).max(from));
            let newest = part.records.last();
            let epoch = |batch: &RecordBatch| LeaderEpoch(batch.partition_leader_epoch());
            let mut epochs: Vec<_> = part.records.iter().map(|it| (Offset(it.base_offset()), epoch(it))).collect();
            epochs.dedup_by_key(|(_, epoch)| *epoch);
            let timestamp = newest.map_or(-1, RecordBatch::max_timestamp);
            if last >= from {
                self.fetched.push(Fetched { partition: part.partition.clone(), first, last, epochs, timestamp });
            }
        }
        self.hand_out(out);
        if updated != received {
            out.because(updated);
        }
        // It asks the leader that it knows of, again if it must, and for metadata behind that.
        self.poll(out);
        if is_stale {
            out.because(received);
            self.metadata.request(out);
        }
    }

    /// `poll()` returns what is there, at most `max.poll.records` a time.
    pub(super) fn hand_out(&mut self, out: &mut Outbox) {
        while self.polls != Polls::Never && !self.fetched.is_empty() && !self.is_blocked() {
            let mut room = i64::try_from(self.config.max_poll_records).unwrap_or(i64::MAX);
            while room > 0 && !self.fetched.is_empty() {
                let mut held = self.fetched.remove(0);
                let there = held.last.0.saturating_sub(held.first.0).saturating_add(1);
                let records = there.min(room);
                let last = held.first.plus(records.saturating_sub(1));
                if self.gives_up(&held.partition) {
                    continue;
                }
                let Some(position) =
                    self.positions.get_mut(&held.partition).filter(|position| position.valid().is_some())
                else {
                    continue; // revoked, sought elsewhere, or to be held against another leader, meanwhile
                };
                room = room.saturating_sub(records);
                position.offset = Some(last.plus(1));
                position.offset_epoch = held.epoch_of(last);
                position.records = position.records.saturating_add(records);
                self.returned = self.returned.saturating_add(records);
                out.fact(FactKind::RecordsPolled {
                    consumer: self.id.clone(),
                    partition: held.partition.clone(),
                    first_offset: held.first,
                    last_offset: last,
                    position: last.plus(1),
                    records,
                });
                self.note_consumed(&held.partition);
                self.take_to_work(&held.partition, held.first, last);
                if records == there {
                    self.move_to_end(&held.partition);
                    self.last_delay_ms = Some(out.clock_ms().saturating_sub(held.timestamp));
                } else {
                    held.first = last.plus(1);
                    self.fetched.insert(0, held);
                }
            }
            if self.polls == Polls::Once {
                self.polls = Polls::Never;
            }
            self.begin_work(out);
        }
    }

    /// The partition is asked for after all others. Kafka: `SubscriptionState.movePartitionToEnd`.
    fn move_to_end(&mut self, partition: &TopicPartition) {
        self.turns = self.turns.saturating_add(1);
        if let Some(position) = self.positions.get_mut(partition) {
            position.turn = self.turns;
        }
    }

    /// What was fetched of these partitions counts no more.
    pub(super) fn drop_fetched(&mut self, partitions: &[TopicPartition]) {
        self.fetched.retain(|held| !partitions.contains(&held.partition));
    }
}

/// A client that was refused by such an error asks for metadata. Kafka: `FetchCollector.handleInitializeErrors`.
fn says_that_metadata_is_stale(error: Errors) -> bool {
    error.is_invalid_metadata() || error == Errors::OffsetNotAvailable
}
