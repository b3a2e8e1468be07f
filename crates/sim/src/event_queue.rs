//! The one queue of the simulation, ordered by (virtual time, event number).
//! The scheme of Kafka's own `RaftEventSimulationTest`.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;

use crate::group::share::persister::{StateRequest, StateResponse};
use crate::ids::{BrokerId, FactId, NodeId};
use crate::message::Message;
use crate::metadata::MetadataImage;
use crate::time::SimTime;
use crate::timer::Timer;

/// At most so many events wait; what would come on top is refused and said as a fact.
pub const EVENTS_MAX: usize = 1_000_000;

/// What happens at an event.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// A message reaches its receiver.
    Deliver(Message),
    /// A timer of a node runs out.
    Timer(NodeId, Timer),
    /// A broker learns what the controller has decided.
    Metadata(BrokerId, Rc<MetadataImage>),
    /// The share coordinator is asked by a broker of this epoch.
    ShareStateAsked(BrokerId, i64, Box<StateRequest>),
    /// A broker of this epoch gets its answer.
    ShareStateAnswered(BrokerId, i64, Box<StateResponse>),
    /// A broker sees that a client's connection is gone.
    Disconnect(BrokerId, NodeId),
}

/// Something that will happen.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: SimTime,
    /// Orders events of one moment: the order in which they were scheduled.
    pub number: u64,
    /// The fact that scheduled it.
    pub cause: FactId,
    /// What.
    pub kind: EventKind,
}

impl PartialEq for Event {
    fn eq(&self, other: &Event) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    // The heap gives its greatest first: the earliest event is the greatest.
    fn cmp(&self, other: &Event) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFull;

/// The events to come.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: BinaryHeap<Event>,
    scheduled: u64,
}

impl EventQueue {
    /// Schedules an event after all others of the same moment.
    ///
    /// # Errors
    /// [`QueueFull`] at [`EVENTS_MAX`] waiting events; nothing is scheduled then.
    pub fn schedule(&mut self, at: SimTime, cause: FactId, kind: EventKind) -> Result<(), QueueFull> {
        if self.heap.len() >= EVENTS_MAX {
            return Err(QueueFull);
        }
        self.heap.push(Event { at, number: self.scheduled, cause, kind });
        self.scheduled = self.scheduled.saturating_add(1);
        Ok(())
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<Event> {
        self.heap.pop()
    }

    /// Takes out the events that `is_taken` names, in the order in which they would have happened.
    pub fn take(&mut self, is_taken: &dyn Fn(&EventKind) -> bool) -> Vec<Event> {
        let (mut taken, rest): (Vec<Event>, Vec<Event>) =
            std::mem::take(&mut self.heap).into_vec().into_iter().partition(|event| is_taken(&event.kind));
        self.heap = rest.into();
        taken.sort_unstable_by_key(|event| (event.at, event.number));
        taken
    }

    /// When the next event happens.
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|event| event.at)
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// No event waits.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The waiting events, in no particular order: what is on the wire is among them.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.heap.iter()
    }
}

impl EventKind {
    /// The broker that it happens to, if it happens to one.
    pub fn broker(&self) -> Option<BrokerId> {
        match self {
            EventKind::Deliver(message) => message.to.broker(),
            EventKind::Timer(node, _) => node.broker(),
            EventKind::Metadata(broker, _)
            | EventKind::ShareStateAnswered(broker, ..)
            | EventKind::Disconnect(broker, _) => Some(*broker),
            EventKind::ShareStateAsked(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_in_the_order_of_scheduling() {
        let mut queue = EventQueue::default();
        for (at, cause) in [(5, 0), (1, 1), (5, 2), (1, 3)] {
            let timer = EventKind::Timer(NodeId::Broker(crate::ids::BrokerId(1)), Timer::SenderRun);
            queue.schedule(SimTime(at), FactId(cause), timer).unwrap();
        }
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|event| event.cause.0).collect();
        assert_eq!(order, [1, 3, 0, 2]);
    }
}
