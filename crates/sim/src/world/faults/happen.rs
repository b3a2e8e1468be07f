//! What goes wrong in a world. None of this runs while nothing does.
//!
//! Differs from Kafka: what is lost is not sent again by TCP, so whoever waits for an answer waits for its whole timeout,
//! counted from the loss; a broken connection is told for each request that had no answer.

use std::rc::Rc;

use super::super::{CommandError, World};
use super::Halt;
use crate::controller::refusal::Refusal;
use crate::event_queue::{EVENTS_MAX, Event, EventKind};
use crate::fact::{Fact, FactKind, MessageFact};
use crate::fault::{Fault, Link};
use crate::ids::{BrokerId, FactId, MessageId, NodeId};
use crate::message::Message;
use crate::metadata::MetadataImage;
use crate::time::SimTime;
use crate::timer::Timer;

/// How long a broker waits for an answer, in ms: `replica.socket.timeout.ms`, `controller.socket.timeout.ms`.
const SOCKET_TIMEOUT_MS: u64 = 30_000;

impl World {
    /// Why a fault is not possible; the same for its end.
    #[inline(never)]
    pub(in crate::world) fn check_fault(&self, fault: &Fault) -> Result<(), CommandError> {
        let invalid = |why: String| Err(CommandError::Invalid(why));
        if let Some(id) = fault.broker() {
            self.check_node(&NodeId::Broker(id))?;
            return match (fault, self.faults.halted.get(&id)) {
                (Fault::Pause(_) | Fault::Stop(_), Some(Halt::Paused(_))) => {
                    invalid(format!("broker {id} is paused already"))
                }
                (Fault::Pause(_) | Fault::Kill(_) | Fault::Stop(_), Some(Halt::Stopped { .. })) => {
                    invalid(format!("broker {id} is not running"))
                }
                (Fault::Resume(_), None | Some(Halt::Stopped { .. })) => invalid(format!("broker {id} is not paused")),
                (Fault::Start(_), None | Some(Halt::Paused(_))) => invalid(format!("broker {id} is running already")),
                (Fault::Start(_), _) if self.is_full(id) => {
                    invalid(format!("the disk of broker {id} is full: it would halt again"))
                }
                (Fault::FreeDisk(_), _) if !self.is_full(id) => invalid(format!("the disk of broker {id} is not full")),
                (Fault::Stop(_), None) if self.is_stopping(id) => invalid(format!("broker {id} is stopping already")),
                _ => Ok(()),
            };
        }
        match fault {
            Fault::SkewClock(node, _) => return self.check_node(node),
            Fault::Drop(message) | Fault::Delay { message, .. } | Fault::Duplicate(message) => {
                return self.check_message(*message);
            }
            _ => {}
        }
        let (Fault::Cut(link) | Fault::Heal(link)) = fault else { return Ok(()) };
        self.check_node(&link.from)?;
        self.check_node(&link.to)?;
        if link.from == link.to {
            return invalid(format!("{} has no link to itself", link.from));
        }
        let is_cut = link.directions().iter().any(|(from, to)| self.faults.cuts(from, to));
        match fault {
            Fault::Heal(_) if !is_cut => invalid(format!("the link from {} to {} is not cut", link.from, link.to)),
            _ => Ok(()),
        }
    }

    fn check_node(&self, node: &NodeId) -> Result<(), CommandError> {
        let is_there = match node {
            NodeId::Broker(id) => self.brokers.contains_key(id),
            NodeId::Client(id) => self.producers.contains_key(id) || self.consumers.contains_key(id),
            NodeId::Controller => true,
        };
        if is_there {
            return Ok(());
        }
        Err(match node {
            NodeId::Broker(id) => {
                let why = format!("Broker ID {id} is not currently registered");
                CommandError::Refused(Refusal::told("BROKER_ID_NOT_REGISTERED", why))
            }
            node => CommandError::Unknown(format!("client {node}")),
        })
    }

    /// Makes it go wrong, or right again.
    #[inline(never)]
    pub(in crate::world) fn fault(&mut self, fault: &Fault, given: FactId, facts: &mut Vec<Fact>) {
        match fault {
            Fault::Pause(id) => self.pause(*id, given, facts),
            Fault::Resume(id) => self.resume(*id, given, facts),
            Fault::Kill(id) => self.kill(*id, given, facts),
            Fault::Stop(id) => self.stop(*id, given, facts),
            Fault::Start(id) => self.start(*id, given, facts),
            Fault::PowerLoss(id) => self.lose_power(*id, given, facts),
            Fault::WriteBack(id) => self.write_back(*id, given, facts),
            Fault::SlowDisk(id, ms) => self.slow_disk(*id, *ms),
            Fault::FillDisk(id) => self.fill_disk(*id, true),
            Fault::FreeDisk(id) => self.fill_disk(*id, false),
            Fault::SkewClock(node, ms) => {
                self.faults.skews.retain(|(skewed, _)| skewed != node);
                if *ms != 0 {
                    self.faults.skews.push((node.clone(), *ms));
                }
            }
            Fault::Duplicate(message) => self.duplicate(*message, given, facts),
            Fault::Cut(link) => self.cut(link, given, facts),
            Fault::Heal(link) => self.heal(link, given, facts),
            Fault::Drop(message) => self.drop_message(*message, given, facts),
            Fault::Delay { message, ms } => self.delay_message(*message, *ms, facts),
        }
    }

    fn pause(&mut self, id: BrokerId, given: FactId, facts: &mut Vec<Fact>) {
        self.faults.halted.insert(id, Halt::Paused(Vec::new()));
        self.silence(id, given, facts);
        for (request, from, since) in self.unanswered(id) {
            let at = since.plus_ms(self.timeout_ms(&from)).max(self.now);
            self.schedule(at, given, EventKind::Timer(from, Timer::RequestTimeout { request }), facts);
        }
    }

    fn resume(&mut self, id: BrokerId, given: FactId, facts: &mut Vec<Fact>) {
        if let Some(Halt::Paused(held)) = self.faults.halted.remove(&id) {
            for Event { cause, kind, .. } in held {
                self.schedule(self.now, cause, kind, facts);
            }
        }
        self.hear(id, given, facts);
    }

    fn kill(&mut self, id: BrokerId, given: FactId, facts: &mut Vec<Fact>) {
        self.halt(id, false, given, facts);
        self.silence(id, given, facts);
    }

    /// A broker's process ends: its connections break, and nothing waits for it any more.
    pub(in crate::world) fn halt(&mut self, id: BrokerId, is_clean: bool, cause: FactId, facts: &mut Vec<Fact>) {
        let halted = self.faults.halted.insert(id, Halt::Stopped { is_clean });
        self.forget(id);
        for (request, from, _) in self.unanswered(id) {
            self.disconnect(id, request, from, cause, facts);
        }
        self.with_broker(id, cause, facts, |broker, out| if is_clean { broker.close(out) } else { broker.crash() });
        let mut lost = match halted {
            Some(Halt::Paused(held)) => held,
            _ => Vec::new(),
        };
        lost.extend(self.queue.take(&|kind| kind.broker() == Some(id)));
        for event in lost {
            if let EventKind::Deliver(message) = &event.kind {
                self.refuse(id, message, cause, facts);
            }
        }
    }

    /// Lets all brokers know what the controller has decided.
    pub(in crate::world) fn publish(&mut self, cause: FactId, facts: &mut Vec<Fact>) {
        let mut out = self.outbox(NodeId::Controller, cause, facts);
        for id in self.in_order_of_start() {
            out.metadata(id, &self.metadata);
        }
        self.apply(out, facts);
    }

    /// The brokers in the order in which the controller answers their fetches of the metadata log: who has started again
    /// asks after the others.
    pub(in crate::world) fn in_order_of_start(&self) -> Vec<BrokerId> {
        let restarted = &self.faults.sessions.restarted;
        let others = self.brokers.keys().copied().filter(|id| !restarted.contains(id));
        others.chain(restarted.iter().copied()).collect()
    }

    /// A message arrives once more, behind all that is on its way.
    fn duplicate(&mut self, id: MessageId, given: FactId, facts: &mut Vec<Fact>) {
        let found = self.queue.iter().find_map(|event| match &event.kind {
            EventKind::Deliver(message) if message.id == id => Some((event.at, event.kind.clone())),
            _ => None,
        });
        if let Some((at, kind)) = found {
            self.schedule(at, given, kind, facts);
        }
    }

    fn cut(&mut self, link: &Link, given: FactId, facts: &mut Vec<Fact>) {
        for (from, to) in link.directions() {
            if self.faults.cuts(&from, &to) {
                continue;
            }
            let on_it = self.queue.take(&|kind| match kind {
                EventKind::Deliver(message) => message.from == from && message.to == to,
                EventKind::Metadata(broker, _) => from == NodeId::Controller && to == NodeId::Broker(*broker),
                EventKind::Disconnect(broker, node) => from == *node && to == NodeId::Broker(*broker),
                EventKind::Timer(..) | EventKind::ShareStateAsked(..) | EventKind::ShareStateAnswered(..) => false,
            });
            self.faults.cut.push((from.clone(), to.clone()));
            for event in on_it {
                if let EventKind::Deliver(message) = &event.kind {
                    self.lose(message, given, facts);
                }
            }
            if let (NodeId::Broker(id), NodeId::Controller) = (from, to) {
                self.silence(id, given, facts);
            }
        }
    }

    fn heal(&mut self, link: &Link, given: FactId, facts: &mut Vec<Fact>) {
        for (from, to) in link.directions() {
            self.faults.cut.retain(|(cut_from, cut_to)| *cut_from != from || *cut_to != to);
            match (from, to) {
                (NodeId::Controller, NodeId::Broker(id)) => {
                    // A broker fetches the metadata log, and so catches up.
                    let mut out = self.outbox(NodeId::Controller, given, facts);
                    out.metadata(id, &self.metadata);
                    self.apply(out, facts);
                }
                (NodeId::Broker(id), NodeId::Controller) => self.hear(id, given, facts),
                _ => {}
            }
        }
    }

    /// An event that happens to a broker which does nothing: it waits, or is lost. False if the event happens.
    #[inline(never)]
    pub(in crate::world) fn hold_back(&mut self, event: &Event, facts: &mut Vec<Fact>) -> bool {
        let Some(id) = event.kind.broker() else { return false };
        match self.faults.halted.get_mut(&id) {
            None => self.wait_for_disk(id, event, facts),
            Some(Halt::Paused(held)) if held.len() < EVENTS_MAX => {
                held.push(event.clone());
                if let EventKind::Deliver(message) = &event.kind {
                    self.expect_timeout(message, event.cause, facts);
                }
                true
            }
            Some(_) => {
                if let EventKind::Deliver(message) = &event.kind {
                    self.refuse(id, message, event.cause, facts);
                }
                true
            }
        }
    }

    /// What the controller has decided reaches a broker at once; if not, it waits until the broker goes on.
    pub(in crate::world) fn hears_controller(
        &mut self,
        id: BrokerId,
        image: &Rc<MetadataImage>,
        cause: FactId,
        facts: &mut Vec<Fact>,
    ) -> bool {
        if !self.faults.is_running(id) {
            self.schedule(self.now, cause, EventKind::Metadata(id, Rc::clone(image)), facts);
            return false;
        }
        !self.faults.cuts(&NodeId::Controller, &NodeId::Broker(id))
    }

    /// A message does not get through, and nobody is told.
    #[inline(never)]
    pub(in crate::world) fn lose(&mut self, message: &Message, cause: FactId, facts: &mut Vec<Fact>) {
        let lost = self.tell(FactKind::MessageLost(MessageFact::of(message)), cause, facts);
        self.expect_timeout(message, lost, facts);
    }

    /// A message finds no process at its end. A request's sender is told.
    pub(super) fn refuse(&mut self, id: BrokerId, message: &Message, cause: FactId, facts: &mut Vec<Fact>) {
        let lost = self.tell(FactKind::MessageLost(MessageFact::of(message)), cause, facts);
        if !message.body.is_response() {
            self.disconnect(id, message.id, message.from.clone(), lost, facts);
        }
    }

    fn disconnect(&mut self, id: BrokerId, request: MessageId, from: NodeId, cause: FactId, facts: &mut Vec<Fact>) {
        let at = self.now.plus_micros(self.network.latency_us(&NodeId::Broker(id), &from));
        self.schedule(at, cause, EventKind::Timer(from, Timer::Disconnected { request }), facts);
    }

    /// Whoever waits for the answer to a message, or for the message itself, gives up in time.
    fn expect_timeout(&mut self, message: &Message, cause: FactId, facts: &mut Vec<Fact>) {
        let waits = if message.body.is_response() { &message.to } else { &message.from };
        let at = self.now.plus_ms(self.timeout_ms(waits));
        let timer = Timer::RequestTimeout { request: message.correlation };
        self.schedule(at, cause, EventKind::Timer(waits.clone(), timer), facts);
    }

    fn timeout_ms(&self, node: &NodeId) -> u64 {
        let NodeId::Client(id) = node else { return SOCKET_TIMEOUT_MS };
        let producer = self.producers.get(id).map(|producer| producer.config.request_timeout_ms);
        producer.or_else(|| Some(self.consumers.get(id)?.config.request_timeout_ms)).unwrap_or(SOCKET_TIMEOUT_MS)
    }

    /// The requests that wait in a broker: their numbers, who sent them, since when they wait.
    fn unanswered(&self, id: BrokerId) -> Vec<(MessageId, NodeId, SimTime)> {
        let Some(broker) = self.brokers.get(&id) else { return Vec::new() };
        let fetches = broker.purgatory.fetches.iter().map(|(id, fetch)| (*id, fetch.from.clone(), fetch.since));
        let produces = broker.purgatory.produces.iter().map(|(id, produce)| (*id, produce.from.clone(), produce.since));
        fetches.chain(produces).chain(broker.groups.unanswered()).chain(broker.share.unanswered()).collect()
    }

    pub(in crate::world) fn schedule(&mut self, at: SimTime, cause: FactId, kind: EventKind, facts: &mut Vec<Fact>) {
        if self.queue.schedule(at, cause, kind).is_err() {
            let kind = FactKind::LimitReached { node: None, what: "event queue".into(), limit: EVENTS_MAX as u64 };
            self.tell(kind, cause, facts);
        }
    }
}
