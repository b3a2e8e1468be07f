//! A consumer that subscribes by a regular expression. Kafka 4.3: `KafkaConsumer.subscribe(Pattern)`, which the client holds
//! against all topics (`ConsumerCoordinator.updatePatternSubscription`), and `subscribe(SubscriptionPattern)`, which the
//! coordinator does (KIP-848).
//!
//! Differs from Kafka: a member of a classic group looks which topics there are before it asks to join, but not again while
//! its request waits.

use std::rc::Rc;

use super::super::{Consumer, Polls};
use super::tell;
use crate::client_metadata::Interest;
use crate::fact::group::GroupFact;
use crate::group::member::Wanted;
use crate::group::regular_expression::Pattern;
use crate::ids::Topic;
use crate::outbox::Outbox;
use crate::sorted::SortedSet;

impl Consumer {
    /// `subscribe(Pattern)`.
    pub(in crate::consumer) fn subscribe_pattern(&mut self, pattern: &str, out: &mut Outbox) {
        self.begin_anew(out);
        let Ok(pattern) = Pattern::compile(pattern).map(Rc::new) else { return };
        if self.has_other_subscription(|wanted| matches!(wanted, Wanted::Pattern(_)), out) {
            return;
        }
        let excludes_internal = self.config.exclude_internal_topics;
        self.metadata.follow(Interest::Pattern { pattern: Rc::clone(&pattern), excludes_internal }, out);
        self.subscribe_to(Wanted::Pattern(pattern), out);
    }

    /// `subscribe(SubscriptionPattern)`, which nobody but the coordinator reads. A member of a classic group cannot.
    pub(in crate::consumer) fn subscribe_subscription_pattern(&mut self, pattern: &str, out: &mut Outbox) {
        self.begin_anew(out);
        let can = self.membership.as_ref().is_some_and(|membership| membership.is_by_consumer_protocol());
        if !can {
            return self.fail("UnsupportedOperationException".to_owned(), out);
        }
        if self.has_other_subscription(|wanted| matches!(wanted, Wanted::Expression(_)), out) {
            return;
        }
        let assigned = self.membership.as_ref().map(|membership| membership.member.assigned_topic_ids());
        self.metadata.follow(Interest::Assigned(assigned.unwrap_or_default()), out);
        self.subscribe_to(Wanted::Expression(pattern.to_owned()), out);
    }

    fn subscribe_to(&mut self, wanted: Wanted, out: &mut Outbox) {
        self.polls = Polls::Always;
        self.threw = None;
        let cluster = self.cluster();
        let Some(membership) = &mut self.membership else { return };
        let before = membership.member.subscription().clone();
        membership.wanted = None;
        membership.awaits_metadata = None;
        membership.member.subscribe(wanted, &cluster);
        self.tell_subscription(&before, out);
        self.run_member(out);
    }

    /// The consumer subscribes in another way already, and the application did not call `unsubscribe()`: it gets an
    /// exception. Kafka: `SubscriptionState.setSubscriptionType`.
    pub(super) fn has_other_subscription(&mut self, is_same: fn(&Wanted) -> bool, out: &mut Outbox) -> bool {
        let Some(membership) = &self.membership else { return false };
        let waiting = membership.wanted.as_ref().map(|_| Wanted::Topics(SortedSet::new()));
        let is_other = membership.member.wanted().or(waiting.as_ref()).is_some_and(|wanted| !is_same(wanted));
        if is_other {
            self.fail("IllegalStateException".to_owned(), out);
        }
        is_other
    }

    /// Tells if other topics match the pattern than before.
    pub(super) fn tell_subscription(&self, before: &SortedSet<Topic>, out: &mut Outbox) {
        let Some(membership) = &self.membership else { return };
        let Some(Wanted::Pattern(pattern)) = membership.member.wanted() else { return };
        let now = membership.member.subscription();
        if now == before {
            return;
        }
        let without = |all: &SortedSet<Topic>, other: &SortedSet<Topic>| {
            all.iter().filter(|topic| !other.contains(*topic)).cloned().collect::<Vec<Topic>>()
        };
        let (consumer, group) = (self.id.clone(), membership.name.group.clone());
        let (added, removed) = (without(now, before), without(before, now));
        let (pattern, topics) = (pattern.text().to_owned(), now.iter().cloned().collect());
        tell(GroupFact::SubscribedFromPattern { consumer, group, pattern, topics, added, removed }, out);
    }

    /// A member of a classic group joins with the topics that match: it asks first which there are, unless it has just done
    /// so. Whether it waits for the answer. Kafka: `ensureFreshMetadata`.
    pub(super) fn awaits_metadata_to_join(&mut self, out: &mut Outbox) -> bool {
        let Some(membership) = &mut self.membership else { return false };
        if membership.coordinator.is_none() || !membership.member.joins_by_pattern() {
            membership.awaits_metadata = None;
            return false;
        }
        let version = self.metadata.version();
        match membership.awaits_metadata {
            Some(before) if before == version => true,
            Some(_) => {
                membership.awaits_metadata = None;
                false
            }
            None if self.metadata.may_be_stale(out.now) => {
                membership.awaits_metadata = Some(version);
                self.metadata.request(out);
                true
            }
            None => false,
        }
    }

    /// By the consumer protocol it asks for the topics that it was assigned and does not know.
    pub(super) fn ask_for_assigned_topics(&mut self, out: &mut Outbox) {
        let Some(membership) = &self.membership else { return };
        if matches!(membership.member.wanted(), Some(Wanted::Expression(_))) {
            let ids = membership.member.assigned_topic_ids();
            self.metadata.follow_ids(ids, out);
        }
    }
}
