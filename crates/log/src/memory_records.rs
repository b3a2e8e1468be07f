//! The batches of a request, one after the other. Kafka 4.3: `MemoryRecords`, `ByteBufferLogInputStream`.
//!
//! Differs from Kafka: batches of the formats before version 2 are refused.

use thiserror::Error;

use crate::batch::{BatchError, Field, LOG_OVERHEAD, MAGIC, RecordBatch};
use crate::file::{HEADER_SIZE_UP_TO_MAGIC, SMALLEST_RECORD};
use crate::location::Location;

/// What stands where a batch should begin. Kafka: `CorruptRecordException`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CorruptRecords {
    /// A length that no batch has.
    #[error("Record size {length} is less than the minimum record overhead ({SMALLEST_RECORD})")]
    TooSmall {
        /// The length field.
        length: i32,
        /// Where the batch begins.
        position: usize,
    },
    /// A format that is not known.
    #[error("Invalid magic found in record: {magic}")]
    Magic {
        /// The magic byte.
        magic: i8,
        /// Where the batch begins.
        position: usize,
    },
    /// Less than a header of its own format.
    #[error("{error}")]
    Batch {
        /// What is wrong with it.
        error: BatchError,
        /// Where the batch begins.
        position: usize,
    },
}

impl CorruptRecords {
    /// Where it is.
    pub fn location(&self) -> Location {
        let (batch, field) = match self {
            CorruptRecords::TooSmall { position, .. } => (position, Some(Field::BatchLength.location())),
            CorruptRecords::Magic { position, .. } => (position, Some(Field::Magic.location())),
            CorruptRecords::Batch { error, position } => (position, error.location()),
        };
        let Location { field, position } = field.unwrap_or(Field::BaseOffset.location());
        Location { field, position: batch.saturating_add(position) }
    }
}

/// The whole batches that `bytes` begin with; what is left over at the end is not looked at.
///
/// # Errors
/// The first place where no batch can begin; in a request nothing before it counts.
pub fn batches(bytes: &[u8]) -> Result<Vec<RecordBatch>, CorruptRecords> {
    let mut batches = Vec::new();
    let mut rest = bytes;
    while let Some(length) = rest.get(8..LOG_OVERHEAD).and_then(|length| length.first_chunk().copied()) {
        let length = i32::from_be_bytes(length);
        let position = bytes.len().saturating_sub(rest.len());
        if length < SMALLEST_RECORD {
            return Err(CorruptRecords::TooSmall { length, position });
        }
        if rest.len() < HEADER_SIZE_UP_TO_MAGIC {
            break;
        }
        let magic = rest.get(HEADER_SIZE_UP_TO_MAGIC.saturating_sub(1)).map_or(0, |magic| magic.cast_signed());
        if magic != MAGIC {
            return Err(CorruptRecords::Magic { magic, position });
        }
        let size = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(LOG_OVERHEAD);
        let Some((batch, behind)) = rest.split_at_checked(size) else { break };
        batches.push(RecordBatch::decode(batch).map_err(|error| CorruptRecords::Batch { error, position })?);
        rest = behind;
    }
    Ok(batches)
}
