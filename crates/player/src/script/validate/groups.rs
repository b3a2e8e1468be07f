//! What must be so of groups, and where consumers are told to do something. Whether a consumer runs at that moment is seen
//! when it is.

use highwater_sim::group::regular_expression::Pattern;
use highwater_sim::ids::TopicPartition;

use super::steps::Counts;
use super::{Checker, MAX_ID};
use crate::script::{Action, ApplicationWork, GroupMembership, MAX_ENTRIES, Place, partition_from_name};

/// At most so long a record may take an application, in ms.
const MAX_WORK_MS: u64 = 600_000;
/// The longest pattern: what a link can hold.
const MAX_PATTERN: usize = 80;
/// At most so many threads work for one.
const MAX_THREADS: u64 = 64;

impl Checker {
    pub(super) fn membership(&mut self, place: &Place, group: &GroupMembership, assign: &[TopicPartition]) {
        let here = place.key("group");
        for (key, name) in [("id", Some(&group.id)), ("instance_id", group.instance_id.as_ref())] {
            let Some(name) = name else { continue };
            let legal = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if !legal || !name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.len() > MAX_ID {
                let help = "it has letters, digits, '_' and '-', and begins with a letter";
                self.say(here.key(key), format!("{:?} is not such a name", super::short(name)), help);
            }
        }
        if group.share.is_some() && (group.instance_id.is_some() || !group.subscribes()) {
            let message = "a member of a share group subscribes, and is not static";
            self.say(here.key("share"), message, "give it subscribe, and no instance_id");
        }
        if group.subscribes() != assign.is_empty() || group.subscribe.len() > MAX_ENTRIES {
            self.say(here.clone(), "a member subscribes to topics, or assign gives it partitions", "give one of both");
        }
        let is_share = group.share.is_some();
        self.patterns(&here, !group.subscribe.is_empty(), (&group.pattern, &group.subscription_pattern), is_share);
        for (index, topic) in group.subscribe.iter().enumerate().take(MAX_ENTRIES) {
            self.partition(&here.key("subscribe").index(index), topic, None, None);
        }
        for (index, partition) in assign.iter().enumerate().take(MAX_ENTRIES) {
            self.partition(&place.key("assign").index(index), &partition.topic, Some(partition.partition), None);
        }
    }

    /// A consumer subscribes in one way. Java must be able to compile a `Pattern`; what is wrong with a
    /// `SubscriptionPattern` only the coordinator says.
    #[inline(never)]
    fn patterns(
        &mut self,
        place: &Place,
        names: bool,
        (pattern, by_coordinator): (&Option<String>, &Option<String>),
        is_share: bool,
    ) {
        let given = [("pattern", pattern), ("subscription_pattern", by_coordinator)];
        let count = given.iter().filter(|(_, text)| text.is_some()).count().saturating_add(usize::from(names));
        for (key, text) in given {
            let Some(text) = text else { continue };
            let here = place.key(key);
            if is_share {
                self.say(here, "a share consumer subscribes by name only", "give it topics");
            } else if count > 1 {
                let help = "Kafka: subscription to topics and pattern are mutually exclusive";
                self.say(here, "it subscribes in two ways", help);
            } else if text.is_empty() || text.chars().count() > MAX_PATTERN {
                self.say(here, "this is no pattern", format!("1 to {MAX_PATTERN} characters"));
            } else if key == "pattern"
                && let Err(error) = Pattern::compile(text)
            {
                let help = "Java: PatternSyntaxException; what only Java reads is not simulated";
                self.say(here, error.to_string(), help);
            }
        }
    }

    /// What an application does with records.
    #[inline(never)]
    pub(super) fn application(&mut self, place: &Place, work: &ApplicationWork, has_group: bool) {
        if !(1..=MAX_WORK_MS).contains(&work.ms_per_record) {
            let message = format!("{} ms for a record", work.ms_per_record);
            self.say(place.key("ms_per_record"), message, format!("a record takes 1 to {MAX_WORK_MS} ms"));
        }
        if work.threads.is_some_and(|threads| threads > MAX_THREADS) {
            let message = "so many threads".to_owned();
            self.say(place.key("threads"), message, format!("at most {MAX_THREADS}"));
        }
        let Some(commit) = &work.commit else { return };
        if !matches!(commit.as_str(), "before" | "after" | "after_async") {
            self.say(place.key("commit"), "this is no moment", "\"before\", \"after\" or \"after_async\"");
        }
        if !has_group {
            self.say(place.key("commit"), "only a member of a group commits", "give the consumer a group");
        }
    }

    /// The consumer of a command; false if the command is about none.
    pub(super) fn consumer_action(&mut self, place: &Place, action: &Action, counts: &Counts) -> bool {
        let (name, consumer) = match action {
            Action::Subscribe { consumer, .. } => ("subscribe", consumer),
            Action::CloseConsumer { consumer } => ("close_consumer", consumer),
            Action::CrashConsumer { consumer } => ("crash_consumer", consumer),
            Action::PausePolling { consumer } => ("pause_polling", consumer),
            Action::ResumePolling { consumer } => ("resume_polling", consumer),
            Action::PollOnce { consumer } => ("poll_once", consumer),
            Action::Commit { consumer, .. } => ("commit", consumer),
            Action::Seek { consumer, .. } => ("seek", consumer),
            Action::Acknowledge { consumer, .. } => ("acknowledge", consumer),
            _ => return false,
        };
        let here = place.key(name);
        if !self.names.is_consumer(consumer) {
            self.unknown(&here.key("consumer"), "consumer", consumer);
        }
        match action {
            Action::Subscribe { topics, pattern, subscription_pattern, .. } => {
                self.patterns(&here, !topics.is_empty(), (pattern, subscription_pattern), false);
                let has_pattern = pattern.is_some() || subscription_pattern.is_some();
                if topics.is_empty() && !has_pattern || topics.len() > MAX_ENTRIES {
                    self.say(here.key("topics"), format!("{} topics", topics.len()), "give at least one");
                }
                for (index, topic) in topics.iter().enumerate().take(MAX_ENTRIES) {
                    self.partition(&here.key("topics").index(index), topic, None, Some(counts));
                }
            }
            Action::Commit { partition, offset, .. } => {
                if partition.is_some() != offset.is_some() {
                    self.say(here.clone(), "a partition without an offset, or the other way", "give both, or none");
                }
                if let Some(partition) = partition {
                    self.partition_in(&here, partition, counts);
                }
            }
            Action::Acknowledge { partition, how, .. } => {
                self.partition_in(&here, partition, counts);
                if !matches!(how.as_str(), "accept" | "release" | "reject" | "renew") {
                    self.say(here.key("how"), "nothing becomes of a record so", "accept, release, reject or renew");
                }
            }
            Action::Seek { partition, offset, to, timestamp_ago_ms, .. } => {
                self.partition_in(&here, partition, counts);
                let given = [offset.is_some(), to.is_some(), timestamp_ago_ms.is_some()];
                if given.into_iter().filter(|given| *given).count() != 1 {
                    self.say(here.clone(), "where to?", "give one of offset, to and timestamp_ago_ms");
                }
                if to.as_deref().is_some_and(|to| !matches!(to, "beginning" | "end")) {
                    self.say(here.key("to"), "this is no place", "\"beginning\" or \"end\"");
                }
            }
            _ => {}
        }
        true
    }

    fn partition_in(&mut self, place: &Place, name: &str, counts: &Counts) {
        match partition_from_name(name) {
            Some(id) => self.partition(&place.key("partition"), &id.topic, Some(id.partition), Some(counts)),
            None => self.say(place.key("partition"), "this is no partition", "for example \"orders-0\""),
        }
    }
}
