//! A map in the order in which Java's `HashMap<String, …>` goes through its keys: who in a group becomes its leader, and
//! what the leader is told of first, depend on it.
//!
//! Differs from Java: a bucket with eight keys or more becomes a tree there, which can change its order.

use highwater_log::java::{bucket, string_hash_code, table_for};

use crate::ids::TopicPartition;

/// `TopicPartition.hashCode()`.
pub fn partition_hash_code(partition: &TopicPartition) -> i32 {
    let hash = partition.partition.wrapping_add(31).wrapping_mul(31);
    hash.wrapping_add(string_hash_code(&partition.topic))
}

/// `HashMap`'s buckets before it grows.
const SMALLEST_TABLE: usize = 16;

/// A map by text whose order is Java's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaMap<V> {
    /// In Java's order: by bucket, in a bucket by the time they came.
    entries: Vec<(String, V)>,
    table: usize,
}

impl<V> Default for JavaMap<V> {
    fn default() -> Self {
        JavaMap { entries: Vec::new(), table: SMALLEST_TABLE }
    }
}

impl<V> JavaMap<V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys, in Java's order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The entries, in Java's order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The values, in Java's order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The values to change, in Java's order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(self.place(key)?).map(|(_, value)| value)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let at = self.place(key)?;
        self.entries.get_mut(at).map(|(_, value)| value)
    }

    /// The key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// Puts a value; what was there before is returned, and its place stays.
    pub fn insert(&mut self, key: String, value: V) -> Option<V> {
        if let Some(there) = self.get_mut(&key) {
            return Some(std::mem::replace(there, value));
        }
        let table = table_for(self.entries.len().saturating_add(1), self.table);
        if table != self.table {
            self.table = table;
            // Buckets are split in two, each half in the order of before: a stable sort.
            let mut order: Vec<(usize, usize)> =
                self.entries.iter().map(|(key, _)| self.bucket(key)).zip(0..).collect();
            order.sort_unstable();
            let mut entries: Vec<Option<(String, V)>> =
                std::mem::take(&mut self.entries).into_iter().map(Some).collect();
            self.entries = order.into_iter().filter_map(|(_, at)| entries.get_mut(at)?.take()).collect();
        }
        let bucket = self.bucket(&key);
        let at = self.entries.partition_point(|(there, _)| self.bucket(there) <= bucket);
        self.entries.insert(at, (key, value));
        None
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let at = self.place(key)?;
        Some(self.entries.remove(at).1)
    }

    fn bucket(&self, key: &str) -> usize {
        bucket(string_hash_code(key), self.table.saturating_sub(1))
    }

    fn place(&self, key: &str) -> Option<usize> {
        let bucket = self.bucket(key);
        let from = self.entries.partition_point(|(there, _)| self.bucket(there) < bucket);
        let bucketful = self.entries.get(from..)?.iter().take_while(|(there, _)| self.bucket(there) == bucket);
        bucketful.zip(from..).find(|((there, _), _)| there == key).map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_log::java::hash_order;

    #[test]
    fn keys_are_gone_through_as_in_java() {
        let mut map = JavaMap::default();
        let names: Vec<String> = (0..100).map(|number| format!("member-{number}")).collect();
        for (at, name) in names.iter().enumerate() {
            map.insert(name.clone(), at);
            let hashes = names.iter().take(at + 1).map(|name| string_hash_code(name));
            let order: Vec<usize> = hash_order(hashes, 0);
            assert_eq!(map.values().copied().collect::<Vec<_>>(), order, "after {name}");
        }
        assert_eq!((map.get("member-7"), map.get("member-100"), map.len()), (Some(&7), None, 100));
        assert_eq!((map.insert("member-7".to_owned(), 8), map.remove("member-7"), map.len()), (Some(7), Some(8), 99));
        assert!(!map.contains_key("member-7"));
    }
}
