//! The coordinators of groups on a broker: one for each partition of `__consumer_offsets` that it leads. Kafka 4.3:
//! `CoordinatorRuntime`, `GroupCoordinatorService.onElection`, `onResignation`, `CoordinatorPartitionWriter`.
//!
//! What a coordinator decides is written to the partition's log; its answer waits until that is committed.
//! Differs from Kafka: every call has a batch of its own (`group.coordinator.append.linger.ms` 0); loading takes no time; an
//! offset can be fetched as soon as it is written.

mod told;

use std::rc::Rc;

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::producer_state::AppendOrigin;
use highwater_log::record::NewRecord;

use super::Broker;
use crate::fact::{FactKind, GroupFact};
use crate::group::assignor::TopicPartitions;
use crate::group::body::{GroupApi, GroupBody};
use crate::group::consumer_group::ConsumerGroupConfig;
use crate::group::coordinator::{GroupConfig, GroupCoordinator, Outcome};
use crate::group::error::GroupError;
use crate::group::message::{Request, Response};
use crate::group::records::{Key, Record, Value};
use crate::group::share::persister::StateRequest;
use crate::group::share::share_group::ShareGroupConfig;
use crate::group::{OFFSETS_TOPIC, partition_for};
use crate::ids::{BrokerId, MessageId, NodeId, Offset, Topic, TopicPartition};
use crate::message::{Acks, Body, Message};
use crate::metadata::{MetadataImage, TopicImage};
use crate::outbox::Outbox;
use crate::rng::Pcg;
use crate::sorted::SortedMap;
use crate::time::SimTime;
use crate::timer::Timer;
use told::Names;

/// The coordinators of a broker.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// By partition of `__consumer_offsets`.
    pub coordinators: SortedMap<i32, Rc<Coordinator>>,
    /// Ids for members to come, the next last, by the name with which they begin; what is not here is made up.
    pub member_ids: Rc<SortedMap<String, Vec<String>>>,
}

/// The coordinator of the groups of one partition of `__consumer_offsets`.
#[derive(Clone, Debug)]
pub struct Coordinator {
    /// Its groups.
    pub groups: GroupCoordinator,
    /// Requests that are not answered yet.
    asked: SortedMap<MessageId, Asked>,
    /// Answers that wait for the high watermark to reach an offset.
    waiting: Vec<(Offset, MessageId, Response)>,
    /// The end of what it has written.
    written: Offset,
    timer_at: Option<SimTime>,
}

/// A request that waits.
#[derive(Clone, Debug)]
struct Asked {
    from: NodeId,
    since: SimTime,
    request: Request,
    /// The partitions of a commit that there are not, which the coordinator does not see.
    unknown: Vec<(Topic, i32, GroupError)>,
}

impl Asked {
    /// The whole answer.
    fn answer(&self, mut response: Response) -> Body {
        if let Response::OffsetCommit(partitions) = &mut response {
            partitions.extend(self.unknown.iter().cloned());
        }
        Body::Group(GroupBody::Response(response))
    }
}

impl Coordinator {
    /// The request of a node that is not answered yet.
    pub fn waiting_of(&self, node: &NodeId) -> Option<GroupApi> {
        self.asked.values().rev().find(|asked| asked.from == *node).map(|asked| asked.request.api())
    }
}

impl Groups {
    /// The process is gone.
    pub(super) fn crash(&mut self) {
        self.coordinators.clear();
    }

    /// The coordinator of a group, if it is here.
    pub fn coordinator_of(&self, group: &str) -> Option<&GroupCoordinator> {
        let holds = |coordinator: &&Rc<Coordinator>| {
            coordinator.groups.ids().iter().any(|id| id == group) || !coordinator.groups.committed(group).is_empty()
        };
        self.coordinators.values().find(holds).map(|coordinator| &coordinator.groups)
    }

    /// The requests that wait: their numbers, who sent them, since when.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = (MessageId, NodeId, SimTime)> {
        let asked = self.coordinators.values().flat_map(|coordinator| coordinator.asked.iter());
        asked.map(|(id, asked)| (*id, asked.from.clone(), asked.since))
    }

    /// An id for a new member: a given one, or the name, a hyphen and a UUID.
    fn new_member_id(&mut self, prefix: &str, request: MessageId) -> String {
        if let Some(id) = Rc::make_mut(&mut self.member_ids).get_mut(prefix).and_then(Vec::pop) {
            return id;
        }
        let mut random = Pcg::new(request.0);
        let (high, low) = (random.next_u64(), random.next_u64());
        let parts =
            (high >> 32, high >> 16 & 0xffff, high & 0xfff, low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
        format!("{prefix}-{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", parts.0, parts.1, parts.2, parts.3, parts.4)
    }
}

impl Broker {
    /// Handles a message of a member.
    #[inline(never)]
    pub(super) fn on_group(&mut self, message: &Message, body: &GroupBody, out: &mut Outbox) {
        match body {
            GroupBody::FindCoordinator(group) => {
                let found = GroupBody::FoundCoordinator(group.clone(), self.find_coordinator(group));
                out.reply(message.id, message.from.clone(), Body::Group(found));
            }
            GroupBody::Request(request) => self.on_group_request(message, request, out),
            GroupBody::FoundCoordinator(..) | GroupBody::Response(_) => {}
        }
    }

    /// Kafka: `KafkaApis.getCoordinator`.
    fn find_coordinator(&self, group: &str) -> Result<BrokerId, GroupError> {
        let topic = self.metadata.topics.get(OFFSETS_TOPIC);
        let partitions = topic.map_or(0, |topic| i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX));
        let leader = partition_for(group, partitions)
            .and_then(|partition| self.metadata.partition(&TopicPartition::new(OFFSETS_TOPIC, partition)))
            .and_then(|registration| registration.leader);
        leader.filter(|leader| self.metadata.has_alive_broker(*leader)).ok_or(GroupError::CoordinatorNotAvailable)
    }

    fn on_group_request(&mut self, message: &Message, request: &Request, out: &mut Outbox) {
        let topic = self.metadata.topics.get(OFFSETS_TOPIC);
        let partitions = topic.map_or(0, |topic| i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX));
        let partition = partition_for(request.group(), partitions).unwrap_or(-1);
        let (request, unknown) = self.without_unknown(request);
        if matches!(&request, Request::OffsetCommit(commit) if commit.offsets.is_empty() && !unknown.is_empty()) {
            let response = GroupBody::Response(Response::OffsetCommit(unknown));
            return out.reply(message.id, message.from.clone(), Body::Group(response));
        }
        // Out of its place while it works: it is shared with other worlds only, never with itself.
        let Some(mut coordinator) = self.groups.coordinators.remove(&partition) else {
            let response = request.refused(GroupError::NotCoordinator);
            return out.reply(message.id, message.from.clone(), Body::Group(GroupBody::Response(response)));
        };
        let inner = Rc::make_mut(&mut coordinator);
        let mut outcome = Outcome::default();
        if matches!(request, Request::ConsumerGroupHeartbeat(_) | Request::ShareGroupHeartbeat(_)) {
            inner.groups.set_topics(&topics_of(&self.metadata), self.metadata.offset);
        }
        let groups = &mut self.groups;
        let mut new_member_id = |prefix: &str| groups.new_member_id(prefix, message.id);
        inner.groups.on_request(out.now, message.id, &request, &mut new_member_id, &mut outcome);
        inner.asked.insert(message.id, Asked { from: message.from.clone(), since: out.now, request, unknown });
        self.groups.coordinators.insert(partition, coordinator);
        self.take_outcome(partition, outcome, out);
    }

    /// A commit without the partitions that there are not, and those. Kafka: `KafkaApis.handleOffsetCommitRequest`.
    fn without_unknown(&self, request: &Request) -> (Request, Vec<(Topic, i32, GroupError)>) {
        let mut request = request.clone();
        let mut unknown = Vec::new();
        if let Request::OffsetCommit(commit) = &mut request {
            commit.offsets.retain(|offset| {
                let id = TopicPartition::new(offset.topic.clone(), offset.partition);
                let is_there = self.metadata.partition(&id).is_some();
                if !is_there {
                    unknown.push((id.topic, id.partition, GroupError::UnknownTopicOrPartition));
                }
                is_there
            });
        }
        (request, unknown)
    }

    /// Something may be due in a group.
    #[inline(never)]
    pub(super) fn on_coordinator_timer(&mut self, partition: i32, out: &mut Outbox) {
        let Some(coordinator) = self.groups.coordinators.get_mut(&partition) else { return };
        if coordinator.timer_at != Some(out.now) {
            return;
        }
        let coordinator = Rc::make_mut(coordinator);
        coordinator.timer_at = None;
        let mut outcome = Outcome::default();
        if coordinator.groups.consumer_groups().next().is_some() {
            coordinator.groups.set_topics(&topics_of(&self.metadata), self.metadata.offset);
        }
        coordinator.groups.on_time(out.now, &mut outcome);
        if outcome != Outcome::default() {
            out.timer_fired(Timer::GroupCoordinator { partition });
        }
        self.take_outcome(partition, outcome, out);
    }

    /// What groups have committed for topics that are deleted is forgotten. Kafka:
    /// `GroupCoordinatorService.onMetadataUpdate`, `handlePartitionsDeletion`.
    #[inline(never)]
    pub(super) fn forget_offsets_of_deleted(&mut self, before: &MetadataImage, out: &mut Outbox) {
        let is_gone = |(topic, image): &(&Topic, &Rc<TopicImage>)| {
            self.metadata.topics.get(*topic).is_none_or(|now| now.id != image.id)
        };
        let gone: Vec<Topic> = before.topics.iter().filter(is_gone).map(|(topic, _)| Rc::clone(topic)).collect();
        if gone.is_empty() {
            return;
        }
        let because = out.cause();
        for partition in self.groups.coordinators.keys().copied().collect::<Vec<i32>>() {
            let Some(coordinator) = self.groups.coordinators.get_mut(&partition) else { continue };
            let mut outcome = Outcome::default();
            Rc::make_mut(coordinator).groups.on_topics_deleted(&gone, &mut outcome);
            if !outcome.records.is_empty() {
                self.take_outcome(partition, outcome, out);
                out.because(because);
            }
        }
    }

    /// Tells what happened, writes the records, and answers once they are committed.
    pub(super) fn take_outcome(&mut self, partition: i32, outcome: Outcome, out: &mut Outbox) {
        let because = out.cause();
        let names = Names::of(self.groups.coordinators.get(&partition).map(|there| &there.groups), &outcome.events);
        for event in outcome.events {
            out.because(because);
            out.then(FactKind::Group(Box::new(GroupFact::Told { broker: self.id, event })));
        }
        for states in outcome.share_states {
            out.share_state(StateRequest::Initialize(states));
        }
        let id = TopicPartition::new(OFFSETS_TOPIC, partition);
        let appended = self.append_group_records(&id, &outcome.records, &names, out);
        if let Some(coordinator) = self.groups.coordinators.get_mut(&partition) {
            let coordinator = Rc::make_mut(coordinator);
            if let Some(end) = appended {
                coordinator.written = end;
            }
            let at = coordinator.written;
            coordinator.waiting.extend(outcome.responses.into_iter().map(|(id, response)| (at, id, response)));
        }
        if appended.is_some() {
            // What was appended may be committed already, and others may wait to fetch it.
            self.try_complete(&id, out);
        } else {
            self.answer_what_waited(partition, out);
        }
        self.set_coordinator_timer(partition, out);
        out.because(because);
    }

    fn set_coordinator_timer(&mut self, partition: i32, out: &mut Outbox) {
        let Some(coordinator) = self.groups.coordinators.get_mut(&partition) else { return };
        let due = coordinator.groups.next_deadline().max(out.now.plus_micros(1));
        if coordinator.timer_at.is_none_or(|at| due < at) {
            Rc::make_mut(coordinator).timer_at = Some(due);
            out.timer(due, Timer::GroupCoordinator { partition });
        }
    }

    /// Appends records as one batch; gives the end of the log then. The append is the cause of what follows.
    fn append_group_records(
        &mut self,
        id: &TopicPartition,
        records: &[Record],
        names: &Names,
        out: &mut Outbox,
    ) -> Option<Offset> {
        let now_ms = out.now.timestamp_ms();
        let encoded: Vec<NewRecord> = records.iter().filter_map(|record| encode(record, now_ms)).collect();
        let batch = RecordBatch::encode(&BatchSpec::default(), &encoded).ok()?;
        let (replica, mut around) = self.replica_mut(id, out)?;
        let appended = replica.append_as_leader(&batch, Acks::Leader, AppendOrigin::Coordinator, &mut around).ok()?;
        let because = out.cause();
        for (place, record) in (0..).zip(records) {
            let at = appended.base_offset.plus(place);
            if let Some(fact) = told::told(self.id, id, at, record, names) {
                out.because(because);
                out.then(FactKind::Group(Box::new(fact)));
            }
        }
        Some(appended.last_offset.plus(1))
    }

    /// Sends the answers whose records are committed.
    pub(super) fn answer_what_waited(&mut self, partition: i32, out: &mut Outbox) {
        let id = TopicPartition::new(OFFSETS_TOPIC, partition);
        let Some(committed) = self.partitions.get(&id).map(|replica| replica.high_watermark()) else { return };
        let Some(coordinator) = self.groups.coordinators.get_mut(&partition) else { return };
        if coordinator.waiting.is_empty() {
            return;
        }
        let coordinator = Rc::make_mut(coordinator);
        for (at, request, response) in std::mem::take(&mut coordinator.waiting) {
            if at > committed {
                coordinator.waiting.push((at, request, response));
            } else if let Some(asked) = coordinator.asked.remove(&request) {
                let answer = asked.answer(response);
                out.reply(request, asked.from, answer);
            }
        }
    }

    /// Coordinators begin and end with the leadership of their partitions.
    #[inline(never)]
    pub(super) fn elect_coordinators(&mut self, out: &mut Outbox) {
        let because = out.cause();
        let leads = |broker: &Broker, partition: i32| {
            let id = TopicPartition::new(OFFSETS_TOPIC, partition);
            broker.partitions.get(&id).is_some_and(|replica| replica.is_leader())
        };
        let gone: Vec<i32> =
            self.groups.coordinators.keys().copied().filter(|partition| !leads(self, *partition)).collect();
        for partition in gone {
            self.unload_coordinator(partition, out);
            out.because(because);
        }
        let partitions = self.metadata.topics.get(OFFSETS_TOPIC).map_or(0, |topic| topic.partitions.len());
        for partition in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
            if leads(self, partition) && !self.groups.coordinators.contains_key(&partition) {
                self.load_coordinator(partition, out);
                out.because(because);
            }
        }
    }

    /// Reads a partition to its end.
    fn load_coordinator(&mut self, partition: i32, out: &mut Outbox) {
        let id = TopicPartition::new(OFFSETS_TOPIC, partition);
        let Some(replica) = self.partitions.get(&id) else { return };
        let mut groups = GroupCoordinator::new(Rc::new(self.group_config()), out.now);
        let mut records = 0_i64;
        for read in replica.log.records_from(replica.log_start_offset().0) {
            let Some(record) = read.ok().as_ref().and_then(decode) else { continue };
            records = records.saturating_add(1);
            groups.replay(out.now, &record);
        }
        groups.set_topics(&topics_of(&self.metadata), self.metadata.offset);
        groups.on_loaded(out.now);
        let found = groups.ids();
        let written = replica.log_end_offset();
        let coordinator = Coordinator { groups, asked: SortedMap::new(), waiting: Vec::new(), written, timer_at: None };
        self.groups.coordinators.insert(partition, Rc::new(coordinator));
        if records > 0 {
            let fact = GroupFact::CoordinatorLoaded { broker: self.id, log: id, groups: found, records };
            out.then(FactKind::Group(Box::new(fact)));
        }
        self.set_coordinator_timer(partition, out);
    }

    /// Gives the groups of a partition up: whoever waits is told to look for another coordinator.
    fn unload_coordinator(&mut self, partition: i32, out: &mut Outbox) {
        let Some(coordinator) = self.groups.coordinators.remove(&partition) else { return };
        let groups = coordinator.groups.ids();
        if !groups.is_empty() {
            let log = TopicPartition::new(OFFSETS_TOPIC, partition);
            let fact = GroupFact::CoordinatorUnloaded { broker: self.id, log, groups };
            out.then(FactKind::Group(Box::new(fact)));
        }
        for (id, asked) in &coordinator.asked {
            let response = asked.request.refused(GroupError::NotCoordinator);
            out.reply(*id, asked.from.clone(), asked.answer(response));
        }
    }

    fn group_config(&self) -> GroupConfig {
        let config = &self.config;
        let ms = |value: u64| i32::try_from(value).unwrap_or(i32::MAX);
        GroupConfig {
            initial_rebalance_delay_ms: ms(config.group_initial_rebalance_delay_ms),
            min_session_timeout_ms: ms(config.group_min_session_timeout_ms),
            max_session_timeout_ms: ms(config.group_max_session_timeout_ms),
            offsets_retention_ms: i64::try_from(config.offsets_retention_minutes)
                .unwrap_or(i64::MAX)
                .saturating_mul(60_000),
            offsets_retention_check_interval_ms: config.offsets_retention_check_interval_ms,
            consumer: ConsumerGroupConfig {
                heartbeat_interval_ms: ms(config.group_consumer_heartbeat_interval_ms),
                session_timeout_ms: config.group_consumer_session_timeout_ms,
                assignment_interval_ms: config.group_consumer_assignment_interval_ms,
                #[cfg(test)]
                sabotage: self.metadata.features.sabotage,
            },
            share: ShareGroupConfig {
                heartbeat_interval_ms: ms(config.group_share_heartbeat_interval_ms),
                session_timeout_ms: config.group_share_session_timeout_ms,
                assignment_interval_ms: config.group_share_assignment_interval_ms,
                ..ShareGroupConfig::default()
            },
            ..GroupConfig::default()
        }
    }
}

/// What a coordinator knows of topics.
fn topics_of(metadata: &MetadataImage) -> Vec<TopicPartitions> {
    let of = |(topic, image): (&Topic, &Rc<TopicImage>)| TopicPartitions {
        topic: topic.clone(),
        id: image.id,
        partitions: i32::try_from(image.partitions.len()).unwrap_or(i32::MAX),
    };
    metadata.topics.iter().map(of).collect()
}

fn encode(record: &Record, timestamp: i64) -> Option<NewRecord> {
    let key = record.key.encode().ok()?;
    let value = match &record.value {
        Some(value) => Some(value.encode(record.key.kind).ok()?),
        None => None,
    };
    Some(NewRecord { timestamp, key: Some(key.into()), value: value.map(Into::into), headers: Vec::new() })
}

fn decode(record: &highwater_log::record::Record) -> Option<Record> {
    let key = Key::decode(record.key.as_deref()?).ok()?;
    let value = match record.value.as_deref() {
        Some(bytes) => Some(Value::decode(key.kind, bytes).ok()?),
        None => None,
    };
    Some(Record { key, value })
}
