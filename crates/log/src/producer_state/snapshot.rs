//! `.snapshot`: the producers as they were at an offset. Kafka 4.3: `ProducerStateManager.readSnapshot`, `writeSnapshot`,
//! `ProducerSnapshot`.

use std::rc::Rc;

use thiserror::Error;

use crate::crc::crc32c;
use crate::location::Location;

/// The only version that is known.
const VERSION: i16 = 1;
/// Version, CRC and number of entries.
const HEADER: usize = 10;
/// The CRC is behind the version.
const CRC_AT: usize = 2;
/// Version and CRC: what the CRC does not cover.
const BEFORE_CRC_COVERS: usize = 6;
const ENTRY_SIZE: usize = 46;

/// A producer in a snapshot: its last batch only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// The producer.
    pub producer_id: i64,
    /// Its epoch.
    pub epoch: i16,
    /// The sequence number of its last record; −1 for none.
    pub last_sequence: i32,
    /// The offset of its last record; −1 for none.
    pub last_offset: i64,
    /// The distance of the first record of its last batch from the last one.
    pub offset_delta: i32,
    /// The timestamp of its last batch or marker, in ms.
    pub last_timestamp: i64,
    /// The epoch of the coordinator of its last marker; −1 for none.
    pub coordinator_epoch: i32,
    /// Where its open transaction begins.
    pub current_txn_first_offset: Option<i64>,
}

/// A snapshot's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    offset: i64,
    content: Snapshot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Snapshot {
    /// The producers, in the order of the file.
    Entries(Rc<[SnapshotEntry]>),
    /// Bytes that are none, and that a load passes over.
    Damaged(Rc<[u8]>),
}

impl SnapshotFile {
    /// A file by the offset in its name and its bytes.
    pub fn of_bytes(offset: i64, bytes: &[u8]) -> SnapshotFile {
        let content = read(bytes).map(|entries| Snapshot::Entries(entries.into()));
        SnapshotFile { offset, content: content.unwrap_or_else(|_| Snapshot::Damaged(bytes.into())) }
    }

    /// A file of producers that were just put together.
    pub(super) fn of_entries(offset: i64, entries: Vec<SnapshotEntry>) -> SnapshotFile {
        SnapshotFile { offset, content: Snapshot::Entries(entries.into()) }
    }

    /// The offset that names it: it knows everything before that.
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// The producers, in the order of the file; none of a damaged one.
    pub fn entries(&self) -> Option<&[SnapshotEntry]> {
        match &self.content {
            Snapshot::Entries(entries) => Some(entries),
            Snapshot::Damaged(_) => None,
        }
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.content {
            Snapshot::Entries(entries) => write(entries),
            Snapshot::Damaged(bytes) => bytes.to_vec(),
        }
    }
}

/// Why bytes are no snapshot. Kafka: `CorruptSnapshotException`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// Another version.
    #[error("Snapshot contained an unknown file version {version}")]
    Version {
        /// The version.
        version: i16,
    },
    /// Bytes are missing.
    #[error("Snapshot failed schema validation: {needed} bytes are needed, {found} are there")]
    Truncated {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// The CRC is that of other bytes.
    #[error("Snapshot is corrupt (CRC is no longer valid). Stored crc: {stored}. Computed crc: {computed}")]
    Crc {
        /// What is stored.
        stored: u32,
        /// What the bytes have.
        computed: u32,
    },
}

impl SnapshotError {
    /// Where it is: the field that is wrong, or that is cut, or that claims more than there is.
    pub fn location(&self) -> Location {
        let (version, crc, entries) = (
            Location::new("version", 0),
            Location::new("crc", CRC_AT),
            Location::new("producer_entries", BEFORE_CRC_COVERS),
        );
        match self {
            SnapshotError::Version { .. } => version,
            SnapshotError::Crc { .. } => crc,
            SnapshotError::Truncated { found, .. } if *found < CRC_AT => version,
            SnapshotError::Truncated { found, .. } if *found < BEFORE_CRC_COVERS => crc,
            SnapshotError::Truncated { .. } => entries,
        }
    }
}

/// The producers of a file's bytes, in its order.
///
/// # Errors
/// Bytes that are no snapshot, or a damaged one.
pub fn read(bytes: &[u8]) -> Result<Vec<SnapshotEntry>, SnapshotError> {
    let truncated = |needed: usize| SnapshotError::Truncated { needed, found: bytes.len() };
    let header = bytes.first_chunk::<HEADER>().ok_or_else(|| truncated(HEADER))?;
    let [v0, v1, c0, c1, c2, c3, n0, n1, n2, n3] = *header;
    let version = i16::from_be_bytes([v0, v1]);
    if version != VERSION {
        return Err(SnapshotError::Version { version });
    }
    let stored = u32::from_be_bytes([c0, c1, c2, c3]);
    let count = usize::try_from(i32::from_be_bytes([n0, n1, n2, n3])).unwrap_or(0);
    let needed = count.saturating_mul(ENTRY_SIZE).saturating_add(HEADER);
    let entries = bytes.get(HEADER..needed).ok_or_else(|| truncated(needed))?;
    let computed = crc32c(&[bytes.get(BEFORE_CRC_COVERS..).unwrap_or_default()]);
    if computed != stored {
        return Err(SnapshotError::Crc { stored, computed });
    }
    Ok(entries.chunks_exact(ENTRY_SIZE).filter_map(entry).collect())
}

/// The bytes of a file with these producers.
pub fn write(entries: &[SnapshotEntry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len().saturating_mul(ENTRY_SIZE).saturating_add(HEADER));
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend([0; 4]); // The CRC, when all that it covers is there.
    bytes.extend(i32::try_from(entries.len()).unwrap_or(i32::MAX).to_be_bytes());
    for entry in entries {
        bytes.extend(entry.producer_id.to_be_bytes());
        bytes.extend(entry.epoch.to_be_bytes());
        bytes.extend(entry.last_sequence.to_be_bytes());
        bytes.extend(entry.last_offset.to_be_bytes());
        bytes.extend(entry.offset_delta.to_be_bytes());
        bytes.extend(entry.last_timestamp.to_be_bytes());
        bytes.extend(entry.coordinator_epoch.to_be_bytes());
        bytes.extend(entry.current_txn_first_offset.unwrap_or(-1).to_be_bytes());
    }
    let crc = crc32c(&[bytes.get(BEFORE_CRC_COVERS..).unwrap_or_default()]);
    if let Some(place) = bytes.get_mut(CRC_AT..BEFORE_CRC_COVERS) {
        place.copy_from_slice(&crc.to_be_bytes());
    }
    bytes
}

fn entry(bytes: &[u8]) -> Option<SnapshotEntry> {
    let short = |at: usize| bytes.get(at..)?.first_chunk().copied().map(i16::from_be_bytes);
    let int = |at: usize| bytes.get(at..)?.first_chunk().copied().map(i32::from_be_bytes);
    let long = |at: usize| bytes.get(at..)?.first_chunk().copied().map(i64::from_be_bytes);
    Some(SnapshotEntry {
        producer_id: long(0)?,
        epoch: short(8)?,
        last_sequence: int(10)?,
        last_offset: long(14)?,
        offset_delta: int(22)?,
        last_timestamp: long(26)?,
        coordinator_epoch: int(34)?,
        current_txn_first_offset: Some(long(38)?).filter(|offset| *offset >= 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_snapshot_is_told() {
        assert_eq!(read(&[0; 9]), Err(SnapshotError::Truncated { needed: 10, found: 9 }));
        assert_eq!(read(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 0]), Err(SnapshotError::Version { version: 2 }));
        let huge = [0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff];
        assert!(matches!(read(&huge), Err(SnapshotError::Truncated { found: 10, .. })));
        let mut empty = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert!(matches!(read(&empty), Err(SnapshotError::Crc { stored: 0, .. })));
        let crc = crc32c(&[&[0; 4]]).to_be_bytes();
        empty.splice(2..6, crc);
        assert_eq!(read(&empty), Ok(Vec::new()));
        assert_eq!(write(&[]), empty);
    }

    #[test]
    fn what_is_written_is_read() {
        let entry = |producer_id, current_txn_first_offset| SnapshotEntry {
            producer_id,
            epoch: 3,
            last_sequence: 7,
            last_offset: 40,
            offset_delta: 2,
            last_timestamp: 1_700_000_000_000,
            coordinator_epoch: -1,
            current_txn_first_offset,
        };
        let entries = vec![entry(4_000, Some(38)), entry(i64::MAX, None)];
        assert_eq!(read(&write(&entries)), Ok(entries));
    }
}
