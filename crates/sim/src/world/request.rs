//! Single requests, as a tool sends them that is no producer and no consumer.

use super::World;
use crate::fact::Fact;
use crate::ids::{BrokerId, ClientId, FactId, MessageId, NodeId};
use crate::message::Body;

impl World {
    /// Sends a request to a broker, whether that leads or not. Its response comes to `from`, which nobody needs to be:
    /// [`World::on_the_wire`] has it. The last fact before is its cause.
    pub fn request(&mut self, from: &ClientId, to: BrokerId, body: Body, facts: &mut Vec<Fact>) -> MessageId {
        let cause = FactId(self.counters.fact.saturating_sub(1));
        let mut out = self.outbox(NodeId::Client(from.clone()), cause);
        let id = out.send(NodeId::Broker(to), body);
        self.apply(out, facts);
        id
    }
}
