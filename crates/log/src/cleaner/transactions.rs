//! Which batches and markers belong to transactions that were aborted, or of which nothing is left. Kafka 4.3:
//! `CleanedTransactionMetadata`.

use crate::batch::RecordBatch;
use crate::log::LogError;
use crate::producer_state::{EndTransactionMarker, MarkerError, ProducerStateError};
use crate::transaction_index::AbortedTxn;

/// An aborted transaction that has begun.
#[derive(Clone, Copy, Debug)]
struct Ongoing {
    aborted: AbortedTxn,
    /// A batch of it was seen.
    has_batch: bool,
}

/// The transactions on the way through a log.
#[derive(Clone, Debug, Default)]
pub(super) struct CleanedTransactions {
    /// By producer.
    committed: Vec<i64>,
    aborted: Vec<Ongoing>,
    /// Still to come, by first offset, the next one last.
    to_come: Vec<AbortedTxn>,
    /// Whose batches were seen before their marker: they stay in the index.
    kept: Vec<AbortedTxn>,
}

impl CleanedTransactions {
    pub(super) fn add(&mut self, aborted: Vec<AbortedTxn>) {
        self.to_come.extend(aborted);
        self.to_come.sort_by_key(|aborted| std::cmp::Reverse(aborted.first_offset));
    }

    /// The entries of the index that is being written.
    pub(super) fn take_kept(&mut self) -> Vec<AbortedTxn> {
        std::mem::take(&mut self.kept)
    }

    /// Those that begin up to an offset have begun.
    fn begin_up_to(&mut self, offset: i64) {
        while let Some(aborted) = self.to_come.pop_if(|next| next.first_offset <= offset) {
            if self.ongoing(aborted.producer_id).is_none() {
                self.aborted.push(Ongoing { aborted, has_batch: false });
            }
        }
    }

    fn ongoing(&self, producer_id: i64) -> Option<usize> {
        self.aborted.iter().position(|ongoing| ongoing.aborted.producer_id == producer_id)
    }

    /// A batch of records; true if its transaction was aborted.
    pub(super) fn on_batch(&mut self, batch: &RecordBatch) -> bool {
        self.begin_up_to(batch.last_offset());
        if !batch.is_transactional() {
            return false;
        }
        if let Some(ongoing) = self.ongoing(batch.producer_id()).and_then(|at| self.aborted.get_mut(at)) {
            ongoing.has_batch = true;
            return true;
        }
        if !self.committed.contains(&batch.producer_id()) {
            self.committed.push(batch.producer_id());
        }
        false
    }

    /// A marker; true if nothing of its transaction is left.
    pub(super) fn on_control_batch(&mut self, batch: &RecordBatch) -> Result<bool, LogError> {
        self.begin_up_to(batch.last_offset());
        let Some(record) = batch.iter().next() else { return Ok(true) };
        let record = record?;
        let producer_id = batch.producer_id();
        match EndTransactionMarker::read(record.key, record.value) {
            Ok(EndTransactionMarker { commit: true, .. }) => {
                let known = self.committed.iter().position(|known| *known == producer_id);
                Ok(known.map(|at| self.committed.swap_remove(at)).is_none())
            }
            Ok(_) => {
                let ended = self.ongoing(producer_id).map(|at| self.aborted.swap_remove(at));
                let kept = ended.filter(|ended| ended.has_batch);
                self.kept.extend(kept.map(|ended| ended.aborted));
                Ok(kept.is_none())
            }
            // Another control record stays.
            Err(MarkerError::Type { .. }) => Ok(false),
            Err(error) => Err(ProducerStateError::Marker(error).into()),
        }
    }
}
