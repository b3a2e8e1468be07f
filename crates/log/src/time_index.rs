//! `.timeindex`: from a timestamp to an offset. Kafka 4.3: `TimeIndex`.
//!
//! An entry has 12 bytes, big-endian: the largest timestamp so far, and the last offset of the batch that has it as a
//! distance from the segment's base offset. Both grow.

use thiserror::Error;

use crate::index_search::{Place, Probe, search, search_by};
use crate::location::Location;
use crate::offset_index::relative;
use crate::record::NO_TIMESTAMP;

/// An entry's size in bytes.
pub const ENTRY_SIZE: usize = 12;
/// Where in an entry its offset begins.
const OFFSET_AT: usize = 8;

/// An entry, with its offset as it is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// A timestamp in ms.
    pub timestamp: i64,
    /// The last offset of the first batch with that timestamp.
    pub offset: i64,
}

/// Why an entry cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TimeIndexError {
    /// Offsets grow. Kafka: `InvalidOffsetException`.
    #[error(
        "Attempt to append an offset ({offset}) to slot {entries} no larger than the last offset appended ({last}) to {base_offset:020}.timeindex"
    )]
    NotLarger {
        /// The offset of the entry.
        offset: i64,
        /// How many entries there are.
        entries: usize,
        /// The offset of the last one.
        last: i64,
        /// The segment.
        base_offset: i64,
    },
    /// The distance from the base offset does not fit. Kafka: `IndexOffsetOverflowException`.
    #[error("Integer overflow for offset: {offset} ({base_offset:020}.timeindex)")]
    Overflow {
        /// The offset of the entry.
        offset: i64,
        /// The segment.
        base_offset: i64,
    },
}

/// What cannot be true of an index file. Kafka: `CorruptIndexException`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CorruptTimeIndex {
    /// The last timestamp is before the first.
    #[error(
        "Corrupt time index found, time index file ({base_offset:020}.timeindex) has non-zero size but the last timestamp is {last} which is less than the first timestamp {first}"
    )]
    NotGrowing {
        /// The last timestamp.
        last: i64,
        /// The first one.
        first: i64,
        /// The segment.
        base_offset: i64,
        /// Where the last entry begins in the file.
        position: usize,
    },
    /// The last entry lies before the segment.
    #[error(
        "Corrupt time index found, time index file ({base_offset:020}.timeindex) has non-zero size but the last offset is {last} which is less than the first offset {base_offset}"
    )]
    BelowBase {
        /// The offset of the last entry.
        last: i64,
        /// The segment.
        base_offset: i64,
        /// Where the last entry begins in the file.
        position: usize,
    },
    /// A part of an entry is left over.
    #[error(
        "Time index file {base_offset:020}.timeindex is corrupt, found {length} bytes which is neither positive nor a multiple of {ENTRY_SIZE}"
    )]
    Length {
        /// The file's size in bytes.
        length: usize,
        /// The segment.
        base_offset: i64,
    },
}

impl CorruptTimeIndex {
    /// Where it is.
    pub fn location(&self) -> Location {
        match self {
            CorruptTimeIndex::NotGrowing { position, .. } => Location::new("timestamp", *position),
            CorruptTimeIndex::BelowBase { position, .. } => {
                Location::new("relativeOffset", position.saturating_add(OFFSET_AT))
            }
            CorruptTimeIndex::Length { length, .. } => {
                Location::new("entry", length.saturating_sub(length % ENTRY_SIZE))
            }
        }
    }
}

/// The entries of a file's bytes. What is left over at the end is not looked at; see [`sanity_check`].
pub fn read(base_offset: i64, bytes: &[u8]) -> Vec<TimestampOffset> {
    let entry = |entry: &[u8]| {
        let timestamp = entry.first_chunk().copied().map(i64::from_be_bytes)?;
        let offset = entry.get(OFFSET_AT..)?.first_chunk().copied().map(i32::from_be_bytes)?;
        Some(TimestampOffset { timestamp, offset: base_offset.wrapping_add(offset.into()) })
    };
    bytes.chunks_exact(ENTRY_SIZE).filter_map(entry).collect()
}

/// Whether a file can be a time index of the segment. Kafka: `sanityCheck`.
///
/// # Errors
/// What cannot be.
pub fn sanity_check(base_offset: i64, bytes: &[u8]) -> Result<(), CorruptTimeIndex> {
    let entries = read(base_offset, bytes);
    let position = entries.len().saturating_sub(1).saturating_mul(ENTRY_SIZE);
    if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
        if last.timestamp < first.timestamp {
            let (last, first) = (last.timestamp, first.timestamp);
            return Err(CorruptTimeIndex::NotGrowing { last, first, base_offset, position });
        }
        if last.offset < base_offset {
            return Err(CorruptTimeIndex::BelowBase { last: last.offset, base_offset, position });
        }
    }
    match bytes.len() % ENTRY_SIZE {
        0 => Ok(()),
        _ => Err(CorruptTimeIndex::Length { length: bytes.len(), base_offset }),
    }
}

/// A time index being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeIndex {
    base_offset: i64,
    entries: Vec<TimestampOffset>,
}

impl TimeIndex {
    /// An empty index.
    pub fn new(base_offset: i64) -> TimeIndex {
        TimeIndex { base_offset, entries: Vec::new() }
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[TimestampOffset] {
        &self.entries
    }

    /// Adds an entry, if its timestamp is larger than the last one. Kafka: `maybeAppend`.
    ///
    /// # Errors
    /// An offset before that of the last entry, or too far from the base offset. The index is then as it was.
    pub fn maybe_append(&mut self, entry: TimestampOffset) -> Result<(), TimeIndexError> {
        let (base_offset, entries) = (self.base_offset, self.entries.len());
        if let Some(last) = self.entries.last().filter(|last| entry.offset < last.offset) {
            return Err(TimeIndexError::NotLarger { offset: entry.offset, entries, last: last.offset, base_offset });
        }
        if entry.timestamp <= self.entries.last().map_or(NO_TIMESTAMP, |last| last.timestamp) {
            return Ok(());
        }
        relative(base_offset, entry.offset).ok_or(TimeIndexError::Overflow { offset: entry.offset, base_offset })?;
        self.entries.push(entry);
        Ok(())
    }

    /// As much of an index as there is in a file.
    pub fn from_bytes(base_offset: i64, bytes: &[u8]) -> TimeIndex {
        TimeIndex { base_offset, entries: read(base_offset, bytes) }
    }

    /// The size of the file in bytes.
    pub fn size_in_bytes(&self) -> usize {
        self.entries.len().saturating_mul(ENTRY_SIZE)
    }

    /// The last entry; no timestamp and the base offset in an empty index. Kafka: `lastEntry`.
    pub fn last_entry(&self) -> TimestampOffset {
        let none = TimestampOffset { timestamp: NO_TIMESTAMP, offset: self.base_offset };
        self.entries.last().copied().unwrap_or(none)
    }

    /// The last entry whose timestamp is not beyond the target; none is as in an empty index. Kafka: `lookup`.
    pub fn lookup(&self, timestamp: i64) -> TimestampOffset {
        let found = self.search(timestamp, |entry| entry.timestamp).floor().and_then(|slot| self.entries.get(slot));
        found.copied().unwrap_or(TimestampOffset { timestamp: NO_TIMESTAMP, offset: self.base_offset })
    }

    /// As [`TimeIndex::lookup`], with every entry that was looked at.
    pub fn lookup_shown(&self, timestamp: i64) -> (TimestampOffset, Vec<Probe>) {
        let keys: Vec<i64> = self.entries.iter().map(|entry| entry.timestamp).collect();
        let found = search(&keys, ENTRY_SIZE, timestamp);
        let entry = found.slot.and_then(|slot| self.entries.get(slot)).copied();
        let none = TimestampOffset { timestamp: NO_TIMESTAMP, offset: self.base_offset };
        (entry.unwrap_or(none), found.probes)
    }

    fn search(&self, target: i64, key: impl Fn(&TimestampOffset) -> i64) -> Place {
        let key_at = |slot: usize| self.entries.get(slot).map_or(i64::MAX, &key);
        search_by(self.entries.len(), ENTRY_SIZE, target, key_at, |_| ())
    }

    /// Only the entry that is added at the roll still fits into `segment.index.bytes`. Kafka: `isFull`.
    pub fn is_full(&self, index_bytes_max: usize) -> bool {
        self.entries.len().saturating_add(1) >= index_bytes_max / ENTRY_SIZE
    }

    /// Drops the entries from an offset on. Kafka: `truncateTo`.
    pub fn truncate_to(&mut self, offset: i64) {
        let Some(slot) = self.search(offset, |entry| entry.offset).floor() else {
            self.entries.clear();
            return;
        };
        let is_it = self.entries.get(slot).is_some_and(|entry| entry.offset == offset);
        self.entries.truncate(if is_it { slot } else { slot.saturating_add(1) });
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.len().saturating_mul(ENTRY_SIZE));
        for entry in &self.entries {
            bytes.extend(entry.timestamp.to_be_bytes());
            bytes.extend(relative(self.base_offset, entry.offset).unwrap_or(0).to_be_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_larger_timestamp_is_an_entry() {
        let mut index = TimeIndex::new(10);
        let entry = |timestamp, offset| TimestampOffset { timestamp, offset };
        index.maybe_append(entry(NO_TIMESTAMP, -1)).unwrap();
        index.maybe_append(entry(500, 12)).unwrap();
        index.maybe_append(entry(500, 20)).unwrap();
        index.maybe_append(entry(700, 20)).unwrap();
        assert_eq!(index.entries(), [entry(500, 12), entry(700, 20)]);
        assert!(matches!(index.maybe_append(entry(900, 19)), Err(TimeIndexError::NotLarger { .. })));
        assert!(matches!(index.maybe_append(entry(900, i64::MAX)), Err(TimeIndexError::Overflow { .. })));
        assert_eq!(read(10, &index.to_bytes()), index.entries());
        assert_eq!(sanity_check(10, &index.to_bytes()), Ok(()));
        let preallocated = [index.to_bytes(), vec![0; 12]].concat();
        assert!(matches!(
            sanity_check(10, &preallocated),
            Err(CorruptTimeIndex::NotGrowing { last: 0, first: 500, .. })
        ));
        assert!(matches!(sanity_check(10, &[0; 13]), Err(CorruptTimeIndex::Length { length: 13, .. })));
        assert!(matches!(
            sanity_check(10, &[0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255]),
            Err(CorruptTimeIndex::BelowBase { last: 9, .. })
        ));
        assert_eq!(index.to_bytes()[..12], [0, 0, 0, 0, 0, 0, 1, 0xf4, 0, 0, 0, 2]);
    }
}
