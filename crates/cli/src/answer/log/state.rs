//! A log as answers tell it.

use highwater_log::log::{FetchInfo, Log};
use highwater_log::producer_state::{BatchMetadata, ProducerStateEntry};
use highwater_log::segment::Segment;
use highwater_log::transaction_index::AbortedTxn;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::{Object, object};
use crate::hex;

/// The whole state. Kafka keeps all of it on the disk, but for the high watermark, the last stable offset and the
/// unstable one.
pub fn log_state(log: &Log) -> Object {
    object([
        ("log_start_offset", log.log_start_offset().into()),
        ("log_end_offset", log.log_end_offset().into()),
        ("high_watermark", log.high_watermark().into()),
        ("last_stable_offset", log.last_stable_offset().into()),
        ("first_unstable_offset", log.first_unstable_offset().into()),
        ("recovery_point", log.recovery_point().into()),
        ("segments", log.segments().map(segment_state).collect()),
        ("leader_epochs", leader_epochs(log)),
        ("producers", producers(log)),
        (
            "snapshots",
            log.producers().snapshots().iter().map(highwater_log::producer_state::SnapshotFile::offset).collect(),
        ),
    ])
}

pub(crate) fn segment_state(segment: &Segment) -> Value {
    let offset_index = segment.offset_index().entries();
    let time_index = segment.time_index().entries();
    json!({
        "base_offset": segment.base_offset(),
        "size": segment.size_in_bytes(),
        "sha256": hex::encode(&Sha256::digest(segment.to_bytes())),
        "index": offset_index.iter().map(|entry| json!([entry.offset, entry.position])).collect::<Value>(),
        "time_index": time_index.iter().map(|entry| json!([entry.timestamp, entry.offset])).collect::<Value>(),
        "txn_index": segment.aborted().iter().map(aborted).collect::<Value>(),
    })
}

pub(super) fn aborted(aborted: &AbortedTxn) -> Value {
    json!({
        "producer_id": aborted.producer_id,
        "first_offset": aborted.first_offset,
        "last_offset": aborted.last_offset,
        "last_stable_offset": aborted.last_stable_offset,
    })
}

pub(super) fn leader_epochs(log: &Log) -> Value {
    log.leader_epochs().iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect()
}

pub(crate) fn producers(log: &Log) -> Value {
    let batch = |batch: &BatchMetadata| {
        json!({
            "first_sequence": batch.first_sequence(),
            "last_sequence": batch.last_sequence,
            "first_offset": batch.first_offset(),
            "last_offset": batch.last_offset,
            "timestamp": batch.timestamp,
        })
    };
    let producer = |entry: &ProducerStateEntry| {
        json!({
            "producer_id": entry.producer_id,
            "epoch": entry.producer_epoch,
            "last_sequence": entry.last_sequence(),
            "coordinator_epoch": entry.coordinator_epoch,
            "last_timestamp": entry.last_timestamp,
            "current_txn_first_offset": entry.current_txn_first_offset,
            "batches": entry.batches().map(batch).collect::<Value>(),
        })
    };
    log.producers().producers().map(producer).collect()
}

/// What a read gave. Without a byte its place is not told.
pub fn told_read(fetched: &FetchInfo) -> Object {
    let read = fetched.read;
    let mut answer = object([
        ("size", read.size.into()),
        ("segment", fetched.segment.filter(|_| read.size > 0).into()),
        ("first_entry_incomplete", read.first_entry_incomplete.into()),
    ]);
    if read.size > 0 {
        answer
            .extend(object([("position", read.position.into()), ("batch_base_offset", read.batch_base_offset.into())]));
    }
    answer
}
