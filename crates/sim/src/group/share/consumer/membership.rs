//! A share consumer as a member of its group: when it sends a heartbeat, what that says, and what the answer changes.
//! Kafka 4.3: `ShareMembershipManager`, `ShareHeartbeatRequestManager`.

use super::super::super::consumer_group::Target;
use super::super::super::error::GroupError;
use super::super::super::member::MembershipState;
use super::super::super::message::Request;
use super::super::share_group::{ShareHeartbeatRequest, ShareHeartbeatResponse};
use super::{Metadata, ShareConsumer, ShareEvent, ShareOutput};
use crate::ids::{MessageId, Topic, TopicPartition};
use crate::sorted::SortedSet;
use crate::time::SimTime;

/// The epoch with which a member joins. Kafka: `JOIN_GROUP_MEMBER_EPOCH`.
const JOIN_EPOCH: i32 = 0;
/// Kafka: `LEAVE_GROUP_MEMBER_EPOCH`.
const LEAVE_EPOCH: i32 = -1;

/// A consumer's part in its group.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    state: MembershipState,
    epoch: i32,
    pub subscription: SortedSet<Topic>,
    subscription_changed: bool,
    sent_subscription: Option<SortedSet<Topic>>,
    current: Option<Target>,
    target: Option<Target>,
    interval_ms: u64,
    beat_at: SimTime,
    backoff_until: SimTime,
    in_flight: Option<MessageId>,
    leaving: Option<MessageId>,
    poll_deadline: SimTime,
    /// It has been in the group: leaders may know its member id.
    has_joined: bool,
    pub failure: Option<GroupError>,
    pub knows_coordinator: bool,
}

impl Membership {
    pub fn new(now: SimTime) -> Membership {
        Membership {
            state: MembershipState::Unsubscribed,
            epoch: JOIN_EPOCH,
            subscription: SortedSet::new(),
            subscription_changed: false,
            sent_subscription: None,
            current: None,
            target: None,
            interval_ms: 0,
            beat_at: now,
            backoff_until: now,
            in_flight: None,
            leaving: None,
            poll_deadline: now,
            has_joined: false,
            failure: None,
            knows_coordinator: true,
        }
    }

    pub fn subscribe(&mut self, topics: SortedSet<Topic>) {
        self.subscription = topics;
        self.subscription_changed = true;
    }

    /// Kafka: `onConsumerPoll`, `resetPollTimer`.
    pub fn on_poll(&mut self, now: SimTime, max_poll_interval_ms: u64) {
        let comes = std::mem::take(&mut self.subscription_changed) && self.state == MembershipState::Unsubscribed;
        if comes || self.state == MembershipState::Stale {
            self.join();
        }
        self.poll_deadline = now.plus_ms(max_poll_interval_ms);
    }

    fn join(&mut self) {
        self.epoch = JOIN_EPOCH;
        self.target = None;
        self.state = MembershipState::Joining;
    }

    pub fn has_joined(&self) -> bool {
        self.has_joined
    }

    fn is_out(&self) -> bool {
        use MembershipState::{Fatal, Fenced, Stale, Unsubscribed};
        matches!(self.state, Unsubscribed | Fatal | Stale | Fenced)
    }

    /// When a heartbeat is due.
    pub fn next_beat(&self) -> Option<SimTime> {
        if self.is_out() {
            return None;
        }
        let at_once = matches!(self.state, MembershipState::Acknowledging | MembershipState::Joining);
        let at = if at_once { self.backoff_until } else { self.beat_at.max(self.backoff_until) };
        let beat = self.in_flight.is_none().then_some(at);
        beat.into_iter().chain([self.poll_deadline]).min()
    }
}

impl ShareConsumer {
    /// Where it is in its group.
    pub fn membership_state(&self) -> MembershipState {
        self.membership.state
    }

    /// The epoch that it has reached.
    pub fn member_epoch(&self) -> i32 {
        self.membership.epoch
    }

    /// What it is to have it has at once, if it knows the topics. Kafka: `maybeReconcile`.
    pub(super) fn reconcile(&mut self, metadata: &dyn Metadata, out: &mut ShareOutput) {
        let own = &mut self.membership;
        if own.state != MembershipState::Reconciling {
            return;
        }
        let Some(target) = own.target.clone() else { return };
        let named = |(topic, numbers): (&crate::ids::TopicId, &SortedSet<i32>)| {
            let name = metadata.topic(*topic)?;
            Some(numbers.iter().map(|number| TopicPartition::new(name.clone(), *number)).collect::<Vec<_>>())
        };
        let wanted: Vec<TopicPartition> = target.iter().filter_map(named).flatten().collect();
        self.assigned.retain(|partition| wanted.contains(partition));
        let new: Vec<TopicPartition> = wanted.into_iter().filter(|there| !self.assigned.contains(there)).collect();
        self.assigned.extend(new);
        own.current = Some(target);
        own.state = MembershipState::Acknowledging;
        out.events.push(ShareEvent::Assigned(self.assigned.clone()));
    }

    /// Sends a heartbeat if one is due. Kafka: `AbstractHeartbeatRequestManager.poll`.
    pub(super) fn heartbeat(&mut self, now: SimTime, out: &mut ShareOutput) {
        if self.membership.is_out() || !self.membership.knows_coordinator {
            return;
        }
        if self.membership.poll_deadline <= now {
            // The application has not polled for max.poll.interval.ms.
            self.send_leave(out);
            self.membership.state = MembershipState::Stale;
        } else if self.membership.next_beat().is_some_and(|at| at <= now) {
            let id = self.send_heartbeat(out);
            let own = &mut self.membership;
            own.in_flight = Some(id);
            own.beat_at = now.plus_ms(own.interval_ms);
            if own.state == MembershipState::Acknowledging {
                let is_there = own.current == own.target;
                own.state = if is_there { MembershipState::Stable } else { MembershipState::Reconciling };
            }
        }
    }

    fn send_heartbeat(&mut self, out: &mut ShareOutput) -> MessageId {
        let id = self.next_message();
        let own = &mut self.membership;
        let tells = own.state == MembershipState::Joining || own.sent_subscription.as_ref() != Some(&own.subscription);
        let subscription = tells.then(|| own.subscription.clone());
        if tells {
            own.sent_subscription.clone_from(&subscription);
        }
        let request = ShareHeartbeatRequest {
            group: self.config.group.clone(),
            member_id: self.config.member_id.clone(),
            member_epoch: own.epoch,
            subscribed_topic_names: subscription,
            client_id: self.config.client_id.clone(),
            client_host: self.config.client_host.clone(),
        };
        out.heartbeats.push((id, Request::ShareGroupHeartbeat(request)));
        id
    }

    /// It says that it goes. Nobody waits for the answer but `close()`.
    fn send_leave(&mut self, out: &mut ShareOutput) {
        self.membership.epoch = LEAVE_EPOCH;
        self.membership.state = MembershipState::Leaving;
        self.membership.current = None;
        let id = self.send_heartbeat(out);
        self.membership.leaving = Some(id);
        self.membership.in_flight = None;
        self.membership.sent_subscription = None;
        self.assigned.clear();
    }

    /// The second part of `close()`. Kafka: `leaveGroupOnClose`.
    pub(super) fn leave(&mut self, out: &mut ShareOutput) {
        match self.membership.state {
            MembershipState::Unsubscribed if self.membership.leaving.is_some() => {}
            _ if self.membership.is_out() => {
                self.closing = false;
                out.events.push(ShareEvent::Closed);
            }
            _ => {
                self.membership.subscription = SortedSet::new();
                self.send_leave(out);
                self.membership.state = MembershipState::Unsubscribed;
            }
        }
    }

    /// The coordinator has answered, or could not be reached (`NotCoordinator`).
    pub fn on_heartbeat(
        &mut self,
        now: SimTime,
        id: MessageId,
        answer: &Result<ShareHeartbeatResponse, GroupError>,
        metadata: &dyn Metadata,
        out: &mut ShareOutput,
    ) {
        let backoff_ms = self.config.retry_backoff_ms;
        let own = &mut self.membership;
        if own.leaving == Some(id) {
            own.leaving = None;
            if std::mem::take(&mut self.closing) {
                self.tell_completed(out);
                out.events.push(ShareEvent::Closed);
            }
            return;
        }
        if own.in_flight != Some(id) {
            return;
        }
        own.in_flight = None;
        match answer {
            Ok(response) => {
                let interval_ms = u64::try_from(response.heartbeat_interval_ms).unwrap_or(0);
                if interval_ms != own.interval_ms {
                    own.interval_ms = interval_ms;
                    own.beat_at = now.plus_ms(interval_ms);
                }
                if !own.is_out() && response.member_epoch >= 0 {
                    own.epoch = response.member_epoch;
                    own.has_joined = true;
                    if let Some(assignment) = &response.assignment {
                        own.target = Some(assignment.clone());
                        if own.current != own.target {
                            own.state = MembershipState::Reconciling;
                        } else if matches!(own.state, MembershipState::Joining | MembershipState::Reconciling) {
                            own.state = MembershipState::Stable;
                        }
                    }
                }
            }
            Err(error) => {
                own.sent_subscription = None;
                own.beat_at = now;
                match error {
                    GroupError::FencedMemberEpoch | GroupError::UnknownMemberId => {
                        // It gives up what it has, and joins again.
                        own.current = None;
                        own.join();
                        self.assigned.clear();
                    }
                    error if error.is_of_coordinator() => own.backoff_until = now.plus_ms(backoff_ms),
                    error => {
                        own.failure = Some(*error);
                        own.state = MembershipState::Fatal;
                        own.current = None;
                        self.assigned.clear();
                    }
                }
            }
        }
        self.run(now, metadata, out);
    }
}
