//! A topic's configurations.

use crate::sorted::SortedSet;

use super::define::{not_simulated_yet, simulated};
use super::value::Value;
use super::{ConfigError, INT, Scope};

simulated! {
    /// What a topic is told. Kafka: `TopicConfig`, `LogConfig`.
    TopicConfig of Scope::Topic;

    "How large the ISR must be for a write with `acks=all`."
    min_insync_replicas: i32 = 1, "min.insync.replicas" (1, INT) since "0.8.2";
    "The largest batch that a leader takes, in bytes."
    max_message_bytes: u64 = 1_048_588, "max.message.bytes" (0, INT) since "0.8.1" was "1000012" until "2.5";
}

not_simulated_yet! {
    Scope::Topic;
    "Whether timestamps are the producer's or the broker's."
        Value::Word("CreateTime"), "message.timestamp.type" since "0.10.0";
    "The size at which a log begins a new segment, in bytes." Value::Number(1_073_741_824), "segment.bytes" since "0.8.1";
    "The age at which a log begins a new segment, in ms." Value::Number(604_800_000), "segment.ms" since "0.8.1";
    "At most so much is taken off `segment.ms` by chance, in ms." Value::Number(0), "segment.jitter.ms" since "0.8.2";
    "After how many bytes an index gets an entry." Value::Number(4096), "index.interval.bytes" since "0.8.1";
    "The size of an index, in bytes." Value::Number(10_485_760), "segment.index.bytes" since "0.8.1";
    "What becomes of old segments." Value::Word("delete"), "cleanup.policy" since "0.8.1";
    "The age at which a segment is deleted, in ms; -1 is never." Value::Number(604_800_000), "retention.ms" since "0.8.1";
    "The size of a log above which its oldest segment is deleted, in bytes; -1 is never."
        Value::Number(-1), "retention.bytes" since "0.8.1";
    "How long a deleted key's tombstone stays, in ms." Value::Number(86_400_000), "delete.retention.ms" since "0.8.1";
    "Whether a replica outside of the ISR may become leader."
        Value::Flag(false), "unclean.leader.election.enable" since "0.8.2" was "true" until "0.11.0";
}

impl TopicConfig {
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
