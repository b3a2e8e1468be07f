//! `.index`: from an offset to a place in the `.log` file. Kafka 4.3: `OffsetIndex`.
//!
//! An entry has 8 bytes, big-endian: the offset as a distance from the segment's base offset, and the position of the batch
//! that ends with it. Not every batch has an entry, see `index.interval.bytes`.

use thiserror::Error;

use crate::index_search::{Place, Probe, search, search_by};
use crate::location::Location;

/// An entry's size in bytes.
pub const ENTRY_SIZE: usize = 8;

/// An entry, with its offset as it is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetIndexEntry {
    /// The last offset of a batch.
    pub offset: i64,
    /// Where the batch begins in the file, in bytes.
    pub position: i32,
}

/// Why an entry cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IndexError {
    /// Entries grow. Kafka: `InvalidOffsetException`.
    #[error(
        "Attempt to append an offset {offset} to position {entries} no larger than the last offset appended ({last}) to {base_offset:020}.index"
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
    #[error("Integer overflow for offset: {offset} ({base_offset:020}.index)")]
    Overflow {
        /// The offset of the entry.
        offset: i64,
        /// The segment.
        base_offset: i64,
    },
}

/// The distance of an offset from a segment's base offset, if it fits into an index. Kafka: `AbstractIndex.toRelative`.
pub fn relative(base_offset: i64, offset: i64) -> Option<i32> {
    let distance = offset.checked_sub(base_offset)?;
    i32::try_from(distance).ok().filter(|distance| *distance >= 0)
}

/// What cannot be true of an index file. Kafka: `CorruptIndexException`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CorruptIndex {
    /// The last entry lies before the segment.
    #[error(
        "Corrupt index found, index file {base_offset:020}.index has non-zero size but the last offset is {last} which is less than the base offset {base_offset}"
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
        "Index file {base_offset:020}.index is corrupt, found {length} bytes which is neither positive nor a multiple of {ENTRY_SIZE}"
    )]
    Length {
        /// The file's size in bytes.
        length: usize,
        /// The segment.
        base_offset: i64,
    },
}

impl CorruptIndex {
    /// Where it is.
    pub fn location(&self) -> Location {
        match self {
            CorruptIndex::BelowBase { position, .. } => Location::new("relativeOffset", *position),
            CorruptIndex::Length { length, .. } => Location::new("entry", length.saturating_sub(length % ENTRY_SIZE)),
        }
    }
}

/// The entries of a file's bytes. What is left over at the end is not looked at; see [`sanity_check`].
pub fn read(base_offset: i64, bytes: &[u8]) -> Vec<OffsetIndexEntry> {
    let entry = |entry: &[u8]| {
        let number = |at: usize| entry.get(at..)?.first_chunk().copied().map(i32::from_be_bytes);
        Some(OffsetIndexEntry { offset: base_offset.wrapping_add(number(0)?.into()), position: number(4)? })
    };
    bytes.chunks_exact(ENTRY_SIZE).filter_map(entry).collect()
}

/// Whether a file can be an index of the segment. Kafka: `sanityCheck`.
///
/// # Errors
/// What cannot be.
pub fn sanity_check(base_offset: i64, bytes: &[u8]) -> Result<(), CorruptIndex> {
    let entries = read(base_offset, bytes);
    if let Some(last) = entries.last().filter(|last| last.offset < base_offset) {
        let position = entries.len().saturating_sub(1).saturating_mul(ENTRY_SIZE);
        return Err(CorruptIndex::BelowBase { last: last.offset, base_offset, position });
    }
    match bytes.len() % ENTRY_SIZE {
        0 => Ok(()),
        _ => Err(CorruptIndex::Length { length: bytes.len(), base_offset }),
    }
}

/// An offset index being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetIndex {
    base_offset: i64,
    entries: Vec<OffsetIndexEntry>,
}

impl OffsetIndex {
    /// An empty index.
    pub fn new(base_offset: i64) -> OffsetIndex {
        OffsetIndex { base_offset, entries: Vec::new() }
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[OffsetIndexEntry] {
        &self.entries
    }

    /// The offset of the last entry; the base offset of an empty index. Kafka: `lastOffset`.
    pub fn last_offset(&self) -> i64 {
        self.entries.last().map_or(self.base_offset, |last| last.offset)
    }

    /// The last entry that is not beyond an offset. Kafka: `lookup`, where none is the base offset at position 0.
    pub fn lookup(&self, offset: i64) -> Option<OffsetIndexEntry> {
        self.entries.get(self.search(offset, |entry| entry.offset).floor()?).copied()
    }

    /// As [`OffsetIndex::lookup`], with every entry that was looked at.
    pub fn lookup_shown(&self, offset: i64) -> (OffsetIndexEntry, Vec<Probe>) {
        let keys: Vec<i64> = self.entries.iter().map(|entry| entry.offset).collect();
        let found = search(&keys, ENTRY_SIZE, offset);
        let entry = found.slot.and_then(|slot| self.entries.get(slot)).copied();
        (entry.unwrap_or(OffsetIndexEntry { offset: self.base_offset, position: 0 }), found.probes)
    }

    fn search(&self, target: i64, key: impl Fn(&OffsetIndexEntry) -> i64) -> Place {
        let key_at = |slot: usize| self.entries.get(slot).map_or(i64::MAX, &key);
        search_by(self.entries.len(), ENTRY_SIZE, target, key_at, |_| ())
    }

    /// Adds an entry. Kafka: `append`.
    ///
    /// # Errors
    /// An offset that is not larger than the last one, or too far from the base offset. The index is then as it was.
    pub fn append(&mut self, offset: i64, position: i32) -> Result<(), IndexError> {
        let (base_offset, entries) = (self.base_offset, self.entries.len());
        let last = self.last_offset();
        if entries > 0 && offset <= last {
            return Err(IndexError::NotLarger { offset, entries, last, base_offset });
        }
        relative(base_offset, offset).ok_or(IndexError::Overflow { offset, base_offset })?;
        self.entries.push(OffsetIndexEntry { offset, position });
        Ok(())
    }

    /// As much of an index as there is in a file.
    pub fn from_bytes(base_offset: i64, bytes: &[u8]) -> OffsetIndex {
        OffsetIndex { base_offset, entries: read(base_offset, bytes) }
    }

    /// The size of the file in bytes.
    pub fn size_in_bytes(&self) -> usize {
        self.entries.len().saturating_mul(ENTRY_SIZE)
    }

    /// No entry fits any more into `segment.index.bytes`. Kafka: `isFull`.
    pub fn is_full(&self, index_bytes_max: usize) -> bool {
        self.entries.len() >= index_bytes_max / ENTRY_SIZE
    }

    /// The offset of the first entry that is not before a position, if there is one. Kafka: `fetchUpperBoundOffset`.
    pub fn upper_bound(&self, position: i64) -> Option<i64> {
        let slot = self.search(position, |entry| entry.position.into()).ceiling(self.entries.len())?;
        self.entries.get(slot).map(|entry| entry.offset)
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
            bytes.extend(relative(self.base_offset, entry.offset).unwrap_or(0).to_be_bytes());
            bytes.extend(entry.position.to_be_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_grow_and_lie_within_reach_of_the_base_offset() {
        let mut index = OffsetIndex::new(100);
        let position = |index: &OffsetIndex, offset| index.lookup(offset).map(|entry| entry.position);
        assert_eq!((index.last_offset(), position(&index, 105)), (100, None));
        index.append(107, 0).unwrap();
        index.append(112, 4_200).unwrap();
        assert_eq!(position(&index, 106), None, "before the first entry");
        assert_eq!([111, 112, 500].map(|offset| position(&index, offset)), [Some(0), Some(4_200), Some(4_200)]);
        assert_eq!([1, 4_200, 4_201].map(|position| index.upper_bound(position)), [Some(112), Some(112), None]);
        let cut = |offset| {
            let mut index = index.clone();
            index.truncate_to(offset);
            index.entries().len()
        };
        assert_eq!([100, 107, 108, 112, 113].map(cut), [0, 0, 1, 1, 2]);
        let told = index.append(112, 9_000).unwrap_err().to_string();
        assert_eq!(
            told,
            "Attempt to append an offset 112 to position 2 no larger than the last offset appended (112) to 00000000000000000100.index"
        );
        assert!(matches!(index.append(i64::MAX, 0), Err(IndexError::Overflow { .. })));
        assert_eq!(index.to_bytes(), [0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0x10, 0x68]);
        assert_eq!(read(100, &index.to_bytes()), index.entries());
        assert_eq!(sanity_check(100, &index.to_bytes()), Ok(()));
        let told = |base, bytes: &[u8]| sanity_check(base, bytes).unwrap_err().to_string();
        assert!(
            told(26, &[255, 255, 255, 255, 0, 0, 0, 0])
                .ends_with("the last offset is 25 which is less than the base offset 26")
        );
        assert!(told(0, &[0; 37]).contains("found 37 bytes which is neither positive nor a multiple of 8"));
        assert_eq!((relative(5, 4), relative(0, i64::from(i32::MAX) + 1)), (None, None));
    }
}
