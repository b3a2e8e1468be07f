//! From a key to a partition. Kafka 4.3: `Utils.murmur2`, `Utils.toPositive`, `BuiltInPartitioner.partitionForKey`.

/// murmur2 with the turns that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Murmur2Trace {
    /// h at the beginning: `seed ^ length`.
    pub initial: i32,
    /// h after each four bytes.
    pub turns: Vec<i32>,
    /// h after the up to three bytes that remain; none if none remain.
    pub tail: Option<i32>,
    /// The hash, after the last mixing.
    pub result: i32,
}

const SEED: i32 = 0x9747_b28c_u32.cast_signed();
const M: i32 = 0x5bd1_e995;
const R: u32 = 24;

/// The hash of `bytes`.
pub fn murmur2(bytes: &[u8]) -> i32 {
    hash(bytes, |_| ())
}

/// The hash of `bytes`, turn by turn.
pub fn murmur2_trace(bytes: &[u8]) -> Murmur2Trace {
    let mut turns = Vec::new();
    let result = hash(bytes, |h| turns.push(h));
    let initial = initial(bytes);
    let has_tail = !bytes.len().is_multiple_of(4);
    let tail = if has_tail { turns.pop() } else { None };
    Murmur2Trace {
        initial,
        turns,
        tail,
        result,
    }
}

/// Clears the sign bit. Not the absolute value.
pub fn to_positive(number: i32) -> i32 {
    number & 0x7fff_ffff
}

fn initial(bytes: &[u8]) -> i32 {
    SEED ^ i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}

/// Calls `turn` with h after each four bytes, and after the rest.
fn hash(bytes: &[u8], mut turn: impl FnMut(i32)) -> i32 {
    let mut h = initial(bytes);
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        let mut k = i32::from_le_bytes(*word).wrapping_mul(M);
        k ^= shift_right(k, R);
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
        turn(h);
    }
    if !rest.is_empty() {
        for (byte, shift) in rest.iter().zip([0, 8, 16]) {
            h ^= i32::from(*byte) << shift;
        }
        h = h.wrapping_mul(M);
        turn(h);
    }
    h ^= shift_right(h, 13);
    h = h.wrapping_mul(M);
    h ^ shift_right(h, 15)
}

/// Java's `>>>`.
fn shift_right(value: i32, by: u32) -> i32 {
    (value.cast_unsigned() >> by).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_is_kafkas() {
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ] {
            assert_eq!(murmur2(text.as_bytes()), hash, "{text}");
        }
        assert_eq!(murmur2(b"user-8"), -1_644_747_527);
        assert_eq!(to_positive(-1_644_747_527), 502_736_121);
    }

    #[test]
    fn the_trace_ends_in_the_hash() {
        for text in ["", "abcd", "user-8", "abc"] {
            let trace = murmur2_trace(text.as_bytes());
            assert_eq!(trace.result, murmur2(text.as_bytes()));
            assert_eq!(trace.turns.len(), text.len() / 4);
            assert_eq!(trace.tail.is_some(), text.len() % 4 != 0);
        }
    }
}
