//! What is wrong in a world, what happens to what it concerns (`happen.rs`), and who the
//! controller thinks is alive (`sessions.rs`).

mod disks;
mod happen;
mod messages;
mod sessions;

use crate::event_queue::Event;
use crate::ids::{BrokerId, NodeId};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::SimTime;

/// What is wrong at the moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    halted: SortedMap<BrokerId, Halt>,
    cut: Vec<(NodeId, NodeId)>,
    /// Until when what a node sends to another waits behind a message that takes long.
    late: Vec<(NodeId, NodeId, SimTime)>,
    disks: SortedMap<BrokerId, disks::Disk>,
    skews: Vec<(NodeId, i64)>,
    sessions: Sessions,
}

/// What the controller knows of brokers that it does not hear of.
#[derive(Clone, Debug, Default)]
struct Sessions {
    /// When the session of a silent broker ends.
    end: SortedMap<BrokerId, SimTime>,
    /// Brokers that started while their old session was valid, and whether they had stopped cleanly.
    waiting: SortedMap<BrokerId, bool>,
    /// Brokers that started out of the controller's reach, and whether they had stopped cleanly.
    unregistered: SortedMap<BrokerId, bool>,
    /// Brokers that were told to stop and still run.
    stopping: SortedSet<BrokerId>,
    /// Brokers that have started again, in the order of their last start.
    restarted: Vec<BrokerId>,
    /// A look for imbalanced partitions is due.
    balances: bool,
    /// A look for partitions without a leader that any replica may lead is due.
    elects_unclean: bool,
}

/// Why a broker does nothing.
#[derive(Clone, Debug)]
enum Halt {
    /// It is paused; this waits for it, in the order in which it came.
    Paused(Vec<Event>),
    /// Its process is gone.
    Stopped {
        /// It closed its logs before.
        is_clean: bool,
    },
}

impl Faults {
    /// Nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.halted.is_empty() && self.cut.is_empty() && self.disks.is_empty()
    }

    /// How far a node's clock is ahead, in ms.
    pub fn skew_ms(&self, node: &NodeId) -> i64 {
        self.skews.iter().find(|(skewed, _)| skewed == node).map_or(0, |(_, ms)| *ms)
    }

    /// When what `from` sends to `to` arrives if the way is free at `at`.
    pub fn due(&mut self, at: SimTime, from: &NodeId, to: &NodeId) -> SimTime {
        if self.late.is_empty() { at } else { self.not_before(at, from, to) }
    }

    /// What `from` sends to `to` is lost.
    pub fn cuts(&self, from: &NodeId, to: &NodeId) -> bool {
        self.cut.iter().any(|(cut_from, cut_to)| cut_from == from && cut_to == to)
    }

    /// The links that are cut, a direction each.
    pub fn cut_links(&self) -> &[(NodeId, NodeId)] {
        &self.cut
    }

    /// When the session of a silent broker ends.
    pub fn session_end(&self, broker: BrokerId) -> Option<SimTime> {
        self.sessions.end.get(&broker).copied()
    }

    /// A broker is neither paused nor gone.
    pub fn is_running(&self, broker: BrokerId) -> bool {
        !self.halted.contains_key(&broker)
    }

    /// A broker is paused.
    pub fn is_paused(&self, broker: BrokerId) -> bool {
        matches!(self.halted.get(&broker), Some(Halt::Paused(_)))
    }

    /// What waits for paused brokers.
    pub fn held(&self) -> impl Iterator<Item = &Event> {
        self.halted.values().flat_map(|halt| match halt {
            Halt::Paused(held) => held.as_slice(),
            Halt::Stopped { .. } => &[],
        })
    }
}
