//! What a fetch gets. Kafka 4.3: `UnifiedLog.read`, `LocalLog.read`, `collectAbortedTransactions`.

use super::{Log, LogError};
use crate::batch::RecordBatch;
use crate::segment::{Segment, SegmentRead};
use crate::transaction_index::{AbortedTxn, collect};

/// How far a reader may see. Kafka: `FetchIsolation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// A follower: everything.
    LogEnd,
    /// A consumer: what is below the high watermark.
    HighWatermark,
    /// A `read_committed` consumer: what is below the last stable offset.
    TxnCommitted,
}

/// A part of the log. Kafka: `FetchDataInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchInfo {
    /// The base offset of the segment where it begins; none where there was nothing to look for.
    pub segment: Option<i64>,
    /// Where in that it begins, and how large it is.
    pub read: SegmentRead,
    /// For `read_committed`: the aborted transactions that have records in it.
    pub aborted: Vec<AbortedTxn>,
}

impl FetchInfo {
    fn nothing(at: OffsetMetadata) -> FetchInfo {
        let position = at.place.map_or(0, |(_, position)| position);
        let read = SegmentRead { batch_base_offset: at.offset, position, size: 0, first_entry_incomplete: false };
        FetchInfo { segment: at.place.map(|(segment, _)| segment), read, aborted: Vec::new() }
    }

    /// Where it begins. Kafka: `fetchOffsetMetadata`.
    pub fn offset_metadata(&self) -> OffsetMetadata {
        let place = self.segment.map(|segment| (segment, self.read.position));
        OffsetMetadata { offset: self.read.batch_base_offset, place }
    }
}

/// An offset with its place. Kafka: `LogOffsetMetadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetMetadata {
    /// The offset; −1 for an unknown one.
    pub offset: i64,
    /// The base offset of its segment, and the position in bytes there; none if nobody has looked.
    pub place: Option<(i64, u64)>,
}

impl OffsetMetadata {
    /// No offset is known. Kafka: `UNKNOWN_OFFSET_METADATA`.
    pub const UNKNOWN: OffsetMetadata = OffsetMetadata { offset: -1, place: None };

    /// The place is not known.
    pub fn only(offset: i64) -> OffsetMetadata {
        OffsetMetadata { offset, place: None }
    }

    /// In an older segment than another; no if either place is not known. Kafka: `onOlderSegment`.
    pub fn is_on_older_segment(self, other: OffsetMetadata) -> bool {
        let segment = |metadata: OffsetMetadata| metadata.place.map(|(segment, _)| segment);
        matches!((segment(self), segment(other)), (Some(ours), Some(others)) if ours < others)
    }
}

impl Log {
    /// The bytes from the batch on that holds `offset`: at most `max_bytes` of one segment (but the whole first batch, if
    /// `min_one_message`), and only batches that end within the isolation. Kafka: `read`.
    ///
    /// # Errors
    /// [`LogError::OffsetOutOfRange`] for an offset before the start or past the end. At the end, and between the limit
    /// and the end, there is just nothing yet.
    pub fn fetch(
        &mut self,
        offset: i64,
        max_bytes: u64,
        isolation: Isolation,
        min_one_message: bool,
    ) -> Result<FetchInfo, LogError> {
        if offset >= self.start_offset && isolation != Isolation::LogEnd {
            self.locate_high_watermark()?;
        }
        self.fetch_located(offset, max_bytes, isolation, min_one_message)
    }

    /// As [`Log::fetch`], but the high watermark stays where it is: for who has located it, or only looks.
    ///
    /// # Errors
    /// As [`Log::fetch`].
    pub fn fetch_located(
        &self,
        offset: i64,
        max_bytes: u64,
        isolation: Isolation,
        min_one_message: bool,
    ) -> Result<FetchInfo, LogError> {
        let (start, end) = (self.start_offset, self.end_offset);
        if offset < start {
            return Err(LogError::OffsetOutOfRange { offset, start, end });
        }
        let limit = self.end_of(isolation)?;
        self.read_up_to(offset, max_bytes, limit, min_one_message, isolation == Isolation::TxnCommitted)
    }

    /// Where a reader sees no farther, with its place. Kafka: `LogOffsetSnapshot`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn end_of(&self, isolation: Isolation) -> Result<OffsetMetadata, LogError> {
        match isolation {
            Isolation::LogEnd => Ok(self.end_metadata()),
            Isolation::HighWatermark => self.located(self.high_watermark),
            Isolation::TxnCommitted => match self.first_unstable_offset {
                Some(first) if first < self.high_watermark.offset => self.metadata(first),
                _ => self.located(self.high_watermark),
            },
        }
    }

    /// Whole batches from the one on that holds `offset`, as [`Log::fetch_located`] finds them. Who asks for an offset inside the
    /// first batch skips what is before it.
    ///
    /// # Errors
    /// As [`Log::fetch`].
    pub fn read(
        &self,
        offset: i64,
        max_bytes: u64,
        isolation: Isolation,
        min_one_message: bool,
    ) -> Result<Vec<RecordBatch>, LogError> {
        let fetched = self.fetch_located(offset, max_bytes, isolation, min_one_message)?;
        self.batches_of(&fetched)
    }

    /// The whole batches of a fetch; the last one may have been cut, and who fetches throws that piece away.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn batches_of(&self, fetched: &FetchInfo) -> Result<Vec<RecordBatch>, LogError> {
        let mut batches = Vec::new();
        let read = fetched.read;
        let Some(segment) = fetched.segment.filter(|_| read.size > 0).and_then(|base| self.segments.floor(base)) else {
            return Ok(batches);
        };
        let limit = read.position.saturating_add(read.size);
        for placed in batches_between(segment, read.position, limit) {
            batches.push(placed?);
        }
        Ok(batches)
    }

    /// The log end with its place. Kafka: `logEndOffsetMetadata`.
    pub fn end_metadata(&self) -> OffsetMetadata {
        OffsetMetadata { offset: self.end_offset, place: Some(self.end_place) }
    }

    fn located(&self, metadata: OffsetMetadata) -> Result<OffsetMetadata, LogError> {
        if metadata.place.is_some() { Ok(metadata) } else { self.metadata(metadata.offset) }
    }

    /// Where an offset is: the batch that holds it, or the next one; the end if there is none. Kafka:
    /// `maybeConvertToOffsetMetadata`.
    pub(super) fn metadata(&self, offset: i64) -> Result<OffsetMetadata, LogError> {
        let end = self.end_metadata();
        if offset == end.offset {
            return Ok(end);
        }
        Ok(match self.read_up_to(offset, 1, end, false, false) {
            Ok(fetched) => fetched.offset_metadata(),
            Err(LogError::OffsetOutOfRange { .. }) => OffsetMetadata::only(offset),
            Err(error) => return Err(error),
        })
    }

    /// Kafka: `LocalLog.read`.
    fn read_up_to(
        &self,
        offset: i64,
        max_bytes: u64,
        limit: OffsetMetadata,
        min_one_message: bool,
        with_aborted: bool,
    ) -> Result<FetchInfo, LogError> {
        let (start, end) = (self.start_offset, self.end_offset);
        if offset > end || self.segments.floor(offset).is_none() {
            return Err(LogError::OffsetOutOfRange { offset, start, end });
        }
        if offset >= limit.offset {
            let at = if offset == limit.offset { limit } else { OffsetMetadata::only(offset) };
            return Ok(FetchInfo::nothing(at));
        }
        for segment in self.segments.from(offset) {
            let base_offset = segment.base_offset();
            let max_position = match limit.place {
                Some((limit, _)) if base_offset < limit => Some(segment.size_in_bytes()),
                Some((limit, position)) if base_offset == limit => Some(position),
                _ => None,
            };
            if let Some(read) = segment.read(offset, max_bytes, max_position, min_one_message)? {
                let aborted = if with_aborted { self.aborted_in(offset, segment, read) } else { Vec::new() };
                return Ok(FetchInfo { segment: Some(base_offset), read, aborted });
            }
        }
        // Everything behind the offset was cleaned away, up to the end.
        Ok(FetchInfo::nothing(self.end_metadata()))
    }

    /// Kafka: `addAbortedTransactions`.
    fn aborted_in(&self, offset: i64, segment: &Segment, read: SegmentRead) -> Vec<AbortedTxn> {
        let end = i64::try_from(read.position.saturating_add(read.size)).unwrap_or(i64::MAX);
        let next = || self.segments.iter().find(|next| next.base_offset() > segment.base_offset());
        let upper_bound = segment.offset_index().upper_bound(end);
        let upper_bound = upper_bound.unwrap_or_else(|| next().map_or(self.end_offset, Segment::base_offset));
        self.collect_aborted(segment.base_offset(), offset, upper_bound)
    }

    /// The aborted transactions with records between two offsets, by the indexes of the segments from one on. Kafka:
    /// `collectAbortedTransactions`.
    fn collect_aborted(&self, segment: i64, from: i64, up_to: i64) -> Vec<AbortedTxn> {
        let mut aborted = Vec::new();
        for segment in self.segments.iter().filter(|known| known.base_offset() >= segment) {
            let found = collect(segment.aborted(), from, up_to);
            aborted.extend(found.aborted);
            if found.is_complete {
                break;
            }
        }
        aborted
    }

    /// The aborted transactions up to an offset, from the segment on that holds another. Kafka:
    /// `UnifiedLog.collectAbortedTransactions`.
    pub(crate) fn aborted_transactions(&self, base_offset: i64, up_to: i64) -> Vec<AbortedTxn> {
        let segment = self.segments.floor(base_offset).map(Segment::base_offset);
        segment.map_or_else(Vec::new, |segment| self.collect_aborted(segment, self.start_offset, up_to))
    }
}

/// The whole batches of a part of a file.
pub(super) fn batches_between(
    segment: &Segment,
    position: u64,
    limit: u64,
) -> impl Iterator<Item = Result<RecordBatch, LogError>> {
    let batches = segment.batches_at(position).take_while(move |placed| match placed {
        Ok(placed) => placed.position.saturating_add(placed.batch.size_in_bytes()) <= limit,
        // So many bytes it takes to see that a length cannot be.
        Err(corrupt) => corrupt.position.saturating_add(17) < limit,
    });
    batches.map(|placed| Ok(placed?.into_owned().batch))
}
