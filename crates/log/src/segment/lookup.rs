//! How an offset or a timestamp is found in a segment: by the indexes to a position, from there batch after batch. Kafka
//! 4.3: `LogSegment.translateOffset`, `findOffsetByTimestamp`, `FileRecords.searchForOffsetFromPosition`,
//! `searchForTimestamp`.

use std::borrow::Cow;

use super::{CorruptFile, PlacedBatch, Segment, SegmentError};
use crate::index_search::Probe;
use crate::offset_index::OffsetIndexEntry;
use crate::time_index::TimestampOffset;

/// How an offset was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetLookup {
    /// The entry of the index where the scan begins; without one, the base offset at position 0.
    pub index_entry: OffsetIndexEntry,
    /// Every entry that was looked at.
    pub probes: Vec<Probe>,
    /// How many headers were read on the way.
    pub headers_read: usize,
    /// The batch that holds the offset, or the next one; none if nothing at or after it is here.
    pub found: Option<PlacedBatch>,
}

/// How a timestamp was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampLookup {
    /// The entry of the time index; without one, no timestamp and the base offset.
    pub time_index_entry: TimestampOffset,
    /// Every entry of the time index that was looked at.
    pub time_probes: Vec<Probe>,
    /// The entry of the offset index where the scan begins; without one, the base offset at position 0.
    pub index_entry: OffsetIndexEntry,
    /// Every entry of the offset index that was looked at.
    pub probes: Vec<Probe>,
    /// The first record that is not older, and the leader epoch of its batch; none if there is none.
    pub found: Option<(TimestampOffset, i32)>,
}

fn position(entry: OffsetIndexEntry) -> u64 {
    u64::from(entry.position.unsigned_abs())
}

impl Segment {
    /// The batch that holds an offset, or else the next one.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn translate_offset(&self, offset: i64) -> Result<Option<Cow<'_, PlacedBatch>>, CorruptFile> {
        self.scan_for_offset(offset, self.position_of(offset), &mut 0)
    }

    /// Where a scan for an offset begins.
    pub(crate) fn position_of(&self, offset: i64) -> u64 {
        self.offset_index.lookup(offset).map_or(0, position)
    }

    /// As [`Segment::translate_offset`], with everything that was looked at.
    ///
    /// # Errors
    /// As there.
    pub fn lookup_offset(&self, offset: i64) -> Result<OffsetLookup, CorruptFile> {
        let (index_entry, probes) = self.offset_index.lookup_shown(offset);
        let mut headers_read = 0;
        let found = self.scan_for_offset(offset, position(index_entry), &mut headers_read)?.map(Cow::into_owned);
        Ok(OffsetLookup { index_entry, probes, headers_read, found })
    }

    fn scan_for_offset(
        &self,
        offset: i64,
        from: u64,
        headers_read: &mut usize,
    ) -> Result<Option<Cow<'_, PlacedBatch>>, CorruptFile> {
        let mut before: Option<Cow<'_, PlacedBatch>> = None;
        for placed in self.batches_at(from) {
            let placed = placed?;
            *headers_read = headers_read.saturating_add(1);
            if placed.batch.base_offset() >= offset {
                let is_in_it = |before: &Cow<'_, PlacedBatch>| before.batch.last_offset() >= offset;
                let is_exact = placed.batch.base_offset() == offset;
                return Ok(before.filter(|before| !is_exact && is_in_it(before)).or(Some(placed)));
            }
            before = Some(placed);
        }
        Ok(before.filter(|before| before.batch.last_offset() >= offset))
    }

    /// The first record at `starting_offset` or behind it whose timestamp is not before the target: its timestamp, its
    /// offset and the epoch of its batch.
    ///
    /// # Errors
    /// The file, or the records of a batch, cannot be read.
    pub fn find_offset_by_timestamp(
        &self,
        timestamp: i64,
        starting_offset: i64,
    ) -> Result<Option<(TimestampOffset, i32)>, SegmentError> {
        let entry = self.time_index.lookup(timestamp);
        self.scan_for_timestamp(timestamp, starting_offset, self.position_of(entry.offset.max(starting_offset)))
    }

    /// As [`Segment::find_offset_by_timestamp`], with everything that was looked at.
    ///
    /// # Errors
    /// As there.
    pub fn lookup_timestamp(&self, timestamp: i64, starting_offset: i64) -> Result<TimestampLookup, SegmentError> {
        let (time_index_entry, time_probes) = self.time_index.lookup_shown(timestamp);
        let (index_entry, probes) = self.offset_index.lookup_shown(time_index_entry.offset.max(starting_offset));
        let found = self.scan_for_timestamp(timestamp, starting_offset, position(index_entry))?;
        Ok(TimestampLookup { time_index_entry, time_probes, index_entry, probes, found })
    }

    fn scan_for_timestamp(
        &self,
        timestamp: i64,
        starting_offset: i64,
        from: u64,
    ) -> Result<Option<(TimestampOffset, i32)>, SegmentError> {
        for placed in self.batches_at(from) {
            let batch = &placed?.batch;
            if batch.max_timestamp() < timestamp {
                continue;
            }
            for record in &*batch.readable()? {
                let record = record?;
                if record.timestamp >= timestamp && record.offset >= starting_offset {
                    let found = TimestampOffset { timestamp: record.timestamp, offset: record.offset };
                    return Ok(Some((found, batch.partition_leader_epoch())));
                }
            }
        }
        Ok(None)
    }
}
