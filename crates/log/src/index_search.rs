//! How an index is searched, and every comparison on the way. Kafka 4.3: `AbstractIndex.indexSlotRangeFor`.
//!
//! A search is for the last entry that is not beyond the target. The end of an index is its warm section: what is asked for
//! is mostly new, and a search that stays there touches pages that are in memory already.

use std::cmp::Ordering;

/// The bytes of the warm section. Kafka: `AbstractIndex.warmEntries`.
const WARM_BYTES: usize = 8192;

/// Why an entry was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeReason {
    /// The first entry of the warm section: is the target behind it?
    WarmSection,
    /// The first entry of all: is the target before it?
    Least,
    /// The middle of what is left.
    Middle,
}

/// An entry that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its number, from 0.
    pub slot: usize,
    /// Its offset or timestamp.
    pub key: i64,
    /// How that lies to the target.
    pub compared: Ordering,
    /// Why it was looked at.
    pub reason: ProbeReason,
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The entry; none if the index is empty or the target lies before all.
    pub slot: Option<usize>,
    /// Every entry that was looked at, in order.
    pub probes: Vec<Probe>,
}

/// Where a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The index is empty, or the target lies before all.
    Before,
    /// A comparison on the way met the target itself.
    Exact(usize),
    /// What was left in the end.
    Floor(usize),
}

impl Place {
    /// The last entry that is not beyond the target. Kafka: `largestLowerBoundSlotFor`.
    pub fn floor(self) -> Option<usize> {
        match self {
            Place::Before => None,
            Place::Exact(slot) | Place::Floor(slot) => Some(slot),
        }
    }

    /// The first entry that is not before the target, of so many; as in Kafka the one after what was left in the end, even
    /// where that is the target itself. Kafka: `smallestUpperBoundSlotFor`.
    pub fn ceiling(self, entries: usize) -> Option<usize> {
        let slot = match self {
            Place::Before => 0,
            Place::Exact(slot) => slot,
            Place::Floor(slot) => slot.saturating_add(1),
        };
        (slot < entries).then_some(slot)
    }
}

/// Searches entries, which grow, and shows every comparison. `entry_size` says how many entries are warm.
pub fn search_by(
    entries: usize,
    entry_size: usize,
    target: i64,
    key_at: impl Fn(usize) -> i64,
    mut looked_at: impl FnMut(Probe),
) -> Place {
    let mut probe = |slot: usize, reason: ProbeReason| {
        let key = key_at(slot);
        let compared = key.cmp(&target);
        looked_at(Probe { slot, key, compared, reason });
        compared
    };
    let Some(last) = entries.checked_sub(1) else { return Place::Before };
    let first_warm = last.saturating_sub(WARM_BYTES.checked_div(entry_size).unwrap_or(0));
    let (mut low, mut high) = if probe(first_warm, ProbeReason::WarmSection) == Ordering::Less {
        (first_warm, last)
    } else if probe(0, ProbeReason::Least) == Ordering::Greater {
        return Place::Before;
    } else {
        (0, first_warm)
    };
    while low < high {
        let middle = low.saturating_add(high).saturating_add(1) / 2;
        match probe(middle, ProbeReason::Middle) {
            Ordering::Greater => high = middle.saturating_sub(1),
            Ordering::Less => low = middle,
            Ordering::Equal => return Place::Exact(middle),
        }
    }
    Place::Floor(low)
}

/// Searches keys for the last one that is not beyond the target, and keeps every comparison.
pub fn search(keys: &[i64], entry_size: usize, target: i64) -> Search {
    let mut probes = Vec::new();
    let key_at = |slot: usize| keys.get(slot).copied().unwrap_or(i64::MAX);
    let place = search_by(keys.len(), entry_size, target, key_at, |probe| probes.push(probe));
    Search { slot: place.floor(), probes }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_the_last_entry_that_is_not_beyond(
            mut keys in prop::collection::vec(-50_i64..5_000, 0..3_000),
            target in -60_i64..5_010,
        ) {
            keys.sort_unstable();
            keys.dedup();
            let expected = keys.partition_point(|key| *key <= target).checked_sub(1);
            let found = search(&keys, 8, target);
            prop_assert_eq!(found.slot, expected);
            let place = search_by(keys.len(), 8, target, |slot| keys[slot], |_| ());
            prop_assert_eq!(place.floor(), expected);
            if keys.binary_search(&target).is_err() {
                let above = keys.partition_point(|key| *key < target);
                prop_assert_eq!(place.ceiling(keys.len()), (above < keys.len()).then_some(above));
            }
            prop_assert!(found.probes.len() <= 16, "{} probes", found.probes.len());
        }
    }

    #[test]
    fn new_offsets_are_sought_in_the_warm_section() {
        let keys: Vec<i64> = (0..10_000).collect();
        let recent = search(&keys, 8, 9_990);
        assert_eq!(recent.slot, Some(9_990));
        assert!(recent.probes.iter().all(|probe| probe.slot >= 10_000 - 1 - 1_024), "{recent:?}");
        let old = search(&keys, 8, 17);
        assert_eq!(old.probes.first().unwrap().reason, ProbeReason::WarmSection);
        assert_eq!(old.probes.get(1).unwrap().reason, ProbeReason::Least);
        assert_eq!(search(&keys, 8, -1), Search { slot: None, probes: search(&keys, 8, -1).probes });
        assert_eq!(search(&[], 8, 5), Search::default());
    }
}
