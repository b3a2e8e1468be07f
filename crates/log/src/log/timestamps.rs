//! Which offset belongs to a timestamp. Kafka 4.3: `UnifiedLog.fetchOffsetByTimestamp`.

use super::{Log, LogError};
use crate::record::NO_TIMESTAMP;
use crate::segment::Segment;

/// The log end (`ListOffsets`). Kafka: `LATEST_TIMESTAMP`.
const LATEST: i64 = -1;
/// The log start. Kafka: `EARLIEST_TIMESTAMP`.
const EARLIEST: i64 = -2;
/// The record with the largest timestamp. Kafka: `MAX_TIMESTAMP`.
const MAX: i64 = -3;

/// An offset that was found. Kafka: `FileRecords.TimestampAndOffset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundOffset {
    /// The offset.
    pub offset: i64,
    /// The timestamp of the record there, in ms; −1 for the ends of the log.
    pub timestamp: i64,
    /// The leader epoch there, if it is known.
    pub leader_epoch: Option<i32>,
}

impl Log {
    /// The first record that is not older than a timestamp; −1 asks for the log end, −2 for the log start, −3 for the
    /// record with the largest timestamp.
    ///
    /// # Errors
    /// A file, or the records of a batch, cannot be read.
    pub fn offset_for_timestamp(&self, timestamp: i64) -> Result<Option<FoundOffset>, LogError> {
        match timestamp {
            EARLIEST => {
                let first = self.epochs.entries().first().filter(|first| first.start_offset <= self.start_offset);
                let leader_epoch = first.map(|first| first.epoch);
                Ok(Some(FoundOffset { offset: self.start_offset, timestamp: NO_TIMESTAMP, leader_epoch }))
            }
            LATEST => {
                let leader_epoch = self.epochs.latest();
                Ok(Some(FoundOffset { offset: self.end_offset, timestamp: NO_TIMESTAMP, leader_epoch }))
            }
            MAX => self.offset_of_max_timestamp(),
            _ => {
                let Some(segment) = self.segment_for_timestamp(timestamp) else { return Ok(None) };
                let found = segment.find_offset_by_timestamp(timestamp, self.start_offset)?;
                Ok(found.map(|(found, epoch)| FoundOffset {
                    offset: found.offset,
                    timestamp: found.timestamp,
                    leader_epoch: known(epoch),
                }))
            }
        }
    }

    fn offset_of_max_timestamp(&self) -> Result<Option<FoundOffset>, LogError> {
        let largest = |segment: &&Segment| segment.max_timestamp_so_far().timestamp;
        // Of several the first one.
        let Some(segment) = self.segments.iter().rev().max_by_key(largest) else { return Ok(None) };
        let max = segment.max_timestamp_so_far();
        for placed in segment.batches_at(segment.position_of(max.offset)) {
            let batch = &placed?.batch;
            if batch.max_timestamp() != max.timestamp {
                continue;
            }
            for record in &*batch.readable()? {
                let record = record?;
                if record.timestamp == max.timestamp {
                    let leader_epoch = known(batch.partition_leader_epoch());
                    let (offset, timestamp) = (record.offset, batch.max_timestamp());
                    return Ok(Some(FoundOffset { offset, timestamp, leader_epoch }));
                }
            }
            return Ok(None);
        }
        Ok(None)
    }
}

fn known(epoch: i32) -> Option<i32> {
    (epoch >= 0).then_some(epoch)
}
