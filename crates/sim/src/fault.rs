//! What is made to go wrong on purpose, and set right again.

use crate::ids::{BrokerId, NodeId};

/// A fault, or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A broker does nothing any more (SIGSTOP, a long pause of the garbage collector); what comes to it waits.
    Pause(BrokerId),
    /// A paused broker goes on, beginning with what has waited.
    Resume(BrokerId),
    /// A broker's process is gone at once (SIGKILL). What it wrote survives in the page cache; its connections break.
    Kill(BrokerId),
    /// A broker is told to stop (SIGTERM): it asks the controller, which moves its leaderships away first.
    Stop(BrokerId),
    /// A broker that is not running is started. After a kill it reads its logs anew.
    Start(BrokerId),
    /// Messages between two nodes are lost, also those that are on their way.
    Cut(Link),
    /// Messages between two nodes get through again.
    Heal(Link),
}

/// What two nodes send each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// One node.
    pub from: NodeId,
    /// The other.
    pub to: NodeId,
    /// Only what `from` sends to `to`.
    pub one_way: bool,
}

impl Link {
    /// The directions.
    pub fn directions(&self) -> Vec<(NodeId, NodeId)> {
        let mut directions = vec![(self.from.clone(), self.to.clone())];
        if !self.one_way {
            directions.push((self.to.clone(), self.from.clone()));
        }
        directions
    }
}

impl Fault {
    /// Its name, as facts and scenarios say it.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Pause(_) => "pause",
            Fault::Resume(_) => "resume",
            Fault::Kill(_) => "kill",
            Fault::Stop(_) => "stop",
            Fault::Start(_) => "start",
            Fault::Cut(_) => "cut",
            Fault::Heal(_) => "heal",
        }
    }

    /// The broker that it is about, if it is about one.
    pub fn broker(&self) -> Option<BrokerId> {
        match self {
            Fault::Pause(broker)
            | Fault::Resume(broker)
            | Fault::Kill(broker)
            | Fault::Stop(broker)
            | Fault::Start(broker) => Some(*broker),
            Fault::Cut(_) | Fault::Heal(_) => None,
        }
    }
}
