//! A partition's log. Kafka 4.3: `org.apache.kafka.storage.internals.log.UnifiedLog`.
//!
//! Differs from Kafka: one segment, in memory; no indexes, no truncation, no retention yet.

use std::rc::Rc;

use crate::batch::RecordBatch;
use crate::leader_epochs::{EpochEntry, LeaderEpochs};

/// The most bytes of a log.
pub const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most batches of a log.
pub const BATCHES_MAX: u64 = 4_000_000;

/// Batches are sealed in chunks of so many, which clones of a log share.
const CHUNK: usize = 64;

/// Where an append put its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// The offset of the first record.
    pub base_offset: i64,
    /// The offset of the last record.
    pub last_offset: i64,
}

/// Why a log does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Kafka: `OFFSET_OUT_OF_RANGE`.
    #[error("OFFSET_OUT_OF_RANGE: offset {offset} is not in {start} to {end}")]
    OffsetOutOfRange {
        /// What was asked for.
        offset: i64,
        /// The log's start offset.
        start: i64,
        /// Its end offset.
        end: i64,
    },
    /// A follower got a batch that does not follow on. Kafka: `OffsetsOutOfOrderException`.
    #[error("the batch begins at offset {base_offset}, the log ends at {end}")]
    OutOfOrder {
        /// Where the batch begins.
        base_offset: i64,
        /// Where the log ends.
        end: i64,
    },
    /// The CRC does not fit the bytes. Kafka: `CORRUPT_MESSAGE`.
    #[error("CORRUPT_MESSAGE: {0}")]
    Corrupt(crate::batch::BatchError),
    /// A bound.
    #[error("a log holds at most {limit} {what}")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: u64,
    },
}

/// The records of a partition on one broker. Cloning shares what is sealed.
#[derive(Clone, Debug, Default)]
pub struct Log {
    sealed: Rc<Vec<Rc<[RecordBatch]>>>,
    tail: Vec<RecordBatch>,
    start_offset: i64,
    end_offset: i64,
    bytes: u64,
    batches: u64,
    epochs: Rc<LeaderEpochs>,
}

impl Log {
    /// An empty log that begins at offset 0.
    pub fn new() -> Log {
        Log::default()
    }

    /// The first offset.
    pub fn log_start_offset(&self) -> i64 {
        self.start_offset
    }

    /// The offset of the next record.
    pub fn log_end_offset(&self) -> i64 {
        self.end_offset
    }

    /// The size in bytes.
    pub fn size_in_bytes(&self) -> u64 {
        self.bytes
    }

    /// The leader epochs, oldest first.
    pub fn leader_epochs(&self) -> &[EpochEntry] {
        self.epochs.entries()
    }

    /// The newest epoch here; none in an empty log that never led.
    pub fn latest_epoch(&self) -> Option<i32> {
        self.epochs.latest()
    }

    /// Notes that a leader epoch begins at an offset (becoming leader).
    pub fn assign_epoch(&mut self, epoch: i32, start_offset: i64) {
        Rc::make_mut(&mut self.epochs).assign(epoch, start_offset);
    }

    /// Appends a producer's batch: gives it the next offsets and the leader's epoch.
    ///
    /// # Errors
    /// A CRC that does not fit, or a bound; nothing is appended then.
    pub fn append_as_leader(&mut self, batch: &RecordBatch, leader_epoch: i32) -> Result<AppendInfo, LogError> {
        batch.check_crc().map_err(LogError::Corrupt)?;
        self.append(batch.stamped(self.end_offset, leader_epoch))
    }

    /// Appends what a leader sent, as it is.
    ///
    /// # Errors
    /// A batch that does not follow on, a CRC that does not fit, or a bound; nothing is appended then.
    pub fn append_as_follower(&mut self, batch: &RecordBatch) -> Result<AppendInfo, LogError> {
        batch.check_crc().map_err(LogError::Corrupt)?;
        if batch.base_offset() < self.end_offset {
            return Err(LogError::OutOfOrder { base_offset: batch.base_offset(), end: self.end_offset });
        }
        self.append(batch.clone())
    }

    fn append(&mut self, batch: RecordBatch) -> Result<AppendInfo, LogError> {
        let bytes = self.bytes.saturating_add(batch.size_in_bytes());
        if bytes > BYTES_MAX {
            return Err(LogError::Full { what: "bytes", limit: BYTES_MAX });
        }
        if self.batches >= BATCHES_MAX {
            return Err(LogError::Full { what: "batches", limit: BATCHES_MAX });
        }
        if self.latest_epoch().is_none_or(|latest| latest < batch.partition_leader_epoch()) {
            self.assign_epoch(batch.partition_leader_epoch(), batch.base_offset());
        }
        let info = AppendInfo { base_offset: batch.base_offset(), last_offset: batch.last_offset() };
        self.end_offset = batch.last_offset().saturating_add(1);
        self.bytes = bytes;
        self.batches = self.batches.saturating_add(1);
        self.tail.push(batch);
        if self.tail.len() >= CHUNK {
            let chunk = std::mem::take(&mut self.tail);
            Rc::make_mut(&mut self.sealed).push(chunk.into());
        }
        Ok(info)
    }

    /// Whole batches from the one that holds `offset` on, as a fetch gets them: together at most `max_bytes` (but at
    /// least one batch if `min_one_batch`), only batches that end before `up_to`.
    ///
    /// # Errors
    /// [`LogError::OffsetOutOfRange`] for an offset before the start or past the end.
    pub fn read(
        &self,
        offset: i64,
        max_bytes: u64,
        up_to: Option<i64>,
        min_one_batch: bool,
    ) -> Result<Vec<RecordBatch>, LogError> {
        if offset < self.start_offset || offset > self.end_offset {
            let (start, end) = (self.start_offset, self.end_offset);
            return Err(LogError::OffsetOutOfRange { offset, start, end });
        }
        let up_to = up_to.unwrap_or(self.end_offset);
        let mut bytes = 0_u64;
        let mut read = Vec::new();
        for batch in self.iter_from(offset) {
            bytes = bytes.saturating_add(batch.size_in_bytes());
            let one_is_free = min_one_batch && read.is_empty();
            if batch.last_offset() >= up_to || (bytes > max_bytes && !one_is_free) {
                break;
            }
            read.push(batch.clone());
        }
        Ok(read)
    }

    /// All batches from the one that holds `offset` on.
    pub fn batches_from(&self, offset: i64) -> Vec<RecordBatch> {
        self.iter_from(offset).cloned().collect()
    }

    fn iter_from(&self, offset: i64) -> impl Iterator<Item = &RecordBatch> {
        let ends_before = |batch: &RecordBatch| batch.last_offset() < offset;
        let chunk = self.sealed.partition_point(|chunk| chunk.last().is_none_or(ends_before));
        let sealed = self.sealed.get(chunk..).unwrap_or_default().iter().flat_map(|chunk| chunk.iter());
        sealed.chain(&self.tail).skip_while(move |batch| batch.last_offset() < offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::BatchSpec;
    use crate::record::NewRecord;

    fn batch(values: &[&str]) -> RecordBatch {
        let record = |value: &&str| NewRecord { value: Some(value.as_bytes().into()), ..NewRecord::default() };
        RecordBatch::encode(&BatchSpec::default(), &values.iter().map(record).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_leader_gives_offsets_and_epoch_and_a_follower_keeps_them() {
        let (mut leader, mut follower) = (Log::new(), Log::new());
        assert_eq!(
            leader.append_as_leader(&batch(&["a", "b"]), 3).unwrap(),
            AppendInfo { base_offset: 0, last_offset: 1 }
        );
        leader.append_as_leader(&batch(&["c"]), 4).unwrap();
        for batch in leader.read(0, u64::MAX, None, true).unwrap() {
            follower.append_as_follower(&batch).unwrap();
        }
        assert_eq!((leader.log_end_offset(), follower.log_end_offset()), (3, 3));
        assert_eq!(follower.leader_epochs(), leader.leader_epochs());
        assert_eq!(follower.latest_epoch(), Some(4));
        let again = leader.batches_from(2).remove(0);
        assert_eq!(follower.append_as_follower(&again), Err(LogError::OutOfOrder { base_offset: 2, end: 3 }));
    }

    #[test]
    fn a_read_hands_out_whole_batches_within_its_bounds() {
        let mut log = Log::new();
        for values in [&["a", "b"][..], &["c"], &["d"]] {
            log.append_as_leader(&batch(values), 0).unwrap();
        }
        let offsets = |read: Vec<RecordBatch>| read.iter().map(RecordBatch::base_offset).collect::<Vec<_>>();
        assert_eq!(
            offsets(log.read(1, u64::MAX, None, true).unwrap()),
            [0, 2, 3],
            "the batch that holds offset 1 is first"
        );
        assert_eq!(offsets(log.read(0, u64::MAX, Some(3), true).unwrap()), [0, 2], "nothing past the high watermark");
        assert_eq!(offsets(log.read(0, 1, None, true).unwrap()), [0], "one batch, however large");
        assert_eq!(offsets(log.read(0, 1, None, false).unwrap()), [0_i64; 0]);
        assert_eq!(offsets(log.read(4, 1, None, true).unwrap()), [0_i64; 0], "the end is a place to wait at");
        assert_eq!(log.read(5, 1, None, true), Err(LogError::OffsetOutOfRange { offset: 5, start: 0, end: 4 }));
        assert_eq!(log.read(-1, 1, None, true), Err(LogError::OffsetOutOfRange { offset: -1, start: 0, end: 4 }));
    }

    #[test]
    fn clones_share_what_is_sealed_and_then_part() {
        let mut log = Log::new();
        for _ in 0..130 {
            log.append_as_leader(&batch(&["x"]), 0).unwrap();
        }
        let before = log.clone();
        assert!(Rc::ptr_eq(&before.sealed, &log.sealed));
        for _ in 0..100 {
            log.append_as_leader(&batch(&["y"]), 0).unwrap();
        }
        assert_eq!((before.log_end_offset(), log.log_end_offset()), (130, 230));
        assert_eq!(before.batches_from(0).len(), 130);
        assert_eq!(log.batches_from(129).len(), 101);
    }
}
