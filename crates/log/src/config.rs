//! The configs of a topic that its logs look at, under Kafka's names. Kafka 4.3: `LogConfig`.

use crate::batch::TimestampType;
use crate::producer_state::ProducerStateConfig;

/// The configs of a log; the defaults are Kafka's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogConfig {
    /// `segment.bytes`: a segment does not grow beyond so many bytes. (A real topic has at least 1 MB.)
    pub segment_bytes: u64,
    /// `segment.ms`: a segment that is older, in ms, takes no more.
    pub segment_ms: i64,
    /// `index.interval.bytes`: so many bytes at most lie between two index entries.
    pub index_interval_bytes: u64,
    /// `segment.index.bytes`: an index does not grow beyond so many bytes.
    pub segment_index_bytes: usize,
    /// `retention.ms`: older segments go; −1 for never.
    pub retention_ms: i64,
    /// `retention.bytes`: what makes the log larger goes, segment by segment; −1 for no limit.
    pub retention_bytes: i64,
    /// `message.timestamp.type`: whose clock timestamps are.
    pub message_timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: a record that says to be older is refused.
    pub message_timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: a record that says to be further ahead is refused.
    pub message_timestamp_after_max_ms: i64,
    /// `max.message.bytes`: the largest batch that a leader takes. Followers take what the leader took.
    pub max_message_bytes: u64,
    /// `cleanup.policy` has `delete`.
    pub delete: bool,
    /// `cleanup.policy` has `compact`.
    pub compact: bool,
    /// `delete.retention.ms`: tombstones and markers stay for so long after they were first cleaned.
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`: newer segments are not cleaned.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`: older segments are cleaned, however little is dirty.
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`: a log is cleaned when so much of it is dirty.
    pub min_cleanable_dirty_ratio: f64,
    /// `flush.messages`: once so many records are not on the disk, all are written there.
    pub flush_messages: i64,
    /// `flush.ms`: a log that was not flushed for so long, in ms, is flushed.
    pub flush_ms: i64,
    /// What rules producers (configs of the broker).
    pub producers: ProducerStateConfig,
}

impl LogConfig {
    /// A segment that is older, in ms, takes no more: what has to be compacted by then must not be in the active segment.
    /// Kafka: `maxSegmentMs`.
    pub fn max_segment_ms(&self) -> i64 {
        let is_bounded = self.compact && self.max_compaction_lag_ms > 0;
        if is_bounded { self.segment_ms.min(self.max_compaction_lag_ms) } else { self.segment_ms }
    }
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        const DAY_MS: i64 = 86_400_000;
        LogConfig {
            segment_bytes: 1_073_741_824,
            segment_ms: 7 * DAY_MS,
            index_interval_bytes: 4_096,
            segment_index_bytes: 10_485_760,
            retention_ms: 7 * DAY_MS,
            retention_bytes: -1,
            message_timestamp_type: TimestampType::CreateTime,
            message_timestamp_before_max_ms: i64::MAX,
            message_timestamp_after_max_ms: 3_600_000,
            max_message_bytes: 1_048_588,
            delete: true,
            compact: false,
            delete_retention_ms: DAY_MS,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_dirty_ratio: 0.5,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            producers: ProducerStateConfig::default(),
        }
    }
}
