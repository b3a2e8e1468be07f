//! What a consumer asks the leaders of its partitions, and what it does without an answer. Kafka 4.3: `Fetcher`,
//! `OffsetFetcher`.

use super::action::SeekTo;
use super::{Consumer, Polls};
use crate::config::{AutoOffsetReset, SecurityProtocol};
use crate::error::Errors;
use crate::fact::FactKind;
use crate::fetch_session::{FetchRequestData, FetchSessionHandler};
use crate::ids::{BrokerId, MessageId, NodeId, Offset, TopicPartition};
use crate::message::{
    AsksFor, Body, FetchPartition, FetchRequest, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsSpec,
    ListedOffset, Message,
};
use crate::outbox::Outbox;
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;
use crate::timer::Timer;

impl Consumer {
    /// Asks each leader that owes no answer: for positions first, then for records.
    pub(super) fn poll(&mut self, out: &mut Outbox) {
        if self.polls == Polls::Never || self.is_blocked() {
            return;
        }
        self.hold_against_leaders(out);
        let mut by_leader: SortedMap<BrokerId, Vec<TopicPartition>> = SortedMap::new();
        for (partition, position) in &self.positions {
            if position.is_initializing || self.gives_up(partition) {
                continue;
            }
            match self.metadata.partition(partition).map(|known| known.leader) {
                Some(Some(leader)) => by_leader.get_or_insert_with(leader, Vec::new).push(partition.clone()),
                Some(None) => self.metadata.request(out),
                None => {} // asked for, not answered yet
            }
        }
        let mut by_node: SortedMap<BrokerId, Vec<TopicPartition>> = SortedMap::new();
        let mut buffered = SortedSet::new();
        for (leader, partitions) in by_leader {
            if self.awaits_reconnect(leader, out) {
                continue;
            }
            let lost: Vec<_> = partitions.iter().filter(|id| self.offset_of(id).is_none()).cloned().collect();
            let (lost, partitions) = self.without_resting(lost, partitions, out);
            let nowhere = lost.iter().find(|id| self.has_nowhere_to_begin(id)).cloned();
            if let Some(nowhere) = nowhere {
                self.throw(&nowhere, "NoOffsetForPartitionException", None, out);
                return;
            }
            if !lost.is_empty() {
                if !self.lists_offsets.contains_key(&leader) {
                    let id = out.send(NodeId::Broker(leader), self.list_offsets(lost, out.clock_ms()));
                    self.lists_offsets.insert(leader, id);
                }
                continue;
            }
            if let Some(body) = self.ask_for_epochs(&partitions) {
                if !self.in_flight.contains_key(&leader) && !self.asks_epochs.contains_key(&leader) {
                    let id = out.send(NodeId::Broker(leader), body);
                    self.asks_epochs.insert(leader, id);
                }
                continue;
            }
            for id in partitions {
                let node = self.select_read_replica(&id, leader, out);
                if self.fetched.iter().any(|held| held.partition == id) {
                    buffered.insert(node);
                } else {
                    by_node.get_or_insert_with(node, Vec::new).push(id);
                }
            }
        }
        for (node, partitions) in by_node {
            // A partition that is not asked for now would leave the session. Kafka: `bufferedNodes` (KAFKA-17182).
            let is_held_up = self.in_flight.contains_key(&node) || buffered.contains(&node);
            if is_held_up || self.awaits_reconnect(node, out) {
                continue;
            }
            for id in &partitions {
                let from = self.offset_of(id).unwrap_or_default();
                self.asked_from.insert(id.clone(), from);
            }
            let id = out.send(NodeId::Broker(node), self.fetch(node, partitions));
            self.in_flight.insert(node, id);
        }
    }

    /// The member is about to give the partition up.
    pub(super) fn gives_up(&self, partition: &TopicPartition) -> bool {
        self.membership.as_ref().is_some_and(|membership| membership.member.gives_up(partition))
    }

    /// What has just been asked where to begin, and has no answer, is asked again after `request.timeout.ms`. Kafka:
    /// `OffsetFetcher.resetPositionsAsync` with `SubscriptionState.setNextAllowedRetry`.
    #[inline(never)]
    fn without_resting(
        &mut self,
        mut lost: Vec<TopicPartition>,
        mut partitions: Vec<TopicPartition>,
        out: &mut Outbox,
    ) -> (Vec<TopicPartition>, Vec<TopicPartition>) {
        for partition in lost.clone() {
            let Some(position) = self.positions.get_mut(&partition) else { continue };
            match position.rests_until {
                Some(until) if until > out.now => {
                    lost.retain(|id| *id != partition);
                    partitions.retain(|id| *id != partition);
                    self.retry_at(until, out);
                }
                _ => position.rests_until = None,
            }
        }
        (lost, partitions)
    }

    /// Nothing says where to begin. Kafka: `SubscriptionState.resetInitializingPositions`.
    fn has_nowhere_to_begin(&self, partition: &TopicPartition) -> bool {
        let seeks = self.positions.get(partition).is_some_and(|position| position.seeks.is_some());
        self.config.auto_offset_reset == AutoOffsetReset::None && !seeks
    }

    pub(super) fn offset_of(&self, partition: &TopicPartition) -> Option<Offset> {
        self.positions.get(partition).and_then(|position| position.offset)
    }

    fn fetch(&mut self, node: BrokerId, mut partitions: Vec<TopicPartition>) -> Body {
        partitions.sort_by_key(|id| self.positions.get(id).map_or(0, |position| position.turn));
        let part = |id: &TopicPartition| {
            Some(FetchPartition {
                partition: id.clone(),
                fetch_offset: self.offset_of(id)?,
                current_leader_epoch: self.metadata.partition(id).map(|known| known.leader_epoch),
                log_start_offset: Offset(-1),
                last_fetched_epoch: None,
                max_bytes: self.config.max_partition_fetch_bytes,
            })
        };
        let wanted = partitions.iter().filter_map(part).collect();
        let session = self.sessions.get_or_insert_with(node, FetchSessionHandler::default);
        let data = session.build(wanted);
        let asks_for = AsksFor::all(session.partitions());
        self.fetch_request(data, asks_for)
    }

    fn fetch_request(&self, data: FetchRequestData, asks_for: AsksFor) -> Body {
        let FetchRequestData { session, to_send, to_forget } = data;
        Body::FetchRequest(FetchRequest {
            replica: None,
            replica_epoch: -1,
            rack: self.config.client_rack,
            zero_copy: self.config.security_protocol == SecurityProtocol::Plaintext,
            max_wait_ms: self.config.fetch_max_wait_ms,
            min_bytes: self.config.fetch_min_bytes,
            max_bytes: self.config.fetch_max_bytes,
            session,
            partitions: to_send,
            forgotten: to_forget,
            asks_for,
        })
    }

    /// The brokers need not remember its sessions any more. Kafka: `AbstractFetch.prepareCloseFetchSessionRequests`.
    pub(super) fn close_sessions(&mut self, out: &mut Outbox) {
        for (node, mut session) in std::mem::take(&mut self.sessions) {
            if self.metadata.connections().unavailable_until(node, out.now).is_none() {
                let body = self.fetch_request(session.close(), AsksFor::default());
                out.send(NodeId::Broker(node), body);
            }
        }
    }

    fn list_offsets(&self, partitions: Vec<TopicPartition>, now_ms: i64) -> Body {
        let policy = match self.config.auto_offset_reset {
            AutoOffsetReset::Earliest => ListOffsetsSpec::Earliest,
            AutoOffsetReset::Latest | AutoOffsetReset::None => ListOffsetsSpec::Latest,
            AutoOffsetReset::ByDuration(ms) => {
                ListOffsetsSpec::Timestamp(now_ms.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX)))
            }
        };
        let spec = |partition: &TopicPartition| match self.positions.get(partition).and_then(|position| position.seeks)
        {
            Some(SeekTo::Beginning) => ListOffsetsSpec::Earliest,
            Some(SeekTo::End) => ListOffsetsSpec::Latest,
            Some(SeekTo::Timestamp(timestamp)) => ListOffsetsSpec::Timestamp(timestamp),
            Some(SeekTo::Offset(_)) | None => policy,
        };
        let partitions = partitions.into_iter().map(|partition| (partition.clone(), spec(&partition))).collect();
        Body::ListOffsetsRequest(ListOffsetsRequest { replica: None, partitions })
    }

    pub(super) fn on_list_offsets(&mut self, message: &Message, response: &ListOffsetsResponse, out: &mut Outbox) {
        if !answers(&mut self.lists_offsets, message) {
            return;
        }
        let received = out.cause();
        let mut failed = false;
        for ListedOffset { partition, error, offset, .. } in &response.partitions {
            let Some(position) = self.positions.get_mut(partition).filter(|position| position.offset.is_none()) else {
                continue;
            };
            out.because(received);
            if *error != Errors::None {
                failed = true;
            } else if offset.0 < 0 && position.seeks.is_none() {
                // No record is that new: it has no position until it has asked again.
                position.rests_until = Some(out.now.plus_ms(self.config.request_timeout_ms));
            } else if offset.0 < 0 {
                // No record is that new: the application goes to the end.
                position.seeks = Some(SeekTo::End);
            } else {
                position.offset = Some(*offset);
                // Not the epoch of the answer: what a leader has just named need not be held against its log.
                position.offset_epoch = None;
                position.leader_epoch = self.metadata.partition(partition).map(|known| known.leader_epoch);
                let seeks = position.seeks.take().is_some();
                let (consumer, partition, position) = (self.id.clone(), partition.clone(), *offset);
                if seeks {
                    self.tell_seek(&partition, position, out);
                } else {
                    out.then(FactKind::PositionReset { consumer, partition: partition.clone(), position });
                }
                self.note_consumed(&partition);
            }
        }
        self.go_on(failed, out);
    }

    /// A request got no answer in time, or its connection broke.
    pub(super) fn on_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        self.metadata.on_request_failed(request, timer, out);
        if self.membership.is_some() {
            self.on_group_request_failed(request, timer, out);
        }
        self.on_share_request_failed(request, timer, out);
        let is_it = |(_, id): &(&BrokerId, &MessageId)| **id == request;
        let fetches = self.in_flight.iter().find(is_it).map(|(leader, _)| *leader);
        let lists = self.lists_offsets.iter().find(is_it).map(|(leader, _)| *leader);
        let epochs = self.asks_epochs.iter().find(is_it).map(|(leader, _)| *leader);
        fetches.map(|leader| self.in_flight.remove(&leader));
        epochs.map(|leader| self.asks_epochs.remove(&leader));
        lists.map(|leader| self.lists_offsets.remove(&leader));
        if let Some(broker) = fetches.or(lists).or(epochs) {
            out.timer_fired(timer.clone());
            if fetches.is_some() {
                if let Some(session) = self.sessions.get_mut(&broker) {
                    session.on_failed();
                }
                self.leave_replica(broker, out);
            }
            self.metadata.on_disconnected(broker, out);
            self.poll(out);
        }
    }

    /// Asks on; after an error for metadata first, and then again after `retry.backoff.ms`.
    pub(super) fn go_on(&mut self, failed: bool, out: &mut Outbox) {
        if failed {
            self.metadata.request(out);
            self.retry_at(out.now.plus_ms(self.config.retry_backoff_ms), out);
        } else {
            self.poll(out);
        }
    }

    /// Its connection to a broker broke, and it does not connect yet. Kafka: `AbstractFetch.isUnavailable`.
    fn awaits_reconnect(&mut self, broker: BrokerId, out: &mut Outbox) -> bool {
        let until = self.metadata.connections().unavailable_until(broker, out.now);
        if let Some(until) = until {
            self.retry_at(until, out);
        }
        until.is_some()
    }

    fn retry_at(&mut self, at: SimTime, out: &mut Outbox) {
        if self.retry_at.is_none_or(|sooner| sooner > at) {
            self.retry_at = Some(at);
            out.timer(at, Timer::ConsumerRetry);
        }
    }
}

/// The message answers what its sender was asked; that is answered then.
pub(super) fn answers(asked: &mut SortedMap<BrokerId, MessageId>, message: &Message) -> bool {
    let NodeId::Broker(leader) = message.from else { return false };
    let is_answer = asked.get(&leader) == Some(&message.correlation);
    if is_answer {
        asked.remove(&leader);
    }
    is_answer
}
