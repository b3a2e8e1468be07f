//! A topic's configurations.

use highwater_log::batch::TimestampType;
use highwater_log::log::LogConfig;

use crate::sorted::SortedSet;

use super::define::{not_simulated_yet, simulated};
use super::value::Value;
use super::{BrokerConfig, CleanupPolicy, ConfigError, INT, LONG, MessageTimestampType, Ratio, Scope};

simulated! {
    /// What a topic is told. Kafka: `TopicConfig`, `LogConfig`.
    TopicConfig of Scope::Topic;

    "How large the ISR must be for a write with `acks=all`."
    min_insync_replicas: i32 = 1, "min.insync.replicas" (1, INT) since "0.8.2";
    "Whether a replica outside of the ISR may become leader when nobody else can."
    unclean_leader_election_enable: bool = false,
        "unclean.leader.election.enable" since "0.8.2" was "true" until "0.11.0";
    "The largest batch that a leader takes, in bytes."
    max_message_bytes: u64 = 1_048_588, "max.message.bytes" (0, INT) since "0.8.1" was "1000012" until "2.5";
    "Whether timestamps are the producer's or the broker's."
    message_timestamp_type: MessageTimestampType = MessageTimestampType::CreateTime,
        "message.timestamp.type" since "0.10.0";
    "The size at which a log begins a new segment, in bytes."
    segment_bytes: u64 = 1_073_741_824, "segment.bytes" (1_048_576, INT) since "0.8.1";
    "The age at which a log begins a new segment, in ms."
    segment_ms: i64 = 604_800_000, "segment.ms" (1, LONG) since "0.8.1";
    "After how many bytes an index gets an entry."
    index_interval_bytes: u64 = 4096, "index.interval.bytes" (0, INT) since "0.8.1";
    "The size of an index, in bytes."
    segment_index_bytes: u64 = 10_485_760, "segment.index.bytes" (4, INT) since "0.8.1";
    "What becomes of old segments."
    cleanup_policy: CleanupPolicy = CleanupPolicy::Delete, "cleanup.policy" since "0.8.1";
    "The age at which a segment is deleted, in ms; -1 is never."
    retention_ms: i64 = 604_800_000, "retention.ms" (-1, LONG) since "0.8.1";
    "The size of a log above which its oldest segment is deleted, in bytes; -1 is never."
    retention_bytes: i64 = -1, "retention.bytes" (-1, LONG) since "0.8.1";
    "How long a deleted key's tombstone stays, in ms."
    delete_retention_ms: i64 = 86_400_000, "delete.retention.ms" (0, LONG) since "0.8.1";
    "The age below which a record is not compacted, in ms."
    min_compaction_lag_ms: i64 = 0, "min.compaction.lag.ms" (0, LONG) since "0.10.1";
    "The age at which a record is compacted, however little is dirty, in ms."
    max_compaction_lag_ms: i64 = LONG, "max.compaction.lag.ms" (1, LONG) since "2.3";
    "The part of a log that has to be dirty before it is compacted."
    min_cleanable_dirty_ratio: Ratio = Ratio(500), "min.cleanable.dirty.ratio" since "0.8.1";
    "After how many records a log is written to disk."
    flush_messages: i64 = LONG, "flush.messages" (1, LONG) since "0.8.1";
    "After which time a log is written to disk, in ms."
    flush_ms: i64 = LONG, "flush.ms" (0, LONG) since "0.8.1";
}

not_simulated_yet! {
    Scope::Topic;
    "At most so much is taken off `segment.ms` by chance, in ms." Value::Number(0), "segment.jitter.ms" since "0.8.2";
}

impl TopicConfig {
    /// What a topic is told that sets nothing itself: what the cluster's configuration says of it. Kafka:
    /// `ServerTopicConfigSynonyms`.
    pub fn of_cluster(broker: &BrokerConfig) -> TopicConfig {
        TopicConfig {
            min_insync_replicas: broker.min_insync_replicas,
            unclean_leader_election_enable: broker.unclean_leader_election_enable,
            max_message_bytes: broker.message_max_bytes,
            ..TopicConfig::default()
        }
    }

    /// Sets `segment.bytes` below the least that a real topic takes, so that a few records fill a segment.
    ///
    /// # Errors
    /// A text that is no number of bytes.
    pub fn scale_segment_bytes(&mut self, value: &str) -> Result<(), ConfigError> {
        let bytes = value.trim().parse().ok().filter(|bytes| (1..=INT).contains(bytes));
        self.segment_bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok()).ok_or_else(|| {
            ConfigError::OutOfRange { name: "segment.bytes", value: value.to_owned(), least: 1, largest: INT }
        })?;
        Ok(())
    }

    /// What a log of the topic looks at.
    pub fn log(&self) -> LogConfig {
        LogConfig {
            segment_bytes: self.segment_bytes,
            segment_ms: self.segment_ms,
            index_interval_bytes: self.index_interval_bytes,
            segment_index_bytes: usize::try_from(self.segment_index_bytes).unwrap_or(usize::MAX),
            retention_ms: self.retention_ms,
            retention_bytes: self.retention_bytes,
            message_timestamp_type: match self.message_timestamp_type {
                MessageTimestampType::CreateTime => TimestampType::CreateTime,
                MessageTimestampType::LogAppendTime => TimestampType::LogAppendTime,
            },
            max_message_bytes: self.max_message_bytes,
            delete: self.cleanup_policy != CleanupPolicy::Compact,
            compact: self.cleanup_policy != CleanupPolicy::Delete,
            delete_retention_ms: self.delete_retention_ms,
            min_compaction_lag_ms: self.min_compaction_lag_ms,
            max_compaction_lag_ms: self.max_compaction_lag_ms,
            min_cleanable_dirty_ratio: f64::from(self.min_cleanable_dirty_ratio.0) / 1_000.0,
            flush_messages: self.flush_messages,
            flush_ms: self.flush_ms,
            ..LogConfig::default()
        }
    }

    /// Kafka has no checks across names here.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "every configuration struct settles in the same form"
    )]
    pub(super) fn settle(&mut self, _given: &SortedSet<&str>) -> Result<(), ConfigError> {
        Ok(())
    }
}
