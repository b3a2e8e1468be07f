//! A run of batches of a log: what is one `.log` file on a broker's disk. Kafka 4.3: `LogSegment`, `FileRecords`.
//!
//! Differs from Kafka: in memory, and without indexes (a search halves the batches instead).

use crate::batch::RecordBatch;
use crate::chunks::Chunks;

/// Batches whose offsets grow. Clones share the batches.
#[derive(Clone, Debug)]
pub struct Segment {
    base_offset: i64,
    batches: Chunks<RecordBatch>,
    size: u64,
}

/// How much a read may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimit {
    /// At most so many bytes,
    pub max_bytes: u64,
    /// but always the first batch, however large. Kafka: `minOneMessage`.
    pub min_one_batch: bool,
    /// Only batches that end before this offset.
    pub up_to: i64,
}

impl Segment {
    /// A segment without batches. The base offset names its file.
    pub fn new(base_offset: i64) -> Segment {
        Segment { base_offset, batches: Chunks::default(), size: 0 }
    }

    /// The offset that names its file: no batch begins before it.
    pub fn base_offset(&self) -> i64 {
        self.base_offset
    }

    /// The size of the batches in bytes.
    pub fn size_in_bytes(&self) -> u64 {
        self.size
    }

    /// How many batches there are.
    pub fn batch_count(&self) -> usize {
        self.batches.len()
    }

    /// Adds a batch at the end. That its offsets follow on, the log has seen to.
    pub(crate) fn append(&mut self, batch: RecordBatch) {
        self.size = self.size.saturating_add(batch.size_in_bytes());
        self.batches.push(batch);
    }

    /// The batches from the one on that holds `offset`, or else the next one after it.
    pub fn batches_from(&self, offset: i64) -> impl Iterator<Item = &RecordBatch> {
        self.batches.iter_from(move |batch| batch.last_offset() < offset)
    }

    /// Whole batches from the one on that holds `offset`. Kafka: `read`, which may cut the last batch: who fetches
    /// throws that piece away.
    pub fn read(&self, offset: i64, limit: ReadLimit) -> Vec<RecordBatch> {
        let mut bytes = 0_u64;
        let mut read = Vec::new();
        for batch in self.batches_from(offset) {
            bytes = bytes.saturating_add(batch.size_in_bytes());
            let is_free = limit.min_one_batch && read.is_empty();
            if batch.last_offset() >= limit.up_to || (bytes > limit.max_bytes && !is_free) {
                break;
            }
            read.push(batch.clone());
        }
        read
    }
}
