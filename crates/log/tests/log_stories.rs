//! What a leader's log and a follower's log go through.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use highwater_log::batch::{BatchError, BatchSpec, RecordBatch, TimestampType};
use highwater_log::leader_epochs::EpochEndOffset;
use highwater_log::log::{AppendInfo, BYTES_MAX, Isolation, LeaderAppend, Log, LogConfig, LogError};
use highwater_log::producer_state::{AppendOrigin, EndTransactionMarker, ProducerStateConfig};
use highwater_log::record::NewRecord;
use proptest::prelude::*;

mod common;

/// A batch as a client sends it: a record for each value, all without a key.
fn batch(values: &[&str]) -> RecordBatch {
    with_spec(&BatchSpec::default(), values)
}

fn with_spec(spec: &BatchSpec, values: &[&str]) -> RecordBatch {
    let record = |value: &&str| NewRecord { value: Some(value.as_bytes().into()), ..NewRecord::default() };
    RecordBatch::encode(spec, &values.iter().map(record).collect::<Vec<_>>()).unwrap()
}

/// A batch whose header is changed at some bytes, with the CRC of that.
fn with_header(batch: &RecordBatch, fields: &[(usize, &[u8])]) -> RecordBatch {
    let mut bytes = batch.to_bytes();
    for (at, field) in fields {
        bytes[*at..at + field.len()].copy_from_slice(field);
    }
    let changed = RecordBatch::decode(&bytes).unwrap();
    let crc = changed.header().compute_crc(&bytes[61..]);
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    RecordBatch::decode(&bytes).unwrap()
}

/// The clock.
const NOW_MS: i64 = 10_000;

/// Appends as a leader what a client sent.
fn lead(log: &mut Log, batch: &RecordBatch, epoch: i32) -> Result<AppendInfo, LogError> {
    log.append_as_leader(std::slice::from_ref(batch), LeaderAppend::of_client(NOW_MS, epoch))
}

/// Appends as a follower what a leader sent.
fn follow(log: &mut Log, batch: &RecordBatch) -> Result<AppendInfo, LogError> {
    log.append_as_follower(std::slice::from_ref(batch), NOW_MS, i32::MAX)
}

fn log_of(batches: &[&[&str]]) -> Log {
    let mut log = Log::new();
    for values in batches {
        lead(&mut log, &batch(values), 0).unwrap();
    }
    log
}

/// What a reader gets: a follower, or a consumer under a high watermark.
fn try_read(
    log: &Log,
    offset: i64,
    max_bytes: u64,
    high_watermark: Option<i64>,
    min_one_batch: bool,
) -> Result<Vec<RecordBatch>, LogError> {
    let mut log = log.clone();
    let isolation = match high_watermark {
        None => Isolation::LogEnd,
        Some(high_watermark) => {
            log.update_high_watermark(high_watermark);
            Isolation::HighWatermark
        }
    };
    let fetched = log.fetch(offset, max_bytes, isolation, min_one_batch)?;
    log.batches_of(&fetched)
}

/// The base offsets of the batches of a read.
fn read(log: &Log, offset: i64, max_bytes: u64, high_watermark: Option<i64>, min_one_batch: bool) -> Vec<i64> {
    let read = try_read(log, offset, max_bytes, high_watermark, min_one_batch).unwrap();
    read.iter().map(RecordBatch::base_offset).collect()
}

fn values(log: &Log, from: i64) -> Vec<(i64, String)> {
    let record = |record: Result<highwater_log::record::Record, BatchError>| {
        let record = record.unwrap();
        (record.offset, String::from_utf8(record.value.unwrap().to_vec()).unwrap())
    };
    log.records_from(from).map(record).collect()
}

#[test]
fn a_leader_gives_offsets_and_epoch_and_a_follower_keeps_them() {
    let (mut leader, mut follower) = (Log::new(), Log::new());
    let info = |first_offset, last_offset| {
        let (max_timestamp, log_append_time, is_duplicate, rolled) = (0, None, false, None);
        Ok(AppendInfo { first_offset, last_offset, max_timestamp, log_append_time, is_duplicate, rolled })
    };
    assert_eq!(lead(&mut leader, &batch(&["a", "b"]), 3), info(0, 1));
    assert_eq!(lead(&mut leader, &batch(&["c"]), 3), info(2, 2));
    assert_eq!(lead(&mut leader, &batch(&["d", "e", "f"]), 5), info(3, 5));
    for batch in try_read(&leader, 0, u64::MAX, None, true).unwrap() {
        follow(&mut follower, &batch).unwrap();
    }
    assert_eq!((leader.log_end_offset(), follower.log_end_offset()), (6, 6));
    assert_eq!(values(&follower, 4), [(4, "e".to_owned()), (5, "f".to_owned())]);
    assert_eq!(values(&follower, 0), values(&leader, 0));
    assert!(leader.batches_from(0).eq(follower.batches_from(0)));
    let epochs: Vec<_> = follower.leader_epochs().iter().map(|entry| (entry.epoch, entry.start_offset)).collect();
    assert_eq!((epochs, follower.latest_epoch()), (vec![(3, 0), (5, 3)], Some(5)));
    assert_eq!(follower.leader_epochs(), leader.leader_epochs());
    let end = |epoch, end_offset| Some(EpochEndOffset { epoch, end_offset });
    assert_eq!(follower.end_offset_for_epoch(4), end(3, 3));
    assert_eq!(follower.end_offset_for_epoch(5), end(5, 6));
    assert_eq!(follower.end_offset_for_epoch(6), None);
}

#[test]
fn a_new_leader_notes_its_epoch_before_its_first_record() {
    let mut log = log_of(&[&["a"]]);
    assert!(log.assign_epoch(1, 1));
    assert!(!log.assign_epoch(1, 1), "it knows already");
    assert!(log.assign_epoch(2, 1), "epoch 1 had no records");
    lead(&mut log, &batch(&["b"]), 2).unwrap();
    let epochs: Vec<_> = log.leader_epochs().iter().map(|entry| (entry.epoch, entry.start_offset)).collect();
    assert_eq!(epochs, [(0, 0), (2, 1)]);
}

#[test]
fn a_follower_takes_no_batch_twice_but_leaves_gaps_alone() {
    let leader = log_of(&[&["a", "b"], &["c"], &["d"]]);
    let sent: Vec<_> = leader.batches_from(0).cloned().collect();
    let mut follower = Log::new();
    follow(&mut follower, &sent[0]).unwrap();
    let again = LogError::UnexpectedAppendOffset { base_offset: 0, end: 2 };
    assert_eq!(follow(&mut follower, &sent[0]), Err(again));
    // Compaction has taken the batch with offset 2 away.
    follow(&mut follower, &sent[2]).unwrap();
    assert_eq!((follower.log_end_offset(), follower.batch_count()), (4, 2));
    assert_eq!(read(&follower, 2, u64::MAX, None, true), [3], "the next batch there is");
}

#[test]
fn what_a_follower_gets_must_be_whole() {
    let mut follower = Log::new();
    let mut bytes = batch(&["a"]).stamped(0, 0).to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let damaged = RecordBatch::decode(&bytes).unwrap();
    let error = follow(&mut follower, &damaged).unwrap_err();
    assert!(matches!(error, LogError::Batch(BatchError::Crc { .. })));
    assert!(error.to_string().starts_with("CORRUPT_MESSAGE: crc at byte 17: stored 0x"), "{error}");
    let backwards = with_header(&batch(&["a"]).stamped(5, 0), &[(23, &(-3_i32).to_be_bytes())]);
    let no_epoch = batch(&["a"]);
    let last = batch(&["a"]).stamped(i64::MAX, 0);
    for (batch, error) in [
        (
            backwards,
            "INVALID_RECORD: lastOffsetDelta at byte 23: -3, but a batch ends where it begins or later, below 2^63",
        ),
        (no_epoch, "UNKNOWN_SERVER_ERROR: leader epoch -1 at offset 0"),
        (last, "INVALID_RECORD: lastOffsetDelta at byte 23: 0, but a batch ends where it begins or later, below 2^63"),
    ] {
        assert_eq!(follow(&mut follower, &batch).unwrap_err().to_string(), error);
    }
    assert_eq!((follower.log_end_offset(), follower.size_in_bytes(), follower.leader_epochs()), (0, 0, &[][..]));
}

#[test]
fn what_a_client_may_not_send_is_refused() {
    let mut log = log_of(&[&["a"]]);
    let before = (log.log_end_offset(), log.size_in_bytes());
    let good = batch(&["a", "b"]);
    let spec = BatchSpec::default();
    let control = BatchSpec { control: true, ..spec };
    let idempotent = BatchSpec { producer_id: 7, producer_epoch: 0, base_sequence: 0, ..spec };
    let append_time = |timestamp| {
        let spec = BatchSpec { log_append_time: Some(timestamp), ..spec };
        with_spec(&spec, &["a"])
    };
    for (batch, error) in [
        (good.stamped(5, -1), "INVALID_RECORD: baseOffset at byte 0: 5, but a client's batch begins at offset 0"),
        (
            with_header(&good, &[(23, &(-1_i32).to_be_bytes())]),
            "INVALID_RECORD: lastOffsetDelta at byte 23: -1, but the last offset is before the first",
        ),
        (
            with_header(&good, &[(57, &0_i32.to_be_bytes())]),
            "INVALID_RECORD: recordsCount at byte 57: 0, but a batch has records",
        ),
        (
            with_header(&good, &[(23, &2_i32.to_be_bytes())]),
            "INVALID_RECORD: recordsCount at byte 57: 2, but a client's batch has a record at each of its offsets",
        ),
        (
            with_spec(&control, &["a"]),
            "INVALID_RECORD: attributes at byte 21: 32, but a client does not write control records",
        ),
        (
            with_header(&with_spec(&idempotent, &["a"]), &[(53, &(-1_i32).to_be_bytes())]),
            "INVALID_RECORD: baseSequence at byte 53: -1, but a batch with a producer id has a sequence",
        ),
        (
            with_header(&good, &[(23, &2_i32.to_be_bytes()), (57, &3_i32.to_be_bytes())]),
            "INVALID_RECORD: length at byte 77: the bytes end inside a variable-length integer",
        ),
        (append_time(-1), "INVALID_TIMESTAMP: attributes at byte 21: the timestamp type is the broker's to set"),
    ] {
        assert_eq!(lead(&mut log, &batch, 0).unwrap_err().to_string(), error);
    }
    // With codecs the bytes are no lz4, without them nobody can say.
    let compressed = lead(&mut log, &with_header(&good, &[(21, &[0, 3])]), 0).unwrap_err().to_string();
    assert!(compressed.starts_with("UNKNOWN_SERVER_ERROR: records at byte 6"), "{compressed}");
    let no_epoch = lead(&mut log, &good, -1).unwrap_err();
    assert_eq!(no_epoch.exception(), "IllegalArgumentException");
    let two = log.append_as_leader(&[good.clone(), good.clone()], LeaderAppend::of_client(NOW_MS, 0)).unwrap_err();
    assert_eq!(two, LogError::SeveralBatches { batches: 2 });
    assert_eq!((log.log_end_offset(), log.size_in_bytes()), before);
}

#[test]
fn a_leader_believes_the_records_and_not_the_header() {
    let mut log = Log::new();
    let records = [common::record(1000, "k", "a"), common::record(3000, "k", "b"), common::record(2000, "k", "c")];
    let right = RecordBatch::encode(&BatchSpec::default(), &records).unwrap();
    let wrong = with_header(&right, &[(35, &9999_i64.to_be_bytes())]);
    lead(&mut log, &wrong, 0).unwrap();
    let kept = log.batches_from(0).next().unwrap();
    assert_eq!((kept.max_timestamp(), kept.check_crc()), (3000, Ok(())));
    assert_eq!(*kept, right.stamped(0, 0));
    // A client that sends LogAppendTime with a time gets it as its records' timestamp, under CreateTime.
    let spec = BatchSpec { log_append_time: Some(5000), ..BatchSpec::default() };
    lead(&mut log, &RecordBatch::encode(&spec, &records).unwrap(), 0).unwrap();
    let kept = log.batches_from(3).next().unwrap();
    assert_eq!((kept.max_timestamp(), kept.check_crc()), (5000, Ok(())));
    assert_eq!(kept.header().timestamp_type(), TimestampType::CreateTime);
}

#[test]
fn max_message_bytes_is_for_leaders() {
    let small = batch(&["a"]);
    let limit = small.size_in_bytes();
    let config = LogConfig { max_message_bytes: limit, ..LogConfig::default() };
    let mut leader = Log::with_config(config, NOW_MS);
    lead(&mut leader, &small, 0).unwrap();
    let large = batch(&["ab"]);
    let error = lead(&mut leader, &large, 0).unwrap_err();
    assert_eq!(error, LogError::MessageTooLarge { size: limit + 1, limit });
    assert_eq!(error.to_string(), "MESSAGE_TOO_LARGE: the batch has 70 bytes, max.message.bytes is 69");
    let mut follower = Log::with_config(config, NOW_MS);
    follow(&mut follower, &large.stamped(0, 0)).unwrap();
}

#[test]
fn a_read_hands_out_whole_batches_within_its_bounds() {
    let log = log_of(&[&["a", "b"], &["c"], &["d"]]);
    assert_eq!(read(&log, 1, u64::MAX, None, true), [0, 2, 3], "the batch that holds offset 1 is first");
    assert_eq!(read(&log, 0, u64::MAX, Some(3), true), [0, 2], "nothing past the high watermark");
    assert_eq!(read(&log, 0, u64::MAX, Some(1), true), [], "a batch that the high watermark cuts stays");
    assert_eq!(read(&log, 3, u64::MAX, Some(2), true), [], "past the high watermark there is nothing yet");
    assert_eq!(read(&log, 0, 1, None, true), [0], "one batch, however large");
    assert_eq!(read(&log, 0, 1, None, false), []);
    let two = log.batches_from(0).take(2).map(RecordBatch::size_in_bytes).sum();
    assert_eq!(read(&log, 0, two, None, false), [0, 2], "to the byte");
    assert_eq!(read(&log, 0, two - 1, None, false), [0]);
    assert_eq!(read(&log, 4, 1, None, true), [], "the end is a place to wait at");
    let out_of_range = |offset| LogError::OffsetOutOfRange { offset, start: 0, end: 4 };
    assert_eq!(try_read(&log, 5, 1, None, true), Err(out_of_range(5)));
    assert_eq!(try_read(&log, -1, 1, None, true), Err(out_of_range(-1)));
    assert_eq!(out_of_range(5).to_string(), "OFFSET_OUT_OF_RANGE: offset 5, the log goes from 0 to 4");
}

#[test]
fn a_log_knows_its_bounds() {
    let large = "x".repeat(1 << 20);
    let config = LogConfig { max_message_bytes: u64::MAX, ..LogConfig::default() };
    let mut log = Log::with_config(config, NOW_MS);
    let batch = batch(&[&large]);
    let fits = BYTES_MAX / batch.size_in_bytes();
    for _ in 0..fits {
        lead(&mut log, &batch, 0).unwrap();
    }
    let full = LogError::Full { what: "bytes", limit: BYTES_MAX };
    assert_eq!(lead(&mut log, &batch, 0), Err(full.clone()));
    assert_eq!((full.error_name(), u64::try_from(log.log_end_offset())), ("KAFKA_STORAGE_ERROR", Ok(fits)));
}

#[test]
fn a_checkpoint_keeps_its_log_and_shares_the_bytes() {
    let mut now = log_of(&[]);
    let value = batch(&["x"]);
    for _ in 0..1000 {
        lead(&mut now, &value, 0).unwrap();
    }
    let before = now.clone();
    lead(&mut now, &batch(&["y"]), 1).unwrap();
    assert_eq!((before.log_end_offset(), now.log_end_offset()), (1000, 1001));
    assert_eq!((before.latest_epoch(), now.latest_epoch()), (Some(0), Some(1)));
    assert_eq!((before.batch_count(), now.batch_count()), (1000, 1001));
    assert!(before.batches_from(0).eq(now.batches_from(0).take(1000)));
    assert_eq!(before.batches_from(1000).count(), 0);
}

#[test]
fn damaged_records_do_not_hide_what_is_around_them() {
    let mut log = Log::new();
    // A follower compares the CRC only, as Kafka's does.
    let miscounted = with_header(&batch(&["b", "c"]), &[(57, &1_i32.to_be_bytes())]);
    for (base_offset, batch) in [(0, batch(&["a"])), (1, miscounted), (3, batch(&["d"]))] {
        follow(&mut log, &batch.stamped(base_offset, 0)).unwrap();
    }
    let offsets: Vec<_> = log.records_from(1).map(|record| record.map(|record| record.offset)).collect();
    let surplus = BatchError::Surplus { count: 1, position: 69, left: 8 };
    assert_eq!(offsets, [Ok(1), Err(surplus), Ok(3)]);
}

proptest! {
    /// Whatever is appended and wherever a read begins: the batches are those of a plain list.
    #[test]
    fn a_read_is_what_a_plain_list_would_give(
        sizes in proptest::collection::vec(1..4_usize, 0..200),
        offset in 0..400_i64,
        max_bytes in prop_oneof![0..400_u64, Just(u64::MAX)],
        up_to in proptest::option::of(0..400_i64),
        min_one_batch: bool,
    ) {
        let mut log = Log::new();
        let mut list: Vec<RecordBatch> = Vec::new();
        for size in sizes {
            let batch = batch(&vec!["value"; size]);
            let appended = lead(&mut log, &batch, 0).unwrap();
            list.push(batch.stamped(appended.first_offset, 0));
        }
        let end = list.last().map_or(0, |batch| batch.last_offset() + 1);
        prop_assert_eq!(log.log_end_offset(), end);
        let read = try_read(&log, offset, max_bytes, up_to, min_one_batch);
        if offset > end {
            prop_assert_eq!(read, Err(LogError::OffsetOutOfRange { offset, start: 0, end }));
        } else {
            let read = read.unwrap();
            let from = list.iter().filter(|batch| batch.last_offset() >= offset);
            let seen = from.take_while(|batch| batch.last_offset() < up_to.unwrap_or(end));
            let mut bytes = 0;
            let fits = |batch: &&RecordBatch| {
                let is_free = bytes == 0 && min_one_batch;
                bytes += batch.size_in_bytes();
                is_free || bytes <= max_bytes
            };
            prop_assert_eq!(read, seen.take_while(fits).cloned().collect::<Vec<_>>());
        }
    }
}

/// Kafka 4.3.1, asked: a truncation reads the producers again and does not tell them of the high watermark, so that the next
/// append takes a transaction for open that is long over, until the high watermark moves.
#[test]
fn after_a_truncation_the_last_stable_offset_can_fall() {
    let config = LogConfig {
        producers: ProducerStateConfig { transaction_verification: false, ..ProducerStateConfig::default() },
        ..LogConfig::default()
    };
    let mut log = Log::with_config(config, 0);
    let spec =
        BatchSpec { producer_id: 5, producer_epoch: 0, base_sequence: 0, transactional: true, ..BatchSpec::default() };
    lead(&mut log, &with_spec(&spec, &["a"]), 0).unwrap();
    let commit = EndTransactionMarker { commit: true, coordinator_epoch: 0 }.to_batch(5, 0, 0).unwrap();
    let append = LeaderAppend { origin: AppendOrigin::Coordinator, ..LeaderAppend::of_client(0, 0) };
    log.append_as_leader(&[commit], append).unwrap();
    for value in ["b", "c", "d"] {
        lead(&mut log, &batch(&[value]), 0).unwrap();
    }
    log.update_high_watermark(3);
    assert_eq!(log.last_stable_offset(), 3);
    log.truncate_to(4, 0).unwrap();
    assert_eq!(log.last_stable_offset(), 3);
    lead(&mut log, &batch(&["e"]), 0).unwrap();
    assert_eq!(log.last_stable_offset(), 0);
    log.update_high_watermark(4);
    assert_eq!(log.last_stable_offset(), 4);
}
