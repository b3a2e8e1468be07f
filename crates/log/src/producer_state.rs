//! What a log knows of its producers. Kafka 4.3: `ProducerStateManager`.
//!
//! Snapshots are the bytes of their files. Differs from Kafka: a transaction that is over without having begun here is
//! no error (Kafka throws `IllegalArgumentException`), and late transactions are not watched.

mod append_info;
mod entry;
mod marker;
pub mod snapshot;
mod verification;

pub use append_info::{AppendOrigin, ProducerAppendInfo, ProducerStateError};
pub use entry::{BATCHES_RETAINED, BatchMetadata, ProducerStateEntry};
pub use marker::{EndTransactionMarker, MarkerError};
pub use snapshot::SnapshotFile;
pub use verification::VerificationGuard;

use append_info::TxnMetadata;
use snapshot::SnapshotEntry;
use verification::VerificationStateEntry;

use crate::batch::RecordBatch;
use crate::java::{self, SMALLEST_TABLE};

/// A transaction that is over. Kafka: `CompletedTxn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedTxn {
    /// Whose it was.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: i64,
    /// The offset of its marker.
    pub last_offset: i64,
    /// It was aborted.
    pub is_aborted: bool,
}

/// The configs of a broker that producers are ruled by. Kafka: `ProducerStateManagerConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerStateConfig {
    /// `producer.id.expiration.ms`: a producer that wrote nothing for so long is forgotten, in ms.
    pub producer_id_expiration_ms: i64,
    /// `transaction.partition.verification.enable`: a transactional batch needs a verified transaction.
    pub transaction_verification: bool,
}

impl Default for ProducerStateConfig {
    fn default() -> ProducerStateConfig {
        ProducerStateConfig { producer_id_expiration_ms: 86_400_000, transaction_verification: true }
    }
}

/// A producer, and when it was put into the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    entry: ProducerStateEntry,
    inserted: u64,
}

/// Where the first transaction begins that is open or not everywhere yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstUnstable {
    pub(crate) offset: i64,
    /// It was seen as it was appended.
    pub(crate) is_located: bool,
}

/// The producers of a log, their open transactions and the snapshots of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerStateManager {
    config: ProducerStateConfig,
    /// By id.
    producers: Vec<Known>,
    /// How many were ever put in.
    inserted: u64,
    /// The size of Java's table, which never shrinks.
    table: usize,
    /// By id.
    verifications: Vec<VerificationStateEntry>,
    last_guard: VerificationGuard,
    /// By first offset.
    ongoing: Vec<TxnMetadata>,
    /// Over, but perhaps not yet everywhere; by first offset.
    unreplicated: Vec<TxnMetadata>,
    /// By offset.
    snapshots: Vec<SnapshotFile>,
    map_end_offset: i64,
    last_snapshot_offset: i64,
}

impl Default for ProducerStateManager {
    fn default() -> ProducerStateManager {
        ProducerStateManager::new(ProducerStateConfig::default(), Vec::new())
    }
}

impl ProducerStateManager {
    /// Nobody is known yet; the snapshots of a folder are there to be loaded.
    pub fn new(config: ProducerStateConfig, mut snapshots: Vec<SnapshotFile>) -> ProducerStateManager {
        sort_by_key(&mut snapshots, snapshot::SnapshotFile::offset);
        ProducerStateManager {
            config,
            producers: Vec::new(),
            inserted: 0,
            table: SMALLEST_TABLE,
            verifications: Vec::new(),
            last_guard: VerificationGuard::SENTINEL,
            ongoing: Vec::new(),
            unreplicated: Vec::new(),
            snapshots,
            map_end_offset: 0,
            last_snapshot_offset: 0,
        }
    }

    /// Everyone, by id. Kafka: `activeProducers`.
    pub fn producers(&self) -> impl Iterator<Item = &ProducerStateEntry> {
        self.producers.iter().map(|known| &known.entry)
    }

    /// What is known of a producer. Kafka: `lastEntry`.
    pub fn producer(&self, producer_id: i64) -> Option<&ProducerStateEntry> {
        let at = self.position(producer_id).ok()?;
        self.producers.get(at).map(|known| &known.entry)
    }

    /// The snapshots, by offset.
    pub fn snapshots(&self) -> &[SnapshotFile] {
        &self.snapshots
    }

    /// The offset up to which this state knows the log. Kafka: `mapEndOffset`.
    pub fn map_end_offset(&self) -> i64 {
        self.map_end_offset
    }

    /// Kafka: `updateMapEndOffset`.
    pub fn set_map_end_offset(&mut self, offset: i64) {
        self.map_end_offset = offset;
    }

    /// Nobody is known, and no transaction waits for its replication.
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty() && self.unreplicated.is_empty()
    }

    /// The first offset of a transaction that is open or not everywhere yet. Kafka: `firstUnstableOffset`.
    pub(crate) fn first_unstable(&self) -> Option<FirstUnstable> {
        let first =
            self.ongoing.first().into_iter().chain(self.unreplicated.first()).min_by_key(|txn| txn.first_offset);
        first.map(|txn| FirstUnstable { offset: txn.first_offset, is_located: txn.is_located })
    }

    fn position(&self, producer_id: i64) -> Result<usize, usize> {
        self.producers.binary_search_by_key(&producer_id, |known| known.entry.producer_id)
    }

    fn put(&mut self, entry: ProducerStateEntry) {
        match self.position(entry.producer_id) {
            Ok(at) => {
                if let Some(known) = self.producers.get_mut(at) {
                    known.entry = entry;
                }
            }
            Err(at) => {
                self.inserted = self.inserted.wrapping_add(1);
                self.producers.insert(at, Known { entry, inserted: self.inserted });
                self.table = java::table_for(self.producers.len(), self.table);
            }
        }
    }

    /// The producer has this transaction open. Kafka: `UnifiedLog.hasOngoingTransaction`.
    pub fn has_ongoing_transaction(&self, producer_id: i64, epoch: i16) -> bool {
        let entry = self.producer(producer_id);
        entry.is_some_and(|entry| entry.current_txn_first_offset.is_some() && entry.producer_epoch == epoch)
    }

    fn check_epoch(&self, producer_id: i64, epoch: i16) -> Result<(), ProducerStateError> {
        match self.producer(producer_id) {
            Some(ProducerStateEntry { producer_epoch: current, .. }) if epoch < *current => {
                let (current, or_equal) = (*current, false);
                Err(ProducerStateError::InvalidProducerEpoch { producer_id, epoch, current, or_equal })
            }
            _ => Ok(()),
        }
    }

    /// A transactional batch begins a transaction that its coordinator knows of. Kafka: the part of
    /// `UnifiedLog.analyzeAndValidateProducerState` for clients and coordinators.
    ///
    /// # Errors
    /// An epoch that is fenced, or a transaction that nobody verified.
    pub(crate) fn check_transaction(
        &self,
        batch: &RecordBatch,
        guard: VerificationGuard,
    ) -> Result<(), ProducerStateError> {
        let producer_id = batch.producer_id();
        if !batch.is_transactional() || self.has_ongoing_transaction(producer_id, batch.producer_epoch()) {
            return Ok(());
        }
        self.check_epoch(producer_id, batch.producer_epoch())?;
        let known = self.verification(producer_id).map_or(VerificationGuard::SENTINEL, |entry| entry.guard);
        if self.config.transaction_verification && !batch.is_control() && !known.verify(guard) {
            return Err(ProducerStateError::NotVerified);
        }
        Ok(())
    }

    /// Begins an append of a producer. Kafka: `prepareUpdate`.
    fn prepare_update(&self, producer_id: i64, origin: AppendOrigin, is_located: bool) -> ProducerAppendInfo {
        let current = self.producer(producer_id).cloned();
        let current = current.unwrap_or_else(|| ProducerStateEntry::empty(producer_id));
        ProducerAppendInfo::new(current, origin, is_located, self.verification(producer_id).copied())
    }

    /// Takes a batch into the appends that have begun; gives the transaction that it ends. The verification of a
    /// transactional batch is used up by it, also where the append is refused later on. `is_located`: the batch is just
    /// being appended. Kafka: `UnifiedLog.updateProducers`.
    ///
    /// # Errors
    /// What the producer may not do.
    pub(crate) fn append(
        &mut self,
        appends: &mut Vec<ProducerAppendInfo>,
        batch: &RecordBatch,
        origin: AppendOrigin,
        is_located: bool,
        transaction_version: u8,
    ) -> Result<Option<CompletedTxn>, ProducerStateError> {
        let producer_id = batch.producer_id();
        let begun = appends.iter().position(|info| info.producer_id() == producer_id);
        let at = begun.unwrap_or_else(|| {
            appends.push(self.prepare_update(producer_id, origin, is_located));
            appends.len().saturating_sub(1)
        });
        let Some(info) = appends.get_mut(at) else { return Ok(None) };
        let completed = info.append(batch, transaction_version)?;
        if batch.is_transactional()
            && let Ok(at) = self.verification_position(producer_id)
        {
            // With version 2 the next transaction of the producer may have begun before this marker.
            let is_next = self.verifications.get(at).is_some_and(|entry| {
                entry.supports_epoch_bump && batch.is_control() && batch.producer_epoch() == entry.epoch
            });
            if !is_next {
                self.verifications.remove(at);
            }
        }
        Ok(completed)
    }

    /// Appends count, in the order of the table that Kafka has them in; `computeIfAbsent` puts a newcomer first into its
    /// bucket.
    pub(crate) fn update_all(&mut self, appends: Vec<ProducerAppendInfo>) {
        let mask = java::table_for(appends.len(), SMALLEST_TABLE).saturating_sub(1);
        let mut appends: Vec<_> = appends
            .into_iter()
            .rev()
            .map(|append| (java::bucket(java::long_hash_code(append.producer_id()), mask), append))
            .collect();
        sort_by_key(&mut appends, |(bucket, _)| *bucket);
        for (_, append) in appends {
            self.update(append);
        }
    }

    /// An append counts. Kafka: `update`.
    fn update(&mut self, append: ProducerAppendInfo) {
        let mut entry = append.updated;
        if let Some(current) = self.producer(entry.producer_id) {
            let mut merged = current.clone();
            merged.update(entry);
            entry = merged;
        }
        self.put(entry);
        for transaction in append.started {
            insert(&mut self.ongoing, transaction);
        }
    }

    /// Takes a batch of a leader's log or of the disk, as it is. Gives the transaction that it ends, which stays open until
    /// [`ProducerStateManager::complete`]. Kafka: `LogSegment.updateProducerState`.
    ///
    /// # Errors
    /// A batch outside of the producer's open transaction, or a control batch that is no marker.
    pub(crate) fn replay(&mut self, batch: &RecordBatch) -> Result<Option<CompletedTxn>, ProducerStateError> {
        let mut append = self.prepare_update(batch.producer_id(), AppendOrigin::Replication, false);
        let completed = append.append(batch, 0)?;
        self.update(append);
        Ok(completed)
    }

    /// Where reading committed records ends once a transaction is over: at the first other one that is open. Kafka:
    /// `lastStableOffset(CompletedTxn)`.
    pub fn last_stable_offset(&self, completed: &CompletedTxn) -> i64 {
        let other = self.ongoing.iter().find(|transaction| transaction.producer_id != completed.producer_id);
        other.map_or(completed.last_offset.saturating_add(1), |transaction| transaction.first_offset)
    }

    /// A transaction is open no longer, and unstable until the high watermark is past it. Kafka: `completeTxn`.
    pub(crate) fn complete(&mut self, completed: &CompletedTxn) {
        let position = self.ongoing.iter().position(|transaction| transaction.first_offset == completed.first_offset);
        if let Some(at) = position {
            let transaction = self.ongoing.remove(at);
            insert(&mut self.unreplicated, TxnMetadata { last_offset: Some(completed.last_offset), ..transaction });
        }
    }

    /// Transactions that ended before the high watermark are everywhere. Kafka: `onHighWatermarkUpdated`.
    pub(crate) fn on_high_watermark_updated(&mut self, high_watermark: i64) {
        self.remove_unreplicated(high_watermark);
    }

    /// There is something for [`ProducerStateManager::on_high_watermark_updated`] to do.
    pub(crate) fn has_unreplicated(&self) -> bool {
        !self.unreplicated.is_empty()
    }

    fn remove_unreplicated(&mut self, offset: i64) {
        self.unreplicated.retain(|transaction| transaction.last_offset.is_none_or(|last| last >= offset));
    }

    /// Kafka: `onLogStartOffsetIncremented`.
    pub(crate) fn on_log_start_offset_incremented(&mut self, log_start_offset: i64) {
        self.remove_unreplicated(log_start_offset);
        self.map_end_offset = self.map_end_offset.max(log_start_offset);
        self.last_snapshot_offset = self.latest_snapshot_offset().unwrap_or(log_start_offset);
    }

    fn is_expired(&self, now_ms: i64, last_timestamp: i64) -> bool {
        now_ms.wrapping_sub(last_timestamp) >= self.config.producer_id_expiration_ms
    }

    pub(crate) fn set_config(&mut self, config: ProducerStateConfig) {
        self.config = config;
    }

    /// Forgets whoever wrote nothing for `producer.id.expiration.ms` and has no open transaction; gives their ids. Kafka:
    /// `removeExpiredProducers`.
    pub(crate) fn remove_expired(&mut self, now_ms: i64) -> Vec<i64> {
        let expiration = self.config.producer_id_expiration_ms;
        let is_expired = |last: i64| now_ms.wrapping_sub(last) >= expiration;
        let goes =
            |known: &Known| known.entry.current_txn_first_offset.is_none() && is_expired(known.entry.last_timestamp);
        let expired = self.producers.iter().filter(|known| goes(known)).map(|known| known.entry.producer_id).collect();
        self.producers.retain(|known| !goes(known));
        self.verifications.retain(|entry| !is_expired(entry.timestamp));
        expired
    }

    /// The offset of the newest snapshot. Kafka: `latestSnapshotOffset`.
    pub fn latest_snapshot_offset(&self) -> Option<i64> {
        self.snapshots.last().map(snapshot::SnapshotFile::offset)
    }

    /// Writes a snapshot, if anything came since the last one. Kafka: `takeSnapshot`.
    pub(crate) fn take_snapshot(&mut self) {
        if self.map_end_offset <= self.last_snapshot_offset {
            return;
        }
        let offset = self.map_end_offset;
        let snapshot = SnapshotFile::of_entries(offset, self.snapshot_entries());
        match self.snapshots.binary_search_by_key(&offset, snapshot::SnapshotFile::offset) {
            Ok(at) => {
                if let Some(place) = self.snapshots.get_mut(at) {
                    *place = snapshot;
                }
            }
            Err(at) => self.snapshots.insert(at, snapshot),
        }
        self.last_snapshot_offset = offset;
    }

    /// The producers in the order in which Java's table goes through them.
    fn snapshot_entries(&self) -> Vec<SnapshotEntry> {
        let mask = self.table.saturating_sub(1);
        let bucket = |known: &Known| java::bucket(java::long_hash_code(known.entry.producer_id), mask);
        let mut order: Vec<(usize, u64, &Known)> =
            self.producers.iter().map(|known| (bucket(known), known.inserted, known)).collect();
        sort_by_key(&mut order, |(bucket, inserted, _)| (*bucket, *inserted));
        order.into_iter().map(|(_, _, known)| known.entry.to_snapshot()).collect()
    }

    /// The snapshot of a segment that goes. Kafka: `removeAndMarkSnapshotForDeletion`.
    pub(crate) fn remove_snapshot(&mut self, offset: i64) {
        self.snapshots.retain(|snapshot| snapshot.offset() != offset);
    }

    /// Drops the snapshots that belong to no segment, but for the newest if it is behind all of them. Kafka:
    /// `removeStraySnapshots`.
    pub(crate) fn remove_stray_snapshots(&mut self, snapshots: Vec<SnapshotFile>, base_offsets: &[i64]) {
        let newest = base_offsets.iter().max().copied();
        let last_stray =
            snapshots.iter().map(snapshot::SnapshotFile::offset).filter(|offset| !base_offsets.contains(offset)).max();
        let kept = last_stray.filter(|stray| newest.is_none_or(|newest| *stray >= newest));
        self.snapshots = snapshots;
        self.snapshots.retain(|snapshot| base_offsets.contains(&snapshot.offset()) || Some(snapshot.offset()) == kept);
    }

    /// Goes back to what was known at an offset, as far as snapshots tell. Kafka: `truncateAndReload`.
    pub(crate) fn truncate_and_reload(&mut self, log_start_offset: i64, log_end_offset: i64, now_ms: i64) {
        self.snapshots.retain(|snapshot| snapshot.offset() <= log_end_offset && snapshot.offset() > log_start_offset);
        if log_end_offset == self.map_end_offset {
            self.on_log_start_offset_incremented(log_start_offset);
            return;
        }
        self.producers.clear();
        self.ongoing.clear();
        self.unreplicated.clear();
        while let Some(snapshot) = self.snapshots.last().cloned() {
            // A damaged one goes, and the one before it is tried.
            let Some(entries) = snapshot.entries() else {
                self.snapshots.pop();
                continue;
            };
            for entry in entries {
                if entry.current_txn_first_offset.is_some() || !self.is_expired(now_ms, entry.last_timestamp) {
                    self.load(entry);
                }
            }
            self.last_snapshot_offset = snapshot.offset();
            self.map_end_offset = snapshot.offset();
            return;
        }
        self.last_snapshot_offset = log_start_offset;
        self.map_end_offset = log_start_offset;
    }

    /// Kafka: `loadProducerEntry`.
    fn load(&mut self, entry: &SnapshotEntry) {
        if let Some(first_offset) = entry.current_txn_first_offset {
            let (producer_id, last_offset, is_located) = (entry.producer_id, None, false);
            insert(&mut self.ongoing, TxnMetadata { producer_id, first_offset, last_offset, is_located });
        }
        self.put(ProducerStateEntry::from_snapshot(entry));
    }

    /// Forgets everything. Kafka: `truncateFullyAndStartAt`.
    pub(crate) fn truncate_fully_and_start_at(&mut self, offset: i64) {
        self.producers.clear();
        self.ongoing.clear();
        self.unreplicated.clear();
        self.snapshots.clear();
        self.last_snapshot_offset = 0;
        self.map_end_offset = offset;
    }
}

/// A stable sort of a few, by insertion: std's is worth 3 KB of a page.
fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..items.len() {
        let mut at = end;
        while let Some(before) = at.checked_sub(1) {
            let is_after = matches!((items.get(before), items.get(at)), (Some(a), Some(b)) if key(a) > key(b));
            if !is_after {
                break;
            }
            items.swap(before, at);
            at = before;
        }
    }
}

/// Puts a transaction in its place; one that begins at the same offset goes. (Kafka: a `TreeMap`.)
fn insert(transactions: &mut Vec<TxnMetadata>, transaction: TxnMetadata) {
    match transactions.binary_search_by_key(&transaction.first_offset, |known| known.first_offset) {
        Ok(at) => {
            if let Some(place) = transactions.get_mut(at) {
                *place = transaction;
            }
        }
        Err(at) => transactions.insert(at, transaction),
    }
}
