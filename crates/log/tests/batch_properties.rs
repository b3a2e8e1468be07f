//! What holds for all batches and for all bytes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use highwater_log::batch::{HEADER_SIZE, Layout, RecordBatch};
use highwater_log::record::{NewRecord, Record};
use highwater_log::size::{batch_size_in_bytes, batch_size_upper_bound, record_size_in_bytes, record_size_upper_bound};
use proptest::prelude::*;

mod common;

use common::{some_record, some_records, some_spec};

fn lengths(record: &NewRecord) -> (Option<usize>, Option<usize>) {
    let length = |bytes: &std::rc::Rc<[u8]>| bytes.len();
    (record.key.as_ref().map(length), record.value.as_ref().map(length))
}

fn all_of(bytes: &[u8]) {
    let layout = Layout::of(bytes);
    let mut at = 0;
    for field in &layout.fields {
        assert_eq!(field.bytes.start, at, "{field:?}");
        at = field.bytes.end;
    }
    assert!(at <= bytes.len());
    if let Ok(batch) = RecordBatch::decode(bytes) {
        let size = usize::try_from(batch.size_in_bytes()).unwrap();
        assert_eq!(batch.to_bytes(), bytes[..size]);
        let _ = batch.check_crc();
        let records = batch.records();
        assert_eq!(batch.iter().collect::<Result<Vec<_>, _>>().err(), records.err());
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(spec in some_spec(), records in some_records()) {
        let batch = RecordBatch::encode(&spec, &records).unwrap();
        let bytes = batch.to_bytes();
        let read = RecordBatch::decode(&bytes).unwrap();
        prop_assert_eq!(&read, &batch);
        prop_assert_eq!(read.check_crc(), Ok(()));
        let back = read.records().unwrap();
        prop_assert_eq!(back.len(), records.len());
        for ((offset, was), is) in (spec.base_offset..).zip(&records).zip(back) {
            let Record { offset: at, timestamp, sequence: _, key, value, headers } = is;
            prop_assert_eq!(at, offset);
            let expected = spec.log_append_time.unwrap_or(was.timestamp);
            prop_assert_eq!(timestamp, expected);
            prop_assert_eq!((key.as_deref(), value.as_deref()), (was.key.as_deref(), was.value.as_deref()));
            prop_assert_eq!(&headers, &was.headers);
        }
        let sequences: Vec<i32> = read.iter().map(|record| record.unwrap().sequence).collect();
        prop_assert_eq!(sequences.first(), Some(&read.base_sequence()));
        prop_assert_eq!(sequences.last(), Some(&read.header().last_sequence()));
    }

    #[test]
    fn sizes_are_foretold(spec in some_spec(), records in some_records()) {
        let batch = RecordBatch::encode(&spec, &records).unwrap();
        let size = |(delta, record): (i32, &NewRecord)| {
            let (key, value) = lengths(record);
            let timestamp_delta = record.timestamp.wrapping_sub(records[0].timestamp);
            record_size_in_bytes(delta, timestamp_delta, key, value, &record.headers)
        };
        let foretold = HEADER_SIZE + (0..).zip(&records).map(size).sum::<usize>();
        prop_assert_eq!(batch.size_in_bytes(), foretold as u64);
        prop_assert_eq!(batch_size_in_bytes(&records), foretold);
        for (delta, record) in (0..).zip(&records) {
            let (key, value) = lengths(record);
            let bound = record_size_upper_bound(key, value, &record.headers);
            prop_assert!(size((delta, record)) <= bound);
            prop_assert_eq!(batch_size_upper_bound(key, value, &record.headers), HEADER_SIZE + bound);
        }
    }

    #[test]
    fn the_layout_covers_every_byte_once(spec in some_spec(), records in some_records()) {
        let bytes = RecordBatch::encode(&spec, &records).unwrap().to_bytes();
        let layout = Layout::of(&bytes);
        prop_assert_eq!(layout.error, None);
        let mut at = 0;
        for field in &layout.fields {
            prop_assert_eq!(field.bytes.start, at);
            at = field.bytes.end;
        }
        prop_assert_eq!(at, bytes.len());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        all_of(&bytes);
    }

    /// Foreign records behind a header that can be read, so that more than the first byte of them is looked at.
    #[test]
    fn any_records_are_read_or_refused(
        records in proptest::collection::vec(prop_oneof![3 => 0..24_u8, 1 => any::<u8>()], 0..120),
        count in prop_oneof![0..5_i32, any::<i32>()],
    ) {
        let mut bytes = common::small_batch().to_bytes();
        bytes.truncate(HEADER_SIZE);
        bytes.extend_from_slice(&records);
        let length = i32::try_from(bytes.len() - 12).unwrap();
        bytes[8..12].copy_from_slice(&length.to_be_bytes());
        bytes[57..61].copy_from_slice(&count.to_be_bytes());
        all_of(&bytes);
    }

    #[test]
    fn a_damaged_batch_is_caught_or_read(
        records in proptest::collection::vec(some_record(), 1..4),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let whole = RecordBatch::encode(&highwater_log::batch::BatchSpec::default(), &records).unwrap().to_bytes();
        let mut bytes = whole.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        all_of(&bytes);
        if let Ok(batch) = RecordBatch::decode(&bytes) && bytes[8..12] == whole[8..12] && bytes[17..] != whole[17..] {
            prop_assert!(batch.check_crc().is_err());
        }
    }
}
