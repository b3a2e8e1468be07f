//! Groups in a world: who their members are, and what can be seen of them.

use std::rc::Rc;

use super::{CommandError, World};
use crate::broker::Broker;
use crate::command::Command;
use crate::config::{CleanupPolicy, ConsumerConfig, TopicConfig};
use crate::consumer::action::ConsumerAction;
use crate::consumer::membership::{GroupName, Membership};
use crate::consumer::work::{Commits, Stretch, Work, covered};
use crate::consumer::{Consumer, Life, Polls};
use crate::group::consumer_group::{ConsumerGroup, Member, Target};
use crate::group::coordinator::{ClassicGroup, Committed, GroupCoordinator};
use crate::group::regular_expression::Pattern;
use crate::group::{OFFSETS_TOPIC, partition_for};
use crate::ids::{BrokerId, ClientId, LeaderEpoch, NodeId, Offset, TopicPartition};

impl World {
    /// Adds a consumer with a `group.id`, which does nothing until it subscribes.
    ///
    /// # Errors
    /// A taken name, a bound, or a group without a name.
    pub fn add_member(&mut self, id: &ClientId, config: ConsumerConfig, name: GroupName) -> Result<(), CommandError> {
        if name.group.is_empty() {
            return Err(CommandError::Invalid("a group has a name".to_owned()));
        }
        let membership = Membership::new(name, &id.0, &config, self.now, 0);
        self.add_consumer(id.clone(), config)?;
        if let Some(consumer) = self.consumers.get_mut(id) {
            Rc::make_mut(consumer).membership = Some(Box::new(membership));
        }
        Ok(())
    }

    /// Says how the application of a consumer works.
    ///
    /// # Errors
    /// An unknown consumer, work that takes no time, or commits without a group.
    pub fn set_work(&mut self, id: &ClientId, work: Work) -> Result<(), CommandError> {
        let consumer = self.consumers.get_mut(id).ok_or_else(|| CommandError::Unknown(format!("consumer {id}")))?;
        if work.ms_per_record == 0 {
            return Err(CommandError::Invalid("a record takes an application at least 1 ms".to_owned()));
        }
        if consumer.share.is_some() && work.threads > 0 {
            return Err(CommandError::Invalid(format!("{id} is a share consumer, which is used by one thread")));
        }
        if work.commits != Commits::Never && consumer.membership.is_none() && consumer.share.is_none() {
            return Err(CommandError::Invalid(format!("{id} has no group, so it cannot commit")));
        }
        Rc::make_mut(consumer).set_work(work);
        Ok(())
    }

    /// What the members of a group have done to the records of a partition, below what the group has committed: how many
    /// records they were given and never finished, and how many times they finished a record again.
    pub fn worked(&self, group: &str, partition: &TopicPartition) -> (i64, i64) {
        let below = self.committed(group, partition).map_or(0, |offset| offset.0);
        let (mut taken, mut done, mut times) = (Vec::new(), Vec::new(), 0_i64);
        for application in self.members(group).filter_map(|member| member.application.as_ref()) {
            let (got, finished) = application.stretches(partition);
            taken.extend_from_slice(got);
            done.extend_from_slice(finished);
            times = finished.iter().fold(times, |sum, stretch| sum.saturating_add(covered(&[*stretch])));
        }
        let repeated = times.saturating_sub(covered(&done));
        let cut = |stretches: &[Stretch]| {
            let end = below.saturating_sub(1);
            let under =
                stretches.iter().filter(|(first, _)| *first <= end).map(|(first, last)| (*first, end.min(*last)));
            under.collect::<Vec<_>>()
        };
        (covered(&cut(&taken)).saturating_sub(covered(&cut(&done))), repeated)
    }

    /// The command that creates `__consumer_offsets`, as the brokers' configuration has it. Kafka creates it when somebody
    /// first asks for a coordinator: `DefaultAutoTopicCreationManager`.
    pub fn create_offsets_topic(&self) -> Command {
        let ids: Vec<BrokerId> = self.brokers.keys().copied().collect();
        let config = self.brokers.values().next().map(|broker| Rc::clone(&broker.config)).unwrap_or_default();
        let replicas = usize::try_from(config.offsets_topic_replication_factor).unwrap_or(1).min(ids.len());
        let place = |partition: usize| {
            let at = |replica: usize| ids.get(partition.saturating_add(replica).checked_rem(ids.len())?).copied();
            (0..replicas).filter_map(at).collect()
        };
        let partitions = usize::try_from(config.offsets_topic_num_partitions).unwrap_or(1);
        let topic = TopicConfig {
            cleanup_policy: CleanupPolicy::Compact,
            segment_bytes: 104_857_600,
            ..TopicConfig::default()
        };
        let assignment = (0..partitions).map(place).collect();
        Command::CreateTopic { topic: OFFSETS_TOPIC.into(), assignment, config: Rc::new(topic) }
    }

    /// Gives members to come their ids, by the `client.id` or `group.instance.id` with which they begin.
    pub fn give_member_ids(&mut self, name: &str, mut ids: Vec<String>) {
        ids.reverse();
        for broker in self.brokers.values_mut() {
            let given = &mut Rc::make_mut(broker).groups.member_ids;
            Rc::make_mut(given).insert(name.to_owned(), ids.clone());
        }
    }

    #[inline(never)]
    pub(super) fn check_action(&self, id: &ClientId, action: &ConsumerAction) -> Result<(), CommandError> {
        let consumer = self.consumers.get(id).ok_or_else(|| CommandError::Unknown(format!("consumer {id}")))?;
        let runs = consumer.life == Life::Running;
        if !runs && !action.subscribes() {
            return Err(CommandError::Invalid(format!("{id} is not running")));
        }
        let needs_group =
            action.subscribes() || matches!(action, ConsumerAction::Unsubscribe | ConsumerAction::Commit { .. });
        if needs_group && consumer.membership.is_none() && consumer.share.is_none() {
            return Err(CommandError::Invalid(format!("{id} has no group")));
        }
        let has_no_such = match action {
            ConsumerAction::Acknowledge { .. } => consumer.share.is_none(),
            ConsumerAction::Unsubscribe
            | ConsumerAction::Seek { .. }
            | ConsumerAction::SubscribePattern { .. }
            | ConsumerAction::SubscribeSubscriptionPattern { .. } => consumer.share.is_some(),
            _ => false,
        };
        if has_no_such {
            let kind = if consumer.share.is_some() { "a share consumer" } else { "no share consumer" };
            return Err(CommandError::Invalid(format!("{id} is {kind}: it has no {}()", action.name())));
        }
        match action {
            ConsumerAction::Seek { partition, .. } if consumer.position(partition).is_none() => {
                Err(CommandError::Invalid(format!("{partition} is not assigned to {id}")))
            }
            ConsumerAction::SubscribePattern { pattern } | ConsumerAction::SubscribeSubscriptionPattern { pattern }
                if pattern.is_empty() =>
            {
                Err(CommandError::Invalid("Topic pattern to subscribe to cannot be empty".to_owned()))
            }
            ConsumerAction::SubscribePattern { pattern } => Pattern::compile(pattern)
                .map(|_| ())
                .map_err(|error| CommandError::Invalid(format!("the pattern {pattern:?}: {error}"))),
            _ => Ok(()),
        }
    }

    /// A command would leave everything as it is: an application that polls is told to poll.
    pub fn changes_nothing(&self, command: &Command) -> bool {
        let Command::Consumer { consumer, action } = command else { return false };
        let polls = match action {
            ConsumerAction::PausePolling => Polls::Never,
            ConsumerAction::ResumePolling => Polls::Always,
            ConsumerAction::PollOnce => Polls::Once,
            _ => return false,
        };
        self.consumers.get(consumer).is_some_and(|consumer| consumer.polls == polls)
    }

    /// A client whose process does not run: nobody gets what is sent to it.
    pub(super) fn is_gone(&self, node: &NodeId) -> bool {
        let NodeId::Client(id) = node else { return false };
        self.consumers.get(id).is_some_and(|consumer| consumer.life != Life::Running)
    }

    /// The partition of `__consumer_offsets` that has a group.
    pub fn offsets_partition_of(&self, group: &str) -> Option<TopicPartition> {
        let partitions = self.metadata.topics.get(OFFSETS_TOPIC)?.partitions.len();
        let partition = partition_for(group, i32::try_from(partitions).unwrap_or(i32::MAX))?;
        Some(TopicPartition::new(OFFSETS_TOPIC, partition))
    }

    /// The broker that coordinates a group, with its coordinator.
    pub fn coordinator(&self, group: &str) -> Option<(&Broker, &GroupCoordinator)> {
        let partition = self.offsets_partition_of(group)?;
        let broker = self.broker(self.metadata.partition(&partition)?.leader?)?;
        let coordinator = broker.groups.coordinators.get(&partition.partition)?;
        Some((broker, &coordinator.groups))
    }

    /// A group by the consumer protocol, as its coordinator has it.
    pub fn consumer_group(&self, group: &str) -> Option<&ConsumerGroup> {
        self.coordinator(group)?.1.consumer_group(group)
    }

    /// A consumer as the coordinator of its group has it, by the consumer protocol: also one whose process is gone, if the
    /// coordinator does not know that yet.
    pub fn consumer_group_member(&self, id: &str) -> Option<(&ConsumerGroup, &Member)> {
        let consumer = self.consumer(id)?;
        let membership = consumer.membership.as_ref()?;
        let group = self.consumer_group(&membership.name.group)?;
        let member = match consumer.life {
            Life::Running => group.members.get(&membership.member.generation.member_id),
            _ => group.members.values().find(|member| member.client_id == id),
        };
        Some((group, member?))
    }

    /// The partitions of a topic among those of a target, and of an assignment.
    pub fn numbers_of(&self, partitions: &Target, topic: &str) -> Vec<i32> {
        let of_topic = self.metadata.topics.get(topic).and_then(|image| partitions.get(&image.id));
        of_topic.map(|there| there.iter().copied().collect()).unwrap_or_default()
    }

    /// A classic group, as its coordinator has it.
    pub fn group(&self, group: &str) -> Option<&ClassicGroup> {
        self.coordinator(group)?.1.group(group)
    }

    /// What a group has committed for a partition.
    pub fn committed(&self, group: &str, partition: &TopicPartition) -> Option<Offset> {
        self.committed_with_epoch(group, partition).map(|(offset, _)| offset)
    }

    /// The same with the leader epoch of the record before it, if that was committed, too.
    pub fn committed_with_epoch(
        &self,
        group: &str,
        partition: &TopicPartition,
    ) -> Option<(Offset, Option<LeaderEpoch>)> {
        let committed = self.coordinator(group)?.1.committed(group);
        let is_it = |there: &&Committed| there.topic == partition.topic && there.partition == partition.partition;
        let there = committed.into_iter().find(is_it)?;
        Some((Offset(there.offset), (there.leader_epoch >= 0).then_some(LeaderEpoch(there.leader_epoch))))
    }

    /// The consumers of a group, whether their processes run or not, in order of their names.
    pub fn members<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Consumer> {
        let is_in = move |consumer: &&Consumer| {
            consumer.membership.as_ref().is_some_and(|membership| membership.name.group == group)
        };
        self.consumers().filter(is_in)
    }
}
