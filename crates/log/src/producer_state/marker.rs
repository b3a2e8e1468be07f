//! The record that ends a transaction. Kafka 4.3: `EndTransactionMarker`, `ControlRecordType`.

use std::rc::Rc;

use thiserror::Error;

use crate::batch::{BatchError, BatchSpec, Codec, Field, RecordBatch};
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
    /// The attributes name no codec. Kafka: `IllegalArgumentException`.
    #[error("Unknown compression type id: {id}")]
    UnknownCodec {
        /// Its number.
        id: i16,
    },
    /// The attributes name a codec in which the record is not written. Kafka: `KafkaException`.
    #[error("{}", kafkas_words(*.codec))]
    Decompression {
        /// The codec.
        codec: Codec,
    },
    /// Another control record. Kafka: `IllegalArgumentException`.
    #[error("Invalid control record type for end transaction marker {}", type_name(*.id))]
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
            MarkerError::UnknownCodec { .. } => Some(Field::Attributes.location()),
            MarkerError::Decompression { .. } => Some(Field::Records.location()),
            MarkerError::ShortKey { found } if *found < 2 => Some(Location::new("version", 0)),
            MarkerError::ShortKey { .. } | MarkerError::Type { .. } => Some(Location::new("type", 2)),
            MarkerError::Version { .. } => Some(Location::new("version", 0)),
            MarkerError::ShortValue { found } if *found < 2 => Some(Location::new("version", 0)),
            MarkerError::ShortValue { .. } => Some(Location::new("coordinatorEpoch", 2)),
        }
    }

    /// The bytes are taken for damaged: what ends a recovery and is no failure of it.
    pub fn is_damage(&self) -> bool {
        matches!(self, MarkerError::Record(_) | MarkerError::ShortKey { .. } | MarkerError::Version { .. })
    }

    /// The simple name of Kafka's exception.
    pub fn exception(&self) -> &'static str {
        match self {
            MarkerError::Record(_) | MarkerError::ShortKey { .. } | MarkerError::Version { .. } => {
                "InvalidRecordException"
            }
            MarkerError::UnknownCodec { .. } | MarkerError::Type { .. } => "IllegalArgumentException",
            MarkerError::Decompression { .. } => "KafkaException",
            MarkerError::ShortValue { .. } => "BufferUnderflowException",
        }
    }
}

/// What Kafka says of bytes that are not in a codec: of three the constructor of a stream looks at the first bytes, of the
/// fourth reading fails.
fn kafkas_words(codec: Codec) -> &'static str {
    match codec {
        Codec::Gzip => "java.util.zip.ZipException: Not in GZIP format",
        Codec::Snappy => "java.io.IOException: FAILED_TO_UNCOMPRESS(5)",
        Codec::Lz4 => "java.io.IOException: Stream unsupported (invalid magic bytes)",
        Codec::Zstd | Codec::None => "Failed to decompress record stream",
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Kafka: `ControlRecordType`.
fn type_name(id: i16) -> &'static str {
    match id {
        0 => "ABORT",
        1 => "COMMIT",
        2 => "LEADER_CHANGE",
        3 => "SNAPSHOT_HEADER",
        4 => "SNAPSHOT_FOOTER",
        5 => "KRAFT_VERSION",
        6 => "KRAFT_VOTERS",
        _ => "UNKNOWN",
    }
}

impl EndTransactionMarker {
    /// The marker that a control batch begins with, and its timestamp. None if there is no record: then the whole
    /// transaction has been compacted away.
    ///
    /// # Errors
    /// A record that cannot be read, or is no marker.
    pub(super) fn of(batch: &RecordBatch) -> Result<Option<(EndTransactionMarker, i64)>, MarkerError> {
        let count = batch.header().records_count;
        if count == 0 {
            return Ok(None);
        }
        let codec = match batch.header().codec() {
            Err(BatchError::UnknownCodec { codec: id }) => return Err(MarkerError::UnknownCodec { id }),
            codec => codec?,
        };
        let readable = batch.readable().map_err(|_| MarkerError::Decompression { codec })?;
        // Kafka reads compressed records all at once, and sees with the last record whether anything is left behind it.
        let reads_on = codec != Codec::None || count == 1;
        let mut first = None;
        for record in readable.iter() {
            let record = record?;
            first = first.or(Some(record));
            if !reads_on {
                break;
            }
        }
        let Some(first) = first else { return Ok(None) };
        Ok(Some((EndTransactionMarker::read(first.key, first.value)?, first.timestamp)))
    }

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
