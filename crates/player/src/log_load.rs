//! What the log is measured with: batches of 100 records with values of 100 bytes, not compressed. The same work natively
//! and in the page. The caller has the clock; each piece of work says how much it did.

use std::hint::black_box;
use std::rc::Rc;

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::log::{LeaderAppend, Log, LogConfig};
use highwater_log::offset_index::OffsetIndex;
use highwater_log::record::NewRecord;
use highwater_log::segment::{Segment, SegmentFiles};
use highwater_log::time_index::TimeIndex;

/// The records of a batch: what 16 kB of `batch.size` hold when a record is about 150 bytes.
pub const BATCH_RECORDS: usize = 100;
/// The bytes of a value.
const VALUE_SIZE: usize = 100;
/// Appends to one log before it begins anew, so that memory stays bounded.
const BATCHES_MAX: usize = 1_000;
/// Look-ups at a time (one alone is shorter than what it takes to measure it), and what lies between two.
const LOOKUPS: i64 = 100;
const LOOKUP_STRIDE: i64 = 37;
/// The clock.
const NOW_MS: i64 = 1_767_225_600_000;

/// Records, a batch, a log and an index to work with.
#[derive(Debug)]
pub struct LogLoad {
    records: Vec<NewRecord>,
    bytes: Vec<u8>,
    log: Log,
    index: OffsetIndex,
}

impl LogLoad {
    /// What is needed; the index is that of a full segment, with an entry for every 4 KB of 1 GB.
    ///
    /// # Errors
    /// In words; nothing here is known to make one.
    pub fn new() -> Result<LogLoad, String> {
        let value: Rc<[u8]> = Rc::from([b'x'; VALUE_SIZE].as_slice());
        let record = NewRecord { timestamp: NOW_MS, value: Some(value), ..NewRecord::default() };
        let records = vec![record; BATCH_RECORDS];
        let batch = RecordBatch::encode(&BatchSpec::default(), &records).map_err(|error| error.to_string())?;
        let mut index = OffsetIndex::new(0);
        for position in (0..LogConfig::default().segment_bytes).step_by(4_096) {
            let position = i32::try_from(position).map_err(|error| error.to_string())?;
            index.append(i64::from(position) / 100, position).map_err(|error| error.to_string())?;
        }
        Ok(LogLoad { records, bytes: batch.to_bytes(), log: Log::new(), index })
    }

    /// The bytes of the batch.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// From records to the bytes of a batch. Gives the records.
    pub fn encode(&self) -> usize {
        RecordBatch::encode(&BatchSpec::default(), black_box(&self.records)).map_or(0, |_| self.records.len())
    }

    /// From records to the end of a leader's log: encoded, checked, validated, appended, with indexes and rolls. Gives the
    /// records.
    pub fn append(&mut self) -> usize {
        if self.log.batch_count() >= BATCHES_MAX {
            self.log = Log::new();
        }
        let Ok(batch) = RecordBatch::encode(&BatchSpec::default(), black_box(&self.records)) else { return 0 };
        let appended = self.log.append_as_leader(&[batch], LeaderAppend::of_client(NOW_MS, 0));
        appended.map_or(0, |_| self.records.len())
    }

    /// From bytes to records, with the CRC compared. Gives the records.
    pub fn decode(&self) -> usize {
        let Ok(batch) = RecordBatch::decode(black_box(&self.bytes)) else { return 0 };
        let records = batch.check_crc().and_then(|()| batch.records());
        records.map_or(0, |records| black_box(records).len())
    }

    /// Look-ups of offsets in the warm section of the index. Gives how many.
    pub fn look_up(&self) -> usize {
        let warm = self.index.last_offset().saturating_sub(10_000);
        let offsets = (0..LOOKUPS).map(|number| warm.saturating_add(number.saturating_mul(LOOKUP_STRIDE)));
        offsets.filter(|offset| self.index.lookup(black_box(*offset)).is_some()).count()
    }

    /// The bytes of a segment of at most this size: the batch over and over.
    pub fn segment(&self, size: usize) -> Rc<[u8]> {
        self.bytes.repeat(size.checked_div(self.bytes.len()).unwrap_or(0)).into()
    }

    /// Reads a segment as a dump does: every CRC is compared and every record read. Gives the bytes.
    pub fn dump(&self, segment: &Rc<[u8]>) -> usize {
        let files = SegmentFiles {
            base_offset: 0,
            log: Rc::clone(segment),
            offset_index: OffsetIndex::new(0),
            time_index: TimeIndex::new(0),
            aborted: Vec::new(),
            last_modified_ms: 0,
        };
        let mut read = 0_usize;
        for placed in Segment::open(files, 0).batches_at(0).flatten() {
            let records = placed.batch.iter().flatten().count();
            if placed.batch.check_crc().is_ok() && records == BATCH_RECORDS {
                read = read.saturating_add(self.bytes.len());
            }
        }
        read
    }
}
