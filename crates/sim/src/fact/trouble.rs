//! What some facts hold.

use std::rc::Rc;

use crate::consumer::read_replica::ClearedBecause;
use crate::ids::{BrokerId, ClientId, LeaderEpoch, Offset, Topic, TopicPartition};

/// A machine lost power, and with it the end of a log that was only in the page cache.
#[derive(Clone, Debug)]
pub struct UnflushedLost {
    /// Where.
    pub broker: BrokerId,
    /// The partition.
    pub partition: TopicPartition,
    /// Where the log ended.
    pub from: Offset,
    /// Where it ends on the disk.
    pub to: Offset,
}

/// A consumer found that what it had read is no longer in the leader's log, and goes back to where they part.
#[derive(Clone, Debug)]
pub struct TruncationDetected {
    /// The consumer.
    pub consumer: ClientId,
    /// The partition.
    pub partition: TopicPartition,
    /// Where it was.
    pub from: Offset,
    /// Where the logs part: its position now.
    pub to: Offset,
    /// The epoch of the last record that it had read.
    pub leader_epoch: LeaderEpoch,
}

/// `poll()` threw an exception.
#[derive(Clone, Debug)]
pub struct PollThrew {
    /// The consumer.
    pub consumer: ClientId,
    /// The partition.
    pub partition: TopicPartition,
    /// The class of the exception.
    pub error: &'static str,
    /// Where the consumer was; none if it had no position.
    pub position: Option<Offset>,
    /// Where the leader's log and what was read part, and the leader's epoch there; of a `LogTruncationException`.
    pub diverged: Option<(Offset, LeaderEpoch)>,
}

/// A leader named the replica that a consumer should read from, or that holds no longer. Kafka:
/// `updatePreferredReadReplica`, `clearPreferredReadReplica`.
#[derive(Clone, Debug)]
pub struct PreferredReadReplica {
    /// The consumer.
    pub consumer: ClientId,
    /// The partition.
    pub partition: TopicPartition,
    /// The broker.
    pub replica: BrokerId,
    /// Why it reads from the leader again; none where it begins to read from the replica.
    pub cleared: Option<ClearedBecause>,
    /// How long it holds, in ms.
    pub max_age_ms: u64,
}

/// A client learned who leads a partition now, from metadata or from an answer that refused it. Kafka:
/// `Metadata.updateLatestMetadata`, `Metadata.updatePartitionLeadership`.
#[derive(Clone, Debug)]
pub struct PartitionLeadershipUpdated {
    /// The client.
    pub client: ClientId,
    /// The partition.
    pub partition: TopicPartition,
    /// The leader that it knew of; none if it knew that there is none.
    pub from: Option<BrokerId>,
    /// The leader now; none if there is none.
    pub to: Option<BrokerId>,
    /// The epoch now.
    pub leader_epoch: LeaderEpoch,
    /// Who refused it named the leader (KIP-951).
    pub by_refusal: bool,
}

/// The controller wrote a `ConfigRecord`: a topic has another configuration.
#[derive(Clone, Debug)]
pub struct ConfigRecord {
    /// The topic.
    pub topic: Topic,
    /// Kafka's name of the configuration.
    pub name: Rc<str>,
    /// Its value; none: the topic has none of its own any more.
    pub value: Option<Rc<str>>,
}
