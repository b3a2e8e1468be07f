//! Zigzag variable-length integers. Kafka 4.3: `org.apache.kafka.common.utils.ByteUtils`.

/// The most bytes of a varint (32 bits).
pub const VARINT_MAX_BYTES: usize = 5;
/// The most bytes of a varlong (64 bits).
pub const VARLONG_MAX_BYTES: usize = 10;

/// Why a variable-length integer cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VarintError {
    /// The bytes end before the integer does.
    #[error("the bytes end inside a variable-length integer")]
    Truncated,
    /// The last allowed byte says that another one follows, or the value does not fit.
    #[error("a variable-length integer is too long")]
    TooLong,
}

/// Appends `value` as a zigzag varint.
pub fn write_varint(value: i32, out: &mut Vec<u8>) {
    write_unsigned(u64::from(zigzag_32(value)), out);
}

/// Appends `value` as a zigzag varlong.
pub fn write_varlong(value: i64, out: &mut Vec<u8>) {
    write_unsigned(zigzag_64(value), out);
}

/// How many bytes [`write_varint`] appends.
pub fn varint_size(value: i32) -> usize {
    unsigned_size(u64::from(zigzag_32(value)))
}

/// How many bytes [`write_varlong`] appends.
pub fn varlong_size(value: i64) -> usize {
    unsigned_size(zigzag_64(value))
}

/// Reads a varint at the start of `bytes`: the value and the bytes it took.
///
/// # Errors
/// As [`VarintError`] says.
pub fn read_varint(bytes: &[u8]) -> Result<(i32, usize), VarintError> {
    let (value, size) = read_unsigned(bytes, VARINT_MAX_BYTES)?;
    let value = u32::try_from(value & u64::from(u32::MAX)).map_err(|_| VarintError::TooLong)?;
    Ok(((value >> 1).cast_signed() ^ -((value & 1).cast_signed()), size))
}

/// Reads a varlong at the start of `bytes`: the value and the bytes it took.
///
/// # Errors
/// As [`VarintError`] says.
pub fn read_varlong(bytes: &[u8]) -> Result<(i64, usize), VarintError> {
    let (value, size) = read_unsigned(bytes, VARLONG_MAX_BYTES)?;
    Ok(((value >> 1).cast_signed() ^ -((value & 1).cast_signed()), size))
}

fn zigzag_32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)).cast_unsigned()
}

fn zigzag_64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn write_unsigned(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}

fn unsigned_size(value: u64) -> usize {
    let bits = 64_u32.saturating_sub(value.leading_zeros()).max(1);
    usize::try_from(bits.div_ceil(7)).unwrap_or(VARLONG_MAX_BYTES)
}

fn read_unsigned(bytes: &[u8], max: usize) -> Result<(u64, usize), VarintError> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(max) {
        let shift = u32::try_from(index).unwrap_or(0).saturating_mul(7);
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok((value, index.saturating_add(1)));
        }
    }
    Err(if bytes.len() < max { VarintError::Truncated } else { VarintError::TooLong })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_change_where_kafka_says() {
        // `ByteUtilsTest.testSizeOfVarint` in spirit: the border of each size.
        for (value, size) in
            [(0, 1), (-1, 1), (63, 1), (-64, 1), (64, 2), (-65, 2), (8191, 2), (8192, 3), (i32::MAX, 5), (i32::MIN, 5)]
        {
            let mut bytes = Vec::new();
            write_varint(value, &mut bytes);
            assert_eq!((bytes.len(), varint_size(value)), (size, size), "{value}");
            assert_eq!(read_varint(&bytes), Ok((value, size)), "{value}");
        }
    }

    #[test]
    fn what_is_cut_or_too_long_is_said() {
        assert_eq!(read_varint(&[0x80]), Err(VarintError::Truncated));
        assert_eq!(read_varint(&[0x80; 5]), Err(VarintError::TooLong));
        assert_eq!(read_varlong(&[0xff; 12]), Err(VarintError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(value: i64) {
            let mut bytes = Vec::new();
            write_varlong(value, &mut bytes);
            proptest::prop_assert_eq!(bytes.len(), varlong_size(value));
            proptest::prop_assert_eq!(read_varlong(&bytes), Ok((value, bytes.len())));
        }
    }
}
