//! Which leader epoch begins at which offset. Kafka 4.3: `LeaderEpochFileCache`.
//!
//! The text of `leader-epoch-checkpoint` is written and read here; who keeps it in a file decides when.

mod checkpoint;

pub use checkpoint::CheckpointError;

/// No epoch. Kafka: `OffsetsForLeaderEpochResponse.UNDEFINED_EPOCH`.
const UNDEFINED_EPOCH: i32 = -1;

/// Where an epoch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEntry {
    /// The leader epoch.
    pub epoch: i32,
    /// The offset of its first record.
    pub start_offset: i64,
}

/// Where an epoch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEndOffset {
    /// The epoch that the answer is about: the one asked for, or the one before it that is known.
    pub epoch: i32,
    /// The offset after its last record.
    pub end_offset: i64,
}

/// The epochs of a log, oldest first; epochs and offsets both grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochs {
    entries: Vec<EpochEntry>,
}

impl LeaderEpochs {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// The newest epoch; none before the first record or leader. Kafka: `latestEpoch`.
    pub fn latest(&self) -> Option<i32> {
        self.entries.last().map(|entry| entry.epoch)
    }

    /// [`LeaderEpochs::assign`] would change something.
    pub fn is_update_needed(&self, epoch: i32, start_offset: i64) -> bool {
        if epoch < 0 || start_offset < 0 {
            return false;
        }
        self.entries.last().is_none_or(|latest| epoch != latest.epoch || start_offset < latest.start_offset)
    }

    /// Notes that `epoch` begins at `start_offset`, and says whether that was news. It is none if the latest epoch is
    /// this one and began no later, or if either is negative (where Kafka throws `IllegalArgumentException`).
    /// Entries at the end that are not before the new one, in epoch and in offset, go. Kafka: `assign`.
    pub fn assign(&mut self, epoch: i32, start_offset: i64) -> bool {
        if !self.is_update_needed(epoch, start_offset) {
            return false;
        }
        while self.entries.last().is_some_and(|last| last.epoch >= epoch || last.start_offset >= start_offset) {
            self.entries.pop();
        }
        self.entries.push(EpochEntry { epoch, start_offset });
        true
    }

    /// Drops the epochs that begin at `end_offset` or later, and says whether there were any. Kafka:
    /// `truncateFromEndAsyncFlush`.
    pub fn truncate_from_end(&mut self, end_offset: i64) -> bool {
        let before = self.entries.len();
        if end_offset >= 0 {
            while self.entries.last().is_some_and(|last| last.start_offset >= end_offset) {
                self.entries.pop();
            }
        }
        self.entries.len() != before
    }

    /// Drops the epochs that end at `start_offset` or before it; the one that holds it begins there now. Says whether
    /// anything changed. Kafka: `truncateFromStartAsyncFlush`.
    pub fn truncate_from_start(&mut self, start_offset: i64) -> bool {
        let begun = self.entries.partition_point(|entry| entry.start_offset <= start_offset);
        let Some(last) = begun.checked_sub(1) else { return false };
        self.entries.drain(..last);
        if let Some(first) = self.entries.first_mut() {
            first.start_offset = start_offset;
        }
        true
    }

    /// The epoch of the record at an offset, known or still to come; none before the first known epoch. Kafka:
    /// `epochForOffset`.
    pub fn epoch_for_offset(&self, offset: i64) -> Option<i32> {
        let begun = self.entries.partition_point(|entry| entry.start_offset <= offset);
        self.entries.get(begun.checked_sub(1)?).map(|entry| entry.epoch)
    }

    /// The newest epoch older than this one. Kafka: `previousEpoch`.
    pub fn previous_epoch(&self, epoch: i32) -> Option<i32> {
        let older = self.entries.partition_point(|entry| entry.epoch < epoch);
        self.entries.get(older.checked_sub(1)?).map(|entry| entry.epoch)
    }

    /// The oldest epoch newer than this one. Kafka: `nextEpoch`.
    pub fn next_epoch(&self, epoch: i32) -> Option<i32> {
        let known = self.entries.partition_point(|entry| entry.epoch <= epoch);
        self.entries.get(known).map(|entry| entry.epoch)
    }

    /// The entries of the records from one offset up to another, which is not among them. Kafka: `epochEntriesInRange`.
    pub fn entries_in_range(&self, start_offset: i64, end_offset: i64) -> Vec<EpochEntry> {
        let mut part = self.clone();
        part.truncate_from_start(start_offset);
        part.truncate_from_end(end_offset);
        part.entries
    }

    /// Where `epoch` ends in a log that ends at `log_end_offset`. None for an epoch that is newer than all known, or
    /// −1. Kafka: `endOffsetFor`, where none is (−1, −1).
    pub fn end_offset_for(&self, epoch: i32, log_end_offset: i64) -> Option<EpochEndOffset> {
        if epoch == UNDEFINED_EPOCH {
            return None;
        }
        if self.latest() == Some(epoch) {
            // The latest epoch still goes on.
            return Some(EpochEndOffset { epoch, end_offset: log_end_offset });
        }
        let newer = self.entries.partition_point(|entry| entry.epoch <= epoch);
        let next = self.entries.get(newer)?;
        let floor = newer.checked_sub(1).and_then(|floor| self.entries.get(floor));
        Some(EpochEndOffset {
            // Older than all known: its records are gone, so it ends where the first known one begins.
            epoch: floor.map_or(epoch, |floor| floor.epoch),
            end_offset: next.start_offset,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(assigned: &[(i32, i64)]) -> LeaderEpochs {
        let mut epochs = LeaderEpochs::default();
        for (epoch, start_offset) in assigned {
            epochs.assign(*epoch, *start_offset);
        }
        epochs
    }

    fn entries(assigned: &[(i32, i64)]) -> Vec<(i32, i64)> {
        let entry = |entry: &EpochEntry| (entry.epoch, entry.start_offset);
        epochs(assigned).entries().iter().map(entry).collect()
    }

    #[test]
    fn an_epoch_keeps_its_first_offset() {
        assert_eq!(entries(&[(0, 0), (0, 5), (1, 7), (1, 9)]), [(0, 0), (1, 7)]);
    }

    #[test]
    fn a_new_entry_drops_what_is_not_before_it() {
        assert_eq!(entries(&[(1, 0), (2, 10), (3, 10)]), [(1, 0), (3, 10)], "an epoch without records");
        assert_eq!(entries(&[(1, 0), (2, 10), (3, 20), (2, 30)]), [(1, 0), (2, 30)], "an older epoch comes back");
        assert_eq!(entries(&[(1, 5), (2, 10), (3, 0)]), [(3, 0)], "the log was cut");
        assert_eq!(entries(&[(5, 12), (8, 39), (8, 36)]), [(5, 12), (8, 36)], "it began earlier");
    }

    #[test]
    fn a_cut_at_either_end_keeps_what_lies_between() {
        let all = epochs(&[(2, 6), (5, 11), (7, 20)]);
        let cut = |change: fn(&mut LeaderEpochs) -> bool| {
            let mut epochs = all.clone();
            let changed = change(&mut epochs);
            (changed, epochs.entries().iter().map(|entry| (entry.epoch, entry.start_offset)).collect::<Vec<_>>())
        };
        assert_eq!(cut(|epochs| epochs.truncate_from_end(20)), (true, vec![(2, 6), (5, 11)]));
        assert_eq!(cut(|epochs| epochs.truncate_from_end(21)), (false, vec![(2, 6), (5, 11), (7, 20)]));
        assert_eq!(cut(|epochs| epochs.truncate_from_end(-1)), (false, vec![(2, 6), (5, 11), (7, 20)]));
        assert_eq!(cut(|epochs| epochs.truncate_from_start(5)), (false, vec![(2, 6), (5, 11), (7, 20)]));
        assert_eq!(cut(|epochs| epochs.truncate_from_start(12)), (true, vec![(5, 12), (7, 20)]));
        assert_eq!(cut(|epochs| epochs.truncate_from_start(99)), (true, vec![(7, 99)]));
        let range = |start, end| all.entries_in_range(start, end).len();
        assert_eq!((range(0, 11), range(11, 21), range(30, 20)), (1, 2, 0));
        assert_eq!(
            (all.epoch_for_offset(5), all.epoch_for_offset(11), all.epoch_for_offset(99)),
            (None, Some(5), Some(7))
        );
        assert_eq!((all.previous_epoch(2), all.previous_epoch(5), all.previous_epoch(9)), (None, Some(2), Some(7)));
        assert_eq!((all.next_epoch(1), all.next_epoch(5), all.next_epoch(7)), (Some(2), Some(7), None));
    }

    #[test]
    fn nothing_is_negative() {
        assert_eq!(entries(&[(-1, 0), (0, -1)]), []);
    }

    /// As `LeaderEpochFileCacheTest`: floor epoch, and the start of the next.
    #[test]
    fn an_epoch_ends_where_the_next_known_one_begins() {
        let epochs = epochs(&[(2, 6), (5, 11), (7, 20)]);
        let end = |epoch| {
            let end = epochs.end_offset_for(epoch, 25);
            end.map(|end| (end.epoch, end.end_offset))
        };
        assert_eq!(end(7), Some((7, 25)), "the latest goes on");
        assert_eq!(end(5), Some((5, 20)));
        assert_eq!(end(4), Some((2, 11)), "unknown between two: the one before");
        assert_eq!(end(1), Some((1, 6)), "older than all known");
        assert_eq!(end(8), None, "newer than all known");
        assert_eq!(end(-1), None);
        assert_eq!(LeaderEpochs::default().end_offset_for(0, 0), None);
    }
}
