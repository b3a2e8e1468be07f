//! What Kafka's answers owe to Java's own library.

/// A `HashMap` begins with so many buckets.
pub const SMALLEST_TABLE: usize = 16;

/// `String.hashCode()`: over UTF-16 code units, so that a letter outside of the Basic Multilingual Plane counts as two.
pub fn string_hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// `Long.hashCode()`.
pub fn long_hash_code(number: i64) -> i32 {
    let [high, low] = [number >> 32, number].map(|half| i32::from_be_bytes(last_half(half)));
    high ^ low
}

fn last_half(number: i64) -> [u8; 4] {
    let [_, _, _, _, a, b, c, d] = number.to_be_bytes();
    [a, b, c, d]
}

/// The absolute value, and 0 for the one number that has none. Kafka: `Utils.abs`.
pub fn abs(number: i32) -> i32 {
    number.checked_abs().unwrap_or(0)
}

/// The bucket of a hash in a table of `mask` + 1 buckets.
pub fn bucket(hash: i32, mask: usize) -> usize {
    let hash = hash.cast_unsigned();
    usize::try_from(hash ^ (hash >> 16)).unwrap_or(usize::MAX) & mask
}

/// The size of a table with so many keys, if it was `table` before: one that is more than three quarters full doubles.
pub fn table_for(keys: usize, mut table: usize) -> usize {
    while keys > table.saturating_mul(3) / 4 {
        table = table.saturating_mul(2);
    }
    table
}

/// The table of a `HashMap` or `HashSet` that is made with room for so many keys: `new HashMap<>(capacity)`. What is put
/// in may make it grow, see [`table_for`].
pub fn table_with_capacity(capacity: usize) -> usize {
    capacity.checked_next_power_of_two().unwrap_or(capacity)
}

/// The capacity that is asked for so that a table of so many keys does not grow: `(int) (keys / 0.75f) + 1`.
pub fn capacity_for(keys: usize) -> usize {
    keys.saturating_mul(4).checked_div(3).unwrap_or(0).saturating_add(1)
}

/// The order in which a `HashMap` or `HashSet` goes through its keys, as indexes into the order in which they were put in.
/// `hashes` are their `hashCode()`s, each key once. `copied` is how many of them the table was made for (a set made from a
/// collection); the rest came one by one, and a table that is three quarters full doubles.
///
/// Differs from Java: a bucket with eight keys or more becomes a tree there, which can change its order.
pub fn hash_order(hashes: impl IntoIterator<Item = i32>, copied: usize) -> Vec<usize> {
    let table = table_with_capacity(capacity_for(copied).max(SMALLEST_TABLE));
    hash_order_from(hashes.into_iter().collect(), table)
}

/// [`hash_order`] of a table that had `table` buckets at first.
pub fn hash_order_from(hashes: Vec<i32>, table: usize) -> Vec<usize> {
    let mask = table_for(hashes.len(), table.max(1)).saturating_sub(1);
    let mut order: Vec<(usize, usize)> = hashes.into_iter().map(|hash| bucket(hash, mask)).zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java 17 answers: `new HashSet<>(List.of(…))` and `new HashMap<>()` filled one by one.
    #[test]
    fn hashes_are_gone_through_as_in_java() {
        let order = |keys: &[i32], copied| -> Vec<i32> {
            hash_order(keys.iter().copied(), copied).into_iter().map(|index| keys[index]).collect()
        };
        assert_eq!(order(&[33, 1, 17, 16, 2], 5), [16, 33, 1, 17, 2], "a table of 16");
        assert_eq!(order(&[33, 1, 17, 16, 2], 13), [33, 1, 2, 16, 17], "a table of 32");
        let thirteen: Vec<i32> = (0..13).map(|number| number * 16).collect();
        assert_eq!(order(&thirteen, 0)[..7], [0, 32, 64, 96, 128, 160, 192], "the thirteenth key doubles the table");
    }

    /// What Java 17 answers.
    #[test]
    fn strings_and_longs_hash_as_in_java() {
        let table = [
            ("", 0),
            ("a", 97),
            ("orders", -1_008_770_331),
            ("polygenelubricants", i32::MIN),
            ("消费者组", 871_131_088),
            ("😀", 1_772_899),
        ];
        for (text, hash) in table {
            assert_eq!(string_hash_code(text), hash, "{text}");
        }
        assert_eq!(abs(string_hash_code("polygenelubricants")), 0);
        assert_eq!(abs(-5), 5);
        assert_eq!([0, 1_000_000_007, 1 << 32, -1].map(long_hash_code), [0, 1_000_000_007, 1, 0]);
    }
}
