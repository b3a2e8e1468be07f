//! The leader of partitions as share groups see it: sessions, fetches that wait, and acknowledgements.
//! Kafka 4.3: `SharePartitionManager`, `ShareSessionCache`, `DelayedShareFetch`, the share parts of `KafkaApis`.
//!
//! Requests, disconnects, time and what the persister answers come in; responses, and what the persister is to read and write,
//! go out. Differs from Kafka: fetches are not bounded by bytes and wait for one byte; no remote storage.

mod fetch;
mod session;
mod tell;

use std::rc::Rc;

use super::event::ShareEventKind;
use super::message::{
    Acknowledgements, FINAL_EPOCH, INITIAL_EPOCH, ShareAcknowledgeRequest, ShareAcknowledgeResponse, ShareError,
    ShareFetchRequest, ShareRequest, ShareResponse, validate,
};
use super::partition::{Fetched, Refusal, SharePartition, SharePartitionConfig, StateWrite};
use super::persister::ReadState;
use crate::ids::{MessageId, TopicPartition};
use crate::message::CurrentLeaders;
use crate::sorted::SortedMap;
use crate::time::SimTime;
use fetch::Waiting;
use session::Sessions;

/// The logs that a broker leads.
pub trait Logs {
    /// What can be read from an offset on: up to the high watermark, or what is committed
    /// (`share.isolation.level`). None if the broker does not lead the partition.
    fn fetch(&self, partition: &TopicPartition, offset: i64) -> Option<Fetched>;

    /// The first offset and the next offset that can be read.
    fn bounds(&self, partition: &TopicPartition) -> Option<(i64, i64)>;

    /// Where a group begins that has no state yet. `share.auto.offset.reset`.
    fn reset(&self, group: &str, partition: &TopicPartition) -> Option<i64>;

    /// The leader epoch.
    fn leader_epoch(&self, partition: &TopicPartition) -> Option<i32>;
}

/// A share partition of a group.
pub type ShareKey = (String, TopicPartition);

/// What a call leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderOutput {
    /// Responses, in order.
    pub responses: Vec<(MessageId, ShareResponse)>,
    /// States that the persister is to read, each in a leader epoch.
    pub reads: Vec<(ShareKey, i32)>,
    /// What the persister is to write.
    pub writes: Vec<(ShareKey, StateWrite)>,
    /// What happened, in order.
    pub events: Vec<(ShareKey, ShareEventKind)>,
}

/// What the broker's configuration says of share groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderConfig {
    /// Of share partitions.
    pub partition: Rc<SharePartitionConfig>,
    /// `group.share.max.share.sessions`.
    pub max_share_sessions: usize,
}

impl Default for LeaderConfig {
    fn default() -> Self {
        LeaderConfig { partition: Rc::default(), max_share_sessions: 2_000 }
    }
}

/// Whether a share partition is there. Kafka: `SharePartitionState`.
#[derive(Clone, Debug)]
enum Slot {
    /// Its state is being read.
    Initializing,
    /// It is there.
    Active(Box<SharePartition>),
}

/// How acknowledgements of one partition end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Acknowledged {
    /// They are being written, under this number.
    Writing(u64),
    /// They have ended.
    Done(Result<(), Refusal>),
}

/// A request that is not answered yet.
#[derive(Clone, Debug)]
struct Pending {
    id: MessageId,
    group: String,
    member: Rc<str>,
    acknowledged: Vec<(TopicPartition, Acknowledged)>,
    /// Of a fetch.
    fetch: Option<Waiting>,
}

/// A broker's part in share groups.
#[derive(Clone, Debug)]
pub struct ShareLeader {
    config: LeaderConfig,
    sessions: Sessions,
    partitions: SortedMap<ShareKey, Slot>,
    /// Requests that wait, the first that came first.
    pending: Vec<Pending>,
    /// What happened and is not told yet.
    events: Vec<(ShareKey, ShareEventKind)>,
}

impl ShareLeader {
    /// No sessions yet.
    pub fn new(config: LeaderConfig) -> ShareLeader {
        let sessions = Sessions::new(config.max_share_sessions);
        ShareLeader { config, sessions, partitions: SortedMap::new(), pending: Vec::new(), events: Vec::new() }
    }

    /// A share partition, if it is loaded.
    pub fn partition(&self, group: &str, partition: &TopicPartition) -> Option<&SharePartition> {
        match self.partitions.get(&(group.to_owned(), partition.clone()))? {
            Slot::Active(partition) => Some(partition),
            Slot::Initializing => None,
        }
    }

    /// Handles a request that came over a connection.
    pub fn on_request(
        &mut self,
        now: SimTime,
        id: MessageId,
        connection: u64,
        request: &ShareRequest,
        logs: &dyn Logs,
        out: &mut LeaderOutput,
    ) {
        match request {
            ShareRequest::Fetch(request) => self.on_fetch(now, id, connection, request, logs, out),
            ShareRequest::Acknowledge(request) => self.on_acknowledge(now, id, request, logs, out),
        }
    }

    /// Kafka: `KafkaApis.handleShareAcknowledgeRequest`.
    fn on_acknowledge(
        &mut self,
        now: SimTime,
        id: MessageId,
        request: &ShareAcknowledgeRequest,
        logs: &dyn Logs,
        out: &mut LeaderOutput,
    ) {
        let ShareAcknowledgeRequest { group, member_id, session_epoch, is_renew_ack, acknowledgements } = request;
        if let Err(error) = self.sessions.acknowledge(group, member_id, *session_epoch) {
            let response = self.acknowledge_response(error, Vec::new());
            out.responses.push((id, ShareResponse::Acknowledge(response)));
            return;
        }
        let acknowledged = self.acknowledge(now, group, member_id, *is_renew_ack, acknowledgements, logs, out);
        let member = member_id.as_str().into();
        self.pending.push(Pending { id, group: group.clone(), member, acknowledged, fetch: None });
        self.answer(out);
        if *session_epoch == FINAL_EPOCH {
            self.release_session(now, group, member_id, logs, out);
        }
    }

    /// Kafka: `KafkaApis.handleShareFetchRequest`.
    fn on_fetch(
        &mut self,
        now: SimTime,
        id: MessageId,
        connection: u64,
        request: &ShareFetchRequest,
        logs: &dyn Logs,
        out: &mut LeaderOutput,
    ) {
        let begins_with_acks = request.session_epoch == INITIAL_EPOCH && !request.acknowledgements.is_empty();
        let session =
            if begins_with_acks { Err(ShareError::InvalidRequest) } else { self.sessions.fetch(request, connection) };
        let partitions = match session {
            Ok(partitions) => partitions,
            Err(error) => {
                let response = self.fetch_response(error, Vec::new());
                out.responses.push((id, ShareResponse::Fetch(response)));
                return;
            }
        };
        let (group, member_id) = (&request.group, &request.member_id);
        let acks = &request.acknowledgements;
        let acknowledged = self.acknowledge(now, group, member_id, request.is_renew_ack, acks, logs, out);
        let wants = !request.is_renew_ack && request.max_records > 0;
        let partitions = if wants { partitions } else { Vec::new() };
        let mut waiting = Waiting::new(now, request, partitions.clone());
        for partition in &partitions {
            if !self.load(group, partition, logs, out) {
                waiting.fail(partition, ShareError::NotLeaderOrFollower);
            }
        }
        let pending =
            Pending { id, group: group.clone(), member: member_id.as_str().into(), acknowledged, fetch: Some(waiting) };
        self.pending.push(pending);
        self.complete_fetches(now, None, logs);
        self.answer(out);
    }

    /// A partition's share of a group is loaded when it is fetched first; false if another broker leads it. Kafka:
    /// `getOrCreateSharePartition`, `maybeInitialize`.
    fn load(&mut self, group: &str, partition: &TopicPartition, logs: &dyn Logs, out: &mut LeaderOutput) -> bool {
        let Some(epoch) = logs.leader_epoch(partition) else { return false };
        let key = (group.to_owned(), partition.clone());
        if !self.partitions.contains_key(&key) {
            self.partitions.insert(key.clone(), Slot::Initializing);
            out.reads.push((key, epoch));
        }
        true
    }

    /// Leaders may have changed. Of what the broker leads no more, or in another epoch, nothing is kept, and nobody waits for
    /// it here. Kafka: `SharePartitionManager.SharePartitionListener`.
    pub fn on_leaders_changed(&mut self, now: SimTime, logs: &dyn Logs, out: &mut LeaderOutput) {
        let is_lost = |((_, partition), slot): &(&ShareKey, &Slot)| match slot {
            Slot::Active(there) => logs.leader_epoch(partition) != Some(there.leader_epoch()),
            Slot::Initializing => logs.leader_epoch(partition).is_none(),
        };
        let lost: Vec<ShareKey> = self.partitions.iter().filter(is_lost).map(|(key, _)| key.clone()).collect();
        for key in lost {
            self.partitions.remove(&key);
            for pending in self.pending.iter_mut().filter(|pending| pending.group == key.0) {
                for (partition, state) in &mut pending.acknowledged {
                    if *partition == key.1 && matches!(state, Acknowledged::Writing(_)) {
                        *state = Acknowledged::Done(Err(Refusal::new(ShareError::NotLeaderOrFollower, "")));
                    }
                }
                if let Some(waiting) = &mut pending.fetch {
                    waiting.fail(&key.1, ShareError::NotLeaderOrFollower);
                }
            }
        }
        self.complete_fetches(now, None, logs);
        self.answer(out);
    }

    /// The broker is told otherwise; what is locked keeps its moment.
    pub fn set_config(&mut self, config: LeaderConfig) {
        if self.config == config {
            return;
        }
        for slot in self.partitions.values_mut() {
            if let Slot::Active(partition) = slot {
                partition.set_config(Rc::clone(&config.partition));
            }
        }
        self.sessions.set_max(config.max_share_sessions);
        self.config = config;
    }

    /// The share partitions that are loaded, by group and partition.
    pub fn partitions(&self) -> impl Iterator<Item = (&ShareKey, &SharePartition)> {
        self.partitions.iter().filter_map(|(key, slot)| match slot {
            Slot::Active(partition) => Some((key, &**partition)),
            Slot::Initializing => None,
        })
    }

    /// The requests that wait.
    pub fn waiting(&self) -> impl Iterator<Item = MessageId> {
        self.pending.iter().map(|pending| pending.id)
    }

    /// The persister has read a state, or could not. Kafka: the end of `SharePartition.maybeInitialize`.
    pub fn on_read(
        &mut self,
        now: SimTime,
        key: &ShareKey,
        read: Result<&ReadState, ShareError>,
        logs: &dyn Logs,
        out: &mut LeaderOutput,
    ) {
        if !matches!(self.partitions.get(key), Some(Slot::Initializing)) {
            return; // It comes late.
        }
        let epoch = logs.leader_epoch(&key.1);
        let loaded = match (read, epoch, logs.reset(&key.0, &key.1)) {
            (Ok(state), Some(epoch), Some(reset)) => {
                SharePartition::new(Rc::clone(&self.config.partition), epoch, state, reset)
                    .map_err(|refusal| refusal.error)
            }
            (Err(error), ..) => Err(error),
            _ => Err(ShareError::NotLeaderOrFollower),
        };
        match loaded {
            Ok(partition) => {
                let start_offset = partition.start_offset();
                self.events.push((key.clone(), ShareEventKind::Loaded { start_offset }));
                self.partitions.insert(key.clone(), Slot::Active(Box::new(partition)));
            }
            Err(error) => {
                self.partitions.remove(key);
                for fetch in self.pending.iter_mut().filter(|pending| pending.group == key.0) {
                    if let Some(waiting) = &mut fetch.fetch {
                        waiting.fail(&key.1, error);
                    }
                }
            }
        }
        self.complete_fetches(now, Some(key), logs);
        self.answer(out);
    }

    /// The persister has written, or could not.
    pub fn on_written(
        &mut self,
        now: SimTime,
        key: &ShareKey,
        write: u64,
        result: Result<(), ShareError>,
        logs: &dyn Logs,
        out: &mut LeaderOutput,
    ) {
        let mut moved = false;
        if let Some(Slot::Active(partition)) = self.partitions.get_mut(key) {
            let before = partition.start_offset();
            moved = partition.on_written(write, result.is_ok());
            let to = partition.start_offset();
            self.tell_start(key, before, to);
        }
        let refusal = result.map_err(|error| Refusal::new(persister_error(error), ""));
        for pending in self.pending.iter_mut().filter(|pending| pending.group == key.0) {
            for (partition, state) in &mut pending.acknowledged {
                if *partition == key.1 && *state == Acknowledged::Writing(write) {
                    *state = Acknowledged::Done(refusal);
                }
            }
        }
        if matches!(refusal, Err(Refusal { error: ShareError::NotLeaderOrFollower, .. })) {
            self.partitions.remove(key);
        }
        if moved {
            self.complete_fetches(now, Some(key), logs);
        }
        self.answer(out);
    }

    /// Records have come into a partition.
    pub fn on_append(&mut self, now: SimTime, logs: &dyn Logs, out: &mut LeaderOutput) {
        self.complete_fetches(now, None, logs);
        self.answer(out);
    }

    /// A connection broke, or was closed. Kafka: `ClientConnectionDisconnectListener`.
    pub fn on_disconnect(&mut self, now: SimTime, connection: u64, logs: &dyn Logs, out: &mut LeaderOutput) {
        let Some(((group, member), is_stale)) = self.sessions.disconnect(connection) else { return };
        if !is_stale {
            self.release_session(now, &group, &member, logs, out);
        }
        if self.sessions.members_of(&group) == 0 {
            // Nobody reads for the group: it is loaded again when somebody comes.
            self.partitions.retain(|(there, _), _| *there != group);
        }
    }

    /// When [`ShareLeader::on_time`] must be called next.
    pub fn next_deadline(&self) -> Option<SimTime> {
        let locks = self.partitions.values().filter_map(|slot| match slot {
            Slot::Active(partition) => partition.next_deadline(),
            Slot::Initializing => None,
        });
        let waits = self.pending.iter().filter_map(|pending| pending.fetch.as_ref()?.deadline());
        locks.chain(waits).min()
    }

    /// Locks end, and fetches have waited long enough.
    pub fn on_time(&mut self, now: SimTime, logs: &dyn Logs, out: &mut LeaderOutput) {
        let mut ended = Vec::new();
        for (key, slot) in &mut self.partitions {
            if let Slot::Active(partition) = slot {
                let owners = tell::owners_of_ended(partition, now);
                let writes = partition.on_time(now);
                if !writes.is_empty() {
                    ended.push(key.clone());
                }
                self.events.extend(tell::expired(key, &owners, &writes));
                out.writes.extend(writes.into_iter().map(|write| (key.clone(), write)));
            }
        }
        for key in ended {
            self.complete_fetches(now, Some(&key), logs);
        }
        self.expire_fetches(now, logs);
        self.answer(out);
    }

    /// Kafka: `KafkaApis.handleAcknowledgements`, `SharePartitionManager.acknowledge`.
    #[allow(clippy::too_many_arguments, reason = "what both requests say, and what is around")]
    fn acknowledge(
        &mut self,
        now: SimTime,
        group: &str,
        member: &str,
        renews: bool,
        acknowledgements: &Acknowledgements,
        logs: &dyn Logs,
        out: &mut LeaderOutput,
    ) -> Vec<(TopicPartition, Acknowledged)> {
        let mut acknowledged = Vec::new();
        for (partition, batches) in acknowledgements {
            let key = (group.to_owned(), partition.clone());
            let state = match (validate(batches, renews), self.partitions.get_mut(&key)) {
                (Err(refusal), _) => Acknowledged::Done(Err(refusal)),
                (Ok(()), Some(Slot::Active(there))) => match there.acknowledge(now, member, batches) {
                    Err(refusal) => Acknowledged::Done(Err(refusal)),
                    Ok(write) => {
                        let until = now.plus_ms(self.config.partition.record_lock_duration_ms);
                        self.events.extend(tell::acknowledged(&key, member, batches, write.as_ref(), until));
                        let Some(write) = write else {
                            acknowledged.push((partition.clone(), Acknowledged::Done(Ok(()))));
                            continue;
                        };
                        let id = write.id;
                        out.writes.push((key.clone(), write));
                        Acknowledged::Writing(id)
                    }
                },
                (Ok(()), _) => {
                    let words = "This server does not host this topic-partition.";
                    Acknowledged::Done(Err(Refusal::new(ShareError::UnknownTopicOrPartition, words)))
                }
            };
            acknowledged.push((partition.clone(), state));
            self.complete_fetches(now, Some(&key), logs);
        }
        acknowledged
    }

    /// Kafka: `SharePartitionManager.releaseSession`.
    fn release_session(&mut self, now: SimTime, group: &str, member: &str, logs: &dyn Logs, out: &mut LeaderOutput) {
        for partition in self.sessions.remove(group, member) {
            let key = (group.to_owned(), partition);
            if let Some(Slot::Active(there)) = self.partitions.get_mut(&key) {
                let write = there.release(member);
                self.events.extend(tell::released(&key, member, write.as_ref()));
                out.writes.extend(write.into_iter().map(|write| (key.clone(), write)));
                self.complete_fetches(now, Some(&key), logs);
            }
        }
        self.answer(out);
    }

    fn acknowledge_response(
        &self,
        error: ShareError,
        partitions: Vec<(TopicPartition, Result<(), Refusal>)>,
    ) -> ShareAcknowledgeResponse {
        let acquisition_lock_timeout_ms = self.config.partition.record_lock_duration_ms;
        ShareAcknowledgeResponse {
            error,
            acquisition_lock_timeout_ms,
            partitions,
            current_leaders: CurrentLeaders::default(),
        }
    }
}

/// Kafka: `SharePartition.fetchPersisterError`.
fn persister_error(error: ShareError) -> ShareError {
    match error {
        ShareError::FencedLeaderEpoch | ShareError::FencedStateEpoch => ShareError::NotLeaderOrFollower,
        other => other,
    }
}
