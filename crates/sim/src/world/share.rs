//! Share groups in a world: the share coordinator, the members, and what can be seen of both.
//!
//! Differs from Kafka: the share coordinator is no broker and `__share_group_state` no topic. It is always there, and answers
//! after the time that two messages take.

use std::rc::Rc;

use super::{CommandError, World};
use crate::config::{AutoOffsetReset, ConsumerConfig};
use crate::consumer::Consumer;
use crate::consumer::share::ShareMembership;
use crate::event_queue::{EventKind, QueueFull};
use crate::fact::share::ShareFact;
use crate::fact::{Fact, FactKind};
use crate::group::share::in_flight::InFlightState;
use crate::group::share::message::ShareError;
use crate::group::share::partition::SharePartition;
use crate::group::share::persister::{ReadState, StateRequest, StateResponse};
use crate::group::share::share_group::ShareGroup;
use crate::ids::{BrokerId, ClientId, FactId, NodeId, Topic, TopicId, TopicPartition};

impl World {
    /// Adds a share consumer, which does nothing until it subscribes. `reset` is the group's `share.auto.offset.reset`: where
    /// the group begins in a partition that it has no state of.
    ///
    /// # Errors
    /// A taken name, a bound, a group without a name, or a reset that share groups do not have.
    pub fn add_share_member(
        &mut self,
        id: &ClientId,
        config: ConsumerConfig,
        group: &str,
        reset: AutoOffsetReset,
    ) -> Result<(), CommandError> {
        if group.is_empty() {
            return Err(CommandError::Invalid("a group has a name".to_owned()));
        }
        if reset == AutoOffsetReset::None {
            return Err(CommandError::Invalid("a share group begins somewhere: none is no such place".to_owned()));
        }
        let membership = ShareMembership::new(group, &id.0, &config, self.now, 0);
        self.add_consumer(id.clone(), config)?;
        if let Some(consumer) = self.consumers.get_mut(id) {
            Rc::make_mut(consumer).share = Some(Box::new(membership));
        }
        Rc::make_mut(&mut self.metadata).groups.insert(group.to_owned(), reset);
        Ok(())
    }

    pub(super) fn schedule_state_request(
        &mut self,
        node: &NodeId,
        request: StateRequest,
        cause: FactId,
    ) -> Result<(), QueueFull> {
        let Some(id) = node.broker() else { return Ok(()) };
        let epoch = self.broker(id).map_or(-1, |broker| broker.epoch);
        let at = self.now.plus_micros(self.network.latency_us(node, &NodeId::Controller));
        self.queue.schedule(at, cause, EventKind::ShareStateAsked(id, epoch, Box::new(request)))
    }

    pub(super) fn schedule_disconnect(
        &mut self,
        node: &NodeId,
        broker: BrokerId,
        cause: FactId,
    ) -> Result<(), QueueFull> {
        let at = self.now.plus_micros(self.network.latency_us(node, &NodeId::Broker(broker)));
        self.queue.schedule(at, cause, EventKind::Disconnect(broker, node.clone()))
    }

    /// The share coordinator does what it is asked.
    #[inline(never)]
    pub(super) fn keep_state(
        &mut self,
        broker: BrokerId,
        epoch: i64,
        request: &StateRequest,
        cause: FactId,
        facts: &mut Vec<Fact>,
    ) {
        let answer = Rc::make_mut(&mut self.share_coordinator).on_request(request);
        let fact = match (request, &answer) {
            (StateRequest::Initialize(states), _) => {
                let mut partitions = Vec::new();
                for (topic, numbers) in &states.partitions {
                    let Some(name) = self.topic_named(*topic) else { continue };
                    partitions.extend(numbers.iter().map(|number| TopicPartition::new(name.clone(), *number)));
                }
                let (group, state_epoch) = (states.group.clone(), states.state_epoch);
                ShareFact::StateInitialized { group, state_epoch, partitions }
            }
            (StateRequest::Read((group, partition), leader_epoch), StateResponse::Read(_, read)) => {
                ShareFact::StateRead {
                    group: group.clone(),
                    partition: partition.clone(),
                    leader_epoch: *leader_epoch,
                    start_offset: read.as_ref().map_or(-1, |read| read.start_offset),
                    error: read.as_ref().err().copied().unwrap_or_default(),
                }
            }
            (StateRequest::Write((group, partition), write), answer) => ShareFact::StateWritten {
                group: group.clone(),
                partition: partition.clone(),
                start_offset: write.start_offset,
                batches: write.batches.clone(),
                error: match answer {
                    StateResponse::Written(_, _, Err(error)) => *error,
                    _ => ShareError::None,
                },
            },
            _ => return,
        };
        let told = self.tell(FactKind::Share(Box::new(fact)), cause, facts);
        let at = self.now.plus_micros(self.network.latency_us(&NodeId::Controller, &NodeId::Broker(broker)));
        self.schedule(at, told, EventKind::ShareStateAnswered(broker, epoch, Box::new(answer)), facts);
    }

    fn topic_named(&self, id: TopicId) -> Option<Topic> {
        self.metadata.topic_with_id(id).cloned()
    }

    /// A share group, as its coordinator has it.
    pub fn share_group(&self, group: &str) -> Option<&ShareGroup> {
        self.coordinator(group)?.1.share_group(group)
    }

    /// The group of this name is a share group: somebody was added to it.
    pub fn is_share_group(&self, group: &str) -> bool {
        self.metadata.groups.contains_key(group)
    }

    /// A partition as a share group reads it, on the broker that leads it, if it is loaded there.
    pub fn share_partition(&self, group: &str, partition: &TopicPartition) -> Option<&SharePartition> {
        let leader = self.metadata.partition(partition)?.leader?;
        self.broker(leader).filter(|broker| self.is_running(broker.id))?.share.partition(group, partition)
    }

    /// What the share coordinator keeps of a partition.
    pub fn kept_share_state(&self, group: &str, partition: &TopicPartition) -> Option<&ReadState> {
        self.share_coordinator.kept(&(group.to_owned(), partition.clone()))
    }

    /// What has become of a record in a share group, if it is in flight.
    pub fn share_record(&self, group: &str, partition: &TopicPartition, offset: i64) -> Option<&InFlightState> {
        let there = self.share_partition(group, partition)?;
        there.state_of(offset).filter(|_| offset >= there.start_offset())
    }

    /// The consumers of a share group, whether their processes run or not, in order of their names.
    pub fn share_members<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Consumer> {
        self.consumers().filter(move |consumer| consumer.share.as_ref().is_some_and(|share| share.group == group))
    }

    /// The client of a member of a share group, by the member id that it has made up.
    pub fn share_member_named(&self, member_id: &str) -> Option<&ClientId> {
        let is_it = |(_, consumer): &(&ClientId, &Rc<Consumer>)| {
            consumer.share.as_ref().is_some_and(|share| share.has_been(member_id))
        };
        self.consumers.iter().find(is_it).map(|(id, _)| id)
    }
}
