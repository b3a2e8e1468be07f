//! What the facts of partitioners hold.

use super::Fields;
use crate::ids::{ClientId, Topic, TopicPartition};

/// A sticky partitioner went to a partition, which may be the one where it was.
#[derive(Clone, Debug)]
pub struct StickyPartitionSwitched {
    /// The producer.
    pub producer: ClientId,
    /// The topic.
    pub topic: Topic,
    /// Where it was; none at the first record.
    pub from: Option<i32>,
    /// Where it is now.
    pub to: i32,
    /// Why it went, if it was somewhere before.
    pub because: SwitchedBecause,
}

/// Why a sticky partitioner went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchedBecause {
    /// So many bytes went to the old partition (KIP-794).
    Bytes(i64),
    /// A batch has to begin (KIP-480); how many bytes went to the old partition does not matter.
    NewBatch,
}

/// A record found no batch in its partition that takes it. Kafka 2.4 to 3.9: `RecordAppendResult.abortForNewBatch`.
#[derive(Clone, Debug)]
pub struct AbortedForNewBatch {
    /// The producer.
    pub producer: ClientId,
    /// The partition that the partitioner had chosen.
    pub partition: TopicPartition,
}

impl StickyPartitionSwitched {
    pub(super) fn fields(&self, fields: Fields) -> Fields {
        let fields = fields
            .text("producer", &self.producer)
            .text("topic", &self.topic)
            .maybe_number("from", self.from.map(i64::from))
            .number("to", self.to);
        match self.because {
            SwitchedBecause::Bytes(bytes) => fields.number("bytes", bytes),
            SwitchedBecause::NewBatch if self.from.is_none() => fields,
            SwitchedBecause::NewBatch => fields.text("because", &"new_batch"),
        }
    }
}
