//! What Kafka's answers owe to Java's own library.

/// `String.hashCode()`: over UTF-16 code units, so that a letter outside of the Basic Multilingual Plane counts as two.
pub fn string_hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The absolute value, and 0 for the one number that has none. Kafka: `Utils.abs`.
pub fn abs(number: i32) -> i32 {
    number.checked_abs().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java 17 answers.
    #[test]
    fn strings_hash_as_in_java() {
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
    }
}
