//! What is asked of a log.

use highwater_log::batch::{BatchSpec, RecordBatch, TimestampType};
use highwater_log::log::{Isolation, LogConfig};
use highwater_log::memory_records::{self, CorruptRecords};
use highwater_log::producer_state::ProducerStateConfig;
use highwater_log::record::{Header, NewRecord};
use serde::Deserialize;

use super::super::Trouble;
use super::malformed;
use crate::hex::Hex;

#[derive(Deserialize)]
pub(super) struct Question {
    pub(super) config: Config,
    pub(super) ops: Vec<Op>,
}

/// Kafka's names, with `_` for `.`; what is left out has Kafka's default.
#[derive(Deserialize)]
pub(super) struct Config {
    pub(super) start_ms: i64,
    segment_bytes: Option<u64>,
    segment_ms: Option<i64>,
    index_interval_bytes: Option<u64>,
    segment_index_bytes: Option<usize>,
    retention_ms: Option<i64>,
    retention_bytes: Option<i64>,
    message_timestamp_type: Option<String>,
    message_timestamp_before_max_ms: Option<i64>,
    message_timestamp_after_max_ms: Option<i64>,
    max_message_bytes: Option<u64>,
    cleanup_policy: Option<String>,
    producer_id_expiration_ms: Option<i64>,
    transaction_verification: Option<bool>,
    delete_retention_ms: Option<i64>,
    min_compaction_lag_ms: Option<i64>,
    max_compaction_lag_ms: Option<i64>,
    min_cleanable_dirty_ratio: Option<f64>,
    pub(super) offset_map_slots: Option<usize>,
    pub(super) offset_map_load_factor: Option<f64>,
}

impl Config {
    pub(super) fn to_log_config(&self) -> Result<LogConfig, Trouble> {
        let default = LogConfig::default();
        let message_timestamp_type = match self.message_timestamp_type.as_deref() {
            None | Some("CreateTime") => TimestampType::CreateTime,
            Some("LogAppendTime") => TimestampType::LogAppendTime,
            Some(other) => return Err(malformed(format!("there is no message.timestamp.type {other:?}"))),
        };
        let (mut delete, mut compact) = (default.delete, default.compact);
        if let Some(policy) = &self.cleanup_policy {
            (delete, compact) = (false, false);
            for policy in policy.split(',').map(str::trim) {
                match policy {
                    "delete" => delete = true,
                    "compact" => compact = true,
                    other => return Err(malformed(format!("there is no cleanup.policy {other:?}"))),
                }
            }
        }
        Ok(LogConfig {
            segment_bytes: self.segment_bytes.unwrap_or(default.segment_bytes),
            segment_ms: self.segment_ms.unwrap_or(default.segment_ms),
            index_interval_bytes: self.index_interval_bytes.unwrap_or(default.index_interval_bytes),
            segment_index_bytes: self.segment_index_bytes.unwrap_or(default.segment_index_bytes),
            retention_ms: self.retention_ms.unwrap_or(default.retention_ms),
            retention_bytes: self.retention_bytes.unwrap_or(default.retention_bytes),
            message_timestamp_type,
            message_timestamp_before_max_ms: self
                .message_timestamp_before_max_ms
                .unwrap_or(default.message_timestamp_before_max_ms),
            message_timestamp_after_max_ms: self
                .message_timestamp_after_max_ms
                .unwrap_or(default.message_timestamp_after_max_ms),
            max_message_bytes: self.max_message_bytes.unwrap_or(default.max_message_bytes),
            delete,
            compact,
            delete_retention_ms: self.delete_retention_ms.unwrap_or(default.delete_retention_ms),
            min_compaction_lag_ms: self.min_compaction_lag_ms.unwrap_or(default.min_compaction_lag_ms),
            max_compaction_lag_ms: self.max_compaction_lag_ms.unwrap_or(default.max_compaction_lag_ms),
            min_cleanable_dirty_ratio: self.min_cleanable_dirty_ratio.unwrap_or(default.min_cleanable_dirty_ratio),
            flush_messages: default.flush_messages,
            flush_ms: default.flush_ms,
            producers: ProducerStateConfig {
                producer_id_expiration_ms: self
                    .producer_id_expiration_ms
                    .unwrap_or(default.producers.producer_id_expiration_ms),
                transaction_verification: self.transaction_verification.unwrap_or(false),
            },
        })
    }
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    Append(Append),
    Marker {
        producer_id: i64,
        producer_epoch: i16,
        commit: bool,
        coordinator_epoch: i32,
        transaction_version: u8,
        leader_epoch: i32,
        timestamp: i64,
    },
    AppendFollower {
        leader_epoch: i32,
        batch_hex: Hex,
    },
    Advance {
        ms: i64,
    },
    HighWatermark {
        to: i64,
    },
    DeleteOldSegments,
    Roll,
    TruncateTo {
        offset: i64,
    },
    TruncateFullyAndStartAt {
        offset: i64,
    },
    IncrementLogStartOffset {
        to: i64,
    },
    AssignEpoch {
        epoch: i32,
        start_offset: i64,
    },
    EndOffsetForEpoch {
        epoch: i32,
    },
    Read {
        offset: i64,
        max_bytes: u64,
        isolation: ReadIsolation,
        min_one_message: bool,
    },
    OffsetForTimestamp {
        timestamp: i64,
    },
    ExpireProducers,
    Restart {
        clean: bool,
    },
    Clean,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReadIsolation {
    LogEnd,
    HighWatermark,
    TxnCommitted,
}

impl From<ReadIsolation> for Isolation {
    fn from(isolation: ReadIsolation) -> Isolation {
        match isolation {
            ReadIsolation::LogEnd => Isolation::LogEnd,
            ReadIsolation::HighWatermark => Isolation::HighWatermark,
            ReadIsolation::TxnCommitted => Isolation::TxnCommitted,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Append {
    pub(super) leader_epoch: i32,
    records: Option<Vec<QuestionRecord>>,
    /// So many records without a key and with the value `v`, at the clock.
    count: Option<usize>,
    batch_hex: Option<Hex>,
    pub(super) producer: Option<Producer>,
    /// `none`, `tv1` or `tv2`.
    pub(super) verification: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Producer {
    pub(super) id: i64,
    pub(super) epoch: i16,
    pub(super) sequence: i32,
    transactional: bool,
}

#[derive(Deserialize)]
struct QuestionRecord {
    timestamp: i64,
    key_hex: Option<Hex>,
    value_hex: Option<Hex>,
    #[serde(default)]
    headers: Vec<QuestionHeader>,
}

#[derive(Deserialize)]
struct QuestionHeader {
    key: String,
    value_hex: Option<Hex>,
}

impl Append {
    /// The batches as the client sends them.
    pub(super) fn batches(self, now_ms: i64) -> Result<Result<Vec<RecordBatch>, CorruptRecords>, Trouble> {
        if let Some(Hex(bytes)) = self.batch_hex {
            return Ok(memory_records::batches(&bytes));
        }
        let records = match (self.records, self.count) {
            (Some(records), _) => records.into_iter().map(record).collect(),
            (None, Some(count)) if count <= 1_000_000 => vec![counted(now_ms); count],
            _ => return Err(malformed("an append has `records`, `batch_hex` or a `count` of at most 1000000")),
        };
        let spec = match self.producer {
            None => BatchSpec::default(),
            Some(producer) => BatchSpec {
                producer_id: producer.id,
                producer_epoch: producer.epoch,
                base_sequence: producer.sequence,
                transactional: producer.transactional,
                ..BatchSpec::default()
            },
        };
        Ok(Ok(vec![RecordBatch::encode(&spec, &records).map_err(malformed)?]))
    }
}

fn counted(timestamp: i64) -> NewRecord {
    NewRecord { timestamp, key: None, value: Some(b"v".as_slice().into()), headers: Vec::new() }
}

fn record(asked: QuestionRecord) -> NewRecord {
    let header =
        |asked: QuestionHeader| Header { key: asked.key.into(), value: asked.value_hex.map(|Hex(value)| value.into()) };
    NewRecord {
        timestamp: asked.timestamp,
        key: asked.key_hex.map(|Hex(key)| key.into()),
        value: asked.value_hex.map(|Hex(value)| value.into()),
        headers: asked.headers.into_iter().map(header).collect(),
    }
}
