//! What happened between files, memory and network.

use super::Fields;
use crate::ids::{BrokerId, NodeId, Offset, TopicPartition};

/// Something that happened between a broker's files, the page cache and the network; only where memory has a bound.
#[derive(Clone, Debug)]
pub enum PageCacheFact {
    /// Records are sent to who asked for them.
    Transferred {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Who gets them.
        node: NodeId,
        /// The first record.
        first_offset: Offset,
        /// Their bytes.
        bytes: i64,
        /// Those that were not in memory.
        from_disk: i64,
        /// How often a processor copies each byte on the way; 0 with `sendfile`.
        by_processor: i64,
        /// How often a device copies each byte by itself.
        by_device: i64,
        /// How long the disk moves for it, in ms.
        wait_ms: u64,
    },
    /// The operating system wrote a log to the disk, because its memory was needed.
    WrittenBack {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// What is before it is on the disk.
        offset: Offset,
    },
}

impl PageCacheFact {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            PageCacheFact::Transferred { .. } => "RecordsTransferred",
            PageCacheFact::WrittenBack { .. } => "PageCacheWrittenBack",
        }
    }

    pub(super) fn fields(&self, fields: Fields) -> Fields {
        let fields = fields.number("broker", self.broker().0).partition(self.partition());
        match self {
            PageCacheFact::Transferred {
                node,
                first_offset,
                bytes,
                from_disk,
                by_processor,
                by_device,
                wait_ms,
                ..
            } => fields
                .text("node", node)
                .number("first_offset", first_offset.0)
                .number("bytes", *bytes)
                .number("from_disk", *from_disk)
                .number("by_processor", *by_processor)
                .number("by_device", *by_device)
                .number("wait_ms", i64::try_from(*wait_ms).unwrap_or(i64::MAX)),
            PageCacheFact::WrittenBack { offset, .. } => fields.number("offset", offset.0),
        }
    }
}
