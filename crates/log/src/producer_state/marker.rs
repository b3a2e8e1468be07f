//! The record that ends a transaction. Kafka 4.3: `EndTransactionMarker`, `ControlRecordType`.

use thiserror::Error;

use crate::batch::BatchError;

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
}
