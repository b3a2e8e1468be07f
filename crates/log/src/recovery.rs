//! A segment read again after an unclean stop: batch after batch as long as they are whole; indexes, epochs and producers
//! are made anew, and what lies behind the last good batch is cut off. Kafka 4.3: `LogSegment.recover`.

use thiserror::Error;

use crate::batch::RecordBatch;
use crate::file::{Step, step};
use crate::leader_epochs::LeaderEpochs;
use crate::offset_index::{IndexError, OffsetIndex, relative};
use crate::producer_state::{ProducerState, ProducerStateError};
use crate::record::NO_TIMESTAMP;
use crate::time_index::{TimeIndex, TimeIndexError, TimestampOffset};
use crate::transaction_index::AbortedTxn;

/// Why a segment cannot be recovered. Kafka cuts off what is damaged; these it cannot cut.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecoveryError {
    /// An offset too far from the base offset, or before it. A load splits the segment then. Kafka:
    /// `LogSegmentOffsetOverflowException`.
    #[error("Detected offset overflow at offset {offset}")]
    OffsetOverflow {
        /// The last offset of the batch.
        offset: i64,
    },
    /// Offsets do not grow. A load empties the segment then. Kafka: `InvalidOffsetException`.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// As for the offset index.
    #[error(transparent)]
    TimeIndex(#[from] TimeIndexError),
    /// A batch outside of a transaction, or a control batch of another kind.
    #[error(transparent)]
    Producer(#[from] ProducerStateError),
}

impl RecoveryError {
    /// The simple name of Kafka's exception.
    pub fn exception(&self) -> &'static str {
        match self {
            RecoveryError::OffsetOverflow { .. } => "LogSegmentOffsetOverflowException",
            RecoveryError::Index(IndexError::NotLarger { .. })
            | RecoveryError::TimeIndex(TimeIndexError::NotLarger { .. }) => "InvalidOffsetException",
            RecoveryError::Index(IndexError::Overflow { .. })
            | RecoveryError::TimeIndex(TimeIndexError::Overflow { .. }) => "IndexOffsetOverflowException",
            RecoveryError::Producer(ProducerStateError::NotTransactional { .. }) => "InvalidTxnStateException",
            RecoveryError::Producer(ProducerStateError::Marker(_)) => "IllegalArgumentException",
        }
    }
}

/// A batch that is whole, and where.
#[derive(Clone, Debug)]
pub struct PlacedBatch {
    /// Where it begins in the file, in bytes.
    pub position: usize,
    /// The batch.
    pub batch: RecordBatch,
}

/// A segment after its recovery.
#[derive(Clone, Debug)]
pub struct RecoveredSegment {
    /// How many bytes are good; the rest has been cut off.
    pub valid_bytes: usize,
    /// How many bytes were cut off.
    pub truncated_bytes: usize,
    /// The offset after the last record, as the segment itself finds it. Kafka: `readNextOffset`.
    pub next_offset: i64,
    /// The batches.
    pub batches: Vec<PlacedBatch>,
    /// The offset index.
    pub offset_index: OffsetIndex,
    /// The time index.
    pub time_index: TimeIndex,
    /// The transaction index.
    pub aborted: Vec<AbortedTxn>,
}

/// Reads the bytes of a segment's `.log` file from their beginning. Epochs and producers go on from what they were before
/// it.
///
/// # Errors
/// What Kafka does not recover from; epochs and producers have then taken the batches before it.
pub fn recover(
    bytes: &[u8],
    base_offset: i64,
    index_interval_bytes: u64,
    epochs: &mut LeaderEpochs,
    producers: &mut ProducerState,
) -> Result<RecoveredSegment, RecoveryError> {
    let mut segment = RecoveredSegment {
        valid_bytes: 0,
        truncated_bytes: 0,
        next_offset: base_offset,
        batches: Vec::new(),
        offset_index: OffsetIndex::new(base_offset),
        time_index: TimeIndex::new(base_offset),
        aborted: Vec::new(),
    };
    let mut last_entry = 0_usize;
    let mut largest = TimestampOffset { timestamp: NO_TIMESTAMP, offset: -1 };
    while let Some(rest) = bytes.get(segment.valid_bytes..) {
        let Step::Batch { size, .. } = step(rest, rest.len() as u64) else { break };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let position = segment.valid_bytes;
        // Older formats and whatever has another CRC are damage.
        let whole = rest.get(..size).and_then(|bytes| RecordBatch::decode(bytes).ok());
        let Some(batch) = whole.filter(|batch| batch.check_crc().is_ok()) else { break };
        let last_offset = batch.last_offset();
        relative(base_offset, last_offset).ok_or(RecoveryError::OffsetOverflow { offset: last_offset })?;
        if batch.max_timestamp() > largest.timestamp {
            largest = TimestampOffset { timestamp: batch.max_timestamp(), offset: last_offset };
        }
        if position.saturating_sub(last_entry) as u64 > index_interval_bytes {
            segment.offset_index.append(last_offset, i32::try_from(position).unwrap_or(i32::MAX))?;
            segment.time_index.maybe_append(largest)?;
            last_entry = position;
        }
        segment.valid_bytes = position.saturating_add(size);
        let epoch = batch.partition_leader_epoch();
        if epoch >= 0 && epochs.latest().is_none_or(|latest| epoch > latest) {
            epochs.assign(epoch, batch.base_offset());
        }
        let taken = take(&batch, producers, &mut segment.aborted);
        segment.batches.push(PlacedBatch { position, batch });
        match taken {
            Err(ProducerStateError::Marker(error)) if error.is_damage() => break,
            taken => taken?,
        }
    }
    segment.truncated_bytes = bytes.len().saturating_sub(segment.valid_bytes);
    segment.time_index.maybe_append(largest)?;
    segment.next_offset = next_offset(&segment, base_offset);
    Ok(segment)
}

/// Kafka: `LogSegment.updateProducerState`.
fn take(
    batch: &RecordBatch,
    producers: &mut ProducerState,
    aborted: &mut Vec<AbortedTxn>,
) -> Result<(), ProducerStateError> {
    if batch.producer_id() < 0 {
        return Ok(());
    }
    let Some(completed) = producers.append(batch)? else { return Ok(()) };
    if completed.is_aborted {
        aborted.push(AbortedTxn {
            producer_id: completed.producer_id,
            first_offset: completed.first_offset,
            last_offset: completed.last_offset,
            last_stable_offset: producers.last_stable_offset(&completed),
        });
    }
    producers.complete(&completed);
    Ok(())
}

/// The end of the last batch, if a read from the index's last entry on finds any.
fn next_offset(segment: &RecoveredSegment, base_offset: i64) -> i64 {
    let from = segment.offset_index.last_offset();
    let position = usize::try_from(segment.offset_index.lookup(from)).unwrap_or(0);
    let mut read = segment.batches.iter().filter(|placed| placed.position >= position);
    let found = read.any(|placed| placed.batch.last_offset() >= from);
    let last = segment.batches.last().filter(|_| found);
    last.map_or(base_offset, |last| last.batch.last_offset().saturating_add(1))
}
