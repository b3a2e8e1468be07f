//! What a broker does for share groups (KIP-932): it hands out records of the partitions that it leads, and asks the share
//! coordinator for what is kept of them. Kafka 4.3: `SharePartitionManager`, `KafkaApis.handleShareFetchRequest`,
//! `handleShareAcknowledgeRequest`.
//!
//! What is decided is in [`crate::group::share::leader`].

use crate::broker::partition::Partition;
use crate::config::AutoOffsetReset;
use crate::fact::FactKind;
use crate::fact::share::ShareFact;
use crate::group::coordinator::Outcome;
use crate::group::share::body::ShareBody;
use crate::group::share::event::ShareEventKind;
use crate::group::share::leader::{LeaderConfig, LeaderOutput, Logs, ShareLeader};
use crate::group::share::message::ShareRequest;
use crate::group::share::partition::{Fetched, FetchedBatch, SharePartition, SharePartitionConfig};
use crate::group::share::persister::{StateRequest, StateResponse};
use crate::ids::{ClientId, FactId, MessageId, NodeId, TopicPartition};
use crate::message::{Body, Message};
use crate::outbox::Outbox;
use crate::sorted::SortedMap;
use crate::time::SimTime;
use crate::timer::Timer;

use super::Broker;
#[cfg(test)]
use crate::group::share::persister::ReadState;
#[cfg(test)]
use crate::metadata::Sabotage;
use std::rc::Rc;

/// A broker's part in share groups.
#[derive(Clone, Debug, Default)]
pub struct ShareGroups {
    /// Made when somebody first asks.
    leader: Option<Box<ShareLeader>>,
    /// Requests that are not answered yet: who sent them, when.
    asked: SortedMap<MessageId, (NodeId, SimTime)>,
    /// The connections that there were: one a client, until that is gone.
    connections: Vec<(NodeId, u64)>,
    connected: u64,
    /// Whose a member id is.
    members: SortedMap<String, ClientId>,
    timer_at: Option<SimTime>,
}

impl ShareGroups {
    /// A partition as a group reads it, if it is loaded.
    pub fn partition(&self, group: &str, partition: &TopicPartition) -> Option<&SharePartition> {
        self.leader.as_ref()?.partition(group, partition)
    }

    /// The share partitions that are loaded.
    pub fn partitions(&self) -> impl Iterator<Item = (&(String, TopicPartition), &SharePartition)> {
        self.leader.iter().flat_map(|leader| leader.partitions())
    }

    /// The process is gone.
    pub(super) fn crash(&mut self) {
        *self = ShareGroups::default();
    }

    /// The requests that wait: their numbers, who sent them, since when.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = (MessageId, NodeId, SimTime)> {
        self.asked.iter().map(|(id, (from, since))| (*id, from.clone(), *since))
    }

    /// A request of a node waits here.
    pub fn waits_for(&self, node: &NodeId) -> bool {
        self.asked.values().any(|(from, _)| from == node)
    }

    fn connection(&mut self, node: &NodeId) -> u64 {
        if let Some((_, number)) = self.connections.iter().find(|(there, _)| there == node) {
            return *number;
        }
        self.connected = self.connected.saturating_add(1);
        self.connections.push((node.clone(), self.connected));
        self.connected
    }
}

/// The logs that the broker leads.
struct Led<'a> {
    broker: &'a Broker,
    now_ms: i64,
}

impl Led<'_> {
    fn replica(&self, partition: &TopicPartition) -> Option<&Partition> {
        self.broker.partitions.get(partition).map(Rc::as_ref).filter(|replica| replica.is_leader())
    }
}

impl Logs for Led<'_> {
    fn fetch(&self, partition: &TopicPartition, offset: i64) -> Option<Fetched> {
        let replica = self.replica(partition)?;
        let end = replica.high_watermark().0;
        let batches = replica.log.batches_from(offset.max(replica.log_start_offset().0));
        let batches = batches.take_while(|batch| batch.last_offset() < end).map(|batch| FetchedBatch {
            base: batch.base_offset(),
            last: batch.last_offset(),
            is_control: batch.is_control(),
        });
        Some(Fetched { batches: batches.collect(), aborted: Vec::new() })
    }

    fn bounds(&self, partition: &TopicPartition) -> Option<(i64, i64)> {
        let replica = self.replica(partition)?;
        Some((replica.log_start_offset().0, replica.high_watermark().0))
    }

    fn reset(&self, group: &str, partition: &TopicPartition) -> Option<i64> {
        let replica = self.replica(partition)?;
        let end = replica.high_watermark();
        let reset = self.broker.metadata.groups.get(group).copied().unwrap_or(AutoOffsetReset::Latest);
        Some(match reset {
            AutoOffsetReset::Earliest => replica.log_start_offset().0,
            AutoOffsetReset::Latest | AutoOffsetReset::None => end.0,
            AutoOffsetReset::ByDuration(ms) => {
                let since = self.now_ms.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX));
                let found = replica.offset_for_time(since, end).0;
                if found < 0 { end.0 } else { found }
            }
        })
    }

    fn leader_epoch(&self, partition: &TopicPartition) -> Option<i32> {
        self.replica(partition).map(|replica| replica.leader_epoch().0)
    }
}

impl Broker {
    /// Handles a request of a share consumer.
    #[inline(never)]
    pub(super) fn on_share(&mut self, message: &Message, body: &ShareBody, out: &mut Outbox) {
        let ShareBody::Request(request) = body else { return };
        if let (ShareRequest::Fetch(fetch), NodeId::Client(client)) = (request, &message.from) {
            self.share.members.insert(fetch.member_id.clone(), client.clone());
        }
        let connection = self.share.connection(&message.from);
        self.share.asked.insert(message.id, (message.from.clone(), out.now));
        self.with_share_leader(out, |leader, now, logs, output| {
            leader.on_request(now, message.id, connection, request, logs, output);
        });
    }

    /// A client's connection is gone.
    pub(crate) fn on_disconnect(&mut self, node: &NodeId, out: &mut Outbox) {
        let Some(at) = self.share.connections.iter().position(|(there, _)| there == node) else { return };
        let (_, connection) = self.share.connections.remove(at);
        self.share.asked.retain(|_, (from, _)| from != node);
        self.with_share_leader(out, |leader, now, logs, output| leader.on_disconnect(now, connection, logs, output));
    }

    /// The share coordinator has answered what a broker of this epoch asked.
    #[inline(never)]
    pub(crate) fn on_share_state(&mut self, epoch: i64, answer: &StateResponse, out: &mut Outbox) {
        if epoch != self.epoch {
            return; // the answer to a process that is gone
        }
        match answer {
            StateResponse::Initialized(states) => {
                let group = &states.group;
                let mut all = self.groups.coordinators.iter();
                let found = all.find(|(_, coordinator)| coordinator.groups.share_group(group).is_some());
                let Some(number) = found.map(|(number, _)| *number) else { return };
                let mut outcome = Outcome::default();
                if let Some(coordinator) = self.groups.coordinators.get_mut(&number) {
                    Rc::make_mut(coordinator).groups.on_share_states(group, &states.partitions, &mut outcome);
                }
                self.take_outcome(number, outcome, out);
            }
            #[cfg(test)]
            StateResponse::Read(key, Ok(read)) if self.metadata.features.breaks(Sabotage::ForgetsShareState) => {
                let forgotten = ReadState { start_offset: -1, batches: Vec::new(), ..read.clone() };
                self.with_share_leader(out, |leader, now, logs, output| {
                    leader.on_read(now, key, Ok(&forgotten), logs, output);
                });
            }
            StateResponse::Read(key, read) => self.with_share_leader(out, |leader, now, logs, output| {
                leader.on_read(now, key, read.as_ref().map_err(|error| *error), logs, output);
            }),
            StateResponse::Written(key, write, result) => self.with_share_leader(out, |leader, now, logs, output| {
                leader.on_written(now, key, *write, *result, logs, output);
            }),
        }
    }

    /// Locks may have ended, or fetches waited long enough.
    #[inline(never)]
    pub(super) fn on_share_timer(&mut self, out: &mut Outbox) {
        if self.share.timer_at != Some(out.now) {
            return;
        }
        self.share.timer_at = None;
        let is_due = self.share.leader.as_ref().and_then(|leader| leader.next_deadline());
        if is_due.is_some_and(|at| at <= out.now) {
            out.timer_fired(Timer::SharePartitions);
            self.with_share_leader(out, |leader, now, logs, output| leader.on_time(now, logs, output));
        } else {
            self.set_share_timer(out);
        }
    }

    /// More can be read of a partition.
    pub(super) fn on_share_append(&mut self, id: &TopicPartition, out: &mut Outbox) {
        let reads = |leader: &ShareLeader| leader.partitions().any(|((_, partition), _)| partition == id);
        if self.share.leader.as_ref().is_some_and(|leader| reads(leader)) {
            let because = out.cause();
            self.with_share_leader(out, |leader, now, logs, output| leader.on_append(now, logs, output));
            out.because(because);
        }
    }

    /// Others may lead now what this broker led.
    pub(super) fn give_up_share_partitions(&mut self, out: &mut Outbox) {
        if self.share.leader.is_some() {
            let because = out.cause();
            self.with_share_leader(out, |leader, now, logs, output| leader.on_leaders_changed(now, logs, output));
            out.because(because);
        }
    }

    fn share_config(&self) -> LeaderConfig {
        let config = &self.config;
        let delivery_count_limit = config.group_share_delivery_count_limit;
        #[cfg(test)]
        let delivery_count_limit =
            if self.metadata.features.breaks(Sabotage::DeliversForEver) { i32::MAX } else { delivery_count_limit };
        LeaderConfig {
            partition: Rc::new(SharePartitionConfig {
                record_lock_duration_ms: config.group_share_record_lock_duration_ms,
                delivery_count_limit,
                partition_max_record_locks: config.group_share_partition_max_record_locks,
                #[cfg(test)]
                sabotage: self.metadata.features.sabotage,
                ..SharePartitionConfig::default()
            }),
            max_share_sessions: usize::try_from(config.group_share_max_share_sessions).unwrap_or(usize::MAX),
        }
    }

    fn with_share_leader(
        &mut self,
        out: &mut Outbox,
        act: impl FnOnce(&mut ShareLeader, SimTime, &Led<'_>, &mut LeaderOutput),
    ) {
        let config = self.share_config();
        let mut leader = match self.share.leader.take() {
            Some(mut leader) => {
                leader.set_config(config);
                leader
            }
            None => Box::new(ShareLeader::new(config)),
        };
        let mut output = LeaderOutput::default();
        act(&mut leader, out.now, &Led { broker: self, now_ms: out.clock_ms() }, &mut output);
        self.share.leader = Some(leader);
        self.take_share_output(output, out);
        self.set_share_timer(out);
    }

    /// Tells what happened; what is written and answered is caused by what was told of its partition.
    fn take_share_output(&mut self, output: LeaderOutput, out: &mut Outbox) {
        let because = out.cause();
        let mut told: SortedMap<(String, TopicPartition), FactId> = SortedMap::new();
        for (key, kind) in output.events {
            let member = member_of(&kind).and_then(|member| self.share.members.get(member)).cloned();
            let (group, partition) = key.clone();
            // The start moves because of what became of records before.
            let before = match kind {
                ShareEventKind::StartMoved { .. } => told.get(&key).copied(),
                _ => None,
            };
            out.because(before.unwrap_or(because));
            let fact = ShareFact::Told { broker: self.id, group, partition, member, kind };
            told.insert(key, out.fact(FactKind::Share(Box::new(fact))));
        }
        for (key, epoch) in output.reads {
            out.because(because);
            out.share_state(StateRequest::Read(key, epoch));
        }
        for (key, write) in output.writes {
            out.because(told.get(&key).copied().unwrap_or(because));
            out.share_state(StateRequest::Write(key, write));
        }
        let last = told.values().copied().max();
        for (id, mut response) in output.responses {
            out.because(last.unwrap_or(because));
            if let Some((from, _)) = self.share.asked.remove(&id) {
                self.name_leaders_to_member(&mut response);
                out.reply(id, from, Body::Share(ShareBody::Response(response)));
            }
        }
        out.because(because);
    }

    fn set_share_timer(&mut self, out: &mut Outbox) {
        let Some(due) = self.share.leader.as_ref().and_then(|leader| leader.next_deadline()) else { return };
        let due = due.max(out.now.plus_micros(1));
        if self.share.timer_at.is_none_or(|at| due < at) {
            self.share.timer_at = Some(due);
            out.timer(due, Timer::SharePartitions);
        }
    }
}

fn member_of(kind: &ShareEventKind) -> Option<&str> {
    match kind {
        ShareEventKind::Acquired { member, .. }
        | ShareEventKind::Acknowledged { member, .. }
        | ShareEventKind::Renewed { member, .. }
        | ShareEventKind::LockExpired { member, .. }
        | ShareEventKind::Released { member, .. } => Some(member),
        ShareEventKind::Loaded { .. } | ShareEventKind::StartMoved { .. } => None,
    }
}
