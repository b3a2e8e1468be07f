//! A map in the order in which the coordinator's own hash tables are gone through: the order of tombstones depends on it.
//! Kafka 4.3: `TimelineHashMap`, `SnapshottableHashTable`, `BaseHashTable`.

/// A table's slots when it begins.
const SLOTS_MIN: usize = 2;

/// A map by keys with Java hash codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineMap<K, V> {
    /// In the order of their arrival.
    entries: Vec<Entry<K, V>>,
    slots: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry<K, V> {
    hash: i32,
    key: K,
    value: V,
}

impl<K, V> Default for TimelineMap<K, V> {
    fn default() -> Self {
        TimelineMap { entries: Vec::new(), slots: SLOTS_MIN }
    }
}

impl<K: PartialEq, V> TimelineMap<K, V> {
    /// There is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The value of a key.
    pub fn get<Q: PartialEq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries.iter().find(|entry| entry.key.borrow() == key).map(|entry| &entry.value)
    }

    /// The value of a key, to change; a new one has this hash code. Kafka: `computeIfAbsent`.
    pub fn get_or_default(&mut self, hash: i32, key: K) -> Option<&mut V>
    where
        V: Default,
    {
        let at = match self.entries.iter().position(|entry| entry.key == key) {
            Some(at) => at,
            None => self.add(hash, key, V::default()),
        };
        self.entries.get_mut(at).map(|entry| &mut entry.value)
    }

    /// Puts a value. A table may grow even if the key is there: its size is looked at first.
    pub fn insert(&mut self, hash: i32, key: K, value: V) {
        self.make_room();
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { hash, key, value }),
        }
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|entry| keep(&entry.key, &mut entry.value));
    }

    /// The entries in the order of the table: by slot, and in a slot the last that came first.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let slot = |entry: &Entry<K, V>| slot(entry.hash, self.slots);
        let mut order: Vec<(u64, std::cmp::Reverse<usize>, &Entry<K, V>)> =
            self.entries.iter().enumerate().map(|(at, entry)| (slot(entry), std::cmp::Reverse(at), entry)).collect();
        order.sort_unstable_by_key(|(slot, at, _)| (*slot, *at));
        order.into_iter().map(|(.., entry)| (&entry.key, &entry.value))
    }

    fn add(&mut self, hash: i32, key: K, value: V) -> usize {
        self.make_room();
        self.entries.push(Entry { hash, key, value });
        self.entries.len().saturating_sub(1)
    }

    /// Kafka multiplies by the load factor where it could divide, so a table is fuller than it says.
    fn make_room(&mut self) {
        if self.entries.len().saturating_add(1).saturating_mul(3) > self.slots.saturating_mul(4) {
            self.slots = self.slots.saturating_mul(2);
        }
    }
}

/// Knuth's multiplicative hashing. Kafka: `BaseHashTable.findSlot`.
fn slot(hash: i32, slots: usize) -> u64 {
    let product = i64::from(hash).wrapping_mul(-7_046_029_254_386_353_131).cast_unsigned();
    product.checked_shr(u64::BITS.saturating_sub(slots.trailing_zeros())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(numbers: &[i32]) -> (Vec<i32>, TimelineMap<i32, ()>) {
        let mut map = TimelineMap::default();
        for number in numbers {
            map.insert(*number, *number, ());
        }
        let order = map.iter().map(|(key, ())| *key).collect();
        (order, map)
    }

    /// Keys as they are put, and what `TimelineHashMap` of Kafka 4.3.1 answers.
    const KAFKA: &[(&[i32], &[i32])] = &[
        (&[0], &[0]),
        (&[0, 1], &[0, 1]),
        (&[0, 1, 2], &[2, 0, 1]),
        (&[2, 1, 0], &[0, 2, 1]),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[0, 5, 10, 2, 7, 4, 9, 1, 6, 11, 3, 8]),
        (&[0, 1, 0], &[0, 1]),
        (&[5, 3, 5, 3, 1, 2], &[2, 5, 1, 3]),
        (&[100, 7, -3, 100, 100, 7, 64, 1_000_000], &[-3, 7, 64, 1_000_000, 100]),
    ];

    #[test]
    fn keys_are_gone_through_as_in_kafka() {
        for (numbers, order) in KAFKA {
            assert_eq!(keys(numbers).0, *order, "{numbers:?}");
        }
    }

    #[test]
    fn entries_come_and_go() {
        let (_, mut map) = keys(&[1, 2, 3]);
        map.retain(|key, ()| *key != 2);
        assert_eq!((map.get(&1), map.get(&2), map.is_empty()), (Some(&()), None, false));
        assert!(map.get_or_default(9, 9).is_some());
        assert!(map.get(&9).is_some());
    }
}
