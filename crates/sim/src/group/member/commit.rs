//! What a member commits: when asked to, by the clock, before it joins again and when it closes. Kafka 4.3:
//! `ConsumerCoordinator.commitOffsetsSync`, `commitOffsetsAsync`, `maybeAutoCommitOffsetsAsync`, `OffsetCommitResponseHandler`.

use highwater_log::java::hash_order;

use super::super::error::GroupError;
use super::super::java_map::{JavaMap, partition_hash_code};
use super::super::message::{OffsetCommit, OffsetToCommit, Request};
use super::reconcile::commit_result;
use super::{Event, Generation, GroupMember, InFlight, MemberConfig, MemberState, Output};
use crate::ids::{MessageId, Topic, TopicPartition};
use crate::sorted::SortedMap;
use crate::time::SimTime;

/// One commit of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitId(pub u64);

/// Why a commit failed, as the application sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The member is in no generation, or no longer in that one. Kafka: `CommitFailedException`.
    #[error("the consumer is not part of an active group")]
    CommitFailed,
    /// The member is between two generations. Kafka: `RebalanceInProgressException`.
    #[error("the consumer is undergoing a rebalance")]
    RebalanceInProgress,
    /// The coordinator said so.
    #[error("{}", .0.name())]
    Error(GroupError),
}

/// The commit before a member joins again. Kafka: `autoCommitOffsetRequestFuture`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BeforeJoin {
    NotYet,
    Waits(CommitId),
    Done,
}

/// Where the application is, and which automatic commits run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AutoCommit {
    interval_ms: Option<u64>,
    at: SimTime,
    /// What `poll()` has returned up to, of the partitions that the member has: offset and leader epoch.
    consumed: SortedMap<TopicPartition, (i64, i32)>,
    before_join: BeforeJoin,
    /// Until when it tries to commit before it joins. Kafka: `joinPrepareTimer`.
    before_join_until: Option<SimTime>,
    /// The last such commit failed, and there will be another.
    is_retried: bool,
    on_close: Option<CommitId>,
}

impl AutoCommit {
    pub fn new(config: &MemberConfig, now: SimTime) -> AutoCommit {
        AutoCommit {
            interval_ms: config.auto_commit_interval_ms,
            at: now.plus_ms(config.auto_commit_interval_ms.unwrap_or(0)),
            consumed: SortedMap::new(),
            before_join: BeforeJoin::NotYet,
            before_join_until: None,
            is_retried: false,
            on_close: None,
        }
    }

    pub fn reset(&mut self, now: SimTime) {
        self.at = now.plus_ms(self.interval_ms.unwrap_or(0));
    }

    pub fn next_at(&self) -> Option<SimTime> {
        self.interval_ms.map(|_| self.at)
    }
}

impl GroupMember {
    /// `poll()` has a position in a partition now: that of what it returned. Kafka: `SubscriptionState.position`.
    pub fn consumed(&mut self, partition: &TopicPartition, offset: i64, leader_epoch: i32) {
        if self.assigned.contains(partition) {
            self.auto_commit.consumed.insert(partition.clone(), (offset, leader_epoch));
        }
    }

    /// It has no valid position in a partition: there is nothing to commit. Kafka: `FetchState.hasValidPosition`.
    pub fn has_no_position(&mut self, partition: &TopicPartition) {
        self.auto_commit.consumed.remove(partition);
    }

    /// Where it is in the partitions that it has. Kafka: `SubscriptionState.allConsumed`.
    pub fn all_consumed(&self) -> Vec<(TopicPartition, i64, i32)> {
        let consumed = self.auto_commit.consumed.iter();
        consumed
            .filter(|(partition, _)| self.assigned.contains(*partition))
            .map(|(partition, (offset, epoch))| (partition.clone(), *offset, *epoch))
            .collect()
    }

    /// Which commit a request is for, while it has no answer.
    pub fn commit_of(&self, request: MessageId) -> Option<CommitId> {
        match self.in_flight.get(&request.0) {
            Some(InFlight::Commit(commit, _)) => Some(*commit),
            _ => None,
        }
    }

    /// Positions in partitions that the member has no more are gone.
    pub(super) fn forget_consumed(&mut self) {
        let assigned = &self.assigned;
        self.auto_commit.consumed.retain(|partition, _| assigned.contains(partition));
    }

    /// `commitSync()` and `commitAsync()`: [`Event::Committed`] tells the end, which may come at once.
    pub fn commit(&mut self, offsets: &[(TopicPartition, i64, i32)], out: &mut Output) -> CommitId {
        let id = CommitId(self.next_commit);
        self.next_commit = self.next_commit.saturating_add(1);
        let result = if offsets.is_empty() { Some(Ok(())) } else { self.send_commit(id, offsets, out).err().map(Err) };
        if let Some(result) = result {
            out.events.push(Event::Committed(id, result));
        }
        id
    }

    /// Kafka: `sendOffsetCommitRequest`.
    fn send_commit(
        &mut self,
        id: CommitId,
        offsets: &[(TopicPartition, i64, i32)],
        out: &mut Output,
    ) -> Result<(), CommitError> {
        let in_group = self.wanted.is_some();
        let in_classic_group = in_group && self.consumer_protocol.is_none();
        match self.state {
            MemberState::PreparingRebalance | MemberState::CompletingRebalance if in_classic_group => {
                return Err(CommitError::RebalanceInProgress);
            }
            MemberState::Unjoined if in_classic_group => return Err(CommitError::CommitFailed),
            _ => {}
        }
        let topic_id = |topic: &Topic| self.topics.iter().find(|there| there.topic == *topic).map(|there| there.id);
        let offset = |(partition, offset, leader_epoch): &(TopicPartition, i64, i32)| OffsetToCommit {
            topic: partition.topic.clone(),
            topic_id: topic_id(&partition.topic).unwrap_or_default(),
            partition: partition.partition,
            offset: *offset,
            leader_epoch: *leader_epoch,
            metadata: String::new(),
        };
        let generation = if in_group { self.generation.clone() } else { Generation::none(String::new()) };
        let request = Request::OffsetCommit(OffsetCommit {
            group: self.config.group.clone(),
            generation: generation.id,
            member_id: generation.member_id.clone(),
            instance_id: self.config.instance_id.clone().filter(|_| in_group),
            offsets: in_javas_order(offsets).into_iter().map(offset).collect(),
        });
        self.send(request, InFlight::Commit(id, generation), out);
        Ok(())
    }

    /// Kafka: `OffsetCommitResponseHandler`.
    pub(super) fn on_committed(
        &mut self,
        now: SimTime,
        id: CommitId,
        sent: &Generation,
        answer: &[(Topic, i32, GroupError)],
        out: &mut Output,
    ) {
        let error = answer.iter().map(|(.., error)| *error).find(|error| *error != GroupError::None);
        if self.consumer_protocol.is_some() {
            return self.on_committed_by_epoch(now, id, sent.id, error, out);
        }
        let stale = self.generation != *sent && self.state == MemberState::PreparingRebalance;
        let result = match error {
            None => Ok(()),
            Some(GroupError::RebalanceInProgress) => {
                self.request_rejoin("offset commit failed since group is already rebalancing");
                Err(CommitError::RebalanceInProgress)
            }
            Some(GroupError::UnknownMemberId | GroupError::IllegalGeneration) if stale => {
                Err(CommitError::RebalanceInProgress)
            }
            Some(error @ (GroupError::UnknownMemberId | GroupError::IllegalGeneration)) => {
                self.reset_and_rejoin(
                    "encountered an error from OFFSET_COMMIT response",
                    error != GroupError::IllegalGeneration,
                );
                Err(CommitError::CommitFailed)
            }
            Some(GroupError::FencedInstanceId) if self.generation != *sent => {
                Err(if stale { CommitError::RebalanceInProgress } else { CommitError::CommitFailed })
            }
            Some(error) => Err(CommitError::Error(error)),
        };
        if self.auto_commit.before_join == BeforeJoin::Waits(id) {
            let until = self.auto_commit.before_join_until;
            self.auto_commit.is_retried =
                error == Some(GroupError::UnknownTopicOrPartition) && until.is_some_and(|until| until > now);
            // Of a topic that is gone it tries again until it must join; it joins whatever else came of it.
            if self.auto_commit.is_retried {
                self.auto_commit.before_join = BeforeJoin::NotYet;
                self.join_retry_at = Some(now.plus_ms(self.config.retry_backoff_ms));
            } else {
                self.auto_commit.before_join = BeforeJoin::Done;
            }
        }
        self.end_commit(now, id, result, out);
    }

    /// The same of a member by the consumer protocol.
    fn on_committed_by_epoch(
        &mut self,
        now: SimTime,
        id: CommitId,
        sent_epoch: i32,
        error: Option<GroupError>,
        out: &mut Output,
    ) {
        self.end_commit(now, id, commit_result(error), out);
        self.on_commit_before_reconciliation(now, id, sent_epoch, error, out);
    }

    fn end_commit(&mut self, now: SimTime, id: CommitId, result: Result<(), CommitError>, out: &mut Output) {
        if matches!(result, Err(CommitError::Error(error)) if error.is_of_coordinator()) {
            self.auto_commit.at = now.plus_ms(self.config.retry_backoff_ms);
        }
        out.events.push(Event::Committed(id, result));
        if self.auto_commit.on_close == Some(id) {
            self.auto_commit.on_close = None;
            self.finish_close(out);
        }
    }

    /// The background thread commits if it is time, and `poll()` has not. Kafka: `updateTimerAndMaybeCommit`.
    pub fn commit_itself(&mut self, now: SimTime, out: &mut Output) {
        if self.commits_itself && self.commits_by_the_clock() {
            self.maybe_auto_commit(now, out);
        }
    }

    /// Commits come by the clock now.
    pub(super) fn commits_by_the_clock(&self) -> bool {
        match &self.consumer_protocol {
            Some(_) => !self.assigned.is_empty(),
            None => self.state == MemberState::Stable && self.join.is_none(),
        }
    }

    /// Kafka: `maybeAutoCommitOffsetsAsync`.
    pub(super) fn maybe_auto_commit(&mut self, now: SimTime, out: &mut Output) {
        if self.auto_commit.interval_ms.is_some() && self.auto_commit.at <= now {
            self.auto_commit.reset(now);
            let consumed = self.all_consumed();
            self.commit(&consumed, out);
        }
    }

    /// Commits before the member joins again; whether that is done.
    pub(super) fn commit_before_join(&mut self, now: SimTime, out: &mut Output) -> bool {
        if self.auto_commit.interval_ms.is_none() {
            return true;
        }
        let timeout_ms = u64::try_from(self.config.max_poll_interval_ms).unwrap_or(0);
        let until = *self.auto_commit.before_join_until.get_or_insert(now.plus_ms(timeout_ms));
        match self.auto_commit.before_join {
            BeforeJoin::Waits(_) => return false,
            BeforeJoin::NotYet if until > now => {
                let consumed = self.all_consumed();
                let asked = out.requests.len();
                let id = self.commit(&consumed, out);
                if out.requests.len() > asked {
                    self.auto_commit.before_join = BeforeJoin::Waits(id);
                    return false;
                }
            }
            BeforeJoin::Done | BeforeJoin::NotYet => {}
        }
        self.auto_commit.before_join = BeforeJoin::NotYet;
        self.auto_commit.before_join_until = None;
        self.auto_commit.is_retried = false;
        true
    }

    /// It tries again to commit before it joins, and reads nothing meanwhile. Kafka: `maybeMarkPartitionsPendingRevocation`.
    pub(super) fn retries_before_join(&self) -> bool {
        self.auto_commit.is_retried
    }

    /// Commits before the member closes; whether there is something to wait for.
    pub(super) fn commit_on_close(&mut self, out: &mut Output) -> bool {
        if self.auto_commit.interval_ms.is_none() {
            return false;
        }
        let consumed = self.all_consumed();
        let asked = out.requests.len();
        let id = self.commit(&consumed, out);
        let waits = out.requests.len() > asked;
        self.auto_commit.on_close = waits.then_some(id);
        waits
    }
}

/// The order of a request: that of a `HashMap` of topics, in each that of a `HashMap` of all partitions.
fn in_javas_order(offsets: &[(TopicPartition, i64, i32)]) -> Vec<&(TopicPartition, i64, i32)> {
    let order = hash_order(offsets.iter().map(|(partition, ..)| partition_hash_code(partition)), offsets.len());
    let mut topics: JavaMap<Vec<&(TopicPartition, i64, i32)>> = JavaMap::default();
    for offset in order.into_iter().filter_map(|at| offsets.get(at)) {
        match topics.get_mut(&offset.0.topic) {
            Some(partitions) => partitions.push(offset),
            None => {
                topics.insert(offset.0.topic.to_string(), vec![offset]);
            }
        }
    }
    topics.values().flatten().copied().collect()
}
