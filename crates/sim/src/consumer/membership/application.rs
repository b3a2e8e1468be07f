//! What the application of a consumer does: it subscribes, polls or not, seeks, closes. Kafka 4.3: `ClassicKafkaConsumer`.

use super::super::action::{ConsumerAction, SeekTo};
use super::super::{Consumer, Life, Polls};
use super::{MemberMoment, Membership, tell};
use crate::client_metadata::ClientMetadataConfig;
use crate::fact::group::GroupFact;
use crate::group::member::{MembershipOperation, Wanted};
use crate::ids::{Offset, Topic, TopicPartition};
use crate::outbox::Outbox;
use crate::sorted::SortedSet;

impl Consumer {
    /// Does what its application asks for.
    pub fn act(&mut self, action: &ConsumerAction, out: &mut Outbox) {
        if self.share.is_some() {
            return self.act_in_share(action, out);
        }
        match action {
            ConsumerAction::Subscribe { topics } => self.subscribe(topics, out),
            ConsumerAction::SubscribePattern { pattern } => self.subscribe_pattern(pattern, out),
            ConsumerAction::SubscribeSubscriptionPattern { pattern } => {
                self.subscribe_subscription_pattern(pattern, out);
            }
            ConsumerAction::Unsubscribe => {
                self.with_member(out, |membership, output| membership.member.unsubscribe(output));
                self.metadata.follow_names();
                self.positions.clear();
                self.fetched.clear();
                self.polls = Polls::Never;
            }
            ConsumerAction::PausePolling => {
                // It has polled until now.
                self.run_member(out);
                self.polls = Polls::Never;
                self.set_timer(out);
            }
            ConsumerAction::ResumePolling => self.poll_again(Polls::Always, out),
            ConsumerAction::PollOnce => self.poll_again(Polls::Once, out),
            ConsumerAction::Commit { sync, offsets } => self.commit(*sync, offsets, out),
            ConsumerAction::Seek { partition, to } => self.seek(partition, *to, out),
            ConsumerAction::Close => {
                if let Some(membership) = &mut self.membership {
                    membership.is_closing = true;
                    let operation = MembershipOperation::Default;
                    self.with_member(out, |membership, output| membership.member.close(operation, output));
                } else {
                    self.end(Life::Closed, out);
                }
            }
            ConsumerAction::Crash => self.end(Life::Crashed, out),
            // Only share consumers do.
            ConsumerAction::Acknowledge { .. } => {}
        }
    }

    pub(in crate::consumer) fn poll_again(&mut self, polls: Polls, out: &mut Outbox) {
        self.polls = polls;
        self.threw = None;
        self.run_member(out);
        self.hand_out(out);
        self.poll(out);
    }

    /// Its process is gone, or `close()` has returned.
    pub(in crate::consumer) fn end(&mut self, life: Life, out: &mut Outbox) {
        self.life = life;
        if let Some(membership) = &mut self.membership {
            let moment = if life == Life::Crashed { MemberMoment::Crashed } else { MemberMoment::Closed };
            membership.note(out.now, moment);
        }
        if life == Life::Closed {
            self.close_sessions(out);
        }
        self.end_share(life, out);
        self.forget();
        let consumer = self.id.clone();
        tell(
            match life {
                Life::Crashed => GroupFact::ConsumerCrashed { consumer },
                Life::Running | Life::Closed => GroupFact::ConsumerClosed { consumer },
            },
            out,
        );
    }

    pub(in crate::consumer) fn subscribe(&mut self, topics: &[Topic], out: &mut Outbox) {
        self.begin_anew(out);
        if self.has_other_subscription(|wanted| matches!(wanted, Wanted::Topics(_)), out) {
            return;
        }
        self.polls = Polls::Always;
        self.threw = None;
        if let Some(membership) = &mut self.membership {
            membership.wanted = Some(topics.to_vec());
        }
        self.metadata.follow_names();
        self.metadata.want(topics, out);
        self.on_group_metadata(out);
    }

    /// A consumer that was closed, or whose process is gone, begins as a new one.
    pub(super) fn begin_anew(&mut self, out: &mut Outbox) {
        if self.life != Life::Running {
            self.forget();
            self.life = Life::Running;
            self.metadata.begin_anew(ClientMetadataConfig::from(&*self.config));
            if let Some(membership) = &mut self.membership {
                let moments = std::mem::take(&mut membership.moments);
                let incarnation = membership.incarnation.saturating_add(1);
                let fresh = Membership::new(membership.name.clone(), &self.id.0, &self.config, out.now, incarnation);
                **membership = Membership { moments, ..fresh };
            }
        }
        if let Some(membership) = self.membership.as_mut().filter(|membership| !membership.is_started()) {
            membership.note(out.now, MemberMoment::Started);
        }
    }

    pub(in crate::consumer) fn assign_in_group(&mut self, assigned: SortedSet<TopicPartition>, out: &mut Outbox) {
        let cluster = self.cluster();
        if let Some(membership) = &mut self.membership {
            membership.member.assign(assigned, &cluster);
        }
        self.run_member(out);
    }

    pub(in crate::consumer) fn seek(&mut self, partition: &TopicPartition, to: SeekTo, out: &mut Outbox) {
        self.drop_fetched(std::slice::from_ref(partition));
        let Some(position) = self.positions.get_mut(partition) else { return };
        position.is_initializing = false;
        position.offset_epoch = None;
        position.awaits_validation = false;
        position.rests_until = None;
        if let SeekTo::Offset(offset) = to {
            position.offset = Some(offset);
            self.tell_seek(partition, offset, out);
        } else {
            position.offset = None;
            position.seeks = Some(to);
        }
        self.note_consumed(partition);
        self.poll(out);
    }

    pub(in crate::consumer) fn tell_seek(&self, partition: &TopicPartition, position: Offset, out: &mut Outbox) {
        let (consumer, partition) = (self.id.clone(), partition.clone());
        tell(GroupFact::Seeked { consumer, partition, position }, out);
    }

    /// `poll()` throws, and the application's loop ends.
    pub(in crate::consumer) fn fail(&mut self, error: String, out: &mut Outbox) {
        self.polls = Polls::Never;
        tell(GroupFact::PollFailed { consumer: self.id.clone(), error }, out);
    }

    /// Nothing else happens in the application until what it waits for is over.
    pub(in crate::consumer) fn is_blocked(&self) -> bool {
        self.waits_for_commit() || self.works_between_polls()
    }

    /// It waits for a `commitSync()`, or for its `close()`.
    pub(in crate::consumer) fn waits_for_commit(&self) -> bool {
        self.membership.as_ref().is_some_and(|membership| membership.blocked_on.is_some() || membership.is_closing)
            || self.share.as_ref().is_some_and(|share| share.is_waiting())
    }
}
