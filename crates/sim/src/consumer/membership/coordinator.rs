//! How a consumer finds its coordinator, asks it, and what it does without an answer. Kafka 4.3: `AbstractCoordinator`.

use super::super::{Consumer, Life, Polls};
use super::{Asked, tell};
use crate::fact::group::GroupFact;
use crate::group::body::GroupBody;
use crate::group::error::GroupError;
use crate::group::member::Output;
use crate::group::message::{FetchedOffset, JoinedMember, OffsetFetch, Request, Response};
use crate::group::protocol::Subscription;
use crate::ids::{LeaderEpoch, MessageId, NodeId, Offset, Topic, TopicPartition};
use crate::message::{Body, Message};
use crate::outbox::Outbox;
use crate::timer::Timer;

impl Consumer {
    /// Looks for the coordinator, if it is not known and somebody needs it.
    pub(in crate::consumer) fn ask_coordinator(&mut self, out: &mut Outbox) {
        let Some(membership) = &mut self.membership else { return };
        let needed = self.polls != Polls::Never || !membership.queue.is_empty() || membership.blocked_on.is_some();
        if self.life != Life::Running
            || membership.coordinator.is_some()
            || membership.lookup.is_some()
            || membership.retry_at.is_some()
            || !needed
        {
            return;
        }
        let Some(node) = self.metadata.node_to_ask(out.now) else {
            membership.retry_at = self.metadata.connections().next_attempt();
            return;
        };
        let body = Body::Group(GroupBody::FindCoordinator(membership.name.group.clone()));
        membership.lookup = Some((out.send(NodeId::Broker(node), body), node));
    }

    /// Asks what is committed of partitions that have no position yet.
    pub(in crate::consumer) fn ask_committed(&mut self, out: &mut Outbox) {
        let Some(membership) = &mut self.membership else { return };
        let Some(coordinator) = membership.coordinator else { return };
        let waits: Vec<(Topic, i32)> = self
            .positions
            .iter()
            .filter(|(_, position)| position.is_initializing)
            .map(|(partition, _)| (partition.topic.clone(), partition.partition))
            .collect();
        if membership.asks_committed || waits.is_empty() || self.polls == Polls::Never {
            return;
        }
        membership.asks_committed = true;
        let group = membership.name.group.clone();
        let request = Request::OffsetFetch(OffsetFetch { group, partitions: Some(waits), require_stable: true });
        let message = out.send(NodeId::Broker(coordinator), Body::Group(GroupBody::Request(request)));
        membership.in_flight.insert(message, Asked::Committed);
    }

    /// Handles a message of a coordinator.
    pub(in crate::consumer) fn on_group(&mut self, message: &Message, body: &GroupBody, out: &mut Outbox) {
        let Some(membership) = self.membership.as_mut().filter(|_| self.life == Life::Running) else { return };
        match body {
            GroupBody::FoundCoordinator(_, found)
                if membership.lookup.is_some_and(|(asked, _)| asked == message.correlation) =>
            {
                membership.lookup = None;
                let unavailable = |broker| self.metadata.connections().unavailable_until(broker, out.now).is_some();
                match found {
                    Ok(broker) if !unavailable(*broker) => {
                        membership.coordinator = Some(*broker);
                        let (consumer, group) = (self.id.clone(), membership.name.group.clone());
                        let queue = std::mem::take(&mut membership.queue);
                        tell(GroupFact::CoordinatorFound { consumer, group, broker: *broker }, out);
                        self.take_output(Output { requests: queue, events: Vec::new() }, out);
                    }
                    Ok(_) | Err(_) => membership.retry_at = Some(out.now.plus_ms(self.config.retry_backoff_ms)),
                }
                self.run_member(out);
            }
            GroupBody::Response(response) => match membership.in_flight.remove(&message.correlation) {
                Some(Asked::Member(id)) => self.on_member_response(id, response.clone(), out),
                Some(Asked::Committed) => self.on_committed(response, out),
                None => {}
            },
            _ => {}
        }
    }

    pub(in crate::consumer) fn on_member_response(&mut self, id: MessageId, response: Response, out: &mut Outbox) {
        let error = response.error();
        if error.is_of_coordinator() {
            self.lose_coordinator(error, out);
            let now = out.now;
            return self.with_member(out, |membership, output| {
                membership.member.on_failed(now, id, error, output);
            });
        }
        let cluster = self.cluster();
        let unknown: Vec<Topic> = subscribed(&response)
            .into_iter()
            .filter(|topic| !cluster.iter().any(|known| known.topic == *topic))
            .collect();
        let Some(membership) = &mut self.membership else { return };
        if !unknown.is_empty() {
            membership.held = Some((id, response));
            self.metadata.want(&unknown, out);
            return;
        }
        let now = out.now;
        self.with_member(out, |membership, output| {
            membership.member.on_response(now, id, &response, &cluster, output);
        });
    }

    /// The coordinator told what is committed.
    pub(in crate::consumer) fn on_committed(&mut self, response: &Response, out: &mut Outbox) {
        let Response::OffsetFetch(offsets) = response else { return };
        if response.error().is_of_coordinator() {
            self.lose_coordinator(response.error(), out);
        }
        if let Some(membership) = &mut self.membership {
            membership.asks_committed = false;
        }
        for FetchedOffset { topic, partition, offset, leader_epoch, error, .. } in offsets {
            let partition = TopicPartition::new(topic.clone(), *partition);
            let Some(position) = self.positions.get_mut(&partition).filter(|position| position.is_initializing) else {
                continue;
            };
            if *error != GroupError::None {
                continue;
            }
            position.is_initializing = false;
            if *offset >= 0 {
                let at = Offset(*offset);
                position.offset = Some(at);
                position.offset_epoch = (*leader_epoch >= 0).then_some(LeaderEpoch(*leader_epoch));
                let consumer = self.id.clone();
                tell(GroupFact::PositionRestored { consumer, partition: partition.clone(), position: at }, out);
                self.note_consumed(&partition);
            }
        }
        // Its leader may have lost what was committed.
        self.hold_against_leaders(out);
        self.run_member(out);
    }

    pub(in crate::consumer) fn lose_coordinator(&mut self, error: GroupError, out: &mut Outbox) {
        let Some(membership) = &mut self.membership else { return };
        if membership.coordinator.take().is_some() {
            let (consumer, group) = (self.id.clone(), membership.name.group.clone());
            tell(GroupFact::CoordinatorLost { consumer, group, error }, out);
        }
    }

    /// A request to a coordinator, or for one, got no answer.
    pub(in crate::consumer) fn on_group_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        let Some(membership) = &mut self.membership else { return };
        if let Some((_, broker)) = membership.lookup.filter(|(asked, _)| *asked == request) {
            out.timer_fired(timer.clone());
            membership.lookup = None;
            membership.retry_at = Some(out.now.plus_ms(self.config.retry_backoff_ms));
            self.metadata.on_disconnected(broker, out);
            self.run_member(out);
            return;
        }
        let Some(asked) = membership.in_flight.remove(&request) else { return };
        out.timer_fired(timer.clone());
        if let Some(broker) = membership.coordinator {
            self.metadata.on_disconnected(broker, out);
        }
        self.lose_coordinator(GroupError::None, out);
        let now = out.now;
        self.with_member(out, |membership, output| match asked {
            Asked::Member(id) => membership.member.on_failed(now, id, GroupError::CoordinatorNotAvailable, output),
            Asked::Committed => membership.asks_committed = false,
        });
    }
}

/// The topics of all members, in what a leader is told.
fn subscribed(response: &Response) -> Vec<Topic> {
    let Response::JoinGroup(joined) = response else { return Vec::new() };
    let topics = |member: &JoinedMember| {
        Subscription::decode(&member.metadata).map(|subscription| subscription.topics).unwrap_or_default()
    };
    joined.members.iter().flat_map(topics).collect()
}
