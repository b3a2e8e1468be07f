//! Bytes that are no batch, or a damaged one: every error says which field, and at which byte.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use highwater_log::batch::{
    BatchError, BatchSpec, EncodeError, Field, FieldValue, HEADER_SIZE, Layout, LayoutField, RecordBatch,
};
use highwater_log::record::NewRecord;

mod common;

use common::{from_hex, record, small_batch};

/// The bytes of a batch with another CRC, count and records.
fn with_records(count: i32, records: &[u8]) -> Vec<u8> {
    let mut bytes = small_batch().to_bytes();
    bytes.truncate(HEADER_SIZE);
    bytes.extend_from_slice(records);
    let length = i32::try_from(bytes.len() - 12).unwrap();
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[57..61].copy_from_slice(&count.to_be_bytes());
    bytes
}

fn error_of(bytes: &[u8]) -> String {
    match RecordBatch::decode(bytes).and_then(|batch| batch.records()) {
        Ok(records) => panic!("read {records:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_header_that_cannot_be_is_said_with_its_place() {
    let whole = small_batch().to_bytes();
    let with = |at: usize, field: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + field.len()].copy_from_slice(field);
        bytes
    };
    for (bytes, error) in [
        (vec![], "baseOffset at byte 0: 8 bytes are needed, 0 are there"),
        (with(16, &[1]), "magic at byte 16: 1, this reads 2"),
        (with(16, &[0xff]), "magic at byte 16: -1, this reads 2"),
        (with(8, &48_i32.to_be_bytes()), "batchLength at byte 8: 48, a header alone has 49 bytes after it"),
        (with(8, &(-1_i32).to_be_bytes()), "batchLength at byte 8: -1, a header alone has 49 bytes after it"),
        (with(8, &i32::MAX.to_be_bytes()), "batchLength at byte 8: 2147483659 bytes are needed, 91 are there"),
        (with(21, &[0, 5]), "attributes at byte 21: there is no codec 5"),
        (with(21, &[0, 4]), "records at byte 61: compressed with zstd, which is not read here"),
        (with(57, &(-1_i32).to_be_bytes()), "recordsCount at byte 57: -1 cannot be, 30 bytes follow"),
    ] {
        assert_eq!(error_of(&bytes), error);
    }
    let flipped = RecordBatch::decode(&with(whole.len() - 1, &[0x7f])).unwrap();
    let crc = RecordBatch::decode(&whole).unwrap().crc();
    let error = flipped.check_crc().unwrap_err().to_string();
    assert!(error.starts_with(&format!("crc at byte 17: stored {crc:#010x}, computed 0x")), "{error}");
}

/// Records of which the CRC would be right: what a buggy client or a broker's bug could leave.
#[test]
fn a_record_that_cannot_be_is_said_with_its_place() {
    for (count, records, error) in [
        (1, "", "length at byte 61: the bytes end inside a variable-length integer"),
        (1, "8080808080", "length at byte 61: a variable-length integer is too long"),
        (1, "0e000000010100", "length at byte 61: 7 cannot be, 6 bytes follow"),
        (1, "01000000010100", "length at byte 61: -1 cannot be, 6 bytes follow"),
        (1, "00", "attributes at byte 62: 1 bytes are needed, 0 are there"),
        (1, "0200", "timestampDelta at byte 63: the bytes end inside a variable-length integer"),
        (1, "040000", "offsetDelta at byte 64: the bytes end inside a variable-length integer"),
        (1, "06000000", "keyLength at byte 65: the bytes end inside a variable-length integer"),
        (1, "0c00000004616100", "valueLength at byte 68: the bytes end inside a variable-length integer"),
        (1, "0c000000080101 00", "keyLength at byte 65: 4 cannot be, 2 bytes follow"),
        (1, "0c000000010101", "headersCount at byte 67: -1 cannot be, 0 bytes follow"),
        (1, "0c000000010104", "headersCount at byte 67: 2 cannot be, 0 bytes follow"),
        (1, "1000000001010201 01", "headerKeyLength at byte 68: -1 cannot be, 1 bytes follow"),
        (1, "10000000010102026b", "headerValueLength at byte 70: the bytes end inside a variable-length integer"),
        (1, "0e00000001010000", "length at byte 61: 7, but the fields end after 6 bytes"),
        (1, "0c00000001010000", "recordsCount at byte 57: 1, but 1 bytes follow the last record at byte 68"),
        (2, "0c000000010100", "length at byte 68: the bytes end inside a variable-length integer"),
    ] {
        let records = from_hex(&records.replace(' ', ""));
        assert_eq!(error_of(&with_records(count, &records)), error);
    }
}

/// As Kafka reads them: any negative length is null, an empty batch has no records whatever follows, a key of a header
/// is text whatever it is.
#[test]
fn what_kafka_lets_pass_passes() {
    let records = |count, hex: &str| RecordBatch::decode(&with_records(count, &from_hex(hex))).unwrap().records();
    let read = records(1, "0c000000030500").unwrap();
    assert_eq!((&read[0].key, &read[0].value), (&None, &None));
    assert_eq!(records(0, "ffff"), Ok(vec![]));
    let read = records(1, "140000000101020466ff01").unwrap();
    assert_eq!((&*read[0].headers[0].key, &read[0].headers[0].value), ("f\u{fffd}", &None));
}

#[test]
fn every_cut_is_located() {
    let whole = small_batch().to_bytes();
    for cut in 0..whole.len() {
        let field = Field::HEADER.into_iter().rev().find(|field| field.position() <= cut).unwrap();
        match RecordBatch::decode(&whole[..cut]) {
            Err(BatchError::Truncated { field: at, position, .. }) => assert_eq!(
                (at, position),
                if cut < HEADER_SIZE { (field, field.position()) } else { (Field::BatchLength, 8) },
                "cut at {cut}"
            ),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

/// The same cuts, under a length and a count that fit: the field of the record that the cut hits is named.
#[test]
fn every_cut_within_the_records_is_located() {
    let whole = small_batch();
    let bytes = whole.to_bytes();
    for cut in HEADER_SIZE..bytes.len() {
        let records = with_records(2, &bytes[HEADER_SIZE..cut]);
        let error = RecordBatch::decode(&records).unwrap().records().unwrap_err();
        // A record that is cut is already too long for what is left.
        let lengths = whole.layout().fields.into_iter().filter(|field| field.field == Field::RecordLength);
        let begun = lengths.map(|field| field.bytes.start).rfind(|start| *start <= cut).unwrap();
        let message = error.to_string();
        assert!(message.starts_with(&format!("length at byte {begun}: ")), "cut at {cut}: {message}");
        assert_eq!(error.error_name(), "INVALID_RECORD");
    }
}

#[test]
fn every_flipped_bit_that_the_crc_covers_is_caught() {
    let whole = small_batch().to_bytes();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let read = RecordBatch::decode(&bytes);
            match (at, &read) {
                // Neither the base offset nor the epoch is covered.
                (0..8 | 12..16, read) => assert_eq!(read.as_ref().unwrap().check_crc(), Ok(())),
                // A shorter length or a newer magic can still be read.
                (8..12 | 16, _) => {}
                (_, read) => assert!(
                    matches!(read.as_ref().unwrap().check_crc(), Err(BatchError::Crc { .. })),
                    "bit {bit} of byte {at}"
                ),
            }
            if let Ok(read) = &read {
                let layout = read.layout();
                // Compressed records are a field of their own to the layout.
                let is_read = |error: &BatchError| !matches!(error, BatchError::Compressed { .. });
                assert_eq!(layout.error, read.records().err().filter(is_read), "bit {bit} of byte {at}");
                assert_eq!(read.to_bytes(), bytes[..read.to_bytes().len()]);
            }
        }
    }
}

/// 61 bytes that claim 2 GB, or 2³¹−1 records: nothing is allocated for a claim. (If it were, this would end here.)
#[test]
fn claims_are_not_believed() {
    let claims = with_records(i32::MAX, &[]);
    assert_eq!(error_of(&claims), "length at byte 61: the bytes end inside a variable-length integer");
    let headers = with_records(1, &from_hex("1400000001 01feffffff0f".replace(' ', "").as_str()));
    assert_eq!(error_of(&headers), "headersCount at byte 67: 2147483647 cannot be, 0 bytes follow");
    let key = with_records(1, &from_hex("10000000feffffff0f"));
    assert_eq!(error_of(&key), "keyLength at byte 65: 2147483647 cannot be, 0 bytes follow");
    let mut length = small_batch().to_bytes();
    length.truncate(HEADER_SIZE);
    length[8..12].copy_from_slice(&i32::MAX.to_be_bytes());
    assert_eq!(error_of(&length), "batchLength at byte 8: 2147483659 bytes are needed, 61 are there");
}

#[test]
fn a_damaged_batch_is_laid_out_as_far_as_it_goes() {
    let whole = small_batch().to_bytes();
    let complete = Layout::of(&whole);
    assert_eq!(complete.error, None);
    for cut in 0..whole.len() {
        let layout = Layout::of(&whole[..cut]);
        let there = |field: &&LayoutField<'_>| field.bytes.end <= cut;
        let expected: Vec<_> = complete.fields.iter().filter(there).cloned().collect();
        if cut <= HEADER_SIZE {
            assert_eq!(layout.fields, expected, "cut at {cut}");
        } else {
            // Of a record that is cut only the length can be believed.
            assert_eq!(layout.fields, expected[..layout.fields.len()], "cut at {cut}");
        }
        assert!(matches!(layout.error, Some(BatchError::Truncated { .. })), "cut at {cut}");
    }
    let mut old = whole.clone();
    old[16] = 1;
    let layout = Layout::of(&old);
    assert_eq!(layout.fields.last().map(|field| field.field), Some(Field::Magic));
    assert_eq!(layout.error, Some(BatchError::Magic { magic: 1 }));
}

#[test]
fn compressed_records_are_one_field() {
    let mut bytes = small_batch().to_bytes();
    bytes[22] = 1;
    let layout = Layout::of(&bytes);
    let last = layout.fields.last().unwrap();
    assert_eq!((last.field, last.bytes.clone()), (Field::Records, HEADER_SIZE..bytes.len()));
    assert_eq!(last.value, FieldValue::Bytes(&bytes[HEADER_SIZE..]));
    assert_eq!(layout.error, None);
    bytes[22] = 7;
    assert_eq!(Layout::of(&bytes).error, Some(BatchError::UnknownCodec { codec: 7 }));
}

#[test]
fn the_layout_names_every_byte() {
    let batch = small_batch();
    let bytes = batch.to_bytes();
    let layout = batch.layout();
    assert_eq!((&layout, &layout.error), (&Layout::of(&bytes), &None));
    let said: Vec<String> = layout
        .fields
        .iter()
        .map(|field| {
            let owner = match (field.record, field.header) {
                (Some(record), Some(header)) => format!("{record}.{header}."),
                (Some(record), None) => format!("{record}."),
                _ => String::new(),
            };
            let value = match field.value {
                FieldValue::Number(number) => number.to_string(),
                FieldValue::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
            };
            format!("{}..{} {owner}{} {value}", field.bytes.start, field.bytes.end, field.field)
        })
        .collect();
    let crc = format!("17..21 crc {}", batch.crc());
    let expected = [
        "0..8 baseOffset 0",
        "8..12 batchLength 79",
        "12..16 partitionLeaderEpoch -1",
        "16..17 magic 2",
        crc.as_str(),
        "21..23 attributes 0",
        "23..27 lastOffsetDelta 1",
        "27..35 baseTimestamp 1000",
        "35..43 maxTimestamp 1300",
        "43..51 producerId -1",
        "51..53 producerEpoch -1",
        "53..57 baseSequence -1",
        "57..61 recordsCount 2",
        "61..62 0.length 20",
        "62..63 0.attributes 0",
        "63..64 0.timestampDelta 0",
        "64..65 0.offsetDelta 0",
        "65..66 0.keyLength 1",
        "66..67 0.key \"k\"",
        "67..68 0.valueLength 5",
        "68..73 0.value \"value\"",
        "73..74 0.headersCount 2",
        "74..75 0.0.headerKeyLength 1",
        "75..76 0.0.headerKey \"h\"",
        "76..77 0.0.headerValueLength 2",
        "77..79 0.0.headerValue \"ab\"",
        "79..80 0.1.headerKeyLength 1",
        "80..81 0.1.headerKey \"n\"",
        "81..82 0.1.headerValueLength -1",
        "82..83 1.length 8",
    ];
    assert_eq!(said[..expected.len()], expected);
}

#[test]
fn what_is_no_batch_is_not_written() {
    let spec = BatchSpec::default();
    let some = [record(0, "k", "v")];
    let error = |spec: BatchSpec, records: &[NewRecord]| match RecordBatch::encode(&spec, records) {
        Err(BatchError::Encode(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error(spec, &[]), EncodeError::NoRecords);
    assert_eq!(
        error(spec, &[record(0, "k", "v"), record(-2, "k", "v")]),
        EncodeError::NegativeTimestamp { record: 1, timestamp: -2 }
    );
    let transactional = BatchSpec { transactional: true, ..spec };
    assert_eq!(error(transactional, &some), EncodeError::TransactionalWithoutProducerId);
    let producer = BatchSpec { producer_id: 7, ..spec };
    assert_eq!(error(producer, &some), EncodeError::ProducerIdWithoutEpoch);
    let no_sequence = BatchSpec { producer_epoch: 0, ..producer };
    assert_eq!(error(no_sequence, &some), EncodeError::NegativeSequence { base_sequence: -1 });
    let last = BatchSpec { base_offset: i64::MAX, ..spec };
    assert!(RecordBatch::encode(&last, &some).is_ok());
    let past = error(last, &[some.clone(), some].concat());
    assert_eq!(past, EncodeError::OffsetOverflow { base_offset: i64::MAX, count: 2 });
}
