//! Subscriptions by a regular expression, which the coordinator holds against the topics that there are. Kafka 4.3:
//! `GroupMetadataManager.maybeUpdateRegularExpressions`, `handleRegularExpressionsResult`, `TopicRegexResolver`.

use super::{ConsumerGroup, HeartbeatRequest, Member};
use crate::group::assignor::TopicPartitions;
use crate::group::coordinator::Outcome;
use crate::group::error::GroupError;
use crate::group::records::{self, Kind, Part, Record, Value};
use crate::group::regular_expression::RegularExpression;
use crate::ids::Topic;
use crate::sorted::SortedSet;
use crate::time::SimTime;

/// New topics are looked for no more often, in ms. Kafka: `REGEX_BATCH_REFRESH_MIN_INTERVAL_MS`.
const REFRESH_INTERVAL_MIN_MS: u64 = 10_000;
/// And no less often. Kafka: `group.consumer.regex.refresh.interval.ms`, which is no public configuration.
const REFRESH_INTERVAL_MAX_MS: u64 = 600_000;

/// What a regular expression stood for. Kafka: `ResolvedRegularExpression`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The topics.
    pub topics: SortedSet<Topic>,
    /// The version of the metadata then.
    pub version: u64,
    /// When.
    pub at: SimTime,
}

/// Versions of a broker's metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicsVersion {
    /// The present one.
    pub now: u64,
    /// The last that had topics that were new.
    pub with_new_topics: u64,
}

/// What a heartbeat changes about the expression that its member subscribes to. Kafka: `UpdateRegularExpressionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpressionUpdate {
    /// Nothing.
    None,
    /// It is another, whose topics are not known yet.
    Updated,
    /// It is another, whose topics are known: a new target is due.
    Resolved,
}

impl HeartbeatRequest {
    /// It says what the member subscribes to.
    pub(super) fn says_subscription(&self) -> bool {
        self.subscribed_topic_names.is_some() || self.subscribed_topic_regex.is_some()
    }
}

impl ConsumerGroup {
    /// What a member subscribes to: by name, and by what its expression stands for.
    pub(super) fn topics_of(&self, member: &Member) -> SortedSet<Topic> {
        let mut topics = member.subscribed_topic_names.clone();
        for topic in self.expressions.get(&member.subscribed_topic_regex).iter().flat_map(|there| there.topics.iter()) {
            topics.insert(topic.clone());
        }
        topics
    }

    /// A member subscribes to a topic.
    pub(super) fn subscribes(&self, member: &Member, topic: &Topic) -> bool {
        member.subscribed_topic_names.contains(topic)
            || self.expressions.get(&member.subscribed_topic_regex).is_some_and(|there| there.topics.contains(topic))
    }

    fn subscribers(&self, expression: &str) -> usize {
        self.members.values().filter(|member| member.subscribed_topic_regex == expression).count()
    }

    /// The expressions that members subscribe to.
    fn subscribed_expressions(&self) -> SortedSet<String> {
        let all = self.members.values().map(|member| &member.subscribed_topic_regex);
        all.filter(|expression| !expression.is_empty()).cloned().collect()
    }

    /// All expressions have been held against the topics of this version of the metadata.
    pub fn knows_topics_of(&self, version: u64) -> bool {
        self.subscribed_expressions()
            .iter()
            .all(|expression| self.expressions.get(expression).is_some_and(|there| there.version >= version))
    }

    /// An expression that nobody has yet must be one.
    pub(super) fn check_expression(&self, request: &HeartbeatRequest) -> Result<(), GroupError> {
        match &request.subscribed_topic_regex {
            Some(text) if !text.is_empty() && self.subscribers(text) == 0 => {
                RegularExpression::new(text).map(drop).map_err(|_| GroupError::InvalidRegularExpression)
            }
            _ => Ok(()),
        }
    }

    /// Kafka: `maybeUpdateRegularExpressions`. The member itself is not changed yet, and an expression that goes with it still
    /// counts: Kafka takes the record that removes it behind the request.
    pub(super) fn update_expressions(
        &mut self,
        now: SimTime,
        old: &Member,
        new: &Member,
        out: &mut Outcome,
    ) -> ExpressionUpdate {
        let (before, after) = (&old.subscribed_topic_regex, &new.subscribed_topic_regex);
        let mut update = ExpressionUpdate::None;
        let mut is_new = false;
        let has = |member: &Member| member.id != new.id && member.subscribed_topic_regex == *before;
        let is_last = before != after && !before.is_empty() && !self.members.values().any(has);
        if before != after {
            update = ExpressionUpdate::Updated;
            is_new = !after.is_empty() && self.subscribers(after) == 0;
            if after.is_empty() || !is_new && self.expressions.contains_key(after) {
                update = ExpressionUpdate::Resolved;
            }
        }
        let mut subscribed = self.subscribed_expressions();
        if is_last {
            subscribed.remove(before);
        }
        if !after.is_empty() {
            subscribed.insert(after.clone());
        }
        if !subscribed.is_empty() && self.must_resolve(now, is_new, subscribed.len()) {
            self.resolves_at = Some(now);
        }
        if is_last {
            self.drop_expression(before, out);
        }
        update
    }

    /// Members come to subscribe to `subscribed` expressions: all are to be held against the topics again.
    fn must_resolve(&self, now: SimTime, is_new: bool, subscribed: usize) -> bool {
        if self.resolves_at.is_some() {
            return false;
        }
        // All are resolved together: the first stands for all.
        let Some(last) = self.expressions.values().next() else { return true };
        let is_early = now <= last.at.plus_ms(REFRESH_INTERVAL_MIN_MS);
        let is_due = is_new
            || subscribed != self.expressions.len()
            || last.version < self.version.with_new_topics
            || now > last.at.plus_ms(REFRESH_INTERVAL_MAX_MS);
        !is_early && is_due
    }

    /// Holds the expressions against the topics. Kafka: `resolveRegularExpressions`, `handleRegularExpressionsResult`.
    pub(super) fn resolve(&mut self, now: SimTime, cluster: &[TopicPartitions], out: &mut Outcome) {
        let mut bumps = false;
        for text in &self.subscribed_expressions() {
            let Ok(expression) = RegularExpression::new(text) else { continue };
            let matching = cluster.iter().filter(|topic| expression.matches(&topic.topic));
            let topics: SortedSet<Topic> = matching.map(|topic| topic.topic.clone()).collect();
            let before = self.expressions.get(text).map(|there| there.topics.clone()).unwrap_or_default();
            bumps |= before != topics;
            let value = records::RegularExpression {
                topics: topics.iter().cloned().collect(),
                version: i64::try_from(self.version.now).unwrap_or(i64::MAX),
                timestamp: now.timestamp_ms(),
            };
            let part = Part::RegularExpression(text.clone());
            out.records.push(self.record(Kind::ConsumerGroupRegularExpression, part, Value::RegularExpression(value)));
            self.expressions.insert(text.clone(), Resolved { topics, version: self.version.now, at: now });
        }
        if bumps || self.compute_metadata_hash(cluster) != self.metadata_hash {
            self.bump(cluster, out);
        }
    }

    /// A member with this expression is gone; if nobody else has it, what it stood for is forgotten.
    pub(super) fn forget_expression(&mut self, expression: &str, out: &mut Outcome) {
        if !expression.is_empty() && self.subscribers(expression) == 0 {
            self.drop_expression(expression, out);
        }
    }

    fn drop_expression(&mut self, expression: &str, out: &mut Outcome) {
        self.expressions.remove(expression);
        let part = Part::RegularExpression(expression.to_owned());
        out.records.push(Record { key: self.key(Kind::ConsumerGroupRegularExpression, part), value: None });
    }
}

#[cfg(test)]
mod tests;
