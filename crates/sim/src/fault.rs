//! What is made to go wrong on purpose, and set right again.

use crate::ids::{BrokerId, MessageId, NodeId};

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
    /// A broker's machine loses power: its process is gone, and what the page cache had not written to the disk as well.
    PowerLoss(BrokerId),
    /// A broker's operating system writes its page cache to the disk. Kafka does not know of it.
    WriteBack(BrokerId),
    /// A broker's disk takes so long for each write; 0 for none. What writes waits.
    SlowDisk(BrokerId, u64),
    /// A broker's disk is full: the next write fails, and the broker halts, because it has no other disk.
    FillDisk(BrokerId),
    /// A full disk has room again.
    FreeDisk(BrokerId),
    /// A node's clock is ahead by so much, in ms; behind, if less than 0; 0 for right again.
    SkewClock(NodeId, i64),
    /// A message that is on its way arrives twice.
    Duplicate(MessageId),
    /// Messages between two nodes are lost, also those that are on their way.
    Cut(Link),
    /// Messages between two nodes get through again.
    Heal(Link),
    /// One message that is on its way is lost.
    Drop(MessageId),
    /// One message that is on its way takes longer, and with it what its sender sends on the same connection after it: a
    /// connection keeps the order.
    Delay {
        /// Which.
        message: MessageId,
        /// How much longer, in ms.
        ms: u64,
    },
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
            Fault::PowerLoss(_) => "power_loss",
            Fault::WriteBack(_) => "write_back",
            Fault::SlowDisk(..) => "slow_disk",
            Fault::FillDisk(_) => "fill_disk",
            Fault::FreeDisk(_) => "free_disk",
            Fault::SkewClock(..) => "skew_clock",
            Fault::Duplicate(_) => "duplicate",
            Fault::Cut(_) => "cut",
            Fault::Heal(_) => "heal",
            Fault::Drop(_) => "drop",
            Fault::Delay { .. } => "delay",
        }
    }

    /// The broker that it is about, if it is about one.
    pub fn broker(&self) -> Option<BrokerId> {
        match self {
            Fault::Pause(broker)
            | Fault::Resume(broker)
            | Fault::Kill(broker)
            | Fault::Stop(broker)
            | Fault::Start(broker)
            | Fault::PowerLoss(broker)
            | Fault::WriteBack(broker)
            | Fault::SlowDisk(broker, _)
            | Fault::FillDisk(broker)
            | Fault::FreeDisk(broker) => Some(*broker),
            Fault::SkewClock(node, _) => node.broker(),
            Fault::Cut(_) | Fault::Heal(_) | Fault::Drop(_) | Fault::Delay { .. } | Fault::Duplicate(_) => None,
        }
    }
}
