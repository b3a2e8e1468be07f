//! What a member knows of topics, and what that changes. Kafka 4.3: `ConsumerCoordinator.maybeUpdateSubscriptionMetadata`,
//! `updatePatternSubscription`, `rejoinNeededOrPending`, `MetadataSnapshot`.

use super::super::assignor::TopicPartitions;
use super::{GroupMember, Wanted};
use crate::ids::{Topic, TopicPartition};
use crate::time::SimTime;

impl GroupMember {
    /// New metadata has come. `cluster` is what the client knows of topics now.
    pub fn on_metadata(&mut self, now: SimTime, cluster: &[TopicPartitions]) {
        if cluster != self.topics {
            self.refresh(now, cluster);
        }
    }

    /// New metadata has come.
    pub(super) fn refresh(&mut self, now: SimTime, cluster: &[TopicPartitions]) {
        self.metadata_at = now;
        cluster.clone_into(&mut self.topics);
        self.update_pattern_subscription();
        self.metadata_snapshot = self.snapshot();
    }

    /// Kafka: `updatePatternSubscription`.
    fn update_pattern_subscription(&mut self) {
        if let Some(Wanted::Pattern(pattern)) = &self.wanted {
            let matching = self.topics.iter().filter(|topic| pattern.matches(&topic.topic));
            self.subscription = matching.map(|topic| topic.topic.clone()).collect();
        }
    }

    pub(super) fn matches_subscription(&self, topic: &Topic) -> bool {
        match &self.wanted {
            Some(Wanted::Pattern(pattern)) => pattern.matches(topic),
            _ => self.subscription.contains(topic),
        }
    }

    /// The leader may know of topics that match and that are new to this member. Kafka: `maybeUpdateJoinedSubscription`.
    pub(super) fn update_joined_subscription(&mut self) {
        if !matches!(self.wanted, Some(Wanted::Pattern(_))) {
            return;
        }
        for TopicPartition { topic, .. } in &self.assigned {
            self.subscription.insert(topic.clone());
            if let Some(joined) = &mut self.joined_subscription {
                joined.insert(topic.clone());
            }
        }
    }

    /// It is about to join a classic group with the topics that match its pattern: it looks first which there are. Kafka:
    /// `ConsumerCoordinator.poll`.
    pub fn joins_by_pattern(&mut self) -> bool {
        matches!(self.wanted, Some(Wanted::Pattern(_)))
            && self.consumer_protocol.is_none()
            && self.join.is_none()
            && self.rejoin_needed_or_pending()
    }

    /// What it knows of the topics that it or, if it leads, anybody subscribes to; one that is not there has no partitions.
    fn snapshot(&self) -> Vec<(Topic, i32)> {
        let mut topics = self.group_subscription.clone();
        for topic in &self.subscription {
            topics.insert(topic.clone());
        }
        let partitions =
            |topic: &Topic| self.topics.iter().find(|there| there.topic == *topic).map(|there| there.partitions);
        topics.iter().map(|topic| (topic.clone(), partitions(topic).unwrap_or(0))).collect()
    }

    /// Kafka: `rejoinNeededOrPending`.
    pub(super) fn rejoin_needed_or_pending(&mut self) -> bool {
        if self.assignment_snapshot.as_ref().is_some_and(|snapshot| *snapshot != self.metadata_snapshot) {
            self.request_rejoin_if_necessary("cached metadata has changed");
            return true;
        }
        if self.joined_subscription.as_ref().is_some_and(|joined| *joined != self.subscription) {
            self.request_rejoin_if_necessary("subscription has changed");
            return true;
        }
        self.rejoin_needed || self.join.is_some()
    }

    fn request_rejoin_if_necessary(&mut self, reason: &'static str) {
        if !self.rejoin_needed {
            self.request_rejoin(reason);
        }
    }
}
