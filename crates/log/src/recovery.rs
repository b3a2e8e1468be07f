//! A segment read again after an unclean stop: batch after batch as long as they are whole; indexes, epochs and producers
//! are made anew, and what lies behind the last good batch is cut off. Kafka 4.3: `LogSegment.recover`.
//!
//! Differs from Kafka: batches of the formats before version 2 are taken for damage.

use thiserror::Error;

use crate::config::LogConfig;
use crate::leader_epochs::LeaderEpochs;
use crate::producer_state::{ProducerStateError, ProducerStateManager};
use crate::segment::{PlacedBatch, Segment, SegmentError};
use crate::transaction_index::AbortedTxn;

/// Why a segment cannot be recovered. Kafka cuts off what is damaged; these it cannot cut.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecoveryError {
    /// An offset too far from the base offset (a load splits the segment then), or offsets that do not grow (a load empties
    /// it).
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// A batch outside of a transaction, or a control batch of another kind.
    #[error(transparent)]
    Producer(#[from] ProducerStateError),
    /// An epoch would begin before the first offset there can be. Kafka: `IllegalArgumentException`.
    #[error("Received invalid partition leader epoch entry EpochEntry[epoch={epoch}, startOffset={start_offset}]")]
    Epoch {
        /// The epoch of a batch.
        epoch: i32,
        /// Its base offset.
        start_offset: i64,
    },
}

impl RecoveryError {
    /// The simple name of Kafka's exception.
    pub fn exception(&self) -> &'static str {
        match self {
            RecoveryError::Segment(error) => error.exception(),
            RecoveryError::Producer(error) => error.exception(),
            RecoveryError::Epoch { .. } => "IllegalArgumentException",
        }
    }
}

impl Segment {
    /// Reads the file from its beginning and says how many bytes at its end were no good. Epochs and producers go on from
    /// what they were before it.
    ///
    /// # Errors
    /// What Kafka does not recover from; indexes, epochs and producers have then taken the batches before it.
    pub fn recover(
        &mut self,
        now_ms: i64,
        config: &LogConfig,
        epochs: &mut LeaderEpochs,
        producers: &mut ProducerStateManager,
    ) -> Result<u64, RecoveryError> {
        self.reset_indexes();
        let (mut valid_bytes, mut last_entry) = (0, 0);
        // A batch is shared, not copied, so that the segment is free to change.
        let file = self.clone();
        for placed in file.batches_at(0) {
            let Some(placed) = placed.ok().filter(|placed| placed.batch.check_crc().is_ok()) else { break };
            self.index_recovered(&placed, &mut last_entry, config)?;
            let batch = &placed.batch;
            valid_bytes = placed.position.saturating_add(batch.size_in_bytes());
            let epoch = batch.partition_leader_epoch();
            if epoch >= 0 && epochs.latest().is_none_or(|latest| epoch > latest) {
                let start_offset = batch.base_offset();
                if start_offset < 0 {
                    return Err(RecoveryError::Epoch { epoch, start_offset });
                }
                epochs.assign(epoch, start_offset);
            }
            match self.replay(&placed, producers) {
                Err(ProducerStateError::Marker(error)) if error.is_damage() => break,
                taken => taken?,
            }
        }
        Ok(self.cut(valid_bytes, now_ms)?)
    }

    /// Kafka: `updateProducerState`.
    fn replay(&mut self, placed: &PlacedBatch, producers: &mut ProducerStateManager) -> Result<(), ProducerStateError> {
        let batch = &placed.batch;
        if batch.producer_id() >= 0
            && let Some(completed) = producers.replay(batch)?
        {
            if completed.is_aborted {
                self.push_aborted(AbortedTxn {
                    producer_id: completed.producer_id,
                    first_offset: completed.first_offset,
                    last_offset: completed.last_offset,
                    last_stable_offset: producers.last_stable_offset(&completed),
                });
            }
            producers.complete(&completed);
        }
        producers.set_map_end_offset(batch.last_offset().saturating_add(1));
        Ok(())
    }
}
