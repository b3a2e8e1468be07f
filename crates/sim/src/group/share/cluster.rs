//! Share groups at work: one broker that coordinates and leads everything, its share coordinator, and consumers, in virtual
//! time. Kafka 4.3: what a broker and `KafkaShareConsumer`s are to each other.
//!
//! Differs from Kafka: every message takes the same time, those to the share coordinator too; nothing is in a transaction.

mod log;

use std::rc::Rc;

use super::super::assignor::TopicPartitions;
use super::super::coordinator::{GroupConfig, GroupCoordinator, Outcome};
use super::super::error::GroupError;
use super::super::message::{Request, Response};
use super::super::records::Record;
use super::consumer::{
    Delivered, ShareCommitId, ShareConsumer, ShareConsumerConfig, ShareEvent, ShareOutput, SharePollError,
};
use super::leader::{LeaderConfig, LeaderOutput, ShareKey, ShareLeader};
use super::message::{AcknowledgeType, ShareError, ShareRequest, ShareResponse};
use super::partition::StateWrite;
use super::persister::{ShareCoordinator, StateKey, Summary};
use super::share_group::{ShareHeartbeatRequest, ShareHeartbeatResponse};
use crate::ids::{BrokerId, MessageId, Topic, TopicId, TopicPartition};
use crate::sorted::SortedMap;
use crate::time::SimTime;
use log::{Known, View};
pub use log::{ShareLog, ShareReset};

/// How long a message is on its way, in microseconds.
const LATENCY_US: u64 = 500;
/// A consumer's requests are numbered from a multiple of this on.
const REQUESTS_MAX: u64 = 1 << 32;
/// The broker.
const BROKER: BrokerId = BrokerId(0);

/// Something that happened.
#[derive(Clone, Debug)]
pub enum ShareHappening {
    /// A member sent a heartbeat.
    Beat(String, ShareHeartbeatRequest),
    /// A member got an answer to one.
    BeatAnswered(String, Result<ShareHeartbeatResponse, GroupError>),
    /// A consumer asked a leader, then.
    Asked(String, SimTime, ShareRequest),
    /// A consumer got a leader's answer, then.
    Answered(String, SimTime, ShareResponse),
    /// An application saw something.
    Seen(String, ShareEvent),
    /// The coordinator wrote a record.
    Written(Record),
}

/// What a `poll()` came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// It goes on.
    Waits,
    /// It returned records.
    Records(Vec<Delivered>),
    /// It threw.
    Failed(SharePollError),
}

#[derive(Clone, Debug)]
struct Client {
    consumer: ShareConsumer,
    polls: bool,
    polled: Polled,
    committed: Vec<(ShareCommitId, Vec<(TopicPartition, ShareError)>)>,
    closed: bool,
}

#[derive(Clone, Debug)]
enum Mail {
    Beat(MessageId, Request),
    BeatAnswer(MessageId, Response),
    Share(MessageId, ShareRequest),
    ShareAnswer(MessageId, ShareResponse),
    Read(ShareKey, i32),
    Write(ShareKey, StateWrite),
    Wrote(ShareKey, u64, Result<(), ShareError>),
    Disconnect(u64),
}

/// A broker with its share groups.
#[derive(Debug)]
pub struct ShareCluster {
    now: SimTime,
    number: u64,
    /// Messages on their way, the next last.
    wire: Vec<(SimTime, u64, Mail)>,
    coordinator: GroupCoordinator,
    leader: ShareLeader,
    persister: ShareCoordinator,
    reset: ShareReset,
    clients: SortedMap<String, Client>,
    names: SortedMap<u64, String>,
    topics: Vec<TopicPartitions>,
    logs: SortedMap<TopicPartition, ShareLog>,
    joined: u64,
    last_activity: SimTime,
    /// What happened, in order.
    pub happenings: Vec<ShareHappening>,
}

impl ShareCluster {
    /// No topics and nobody.
    pub fn new(config: GroupConfig, leader: LeaderConfig, reset: ShareReset) -> ShareCluster {
        ShareCluster {
            now: SimTime::ZERO,
            number: 0,
            wire: Vec::new(),
            coordinator: GroupCoordinator::new(Rc::new(config), SimTime::ZERO),
            leader: ShareLeader::new(leader),
            persister: ShareCoordinator::default(),
            reset,
            clients: SortedMap::new(),
            names: SortedMap::new(),
            topics: Vec::new(),
            logs: SortedMap::new(),
            joined: 0,
            last_activity: SimTime::ZERO,
            happenings: Vec::new(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The group's coordinator.
    pub fn coordinator(&self) -> &GroupCoordinator {
        &self.coordinator
    }

    /// The leader of all partitions.
    pub fn leader(&self) -> &ShareLeader {
        &self.leader
    }

    /// A consumer.
    pub fn consumer(&self, name: &str) -> Option<&ShareConsumer> {
        self.clients.get(name).map(|client| &client.consumer)
    }

    /// A topic comes to be, or has so many partitions now.
    pub fn set_partitions(&mut self, topic: &str, id: TopicId, partitions: i32) {
        match self.topics.iter_mut().find(|there| *there.topic == *topic) {
            Some(there) => there.partitions = partitions,
            None => self.topics.push(TopicPartitions { topic: topic.into(), id, partitions }),
        }
        for partition in 0..partitions {
            self.logs.get_or_insert_with(TopicPartition::new(topic, partition), ShareLog::default);
        }
    }

    /// The log of a partition.
    pub fn log(&self, partition: &TopicPartition) -> Option<&ShareLog> {
        self.logs.get(partition)
    }

    /// Appends a batch of so many records; gives its first offset.
    pub fn append(&mut self, partition: &TopicPartition, records: i64, timestamp_ms: i64) -> Option<i64> {
        let base = self.logs.get_mut(partition).map(|log| log.append(records, timestamp_ms));
        self.at_leader(|leader, now, logs, out| leader.on_append(now, logs, out));
        base
    }

    /// `DeleteRecords`: the log begins here.
    pub fn delete_records(&mut self, partition: &TopicPartition, before: i64) {
        if let Some(log) = self.logs.get_mut(partition) {
            log.start = before.clamp(log.start, log.end());
        }
        self.at_leader(|leader, now, logs, out| leader.on_append(now, logs, out));
    }

    /// A consumer comes, subscribes, and polls once without waiting: it joins.
    pub fn join(&mut self, name: &str, config: ShareConsumerConfig, topics: &[&str]) {
        self.joined = self.joined.saturating_add(1);
        self.names.insert(self.joined, name.to_owned());
        let mut consumer = ShareConsumer::new(config, self.now, self.joined.saturating_mul(REQUESTS_MAX));
        consumer.subscribe(topics.iter().map(|topic| Topic::from(*topic)).collect());
        let (polled, committed) = (Polled::Waits, Vec::new());
        self.clients.insert(name.to_owned(), Client { consumer, polls: false, polled, committed, closed: false });
        self.last_activity = self.now;
        self.with_client(name, |client, now, known, out| {
            if let Err(error) = client.consumer.begin_poll(now, known, out) {
                client.polled = Polled::Failed(error);
            } else {
                // Nothing is there yet: this asks for records, and they wait until the next poll.
                client.consumer.take(now, known, out);
            }
        });
    }

    /// `subscribe()` again.
    pub fn subscribe(&mut self, name: &str, topics: &[&str]) {
        let topics = topics.iter().map(|topic| Topic::from(*topic)).collect();
        self.with_client(name, |client, _, _, _| client.consumer.subscribe(topics));
    }

    /// `poll()` begins; [`ShareCluster::polled`] tells what it comes to.
    pub fn begin_poll(&mut self, name: &str) {
        self.with_client(name, |client, now, known, out| match client.consumer.begin_poll(now, known, out) {
            Ok(()) => (client.polls, client.polled) = (true, Polled::Waits),
            Err(error) => client.polled = Polled::Failed(error),
        });
    }

    /// What the `poll()` has come to.
    pub fn polled(&self, name: &str) -> Polled {
        self.clients.get(name).map_or(Polled::Waits, |client| client.polled.clone())
    }

    /// The `poll()` is over, its time has run out.
    pub fn end_poll(&mut self, name: &str) {
        self.with_client(name, |client, _, _, out| {
            if std::mem::take(&mut client.polls) {
                client.consumer.end_poll(out);
            }
        });
    }

    /// `acknowledge()`.
    ///
    /// # Errors
    /// What it throws; [`SharePollError::NotInFlight`] too if there is no such consumer.
    pub fn acknowledge(
        &mut self,
        name: &str,
        partition: &TopicPartition,
        offset: i64,
        how: AcknowledgeType,
    ) -> Result<(), SharePollError> {
        let client = self.clients.get_mut(name).ok_or(SharePollError::NotInFlight)?;
        client.consumer.acknowledge(partition, offset, how)
    }

    /// `commitSync()`; [`ShareCluster::committed`] tells when it has returned.
    pub fn commit_sync(&mut self, name: &str) -> Option<ShareCommitId> {
        let mut id = None;
        self.with_client(name, |client, now, known, out| id = Some(client.consumer.commit_sync(now, known, out)));
        id
    }

    /// `commitAsync()`.
    pub fn commit_async(&mut self, name: &str) {
        self.with_client(name, |client, now, known, out| client.consumer.commit_async(now, known, out));
    }

    /// How a `commitSync()` ended.
    pub fn committed(&self, name: &str, id: ShareCommitId) -> Option<&[(TopicPartition, ShareError)]> {
        let committed = &self.clients.get(name)?.committed;
        committed.iter().find(|(there, _)| *there == id).map(|(_, results)| results.as_slice())
    }

    /// `close()`, which goes on by itself.
    pub fn close(&mut self, name: &str) {
        self.with_client(name, |client, now, known, out| client.consumer.close(now, known, out));
    }

    /// `close()` has returned, or there is no such consumer.
    pub fn is_closed(&self, name: &str) -> bool {
        self.clients.get(name).is_none_or(|client| client.closed)
    }

    /// A consumer's process is gone, and with it its connections.
    pub fn crash(&mut self, name: &str) {
        if self.clients.remove(name).is_some() {
            self.disconnect(name);
        }
    }

    fn disconnect(&mut self, name: &str) {
        let number = self.names.iter().find(|(_, there)| *there == name).map(|(number, _)| *number);
        self.last_activity = self.now;
        if let Some(number) = number {
            self.names.remove(&number);
            self.send(Mail::Disconnect(number));
        }
    }

    /// Where a group is in a partition, as administrators are told: `ListShareGroupOffsets`. The lag is none where nothing was
    /// written yet.
    pub fn offsets(&self, group: &str, partition: &TopicPartition) -> Option<(i64, Option<i64>)> {
        let Summary { start_offset, delivery_complete_count } = self.persister.summary(&self.key(group, partition)?)?;
        let end = self.logs.get(partition)?.end();
        let lag = end.saturating_sub(start_offset).saturating_sub(delivery_complete_count);
        Some((start_offset, (start_offset >= 0).then_some(lag)))
    }

    /// The group has so many members, all have what they are to have, and nothing was to be seen for so long.
    pub fn is_settled(&self, group: &str, members: usize, quiet_ms: u64) -> bool {
        let there = self.coordinator.share_group(group);
        let count = there.map_or(0, |group| group.members.len());
        let is_there = members == 0 || there.is_some_and(super::share_group::ShareGroup::is_settled);
        count == members && is_there && self.now.ms_since(self.last_activity) >= quiet_ms
    }

    /// When something happens next.
    pub fn next_event(&self) -> SimTime {
        let wire = self.wire.last().map(|(at, ..)| *at);
        let clients = self.clients.values().filter_map(|client| client.consumer.next_deadline());
        let all = clients.chain(wire).chain(self.leader.next_deadline());
        all.fold(self.coordinator.next_deadline(), SimTime::min)
    }

    /// Goes on to the next moment at which something happens, but not beyond `end`.
    pub fn step(&mut self, end: SimTime) {
        let at = self.next_event().max(self.now);
        if at > end {
            self.now = self.now.max(end);
            return;
        }
        self.now = at;
        while let Some((_, _, mail)) = self.wire.pop_if(|(there, ..)| *there <= at) {
            self.deliver(mail);
        }
        if self.coordinator.next_deadline() <= at {
            let mut out = Outcome::default();
            self.coordinator.on_time(at, &mut out);
            self.take_outcome(out);
        }
        if self.leader.next_deadline().is_some_and(|deadline| deadline <= at) {
            self.at_leader(|leader, now, logs, out| leader.on_time(now, logs, out));
        }
        let is_due = |client: &Client| client.consumer.next_deadline().is_some_and(|deadline| deadline <= at);
        let names: Vec<String> =
            self.clients.iter().filter(|(_, client)| is_due(client)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.with_client(&name, |client, now, known, out| client.consumer.run(now, known, out));
        }
    }

    fn deliver(&mut self, mail: Mail) {
        match mail {
            Mail::Beat(id, request) => {
                let mut out = Outcome::default();
                // Topics only come: how many there are is a version of what is known of them.
                self.coordinator.set_topics(&self.topics, u64::try_from(self.topics.len()).unwrap_or(u64::MAX));
                self.coordinator.on_request(self.now, id, &request, &mut |prefix| prefix.to_owned(), &mut out);
                self.take_outcome(out);
            }
            Mail::BeatAnswer(id, Response::ShareGroupHeartbeat(answer)) => {
                let Some(name) = self.name_of(id) else { return };
                if answer.as_ref().is_ok_and(|beat| beat.assignment.is_some() || beat.member_epoch <= 0) {
                    self.last_activity = self.now;
                }
                self.happenings.push(ShareHappening::BeatAnswered(name.clone(), answer.clone()));
                self.with_client(&name, |client, now, known, out| {
                    client.consumer.on_heartbeat(now, id, &answer, known, out);
                });
            }
            Mail::BeatAnswer(..) => {}
            Mail::Share(id, request) => {
                let connection = id.0 / REQUESTS_MAX;
                self.at_leader(|leader, now, logs, out| leader.on_request(now, id, connection, &request, logs, out));
            }
            Mail::ShareAnswer(id, response) => {
                let Some(name) = self.name_of(id) else { return };
                self.happenings.push(ShareHappening::Answered(name.clone(), self.now, response.clone()));
                self.with_client(&name, |client, now, known, out| {
                    client.consumer.on_response(now, id, &response, known, out);
                });
            }
            Mail::Read(key, epoch) => {
                let unknown = ShareError::UnknownTopicOrPartition;
                let read = match self.key(&key.0, &key.1) {
                    Some(there) => self.persister.read(&there, epoch),
                    None => Err(unknown),
                };
                self.at_leader(|leader, now, logs, out| {
                    leader.on_read(now, &key, read.as_ref().map_err(|error| *error), logs, out);
                });
            }
            Mail::Write(key, write) => {
                let result = match self.key(&key.0, &key.1) {
                    Some(there) => self.persister.write(&there, &write),
                    None => Err(ShareError::UnknownTopicOrPartition),
                };
                self.send(Mail::Wrote(key, write.id, result));
            }
            Mail::Wrote(key, write, result) => {
                self.at_leader(|leader, now, logs, out| leader.on_written(now, &key, write, result, logs, out));
            }
            Mail::Disconnect(connection) => {
                self.at_leader(|leader, now, logs, out| leader.on_disconnect(now, connection, logs, out));
            }
        }
    }

    fn name_of(&self, id: MessageId) -> Option<String> {
        self.names.get(&(id.0 / REQUESTS_MAX)).cloned()
    }

    fn key(&self, group: &str, partition: &TopicPartition) -> Option<StateKey> {
        let topic = self.topics.iter().find(|there| there.topic == partition.topic)?;
        Some((group.to_owned(), topic.id, partition.partition))
    }

    fn take_outcome(&mut self, out: Outcome) {
        if !out.records.is_empty() {
            self.last_activity = self.now;
        }
        self.happenings.extend(out.records.into_iter().map(ShareHappening::Written));
        for (id, response) in out.responses {
            self.send(Mail::BeatAnswer(id, response));
        }
        for states in out.share_states {
            for (topic, numbers) in &states.partitions {
                for number in numbers {
                    let key = (states.group.clone(), *topic, *number);
                    self.persister.initialize(key, states.state_epoch, -1);
                }
            }
            let mut more = Outcome::default();
            self.coordinator.on_share_states(&states.group, &states.partitions, &mut more);
            self.happenings.extend(more.records.into_iter().map(ShareHappening::Written));
        }
    }

    fn send(&mut self, mail: Mail) {
        self.number = self.number.saturating_add(1);
        let (at, number) = (self.now.plus_micros(LATENCY_US), self.number);
        let place = self.wire.partition_point(|(there, other, _)| (*there, *other) > (at, number));
        self.wire.insert(place, (at, number, mail));
    }

    fn at_leader(&mut self, act: impl FnOnce(&mut ShareLeader, SimTime, &View<'_>, &mut LeaderOutput)) {
        let mut out = LeaderOutput::default();
        let view = View { logs: &self.logs, reset: self.reset, now_ms: self.now.timestamp_ms() };
        act(&mut self.leader, self.now, &view, &mut out);
        for (id, response) in out.responses {
            self.send(Mail::ShareAnswer(id, response));
        }
        for (key, epoch) in out.reads {
            self.send(Mail::Read(key, epoch));
        }
        for (key, write) in out.writes {
            self.send(Mail::Write(key, write));
        }
    }

    /// Lets a client do something; then its `poll()` looks, if one goes on.
    fn with_client(&mut self, name: &str, act: impl FnOnce(&mut Client, SimTime, &Known<'_>, &mut ShareOutput)) {
        let known = Known { topics: &self.topics, broker: BROKER };
        let mut out = ShareOutput::default();
        if let Some(client) = self.clients.get_mut(name) {
            act(client, self.now, &known, &mut out);
            if client.polls {
                let records = client.consumer.take(self.now, &known, &mut out);
                if !records.is_empty() {
                    (client.polls, client.polled) = (false, Polled::Records(records));
                }
            }
        }
        for (id, request) in out.heartbeats {
            if let Request::ShareGroupHeartbeat(beat) = &request {
                self.happenings.push(ShareHappening::Beat(name.to_owned(), beat.clone()));
            }
            self.send(Mail::Beat(id, request));
        }
        for (id, _, request) in out.requests {
            self.happenings.push(ShareHappening::Asked(name.to_owned(), self.now, request.clone()));
            self.send(Mail::Share(id, request));
        }
        for event in out.events {
            if let Some(client) = self.clients.get_mut(name) {
                match &event {
                    ShareEvent::Committed(id, results) => client.committed.push((*id, results.clone())),
                    ShareEvent::Closed => client.closed = true,
                    ShareEvent::Acknowledged(..) | ShareEvent::Assigned(_) => {}
                }
            }
            if event == ShareEvent::Closed {
                self.disconnect(name);
            }
            self.happenings.push(ShareHappening::Seen(name.to_owned(), event));
        }
    }
}

#[cfg(test)]
mod tests;
