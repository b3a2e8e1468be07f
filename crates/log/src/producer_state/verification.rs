//! Which transactions a log has been told of by their coordinator, and which it still has to ask about. Kafka 4.3:
//! `VerificationStateEntry`, `VerificationGuard` (KIP-890).

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
