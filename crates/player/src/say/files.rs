//! Sentences about the files of a log.

use highwater_sim::fact::{CheckpointFile, FactKind, RollReason, Verdict};

use super::number;
use crate::phrase::Phrase;

/// What happened to the files of a log; none for other facts.
#[inline(never)]
pub(super) fn phrase(kind: &FactKind) -> Option<Phrase> {
    Some(match kind {
        FactKind::SegmentRolled { broker, partition, base_offset, reason } => Phrase::new("facts.segment_rolled")
            .with("broker", broker.0)
            .with("partition", partition.to_string())
            .with("offset", base_offset.0)
            .with("why", roll(*reason)),
        FactKind::SegmentDeleted { broker, partition, base_offset, verdict: why } => {
            Phrase::new("facts.segment_deleted")
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("offset", base_offset.0)
                .with("why", verdict(*why))
        }
        FactKind::RetentionChecked { broker, partition, deleted, kept, verdict: why } => {
            Phrase::new(if *deleted == 0 { "facts.retention_checked" } else { "facts.retention_stopped" })
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("offset", kept.0)
                .with("why", verdict(*why))
        }
        FactKind::LogStartOffsetIncremented { broker, partition, from, to } => {
            Phrase::new("facts.log_start_incremented")
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("from", from.0)
                .with("to", to.0)
        }
        FactKind::LogTruncated { broker, partition, from, to, leader_end } => {
            let phrase = match leader_end {
                Some((epoch, end)) => Phrase::new("facts.log_truncated").with("epoch", epoch.0).with("end", end.0),
                None => Phrase::new("facts.log_truncated_at_hw"),
            };
            let phrase = phrase.with("broker", broker.0).with("partition", partition.to_string());
            phrase.with("from", from.0).with("to", to.0)
        }
        FactKind::LogCleaned { broker, partition, next_dirty_offset, records_read, records_kept, .. } => {
            Phrase::new("facts.log_cleaned")
                .with("broker", broker.0)
                .with("partition", partition.to_string())
                .with("read", *records_read)
                .with("kept", *records_kept)
                .with("next", next_dirty_offset.0)
        }
        FactKind::LogFlushed { broker, partition, recovery_point } => Phrase::new("facts.log_flushed")
            .with("broker", broker.0)
            .with("partition", partition.to_string())
            .with("offset", recovery_point.0),
        FactKind::CheckpointWritten { broker, file, partition, offset } => {
            let key = match file {
                CheckpointFile::HighWatermark => "facts.checkpoint_high_watermark",
                CheckpointFile::RecoveryPoint => "facts.checkpoint_recovery_point",
                CheckpointFile::LogStartOffset => "facts.checkpoint_log_start",
                CheckpointFile::Cleaner => "facts.checkpoint_cleaner",
            };
            Phrase::new(key).with("broker", broker.0).with("partition", partition.to_string()).with("offset", offset.0)
        }
        _ => return None,
    })
}

/// Why a segment takes no more.
pub fn roll(reason: RollReason) -> Phrase {
    match reason {
        RollReason::Size { size, incoming, limit } => Phrase::new("facts.roll_size")
            .with("size", number(size))
            .with("incoming", number(incoming))
            .with("limit", number(limit)),
        RollReason::Time { age_ms, limit_ms } => {
            Phrase::new("facts.roll_time").with("age", age_ms).with("limit", limit_ms)
        }
        RollReason::OffsetIndexFull => Phrase::new("facts.roll_offset_index"),
        RollReason::TimeIndexFull => Phrase::new("facts.roll_time_index"),
        RollReason::OffsetOverflow { offset } => Phrase::new("facts.roll_overflow").with("offset", offset),
        RollReason::Forced => Phrase::new("facts.roll_forced"),
    }
}

/// Why a segment goes or stays.
pub fn verdict(verdict: Verdict) -> Phrase {
    match verdict {
        Verdict::BelowLogStart { log_start_offset } => {
            Phrase::new("facts.verdict_below_start").with("offset", log_start_offset)
        }
        Verdict::OverSize { excess } => Phrase::new("facts.verdict_over_size").with("excess", number(excess)),
        Verdict::TooOld { age_ms, by_file } => {
            Phrase::new(if by_file { "facts.verdict_too_old_file" } else { "facts.verdict_too_old" })
                .with("age", age_ms)
        }
        Verdict::AboveHighWatermark { end_offset } => Phrase::new("facts.verdict_above_hw").with("end", end_offset),
        Verdict::EmptyActive => Phrase::new("facts.verdict_empty_active"),
        Verdict::Kept => Phrase::new("facts.verdict_kept"),
    }
}
