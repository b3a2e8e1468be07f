//! A share consumer (KIP-932) in a world: its coordinator, the leaders that it asks, and what its application does with the
//! records that it gets. What the consumer itself does is in [`crate::group::share::consumer`]. Kafka 4.3: `KafkaShareConsumer`.
//!
//! Differs from Kafka: a consumer joins once it knows its topics; `poll()` has no timeout of its own, it comes back with the
//! answer to a fetch; an application that is told to poll all the time and takes no time accepts whatever it gets.

mod application;
mod network;

use super::membership::MemberMoment;
use super::{Consumer, Life};
use crate::client_metadata::ClientMetadata;
use crate::config::ConsumerConfig;
use crate::group::share::consumer::{Metadata, ShareCommitId, ShareConsumer, ShareConsumerConfig, ShareOutput};
use crate::ids::{BrokerId, MessageId, Topic, TopicId, TopicPartition};
use crate::outbox::Outbox;
use crate::sorted::SortedMap;
use crate::time::SimTime;
use crate::timer::{MemberTask, Timer};

/// At most so many moments of a member are kept.
const MOMENTS_MAX: usize = 128;

/// A consumer's part in its share group.
#[derive(Clone, Debug)]
pub struct ShareMembership {
    /// `group.id`.
    pub group: String,
    /// The consumer.
    pub member: ShareConsumer,
    /// The coordinator, as far as it knows.
    pub coordinator: Option<BrokerId>,
    lookup: Option<(MessageId, BrokerId)>,
    retry_at: Option<SimTime>,
    /// The topics that it waits to know before it subscribes.
    wanted: Option<Vec<Topic>>,
    /// Heartbeats that are not answered, and the member's own numbers of them.
    beats: SortedMap<MessageId, MessageId>,
    /// Requests to leaders, the same.
    requests: SortedMap<MessageId, (MessageId, BrokerId)>,
    /// Partitions whose leader is not asked before a moment.
    rests: SortedMap<TopicPartition, SimTime>,
    /// A `poll()` goes on.
    polling: bool,
    blocked_on: Option<ShareCommitId>,
    is_closing: bool,
    timer_at: Option<SimTime>,
    incarnation: u32,
    /// The member ids that it has had.
    ids: Vec<String>,
    /// What it did lately, oldest first.
    pub moments: Vec<(SimTime, MemberMoment)>,
}

impl ShareMembership {
    /// A member that is in no group yet.
    pub fn new(group: &str, client_id: &str, config: &ConsumerConfig, now: SimTime, incarnation: u32) -> Self {
        let member_id = super::membership::member_id::made_up(client_id, incarnation);
        let member = ShareConsumer::new(
            ShareConsumerConfig {
                group: group.to_owned(),
                client_id: client_id.to_owned(),
                member_id: member_id.clone(),
                mode: config.share_acknowledgement_mode,
                acquire_mode: config.share_acquire_mode,
                max_poll_records: i64::try_from(config.max_poll_records).unwrap_or(i64::MAX),
                fetch_max_wait_ms: config.fetch_max_wait_ms,
                max_poll_interval_ms: config.max_poll_interval_ms,
                retry_backoff_ms: config.retry_backoff_ms,
                ..ShareConsumerConfig::default()
            },
            now,
            0,
        );
        ShareMembership {
            group: group.to_owned(),
            member,
            coordinator: None,
            lookup: None,
            retry_at: None,
            wanted: None,
            beats: SortedMap::new(),
            requests: SortedMap::new(),
            rests: SortedMap::new(),
            polling: false,
            blocked_on: None,
            is_closing: false,
            timer_at: None,
            incarnation,
            ids: vec![member_id],
            moments: Vec::new(),
        }
    }

    /// The same, told otherwise; what its membership is made of counts from its next start on.
    pub(super) fn configure(&mut self, config: &ConsumerConfig) {
        let own = &mut self.member.config;
        own.max_poll_records = i64::try_from(config.max_poll_records).unwrap_or(i64::MAX);
        own.fetch_max_wait_ms = config.fetch_max_wait_ms;
        own.max_poll_interval_ms = config.max_poll_interval_ms;
        own.retry_backoff_ms = config.retry_backoff_ms;
        own.mode = config.share_acknowledgement_mode;
        own.acquire_mode = config.share_acquire_mode;
    }

    /// The member id is, or was, its own.
    pub fn has_been(&self, member_id: &str) -> bool {
        self.ids.iter().any(|id| id == member_id)
    }

    /// Its process has begun, and goes on.
    pub fn is_started(&self) -> bool {
        self.moments.last().is_some_and(|(_, moment)| !matches!(moment, MemberMoment::Closed | MemberMoment::Crashed))
    }

    /// Its application waits for a commit, or for its `close()`.
    pub(super) fn is_waiting(&self) -> bool {
        self.blocked_on.is_some() || self.is_closing
    }

    fn note(&mut self, at: SimTime, moment: MemberMoment) {
        if self.moments.len() >= MOMENTS_MAX {
            self.moments.remove(0);
        }
        self.moments.push((at, moment));
    }

    fn next_deadline(&self) -> Option<SimTime> {
        self.member.next_deadline().into_iter().chain(self.retry_at).chain(self.rests.values().copied()).min()
    }
}

/// What the consumer knows of topics and leaders, but for partitions that it leaves in peace.
struct Known<'a> {
    metadata: &'a ClientMetadata,
    rests: &'a SortedMap<TopicPartition, SimTime>,
}

impl Metadata for Known<'_> {
    fn topic(&self, id: TopicId) -> Option<Topic> {
        self.metadata.topics().find(|(_, image)| image.id == id).map(|(topic, _)| topic.clone())
    }

    fn leader(&self, partition: &TopicPartition) -> Option<BrokerId> {
        if self.rests.contains_key(partition) {
            return None;
        }
        self.metadata.partition(partition)?.leader
    }
}

impl Consumer {
    /// Lets the member do something, and the application what it does after that.
    fn with_share(
        &mut self,
        out: &mut Outbox,
        act: impl FnOnce(&mut ShareMembership, SimTime, &dyn Metadata, &mut ShareOutput),
    ) {
        self.at_share(out, act);
        self.poll_share(out);
        self.find_share_coordinator(out);
        self.set_share_timer(out);
    }

    fn at_share(
        &mut self,
        out: &mut Outbox,
        act: impl FnOnce(&mut ShareMembership, SimTime, &dyn Metadata, &mut ShareOutput),
    ) {
        let Some(share) = &mut self.share else { return };
        let before = out.cause();
        let rests = std::mem::take(&mut share.rests);
        let mut output = ShareOutput::default();
        share.member.set_knows_coordinator(share.coordinator.is_some());
        act(share, out.now, &Known { metadata: &self.metadata, rests: &rests }, &mut output);
        share.rests.extend(rests);
        self.take_share(output, out);
        out.because(before);
    }

    /// The member does what it does unasked.
    pub(super) fn run_share(&mut self, out: &mut Outbox) {
        if self.life == Life::Running {
            self.with_share(out, |share, now, known, output| share.member.run(now, known, output));
        }
    }

    /// Something is due.
    pub(super) fn on_share_timer(&mut self, out: &mut Outbox) {
        let Some(share) = self.share.as_mut().filter(|share| share.timer_at == Some(out.now)) else { return };
        share.timer_at = None;
        let now = out.now;
        let beats = share.member.next_deadline().is_some_and(|at| at <= now);
        let rested = share.rests.values().any(|at| *at <= now) || share.retry_at.is_some_and(|at| at <= now);
        share.rests.retain(|_, at| *at > now);
        share.retry_at = share.retry_at.filter(|at| *at > now);
        if beats || rested {
            let task = if beats { MemberTask::Heartbeat } else { MemberTask::Retry };
            out.timer_fired(Timer::GroupMember(task));
            self.run_share(out);
        } else {
            self.set_share_timer(out);
        }
    }

    fn set_share_timer(&mut self, out: &mut Outbox) {
        if self.life != Life::Running {
            return;
        }
        let Some(share) = &mut self.share else { return };
        let Some(due) = share.next_deadline() else { return };
        let due = due.max(out.now.plus_micros(1));
        if share.timer_at.is_none_or(|at| due < at) {
            share.timer_at = Some(due);
            out.timer(due, Timer::GroupMember(MemberTask::Look));
        }
    }

    /// It may know more topics now.
    pub(super) fn on_share_metadata(&mut self, out: &mut Outbox) {
        let Some(share) = &mut self.share else { return };
        let knows = |topic: &Topic| self.metadata.topic(topic).is_some();
        match share.wanted.take() {
            Some(wanted) if wanted.iter().all(knows) => share.member.subscribe(wanted.into_iter().collect()),
            waits => share.wanted = waits,
        }
        self.run_share(out);
    }
}
