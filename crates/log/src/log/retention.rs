//! Which segments go, and why the others stay. Kafka 4.3: `UnifiedLog.deleteOldSegments`, `deletableSegments`.

use std::rc::Rc;

use super::{Log, LogError};
use crate::segment::Segment;

/// What was decided of a segment, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes: everything in it is before the log start offset.
    BelowLogStart {
        /// The log start offset.
        log_start_offset: i64,
    },
    /// It goes: without it the log is still not smaller than `retention.bytes`.
    OverSize {
        /// By how many bytes the log was larger.
        excess: u64,
    },
    /// It goes: its largest timestamp is older than `retention.ms`.
    TooOld {
        /// Its age in ms.
        age_ms: i64,
        /// It has no timestamp: this is when its file last changed.
        by_file: bool,
    },
    /// It stays, and so does all behind it: not everything in it is below the high watermark.
    AboveHighWatermark {
        /// The offset behind its last record.
        end_offset: i64,
    },
    /// It stays, and so does all behind it: it is the active one, and empty.
    EmptyActive,
    /// It stays, and so does all behind it: the rule does not want it.
    Kept,
}

impl Verdict {
    fn is_deletion(self) -> bool {
        matches!(self, Verdict::BelowLogStart { .. } | Verdict::OverSize { .. } | Verdict::TooOld { .. })
    }
}

/// A segment that a rule looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletionCheck {
    /// Its base offset.
    pub base_offset: i64,
    /// What was decided.
    pub verdict: Verdict,
}

impl DeletionCheck {
    /// It was deleted.
    pub fn is_deleted(&self) -> bool {
        self.verdict.is_deletion()
    }
}

impl Log {
    /// Deletes what lies before the log start, then what is too much, then what is too old: each rule from the oldest
    /// segment on, up to the first one that it keeps. Gives every decision in order.
    ///
    /// # Errors
    /// The log start cannot move (it can, below the high watermark).
    pub fn delete_old_segments(&mut self, now_ms: i64) -> Result<Vec<DeletionCheck>, LogError> {
        let log_start_offset = self.start_offset;
        let mut checks = self.delete_by(now_ms, |_, next| {
            let is_below = next.is_some_and(|next| next.base_offset() <= log_start_offset);
            if is_below { Verdict::BelowLogStart { log_start_offset } } else { Verdict::Kept }
        })?;
        if !self.config.delete {
            return Ok(checks);
        }
        if let Ok(limit) = u64::try_from(self.config.retention_bytes)
            && let Some(mut excess) = self.size_in_bytes().checked_sub(limit)
        {
            checks.extend(self.delete_by(now_ms, |segment, _| match excess.checked_sub(segment.size_in_bytes()) {
                None => Verdict::Kept,
                Some(rest) => Verdict::OverSize { excess: std::mem::replace(&mut excess, rest) },
            })?);
        }
        let retention_ms = self.config.retention_ms;
        if retention_ms >= 0 {
            checks.extend(self.delete_by(now_ms, |segment, _| {
                let age_ms = now_ms.saturating_sub(segment.largest_timestamp());
                let by_file = segment.max_timestamp_so_far().timestamp < 0;
                if age_ms > retention_ms { Verdict::TooOld { age_ms, by_file } } else { Verdict::Kept }
            })?);
        }
        Ok(checks)
    }

    fn delete_by(
        &mut self,
        now_ms: i64,
        mut rule: impl FnMut(&Segment, Option<&Segment>) -> Verdict,
    ) -> Result<Vec<DeletionCheck>, LogError> {
        let mut checks: Vec<DeletionCheck> = Vec::new();
        let mut segments = self.segments.iter().peekable();
        while let Some(segment) = segments.next() {
            let next = segments.peek().copied();
            let end_offset = next.map_or(self.end_offset, Segment::base_offset);
            let verdict = if self.high_watermark.offset < end_offset {
                Verdict::AboveHighWatermark { end_offset }
            } else {
                match rule(segment, next) {
                    verdict if verdict.is_deletion() && next.is_none() && segment.size_in_bytes() == 0 => {
                        Verdict::EmptyActive
                    }
                    verdict => verdict,
                }
            };
            checks.push(DeletionCheck { base_offset: segment.base_offset(), verdict });
            if !verdict.is_deletion() {
                break;
            }
        }
        drop(segments);
        let deleted: Vec<i64> =
            checks.iter().filter(|check| check.is_deleted()).map(|check| check.base_offset).collect();
        if let Some(last) = deleted.last() {
            // There is always one that takes appends.
            if deleted.len() == self.segments.len() {
                self.roll(now_ms)?;
            }
            let next = self.segments.iter().map(Segment::base_offset).find(|base_offset| base_offset > last);
            self.increment_log_start_offset(next.unwrap_or(self.end_offset))?;
            self.segments.remove(&deleted);
            let producers = Rc::make_mut(&mut self.producers);
            for base_offset in &deleted {
                producers.remove_snapshot(*base_offset);
            }
        }
        Ok(checks)
    }
}
