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

/// An event in the queue's order. The events themselves lie still while these are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    at: SimTime,
    number: u64,
    /// Where the event lies.
    place: usize,
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Turn) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Turn {
    // The heap gives its greatest first: the earliest event is the greatest.
    fn cmp(&self, other: &Turn) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFull;

/// The events to come.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    turns: BinaryHeap<Turn>,
    events: Vec<Option<Event>>,
    /// Places in `events` without one.
    free: Vec<usize>,
    scheduled: u64,
}

impl EventQueue {
    /// Schedules an event after all others of the same moment.
    ///
    /// # Errors
    /// [`QueueFull`] at [`EVENTS_MAX`] waiting events; nothing is scheduled then.
    pub fn schedule(&mut self, at: SimTime, cause: FactId, kind: EventKind) -> Result<(), QueueFull> {
        if self.turns.len() >= EVENTS_MAX {
            return Err(QueueFull);
        }
        let event = Event { at, number: self.scheduled, cause, kind };
        self.scheduled = self.scheduled.saturating_add(1);
        self.put(event);
        Ok(())
    }

    fn put(&mut self, event: Event) {
        let (at, number) = (event.at, event.number);
        let free = self.free.pop();
        let place = free.unwrap_or(self.events.len());
        if let Some(there) = self.events.get_mut(place) {
            *there = Some(event);
        } else {
            self.events.push(Some(event));
        }
        self.turns.push(Turn { at, number, place });
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<Event> {
        let turn = self.turns.pop()?;
        self.free.push(turn.place);
        self.events.get_mut(turn.place)?.take()
    }

    /// Takes out the events that `is_taken` names, in the order in which they would have happened.
    pub fn take(&mut self, is_taken: &dyn Fn(&EventKind) -> bool) -> Vec<Event> {
        let all = std::mem::take(&mut self.events).into_iter().flatten();
        let (mut taken, rest): (Vec<Event>, Vec<Event>) = all.partition(|event| is_taken(&event.kind));
        self.turns.clear();
        self.free.clear();
        for event in rest {
            self.put(event);
        }
        taken.sort_unstable_by_key(|event| (event.at, event.number));
        taken
    }

    /// When the next event happens.
    pub fn next_at(&self) -> Option<SimTime> {
        self.turns.peek().map(|turn| turn.at)
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// No event waits.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// The waiting events, in no particular order: what is on the wire is among them.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().flatten()
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
            let timer = EventKind::Timer(NodeId::Broker(BrokerId(1)), Timer::SenderRun);
            queue.schedule(SimTime(at), FactId(cause), timer).unwrap();
        }
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|event| event.cause.0).collect();
        assert_eq!(order, [1, 3, 0, 2]);
    }

    #[test]
    fn what_is_taken_out_leaves_the_others_in_their_order() {
        let mut queue = EventQueue::default();
        let schedule = |queue: &mut EventQueue, at, broker| {
            let timer = EventKind::Timer(NodeId::Broker(BrokerId(broker)), Timer::SenderRun);
            queue.schedule(SimTime(at), FactId(at), timer).unwrap();
        };
        for (at, broker) in [(9, 1), (3, 2), (7, 2), (1, 1), (5, 1)] {
            schedule(&mut queue, at, broker);
        }
        assert_eq!(queue.pop().unwrap().at, SimTime(1));
        schedule(&mut queue, 4, 1);
        let taken: Vec<u64> =
            queue.take(&|kind| kind.broker() == Some(BrokerId(2))).iter().map(|event| event.at.0).collect();
        assert_eq!((taken, queue.len(), queue.iter().count()), (vec![3, 7], 3, 3));
        schedule(&mut queue, 6, 2);
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|event| event.at.0).collect();
        assert_eq!(order, [4, 5, 6, 9]);
        assert!(queue.is_empty() && queue.next_at().is_none() && queue.iter().next().is_none());
    }
}
