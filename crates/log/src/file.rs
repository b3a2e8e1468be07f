//! The `.log` file, batch after batch, as it is read: it ends where less than a batch is left. Kafka 4.3: `FileRecords`,
//! `FileLogInputStream`.

use crate::batch::LOG_OVERHEAD;

/// Up to the magic byte, all formats are alike: so many bytes say how large a batch is. Kafka:
/// `Records.HEADER_SIZE_UP_TO_MAGIC`.
pub const HEADER_SIZE_UP_TO_MAGIC: usize = 17;
/// The smallest record of any format, without offset and length. Kafka: `LegacyRecord.RECORD_OVERHEAD_V0`.
pub const SMALLEST_RECORD: i32 = 14;

/// What stands at a place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A batch by its length field; whether it is whole is not known yet.
    Batch {
        /// Its size in bytes.
        size: u64,
        /// Its format; below 2 it is one from before Kafka 0.11.
        magic: i8,
    },
    /// The end, or less than a batch says that it has.
    End,
    /// No batch has so few bytes. Kafka: `CorruptRecordException`.
    TooSmall {
        /// What the length field says.
        length: i32,
    },
}

/// What stands at a place where `left` bytes are left, of which `header` are the first 17, or all. Kafka: `nextBatch`.
pub fn step(header: &[u8], left: u64) -> Step {
    let needed = HEADER_SIZE_UP_TO_MAGIC;
    if left <= needed as u64 {
        return Step::End;
    }
    let length = header.get(8..).and_then(|rest| rest.first_chunk::<4>()).copied().map(i32::from_be_bytes);
    let magic = header.get(16).map(|byte| byte.cast_signed());
    let (Some(length), Some(magic)) = (length, magic) else { return Step::End };
    if length < SMALLEST_RECORD {
        return Step::TooSmall { length };
    }
    let size = u64::from(length.unsigned_abs()).saturating_add(LOG_OVERHEAD as u64);
    if size > left { Step::End } else { Step::Batch { size, magic } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(length: i32, magic: i8) -> Vec<u8> {
        [&[0; 8], length.to_be_bytes().as_slice(), &[0; 4], &magic.to_be_bytes()].concat()
    }

    #[test]
    fn a_file_ends_where_less_than_a_batch_is_left() {
        assert_eq!(step(&header(100, 2), 112), Step::Batch { size: 112, magic: 2 });
        assert_eq!(step(&header(100, 0), 200), Step::Batch { size: 112, magic: 0 });
        assert_eq!(step(&header(100, 2), 111), Step::End);
        assert_eq!(step(&header(i32::MAX, 2), 200), Step::End);
        assert_eq!(step(&header(100, 2), 17), Step::End);
        assert_eq!(step(&[], 0), Step::End);
        assert_eq!(step(&header(13, 2), 200), Step::TooSmall { length: 13 });
        assert_eq!(step(&header(-1, 2), 200), Step::TooSmall { length: -1 });
    }
}
