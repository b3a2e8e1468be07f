//! Which transactions a log has been told of by their coordinator, and which it still has to ask about. Kafka 4.3:
//! `VerificationStateEntry`, `VerificationGuard` (KIP-890).

use super::{ProducerStateError, ProducerStateManager};

/// Goes with an append whose transaction has been verified. Kafka: `VerificationGuard`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerificationGuard(u64);

impl VerificationGuard {
    /// Nothing was verified, or nothing has to be. Kafka: `SENTINEL`.
    pub const SENTINEL: VerificationGuard = VerificationGuard(0);

    /// The one after it.
    pub(super) fn next(self) -> VerificationGuard {
        VerificationGuard(self.0.wrapping_add(1))
    }

    /// The append that carries `other` is the one that was verified. Kafka: `verify`.
    pub fn verify(self, other: VerificationGuard) -> bool {
        other != VerificationGuard::SENTINEL && self == other
    }
}

/// A transaction that is about to be verified. Kafka: `VerificationStateEntry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VerificationStateEntry {
    pub(super) producer_id: i64,
    /// When it was asked for, in ms.
    pub(super) timestamp: i64,
    pub(super) guard: VerificationGuard,
    /// Transaction version 2.
    pub(super) supports_epoch_bump: bool,
    /// The smallest sequence number that was seen; a larger one does not come first.
    pub(super) lowest_sequence: i32,
    pub(super) epoch: i16,
}

impl VerificationStateEntry {
    /// Kafka: `maybeUpdateLowestSequenceAndEpoch`.
    pub(super) fn update(&mut self, sequence: i32, epoch: i16) {
        if epoch > self.epoch || (epoch == self.epoch && sequence < self.lowest_sequence) {
            self.epoch = epoch;
            self.lowest_sequence = sequence;
        }
    }
}

impl ProducerStateManager {
    /// Begins to verify a transaction, if it is not open here already; the append that follows carries the guard. Kafka:
    /// `UnifiedLog.maybeStartTransactionVerification`.
    ///
    /// # Errors
    /// An epoch that is fenced.
    pub fn maybe_start_verification(
        &mut self,
        now_ms: i64,
        producer_id: i64,
        sequence: i32,
        epoch: i16,
        supports_epoch_bump: bool,
    ) -> Result<VerificationGuard, ProducerStateError> {
        self.check_epoch(producer_id, epoch)?;
        if self.has_ongoing_transaction(producer_id, epoch) {
            return Ok(VerificationGuard::SENTINEL);
        }
        let at = match self.verification_position(producer_id) {
            Ok(at) => at,
            Err(at) => {
                self.last_guard = self.last_guard.next();
                let guard = self.last_guard;
                let timestamp = now_ms;
                let entry = VerificationStateEntry {
                    producer_id,
                    timestamp,
                    guard,
                    supports_epoch_bump,
                    lowest_sequence: sequence,
                    epoch,
                };
                self.verifications.insert(at, entry);
                at
            }
        };
        let Some(entry) = self.verifications.get_mut(at) else { return Ok(VerificationGuard::SENTINEL) };
        entry.update(sequence, epoch);
        Ok(entry.guard)
    }

    pub(super) fn verification_position(&self, producer_id: i64) -> Result<usize, usize> {
        self.verifications.binary_search_by_key(&producer_id, |entry| entry.producer_id)
    }

    pub(super) fn verification(&self, producer_id: i64) -> Option<&VerificationStateEntry> {
        self.verifications.get(self.verification_position(producer_id).ok()?)
    }
}
