//! Groups at work: one coordinator, its members, the partitions that they read, in virtual time.
//! Kafka 4.3: what a broker and `ClassicKafkaConsumer`s are to each other.
//!
//! Differs from Kafka: every message takes the same time; the partitions' leaders answer at once, so that a position that
//! is asked for or a record that is there reaches `poll()` without a wait.

mod client;
mod reader;
mod timing;

use std::rc::Rc;

use super::assignor::TopicPartitions;
use super::consumer_group::GroupState;
use super::coordinator::{GroupConfig, GroupCoordinator, Outcome, State};
use super::member::{CommitError, CommitId, Event, GroupMember, MemberConfig, MembershipOperation, PollError, Wanted};
use super::message::{Request, Response};
use super::records::{Kind, Record};
use crate::ids::{MessageId, Topic, TopicId, TopicPartition};
use crate::rng::Pcg;
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;
use reader::Reader;
pub use reader::{Log, ResetPolicy};
pub use timing::Timing;

/// How long a message is on its way, in microseconds.
const LATENCY_US: u64 = 500;
/// A member's requests are numbered from a multiple of this on.
const REQUESTS_MAX: u64 = 1 << 32;

/// When an application calls `poll()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polls {
    /// All the time.
    Always,
    /// Not now.
    Never,
    /// Until it gets a record or the time is over.
    Once,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A member asked.
    Asked(String, Request),
    /// A member got an answer.
    Answered(String, Response),
    /// An application saw something.
    Seen(String, Event),
    /// `poll()` threw.
    PollFailed(String, Failure),
    /// `poll()` returned records: partition and offset.
    Records(String, Vec<(TopicPartition, i64)>),
    /// The coordinator wrote a record.
    Written(Record),
}

/// Why `poll()` or `position()` threw.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The group.
    #[error(transparent)]
    Group(#[from] PollError),
    /// Kafka: `NoOffsetForPartitionException`.
    #[error("Undefined offset with no reset policy for partitions")]
    NoOffset(Vec<TopicPartition>),
    /// Kafka: `OffsetOutOfRangeException`.
    #[error("Fetch position out of range for {0}")]
    OutOfRange(TopicPartition),
}

/// A consumer and its application.
#[derive(Debug)]
struct Client {
    member: GroupMember,
    reader: Reader,
    polls: Polls,
    /// What `poll()` has returned since [`Polls::Once`].
    polled: Vec<(TopicPartition, i64)>,
    finished: Vec<(CommitId, Result<(), CommitError>)>,
    failed: Option<Failure>,
    closed: bool,
}

/// A coordinator with its groups.
#[derive(Debug)]
pub struct GroupCluster {
    now: SimTime,
    number: u64,
    /// Messages on their way, the next last.
    wire: Vec<(SimTime, u64, Mail)>,
    coordinator: GroupCoordinator,
    clients: SortedMap<String, Client>,
    topics: Vec<TopicPartitions>,
    /// How many topics have come to be so far.
    topics_version: u64,
    logs: SortedMap<TopicPartition, Log>,
    /// Ids for members to come, by `client.id`; what is not here is made up.
    member_ids: SortedMap<String, Vec<String>>,
    joined: u64,
    names: SortedMap<u64, String>,
    last_activity: SimTime,
    timing: Timing,
    /// Decides races between the threads of one client.
    chance: Pcg,
    /// Whose metadata is on its way.
    metadata_of: SortedSet<String>,
    /// What happened, in order.
    pub happenings: Vec<Happening>,
}

#[derive(Clone, Debug)]
enum Mail {
    Request(MessageId, Request),
    Response(MessageId, Response),
    Metadata(String),
}

impl GroupCluster {
    /// No topics and nobody.
    pub fn new(config: GroupConfig) -> GroupCluster {
        GroupCluster {
            now: SimTime::ZERO,
            number: 0,
            wire: Vec::new(),
            coordinator: GroupCoordinator::new(Rc::new(config), SimTime::ZERO),
            clients: SortedMap::new(),
            topics: Vec::new(),
            topics_version: 0,
            logs: SortedMap::new(),
            member_ids: SortedMap::new(),
            joined: 0,
            names: SortedMap::new(),
            last_activity: SimTime::ZERO,
            timing: Timing::default(),
            chance: Pcg::new(0),
            metadata_of: SortedSet::new(),
            happenings: Vec::new(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The coordinator.
    pub fn coordinator(&self) -> &GroupCoordinator {
        &self.coordinator
    }

    /// The next ids that a client's members get.
    pub fn give_member_ids(&mut self, client_id: &str, mut ids: Vec<String>) {
        ids.reverse();
        self.member_ids.insert(client_id.to_owned(), ids);
    }

    /// A topic comes to be, or has so many partitions now.
    pub fn set_partitions(&mut self, topic: &str, partitions: i32) {
        if let Some(there) = self.topics.iter_mut().find(|there| *there.topic == *topic) {
            there.partitions = partitions;
        } else {
            self.number = self.number.saturating_add(1);
            let id = TopicId(u128::from(self.number));
            self.topics_version = self.topics_version.saturating_add(1);
            self.topics.push(TopicPartitions { topic: topic.into(), id, partitions });
        }
        for partition in 0..partitions {
            self.logs.get_or_insert_with(TopicPartition::new(topic, partition), Log::default);
        }
    }

    /// Gives a topic this id.
    pub fn set_topic_id(&mut self, topic: &str, id: TopicId) {
        if let Some(there) = self.topics.iter_mut().find(|there| *there.topic == *topic) {
            there.id = id;
        }
    }

    /// A topic is gone.
    pub fn delete_topic(&mut self, topic: &str) {
        self.topics.retain(|there| *there.topic != *topic);
        self.logs.retain(|partition, _| *partition.topic != *topic);
        let mut out = Outcome::default();
        self.coordinator.on_topics_deleted(&[topic.into()], &mut out);
        self.take_outcome(out);
    }

    /// The log of a partition.
    pub fn log(&self, partition: &TopicPartition) -> Option<&Log> {
        self.logs.get(partition)
    }

    /// The log of a partition, to write to.
    pub fn log_mut(&mut self, partition: &TopicPartition) -> Option<&mut Log> {
        self.logs.get_mut(partition)
    }

    /// A consumer comes, and subscribes.
    pub fn join(
        &mut self,
        name: &str,
        config: MemberConfig,
        wanted: Wanted,
        reset: ResetPolicy,
        max_poll_records: usize,
        polls: Polls,
    ) {
        self.joined = self.joined.saturating_add(1);
        self.names.insert(self.joined, name.to_owned());
        let mut member = GroupMember::new(config, self.now, self.joined.saturating_mul(REQUESTS_MAX));
        let known = if self.timing.late_metadata { &[] } else { self.topics.as_slice() };
        member.subscribe(wanted, known);
        let reader = Reader::new(reset, max_poll_records);
        let client =
            Client { member, reader, polls, polled: Vec::new(), finished: Vec::new(), failed: None, closed: false };
        self.clients.insert(name.to_owned(), client);
        self.polled(name);
    }

    /// A consumer comes, and takes partitions without group management.
    pub fn assign(
        &mut self,
        name: &str,
        config: MemberConfig,
        partitions: &[TopicPartition],
        reset: ResetPolicy,
        max_poll_records: usize,
    ) {
        self.joined = self.joined.saturating_add(1);
        self.names.insert(self.joined, name.to_owned());
        let mut member = GroupMember::new(config, self.now, self.joined.saturating_mul(REQUESTS_MAX));
        member.assign(partitions.iter().cloned().collect(), &self.topics);
        let mut reader = Reader::new(reset, max_poll_records);
        reader.on_event(&Event::Assigned(partitions.to_vec()), &member.assigned);
        let polls = Polls::Never;
        let client =
            Client { member, reader, polls, polled: Vec::new(), finished: Vec::new(), failed: None, closed: false };
        self.clients.insert(name.to_owned(), client);
    }

    /// Why the last `poll()` failed.
    pub fn failed(&self, name: &str) -> Option<&Failure> {
        self.clients.get(name)?.failed.as_ref()
    }

    /// A consumer's member.
    pub fn member(&self, name: &str) -> Option<&GroupMember> {
        self.clients.get(name).map(|client| &client.member)
    }

    /// Where a consumer is in a partition.
    pub fn position(&self, name: &str, partition: &TopicPartition) -> Option<i64> {
        self.clients.get(name)?.reader.position(partition)
    }

    /// A consumer's process is gone.
    pub fn crash(&mut self, name: &str) {
        self.clients.remove(name);
        self.last_activity = self.now;
    }

    /// `close()`, which goes on by itself.
    pub fn close(&mut self, name: &str, operation: MembershipOperation) {
        self.with_member(name, |client, out| {
            client.polls = Polls::Never;
            client.member.close(operation, out);
        });
    }

    /// `close()` has returned, or there is no such consumer.
    pub fn is_closed(&self, name: &str) -> bool {
        self.clients.get(name).is_none_or(|client| client.closed)
    }

    /// The application polls from now on, or no more.
    pub fn set_polls(&mut self, name: &str, polls: Polls) {
        if let Some(client) = self.clients.get_mut(name) {
            client.polls = polls;
            client.polled.clear();
            client.failed = None;
        }
        self.polled(name);
    }

    /// What the `poll()` returned that began with [`Polls::Once`]; it is over if it polls no more.
    pub fn taken(&self, name: &str) -> Option<(&[(TopicPartition, i64)], Polls)> {
        self.clients.get(name).map(|client| (client.polled.as_slice(), client.polls))
    }

    /// Records have come: everyone who polls looks.
    pub fn wake(&mut self) {
        let names: Vec<String> = self.clients.keys().cloned().collect();
        for name in names {
            self.polled(&name);
        }
    }

    /// `subscribe()` again.
    pub fn subscribe(&mut self, name: &str, wanted: Wanted) {
        let topics = self.topics.clone();
        self.with_member(name, |client, _| client.member.subscribe(wanted, &topics));
    }

    /// `unsubscribe()`.
    pub fn unsubscribe(&mut self, name: &str) {
        self.with_member(name, |client, out| client.member.unsubscribe(out));
    }

    /// `enforceRebalance()`.
    pub fn enforce_rebalance(&mut self, name: &str) {
        self.with_member(name, |client, _| client.member.enforce_rebalance());
    }

    /// `commitSync()` or `commitAsync()`, of all that was consumed if nothing is given.
    pub fn commit(&mut self, name: &str, offsets: Option<&[(TopicPartition, i64, i32)]>) -> Option<CommitId> {
        let mut id = None;
        self.with_member(name, |client, out| {
            let consumed = client.member.all_consumed();
            id = Some(client.member.commit(offsets.unwrap_or(&consumed), out));
        });
        id
    }

    /// How a commit ended.
    pub fn finished(&self, name: &str, id: CommitId) -> Option<Result<(), CommitError>> {
        let finished = &self.clients.get(name)?.finished;
        finished.iter().find(|(there, _)| *there == id).map(|(_, result)| *result)
    }

    /// Asks the coordinator as an administrator or a producer does, and gives its answer.
    pub fn ask(&mut self, request: &Request) -> Option<Response> {
        let mut out = Outcome::default();
        let id = MessageId(0);
        self.coordinator.on_request(self.now, id, request, &mut |_| String::new(), &mut out);
        let at = out.responses.iter().position(|(there, _)| *there == id)?;
        let (_, response) = out.responses.remove(at);
        self.take_outcome(out);
        Some(response)
    }

    /// A producer's transaction ends.
    pub fn end_transaction(&mut self, producer_id: i64, commit: bool) {
        self.coordinator.end_transaction(producer_id, commit);
    }

    /// The group is empty or stable with just these member ids' clients, and nothing was to be seen for so long.
    pub fn is_settled(&self, group: &str, members: usize, quiet_ms: u64) -> bool {
        let quiet = self.now.ms_since(self.last_activity) >= quiet_ms;
        let expected =
            if members == 0 { (State::Empty, GroupState::Empty) } else { (State::Stable, GroupState::Stable) };
        let (is_there, count) = match (self.coordinator.consumer_group(group), self.coordinator.group(group)) {
            (Some(group), _) => {
                // A new topic may be one that an expression stands for.
                let knows = group.knows_topics_of(self.topics_version);
                (knows && group.state() == expected.1, group.members.len())
            }
            (None, Some(group)) => (group.state == expected.0, group.members.len()),
            (None, None) => (members == 0, 0),
        };
        quiet && is_there && count == members
    }

    /// When something happens next.
    pub fn next_event(&self) -> SimTime {
        let wire = self.wire.last().map(|(at, ..)| *at);
        let clients = self.clients.values().filter_map(|client| {
            let deadline = client.member.next_deadline(client.polls != Polls::Never);
            let waits = client.polls != Polls::Never && client.reader.waits();
            deadline.into_iter().chain(waits.then(|| self.now.plus_ms(100))).min()
        });
        // A deadline that cannot be met yet (the member waits for an answer first) is looked at again a little later.
        let clients = clients.map(|at| if at > self.now { at } else { self.now.plus_ms(1) });
        clients.chain(wire).fold(self.coordinator.next_deadline(), SimTime::min)
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
            match mail {
                Mail::Request(id, request) => self.at_coordinator(id, &request),
                Mail::Response(id, response) => self.at_client(id, &response),
                Mail::Metadata(name) => self.metadata_arrives(&name),
            }
        }
        if self.coordinator.next_deadline() <= at {
            let mut out = Outcome::default();
            self.coordinator.on_time(at, &mut out);
            self.take_outcome(out);
        }
        let due = |client: &Client| {
            let polls = client.polls != Polls::Never;
            client.member.next_deadline(polls).is_some_and(|deadline| deadline <= at) || polls && client.reader.waits()
        };
        let names: Vec<String> =
            self.clients.iter().filter(|(_, client)| due(client)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.with_member(&name, |client, out| client.member.on_time(at, out));
        }
    }

    fn at_coordinator(&mut self, id: MessageId, request: &Request) {
        let mut out = Outcome::default();
        let mut new_id = match request {
            Request::JoinGroup(join) => self.member_ids.get_mut(&join.client_id).and_then(Vec::pop),
            _ => None,
        };
        let number = &mut self.number;
        let mut new_member_id = |prefix: &str| {
            *number = number.saturating_add(1);
            new_id.take().unwrap_or_else(|| format!("{prefix}-{number}"))
        };
        self.coordinator.set_topics(&self.topics, self.topics_version);
        self.coordinator.on_request(self.now, id, request, &mut new_member_id, &mut out);
        // An id that was not needed is there for the next.
        if let (Some(id), Request::JoinGroup(join)) = (new_id, request)
            && let Some(ids) = self.member_ids.get_mut(&join.client_id)
        {
            ids.push(id);
        }
        self.take_outcome(out);
    }

    fn take_outcome(&mut self, out: Outcome) {
        if out.records.iter().any(|record| record.key.kind > Kind::GroupMetadata) {
            self.last_activity = self.now;
        }
        self.happenings.extend(out.records.into_iter().map(Happening::Written));
        for (id, response) in out.responses {
            self.send_after(self.latency_of(id), Mail::Response(id, response));
        }
    }

    fn send(&mut self, mail: Mail) {
        self.send_after(LATENCY_US, mail);
    }

    fn send_after(&mut self, latency_us: u64, mail: Mail) {
        self.number = self.number.saturating_add(1);
        let (at, number) = (self.now.plus_micros(latency_us), self.number);
        let place = self.wire.partition_point(|(there, other, _)| (*there, *other) > (at, number));
        self.wire.insert(place, (at, number, mail));
    }

    fn at_client(&mut self, id: MessageId, response: &Response) {
        let Some(name) = self.names.get(&(id.0 / REQUESTS_MAX)).cloned() else { return };
        let Some(client) = self.clients.get_mut(&name) else { return };
        self.happenings.push(Happening::Answered(name.clone(), response.clone()));
        if let Response::OffsetFetch(offsets) = response {
            client.reader.on_committed(offsets);
        }
        if timing::is_observable_response(response) {
            self.last_activity = self.now;
        }
        let (now, topics) = (self.now, self.topics.clone());
        self.with_member(&name, |client, out| client.member.on_response(now, id, response, &topics, out));
    }
}

/// Topics as an application names them.
pub fn wanted(topics: &[&str]) -> Wanted {
    Wanted::Topics(topics.iter().map(|topic| Topic::from(*topic)).collect())
}

#[cfg(test)]
mod tests;
