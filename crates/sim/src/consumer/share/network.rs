//! What a share consumer sends and gets, and what it does without an answer.

use super::super::membership::MemberMoment;
use super::super::{Consumer, Life, Polls};
use crate::fact::FactKind;
use crate::fact::group::{GroupFact, Since};
use crate::fact::share::ShareFact;
use crate::group::body::GroupBody;
use crate::group::error::GroupError;
use crate::group::message::{Request, Response};
use crate::group::share::body::ShareBody;
use crate::group::share::consumer::{ShareEvent, ShareOutput};
use crate::group::share::message::{ShareError, ShareResponse};
use crate::ids::{MessageId, NodeId, TopicPartition};
use crate::message::{Body, Message};
use crate::outbox::Outbox;
use crate::time::SimTime;
use crate::timer::Timer;

fn tell(fact: GroupFact, out: &mut Outbox) {
    out.then(FactKind::Group(Box::new(fact)));
}

impl Consumer {
    /// Sends what is to be sent, and tells what the application sees.
    pub(super) fn take_share(&mut self, output: ShareOutput, out: &mut Outbox) {
        let because = out.cause();
        let mut is_closed = false;
        for event in output.events {
            out.because(because);
            is_closed |= event == ShareEvent::Closed;
            self.on_share_event(event, out);
        }
        out.because(because);
        let Some(share) = &mut self.share else { return };
        for (id, request) in output.heartbeats {
            let leaves = matches!(&request, Request::ShareGroupHeartbeat(beat) if beat.member_epoch < 0);
            if leaves && !share.is_closing {
                let (consumer, group) = (self.id.clone(), share.group.clone());
                let interval_ms = i64::try_from(share.member.config.max_poll_interval_ms).unwrap_or(i64::MAX);
                tell(GroupFact::PollTimeoutExpired { consumer, group, interval_ms }, out);
            }
            let Some(coordinator) = share.coordinator else {
                // Nobody is there to be told that it goes.
                is_closed |= leaves && share.is_closing;
                continue;
            };
            if !leaves {
                share.note(out.now, MemberMoment::Heartbeat);
            }
            let message = out.send(NodeId::Broker(coordinator), Body::Group(GroupBody::Request(request)));
            share.beats.insert(message, id);
        }
        for (id, broker, request) in output.requests {
            let message = out.send(NodeId::Broker(broker), Body::Share(ShareBody::Request(request)));
            share.requests.insert(message, (id, broker));
        }
        if is_closed {
            self.end(Life::Closed, out);
        }
    }

    fn on_share_event(&mut self, event: ShareEvent, out: &mut Outbox) {
        let Some(share) = &mut self.share else { return };
        let consumer = self.id.clone();
        match event {
            ShareEvent::Assigned(owned) => {
                self.metadata.want(owned.iter().map(|partition| &partition.topic), out);
                share.note(out.now, MemberMoment::Owns(owned.len()));
                let (group, since) = (share.group.clone(), Since::MemberEpoch(share.member.member_epoch()));
                tell(GroupFact::PartitionsAssigned { consumer, group, since, added: owned.clone(), owned }, out);
            }
            ShareEvent::Acknowledged(partition, offsets, error) => {
                let fact = ShareFact::Completed { consumer, partition, offsets, error };
                out.then(FactKind::Share(Box::new(fact)));
            }
            ShareEvent::Committed(id, _) => share.blocked_on = share.blocked_on.filter(|there| *there != id),
            ShareEvent::Closed => {}
        }
    }

    /// Looks for the coordinator, if it is not known and somebody needs it.
    pub(super) fn find_share_coordinator(&mut self, out: &mut Outbox) {
        let Some(share) = self.share.as_mut().filter(|_| self.life == Life::Running) else { return };
        let needed = share.wanted.is_none() && (self.polls != Polls::Never || share.is_started());
        if share.coordinator.is_none() && share.lookup.is_none() && share.retry_at.is_none() && needed {
            let Some(node) = self.metadata.node_to_ask(out.now) else {
                share.retry_at = self.metadata.connections().next_attempt();
                return;
            };
            let body = Body::Group(GroupBody::FindCoordinator(share.group.clone()));
            share.lookup = Some((out.send(NodeId::Broker(node), body), node));
        }
    }

    fn lose_share_coordinator(&mut self, error: GroupError, out: &mut Outbox) {
        let Some(share) = &mut self.share else { return };
        if share.coordinator.take().is_some() {
            let (consumer, group) = (self.id.clone(), share.group.clone());
            tell(GroupFact::CoordinatorLost { consumer, group, error }, out);
        }
    }

    /// Handles a message of a coordinator.
    pub(in crate::consumer) fn on_share_group_message(
        &mut self,
        message: &Message,
        body: &GroupBody,
        out: &mut Outbox,
    ) {
        let backoff_ms = self.config.retry_backoff_ms;
        let Some(share) = self.share.as_mut().filter(|_| self.life == Life::Running) else { return };
        match body {
            GroupBody::FoundCoordinator(_, found)
                if share.lookup.is_some_and(|(asked, _)| asked == message.correlation) =>
            {
                share.lookup = None;
                let unavailable = |broker| self.metadata.connections().unavailable_until(broker, out.now).is_some();
                match found {
                    Ok(broker) if !unavailable(*broker) => {
                        share.coordinator = Some(*broker);
                        let (consumer, group) = (self.id.clone(), share.group.clone());
                        tell(GroupFact::CoordinatorFound { consumer, group, broker: *broker }, out);
                    }
                    Ok(_) | Err(_) => share.retry_at = Some(out.now.plus_ms(backoff_ms)),
                }
                self.run_share(out);
            }
            GroupBody::Response(Response::ShareGroupHeartbeat(answer)) => {
                let Some(id) = share.beats.remove(&message.correlation) else { return };
                if let Err(error) = answer
                    && error.is_of_coordinator()
                {
                    self.lose_share_coordinator(*error, out);
                }
                self.with_share(out, |share, now, known, output| {
                    share.member.on_heartbeat(now, id, answer, known, output);
                });
                self.throw_share_failure(out);
            }
            _ => {}
        }
    }

    /// Handles a response of a leader.
    pub(in crate::consumer) fn on_share_message(&mut self, message: &Message, body: &ShareBody, out: &mut Outbox) {
        let ShareBody::Response(response) = body else { return };
        let Some(share) = self.share.as_mut().filter(|_| self.life == Life::Running) else { return };
        let Some((id, _)) = share.requests.remove(&message.correlation) else { return };
        let received = out.cause();
        let (mut comes_back, mut is_stale) = (false, false);
        if let ShareResponse::Fetch(fetch) = response {
            comes_back = share.polling && fetch.partitions.iter().all(|there| there.acquired.is_empty());
            is_stale = fetch.partitions.iter().any(|there| says_that_metadata_is_stale(there.error));
        }
        self.metadata.update_partition_leadership(response.current_leaders(), out);
        self.with_share(out, |share, now, known, output| {
            if comes_back {
                // The application polls again.
                share.polling = false;
                share.member.end_poll(output);
            }
            share.member.on_response(now, id, response, known, output);
        });
        if is_stale {
            out.because(received);
            self.metadata.request(out);
        }
    }

    /// Leaders of these partitions are not asked for a while, and who leads them is asked.
    fn leave_in_peace(&mut self, partitions: Vec<TopicPartition>, until: SimTime, out: &mut Outbox) {
        if partitions.is_empty() {
            return;
        }
        if let Some(share) = &mut self.share {
            share.rests.extend(partitions.into_iter().map(|partition| (partition, until)));
        }
        self.metadata.request(out);
    }

    /// A request got no answer in time, or its connection broke.
    pub(in crate::consumer) fn on_share_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        let backoff_ms = self.config.retry_backoff_ms;
        let Some(share) = &mut self.share else { return };
        if let Some((_, broker)) = share.lookup.filter(|(asked, _)| *asked == request) {
            out.timer_fired(timer.clone());
            share.lookup = None;
            share.retry_at = Some(out.now.plus_ms(backoff_ms));
            self.metadata.on_disconnected(broker, out);
            return self.run_share(out);
        }
        if let Some(id) = share.beats.remove(&request) {
            out.timer_fired(timer.clone());
            if let Some(broker) = share.coordinator {
                self.metadata.on_disconnected(broker, out);
            }
            self.lose_share_coordinator(GroupError::None, out);
            let answer = Err(GroupError::CoordinatorNotAvailable);
            return self.with_share(out, |share, now, known, output| {
                share.member.on_heartbeat(now, id, &answer, known, output);
            });
        }
        let Some((_, broker)) = share.requests.remove(&request) else { return };
        out.timer_fired(timer.clone());
        if matches!(timer, Timer::RequestTimeout { .. }) {
            out.disconnect(broker);
        }
        let led = share.member.assigned().iter();
        let led = led.filter(|id| self.metadata.partition(id).is_some_and(|known| known.leader == Some(broker)));
        let led = led.cloned().collect();
        self.metadata.on_disconnected(broker, out);
        let until = self.metadata.connections().unavailable_until(broker, out.now);
        let until = until.unwrap_or(out.now.plus_ms(backoff_ms));
        self.leave_in_peace(led, until, out);
        self.with_share(out, |share, now, known, output| {
            share.member.on_connection_lost(broker, output);
            share.member.run(now, known, output);
        });
    }
}

/// A member that was refused by such an error asks for metadata. Kafka: `ShareFetchCollector.handleInitializeErrors`.
fn says_that_metadata_is_stale(error: ShareError) -> bool {
    error.is_about_leader() || error == ShareError::UnknownTopicOrPartition
}
