//! CRC-32C (Castagnoli), as batches carry it. Kafka: `Crc32C`.

/// The CRC-32C of the parts one after the other.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    parts.iter().fold(0, |crc, part| crc32c::crc32c_append(crc, part))
}

/// The CRC-32C of the parts one after the other.
#[cfg(target_arch = "wasm32")]
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    tables::crc32c(parts)
}

/// Where the processor's own instruction cannot be had: eight bytes at a time. The tables are made when they are first needed,
/// since 8 KB of them in a page do not compress.
#[cfg(any(target_arch = "wasm32", test))]
mod tables {
    use std::sync::OnceLock;

    /// Castagnoli's polynomial, lowest bit first.
    const POLYNOMIAL: u32 = 0x82f6_3b78;

    /// What a byte does to the CRC, by how many bytes come after it before the CRC is looked at.
    type Tables = [[u32; 256]; 8];

    pub(super) fn crc32c(parts: &[&[u8]]) -> u32 {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        let tables = TABLES.get_or_init(tables);
        !parts.iter().fold(!0, |crc, part| update(tables, crc, part))
    }

    fn tables() -> Tables {
        let mut tables = [[0; 256]; 8];
        let mut before = [0; 256];
        for (byte, entry) in (0_u32..).zip(&mut before) {
            *entry = (0..8).fold(byte, |crc, _| (crc >> 1) ^ if crc & 1 == 0 { 0 } else { POLYNOMIAL });
        }
        let one = before;
        for table in &mut tables {
            *table = before;
            for entry in &mut before {
                *entry = shifted(&one, *entry);
            }
        }
        tables
    }

    fn of(table: &[u32; 256], byte: u8) -> u32 {
        table.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// A byte more, which is zero.
    fn shifted(one: &[u32; 256], crc: u32) -> u32 {
        let [low, ..] = crc.to_le_bytes();
        (crc >> 8) ^ of(one, low)
    }

    fn update(tables: &Tables, mut crc: u32, bytes: &[u8]) -> u32 {
        let [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            let [b0, b1, b2, b3, b4, b5, b6, b7] = (u64::from_le_bytes(*word) ^ u64::from(crc)).to_le_bytes();
            crc = of(t7, b0) ^ of(t6, b1) ^ of(t5, b2) ^ of(t4, b3) ^ of(t3, b4) ^ of(t2, b5) ^ of(t1, b6) ^ of(t0, b7);
        }
        rest.iter().fold(crc, |crc, byte| shifted(t0, crc ^ u32::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_castagnoli_in_any_parts() {
        assert_eq!(crc32c(&[b"123456789"]), 0xe306_9283);
        assert_eq!(crc32c(&[b"1234", b"", b"56789"]), 0xe306_9283);
        assert_eq!(crc32c(&[]), 0);
        for length in [0, 1, 7, 8, 9, 1000] {
            let bytes: Vec<u8> = (0..length).map(|number: u32| number.wrapping_mul(31).to_le_bytes()[0]).collect();
            for cut in [0, length / 3, length] {
                let (front, back) = bytes.split_at(usize::try_from(cut).unwrap());
                assert_eq!(tables::crc32c(&[front, back]), crc32c(&[&bytes]), "{length} in two at {cut}");
            }
        }
    }
}
