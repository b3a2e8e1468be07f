//! Zigzag variable-length integers. Kafka 4.3: `org.apache.kafka.common.utils.ByteUtils`.
//!
//! Seven bits a byte, the lowest first; the high bit says that another byte follows. Zigzag puts the sign into the
//! lowest bit, so that −1 is as short as 1. Read as leniently as Kafka does: leading zero bits and bits past the
//! integer's width are let go, only a byte too many is an error.

/// The most bytes of a varint (32 bits).
pub const VARINT_MAX_BYTES: usize = 5;
/// The most bytes of a varlong (64 bits).
pub const VARLONG_MAX_BYTES: usize = 10;

/// The bit that says that another byte follows.
const MORE: u8 = 0x80;
/// How many bits of the integer a byte holds.
const BITS: u32 = 7;

/// Why a variable-length integer cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VarintError {
    /// The bytes end before the integer does. Kafka: `BufferUnderflowException`.
    #[error("the bytes end inside a variable-length integer")]
    Truncated,
    /// The last byte that an integer of this width can have says that another one follows.
    /// Kafka: `IllegalArgumentException` ("Varint is too long").
    #[error("a variable-length integer is too long")]
    TooLong,
}

/// Appends `value` as a zigzag varint. Kafka: `writeVarint`.
pub fn write_varint(value: i32, out: &mut Vec<u8>) {
    write_unsigned(u64::from(zigzag_32(value)), out);
}

/// Appends `value` as a zigzag varlong. Kafka: `writeVarlong`.
pub fn write_varlong(value: i64, out: &mut Vec<u8>) {
    write_unsigned(zigzag_64(value), out);
}

/// How many bytes [`write_varint`] appends. Kafka: `sizeOfVarint`.
pub fn varint_size(value: i32) -> usize {
    unsigned_size(u64::from(zigzag_32(value)))
}

/// How many bytes [`write_varlong`] appends. Kafka: `sizeOfVarlong`.
pub fn varlong_size(value: i64) -> usize {
    unsigned_size(zigzag_64(value))
}

/// Reads a varint at the start of `bytes`: the value and the bytes it took. Kafka: `readVarint`.
///
/// # Errors
/// As [`VarintError`] says.
#[inline]
pub fn read_varint(bytes: &[u8]) -> Result<(i32, usize), VarintError> {
    let (unsigned, size) = read_unsigned(bytes, VARINT_MAX_BYTES)?;
    // The fifth byte holds the highest four bits; what else it says, Kafka shifts away.
    let [a, b, c, d, ..] = unsigned.to_le_bytes();
    let unsigned = u32::from_le_bytes([a, b, c, d]);
    Ok(((unsigned >> 1).cast_signed() ^ -((unsigned & 1).cast_signed()), size))
}

/// Reads a varlong at the start of `bytes`: the value and the bytes it took. Kafka: `readVarlong`.
///
/// # Errors
/// As [`VarintError`] says.
#[inline]
pub fn read_varlong(bytes: &[u8]) -> Result<(i64, usize), VarintError> {
    let (unsigned, size) = read_unsigned(bytes, VARLONG_MAX_BYTES)?;
    Ok(((unsigned >> 1).cast_signed() ^ -((unsigned & 1).cast_signed()), size))
}

fn zigzag_32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)).cast_unsigned()
}

fn zigzag_64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn write_unsigned(mut value: u64, out: &mut Vec<u8>) {
    while value >= u64::from(MORE) {
        out.push(low_byte(value) | MORE);
        value >>= BITS;
    }
    out.push(low_byte(value));
}

fn low_byte(value: u64) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}

fn unsigned_size(value: u64) -> usize {
    let bits = u64::BITS.saturating_sub(value.leading_zeros()).max(1);
    usize::try_from(bits.div_ceil(BITS)).unwrap_or(VARLONG_MAX_BYTES)
}

#[inline]
fn read_unsigned(bytes: &[u8], max: usize) -> Result<(u64, usize), VarintError> {
    match bytes.first() {
        // Most integers of a batch are this short.
        Some(first) if first & MORE == 0 => Ok((u64::from(*first), 1)),
        _ => read_long(bytes, max),
    }
}

fn read_long(bytes: &[u8], max: usize) -> Result<(u64, usize), VarintError> {
    let mut value = 0_u64;
    let mut shift = 0_u32;
    for (byte, size) in bytes.iter().zip(1..=max) {
        // At most 63: the shifts of ten bytes.
        value |= u64::from(byte & !MORE).wrapping_shl(shift);
        if byte & MORE == 0 {
            return Ok((value, size));
        }
        shift = shift.saturating_add(BITS);
    }
    Err(if bytes.len() < max { VarintError::Truncated } else { VarintError::TooLong })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `ByteUtilsTest.testVarintSerde`.
    #[test]
    fn varints_are_kafkas_bytes() {
        for (value, bytes) in [
            (0, vec![0x00]),
            (-1, vec![0x01]),
            (1, vec![0x02]),
            (63, vec![0x7e]),
            (-64, vec![0x7f]),
            (64, vec![0x80, 0x01]),
            (-65, vec![0x81, 0x01]),
            (8191, vec![0xfe, 0x7f]),
            (-8192, vec![0xff, 0x7f]),
            (8192, vec![0x80, 0x80, 0x01]),
            (-8193, vec![0x81, 0x80, 0x01]),
            (1_048_575, vec![0xfe, 0xff, 0x7f]),
            (1_048_576, vec![0x80, 0x80, 0x80, 0x01]),
            (134_217_727, vec![0xfe, 0xff, 0xff, 0x7f]),
            (134_217_728, vec![0x80, 0x80, 0x80, 0x80, 0x01]),
            (i32::MAX, vec![0xfe, 0xff, 0xff, 0xff, 0x0f]),
            (i32::MIN, vec![0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            let mut written = Vec::new();
            write_varint(value, &mut written);
            assert_eq!((&written, varint_size(value)), (&bytes, bytes.len()), "{value}");
            assert_eq!(read_varint(&bytes), Ok((value, bytes.len())), "{value}");
            let wide = i64::from(value);
            assert_eq!((read_varlong(&bytes), varlong_size(wide)), (Ok((wide, bytes.len())), bytes.len()));
        }
    }

    #[test]
    fn varlongs_are_kafkas_bytes() {
        let ones = |last: u8| [[0xff; 9].as_slice(), &[last]].concat();
        let least = ones(0x01);
        let greatest = [&[0xfe], &[0xff; 8][..], &[0x01]].concat();
        for (value, bytes) in [
            (i64::from(i32::MAX) + 1, vec![0x80, 0x80, 0x80, 0x80, 0x10]),
            (i64::from(i32::MIN) - 1, vec![0x81, 0x80, 0x80, 0x80, 0x10]),
            (i64::MIN, least),
            (i64::MAX, greatest),
        ] {
            let mut written = Vec::new();
            write_varlong(value, &mut written);
            assert_eq!((&written, varlong_size(value)), (&bytes, bytes.len()), "{value}");
            assert_eq!(read_varlong(&bytes), Ok((value, bytes.len())), "{value}");
        }
    }

    #[test]
    fn what_is_cut_or_too_long_is_said() {
        for cut in 0..VARINT_MAX_BYTES {
            assert_eq!(read_varint(&[MORE; VARINT_MAX_BYTES][..cut]), Err(VarintError::Truncated));
        }
        assert_eq!(read_varint(&[MORE; VARINT_MAX_BYTES]), Err(VarintError::TooLong));
        assert_eq!(read_varlong(&[MORE; 9]), Err(VarintError::Truncated));
        assert_eq!(read_varlong(&[0xff; 12]), Err(VarintError::TooLong));
    }

    /// `readUnsignedVarint` shifts into an `int`: what does not fit is lost, not refused.
    #[test]
    fn longer_than_needed_and_wider_than_fits_are_read_as_kafka_does() {
        assert_eq!(read_varint(&[0x82, 0x80, 0x00]), Ok((1, 3)));
        assert_eq!(read_varint(&[0x80, 0x80, 0x80, 0x80, 0x7f]), read_varint(&[0x80, 0x80, 0x80, 0x80, 0x0f]));
        let (wide, narrow) = ([[0x80; 9].as_slice(), &[0x7f]].concat(), [[0x80; 9].as_slice(), &[0x01]].concat());
        assert_eq!(read_varlong(&wide), read_varlong(&narrow));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(value: i64, narrow: i32, after: Vec<u8>) {
            let mut bytes = Vec::new();
            write_varlong(value, &mut bytes);
            let size = bytes.len();
            proptest::prop_assert_eq!(size, varlong_size(value));
            bytes.extend_from_slice(&after);
            proptest::prop_assert_eq!(read_varlong(&bytes), Ok((value, size)));
            let mut bytes = Vec::new();
            write_varint(narrow, &mut bytes);
            proptest::prop_assert_eq!(bytes.len(), varint_size(narrow));
            proptest::prop_assert_eq!(read_varint(&bytes), Ok((narrow, bytes.len())));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            for size in [read_varint(&bytes).map(|(_, size)| size), read_varlong(&bytes).map(|(_, size)| size)] {
                proptest::prop_assert!(size.is_err() || size.is_ok_and(|size| size <= bytes.len()));
            }
        }
    }
}
