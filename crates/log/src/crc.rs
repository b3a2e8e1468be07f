//! CRC-32C (Castagnoli), as batches carry it. Kafka: `Crc32C`.

/// The CRC-32C of the parts one after the other.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    parts.iter().fold(0, |crc, part| crc32c::crc32c_append(crc, part))
}

/// The CRC-32C of the parts one after the other. With a table of 1 KB, where the crate that uses the processor's own
/// instruction brings 8 KB that do not compress.
#[cfg(target_arch = "wasm32")]
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    static ALGORITHM: crc::Crc<u32, crc::Table<1>> = crc::Crc::<u32, crc::Table<1>>::new(&crc::CRC_32_ISCSI);
    let mut digest = ALGORITHM.digest();
    for part in parts {
        digest.update(part);
    }
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_castagnoli_in_any_parts() {
        assert_eq!(crc32c(&[b"123456789"]), 0xe306_9283);
        assert_eq!(crc32c(&[b"1234", b"", b"56789"]), 0xe306_9283);
        assert_eq!(crc32c(&[]), 0);
        let small = crc::Crc::<u32, crc::Table<1>>::new(&crc::CRC_32_ISCSI);
        for length in [0, 1, 7, 8, 9, 1000] {
            let bytes: Vec<u8> = (0..length).map(|number: u32| number.wrapping_mul(31).to_le_bytes()[0]).collect();
            assert_eq!(small.checksum(&bytes), crc32c(&[&bytes]), "{length}");
        }
    }
}
