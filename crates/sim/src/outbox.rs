//! What a handler wants done: one typed list of effects, in order. The world alone applies them.

use std::rc::Rc;

use crate::fact::{Fact, FactKind, MessageFact};
use crate::group::share::persister::StateRequest;
use crate::ids::{BrokerId, FactId, MessageId, NodeId};
use crate::message::{Body, Message};
use crate::metadata::MetadataImage;
use crate::time::SimTime;
use crate::timer::Timer;

/// One effect of a handler, beside the facts that it tells.
#[derive(Debug)]
pub enum Effect {
    /// A message goes onto the network; the fact that it was sent has this number.
    Send(Message, FactId),
    /// A broker will know this of the cluster; the fact that it learns.
    Metadata(BrokerId, Rc<MetadataImage>, FactId),
    /// A timer of this node runs out at a moment; the fact that set it.
    Timer(SimTime, Timer, FactId),
    /// This broker asks the share coordinator; the fact that made it ask.
    ShareState(StateRequest, FactId),
    /// This client's connection to a broker is gone; the fact that broke it.
    Disconnect(BrokerId, FactId),
}

/// Room for the effects of one call, used again for the next. Between two calls it is empty, so a copy is a new one.
#[derive(Debug, Default)]
pub struct Room(pub(crate) Vec<Effect>);

impl Clone for Room {
    fn clone(&self) -> Room {
        Room::default()
    }
}

/// The numbers that the world hands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The next fact.
    pub fact: u64,
    /// The next message.
    pub message: u64,
}

/// Collects the effects of one handler call of one node.
#[derive(Debug)]
pub struct Outbox {
    /// The moment of the call.
    pub now: SimTime,
    skew_ms: i64,
    node: NodeId,
    cause: FactId,
    counters: Counters,
    effects: Vec<Effect>,
    facts: Vec<Fact>,
}

/// What a handler left.
#[derive(Debug)]
pub struct Finished {
    /// The effects in order.
    pub effects: Vec<Effect>,
    /// The facts in order, behind those that were there before.
    pub facts: Vec<Fact>,
    /// The counters after them.
    pub counters: Counters,
}

impl Outbox {
    /// An empty outbox for `node` at `now`; what happens first is caused by `cause`.
    /// `effects` is emptied and used again.
    pub fn new(now: SimTime, node: NodeId, cause: FactId, counters: Counters, mut effects: Vec<Effect>) -> Outbox {
        effects.clear();
        Outbox { now, skew_ms: 0, node, cause, counters, effects, facts: Vec::new() }
    }

    /// What is told goes behind these facts: each is written once, where it stays.
    #[must_use]
    pub fn telling(self, facts: Vec<Fact>) -> Outbox {
        Outbox { facts, ..self }
    }

    /// The node's clock is ahead by so much, in ms.
    pub fn set_skew_ms(&mut self, skew_ms: i64) {
        self.skew_ms = skew_ms;
    }

    /// What the node's clock says, in ms since the epoch.
    pub fn clock_ms(&self) -> i64 {
        self.now.timestamp_ms().saturating_add(self.skew_ms)
    }

    /// Whose outbox it is.
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    /// The fact that what is recorded next has as its cause.
    pub fn cause(&self) -> FactId {
        self.cause
    }

    /// Records a fact, caused by the present cause.
    pub fn fact(&mut self, kind: FactKind) -> FactId {
        let id = FactId(self.counters.fact);
        self.counters.fact = self.counters.fact.saturating_add(1);
        self.facts.push(Fact { id, at: self.now, cause: Some(self.cause), kind });
        id
    }

    /// Records a fact and makes it the cause of what follows, until [`Outbox::because`] says otherwise.
    pub fn then(&mut self, kind: FactKind) -> FactId {
        let id = self.fact(kind);
        self.cause = id;
        id
    }

    /// Makes `cause` the cause of what follows; returns the cause before.
    pub fn because(&mut self, cause: FactId) -> FactId {
        std::mem::replace(&mut self.cause, cause)
    }

    /// Says that a timer was heeded; it is the cause of what follows.
    pub fn timer_fired(&mut self, timer: Timer) {
        let node = self.node.clone();
        self.then(FactKind::TimerFired { node, timer });
    }

    /// Sends a request; returns its number.
    pub fn send(&mut self, to: NodeId, body: Body) -> MessageId {
        let id = MessageId(self.counters.message);
        self.transmit(id, id, to, body);
        id
    }

    /// Answers the request `correlation` of `to`.
    pub fn reply(&mut self, correlation: MessageId, to: NodeId, body: Body) {
        self.transmit(MessageId(self.counters.message), correlation, to, body);
    }

    /// Lets a broker know what the controller has decided, after the time that a message takes.
    pub fn metadata(&mut self, broker: BrokerId, image: &Rc<MetadataImage>) {
        self.effects.push(Effect::Metadata(broker, Rc::clone(image), self.cause));
    }

    /// Sets a timer of this node.
    pub fn timer(&mut self, at: SimTime, timer: Timer) {
        self.effects.push(Effect::Timer(at, timer, self.cause));
    }

    /// Asks the share coordinator, which answers after the time of two messages.
    pub fn share_state(&mut self, request: StateRequest) {
        self.effects.push(Effect::ShareState(request, self.cause));
    }

    /// The connection of this client to a broker is closed, or its process is gone: the broker is told.
    pub fn disconnect(&mut self, broker: BrokerId) {
        self.effects.push(Effect::Disconnect(broker, self.cause));
    }

    /// What it has collected.
    pub fn finish(self) -> Finished {
        Finished { effects: self.effects, facts: self.facts, counters: self.counters }
    }

    fn transmit(&mut self, id: MessageId, correlation: MessageId, to: NodeId, body: Body) {
        self.counters.message = self.counters.message.saturating_add(1);
        let message = Message { id, correlation, from: self.node.clone(), to, body: body.into() };
        let sent = self.fact(FactKind::Sent(MessageFact::of(&message)));
        self.effects.push(Effect::Send(message, sent));
    }
}
