//! What a share consumer sends the leaders of its partitions, one request at a time each. Kafka 4.3:
//! `ShareConsumeRequestManager`, `ShareSessionHandler`.

use super::super::message::{
    AcknowledgeType, AcknowledgementBatch, Acknowledgements, FINAL_EPOCH, INITIAL_EPOCH, ShareAcknowledgeRequest,
    ShareError, ShareFetchRequest, ShareRequest, ShareResponse, next_epoch,
};
use super::super::partition::AcquireMode;
use super::acknowledgements::batches;
use super::{Acks, CompletedFetch, Metadata, ShareCommitId, ShareConsumer, ShareEvent, ShareOutput};
use crate::ids::{BrokerId, MessageId, TopicPartition};
use crate::sorted::SortedMap;
use crate::time::SimTime;

type PartitionAcks = SortedMap<TopicPartition, Acks>;

/// What acknowledgements were sent for. Kafka: `AcknowledgeRequestType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// On the way of a fetch.
    Fetch,
    Async,
    Sync(ShareCommitId),
    Close,
}

/// A leader as a consumer knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The epoch of the next request in its session.
    epoch: i32,
    partitions: Vec<TopicPartition>,
    /// To be sent with the next fetch.
    fetch_acks: PartitionAcks,
    asynchronous: PartitionAcks,
    synchronous: Vec<(ShareCommitId, PartitionAcks)>,
    /// To be sent with the session's end.
    closing: Option<PartitionAcks>,
    in_flight: Option<(MessageId, Purpose, PartitionAcks, bool)>,
}

impl Node {
    pub fn add_fetch_acks(&mut self, partition: TopicPartition, acks: Acks) {
        self.fetch_acks.get_or_insert_with(partition, Acks::new).extend(acks);
    }

    /// The session is to end; what waits for a fetch goes with it.
    pub fn close(&mut self) {
        self.closing = Some(std::mem::take(&mut self.fetch_acks));
    }

    /// Nothing is to be sent, nothing is on its way.
    pub fn is_closed(&self) -> bool {
        self.closing.is_none() && self.in_flight.is_none() && !self.has_acks()
    }

    fn has_acks(&self) -> bool {
        !self.asynchronous.is_empty() || !self.synchronous.is_empty()
    }

    /// Acknowledgements are under way: nothing is fetched meanwhile.
    fn is_acknowledging(&self) -> bool {
        self.has_acks() || self.in_flight.as_ref().is_some_and(|(_, purpose, ..)| *purpose != Purpose::Fetch)
    }
}

impl ShareConsumer {
    /// Acknowledgements are to be sent soon. Kafka: `commitAsync`.
    pub(super) fn commit_async_of(&mut self, acks: SortedMap<TopicPartition, (BrokerId, Acks)>) {
        for (partition, (node, acks)) in acks {
            let there = self.node(node);
            if there.partitions.contains(&partition) {
                there.asynchronous.get_or_insert_with(partition, Acks::new).extend(acks);
            } else {
                self.completed.push((partition, acks, ShareError::NotLeaderOrFollower, true));
            }
        }
    }

    /// The same for a `commitSync()`, which waits.
    pub(super) fn commit_sync_of(
        &mut self,
        id: ShareCommitId,
        acks: SortedMap<TopicPartition, (BrokerId, Acks)>,
        out: &mut ShareOutput,
    ) {
        let mut by_node: SortedMap<BrokerId, PartitionAcks> = SortedMap::new();
        for (partition, (node, acks)) in acks {
            if self.node(node).partitions.contains(&partition) {
                by_node.get_or_insert_with(node, SortedMap::new).insert(partition, acks);
            } else {
                self.end(Purpose::Sync(id), partition, acks, ShareError::NotLeaderOrFollower, true, out);
            }
        }
        for (node, acks) in by_node {
            self.node(node).synchronous.push((id, acks));
        }
    }

    /// Kafka: `ShareConsumeRequestManager.poll`.
    pub(super) fn send_requests(&mut self, metadata: &dyn Metadata, out: &mut ShareOutput) {
        if !self.membership.has_joined() {
            return;
        }
        let nodes: Vec<BrokerId> = self.nodes.keys().copied().collect();
        for id in nodes {
            self.send_acknowledgements(id, out);
        }
        let is_busy = self.nodes.values().any(Node::is_acknowledging);
        if !is_busy && !self.closing && self.fetch_more {
            self.send_fetches(metadata, out);
        }
    }

    /// First those of `commitAsync()`, then of `commitSync()`, then the end. Kafka: `processAcknowledgements`.
    fn send_acknowledgements(&mut self, id: BrokerId, out: &mut ShareOutput) {
        let Some(node) = self.nodes.get_mut(&id).filter(|node| node.in_flight.is_none()) else { return };
        let (purpose, acks) = if !node.asynchronous.is_empty() {
            (Purpose::Async, std::mem::take(&mut node.asynchronous))
        } else if !node.synchronous.is_empty() {
            let (commit, acks) = node.synchronous.remove(0);
            (Purpose::Sync(commit), acks)
        } else if let Some(acks) = node.closing.take() {
            node.epoch = FINAL_EPOCH;
            (Purpose::Close, acks)
        } else {
            return;
        };
        if node.epoch == INITIAL_EPOCH {
            // No session begins with acknowledgements.
            for (partition, acks) in acks {
                self.end(purpose, partition, acks, ShareError::NotLeaderOrFollower, true, out);
            }
            return;
        }
        let (told, is_renew_ack) = told(&acks);
        let request = ShareAcknowledgeRequest {
            group: self.config.group.clone(),
            member_id: self.config.member_id.clone(),
            session_epoch: node.epoch,
            is_renew_ack,
            acknowledgements: told,
        };
        self.send(id, ShareRequest::Acknowledge(request), purpose, acks, is_renew_ack, out);
    }

    fn send_fetches(&mut self, metadata: &dyn Metadata, out: &mut ShareOutput) {
        let is_limited = self.config.acquire_mode == AcquireMode::RecordLimit;
        let mut wanted: SortedMap<BrokerId, Vec<TopicPartition>> = SortedMap::new();
        for partition in self.assigned.clone() {
            let Some(leader) = metadata.leader(&partition) else { continue };
            if self.node(leader).in_flight.is_some() {
                continue;
            }
            if is_limited && self.fetches_from.is_none() {
                self.fetches_from = Some(leader);
                self.assigned.retain(|there| *there != partition);
                self.assigned.push(partition.clone());
            }
            wanted.get_or_insert_with(leader, Vec::new).push(partition);
        }
        // Leaders of partitions that it has no more are told what became of records.
        for (id, node) in &self.nodes {
            if !node.fetch_acks.is_empty() && node.in_flight.is_none() {
                wanted.get_or_insert_with(*id, Vec::new);
            }
        }
        for (id, partitions) in wanted {
            let is_idle = is_limited && self.fetches_from != Some(id);
            self.send_fetch(id, &partitions, is_idle, out);
        }
    }

    /// Kafka: `ShareSessionHandler.newShareFetchBuilder`.
    fn send_fetch(&mut self, id: BrokerId, partitions: &[TopicPartition], is_idle: bool, out: &mut ShareOutput) {
        let node = self.nodes.get_or_insert_with(id, Node::default);
        let mut acks = std::mem::take(&mut node.fetch_acks);
        if node.epoch == INITIAL_EPOCH {
            // The first fetch brings no acknowledgements.
            for (partition, acks) in std::mem::take(&mut acks) {
                self.completed.push((partition, acks, ShareError::NotLeaderOrFollower, true));
            }
            node.partitions.clear();
        }
        let is_new = |partition: &&TopicPartition| !node.partitions.contains(partition);
        let added: Vec<TopicPartition> = partitions.iter().filter(is_new).cloned().collect();
        let is_gone = |partition: &&TopicPartition| !partitions.contains(partition);
        let forgotten: Vec<TopicPartition> = node.partitions.iter().filter(is_gone).cloned().collect();
        node.partitions.retain(|partition| partitions.contains(partition));
        node.partitions.extend(added.iter().cloned());
        let (told, is_renew_ack) = told(&acks);
        if is_idle && added.is_empty() && forgotten.is_empty() && told.is_empty() {
            return;
        }
        let fetches = !is_renew_ack && !is_idle;
        let records = if fetches { self.config.max_poll_records } else { 0 };
        let request = ShareFetchRequest {
            group: self.config.group.clone(),
            member_id: self.config.member_id.clone(),
            session_epoch: node.epoch,
            added,
            forgotten,
            acknowledgements: told,
            is_renew_ack,
            max_wait_ms: if fetches { self.config.fetch_max_wait_ms } else { 0 },
            max_records: records,
            batch_size: records,
            acquire_mode: self.config.acquire_mode,
        };
        self.send(id, ShareRequest::Fetch(request), Purpose::Fetch, acks, is_renew_ack, out);
    }

    fn send(
        &mut self,
        id: BrokerId,
        request: ShareRequest,
        purpose: Purpose,
        acks: PartitionAcks,
        renews: bool,
        out: &mut ShareOutput,
    ) {
        let message = self.next_message();
        self.node(id).in_flight = Some((message, purpose, acks, renews));
        out.requests.push((message, id, request));
    }

    /// A leader has answered.
    pub fn on_response(
        &mut self,
        now: SimTime,
        id: MessageId,
        response: &ShareResponse,
        metadata: &dyn Metadata,
        out: &mut ShareOutput,
    ) {
        let is_it = |node: &Node| node.in_flight.as_ref().is_some_and(|(there, ..)| *there == id);
        let Some((broker, node)) = self.nodes.iter_mut().find(|(_, node)| is_it(node)) else { return };
        let broker = *broker;
        let Some((_, purpose, acks, renews)) = node.in_flight.take() else { return };
        if self.fetches_from == Some(broker) && purpose == Purpose::Fetch {
            self.fetches_from = None;
        }
        let (error, ended) = match response {
            ShareResponse::Fetch(fetch) => {
                let of = |there: &super::super::message::FetchedPartition| {
                    Some((
                        there.partition.clone(),
                        there.acknowledged?.err().map_or(ShareError::None, |refusal| refusal.error),
                    ))
                };
                (fetch.error, fetch.partitions.iter().filter_map(of).collect::<Vec<_>>())
            }
            ShareResponse::Acknowledge(answer) => {
                let of = |(partition, result): &(TopicPartition, Result<(), super::super::partition::Refusal>)| {
                    (partition.clone(), result.err().map_or(ShareError::None, |refusal| refusal.error))
                };
                (answer.error, answer.partitions.iter().map(of).collect())
            }
        };
        node.epoch = match error {
            ShareError::ShareSessionNotFound
            | ShareError::InvalidShareSessionEpoch
            | ShareError::ShareSessionLimitReached => INITIAL_EPOCH,
            _ => next_epoch(node.epoch),
        };
        if let (ShareResponse::Fetch(fetch), ShareError::None) = (response, error) {
            for there in fetch.partitions.iter().filter(|there| !there.acquired.is_empty()) {
                self.fetch_more = false;
                let (partition, batches) = (there.partition.clone(), there.batches.clone());
                self.buffer.push(CompletedFetch::new(broker, partition, batches, &there.acquired));
            }
        }
        for (partition, acks) in acks {
            let told = ended.iter().find(|(there, _)| *there == partition).map(|(_, error)| *error);
            let (result, renews) = match (error, told) {
                // An answer without a word about it.
                (ShareError::None, None) => (ShareError::InvalidRecordState, true),
                (ShareError::None, Some(error)) | (error, _) => (error, renews),
            };
            self.end(purpose, partition, acks, result, renews, out);
        }
        if purpose == Purpose::Close {
            self.nodes.remove(&broker);
        }
        self.run(now, metadata, out);
    }

    /// The connection to a leader broke: what was on its way is lost. Kafka: `handleShareFetchFailure`,
    /// `handleShareAcknowledgeFailure`.
    pub fn on_connection_lost(&mut self, broker: BrokerId, out: &mut ShareOutput) {
        let Some(node) = self.nodes.get_mut(&broker) else { return };
        node.epoch = INITIAL_EPOCH;
        let Some((_, purpose, acks, renews)) = node.in_flight.take() else { return };
        self.fetches_from = self.fetches_from.filter(|there| *there != broker);
        for (partition, acks) in acks {
            self.end(purpose, partition, acks, ShareError::UnknownServerError, renews, out);
        }
        if purpose == Purpose::Close {
            self.nodes.remove(&broker);
        }
    }

    /// Acknowledgements of a partition have ended. Kafka: `ResultHandler.complete`.
    fn end(
        &mut self,
        purpose: Purpose,
        partition: TopicPartition,
        acks: Acks,
        error: ShareError,
        renews: bool,
        out: &mut ShareOutput,
    ) {
        let Purpose::Sync(id) = purpose else {
            self.completed.push((partition, acks, error, renews));
            return;
        };
        let Some(commit) = self.commits.iter_mut().find(|commit| commit.id == id) else { return };
        commit.left = commit.left.saturating_sub(1);
        commit.renews |= renews;
        commit.ended.push((partition, acks, error));
        if commit.left == 0 {
            self.finish_commit(id, out);
        }
    }

    /// A `commitSync()` returns.
    pub(super) fn finish_commit(&mut self, id: ShareCommitId, out: &mut ShareOutput) {
        let Some(at) = self.commits.iter().position(|commit| commit.id == id) else { return };
        let commit = self.commits.remove(at);
        let results = commit.ended.iter().map(|(partition, _, error)| (partition.clone(), *error)).collect();
        let ended = commit.ended.into_iter().map(|(partition, acks, error)| (partition, acks, error, commit.renews));
        self.completed.extend(ended);
        self.tell_completed(out);
        out.events.push(ShareEvent::Committed(id, results));
    }
}

/// As requests have it, and whether a lock is renewed.
fn told(acks: &PartitionAcks) -> (Acknowledgements, bool) {
    let told: Acknowledgements = acks.iter().map(|(partition, acks)| (partition.clone(), batches(acks))).collect();
    let renews = |batch: &AcknowledgementBatch| batch.types.contains(&AcknowledgeType::Renew);
    let is_renew_ack = told.iter().flat_map(|(_, batches)| batches).any(renews);
    (told, is_renew_ack)
}
