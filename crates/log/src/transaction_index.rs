//! `.txnindex`: the aborted transactions of a segment. Kafka 4.3: `TransactionIndex`, `AbortedTxn`.

use thiserror::Error;

use crate::location::Location;

/// An entry's size in bytes.
pub const ENTRY_SIZE: usize = 34;

/// The version of an entry.
const VERSION: i16 = 0;
/// Where in an entry the offset of its marker begins.
const LAST_OFFSET_AT: usize = 18;

/// A transaction whose records nobody shall read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTxn {
    /// Whose it was.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: i64,
    /// The offset of its marker.
    pub last_offset: i64,
    /// The last stable offset when it was aborted.
    pub last_stable_offset: i64,
}

impl AbortedTxn {
    /// The entry's bytes: a version, then the four numbers, big-endian.
    pub fn to_bytes(&self) -> [u8; ENTRY_SIZE] {
        let mut bytes = [0; ENTRY_SIZE];
        let numbers = [self.producer_id, self.first_offset, self.last_offset, self.last_stable_offset];
        let (version, rest) = bytes.split_at_mut(2);
        version.copy_from_slice(&VERSION.to_be_bytes());
        for (place, number) in rest.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }
}

/// An entry of a file, with its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The version. Kafka reads the first of its two bytes only.
    pub version: i8,
    /// The transaction.
    pub aborted: AbortedTxn,
}

/// What cannot be true of an index file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CorruptTransactionIndex {
    /// A version that is not known. Kafka: `KafkaException`.
    #[error(
        "Unexpected aborted transaction version {version} in transaction index {base_offset:020}.txnindex, current version is {VERSION}"
    )]
    Version {
        /// The version.
        version: i8,
        /// The segment.
        base_offset: i64,
        /// Where the entry begins in the file.
        position: usize,
    },
    /// A transaction that was over before the segment. Kafka: `CorruptIndexException`.
    #[error("Last offset of aborted transaction AbortedTxn(version={}, producerId={}, firstOffset={}, lastOffset={}, lastStableOffset={}) in index {base_offset:020}.txnindex is less than start offset {base_offset}",
        .entry.version, .entry.aborted.producer_id, .entry.aborted.first_offset, .entry.aborted.last_offset, .entry.aborted.last_stable_offset)]
    BelowBase {
        /// The entry.
        entry: Entry,
        /// The segment.
        base_offset: i64,
        /// Where the entry begins in the file.
        position: usize,
    },
}

impl CorruptTransactionIndex {
    /// Where it is.
    pub fn location(&self) -> Location {
        match self {
            CorruptTransactionIndex::Version { position, .. } => Location::new("version", *position),
            CorruptTransactionIndex::BelowBase { position, .. } => {
                Location::new("lastOffset", position.saturating_add(LAST_OFFSET_AT))
            }
        }
    }
}

/// The entries of a file's bytes; what is left over at the end is not looked at.
pub fn read(bytes: &[u8]) -> Vec<Entry> {
    let entry = |entry: &[u8]| {
        let number = |at: usize| entry.get(at..)?.first_chunk().copied().map(i64::from_be_bytes);
        let aborted = AbortedTxn {
            producer_id: number(2)?,
            first_offset: number(10)?,
            last_offset: number(LAST_OFFSET_AT)?,
            last_stable_offset: number(26)?,
        };
        Some(Entry { version: entry.first()?.cast_signed(), aborted })
    };
    bytes.chunks_exact(ENTRY_SIZE).filter_map(entry).collect()
}

/// What a search for aborted transactions came to. Kafka: `TxnIndexSearchResult`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The transactions.
    pub aborted: Vec<AbortedTxn>,
    /// No later segment can have more.
    pub is_complete: bool,
}

/// The aborted transactions that have records from an offset up to another. Kafka: `collectAbortedTxns`.
pub fn collect(index: &[AbortedTxn], from: i64, up_to: i64) -> Found {
    let end = index.iter().position(|entry| entry.last_stable_offset >= up_to);
    let looked_at = end.map_or(index, |end| index.get(..=end).unwrap_or(index));
    let overlaps = |entry: &&AbortedTxn| entry.last_offset >= from && entry.first_offset < up_to;
    Found { aborted: looked_at.iter().filter(overlaps).copied().collect(), is_complete: end.is_some() }
}

/// Drops the entries from the first one on whose marker is at the offset or behind it. Kafka: `truncateTo`.
pub fn truncate_to(index: &mut Vec<AbortedTxn>, offset: i64) {
    let kept = index.iter().take_while(|entry| entry.last_offset < offset).count();
    index.truncate(kept);
}

/// Whether a file can be a transaction index of the segment. Kafka: `sanityCheck`.
///
/// # Errors
/// What cannot be.
pub fn sanity_check(base_offset: i64, bytes: &[u8]) -> Result<(), CorruptTransactionIndex> {
    for (number, entry) in read(bytes).into_iter().enumerate() {
        let position = number.saturating_mul(ENTRY_SIZE);
        if i16::from(entry.version) > VERSION {
            return Err(CorruptTransactionIndex::Version { version: entry.version, base_offset, position });
        }
        if entry.aborted.last_offset < base_offset {
            return Err(CorruptTransactionIndex::BelowBase { entry, base_offset, position });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_34_bytes() {
        let entry = AbortedTxn { producer_id: 1, first_offset: 2, last_offset: 3, last_stable_offset: 4 };
        let bytes = entry.to_bytes();
        assert_eq!(bytes[..10], [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(read(&[bytes.as_slice(), &[0; 33]].concat()), [Entry { version: 0, aborted: entry }]);
        assert_eq!(sanity_check(3, &bytes), Ok(()));
        assert!(sanity_check(4, &bytes).unwrap_err().to_string().contains(
            "lastOffset=3, lastStableOffset=4) in index 00000000000000000004.txnindex is less than start offset 4"
        ));
        let mut newer = bytes;
        newer[0] = 9;
        assert!(matches!(sanity_check(3, &newer), Err(CorruptTransactionIndex::Version { version: 9, .. })));
        assert_eq!(bytes[26..], [0, 0, 0, 0, 0, 0, 0, 4]);
    }
}
