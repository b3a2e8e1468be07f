//! When a log begins a new segment. Kafka 4.3: `LogSegment.shouldRoll`, `RollParams`.

use super::Segment;
use crate::config::LogConfig;
use crate::offset_index::relative;

/// Why a segment takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollReason {
    /// The append would make it larger than `segment.bytes`.
    Size {
        /// Its size in bytes.
        size: u64,
        /// The size of what comes, in bytes.
        incoming: u64,
        /// `segment.bytes`.
        limit: u64,
    },
    /// It is older than `segment.ms` (or `max.compaction.lag.ms`, if that is less and counts): from its first batch to what comes, by their timestamps; without timestamps, by the
    /// clock.
    Time {
        /// Its age in ms.
        age_ms: i64,
        /// The config.
        limit_ms: i64,
    },
    /// `segment.index.bytes` are full.
    OffsetIndexFull,
    /// But for one entry, `segment.index.bytes` are full.
    TimeIndexFull,
    /// The offset is too far from the base offset for an index.
    OffsetOverflow {
        /// The last offset of what comes.
        offset: i64,
    },
    /// Somebody asked for it.
    Forced,
}

impl Segment {
    /// Whether an append needs a new segment: of so many bytes, up to an offset and a timestamp.
    pub fn should_roll(
        &self,
        config: &LogConfig,
        now_ms: i64,
        incoming: u64,
        max_timestamp: i64,
        last_offset: i64,
    ) -> Option<RollReason> {
        let (size, limit, limit_ms) = (self.size_in_bytes(), config.segment_bytes, config.max_segment_ms());
        if size > limit.saturating_sub(incoming) {
            return Some(RollReason::Size { size, incoming, limit });
        }
        let age_ms = self.time_waited_for_roll(now_ms, max_timestamp);
        if size > 0 && age_ms > limit_ms {
            return Some(RollReason::Time { age_ms, limit_ms });
        }
        if self.offset_index.is_full(config.segment_index_bytes) {
            return Some(RollReason::OffsetIndexFull);
        }
        if self.time_index.is_full(config.segment_index_bytes) {
            return Some(RollReason::TimeIndexFull);
        }
        let overflows = relative(self.base_offset, last_offset).is_none();
        overflows.then_some(RollReason::OffsetOverflow { offset: last_offset })
    }

    /// Kafka: `timeWaitedForRoll`.
    fn time_waited_for_roll(&self, now_ms: i64, max_timestamp: i64) -> i64 {
        match self.first_batch_timestamp() {
            Some(first) => max_timestamp.saturating_sub(first),
            None => now_ms.saturating_sub(self.created_ms),
        }
    }
}
