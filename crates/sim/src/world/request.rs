//! Single requests, as a tool sends them that is no producer and no consumer.

use super::World;
use crate::fact::Fact;
use crate::ids::{BrokerId, ClientId, FactId, MessageId, NodeId};
use crate::message::Body;

impl World {
    /// The application of a consumer polls until it gets records or an exception, or polls no more. Until this is first
    /// called it polls all the time.
    pub fn let_poll(&mut self, consumer: &ClientId, polls: bool, facts: &mut Vec<Fact>) {
        let cause = FactId(self.counters.fact.saturating_sub(1));
        self.with_consumer(consumer, cause, facts, |consumer, out| consumer.let_poll(polls, out));
    }

    /// Sends a request to a broker, whether that leads or not. Its response comes to `from`, which nobody needs to be:
    /// [`World::on_the_wire`] has it. The last fact before is its cause.
    pub fn request(&mut self, from: &ClientId, to: BrokerId, body: Body, facts: &mut Vec<Fact>) -> MessageId {
        let cause = FactId(self.counters.fact.saturating_sub(1));
        let mut out = self.outbox(NodeId::Client(from.clone()), cause, facts);
        let id = out.send(NodeId::Broker(to), body);
        self.apply(out, facts);
        id
    }
}
