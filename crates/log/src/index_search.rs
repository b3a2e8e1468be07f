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

impl Search {
    fn probe(&mut self, keys: &[i64], slot: usize, target: i64, reason: ProbeReason) -> Ordering {
        let key = keys.get(slot).copied().unwrap_or(i64::MAX);
        let compared = key.cmp(&target);
        self.probes.push(Probe { slot, key, compared, reason });
        compared
    }
}

/// Searches keys, which grow, for the last one that is not beyond the target. `entry_size` says how many entries are warm.
pub fn search(keys: &[i64], entry_size: usize, target: i64) -> Search {
    let mut search = Search::default();
    let Some(last) = keys.len().checked_sub(1) else { return search };
    let first_warm = last.saturating_sub(WARM_BYTES.checked_div(entry_size).unwrap_or(0));
    let (mut low, mut high) = if search.probe(keys, first_warm, target, ProbeReason::WarmSection) == Ordering::Less {
        (first_warm, last)
    } else if search.probe(keys, 0, target, ProbeReason::Least) == Ordering::Greater {
        return search;
    } else {
        (0, first_warm)
    };
    while low < high {
        let middle = low.saturating_add(high).saturating_add(1) / 2;
        match search.probe(keys, middle, target, ProbeReason::Middle) {
            Ordering::Greater => high = middle.saturating_sub(1),
            Ordering::Less => low = middle,
            Ordering::Equal => {
                search.slot = Some(middle);
                return search;
            }
        }
    }
    search.slot = Some(low);
    search
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
