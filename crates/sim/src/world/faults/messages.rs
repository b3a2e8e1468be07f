//! Single messages that are lost or late.
//!
//! Differs from Kafka: a lost message is not sent again by TCP; as with a cut link, whoever waits for it waits for its
//! whole timeout.

use super::super::{CommandError, World};
use super::Faults;
use crate::event_queue::EventKind;
use crate::fact::Fact;
use crate::ids::{FactId, MessageId, NodeId};
use crate::time::SimTime;

/// The most that a message can be delayed by, in ms.
const DELAY_MAX_MS: u64 = 600_000;

impl World {
    /// Why nothing can be done to a message; it must be on its way.
    pub(super) fn check_message(&self, id: MessageId) -> Result<(), CommandError> {
        let is_there = self.queue.iter().any(|event| is_delivery(&event.kind, id));
        if is_there { Ok(()) } else { Err(CommandError::Unknown(format!("message {id} on its way"))) }
    }

    pub(super) fn drop_message(&mut self, id: MessageId, given: FactId, facts: &mut Vec<Fact>) {
        for event in self.queue.take(&|kind| is_delivery(kind, id)) {
            if let EventKind::Deliver(message) = &event.kind {
                self.lose(message, given, facts);
            }
        }
    }

    /// A message comes later. What its sender sent behind it on the same connection comes no sooner.
    pub(super) fn delay_message(&mut self, id: MessageId, ms: u64, facts: &mut Vec<Fact>) {
        let Some((from, to, due)) = self.queue.iter().find_map(|event| match &event.kind {
            EventKind::Deliver(message) if message.id == id => {
                Some((message.from.clone(), message.to.clone(), event.at))
            }
            _ => None,
        }) else {
            return;
        };
        let until = due.plus_ms(ms.min(DELAY_MAX_MS));
        let behind = self.queue.take(&|kind| match kind {
            EventKind::Deliver(message) => message.from == from && message.to == to && message.id >= id,
            _ => false,
        });
        for event in behind {
            self.schedule(event.at.max(until), event.cause, event.kind, facts);
        }
        self.faults.late.push((from, to, until));
    }
}

fn is_delivery(kind: &EventKind, id: MessageId) -> bool {
    matches!(kind, EventKind::Deliver(message) if message.id == id)
}

impl Faults {
    /// When what `from` sends to `to` arrives if it could arrive at `at`.
    pub(super) fn not_before(&mut self, at: SimTime, from: &NodeId, to: &NodeId) -> SimTime {
        self.late.retain(|(.., until)| *until > at);
        let waits = |(late_from, late_to, _): &&(NodeId, NodeId, SimTime)| late_from == from && late_to == to;
        self.late.iter().filter(waits).map(|(.., until)| *until).fold(at, SimTime::max)
    }
}
