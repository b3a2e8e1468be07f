//! Every decoder of this crate, and what must hold for any bytes: no panic, what is read is written again as it was, every
//! error names its field and its byte, and memory grows with the bytes and not with what they claim.
//! Shared by `hostile_bytes.rs` (bounded, on recorded files with damage) and the targets in `fuzz/` (as long as they run).

#![allow(dead_code, reason = "each program uses some of it")]

use std::fmt::Display;
use std::rc::Rc;

use highwater_log::batch::{Codec, HEADER_SIZE, Layout, RecordBatch};
use highwater_log::compression::decompress_within;
use highwater_log::leader_epochs::LeaderEpochs;
use highwater_log::location::Location;
use highwater_log::log::{FolderFile, Isolation, Log, LogConfig, LogFiles, LogStop};
use highwater_log::offset_index::OffsetIndex;
use highwater_log::producer_state::{EndTransactionMarker, snapshot};
use highwater_log::time_index::TimeIndex;
use highwater_log::{memory_records, offset_index, time_index, transaction_index};
use peak_alloc::PeakAlloc;

/// Counts what is allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What may come out of a codec here.
pub const DECOMPRESSED_MAX: usize = 1 << 20;
/// The window of zstd that is always allowed, twice and once more while it grows.
const CODEC_OWN: usize = 32 << 20;
const KB: usize = 1 << 10;
/// The clock.
const NOW_MS: i64 = 1_767_225_600_000;

/// A decoder, by the name of its fuzz target.
pub type Decoder = (&'static str, fn(&[u8]));

/// All of them.
pub const DECODERS: [Decoder; 11] = [
    ("batch", batch),
    ("log_file", log_file),
    ("offset_index", offset_index),
    ("time_index", time_index),
    ("transaction_index", transaction_index),
    ("snapshot", snapshot),
    ("leader_epochs", leader_epochs),
    ("gzip", gzip),
    ("snappy", snappy),
    ("lz4", lz4),
    ("zstd", zstd),
];

/// The most memory that `work` had at once, beyond what was there before.
pub fn peak(work: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    work();
    MEMORY.peak_usage().saturating_sub(before)
}

/// `work` takes no more than `base` bytes and `times` those of its input.
fn bounded(input: &[u8], times: usize, base: usize, work: impl FnOnce()) {
    let (peak, bound) = (peak(work), input.len().saturating_mul(times).saturating_add(base));
    assert!(peak <= bound, "{peak} bytes were allocated for {} bytes, where {bound} are allowed", input.len());
}

/// An error names a field and a byte that is there, or the one behind the last.
fn located(error: &impl Display, location: Option<Location>, bytes: &[u8]) {
    let Some(Location { field, position }) = location else { panic!("no place: {error}") };
    assert!(!field.is_empty() && position <= bytes.len(), "{error}: {field} at byte {position} of {}", bytes.len());
}

/// A batch, its records and its layout, also with the length that it should have; and all bytes as a request with batch after
/// batch.
pub fn batch(bytes: &[u8]) {
    any_batch(bytes);
    let mut mended = bytes.to_vec();
    if let (Some(field), Ok(length)) = (mended.get_mut(8..12), i32::try_from(bytes.len().saturating_sub(12))) {
        field.copy_from_slice(&length.to_be_bytes());
        any_batch(&mended);
    }
}

fn any_batch(bytes: &[u8]) {
    // A field of one byte has a place, a name and a value of its own in a layout.
    bounded(bytes, 400, 256 * KB, || {
        one_batch(bytes);
        match memory_records::batches(bytes) {
            Ok(batches) => batches.iter().for_each(|batch| drop(batch.records())),
            Err(error) => located(&error, Some(error.location()), bytes),
        }
    });
    if let Ok(batch) = RecordBatch::decode(bytes)
        && let Ok(codec) = batch.header().codec()
    {
        decompressed(codec, bytes.get(HEADER_SIZE..).unwrap_or_default());
    }
}

fn one_batch(bytes: &[u8]) {
    let layout = Layout::of(bytes);
    let mut at = 0;
    for field in &layout.fields {
        assert_eq!(field.bytes.start, at, "{field:?}");
        at = field.bytes.end;
    }
    assert!(at <= bytes.len());
    if let Some(error) = &layout.error {
        told(error, bytes);
    }
    let batch = match RecordBatch::decode(bytes) {
        Ok(batch) => batch,
        Err(error) => return told(&error, bytes),
    };
    let size = usize::try_from(batch.size_in_bytes()).unwrap();
    assert_eq!(batch.to_bytes(), bytes[..size]);
    if let Err(error) = batch.check_crc() {
        told(&error, bytes);
    }
    let copied = batch.records();
    assert_eq!(batch.iter().find_map(Result::err).as_ref(), copied.as_ref().err());
    assert_eq!(batch.records_until_error().count(), batch.iter().count());
    match copied {
        Err(error) => told(&error, bytes),
        Ok(records) => {
            assert!(batch.record_count() < 1 || records.len() == usize::try_from(batch.record_count()).unwrap());
            for record in records {
                if let Err(error) = EndTransactionMarker::read(record.key.as_deref(), record.value.as_deref()) {
                    located(&error, error.location(), bytes);
                }
            }
        }
    }
}

/// A `.log` file as a broker opens it, with the same bytes for indexes, after a clean stop and after a crash.
pub fn log_file(bytes: &[u8]) {
    bounded(bytes, 64, 256 * KB, || {
        let shared: Rc<[u8]> = bytes.into();
        let file = |kind: &str| FolderFile { name: format!("{:020}.{kind}", 0), bytes: Rc::clone(&shared) };
        for is_clean in [true, false] {
            let folder = ["log", "index", "timeindex", "txnindex", "snapshot"].map(file).to_vec();
            let files = LogFiles::of_folder(folder, NOW_MS, NOW_MS).unwrap();
            let stop = LogStop { is_clean, recovery_point: 0, log_start_offset: 0 };
            // What cannot be loaded has Kafka's name for why.
            match Log::load(files, LogConfig::default(), stop, NOW_MS) {
                Err(error) => assert!(!error.exception().is_empty(), "{error}"),
                Ok(load) => {
                    let log = load.log;
                    assert!(log.log_start_offset() <= log.log_end_offset());
                    let _ = log.read(log.log_start_offset(), 1 << 20, Isolation::LogEnd, true);
                }
            }
        }
    });
}

/// The words of a batch's error have the place too.
fn told(error: &highwater_log::batch::BatchError, bytes: &[u8]) {
    located(error, error.location(), bytes);
    let place = error.location().map(|place| place.to_string()).unwrap_or_default();
    assert!(error.to_string().contains(&place), "{error}, at {place}");
}

/// Base offsets as in file names, and the ones where sums could go wrong.
const BASE_OFFSETS: [i64; 4] = [0, 132, i64::MAX, i64::MIN];

/// A `.index` file.
pub fn offset_index(bytes: &[u8]) {
    bounded(bytes, 32, 4 * KB, || {
        for base_offset in BASE_OFFSETS {
            let index = OffsetIndex::from_bytes(base_offset, bytes);
            assert_eq!(index.entries(), offset_index::read(base_offset, bytes));
            let position = index.lookup_shown(base_offset.wrapping_add(70)).0.position;
            let _ =
                (index.lookup(i64::MIN), index.lookup(i64::MAX), index.upper_bound(position.into()), index.to_bytes());
            index.clone().truncate_to(base_offset.wrapping_add(60));
            match offset_index::sanity_check(base_offset, bytes) {
                Ok(()) => assert_eq!(bytes.len(), index.size_in_bytes()),
                Err(error) => located(&error, Some(error.location()), bytes),
            }
        }
        let index = OffsetIndex::from_bytes(0, bytes);
        if index.entries().iter().all(|entry| entry.offset >= 0) {
            assert_eq!(index.to_bytes(), bytes[..index.size_in_bytes()]);
        }
    });
}

/// A `.timeindex` file.
pub fn time_index(bytes: &[u8]) {
    bounded(bytes, 32, 4 * KB, || {
        for base_offset in BASE_OFFSETS {
            let index = TimeIndex::from_bytes(base_offset, bytes);
            assert_eq!(index.entries(), time_index::read(base_offset, bytes));
            let _ = (index.lookup_shown(1_700_000_000_000), index.to_bytes());
            index.clone().truncate_to(base_offset.wrapping_add(60));
            match time_index::sanity_check(base_offset, bytes) {
                Ok(()) => assert_eq!(bytes.len(), index.size_in_bytes()),
                Err(error) => located(&error, Some(error.location()), bytes),
            }
        }
    });
}

/// A `.txnindex` file.
pub fn transaction_index(bytes: &[u8]) {
    bounded(bytes, 16, 4 * KB, || {
        let entries = transaction_index::read(bytes);
        for base_offset in BASE_OFFSETS {
            if let Err(error) = transaction_index::sanity_check(base_offset, bytes) {
                located(&error, Some(error.location()), bytes);
            }
        }
        let mut aborted: Vec<_> = entries.iter().map(|entry| entry.aborted).collect();
        let _ = transaction_index::collect(&aborted, 10, 200);
        for (entry, chunk) in aborted.iter().zip(bytes.chunks(transaction_index::ENTRY_SIZE)) {
            // Behind the version, of which only today's is written.
            assert_eq!(entry.to_bytes()[2..], chunk[2..]);
        }
        transaction_index::truncate_to(&mut aborted, 60);
    });
}

/// A `.snapshot` file, also with the CRC that it should have.
pub fn snapshot(bytes: &[u8]) {
    let mut mended = bytes.to_vec();
    if let Some((front, covered)) = mended.split_at_mut_checked(6) {
        let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(covered);
        front[2..].copy_from_slice(&crc.to_be_bytes());
    }
    for bytes in [bytes, &mended] {
        bounded(bytes, 16, 4 * KB, || match snapshot::read(bytes) {
            Err(error) => located(&error, Some(error.location()), bytes),
            Ok(entries) => {
                assert_eq!(snapshot::read(&snapshot::write(&entries)), Ok(entries));
                let file = snapshot::SnapshotFile::of_bytes(7, bytes);
                assert!(file.entries().is_some());
            }
        });
    }
}

/// The text of a `leader-epoch-checkpoint`.
pub fn leader_epochs(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    bounded(bytes, 32, 4 * KB, || match LeaderEpochs::from_checkpoint(&text) {
        Err(error) => located(&error, Some(error.location()), text.as_bytes()),
        Ok(epochs) => {
            assert_eq!(LeaderEpochs::from_checkpoint(&epochs.to_checkpoint()), Ok(epochs));
        }
    });
}

/// What gzip compressed.
pub fn gzip(bytes: &[u8]) {
    codec(Codec::Gzip, bytes);
}

/// Blocks of snappy, with xerial's frame or without.
pub fn snappy(bytes: &[u8]) {
    codec(Codec::Snappy, bytes);
}

/// A frame of lz4.
pub fn lz4(bytes: &[u8]) {
    codec(Codec::Lz4, bytes);
}

/// A frame of zstd.
pub fn zstd(bytes: &[u8]) {
    codec(Codec::Zstd, bytes);
}

/// The bytes themselves, and, so that a recorded `.log` is a seed, what stands in the batches of that codec.
fn codec(codec: Codec, bytes: &[u8]) {
    decompressed(codec, bytes);
    for batch in memory_records::batches(bytes).unwrap_or_default() {
        if batch.header().codec() == Ok(codec) {
            decompressed(codec, &batch.to_bytes()[HEADER_SIZE..]);
        }
    }
}

fn decompressed(codec: Codec, compressed: &[u8]) {
    bounded(compressed, 1, 2 * DECOMPRESSED_MAX + CODEC_OWN, || {
        match decompress_within(codec, compressed, DECOMPRESSED_MAX) {
            Ok(plain) => assert!(plain.len() <= DECOMPRESSED_MAX),
            Err(error) => {
                located(&error, Some(Location { field: "records", position: error.position() }), compressed);
                assert!(error.to_string().contains(&format!("at byte {}", error.position())), "{error}");
            }
        }
    });
}
