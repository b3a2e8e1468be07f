//! The network: how long a message is on its way.
//!
//! Differs from Kafka: a link has a fixed latency and no bandwidth, so messages of one link never overtake each other.

use crate::sorted::SortedMap;

use crate::ids::NodeId;

/// The latency of every link, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    latency_us: u64,
    links: SortedMap<(NodeId, NodeId), u64>,
}

impl Network {
    /// A network in which every message takes `latency_us`.
    pub fn new(latency_us: u64) -> Network {
        Network { latency_us, links: SortedMap::new() }
    }

    /// Gives one direction of one link its own latency.
    pub fn set_latency_us(&mut self, from: NodeId, to: NodeId, latency_us: u64) {
        self.links.insert((from, to), latency_us);
    }

    /// How long a message takes from one node to another.
    pub fn latency_us(&self, from: &NodeId, to: &NodeId) -> u64 {
        if self.links.is_empty() {
            return self.latency_us;
        }
        self.links.get(&(from.clone(), to.clone())).copied().unwrap_or(self.latency_us)
    }
}
