//! What there is on the screen, as plain data: which boxes, cells, marks, envelopes and words, each with a stable id.
//!
//! The screen reads only this. A scene has no language (words are [`Phrase`](crate::phrase::Phrase)s), no coordinates and
//! no colours; it is made by a pure function of the world.

pub mod accumulator;
pub mod build;
pub mod cluster;
pub mod compaction;
pub mod files;
pub mod group;
pub mod history;
pub mod partitioner;
pub mod replicas;
pub mod share;
pub mod spread;
pub mod table;
pub mod text;

pub use accumulator::AccumulatorPanel;
pub use cluster::ClusterPanel;
pub use compaction::CompactionPanel;
pub use files::FilesPanel;
pub use group::GroupPanel;
pub use history::HistoryPanel;
pub use partitioner::PartitionerPanel;
pub use replicas::ReplicasPanel;
pub use share::SharePanel;
pub use spread::SpreadPanel;
pub use table::TablePanel;

/// The stable id of a thing in the picture, such as `broker-1/orders-0/hw`, `message-14` or `client-p1`.
///
/// | Id | What |
/// |---|---|
/// | `broker-1/orders-0` | a replica (its row) |
/// | `broker-1/orders-0/record-3` | the record at offset 3 there |
/// | `broker-1/orders-0/hw`, `…/leo` | its high watermark, its log end offset |
/// | `broker-1/orders-0/float-2` | what the leader knows of broker 2 |
/// | `broker-1/orders-0/cut-3` | the record at offset 3 that was there and has been cut off |
/// | `isr/orders-0` | the ISR rail |
/// | `controller` | the controller's card |
/// | `history/orders-0`, `…/broker-1` | who led when, a replica's row in it |
/// | `message-14` | a message |
/// | `client-p1`, `client-p1/line-0` | a producer or consumer, a line of its card |
/// | `partitioner/key`, `/murmur2`, `/positive`, `/remainder`, `/partition` | the stages of the partitioner |
/// | `topic/orders/partition-3`, `topic/orders/partition-3/key-user-8` | a partition as a lane, a key in it |
/// | `moves/orders` | the measured share of keys that move |
/// | `log/orders-0`, `…/start` | a log on the leader's disk, its log start offset |
/// | `log/orders-0/segment-522`, `…/entry-587` | a segment, an entry of an index |
/// | `log/orders-0/probe-1`, `…/batch-588` | a comparison of a search, a batch in the file |
/// | `log/orders-0/field-crc`, `…/field-2-offsetDelta` | a field of a batch, of its third record |
/// | `log/orders-0/record-3`, `…/key-u17` | a record of a compacted log, a key of the offset map |
/// | `log/orders-0/epochs`, `…/epoch-3` | the leader epochs, one of them |
/// | `log/orders-0/producers`, `…/producer-1000` | the producers that a log knows, one of them |
/// | `group-billing`, `…/state`, `…/generation` | a group, its state, its generation or epoch |
/// | `group-billing/assignment-epoch` | the epoch of its target assignment |
/// | `member-c1/epoch` | how far a member by the consumer protocol is |
/// | `group-billing/orders-0` | a partition that nobody in the group owns |
/// | `group-billing/time`, `…/log`, `…/record-12` | its lines of time, its log, a record there |
/// | `member-c1`, `member-c1/time` | a member, its line of time |
/// | `member-c1/orders-0`, `…/before-orders-0` | a partition that it owns, or owned before |
/// | `accumulator/p1/orders-0`, `…/batch-2` | a queue of the accumulator, a batch in it |
/// | `replicas/orders`, `…/broker-1`, `…/preferred-1` | all replicas of a topic, a broker there, what it is to lead |
/// | `replicas/orders-0`, `…/broker-1` | a partition there, a replica of it |
/// | `share-workers/jobs-0`, `…/start`, `…/end` | a partition as a share group reads it, where the group is there |
/// | `share-workers/jobs-0/record-3` | a record, as the group has it |
/// | `spread`, `spread/p1`, `spread/p1/orders-0` | bytes by partition: all, a producer's, a partition of it |
pub type MarkId = String;

/// Names a value that facts set, such as `hw/orders-0/broker-1`: what "why?" asks by.
pub type ValueKey = String;

/// A value in the picture, with the key under which its causes are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<T> {
    /// The value itself.
    pub value: T,
    /// Asks "why?" of it.
    pub key: ValueKey,
}

/// One picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The panels, in reading order.
    pub panels: Vec<Panel>,
    /// What the step looks at.
    pub look: Vec<MarkId>,
    /// What is new in this step: at the end of a step, the marks that its last facts made or changed (the accent).
    pub new: Vec<MarkId>,
}

impl Scene {
    /// It shows a group of which each member is one bar.
    pub fn is_crowd(&self) -> bool {
        self.panels.iter().any(|panel| matches!(panel, Panel::Group(group) if group.crowd.is_some()))
    }
}

/// One panel of a scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The replicas of one partition, the ISR, clients and messages.
    Cluster(ClusterPanel),
    /// How a key becomes a partition.
    Partitioner(PartitionerPanel),
    /// The producer's batches, a queue a partition.
    Accumulator(AccumulatorPanel),
    /// A log as files.
    Files(FilesPanel),
    /// A compacted log.
    Compaction(CompactionPanel),
    /// All replicas of a topic.
    Replicas(ReplicasPanel),
    /// Bytes by partition, a chart a producer.
    Spread(SpreadPanel),
    /// Who led when.
    History(HistoryPanel),
    /// What stands in a file, as rows.
    Table(TablePanel),
    /// A group.
    Group(Box<GroupPanel>),
    /// A partition as a share group reads it.
    Share(Box<SharePanel>),
}
