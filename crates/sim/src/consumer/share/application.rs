//! What the application of a share consumer does: it polls, works, acknowledges, commits, closes.

use super::super::action::ConsumerAction;
use super::super::{Consumer, Life, Polls};
use super::{MemberMoment, ShareMembership};
use crate::client_metadata::ClientMetadataConfig;
use crate::fact::FactKind;
use crate::fact::share::ShareFact;
use crate::group::share::consumer::{AcknowledgementMode, Delivered};
use crate::group::share::message::AcknowledgeType;
use crate::group::share::partition::AcquiredRecords;
use crate::ids::{Offset, Topic, TopicPartition};
use crate::outbox::Outbox;

/// At most so many polls follow each other without waiting.
const POLLS_MAX: usize = 10_000;

impl Consumer {
    /// Does what its application asks for.
    pub(in crate::consumer) fn act_in_share(&mut self, action: &ConsumerAction, out: &mut Outbox) {
        match action {
            ConsumerAction::Subscribe { topics } => self.subscribe_to_share(topics, out),
            ConsumerAction::PausePolling => self.polls = Polls::Never,
            ConsumerAction::ResumePolling => self.poll_share_again(Polls::Always, out),
            ConsumerAction::PollOnce => self.poll_share_again(Polls::Once, out),
            ConsumerAction::Commit { sync, .. } => self.commit_share(*sync, out),
            ConsumerAction::Acknowledge { partition, offset, how } => {
                self.acknowledge(partition, offset.0, *how, out);
            }
            ConsumerAction::Close => {
                if let Some(share) = &mut self.share {
                    share.is_closing = true;
                    share.polling = false;
                }
                self.with_share(out, |share, now, known, output| share.member.close(now, known, output));
            }
            ConsumerAction::Crash => self.end(Life::Crashed, out),
            // Others do.
            ConsumerAction::Unsubscribe
            | ConsumerAction::Seek { .. }
            | ConsumerAction::SubscribePattern { .. }
            | ConsumerAction::SubscribeSubscriptionPattern { .. } => {}
        }
    }

    fn subscribe_to_share(&mut self, topics: &[Topic], out: &mut Outbox) {
        if self.life != Life::Running {
            self.forget();
            self.life = Life::Running;
            self.metadata.begin_anew(ClientMetadataConfig::from(&*self.config));
            if let Some(share) = &mut self.share {
                let incarnation = share.incarnation.saturating_add(1);
                let fresh = ShareMembership::new(&share.group, &self.id.0, &self.config, out.now, incarnation);
                let before = std::mem::replace(&mut **share, fresh);
                share.moments = before.moments;
                share.ids.extend(before.ids);
            }
        }
        self.polls = Polls::Always;
        self.threw = None;
        if let Some(share) = &mut self.share {
            share.wanted = Some(topics.to_vec());
            if !share.is_started() {
                share.note(out.now, MemberMoment::Started);
            }
        }
        self.metadata.want(topics, out);
        self.on_share_metadata(out);
    }

    fn poll_share_again(&mut self, polls: Polls, out: &mut Outbox) {
        self.polls = polls;
        self.threw = None;
        self.run_share(out);
    }

    /// Its process is gone, or `close()` has returned: so are its connections.
    pub(in crate::consumer) fn end_share(&mut self, life: Life, out: &mut Outbox) {
        let Some(share) = &mut self.share else { return };
        share.note(out.now, if life == Life::Crashed { MemberMoment::Crashed } else { MemberMoment::Closed });
        share.beats.clear();
        share.requests.clear();
        for broker in share.member.nodes().collect::<Vec<_>>() {
            out.disconnect(broker);
        }
    }

    /// `commitSync()`, or `commitAsync()`.
    pub(in crate::consumer) fn commit_share(&mut self, sync: bool, out: &mut Outbox) {
        self.with_share(out, |share, now, known, output| {
            if sync {
                let id = share.member.commit_sync(now, known, output);
                // What there was nothing of has returned already.
                let is_over = |event: &crate::group::share::consumer::ShareEvent| {
                    matches!(event, crate::group::share::consumer::ShareEvent::Committed(there, _) if *there == id)
                };
                share.blocked_on = (!output.events.iter().any(is_over)).then_some(id);
            } else {
                share.member.commit_async(now, known, output);
            }
        });
    }

    /// `acknowledge()`.
    fn acknowledge(&mut self, partition: &TopicPartition, offset: i64, how: AcknowledgeType, out: &mut Outbox) {
        let Some(share) = &mut self.share else { return };
        match share.member.acknowledge(partition, offset, how) {
            Ok(()) => {
                let (consumer, partition) = (self.id.clone(), partition.clone());
                out.fact(FactKind::Share(Box::new(ShareFact::Acknowledging { consumer, partition, offset, how })));
            }
            Err(error) => self.fail(error.to_string(), out),
        }
    }

    /// The application is done with a record.
    pub(in crate::consumer) fn acknowledge_worked(
        &mut self,
        partition: &TopicPartition,
        offset: i64,
        out: &mut Outbox,
    ) {
        let Some(share) = &self.share else { return };
        if share.member.config.mode == AcknowledgementMode::Explicit {
            let fails = self.application.as_ref().is_some_and(|application| application.fails(offset));
            let how = if fails { AcknowledgeType::Release } else { AcknowledgeType::Accept };
            self.acknowledge(partition, offset, how, out);
        }
    }

    /// `poll()` begins, goes on, and returns what there is.
    pub(super) fn poll_share(&mut self, out: &mut Outbox) {
        for _ in 0..POLLS_MAX {
            let waits = self.life != Life::Running || self.polls == Polls::Never || self.is_blocked();
            let Some(share) = self.share.as_ref().filter(|share| !waits && share.wanted.is_none()) else { return };
            if !share.is_started() {
                return;
            }
            let (mut failure, mut records) = (None, Vec::new());
            self.at_share(out, |share, now, known, output| {
                if !share.polling {
                    match share.member.begin_poll(now, known, output) {
                        Ok(()) => share.polling = true,
                        Err(error) => failure = Some(error),
                    }
                }
                if share.polling {
                    records = share.member.take(now, known, output);
                    share.polling = records.is_empty();
                }
            });
            if let Some(failure) = failure {
                return self.fail(failure.to_string(), out);
            }
            if records.is_empty() {
                return;
            }
            self.deliver(&records, out);
        }
    }

    /// The member cannot be in its group: `poll()` throws.
    pub(super) fn throw_share_failure(&mut self, out: &mut Outbox) {
        if let Some(share) = &mut self.share
            && share.member.membership_state() == crate::group::member::MembershipState::Fatal
        {
            share.polling = false;
            self.poll_share(out);
        }
    }

    /// `poll()` returns records.
    fn deliver(&mut self, records: &[Delivered], out: &mut Outbox) {
        for (partition, run) in runs(records) {
            let count = run.last.saturating_sub(run.first).saturating_add(1);
            self.returned = self.returned.saturating_add(count);
            let fact = ShareFact::Polled { consumer: self.id.clone(), partition: partition.clone(), records: run };
            out.fact(FactKind::Share(Box::new(fact)));
            self.take_to_work(&partition, Offset(run.first), Offset(run.last));
        }
        let is_once = self.polls == Polls::Once;
        if is_once {
            self.polls = Polls::Never;
        }
        if self.application.is_some() {
            self.begin_work(out);
        } else if !is_once
            && self.share.as_ref().is_some_and(|share| share.member.config.mode == AcknowledgementMode::Explicit)
        {
            for there in records {
                self.acknowledge(&there.partition, there.offset, AcknowledgeType::Accept, out);
            }
        }
    }
}

/// Records that follow each other and were delivered equally often.
fn runs(records: &[Delivered]) -> Vec<(TopicPartition, AcquiredRecords)> {
    let mut runs: Vec<(TopicPartition, AcquiredRecords)> = Vec::new();
    for there in records {
        let (offset, delivery_count) = (there.offset, there.delivery_count);
        let is_next = |(partition, run): &&mut (TopicPartition, AcquiredRecords)| {
            *partition == there.partition
                && run.last.saturating_add(1) == offset
                && run.delivery_count == delivery_count
        };
        if let Some((_, run)) = runs.last_mut().filter(|run| is_next(run)) {
            run.last = offset;
        } else {
            let run = AcquiredRecords { first: offset, last: offset, delivery_count };
            runs.push((there.partition.clone(), run));
        }
    }
    runs
}
