//! The record that ends a transaction. Kafka 4.3: `EndTransactionMarker`, `ControlRecordType`.

use std::rc::Rc;

use thiserror::Error;

use crate::batch::{BatchError, BatchSpec, RecordBatch};
use crate::location::Location;
use crate::record::NewRecord;

/// Commit or abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTransactionMarker {
    /// It was committed.
    pub commit: bool,
    /// The epoch of the coordinator that wrote it.
    pub coordinator_epoch: i32,
}

/// Why a control record is no marker.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MarkerError {
    /// The record itself cannot be read. Kafka: `InvalidRecordException`.
    #[error(transparent)]
    Record(#[from] BatchError),
    /// Less than a version and a type. Kafka: `InvalidRecordException`.
    #[error("Invalid value size found for control record key. Must have at least 4 bytes, but found only {found}")]
    ShortKey {
        /// How many bytes there are.
        found: usize,
    },
    /// A negative version. Kafka: `InvalidRecordException`.
    #[error("Invalid version found for {what}: {version}. May indicate data corruption")]
    Version {
        /// Of what.
        what: &'static str,
        /// The version.
        version: i16,
    },
    /// Another control record. Kafka: `IllegalArgumentException`.
    #[error("Invalid control record type for end transaction marker: type {id}")]
    Type {
        /// Its number.
        id: i16,
    },
    /// The value ends too early. Kafka: `BufferUnderflowException`.
    #[error("The value of an end transaction marker has 6 bytes, not {found}")]
    ShortValue {
        /// How many bytes there are.
        found: usize,
    },
}

impl MarkerError {
    /// Where it is: in the key, in the value, or in the batch of a record that cannot be read.
    pub fn location(&self) -> Option<Location> {
        match self {
            MarkerError::Record(error) => error.location(),
            MarkerError::ShortKey { found } if *found < 2 => Some(Location::new("version", 0)),
            MarkerError::ShortKey { .. } | MarkerError::Type { .. } => Some(Location::new("type", 2)),
            MarkerError::Version { .. } => Some(Location::new("version", 0)),
            MarkerError::ShortValue { found } if *found < 2 => Some(Location::new("version", 0)),
            MarkerError::ShortValue { .. } => Some(Location::new("coordinatorEpoch", 2)),
        }
    }

    /// The bytes are taken for damaged: what ends a recovery and is no failure of it.
    pub fn is_damage(&self) -> bool {
        !matches!(self, MarkerError::Type { .. } | MarkerError::ShortValue { .. })
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

impl EndTransactionMarker {
    /// Reads a control record: in the key a version and a type, in the value a version and the coordinator's epoch.
    ///
    /// # Errors
    /// Bytes of another form.
    pub fn read(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<EndTransactionMarker, MarkerError> {
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        let short = MarkerError::ShortKey { found: key.len() };
        let (Some(version), Some(id)) = (number(key, 0), number(key, 2)) else { return Err(short) };
        let (version, id) = (i16::from_be_bytes(version), i16::from_be_bytes(id));
        if version < 0 {
            return Err(MarkerError::Version { what: "control record", version });
        }
        let commit = match id {
            0 => false,
            1 => true,
            id => return Err(MarkerError::Type { id }),
        };
        let short = MarkerError::ShortValue { found: value.len() };
        let version = i16::from_be_bytes(number(value, 0).ok_or_else(|| short.clone())?);
        if version < 0 {
            return Err(MarkerError::Version { what: "end transaction marker", version });
        }
        let coordinator_epoch = i32::from_be_bytes(number(value, 2).ok_or(short)?);
        Ok(EndTransactionMarker { commit, coordinator_epoch })
    }

    /// The record's key and value.
    fn to_record(self, timestamp: i64) -> NewRecord {
        let [a, b, c, d] = self.coordinator_epoch.to_be_bytes();
        let key = [0, 0, 0, u8::from(self.commit)];
        let value = [0, 0, a, b, c, d];
        NewRecord { timestamp, key: Some(Rc::from(key)), value: Some(Rc::from(value)), ..NewRecord::default() }
    }

    /// The batch that ends a transaction of a producer. Kafka: `MemoryRecords.withEndTransactionMarker`.
    ///
    /// # Errors
    /// A negative producer id or timestamp.
    pub fn to_batch(self, producer_id: i64, producer_epoch: i16, timestamp: i64) -> Result<RecordBatch, BatchError> {
        let spec =
            BatchSpec { producer_id, producer_epoch, transactional: true, control: true, ..BatchSpec::default() };
        RecordBatch::encode(&spec, &[self.to_record(timestamp)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_says_commit_or_abort_and_who_wrote_it() {
        let read = |key: &[u8], value: &[u8]| EndTransactionMarker::read(Some(key), Some(value));
        let commit = EndTransactionMarker { commit: true, coordinator_epoch: 7 };
        assert_eq!(read(&[0, 0, 0, 1], &[0, 0, 0, 0, 0, 7]), Ok(commit));
        assert_eq!(
            read(&[0, 9, 0, 0], &[0, 1, 0, 0, 0, 7, 8]).map(|marker| marker.commit),
            Ok(false),
            "newer versions"
        );
        assert_eq!(read(&[0, 0, 0], &[]), Err(MarkerError::ShortKey { found: 3 }));
        assert_eq!(read(&[0, 0, 0, 2], &[]), Err(MarkerError::Type { id: 2 }));
        assert_eq!(read(&[0, 0, 0, 0], &[0, 0, 1]), Err(MarkerError::ShortValue { found: 3 }));
        assert!(read(&[255, 255, 0, 0], &[]).unwrap_err().is_damage());
        assert!(!read(&[0, 0, 0, 2], &[]).unwrap_err().is_damage());
        assert!(EndTransactionMarker::read(None, None).is_err());
    }

    /// As `MemoryRecords.withEndTransactionMarker` of Kafka 4.3.1 writes it.
    #[test]
    fn a_marker_is_a_batch_of_its_own() {
        let marker = EndTransactionMarker { commit: true, coordinator_epoch: 4 };
        let batch = marker.to_batch(1_000, 1, 1_234).unwrap().stamped(9, 2);
        let bytes = batch.to_bytes();
        assert_eq!((bytes.len(), batch.crc()), (78, 0x67d3_5e4c));
        assert_eq!(bytes[21..27], [0, 0x30, 0, 0, 0, 0], "transactional, control");
        assert_eq!(bytes[61..], [0x20, 0, 0, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 4, 0]);
    }
}
