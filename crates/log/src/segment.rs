//! A run of batches of a log with its indexes: what are the `.log`, `.index`, `.timeindex` and `.txnindex` of one base
//! offset on a broker's disk. Kafka 4.3: `LogSegment`, `FileRecords`.

mod content;
mod lookup;
mod roll;

use std::borrow::Cow;
use std::rc::Rc;

use thiserror::Error;

pub use content::{CorruptFile, PlacedBatch};
pub use lookup::{OffsetLookup, TimestampLookup};
pub use roll::RollReason;

use content::Content;

use crate::batch::{BatchError, RecordBatch};
use crate::config::LogConfig;
use crate::offset_index::{IndexError, OffsetIndex, relative};
use crate::record::NO_TIMESTAMP;
use crate::time_index::{TimeIndex, TimeIndexError, TimestampOffset};
use crate::transaction_index::{self, AbortedTxn};

/// What a segment cannot take or give.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SegmentError {
    /// An offset too far from the base offset, or before it. Kafka: `LogSegmentOffsetOverflowException`.
    #[error("Detected offset overflow at offset {offset}")]
    OffsetOverflow {
        /// The last offset of the batch.
        offset: i64,
    },
    /// An index has no room. Kafka: `IllegalArgumentException`.
    #[error("Attempt to append to a full {what} (size = {entries}).")]
    FullIndex {
        /// Which index.
        what: &'static str,
        /// How many entries it has.
        entries: usize,
    },
    /// Entries of an index grow.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// As for the offset index.
    #[error(transparent)]
    TimeIndex(#[from] TimeIndexError),
    /// The file cannot be read on. Kafka: `CorruptRecordException`.
    #[error(transparent)]
    Corrupt(#[from] CorruptFile),
    /// The records of a batch cannot be read.
    #[error(transparent)]
    Records(#[from] BatchError),
}

impl SegmentError {
    /// The simple name of Kafka's exception.
    pub fn exception(&self) -> &'static str {
        match self {
            SegmentError::OffsetOverflow { .. } => "LogSegmentOffsetOverflowException",
            SegmentError::FullIndex { .. } => "IllegalArgumentException",
            SegmentError::Index(IndexError::NotLarger { .. })
            | SegmentError::TimeIndex(TimeIndexError::NotLarger { .. }) => "InvalidOffsetException",
            SegmentError::Index(IndexError::Overflow { .. })
            | SegmentError::TimeIndex(TimeIndexError::Overflow { .. }) => "IndexOffsetOverflowException",
            SegmentError::Corrupt(_) => "CorruptRecordException",
            SegmentError::Records(_) => "InvalidRecordException",
        }
    }
}

/// Where a read begins, and how much of the file it gets. Kafka: `FetchDataInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRead {
    /// The base offset of the first batch.
    pub batch_base_offset: i64,
    /// Where that begins in the file, in bytes.
    pub position: u64,
    /// How many bytes there are; the last batch may be cut.
    pub size: u64,
    /// Not even the first batch fits.
    pub first_entry_incomplete: bool,
}

/// Batches whose offsets grow. Clones share the batches.
#[derive(Clone, Debug)]
pub struct Segment {
    base_offset: i64,
    created_ms: i64,
    last_modified_ms: i64,
    content: Content,
    offset_index: Rc<OffsetIndex>,
    time_index: Rc<TimeIndex>,
    aborted: Rc<Vec<AbortedTxn>>,
    bytes_since_last_index_entry: u64,
    /// None until it is looked for. Kafka: `maxTimestampAndOffsetSoFar`, `UNKNOWN`.
    max_timestamp_so_far: Option<TimestampOffset>,
}

/// The largest timestamp of the batches in a `.log` file, as far as they can be read; none without any. In ms.
pub(crate) fn largest_timestamp_of(log: &Rc<[u8]>) -> Option<i64> {
    let batches = content::walk(log).map_while(Result::ok);
    batches
        .filter(|placed| !placed.batch.is_legacy())
        .map(|placed| placed.batch.max_timestamp())
        .max()
        .filter(|timestamp| *timestamp >= 0)
}

/// What a segment is opened from.
#[derive(Clone, Debug)]
pub struct SegmentFiles {
    /// The offset that names the files.
    pub base_offset: i64,
    /// `.log`.
    pub log: Rc<[u8]>,
    /// `.index`.
    pub offset_index: OffsetIndex,
    /// `.timeindex`.
    pub time_index: TimeIndex,
    /// `.txnindex`.
    pub aborted: Vec<AbortedTxn>,
    /// When the `.log` last changed, in ms.
    pub last_modified_ms: i64,
}

impl Segment {
    /// A segment without batches. The base offset names its files.
    pub fn new(base_offset: i64, now_ms: i64) -> Segment {
        Segment {
            base_offset,
            created_ms: now_ms,
            last_modified_ms: now_ms,
            content: Content::default(),
            offset_index: Rc::new(OffsetIndex::new(base_offset)),
            time_index: Rc::new(TimeIndex::new(base_offset)),
            aborted: Rc::default(),
            bytes_since_last_index_entry: 0,
            max_timestamp_so_far: None,
        }
    }

    /// A segment from its files, which are taken as they are. Kafka: `open`.
    pub fn open(files: SegmentFiles, now_ms: i64) -> Segment {
        let entries = files.offset_index.entries().iter();
        let positions: Vec<u64> = entries.map(|entry| u64::from(entry.position.unsigned_abs())).collect();
        Segment {
            base_offset: files.base_offset,
            created_ms: now_ms,
            last_modified_ms: files.last_modified_ms,
            content: Content::from_bytes(files.log, &positions),
            offset_index: Rc::new(files.offset_index),
            time_index: Rc::new(files.time_index),
            aborted: Rc::new(files.aborted),
            bytes_since_last_index_entry: 0,
            max_timestamp_so_far: None,
        }
    }

    /// The same segment as it is when its files are opened again.
    #[must_use]
    pub(crate) fn reopened(&self, now_ms: i64) -> Segment {
        let mut segment = self.clone();
        segment.created_ms = now_ms;
        segment.bytes_since_last_index_entry = 0;
        segment.max_timestamp_so_far = None;
        segment
    }

    /// The offset that names its files: no batch begins before it.
    pub fn base_offset(&self) -> i64 {
        self.base_offset
    }

    /// The size of the `.log` in bytes.
    pub fn size_in_bytes(&self) -> u64 {
        self.content.size()
    }

    /// When the `.log` last changed, in ms.
    pub fn last_modified_ms(&self) -> i64 {
        self.last_modified_ms
    }

    pub(crate) fn set_last_modified_ms(&mut self, ms: i64) {
        self.last_modified_ms = ms;
    }

    /// `.index`.
    pub fn offset_index(&self) -> &OffsetIndex {
        &self.offset_index
    }

    /// `.timeindex`.
    pub fn time_index(&self) -> &TimeIndex {
        &self.time_index
    }

    /// `.txnindex`.
    pub fn aborted(&self) -> &[AbortedTxn] {
        &self.aborted
    }

    pub(crate) fn clear_time_index(&mut self) {
        self.time_index = Rc::new(TimeIndex::new(self.base_offset));
    }

    pub(crate) fn push_aborted(&mut self, aborted: AbortedTxn) {
        Rc::make_mut(&mut self.aborted).push(aborted);
    }

    /// The bytes of the `.log`.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.content.to_bytes()
    }

    /// How many batches there are; 0 in a file with damage, where that is not known.
    pub fn batch_count(&self) -> usize {
        self.content.batch_count()
    }

    /// The batches from a position in the file on. Kafka: `FileRecords.batchesFrom`.
    pub fn batches_at(&self, position: u64) -> impl Iterator<Item = Result<Cow<'_, PlacedBatch>, CorruptFile>> {
        let base_offset = self.base_offset;
        let located = move |corrupt: CorruptFile| CorruptFile { base_offset, ..corrupt };
        self.content.batches_at(position).map(move |placed| placed.map_err(located))
    }

    /// The batches from the one on that holds `offset`, or else the next one after it: to look at. In a file with damage
    /// there are none.
    pub fn batches_from(&self, offset: i64) -> impl Iterator<Item = &RecordBatch> {
        self.content.batches_from(offset)
    }

    /// The largest timestamp, and the last offset of the batch that has it. Kafka: `readMaxTimestampAndOffsetSoFar`.
    pub fn max_timestamp_so_far(&self) -> TimestampOffset {
        self.max_timestamp_so_far.unwrap_or_else(|| self.time_index.last_entry())
    }

    /// The largest timestamp; without any, when the file last changed. Kafka: `largestTimestamp`.
    pub fn largest_timestamp(&self) -> i64 {
        let largest = self.max_timestamp_so_far().timestamp;
        if largest >= 0 { largest } else { self.last_modified_ms }
    }

    /// Its base offset and its size in bytes: where the next batch goes.
    pub(crate) fn end_place(&self) -> (i64, u64) {
        (self.base_offset, self.size_in_bytes())
    }

    /// Kafka: `getFirstBatchTimestamp`, where none is the largest number.
    pub(crate) fn first_batch_timestamp(&self) -> Option<i64> {
        let first = self.batches_at(0).next()?.ok()?;
        Some(first.batch.max_timestamp()).filter(|timestamp| *timestamp >= 0)
    }

    /// Adds batches at the end, and entries to the indexes. Kafka: `append`.
    ///
    /// # Errors
    /// An offset that is too far away; then nothing has changed. A full index; then the batches are there.
    pub(crate) fn append(
        &mut self,
        now_ms: i64,
        batches: &[RecordBatch],
        largest_offset: i64,
        config: &LogConfig,
    ) -> Result<(), SegmentError> {
        if relative(self.base_offset, largest_offset).is_none() {
            return Err(SegmentError::OffsetOverflow { offset: largest_offset });
        }
        let mut position = self.content.size();
        self.last_modified_ms = now_ms;
        for batch in batches {
            self.content.push(batch.clone());
        }
        for batch in batches {
            let (timestamp, offset) = (batch.max_timestamp(), batch.last_offset());
            if timestamp > self.max_timestamp_so_far().timestamp {
                self.max_timestamp_so_far = Some(TimestampOffset { timestamp, offset });
            }
            if self.bytes_since_last_index_entry > config.index_interval_bytes {
                self.append_index_entry(offset, position, config)?;
                self.bytes_since_last_index_entry = 0;
            }
            let size = batch.size_in_bytes();
            position = position.saturating_add(size);
            self.bytes_since_last_index_entry = self.bytes_since_last_index_entry.saturating_add(size);
        }
        Ok(())
    }

    /// An entry in both indexes for the batch at a position.
    fn append_index_entry(&mut self, offset: i64, position: u64, config: &LogConfig) -> Result<(), SegmentError> {
        let position = i32::try_from(position).unwrap_or(i32::MAX);
        let full = |what, entries| Err(SegmentError::FullIndex { what, entries });
        if self.offset_index.is_full(config.segment_index_bytes) {
            return full("index", self.offset_index.entries().len());
        }
        Rc::make_mut(&mut self.offset_index).append(offset, position)?;
        if self.time_index.is_full(config.segment_index_bytes) {
            return full("time index", self.time_index.entries().len());
        }
        let largest = self.max_timestamp_so_far();
        Rc::make_mut(&mut self.time_index).maybe_append(largest)?;
        Ok(())
    }

    /// The largest timestamp goes into the index, full or not. Kafka: `onBecomeInactiveSegment`, `close`.
    pub(crate) fn close(&mut self) {
        let largest = self.max_timestamp_so_far();
        // Who has looked once remembers: a truncation looks anew only then.
        self.max_timestamp_so_far = Some(largest);
        if largest.timestamp > self.time_index.last_entry().timestamp {
            // It cannot be before the last entry, which was the largest timestamp once.
            let _ = Rc::make_mut(&mut self.time_index).maybe_append(largest);
        }
    }

    /// What a read of so many bytes from an offset on gets; none if nothing at or after the offset is here. Nothing is
    /// read past `max_position`; without it, nothing at all. Kafka: `read`.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn read(
        &self,
        offset: i64,
        max_bytes: u64,
        max_position: Option<u64>,
        min_one_message: bool,
    ) -> Result<Option<SegmentRead>, CorruptFile> {
        let Some(first) = self.translate_offset(offset)? else { return Ok(None) };
        let (position, first_size) = (first.position, first.batch.size_in_bytes());
        let max_bytes = if min_one_message { max_bytes.max(first_size) } else { max_bytes };
        let nothing = SegmentRead {
            batch_base_offset: first.batch.base_offset(),
            position,
            size: 0,
            first_entry_incomplete: false,
        };
        let Some(max_position) = max_position.filter(|_| max_bytes > 0) else { return Ok(Some(nothing)) };
        let size = max_position.saturating_sub(position).min(max_bytes);
        Ok(Some(SegmentRead { size, first_entry_incomplete: max_bytes < first_size, ..nothing }))
    }

    /// The offset after the last record. Kafka: `readNextOffset`.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn read_next_offset(&self) -> Result<i64, CorruptFile> {
        let Some(first) = self.translate_offset(self.offset_index.last_offset())? else { return Ok(self.base_offset) };
        let mut next = self.base_offset;
        for placed in self.batches_at(first.position) {
            next = placed?.batch.last_offset().saturating_add(1);
        }
        Ok(next)
    }

    /// Cuts everything from the batch on that holds the offset; says how many bytes. Kafka: `truncateTo`.
    ///
    /// # Errors
    /// The file cannot be read on; then nothing has changed.
    pub(crate) fn truncate_to(&mut self, offset: i64, now_ms: i64) -> Result<u64, CorruptFile> {
        let from = self.translate_offset(offset)?.map(|placed| placed.position);
        if self.offset_index.last_offset() >= offset {
            Rc::make_mut(&mut self.offset_index).truncate_to(offset);
        }
        if self.time_index.last_entry().offset >= offset {
            Rc::make_mut(&mut self.time_index).truncate_to(offset);
        }
        if !self.aborted.is_empty() {
            transaction_index::truncate_to(Rc::make_mut(&mut self.aborted), offset);
        }
        let size = self.content.size();
        if let Some(from) = from {
            self.content.truncate(from);
            self.last_modified_ms = now_ms;
        }
        if self.content.size() == 0 {
            self.created_ms = now_ms;
        }
        self.bytes_since_last_index_entry = 0;
        if self.max_timestamp_so_far().timestamp >= 0 {
            self.max_timestamp_so_far = Some(self.read_largest_timestamp()?);
        }
        Ok(size.saturating_sub(self.content.size()))
    }

    /// Kafka: `readLargestTimestamp`.
    fn read_largest_timestamp(&self) -> Result<TimestampOffset, CorruptFile> {
        let mut largest = self.time_index.last_entry();
        for placed in self.batches_at(self.position_of(largest.offset)) {
            let batch = &placed?.batch;
            if batch.max_timestamp() > largest.timestamp {
                largest = TimestampOffset { timestamp: batch.max_timestamp(), offset: batch.last_offset() };
            }
        }
        Ok(largest)
    }

    /// Empties the indexes: they are about to be made anew. Kafka: the begin of `recover`.
    pub(crate) fn reset_indexes(&mut self) {
        self.offset_index = Rc::new(OffsetIndex::new(self.base_offset));
        self.clear_time_index();
        self.aborted = Rc::default();
        self.max_timestamp_so_far = Some(TimestampOffset { timestamp: NO_TIMESTAMP, offset: -1 });
    }

    /// A batch is seen by a recovery: the largest timestamp, and an entry in the indexes where one is due.
    pub(crate) fn index_recovered(
        &mut self,
        placed: &PlacedBatch,
        last_entry: &mut u64,
        config: &LogConfig,
    ) -> Result<(), SegmentError> {
        let (timestamp, offset) = (placed.batch.max_timestamp(), placed.batch.last_offset());
        if relative(self.base_offset, offset).is_none() {
            return Err(SegmentError::OffsetOverflow { offset });
        }
        if timestamp > self.max_timestamp_so_far().timestamp {
            self.max_timestamp_so_far = Some(TimestampOffset { timestamp, offset });
        }
        if placed.position.saturating_sub(*last_entry) > config.index_interval_bytes {
            self.append_index_entry(offset, placed.position, config)?;
            *last_entry = placed.position;
        }
        Ok(())
    }

    /// Cuts what a recovery found no good; says how many bytes.
    pub(crate) fn cut(&mut self, valid_bytes: u64, now_ms: i64) -> Result<u64, SegmentError> {
        let truncated = self.content.size().saturating_sub(valid_bytes);
        self.content.truncate(valid_bytes);
        if truncated > 0 {
            self.last_modified_ms = now_ms;
        }
        let largest = self.max_timestamp_so_far();
        Rc::make_mut(&mut self.time_index).maybe_append(largest)?;
        Ok(truncated)
    }
}
