//! The last offset of each key. Kafka 4.3: `SkimpyOffsetMap`.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Keys and their last offsets, up to a bound.
#[derive(Clone, Debug)]
pub struct OffsetMap {
    keys_max: usize,
    offsets: BTreeMap<Rc<[u8]>, i64>,
    latest_offset: i64,
}

impl OffsetMap {
    /// An empty map of so many slots, of which a part is filled at most (`log.cleaner.io.buffer.load.factor`).
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a map has far less than 2^53 slots, and a factor is neither negative nor large"
    )]
    pub fn new(slots: usize, load_factor: f64) -> OffsetMap {
        OffsetMap::with_keys_max((slots as f64 * load_factor) as usize)
    }

    /// An empty map of at most so many keys.
    pub fn with_keys_max(keys_max: usize) -> OffsetMap {
        OffsetMap { keys_max, offsets: BTreeMap::new(), latest_offset: -1 }
    }

    /// No key fits any more, not even one that is here.
    pub fn is_full(&self) -> bool {
        self.offsets.len() >= self.keys_max
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The last offset that this map knows about, of whatever key; −1 for none.
    pub fn latest_offset(&self) -> i64 {
        self.latest_offset
    }

    pub(super) fn update_latest_offset(&mut self, offset: i64) {
        self.latest_offset = offset;
    }

    /// The last offset of a key.
    pub fn get(&self, key: &[u8]) -> Option<i64> {
        self.offsets.get(key).copied()
    }

    pub(super) fn put(&mut self, key: &[u8], offset: i64) {
        self.offsets.insert(key.into(), offset);
        self.latest_offset = offset;
    }

    pub(super) fn clear(&mut self) {
        self.offsets.clear();
        self.latest_offset = -1;
    }
}
