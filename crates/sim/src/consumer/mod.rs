//! A consumer: what it reads, from where, and when. Kafka 4.3: `KafkaConsumer`, `Fetcher`, `SubscriptionState`,
//! `OffsetFetcher`, `FetchCollector`.
//!
//! Partitions come from the application (`assign()`) or from the group whose member it is (`membership.rs`).
//! Differs from Kafka: the application takes no time between two polls, so a fetched record is returned at once unless it
//! is told to stop polling, or has work with each record (`work.rs`). An application that gets an
//! exception from `poll()` does not catch it and polls no more.

pub mod action;
mod asks;
mod fetched;
pub mod membership;
pub mod read_replica;
pub mod share;
mod validation;
pub mod work;

use crate::sorted::{SortedMap, SortedSet};
use std::rc::Rc;

use crate::client_metadata::{ClientMetadata, ClientMetadataConfig};
use crate::config::ConsumerConfig;
use crate::fact::{FactKind, PollThrew};
use crate::fetch_session::FetchSessionHandler;
use crate::ids::{BrokerId, ClientId, LeaderEpoch, MessageId, Offset, TopicPartition};
use crate::message::{Body, Message};
use crate::outbox::Outbox;
use crate::time::SimTime;
use crate::timer::Timer;
use fetched::Fetched;
use membership::Membership;

/// A consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// Its `client.id`.
    pub id: ClientId,
    /// Its configuration.
    pub config: Rc<ConsumerConfig>,
    /// What it knows of the cluster.
    pub metadata: ClientMetadata,
    /// Whether its process runs.
    pub life: Life,
    /// When its application polls.
    pub polls: Polls,
    /// It is, or was, a member of a group.
    pub membership: Option<Box<Membership>>,
    /// It is, or was, a member of a share group.
    pub share: Option<Box<share::ShareMembership>>,
    positions: SortedMap<TopicPartition, Position>,
    in_flight: SortedMap<BrokerId, MessageId>,
    /// Its fetch session with each broker.
    sessions: SortedMap<BrokerId, FetchSessionHandler>,
    /// Who was asked where epochs end.
    asks_epochs: SortedMap<BrokerId, MessageId>,
    /// Who was asked where to begin.
    lists_offsets: SortedMap<BrokerId, MessageId>,
    fetched: Vec<Fetched>,
    /// From where it has asked for records.
    asked_from: SortedMap<TopicPartition, Offset>,
    returned: i64,
    /// What its application does with records, if that takes it time.
    pub application: Option<Box<work::Application>>,
    /// How often a partition went to the end of the line.
    turns: u64,
    /// Answers to its fetches without a record.
    empty_fetches: i64,
    /// How old the last record was that it returned, in ms.
    last_delay_ms: Option<i64>,
    /// What a `poll()` threw, if its application has not polled since.
    threw: Option<&'static str>,
    /// When it looks again what it can ask.
    retry_at: Option<SimTime>,
}

/// Whether a consumer's process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// It does.
    #[default]
    Running,
    /// `close()` has returned.
    Closed,
    /// It is gone.
    Crashed,
}

/// When an application calls `poll()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Polls {
    /// All the time.
    #[default]
    Always,
    /// Not now.
    Never,
    /// Until it gets a record.
    Once,
}

/// Where a consumer is in one partition. Kafka: `SubscriptionState.TopicPartitionState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The offset that it will read next; none until it knows.
    pub offset: Option<Offset>,
    /// The leader epoch of the record before that: of the batch that was read, or as it was committed. None if the application
    /// or `auto.offset.reset` said where to go.
    pub offset_epoch: Option<LeaderEpoch>,
    /// The newest leader epoch that the position was held against.
    pub leader_epoch: Option<LeaderEpoch>,
    /// A newer leader has to be asked first whether its log has what was read (KIP-320).
    pub awaits_validation: bool,
    /// Records returned to the application so far.
    pub records: i64,
    /// The high watermark of the last answer; none before the first.
    pub high_watermark: Option<Offset>,
    /// It does not know yet what its group has committed. Kafka: `FetchStates.INITIALIZING`.
    pub is_initializing: bool,
    /// The replica that the leader told it to read from.
    pub preferred: Option<read_replica::Preferred>,
    /// Where it goes, if the application said so and not `auto.offset.reset`.
    seeks: Option<action::SeekTo>,
    /// Whoever has the lowest is asked for first. Kafka: the order of `PartitionStates`.
    turn: u64,
    /// It asks no leader where to begin before this moment.
    rests_until: Option<SimTime>,
}

impl Position {
    /// Where it reads next, with the leader epoch of the record before. Kafka: `SubscriptionState.validPosition`.
    fn valid(&self) -> Option<(Offset, Option<LeaderEpoch>)> {
        let offset = self.offset.filter(|_| !self.is_initializing && !self.awaits_validation)?;
        Some((offset, self.offset_epoch))
    }
}

impl Consumer {
    /// A consumer without partitions.
    pub fn new(id: ClientId, config: Rc<ConsumerConfig>, bootstrap: BrokerId) -> Consumer {
        let metadata = ClientMetadata::new(id.clone(), bootstrap, ClientMetadataConfig::from(&*config));
        Consumer {
            id,
            config,
            metadata,
            life: Life::Running,
            polls: Polls::Always,
            membership: None,
            share: None,
            positions: SortedMap::new(),
            in_flight: SortedMap::new(),
            sessions: SortedMap::new(),
            asks_epochs: SortedMap::new(),
            lists_offsets: SortedMap::new(),
            fetched: Vec::new(),
            asked_from: SortedMap::new(),
            returned: 0,
            turns: 0,
            application: None,
            empty_fetches: 0,
            last_delay_ms: None,
            threw: None,
            retry_at: None,
        }
    }

    /// Takes another configuration. What its membership is made of counts from its next start on.
    pub fn configure(&mut self, config: ConsumerConfig, now: SimTime) {
        if let Some(membership) = self.membership.as_mut().filter(|membership| !membership.is_started()) {
            **membership = Membership::new(membership.name.clone(), &self.id.0, &config, now, 0);
        }
        if let Some(share) = &mut self.share {
            share.configure(&config);
        }
        self.config = Rc::new(config);
    }

    /// How many records its application has got.
    pub fn returned(&self) -> i64 {
        self.returned
    }

    /// How many answers to its fetches brought no record, errors and pointers to another replica left out.
    pub fn empty_fetches(&self) -> i64 {
        self.empty_fetches
    }

    /// How long after its timestamp the last record of its partition's last batch was returned, in ms; none before.
    pub fn last_delay_ms(&self) -> Option<i64> {
        self.last_delay_ms
    }

    /// The application polls until it gets something (records, or an exception), or does not poll any more.
    pub fn let_poll(&mut self, polls: bool, out: &mut Outbox) {
        self.polls = if polls { Polls::Once } else { Polls::Never };
        self.threw = None;
        self.hand_out(out);
        self.poll(out);
    }

    /// The application waits in a `poll()` for something.
    pub fn is_polling(&self) -> bool {
        self.polls != Polls::Never
    }

    /// The exception that ended its application; none while it runs.
    pub fn threw(&self) -> Option<&'static str> {
        self.threw
    }

    /// `poll()` throws an exception, which the application does not catch.
    fn throw(
        &mut self,
        partition: &TopicPartition,
        error: &'static str,
        diverged: Option<(Offset, LeaderEpoch)>,
        out: &mut Outbox,
    ) {
        self.polls = Polls::Never;
        self.threw = Some(error);
        let (consumer, position) = (self.id.clone(), self.offset_of(partition));
        out.then(FactKind::PollThrew(PollThrew { consumer, partition: partition.clone(), error, position, diverged }));
    }

    /// Its fetch sessions, by broker.
    pub fn sessions(&self) -> impl Iterator<Item = (&BrokerId, &FetchSessionHandler)> {
        self.sessions.iter()
    }

    /// Where it is in each of its partitions.
    pub fn positions(&self) -> impl Iterator<Item = (&TopicPartition, &Position)> {
        self.positions.iter()
    }

    /// Where it is in a partition, if that is assigned.
    pub fn position(&self, partition: &TopicPartition) -> Option<&Position> {
        self.positions.get(partition)
    }

    /// `assign()`, with `seek()` where a position is given; begins to poll.
    pub fn assign(&mut self, partitions: &[TopicPartition], from: Option<Offset>, out: &mut Outbox) {
        let is_initializing = from.is_none() && self.membership.is_some();
        let position = Position { offset: from, is_initializing, ..Position::default() };
        self.positions = partitions.iter().map(|partition| (partition.clone(), position)).collect();
        self.fetched.clear();
        self.metadata.want(partitions.iter().map(|partition| &partition.topic), out);
        if self.membership.is_some() {
            let assigned: SortedSet<TopicPartition> = partitions.iter().cloned().collect();
            self.assign_in_group(assigned, out);
        }
        self.poll(out);
    }

    /// Refreshes the metadata now.
    pub fn refresh_metadata(&mut self, out: &mut Outbox) {
        self.metadata.request_now(out);
    }

    /// Handles a response.
    pub fn on_message(&mut self, message: &Message, out: &mut Outbox) {
        self.metadata.heard_from(&message.from);
        match &*message.body {
            Body::MetadataResponse(response) => {
                self.metadata.on_response(message.correlation, response, out);
                if self.membership.is_some() {
                    self.on_group_metadata(out);
                }
                self.on_share_metadata(out);
                self.poll(out);
            }
            Body::ListOffsetsResponse(response) => self.on_list_offsets(message, response, out),
            Body::OffsetForLeaderEpochResponse(response) => self.on_epoch_ends(message, response, out),
            Body::FetchResponse(response) => self.on_fetched(message, response, out),
            Body::Group(body) if self.share.is_some() => self.on_share_group_message(message, body, out),
            Body::Group(body) => self.on_group(message, body, out),
            Body::Share(body) => self.on_share_message(message, body, out),
            _ => {}
        }
    }

    /// Handles a timer.
    pub fn on_timer(&mut self, timer: &Timer, out: &mut Outbox) {
        if self.life != Life::Running {
            return;
        }
        match timer {
            Timer::MetadataRefresh => self.metadata.on_timer(out),
            Timer::RequestTimeout { request } | Timer::Disconnected { request } => {
                self.on_request_failed(*request, timer, out);
            }
            Timer::ConsumerRetry if self.retry_at.is_some_and(|at| at <= out.now) => {
                self.retry_at = None;
                out.timer_fired(timer.clone());
                self.poll(out);
            }
            Timer::GroupMember(_) if self.share.is_some() => self.on_share_timer(out),
            Timer::GroupMember(_) => self.on_member_timer(out),
            Timer::Application => self.on_worked(out),
            _ => {}
        }
    }

    /// Everything that only its process knew is gone.
    fn forget(&mut self) {
        self.positions.clear();
        self.in_flight.clear();
        self.sessions.clear();
        self.asks_epochs.clear();
        self.lists_offsets.clear();
        self.fetched.clear();
        self.asked_from.clear();
        self.retry_at = None;
        self.drop_work();
    }
}
