//! What a log gives up at its end. Kafka 4.3: `UnifiedLog.truncateTo`, `truncateFullyAndStartAt`.

use std::rc::Rc;

use super::{Log, LogError, rebuild_producer_state};
use crate::segment::Segment;

impl Log {
    /// Cuts everything from the batch on that holds the offset, which is then the log end; says whether anything was cut.
    ///
    /// # Errors
    /// A negative offset, or a file that cannot be read on.
    pub fn truncate_to(&mut self, offset: i64, now_ms: i64) -> Result<bool, LogError> {
        if offset < 0 {
            return Err(LogError::NegativeOffset { offset });
        }
        if offset >= self.end_offset {
            // An epoch that began here and has no record yet goes.
            Rc::make_mut(&mut self.epochs).truncate_from_end(self.end_offset);
            return Ok(false);
        }
        if self.segments.first().base_offset() > offset {
            self.truncate_fully_and_start_at(offset, now_ms)?;
            return Ok(true);
        }
        let producers = Rc::make_mut(&mut self.producers);
        for segment in self.segments.iter().filter(|segment| segment.base_offset() > offset) {
            producers.remove_snapshot(segment.base_offset());
        }
        self.segments.remove_behind(offset);
        self.segments.active_mut().truncate_to(offset, now_ms)?;
        self.set_end_offset(offset);
        Rc::make_mut(&mut self.epochs).truncate_from_end(offset);
        self.start_offset = self.start_offset.min(offset);
        self.rebuild_producers(offset, now_ms)?;
        self.lower_high_watermark();
        Ok(true)
    }

    /// Gives up everything; the log begins and ends at the offset then.
    ///
    /// # Errors
    /// A negative offset.
    pub fn truncate_fully_and_start_at(&mut self, offset: i64, now_ms: i64) -> Result<(), LogError> {
        if offset < 0 {
            return Err(LogError::NegativeOffset { offset });
        }
        self.segments.replace_all(Segment::new(offset, now_ms));
        self.set_end_offset(offset);
        self.epochs = Rc::default();
        Rc::make_mut(&mut self.producers).truncate_fully_and_start_at(offset);
        self.start_offset = offset;
        self.rebuild_producers(offset, now_ms)?;
        self.update_high_watermark(offset);
        Ok(())
    }

    fn rebuild_producers(&mut self, last_offset: i64, now_ms: i64) -> Result<(), LogError> {
        let segments: Vec<&Segment> = self.segments.iter().collect();
        let producers = Rc::make_mut(&mut self.producers);
        rebuild_producer_state(producers, &segments, self.start_offset, last_offset, now_ms, false)
    }
}
